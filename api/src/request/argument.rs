//! What handlers take as arguments that is read from the head of a request.

/// Makes a type an argument of handlers: its `of` reads it from the request, whose body is left alone.
macro_rules! argument {
    ($Type:ty $(, $T:ident: $Bound:path)*) => {
        impl<$($T: $Bound),*> actix_web::FromRequest for $Type {
            type Error = $crate::response::problem::Problem;
            type Future = std::future::Ready<Result<Self, Self::Error>>;

            fn from_request(request: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
                std::future::ready(Self::of(request))
            }
        }
    };
}
pub(crate) use argument;

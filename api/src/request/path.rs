//! The part of a path that names a record.

use std::fmt;
use std::str::FromStr;

use actix_web::HttpRequest;
use document::value::{Described, Text};
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::request::argument::argument;
use crate::response::problem::Problem;

/// The key of the record that the path names: its last parameter, parsed. A handler takes it as an argument.
///
/// What can't be parsed names nothing that could ever have been there, so that it is a 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathKey<K>(pub K);

impl<K: fmt::Display> fmt::Display for PathKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K> AsRef<K> for PathKey<K> {
    fn as_ref(&self) -> &K {
        &self.0
    }
}

impl<K: Described> PartialSchema for PathKey<K> {
    fn schema() -> RefOr<Schema> {
        Text::<K>::schema()
    }
}

argument!(PathKey<K>, K: FromStr);

impl<K: FromStr> PathKey<K> {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let named = request.match_info().iter().last().and_then(|(_, raw)| raw.parse().ok()).map(Self);
        named.ok_or_else(|| Problem::not_found("the path does not name a record: expected an id or a slug"))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn what_is_no_key_is_not_found() {
        let number = |raw: &'static str| {
            let request = TestRequest::default().param("number", raw).to_http_request();
            PathKey::<u32>::of(&request)
        };
        assert_eq!(number("7").unwrap(), PathKey(7));
        assert_eq!(number("x").unwrap_err().kind().slug(), "not-found");
    }
}

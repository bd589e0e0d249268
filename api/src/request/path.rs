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

/// What a path can name a record by: why a text does not can be told.
pub trait PathName: FromStr<Err: fmt::Display> {}

impl<K: FromStr<Err: fmt::Display>> PathName for K {}

argument!(PathKey<K>, K: PathName);

impl<K: PathName> PathKey<K> {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let raw = request.match_info().iter().last().map_or("", |(_, raw)| raw);
        named(raw).map(Self)
    }
}

/// What a part of a path names a record by.
///
/// # Errors
/// 404 with the reason: such a record can never have been there.
pub fn named<K: PathName>(raw: &str) -> Result<K, Problem> {
    raw.parse().map_err(|why| Problem::not_found(format!("the path does not name a record: {why}")))
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

//! Changes that may be sent twice (`Idempotency-Key`).

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::openapi::header::header_parameter;
use crate::request::argument::argument;
use crate::response::problem::Problem;

/// The header of a change that may be sent twice.
pub static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Keys of requests that may be sent twice, bare or in quotation marks.
const KEY_FORM: &str = r#"^([!#-~]{1,255}|"[!#-~]{1,255}")$"#;

/// The key that makes a repeated request the same request, where the caller gave one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

argument!(IdempotencyKey);

impl IdempotencyKey {
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let mut values = request.headers().get_all(&IDEMPOTENCY_KEY);
        let key = match (values.next(), values.next()) {
            (None, _) => return Ok(Self(None)),
            (Some(value), None) => idempotency_key(value.as_bytes()),
            _ => None,
        };
        let detail = "expected one key of 1 to 255 visible ASCII characters, such as a random UUID";
        let malformed = || Problem::bad_header(&IDEMPOTENCY_KEY, "invalid-format", detail);
        key.map(|key| Self(Some(key))).ok_or_else(malformed)
    }
}

/// The draft of the header has the key as a string in quotation marks; both forms are the same key.
fn idempotency_key(value: &[u8]) -> Option<String> {
    const MAX_CHARS: usize = 255;
    let value = value.trim_ascii();
    let bare = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    let is_key =
        (1..=MAX_CHARS).contains(&bare.len()) && bare.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'"');
    is_key.then(|| String::from_utf8(bare.to_vec()).ok()).flatten()
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "A key that you make, such as a random UUID, new for each change. If you repeat the request \
                           with the same key within 24 hours, you get the same response and nothing is changed again.";
        let example = "8e03978e-40d5-43dd-bc93-6894a57f9324";
        vec![header_parameter("Idempotency-Key", description, example, Some(KEY_FORM)).build()]
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn request(headers: &[(&'static str, &str)]) -> HttpRequest {
        headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header)).to_http_request()
    }

    #[test]
    fn an_idempotency_key_may_stand_in_quotation_marks() {
        let key = |value: &str| IdempotencyKey::of(&request(&[("idempotency-key", value)])).map(|key| key.0);
        assert_eq!(key("abc").unwrap().as_deref(), Some("abc"));
        assert_eq!(key("\"abc\"").unwrap().as_deref(), Some("abc"));
        assert_eq!(key(&"k".repeat(255)).unwrap().map(|key| key.len()), Some(255));
        for refused in ["", "\"\"", "a b", "é", "\"a", "a\"b", &"k".repeat(256)] {
            assert!(key(refused).is_err(), "{refused}");
        }
        assert_eq!(IdempotencyKey::of(&request(&[])).unwrap(), IdempotencyKey(None));
        assert!(IdempotencyKey::of(&request(&[("idempotency-key", "a"), ("idempotency-key", "a")])).is_err());
    }
}

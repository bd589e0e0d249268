//! The request's id: the caller's own `Request-Id` or one made here. It is echoed, logged, named in problems and stored
//! with every change.

use std::cell::Cell;
use std::time::SystemTime;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use uuid::{Builder, Uuid};

use crate::request::argument::argument;
use crate::response::problem::Problem;

/// The header that carries it, both ways.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

const MAX_CHARS: usize = 128;

thread_local! {
    static NEXT: Cell<u128> = Cell::new(Uuid::now_v7().as_u128());
}

/// An id of 1 to 128 letters, digits, `.`, `_` and `-`. Handlers take it as an argument.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

argument!(RequestId);

impl RequestId {
    /// The gate gave every request its id; a request that went around the gate gets one of its own.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        Ok(request.extensions().get::<Self>().cloned().unwrap_or_else(Self::make))
    }

    /// A new id: a UUID of version 7, so that ids sort by time.
    ///
    /// It must be unique and need not be unguessable. So the random part of a thread is drawn once and counted on from
    /// there, which spares each request a call to the system.
    #[expect(clippy::disallowed_methods, reason = "a request's id tells when it came, not what the register knows")]
    pub fn make() -> Self {
        let random = NEXT.get();
        NEXT.set(random.wrapping_add(1));
        let [_, _, _, _, _, _, low @ ..] = random.to_be_bytes();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let id =
            Builder::from_unix_timestamp_millis(u64::try_from(now.as_millis()).unwrap_or_default(), &low).into_uuid();
        let mut buffer = Uuid::encode_buffer();
        let text = id.hyphenated().encode_lower(&mut buffer);
        Self(HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("none")))
    }

    /// The caller's id, where there is one.
    ///
    /// # Errors
    /// A 400 for an id of another form, or for two.
    pub fn given(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut given = headers.get_all(&REQUEST_ID);
        match (given.next(), given.next()) {
            (None, _) => Ok(None),
            (Some(value), None) if is_well_formed(value.as_bytes()) => Ok(Some(Self(value.clone()))),
            _ => {
                let detail = "expected one id of 1 to 128 letters, digits, '.', '_' and '-'; if you leave it out, the service makes one";
                Err(Problem::bad_header(&REQUEST_ID, "invalid-format", detail))
            }
        }
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub fn to_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_well_formed(id: &[u8]) -> bool {
    (1..=MAX_CHARS).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(values: &[&str]) -> Result<Option<String>, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REQUEST_ID.clone(), HeaderValue::from_str(value).unwrap());
        }
        RequestId::given(&headers).map(|id| id.map(|id| id.as_str().to_owned()))
    }

    #[test]
    fn a_well_formed_id_is_kept() {
        let longest = "x".repeat(128);
        for id in ["a", "A-b_c.9", &longest] {
            assert_eq!(given(&[id]).unwrap().as_deref(), Some(id));
        }
        assert_eq!(given(&[]).unwrap(), None);
    }

    #[test]
    fn any_other_id_is_refused() {
        let too_long = "x".repeat(129);
        for ids in [&[""][..], &["a b"], &["a\t"], &["{}"], &[&too_long], &["a", "a"]] {
            assert!(given(ids).is_err(), "{ids:?}");
        }
    }

    #[test]
    fn made_ids_differ() {
        let make = || (0..1000).map(|_| RequestId::make().as_str().to_owned()).collect::<Vec<_>>();
        let mut ids = make();
        ids.extend(std::thread::spawn(make).join().unwrap());
        assert!(ids.iter().all(|id| Uuid::parse_str(id).unwrap().get_version_num() == 7));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2000);
    }
}

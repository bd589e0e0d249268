//! The trace that a request is part of, as W3C Trace Context has it: read from `traceparent`, written into the log, and passed on in
//! the answer. Knows no tracing system.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

pub static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A `traceparent` as the recommendation wants it.
#[derive(Clone, Debug)]
pub struct TraceParent(HeaderValue);

impl TraceParent {
    /// The caller's, where there is a well-formed one. Any other is to be taken for none (Trace Context, section 3.2.2.3): a
    /// tracing system that fails is no reason to refuse a request.
    pub fn given(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all(&TRACEPARENT);
        match (given.next(), given.next()) {
            (Some(value), None) if is_well_formed(value.as_bytes()) => Some(Self(value.clone())),
            _ => None,
        }
    }

    /// What names the trace: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.split('-').nth(1)).unwrap_or_default()
    }

    pub fn to_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// `00-<trace, 32 digits>-<parent, 16 digits>-<flags, 2 digits>`; later versions may add to it.
fn is_well_formed(value: &[u8]) -> bool {
    let is_number = |part: &[u8], digits: usize| {
        part.len() == digits && part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_set = |part: &[u8]| part.iter().any(|byte| *byte != b'0');
    let mut parts = value.split(|byte| *byte == b'-');
    let (Some(version), Some(trace), Some(parent), Some(flags)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    is_number(version, 2)
        && version != b"ff"
        && is_number(trace, 32)
        && is_set(trace)
        && is_number(parent, 16)
        && is_set(parent)
        && is_number(flags, 2)
        && (version != b"00" || parts.next().is_none())
        && value.len() <= 512
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn trace_id(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT.clone(), HeaderValue::from_str(value).unwrap());
        }
        TraceParent::given(&headers).map(|given| given.trace_id().to_owned())
    }

    #[test]
    fn a_well_formed_trace_is_taken_over() {
        let later = GIVEN.replace("00-4", "01-4") + "-more";
        for value in [GIVEN, &later] {
            assert_eq!(trace_id(&[value]).as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"), "{value}");
        }
    }

    #[test]
    fn any_other_is_taken_for_none() {
        let upper = GIVEN.to_uppercase();
        let no_trace = GIVEN.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let no_parent = GIVEN.replace("00f067aa0ba902b7", &"0".repeat(16));
        let invalid_version = GIVEN.replace("00-4", "ff-4");
        let longer = format!("{GIVEN}-more");
        for value in ["", "00", &upper, &no_trace, &no_parent, &invalid_version, &longer, &GIVEN[1..]] {
            assert_eq!(trace_id(&[value]), None, "{value}");
        }
        assert_eq!(trace_id(&[GIVEN, GIVEN]), None);
        assert_eq!(trace_id(&[]), None);
    }
}

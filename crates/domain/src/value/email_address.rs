//! Addresses for electronic mail.

use std::str::FromStr;

use crate::fault::{FaultCode, Invalid};
use crate::value::text::{as_text, visible};

/// Address for electronic mail, such as `jo.smith@example.gov.uk`: a local part, one `@` and a domain of at
/// least two names.
///
/// The syntax is what people use of RFC 5321: ASCII, no quoted local part, no comment and no address literal;
/// at most 64 characters before the `@` and 254 in all (sections 4.5.3.1.1 and 4.5.3.1.3, the path's angle
/// brackets not counted). The domain is put into lower case; of the local part only its own server knows
/// whether letter case counts. Whether anybody reads what is sent there is not known.
///
/// No reason for a refusal repeats the address, because it is personal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The most characters that the address may have.
    pub const MAX_CHARS: usize = 254;
    /// The most characters before the `@`.
    pub const MAX_LOCAL_CHARS: usize = 64;
}

as_text! { EmailAddress }

impl FromStr for EmailAddress {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let visible = visible(raw);
        let given = visible.trim();
        let refuse = |code, detail: String| Err(Invalid::new(code, detail));
        if given.is_empty() {
            return refuse(FaultCode::Empty, format!("the address is empty: expected one {EXAMPLE}"));
        }
        let chars = given.chars().count();
        if chars > Self::MAX_CHARS {
            return refuse(FaultCode::TooLong, format!("{chars} characters, at most {} allowed", Self::MAX_CHARS));
        }
        if let Some(c) = given.chars().find(|c| !c.is_ascii_graphic()) {
            return refuse(FaultCode::InvalidCharacter, format!("an email address cannot have the character {c:?}"));
        }
        let Some((local, domain)) = given.split_once('@').filter(|(_, domain)| !domain.contains('@')) else {
            return refuse(FaultCode::InvalidFormat, format!("expected exactly one `@`, {EXAMPLE}"));
        };
        if local.len() > Self::MAX_LOCAL_CHARS {
            let detail =
                format!("{} characters before the `@`, at most {} allowed", local.len(), Self::MAX_LOCAL_CHARS);
            return refuse(FaultCode::TooLong, detail);
        }
        if !is_local_part(local) {
            let expected =
                "expected letters, digits and !#$%&'*+-/=?^_`{|}~ before the `@`, and single dots between them";
            return refuse(FaultCode::InvalidFormat, format!("{expected}, {EXAMPLE}"));
        }
        if !is_domain(domain) {
            let expected = "expected a domain of at least two names of a-z, 0-9 and `-` after the `@`";
            return refuse(FaultCode::InvalidFormat, format!("{expected}, {EXAMPLE}"));
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

const EXAMPLE: &str = "such as jo.smith@example.gov.uk";

/// A dot-string (RFC 5321, section 4.1.2): atoms with single dots between them.
fn is_local_part(local: &str) -> bool {
    let is_atom_byte = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
}

/// Two names or more (RFC 1035, section 2.3.1; RFC 1123, section 2.1), the last of which is no number: that
/// would be an IP address.
fn is_domain(domain: &str) -> bool {
    const MAX_NAME_CHARS: usize = 63;
    let is_name = |name: &str| {
        (1..=MAX_NAME_CHARS).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-')
    };
    let is_number = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
    domain.rsplit_once('.').is_some_and(|(_, last)| !is_number(last)) && domain.split('.').all(is_name)
}

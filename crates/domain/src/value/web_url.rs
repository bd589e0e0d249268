//! Addresses of pages on the web.

use std::str::FromStr;

use url::Url;

use crate::fault::{FaultCode, Invalid, quoted};
use crate::value::text::{as_text, visible};

/// Address of a page: absolute, `http` or `https`, with a host and without a user name or password, at most
/// 2,000 characters.
///
/// It is kept as given, so it must be a URI as RFC 3986 writes it: a browser would repair spaces, backslashes
/// or letters with accents, other programs would not. A user name before the host is refused because it makes
/// one site look like another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WebUrl(String);

impl WebUrl {
    /// The most characters that an address may have.
    pub const MAX_CHARS: usize = 2_000;
}

as_text! { WebUrl }

impl FromStr for WebUrl {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let visible = visible(raw);
        let given = visible.trim();
        let refuse = |code, detail: String| Err(Invalid::new(code, detail));
        if given.is_empty() {
            return refuse(
                FaultCode::Empty,
                "the address is empty: expected one such as https://www.gov.uk/".to_owned(),
            );
        }
        let chars = given.chars().count();
        if chars > Self::MAX_CHARS {
            return refuse(FaultCode::TooLong, format!("{chars} characters, at most {} allowed", Self::MAX_CHARS));
        }
        if let Some(c) = given.chars().find(|c| !is_uri_character(*c)) {
            return refuse(
                FaultCode::InvalidCharacter,
                format!("an address cannot have the character {c:?}: percent-encode it"),
            );
        }
        let Some(rest) = after_scheme(given) else {
            return refuse(
                FaultCode::InvalidFormat,
                format!("{} does not begin with http:// or https://", quoted(given)),
            );
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return refuse(FaultCode::InvalidFormat, "an address must not have a user name or password".to_owned());
        }
        if let Some(c) = misplaced(path) {
            return refuse(
                FaultCode::InvalidCharacter,
                format!("an address cannot have the character {c:?} there: percent-encode it"),
            );
        }
        match Url::parse(given) {
            Ok(url) if url.has_host() && !authority.is_empty() => Ok(Self(given.to_owned())),
            Ok(_) => refuse(FaultCode::InvalidFormat, format!("{} has no host", quoted(given))),
            Err(error) => refuse(FaultCode::InvalidFormat, format!("{} is not an address: {error}", quoted(given))),
        }
    }
}

/// RFC 3986, section 2: unreserved and reserved characters and the percent sign.
fn is_uri_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}

/// What follows `http://` or `https://`, whose letter case does not count.
fn after_scheme(given: &str) -> Option<&str> {
    let (scheme, rest) = given.split_once("://")?;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(rest)
}

/// The first character that RFC 3986 knows, but not at its place after the host: a bracket, a second `#`, or
/// a `%` before anything but two hexadecimal digits.
fn misplaced(path: &str) -> Option<char> {
    if let Some(bracket) = path.chars().find(|c| matches!(c, '[' | ']')) {
        return Some(bracket);
    }
    if path.matches('#').count() > 1 {
        return Some('#');
    }
    let encodes = |rest: &str| rest.chars().take(2).filter(char::is_ascii_hexdigit).count() == 2;
    path.split('%').skip(1).any(|rest| !encodes(rest)).then_some('%')
}

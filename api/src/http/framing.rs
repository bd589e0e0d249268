//! Finds where a request begins and ends in the bytes of a connection, and checks that it is valid HTTP (RFC 9112).
//!
//! It is stricter than the library that reads the request afterwards. If two parsers disagree on where a request ends,
//! an attacker can smuggle a request past a proxy. This module knows no socket and no operation.

use std::mem::MaybeUninit;
use std::net::Ipv6Addr;
use std::ops::Range;

use actix_web::http::{Method, Uri};
use httparse::{Header, Request, Status};

/// The maximum size of a head (the request line and headers), in bytes.
pub const HEAD_LIMIT: usize = 32 * 1024;
/// The most headers that the library reads.
const MAX_HEADERS: usize = 96;
/// The most bytes that the line before a chunk may have, extensions included.
const CHUNK_LINE_LIMIT: usize = 256;
/// The most bytes that may come after the last chunk.
const TRAILER_LIMIT: usize = 4 * 1024;
/// The maximum overhead of a chunked body in bytes, beyond what chunks of a sensible size need.
const EXCESS_LIMIT: u64 = 16 * 1024;

/// Why a request is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The head took too long to arrive.
    Late,
    HeadTooLarge,
    TooManyHeaders,
    BareLineFeed,
    RequestLine,
    Version,
    Header,
    Host,
    ContentLength,
    TransferEncoding,
    Chunks,
}

impl Fault {
    /// The detail of the problem.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Late => "the headers did not arrive in time",
            Self::HeadTooLarge => "the request line and headers are too large: at most 32768 bytes are allowed",
            Self::TooManyHeaders => "there are too many headers: at most 96 are allowed",
            Self::BareLineFeed => "a line ends in LF alone: end the request line and each header with CR LF",
            Self::RequestLine => {
                "the request line is not valid: expected a method, a path or http URL, and HTTP/1.1, separated by single spaces; \
                 write a space in an address as %20"
            }
            Self::Version => "the HTTP version is not supported: use HTTP/1.1 or HTTP/1.0",
            Self::Header => {
                "a header is not valid: expected a name, a colon and a value without control characters, on one line"
            }
            Self::Host => {
                "the Host header is not valid: send exactly one, with a host name or address, and a port if needed"
            }
            Self::ContentLength => "the Content-Length header is not valid: send at most one, with a whole number",
            Self::TransferEncoding => {
                "the Transfer-Encoding header is not valid: send one, with the value chunked, and no Content-Length"
            }
            Self::Chunks => {
                "the chunked body is not valid: begin each chunk with its size in hexadecimal, end each line with CR LF, and keep \
                 chunk extensions and trailers short"
            }
        }
    }
}

/// The search for the end of a head, in bytes that arrive piece by piece.
#[derive(Debug, Default)]
pub struct Search {
    searched: usize,
    line_start: usize,
    has_begun: bool,
    has_bare_line_feed: bool,
}

impl Search {
    /// The length of the head, once it is complete. `bytes` must start at the same byte as in the previous call.
    ///
    /// # Errors A [`Fault`] if it does not end within the limit.
    pub fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        let unseen = bytes.get(self.searched..).unwrap_or_default();
        for line_feed in memchr::memchr_iter(b'\n', unseen) {
            let end = self.searched + line_feed;
            let line = bytes.get(self.line_start..end).unwrap_or_default();
            self.has_bare_line_feed |= !line.ends_with(b"\r");
            self.line_start = end + 1;
            // Empty lines may come before a request (RFC 9112, section 2.2).
            match line {
                [] | [b'\r'] if self.has_begun => return self.judge(end + 1).map(Some),
                [] | [b'\r'] => {}
                _ => self.has_begun = true,
            }
        }
        self.searched = bytes.len();
        self.judge(bytes.len()).map(|_| None)
    }

    fn judge(&self, length: usize) -> Result<usize, Fault> {
        if length > HEAD_LIMIT {
            Err(Fault::HeadTooLarge)
        } else if self.has_bare_line_feed {
            Err(Fault::BareLineFeed)
        } else {
            Ok(length)
        }
    }
}

/// The head with the bytes of its target percent-encoded that people type and no URI may have, such as `ŷ` and `<`. `None` if it
/// has none of them. Only the target is changed, so that the head ends where it ended.
pub fn escaped(head: &[u8]) -> Option<Vec<u8>> {
    let target = target(head)?;
    let bytes = head.get(target.clone())?;
    if !bytes.iter().any(|byte| is_typed(*byte)) {
        return None;
    }
    let mut escaped = Vec::with_capacity(head.len() + 3 * bytes.len());
    escaped.extend_from_slice(head.get(..target.start)?);
    for byte in bytes {
        if is_typed(*byte) {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            escaped.push(*byte);
        }
    }
    escaped.extend_from_slice(head.get(target.end..)?);
    Some(escaped)
}

fn is_typed(byte: u8) -> bool {
    !byte.is_ascii() || matches!(byte, b'<' | b'>' | b'`' | b'"' | b'\\' | b'^' | b'{' | b'|' | b'}')
}

/// Whether the request line ends as one should.
fn has_known_version(head: &[u8]) -> bool {
    target(head).and_then(|target| head.get(target.end..)).is_some_and(|rest| rest.starts_with(b" HTTP/1."))
}

/// Where the target of a request line is.
fn target(head: &[u8]) -> Option<Range<usize>> {
    let line_start = head.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let line_end = line_start + memchr::memchr2(b'\r', b'\n', head.get(line_start..)?)?;
    let line = head.get(line_start..line_end)?;
    let (start, end) = (memchr::memchr(b' ', line)? + 1, memchr::memrchr(b' ', line)?);
    (start < end).then(|| line_start + start..line_start + end)
}

/// What follows a head.
#[derive(Debug)]
pub enum Body {
    /// So many bytes.
    Sized(u64),
    Chunked(Chunks),
}

impl Body {
    /// What follows this head, which is whole.
    ///
    /// # Errors A [`Fault`] if the head is not valid HTTP.
    pub fn after(head: &[u8]) -> Result<Self, Fault> {
        let mut space = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut request = Request::new(&mut []);
        match request.parse_with_uninit_headers(head, &mut space) {
            Ok(Status::Complete(length)) if length == head.len() => {}
            Ok(_) => return Err(Fault::Header),
            // A space inside the target makes the rest of it look like the version.
            Err(httparse::Error::Version) if has_known_version(head) => return Err(Fault::RequestLine),
            Err(error) => return Err(error.into()),
        }
        let has_method = request.method.is_some_and(|method| Method::from_bytes(method.as_bytes()).is_ok());
        let has_target = request.path.is_some_and(|target| Uri::try_from(target).is_ok());
        if !has_method || !has_target {
            return Err(Fault::RequestLine);
        }
        let is_1_1 = request.version == Some(1);
        check_host(request.headers, is_1_1)?;
        match (coding(request.headers)?, length(request.headers)?) {
            (Some(coding), None) if is_1_1 && coding.eq_ignore_ascii_case(b"chunked") => {
                Ok(Self::Chunked(Chunks::default()))
            }
            (Some(_), _) => Err(Fault::TransferEncoding),
            (None, length) => Ok(Self::Sized(length.unwrap_or(0))),
        }
    }

    /// The number of these bytes that belong to the body, and the error in the next byte, if any.
    pub fn take(&mut self, bytes: &[u8]) -> (usize, Option<Fault>) {
        match self {
            Self::Sized(left) => (spend(left, bytes), None),
            Self::Chunked(chunks) => chunks.take(bytes),
        }
    }

    pub fn is_whole(&self) -> bool {
        match self {
            Self::Sized(left) => *left == 0,
            Self::Chunked(chunks) => chunks.step == Step::End,
        }
    }
}

impl From<httparse::Error> for Fault {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::TooManyHeaders => Self::TooManyHeaders,
            httparse::Error::Version => Self::Version,
            httparse::Error::HeaderName | httparse::Error::HeaderValue => Self::Header,
            httparse::Error::Token | httparse::Error::NewLine | httparse::Error::Status => Self::RequestLine,
        }
    }
}

/// The value of a header that may be given once.
fn single<'h>(headers: &'h [Header<'_>], name: &str, fault: Fault) -> Result<Option<&'h [u8]>, Fault> {
    let mut given = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    match (given.next(), given.next()) {
        (_, Some(_)) => Err(fault),
        (given, None) => Ok(given.map(|header| header.value.trim_ascii())),
    }
}

fn coding<'h>(headers: &'h [Header<'_>]) -> Result<Option<&'h [u8]>, Fault> {
    single(headers, "transfer-encoding", Fault::TransferEncoding)
}

fn length(headers: &[Header<'_>]) -> Result<Option<u64>, Fault> {
    let Some(value) = single(headers, "content-length", Fault::ContentLength)? else { return Ok(None) };
    let text = str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    text.and_then(|text| text.parse().ok()).map(Some).ok_or(Fault::ContentLength)
}

/// RFC 9112, section 3.2: HTTP/1.1 has exactly one, HTTP/1.0 at most one.
fn check_host(headers: &[Header<'_>], is_needed: bool) -> Result<(), Fault> {
    match single(headers, "host", Fault::Host)? {
        Some(host) if is_host(host) => Ok(()),
        None if !is_needed => Ok(()),
        _ => Err(Fault::Host),
    }
}

/// `uri-host [ ":" port ]` (RFC 3986, section 3.2), where a host isn't empty.
fn is_host(value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else { return false };
    let (is_named, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => (address.parse::<Ipv6Addr>().is_ok(), port),
            None => (false, ""),
        },
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
            (!name.is_empty() && name.bytes().all(is_allowed), port)
        }
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_named && (port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.is_empty() || is_port(port)))
}

/// Takes as many of the bytes as are left, and reduces the rest by them.
fn spend(left: &mut u64, bytes: &[u8]) -> usize {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    *left = left.saturating_sub(u64::try_from(taken).unwrap_or(u64::MAX));
    taken
}

/// A chunked body (RFC 9112, section 7.1), as far as it has come.
#[derive(Debug, Default)]
pub struct Chunks {
    step: Step,
    /// What is left of the chunk.
    left: u64,
    /// Bytes of the line so far.
    line: usize,
    trailer: usize,
    excess: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    /// Before the size of a chunk.
    #[default]
    Size,
    /// After a digit of the size.
    Digits,
    /// After white space behind the size.
    Space,
    /// In the chunk extensions.
    Extension,
    /// After the CR that ends the line.
    SizeEnd,
    Data,
    /// The end of the line after a chunk, with this number of bytes.
    DataEnd(u8),
    Trailer,
    /// After the CR that ends a line of the trailer.
    TrailerEnd,
    End,
}

impl Chunks {
    fn take(&mut self, bytes: &[u8]) -> (usize, Option<Fault>) {
        let mut taken = 0;
        while let Some(rest @ [byte, ..]) = bytes.get(taken..) {
            match self.step {
                Step::End => break,
                Step::Data => {
                    taken += spend(&mut self.left, rest);
                    if self.left == 0 {
                        self.step = Step::DataEnd(2);
                    }
                }
                _ => match self.step(*byte) {
                    Some(()) => taken += 1,
                    None => return (taken, Some(Fault::Chunks)),
                },
            }
        }
        (taken, None)
    }

    /// The next state after a byte of the framing. `None` if the byte is not allowed there.
    fn step(&mut self, byte: u8) -> Option<()> {
        match self.step {
            Step::DataEnd(left) => {
                self.step = if left > 1 { Step::DataEnd(left - 1) } else { Step::Size };
                (byte == if left > 1 { b'\r' } else { b'\n' }).then_some(())
            }
            Step::Trailer | Step::TrailerEnd => self.step_trailer(byte),
            Step::SizeEnd if byte == b'\n' => self.end_size(),
            _ => self.step_size(byte),
        }
    }

    fn step_size(&mut self, byte: u8) -> Option<()> {
        self.line += 1;
        self.step = match (self.step, byte) {
            (Step::Size | Step::Digits, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16)?;
                self.left = self.left.checked_mul(16)?.checked_add(digit.into())?;
                Step::Digits
            }
            (Step::Digits | Step::Space | Step::Extension, b'\r') => Step::SizeEnd,
            (Step::Digits | Step::Space, b' ' | b'\t') => Step::Space,
            (Step::Digits | Step::Space, b';') => Step::Extension,
            (Step::Extension, _) if is_text(byte) => Step::Extension,
            _ => return None,
        };
        (self.line <= CHUNK_LINE_LIMIT).then_some(())
    }

    fn end_size(&mut self) -> Option<()> {
        // As much framing as a chunk of 16 bytes and as much again as its data is nobody's ill will.
        let framing = u64::try_from(self.line).ok()?.checked_add(3)?;
        self.excess = (self.excess + framing).saturating_sub(self.left.saturating_mul(2).saturating_add(16));
        self.step = if self.left == 0 { Step::Trailer } else { Step::Data };
        self.line = 0;
        (self.excess <= EXCESS_LIMIT).then_some(())
    }

    fn step_trailer(&mut self, byte: u8) -> Option<()> {
        self.trailer += 1;
        self.step = match (self.step, byte) {
            (Step::Trailer, b'\r') => Step::TrailerEnd,
            (Step::Trailer, _) if is_text(byte) => {
                self.line += 1;
                Step::Trailer
            }
            (Step::TrailerEnd, b'\n') if self.line == 0 => Step::End,
            (Step::TrailerEnd, b'\n') => {
                self.line = 0;
                Step::Trailer
            }
            _ => return None,
        };
        (self.trailer <= TRAILER_LIMIT).then_some(())
    }
}

/// Whether a byte may be in a line: any but control characters.
fn is_text(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}

#[cfg(test)]
mod tests;

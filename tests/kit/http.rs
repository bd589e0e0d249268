//! A client that sends what it is told to, odd requests too, and checks every answer against the contract.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io::Read as _;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use http_body_util::{BodyExt as _, Full};
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;

use crate::contract::Contract;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one server; its connections are kept and used again.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    connections: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// A request in the making; awaiting it sends it.
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Request<'c> {
    client: &'c Client,
    pub(crate) method: Method,
    /// Where it goes.
    pub path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer, read to its end, and uncompressed.
#[derive(Clone)]
pub struct Response {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    taken: Duration,
    /// The request in a few words.
    to: String,
}

impl Client {
    /// A client of the server at this address.
    pub fn to(address: SocketAddr) -> Self {
        Self { address, connections: hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Where the server is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A request without headers and body.
    pub fn request(&self, method: Method, path: impl Into<String>) -> Request<'_> {
        Request { client: self, method, path: path.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// Sends the request; an error where the server can't be reached or breaks off.
    pub async fn try_send(&self, request: &Request<'_>) -> Result<Response, String> {
        let mut message = hyper::Request::builder()
            .method(request.method.clone())
            .uri(format!("http://{}{}", self.address, request.path))
            .body(Full::new(request.body.clone()))
            .unwrap();
        message.headers_mut().extend(request.headers.clone());
        let started = Instant::now();
        let exchange = async {
            let answer = self.connections.request(message).await.map_err(|error| format!("{error:?}"))?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await.map_err(|error| format!("{error:?}"))?.to_bytes();
            let taken = started.elapsed();
            let body = if head.headers.get("content-encoding").is_some_and(|coding| coding == "gzip") {
                uncompressed(&body)?
            } else {
                body
            };
            let to = format!("{} {}", request.method, request.path);
            Ok(Response { status: head.status.as_u16(), headers: head.headers, body, taken, to })
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| format!("no answer within {PATIENCE:?}"))?
    }
}

fn uncompressed(body: &[u8]) -> Result<Bytes, String> {
    let mut all = Vec::new();
    GzDecoder::new(body).read_to_end(&mut all).map_err(|error| format!("the body is no gzip: {error}"))?;
    Ok(all.into())
}

impl Request<'_> {
    /// One more header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    /// From the bearer of this key, in place of the one before.
    pub fn with_key(mut self, key: &str) -> Self {
        self.headers.insert("authorization", format!("Bearer {key}").parse().unwrap());
        self
    }

    /// From nobody in particular.
    pub fn without_key(self) -> Self {
        self.without("authorization")
    }

    /// The version that the change is for, in place of the one before.
    pub fn if_match(mut self, tag: &str) -> Self {
        self.headers.insert("if-match", tag.parse().unwrap());
        self
    }

    /// Without this header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With this body.
    pub fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.headers.insert("content-type", media_type.parse().unwrap());
        self.body = body.into();
        self
    }

    /// With a body of JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// With a merge patch.
    pub fn merge_patch(self, body: &Value) -> Self {
        self.body("application/merge-patch+json", body.to_string())
    }
}

impl<'c> IntoFuture for Request<'c> {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let response = match self.client.try_send(&self).await {
                Ok(response) => response,
                Err(error) => panic!("{} {}: {error}", self.method, self.path),
            };
            let Self { client, method, path, headers, body } = self;
            let (client, answer) = (client.clone(), response.clone());
            // Beside the other exchanges, so that the check of one answer delays no other.
            let check = move || {
                let request = Request { client: &client, method, path, headers, body };
                Contract::of_the_service().faults(&request, &answer)
            };
            let faults = spawn_blocking(check).await.unwrap();
            assert!(faults.is_empty(), "the contract is broken: {}\n{response:?}", faults.join("\n  "));
            response
        })
    }
}

impl Response {
    /// The answer that these bytes are, to a request that is told in a few words.
    pub(crate) fn parse(received: &[u8], to: String) -> Self {
        let end =
            head_end(received).unwrap_or_else(|| panic!("{to}: no answer but {:?}", String::from_utf8_lossy(received)));
        let head = str::from_utf8(&received[..end]).unwrap();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let pairs = lines.filter_map(|line| line.split_once(':'));
        let headers = pairs.map(|(name, value)| (name.parse().unwrap(), value.trim().parse().unwrap())).collect();
        Self { status, headers, body: Bytes::copy_from_slice(&received[end..]), taken: Duration::ZERO, to }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// How long it took from the request to the last byte.
    pub fn taken(&self) -> Duration {
        self.taken
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header; none where it is absent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The tag of the version.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("no ETag: {self:?}")).to_owned()
    }

    /// The version that the tag is of: `7`, or `7-public` for what the public sees of it.
    #[track_caller]
    pub fn version(&self) -> String {
        let tag = self.etag();
        let (_epoch, version) =
            tag.trim_matches('"').split_once('-').unwrap_or_else(|| panic!("{tag} is of no version"));
        version.to_owned()
    }

    /// The media type without its parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.header("content-type").map(|value| value.split(';').next().unwrap_or(value).trim())
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    #[track_caller]
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON; `null` where it is empty.
    #[track_caller]
    pub fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// The problem of an answer that must have this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        let problem = self.expect(status);
        assert_eq!(self.media_type(), Some("application/problem+json"), "{self:?}");
        problem
    }

    /// The faults of a problem that must have this status: where each is, and its code.
    #[track_caller]
    pub fn faults(&self, status: u16) -> Vec<(String, String)> {
        let problem = self.problem(status);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let place = |fault: &Value| {
            let places = ["pointer", "parameter", "header"];
            places
                .iter()
                .find_map(|name| fault[name].as_str())
                .unwrap_or_else(|| panic!("{fault} is nowhere"))
                .to_owned()
        };
        problem["errors"].as_array().into_iter().flatten().map(|fault| (place(fault), text(&fault["code"]))).collect()
    }

    /// Asserts that the problem has exactly these faults, in any order.
    #[track_caller]
    pub fn expect_faults(&self, status: u16, expected: &[(&str, &str)]) {
        let mut found = self.faults(status);
        found.sort();
        let mut expected: Vec<_> =
            expected.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect();
        expected.sort();
        assert_eq!(found, expected, "{self:?}");
    }

    /// Asserts what kind of problem it is, and gives it.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, slug: &str) -> Value {
        let problem = self.problem(status);
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{self:?}");
        problem
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} → {}", self.to, self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        let text = String::from_utf8_lossy(&self.body);
        let shown: String = text.chars().take(4000).collect();
        write!(f, "  {shown}")
    }
}

/// Sends bytes on a connection of their own and reads one answer to its end or to the connection's.
pub(crate) async fn raw_exchange(address: SocketAddr, request: &[u8]) -> Response {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        let mut received = Vec::new();
        let mut chunk = [0; 16 * 1024];
        while !is_whole(&received) {
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => break,
                Ok(count) => received.extend_from_slice(&chunk[..count]),
            }
        }
        Ok::<_, std::io::Error>(received)
    };
    let received = tokio::time::timeout(PATIENCE, exchange).await.expect("no answer in time").unwrap();
    let line: Vec<u8> = request.iter().copied().take_while(|byte| *byte != b'\r').take(200).collect();
    Response::parse(&received, String::from_utf8_lossy(&line).into_owned())
}

/// Whether the head has arrived and, if its length is declared, the body.
pub fn is_whole(received: &[u8]) -> bool {
    let Some(end) = head_end(received) else { return false };
    let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
    if head.starts_with("http/1.1 204") {
        return true;
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok());
    length.is_some_and(|length: usize| received.len() >= end + length)
}

fn head_end(received: &[u8]) -> Option<usize> {
    received.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|position| position + 4)
}

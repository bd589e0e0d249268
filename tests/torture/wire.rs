//! HTTP as bytes, for callers who break its rules or never read.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// An answer is waited for at most this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer, as far as attacks look at it.
pub struct Answer {
    /// Its status.
    pub status: u16,
}

/// The answer to a `GET` on a connection of its own.
pub async fn get(address: SocketAddr, path: &str) -> io::Result<Answer> {
    send(address, &get_request(path)).await
}

/// A `GET` on a connection of its own.
pub fn get_request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: attack.test\r\nConnection: close\r\n\r\n")
}

/// A request with a body and a key, on a connection of its own.
pub fn with_body(method: &str, path: &str, key: &str, media_type: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: attack.test\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nIf-Match: *\r\n\
         Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The answer to a request on a connection of its own, which must ask to be closed.
pub async fn send(address: SocketAddr, request: &str) -> io::Result<Answer> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await?;
        let digits = received.get(9..12).and_then(|digits| str::from_utf8(digits).ok());
        let status = digits.and_then(|digits| digits.parse().ok());
        status.map(|status| Answer { status }).ok_or_else(|| io::ErrorKind::InvalidData.into())
    };
    timeout(PATIENCE, exchange).await?
}

/// Connections that have each sent one of these texts, in turn, and read nothing. What the program does not take, the system keeps or
/// refuses.
pub async fn send_unread(address: SocketAddr, connections: usize, sent: &[String]) -> Vec<TcpStream> {
    const AT_A_TIME: usize = 50;
    let mut open = Vec::with_capacity(connections);
    while open.len() < connections {
        let batch =
            (open.len()..connections).take(AT_A_TIME).map(|number| send_one(address, &sent[number % sent.len()]));
        open.extend(join_all(batch).await);
    }
    open
}

async fn send_one(address: SocketAddr, sent: &str) -> TcpStream {
    // The system is to keep as little as it can.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    drop(timeout(Duration::from_millis(100), stream.write_all(sent.as_bytes())).await);
    stream
}

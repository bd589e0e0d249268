//! The listening side: how many connections there may be, and how long a client may take over what it sends and reads.
//!
//! The framework times the first head of a connection and its idle time. What it leaves open is closed here, underneath HTTP: a
//! client that dribbles the heads of later requests, and one that never reads its answers. (Bodies are timed where they are
//! read.) Knows bytes and time, no requests.

use std::cell::Cell;
use std::future::Future as _;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use actix_web::rt::time::{Instant, Sleep, sleep, sleep_until};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpSocket;

/// Connections that the system keeps while all workers are busy.
const BACKLOG: u32 = 2048;
/// Beyond the limit some more are let in to be told so; the others wait with the system.
const TOLD_SO: usize = 64;
/// Files that are not connections: the database's, the program's own.
const OTHER_FILES: usize = 128;
/// Nothing of an answer has been taken for so long: nobody reads it.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// Listens on an address.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// The connections of a server: how many there are and may be.
#[derive(Debug)]
pub struct Connections {
    open: AtomicUsize,
    limit: usize,
    head_time: Duration,
}

impl Connections {
    /// None yet, and at most so many; fewer where the system doesn't let the program open as many files. The head of a
    /// request may take `head_time` to arrive.
    pub fn new(limit: usize, head_time: Duration) -> Self {
        let files = usize::try_from(raise_file_limit()).unwrap_or(usize::MAX);
        let possible = files.saturating_sub(OTHER_FILES).saturating_sub(TOLD_SO).max(1);
        if possible < limit {
            log::warn!(
                "the limit on connections is {possible}, not {limit}, because the system lets the program open only {files} files"
            );
        }
        Self { open: AtomicUsize::new(0), limit: limit.min(possible), head_time }
    }

    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// The most that each of so many workers is to be given.
    pub fn per_worker(&self, workers: usize) -> usize {
        self.limit.saturating_add(TOLD_SO).div_ceil(workers.max(1))
    }

    pub fn admit(self: &Arc<Self>, stream: TcpStream) -> Connection {
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = stream.set_nodelay(true) {
            log::debug!("could not turn on TCP_NODELAY: {error}");
        }
        Connection {
            stream,
            connections: Arc::clone(self),
            line: Line { is_too_many: before >= self.limit, is_answering: Rc::default() },
            head_since: None,
            head_timer: None,
            write_timer: None,
        }
    }
}

/// As many files as the system allows this user: the default of many systems is a thousand.
fn raise_file_limit() -> u64 {
    // Where it can't be told, the system refuses what is too much.
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX)
}

/// What the gate learns of the connection that a request came on, and tells it.
#[derive(Clone, Debug)]
pub struct Line {
    is_too_many: bool,
    is_answering: Rc<Cell<bool>>,
}

impl Line {
    /// Whether there were enough connections when it came.
    pub fn is_too_many(&self) -> bool {
        self.is_too_many
    }

    /// A head has arrived as a whole: how long its answer takes is no longer the client's doing.
    pub fn answering(&self) {
        self.is_answering.set(true);
    }
}

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    connections: Arc<Connections>,
    line: Line,
    /// When the head began to arrive that is not whole yet.
    head_since: Option<Instant>,
    /// Wakes the connection when the head has taken too long. It is kept from one head to the next.
    head_timer: Option<Pin<Box<Sleep>>>,
    /// Runs while the client doesn't take what is written.
    write_timer: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// An error where a head has been arriving for too long.
    fn check_head(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.line.is_answering.get() {
            self.head_since = None;
        }
        let Some(since) = self.head_since else { return Ok(()) };
        let deadline = since + self.connections.head_time;
        let timer = self.head_timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        if timer.as_mut().poll(context).is_ready() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && !self.line.is_answering.get() {
            self.head_since.get_or_insert_with(Instant::now);
        }
        if read.is_pending() {
            self.check_head(context)?;
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.line.is_answering.set(false);
        self.head_since = None;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(sleep(WRITE_PATIENCE)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

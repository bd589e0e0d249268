//! Client connections: how many there may be, when each is read, and how long a client may take to send and to read.
//!
//! The library reads as much as a client sends, and keeps every request that it finds. So this module gives it one
//! request at a time. The bytes behind a request are not read until its response is complete, except a few that show
//! whether the client is still there. If [`framing`](crate::http::framing) rejects a request, the library gets a
//! stand-in in its place, and the gate responds with the problem. (The time limit for bodies is elsewhere, where bodies
//! are read.)

use std::cell::{Cell, RefCell};
use std::future::Future as _;
use std::io;
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use actix_web::rt::time::{Instant, Sleep, sleep, sleep_until};
use actix_web::web::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpSocket;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::http::drain::Drain;
use crate::http::framing::{self, Body, Fault, HEAD_LIMIT, Search};
use crate::http::unread::{Account, Stall, Unread};

/// Connections that the system keeps while all workers are busy.
const BACKLOG: u32 = 2048;
/// Beyond the limit some more are let in to be told so; the others wait with the system.
const TOLD_SO: usize = 64;
/// Files that are not connections: the database's, the program's own.
const OTHER_FILES: usize = 128;
/// Nothing of an answer has been taken for so long: nobody reads it.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);
/// When the service stops, it waits this long for the first request on a new connection, because its client did not
/// know.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);
/// The most bytes that are read behind a request while it is answered, and the most of a body before somebody asks for it.
const AHEAD: usize = 4 * 1024;
/// A client that has its response may still be sending. It has this long to read the response. The rest of its request is discarded.
const LINGER: Duration = Duration::from_secs(2);
/// The request that the library gets in place of an invalid one. No operation has its method, `-`.
const STAND_IN: &[u8] = b"- * HTTP/1.1\r\nHost: -\r\n\r\n";

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
    drain: Arc<Drain>,
    unread: Arc<Unread>,
    /// Told when one has ended.
    ended: Notify,
}

impl Connections {
    /// None yet, and at most so many; fewer where the system doesn't let the program open as many files. The head of a
    /// request may take `head_time` to arrive. They end as `drain` says.
    pub fn new(limit: usize, head_time: Duration, drain: Arc<Drain>) -> Self {
        let files = usize::try_from(raise_file_limit()).unwrap_or(usize::MAX);
        let possible = files.saturating_sub(OTHER_FILES).saturating_sub(TOLD_SO).max(1);
        if possible < limit {
            log::warn!(
                "the limit on connections is {possible}, not {limit}, because the system lets the program open only {files} files"
            );
        }
        Self {
            open: AtomicUsize::new(0),
            limit: limit.min(possible),
            head_time,
            drain,
            unread: Arc::default(),
            ended: Notify::new(),
        }
    }

    pub fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Waits until there is room for one more connection, or for one that is told that there are too many.
    pub async fn room(&self) {
        self.until_fewer_than(self.limit.saturating_add(TOLD_SO)).await;
    }

    /// Waits until there is none.
    pub async fn none(&self) {
        self.until_fewer_than(1).await;
    }

    async fn until_fewer_than(&self, number: usize) {
        loop {
            let ended = self.ended.notified();
            if self.open() < number {
                return;
            }
            ended.await;
        }
    }

    /// Counts one that has been accepted.
    pub fn enter(self: &Arc<Self>) -> Place {
        let before = self.open.fetch_add(1, Ordering::Relaxed);
        Place { is_too_many: before >= self.limit, connections: Arc::clone(self) }
    }
}

/// The place of one connection among all, until it ends.
#[derive(Debug)]
pub struct Place {
    is_too_many: bool,
    connections: Arc<Connections>,
}

impl Place {
    pub fn connect(self, stream: TcpStream) -> Connection {
        if let Err(error) = stream.set_nodelay(true) {
            log::debug!("could not turn on TCP_NODELAY: {error}");
        }
        let talk = Talk {
            is_too_many: self.is_too_many,
            drain: Arc::clone(&self.connections.drain),
            account: self.connections.unread.account(),
            ..Talk::default()
        };
        Connection {
            stream,
            place: self,
            line: Line(Rc::new(talk)),
            ahead: BytesMut::new(),
            unasked: 0,
            is_next_held_back: false,
            has_ended: false,
            stage: Stage::Head(Search::default()),
            head_since: Some(Instant::now()),
            head_timer: None,
            stall: None,
            linger: None,
            closing: None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Ordering::Relaxed);
        self.connections.ended.notify_waiters();
    }
}

/// As many files as the system allows this user: the default of many systems is a thousand.
fn raise_file_limit() -> u64 {
    // Where it can't be told, the system refuses what is too much.
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or(u64::MAX)
}

/// What the gate learns of the connection that a request came on, and tells it.
#[derive(Clone, Debug, Default)]
pub struct Line(Rc<Talk>);

#[derive(Debug, Default)]
struct Talk {
    is_too_many: bool,
    drain: Arc<Drain>,
    account: Account,
    fault: Cell<Option<Fault>>,
    answer: Cell<Answer>,
    /// Whether something has arrived behind the request.
    has_more: Cell<bool>,
    /// Whether somebody asks for the body of the request, and who reads it for them.
    is_body_wanted: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

/// The progress of the response to the current request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Answer {
    #[default]
    Awaited,
    /// The library has all of it.
    Made,
    /// The system has all of it.
    Through,
}

impl Line {
    /// Whether there were enough connections when it came.
    pub fn is_too_many(&self) -> bool {
        self.0.is_too_many
    }

    /// Why the request is not read.
    pub fn fault(&self) -> Option<Fault> {
        self.0.fault.get()
    }

    /// Whether the connection ends with this response: after an invalid request nothing can be read, and a service that
    /// stops accepts no further requests.
    pub fn is_last(&self) -> bool {
        self.fault().is_some() || (self.0.drain.has_begun() && !self.0.has_more.get())
    }

    /// Somebody asks for the body of the request.
    pub fn want_body(&self) {
        self.0.is_body_wanted.set(true);
        if let Some(reader) = self.0.reader.take() {
            reader.wake();
        }
    }

    /// The response uses this many bytes of memory until the client has read it.
    pub fn hold(&self, bytes: usize) {
        self.0.account.hold(bytes);
    }

    /// How many bytes that are.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.0.account.held()
    }

    /// The library has all of the answer.
    pub fn made(&self) {
        self.0.answer.set(Answer::Made);
    }

    fn is_through(&self) -> bool {
        self.0.answer.get() == Answer::Through
    }
}

/// A client's connection: what the library reads from and writes to.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    place: Place,
    line: Line,
    /// Bytes that were read but not yet given to the library.
    ahead: BytesMut,
    /// Bytes read of a body that nobody has asked for yet.
    unasked: usize,
    /// Whether the library must first discard what it has before it gets more to discard.
    is_next_held_back: bool,
    /// Whether the client has closed its side.
    has_ended: bool,
    stage: Stage,
    /// When the incomplete head began to arrive. For the first request, when the connection began.
    head_since: Option<Instant>,
    /// Wakes the connection when the head has taken too long. It is kept from one head to the next.
    head_timer: Option<Pin<Box<Sleep>>>,
    /// While the client doesn't take what is written.
    stall: Option<(Stall, Pin<Box<Sleep>>)>,
    linger: Option<Pin<Box<Sleep>>>,
    /// Wakes the connection when it is to end.
    closing: Option<Pin<Box<OwnedNotified>>>,
}

/// How much of a request the library has.
#[derive(Debug)]
enum Stage {
    /// Nothing: its head is not whole.
    Head(Search),
    /// All of its head except this number of bytes, and some of its body.
    Request { head: usize, body: Body },
    /// All of it: now it is answered.
    Whole,
    /// All that it gets: nothing more is read.
    Last,
}

impl Stage {
    /// The number of bytes that belong to the request, and the error in the next byte, if any.
    fn take(&mut self, bytes: &[u8]) -> (usize, Option<Fault>) {
        let Self::Request { head, body } = self else { return (0, None) };
        let (first, rest) = bytes.split_at(bytes.len().min(*head));
        *head -= first.len();
        let (taken, fault) = body.take(rest);
        (first.len() + taken, fault)
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Request { head: 0, body } if body.is_whole())
    }
}

impl Connection {
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// Lets the library have what is there of a request.
    fn poll_request(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            match &self.stage {
                Stage::Head(_) => match self.find_head() {
                    Ok(true) => {}
                    Ok(false) if self.has_ended => return Poll::Ready(Ok(())),
                    Ok(false) => ready!(self.poll_head(context))?,
                    Err(fault) => self.refuse(fault),
                },
                Stage::Request { .. } if self.ahead.is_empty() => return self.poll_body(context, buffer),
                Stage::Request { .. } => {
                    self.hand_over(buffer);
                    return Poll::Ready(Ok(()));
                }
                Stage::Whole if self.line.is_through() => {
                    self.line.0.answer.set(Answer::Awaited);
                    self.linger = None;
                    self.head_since = (!self.ahead.is_empty()).then(Instant::now);
                    self.stage = Stage::Head(Search::default());
                }
                Stage::Whole => return self.poll_ahead(context),
                Stage::Last => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Whether the head is whole; if it is, the request begins.
    fn find_head(&mut self) -> Result<bool, Fault> {
        let Stage::Head(search) = &mut self.stage else { return Ok(true) };
        let Some(mut head) = search.end(&self.ahead)? else { return Ok(false) };
        if let Some(escaped) = framing::escaped(self.ahead.get(..head).unwrap_or_default()) {
            if escaped.len() > HEAD_LIMIT {
                return Err(Fault::HeadTooLarge);
            }
            let behind = self.ahead.split_off(head);
            head = escaped.len();
            self.ahead = BytesMut::from(escaped.as_slice());
            self.ahead.extend_from_slice(&behind);
        }
        let body = Body::after(self.ahead.get(..head).unwrap_or_default())?;
        self.stage = Stage::Request { head, body };
        self.head_since = None;
        self.unasked = 0;
        self.line.0.is_body_wanted.set(false);
        Ok(true)
    }

    /// Lets the library read a stand-in, which the gate rejects for this reason.
    fn refuse(&mut self, fault: Fault) {
        self.line.0.fault.set(Some(fault));
        self.ahead = BytesMut::from(STAND_IN);
        self.head_since = None;
        self.stage = Stage::Request { head: STAND_IN.len(), body: Body::Sized(0) };
    }

    /// Reads more of a head.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.poll_more(context)?.is_ready() {
            self.head_since.get_or_insert_with(Instant::now);
            return Poll::Ready(Ok(()));
        }
        self.watch_end(context);
        if self.head_since.is_none() && self.line.0.drain.is_closing() {
            self.stage = Stage::Last;
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_head_timer(context));
        if self.ahead.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.refuse(Fault::Late);
        Poll::Ready(Ok(()))
    }

    /// Ready where a head has been arriving for too long.
    fn poll_head_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(since) = self.head_since else { return Poll::Pending };
        let is_idle = self.ahead.is_empty() && self.line.0.drain.is_closing();
        let deadline = since + if is_idle { FIRST_PATIENCE } else { self.place.connections.head_time };
        let timer = self.head_timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(context)
    }

    /// Reads a few bytes while a request is answered, to notice a client that has gone. It is never ready: the end of
    /// the response wakes the reader.
    fn poll_ahead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.has_ended && self.ahead.len() < AHEAD && self.poll_more(context)?.is_ready() {}
        self.line.0.has_more.set(!self.ahead.is_empty());
        self.watch_end(context);
        Poll::Pending
    }

    /// Reads some bytes into what is ahead.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [MaybeUninit::uninit(); AHEAD];
        let mut read = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
        self.has_ended = read.filled().is_empty();
        self.ahead.extend_from_slice(read.filled());
        Poll::Ready(Ok(()))
    }

    /// Reads more of a body, straight to where the library wants it.
    fn poll_body(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.line.is_through() {
            return self.poll_rest(context, buffer);
        }
        if !self.line.0.is_body_wanted.get() {
            return self.poll_unasked(context, buffer);
        }
        let before = buffer.filled().len();
        if !self.has_ended {
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        }
        let read = buffer.filled().get(before..).unwrap_or_default();
        self.has_ended = read.is_empty();
        let (taken, fault) = self.stage.take(read);
        self.ahead.extend_from_slice(read.get(taken..).unwrap_or_default());
        buffer.set_filled(before + taken);
        self.go_on(fault);
        Poll::Ready(Ok(()))
    }

    /// Reads the rest of a request that has its response, for a while. The library discards it, but only once nothing more comes: so it
    /// gets little at a time.
    fn poll_rest(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.poll_linger(context).is_ready() {
            self.stage = Stage::Last;
            return Poll::Ready(Ok(()));
        }
        if std::mem::take(&mut self.is_next_held_back) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !self.has_ended {
            ready!(self.poll_more(context))?;
        }
        self.is_next_held_back = !self.has_ended;
        self.hand_over(buffer);
        Poll::Ready(Ok(()))
    }

    /// Reads a little of a body that nobody asks for yet, so that a client that has gone is noticed.
    fn poll_unasked(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.unasked >= AHEAD {
            self.line.0.reader.replace(Some(context.waker().clone()));
            return Poll::Pending;
        }
        if !self.has_ended {
            ready!(self.poll_more(context))?;
            self.unasked += self.ahead.len();
        }
        self.hand_over(buffer);
        Poll::Ready(Ok(()))
    }

    /// Lets the library have as much of the request as has been read and it has room for.
    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) {
        let there = self.ahead.get(..self.ahead.len().min(buffer.remaining())).unwrap_or_default();
        let (taken, fault) = self.stage.take(there);
        buffer.put_slice(there.get(..taken).unwrap_or_default());
        self.ahead.advance(taken);
        self.go_on(fault);
    }

    /// After some of a request. To the library, a body with a fault breaks off.
    fn go_on(&mut self, fault: Option<Fault>) {
        if fault.is_some() {
            self.line.0.fault.set(fault);
        }
        if fault.is_some() || self.stage.is_whole() {
            self.line.0.has_more.set(!self.ahead.is_empty());
            self.stage = if self.line.fault().is_some() { Stage::Last } else { Stage::Whole };
        }
    }

    /// Has the connection woken when connections are to close.
    fn watch_end(&mut self, context: &mut Context<'_>) {
        if self.closing.is_none() {
            let mut closing = Box::pin(self.line.0.drain.closing());
            let _ = closing.as_mut().poll(context);
            self.closing = Some(closing);
        }
    }

    /// Whether the library must be woken when the response is complete, because no arriving byte would wake it.
    fn is_waiting(&self) -> bool {
        let is_within = matches!(self.stage, Stage::Request { .. } | Stage::Last);
        is_within || !self.ahead.is_empty() || self.has_ended || self.line.0.drain.is_closing()
    }

    /// Ready once a client has had long enough to read why nothing more is read.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let timer = self.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        timer.as_mut().poll(context)
    }

    /// Whether the client may be sending data that will not be read. If the connection were simply closed, the client
    /// could lose the response (RFC 9112, section 9.6).
    fn lingers(&self) -> bool {
        let is_within = matches!(self.stage, Stage::Request { .. }) || !self.ahead.is_empty();
        !self.has_ended && (is_within || self.line.fault().is_some())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_request(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, line, stall, .. } = &mut *self;
        let written = Pin::new(stream).poll_write(context, bytes);
        if written.is_ready() {
            *stall = None;
            return written;
        }
        let (stall, timer) = stall.get_or_insert_with(|| (line.0.account.stall(), Box::pin(sleep(WRITE_PATIENCE))));
        if stall.poll_given_up(context).is_pending() {
            ready!(timer.as_mut().poll(context));
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The library flushes once the system has taken all that was written.
        if self.line.0.answer.get() == Answer::Made {
            self.line.0.answer.set(Answer::Through);
            self.line.hold(0);
            if self.is_waiting() {
                context.waker().wake_by_ref();
            }
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        while self.lingers() {
            if self.poll_linger(context).is_ready() {
                break;
            }
            let mut space = [MaybeUninit::uninit(); AHEAD];
            let mut read = ReadBuf::uninit(&mut space);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
            self.has_ended = read.filled().is_empty();
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;

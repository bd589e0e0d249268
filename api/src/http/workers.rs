//! The threads that serve connections, and the loop that accepts connections. Unlike the library's own server, it
//! serves every accepted connection, even when it stops.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream as StdStream};
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use actix_rt::Arbiter;
use actix_service::{Service, ServiceFactory};
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::sleep;
use futures_util::future::{Either, select};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::http::connection::{Connection, Connections, Place};

/// Threads for what takes long, of all workers together.
const BLOCKING_THREADS: usize = 512;
/// The pause after the operating system could not accept a connection, because there are no free file descriptors until
/// one ends.
const PAUSE: Duration = Duration::from_millis(200);

/// The threads that serve connections. Each has a service of its own.
#[derive(Debug)]
pub struct Workers {
    threads: Vec<Arbiter>,
    doors: Vec<UnboundedSender<Arrival>>,
    next: usize,
}

/// A connection that has a place and no worker yet.
type Arrival = (Place, StdStream, SocketAddr);

impl Workers {
    /// Starts this number of workers, each with a service that `make` makes on its thread.
    ///
    /// # Errors If the system has no more threads, or a service cannot be made.
    pub fn start<F>(number: usize, make: impl Fn() -> F + Clone + Send + 'static) -> io::Result<Self>
    where
        F: ServiceFactory<(Connection, Option<SocketAddr>), Config = ()> + 'static,
        F::Service: 'static,
    {
        let (started, starts) = mpsc::channel();
        let mut workers = Self { threads: Vec::new(), doors: Vec::new(), next: 0 };
        for _ in 0..number {
            let thread = Arbiter::try_with_tokio_rt(move || {
                let blocking_threads = (BLOCKING_THREADS / number).max(1);
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .max_blocking_threads(blocking_threads)
                    .build()
            })?;
            let (door, arrivals) = unbounded_channel();
            let (make, started) = (make.clone(), started.clone());
            thread.spawn_fn(move || drop(actix_rt::spawn(work(make(), arrivals, started))));
            workers.threads.push(thread);
            workers.doors.push(door);
        }
        drop(started);
        let served = starts.iter().filter(|has_started| *has_started).count();
        if served == number { Ok(workers) } else { Err(io::Error::other("a worker could not start")) }
    }

    /// Accepts connections until the service stops, including those that the operating system has made by then.
    ///
    /// # Errors If the listener cannot be used.
    pub async fn let_in(
        &mut self,
        listener: TcpListener,
        connections: &Arc<Connections>,
        until: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut until = pin!(until);
        loop {
            let accepted = pin!(async {
                connections.room().await;
                listener.accept().await
            });
            match select(accepted, until.as_mut()).await {
                Either::Left((Ok((stream, peer)), _)) => {
                    // It is to belong to a worker.
                    if let Ok(stream) = stream.into_std() {
                        self.send(connections.enter(), stream, peer);
                    }
                }
                Either::Left((Err(error), _)) if is_its_own(&error) => {}
                Either::Left((Err(error), _)) => {
                    log::warn!("could not accept a connection, trying again: {error}");
                    sleep(PAUSE).await;
                }
                Either::Right(_) => break,
            }
        }
        let listener = listener.into_std()?;
        while let Ok((stream, peer)) = listener.accept() {
            if stream.set_nonblocking(true).is_ok() {
                self.send(connections.enter(), stream, peer);
            }
        }
        Ok(())
    }

    /// Each worker in its turn.
    fn send(&mut self, place: Place, stream: StdStream, peer: SocketAddr) {
        self.next = (self.next + 1) % self.doors.len().max(1);
        if let Some(door) = self.doors.get(self.next) {
            // A worker is there as long as its door.
            drop(door.send((place, stream, peer)));
        }
    }

    /// Waits for the threads to end, after their connections have ended or were closed.
    pub fn end(self) {
        for thread in self.threads {
            thread.stop();
            drop(thread.join());
        }
    }
}

/// Whether only this connection failed, because its client has gone.
fn is_its_own(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// One worker: serves what comes in.
async fn work<F>(factory: F, mut arrivals: UnboundedReceiver<Arrival>, started: mpsc::Sender<bool>)
where
    F: ServiceFactory<(Connection, Option<SocketAddr>), Config = ()>,
    F::Service: 'static,
{
    let service = factory.new_service(()).await;
    let _ = started.send(service.is_ok());
    drop(started);
    let Ok(service) = service else { return };
    while let Some((place, stream, peer)) = arrivals.recv().await {
        let is_ready = poll_fn(|context| service.poll_ready(context)).await.is_ok();
        match TcpStream::from_std(stream) {
            Ok(stream) if is_ready => {
                let served = service.call((place.connect(stream), Some(peer)));
                drop(actix_rt::spawn(async move { drop(served.await) }));
            }
            Ok(_) => log::error!("a worker is not ready, and a connection was closed"),
            Err(error) => log::warn!("could not serve a connection: {error}"),
        }
    }
}

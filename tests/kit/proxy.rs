//! A way to PostgreSQL that can fall silent: nothing is passed on, and nobody is told.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Passes connections on to a server.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Odd while it is silent. A connection of an earlier time stays silent for ever.
    time: AtomicU64,
    /// Whether it falls silent with the next row that the server stores.
    waits_for_insert: AtomicBool,
}

impl Proxy {
    /// A way to the server of this database.
    pub fn before(database: &str) -> Self {
        let (server, _) = split(database).1;
        Self::to(server.parse().expect("the port of a cluster on this machine"))
    }

    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let time = shared.time.load(Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(server) else { continue };
                pass_on(client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&shared), time);
                pass_on(server, client, Arc::clone(&shared), time);
            }
        });
        Self { address, state }
    }

    /// The address of a database with this way to it.
    pub fn url(&self, database: &str) -> String {
        let (login, (_, name)) = split(database);
        format!("{login}@{}/{name}", self.address)
    }

    /// From now on nothing comes through.
    pub fn fall_silent(&self) {
        self.state.time.fetch_add(1, Ordering::SeqCst);
    }

    /// The same from the next row on that the server stores: nobody ends the transaction.
    pub fn fall_silent_in_a_transaction(&self) {
        self.state.waits_for_insert.store(true, Ordering::SeqCst);
    }

    /// New connections come through again; those of before never do, and are never closed.
    pub fn speak_again(&self) {
        self.state.time.fetch_add(1, Ordering::SeqCst);
    }
}

/// The login, and then the server and the name of the database.
fn split(database: &str) -> (&str, (&str, &str)) {
    let (login, rest) = database.rsplit_once('@').expect("an address with a login");
    (login, rest.split_once('/').expect("the name of a database"))
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, state: Arc<State>, time: u64) {
    thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(count) = from.read(&mut bytes) {
            if tells_of_insert(&bytes[..count]) && state.waits_for_insert.swap(false, Ordering::SeqCst) {
                state.time.fetch_add(1, Ordering::SeqCst);
            }
            if state.time.load(Ordering::SeqCst) != time || time % 2 == 1 {
                // It is read and acknowledged, and goes nowhere.
                if count == 0 {
                    return;
                }
                continue;
            }
            if count == 0 || to.write_all(&bytes[..count]).is_err() {
                drop(to.shutdown(Shutdown::Both));
                return;
            }
        }
    });
}

/// Whether this ends with what PostgreSQL says of a row that it has stored, in a transaction that is still open.
fn tells_of_insert(message: &[u8]) -> bool {
    const TAG: &[u8] = b"INSERT 0 1\0";
    const READY_IN_TRANSACTION: &[u8] = b"Z\0\0\0\x05T";
    message.strip_suffix(READY_IN_TRANSACTION).is_some_and(|rest| rest.ends_with(TAG))
}

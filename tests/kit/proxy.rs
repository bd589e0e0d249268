//! A way to PostgreSQL that can fall silent: nothing is passed on, and nobody is told.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

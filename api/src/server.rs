//! The running service: what handlers share, which routes there are, and how the server starts and stops.

use std::fmt;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::Method;
use actix_web::middleware::Condition;
use actix_web::rt::System;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};
use chrono::{DateTime, SubsecRound, Utc};
use domain::Id;
use store::{Stamp, Store};
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::about::{self, Contract};
use crate::authentication::Authenticator;
use crate::caller::Caller;
use crate::config::{Config, Origin};
use crate::gate::Gate;
use crate::request_id::RequestId;
use crate::route::RouteTable;
use crate::signing::LogSigner;
use crate::{contract, department, document, entry, key, log, mutual, openapi, staff_ballot};

/// What a handler takes as its argument to reach the register.
pub type App = Data<Shared>;

/// Mounts every operation. The contract is made from the same list.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.configure(about::routes).service(
        scope::scope("/v1")
            .configure(department::routes)
            .configure(mutual::routes)
            .configure(staff_ballot::routes)
            .configure(contract::routes)
            .configure(entry::routes)
            .configure(log::routes)
            .configure(key::routes),
    );
}

/// Who the entries name for what is done on the database without a request.
pub const OPERATOR: &str = "operator";

/// What all handlers share.
pub struct Shared {
    /// The register.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What signs the heads of the log, where there is a key.
    pub signer: Option<LogSigner>,
}

impl Shared {
    /// Who changes the register, when, in which request.
    pub fn stamp(&self, caller: &Caller, request_id: &RequestId) -> Stamp {
        Stamp { now: self.clock.now(), actor: caller.name.clone(), request_id: request_id.as_str().to_owned() }
    }

    /// The same for what the service does by itself.
    pub fn operator(&self, request_id: &str) -> Stamp {
        Stamp { now: self.clock.now(), actor: OPERATOR.to_owned(), request_id: request_id.to_owned() }
    }

    /// An id for a new record: a UUID of version 7, so that ids sort by time.
    pub fn new_id<T>(&self) -> Id<T> {
        Id::from_uuid(Uuid::now_v7())
    }
}

/// Where the service's time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's.
    #[expect(clippy::disallowed_methods, reason = "this is the edge at which time enters")]
    pub fn system() -> Self {
        Self::new(Utc::now)
    }

    /// Another, such as a test's.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now, in microseconds: both databases keep no more.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)().trunc_subsecs(6)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Why the server could not start or broke off.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The database can't be opened or brought up to date.
    #[error(transparent)]
    Database(#[from] store::OpenError),
    /// The register can't be brought into the form that this release shows.
    #[error("the register can't be read: {0}")]
    Register(store::Error),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The contract can't be written.
    #[error("the contract can't be written: {0}")]
    Contract(String),
    /// The server broke off.
    #[error("the server broke off: {0}")]
    Server(String),
}

/// A server that runs in threads of its own until it is stopped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    thread: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Where it listens: with port 0 in the configuration, the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets it answer what it has begun, and waits for its end.
    ///
    /// # Errors
    ///
    /// [`ServeError::Server`] where it broke off before.
    pub fn stop(self) -> Result<(), ServeError> {
        // The request to stop is made by the call; waiting for the thread is waiting for the answer.
        drop(self.handle.stop(true));
        self.wait()
    }

    /// Waits until it ends by a signal or of itself.
    ///
    /// # Errors
    ///
    /// [`ServeError::Server`] where it breaks off.
    pub fn wait(self) -> Result<(), ServeError> {
        match self.thread.join() {
            Ok(ended) => ended.map_err(|error| ServeError::Server(error.to_string())),
            Err(_) => Err(ServeError::Server("its thread panicked".to_owned())),
        }
    }
}

/// Brings the database up to date, serves until SIGTERM or SIGINT, and answers what it has begun (at SIGTERM).
///
/// # Errors
///
/// [`ServeError`] where it can't start or breaks off.
pub fn run(config: Config) -> Result<(), ServeError> {
    let database = config.database_url.to_string();
    let running = launch(config, Clock::system(), Signals::Heeded)?;
    greet(running.address(), &database);
    running.wait()
}

/// Brings the database up to date and serves, without heeding signals.
///
/// # Errors
///
/// [`ServeError`] where it can't start.
pub fn start(config: Config, clock: Clock) -> Result<Running, ServeError> {
    launch(config, clock, Signals::LeftAlone)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signals {
    Heeded,
    LeftAlone,
}

fn launch(config: Config, clock: Clock, signals: Signals) -> Result<Running, ServeError> {
    store::migrate(&config.database_url)?;
    let workers = u32::try_from(config.workers).unwrap_or(u32::MAX);
    let store = Store::open(&config.database_url, workers, document::documents())?;
    let shared = Data::new(Shared { store, clock, signer: config.signer.clone() });
    let document = openapi::document();
    let contract = Contract::of(&document).map_err(|error| ServeError::Contract(error.to_string()))?;
    let gate = Gate::new(Arc::new(RouteTable::of(&document).with_prefix(about::DOCS)))
        .guarded_by(Authenticator::new(shared.clone()));

    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().name("server".to_owned()).spawn(move || {
        System::new().block_on(async move {
            let stamp = shared.operator(RequestId::make().as_str());
            let documents = shared.store.bring_documents_up_to_date(&stamp).await;
            let listening = match documents {
                Ok(()) => server(&config, shared, contract, gate, signals)
                    .map_err(|source| ServeError::Listen { address: config.listen, source }),
                Err(error) => Err(ServeError::Register(error)),
            };
            // The receiver waits for this; it is gone only where the starting thread is.
            match listening {
                Ok((address, server)) => {
                    drop(sender.send(Ok((address, server.handle()))));
                    server.await
                }
                Err(error) => {
                    drop(sender.send(Err(error)));
                    Ok(())
                }
            }
        })
    });
    let thread = thread.map_err(|error| ServeError::Server(error.to_string()))?;
    match receiver.recv() {
        Ok(Ok((address, handle))) => Ok(Running { address, handle, thread }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(ServeError::Server("it ended before it began".to_owned())),
    }
}

fn server(
    config: &Config,
    shared: App,
    contract: Contract,
    gate: Gate,
    signals: Signals,
) -> std::io::Result<(SocketAddr, Server)> {
    let origins = config.cors_origins.clone();
    let contract = Data::new(contract);
    let application = move || {
        let (app, _) = ActixApp::new().into_utoipa_app().configure(routes).split_for_parts();
        app.service(about::docs_front)
            .service(about::docs_file)
            .app_data(shared.clone())
            .app_data(contract.clone())
            .wrap(gate.clone())
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
    };
    let server = HttpServer::new(application)
        .workers(config.workers)
        .backlog(2048)
        .tcp_nodelay(true)
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(10))
        .client_disconnect_timeout(Duration::from_secs(5))
        .shutdown_timeout(30)
        .bind(config.listen)?;
    let address = server.addrs().first().copied().unwrap_or(config.listen);
    let server = match signals {
        Signals::Heeded => server,
        Signals::LeftAlone => server.disable_signals(),
    };
    Ok((address, server.run()))
}

fn cors(origins: &[Origin]) -> Cors {
    let exposed = ["ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Request-Id", "Retry-After"];
    let accepted = [
        "Accept",
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "Request-Id",
    ];
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let cors = Cors::default().allowed_methods(methods).allowed_headers(accepted).expose_headers(exposed).max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin.as_str()))
}

/// What a person who starts the service wants to know next. Nobody may be reading it.
fn greet(address: SocketAddr, database: &str) {
    let version = env!("CARGO_PKG_VERSION");
    let greeting = format!(
        "mutuals {version}\n  \
         listening on   http://{address}\n  \
         database       {database}\n  \
         documentation  http://{address}/docs/\n  \
         try            curl -s 'http://{address}/v1/mutuals?limit=3'\n"
    );
    drop(std::io::stdout().write_all(greeting.as_bytes()));
}

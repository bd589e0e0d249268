//! The running service: how the server starts and stops.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use actix_http::HttpService;
use actix_service::{IntoServiceFactory as _, ServiceFactory, ServiceFactoryExt as _, map_config};
use actix_web::dev::{AppConfig, Server, Service as _, ServiceRequest, ServiceResponse};
use actix_web::rt::System;
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App as ActixApp, Error};
use domain::Kind;
use futures_util::future::select;
use store::Store;
use store::governing::Trusted;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use utoipa::openapi::OpenApi;

use crate::about::About;
use crate::app::{App, Clock, Shared};
use crate::ballot;
use crate::ballot::castings::Castings;
use crate::bulk::import::{self, Importer};
use crate::caller::authentication::Authenticator;
use crate::caller::jwt::Verifier;
use crate::caller::jwt::key_set::KeySetError;
use crate::config::{Config, Production, Switch};
use crate::data::{DataError, DataInUse};
use crate::figures::answers::Answers;
use crate::history::signing::LogSigner;
use crate::history::sweep::{self, Sweep};
use crate::http::connection::{self, Connection, Connections};
use crate::http::cors::Cors;
use crate::http::drain::Drain;
use crate::http::gate::{Gate, LargeBodies, Rules};
use crate::http::metrics::{self, Metrics};
use crate::http::rate::RateLimits;
use crate::http::request_id::RequestId;
use crate::http::route::{self, RouteTable};
use crate::http::silence::Failures;
use crate::http::wait::Waits;
use crate::http::workers::Workers;
use crate::openapi;
use crate::pages::{self, Operations};
use crate::routes;
use crate::service::about::Contract;

/// Why the server could not start or broke off.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Database(#[from] store::OpenError),
    #[error("cannot read the register: {0}")]
    Register(store::Error),
    #[error("cannot use the keys in {}: {source}", file.display())]
    JwtKeys { file: PathBuf, source: KeySetError },
    #[error(transparent)]
    Ballot(#[from] ballot::clock::Unfit),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("cannot read what is said about the register in {}: {source}", file.display())]
    About { file: PathBuf, source: std::io::Error },
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the server stopped unexpectedly: {0}")]
    Server(String),
}

/// A server that runs in threads of its own until it is stopped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens: with port 0 in the configuration, the port that the system chose.
    pub address: SocketAddr,
    /// Where it tells its metrics, if it does.
    pub metrics_address: Option<SocketAddr>,
    stops: UnboundedSender<Stop>,
    ended: mpsc::Receiver<std::io::Result<()>>,
    thread: JoinHandle<()>,
}

/// The signals to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// To stop after the drain time. A second signal stops it at once.
    Soon,
    /// To finish the requests that it has begun, then stop.
    Now,
}

impl Running {
    /// Lets it answer what it has begun, and waits for its end.
    ///
    /// # Errors
    /// Where it broke off before.
    pub fn stop(self) -> Result<(), ServeError> {
        // Where it has ended already, that is what there is to tell.
        let _ = self.stops.send(Stop::Now);
        self.wait()
    }

    /// Waits until it ends by a signal or of itself.
    ///
    /// # Errors
    /// Where it breaks off.
    pub fn wait(self) -> Result<(), ServeError> {
        const STEP: Duration = Duration::from_millis(2);
        match self.ended.recv() {
            Ok(ended) => {
                // A statement of a caller who was cut off may still run; nobody waits for its end.
                let patience = Instant::now() + LAST_PATIENCE;
                while !self.thread.is_finished() && Instant::now() < patience {
                    thread::sleep(STEP);
                }
                ended.map_err(|error| ServeError::Server(error.to_string()))
            }
            Err(_) => Err(ServeError::Server("its thread panicked".to_owned())),
        }
    }
}

/// The time that running requests have after the drain time.
const ENDING_TIME: Duration = Duration::from_secs(6);
/// The time to wait for threads whose work is no longer needed.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// Brings the database up to date and serves until SIGTERM or SIGINT.
///
/// # Errors
/// [`ServeError`] where it can't start or breaks off.
pub fn run(config: Config) -> Result<(), ServeError> {
    let database = config.database_url.to_string();
    let running = launch(config, Clock::system(), Signals::Heeded)?;
    greet(&running, &database);
    running.wait()
}

/// Brings the database up to date and serves, without heeding signals.
///
/// # Errors
/// Where it can't start.
pub fn start(config: Config, clock: Clock) -> Result<Running, ServeError> {
    launch(config, clock, Signals::LeftAlone)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signals {
    Heeded,
    LeftAlone,
}

fn verifier(config: &Config) -> Result<Option<Verifier>, ServeError> {
    let Some(settings) = config.jwt.clone() else { return Ok(None) };
    let file = settings.jwks_file.clone().into();
    Verifier::open(settings).map(Some).map_err(|source| ServeError::JwtKeys { file, source })
}

fn about(production: &Production) -> Result<About, ServeError> {
    let file = production.about_file.clone().unwrap_or_default();
    production.about().map_err(|source| ServeError::About { file, source })
}

fn launch(config: Config, clock: Clock, signals: Signals) -> Result<Running, ServeError> {
    let verifier = verifier(&config)?;
    let data = DataInUse::open(config.production.data_folder.as_deref())?;
    store::prepare(&config.database_url, config.making)?;
    let workers = u32::try_from(config.workers).unwrap_or(u32::MAX);
    let guard = clock.guard(config.production.clock.tolerance);
    let store = Store::open_with(&config.database_url, workers, &config.exports(), guard)?;
    let drain = Arc::<Drain>::default();
    let production = &config.production;
    let connections = Connections::new(production.max_connections, production.request_time, Arc::clone(&drain));
    let importer = Importer::new(store.clone(), clock.clone(), config.scrutineer_above, config.production.imports_kept);
    let shared = App::new(Shared {
        store,
        clock,
        import_call: Arc::clone(&importer.call),
        import_limit: config.production.import_limit,
        export_pace: config.export_pace(),
        import_quota: config.production.import_quota(),
        connections: Arc::new(connections),
        drain,
        body_time: config.production.request_time,
        scrutineer_above: config.scrutineer_above,
        signer: config.signer.clone(),
        votes_archived: config.production.votes_archived,
        castings: Castings::default(),
        witnesses: config.witnesses.clone(),
        clock_tolerance: config.production.clock.tolerance,
        data,
        publishing: config.production.publishing(),
        answers: Answers::default(),
        has_pages: production.pages == Switch::On,
        about: about(production)?,
        sweep: Sweep::default(),
        address: config.address(),
        public_url: config.production.public_url.clone(),
    });
    let mut document = openapi::document(routes::described);
    openapi::publish(&mut document, &config.production);
    let in_use = [
        (Kind::Issuer, verifier.as_ref().map(Verifier::trusted)),
        (Kind::SigningKey, config.signer.as_ref().map(LogSigner::trusted)),
    ];
    let rules = rules(&config, &document, &shared, verifier)?;
    let contract = Contract::of(&openapi::given_out(&document));

    let (sender, receiver) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let (stops, stopped) = unbounded_channel();
    let signalled = (signals == Signals::Heeded).then(|| stops.clone());
    let thread = thread::Builder::new().name("server".to_owned()).spawn(move || {
        System::new().block_on(async move {
            let prepared = prepare(&shared, in_use).await;
            let listening = prepared.and_then(|()| {
                let limits = Arc::clone(&rules.limits);
                let listening = Listening::begin(&config, shared.clone(), contract, rules)?;
                signalled.map(heed_signals).transpose().map_err(|error| ServeError::Server(error.to_string()))?;
                tidy_up_regularly(limits);
                watch_clock(shared.clone());
                keep_facts_near(shared.clone());
                ballot::clock::start(shared.clone());
                sweep::start(shared, config.production.verify_sweep);
                import::start(importer);
                Ok(listening)
            });
            // The receiver waits for this; it is gone only where the starting thread is.
            match listening {
                Ok(listening) => {
                    let metrics_address = listening.metrics.as_ref().map(|(address, _)| *address);
                    drop(sender.send(Ok((listening.address, metrics_address))));
                    listening.serve(stopped, end).await;
                }
                Err(error) => drop(sender.send(Err(error))),
            }
        });
    });
    let thread = thread.map_err(|error| ServeError::Server(error.to_string()))?;
    match receiver.recv() {
        Ok(Ok((address, metrics_address))) => Ok(Running { address, metrics_address, stops, ended, thread }),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(ServeError::Server("it stopped before it was ready".to_owned())),
    }
}

/// SIGTERM comes from a supervisor, SIGINT from a terminal: both want the same.
fn heed_signals(stops: UnboundedSender<Stop>) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    drop(actix_web::rt::spawn(async move {
        loop {
            let (first, second) = (pin!(terminate.recv()), pin!(interrupt.recv()));
            let _ = select(first, second).await;
            if stops.send(Stop::Soon).is_err() {
                return;
            }
        }
    }));
    Ok(())
}

/// Updates stored documents, finishes the close of ballots, and logs which keys and issuers the service trusts.
async fn prepare(shared: &App, in_use: [(Kind, Option<Trusted>); 2]) -> Result<(), ServeError> {
    let stamp = shared.operator(RequestId::make().as_str());
    shared.store.bring_documents_up_to_date(&stamp).await.map_err(ServeError::Register)?;
    for (kind, used) in in_use {
        match shared.store.note_in_use(&stamp, kind, used.clone()).await {
            Err(store::Error::Clock(_)) => note_later(shared.clone(), kind, used),
            noted => noted.map_err(ServeError::Register)?,
        }
    }
    Ok(ballot::clock::prepare(shared).await?)
}

/// Logs which keys the service trusts, once the clock is trusted. Until then the register can only be read. An issuer
/// that is in use is logged with the first token that is accepted.
fn note_later(shared: App, kind: Kind, used: Option<Trusted>) {
    const PAUSE: Duration = Duration::from_secs(1);
    if kind == Kind::Issuer && used.is_some() {
        return;
    }
    drop(actix_web::rt::spawn(async move {
        loop {
            sleep(PAUSE).await;
            let stamp = shared.operator(RequestId::make().as_str());
            if shared.store.note_in_use(&stamp, kind, used.clone()).await.is_ok() {
                return;
            }
        }
    }));
}

fn routes(document: &OpenApi, pages: Switch) -> RouteTable {
    let table = RouteTable::of(document);
    match pages {
        Switch::On => pages::PATHS.iter().fold(table.with_prefix(route::DOCS), |table, path| table.with_page(path)),
        Switch::Off => table,
    }
}

fn rules(config: &Config, document: &OpenApi, shared: &App, verifier: Option<Verifier>) -> Result<Rules, ServeError> {
    let metrics = config.production.metrics_listen.map(|_| Metrics::new()).transpose();
    Ok(Rules {
        routes: Arc::new(routes(document, config.production.pages)),
        authenticator: Some(Authenticator::new(shared.clone(), verifier)),
        cors: Cors::of(&config.cors_origins),
        public_url: config.production.public_url.clone(),
        proxies: config.production.proxies.clone(),
        import_limit: config.production.import_limit,
        limits: Arc::new(RateLimits::new(config.production.rate_per_address, config.production.rate_per_key)),
        metrics: metrics.map_err(|error| ServeError::Server(error.to_string()))?,
        pages: (config.production.pages == Switch::On).then(|| config.address()),
        large_bodies: LargeBodies::default(),
        silent_failures: Failures::default(),
    })
}

/// Both listeners, the service's own and that of its metrics.
struct Listening {
    address: SocketAddr,
    listener: TcpListener,
    workers: Workers,
    connections: Arc<Connections>,
    drain: Arc<Drain>,
    drain_time: Duration,
    metrics: Option<(SocketAddr, Server)>,
}

impl Listening {
    fn begin(config: &Config, shared: App, contract: Contract, rules: Rules) -> Result<Self, ServeError> {
        let at = |address| move |source| ServeError::Listen { address, source };
        let metrics = match (config.production.metrics_listen, &rules.metrics) {
            (Some(address), Some(metrics)) => {
                Some(metrics::serve(address, shared.clone(), metrics.clone()).map_err(at(address))?)
            }
            _ => None,
        };
        let gate = Gate::new(rules);
        let listener = connection::listen(config.listen).map_err(at(config.listen))?;
        let (connections, drain) = (Arc::clone(&shared.connections), Arc::clone(&shared.drain));
        Ok(Self {
            address: listener.local_addr().map_err(at(config.listen))?,
            listener,
            workers: workers(config, shared, contract, gate).map_err(|error| ServeError::Server(error.to_string()))?,
            connections,
            drain,
            drain_time: config.production.drain_time,
            metrics,
        })
    }

    async fn serve(mut self, mut stops: UnboundedReceiver<Stop>, end: mpsc::Sender<std::io::Result<()>>) {
        let metrics = self.metrics.map(|(_, server)| {
            let handle = server.handle();
            drop(actix_web::rt::spawn(server));
            handle
        });
        let (drain, drain_time) = (&self.drain, self.drain_time);
        let mut is_urgent = false;
        let open = async {
            if stops.recv().await == Some(Stop::Soon) {
                log::info!("stopping: serving new connections for {} s more", drain_time.as_secs());
                drain.begin();
                is_urgent = timeout(drain_time, stops.recv()).await.is_ok();
            }
        };
        let ended = self.workers.let_in(self.listener, &self.connections, open).await;
        drain.close();
        if !is_urgent {
            let none = pin!(self.connections.none());
            let told = pin!(timeout(ENDING_TIME, stops.recv()));
            let _ = select(none, told).await;
        }
        match self.connections.open() {
            0 => log::info!("stopped"),
            cut => log::warn!("stopped; closed {cut} connections that did not end in time"),
        }
        if let Some(metrics) = metrics {
            metrics.stop(false).await;
        }
        drop(end.send(ended));
        self.workers.end();
    }
}

/// Callers who have been away long enough have their quota again: they need not be remembered.
fn tidy_up_regularly(limits: Arc<RateLimits>) {
    const PAUSE: Duration = Duration::from_secs(60);
    drop(actix_web::rt::spawn(async move {
        loop {
            sleep(PAUSE).await;
            limits.tidy_up();
        }
    }));
}

/// Checks the clock regularly, to notice a jump or a clock that is right again even if nothing is written.
fn watch_clock(shared: App) {
    const PAUSE: Duration = Duration::from_secs(1);
    drop(actix_web::rt::spawn(async move {
        loop {
            shared.store.judge_clock();
            sleep(PAUSE).await;
        }
    }));
}

/// Figures are computed over facts in memory. They are read before somebody asks, and kept near the head of the log.
fn keep_facts_near(shared: App) {
    const PAUSE: Duration = Duration::from_secs(10);
    drop(actix_web::rt::spawn(async move {
        loop {
            if let Err(error) = shared.store.with_facts(|_, _| Ok::<(), store::Error>(())).await {
                log::warn!("could not update the data for statistics: {error}");
            }
            sleep(PAUSE).await;
        }
    }));
}

/// A connection may be idle for so long.
const IDLE_TIME: Duration = Duration::from_secs(75);

fn workers(config: &Config, shared: App, contract: Contract, gate: Gate) -> std::io::Result<Workers> {
    let contract = Data::new(contract);
    let pages = config.production.pages;
    let waits = Data::new(Waits { gate: gate.clone(), drain: Arc::clone(&shared.drain) });
    // What the framework's own server does, with connections that are watched.
    Workers::start(config.workers.clamp(1, 512), move || {
        let app = application(&shared, &contract, &waits, (&gate, pages));
        let app = app.into_factory().map_err(|error: Error| error.error_response());
        HttpService::build()
            .keep_alive(IDLE_TIME)
            // The connection times what arrives.
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(Duration::from_secs(5))
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.line());
            })
            .h1(map_config(app, |()| AppConfig::default()))
    })
}

/// What each worker runs.
fn application(
    shared: &App,
    contract: &Data<Contract>,
    waits: &Data<Waits>,
    (gate, pages): (&Gate, Switch),
) -> ActixApp<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()> + use<>,
> {
    let (shared, contract, waits) = (shared.shared().clone(), contract.clone(), waits.clone());
    let operations = move |config: &mut ServiceConfig| {
        config.configure(routes::mount).app_data(shared.clone()).app_data(contract.clone()).app_data(waits.clone());
    };
    ActixApp::new()
        .configure(operations.clone())
        .configure(|config| {
            if pages == Switch::On {
                config.configure(pages::mount).app_data(Rc::new(Operations::new(gate.routes(), operations)));
            }
        })
        .wrap(gate.clone())
        .wrap_fn(|request, service| store::answering(service.call(request)))
}

/// What a person who starts the service wants to know next. Nobody may be reading it.
fn greet(running: &Running, database: &str) {
    let (version, address) = (env!("CARGO_PKG_VERSION"), running.address);
    let metrics = running.metrics_address.map(|address| format!("metrics        http://{address}/metrics\n  "));
    let metrics = metrics.unwrap_or_default();
    let greeting = format!(
        "mutuals {version}\n  \
         listening on   http://{address}\n  \
         database       {database}\n  \
         documentation  http://{address}/docs/\n  {metrics}\
         try            curl -s 'http://{address}/v1/mutuals?limit=3'\n"
    );
    drop(std::io::stdout().write_all(greeting.as_bytes()));
}

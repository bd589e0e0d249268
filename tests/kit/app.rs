//! A running service for one case.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use api::{Clock, Config, Running};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::database::{Database, Engine, admin_key};
use crate::http::{Client, Request, Response};

/// The service on a fresh database, on a port of its own, with a client to it.
#[derive(Debug)]
pub struct TestApp {
    client: Client,
    /// In microseconds.
    ahead: Arc<AtomicI64>,
    running: Option<Running>,
    epoch: OnceLock<String>,
    // The last to be dropped: the server must have let go of it.
    database: Option<Database>,
}

/// Runs a case; called by the tests that [`on_both!`](crate::on_both) makes.
pub fn run(engine: Engine, case: impl AsyncFnOnce(&TestApp)) {
    run_on(TestApp::start(engine), case);
}

/// The same for [`on_both_signing!`](crate::on_both_signing), on a service that has a signing key.
pub fn run_signing(engine: Engine, case: impl AsyncFnOnce(&TestApp)) {
    run_on(crate::ballot::signing(Database::fresh(engine)), case);
}

/// Runs a case on a service that was made for it.
pub fn run_on(app: TestApp, case: impl AsyncFnOnce(&TestApp)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // The runtime goes first, and the client's idle connections with it: the server waits for connections before it stops.
    runtime.block_on(case(&app));
}

impl TestApp {
    /// A service with nothing in its register.
    pub fn start(engine: Engine) -> Self {
        Self::with(Database::fresh(engine), |_| {})
    }

    /// A service on this database, with settings of its own.
    pub fn with(database: Database, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = api::settings(&["--listen", "127.0.0.1:0", "--database-url", &database.url()]).unwrap();
        config.workers = 2;
        // Cases put the clock of the service forward as they like.
        config.production.clock.tolerance = TimeDelta::MAX;
        configure(&mut config);
        let ahead = Arc::new(AtomicI64::new(0));
        let (system, offset) = (Clock::system(), Arc::clone(&ahead));
        let clock = Clock::new(move || system.now() + TimeDelta::microseconds(offset.load(Ordering::SeqCst)));
        let running = api::start(config, clock).unwrap();
        database.make_admin_key();
        Self {
            client: Client::to(running.address),
            ahead,
            running: Some(running),
            epoch: OnceLock::new(),
            database: Some(database),
        }
    }

    /// Another instance of the service on the same register, whose clock is the machine's.
    pub fn beside(other: &Self) -> Self {
        let mut config =
            api::settings(&["--listen", "127.0.0.1:0", "--database-url", &other.database().url()]).unwrap();
        config.workers = 2;
        config.production.clock.tolerance = TimeDelta::MAX;
        let running = api::start(config, Clock::system()).unwrap();
        Self {
            client: Client::to(running.address),
            ahead: Arc::default(),
            running: Some(running),
            epoch: OnceLock::new(),
            database: None,
        }
    }

    /// The program, which serves this register here in a process of its own, in the place of a service of the tests' own.
    pub fn of_program(database: Database, address: SocketAddr) -> Self {
        database.make_admin_key();
        Self {
            client: Client::to(address),
            ahead: Arc::default(),
            running: None,
            epoch: OnceLock::new(),
            database: Some(database),
        }
    }

    /// The program was started again, and listens here now.
    pub fn moved(&mut self, address: SocketAddr) {
        self.client = Client::to(address);
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.client.address()
    }

    /// Where the service tells its metrics; it must be one that does.
    pub fn metrics_address(&self) -> SocketAddr {
        self.running.as_ref().and_then(|running| running.metrics_address).expect("a service with metrics")
    }

    /// The register behind the service.
    pub fn database(&self) -> &Database {
        self.database.as_ref().expect("a service that has a register of its own")
    }

    /// The tag of a version of a record.
    pub fn tag(&self, version: impl Display) -> String {
        format!("\"{}-{version}\"", self.epoch())
    }

    /// The parameters of a request for what is after an entry of the log: `after=3&epoch=…`.
    pub fn after(&self, seq: impl Display) -> String {
        format!("after={seq}&epoch={}", self.epoch())
    }

    /// The epoch of the log.
    pub fn epoch(&self) -> &str {
        self.epoch.get_or_init(|| {
            let head = self.database().rows("SELECT epoch FROM log_head");
            head[0]["epoch"].as_str().unwrap().to_owned()
        })
    }

    /// The time by the service's clock.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        Clock::system().now() + TimeDelta::microseconds(self.ahead.load(Ordering::SeqCst))
    }

    /// Puts the service's clock forward.
    pub fn pass(&self, time: Duration) {
        self.ahead.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// Stops the service and leaves its database.
    pub fn end(mut self) -> Database {
        self.client = Client::to(self.address());
        self.running.take().unwrap().stop().unwrap();
        self.database.take().unwrap()
    }

    /// A request with any method. Like all others it comes from an administrator, unless the case says otherwise.
    pub fn request(&self, method: &str, path: impl Into<String>) -> Request<'_> {
        self.client.request(method.parse().unwrap(), path).with_key(admin_key())
    }

    /// A `GET`.
    pub fn get(&self, path: impl Into<String>) -> Request<'_> {
        self.request("GET", path)
    }

    /// A `POST` of JSON.
    pub fn post(&self, path: impl Into<String>, body: &Value) -> Request<'_> {
        self.request("POST", path).json(body)
    }

    /// A `PUT` of JSON, for whatever version is there.
    pub fn put(&self, path: impl Into<String>, body: &Value) -> Request<'_> {
        self.request("PUT", path).if_match("*").json(body)
    }

    /// A `PATCH` with a merge patch, for whatever version is there.
    pub fn patch(&self, path: impl Into<String>, body: &Value) -> Request<'_> {
        self.request("PATCH", path).if_match("*").merge_patch(body)
    }

    /// A `DELETE` of whatever version is there.
    pub fn delete(&self, path: impl Into<String>) -> Request<'_> {
        self.request("DELETE", path).if_match("*")
    }

    /// Creates a record and gives it as it was answered.
    pub async fn create(&self, path: &str, body: &Value) -> Value {
        self.post(path, body).await.expect(201)
    }

    /// A step of a department's pathway at this place.
    pub async fn pathway_step(&self, department_id: &str, position: i64, evidence_required: bool) -> Value {
        let step = json!({ "title": format!("Step {position}"), "position": position, "evidence_required": evidence_required });
        self.create(&format!("/v1/departments/{department_id}/pathway-steps"), &step).await
    }

    /// Declares, after the fact, the result of a ballot that was entered as a draft, and gives it as it is then.
    pub async fn declare(&self, ballot: &Value) -> Value {
        let own = format!("/v1/staff-ballots/{}", ballot["id"].as_str().unwrap());
        self.post(format!("{own}/declare"), &json!({ "historic": true })).await.expect(200)
    }

    /// Declares, as an administrator who entered nothing of it, the result of a ballot, and gives it as it is then.
    pub async fn declare_by_another(&self, ballot: &Value) -> Value {
        let own = format!("/v1/staff-ballots/{}", ballot["id"].as_str().unwrap());
        let another = self.database().make_key("admin", &[]);
        self.post(format!("{own}/declare"), &json!({})).with_key(&another).await.expect(200)
    }

    /// Enters, after the fact, the moves that led a mutual on from where it stands, each with its date or none; gives the mutual as it
    /// is then.
    pub async fn lead(&self, mutual: &Value, course: &[(&str, &str)]) -> Value {
        let own = format!("/v1/mutuals/{}", mutual["id"].as_str().unwrap());
        for (to, effective_on) in course {
            let mut transition = json!({ "to": to, "historic": true });
            if !effective_on.is_empty() {
                transition["effective_on"] = json!(effective_on);
            }
            self.create(&format!("{own}/stage-transitions"), &transition).await;
        }
        self.get(own).await.expect(200)
    }

    /// A page of a list and all that follow it; a cursor comes last in the path.
    pub async fn walk(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut page = self.get(path).await.expect(200);
        let list = path.split("&cursor=").next().unwrap_or(path);
        let joint = if list.contains('?') { '&' } else { '?' };
        loop {
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else { return items };
            assert!(items.len() < 10_000, "{path} never ends");
            page = self.get(format!("{list}{joint}cursor={cursor}")).await.expect(200);
        }
    }

    /// Follows every link of an answer: each lists as many records as the figure says. Gives how many there were.
    pub async fn follow(&self, answer: &Value) -> usize {
        let mut figures = vec![answer];
        let mut followed = 0;
        while let Some(value) = figures.pop() {
            match value {
                Value::Object(members) => {
                    if let Some(url) = members.get("url") {
                        let listed = self.walk(&format!("{}&limit=7", url.as_str().unwrap())).await;
                        assert_eq!(json!(listed.len()), members["records"], "{value:#}");
                        followed += 1;
                    }
                    figures.extend(members.values());
                }
                Value::Array(items) => figures.extend(items),
                _ => {}
            }
        }
        followed
    }

    /// One member of each item of a list, in its order.
    pub async fn column(&self, path: &str, member: &str) -> Vec<String> {
        let items = self.walk(path).await;
        items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
    }

    /// The answer to bytes that are sent as they are. It is not checked against the contract, which knows no such requests.
    pub async fn raw(&self, request: &[u8]) -> Response {
        crate::http::raw_exchange(self.address(), request).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let stopped = running.stop();
            assert!(std::thread::panicking() || stopped.is_ok(), "the server stopped unexpectedly: {stopped:?}");
        }
    }
}

//! What handlers share: the register, the time and the settings of the service.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::{Archived, Day, Id};
use rustix::time::{ClockId, clock_gettime};
use store::import::Load;
use store::{Client, ClockGuard, Epoch, Reading, Stamp, Store};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::about::About;
use crate::ballot::castings::Castings;
use crate::caller::Caller;
use crate::data::DataInUse;
use crate::figures::answers::Answers;
use crate::history::signing::LogSigner;
use crate::history::sweep::Sweep;
use crate::history::witness::Witnesses;
use crate::http::connection::Connections;
use crate::http::drain::Drain;
use crate::http::proxy::PublicUrl;
use crate::http::request_id::RequestId;
use crate::publishing::Publishing;
use crate::request::argument::argument;
use crate::response::problem::Problem;

/// The handler argument that gives access to the register. Its `store` reads with the share of the request's client.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    shared: Data<Shared>,
}

argument!(App);

impl App {
    /// For what the service does by itself.
    pub fn new(shared: Shared) -> Self {
        Self { store: shared.store.clone(), shared: Data::new(shared) }
    }

    /// For a request, by the client that the gate found. A request that did not pass the gate has the share of an
    /// unknown address.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let shared = request.app_data::<Data<Shared>>().ok_or_else(|| Problem::internal("there is no register"))?;
        let client = request.extensions().get::<Client>().cloned();
        Ok(Self { store: shared.store.for_client(client.unwrap_or(UNKNOWN)), shared: shared.clone() })
    }

    /// What all handlers share.
    pub fn shared(&self) -> &Data<Shared> {
        &self.shared
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

/// A client whose address is not known.
const UNKNOWN: Client = Client::Anonymous(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

/// Who the entries name for what is done on the database without a request.
pub const OPERATOR: &str = "operator";

pub struct Shared {
    /// The operator's handle. Requests read with the handle of their [`App`].
    pub store: Store,
    pub clock: Clock,
    pub connections: Arc<Connections>,
    pub drain: Arc<Drain>,
    /// A body may take so long to arrive.
    pub body_time: Duration,
    /// Above how many people entitled to vote a ballot needs a scrutineer to be declared.
    pub scrutineer_above: i64,
    pub signer: Option<LogSigner>,
    /// Whether votes are kept elsewhere while a ballot is open, as far as the operator says.
    pub votes_archived: Archived,
    pub castings: Castings,
    pub witnesses: Witnesses,
    /// By how much other clocks may be ahead of this one.
    pub clock_tolerance: TimeDelta,
    /// What the rules of procurement law and some reports rest on.
    pub data: DataInUse,
    /// Absent if the register publishes no open contracting data.
    pub publishing: Option<Publishing>,
    pub answers: Answers,
    /// Whether there are pages for people.
    pub has_pages: bool,
    /// What the operator says of the register.
    pub about: About,
    pub sweep: Sweep,
    /// Where callers reach the service, for people to copy.
    pub address: String,
    /// What addresses in bodies begin with, if callers know the service by another address.
    pub public_url: Option<PublicUrl>,
    /// Told when there is an import whose rows are to be entered.
    pub import_call: Arc<Notify>,
    /// A file to be imported may have so many bytes.
    pub import_limit: usize,
    /// The minimum rate at which a client must read an export.
    pub export_pace: Pace,
    /// The limits on one caller's open imports.
    pub import_quota: Load,
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

    /// The address of one of the service's own paths, for the body of a response.
    pub fn url(&self, path: &str) -> String {
        let base = self.public_url.as_ref().map_or("", PublicUrl::as_str);
        format!("{base}{path}")
    }

    /// The day that something is asked as at: today, in UTC, where the caller doesn't say.
    ///
    /// # Errors
    /// 500 where the clock is of another age.
    pub fn as_at(&self, asked: Option<Day>) -> Result<Day, Problem> {
        let today = || Day::from_date(self.clock.now().date_naive());
        asked.map_or_else(today, Ok).map_err(|invalid| Problem::internal(invalid.detail))
    }

    /// An id for a new record: a UUID of version 7, so that ids sort by time.
    pub fn new_id<T>(&self) -> Id<T> {
        Id::from_uuid(Uuid::now_v7())
    }
}

/// What holds of all that is answered at a time: the epoch of the log, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Present {
    pub epoch: Epoch,
    pub now: DateTime<Utc>,
}

impl Present {
    /// That of a request.
    ///
    /// # Errors
    /// 500 where nothing serves it.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        if let Some(set) = request.app_data::<Self>() {
            return Ok(*set);
        }
        let shared = request.app_data::<Data<Shared>>().ok_or_else(|| Problem::internal("there is no register"))?;
        Ok(Self { epoch: shared.store.epoch(), now: shared.clock.now() })
    }
}

/// The minimum rate at which a client must read a response.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The period over which the rate is measured.
    pub window: Duration,
    /// The bytes to read in that period.
    pub bytes: u64,
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

    /// The guard against wrong times in log entries, with this tolerance.
    pub fn guard(&self, tolerance: TimeDelta) -> ClockGuard {
        let clock = self.clone();
        ClockGuard::new(tolerance, move || Reading { wall: clock.now(), steady: time_since_start() })
    }
}

/// The time since the machine was started, suspended or not.
fn time_since_start() -> Duration {
    // Elsewhere the monotonic clock counts suspended time too, or no clock does.
    const STEADY: ClockId = if cfg!(target_os = "linux") { ClockId::Boottime } else { ClockId::Monotonic };
    clock_gettime(STEADY).try_into().unwrap_or_default()
}

//! How often one may call: quotas for each address and for each key, and what the answers say of them.
//!
//! The header fields are those of the IETF's draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers).

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::response::problem::Problem;

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// So many requests in so many seconds, written `600/60`. They may all come at once; then each comes back after its share of
/// the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    requests: NonZeroU32,
    seconds: NonZeroU32,
}

impl Rate {
    /// None is taken for one.
    const fn of(requests: u32, seconds: u32) -> Self {
        const fn at_least_one(number: u32) -> NonZeroU32 {
            match NonZeroU32::new(number) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self { requests: at_least_one(requests), seconds: at_least_one(seconds) }
    }

    fn quota(self) -> Quota {
        let share = Duration::from_secs(self.seconds.get().into()) / self.requests.get();
        // A share is at least a thousandth of a second.
        Quota::with_period(share).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(self.requests)
    }

    /// The seconds until so many requests are possible again that aren't now.
    fn seconds_for(self, requests: u32) -> u64 {
        (u64::from(requests) * u64::from(self.seconds.get())).div_ceil(self.requests.get().into())
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const MOST_PER_SECOND: u32 = 1000;
        let parts = text.trim().split_once('/').and_then(|(requests, seconds)| {
            Some(Self { requests: requests.parse().ok()?, seconds: seconds.parse().ok()? })
        });
        let is_possible =
            |rate: &Self| rate.seconds.get() <= 86_400 && rate.requests.get() / MOST_PER_SECOND <= rate.seconds.get();
        parts.filter(is_possible).ok_or_else(|| {
            format!("expected requests and seconds, such as 600/60, with at most 1000 requests a second and at most one day, not {text:?}")
        })
    }
}

/// The quotas of a service; those that are not configured limit nobody.
#[derive(Default)]
pub struct RateLimits {
    addresses: Option<Limit<IpAddr>>,
    /// The same for requests that leave no trace. Counted together, what is left to an address would tell others behind it that
    /// somebody votes.
    silent: Option<Limit<IpAddr>>,
    keys: Option<Limit<String>>,
    guesses: Guesses,
}

/// Guesses of codes, which are limited always. Only failures count, so that a whole hospital can vote from one address.
struct Guesses {
    failures: Limit<IpAddr>,
    /// Who has used up their failures, and until when.
    refused: Mutex<HashMap<IpAddr, Instant>>,
}

impl Guesses {
    /// Twenty people behind one address may mistype a code at once, and each half minute one more. Who guesses has 2,900 tries a day,
    /// at codes of 128 bits.
    const FAILURES: Rate = Rate::of(20, 600);
}

type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

struct Limit<K: Hash + Eq + Clone> {
    name: &'static str,
    rate: Rate,
    limiter: Limiter<K>,
}

/// What a caller has left of one quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    name: &'static str,
    rate: Rate,
    remaining: u32,
    reset_seconds: u64,
}

/// What the answer to a request says of quotas.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standings([Option<Standing>; 2]);

impl RateLimits {
    pub fn new(per_address: Option<Rate>, per_key: Option<Rate>) -> Self {
        Self {
            addresses: per_address.map(|rate| Limit::new("address", rate)),
            silent: per_address.map(|rate| Limit::new("address", rate)),
            keys: per_key.map(|rate| Limit::new("key", rate)),
            guesses: Guesses::default(),
        }
    }

    /// Counts a request of this address.
    ///
    /// # Errors
    /// 429 where it has used up its quota.
    pub fn count_address(&self, address: IpAddr, standings: &mut Standings) -> Result<(), Problem> {
        self.addresses.as_ref().map_or(Ok(()), |limit| limit.count(&network(address), standings))
    }

    /// Counts a request of this address that leaves no trace. No answer tells what is left.
    ///
    /// # Errors
    /// 429 where it has used up its quota.
    pub fn count_silent(&self, address: IpAddr) -> Result<(), Problem> {
        let untold = &mut Standings::default();
        self.silent.as_ref().map_or(Ok(()), |limit| limit.count(&network(address), untold))
    }

    /// Whether this address may send a guess now.
    ///
    /// # Errors
    /// 429 where it has used up its failures.
    pub fn check_guess(&self, address: IpAddr, now: Instant) -> Result<(), Problem> {
        self.guesses.check(network(address), now)
    }

    /// Counts a guess of this address that has failed.
    pub fn count_failure(&self, address: IpAddr, now: Instant) {
        self.guesses.count_failure(network(address), now);
    }

    /// Counts a request of the bearer of this name.
    ///
    /// # Errors
    /// 429 where they have used up their quota.
    pub fn count_key(&self, name: &str, standings: &mut Standings) -> Result<(), Problem> {
        self.keys.as_ref().map_or(Ok(()), |limit| limit.count(&name.to_owned(), standings))
    }

    /// Forgets callers whose quota is whole again.
    pub fn tidy_up(&self) {
        self.addresses.iter().chain(&self.silent).for_each(Limit::tidy_up);
        self.keys.iter().for_each(Limit::tidy_up);
        self.guesses.tidy_up(Instant::now());
    }
}

impl Default for Guesses {
    fn default() -> Self {
        Self { failures: Limit::new("address", Self::FAILURES), refused: Mutex::default() }
    }
}

impl Guesses {
    fn check(&self, network: IpAddr, now: Instant) -> Result<(), Problem> {
        let until = self.refused().get(&network).copied();
        let wait = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        if wait.is_zero() {
            return Ok(());
        }
        let Rate { requests, seconds } = self.failures.rate;
        let rate = format!("{requests} failed requests in {seconds} s");
        Err(Problem::too_many_requests(self.failures.name, rate, whole_seconds(wait)))
    }

    /// The last failure that is left, and each beyond it, has the address wait until it has one back.
    fn count_failure(&self, network: IpAddr, now: Instant) {
        let wait = match self.failures.limiter.check_key(&network) {
            Ok(state) if state.remaining_burst_capacity() > 0 => return,
            Ok(_) => Duration::from_secs(self.failures.rate.seconds_for(1)),
            Err(until) => until.wait_time_from(self.failures.limiter.clock().now()),
        };
        // Where the clock has no such time, nobody waits.
        if let Some(until) = now.checked_add(wait) {
            self.refused().insert(network, until);
        }
    }

    fn tidy_up(&self, now: Instant) {
        self.failures.tidy_up();
        let mut refused = self.refused();
        refused.retain(|_, until| *until > now);
        refused.shrink_to_fit();
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<IpAddr, Instant>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As `Retry-After` says it: never so few that the caller comes too early.
fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u32::MAX)
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(name: &'static str, rate: Rate) -> Self {
        let limiter = RateLimiter::keyed(rate.quota()).with_middleware::<StateInformationMiddleware>();
        Self { name, rate, limiter }
    }

    fn count(&self, caller: &K, standings: &mut Standings) -> Result<(), Problem> {
        let standing =
            |remaining: u32, reset_seconds| Standing { name: self.name, rate: self.rate, remaining, reset_seconds };
        match self.limiter.check_key(caller) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = self.rate.requests.get().saturating_sub(remaining);
                standings.add(standing(remaining, self.rate.seconds_for(used)));
                Ok(())
            }
            Err(until) => {
                let wait = until.wait_time_from(self.limiter.clock().now());
                let seconds = whole_seconds(wait);
                standings.add(standing(0, seconds.into()));
                Err(Problem::too_many_requests(self.name, self.rate, seconds))
            }
        }
    }

    fn tidy_up(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

impl Standings {
    fn add(&mut self, standing: Standing) {
        if let Some(place) = self.0.iter_mut().find(|place| place.is_none()) {
            *place = Some(standing);
        }
    }

    /// Tells them in an answer.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let told = || self.0.iter().flatten();
        if told().next().is_none() {
            return;
        }
        let policies = list(told(), |item, Standing { name, rate, .. }| {
            write!(item, "\"{name}\";q={};w={}", rate.requests, rate.seconds)
        });
        let left = list(told(), |item, Standing { name, remaining, reset_seconds, .. }| {
            write!(item, "\"{name}\";r={remaining};t={reset_seconds}")
        });
        for (name, value) in [(&RATE_LIMIT_POLICY, policies), (&RATE_LIMIT, left)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name.clone(), value);
            }
        }
    }
}

/// A list as RFC 9651 has it.
fn list<'s>(
    items: impl Iterator<Item = &'s Standing>,
    write: impl Fn(&mut String, &Standing) -> fmt::Result,
) -> String {
    let mut list = String::new();
    for item in items {
        if !list.is_empty() {
            list.push_str(", ");
        }
        // Writing to a text does not fail.
        let _ = write(&mut list, item);
    }
    list
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.requests == NonZeroU32::MIN { "" } else { "s" };
        write!(f, "{} request{plural} in {} s", self.requests, self.seconds)
    }
}

/// Whose address it is: with IPv6 a site has a network of 2⁶⁴ addresses to choose from.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(standings: Standings) -> (String, String) {
        let mut headers = HeaderMap::new();
        standings.tell(&mut headers);
        let value = |name: &HeaderName| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        (value(&RATE_LIMIT_POLICY), value(&RATE_LIMIT))
    }

    #[test]
    fn a_rate_is_requests_in_seconds() {
        assert_eq!("600/60".parse::<Rate>().unwrap().to_string(), "600 requests in 60 s");
        assert_eq!("1/86400".parse::<Rate>().unwrap().seconds_for(1), 86_400);
        for other in ["", "600", "0/60", "60/0", "-1/60", "1/86401", "60/1/1", "5000/1", "a/b"] {
            assert!(other.parse::<Rate>().is_err(), "{other}");
        }
    }

    #[test]
    fn a_quota_is_used_up_and_told() {
        let limits = RateLimits::new("2/3600".parse().ok(), "3/60".parse().ok());
        let (here, there): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        for left in [1, 0] {
            let mut standings = Standings::default();
            limits.count_address(here, &mut standings).unwrap();
            let seconds = 1800 * (2 - left);
            assert_eq!(
                told(standings),
                ("\"address\";q=2;w=3600".to_owned(), format!("\"address\";r={left};t={seconds}"))
            );
        }
        let mut standings = Standings::default();
        let refused = limits.count_address(here, &mut standings).unwrap_err();
        assert_eq!(refused.kind().status().as_u16(), 429);
        assert!(told(standings).1.starts_with("\"address\";r=0;t="), "{standings:?}");

        let mut standings = Standings::default();
        limits.count_address(there, &mut standings).unwrap();
        limits.count_key("key:a", &mut standings).unwrap();
        let (policies, left) = told(standings);
        assert_eq!(policies, "\"address\";q=2;w=3600, \"key\";q=3;w=60");
        assert_eq!(left, "\"address\";r=1;t=1800, \"key\";r=2;t=20");
    }

    #[test]
    fn what_is_not_configured_limits_nobody() {
        let limits = RateLimits::default();
        let mut standings = Standings::default();
        for _ in 0..1000 {
            limits.count_address([192, 0, 2, 1].into(), &mut standings).unwrap();
            limits.count_key("key:a", &mut standings).unwrap();
        }
        assert_eq!(told(standings), Default::default());
    }

    #[test]
    fn each_half_minute_an_address_may_fail_once_more() {
        let limits = RateLimits::default();
        let (here, now) = (IpAddr::from([192, 0, 2, 1]), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        for _ in 0..20 {
            limits.check_guess(here, now).unwrap();
            limits.count_failure(here, now);
        }
        assert_eq!(limits.check_guess(here, later(29)).unwrap_err().kind().status().as_u16(), 429);
        limits.check_guess(here, later(30)).unwrap();
        limits.count_failure(here, later(30));
        assert!(limits.check_guess(here, later(58)).is_err());
        limits.check_guess(here, later(60)).unwrap();
        limits.check_guess([192, 0, 2, 2].into(), now).unwrap();
    }

    #[test]
    fn who_may_guess_again_is_forgotten() {
        let limits = RateLimits::default();
        let now = Instant::now();
        for network in 0..100 {
            for _ in 0..20 {
                limits.count_failure([192, 0, 2, network].into(), now);
            }
        }
        limits.guesses.tidy_up(now);
        assert_eq!(limits.guesses.refused().len(), 100);
        limits.guesses.tidy_up(now + Duration::from_secs(30));
        assert_eq!(limits.guesses.refused().capacity(), 0);
    }

    #[test]
    fn a_site_with_many_addresses_has_one_quota() {
        let same = network("2001:db8:1:2::1".parse().unwrap());
        assert_eq!(network("2001:db8:1:2:ffff::9".parse().unwrap()), same);
        assert_ne!(network("2001:db8:1:3::1".parse().unwrap()), same);
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), network("192.0.2.1".parse().unwrap()));
    }
}

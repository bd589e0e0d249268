//! Places for work that takes time, shared fairly: one caller cannot take them all, and some are reserved for callers
//! with a key.
//!
//! A free place goes to the caller who has the fewest. This module knows nothing of databases.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::error::Error;

/// The client whose share is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// The service itself and those who run it, who wait for nobody else.
    Operator,
    /// The bearer of a key or token, by name.
    Keyed(Arc<str>),
    /// A caller without a key, from this address.
    Anonymous(IpAddr),
}

impl Client {
    fn is_anonymous(&self) -> bool {
        matches!(self, Self::Anonymous(_))
    }
}

/// How many places there are, and who may have how many of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    /// The total.
    pub(crate) places: usize,
    /// The maximum for all callers without a key together.
    pub(crate) anonymous: usize,
    /// The maximum for one caller.
    pub(crate) each: usize,
    /// The maximum number of reads that may wait. Callers without a key can have three quarters of them, and one caller
    /// a quarter.
    pub(crate) waiting: usize,
}

impl Shares {
    /// Shares of this many places: three quarters for callers without a key, and a half for one caller.
    pub(crate) fn of(places: usize, waiting: usize) -> Self {
        let most = |of_four: usize| places.saturating_mul(of_four).div_euclid(4).max(1);
        Self { places, anonymous: most(3), each: most(2), waiting }
    }

    /// All of them for one caller.
    pub(crate) fn for_one(places: usize, waiting: usize) -> Self {
        Self { places, anonymous: 0, each: places, waiting: waiting.saturating_mul(4) }
    }
}

/// The places, and who waits for one.
#[derive(Clone)]
pub(crate) struct Places(Arc<Hall>);

struct Hall {
    shares: Shares,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: Count,
    waiting: Count,
    /// Counts those who have come to wait and those who got a place.
    clock: u64,
    lines: HashMap<Client, Line>,
}

/// Of all, and of those among them who have no key.
#[derive(Default)]
struct Count {
    all: usize,
    anonymous: usize,
}

/// One caller's.
#[derive(Default)]
struct Line {
    running: usize,
    /// When the caller last got a place.
    served: u64,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    ticket: u64,
    call: oneshot::Sender<Place>,
}

/// A place. It is free again when this is dropped.
pub(crate) struct Place {
    hall: Option<Arc<Hall>>,
    client: Client,
}

impl Places {
    pub(crate) fn new(shares: Shares) -> Self {
        Self(Arc::new(Hall { shares, state: Mutex::default() }))
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.0.state().waiting.all
    }

    /// Takes a place, or waits for one.
    ///
    /// # Errors
    /// [`Error::ShareUsedUp`] where the caller has, or waits for, as many as one may; [`Error::Unavailable`] where too many others wait
    /// or no place is free in time.
    pub(crate) async fn take(&self, client: &Client, patience: Duration) -> Result<Place, Error> {
        let (ticket, called) = {
            let mut state = self.0.state();
            if self.0.has_room_for(&state, client) {
                state.serve(client);
                return Ok(Place { hall: Some(Arc::clone(&self.0)), client: client.clone() });
            }
            self.0.check_queue(&state, client)?;
            state.queue(client)
        };
        let _leaving = Leaving { hall: &self.0, client, ticket };
        match timeout(patience, called).await {
            Ok(Ok(place)) => Ok(place),
            _ if self.0.has_all_of_its_own(client) => Err(Error::ShareUsedUp),
            _ => Err(Error::Unavailable("too many reads are running".to_owned())),
        }
    }
}

impl Hall {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room_for(&self, state: &State, client: &Client) -> bool {
        let own = state.lines.get(client).map_or(0, |line| line.running);
        state.running.all < self.shares.places
            && own < self.shares.each
            && (!client.is_anonymous() || state.running.anonymous < self.shares.anonymous)
    }

    fn has_all_of_its_own(&self, client: &Client) -> bool {
        self.state().lines.get(client).is_some_and(|line| line.running >= self.shares.each)
    }

    fn check_queue(&self, state: &State, client: &Client) -> Result<(), Error> {
        let Shares { waiting, .. } = self.shares;
        let own = state.lines.get(client).map_or(0, |line| line.waiting.len());
        if own >= waiting.div_ceil(4) {
            return Err(Error::ShareUsedUp);
        }
        let is_full = client.is_anonymous() && state.waiting.anonymous >= waiting.saturating_mul(3).div_ceil(4);
        if is_full || state.waiting.all >= waiting {
            return Err(Error::Unavailable("too many reads are waiting".to_owned()));
        }
        Ok(())
    }

    /// Gives free places to those who wait: first to the operator, then to the caller who has the fewest and has waited longest since
    /// the last one.
    fn call_next(self: &Arc<Self>, state: &mut State) {
        loop {
            let waiting = state.lines.iter().filter(|(_, line)| !line.waiting.is_empty());
            let called = waiting
                .filter(|(client, _)| self.has_room_for(state, client))
                .min_by_key(|(client, line)| (**client != Client::Operator, line.running, line.served, line.first()))
                .map(|(client, _)| client.clone());
            let Some(client) = called else { return };
            let Some(waiter) = state.unqueue(&client) else { return };
            state.serve(&client);
            let place = Place { hall: Some(Arc::clone(self)), client };
            if let Err(mut place) = waiter.call.send(place) {
                // Whoever waited has gone. Dropped as it is, the place would wait for the state that is held here.
                place.hall = None;
                state.release(&place.client);
            }
        }
    }
}

impl State {
    fn serve(&mut self, client: &Client) {
        self.clock = self.clock.saturating_add(1);
        self.running.add(client);
        let clock = self.clock;
        let line = self.lines.entry(client.clone()).or_default();
        line.running = line.running.saturating_add(1);
        line.served = clock;
    }

    fn release(&mut self, client: &Client) {
        self.running.remove(client);
        if let Some(line) = self.lines.get_mut(client) {
            line.running = line.running.saturating_sub(1);
        }
        self.forget_if_gone(client);
    }

    fn queue(&mut self, client: &Client) -> (u64, oneshot::Receiver<Place>) {
        let (call, called) = oneshot::channel();
        self.clock = self.clock.saturating_add(1);
        self.waiting.add(client);
        let waiter = Waiter { ticket: self.clock, call };
        self.lines.entry(client.clone()).or_default().waiting.push_back(waiter);
        (self.clock, called)
    }

    fn unqueue(&mut self, client: &Client) -> Option<Waiter> {
        let waiter = self.lines.get_mut(client)?.waiting.pop_front()?;
        self.waiting.remove(client);
        Some(waiter)
    }

    /// Forgets one who waits no longer, unless a place was given already.
    fn leave(&mut self, client: &Client, ticket: u64) {
        let Some(line) = self.lines.get_mut(client) else { return };
        let before = line.waiting.len();
        line.waiting.retain(|waiter| waiter.ticket != ticket);
        if line.waiting.len() < before {
            self.waiting.remove(client);
            self.forget_if_gone(client);
        }
    }

    fn forget_if_gone(&mut self, client: &Client) {
        if self.lines.get(client).is_some_and(|line| line.running == 0 && line.waiting.is_empty()) {
            self.lines.remove(client);
        }
    }
}

impl Count {
    fn add(&mut self, client: &Client) {
        self.all = self.all.saturating_add(1);
        self.anonymous = self.anonymous.saturating_add(usize::from(client.is_anonymous()));
    }

    fn remove(&mut self, client: &Client) {
        self.all = self.all.saturating_sub(1);
        self.anonymous = self.anonymous.saturating_sub(usize::from(client.is_anonymous()));
    }
}

impl Line {
    fn first(&self) -> u64 {
        self.waiting.front().map_or(u64::MAX, |waiter| waiter.ticket)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(hall) = self.hall.take() {
            let mut state = hall.state();
            state.release(&self.client);
            hall.call_next(&mut state);
        }
    }
}

/// Takes back a wait that is over, however it ended.
struct Leaving<'h> {
    hall: &'h Hall,
    client: &'h Client,
    ticket: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.hall.state().leave(self.client, self.ticket);
    }
}

/// How much of something each caller has, of a limited whole: one may have half of it, and callers without a key three quarters.
pub(crate) struct Amounts {
    limit: u64,
    all: u64,
    anonymous: u64,
    each: HashMap<Client, u64>,
}

impl Amounts {
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, all: 0, anonymous: 0, each: HashMap::new() }
    }

    /// Takes more, for one use that has so much already.
    ///
    /// # Errors
    /// [`Error::TooLarge`] where one use alone would have more than a caller's share, [`Error::ShareUsedUp`] where the caller's uses
    /// together would, and [`Error::Unavailable`] where others have the rest.
    pub(crate) fn take(&mut self, client: &Client, more: u64, has: u64) -> Result<(), Error> {
        let share = self.limit.div_euclid(2);
        let own = self.each.get(client).copied().unwrap_or_default().saturating_add(more);
        if has.saturating_add(more) > share {
            return Err(Error::TooLarge { limit: share });
        }
        if own > share {
            return Err(Error::ShareUsedUp);
        }
        let all = self.all.saturating_add(more);
        let anonymous = self.anonymous.saturating_add(if client.is_anonymous() { more } else { 0 });
        if all > self.limit || anonymous > self.limit.saturating_sub(self.limit.div_euclid(4)) {
            return Err(Error::Unavailable("the exports of other callers use all the export space".to_owned()));
        }
        (self.all, self.anonymous) = (all, anonymous);
        self.each.insert(client.clone(), own);
        Ok(())
    }

    pub(crate) fn give_back(&mut self, client: &Client, amount: u64) {
        self.all = self.all.saturating_sub(amount);
        if client.is_anonymous() {
            self.anonymous = self.anonymous.saturating_sub(amount);
        }
        let left = self.each.get(client).copied().unwrap_or_default().saturating_sub(amount);
        if left == 0 {
            self.each.remove(client);
        } else {
            self.each.insert(client.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(5);

    fn run<F: Future>(work: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
    }

    /// One who waits in a task of its own, tells when it gets the place, and gives it back.
    fn wait(places: &Places, client: &Client, told: &Arc<Mutex<Vec<Client>>>) -> tokio::task::JoinHandle<()> {
        let (places, client, told) = (places.clone(), client.clone(), Arc::clone(told));
        tokio::spawn(async move {
            let place = places.take(&client, LONG).await.unwrap();
            told.lock().unwrap().push(client);
            tokio::task::yield_now().await;
            drop(place);
        })
    }

    fn anonymous(last: u8) -> Client {
        Client::Anonymous([192, 0, 2, last].into())
    }

    fn keyed(name: &str) -> Client {
        Client::Keyed(name.into())
    }

    #[test]
    fn one_caller_has_a_share_and_keys_have_places_of_their_own() {
        run(async {
            let places = Places::new(Shares::of(4, 16));
            let mut held = Vec::new();
            for address in [1, 1, 2] {
                held.push(places.take(&anonymous(address), PATIENCE).await.unwrap());
            }
            assert!(matches!(places.take(&anonymous(1), PATIENCE).await, Err(Error::ShareUsedUp)));
            assert!(matches!(places.take(&anonymous(3), PATIENCE).await, Err(Error::Unavailable(_))));
            held.push(places.take(&keyed("a"), PATIENCE).await.unwrap());
            assert!(matches!(places.take(&keyed("b"), PATIENCE).await, Err(Error::Unavailable(_))));
            drop(held);
            assert!(places.0.state().lines.is_empty());
            drop(places.take(&anonymous(3), PATIENCE).await.unwrap());
        });
    }

    #[test]
    fn a_free_place_goes_to_the_caller_who_has_the_fewest() {
        run(async {
            let places = Places::new(Shares { places: 2, anonymous: 2, each: 2, waiting: 16 });
            let mut held = Vec::new();
            for _ in 0..2 {
                held.push(places.take(&anonymous(1), PATIENCE).await.unwrap());
            }
            let order = Arc::default();
            let clients = [anonymous(1), anonymous(1), anonymous(2), Client::Operator];
            let tasks = clients.each_ref().map(|client| wait(&places, client, &order));
            while places.waiting() < tasks.len() {
                tokio::task::yield_now().await;
            }
            drop(held.pop());
            drop(held.pop());
            for task in tasks {
                task.await.unwrap();
            }
            let order = order.lock().unwrap();
            assert_eq!(order[..2], [Client::Operator, anonymous(2)], "{order:?}");
            assert!(places.0.state().lines.is_empty());
        });
    }

    #[test]
    fn one_caller_has_a_share_of_what_is_limited() {
        let mut amounts = Amounts::new(100);
        assert!(matches!(amounts.take(&keyed("a"), 51, 0), Err(Error::TooLarge { limit: 50 })));
        amounts.take(&anonymous(1), 40, 0).unwrap();
        assert!(matches!(amounts.take(&anonymous(1), 20, 0), Err(Error::ShareUsedUp)));
        amounts.take(&anonymous(2), 35, 0).unwrap();
        assert!(matches!(amounts.take(&anonymous(3), 1, 0), Err(Error::Unavailable(_))));
        amounts.take(&keyed("a"), 25, 0).unwrap();
        assert!(matches!(amounts.take(&keyed("b"), 1, 0), Err(Error::Unavailable(_))));
        for (client, amount) in [(anonymous(1), 40), (anonymous(2), 35), (keyed("a"), 25)] {
            amounts.give_back(&client, amount);
        }
        assert!(amounts.each.is_empty() && (amounts.all, amounts.anonymous) == (0, 0));
    }

    #[test]
    fn the_queue_has_shares_too_and_forgets_who_left() {
        run(async {
            let places = Places::new(Shares { places: 1, anonymous: 1, each: 1, waiting: 8 });
            let held = places.take(&keyed("a"), PATIENCE).await.unwrap();
            let told = Arc::default();
            let tasks = [1, 1].map(|address| wait(&places, &anonymous(address), &told));
            while places.waiting() < tasks.len() {
                tokio::task::yield_now().await;
            }
            assert!(matches!(places.take(&anonymous(1), PATIENCE).await, Err(Error::ShareUsedUp)));
            for task in tasks {
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled());
            }
            assert_eq!(places.waiting(), 0);
            drop(held);
            drop(places.take(&anonymous(1), PATIENCE).await.unwrap());
        });
    }
}

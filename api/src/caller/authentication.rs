//! Who a request comes from: its `Authorization`, found out once for each request.
//!
//! A key is checked by its form, then against the register, and then remembered for half a second, so that it costs next to
//! nothing and a revoked one stops working within a second in every process. What isn't a key is a token for `jwt.rs`, where
//! an issuer is set. Knows no operation.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::KeyId;
use store::key::{self, Hash, StoredKey, Validity};
use store::{ReadTx, WriteTx};

use crate::app::App;
use crate::caller::Caller;
use crate::caller::jwt::{self, CallerError, Refusal, Verifier};
use crate::caller::key::secret;
use crate::http::request_id::RequestId;
use crate::request::query;
use crate::response::problem::Problem;

/// A key that was found valid is not looked up again for so long.
const REMEMBERED: Duration = Duration::from_millis(500);
/// More keys than this are not in use at a time; what is remembered of them is dropped.
const MOST_REMEMBERED: usize = 4096;
/// Query parameters in which callers of other services send their keys.
const MISPLACED: [&str; 5] = ["key", "api_key", "apikey", "access_token", "token"];

static PUBLIC: LazyLock<Caller> = LazyLock::new(|| domain::Caller::public().into());

pub struct Authenticator {
    app: App,
    verifier: Option<Verifier>,
    remembered: Mutex<HashMap<Hash, Remembered>>,
}

struct Remembered {
    caller: Caller,
    checked_at: Instant,
    expires_at: DateTime<Utc>,
}

impl Authenticator {
    pub fn new(app: App, verifier: Option<Verifier>) -> Self {
        Self { app, verifier, remembered: Mutex::default() }
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// 401 with the reason, 503 where the database doesn't answer.
    pub async fn caller(&self, request: &HttpRequest, id: &RequestId) -> Result<Caller, Problem> {
        if let Some(name) = misplaced_key(request.query_string()) {
            let reason = format!(
                "a key was sent in the query parameter `{name}`, and may be stored in logs and browser histories: \
                 revoke it, make another, and send that as `Authorization: Bearer …`"
            );
            return Err(refused("invalid_request", &reason));
        }
        let Some(text) = bearer(request.headers())? else { return Ok(PUBLIC.clone()) };
        match &self.verifier {
            Some(verifier) if !text.starts_with(secret::PREFIX) => {
                self.token(&App::of(request)?, verifier, text, request.method().is_safe()).await
            }
            _ => self.key(&App::of(request)?, text, id).await,
        }
    }

    /// The bearer of a token, too, is looked up with the share of the request's address.
    async fn token(&self, app: &App, verifier: &Verifier, token: &str, only_reads: bool) -> Result<Caller, Problem> {
        let found = verifier.caller(token, self.app.clock.now(), &app.store, only_reads).await;
        found.map_err(|error| match error {
            CallerError::Refused(refusal) => invalid(&refusal.to_string()),
            CallerError::Store(error) => error.into(),
        })
    }

    /// A key that is not known yet is looked up with the share of the request's address.
    async fn key(&self, app: &App, key: &str, id: &RequestId) -> Result<Caller, Problem> {
        let hash = secret::hash(key);
        if let Some(caller) = self.recall(&hash) {
            return Ok(caller);
        }
        let key_id = secret::id_of(key).map_err(|reason| invalid(&reason.to_string()))?;
        let checked_at = Instant::now();
        let found = app.store.read_one(move |tx| key::find_with_hash(tx, key_id).map_err(Problem::from)).await?;
        // What is compared are digests: how long that takes tells nothing that helps to find a key.
        let found = found.filter(|(_, kept)| *kept == hash);
        let (stored, _) = found.ok_or_else(|| invalid("there is no such key"))?;
        let now = self.app.clock.now();
        check(stored.validity(), now)?;
        self.note_use(&stored, now, id);
        Ok(self.remember(hash, stored, checked_at))
    }

    fn recall(&self, hash: &Hash) -> Option<Caller> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let known = remembered.get(hash).filter(|known| known.checked_at.elapsed() < REMEMBERED)?;
        (self.app.clock.now() < known.expires_at).then(|| known.caller.clone())
    }

    fn remember(&self, hash: Hash, stored: StoredKey, checked_at: Instant) -> Caller {
        let expires_at = stored.expires_at;
        let caller = domain::Caller::with_key(stored.id, stored.role, stored.scope, expires_at);
        let caller = Caller::from(caller);
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        let known = Remembered { caller: caller.clone(), checked_at, expires_at };
        remembered.insert(hash, known);
        caller
    }

    /// Once an hour for each key, and without making its request wait.
    fn note_use(&self, stored: &StoredKey, now: DateTime<Utc>, id: &RequestId) {
        if !stored.is_use_to_be_noted(now) {
            return;
        }
        let (app, key_id, stamp) = (self.app.clone(), stored.id, self.app.operator(id.as_str()));
        actix_web::rt::spawn(async move {
            let noted = app.store.write(stamp, move |tx| key::note_use(tx, key_id)).await;
            if let Err(error) = noted {
                log::warn!("could not store when a key was last used: {error}");
            }
        });
    }
}

/// The key or token that a request comes with, if it says who sends it.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION);
    let value = match (given.next(), given.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(refused("invalid_request", "there is more than one Authorization header")),
    };
    let (scheme, token) = value.to_str().unwrap_or_default().split_once(' ').unwrap_or_default();
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(refused("invalid_request", "expected `Authorization: Bearer` and a key or token"));
    }
    Ok(Some(token))
}

/// Asks once more in the transaction of a change: the key may have been revoked while the request was on its way.
///
/// # Errors
/// 401 with the reason.
pub fn confirm(tx: &mut WriteTx<'_>, caller: &Caller) -> Result<(), Problem> {
    let now = tx.stamp().now;
    let Some(key_id) = stored_key(caller, now)? else { return Ok(()) };
    check(key::validity(tx, key_id)?, now)
}

/// The same check before the writer's turn, and while a long response is being sent.
///
/// # Errors
/// 401 with the reason.
pub fn confirm_before(tx: &mut ReadTx<'_>, caller: &Caller, now: DateTime<Utc>) -> Result<(), Problem> {
    let Some(key_id) = stored_key(caller, now)? else { return Ok(()) };
    check(key::find(tx, key_id)?.validity(), now)
}

/// The key to be looked up; none where the caller has a token, which says itself how long it is valid.
fn stored_key(caller: &Caller, now: DateTime<Utc>) -> Result<Option<KeyId>, Problem> {
    let Some(access) = &caller.access else { return Ok(None) };
    let has_expired = access.expires_at.is_some_and(|expires_at| jwt::has_expired(expires_at, now));
    match access.key_id {
        None if has_expired => Err(invalid(&Refusal::Expired.to_string())),
        key_id => Ok(key_id),
    }
}

fn check(stored: Validity, now: DateTime<Utc>) -> Result<(), Problem> {
    let written = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    if let Some(revoked_at) = stored.revoked_at {
        return Err(invalid(&format!("the key was revoked at {}", written(revoked_at))));
    }
    if stored.expires_at <= now {
        return Err(invalid(&format!("the key expired at {}", written(stored.expires_at))));
    }
    Ok(())
}

/// The query parameter that looks as if it held a key.
fn misplaced_key(query: &str) -> Option<&'static str> {
    if query.is_empty() {
        return None;
    }
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    let mut names = names.filter_map(query::decode);
    names.find_map(|name| MISPLACED.iter().find(|known| name.eq_ignore_ascii_case(known)).copied())
}

/// 401 for a request that needs a key and has none.
pub fn needed() -> Problem {
    Problem::unauthenticated(
        "this operation needs a key: send `Authorization: Bearer` followed by the key",
        challenge(None),
    )
}

/// 401 for a key or token that isn't valid, with the reason.
pub fn invalid(reason: &str) -> Problem {
    refused("invalid_token", reason)
}

fn refused(error: &str, reason: &str) -> Problem {
    Problem::unauthenticated(reason, challenge(Some((error, reason))))
}

/// RFC 6750, section 3. A description there has neither quotation marks nor backslashes.
fn challenge(error: Option<(&str, &str)>) -> HeaderValue {
    let mut challenge = "Bearer realm=\"mutuals\"".to_owned();
    if let Some((error, reason)) = error {
        let is_plain = |c: &char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
        let plain: String = reason.chars().filter(is_plain).collect();
        challenge.push_str(&format!(", error=\"{error}\", error_description=\"{plain}\""));
    }
    HeaderValue::try_from(challenge).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_the_query_is_noticed_whatever_its_letter_case() {
        for query in ["key=x", "limit=3&API_Key=x", "access%5Ftoken=x", "token", "apikey=&x=1"] {
            assert!(misplaced_key(query).is_some(), "{query}");
        }
        for query in ["", "limit=3", "keys=1", "cursor=key", "q=token"] {
            assert_eq!(misplaced_key(query), None, "{query}");
        }
    }

    #[test]
    fn a_challenge_says_why_in_plain_characters() {
        let said = challenge(Some(("invalid_token", "the «key» was \"revoked\"")));
        assert_eq!(
            said,
            "Bearer realm=\"mutuals\", error=\"invalid_token\", error_description=\"the key was revoked\""
        );
        assert_eq!(challenge(None), "Bearer realm=\"mutuals\"");
    }
}

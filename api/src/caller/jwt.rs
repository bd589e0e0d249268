//! JWT bearer tokens of an OAuth 2.0 issuer (RFC 7519, RFC 9068): which are taken, and what their bearers may do.
//!
//! Issuer, audience and algorithms are pinned by the settings, and the keys come from a file. Nothing in a token leads to
//! another key or algorithm. The reasons of a refusal are for whoever sent the token; they say nothing of its content.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::TypedValueParser as _;
use clap::{Args, value_parser};
use domain::{Access, Department, Key, Kind, Role, Scope};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use store::governing::{self, Trusted};
use store::pseudonym::{self, Bearer as Pseudonymous};
use store::{Stamp, Store};

use crate::app::OPERATOR;
use crate::caller::Caller;
use crate::caller::jwt::key_set::{KeyFile, KeySet, KeySetError};

pub mod command;
pub mod key_set;

/// How far the issuer's clock may be off.
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// The time for which a bearer's pseudonym is kept in memory. An erased pseudonym is out of use within a second.
const NAMED: Duration = Duration::from_millis(500);

/// The request id in log entries about keys that a running service loaded.
const LOADED: &str = "issuer-keys";

/// The most characters that a subject may have.
const MAX_SUBJECT_CHARS: usize = 200;

/// The most departments that a token may name.
const MAX_DEPARTMENTS: usize = 200;

/// How many callers are remembered.
const MAX_KNOWN: usize = 1024;

/// Whose tokens are taken, and how they are read. The first three go together: without them only API keys are taken.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "JWT bearer tokens")]
pub struct Settings {
    /// Issuer whose JWT bearer tokens are accepted: exactly its `iss`
    #[arg(long = "jwt-issuer", env = "MUTUALS_JWT_ISSUER", value_name = "URL", default_value = "")]
    issuer: String,
    /// Audience that tokens must have in their `aud`
    #[arg(long = "jwt-audience", env = "MUTUALS_JWT_AUDIENCE", value_name = "TEXT", default_value = "")]
    audience: String,
    /// File with the issuer's public keys, a JWK set; read again when it changes
    #[arg(long = "jwt-jwks-file", env = "MUTUALS_JWT_JWKS_FILE", value_name = "FILE", default_value = "")]
    pub jwks_file: String,
    /// Signature algorithms that tokens may use
    #[arg(long = "jwt-algorithms", env = "MUTUALS_JWT_ALGORITHMS", value_delimiter = ',', value_name = "NAME")]
    #[arg(default_value = "RS256,ES256,EdDSA", value_parser = key_set::parse_algorithm)]
    algorithms: Vec<Algorithm>,
    /// Claim that names the role
    #[arg(long = "jwt-role-claim", env = "MUTUALS_JWT_ROLE_CLAIM", value_name = "CLAIM")]
    #[arg(default_value = "mutuals_role")]
    role_claim: String,
    /// Claim that lists the departments, by slug or id; `*` for all
    #[arg(long = "jwt-departments-claim", env = "MUTUALS_JWT_DEPARTMENTS_CLAIM", value_name = "CLAIM")]
    #[arg(default_value = "mutuals_departments")]
    departments_claim: String,
    /// Longest time for which a token may be valid
    #[arg(
        long = "jwt-max-lifetime",
        env = "MUTUALS_JWT_MAX_LIFETIME",
        value_name = "SECONDS",
        default_value = "86400"
    )]
    #[arg(value_parser = value_parser!(u32).range(1..).map(|seconds| TimeDelta::seconds(seconds.into())))]
    max_lifetime: TimeDelta,
}

impl Settings {
    /// The settings, if they are there.
    ///
    /// # Errors
    /// In words, where only some of the issuer, the audience and the file are set.
    pub fn given(self) -> Result<Option<Self>, String> {
        let needed =
            [("--jwt-issuer", &self.issuer), ("--jwt-audience", &self.audience), ("--jwt-jwks-file", &self.jwks_file)];
        let missing: Vec<_> = needed.iter().filter(|(_, value)| value.is_empty()).map(|(option, _)| *option).collect();
        match missing.len() {
            0 => Ok(Some(self)),
            all if all == needed.len() => Ok(None),
            _ => Err(format!("JWT bearer tokens also need {}", missing.join(" and "))),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It isn't three parts of base64url, of which the first two are JSON objects.
    #[error("the token cannot be read as a signed JWT")]
    Malformed,
    /// `none`, a shared secret's, or another that the settings don't name.
    #[error("the token's algorithm is not one that this register accepts")]
    Algorithm,
    /// Its `typ` says that it is something else.
    #[error("the token is not an access token")]
    Kind,
    #[error("the token depends on extensions that this register does not know")]
    Extensions,
    #[error("the token names no key (kid)")]
    NoKey,
    #[error("the token's key (kid) is not one of the issuer's for its algorithm")]
    UnknownKey,
    #[error("the token's signature is wrong")]
    Signature,
    #[error("the token comes from another issuer")]
    Issuer,
    #[error("the token is meant for another audience")]
    Audience,
    /// A claim that every token must have isn't there, or isn't what it must be.
    #[error("the token's claim {0} is missing or not valid")]
    Claim(&'static str),
    #[error("the token has expired")]
    Expired,
    /// Its `nbf` or `iat` is yet to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token is valid for longer than this register allows")]
    LongLived,
    /// Its role claim is missing, or says something else, or several things.
    #[error("the token does not name exactly one role of this register")]
    Role,
    /// Its departments claim is missing where the role needs it, or can't be read, or doesn't go with the role.
    #[error("the token does not say which departments its role is for, or its role is for no department in particular")]
    Departments,
    #[error("the token names a department that is not in this register")]
    UnknownDepartment,
}

/// What a token says of its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Who it is at the issuer.
    pub subject: String,
    pub role: Role,
    /// For which departments; none for all.
    pub departments: Option<Vec<Key<Department>>>,
    pub expires_at: DateTime<Utc>,
}

/// Why no caller was found.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Takes or refuses tokens. Callers are remembered, so that a token that comes with many requests is read once.
#[derive(Debug)]
pub struct Verifier {
    settings: Settings,
    keys: KeyFile,
    known: Mutex<HashMap<[u8; 32], Known>>,
    /// The keys that have a log entry. Tokens signed with other keys are not accepted.
    noted: Mutex<Option<Arc<KeySet>>>,
}

#[derive(Clone, Debug)]
struct Known {
    bearer: Arc<Pseudonymous>,
    access: Access,
    named: Option<Named>,
    expires_at: DateTime<Utc>,
    /// What the token was taken by: with other keys it is read anew.
    keys: Arc<KeySet>,
}

/// The bearer of a token under the pseudonym that was theirs then.
#[derive(Clone, Debug)]
struct Named {
    caller: Caller,
    at: Instant,
}

impl Verifier {
    /// A verifier of one issuer's tokens.
    pub fn open(settings: Settings) -> Result<Self, KeySetError> {
        let keys = KeyFile::open(Path::new(&settings.jwks_file), &settings.algorithms)?;
        Ok(Self { settings, keys, known: Mutex::default(), noted: Mutex::default() })
    }

    /// The issuer with the keys in the file, in the form of its log entry.
    pub fn trusted(&self) -> Trusted {
        self.trusted_with(&self.keys.keys())
    }

    fn trusted_with(&self, keys: &KeySet) -> Trusted {
        let settings = &self.settings;
        let algorithms = settings.algorithms.iter().map(|algorithm| format!("{algorithm:?}")).collect::<Vec<_>>();
        let says = governing::members([
            ("issuer", json!(settings.issuer)),
            ("audience", json!(settings.audience)),
            ("algorithms", json!(algorithms)),
            ("role_claim", json!(settings.role_claim)),
            ("departments_claim", json!(settings.departments_claim)),
            ("max_lifetime_seconds", json!(settings.max_lifetime.num_seconds())),
            ("keys", keys.thumbprints()),
        ]);
        Trusted::new(Kind::Issuer, settings.issuer.as_bytes(), says)
    }

    /// The bearer of a token as a caller of the register. If no pseudonym can be stored, a request that only reads
    /// continues under a temporary name.
    pub async fn caller(
        &self,
        token: &str,
        now: DateTime<Utc>,
        store: &Store,
        only_reads: bool,
    ) -> Result<Caller, CallerError> {
        let keys = self.keys.keys();
        let digest: [u8; 32] = Sha256::digest(token).into();
        let known = match self.recall(&digest, now, &keys) {
            Some(known) => known,
            None => self.admit(token, keys, now, store).await?,
        };
        if let Some(named) = known.named.as_ref().filter(|named| named.at.elapsed() < NAMED) {
            return Ok(named.caller.clone());
        }
        let at = Instant::now();
        let given = match find_pseudonym(store, &known.bearer).await? {
            Some(name) => Ok(name),
            None => give_pseudonym(store, now, &known.bearer).await,
        };
        let name = match given {
            Ok(name) => name,
            Err(_) if only_reads => return Ok(caller(pseudonym::passing(&known.bearer)?, known.access)),
            Err(error) => return Err(error.into()),
        };
        let before = known.named.as_ref().map(|named| &named.caller).filter(|before| before.name == name);
        let caller = before.cloned().unwrap_or_else(|| caller(name, known.access.clone()));
        let named = Some(Named { caller: caller.clone(), at });
        self.remember(digest, Known { named, ..known }, now);
        Ok(caller)
    }

    /// Accepts a token that is not known yet, once the log has the keys that verify it.
    async fn admit(
        &self,
        token: &str,
        keys: Arc<KeySet>,
        now: DateTime<Utc>,
        store: &Store,
    ) -> Result<Known, CallerError> {
        let Bearer { subject, role, departments, expires_at } = self.read(token, &keys, now)?;
        self.note(&keys, now, store).await?;
        let scope = match departments {
            None => Scope::All,
            Some(departments) => Scope::Departments(resolve(store, departments).await?),
        };
        let bearer = Arc::new(Pseudonymous { issuer: self.settings.issuer.clone(), subject });
        let access = Access { role, scope, key_id: None, expires_at: Some(expires_at) };
        Ok(Known { bearer, access, named: None, expires_at, keys })
    }

    async fn note(&self, keys: &Arc<KeySet>, now: DateTime<Utc>, store: &Store) -> Result<(), store::Error> {
        let noted = || self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted().as_ref().is_some_and(|noted| Arc::ptr_eq(noted, keys)) {
            return Ok(());
        }
        // Several may do so at a time: what is noted already is not noted again.
        let stamp = Stamp { now, actor: OPERATOR.to_owned(), request_id: LOADED.to_owned() };
        store.note_in_use(&stamp, Kind::Issuer, Some(self.trusted_with(keys))).await?;
        *noted() = Some(Arc::clone(keys));
        Ok(())
    }

    fn read(&self, token: &str, keys: &KeySet, now: DateTime<Utc>) -> Result<Bearer, Refusal> {
        let header = Header::of(token)?;
        let algorithm = header.check(&self.settings.algorithms)?;
        let kid = header.kid.ok_or(Refusal::NoKey)?;
        let key = keys.find(&kid, algorithm).ok_or(Refusal::UnknownKey)?;
        let claims = self.signed_claims(token, key, algorithm)?;
        let expires_at = self.check_times(&claims, now)?;
        let role = claims.role(&self.settings.role_claim)?;
        let departments = claims.departments(&self.settings.departments_claim, role)?;
        Ok(Bearer { subject: claims.subject()?, role, departments, expires_at })
    }

    /// The claims, once signature, issuer and audience are seen to be right. Times are left to
    /// [`check_times`](Self::check_times), which goes by the service's own clock.
    fn signed_claims(&self, token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Claims, Refusal> {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["iss", "aud"]);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.validate_exp = false;
        match jsonwebtoken::decode(token, key, &validation) {
            // The library also takes a list of issuers.
            Ok(token) => Claims(token.claims).issued_by(&self.settings.issuer),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidIssuer => Refusal::Issuer,
                ErrorKind::InvalidAudience => Refusal::Audience,
                ErrorKind::MissingRequiredClaim(claim) if claim == "iss" => Refusal::Claim("iss"),
                ErrorKind::MissingRequiredClaim(_) => Refusal::Claim("aud"),
                ErrorKind::Base64(_) | ErrorKind::Json(_) | ErrorKind::Utf8(_) | ErrorKind::InvalidToken => {
                    Refusal::Malformed
                }
                // A key that is no point of its curve is found out here too.
                _ => Refusal::Signature,
            }),
        }
    }

    /// When the token expires, if that is yet to come.
    fn check_times(&self, claims: &Claims, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
        let expires_at = claims.time("exp")?.ok_or(Refusal::Claim("exp"))?;
        let issued_at = claims.time("iat")?.ok_or(Refusal::Claim("iat"))?;
        let valid_from = claims.time("nbf")?.unwrap_or(issued_at);
        if has_expired(expires_at, now) {
            return Err(Refusal::Expired);
        }
        if now + LEEWAY < valid_from.max(issued_at) {
            return Err(Refusal::NotYetValid);
        }
        if expires_at - issued_at > self.settings.max_lifetime {
            return Err(Refusal::LongLived);
        }
        Ok(expires_at)
    }

    fn recall(&self, digest: &[u8; 32], now: DateTime<Utc>, keys: &Arc<KeySet>) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(digest).filter(|known| Arc::ptr_eq(&known.keys, keys))?;
        (!has_expired(known.expires_at, now)).then(|| known.clone())
    }

    fn remember(&self, digest: [u8; 32], caller: Known, now: DateTime<Utc>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KNOWN {
            known.retain(|_, other| now < other.expires_at && Arc::ptr_eq(&other.keys, &caller.keys));
        }
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(digest, caller);
    }
}

/// Whether a token that says this is not valid any more.
pub fn has_expired(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - LEEWAY >= expires_at
}

fn caller(name: String, access: Access) -> Caller {
    Caller::from(domain::Caller { name, access: Some(access) })
}

async fn find_pseudonym(store: &Store, bearer: &Arc<Pseudonymous>) -> Result<Option<String>, store::Error> {
    let bearer = Arc::clone(bearer);
    store.read_one(move |tx| pseudonym::find(tx, &bearer)).await
}

async fn give_pseudonym(store: &Store, now: DateTime<Utc>, bearer: &Arc<Pseudonymous>) -> Result<String, store::Error> {
    let bearer = Arc::clone(bearer);
    let stamp = Stamp { now, actor: OPERATOR.to_owned(), request_id: "pseudonym".to_owned() };
    store.write(stamp, move |tx| pseudonym::give(tx, &bearer)).await
}

async fn resolve(store: &Store, keys: Vec<Key<Department>>) -> Result<Vec<domain::DepartmentId>, CallerError> {
    let resolved = store.read(move |tx| store::reference::resolve(tx, &keys)).await;
    resolved.map_err(|error| match error {
        store::Error::Rule(_) => CallerError::Refused(Refusal::UnknownDepartment),
        error => CallerError::Store(error),
    })
}

/// The part of a token's header that counts. `jwk`, `jku`, `x5c` and `x5u`, by which a token would bring its own key, don't.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl Header {
    fn of(token: &str) -> Result<Self, Refusal> {
        let (header, rest) = token.split_once('.').ok_or(Refusal::Malformed)?;
        if rest.split('.').count() != 2 {
            return Err(Refusal::Malformed);
        }
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).map_err(|_| Refusal::Malformed)?;
        serde_json::from_slice(&header).map_err(|_| Refusal::Malformed)
    }

    fn check(&self, algorithms: &[Algorithm]) -> Result<Algorithm, Refusal> {
        let algorithm = self.alg.parse().ok().filter(|algorithm| algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or(Refusal::Algorithm)?;
        // RFC 9068 says `at+jwt`; many issuers still say `JWT`, or nothing.
        let kind = self.typ.as_deref().unwrap_or("JWT");
        if !["at+jwt", "application/at+jwt", "JWT"].iter().any(|access| kind.eq_ignore_ascii_case(access)) {
            return Err(Refusal::Kind);
        }
        if self.crit.is_some() {
            return Err(Refusal::Extensions);
        }
        Ok(algorithm)
    }
}

struct Claims(Map<String, Value>);

impl Claims {
    /// The claims, if exactly this issuer says that they are its own.
    fn issued_by(self, issuer: &str) -> Result<Self, Refusal> {
        match self.0.get("iss") {
            Some(Value::String(named)) if named == issuer => Ok(self),
            Some(Value::String(_)) => Err(Refusal::Issuer),
            _ => Err(Refusal::Claim("iss")),
        }
    }

    /// A `NumericDate`: seconds since 1970, possibly with a fraction.
    fn time(&self, claim: &'static str) -> Result<Option<DateTime<Utc>>, Refusal> {
        let Some(value) = self.0.get(claim) else { return Ok(None) };
        let whole = |seconds: f64| Duration::try_from_secs_f64(seconds).ok().map(|time| time.as_secs());
        let seconds = value.as_u64().or_else(|| value.as_f64().and_then(whole));
        let time = seconds.and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
        time.map(Some).ok_or(Refusal::Claim(claim))
    }

    fn subject(&self) -> Result<String, Refusal> {
        let subject = self.0.get("sub").and_then(Value::as_str).filter(|subject| {
            (1..=MAX_SUBJECT_CHARS).contains(&subject.chars().count()) && !subject.chars().any(char::is_control)
        });
        subject.map(ToOwned::to_owned).ok_or(Refusal::Claim("sub"))
    }

    /// A word, or the only word in a list that is a role: the other words may be another system's roles.
    fn role(&self, claim: &str) -> Result<Role, Refusal> {
        let role = |word: &Value| word.as_str().and_then(|word| word.parse::<Role>().ok());
        let named: Vec<Role> = match self.0.get(claim) {
            Some(Value::Array(words)) => words.iter().filter_map(role).collect(),
            Some(word) => role(word).into_iter().collect(),
            None => Vec::new(),
        };
        match named.as_slice() {
            [role] => Ok(*role),
            _ => Err(Refusal::Role),
        }
    }

    /// A list of ids and slugs, one of them alone, or `*` for all. A role that isn't confined to departments needs no such
    /// claim and must have no other than `*`: what the issuer meant to confine should not reach everywhere.
    fn departments(&self, claim: &str, role: Role) -> Result<Option<Vec<Key<Department>>>, Refusal> {
        let key = |word: &Value| word.as_str().and_then(|word| word.parse().ok());
        let named: Option<Vec<_>> = match self.0.get(claim) {
            Some(Value::String(all)) if all == "*" => return Ok(None),
            None if !role.is_departmental() => return Ok(None),
            Some(Value::Array(words)) if words.len() <= MAX_DEPARTMENTS => words.iter().map(key).collect(),
            Some(word @ Value::String(_)) => key(word).map(|key| vec![key]),
            _ => None,
        };
        named.filter(|named| role.is_departmental() && !named.is_empty()).map(Some).ok_or(Refusal::Departments)
    }
}

#[cfg(test)]
mod tests;

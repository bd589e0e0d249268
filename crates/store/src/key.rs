//! API keys in the database. Of a key itself only its hash is kept, so that nobody learns a key from a copy of the register.
//!
//! The log has an entry when a key is made, revoked or erased. The entry has everything but the secret and the label:
//! in their place it has the hash of the secret's hash, and a commitment. The time of a key's last use is only in its
//! row.

use chrono::{DateTime, DurationRound as _, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use document::Reference;
use document::value::{Instant, hex};
use domain::{ApiKey, KeyId, Kind, Name, Role, Rules as _, Scope};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::backend::json::{instant, parsed, parsed_list, texts};
use crate::backend::schema::api_keys;
use crate::error::{Error, refuse};
pub use crate::known::Validity;
use crate::log::entry::Action;
use crate::log::{governing, personal};
use crate::query::keyset::IdPage;
use crate::register::reference;
use crate::transaction::Remark;
use crate::{ReadTx, WriteTx};

/// SHA-256 of a key.
pub type Hash = [u8; 32];

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id.
    pub id: KeyId,
    /// SHA-256 of its hash, in hexadecimal. It shows that the stored key is still the one that was made.
    pub fingerprint: String,
    /// What it is for; absent where that was erased.
    pub label: Option<Name>,
    /// The role of its bearer.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
    /// When it stops working by itself.
    pub expires_at: DateTime<Utc>,
    /// The hour in which it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was made to stop working.
    pub revoked_at: Option<DateTime<Utc>>,
    /// By whom.
    pub revoked_by: Option<String>,
}

/// A key that is to be kept.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its id.
    pub id: KeyId,
    /// Its hash.
    pub hash: Hash,
    /// What it is for and what it opens.
    pub key: ApiKey,
    /// When it stops working by itself.
    pub expires_at: DateTime<Utc>,
    /// When the key or token that makes it stops working. Absent if the operator makes it.
    pub makers_expires_at: Option<DateTime<Utc>>,
}

/// The key with this id, revoked or not.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(tx: &mut ReadTx<'_>, id: KeyId) -> Result<StoredKey, Error> {
    let key = id.to_string();
    let row: Option<Row> = api_keys::table.find(&key).select(Row::as_select()).first(tx.conn()).optional()?;
    row.map_or_else(|| Err(Error::NotFound { resource_type: Kind::Key, key }), Row::into_key)
}

/// How long the key works, in the writer's turn: what a write of the same batch has found is not looked up again.
///
/// # Errors
/// As [`find`].
pub fn validity(tx: &mut WriteTx<'_>, id: KeyId) -> Result<Validity, Error> {
    if let Some(known) = tx.known().keys.get(&id) {
        return Ok(*known);
    }
    let found = find(tx, id)?.validity();
    tx.known().keys.insert(id, found);
    Ok(found)
}

/// The key with this id and the hash that proves it, if there is one.
pub fn find_with_hash(tx: &mut ReadTx<'_>, id: KeyId) -> Result<Option<(StoredKey, Vec<u8>)>, Error> {
    let row: Option<Row> = api_keys::table.find(id.to_string()).select(Row::as_select()).first(tx.conn()).optional()?;
    row.map(|row| {
        let hash = row.hash.clone();
        Ok((row.into_key()?, hash))
    })
    .transpose()
}

/// A page of all keys in the order in which they were made, with one more where there is a next page, and how many there are.
pub fn list(tx: &mut ReadTx<'_>, page: &IdPage) -> Result<(Vec<StoredKey>, i64), Error> {
    let mut query = api_keys::table.select(Row::as_select()).into_boxed();
    query = if page.descending { query.order(api_keys::id.desc()) } else { query.order(api_keys::id.asc()) };
    if let Some(last) = &page.after {
        query = if page.descending { query.filter(api_keys::id.lt(last)) } else { query.filter(api_keys::id.gt(last)) };
    }
    let limit = i64::try_from(page.limit.saturating_add(1)).unwrap_or(i64::MAX);
    let rows: Vec<Row> = query.limit(limit).load(tx.conn())?;
    let total = api_keys::table.count().get_result(tx.conn())?;
    Ok((rows.into_iter().map(Row::into_key).collect::<Result<_, _>>()?, total))
}

/// Keeps a new key.
///
/// # Errors [`Error::Rule`] if the role and the departments do not fit, if it would outlive the key or token that makes
/// it, or if one of its departments does not exist.
pub fn insert(tx: &mut WriteTx<'_>, new: &NewKey) -> Result<StoredKey, Error> {
    let outlives = domain::api_key::outlives(new.expires_at, new.makers_expires_at, tx.stamp().now);
    refuse(Error::Rule, new.key.faults().into_iter().chain(outlives).collect())?;
    reference::check(tx, &references(&new.key.scope))?;
    let departments = match &new.key.scope {
        Scope::All => None,
        Scope::Departments(own) => Some(texts(own)),
    };
    let row = Row {
        id: new.id.to_string(),
        hash: new.hash.to_vec(),
        label: new.key.label.to_string(),
        role: new.key.role.to_string(),
        department_ids: departments,
        created_at: tx.stamp().now.naive_utc(),
        created_by: tx.stamp().actor.clone(),
        expires_at: new.expires_at.naive_utc(),
        last_used_at: None,
        revoked_at: None,
        revoked_by: None,
    };
    diesel::insert_into(api_keys::table).values(&row).execute(tx.changing())?;
    let key = row.into_key()?;
    log(tx, Action::Create, &key, Remark::default())?;
    Ok(key)
}

/// The departments that a scope names.
#[must_use]
pub fn references(scope: &Scope) -> Vec<Reference> {
    let Scope::Departments(departments) = scope else { return Vec::new() };
    let named = departments.iter().enumerate();
    named.map(|(at, id)| Reference::new(format!("department_ids/{at}"), Kind::Department, id)).collect()
}

/// Makes a key stop working; one that has stopped by this already stays as it is.
///
/// # Errors
/// [`Error::NotFound`].
pub fn revoke(tx: &mut WriteTx<'_>, id: KeyId) -> Result<StoredKey, Error> {
    let (now, actor) = (tx.stamp().now.naive_utc(), tx.stamp().actor.clone());
    let valid = api_keys::table.filter(api_keys::id.eq(id.to_string())).filter(api_keys::revoked_at.is_null());
    let revoked = diesel::update(valid).set((api_keys::revoked_at.eq(now), api_keys::revoked_by.eq(actor)));
    let is_revoked_now = revoked.execute(tx.changing())? > 0;
    let key = find(tx, id)?;
    if is_revoked_now {
        log(tx, Action::Revoke, &key, Remark::default())?;
    }
    Ok(key)
}

/// Forgets what a key is for, in its record and in the log; gives how many values of the log that were.
///
/// # Errors
/// [`Error::NotFound`].
pub fn erase(tx: &mut WriteTx<'_>, id: KeyId, reason: &str) -> Result<usize, Error> {
    let key = find(tx, id)?;
    diesel::update(api_keys::table.find(id.to_string())).set(api_keys::label.eq(ERASED)).execute(tx.changing())?;
    let forgotten = personal::forget(tx, &[LABEL.to_owned()], &id.to_string())?;
    let remark = Remark { reason: Some(reason.to_owned()), ..Remark::default() };
    log(tx, Action::Erase, &StoredKey { label: None, ..key }, remark)?;
    Ok(forgotten)
}

/// The path of the label in a log entry about a key.
pub(crate) const LABEL: &str = "/label";

/// What the row of a key has in the place of a label that was erased: no label is empty.
const ERASED: &str = "";

/// What the log would say of a key as it is now, but for its version, with the label itself.
///
/// # Errors
/// As [`find`].
pub(crate) fn told(tx: &mut ReadTx<'_>, id: KeyId) -> Result<Value, Error> {
    let mut document = find(tx, id)?.document();
    document.insert("id".to_owned(), json!(id.to_string()));
    Ok(document.into())
}

fn log(tx: &mut WriteTx<'_>, action: Action, key: &StoredKey, remark: Remark) -> Result<(), Error> {
    governing::log(tx, action, (Kind::Key, &key.id.to_string()), key.document(), &[LABEL.to_owned()], remark)
}

/// Keys that are looked through in one transaction.
const AT_A_TIME: i64 = 500;

/// Logs those of the next keys after an id that have no entry, because an older version made them. Gives the last id,
/// or `None` at the end.
pub(crate) fn log_unknown(tx: &mut WriteTx<'_>, _: usize, after: &str) -> Result<Option<String>, Error> {
    let next = api_keys::table.filter(api_keys::id.gt(after)).order(api_keys::id).limit(AT_A_TIME);
    let next: Vec<Row> = next.select(Row::as_select()).load(tx.conn())?;
    let last = next.last().map(|row| row.id.clone());
    for row in next {
        if governing::newest_version(tx, Kind::Key, &row.id)?.is_none() {
            log(tx, Action::Create, &row.into_key()?, Remark::default())?;
        }
    }
    Ok(last)
}

/// Notes that a key is in use, to the hour: most calls find that noted already.
pub fn note_use(tx: &mut WriteTx<'_>, id: KeyId) -> Result<(), Error> {
    let hour = hour_of(tx.stamp().now).naive_utc();
    let unnoted = api_keys::last_used_at.is_null().or(api_keys::last_used_at.lt(hour));
    let key = api_keys::table.filter(api_keys::id.eq(id.to_string())).filter(unnoted.assume_not_null());
    diesel::update(key).set(api_keys::last_used_at.eq(hour)).execute(tx.changing())?;
    Ok(())
}

impl StoredKey {
    /// How long it works.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { expires_at: self.expires_at, revoked_at: self.revoked_at }
    }

    /// What the log says of it, but for its id and its version.
    fn document(&self) -> Map<String, Value> {
        let departments = match &self.scope {
            Scope::All => None,
            Scope::Departments(own) => Some(own.iter().map(ToString::to_string).collect::<Vec<_>>()),
        };
        let members = [
            ("label", self.label.as_ref().map(|label| json!(label.as_str()))),
            ("fingerprint", Some(json!(self.fingerprint))),
            ("role", Some(json!(self.role.as_str()))),
            ("department_ids", departments.map(|ids| json!(ids))),
            ("created_at", Some(json!(Instant(self.created_at)))),
            ("created_by", Some(json!(self.created_by))),
            ("expires_at", Some(json!(Instant(self.expires_at)))),
            ("revoked_at", self.revoked_at.map(|at| json!(Instant(at)))),
            ("revoked_by", self.revoked_by.as_ref().map(|by| json!(by))),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// Whether its use at this time is still to be noted.
    #[must_use]
    pub fn is_use_to_be_noted(&self, now: DateTime<Utc>) -> bool {
        self.last_used_at.is_none_or(|noted| noted < hour_of(now))
    }
}

/// The beginning of the hour.
fn hour_of(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.duration_trunc(TimeDelta::hours(1)).unwrap_or(instant)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys, treat_none_as_default_value = false)]
struct Row {
    id: String,
    hash: Vec<u8>,
    label: String,
    role: String,
    department_ids: Option<String>,
    created_at: NaiveDateTime,
    created_by: String,
    expires_at: NaiveDateTime,
    last_used_at: Option<NaiveDateTime>,
    revoked_at: Option<NaiveDateTime>,
    revoked_by: Option<String>,
}

impl Row {
    fn into_key(self) -> Result<StoredKey, Error> {
        let scope = match &self.department_ids {
            None => Scope::All,
            Some(raw) => Scope::Departments(parsed_list("department_ids", raw)?),
        };
        let label = Some(&self.label).filter(|label| *label != ERASED);
        Ok(StoredKey {
            id: parsed("id", &self.id)?,
            fingerprint: hex(&Sha256::digest(&self.hash)),
            label: label.map(|label| parsed("label", label)).transpose()?,
            role: parsed("role", &self.role)?,
            scope,
            created_at: instant(self.created_at),
            created_by: self.created_by,
            expires_at: instant(self.expires_at),
            last_used_at: self.last_used_at.map(instant),
            revoked_at: self.revoked_at.map(instant),
            revoked_by: self.revoked_by,
        })
    }
}

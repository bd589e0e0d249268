//! An entry of the log: what it says, how it is stored, and its RFC 6962 leaf hash.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use document::value::hex;
use domain::Kind;
pub use domain::record::EntryAction as Action;
use sha2::{Digest as _, Sha256};

use crate::backend::json::{instant, parsed};
use crate::backend::schema::{entries, log_head};
use crate::error::Error;
use crate::log::epoch::Epoch;
use crate::random;
use domain::tree::{self, Hash};

/// The bytes of a nonce: nobody can try them all.
const NONCE_BYTES: usize = 16;

/// How far the log goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The number of the newest entry; 0 in an empty log.
    pub seq: i64,
    /// Its time.
    pub at: Option<DateTime<Utc>>,
    /// The epoch that it is of.
    pub epoch: Epoch,
    /// The newest `settle_clock` entry. 0 if there is none.
    pub clock_settled: i64,
}

impl Head {
    /// Whether it goes further than another, or is of a later epoch, which may begin at an earlier entry. The time of an epoch alone
    /// does not tell: a clock that was ahead may have begun the other one.
    pub(crate) fn is_beyond(&self, other: &Self) -> bool {
        self.seq > other.seq || self.epoch.since > other.epoch.since
    }
}

/// The head as it is stored.
#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = log_head)]
pub(crate) struct HeadRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    epoch: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    epoch_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    clock_settled: i64,
}

impl TryFrom<HeadRow> for Head {
    type Error = Error;

    fn try_from(row: HeadRow) -> Result<Self, Error> {
        let epoch = Epoch { id: parsed("epoch", &row.epoch)?, since: row.epoch_at.map(instant) };
        Ok(Self { seq: row.seq, at: row.at.map(instant), epoch, clock_settled: row.clock_settled })
    }
}

/// A change that waits for its number.
pub(crate) struct Entry {
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) request_id: String,
    pub(crate) action: Action,
    pub(crate) resource_type: Kind,
    pub(crate) resource_id: String,
    pub(crate) version: i64,
    pub(crate) after: Option<Arc<str>>,
    pub(crate) reason: Option<String>,
    /// It is about a draft.
    pub(crate) restricted: bool,
    /// The epoch that begins with it.
    pub(crate) begins: Option<Epoch>,
}

/// An entry as it is stored.
#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
pub(crate) struct Row<'e> {
    pub(crate) seq: i64,
    pub(crate) at: NaiveDateTime,
    pub(crate) actor: Cow<'e, str>,
    pub(crate) request_id: Cow<'e, str>,
    pub(crate) action: Cow<'e, str>,
    pub(crate) resource_type: Cow<'e, str>,
    pub(crate) resource_id: Cow<'e, str>,
    pub(crate) version: i64,
    pub(crate) after: Option<Cow<'e, str>>,
    pub(crate) leaf_hash: Vec<u8>,
    pub(crate) reason: Option<Cow<'e, str>>,
    pub(crate) restricted: bool,
    pub(crate) nonce: Option<Cow<'e, str>>,
}

impl<'e> Row<'e> {
    pub(crate) fn new(seq: i64, at: DateTime<Utc>, entry: &'e Entry) -> Result<Self, Error> {
        let nonce = if entry.restricted { Some(hex(&random::bytes::<NONCE_BYTES>()?)) } else { None };
        let mut row = Self {
            seq,
            at: at.naive_utc(),
            actor: Cow::Borrowed(&entry.actor),
            request_id: Cow::Borrowed(&entry.request_id),
            action: Cow::Borrowed(entry.action.as_str()),
            resource_type: Cow::Borrowed(entry.resource_type.as_str()),
            resource_id: Cow::Borrowed(&entry.resource_id),
            version: entry.version,
            after: entry.after.as_deref().map(Cow::Borrowed),
            leaf_hash: Vec::new(),
            reason: entry.reason.as_deref().map(Cow::Borrowed),
            restricted: entry.restricted,
            nonce: nonce.map(Cow::Owned),
        };
        row.leaf_hash = row.hash().to_vec();
        Ok(row)
    }

    /// The hash by which it is in the tree: that of all that it says.
    ///
    /// Of a restricted entry it is the hash of what everybody is shown: that it is restricted, with its number, its time and the hash of
    /// the rest. So nobody can pass off an entry as restricted that is not.
    pub(crate) fn hash(&self) -> Hash {
        let leaf = match self.content_hash() {
            Some(content) => format!(
                r#"{{"at":"{}","content_hash":"{}","restricted":true,"seq":{}}}"#,
                self.instant(),
                hex(&content),
                self.seq
            ),
            None => self.canonical(),
        };
        tree::leaf_hash(leaf.as_bytes())
    }

    /// The hash of all that a restricted entry says.
    pub(crate) fn content_hash(&self) -> Option<Hash> {
        self.restricted.then(|| Sha256::digest(self.canonical()).into())
    }

    /// Whether it says what it said when it got its hash. Restricted entries were once hashed as all others are.
    pub(crate) fn is_as_hashed(&self) -> bool {
        let is = |hash: Hash| self.leaf_hash == hash;
        is(self.hash()) || self.restricted && is(tree::leaf_hash(self.canonical().as_bytes()))
    }

    fn instant(&self) -> String {
        self.at.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true)
    }

    /// The entry as canonical JSON (RFC 8785): members in the order of their names, no white space. A nonce, a reason and a
    /// restriction stand in it where there is one.
    fn canonical(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let nonce = self.nonce.as_deref().map(|nonce| format!(r#""nonce":{},"#, quoted(nonce))).unwrap_or_default();
        let reason =
            self.reason.as_deref().map(|reason| format!(r#""reason":{},"#, quoted(reason))).unwrap_or_default();
        let restricted = if self.restricted { r#""restricted":true,"# } else { "" };
        format!(
            r#"{{"action":"{}","actor":{},"after":{},"at":"{}",{nonce}{reason}"request_id":{},"resource_id":"{}","resource_type":"{}",{restricted}"seq":{},"version":{}}}"#,
            self.action,
            quoted(&self.actor),
            self.after.as_deref().unwrap_or("null"),
            self.instant(),
            quoted(&self.request_id),
            self.resource_id,
            self.resource_type,
            self.seq,
            self.version,
        )
    }
}

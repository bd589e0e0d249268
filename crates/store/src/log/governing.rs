//! Log entries about what governs the register but is not a record: API keys, issuers of tokens, the key that signs the
//! log, imports, and changes to the register as a whole.
//!
//! Each of these has entries like a record, with its own versions. Issuers and signing keys are stored only in the log:
//! its newest entries show which were in use when the service last started.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::{Id, Kind};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::backend::fragment::Fragment;
use crate::backend::json::{from_json, to_json};
use crate::backend::schema::entries;
use crate::error::Error;
use crate::log::entry::Action;
use crate::log::personal;
use crate::transaction::{Remark, next_version};
use crate::{ReadTx, WriteTx};

/// Whether it is in use, in what the log says of an issuer or of a signing key.
const IN_USE: &str = "in_use";

/// An issuer or a signing key, in the form of its log entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    kind: Kind,
    id: String,
    says: Map<String, Value>,
}

impl Trusted {
    /// The one of its kind that this identifies, such as the issuer's address, with what there is to say of it.
    #[must_use]
    pub fn new(kind: Kind, identity: &[u8], says: Map<String, Value>) -> Self {
        let digest = Sha256::new().chain_update(kind.as_str()).chain_update([0]).chain_update(identity).finalize();
        Self { kind, id: Id::<Self>::of_digest(&digest.into()).to_string(), says }
    }

    fn document(&self, is_in_use: bool) -> Map<String, Value> {
        let mut document = self.says.clone();
        document.insert(IN_USE.to_owned(), is_in_use.into());
        document
    }
}

/// Whether the log says that this, and nothing else of its kind, is in use.
pub fn is_noted(tx: &mut ReadTx<'_>, kind: Kind, used: Option<&Trusted>) -> Result<bool, Error> {
    let noted = in_use(tx, kind)?;
    Ok(match (noted.as_slice(), used) {
        ([], None) => true,
        ([noted], Some(used)) => noted == used,
        _ => false,
    })
}

/// Logs that this is in use, and nothing else of its kind. Adds no entry if the log says so already.
pub fn note(tx: &mut WriteTx<'_>, kind: Kind, used: Option<&Trusted>) -> Result<(), Error> {
    let mut noted = in_use(tx, kind)?;
    for (id, after) in tx.pending_of(kind) {
        noted.retain(|noted| noted.id != id);
        noted.extend(said_in_use(kind, id, after.as_deref())?);
    }
    for gone in noted.iter().filter(|noted| used.is_none_or(|used| used.id != noted.id)) {
        log(tx, Action::Update, (kind, &gone.id), gone.document(false), &[], Remark::default())?;
    }
    if let Some(used) = used.filter(|used| !noted.contains(used)) {
        let is_new = newest_version(tx, kind, &used.id)?.is_none();
        let action = if is_new { Action::Create } else { Action::Update };
        log(tx, action, (kind, &used.id), used.document(true), &[], Remark::default())?;
    }
    Ok(())
}

/// What the log says is in use of a kind.
fn in_use(tx: &mut ReadTx<'_>, kind: Kind) -> Result<Vec<Trusted>, Error> {
    let newest = Fragment::default()
        .sql(
            "SELECT entries.resource_id, entries.after FROM entries made JOIN entries ON entries.seq = \
             (SELECT max(one.seq) FROM entries one WHERE one.resource_id = made.resource_id) \
             WHERE made.action = 'create' AND made.resource_type = ",
        )
        .parameter(kind.as_str())
        .sql(" ORDER BY entries.seq");
    let newest: Vec<(String, Option<String>)> = newest.giving::<(Text, Nullable<Text>)>().load(tx.conn())?;
    let mut found = Vec::new();
    for (id, after) in newest {
        found.extend(said_in_use(kind, id, after.as_deref())?);
    }
    Ok(found)
}

/// What an entry tells of, if it says that this is in use.
fn said_in_use(kind: Kind, id: String, after: Option<&str>) -> Result<Option<Trusted>, Error> {
    let mut says: Map<String, Value> = from_json("after", after.unwrap_or("{}"))?;
    says.retain(|member, _| !["id", "version"].contains(&member.as_str()));
    let is_in_use = says.remove(IN_USE) == Some(Value::Bool(true));
    Ok(is_in_use.then_some(Trusted { kind, id, says }))
}

/// Members of what the log says.
#[must_use]
pub fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Puts on the record what became of something that governs the register, with what it is after it. Members with personal data stand
/// there as commitments.
pub(crate) fn log(
    tx: &mut WriteTx<'_>,
    action: Action,
    (kind, id): (Kind, &str),
    mut document: Map<String, Value>,
    personal: &[String],
    remark: Remark,
) -> Result<(), Error> {
    let version = newest_version(tx, kind, id)?.map_or(Ok(1), next_version)?;
    document.insert("id".to_owned(), id.into());
    document.insert("version".to_owned(), version.into());
    // Members are kept in the order of their names, as RFC 8785 asks.
    let after = personal::commit(tx, kind, id, personal, to_json(&document))?;
    tx.log(action, kind, id.to_owned(), version, Some(Arc::from(after)), remark);
    Ok(())
}

/// The version of something by the newest entry about it, which another write of the same batch may be about to make.
pub(crate) fn newest_version(tx: &mut WriteTx<'_>, kind: Kind, id: &str) -> Result<Option<i64>, Error> {
    if let Some(version) = tx.pending_version(kind, id) {
        return Ok(Some(version));
    }
    let stored = entries::table
        .filter(entries::resource_id.eq(id))
        .filter(entries::resource_type.eq(kind.as_str()))
        .order(entries::seq.desc());
    Ok(stored.select(entries::version).first(tx.conn()).optional()?)
}

//! Keeps the stored documents in today's form.
//!
//! The database notes in which form the documents of each kind are. Those of an earlier form are upgraded when the register is opened. That
//! changes no fact: no version goes up, and no entry is logged, but for keys that the log did not tell of.

use std::collections::HashMap;

use diesel::prelude::*;
use document::Documented;
use domain::{Child, Kind};

use crate::backend::schema::document_versions;
use crate::error::Error;
use crate::register::record;
use crate::{ReadTx, WriteTx, key};

/// Upgrades the next documents from a form, after an id; gives the last id, or none at the end.
type Step = fn(&mut WriteTx<'_>, usize, &str) -> Result<Option<String>, Error>;

/// A kind of record whose documents have forms.
#[derive(Clone, Copy)]
pub(crate) struct Versioned {
    pub(crate) kind: Kind,
    /// Today's form.
    pub(crate) version: usize,
    pub(crate) step: Step,
}

macro_rules! versioned {
    (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
        [
            $(Versioned { kind: Kind::$Record, version: $Record::DOCUMENT_VERSION, step: record::upgrade::<$Record> },)+
            $(Versioned {
                kind: Kind::$Child,
                version: Child::<$Parent, $Child>::DOCUMENT_VERSION,
                step: record::upgrade::<Child<$Parent, $Child>>,
            },)+
            KEYS,
        ]
    };
}

/// Keys have no stored documents. Their first version is that the log tells of each.
const KEYS: Versioned = Versioned { kind: Kind::Key, version: 1, step: key::log_unknown };

/// All kinds.
pub(crate) const KINDS: [Versioned; Kind::RECORDS.len() + 1] = domain::for_each_record!(versioned);

/// The kinds whose documents may be in another form than today's.
pub(crate) fn outstanding(tx: &mut ReadTx<'_>) -> Result<Vec<Versioned>, Error> {
    let stored: HashMap<String, i64> = document_versions::table
        .select((document_versions::kind, document_versions::version))
        .load(tx.conn())?
        .into_iter()
        .collect();
    Ok(KINDS.into_iter().filter(|it| stored.get(it.kind.as_str()).copied() != Some(it.today())).collect())
}

/// A kind whose documents are noted to be in another form than today's, if there is one.
pub(crate) fn behind(tx: &mut ReadTx<'_>) -> Result<Option<Kind>, Error> {
    let stored: Vec<(String, i64)> =
        document_versions::table.select((document_versions::kind, document_versions::version)).load(tx.conn())?;
    let is_behind =
        |it: &Versioned| stored.iter().any(|(kind, version)| kind == it.kind.as_str() && *version != it.today());
    Ok(KINDS.iter().find(|it| is_behind(it)).map(|it| it.kind))
}

impl Versioned {
    /// Whether its upgrade leaves entries, which have a time.
    pub(crate) fn leaves_entries(self, tx: &mut ReadTx<'_>) -> Result<bool, Error> {
        let noted = document_versions::table.find(self.kind.as_str());
        Ok(self.kind == Kind::Key && diesel::select(diesel::dsl::exists(noted)).get_result(tx.conn())?)
    }

    /// Upgrades the next documents of the kind; gives the id of the last, or none at the end. How far it came is noted in the same
    /// transaction, so that no document is upgraded twice, whoever goes on.
    pub(crate) fn go_on(self, tx: &mut WriteTx<'_>) -> Result<Option<String>, Error> {
        let row = document_versions::table.find(self.kind.as_str());
        let noted = row.select((document_versions::version, document_versions::upgraded_through));
        let noted: Option<(i64, Option<String>)> = noted.first(tx.conn()).optional()?;
        let Some((version, upgraded_through)) = noted else {
            // There are no documents of a kind that this register has not known.
            self.note(tx, self.today(), None)?;
            return Ok(None);
        };
        if version == self.today() {
            return Ok(None);
        }
        if version > self.today() {
            return Err(Error::Internal(format!(
                "the documents of its {} have the version {version}, which this program does not know: use a newer \
                 version of the program",
                self.kind.plural()
            )));
        }
        let from = usize::try_from(version).unwrap_or_default();
        let last = (self.step)(tx, from, &upgraded_through.unwrap_or_default())?;
        self.note(tx, if last.is_some() { version } else { self.today() }, last.as_deref())?;
        Ok(last)
    }

    /// The error of an upgrade that would never end, since how far it came is not kept.
    pub(crate) fn stuck(self, at: &str) -> Error {
        Error::Internal(format!("the upgrade of the stored {} does not advance beyond {at}", self.kind.plural()))
    }

    fn today(self) -> i64 {
        i64::try_from(self.version).unwrap_or(i64::MAX)
    }

    fn note(self, tx: &mut WriteTx<'_>, version: i64, upgraded_through: Option<&str>) -> Result<(), Error> {
        diesel::delete(document_versions::table.find(self.kind.as_str())).execute(tx.changing())?;
        diesel::insert_into(document_versions::table)
            .values((
                document_versions::kind.eq(self.kind.as_str()),
                document_versions::version.eq(version),
                document_versions::upgraded_through.eq(upgraded_through),
            ))
            .execute(tx.changing())?;
        Ok(())
    }
}

//! The lives of contracts as the log has them: each contract after each change of it, of a competition or of a notice, with its buyer and
//! its supplier as they were then.
//!
//! Entries that not everybody may read are no part of a life.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use document::ocds::{Change, Moment, Party};
use document::{Documented, record};
use domain::record::EntryAction;
use domain::{Child, Competition, CompetitionId, Contract, ContractId, Id, Kind, Notice, NoticeId};

use crate::ReadTx;
use crate::backend::fragment::{Fragment, any_of};
use crate::backend::json::{corrupt, instant, parsed};
use crate::error::Error;

/// The life of a contract that was not deleted.
pub(crate) struct Life {
    pub(crate) id: ContractId,
    /// Each moment with the number of the entry that made it, in the order of the log.
    pub(crate) moments: Vec<(i64, Moment)>,
}

/// An entry, as far as lives need it.
#[derive(Clone)]
struct Logged {
    seq: i64,
    at: NaiveDateTime,
    kind: Kind,
    id: String,
    version: i64,
    is_new: bool,
    after: Option<String>,
}

/// The columns of an entry in a statement.
type ColumnTypes = (BigInt, Timestamp, Text, Text, Text, BigInt, Nullable<Text>);
type Columns = (i64, NaiveDateTime, String, String, String, i64, Option<String>);

/// What belongs to a contract.
type Own<T> = (Id<Child<Contract, T>>, Arc<T>);

/// So many ids are looked up at a time.
const AT_A_TIME: usize = 500;

/// Entries that belong to a contract, by their statement.
const CHILDREN: &str = "entries.action = 'create' AND entries.resource_type IN ('competition', 'notice')";

/// The lives of these contracts. Contracts that were deleted have none.
pub(crate) fn lives(tx: &mut ReadTx<'_>, ids: &BTreeSet<String>) -> Result<Vec<Life>, Error> {
    let related = related(tx, ids)?;
    let wanted: BTreeSet<&String> = ids.iter().chain(related.values().flatten()).collect();
    let mut by_record: HashMap<String, Vec<Logged>> = HashMap::new();
    for entry in entries_of(tx, &wanted)? {
        by_record.entry(entry.id.clone()).or_default().push(entry);
    }
    let mut told = Vec::with_capacity(ids.len());
    for id in ids {
        let own = by_record.get(id).map(Vec::as_slice).unwrap_or_default();
        let is_contract = own.first().is_some_and(|entry| entry.kind == Kind::Contract);
        if !is_contract || own.last().is_none_or(|entry| entry.after.is_none()) {
            continue;
        }
        let others = related.get(id).into_iter().flatten().filter_map(|id| by_record.get(id)).flatten();
        let mut entries: Vec<&Logged> = own.iter().chain(others).collect();
        entries.sort_by_key(|entry| entry.seq);
        let mut telling = Telling::of(parsed("id", id)?);
        for entry in entries {
            telling.go_on(entry)?;
        }
        told.push(telling);
    }
    let parties = parties(tx, &told)?;
    told.into_iter().map(|telling| telling.with(&parties)).collect()
}

/// The ids of the contracts whose lives the entries in a span have something of, and the number of the last entry that was looked at.
pub(crate) fn changed(
    tx: &mut ReadTx<'_>,
    (first, last): (i64, i64),
    limit: usize,
) -> Result<(BTreeSet<String>, Option<i64>), Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let entries = Fragment::default()
        .sql("SELECT entries.seq, entries.resource_type, entries.resource_id FROM entries WHERE entries.seq >= ")
        .number(first)
        .sql(" AND entries.seq <= ")
        .number(last)
        .sql(" AND entries.resource_type IN ('contract', 'competition', 'notice') ORDER BY entries.seq LIMIT ")
        .number(limit);
    let found: Vec<(i64, String, String)> = entries.giving::<(BigInt, Text, Text)>().load(tx.conn())?;
    let is_full = i64::try_from(found.len()).is_ok_and(|found| found == limit);
    let seen = found.last().map(|(seq, ..)| *seq).filter(|_| is_full);
    let (contracts, children): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, kind, _)| kind == Kind::Contract.as_str());
    let ids = |rows: Vec<(i64, String, String)>| rows.into_iter().map(|(_, _, id)| id).collect::<BTreeSet<_>>();
    let (mut ids, children) = (ids(contracts), ids(children));
    let dialect = tx.conn().dialect();
    let parent = dialect.member("entries.after", "contract_id");
    let replaced = dialect.member("entries.after", "replaces_contract_id");
    for (named, rule, of) in [
        (parent, CHILDREN.to_owned(), &children),
        (replaced.clone(), format!("entries.resource_type = 'contract' AND {replaced} IS NOT NULL"), &ids.clone()),
    ] {
        for some in chunks(of) {
            let Some(of_these) = any_of("entries.resource_id", &some) else { continue };
            let query = Fragment::default().sql(format!("SELECT {named} FROM entries WHERE {rule} AND "));
            let found: Vec<String> = query.and(of_these).giving::<Text>().load(tx.conn())?;
            ids.extend(found);
        }
    }
    Ok((ids, seen))
}

/// For each contract, the ids of what belongs to it and of the contracts that took its place.
fn related(tx: &mut ReadTx<'_>, ids: &BTreeSet<String>) -> Result<HashMap<String, BTreeSet<String>>, Error> {
    let dialect = tx.conn().dialect();
    let parent = dialect.member("entries.after", "contract_id");
    let replaced = dialect.member("entries.after", "replaces_contract_id");
    let of_replaced = format!("entries.resource_type = 'contract' AND {replaced} IS NOT NULL");
    let mut related: HashMap<String, BTreeSet<String>> = HashMap::new();
    for (contract, rule) in [(parent, CHILDREN.to_owned()), (replaced, of_replaced)] {
        for some in chunks(ids) {
            let Some(of_these) = any_of(&contract, &some) else { continue };
            let query = Fragment::default()
                .sql(format!("SELECT {contract}, entries.resource_id FROM entries WHERE {rule} AND "));
            let found: Vec<(String, String)> = query.and(of_these).giving::<(Text, Text)>().load(tx.conn())?;
            for (contract, id) in found {
                related.entry(contract).or_default().insert(id);
            }
        }
    }
    Ok(related)
}

/// All entries of these records, in the order of the log.
fn entries_of<T: AsRef<str>>(tx: &mut ReadTx<'_>, ids: &BTreeSet<T>) -> Result<Vec<Logged>, Error> {
    let mut entries = Vec::new();
    for some in chunks(ids) {
        let Some(of_these) = any_of("entries.resource_id", &some) else { continue };
        let query = Fragment::default()
            .sql(
                "SELECT entries.seq, entries.at, entries.resource_type, entries.resource_id, entries.action, \
                 entries.version, entries.after FROM entries WHERE NOT entries.restricted AND ",
            )
            .and(of_these);
        let found: Vec<Columns> = query.giving::<ColumnTypes>().load(tx.conn())?;
        for (seq, at, kind, id, action, version, after) in found {
            let (kind, is_new) = (parsed("resource_type", &kind)?, action == EntryAction::Create.as_str());
            entries.push(Logged { seq, at, kind, id, version, is_new, after });
        }
    }
    entries.sort_by_key(|entry| entry.seq);
    Ok(entries)
}

fn chunks<T: AsRef<str>>(ids: &BTreeSet<T>) -> Vec<Vec<&str>> {
    let ids: Vec<&str> = ids.iter().map(AsRef::as_ref).collect();
    ids.chunks(AT_A_TIME).map(<[&str]>::to_vec).collect()
}

/// A life while it is told, without its parties.
struct Telling {
    id: ContractId,
    contract: Option<(Arc<Contract>, i64)>,
    competitions: Vec<(CompetitionId, Arc<Competition>)>,
    notices: Vec<(NoticeId, Arc<Notice>)>,
    replaced_by: Vec<ContractId>,
    moments: Vec<(i64, Moment)>,
}

impl Telling {
    fn of(id: ContractId) -> Self {
        Self {
            id,
            contract: None,
            competitions: Vec::new(),
            notices: Vec::new(),
            replaced_by: Vec::new(),
            moments: Vec::new(),
        }
    }

    fn go_on(&mut self, entry: &Logged) -> Result<(), Error> {
        let Some(change) = self.change(entry)? else { return Ok(()) };
        let Some((contract, version)) = &self.contract else { return Ok(()) };
        let moment = Moment {
            id: self.id,
            version: *version,
            at: instant(entry.at),
            change,
            contract: Arc::clone(contract),
            competitions: self.competitions.clone(),
            notices: self.notices.clone(),
            buyer: Arc::default(),
            supplier: Arc::default(),
            replaced_by: self.replaced_by.clone(),
        };
        self.moments.push((entry.seq, moment));
        Ok(())
    }

    /// Takes up what an entry says; none where it says nothing of the contract.
    fn change(&mut self, entry: &Logged) -> Result<Option<Change>, Error> {
        let parent = Some(self.id.to_string());
        match entry.kind {
            Kind::Contract if entry.id == self.id.to_string() => {
                let Some(after) = &entry.after else { return Ok(None) };
                self.contract = Some((Arc::new(read(after, None)?), entry.version));
                Ok(Some(Change::Contract))
            }
            Kind::Contract => {
                let id: ContractId = parsed("resource_id", &entry.id)?;
                let replaced = match &entry.after {
                    Some(after) => read::<Contract>(after, None)?.replaces_contract_id,
                    None => None,
                };
                let was_there = self.replaced_by.contains(&id);
                self.replaced_by.retain(|own| *own != id);
                if replaced == Some(self.id) {
                    self.replaced_by.push(id);
                }
                let has_changed = was_there != (replaced == Some(self.id));
                Ok(has_changed.then_some(Change::Successor(id, entry.version)))
            }
            Kind::Competition => {
                let id: CompetitionId = parsed("resource_id", &entry.id)?;
                let read = |after: &String| read::<Child<Contract, Competition>>(after, parent.as_deref());
                let competition = entry.after.as_ref().map(read).transpose()?;
                put(&mut self.competitions, id, competition.map(|child| child.content));
                Ok(Some(Change::Competition(id, entry.version)))
            }
            Kind::Notice => {
                let id: NoticeId = parsed("resource_id", &entry.id)?;
                let read = |after: &String| read::<Child<Contract, Notice>>(after, parent.as_deref());
                let notice = entry.after.as_ref().map(read).transpose()?;
                let code = notice.as_ref().filter(|_| entry.is_new).map(|notice| notice.code);
                put(&mut self.notices, id, notice.map(|child| child.content));
                Ok(Some(Change::Notice(id, entry.version, code)))
            }
            _ => Ok(None),
        }
    }

    fn with(self, parties: &Parties) -> Result<Life, Error> {
        let mut moments = self.moments;
        for (seq, moment) in &mut moments {
            moment.buyer = parties.at(&moment.contract.department_id.to_string(), *seq)?;
            moment.supplier = parties.at(&moment.contract.mutual_id.to_string(), *seq)?;
        }
        Ok(Life { id: self.id, moments })
    }
}

/// Sets what belongs to a contract, or takes it away. What was there before keeps its place.
fn put<T>(own: &mut Vec<Own<T>>, id: Id<Child<Contract, T>>, content: Option<T>) {
    let place = own.iter().position(|(other, _)| *other == id);
    match (place.and_then(|place| own.get_mut(place)), content) {
        (Some((_, before)), Some(content)) => *before = Arc::new(content),
        (None, Some(content)) => own.push((id, Arc::new(content))),
        (_, None) => own.retain(|(other, _)| *other != id),
    }
}

/// A record of the log, in whatever form it had then.
fn read<T: Documented>(document: &str, parent: Option<&str>) -> Result<T, Error> {
    let in_first_form = |_| record::upgrade::<T>(document, 1).and_then(|document| record::read(&document, parent));
    record::read(document, parent).or_else(in_first_form).map_err(|error| corrupt("after", &error))
}

/// The versions of departments and mutuals by the numbers of their entries.
struct Parties(HashMap<String, BTreeMap<i64, Arc<Party>>>);

impl Parties {
    /// The record as it was after an entry.
    fn at(&self, id: &str, seq: i64) -> Result<Arc<Party>, Error> {
        let versions = self.0.get(id);
        let found = versions.and_then(|versions| versions.range(..=seq).next_back());
        let found = found.map(|(_, party)| Arc::clone(party));
        found.ok_or_else(|| Error::Internal(format!("the log does not have the party {id} of a contract")))
    }
}

fn parties(tx: &mut ReadTx<'_>, told: &[Telling]) -> Result<Parties, Error> {
    let moments = told.iter().flat_map(|telling| &telling.moments);
    let ids = moments.flat_map(|(_, moment)| {
        let Contract { department_id, mutual_id, .. } = &*moment.contract;
        [department_id.to_string(), mutual_id.to_string()]
    });
    let ids: BTreeSet<String> = ids.collect();
    let mut parties: HashMap<String, BTreeMap<i64, Arc<Party>>> = HashMap::new();
    for entry in entries_of(tx, &ids)? {
        let Some(after) = &entry.after else { continue };
        let party = Arc::new(Party::of(&entry.id, after));
        parties.entry(entry.id).or_default().insert(entry.seq, party);
    }
    Ok(Parties(parties))
}

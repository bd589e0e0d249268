//! Contracts in the database, and which of them is the first of its mutual.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use document::register::{ContractFilter, CpvPrefix};
use document::value::{Bounded, Text, Word, texts};
use document::{Documented, Member, Reference, Wire};
use domain::procurement::regime::{REGIMES, RegimeTest};
use domain::{
    Contract, ContractId, Currency, DepartmentKind, DraftAccess, Key, Kind, Line, MAX_INTEGER, MutualId, Record,
    Regime, fold_name, indexed,
};

use crate::backend::column::Column;
use crate::backend::dialect::{Dialect, Searched};
use crate::backend::fragment::{FindingTable, FoundBy, Fragment, all_of, any_of};
use crate::backend::json::{parsed, text_option};
use crate::backend::schema::{contract_cpv_codes, contracts};
use crate::error::{Conflict, Error, refuse};
use crate::log::entry::Action;
use crate::query::keyset::{KeyKind, Listing, Page, Slice, SortKey, Sorted, Values};
use crate::query::record_filter::RecordFilter;
use crate::query::span;
use crate::register::child;
use crate::register::record::{self, Columns, StoredKind, Words, Writing};
use crate::register::reference;
use crate::register::root::{StoredRecord, StoredRoot};
use crate::register::tombstone::Confidants;
use crate::transaction::Remark;
use crate::{ReadTx, Representation, Stored, WriteTx};

impl Sorted for Contract {
    const NAME: &'static str = "ContractSort";
    const MEMBERS: &'static [Member] = <<Self as Documented>::Document as Wire>::OBJECT.members;
    const KEYS: &'static [SortKey] = &[
        SortKey::ID,
        SortKey::new("starts_on", Values::Optional, KeyKind::Text),
        SortKey::new("ends_on", Values::Optional, KeyKind::Text),
        SortKey::new("value_amount_minor", Values::Optional, KeyKind::Integer).called("value"),
        SortKey::UPDATED_AT,
    ];
}

impl StoredKind for Contract {
    const COLUMNS: Columns<Self> = &[
        ("mutual_id", |contract| Column::text(contract.mutual_id)),
        ("department_id", |contract| Column::text(contract.department_id)),
        ("reference_folded", |contract| Column::text_option(contract.reference.as_ref().map(folded).as_ref())),
        ("ocid", |contract| Column::text_option(contract.ocid.as_ref())),
        ("health_services", |contract| Column::Flag(contract.health_services)),
        ("procedure", |contract| Column::word(contract.procedure.as_str())),
        ("replaces_contract_id", |contract| Column::text_option(contract.replaces_contract_id.as_ref())),
        ("procurement_started_on", |contract| Column::day(contract.timeline.procurement_started_on)),
        ("awarded_on", |contract| Column::text_option(contract.timeline.awarded_on.as_ref())),
        ("entered_on", |contract| Column::text_option(contract.timeline.entered_on.as_ref())),
        ("starts_on", |contract| Column::text_option(contract.timeline.starts_on.as_ref())),
        ("ends_on", |contract| Column::text_option(contract.timeline.ends_on.as_ref())),
        ("latest_ends_on", |contract| Column::day(contract.timeline.latest_ends_on)),
        ("value_amount_minor", |contract| Column::Integer(contract.value.map(|value| value.amount_minor()))),
        ("value_currency", |contract| Column::text_option(contract.value.map(|value| value.currency()).as_ref())),
        ("protection_kind", |contract| {
            Column::word_option(contract.timeline.protection.as_ref().map(|protection| protection.kind.as_str()))
        }),
        ("status", |contract| Column::word(contract.status.as_str())),
        ("is_first", |contract| Column::Flag(Some(contract.is_first))),
    ];
    const FOUND_IN: &'static [&'static str] = &[CpvCodes::INTO];
    const FOUND_BY_WORDS: Option<Words<Self>> = Some((Searched::Contracts, words));

    fn parts(&self, id: &str) -> Vec<FoundBy> {
        let codes = self.cpv_codes.iter().map(|code| [code.to_string(), id.to_owned()]);
        FoundBy::rows::<CpvCodes>(codes).into_iter().collect()
    }
}

impl StoredRecord for Contract {
    type Name = ContractId;

    fn find(tx: &mut ReadTx<'_>, id: &ContractId, _: DraftAccess<'_>) -> Result<Record<Self>, Error> {
        record::find_by_key(tx, &Key::Id(*id))
    }

    fn represent(tx: &mut ReadTx<'_>, id: &ContractId, _: DraftAccess<'_>) -> Result<Representation, Error> {
        record::show_by_key(tx, &Key::Id(*id))
    }

    /// This may change which contract is the first of its mutual, or of both mutuals where it goes from one to another.
    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        contract: Self,
        _: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        check_references(tx, current.id, &contract)?;
        let mut record = record::changed(tx, current, contract)?;
        record.content.is_first = take_first_place(tx, &record)?;
        let writing = Writing::new(record);
        remove_parts(tx, writing.id())?;
        let content = &writing.record.content;
        let stored = writing.update(tx, &content.parts(writing.id()), Action::Update, Remark::default())?;
        tx.index_words(Searched::Contracts, writing.id(), words(content));
        let stays_first = content.is_first && content.mutual_id == current.content.mutual_id;
        if !stays_first {
            leave_first_place(tx, current)?;
        }
        Ok(stored)
    }

    /// Where it was the first of its mutual, the next one takes its place.
    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), Error> {
        let id = current.id.to_string();
        let replacing = (Kind::Contract, named(tx, "replaces_contract_id", &id)?);
        let own = child::dependents(tx, Kind::Contract, &id)?;
        refuse(Error::Conflict, Conflict::dependents(own.into_iter().chain([replacing])))?;
        remove_parts(tx, &id)?;
        record::delete(tx, current, None, &Confidants::default())?;
        leave_first_place(tx, current)
    }
}

impl StoredRoot for Contract {
    type Filter = ContractFilter;
    type Prepared = (ContractId, Self);

    fn list(
        tx: &mut ReadTx<'_>,
        filter: &ContractFilter,
        records: &RecordFilter,
        page: &Page,
        _: DraftAccess<'_>,
    ) -> Result<Slice, Error> {
        let own = condition(tx, filter)?;
        let condition = all_of([Some(own), records.condition(Kind::Contract, tx.conn().dialect())]);
        let listing = Listing::of::<Self>(condition);
        let listing = match &filter.q {
            Some(Text(query)) => listing.searching(Searched::Contracts, query.clone()),
            None => listing,
        };
        listing.page(tx, page, page.sort)
    }

    fn prepare(id: ContractId, _: DateTime<Utc>, contract: Self) -> Self::Prepared {
        (id, contract)
    }

    fn content((_, content): &Self::Prepared) -> &Self {
        content
    }

    /// It may take the place of the mutual's first one.
    fn insert(
        tx: &mut WriteTx<'_>,
        (id, contract): &Self::Prepared,
        _: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        check_references(tx, *id, contract)?;
        let mut record = record::entered(tx, *id, contract.clone());
        record.content.is_first = take_first_place(tx, &record)?;
        let writing = Writing::new(record);
        let content = &writing.record.content;
        let stored = writing.insert(tx, &content.parts(writing.id()), Remark::default())?;
        tx.index_words(Searched::Contracts, writing.id(), words(content));
        Ok(stored)
    }
}

fn check_references(tx: &mut ReadTx<'_>, id: ContractId, contract: &Contract) -> Result<(), Error> {
    let replaced = contract.replaces_contract_id.map(|id| Reference::new("replaces_contract_id", Kind::Contract, id));
    let supplier = Reference::new("mutual_id", Kind::Mutual, contract.mutual_id);
    let buyer = Reference::new("department_id", Kind::Department, contract.department_id);
    reference::check(tx, &[supplier, buyer].into_iter().chain(replaced).collect::<Vec<_>>())?;
    let first = contract.replaces_contract_id.map(|id| id.to_string());
    reference::check_no_circle(tx, Kind::Contract, "replaces_contract_id", &id.to_string(), first)
}

/// Whether a contract that is about to be written is the first of its mutual; if so, the one that was gives way before, since
/// there is never more than one.
///
/// The first is the earliest by the date it was entered into, and of several of one date the one with the least id. A partial date
/// counts as its first day, and before a full one of that day. A contract without that date never is.
fn take_first_place(tx: &mut WriteTx<'_>, record: &Record<Contract>) -> Result<bool, Error> {
    let Some(entered_on) = record.content.timeline.entered_on else { return Ok(false) };
    let earliest = earliest_other(tx, record)?;
    if earliest.is_some_and(|other| other < (entered_on.to_string(), record.id.to_string())) {
        return Ok(false);
    }
    let holder: Option<String> = contracts::table
        .filter(contracts::mutual_id.eq(record.content.mutual_id.to_string()))
        .filter(contracts::is_first)
        .filter(contracts::id.ne(record.id.to_string()))
        .select(contracts::id)
        .first(tx.conn())
        .optional()?;
    if let Some(id) = holder {
        set_first(tx, &id, false)?;
    }
    Ok(true)
}

/// Makes the next earliest contract of the mutual its first one, after a contract that was has been changed or has gone.
fn leave_first_place(tx: &mut WriteTx<'_>, left: &Record<Contract>) -> Result<(), Error> {
    if !left.content.is_first {
        return Ok(());
    }
    match earliest_other(tx, left)? {
        Some((_, id)) => set_first(tx, &id, true),
        None => Ok(()),
    }
}

/// The earliest contract of a record's mutual beside the record itself.
fn earliest_other(tx: &mut ReadTx<'_>, record: &Record<Contract>) -> Result<Option<(String, String)>, Error> {
    Ok(contracts::table
        .filter(contracts::mutual_id.eq(record.content.mutual_id.to_string()))
        .filter(contracts::id.ne(record.id.to_string()))
        .filter(contracts::entered_on.is_not_null())
        .select((contracts::entered_on.assume_not_null(), contracts::id))
        .order((contracts::entered_on, contracts::id))
        .first(tx.conn())
        .optional()?)
}

/// Says of a contract that another one's change made it the first, or no longer so: it shows this, so that its version goes up.
fn set_first(tx: &mut WriteTx<'_>, id: &str, is_first: bool) -> Result<(), Error> {
    let Some(current) = record::find::<Contract>(tx, parsed("id", id)?)? else {
        return Err(Error::Internal(format!("the contract {id} is gone")));
    };
    let mut record = record::changed(tx, &current, current.content.clone())?;
    record.content.is_first = is_first;
    Writing::new(record).update(tx, &[], Action::Update, Remark::default()).map(drop)
}

/// What `q` finds a contract by: its title, its description, its reference and its open contracting id.
fn words(contract: &Contract) -> String {
    let description = contract.description.iter().map(ToString::to_string);
    let reference = contract.reference.iter().map(ToString::to_string);
    let ocid = contract.ocid.iter().map(ToString::to_string);
    let text: Vec<String> =
        std::iter::once(contract.title.to_string()).chain(description).chain(reference).chain(ocid).collect();
    indexed(&text.join(" "))
}

/// What a buyer's reference is found by: one that looks the same.
fn folded(reference: &Line<100>) -> String {
    fold_name(reference.as_str())
}

fn condition(tx: &mut ReadTx<'_>, filter: &ContractFilter) -> Result<Fragment, Error> {
    let dialect = tx.conn().dialect();
    let mutuals = reference::resolve(tx, &texts(filter.mutual.clone()))?;
    let departments = reference::resolve(tx, &texts(filter.department.clone()))?;
    let by_value = filter.value_from.or(filter.value_to).is_some();
    let currency = filter.currency.or(by_value.then_some(Text(Currency::GBP)));
    let is = |column: &str, value: Option<String>| {
        value.map(|value| Fragment::default().sql(format!("contracts.{column} = ")).parameter(value))
    };
    let whether = |column: &str, wanted: Option<bool>| {
        wanted.map(|wanted| Fragment::default().sql(format!("{}contracts.{column}", if wanted { "" } else { "NOT " })))
    };
    let value = |operator: &str, amount: Option<Bounded<0, { MAX_INTEGER }>>| {
        let start = Fragment::default().sql(format!("contracts.value_amount_minor {operator} "));
        amount.map(|Bounded(amount)| start.number(amount))
    };
    let days = |column: &str, from, to| span::days(dialect, column, from, to);
    Ok(all_of([
        any_of("contracts.mutual_id", &mutuals),
        any_of("contracts.department_id", &departments),
        any_of("contracts.procedure", &filter.procedure),
        any_of("contracts.status", &filter.status),
        any_of("contracts.protection_kind", &filter.protection),
        whether("health_services", filter.health_services),
        whether("is_first", filter.is_first),
        is("reference_folded", filter.reference.as_ref().map(|Text(reference)| folded(reference))),
        is("ocid", text_option(filter.ocid.as_ref())),
        is("value_currency", text_option(currency.as_ref())),
        value(">=", filter.value_from),
        value("<=", filter.value_to),
        span::dates("contracts.awarded_on", filter.awarded_from, filter.awarded_to),
        span::dates("contracts.entered_on", filter.entered_from, filter.entered_to),
        span::dates("contracts.starts_on", filter.starts_from, filter.starts_to),
        span::dates("contracts.ends_on", filter.ends_from, filter.ends_to),
        days("contracts.latest_ends_on", filter.latest_ends_from, filter.latest_ends_to),
        cpv_condition(&filter.cpv),
        regime_condition(dialect, &filter.regime),
    ]))
}

/// The procurement was under any of these laws: the domain's table of them as a condition.
fn regime_condition(dialect: Dialect, regimes: &[Word<Regime>]) -> Option<Fragment> {
    let wanted = any_of("", &regimes.iter().map(|Word(regime)| regime.as_str()).collect::<Vec<_>>())?;
    let rows = REGIMES.iter().fold(Fragment::default().sql("CASE"), |rows, row| {
        let tests = row.tests.iter().map(|test| Some(regime_test(dialect, test).within("(", ")")));
        rows.and(all_of(tests).within(" WHEN ", "")).sql(format!(" THEN '{}'", row.regime))
    });
    Some(rows.sql(format!(" ELSE '{}' END", Regime::Unknown)).and(wanted))
}

fn regime_test(dialect: Dialect, test: &RegimeTest) -> Fragment {
    const STARTED: &str = "contracts.procurement_started_on";
    const AWARDED: &str = "COALESCE(contracts.awarded_on, contracts.entered_on)";
    let sql = |text: &'static str| Fragment::default().sql(text);
    let on = |column: &str, operator: &str, day: &str| {
        let (open, close) = dialect.cast("DATE");
        Fragment::default().sql(format!("{column} {operator} {open}")).parameter(day).sql(close)
    };
    let if_not_started = |awarded: Fragment| sql(" OR contracts.procurement_started_on IS NULL AND ").and(awarded);
    // A partial date is before a day if each day that it may be is, and texts are ordered as their first days are.
    let awarded_before = |day: &str| {
        let so_far = Fragment::default().sql(format!("{AWARDED} < substr(")).parameter(day);
        so_far.sql(format!(", 1, length({AWARDED}))"))
    };
    let awarded_since = |day: &str| Fragment::default().sql(format!("{AWARDED} >= ")).parameter(day);
    let before = |day: &str| on(STARTED, "<", day).and(if_not_started(awarded_before(day)));
    match test {
        RegimeTest::Before(day) => before(day),
        RegimeTest::SinceOrAwarded(day, late) => on(STARTED, ">=", day).and(if_not_started(awarded_since(late))),
        RegimeTest::Since(day) => on(STARTED, ">=", day),
        RegimeTest::NotBefore(day) => before(day).within("NOT COALESCE(", ", FALSE)"),
        RegimeTest::NotSince(day) => on(STARTED, ">=", day).within("NOT COALESCE(", ", FALSE)"),
        RegimeTest::Health(true) => sql("contracts.health_services"),
        RegimeTest::Health(false) => sql("NOT contracts.health_services"),
        RegimeTest::NhsCommissioner(wanted) => {
            let operator = if *wanted { "=" } else { "<>" };
            let kind = DepartmentKind::NhsCommissioner;
            of_buyer("kind", &format!("{operator} '{kind}'"))
        }
        RegimeTest::Nation(nations) => {
            let known = nations.iter().flatten().map(|nation| format!("'{nation}'")).collect::<Vec<_>>();
            let is_known = of_buyer("nation", &format!("IN ({})", known.join(", ")));
            if nations.contains(&None) { is_known.sql(" OR ").and(of_buyer("nation", "IS NULL")) } else { is_known }
        }
        RegimeTest::Procedure(procedures) => {
            let words: Vec<String> = procedures.iter().map(|procedure| format!("'{procedure}'")).collect();
            Fragment::default().sql(format!("contracts.procedure IN ({})", words.join(", ")))
        }
    }
}

/// What a column of the contract's buyer is.
fn of_buyer(column: &str, is: &str) -> Fragment {
    let buyer = "FROM departments WHERE departments.id = contracts.department_id";
    Fragment::default().sql(format!("(SELECT departments.{column} {buyer}) {is}"))
}

/// Any of a contract's codes starts with any of the prefixes, which are ranges of codes, so that an index can find them.
fn cpv_condition(prefixes: &[CpvPrefix]) -> Option<Fragment> {
    if prefixes.is_empty() {
        return None;
    }
    let mut condition = Fragment::default()
        .sql("EXISTS (SELECT 1 FROM contract_cpv_codes WHERE contract_cpv_codes.contract_id = contracts.id AND (1 = 0");
    for prefix in prefixes {
        condition = condition
            .sql(" OR (contract_cpv_codes.cpv_code >= ")
            .parameter(prefix.to_string())
            .sql(" AND contract_cpv_codes.cpv_code < ")
            // The colon is next after the digits, and after the hyphen before the check digit.
            .parameter(format!("{prefix}:"))
            .sql(")");
    }
    Some(condition.sql("))"))
}

struct CpvCodes;

impl FindingTable for CpvCodes {
    const INTO: &'static str = "contract_cpv_codes (cpv_code, contract_id)";
}

fn remove_parts(tx: &mut WriteTx<'_>, id: &str) -> Result<(), Error> {
    diesel::delete(contract_cpv_codes::table.filter(contract_cpv_codes::contract_id.eq(id))).execute(tx.changing())?;
    tx.unindex_words(Searched::Contracts, id)
}

/// All of a mutual's, in the order of entry.
pub(crate) fn of_mutual(tx: &mut ReadTx<'_>, mutual_id: MutualId) -> Result<Vec<Record<Contract>>, Error> {
    record::all_where(tx, Fragment::default().sql("contracts.mutual_id = ").parameter(mutual_id.to_string()))
}

/// The first of those that meet a condition, each with its id and its title.
pub(crate) fn named(tx: &mut ReadTx<'_>, column: &'static str, id: &str) -> Result<Vec<(String, String)>, Error> {
    let condition = Fragment::default().sql(format!("contracts.{column} = ")).parameter(id);
    let order = format!(" ORDER BY contracts.id LIMIT {}", Conflict::NAMED_DEPENDENTS);
    let contracts: Vec<Record<Contract>> = record::load(tx, condition.sql(order))?;
    Ok(contracts.into_iter().map(|record| (record.id.to_string(), record.content.title.to_string())).collect())
}

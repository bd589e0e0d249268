//! Pages of a list by keyset: a page starts after the last item of the one before, however deep it is.
//!
//! Items are ordered by one key and then by id, in the same direction; those without a value for the key come last in
//! both directions, as a second segment that is ordered by id alone.

use chrono::{Datelike as _, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamp};
use document::{Documented, Member, Wire as _};
use domain::{Day, SearchQuery};

use crate::backend::dialect::{Dialect, Searched};
use crate::backend::fragment::Fragment;
use crate::backend::json::instant;
use crate::error::Error;
use crate::{ReadTx, Representation};

/// Which page of a list is wanted.
#[derive(Clone, Debug)]
pub struct Page {
    /// At most so many items.
    pub limit: usize,
    /// The key that items are ordered by.
    pub sort: SortKey,
    /// From the greatest to the least.
    pub descending: bool,
    /// Where the page before ended; `None` for the first page.
    pub after: Option<Position>,
    /// Whether all items of the list are to be counted.
    pub count: bool,
}

/// A place in a list: the key and the id of the item that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The item's sort key; `None` where the item has no value for it.
    pub key: Option<String>,
    /// The item's id.
    pub id: String,
}

/// Which page is wanted of a list whose only order is that of its ids.
#[derive(Clone, Debug)]
pub struct IdPage {
    /// At most so many items.
    pub limit: usize,
    /// The latest first.
    pub descending: bool,
    /// The last item of the page before.
    pub after: Option<String>,
}

impl From<&Page> for IdPage {
    fn from(page: &Page) -> Self {
        let after = page.after.as_ref().map(|position| position.id.clone());
        Self { limit: page.limit, descending: page.descending, after }
    }
}

/// The number of items in a list, which is counted up to [`COUNTED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// There are so many.
    Exactly(i64),
    /// There are so many or more.
    AtLeast(i64),
}

/// The maximum number of items that are counted, so that a count of a long list has a limited cost.
pub const COUNTED: i64 = 10_000;

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The items of the page.
    pub items: Vec<Listed>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Position>,
    /// The number of items in the whole list, where it was asked for.
    pub total: Option<Total>,
}

impl Slice {
    /// A page in the order of the ids, of items with one more where there is a next page.
    #[must_use]
    pub fn by_id(mut items: Vec<Listed>, limit: usize, total: Option<Total>) -> Self {
        let has_more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| has_more).map(|item| item.id.clone());
        Self { items, next: last.map(|id| Position { key: Some(id.clone()), id }), total }
    }
}

/// A record in a list: what a reader of the list needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// The number of the entry that made it so; none where it is no record of the register.
    pub entry_seq: Option<i64>,
    /// How the API shows it.
    pub document: String,
    /// Whether that is what the public is shown, and less than there is.
    pub reduced: bool,
}

/// What the lists of a kind can be ordered by.
pub trait Sorted: 'static {
    /// Name of these keys as a code list: `MutualSort`. Empty where there is nothing to choose.
    const NAME: &'static str;
    /// The keys. The first is the order where the caller doesn't say.
    const KEYS: &'static [SortKey];
    /// The members of its items, of which some name other records.
    const MEMBERS: &'static [Member] = &[];
}

/// A list that has one order only, so that a request has none to choose.
impl Sorted for () {
    const NAME: &'static str = "";
    const KEYS: &'static [SortKey] = &[SortKey::ID];
}

/// A key that a list can be ordered by: a column, and the word by which callers name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    word: &'static str,
    column: &'static str,
    values: Values,
    kind: KeyKind,
    /// Whether the records of a page are found first and fetched then. Where no index holds the order of a list, all that the filter lets
    /// through is ordered before the first page is known: then the rows, which are wide, are read for the page alone.
    found_first: bool,
}

/// What values of a sort column there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Each record has one of its own, so that the id is not needed to tell two apart.
    Unique,
    /// Records may share one.
    Shared,
    /// Records may share one or have none.
    Optional,
}

/// How a sort key is written in a [`Position`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Text,
    Integer,
    Instant,
    Day,
}

impl KeyKind {
    fn postgres_type(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Integer => "BIGINT",
            Self::Instant => "TIMESTAMP",
            Self::Day => "DATE",
        }
    }

    fn accepts(self, key: &str) -> bool {
        match self {
            Self::Text => !key.contains('\0'),
            Self::Integer => key.parse::<i64>().is_ok(),
            Self::Instant => is_instant(key),
            Self::Day => key.parse::<Day>().is_ok(),
        }
    }
}

/// Whether both databases read the text as the same instant. A place may be made up, and chrono alone is lenient about
/// white space, signs and zeros.
fn is_instant(key: &str) -> bool {
    let (seconds, fraction) = key.split_once('.').unwrap_or((key, "0"));
    let written_so =
        |instant: NaiveDateTime| (1..=9999).contains(&instant.year()) && instant.format("%F %T").to_string() == seconds;
    NaiveDateTime::parse_from_str(seconds, "%F %T").is_ok_and(written_so)
        && (1..=6).contains(&fraction.len())
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// The records that a list is of, and what of each its reader may see.
pub(crate) struct Listing {
    table: &'static str,
    condition: Fragment,
    /// Whether the reader sees all that a record says, where the public may be shown less.
    seen: Option<Fragment>,
    /// The words that the records must have besides.
    search: Option<(Searched, SearchQuery)>,
}

/// The number of records that a search reads first, in the order of the list.
const FIRST_WALK: i64 = 500;
/// The maximum, if the first records suggest that this is enough to fill the page. Beyond it, the index of words is
/// faster.
fn longest_walk(dialect: Dialect) -> i64 {
    match dialect {
        Dialect::Postgres => 2500,
        Dialect::Sqlite => 5000,
    }
}

/// A row of a list: id, version, entry, sort key, document, what the public is shown, and whether the reader sees all.
type Row = (String, i64, i64, Option<String>, String, String, bool);

impl Listing {
    /// The records of a kind that meet a condition. Everybody sees all that they say: a kind that may say something about a person
    /// doesn't compile here.
    pub(crate) fn of<T: Documented>(condition: Fragment) -> Self {
        const { assert!(!T::Document::OBJECT.has_personal(), "the public may be shown less") };
        Self { table: T::KIND.table(), condition, seen: None, search: None }
    }

    /// The same where the reader sees all that a record says only if it meets another condition, and else what the public is shown.
    pub(crate) fn for_reader<T: Documented>(condition: Fragment, seen: Fragment) -> Self {
        let seen = T::Document::OBJECT.has_personal().then_some(seen);
        Self { table: T::KIND.table(), condition, seen, search: None }
    }

    /// Those of them that have a word which begins with each of these.
    pub(crate) fn searching(self, searched: Searched, query: SearchQuery) -> Self {
        Self { search: Some((searched, query)), ..self }
    }

    /// A page of the list: from the items with a key, and where those end on the page, on into those without.
    ///
    /// One item more than the page holds is loaded, to know whether there is a next page.
    pub(crate) fn page(&self, tx: &mut ReadTx<'_>, page: &Page, key: SortKey) -> Result<Slice, Error> {
        let wanted = page.limit.saturating_add(1);
        let mut rows = match &page.after {
            Some(Position { key: None, .. }) => Vec::new(),
            Some(Position { key: Some(value), .. }) if !key.kind.accepts(value) => {
                return Err(Error::InvalidPosition(value.clone()));
            }
            _ => self.load(tx, key, |key, dialect| key.with_value(self.table, page, dialect), wanted)?,
        };
        if key.values == Values::Optional && rows.len() < wanted {
            let more = wanted.saturating_sub(rows.len());
            rows.extend(self.load(tx, key, |key, _| key.without_value(self.table, page), more)?);
        }
        let mut next = None;
        if rows.len() > page.limit {
            rows.truncate(page.limit);
            next = rows.last().map(|(id, _, _, key, ..)| Position { key: key.clone(), id: id.clone() });
        }
        let items = rows.into_iter().map(|(id, version, entry_seq, _, document, public, all)| {
            let (document, reduced) = for_reader(document, public, all);
            Listed { id, version, entry_seq: Some(entry_seq), document, reduced }
        });
        Ok(Slice { items: items.collect(), next, total: if page.count { Some(self.count(tx)?) } else { None } })
    }

    /// The ids after this one, in their order, at most so many.
    pub(crate) fn ids_after(&self, tx: &mut ReadTx<'_>, id: &str, limit: i64) -> Result<Vec<String>, Error> {
        let table = self.table;
        let ids = Fragment::default().sql(format!("SELECT {table}.id FROM {table} WHERE "));
        let ids = ids.and(self.condition_with_words(tx)?).sql(format!(" AND {table}.id > ")).parameter(id);
        let ids = ids.sql(format!(" ORDER BY {table}.id LIMIT ")).number(limit);
        Ok(ids.giving::<Text>().load(tx.conn())?)
    }

    /// The one record that the list has, as its reader may see it.
    pub(crate) fn one(&self, tx: &mut ReadTx<'_>) -> Result<Option<Representation>, Error> {
        let found = self.columns("updated_at", ", '', (1 = 1)").and(self.condition.clone());
        let found = found.giving::<(Text, BigInt, BigInt, Timestamp, Text, Text, Bool)>();
        let found: Vec<(String, i64, i64, NaiveDateTime, String, String, bool)> = found.load(tx.conn())?;
        Ok(found.into_iter().next().map(|(id, version, entry_seq, updated_at, document, public, all)| {
            let (document, reduced) = for_reader(document, public, all);
            Representation { id, version, updated_at: instant(updated_at), entry_seq, document, reduced }
        }))
    }

    /// The records of a run: of a search, first by looking at those that come first in the order of the list, since words that many
    /// records have fill a page soon, and else by the index of words.
    fn load(
        &self,
        tx: &mut ReadTx<'_>,
        key: SortKey,
        run: impl Fn(SortKey, Dialect) -> Run,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let dialect = tx.conn().dialect();
        let Some((searched, query)) = &self.search else {
            return self.select(tx, key, self.source(), self.condition.clone(), run(key, dialect), limit);
        };
        let mut walk = (!key.found_first).then_some(FIRST_WALK);
        while let Some(length) = walk {
            let Run { condition, order } = run(key, dialect);
            let first = Fragment::default().sql(format!("(SELECT * FROM {} WHERE ", self.table)).and(condition);
            let first =
                first.sql(format!(" ORDER BY {order} LIMIT ")).number(length).sql(format!(") AS {}", self.table));
            let words = searched.own_words(dialect, query.words());
            let condition = self.condition.clone().sql(" AND ").and(words);
            let rows = self.select(tx, key.found_first(), first, condition, run(key, dialect), limit)?;
            if rows.len() >= limit {
                return Ok(rows);
            }
            walk = longer_walk(length, rows.len(), limit).filter(|longer| *longer <= longest_walk(dialect));
        }
        let key = key.found_first();
        let condition = self.condition_with_words(tx)?;
        self.select(tx, key, self.source(), condition, run(key, dialect), limit)
    }

    fn condition_with_words(&self, tx: &mut ReadTx<'_>) -> Result<Fragment, Error> {
        let condition = self.condition.clone();
        match &self.search {
            Some((searched, query)) => Ok(condition.sql(" AND ").and(searched.condition(tx.conn(), query)?)),
            None => Ok(condition),
        }
    }

    fn count(&self, tx: &mut ReadTx<'_>) -> Result<Total, Error> {
        let condition = self.condition_with_words(tx)?;
        let counted = Fragment::default().sql(format!("SELECT COUNT(*) FROM (SELECT 1 FROM {} WHERE ", self.table));
        let counted = counted.and(condition).sql(" LIMIT ").number(COUNTED.saturating_add(1));
        let found: i64 = counted.sql(") AS counted").giving::<BigInt>().get_result(tx.conn())?;
        Ok(if found > COUNTED { Total::AtLeast(COUNTED) } else { Total::Exactly(found) })
    }

    /// The records of a source that meet a condition, in the order of a run.
    fn select(
        &self,
        tx: &mut ReadTx<'_>,
        key: SortKey,
        source: Fragment,
        condition: Fragment,
        run: Run,
        limit: usize,
    ) -> Result<Vec<Row>, Error> {
        let table = self.table;
        let order = run.order;
        let chosen = condition.sql(" AND ").and(run.condition).sql(format!(" ORDER BY {order} LIMIT "));
        let chosen = chosen.number(i64::try_from(limit).unwrap_or(i64::MAX));
        let select = self.columns(&key.text(table), "");
        let query = if key.found_first {
            let ids = Fragment::default().sql(format!("{table}.id IN (SELECT {table}.id FROM ")).and(source);
            let ids = ids.sql(" WHERE ").and(chosen).sql(")");
            select.and(ids).sql(format!(" ORDER BY {order}"))
        } else {
            select.and(chosen)
        };
        if self.seen.is_some() {
            return Ok(query.giving::<(Text, BigInt, BigInt, Nullable<Text>, Text, Text, Bool)>().load(tx.conn())?);
        }
        let rows: Vec<(_, _, _, _, _)> =
            query.giving::<(Text, BigInt, BigInt, Nullable<Text>, Text)>().load(tx.conn())?;
        let whole =
            |(id, version, entry_seq, key, document)| (id, version, entry_seq, key, document, String::new(), true);
        Ok(rows.into_iter().map(whole).collect())
    }

    fn source(&self) -> Fragment {
        Fragment::default().sql(self.table)
    }

    /// What is selected of each record, with a value of one's own, up to the condition. Where everybody sees all, this stands in the
    /// place of what the public is shown and of whether the reader sees all.
    fn columns(&self, own: &str, whole: &'static str) -> Fragment {
        let table = self.table;
        let columns = format!("{table}.id, {table}.version, {table}.entry_seq, {own}, {table}.document");
        let select = Fragment::default().sql(format!("SELECT {columns}"));
        let select = match &self.seen {
            Some(seen) => select.and(seen.clone().within(format!(", {table}.public_document, ("), ")")),
            None => select.sql(whole),
        };
        select.sql(format!(" FROM {table} WHERE "))
    }
}

/// How many records to look at next, if the page will be full by then as far as the first ones tell.
fn longer_walk(length: i64, found: usize, limit: usize) -> Option<i64> {
    let (found, limit) = (i64::try_from(found).ok()?, i64::try_from(limit).ok()?);
    let needed = length.saturating_mul(limit).checked_div(found)?;
    let with_reserve = needed.saturating_add(needed / 2);
    (length == FIRST_WALK).then_some(with_reserve)
}

/// The document for a reader who sees all of a record or what the public sees, and whether that is less.
fn for_reader(document: String, public: String, sees_all: bool) -> (String, bool) {
    if sees_all {
        return (document, false);
    }
    let is_reduced = public != document;
    (public, is_reduced)
}

/// A run of a list in which either all items have a value for the sort key or none has: which rows belong to it and come after the
/// position, and their order.
struct Run {
    condition: Fragment,
    order: String,
}

impl SortKey {
    /// The order of entry.
    pub const ID: Self = Self::new("id", Values::Unique, KeyKind::Text);
    /// By the time of the last change.
    pub(crate) const UPDATED_AT: Self = Self::new("updated_at", Values::Shared, KeyKind::Instant);

    pub(crate) const fn new(column: &'static str, values: Values, kind: KeyKind) -> Self {
        Self { word: column, column, values, kind, found_first: false }
    }

    /// The same by a word that is not the column's name.
    pub(crate) const fn called(self, word: &'static str) -> Self {
        Self { word, ..self }
    }

    /// The word by which callers name it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.word
    }

    /// The same for a list that is best found first and ordered then, whatever index there is.
    pub(crate) const fn found_first(self) -> Self {
        Self { found_first: true, ..self }
    }

    fn with_value(self, table: &str, page: &Page, dialect: Dialect) -> Run {
        let Self { column: name, values, kind, found_first, .. } = self;
        let filled =
            if values == Values::Optional { format!("{table}.{name} IS NOT NULL") } else { "1 = 1".to_owned() };
        let mut condition = Fragment::default().sql(filled);
        if let Some(Position { key: Some(key), id: last }) = &page.after {
            let operator = if page.descending { "<" } else { ">" };
            let (open, close) = dialect.cast(kind.postgres_type());
            condition = match values {
                Values::Unique => {
                    condition.sql(format!(" AND {table}.{name} {operator} {open}")).parameter(key).sql(close)
                }
                Values::Shared | Values::Optional => condition
                    .sql(format!(" AND ({table}.{name}, {table}.id) {operator} ({open}"))
                    .parameter(key)
                    .sql(format!("{close}, "))
                    .parameter(last)
                    .sql(")"),
            };
        }
        let direction = if page.descending { " DESC" } else { "" };
        // Keeps SQLite from walking the whole index of the order instead.
        let by = if found_first && dialect == Dialect::Sqlite { "+" } else { "" };
        let order = match values {
            Values::Unique => format!("{by}{table}.{name}{direction}"),
            Values::Shared | Values::Optional => format!("{by}{table}.{name}{direction}, {table}.id{direction}"),
        };
        Run { condition, order }
    }

    fn without_value(self, table: &str, page: &Page) -> Run {
        let mut condition = Fragment::default().sql(format!("{table}.{} IS NULL", self.column));
        if let Some(Position { key: None, id: last }) = &page.after {
            let operator = if page.descending { "<" } else { ">" };
            condition = condition.sql(format!(" AND {table}.id {operator} ")).parameter(last);
        }
        let direction = if page.descending { " DESC" } else { "" };
        Run { condition, order: format!("{table}.id{direction}") }
    }

    /// Its value as text that compares as the column does once it is cast back.
    fn text(self, table: &str) -> String {
        match self.kind {
            KeyKind::Text => format!("{table}.{}", self.column),
            KeyKind::Integer | KeyKind::Instant | KeyKind::Day => format!("CAST({table}.{} AS TEXT)", self.column),
        }
    }
}

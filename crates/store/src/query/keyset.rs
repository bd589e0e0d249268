//! Pages of a list by keyset: a page starts after the last item of the one before, however deep it is.
//!
//! Items are ordered by one key and then by id, in the same direction; those without a value for the key come last in
//! both directions, as a second segment that is ordered by id alone.

use std::collections::HashMap;

use chrono::{Datelike as _, NaiveDateTime};
use diesel::QueryResult;
use diesel::sql_types::{Nullable, Text};
use domain::Day;

use crate::backend::dialect::Dialect;
use crate::backend::fragment::{Fragment, Verbatim};
use crate::error::Error;

/// Which page of a list is wanted.
#[derive(Clone, Debug)]
pub struct Page<S> {
    /// At most so many items.
    pub limit: usize,
    /// The key that items are ordered by.
    pub sort: S,
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

impl<S> From<&Page<S>> for IdPage {
    fn from(page: &Page<S>) -> Self {
        let after = page.after.as_ref().map(|position| position.id.clone());
        Self { limit: page.limit, descending: page.descending, after }
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The items of the page.
    pub items: Vec<Listed>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Position>,
    /// The number of items in the whole list, where it was asked for.
    pub total: Option<i64>,
}

impl Slice {
    /// A page in the order of the ids, of items with one more where there is a next page.
    #[must_use]
    pub fn by_id(mut items: Vec<Listed>, limit: usize, total: Option<i64>) -> Self {
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
    /// How the API shows it.
    pub document: String,
    /// Whether that is what the public is shown, and less than there is.
    pub reduced: bool,
}

/// A column that a list can be ordered by.
#[derive(Clone, Copy)]
pub struct SortColumn {
    /// Its name with its table's.
    pub(crate) name: &'static str,
    /// The table's id with its table's name.
    pub(crate) id: &'static str,
    pub(crate) values: Values,
    pub(crate) kind: KeyKind,
    /// Whether the records of a page are found first and fetched then: see [`fetched`].
    pub(crate) found_first: bool,
}

/// What values of a sort column there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Each record has one of its own, so that the id is not needed to tell two apart.
    Unique,
    /// Records may share one.
    Shared,
    /// Records may share one or have none.
    Optional,
}

/// How a sort key is written in a [`Position`].
#[derive(Clone, Copy, PartialEq, Eq)]
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

/// A run of a list in which either all items have a value for the sort key or none has.
pub(crate) struct Segment {
    /// Which rows belong to the run and come after the position.
    pub(crate) condition: Fragment,
    pub(crate) order: Verbatim<Text>,
    pub(crate) limit: i64,
    /// The sort key as text.
    pub(crate) key: Verbatim<Nullable<Text>>,
}

/// A row of a list: id, version, document and sort key.
pub(crate) type ListedRow = (String, i64, String, Option<String>);

/// Loads a page: from the items with a key, and where those end on the page, on into those without.
///
/// One item more than the page holds is loaded, to know whether there is a next page.
pub(crate) fn slice<S>(
    page: &Page<S>,
    column: SortColumn,
    dialect: Dialect,
    mut load: impl FnMut(Segment) -> QueryResult<Vec<ListedRow>>,
) -> Result<Slice, Error> {
    let wanted = page.limit.saturating_add(1);
    let mut rows = match &page.after {
        Some(Position { key: None, .. }) => Vec::new(),
        Some(Position { key: Some(key), .. }) if !column.kind.accepts(key) => {
            return Err(Error::InvalidPosition(key.clone()));
        }
        _ => load(column.with_key(page, dialect, wanted))?,
    };
    if column.values == Values::Optional && rows.len() < wanted {
        rows.extend(load(column.without_key(page, wanted.saturating_sub(rows.len())))?);
    }
    let mut next = None;
    if rows.len() > page.limit {
        rows.truncate(page.limit);
        next = rows.last().map(|(id, .., key)| Position { key: key.clone(), id: id.clone() });
    }
    let items =
        rows.into_iter().map(|(id, version, document, _)| Listed { id, version, document, reduced: false }).collect();
    Ok(Slice { items, next, total: None })
}

/// Fetches the records of a page that was found by its keys alone.
///
/// Where no index holds the order of a list, all that the filter lets through is ordered before the first page is known: then
/// the rows, which are wide, are read for the page alone.
pub(crate) fn fetched(
    found: Vec<(String, Option<String>)>,
    load: impl FnOnce(Vec<String>) -> QueryResult<Vec<(String, i64, String)>>,
) -> QueryResult<Vec<ListedRow>> {
    let rows = load(found.iter().map(|(id, _)| id.clone()).collect())?;
    let mut rows: HashMap<String, (i64, String)> =
        rows.into_iter().map(|(id, version, document)| (id, (version, document))).collect();
    let in_order = found.into_iter().filter_map(|(id, key)| {
        let (version, document) = rows.remove(&id)?;
        Some((id, version, document, key))
    });
    Ok(in_order.collect())
}

impl SortColumn {
    /// The same for a list that is best found first and ordered then, whatever index there is.
    pub(crate) fn found_first(self) -> Self {
        Self { found_first: true, ..self }
    }

    fn with_key<S>(self, page: &Page<S>, dialect: Dialect, limit: usize) -> Segment {
        let Self { name, id, values, kind, found_first } = self;
        let filled = if values == Values::Optional { format!("{name} IS NOT NULL") } else { "1 = 1".to_owned() };
        let mut condition = Fragment::default().sql(filled);
        if let Some(Position { key: Some(key), id: last }) = &page.after {
            let operator = if page.descending { "<" } else { ">" };
            let (open, close) = dialect.cast(kind.postgres_type());
            condition = match values {
                Values::Unique => condition.sql(format!(" AND {name} {operator} {open}")).parameter(key).sql(close),
                Values::Shared | Values::Optional => condition
                    .sql(format!(" AND ({name}, {id}) {operator} ({open}"))
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
            Values::Unique => format!("{by}{name}{direction}"),
            Values::Shared | Values::Optional => format!("{by}{name}{direction}, {id}{direction}"),
        };
        self.segment(condition, order, limit)
    }

    fn without_key<S>(self, page: &Page<S>, limit: usize) -> Segment {
        let Self { name, id, .. } = self;
        let mut condition = Fragment::default().sql(format!("{name} IS NULL"));
        if let Some(Position { key: None, id: last }) = &page.after {
            let operator = if page.descending { "<" } else { ">" };
            condition = condition.sql(format!(" AND {id} {operator} ")).parameter(last);
        }
        let order = if page.descending { format!("{id} DESC") } else { id.to_owned() };
        self.segment(condition, order, limit)
    }

    /// The key is given as text that compares as the column does once it is cast back.
    fn segment(self, condition: Fragment, order: String, limit: usize) -> Segment {
        let key = match self.kind {
            KeyKind::Text => self.name.to_owned(),
            KeyKind::Integer | KeyKind::Instant | KeyKind::Day => format!("CAST({} AS TEXT)", self.name),
        };
        Segment {
            condition,
            order: Verbatim::new(order),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
            key: Verbatim::new(key),
        }
    }
}

//! Pages of a list by keyset: a page starts after the last item of the one before, however deep it is.
//!
//! Items are ordered by one key and then by id, in the same direction; those without a value for the key come last in
//! both directions, as a second segment that is ordered by id alone.

use chrono::NaiveDateTime;
use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::sql_types::{Nullable, Text, Untyped};
use domain::Day;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::fragment::Fragment;
use crate::json::instant;
use crate::transaction::Shown;

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

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The items of the page.
    pub items: Vec<Shown>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Position>,
    /// The number of items in the whole list, where it was asked for.
    pub total: Option<i64>,
}

/// A column that a list can be ordered by.
#[derive(Clone, Copy)]
pub(crate) struct SortColumn {
    /// Its name with its table's.
    pub(crate) name: &'static str,
    /// The table's id with its table's name.
    pub(crate) id: &'static str,
    pub(crate) nullable: bool,
    pub(crate) kind: KeyKind,
}

/// How a sort key is written in a [`Position`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
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
            Self::Instant => NaiveDateTime::parse_from_str(key, "%F %T%.f").is_ok(),
            Self::Day => key.parse::<Day>().is_ok(),
        }
    }
}

/// A run of a list in which either all items have a value for the sort key or none has.
pub(crate) struct Segment {
    /// Which rows belong to the run and come after the position.
    pub(crate) condition: Fragment,
    pub(crate) order: SqlLiteral<Untyped>,
    pub(crate) limit: i64,
    /// The sort key as text.
    pub(crate) key: SqlLiteral<Nullable<Text>>,
}

/// A row of a list: id, version, time of the last change, document and sort key.
pub(crate) type ListedRow = (String, i64, NaiveDateTime, String, Option<String>);

/// A found row as it is shown.
pub(crate) fn shown(found: Option<(String, i64, NaiveDateTime, String)>) -> Option<Shown> {
    found.map(|(id, version, updated_at, document)| Shown { id, version, updated_at: instant(updated_at), document })
}

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
    if column.nullable && rows.len() < wanted {
        rows.extend(load(column.without_key(page, wanted.saturating_sub(rows.len())))?);
    }
    let mut next = None;
    if rows.len() > page.limit {
        rows.truncate(page.limit);
        next = rows.last().map(|(id, .., key)| Position { key: key.clone(), id: id.clone() });
    }
    let shown = |(id, version, updated_at, document, _)| Shown { id, version, updated_at: instant(updated_at), document };
    Ok(Slice { items: rows.into_iter().map(shown).collect(), next, total: None })
}

impl SortColumn {
    fn with_key<S>(self, page: &Page<S>, dialect: Dialect, limit: usize) -> Segment {
        let Self { name, id, nullable, kind } = self;
        let mut condition = Fragment::default().sql(if nullable { format!("{name} IS NOT NULL") } else { "1 = 1".to_owned() });
        if let Some(Position { key: Some(key), id: last }) = &page.after {
            let operator = if page.descending { "<" } else { ">" };
            let (open, close) = dialect.cast(kind.postgres_type());
            condition = condition
                .sql(format!(" AND ({name}, {id}) {operator} ({open}"))
                .parameter(key)
                .sql(format!("{close}, "))
                .parameter(last)
                .sql(")");
        }
        let order = if page.descending { format!("{name} DESC, {id} DESC") } else { format!("{name}, {id}") };
        Segment { condition, order: sql(&order), limit: rows(limit), key: self.key() }
    }

    fn without_key<S>(self, page: &Page<S>, limit: usize) -> Segment {
        let Self { name, id, .. } = self;
        let mut condition = Fragment::default().sql(format!("{name} IS NULL"));
        if let Some(Position { key: None, id: last }) = &page.after {
            let operator = if page.descending { "<" } else { ">" };
            condition = condition.sql(format!(" AND {id} {operator} ")).parameter(last);
        }
        let order = if page.descending { format!("{id} DESC") } else { id.to_owned() };
        Segment { condition, order: sql(&order), limit: rows(limit), key: self.key() }
    }
}

impl SortColumn {
    /// As text that compares as the column does once it is cast back.
    fn key(self) -> SqlLiteral<Nullable<Text>> {
        sql(&format!("CAST({} AS TEXT)", self.name))
    }
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

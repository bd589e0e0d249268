//! The tables of a database, from its own catalogue. This module names none of them.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::backend::cells::Type;
use crate::backend::conn::Conn;

/// A table with its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// In the order of their names.
    pub(crate) columns: Vec<Column>,
}

/// A column and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) holds: Type,
}

impl Table {
    /// Its columns between commas.
    pub(crate) fn columns(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        names.join(", ")
    }

    /// Whether both have the same columns, whatever their types.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let names = |table: &Self| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        self.name == other.name && names(self) == names(other)
    }
}

/// The tables of a register, in the order of their names: all but the note of its migrations, the indexes of words, which follow from
/// the records and are different on the two databases, and the boxes of open ballots, which nobody may copy.
///
/// # Errors
/// What the database says, and in words where a column is of a type that no column of a register has.
pub(crate) fn tables(conn: &mut Conn) -> Result<Vec<Table>, Box<dyn std::error::Error + Send + Sync>> {
    let catalogue = match conn {
        Conn::Sqlite(_) => SQLITE_COLUMNS,
        Conn::Postgres(_) => POSTGRES_COLUMNS,
    };
    let mut found: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in diesel::sql_query(catalogue).load::<Row>(conn)? {
        let is_apart = row.own.starts_with("ballot_box") || row.own.ends_with("_search");
        if is_apart || row.own == "__diesel_schema_migrations" {
            continue;
        }
        let holds = Type::declared(&row.declared)
            .ok_or_else(|| format!("the column {}.{} has the unknown type {}", row.own, row.part, row.declared))?;
        found.entry(row.own).or_default().push(Column { name: row.part, holds });
    }
    let in_order = found.into_iter().map(|(name, mut columns)| {
        columns.sort_by(|one, other| one.name.cmp(&other.name));
        Table { name, columns }
    });
    Ok(in_order.collect())
}

/// The tables of modules, and those in which modules keep what they know, are not among these.
const SQLITE_COLUMNS: &str = "SELECT t.name AS own, c.name AS part, c.type AS declared \
     FROM pragma_table_list t, pragma_table_info(t.name) c \
     WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

const POSTGRES_COLUMNS: &str = "SELECT c.table_name::text AS own, c.column_name::text AS part, c.data_type::text AS declared \
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
     WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    own: String,
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = Text)]
    declared: String,
}

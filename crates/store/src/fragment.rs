//! A condition written in SQL, for what diesel's own language lacks: row values and the two full-text searches.

use diesel::expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text};

use crate::conn::MultiBackend;

/// A condition on whatever table the query is about, with text parameters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Sql(String),
    Parameter(String),
}

impl Fragment {
    /// Goes on with SQL of our own.
    pub(crate) fn sql(mut self, sql: impl Into<String>) -> Self {
        self.pieces.push(Piece::Sql(sql.into()));
        self
    }

    /// Goes on with a parameter, which may be anybody's text.
    pub(crate) fn parameter(mut self, value: impl Into<String>) -> Self {
        self.pieces.push(Piece::Parameter(value.into()));
        self
    }
}

impl Expression for Fragment {
    type SqlType = Bool;
}

impl<T> AppearsOnTable<T> for Fragment {}

impl<G> ValidGrouping<G> for Fragment {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for Fragment {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Fragment {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Parameter(value) => out.push_bind_param::<Text, String>(value)?,
            }
        }
        Ok(())
    }
}

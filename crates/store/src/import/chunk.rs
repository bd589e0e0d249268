//! The rows of an import that wait: in chunks, each in one row of the table.

use diesel::prelude::*;

use crate::backend::schema::import_chunks;
use crate::error::Error;
use crate::{ReadTx, WriteTx};

/// Rows that are entered together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The pass that it is for.
    pub pass: i64,
    /// The number of its first line, by which it is known in its pass.
    pub line: i64,
    /// The rows, each with the number of its line.
    pub rows: Vec<(i64, String)>,
}

/// The first chunk of a pass after a line.
pub(super) fn after(tx: &mut ReadTx<'_>, import: &str, pass: i64, line: i64) -> Result<Option<Chunk>, Error> {
    let own = import_chunks::table.filter(import_chunks::import_id.eq(import));
    let next = own.filter(import_chunks::pass.eq(pass)).filter(import_chunks::line.gt(line)).order(import_chunks::line);
    let found: Option<(i64, String)> =
        next.select((import_chunks::line, import_chunks::lines)).first(tx.conn()).optional()?;
    Ok(found.map(|(line, lines)| Chunk {
        pass,
        line,
        rows: lines.split_terminator('\n').filter_map(numbered).collect(),
    }))
}

/// Keeps rows as a chunk of a pass, if there are any.
pub(super) fn insert(tx: &mut WriteTx<'_>, import: &str, pass: i64, rows: &[(i64, String)]) -> Result<(), Error> {
    let Some((line, _)) = rows.first() else { return Ok(()) };
    let lines: String =
        rows.iter().flat_map(|(line, row)| [line.to_string(), " ".to_owned(), row.clone(), "\n".to_owned()]).collect();
    diesel::insert_into(import_chunks::table)
        .values((
            import_chunks::import_id.eq(import),
            import_chunks::pass.eq(pass),
            import_chunks::line.eq(line),
            import_chunks::lines.eq(lines),
        ))
        .execute(tx.changing())?;
    Ok(())
}

/// A line of a chunk: the number that the row had, and the row.
fn numbered(line: &str) -> Option<(i64, String)> {
    let (number, row) = line.split_once(' ')?;
    Some((number.parse().ok()?, row.to_owned()))
}

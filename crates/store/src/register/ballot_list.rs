//! The lists that a hosted ballot has beside its record, such as its roll: pages of sorted lines.
//!
//! A list can have 100,000 lines. Pages make few rows of them, and nothing but their own order is kept.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::StaffBallotId;

use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::{ReadTx, WriteTx};

/// Lines in a page of a list.
pub const PAGE: usize = 1_000;

/// A list of a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BallotList {
    /// What the first issuer sent for the roll: entries, or its halves by number.
    SentByA,
    /// The halves that the second issuer sent, by number.
    SentByB,
    /// The entries of the roll.
    Entries,
    /// What the codes were spent with, of votes that were cast here.
    Spends,
    /// The trackers with their choices.
    Votes,
    /// The paper batch as canonical JSON, in pieces that join to one text.
    Paper,
}

impl BallotList {
    const fn name(self) -> &'static str {
        match self {
            Self::SentByA => "sent_by_a",
            Self::SentByB => "sent_by_b",
            Self::Entries => "entries",
            Self::Spends => "spends",
            Self::Votes => "votes",
            Self::Paper => "paper",
        }
    }
}

/// Writes a list of a ballot, in the place of what it was.
pub fn write(tx: &mut WriteTx<'_>, ballot: StaffBallotId, list: BallotList, lines: &[String]) -> Result<(), Error> {
    remove(tx, ballot, list)?;
    for (page, lines) in (0..).zip(lines.chunks(PAGE)) {
        let insert = Fragment::default()
            .sql("INSERT INTO ballot_lists (staff_ballot_id, list, page, line_count, lines) VALUES (")
            .parameters([ballot.to_string(), list.name().to_owned()])
            .sql(", ")
            .number(page)
            .sql(", ")
            .number(i64::try_from(lines.len()).unwrap_or(i64::MAX))
            .sql(", ")
            .parameter(lines.join("\n"))
            .sql(")");
        insert.statement().execute(tx.changing())?;
    }
    Ok(())
}

/// Takes a list of a ballot away.
pub fn remove(tx: &mut WriteTx<'_>, ballot: StaffBallotId, list: BallotList) -> Result<(), Error> {
    let delete = Fragment::default().sql("DELETE FROM ballot_lists WHERE ").and(of(ballot, list));
    delete.statement().execute(tx.changing())?;
    Ok(())
}

/// Takes all lists of a ballot away.
pub fn remove_all(tx: &mut WriteTx<'_>, ballot: StaffBallotId) -> Result<(), Error> {
    let delete = Fragment::default().sql("DELETE FROM ballot_lists WHERE staff_ballot_id = ");
    delete.parameter(ballot.to_string()).statement().execute(tx.changing())?;
    Ok(())
}

/// The first line of a sorted list that begins so, with its number from 0.
pub fn find(
    tx: &mut ReadTx<'_>,
    ballot: StaffBallotId,
    list: BallotList,
    beginning: &str,
) -> Result<Option<(i64, String)>, Error> {
    // A page begins with its first line, so that the page of a line is the last that is not after it.
    let select = Fragment::default().sql("SELECT page, lines FROM ballot_lists WHERE ").and(of(ballot, list));
    let select = select.sql(" AND lines <= ").parameter(format!("{beginning}~")).sql(" ORDER BY page DESC LIMIT 1");
    let found: Option<(i64, String)> = select.giving::<(BigInt, Text)>().get_result(tx.conn()).optional()?;
    let Some((page, lines)) = found else { return Ok(None) };
    let place = (0..).zip(lines.split('\n')).find(|(_, line)| line.starts_with(beginning));
    let before = page.saturating_mul(i64::try_from(PAGE).unwrap_or(i64::MAX));
    Ok(place.map(|(position, line): (i64, &str)| (before.saturating_add(position), line.to_owned())))
}

/// A page of a list, from 0: its lines with line breaks between them. None after the last.
pub fn page(tx: &mut ReadTx<'_>, ballot: StaffBallotId, list: BallotList, page: i64) -> Result<Option<String>, Error> {
    let select = Fragment::default().sql("SELECT lines FROM ballot_lists WHERE ").and(of(ballot, list));
    Ok(select.sql(" AND page = ").number(page).giving::<Text>().get_result(tx.conn()).optional()?)
}

/// All lines of a list.
pub fn all(tx: &mut ReadTx<'_>, ballot: StaffBallotId, list: BallotList) -> Result<Vec<String>, Error> {
    let select = Fragment::default().sql("SELECT lines FROM ballot_lists WHERE ").and(of(ballot, list));
    let pages: Vec<String> = select.sql(" ORDER BY page").giving::<Text>().load(tx.conn())?;
    Ok(pages.iter().flat_map(|page| page.split('\n')).map(str::to_owned).collect())
}

/// How many lines a list has.
pub fn count(tx: &mut ReadTx<'_>, ballot: StaffBallotId, list: BallotList) -> Result<i64, Error> {
    let sum = Fragment::default().sql("SELECT CAST(COALESCE(SUM(line_count), 0) AS BIGINT) FROM ballot_lists WHERE ");
    Ok(sum.and(of(ballot, list)).giving::<BigInt>().get_result(tx.conn())?)
}

fn of(ballot: StaffBallotId, list: BallotList) -> Fragment {
    let of_ballot = Fragment::default().sql("staff_ballot_id = ").parameter(ballot.to_string());
    of_ballot.sql(" AND list = ").parameter(list.name())
}

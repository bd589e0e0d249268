//! The Merkle tree over the entries: its root and its proofs at any size that it has had.
//!
//! The leaves are the entries' own hashes. Of every eighth level the hashes of complete subtrees are stored too, by the writer as a
//! batch completes them, so that a root or a proof takes some hundred rows however long the log is. Where hashes are missing, all fail
//! with [`Error::Internal`].

use diesel::prelude::*;

use crate::ReadTx;
use crate::backend::conn::Conn;
use crate::backend::dialect;
use crate::backend::schema::{entries, log_head, log_subtrees};
use crate::error::Error;
use domain::tree::{self, Hash, Subtree};

/// Hashes are stored of each level that is a multiple of this one.
pub(crate) const STRIDE: u32 = 8;

/// The root of the tree over the first entries, so many of them.
pub fn root(tx: &mut ReadTx<'_>, size: i64) -> Result<Hash, Error> {
    tree::root(size, &mut |subtree| hash(tx.conn(), subtree))
}

/// Proves that the entry with this number is in the tree of so many.
pub fn inclusion(tx: &mut ReadTx<'_>, seq: i64, size: i64) -> Result<Vec<Hash>, Error> {
    tree::inclusion(seq - 1, size, &mut |subtree| hash(tx.conn(), subtree))
}

/// Proves that the tree of `to` entries goes on from that of `from` entries.
pub fn consistency(tx: &mut ReadTx<'_>, from: i64, to: i64) -> Result<Vec<Hash>, Error> {
    tree::consistency(from, to, &mut |subtree| hash(tx.conn(), subtree))
}

/// The hash that was stored with an entry.
pub fn leaf(tx: &mut ReadTx<'_>, seq: i64) -> Result<Hash, Error> {
    hash(tx.conn(), Subtree { level: 0, position: seq - 1 })
}

/// Stores the hashes of the subtrees that the entries after `head` up to `new_head` complete.
pub(crate) fn complete(conn: &mut Conn, head: i64, new_head: i64) -> Result<(), Error> {
    let mut level = STRIDE;
    while new_head >> level > 0 {
        for position in (head >> level)..(new_head >> level) {
            let hash = below(conn, Subtree { level, position }, level - STRIDE)?;
            diesel::insert_into(log_subtrees::table)
                .values((
                    log_subtrees::level.eq(i64::from(level)),
                    log_subtrees::position.eq(position),
                    log_subtrees::hash.eq(hash.as_slice()),
                ))
                .execute(conn)?;
        }
        level += STRIDE;
    }
    Ok(())
}

/// Brings the stored hashes of a log that is older than they are up to its head.
pub(crate) fn catch_up(conn: &mut Conn) -> Result<(), Error> {
    let head: i64 = log_head::table.select(log_head::seq).first(conn)?;
    let lowest = log_subtrees::table.filter(log_subtrees::level.eq(i64::from(STRIDE)));
    let stored: i64 = lowest.count().get_result(conn)?;
    if head >> STRIDE == stored {
        return Ok(());
    }
    let head = dialect::begin_write(conn)?.head.seq;
    let stored: i64 = lowest.count().get_result(conn)?;
    complete(conn, stored << STRIDE, head)?;
    Ok(dialect::control(conn, &["COMMIT"])?)
}

/// The stored hashes of one level from a position on.
pub(crate) fn stored(conn: &mut Conn, level: u32, from: i64, count: i64) -> Result<Vec<Hash>, Error> {
    let found: Vec<Vec<u8>> = if level == 0 {
        entries::table
            .filter(entries::seq.gt(from).and(entries::seq.le(from.saturating_add(count))))
            .order(entries::seq)
            .select(entries::leaf_hash)
            .load(conn)?
    } else {
        log_subtrees::table
            .filter(log_subtrees::level.eq(i64::from(level)))
            .filter(log_subtrees::position.ge(from).and(log_subtrees::position.lt(from.saturating_add(count))))
            .order(log_subtrees::position)
            .select(log_subtrees::hash)
            .load(conn)?
    };
    found.into_iter().map(|hash| Hash::try_from(hash).map_err(|_| incomplete(level, from))).collect()
}

/// How many hashes are stored that are of no complete subtree of a log that goes so far.
pub(crate) fn surplus(tx: &mut ReadTx<'_>, head: i64) -> Result<i64, Error> {
    let levels: Vec<u32> = (STRIDE..i64::BITS).filter(|level| level.is_multiple_of(STRIDE)).collect();
    let mut surplus = log_subtrees::table
        .filter(log_subtrees::position.lt(0).or(log_subtrees::level.ne_all(levels.iter().copied().map(i64::from))))
        .into_boxed();
    for level in levels {
        let beyond = log_subtrees::level.eq(i64::from(level)).and(log_subtrees::position.ge(head >> level));
        surplus = surplus.or_filter(beyond);
    }
    Ok(surplus.count().get_result(tx.conn())?)
}

fn hash(conn: &mut Conn, subtree: Subtree) -> Result<Hash, Error> {
    below(conn, subtree, subtree.level / STRIDE * STRIDE)
}

/// The hash of a subtree from what is stored of a level at or below its own.
fn below(conn: &mut Conn, Subtree { level, position }: Subtree, from: u32) -> Result<Hash, Error> {
    let height = level - from;
    let count = 1 << height;
    let hashes = stored(conn, from, position << height, count)?;
    let is_whole = i64::try_from(hashes.len()) == Ok(count);
    tree::complete(hashes).filter(|_| is_whole).ok_or_else(|| incomplete(level, position))
}

fn incomplete(level: u32, position: i64) -> Error {
    Error::Internal(format!(
        "the log's tree has no hashes below level {level}, position {position}: run `mutuals log verify`"
    ))
}

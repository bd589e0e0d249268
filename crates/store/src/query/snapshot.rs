//! Reading piece by piece for as long as somebody takes the pieces, all of one moment.
//!
//! Such a read keeps a connection and a snapshot until its end, so that few may run at a time.

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;

use crate::backend::conn::{self, Pool, Session};
use crate::backend::dialect;
use crate::error::Error;
use crate::log::entry::Head;
use crate::log::entry_log;
use crate::transaction::ReadTx;

/// So many of them may run at a time; one more is refused at once.
pub(crate) const AT_A_TIME: u32 = 2;
/// So many pieces wait to be taken.
const AHEAD: usize = 2;

/// What is read piece by piece.
pub struct Pieces<E> {
    /// The newest entry at the moment that all of it is of.
    pub head: Head,
    /// The pieces, in order. A failure is the last of them.
    pub rest: Receiver<Result<Vec<u8>, E>>,
}

/// Reads on this thread, until `next` gives none or nobody takes the pieces any more.
pub(crate) fn read<E: From<Error>>(
    pool: &Pool,
    mut next: impl FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, E>,
    begin: oneshot::Sender<Result<Pieces<E>, E>>,
) {
    let (sender, rest) = mpsc::channel(AHEAD);
    let (mut session, head, first) = match open(pool, &mut next) {
        Ok(begun) => begun,
        // Whoever asked may have gone; so may whoever takes the pieces.
        Err(error) => return drop(begin.send(Err(error))),
    };
    if begin.send(Ok(Pieces { head, rest })).is_ok() {
        give(&mut session, first, &mut next, &sender);
    }
    session.broken = dialect::end_walk(&mut session.conn).is_err();
}

type Begun = (r2d2::PooledConnection<conn::Manager>, Head, Option<Vec<u8>>);

fn open<E: From<Error>>(
    pool: &Pool,
    next: &mut impl FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, E>,
) -> Result<Begun, E> {
    let mut session = in_snapshot(pool)?;
    // Until it is known that the connection is as it was, nobody else is to get it.
    session.broken = true;
    let mut tx = ReadTx::on(&mut session.conn);
    let begun = entry_log::newest(&mut tx).map_err(E::from).and_then(|head| Ok((head, next(&mut tx)?)));
    match begun {
        Ok((head, first)) => Ok((session, head, first)),
        Err(error) => {
            session.broken = dialect::end_walk(&mut session.conn).is_err();
            Err(error)
        }
    }
}

/// A connection on which a snapshot has begun. All of the pool may be dead, after a restart of the database, so that as many are
/// tried.
fn in_snapshot(pool: &Pool) -> Result<r2d2::PooledConnection<conn::Manager>, Error> {
    for _ in 0..pool.max_size() {
        let mut session = conn::check_out(pool)?;
        session.broken = dialect::begin_walk(&mut session.conn).is_err();
        if !session.broken {
            return Ok(session);
        }
    }
    Err(Error::Unavailable("no database connection answers".to_owned()))
}

fn give<E>(
    session: &mut Session,
    first: Option<Vec<u8>>,
    next: &mut impl FnMut(&mut ReadTx<'_>) -> Result<Option<Vec<u8>>, E>,
    sender: &Sender<Result<Vec<u8>, E>>,
) {
    let mut piece = Ok(first);
    while let Some(given) = piece.transpose() {
        let is_last = given.is_err();
        if sender.blocking_send(given).is_err() || is_last {
            return;
        }
        piece = next(&mut ReadTx::on(&mut session.conn));
    }
}

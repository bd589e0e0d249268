//! What is done with one vote inside a transaction, and what comes out of a box that is sealed.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::StaffBallotId;

use crate::backend::conn::Conn;
use crate::backend::dialect;
use crate::backend::fragment::{Fixed, FixedQuery, FixedText, PARAMETER};

/// A vote as it is cast.
#[derive(Clone, PartialEq, Eq)]
pub struct Vote {
    /// The entry of the roll that the code belongs to.
    pub entry: String,
    /// What the code is spent with; both, with a space between, where there are two issuers.
    pub spend: String,
    /// What the voter finds it by.
    pub tracker: String,
    /// The choice.
    pub choice: String,
}

/// What became of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// It is in the box, and on disk.
    Counted,
    /// A vote with this tracker and this choice is in the box already.
    Repeated,
    /// No such entry is on the roll.
    NotOnRoll,
    /// The code is spent, on a vote with another tracker.
    AlreadyVoted,
    /// A vote for another choice has this tracker.
    TrackerTaken,
    /// The box takes no votes: there is none, or it is sealed.
    Closed,
}

/// What is in a box: each list sorted, so that neither tells anything of the order in which the votes came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The codes that were spent, as in [`Vote::spend`].
    pub spends: Vec<String>,
    /// The trackers with their choices.
    pub votes: Vec<(String, String)>,
}

/// Begins a transaction that has the box to itself. Whether the box takes votes; no transaction is left where it does not.
pub(super) fn begin(conn: &mut Conn, ballot: &str) -> QueryResult<bool> {
    let begin = match conn {
        Conn::Sqlite(_) => "BEGIN IMMEDIATE",
        Conn::Postgres(_) => "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    dialect::control(conn, &[begin])?;
    let state: Option<String> = match conn {
        Conn::Sqlite(_) => Fixed::<State>::new(&[ballot]).get_result(conn).optional()?,
        Conn::Postgres(_) => Fixed::<LockedState>::new(&[ballot]).get_result(conn).optional()?,
    };
    let takes_votes = state.as_deref() == Some(OPEN);
    if !takes_votes {
        dialect::control(conn, &["ROLLBACK"])?;
    }
    Ok(takes_votes)
}

/// Casts a vote in a transaction that has begun. Where it is refused, nothing was changed.
pub(super) fn cast(conn: &mut Conn, ballot: &str, vote: &Vote) -> QueryResult<Cast> {
    let Vote { entry, spend, tracker, choice } = vote;
    let on_roll: Option<Option<String>> = Fixed::<Spent>::new(&[ballot, entry]).get_result(conn).optional()?;
    let Some(spent) = on_roll else { return Ok(Cast::NotOnRoll) };
    // Before it matters whether the code is spent: else who knows a tracker could ask of each code whether it has voted.
    if let Some(there) = Fixed::<ChoiceOf>::new(&[ballot, tracker]).get_result::<String>(conn).optional()? {
        return Ok(if there == *choice { Cast::Repeated } else { Cast::TrackerTaken });
    }
    if spent.is_some() {
        return Ok(Cast::AlreadyVoted);
    }
    Fixed::<PutIn>::new(&[ballot, tracker, choice]).execute(conn)?;
    Fixed::<Spend>::new(&[spend, ballot, entry]).execute(conn)?;
    Ok(Cast::Counted)
}

/// Seals the box and gives what is in it; none where there is no box.
pub(super) fn seal(conn: &mut Conn, ballot: StaffBallotId) -> QueryResult<Option<Contents>> {
    let ballot = &ballot.to_string();
    if Fixed::<Seal>::new(&[ballot]).execute(conn)? == 0 {
        return Ok(None);
    }
    let spends = Fixed::<Spends>::new(&[ballot]).load(conn)?;
    let votes = Fixed::<Votes>::new(&[ballot]).load(conn)?;
    Ok(Some(Contents { spends, votes }))
}

/// Lets a sealed box take votes again.
pub(super) fn reopen(conn: &mut Conn, ballot: StaffBallotId) -> QueryResult<()> {
    Fixed::<Reopen>::new(&[&ballot.to_string()]).execute(conn).map(drop)
}

const OPEN: &str = "open";

/// Makes a fixed statement.
macro_rules! fixed {
    ($name:ident = $($piece:expr),+ $(; $gives:ty)?) => {
        struct $name;

        impl FixedText for $name {
            const PIECES: &'static [&'static str] = &[$($piece),+];
        }

        $(impl FixedQuery for $name {
            type Gives = $gives;
        })?
    };
}

fixed!(State = "SELECT state FROM ballot_boxes WHERE staff_ballot_id = ", PARAMETER; Text);
fixed!(LockedState = "SELECT state FROM ballot_boxes WHERE staff_ballot_id = ", PARAMETER, " FOR UPDATE"; Text);
fixed!(Spent = "SELECT spend FROM ballot_box_roll WHERE staff_ballot_id = ", PARAMETER, " AND entry = ", PARAMETER; Nullable<Text>);
fixed!(
    Spend = "UPDATE ballot_box_roll SET spend = ",
    PARAMETER,
    " WHERE staff_ballot_id = ",
    PARAMETER,
    " AND entry = ",
    PARAMETER
);
fixed!(
    PutIn = "INSERT INTO ballot_box_votes (staff_ballot_id, tracker, choice) VALUES (",
    PARAMETER,
    ", ",
    PARAMETER,
    ", ",
    PARAMETER,
    ")"
);
fixed!(ChoiceOf = "SELECT choice FROM ballot_box_votes WHERE staff_ballot_id = ", PARAMETER, " AND tracker = ", PARAMETER; Text);
fixed!(Reopen = "UPDATE ballot_boxes SET state = 'open' WHERE staff_ballot_id = ", PARAMETER);
fixed!(Seal = "UPDATE ballot_boxes SET state = 'sealed' WHERE staff_ballot_id = ", PARAMETER);
fixed!(Spends = "SELECT spend FROM ballot_box_roll WHERE spend IS NOT NULL AND staff_ballot_id = ", PARAMETER, " ORDER BY spend"; Text);
fixed!(Votes = "SELECT tracker, choice FROM ballot_box_votes WHERE staff_ballot_id = ", PARAMETER, " ORDER BY tracker"; (Text, Text));

//! Values that the cases start from.

use chrono::{DateTime, TimeDelta};
use domain::{
    BallotKind, BallotMode, BallotOption, BallotState, Basis, Checked, Distinct, Duties, Effect, Ending, Fault,
    FaultCode, Held, Id, OptionCount, OptionKey, Record, Rules, StaffBallot, Tally, Threshold,
};

/// The value that a text stands for.
pub fn read<T: std::str::FromStr>(raw: &str) -> T {
    raw.parse().unwrap_or_else(|_| unreachable!("{raw:?} can be read"))
}

/// The value that a text stands for, if it stands for one.
pub fn maybe<T: std::str::FromStr>(raw: &str) -> Option<T> {
    raw.parse().ok()
}

pub fn id<T>(n: u128) -> Id<T> {
    Id::from_uuid(uuid::Uuid::from_u128(n))
}

pub fn checked<T: Rules>(value: T) -> Checked<T> {
    Checked::new(value).unwrap_or_else(|faults| unreachable!("{faults:?}"))
}

/// Record number `n`, made in the second `n` of the epoch.
pub fn record<T>(n: u128, content: T) -> Record<T> {
    let made = DateTime::UNIX_EPOCH + TimeDelta::seconds(n.try_into().unwrap_or_else(|_| unreachable!("{n} is small")));
    Record { id: id(n), version: 1, created_at: made, updated_at: made, content }
}

/// Who entered each ballot.
pub const WRITER: &str = "key:writer";

pub fn fields(faults: &[Fault]) -> Vec<(&str, FaultCode)> {
    faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect()
}

pub fn threshold(basis: Basis, percent: &str, option: Option<&str>) -> Threshold {
    Threshold { basis, percent: read(percent), option: option.map(read) }
}

/// Counts of the options `a`, `b` and so on, with an effect each: complete, of 1,000 entitled.
pub fn tally(options: &[(Effect, i64)]) -> Tally {
    let keys = ["a", "b", "c", "d"].map(read::<OptionKey>);
    let keyed = || keys.iter().zip(options);
    Tally {
        options: keyed()
            .map(|(key, (effect, _))| BallotOption { key: key.clone(), label: read(key.as_str()), effect: *effect })
            .collect(),
        roll_size: Some(1_000),
        counts: keyed().map(|(key, (_, votes))| OptionCount { option: key.clone(), votes: *votes }).collect(),
        counts_complete: true,
        ..Tally::default()
    }
}

pub fn ballot(kind: BallotKind, tally: Tally) -> StaffBallot {
    StaffBallot {
        mutual_id: id(1),
        kind,
        organiser: None,
        question: maybe("Shall we leave as a mutual?"),
        mode: BallotMode::Recorded,
        hosting: None,
        held: checked(Held { declared_on: maybe("2012-10-01"), ..Held::default() }),
        tally: checked(tally),
        scrutineer: None,
        scrutineer_key_id: None,
        duties: Duties { entered_by: vec![WRITER.to_owned()], ..Duties::default() },
        ending: ending(BallotState::Declared),
        corrections: Vec::new(),
        sources: Distinct::default(),
    }
}

/// The state with what it needs.
pub fn ending(state: BallotState) -> Checked<Ending> {
    checked(Ending {
        state,
        void_reason: (state == BallotState::Void).then(|| read("papers were lost")),
        superseded_by_id: (state == BallotState::Superseded).then(|| id(99)),
    })
}

/// A formal ballot in which 600 of 1,000 entitled chose the mutual and 100 did not.
pub fn won() -> StaffBallot {
    ballot(BallotKind::Formal, tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 100)]))
}

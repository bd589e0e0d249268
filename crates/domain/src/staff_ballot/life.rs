//! The life of a recorded ballot: from draft to declared, and from there to void or superseded.
//!
//! A draft is edited freely. Once declared, a ballot is never edited: options, thresholds, roll and counts stay
//! as they are until a correction, which is appended with its reason, gives a whole new content.

use crate::checked::Checked;
use crate::date::Day;
use crate::fault::{Fault, FaultCode};
use crate::record::Record;
use crate::text::Note;

use super::tally::{OptionKey, Tally};
use super::words::{BallotKind, BallotMode, BallotState};
use super::{Ending, StaffBallot};

/// Above how many people entitled to vote a scrutineer is asked for, unless the operator says otherwise (TULRCA
/// 1992 s.226B, as a yardstick).
pub const SCRUTINEER_ABOVE: i64 = 50;

/// What declaring a ballot is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaring {
    /// The day on which it is declared here.
    pub today: Day,
    /// Above how many people entitled a scrutineer is needed; [`SCRUTINEER_ABOVE`] unless the operator says
    /// otherwise.
    pub scrutineer_above: i64,
    /// Whether the ballot is entered after the fact, so that it may lack a scrutineer; for admins only.
    pub historic: bool,
}

/// A correction of a ballot that was declared: appended to it, never put in its place without a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The whole content as it should have been.
    pub content: StaffBallot,
    /// Why.
    pub correction_reason: Note,
}

impl StaffBallot {
    /// The ballot with another content, while it is a draft and stays one.
    ///
    /// # Errors
    ///
    /// A fault at `state` if either is not a draft.
    pub fn edit(&self, content: Self) -> Result<Self, Vec<Fault>> {
        let (from, to) = (self.state(), content.state());
        let refuse = |detail: String| Err(vec![Fault::new("state", FaultCode::Inconsistent, detail)]);
        if from != BallotState::Draft {
            return refuse(format!("the ballot is `{from}` and no longer edited: append a correction"));
        }
        if to != BallotState::Draft {
            return refuse(format!("a draft does not become `{to}` by being edited: declare it"));
        }
        Ok(content)
    }

    /// The ballot with its result declared.
    ///
    /// # Errors
    ///
    /// A fault for each thing that it lacks: the question, two options, counts or at least published figures, a
    /// day of declaration that is not in the future, and, above so many entitled, a scrutineer.
    pub fn declare(&self, measure: &Declaring) -> Result<Self, Vec<Fault>> {
        let mut faults: Vec<Fault> = self.wrong_state(BallotState::Draft, "declared").into_iter().collect();
        if self.mode == BallotMode::Hosted {
            let detail = "a hosted ballot is declared from the votes that are cast here";
            faults.push(Fault::new("mode", FaultCode::Inconsistent, detail));
        }
        faults.extend(self.lacks(measure));
        if !faults.is_empty() {
            return Err(faults);
        }
        self.ended(Ending { state: BallotState::Declared, void_reason: None, superseded_by_id: None })
    }

    /// The declared ballot as one that does not count.
    ///
    /// # Errors
    ///
    /// A fault at `state` if it is not declared.
    pub fn void(&self, reason: Note) -> Result<Self, Vec<Fault>> {
        match self.wrong_state(BallotState::Declared, "found void") {
            Some(fault) => Err(vec![fault]),
            None => self.ended(Ending { state: BallotState::Void, void_reason: Some(reason), superseded_by_id: None }),
        }
    }

    /// The declared ballot as one that gave way to a rerun.
    ///
    /// # Errors
    ///
    /// A fault at `state` if it is not declared, and at `superseded_by_id` if the other is not a declared rerun
    /// about the same mutual.
    pub fn supersede(&self, by: &Record<Self>) -> Result<Self, Vec<Fault>> {
        let mut faults: Vec<Fault> = self.wrong_state(BallotState::Declared, "superseded").into_iter().collect();
        let rerun = &by.content;
        let conditions = [
            (rerun.mutual_id == self.mutual_id, "that ballot is about another mutual".to_owned()),
            (rerun.kind == BallotKind::Rerun, format!("that ballot is of the kind `{}`", rerun.kind)),
            (rerun.state() == BallotState::Declared, format!("that ballot is `{}`", rerun.state())),
        ];
        for (_, said) in conditions.into_iter().filter(|(kept, _)| !kept) {
            let detail = format!("{said}: expected a declared rerun for the same mutual");
            faults.push(Fault::new("superseded_by_id", FaultCode::Inconsistent, detail));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let superseded_by_id = Some(by.id);
        self.ended(Ending { state: BallotState::Superseded, void_reason: None, superseded_by_id })
    }

    /// The ballot, once declared, with its content corrected. Its state is not corrected, nor what it is a
    /// ballot of: its mutual, kind, mode and the keys of its options.
    ///
    /// # Errors
    ///
    /// A fault for each of these that the correction changes, and for each thing that it would lack to be
    /// declared.
    pub fn correct(&self, correction: &Correction, measure: &Declaring) -> Result<Self, Vec<Fault>> {
        if self.state() == BallotState::Draft {
            let detail = "the ballot is `draft`: edit it, only what was declared is corrected";
            return Err(vec![Fault::new("state", FaultCode::Inconsistent, detail)]);
        }
        let content = &correction.content;
        let kept = [
            ("mutual_id", content.mutual_id == self.mutual_id),
            ("kind", content.kind == self.kind),
            ("mode", content.mode == self.mode),
            ("options", keys(&content.tally) == keys(&self.tally)),
            ("state", content.ending == self.ending),
        ];
        let changed = kept.into_iter().filter(|(_, same)| !same).map(|(field, _)| {
            let what = if field == "options" { "the keys of the options" } else { "this" };
            let detail = format!("a correction leaves {what} as it was declared: leave it as it is");
            Fault::new(field, FaultCode::Inconsistent, detail)
        });
        let faults: Vec<Fault> = changed.chain(content.lacks(measure)).collect();
        if faults.is_empty() { Ok(content.clone()) } else { Err(faults) }
    }

    fn ended(&self, ending: Ending) -> Result<Self, Vec<Fault>> {
        Ok(Self { ending: Checked::new(ending)?, ..self.clone() })
    }

    fn wrong_state(&self, expected: BallotState, becomes: &str) -> Option<Fault> {
        let state = self.state();
        let detail = || format!("the ballot is `{state}`: only one that is `{expected}` can be {becomes}");
        (state != expected).then(|| Fault::new("state", FaultCode::Inconsistent, detail()))
    }

    /// What the ballot lacks to be declared.
    fn lacks(&self, measure: &Declaring) -> Vec<Fault> {
        let tally = &self.tally;
        let mut faults = Vec::new();
        let mut require = |field: &str, code, detail: &str| faults.push(Fault::new(field, code, detail));
        if self.question.is_none() {
            require("question", FaultCode::Required, "a declared ballot has its question as it was put");
        }
        if tally.options.len() < 2 {
            require("options", FaultCode::TooFew, "a declared ballot has at least two options");
        }
        if tally.counts.is_empty() && tally.published_figures.is_empty() {
            let detail = "a declared ballot has a result: expected `counts` or `published_figures`";
            require("counts", FaultCode::Required, detail);
        }
        match self.held.declared_on {
            None => require("declared_on", FaultCode::Required, "when was it declared? The year is enough"),
            Some(declared) if declared.first_day() > measure.today => {
                let detail = format!("{declared} is in the future: expected {} or earlier", measure.today);
                require("declared_on", FaultCode::OutOfRange, &detail);
            }
            Some(_) => {}
        }
        if self.scrutineer.is_none() && !measure.historic && tally.least_entitled() > measure.scrutineer_above {
            let above = measure.scrutineer_above;
            let detail = format!("above {above} people entitled to vote, an independent scrutineer watches over it");
            faults.push(Fault::new("scrutineer", FaultCode::Required, detail).citing("tulrca1992.s226b"));
        }
        faults
    }
}

/// The keys of the options, whatever their order.
fn keys(tally: &Tally) -> Vec<&OptionKey> {
    let mut keys: Vec<_> = tally.options.iter().map(|option| &option.key).collect();
    keys.sort();
    keys
}

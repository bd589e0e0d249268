//! The life of a recorded ballot: from draft to declared, and from there to void or superseded.
//!
//! A draft is edited freely. Once declared, a ballot is never edited: options, thresholds, roll and counts stay
//! as they are until a correction, which is appended with its reason, gives a whole new content.

use thiserror::Error;

use crate::ballot_protocol::Side;
use crate::checked::{Checked, Rules};
use crate::fault::{Fault, FaultCode};
use crate::record::Record;
use crate::value::date::{Day, PartialDate};
use crate::value::text::Note;

use super::ballot::{Correction, Ending, Held, StaffBallot, StaffBallotId};
use super::duties::{Duties, ScrutineerReport};
use super::hosting::Hosting;
use super::tally::{OptionKey, Tally};
use super::words::{BallotKind, BallotState};

/// Above how many people entitled to vote a scrutineer is asked for, unless the operator says otherwise (TULRCA
/// 1992 s.226B, as a rules).
pub const SCRUTINEER_ABOVE: i64 = 50;

/// What a result is measured by where it is declared or corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeclarationRules {
    /// The day on which that is done.
    pub today: Day,
    /// Above how many people entitled a scrutineer is needed; [`SCRUTINEER_ABOVE`] unless the operator says
    /// otherwise.
    pub scrutineer_above: i64,
}

/// How a ballot is declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// When the result was made known, where the ballot doesn't say it yet or says otherwise.
    pub declared_on: Option<PartialDate>,
    /// Whether the ballot is entered after the fact, so that it may lack what its sources don't tell; for admins
    /// only.
    pub historic: bool,
}

/// What became of a ballot before it was entered here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The state that it came to.
    pub ending: Checked<Ending>,
    /// Its corrections, the oldest first.
    pub corrections: Vec<Correction>,
    /// Who entered and declared it, and what its scrutineer reported.
    pub duties: Duties,
}

/// Corrections are appended to a declared ballot, one after the other, and each gives the record its next version.
impl Rules for Past {
    fn faults(&self) -> Vec<Fault> {
        const FIRST_CORRECTED: i64 = 2;
        let mut faults = Vec::new();
        let most = StaffBallot::MAX_CORRECTIONS;
        if self.corrections.len() > most {
            let detail = format!("expected at most {most} corrections");
            faults.push(Fault::new("corrections", FaultCode::TooMany, detail));
        }
        if self.ending.state == BallotState::Draft && !self.corrections.is_empty() {
            let detail = "a draft has no corrections, because it can be edited: leave them out";
            faults.push(Fault::new("corrections", FaultCode::Inconsistent, detail));
        }
        let mut before: Option<&Correction> = None;
        for (index, correction) in self.corrections.iter().enumerate() {
            let version = correction.version;
            if version < FIRST_CORRECTED {
                let detail = "a ballot is entered before it is corrected: expected 2 or more";
                faults.push(Fault::new(format!("corrections/{index}/version"), FaultCode::OutOfRange, detail));
            } else if let Some(earlier) = before.filter(|before| before.version >= version) {
                let detail = format!(
                    "the correction before has the version {}: expected a higher one, because corrections are listed oldest first",
                    earlier.version
                );
                faults.push(Fault::new(format!("corrections/{index}/version"), FaultCode::Inconsistent, detail));
            }
            if before.is_some_and(|before| before.corrected_at > correction.corrected_at) {
                let detail = "this is earlier than the correction before: list corrections oldest first";
                faults.push(Fault::new(format!("corrections/{index}/corrected_at"), FaultCode::DateOrder, detail));
            }
            before = Some(correction);
        }
        faults
    }
}

/// Why a ballot stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BallotError {
    /// Its state is against it, whatever it says.
    #[error("{}", .0.detail)]
    State(Fault),
    /// The caller entered what another is to declare.
    #[error("{0}")]
    Duty(String),
    /// An issuer has not signed the manifest.
    #[error("{}", not_signed(.0))]
    NotSigned(Vec<Side>),
    /// No votes are cast in it now.
    #[error("{0}")]
    NotCasting(String),
    /// What it says, or would say, breaks rules.
    #[error("{} error(s) in the ballot", .0.len())]
    Content(Vec<Fault>),
}

fn not_signed(missing: &[Side]) -> String {
    let named: Vec<String> = missing.iter().map(|side| format!("issuer `{side}`")).collect();
    format!("the manifest is not signed by {}", named.join(" and "))
}

impl StaffBallot {
    /// So many times a ballot can be corrected.
    pub const MAX_CORRECTIONS: usize = 100;

    /// The draft with another content, written by a caller whom the log names so. Its state, its appointed scrutineer,
    /// its report and its corrections are not edited. One that is to be held here starts without the scrutineer and the report of
    /// what was recorded.
    ///
    /// # Errors
    /// [`BallotError::State`] if it is no draft, or too many others have written its counts.
    pub fn edit(&self, content: Self, by: &str) -> Result<Self, BallotError> {
        self.require_editable()?;
        self.check_planned(&content)?;
        let mut edited = self.saying(content);
        edited.check_hosted_draft()?;
        if edited.tally != self.tally {
            edited.duties = edited.duties.rewritten(by).map_err(BallotError::State)?;
        }
        if self.hosting.is_none() && edited.hosting.is_some() {
            // It could be declared by a report from before the first vote.
            edited.duties.report = None;
            edited.scrutineer_key_id = None;
        }
        Ok(edited)
    }

    /// Refuses a draft that nobody can hold or enter: one that is held here, and says what the register finds out.
    ///
    /// # Errors
    /// [`BallotError::Content`].
    pub fn require_draft(&self) -> Result<(), BallotError> {
        self.check_hosted_draft()
    }

    /// Refuses another mode, or another number of issuers, once somebody has done something for the ballot.
    fn check_planned(&self, content: &Self) -> Result<(), BallotError> {
        let Some(hosting) = self.hosting.as_ref().filter(|hosting| !hosting.progress.is_untouched()) else {
            return Ok(());
        };
        let wanted = content.hosting.as_ref().map(|hosting| hosting.plan.issuer_count);
        if wanted == Some(hosting.plan.issuer_count) {
            return Ok(());
        }
        Err(refusal("the ballot has an issuer already, so that `mode` and `issuer_count` stay as they are".to_owned()))
    }

    /// Refuses to edit what is no draft.
    ///
    /// # Errors
    /// [`BallotError::State`].
    pub fn require_editable(&self) -> Result<(), BallotError> {
        let state = self.state();
        match state {
            BallotState::Draft => Ok(()),
            BallotState::RollFrozen | BallotState::Open | BallotState::Closed | BallotState::Cancelled => {
                Err(refusal(format!("the ballot is `{state}`: its content was fixed when the roll was frozen")))
            }
            _ => Err(refusal(format!("the ballot is `{state}` and can no longer be edited: use `correct`"))),
        }
    }

    /// The ballot with its result declared by a caller whom the log names so. Unless it is historic, who entered the
    /// counts can't declare them.
    ///
    /// # Errors
    /// [`BallotError::State`] if it is no draft, [`BallotError::Duty`] if the caller entered the counts. A fault for each
    /// thing that it lacks: counts or at least published figures, a day of declaration that is not in the future, and,
    /// unless it is historic, that day at all, the question, two options and, above so many entitled, a scrutineer.
    pub fn declare(&self, declaration: &Declaration, by: &str, rules: &DeclarationRules) -> Result<Self, BallotError> {
        match &self.hosting {
            Some(hosting) => {
                self.require_state(BallotState::Closed, "declared")?;
                hosting.require_issuer(Side::A, by)?;
                self.check_hosted_declaration(declaration)?;
            }
            None => {
                self.require_state(BallotState::Draft, "declared")?;
                if !declaration.historic {
                    self.duties.check_declarer(by, self.scrutineer_key_id).map_err(BallotError::Duty)?;
                }
            }
        }
        let mut declared = self.with_result(declaration, rules)?;
        declared.duties.declared_by = Some(by.to_owned());
        declared.duties.historic = declaration.historic;
        Ok(declared)
    }

    /// A ballot that is held here is no history, and its scrutineer reports before it is declared.
    fn check_hosted_declaration(&self, declaration: &Declaration) -> Result<(), BallotError> {
        let mut faults = Vec::new();
        if declaration.historic {
            let detail = "a ballot of mode `hosted` is not known from history: leave it out";
            faults.push(Fault::new("historic", FaultCode::Inconsistent, detail));
        }
        if self.duties.report.is_none() {
            let detail = "the scrutineer has not reported: expected `PUT …/scrutineer-report` first";
            faults.push(Fault::new("scrutineer_report", FaultCode::Required, detail));
        }
        if faults.is_empty() { Ok(()) } else { Err(BallotError::Content(faults)) }
    }

    /// The ballot with a result that everybody sees, whoever declares it. One that is held here is declared today, unless it is said
    /// otherwise.
    fn with_result(&self, declaration: &Declaration, rules: &DeclarationRules) -> Result<Self, BallotError> {
        let mut faults = Vec::new();
        let mut declared = self.clone();
        let today = self.hosting.is_some().then(|| PartialDate::from(rules.today));
        if let Some(declared_on) = declaration.declared_on.or(today) {
            let held = Held { declared_on: Some(declared_on), ..(*self.held).clone() };
            match Checked::new(held) {
                Ok(held) => declared.held = held,
                Err(broken) => faults.extend(broken),
            }
        }
        // A day that doesn't fit is told, and not missing besides.
        let lacks_day = declaration.declared_on.is_none();
        if !declaration.historic {
            faults.extend(declared.gaps(rules).into_iter().filter(|gap| lacks_day || gap.field != "declared_on"));
        }
        faults.extend(declared.defects(rules));
        if !faults.is_empty() {
            return Err(BallotError::Content(faults));
        }
        declared.ended(Ending { state: BallotState::Declared, void_reason: None, superseded_by_id: None })
    }

    /// The ballot as the draft that it was, and what became of it since. Who is appointed to it is not part of its past.
    pub fn apart_from_past(self) -> (Self, Past) {
        let past = Past { ending: self.ending, corrections: self.corrections, duties: self.duties };
        let ending = Ending { state: BallotState::Draft, void_reason: None, superseded_by_id: None };
        let draft = Self {
            ending: Checked::stored(ending),
            corrections: Vec::new(),
            scrutineer_key_id: None,
            duties: Duties::default(),
            ..self
        };
        (draft, past)
    }

    /// The draft, which has this id, as what it came to be elsewhere: historic, with the report that its sources give. Who entered and
    /// declared it elsewhere, this register does not vouch for. One that gave way to a rerun needs it.
    ///
    /// # Errors
    /// A fault for each thing that the ballot lacks to be declared, for each correction that is in the future, and where the rerun is
    /// none for it.
    pub fn with_past(
        &self,
        id: StaffBallotId,
        past: &Past,
        rerun: Option<&Record<Self>>,
        rules: &DeclarationRules,
    ) -> Result<Self, BallotError> {
        if past.ending.state == BallotState::Draft {
            return Ok(self.clone());
        }
        let mut faults = Vec::new();
        if self.hosting.is_some() {
            let detail = "a ballot that was held in another register is `recorded` in this one, without `hosting`";
            faults.push(Fault::new("mode", FaultCode::Inconsistent, detail));
        }
        let declaration = Declaration { declared_on: None, historic: true };
        let declared = match self.with_result(&declaration, rules) {
            Err(BallotError::Content(lacks)) => {
                faults.extend(lacks);
                self.clone()
            }
            declared => declared?,
        };
        for (index, correction) in past.corrections.iter().enumerate() {
            if correction.corrected_at.date_naive() > rules.today.date() {
                let detail = format!("this is in the future: expected {} or earlier", rules.today);
                faults.push(Fault::new(format!("corrections/{index}/corrected_at"), FaultCode::OutOfRange, detail));
            }
        }
        let is_rerun = |by: &Record<Self>| {
            by.id != id
                && by.content.mutual_id == self.mutual_id
                && by.content.kind == BallotKind::Rerun
                && by.content.state().is_declared()
        };
        if rerun.is_some_and(|by| !is_rerun(by)) {
            let detail = "expected another ballot: a rerun for the same mutual that is not a draft";
            faults.push(Fault::new("superseded_by_id", FaultCode::Inconsistent, detail));
        }
        if !faults.is_empty() {
            return Err(BallotError::Content(faults));
        }
        let report = past.duties.report.clone().map(|report| ScrutineerReport { reported_by: None, ..report });
        let duties = Duties { historic: true, report, ..Duties::default() };
        Ok(Self { ending: past.ending.clone(), corrections: past.corrections.clone(), duties, ..declared })
    }

    /// The declared ballot as one that does not count. One that is held here can be void once it has closed.
    ///
    /// # Errors
    /// [`BallotError::State`] if it is not declared.
    pub fn void(&self, reason: Note) -> Result<Self, BallotError> {
        let state = self.state();
        if !matches!(state, BallotState::Closed | BallotState::Declared) {
            let detail = format!("the ballot is `{state}`: only one that is `declared` or `closed` can be found void");
            return Err(refusal(detail));
        }
        self.ended(Ending { state: BallotState::Void, void_reason: Some(reason), superseded_by_id: None })
    }

    /// The declared ballot, which has this id, as one that gave way to a rerun.
    ///
    /// # Errors
    /// [`BallotError::State`] if it is not declared, and a fault at `superseded_by_id` for each way in which the
    /// other is not another ballot, a declared rerun about the same mutual.
    pub fn supersede(&self, id: StaffBallotId, by: &Record<Self>) -> Result<Self, BallotError> {
        self.require_state(BallotState::Declared, "superseded")?;
        let rerun = &by.content;
        let conditions = [
            (by.id != id, "that is the ballot itself".to_owned()),
            (rerun.mutual_id == self.mutual_id, "that ballot is about another mutual".to_owned()),
            (rerun.kind == BallotKind::Rerun, format!("that ballot is of the kind `{}`", rerun.kind)),
            (rerun.state() == BallotState::Declared, format!("that ballot is `{}`", rerun.state())),
        ];
        let said: Vec<String> = conditions.into_iter().filter(|(kept, _)| !kept).map(|(_, said)| said).collect();
        if !said.is_empty() {
            let detail = format!("{}: expected another ballot, a declared rerun for the same mutual", said.join(", "));
            return Err(BallotError::Content(vec![Fault::new("superseded_by_id", FaultCode::Inconsistent, detail)]));
        }
        let superseded_by_id = Some(by.id);
        self.ended(Ending { state: BallotState::Superseded, void_reason: None, superseded_by_id })
    }

    /// The ballot, once declared, with its content corrected. Its state is not corrected, nor what it is a
    /// ballot of: its mutual, kind, mode and the keys of its options.
    ///
    /// # Errors
    /// [`BallotError::State`] if it is a draft or was corrected too often. A fault for each thing that is not
    /// corrected, for each that the ballot would lack to be declared, unless it lacked it before, and for a content
    /// that is the one it has.
    pub fn correct(
        &self,
        content: Self,
        correction: Correction,
        rules: &DeclarationRules,
    ) -> Result<Self, BallotError> {
        let state = self.state();
        if state == BallotState::Draft {
            return Err(refusal(
                "the ballot is `draft`: edit it instead, because only a declared ballot can be corrected".to_owned(),
            ));
        }
        if !state.is_declared() {
            return Err(refusal(format!("the ballot is `{state}`: only a declared ballot can be corrected")));
        }
        self.require_correctable()?;
        let mut corrected = self.saying(content);
        if corrected.tally != self.tally {
            corrected.duties = corrected.duties.recounted();
        }
        let mut faults: Vec<Fault> = self.changed_for_good(&corrected);
        let before = self.lacks(rules);
        let is_new = |lack: &Fault| !before.iter().any(|old| (&old.field, old.code) == (&lack.field, lack.code));
        faults.extend(corrected.lacks(rules).into_iter().filter(is_new));
        if corrected == *self {
            let detail = "the ballot already says this: expected the corrected value";
            faults.push(Fault::new("", FaultCode::Inconsistent, detail));
        }
        if !faults.is_empty() {
            return Err(BallotError::Content(faults));
        }
        corrected.corrections.push(correction);
        Ok(corrected)
    }

    /// Another content in the life of this ballot.
    pub fn saying(&self, content: Self) -> Self {
        let progress = self.hosting.as_ref().map(|hosting| hosting.progress.clone()).unwrap_or_default();
        Self {
            hosting: content.hosting.map(|hosting| Box::new(Hosting { progress, ..*hosting })),
            ending: self.ending.clone(),
            scrutineer_key_id: self.scrutineer_key_id,
            duties: self.duties.clone(),
            corrections: self.corrections.clone(),
            ..content
        }
    }

    /// Refuses a correction of a ballot that has had as many as it can have.
    pub(super) fn require_correctable(&self) -> Result<(), BallotError> {
        if self.corrections.len() < Self::MAX_CORRECTIONS {
            return Ok(());
        }
        let most = Self::MAX_CORRECTIONS;
        Err(refusal(format!("the ballot has already been corrected {most} times, which is the limit")))
    }

    fn ended(&self, ending: Ending) -> Result<Self, BallotError> {
        Ok(Self { ending: Checked::new(ending).map_err(BallotError::Content)?, ..self.clone() })
    }

    fn require_state(&self, expected: BallotState, becomes: &str) -> Result<(), BallotError> {
        let state = self.state();
        if state == expected {
            return Ok(());
        }
        Err(refusal(format!("the ballot is `{state}`: only one that is `{expected}` can be {becomes}")))
    }

    /// A fault for each thing that no correction changes.
    fn changed_for_good(&self, corrected: &Self) -> Vec<Fault> {
        let kept = [
            ("mutual_id", corrected.mutual_id == self.mutual_id),
            ("kind", corrected.kind == self.kind),
            ("mode", corrected.mode == self.mode),
            ("options", keys(&corrected.tally) == keys(&self.tally)),
            ("hosting", corrected.hosting == self.hosting),
        ];
        let voted_here = || {
            let counted = |ballot: &Self| {
                let tally = Tally { published_figures: Vec::new(), ..(*ballot.tally).clone() };
                (tally, ballot.question.clone(), ballot.held.clone())
            };
            let (now, wanted) = (counted(self), counted(corrected));
            [("counts", wanted.0 == now.0), ("question", wanted.1 == now.1), ("declared_on", wanted.2 == now.2)]
        };
        let voted_here = self.hosting.is_some().then(voted_here);
        let kept = kept.into_iter().chain(voted_here.into_iter().flatten());
        let changed = kept.filter(|(_, same)| !same).map(|(field, _)| {
            let what = match field {
                "options" => "the keys of the options",
                "counts" => "what was cast here and what it is measured by",
                _ => "this",
            };
            let detail = format!("a correction cannot change {what}: leave it unchanged");
            Fault::new(field, FaultCode::Inconsistent, detail)
        });
        changed.collect()
    }

    /// Everything that the ballot lacks to be declared.
    fn lacks(&self, rules: &DeclarationRules) -> Vec<Fault> {
        [self.gaps(rules), self.defects(rules)].concat()
    }

    /// What the ballot lacks to be declared, which the sources of a historic one may not tell.
    fn gaps(&self, rules: &DeclarationRules) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut require = |field: &str, code, detail: &str| faults.push(Fault::new(field, code, detail));
        if self.question.is_none() {
            require("question", FaultCode::Required, "a declared ballot needs its question");
        }
        if self.tally.options.len() < 2 {
            require("options", FaultCode::TooFew, "a declared ballot needs at least two options");
        }
        if self.held.declared_on.is_none() {
            require(
                "declared_on",
                FaultCode::Required,
                "a declared ballot needs the day it was declared: the year is enough",
            );
        }
        if self.scrutineer.is_none() && self.hosting.is_none() && self.tally.least_entitled() > rules.scrutineer_above {
            let above = rules.scrutineer_above;
            let detail =
                format!("a ballot with more than {above} people entitled to vote needs an independent scrutineer");
            faults.push(Fault::new("scrutineer", FaultCode::Required, detail).citing("tulrca1992.s226b"));
        }
        faults
    }

    /// Why no ballot could be declared as this one is.
    fn defects(&self, rules: &DeclarationRules) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.tally.counts.is_empty() && self.tally.published_figures.is_empty() {
            let detail = "a declared ballot needs a result: expected `counts` or `published_figures`";
            faults.push(Fault::new("counts", FaultCode::Required, detail));
        }
        let Held { opened_on, closed_on, declared_on, .. } = *self.held;
        for (field, date) in [("opened_on", opened_on), ("closed_on", closed_on), ("declared_on", declared_on)] {
            if let Some(date) = date.filter(|date| date.first_day() > rules.today.with_grace()) {
                let detail = format!("{date} is in the future: expected {} or earlier", rules.today);
                faults.push(Fault::new(field, FaultCode::OutOfRange, detail));
            }
        }
        faults
    }
}

/// That the ballot's state is against it.
pub(super) fn refusal(detail: String) -> BallotError {
    BallotError::State(Fault::new("state", FaultCode::Inconsistent, detail))
}

/// The keys of the options, whatever their order.
fn keys(tally: &Tally) -> Vec<&OptionKey> {
    let mut keys: Vec<_> = tally.options.iter().map(|option| &option.key).collect();
    keys.sort();
    keys
}

//! Checks a whole register, step by step: first its log, then everything stored against the log.
//!
//! Each step reads a few hundred rows in one snapshot, so that it does not delay other work.

use crate::ReadTx;
use crate::error::Error;
use crate::log::entry_log;
use crate::log::verify::{Check, LogFault};
use crate::register::verify::{RegisterFault, STEPS};
use domain::tree::Hash;

/// The maximum number of differences that are reported.
const MOST_FAULTS: usize = 100;

/// What a check of the register found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The number of entries that were checked.
    pub entries: i64,
    /// The root of the tree over them, computed anew.
    pub root: Hash,
    /// What is wrong with the log, the first entry first; nothing where it is whole.
    pub faults: Vec<LogFault>,
    /// The number of records that were compared with their entries.
    pub records: i64,
    /// What of the register does not match the log.
    pub differences: Vec<RegisterFault>,
}

/// Checks all of what a connection sees in one go.
pub(crate) fn whole(tx: &mut ReadTx<'_>) -> Result<Verified, Error> {
    let mut check = Verification::default();
    while !check.is_done() {
        check = check.go_on(tx)?;
    }
    Ok(check.found())
}

/// A check on its way.
#[derive(Clone, Default)]
pub struct Verification {
    /// The number of the newest entry when it began.
    head: Option<i64>,
    log: Check,
    is_log_checked: bool,
    /// How many of the steps are done.
    done: usize,
    /// Where the one that is not done goes on.
    after: Vec<u8>,
    records: i64,
    differences: Vec<RegisterFault>,
}

impl Verification {
    /// Whether there is nothing more to look at, or nothing worth it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        // Without a log there is nothing to compare with.
        cfg!(feature = "without-entry-log")
            || self.is_log_checked && (self.done >= STEPS.len() || self.differences.len() >= MOST_FAULTS)
    }

    /// What was found so far.
    #[must_use]
    pub fn found(&self) -> Verified {
        Verified {
            entries: self.log.entries(),
            root: self.log.root(),
            faults: self.log.faults().to_vec(),
            records: self.records,
            differences: self.differences.clone(),
        }
    }

    /// Takes the next step.
    pub(crate) fn go_on(mut self, tx: &mut ReadTx<'_>) -> Result<Self, Error> {
        let head = match self.head {
            Some(head) => head,
            None => entry_log::head(tx)?,
        };
        self.head = Some(head);
        if self.log.is_to_go_on(head) {
            self.log = self.log.go_on(tx, head)?;
        } else if !self.is_log_checked {
            self.log = self.log.finish(tx)?;
            self.is_log_checked = true;
        } else if let Some(step) = STEPS.get(self.done) {
            let found = step(tx, &self.after)?;
            self.records = self.records.saturating_add(found.records);
            self.differences.extend(found.faults);
            self.differences.truncate(MOST_FAULTS);
            self.done = self.done.saturating_add(usize::from(found.next.is_none()));
            self.after = found.next.unwrap_or_default();
        }
        Ok(self)
    }
}

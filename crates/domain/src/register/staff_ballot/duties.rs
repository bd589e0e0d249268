//! Separation of duties: who entered the counts of a ballot, who declared them and what its scrutineer reports.
//!
//! The names are those that the entry log has for callers. One person with two keys has two names.

use crate::access::name_of_key;
use crate::api_key::KeyId;
use crate::fault::{Fault, FaultCode};
use crate::value::text::Note;
use crate::value::web_url::WebUrl;

/// Who did what with a ballot, and what they say about it. None of it is edited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// Who wrote what the tally says while the ballot was a draft, at most [`Duties::MAX_WRITERS`]; nobody where the
    /// register did not note it.
    pub entered_by: Vec<String>,
    /// Who declared the result; nobody where the register did not note it.
    pub declared_by: Option<String>,
    /// Whether the ballot is known from history. Then it doesn't open the launch gate.
    pub historic: bool,
    /// What the scrutineer reports.
    pub report: Option<ScrutineerReport>,
}

/// What the scrutineer of a ballot found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrutineerReport {
    /// Whether they were satisfied with how it was held.
    pub satisfied: Option<bool>,
    /// Their report: papers distributed and returned, votes, spoiled papers, and who stored and counted them.
    pub report_url: Option<WebUrl>,
    /// Who reported; nobody where it is what sources say of a historic ballot.
    pub reported_by: Option<String>,
    /// Whether what the tally says was changed since.
    pub counts_changed: bool,
}

/// What the appointed scrutineer reports now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    /// Whether they are satisfied with how it was held.
    pub satisfied: bool,
    /// Their report.
    pub report_url: Option<WebUrl>,
    /// Why they correct what they reported on a declared ballot.
    pub correction_reason: Option<Note>,
}

impl Duties {
    /// So many callers can write what the tally of a draft says.
    pub const MAX_WRITERS: usize = 20;

    /// Those of a ballot that this caller enters.
    #[must_use]
    pub fn entered(self, by: &str) -> Self {
        Self { entered_by: vec![by.to_owned()], ..self }
    }

    /// After this caller wrote what the tally of a draft says. If the first writer is not known, all stay unknown:
    /// a list that lacks somebody would let them declare.
    ///
    /// # Errors
    /// A fault at `entered_by` if as many others as possible wrote it already.
    pub(super) fn rewritten(mut self, by: &str) -> Result<Self, Fault> {
        let is_noted = self.entered_by.is_empty() || self.entered_by.iter().any(|writer| writer == by);
        if !is_noted && self.entered_by.len() >= Self::MAX_WRITERS {
            let most = Self::MAX_WRITERS;
            let detail =
                format!("{most} callers have entered the counts, which is the limit: one of them can change them");
            return Err(Fault::new("entered_by", FaultCode::Inconsistent, detail));
        }
        if !is_noted {
            self.entered_by.push(by.to_owned());
        }
        Ok(self.recounted())
    }

    /// After what the tally says was changed: a report is about what it said before.
    pub(super) fn recounted(mut self) -> Self {
        if let Some(report) = &mut self.report {
            report.counts_changed = true;
        }
        self
    }

    /// Refuses a declaration by a caller who entered the counts, or may have.
    ///
    /// # Errors
    /// Who entered them, and who may declare them, in words.
    pub(super) fn check_declarer(&self, by: &str, scrutineer: Option<KeyId>) -> Result<(), String> {
        let is_scrutineer = scrutineer.is_some_and(|key_id| by == name_of_key(key_id));
        if self.entered_by.is_empty() && !is_scrutineer {
            let detail = "the register does not know who entered the counts of this draft, so only its appointed \
                          scrutineer can declare it; an administrator can declare it with `historic`";
            return Err(detail.to_owned());
        }
        if self.entered_by.iter().any(|writer| writer == by) {
            let detail = format!(
                "`{by}` entered the counts, and who entered them cannot declare them: ask the appointed scrutineer, \
                 another `department_editor` of the department or another `admin`"
            );
            return Err(detail);
        }
        Ok(())
    }
}

//! The report of a ballot's scrutineer: written on a draft or on a declared ballot, and corrected openly.

use chrono::{DateTime, Utc};

use crate::ballot_protocol::Side;
use crate::fault::{Fault, FaultCode};

use super::ballot::{Correction, StaffBallot};
use super::duties::{Reporting, ScrutineerReport};
use super::life::BallotError;
use super::words::BallotState;

impl StaffBallot {
    /// The ballot with what its scrutineer, named so by the log, reports at an instant, by which the record gets this
    /// version. A report that takes the place of another on a declared ballot is a correction. The scrutineer of a ballot that is held
    /// here is its issuer `a`.
    ///
    /// # Errors
    /// [`BallotError::State`] if it is neither a draft (closed, if it is held here) nor declared, or was corrected too often.
    /// [`BallotError::Duty`] if it is held here and the caller is not its issuer `a`. A fault at
    /// `correction_reason` where it is missing, or nothing is corrected.
    pub fn report(
        &self,
        reporting: &Reporting,
        by: &str,
        (at, version): (DateTime<Utc>, i64),
    ) -> Result<Self, BallotError> {
        let state = self.state();
        let before = if self.hosting.is_some() { BallotState::Closed } else { BallotState::Draft };
        if ![before, BallotState::Declared].contains(&state) {
            let detail =
                format!("the ballot is `{state}`: a scrutineer reports on one that is `{before}` or `declared`");
            return Err(BallotError::State(Fault::new("state", FaultCode::Inconsistent, detail)));
        }
        if let Some(hosting) = &self.hosting {
            hosting.require_issuer(Side::A, by)?;
        }
        let report = ScrutineerReport {
            satisfied: Some(reporting.satisfied),
            report_url: reporting.report_url.clone(),
            reported_by: Some(by.to_owned()),
            counts_changed: false,
        };
        let mut reported = self.clone();
        let replaced = reported.duties.report.replace(report);
        if reported == *self {
            return Ok(reported);
        }
        let is_correction = state == BallotState::Declared && replaced.is_some();
        let refused = |code, detail: &str| BallotError::Content(vec![Fault::new("correction_reason", code, detail)]);
        match (is_correction, &reporting.correction_reason) {
            (true, None) => {
                Err(refused(FaultCode::Required, "the declared ballot has a report already: say why it is corrected"))
            }
            (false, Some(_)) => Err(refused(
                FaultCode::Inconsistent,
                "only another report on a declared ballot is a correction: leave it out",
            )),
            (false, None) => Ok(reported),
            (true, Some(reason)) => {
                self.require_correctable()?;
                reported.corrections.push(Correction { corrected_at: at, reason: reason.clone(), version });
                Ok(reported)
            }
        }
    }
}

//! The answer to a yes-or-no question on which the facts may be missing.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Whether a test is met, according to the known facts.
    pub enum TestOutcome {
        /// The facts show that the test is met.
        Met = "met" or "yes" or "true" or "pass" or "passed" or "satisfied",
        /// The facts show that the test is not met.
        NotMet = "not_met" or "no" or "false" or "fail" or "failed" or "unmet" or "not satisfied",
        /// The known facts do not say.
        Unknown = "unknown" or "not known" or "do not know" or "TBC" or "n/a" or "not assessed",
    }
}

impl Default for TestOutcome {
    /// Nothing is known until somebody says so.
    fn default() -> Self {
        Self::Unknown
    }
}

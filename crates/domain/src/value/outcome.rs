//! The answer to a yes-or-no question on which the facts may be missing.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Whether a test is met, according to the known facts.
    pub enum TestOutcome {
        /// The facts show that the test is met.
        Met = "met",
        /// The facts show that the test is not met.
        NotMet = "not_met",
        /// The known facts do not say.
        Unknown = "unknown",
    }
}

impl Default for TestOutcome {
    /// Nothing is known until somebody says so.
    fn default() -> Self {
        Self::Unknown
    }
}

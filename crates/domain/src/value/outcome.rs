//! The answer to a yes-or-no question on which the facts may be missing.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Whether a test is met, as far as the facts at hand can tell.
    pub enum TestOutcome {
        /// The facts show that the test is met.
        Met = "met",
        /// The facts show that the test is not met.
        NotMet = "not_met",
        /// The facts at hand do not tell.
        Unknown = "unknown",
    }
}

impl Default for TestOutcome {
    /// Nothing is known until somebody says so.
    fn default() -> Self {
        Self::Unknown
    }
}

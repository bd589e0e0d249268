//! What a register needs to publish open contracting data: a prefix of the operator's own, and who the operator is.

use document::ocds::Publisher;
use domain::OcdsPrefix;

use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// The publisher of a register whose operator has not set a name.
const NAMELESS: &str = "Register of public service mutuals";

/// Who publishes open contracting data, and under which prefix.
#[derive(Clone, Debug)]
pub struct Publishing {
    pub prefix: OcdsPrefix,
    pub publisher: Publisher,
}

impl Publishing {
    /// Publishes under this prefix.
    pub fn new(prefix: OcdsPrefix, name: Option<&str>, page: Option<String>, licence: Option<String>) -> Self {
        if prefix.as_str() == OcdsPrefix::EXAMPLE {
            log::warn!(
                "open contracting data has the prefix {prefix} of the standard's examples: do not publish it, and use a \
                 prefix of your own"
            );
        }
        Self { prefix, publisher: Publisher { name: name.unwrap_or(NAMELESS).to_owned(), page, licence } }
    }

    /// What there must be for an answer.
    ///
    /// # Errors
    /// A 404 where the operator has not set a prefix.
    pub fn required(publishing: Option<&Self>) -> Result<&Self, Problem> {
        let detail = "this register publishes no open contracting data: its operator has not set `--ocds-prefix`";
        publishing.ok_or_else(|| Problem::new(ProblemType::NoOcdsPrefix, detail))
    }
}

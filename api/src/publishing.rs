//! What a register needs to publish open contracting data: a prefix of the operator's own, and who the operator is.

use document::ocds::Publisher;
use domain::{Line, OcdsPrefix};

use crate::config::{self, Production};
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
    /// That of the operator's settings; none without a prefix.
    pub fn of(settings: &Production) -> Option<Self> {
        let prefix = settings.ocds_prefix.clone()?;
        if prefix.as_str() == OcdsPrefix::EXAMPLE {
            log::warn!(
                "open contracting data has the prefix {prefix} of the standard's examples: do not publish it, and use a \
                 prefix of your own"
            );
        }
        let config::Publisher { contact_name, contact_url, licence_url, .. } = &settings.publisher;
        let publisher = Publisher {
            name: contact_name.as_ref().map_or(NAMELESS, Line::as_str).to_owned(),
            page: contact_url.as_ref().map(ToString::to_string),
            licence: licence_url.as_ref().map(ToString::to_string),
        };
        Some(Self { prefix, publisher })
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

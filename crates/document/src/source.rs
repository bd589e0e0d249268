//! Where a record comes from.

use domain::Sources;

use crate::declare::wire;
use crate::faults::Faults;
use crate::value::{Day, Name, Note, Plain, Title, WebUrl};

wire! {
    /// A source of a record: at least one of `url`, `title`, `asserted_by` and `note`.
    pub struct Source for domain::Source, checked {
        /// The address of the page.
        url: WebUrl = optional,
        /// The heading of the page, report or article.
        title: Title = optional,
        /// Who says so, if there is no page.
        asserted_by: Name = optional,
        /// When the page was read.
        accessed_on: Day = optional,
        /// Limitations of the source.
        note: Note = optional,
    }
}

/// The sources of a record, or their faults.
pub fn build(sources: Vec<Source>, faults: &mut Faults) -> Option<Sources> {
    faults.list("sources", sources)
}

/// The sources of a record, to be shown.
pub fn show(sources: &Sources) -> Vec<Source> {
    sources.iter().map(Source::show).collect()
}

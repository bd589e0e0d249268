//! Where a record comes from.

use crate::declare::wire;
use crate::value::{Day, Name, Note, Title, WebUrl};

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
        accessed_on: Day = optional.past(),
        /// Limitations of the source.
        note: Note = optional,
    }
}

//! Where a record comes from.

use crate::checked::{Checked, Distinct, Rules};
use crate::fault::{Fault, FaultCode};
use crate::value::date::Day;
use crate::value::text::{Name, Note, Title};
use crate::value::web_url::WebUrl;

/// The most sources that a record may have.
pub const MAX_SOURCES: usize = 50;

/// The sources of a record, none of them twice.
pub type Sources = Distinct<Checked<Source>, 0, MAX_SOURCES>;

/// Where a record, or a part of it, comes from, with its caveats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The address of the page.
    pub url: Option<WebUrl>,
    /// The title of the page, report or article.
    pub title: Option<Title>,
    /// Who says so, if there is no page.
    pub asserted_by: Option<Name>,
    /// When the page was read.
    pub accessed_on: Option<Day>,
    /// Limitations of the source.
    pub note: Option<Note>,
}

impl Rules for Source {
    /// A source says at least one of what, where and who: a date alone leads nowhere.
    fn faults(&self) -> Vec<Fault> {
        if self.url.is_some() || self.title.is_some() || self.asserted_by.is_some() || self.note.is_some() {
            return Vec::new();
        }
        vec![Fault::new(
            "",
            FaultCode::Required,
            "the source is empty: expected at least one of `url`, `title`, `asserted_by` and `note`",
        )]
    }
}

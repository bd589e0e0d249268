//! Where a record comes from.

use domain::{Distinct, Sources};

use crate::declare::wire;
use crate::faults::Faults;
use crate::value::{Day, Name, Note, Text, Title, WebUrl};

wire! {
    /// Where a record comes from: at least one of `url`, `title`, `asserted_by` and `note`.
    pub struct Source {
        /// The page that says it.
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
    let sources = faults.each("sources", sources, |source, faults| {
        let source = domain::Source {
            url: source.url.map(Text::into_inner),
            title: source.title.map(Text::into_inner),
            asserted_by: source.asserted_by.map(Text::into_inner),
            accessed_on: source.accessed_on.map(Text::into_inner),
            note: source.note.map(Text::into_inner),
        };
        faults.checked(&[], source)
    });
    faults.take("sources", Distinct::new(sources))
}

/// The sources of a record, to be shown.
pub fn show(sources: &Sources) -> Vec<Source> {
    let shown = |source: &domain::Checked<domain::Source>| {
        let domain::Source { url, title, asserted_by, accessed_on, note } = &**source;
        Source {
            url: url.clone().map(Text),
            title: title.clone().map(Text),
            asserted_by: asserted_by.clone().map(Text),
            accessed_on: accessed_on.map(Text),
            note: note.clone().map(Text),
        }
    };
    sources.iter().map(shown).collect()
}

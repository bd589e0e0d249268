//! Where a record comes from, as it is sent and answered.

use domain::{Checked, Distinct, Sources};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::register::value::{Day, Name, Note, Text, Title, WebUrl};
use crate::request::faults::Faults;

/// Where a record comes from, as it is sent: at least one of `url`, `title`, `asserted_by` and `note`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewSource {
    /// The page that says it.
    #[schema(nullable = false)]
    url: Option<WebUrl>,
    /// What the page, report or article is headed.
    #[schema(nullable = false)]
    title: Option<Title>,
    /// Who says it, where no page does.
    #[schema(nullable = false)]
    asserted_by: Option<Name>,
    /// When the page was read.
    #[schema(nullable = false)]
    accessed_on: Option<Day>,
    /// What to bear in mind when relying on it.
    #[schema(nullable = false)]
    note: Option<Note>,
}

/// Where a record comes from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Source {
    /// The page that says it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<WebUrl>,
    /// What the page, report or article is headed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Title>,
    /// Who says it, where no page does.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    asserted_by: Option<Name>,
    /// When the page was read.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    accessed_on: Option<Day>,
    /// What to bear in mind when relying on it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
}

/// The sources of a record, or their faults.
pub fn build(sources: Vec<NewSource>, faults: &mut Faults) -> Option<Sources> {
    let sources = faults.each("sources", sources, NewSource::build);
    faults.take("sources", Distinct::new(sources))
}

impl NewSource {
    fn build(self, faults: &mut Faults) -> Option<Checked<domain::Source>> {
        let source = domain::Source {
            url: self.url.map(Text::into_inner),
            title: self.title.map(Text::into_inner),
            asserted_by: self.asserted_by.map(Text::into_inner),
            accessed_on: self.accessed_on.map(Text::into_inner),
            note: self.note.map(Text::into_inner),
        };
        faults.take("", Checked::new(source))
    }
}

impl From<Checked<domain::Source>> for Source {
    fn from(source: Checked<domain::Source>) -> Self {
        let source = source.into_inner();
        Self {
            url: source.url.map(Text),
            title: source.title.map(Text),
            asserted_by: source.asserted_by.map(Text),
            accessed_on: source.accessed_on.map(Text),
            note: source.note.map(Text),
        }
    }
}

//! Packages: what a publisher says of releases or records, and these.

use chrono::{DateTime, Utc};

use super::tree::{Tree, object, text, words, write_members};
use crate::record::instant;

/// The extensions of the standard that releases use. Each needs the one before it.
const EXTENSIONS: [&str; 4] = [
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_legalBasis_extension/1.1/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_otherRequirements_extension/master/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_location_extension/master/extension.json",
    "https://raw.githubusercontent.com/cabinetoffice/ocds_uk_extension/main/extension.json",
];

/// Who publishes, and under which licence.
#[derive(Clone, Debug)]
pub struct Publisher {
    /// Who that is.
    pub name: String,
    /// The publisher's page.
    pub page: Option<String>,
    /// Where the licence can be read.
    pub licence: Option<String>,
}

/// What a package says before its releases or records.
#[derive(Clone, Debug)]
pub struct Package<'p> {
    /// Who publishes it.
    pub publisher: &'p Publisher,
    /// Where the package is.
    pub uri: String,
    /// When what is newest in it was published.
    pub published_at: DateTime<Utc>,
}

impl Package<'_> {
    /// A release package with these releases, each as JSON.
    #[must_use]
    pub fn of_releases(&self, releases: &[String]) -> String {
        self.with("releases", releases)
    }

    /// A record package with these records, each as JSON.
    #[must_use]
    pub fn of_records(&self, records: &[String]) -> String {
        self.with("records", records)
    }

    fn with(&self, name: &str, items: &[String]) -> String {
        let Publisher { name: publisher, page, licence } = self.publisher;
        let head = object([
            ("uri", text(&*self.uri)),
            ("version", text("1.1")),
            ("publishedDate", text(instant(self.published_at))),
            ("publisher", Some(object([("name", text(&**publisher)), ("uri", page.clone().and_then(text))]))),
            ("license", licence.clone().and_then(text)),
            ("extensions", words(&EXTENSIONS)),
        ]);
        let size: usize = items.iter().map(|item| item.len().saturating_add(1)).sum();
        let mut json = String::with_capacity(size.saturating_add(2048));
        json.push('{');
        if let Tree::Object(members) = &head {
            write_members(members, &mut json);
        }
        json.push_str(",\"");
        json.push_str(name);
        json.push_str("\":[");
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                json.push(',');
            }
            json.push_str(item);
        }
        json.push_str("]}");
        json
    }
}

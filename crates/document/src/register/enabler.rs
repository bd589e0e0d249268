//! Enablers: the people in departments whose job is to support mutuals. Who they are is for callers with a key.

use domain::enabler::Active;

use crate::declare::wire;
use crate::register::Stage;
use crate::source::Source;
use crate::value::{Day, DepartmentId, EmailAddress, EnablerId, Name, Sector, Word};

/// What an enabler does for mutuals.
pub type EnablerRole = Word<domain::EnablerRole>;

wire! {
    /// A person who supports mutuals in a department: what they do, for whom and when. Callers with a key see who they
    /// are, unless this was erased.
    #[example({
        "name": "Jo Smith",
        "role": "enabler",
        "email": "jo.smith@example.gov.uk",
        "sectors": ["community_health"],
        "stages": ["idea", "options_appraisal"],
        "active_from": "2013-01-07",
        "sources": [{"asserted_by": "Cabinet Office"}]
    })]
    pub record Enabler(EnablerId, department_id: DepartmentId) for domain::Enabler {
        /// The person. Personal data: it is shown only to callers with a key, never to the public.
        name: Name = optional.personal(),
        role: EnablerRole = required,
        /// The email address of the person. Personal data: it is shown only to callers with a key, never to the public.
        email: EmailAddress = optional.personal(),
        /// The public services that the person covers, each once. If empty, all.
        sectors: Sector = list.max(21),
        /// The stages that the person covers, each once. If empty, all.
        stages: Stage = list.max(19),
        active: Active against [] {
            /// The first day on which the person supports mutuals.
            active_from: Day = optional,
            /// The last day on which the person supports mutuals.
            active_to: Day = optional,
        },
        /// The sources of the record. Everyone can see them.
        sources: Source = list.max(50),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::sample::{assert_reads_back, create, faults};

    #[test]
    fn a_full_document_reads_back() {
        let content = create::<Enabler>(
            r#"{"name": "N", "role": "enabler", "email": "n@example.org", "sectors": ["housing", "culture"],
                "stages": ["options_appraisal", "idea"], "active_from": "2013-01-07", "active_to": "2014-01-07",
                "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }

    #[test]
    fn what_is_covered_twice_and_ends_before_it_begins_is_told() {
        let found = faults::<Enabler>(
            r#"{"role": "enabler", "sectors": ["housing", "housing"], "active_from": "2013-01-07",
                "active_to": "2012-01-07"}"#,
        );
        let expected = [("/sectors/1", "duplicate-item"), ("/active_to", "date-order")];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }
}

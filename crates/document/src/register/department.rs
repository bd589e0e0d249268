//! Departments: the public bodies that mutuals leave, or that sponsor, commission or support them.

use domain::Invalid;
use domain::department::Life;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::IntoParams;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::identifier::{Identifier, identifiers_in_one_form};
use crate::record::{Documented, Upgrade, visible_texts};
use crate::register::staff_ballot::{Basis, Percent};
use crate::source::Source;
use crate::value::{
    DepartmentId, Name, PartialDate, Plain, SchemeAndId, SearchWords, Sector, Slug, Slugged, WebUrl, Word, fill_slug,
};

/// What kind of public body.
pub type DepartmentKind = Word<domain::DepartmentKind>;

/// Which nation it is of.
pub type Nation = Word<domain::Nation>;

wire! {
    /// A public body that mutuals leave, or that sponsors, commissions or supports them. Councils and NHS bodies are
    /// departments too.
    #[example({
        "name": "Calder Valley District Council",
        "kind": "local_authority",
        "nation": "england",
        "identifiers": [{"scheme": "GB-LAE", "id": "CVD"}],
        "policy_areas": ["leisure_sport", "housing"],
        "website": "https://www.example.org/calder-valley-council",
        "opened_on": "1974-04-01",
        "sources": [{
            "title": "Local authority register",
            "url": "https://www.example.org/registers/local-authority",
            "accessed_on": "2025-07-01"
        }]
    })]
    pub record Department(DepartmentId) for domain::Department {
        /// The default is made from the name. It never changes.
        slug: Slug = filled.fixed(),
        /// No other department may have a name that looks the same, ignoring upper and lower case.
        name: Name = required,
        kind: DepartmentKind = required,
        /// Absent if it is not known.
        nation: Nation = optional,
        /// Its identifiers in other registers. Each may be on one record only.
        identifiers: Identifier = list.max(20),
        /// The sectors that it makes policy for or is responsible for.
        policy_areas: Sector = list.max(21),
        website: WebUrl = optional,
        /// What a staff ballot must reach before a mutual that the department leads is launched, besides the thresholds
        /// of the ballot itself: at most one level for each basis. Shares are those of the leading option.
        gate_thresholds: GateThreshold = list.max(domain::GateThresholds::MAX),
        life: Life against ["opened_on", "closed_on", "successor_id"] {
            opened_on: PartialDate = optional,
            /// When it closed: not before `opened_on`.
            closed_on: PartialDate = optional.past(),
            /// The department that took over its work. Give it only with `closed_on`.
            successor_id: DepartmentId = optional,
        },
        /// The sources of the record.
        sources: Source = list.max(domain::MAX_SOURCES),
    }

    /// A level that a department demands of a staff ballot before a launch.
    #[example({"basis": "turnout", "percent": "50"})]
    pub struct GateThreshold for domain::GateThreshold {
        basis: Basis = required,
        /// The level. Reaching it exactly is enough. Responses show two decimal places.
        percent: Percent = required,
    }
}

impl Input for Department {
    type Value = Slugged<domain::Department>;

    fn build(mut self, faults: &mut Faults) -> Option<Self::Value> {
        let derived = fill_slug(&mut self.slug, self.name.as_ref());
        Some(Slugged { content: Plain::build(self, faults)?, derived })
    }
}

impl Documented for domain::Department {
    const UPGRADES: &'static [Upgrade] = &[visible_texts, identifiers_in_one_form, nothing_demanded];

    type Document = Department;

    fn show(&self) -> Department {
        Plain::show(self)
    }

    fn from_value(value: Slugged<Self>, _: Option<&str>) -> Result<Self, Invalid> {
        Ok(value.content)
    }
}

/// Brings departments into the form in which they may demand something of ballots.
fn nothing_demanded(members: &mut Map<String, Value>) {
    members.insert("gate_thresholds".to_owned(), Value::Array(Vec::new()));
}

/// Which departments a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DepartmentFilter {
    /// Of this kind.
    pub kind: Vec<DepartmentKind>,
    /// With this sector among its policy areas.
    pub sector: Vec<Sector>,
    /// With this identifier.
    pub identifier: Vec<SchemeAndId>,
    /// `true` for departments without a closing date, `false` for those with one.
    pub open: Option<bool>,
    /// Words to find in the name or identifiers.
    pub q: Option<SearchWords>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Content;
    use crate::object::Wire;
    use crate::record;
    use domain::{Id, Record};

    const FULL: &str = r#"{
        "slug": "calder", "name": "Calder Valley", "kind": "local_authority", "nation": "england",
        "identifiers": [{"scheme": "GB-LAE", "id": "CVD"}], "policy_areas": ["housing", "leisure_sport"],
        "website": "https://example.org/", "gate_thresholds": [{"basis": "turnout", "percent": "50"}], "opened_on": "1974-04-01", "closed_on": "2009-03",
        "successor_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02",
        "sources": [{"url": "https://example.org/", "title": "T", "asserted_by": "A", "accessed_on": "2024-01-31", "note": "N"}]
    }"#;

    fn content(text: &str) -> Content<Department> {
        Content::parse(text.as_bytes()).unwrap()
    }

    fn stored(text: &str) -> Record<domain::Department> {
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        let id = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f".parse::<Id<_>>().unwrap();
        Record { id, version: 3, created_at: at, updated_at: at, content: content(text).create().unwrap().content }
    }

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        let record = stored(FULL);
        let shown: Value = serde_json::from_str(&record::shown(&record)).unwrap();
        for member in Department::OBJECT.members {
            assert!(shown.get(member.name).is_some(), "{}", member.name);
        }
        assert_eq!(record::read::<domain::Department>(&record::write(&record).shown, None).unwrap(), record.content);
    }

    #[test]
    fn what_was_read_can_be_sent_back() {
        let record = stored(FULL);
        let sent = record::shown(&record);
        for read in [content(&sent).replace(&sent), content(&sent).update(&sent), content("{}").update(&sent)] {
            assert_eq!(read.unwrap(), Slugged { content: record.content.clone(), derived: false });
        }
    }

    #[test]
    fn a_slug_is_made_from_the_name_and_stays() {
        let new = content(r#"{"name": "Cabinet Office", "kind": "other"}"#).create().unwrap();
        assert!(new.derived);
        assert_eq!(new.content.slug.as_str(), "cabinet-office");
        let refused = content(r#"{"slug": "other"}"#).update(&record::shown(&stored(FULL))).unwrap_err();
        let told: Vec<_> = refused.faults(Vec::new()).into_iter().map(|it| (it.pointer, it.code.as_str())).collect();
        assert_eq!(told, [("/slug".to_owned(), "read-only")]);
    }

    #[test]
    fn the_example_is_accepted() {
        content(&Department::OBJECT.example.unwrap()().to_string()).create().unwrap();
    }

    #[test]
    fn the_bounds_are_those_of_the_domain() {
        let max = |name| Department::OBJECT.members.iter().find(|member| member.name == name).unwrap().max_items;
        assert_eq!(max("identifiers"), Some(20));
        assert_eq!(max("policy_areas"), Some(domain::Sector::ALL.len()));
    }
}

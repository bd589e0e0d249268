//! Mutuals: staff groups on the way out of the public sector, and the organisations they became.

use domain::mutual::Life;
use domain::{FaultCode, Invalid, Parents, Staff};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::identifier::{Identifier, identifiers_in_one_form};
use crate::record::{Documented, Upgrade, visible_texts};
use crate::source::Source;
use crate::value::{
    Bounded, DepartmentId, DepartmentKey, Description, MutualId, Name, Note, PartialDate, Plain, Region, SchemeAndId,
    SearchWords, Sector, Slug, Slugged, TestOutcome, WebUrl, Word, fill_slug,
};

/// How a mutual is or will be constituted.
pub type LegalForm = Word<domain::LegalForm>;

/// The policy under which a mutual left the public sector.
pub type OriginRoute = Word<domain::OriginRoute>;

/// How far a mutual has come.
pub type Stage = Word<domain::Stage>;

/// How a mutual is led on.
const BY_TRANSITION: &str = "to change it, send a stage transition to POST /v1/mutuals/{mutual}/stage-transitions";

wire! {
    /// A public service mutual, from the first idea to its end: an organisation that has left the public sector, goes
    /// on delivering public services, and in which staff have a significant degree of influence or control. A mutual
    /// that has ended keeps its record.
    #[example({
        "name": "Calder Valley Community Health CIC",
        "identifiers": [{"scheme": "GB-PPON", "id": "PCVH-4821-MTRL"}],
        "legal_form": "cic_limited_by_shares",
        "sectors": ["community_health", "adult_social_care"],
        "region": "yorkshire_and_the_humber",
        "website": "https://www.example.org/calder-valley",
        "description": "District nursing, therapies and reablement, owned by the staff who provide them.",
        "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
        "origin_route": "right_to_provide",
        "stage": "business_case",
        "stage_since": "2012-03",
        "staff_count": 850,
        "staff_counted_on": "2013-03",
        "tests": {
            "left_public_sector": "met",
            "delivers_public_services": "met",
            "staff_influence_or_control": "met",
            "under_employee_management_and_control": "not_met"
        },
        "sources": [{"title": "Annual report 2012-13", "note": "Heads, not full-time equivalents."}]
    })]
    pub record Mutual(MutualId) for domain::Mutual {
        /// The default is made from the name. It never changes.
        slug: Slug = filled.fixed(),
        /// No other mutual may have a name that looks the same, ignoring upper and lower case.
        name: Name = required,
        /// Its identifiers in other registers. Each may be on one record only.
        identifiers: Identifier = list.max(20),
        legal_form: LegalForm = optional,
        /// The public services that it delivers or is to deliver: at least one, each once.
        sectors: Sector = required_list.min(1).max(21),
        /// The region in which it mainly works.
        region: Region = optional,
        website: WebUrl = optional,
        description: Description = optional,
        parents: Parents against ["department_id"] {
            /// The public body that it left or is to leave: the lead department if there are several. Leave it out only
            /// if the sources do not name one.
            department_id: DepartmentId = optional,
            /// The other public bodies that it left or is to leave, each once. Give them only with `department_id`, and
            /// do not repeat it here.
            other_department_ids: DepartmentId = list.max(Parents::MAX_OTHERS),
        },
        origin_route: OriginRoute = optional,
        life: Life against ["stage"] {
            /// Enter a mutual in one of the stages before launch. The default is `idea`. After that, only stage
            /// transitions change the stage.
            stage: Stage = default.fixed().instead(BY_TRANSITION),
            /// Since when it has been in this stage. After the mutual is entered, only stage transitions change it.
            stage_since: PartialDate = optional.fixed().past().instead(BY_TRANSITION),
            /// When it began to deliver services of its own. It follows from the stage transitions.
            launched_on: PartialDate = optional.set().past().instead(BY_TRANSITION),
            /// When it ended, before or after its launch. It follows from the stage transitions.
            ended_on: PartialDate = optional.set().past().instead(BY_TRANSITION),
            /// The mutual that took over its services. Give it only if the mutual has ended.
            successor_id: MutualId = optional,
        },
        /// Why it was launched without meeting the conditions, in the department's words.
        launch_override_reason: Note = optional.set().instead(BY_TRANSITION),
        staff: Staff against ["staff_count"] {
            /// How many people work in it: heads, not full-time equivalents. Once an annual return has a `headcount`,
            /// this is the newest one: leave it out, or send back the value you read. You can give another count only
            /// if its `staff_counted_on` is certainly later than that return's `period_ends_on`. Any other value is
            /// rejected as `read-only`. When the returns change, this may change too.
            staff_count: i64 = optional.range(0, Staff::MAX_COUNT).example("850"),
            /// When they were counted, or the `period_ends_on` of the annual return that has the count. Give it only
            /// with `staff_count`.
            staff_counted_on: PartialDate = optional.past(),
        },
        /// The default for each test is `unknown`.
        tests: MutualTests = default,
        /// The sources of the record.
        sources: Source = list.max(domain::MAX_SOURCES),
    }

    /// The tests of a public service mutual: the three tests of the policy's definition and, separately, the three of
    /// the Procurement Act 2023 s.33(6) for contracts reserved to public service mutuals. The default for each is
    /// `unknown`.
    #[example({"left_public_sector": "met", "mainly_reservable_services": "not_met"})]
    pub struct MutualTests for domain::Tests {
        /// It has left the public sector (policy definition).
        left_public_sector: TestOutcome = default,
        /// It continues to deliver public services (policy definition).
        delivers_public_services: TestOutcome = default,
        /// Staff have a significant degree of influence or control (policy definition).
        staff_influence_or_control: TestOutcome = default,
        /// It operates to deliver public services, and mainly reservable light touch services (Procurement Act 2023
        /// s.33(6)(a)).
        mainly_reservable_services: TestOutcome = default,
        /// It distributes profits to its members only, or to nobody (Procurement Act 2023 s.33(6)(b)).
        profits_only_to_members_or_none: TestOutcome = default,
        /// It is under the management and control of its employees (Procurement Act 2023 s.33(6)(c)).
        under_employee_management_and_control: TestOutcome = default,
    }
}

impl Input for Mutual {
    type Value = Slugged<domain::Mutual>;

    /// What is on its way is entered where it stands; the rest of a life is entered as transitions.
    fn entering(&self, faults: &mut Faults) {
        if let Some(Word(stage)) = self.stage
            && !stage.is_pre_launch_live()
        {
            let detail = format!(
                "a mutual must be entered in a stage before launch, not `{stage}`: enter it in an earlier stage, then enter its stage transitions"
            );
            faults.push("stage", FaultCode::Inconsistent, &detail);
        }
    }

    fn build(mut self, faults: &mut Faults) -> Option<Self::Value> {
        let derived = fill_slug(&mut self.slug, self.name.as_ref());
        Some(Slugged { content: Plain::build(self, faults)?, derived })
    }
}

impl Documented for domain::Mutual {
    const UPGRADES: &'static [Upgrade] = &[visible_texts, identifiers_in_one_form];

    type Document = Mutual;

    fn show(&self) -> Mutual {
        Plain::show(self)
    }

    fn from_value(value: Slugged<Self>, _: Option<&str>) -> Result<Self, Invalid> {
        Ok(value.content)
    }
}

/// Which mutuals a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct MutualFilter {
    /// Left this department, as its lead department or as another one.
    pub department: Vec<DepartmentKey>,
    /// In this sector.
    pub sector: Vec<Sector>,
    /// In this stage.
    pub stage: Vec<Stage>,
    /// In this region.
    pub region: Vec<Region>,
    /// Of this legal form.
    pub legal_form: Vec<LegalForm>,
    /// Left the public sector by this route.
    pub origin_route: Vec<OriginRoute>,
    /// With this identifier.
    pub identifier: Vec<SchemeAndId>,
    /// Launched on this day or later. A partial launch date matches if it may be in the range.
    pub launched_from: Option<PartialDate>,
    /// Launched on this day or earlier. A partial date matches if it may be in the range. A month or year includes its
    /// last day.
    pub launched_to: Option<PartialDate>,
    /// Ended on this day or later. A partial date matches if it may be in the range.
    pub ended_from: Option<PartialDate>,
    /// Ended on this day or earlier. A partial date matches if it may be in the range. A month or year includes its
    /// last day.
    pub ended_to: Option<PartialDate>,
    /// With at least this many staff.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 10_000_000)]
    pub staff_count_from: Option<Bounded<0, { Staff::MAX_COUNT }>>,
    /// With at most this many staff.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 10_000_000)]
    pub staff_count_to: Option<Bounded<0, { Staff::MAX_COUNT }>>,
    /// Words to find in the name, description or identifiers.
    pub q: Option<SearchWords>,
}

#[cfg(test)]
mod tests {
    use domain::{Checked, Id, Record, TestOutcome};
    use serde_json::{Value, json};

    use super::*;
    use crate::body::{Content, Refusal};
    use crate::object::Wire;
    use crate::record;

    const FULL: &str = r#"{
        "slug": "bristol-community-health", "name": "Bristol Community Health",
        "identifiers": [{"scheme": "GB-COH", "id": "7506632"}],
        "legal_form": "cic_limited_by_guarantee", "sectors": ["community_health", "mental_health"],
        "region": "south_west", "website": "https://example.org/bch", "description": "Community health.\nBristol.",
        "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
        "other_department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02", "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e03"],
        "origin_route": "right_to_request", "stage": "approved", "stage_since": "2010",
        "staff_count": 0, "staff_counted_on": "2020-04",
        "tests": {"left_public_sector": "met", "profits_only_to_members_or_none": "not_met"},
        "sources": [{"title": "Guide"}]
    }"#;

    fn body(text: &str) -> Content<Mutual> {
        Content::parse(text.as_bytes()).unwrap()
    }

    fn stored() -> Record<domain::Mutual> {
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        let id = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f".parse::<Id<_>>().unwrap();
        let life = Life {
            stage: domain::Stage::Merged,
            stage_since: Some("2020".parse().unwrap()),
            launched_on: Some("2011-10-01".parse().unwrap()),
            ended_on: Some("2020-03-31".parse().unwrap()),
            successor_id: Some("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e04".parse().unwrap()),
        };
        let content = domain::Mutual {
            life: Checked::new(life).unwrap(),
            launch_override_reason: Some("The council decided so.".parse().unwrap()),
            ..body(FULL).create().unwrap().content
        };
        Record { id, version: 3, created_at: at, updated_at: at, content }
    }

    fn answer() -> String {
        record::shown(&stored())
    }

    fn faults<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<(String, &'static str)> {
        let faults = result.expect_err("a refusal").faults(Vec::new());
        faults.into_iter().map(|fault| (fault.pointer, fault.code.as_str())).collect()
    }

    fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
        (pointer.to_owned(), code)
    }

    #[test]
    fn faults_of_shape_and_of_the_domain_come_in_one_list() {
        let told = faults(
            body(
                r#"{
                    "legal_form": "plc", "sectors": ["housing", "hosing", "housing"], "region": 5,
                    "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
                    "other_department_ids": ["cabinet-office", "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01"],
                    "stage": "approved", "launched_on": "2012", "ended_on": "2011", "staff_count": 10000001,
                    "tests": {"left_public_sector": "yes", "left": "met"}
                }"#,
            )
            .create(),
        );
        assert_eq!(
            told,
            [
                at("/legal_form", "not-in-vocabulary"),
                at("/sectors/1", "not-in-vocabulary"),
                at("/sectors/2", "duplicate-item"),
                at("/region", "invalid-type"),
                at("/other_department_ids/0", "invalid-format"),
                at("/other_department_ids/1", "duplicate-item"),
                at("/launched_on", "read-only"),
                at("/ended_on", "read-only"),
                at("/staff_count", "out-of-range"),
                at("/tests/left_public_sector", "not-in-vocabulary"),
                at("/tests/left", "unknown-member"),
                at("/name", "required"),
            ],
        );
    }

    #[test]
    fn a_value_that_cannot_be_read_has_one_fault() {
        let told = faults(
            body(
                r#"{
                    "name": "Harmonie", "sectors": "housing", "stage": "running",
                    "department_id": 1, "other_department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01"],
                    "staff_count": "12", "staff_counted_on": "2013", "tests": []
                }"#,
            )
            .create(),
        );
        assert_eq!(
            told,
            [
                at("/sectors", "invalid-type"),
                at("/stage", "not-in-vocabulary"),
                at("/department_id", "invalid-type"),
                at("/staff_count", "invalid-type"),
                at("/tests", "invalid-type"),
            ],
        );
    }

    #[test]
    fn a_mutual_needs_a_sector() {
        assert_eq!(faults(body(r#"{"name": "Harmonie"}"#).create()), [at("/sectors", "required")]);
        assert_eq!(faults(body(r#"{"name": "Harmonie", "sectors": []}"#).create()), [at("/sectors", "too-few")]);
        assert_eq!(faults(body(r#"{"sectors": null}"#).update(&answer())), [at("/sectors", "required")]);
    }

    #[test]
    fn what_is_left_out_begins_as_an_idea_of_which_nothing_is_known() {
        let new = body(r#"{"name": "Harmonie", "sectors": ["housing"]}"#).create().unwrap();
        assert!(new.derived);
        assert_eq!(new.content.slug.as_str(), "harmonie");
        assert_eq!(new.content.life.stage, domain::Stage::Idea);
        assert_eq!(new.content.tests, domain::Tests::default());
        let record = Record { content: new.content, ..stored() };
        let text = record::shown(&record);
        assert!(!text.contains("null"), "{text}");
        assert!(
            text.contains(r#""other_department_ids":[],"stage":"idea","tests":{"left_public_sector":"unknown""#),
            "{text}"
        );
    }

    #[test]
    fn what_was_read_can_be_sent_back() {
        let sent = answer();
        for read in [body(&sent).replace(&answer()), body(&sent).update(&answer()), body("{}").update(&answer())] {
            assert_eq!(read.unwrap().content.with_course_of(&stored().content), stored().content);
        }
    }

    #[test]
    fn a_patch_changes_one_test_and_keeps_the_others() {
        let patch = r#"{"tests": {"left_public_sector": null, "staff_influence_or_control": "met"}}"#;
        let tests = body(patch).update(&answer()).unwrap().content.tests;
        assert_eq!(tests.left_public_sector, TestOutcome::Unknown);
        assert_eq!(tests.staff_influence_or_control, TestOutcome::Met);
        assert_eq!(tests.profits_only_to_members_or_none, TestOutcome::NotMet);
    }

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        let record = stored();
        let shown: Value = serde_json::from_str(&answer()).unwrap();
        for member in Mutual::OBJECT.members {
            assert!(shown.get(member.name).is_some(), "{}", member.name);
        }
        assert_eq!(record::read::<domain::Mutual>(&record::write(&record).shown, None).unwrap(), record.content);
    }

    #[test]
    fn an_import_brings_the_course_of_a_mutual_and_keeps_its_rules() {
        let with = |changes: Value| {
            let mut document: Value = serde_json::from_str(FULL).unwrap();
            document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            body(&document.to_string()).create_with_past()
        };
        let course = json!({
            "stage": "merged", "stage_since": "2020", "launched_on": "2011-10-01", "ended_on": "2020-03-31",
            "successor_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e04", "launch_override_reason": "The council decided so.",
        });
        assert_eq!(with(course).unwrap().content, stored().content);
        let broken = json!({"stage": "approved", "launched_on": "2012", "ended_on": "2011-05"});
        assert_eq!(
            faults(with(broken)),
            [at("/ended_on", "inconsistent"), at("/ended_on", "date-order"), at("/launched_on", "inconsistent")]
        );
        let unread = json!({"stage": "lunched", "launched_on": "2012", "launch_override_reason": " "});
        assert_eq!(faults(with(unread)), [at("/launch_override_reason", "empty"), at("/stage", "not-in-vocabulary")]);
    }

    #[test]
    fn the_examples_are_accepted() {
        body(&Mutual::OBJECT.example.unwrap()().to_string()).create().unwrap();
        let tests = MutualTests::OBJECT.example.unwrap()();
        body(&json!({"name": "A", "sectors": ["other"], "tests": tests}).to_string()).create().unwrap();
    }

    #[test]
    fn the_bounds_are_those_of_the_domain() {
        let sectors = Mutual::OBJECT.members.iter().find(|member| member.name == "sectors").unwrap();
        assert_eq!((sectors.min_items, sectors.max_items), (Some(1), Some(domain::Sector::ALL.len())));
    }
}

//! Contracts under which a mutual supplies services to a public body.

mod operations;

use domain::{Checked, Distinct, Kind, Record, Timeline};
use serde::{Deserialize, Serialize};
use store::Reference;
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;
use validator::Validate;

use crate::register::source::{self, NewSource, Source};
use crate::register::value::{
    ContractId, Day, DepartmentId, Described, Description, Instant, MutualId, Text, Title, Word, line, texts,
};
use crate::request::body::{Input, Patch};
use crate::request::faults::Faults;

pub use operations::{ContractFilter, Contracts, routes};

/// How a supplier was chosen.
pub type Procedure = Word<domain::Procedure>;

/// Under which law.
pub type Regime = Word<domain::Regime>;

/// How far a contract has come.
pub type ContractStatus = Word<domain::ContractStatus>;

/// How a contract shields a mutual from competition.
pub type ProtectionKind = Word<domain::ProtectionKind>;

/// The buyer's own reference of a contract.
pub type ContractReference = Text<domain::Line<100>>;

/// The open contracting id of a procurement.
pub type Ocid = Text<domain::Ocid>;

/// What kind of services are bought.
pub type CpvCode = Text<domain::CpvCode>;

/// The first digits of CPV codes.
pub type CpvPrefix = Text<domain::CpvPrefix>;

/// A currency.
pub type Currency = Text<domain::Currency>;

/// What is to change about a contract.
pub type ContractPatch = Patch<NewContract>;

/// A contract, as it is sent. Its days are whole: which law applies, and whether it is kept, depends on them.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
    "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
    "title": "Library and archive services",
    "description": "Running of 24 libraries and the county archive, including the mobile library.",
    "reference": "CS-2025-0117",
    "ocid": "ocds-h6vhtk-04f9a1",
    "cpv_codes": ["92511000-6"],
    "health_services": false,
    "procedure": "pa_s33_reserved",
    "procurement_started_on": "2025-03-03",
    "awarded_on": "2025-05-12",
    "award_notice_on": "2025-05-13",
    "entered_on": "2025-05-28",
    "starts_on": "2025-06-01",
    "ends_on": "2028-05-31",
    "latest_ends_on": "2030-05-31",
    "value": {"amount_minor": 1_860_000_000, "currency": "GBP"},
    "protection": {"kind": "reserved", "until": "2030-05-31"},
    "status": "active",
    "sources": [{"title": "Contract details notice", "accessed_on": "2025-07-01"}]
}))]
pub struct NewContract {
    /// The supplier.
    #[schema(required, nullable = false)]
    #[validate(required)]
    mutual_id: Option<MutualId>,
    /// The buyer.
    #[schema(required, nullable = false)]
    #[validate(required)]
    department_id: Option<DepartmentId>,
    /// What the contract is headed.
    #[schema(required, nullable = false)]
    #[validate(required)]
    title: Option<Title>,
    /// What is bought.
    #[schema(nullable = false)]
    description: Option<Description>,
    #[schema(nullable = false)]
    reference: Option<ContractReference>,
    #[schema(nullable = false)]
    ocid: Option<Ocid>,
    /// What kinds of services are bought, each once.
    #[serde(default)]
    #[schema(max_items = 50)]
    cpv_codes: Vec<CpvCode>,
    /// Whether they are relevant health care services, for which the Provider Selection Regime 2023 applies in England.
    #[schema(nullable = false)]
    health_services: Option<bool>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    procedure: Option<Procedure>,
    /// When the procurement started; the law that applies is the one of that day.
    #[schema(nullable = false)]
    procurement_started_on: Option<Day>,
    /// When the buyer decided who gets the contract: not before `procurement_started_on`.
    #[schema(nullable = false)]
    awarded_on: Option<Day>,
    /// When the notice of the award was published: not before `procurement_started_on` and `awarded_on`.
    #[schema(nullable = false)]
    award_notice_on: Option<Day>,
    /// When the contract was entered into: not before `procurement_started_on` and `awarded_on`.
    #[schema(nullable = false)]
    entered_on: Option<Day>,
    /// The first day of its term.
    #[schema(nullable = false)]
    starts_on: Option<Day>,
    /// The last day of its term as agreed: not before `starts_on`.
    #[schema(nullable = false)]
    ends_on: Option<Day>,
    /// The last day of its term if all extensions are used: not before `starts_on` and `ends_on`.
    #[schema(nullable = false)]
    latest_ends_on: Option<Day>,
    /// What it is worth over its term, extensions not included.
    #[schema(nullable = false)]
    #[validate(nested)]
    value: Option<NewMoney>,
    /// How it shields the mutual from competition.
    #[schema(nullable = false)]
    #[validate(nested)]
    protection: Option<NewProtection>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    status: Option<ContractStatus>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// A contract under which a mutual supplies services to a public body.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Contract {
    id: ContractId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// The supplier.
    mutual_id: MutualId,
    /// The buyer.
    department_id: DepartmentId,
    /// What the contract is headed.
    title: Title,
    /// What is bought.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<ContractReference>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ocid: Option<Ocid>,
    /// What kinds of services are bought.
    #[schema(max_items = 50)]
    cpv_codes: Vec<CpvCode>,
    /// Whether they are relevant health care services, for which the Provider Selection Regime 2023 applies in England.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    health_services: Option<bool>,
    procedure: Procedure,
    /// When the procurement started; the law that applies is the one of that day.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    procurement_started_on: Option<Day>,
    /// When the buyer decided who gets the contract.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    awarded_on: Option<Day>,
    /// When the notice of the award was published.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    award_notice_on: Option<Day>,
    /// When the contract was entered into.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    entered_on: Option<Day>,
    /// The first day of its term.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_on: Option<Day>,
    /// The last day of its term as agreed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_on: Option<Day>,
    /// The last day of its term if all extensions are used.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_ends_on: Option<Day>,
    /// What it is worth over its term, extensions not included.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Money>,
    /// How it shields the mutual from competition.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    protection: Option<Protection>,
    status: ContractStatus,
    /// Whether it is the first of its mutual's contracts by `entered_on`; one without that day never is. It may change
    /// when another contract of the mutual does.
    is_first: bool,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// An amount of money, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount_minor": 1_860_000_000, "currency": "GBP"}))]
pub struct NewMoney {
    /// How many of the currency's minor units: pence for `GBP`.
    #[schema(required, nullable = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    #[validate(required)]
    amount_minor: Option<i64>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    currency: Option<Currency>,
}

/// An amount of money.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Money {
    /// How many of the currency's minor units: pence for `GBP`.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 1_860_000_000)]
    amount_minor: i64,
    currency: Currency,
}

/// How, and until when, a contract shields a mutual from competition, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "reserved", "until": "2030-05-31"}))]
pub struct NewProtection {
    #[schema(required, nullable = false)]
    #[validate(required)]
    kind: Option<ProtectionKind>,
    /// The last day of it: not before the contract's `starts_on`, and not with the kind `none`.
    #[schema(nullable = false)]
    until: Option<Day>,
}

/// How, and until when, a contract shields a mutual from competition.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Protection {
    kind: ProtectionKind,
    /// The last day of it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Day>,
}

impl Input for NewContract {
    type Value = domain::Contract;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "created_at", "updated_at", "is_first"];
    const PATCH: &'static str = "ContractPatch";

    fn references(&self) -> Vec<Reference> {
        let supplier = self.mutual_id.iter().map(|id| Reference::new("mutual_id", Kind::Mutual, id.0));
        let buyer = self.department_id.iter();
        supplier.chain(buyer.map(|id| Reference::new("department_id", Kind::Department, id.0))).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let cpv_codes = faults.take("cpv_codes", Distinct::new(texts(self.cpv_codes)));
        let value = self.value.and_then(|value| faults.within("value", value, NewMoney::build));
        let timeline = Timeline {
            procurement_started_on: self.procurement_started_on.map(Text::into_inner),
            awarded_on: self.awarded_on.map(Text::into_inner),
            award_notice_on: self.award_notice_on.map(Text::into_inner),
            entered_on: self.entered_on.map(Text::into_inner),
            starts_on: self.starts_on.map(Text::into_inner),
            ends_on: self.ends_on.map(Text::into_inner),
            latest_ends_on: self.latest_ends_on.map(Text::into_inner),
            protection: self.protection.and_then(NewProtection::build),
        };
        let timeline = faults.take("", Checked::new(timeline));
        let sources = source::build(self.sources, faults);

        Some(domain::Contract {
            mutual_id: self.mutual_id?.into_inner(),
            department_id: self.department_id?.into_inner(),
            title: self.title?.into_inner(),
            description: self.description.map(Text::into_inner),
            reference: self.reference.map(Text::into_inner),
            ocid: self.ocid.map(Text::into_inner),
            cpv_codes: cpv_codes?,
            health_services: self.health_services,
            procedure: self.procedure?.into_inner(),
            timeline: timeline?,
            value,
            status: self.status?.into_inner(),
            // The store tells it from all contracts of the mutual.
            is_first: false,
            sources: sources?,
        })
    }
}

impl NewMoney {
    /// The amount, or its faults.
    pub fn build(self, faults: &mut Faults) -> Option<domain::Money> {
        faults.take("amount_minor", domain::Money::new(self.amount_minor?, self.currency?.into_inner()))
    }
}

impl NewProtection {
    /// The protection, unless its kind is missing, which is told already.
    fn build(self) -> Option<domain::Protection> {
        Some(domain::Protection { kind: self.kind?.into_inner(), until: self.until.map(Text::into_inner) })
    }
}

impl From<Record<domain::Contract>> for Contract {
    fn from(record: Record<domain::Contract>) -> Self {
        let content = record.content;
        let timeline = content.timeline.into_inner();
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(content.mutual_id),
            department_id: Text(content.department_id),
            title: Text(content.title),
            description: content.description.map(Text),
            reference: content.reference.map(Text),
            ocid: content.ocid.map(Text),
            cpv_codes: content.cpv_codes.into_iter().map(Text).collect(),
            health_services: content.health_services,
            procedure: Word(content.procedure),
            procurement_started_on: timeline.procurement_started_on.map(Text),
            awarded_on: timeline.awarded_on.map(Text),
            award_notice_on: timeline.award_notice_on.map(Text),
            entered_on: timeline.entered_on.map(Text),
            starts_on: timeline.starts_on.map(Text),
            ends_on: timeline.ends_on.map(Text),
            latest_ends_on: timeline.latest_ends_on.map(Text),
            value: content.value.map(Money::from),
            protection: timeline.protection.map(Protection::from),
            status: Word(content.status),
            is_first: content.is_first,
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self { amount_minor: money.amount_minor(), currency: Text(money.currency()) }
    }
}

impl From<domain::Protection> for Protection {
    fn from(protection: domain::Protection) -> Self {
        Self { kind: Word(protection.kind), until: protection.until.map(Text) }
    }
}

impl Described for domain::Line<100> {
    const NAME: &'static str = "ContractReference";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        let text = "The buyer's own reference: one line, without white space around it.";
        line(string, text, Self::MAX_CHARS).examples(["CS-2025-0117"])
    }
}

impl Described for domain::Ocid {
    const NAME: &'static str = "Ocid";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some(
                "Open contracting id, under which all notices about the same procurement are published: `ocds-`, the \
                 publisher's prefix of six, `-` and the publisher's own id (Open Contracting Data Standard 1.1).",
            ))
            .pattern(Some("^ocds-[0-9a-z]{6}-[!-~]+$"))
            .max_length(Some(Self::MAX_CHARS))
            .examples(["ocds-h6vhtk-04f9a1"])
    }
}

impl Described for domain::CpvCode {
    const NAME: &'static str = "CpvCode";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some(
                "Code of the Common Procurement Vocabulary (CPV 2008, Commission Regulation (EC) No 213/2008): eight \
                 digits, `-` and the check digit, which is the sum of the digits times 3, 7, 1, 3, 7, 1, 3, 7, modulo \
                 10. It may be sent without the check digit and is answered with it.",
            ))
            .pattern(Some("^[0-9]{8}(-[0-9])?$"))
            .max_length(Some(10))
            .examples(["85000000-9"])
    }
}

impl Described for domain::CpvPrefix {
    const NAME: &'static str = "CpvPrefix";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        let text = "The first 2 to 8 digits of CPV codes: all codes of that division, group, class or category.";
        string.description(Some(text)).pattern(Some("^[0-9]{2,8}$")).examples(["853"])
    }
}

impl Described for domain::Currency {
    const NAME: &'static str = "Currency";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some("A currency by its code of three capital letters (ISO 4217)."))
            .pattern(Some("^[A-Z]{3}$"))
            .min_length(Some(3))
            .max_length(Some(3))
            .examples(["GBP"])
    }
}

#[cfg(test)]
mod tests {
    use domain::Id;
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    use super::*;
    use crate::request::body::{Body, Refusal};

    fn example() -> String {
        serde_json::to_value(NewContract::schema()).unwrap()["example"].to_string()
    }

    fn body(text: &str) -> Body<NewContract> {
        Body::parse(text.to_owned()).unwrap()
    }

    fn stored() -> Record<domain::Contract> {
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        let id = Id::from_uuid("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02".parse().unwrap());
        let content = domain::Contract { is_first: true, ..body(&example()).create().unwrap() };
        Record { id, version: 3, created_at: at, updated_at: at, content }
    }

    fn answer() -> Contract {
        Contract::from(stored())
    }

    fn faults<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<(String, &'static str)> {
        let problem = result.expect_err("a refusal").problem(Vec::new());
        problem.errors().iter().map(|item| (item.pointer.clone().unwrap(), item.code)).collect()
    }

    fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
        (pointer.to_owned(), code)
    }

    #[test]
    fn faults_of_shape_and_of_the_domain_come_in_one_list() {
        let told = faults(
            body(
                r#"{
                    "mutual_id": "0190B7A4-3F52-7C31-9E2D-5A1B8C6D7E0F", "title": "", "reference": "a\nb",
                    "ocid": "ocds-1-2", "cpv_codes": ["85000000", 85, "85000000-8", "85000000-9"],
                    "health_services": "yes", "procedure": "pa_s33", "statsu": "active",
                    "awarded_on": "2025-05", "award_notice_on": "2025-05-01", "procurement_started_on": "2025-05-02",
                    "entered_on": "2025-05-01", "starts_on": "2025-06-01", "ends_on": "2025-05-31",
                    "value": {"amount_minor": -1, "currency": "GBP"},
                    "protection": {"kind": "none", "until": "2025-05-31"},
                    "is_first": false
                }"#,
            )
            .create(),
        );
        assert_eq!(
            told,
            [
                at("/mutual_id", "invalid-format"),
                at("/title", "empty"),
                at("/reference", "invalid-character"),
                at("/ocid", "invalid-format"),
                at("/cpv_codes/1", "invalid-type"),
                at("/cpv_codes/2", "check-digit"),
                at("/cpv_codes/3", "duplicate-item"),
                at("/health_services", "invalid-type"),
                at("/procedure", "not-in-vocabulary"),
                at("/statsu", "unknown-member"),
                at("/awarded_on", "invalid-format"),
                at("/award_notice_on", "date-order"),
                at("/entered_on", "date-order"),
                at("/ends_on", "date-order"),
                at("/value/amount_minor", "out-of-range"),
                at("/protection/until", "date-order"),
                at("/protection/until", "inconsistent"),
                at("/is_first", "read-only"),
                at("/department_id", "required"),
                at("/status", "required"),
            ],
        );
    }

    #[test]
    fn a_part_says_what_it_needs() {
        let mut document: Value = serde_json::from_str(&example()).unwrap();
        document["value"] = json!({"currency": "gbp"});
        document["protection"] = json!({"until": "2025-01-01"});
        assert_eq!(
            faults(body(&document.to_string()).create()),
            [
                at("/protection/kind", "required"),
                at("/value/currency", "invalid-format"),
                at("/value/amount_minor", "required"),
            ]
        );
    }

    #[test]
    fn what_was_read_can_be_sent_back() {
        let sent = serde_json::to_string(&answer()).unwrap();
        assert!(sent.contains(r#""is_first":true"#), "{sent}");
        let schema = serde_json::to_value(NewContract::schema()).unwrap();
        for name in schema["properties"].as_object().unwrap().keys() {
            assert!(sent.contains(&format!("\"{name}\":")), "{name}");
        }
        let expected = body(&example()).create().unwrap();
        assert_eq!(body(&sent).replace(&answer()).unwrap(), expected);
        assert_eq!(body(&sent).update(&answer()).unwrap(), expected);
        assert_eq!(body("{}").update(&answer()).unwrap(), expected);
        let other = sent.replace(r#""is_first":true"#, r#""is_first":false"#);
        assert_eq!(faults(body(&other).replace(&answer())), [at("/is_first", "read-only")]);
    }

    #[test]
    fn a_patch_changes_a_part_and_removes_another() {
        let patch = r#"{"value": {"amount_minor": 0}, "protection": null, "cpv_codes": ["92511000"]}"#;
        let patched = body(patch).update(&answer()).unwrap();
        let currency = "GBP".parse().unwrap();
        assert_eq!(patched.value, Some(domain::Money::new(0, currency).unwrap()));
        assert_eq!(patched.timeline.protection, None);
        assert_eq!(patched.cpv_codes, stored().content.cpv_codes);
    }

    #[test]
    fn what_is_absent_is_left_out() {
        let least = json!({
            "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
            "title": "Libraries", "procedure": "other", "status": "planned",
        });
        let record = Record { content: body(&least.to_string()).create().unwrap(), ..stored() };
        let text = serde_json::to_string(&Contract::from(record)).unwrap();
        assert!(
            text.contains(r#""cpv_codes":[],"procedure":"other","status":"planned","is_first":false,"sources":[]"#),
            "{text}"
        );
        assert!(!text.contains("null"), "{text}");
    }

    #[test]
    fn the_bounds_and_examples_are_those_of_the_domain() {
        for schema in [NewContract::schema(), Contract::schema()] {
            let members = serde_json::to_value(schema).unwrap()["properties"].clone();
            assert_eq!(members["cpv_codes"]["maxItems"], 50);
            assert_eq!(members["sources"]["maxItems"], domain::MAX_SOURCES);
        }
        for schema in [NewMoney::schema(), Money::schema()] {
            let amount = serde_json::to_value(schema).unwrap()["properties"]["amount_minor"].clone();
            assert_eq!(amount["minimum"], 0);
            assert_eq!(amount["maximum"], domain::MAX_INTEGER);
        }
        let mut document: Value = serde_json::from_str(&example()).unwrap();
        document["value"] = serde_json::to_value(NewMoney::schema()).unwrap()["example"].clone();
        document["protection"] = serde_json::to_value(NewProtection::schema()).unwrap()["example"].clone();
        body(&document.to_string()).create().unwrap();
    }
}

//! Contracts under which a mutual supplies services to a public body.

use domain::{Distinct, FaultCode, Invalid, MAX_INTEGER, Timeline};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::schema::ObjectBuilder;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::node::Node;
use crate::record::Documented;
use crate::source::Source;
use crate::value::{
    Bounded, ContractId, Day, DepartmentId, DepartmentKey, Description, Form, MutualId, MutualKey, PartialDate, Plain,
    SearchWords, Text, Title, Word, text, texts,
};

/// How a supplier was chosen.
pub type Procedure = Word<domain::Procedure>;

/// Under which law.
pub type Regime = Word<domain::Regime>;

/// The status of a contract.
pub type ContractStatus = Word<domain::ContractStatus>;

/// Whether a contract is the first of its mutual, as its sources say.
pub type FirstContract = Word<domain::FirstContract>;

/// How a contract protects a mutual from competition.
pub type ProtectionKind = Word<domain::ProtectionKind>;

text! {
    /// The buyer's own reference: one line, without white space at either end.
    ContractReference: domain::Line<100> = .line(Self::MAX_CHARS).examples(["CS-2025-0117"]);
    /// Open contracting id, under which all notices about the same procurement are published: `ocds-`, the publisher's
    /// prefix of six, `-` and the publisher's own id (Open Contracting Data Standard 1.1).
    Ocid: domain::Ocid =
        .pattern(Some("^ocds-[0-9a-z]{6}-[!-~]+$"))
        .max_length(Some(Self::MAX_CHARS))
        .examples(["ocds-h6vhtk-04f9a1"]);
    /// Code of the Common Procurement Vocabulary (CPV 2008, Commission Regulation (EC) No 213/2008): eight digits, `-`
    /// and the check digit, which is the sum of the digits times 3, 7, 1, 3, 7, 1, 3, 7, modulo 10. You may leave out
    /// the check digit. Responses always have it.
    CpvCode: domain::CpvCode = .pattern(Some("^[0-9]{8}(-[0-9])?$")).max_length(Some(10)).examples(["85000000-9"]);
    /// The first 2 to 8 digits of CPV codes: all codes of that division, group, class or category.
    CpvPrefix: domain::CpvPrefix = .pattern(Some("^[0-9]{2,8}$")).examples(["853"]);
    /// A currency by its code of three capital letters (ISO 4217).
    Currency: domain::Currency = .pattern(Some("^[A-Z]{3}$")).min_length(Some(3)).max_length(Some(3)).examples(["GBP"]);
}

wire! {
    /// A contract under which a mutual supplies services to a public body. Some of its dates may be partial. A rule of
    /// procurement law that needs the day is `unknown` then.
    #[example({
        "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
        "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
        "title": "Library and archive services",
        "description": "Running of 24 libraries and the county archive, including the mobile library.",
        "reference": "CS-2025-0117",
        "ocid": "ocds-h6vhtk-04f9a1",
        "cpv_codes": ["92511000-6"],
        "health_services": false,
        "procedure": "pa_s33_reserved",
        "framework": false,
        "tenders_received": 3,
        "procurement_started_on": "2025-03-03",
        "awarded_on": "2025-05-12",
        "award_notice_on": "2025-05-13",
        "standstill_notice_on": "2025-05-13",
        "standstill_ended_on": "2025-05-22",
        "entered_on": "2025-05-28",
        "starts_on": "2025-06-01",
        "ends_on": "2028-05-31",
        "latest_ends_on": "2030-05-31",
        "value": {"amount_minor": 1_860_000_000, "currency": "GBP"},
        "protection": {"kind": "reserved", "until": "2030-05-31"},
        "status": "active",
        "first_contract": "yes",
        "sources": [{"title": "Contract details notice", "accessed_on": "2025-07-01"}]
    })]
    pub record Contract(ContractId) {
        /// The supplier.
        mutual_id: MutualId = required,
        /// The buyer.
        department_id: DepartmentId = required,
        /// The heading of the contract.
        title: Title = required,
        /// The goods, works or services bought.
        description: Description = optional,
        reference: ContractReference = optional,
        ocid: Ocid = optional,
        /// The codes of the services bought, each once.
        cpv_codes: CpvCode = list.max(50),
        /// Whether the services are relevant health care services, for which the Provider Selection Regime 2023 applies
        /// in England.
        health_services: bool = optional,
        procedure: Procedure = required,
        /// Whether it is a framework agreement, under which contracts are called off.
        framework: bool = optional,
        /// How many tenders were received.
        tenders_received: i64 = optional.range(0, domain::Contract::MAX_TENDERS).example("3"),
        /// The contract that it takes the place of.
        replaces_contract_id: ContractId = optional,
        /// When the procurement started. The law of that day applies.
        procurement_started_on: Day = optional.past(),
        /// When the buyer decided who gets the contract: not before `procurement_started_on`.
        awarded_on: PartialDate = optional.past(),
        /// When the notice of the award was published: not before `procurement_started_on` and `awarded_on`.
        award_notice_on: Day = optional.past(),
        /// When what begins the standstill was published or sent: the contract award notice (Procurement Act 2023), the
        /// notice of intention (Provider Selection Regime 2023) or the last letter to tenderers (Public Contracts
        /// Regulations 2015). Not before `procurement_started_on`.
        standstill_notice_on: Day = optional.past(),
        /// The last day of the standstill that was kept: not before `standstill_notice_on`.
        standstill_ended_on: Day = optional.past(),
        /// When the contract was entered into: not before `procurement_started_on` and `awarded_on`.
        entered_on: PartialDate = optional.past(),
        /// The first day of its term.
        starts_on: PartialDate = optional,
        /// The last day of its term as agreed: not before `starts_on`.
        ends_on: PartialDate = optional,
        /// The last day of its term if all extensions are used: not before `starts_on` and `ends_on`.
        latest_ends_on: Day = optional,
        /// Its value over the term, without extensions.
        value: Money = optional,
        /// How it protects the mutual from competition.
        protection: Protection = optional,
        status: ContractStatus = required,
        /// Whether it is the mutual's first contract by `entered_on`. A contract without `entered_on` is never the
        /// first. This may change when another contract of the mutual changes.
        is_first: bool = default.set().instead("it follows from `entered_on` of the mutual's contracts"),
        /// What the sources say about whether it is the mutual's first contract: they may know of contracts that are not
        /// on record.
        first_contract: FirstContract = optional,
        /// The sources of the record.
        sources: Source = list.max(domain::MAX_SOURCES),
    }

    /// An amount of money.
    #[example({"amount_minor": 1_860_000_000, "currency": "GBP"})]
    pub struct Money {
        /// How many of the currency's minor units: pence for `GBP`.
        amount_minor: i64 = required.range(0, domain::MAX_INTEGER).example("1860000000"),
        currency: Currency = required,
    }

    /// How, and until when, a contract protects a mutual from competition.
    #[example({"kind": "reserved", "until": "2030-05-31"})]
    pub struct Protection for domain::Protection {
        kind: ProtectionKind = required,
        /// The last day of the protection: not before the contract's `starts_on`, and not allowed with the kind `none`.
        until: Day = optional,
    }
}

impl Input for Contract {
    type Value = domain::Contract;

    fn judge(document: &Node, current: Option<&Node>, today: domain::Day, faults: &mut Faults) {
        let says = |node: &Node, name: &str| {
            if let Some(Node::String(text)) = node.member(name) { Some(text.clone()) } else { None }
        };
        let term = ["status", "ends_on", "latest_ends_on"];
        let is_new = current.is_none_or(|current| term.iter().any(|name| says(document, name) != says(current, name)));
        let last_day = |name: &str| Some(says(document, name)?.parse::<domain::PartialDate>().ok()?.last_day());
        let is_active = says(document, "status").as_deref() == Some(domain::ContractStatus::Active.as_str());
        if let Some(end) =
            last_day("ends_on").max(last_day("latest_ends_on")).filter(|end| *end < today && is_active && is_new)
        {
            let detail = format!(
                "the contract ended on {end} at the latest: expected `expired` or `terminated_early`, or `latest_ends_on` if it was extended"
            );
            faults.push("status", FaultCode::Inconsistent, detail);
        }
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let cpv_codes = faults.take("cpv_codes", Distinct::new(texts(self.cpv_codes)));
        let value = self.value.and_then(|value| faults.member("value", value));
        let timeline = Timeline {
            procurement_started_on: self.procurement_started_on.map(Text::into_inner),
            awarded_on: self.awarded_on.map(Text::into_inner),
            award_notice_on: self.award_notice_on.map(Text::into_inner),
            standstill_notice_on: self.standstill_notice_on.map(Text::into_inner),
            standstill_ended_on: self.standstill_ended_on.map(Text::into_inner),
            entered_on: self.entered_on.map(Text::into_inner),
            starts_on: self.starts_on.map(Text::into_inner),
            ends_on: self.ends_on.map(Text::into_inner),
            latest_ends_on: self.latest_ends_on.map(Text::into_inner),
            protection: self.protection.and_then(|protection| faults.member("protection", protection)),
        };
        let timeline = faults.checked(&[], timeline);
        let sources = faults.list("sources", self.sources);
        if let Some(fault) = domain::Contract::tenders_fault(self.tenders_received) {
            faults.take("", Err::<(), _>(vec![fault]));
        }

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
            framework: self.framework,
            tenders_received: self.tenders_received,
            replaces_contract_id: self.replaces_contract_id.map(Text::into_inner),
            timeline: timeline?,
            value,
            status: self.status?.into_inner(),
            // The store tells it from all contracts of the mutual.
            is_first: self.is_first.unwrap_or_default(),
            first_contract: self.first_contract.map(Word::into_inner),
            sources: sources?,
        })
    }
}

impl Documented for domain::Contract {
    type Document = Contract;

    fn show(&self) -> Contract {
        let timeline = &*self.timeline;
        Contract {
            mutual_id: Some(Text(self.mutual_id)),
            department_id: Some(Text(self.department_id)),
            title: Some(Text(self.title.clone())),
            description: self.description.clone().map(Text),
            reference: self.reference.clone().map(Text),
            ocid: self.ocid.clone().map(Text),
            cpv_codes: self.cpv_codes.iter().cloned().map(Text).collect(),
            health_services: self.health_services,
            procedure: Some(Word(self.procedure)),
            framework: self.framework,
            tenders_received: self.tenders_received,
            replaces_contract_id: self.replaces_contract_id.map(Text),
            procurement_started_on: timeline.procurement_started_on.map(Text),
            awarded_on: timeline.awarded_on.map(Text),
            award_notice_on: timeline.award_notice_on.map(Text),
            standstill_notice_on: timeline.standstill_notice_on.map(Text),
            standstill_ended_on: timeline.standstill_ended_on.map(Text),
            entered_on: timeline.entered_on.map(Text),
            starts_on: timeline.starts_on.map(Text),
            ends_on: timeline.ends_on.map(Text),
            latest_ends_on: timeline.latest_ends_on.map(Text),
            value: self.value.as_ref().map(Money::show),
            protection: timeline.protection.as_ref().map(Protection::show),
            status: Some(Word(self.status)),
            is_first: Some(self.is_first),
            first_contract: self.first_contract.map(Word),
            sources: self.sources.iter().map(Source::show).collect(),
        }
    }

    fn from_value(value: Self, _: Option<&str>) -> Result<Self, Invalid> {
        Ok(value)
    }
}

impl Plain for Money {
    type Value = domain::Money;

    fn build(self, faults: &mut Faults) -> Option<domain::Money> {
        faults.take("amount_minor", domain::Money::new(self.amount_minor?, self.currency?.into_inner()))
    }

    fn show(money: &domain::Money) -> Self {
        Self { amount_minor: Some(money.amount_minor()), currency: Some(Text(money.currency())) }
    }
}

/// Which contracts a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ContractFilter {
    /// Supplied by this mutual.
    pub mutual: Vec<MutualKey>,
    /// Bought by this department.
    pub department: Vec<DepartmentKey>,
    /// Bought by this procedure.
    pub procedure: Vec<Procedure>,
    /// Procured under this law.
    pub regime: Vec<Regime>,
    /// With this status.
    pub status: Vec<ContractStatus>,
    /// With a CPV code that begins with these digits.
    pub cpv: Vec<CpvPrefix>,
    /// Protected in this way.
    pub protection: Vec<ProtectionKind>,
    /// `true` for relevant health care services, `false` for others.
    pub health_services: Option<bool>,
    /// `true` for the first contract of its mutual, `false` for later ones.
    pub is_first: Option<bool>,
    /// With this reference of the buyer, ignoring upper and lower case.
    pub reference: Option<ContractReference>,
    /// With exactly this open contracting id.
    pub ocid: Option<Ocid>,
    /// Words to find in the title, description, reference or open contracting id.
    pub q: Option<SearchWords>,
    /// Worth at least this many minor units (pence) of `currency`.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub value_from: Option<Bounded<0, { MAX_INTEGER }>>,
    /// Worth at most this many minor units (pence) of `currency`.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub value_to: Option<Bounded<0, { MAX_INTEGER }>>,
    /// With a value in this currency. A range applies to one currency only, so the default with `value_from` or
    /// `value_to` is GBP.
    pub currency: Option<Currency>,
    /// Awarded on this day or later.
    pub awarded_from: Option<PartialDate>,
    /// Awarded on this day or earlier.
    pub awarded_to: Option<PartialDate>,
    /// Entered into on this day or later.
    pub entered_from: Option<PartialDate>,
    /// Entered into on this day or earlier.
    pub entered_to: Option<PartialDate>,
    /// With a term that starts on this day or later.
    pub starts_from: Option<PartialDate>,
    /// With a term that starts on this day or earlier.
    pub starts_to: Option<PartialDate>,
    /// With a term that ends on this day or later, extensions not included.
    pub ends_from: Option<PartialDate>,
    /// With a term that ends on this day or earlier, extensions not included.
    pub ends_to: Option<PartialDate>,
    /// With a term that ends on this day or later if all extensions are used.
    pub latest_ends_from: Option<Day>,
    /// With a term that ends on this day or earlier if all extensions are used.
    pub latest_ends_to: Option<Day>,
}

#[cfg(test)]
mod tests {
    use domain::{Id, Record};
    use serde_json::{Value, json};

    use super::*;
    use crate::body::{Content, Refusal};
    use crate::object::Wire;
    use crate::record;

    fn example() -> String {
        Contract::OBJECT.example.unwrap()().to_string()
    }

    fn body(text: &str) -> Content<Contract> {
        Content::parse(text.as_bytes()).unwrap()
    }

    fn stored() -> Record<domain::Contract> {
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        let id = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02".parse::<Id<_>>().unwrap();
        let content = domain::Contract { is_first: true, ..body(&example()).create().unwrap() };
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
                    "mutual_id": "0190b7a43f52-7c31-9e2d-5a1b8c6d7e0f-", "title": "", "reference": "a\nb",
                    "ocid": "ocds-1-2", "cpv_codes": ["85000000", 85, "85000000-8", "85000000-9"],
                    "health_services": "yes", "procedure": "pa_s33", "statsu": "active",
                    "awarded_on": "2025-13", "award_notice_on": "2025-05-01", "procurement_started_on": "2025-05-02",
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
                at("/awarded_on", "out-of-range"),
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
        let sent = answer();
        assert!(sent.contains(r#""is_first":true"#), "{sent}");
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
        let text = record::shown(&record);
        assert!(
            text.contains(r#""cpv_codes":[],"procedure":"other","status":"planned","is_first":false,"sources":[]"#),
            "{text}"
        );
        assert!(!text.contains("null"), "{text}");
    }

    #[test]
    fn a_document_reads_back_as_it_was_written() {
        let replaced = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e03".parse().ok();
        let content = domain::Contract { replaces_contract_id: replaced, ..stored().content };
        let record = Record { content, ..stored() };
        let shown: Value = serde_json::from_str(&record::shown(&record)).unwrap();
        for member in Contract::OBJECT.members {
            assert!(shown.get(member.name).is_some(), "{}", member.name);
        }
        assert_eq!(record::read::<domain::Contract>(&record::write(&record).shown, None).unwrap(), record.content);
    }

    #[test]
    fn an_import_with_its_past_says_whether_it_was_the_first() {
        let mut document: Value = serde_json::from_str(&example()).unwrap();
        document["is_first"] = json!(true);
        assert_eq!(body(&document.to_string()).create_with_past().unwrap(), stored().content);
    }

    #[test]
    fn the_bounds_and_examples_are_those_of_the_domain() {
        let cpv_codes = Contract::OBJECT.members.iter().find(|member| member.name == "cpv_codes").unwrap();
        assert_eq!(cpv_codes.max_items, Some(50));
        let mut document: Value = serde_json::from_str(&example()).unwrap();
        document["value"] = Money::OBJECT.example.unwrap()();
        document["protection"] = Protection::OBJECT.example.unwrap()();
        body(&document.to_string()).create().unwrap();
    }
}

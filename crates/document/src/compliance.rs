//! A contract that is planned or made, as it is sent to be held against procurement law. Nothing of it is stored.

use domain::procurement::{Buyer, Prior, PriorsKnown, ProcurementFacts, Records, Replaced};
use domain::{Checked, Distinct};

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::register::{CpvCode, DepartmentKind, Money, MutualTests, Nation, Procedure};
use crate::value::{Day, DepartmentId, MutualId, PartialDate, Text, Word, texts};

/// Whether a rule of procurement law is kept.
pub type RuleOutcome = Word<domain::RuleOutcome>;

wire! {
    /// A contract that is planned or made. Leave out what you do not know: rules that need it are `unknown`.
    #[example({
        "buyer_kind": "local_authority",
        "buyer_nation": "england",
        "supplier_tests": {"mainly_reservable_services": "met"},
        "cpv_codes": ["92511000-6"],
        "health_services": false,
        "procedure": "pa_s33_reserved",
        "procurement_started_on": "2026-03-02",
        "awarded_on": "2026-05-11",
        "starts_on": "2026-06-01",
        "ends_on": "2029-05-31",
        "latest_ends_on": "2031-05-31",
        "value": {"amount_minor": 1_860_000_000, "currency": "GBP"},
        "prior_contracts": [{"procedure": "pa_s33_reserved", "cpv_codes": ["92511000-6"], "entered_on": "2025-05-28"}]
    })]
    pub struct ComplianceCheck {
        /// The supplier, if it is in the register. For facts that you leave out, the check uses what the register says of
        /// it.
        mutual_id: MutualId = optional,
        /// The buyer, if it is in the register. If you also send `mutual_id`, the check uses the other contracts of the
        /// two that are on record.
        department_id: DepartmentId = optional,
        buyer_kind: DepartmentKind = optional,
        /// Where the buyer is. If it is not known, the buyer is taken to be in England, which can give the wrong law.
        buyer_nation: Nation = optional,
        supplier_tests: MutualTests = optional,
        /// The codes of the services bought, each once.
        cpv_codes: CpvCode = list.max(50),
        /// Whether the services are relevant health care services, as the Provider Selection Regime defines them.
        health_services: bool = optional,
        procedure: Procedure = required,
        /// Whether it is a framework agreement.
        framework: bool = optional,
        /// How many tenders were received.
        tenders_received: i64 = optional.range(0, domain::Contract::MAX_TENDERS),
        procurement_started_on: Day = optional,
        awarded_on: PartialDate = optional,
        award_notice_on: Day = optional,
        /// The day on which the standstill was announced. Procurement Act 2023: the contract award notice was published.
        /// Provider Selection Regime 2023: the notice of intention was published. Public Contracts Regulations 2015: the
        /// last letter to tenderers was sent.
        standstill_notice_on: Day = optional,
        /// The last day of the standstill that the buyer kept, or plans to keep.
        standstill_ended_on: Day = optional,
        entered_on: PartialDate = optional,
        /// When the contract details notice was published.
        details_notice_on: Day = optional,
        /// When a copy of the contract was published.
        copy_published_on: Day = optional,
        starts_on: PartialDate = optional,
        ends_on: PartialDate = optional,
        latest_ends_on: Day = optional,
        value: Money = optional,
        /// Other contracts of the supplier with the same buyer, beside those on record. Send an empty list if there are
        /// none. Leave it out if you do not know.
        prior_contracts: PriorContract = optional_list.max(50),
        replaces: ReplacedContract = optional,
    }

    /// Another contract of the supplier with the same buyer.
    #[example({"procedure": "pa_s33_reserved", "cpv_codes": ["92511000-6"], "entered_on": "2025-05-28"})]
    pub struct PriorContract {
        procedure: Procedure = required,
        /// The CPV codes of its services.
        cpv_codes: CpvCode = list.max(50),
        awarded_on: PartialDate = optional,
        entered_on: PartialDate = optional,
    }

    /// The contract that this one replaces.
    #[example({"by_same_supplier": true, "cpv_codes": ["85141000-9"], "ends_on": "2026-03-31"})]
    pub struct ReplacedContract {
        /// Whether the supplier of the new contract is also the supplier of this one.
        by_same_supplier: bool = required,
        /// The CPV codes of its services.
        cpv_codes: CpvCode = list.max(50),
        /// The last day of its term, with all extensions.
        ends_on: PartialDate = optional,
        value: Money = optional,
    }
}

impl Input for ComplianceCheck {
    type Value = Checked<ProcurementFacts>;

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let cpv_codes = faults.take("cpv_codes", Distinct::<_, 0, 50>::new(texts(self.cpv_codes)));
        let value = self.value.and_then(|value| faults.member("value", value));
        let supplier = self.supplier_tests.and_then(|tests| faults.member("supplier_tests", tests));
        let priors_known = if self.prior_contracts.is_some() { PriorsKnown::All } else { PriorsKnown::None };
        let priors = faults.each("prior_contracts", self.prior_contracts.unwrap_or_default(), |prior, _| {
            Some(Prior {
                contract_id: None,
                procedure: prior.procedure?.into_inner(),
                cpv_codes: texts(prior.cpv_codes),
                awarded_on: prior.awarded_on.map(Text::into_inner),
                entered_on: prior.entered_on.map(Text::into_inner),
            })
        });
        let replaces = self.replaces.and_then(|replaced| {
            faults.within("replaces", replaced, |replaced, faults| {
                let value = replaced.value.and_then(|value| faults.member("value", value));
                Some(Replaced {
                    contract_id: None,
                    by_same_supplier: replaced.by_same_supplier?,
                    cpv_codes: texts(replaced.cpv_codes),
                    last_day: replaced.ends_on.map(Text::into_inner),
                    value,
                })
            })
        });
        let mut dated = ProcurementFacts {
            cpv_codes: cpv_codes.map(|codes| codes.to_vec()).unwrap_or_default(),
            supplier: supplier.unwrap_or_default(),
            buyer: Buyer {
                kind: self.buyer_kind.map(Word::into_inner),
                nation: self.buyer_nation.map(Word::into_inner),
            },
            health_services: self.health_services,
            framework: self.framework,
            tenders_received: self.tenders_received,
            procurement_started_on: self.procurement_started_on.map(Text::into_inner),
            awarded_on: self.awarded_on.map(Text::into_inner),
            award_notice_on: self.award_notice_on.map(Text::into_inner),
            standstill_notice_on: self.standstill_notice_on.map(Text::into_inner),
            standstill_ended_on: self.standstill_ended_on.map(Text::into_inner),
            entered_on: self.entered_on.map(Text::into_inner),
            details_notice_on: self.details_notice_on.map(Text::into_inner),
            copy_published_on: self.copy_published_on.map(Text::into_inner),
            starts_on: self.starts_on.map(Text::into_inner),
            ends_on: self.ends_on.map(Text::into_inner),
            latest_ends_on: self.latest_ends_on.map(Text::into_inner),
            value,
            priors,
            priors_known,
            replaces,
            records: Records {
                contract: None,
                mutual: self.mutual_id.map(Text::into_inner),
                department: self.department_id.map(Text::into_inner),
            },
            ..ProcurementFacts::default()
        };
        let procedure = self.procedure.map(Word::into_inner);
        dated.procedure = procedure.unwrap_or(dated.procedure);
        let facts = faults.checked(&[], dated);
        procedure.and(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Content;
    use crate::object::Wire as _;

    fn faults(text: &str) -> Vec<(String, &'static str)> {
        let refused = Content::<ComplianceCheck>::parse(text.as_bytes()).unwrap().create().unwrap_err();
        refused.faults(Vec::new()).into_iter().map(|fault| (fault.pointer, fault.code.as_str())).collect()
    }

    fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
        (pointer.to_owned(), code)
    }

    #[test]
    fn the_examples_are_accepted() {
        let example = |object: crate::object::Object| object.example.unwrap()();
        let mut check = example(ComplianceCheck::OBJECT);
        check["prior_contracts"] = serde_json::json!([example(PriorContract::OBJECT)]);
        check["replaces"] = example(ReplacedContract::OBJECT);
        let facts = Content::<ComplianceCheck>::parse(check.to_string().as_bytes()).unwrap().create().unwrap();
        assert_eq!((facts.priors.len(), facts.replaces.is_some()), (1, true));
    }

    #[test]
    fn every_fault_comes_at_once() {
        let told = faults(
            r#"{
                "cpv_codes": ["85000000-8"], "awarded_on": "2026-02-30", "entered_on": "2026", "starts_on": "2027",
                "ends_on": "2026", "procurement_started_on": "2027-01-01", "tenders_received": -1, "nation": "england",
                "prior_contracts": [{"entered_on": "soon"}], "replaces": {"value": {"amount_minor": -1, "currency": "GBP"}}
            }"#,
        );
        assert_eq!(
            told,
            [
                at("/cpv_codes/0", "check-digit"),
                at("/awarded_on", "out-of-range"),
                at("/entered_on", "date-order"),
                at("/ends_on", "date-order"),
                at("/tenders_received", "out-of-range"),
                at("/nation", "unknown-member"),
                at("/prior_contracts/0/entered_on", "invalid-format"),
                at("/prior_contracts/0/procedure", "required"),
                at("/replaces/value/amount_minor", "out-of-range"),
                at("/replaces/by_same_supplier", "required"),
                at("/procedure", "required"),
            ]
        );
    }
}

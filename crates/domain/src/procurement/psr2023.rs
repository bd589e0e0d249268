//! The Provider Selection Regime 2023 in England: direct award C, most suitable provider, standstill and notices.

use crate::data_file::DataFile;
use crate::procurement::codes::{Kinship, kinship};
use crate::procurement::common::{Standstill, published_by, standstill, to_the_day};
use crate::procurement::facts::{AWARD, PROCESS, ProcurementFacts, Replaced, STANDSTILL};
use crate::procurement::finding::{ComplianceRule as Rule, Finding, Found, fail, not_applicable, pass, unknown};
use crate::procurement::law::Law;
use crate::procurement::thresholds::{Threshold, pounds};
use crate::procurement::timing::{longest_term, psr_standstill};
use crate::register::contract::Procedure;
use crate::register::readiness::LookedAt;
use crate::value::date::PartialDate;
use crate::value::money::{Currency, Money};

/// The most years of a framework agreement, unless more are justified.
const FRAMEWORK_YEARS: i32 = 4;
/// Days from the notice of the intention to follow the most suitable provider process to the choice.
const DAYS_BEFORE_CHOICE: u64 = 14;
/// A change is considerable from this share of the lifetime value of the existing contract on, in percent.
const CONSIDERABLE_PERCENT: i64 = 25;

pub(super) fn judge(facts: &ProcurementFacts, law: &Law) -> Vec<Finding> {
    let contract = || facts.records.contract();
    let replaced = facts.replaces.as_ref().and_then(|replaced| replaced.contract_id).map(LookedAt::Contract);
    vec![
        Finding::new(
            Rule::PsrDirectAwardC,
            direct_award_c(facts, law),
            contract().into_iter().chain(replaced).collect(),
            &[DataFile::Thresholds],
        ),
        Finding::new(Rule::PsrMostSuitable, most_suitable(facts), facts.with_notice(PROCESS), &[]),
        Finding::new(
            Rule::PsrStandstill,
            intention(facts, law),
            facts.with_notice(STANDSTILL),
            &[DataFile::BankHolidays],
        ),
        Finding::new(Rule::PsrFramework, framework(facts), contract(), &[]),
        Finding::new(Rule::PsrAwardNotice, award_notice(facts), facts.with_notice(AWARD), &[]),
    ]
}

fn direct_award_c(facts: &ProcurementFacts, law: &Law) -> Found {
    if facts.procedure != Procedure::PsrDirectC {
        return not_applicable("The contract was not awarded by direct award process C.");
    }
    let Some(existing) = &facts.replaces else {
        return unknown(
            "Process C needs an existing provider whose contract ends. The contract that this one replaces is not known (`replaces_contract_id`).",
        );
    };
    if !existing.by_same_supplier {
        return fail(
            "Process C is for the existing provider, and the contract that this one replaces has another supplier.",
        );
    }
    if let (Some(last), Some(starts)) = (existing.last_day, facts.starts_on)
        && last.first_day() > starts.last_day()
    {
        return fail(format!(
            "Process C is for a contract that ends, and the existing one runs until {last}, after this one starts {}.",
            starts.said()
        ));
    }
    let character = kinship(&facts.cpv_codes, &existing.cpv_codes);
    match (considerable(facts, existing, law), character) {
        ((Some(true), why), _) => {
            fail(format!("The change from the existing contract is considerable (reg. 6(10)). {why}"))
        }
        (_, Kinship::Different) => unknown(
            "The two contracts share no division of CPV codes, so the new one may be different in character (reg. 6(10)).",
        ),
        (_, Kinship::Unknown) => unknown(
            "The CPV codes of both contracts are needed to say whether the new one is different in character (reg. 6(10)).",
        ),
        ((None, why), _) => unknown(why),
        ((Some(false), why), _) => pass(format!(
            "The existing provider goes on with the same kind of services. {why} Whether it satisfies the contract, and will, is for the authority to say."
        )),
    }
}

/// Whether the value goes up so far that the change is considerable, and why.
fn considerable(facts: &ProcurementFacts, existing: &Replaced, law: &Law) -> (Option<bool>, String) {
    let in_pounds = |value: Option<Money>| value.filter(|value| value.currency() == Currency::GBP);
    let (Some(new), Some(old)) = (in_pounds(facts.value), in_pounds(existing.value)) else {
        return (None, "The values of both contracts, in pounds, are needed to say whether the change is considerable (reg. 6(10)).".to_owned());
    };
    let Some(least) = law.thresholds.as_at(Threshold::ConsiderableChange, facts.procurement_started_on) else {
        return (
            None,
            "The amount from which a change is considerable is not known for the day on which the process started."
                .to_owned(),
        );
    };
    let more = new.amount_minor().saturating_sub(old.amount_minor());
    let is_share = i128::from(more) * 100 >= i128::from(old.amount_minor()) * i128::from(CONSIDERABLE_PERCENT);
    let why = format!(
        "The value goes from {} to {}; a change is considerable if it is at least {} and at least {CONSIDERABLE_PERCENT} %, extensions not counted.",
        pounds(old.amount_minor()),
        pounds(new.amount_minor()),
        pounds(least),
    );
    (Some(more >= least && is_share), why)
}

fn most_suitable(facts: &ProcurementFacts) -> Found {
    if facts.procedure != Procedure::PsrMostSuitable {
        return not_applicable("The contract was not awarded by the most suitable provider process.");
    }
    let due = "The intention to follow the process is published at least 14 days before the provider is chosen";
    let due = match facts.process_notice_on {
        Some(notice) => format!("{due}, and was on {notice}"),
        None => format!("{due}. The day on which the procurement started is taken as the day of that notice"),
    };
    let notice = facts.process_notice_on.or(facts.procurement_started_on);
    let Some(first) = notice.and_then(|notice| notice.plus_days(DAYS_BEFORE_CHOICE)) else {
        return unknown(format!("{due}; it is not known."));
    };
    match facts.awarded_on {
        None => unknown(format!("{due}. The provider can be chosen from {first}.")),
        Some(awarded) if awarded.last_day() < first => {
            fail(format!("{due}. The provider was chosen {}, before {first}.", awarded.said()))
        }
        Some(awarded) if awarded.first_day() < first => {
            unknown(format!("{due}. The provider can be chosen from {first}; the day in {awarded} is not known."))
        }
        Some(awarded) => pass(format!("{due}. The provider was chosen {}, and could be from {first}.", awarded.said())),
    }
}

fn intention(facts: &ProcurementFacts, law: &Law) -> Found {
    if matches!(facts.procedure, Procedure::PsrDirectA | Procedure::PsrDirectB) {
        return not_applicable("Direct award processes A and B have no standstill.");
    }
    let has_one =
        matches!(facts.procedure, Procedure::PsrDirectC | Procedure::PsrMostSuitable | Procedure::PsrCompetitive);
    if !has_one {
        return unknown(
            "Direct award process C, the most suitable provider process and the competitive process have a standstill. The record does not say which process was used.",
        );
    }
    standstill(
        facts,
        &Standstill {
            last_day: facts.standstill_notice_on.and_then(|notice| psr_standstill(notice, &law.holidays)),
            begins: "the notice of intention was published",
            counted: "The standstill begins the day after, and ends with the eighth working day in England after the day on which it begins.",
            unless: "so the rule is kept unless a provider made representations: then give `standstill_ended_on`",
        },
    )
}

fn framework(facts: &ProcurementFacts) -> Found {
    match facts.framework {
        Some(true) => {}
        Some(false) => return not_applicable("The contract is not a framework agreement."),
        None => {
            return unknown(
                "A framework agreement has a term of at most four years, unless a longer one is justified. The register does not say whether the contract is one.",
            );
        }
    }
    let last = facts.latest_ends_on.map(PartialDate::from).or(facts.ends_on);
    let limit = facts.starts_on.and_then(|starts| longest_term(starts.first_day(), FRAMEWORK_YEARS));
    let rule = "A framework agreement has a term of at most four years, unless a longer one is justified";
    match (last, limit) {
        (Some(last), Some(limit)) if last.last_day() <= limit => {
            pass(format!("{rule}: until {limit}. It ends {}.", last.said()))
        }
        (Some(last), Some(limit)) => unknown(format!("{rule}: until {limit}. It ends {}.", last.said())),
        _ => unknown(format!("{rule}. Its first and last day are not both known.")),
    }
}

/// The award is when the contract is entered into. A notice in time after the decision, which is earlier, is in time too.
fn award_notice(facts: &ProcurementFacts) -> Found {
    let period = "The notice of the award is due within 30 days after it";
    let after = |date: Option<PartialDate>| to_the_day(date).and_then(|day| day.plus_days(30));
    match (after(facts.entered_on), after(facts.awarded_on), facts.award_notice_on) {
        (None, Some(last), Some(notice)) if notice <= last => {
            published_by(Some(notice), Some(last), "notice of the award", period, "")
        }
        (entered, ..) => published_by(
            facts.award_notice_on,
            entered,
            "notice of the award",
            period,
            "The day on which the contract was entered into",
        ),
    }
}

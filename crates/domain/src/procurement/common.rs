//! What rules of several laws ask: about a term, a standstill, the day of a notice, earlier contracts and tests.

use crate::procurement::codes::{Kinship, kinship};
use crate::procurement::facts::{Prior, PriorsKnown, ProcurementFacts};
use crate::procurement::finding::{Found, RuleOutcome, fail, not_applicable, pass, unknown};
use crate::procurement::timing::{barred_until, longest_term, window_of};
use crate::register::contract::Procedure;
use crate::register::readiness::LookedAt;
use crate::value::date::{Day, PartialDate};
use crate::value::outcome::TestOutcome;

/// So many earlier contracts are named.
const NAMED_PRIORS: usize = 100;

/// The rules are for reserved contracts, and this one is not.
pub(super) fn not_reserved() -> Found {
    not_applicable("The contract is not reserved.")
}

/// A test of the supplier, which the law asks in the same words.
pub(super) fn of_test(outcome: TestOutcome, what: &str) -> Found {
    let detail = match outcome {
        TestOutcome::Met => format!("The supplier meets this test: {what}."),
        TestOutcome::NotMet => format!("The supplier does not meet this test: {what}."),
        TestOutcome::Unknown => format!("It is not known whether the supplier meets this test: {what}."),
    };
    (outcome.into(), detail)
}

/// Whether a term is at most so many years. Where no extensions are known, it is `without_extensions`.
pub(super) fn term(facts: &ProcurementFacts, years: i32, without_extensions: RuleOutcome) -> Found {
    let Some(starts) = facts.starts_on else {
        return unknown(format!(
            "The first day of the term is not known. It can run for {years} years at most, with all extensions."
        ));
    };
    let longest = |day: Day| longest_term(day, years);
    let (Some(least), Some(most)) = (longest(starts.first_day()), longest(starts.last_day())) else {
        return unknown(format!("A term that starts on {starts} ends after the last day that there is."));
    };
    let limit = if least == most {
        format!("A term of {years} years that starts on {starts} ends on {most}")
    } else {
        format!("A term of {years} years that starts in {starts} ends from {least} to {most}")
    };
    let latest = facts.latest_ends_on.map(PartialDate::from);
    let last = latest.or(facts.ends_on);
    let called = if latest.is_some() { "all extensions included, the contract ends" } else { "the contract ends" };
    match last {
        None => unknown(format!("{limit}. The last day of the contract is not known.")),
        Some(last) if last.first_day() > most => fail(format!("{limit}; {called} {}.", last.said())),
        Some(last) if last.last_day() > least => {
            unknown(format!("{limit}; {called} {}. The dates are not known well enough.", last.said()))
        }
        Some(last) if latest.is_none() && without_extensions == RuleOutcome::Unknown => unknown(format!(
            "{limit}; {called} {}. The last day with all extensions is not known: give `latest_ends_on`.",
            last.said()
        )),
        Some(last) if latest.is_none() => {
            pass(format!("{limit}; {called} {}, and no extension is known.", last.said()))
        }
        Some(last) => pass(format!("{limit}; {called} {}.", last.said())),
    }
}

/// What a standstill is told by.
pub(super) struct Standstill<'s> {
    /// Its last day by the calendar, if what begins it is known.
    pub last_day: Option<Day>,
    /// What begins it, for people: `the contract award notice was published`.
    pub begins: &'s str,
    /// How it is counted, for people.
    pub counted: &'s str,
    /// What may make it longer, for people; empty if nothing does.
    pub unless: &'s str,
}

/// Whether a contract was entered into after its standstill.
pub(super) fn standstill(facts: &ProcurementFacts, rule: &Standstill<'_>) -> Found {
    let Standstill { last_day, begins, counted, unless } = rule;
    let Some(notice) = facts.standstill_notice_on else {
        return match (facts.standstill_ended_on, facts.entered_on) {
            (Some(ended), Some(entered)) if entered.last_day() <= ended => {
                fail(format!("The standstill ended on {ended}, and the contract was entered into {}.", entered.said()))
            }
            _ => unknown(format!("The day on which {begins} is not known (`standstill_notice_on`). {counted}")),
        };
    };
    let Some(least) = *last_day else {
        return unknown(format!("The bank holidays after {notice}, on which {begins}, are not known. {counted}"));
    };
    let start = format!("On {notice}, {begins}. {counted} So the standstill lasts until {least} at least");
    if let Some(ended) = facts.standstill_ended_on.filter(|ended| *ended < least) {
        return fail(format!("{start}; it was ended on {ended}."));
    }
    let last = facts.standstill_ended_on.unwrap_or(least);
    let start = match facts.standstill_ended_on {
        Some(ended) if ended > least => format!("{start}; it was kept until {ended}"),
        _ => start,
    };
    let first_day = last.plus_days(1).unwrap_or(last);
    match facts.entered_on {
        None => unknown(format!("{start}. The contract can be entered into from {first_day}.")),
        Some(entered) if entered.last_day() <= last => {
            fail(format!("{start}. The contract was entered into {}, before {first_day}.", entered.said()))
        }
        Some(entered) if entered.first_day() <= last => {
            unknown(format!("{start}. The contract was entered into in {entered}: the day is not known."))
        }
        Some(entered) if facts.standstill_ended_on.is_none() && !unless.is_empty() => {
            pass(format!("{start}. The contract was entered into {}, {unless}.", entered.said()))
        }
        Some(entered) => pass(format!("{start}. The contract was entered into {}.", entered.said())),
    }
}

/// Whether a notice was published by its last day, which is known only if the day that it is counted from is.
pub(super) fn published_by(notice: Option<Day>, last_day: Option<Day>, what: &str, period: &str, from: &str) -> Found {
    match (notice, last_day) {
        (_, None) => unknown(format!("{period}. {from} is not known.")),
        (None, Some(last)) => unknown(format!(
            "{period}: the last day is {last}. The day on which the {what} was published is not known."
        )),
        (Some(notice), Some(last)) if notice > last => {
            fail(format!("{period}: the last day is {last}. The {what} was published on {notice}."))
        }
        (Some(notice), Some(last)) => {
            pass(format!("{period}: the last day is {last}. The {what} was published on {notice}."))
        }
    }
}

/// How earlier contracts bar a mutual.
pub(super) struct Barring {
    /// The procedure that bars.
    pub procedure: Procedure,
    /// What counts of an earlier contract: the day on which it was entered into, or awarded.
    pub counts: fn(&Prior) -> Option<PartialDate>,
    /// The same for people: `entered into`.
    pub was: &'static str,
    /// The law, for people.
    pub law: &'static str,
}

impl Barring {
    /// Whether no earlier contract bars the mutual from this one, and which were looked at.
    pub fn judge(&self, facts: &ProcurementFacts) -> (Found, Vec<LookedAt>) {
        let relevant: Vec<(&Prior, RuleOutcome)> = facts
            .priors
            .iter()
            .filter(|prior| [self.procedure, Procedure::Unknown].contains(&prior.procedure))
            .map(|prior| (prior, self.bars(facts, prior)))
            .collect();
        let of = |wanted: RuleOutcome| relevant.iter().find(|(_, outcome)| *outcome == wanted).map(|(prior, _)| *prior);
        let looked_at = relevant.iter().filter_map(|(prior, _)| prior.contract_id.map(LookedAt::Contract));
        let looked_at = looked_at.take(NAMED_PRIORS).collect();
        let services =
            "No law says what the same kind of services is: the register compares the first four digits of CPV codes";
        let found = if let Some(prior) = of(RuleOutcome::Fail) {
            let again = (self.counts)(prior).and_then(|date| barred_until(date.last_day()));
            let again = again.map_or_else(String::new, |day| {
                format!(" A contract reserved by {} can be awarded to the mutual again from {day}.", self.law)
            });
            fail(format!(
                "The mutual has another contract with the same buyer, reserved by {}, which was {} {}, less than three years before this award.{again} {services}.",
                self.law,
                self.was,
                shown((self.counts)(prior)),
            ))
        } else if let Some(prior) = of(RuleOutcome::Unknown) {
            unknown(format!(
                "The mutual has another contract with the same buyer, {} {}, by the procedure `{}`. Whether it counts is not known: compare the dates, the procedure and the services of both. {services}.",
                self.was,
                shown((self.counts)(prior)),
                prior.procedure,
            ))
        } else if facts.priors_known == PriorsKnown::Some {
            unknown("The mutual has more contracts with the same buyer than were looked at.")
        } else if facts.priors_known == PriorsKnown::None {
            unknown(
                "The other contracts of the supplier with this buyer are not known: give `mutual_id` and `department_id`, or `prior_contracts`, an empty list if there are none.",
            )
        } else if relevant.is_empty() {
            pass(format!("No other contract of the mutual with the same buyer, reserved by {}, is known.", self.law))
        } else {
            pass(format!(
                "No other contract of the mutual with the same buyer, reserved by {} for the same kind of services, was {} in the three years that end with the day of this award. {services}.",
                self.law, self.was
            ))
        };
        (found, looked_at)
    }

    /// `Fail` if it bars, `Unknown` if it may, `Pass` if it does not.
    fn bars(&self, facts: &ProcurementFacts, prior: &Prior) -> RuleOutcome {
        let kinship = kinship(&facts.cpv_codes, &prior.cpv_codes);
        let in_window = in_window((self.counts)(prior), facts.awarded_on);
        match (kinship, in_window) {
            (Kinship::Different, _) | (_, Some(false)) => RuleOutcome::Pass,
            (Kinship::SameClass, Some(true)) if prior.procedure == self.procedure => RuleOutcome::Fail,
            _ => RuleOutcome::Unknown,
        }
    }
}

/// Whether a date lies in the three years that end with an award; none if that is not known.
fn in_window(happened: Option<PartialDate>, awarded: Option<PartialDate>) -> Option<bool> {
    let (happened, awarded) = (happened?, awarded?);
    let (earliest, latest) = (window_of(awarded.first_day())?, window_of(awarded.last_day())?);
    if happened.last_day() < earliest || happened.first_day() > awarded.last_day() {
        return Some(false);
    }
    let is_inside = happened.first_day() >= latest && happened.last_day() <= awarded.first_day();
    is_inside.then_some(true)
}

fn shown(date: Option<PartialDate>) -> String {
    date.map_or_else(|| "on a day that is not known".to_owned(), PartialDate::said)
}

/// The day of a date that is known to the day.
pub(super) fn to_the_day(date: Option<PartialDate>) -> Option<Day> {
    date.filter(|date| date.first_day() == date.last_day()).map(|date| date.first_day())
}

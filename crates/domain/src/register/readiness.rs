//! The readiness gate: what a mutual needs before it is launched.
//!
//! Ballots are advisory in law, so a gate that is not met can be overridden; what it found stays on the record.
//! No detail names a person.

use uuid::Uuid;

use crate::checked::Distinct;
use crate::record::Record;
use crate::register::child::Child;
use crate::register::contract::{Contract, ContractId, ContractStatus, Procedure, ProtectionKind};
use crate::register::department::{DepartmentId, GateThresholds};
use crate::register::endorsement::{Constituency, Endorsement, EndorsementId, Position, standing};
use crate::register::mutual::{LegalForm, Mutual, MutualId};
use crate::register::notice::NoticeId;
use crate::register::objection::{Objection, ObjectionId};
use crate::register::staff_ballot::{
    BallotOption, Basis, Share, StaffBallot, StaffBallotId, Tally, ThresholdOutcome, Verdict, newest_deciding,
};
use crate::value::date::Day;
use crate::value::identifier::Identifier;
use crate::value::outcome::TestOutcome;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// A condition that a mutual must meet before its launch.
    pub enum LaunchCondition {
        /// In the newest declared ballot with a decision, a single option leads, it makes the service a mutual, and the
        /// thresholds of the ballot and of the lead department are met. A ballot that is `historic` does not count.
        StaffBuyIn = "staff_buy_in",
        /// The current endorsement of service users supports it.
        ServiceUsersEndorsement = "service_users_endorsement",
        /// The current endorsement of senior management supports it.
        SeniorManagementEndorsement = "senior_management_endorsement",
        /// Its legal form is decided, and it has an identifier in a register.
        LegalFormAndIdentifier = "legal_form_and_identifier",
        /// It has a contract that starts on or before the launch and protects it from competition.
        ProtectedContract = "protected_contract",
        /// No objection to it is open or appealed.
        NoOpenObjection = "no_open_objection",
    }
}

/// What is on record about a mutual that is to be launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchFacts {
    /// The mutual.
    pub mutual_id: MutualId,
    /// How it is or will be constituted.
    pub legal_form: Option<LegalForm>,
    /// Its numbers in registers.
    pub identifiers: Distinct<Identifier, 0, 20>,
    /// What the department that leads it demands of its ballot, if it demands something.
    pub demanded: Option<(DepartmentId, GateThresholds)>,
    /// Its staff ballots; of these, the newest that decides counts.
    pub ballots: Vec<Record<StaffBallot>>,
    /// Its endorsements; of these, those that stand count.
    pub endorsements: Vec<Record<Child<Mutual, Endorsement>>>,
    /// The contracts that it supplies under.
    pub contracts: Vec<Record<Contract>>,
    /// The objections to it; of these, the open ones count.
    pub objections: Vec<Record<Child<Mutual, Objection>>>,
    /// The day on which it is to be launched.
    pub launches_on: Day,
    /// Today: of a launch to come is known what has happened by now.
    pub today: Day,
}

impl LaunchFacts {
    /// The day that the facts are read as at: what happened later does not count.
    fn as_at(&self) -> Day {
        self.launches_on.min(self.today.with_grace())
    }
}

/// Whether one of the conditions is met, and how that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The condition.
    pub key: LaunchCondition,
    /// Whether it is met. What is not on record is not met; where a record does not tell, it is unknown.
    pub outcome: TestOutcome,
    /// Why the condition is or is not met, for people.
    pub detail: String,
    /// The records it was judged on.
    pub looked_at: Vec<LookedAt>,
}

/// A record that a condition was judged on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookedAt {
    /// The mutual itself.
    Mutual(MutualId),
    /// A staff ballot.
    StaffBallot(StaffBallotId),
    /// An endorsement.
    Endorsement(EndorsementId),
    /// A contract.
    Contract(ContractId),
    /// An objection.
    Objection(ObjectionId),
    /// A department, as the buyer of a contract.
    Department(DepartmentId),
    /// A notice about a contract.
    Notice(NoticeId),
}

vocabulary! {
    /// The type of record that a condition or a rule was judged on.
    pub enum LookedAtKind {
        /// The mutual itself.
        Mutual = "mutual",
        /// A staff ballot.
        StaffBallot = "staff_ballot",
        /// An endorsement.
        Endorsement = "endorsement",
        /// A contract.
        Contract = "contract",
        /// An objection.
        Objection = "objection",
        /// The department that buys.
        Department = "department",
        /// A notice about a contract.
        Notice = "notice",
    }
}

impl LookedAt {
    /// What kind of record it is.
    pub const fn kind(&self) -> LookedAtKind {
        match self {
            Self::Mutual(_) => LookedAtKind::Mutual,
            Self::StaffBallot(_) => LookedAtKind::StaffBallot,
            Self::Endorsement(_) => LookedAtKind::Endorsement,
            Self::Contract(_) => LookedAtKind::Contract,
            Self::Objection(_) => LookedAtKind::Objection,
            Self::Department(_) => LookedAtKind::Department,
            Self::Notice(_) => LookedAtKind::Notice,
        }
    }

    /// The UUID of its id.
    pub const fn as_uuid(&self) -> Uuid {
        match self {
            Self::Mutual(id) => id.as_uuid(),
            Self::StaffBallot(id) => id.as_uuid(),
            Self::Endorsement(id) => id.as_uuid(),
            Self::Contract(id) => id.as_uuid(),
            Self::Objection(id) => id.as_uuid(),
            Self::Department(id) => id.as_uuid(),
            Self::Notice(id) => id.as_uuid(),
        }
    }
}

/// Each condition in the order of [`LaunchCondition::ALL`].
pub fn assess(facts: &LaunchFacts) -> [Condition; 6] {
    let as_at = facts.as_at();
    let endorsed = |key, constituency| endorsement(key, &facts.endorsements, constituency, as_at);
    [
        staff_buy_in(facts, as_at),
        endorsed(LaunchCondition::ServiceUsersEndorsement, Constituency::ServiceUsers),
        endorsed(LaunchCondition::SeniorManagementEndorsement, Constituency::SeniorManagement),
        legal_form_and_identifier(facts),
        protected_contract(&facts.contracts, facts.launches_on, as_at),
        no_open_objection(&facts.objections, as_at),
    ]
}

/// What was found, and whether it meets the condition.
type Found = (TestOutcome, String);

fn met(detail: impl Into<String>) -> Found {
    (TestOutcome::Met, detail.into())
}

fn not_met(detail: impl Into<String>) -> Found {
    (TestOutcome::NotMet, detail.into())
}

fn unknown(detail: impl Into<String>) -> Found {
    (TestOutcome::Unknown, detail.into())
}

fn condition(key: LaunchCondition, (outcome, detail): Found, looked_at: Vec<LookedAt>) -> Condition {
    Condition { key, outcome, detail, looked_at }
}

/// That something is not on record; by which day, if there is something later.
fn not_on_record(what: &str, is_later: bool, as_at: Day) -> Found {
    not_met(if is_later { format!("{what} is on record by {as_at}") } else { format!("{what} is on record") })
}

fn staff_buy_in(facts: &LaunchFacts, as_at: Day) -> Condition {
    let key = LaunchCondition::StaffBuyIn;
    let past = past_ballots(&facts.ballots, as_at);
    let Some(ballot) = newest_deciding(&facts.ballots, as_at) else {
        let what = "no declared formal, confirmatory or rerun ballot that counts";
        let is_later = facts.ballots.iter().any(|ballot| ballot.content.is_deciding());
        let (outcome, detail) = not_on_record(what, is_later && past.is_none(), as_at);
        return condition(key, (outcome, with_remark(detail, past)), Vec::new());
    };
    let demanded = facts.demanded.as_ref().filter(|(_, demanded)| !demanded.is_empty());
    let (outcome, detail) = match ballot.content.verdict() {
        Verdict::Mutual(option) | Verdict::ThresholdMissed(option) | Verdict::ThresholdUnknown(option) => {
            led_by(&option, &ballot.content.tally, demanded.map(|(_, demanded)| demanded))
        }
        Verdict::Otherwise(option) => {
            not_met(format!("staff chose `{}`, which is `{}` and not a mutual", option.key, option.effect))
        }
        Verdict::Abstained => not_met("most of those who voted made no choice"),
        Verdict::Tied => not_met("several options are tied"),
        Verdict::NobodyVoted => not_met("nobody voted"),
        Verdict::LeadUnknown => unknown("the known counts do not show which option leads"),
        Verdict::NotDeciding => not_met("the ballot decides nothing"),
    };
    let department = demanded.map(|(id, _)| LookedAt::Department(*id));
    let looked_at = [LookedAt::StaffBallot(ballot.id)].into_iter().chain(department).collect();
    condition(key, (outcome, with_remark(detail, past)), looked_at)
}

/// That ballots are known from history, which do not count here.
fn past_ballots(ballots: &[Record<StaffBallot>], as_at: Day) -> Option<String> {
    let is_past =
        |ballot: &&Record<StaffBallot>| ballot.content.duties.historic && ballot.content.is_deciding_as_at(as_at);
    match ballots.iter().filter(is_past).count() {
        0 => None,
        1 => Some("1 ballot known from history does not count here".to_owned()),
        count => Some(format!("{count} ballots known from history do not count here")),
    }
}

fn with_remark(detail: String, remark: Option<String>) -> String {
    remark.map_or_else(|| detail.clone(), |remark| format!("{detail}; {remark}"))
}

/// A ballot in which an option leads that makes the service a mutual: its figures, and the levels that it was to reach.
fn led_by(option: &BallotOption, tally: &Tally, demanded: Option<&GateThresholds>) -> Found {
    let own = tally.thresholds_about(&option.key);
    let demanded: Vec<ThresholdOutcome> =
        demanded.into_iter().flat_map(|all| all.iter()).map(|one| tally.measure(&one.of(&option.key))).collect();
    let figures: Vec<String> = tally
        .result()
        .figures
        .iter()
        .filter(|share| share.option.as_ref().is_none_or(|about| *about == option.key))
        .map(figure)
        .collect();
    let figures = if figures.is_empty() { "no share of its votes is known".to_owned() } else { figures.join(", ") };
    let levels = match (own.as_slice(), demanded.as_slice()) {
        ([], []) => "the ballot set no threshold, and the department demands none".to_owned(),
        (own, []) => format!("{}, and the department demands none", levels("the ballot set", own)),
        ([], demanded) => format!("the ballot set no threshold, and {}", levels("the department demands", demanded)),
        (own, demanded) => {
            format!("{}, and {}", levels("the ballot set", own), levels("the department demands", demanded))
        }
    };
    let detail = format!("`{}` leads, which makes the service a mutual: {figures}; {levels}", option.key);
    let has = |outcome| own.iter().chain(&demanded).any(|told| told.outcome == outcome);
    match () {
        () if has(TestOutcome::NotMet) => not_met(detail),
        () if has(TestOutcome::Unknown) => unknown(detail),
        () => met(detail),
    }
}

/// A share in words: `43 of 61 entitled`.
fn figure(share: &Share) -> String {
    let (numerator, denominator) = (share.numerator, share.denominator);
    match share.basis {
        Basis::Turnout => format!("turnout {numerator} of {denominator}"),
        Basis::OfValid => format!("{numerator} of {denominator} valid papers"),
        Basis::OfCast => format!("{numerator} of {denominator} papers returned"),
        Basis::OfEntitled => format!("{numerator} of {denominator} entitled"),
    }
}

/// What was to be reached, and whether it is: "the ballot set `of_valid` 51.00% (met)".
fn levels(who: &str, all: &[ThresholdOutcome]) -> String {
    let level = |told: &ThresholdOutcome| {
        let reached = match told.outcome {
            TestOutcome::Met => "met",
            TestOutcome::NotMet => "not met",
            TestOutcome::Unknown => "not known from the counts",
        };
        format!("`{}` {}% ({reached})", told.threshold.basis, told.threshold.percent)
    };
    format!("{who} {}", all.iter().map(level).collect::<Vec<_>>().join(" and "))
}

fn endorsement(
    key: LaunchCondition,
    all: &[Record<Child<Mutual, Endorsement>>],
    constituency: Constituency,
    as_at: Day,
) -> Condition {
    let speaks = |one: &&Record<Child<Mutual, Endorsement>>| one.content.stance.constituency == constituency;
    let Some(stands) = standing(all, as_at).into_iter().find(speaks) else {
        let what = format!("no endorsement of `{constituency}`");
        return condition(key, not_on_record(&what, all.iter().any(|one| speaks(&one)), as_at), Vec::new());
    };
    let given_on = stands.content.given_on;
    let found = match stands.content.stance.position {
        Some(Position::Supports) => met(format!("`{constituency}` have supported the mutual since {given_on}")),
        Some(Position::Opposes) => not_met(format!("`{constituency}` have opposed the mutual since {given_on}")),
        Some(Position::Neutral) => not_met(format!("`{constituency}` have been neutral since {given_on}")),
        None => unknown(format!("the endorsement of {given_on} has no position")),
    };
    condition(key, found, vec![LookedAt::Endorsement(stands.id)])
}

fn legal_form_and_identifier(facts: &LaunchFacts) -> Condition {
    let found = match (facts.legal_form, facts.identifiers.first()) {
        (_, None) => not_met("no registered identifier is on record"),
        (Some(LegalForm::NotYetDecided), _) => not_met("the legal form is not decided yet"),
        (None, Some(_)) => unknown("the legal form is not on record"),
        (Some(form), Some(identifier)) => met(format!("`{form}`, registered as {identifier}")),
    };
    condition(LaunchCondition::LegalFormAndIdentifier, found, vec![LookedAt::Mutual(facts.mutual_id)])
}

/// One contract is enough. Of those that do not count, one that may count tells more than one that does not.
fn protected_contract(contracts: &[Record<Contract>], launches_on: Day, as_at: Day) -> Condition {
    let found = || contracts.iter().map(|contract| protection(&contract.content, launches_on, as_at));
    let with = |outcome| found().find(|found| found.0 == outcome);
    let best = with(TestOutcome::Met).or_else(|| with(TestOutcome::Unknown)).or_else(|| found().next());
    let best = best.unwrap_or_else(|| not_met("no contract is on record"));
    let looked_at = contracts.iter().map(|contract| LookedAt::Contract(contract.id)).collect();
    condition(LaunchCondition::ProtectedContract, best, looked_at)
}

/// Whether a contract runs by the day of the launch and shields the mutual on it.
fn protection(contract: &Contract, launches_on: Day, as_at: Day) -> Found {
    let title = &contract.title;
    let timeline = &contract.timeline;
    let is_over = matches!(
        contract.status,
        ContractStatus::Cancelled | ContractStatus::TerminatedEarly | ContractStatus::Expired
    );
    let kind = timeline.protection.as_ref().map(|protection| protection.kind);
    let until = timeline.protection.as_ref().and_then(|protection| protection.until);
    if let (false, Some(entered)) = (is_over, timeline.entered_on.filter(|entered| entered.first_day() > as_at)) {
        return not_met(format!("the contract “{title}” is entered into {}, which is after {as_at}", entered.said()));
    }
    if let (false, Some(end)) = (is_over, timeline.last_day().filter(|end| end.last_day() < launches_on)) {
        return not_met(format!("the contract “{title}” ends {}, before the launch", end.said()));
    }
    match (timeline.starts_on, kind) {
        _ if is_over => not_met(format!("the contract “{title}” is `{}`", contract.status)),
        (Some(starts), _) if starts.first_day() > launches_on => {
            not_met(format!("the contract “{title}” starts {}, after the launch", starts.said()))
        }
        (_, Some(ProtectionKind::None)) => not_met(format!("the contract “{title}” is not protected")),
        (_, Some(_)) if until.is_some_and(|until| until < launches_on) => {
            not_met(format!("the protection of the contract “{title}” ends before the launch"))
        }
        (None, _) => unknown(format!("the start of the contract “{title}” is not on record")),
        (Some(starts), _) if starts.last_day() > launches_on => {
            unknown(format!("the contract “{title}” starts in {starts}, which may be after the launch"))
        }
        (_, None) => unknown(format!("the protection of the contract “{title}” is not on record")),
        (Some(starts), Some(kind)) => {
            let basis = basis(contract.procedure);
            met(format!("the contract “{title}” starts {} and is protected: `{kind}`, {basis}", starts.said()))
        }
    }
}

/// The rule that the protection of a contract rests on, by the procedure in which it was awarded.
const fn basis(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::PaS33Reserved => "by Procurement Act 2023 s.33",
        Procedure::PcrReg77Reserved => "by Public Contracts Regulations 2015 reg. 77",
        Procedure::PaDirectAward => "by a direct award (Procurement Act 2023 s.41)",
        Procedure::PaUserChoiceDirect => "by the choice of the person served (Procurement Act 2023 s.41 and Sch. 5)",
        Procedure::PsrDirectA => "by direct award process A (Provider Selection Regime 2023 reg. 7)",
        Procedure::PsrDirectB => "by direct award process B (Provider Selection Regime 2023 reg. 8)",
        Procedure::PsrDirectC => "by direct award process C (Provider Selection Regime 2023 reg. 9)",
        Procedure::PsrMostSuitable => "by the most suitable provider process (Provider Selection Regime 2023 reg. 10)",
        Procedure::RightToRequestUncontested => "by the Right to Request of 2008 to 2010",
        Procedure::InHouseExempt => "because the buyer controls the supplier, so that no procurement was due",
        Procedure::BelowThreshold => {
            "because the contract is below the value from which procurement law applies in full"
        }
        _ => "by no rule of procurement law that the register knows",
    }
}

fn no_open_objection(objections: &[Record<Child<Mutual, Objection>>], as_at: Day) -> Condition {
    let open: Vec<_> = objections.iter().filter(|objection| objection.content.is_open(as_at)).collect();
    let found = match open.len() {
        0 => met("no objection is open"),
        1 => not_met("1 objection is open"),
        count => not_met(format!("{count} objections are open")),
    };
    let looked_at = open.iter().map(|objection| LookedAt::Objection(objection.id)).collect();
    condition(LaunchCondition::NoOpenObjection, found, looked_at)
}

//! What is known of a procurement and of the contract that came of it: what the rules look at.

use crate::checked::Rules;
use crate::fault::Fault;
use crate::procurement::regime::{Buyer, Regime, RegimeFacts};
use crate::record::Record;
use crate::register::child::Child;
use crate::register::contract::{Contract, ContractId, ContractStatus, Procedure, ProtectionKind};
use crate::register::department::{Department, DepartmentId};
use crate::register::mutual::{Mutual, MutualId, Tests};
use crate::register::notice::{Notice, NoticeCode};
use crate::register::readiness::LookedAt;
use crate::value::cpv::CpvCode;
use crate::value::date::{Day, PartialDate, not_before};
use crate::value::money::Money;

/// What is known. An absent fact makes the rules that need it unknown, and breaks none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcurementFacts {
    /// Who buys.
    pub buyer: Buyer,
    /// What the supplier is as a public service mutual.
    pub supplier: Tests,
    /// The kinds of services bought.
    pub cpv_codes: Vec<CpvCode>,
    /// Whether the services are relevant health care services.
    pub health_services: Option<bool>,
    /// How the supplier was or is to be chosen.
    pub procedure: Procedure,
    /// How the contract protects the mutual.
    pub protection: Option<ProtectionKind>,
    /// Whether it is a framework agreement.
    pub framework: Option<bool>,
    /// How many tenders were received.
    pub tenders_received: Option<i64>,
    /// When the procurement started.
    pub procurement_started_on: Option<Day>,
    /// When the buyer decided who gets the contract.
    pub awarded_on: Option<PartialDate>,
    /// When the notice of the award was published.
    pub award_notice_on: Option<Day>,
    /// When what begins the standstill was published or sent.
    pub standstill_notice_on: Option<Day>,
    /// When the standstill ended.
    pub standstill_ended_on: Option<Day>,
    /// When the contract was entered into.
    pub entered_on: Option<PartialDate>,
    /// When the contract details notice was published.
    pub details_notice_on: Option<Day>,
    /// When the notice of the intention to follow the most suitable provider process was published.
    pub process_notice_on: Option<Day>,
    /// When a copy of the contract was published.
    pub copy_published_on: Option<Day>,
    /// The first day of the term.
    pub starts_on: Option<PartialDate>,
    /// The last day of the term as agreed.
    pub ends_on: Option<PartialDate>,
    /// The last day of the term if all extensions are used.
    pub latest_ends_on: Option<Day>,
    /// The value over the term, without extensions.
    pub value: Option<Money>,
    /// The other contracts of the supplier with this buyer.
    pub priors: Vec<Prior>,
    /// Whether these are all of them.
    pub priors_known: PriorsKnown,
    /// The contract that this one replaces.
    pub replaces: Option<Replaced>,
    /// The notices about the contract that rules look at, the earliest first.
    pub notices: Vec<Record<Child<Contract, Notice>>>,
    /// The records that all this is from.
    pub records: Records,
}

/// Whether the other contracts of a supplier with a buyer are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorsKnown {
    /// There are no others than those that are given or on record.
    All,
    /// There are more than were looked at.
    Some,
    /// Nobody has said whether there are any.
    None,
}

impl PriorsKnown {
    /// What is known of those on record.
    const fn on_record(has_more: bool) -> Self {
        if has_more { Self::Some } else { Self::All }
    }
}

/// Another contract of the supplier with the same buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prior {
    /// Its record, if it has one.
    pub contract_id: Option<ContractId>,
    /// How the supplier was chosen.
    pub procedure: Procedure,
    /// The kinds of services bought.
    pub cpv_codes: Vec<CpvCode>,
    /// When it was awarded.
    pub awarded_on: Option<PartialDate>,
    /// When it was entered into.
    pub entered_on: Option<PartialDate>,
}

/// The contract that another one replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its record, if it has one.
    pub contract_id: Option<ContractId>,
    /// Whether the supplier is the same.
    pub by_same_supplier: bool,
    /// The kinds of services bought.
    pub cpv_codes: Vec<CpvCode>,
    /// The last day of its term, with all extensions that are known.
    pub last_day: Option<PartialDate>,
    /// Its value.
    pub value: Option<Money>,
}

/// The records that facts are from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The contract.
    pub contract: Option<ContractId>,
    /// The supplier.
    pub mutual: Option<MutualId>,
    /// The buyer.
    pub department: Option<DepartmentId>,
}

/// Which notice tells of the award.
pub(super) const AWARD: &[NoticeCode] = &[NoticeCode::Uk6, NoticeCode::PsrAward, NoticeCode::PcrAwardNotice];
/// Which notice begins a standstill. That of the Regulations of 2015 begins with letters.
pub(super) const STANDSTILL: &[NoticeCode] = &[NoticeCode::Uk6, NoticeCode::PsrIntentionToAward];
/// Which notice has the details of the contract.
pub(super) const DETAILS: &[NoticeCode] = &[NoticeCode::Uk7];
/// Which notice begins the most suitable provider process.
pub(super) const PROCESS: &[NoticeCode] = &[NoticeCode::PsrIntentionToFollowMostSuitable];
/// The notices that rules look at.
pub const NOTICES: [NoticeCode; 6] = [
    NoticeCode::Uk6,
    NoticeCode::Uk7,
    NoticeCode::PsrAward,
    NoticeCode::PsrIntentionToAward,
    NoticeCode::PsrIntentionToFollowMostSuitable,
    NoticeCode::PcrAwardNotice,
];

impl Records {
    pub(super) fn contract(self) -> Vec<LookedAt> {
        self.contract.map(LookedAt::Contract).into_iter().collect()
    }

    pub(super) fn with_mutual(self) -> Vec<LookedAt> {
        self.contract.map(LookedAt::Contract).into_iter().chain(self.mutual.map(LookedAt::Mutual)).collect()
    }

    pub(super) fn with_department(self) -> Vec<LookedAt> {
        self.contract.map(LookedAt::Contract).into_iter().chain(self.department.map(LookedAt::Department)).collect()
    }
}

impl Buyer {
    /// What a department is as a buyer.
    pub fn of(department: &Department) -> Self {
        Self { kind: Some(department.kind), nation: department.nation }
    }
}

impl Contract {
    /// What tells the law that its procurement was under.
    pub fn regime_facts(&self, buyer: Buyer) -> RegimeFacts {
        RegimeFacts {
            procurement_started_on: self.timeline.procurement_started_on,
            awarded_on: self.timeline.awarded_on,
            entered_on: self.timeline.entered_on,
            health_services: self.health_services,
            procedure: self.procedure,
            buyer,
        }
    }

    /// The law that its procurement was under.
    pub fn regime(&self, buyer: Buyer) -> Regime {
        self.regime_facts(buyer).regime()
    }

    /// Whether it was entered into, or may have been: one that never came to that bars nobody.
    fn may_be_entered(&self) -> bool {
        let is_before = matches!(
            self.status,
            ContractStatus::Planned
                | ContractStatus::Tendering
                | ContractStatus::AwardDecided
                | ContractStatus::Standstill
                | ContractStatus::Cancelled
        );
        !is_before || self.timeline.entered_on.is_some()
    }
}

impl Prior {
    /// As [`Prior::of`]. The first day of the term stands for the days that are not on record if the procedure is not known either: that
    /// such a contract was reserved is a mere possibility.
    pub fn likely_of(contract: &Record<Contract>) -> Option<Self> {
        let starts = contract.content.timeline.starts_on.filter(|_| contract.content.procedure == Procedure::Unknown);
        let prior = Self::of(contract)?;
        Some(Self { awarded_on: prior.awarded_on.or(starts), entered_on: prior.entered_on.or(starts), ..prior })
    }

    /// Another contract on record; none if it was never entered into.
    pub fn of(contract: &Record<Contract>) -> Option<Self> {
        let Record { id, content, .. } = contract;
        content.may_be_entered().then(|| Self {
            contract_id: Some(*id),
            procedure: content.procedure,
            cpv_codes: content.cpv_codes.to_vec(),
            awarded_on: content.timeline.awarded_on,
            entered_on: content.timeline.entered_on,
        })
    }
}

/// Nothing is known.
impl Default for ProcurementFacts {
    fn default() -> Self {
        Self {
            buyer: Buyer::default(),
            supplier: Tests::default(),
            cpv_codes: Vec::new(),
            health_services: None,
            procedure: Procedure::Unknown,
            protection: None,
            framework: None,
            tenders_received: None,
            procurement_started_on: None,
            awarded_on: None,
            award_notice_on: None,
            standstill_notice_on: None,
            standstill_ended_on: None,
            entered_on: None,
            details_notice_on: None,
            process_notice_on: None,
            copy_published_on: None,
            starts_on: None,
            ends_on: None,
            latest_ends_on: None,
            value: None,
            priors: Vec::new(),
            priors_known: PriorsKnown::All,
            replaces: None,
            notices: Vec::new(),
            records: Records::default(),
        }
    }
}

/// Dates come in an order, as far as they are known. Whether a law is kept is no rule of the facts.
impl Rules for ProcurementFacts {
    fn faults(&self) -> Vec<Fault> {
        let date = |day: Option<Day>| day.map(PartialDate::from);
        let started = ("procurement_started_on", date(self.procurement_started_on));
        let awarded = ("awarded_on", self.awarded_on);
        let starts = ("starts_on", self.starts_on);
        let ends = ("ends_on", self.ends_on);
        let notice = ("standstill_notice_on", date(self.standstill_notice_on));
        let ordered = [
            not_before(awarded, &[started]),
            not_before(("award_notice_on", date(self.award_notice_on)), &[started, awarded]),
            not_before(notice, &[started]),
            not_before(("standstill_ended_on", date(self.standstill_ended_on)), &[notice]),
            not_before(("entered_on", self.entered_on), &[started, awarded]),
            not_before(ends, &[starts]),
            not_before(("latest_ends_on", date(self.latest_ends_on)), &[starts, ends]),
        ];
        ordered.into_iter().flatten().chain(Contract::tenders_fault(self.tenders_received)).collect()
    }
}

impl Replaced {
    /// A contract on record that one of this supplier replaces.
    fn of(contract: &Record<Contract>, supplier: MutualId) -> Self {
        let Record { id, content, .. } = contract;
        Self {
            contract_id: Some(*id),
            by_same_supplier: content.mutual_id == supplier,
            cpv_codes: content.cpv_codes.to_vec(),
            last_day: content.timeline.last_day(),
            value: content.value,
        }
    }
}

impl ProcurementFacts {
    /// The same with what is on record where nothing is known.
    #[must_use]
    pub fn completed(
        self,
        department: Option<&Department>,
        mutual: Option<&Mutual>,
        others: &[Record<Contract>],
        has_more_priors: bool,
    ) -> Self {
        let of_record = department.map(Buyer::of).unwrap_or_default();
        let tests = mutual.map(|mutual| mutual.tests).unwrap_or_default();
        Self {
            buyer: Buyer { kind: self.buyer.kind.or(of_record.kind), nation: self.buyer.nation.or(of_record.nation) },
            supplier: self.supplier.or(tests),
            priors: self.priors.into_iter().chain(others.iter().filter_map(Prior::of)).collect(),
            priors_known: match (department, mutual) {
                (Some(_), Some(_)) => PriorsKnown::on_record(has_more_priors),
                _ => self.priors_known,
            },
            ..self
        }
    }

    /// What is on record of a contract, its buyer and its supplier.
    pub fn of(
        contract: &Record<Contract>,
        department: &Record<Department>,
        mutual: &Record<Mutual>,
        (others, has_more_priors): (&[Record<Contract>], bool),
        replaced: Option<&Record<Contract>>,
        notices: Vec<Record<Child<Contract, Notice>>>,
    ) -> Self {
        let noticed = |codes: &[NoticeCode]| {
            let first = notices.iter().find(|notice| codes.contains(&notice.content.content.code));
            first.map(|notice| notice.content.content.published_on)
        };
        let Contract { timeline, .. } = &contract.content;
        Self {
            buyer: Buyer::of(&department.content),
            supplier: mutual.content.tests,
            cpv_codes: contract.content.cpv_codes.to_vec(),
            health_services: contract.content.health_services,
            procedure: contract.content.procedure,
            protection: timeline.protection.as_ref().map(|protection| protection.kind),
            framework: contract.content.framework,
            tenders_received: contract.content.tenders_received,
            procurement_started_on: timeline.procurement_started_on,
            awarded_on: timeline.awarded_on,
            award_notice_on: timeline.award_notice_on.or_else(|| noticed(AWARD)),
            standstill_notice_on: timeline.standstill_notice_on.or_else(|| noticed(STANDSTILL)),
            details_notice_on: noticed(DETAILS),
            process_notice_on: noticed(PROCESS),
            standstill_ended_on: timeline.standstill_ended_on,
            entered_on: timeline.entered_on,
            starts_on: timeline.starts_on,
            ends_on: timeline.ends_on,
            latest_ends_on: timeline.latest_ends_on,
            value: contract.content.value,
            priors: others.iter().filter(|other| other.id != contract.id).filter_map(Prior::of).collect(),
            priors_known: PriorsKnown::on_record(has_more_priors),
            replaces: replaced.map(|replaced| Replaced::of(replaced, mutual.id)),
            notices,
            records: Records { contract: Some(contract.id), mutual: Some(mutual.id), department: Some(department.id) },
            ..Self::default()
        }
    }

    /// What tells the law.
    pub fn regime_facts(&self) -> RegimeFacts {
        RegimeFacts {
            procurement_started_on: self.procurement_started_on,
            awarded_on: self.awarded_on,
            entered_on: self.entered_on,
            health_services: self.health_services,
            procedure: self.procedure,
            buyer: self.buyer,
        }
    }

    /// The contract, and the first notice of these codes.
    pub(super) fn with_notice(&self, codes: &[NoticeCode]) -> Vec<LookedAt> {
        let first = self.notices.iter().find(|notice| codes.contains(&notice.content.content.code));
        self.records.contract().into_iter().chain(first.map(|notice| LookedAt::Notice(notice.id))).collect()
    }

    /// Whether it is reserved by a procedure, or said to be so and its procedure is not known.
    pub(super) fn is_reserved_by(&self, procedure: Procedure) -> bool {
        let is_vague = matches!(self.procedure, Procedure::Unknown | Procedure::Other);
        self.procedure == procedure || is_vague && self.protection == Some(ProtectionKind::Reserved)
    }
}

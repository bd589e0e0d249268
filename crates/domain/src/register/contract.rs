//! Contracts between a public body that buys and a mutual that supplies.

use std::str::FromStr;

use crate::checked::{Checked, Distinct, Rules};
use crate::fault::{Fault, FaultCode, Invalid, quoted};
use crate::id::Id;
use crate::register::department::DepartmentId;
use crate::register::mutual::MutualId;
use crate::value::cpv::CpvCode;
use crate::value::date::{Day, PartialDate, not_before};
use crate::value::money::Money;
use crate::value::source::Sources;
use crate::value::text::{Description, Line, Title, as_text};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// How the supplier was chosen. The prefix names the law: PCR for the Public Contracts Regulations 2015,
    /// PA for the Procurement Act 2023, PSR for the Provider Selection Regime 2023, which applies in England only.
    pub enum Procedure {
        /// Open procedure: everybody may tender (PCR 2015 reg. 27).
        PcrOpen = "pcr_open" or "open" or "open procedure",
        /// Restricted procedure: those who are selected may tender (PCR 2015 reg. 28).
        PcrRestricted = "pcr_restricted" or "restricted" or "restricted procedure",
        /// Competitive procedure with negotiation (PCR 2015 reg. 29).
        PcrCompetitiveWithNegotiation = "pcr_competitive_with_negotiation" or "negotiated" or "negotiation"
            or "competitive with negotiation" or "competitive procedure with negotiation" or "CPN"
            or "competitive",
        /// Competitive dialogue (PCR 2015 reg. 30).
        PcrCompetitiveDialogue = "pcr_competitive_dialogue" or "dialogue" or "competitive dialogue"
            or "competitive",
        /// Light touch regime for social and other specific services (PCR 2015 regs. 74 to 76).
        PcrLightTouch = "pcr_light_touch" or "light touch" or "light touch regime" or "LTR",
        /// Reserved to organisations such as public service mutuals, for at most three years (PCR 2015 reg.
        /// 77(4)). Not for health care services of the NHS (reg. 77(6)).
        PcrReg77Reserved = "pcr_reg77_reserved" or "reserved" or "reserved contract" or "reg 77" or "reg. 77"
            or "regulation 77" or "article 77" or "PCR reg 77" or "PCR reserved",
        /// Open procedure: one stage, everybody may tender (PA 2023 s.20).
        PaOpen = "pa_open" or "open" or "open procedure",
        /// Competitive flexible procedure: as the buyer designs it (PA 2023 s.20).
        PaCompetitiveFlexible = "pa_competitive_flexible" or "CFP" or "competitive flexible"
            or "competitive flexible procedure" or "competitive" or "light touch" or "light touch regime"
            or "LTR",
        /// Reserved to public service mutuals, for at most five years (PA 2023 s.33(1)(b)). The supplier must not
        /// have entered into a comparable contract in the three years before the award (s.33(5) and (7)).
        PaS33Reserved = "pa_s33_reserved" or "reserved" or "reserved contract" or "s33" or "s.33"
            or "section 33" or "PA s33" or "PA reserved",
        /// Direct award on one of the Act's grounds (PA 2023 s.41).
        PaDirectAward = "pa_direct_award" or "direct" or "direct award" or "s41" or "s.41" or "section 41"
            or "PA direct",
        /// Direct award because the person served or their carer chooses the supplier (PA 2023 s.41 and
        /// Schedule 5).
        PaUserChoiceDirect = "pa_user_choice_direct" or "direct" or "direct award" or "user choice"
            or "PA user choice" or "PA direct",
        /// Called off from a framework that others had set up.
        FrameworkCalloff = "framework_calloff" or "framework" or "call-off" or "framework agreement"
            or "mini competition" or "further competition",
        /// Direct award process A: no realistic alternative to the existing provider (PSR 2023 reg. 7).
        PsrDirectA = "psr_direct_a" or "direct" or "direct award" or "direct award a"
            or "direct award process a" or "DAP A" or "PSR direct" or "PSR direct award" or "reg 7",
        /// Direct award process B: patients choose among all providers that qualify (PSR 2023 reg. 8).
        PsrDirectB = "psr_direct_b" or "direct" or "direct award" or "direct award b"
            or "direct award process b" or "DAP B" or "PSR direct" or "PSR direct award" or "reg 8",
        /// Direct award process C: the existing provider does well and the contract changes little (PSR 2023
        /// reg. 9).
        PsrDirectC = "psr_direct_c" or "direct" or "direct award" or "direct award c"
            or "direct award process c" or "DAP C" or "PSR direct" or "PSR direct award" or "reg 9",
        /// Most suitable provider process: chosen without a competition (PSR 2023 reg. 10).
        PsrMostSuitable = "psr_most_suitable" or "MSP" or "most suitable" or "most suitable provider"
            or "most suitable provider process",
        /// Competitive process (PSR 2023 reg. 11).
        PsrCompetitive = "psr_competitive" or "competitive" or "competitive process" or "PSR competition",
        /// First contract without a competition, as the Right to Request of 2008 to 2010 provided.
        RightToRequestUncontested = "right_to_request_uncontested" or "right to request" or "uncontested"
            or "RtR",
        /// No procurement, because the buyer controls the supplier.
        InHouseExempt = "in_house_exempt" or "in house" or "Teckal" or "Teckal exemption"
            or "vertical arrangement",
        /// Below the value from which procurement law applies in full.
        BelowThreshold = "below_threshold" or "sub threshold" or "under threshold" or "below the threshold",
        /// A procedure that none of the other values covers, or one under the regulations before 2015.
        Other = "other" or "PCR 2006" or "urgent award" or "PSR urgent" or "negotiated without publication"
            or "negotiated without prior publication",
        /// The sources do not say how the supplier was chosen.
        Unknown = "unknown" or "not known" or "not stated",
    }

    /// The status of a contract.
    pub enum ContractStatus {
        /// The buyer intends to buy and has not invited tenders.
        Planned = "planned" or "pipeline" or "planning" or "intended",
        /// Tenders are invited or being assessed.
        Tendering = "tendering" or "tender" or "open" or "out to tender" or "procurement",
        /// The buyer has decided who gets the contract and has not announced it.
        AwardDecided = "award_decided" or "awarded" or "award" or "decided",
        /// The award is announced, and the contract may not be entered into yet.
        Standstill = "standstill" or "awarded" or "standstill period",
        /// The contract is in force.
        Active = "active" or "awarded" or "live" or "current" or "in force" or "running" or "signed",
        /// The contract has run its full term.
        Expired = "expired" or "ended" or "finished" or "complete" or "completed" or "closed",
        /// The contract was ended before its full term.
        TerminatedEarly = "terminated_early" or "ended" or "terminated" or "closed",
        /// The procurement ended without a contract.
        Cancelled = "cancelled" or "canceled" or "abandoned" or "withdrawn" or "discontinued",
        /// The sources do not say how far the contract has come.
        Unknown = "unknown" or "not known" or "not stated",
    }

    /// Whether a contract is the first of its mutual, as its sources say.
    pub enum FirstContract {
        /// They say that it is the first.
        Yes = "yes" or "true" or "first",
        /// They say that there was one before.
        No = "no" or "false" or "later",
        /// They do not say.
        Unknown = "unknown" or "not known" or "not stated",
    }

    /// How a contract protects a mutual from competition.
    pub enum ProtectionKind {
        /// No protection.
        None = "none" or "no" or "no protection" or "unprotected" or "n/a",
        /// A first contract given without a competition.
        UncontestedFirst = "uncontested_first" or "uncontested" or "first contract"
            or "uncontested first contract" or "without competition",
        /// A competition in which only public service mutuals or similar organisations could take part.
        Reserved = "reserved" or "ring fenced" or "reserved contract" or "s33" or "section 33" or "reg 77"
            or "regulation 77",
        /// A term that is longer than usual, so that the mutual can establish itself.
        LongerTerm = "longer_term" or "long term" or "longer" or "extended term",
        /// A protection that none of the other values covers.
        Other = "other",
    }
}

impl FirstContract {
    /// Whether a contract is the first of its mutual. What its sources say counts, since they may know of contracts that are not on
    /// record. Otherwise it is as the register tells from the days on which contracts were entered into.
    pub fn of(said: Option<Self>, is_first: bool, is_entered: bool) -> Self {
        match said {
            Some(said @ (Self::Yes | Self::No)) => said,
            _ if is_first => Self::Yes,
            _ if is_entered => Self::No,
            _ => Self::Unknown,
        }
    }
}

/// Id of a contract.
pub type ContractId = Id<Contract>;

/// A contract under which a mutual supplies services to a public body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// The supplier.
    pub mutual_id: MutualId,
    /// The buyer.
    pub department_id: DepartmentId,
    /// The heading of the contract.
    pub title: Title,
    /// The goods, works or services bought.
    pub description: Option<Description>,
    /// The buyer's own reference.
    pub reference: Option<Line<100>>,
    /// Under which all notices about the same procurement are published.
    pub ocid: Option<Ocid>,
    /// What kinds of services are bought.
    pub cpv_codes: Distinct<CpvCode, 0, 50>,
    /// Whether the services are relevant health care services, for which the Provider Selection Regime 2023 applies in
    /// England.
    pub health_services: Option<bool>,
    /// How the supplier was chosen.
    pub procedure: Procedure,
    /// Whether it is a framework agreement, under which contracts are called off.
    pub framework: Option<bool>,
    /// How many tenders were received.
    pub tenders_received: Option<i64>,
    /// The contract that it takes the place of.
    pub replaces_contract_id: Option<ContractId>,
    /// When it was bought, entered into and performed, and how long it is protected.
    pub timeline: Checked<Timeline>,
    /// Its value over the term, without extensions.
    pub value: Option<Money>,
    /// How far it has come.
    pub status: ContractStatus,
    /// Whether it is the mutual's earliest contract by the day it was entered into. The register tells this from all contracts
    /// of the mutual, whatever is given here.
    pub is_first: bool,
    /// What the sources say of that, who may know of contracts that are not on record.
    pub first_contract: Option<FirstContract>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl Contract {
    /// The greatest number of tenders that is believed.
    pub const MAX_TENDERS: i64 = 100_000;

    /// The fault of a number of tenders that is not believed.
    pub fn tenders_fault(tenders: Option<i64>) -> Option<Fault> {
        let tenders = tenders.filter(|tenders| !(0..=Self::MAX_TENDERS).contains(tenders))?;
        let detail = format!("{tenders} is not within 0 to {}", Self::MAX_TENDERS);
        Some(Fault::new("tenders_received", FaultCode::OutOfRange, detail))
    }
}

/// The dates of a contract. What its sources may tell in part is a partial date: a rule that depends on a day is then
/// unknown, unless it comes out the same on every day that it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// When the procurement started, by which the law that applies is told.
    pub procurement_started_on: Option<Day>,
    /// When the buyer decided who gets the contract.
    pub awarded_on: Option<PartialDate>,
    /// When the notice of the award was published.
    pub award_notice_on: Option<Day>,
    /// When what begins the standstill was published or sent.
    pub standstill_notice_on: Option<Day>,
    /// The last day of the standstill that was kept.
    pub standstill_ended_on: Option<Day>,
    /// When the contract was entered into.
    pub entered_on: Option<PartialDate>,
    /// The first day of its term.
    pub starts_on: Option<PartialDate>,
    /// The last day of its term as agreed.
    pub ends_on: Option<PartialDate>,
    /// The last day of its term if all extensions are used.
    pub latest_ends_on: Option<Day>,
    /// How it shields the mutual from competition; it ends in the term, hence its place here.
    pub protection: Option<Protection>,
}

impl Timeline {
    /// The last day of the term, with all extensions that are known.
    pub fn last_day(&self) -> Option<PartialDate> {
        let latest = self.latest_ends_on.map(PartialDate::from);
        self.ends_on.into_iter().chain(latest).max_by_key(PartialDate::last_day)
    }
}

impl Rules for Timeline {
    fn faults(&self) -> Vec<Fault> {
        let date = |day: Option<Day>| day.map(PartialDate::from);
        let started = ("procurement_started_on", date(self.procurement_started_on));
        let awarded = ("awarded_on", self.awarded_on);
        let notice = ("standstill_notice_on", date(self.standstill_notice_on));
        let starts = ("starts_on", self.starts_on);
        let ends = ("ends_on", self.ends_on);
        let until = self.protection.as_ref().and_then(|protection| protection.until);
        let ordered = [
            not_before(awarded, &[started]),
            not_before(("award_notice_on", date(self.award_notice_on)), &[started, awarded]),
            not_before(notice, &[started]),
            not_before(("standstill_ended_on", date(self.standstill_ended_on)), &[notice]),
            not_before(("entered_on", self.entered_on), &[started, awarded]),
            not_before(ends, &[starts]),
            not_before(("latest_ends_on", date(self.latest_ends_on)), &[starts, ends]),
            not_before(("protection/until", date(until)), &[starts]),
        ];
        let protection = self.protection.iter().flat_map(Protection::faults).map(|fault| fault.under("protection"));
        ordered.into_iter().flatten().chain(protection).collect()
    }
}

/// How, and until when, a contract protects a mutual from competition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// How.
    pub kind: ProtectionKind,
    /// The last day of it.
    pub until: Option<Day>,
}

impl Rules for Protection {
    fn faults(&self) -> Vec<Fault> {
        if self.kind == ProtectionKind::None && self.until.is_some() {
            let detail = "a contract without protection has no `until`: leave it out or give another `kind`";
            return vec![Fault::new("until", FaultCode::Inconsistent, detail)];
        }
        Vec::new()
    }
}

/// Open contracting id: `ocds-`, the publisher's prefix of six characters of `[0-9a-z]`, `-`, and the
/// publisher's own id of the process; at most 200 characters (Open Contracting Data Standard 1.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ocid(String);

impl Ocid {
    /// The most characters that the id may have.
    pub const MAX_CHARS: usize = 200;
}

as_text! { Ocid }

impl FromStr for Ocid {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let chars = raw.chars().count();
        if chars > Self::MAX_CHARS {
            return Err(Invalid::new(
                FaultCode::TooLong,
                format!("{chars} characters, at most {} allowed", Self::MAX_CHARS),
            ));
        }
        let is_prefix =
            |prefix: &str| prefix.len() == 6 && prefix.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        let is_process = |process: &str| !process.is_empty() && process.bytes().all(|b| b.is_ascii_graphic());
        match raw.strip_prefix("ocds-").and_then(|rest| rest.split_once('-')) {
            Some((prefix, process)) if is_prefix(prefix) && is_process(process) => Ok(Self(raw.to_owned())),
            _ => {
                let expected =
                    "expected `ocds-`, six of a-z and 0-9, `-` and the publisher's id, such as ocds-b5fd17-0001";
                Err(Invalid::new(
                    FaultCode::InvalidFormat,
                    format!("{} is not an open contracting id: {expected}", quoted(raw)),
                ))
            }
        }
    }
}

/// Prefix under which a publisher mints open contracting ids: `ocds-` and six characters of `[0-9a-z]`. The Open Contracting
/// Partnership gives it out on registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcdsPrefix(String);

impl OcdsPrefix {
    /// The prefix of the standard's examples, under which nothing is to be published.
    pub const EXAMPLE: &str = "ocds-213czf";
}

as_text! { OcdsPrefix }

impl FromStr for OcdsPrefix {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let is_own = |own: &str| own.len() == 6 && own.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        if raw.strip_prefix("ocds-").is_some_and(is_own) {
            return Ok(Self(raw.to_owned()));
        }
        let expected = format!("expected `ocds-` and six of a-z and 0-9, such as {}", Self::EXAMPLE);
        Err(Invalid::new(FaultCode::InvalidFormat, format!("{} is not a prefix: {expected}", quoted(raw))))
    }
}

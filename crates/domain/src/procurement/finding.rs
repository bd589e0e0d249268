//! The rules that a contract is held to, and what was found of each.

use crate::data_file::DataFile;
use crate::register::readiness::LookedAt;
use crate::value::outcome::TestOutcome;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Whether a rule of procurement law is kept.
    pub enum RuleOutcome {
        /// The known facts keep the rule.
        Pass = "pass" or "passed" or "met",
        /// The known facts break the rule.
        Fail = "fail" or "failed" or "not met",
        /// A fact that the rule needs is not known, or does not decide it.
        Unknown = "unknown" or "not known",
        /// The law does not apply the rule to this contract.
        NotApplicable = "not_applicable" or "n/a" or "exempt",
    }

    /// A rule of procurement law that a contract is held to, by its place in the law.
    pub enum ComplianceRule {
        /// Only a competitive procedure can be reserved to public service mutuals.
        PaS33Procedure = "pa2023.s33(1)",
        /// A reserved contract is for reservable light touch services.
        PaS33Codes = "pa2023.s33(1)(a)",
        /// A reserved contract has a maximum term of five years.
        PaS33Term = "pa2023.s33(1)(b)",
        /// The mutual has not entered into a comparable reserved contract in the three years that end with the award.
        PaS33Prior = "pa2023.s33(5)",
        /// The mutual delivers public services, and mainly reservable light touch services.
        PaS33Services = "pa2023.s33(6)(a)",
        /// The mutual makes no profits, or distributes them to its members only.
        PaS33Profits = "pa2023.s33(6)(b)",
        /// The mutual is under the management and control of its employees.
        PaS33Control = "pa2023.s33(6)(c)",
        /// The contract is worth enough for the Act to apply.
        PaThreshold = "pa2023.sch1",
        /// The contract award notice is published before the contract is entered into.
        PaAwardNotice = "pa2023.s50",
        /// The contract is entered into after the standstill.
        PaStandstill = "pa2023.s51",
        /// A contract over five million pounds that is not light touch has key performance indicators.
        PaIndicators = "pa2023.s52",
        /// The contract details notice is published in time.
        PaDetailsNotice = "pa2023.s53(1)",
        /// A copy of a contract over five million pounds is published in time.
        PaCopy = "pa2023.s53(3)",
        /// A reserved contract is exclusively for the listed services.
        PcrReg77Codes = "pcr2015.reg77(2)",
        /// The supplier has a public service mission linked to the services.
        PcrReg77Mission = "pcr2015.reg77(3)(a)",
        /// The supplier reinvests its profits, and distributes them on participatory considerations only.
        PcrReg77Profits = "pcr2015.reg77(3)(b)",
        /// Employees own or take part in the management of the supplier, or employees, users or stakeholders take an active
        /// part.
        PcrReg77Participation = "pcr2015.reg77(3)(c)",
        /// The authority has not awarded the supplier a reserved contract for the services in the past three years.
        PcrReg77Prior = "pcr2015.reg77(3)(d)",
        /// A reserved contract runs for at most three years.
        PcrReg77Term = "pcr2015.reg77(4)",
        /// Health care services of the NHS cannot be reserved.
        PcrReg77Health = "pcr2015.reg77(6)",
        /// The contract award notice is sent for publication in time.
        PcrAwardNotice = "pcr2015.reg50",
        /// The contract award notice of a light touch contract is sent for publication in time.
        PcrLightTouchNotice = "pcr2015.reg75(4)",
        /// The contract is entered into after the standstill.
        PcrStandstill = "pcr2015.reg87",
        /// Direct award process C: the existing provider, at the end of its contract, without a considerable change.
        PsrDirectAwardC = "psr2023.reg6(5)",
        /// Most suitable provider process: the intention to follow it is published 14 days before the choice.
        PsrMostSuitable = "psr2023.reg10(5)",
        /// The contract is entered into after the standstill.
        PsrStandstill = "psr2023.reg12",
        /// A framework agreement has a term of at most four years, unless a longer one is justified.
        PsrFramework = "psr2023.reg16(5)",
        /// The notice of the award is published within 30 days.
        PsrAwardNotice = "psr2023.award_notice",
    }
}

impl ComplianceRule {
    /// The citation, as lawyers write it.
    pub fn citation(self) -> String {
        if self == Self::PsrAwardNotice {
            return "Health Care Services (Provider Selection Regime) Regulations 2023 regs. 7 to 11 and 14".to_owned();
        }
        let word = self.as_str();
        let (law, place) = word.split_once('.').unwrap_or((word, ""));
        let law = match law {
            "pa2023" => "Procurement Act 2023",
            "pcr2015" => "Public Contracts Regulations 2015",
            _ => "Health Care Services (Provider Selection Regime) Regulations 2023",
        };
        let abbreviated = |short: &str, long: &str| place.strip_prefix(short).map(|number| format!("{long}{number}"));
        let place =
            abbreviated("reg", "reg. ").or_else(|| abbreviated("sch", "Sch. ")).or_else(|| abbreviated("s", "s."));
        format!("{law} {}", place.unwrap_or_default())
    }
}

/// What was found of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: ComplianceRule,
    /// Whether it is kept.
    pub outcome: RuleOutcome,
    /// Why, for people: sentences that name the facts it was judged on.
    pub detail: String,
    /// The records that it was judged on.
    pub looked_at: Vec<LookedAt>,
    /// The data files that it was judged by.
    pub files: &'static [DataFile],
}

impl Finding {
    pub(super) fn new(
        rule: ComplianceRule,
        (outcome, detail): Found,
        looked_at: Vec<LookedAt>,
        files: &'static [DataFile],
    ) -> Self {
        Self { rule, outcome, detail, looked_at, files }
    }
}

/// An outcome and why.
pub(super) type Found = (RuleOutcome, String);

pub(super) fn pass(detail: impl Into<String>) -> Found {
    (RuleOutcome::Pass, detail.into())
}

pub(super) fn fail(detail: impl Into<String>) -> Found {
    (RuleOutcome::Fail, detail.into())
}

pub(super) fn unknown(detail: impl Into<String>) -> Found {
    (RuleOutcome::Unknown, detail.into())
}

pub(super) fn not_applicable(detail: impl Into<String>) -> Found {
    (RuleOutcome::NotApplicable, detail.into())
}

impl From<TestOutcome> for RuleOutcome {
    fn from(test: TestOutcome) -> Self {
        match test {
            TestOutcome::Met => Self::Pass,
            TestOutcome::NotMet => Self::Fail,
            TestOutcome::Unknown => Self::Unknown,
        }
    }
}

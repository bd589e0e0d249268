//! Notices about contracts: what the buyer published, and when.

use crate::id::Id;
use crate::register::child::Child;
use crate::register::contract::Contract;
use crate::value::date::Day;
use crate::value::source::Sources;
use crate::value::text::Line;
use crate::value::web_url::WebUrl;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Which notice it is. `UK1` to `UK17` are the notices of the Procurement Act 2023, by their numbers on Find a Tender.
    /// A prefix names another law: PSR for the Provider Selection Regime 2023, PCR for the Public Contracts
    /// Regulations 2015 and those before them.
    pub enum NoticeCode {
        /// Pipeline notice: contracts that the buyer intends to let (PA 2023 s.93).
        Uk1 = "UK1" or "pipeline" or "pipeline notice",
        /// Preliminary market engagement notice: the buyer asks suppliers before it starts (PA 2023 s.17).
        Uk2 = "UK2" or "preliminary market engagement" or "market engagement" or "PME",
        /// Planned procurement notice: a procurement is to come (PA 2023 s.15).
        Uk3 = "UK3" or "planned procurement" or "planned procurement notice",
        /// Tender notice: suppliers are invited to tender (PA 2023 s.21).
        Uk4 = "UK4" or "tender" or "tender notice",
        /// Transparency notice: the buyer intends a direct award (PA 2023 s.44).
        Uk5 = "UK5" or "transparency" or "transparency notice" or "direct award notice",
        /// Contract award notice: the buyer has decided and intends to enter into the contract (PA 2023 s.50).
        Uk6 = "UK6" or "award" or "award notice" or "contract award" or "contract award notice",
        /// Contract details notice: the contract has been entered into (PA 2023 s.53).
        Uk7 = "UK7" or "contract details" or "contract details notice" or "details notice",
        /// Contract payment notice: a payment under the contract (PA 2023 s.70).
        Uk8 = "UK8" or "contract payment" or "payment notice",
        /// Contract performance notice: performance against indicators, or a breach (PA 2023 s.71).
        Uk9 = "UK9" or "contract performance" or "performance notice",
        /// Contract change notice: the contract is to be modified (PA 2023 s.75).
        Uk10 = "UK10" or "contract change" or "change notice" or "modification" or "modification notice",
        /// Contract termination notice: the contract has ended (PA 2023 s.80).
        Uk11 = "UK11" or "contract termination" or "termination" or "termination notice",
        /// Procurement termination notice: the procurement has ended without a contract (PA 2023 s.55).
        Uk12 = "UK12" or "procurement termination" or "termination" or "termination notice",
        /// Dynamic market notice: a market is to be established (PA 2023 s.39).
        Uk13 = "UK13" or "dynamic market" or "dynamic market intention",
        /// Dynamic market notice: a market has been established (PA 2023 s.39).
        Uk14 = "UK14" or "dynamic market" or "dynamic market establishment",
        /// Dynamic market notice: a market has been modified (PA 2023 s.39).
        Uk15 = "UK15" or "dynamic market" or "dynamic market modification",
        /// Dynamic market notice: a market has ended (PA 2023 s.39).
        Uk16 = "UK16" or "dynamic market" or "dynamic market cessation",
        /// Payments compliance notice: how promptly the buyer pays (PA 2023 s.69).
        Uk17 = "UK17" or "payments compliance" or "payments compliance notice",
        /// Notice of the intention to follow the most suitable provider process (PSR 2023 reg. 10(5)).
        PsrIntentionToFollowMostSuitable = "psr_intention_to_follow_most_suitable" or "most suitable provider" or "MSP"
            or "intention to follow most suitable provider",
        /// Invitation to bid in the competitive process (PSR 2023 reg. 11).
        PsrInvitation = "psr_invitation" or "invitation" or "invitation to bid" or "PSR competitive",
        /// Notice of the intention to award a contract, with which a standstill begins (PSR 2023 regs. 9 to 12).
        PsrIntentionToAward = "psr_intention_to_award" or "intention" or "intention to award" or "intention notice",
        /// Notice of the award of a contract, or of its confirmation (PSR 2023 regs. 7 to 11 and 14).
        PsrAward = "psr_award" or "award" or "award notice" or "confirmation" or "confirmation notice",
        /// Notice of the modification of a contract (PSR 2023 reg. 13(4)).
        PsrModification = "psr_modification" or "modification" or "modification notice",
        /// Prior information notice: a procurement is to come (PCR 2015 reg. 48).
        PcrPriorInformation = "pcr_prior_information" or "prior information" or "prior information notice" or "PIN",
        /// Contract notice: suppliers are invited to tender (PCR 2015 reg. 49).
        PcrContractNotice = "pcr_contract_notice" or "contract notice" or "tender" or "tender notice",
        /// Contract award notice: the contract was awarded (PCR 2015 reg. 50).
        PcrAwardNotice = "pcr_award_notice" or "award" or "award notice" or "contract award"
            or "contract award notice",
        /// Voluntary transparency notice: the buyer intends an award without a call for competition (PCR 2015 reg. 99).
        PcrVoluntaryTransparency = "pcr_voluntary_transparency" or "VEAT" or "voluntary ex ante transparency"
            or "voluntary transparency" or "transparency notice",
        /// Modification notice: the contract was modified during its term (PCR 2015 reg. 72(3)).
        PcrModification = "pcr_modification" or "modification" or "modification notice",
        /// Opportunity on Contracts Finder (PCR 2015 reg. 110).
        ContractsFinderOpportunity = "contracts_finder_opportunity" or "contracts finder" or "opportunity",
        /// Award on Contracts Finder (PCR 2015 reg. 112).
        ContractsFinderAward = "contracts_finder_award" or "contracts finder" or "award",
        /// A notice that none of the other values covers.
        Other = "other",
    }
}

/// Id of a notice about a contract.
pub type NoticeId = Id<Child<Contract, Notice>>;

/// What the buyer published about a contract, once. The same code may come again, as the notice of each change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which notice it is.
    pub code: NoticeCode,
    /// When it was published.
    pub published_on: Day,
    /// Where it can be read.
    pub url: Option<WebUrl>,
    /// Its own number, by which the place of publication finds it.
    pub reference: Option<Line<50>>,
    /// Where all this comes from.
    pub sources: Sources,
}

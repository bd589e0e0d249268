//! The stages of a mutual's life.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The stage of a mutual, from the first idea through its launch to its end.
    pub enum Stage {
        /// Somebody proposes that a group of staff leaves as a mutual.
        Idea = "idea" or "proposal" or "concept" or "expression of interest",
        /// The ways to run the service are compared, the mutual being one of them.
        OptionsAppraisal = "options_appraisal" or "feasibility" or "feasibility study" or "options"
            or "option appraisal",
        /// The case for the mutual is written: services, staff, money and risks.
        BusinessCase = "business_case" or "business plan" or "outline business case" or "full business case"
            or "OBC" or "FBC",
        /// The parent body has the business case and has not decided.
        ApprovalPending = "approval_pending" or "pending" or "pending approval" or "awaiting approval"
            or "awaiting decision",
        /// The parent body has agreed.
        Approved = "approved" or "agreed" or "approval",
        /// Staff are consulted on leaving, and often balloted.
        StaffConsultation = "staff_consultation" or "consultation" or "ballot" or "TUPE consultation",
        /// Staff, assets and contracts are made ready to move across.
        TransferPreparation = "transfer_preparation" or "transfer" or "transition" or "mobilisation"
            or "implementation",
        /// The mutual has begun to deliver services of its own.
        Launched = "launched" or "live" or "active" or "launch" or "spun out" or "established",
        /// The mutual runs its services as established business.
        Operating = "operating" or "live" or "active" or "trading" or "operational" or "established",
        /// The mutual runs its services while a contract that it depends on is up for renewal or competition.
        Recontracting = "recontracting" or "retendering" or "retender" or "recommissioning"
            or "contract renewal",
        /// Work on the mutual, or its services, are paused and may go on.
        Suspended = "suspended" or "paused" or "on hold" or "stalled",
        /// Ended before launch: the parent body or the commissioner said no.
        Rejected = "rejected" or "refused" or "declined" or "not approved",
        /// Ended before launch: those who proposed it gave it up.
        Withdrawn = "withdrawn" or "abandoned" or "dropped" or "cancelled" or "canceled",
        /// Ended before launch: stopped by staff, a campaign or a court.
        Blocked = "blocked" or "stopped" or "halted",
        /// Ended after launch: it became part of another provider.
        Merged = "merged" or "merger" or "acquired" or "taken over",
        /// Ended after launch: the contract that it depended on went to another supplier.
        ContractLost = "contract_lost" or "lost" or "lost contract",
        /// Ended after launch: the public body took the services back.
        ReturnedInHouse = "returned_in_house" or "in house" or "insourced" or "brought back in house"
            or "back in house" or "taken back",
        /// Ended after launch: wound up with its debts paid.
        Closed = "closed" or "ended" or "dissolved" or "wound up" or "liquidation" or "ceased",
        /// Ended after launch: it could not pay its debts.
        Insolvent = "insolvent" or "dissolved" or "wound up" or "liquidation" or "insolvency"
            or "in administration" or "bankrupt",
    }
}

impl Stage {
    /// On the way: not launched yet and not given up.
    pub const fn is_pre_launch_live(self) -> bool {
        matches!(
            self,
            Self::Idea
                | Self::OptionsAppraisal
                | Self::BusinessCase
                | Self::ApprovalPending
                | Self::Approved
                | Self::StaffConsultation
                | Self::TransferPreparation
        )
    }

    /// Delivering services.
    pub const fn is_operating(self) -> bool {
        matches!(self, Self::Launched | Self::Operating | Self::Recontracting)
    }

    /// Not ended; a suspended mutual lives.
    pub const fn is_live(self) -> bool {
        self.is_pre_launch_live() || self.is_operating() || matches!(self, Self::Suspended)
    }

    /// Ended, before launch or after; its record stays.
    pub const fn is_ended(self) -> bool {
        !self.is_live()
    }

    /// Ended without ever having been launched.
    pub const fn ended_before_launch(self) -> bool {
        matches!(self, Self::Rejected | Self::Withdrawn | Self::Blocked)
    }

    /// Known not to have been launched.
    pub const fn is_before_launch(self) -> bool {
        self.is_pre_launch_live() || self.ended_before_launch()
    }

    /// Known to have been launched.
    pub const fn is_after_launch(self) -> bool {
        self.is_operating() || (self.is_ended() && !self.ended_before_launch())
    }
}

impl Default for Stage {
    /// Where every mutual begins.
    fn default() -> Self {
        Self::Idea
    }
}

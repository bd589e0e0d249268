//! How a mutual is constituted and under which policy it left.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// How a mutual is or will be constituted.
    pub enum LegalForm {
        /// Community interest company without shares, whose members guarantee a sum (Companies (Audit,
        /// Investigations and Community Enterprise) Act 2004).
        CicLimitedByGuarantee = "cic_limited_by_guarantee" or "CIC" or "community interest company"
            or "CIC by guarantee" or "CIC CLG" or "CIC limited" or "limited by guarantee",
        /// Community interest company with shares.
        CicLimitedByShares = "cic_limited_by_shares" or "CIC" or "community interest company"
            or "CIC by shares" or "CIC CLS" or "CIC limited" or "limited by shares",
        /// Community interest company. The sources do not say which kind.
        CicUnspecified = "cic_unspecified" or "CIC" or "community interest company",
        /// Company without shares, whose members guarantee a sum (Companies Act 2006).
        CompanyLimitedByGuarantee = "company_limited_by_guarantee" or "CLG" or "company" or "limited company"
            or "Ltd" or "limited by guarantee" or "guarantee company" or "company by guarantee",
        /// Company with shares (Companies Act 2006).
        CompanyLimitedByShares = "company_limited_by_shares" or "CLS" or "company" or "limited company"
            or "Ltd" or "limited by shares" or "company by shares" or "private limited company" or "PLC"
            or "public limited company",
        /// Society run for the benefit of the community (Co-operative and Community Benefit Societies Act
        /// 2014).
        CommunityBenefitSociety = "community_benefit_society" or "CBS" or "BenCom" or "community benefit"
            or "registered society" or "society",
        /// Society run for the benefit of its members (Co-operative and Community Benefit Societies Act
        /// 2014).
        CooperativeSociety = "cooperative_society" or "co-op" or "cooperative"
            or "mutual society" or "registered society" or "society",
        /// Registered society. The sources do not say whether it is a co-operative or for community benefit.
        RegisteredSocietyUnspecified = "registered_society_unspecified" or "registered society" or "society",
        /// Society under the law before August 2014 (Industrial and Provident Societies Act 1965).
        IndustrialAndProvidentSociety = "industrial_and_provident_society" or "IPS" or "I&PS"
            or "industrial & provident society" or "provident society",
        /// Company that is a registered charity.
        CharitableCompany = "charitable_company" or "charity" or "registered charity"
            or "charitable company limited by guarantee" or "charitable CLG",
        /// Charitable incorporated organisation (Charities Act 2011).
        Cio = "cio" or "charity" or "registered charity" or "charitable incorporated organisation"
            or "charitable incorporated organization",
        /// Limited liability partnership (Limited Liability Partnerships Act 2000).
        Llp = "llp" or "partnership" or "limited liability partnership",
        /// Company or partnership owned together with a public or private partner.
        JointVenture = "joint_venture" or "JV" or "joint venture company" or "public private joint venture",
        /// Company owned by a trust that holds it for all employees (Finance Act 2014).
        EmployeeOwnershipTrust = "employee_ownership_trust" or "EOT" or "employee owned"
            or "employee ownership" or "employee owned company" or "employee trust",
        /// Association without a legal personality of its own.
        Unincorporated = "unincorporated" or "association" or "unincorporated association"
            or "charitable trust" or "partnership",
        /// The group has not chosen yet. The mutual cannot be launched until it has.
        NotYetDecided = "not_yet_decided" or "undecided" or "TBC" or "TBD" or "to be confirmed"
            or "to be decided" or "not decided" or "none yet",
        /// A form that none of the other values covers.
        Other = "other" or "SCIO" or "Scottish charitable incorporated organisation" or "limited partnership"
            or "royal charter",
    }

    /// Policy under which a mutual left the public sector.
    pub enum OriginRoute {
        /// Right to Request: primary care trust staff could ask to set up a social enterprise, 2008 to 2010.
        RightToRequest = "right_to_request" or "RtR" or "NHS right to request",
        /// Right to Provide: staff of NHS trusts and other public bodies could ask to take over their
        /// service, since 2011.
        RightToProvide = "right_to_provide" or "RtP",
        /// Community right to challenge: staff could express an interest in running a council service
        /// (Localism Act 2011 s.81).
        RightToChallenge = "right_to_challenge" or "RtC" or "community right to challenge",
        /// One of the Cabinet Office's mutual pathfinders of 2010 and 2011.
        Pathfinder = "pathfinder" or "mutual pathfinder" or "pathfinder mutual" or "pathfinders programme",
        /// Helped by the Cabinet Office's Mutuals Support Programme or its successors.
        MutualsSupportProgramme = "mutuals_support_programme" or "MSP" or "mutuals support program"
            or "mutuals support",
        /// A route that none of the other values covers.
        Other = "other",
    }
}

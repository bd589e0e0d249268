//! How a mutual is constituted and under which policy it left.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// How a mutual is or will be constituted.
    pub enum LegalForm {
        /// Community interest company without shares, whose members guarantee a sum (Companies (Audit,
        /// Investigations and Community Enterprise) Act 2004).
        CicLimitedByGuarantee = "cic_limited_by_guarantee",
        /// Community interest company with shares.
        CicLimitedByShares = "cic_limited_by_shares",
        /// Community interest company. The sources do not say which kind.
        CicUnspecified = "cic_unspecified",
        /// Company without shares, whose members guarantee a sum (Companies Act 2006).
        CompanyLimitedByGuarantee = "company_limited_by_guarantee",
        /// Company with shares (Companies Act 2006).
        CompanyLimitedByShares = "company_limited_by_shares",
        /// Society run for the benefit of the community (Co-operative and Community Benefit Societies Act
        /// 2014).
        CommunityBenefitSociety = "community_benefit_society",
        /// Society run for the benefit of its members (Co-operative and Community Benefit Societies Act
        /// 2014).
        CooperativeSociety = "cooperative_society",
        /// Registered society. The sources do not say whether it is a co-operative or for community benefit.
        RegisteredSocietyUnspecified = "registered_society_unspecified",
        /// Society under the law before August 2014 (Industrial and Provident Societies Act 1965).
        IndustrialAndProvidentSociety = "industrial_and_provident_society",
        /// Company that is a registered charity.
        CharitableCompany = "charitable_company",
        /// Charitable incorporated organisation (Charities Act 2011).
        Cio = "cio",
        /// Limited liability partnership (Limited Liability Partnerships Act 2000).
        Llp = "llp",
        /// Company or partnership owned together with a public or private partner.
        JointVenture = "joint_venture",
        /// Company owned by a trust that holds it for all employees (Finance Act 2014).
        EmployeeOwnershipTrust = "employee_ownership_trust",
        /// Association without a legal personality of its own.
        Unincorporated = "unincorporated",
        /// The group has not chosen yet. The mutual cannot be launched until it has.
        NotYetDecided = "not_yet_decided",
        /// A form that none of the other values covers.
        Other = "other",
    }

    /// Policy under which a mutual left the public sector.
    pub enum OriginRoute {
        /// Right to Request: primary care trust staff could ask to set up a social enterprise, 2008 to 2010.
        RightToRequest = "right_to_request",
        /// Right to Provide: staff of NHS trusts and other public bodies could ask to take over their
        /// service, since 2011.
        RightToProvide = "right_to_provide",
        /// Community right to challenge: staff could express an interest in running a council service
        /// (Localism Act 2011 s.81).
        RightToChallenge = "right_to_challenge",
        /// One of the Cabinet Office's mutual pathfinders of 2010 and 2011.
        Pathfinder = "pathfinder",
        /// Helped by the Cabinet Office's Mutuals Support Programme or its successors.
        MutualsSupportProgramme = "mutuals_support_programme",
        /// A route that none of the other values covers.
        Other = "other",
    }
}

//! The vocabularies of staff ballots.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The purpose of a staff ballot.
    pub enum BallotKind {
        /// A first vote to find out the mood. It decides nothing.
        Indicative = "indicative",
        /// A survey with a yes or no among other questions.
        ConsultativeSurvey = "consultative_survey",
        /// The vote that decides on the proposal.
        Formal = "formal",
        /// A second vote, on the detailed proposal.
        Confirmatory = "confirmatory",
        /// A vote held again because an earlier one does not count.
        Rerun = "rerun",
        /// The election of staff directors or governors of a mutual.
        BoardElection = "board_election",
    }

    /// Who held a ballot.
    pub enum Organiser {
        /// The public body that the staff work for.
        ParentBody = "parent_body",
        /// The people who propose the mutual, or the mutual itself.
        ProposedMutual = "proposed_mutual",
        /// One or more trade unions.
        TradeUnion = "trade_union",
        /// Management and trade unions together.
        Joint = "joint",
        /// Somebody without an interest in the outcome.
        Independent = "independent",
    }

    /// How a voting paper is filled in.
    pub enum BallotMethod {
        /// One option is marked.
        SingleChoice = "single_choice",
        /// Options are ranked; the counts are first preferences.
        Ranked = "ranked",
    }

    /// Where the votes of a ballot are cast.
    pub enum BallotMode {
        /// Outside this service. The result is entered here.
        Recorded = "recorded",
        /// In this service.
        Hosted = "hosted",
    }

    /// The state of a recorded ballot.
    pub enum BallotState {
        /// Being entered. Nobody has declared the result.
        Draft = "draft",
        /// The result is declared and counts.
        Declared = "declared",
        /// Declared, and later found not to count.
        Void = "void",
        /// Declared, and replaced by a rerun.
        Superseded = "superseded",
    }

    /// What happens to the service if an option is chosen.
    pub enum Effect {
        /// Staff leave and run the service as a mutual.
        Mutual = "mutual",
        /// The service stays with the body that runs it.
        RemainInHouse = "remain_in_house",
        /// The service becomes, or joins, an NHS trust.
        NhsTrust = "nhs_trust",
        /// The body that runs the service merges with another public body.
        MergeWithPublicBody = "merge_with_public_body",
        /// The service moves to another public body.
        OtherPublicBody = "other_public_body",
        /// The service goes to a private firm, or to a venture with one.
        PrivatePartner = "private_partner",
        /// The service is put out to competition.
        CompetitiveTender = "competitive_tender",
        /// No choice is made, and the paper is still valid.
        Abstain = "abstain",
        /// An outcome that none of the other values covers.
        Other = "other",
    }

    /// What a percentage of a ballot is a share of.
    pub enum Basis {
        /// Papers returned, including spoiled ones, as a share of people entitled to vote.
        Turnout = "turnout",
        /// Votes as a share of valid papers.
        OfValid = "of_valid",
        /// Votes as a share of papers returned, including spoiled ones.
        OfCast = "of_cast",
        /// Votes as a share of people entitled to vote.
        OfEntitled = "of_entitled",
    }

    /// What a published percentage is said to be a share of.
    pub enum PublishedBasis {
        /// Papers returned, including spoiled ones, as a share of people entitled to vote.
        Turnout = "turnout",
        /// Votes as a share of valid papers.
        OfValid = "of_valid",
        /// Votes as a share of papers returned, including spoiled ones.
        OfCast = "of_cast",
        /// Votes as a share of people entitled to vote.
        OfEntitled = "of_entitled",
        /// The source does not say.
        NotStated = "not_stated",
    }
}

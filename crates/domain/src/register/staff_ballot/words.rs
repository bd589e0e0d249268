//! The vocabularies of staff ballots.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The purpose of a staff ballot.
    pub enum BallotKind {
        /// A first vote to find out the mood. It decides nothing.
        Indicative = "indicative" or "straw poll" or "poll" or "non binding" or "informal",
        /// A survey with a yes or no among other questions.
        ConsultativeSurvey = "consultative_survey" or "survey" or "poll" or "consultation" or "consultative"
            or "staff survey" or "informal",
        /// The vote that decides on the proposal.
        Formal = "formal" or "official" or "ballot" or "staff ballot",
        /// A second vote, on the detailed proposal.
        Confirmatory = "confirmatory" or "confirmation" or "confirming",
        /// A vote held again because an earlier one does not count.
        Rerun = "rerun" or "repeat" or "second ballot" or "re-ballot",
        /// The election of staff directors or governors of a mutual.
        BoardElection = "board_election" or "election" or "director election" or "governor election",
    }

    /// Who held a ballot.
    pub enum Organiser {
        /// The public body that the staff work for.
        ParentBody = "parent_body" or "employer" or "department" or "council" or "parent"
            or "parent department" or "NHS trust",
        /// The people who propose the mutual, or the mutual itself.
        ProposedMutual = "proposed_mutual" or "mutual" or "new mutual" or "staff group",
        /// One or more trade unions.
        TradeUnion = "trade_union" or "union" or "unions" or "trade unions",
        /// Management and trade unions together.
        Joint = "joint" or "jointly" or "joint committee",
        /// Somebody without an interest in the outcome.
        Independent = "independent" or "scrutineer" or "independent body" or "third party",
    }

    /// How a voting paper is filled in.
    pub enum BallotMethod {
        /// One option is marked.
        SingleChoice = "single_choice" or "FPTP" or "first past the post" or "plurality" or "yes no"
            or "single" or "one choice" or "X vote",
        /// Options are ranked; the counts are first preferences.
        Ranked = "ranked" or "STV" or "single transferable vote" or "AV" or "alternative vote"
            or "preferential" or "ranked choice" or "instant runoff" or "IRV",
    }

    /// Where the votes of a ballot are cast.
    pub enum BallotMode {
        /// Outside this service. The result is entered here.
        Recorded = "recorded" or "entered" or "held elsewhere" or "external",
        /// In this service.
        Hosted = "hosted" or "online" or "held here" or "internal",
    }

    /// The state of a ballot. One that was held elsewhere is `draft` until it is declared.
    pub enum BallotState {
        /// Being entered or prepared. Nothing is fixed.
        Draft = "draft" or "new" or "not declared" or "undeclared",
        /// Held here: the roll and the manifest are fixed, and the issuers sign.
        RollFrozen = "roll_frozen" or "frozen",
        /// Held here: open from the opening until the close. Votes are cast between `opens_at` and the end of casting.
        Open = "open" or "opened" or "voting",
        /// Held here: the votes are counted and published, and nobody has declared the result.
        Closed = "closed" or "counted",
        /// Held here, and given up before the close.
        Cancelled = "cancelled" or "canceled",
        /// The result is declared and counts.
        Declared = "declared" or "final" or "published" or "result declared",
        /// Declared or closed, and found not to count.
        Void = "void" or "voided" or "annulled" or "invalid",
        /// Declared, and replaced by a rerun.
        Superseded = "superseded" or "replaced" or "rerun",
    }

    /// What happens to the service if an option is chosen.
    pub enum Effect {
        /// Staff leave and run the service as a mutual.
        Mutual = "mutual" or "spin out" or "leave" or "social enterprise" or "become a mutual",
        /// The service stays with the body that runs it.
        RemainInHouse = "remain_in_house" or "in house" or "stay" or "remain" or "status quo" or "no change",
        /// The service becomes, or joins, an NHS trust.
        NhsTrust = "nhs_trust" or "NHS" or "foundation trust" or "NHS foundation trust" or "join NHS trust",
        /// The body that runs the service merges with another public body.
        MergeWithPublicBody = "merge_with_public_body" or "merge" or "merger",
        /// The service moves to another public body.
        OtherPublicBody = "other_public_body" or "transfer to public body" or "another public body"
            or "public body",
        /// The service goes to a private firm, or to a venture with one.
        PrivatePartner = "private_partner" or "private" or "privatise" or "privatisation" or "outsource"
            or "outsourcing" or "joint venture",
        /// The service is put out to competition.
        CompetitiveTender = "competitive_tender" or "tender" or "competition" or "outsource" or "outsourcing"
            or "market",
        /// No choice is made, and the paper is still valid.
        Abstain = "abstain" or "abstention" or "none of the above" or "blank",
        /// An outcome that none of the other values covers.
        Other = "other",
    }

    /// What a percentage of a ballot is a share of.
    pub enum Basis {
        /// Papers returned, including spoiled ones, as a share of people entitled to vote.
        Turnout = "turnout" or "participation",
        /// Votes as a share of valid papers.
        OfValid = "of_valid" or "valid" or "valid votes" or "of valid votes" or "votes cast"
            or "of votes cast" or "of votes" or "of voters" or "of those who voted",
        /// Votes as a share of papers returned, including spoiled ones.
        OfCast = "of_cast" or "cast" or "votes cast" or "of votes cast" or "of votes" or "of voters"
            or "of those who voted" or "returned" or "of returned" or "papers returned",
        /// Votes as a share of people entitled to vote.
        OfEntitled = "of_entitled" or "entitled" or "eligible" or "of eligible" or "electorate"
            or "of electorate" or "of staff" or "of all staff" or "of those entitled",
    }

    /// What a published percentage is said to be a share of.
    pub enum PublishedBasis {
        /// Papers returned, including spoiled ones, as a share of people entitled to vote.
        Turnout = "turnout" or "participation",
        /// Votes as a share of valid papers.
        OfValid = "of_valid" or "valid" or "valid votes" or "of valid votes" or "votes cast"
            or "of votes cast" or "of votes" or "of voters" or "of those who voted",
        /// Votes as a share of papers returned, including spoiled ones.
        OfCast = "of_cast" or "cast" or "votes cast" or "of votes cast" or "of votes" or "of voters"
            or "of those who voted" or "returned" or "of returned" or "papers returned",
        /// Votes as a share of people entitled to vote.
        OfEntitled = "of_entitled" or "entitled" or "eligible" or "of eligible" or "electorate"
            or "of electorate" or "of staff" or "of all staff" or "of those entitled",
        /// The source does not say.
        NotStated = "not_stated" or "unknown" or "unstated" or "not known" or "unclear" or "not said",
    }
}

impl BallotState {
    /// Whether a result was declared, whatever became of it.
    pub const fn is_declared(self) -> bool {
        matches!(self, Self::Declared | Self::Void | Self::Superseded)
    }
}

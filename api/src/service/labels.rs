//! What the codes of the vocabularies are called, for people.

/// Words that are small in a proper name.
const SMALL: [&str; 3] = ["and", "of", "the"];

/// What codes are called that do not say it themselves once their underscores are spaces: the id of the list, and each code with
/// its label.
pub const LABELS: &[(&str, &[(&str, &str)])] = &[
    ("archived", &[("no", "No"), ("yes", "Yes"), ("unknown", "Not known")]),
    (
        "ballot-kind",
        &[("formal", "Formal"), ("board_election", "Election of staff directors or governors"), ("rerun", "Rerun")],
    ),
    ("ballot-method", &[("single_choice", "One option is marked"), ("ranked", "Options are ranked")]),
    ("ballot-mode", &[("recorded", "Held elsewhere, recorded here"), ("hosted", "Held by this register")]),
    ("ballot-state", &[("superseded", "Replaced by a rerun"), ("roll_frozen", "Roll fixed, not open yet")]),
    (
        "basis",
        &[
            ("turnout", "Turnout"),
            ("of_valid", "Share of valid papers"),
            ("of_cast", "Share of papers returned"),
            ("of_entitled", "Share of people entitled to vote"),
        ],
    ),
    (
        "cliff-edge-list",
        &[("later", "Ending later"), ("without_end", "Without an end on record"), ("unclear", "Not clear")],
    ),
    ("commitment-kind", &[("plan_and_vision", "Plan and vision for mutuals"), ("staff_pathway", "Pathway for staff")]),
    ("commitment-status", &[("due", "Due"), ("met", "Kept"), ("met_late", "Kept late")]),
    ("competition-kind", &[("retender", "Competition as an earlier contract ends")]),
    (
        "competition-outcome",
        &[
            ("won_by_mutual", "Won by the mutual"),
            ("lost", "Lost by the mutual"),
            ("withdrawn", "The mutual withdrew"),
            ("subcontractor", "The mutual is a subcontractor"),
            ("not_bidding", "The mutual did not bid"),
            ("unknown", "Not known"),
        ],
    ),
    ("contract-status", &[("award_decided", "Award decided, not announced"), ("unknown", "Not known")]),
    ("counts-known", &[("none", "None"), ("partial", "Some"), ("complete", "All")]),
    (
        "department-kind",
        &[
            ("executive_agency", "Executive agency"),
            ("nhs_commissioner", "NHS body that buys care"),
            ("nhs_provider", "NHS body that provides care"),
            ("police_body", "Police force or commissioner"),
            ("probation_body", "Probation trust or other probation body"),
            ("education_body", "College, university, school or other education body"),
            ("other", "Other public body"),
        ],
    ),
    (
        "effect",
        &[
            ("mutual", "Leave and run the service as a mutual"),
            ("remain_in_house", "Stay with the body that runs the service"),
            ("nhs_trust", "Become or join an NHS trust"),
            ("merge_with_public_body", "Merge with another public body"),
            ("other_public_body", "Move to another public body"),
            ("private_partner", "Go to a private firm or a venture with one"),
            ("competitive_tender", "Put the service out to competition"),
        ],
    ),
    (
        "eliminated-by",
        &[("votes", "Fewest votes"), ("earlier_round", "Fewer votes in an earlier round"), ("lot", "Lot")],
    ),
    (
        "entry-action",
        &[
            ("create", "Entered"),
            ("update", "Changed"),
            ("delete", "Deleted"),
            ("erase", "Personal data erased"),
            ("revoke", "Revoked"),
            ("restore", "Restored from a copy"),
            ("settle_clock", "Time confirmed by the operator"),
        ],
    ),
    ("figure-check", &[("cannot_be_checked", "Cannot be checked")]),
    ("first-contract", &[("unknown", "Not known")]),
    ("import-mode", &[("best_effort", "Enter the rows that have no fault"), ("atomic", "Enter all rows or none")]),
    ("judgement", &[("spent_but_absent", "Code used, vote not on the board")]),
    ("launch-condition", &[("staff_buy_in", "Staff buy-in"), ("no_open_objection", "No open objection")]),
    (
        "legal-form",
        &[
            ("cic_limited_by_guarantee", "Community interest company limited by guarantee"),
            ("cic_limited_by_shares", "Community interest company limited by shares"),
            ("cic_unspecified", "Community interest company (kind not known)"),
            ("cooperative_society", "Co-operative society"),
            ("registered_society_unspecified", "Registered society (kind not known)"),
            ("industrial_and_provident_society", "Industrial and provident society"),
            ("cio", "Charitable incorporated organisation"),
            ("llp", "Limited liability partnership"),
            ("unincorporated", "Unincorporated association"),
            ("other", "Other legal form"),
        ],
    ),
    ("nation", &[("uk_wide", "United Kingdom, or several of its nations"), ("northern_ireland", "Northern Ireland")]),
    (
        "next-route",
        &[
            ("s33", "Reserved to public service mutuals (Procurement Act 2023 s.33)"),
            ("reg77", "Reserved to mutuals and similar organisations (Public Contracts Regulations 2015 reg. 77)"),
            ("psr_direct_c", "Direct award process C (Provider Selection Regime)"),
            ("below_threshold", "Below the threshold of procurement law"),
            ("open", "Competition that is open to all"),
            ("unknown", "Not known"),
        ],
    ),
    (
        "notice-code",
        &[
            ("UK1", "Pipeline notice (UK1)"),
            ("UK2", "Preliminary market engagement notice (UK2)"),
            ("UK3", "Planned procurement notice (UK3)"),
            ("UK4", "Tender notice (UK4)"),
            ("UK5", "Transparency notice (UK5)"),
            ("UK6", "Contract award notice (UK6)"),
            ("UK7", "Contract details notice (UK7)"),
            ("UK8", "Contract payment notice (UK8)"),
            ("UK9", "Contract performance notice (UK9)"),
            ("UK10", "Contract change notice (UK10)"),
            ("UK11", "Contract termination notice (UK11)"),
            ("UK12", "Procurement termination notice (UK12)"),
            ("UK13", "Dynamic market notice: to be established (UK13)"),
            ("UK14", "Dynamic market notice: established (UK14)"),
            ("UK15", "Dynamic market notice: modified (UK15)"),
            ("UK16", "Dynamic market notice: ended (UK16)"),
            ("UK17", "Payments compliance notice (UK17)"),
            (
                "psr_intention_to_follow_most_suitable",
                "Intention to follow the most suitable provider process (Provider Selection Regime)",
            ),
            ("psr_invitation", "Invitation to bid (Provider Selection Regime)"),
            ("psr_intention_to_award", "Intention to award (Provider Selection Regime)"),
            ("psr_award", "Award (Provider Selection Regime)"),
            ("psr_modification", "Modification (Provider Selection Regime)"),
            ("pcr_prior_information", "Prior information notice (Public Contracts Regulations 2015)"),
            ("pcr_contract_notice", "Contract notice (Public Contracts Regulations 2015)"),
            ("pcr_award_notice", "Contract award notice (Public Contracts Regulations 2015)"),
            ("pcr_voluntary_transparency", "Voluntary transparency notice (Public Contracts Regulations 2015)"),
            ("pcr_modification", "Modification notice (Public Contracts Regulations 2015)"),
            ("contracts_finder_opportunity", "Opportunity on Contracts Finder"),
            ("contracts_finder_award", "Award on Contracts Finder"),
            ("other", "Other notice"),
        ],
    ),
    (
        "objection-kind",
        &[
            ("staff", "From staff"),
            ("union", "From a trade union"),
            ("campaign", "From a campaign"),
            ("service_user", "From a service user"),
            ("commissioner", "From a public body that buys the service"),
            ("provider", "From another provider"),
            ("other", "From others"),
        ],
    ),
    ("objection-outcome", &[("accepted", "Upheld"), ("open", "Not decided yet"), ("appealed", "Under appeal")]),
    (
        "organiser",
        &[
            ("parent_body", "Public body that the staff work for"),
            ("proposed_mutual", "The mutual or those who propose it"),
            ("joint", "Management and trade unions together"),
            ("independent", "Somebody independent"),
        ],
    ),
    (
        "origin-route",
        &[
            ("right_to_request", "Right to Request"),
            ("right_to_provide", "Right to Provide"),
            ("right_to_challenge", "Community Right to Challenge"),
            ("pathfinder", "Mutual pathfinder"),
            ("mutuals_support_programme", "Mutuals Support Programme"),
            ("other", "Another route"),
        ],
    ),
    (
        "procedure",
        &[
            ("pcr_open", "Open procedure (Public Contracts Regulations 2015)"),
            ("pcr_restricted", "Restricted procedure (Public Contracts Regulations 2015)"),
            (
                "pcr_competitive_with_negotiation",
                "Competitive procedure with negotiation (Public Contracts Regulations 2015)",
            ),
            ("pcr_competitive_dialogue", "Competitive dialogue (Public Contracts Regulations 2015)"),
            ("pcr_light_touch", "Light touch regime (Public Contracts Regulations 2015)"),
            (
                "pcr_reg77_reserved",
                "Reserved to mutuals and similar organisations (Public Contracts Regulations 2015 reg. 77)",
            ),
            ("pa_open", "Open procedure (Procurement Act 2023)"),
            ("pa_competitive_flexible", "Competitive flexible procedure (Procurement Act 2023)"),
            ("pa_s33_reserved", "Reserved to public service mutuals (Procurement Act 2023 s.33)"),
            ("pa_direct_award", "Direct award (Procurement Act 2023)"),
            ("pa_user_choice_direct", "Direct award by user choice (Procurement Act 2023)"),
            ("framework_calloff", "Call-off from a framework"),
            ("psr_direct_a", "Direct award process A (Provider Selection Regime)"),
            ("psr_direct_b", "Direct award process B (Provider Selection Regime)"),
            ("psr_direct_c", "Direct award process C (Provider Selection Regime)"),
            ("psr_most_suitable", "Most suitable provider process (Provider Selection Regime)"),
            ("psr_competitive", "Competitive process (Provider Selection Regime)"),
            ("right_to_request_uncontested", "First contract without competition (Right to Request)"),
            ("in_house_exempt", "No procurement: the buyer controls the supplier"),
            ("below_threshold", "Below the threshold of procurement law"),
            ("other", "Other procedure"),
            ("unknown", "Not known"),
        ],
    ),
    (
        "protection-kind",
        &[
            ("none", "No protection"),
            ("uncontested_first", "First contract without competition"),
            ("reserved", "Competition for mutuals and similar organisations only"),
            ("longer_term", "Longer term than usual"),
            ("other", "Other protection"),
        ],
    ),
    ("protocol", &[("psm-ballot-v1", "Ballot protocol of this register, version 1")]),
    (
        "published-basis",
        &[
            ("turnout", "Turnout"),
            ("of_valid", "Share of valid papers"),
            ("of_cast", "Share of papers returned"),
            ("of_entitled", "Share of people entitled to vote"),
            ("not_stated", "Not stated"),
        ],
    ),
    (
        "regime",
        &[
            ("pcr_2006", "Public Contracts Regulations 2006"),
            ("pcr_2015", "Public Contracts Regulations 2015"),
            ("pa_2023", "Procurement Act 2023"),
            ("psr_2023", "Provider Selection Regime 2023 (England)"),
            ("psr_wales_2025", "Provider Selection Regime 2025 (Wales)"),
            ("not_covered", "Law of Scotland, which the register does not cover"),
            ("unknown", "Not known"),
        ],
    ),
    ("resource-type", &[("key", "API key"), ("register", "The register"), ("issuer", "Issuer of tokens")]),
    (
        "rule-outcome",
        &[("pass", "Kept"), ("fail", "Broken"), ("unknown", "Not known"), ("not_applicable", "Does not apply")],
    ),
    (
        "scheme",
        &[
            ("GB-COH", "Companies House"),
            ("GB-MPR", "Mutuals Public Register"),
            ("GB-CHC", "Charity Commission for England and Wales"),
            ("GB-SC", "Office of the Scottish Charity Regulator"),
            ("GB-NIC", "Charity Commission for Northern Ireland"),
            ("GB-NHS", "NHS Organisation Data Service"),
            ("GB-LAE", "Register of local authorities in England"),
            ("GB-GOR", "Register of government organisations"),
            ("GB-GOVUK", "GOV.UK"),
            ("GB-UKPRN", "UK Register of Learning Providers"),
            ("GB-PPON", "Find a Tender (public procurement organisation number)"),
        ],
    ),
    (
        "sector",
        &[
            ("health_unspecified", "Health (kind not known)"),
            ("dental", "Dental care"),
            ("childrens_social_care", "Children’s social care"),
            ("adult_education_skills", "Adult education and skills"),
            ("libraries_archives", "Libraries and archives"),
            ("leisure_sport", "Leisure and sport"),
            ("probation_justice", "Probation and justice"),
            ("fire_rescue", "Fire and rescue"),
            ("environment_conservation", "Environment and conservation"),
            ("other", "Other services"),
        ],
    ),
    ("side", &[("a", "First issuer"), ("b", "Second issuer")]),
    (
        "stage",
        &[
            ("approval_pending", "Waiting for approval"),
            ("recontracting", "Operating (contract up for renewal)"),
            ("contract_lost", "Contract lost"),
            ("returned_in_house", "Returned to the public body"),
        ],
    ),
    ("standing-group", &[("unknown", "Stage not known")]),
    ("support-status", &[("met", "Support given")]),
    ("test-outcome", &[("unknown", "Not known")]),
    ("timeline-step", &[("year", "Year"), ("month", "Month")]),
    (
        "winner-kind",
        &[
            ("private_firm", "Private firm"),
            ("charity", "Charity or voluntary organisation"),
            ("mutual", "Public service mutual"),
            ("other", "Other winner"),
        ],
    ),
];

/// The label of a code in the list of this id: `options_appraisal` as `Options appraisal`, if nothing else is said.
pub fn label(list: &str, word: &str) -> String {
    let own = LABELS.iter().find(|(id, _)| *id == list).map_or(&[][..], |(_, own)| own);
    let given = own.iter().find(|(code, _)| *code == word);
    given.map_or_else(|| capitalised(&word.replace(['_', '-'], " ")), |(_, label)| (*label).to_owned())
}

/// `east_of_england` as `East of England`.
pub fn proper(word: &str) -> String {
    let parts = word.split('_').map(|part| if SMALL.contains(&part) { part.to_owned() } else { capitalised(part) });
    parts.collect::<Vec<_>>().join(" ")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_derived_from_codes_that_say_it() {
        for (list, word, expected) in [
            ("stage", "options_appraisal", "Options appraisal"),
            ("sector", "mental_health", "Mental health"),
            ("sector", "leisure_sport", "Leisure and sport"),
            ("fault-code", "read-only", "Read only"),
        ] {
            assert_eq!(label(list, word), expected);
        }
        assert_eq!(proper("yorkshire_and_the_humber"), "Yorkshire and the Humber");
    }
}

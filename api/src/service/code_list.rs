//! The register's vocabularies as code lists: each word with a label and its meaning, for forms, translations and copies elsewhere.

use std::sync::LazyLock;

use actix_web::{HttpResponse, get};
use domain::Vocabulary;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::openapi::example::example_of;
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

/// Words that are small in a proper name.
const SMALL: [&str; 3] = ["and", "of", "the"];

/// What codes are called that do not say it themselves once their underscores are spaces: the id of the list, and each code with
/// its label.
const LABELS: &[(&str, &[(&str, &str)])] = &[
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

/// A page or a law that codes were taken from.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"title": "Procurement Act 2023", "url": "https://www.legislation.gov.uk/ukpga/2023/54"}))]
pub struct CodeListSource {
    /// The title of the page or law.
    #[schema(value_type = String, max_length = 200)]
    title: &'static str,
    /// The address of the page or law.
    #[schema(value_type = String, format = "uri", max_length = 200)]
    url: &'static str,
}

/// A code in a code list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "pa_open", "label": "Open procedure (Procurement Act 2023)", "description": "Open procedure: one stage, everybody may tender (PA 2023 s.20)."}))]
pub struct Code {
    /// The code, as used in requests and responses.
    #[schema(value_type = String, max_length = 60)]
    code: &'static str,
    /// The label for people, in English.
    #[schema(max_length = 100)]
    label: String,
    /// What the code means, and the law that it comes from, if any.
    #[schema(value_type = String, max_length = 500)]
    description: &'static str,
}

/// A code list without its codes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "region", "schema": "Region", "description": "Region of the United Kingdom.", "url": "/v1/code-lists/region", "codes": 12,
    "sources": []
}))]
pub struct CodeListSummary {
    /// Id of the list: the last part of its path.
    #[schema(max_length = 60)]
    id: String,
    /// Its name. If this contract has a schema for the list, the schema has the same name.
    #[schema(value_type = String, max_length = 60)]
    schema: &'static str,
    /// What its codes describe.
    #[schema(value_type = String, max_length = 500)]
    description: &'static str,
    /// Where the code list is: a path, or an address if the operator has set the public one.
    #[schema(format = "uri-reference", max_length = 600)]
    url: String,
    /// How many codes it has.
    #[schema(minimum = 1)]
    codes: i64,
    /// The sources of its codes. Empty if they are the register's own.
    #[schema(value_type = Vec<CodeListSource>, max_items = 10)]
    sources: &'static [CodeListSource],
}

/// Every code list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [example_of::<CodeListSummary>()]}))]
struct CodeLists {
    /// The lists, in the order of their ids.
    #[schema(max_items = 200)]
    items: Vec<CodeListSummary>,
}

/// A code list. Codes may be added, so your client must accept codes it does not know.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "protection-kind", "schema": "ProtectionKind", "description": "How a contract protects a mutual from competition.", "sources": [],
    "codes": [{"code": "none", "label": "No protection", "description": "No protection."}]
}))]
pub struct CodeList {
    /// Id of the list: the last part of its path.
    #[schema(max_length = 60)]
    id: String,
    /// Its name. If this contract has a schema for the list, the schema has the same name.
    #[schema(value_type = String, max_length = 60)]
    schema: &'static str,
    /// What its codes describe.
    #[schema(value_type = String, max_length = 500)]
    description: &'static str,
    /// The sources of its codes. Empty if they are the register's own.
    #[schema(value_type = Vec<CodeListSource>, max_items = 10)]
    sources: &'static [CodeListSource],
    /// The codes, in the order in which to show them to people.
    #[schema(max_items = 200)]
    codes: Vec<Code>,
}

const fn source(title: &'static str, url: &'static str) -> CodeListSource {
    CodeListSource { title, url }
}

const COMPANIES_ACT: CodeListSource = source("Companies Act 2006", "https://www.legislation.gov.uk/ukpga/2006/46");
const SOCIETIES_ACT: CodeListSource =
    source("Co-operative and Community Benefit Societies Act 2014", "https://www.legislation.gov.uk/ukpga/2014/14");
const CHARITIES_ACT: CodeListSource = source("Charities Act 2011", "https://www.legislation.gov.uk/ukpga/2011/25");
const PCR_2006: CodeListSource =
    source("Public Contracts Regulations 2006", "https://www.legislation.gov.uk/uksi/2006/5");
const PCR_2015: CodeListSource =
    source("Public Contracts Regulations 2015", "https://www.legislation.gov.uk/uksi/2015/102");
const PA_2023: CodeListSource = source("Procurement Act 2023", "https://www.legislation.gov.uk/ukpga/2023/54");
const PSR_2023: CodeListSource = source(
    "Health Care Services (Provider Selection Regime) Regulations 2023",
    "https://www.legislation.gov.uk/uksi/2023/1348",
);
const ORG_ID: CodeListSource = source("org-id.guide, list of registers", "http://org-id.guide");

/// All code lists. A test holds them against the contract's vocabularies.
fn all() -> Vec<CodeList> {
    macro_rules! without_sources {
        ($($Word:ident)+) => { vec![$(list::<domain::$Word>(&[])),+] };
    }
    let mut lists = without_sources! {
        Role Archived BallotKind BallotMethod BallotMode BallotState Basis CliffEdgeList CommitmentKind CommitmentStatus CompetitionKind
        CompetitionOutcome Constituency ContractStatus CountsKnown DepartmentKind Effect EnablerRole FaultCode
        FigureCheck FirstContract ImportMode ImportState ImportUpdate Importable LaunchCondition LookedAtKind Nation
        ObjectionKind ObjectionOutcome Organiser OriginRoute Position ProtectionKind PublishedBasis RuleOutcome Sector
        Kind Stage StandingGroup SupportStatus TestOutcome WinnerKind
    };
    lists.extend([
        list::<store::entry::Action>(&[]),
        list::<domain::ballot_protocol::EliminatedBy>(&[]),
        list::<domain::ballot_protocol::Judgement>(&[]),
        list::<domain::ballot_protocol::Protocol>(&[]),
        list::<domain::ballot_protocol::Side>(&[]),
        list::<domain::statistics::TimelineStep>(&[]),
        list::<domain::LegalForm>(&[COMPANIES_ACT, SOCIETIES_ACT, CHARITIES_ACT]),
        list::<domain::Procedure>(&[PCR_2015, PA_2023, PSR_2023]),
        list::<domain::NoticeCode>(&[PA_2023, PSR_2023, PCR_2015]),
        list::<domain::NextRoute>(&[PCR_2015, PA_2023, PSR_2023]),
        list::<domain::Regime>(&[PCR_2006, PCR_2015, PA_2023, PSR_2023]),
        cited(list::<domain::ComplianceRule>(&[PCR_2015, PA_2023, PSR_2023])),
        named(list::<domain::Region>(&[])),
        list::<domain::Scheme>(&[ORG_ID]),
    ]);
    lists.sort_by(|one, other| one.id.cmp(&other.id));
    lists
}

/// All code lists, for pages.
static LISTS: LazyLock<Vec<CodeList>> = LazyLock::new(all);

/// What a code means, as the list of this id says it.
pub fn meaning_of(list: &str, code: &str) -> Option<&'static str> {
    let list = LISTS.iter().find(|own| own.id == list)?;
    list.codes.iter().find(|own| own.code == code).map(|own| own.description)
}

/// The label of a code in the list of this id.
pub fn label_of(list: &str, code: &str) -> Option<String> {
    let list = LISTS.iter().find(|own| own.id == list)?;
    list.codes.iter().find(|own| own.code == code).map(|own| own.label.clone())
}

/// The codes of the list of this id, in the order in which to show them.
pub fn codes_of(list: &str) -> impl Iterator<Item = &'static str> {
    let list = LISTS.iter().find(|own| own.id == list);
    list.into_iter().flat_map(|list| &list.codes).map(|code| code.code)
}

fn list<V: Vocabulary>(sources: &'static [CodeListSource]) -> CodeList {
    let id = kebab(V::NAME);
    let code = |word: &V| Code { code: word.as_str(), label: label(&id, word.as_str()), description: word.describe() };
    CodeList { codes: V::ALL.iter().map(code).collect(), schema: V::NAME, description: V::DESCRIPTION, sources, id }
}

/// The same for words that are proper names.
fn named(mut list: CodeList) -> CodeList {
    for code in &mut list.codes {
        code.label = proper(code.code);
    }
    list
}

/// The same for rules, which are called by their citations.
fn cited(mut list: CodeList) -> CodeList {
    for (code, rule) in list.codes.iter_mut().zip(domain::ComplianceRule::ALL) {
        code.label = rule.citation();
    }
    list
}

/// `LegalForm` as `legal-form`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

/// The label of a code in the list of this id: `options_appraisal` as `Options appraisal`, if nothing else is said.
fn label(list: &str, word: &str) -> String {
    let own = LABELS.iter().find(|(id, _)| *id == list).map_or(&[][..], |(_, own)| own);
    let given = own.iter().find(|(code, _)| *code == word);
    given.map_or_else(|| capitalised(&word.replace(['_', '-'], " ")), |(_, label)| (*label).to_owned())
}

/// `east_of_england` as `East of England`.
fn proper(word: &str) -> String {
    let parts = word.split('_').map(|part| if SMALL.contains(&part) { part.to_owned() } else { capitalised(part) });
    parts.collect::<Vec<_>>().join(" ")
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_code_lists).service(get_code_list);
}

/// List the code lists
///
/// The code lists of the register: the codes that fields and parameters take, with their meanings.
#[utoipa::path(
    tag = "code lists",
    params(IfNoneMatch),
    responses((status = 200, description = "All code lists", body = CodeLists))
)]
#[get("/code-lists")]
async fn list_code_lists(app: App, conditions: IfChanged) -> HttpResponse {
    let summary = |list: CodeList| CodeListSummary {
        url: app.url(&format!("/v1/code-lists/{}", list.id)),
        codes: i64::try_from(list.codes.len()).unwrap_or(i64::MAX),
        id: list.id,
        schema: list.schema,
        description: list.description,
        sources: list.sources,
    };
    conditions.worked_out(&CodeLists { items: all().into_iter().map(summary).collect() })
}

/// Get a code list
///
/// The codes of the list, each with a label for people and its meaning.
#[utoipa::path(
    tag = "code lists",
    params(
        ("code_list" = String, Path, description = "Id of the code list.", example = "legal-form", max_length = 100),
        IfNoneMatch
    ),
    responses((status = 200, description = "The code list", body = CodeList))
)]
#[get("/code-lists/{code_list}")]
async fn get_code_list(conditions: IfChanged, PathKey(id): PathKey<String>) -> Result<HttpResponse, Problem> {
    let found = all().into_iter().find(|list| list.id == id);
    let found = found.ok_or_else(|| Problem::not_found("there is no such code list; /v1/code-lists lists them all"))?;
    Ok(conditions.worked_out(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Abbreviations that everybody who reads the register knows.
    const KNOWN: [&str; 4] = ["API", "GOV.UK", "NHS", "UK"];

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
        assert_eq!(kebab("CommitmentKind"), "commitment-kind");
    }

    #[test]
    fn every_given_label_is_that_of_a_code() {
        for (id, codes) in LABELS {
            let list = LISTS.iter().find(|list| list.id == *id).unwrap_or_else(|| panic!("there is no list {id}"));
            for (code, _) in *codes {
                assert!(list.codes.iter().any(|own| own.code == *code), "{id} has no code {code}");
            }
        }
    }

    /// No label has what only the code could explain: an abbreviation of a law (`PA`), a provision glued to a number (`s33`), a letter
    /// that stands alone (`direct c`), an underscore; and no two codes of a list have the same label.
    #[test]
    fn labels_can_be_read_without_their_codes() {
        let numbered = |word: &str| word.chars().any(char::is_alphabetic) && word.chars().any(|it| it.is_ascii_digit());
        let of_notice = |word: &str| word.strip_prefix("UK").is_some_and(|number| number.parse::<u8>().is_ok());
        // The rules of law are called by their citations.
        for list in LISTS.iter().filter(|list| list.id != "compliance-rule") {
            let mut labels: Vec<&str> = list.codes.iter().map(|code| code.label.as_str()).collect();
            for Code { code, label, .. } in &list.codes {
                let of = format!("{} {code}: {label}", list.id);
                assert!(label.chars().next().is_some_and(char::is_uppercase) && label.chars().count() <= 100, "{of}");
                assert!(!label.contains('_') && !label.to_lowercase().contains("unspecified"), "{of}");
                for word in label.split([' ', '(', ')', ',', ':', '-', '–']).filter(|word| !word.is_empty()) {
                    let is_citation = word.starts_with("s.") || word == "reg." || word == "regs.";
                    let is_capitals =
                        word.chars().filter(|it| it.is_alphabetic()).count() > 1 && word.to_uppercase() == word;
                    assert!(!is_capitals || KNOWN.contains(&word) || of_notice(word), "{of}");
                    assert!(!numbered(word) || is_citation || of_notice(word), "{of}");
                    assert!(
                        word.chars().count() > 1
                            || word == "a"
                            || ["A", "B", "C"].contains(&word)
                            || numbered_only(word),
                        "{of}"
                    );
                    let small = ["pa", "pcr", "psr", "cic", "cio", "llp", "nhs", "uk", "cpv", "ppon"];
                    assert!(!small.contains(&word), "{of}");
                }
            }
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), list.codes.len(), "{}", list.id);
        }
    }

    fn numbered_only(word: &str) -> bool {
        word.chars().all(|it| it.is_ascii_digit())
    }
}

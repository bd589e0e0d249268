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
use crate::service::labels::{label, proper};

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
    use crate::service::labels::LABELS;

    /// Abbreviations that everybody who reads the register knows.
    const KNOWN: [&str; 4] = ["API", "GOV.UK", "NHS", "UK"];

    #[test]
    fn lists_are_named_after_their_vocabularies() {
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

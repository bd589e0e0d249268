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

/// Words that are written in capitals.
const ACRONYMS: [&str; 9] = ["cic", "cio", "cpv", "llp", "nhs", "pa", "pcr", "psr", "uk"];
/// Words that are small in a proper name.
const SMALL: [&str; 3] = ["and", "of", "the"];

/// Codes that name two things, or leave out a letter that people write.
const LABELS: [(&str, &str); 6] = [
    ("libraries_archives", "Libraries and archives"),
    ("leisure_sport", "Leisure and sport"),
    ("probation_justice", "Probation and justice"),
    ("fire_rescue", "Fire and rescue"),
    ("childrens_social_care", "Children’s social care"),
    ("staff_buy_in", "Staff buy-in"),
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
#[schema(example = json!({"code": "pa_open", "label": "PA open", "description": "Open procedure: one stage, everybody may tender (PA 2023 s.20)."}))]
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
    "codes": [{"code": "none", "label": "None", "description": "No protection."}]
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
        named(list::<domain::Scheme>(&[ORG_ID])),
    ]);
    lists.sort_by(|one, other| one.id.cmp(&other.id));
    lists
}

/// All code lists, for pages.
static LISTS: LazyLock<Vec<CodeList>> = LazyLock::new(all);

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
    let code = |word: &V| Code { code: word.as_str(), label: label(word.as_str()), description: word.describe() };
    CodeList {
        id: kebab(V::NAME),
        schema: V::NAME,
        description: V::DESCRIPTION,
        sources,
        codes: V::ALL.iter().map(code).collect(),
    }
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

/// `pcr_open` as `PCR open`.
fn label(word: &str) -> String {
    if let Some((_, label)) = LABELS.iter().find(|(own, _)| *own == word) {
        return (*label).to_owned();
    }
    let parts = word.split(['_', '-']).enumerate().map(|(place, part)| match part {
        part if ACRONYMS.contains(&part) => part.to_ascii_uppercase(),
        part if place == 0 => capitalised(part),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// `east_of_england` as `East of England`; what has capitals already is left alone.
fn proper(word: &str) -> String {
    if word.chars().any(|letter| letter.is_ascii_uppercase()) {
        return word.to_owned();
    }
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

    #[test]
    fn labels_are_for_people() {
        for (word, expected) in [
            ("pcr_open", "PCR open"),
            ("cic_limited_by_shares", "CIC limited by shares"),
            ("merge_with_public_body", "Merge with public body"),
            ("read-only", "Read only"),
        ] {
            assert_eq!(label(word), expected);
        }
        assert_eq!(proper("yorkshire_and_the_humber"), "Yorkshire and the Humber");
        assert_eq!(proper("GB-COH"), "GB-COH");
        assert_eq!(kebab("CommitmentKind"), "commitment-kind");
    }
}

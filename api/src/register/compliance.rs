//! Procurement law: a contract, stored or sent, held against the rules of the law that it is under.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post};
use document::compliance::{ComplianceCheck, RuleOutcome};
use document::register::Regime;
use document::schema::InputOf;
use document::value::{ContractId, Day, Text, Word};
use domain::DataFile;
use domain::procurement::{self, Compliance as Found, ProcurementFacts};
use serde::Serialize;
use store::ReadTx;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::caller::Caller;
use crate::data::DataFileVersion;
use crate::register::looked_at::LookedAt;
use crate::register::resource::accept;
use crate::request::body::Body;
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

type ComplianceCheckInput = InputOf<ComplianceCheck>;

/// Which procurement law applies to a contract, and whether the contract keeps its rules. This is not legal advice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "contract_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
    "regime": "pcr_2015",
    "regime_reason": "Public Contracts Regulations 2015: the procedure exists under these Regulations only.",
    "rules": [{
        "rule": "pcr2015.reg77(4)",
        "citation": "Public Contracts Regulations 2015 reg. 77(4)",
        "outcome": "fail",
        "detail": "A term of 3 years that starts on 2017-02-01 ends on 2020-01-31; all extensions included, the contract ends on 2020-03-31.",
        "looked_at": [{"kind": "contract", "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11", "url": "/v1/contracts/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11"}],
        "data_files": []
    }],
    "reservable_again_on": "2025-02-24",
    "law_as_at": "2026-04-01",
    "data_files": []
}))]
pub struct Compliance {
    /// The contract. Absent if the facts were sent and not read from a contract on record.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    contract_id: Option<ContractId>,
    regime: Regime,
    /// Why this law applies, or why it is not known.
    #[schema(max_length = 1000)]
    regime_reason: String,
    /// Every rule of the law that the register checks. Empty if the register does not check this law, or if it is not
    /// known which law applies.
    #[schema(max_items = 100)]
    rules: Vec<RuleResult>,
    /// The first day on which the buyer can award the mutual another reserved contract for the same kind of services.
    /// Absent if the contract is not reserved, or if the day is not known.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reservable_again_on: Option<Day>,
    /// The day up to which changes of the law were taken into account.
    #[schema(value_type = Day)]
    law_as_at: &'static str,
    /// The data files that the rules were checked with, such as bank holidays and thresholds.
    #[schema(max_items = 10)]
    data_files: Vec<DataFileVersion>,
}

/// A rule of procurement law, and whether the contract keeps it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "rule": "pa2023.s33(1)(b)",
    "citation": "Procurement Act 2023 s.33(1)(b)",
    "outcome": "unknown",
    "detail": "The first day of the term is not known. It can run for 5 years at most, with all extensions.",
    "looked_at": [],
    "data_files": []
}))]
pub struct RuleResult {
    /// The rule, a code of the code list `compliance-rule`.
    #[schema(value_type = String, max_length = 60)]
    rule: &'static str,
    /// The place in the law.
    #[schema(max_length = 200)]
    citation: String,
    outcome: RuleOutcome,
    /// The reason in words, with the facts that the rule was checked on.
    #[schema(max_length = 2000)]
    detail: String,
    /// The records that the rule was checked on.
    #[schema(max_items = 1000)]
    looked_at: Vec<LookedAt>,
    #[schema(schema_with = file_names)]
    data_files: Vec<&'static str>,
}

fn file_names() -> Array {
    let name = ObjectBuilder::new().schema_type(Type::String).max_length(Some(100));
    let about = "The names of the data files that the rule was checked with.";
    ArrayBuilder::new().items(name).max_items(Some(10)).description(Some(about)).build()
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_contract_compliance).service(check_compliance);
}

/// Get the compliance of a contract
///
/// Says which procurement law applies to the contract and why. For each rule of this law, says whether the contract keeps
/// it (`pass`), breaks it (`fail`), lacks a fact that decides it (`unknown`), or is not under it (`not_applicable`). A
/// contract that breaks a rule stays on record. The check uses the register as it is now.
///
/// If the nation of the buyer is not on record, the buyer is taken to be in England. For a buyer elsewhere, that can be the
/// wrong law.
#[utoipa::path(
    tag = "contracts",
    params(("contract" = inline(ContractId), Path, description = "Id of the contract"), IfNoneMatch),
    responses((status = 200, description = "The law and its rules", body = Compliance))
)]
#[get("/contracts/{contract}/compliance")]
async fn get_contract_compliance(
    app: App,
    contract: PathKey<domain::ContractId>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let read = move |tx: &mut ReadTx<'_>| store::compliance::of_contract(tx, contract.0);
    let facts = app.store.read_few(read).await?;
    Ok(conditions.worked_out(&Compliance::of(&app, &facts)))
}

/// Check a contract against procurement law
///
/// Send what you know of a contract that is planned or made. The response is the same as for a contract on record. Nothing
/// is stored, and you need no key. Dates may be in the future. Always send `buyer_nation`, or the `department_id` of a
/// buyer whose nation is on record: otherwise the buyer is taken to be in England, which can give the wrong law.
#[utoipa::path(
    tag = "contracts",
    request_body = ComplianceCheckInput,
    responses((status = 200, description = "The law and its rules", body = Compliance))
)]
#[post("/compliance-checks")]
async fn check_compliance(app: App, caller: Caller, body: Body<ComplianceCheck>) -> Result<HttpResponse, Problem> {
    let content = body.create();
    let read = move |tx: &mut ReadTx<'_>| {
        let facts = accept(tx, &content, &caller)?.clone().into_inner();
        Ok::<_, Problem>(store::compliance::completed(tx, facts)?)
    };
    let facts = app.store.read(read).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Compliance::of(&app, &facts)))
}

impl Compliance {
    fn of(app: &App, facts: &ProcurementFacts) -> Self {
        let Found { regime, regime_reason, findings, reservable_again_on } =
            procurement::check(facts, &app.data.data().law);
        let is_used = |file: DataFile| findings.iter().any(|finding| finding.files.contains(&file));
        let used = app.data.files().iter().filter(|used| is_used(used.file));
        let data_files = used.map(DataFileVersion::of).collect();
        let result = |finding: procurement::Finding| RuleResult {
            rule: finding.rule.as_str(),
            citation: finding.rule.citation(),
            outcome: Word(finding.outcome),
            detail: finding.detail,
            looked_at: finding
                .looked_at
                .iter()
                .map(|record| LookedAt::of(app, record, facts.records.contract))
                .collect(),
            data_files: finding.files.iter().map(|file| file.name()).collect(),
        };
        Self {
            contract_id: facts.records.contract.map(Text),
            regime: Word(regime),
            regime_reason,
            rules: findings.into_iter().map(result).collect(),
            reservable_again_on: reservable_again_on.map(Text),
            law_as_at: procurement::LAW_AS_AT,
            data_files,
        }
    }
}

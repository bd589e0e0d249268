//! What counts of contracts and of the competitions for them.

use chrono::NaiveDate;
use diesel::prelude::*;
use domain::cliff_edge::Term;
use domain::procurement::{Buyer, RegimeFacts};
use domain::{
    Competition, CompetitionId, CompetitionOutcome, ContractId, ContractStatus, Currency, DepartmentId, FirstContract,
    MutualId, PartialDate, Procedure, Regime, WinnerKind,
};
use serde::Deserialize;

use super::day_number::DayNumber;
use crate::backend::json::{day_option, parsed, parsed_option};
use crate::backend::schema::{contracts, departments};
use crate::error::Error;
use crate::register::child::ChildRecord;

/// What counts of a contract.
pub(super) struct ContractFacts {
    pub(super) mutual: MutualId,
    /// The buyer.
    pub(super) department: DepartmentId,
    pub(super) procedure: Procedure,
    pub(super) regime: Regime,
    pub(super) entered: Option<DayNumber>,
    /// It was entered into, whether the day is known or not.
    pub(super) was_entered: bool,
    pub(super) value: Option<(i64, Currency)>,
    pub(super) term: Term,
    /// Whether it is the first of its mutual.
    pub(super) first: FirstContract,
}

/// What counts of a competition.
pub(super) struct CompetitionFacts {
    pub(super) contract: ContractId,
    pub(super) outcome: CompetitionOutcome,
    /// Who won, which is a mutual where the mutual did.
    pub(super) winner_kind: Option<WinnerKind>,
    pub(super) opened: Option<DayNumber>,
    pub(super) decided: Option<DayNumber>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = contracts)]
pub(super) struct ContractRow {
    pub(super) id: String,
    mutual_id: String,
    department_id: String,
    health_services: Option<bool>,
    procedure: String,
    procurement_started_on: Option<NaiveDate>,
    awarded_on: Option<String>,
    entered_on: Option<String>,
    starts_on: Option<String>,
    ends_on: Option<String>,
    latest_ends_on: Option<NaiveDate>,
    value_amount_minor: Option<i64>,
    value_currency: Option<String>,
    status: String,
    is_first: bool,
    document: String,
}

/// What counts of a contract's document and has no column.
#[derive(Deserialize)]
struct OfDocument {
    first_contract: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = departments)]
pub(super) struct BuyerRow {
    kind: String,
    nation: Option<String>,
}

impl ContractFacts {
    pub(super) fn new(row: &ContractRow, buyer: &BuyerRow) -> Result<Self, Error> {
        let procedure = parsed("procedure", &row.procedure)?;
        let entered: Option<PartialDate> = parsed_option("entered_on", row.entered_on.as_deref())?;
        let starts: Option<PartialDate> = parsed_option("starts_on", row.starts_on.as_deref())?;
        let law = RegimeFacts {
            procurement_started_on: day_option("procurement_started_on", row.procurement_started_on)?,
            awarded_on: parsed_option("awarded_on", row.awarded_on.as_deref())?,
            entered_on: entered,
            health_services: row.health_services,
            procedure,
            buyer: Buyer {
                kind: Some(parsed("kind", &buyer.kind)?),
                nation: parsed_option("nation", buyer.nation.as_deref())?,
            },
        };
        let status: ContractStatus = parsed("status", &row.status)?;
        let currency: Option<Currency> = parsed_option("value_currency", row.value_currency.as_deref())?;
        let has_run =
            matches!(status, ContractStatus::Active | ContractStatus::Expired | ContractStatus::TerminatedEarly);
        let said: OfDocument = serde_json::from_str(&row.document)
            .map_err(|error| Error::Internal(format!("the document of the contract {}: {error}", row.id)))?;
        let said = parsed_option("first_contract", said.first_contract.as_deref())?;
        Ok(Self {
            mutual: parsed("mutual_id", &row.mutual_id)?,
            department: parsed("department_id", &row.department_id)?,
            procedure,
            regime: law.regime(),
            entered: entered.map(|entered| DayNumber::of(entered.first_day())),
            was_entered: entered.is_some() || has_run,
            value: row.value_amount_minor.zip(currency),
            term: Term {
                status,
                begins: starts.or(entered),
                ends: parsed_option("ends_on", row.ends_on.as_deref())?,
                latest: day_option("latest_ends_on", row.latest_ends_on)?,
            },
            first: FirstContract::of(said, row.is_first, entered.is_some()),
        })
    }
}

impl CompetitionFacts {
    pub(super) fn new(record: &ChildRecord<Competition>) -> (CompetitionId, Self) {
        let contest = &record.content.content.contest;
        let first = |date: Option<PartialDate>| date.map(|date| DayNumber::of(date.first_day()));
        let facts = Self {
            contract: record.content.parent_id,
            outcome: contest.outcome,
            winner_kind: contest.winner(),
            opened: first(contest.opened_on),
            decided: first(contest.decided_on),
        };
        (record.id, facts)
    }
}

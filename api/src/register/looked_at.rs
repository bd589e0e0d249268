//! The records that a condition or a rule was judged on, each with its link.

use std::fmt::Display;

use document::value::Word;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// The type of record that a condition or a rule was judged on.
pub type LookedAtKind = Word<domain::LookedAtKind>;

/// A record that a condition or a rule was judged on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "contract",
    "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
    "url": "/v1/contracts/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11"
}))]
pub struct LookedAt {
    kind: LookedAtKind,
    /// The id of the record.
    #[schema(format = "uuid", max_length = 36)]
    id: String,
    /// Where the record is: a path, or an address if the operator has set the public one.
    #[schema(format = "uri-reference", max_length = 800)]
    url: String,
}

impl LookedAt {
    /// Where a record is. What belongs to a mutual or a contract is found below that one, which this is the id of.
    pub fn of(app: &App, record: &domain::LookedAt, parent_id: Option<impl Display>) -> Self {
        let id = record.as_uuid();
        let parent_id = parent_id.map(|id| id.to_string()).unwrap_or_default();
        let path = match record {
            domain::LookedAt::Mutual(_) => format!("/v1/mutuals/{id}"),
            domain::LookedAt::StaffBallot(_) => format!("/v1/staff-ballots/{id}"),
            domain::LookedAt::Contract(_) => format!("/v1/contracts/{id}"),
            domain::LookedAt::Department(_) => format!("/v1/departments/{id}"),
            domain::LookedAt::Endorsement(_) => format!("/v1/mutuals/{parent_id}/endorsements/{id}"),
            domain::LookedAt::Objection(_) => format!("/v1/mutuals/{parent_id}/objections/{id}"),
            domain::LookedAt::Notice(_) => format!("/v1/contracts/{parent_id}/notices/{id}"),
        };
        Self { kind: Word(record.kind()), id: id.to_string(), url: app.url(&path) }
    }
}

//! What moves a ballot on: declaring it, finding it void, a rerun in its place, and a correction.

use std::borrow::Cow;

use domain::{Declaration, StaffBallotId as DomainStaffBallotId};
use serde::{Deserialize, Serialize};
use store::Reference;
use store::staff_ballot::superseding;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use validator::Validate;

use super::StaffBallotPatch;
use crate::register::value::{Note, PartialDate, StaffBallotId, Text};
use crate::request::body::Input;
use crate::request::faults::Faults;

/// The declaration of a ballot's result, as it is sent: `{}` where the ballot has its day already.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"declared_on": "2025-10-14"}))]
pub struct NewDeclaration {
    /// When the result was made known, where the ballot doesn't say it or says otherwise: not in the future.
    #[schema(nullable = false)]
    declared_on: Option<PartialDate>,
    /// Whether the ballot is entered after the fact, which is for administrators: it may lack what its sources don't tell, the scrutineer,
    /// the question, the day and all options but one.
    #[schema(nullable = false, default = false)]
    historic: Option<bool>,
}

/// That a ballot doesn't count, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"void_reason": "A hundred papers were never sent out."}))]
pub struct NewVoiding {
    /// Why.
    #[schema(required, nullable = false)]
    #[validate(required)]
    void_reason: Option<Note>,
}

/// That a rerun took a ballot's place, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"superseded_by_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e12"}))]
pub struct NewSupersession {
    /// The rerun: declared, and for the same mutual.
    #[schema(required, nullable = false)]
    #[validate(required)]
    superseded_by_id: Option<StaffBallotId>,
}

/// Why a ballot is corrected: what the body of a correction has beside the merge patch.
#[derive(Clone, Debug, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewCorrection {
    #[validate(required)]
    correction_reason: Option<Note>,
}

impl NewCorrection {
    /// The members that are not the ballot's.
    pub const NAMES: &[&str] = &["correction_reason"];
}

/// The contract's schema of a correction: the ballot's merge patch, and a reason.
impl PartialSchema for NewCorrection {
    fn schema() -> RefOr<Schema> {
        let mut schema = StaffBallotPatch::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            for name in Self::NAMES {
                object.properties.insert((*name).to_owned(), Note::schema());
                object.required.push((*name).to_owned());
            }
            let description = "What a ballot should have said, as a merge patch (RFC 7396), and why: a member that is absent stays as it \
                               is, `null` removes the member, a list replaces the whole list.";
            object.description = Some(description.to_owned());
            object.example = Some(serde_json::json!({
                "correction_reason": "The scrutineer's report counts a bundle that was left out.",
                "returned": 1629,
                "counts": [{"option": "nhs_trust", "votes": 1483}, {"option": "private_partner", "votes": 5}]
            }));
        }
        schema
    }
}

impl ToSchema for NewCorrection {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(Self::PATCH)
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        StaffBallotPatch::schemas(schemas);
        Note::schemas(schemas);
    }
}

impl Input for NewCorrection {
    type Value = domain::Note;

    const READ_ONLY: &'static [&'static str] = &[];
    const PATCH: &'static str = "CorrectionPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.correction_reason.map(Text::into_inner)
    }
}

impl Input for NewDeclaration {
    type Value = Declaration;

    const READ_ONLY: &'static [&'static str] = &[];
    const PATCH: &'static str = "DeclarationPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        Some(Declaration {
            declared_on: self.declared_on.map(Text::into_inner),
            historic: self.historic.unwrap_or_default(),
        })
    }
}

impl Input for NewVoiding {
    type Value = domain::Note;

    const READ_ONLY: &'static [&'static str] = &[];
    const PATCH: &'static str = "VoidingPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.void_reason.map(Text::into_inner)
    }
}

impl Input for NewSupersession {
    type Value = DomainStaffBallotId;

    const READ_ONLY: &'static [&'static str] = &[];
    const PATCH: &'static str = "SupersessionPatch";

    fn references(&self) -> Vec<Reference> {
        self.superseded_by_id.iter().map(|id| superseding(id.0)).collect()
    }

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.superseded_by_id.map(Text::into_inner)
    }
}

//! Records by their names: what people read beside an id.
#![expect(missing_docs, reason = "a member whose type says all has no text of its own, here as in the contract")]

use serde::Serialize;
use utoipa::ToSchema;

use crate::value::{DepartmentId, MutualId, Name, Slug};

/// The id, slug and name of a department.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DepartmentName {
    pub id: DepartmentId,
    pub slug: Slug,
    pub name: Name,
}

/// The id, slug and name of a mutual.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MutualName {
    pub id: MutualId,
    pub slug: Slug,
    pub name: Name,
}

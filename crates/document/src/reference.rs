//! The ids by which one record names another.

use domain::Kind;

/// An id that a record gives for another record.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The member that gives it: `other_department_ids/0`.
    pub field: String,
    /// What kind of record it must lead to.
    pub kind: Kind,
    /// The id.
    pub id: String,
}

impl Reference {
    /// A reference by the member `field`.
    pub fn new(field: impl Into<String>, kind: Kind, id: impl ToString) -> Self {
        Self { field: field.into(), kind, id: id.to_string() }
    }
}

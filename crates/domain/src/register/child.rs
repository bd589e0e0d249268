//! Records that belong to another: what a department or a mutual has many of, such as commitments and objections.

use std::ops::Deref;

use crate::id::Id;

/// What a record says that belongs to a record of the kind `W`, for as long as there is either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child<W, T> {
    /// The record that it belongs to.
    pub parent_id: Id<W>,
    /// What it says.
    pub content: T,
}

impl<W, T> Deref for Child<W, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

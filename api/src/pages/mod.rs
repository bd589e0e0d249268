//! The service about itself: health, documentation, problem types and code lists.

pub mod about;
pub mod code_list;
pub mod docs;
mod tagged;

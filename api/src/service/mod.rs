//! The service about itself: health, contract, problem types and code lists.

pub mod about;
pub mod code_list;
mod labels;
pub mod tagged;

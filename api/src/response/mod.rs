//! What is sent back: problems, tables, pages and answers that are given again.

pub mod html;
pub mod problem;
pub mod problem_type;
mod refusal;
pub mod repeat;
pub mod selection;
pub mod table;

//! What follows from the register: statistics, reports and scorecards.

pub mod answers;
pub mod published;
pub mod report;
pub mod scorecard;
pub mod statistics;
mod table;

//! What follows from the register: statistics, reports and scorecards.

pub mod answers;
pub mod cliff_edge;
pub mod competitions;
mod computed;
pub mod published;
pub mod report;
pub mod scorecard;
pub mod statistics;
mod subject;
mod table;

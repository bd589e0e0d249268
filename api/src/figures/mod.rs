//! What follows from the register: statistics, reports and scorecards.

pub mod answers;
pub mod cliff_edge;
pub mod competitions;
mod computed;
mod figure;
pub mod filter_counts;
pub mod published;
pub mod report;
mod results;
pub mod scorecard;
pub mod statistics;
mod subject;
mod table;

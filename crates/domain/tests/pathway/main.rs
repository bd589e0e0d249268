//! The pathway from idea to launch: what departments offer, what mutuals show, and what the gate asks.

mod ballot_life;
mod departments;
mod endorsements;
mod hosted;
mod objections;
mod published_figures;
mod readiness;
mod returns_and_support;
mod samples;
mod stages;

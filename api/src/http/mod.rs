//! Around every request: connections, limits, routing, tracing and metrics.

pub mod arrival;
pub mod compression;
pub mod connection;
pub mod cors;
pub mod delivery;
pub mod drain;
pub mod framing;
pub mod gate;
pub mod hardening;
pub mod limits;
pub mod metrics;
pub mod proxy;
pub mod rate;
pub mod request_id;
pub mod route;
pub mod silence;
pub mod trace;
pub mod unread;
pub mod wait;
pub mod workers;

//! From a request to what a handler works with: path, query, headers and body.

pub mod argument;
pub mod body;
pub mod conditional;
pub mod cursor;
pub mod expansion;
pub mod idempotency_key;
pub mod known_at;
pub mod moment;
pub mod page;
pub mod path;
pub mod query;
pub mod record_query;

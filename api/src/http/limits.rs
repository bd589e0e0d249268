//! How large a body may be.

/// The most bytes that a request body may have.
pub const BODY_LIMIT: usize = 64 * 1024;
/// The most bytes of a body with the lines of 100,000 people, each of about 110 bytes.
pub const LARGE_BODY_LIMIT: usize = 16 * 1024 * 1024;

//! What a refusal says.

//! Examples of what is inside others, so that each is written once.

use serde_json::Value;
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// The example that a type's schema has.
pub fn example_of<T: PartialSchema>() -> Value {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.example.unwrap_or_default(),
        _ => Value::Null,
    }
}

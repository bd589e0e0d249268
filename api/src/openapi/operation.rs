//! The operations of the contract, and what is asked of each: its parameters, and who may use it.

use actix_web::http::Method;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::SecurityRequirement;

pub(super) const BEARER: &str = "bearer";

/// The operations of a path, with their methods.
pub fn of_path(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let own = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    own.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// All operations, with path and method.
pub(super) fn operations(
    document: &mut utoipa::openapi::OpenApi,
) -> impl Iterator<Item = (&str, &'static str, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let own = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ];
        own.into_iter().filter_map(|(method, operation)| Some((path.as_str(), method, operation.as_mut()?)))
    })
}

/// Whether an operation has a parameter of this name.
pub(super) fn has_parameter(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().flatten().any(|parameter| matches!(parameter, RefOr::T(own) if own.name == name))
}

/// What an operation that everybody may use asks for: nothing, or a key.
pub(super) fn everybody() -> [SecurityRequirement; 2] {
    [SecurityRequirement::default(), SecurityRequirement::new::<_, _, &str>(BEARER, [])]
}

/// The same as the document has it.
pub(super) fn for_everybody() -> Value {
    serde_json::to_value(everybody()).unwrap_or_default()
}

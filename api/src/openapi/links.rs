//! Links from an answer to what can be asked next with what it says: OpenAPI's link objects, for tools that follow them.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

use super::operation::{has_parameter, operations};

/// An operation that a link may lead to.
struct Target {
    path: String,
    id: String,
    is_conditional: bool,
}

/// Adds to the answer that tells of a new record what can be done with it, and to each page of a list the next one.
pub(super) fn add(document: &mut OpenApi) {
    let targets: Vec<Target> =
        operations(document).filter_map(|(path, _, operation)| Target::new(path, operation)).collect();
    for (path, method, operation) in operations(document) {
        if method == "POST" {
            link_to_record(path, operation, &targets);
        } else if has_parameter(operation, "cursor") {
            link_to_next_page(operation);
        }
    }
}

impl Target {
    fn new(path: &str, operation: &Operation) -> Option<Self> {
        let is_conditional = has_parameter(operation, "If-Match");
        Some(Self { path: path.to_owned(), id: operation.operation_id.clone()?, is_conditional })
    }

    /// The link from the answer of the operation that makes the records whose path this one's begins with.
    fn link(&self, made_at: &str) -> Option<Link> {
        let rest = self.path.strip_prefix(made_at)?.strip_prefix("/{")?;
        let (record, beneath) = rest.split_once('}')?;
        if beneath.contains('{') {
            return None;
        }
        let mut parameters: BTreeMap<String, Value> =
            names(made_at).map(|name| (format!("path.{name}"), format!("$request.path.{name}").into())).collect();
        parameters.insert(format!("path.{record}"), "$response.body#/id".into());
        if self.is_conditional {
            parameters.insert("header.If-Match".to_owned(), "$response.header.ETag".into());
        }
        let link = LinkBuilder::new().operation_id(self.id.clone());
        Some(parameters.into_iter().fold(link, |link, (name, value)| link.parameter(name, value)).build())
    }
}

fn link_to_record(path: &str, operation: &mut Operation, targets: &[Target]) {
    for status in ["201", "202"] {
        let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) else { continue };
        let links = targets.iter().filter_map(|target| Some((target.id.clone(), RefOr::T(target.link(path)?))));
        response.links.extend(links);
    }
}

fn link_to_next_page(operation: &mut Operation) {
    let Some(id) = operation.operation_id.clone() else { return };
    let Some(RefOr::T(response)) = operation.responses.responses.get_mut("200") else { return };
    let link = LinkBuilder::new().operation_id(id).parameter("query.cursor", "$response.body#/next_cursor");
    response.links.insert("next".to_owned(), RefOr::T(link.build()));
}

/// The names of a path's parameters.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(made_at: &str, path: &str) -> Option<Value> {
        let target = Target { path: path.to_owned(), id: "do_it".to_owned(), is_conditional: true };
        target.link(made_at).map(|link| serde_json::to_value(link).unwrap())
    }

    #[test]
    fn a_link_says_where_each_parameter_is_from() {
        let linked = link("/v1/mutuals/{mutual}/objections", "/v1/mutuals/{mutual}/objections/{objection}").unwrap();
        assert_eq!(linked["operationId"], "do_it");
        assert_eq!(
            linked["parameters"],
            serde_json::json!({
                "path.mutual": "$request.path.mutual",
                "path.objection": "$response.body#/id",
                "header.If-Match": "$response.header.ETag"
            })
        );
    }

    #[test]
    fn a_link_leads_to_the_record_and_to_what_is_right_below_it() {
        assert!(link("/v1/mutuals", "/v1/mutuals/{mutual}/readiness").is_some());
        assert!(link("/v1/mutuals", "/v1/mutuals/{mutual}/objections/{objection}").is_none());
        assert!(link("/v1/mutuals", "/v1/mutuals").is_none());
        assert!(link("/v1/mutuals", "/v1/mutuals/export.csv").is_none());
        assert!(link("/v1/mutuals", "/v1/contracts/{contract}").is_none());
    }
}

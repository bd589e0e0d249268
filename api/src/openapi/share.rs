//! What several operations say alike is said once: parameters as components or at their path, answers as components, the headers of
//! every answer and what a caller needs to read the register at the root.
//!
//! With every reference followed the document says what it said before.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::header::{EVERY_ANSWER, component_name};
use super::operation::for_everybody;

/// The member of the document that has the headers of every answer. OpenAPI has no word for them.
pub const EVERY_ANSWERS_HEADERS: &str = "x-response-headers";

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Says once what is said alike.
pub(super) fn share(document: &mut Value) {
    share_parameters(document);
    share_answers(document);
    raise_parameters(document);
    raise_security(document);
    raise_headers(document);
}

/// The headers of every answer are no components: nothing refers to them.
fn raise_headers(document: &mut Value) {
    let Some(Value::Object(headers)) = document.pointer_mut("/components/headers") else { return };
    let raised =
        EVERY_ANSWER.iter().filter_map(|name| Some(((*name).to_owned(), headers.remove(&component_name(name))?)));
    let raised: Map<String, Value> = raised.collect();
    document[EVERY_ANSWERS_HEADERS] = raised.into();
}

/// A parameter or an answer, how often it is said, and what it is called if it is said once.
struct Said {
    content: Value,
    count: usize,
    names: [String; 2],
}

/// Everything that is said, by the name that it should have.
#[derive(Default)]
struct Uses(BTreeMap<String, Vec<Said>>);

impl Uses {
    /// Counts one more use. The second name is for what is not the commonest content of the first.
    fn count(&mut self, name: &str, other_name: String, content: &Value) {
        let all = self.0.entry(name.to_owned()).or_default();
        match all.iter_mut().find(|said| said.content == *content) {
            Some(said) => said.count = said.count.saturating_add(1),
            None => all.push(Said { content: content.clone(), count: 1, names: [name.to_owned(), other_name] }),
        }
    }

    /// What is said more than once, by the name that it gets.
    fn shared(self) -> BTreeMap<String, Value> {
        let mut shared = BTreeMap::new();
        for mut all in self.0.into_values() {
            all.retain(|said| said.count > 1);
            all.sort_by_key(|said| Reverse(said.count));
            for Said { content, names: [name, other_name], .. } in all {
                let numbered = (2..).map(|number| format!("{other_name}{number}"));
                let mut names = [name, other_name.clone()].into_iter().chain(numbered);
                if let Some(free) = names.find(|name| !shared.contains_key(name)) {
                    shared.insert(free, content);
                }
            }
        }
        shared
    }
}

/// Parameters of the same content are one component. Its name ends in its place, so that no schema has it too.
fn share_parameters(document: &mut Value) {
    let mut uses = Uses::default();
    for operation in operations(document) {
        let tag = component_name(operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter_name(parameter);
            uses.count(&name, format!("{tag}{name}"), parameter);
        }
    }
    let shared = uses.shared();
    for operation in operations_mut(document) {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        parameters.into_iter().flatten().for_each(|parameter| refer(parameter, &shared, "parameters"));
    }
    add_components(document, "parameters", shared);
}

fn parameter_name(parameter: &Value) -> String {
    let [name, place] = ["name", "in"].map(|member| component_name(parameter[member].as_str().unwrap_or_default()));
    format!("{name}In{place}")
}

/// Answers of the same content are one component, and what a change answers is called what a read of the record answers.
fn share_answers(document: &mut Value) {
    let described: Vec<Value> = operations(document)
        .filter(|operation| operation["operationId"].as_str().is_some_and(|id| id.starts_with("get_")))
        .filter_map(|operation| operation.pointer("/responses/200").cloned())
        .filter(|answer| answer.pointer("/headers/ETag").is_some())
        .collect();
    for answer in operations_mut(document).filter_map(|operation| operation.get_mut("responses")?.get_mut("200")) {
        let read = described.iter().find(|read| without_words(read) == without_words(answer));
        if let Some(read) = read {
            *answer = read.clone();
        }
    }
    let mut uses = Uses::default();
    for operation in operations(document) {
        for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
            let content = answer["content"].as_object().into_iter().flatten().next();
            let Some((media, content)) = content.filter(|_| status.starts_with('2')) else { continue };
            if let Some(schema) = content
                .pointer("/schema/$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.rsplit('/').next())
            {
                let form = component_name(media.rsplit('/').next().unwrap_or_default());
                uses.count(&format!("{schema}Response"), format!("{schema}{form}Response"), answer);
            }
        }
    }
    let shared = uses.shared();
    for operation in operations_mut(document) {
        let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
        answers.into_iter().flat_map(Map::values_mut).for_each(|answer| refer(answer, &shared, "responses"));
    }
    add_components(document, "responses", shared);
}

fn without_words(answer: &Value) -> Vec<(&String, &Value)> {
    answer.as_object().into_iter().flatten().filter(|(name, _)| *name != "description").collect()
}

/// What every operation of a path takes, the path takes.
fn raise_parameters(document: &mut Value) {
    let items = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in items.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        let lists: Vec<&Vec<Value>> = item.values().filter_map(|own| own.get("parameters")?.as_array()).collect();
        let (Some(first), true) = (lists.first(), lists.len() > 1 && lists.len() == item.len()) else { continue };
        let common: Vec<Value> =
            first.iter().filter(|own| lists.iter().all(|list| list.contains(own))).cloned().collect();
        for operation in item.values_mut().filter_map(Value::as_object_mut) {
            if let Some(Value::Array(own)) = operation.get_mut("parameters") {
                own.retain(|parameter| !common.contains(parameter));
                if own.is_empty() {
                    operation.remove("parameters");
                }
            }
        }
        if !common.is_empty() {
            item.insert("parameters".to_owned(), Value::Array(common));
        }
    }
}

/// What an operation for everybody asks for, every operation does that doesn't say otherwise.
fn raise_security(document: &mut Value) {
    let everybody = for_everybody();
    for operation in operations_mut(document) {
        if operation.get("security") == Some(&everybody) {
            operation.remove("security");
        }
    }
    document["security"] = everybody;
}

/// Puts a reference in the place of what is shared.
fn refer(value: &mut Value, shared: &BTreeMap<String, Value>, section: &str) {
    if let Some((name, _)) = shared.iter().find(|(_, content)| *content == value) {
        *value = json!({ "$ref": format!("#/components/{section}/{name}") });
    }
}

fn add_components(document: &mut Value, section: &str, shared: BTreeMap<String, Value>) {
    let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else { return };
    if let Value::Object(section) = components.entry(section).or_insert_with(|| json!({})) {
        section.extend(shared);
    }
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let items = document["paths"].as_object().into_iter().flat_map(Map::values);
    items.flat_map(|item| METHODS.iter().filter_map(|method| item.get(method)))
}

fn operations_mut(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let items = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut);
    let members = items.filter_map(Value::as_object_mut).flatten();
    members.filter(|(name, _)| METHODS.contains(&name.as_str())).filter_map(|(_, operation)| operation.as_object_mut())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, says: &str) -> Value {
        json!({"name": name, "in": "query", "description": says})
    }

    fn operation(tag: &str, parameters: &[Value]) -> Value {
        json!({"tags": [tag], "parameters": parameters, "security": [{}, {"bearer": []}]})
    }

    #[test]
    fn parameters_are_shared_by_content_and_raised_to_their_path() {
        let (one, other) = (parameter("sector", "One."), parameter("sector", "Other."));
        let mut document = json!({
            "paths": {
                "/a": {"get": operation("a", std::slice::from_ref(&one)), "post": operation("a", &[one.clone(), parameter("b", "B.")])},
                "/b": {"get": operation("all figures", &[one, other.clone()]), "put": operation("c", std::slice::from_ref(&other))},
                "/c": {"get": operation("c", std::slice::from_ref(&other)), "put": operation("c", &[other])},
            },
            "components": {},
        });
        share(&mut document);
        let (one, other) = (
            json!({"$ref": "#/components/parameters/SectorInQuery"}),
            json!({"$ref": "#/components/parameters/ASectorInQuery"}),
        );
        assert_eq!(document["components"]["parameters"]["SectorInQuery"]["description"], "Other.");
        assert_eq!(document["components"]["parameters"]["ASectorInQuery"]["description"], "One.");
        assert_eq!(document["paths"]["/a"]["parameters"], json!([other]));
        assert_eq!(document["paths"]["/a"]["post"]["parameters"], json!([parameter("b", "B.")]));
        assert_eq!(document["paths"]["/a"]["get"], json!({"tags": ["a"]}));
        assert_eq!(document["paths"]["/b"]["get"]["parameters"], json!([other]));
        assert_eq!(document["paths"]["/b"]["parameters"], json!([one]));
        assert_eq!(document["security"], json!([{}, {"bearer": []}]));
    }

    #[test]
    fn answers_are_shared_by_content_and_called_what_a_read_of_the_record_is() {
        let answer = |says: &str, tag: bool| {
            let headers = if tag { json!({"ETag": {}}) } else { json!({}) };
            json!({"description": says, "headers": headers, "content": {"application/json": {"schema": {"$ref": "#/x/A"}}}})
        };
        let mut document = json!({
            "paths": {"/a": {
                "get": {"operationId": "get_a", "responses": {"200": answer("The A", true), "404": {"$ref": "#/y"}}},
                "put": {"operationId": "replace_a", "responses": {"200": answer("The A as it is now", true)}},
                "post": {"operationId": "create_a", "responses": {"200": answer("The A as it would be", false)}},
            }},
            "components": {"responses": {"B": {}}},
        });
        share(&mut document);
        let shared = json!({"$ref": "#/components/responses/AResponse"});
        let answered = |method: &str| &document["paths"]["/a"][method]["responses"]["200"];
        assert_eq!([answered("get"), answered("put")], [&shared, &shared]);
        assert_eq!(answered("post")["description"], "The A as it would be");
        assert_eq!(document["components"]["responses"]["AResponse"], answer("The A", true));
        assert_eq!(document["components"]["responses"]["B"], json!({}));
    }
}

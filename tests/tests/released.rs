//! Whether the contract still keeps what the last release promised: `openapi.yaml` beside the newest file in `contract/released/`,
//! which `make release` has this test write. Before the first release there is none, and nothing to keep.
//!
//! A break is what a client of the release would trip over, at run time or when it is generated anew and compiled:
//! something that it calls is gone, something that it sends is refused, something that it is answered has another form.
//! What is only added is no break.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use api::EVERY_ANSWERS_HEADERS;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

/// The version of a release: major, minor, patch.
type Version = [u64; 3];

/// `1` has the contract kept as that of a release.
const KEEP: &str = "KEEP_CONTRACT";

#[test]
fn the_contract_keeps_what_the_last_release_promised() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let released = root.join("contract/released");
    let now = read(&root.join("openapi.yaml"));
    if std::env::var(KEEP).is_ok_and(|value| value == "1") {
        keep(&now, &released);
    }
    assert_eq!(broken_since_release(&now, &released), None);
}

/// What the contract breaks of the newest release in a folder, for people, unless its version says that it may.
fn broken_since_release(now: &Value, folder: &Path) -> Option<String> {
    let (released, before) = last_release(folder)?;
    let version = parse(now["info"]["version"].as_str().unwrap());
    let breaks = breaks(&before, now);
    let is_kept = breaks.is_empty() || may_break(released, version);
    let said = "breaks what was promised; keep it, or raise the version";
    (!is_kept).then(|| format!("the contract of {version:?} {said} in {released:?}:\n{}", breaks.join("\n")))
}

/// Keeps the contract of this version: what the comparison reads of it and no more.
fn keep(now: &Value, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let file = folder.join(format!("openapi-{}.json.gz", now["info"]["version"].as_str().unwrap()));
    let mut writer = GzEncoder::new(fs::File::create(file).unwrap(), Compression::best());
    writer.write_all(reduced(now).to_string().as_bytes()).unwrap();
    writer.finish().unwrap();
}

/// A contract without what is for people only.
fn reduced(document: &Value) -> Value {
    const FOR_PEOPLE: [&str; 6] = ["description", "summary", "example", "examples", "links", "servers"];
    let mut document = document.clone();
    api::for_each_object(&mut document, &mut |members| {
        members.retain(|name, _| !FOR_PEOPLE.contains(&name.as_str()));
    });
    let version = &document["info"]["version"];
    document["info"] = json!({ "version": version });
    document["components"].as_object_mut().unwrap().remove("securitySchemes");
    document
}

fn last_release(folder: &Path) -> Option<(Version, Value)> {
    let files = fs::read_dir(folder).ok()?.map(|entry| entry.unwrap().path());
    let version = |file: &Path| {
        let name = file.file_name().unwrap().to_str().unwrap();
        parse(name.strip_prefix("openapi-").and_then(|name| name.strip_suffix(".json.gz")).unwrap())
    };
    let (version, file) = files.map(|file| (version(&file), file)).max()?;
    let mut text = String::new();
    GzDecoder::new(fs::File::open(&file).unwrap()).read_to_string(&mut text).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(parse(document["info"]["version"].as_str().unwrap()), version, "{}", file.display());
    Some((version, document))
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    yaml_serde::from_str(&text).unwrap()
}

fn parse(version: &str) -> Version {
    let parts: Vec<u64> = version.split('.').map(|part| part.parse().unwrap()).collect();
    parts.try_into().unwrap()
}

/// A new major version may break things, and before 1.0.0 a new minor one.
fn may_break(released: Version, now: Version) -> bool {
    now[0] > released[0] || (now[0] == 0 && released[0] == 0 && now[1] > released[1])
}

/// Every promise of the first document that the second doesn't keep.
fn breaks(before: &Value, now: &Value) -> Vec<String> {
    let mut comparison = Comparison { before, now, found: Vec::new(), seen: BTreeSet::new() };
    comparison.operations();
    comparison.headers();
    comparison.refusals();
    comparison.schema_names();
    comparison.found
}

/// Which way a value goes: what is sent must still be accepted, what is answered must still be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Sent,
    Answered,
}

struct Comparison<'d> {
    before: &'d Value,
    now: &'d Value,
    found: Vec<String>,
    /// The pairs of named schemas that are compared already: schemas may contain themselves.
    seen: BTreeSet<(Way, String, String)>,
}

impl Comparison<'_> {
    fn broken(&mut self, place: &str, what: impl std::fmt::Display) {
        self.found.push(format!("{place}: {what}"));
    }

    fn operations(&mut self) {
        let now = operations(self.now);
        for (place, before) in operations(self.before) {
            match now.get(&place) {
                Some(now) => self.operation(&place, &before, now),
                None => self.broken(&place, "the operation is gone"),
            }
        }
    }

    /// Those of every answer are said once.
    fn headers(&mut self) {
        let [before, now] = [self.before, self.now].map(|document| &document[EVERY_ANSWERS_HEADERS]);
        for name in members(before).map(|(name, _)| name).filter(|name| now[*name].is_null()) {
            self.broken("every answer", format!("the header {name} is gone"));
        }
    }

    /// Refusals have one form, whichever operation answers with them.
    fn refusals(&mut self) {
        for (name, before) in members(&self.before["components"]["responses"]) {
            let now = &self.now["components"]["responses"][name];
            if !now.is_null() {
                self.content(&format!("the refusal {name}"), Way::Answered, before, now);
            }
        }
    }

    /// Types of generated clients are called as the schemas are.
    fn schema_names(&mut self) {
        let now = &self.now["components"]["schemas"];
        for name in members(&self.before["components"]["schemas"]).map(|(name, _)| name) {
            if now[name].is_null() {
                self.broken("components", format!("the schema {name} is gone"));
            }
        }
    }

    fn operation(&mut self, place: &str, before: &Value, now: &Value) {
        for name in ["operationId", "tags"] {
            if before[name] != now[name] {
                self.broken(place, format!("{name} was {} and is {}", before[name], now[name]));
            }
        }
        self.access(place, before, now);
        self.parameters(place, before, now);
        self.request_body(place, before, now);
        self.responses(place, before, now);
    }

    /// Everybody whom the operation was for must be among those whom it is for.
    fn access(&mut self, place: &str, before: &Value, now: &Value) {
        let all = |operation: &Value| elements(&operation["security"]).cloned().collect::<Vec<_>>();
        let (before, now) = (all(before), all(now));
        if now.is_empty() {
            return;
        }
        if before.is_empty() {
            self.broken(place, "it asks for a key now");
        }
        for lost in before.iter().filter(|one| !now.contains(one)) {
            self.broken(place, format!("it is no longer for {lost}"));
        }
    }

    fn parameters(&mut self, place: &str, before: &Value, now: &Value) {
        let (before, now) = (parameters(self.before, before), parameters(self.now, now));
        for (name, now) in &now {
            if now["required"] == true && before.get(name).is_none_or(|before| before["required"] != true) {
                self.broken(place, format!("the {name} is required now"));
            }
        }
        for (name, before) in &before {
            match now.get(name) {
                Some(now) => {
                    self.schema(&format!("{place}: the {name}"), Way::Sent, &before["schema"], &now["schema"]);
                }
                None => self.broken(place, format!("the {name} is gone")),
            }
        }
    }

    fn request_body(&mut self, place: &str, before: &Value, now: &Value) {
        let (before, now) = (&before["requestBody"], &now["requestBody"]);
        let place = format!("{place}: the request body");
        if now["required"] == true && before["required"] != true {
            self.broken(&place, "it is required now");
        }
        self.content(&place, Way::Sent, before, now);
    }

    fn responses(&mut self, place: &str, before: &Value, now: &Value) {
        for (status, before) in members(&before["responses"]).filter(|(status, _)| status.starts_with('2')) {
            let place = format!("{place}: the answer {status}");
            let (before, now) = (resolve(self.before, before), resolve(self.now, &now["responses"][status]));
            if now.is_null() {
                self.broken(&place, "it is gone");
                continue;
            }
            for name in members(&before["headers"]).map(|(name, _)| name) {
                if now["headers"][name].is_null() && self.now[EVERY_ANSWERS_HEADERS][name].is_null() {
                    self.broken(&place, format!("the header {name} is gone"));
                }
            }
            self.content(&place, Way::Answered, before, now);
        }
    }

    fn content(&mut self, place: &str, way: Way, before: &Value, now: &Value) {
        for (media, before) in members(&before["content"]) {
            let now = &now["content"][media];
            if now.is_null() {
                self.broken(place, format!("it is no longer {media}"));
            } else {
                self.schema(place, way, &before["schema"], &now["schema"]);
            }
        }
    }

    fn schema(&mut self, place: &str, way: Way, before: &Value, now: &Value) {
        if let (Some(one), Some(other)) = (before["$ref"].as_str(), now["$ref"].as_str())
            && before.as_object().map(Map::len) == Some(1)
            && now.as_object().map(Map::len) == Some(1)
            && !self.seen.insert((way, one.to_owned(), other.to_owned()))
        {
            return;
        }
        let (before, now) = (Shape::read(self.before, before), Shape::read(self.now, now));
        self.types(place, way, &before, &now);
        self.words(place, way, &before, &now);
        self.limits(place, way, &before, &now);
        self.object(place, way, &before, &now);
        if !before.of("items").is_null() || !now.of("items").is_null() {
            self.schema(&format!("{place}/items"), way, before.of("items"), now.of("items"));
        }
        for keyword in ["allOf", "anyOf", "oneOf", "not", "pattern", "format", "const", "multipleOf", "uniqueItems"] {
            if before.of(keyword) != now.of(keyword) {
                let (was, is) = (before.of(keyword), now.of(keyword));
                self.broken(place, format!("{keyword} was {was} and is {is}"));
            }
        }
        if way == Way::Sent && before.of("default") != now.of("default") {
            self.broken(
                place,
                format!("what it is where it is left out was {} and is {}", before.of("default"), now.of("default")),
            );
        }
    }

    fn types(&mut self, place: &str, way: Way, before: &Shape<'_>, now: &Shape<'_>) {
        let (narrower, wider) = if way == Way::Sent { (before, now) } else { (now, before) };
        let fits = |own: &String| wider.types.contains(own) || (own == "integer" && wider.types.contains("number"));
        let is_any = |shape: &Shape<'_>| shape.types.is_empty();
        if !is_any(wider) && (is_any(narrower) || !narrower.types.iter().all(fits)) {
            self.broken(place, format!("it was of type {:?} and is of type {:?}", before.types, now.types));
        }
    }

    /// A word that is gone is missed wherever it stood. Where readers were not told to expect further words, a new one
    /// is a break.
    fn words(&mut self, place: &str, way: Way, before: &Shape<'_>, now: &Shape<'_>) {
        let known = |shape: &Shape<'_>| -> Vec<Value> {
            elements(shape.of("enum")).chain(elements(shape.of("x-extensible-enum"))).cloned().collect()
        };
        let (old, new) = (known(before), known(now));
        for word in old.iter().filter(|word| !new.contains(word)) {
            if !new.is_empty() || way == Way::Answered {
                self.broken(place, format!("the word {word} is gone"));
            }
        }
        let constants = |shape: &Shape<'_>| -> BTreeMap<String, Value> {
            let names = elements(shape.of("x-enum-varnames")).cloned();
            elements(shape.of("enum")).map(Value::to_string).zip(names).collect()
        };
        let (named, known) = (constants(now), new.iter().map(Value::to_string).collect::<BTreeSet<_>>());
        for (word, name) in constants(before) {
            if known.contains(&word) && named.get(&word) != Some(&name) {
                self.broken(place, format!("the constant of {word} is no longer called {name}"));
            }
        }
        if way == Way::Sent && old.is_empty() && now.of("enum").is_array() {
            self.broken(place, "it is one of a few words now");
        }
        if way == Way::Answered && before.of("enum").is_array() {
            for word in new.iter().filter(|word| !old.contains(word)) {
                self.broken(place, format!("the word {word} is new, and readers were not told to expect more"));
            }
        }
    }

    /// What is sent may be bound less tightly than it was. A longer answer is none that readers were not to expect.
    fn limits(&mut self, place: &str, way: Way, before: &Shape<'_>, now: &Shape<'_>) {
        if way == Way::Answered {
            return;
        }
        for keyword in ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] {
            let limit = |shape: &Shape<'_>| shape.of(keyword).as_f64().unwrap_or(f64::INFINITY);
            if limit(now) < limit(before) {
                self.broken(place, format!("{keyword} was {} and is {}", before.of(keyword), now.of(keyword)));
            }
        }
        for keyword in ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] {
            let unbound = if keyword.ends_with("imum") { f64::NEG_INFINITY } else { 0.0 };
            let limit = |shape: &Shape<'_>| shape.of(keyword).as_f64().unwrap_or(unbound);
            if limit(now) > limit(before) {
                self.broken(place, format!("{keyword} was {} and is {}", before.of(keyword), now.of(keyword)));
            }
        }
    }

    fn object(&mut self, place: &str, way: Way, before: &Shape<'_>, now: &Shape<'_>) {
        for (name, member) in members(before.of("properties")) {
            match now.of("properties").get(name) {
                Some(now) => self.schema(&format!("{place}/{name}"), way, member, now),
                None => self.broken(place, format!("the member {name} is gone")),
            }
        }
        let required = |shape: &Shape<'_>| elements(shape.of("required")).cloned().collect::<Vec<_>>();
        let (was, is) = (required(before), required(now));
        if way == Way::Sent {
            for name in is.iter().filter(|name| !was.contains(name)) {
                self.broken(place, format!("the member {name} is required now"));
            }
            if *before.of("additionalProperties") != false && *now.of("additionalProperties") == false {
                self.broken(place, "further members are refused now");
            }
        } else {
            for name in was.iter().filter(|name| !is.contains(name)) {
                self.broken(place, format!("the member {name} may be absent now"));
            }
        }
    }
}

/// A schema with its references followed, and without null, which is one of its types.
struct Shape<'d> {
    types: BTreeSet<String>,
    keywords: BTreeMap<&'d str, &'d Value>,
}

impl<'d> Shape<'d> {
    fn read(document: &'d Value, schema: &'d Value) -> Self {
        let mut shape = Self { types: BTreeSet::new(), keywords: BTreeMap::new() };
        shape.add(document, schema);
        shape
    }

    fn add(&mut self, document: &'d Value, schema: &'d Value) {
        for (name, value) in members(schema) {
            match name.as_str() {
                "$ref" => self.add(document, resolve(document, schema)),
                "type" => {
                    let types = elements(value).chain([value]).filter_map(Value::as_str);
                    self.types.extend(types.map(str::to_owned));
                }
                "oneOf" | "anyOf" if elements(value).any(|option| option["type"] == "null") => {
                    self.types.insert("null".to_owned());
                    let others = elements(value).filter(|option| option["type"] != "null");
                    others.for_each(|option| self.add(document, option));
                }
                _ => {
                    self.keywords.insert(name, value);
                }
            }
        }
    }

    /// What the schema says by this keyword, or null.
    fn of(&self, keyword: &str) -> &'d Value {
        self.keywords.get(keyword).copied().unwrap_or(&Value::Null)
    }
}

/// Each operation with what its path and the document say for it.
fn operations(document: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (path, item) in members(&document["paths"]) {
        for (method, own) in members(item).filter(|(name, _)| *name != "parameters") {
            let mut operation = own.clone();
            let parameters = elements(&item["parameters"]).chain(elements(&own["parameters"]));
            operation["parameters"] = parameters.cloned().collect();
            if own["security"].is_null() {
                operation["security"] = document["security"].clone();
            }
            found.insert(format!("{} {path}", method.to_uppercase()), operation);
        }
    }
    found
}

/// The parameters of an operation, by what they are called and where they stand.
fn parameters<'d>(document: &'d Value, operation: &'d Value) -> BTreeMap<String, &'d Value> {
    let all = elements(&operation["parameters"]).map(|parameter| resolve(document, parameter));
    all.map(|parameter| {
        let [place, name] = ["in", "name"].map(|key| parameter[key].as_str().unwrap_or_default());
        (format!("{place} parameter {name}"), parameter)
    })
    .collect()
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => resolve(document, document.pointer(reference.trim_start_matches('#')).unwrap()),
        None => value,
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A contract of one operation that has everything once.
fn sample() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"version": "1.2.3", "title": "A register"},
        "security": [{}, {"bearer": []}],
        "x-response-headers": {"Request-Id": {"schema": {"type": "string"}}},
        "paths": {"/v1/mutuals": {"parameters": [{"$ref": "#/components/parameters/Sort"}], "post": {
            "operationId": "create_mutual",
            "tags": ["mutuals"],
            "summary": "Create a mutual",
            "security": [{}, {"bearer": ["admin"]}],
            "parameters": [
                {"name": "mode", "in": "query"},
                {"name": "limit", "in": "query", "schema": {"type": "integer", "format": "int32", "maximum": 200, "minimum": 1, "default": 50}}
            ],
            "requestBody": {"required": false, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewMutual"}}}},
            "responses": {
                "201": {
                    "headers": {"ETag": {}},
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Mutual"}}}
                },
                "422": {"$ref": "#/components/responses/InvalidContent"}
            }
        }}},
        "components": {
            "parameters": {"Sort": {"name": "sort", "in": "query", "schema": {
                "type": "string", "enum": ["name", "-name"], "x-enum-varnames": ["NAME", "NAME_DESCENDING"]
            }}},
            "responses": {"InvalidContent": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
            "schemas": {
                "NewMutual": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "maxLength": 200},
                        "sector": {"$ref": "#/components/schemas/Sector", "description": "What it does."},
                        "region": {"oneOf": [{"$ref": "#/components/schemas/Sector"}, {"type": "null"}]},
                        "tags": {"type": ["array", "null"], "maxItems": 9, "items": {"type": "string", "minLength": 1}},
                        "part": {"$ref": "#/components/schemas/NewMutual"}
                    },
                    "required": ["name"]
                },
                "Mutual": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "maxLength": 200},
                        "stage": {"type": "string", "enum": ["idea", "launched"]},
                        "sector": {"$ref": "#/components/schemas/Sector"},
                        "count": {"type": "integer", "format": "int32"}
                    },
                    "required": ["name", "count"]
                },
                "Sector": {"type": "string", "x-extensible-enum": ["health", "housing"]},
                "Problem": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
            }
        }
    })
}

const OPERATION: &str = "/paths/~1v1~1mutuals/post";
const NEW: &str = "/components/schemas/NewMutual";
const ANSWER: &str = "/components/schemas/Mutual";

/// The sample with another value at a pointer; null takes away what is there.
fn changed(pointer: &str, value: Value) -> Value {
    let mut document = sample();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => drop(members.remove(&name).unwrap()),
        Value::Object(members) => drop(members.insert(name, value)),
        Value::Array(elements) if value.is_null() => drop(elements.remove(name.parse().unwrap())),
        Value::Array(elements) if name == "-" => elements.push(value),
        Value::Array(elements) => elements[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other} has no {name}"),
    }
    document
}

#[test]
fn each_kind_of_break_is_found() {
    let at = |base: &str, rest: &str| format!("{base}{rest}");
    let cases = [
        ("/paths/~1v1~1mutuals".to_owned(), Value::Null, "the operation is gone"),
        (OPERATION.to_owned(), Value::Null, "the operation is gone"),
        (at(OPERATION, "/operationId"), json!("add_mutual"), "operationId was"),
        (at(OPERATION, "/tags"), json!(["others"]), "tags was"),
        (at(OPERATION, "/security/0"), Value::Null, "it is no longer for {}"),
        (at(OPERATION, "/security/1"), json!({"bearer": ["auditor"]}), "it is no longer for {\"bearer\":[\"admin\"]}"),
        (at(OPERATION, "/parameters/1"), Value::Null, "the query parameter limit is gone"),
        (at(OPERATION, "/parameters/1/required"), json!(true), "the query parameter limit is required now"),
        (
            at(OPERATION, "/parameters/-"),
            json!({"name": "new", "in": "header", "required": true}),
            "the header parameter new is required",
        ),
        (at(OPERATION, "/parameters/1/schema/maximum"), json!(100), "maximum was 200 and is 100"),
        (at(OPERATION, "/parameters/1/schema/minimum"), json!(2), "minimum was 1 and is 2"),
        (at(OPERATION, "/parameters/1/schema/default"), json!(20), "was 50 and is 20"),
        (at(OPERATION, "/parameters/1/schema/type"), json!("string"), "it was of type"),
        ("/components/parameters/Sort/schema/enum/1".to_owned(), Value::Null, "the word \"-name\" is gone"),
        (
            "/components/parameters/Sort/schema/x-enum-varnames/1".to_owned(),
            json!("DOWN"),
            "no longer called \"NAME_DESCENDING\"",
        ),
        ("/paths/~1v1~1mutuals/parameters/0".to_owned(), Value::Null, "the query parameter sort is gone"),
        (at(OPERATION, "/security"), Value::Null, "it is no longer for {\"bearer\":[\"admin\"]}"),
        ("/x-response-headers/Request-Id".to_owned(), Value::Null, "every answer: the header Request-Id is gone"),
        (at(OPERATION, "/requestBody/required"), json!(true), "it is required now"),
        (at(OPERATION, "/requestBody/content/application~1json"), Value::Null, "no longer application/json"),
        (at(NEW, "/required/-"), json!("sector"), "the member \"sector\" is required now"),
        (at(NEW, "/properties/sector"), Value::Null, "the member sector is gone"),
        (at(NEW, "/properties/name/maxLength"), json!(100), "maxLength was 200 and is 100"),
        (at(NEW, "/properties/name/pattern"), json!("^a"), "pattern was null"),
        (at(NEW, "/properties/name/format"), json!("uri"), "format was null"),
        (at(NEW, "/properties/name/enum"), json!(["one"]), "it is one of a few words now"),
        (at(NEW, "/properties/region"), json!({"$ref": "#/components/schemas/Sector"}), "it was of type"),
        (at(NEW, "/properties/tags/type"), json!("array"), "it was of type"),
        (at(NEW, "/properties/tags/items/minLength"), json!(2), "minLength was 1 and is 2"),
        (at(NEW, "/additionalProperties"), json!(false), "further members are refused now"),
        (at(OPERATION, "/responses/201"), Value::Null, "the answer 201: it is gone"),
        (at(OPERATION, "/responses/201/headers/ETag"), Value::Null, "the header ETag is gone"),
        (at(OPERATION, "/responses/201/content/application~1json"), Value::Null, "no longer application/json"),
        (at(ANSWER, "/properties/sector"), Value::Null, "the member sector is gone"),
        (at(ANSWER, "/properties/count/format"), json!("int64"), "format was \"int32\""),
        (at(ANSWER, "/properties/count/type"), json!(["integer", "null"]), "it was of type"),
        (at(ANSWER, "/properties/count/type"), json!("number"), "it was of type"),
        (at(ANSWER, "/properties/stage/enum/1"), Value::Null, "the word \"launched\" is gone"),
        (at(ANSWER, "/properties/stage/enum/-"), json!("ended"), "the word \"ended\" is new"),
        (at(ANSWER, "/required/1"), Value::Null, "the member \"count\" may be absent now"),
        ("/components/schemas/Sector/x-extensible-enum/0".to_owned(), Value::Null, "the word \"health\" is gone"),
        ("/components/schemas/Problem/required/0".to_owned(), Value::Null, "the member \"title\" may be absent now"),
    ];
    for (pointer, value, expected) in cases {
        let now = changed(&pointer, value.clone());
        let found = breaks(&sample(), &now);
        assert!(found.iter().any(|one| one.contains(expected)), "{pointer} = {value}: {found:?}");
        assert_eq!(breaks(&reduced(&sample()), &now), found, "a release keeps all that a break is found by");
    }
}

#[test]
fn a_release_is_kept_and_held_against_what_comes_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("released");
    let version = |document: Value, version: &str| {
        let mut document = document;
        document["info"]["version"] = json!(version);
        document
    };
    let broken = || changed(OPERATION, Value::Null);
    assert_eq!(broken_since_release(&broken(), &folder), None, "nothing is released yet");
    keep(&version(broken(), "0.9.0"), &folder);
    keep(&sample(), &folder);
    assert_eq!(broken_since_release(&sample(), &folder), None);
    let said = broken_since_release(&version(broken(), "1.3.0"), &folder).unwrap();
    assert!(said.contains("[1, 2, 3]") && said.contains("POST /v1/mutuals: the operation is gone"), "{said}");
    assert_eq!(broken_since_release(&version(broken(), "2.0.0"), &folder), None);
    let texts = ["A register", "Create a mutual", "What it does."];
    let kept = last_release(&folder).unwrap().1.to_string();
    assert!(texts.iter().all(|text| sample().to_string().contains(text) && !kept.contains(text)), "{kept}");
}

#[test]
fn what_is_only_added_or_loosened_is_no_break() {
    let at = |base: &str, rest: &str| format!("{base}{rest}");
    let cases = [
        ("/paths/~1v1~1others".to_owned(), json!({"get": {}})),
        (at(OPERATION, "/description"), json!("Other words.")),
        (at(OPERATION, "/deprecated"), json!(true)),
        (at(OPERATION, "/security/-"), json!({"bearer": ["auditor"]})),
        (at(OPERATION, "/security"), json!([])),
        (at(OPERATION, "/parameters/-"), json!({"name": "new", "in": "query", "schema": {"type": "string"}})),
        (at(OPERATION, "/parameters/1/schema/maximum"), json!(500)),
        ("/components/parameters/Sort/schema/enum/-".to_owned(), json!("age")),
        (at(NEW, "/properties/new"), json!({"type": "string"})),
        (at(NEW, "/properties/name/maxLength"), Value::Null),
        (at(NEW, "/properties/name/type"), json!(["string", "null"])),
        (at(NEW, "/required/0"), Value::Null),
        (at(ANSWER, "/properties/new"), json!({"type": "string"})),
        (at(ANSWER, "/properties/name/maxLength"), json!(300)),
        (at(ANSWER, "/required/-"), json!("stage")),
        ("/components/schemas/Sector/x-extensible-enum/-".to_owned(), json!("justice")),
        (at(OPERATION, "/responses/429"), json!({"$ref": "#/components/responses/InvalidContent"})),
    ];
    for (pointer, value) in cases {
        let found = breaks(&sample(), &changed(&pointer, value.clone()));
        assert!(found.is_empty(), "{pointer} = {value}: {found:?}");
    }
}

#[test]
fn a_version_says_whether_things_may_break() {
    for (released, now, may) in [
        ("0.1.0", "0.1.0", false),
        ("0.1.0", "0.1.9", false),
        ("0.1.0", "0.2.0", true),
        ("0.9.3", "1.0.0", true),
        ("1.2.0", "1.3.0", false),
        ("1.2.0", "2.0.0", true),
        ("2.0.0", "1.9.0", false),
    ] {
        assert_eq!(may_break(parse(released), parse(now)), may, "{released} to {now}");
    }
}

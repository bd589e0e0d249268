//! The contract as a document: what generators of clients and readers rely on. That it is kept is checked with every answer.

use std::collections::{BTreeMap, BTreeSet};

use kit::fixture::{STAFF_BALLOTS, full_staff_ballot, gloucestershire_ballot, id, staff_ballot, with};
use kit::{Around, Contract, Program, SAMPLES, TestApp, children};
use serde_json::{Map, Value, json};

kit::on_both! {
    every_documented_operation_is_mounted,
    every_request_example_is_accepted,
}

fn document() -> &'static Value {
    Contract::of_the_service().document()
}

fn schemas() -> &'static Map<String, Value> {
    document()["components"]["schemas"].as_object().unwrap()
}

/// The members of a value and of all that is in it, with their JSON Pointers.
fn walk<'d>(value: &'d Value, pointer: &str, visit: &mut impl FnMut(&str, &'d Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(pointer, members);
            members
                .iter()
                .for_each(|(name, member)| walk(member, &format!("{pointer}/{}", name.replace('/', "~1")), visit));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(at, element)| walk(element, &format!("{pointer}/{at}"), visit));
        }
        _ => {}
    }
}

/// Every schema that stands in the document, wherever, with its pointer; not what only looks like one in an example.
fn all_schemas() -> Vec<(String, &'static Map<String, Value>)> {
    let mut found = Vec::new();
    walk(document(), "", &mut |pointer, members| {
        let in_example = pointer.contains("/example");
        if !in_example
            && (members.contains_key("type") || members.contains_key("$ref") || members.contains_key("oneOf"))
        {
            found.push((pointer.to_owned(), members));
        }
    });
    found
}

#[test]
fn it_says_what_it_is_and_whose() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    for pointer in [
        "/info/title",
        "/info/version",
        "/info/description",
        "/info/license/name",
        "/info/contact/name",
        "/servers/0/url",
    ] {
        assert!(document.pointer(pointer).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{pointer}");
    }
}

#[test]
fn operations_are_named_by_verb_and_resource_and_named_once() {
    let verbs = [
        "list",
        "get",
        "export",
        "create",
        "replace",
        "update",
        "delete",
        "check",
        "search",
        "declare",
        "void",
        "supersede",
        "correct",
        "freeze",
        "open",
        "extend",
        "cancel",
        "close",
    ];
    let mut seen = BTreeSet::new();
    for (template, method, operation) in Contract::of_the_service().operations() {
        let name =
            operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {template} has no operationId"));
        assert!(name.split('_').next().is_some_and(|verb| verbs.contains(&verb)) && name.contains('_'), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'), "{name}");
        assert!(seen.insert(name), "two operations are called {name}");
    }
}

#[test]
fn the_resources_have_all_their_operations() {
    for sample in SAMPLES {
        let (list, kind, one) = (sample.list, sample.kind, sample.template());
        let many = list.rsplit('/').next().unwrap().replace('-', "_");
        let mut expected = vec![
            (list, "get", format!("list_{many}")),
            (list, "post", format!("create_{kind}")),
            (&one, "get", format!("get_{kind}")),
        ];
        let name: String = kind.split('_').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..])).collect();
        let mut expected_schemas = vec![name.clone(), format!("{name}Input"), format!("{name}Page")];
        // The course of a mutual isn't written anew.
        if kind != "stage_transition" {
            let changes = [("put", "replace"), ("patch", "update"), ("delete", "delete")];
            expected.extend(changes.map(|(method, word)| (one.as_str(), method, format!("{word}_{kind}"))));
            expected_schemas.push(format!("{name}Patch"));
        }
        let everywhere = format!("/v1/{}", list.rsplit('/').next().unwrap());
        let exports =
            ["csv", "ndjson"].map(|form| (format!("{everywhere}/export.{form}"), format!("export_{many}_{form}")));
        expected.extend(exports.iter().map(|(path, name)| (path.as_str(), "get", name.clone())));
        if sample.is_child() {
            expected.push((&everywhere, "get", format!("list_all_{many}")));
        }
        for (path, method, name) in expected {
            assert_eq!(document()["paths"][path][method]["operationId"], name, "{method} {path}");
        }
        for schema in expected_schemas {
            assert!(schemas().contains_key(&schema), "{schema}");
        }
    }
}

#[test]
fn every_operation_is_described_and_filed_under_one_tag() {
    let declared: Vec<&str> =
        document()["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for (template, method, operation) in Contract::of_the_service().operations() {
        let tags = operation["tags"].as_array().unwrap();
        assert_eq!(tags.len(), 1, "{method} {template}");
        assert!(declared.contains(&tags[0].as_str().unwrap()), "{method} {template}: {}", tags[0]);
        for text in ["summary", "description"] {
            assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{method} {template} has no {text}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = Contract::of_the_service().resolve(parameter);
            assert!(
                parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{method} {template}: {parameter}"
            );
            assert_ne!(parameter["in"], "cookie");
            assert_ne!(parameter["explode"], false, "{method} {template}: {parameter}");
        }
    }
}

/// One body of one media type for a success, problems for all else, and no status left to guess.
#[test]
fn every_operation_has_one_success_type_and_one_problem_type() {
    let contract = Contract::of_the_service();
    for (template, method, operation) in contract.operations() {
        let (mut successes, mut statuses) = (BTreeSet::new(), BTreeSet::new());
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = contract.resolve(response);
            assert!(status.parse::<u16>().is_ok(), "{method} {template} has the status {status}");
            if status.starts_with('2') {
                statuses.insert(status == "204");
            }
            assert!(
                response["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{method} {template} {status}"
            );
            for (media, content) in response["content"].as_object().into_iter().flatten() {
                if status.starts_with('2') {
                    successes.insert((media.clone(), content["schema"].to_string()));
                } else {
                    assert_eq!(media, "application/problem+json", "{method} {template} {status}");
                    assert_eq!(
                        content["schema"]["$ref"], "#/components/schemas/Problem",
                        "{method} {template} {status}"
                    );
                }
            }
        }
        assert_eq!(statuses.len(), 1, "{method} {template} has a success with a body and one without");
        // What is explained to people too has a page beside it.
        if successes.len() > 1 {
            successes.retain(|(media, _)| media != "text/html");
        }
        let expected = usize::from(!operation["responses"]["204"].is_object());
        assert!(successes.len() == expected, "{method} {template} answers {successes:?}");
        let read: Vec<&String> =
            operation["requestBody"]["content"].as_object().into_iter().flatten().map(|(media, _)| media).collect();
        let expected: &[&str] = match method.as_str() {
            // These say all by their path.
            "POST" if ["/freeze-roll", "/open", "/close"].iter().any(|step| template.ends_with(step)) => &[],
            "POST" if template == "/v1/imports" => &["application/x-ndjson", "text/csv"],
            "POST" | "PUT" => &["application/json"],
            "PATCH" => &["application/merge-patch+json"],
            _ => &[],
        };
        assert_eq!(read, expected, "{method} {template}");
    }
}

/// An example that isn't what its schema describes would mislead whoever copies it.
#[test]
fn requests_answers_and_problems_have_examples_that_are_right() {
    let contract = Contract::of_the_service();
    let mut bare = Vec::new();
    walk(document(), "", &mut |pointer, members| {
        let Some(content) = members.get("content").and_then(Value::as_object) else { return };
        for (media, content) in content {
            let own = format!("{pointer}/content/{}", media.replace('/', "~1"));
            let named = content["examples"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(_, example)| &contract.resolve(example)["value"]);
            let schema = contract.resolve(&content["schema"]);
            let of_schema = schema["examples"].as_array().into_iter().flatten().chain(schema.get("example"));
            let examples: Vec<&Value> = named.chain(content.get("example")).chain(of_schema).collect();
            let items = contract.resolve(&schema["properties"]["items"]["items"]);
            let is_page = items["example"].is_object();
            if examples.is_empty() && !is_page && media.contains("json") {
                bare.push(own.clone());
            }
            for example in examples {
                let faults = contract.schema_faults(&format!("{own}/schema"), example);
                assert!(faults.is_empty(), "{own}: {faults:?}\n{example:#}");
            }
        }
    });
    assert!(bare.is_empty(), "no example: {bare:#?}");
}

#[test]
fn objects_and_vocabularies_have_names() {
    for (pointer, schema) in all_schemas() {
        let is_named = pointer.strip_prefix("/components/schemas/").is_some_and(|name| !name.contains('/'));
        if !is_named {
            let is_object =
                schema.get("type").is_some_and(|kind| kind == "object") || schema.contains_key("properties");
            assert!(!is_object, "{pointer} is an object without a name");
            assert!(!schema.contains_key("enum"), "{pointer} is an enum without a name");
        }
    }
}

#[test]
fn schemas_use_nothing_that_clients_cannot_be_made_from() {
    for (pointer, schema) in all_schemas() {
        for keyword in ["anyOf", "prefixItems", "not", "if", "patternProperties", "nullable"] {
            assert!(!schema.contains_key(keyword), "{pointer} has {keyword}");
        }
        assert!(
            schema.get("allOf").is_none_or(|all| all.as_array().unwrap().len() > 1),
            "{pointer} has an allOf of one"
        );
        // A value or null, which only a patch has, is the one union.
        if let Some(union) = schema.get("oneOf").and_then(Value::as_array) {
            let is_nullable = union.len() == 2 && union.iter().any(|option| option["type"] == "null");
            assert!(is_nullable && pointer.contains("Patch/"), "{pointer} is a union");
        }
        let is_free = schema.get("type").is_some_and(|kind| kind == "object") && !schema.contains_key("properties");
        // What is signed of papers has the votes by the options' keys.
        if pointer == "/components/schemas/PaperCounts" {
            continue;
        }
        assert!(!is_free, "{pointer} may hold anything");
        if let Some(Value::Object(_)) = schema.get("additionalProperties") {
            panic!("{pointer} is a map");
        }
    }
}

#[test]
fn only_requests_are_closed_to_further_members() {
    let requests = reachable(|pointer| pointer.contains("/requestBody"));
    let answers = reachable(|pointer| pointer.contains("/responses/"));
    for (name, schema) in schemas() {
        if !schema["properties"].is_object() {
            continue;
        }
        assert_eq!(schema["additionalProperties"] == false, requests.contains(name), "{name}");
        assert!(!(requests.contains(name) && answers.contains(name)), "{name} is both sent and answered");
    }
}

/// The names of the schemas that can be reached from such places.
fn reachable(is_start: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting = Vec::new();
    walk(document(), "", &mut |pointer, members| {
        if is_start(pointer)
            && !pointer.starts_with("/components/schemas")
            && let Some(reference) = members.get("$ref").and_then(Value::as_str)
        {
            waiting.push(reference.to_owned());
        }
    });
    while let Some(reference) = waiting.pop() {
        let target = document().pointer(reference.trim_start_matches('#')).unwrap();
        let is_new = match reference.strip_prefix("#/components/schemas/") {
            Some(name) => found.insert(name.to_owned()),
            None => true,
        };
        if is_new {
            walk(target, "", &mut |_, members| {
                waiting.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned))
            });
        }
    }
    found
}

#[test]
fn every_schema_is_used_and_every_reference_leads_somewhere() {
    walk(document(), "", &mut |pointer, members| {
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            let target = document().pointer(reference.trim_start_matches('#'));
            assert!(target.is_some(), "{reference} of {pointer} leads nowhere");
        }
    });
    let used = reachable(|pointer| pointer.starts_with("/paths/") || pointer.starts_with("/components/"));
    let unused: Vec<&String> = schemas().keys().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "nothing refers to {unused:?}");
}

/// utoipa lets schemas of one name overwrite each other in silence: types of one name must be one type.
#[test]
fn types_of_one_name_are_one_type() {
    let mut texts: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for (name, schema) in schemas() {
        texts.entry(name.to_lowercase()).or_default().push(name);
        assert!(schema["title"].is_null() || schema["title"] == **name, "{name} has another title");
    }
    let alike: Vec<_> = texts.values().filter(|names| names.len() > 1).collect();
    assert!(alike.is_empty(), "{alike:?}");
}

/// Headers that are passed over where they can't be read, so that any text will do.
const NEVER_REFUSED: [&str; 3] = ["/IfModifiedSince", "/IfNoneMatch", "/Traceparent"];

#[test]
fn text_numbers_and_lists_have_bounds() {
    for (pointer, schema) in all_schemas() {
        let is = |kind: &str| {
            schema
                .get("type")
                .is_some_and(|own| own == kind || own.as_array().is_some_and(|all| all.iter().any(|one| one == kind)))
        };
        let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
        if is("string")
            && !has(&["maxLength", "enum", "format", "pattern", "const"])
            && !NEVER_REFUSED.iter().any(|header| pointer.ends_with(header))
        {
            panic!("{pointer} is text without a bound");
        }
        assert!(!is("integer") || has(&["format"]), "{pointer} is an integer without a format");
        assert!(
            !is("array") || has(&["maxItems"]) || pointer.contains("/responses/"),
            "{pointer} is a list without a bound"
        );
        // The Open Contracting Data Standard has amounts in the main unit of their currency.
        let is_of_a_standard = pointer.ends_with("/OcdsValue/properties/amount");
        assert!(!is("number") || is_of_a_standard, "{pointer} is a number that may have a fraction");
    }
}

/// What stands in comments of the code is prose there: no mark of a comment belongs into it.
#[test]
fn descriptions_are_prose() {
    walk(document(), "", &mut |pointer, members| {
        for text in ["summary", "description"].iter().filter_map(|name| members.get(*name)?.as_str()) {
            assert!(!text.contains("///"), "{pointer}: {text}");
            assert!(!text.contains("\n\n\n") && text.trim() == text, "{pointer}: {text:?}");
        }
    });
}

/// Whoever reads YAML 1.1 makes a date of 2025-10-01, and a truth of `no`.
#[test]
fn what_yaml_would_take_for_something_else_is_quoted() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let is_time = |text: &str| {
        text.split_once('-').is_some_and(|(year, rest)| {
            year.len() == 4 && year.bytes().chain(rest.bytes().take(2)).all(|byte| byte.is_ascii_digit())
        })
    };
    let words = ["y", "n", "yes", "no", "on", "off", "~", "="];
    for file in ["openapi.yaml", "openapi-3.0.yaml"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let read: Value = yaml_serde::from_str(&text).unwrap();
        assert!(text.contains("'2025-") || text.contains("'2013-"), "{file} has no dates in quotation marks");
        let mut quoted = 0;
        for line in text.lines() {
            let value = line.trim_start().trim_start_matches("- ");
            let value = value.split_once(": ").map_or(value, |(_, value)| value);
            assert!(!is_time(value), "{file}: {line}");
            assert!(!words.iter().any(|word| value.eq_ignore_ascii_case(word)), "{file}: {line}");
            quoted += usize::from(value.starts_with('\''));
        }
        assert!(quoted > 100, "{file}");
        assert_eq!(read["info"]["title"], document()["info"]["title"]);
    }
}

/// The rules of generated clients that linters don't know.
#[test]
fn names_and_patterns_are_ones_that_every_generator_takes() {
    let mut components: BTreeMap<&str, &str> = BTreeMap::new();
    for section in ["schemas", "parameters", "responses"] {
        for name in document()["components"][section].as_object().unwrap().keys() {
            let other = components.insert(name, section);
            assert!(other.is_none(), "{name} is in {section} and in {other:?}");
        }
    }
    for (template, method, operation) in Contract::of_the_service().operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = &Contract::of_the_service().resolve(parameter)["name"];
            let is_taken = ["import", "list", "value", "name"].iter().any(|taken| name == taken);
            assert!(!is_taken, "{method} {template} has a parameter called {name}");
        }
    }
    for (pointer, schema) in all_schemas() {
        let pattern = schema.get("pattern").and_then(Value::as_str).unwrap_or_default();
        let is_portable = pattern.is_ascii() && !["\\u", "\\p", "\\x{", "(?"].iter().any(|part| pattern.contains(part));
        assert!(is_portable, "{pointer}: {pattern}");
        let format = schema.get("format").and_then(Value::as_str);
        assert!(format != Some("date") || pattern.is_empty(), "{pointer} is a date with a pattern");
        assert!(format != Some("uuid") || !schema.contains_key("maxLength"), "{pointer} is a UUID with a length");
    }
}

/// Go has the constants of all code lists in one place, and generators write them in upper case, with an underscore or nothing for other
/// characters, and with or without the name of their schema in front.
#[test]
fn constants_of_clients_have_names_of_their_own() {
    let (mut alone, mut prefixed, mut named) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (schema, content) in schemas() {
        let names = content.get("x-enum-varnames").or_else(|| content.get("enum")).and_then(Value::as_array);
        for name in names.into_iter().flatten().filter_map(Value::as_str) {
            let constant = |text: String| -> String {
                text.to_uppercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
            };
            assert!(!constant(name.to_owned()).is_empty(), "{schema} has a constant without a name: {name}");
            assert!(alone.insert(constant(name.to_owned())), "{schema}: two constants would be called {name}");
            assert!(prefixed.insert(constant(format!("{schema}{name}"))), "two constants would be {schema}_{name}");
            named += 1;
        }
    }
    assert!(named > 20, "only {named} constants");
}

/// Some clients send an empty list for each list that nobody has set. A patch with one must be rejected: it would empty the list.
#[test]
fn lists_of_patches_can_be_removed_or_have_an_element() {
    let mut needed = 0;
    for (name, schema) in schemas().iter().filter(|(name, _)| name.ends_with("Patch")) {
        for (field, schema) in schema["properties"].as_object().unwrap() {
            let schema = Contract::of_the_service().resolve(schema);
            if schema["type"] == "array" {
                assert!(schema["minItems"].as_u64() >= Some(1), "{name}.{field} may be empty, but not removed");
                needed += 1;
            }
        }
    }
    assert!(needed > 0, "no patch has a list that is needed");
}

#[test]
fn the_committed_contracts_are_those_of_the_code() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (file, arguments) in
        [("openapi.yaml", &["openapi"][..]), ("openapi-3.0.yaml", &["openapi", "--profile", "3.0"][..])]
    {
        let committed = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        let printed = Program::new(arguments).run();
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
        assert!(printed.stdout == committed, "{file} is not what the code says: run `make openapi`");
    }
}

async fn every_documented_operation_is_mounted(app: &TestApp) {
    for (template, method, operation) in Contract::of_the_service().operations() {
        let path = template
            .split('/')
            .map(|word| if word.starts_with('{') { "nobody" } else { word })
            .collect::<Vec<_>>()
            .join("/");
        let mut request = app.request(method.as_str(), path).if_match("*");
        if operation["requestBody"].is_object() {
            request = if method == "PATCH" { request.merge_patch(&Value::Null) } else { request.json(&Value::Null) };
        }
        let answer = request.await;
        assert_ne!(answer.status(), 405, "{method} {template}");
        if answer.media_type() == Some("application/problem+json") {
            assert_ne!(answer.json()["type"], "/problems/unknown-path", "{method} {template}");
        }
    }
}

async fn every_request_example_is_accepted(app: &TestApp) {
    let around = Around::new(app, "around").await;
    let (buyer, other, supplier) = (&around.department, &around.others[0], &around.mutual);
    let ballot = app.create(STAFF_BALLOTS, &staff_ballot(id(supplier))).await;
    let complete = app.create(STAFF_BALLOTS, &full_staff_ballot(id(supplier))).await;
    let declared = app.declare(&app.create(STAFF_BALLOTS, &gloucestershire_ballot(id(supplier))).await).await;
    let rerun = with(full_staff_ballot(id(supplier)), json!({ "kind": "rerun" }));
    let rerun = app.declare(&app.create(STAFF_BALLOTS, &rerun).await).await;
    let watcher = json!({"label": "Watcher", "role": "scrutineer", "expires_in_days": 1});
    let watcher = app.create("/v1/keys", &watcher).await;
    let appointment = format!("{STAFF_BALLOTS}/{}/appointment", id(&complete));
    app.put(appointment, &json!({ "key_id": watcher["id"] })).await.expect(200);
    let mut existing = vec![("contract", around.contract.clone())];
    let next_step = app.pathway_step(id(buyer), 12, false).await;
    for sample in children() {
        existing.push((sample.kind, app.create(&sample.path(&around), &(sample.minimal)(&around)).await));
    }
    existing.extend([("department", buyer.clone()), ("mutual", supplier.clone())]);
    let mut tried = 0;
    for (template, method, operation) in Contract::of_the_service().operations() {
        let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
        if template == "/v1/log/cosignatures" {
            // The example is of another log. Cosignatures have cases of their own.
            continue;
        }
        // Files of rows have cases of their own.
        for (media, content) in
            content.iter().filter(|(media, _)| media.ends_with("json") && *media != "application/x-ndjson")
        {
            let schema = Contract::of_the_service().resolve(&content["schema"]);
            let named = content["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
            let of_schema = schema["examples"].as_array().into_iter().flatten().chain(schema.get("example"));
            for example in named.chain(content.get("example")).chain(of_schema) {
                let ballot = match template.strip_prefix("/v1/staff-ballots/{staff_ballot}/") {
                    Some("declare" | "scrutineer-report") => &complete,
                    Some("void" | "supersede" | "correct") => &declared,
                    _ => &ballot,
                };
                let existing = [existing.as_slice(), &[("staff_ballot", ballot.clone())]].concat();
                let path = existing.iter().fold(template.replace("{side}", "a"), |path, (name, record)| {
                    path.replace(&format!("{{{name}}}"), id(record))
                });
                let mut body = example.clone();
                put_ids_in(
                    &mut body,
                    &[
                        ("department_id", buyer),
                        ("mutual_id", supplier),
                        ("superseded_by_id", &rerun),
                        ("key_id", &watcher),
                        ("step_id", &next_step),
                    ],
                    other,
                );
                if method == "PUT" {
                    // An example brings a slug and a stage of its own, and those of a record stay.
                    body.as_object_mut().unwrap().retain(|name, _| !["slug", "stage_since"].contains(&name.as_str()));
                    if template.ends_with("{mutual}") {
                        body.as_object_mut().unwrap().remove("stage");
                    }
                }
                // What stores nothing has no dry run.
                let has_no_dry_run = template == "/v1/compliance-checks"
                    || ["/votes", "/complaints"].iter().any(|end| template.ends_with(end));
                let dry = if has_no_dry_run { "" } else { "?validate_only=true" };
                let mut request = app.request(method.as_str(), format!("{path}{dry}")).if_match("*");
                // The scrutineer reports, and declares what others entered.
                if ["/declare", "/scrutineer-report"].iter().any(|action| template.ends_with(action)) {
                    request = request.with_key(watcher["key"].as_str().unwrap());
                }
                let answer = request.body(media, body.to_string()).await;
                if is_of_hosted(template) {
                    // Whoever may do it has codes and keys that no example has: what it is, is read all the same.
                    assert!([403, 404, 409].contains(&answer.status()), "{template}: {}", answer.text());
                } else {
                    answer.expect(200);
                }
                tried += 1;
            }
        }
    }
    assert!(tried >= 12, "only {tried} examples");
}

/// Whether this is a step of a ballot that is held here.
fn is_of_hosted(template: &str) -> bool {
    let steps = ["issuers", "roll", "manifest-signatures", "extend", "cancel", "paper-batches", "votes", "complaints"];
    template
        .strip_prefix("/v1/staff-ballots/{staff_ballot}/")
        .is_some_and(|rest| steps.contains(&rest.split('/').next().unwrap_or_default()))
}

/// Examples name records that this register doesn't have: those that it has take their place.
fn put_ids_in(body: &mut Value, ids: &[(&str, &Value)], other: &Value) {
    let members = body.as_object_mut().unwrap();
    for (name, record) in ids {
        if let Some(member) = members.get_mut(*name).filter(|member| member.is_string()) {
            *member = record["id"].clone();
        }
    }
    for name in ["other_department_ids", "department_ids"] {
        if let Some(others) = members.get_mut(name).and_then(Value::as_array_mut) {
            others.iter_mut().for_each(|member| *member = other["id"].clone());
        }
    }
    if let Some(successor) = members.get_mut("successor_id").filter(|member| member.is_string()) {
        *successor = other["id"].clone();
    }
}

//! Rules about the workspace itself, read from `cargo metadata`: who may depend on whom, and what every package that ends up
//! in the binary may be licensed under. See ARCHITECTURE.md and docs/decisions/0002-licence-check.md.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// What one member may name among its dependencies, those for its tests aside.
struct Arrows {
    member: &'static str,
    members: &'static [&'static str],
    others: Others,
}

enum Others {
    Only(&'static [&'static str]),
    Never(&'static [&'static str]),
}

const DATABASE: &[&str] = &["diesel", "diesel_migrations", "libsqlite3-sys", "pq-sys", "r2d2"];
const HTTP: &[&str] =
    &["actix-cors", "actix-http", "actix-web", "clap", "http", "utoipa", "utoipa-actix-web", "validator"];

const ARROWS: [Arrows; 5] = [
    Arrows {
        member: "domain",
        members: &[],
        others: Others::Only(&[
            "base64",
            "chrono",
            "deunicode",
            "ed25519-dalek",
            "hkdf",
            "hmac",
            "idna_adapter",
            "sha2",
            "strsim",
            "thiserror",
            "unicode-normalization",
            "unicode-security",
            "url",
            "uuid",
        ]),
    },
    Arrows {
        member: "document",
        members: &["domain"],
        others: Others::Only(&["chrono", "serde", "serde_json", "strsim", "utoipa", "validator"]),
    },
    Arrows { member: "store", members: &["document", "domain"], others: Others::Never(HTTP) },
    Arrows { member: "api", members: &["document", "domain", "store"], others: Others::Never(DATABASE) },
    Arrows { member: "tests", members: &["api"], others: Others::Never(DATABASE) },
];

/// Licences that ask for no more than a notice.
const PERMISSIVE: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "PostgreSQL",
    "Unicode-3.0",
    "Zlib",
];

#[test]
fn dependencies_point_one_way() {
    let metadata = metadata();
    let packages = members(&metadata);
    let names: BTreeSet<&str> = packages.iter().map(|package| text(package, "name")).collect();
    let expected: BTreeSet<&str> = ARROWS.iter().map(|arrows| arrows.member).collect();
    assert_eq!(names, expected, "a further member needs a reason in docs/decisions/ and a row in ARROWS");

    let mut faults = Vec::new();
    for arrows in &ARROWS {
        let package = packages.iter().find(|package| text(package, "name") == arrows.member).unwrap();
        for dependency in array(package, "dependencies").iter().filter(|it| it["kind"] != "dev") {
            let dependency = text(dependency, "name");
            let allowed = if names.contains(dependency) {
                arrows.members.contains(&dependency)
            } else {
                match arrows.others {
                    Others::Only(list) => list.contains(&dependency),
                    Others::Never(list) => !list.contains(&dependency),
                }
            };
            if !allowed {
                faults.push(format!("{} must not depend on {dependency}", arrows.member));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_package_has_a_permissive_licence() {
    let metadata = metadata();
    let faults: Vec<String> = array(&metadata, "packages")
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_permissive))
        .map(|package| format!("{} {}: {}", text(package, "name"), text(package, "version"), package["license"]))
        .collect();
    assert!(faults.is_empty(), "not on the list of licences:\n{}", faults.join("\n"));
}

#[test]
fn every_package_comes_from_the_registry_or_this_repository() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = members(&metadata).into_iter().map(|package| text(package, "name")).collect();
    let strangers: Vec<&str> = array(&metadata, "packages")
        .iter()
        .filter(|package| match package["source"].as_str() {
            Some(source) => !source.starts_with("registry+"),
            None => !ours.contains(text(package, "name")),
        })
        .map(|package| text(package, "name"))
        .collect();
    assert!(strangers.is_empty(), "from a git repository or a folder elsewhere: {}", strangers.join(", "));
}

#[test]
fn licence_expressions_are_read_by_precedence() {
    for permissive in
        ["MIT", "MIT/GPL-3.0", "GPL-3.0 OR MIT AND Zlib", "(GPL-3.0 OR MIT) AND ISC", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(is_permissive(permissive), "{permissive}");
    }
    for other in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT AND (GPL-3.0 OR MPL-2.0)", "MIT MIT", "(MIT", "MIT OR"] {
        assert!(!is_permissive(other), "{other}");
    }
}

/// Whether the SPDX expression lets its reader choose permissive licences only. What cannot be read is not permissive.
fn is_permissive(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    either(&tokens) == Some((true, &[]))
}

type Rest<'a> = &'a [&'a str];

/// `all OR all …`; the answer and the tokens after it.
fn either<'a>(tokens: Rest<'a>) -> Option<(bool, Rest<'a>)> {
    let (mut permissive, mut rest) = all(tokens)?;
    while let ["OR", after @ ..] = rest {
        let (right, after) = all(after)?;
        (permissive, rest) = (permissive || right, after);
    }
    Some((permissive, rest))
}

/// `one AND one …`
fn all<'a>(tokens: Rest<'a>) -> Option<(bool, Rest<'a>)> {
    let (mut permissive, mut rest) = one(tokens)?;
    while let ["AND", after @ ..] = rest {
        let (right, after) = one(after)?;
        (permissive, rest) = (permissive && right, after);
    }
    Some((permissive, rest))
}

/// A licence, with or without an exception (which only ever permits more), or an expression in brackets.
fn one<'a>(tokens: Rest<'a>) -> Option<(bool, Rest<'a>)> {
    match tokens {
        ["(", rest @ ..] => match either(rest)? {
            (permissive, [")", rest @ ..]) => Some((permissive, rest)),
            _ => None,
        },
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => Some((PERMISSIVE.contains(licence), rest)),
        [] => None,
    }
}

/// Packages of this machine's platform: those of the others are not downloaded, and not in the binary.
fn metadata() -> Value {
    let platform = output(Command::new("rustc").args(["--print", "host-tuple"]));
    let platform = String::from_utf8(platform).unwrap();
    let metadata = output(
        Command::new(env!("CARGO"))
            .args(["metadata", "--format-version=1", "--locked", "--filter-platform", platform.trim()])
            .current_dir(env!("CARGO_MANIFEST_DIR")),
    );
    serde_json::from_slice(&metadata).unwrap()
}

fn output(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn members(metadata: &Value) -> Vec<&Value> {
    let ids = array(metadata, "workspace_members");
    array(metadata, "packages").iter().filter(|package| ids.contains(&package["id"])).collect()
}

fn array<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().unwrap()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

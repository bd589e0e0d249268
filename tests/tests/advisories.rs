//! Known vulnerabilities of the packages that `Cargo.lock` names, as the RustSec advisory database has them.
//!
//! The database is a folder that the operator names in `ADVISORY_DB`, such as a checkout of
//! <https://github.com/RustSec/advisory-db>: a check that fetched it would give another result each day, and none without the network.
//! `make check` says so where none is named. See docs/decisions/0002-licence-check.md.

use std::fs;
use std::path::Path;

use rustsec::report::Settings;
use rustsec::{Database, Lockfile, Report};

/// Advisories that are known and do not apply, each with the reason.
const NOT_APPLICABLE: &[(&str, &str)] = &[(
    "RUSTSEC-2023-0071",
    "the timing of operations with a private RSA key: the program has none, since jsonwebtoken is only asked to check \
     signatures by public keys, and a JWK set with a private key is refused (docs/decisions/0017-json-web-tokens.md)",
)];

/// What the packages of a lock file are known for, but for the advisories that do not apply.
fn found(database: &Path, lockfile: &Path) -> Vec<String> {
    let database = Database::open(database).unwrap_or_else(|error| panic!("{}: {error}", database.display()));
    let lockfile = Lockfile::load(lockfile).unwrap();
    let report = Report::generate(&database, &lockfile, &Settings::default());
    let applies = |id: &str| NOT_APPLICABLE.iter().all(|(known, _)| *known != id);
    let found = report.vulnerabilities.list.iter().filter(|found| applies(found.advisory.id.as_str()));
    found
        .map(|found| {
            let (package, advisory) = (&found.package, &found.advisory);
            format!("{} {}: {} {}", package.name, package.version, advisory.id, advisory.title)
        })
        .collect()
}

fn of_the_workspace() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock")
}

/// `make check` runs this one where a database is named.
#[test]
#[ignore = "name a folder with the RustSec advisory database in ADVISORY_DB"]
fn no_package_has_a_known_vulnerability() {
    let folder = std::env::var("ADVISORY_DB").expect("ADVISORY_DB names the folder of the advisory database");
    let found = found(Path::new(&folder), &of_the_workspace());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_is_known_of_a_package_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let advisory = |package: &str, id: &str, patched: &str| {
        let place = folder.path().join("crates").join(package);
        fs::create_dir_all(&place).unwrap();
        let text = format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2020-01-01\"\n\n[versions]\npatched = [{patched}]\n```\n\n\
             # It is broken\n\nIn a way that matters.\n"
        );
        fs::write(place.join(format!("{id}.md")), text).unwrap();
    };
    advisory("diesel", "RUSTSEC-2020-9991", "");
    advisory("serde_json", "RUSTSEC-2020-9992", "\">= 1.0.1\"");
    advisory("no-such-package", "RUSTSEC-2020-9993", "");
    advisory("rsa", "RUSTSEC-2023-0071", "");

    let found = found(folder.path(), &of_the_workspace());

    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("diesel ") && found[0].ends_with("RUSTSEC-2020-9991 It is broken"), "{found:?}");
}

/// An advisory that is set aside for a package which is gone would hide the next one of its number's kind.
#[test]
fn what_is_set_aside_is_still_there() {
    let lockfile = fs::read_to_string(of_the_workspace()).unwrap();
    assert!(lockfile.contains("name = \"rsa\""), "rsa is gone: remove RUSTSEC-2023-0071 from NOT_APPLICABLE");
}

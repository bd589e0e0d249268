//! What people do for a hosted ballot with the program on a machine of their own: its issuers, and those who check or watch it.

mod watch;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use kit::{Ended, Program};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const BALLOT: &str = "0190c0de-0000-7000-8000-000000000001";
/// The seeds of the vectors of the protocol.
const SEED_A: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SEED_B: &str = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn run(folder: &Path, arguments: &[&str]) -> Ended {
    Program::new(&[&["ballot"], arguments].concat()).in_folder(folder).run()
}

#[track_caller]
fn told(folder: &Path, arguments: &[&str]) -> String {
    let ended = run(folder, arguments);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str], words: &str) {
    let ended = run(folder, arguments);
    assert!(ended.code.is_some_and(|code| code == 1 || code == 2), "{ended:?}");
    assert!(ended.stderr.contains(words) && ended.stdout.is_empty(), "no {words:?} in {ended:?}");
}

fn private(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
}

fn codes<'a>(seed: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    [&["codes", "--ballot", BALLOT, "--count", "45", "--seed-file", seed], further].concat()
}

/// A folder with the seeds, a key of each issuer, and the manifest of a ballot that they run.
fn folder(sides: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    private(path, "a.seed", SEED_A);
    private(path, "b.seed", SEED_B);
    let issuer = |side: &&str| {
        let key = told(path, &["key", &format!("{side}.pem")]);
        json!({"side": side, "name": format!("Issuer {side}"), "public_key": key.trim()})
    };
    let issuers: Vec<Value> = sides.iter().map(issuer).collect();
    let manifest = json!({
        "ballot": BALLOT, "closes_at": "2026-06-08T17:00:00Z", "issuers": issuers, "method": "single_choice",
        "opens_at": "2026-06-01T08:00:00Z",
        "options": [{"effect": "mutual", "key": "leave", "label": "Leave"}, {"effect": "other", "key": "stay", "label": "Stay"}],
        "paper_until": "2026-06-12T17:00:00Z",
        "protocol": "psm-ballot-v1", "question": "Shall we leave?", "receipt_key": "Saro6tiFuTfQS0GjogHNyOfE968pukOKxfn76vzI548=", "roll_root": root(path), "roll_size": 45,
        "thresholds": []
    });
    fs::write(path.join("manifest.json"), manifest.to_string()).unwrap();
    folder
}

/// The root over the entries of issuer `a` alone.
fn root(folder: &Path) -> String {
    fn over(leaves: &[Vec<u8>]) -> Vec<u8> {
        match leaves {
            [leaf] => leaf.clone(),
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                Sha256::digest([&[1][..], &over(left), &over(right)].concat()).to_vec()
            }
        }
    }
    let leaf = |entry: &String| Sha256::digest([&[0][..], entry.as_bytes()].concat()).to_vec();
    over(&entries(folder).iter().map(leaf).collect::<Vec<_>>()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entries(folder: &Path) -> Vec<String> {
    let upload: Value = serde_json::from_str(&told(folder, &codes("a.seed", &[]))).unwrap();
    upload["entries"].as_array().unwrap().iter().map(|entry| entry.as_str().unwrap().to_owned()).collect()
}

fn letters(folder: &Path, arguments: &[&str]) -> Vec<Vec<String>> {
    let table = told(folder, arguments);
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(rows.headers().unwrap(), &["number", "code", "fingerprint", "cast", "check"][..]);
    rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// What the line of a letter would send. `curl` is a function that prints its last argument.
fn sent_by(line: &str) -> (String, Value) {
    let line = line.replace("YOUR-CHOICE", "stay");
    let script = format!("curl() {{ for a; do :; done; printf %s \"$a\"; }}; {line}");
    let done = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8(done.stdout).unwrap();
    let (first, body) = said.split_once('\n').unwrap();
    (first.to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn codes_follow_from_the_seed_as_in_the_vectors() {
    let folder = folder(&["a", "b"]);
    for (seed, side, half) in [
        ("a.seed", "a", "0693480da1ce9ecca72e58eb5911443a1d1f8b2ed1e4d01f345f6c4f84e63872"),
        ("b.seed", "b", "8e029a20f3cdc1eb615c597f2bb9b99c1781f55f93734a1580444cb408bb1424"),
    ] {
        let upload: Value = serde_json::from_str(&told(folder.path(), &codes(seed, &["--side", side]))).unwrap();
        let halves = upload["halves"].as_array().unwrap();
        assert_eq!((halves.len(), &halves[0]["number"]), (45, &json!(1)));
        assert_eq!(halves[0]["half"], half);
    }
    let rows = letters(folder.path(), &codes("a.seed", &["--side", "a", "--manifest", "manifest.json"]));
    assert_eq!((rows.len(), rows[0][0].as_str(), rows[44][0].as_str()), (45, "1", "45"));
    assert_eq!(rows[0][1], "938c deaa 9cb3 75cd be9c 3213 c7d6 3f08");
    let manifest = fs::read_to_string(folder.path().join("manifest.json")).unwrap();
    assert_eq!(rows[0][2], hash(&manifest)[..16]);
    let again =
        letters(folder.path(), &codes("a.seed", &["--side", "a", "--manifest", "manifest.json", "--only", "17"]));
    assert_eq!(again, [rows[16].clone()]);
    let (_, body) = sent_by(&rows[0][3].replace("CODE-OF-THE-OTHER-LETTER", "987fc28c3860d2a4623285f49f118a38"));
    assert_eq!(body["spend_a"], "6022cc0cad6936a7e5039a435ab151348c9d64f3dd6bacee9aac76a735d4cc78");
    assert_eq!(body["spend_b"], "003573682c5d66d432bdc784365f4a5d81ed1a55fd1aef702717923a54c9af18");
    assert_eq!(body["choice"], "stay");
}

#[test]
fn the_line_of_a_letter_casts_with_its_code() {
    let folder = folder(&["a"]);
    let entries = entries(folder.path());
    assert!(entries.len() == 45 && entries.is_sorted());
    for row in letters(folder.path(), &codes("a.seed", &["--manifest", "manifest.json"])).iter().take(3) {
        let code = row[1].replace(' ', "");
        let (said, body) = sent_by(&row[3]);
        let words: Vec<&str> = said.split(' ').collect();
        let ["nonce", nonce, "tracker", tracker] = words[..] else { panic!("{said}") };
        assert_eq!(tracker, hash(&format!("psm-ballot-v1:tracker:{BALLOT}:{code}:{nonce}")));
        let spend = hash(&format!("psm-ballot-v1:spend:{BALLOT}:{code}"));
        assert_eq!(body, json!({"spend": spend, "tracker": tracker, "choice": "stay"}));
        assert!(entries.contains(&hash(&format!("psm-ballot-v1:entry:{spend}"))));
    }
}

#[test]
fn a_manifest_that_is_not_the_issuers_is_refused_before_a_letter_is_printed() {
    let folder = folder(&["a"]);
    let path = folder.path();
    let good = fs::read_to_string(path.join("manifest.json")).unwrap();
    let other = "0190c0de-0000-7000-8000-000000000002";
    for (from, to, words) in [
        (BALLOT, other, "is of the ballot"),
        ("\"roll_size\":45", "\"roll_size\":46", "46 people on the roll"),
        (&*root(path), &hash("swapped"), "is not that of these codes"),
        ("{", "{ ", "leave it unchanged"),
        ("psm-ballot-v1", "psm-ballot-v9", "/protocol"),
        ("{", "[", "manifest.json"),
    ] {
        fs::write(path.join("manifest.json"), good.replacen(from, to, 1)).unwrap();
        refused(path, &codes("a.seed", &["--manifest", "manifest.json"]), words);
    }
    fs::write(path.join("manifest.json"), good).unwrap();
    refused(path, &codes("a.seed", &["--side", "a", "--manifest", "manifest.json"]), "1 issuer");
    refused(path, &codes("b.seed", &["--manifest", "manifest.json"]), "is not that of these codes");
    for number in ["0", "46"] {
        refused(path, &codes("a.seed", &["--manifest", "manifest.json", "--only", number]), "from 1 to 45");
    }
    // No seed is made for letters: the codes would be others than those on the roll.
    refused(path, &codes("new.seed", &["--manifest", "manifest.json"]), "new.seed");
    assert!(!path.join("new.seed").exists());
}

#[test]
fn a_seed_is_made_once_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let first = told(path, &codes("new.seed", &[]));
    assert_eq!(fs::metadata(path.join("new.seed")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(told(path, &codes("new.seed", &[])), first);
    assert_ne!(told(path, &codes("other.seed", &[])), first);
    fs::set_permissions(path.join("new.seed"), fs::Permissions::from_mode(0o644)).unwrap();
    refused(path, &codes("new.seed", &[]), "chmod 600");
    refused(path, &["codes", "--ballot", "x", "--count", "45", "--seed-file", "a"], "--ballot");
    refused(path, &["codes", "--ballot", BALLOT, "--count", "4", "--seed-file", "a"], "--count");
    refused(path, &["key", "new.seed"], "new.seed");
}

/// A batch of so many papers, one of them spoiled.
fn batch(papers: usize) -> Value {
    let spends: Vec<[String; 1]> = (0..papers).map(|number| [hash(&format!("spend {number}"))]).collect();
    json!({"counts": {"leave": 6, "stay": papers - 7}, "duplicates": 0, "spends": spends, "spoiled": 1})
}

#[test]
fn papers_that_the_service_would_reject_are_not_signed() {
    let folder = folder(&["a"]);
    let path = folder.path();
    let good = batch(10).to_string();
    for (from, to, words) in [
        ("\"leave\":6", "\"leave\":6,\"leave\":6", "/counts/leave: the field appears twice"),
        ("\"leave\":6", "\"leave\":7", "one for each"),
        ("\"leave\":6", "\"go\":6", "/counts/go: no option"),
        ("\"counts\":{\"leave\":6,\"stay\":3}", "\"rankings\":[[\"stay\"]]", "/rankings: this ballot is not ranked"),
        ("\"spoiled\"", "\"hidden\":1,\"spoiled\"", "/hidden: there is no such field"),
        (&hash("spend 1"), &hash("spend 0"), "/spends/1: the same spend"),
        (&hash("spend 1"), "0", "/spends/1/0: "),
        ("{", "[", "is not JSON"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        fs::write(path.join("batch.json"), bad).unwrap();
        let sign = ["sign", "--key-file", "a.pem", "--manifest", "manifest.json", "--paper", "batch.json"];
        refused(path, &sign, words);
    }
    fs::write(path.join("batch.json"), batch(9).to_string()).unwrap();
    let sign = ["sign", "--key-file", "a.pem", "--manifest", "manifest.json", "--paper", "batch.json"];
    refused(path, &sign, "9 papers, 10 to 100000 expected");
    let manifest = fs::read_to_string(path.join("manifest.json")).unwrap();
    let without = manifest.replace("\"paper_until\":\"2026-06-12T17:00:00Z\",", "");
    assert_ne!(without, manifest);
    fs::write(path.join("manifest.json"), without).unwrap();
    refused(path, &sign, "there is no paper");
}

#[test]
fn only_issuer_a_signs_an_extension_or_a_cancellation() {
    let folder = folder(&["a", "b"]);
    let sign =
        |key, more: &[&'static str]| [&["sign", "--key-file", key, "--manifest", "manifest.json"], more].concat();
    let later = ["--closes-at", "2026-06-09T17:00:00Z"];
    refused(folder.path(), &sign("b.pem", &later), "only issuer a signs an extension");
    refused(folder.path(), &sign("b.pem", &["--cancel", "Too late"]), "only issuer a signs a cancellation");
    refused(folder.path(), &sign("a.pem", &["--closes-at", "2026-06-08T17:00:00Z"]), "to a later time");
    told(folder.path(), &sign("b.pem", &[]));
    told(folder.path(), &sign("a.pem", &later));
    told(folder.path(), &sign("a.pem", &["--cancel", "Too late"]));
}

const TRACKER: &str = "a191919af8f2df53e829327586d66d58da4a7882cad3f3602ffd7b27aab9b57c";
const MANIFEST: &str = "acb80c8fd62bfb0094986d1ea3bc86dd968c236903e38184eb02151fa39b7c53";
const SIGNED: &str = "pyo5+f4cH7xAEiOW+nShSUZZy2Zu7McZXkOiVBguww2++10aRHPUq61oqqHeSWZ9Xi5RO+LdjIpjct7luWOGCg==";

fn root_folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn sample_bundle() -> String {
    fs::read_to_string(root_folder().join("docs/guide/ballot-bundle.json")).unwrap()
}

/// What docs/verify-ballot.py says last of a bundle in this folder.
fn said_by_script(folder: &Path) -> String {
    let script = root_folder().join("docs/verify-ballot.py");
    let done = Command::new("python3").arg(script).arg("bundle.json").current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap().lines().last().unwrap().to_owned()
}

#[test]
fn the_sample_bundle_is_verified_with_a_voters_tracker_and_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let bundle = sample_bundle();
    fs::write(path.join("bundle.json"), &bundle).unwrap();
    let parsed: Value = serde_json::from_str(&bundle).unwrap();
    let opening = json!({"ballot": BALLOT, "manifest": parsed["manifest"]});
    fs::write(path.join("opening.json"), opening.to_string()).unwrap();
    let choice = "trust>mutual>stay";
    let receipt = format!("psm-ballot-v1:receipt:{BALLOT}:{MANIFEST}:{TRACKER}:{choice}");
    let said = told(
        path,
        &[
            "verify",
            "bundle.json",
            "--opening",
            "opening.json",
            "--tracker",
            TRACKER,
            "--choice",
            choice,
            "--receipt",
            &receipt,
            "--signature",
            SIGNED,
        ],
    );
    let lines: Vec<&str> = said.lines().collect();
    let last = "verified: 40 of 45 voted (28 online, 12 on paper): mutual 12, stay 0, trust 21, wait 0, spoiled 2; manifest acb80c8fd62bfb00";
    assert_eq!(*lines.last().unwrap(), last);
    assert_eq!(said_by_script(path), last);
    assert!(lines.len() > 20 && lines[..lines.len() - 1].iter().all(|line| line.starts_with("ok: ")), "{said}");
    for line in [
        "ok: the opening has the same manifest",
        "ok: your tracker is on the board with the choice trust>mutual>stay",
        "ok: the receipt is of this ballot",
        "ok: the service signed the receipt",
        "ok: the receipt's vote is on the board",
    ] {
        assert!(lines.contains(&line), "no {line:?} in {said}");
    }
}

#[test]
fn every_kind_of_ballot_is_verified_as_by_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let maker = root_folder().join("tests/ballot_bundle.py");
    for (method, issuers) in [("single_choice", "1"), ("single_choice", "2"), ("ranked", "1"), ("ranked", "2")] {
        let made = Command::new("python3").arg(&maker).args([method, issuers, "7"]).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        fs::write(folder.path().join("bundle.json"), made.stdout.trim_ascii_end()).unwrap();
        let said = told(folder.path(), &["verify", "bundle.json"]);
        assert_eq!(said.lines().last().unwrap(), said_by_script(folder.path()), "{method} {issuers}");
    }
}

/// What the command says of a bundle that it must not verify.
#[track_caller]
fn not_verified(folder: &Path, arguments: &[&str], words: &str) {
    let ended = run(folder, arguments);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(!ended.stdout.contains("verified"), "{ended:?}");
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains(words), "no {words:?} in {said}");
}

#[test]
fn a_bundle_with_a_changed_byte_is_not_verified() {
    let folder = tempfile::tempdir().unwrap();
    let good = sample_bundle().into_bytes();
    // The crate that reads bundles tries 500 of them.
    for number in 0..40 {
        let at = number * good.len() / 40;
        let mut forged = good.clone();
        forged[at] = match forged[at] {
            byte @ (b'0'..=b'8' | b'a'..=b'e') => byte + 1,
            b'9' => b'0',
            b'f' => b'a',
            byte => byte ^ 1,
        };
        fs::write(folder.path().join("bundle.json"), forged).unwrap();
        not_verified(folder.path(), &["verify", "bundle.json"], "");
    }
}

#[test]
fn what_is_wrong_with_a_bundle_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let good = sample_bundle();
    let manifest = good[good.find("\"manifest\":").unwrap()..good.find(",\"manifest_sha256\"").unwrap()].to_owned();
    fs::write(path.join("opening.json"), format!("{{{}}}", manifest.replace("Wait a year", "Wait a week"))).unwrap();
    fs::write(path.join("bundle.json"), &good).unwrap();
    let other = format!("psm-ballot-v1:receipt:{BALLOT}:{MANIFEST}:{TRACKER}:trust");
    let foreign = other.replace("acb8", "acb9");
    for (more, words) in [
        (&["--opening", "opening.json"][..], "FAILED: the opening has the same manifest"),
        (&["--tracker", MANIFEST], "FAILED: your tracker is on the board"),
        (&["--tracker", TRACKER, "--choice", "trust"], "you expected trust"),
        (&["--receipt", &other, "--signature", SIGNED], "FAILED: the service signed the receipt"),
        (&["--receipt", &foreign, "--signature", SIGNED], "FAILED: the receipt is of this ballot"),
    ] {
        not_verified(path, &[&["verify", "bundle.json"], more].concat(), words);
    }
    for (from, to, words) in [
        ("\"valid\":38", "\"valid\":39", "FAILED: the result is what counting gives: result.valid is 39"),
        ("\"duplicates\":1", "\"duplicates\":0", "FAILED: paper.sha256 is that of the batch"),
        ("{\"ballot\"", "{\"a\":0,\"ballot\"", "/a: there is no such field"),
        (",", ", ", "canonical"),
        ("}", "", "not JSON"),
    ] {
        fs::write(path.join("bundle.json"), good.replacen(from, to, 1)).unwrap();
        not_verified(path, &["verify", "bundle.json"], words);
    }
    not_verified(path, &["verify", "absent.json"], "absent.json");
    refused(path, &["verify", "bundle.json", "--choice", "trust"], "--tracker");
    refused(path, &["verify", "bundle.json", "--receipt", &other], "--signature");
}

#[test]
fn what_an_issuer_signs_openssl_verifies() {
    let folder = folder(&["a"]);
    let path = folder.path();
    let digest = hash(&fs::read_to_string(path.join("manifest.json")).unwrap());
    let batch = batch(10);
    fs::write(path.join("batch.json"), format!("{batch:#}\n")).unwrap();
    let sign = ["sign", "--key-file", "a.pem", "--manifest", "manifest.json"];
    for (further, message) in [
        (&[][..], format!("psm-ballot-v1:manifest:{digest}")),
        (
            &["--closes-at", "2026-06-09T17:00:00Z"],
            format!("psm-ballot-v1:extend:{BALLOT}:{digest}:2026-06-09T17:00:00Z"),
        ),
        (&["--cancel", "Too late"], format!("psm-ballot-v1:cancel:{BALLOT}:{digest}:{}", hash("Too late"))),
        (&["--paper", "batch.json"], format!("psm-ballot-v1:paper:{BALLOT}:{digest}:{}", hash(&batch.to_string()))),
    ] {
        let ended = run(path, &[&sign, further].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stderr.contains(&digest[..16]), "{ended:?}");
        fs::write(path.join("message"), &message).unwrap();
        fs::write(path.join("signature.base64"), &ended.stdout).unwrap();
        let verify = "openssl base64 -d -A -in signature.base64 -out signature && openssl pkey -in a.pem -pubout -out a.pub && \
                      openssl pkeyutl -verify -pubin -inkey a.pub -rawin -in message -sigfile signature";
        let verified = Command::new("bash").args(["-c", verify]).current_dir(path).output().unwrap();
        assert!(verified.status.success(), "{message}: {verified:?}");
    }
    assert!(run(path, &sign).stderr.contains("«Shall we leave?»: Leave / Stay"));
    let papers = run(path, &[&sign[..], &["--paper", "batch.json"]].concat()).stderr;
    assert!(papers.contains("a batch of 10 papers: leave 6, stay 3, spoiled 1"), "{papers}");
    told(path, &["key", "stranger.pem"]);
    refused(path, &["sign", "--key-file", "stranger.pem", "--manifest", "manifest.json"], "no issuer");
    refused(path, &[&sign[..], &["--closes-at", "2026-06-09T17:00:00.5Z"]].concat(), "whole seconds");
    refused(path, &[&sign[..], &["--closes-at", "2026-06-09T17:00:00Z", "--cancel", "x"]].concat(), "--cancel");
}

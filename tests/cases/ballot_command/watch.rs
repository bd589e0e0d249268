//! The watch of a hosted ballot, before a service that shows what a case wants.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use kit::{Ended, Program};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{BALLOT, SIGNED, entries, folder, hash, refused, run, sample_bundle, told};

/// Responds with what a case lays down, until it is dropped.
struct Stub {
    address: SocketAddr,
    responses: Arc<Mutex<BTreeMap<String, (u16, String)>>>,
    ended: Arc<AtomicBool>,
}

impl Stub {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (responses, ended) = (Arc::new(Mutex::new(BTreeMap::new())), Arc::new(AtomicBool::new(false)));
        let stub = Self { address, responses: Arc::clone(&responses), ended: Arc::clone(&ended) };
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                drop(respond(connection, &responses));
            }
        });
        stub
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn set(&self, path: &str, body: impl ToString) {
        self.responses.lock().unwrap().insert(path.to_owned(), (200, body.to_string()));
    }

    fn of_ballot(&self, what: &str, body: impl ToString) {
        self.set(&format!("/v1/staff-ballots/{BALLOT}{what}"), body);
    }

    fn remove(&self, what: &str) {
        self.responses.lock().unwrap().remove(&format!("/v1/staff-ballots/{BALLOT}{what}"));
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn respond(connection: TcpStream, responses: &Mutex<BTreeMap<String, (u16, String)>>) -> io::Result<()> {
    let mut lines = BufReader::new(&connection).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, body) = responses.lock().unwrap().get(path).cloned().unwrap_or((404, "{}".to_owned()));
    let length = body.len();
    write!(&connection, "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// A log of one entry, then of two, signed with the key of issuer `a`'s folder.
struct Log {
    signer: api::LogSigner,
    leaves: [Vec<u8>; 2],
}

impl Log {
    fn new(folder: &Path, key: &str, second: &str) -> Self {
        if !folder.join(key).exists() {
            told(folder, &["key", key]);
        }
        let leaf = |text: &str| Sha256::digest(text).to_vec();
        let signer = api::LogSigner::open(&folder.join(key), "example.org/log").unwrap();
        Self { signer, leaves: [leaf("the opening"), leaf(second)] }
    }

    fn checkpoint(&self, size: i64) -> String {
        let [first, second] = &self.leaves;
        let root = if size == 1 { first.clone() } else { Sha256::digest([&[1][..], first, second].concat()).to_vec() };
        self.signer.sign(size, &root.try_into().unwrap()).1
    }

    /// The stub shows this many entries of it.
    fn show(&self, stub: &Stub, size: i64) {
        stub.set("/v1/log/key", json!({"verifier_key": self.signer.verifier_key()}));
        stub.set("/v1/log/head", json!({"checkpoint": self.checkpoint(size)}));
        stub.set("/v1/log/proofs/consistency?from=1&to=2", json!({"hashes": [hex(&self.leaves[1])]}));
    }

    /// The proof that the opening is in it.
    fn proof(&self) -> Value {
        json!({
            "entry_seq": 1, "leaf_hash": hex(&self.leaves[0]), "tree_size": 1, "hashes": [],
            "checkpoint": self.checkpoint(1)
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the service shows of a manifest.
fn opening_of(manifest: &Value) -> Value {
    let digest = hash(&manifest.to_string());
    json!({
        "ballot": BALLOT, "manifest": manifest, "manifest_sha256": digest, "fingerprint": digest[..16],
        "signatures": [], "extensions": [], "closes_at": manifest["closes_at"]
    })
}

fn watch(folder: &Path, stub: &Stub) -> Ended {
    let url = stub.url();
    run(folder, &["watch", "--url", &url, "--ballot", BALLOT, "--state-file", "state.json", "--once"])
}

/// What a watch tells that goes well, without the times.
#[track_caller]
fn watched(folder: &Path, stub: &Stub) -> Vec<String> {
    let ended = watch(folder, stub);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout.lines().map(|line| line.split_once("Z ").unwrap().1.to_owned()).collect()
}

/// A ballot that is open for many years, with one issuer, and the stub of its service.
struct Open {
    folder: TempDir,
    stub: Stub,
    log: Log,
    opening: Value,
}

impl Open {
    fn new() -> Self {
        let folder = folder(&["a"]);
        let path = folder.path();
        let manifest = fs::read_to_string(path.join("manifest.json")).unwrap().replace("2026-06-", "2096-06-");
        fs::write(path.join("manifest.json"), &manifest).unwrap();
        let stub = Stub::new();
        stub.of_ballot("", json!({"state": "open"}));
        stub.of_ballot("/roll", json!({"entries": entries(path)}));
        let log = Log::new(path, "log.pem", "another");
        log.show(&stub, 1);
        let mut opening = opening_of(&serde_json::from_str(&manifest).unwrap());
        opening["signatures"] = json!([{"side": "a", "signature": signed(path, &[])}]);
        opening["opened_at"] = json!("2096-06-01T08:00:00Z");
        opening["archived"] = json!("no");
        opening["log"] = log.proof();
        stub.of_ballot("/opening", &opening);
        Self { folder, stub, log, opening }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn extension(&self, closes_at: &str, signature: &str) -> Value {
        let mut opening = self.opening.clone();
        opening["extensions"] = json!([{"closes_at": closes_at, "reason": "Snow", "signature": signature}]);
        opening["closes_at"] = json!(closes_at);
        opening
    }
}

/// What issuer `a` signs.
fn signed(folder: &Path, further: &[&str]) -> String {
    let sign = ["sign", "--key-file", "a.pem", "--manifest", "manifest.json"];
    told(folder, &[&sign, further].concat()).trim().to_owned()
}

#[test]
fn a_watch_tells_each_thing_that_is_added_to_an_opening_once() {
    let open = Open::new();
    let (path, stub) = (open.path(), &open.stub);
    stub.remove("/opening");
    stub.remove("/roll");
    assert!(watched(path, stub).contains(&"there is no opening yet".to_owned()));
    let mut opening = opening_of(&open.opening["manifest"]);
    stub.of_ballot("/opening", &opening);
    stub.of_ballot("/roll", json!({"entries": entries(path)}));
    let lines = watched(path, stub);
    assert!(
        lines[0].starts_with("the opening is kept: manifest ") && lines[0].contains("«Shall we leave?»"),
        "{lines:?}"
    );
    assert!(lines.contains(&"the roll has 45 entries, and the root that is in the manifest".to_owned()), "{lines:?}");
    assert_eq!(watched(path, stub), [""; 0]);
    opening["signatures"] = open.opening["signatures"].clone();
    stub.of_ballot("/opening", &opening);
    assert_eq!(watched(path, stub), ["issuer a has signed the manifest"]);
    open.log.show(stub, 2);
    stub.of_ballot("/opening", &open.opening);
    let lines = watched(path, stub);
    assert_eq!(lines, ["the ballot opened at 2096-06-01T08:00:00Z", "the entry of the opening is in the log"]);
    let later = "2096-06-09T17:00:00Z";
    stub.of_ballot("/opening", open.extension(later, &signed(path, &["--closes-at", later])));
    assert_eq!(watched(path, stub), [format!("casting is extended to {later}: Snow")]);
    assert_eq!(watched(path, stub), [""; 0]);
}

#[test]
fn a_watch_notices_what_must_not_be() {
    let open = Open::new();
    let (path, stub) = (open.path(), &open.stub);
    watched(path, stub);
    let state = fs::read(path.join("state.json")).unwrap();
    let noticed = |words: &str| {
        fs::write(path.join("state.json"), &state).unwrap();
        let ended = watch(path, stub);
        assert_eq!(ended.code, Some(1), "{words}: {ended:?}");
        let wrong: Vec<&str> = ended.stdout.lines().filter(|line| line.contains("Z WRONG: ")).collect();
        assert!(wrong.iter().any(|line| line.contains(words)), "no {words:?} in {ended:?}");
    };
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut opening = open.opening.clone();
        change(&mut opening);
        opening
    };
    let mut other = open.opening["manifest"].clone();
    other["question"] = json!("Shall we stay?");
    let mut replaced = open.opening.clone();
    let of_other = opening_of(&other);
    for name in ["manifest", "manifest_sha256", "fingerprint"] {
        replaced[name] = of_other[name].clone();
    }
    let (later, earlier) = ("2096-06-09T17:00:00Z", "2096-06-07T17:00:00Z");
    let of_later = signed(path, &["--closes-at", later]);
    for (opening, words) in [
        (replaced, "the manifest is another than at first"),
        (changed(&|it| it["manifest"] = other.clone()), "manifest_sha256 is"),
        (changed(&|it| it["fingerprint"] = json!("0123456789abcdef")), "fingerprint is"),
        (changed(&|it| it["closes_at"] = json!(later)), "closes_at is"),
        (changed(&|it| it["signatures"] = json!([])), "the signature of issuer a is another than before, or gone"),
        (changed(&|it| it["signatures"][0]["signature"] = json!(SIGNED)), "the signature of issuer a is not valid"),
        (changed(&|it| it["opened_at"] = json!(later)), "opened_at of the opening is another"),
        (changed(&|it| drop(it.as_object_mut().unwrap().remove("opened_at"))), "opened_at of the opening is another"),
        (changed(&|it| it["archived"] = json!("yes")), "archived of the opening is another"),
        (changed(&|it| it["log"]["leaf_hash"] = json!("0".repeat(64))), "log entry of the opening is another"),
        (changed(&|it| it["log"]["leaf_hash"] = json!("0".repeat(64))), "the proof that the opening is in the log"),
        (open.extension(later, SIGNED), "extension 0 is not right"),
        (open.extension("2096-06-10T17:00:00Z", &of_later), "extension 0 is not right"),
        (open.extension(earlier, &of_later), "which is not later"),
        (json!({}), "the opening is not right"),
    ] {
        stub.of_ballot("/opening", opening);
        noticed(words);
    }
    stub.remove("/opening");
    noticed("the opening is gone: status 404");
    stub.of_ballot("/opening", &open.opening);

    let mut entries = entries(path);
    entries[0] = hash("an invented person");
    entries.sort_unstable();
    stub.of_ballot("/roll", json!({"entries": entries}));
    noticed("the roll is another: its root is");
    entries.pop();
    stub.of_ballot("/roll", json!({"entries": entries}));
    noticed("the roll is another: it has 44 entries");
    stub.remove("/roll");
    noticed("the roll is not shown");
    stub.of_ballot("/roll", json!({"entries": self::entries(path)}));

    stub.of_ballot("/verification-bundle", sample_bundle());
    noticed("votes are published before casting ends at 2096-06-08T17:00:00Z");
    stub.remove("/verification-bundle");

    Log::new(path, "stranger.pem", "another").show(stub, 1);
    noticed("the head of the log is not right");
    open.log.show(stub, 2);
    stub.set("/v1/log/proofs/consistency?from=1&to=2", json!({"hashes": ["0".repeat(64)]}));
    noticed("the log does not continue");
    // What was noticed once is not forgotten, and not told twice.
    open.log.show(stub, 2);
    let ended = watch(path, stub);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    let kept = fs::read_to_string(path.join("state.json")).unwrap();
    assert!(ended.stderr.contains("state.json") && kept.contains("does not continue") && kept.contains("\"refused\""));
}

#[test]
fn a_watch_verifies_the_bundle_against_the_opening_that_it_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (path, stub) = (folder.path(), Stub::new());
    let bundle: Value = serde_json::from_str(&sample_bundle()).unwrap();
    let log = Log::new(path, "log.pem", "another");
    log.show(&stub, 1);
    let mut opening = opening_of(&bundle["manifest"]);
    opening["signatures"] = bundle["signatures"].clone();
    opening["opened_at"] = json!("2026-06-01T08:00:00Z");
    opening["log"] = log.proof();
    let mut extended = opening.clone();
    extended["extensions"] = bundle["extensions"].clone();
    extended["extensions"][0]["reason"] = json!("Snow");
    extended["closes_at"] = bundle["closed_at"].clone();
    stub.of_ballot("", json!({"state": "closed"}));
    stub.of_ballot("/opening", &extended);
    stub.of_ballot("/roll", json!({"entries": bundle["entries"]}));
    stub.of_ballot("/verification-bundle", &bundle);

    let lines = watched(path, &stub);
    assert!(lines.last().unwrap().starts_with("verified: 40 of 45 voted (28 online, 12 on paper): "), "{lines:?}");
    assert!(lines.contains(&"issuer b has signed the manifest".to_owned()), "{lines:?}");
    assert_eq!(watched(path, &stub), [""; 0]);

    let noticed = |words: &str| {
        drop(fs::remove_file(path.join("state.json")));
        let ended = watch(path, &stub);
        assert_eq!(ended.code, Some(1), "{words}: {ended:?}");
        assert!(ended.stdout.contains(words) && !ended.stdout.contains("Z verified"), "no {words:?} in {ended:?}");
    };
    stub.of_ballot("/opening", &opening);
    noticed("WRONG: the bundle has other extensions than the opening had");
    let mut forged = bundle.clone();
    forged["result"]["leading"] = json!(["mutual"]);
    stub.of_ballot("/opening", &extended);
    stub.of_ballot("/verification-bundle", &forged);
    noticed("WRONG: FAILED: the result is what counting gives: result.leading is");
    stub.of_ballot("/verification-bundle", "{}");
    noticed("WRONG: the bundle is refused");
    stub.remove("/verification-bundle");
    noticed("WRONG: the ballot was to close at 2026-06-12T17:00:00Z, and there is no bundle: status 404");
}

#[test]
fn a_watch_says_that_the_service_cannot_be_reached() {
    let Open { folder, stub, .. } = Open::new();
    let path = folder.path();
    watched(path, &stub);
    let url = stub.url();
    drop(stub);
    let arguments = ["watch", "--url", &url, "--ballot", BALLOT, "--state-file", "state.json", "--once"];
    let ended = run(path, &arguments);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("Z the service cannot be reached: ") && !ended.stdout.contains("WRONG"), "{ended:?}");
    assert!(ended.stderr.contains("the ballot could not be watched"), "{ended:?}");
    let other = "0190c0de-0000-7000-8000-000000000002";
    refused(
        path,
        &["watch", "--url", &url, "--ballot", other, "--state-file", "state.json", "--once"],
        "of another ballot or service",
    );
}

#[test]
fn a_bundle_is_fetched_by_the_address_of_its_ballot() {
    let folder = tempfile::tempdir().unwrap();
    let stub = Stub::new();
    let address = format!("{}/v1/staff-ballots/{BALLOT}", stub.url());
    refused(folder.path(), &["verify", &address], "responds with 404");
    stub.of_ballot("/verification-bundle", sample_bundle());
    let said = told(folder.path(), &["verify", &address]);
    assert!(said.lines().last().unwrap().starts_with("verified: 40 of 45 voted"), "{said}");
    stub.of_ballot("/verification-bundle", sample_bundle().replacen("{", "{\"\\u001b[2J\\u202e\":1,", 1));
    refused(folder.path(), &["verify", &address], "/\\u{1b}[2J\\u{202e}: there is no such field");
}

#[test]
fn a_watch_goes_on_until_there_is_nothing_more_to_watch() {
    let open = Open::new();
    let path = open.path();
    open.stub.of_ballot("/opening", opening_of(&open.opening["manifest"]));
    let url = open.stub.url();
    let arguments =
        ["ballot", "watch", "--url", &url, "--ballot", BALLOT, "--state-file", "state.json", "--interval", "1"];
    let begun = Program::new(&arguments).in_folder(path).begin();
    while !path.join("state.json").exists() {
        thread::sleep(Duration::from_millis(10));
    }
    refused(path, &arguments[1..], "another watch uses the state file");
    open.stub.of_ballot("", json!({"state": "cancelled"}));
    let ended = begun.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let last = ended.stdout.lines().last().unwrap();
    assert!(last.ends_with("Z the ballot is in the state cancelled"), "{ended:?}");
}

//! A ballot that is held in the service, with those who take part: an administrator, an editor, issuers and voters.
//!
//! Issuers use the program's commands, as they do in life. Voters hash what the protocol says.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::fixture::{MUTUALS, STAFF_BALLOTS, id, mutual, with};
use crate::{Database, Program, Response, TestApp};

/// How long casting takes in a ballot of the tests, in seconds. The cases put the clock forward.
pub const CASTING: i64 = 3_600;
/// How long papers may come after casting has ended, in seconds.
pub const PAPER: i64 = 3_600;

/// The SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A service that can sign receipts: with one key for all services of the tests.
pub fn signing(database: Database) -> TestApp {
    signing_with(database, |_| {})
}

/// The same with settings of its own.
pub fn signing_with(database: Database, configure: impl FnOnce(&mut api::Config)) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let key = signing_key_file(folder.path());
    TestApp::with(database, |config| {
        config.signer = Some(api::LogSigner::open(&key, "example.org/log").unwrap());
        configure(config);
    })
}

/// Puts the signing key of the services into a file in this folder.
pub fn signing_key_file(folder: &Path) -> PathBuf {
    let key = folder.join("key");
    fs::write(&key, format!("{SIGNING_KEY}\n")).unwrap();
    fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    key
}

/// The signing key of the services, in hexadecimal.
pub const SIGNING_KEY: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

/// A ballot with its issuers.
pub struct HostedBallot {
    /// Its path.
    pub path: String,
    /// Its id.
    pub id: String,
    /// The key of the editor who wrote it.
    pub editor: String,
    /// The API keys of its issuers, `a` first.
    pub issuers: Vec<String>,
    /// How many people are on its roll.
    pub voters: usize,
    /// The codes of the voters, by side; empty before the opening.
    pub codes: Vec<Vec<String>>,
    folder: TempDir,
}

/// What a voter sends, and keeps.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// The body.
    pub body: Value,
    /// The nonce.
    pub nonce: String,
}

/// A draft of a ballot that is held here, from now on.
pub fn draft(app: &TestApp, mutual_id: &str, issuers: usize) -> Value {
    let at = |seconds: i64| {
        let at = app.now() + chrono::TimeDelta::seconds(seconds);
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    json!({
        "mutual_id": mutual_id,
        "kind": "formal",
        "mode": "hosted",
        "question": "Shall we leave the council, as a mutual?",
        "method": "single_choice",
        "options": [
            {"key": "yes", "label": "Yes", "effect": "mutual"},
            {"key": "no", "label": "No", "effect": "remain_in_house"},
            {"key": "none", "label": "Neither", "effect": "abstain"}
        ],
        "thresholds": [{"basis": "turnout", "percent": "50.00"}],
        "hosting": {"issuer_count": issuers, "opens_at": at(0), "closes_at": at(CASTING)}
    })
}

impl HostedBallot {
    /// A draft with so many issuers, who are appointed.
    pub async fn appointed(app: &TestApp, issuers: usize, voters: usize, more: Value) -> Self {
        let led = app.create(MUTUALS, &mutual(&format!("Led {}", uuid::Uuid::now_v7()))).await;
        let editor = app.database().make_key("department_editor", &[]);
        let draft = with(draft(app, id(&led), issuers), more);
        let ballot = app.post(STAFF_BALLOTS, &draft).with_key(&editor).await.expect(201);
        let mut held = Self {
            path: format!("{STAFF_BALLOTS}/{}", id(&ballot)),
            id: id(&ballot).to_owned(),
            editor,
            issuers: Vec::new(),
            voters,
            codes: Vec::new(),
            folder: tempfile::tempdir().unwrap(),
        };
        for side in ["a", "b"].into_iter().take(issuers) {
            let (key, body) = held.appointment(app, side);
            app.put(held.below(&format!("issuers/{side}")), &body).await.expect(200);
            held.issuers.push(key);
        }
        held
    }

    /// The same with its roll frozen.
    pub async fn frozen(app: &TestApp, issuers: usize, voters: usize, more: Value) -> Self {
        let held = Self::appointed(app, issuers, voters, more).await;
        for side in held.sides() {
            held.send_roll(app, side).await.expect(200);
        }
        app.request("POST", held.below("freeze-roll")).with_key(&held.issuers[0]).await.expect(200);
        held.fetch_manifest(app).await;
        held
    }

    /// The same, open, with the codes of its voters.
    pub async fn open(app: &TestApp, issuers: usize, voters: usize, more: Value) -> Self {
        let mut held = Self::frozen(app, issuers, voters, more).await;
        held.begin(app).await;
        held
    }

    /// Opens what is frozen.
    async fn begin(&mut self, app: &TestApp) {
        for side in self.sides() {
            self.sign_manifest(app, side).await.expect(200);
        }
        self.codes = self.sides().iter().map(|side| self.letters(side)).collect();
        app.request("POST", self.below("open")).with_key(&self.issuers[0]).await.expect(200);
    }

    /// A ballot of one issuer, who has sent the roll, for [`HostedBallot::hold`].
    pub async fn prepared(app: &TestApp, voters: usize) -> Self {
        let held = Self::appointed(app, 1, voters, json!({})).await;
        held.send_roll(app, "a").await.expect(200);
        held
    }

    /// Freezes and opens it, for casting from now until this time. It takes a moment, since an issuer signs.
    pub async fn hold(&mut self, app: &TestApp, until: chrono::DateTime<chrono::Utc>) {
        let second = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let times = json!({ "opens_at": second(app.now()), "closes_at": second(until) });
        app.patch(&self.path, &json!({ "hosting": times })).with_key(&self.editor).await.expect(200);
        app.request("POST", self.below("freeze-roll")).with_key(&self.issuers[0]).await.expect(200);
        self.fetch_manifest(app).await;
        self.begin(app).await;
    }

    /// The sides of its issuers.
    pub fn sides(&self) -> &'static [&'static str] {
        if self.issuers.len() == 2 { &["a", "b"] } else { &["a"] }
    }

    /// A path below that of the ballot.
    pub fn below(&self, rest: &str) -> String {
        format!("{}/{rest}", self.path)
    }

    /// The API key of the issuer of a side.
    pub fn issuer(&self, side: &str) -> &str {
        &self.issuers[usize::from(side == "b")]
    }

    /// A new API key for the issuer of a side, and the body of the appointment, with a new key to sign with.
    pub fn appointment(&self, app: &TestApp, side: &str) -> (String, Value) {
        let key = app.database().make_key("scrutineer", &[]);
        let file = format!("{side}.pem");
        let _ = fs::remove_file(self.folder.path().join(&file));
        let public = self.told(&["key", &file]);
        let body = json!({
            "key_id": key_id(&key),
            "name": format!("Issuer {side}"),
            "organisation": "Independent Scrutineers",
            "public_key": public
        });
        (key, body)
    }

    /// What the issuer of a side uploads.
    pub fn roll(&self, side: &str) -> Value {
        let (seed, count) = (format!("{side}.seed"), self.voters.to_string());
        let mut arguments = vec!["codes", "--ballot", &self.id, "--count", &count, "--seed-file", &seed];
        if self.issuers.len() == 2 {
            arguments.extend(["--side", side]);
        }
        serde_json::from_str(&self.told(&arguments)).unwrap()
    }

    /// Uploads it.
    pub async fn send_roll(&self, app: &TestApp, side: &str) -> Response {
        app.put(self.roll_path(side), &self.roll(side)).with_key(self.issuer(side)).await
    }

    /// Where the issuer of a side uploads it.
    pub fn roll_path(&self, side: &str) -> String {
        if self.issuers.len() == 2 { self.below(&format!("roll/{side}")) } else { self.below("roll") }
    }

    /// Keeps the manifest as the service shows it.
    pub async fn fetch_manifest(&self, app: &TestApp) {
        let opening = app.get(self.below("opening")).without_key().await.expect(200);
        // serde_json keeps the order of the text, which is canonical.
        fs::write(self.file("manifest.json"), opening["manifest"].to_string()).unwrap();
        fs::write(self.file("opening.json"), opening.to_string()).unwrap();
    }

    /// The signature of an issuer: of the manifest, or of what further arguments say.
    pub fn sign(&self, side: &str, more: &[&str]) -> String {
        let key = format!("{side}.pem");
        self.told(&[&["sign", "--key-file", &key, "--manifest", "manifest.json"], more].concat())
    }

    /// Sends the signature of the manifest.
    pub async fn sign_manifest(&self, app: &TestApp, side: &str) -> Response {
        let body = json!({ "signature": self.sign(side, &[]) });
        app.put(self.below(&format!("manifest-signatures/{side}")), &body).with_key(self.issuer(side)).await
    }

    /// The codes on the letters of a side.
    fn letters(&self, side: &str) -> Vec<String> {
        let (seed, count) = (format!("{side}.seed"), self.voters.to_string());
        let mut arguments =
            vec!["codes", "--ballot", &self.id, "--count", &count, "--seed-file", &seed, "--manifest", "manifest.json"];
        if self.issuers.len() == 2 {
            arguments.extend(["--side", side]);
        }
        let table = self.told(&arguments);
        let code = |row: &str| row.split(',').nth(1).unwrap().replace([' ', '"'], "");
        table.lines().skip(1).map(code).collect()
    }

    /// What a voter spends.
    pub fn spends(&self, voter: usize) -> Vec<String> {
        let spend = |codes: &Vec<String>| sha256(&format!("psm-ballot-v1:spend:{}:{}", self.id, codes[voter]));
        self.codes.iter().map(spend).collect()
    }

    /// What a voter sends for a choice.
    pub fn vote(&self, voter: usize, choice: &str) -> Ballot {
        let nonce = sha256(&uuid::Uuid::now_v7().to_string())[..32].to_owned();
        let spends = self.spends(voter);
        let body = match (self.codes.as_slice(), spends.as_slice()) {
            ([codes], [spend]) => {
                let tracker = sha256(&format!("psm-ballot-v1:tracker:{}:{}:{nonce}", self.id, codes[voter]));
                json!({ "spend": spend, "tracker": tracker, "choice": choice })
            }
            ([a, b], [spend_a, spend_b]) => {
                let of = format!("psm-ballot-v1:tracker2:{}:{}:{}:{nonce}", self.id, a[voter], b[voter]);
                json!({ "spend_a": spend_a, "spend_b": spend_b, "tracker": sha256(&of), "choice": choice })
            }
            _ => panic!("the ballot is not open"),
        };
        Ballot { body, nonce }
    }

    /// Casts a vote.
    pub async fn cast(&self, app: &TestApp, ballot: &Ballot) -> Response {
        app.post(self.below("votes"), &ballot.body).without_key().await
    }

    /// The complaint of a voter who has this ballot paper.
    pub fn complaint(&self, voter: usize, ballot: &Ballot) -> Value {
        let mut complaint = json!({ "nonce": ballot.nonce, "choice": ballot.body["choice"] });
        match self.codes.as_slice() {
            [codes] => complaint["code"] = json!(codes[voter]),
            [a, b] => {
                complaint["code_a"] = json!(a[voter]);
                complaint["code_b"] = json!(b[voter]);
            }
            _ => panic!("the ballot is not open"),
        }
        complaint
    }

    /// Lets casting end and the clock close the ballot.
    pub async fn expire(&self, app: &TestApp) -> Value {
        app.pass(Duration::from_secs(u64::try_from(CASTING).unwrap()));
        self.wait_for(app, "closed").await
    }

    /// Lets the clock close the ballot, and declares its result. The first issuer is its scrutineer.
    pub async fn declare(&self, app: &TestApp) -> Value {
        self.expire(app).await;
        let scrutineer = &self.issuers[0];
        app.put(self.below("scrutineer-report"), &json!({"satisfied": true})).with_key(scrutineer).await.expect(200);
        app.post(self.below("declare"), &json!({})).with_key(scrutineer).await.expect(200)
    }

    /// Waits until the ballot is in a state.
    pub async fn wait_for(&self, app: &TestApp, state: &str) -> Value {
        for _ in 0..200 {
            let ballot = app.get(&self.path).without_key().await.expect(200);
            if ballot["state"] == state {
                return ballot;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the ballot does not become {state}");
    }

    /// What the public's script says of the verification bundle, which must pass; as further arguments ask.
    pub async fn verify(&self, app: &TestApp, more: &[&str]) -> String {
        let bundle = app.get(self.below("verification-bundle")).without_key().await;
        assert_eq!(bundle.status(), 200, "{}", bundle.text());
        fs::write(self.file("bundle.json"), bundle.bytes()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify-ballot.py");
        let mut command = std::process::Command::new("python3");
        command.arg(script).arg("bundle.json").args(["--opening", "opening.json"]).args(more);
        let ended = command.current_dir(self.folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
        said
    }

    /// A file of the issuers'.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn told(&self, arguments: &[&str]) -> String {
        let ended = Program::new(&[&["ballot"], arguments].concat()).in_folder(self.folder.path()).run();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout.trim().to_owned()
    }
}

/// The id of an API key.
pub fn key_id(key: &str) -> String {
    let digits = key.split('_').nth(1).unwrap();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

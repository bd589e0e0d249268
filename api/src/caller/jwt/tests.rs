use std::fs;

use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use clap::Parser as _;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::jwk::Jwk;
use serde_json::json;
use tempfile::TempDir;

use super::*;

const NOW: i64 = 1_800_000_000;

/// What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410; RFC 5915).
const ED25519: &str = "302e020100300506032b657004220420";
const P256: &str = "304102010030130607 2a8648ce3d0201 06082a8648ce3d030107 042730250201010420";

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

struct Issuer {
    folder: TempDir,
    verifier: Verifier,
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn private_key(prefix: &str, seed: u8) -> Vec<u8> {
    let prefix: String = prefix.split_whitespace().collect();
    let bytes = (0..prefix.len()).step_by(2).map(|at| u8::from_str_radix(&prefix[at..at + 2], 16).unwrap());
    bytes.chain([seed; 32]).collect()
}

fn ed25519(seed: u8) -> EncodingKey {
    EncodingKey::from_ed_der(&private_key(ED25519, seed))
}

fn p256(seed: u8) -> EncodingKey {
    EncodingKey::from_ec_der(&private_key(P256, seed))
}

fn public_key(key: &EncodingKey, algorithm: Algorithm, kid: &str) -> Value {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
    jwk.common.key_id = Some(kid.to_owned());
    serde_json::to_value(jwk).unwrap()
}

fn key_set() -> Value {
    json!({ "keys": [
        public_key(&ed25519(1), Algorithm::EdDSA, "ed"),
        public_key(&p256(1), Algorithm::ES256, "ec"),
        { "kty": "AKP", "alg": "ML-DSA-44", "kid": "new", "pub": "AA" },
        { "kty": "RSA", "use": "enc", "kid": "for-encryption", "n": "AQ".repeat(200), "e": "AQAB" },
        { "kty": "RSA", "kid": "short", "n": "qqqq".repeat(40), "e": "AQAB" },
    ] })
}

fn issuer_with(change: impl FnOnce(&mut Settings)) -> Issuer {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    fs::write(&file, key_set().to_string()).unwrap();
    let arguments = ["", "--jwt-issuer=https://login.example", "--jwt-audience=https://register.example"];
    let file = format!("--jwt-jwks-file={}", file.display());
    let mut settings = Line::parse_from(arguments.into_iter().chain([file.as_str()])).settings;
    change(&mut settings);
    Issuer { folder, verifier: Verifier::open(settings).unwrap() }
}

fn issuer() -> Issuer {
    issuer_with(|_| {})
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example",
        "aud": "https://register.example",
        "sub": "client-7",
        "iat": NOW - 60,
        "exp": NOW + 600,
        "mutuals_role": "department_editor",
        "mutuals_departments": ["cabinet-office"],
    })
}

fn with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

fn without(claim: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(claim);
    claims
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn token(claims: &Value) -> String {
    signed(&json!({ "alg": "EdDSA", "kid": "ed", "typ": "at+jwt" }), claims, &ed25519(1), Algorithm::EdDSA)
}

impl Verifier {
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Bearer, Refusal> {
        self.read(token, &self.keys.keys(), now)
    }
}

impl Issuer {
    fn read(&self, claims: &Value) -> Result<Bearer, Refusal> {
        self.verifier.verify(&token(claims), now())
    }

    fn with_header(&self, header: Value) -> Result<Bearer, Refusal> {
        self.verifier.verify(&signed(&header, &claims(), &ed25519(1), Algorithm::EdDSA), now())
    }
}

#[test]
fn a_token_says_who_its_bearer_is() {
    let expected = Bearer {
        subject: "client-7".to_owned(),
        role: Role::DepartmentEditor,
        departments: Some(vec!["cabinet-office".parse().unwrap()]),
        expires_at: now() + TimeDelta::seconds(600),
    };
    let issuer = issuer();
    assert_eq!(issuer.read(&claims()), Ok(expected.clone()));
    let es256 = signed(&json!({ "alg": "ES256", "kid": "ec" }), &claims(), &p256(1), Algorithm::ES256);
    assert_eq!(issuer.verifier.verify(&es256, now()), Ok(expected.clone()));
    assert_eq!(issuer.read(&with("aud", json!(["https://else.example", "https://register.example"]))), Ok(expected));
}

#[test]
fn what_is_no_signed_jwt_is_refused() {
    let good = token(&claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let not_json = BASE64_URL_SAFE_NO_PAD.encode("[]");
    for other in [
        "",
        ".",
        "..",
        "x.y.z",
        "opaque",
        message,
        &format!("{good}.x"),
        &format!("{not_json}.{not_json}.{signature}"),
        &format!("{message}.!"),
    ] {
        assert_eq!(issuer().verifier.verify(other, now()), Err(Refusal::Malformed), "{other}");
    }
}

#[test]
fn an_issuer_is_one_string() {
    let issuer = issuer();
    let own = "https://login.example";
    for other in [json!([own]), json!([own, own]), json!([]), json!({ own: own }), json!(7), json!(null)] {
        let refused = issuer.read(&with("iss", other.clone())).unwrap_err();
        assert!([Refusal::Issuer, Refusal::Claim("iss")].contains(&refused), "{other}: {refused}");
    }
    for other in ["https://login.example/", "https://LOGIN.example", " https://login.example", ""] {
        assert_eq!(issuer.read(&with("iss", json!(other))), Err(Refusal::Issuer), "{other}");
    }
}

#[test]
fn an_algorithm_is_taken_only_if_it_is_pinned() {
    let issuer = issuer();
    let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    for none in ["none", "None", "NONE", ""] {
        let unsigned = format!("{}.{}.", part(json!({ "alg": none, "kid": "ed" })), part(claims()));
        assert_eq!(issuer.verifier.verify(&unsigned, now()), Err(Refusal::Algorithm), "{none}");
    }
    // The public key as a shared secret.
    let public = public_key(&ed25519(1), Algorithm::EdDSA, "ed");
    let secret = EncodingKey::from_secret(public["x"].as_str().unwrap().as_bytes());
    let forged = signed(&json!({ "alg": "HS256", "kid": "ed" }), &claims(), &secret, Algorithm::HS256);
    assert_eq!(issuer.verifier.verify(&forged, now()), Err(Refusal::Algorithm));
    assert_eq!(issuer.with_header(json!({ "alg": "PS256", "kid": "ed" })), Err(Refusal::Algorithm));
    let es256_only = issuer_with(|settings| settings.algorithms = vec![Algorithm::ES256]);
    assert_eq!(es256_only.read(&claims()), Err(Refusal::Algorithm));
}

#[test]
fn a_key_is_found_by_its_id_and_used_for_its_own_algorithm() {
    let issuer = issuer();
    assert_eq!(issuer.with_header(json!({ "alg": "EdDSA" })), Err(Refusal::NoKey));
    for kid in ["else", "ec", "new", "for-encryption", "short", ""] {
        assert_eq!(issuer.with_header(json!({ "alg": "EdDSA", "kid": kid })), Err(Refusal::UnknownKey), "{kid}");
    }
    assert_eq!(issuer.with_header(json!({ "alg": "RS256", "kid": "short" })), Err(Refusal::UnknownKey));
}

#[test]
fn a_key_that_a_token_brings_along_counts_for_nothing() {
    let own = ed25519(9);
    let mut header = json!({ "alg": "EdDSA", "kid": "mine", "jwk": public_key(&own, Algorithm::EdDSA, "mine") });
    let forged = signed(&header, &claims(), &own, Algorithm::EdDSA);
    assert_eq!(issuer().verifier.verify(&forged, now()), Err(Refusal::UnknownKey));
    header["kid"] = json!("ed");
    let forged = signed(&header, &claims(), &own, Algorithm::EdDSA);
    assert_eq!(issuer().verifier.verify(&forged, now()), Err(Refusal::Signature));
}

#[test]
fn a_changed_token_is_refused() {
    let (good, other) = (token(&claims()), token(&with("mutuals_role", json!("admin"))));
    let (good, other): (Vec<_>, Vec<_>) = (good.split('.').collect(), other.split('.').collect());
    let spliced = [good[0], other[1], good[2]].join(".");
    assert_eq!(issuer().verifier.verify(&spliced, now()), Err(Refusal::Signature));
}

#[test]
fn a_token_with_one_other_character_is_refused() {
    let (issuer, good) = (issuer(), token(&claims()));
    for at in (0..good.len()).step_by(3).chain([good.len() - 1]) {
        let other = if good[at..].starts_with('A') { "B" } else { "A" };
        let changed = format!("{}{other}{}", &good[..at], &good[at + 1..]);
        assert!(issuer.verifier.verify(&changed, now()).is_err(), "{changed}");
    }
}

#[test]
fn only_access_tokens_without_unknown_extensions_are_taken() {
    let issuer = issuer();
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        assert!(issuer.with_header(json!({ "alg": "EdDSA", "kid": "ed", "typ": typ })).is_ok(), "{typ}");
    }
    for typ in ["dpop+jwt", "logout+jwt", "secevent+jwt", ""] {
        assert_eq!(issuer.with_header(json!({ "alg": "EdDSA", "kid": "ed", "typ": typ })), Err(Refusal::Kind), "{typ}");
    }
    let critical = json!({ "alg": "EdDSA", "kid": "ed", "crit": ["b64"], "b64": false });
    assert_eq!(issuer.with_header(critical), Err(Refusal::Extensions));
}

#[test]
fn issuer_and_audience_are_pinned() {
    let issuer = issuer();
    assert_eq!(issuer.read(&with("iss", json!("https://login.example/"))), Err(Refusal::Issuer));
    assert_eq!(issuer.read(&without("iss")), Err(Refusal::Claim("iss")));
    for aud in [json!("https://register.example.evil"), json!(["a", "b"]), json!([])] {
        assert_eq!(issuer.read(&with("aud", aud.clone())), Err(Refusal::Audience), "{aud}");
    }
    assert_eq!(issuer.read(&without("aud")), Err(Refusal::Claim("aud")));
}

#[test]
fn a_token_is_taken_from_its_begin_to_its_end_give_or_take_half_a_minute() {
    let issuer = issuer();
    for (claim, value, expected) in [
        ("exp", NOW - 29, None),
        ("exp", NOW - 30, Some(Refusal::Expired)),
        ("nbf", NOW + 30, None),
        ("nbf", NOW + 31, Some(Refusal::NotYetValid)),
        ("iat", NOW + 31, Some(Refusal::NotYetValid)),
        ("exp", NOW - 60 + 24 * 3600, None),
        ("exp", NOW - 60 + 24 * 3600 + 1, Some(Refusal::LongLived)),
        ("exp", -1, Some(Refusal::Claim("exp"))),
        ("exp", i64::MAX, Some(Refusal::Claim("exp"))),
    ] {
        assert_eq!(issuer.read(&with(claim, json!(value))).err(), expected, "{claim} {value}");
    }
    for claim in ["exp", "iat"] {
        assert_eq!(issuer.read(&without(claim)), Err(Refusal::Claim(claim)));
        assert_eq!(issuer.read(&with(claim, json!("soon"))), Err(Refusal::Claim(claim)));
        assert_eq!(issuer.read(&with(claim, json!(null))), Err(Refusal::Claim(claim)));
    }
    assert!(issuer.read(&with("exp", json!(1_800_000_600.75))).is_ok());
}

#[test]
fn a_subject_is_short_enough_for_the_log() {
    let issuer = issuer();
    for subject in [json!(""), json!("a\nb"), json!("x".repeat(201)), json!(7)] {
        assert_eq!(issuer.read(&with("sub", subject)), Err(Refusal::Claim("sub")));
    }
    assert_eq!(issuer.read(&without("sub")), Err(Refusal::Claim("sub")));
}

#[test]
fn a_token_has_one_role() {
    let issuer = issuer();
    let role = |value: Value| issuer.read(&with("mutuals_role", value)).map(|bearer| bearer.role);
    assert_eq!(role(json!("mutual_editor")), Ok(Role::MutualEditor));
    assert_eq!(role(json!(["offline_access", "procurement_officer"])), Ok(Role::ProcurementOfficer));
    for other in [json!("root"), json!("Admin"), json!([]), json!(["admin", "auditor"]), json!({ "admin": true })] {
        assert_eq!(role(other.clone()), Err(Refusal::Role), "{other}");
    }
    assert_eq!(issuer.read(&without("mutuals_role")), Err(Refusal::Role));
}

#[test]
fn departments_go_with_the_roles_that_have_them() {
    let issuer = issuer();
    let departments = |role: &str, value: Value| {
        let mut claims = with("mutuals_departments", value);
        claims["mutuals_role"] = json!(role);
        issuer.read(&claims).map(|bearer| bearer.departments.map(|keys| keys.len()))
    };
    let id = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f";
    assert_eq!(departments("mutual_editor", json!([id, "home-office"])), Ok(Some(2)));
    assert_eq!(departments("mutual_editor", json!("home-office")), Ok(Some(1)));
    assert_eq!(departments("mutual_editor", json!("*")), Ok(None));
    assert_eq!(departments("admin", json!("*")), Ok(None));
    for other in [json!([]), json!(["Home Office"]), json!(["home-office", 7]), json!(["*"]), json!(null)] {
        assert_eq!(departments("mutual_editor", other.clone()), Err(Refusal::Departments), "{other}");
    }
    assert_eq!(departments("admin", json!(["home-office"])), Err(Refusal::Departments));
    assert_eq!(issuer.read(&without("mutuals_departments")), Err(Refusal::Departments));
    let mut auditor = without("mutuals_departments");
    auditor["mutuals_role"] = json!("auditor");
    assert_eq!(issuer.read(&auditor).map(|bearer| bearer.departments), Ok(None));
}

#[test]
fn claims_may_have_other_names() {
    let issuer = issuer_with(|settings| settings.role_claim = "https://login.example/roles".to_owned());
    assert_eq!(issuer.read(&claims()), Err(Refusal::Role));
    assert!(issuer.read(&with("https://login.example/roles", json!("mutual_editor"))).is_ok());
}

#[test]
fn a_key_file_must_have_public_keys_of_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let open = |text: &str| {
        fs::write(&file, text).unwrap();
        KeyFile::open(&file, &[Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA]).unwrap_err()
    };
    assert!(matches!(open("<html>"), KeySetError::Malformed(_)));
    assert!(matches!(open(r#"{"keys":[]}"#), KeySetError::Useless));
    assert!(matches!(open(r#"{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}"#), KeySetError::Private));
    let mut key = public_key(&ed25519(1), Algorithm::EdDSA, "ed");
    key["d"] = json!("AAAA");
    assert!(matches!(open(&json!({ "keys": [key] }).to_string()), KeySetError::Private));
    assert!(matches!(KeyFile::open(folder.path(), &[]), Err(KeySetError::Unreadable(_))));
}

#[test]
fn a_changed_key_file_is_read_again_and_a_broken_one_is_not() {
    let issuer = issuer();
    let file = issuer.folder.path().join("jwks.json");
    let a_second = Duration::from_millis(1_050);
    fs::write(&file, "{").unwrap();
    std::thread::sleep(a_second);
    assert!(issuer.read(&claims()).is_ok());
    fs::write(&file, json!({ "keys": [public_key(&ed25519(2), Algorithm::EdDSA, "ed-2")] }).to_string()).unwrap();
    std::thread::sleep(a_second);
    assert_eq!(issuer.read(&claims()), Err(Refusal::UnknownKey));
    let header = json!({ "alg": "EdDSA", "kid": "ed-2" });
    let rotated = signed(&header, &claims(), &ed25519(2), Algorithm::EdDSA);
    assert!(issuer.verifier.verify(&rotated, now()).is_ok());
}

#[test]
fn shared_secrets_are_no_algorithm() {
    assert_eq!(key_set::parse_algorithm(" ES256"), Ok(Algorithm::ES256));
    for other in ["HS256", "none", "", "es256"] {
        assert!(key_set::parse_algorithm(other).is_err(), "{other}");
    }
}

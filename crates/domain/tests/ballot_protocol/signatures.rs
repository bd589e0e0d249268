//! Keys, signatures and what is signed. The signatures were made by `openssl pkeyutl -sign -rawin`, with the key of the first test of
//! RFC 8032 (section 7.1).

use domain::FaultCode;
use domain::ballot_protocol::{Opening, PublicKey, Sha256Hex, Signature, Vote, WholeSecond, receipt_seed};

use crate::kit::ballot;

const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const RECEIPT_KEY: &str = "YggBpmWEEWXccdN1771d15M9Wzyk4is9SQl/SURZWss=";

fn seed() -> [u8; 32] {
    *SEED.parse::<Sha256Hex>().unwrap().as_bytes()
}

fn opening() -> Opening {
    let manifest = "b3e99a219b32e5623c043b679467d3d578c5d2d38a68cd3440da02945875ecf3";
    Opening { ballot: ballot(), manifest: manifest.parse().unwrap() }
}

fn vote() -> Vote {
    let tracker = "78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014";
    Vote { tracker: tracker.parse().unwrap(), choice: "yes".to_owned() }
}

#[test]
fn what_openssl_signed_is_verified() {
    let opening = opening();
    let closes_at = "2026-06-09T17:00:00Z".parse().unwrap();
    let batch = "0000000000000000000000000000000000000000000000000000000000000001".parse().unwrap();
    let manifest = "QGeSqSUhvUKSs9bYku94hGPaohArQwnomwNBgZCQzhGt0pgvKzoh3Bt0XeZ78x+Sk7fmFOk6l2FwAkZi+qCWAg==";
    let extension = "/F/9+im8/eRjjSq43ZJQM2EN62ANb6Z3QWKBCOl+RqiFXz6zgxx1kDnYVW0I2UVyE2y8coo4QwYH+T7R/8A2DA==";
    let cancellation = "rZiXfGCXEQDekkQ3Jgw/Yse9wKGpGlKvHtO4PlHVJUcXAnsy8VCeIslTbKIdb4wfEAEHcSSW62HvEtcxvbPyCA==";
    let paper = "QcFNE7cJgkV+uaSQ4NLvJ9o9oRWBEL1VQ8WGqBXE5jQbYQGYRQMmewWCNJRcQHW30RBe2fElX3LeTwOI1pHJAw==";
    let receipt = "U2pQm2abwSMChaDycWDrhoXXw+TjhXvhbou+uMekhMNF6b9p0TYSeZKm2IDxcw9gM9T/BeyJo+l6NZ6/u+QWDA==";
    let signed = [
        (KEY, opening.manifest_message(), manifest),
        (KEY, opening.extension_message(closes_at), extension),
        (KEY, opening.cancellation_message("The list of staff was wrong – sorry"), cancellation),
        (KEY, opening.paper_message(&batch), paper),
        (RECEIPT_KEY, opening.receipt_message(&vote()), receipt),
    ];
    for (key, message, signature) in &signed {
        let (key, signature): (PublicKey, Signature) = (key.parse().unwrap(), signature.parse().unwrap());
        assert!(key.verifies(message, &signature), "{message}");
        assert!(!key.verifies(&format!("{message} "), &signature), "{message}");
        assert!(!PublicKey::of_seed(&[7; 32]).verifies(message, &signature), "{message}");
    }
}

/// The seed was computed by Python's `hmac`, as RFC 5869 says.
#[test]
fn the_receipt_key_follows_from_the_signing_key_and_the_ballot() {
    let receipt = receipt_seed(&seed(), ballot());
    let expected = "306bac3366df257e320c2034eba8f03f680c0490399450e1da82f6cf3b481d87";
    assert_eq!(Sha256Hex::from_bytes(receipt).to_string(), expected);
    assert_eq!(PublicKey::of_seed(&receipt).to_string(), RECEIPT_KEY);
    assert_eq!(PublicKey::of_seed(&seed()).to_string(), KEY);

    let other = "0190c0de-0000-7000-8000-000000000002".parse().unwrap();
    assert_ne!(receipt_seed(&seed(), other), receipt);
}

#[test]
fn a_receipt_is_read_as_that_of_its_ballot_and_manifest_only() {
    let receipt = opening().receipt_message(&vote());
    let other = Opening { manifest: Sha256Hex::of("another"), ..opening() };

    assert_eq!(opening().read_receipt(&receipt), Some(vote()));
    assert_eq!(other.read_receipt(&receipt), None);
    for none in ["", "psm-ballot-v1:receipt:", receipt.trim_end_matches(":yes"), &receipt.replace("7807", "780G")] {
        assert_eq!(opening().read_receipt(none), None, "{none}");
    }
}

#[test]
fn the_fingerprint_is_the_beginning_of_the_manifests_hash() {
    assert_eq!(opening().fingerprint(), "b3e99a219b32e562");
}

#[test]
fn a_time_that_is_signed_has_one_text() {
    let read = |raw: &str| raw.parse::<WholeSecond>();
    assert_eq!(read("2026-06-09T17:00:00Z").unwrap().to_string(), "2026-06-09T17:00:00Z");
    for other in ["", "2026-06-09", "2026-06-09T17:00:00.5Z", "2026-06-09T17:00:00+00:00", "2026-06-09t17:00:00z"] {
        assert_eq!(read(other).unwrap_err().code, FaultCode::InvalidFormat, "{other}");
    }
    let instant = read("2026-06-09T17:00:00Z").unwrap().instant();
    assert!(WholeSecond::try_from(instant).is_ok());
    assert!(WholeSecond::try_from(instant + chrono::TimeDelta::milliseconds(1)).is_err());
}

#[test]
fn what_is_no_key_or_signature_is_refused() {
    let of_key = |raw: &str| raw.parse::<PublicKey>().unwrap_err().code;
    for none in ["", "nonsense", SEED, &KEY[1..], KEY.trim_end_matches('='), &KEY.replace("URo=", "URp=")] {
        assert_eq!(of_key(none), FaultCode::InvalidFormat, "{none}");
    }
    // The neutral point: any signature of it that is made of nothing would be valid for all messages.
    assert_eq!(of_key("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), FaultCode::NotSupported);
    assert_eq!(KEY.parse::<Signature>().unwrap_err().code, FaultCode::InvalidFormat);
    assert_eq!((KEY.len(), Signature::from_bytes(&[0; 64]).to_string().len()), (PublicKey::CHARS, Signature::CHARS));
}

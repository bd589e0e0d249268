//! The manifest of a hosted ballot: the document that each issuer signs.

use domain::ballot_protocol::{Protocol as DomainProtocol, PublicKey, Sha256Hex, Side as DomainSide, WholeSecond};
use domain::{Tally, Threshold};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};

use super::tally::{BallotMethod, BallotOption, BallotThreshold, question};
use crate::body::Input;
use crate::canonical::canonical;
use crate::declare::wire;
use crate::faults::Faults;
use crate::value::{Name, Note, Plain as _, StaffBallotId, Text, Word, text};

/// Which protocol a hosted ballot follows.
pub type Protocol = Word<DomainProtocol>;

/// Which issuer of a hosted ballot.
pub type Side = Word<DomainSide>;

text! {
    /// A SHA-256 hash, as 64 lower-case hexadecimal digits.
    Sha256: Sha256Hex =
        .pattern(Some("^[0-9a-f]{64}$"))
        .max_length(Some(Self::DIGITS))
        .examples(["97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af"]);
    /// A public Ed25519 key, as base64 of its 32 bytes.
    Ed25519Key: PublicKey =
        .pattern(Some("^[A-Za-z0-9+/]{43}=$"))
        .max_length(Some(Self::CHARS))
        .examples(["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]);
    /// A time in UTC and in whole seconds (RFC 3339).
    SignedTime: WholeSecond =
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .max_length(Some(20))
        .examples(["2026-06-08T17:00:00Z"]);
}

wire! {
    /// What is fixed before a hosted ballot opens. Each issuer signs the SHA-256 of it as canonical JSON (RFC 8785).
    pub struct BallotManifest {
        protocol: Protocol = required,
        /// The ballot.
        ballot: StaffBallotId = required,
        /// The question, in plain text of one or more lines.
        question: Note = required.schema(question),
        method: BallotMethod = required,
        /// The options, in the order in which they are shown: at most 6 if they are ranked.
        options: BallotOption = required_list.min(1).max(Tally::MAX_OPTIONS),
        /// When casting begins.
        opens_at: SignedTime = required,
        /// When casting ends, unless issuer `a` extends it.
        closes_at: SignedTime = required,
        /// Until when the issuers may enter papers. If there is no paper, it is left out.
        paper_until: SignedTime = optional,
        /// The levels that the result is to reach: at most one for each basis and option.
        thresholds: BallotThreshold = list.max(Tally::MAX_THRESHOLDS),
        /// How many votes and papers must come in at least. If any number will do, it is left out.
        min_returned: i64 = optional.range(0, Tally::MAX_COUNT),
        /// Who makes the codes: issuer `a`, or issuers `a` and `b`.
        issuers: BallotIssuer = required_list.min(1).max(DomainSide::ALL.len()),
        /// How many people are on the roll.
        roll_size: i64 = required.range(0, Tally::MAX_COUNT),
        /// The root of the tree over the roll.
        roll_root: Sha256 = required,
        /// The key that signs the receipts.
        receipt_key: Ed25519Key = required,
    }

    /// Who makes the codes of a hosted ballot and sends them to people.
    pub struct BallotIssuer for domain::BallotIssuer {
        side: Side = required,
        /// Their name.
        name: Name = required,
        /// The key with which they sign.
        public_key: Ed25519Key = required,
    }
}

impl BallotManifest {
    /// The manifest as it is shown.
    pub fn show(manifest: &domain::BallotManifest) -> Self {
        Self {
            protocol: Some(Word(manifest.protocol)),
            ballot: Some(Text(manifest.ballot.of_record())),
            question: Some(Text(manifest.question.clone())),
            method: Some(Word(manifest.method)),
            options: Some(manifest.options.iter().map(BallotOption::show).collect()),
            opens_at: Some(Text(manifest.opens_at)),
            closes_at: Some(Text(manifest.closes_at)),
            paper_until: manifest.paper_until.map(Text),
            thresholds: manifest.thresholds.iter().map(BallotThreshold::show).collect(),
            min_returned: manifest.min_returned,
            issuers: Some(manifest.issuers.iter().map(BallotIssuer::show).collect()),
            roll_size: Some(manifest.roll_size),
            roll_root: Some(Text(manifest.roll_root)),
            receipt_key: Some(Text(manifest.receipt_key)),
        }
    }

    /// The bytes whose SHA-256 is signed: canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// If it cannot be written as JSON. A text in its place would be signed by nobody.
    pub fn canonical(manifest: &domain::BallotManifest) -> Result<String, serde_json::Error> {
        Ok(canonical(&serde_json::to_string(&Self::show(manifest))?))
    }
}

impl Input for BallotManifest {
    type Value = domain::Checked<domain::BallotManifest>;

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let options = faults.each("options", self.options.unwrap_or_default(), BallotOption::build);
        let thresholds: Vec<Threshold> = faults.each("thresholds", self.thresholds, BallotThreshold::build);
        let issuers = faults.each("issuers", self.issuers.unwrap_or_default(), BallotIssuer::build);
        let manifest = domain::BallotManifest {
            protocol: self.protocol?.into_inner(),
            ballot: self.ballot?.into_inner().into(),
            question: self.question?.into_inner(),
            method: self.method?.into_inner(),
            options,
            opens_at: self.opens_at?.into_inner(),
            closes_at: self.closes_at?.into_inner(),
            paper_until: self.paper_until.map(Text::into_inner),
            thresholds,
            min_returned: self.min_returned,
            issuers,
            roll_size: self.roll_size?,
            roll_root: self.roll_root?.into_inner(),
            receipt_key: self.receipt_key?.into_inner(),
        };
        faults.checked(&["options", "thresholds", "issuers"], manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Content;

    /// The roll of the protocol's vectors, with two issuers.
    const MANIFEST: &str = include_str!("manifest.json");

    /// As Python's `json` writes it, with sorted keys, no white space and characters beyond ASCII as they are, and its SHA-256 by
    /// `hashlib`.
    const CANONICAL: &str = include_str!("manifest.canonical.json");
    const SHA256: &str = "763238ded9b17f5d44f70706a43595037937b1b33de5efe4f16d314d24d43d90";

    fn read(text: &str) -> domain::BallotManifest {
        Content::<BallotManifest>::parse(text.as_bytes()).unwrap().create().unwrap().into_inner()
    }

    #[test]
    fn the_canonical_manifest_is_that_of_python() {
        let canonical = BallotManifest::canonical(&read(MANIFEST)).unwrap();

        assert_eq!(canonical, CANONICAL);
        assert_eq!(Sha256Hex::of(&canonical).to_string(), SHA256);
        assert_eq!(BallotManifest::canonical(&read(&canonical)).unwrap(), canonical);
    }

    #[test]
    fn what_is_not_given_is_left_out() {
        let without = domain::BallotManifest { paper_until: None, min_returned: None, ..read(MANIFEST) };
        let canonical = BallotManifest::canonical(&without).unwrap();

        assert!(!canonical.contains("paper_until") && !canonical.contains("min_returned"), "{canonical}");
        assert_eq!(read(&canonical), without);
    }

    #[test]
    fn a_manifest_that_breaks_the_rules_is_refused_at_its_place() {
        let refused = |from: &str, to: &str| -> Vec<String> {
            let text = MANIFEST.replace(from, to);
            assert_ne!(text, MANIFEST, "{from}");
            let refusal = Content::<BallotManifest>::parse(text.as_bytes()).unwrap().create().unwrap_err();
            refusal.faults(Vec::new()).into_iter().map(|fault| fault.pointer).collect()
        };
        assert_eq!(refused("psm-ballot-v1", "psm-ballot-v2"), ["/protocol"]);
        assert_eq!(refused("08T17:00:00Z", "08T17:00:00.5Z"), ["/closes_at"]);
        assert_eq!(refused("\"roll_size\": 200", "\"roll_size\": 4"), ["/min_returned", "/roll_size"]);
        assert_eq!(refused("\"side\": \"b\"", "\"side\": \"a\""), ["/issuers"]);
        assert_eq!(refused("\"option\": \"mutual\"", "\"option\": \"other\""), ["/thresholds/1/option"]);
    }
}

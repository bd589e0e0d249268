//! The papers of a hosted ballot, as its issuers hand them in, sign them and everybody sees them.

use std::collections::BTreeMap;
use std::fmt;

use domain::ballot_protocol::{
    BallotPaper, Choice, Credential, PaperBatch as DomainPaperBatch, PaperVotes, Roll, Sha256Hex, Side as DomainSide,
    Signature, Spend as DomainSpend,
};
use domain::{Fault, FaultCode, Tally};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::manifest::Side;
use super::tally::OptionKey;
use crate::body::Input;
use crate::canonical::canonical;
use crate::declare::wire;
use crate::faults::Faults;
use crate::object::{Schemas, Typed};
use crate::value::{Plain, Text, text};

text! {
    /// What an issuer's code is published as, once it has voted: a SHA-256 hash, as 64 lower-case hexadecimal digits.
    Spend: DomainSpend =
        .pattern(Some("^[0-9a-f]{64}$"))
        .max_length(Some(Sha256Hex::DIGITS))
        .examples(["f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"]);
    /// An Ed25519 signature, as base64 of its 64 bytes.
    Ed25519Signature: Signature =
        .pattern(Some("^[A-Za-z0-9+/]{86}==$"))
        .max_length(Some(Self::CHARS))
        .examples(["5ElSVVZFLg/pKJA3x/d3/gxgaOd9hLHZTcjt4e+lvco8iBfFjH+xqH1sLo8Yx8uhhZuxBhEW0jI1IRJ0uaVYAQ=="]);
}

wire! {
    /// The papers of a hosted ballot, all in one batch. Each issuer signs the SHA-256 of it as canonical JSON (RFC 8785).
    #[example({
        "spends": [["f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"]],
        "counts": {"mutual": 1},
        "spoiled": 0,
        "duplicates": 0
    })]
    pub struct PaperBatch {
        /// For each paper the spend of its code, or of both codes: first that of issuer `a`.
        spends: SpendSet = required_list.max(Roll::MAX),
        /// How many papers each option has, by its key. Only if the method is `single_choice`. An option without papers may
        /// be left out.
        counts: PaperCounts = optional,
        /// What each valid paper says. Only if the method is `ranked`.
        rankings: Ranking = optional_list.max(Roll::MAX),
        /// How many papers were not valid.
        spoiled: i64 = required.range(0, Tally::MAX_COUNT),
        /// How many further papers were put aside, because their sender had voted online. For the report only.
        duplicates: i64 = required.range(0, Tally::MAX_COUNT),
    }

    /// The signature of an issuer of a hosted ballot.
    pub struct IssuerSignature {
        side: Side = required,
        signature: Ed25519Signature = required,
    }
}

/// What an entry of the roll is spent with: the spend of one issuer's code, or of two.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct SpendSet(Vec<Spend>);

/// The keys of the options on a ranked paper, the most wanted first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Ranking(Vec<OptionKey>);

/// How many papers each option has: an object whose members have the keys of the options as names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PaperCounts(BTreeMap<OptionName, i64>);

/// The key of an option as the name of a member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OptionName(domain::OptionKey);

/// A batch of papers that is read, except for what depends on the ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentBatch {
    /// What stood on the envelopes.
    pub spends: Vec<Credential>,
    /// What the valid papers say.
    pub votes: SentVotes,
    /// How many papers were not valid.
    pub spoiled: i64,
    /// How many further papers were put aside.
    pub duplicates: i64,
}

/// What the valid papers of a batch say. Whether the ballot has the options is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentVotes {
    /// How many papers each option has.
    Counts(Vec<domain::OptionCount>),
    /// What each paper says.
    Rankings(Vec<Vec<domain::OptionKey>>),
}

impl SentBatch {
    /// More faults of the rankings than this are not listed.
    const MOST_FAULTS: usize = 100;

    /// The batch of a ballot with this paper. What it may not be in the ballot, [`DomainPaperBatch::faults`] tells.
    ///
    /// # Errors
    /// The faults of the rankings, each at its place (`rankings/3/0`).
    pub fn read(self, paper: &BallotPaper) -> Result<DomainPaperBatch, Vec<Fault>> {
        let Self { spends, votes, spoiled, duplicates } = self;
        let votes = match votes {
            SentVotes::Counts(counts) => PaperVotes::Counts(counts),
            SentVotes::Rankings(rankings) => PaperVotes::Rankings(Self::choices(rankings, paper)?),
        };
        Ok(DomainPaperBatch { spends, votes, spoiled, duplicates })
    }

    fn choices(rankings: Vec<Vec<domain::OptionKey>>, paper: &BallotPaper) -> Result<Vec<Choice>, Vec<Fault>> {
        let (mut choices, mut faults) = (Vec::with_capacity(rankings.len()), Vec::new());
        for (at, keys) in rankings.into_iter().enumerate() {
            match Choice::new(keys, paper) {
                Ok(choice) => choices.push(choice),
                Err(wrong) => faults.extend(wrong.into_iter().map(|fault| fault.under(format!("rankings/{at}")))),
            }
            if faults.len() >= Self::MOST_FAULTS {
                break;
            }
        }
        faults.truncate(Self::MOST_FAULTS);
        if faults.is_empty() { Ok(choices) } else { Err(faults) }
    }
}

impl PaperBatch {
    /// The batch as it is shown.
    pub fn show(batch: &DomainPaperBatch) -> Self {
        let (counts, rankings) = match &batch.votes {
            PaperVotes::Counts(counts) => {
                let named = counts.iter().map(|count| (OptionName(count.option.clone()), count.votes));
                (Some(PaperCounts(named.collect())), None)
            }
            PaperVotes::Rankings(choices) => (None, Some(choices.iter().map(Ranking::show).collect())),
        };
        Self {
            spends: Some(batch.spends.iter().map(SpendSet::show).collect()),
            counts,
            rankings,
            spoiled: Some(batch.spoiled),
            duplicates: Some(batch.duplicates),
        }
    }

    /// The bytes whose SHA-256 is signed: canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// If it cannot be written as JSON. A text in its place would be signed by nobody.
    pub fn canonical(batch: &DomainPaperBatch) -> Result<String, serde_json::Error> {
        Ok(canonical(&serde_json::to_string(&Self::show(batch))?))
    }
}

impl Input for PaperBatch {
    type Value = SentBatch;

    /// More than the largest batch takes: 100,000 papers of two issuers, each with six options of 40 characters.
    const MAX_BYTES: usize = 48 * 1024 * 1024;

    fn build(self, faults: &mut Faults) -> Option<SentBatch> {
        let spends = faults.each("spends", self.spends.unwrap_or_default(), SpendSet::build);
        let votes = match (self.counts, self.rankings) {
            (Some(counts), None) => counts.build(faults).map(SentVotes::Counts),
            (None, Some(rankings)) => Some(SentVotes::Rankings(rankings.into_iter().map(Ranking::into_keys).collect())),
            (None, None) => {
                faults.push("", FaultCode::Required, "expected `counts`, or `rankings` if the ballot is ranked");
                None
            }
            (Some(_), Some(_)) => {
                let detail = "expected either `counts` or, if the ballot is ranked, `rankings`: leave one of them out";
                faults.push("rankings", FaultCode::Inconsistent, detail);
                None
            }
        };
        Some(SentBatch { spends, votes: votes?, spoiled: self.spoiled?, duplicates: self.duplicates? })
    }
}

impl Plain for IssuerSignature {
    type Value = (DomainSide, Signature);

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        Some((self.side?.into_inner(), self.signature?.into_inner()))
    }

    fn show((side, signature): &Self::Value) -> Self {
        Self { side: Some((*side).into()), signature: Some(Text(*signature)) }
    }
}

impl SpendSet {
    /// The spends of an entry.
    pub fn build(self, faults: &mut Faults) -> Option<Credential> {
        match self.0.as_slice() {
            [Text(spend)] => Some(Credential::One(*spend)),
            [Text(a), Text(b)] => Some(Credential::Two { a: *a, b: *b }),
            spends => {
                let code = if spends.is_empty() { FaultCode::TooFew } else { FaultCode::TooMany };
                let detail = format!("{} spends, expected one for each issuer: one or two", spends.len());
                faults.push("", code, detail);
                None
            }
        }
    }

    /// The spends as they are shown.
    pub fn show(credential: &Credential) -> Self {
        match credential {
            Credential::One(spend) => Self(vec![Text(*spend)]),
            Credential::Two { a, b } => Self(vec![Text(*a), Text(*b)]),
        }
    }
}

impl Ranking {
    fn into_keys(self) -> Vec<domain::OptionKey> {
        self.0.into_iter().map(Text::into_inner).collect()
    }

    fn show(choice: &Choice) -> Self {
        Self(choice.options().iter().cloned().map(Text).collect())
    }
}

impl PaperCounts {
    fn build(self, faults: &mut Faults) -> Option<Vec<domain::OptionCount>> {
        if self.0.len() > Tally::MAX_OPTIONS {
            let detail = format!("{} options, at most {} allowed", self.0.len(), Tally::MAX_OPTIONS);
            faults.push("counts", FaultCode::TooMany, detail);
            return None;
        }
        Some(self.0.into_iter().map(|(OptionName(option), votes)| domain::OptionCount { option, votes }).collect())
    }
}

impl Serialize for OptionName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PaperCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Counts)
    }
}

struct Counts;

impl<'de> Visitor<'de> for Counts {
    type Value = PaperCounts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a number for each option")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<PaperCounts, A::Error> {
        let mut counts = BTreeMap::new();
        while let Some(Text(option)) = members.next_key::<OptionKey>()? {
            // What cannot be read is told already.
            if let Some(votes) = members.next_value::<Option<i64>>()? {
                counts.insert(OptionName(option), votes);
            }
        }
        Ok(PaperCounts(counts))
    }
}

impl Typed for SpendSet {}

impl PartialSchema for SpendSet {
    fn schema() -> RefOr<Schema> {
        let about = "What an entry of the roll is spent with: the spend of one issuer's code, or those of both.";
        let spends = ArrayBuilder::new().items(Spend::reference()).min_items(Some(1)).max_items(Some(2));
        spends.description(Some(about)).into()
    }
}

impl ToSchema for SpendSet {
    fn schemas(schemas: &mut Schemas) {
        Spend::collect(schemas);
    }
}

impl Typed for Ranking {}

impl PartialSchema for Ranking {
    fn schema() -> RefOr<Schema> {
        let keys = ArrayBuilder::new().items(OptionKey::reference()).min_items(Some(1));
        let about = "Keys of the options on a paper, the most wanted first.";
        keys.max_items(Some(BallotPaper::MAX_RANKED)).description(Some(about)).into()
    }
}

impl ToSchema for Ranking {
    fn schemas(schemas: &mut Schemas) {
        OptionKey::collect(schemas);
    }
}

impl Typed for PaperCounts {}

impl PartialSchema for PaperCounts {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(Tally::MAX_COUNT));
        let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        let about = "The number of papers for each option, under the key of the option.";
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(about))
            .additional_properties(Some(RefOr::T(Schema::from(number))))
            .max_properties(Some(Tally::MAX_OPTIONS))
            .examples([serde_json::json!({"mutual": 9, "stay": 3})])
            .into()
    }
}

impl ToSchema for PaperCounts {}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::body::Content;
    use domain::BallotMethod;

    const BUNDLE: &str = include_str!("../../../../../docs/guide/ballot-bundle.json");

    fn paper(method: BallotMethod) -> BallotPaper {
        let options = ["mutual", "stay", "trust", "wait"].map(|key| key.parse().unwrap());
        BallotPaper { method, options: options.into() }
    }

    fn sent(text: &str) -> SentBatch {
        Content::<PaperBatch>::parse(text.as_bytes()).unwrap().create().unwrap()
    }

    /// A batch of a ballot that is not ranked.
    fn counted(counts: &Value) -> Value {
        let spend = "f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8";
        json!({"spends": [[spend]], "counts": counts, "spoiled": 0, "duplicates": 0})
    }

    #[track_caller]
    fn assert_refused(text: &str, expected: &[(&str, FaultCode)]) {
        let refusal = Content::<PaperBatch>::parse(text.as_bytes()).unwrap().create().unwrap_err();
        let found: Vec<_> = refusal.faults(Vec::new()).into_iter().map(|fault| (fault.pointer, fault.code)).collect();
        let expected: Vec<_> = expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), *code)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_batch_of_the_sample_bundle_has_the_hash_of_the_vectors() {
        let bundle: Value = serde_json::from_str(BUNDLE).unwrap();
        let text = bundle["paper"]["batch"].to_string();
        let batch = sent(&text).read(&paper(BallotMethod::Ranked)).unwrap();

        let canonical = PaperBatch::canonical(&batch).unwrap();
        assert_eq!(canonical, text);
        let hash = "ddaa815db8ec17971bfe26226c22f9d1a7717cc27c7f4b13040fb16989d38885";
        assert_eq!(Sha256Hex::of(&canonical).to_string(), hash);
    }

    #[test]
    fn counts_are_written_in_the_order_of_the_options_names() {
        let text = counted(&json!({"wait": 0, "mutual": 1})).to_string();
        let batch = sent(&text).read(&paper(BallotMethod::SingleChoice)).unwrap();
        let canonical = PaperBatch::canonical(&batch).unwrap();
        assert!(
            canonical.starts_with(r#"{"counts":{"mutual":1,"wait":0},"duplicates":0,"spends":[["f351"#),
            "{canonical}"
        );
        assert_eq!(sent(&canonical).read(&paper(BallotMethod::SingleChoice)).unwrap(), batch);
    }

    #[test]
    fn a_batch_that_cannot_be_read_is_refused_at_the_place() {
        let good = counted(&json!({"mutual": 1})).to_string();
        let changed = |from: &str, to: &str| {
            let text = good.replacen(from, to, 1);
            assert_ne!(text, good, "{from}");
            text
        };
        let counts = r#"{"mutual":1}"#;
        for (from, to, expected) in [
            (counts, r#"{"mutual":1,"mutual":2}"#, &[("/counts/mutual", FaultCode::DuplicateMember)][..]),
            (counts, r#"{"mutual":"1"}"#, &[("/counts/mutual", FaultCode::InvalidType)]),
            (counts, r#"{"mutual":null}"#, &[("/counts/mutual", FaultCode::InvalidType)]),
            (counts, r#"{"mutual":1.5}"#, &[("/counts/mutual", FaultCode::InvalidType)]),
            (counts, r#"{"Mutual":1}"#, &[("/counts", FaultCode::InvalidFormat)]),
            (counts, "[]", &[("/counts", FaultCode::InvalidType)]),
            (r#""counts":{"mutual":1},"#, "", &[("", FaultCode::Required)]),
            (r#""counts":{"mutual":1}"#, r#""counts":{},"rankings":[]"#, &[("/rankings", FaultCode::Inconsistent)]),
            (r#""counts":{"mutual":1}"#, r#""rankings":[["a"],["A"]]"#, &[("/rankings/1/0", FaultCode::InvalidFormat)]),
            (
                r#""spoiled":0"#,
                r#""spoilt":0"#,
                &[("/spoilt", FaultCode::UnknownMember), ("/spoiled", FaultCode::Required)],
            ),
            ("[[\"", "[[],[\"", &[("/spends/0", FaultCode::TooFew)]),
            ("[[\"f", "[[\"F", &[("/spends/0/0", FaultCode::InvalidFormat)]),
            (
                "[[\"",
                "[[\"\",\"\",\"\"],[\"",
                &[
                    ("/spends/0/0", FaultCode::InvalidFormat),
                    ("/spends/0/1", FaultCode::InvalidFormat),
                    ("/spends/0/2", FaultCode::InvalidFormat),
                ],
            ),
        ] {
            assert_refused(&changed(from, to), expected);
        }
    }

    #[test]
    fn rankings_are_of_the_options_of_the_ballot() {
        let text = counted(&json!({})).to_string();
        let rankings = r#""rankings":[["mutual"],["other","mutual"],[],["stay","stay"]]"#;
        let faults = sent(&text.replace(r#""counts":{}"#, rankings)).read(&paper(BallotMethod::Ranked)).unwrap_err();
        let places: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(places, ["rankings/1/0", "rankings/2", "rankings/3/1"]);
        let many = text.replace(r#""counts":{}"#, &format!(r#""rankings":[{}]"#, vec!["[]"; 999].join(",")));
        assert_eq!(sent(&many).read(&paper(BallotMethod::Ranked)).unwrap_err().len(), SentBatch::MOST_FAULTS);
    }
}

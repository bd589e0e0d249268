use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::value::{Day, Name, Sector};

#[derive(Debug, Deserialize)]
struct Outer {
    name: Option<Name>,
    count: Option<i64>,
    small: Option<u8>,
    flag: Option<bool>,
    #[serde(default)]
    sectors: Vec<Sector>,
    #[serde(default)]
    rounds: Vec<Round>,
    inner: Option<Inner>,
}

#[derive(Debug, Deserialize)]
struct Round {
    #[serde(default)]
    inners: Vec<Inner>,
}

#[derive(Debug, Deserialize)]
struct Inner {
    held_on: Option<Day>,
    note: Option<String>,
}

fn read(text: &str) -> (Option<Outer>, Vec<(String, &'static str, String)>) {
    let document = Node::parse(text.as_bytes()).unwrap();
    let mut faults = Faults::default();
    let value = decode(&document, &mut faults);
    let told = faults.into_sorted(&document).into_iter();
    (value, told.map(|item| (item.pointer, item.code.as_str(), item.detail)).collect())
}

fn faults_of(text: &str) -> Vec<(String, &'static str)> {
    read(text).1.into_iter().map(|(pointer, code, _)| (pointer, code)).collect()
}

fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
    (pointer.to_owned(), code)
}

#[test]
fn one_pass_tells_every_kind_of_fault_and_keeps_the_rest() {
    let (value, told) = read(
        r#"{
                "naem": "x", "name": "Harmonie", "count": "7", "name": "again", "flag": null,
                "sectors": ["housing", 5, "hosing", "culture"],
                "rounds": [{"inners": [{"held_on": "2012-02-31"}, {"held_on": "2012-02-29", "nto/e~": 1}]}, []],
                "inner": {"note": {}}
            }"#,
    );
    let places: Vec<_> = told.iter().map(|(pointer, code, _)| (pointer.clone(), *code)).collect();
    assert_eq!(
        places,
        [
            at("/naem", "unknown-member"),
            at("/name", "duplicate-member"),
            at("/count", "invalid-type"),
            at("/flag", "invalid-type"),
            at("/sectors/1", "invalid-type"),
            at("/sectors/2", "not-in-vocabulary"),
            at("/rounds/0/inners/0/held_on", told[6].1),
            at("/rounds/0/inners/1/nto~1e~0", "unknown-member"),
            at("/rounds/1", "invalid-type"),
            at("/inner/note", "invalid-type"),
        ]
    );
    assert!(told[0].2.contains("`name`"), "{}", told[0].2);
    assert_eq!(told[2].2, "expected a whole number, found a string");
    assert_eq!(told[8].2, "expected an object, found an array");
    let value = value.unwrap();
    assert_eq!(value.name.unwrap().0.as_str(), "Harmonie");
    assert_eq!(value.sectors.len(), 2);
    assert_eq!(value.rounds.len(), 1);
    assert_eq!((value.rounds[0].inners.len(), value.count, value.small, value.flag), (2, None, None, None));
    assert_eq!(value.inner.unwrap().note, None);
    assert!(value.rounds[0].inners[0].held_on.is_none() && value.rounds[0].inners[0].note.is_none());
}

#[test]
fn null_is_no_value() {
    let nulls = r#"{"name": null, "count": null, "sectors": null, "rounds": null, "inner": null}"#;
    let places = ["/name", "/count", "/sectors", "/rounds", "/inner"];
    assert_eq!(faults_of(nulls), places.map(|place| at(place, "invalid-type")));
    assert_eq!(
        faults_of(r#"{"sectors": [null], "rounds": [null]}"#),
        [at("/sectors/0", "invalid-type"), at("/rounds/0", "invalid-type")]
    );
    assert_eq!(faults_of(r#"{"nmae": null}"#), [at("/nmae", "unknown-member")]);
}

#[test]
fn what_a_patch_removed_is_absent() {
    let mut node = Node::parse(br#"{"name": "x", "sectors": ["housing"]}"#).unwrap();
    node.merge(&Node::parse(br#"{"name": null, "sectors": null, "inner": {"held_on": null}}"#).unwrap());
    let mut faults = Faults::default();
    let value: Outer = decode(&node, &mut faults).unwrap();
    assert!(faults.is_empty() && value.name.is_none() && value.sectors.is_empty() && value.inner.is_some());
    node.merge(&Node::parse(br#"{"nmae": null}"#).unwrap());
    decode::<Outer>(&node, &mut faults);
    assert_eq!(faults.into_sorted(&node).len(), 1);
}

#[test]
fn integers_are_whole_and_within_what_every_reader_gets_right() {
    assert_eq!(read(r#"{"count": 9007199254740991, "small": 255}"#).1, []);
    assert_eq!(read(r#"{"count": -9007199254740991, "small": 1.0}"#).1, []);
    for (text, code) in [
        (r#"{"count": 9007199254740992}"#, "out-of-range"),
        (r#"{"count": -9007199254740992}"#, "out-of-range"),
        (r#"{"count": 18446744073709551615}"#, "out-of-range"),
        (r#"{"count": 1e300}"#, "out-of-range"),
        (r#"{"count": 1.5}"#, "invalid-type"),
        (r#"{"count": true}"#, "invalid-type"),
    ] {
        assert_eq!(faults_of(text), [at("/count", code)], "{text}");
    }
    assert_eq!(faults_of(r#"{"small": 256}"#), [at("/small", "out-of-range")]);
}

#[test]
fn what_is_no_object_has_one_fault() {
    for text in ["[]", "null", "3", r#""x""#] {
        let (value, told) = read(text);
        assert!(value.is_none());
        assert_eq!(told.len(), 1, "{text}");
        assert_eq!((told[0].0.as_str(), told[0].1), ("", "invalid-type"));
    }
}

#[test]
fn a_flood_of_faults_is_cut_with_a_note() {
    let members: Vec<String> = (0..5000).map(|n| format!("\"x{n}\": 1")).collect();
    let told = read(&format!("{{{}}}", members.join(","))).1;
    assert_eq!(told.len(), Faults::MAX + 1);
    assert!(told[Faults::MAX].2.starts_with("4900 more errors"), "{}", told[Faults::MAX].2);
}

#[test]
fn a_long_name_makes_no_long_pointer() {
    let told = read(&format!(r#"{{"{}": 1}}"#, "é".repeat(30_000))).1;
    assert_eq!(told[0].0.chars().count(), 1000);
    assert!(told[0].0.ends_with('…'));
}

prop_compose! {
    fn name()(known in prop::sample::select(vec![
        "name", "count", "small", "flag", "sectors", "rounds", "inner", "inners", "held_on", "note", "nmae", "a/b~", "",
    ])) -> String {
        known.to_owned()
    }
}

/// JSON text whose members are mostly those of [`Outer`], some of them twice.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        (-1e12..1e12_f64).prop_map(|value| value.to_string()),
        prop::sample::select(vec!["housing", "2012-02-29", "Harmonie", ""]).prop_map(|text| format!("{text:?}")),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec((name(), inner), 0..8).prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read_or_told(text in json()) {
        let (value, told) = read(&text);
        prop_assert!(value.is_some() || !told.is_empty());
        let mut places: Vec<_> = told.iter().map(|(pointer, code, _)| (pointer, code)).collect();
        places.sort();
        places.dedup();
        prop_assert_eq!(places.len(), told.len(), "a fault is told once");
    }

    #[test]
    fn any_bytes_are_json_or_malformed(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Node::parse(&bytes);
    }
}

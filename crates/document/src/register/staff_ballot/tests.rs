use domain::{Id, Record};
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::*;
use crate::body::{Content, Refusal};
use crate::object::Wire;
use crate::schema::CorrectionOf;
use crate::{record, schema};

const FULL: &str = r#"{
        "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "kind": "formal", "organiser": "joint",
        "question": "Which?", "method": "ranked",
        "options": [
            {"key": "cic", "label": "A community interest company", "effect": "mutual"},
            {"key": "stay", "label": "Stay with the trust", "effect": "remain_in_house"},
            {"key": "merge", "label": "Merge", "effect": "merge_with_public_body"}
        ],
        "mode": "recorded", "state": "draft",
        "roll_size": 210, "papers_issued": 205, "returned": 185, "spoiled": 5,
        "counts": [
            {"option": "cic", "votes": 70}, {"option": "stay", "votes": 80}, {"option": "merge", "votes": 30}
        ],
        "counts_complete": true,
        "later_rounds": [{"counts": [{"option": "cic", "votes": 90}, {"option": "stay", "votes": 90}]}],
        "opened_on": "2012-09-03", "closed_on": "2012-09", "declared_on": "2012",
        "thresholds": [
            {"basis": "turnout", "percent": "50"}, {"basis": "of_valid", "percent": "50.5", "option": "cic"},
            {"basis": "of_entitled", "percent": "33.33", "option": "cic"}
        ],
        "scrutineer": {
            "name": "A. Person", "organisation": "Scrutiny Ltd", "appointed_on": "2012-08-20"
        },
        "published_figures": [
            {"percent": "88.0", "basis": "turnout", "source_url": "https://example.org/news"},
            {"option": "cic", "percent": "39", "basis": "not_stated"}
        ],
        "sources": [{"title": "Report"}]
    }"#;

const LEAST: &str = r#"{
        "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "kind": "indicative", "mode": "recorded", "state": "draft",
        "options": [{"key": "yes", "label": "Yes", "effect": "mutual"}]
    }"#;

fn body(text: &str) -> Content<StaffBallot> {
    Content::parse(text.as_bytes()).unwrap()
}

fn changed(text: &str, changes: Value) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    document.to_string()
}

fn stored(content: domain::StaffBallot) -> Record<domain::StaffBallot> {
    let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
    let id = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01".parse::<Id<_>>().unwrap();
    Record { id, version: 3, created_at: at, updated_at: at, content }
}

fn answer(text: &str) -> String {
    record::shown(&stored(body(text).create().unwrap()))
}

fn shown(text: &str) -> Value {
    serde_json::from_str(&answer(text)).unwrap()
}

/// A ballot with what the register sets.
fn full(ending: Ending) -> Record<domain::StaffBallot> {
    let corrected_at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
    let correction = domain::Correction { corrected_at, reason: "Recounted.".parse().unwrap(), version: 2 };
    stored(domain::StaffBallot {
        scrutineer_key_id: Some("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10".parse().unwrap()),
        ending: Checked::new(ending).unwrap(),
        corrections: vec![correction],
        duties: duties(),
        ..body(FULL).create().unwrap()
    })
}

fn duties() -> Duties {
    let report = domain::ScrutineerReport {
        satisfied: Some(false),
        report_url: Some("https://example.org/report".parse().unwrap()),
        reported_by: Some("key:3".to_owned()),
        counts_changed: true,
    };
    let (entered_by, declared_by) = (vec!["key:1".to_owned()], Some("key:2".to_owned()));
    Duties { entered_by, declared_by, historic: true, report: Some(report) }
}

fn void() -> Ending {
    let void_reason = Some("Papers were lost.".parse().unwrap());
    Ending { state: State::Void, void_reason, superseded_by_id: None }
}

fn superseded() -> Ending {
    let superseded_by_id = Some("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e12".parse().unwrap());
    Ending { state: State::Superseded, void_reason: None, superseded_by_id }
}

fn faults<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<(String, &'static str)> {
    let faults = result.expect_err("a refusal").faults(Vec::new());
    faults.into_iter().map(|fault| (fault.pointer, fault.code.as_str())).collect()
}

fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
    (pointer.to_owned(), code)
}

fn example() -> String {
    StaffBallot::OBJECT.example.unwrap()().to_string()
}

#[test]
fn faults_of_shape_and_of_the_domain_come_in_one_list() {
    let told = faults(
            body(
                r#"{
                    "mutual_id": "seqol", "question": " ", "mode": "hosted", "state": "void", "turnout": 56,
                    "options": [
                        {"key": "yes", "label": "Yes", "effect": "mutual"}, {"key": "no", "label": "No", "effect": "other"}
                    ],
                    "roll_size": -1,
                    "counts": [{"votes": 3}, {"option": "yes", "votes": 5}, {"option": "no", "votes": 5.5}, {"option": "yes", "votes": 2}],
                    "opened_on": "2012-05", "closed_on": "2012-04-30",
                    "thresholds": [{"basis": "turnout", "percent": "50.555"}],
                    "scrutineer": {"appointed_on": "2012-08-20"},
                    "published_figures": [{"basis": "turnout", "percent": "100.01"}],
                    "superseded_by_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02",
                    "result": {}
                }"#,
            )
            .create(),
        );
    assert_eq!(
        told,
        [
            at("/mutual_id", "invalid-format"),
            at("/question", "empty"),
            at("/state", "inconsistent"),
            at("/turnout", "unknown-member"),
            at("/roll_size", "out-of-range"),
            at("/counts/0/option", "required"),
            at("/counts/2/votes", "invalid-type"),
            at("/counts/3/option", "duplicate-item"),
            at("/closed_on", "date-order"),
            at("/thresholds/0/percent", "invalid-format"),
            at("/scrutineer", "required"),
            at("/published_figures/0/percent", "out-of-range"),
            at("/superseded_by_id", "read-only"),
            at("/result", "read-only"),
            at("/hosting", "required"),
            at("/kind", "required"),
        ],
    );
}

#[test]
fn rules_over_lists_name_the_element_that_was_sent() {
    let broken = json!({
        "counts": [{"option": "cic", "votes": 70}, {"option": "cci", "votes": 1}, {"option": "cic", "votes": 10_000_001}],
        "later_rounds": [7, {"counts": []}, {"counts": [{"option": "cic", "votes": true}, {"option": "mrege", "votes": 1}]}],
        "thresholds": [
            {"basis": "of_all", "percent": "50"}, {"basis": "turnout", "percent": "50", "option": "cic"},
            {"basis": "of_valid", "percent": "51"}, {"basis": "of_cast", "percent": "51", "option": "cci"}
        ],
        "published_figures": [{"percent": "70"}, {"percent": "70", "basis": "not_stated"}],
    });
    assert_eq!(
        faults(body(&changed(FULL, broken)).create()),
        [
            at("/counts/1/option", "unknown-reference"),
            at("/counts/2/option", "duplicate-item"),
            at("/counts/2/votes", "out-of-range"),
            at("/counts_complete", "inconsistent"),
            at("/later_rounds/0", "invalid-type"),
            at("/later_rounds/1/counts", "too-few"),
            at("/later_rounds/2/counts/0/votes", "invalid-type"),
            at("/later_rounds/2/counts/1/option", "unknown-reference"),
            at("/published_figures/0/basis", "required"),
            at("/published_figures/1/option", "required"),
            at("/thresholds/0/basis", "not-in-vocabulary"),
            at("/thresholds/1/option", "inconsistent"),
            at("/thresholds/2/option", "required"),
            at("/thresholds/3/option", "unknown-reference"),
        ]
    );
}

#[test]
fn what_is_required_is_told_when_it_is_absent() {
    let required: Vec<_> = ["/kind", "/mode", "/mutual_id", "/options"].map(|member| at(member, "required")).into();
    assert_eq!(faults(body("{}").create()), required);
    let told = faults(body(&changed(LEAST, json!({"options": [{}], "scrutineer": {}, "counts": [{}]}))).create());
    assert_eq!(
        told,
        [
            at("/counts/0/option", "required"),
            at("/counts/0/votes", "required"),
            at("/options/0/effect", "required"),
            at("/options/0/key", "required"),
            at("/options/0/label", "required"),
            at("/scrutineer", "required"),
        ]
    );
    assert_eq!(faults(body(&changed(LEAST, json!({"options": []}))).create()), [at("/options", "too-few")]);
}

#[test]
fn an_option_that_cannot_be_read_is_the_only_fault_of_its_counts() {
    let options = json!([{"key": "yes!", "label": "Yes", "effect": "mutual"}]);
    let counts = json!([{"option": "yes", "votes": 5}]);
    let told = faults(body(&changed(LEAST, json!({"options": options, "counts": counts}))).create());
    assert_eq!(told, [at("/options/0/key", "invalid-format")]);
    let told = faults(body(&changed(FULL, json!({"method": "rank"}))).create());
    assert_eq!(told, [at("/method", "not-in-vocabulary")]);
}

#[test]
fn numbers_that_do_not_fit_are_told_beside_figures_that_cannot_be_read() {
    let figures = json!([{"option": "cic", "percent": 39, "basis": "of_cast"}]);
    let told = faults(body(&changed(FULL, json!({"papers_issued": 211, "published_figures": figures}))).create());
    assert_eq!(told, [at("/papers_issued", "inconsistent"), at("/published_figures/0/percent", "invalid-type")]);
    let told = faults(body(&changed(FULL, json!({"spoiled": 6}))).create());
    assert_eq!(told, [at("/counts", "inconsistent"), at("/later_rounds/0/counts", "inconsistent")]);
}

#[test]
fn what_was_read_can_be_sent_back() {
    for text in [FULL, LEAST, &example()] {
        let stored = body(text).create().unwrap();
        let sent = answer(text);
        assert!(!sent.contains("null"), "{sent}");
        assert_eq!(body(&sent).replace(&answer(text)).unwrap(), stored);
        assert_eq!(body(&sent).update(&answer(text)).unwrap(), stored);
        assert_eq!(body("{}").update(&answer(text)).unwrap(), stored);
    }
}

#[test]
fn what_the_counts_say_to_a_figure_is_not_set() {
    let mut sent = shown(FULL);
    let check = |sent: &Value, at: usize| sent["published_figures"][at]["check"].clone();
    assert_eq!((check(&sent, 0), check(&sent, 1)), (json!("disagrees"), json!("agrees")));
    assert!(faults(body(&sent.to_string()).create()).contains(&at("/published_figures/0/check", "read-only")));

    sent["published_figures"].as_array_mut().unwrap().reverse();
    body(&sent.to_string()).replace(&answer(FULL)).unwrap();
    sent["published_figures"][0]["percent"] = json!("40");
    let refused = [at("/published_figures/0/check", "read-only")];
    assert_eq!(faults(body(&sent.to_string()).replace(&answer(FULL))), refused);
    let patch = json!({"published_figures": [{"percent": "1", "basis": "turnout", "check": "agrees"}]});
    assert_eq!(faults(body(&patch.to_string()).update(&answer(FULL))), refused);
}

#[test]
fn a_correction_is_a_merge_patch_and_its_reason() {
    let read = |text: &str| body(text).update_beside::<BallotCorrectionReason>(&answer(FULL));
    let (content, reason) = read(r#"{"correction_reason": "A bundle was lost.", "roll_size": 211}"#).unwrap();
    assert_eq!((content.tally.roll_size, reason.as_str()), (Some(211), "A bundle was lost."));
    let refused = read(r#"{"correction_reason": " ", "returned": -1, "state": "void", "turnout": 5, "version": 2}"#);
    let expected = [
        at("/version", "read-only"),
        at("/state", "read-only"),
        at("/returned", "out-of-range"),
        at("/correction_reason", "empty"),
        at("/turnout", "unknown-member"),
    ];
    assert_eq!(faults(refused), expected);
    assert_eq!(faults(read("{}")), [at("/correction_reason", "required")]);
    assert_eq!(faults(read("[]")), [at("", "invalid-type")]);
}

#[test]
fn who_did_what_is_not_set() {
    let sent = json!({
        "entered_by": ["key:9"], "declared_by": "key:9", "historic": false, "scrutineer_report": {"satisfied": true}
    });
    let mut expected =
        ["/entered_by", "/declared_by", "/historic", "/scrutineer_report"].map(|pointer| at(pointer, "read-only"));
    expected.sort();
    let shown = record::shown(&full(void()));
    for refused in [body(&changed(LEAST, sent.clone())).create(), body(&sent.to_string()).update(&shown)] {
        let mut told = faults(refused);
        told.sort();
        assert_eq!(told, expected);
    }
    let within = json!({"scrutineer": {"name": "A. Person", "satisfied": true}});
    assert_eq!(faults(body(&changed(LEAST, within)).create()), [at("/scrutineer/satisfied", "unknown-member")]);
}

#[test]
fn a_ballot_from_before_is_historic_if_it_was_declared_and_loses_a_report_that_anybody_may_have_written() {
    let upgraded = |state: &str| {
        let scrutineer =
            json!({"organisation": "Scrutiny Ltd", "satisfied": true, "report_url": "https://example.org/r"});
        let before = changed(LEAST, json!({"state": state, "scrutineer": scrutineer}));
        let now: Value = serde_json::from_str(&record::upgrade::<domain::StaffBallot>(&before, 2).unwrap()).unwrap();
        assert_eq!((&now["entered_by"], &now["scrutineer"]), (&json!([]), &json!({"organisation": "Scrutiny Ltd"})));
        (now["historic"].clone(), now.get("scrutineer_report").cloned())
    };
    let report = json!({"satisfied": true, "report_url": "https://example.org/r", "counts_changed": false});
    assert_eq!(upgraded("draft"), (json!(false), None));
    assert_eq!(upgraded("declared"), (json!(true), Some(report.clone())));
    assert_eq!(upgraded("void"), (json!(true), Some(report)));
}

#[test]
fn a_result_is_not_set() {
    let mut sent = shown(FULL);
    sent["result"]["tied"] = json!(false);
    assert_eq!(faults(body(&sent.to_string()).replace(&answer(FULL))), [at("/result", "read-only")]);
    let recounted = r#"{"counts_complete": null, "counts": [], "later_rounds": null}"#;
    assert!(body(recounted).update(&answer(FULL)).unwrap().tally.counts.is_empty());
}

/// 2,896 entitled, 1,628 returned, 1,482 first preferences for an NHS trust, the rest not published in full.
#[test]
fn the_example_says_what_gloucestershire_voted() {
    let result = shown(&example())["result"].clone();
    let share = |basis: &str, numerator: i64, denominator: i64, percent: &str| json!({"option": "nhs_trust", "basis": basis, "numerator": numerator, "denominator": denominator, "percent": percent});
    assert_eq!(result["counts"], "partial");
    assert_eq!(
        result["figures"][0],
        json!({"basis": "turnout", "numerator": 1628, "denominator": 2896, "percent": "56.22"})
    );
    assert_eq!(result["figures"][1], share("of_cast", 1482, 1628, "91.03"));
    assert_eq!(result["figures"][2], share("of_entitled", 1482, 2896, "51.17"));
    assert_eq!(result["leading"], json!(["nhs_trust"]));
    assert_eq!(result["tied"], false);
    assert_eq!(result["thresholds"], json!([]));
}

#[test]
fn a_tie_and_each_threshold_are_said() {
    let result = shown(FULL)["result"].clone();
    assert_eq!(result["counts"], "complete");
    assert_eq!(result["leading"], json!(["cic", "stay"]));
    assert_eq!(result["tied"], true);
    assert_eq!(
        result["thresholds"],
        json!([
            {"basis": "turnout", "percent": "50.00", "outcome": "met"},
            {"basis": "of_valid", "percent": "50.50", "option": "cic", "outcome": "not_met"},
            {"basis": "of_entitled", "percent": "33.33", "option": "cic", "outcome": "met"}
        ])
    );
    let least = shown(LEAST)["result"].clone();
    assert_eq!(least, json!({"counts": "none", "figures": [], "leading": [], "tied": false, "thresholds": []}));
}

#[test]
fn the_examples_of_the_parts_are_accepted() {
    let mutual = json!({"key": "mutual", "label": "A mutual", "effect": "mutual"});
    let all = json!({
        "method": "ranked",
        "options": [BallotOption::OBJECT.example.unwrap()(), mutual],
        "counts": [OptionCount::OBJECT.example.unwrap()()],
        "later_rounds": [BallotRound::OBJECT.example.unwrap()()],
        "thresholds": [BallotThreshold::OBJECT.example.unwrap()()],
        "published_figures": [PublishedFigure::OBJECT.example.unwrap()()],
        "scrutineer": Scrutineer::OBJECT.example.unwrap()(),
    });
    body(&changed(LEAST, all)).create().unwrap();
}

#[test]
fn a_document_reads_back_as_it_was_written() {
    for (ending, absent) in [(void(), "superseded_by_id"), (superseded(), "void_reason")] {
        let record = full(ending);
        let shown: Value = serde_json::from_str(&record::shown(&record)).unwrap();
        for member in StaffBallot::OBJECT.members {
            let is_absent = [absent, "hosting", "hosted"].contains(&member.name);
            assert_eq!(shown.get(member.name).is_some(), !is_absent, "{}", member.name);
        }
        let read = record::read::<domain::StaffBallot>(&record::write(&record).shown, None).unwrap();
        assert_eq!(read, record.content);
    }
}

#[test]
fn a_correction_of_a_ballot_that_ended_leaves_its_end() {
    for record in [full(void()), full(superseded())] {
        let shown = record::shown(&record);
        let correction = body(r#"{"correction_reason": "A bundle was lost.", "roll_size": 211}"#);
        let (content, _) = correction.update_beside::<BallotCorrectionReason>(&shown).unwrap();
        assert_eq!((content.tally.roll_size, &content.ending), (Some(211), &record.content.ending));
        assert_eq!(body(&shown).replace(&shown).unwrap().ending, record.content.ending);
        let changed = faults(body(r#"{"void_reason": "Another.", "superseded_by_id": null}"#).update(&shown));
        assert!(changed.contains(&at("/void_reason", "read-only")), "{changed:?}");
    }
}

#[test]
fn the_public_is_not_shown_the_scrutineers_name() {
    let json = record::write(&full(void()));
    assert!(json.shown.contains(r#""scrutineer":{"name":"A. Person","organisation":"Scrutiny Ltd","#));
    assert!(json.public.unwrap().contains(r#""scrutineer":{"organisation":"Scrutiny Ltd","#));
    assert_eq!(record::personal(&StaffBallot::OBJECT), ["/scrutineer/name"]);
}

#[test]
fn an_import_brings_what_was_declared_and_keeps_its_rules() {
    let with = |changes: Value| body(&changed(FULL, changes)).create_with_past();
    let correction = json!({"corrected_at": "2024-02-03T05:05:06.0000074+01:00", "reason": "Recounted.", "version": 2});
    let past = json!({
        "state": "void", "void_reason": "Papers were lost.", "corrections": [correction],
        "scrutineer_key_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10",
        "entered_by": ["key:1"], "declared_by": "key:2", "historic": true,
        "scrutineer_report": {
            "satisfied": false, "report_url": "https://example.org/report", "reported_by": "key:3", "counts_changed": true
        },
    });
    assert_eq!(with(past).unwrap(), full(void()).content);
    let ended = |changes| faults(with(changes));
    assert_eq!(ended(json!({"state": "void"})), [at("/void_reason", "required")]);
    assert_eq!(ended(json!({"state": "superseded"})), [at("/superseded_by_id", "required")]);
    assert_eq!(ended(json!({"state": "declared", "void_reason": "R"})), [at("/void_reason", "inconsistent")]);
    assert_eq!(ended(json!({"state": "viod"})), [at("/state", "not-in-vocabulary")]);
    assert_eq!(
        ended(json!({"corrections": [
            {"corrected_at": "yesterday", "reason": "R", "version": 2}, {"reason": "R"},
            {"corrected_at": 2024, "reason": " ", "version": 2}
        ]})),
        [
            at("/corrections/0/corrected_at", "invalid-format"),
            at("/corrections/1", "required"),
            at("/corrections/2/corrected_at", "invalid-type"),
            at("/corrections/2/reason", "empty"),
        ]
    );
    let most = domain::StaffBallot::MAX_CORRECTIONS;
    let corrected = |times: usize| {
        let corrections = (2..).take(times).map(|version| {
            let mut correction = correction.clone();
            correction["version"] = json!(version);
            correction
        });
        with(json!({"state": "declared", "corrections": corrections.collect::<Vec<Value>>()}))
    };
    assert_eq!(corrected(most).unwrap().corrections.len(), most);
    assert_eq!(faults(corrected(most + 1)), [at("/corrections", "too-many")]);
    let told = |state: &str, corrections: Value| ended(json!({"state": state, "corrections": corrections}));
    let correction = |at: &str, version: i64| json!({"corrected_at": at, "reason": "R", "version": version});
    let (first, second) = (correction("2013-01-01T00:00:00Z", 2), correction("2014-01-01T00:00:00Z", 3));
    assert_eq!(told("draft", json!([first])), [at("/corrections", "inconsistent")]);
    assert_eq!(
        told("declared", json!([second, first])),
        [at("/corrections/1/corrected_at", "date-order"), at("/corrections/1/version", "inconsistent")]
    );
    assert_eq!(
        told("declared", json!([correction("2013-01-01T00:00:00Z", 1), correction("2014-01-01T00:00:00Z", 1)])),
        [at("/corrections/0/version", "out-of-range"), at("/corrections/1/version", "out-of-range")]
    );
}

#[test]
fn an_import_refers_to_the_rerun() {
    let past = json!({"state": "superseded", "superseded_by_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e12", "kind": 1});
    let refused = body(&changed(FULL, past)).create_with_past().unwrap_err();
    let fields: Vec<_> = refused.references().iter().map(|reference| reference.field.as_str()).collect();
    assert_eq!(fields, ["mutual_id", "superseded_by_id"]);
}

#[test]
fn the_contract_has_a_correction_as_a_patch_with_a_reason() {
    let schema = serde_json::to_value(CorrectionOf::<StaffBallot, BallotCorrectionReason>::schema()).unwrap();
    let members = schema["properties"].as_object().unwrap();
    let patch = schema::patch(&StaffBallot::OBJECT).properties;
    assert!(patch.keys().all(|name| members.contains_key(name)));
    assert_eq!((members.len(), &schema["required"]), (patch.len() + 1, &json!(["correction_reason"])));
    let duties = ["entered_by", "declared_by", "historic", "scrutineer_report", "scrutineer_key_id"];
    for set in ["state", "void_reason", "superseded_by_id", "corrections", "result"].into_iter().chain(duties) {
        assert!(!members.contains_key(set), "{set}");
    }
    let example = body(&schema["example"].to_string());
    example.update_beside::<BallotCorrectionReason>(&answer(&self::example())).unwrap();
}

#[test]
fn the_bounds_are_those_of_the_domain() {
    let ballot = serde_json::to_value(StaffBallot::schema()).unwrap()["properties"].clone();
    assert_eq!(ballot["question"]["maxLength"], domain::Note::MAX_CHARS);
    let result = serde_json::to_value(BallotResult::schema()).unwrap()["properties"].clone();
    assert_eq!(result["figures"]["maxItems"], 1 + 3 * Tally::MAX_OPTIONS);
    assert_eq!(result["leading"]["maxItems"], Tally::MAX_OPTIONS);
    assert_eq!(result["thresholds"]["maxItems"], Tally::MAX_THRESHOLDS);
}

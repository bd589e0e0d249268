//! For each kind of page, what must stand on it by the documents that it is about.

use chrono::NaiveDate;
use serde_json::Value;

use super::told::{Documents, Told, grouped, how_many, list, pounds};

/// Tells from its documents what must stand on the page at this path. There is none for pages without figures and records.
pub fn teller(path: &str) -> Option<fn(&Documents, &mut Told)> {
    let tell: fn(&Documents, &mut Told) = match path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
        [""] => front,
        ["mutuals"] => mutuals,
        ["departments" | "staff-ballots" | "contracts"] => records,
        ["mutuals", _] => mutual,
        ["departments", _] => department,
        ["staff-ballots", _] => staff_ballot,
        ["contracts", _] => contract,
        ["cliff-edge"] => cliff_edge,
        ["competitions"] => competitions,
        ["figures"] => figures,
        ["figures", "mutuals"] => counted_mutuals,
        ["figures", "published"] => published_figures,
        ["figures", "regions"] => |of, told| breakdown(of, told, "region", ""),
        ["figures", "departments"] => |of, told| breakdown(of, told, "department", "name"),
        ["figures", "legal-forms"] => |of, told| breakdown(of, told, "legal_form", ""),
        ["figures", "launch-years"] => |of, told| breakdown(of, told, "launch_year", "year"),
        ["figures", "stages"] => stages,
        ["log"] => log,
        ["search"] => search,
        _ => return None,
    };
    Some(tell)
}

fn front(of: &Documents, told: &mut Told) {
    let figures = of.main();
    told.days(figures, &["as_at"]);
    told.figures(figures, &["operating", "on_the_way", "contracts_ending"]);
    told.figures(&figures["ballots"], &["declared"]);
    if figures["operating_staff"]["records"] != 0 {
        told.counts(&figures["operating_staff"], &["total", "records"]);
    }
    for period in list(&of.of("timeline")["periods"]) {
        told.words(period, &["period"]);
        told.figures(period, &["operating", "on_the_way", "launches", "endings"]);
    }
    for contract in list(&of.of("cliff-edge")["items"]) {
        told.words(contract, &["title"]);
        told.words(&contract["mutual"], &["name"]);
        told.days(contract, &["ends_on"]);
    }
    changes(of.of("entries"), told);
}

fn changes(entries: &Value, told: &mut Told) {
    for entry in list(&entries["items"]) {
        told.days(entry, &["at"]);
        let name = ["name", "title", "question"].into_iter().find(|name| entry["after"][*name].is_string());
        told.words(&entry["after"], name.as_slice());
    }
}

fn mutuals(of: &Documents, told: &mut Told) {
    records(of, told);
    let counts = of.of("mutual-counts");
    for filter in ["stage", "sector", "region", "legal_form", "origin_route"] {
        list(&counts[filter]["values"]).iter().for_each(|value| told.counts(value, &["count"]));
        if counts[filter]["unknown"] != 0 {
            told.counts(&counts[filter], &["unknown"]);
        }
    }
}

fn records(of: &Documents, told: &mut Told) {
    told.counts(of.main(), &["total"]);
    for record in list(&of.main()["items"]) {
        told.words(record, &["name", "title", "question"]);
        told.words(&record["mutual"], &["name"]);
        told.words(&record["department"], &["name"]);
        told.days(record, &["launched_on", "ended_on", "closed_on", "starts_on", "ends_on"]);
        told.counts(record, &["staff_count"]);
        if record["value"].is_object() {
            told.say("value", pounds(&record["value"]));
        }
        for figure in list(&record["result"]["figures"]).iter().filter(|it| it["basis"] == "turnout") {
            percent(figure, told);
        }
        for leading in list(&record["result"]["leading"]) {
            told.say("leading option", label(record, leading));
        }
        for figure in list(&record["published_figures"]).iter().take(3) {
            told.say("option of a published figure", label(record, &figure["option"]));
            percent(figure, told);
        }
    }
}

fn percent(of: &Value, told: &mut Told) {
    told.say("percent", format!("{}%", of["percent"].as_str().unwrap()));
}

/// What an option of a ballot is called.
fn label<'b>(ballot: &'b Value, key: &Value) -> &'b str {
    list(&ballot["options"]).iter().find(|it| it["key"] == *key).map_or("", |it| it["label"].as_str().unwrap())
}

fn mutual(of: &Documents, told: &mut Told) {
    let mutual = of.main();
    told.words(mutual, &["name", "description", "website", "launch_override_reason"]);
    told.days(mutual, &["stage_since", "launched_on", "staff_counted_on", "ended_on"]);
    told.counts(mutual, &["staff_count"]);
    for named in list(&mutual["other_departments"]).iter().chain([&mutual["department"], &mutual["successor"]]) {
        told.words(named, &["name"]);
    }
    for identifier in list(&mutual["identifiers"]) {
        told.words(identifier, &["scheme", "id"]);
    }
    told.record(mutual);
    life(of, told);
    counts_of_staff(of, told);
    gate(of.of("readiness"), told);
    let contracts = &of.of("contracts")["items"];
    years_of_contracts(contracts, of.today, told);
    for contract in list(contracts) {
        // It stands in the table, and begins and ends in the timeline.
        told.words(contract, &["title", "title"]);
        told.say("procedure", of.label("procedure", &contract["procedure"]));
        told.days(contract, &["starts_on", "starts_on", "latest_ends_on"]);
        if contract["ends_on"].is_string() {
            told.words(contract, &["title"]);
            told.days(contract, &["ends_on", "ends_on"]);
        }
    }
}

/// The bars of contracts say how many there are, and stretch over all of them and today.
fn years_of_contracts(contracts: &Value, today: NaiveDate, told: &mut Told) {
    let dated: Vec<&Value> = list(contracts).iter().filter(|contract| contract["starts_on"].is_string()).collect();
    if dated.is_empty() {
        return;
    }
    let year = |known: &Value| known.as_str().map(|known| known[..4].to_owned());
    let today = today.format("%Y").to_string();
    let begin = dated.iter().filter_map(|contract| year(&contract["starts_on"])).chain([today.clone()]).min();
    let ends = dated.iter().flat_map(|contract| [year(&contract["ends_on"]), year(&contract["latest_ends_on"])]);
    told.draw("first year", begin.unwrap());
    told.draw("last year", ends.flatten().chain([today]).max().unwrap());
    told.draw("contracts", how_many(contracts, |_| true));
    let undated = how_many(contracts, |contract| contract["starts_on"].is_null());
    if undated > 0 {
        told.draw("contracts without a start", undated);
    }
}

fn life(of: &Documents, told: &mut Told) {
    let transitions = || list(&of.of("stage-transitions")["items"]).iter().filter(|it| it["withdrawn"] != true);
    for transition in transitions() {
        told.words(transition, &["reason"]);
        told.days(transition, &["effective_on"]);
    }
    // Why it came to its stage stands beside the stage, too.
    let to_stage = transitions().filter(|it| it["to"] == of.main()["stage"]);
    told.words(to_stage.max_by_key(|it| it["position"].as_i64()).unwrap_or(&Value::Null), &["reason"]);
    for ballot in list(&of.of("staff-ballots")["items"]) {
        let last = ["declared_on", "closed_on", "opened_on"].into_iter().find(|name| ballot[*name].is_string());
        told.days(ballot, last.as_slice());
        told.words(ballot, &["question"]);
    }
    for (kind, date) in
        [("annual-returns", "period_ends_on"), ("endorsements", "given_on"), ("objections", "raised_on")]
    {
        list(&of.of(kind)["items"]).iter().for_each(|it| told.days(it, &[date]));
    }
}

/// The table of its staff, which is there where they were counted more than once.
fn counts_of_staff(of: &Documents, told: &mut Told) {
    let returned = list(&of.of("annual-returns")["items"]).iter().map(|it| (&it["period_ends_on"], &it["headcount"]));
    let own = (&of.main()["staff_counted_on"], &of.main()["staff_count"]);
    let known = returned.chain([own]).filter_map(|(on, count)| Some((on.as_str()?, count.as_i64()?)));
    let counts: std::collections::BTreeSet<(&str, i64)> = known.collect();
    for (on, count) in counts.iter().filter(|_| counts.len() > 1) {
        told.say("counted on", super::told::day(on));
        told.say("counted", grouped(*count));
    }
}

const BUY_IN: [&str; 3] = ["staff_buy_in", "service_users_endorsement", "senior_management_endorsement"];

fn gate(readiness: &Value, told: &mut Told) {
    let conditions = &readiness["conditions"];
    told.say("conditions met", how_many(conditions, |it| it["outcome"] == "met"));
    told.say("conditions", how_many(conditions, |_| true));
    told.days(readiness, &["launches_on"]);
    for condition in list(conditions) {
        let is_told_twice = BUY_IN.iter().any(|name| condition["condition"] == *name);
        told.sentences(condition, if is_told_twice { &["detail", "detail"] } else { &["detail"] });
        for place in 2..=list(&condition["looked_at"]).len().min(5) {
            told.say("place of a record that the condition looked at", place);
        }
    }
}

fn department(of: &Documents, told: &mut Told) {
    let department = of.main();
    told.words(department, &["name"]);
    told.days(department, &["opened_on", "closed_on"]);
    told.words(&department["successor"], &["name"]);
    told.record(department);
    for promise in list(&of.of("commitments")["items"]) {
        told.words(&promise["commitment"], &["title"]);
        told.days(&promise["commitment"], &["due_on", "published_on"]);
        let late = promise["days_overdue"].as_i64().or_else(|| promise["days_late"].as_i64());
        told.say("days late", grouped(late.unwrap_or(0)));
    }
    let scorecard = &of.of("scorecard")["stages"];
    for stage in list(scorecard).iter().filter(|it| it["mutuals"] != 0 || it["enablers"] != 0) {
        told.counts(stage, &["mutuals", "enablers"]);
    }
    let coverage = of.of("support-coverage");
    if how_many(&coverage["items"], |_| true) > 0 {
        told.say("holes", how_many(&coverage["holes"], |_| true));
    }
    for field in list(&coverage["items"]) {
        told.counts(field, &["mutuals"]);
        told.counts_above_zero(field, &["enablers"]);
    }
}

fn staff_ballot(of: &Documents, told: &mut Told) {
    let ballot = of.main();
    told.words(ballot, &["question", "void_reason"]);
    told.words(&ballot["mutual"], &["name"]);
    told.words(&ballot["scrutineer"], &["name"]);
    // A key is told by the end of its id.
    let actors = list(&ballot["entered_by"]).iter().chain([&ballot["declared_by"]]).filter_map(Value::as_str);
    for key in actors.filter_map(|actor| actor.strip_prefix("key:")) {
        told.say("the end of a key", &key[key.len() - 4..]);
    }
    told.days(ballot, &["opened_on", "closed_on", "declared_on"]);
    told.record(ballot);
    votes(ballot, told);
    shares(ballot, told);
    for threshold in list(&ballot["result"]["thresholds"]) {
        told.say("option of a threshold", label(ballot, &threshold["option"]));
        percent(threshold, told);
    }
    for figure in list(&ballot["published_figures"]) {
        told.say("option of a published figure", label(ballot, &figure["option"]));
        percent(figure, told);
    }
    if let Some(opening) = of.find("opening") {
        hosted(opening, of.find("result").unwrap_or(opening), told);
    }
    rounds(ballot, of.find("result"), told);
}

/// What all who could vote did: voted for an option, spoiled their vote, voted for what is not on record, or did not vote.
fn votes(ballot: &Value, told: &mut Told) {
    let counts = list(&ballot["counts"]);
    for count in counts {
        told.say("option", label(ballot, &count["option"]));
        told.counts(count, &["votes"]);
    }
    let (Some(entitled), Some(returned)) = (ballot["roll_size"].as_i64(), ballot["returned"].as_i64()) else {
        return if counts.is_empty() {
            told.counts(ballot, &["returned"])
        };
    };
    told.draw("people who could vote", grouped(entitled));
    told.draw("people who voted", grouped(returned));
    told.counts_above_zero(ballot, &["spoiled"]);
    let counted: i64 = counts.iter().map(|count| count["votes"].as_i64().unwrap()).sum();
    let unknown = returned - counted - ballot["spoiled"].as_i64().unwrap_or(0);
    if unknown > 0 {
        told.say("votes for what is not on record", grouped(unknown));
    }
    told.say("did not vote", grouped(entitled - returned));
}

/// The turnout, and the table of each option's shares.
fn shares(ballot: &Value, told: &mut Told) {
    let figures = list(&ballot["result"]["figures"]);
    for figure in figures {
        percent(figure, told);
        told.counts(figure, &["numerator", "denominator"]);
    }
    if figures.iter().any(|it| it["option"].is_string()) {
        list(&ballot["options"]).iter().for_each(|option| told.words(option, &["label"]));
    }
}

/// The table of the rounds: those of a ballot that the register held, or those that were entered.
fn rounds(ballot: &Value, result: Option<&Value>, told: &mut Told) {
    let held: Vec<&Value> = result.into_iter().flat_map(|result| list(&result["result"]["rounds"])).collect();
    let entered = list(&ballot["later_rounds"]);
    let all = match (held.as_slice(), entered) {
        ([], []) => return,
        ([], entered) => [ballot].into_iter().chain(entered).collect(),
        _ => held,
    };
    (1..=all.len()).for_each(|round| told.say("round", round));
    list(&ballot["options"]).iter().for_each(|option| told.words(option, &["label"]));
    all.iter().flat_map(|round| list(&round["counts"])).for_each(|count| told.counts(count, &["votes"]));
}

fn hosted(opening: &Value, newest: &Value, told: &mut Told) {
    let manifest = &opening["manifest"];
    told.instants(manifest, &["opens_at"]);
    told.instants(opening, &["closes_at", "opened_at"]);
    told.counts(manifest, &["roll_size"]);
    list(&manifest["issuers"]).iter().for_each(|issuer| told.words(issuer, &["name"]));
    told.words(opening, &["fingerprint", "manifest_sha256"]);
    let witnesses = &newest["log"]["witnesses"];
    told.say("witnesses", witnesses.as_i64().unwrap_or_else(|| how_many(witnesses, |_| true)));
}

fn contract(of: &Documents, told: &mut Told) {
    let contract = of.main();
    told.words(contract, &["title", "description", "reference", "ocid"]);
    told.words(&contract["mutual"], &["name"]);
    told.words(&contract["department"], &["name"]);
    told.say("procedure", of.label("procedure", &contract["procedure"]));
    told.days(contract, &["awarded_on", "entered_on", "starts_on", "ends_on", "latest_ends_on"]);
    if let Some(end) = contract["ends_on"].as_str().and_then(|end| end.parse::<NaiveDate>().ok()) {
        told.say("days until it ends, or since", grouped((end - of.today).num_days().abs()));
    }
    told.days(&contract["protection"], &["until"]);
    if contract["value"].is_object() {
        told.say("value", pounds(&contract["value"]));
    }
    told.record(contract);
    let compliance = of.of("compliance");
    told.sentences(compliance, &["regime_reason"]);
    for rule in list(&compliance["rules"]) {
        told.words(rule, &["citation"]);
        told.sentences(rule, &["detail"]);
    }
    let others = how_many(&compliance["rules"], |rule| rule["outcome"] == "not_applicable");
    if others > 0 {
        told.say("rules that do not apply", others);
    }
    for competition in list(&of.of("competitions")["items"]) {
        told.days(competition, &["opened_on", "decided_on"]);
        told.words(competition, &["winner_name"]);
    }
    for notice in list(&of.of("notices")["items"]) {
        told.days(notice, &["published_on"]);
        told.words(notice, if notice["url"].is_null() { &[] } else { &["reference"] });
    }
}

fn cliff_edge(of: &Documents, told: &mut Told) {
    let report = of.main();
    told.days(report, if report["listed"] == "ending" { &["until", "until"] } else { &["until"] });
    told.figures(&report["totals"], &["ending", "later", "without_end", "unclear", "staff"]);
    let day = report["as_at"].as_str().unwrap();
    for month in list(&report["totals"]["by_month"]) {
        told.days(month, &["month"]);
        told.figures(month, &["contracts"]);
        for state in [Some(true), Some(false), None] {
            let is_so = |it: &Value| {
                end(it, day).starts_with(month["month"].as_str().unwrap()) && is_protected(it, day) == state
            };
            told.say("contracts by protection", how_many(of.of("ending"), is_so));
        }
    }
    for contract in list(&report["items"]) {
        told.words(contract, &["title"]);
        told.say("next route", of.label("next-route", &contract["next_route"]));
        told.sentences(contract, &["next_route_reason"]);
        told.words(&contract["mutual"], &["name"]);
        told.words(&contract["department"], &["name"]);
        told.days(contract, &["ends_on"]);
        told.counts_above_zero(&contract["competitions_lost"], &["count"]);
    }
}

/// The next end of a contract: that of its extension where its own has passed.
fn end<'c>(contract: &'c Value, day: &str) -> &'c str {
    let own = contract["ends_on"].as_str().unwrap_or_default();
    let has_passed = own < &day[..own.len()];
    contract["latest_ends_on"].as_str().filter(|_| has_passed).unwrap_or(own)
}

fn is_protected(contract: &Value, day: &str) -> Option<bool> {
    let kind = contract["protection_kind"].as_str()?;
    Some(kind != "none" && contract["protected_until"].as_str().is_none_or(|until| until >= day))
}

fn competitions(of: &Documents, told: &mut Told) {
    let report = of.main();
    told.days(report, &["as_at"]);
    list(&report["totals"]["by_outcome"]).iter().for_each(|it| told.figures(it, &["competitions"]));
    for competition in list(&report["items"]) {
        told.words(competition, &["contract_title", "winner_name", "unclear_reason"]);
        told.words(&competition["mutual"], &["name"]);
        told.days(competition, &["decided_on"]);
    }
}

fn figures(of: &Documents, told: &mut Told) {
    let figures = of.main();
    told.days(figures, &["as_at"]);
    told.figures(figures, &["operating", "on_the_way", "suspended", "ended_before_launch", "ended_after_launch"]);
    told.figures(figures, &["unknown", "launches_past_gate", "contracts_ending"]);
    told.sums(figures, &["operating_staff", "on_the_way_staff"]);
    rows(list(&figures["by_sector"]).iter().filter(|it| it["operating"]["count"] != 0), "", told);
    told.figures(&figures["ballots"], &["declared"]);
    told.counts(&figures["ballots"]["turnout"], &["returned", "entitled", "records"]);
    told.figures(&figures["competitions"], &["won", "lost", "open", "other"]);
}

fn rows<'v>(rows: impl Iterator<Item = &'v Value>, name: &str, told: &mut Told) {
    for row in rows {
        if !name.is_empty() {
            told.say(name, row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned));
        }
        told.figures(row, &["operating", "on_the_way"]);
        told.sums(row, &["staff"]);
    }
}

fn breakdown(of: &Documents, told: &mut Told, by: &str, name: &str) {
    let figures = of.main();
    told.days(figures, &["as_at"]);
    let is_counted = |row: &&Value| row["operating"]["count"] != 0 || row["on_the_way"]["count"] != 0;
    rows(list(&figures[format!("by_{by}")]).iter().filter(is_counted), name, told);
    let left_out = &figures["left_out"][by];
    if left_out["operating"] != 0 || left_out["on_the_way"] != 0 {
        told.counts(left_out, &["operating", "on_the_way"]);
    }
}

fn stages(of: &Documents, told: &mut Told) {
    told.days(of.main(), &["as_at"]);
    for row in list(&of.main()["by_stage"]) {
        told.figures(row, &["mutuals"]);
        told.sums(row, &["staff"]);
    }
}

fn counted_mutuals(of: &Documents, told: &mut Told) {
    for (name, value) in
        of.query.iter().filter(|(name, _)| ["as_at", "launched_in", "ended_in"].contains(&name.as_str()))
    {
        told.say(name, super::told::day(value));
    }
    for mutual in list(&of.main()["items"]) {
        told.words(mutual, &["name"]);
        told.counts(mutual, &["staff_count"]);
    }
}

fn published_figures(of: &Documents, told: &mut Told) {
    for figure in list(&of.main()["items"]) {
        told.days(figure, &["as_on"]);
        told.counts(figure, &["count"]);
        told.words(figure, &["definition"]);
        list(&figure["sources"]).iter().take(1).for_each(|source| told.words(source, &["title"]));
        if figure["as_on"].is_string() {
            told.figures(&figure["register"], &["count"]);
        }
    }
}

fn log(of: &Documents, told: &mut Told) {
    let head = of.of("head");
    told.counts(head, &["tree_size"]);
    told.words(head, &["root_hash", "origin", "key_id"]);
    told.say("witnesses", how_many(&head["cosignatures"], |_| true));
    changes(of.of("entries"), told);
}

fn search(of: &Documents, told: &mut Told) {
    for hit in list(&of.main()["groups"]).iter().flat_map(|group| list(&group["items"])) {
        told.words(hit, &["name"]);
        told.words(&hit["mutual"], &["name"]);
    }
}

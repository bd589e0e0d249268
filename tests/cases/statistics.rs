//! The figures: by hand on the sample register, and the slow way on random ones.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, id, known_staff_ballot, mutual, with,
};
use kit::{Database, Engine, Program, Response, TestApp};
use serde_json::{Value, json};

const STATISTICS: &str = "/v1/statistics";
const TIMELINE: &str = "/v1/statistics/timeline";
const COUNTED: &str = "/v1/statistics/mutuals";

kit::on_both! {
    the_sample_as_at_the_end_of_july_2012_is_as_counted_by_hand,
    the_sample_today_is_as_counted_by_hand,
    random_registers_are_counted_as_the_slow_way_does,
    a_timeline_says_what_the_figures_of_its_days_say,
    every_link_lists_what_its_figure_counts,
    ballots_and_contracts_are_counted_by_their_days,
    a_count_of_staff_is_known_from_its_day_on,
    a_launch_past_the_gate_counts_for_good,
    an_answer_is_never_stale,
    the_figures_are_a_table_too,
    what_cannot_be_asked_is_refused_with_all_faults,
}

fn imported(engine: Engine) -> Database {
    let database = Database::absent(engine);
    let ended = Program::new(&["import-sample"]).env("DATABASE_URL", &database.url()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    database
}

async fn sample(app: &TestApp) -> TestApp {
    TestApp::with(imported(app.database().engine()), |_| {})
}

async fn as_at(app: &TestApp, day: &str) -> Value {
    app.get(format!("{STATISTICS}?as_at={day}")).await.expect(200)
}

/// A figure without its link.
pub fn numbers(figure: &Value) -> [i64; 3] {
    let first = figure.get("count").or_else(|| figure.get("total")).unwrap_or(&Value::Null);
    [first, &figure["records"], &figure["lacking"]]
        .map(|number| number.as_i64().unwrap_or_else(|| panic!("{figure:#}")))
}

/// Counted in `data/sample/mutuals.json`, line by line.
///
/// Launched by then, be it that only the year is known, and ended later or not at all: City Health Care Partnership (2010-06-01, 1,400
/// staff), NAViGO (2011), MyCSP (2012, 500), CSH Surrey (2006-10-01, 770), Sirona (2011-10-01, 1,700), Livewell (2011-10), Locala
/// (2011-10-01, counted in 2022 only), Anglian Community Enterprise (2011, counted in 2021 only), First Community (2011-10), SEQOL (2011),
/// Nottingham CityCare (2011, counted in 2016 only), Spectrum (2011-04-01, 170), Social adVentures (2011), Cleveland Fire Brigade Risk
/// Management (2011-04), Community Dental Services (2011, counted in 2018 only), Chime (2011), Bristol Community Health (2011, 1,200), Your
/// Healthcare (2010-04-01), Evolve YP (2009-11, 15), Leading Lives (2012-07, 500) and Peninsula (2011-10, counted in 2016 only): 21, of which
/// 8 have 6,255 staff and 13 no number that may be of that day.
///
/// Launched on a day that nobody knows, so that it may have been before or after: Care Plus Group, Medway, Inclusion Healthcare, Salvere,
/// 3BM, North Somerset, East Coast, Bromley, Oldham, Agewell, Laurus, GLL, Youth Connect and Provide: 14. Withdrawn on such a day: Newton
/// Rigg. Together 15.
///
/// All others were entered or launched later, or blocked, rejected or withdrawn later, and nothing is known of them before that.
async fn the_sample_as_at_the_end_of_july_2012_is_as_counted_by_hand(app: &TestApp) {
    let sample = sample(app).await;
    let told = as_at(&sample, "2012-07-31").await;
    assert_eq!(numbers(&told["operating"]), [21, 21, 15]);
    assert_eq!(numbers(&told["operating_staff"]), [6255, 8, 13]);
    assert_eq!(numbers(&told["on_the_way"]), [0, 0, 15]);
    assert_eq!(numbers(&told["unknown"]), [15, 15, 0]);
    for ended in ["suspended", "ended_before_launch", "ended_after_launch"] {
        assert_eq!(numbers(&told[ended]), [0, 0, 15], "{ended}");
    }
    // One ballot of the sample says when it was declared at most: none does.
    assert_eq!(numbers(&told["ballots"]["declared"]), [0, 0, 7]);
    assert!(sample.follow(&told).await > 100);
}

/// Counted in `data/sample/mutuals.json` by stage: 38 operating, 5 in staff consultation on the way, 2 withdrawn, 1 blocked and 1 rejected,
/// 6 that lost their contract, 4 returned in house, 1 merged, 1 closed and 1 insolvent. Of those operating 17 have a number of staff:
/// Libraries Unlimited 300, City Health Care Partnership 1,400, CSH Surrey 770, Leading Lives 500, Sirona 1,700, Locala 1,300, East Coast
/// 900, Nottingham CityCare 1,800, Spectrum 170, Possabilities 200, Community Dental Services 286, Aspire in Leeds 700, Inclusion Healthcare
/// 12, Evolve YP 15, Youth Connect 20, Space 57 and Enable 100.
async fn the_sample_today_is_as_counted_by_hand(app: &TestApp) {
    let sample = sample(app).await;
    let told = sample.get(STATISTICS).await.expect(200);
    assert_eq!(numbers(&told["operating"]), [38, 38, 0]);
    assert_eq!(numbers(&told["on_the_way"]), [5, 5, 0]);
    assert_eq!(numbers(&told["ended_before_launch"]), [4, 4, 0]);
    assert_eq!(numbers(&told["ended_after_launch"]), [13, 13, 0]);
    assert_eq!(numbers(&told["operating_staff"]), [10230, 17, 21]);
    assert_eq!(numbers(&told["on_the_way_staff"]), [0, 0, 5]);
    let in_stage = |stage: &str| {
        let stages = told["by_stage"].as_array().unwrap();
        numbers(&stages.iter().find(|one| one["stage"] == stage).unwrap()["mutuals"])[0]
    };
    assert_eq!(["blocked", "withdrawn", "rejected", "merged", "insolvent"].map(in_stage), [1, 2, 1, 1, 1]);
    // Gloucestershire (1,628 of 2,896) and Middlesbrough (700 of 1,000) have both numbers.
    let ballots = &told["ballots"];
    assert_eq!(numbers(&ballots["declared"]), [7, 7, 0]);
    assert_eq!((&ballots["turnout"]["returned"], &ballots["turnout"]["entitled"]), (&json!(2328), &json!(3896)));
    assert_eq!((&ballots["turnout"]["records"], &ballots["turnout"]["lacking"]), (&json!(2), &json!(5)));
    assert!(sample.follow(&told).await > 100);
}

/// Random numbers that are the same at each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn one_of<'o>(&mut self, options: &[&'o str]) -> &'o str {
        options[self.below(options.len())]
    }

    /// A date of 2010 to 2019, known more or less, or none.
    fn date(&mut self, year: usize) -> String {
        let (month, day) = (self.below(12) + 1, self.below(28) + 1);
        match self.below(4) {
            0 => String::new(),
            1 => format!("{year}"),
            2 => format!("{year}-{month:02}"),
            _ => format!("{year}-{month:02}-{day:02}"),
        }
    }
}

/// Mutuals with courses of all kinds.
async fn enter_random(app: &TestApp, dice: &mut Dice, many: usize) {
    let departments =
        [app.create(DEPARTMENTS, &department("North")).await, app.create(DEPARTMENTS, &department("South")).await];
    for number in 0..many {
        let mut new = mutual(&format!("Mutual {number}"));
        let first = dice.one_of(&["idea", "approved", "business_case"]);
        new["stage"] = json!(first);
        new["sectors"] = json!([["housing"].as_slice(), &["dental"], &["dental", "housing"]][dice.below(3)]);
        for (member, words) in
            [("region", ["", "london", "wales", "south_west"]), ("legal_form", ["", "cio", "llp", "cic_unspecified"])]
        {
            let word = dice.one_of(&words);
            if !word.is_empty() {
                new[member] = json!(word);
            }
        }
        if dice.below(3) > 0 {
            new["department_id"] = json!(id(&departments[dice.below(2)]));
        }
        if dice.below(3) > 0 {
            new["staff_count"] = json!(dice.below(500));
            let counted = dice.date(2012);
            if !counted.is_empty() {
                new["staff_counted_on"] = json!(counted);
            }
        }
        let courses: [&[&str]; 7] = [
            &[],
            &[],
            &["launched"],
            &["launched", "operating", "recontracting"],
            &["launched", "operating", "closed"],
            &["staff_consultation", "blocked"],
            &["suspended", first, "launched", "merged"],
        ];
        let course = courses[dice.below(courses.len())];
        if dice.below(2) > 0 {
            // No transition may be before it.
            let latest = if course.is_empty() { 9 } else { 1 };
            new["stage_since"] = json!(format!("20{}", 10 + dice.below(latest)));
        }
        let record = app.create(MUTUALS, &new).await;
        let mut year = 2010;
        let mut dated = Vec::new();
        for to in course {
            year += 1 + dice.below(2);
            dated.push((*to, dice.date(year)));
        }
        let dated: Vec<(&str, &str)> = dated.iter().map(|(to, date)| (*to, date.as_str())).collect();
        app.lead(&record, &dated).await;
    }
}

const GROUPS: [(&str, &[&str]); 5] = [
    ("operating", &["launched", "operating", "recontracting"]),
    (
        "on_the_way",
        &[
            "idea",
            "options_appraisal",
            "business_case",
            "approval_pending",
            "approved",
            "staff_consultation",
            "transfer_preparation",
        ],
    ),
    ("suspended", &["suspended"]),
    ("ended_before_launch", &["rejected", "withdrawn", "blocked"]),
    ("ended_after_launch", &["merged", "contract_lost", "returned_in_house", "closed", "insolvent"]),
];

fn group(stage: &str) -> &'static str {
    GROUPS.iter().find(|(_, stages)| stages.contains(&stage)).unwrap().0
}

/// The first day that a date may be.
fn first_day(date: &Value) -> Option<String> {
    let date = date.as_str()?;
    Some(format!("{date}{}", ["-01-01", "-01", ""][(date.len() - 4) / 3]))
}

/// Where a mutual stood at the end of a day that is over, from its own record and its transitions: all that may be, and what that has in
/// common.
fn stood(record: &Value, transitions: &[Value], day: &str) -> Option<&'static str> {
    let entered = record["created_at"].as_str().unwrap()[..10].to_owned();
    let (stage, since) = match transitions.first() {
        Some(first) => (&first["from"], entered),
        None => (&record["stage"], first_day(&record["stage_since"]).unwrap_or(entered)),
    };
    let mut may_be = vec![if since.as_str() <= day { Some(group(stage.as_str().unwrap())) } else { None }];
    for transition in transitions {
        let to = Some(group(transition["to"].as_str().unwrap()));
        match first_day(&transition["effective_on"]) {
            Some(on) if on.as_str() <= day => may_be = vec![to],
            Some(_) => break,
            None => may_be.push(to),
        }
    }
    if may_be.iter().all(|one| *one == may_be[0]) { may_be[0] } else { Some("unknown") }
}

fn add(sum: &mut [i64; 3], number: Option<i64>) {
    match number {
        Some(number) => {
            sum[0] += number;
            sum[1] += 1;
        }
        None => sum[2] += 1,
    }
}

/// Mutuals with their transitions, as the register shows them.
async fn everything(app: &TestApp) -> Vec<(Value, Vec<Value>)> {
    let mut all = Vec::new();
    for record in app.walk(MUTUALS).await {
        let transitions = app.walk(&format!("{MUTUALS}/{}/stage-transitions", id(&record))).await;
        all.push((record, transitions));
    }
    all
}

fn staff(record: &Value, day: &str) -> Option<i64> {
    let counted = first_day(&record["staff_counted_on"]);
    record["staff_count"].as_i64().filter(|_| counted.is_none_or(|counted| counted.as_str() <= day))
}

/// Operating, on the way and the staff of both, of those that a condition lets through.
fn slow_tally(all: &[(Value, Vec<Value>)], day: &str, of: impl Fn(&Value) -> bool) -> [[i64; 3]; 3] {
    let mut counts = [0; 3];
    let mut sum = [0; 3];
    for (record, transitions) in all.iter().filter(|(record, _)| of(record)) {
        match stood(record, transitions, day) {
            Some("operating") => counts[0] += 1,
            Some("on_the_way") => counts[1] += 1,
            Some("unknown") => {
                counts[2] += 1;
                continue;
            }
            _ => continue,
        }
        add(&mut sum, staff(record, day));
    }
    [[counts[0], counts[0], counts[2]], [counts[1], counts[1], counts[2]], sum]
}

fn tally(item: &Value) -> [[i64; 3]; 3] {
    [&item["operating"], &item["on_the_way"], &item["staff"]].map(numbers)
}

async fn random_registers_are_counted_as_the_slow_way_does(app: &TestApp) {
    let mut dice = Dice(if app.database().engine() == Engine::Sqlite { 7 } else { 11 });
    enter_random(app, &mut dice, 30).await;
    let all = everything(app).await;
    let mut counted = 0;
    for year in 2009..2022 {
        let day = format!("{year}-{:02}-{:02}", dice.below(12) + 1, dice.below(28) + 1);
        let told = as_at(app, &day).await;
        for (name, _) in GROUPS {
            let expected = all.iter().filter(|(record, moves)| stood(record, moves, &day) == Some(name)).count();
            assert_eq!(told[name]["count"], json!(expected), "{name} as at {day}");
            counted += expected;
        }
        for (breakdown, key, of) in [
            ("by_region", "region", "region"),
            ("by_legal_form", "legal_form", "legal_form"),
            ("by_department", "department_id", "department_id"),
        ] {
            let items = told[breakdown].as_array().unwrap();
            for item in items {
                let expected = slow_tally(&all, &day, |record| record[of] == item[key]);
                assert_eq!(tally(item), expected, "{breakdown} as at {day}: {item:#}");
            }
            let without = slow_tally(&all, &day, |record| record[of].is_null());
            let left_out = &told["left_out"][of.trim_end_matches("_id")];
            assert_eq!(left_out["operating"], json!(without[0][0]), "{breakdown} as at {day}");
            let in_items: i64 = items.iter().map(|item| numbers(&item["operating"])[0]).sum();
            assert_eq!(json!(in_items + without[0][0]), told["operating"]["count"], "{breakdown} as at {day}");
        }
        for item in told["by_sector"].as_array().unwrap() {
            let of = |record: &Value| record["sectors"].as_array().unwrap().contains(&item["sector"]);
            assert_eq!(tally(item), slow_tally(&all, &day, of), "as at {day}: {item:#}");
        }
        for item in told["by_launch_year"].as_array().unwrap() {
            let year = item["year"].to_string();
            let of = |record: &Value| {
                first_day(&record["launched_on"]).is_some_and(|on| on.starts_with(&year) && on.as_str() <= day.as_str())
            };
            assert_eq!(tally(item), slow_tally(&all, &day, of), "as at {day}: {item:#}");
        }
    }
    assert!(counted > 100);
}

async fn a_timeline_says_what_the_figures_of_its_days_say(app: &TestApp) {
    enter_random(app, &mut Dice(23), 25).await;
    let all = everything(app).await;
    let mut launches = 0;
    for asked in ["by=year&from=2008&to=2030", "by=month&from=2012-03&to=2013-02", ""] {
        let told = app.get(format!("{TIMELINE}?{asked}")).await.expect(200);
        let periods = told["periods"].as_array().unwrap();
        for period in periods {
            let there = as_at(app, period["ends_on"].as_str().unwrap()).await;
            for name in ["operating", "on_the_way"] {
                assert_eq!(period[name], there[name], "{period:#}");
            }
            let both = [&there["operating_staff"], &there["on_the_way_staff"]].map(numbers);
            let both: Vec<i64> = both[0].iter().zip(both[1]).map(|(one, other)| one + other).collect();
            assert_eq!(numbers(&period["staff"]).to_vec(), both, "{period:#}");
            let name = period["period"].as_str().unwrap();
            for (figure, member) in [("launches", "launched_on"), ("endings", "ended_on")] {
                let dates = all.iter().filter_map(|(record, _)| first_day(&record[member]));
                let expected = dates.filter(|on| on.starts_with(name)).count();
                assert_eq!(period[figure]["count"], json!(expected), "{figure} of {period:#}");
                launches += expected;
            }
        }
        assert!(app.follow(&told).await >= periods.len() * 5);
    }
    assert!(launches > 10);
    let years = app.get(format!("{TIMELINE}?from=2008&to=2012")).await.expect(200);
    let names: Vec<&str> =
        years["periods"].as_array().unwrap().iter().map(|one| one["period"].as_str().unwrap()).collect();
    assert_eq!(names, ["2008", "2009", "2010", "2011", "2012"]);
}

async fn every_link_lists_what_its_figure_counts(app: &TestApp) {
    enter_random(app, &mut Dice(42), 20).await;
    for day in ["2012-07-31", "2015-01-01", "2999-01-01"] {
        let told = as_at(app, day).await;
        assert!(app.follow(&told).await > 50);
    }
    let page = app.get(format!("{COUNTED}?as_at=2012-07-31&limit=2&count=exact")).await.expect(200);
    let all = app.walk(&format!("{COUNTED}?as_at=2012-07-31&limit=2")).await;
    assert_eq!(page["total"], json!(all.len()));
    let item = &all[0];
    assert!(item["slug"].is_string() && item["name"].is_string() && item["standing"].is_string(), "{item:#}");
}

async fn ballots_and_contracts_are_counted_by_their_days(app: &TestApp) {
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let draft =
        async |members: Value| app.create(STAFF_BALLOTS, &with(known_staff_ballot(id(&supplier)), members)).await;
    let declared = async |members: Value| app.declare(&draft(members).await).await;
    declared(json!({ "declared_on": "2012", "roll_size": 100, "returned": 60 })).await;
    declared(json!({ "declared_on": "2013-05" })).await;
    declared(json!({})).await;
    let void = format!("{STAFF_BALLOTS}/{}/void", id(&declared(json!({ "declared_on": "2012" })).await));
    app.post(&void, &json!({ "void_reason": "Wrong." })).await.expect(200);
    draft(json!({ "declared_on": "2012", "roll_size": 7, "returned": 7 })).await;
    let deal = |members: Value| with(contract(id(&supplier), id(&buyer)), members);
    let gbp = |amount: i64| json!({ "amount_minor": amount, "currency": "GBP" });
    for members in [
        json!({ "procedure": "pcr_open", "entered_on": "2016-01-01", "procurement_started_on": "2015-06-01", "value": gbp(100) }),
        json!({ "procedure": "pcr_open", "entered_on": "2017-01-01", "procurement_started_on": "2015-02-25", "value": gbp(20) }),
        json!({ "procedure": "pcr_open", "entered_on": "2018-01-01" }),
        json!({ "procedure": "pcr_open", "entered_on": "2016-05-01", "value": { "amount_minor": 9, "currency": "EUR" } }),
        json!({ "procedure": "psr_competitive", "entered_on": "2024-09-01", "procurement_started_on": "2024-02-01", "health_services": true, "value": gbp(3) }),
        json!({ "procedure": "pa_open", "entered_on": "2025-09-01", "procurement_started_on": "2025-03-01", "health_services": false, "value": gbp(5) }),
        json!({ "procedure": "pcr_light_touch", "entered_on": "2024-09-02", "procurement_started_on": "2024-02-01", "health_services": false, "value": gbp(7) }),
        json!({ "procedure": "other", "status": "active" }),
        json!({ "procedure": "other", "status": "planned" }),
    ] {
        app.create(CONTRACTS, &deal(members)).await;
    }
    let past = as_at(app, "2012-07-31").await;
    assert_eq!(numbers(&past["ballots"]["declared"]), [1, 1, 1]);
    assert_eq!(
        (&past["ballots"]["turnout"]["returned"], &past["ballots"]["turnout"]["entitled"]),
        (&json!(60), &json!(100))
    );
    let between = as_at(app, "2017-01-01").await;
    let procedures = between["contracts_by_procedure"].as_array().unwrap();
    assert_eq!(procedures.len(), 2, "{procedures:#?}");
    let open = procedures.iter().find(|one| one["procedure"] == "pcr_open").unwrap();
    assert_eq!(numbers(&open["contracts"]), [3, 3, 0]);
    let values: Vec<(&Value, [i64; 3])> =
        open["values"].as_array().unwrap().iter().map(|value| (&value["currency"], numbers(value))).collect();
    assert_eq!(values, [(&json!("EUR"), [9, 1, 0]), (&json!("GBP"), [120, 2, 0])]);
    let now = as_at(app, "2999-01-01").await;
    assert_eq!(numbers(&now["ballots"]["declared"]), [3, 3, 0]);
    let told = now["contracts_by_regime"].as_array().unwrap();
    let regimes: Vec<(&str, [i64; 3])> =
        told.iter().map(|one| (one["regime"].as_str().unwrap(), numbers(&one["contracts"]))).collect();
    let expected = [
        ("pcr_2006", [1, 1, 0]),
        ("pcr_2015", [4, 4, 0]),
        ("pa_2023", [1, 1, 0]),
        ("psr_2023", [1, 1, 0]),
        ("unknown", [0, 0, 1]),
    ];
    assert_eq!(regimes, expected);
    let other =
        now["contracts_by_procedure"].as_array().unwrap().iter().find(|one| one["procedure"] == "other").unwrap();
    assert_eq!(numbers(&other["contracts"]), [0, 0, 1]);
    for told in [past, between, now] {
        app.follow(&told).await;
    }
}

async fn a_count_of_staff_is_known_from_its_day_on(app: &TestApp) {
    let counted = json!({ "stage_since": "2010-01-01", "staff_count": 40, "staff_counted_on": "2012-07-31" });
    app.create(MUTUALS, &with(mutual("Counted"), counted)).await;
    for (day, expected) in [("2012-07-30", [0, 0, 1]), ("2012-07-31", [40, 1, 0]), ("2012-08-01", [40, 1, 0])] {
        let told = app.get(format!("{STATISTICS}?as_at={day}")).await.expect(200);
        assert_eq!(numbers(&told["on_the_way_staff"]), expected, "{day}");
    }
}

async fn a_launch_past_the_gate_counts_for_good(app: &TestApp) {
    let bold = app.create(MUTUALS, &mutual("Bold")).await;
    let launch =
        json!({ "to": "launched", "effective_on": "2012-03-01", "override_reason": "The council decided to go on." });
    app.create(&format!("{MUTUALS}/{}/stage-transitions", id(&bold)), &launch).await;
    app.lead(&bold, &[("closed", "2014")]).await;
    for (day, expected) in
        [("2012-02-29", 0), ("2012-03-01", 1), ("2013-01-01", 1), ("2020-01-01", 1), ("2999-01-01", 1)]
    {
        let told = as_at(app, day).await;
        assert_eq!(numbers(&told["launches_past_gate"]), [expected, expected, 0], "{day}");
        app.follow(&told["launches_past_gate"]).await;
    }
}

async fn an_answer_is_never_stale(app: &TestApp) {
    let other = TestApp::beside(app);
    let path = format!("{STATISTICS}?as_at=2015-01-01");
    let empty = app.get(&path).await;
    let tag = empty.header("etag").unwrap().to_owned();
    assert_eq!(empty.header("cache-control"), Some("no-cache"));
    assert_eq!(numbers(&empty.expect(200)["operating"]), [0, 0, 0]);
    assert_eq!(other.get(&path).header("if-none-match", &tag).await.status(), 304);
    // Each change is seen by both at once, whoever made it: a launch, one that is entered after the fact, a deletion.
    let one = app.create(MUTUALS, &mutual("One")).await;
    app.lead(&one, &[("launched", "2012")]).await;
    for instance in [app, &other] {
        let told = instance.get(&path).header("if-none-match", &tag).await;
        assert_ne!(told.header("etag").unwrap(), tag);
        assert_eq!(numbers(&told.expect(200)["operating"]), [1, 1, 0]);
    }
    let transition = json!({ "to": "approved", "effective_on": "2011", "historic": true });
    other.create(&format!("{MUTUALS}/{}/stage-transitions", id(&one)), &transition).await;
    for instance in [app, &other] {
        assert_eq!(numbers(&as_at(instance, "2011-06-01").await["on_the_way"]), [1, 1, 0]);
        assert_eq!(numbers(&as_at(instance, "2011-06-01").await["on_the_way"]), [1, 1, 0]);
    }
    app.delete(format!("{MUTUALS}/{}", id(&one))).await.expect(204);
    for instance in [&other, app] {
        assert_eq!(numbers(&as_at(instance, "2011-06-01").await["on_the_way"]), [0, 0, 0]);
    }
    // A day that was today is over some time: what may have happened on it or not is no longer told.
    let undated = app.create(MUTUALS, &mutual("Undated")).await;
    app.lead(&undated, &[("launched", "")]).await;
    let today = app.get(STATISTICS).await.expect(200)["as_at"].as_str().unwrap().to_owned();
    assert_eq!(numbers(&as_at(app, &today).await["operating"]), [1, 1, 0]);
    app.pass(Duration::from_secs(2 * 86_400));
    assert_eq!(numbers(&as_at(app, &today).await["operating"])[2], 1);
    assert_eq!(numbers(&app.get(STATISTICS).await.expect(200)["operating"]), [1, 1, 0]);
}

async fn what_cannot_be_asked_is_refused_with_all_faults(app: &TestApp) {
    app.get(format!("{STATISTICS}?as_at=2012&day=1"))
        .await
        .expect_faults(400, &[("as_at", "invalid-format"), ("day", "unknown-parameter")]);
    app.get(format!("{TIMELINE}?by=week&from=x"))
        .await
        .expect_faults(400, &[("by", "not-in-vocabulary"), ("from", "invalid-format")]);
    app.get(format!("{TIMELINE}?by=month&from=1950&to=2010")).await.expect_faults(400, &[("from", "too-many")]);
    app.get(format!("{TIMELINE}?by=month&from=1960-01&to=2009-12")).await.expect(200);
    app.get(format!("{TIMELINE}?from=2012&to=2011")).await.expect_faults(400, &[("to", "date-order")]);
    app.get(format!("{COUNTED}?standing=afloat&limit=0"))
        .await
        .expect_faults(400, &[("standing", "not-in-vocabulary"), ("limit", "out-of-range")]);
    app.get(format!("{COUNTED}?department=nowhere")).await.problem(400);
}

/// The rows of a table, each by the names of its columns.
pub fn rows(table: &Response) -> Vec<BTreeMap<String, String>> {
    assert_eq!((table.status(), table.media_type()), (200, Some("text/csv")), "{table:?}");
    csv::Reader::from_reader(table.bytes()).deserialize().map(Result::unwrap).collect()
}

/// Each figure of the JSON is in a row, with the same numbers and the same link.
async fn the_figures_are_a_table_too(app: &TestApp) {
    let sample = sample(app).await;
    for query in ["?as_at=2012-07-31", ""] {
        let told = sample.get(format!("{STATISTICS}{query}")).await.expect(200);
        let rows = rows(&sample.get(format!("{STATISTICS}/export.csv{query}")).await);
        let row = |group: &str, code: &str, figure: &str| {
            let found =
                rows.iter().filter(|row| (&*row["group"], &*row["code"], &*row["figure"]) == (group, code, figure));
            let found: Vec<_> = found.filter(|row| row["name"] != "not known").collect();
            assert_eq!(found.len(), 1, "{group} {code} {figure}");
            ["value", "records", "lacking"].map(|name| found[0][name].parse::<i64>().unwrap())
        };
        assert!(rows.iter().all(|row| row["as_at"] == told["as_at"].as_str().unwrap()));
        for figure in ["operating", "on_the_way", "unknown", "operating_staff", "launches_past_gate"] {
            assert_eq!(row("", "", figure), numbers(&told[figure]), "{figure}");
        }
        for (group, list, code) in
            [("sector", "by_sector", "sector"), ("department", "by_department", "slug"), ("stage", "by_stage", "stage")]
        {
            for item in told[list].as_array().unwrap() {
                for figure in ["operating", "mutuals", "staff"] {
                    if !item[figure].is_null() {
                        assert_eq!(row(group, item[code].as_str().unwrap(), figure), numbers(&item[figure]), "{item}");
                    }
                }
            }
        }
        let left_out = rows.iter().find(|row| row["group"] == "region" && row["name"] == "not known").unwrap();
        assert_eq!(left_out["value"], told["left_out"]["region"]["operating"].to_string());
        assert_eq!(row("ballots", "", "returned")[0], told["ballots"]["turnout"]["returned"]);
        let urls = rows.iter().filter(|row| !row["url"].is_empty()).count();
        assert!(urls > 100 && urls + 8 == rows.len(), "{urls} of {}", rows.len());
        let timeline = sample.get(format!("{TIMELINE}?from=2005&to=2014")).await.expect(200);
        let table = rows_of_timeline(&sample).await;
        for (row, period) in table.iter().zip(timeline["periods"].as_array().unwrap()) {
            assert_eq!(row["period"], period["period"].as_str().unwrap());
            for (column, pointer) in [
                ("operating.count", "/operating/count"),
                ("staff.lacking", "/staff/lacking"),
                ("endings.count", "/endings/count"),
            ] {
                assert_eq!(row[column], period.pointer(pointer).unwrap().to_string(), "{column}");
            }
        }
        assert_eq!(table.len(), 10);
    }
    let table = sample.get(format!("{STATISTICS}/export.csv?bom=true")).await;
    assert!(table.bytes().starts_with(b"\xef\xbb\xbfas_at,"));
    let again = sample.get(format!("{STATISTICS}/export.csv?bom=true")).header("if-none-match", table.etag()).await;
    assert_eq!(again.status(), 304);
    let other = sample.get(format!("{STATISTICS}/export.csv")).header("if-none-match", table.etag()).await;
    assert_eq!(other.status(), 200);
    let wrong = sample.get(format!("{STATISTICS}/export.csv?as_at=x&bom=2&by=year")).await;
    wrong.expect_faults(400, &[("by", "unknown-parameter"), ("as_at", "invalid-format"), ("bom", "invalid-format")]);
    let wrong = sample.get(format!("{TIMELINE}/export.csv?by=day&from=1x")).await;
    wrong.expect_faults(400, &[("by", "not-in-vocabulary"), ("from", "invalid-format")]);
}

async fn rows_of_timeline(sample: &TestApp) -> Vec<BTreeMap<String, String>> {
    rows(&sample.get(format!("{TIMELINE}/export.csv?from=2005&to=2014")).await)
}

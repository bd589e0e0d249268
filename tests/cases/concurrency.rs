//! Many callers at once.

use futures_util::future::join_all;
use kit::TestApp;
use kit::fixture::{CONTRACTS, DEPARTMENTS, MUTUALS, contract, department, id, mutual, with};
use serde_json::{Value, json};

use crate::entry_log::{assert_sound, entries};

kit::on_both! {
    of_fifty_writers_of_one_version_one_wins,
    thirty_two_requests_with_one_key_make_one_record,
    of_many_who_want_a_name_one_gets_it,
    names_of_the_same_words_get_slugs_of_their_own,
    there_is_always_one_first_contract,
    readers_never_see_half_a_change,
    instances_of_one_register_write_one_after_another,
}

async fn of_fifty_writers_of_one_version_one_wins(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let writes = (0..50).map(|writer| {
        let patch = json!({ "website": format!("https://example.org/{writer}") });
        async move { (writer, app.patch("/v1/departments/office", &patch).if_match(&app.tag(1)).await) }
    });
    let answers = join_all(writes).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|(_, answer)| answer.status() == 200);
    assert_eq!((won.len(), lost.len()), (1, 49));
    for (_, answer) in lost {
        answer.expect_problem(412, "precondition-failed");
        assert_eq!(answer.version(), "2");
    }
    let record = app.get("/v1/departments/office").await.expect(200);
    assert_eq!(
        (&record["version"], &record["website"]),
        (&json!(2), &json!(format!("https://example.org/{}", won[0].0)))
    );
}

async fn thirty_two_requests_with_one_key_make_one_record(app: &TestApp) {
    let requests =
        (0..32).map(|_| async { app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", "once").await });
    let answers = join_all(requests).await;
    for answer in &answers {
        assert_eq!(answer.expect(201), answers[0].json());
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    assert_eq!(app.walk(DEPARTMENTS).await.len(), 1);
}

async fn of_many_who_want_a_name_one_gets_it(app: &TestApp) {
    let names = ["Harmonie", "HARMONIE", "harmonie", " Harmonie "];
    let requests = (0..24).map(|caller| async move { app.post(MUTUALS, &mutual(names[caller % 4])).await });
    let answers = join_all(requests).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status() == 201);
    assert_eq!((won.len(), lost.len()), (1, 23));
    for answer in lost {
        assert_eq!(answer.expect_problem(409, "name-taken")["conflicts"][0]["id"], won[0].json()["id"]);
    }
}

async fn names_of_the_same_words_get_slugs_of_their_own(app: &TestApp) {
    let names = ["A B", "A-B", "A.B", "A, B", "(A) B", "A / B", "A: B", "A+B", "A_B", "«A» B"];
    let requests = names.map(|name| async move { app.post(MUTUALS, &mutual(name)).await.expect(201)["slug"].clone() });
    let mut slugs: Vec<String> =
        join_all(requests).await.iter().map(|slug| slug.as_str().unwrap().to_owned()).collect();
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), names.len(), "{slugs:?}");
}

async fn there_is_always_one_first_contract(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let (supplier, buyer) = (id(&supplier), id(&buyer));
    let entered = |day: usize| with(contract(supplier, buyer), json!({ "entered_on": format!("2012-01-{day:02}") }));
    let created = join_all((0..28).map(|number| {
        let body = entered((number * 11) % 28 + 1);
        async move { app.post(CONTRACTS, &body).await.expect(201) }
    }));
    let created = created.await;
    // Every second one goes again, while others are moved.
    let changes = created.iter().enumerate().map(|(number, record)| async move {
        let own = format!("{CONTRACTS}/{}", id(record));
        if number % 2 == 0 {
            app.delete(own).await.expect(204);
        } else {
            app.patch(own, &json!({ "entered_on": format!("2011-02-{:02}", number % 28 + 1) })).await.expect(200);
        }
    });
    join_all(changes).await;
    let left = app.walk(CONTRACTS).await;
    assert_eq!(left.len(), 14);
    let firsts: Vec<&Value> = left.iter().filter(|record| record["is_first"] == true).collect();
    let earliest = left.iter().map(|record| (record["entered_on"].as_str().unwrap(), id(record))).min().unwrap();
    assert_eq!(firsts.len(), 1);
    assert_eq!(id(firsts[0]), earliest.1);
}

/// A change writes several tables; a list that is read meanwhile shows it whole or not at all.
async fn readers_never_see_half_a_change(app: &TestApp) {
    app.create(MUTUALS, &with(mutual("Before"), json!({ "slug": "it", "sectors": ["culture"] }))).await;
    let write = async {
        for round in 0..20 {
            let (name, sector) = if round % 2 == 0 { ("After", "housing") } else { ("Before", "culture") };
            app.patch("/v1/mutuals/it", &json!({ "name": name, "sectors": [sector] })).await.expect(200);
        }
    };
    let read = async {
        for _ in 0..40 {
            for (word, sector) in [("before", "culture"), ("after", "housing")] {
                for item in app.walk(&format!("{MUTUALS}?q={word}&sector={sector}")).await {
                    assert_eq!(item["name"].as_str().unwrap().to_lowercase(), word);
                    assert_eq!(item["sectors"], json!([sector]));
                }
            }
        }
    };
    futures_util::future::join(write, read).await;
}

async fn instances_of_one_register_write_one_after_another(app: &TestApp) {
    let other = TestApp::beside(app);
    let both = [app, &other];
    app.create(DEPARTMENTS, &department("Shared")).await;
    let callers = (0..20).map(|caller| async move {
        let instance = both[caller % 2];
        let patch = json!({ "website": format!("https://example.org/{caller}") });
        let changed = instance.patch("/v1/departments/shared", &patch).if_match(&app.tag(1)).await;
        let named = instance.post(MUTUALS, &mutual(&format!("Mutual {}", caller / 2))).await;
        let once = instance.post(MUTUALS, &mutual("Once")).header("idempotency-key", "once").await;
        [changed.status(), named.status(), once.status()]
    });
    let answers = join_all(callers).await;
    let count = |which: usize, status: u16| answers.iter().filter(|answer| answer[which] == status).count();
    assert_eq!((count(0, 200), count(0, 412)), (1, 19));
    assert_eq!((count(1, 201), count(1, 409)), (10, 10));
    assert_eq!(count(2, 201), 20);
    let entries = entries(app.database());
    assert_sound(&entries);
    assert_eq!(entries.len(), 1 + 1 + 10 + 1);
    assert_eq!(other.walk(MUTUALS).await, app.walk(MUTUALS).await);
}

//! Walks through a list, page by page.

use domain::{Contract, Department, Mutual};
use store::{Error, Page, Position, Slice, SortKey};

use crate::fixture::{Resource, checked, contract, date, department, life, mutual, parsed, sort};
use crate::kit::Register;

async fn page<R: Resource>(register: &Register, page: Page) -> Result<Slice, Error> {
    register.store.read_one(move |tx| R::list(tx, &R::Filter::default(), &page)).await
}

fn first(sort: SortKey, limit: usize) -> Page {
    Page { limit, sort, descending: false, after: None, count: false }
}

async fn names(register: &Register, slice: &Slice) -> Vec<String> {
    let mut names = Vec::new();
    for item in &slice.items {
        names.push(register.find::<Mutual>(parsed(&item.id)).await.unwrap().content.name.to_string());
    }
    names
}

fn launched(name: &str, on: &str) -> Mutual {
    let launched = domain::mutual::Life { launched_on: date(on), ..life(domain::Stage::Operating) };
    Mutual { life: checked(launched), ..mutual(name) }
}

async fn a_walk_goes_on_where_it_stopped_though_that_record_is_deleted(register: &Register) {
    let sort = sort::<Mutual>("name");
    for name in ["A", "B", "C", "D"] {
        register.enter(mutual(name)).await;
    }

    let start = page::<Mutual>(register, first(sort, 2)).await.unwrap();
    register.remove::<Mutual>(parsed(&start.items[1].id)).await.unwrap();
    let rest = page::<Mutual>(register, Page { after: start.next, ..first(sort, 2) }).await.unwrap();

    assert_eq!(names(register, &rest).await, ["C", "D"]);
    assert_eq!(rest.next, None);
}

async fn a_record_entered_behind_the_place_of_a_walk_is_not_visited_and_one_before_it_is(register: &Register) {
    let sort = sort::<Mutual>("name");
    for name in ["C", "E", "G"] {
        register.enter(mutual(name)).await;
    }

    let start = page::<Mutual>(register, first(sort, 2)).await.unwrap();
    register.enter(mutual("D")).await;
    register.enter(mutual("F")).await;
    let rest = page::<Mutual>(register, Page { after: start.next, ..first(sort, 9) }).await.unwrap();

    assert_eq!(names(register, &rest).await, ["F", "G"]);
}

async fn a_page_may_span_dated_and_undated_records(register: &Register) {
    let sort = sort::<Mutual>("launched_on");
    for new in [mutual("undated 1"), launched("later", "2012"), mutual("undated 2"), launched("earlier", "2011-06")] {
        register.enter(new).await;
    }

    let start = page::<Mutual>(register, first(sort, 3)).await.unwrap();
    assert_eq!(names(register, &start).await, ["earlier", "later", "undated 1"]);
    let rest = page::<Mutual>(register, Page { after: start.next, ..first(sort, 3) }).await.unwrap();
    assert_eq!(names(register, &rest).await, ["undated 2"]);

    let down = page::<Mutual>(register, Page { descending: true, ..first(sort, 9) }).await.unwrap();
    assert_eq!(names(register, &down).await, ["later", "earlier", "undated 2", "undated 1"]);
}

async fn a_page_of_nothing_is_empty_and_the_last(register: &Register) {
    let nothing =
        page::<Mutual>(register, Page { count: true, ..first(sort::<Mutual>("staff_count"), 5) }).await.unwrap();

    assert!(nothing.items.is_empty());
    assert_eq!((nothing.next, nothing.total), (None, Some(store::Total::Exactly(0))));
}

async fn names_are_ordered_by_their_words_whatever_the_database_speaks(register: &Register) {
    for name in ["zebra", "Äpfel", "apple-tart", "Apple pie", "aardvark", "日本", "𝒜", "10", "9", "_"] {
        register.enter(mutual(name)).await;
    }

    let all = page::<Mutual>(register, first(sort::<Mutual>("name"), 20)).await.unwrap();

    assert_eq!(
        names(register, &all).await,
        ["_", "10", "9", "𝒜", "aardvark", "Äpfel", "Apple pie", "apple-tart", "日本", "zebra"]
    );
}

/// A place comes from the caller, who may have made it up.
async fn a_made_up_place_is_refused_or_finds_nothing_odd(register: &Register) {
    register.enter(launched("Mutual", "2011")).await;
    let owner = register.enter(department("Department")).await;
    let supplier = register.all::<Mutual>(Default::default()).await[0].id;
    register.enter(contract(supplier, owner.id)).await;
    let after = |key: &str| Some(Position { key: Some(key.to_owned()), id: owner.id.to_string() });

    for key in ["", "x", "1e3", "9223372036854775808", " 1", "1 "] {
        let place = Page { after: after(key), ..first(sort::<Mutual>("staff_count"), 5) };
        assert_refused(page::<Mutual>(register, place).await, key);
        let place = Page { after: after(key), ..first(sort::<Contract>("value"), 5) };
        assert_refused(page::<Contract>(register, place).await, key);
    }
    for key in [
        "",
        "now",
        "infinity",
        "2026-01-01",
        "2026-1-1 0:0:0",
        "0000-01-01 00:00:00",
        "-0044-03-15 00:00:00",
        "+99999-01-01 00:00:00",
        "+2026-01-01 00:00:00",
        "2026-01-0100:00:00",
        " 2026-01-01 00:00:00",
        "2026-01-01 00:00:00.1234567",
        "2026-01-01 00:00:00.",
        "2026-01-01 00:00:00.1 BC",
        "2026-01-01 25:00:00",
    ] {
        let place = Page { after: after(key), ..first(sort::<Department>("updated_at"), 5) };
        assert_refused(page::<Department>(register, place).await, key);
    }
    let place = Page { after: after("a\0b"), ..first(sort::<Department>("name"), 5) };
    assert_refused(page::<Department>(register, place).await, "a\0b");
    // Any other text is a place in a list that is ordered by text.
    for key in ["'; DROP TABLE mutuals; --", "\u{10ffff}", "%"] {
        let place = Page { after: after(key), ..first(sort::<Mutual>("name"), 5) };
        page::<Mutual>(register, place).await.unwrap();
    }
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, key: &str) {
    assert!(matches!(&result, Err(Error::InvalidPosition(said)) if said == key), "{key:?}: {result:?}");
}

async fn an_item_without_a_key_is_no_place_in_a_list_where_all_have_one(register: &Register) {
    let there = register.enter(department("Department")).await;
    let after = Some(Position { key: None, id: there.id.to_string() });

    let result = page::<Department>(register, Page { after, ..first(sort::<Department>("name"), 5) }).await;

    let passed =
        matches!(&result, Err(Error::InvalidPosition(_))) || result.as_ref().is_ok_and(|slice| slice.items.is_empty());
    assert!(passed, "{result:?}");
}

on_both!(
    a_walk_goes_on_where_it_stopped_though_that_record_is_deleted,
    a_record_entered_behind_the_place_of_a_walk_is_not_visited_and_one_before_it_is,
    a_page_may_span_dated_and_undated_records,
    a_page_of_nothing_is_empty_and_the_last,
    names_are_ordered_by_their_words_whatever_the_database_speaks,
    a_made_up_place_is_refused_or_finds_nothing_odd,
    an_item_without_a_key_is_no_place_in_a_list_where_all_have_one,
);

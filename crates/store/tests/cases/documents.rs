//! The stored form of records, which a newer release may write anew.

use std::time::Duration;

use domain::{Department, DraftAccess, Mutual, Scrutineer, Source, StaffBallot};
use store::{ConflictKind, Error, Page, Review, SortKey, Store, StoredRecord as _, StoredRoot as _};

use crate::fixture::{ballot, checked, declared_ballot, department, distinct, identifiers, mutual, parsed};
use crate::kit::{Raw, Register, stamp};
use document::record::shown;

/// An upgrade that does not end fails the case.
async fn bring_up_to_date(store: &Store, second: i64) -> Result<(), Error> {
    let upgrade =
        tokio::time::timeout(Duration::from_secs(60), async { store.bring_documents_up_to_date(&stamp(second)).await });
    upgrade.await.expect("the upgrade does not end")
}

async fn departments_shown(store: &Store) -> Vec<String> {
    let page = Page { limit: 1_000, sort: SortKey::ID, descending: false, after: None, count: false };
    let list = move |tx: &mut store::ReadTx<'_>| {
        Department::list(tx, &Default::default(), &Default::default(), &page, DraftAccess::All)
    };
    store.read_one::<_, Error, _>(list).await.unwrap().items.into_iter().map(|item| item.document).collect()
}

/// Makes the documents of departments older: they say the same in a way that no release writes them.
fn make_older(register: &Register, upgraded_through: Option<&str>) {
    let mut raw = register.database.raw();
    let through = upgraded_through.map_or_else(|| "NULL".to_owned(), |id| format!("'{id}'"));
    raw.execute("UPDATE departments SET document = ' ' || document");
    raw.execute(&format!(
        "UPDATE document_versions SET version = 0, upgraded_through = {through} WHERE kind = 'department'"
    ));
}

async fn all_documents_are_upgraded_once_and_nothing_else_changes(register: &Register) {
    // More than are upgraded at a time.
    let mut expected = Vec::new();
    for n in 0..520 {
        expected.push(shown(&register.enter(department(&format!("Department {n}"))).await));
    }
    bring_up_to_date(&register.store, 5).await.unwrap();
    let entries = register.entries();
    make_older(register, None);

    // Two instances start at the same time.
    let instances: Vec<_> = (0..2)
        .map(|_| {
            let store = register.database.open();
            tokio::spawn(async move { bring_up_to_date(&store, 6).await })
        })
        .collect();
    for instance in instances {
        instance.await.unwrap().unwrap();
    }

    assert_eq!(departments_shown(&register.store).await, expected);
    assert_eq!(register.database.raw().count("departments WHERE version <> 1"), 0);
    assert_eq!(register.entries(), entries);
}

async fn an_upgrade_that_was_cut_short_goes_on_where_it_was(register: &Register) {
    let done = register.enter(department("Done")).await;
    let left = register.enter(department("Left")).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    make_older(register, Some(&done.id.to_string()));

    bring_up_to_date(&register.store, 6).await.unwrap();

    let expected = [format!(" {}", shown(&done)), shown(&left)];
    assert_eq!(departments_shown(&register.store).await, expected);
    assert_eq!(register.database.raw().count("document_versions WHERE upgraded_through IS NOT NULL"), 0);
}

/// Has the database change what is noted of how far an upgrade came.
fn change_notes(raw: &mut Raw, column: &str, value: &str) {
    raw.execute(&match raw {
        Raw::Sqlite(_) => format!(
            "CREATE TRIGGER changes_notes AFTER INSERT ON document_versions \
             BEGIN UPDATE document_versions SET {column} = {value} WHERE kind = 'department'; END"
        ),
        Raw::Postgres(_) => format!(
            "CREATE FUNCTION change_note() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN NEW.{column} := {value}; RETURN NEW; END $$; \
             CREATE TRIGGER changes_notes BEFORE INSERT ON document_versions FOR EACH ROW EXECUTE FUNCTION change_note()"
        ),
    });
}

async fn an_upgrade_that_comes_to_the_same_place_again_ends_in_an_error(register: &Register) {
    let only = register.enter(department("Only")).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    make_older(register, None);
    change_notes(&mut register.database.raw(), "upgraded_through", "NULL");

    let refused = bring_up_to_date(&register.store, 6).await.unwrap_err().to_string();

    assert!(refused.contains(&format!("departments does not advance beyond {}", only.id)), "{refused}");
}

async fn an_upgrade_whose_end_is_not_kept_ends_in_an_error(register: &Register) {
    register.enter(department("Only")).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    make_older(register, None);
    change_notes(&mut register.database.raw(), "version", "0");

    let refused = bring_up_to_date(&register.store, 6).await.unwrap_err().to_string();

    assert!(refused.contains("departments does not advance beyond its end"), "{refused}");
}

async fn documents_of_the_same_form_are_left_as_they_are(register: &Register) {
    let there = register.enter(department("There")).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    register.database.raw().execute("UPDATE departments SET document = 'as it was'");

    bring_up_to_date(&register.store, 6).await.unwrap();

    assert_eq!(departments_shown(&register.store).await, ["as it was"]);
    assert_eq!(there.version, 1);
}

async fn documents_of_a_newer_form_are_refused_and_left_as_they_are(register: &Register) {
    let there = register.enter(department("There")).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    register.database.raw().execute("UPDATE document_versions SET version = 99 WHERE kind = 'department'");

    let refused = bring_up_to_date(&register.store, 6).await.unwrap_err().to_string();

    assert!(refused.contains("departments have the version 99"), "{refused}");
    assert_eq!(departments_shown(&register.store).await, [shown(&there)]);
}

/// What no release can read is no reason to lose it, and the message says which record it is.
async fn a_document_that_cannot_be_read_is_named(register: &Register) {
    let broken = register.enter(department("Broken")).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    let mut raw = register.database.raw();
    raw.execute("UPDATE departments SET document = '{}'");
    raw.execute("UPDATE document_versions SET version = 0");

    let refused = bring_up_to_date(&register.store, 6).await.unwrap_err().to_string();
    let found = register.store.read_one::<_, Error, _>(move |tx| {
        Department::find(tx, &domain::Key::<Department>::Id(broken.id), DraftAccess::All)
    });
    let found = found.await.unwrap_err().to_string();

    for said in [refused, found] {
        assert!(said.contains(&broken.id.to_string()) && said.contains("/name"), "{said}");
    }
    assert_eq!(raw.count("departments WHERE document = '{}'"), 1);
}

/// Each record with the member that breaks a rule of today.
async fn reviewed(store: &Store) -> Vec<(String, String)> {
    let (mut review, mut found) = (Review::default(), Vec::new());
    while !review.is_done() {
        let next = review.clone();
        let day = parsed("2026-01-01");
        review = store.read_one::<_, Error, _>(move |tx| next.clone().go_on(tx, day)).await.unwrap();
        found.extend(review.found.iter().map(|found| (found.id.clone(), found.breach.member.clone())));
    }
    found
}

/// A register of an earlier release has texts with characters that take no room, and records whose names look the same.
async fn texts_with_invisible_characters_are_upgraded(register: &Register) {
    let first = register.enter(mutual("Calder Libraries")).await;
    let second = Mutual { slug: parsed("second"), ..mutual("Calder# Libraries") };
    let source =
        |title| Source { url: None, title: Some(parsed(title)), asserted_by: None, accessed_on: None, note: None };
    let sources: Vec<_> = [source("Report"), source("Rep#ort")].map(checked).into();
    let second = register.enter(Mutual { sources: distinct(sources), ..second }).await;
    let blank = register.enter(mutual("###")).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    let mut raw = register.database.raw();
    raw.execute("UPDATE mutuals SET document = replace(document, '###', '\u{2800}'), name = '', name_folded = id, name_sorted = ''");
    raw.execute("UPDATE mutuals SET document = replace(document, '#', '\u{200b}')");
    raw.execute("UPDATE entries SET after = replace(replace(after, '###', '\u{2800}'), '#', '\u{200b}')");
    raw.execute("DELETE FROM mutual_search");
    raw.execute("UPDATE document_versions SET version = 1 WHERE kind = 'mutual'");

    bring_up_to_date(&register.store, 6).await.unwrap();

    let verified = register.store.verify().await.unwrap();
    assert!(verified.differences.is_empty(), "{:#?}", verified.differences);
    let upgraded = register.find(second.id).await.unwrap();
    assert_eq!((upgraded.content.name.as_str(), upgraded.content.sources.len()), ("Calder Libraries", 1));
    assert_eq!(register.find(blank.id).await.unwrap().content.name.as_str(), "[text of invisible characters]");
    let shared = [first.id, second.id].map(|id| (id.to_string(), "/name".to_owned()));
    assert_eq!(reviewed(&register.store).await, shared);
    // Both keep the name that they share, and nobody else gets it.
    for id in [first.id, second.id] {
        let there = register.find(id).await.unwrap().content;
        register.change(id, Mutual { description: Some(parsed("Books")), ..there }).await;
    }
    let third = register.try_enter(Mutual { slug: parsed("third"), ..mutual("calder libraries") }).await;
    let Err(Error::Conflict(conflicts)) = third else { panic!("{third:?}") };
    assert!(conflicts.iter().all(|conflict| conflict.kind == ConflictKind::NameTaken), "{conflicts:?}");
    let elsewhere = Mutual { slug: parsed("elsewhere"), ..mutual("Elsewhere") };
    let elsewhere = register.enter(elsewhere).await;
    let refused = register.try_change(elsewhere.id, Mutual { slug: parsed("elsewhere"), ..mutual("Calder Libraries") });
    assert!(matches!(refused.await, Err(Error::Conflict(_))));
}

/// An earlier release told `12345R` and `012345R` apart, and took the numbers of Scottish societies for those of companies.
async fn identifiers_in_several_forms_are_upgraded(register: &Register) {
    let first = register.enter(Mutual { identifiers: identifiers(&["GB-MPR:12345R"]), ..mutual("First") }).await;
    let numbers = identifiers(&["GB-MPR:77777R", "GB-MPR:88888R", "GB-COH:SC999999"]);
    let second = register.enter(Mutual { identifiers: numbers, ..mutual("Second") }).await;
    bring_up_to_date(&register.store, 5).await.unwrap();
    let mut raw = register.database.raw();
    for (column, table) in [("document", "mutuals"), ("after", "entries")] {
        for (new, old) in [("77777R", "012345R"), ("88888R", "IP12345R"), ("SC999999", "SP012345")] {
            raw.execute(&format!("UPDATE {table} SET {column} = replace({column}, '{new}', '{old}')"));
        }
    }
    raw.execute("DELETE FROM identifiers");
    raw.execute("UPDATE document_versions SET version = 2 WHERE kind = 'mutual'");

    bring_up_to_date(&register.store, 6).await.unwrap();

    let verified = register.store.verify().await.unwrap();
    assert!(verified.differences.is_empty(), "{:#?}", verified.differences);
    let upgraded = register.find(second.id).await.unwrap().content;
    let numbers: Vec<String> = upgraded.identifiers.iter().map(ToString::to_string).collect();
    assert_eq!(numbers, ["GB-MPR:12345R", "GB-MPR:12345RS"]);
    let shared = [first.id, second.id].map(|id| (id.to_string(), "/identifiers".to_owned()));
    assert_eq!(reviewed(&register.store).await, shared);
    register.change(second.id, Mutual { description: Some(parsed("Books")), ..upgraded }).await;
    let third = Mutual { identifiers: identifiers(&["GB-MPR:IP012345"]), ..mutual("Third") };
    let Err(Error::Conflict(conflicts)) = register.try_enter(third).await else { panic!("nobody has it") };
    assert_eq!(conflicts[0].kind, ConflictKind::IdentifierTaken);
    assert_eq!(register.find(first.id).await.unwrap(), first);
}

/// The public is shown what was written for it, and all of a ballot whose people nobody named.
async fn the_public_sees_the_public_document_of_a_ballot(register: &Register) {
    let about = register.enter(mutual("Mutual")).await.id;
    let plain = register.enter(declared_ballot(about)).await;
    let scrutineer = Scrutineer { name: Some(parsed("Erasmus Cole")), ..Scrutineer::default() };
    let named = StaffBallot { scrutineer: Some(checked(scrutineer)), ..declared_ballot(about) };
    let named = register.enter(named).await;
    register.enter(ballot(about)).await;

    for (id, is_reduced) in [(plain.id, false), (named.id, true)] {
        let mut seen = Vec::new();
        for access in [DraftAccess::All, DraftAccess::None] {
            let show = move |tx: &mut store::ReadTx<'_>| StaffBallot::represent(tx, &id, access);
            seen.push(register.store.read_one::<_, Error, _>(show).await.unwrap());
        }
        assert_eq!(seen[0].document != seen[1].document, is_reduced);
        assert_eq!((seen[0].reduced, seen[1].reduced), (false, is_reduced));
        assert!(!seen[1].document.contains("Erasmus"), "{}", seen[1].document);
    }
}

/// What the public sees is what was written for it: where that is lost, nobody is shown all there is in its place.
async fn a_lost_public_document_is_an_error(register: &Register) {
    let about = register.enter(mutual("Mutual")).await.id;
    let id = register.enter(declared_ballot(about)).await.id;
    let mut raw = register.database.raw();
    raw.execute("ALTER TABLE staff_ballots DROP COLUMN public_document");
    raw.execute("ALTER TABLE staff_ballots ADD COLUMN public_document TEXT");

    for access in [DraftAccess::All, DraftAccess::None] {
        let show = move |tx: &mut store::ReadTx<'_>| StaffBallot::represent(tx, &id, access);
        let page = Page { limit: 10, sort: SortKey::ID, descending: false, after: None, count: false };
        let list = move |tx: &mut store::ReadTx<'_>| {
            StaffBallot::list(tx, &Default::default(), &Default::default(), &page, access)
        };
        let shown = register.store.read_one::<_, Error, _>(show).await;
        let listed = register.store.read_one::<_, Error, _>(list).await;
        assert!(matches!(shown, Err(Error::Internal(_))), "{shown:?}");
        assert!(matches!(listed, Err(Error::Internal(_))), "{listed:?}");
    }
}

on_both!(
    all_documents_are_upgraded_once_and_nothing_else_changes,
    an_upgrade_that_was_cut_short_goes_on_where_it_was,
    an_upgrade_that_comes_to_the_same_place_again_ends_in_an_error,
    an_upgrade_whose_end_is_not_kept_ends_in_an_error,
    documents_of_the_same_form_are_left_as_they_are,
    documents_of_a_newer_form_are_refused_and_left_as_they_are,
    a_document_that_cannot_be_read_is_named,
    texts_with_invisible_characters_are_upgraded,
    identifiers_in_several_forms_are_upgraded,
    the_public_sees_the_public_document_of_a_ballot,
    a_lost_public_document_is_an_error,
);

//! The stored form of records, which a newer release may write anew.

use std::sync::Arc;

use domain::{Contract, Department, DraftAccess, Mutual, Record, StaffBallot};
use store::child::{AnyChild, ChildDocument};
use store::{Document, Documents, Error, Page, Store};

use crate::fixture::{ballot, contract_of, declared_ballot, department, mutual, parsed};
use crate::kit::{Plain, Register, shown, stamp};

/// A later form, in which records are shown otherwise.
struct Newer;

impl Documents for Newer {
    fn form(&self) -> i64 {
        2
    }

    fn department(&self, record: &Record<Department>) -> Document {
        newer(Plain.department(record))
    }

    fn mutual(&self, record: &Record<Mutual>) -> Document {
        newer(Plain.mutual(record))
    }

    fn staff_ballot(&self, record: &Record<StaffBallot>) -> Document {
        newer(Plain.staff_ballot(record))
    }

    fn public_staff_ballot(&self, record: &Record<StaffBallot>) -> String {
        format!("newer {}", Plain.public_staff_ballot(record))
    }

    fn contract(&self, record: &Record<Contract>) -> Document {
        newer(Plain.contract(record))
    }

    fn part(&self, record: AnyChild<'_>) -> ChildDocument {
        ChildDocument { full: newer(Plain.part(record).full), public: None }
    }
}

fn newer(document: Document) -> Document {
    Document { shown: format!("newer {}", document.shown), ..document }
}

async fn departments_shown(store: &Store) -> Vec<String> {
    let page = Page { limit: 1_000, sort: store::department::Sort::Id, descending: false, after: None, count: false };
    let list = move |tx: &mut store::ReadTx<'_>| store::department::list(tx, &Default::default(), &page);
    store.read_one::<_, Error, _>(list).await.unwrap().items.into_iter().map(|item| item.document).collect()
}

async fn all_records_are_written_anew_in_a_newer_form_and_nothing_else_changes(register: &Register) {
    let mut departments = Vec::new();
    for n in 0..260 {
        departments.push(register.enter(department(&format!("Department {n}"))).await);
    }
    let supplier = register.enter(mutual("Mutual")).await;
    let vote = register.enter(ballot(supplier.id)).await;
    let result = register.enter(declared_ballot(supplier.id)).await;
    let sale = register.enter(contract_of(supplier.id, departments[0].id, Some(parsed("2011-04-01")))).await;
    let entries = register.entries();
    let upgraded = register.database.open_with(Arc::new(Newer));

    for _ in 0..2 {
        upgraded.bring_documents_up_to_date(&stamp(5)).await.unwrap();

        let expected: Vec<String> = departments.iter().map(|it| format!("newer {}", shown(it).document)).collect();
        assert_eq!(departments_shown(&upgraded).await, expected);
        let others = upgraded.read_one::<_, Error, _>(move |tx| {
            let mutual = store::mutual::show(tx, &domain::Key::Id(supplier.id))?;
            Ok([
                mutual,
                store::staff_ballot::show(tx, &vote.id, DraftAccess::All)?,
                store::staff_ballot::show(tx, &result.id, DraftAccess::None)?,
                store::contract::show(tx, &sale.id)?,
            ])
        });
        let others = others.await.unwrap();
        assert!(others.iter().all(|it| it.document.starts_with("newer ") && it.version == 1), "{others:?}");
        assert_eq!(register.entries(), entries);
    }
}

async fn documents_of_the_same_form_are_left_as_they_are(register: &Register) {
    let there = register.enter(department("There")).await;
    register.store.bring_documents_up_to_date(&stamp(5)).await.unwrap();
    register.database.raw().execute("UPDATE departments SET document = 'as it was'");

    register.store.bring_documents_up_to_date(&stamp(6)).await.unwrap();

    assert_eq!(departments_shown(&register.store).await, ["as it was"]);
    assert_eq!(there.version, 1);
}

/// Nobody is shown a name because what the public sees was not written down.
async fn a_ballot_without_a_public_document_is_shown_to_those_who_see_all_of_it(register: &Register) {
    let about = register.enter(mutual("Mutual")).await.id;
    let id = register.enter(declared_ballot(about)).await.id;
    register.database.raw().execute("UPDATE staff_ballots SET public_document = NULL");
    let sort = store::staff_ballot::Sort::Id;
    let page = Page { limit: 10, sort, descending: false, after: None, count: false };
    for (sees, is_shown) in [(DraftAccess::All, true), (DraftAccess::None, false)] {
        let page = page.clone();
        let show = move |tx: &mut store::ReadTx<'_>| store::staff_ballot::show(tx, &id, sees);
        let list = move |tx: &mut store::ReadTx<'_>| store::staff_ballot::list(tx, &Default::default(), &page, sees);

        let shown = register.store.read_one::<_, Error, _>(show).await;
        let listed = register.store.read_one::<_, Error, _>(list).await;

        assert!(if is_shown { shown.is_ok() } else { matches!(shown, Err(Error::Internal(_))) }, "{shown:?}");
        assert!(if is_shown { listed.is_ok() } else { matches!(listed, Err(Error::Internal(_))) }, "{listed:?}");
    }
}

on_both!(
    a_ballot_without_a_public_document_is_shown_to_those_who_see_all_of_it,
    all_records_are_written_anew_in_a_newer_form_and_nothing_else_changes,
    documents_of_the_same_form_are_left_as_they_are,
);

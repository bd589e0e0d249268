//! Whose turn an import is, whatever the clocks of those who work at it show, and what its rows find.

use chrono::TimeDelta;
use domain::{Access, Child, Enabler, ImportMode, ImportUpdate, Importable, Role, Scope};
use store::import::{self, ImportId, NewImport, Wanted};
use store::{Error, child};

use crate::fixture::department;
use crate::kit::{Register, moment, next_id, stamp_at};
use crate::verify::enabler;

async fn waiting_import(register: &Register) -> ImportId {
    let id = next_id();
    let access = Access { role: Role::Admin, scope: Scope::All, key_id: None, expires_at: None };
    let new = NewImport {
        id,
        resource_type: Importable::Mutual,
        mode: ImportMode::BestEffort,
        update: ImportUpdate::Merge,
        validate_only: false,
    };
    let begin = register.write(move |tx| {
        import::insert(tx, &new, &access)?;
        import::add(tx, id, &[(1, "{}".to_owned())])?;
        import::complete(tx, id)
    });
    begin.await.unwrap().id
}

/// Whether a worker is given an import, by a clock that shows this time.
async fn claims(register: &Register, worker: &'static str, id: ImportId, at: TimeDelta) -> bool {
    let now = moment() + at;
    let waiting = register.store.read_one(move |tx| import::waiting_actors(tx, worker, now)).await.unwrap();
    let after = Wanted::After { actor: String::new(), except: Vec::new() };
    let claimed = register.store.write::<_, Error, _>(stamp_at(now), move |tx| import::claim(tx, worker, &after));
    let claimed = claimed.await.unwrap();
    assert_eq!(claimed.is_some(), !waiting.is_empty());
    claimed.is_some_and(|import| import.id == id)
}

async fn an_import_is_for_one_worker_until_nothing_is_heard_of_it(register: &Register) {
    let id = waiting_import(register).await;
    assert!(claims(register, "one", id, TimeDelta::zero()).await);
    assert!(claims(register, "one", id, TimeDelta::seconds(1)).await);
    for seconds in [1, 3] {
        assert!(!claims(register, "other", id, TimeDelta::seconds(seconds)).await);
    }
    // The clock of the other one is somewhat behind.
    assert!(!claims(register, "other", id, TimeDelta::minutes(-50)).await);
    assert!(claims(register, "other", id, TimeDelta::seconds(5)).await);
}

async fn an_import_that_was_begun_by_a_clock_far_ahead_is_not_stuck(register: &Register) {
    let id = waiting_import(register).await;
    assert!(claims(register, "ahead", id, TimeDelta::days(100)).await);
    assert!(claims(register, "right", id, TimeDelta::zero()).await);
    assert!(!claims(register, "other", id, TimeDelta::seconds(1)).await);
}

/// A row may name a child by its id alone.
async fn a_child_is_found_whatever_it_belongs_to(register: &Register) {
    let office = register.enter(department("Office")).await.id;
    let (id, unknown) = (next_id(), next_id());
    let enter = register.write(move |tx| {
        let child = Child { parent_id: office, content: enabler("Jo Helper") };
        child::insert::<Enabler>(tx, id, child).map(drop)
    });
    enter.await.unwrap();
    let find = async |id| register.store.read(move |tx| child::find_anywhere::<Enabler>(tx, id)).await;
    assert_eq!(find(id).await.unwrap().content.parent_id, office);
    assert!(matches!(find(unknown).await, Err(Error::NotFound { .. })));
    let remove = register.write(move |tx| {
        let current = child::find_anywhere::<Enabler>(tx, id)?;
        child::delete::<Enabler>(tx, &current)
    });
    remove.await.unwrap();
    assert!(matches!(find(id).await, Err(Error::Gone { .. })));
}

on_both!(
    a_child_is_found_whatever_it_belongs_to,
    an_import_is_for_one_worker_until_nothing_is_heard_of_it,
    an_import_that_was_begun_by_a_clock_far_ahead_is_not_stuck,
);

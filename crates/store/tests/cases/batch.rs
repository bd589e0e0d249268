//! What the writes of a batch know of each other: names and keys are looked up once for all of them, and again when they changed.

use chrono::Duration;
use document::value::Slugged;
use domain::{ApiKey, DraftAccess, Key, Mutual, Role, Scope};
use store::key::{self, NewKey};
use store::{ConflictKind, Error, Stored, StoredRecord as _, StoredRoot as _, WriteTx};
use tokio::task::JoinHandle;

use crate::fixture::{mutual, parsed};
use crate::kit::{Hold, Register, next_id, stamp, submit};
use crate::writer::waiting;

/// Hands over a mutual, whose names are looked up with those of the others in the batch, and what becomes of it.
async fn entering(
    register: &Register,
    name: &str,
    mut then: impl FnMut(Stored<Mutual>) -> Result<Stored<Mutual>, Error> + Send + 'static,
) -> JoinHandle<Result<Stored<Mutual>, Error>> {
    let new = Slugged { content: mutual(name), derived: true };
    let (store, prepared) = (register.store.clone(), Mutual::prepare(next_id(), stamp(0).now, new));
    let names = Mutual::names(&prepared);
    let enter = move |tx: &mut WriteTx<'_>| Mutual::insert(tx, &prepared, DraftAccess::All).and_then(&mut then);
    submit(async move { store.write_named(stamp(0), names, enter).await }).await
}

async fn a_name_that_a_sibling_takes_is_taken(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let winner = entering(register, "Wanted", Ok).await;
    let loser = entering(register, "WANTED", Ok).await;
    let other = entering(register, "Other", Ok).await;
    hold.release();

    let winner = winner.await.unwrap().unwrap();
    let Err(Error::Conflict(found)) = loser.await.unwrap() else { panic!("both have the name") };
    assert_eq!(found.iter().map(|it| it.kind).collect::<Vec<_>>(), [ConflictKind::NameTaken]);
    assert_eq!(found[0].other.as_ref().unwrap().id, winner.id.to_string());
    assert!(other.await.unwrap().is_ok());
}

async fn a_name_that_a_failed_sibling_took_is_free(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let failing = entering(register, "Wanted", |_| Err(Error::Internal("after all not".to_owned()))).await;
    let winner = entering(register, "Wanted", Ok).await;
    hold.release();

    assert!(failing.await.unwrap().is_err());
    assert_eq!(winner.await.unwrap().unwrap().content.slug.as_str(), "wanted");
}

async fn a_name_that_a_sibling_gives_up_is_free_and_its_slug_is_not(register: &Register) {
    let id = register.enter(mutual("Wanted")).await.id;
    let hold = Hold::the_writer_of(&register.store).await;
    let deleting = waiting(register, move |tx| {
        let current = Mutual::find(tx, &Key::Id(id), DraftAccess::All)?;
        Mutual::delete(tx, &current)
    });
    let deleting = deleting.await;
    let entered = entering(register, "Wanted", Ok).await;
    hold.release();

    deleting.await.unwrap().unwrap();
    assert_eq!(entered.await.unwrap().unwrap().content.slug.as_str(), "wanted-2");
}

async fn a_name_that_a_sibling_changes_to_is_taken(register: &Register) {
    let id = register.enter(mutual("Before")).await.id;
    let hold = Hold::the_writer_of(&register.store).await;
    let renaming = waiting(register, move |tx| {
        let current = Mutual::find(tx, &Key::Id(id), DraftAccess::All)?;
        let slug = current.content.slug.clone();
        Mutual::update(tx, &current, Mutual { slug, ..mutual("Wanted") }, DraftAccess::All)
    });
    let renaming = renaming.await;
    let entered = entering(register, "Wanted", Ok).await;
    hold.release();

    renaming.await.unwrap().unwrap();
    assert!(matches!(entered.await.unwrap(), Err(Error::Conflict(found)) if found[0].kind == ConflictKind::NameTaken));
}

async fn a_key_that_a_sibling_revokes_is_revoked(register: &Register) {
    let id = next_id();
    let key = ApiKey { label: parsed("A system"), role: Role::Admin, scope: Scope::All };
    let new = NewKey { id, hash: [7; 32], key, expires_at: stamp(0).now + Duration::days(1), makers_expires_at: None };
    register.write(move |tx| key::insert(tx, &new)).await.unwrap();
    let revoked_at = move |tx: &mut WriteTx<'_>| Ok(key::validity(tx, id)?.revoked_at);

    let hold = Hold::the_writer_of(&register.store).await;
    let before = waiting(register, revoked_at).await;
    let revoking = waiting(register, move |tx| key::revoke(tx, id)).await;
    let after = waiting(register, revoked_at).await;
    hold.release();

    assert_eq!(before.await.unwrap().unwrap(), None);
    revoking.await.unwrap().unwrap();
    assert_eq!(after.await.unwrap().unwrap(), Some(stamp(0).now));
}

on_both!(
    a_name_that_a_sibling_takes_is_taken,
    a_name_that_a_failed_sibling_took_is_free,
    a_name_that_a_sibling_gives_up_is_free_and_its_slug_is_not,
    a_name_that_a_sibling_changes_to_is_taken,
    a_key_that_a_sibling_revokes_is_revoked,
);

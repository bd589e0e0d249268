//! What names a record belongs to it alone.

use document::value::Slugged;
use domain::{Contract, Department, DraftAccess, Key, Kind, Mutual, Slug, StaffBallot};
use store::{Conflict, ConflictKind, Error, StoredRecord as _, StoredRoot as _};

use crate::fixture::{ballot, contract, department, identifiers, mutual, parsed};
use crate::kit::{Register, next_id, numbered, stamp};

/// Each conflict as kind, member, value and the id of the other record, in the order of members.
fn conflicts<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(ConflictKind, String, String, Option<String>)> {
    let Err(Error::Conflict(mut conflicts)) = result else { panic!("no conflict: {result:?}") };
    conflicts.sort_by(|a, b| a.field.cmp(&b.field));
    let named = |it: Conflict| (it.kind, it.field, it.value, it.other.map(|other| other.id));
    conflicts.into_iter().map(named).collect()
}

fn kinds<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<ConflictKind> {
    conflicts(result).into_iter().map(|(kind, ..)| kind).collect()
}

async fn all_records_that_stand_in_the_way_are_named_at_once(register: &Register) {
    let by_slug = register.enter(mutual("Alpha")).await.id.to_string();
    let by_name = register.enter(Mutual { slug: parsed("another"), ..mutual("Beta") }).await.id.to_string();
    let by_number = register.enter(Mutual { identifiers: identifiers(&["GB-COH:1"]), ..mutual("Gamma") }).await;
    let council = Department { identifiers: identifiers(&["GB-NHS:RYJ"]), ..department("Delta") };
    let by_code = register.enter(council).await;

    let new = Mutual {
        slug: parsed("alpha"),
        identifiers: identifiers(&["GB-COH:2", "GB-NHS:RYJ", "GB-COH:00000001"]),
        ..mutual("BETA")
    };
    let refused = conflicts(register.try_enter(new).await);

    let expected = [
        (ConflictKind::IdentifierTaken, "identifiers/1", "GB-NHS:RYJ", by_code.id.to_string()),
        (ConflictKind::IdentifierTaken, "identifiers/2", "GB-COH:00000001", by_number.id.to_string()),
        (ConflictKind::NameTaken, "name", "Beta", by_name),
        (ConflictKind::SlugTaken, "slug", "alpha", by_slug),
    ];
    assert_eq!(refused, expected.map(|(kind, field, value, id)| (kind, field.to_owned(), value.to_owned(), Some(id))));
}

async fn a_conflict_names_the_type_and_the_name_of_the_other_record(register: &Register) {
    let holder =
        register.enter(Department { identifiers: identifiers(&["GB-LAE:GLS"]), ..department("Council") }).await;

    let refused = register.try_enter(Mutual { identifiers: identifiers(&["GB-LAE:GLS"]), ..mutual("New") }).await;

    let Err(Error::Conflict(conflicts)) = refused else { panic!("{refused:?}") };
    let other = conflicts[0].other.as_ref().unwrap();
    assert_eq!(other.resource_type, Kind::Department);
    assert_eq!((other.id.as_str(), other.name.as_deref()), (&*holder.id.to_string(), Some("Council")));
}

async fn names_differing_only_by_case_spaces_or_composition_are_taken(register: &Register) {
    for (taken, wanted) in [
        ("Harmonie", "HARMONIE"),
        ("Straßenamt", "STRASSENAMT"),
        ("Two  words", "two words"),
        ("Café \u{e9}", "CAFÉ e\u{301}"),
        ("ΣΑΣ", "σας"),
    ] {
        register.enter(Mutual { slug: unique_slug(), ..mutual(taken) }).await;
        let refused = register.try_enter(Mutual { slug: unique_slug(), ..mutual(wanted) }).await;
        assert_eq!(kinds(refused), [ConflictKind::NameTaken], "{wanted}");
    }
}

fn unique_slug() -> Slug {
    let id = next_id::<Mutual>().to_string();
    parsed(&format!("slug-{}", id.rsplit('-').next().unwrap()))
}

async fn names_differing_by_accent_or_punctuation_are_different(register: &Register) {
    for name in ["Cafe", "Café", "Cafe.", "Ca fe", "Cafe-", "cafe\u{301}s"] {
        register.enter(Mutual { slug: unique_slug(), ..mutual(name) }).await;
    }
}

async fn a_department_and_a_mutual_may_share_name_and_slug(register: &Register) {
    register.enter(department("Same")).await;
    register.enter(mutual("Same")).await;
}

async fn a_record_keeps_its_own_names_when_it_is_changed(register: &Register) {
    let new = Mutual { identifiers: identifiers(&["GB-COH:1", "GB-COH:2"]), ..mutual("Mutual") };
    let entered = register.enter(new).await;
    let again = Mutual { identifiers: identifiers(&["GB-COH:3", "GB-COH:2"]), ..mutual("MUTUAL") };

    let changed = register.change(entered.id, again.clone()).await;

    assert_eq!((changed.version, &changed.content), (2, &again));
    register.enter(Mutual { identifiers: identifiers(&["GB-COH:1"]), ..mutual("Heir of a number") }).await;
}

async fn a_change_that_takes_the_names_of_another_record_is_refused(register: &Register) {
    let taken = department("Taken");
    let holder = register.enter(Department { identifiers: identifiers(&["GB-GOR:D2"]), ..taken }).await;
    let other = register.enter(department("Other")).await;

    let greedy = Department { identifiers: identifiers(&["GB-GOR:D2"]), ..department("TAKEN") };
    let refused = conflicts(register.try_change(other.id, greedy).await);

    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(refused.iter().all(|(.., id)| *id == Some(holder.id.to_string())), "{refused:?}");
    assert_eq!(register.find(other.id).await.unwrap(), other);
}

async fn an_identifier_is_free_again_when_its_holder_is_deleted(register: &Register) {
    let numbers = identifiers(&["GB-COH:1"]);
    let holder = register.enter(Mutual { identifiers: numbers.clone(), ..mutual("Holder") }).await;
    let heir = Department { identifiers: numbers, ..department("Heir") };
    assert_eq!(kinds(register.try_enter(heir.clone()).await), [ConflictKind::IdentifierTaken]);

    register.remove(holder.id).await.unwrap();

    register.enter(heir).await;
}

async fn the_slug_of_a_deleted_record_stays_taken_and_its_name_is_free(register: &Register) {
    let gone = register.enter(mutual("Gone")).await;
    register.remove(gone.id).await.unwrap();

    let refused = conflicts(register.try_enter(mutual("Gone")).await);
    assert_eq!(refused, [(ConflictKind::SlugTaken, "slug".to_owned(), "gone".to_owned(), None)]);
    register.enter(Mutual { slug: parsed("gone-2"), ..mutual("Gone") }).await;
    // Slugs are kept for each type alone.
    register.enter(department("Gone")).await;
}

async fn a_deleted_record_is_gone_and_one_that_never_was_is_not_found(register: &Register) {
    let entered = register.enter(mutual("Gone")).await;
    register.remove(entered.id).await.unwrap();
    let deleted_at = stamp(2).now;

    for key in [Key::Id(entered.id), Key::Slug(parsed("gone"))] {
        let missing = register.store.read_one(move |tx| Mutual::find(tx, &key, DraftAccess::All)).await;
        let Err(Error::Gone { resource_type, deleted_at: at, .. }) = missing else { panic!("{missing:?}") };
        assert_eq!((resource_type, at), (Kind::Mutual, deleted_at));
    }
    for key in [Key::Id(next_id()), Key::Slug(parsed("never"))] {
        let missing = register.store.read_one(move |tx| Mutual::find(tx, &key, DraftAccess::All)).await;
        assert!(matches!(missing, Err(Error::NotFound { resource_type: Kind::Mutual, .. })), "{missing:?}");
    }
    // An id is looked for among its own type only.
    let id = numbered::<Department>(entered.id.as_uuid().as_u128() & u128::from(u64::MAX));
    assert_eq!(id.as_uuid(), entered.id.as_uuid());
    let missing = register.find(id).await;
    assert!(matches!(missing, Err(Error::NotFound { resource_type: Kind::Department, .. })), "{missing:?}");
}

async fn a_slug_gets_the_lowest_number_that_neither_a_record_nor_a_deleted_one_has(register: &Register) {
    let free = |wanted: &'static str| {
        register.write(move |tx| {
            let new = Mutual { slug: parsed(wanted), ..mutual("New") };
            let of_mutual = Mutual::enter(tx, next_id(), Slugged { content: new, derived: true }, DraftAccess::All)?;
            let new = Department { slug: parsed(wanted), ..department("New") };
            let new = Slugged { content: new, derived: true };
            let of_department = Department::enter(tx, next_id(), new, DraftAccess::All)?;
            tx.discard();
            Ok((of_mutual.content.slug.clone(), of_department.content.slug.clone()))
        })
    };
    assert_eq!(free("alpha").await.unwrap(), (parsed("alpha"), parsed("alpha")));
    register.enter(mutual("Alpha")).await;
    assert_eq!(free("alpha").await.unwrap(), (parsed("alpha-2"), parsed("alpha")));
    let second = register.enter(mutual("Alpha 2")).await;
    register.enter(mutual("Alpha 4")).await;
    register.remove(second.id).await.unwrap();

    assert_eq!(free("alpha").await.unwrap(), (parsed("alpha-3"), parsed("alpha")));
}

async fn keys_are_resolved_to_ids_and_slugs_that_lead_nowhere_are_faults(register: &Register) {
    let there = register.enter(mutual("There")).await;
    let unknown = next_id();
    let keys = vec![Key::Slug(parsed("there")), Key::Id(unknown)];
    let ids = register.store.read_one::<_, Error, _>(move |tx| store::reference::resolve(tx, &keys)).await.unwrap();
    assert_eq!(ids, [there.id, unknown]);

    let keys = vec![Key::<Mutual>::Slug(parsed("nowhere")), Key::Slug(parsed("there")), Key::Slug(parsed("elsewhere"))];
    let refused = register.store.read_one::<_, Error, _>(move |tx| store::reference::resolve(tx, &keys)).await;
    let Err(Error::Rule(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.field == "mutual"), "{faults:?}");
}

async fn an_id_is_given_once(register: &Register) {
    let buyer = register.enter(department("Buyer")).await;
    let supplier = register.enter(mutual("Supplier")).await;
    let (vote, sale) = (next_id::<StaffBallot>(), next_id::<Contract>());
    register.try_enter_as(vote, ballot(supplier.id)).await.unwrap();
    register.try_enter_as(sale, contract(supplier.id, buyer.id)).await.unwrap();

    assert_eq!(kinds(register.try_enter_as(buyer.id, department("Buyer again")).await), [ConflictKind::IdTaken]);
    assert_eq!(kinds(register.try_enter_as(supplier.id, mutual("Supplier again")).await), [ConflictKind::IdTaken]);
    assert_eq!(kinds(register.try_enter_as(vote, ballot(supplier.id)).await), [ConflictKind::IdTaken]);
    assert_eq!(kinds(register.try_enter_as(sale, contract(supplier.id, buyer.id)).await), [ConflictKind::IdTaken]);
    assert_eq!(register.entries().len(), 4);
}

on_both!(
    all_records_that_stand_in_the_way_are_named_at_once,
    a_conflict_names_the_type_and_the_name_of_the_other_record,
    names_differing_only_by_case_spaces_or_composition_are_taken,
    names_differing_by_accent_or_punctuation_are_different,
    a_department_and_a_mutual_may_share_name_and_slug,
    a_record_keeps_its_own_names_when_it_is_changed,
    a_change_that_takes_the_names_of_another_record_is_refused,
    an_identifier_is_free_again_when_its_holder_is_deleted,
    the_slug_of_a_deleted_record_stays_taken_and_its_name_is_free,
    a_deleted_record_is_gone_and_one_that_never_was_is_not_found,
    a_slug_gets_the_lowest_number_that_neither_a_record_nor_a_deleted_one_has,
    keys_are_resolved_to_ids_and_slugs_that_lead_nowhere_are_faults,
    an_id_is_given_once,
);

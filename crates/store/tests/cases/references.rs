//! References lead to records, never in a circle, and keep what they lead to.

use domain::{BallotKind, Department, DraftAccess, FaultCode, Mutual, Parents, StaffBallot, StaffBallotId};
use store::{ConflictKind, Error, StoredRecord as _};

use crate::fixture::{
    ballot, checked, closed_department, contract, declared_ballot, department, merged_mutual, mutual, mutual_of,
    superseded_ballot,
};
use crate::kit::{Register, next_id};

fn faults<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(String, FaultCode)> {
    let Err(Error::Rule(faults)) = result else { panic!("no rule was broken: {result:?}") };
    faults.into_iter().map(|fault| (fault.field, fault.code)).collect()
}

fn dependents<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<(String, String)> {
    let Err(Error::Conflict(conflicts)) = result else { panic!("no conflict: {result:?}") };
    assert!(conflicts.iter().all(|conflict| conflict.kind == ConflictKind::HasDependents), "{conflicts:?}");
    let others = conflicts.into_iter().map(|conflict| conflict.other.unwrap());
    others.map(|other| (other.resource_type.as_str().to_owned(), other.id)).collect()
}

async fn every_reference_that_leads_nowhere_is_named(register: &Register) {
    let there = register.enter(department("There")).await.id;
    let parents = Parents { department_id: Some(next_id()), other_department_ids: vec![there, next_id(), next_id()] };
    let orphan = Mutual { parents: checked(parents), ..merged_mutual("Orphan", Some(next_id())) };

    let mut found = faults(register.try_enter(orphan).await);
    found.sort();

    let expected = ["department_id", "other_department_ids/1", "other_department_ids/2", "successor_id"];
    assert_eq!(found, expected.map(|field| (field.to_owned(), FaultCode::UnknownReference)));
    let unknown = |field: &str| (field.to_owned(), FaultCode::UnknownReference);
    let closed = closed_department("Closed", Some(next_id()));
    assert_eq!(faults(register.try_enter(closed).await), [unknown("successor_id")]);
    assert_eq!(
        faults(register.try_enter(superseded_ballot(next_id(), next_id())).await),
        [unknown("mutual_id"), unknown("superseded_by_id")]
    );
    let mut of_contract = faults(register.try_enter(contract(next_id(), next_id())).await);
    of_contract.sort();
    assert_eq!(of_contract, [unknown("department_id"), unknown("mutual_id")]);
    assert_eq!(register.entries().len(), 1);
}

async fn a_reference_to_a_record_of_another_type_leads_nowhere(register: &Register) {
    let id = register.enter(department("Department")).await.id.as_uuid();

    let refused = register.try_enter(ballot(domain::MutualId::from_uuid(id))).await;

    assert_eq!(faults(refused), [("mutual_id".to_owned(), FaultCode::UnknownReference)]);
}

async fn a_reference_to_a_deleted_record_leads_nowhere(register: &Register) {
    let gone = register.enter(department("Gone")).await.id;
    register.remove(gone).await.unwrap();

    let refused = register.try_enter(mutual_of("Mutual", &[gone])).await;

    assert_eq!(faults(refused), [("department_id".to_owned(), FaultCode::UnknownReference)]);
}

async fn a_change_is_held_to_its_references_too(register: &Register) {
    let id = register.enter(mutual("Mutual")).await.id;

    let refused = register.try_change(id, mutual_of("Mutual", &[next_id()])).await;

    assert_eq!(faults(refused), [("department_id".to_owned(), FaultCode::UnknownReference)]);
    assert_eq!(register.find(id).await.unwrap().version, 1);
}

async fn a_record_under_entry_is_no_successor_of_itself(register: &Register) {
    let id = next_id::<Mutual>();

    let refused = register.try_enter_as(id, merged_mutual("Self", Some(id))).await;

    assert_eq!(faults(refused), [("successor_id".to_owned(), FaultCode::UnknownReference)]);
}

async fn successors_of_departments_lead_in_no_circle(register: &Register) {
    let circle = vec![("successor_id".to_owned(), FaultCode::Cycle)];
    let c = register.enter(department("C")).await.id;
    assert_eq!(faults(register.try_change(c, closed_department("C", Some(c))).await), circle);
    let b = register.enter(closed_department("B", Some(c))).await.id;
    assert_eq!(faults(register.try_change(c, closed_department("C", Some(b))).await), circle);
    let a = register.enter(closed_department("A", Some(b))).await.id;
    assert_eq!(faults(register.try_change(c, closed_department("C", Some(a))).await), circle);

    let d = register.enter(department("D")).await.id;
    register.change(c, closed_department("C", Some(d))).await;
    register.change(a, closed_department("A", Some(d))).await;
}

async fn successors_of_mutuals_lead_in_no_circle(register: &Register) {
    let circle = vec![("successor_id".to_owned(), FaultCode::Cycle)];
    let c = register.enter(mutual("C")).await.id;
    assert_eq!(faults(register.try_change(c, merged_mutual("C", Some(c))).await), circle);
    let b = register.enter(merged_mutual("B", Some(c))).await.id;
    assert_eq!(faults(register.try_change(c, merged_mutual("C", Some(b))).await), circle);
    let a = register.enter(merged_mutual("A", Some(b))).await.id;
    assert_eq!(faults(register.try_change(c, merged_mutual("C", Some(a))).await), circle);

    register.change(b, merged_mutual("B", None)).await;
    register.change(c, merged_mutual("C", Some(a))).await;
}

async fn a_ballot_gives_way_to_another_declared_rerun_for_the_same_mutual(register: &Register) {
    let [about, elsewhere] = [register.enter(mutual("One")).await.id, register.enter(mutual("Two")).await.id];
    let rerun = |about| StaffBallot { kind: BallotKind::Rerun, ..declared_ballot(about) };
    let first = register.enter(rerun(about)).await.id;
    let second = register.enter(rerun(about)).await.id;
    let refused = [
        first,
        register.enter(declared_ballot(about)).await.id,
        register.enter(rerun(elsewhere)).await.id,
        register.enter(StaffBallot { kind: BallotKind::Rerun, ..ballot(about) }).await.id,
    ];
    for other in refused {
        let expected = [("superseded_by_id".to_owned(), FaultCode::Inconsistent)];
        assert_eq!(faults(supersede(register, first, other, DraftAccess::All).await), expected);
    }

    supersede(register, first, second, DraftAccess::All).await.unwrap();

    assert_eq!(register.find(first).await.unwrap().content.ending.superseded_by_id, Some(second));
    // The first no longer stands, so that no circle can be closed.
    let back = faults(supersede(register, second, first, DraftAccess::All).await);
    assert_eq!(back, [("superseded_by_id".to_owned(), FaultCode::Inconsistent)]);
    let again = supersede(register, first, second, DraftAccess::All).await;
    assert!(matches!(again, Err(Error::State(_))), "{again:?}");
}

async fn a_draft_that_the_caller_does_not_see_is_no_rerun_at_all(register: &Register) {
    let about = register.enter(mutual("Mutual")).await.id;
    let draft = register.enter(ballot(about)).await.id;
    let first = register.enter(declared_ballot(about)).await.id;
    let refused = async |rerun: StaffBallotId, sees| {
        let Err(Error::Rule(faults)) = supersede(register, first, rerun, sees).await else { panic!("it gave way") };
        let [fault] = faults.as_slice() else { panic!("{faults:?}") };
        (fault.code, fault.detail.replace(&rerun.to_string(), "it"))
    };

    let hidden = refused(draft, DraftAccess::None).await;

    assert_eq!(hidden, refused(next_id(), DraftAccess::None).await);
    assert_eq!(hidden.0, FaultCode::UnknownReference);
    assert_eq!(refused(draft, DraftAccess::All).await.0, FaultCode::Inconsistent);
}

async fn supersede(
    register: &Register,
    id: StaffBallotId,
    rerun: StaffBallotId,
    sees: DraftAccess<'static>,
) -> Result<(), Error> {
    let work = move |tx: &mut store::WriteTx<'_>| {
        let current = StaffBallot::find(tx, &id, DraftAccess::All)?;
        store::staff_ballot::supersede(tx, &current, rerun, sees).map(drop)
    };
    register.write(work).await
}

async fn a_department_that_others_refer_to_stays_and_they_are_named(register: &Register) {
    let kept = register.enter(department("StoredChild")).await.id;
    let lead = register.enter(department("Lead")).await.id;
    let child = register.enter(mutual_of("A child", &[kept])).await.id;
    let step_child = register.enter(mutual_of("B step-child", &[lead, kept])).await.id;
    let bought = register.enter(contract(child, kept)).await.id;
    let predecessor = register.enter(closed_department("Predecessor", Some(kept))).await.id;

    let refused = dependents(register.remove(kept).await);

    let named = |resource_type: &str, id: &dyn ToString| (resource_type.to_owned(), id.to_string());
    let expected = [
        named("mutual", &child),
        named("mutual", &step_child),
        named("contract", &bought),
        named("department", &predecessor),
    ];
    assert_eq!(refused, expected);

    register.remove(bought).await.unwrap();
    register.remove(child).await.unwrap();
    register.change(step_child, mutual_of("B step-child", &[lead])).await;
    register.remove(predecessor).await.unwrap();
    register.remove(kept).await.unwrap();
}

async fn a_mutual_that_others_refer_to_stays_and_they_are_named(register: &Register) {
    let buyer = register.enter(department("Buyer")).await.id;
    let kept = register.enter(mutual("StoredChild")).await.id;
    let vote = register.enter(ballot(kept)).await.id;
    let sale = register.enter(contract(kept, buyer)).await.id;
    let predecessor = register.enter(merged_mutual("Predecessor", Some(kept))).await.id;

    let refused = dependents(register.remove(kept).await);

    let expected =
        [("staff_ballot", vote.to_string()), ("contract", sale.to_string()), ("mutual", predecessor.to_string())];
    assert_eq!(refused, expected.map(|(resource_type, id)| (resource_type.to_owned(), id)));

    register.remove(vote).await.unwrap();
    register.remove(sale).await.unwrap();
    register.remove(predecessor).await.unwrap();
    register.remove(kept).await.unwrap();
}

async fn a_ballot_that_superseded_another_stays(register: &Register) {
    let about = register.enter(mutual("Mutual")).await.id;
    let rerun = register.enter(declared_ballot(about)).await.id;
    let first = register.enter(superseded_ballot(about, rerun)).await.id;

    assert_eq!(
        dependents(register.remove::<StaffBallot>(rerun).await),
        [("staff_ballot".to_owned(), first.to_string())]
    );

    register.remove(first).await.unwrap();
    register.remove(rerun).await.unwrap();
}

async fn of_many_dependents_ten_of_each_type_are_named(register: &Register) {
    let kept = register.enter(department("StoredChild")).await.id;
    for n in 0..12 {
        let child = register.enter(mutual_of(&format!("Child {n:02}"), &[kept])).await.id;
        register.enter(contract(child, kept)).await;
    }

    let refused = dependents(register.remove::<Department>(kept).await);

    let of_type = |wanted: &str| refused.iter().filter(|(resource_type, _)| resource_type == wanted).count();
    assert_eq!((of_type("mutual"), of_type("contract"), refused.len()), (10, 10, 20));
}

on_both!(
    every_reference_that_leads_nowhere_is_named,
    a_reference_to_a_record_of_another_type_leads_nowhere,
    a_reference_to_a_deleted_record_leads_nowhere,
    a_change_is_held_to_its_references_too,
    a_record_under_entry_is_no_successor_of_itself,
    successors_of_departments_lead_in_no_circle,
    successors_of_mutuals_lead_in_no_circle,
    a_ballot_gives_way_to_another_declared_rerun_for_the_same_mutual,
    a_draft_that_the_caller_does_not_see_is_no_rerun_at_all,
    a_department_that_others_refer_to_stays_and_they_are_named,
    a_mutual_that_others_refer_to_stays_and_they_are_named,
    a_ballot_that_superseded_another_stays,
    of_many_dependents_ten_of_each_type_are_named,
);

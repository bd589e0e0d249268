//! The register compared with its log: whatever was done through the store is what the log says, also while the check goes on.

use domain::{
    BallotState, Child, Contract, Department, DepartmentId, DraftAccess, Enabler, Id, Mutual, MutualId, StaffBallot,
};
use proptest::collection::vec;
use proptest::prelude::*;
use store::{Error, StoredRoot as _, WriteTx, child, staff_ballot};

use crate::fixture::{Resource, ballot, contract_of, date, department, mutual, mutual_of};
use crate::kit::{Register, for_all, next_id, stamp};
use crate::verify::{Full, enabler, verified, watched_ballot};

/// While the check goes on, so do changes: none of them is a difference.
async fn changes_beside_the_check_are_no_differences(register: &Register) {
    let full = Full::enter(register).await;
    let store = register.store.clone();
    let (office, supplier) = (full.office, full.supplier);
    let changes = tokio::spawn(async move {
        for n in 0..200 {
            let work = move |tx: &mut WriteTx<'_>| {
                let current = <Mutual as Resource>::find(tx, supplier)?;
                <Mutual as Resource>::update(tx, &current, mutual_of(&format!("Name {n}"), &[office]))?;
                let id = next_id();
                let made = Mutual::enter(tx, id, mutual(&format!("Other {n}")), DraftAccess::All)?;
                if n % 3 == 0 { <Mutual as Resource>::delete(tx, &made.record) } else { Ok(()) }
            };
            store.write::<_, Error, _>(stamp(n), work).await.unwrap();
        }
    });
    while !changes.is_finished() {
        let found = verified(register).await;
        assert_eq!((found.faults, found.differences), (vec![], vec![]));
    }
    changes.await.unwrap();
}

/// A change of one of the records, by their numbers.
#[derive(Clone, Debug)]
enum Change {
    Department(u8, u8),
    Mutual(u8, u8, u8),
    Contract(u8, u8, u8),
    Ballot(u8, u8, bool),
    Declare(u8),
    Enabler(u8, u8),
    Delete(u8, u8),
    Erase(u8, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let few = || 0..4_u8;
    prop_oneof![
        (few(), few()).prop_map(|(which, name)| Change::Department(which, name)),
        (few(), few(), few()).prop_map(|(which, name, department)| Change::Mutual(which, name, department)),
        (few(), few(), few()).prop_map(|(which, mutual, day)| Change::Contract(which, mutual, day)),
        (few(), few(), any::<bool>()).prop_map(|(which, mutual, is_watched)| Change::Ballot(which, mutual, is_watched)),
        few().prop_map(Change::Declare),
        (few(), few()).prop_map(|(which, department)| Change::Enabler(which, department)),
        (few(), 0..5_u8).prop_map(|(which, kind)| Change::Delete(which, kind)),
        (few(), 0..2_u8).prop_map(|(which, kind)| Change::Erase(which, kind)),
    ]
}

fn id<T>(which: u8, round: u128) -> Id<T> {
    crate::kit::numbered(round * 1000 + u128::from(which))
}

/// Enters or replaces a record.
fn put<R: Resource>(tx: &mut WriteTx<'_>, id: Id<R>, content: R) -> Result<(), Error> {
    match R::find(tx, id) {
        Ok(current) => R::update(tx, &current, content).map(drop),
        Err(Error::NotFound { .. }) => R::insert(tx, id, content).map(drop),
        Err(error) => Err(error),
    }
}

fn delete<R: Resource>(tx: &mut WriteTx<'_>, id: Id<R>) -> Result<(), Error> {
    let current = R::find(tx, id)?;
    R::delete(tx, &current)
}

fn apply(tx: &mut WriteTx<'_>, change: &Change) -> Result<(), Error> {
    let departments = |which: u8| -> DepartmentId { id(which, 1) };
    let mutuals = |which: u8| -> MutualId { id(which, 2) };
    match *change {
        Change::Department(which, name) => put(tx, departments(which), department(&format!("Office {name}"))),
        Change::Mutual(which, name, lead) => {
            let content = if lead == 3 {
                mutual(&format!("M {name}"))
            } else {
                mutual_of(&format!("M {name}"), &[departments(lead)])
            };
            put(tx, mutuals(which), content)
        }
        Change::Contract(which, of, on) => {
            let entered_on = date(["2011-01-01", "2012-01-01", "2013-01-01", "2014-01-01"][usize::from(on)]);
            put(tx, id::<Contract>(which, 3), contract_of(mutuals(of), departments(0), entered_on))
        }
        Change::Ballot(which, of, is_watched) => {
            let content =
                if is_watched { watched_ballot(mutuals(of), BallotState::Draft) } else { ballot(mutuals(of)) };
            put(tx, id::<StaffBallot>(which, 4), content)
        }
        Change::Declare(which) => {
            let current = <StaffBallot as Resource>::find(tx, id(which, 4))?;
            let declaration = domain::Declaration { declared_on: date("2012"), historic: true };
            staff_ballot::declare(tx, &current, &declaration, 50).map(drop)
        }
        Change::Enabler(which, of) => {
            let (parent_id, helper) = (departments(of), id::<Child<Department, Enabler>>(which, 5));
            match child::find::<Enabler>(tx, parent_id, helper) {
                Ok(current) => child::update::<Enabler>(tx, &current, enabler("Another")).map(drop),
                Err(Error::NotFound { .. }) if <Department as Resource>::find(tx, parent_id).is_ok() => {
                    child::insert::<Enabler>(tx, helper, Child { parent_id, content: enabler("One") }).map(drop)
                }
                Err(error) => Err(error),
            }
        }
        Change::Delete(which, 0) => delete(tx, departments(which)),
        Change::Delete(which, 1) => delete(tx, mutuals(which)),
        Change::Delete(which, 2) => delete(tx, id::<Contract>(which, 3)),
        Change::Delete(which, 3) => delete(tx, id::<StaffBallot>(which, 4)),
        Change::Delete(which, _) => {
            let current = child::find::<Enabler>(tx, departments(which), id(which, 5))?;
            child::delete::<Enabler>(tx, &current)
        }
        Change::Erase(which, 0) => staff_ballot::erase(tx, &id(which, 4), "Asked for").map(drop),
        Change::Erase(which, _) => {
            let current = child::find::<Enabler>(tx, departments(which), id(which, 5))?;
            child::erase(tx, &current, "Asked for").map(drop)
        }
    }
}

async fn whatever_was_done_through_the_store_is_what_the_log_says(register: &Register) {
    for_all(register, 24, vec(change(), 1..60), async |register, changes| {
        for change in changes {
            // Many are refused, and then change nothing.
            drop(register.write(move |tx| apply(tx, &change)).await);
        }
        let found = verified(register).await;
        assert_eq!((found.faults, found.differences), (vec![], vec![]));
    });
}

on_both!(changes_beside_the_check_are_no_differences, whatever_was_done_through_the_store_is_what_the_log_says,);

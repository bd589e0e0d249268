//! Which contract of a mutual is its first, through any sequence of changes.

use std::collections::BTreeMap;

use domain::{Contract, ContractId, Department, DraftAccess, Mutual, MutualId, PartialDate, Record};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use store::{Error, StoredRecord as _, StoredRoot as _, WriteTx};

use crate::fixture::{contract_of, department, mutual, parsed};
use crate::kit::{Register, canonical, for_all, next_id, numbered, stamp};

#[derive(Clone, Debug)]
enum Step {
    Enter { mutual: u128, entered_on: Option<PartialDate> },
    Change { which: Index, mutual: u128, entered_on: Option<PartialDate> },
    Delete { which: Index },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let days = &["2011", "2011-04", "2011-04-01", "2011-04-02", "2012-01-01"][..];
    let day = move || option::weighted(0.8, select(days).prop_map(parsed::<PartialDate>));
    let step = prop_oneof![
        3 => (0..2_u128, day()).prop_map(|(mutual, entered_on)| Step::Enter { mutual, entered_on }),
        4 => (any::<Index>(), 0..2_u128, day())
            .prop_map(|(which, mutual, entered_on)| Step::Change { which, mutual, entered_on }),
        2 => any::<Index>().prop_map(|which| Step::Delete { which }),
    ];
    vec(step, 1..16)
}

type Contracts = BTreeMap<String, Record<Contract>>;

async fn check(register: &Register, steps: Vec<Step>) {
    let backdrop = register.write(|tx| {
        Department::enter(tx, numbered(100), department("Buyer"), DraftAccess::All)?;
        Mutual::enter(tx, mutual_id(0), mutual("One"), DraftAccess::All)?;
        Mutual::enter(tx, mutual_id(1), mutual("Two"), DraftAccess::All).map(drop)
    });
    backdrop.await.unwrap();
    let mut before = Contracts::new();
    for (minute, step) in (1..).zip(&steps) {
        let entries = register.entries().len();
        let subject = take(register, &before, step, minute).await;
        let after: Contracts =
            register.all::<Contract>(Default::default()).await.into_iter().map(|it| (it.id.to_string(), it)).collect();
        for record in after.values() {
            assert_eq!(record.content.is_first, is_first(record, &after), "after {step:?} of {steps:?}: {after:#?}");
        }
        assert_touched(&before, &after, subject, minute);
        assert_logged(register, entries, &before, &after);
        before = after;
    }
}

type Work = Box<dyn FnMut(&mut WriteTx<'_>) -> Result<(), Error> + Send>;

/// Carries out one step; gives the contract that it was about.
async fn take(register: &Register, contracts: &Contracts, step: &Step, minute: i64) -> Option<ContractId> {
    let which = |index: &Index| (!contracts.is_empty()).then(|| index.get(&contracts.values().collect::<Vec<_>>()).id);
    let content = |mutual, entered_on| contract_of(mutual_id(mutual), numbered(100), entered_on);
    let (id, work): (ContractId, Work) = match *step {
        Step::Enter { mutual, entered_on } => {
            let id = next_id();
            let new = content(mutual, entered_on);
            (id, Box::new(move |tx| Contract::enter(tx, id, new.clone(), DraftAccess::All).map(drop)))
        }
        Step::Change { which: index, mutual, entered_on } => {
            let id = which(&index)?;
            let new = content(mutual, entered_on);
            let change = move |tx: &mut WriteTx<'_>| {
                let current = Contract::find(tx, &id, DraftAccess::All)?;
                let answered = Contract::update(tx, &current, new.clone(), DraftAccess::All)?;
                assert_eq!(
                    *answered.record,
                    Contract::find(tx, &id, DraftAccess::All)?,
                    "what is answered is what is stored"
                );
                Ok(())
            };
            (id, Box::new(change))
        }
        Step::Delete { which: index } => {
            let id = which(&index)?;
            let delete = move |tx: &mut WriteTx<'_>| {
                let current = Contract::find(tx, &id, DraftAccess::All)?;
                Contract::delete(tx, &current)
            };
            (id, Box::new(delete))
        }
    };
    register.store.write(stamp(minute), work).await.unwrap();
    Some(id)
}

fn mutual_id(n: u128) -> MutualId {
    numbered(200 + n)
}

/// The earliest of its mutual, by the first day that it may be, then the coarser, then by id; without a date it never is.
fn is_first(record: &Record<Contract>, all: &Contracts) -> bool {
    let of_mutual = all.values().filter(|other| other.content.mutual_id == record.content.mutual_id);
    let dated = of_mutual.filter_map(|other| Some((other.content.timeline.entered_on?, other.id)));
    dated.min().is_some_and(|(_, id)| id == record.id)
}

/// The subject and those that became or ceased to be the first have a new version, and no other has.
fn assert_touched(before: &Contracts, after: &Contracts, subject: Option<ContractId>, minute: i64) {
    for (id, record) in after {
        let Some(old) = before.get(id) else {
            assert_eq!(record.version, 1);
            continue;
        };
        if Some(record.id) == subject || old.content.is_first != record.content.is_first {
            assert_eq!((record.version, record.updated_at), (old.version + 1, stamp(minute).now), "{old:?} {record:?}");
        } else {
            assert_eq!(record, old);
        }
    }
}

/// Each new version has its entry, with the contract as it is now.
fn assert_logged(register: &Register, entries: usize, before: &Contracts, after: &Contracts) {
    let mut expected: Vec<(String, String, i64, Option<String>)> = Vec::new();
    for (id, record) in after {
        let action = match before.get(id) {
            Some(old) if old.version == record.version => continue,
            Some(_) => "update",
            None => "create",
        };
        expected.push((id.clone(), action.to_owned(), record.version, Some(canonical(record))));
    }
    let deleted = before.iter().filter(|(id, _)| !after.contains_key(*id));
    expected.extend(deleted.map(|(id, old)| (id.clone(), "delete".to_owned(), old.version + 1, None)));
    let new = register.entries().split_off(entries);
    let mut logged: Vec<_> = new.into_iter().map(|it| (it.resource_id, it.action, it.version, it.after)).collect();
    expected.sort();
    logged.sort();
    assert_eq!(logged, expected);
}

async fn the_earliest_contract_of_a_mutual_is_its_first_through_any_changes(register: &Register) {
    for_all(register, 40, steps(), check);
}

async fn of_contracts_of_one_day_the_one_entered_first_is_the_first(register: &Register) {
    let buyer = register.enter(department("Buyer")).await.id;
    let supplier = register.enter(mutual("Supplier")).await.id;
    let (first, second) = (next_id(), next_id());
    let of_day = || contract_of(supplier, buyer, Some(parsed("2011-04-01")));

    assert!(register.try_enter_as(second, of_day()).await.unwrap().content.is_first);
    assert!(register.try_enter_as(first, of_day()).await.unwrap().content.is_first);

    let second = register.find::<Contract>(second).await.unwrap();
    assert_eq!((second.content.is_first, second.version), (false, 2));
}

async fn what_a_caller_says_about_first_place_does_not_count(register: &Register) {
    let buyer = register.enter(department("Buyer")).await.id;
    let supplier = register.enter(mutual("Supplier")).await.id;
    let undated = Contract { is_first: true, ..contract_of(supplier, buyer, None) };

    assert!(!register.enter(undated).await.content.is_first);
    assert!(register.enter(contract_of(supplier, buyer, Some(parsed("2011-04-01")))).await.content.is_first);
}

on_both!(
    the_earliest_contract_of_a_mutual_is_its_first_through_any_changes,
    of_contracts_of_one_day_the_one_entered_first_is_the_first,
    what_a_caller_says_about_first_place_does_not_count,
);

//! The sample register: real departments and their commitments, mutuals, staff ballots, contracts, and the competitions and notices
//! of these, with their sources, embedded in the program.
//!
//! An item is read by the same code as a request, and one that is in the register already is left as it is, so that importing twice
//! changes nothing. What refers to a record that was deleted is left out.

mod item;

use document::register;
use domain::mutual::Life;
use domain::{
    BallotState, Checked, Child, Commitment, Competition, Contract, Declaration, Department, DraftAccess, Invalid, Key,
    Mutual, MutualId, Notice, SCRUTINEER_ABOVE, StaffBallot,
};
use serde::Deserialize;
use serde_json::Value;
use store::child::StoredChild;
use store::{Stamp, Store, StoredRecord as _, StoredRoot as _, WriteTx};

use item::{Item, Stop, course, id_of, is_new, keyed, known, parse_slug, read, refer, slug_of, stable_id, take_id};

pub use item::ImportError;

const DEPARTMENTS: &str = include_str!("../../../data/sample/departments.json");
const COMMITMENTS: &str = include_str!("../../../data/sample/commitments.json");
const MUTUALS: &str = include_str!("../../../data/sample/mutuals.json");
const STAFF_BALLOTS: &str = include_str!("../../../data/sample/staff_ballots.json");
const CONTRACTS: &str = include_str!("../../../data/sample/contracts.json");
const COMPETITIONS: &str = include_str!("../../../data/sample/competitions.json");
const NOTICES: &str = include_str!("../../../data/sample/notices.json");

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub departments: usize,
    pub commitments: usize,
    pub mutuals: usize,
    pub staff_ballots: usize,
    pub contracts: usize,
    pub competitions: usize,
    pub notices: usize,
    /// Records that were there already, or had been and were deleted, and those that refer to a deleted one.
    pub left: usize,
}

/// Imports the sample register, all of it or nothing.
///
/// # Errors
/// Where the register has other records of the same names, or can't be reached.
pub async fn import(store: &Store, stamp: Stamp) -> Result<Imported, ImportError> {
    store.write(stamp, import_all).await
}

fn import_all(tx: &mut WriteTx<'_>) -> Result<Imported, ImportError> {
    let mut done = Imported::default();
    done.departments = enter_all(tx, "department", DEPARTMENTS, &mut done.left, enter_department)?;
    done.commitments = enter_all(tx, "commitment", COMMITMENTS, &mut done.left, enter_commitment)?;
    done.mutuals = enter_all(tx, "mutual", MUTUALS, &mut done.left, enter_mutual)?;
    done.staff_ballots = enter_all(tx, "staff ballot", STAFF_BALLOTS, &mut done.left, enter_staff_ballot)?;
    done.contracts = enter_all(tx, "contract", CONTRACTS, &mut done.left, enter_contract)?;
    let enter_competition = enter_of_contract::<Competition>(read::<register::Competition>);
    done.competitions = enter_all(tx, "competition", COMPETITIONS, &mut done.left, enter_competition)?;
    let enter_notice = enter_of_contract::<Notice>(read::<register::Notice>);
    done.notices = enter_all(tx, "notice", NOTICES, &mut done.left, enter_notice)?;
    Ok(done)
}

#[derive(Deserialize)]
struct Items {
    items: Vec<Item>,
}

/// Enters items in an order in which each finds what it refers to; gives how many were new.
fn enter_all(
    tx: &mut WriteTx<'_>,
    kind: &str,
    file: &str,
    left: &mut usize,
    enter: impl Fn(&mut WriteTx<'_>, Item) -> Result<(), Stop>,
) -> Result<usize, ImportError> {
    let unreadable =
        |error: serde_json::Error| ImportError::Item { item: format!("{kind}s"), reason: error.to_string() };
    let mut waiting = serde_json::from_str::<Items>(file).map_err(unreadable)?.items;
    let mut entered = 0;
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut still = Vec::new();
        for item in waiting {
            match enter(tx, item.clone()) {
                Ok(()) => entered += 1,
                Err(Stop::Left) => *left += 1,
                Err(Stop::Waits) => still.push(item),
                Err(Stop::Refused(error)) => return Err(error),
            }
        }
        if still.len() == before {
            // They refer to records that were deleted, or that were left out for that themselves.
            *left += before;
            break;
        }
        waiting = still;
    }
    Ok(entered)
}

fn enter_department(tx: &mut WriteTx<'_>, mut item: Item) -> Result<(), Stop> {
    let slug = slug_of(&item)?;
    is_new(Department::find(tx, &Key::Slug(slug.clone()), DraftAccess::All))?;
    refer::<Department>(tx, &mut item, "successor", "successor_id")?;
    let content = read::<register::Department>(&item)?.content;
    Department::enter(tx, stable_id(slug.as_str()), content, DraftAccess::All)?;
    Ok(())
}

fn enter_commitment(tx: &mut WriteTx<'_>, mut item: Item) -> Result<(), Stop> {
    let id = take_id(&mut item);
    let slug = parse_slug(&item.remove("department").unwrap_or_default())?;
    let parent_id = id_of::<Department>(tx, &Key::Slug(slug))?;
    is_new(store::child::find::<Commitment>(tx, parent_id, id))?;
    let content = read::<register::Commitment>(&item)?;
    store::child::insert(tx, id, Child { parent_id, content })?;
    Ok(())
}

fn enter_mutual(tx: &mut WriteTx<'_>, mut item: Item) -> Result<(), Stop> {
    let slug = slug_of(&item)?;
    is_new(Mutual::find(tx, &Key::Slug(slug.clone()), DraftAccess::All))?;
    refer::<Department>(tx, &mut item, "department", "department_id")?;
    refer::<Department>(tx, &mut item, "other_departments", "other_department_ids")?;
    refer::<Mutual>(tx, &mut item, "successor", "successor_id")?;
    let course = course(&mut item)?;
    let successor = item.remove("successor_id");
    let content = read::<register::Mutual>(&item)?.content;
    let id = stable_id(slug.as_str());
    Mutual::enter(tx, id, content, DraftAccess::All)?;
    for transition in course {
        let transition_id = stable_id(&format!("{slug}:{}", transition.to));
        store::child::insert(tx, transition_id, Child { parent_id: id, content: transition })?;
    }
    if let Some(successor) = successor {
        succeed(tx, id, &successor)?;
    }
    Ok(())
}

/// Says of a mutual, which has ended, what took over its services.
fn succeed(tx: &mut WriteTx<'_>, id: MutualId, successor: &Value) -> Result<(), ImportError> {
    let mutual = Mutual::find(tx, &Key::Id(id), DraftAccess::All)?;
    let refused = |reason: String| ImportError::Item { item: mutual.content.name.to_string(), reason };
    let successor_id = successor.as_str().unwrap_or_default().parse();
    let successor_id = successor_id.map_err(|invalid: Invalid| refused(invalid.detail))?;
    let life = Life { successor_id: Some(successor_id), ..(*mutual.content.life).clone() };
    let life = Checked::new(life).map_err(|faults| refused(format!("{faults:?}")))?;
    Mutual::update(tx, &mutual, Mutual { life, ..mutual.content.clone() }, DraftAccess::All)?;
    Ok(())
}

fn enter_staff_ballot(tx: &mut WriteTx<'_>, mut item: Item) -> Result<(), Stop> {
    let id = take_id(&mut item);
    is_new(StaffBallot::find(tx, &id, DraftAccess::All))?;
    refer::<Mutual>(tx, &mut item, "mutual", "mutual_id")?;
    let state: BallotState = known(&item, "state")?.unwrap_or(BallotState::Draft);
    item.remove("state");
    let content = read::<register::StaffBallot>(&item)?;
    let draft = StaffBallot::enter(tx, id, content, DraftAccess::All)?;
    if state == BallotState::Declared {
        let historic = Declaration { declared_on: None, historic: true };
        store::staff_ballot::declare(tx, &draft.record, &historic, SCRUTINEER_ABOVE)?;
    }
    Ok(())
}

fn enter_contract(tx: &mut WriteTx<'_>, mut item: Item) -> Result<(), Stop> {
    let id = take_id(&mut item);
    is_new(Contract::find(tx, &id, DraftAccess::All))?;
    refer::<Mutual>(tx, &mut item, "mutual", "mutual_id")?;
    refer::<Department>(tx, &mut item, "department", "department_id")?;
    if let Some(replaced) = keyed::<Contract>(tx, &mut item, "replaces_contract")? {
        item.insert("replaces_contract_id".to_owned(), Value::String(replaced.to_string()));
    }
    let content = read::<register::Contract>(&item)?;
    Contract::enter(tx, id, content, DraftAccess::All)?;
    Ok(())
}

/// Enters what belongs to a contract, which its item names by key.
fn enter_of_contract<T: StoredChild<Parent = Contract>>(
    read: fn(&Item) -> Result<T, ImportError>,
) -> impl Fn(&mut WriteTx<'_>, Item) -> Result<(), Stop> {
    move |tx, mut item| {
        let id = take_id(&mut item);
        let parent_id = keyed::<Contract>(tx, &mut item, "contract")?.ok_or(Stop::Waits)?;
        is_new(store::child::find::<T>(tx, parent_id, id))?;
        store::child::insert(tx, id, Child { parent_id, content: read(&item)? })?;
        Ok(())
    }
}

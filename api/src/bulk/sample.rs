//! The sample register: real departments, their commitments, mutuals and staff ballots with their sources, embedded in the program.
//!
//! An item is what a caller would send, but for its references, which are slugs. It is read by the same code as a request, and
//! one that is in the register already is left as it is, so that importing twice changes nothing.

use std::str::FromStr;

use document::{Content, Input, register};
use domain::mutual::Life;
use domain::{
    BallotState, Checked, Child, Commitment, Day, Declaration, Department, DraftAccess, Id, Invalid, Key, Mutual,
    PartialDate, Recorded, SCRUTINEER_ABOVE, Slug, StaffBallot, Stage, StageTransition,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::{Error, Stamp, Store, StoredRecord, StoredRoot as _, WriteTx};

const DEPARTMENTS: &str = include_str!("../../../data/sample/departments.json");
const COMMITMENTS: &str = include_str!("../../../data/sample/commitments.json");
const MUTUALS: &str = include_str!("../../../data/sample/mutuals.json");
const STAFF_BALLOTS: &str = include_str!("../../../data/sample/staff_ballots.json");

/// Milliseconds since 1970 that the ids of all sample records begin with: 2025-01-01.
const SAMPLE_TIME: u64 = 1_735_689_600_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub departments: usize,
    pub commitments: usize,
    pub mutuals: usize,
    pub staff_ballots: usize,
    /// Records that were there already, or had been and were deleted.
    pub left: usize,
}

/// Why the sample can't be imported; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("the {item}: {reason}")]
    Item { item: String, reason: String },
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
    Ok(done)
}

#[derive(Deserialize)]
struct Items {
    items: Vec<Map<String, Value>>,
}

enum Entry {
    Entered,
    Left,
    /// It refers to a record that is not there yet.
    Waits,
}

/// Enters items in an order in which each finds what it refers to; gives how many were new.
fn enter_all(
    tx: &mut WriteTx<'_>,
    kind: &str,
    file: &str,
    left: &mut usize,
    enter: impl Fn(&mut WriteTx<'_>, Map<String, Value>) -> Result<Entry, ImportError>,
) -> Result<usize, ImportError> {
    let unreadable =
        |error: serde_json::Error| ImportError::Item { item: format!("{kind}s"), reason: error.to_string() };
    let mut waiting = serde_json::from_str::<Items>(file).map_err(unreadable)?.items;
    let mut entered = 0;
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut still = Vec::new();
        for item in waiting {
            match enter(tx, item.clone())? {
                Entry::Entered => entered += 1,
                Entry::Left => *left += 1,
                Entry::Waits => still.push(item),
            }
        }
        if let (Some(item), true) = (still.first(), still.len() == before) {
            let reason = "it refers to a record that is in neither the sample nor the register".to_owned();
            return Err(ImportError::Item { item: format!("{kind} {}", Value::Object(item.clone())), reason });
        }
        waiting = still;
    }
    Ok(entered)
}

fn enter_department(tx: &mut WriteTx<'_>, mut item: Map<String, Value>) -> Result<Entry, ImportError> {
    let slug = slug_of(&item)?;
    if is_known(Department::find(tx, &Key::Slug(slug.clone()), DraftAccess::All))? {
        return Ok(Entry::Left);
    }
    if !refer::<Department>(tx, &mut item, "successor", "successor_id")? {
        return Ok(Entry::Waits);
    }
    let content = read::<register::Department>(tx, &item)?.content;
    Department::enter(tx, stable_id(slug.as_str()), content, DraftAccess::All)?;
    Ok(Entry::Entered)
}

fn enter_commitment(tx: &mut WriteTx<'_>, mut item: Map<String, Value>) -> Result<Entry, ImportError> {
    let key = item.remove("reference_key");
    let key = key.as_ref().and_then(Value::as_str).unwrap_or_default();
    let id = stable_id(key);
    let slug = parse_slug(&item.remove("department").unwrap_or_default())?;
    let found = id_of::<Department>(tx, slug.clone())?;
    let parent_id = found.unwrap_or_else(|| stable_id(slug.as_str()));
    if is_known(store::child::find::<Commitment>(tx, parent_id, id))? {
        return Ok(Entry::Left);
    }
    if found.is_none() {
        return Ok(Entry::Waits);
    }
    let content = read::<register::Commitment>(tx, &item)?;
    store::child::insert(tx, id, Child { parent_id, content })?;
    Ok(Entry::Entered)
}

fn enter_mutual(tx: &mut WriteTx<'_>, mut item: Map<String, Value>) -> Result<Entry, ImportError> {
    let slug = slug_of(&item)?;
    if is_known(Mutual::find(tx, &Key::Slug(slug.clone()), DraftAccess::All))? {
        return Ok(Entry::Left);
    }
    let found = refer::<Department>(tx, &mut item, "department", "department_id")?
        && refer::<Department>(tx, &mut item, "other_departments", "other_department_ids")?
        && refer::<Mutual>(tx, &mut item, "successor", "successor_id")?;
    if !found {
        return Ok(Entry::Waits);
    }
    let course = course(&mut item)?;
    let successor = item.remove("successor_id");
    let content = read::<register::Mutual>(tx, &item)?.content;
    let sources = content.sources.clone();
    let id = stable_id(slug.as_str());
    Mutual::enter(tx, id, content, DraftAccess::All)?;
    for (to, effective_on) in course {
        let transition = StageTransition {
            position: 0,
            from: Stage::default(),
            unmet_conditions: Vec::new(),
            to,
            effective_on,
            reason: None,
            historic: true,
            override_reason: None,
            withdrawn: false,
            corrections: Vec::new(),
            sources: sources.clone(),
        };
        let transition_id = stable_id(&format!("{slug}:{to}"));
        store::child::insert(tx, transition_id, Child { parent_id: id, content: transition })?;
    }
    if let Some(successor) = successor {
        succeed(tx, id, &successor)?;
    }
    Ok(Entry::Entered)
}

/// Takes the stage and the dates that a mutual has out of its item, unless it is on its way: the moves, as far as they are known, that led
/// it there.
fn course(item: &mut Map<String, Value>) -> Result<Vec<(Stage, Option<PartialDate>)>, ImportError> {
    let stage: Stage = known(item, "stage")?.unwrap_or_default();
    if stage.is_pre_launch_live() {
        return Ok(Vec::new());
    }
    let since: Option<PartialDate> = known(item, "stage_since")?;
    let launched_on: Option<PartialDate> = known(item, "launched_on")?;
    let ended_on: Option<PartialDate> = known(item, "ended_on")?;
    for member in ["stage", "stage_since", "launched_on", "ended_on"] {
        item.remove(member);
    }
    let mut course = Vec::new();
    if stage.is_after_launch() || launched_on.is_some() {
        course.push((Stage::Launched, launched_on.or(since.filter(|_| stage == Stage::Launched))));
    }
    if stage == Stage::Recontracting {
        course.push((Stage::Operating, None));
    }
    if stage != Stage::Launched {
        course.push((stage, ended_on.or(since)));
    }
    Ok(course)
}

/// A member's value, where the item has it.
fn known<T: FromStr<Err = Invalid>>(item: &Map<String, Value>, member: &str) -> Result<Option<T>, ImportError> {
    let text = item.get(member).and_then(Value::as_str);
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(|invalid: Invalid| ImportError::Item { item: member.to_owned(), reason: invalid.detail })
}

/// Says of a mutual, which has ended, what took over its services.
fn succeed(tx: &mut WriteTx<'_>, id: domain::MutualId, successor: &Value) -> Result<(), ImportError> {
    let mutual = Mutual::find(tx, &Key::Id(id), DraftAccess::All)?;
    let refused = |reason: String| ImportError::Item { item: mutual.content.name.to_string(), reason };
    let successor_id = successor.as_str().unwrap_or_default().parse();
    let successor_id = successor_id.map_err(|invalid: Invalid| refused(invalid.detail))?;
    let life = Life { successor_id: Some(successor_id), ..(*mutual.content.life).clone() };
    let life = Checked::new(life).map_err(|faults| refused(format!("{faults:?}")))?;
    Mutual::update(tx, &mutual, Mutual { life, ..mutual.content.clone() }, DraftAccess::All)?;
    Ok(())
}

fn enter_staff_ballot(tx: &mut WriteTx<'_>, mut item: Map<String, Value>) -> Result<Entry, ImportError> {
    let key = item.remove("reference_key");
    let key = key.as_ref().and_then(Value::as_str).unwrap_or_default();
    let id = stable_id(key);
    if is_known(StaffBallot::find(tx, &id, DraftAccess::All))? {
        return Ok(Entry::Left);
    }
    if !refer::<Mutual>(tx, &mut item, "mutual", "mutual_id")? {
        return Ok(Entry::Waits);
    }
    let state: BallotState = known(&item, "state")?.unwrap_or(BallotState::Draft);
    item.remove("state");
    let content = read::<register::StaffBallot>(tx, &item)?;
    let draft = StaffBallot::enter(tx, id, content, DraftAccess::All)?;
    if state == BallotState::Declared {
        let historic = Declaration { declared_on: None, historic: true };
        store::staff_ballot::declare(tx, &draft.record, &historic, SCRUTINEER_ABOVE)?;
    }
    Ok(Entry::Entered)
}

/// Whether a record is in the register, or was.
fn is_known<T>(found: Result<T, Error>) -> Result<bool, Error> {
    match found {
        Ok(_) | Err(Error::Gone { .. }) => Ok(true),
        Err(Error::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The id of the record with this slug, if it is in the register now.
fn id_of<T: StoredRecord<Name = Key<T>>>(tx: &mut WriteTx<'_>, slug: Slug) -> Result<Option<Id<T>>, Error> {
    match T::find(tx, &Key::Slug(slug), DraftAccess::All) {
        Ok(record) => Ok(Some(record.id)),
        Err(Error::NotFound { .. } | Error::Gone { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts ids in the place of slugs; false where one of them leads to no record yet.
fn refer<T: StoredRecord<Name = Key<T>>>(
    tx: &mut WriteTx<'_>,
    item: &mut Map<String, Value>,
    by_slug: &str,
    by_id: &str,
) -> Result<bool, ImportError> {
    let mut look_up = |slug: &Value| -> Result<Option<Value>, ImportError> {
        Ok(id_of::<T>(tx, parse_slug(slug)?)?.map(|id| Value::String(id.to_string())))
    };
    let ids = match item.remove(by_slug) {
        None => return Ok(true),
        Some(Value::Array(slugs)) => {
            slugs.iter().map(look_up).collect::<Result<Option<Vec<_>>, _>>()?.map(Value::Array)
        }
        Some(slug) => look_up(&slug)?,
    };
    Ok(ids.map(|ids| item.insert(by_id.to_owned(), ids)).is_some())
}

fn slug_of(item: &Map<String, Value>) -> Result<Slug, ImportError> {
    parse_slug(item.get("slug").unwrap_or(&Value::Null))
}

fn parse_slug(value: &Value) -> Result<Slug, ImportError> {
    let text = value.as_str().unwrap_or_default();
    text.parse()
        .map_err(|error: domain::Invalid| ImportError::Item { item: format!("slug {value}"), reason: error.detail })
}

fn read<T: Input>(tx: &WriteTx<'_>, item: &Map<String, Value>) -> Result<T::Value, ImportError> {
    let refused = |reason: String| {
        let name = ["name", "title", "question"].iter().find_map(|member| item.get(*member)?.as_str());
        ImportError::Item { item: name.unwrap_or("item").to_owned(), reason }
    };
    let text = Value::Object(item.clone()).to_string();
    let content = Content::<T>::parse(text.as_bytes()).map_err(|error| refused(error.to_string()))?;
    let today = Day::from_date(tx.stamp().now.date_naive()).map_err(|invalid| refused(invalid.detail))?;
    content.on(today).create().map_err(|refusal| {
        let faults = refusal.faults(Vec::new());
        let said: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
        refused(said.join("; "))
    })
}

/// The same id in every register: a UUID of version 7 whose random part is a digest of the key.
fn stable_id<T: Recorded>(key: &str) -> Id<T> {
    let digest = Sha256::digest(format!("{}:{key}", T::KIND.as_str()));
    let random = digest.first_chunk().copied().unwrap_or_default();
    Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(SAMPLE_TIME, &random).into_uuid())
}

//! An item of the sample: what a caller would send, but for its references, which are slugs and keys, and for a mutual's stages.

use std::str::FromStr;

use document::{Content, Input, register};
use domain::{Day, DraftAccess, Id, Invalid, Key, PartialDate, Recorded, Slug, Stage, StageTransition};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::{Error, StoredRecord, WriteTx};

pub type Item = Map<String, Value>;

/// Milliseconds since 1970 that the ids of all sample records begin with: 2025-01-01.
const SAMPLE_TIME: u64 = 1_735_689_600_000;

/// The day that the sample speaks of: what it says was last known then. A contract that was active stays so, whenever it is imported.
const SAMPLE_DAY: &str = "2026-04-30";

/// Why the sample can't be imported; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Store(#[from] Error),
    #[error("the {item}: {reason}")]
    Item { item: String, reason: String },
}

/// Why an item is not entered.
pub enum Stop {
    /// It is in the register, or was.
    Left,
    /// It refers to a record that is not there, or not yet.
    Waits,
    Refused(ImportError),
}

impl<E: Into<ImportError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// Stops where a record is in the register, or was.
pub fn is_new<T>(found: Result<T, Error>) -> Result<(), Stop> {
    match found {
        Ok(_) | Err(Error::Gone { .. }) => Err(Stop::Left),
        Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The id of the record with this name, if it is in the register.
pub fn id_of<T: StoredRecord>(tx: &mut WriteTx<'_>, name: &T::Name) -> Result<Id<T>, Stop> {
    match T::find(tx, name, DraftAccess::All) {
        Ok(record) => Ok(record.id),
        Err(Error::NotFound { .. } | Error::Gone { .. }) => Err(Stop::Waits),
        Err(error) => Err(error.into()),
    }
}

/// Puts ids in the place of slugs.
pub fn refer<T: StoredRecord<Name = Key<T>>>(
    tx: &mut WriteTx<'_>,
    item: &mut Item,
    by_slug: &str,
    by_id: &str,
) -> Result<(), Stop> {
    let mut look_up = |slug: &Value| -> Result<Value, Stop> {
        Ok(Value::String(id_of::<T>(tx, &Key::Slug(parse_slug(slug)?))?.to_string()))
    };
    let ids = match item.remove(by_slug) {
        None => return Ok(()),
        Some(Value::Array(slugs)) => Value::Array(slugs.iter().map(look_up).collect::<Result<_, _>>()?),
        Some(slug) => look_up(&slug)?,
    };
    item.insert(by_id.to_owned(), ids);
    Ok(())
}

/// The id of the record with the key that an item names, where it names one.
pub fn keyed<T: StoredRecord<Name = Id<T>>>(
    tx: &mut WriteTx<'_>,
    item: &mut Item,
    member: &str,
) -> Result<Option<Id<T>>, Stop> {
    let Some(key) = item.remove(member) else { return Ok(None) };
    id_of::<T>(tx, &stable_id(key.as_str().unwrap_or_default())).map(Some)
}

/// The id that an item's own key gives.
pub fn take_id<T: Recorded>(item: &mut Item) -> Id<T> {
    let key = item.remove("reference_key");
    stable_id(key.as_ref().and_then(Value::as_str).unwrap_or_default())
}

pub fn slug_of(item: &Item) -> Result<Slug, ImportError> {
    parse_slug(item.get("slug").unwrap_or(&Value::Null))
}

pub fn parse_slug(value: &Value) -> Result<Slug, ImportError> {
    let text = value.as_str().unwrap_or_default();
    text.parse().map_err(|error: Invalid| ImportError::Item { item: format!("slug {value}"), reason: error.detail })
}

/// A member's value, where the item has it.
pub fn known<T: FromStr<Err = Invalid>>(item: &Item, member: &str) -> Result<Option<T>, ImportError> {
    let text = item.get(member).and_then(Value::as_str);
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(|invalid: Invalid| ImportError::Item { item: member.to_owned(), reason: invalid.detail })
}

/// Reads an item as a caller's request is read, on the day of the sample.
pub fn read<T: Input>(item: &Item) -> Result<T::Value, ImportError> {
    let refused = |reason: String| {
        let name = ["name", "title", "question", "code", "to"].iter().find_map(|member| item.get(*member)?.as_str());
        ImportError::Item { item: name.unwrap_or("item").to_owned(), reason }
    };
    let text = Value::Object(item.clone()).to_string();
    let content = Content::<T>::parse(text.as_bytes()).map_err(|error| refused(error.to_string()))?;
    let day: Day = SAMPLE_DAY.parse().map_err(|invalid: Invalid| refused(invalid.detail))?;
    content.on(day).create().map_err(|refusal| {
        let faults = refusal.faults(Vec::new());
        let said: Vec<_> = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
        refused(said.join("; "))
    })
}

/// Takes out of a mutual's item the moves that led it to where it stands: those that it lists, each with what its sources say, or
/// else those that its stage and dates tell, unless it is on its way. What has no sources of its own has those of the mutual.
pub fn course(item: &mut Item) -> Result<Vec<StageTransition>, ImportError> {
    let own = item.get("sources").cloned();
    let moves = match item.remove("transitions") {
        Some(Value::Array(moves)) => moves,
        Some(other) => return Err(ImportError::Item { item: "transitions".to_owned(), reason: other.to_string() }),
        None => told(item)?,
    };
    let read_move = |value| {
        let Value::Object(mut step) = value else {
            return Err(ImportError::Item { item: "transitions".to_owned(), reason: value.to_string() });
        };
        step.insert("historic".to_owned(), Value::Bool(true));
        if let (None, Some(sources)) = (step.get("sources"), &own) {
            step.insert("sources".to_owned(), sources.clone());
        }
        read::<register::StageTransition>(&step)
    };
    moves.into_iter().map(read_move).collect()
}

/// The moves that the stage and the dates of an item tell.
fn told(item: &mut Item) -> Result<Vec<Value>, ImportError> {
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
    let mut moves = Vec::new();
    if stage.is_after_launch() || launched_on.is_some() {
        moves.push((Stage::Launched, launched_on.or(since.filter(|_| stage == Stage::Launched))));
    }
    if stage == Stage::Recontracting {
        moves.push((Stage::Operating, None));
    }
    if stage != Stage::Launched {
        moves.push((stage, ended_on.or(since)));
    }
    let as_item = |(to, on): (Stage, Option<PartialDate>)| {
        let effective_on = on.map(|on| ("effective_on".to_owned(), Value::String(on.to_string())));
        Value::Object([("to".to_owned(), Value::from(to.as_str()))].into_iter().chain(effective_on).collect())
    };
    Ok(moves.into_iter().map(as_item).collect())
}

/// The same id in every register: a UUID of version 7 whose random part is a digest of the key.
pub fn stable_id<T: Recorded>(key: &str) -> Id<T> {
    let digest = Sha256::digest(format!("{}:{key}", T::KIND.as_str()));
    let random = digest.first_chunk().copied().unwrap_or_default();
    Id::from_uuid(uuid::Builder::from_unix_timestamp_millis(SAMPLE_TIME, &random).into_uuid())
}

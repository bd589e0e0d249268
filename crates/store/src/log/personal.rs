//! Personal data in the log: each value stands there as a commitment, the hash of a salt and the value.
//!
//! Salts and values are in a table of their own. With its rows gone nobody can tell what a commitment stood for, and the log's
//! hashes are as they were.

use std::collections::HashMap;

use diesel::prelude::*;
use document::value::hex;
use domain::Kind;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::backend::json::{from_json, to_json};
use crate::backend::schema::personal_values;
use crate::error::Error;
use crate::{ReadTx, WriteTx, idempotency, random};

/// The bytes of a salt: nobody can try them all.
const SALT_BYTES: usize = 32;

/// The only member of what stands for a value.
const COMMITMENT: &str = "commitment";

/// The canonical document with commitments in the place of personal data.
///
/// A value that the record had before keeps its commitment, so that a history shows when it changed.
pub(crate) fn commit(
    tx: &mut WriteTx<'_>,
    kind: Kind,
    id: &str,
    members: &[String],
    canonical: String,
) -> Result<String, Error> {
    let mut document: Value = from_json("after", &canonical)?;
    let mut is_changed = false;
    for member in members {
        let Some(found) = document.pointer_mut(member) else { continue };
        let Some(value) = found.as_str().map(str::to_owned) else {
            return Err(Error::Internal(format!(
                "{member} of the {kind} {id} is personal, and no text that can be hidden"
            )));
        };
        *found = json!({ COMMITMENT: commitment(tx, kind, id, member, &value)? });
        is_changed = true;
    }
    // Members keep the order of their names, and text is escaped as RFC 8785 asks.
    Ok(if is_changed { to_json(&document) } else { canonical })
}

/// The commitment to a value of a record: the one that it has, or a new one.
pub(crate) fn commitment(
    tx: &mut WriteTx<'_>,
    kind: Kind,
    id: &str,
    member: &str,
    value: &str,
) -> Result<String, Error> {
    let known = personal_values::table
        .filter(personal_values::resource_id.eq(id))
        .filter(personal_values::member.eq(member))
        .filter(personal_values::value.eq(value))
        .select(personal_values::commitment)
        .first(tx.conn())
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let salt: [u8; SALT_BYTES] = random::bytes()?;
    let commitment = hash(&salt, value);
    diesel::insert_into(personal_values::table)
        .values((
            personal_values::commitment.eq(&commitment),
            personal_values::resource_type.eq(kind.as_str()),
            personal_values::resource_id.eq(id),
            personal_values::member.eq(member),
            personal_values::salt.eq(salt.as_slice()),
            personal_values::value.eq(value),
        ))
        .execute(tx.changing())?;
    Ok(commitment)
}

/// What stands for a value in the log: SHA-256 of the salt and the value, in hexadecimal.
pub(crate) fn hash(salt: &[u8], value: &str) -> String {
    hex(&Sha256::new().chain_update(salt).chain_update(value).finalize())
}

/// Forgets what the commitments of a record stand for, and what kept answers say of it; gives how many commitments there were.
pub(crate) fn forget(tx: &mut WriteTx<'_>, members: &[String], id: &str) -> Result<usize, Error> {
    idempotency::forget(tx, members, id)?;
    Ok(diesel::delete(personal_values::table.filter(personal_values::resource_id.eq(id))).execute(tx.changing())?)
}

/// Whether a document of the log has a commitment.
pub(crate) fn is_in(after: &str) -> bool {
    after.contains(r#"{"commitment":"#)
}

/// A document of the log with values in the place of commitments, for those who may see them; for others, and where a value was
/// erased, without them.
pub(crate) fn resolve(tx: &mut ReadTx<'_>, id: &str, after: &str, is_confidant: bool) -> Result<String, Error> {
    let known: HashMap<String, String> = if is_confidant {
        let of_record = personal_values::table.filter(personal_values::resource_id.eq(id));
        let pairs: Vec<(String, String)> =
            of_record.select((personal_values::commitment, personal_values::value)).load(tx.conn())?;
        pairs.into_iter().collect()
    } else {
        HashMap::new()
    };
    let mut document = from_json("after", after)?;
    put_values(&mut document, &known);
    Ok(to_json(&document))
}

fn put_values(value: &mut Value, known: &HashMap<String, String>) {
    match value {
        Value::Object(members) => members.retain(|_, member| match commitment_in(member) {
            Some(commitment) => match known.get(commitment).cloned() {
                Some(value) => {
                    *member = value.into();
                    true
                }
                None => false,
            },
            None => {
                put_values(member, known);
                true
            }
        }),
        Value::Array(elements) => elements.iter_mut().for_each(|element| put_values(element, known)),
        _ => {}
    }
}

pub(crate) fn commitment_in(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get(COMMITMENT)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_gives_way_to_its_value_or_to_nothing() {
        let mut document = json!({
            "a": { "commitment": "c1" },
            "b": [{ "c": { "commitment": "c2" }, "d": 1 }],
            "e": { "commitment": "c1", "more": true },
        });
        put_values(&mut document, &HashMap::from([("c2".to_owned(), "Jo".to_owned())]));
        assert_eq!(document, json!({ "b": [{ "c": "Jo", "d": 1 }], "e": { "commitment": "c1", "more": true } }));
    }

    #[test]
    fn a_commitment_is_the_hash_of_salt_and_value() {
        assert_eq!(hash(b"sa", "lt"), hash(b"", "salt"));
        assert_eq!(hash(b"", "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

//! Pseudonyms: the names of the bearers of tokens in log entries, so that the log does not keep anyone's email address
//! for ever.
//!
//! A pseudonym is a commitment to the issuer and the subject of the tokens: the hash of a salt and both. A bearer keeps
//! the same pseudonym for as long as the register has the salt. Once the salt is erased, nobody can tell whose the
//! pseudonym was, even if they know the subject.

use std::sync::OnceLock;

use diesel::prelude::*;
use document::value::hex;
use domain::{Id, Kind};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};

use crate::backend::json::{from_json, to_json};
use crate::backend::schema::personal_values;
use crate::error::Error;
use crate::log::entry::Action;
use crate::log::{governing, personal};
use crate::transaction::Remark;
use crate::{ReadTx, WriteTx, random};

/// What stands before the commitment in the name of a bearer of tokens.
pub const PREFIX: &str = "token:";

/// Which value of a bearer it is that the register keeps.
const MEMBER: &str = "/bearer";

/// The bearer of an issuer's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Who issues the tokens.
    pub issuer: String,
    /// Who bears them, as the issuer calls them.
    pub subject: String,
}

impl Bearer {
    /// What the pseudonym is a commitment to: a JSON array, so that no two bearers have the same.
    fn value(&self) -> String {
        to_json(&[&self.issuer, &self.subject])
    }

    /// Under what the bearer is found. It goes with the salt, and stands nowhere else.
    fn place(&self) -> String {
        hex(&Sha256::digest(self.value()))
    }
}

/// The pseudonym of a bearer who has one.
pub fn find(tx: &mut ReadTx<'_>, bearer: &Bearer) -> Result<Option<String>, Error> {
    let known: Option<String> = personal_values::table
        .filter(personal_values::resource_id.eq(bearer.place()))
        .filter(personal_values::value.eq(bearer.value()))
        .select(personal_values::commitment)
        .first(tx.conn())
        .optional()?;
    Ok(known.map(|commitment| format!("{PREFIX}{commitment}")))
}

/// The pseudonym of a bearer, who gets one if they have none.
pub fn give(tx: &mut WriteTx<'_>, bearer: &Bearer) -> Result<String, Error> {
    let commitment = personal::commitment(tx, Kind::Pseudonym, &bearer.place(), MEMBER, &bearer.value())?;
    Ok(format!("{PREFIX}{commitment}"))
}

/// A name for a bearer whose requests change nothing, where no pseudonym can be stored. It lasts as long as the process.
///
/// # Errors
/// [`Error::Internal`] where the system has no random numbers to give.
pub fn passing(bearer: &Bearer) -> Result<String, Error> {
    static SALT: OnceLock<[u8; 32]> = OnceLock::new();
    let salt = match SALT.get() {
        Some(salt) => salt,
        None => {
            let salt = random::bytes()?;
            SALT.get_or_init(|| salt)
        }
    };
    Ok(format!("{PREFIX}{}", personal::hash(salt, &bearer.value())))
}

/// Whose a pseudonym is, unless that was forgotten.
pub fn bearer(tx: &mut ReadTx<'_>, pseudonym: &str) -> Result<Option<Bearer>, Error> {
    let of_pseudonyms = personal_values::table.filter(personal_values::resource_type.eq(Kind::Pseudonym.as_str()));
    let value: Option<String> = of_pseudonyms
        .filter(personal_values::commitment.eq(commitment_in(pseudonym)))
        .select(personal_values::value)
        .first(tx.conn())
        .optional()?;
    let Some(value) = value else { return Ok(None) };
    let [issuer, subject]: [String; 2] = from_json("value", &value)?;
    Ok(Some(Bearer { issuer, subject }))
}

/// Forgets whose a pseudonym is; gives how many values that were.
///
/// # Errors
/// [`Error::NotFound`] where nothing is known of it.
pub fn forget(tx: &mut WriteTx<'_>, pseudonym: &str, reason: &str) -> Result<usize, Error> {
    let commitment = commitment_in(pseudonym);
    let own = personal_values::table
        .filter(personal_values::resource_type.eq(Kind::Pseudonym.as_str()))
        .filter(personal_values::commitment.eq(commitment));
    let forgotten = diesel::delete(own).execute(tx.changing())?;
    if forgotten == 0 {
        return Err(Error::NotFound { resource_type: Kind::Pseudonym, key: pseudonym.to_owned() });
    }
    let id = Id::<Bearer>::of_digest(&Sha256::digest(commitment).into()).to_string();
    let document = Map::from_iter([("actor".to_owned(), json!(pseudonym))]);
    let remark = Remark { reason: Some(reason.to_owned()), ..Remark::default() };
    governing::log(tx, Action::Erase, (Kind::Pseudonym, &id), document, &[], remark)?;
    Ok(forgotten)
}

fn commitment_in(pseudonym: &str) -> &str {
    pseudonym.strip_prefix(PREFIX).unwrap_or(pseudonym)
}

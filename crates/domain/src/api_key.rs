//! API keys as people make them: what for, what they open, and for how long. What a key looks like is not known here.

use chrono::{DateTime, TimeDelta, Utc};

use crate::checked::{Rules, repeats};
use crate::fault::{Fault, FaultCode, Invalid};
use crate::id::Id;
use crate::role::{Role, Scope};
use crate::value::text::Name;

/// Id of an API key. It is no secret: entries and appointments show it.
pub type KeyId = Id<ApiKey>;

/// What an API key is for and what it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// What its keeper calls it: the system that uses it, say.
    pub label: Name,
    /// The role of its bearer.
    pub role: Role,
    /// Where.
    pub scope: Scope,
}

impl ApiKey {
    /// The most departments that a key can be confined to.
    pub const MAX_DEPARTMENTS: usize = 100;
}

/// Rejects a key that would outlive the key or token that makes it. Otherwise a stolen token could be turned into a key
/// for a year.
pub fn outlives(expires_at: DateTime<Utc>, makers: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Fault> {
    let makers = makers.filter(|makers| expires_at > *makers)?;
    let said = match (makers - now).num_days() {
        days @ 1.. => format!("the key would be valid for longer than the one you use: expected at most {days}"),
        _ => "the key would be valid for longer than the key or token you use, which has less than a day left: \
              use another, or ask the operator"
            .to_owned(),
    };
    Some(Fault::new("expires_in_days", FaultCode::OutOfRange, said))
}

impl Rules for ApiKey {
    /// Departments confine those roles only that are departments' own, and there is at least one, each once.
    fn faults(&self) -> Vec<Fault> {
        const FIELD: &str = "department_ids";
        let Scope::Departments(departments) = &self.scope else { return Vec::new() };
        let mut faults = Vec::new();
        if !self.role.is_departmental() {
            let said = format!("the role `{}` has no departments: leave them out", self.role);
            faults.push(Fault::new(FIELD, FaultCode::Inconsistent, said));
        }
        if departments.is_empty() {
            let said = "the list of departments is empty: for all departments, leave the list out";
            faults.push(Fault::new(FIELD, FaultCode::TooFew, said));
        }
        if departments.len() > Self::MAX_DEPARTMENTS {
            let said = format!("{} departments, at most {} allowed", departments.len(), Self::MAX_DEPARTMENTS);
            faults.push(Fault::new(FIELD, FaultCode::TooMany, said));
        }
        faults.extend(repeats(departments, Self::MAX_DEPARTMENTS).into_iter().map(|fault| fault.under(FIELD)));
        faults
    }
}

/// How long a key is valid: 1 to 365 days. None is valid for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime(u16);

impl Lifetime {
    /// The most days.
    pub const MAX_DAYS: u16 = 365;

    /// When a key that is made now expires.
    pub fn ends(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now.checked_add_signed(TimeDelta::days(self.0.into())).unwrap_or(now)
    }
}

impl TryFrom<i64> for Lifetime {
    type Error = Invalid;

    fn try_from(days: i64) -> Result<Self, Invalid> {
        u16::try_from(days).ok().filter(|days| (1..=Self::MAX_DAYS).contains(days)).map(Self).ok_or_else(|| {
            let said = format!("{days} days: a key is valid for 1 to {} days", Self::MAX_DAYS);
            Invalid::new(FaultCode::OutOfRange, said)
        })
    }
}

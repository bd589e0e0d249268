//! What a stored record says that the rules of today reject.
//!
//! A record keeps its place, and can be read and sent back, whatever rules came later. So such rules are looked up here.

use domain::{Day, FaultCode, Record};
use serde_json::Value;

use crate::body::Content;
use crate::object::Wire as _;
use crate::record::{Documented, personal, shown};

/// A rule that a stored record breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// JSON Pointer to the member.
    pub member: String,
    /// What the member says, as JSON; none where there is no such member, or it is about a person.
    pub value: Option<String>,
    /// What is wrong with it.
    pub detail: String,
}

/// The rules of today that a stored record breaks, without those that look at other records.
pub fn review<T: Documented>(record: &Record<T>, today: Day) -> Vec<Breach> {
    let document = shown(record);
    let Ok(content) = Content::<T::Document>::parse(document.as_bytes()) else { return Vec::new() };
    let Err(refusal) = content.on(today).review() else { return Vec::new() };
    let personal = personal(&T::Document::OBJECT);
    let is_personal = |pointer: &str| personal.iter().any(|member| pointer.starts_with(member.as_str()));
    let members: Value = serde_json::from_str(&document).unwrap_or_default();
    let faults = refusal.faults(Vec::new()).into_iter();
    // What was erased is missing for good.
    let lasting = faults.filter(|fault| !(fault.code == FaultCode::Required && is_personal(&fault.pointer)));
    let breach = |fault: crate::faults::PointedFault| {
        let is_personal = is_personal(&fault.pointer);
        let value = members.pointer(&fault.pointer).filter(|_| !is_personal && !fault.pointer.is_empty());
        let hidden = "its personal data breaks a rule".to_owned();
        Breach {
            value: value.map(ToString::to_string),
            detail: if is_personal { hidden } else { fault.detail },
            member: fault.pointer,
        }
    };
    lasting.map(breach).collect()
}

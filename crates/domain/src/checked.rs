//! Values whose fields bind each other, and lists without repeats: what parsing single fields cannot show.

use std::ops::Deref;

use crate::fault::{Fault, FaultCode};

/// Rules that bind several fields of a value. They bind what is known: an absent fact breaks none of them.
pub trait Rules {
    /// Every rule that the value breaks, each at the field to look at; empty if it keeps them all.
    fn faults(&self) -> Vec<Fault>;
}

/// A value that keeps all of its [`Rules`]; it cannot be changed in place, so it stays that way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<T>(T);

impl<T: Rules> Checked<T> {
    /// The value, if it keeps its rules.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn new(value: T) -> Result<Self, Vec<Fault>> {
        let faults = value.faults();
        if faults.is_empty() { Ok(Self(value)) } else { Err(faults) }
    }
}

impl<T> Checked<T> {
    /// A value that was stored: it kept the rules of its time, and keeps its place whatever today's say.
    pub const fn stored(value: T) -> Self {
        Self(value)
    }

    /// The value itself, to be changed and checked again.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Checked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A list of `MIN` to `MAX` items in the order given, none of them twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T: PartialEq, const MIN: usize, const MAX: usize> Distinct<T, MIN, MAX> {
    /// The items as such a list.
    ///
    /// # Errors
    /// [`FaultCode::TooFew`] or [`FaultCode::TooMany`] for the whole (field `""`), and
    /// [`FaultCode::DuplicateItem`] for each item that an earlier one equals (field: its position).
    pub fn new(items: Vec<T>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if items.len() < MIN {
            faults.push(Fault::new("", FaultCode::TooFew, format!("{} items, at least {MIN} expected", items.len())));
        }
        if items.len() > MAX {
            faults.push(Fault::new("", FaultCode::TooMany, format!("{} items, at most {MAX} allowed", items.len())));
        }
        faults.extend(repeats(&items, MAX));
        if faults.is_empty() { Ok(Self(items)) } else { Err(faults) }
    }
}

impl<T: PartialEq, const MIN: usize, const MAX: usize> TryFrom<Vec<T>> for Distinct<T, MIN, MAX> {
    type Error = Vec<Fault>;

    fn try_from(items: Vec<T>) -> Result<Self, Vec<Fault>> {
        Self::new(items)
    }
}

/// The empty list, where one is allowed.
impl<T, const MAX: usize> Default for Distinct<T, 0, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MIN: usize, const MAX: usize> Deref for Distinct<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MIN: usize, const MAX: usize> IntoIterator for Distinct<T, MIN, MAX> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T, const MIN: usize, const MAX: usize> IntoIterator for &'a Distinct<T, MIN, MAX> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A fault for each of the first `limit` items that an earlier one equals.
///
/// Each item is compared with all before it, hence the limit: a list far beyond it is refused for its length
/// anyway.
pub(crate) fn repeats<T: PartialEq>(items: &[T], limit: usize) -> Vec<Fault> {
    let compared = || items.iter().take(limit).enumerate();
    compared()
        .filter_map(|(position, item)| {
            let first = compared().take(position).find(|(_, earlier)| *earlier == item)?.0;
            Some(Fault::new(
                position.to_string(),
                FaultCode::DuplicateItem,
                format!("the same as item {first} in this list"),
            ))
        })
        .collect()
}

//! The list that the faults of one request gather in.
//!
//! Knows JSON Pointer (RFC 6901) and the domain's faults, and not how anything is read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;
use std::mem;

use domain::{Checked, Fault, FaultCode, Invalid, Rules};
use validator::{ValidationErrors, ValidationErrorsKind};

use crate::node::Node;

/// A fault of a document, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointedFault {
    /// JSON Pointer (RFC 6901) into the document; the empty one means the whole.
    pub pointer: String,
    /// What kind of fault it is.
    pub code: FaultCode,
    /// What is wrong and what was expected.
    pub detail: String,
    /// The law, policy or standard that the rule comes from.
    pub rule: Option<&'static str>,
}

/// The faults of one body, each once, at their JSON Pointers.
///
/// The rules of the domain speak of the list without the elements that couldn't be read; what they find is moved to the
/// element that was sent.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    items: Vec<PointedFault>,
    /// What is read was stored: the rules that bind members have judged it already.
    is_stored: bool,
    /// Faults that found no room.
    untold: usize,
    /// For each array: the elements that were left out.
    left_out: BTreeMap<String, BTreeSet<usize>>,
    /// The member that is being built, in the lists without what was left out: `later_rounds/0`.
    base: String,
}

impl Faults {
    /// More than this many are counted, not told.
    pub const MAX: usize = 100;

    /// The faults of a document that was stored.
    pub fn of_stored() -> Self {
        Self { is_stored: true, ..Self::default() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds a fault of a member, named as in `counts/2/option`; the empty name is the value that is being looked at.
    pub fn push(&mut self, field: &str, code: FaultCode, detail: impl Into<String>) {
        self.push_fault(field, Fault::new("", code, detail.into()));
    }

    /// The value of the member, or its faults.
    pub fn take<T>(&mut self, field: &str, result: Result<T, impl IntoFaults>) -> Option<T> {
        let faults = match result {
            Ok(value) => return Some(value),
            Err(faults) => faults.into_faults(),
        };
        for fault in faults {
            self.push_fault(field, fault);
        }
        None
    }

    fn take_all<T>(&mut self, fields: &[&str], result: Result<T, Vec<Fault>>) -> Option<T> {
        let known = match result {
            Ok(value) => return Some(value),
            Err(faults) => faults,
        };
        let incomplete = fields.iter().any(|field| self.is_at_or_below(&self.pointer(field)));
        for fault in known {
            if !(incomplete && follows_from_absence(fault.code)) {
                self.push_fault("", fault);
            }
        }
        None
    }

    /// The value, if it keeps the rules that bind its members, or its faults. A stored one kept those of its time.
    ///
    /// `fields` are members that others are held against: where one of them couldn't be read, what is missing or doesn't add up may
    /// follow from that alone, and is not told.
    pub fn checked<T: Rules>(&mut self, fields: &[&str], value: T) -> Option<Checked<T>> {
        if self.is_stored {
            return Some(Checked::stored(value));
        }
        self.take_all(fields, Checked::new(value))
    }

    /// Adds what `validator` found: the members that must be given and are not.
    pub fn validated(&mut self, result: Result<(), ValidationErrors>) {
        if let Err(errors) = result {
            self.add_missing("", &errors);
        }
    }

    fn add_missing(&mut self, at: &str, errors: &ValidationErrors) {
        for (name, kind) in errors.errors() {
            let at = join(at, name);
            match kind {
                ValidationErrorsKind::Struct(inside) => self.add_missing(&at, inside),
                ValidationErrorsKind::List(elements) => {
                    for (index, inside) in elements {
                        self.add_missing(&format!("{at}/{index}"), inside);
                    }
                }
                ValidationErrorsKind::Field(_) => self.push(&at, FaultCode::Required, "this field is required"),
            }
        }
    }

    /// Builds the member by a function whose faults are relative to it.
    pub fn within<I, T>(&mut self, field: &str, input: I, build: impl FnOnce(I, &mut Self) -> Option<T>) -> Option<T> {
        let inner = join(&self.base, field).into_owned();
        let outer = mem::replace(&mut self.base, inner);
        let built = build(input, self);
        self.base = outer;
        built
    }

    /// Builds each element of a list likewise. One that can't be built is left out, and has told why.
    pub fn each<I, T>(
        &mut self,
        field: &str,
        inputs: Vec<I>,
        mut build: impl FnMut(I, &mut Self) -> Option<T>,
    ) -> Vec<T> {
        let mut values = Vec::with_capacity(inputs.len());
        let mut failed = BTreeSet::new();
        for (index, input) in inputs.into_iter().enumerate() {
            match self.within(&format!("{field}/{index}"), input, &mut build) {
                Some(value) => values.push(value),
                None => _ = failed.insert(index),
            }
        }
        if !failed.is_empty() {
            let array = self.pointer(field);
            let left_out = self.left_out.entry(array).or_default();
            let sent = (0..).filter(|index| !left_out.contains(index)).enumerate();
            let sent = sent.take(values.len() + failed.len()).filter(|(index, _)| failed.contains(index));
            let sent: Vec<usize> = sent.map(|(_, sent)| sent).collect();
            left_out.extend(sent);
        }
        values
    }

    /// All of them, in the order of the document: members that it doesn't have come last in their object.
    pub fn into_sorted(self, document: &Node) -> Vec<PointedFault> {
        let mut items = self.items;
        items.sort_by_cached_key(|item| {
            let pointer = item.pointer.clone();
            (position(document, &pointer), pointer)
        });
        if self.untold > 0 {
            let detail = format!("{} more errors are not listed: correct these first", self.untold);
            items.push(PointedFault { pointer: String::new(), code: FaultCode::TooMany, detail, rule: None });
        }
        items
    }

    fn push_fault(&mut self, field: &str, fault: Fault) {
        if self.is_full() {
            self.untold += 1;
            return;
        }
        let pointer = self.pointer(&join(field, &fault.field));
        if follows_from_absence(fault.code) && fault.code != FaultCode::Inconsistent && self.is_at_or_below(&pointer) {
            return;
        }
        self.add(PointedFault { pointer, code: fault.code, detail: fault.detail, rule: fault.rule });
    }

    /// Adds what was found where the document was read: the pointer is the document's own.
    pub(crate) fn record(&mut self, pointer: String, code: FaultCode, detail: String) {
        self.add(PointedFault { pointer: shortened(pointer), code, detail, rule: None });
    }

    /// Notes that the element couldn't be read.
    pub(crate) fn leave_out(&mut self, array: String, index: usize) {
        self.left_out.entry(array).or_default().insert(index);
    }

    /// Whether further ones are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= Self::MAX
    }

    /// Counts one that finds no room.
    pub(crate) fn count_untold(&mut self) {
        self.untold += 1;
    }

    fn add(&mut self, item: PointedFault) {
        if self.is_full() {
            self.untold += 1;
        } else if !self.items.iter().any(|told| told.code == item.code && told.pointer == item.pointer) {
            self.items.push(item);
        }
    }

    fn is_at_or_below(&self, pointer: &str) -> bool {
        self.items
            .iter()
            .any(|item| item.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// The pointer to a member of the value that is being built, in the document that was sent.
    fn pointer(&self, field: &str) -> String {
        let mut pointer = String::new();
        for segment in join(&self.base, field).split('/').filter(|segment| !segment.is_empty()) {
            let sent = segment.parse().ok().and_then(|index| self.sent_index(&pointer, index));
            pointer.push('/');
            match sent {
                Some(index) => pointer.push_str(&index.to_string()),
                None => pointer.push_str(segment),
            }
        }
        pointer
    }

    /// Where the element was sent that is at this index among those that weren't left out.
    fn sent_index(&self, array: &str, index: usize) -> Option<usize> {
        let left_out = self.left_out.get(array)?;
        (0..).filter(|sent| !left_out.contains(sent)).nth(index)
    }
}

/// What the domain's parsers and rules answer with.
pub trait IntoFaults {
    /// The faults, relative to the value.
    fn into_faults(self) -> Vec<Fault>;
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.items.iter().map(|item| format!("{}: {}", item.pointer, item.detail)).collect();
        f.write_str(&told.join("; "))
    }
}

impl IntoFaults for Vec<Fault> {
    fn into_faults(self) -> Vec<Fault> {
        self
    }
}

/// Nothing is wrong with a list that has no rules of its own.
impl IntoFaults for Infallible {
    fn into_faults(self) -> Vec<Fault> {
        match self {}
    }
}

impl IntoFaults for Invalid {
    fn into_faults(self) -> Vec<Fault> {
        vec![Fault::new("", self.code, self.detail)]
    }
}

/// Whether a fault of this kind may be nothing but the echo of another, where something couldn't be read.
fn follows_from_absence(code: FaultCode) -> bool {
    matches!(code, FaultCode::Required | FaultCode::TooFew | FaultCode::Inconsistent | FaultCode::UnknownReference)
}

fn join<'a>(field: &'a str, below: &'a str) -> Cow<'a, str> {
    if field.is_empty() {
        Cow::Borrowed(below)
    } else if below.is_empty() {
        Cow::Borrowed(field)
    } else {
        Cow::Owned(format!("{field}/{below}"))
    }
}

/// A pointer that isn't longer than the contract says: only a member that nobody knows has such a name.
fn shortened(pointer: String) -> String {
    const MAX_CHARS: usize = 1000;
    match pointer.chars().nth(MAX_CHARS) {
        Some(_) => pointer.chars().take(MAX_CHARS - 1).chain(['…']).collect(),
        None => pointer,
    }
}

/// The path of positions in the document that leads to what the pointer points at, for sorting.
fn position(document: &Node, pointer: &str) -> Vec<usize> {
    let mut node = Some(document);
    let mut path = Vec::new();
    for segment in pointer.split('/').skip(1) {
        let found = node.and_then(|node| match node {
            Node::Object(members) => {
                let name = segment.replace("~1", "/").replace("~0", "~");
                members.iter().enumerate().find(|(_, (known, _))| *known == name).map(|(at, (_, node))| (at, node))
            }
            Node::Array(elements) => segment.parse().ok().and_then(|at: usize| Some((at, elements.get(at)?))),
            _ => None,
        });
        path.push(found.map_or(usize::MAX, |(at, _)| at));
        node = found.map(|(_, node)| node);
    }
    path
}

#[cfg(test)]
mod tests {
    use domain::Distinct;

    use super::*;
    use crate::decode::decode;
    use crate::value::Sector;

    fn told(faults: Faults) -> Vec<(String, &'static str)> {
        let items = faults.into_sorted(&Node::Null).into_iter();
        items.map(|item| (item.pointer, item.code.as_str())).collect()
    }

    #[test]
    fn a_rule_over_a_list_names_the_element_that_was_sent() {
        let mut faults = Faults::default();
        let document = Node::parse(br#"["culture", 1, "housing", 2, "culture", "housing"]"#).unwrap();
        let sectors: Vec<Sector> = decode(&document, &mut faults).unwrap();
        let _: Option<Distinct<domain::Sector, 0, 9>> = faults.list("", sectors);
        let pointers: Vec<String> = told(faults).into_iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, ["/1", "/3", "/4", "/5"]);
    }

    #[test]
    fn an_element_that_cannot_be_built_keeps_the_others_in_place() {
        let mut faults = Faults::default();
        faults.leave_out("/counts".to_owned(), 0);
        let built = faults.each("counts", vec![1, -1, 1], |count, faults| {
            if count < 0 {
                faults.push("votes", FaultCode::OutOfRange, "");
                return None;
            }
            Some(count)
        });
        assert_eq!(built, [1, 1]);
        faults.take("counts", Distinct::<_, 0, 9>::new(built));
        assert_eq!(
            told(faults),
            [("/counts/3".to_owned(), "duplicate-item"), ("/counts/2/votes".to_owned(), "out-of-range")]
        );
    }

    #[test]
    fn what_only_follows_from_an_unreadable_value_is_not_told() {
        let mut faults = Faults::default();
        faults.record("/closed_on".to_owned(), FaultCode::InvalidType, String::new());
        faults.push("closed_on", FaultCode::Required, "");
        let broken = || {
            Err::<(), _>(vec![
                Fault::new("successor_id", FaultCode::Inconsistent, ""),
                Fault::new("opened_on", FaultCode::DateOrder, ""),
            ])
        };
        faults.take_all(&["closed_on"], broken());
        assert_eq!(told(faults), [("/closed_on".to_owned(), "invalid-type"), ("/opened_on".to_owned(), "date-order")]);
        let mut faults = Faults::default();
        faults.take_all(&["closed_on"], broken());
        assert_eq!(told(faults).len(), 2);
    }
}

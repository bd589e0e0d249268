//! A row of an import: read before the writer's turn, and in it entered as a new record, or as a change of the one that it names.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use document::body::Given;
use document::removed::removed;
use document::{Content, Documented, Input, Node, Refusal, Wire, record};
use domain::{Day, Id, Identifier, ImportUpdate, Record, Recorded as _, Scheme, Slug};
use store::import::{self, Import};
use store::{Conflict, ConflictKind, Naming, WriteTx, having_identifiers};
use uuid::Uuid;

use super::file::RowText;
use super::imported::{Entering, Imported, is_admin};
use crate::caller::Caller;
use crate::register::resource::{Resource as _, accept, change, find_for};
use crate::response::problem::{ErrorItem, Problem};

/// The members of the records of a kind.
pub type DocumentOf<I> = <<I as Imported>::Record as Documented>::Document;

/// A row that could be read.
pub struct Entry<I: Imported> {
    content: Content<DocumentOf<I>>,
    given: Option<Id<I::Record>>,
    new: Result<New<I>, Refusal>,
}

struct New<I: Imported> {
    id: Id<I::Record>,
    prepared: I::Prepared,
}

/// What became of a row.
pub enum Done {
    Created,
    /// And the fields that this took out.
    Updated(Vec<String>),
    Unchanged,
}

impl<I: Imported> Entry<I> {
    /// Reads a row that is to be entered at this time.
    ///
    /// # Errors
    /// Where it is no JSON, or has an `id` that is none.
    pub fn read(text: &str, import: &Import, now: DateTime<Utc>) -> Result<Self, Problem> {
        let with_past = has_past::<I>(import);
        let malformed = |reason| Problem::malformed(ErrorItem::pointer("", "invalid-format", reason));
        let text = match RowText::of_stored(text) {
            RowText::Json(text) if text.len() <= DocumentOf::<I>::MAX_BYTES => text,
            RowText::Json(_) | RowText::TooLong => return Err(Problem::payload_too_large(DocumentOf::<I>::MAX_BYTES)),
            RowText::Refused(reason) => return Err(malformed(reason)),
        };
        let content = Content::<DocumentOf<I>>::parse(text.as_bytes());
        let content = content.map_err(|why| malformed(format!("the line is not JSON: {why}")))?;
        let given = match content.member("id") {
            None | Some(Node::Null) => None,
            Some(Node::String(id)) => Some(id.parse().map_err(|invalid: domain::Invalid| {
                Problem::invalid(vec![ErrorItem::pointer("/id", invalid.code.as_str(), invalid.detail)])
            })?),
            Some(_) => {
                return Err(Problem::invalid(vec![ErrorItem::pointer("/id", "invalid-type", "expected a string")]));
            }
        };
        let today = Day::from_date(now.date_naive()).map_err(|invalid| Problem::internal(invalid.detail))?;
        let content = content.on(today).without_read_only(if with_past { Given::WithPast } else { Given::ByCallers });
        Self::of(content, given, with_past, now)
    }

    fn of(
        content: Content<DocumentOf<I>>,
        given: Option<Id<I::Record>>,
        with_past: bool,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let whole = content.without_null();
        let created =
            if with_past { whole.create_with_past().map(|value| (None, value)) } else { whole.create_of_file() };
        let id = given.unwrap_or_else(|| Id::from_uuid(Uuid::now_v7()));
        let prepare = |(parent_id, value): (Option<String>, _)| I::prepare(id, now, parent_id.as_deref(), value);
        let new = match created.map(prepare) {
            Ok(Ok(prepared)) => Ok(New { id, prepared }),
            Ok(Err(invalid)) => return Err(Problem::internal(invalid.detail)),
            Err(refusal) => Err(refusal),
        };
        Ok(Self { content, given, new })
    }

    /// The names that it is about to take.
    pub fn names(&self) -> Vec<Naming> {
        self.new.as_ref().map(|new| I::names(&new.prepared)).unwrap_or_default()
    }

    /// The `id` that the row has.
    pub fn given(&self) -> Option<String> {
        self.given.map(|id| id.to_string())
    }

    /// Enters the row with ids in the place of slugs, which may be those of rows before it.
    ///
    /// # Errors
    /// As a single change.
    pub fn enter_named(
        &self,
        tx: &mut WriteTx<'_>,
        entering: &Entering,
        taken: &HashSet<String>,
    ) -> Result<(Done, String), Problem> {
        let mut slugs = self.content.slugs();
        slugs.extend(self.content.parent_slug());
        if slugs.is_empty() {
            return self.enter(tx, entering, taken);
        }
        let ids = store::reference::ids_of(tx, &slugs)?;
        let now = tx.stamp().now;
        let resolved = Self::of(self.content.with_ids(&ids), self.given, has_past::<I>(&entering.import), now)?;
        resolved.enter(tx, entering, taken)
    }

    fn enter(
        &self,
        tx: &mut WriteTx<'_>,
        entering: &Entering,
        taken: &HashSet<String>,
    ) -> Result<(Done, String), Problem> {
        let caller = &entering.caller;
        if let Some(id) = self.given {
            match I::find(tx, id, caller) {
                Ok(current) => return self.replace(tx, entering, taken, &current),
                Err(store::Error::NotFound { .. }) if entering.is_admin() => {}
                Err(store::Error::NotFound { .. }) => return Err(unknown_id()),
                Err(error) => return Err(error.into()),
            }
        }
        let slug = self.slug();
        // A row that cannot be a record of its own may still name one, and say what is to change of it.
        let may_enter = match &self.new {
            Ok(new) => I::check_entry(tx, caller, new.id, &new.prepared).map(|()| new),
            Err(_) => accept(tx, &self.new, caller),
        };
        let New { id, prepared } = match may_enter {
            Ok(new) => new,
            Err(refused) => {
                let current = self.find_named(tx, caller, slug)?.ok_or(refused)?;
                return self.replace(tx, entering, taken, &current);
            }
        };
        match I::enter(tx, *id, prepared, entering) {
            Ok(stored) => Ok((Done::Created, stored.id.to_string())),
            Err(store::Error::Conflict(conflicts)) => match self.named(&conflicts, slug.is_some()) {
                Some(id) => {
                    let current = I::find(tx, id, caller)?;
                    self.replace(tx, entering, taken, &current)
                }
                None => Err(conflicts.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// The slug by which it may name a record.
    fn slug(&self) -> Option<&str> {
        match self.content.member("slug") {
            Some(Node::String(slug)) if self.given.is_none() => Some(slug),
            _ => None,
        }
    }

    /// The record that the row names by its slug, or by its identifiers.
    fn find_named(
        &self,
        tx: &mut WriteTx<'_>,
        caller: &Caller,
        slug: Option<&str>,
    ) -> Result<Option<Record<I::Record>>, Problem> {
        let slug: Option<Slug> = slug.and_then(|slug| slug.parse().ok());
        match slug.map(|slug| I::find_by_slug(tx, &slug, caller)) {
            Some(Ok(Some(current))) => return Ok(Some(current)),
            None | Some(Ok(None) | Err(store::Error::NotFound { .. } | store::Error::Gone { .. })) => {}
            Some(Err(error)) => return Err(error.into()),
        }
        let identifiers = if self.given.is_none() { identifiers(&self.content) } else { Vec::new() };
        if identifiers.is_empty() {
            return Ok(None);
        }
        match having_identifiers(tx, I::Record::KIND, &identifiers)?.as_slice() {
            [] => Ok(None),
            [own] => match own.parse::<Id<I::Record>>() {
                Ok(id) => Ok(Some(I::find(tx, id, caller)?)),
                Err(invalid) => Err(Problem::internal(invalid.detail)),
            },
            _ => {
                let said = "these belong to more than one record: give the `id` of the record that the row is for";
                Err(Problem::invalid(vec![ErrorItem::pointer("/identifiers", "inconsistent", said)]))
            }
        }
    }

    /// The record that has the slug or identifiers of the row, if it is one.
    fn named(&self, conflicts: &[Conflict], by_slug: bool) -> Option<Id<I::Record>> {
        let names = |conflict: &&Conflict| match conflict.kind {
            ConflictKind::SlugTaken => by_slug,
            ConflictKind::IdentifierTaken => true,
            _ => false,
        };
        let mut others = conflicts.iter().filter(names).map(|conflict| conflict.other.as_ref());
        let first =
            others.next().flatten().filter(|other| self.given.is_none() && other.resource_type == I::Record::KIND)?;
        others.all(|other| other == Some(first)).then(|| first.id.parse().ok()).flatten()
    }

    fn replace(
        &self,
        tx: &mut WriteTx<'_>,
        entering: &Entering,
        taken: &HashSet<String>,
        current: &Record<I::Record>,
    ) -> Result<(Done, String), Problem> {
        let (caller, id) = (&entering.caller, current.id.to_string());
        if taken.contains(&id) || import::is_taken(tx, entering.import.id, &id)? {
            let said = "another row of this import is for the same record: leave one of them out";
            return Err(Problem::invalid(vec![ErrorItem::pointer("", "duplicate-item", said)]));
        }
        find_for::<I::Record>(tx, &I::key(current), caller, I::Record::changes)?;
        let (content, before) = (self.content.without_read_only(Given::ByCallers), record::shown(current));
        let content = match entering.import.update {
            ImportUpdate::Merge => content.update_by_row(&before),
            ImportUpdate::Replace => content.without_null().replace(&before),
        };
        let value = accept(tx, &content, caller)?.clone();
        if current.content.wanted(value.clone()) == current.content {
            return Ok((Done::Unchanged, id));
        }
        let stored = change(tx, current, caller, value)?;
        // What follows from other records, such as the position of staff, may be all that the row leaves out.
        if stored.version == current.version {
            return Ok((Done::Unchanged, id));
        }
        Ok((Done::Updated(removed(&<DocumentOf<I> as Wire>::OBJECT, &before, &stored.document)), id))
    }
}

/// Whether the rows of an import may give the past of new records.
fn has_past<I: Imported>(import: &Import) -> bool {
    I::HAS_PAST && is_admin(import)
}

/// The identifiers of a row, as far as they are right.
fn identifiers<T: Input>(content: &Content<T>) -> Vec<Identifier> {
    let Some(Node::Array(elements)) = content.member("identifiers") else { return Vec::new() };
    let text = |element: &Node, name: &str| match element.member(name) {
        Some(Node::String(text)) => Some(text.clone()),
        _ => None,
    };
    let identifier = |element: &Node| {
        let scheme: Scheme = text(element, "scheme")?.parse().ok()?;
        Identifier::new(scheme, &text(element, "id")?).ok()
    };
    elements.iter().filter_map(identifier).collect()
}

fn unknown_id() -> Problem {
    let said =
        "there is no such record, and only an administrator's import may set the id of a new record: leave it out";
    Problem::invalid(vec![ErrorItem::pointer("/id", "unknown-reference", said)])
}

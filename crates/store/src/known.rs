//! What the writes of a batch need not look up again, since no other transaction runs beside theirs.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Identifier, KeyId, Kind, Slug, fold_name};

use crate::error::OtherRecord;

/// It holds until a write changes other rows than those that it enters, or is taken back.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) names: KnownNames,
    pub(crate) keys: HashMap<KeyId, Validity>,
}

/// How long a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// When it stops working by itself.
    pub expires_at: DateTime<Utc>,
    /// When it was made to stop working.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The names that a record is about to take. They are made before the writer's turn, so that those of a whole batch are looked up at
/// once and none is copied in it.
#[derive(Clone, Debug)]
pub struct Naming {
    pub(crate) owner: Arc<OtherRecord>,
    /// The slug, the name, and then the identifiers.
    pub(crate) names: Arc<[Name]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) by: NamedBy,
    pub(crate) text: Arc<str>,
}

/// Slugs and names belong to one record of a kind, identifiers to one record of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NamedBy {
    Slug(Kind),
    Name(Kind),
    Identifier,
}

/// Who has the names that these records want: a record, or one that was deleted, whose slug is never used again. Names that nobody has
/// are not in it.
#[derive(Default)]
pub(crate) struct KnownNames {
    pub(crate) asked_for: HashSet<String>,
    pub(crate) holders: HashMap<Name, Option<Arc<OtherRecord>>>,
}

impl Naming {
    pub(crate) fn new(kind: Kind, id: impl Display, name: &str, slug: &Slug, identifiers: &[Identifier]) -> Self {
        let own = [
            Name { by: NamedBy::Slug(kind), text: slug.as_str().into() },
            Name { by: NamedBy::Name(kind), text: fold_name(name).into() },
        ];
        let shared = identifiers.iter().map(|it| Name { by: NamedBy::Identifier, text: it.to_string().into() });
        let owner = OtherRecord { resource_type: kind, id: id.to_string(), name: Some(name.to_owned()) };
        Self { owner: Arc::new(owner), names: own.into_iter().chain(shared).collect() }
    }

    pub(crate) fn texts(&self, by: NamedBy) -> impl Iterator<Item = &str> {
        self.names.iter().filter(move |name| name.by == by).map(|name| &*name.text)
    }
}

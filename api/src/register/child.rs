//! Records that belong to another, as the API serves them: `/v1/departments/{department}/commitments/{commitment}`.
//!
//! A kind says who may enter a record of it and how a list is filtered ([`ChildResource`]); all else it has in common with the others.

use std::fmt;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use domain::{Action, Child, Id, Key, Object, Recorded as _, authorize, grants};
use serde::de::DeserializeOwned;
use store::child::{self, ChildConditions, ChildId, ChildRecord, Parent, StoredChild};
use store::{ReadTx, StoredRecord as _};
use utoipa::IntoParams;

use crate::app::App;
use crate::caller::Caller;
use crate::register::collection::ParentResource;
use crate::register::resource::{Change, Entry, Erasure, Resource, authorize_any};
use crate::register::words::Words;
use crate::request::argument::argument;
use crate::request::body::Body;
use crate::request::conditional::IfChanged;
use crate::request::page::{FieldsOf, ListQuery, NoFilter};
use crate::request::path::{PathKey, named};
use crate::response::problem::Problem;

pub trait ChildResource: StoredChild<Parent: ParentResource> {
    /// Which of them a list has, as a query says it.
    type Filter: ChildFilter;

    /// See [`Resource::WORDS`].
    const WORDS: Words;
    /// See [`Resource::IS_CHANGEABLE`].
    const IS_CHANGEABLE: bool = true;

    /// What it may be to enter one: whoever may do none of it is told before the content is looked at.
    const ENTERING: &'static [Action] = &[Action::Create];

    /// What it is to enter this one.
    fn entering(&self) -> Action {
        Action::Create
    }
}

/// What a path names a child by: the record that it belongs to, and its id.
pub struct ChildKey<T: StoredChild>((Key<T::Parent>, ChildId<T>));

impl<T: StoredChild> ChildKey<T> {
    /// What names this child.
    pub fn to(child: &ChildRecord<T>) -> Self {
        Self((Key::Id(child.content.parent_id), child.id))
    }
}

impl<T: StoredChild> AsRef<(Key<T::Parent>, ChildId<T>)> for ChildKey<T> {
    fn as_ref(&self) -> &(Key<T::Parent>, ChildId<T>) {
        &self.0
    }
}

impl<T: StoredChild> fmt::Display for ChildKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.1.fmt(f)
    }
}

/// What can't be parsed names nothing that could ever have been there, so that it is a 404.
impl<T: StoredChild> ChildKey<T> {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let mut words = request.match_info().iter().map(|(_, raw)| raw);
        let parent = named(words.next().unwrap_or_default())?;
        let id = named(words.next().unwrap_or_default())?;
        Ok(Self((parent, id)))
    }
}

argument!(ChildKey<T>, T: StoredChild);

impl<T: ChildResource> Resource for Child<T::Parent, T> {
    type Key = ChildKey<T>;

    const WORDS: Words = T::WORDS;
    const IS_CHANGEABLE: bool = T::IS_CHANGEABLE;

    fn wanted(&self, content: T) -> Self {
        Child { parent_id: self.parent_id, content }
    }

    fn object(&self, tx: &mut ReadTx<'_>, _: Id<Self>) -> Result<Option<Object>, store::Error> {
        object::<T>(tx, self.parent_id).map(Some)
    }
}

/// What erases the personal data of the child at a path, if one of the kind can be there.
pub fn erasure<T: ChildResource>(path: &str) -> Option<Erasure> {
    let parents = format!("/v1/{}/", T::Parent::KIND.segment());
    let mut words = path.strip_prefix(parents.as_str())?.split('/');
    let parent: Key<T::Parent> = words.next()?.parse().ok()?;
    let id = words.next().filter(|segment| *segment == T::KIND.segment()).and(words.next())?.parse().ok()?;
    words.next().is_none().then(|| -> Erasure {
        Box::new(move |tx, reason| {
            let parent_id = T::Parent::find_id(tx, &parent)?;
            let current = child::find::<T>(tx, parent_id, id)?;
            child::erase(tx, &current, reason)
        })
    })
}

/// A child of this record, as far as it matters to who may touch it.
fn object<T: ChildResource>(tx: &mut ReadTx<'_>, parent_id: Id<T::Parent>) -> Result<Object, store::Error> {
    Ok(Object::of(T::KIND, T::Parent::department(tx, parent_id)?))
}

pub trait ChildFilter: Clone + Send + DeserializeOwned + IntoParams + 'static {
    /// The words, one of which a child in the list has; all children where there is none.
    fn words(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// For each list of words that filters such a list further: the words, one of which a child in the list covers.
    fn covered(&self) -> Vec<Vec<&'static str>> {
        Vec::new()
    }

    /// The conditions that a child in the list meets.
    fn conditions(&self) -> ChildConditions {
        ChildConditions { words: self.words(), covered: self.covered() }
    }
}

/// Declares a filter: a parameter of words, one of which a child in the list has, and others, one of which it covers.
macro_rules! child_filter {
    (
        $(#[$meta:meta])* $Filter:ident,
        $(#[$said:meta])* $name:ident: $Word:ident,
        $($(#[$said_of_covered:meta])* covered $covered:ident: $Covered:ident,)*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
        #[serde(default)]
        #[into_params(parameter_in = Query)]
        pub struct $Filter {
            $(#[$said])*
            $name: Vec<$Word>,
            $($(#[$said_of_covered])* $covered: Vec<$Covered>,)*
        }

        impl $crate::register::child::ChildFilter for $Filter {
            fn words(&self) -> Vec<&'static str> {
                self.$name.iter().map(|word| word.0.as_str()).collect()
            }

            fn covered(&self) -> Vec<Vec<&'static str>> {
                vec![$(self.$covered.iter().map(|word| word.0.as_str()).collect()),*]
            }
        }
    };
}
pub(crate) use child_filter;

impl ChildFilter for NoFilter {}

impl Change {
    /// Creates a child of a record: as [`Change::create`].
    ///
    /// # Errors
    /// 404 or 410 where the record is not there, 422 with every fault of the content, 409 naming the records that stand in the way.
    pub async fn create_child<T: ChildResource>(
        self,
        parent: PathKey<Key<T::Parent>>,
        body: Body<T::Document>,
    ) -> Result<HttpResponse, Problem> {
        let (id, stamp) = self.entry::<Child<T::Parent, T>>();
        let entry = Entry { stamp, names: Vec::new(), body: &body.bytes, content: body.create() };
        let parent = Arc::new(parent.0);
        let own = Arc::clone(&parent);
        self.enter::<Child<T::Parent, T>, _>(
            entry,
            move |tx, caller| enterable::<T>(tx, &own, caller).map(drop),
            move |tx, caller, content| {
                let (parent_id, object) = enterable::<T>(tx, &parent, caller)?;
                let action = content.entering();
                authorize(caller, action, &object).map_err(|_| Problem::forbidden(grants(action, T::KIND)))?;
                Ok(child::insert::<T>(tx, id, Child { parent_id, content: content.clone() })?)
            },
        )
        .await
    }
}

/// The record that a child is to be entered for, if the caller may enter some there.
fn enterable<T: ChildResource>(
    tx: &mut ReadTx<'_>,
    parent: &Key<T::Parent>,
    caller: &Caller,
) -> Result<(Id<T::Parent>, Object), Problem> {
    let parent_id = T::Parent::find_id(tx, parent)?;
    let object = object::<T>(tx, parent_id)?;
    let needed = || T::ENTERING.first().map_or(&[][..], |action| grants(*action, T::KIND));
    authorize_any(caller, T::ENTERING, &object).map_err(|_| Problem::forbidden(needed()))?;
    Ok((parent_id, object))
}

/// Reads a child: 200, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where it is not there.
pub async fn read<T: ChildResource>(
    app: App,
    caller: Caller,
    key: ChildKey<T>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let show = move |tx: &mut ReadTx<'_>| {
        Child::<T::Parent, T>::represent(tx, key.as_ref(), caller.draft_access_in(T::KIND)).map_err(Problem::from)
    };
    let shown = app.store.read(show).await?;
    Ok(conditions.item(shown))
}

/// Lists the children of a record: 200 with a page, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where the record is not there, 400 where the cursor is no place of the list.
pub async fn list<T: ChildResource>(
    app: App,
    caller: Caller,
    parent: PathKey<Key<T::Parent>>,
    query: ListQuery<T::Filter, (), FieldsOf<T::Document>>,
) -> Result<HttpResponse, Problem> {
    let conditions = query.filter.conditions();
    let page = query.page.clone();
    let read = move |tx: &mut ReadTx<'_>| {
        let parent_id = T::Parent::find_id(tx, &parent.0)?;
        child::list::<T>(tx, parent_id, &conditions, &page, caller.draft_access_in(T::KIND))
    };
    let slice = app.store.read(read).await?;
    query.answer(slice)
}

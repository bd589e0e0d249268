//! Records that belong to another, as the API serves them: `/v1/departments/{department}/commitments/{commitment}`.
//!
//! A kind of part says how it is sent and shown ([`ChildResource`]); all else it has in common with the other resources and the other
//! parts.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use domain::{Action, Child, Id, Key, Kind, Object};
use serde::{Deserialize, Serialize};
use store::child::{self, ChildConditions, ChildId, ChildRecord, Parent, StoredChild};
use store::{ReadTx, Representation, Stored, WriteTx};
use utoipa::ToSchema;

use crate::caller::Caller;
use crate::register::erasure::Erasure;
use crate::register::resource::Resource;
use crate::request::body::Input;
use crate::request::conditional::IfChanged;
use crate::request::page::{ListQuery, SortKey};
use crate::response::problem::Problem;
use crate::server::App;

/// A kind of part with its forms on the wire.
pub trait ChildResource: StoredChild {
    /// How it is shown.
    type View: From<ChildRecord<Self>> + Serialize + ToSchema;
    /// How it is sent.
    type New: Input<Value = Self> + 'static;

    /// What it is to those who decide who may do what.
    const KIND: Kind;

    /// What it may be to enter one: whoever may do none of it is told before the content is looked at.
    const ENTERING: &'static [Action] = &[Action::Create];

    /// What it is to enter this one.
    fn entering(&self) -> Action {
        Action::Create
    }
}

/// The parts of one kind among the register's resources.
pub struct Children<T>(PhantomData<fn() -> T>);

/// What a path names a part by.
pub struct ChildKey<T: StoredChild> {
    /// The record that it belongs to.
    pub parent: Key<T::Parent>,
    /// The part.
    pub id: ChildId<T>,
}

impl<T: StoredChild> fmt::Display for ChildKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// What can't be parsed names nothing that could ever have been there, so that it is a 404.
impl<T: StoredChild> FromRequest for ChildKey<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut named = request.match_info().iter().map(|(_, raw)| raw);
        let parent = named.next().and_then(|raw| raw.parse().ok());
        let id = named.next().and_then(|raw| raw.parse().ok());
        let key = parent.zip(id).map(|(parent, id)| Self { parent, id });
        ready(key.ok_or_else(|| Problem::not_found("the path names no record: it has no id there")))
    }
}

impl<T: ChildResource> Resource for Children<T> {
    type Content = Child<T::Parent, T>;
    type View = T::View;
    type New = T::New;
    type Key = ChildKey<T>;

    const TYPE: Kind = T::TYPE;
    const KIND: Kind = T::KIND;

    fn object(tx: &mut ReadTx<'_>, _: ChildId<T>, part: &Self::Content) -> Result<Option<Object>, store::Error> {
        object::<T>(tx, part.parent_id).map(Some)
    }

    fn wanted(current: &Self::Content, content: T) -> Self::Content {
        Child { parent_id: current.parent_id, content }
    }

    fn show(tx: &mut ReadTx<'_>, key: &Self::Key, caller: &domain::Caller) -> Result<Representation, store::Error> {
        let parent_id = T::Parent::find_id(tx, &key.parent)?;
        child::show::<T>(tx, parent_id, key.id, caller.draft_access_in(T::KIND))
    }

    fn find(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<ChildRecord<T>, store::Error> {
        let parent_id = T::Parent::find_id(tx, &key.parent)?;
        child::find::<T>(tx, parent_id, key.id)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &ChildRecord<T>,
        content: T,
        _: &domain::Caller,
    ) -> Result<Stored<Self::Content>, store::Error> {
        child::update(tx, current, content)
    }

    fn delete(tx: &mut WriteTx<'_>, current: &ChildRecord<T>) -> Result<(), store::Error> {
        child::delete(tx, current)
    }
}

/// What erases the personal data of the part at a path, if one of the kind can be there.
pub fn erasure<T: ChildResource>(path: &str) -> Option<Erasure> {
    // Paths are called as types and tables are.
    let wholes = format!("/v1/{}s/", T::Parent::TYPE.as_str());
    let mut words = path.strip_prefix(wholes.as_str())?.split('/');
    let parent: Key<T::Parent> = words.next()?.parse().ok()?;
    let id = words.next().filter(|segment| *segment == T::TABLE.replace('_', "-")).and(words.next())?.parse().ok()?;
    words.next().is_none().then(|| -> Erasure {
        Box::new(move |tx, reason| {
            let parent_id = T::Parent::find_id(tx, &parent)?;
            let current = child::find::<T>(tx, parent_id, id)?;
            child::erase(tx, &current, reason)
        })
    })
}

/// A part of this record, as far as it matters to who may touch it.
///
/// # Errors
/// 503 where the database does not answer.
pub fn object<T: ChildResource>(tx: &mut ReadTx<'_>, parent_id: Id<T::Parent>) -> Result<Object, store::Error> {
    Ok(Object::Child { kind: T::KIND, department: T::Parent::department(tx, parent_id)? })
}

/// Parts are listed in one order, so that a request has none to choose.
impl SortKey for () {
    const NAME: &'static str = "";
    const KEYS: &'static [(&'static str, Self)] = &[("", ())];
}

/// What narrows a list of parts.
pub trait ChildFilter: Clone + Send + 'static {
    /// The words, one of which a part in the list has; all parts where there is none.
    fn words(&self) -> Vec<&'static str>;

    /// For each list of words that narrows such a list further: the words, one of which a part in the list covers.
    fn covered(&self) -> Vec<Vec<&'static str>> {
        Vec::new()
    }
}

/// No parameter that narrows a list.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct NoFilter {}

impl ChildFilter for NoFilter {
    fn words(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// Reads a part: 200, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where it is not there.
pub async fn read<T: ChildResource>(
    app: &App,
    caller: Caller,
    key: ChildKey<T>,
    conditions: &IfChanged,
) -> Result<HttpResponse, Problem> {
    let shown = app.store.read(move |tx| Children::<T>::show(tx, &key, &caller).map_err(Problem::from)).await?;
    Ok(conditions.item(shown))
}

/// Lists the parts of a record: 200 with a page, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where the record is not there, 400 where the cursor is no place of the list.
pub async fn list<T: ChildResource, F: ChildFilter>(
    app: &App,
    caller: Caller,
    parent: Key<T::Parent>,
    query: ListQuery<F, ()>,
) -> Result<HttpResponse, Problem> {
    let narrowing = ChildConditions { words: query.filter.words(), covered: query.filter.covered() };
    let page = query.page.clone();
    let read = move |tx: &mut ReadTx<'_>| {
        let parent_id = T::Parent::find_id(tx, &parent)?;
        child::list::<T>(tx, parent_id, &narrowing, &page, caller.draft_access_in(T::KIND))
    };
    let slice = app.store.read(read).await?;
    query.answer(slice)
}

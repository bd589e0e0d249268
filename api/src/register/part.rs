//! Records that belong to another, as the API serves them: `/v1/departments/{department}/commitments/{commitment}`.
//!
//! A kind of part says how it is sent and shown ([`Served`]); all else it has in common with the other resources and the other
//! parts.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use domain::{Action, Id, Key, Kind, Object, Part};
use serde::{Deserialize, Serialize};
use store::part::{self, Kept, Narrowing, PartId, PartRecord, Whole};
use store::{ReadTx, ResourceType, Shown, Stored, WriteTx};
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
pub trait Served: Kept {
    /// How it is shown.
    type View: From<PartRecord<Self>> + Serialize + ToSchema;
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
pub struct Parts<T>(PhantomData<fn() -> T>);

/// What a path names a part by.
pub struct PartKey<T: Kept> {
    /// The record that it belongs to.
    pub whole: Key<T::Whole>,
    /// The part.
    pub id: PartId<T>,
}

impl<T: Kept> fmt::Display for PartKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

/// What can't be parsed names nothing that could ever have been there, so that it is a 404.
impl<T: Kept> FromRequest for PartKey<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut named = request.match_info().iter().map(|(_, raw)| raw);
        let whole = named.next().and_then(|raw| raw.parse().ok());
        let id = named.next().and_then(|raw| raw.parse().ok());
        let key = whole.zip(id).map(|(whole, id)| Self { whole, id });
        ready(key.ok_or_else(|| Problem::not_found("the path names no record: it has no id there")))
    }
}

impl<T: Served> Resource for Parts<T> {
    type Content = Part<T::Whole, T>;
    type View = T::View;
    type New = T::New;
    type Key = PartKey<T>;

    const TYPE: ResourceType = T::TYPE;
    const KIND: Kind = T::KIND;

    fn object(tx: &mut ReadTx<'_>, _: PartId<T>, part: &Self::Content) -> Result<Option<Object>, store::Error> {
        object::<T>(tx, part.whole_id).map(Some)
    }

    fn wanted(current: &Self::Content, content: T) -> Self::Content {
        Part { whole_id: current.whole_id, content }
    }

    fn show(tx: &mut ReadTx<'_>, key: &Self::Key, caller: &domain::Caller) -> Result<Shown, store::Error> {
        let whole_id = T::Whole::find_id(tx, &key.whole)?;
        part::show::<T>(tx, whole_id, key.id, caller.confidences_in(T::KIND))
    }

    fn find(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<PartRecord<T>, store::Error> {
        let whole_id = T::Whole::find_id(tx, &key.whole)?;
        part::find::<T>(tx, whole_id, key.id)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &PartRecord<T>,
        content: T,
        _: &domain::Caller,
    ) -> Result<Stored<Self::Content>, store::Error> {
        part::update(tx, current, content)
    }

    fn delete(tx: &mut WriteTx<'_>, current: &PartRecord<T>) -> Result<(), store::Error> {
        part::delete(tx, current)
    }
}

/// What erases the personal data of the part at a path, if one of the kind can be there.
pub fn erasure<T: Served>(path: &str) -> Option<Erasure> {
    // Paths are called as types and tables are.
    let wholes = format!("/v1/{}s/", T::Whole::TYPE.as_str());
    let mut words = path.strip_prefix(wholes.as_str())?.split('/');
    let whole: Key<T::Whole> = words.next()?.parse().ok()?;
    let id = words.next().filter(|segment| *segment == T::TABLE.replace('_', "-")).and(words.next())?.parse().ok()?;
    words.next().is_none().then(|| -> Erasure {
        Box::new(move |tx, reason| {
            let whole_id = T::Whole::find_id(tx, &whole)?;
            let current = part::find::<T>(tx, whole_id, id)?;
            part::erase(tx, &current, reason)
        })
    })
}

/// A part of this record, as far as it matters to who may touch it.
///
/// # Errors
/// 503 where the database does not answer.
pub fn object<T: Served>(tx: &mut ReadTx<'_>, whole_id: Id<T::Whole>) -> Result<Object, store::Error> {
    Ok(Object::Part { kind: T::KIND, department: T::Whole::department(tx, whole_id)? })
}

/// Parts are listed in one order, so that a request has none to choose.
impl SortKey for () {
    const NAME: &'static str = "";
    const KEYS: &'static [(&'static str, Self)] = &[("", ())];
}

/// What narrows a list of parts.
pub trait Facet: Clone + Send + 'static {
    /// The words, one of which a part in the list has; all parts where there is none.
    fn words(&self) -> Vec<&'static str>;

    /// For each list of words that narrows such a list further: the words, one of which a part in the list covers.
    fn covered(&self) -> Vec<Vec<&'static str>> {
        Vec::new()
    }
}

/// No parameter that narrows a list.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct NoFacet {}

impl Facet for NoFacet {
    fn words(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// Reads a part: 200, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where it is not there.
pub async fn read<T: Served>(
    app: &App,
    caller: Caller,
    key: PartKey<T>,
    conditions: &IfChanged,
) -> Result<HttpResponse, Problem> {
    let shown = app.store.read(move |tx| Parts::<T>::show(tx, &key, &caller).map_err(Problem::from)).await?;
    Ok(conditions.item(shown))
}

/// Lists the parts of a record: 200 with a page, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where the record is not there, 400 where the cursor is no place of the list.
pub async fn list<T: Served, F: Facet>(
    app: &App,
    caller: Caller,
    whole: Key<T::Whole>,
    query: ListQuery<F, ()>,
) -> Result<HttpResponse, Problem> {
    let narrowing = Narrowing { words: query.filter.words(), covered: query.filter.covered() };
    let page = query.page.clone();
    let read = move |tx: &mut ReadTx<'_>| {
        let whole_id = T::Whole::find_id(tx, &whole)?;
        part::list::<T>(tx, whole_id, &narrowing, &page, caller.confidences_in(T::KIND))
    };
    let slice = app.store.read(read).await?;
    query.answer(slice)
}

//! All records of a kind, as they are listed and exported: those that belong to no other, or the children of all records.

use std::marker::PhantomData;

use actix_web::HttpResponse;
use document::object::{Member, Typed as _};
use document::value::{ContractId, DepartmentKey, MutualKey, texts};
use document::{Documented, Wire};
use domain::{Contract, Department, DraftAccess, Key, Kind, Mutual};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::child::{self, Parent};
use store::{Page, ReadTx, Slice, SortKey, Sorted, StoredRoot, history};
use utoipa::IntoParams;

use crate::app::App;
use crate::caller::Caller;
use crate::register::child::{ChildFilter, ChildResource};
use crate::register::resource::{Filter, Resource, Root};
use crate::register::words::Words;
use crate::request::page::{FieldsOf, ListQuery};
use crate::request::query::{Both, FromQuery};
use crate::request::record_query::RecordQuery;
use crate::response::problem::Problem;

/// All records of a kind. What their lists are ordered by, and what may be expanded in them, [`Sorted`] says.
pub trait Collection: Sorted {
    /// The members of the records.
    type Document: Wire + 'static;
    /// Which of them are listed, as a query says it.
    type Query: FromQuery + IntoParams + Clone + Send + 'static;

    const KIND: Kind;
    /// See [`Resource::WORDS`].
    const WORDS: Words;

    /// See [`Filter::is_indexed`].
    fn is_indexed(query: &Self::Query) -> bool;

    /// A page of them, for a caller with this access.
    ///
    /// # Errors
    /// As [`StoredRoot::list`].
    fn page(
        tx: &mut ReadTx<'_>,
        query: &Self::Query,
        page: &Page,
        sees: DraftAccess<'_>,
    ) -> Result<Slice, store::Error>;
}

impl<R: Root> Collection for R {
    type Document = <R as Documented>::Document;
    type Query = Both<<R as StoredRoot>::Filter, RecordQuery<R>>;

    const KIND: Kind = R::KIND;
    const WORDS: Words = <R as Resource>::WORDS;

    fn is_indexed(Both(own, records): &Self::Query) -> bool {
        own.is_indexed() && records.filter.is_indexed()
    }

    fn page(
        tx: &mut ReadTx<'_>,
        Both(own, records): &Self::Query,
        page: &Page,
        sees: DraftAccess<'_>,
    ) -> Result<Slice, store::Error> {
        R::list(tx, own, &records.filter, page, sees)
    }
}

/// The children of a kind, whatever they belong to.
#[derive(Debug)]
pub struct AllOf<T>(PhantomData<fn() -> T>);

impl<T: ChildResource> Sorted for AllOf<T> {
    const NAME: &'static str = "";
    const KEYS: &'static [SortKey] = &[SortKey::ID];
    const MEMBERS: &'static [Member] = match T::Document::INSIDE {
        Some(object) => match object.parent() {
            Some(parent) => std::slice::from_ref(parent),
            None => &[],
        },
        None => &[],
    };
}

impl<T: ChildResource> Collection for AllOf<T> {
    type Document = T::Document;
    type Query = Both<Both<T::Filter, <T::Parent as ParentResource>::Filter>, RecordQuery<T>>;

    const KIND: Kind = T::KIND;
    const WORDS: Words = T::WORDS;

    fn is_indexed(Both(Both(own, parents), records): &Self::Query) -> bool {
        own.conditions().is_empty() && T::Parent::keys(parents).is_empty() && records.filter.is_indexed()
    }

    fn page(
        tx: &mut ReadTx<'_>,
        Both(Both(own, parents), records): &Self::Query,
        page: &Page,
        sees: DraftAccess<'_>,
    ) -> Result<Slice, store::Error> {
        child::list_all::<T>(tx, &T::Parent::keys(parents), &own.conditions(), &records.filter, page, sees)
    }
}

/// A kind whose records have children.
pub trait ParentResource: Parent {
    /// Whose children a list has, as a query says it.
    type Filter: DeserializeOwned + IntoParams + Clone + Send + 'static;

    /// Those that a filter names; all where it names none.
    fn keys(filter: &Self::Filter) -> Vec<Key<Self>>;
}

/// Whose children a list has.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct OfDepartments {
    /// Of this department.
    department: Vec<DepartmentKey>,
}

impl ParentResource for Department {
    type Filter = OfDepartments;

    fn keys(filter: &OfDepartments) -> Vec<Key<Self>> {
        texts(filter.department.clone())
    }
}

/// Whose children a list has.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct OfMutuals {
    /// Of this mutual.
    mutual: Vec<MutualKey>,
}

impl ParentResource for Mutual {
    type Filter = OfMutuals;

    fn keys(filter: &OfMutuals) -> Vec<Key<Self>> {
        texts(filter.mutual.clone())
    }
}

/// Whose children a list has.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct OfContracts {
    /// Of this contract.
    contract: Vec<ContractId>,
}

impl ParentResource for Contract {
    type Filter = OfContracts;

    fn keys(filter: &OfContracts) -> Vec<Key<Self>> {
        texts(filter.contract.clone()).into_iter().map(Key::Id).collect()
    }
}

/// Lists records, as they are or as they were: 200 with a page, or 304 where the caller has it already.
///
/// A page that an index finds is read directly. Any other page is read as a survey, of which few run at a time.
///
/// # Errors
/// 400 where the filter names a record that is not there or the cursor no place of the list.
pub async fn list<C: Collection>(
    app: App,
    caller: Caller,
    query: ListQuery<C::Query, C, FieldsOf<C::Document>>,
) -> Result<HttpResponse, Problem> {
    let ListQuery { filter, page, known_at, expansion, .. } = &query;
    if let Some(at) = known_at.passed(&app).await? {
        let (after, limit) = (page.after.as_ref().map(|position| position.id.clone()), page.limit);
        let read = move |tx: &mut ReadTx<'_>| {
            history::list_at(tx, C::KIND, at, (after.as_deref(), limit), caller.draft_access())
        };
        let slice = app.store.survey(read).await?;
        return query.answer(slice);
    }
    let in_default_order = C::KEYS.first() == Some(&page.sort);
    let is_bounded = in_default_order && C::is_indexed(filter) && !page.count && expansion.is_empty();
    let (filter, page, expansion) = (filter.clone(), page.clone(), expansion.clone());
    let read = move |tx: &mut ReadTx<'_>| {
        let mut slice = C::page(tx, &filter, &page, caller.draft_access_in(C::KIND)).map_err(Problem::of_query)?;
        expansion.expand(tx, slice.items.iter_mut().map(|item| &mut item.document))?;
        Ok::<_, Problem>(slice)
    };
    let slice = if is_bounded { app.store.read_one(read).await? } else { app.store.survey(read).await? };
    query.answer(slice)
}

//! What all resources of the register have in common: how one is read, created, replaced, updated and deleted.
//!
//! A handler names the resource and hands over what came with the request. Each operation is one transaction, in which the
//! checks come in the order that the contract promises: the record, its version, the content, other records.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use domain::{Action, Child, Id, Key, Kind, Object, Record, Refused, authorize, authorize_role, grants};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::child::Parent as _;
use store::idempotency::Answer;
use store::{Documents, Page, ReadTx, Representation, ResourceType, Slice, Stamp, Stored, WriteTx, history};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema as _, ToSchema};

use crate::caller::Caller;
use crate::caller::authentication;
use crate::http::request_id::RequestId;
use crate::register::child::{self, ChildResource, Children};
use crate::request::body::{Body, Input, Refusal};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch, etag, last_modified};
use crate::request::known_at::KnownAt;
use crate::request::page::{ListQuery, SortKey};
use crate::request::query::Query;
use crate::response::problem::Problem;
use crate::response::repeat::{Repeat, respond};
use crate::server::App;

/// A resource with its place, its forms on the wire and its functions in the store.
pub trait Resource: 'static {
    /// What a record of it says.
    type Content: Clone + Send + 'static;
    /// How it is shown.
    type View: From<Record<Self::Content>> + Serialize + ToSchema;
    /// How it is sent.
    type New: Input<Value: Clone + Send> + 'static;
    /// What a path names it by.
    type Key: fmt::Display + Send + 'static;

    /// What it is called in the register.
    const TYPE: ResourceType;
    /// What it is to those who decide who may do what.
    const KIND: Kind;

    /// What a record would say that is changed to this value.
    fn wanted(current: &Self::Content, value: <Self::New as Input>::Value) -> Self::Content;

    /// A record that says this, as far as it matters to who may touch it; none where it can't be stored, since what it belongs to
    /// isn't there.
    ///
    /// # Errors
    /// Those of the store's function, as for the others.
    fn object(
        tx: &mut ReadTx<'_>,
        id: Id<Self::Content>,
        content: &Self::Content,
    ) -> Result<Option<Object>, store::Error>;

    /// What it may be to change this: whoever may do none of it is told before the content is looked at.
    fn changes(_: &Self::Content) -> &'static [Action] {
        &[Action::Update]
    }

    /// What it is to make one of the other.
    fn changing(_current: &Self::Content, _wanted: &Self::Content) -> Action {
        Action::Update
    }

    /// Finds what there is to show of a record to this caller.
    ///
    /// # Errors
    /// Those of the store's function.
    fn show(tx: &mut ReadTx<'_>, key: &Self::Key, caller: &domain::Caller) -> Result<Representation, store::Error>;

    /// Finds a record for this caller.
    ///
    /// # Errors
    /// Those of the store's function.
    fn find(
        tx: &mut ReadTx<'_>,
        key: &Self::Key,
        caller: &domain::Caller,
    ) -> Result<Record<Self::Content>, store::Error>;

    /// Whether this caller may see all that a record says, or said until it was deleted, in every version.
    ///
    /// # Errors
    /// Those of the store's function.
    fn is_confided(_: &mut ReadTx<'_>, _: Id<Self::Content>, _: &domain::Caller) -> Result<bool, store::Error> {
        Ok(true)
    }

    /// Replaces what a record says, for this caller.
    ///
    /// # Errors
    /// Those of the store's function.
    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self::Content>,
        value: <Self::New as Input>::Value,
        caller: &domain::Caller,
    ) -> Result<Stored<Self::Content>, store::Error>;

    /// Deletes a record.
    ///
    /// # Errors
    /// Those of the store's function.
    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self::Content>) -> Result<(), store::Error>;
}

/// A resource whose records belong to no other: how one is entered.
pub trait Root: Resource {
    /// A record that is ready to be entered.
    type Prepared: Send + 'static;

    /// What a record says that is entered with this value, if nothing in the register is in its way.
    fn content(value: <Self::New as Input>::Value) -> Self::Content;

    /// What it is to enter this.
    fn entering(_: &Self::Content) -> Action {
        Action::Create
    }

    /// Does what needs no look at the register before a record is entered at this time.
    fn prepare(
        documents: &dyn Documents,
        id: Id<Self::Content>,
        now: DateTime<Utc>,
        value: <Self::New as Input>::Value,
    ) -> Self::Prepared;

    /// Enters a record for this caller.
    ///
    /// # Errors
    /// Those of the store's function.
    fn insert(
        tx: &mut WriteTx<'_>,
        prepared: &Self::Prepared,
        caller: &domain::Caller,
    ) -> Result<Stored<Self::Content>, store::Error>;
}

const EXAMPLE_ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f";

/// The contract's example of an answer, with the name of its schema: what the example of a request becomes.
pub fn example<R: Root>() -> Option<(String, Value)> {
    example_of::<R>(R::content)
}

/// The same for a part, which belongs to the record with this id.
pub fn example_of_child<T: ChildResource>(parent_id: &str) -> Option<(String, Value)> {
    let parent_id = Id::from_uuid(parent_id.parse().ok()?);
    example_of::<Children<T>>(|content| Child { parent_id, content })
}

fn example_of<R: Resource>(content: impl FnOnce(<R::New as Input>::Value) -> R::Content) -> Option<(String, Value)> {
    let RefOr::T(Schema::Object(input)) = R::New::schema() else { return None };
    let value = Body::<R::New>::parse(input.example?.to_string()).ok()?.create().ok()?;
    let at = DateTime::from_timestamp(1_759_311_000, 250_000)?;
    let id = Id::from_uuid(EXAMPLE_ID.parse().ok()?);
    let record = Record { id, version: 1, created_at: at, updated_at: at, content: content(value) };
    Some((R::View::name().into_owned(), serde_json::to_value(R::View::from(record)).ok()?))
}

/// What may come with every change.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangeOptions {
    /// `true` carries out all checks and stores nothing: the answer is 200 with the resource as it would be, or 204 where
    /// it would be deleted.
    #[param(nullable = false, default = false)]
    validate_only: Option<bool>,
}

/// A change to the register as a request brings it: who asks for it, which version it is for, and how it is to be done.
pub struct Change {
    app: App,
    request_id: RequestId,
    caller: Caller,
    path: String,
    dry_run: bool,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
}

/// A change to what has no versions: who asks for it, and whether it is a dry run.
pub struct Order {
    /// Where.
    pub app: App,
    /// Who and when, for the record.
    pub stamp: Stamp,
    /// Who, for the decision.
    pub caller: Caller,
    /// Whether nothing is to be stored.
    pub dry_run: bool,
}

impl FromRequest for Change {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Self::read(request, payload))
    }
}

impl Change {
    fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let Query(options) = Query::<ChangeOptions>::from_request(request, payload).into_inner()?;
        let app =
            App::from_request(request, payload).into_inner().map_err(|error| Problem::internal(error.to_string()))?;
        let request_id = RequestId::from_request(request, payload).into_inner()?;
        let caller = Caller::from_request(request, payload).into_inner()?;
        Ok(Self {
            request_id,
            caller,
            path: request.path().to_owned(),
            dry_run: options.validate_only.unwrap_or_default(),
            if_match: IfMatch::from_request(request, payload).into_inner()?,
            idempotency_key: IdempotencyKey::from_request(request, payload).into_inner()?,
            app,
        })
    }

    /// What comes with a change that is of no version.
    pub fn into_order(self) -> Order {
        let stamp = self.app.stamp(&self.caller, &self.request_id);
        Order { app: self.app, stamp, caller: self.caller, dry_run: self.dry_run }
    }

    /// Creates a record: 201, or 200 in a dry run. With an `Idempotency-Key` the answer is kept and given again.
    ///
    /// # Errors
    /// 422 with every fault of the content, 409 naming the records that stand in the way.
    pub async fn create<R: Root>(self, body: Body<R::New>) -> Result<HttpResponse, Problem> {
        let stamp = self.app.stamp(&self.caller, &self.request_id);
        let id = self.app.new_id::<R::Content>();
        let prepared = body.create().map(|value| {
            let content = R::content(value.clone());
            (content, R::prepare(self.app.store.documents(), id, stamp.now, value))
        });
        self.enter::<R>(stamp, &body, move |tx, caller| {
            let (entered, prepared) = accept(tx, &prepared, caller)?;
            check_permission::<R>(tx, caller, R::entering(entered), (id, entered))?;
            Ok(R::insert(tx, prepared, caller)?)
        })
        .await
    }

    /// Creates a part of a record: as [`Change::create`].
    ///
    /// # Errors
    /// 404 or 410 where the record is not there, 422 with every fault of the content, 409 naming the records that stand in the way.
    pub async fn create_child<T: ChildResource>(
        self,
        parent: Key<T::Parent>,
        body: Body<T::New>,
    ) -> Result<HttpResponse, Problem> {
        let stamp = self.app.stamp(&self.caller, &self.request_id);
        let id = self.app.new_id();
        let content = body.create();
        self.enter::<Children<T>>(stamp, &body, move |tx, caller| {
            let parent_id = T::Parent::find_id(tx, &parent)?;
            let object = child::object::<T>(tx, parent_id)?;
            authorize_any(caller, T::ENTERING, &object).map_err(|_| forbidden(T::ENTERING, &object))?;
            let content = accept(tx, &content, caller)?.clone();
            let action = content.entering();
            authorize(caller, action, &object).map_err(|_| forbidden(&[action], &object))?;
            Ok(store::child::insert::<T>(tx, id, Child { parent_id, content })?)
        })
        .await
    }

    async fn enter<R: Resource>(
        self,
        stamp: Stamp,
        body: &Body<R::New>,
        insert: impl Fn(&mut WriteTx<'_>, &Caller) -> Result<Stored<R::Content>, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { app, caller, path, dry_run, idempotency_key, .. } = self;
        let repeat =
            idempotency_key.0.filter(|_| !dry_run).map(|key| Repeat::new(&stamp.actor, &path, &key, &[body.bytes()]));
        let answer = app.store.write(stamp, move |tx| {
            authentication::confirm(tx, &caller)?;
            authorize_role(&caller, Action::Create, R::KIND)?;
            let kept = repeat.as_ref().map(|repeat| answer_before::<R>(repeat, tx, &caller)).transpose()?;
            if let Some(kept) = kept.flatten() {
                return Ok(kept);
            }
            let stored = insert(tx, &caller)?;
            if dry_run {
                tx.discard();
                return Ok(rehearsed(stored));
            }
            let answer = answer(StatusCode::CREATED, stored);
            match &repeat {
                Some(repeat) => repeat.keep(tx, answer),
                None => Ok(answer),
            }
        });
        let answer = answer.await?;
        let location = format!("{path}/{}", answer.resource_id);
        let mut response = respond(answer);
        if response.status() == StatusCode::CREATED {
            let location = HeaderValue::try_from(location).map_err(Problem::internal)?;
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(response)
    }

    /// Replaces all that a record says.
    ///
    /// # Errors
    /// 404 or 410 where it is not there, 428 and 412 by its version, then as [`Change::create`].
    pub async fn replace<R: Resource>(self, key: R::Key, body: Body<R::New>) -> Result<HttpResponse, Problem> {
        self.change::<R>(key, move |current| body.replace(current)).await
    }

    /// Changes some of what a record says, by a merge patch.
    ///
    /// # Errors
    /// As [`Change::replace`].
    pub async fn update<R: Resource>(self, key: R::Key, body: Body<R::New>) -> Result<HttpResponse, Problem> {
        self.change::<R>(key, move |current| body.update(current)).await
    }

    async fn change<R: Resource>(
        self,
        key: R::Key,
        read: impl Fn(&R::View) -> Read<R> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { app, request_id, caller, dry_run, if_match, .. } = self;
        let stamp = app.stamp(&caller, &request_id);
        let answer = app.store.write(stamp, move |tx| {
            authentication::confirm(tx, &caller)?;
            let current = find_for::<R>(tx, &key, &caller, R::changes)?;
            if_match.check(current.version)?;
            let content = read(&R::View::from(current.clone()));
            let value = accept(tx, &content, &caller)?.clone();
            let wanted = R::wanted(&current.content, value.clone());
            let action = R::changing(&current.content, &wanted);
            check_permission::<R>(tx, &caller, action, (current.id, &current.content))?;
            check_permission::<R>(tx, &caller, action, (current.id, &wanted))?;
            let stored = R::update(tx, &current, value, &caller)?;
            if dry_run {
                tx.discard();
                return Ok(rehearsed(stored));
            }
            Ok::<_, Problem>(answer(StatusCode::OK, stored))
        });
        Ok(respond(answer.await?))
    }

    /// Changes a record in a way of its own, which is one of these actions.
    ///
    /// # Errors
    /// As [`Change::replace`].
    pub async fn alter<R: Resource>(
        self,
        key: R::Key,
        actions: &'static [Action],
        work: impl Fn(&mut WriteTx<'_>, &Record<R::Content>, &Caller) -> Result<Stored<R::Content>, Problem>
        + Send
        + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { app, request_id, caller, dry_run, if_match, .. } = self;
        let stamp = app.stamp(&caller, &request_id);
        let answer = app.store.write(stamp, move |tx| {
            authentication::confirm(tx, &caller)?;
            let current = find_for::<R>(tx, &key, &caller, |_| actions)?;
            if_match.check(current.version)?;
            let stored = work(tx, &current, &caller)?;
            if dry_run {
                tx.discard();
                return Ok(rehearsed(stored));
            }
            Ok::<_, Problem>(answer(StatusCode::OK, stored))
        });
        Ok(respond(answer.await?))
    }

    /// Deletes a record, or in a dry run only looks whether it can be: 204.
    ///
    /// # Errors
    /// 404 or 410 where it is not there, 428 and 412 by its version, 409 naming the records that refer to it.
    pub async fn delete<R: Resource>(self, key: R::Key) -> Result<HttpResponse, Problem> {
        let Self { app, request_id, caller, dry_run, if_match, .. } = self;
        let stamp = app.stamp(&caller, &request_id);
        let answer = app.store.write(stamp, move |tx| {
            authentication::confirm(tx, &caller)?;
            let current = find_for::<R>(tx, &key, &caller, |_| &[Action::Delete])?;
            if_match.check(current.version)?;
            R::delete(tx, &current)?;
            if dry_run {
                tx.discard();
            }
            Ok::<_, Problem>(())
        });
        answer.await?;
        Ok(HttpResponse::NoContent().finish())
    }
}

/// Reads a record, as it is or as it was: 200, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where it is not there.
pub async fn read<R: Resource>(
    app: &App,
    caller: Caller,
    key: R::Key,
    known_at: KnownAt,
    conditions: &IfChanged,
) -> Result<HttpResponse, Problem> {
    let shown = match known_at.passed(app)? {
        None => app.store.read_one(move |tx| R::show(tx, &key, &caller).map_err(Problem::from)).await?,
        Some(at) => {
            let key = key.to_string();
            app.store.read(move |tx| history::show(tx, R::TYPE, &key, at, caller.draft_access())).await?
        }
    };
    Ok(conditions.item(shown))
}

/// A resource whose records are listed.
pub trait Listed: Resource {
    /// Which of them, as a query says it.
    type Filter: Filter;
    /// What they can be ordered by.
    type Sort: SortKey + Send;

    /// A page of them for this caller.
    ///
    /// # Errors
    /// 400 where the filter names a record that is not there or the page starts at no place of the list.
    fn list(
        tx: &mut ReadTx<'_>,
        filter: &Self::Filter,
        page: &Page<Self::Sort>,
        caller: &domain::Caller,
    ) -> Result<Slice, Problem>;
}

/// Lists records, as they are or as they were: 200 with a page, or 304 where the caller has it already.
///
/// A page that an index leads to is read at once, any other by a thread that may take its time.
///
/// # Errors
/// 400 where the filter names a record that is not there or the cursor no place of the list.
pub async fn list<R: Listed>(
    app: &App,
    caller: Caller,
    query: ListQuery<R::Filter, R::Sort>,
) -> Result<HttpResponse, Problem> {
    let ListQuery { filter, page, known_at, .. } = &query;
    if let Some(at) = known_at.passed(app)? {
        let (after, limit) = (page.after.as_ref().map(|position| position.id.clone()), page.limit);
        let read = move |tx: &mut ReadTx<'_>| {
            history::list_at(tx, R::TYPE, at, (after.as_deref(), limit), caller.draft_access())
        };
        let slice = app.store.read(read).await?;
        return query.answer(slice);
    }
    let in_default_order = R::Sort::KEYS.first().is_some_and(|(_, key)| *key == page.sort);
    let is_bounded = in_default_order && filter.is_indexed() && !page.count;
    let (filter, page) = (filter.clone(), page.clone());
    let read = move |tx: &mut ReadTx<'_>| R::list(tx, &filter, &page, &caller);
    let slice = if is_bounded { app.store.read_one(read).await? } else { app.store.read(read).await? };
    query.answer(slice)
}

/// The filter of a list as a query gives it.
pub trait Filter: Clone + Send + 'static {
    /// Whether an index leads to a page of the list in its default order, so that reading it takes no longer in a larger register.
    fn is_indexed(&self) -> bool;
}

/// The record that a caller wants to change, if they may do some of this with it. One that they may not see is not there.
///
/// # Errors
/// 404 or 410 where it is not there, 403 naming the roles that may.
pub fn find_for<R: Resource>(
    tx: &mut ReadTx<'_>,
    key: &R::Key,
    caller: &Caller,
    actions: impl Fn(&R::Content) -> &'static [Action],
) -> Result<Record<R::Content>, Problem> {
    let current = R::find(tx, key, caller)?;
    let object = R::object(tx, current.id, &current.content)?;
    let object = object.ok_or_else(|| Problem::internal(format!("the {} «{key}» belongs to nothing", R::TYPE)))?;
    match authorize_any(caller, actions(&current.content), &object) {
        Ok(()) => Ok(current),
        Err(Refused::Forbidden { needed }) => Err(Problem::forbidden(needed)),
        Err(Refused::Hidden) => Err(store::Error::NotFound { resource_type: R::TYPE, key: key.to_string() }.into()),
    }
}

/// Decides whether the caller may do any of this with a record; the first refusal tells why not.
fn authorize_any(caller: &Caller, actions: &[Action], object: &Object) -> Result<(), Refused> {
    let mut refusal = None;
    for action in actions {
        match authorize(caller, *action, object) {
            Ok(()) => return Ok(()),
            Err(refused) => _ = refusal.get_or_insert(refused),
        }
    }
    Err(refusal.unwrap_or(Refused::Hidden))
}

/// 403 naming the roles that may do one of these.
fn forbidden(actions: &[Action], object: &Object) -> Problem {
    Problem::forbidden(actions.first().map_or(&[], |action| grants(*action, object.kind())))
}

/// Refuses what the caller may not do with a record that says this. The record is one that they have seen or would make, so that
/// none is hidden from them.
///
/// # Errors
/// 403 naming the roles that may.
pub fn check_permission<R: Resource>(
    tx: &mut ReadTx<'_>,
    caller: &Caller,
    action: Action,
    (id, content): (Id<R::Content>, &R::Content),
) -> Result<(), Problem> {
    // What can't be stored is refused for that by the store.
    match R::object(tx, id, content)? {
        Some(object) => {
            authorize(caller, action, &object).map_err(|_| Problem::forbidden(grants(action, object.kind())))
        }
        None => Ok(()),
    }
}

/// What reading a body gave.
type Read<R> = Result<<<R as Resource>::New as Input>::Value, Refusal>;

/// The content, or all its faults: those of the body itself and its references that lead nowhere.
///
/// # Errors
/// 422 with all of them.
pub fn accept<'v, V>(tx: &mut ReadTx<'_>, content: &'v Result<V, Refusal>, caller: &Caller) -> Result<&'v V, Problem> {
    match content {
        Ok(value) => Ok(value),
        Err(refusal) => {
            let unknown = store::reference::faults(tx, refusal.references(), caller.draft_access())?;
            Err(refusal.problem(unknown))
        }
    }
}

fn answer<T>(status: StatusCode, stored: Stored<T>) -> Answer {
    Answer {
        fingerprint: None,
        status: status.as_u16().into(),
        resource_id: stored.id.to_string(),
        etag: etag(stored.version).to_str().ok().map(str::to_owned),
        last_modified: Some(last_modified(stored.updated_at)),
        body: stored.document,
    }
}

/// What a dry run answers: the record as it would be. It has no version to go on from, since nothing was stored.
fn rehearsed<T>(stored: Stored<T>) -> Answer {
    Answer { etag: None, last_modified: None, ..answer(StatusCode::OK, stored) }
}

/// The answer that a request had when it first came, if the caller may still see all of the record.
fn answer_before<R: Resource>(
    repeat: &Repeat,
    tx: &mut WriteTx<'_>,
    caller: &Caller,
) -> Result<Option<Answer>, Problem> {
    let Some(kept) = repeat.answer(tx)? else { return Ok(None) };
    let id = kept.resource_id.parse().map_err(|_| Problem::internal("a kept answer is about no record"))?;
    if R::is_confided(tx, id, caller)? {
        Ok(Some(kept))
    } else {
        Err(Problem::forbidden(grants(Action::ReadConfidential, R::KIND)))
    }
}

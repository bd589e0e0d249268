//! What all kinds of record have in common: how one is read, listed, created, replaced, updated and deleted.
//!
//! A kind says how it is found and kept, and who may do what with it ([`Resource`]). Every write is one transaction, in
//! which the checks come in the order that the contract promises: the caller, the record, what the caller may do, the
//! version, the content, other records. Content is read and checked against the record before the writer's turn, so
//! that slow or invalid content does not delay other writes.

use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use document::record::shown;
use document::{Documented, Input, Refusal};
use domain::{Action, Fault, FaultCode, Id, Object, Record, Refused, authorize, authorize_role, grants};
use serde::Deserialize;
use store::idempotency::Answer;
use store::{EpochId, Naming, ReadTx, Stamp, Stored, StoredRecord, StoredRoot, WriteTx, history};
use utoipa::IntoParams;

use crate::app::App;
use crate::caller::{Caller, authentication};
use crate::http::request_id::RequestId;
use crate::register::words::Words;
use crate::request::argument::argument;
use crate::request::body::Body;
use crate::request::conditional::{IfChanged, IfMatch, etag, last_modified};
use crate::request::expansion::Reading;
use crate::request::idempotency_key::IdempotencyKey;
use crate::request::query::Query;
use crate::response::problem::{ErrorItem, Problem};
use crate::response::repeat::{Repeat, respond};

/// What reading the content of a write gives.
pub type Value<R> = <<R as Documented>::Document as Input>::Value;

/// Takes the personal data out of one record and out of the log, for a reason; gives how many values the log has forgotten.
pub type Erasure = Box<dyn Fn(&mut WriteTx<'_>, &str) -> Result<usize, store::Error> + Send>;

/// A kind of record as the API serves it: where it is found, and what a change of it amounts to.
pub trait Resource: StoredRecord + PartialEq {
    /// What a path names it by.
    type Key: AsRef<Self::Name> + fmt::Display + FromRequest<Error = Problem> + Send + Sync + 'static;

    const WORDS: Words;
    /// Whether records are replaced, updated and deleted; others are there to stay as they are.
    const IS_CHANGEABLE: bool = true;

    /// What a record would say that is changed to this value.
    fn wanted(&self, value: Value<Self>) -> Self;

    /// A record that says this, as far as it matters to who may touch it; none where it can't be stored, since what it belongs to
    /// isn't there.
    fn object(&self, tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Option<Object>, store::Error>;

    /// The member that says which department the record belongs to, where the record may have none.
    const DEPARTMENT: Option<&'static str> = None;

    /// What it may be to change this: whoever may do none of it is told before the content is looked at.
    fn changes(&self) -> &'static [Action] {
        &[Action::Update]
    }

    /// What it is to delete this.
    fn deleting(&self) -> &'static [Action] {
        &[Action::Delete]
    }

    /// What it is to make the other of it.
    fn changing(&self, _wanted: &Self) -> Action {
        Action::Update
    }
}

/// A kind whose records belong to no other.
pub trait Root: Resource + StoredRoot<Filter: Filter> {}

impl<R: Resource + StoredRoot<Filter: Filter>> Root for R {}

pub trait Filter: Clone + Send + serde::de::DeserializeOwned + IntoParams + 'static {
    /// Whether an index leads to a page of the list in its default order, so that reading it takes no longer in a larger register.
    fn is_indexed(&self) -> bool;
}

/// What may come with every change.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangeOptions {
    /// `true` carries out all checks and stores nothing. The response is 200 with the record as it would be stored, or
    /// 204 for a deletion.
    #[param(default = false)]
    validate_only: Option<bool>,
}

/// A change to the register as a request brings it: who asks for it, which version it is for, and how it is to be done.
pub struct Change {
    pub app: App,
    request_id: RequestId,
    pub caller: Caller,
    path: String,
    pub dry_run: bool,
    if_match: IfMatch,
    idempotency_key: IdempotencyKey,
}

argument!(Change);

impl Change {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Query(ChangeOptions { validate_only }) = Query::of(request)?;
        Ok(Self {
            app: App::of(request)?,
            request_id: RequestId::of(request)?,
            caller: Caller::of(request)?,
            path: request.path().to_owned(),
            dry_run: validate_only.unwrap_or_default(),
            if_match: IfMatch::of(request)?,
            idempotency_key: IdempotencyKey::of(request)?,
        })
    }

    pub fn stamp(&self) -> Stamp {
        self.app.stamp(&self.caller, &self.request_id)
    }

    /// Creates a record: 201, or 200 in a dry run. With an `Idempotency-Key` the answer is kept and given again.
    ///
    /// # Errors
    /// 422 with every fault of the content, 409 naming the records that stand in the way.
    pub async fn create<R: Root>(self, body: Body<R::Document>) -> Result<HttpResponse, Problem> {
        let (id, stamp) = self.entry::<R>();
        let content = body.create().map(|value| R::prepare(id, stamp.now, value));
        let names = content.as_ref().map(R::names).unwrap_or_default();
        let entry = Entry { stamp, names, body: &body.bytes, content };
        self.enter::<R, _>(
            entry,
            |_, _| Ok(()),
            move |tx, caller, prepared| {
                check_permission(tx, caller, Action::Create, (id, R::content(prepared)))?;
                Ok(R::insert(tx, prepared, caller.draft_access_in(R::KIND))?)
            },
        )
        .await
    }

    /// Enters a record by a function of its own, for who may enter one there: as [`Change::create`].
    pub async fn enter<R: Resource, V: Send + 'static>(
        self,
        entry: Entry<'_, V>,
        allow: impl Fn(&mut ReadTx<'_>, &Caller) -> Result<(), Problem> + Send + 'static,
        insert: impl Fn(&mut WriteTx<'_>, &Caller, &V) -> Result<Stored<R>, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { app, caller, path, dry_run, idempotency_key, .. } = self;
        let Entry { stamp, names, body, content } = entry;
        let repeat = idempotency_key.0.filter(|_| !dry_run).map(|key| Repeat::new(&stamp.actor, &path, &key, &[body]));
        let entered = match content {
            Ok(value) => {
                let write = app.store.write_named(stamp, names, move |tx| {
                    authentication::confirm(tx, &caller)?;
                    let now = tx.stamp().now;
                    if let Some(kept) = begin_entry::<R>(tx, &caller, repeat.as_ref(), now)? {
                        return Ok(Entered::Answered(kept));
                    }
                    let stored = insert(tx, &caller, &value)?;
                    if dry_run {
                        return Ok(Entered::Answered(rehearsed(tx, &stored)));
                    }
                    match &repeat {
                        Some(repeat) => {
                            let answer = answer(StatusCode::CREATED, tx.epoch(), &stored);
                            repeat.keep(tx, answer).map(Entered::Answered)
                        }
                        None => Ok(Entered::Stored(stored)),
                    }
                });
                write.await?
            }
            Err(refusal) => {
                let refuse = app.store.read_one(move |tx| {
                    authentication::confirm_before(tx, &caller, stamp.now)?;
                    if let Some(kept) = begin_entry::<R>(tx, &caller, repeat.as_ref(), stamp.now)? {
                        return Ok(Entered::Answered(kept));
                    }
                    allow(tx, &caller)?;
                    Err(refused(tx, &refusal, &caller)?)
                });
                refuse.await?
            }
        };
        let answer = match entered {
            Entered::Answered(answer) => answer,
            Entered::Stored(stored) => answer(StatusCode::CREATED, app.store.epoch().id, &stored),
        };
        let location = format!("{path}/{}", answer.resource_id);
        let mut response = respond(answer, app.clock.now());
        if response.status() == StatusCode::CREATED {
            let location = HeaderValue::try_from(location).map_err(Problem::internal)?;
            response.headers_mut().insert(header::LOCATION, location);
        }
        Ok(response)
    }

    /// An id and a stamp for a record that is entered by [`Change::enter`].
    pub fn entry<T>(&self) -> (Id<T>, Stamp) {
        (self.app.new_id(), self.stamp())
    }

    /// Replaces all that a record says.
    ///
    /// # Errors
    /// 404 or 410 where it is not there, 428 and 412 by its version, then as [`Change::create`].
    pub async fn replace<R: Resource>(self, key: R::Key, body: Body<R::Document>) -> Result<HttpResponse, Problem> {
        self.change::<R>(key, move |current| body.replace(current)).await
    }

    /// Changes some of what a record says, by a merge patch.
    pub async fn update<R: Resource>(self, key: R::Key, body: Body<R::Document>) -> Result<HttpResponse, Problem> {
        self.change::<R>(key, move |current| body.update(current)).await
    }

    async fn change<R: Resource>(
        self,
        key: R::Key,
        read: impl Fn(&str) -> Result<Value<R>, Refusal> + Send + Sync + 'static,
    ) -> Result<HttpResponse, Problem> {
        self.rewrite::<R, _>(key, R::changes, read, change).await
    }

    /// Changes a record by content that depends on its present representation, for callers who may do one of these
    /// actions.
    ///
    /// The content is read before the writer's turn, and read again only if somebody has changed the record since.
    pub async fn rewrite<R: Resource, V: Clone + Send + 'static>(
        self,
        key: R::Key,
        actions: impl Fn(&R) -> &'static [Action] + Clone + Send + 'static,
        read: impl Fn(&str) -> Result<V, Refusal> + Send + Sync + 'static,
        work: impl Fn(&mut WriteTx<'_>, &Record<R>, &Caller, V) -> Result<Stored<R>, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let (key, read) = (Arc::new(key), Arc::new(read));
        let first = Arc::clone(&read);
        let judged = self.judge(&key, actions.clone(), move |tx, current: &Record<R>, caller| {
            let value = accept(tx, &first(&shown(current)), caller)?.clone();
            Ok((current.id, current.version, value))
        });
        let (id, version, judged) = judged.await?;
        self.alter::<R>(key, actions, move |tx, current, caller| {
            let value = if (current.id, current.version) == (id, version) {
                judged.clone()
            } else {
                accept(tx, &read(&shown(current)), caller)?.clone()
            };
            work(tx, current, caller, value)
        })
        .await
    }

    /// The problem for content that is invalid whatever the record is: an earlier check that fails, or the errors in
    /// the content.
    pub async fn refuse<R: Resource>(self, key: R::Key, actions: &'static [Action], refusal: Refusal) -> Problem {
        let key = Arc::new(key);
        let look =
            move |tx: &mut ReadTx<'_>, _: &Record<R>, caller: &Caller| Err::<(), _>(refused(tx, &refusal, caller)?);
        let judged = self.judge(&key, move |_| actions, look);
        judged.await.err().unwrap_or_else(|| Problem::internal("a refused content was accepted"))
    }

    /// Checks a change against its record before the writer's turn, like [`Change::carry_out`].
    async fn judge<R: Resource, T: Send + 'static>(
        &self,
        key: &Arc<R::Key>,
        actions: impl Fn(&R) -> &'static [Action] + Send + 'static,
        look: impl Fn(&mut ReadTx<'_>, &Record<R>, &Caller) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (key, caller, if_match) = (Arc::clone(key), self.caller.clone(), self.if_match.clone());
        let (now, epoch) = (self.stamp().now, self.app.store.epoch().id);
        let read = self.app.store.read_one(move |tx| {
            authentication::confirm_before(tx, &caller, now)?;
            let current = find_to_change::<R>(tx, &key, &caller, &actions, (&if_match, epoch))?;
            look(tx, &current, &caller)
        });
        read.await
    }

    /// Changes a record in a way of its own, for who may do one of these actions.
    pub async fn alter<R: Resource>(
        self,
        key: impl Into<Arc<R::Key>>,
        actions: impl Fn(&R) -> &'static [Action] + Send + 'static,
        work: impl Fn(&mut WriteTx<'_>, &Record<R>, &Caller) -> Result<Stored<R>, Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let app = self.app.clone();
        let answer = self.carry_out(key.into(), actions, move |tx, current, caller, dry_run| {
            let stored = work(tx, current, caller)?;
            Ok(if dry_run { rehearsed(tx, &stored) } else { answer(StatusCode::OK, tx.epoch(), &stored) })
        });
        Ok(respond(answer.await?, app.clock.now()))
    }

    /// Deletes a record, or in a dry run only looks whether it can be: 204.
    ///
    /// # Errors
    /// 404 or 410 where it is not there, 428 and 412 by its version, 409 naming the records that refer to it.
    pub async fn delete<R: Resource>(self, key: R::Key) -> Result<HttpResponse, Problem> {
        self.remove::<R>(key, R::deleting, |tx, current| R::delete(tx, current).map_err(Problem::from)).await
    }

    /// Takes a record away, or something from it, for who may do one of these actions: as [`Change::delete`].
    pub async fn remove<R: Resource>(
        self,
        key: R::Key,
        actions: impl Fn(&R) -> &'static [Action] + Send + 'static,
        work: impl Fn(&mut WriteTx<'_>, &Record<R>) -> Result<(), Problem> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let answer = self.carry_out::<R, _>(Arc::new(key), actions, move |tx, current, _, dry_run| {
            work(tx, current)?;
            if dry_run {
                tx.discard();
            }
            Ok(())
        });
        answer.await?;
        Ok(HttpResponse::NoContent().finish())
    }

    /// The way of every change to a record that is there: who asks, the record, whether they may, the version, and then the work.
    async fn carry_out<R: Resource, T: Send + 'static>(
        self,
        key: Arc<R::Key>,
        actions: impl Fn(&R) -> &'static [Action] + Send + 'static,
        work: impl Fn(&mut WriteTx<'_>, &Record<R>, &Caller, bool) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let stamp = self.stamp();
        let Self { app, caller, dry_run, if_match, .. } = self;
        app.store
            .write(stamp, move |tx| {
                authentication::confirm(tx, &caller)?;
                let if_match = (&if_match, tx.epoch());
                let current = find_to_change::<R>(tx, &key, &caller, &actions, if_match)?;
                work(tx, &current, &caller, dry_run)
            })
            .await
    }
}

/// Changes a record to what a content says, for a caller who may. A content that the record has already changes nothing: the record
/// has no new version, and the log no entry.
///
/// # Errors
/// 403 naming the roles that may, 409 naming the records that stand in the way.
pub fn change<R: Resource>(
    tx: &mut WriteTx<'_>,
    current: &Record<R>,
    caller: &Caller,
    value: Value<R>,
) -> Result<Stored<R>, Problem> {
    let wanted = current.content.wanted(value);
    let action = current.content.changing(&wanted);
    check_permission(tx, caller, action, (current.id, &current.content))?;
    check_permission(tx, caller, action, (current.id, &wanted))?;
    if wanted == current.content {
        return Ok(R::unchanged(tx, current)?);
    }
    Ok(R::update(tx, current, wanted, caller.draft_access_in(R::KIND))?)
}

/// Reads a record, as it is or as it was: 200, or 304 where the caller has it already.
///
/// # Errors
/// 404 or 410 where it is not there.
pub async fn read<R: Root>(
    app: App,
    caller: Caller,
    key: R::Key,
    reading: Reading<R>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let Reading { known_at, expansion, .. } = reading;
    if !expansion.is_empty() {
        let show = move |tx: &mut ReadTx<'_>| {
            let mut shown = R::represent(tx, key.as_ref(), caller.draft_access_in(R::KIND))?;
            expansion.expand(tx, std::iter::once(&mut shown.document))?;
            Ok::<_, Problem>(shown)
        };
        return Ok(conditions.expanded(app.store.read(show).await?));
    }
    let shown = match known_at.passed(&app).await? {
        None => {
            let show = move |tx: &mut ReadTx<'_>| R::represent(tx, key.as_ref(), caller.draft_access_in(R::KIND));
            app.store.read_one(show).await.map_err(Problem::from)?
        }
        Some(at) => {
            let key = key.to_string();
            app.store.read(move |tx| history::show(tx, R::KIND, &key, at, caller.draft_access())).await?
        }
    };
    Ok(conditions.item(shown))
}

/// The record that a caller wants to change, if they may do some of this with it. One that they may not see is not there.
///
/// # Errors
/// 404 or 410 where it is not there, 403 naming the roles that may.
pub fn find_for<R: Resource>(
    tx: &mut ReadTx<'_>,
    key: &R::Key,
    caller: &Caller,
    actions: impl Fn(&R) -> &'static [Action],
) -> Result<Record<R>, Problem> {
    let current = R::find(tx, key.as_ref(), caller.draft_access_in(R::KIND))?;
    let object = current.content.object(tx, current.id)?;
    let object = object.ok_or_else(|| Problem::internal(format!("the {} «{key}» belongs to nothing", R::KIND)))?;
    match authorize_any(caller, actions(&current.content), &object) {
        Ok(()) => Ok(current),
        Err(Refused::Forbidden { needed }) => Err(Problem::forbidden(needed)),
        Err(Refused::Hidden) => Err(store::Error::NotFound { resource_type: R::KIND, key: key.to_string() }.into()),
    }
}

/// The record that a change is for, if the caller may make it and it is for the version that there is.
fn find_to_change<R: Resource>(
    tx: &mut ReadTx<'_>,
    key: &R::Key,
    caller: &Caller,
    actions: impl Fn(&R) -> &'static [Action],
    (if_match, epoch): (&IfMatch, EpochId),
) -> Result<Record<R>, Problem> {
    let current = find_for::<R>(tx, key, caller, actions)?;
    if_match.check(epoch, current.version, current.updated_at)?;
    Ok(current)
}

/// Decides whether the caller may do any of this with a record; the first refusal tells why not.
pub fn authorize_any(caller: &Caller, actions: &[Action], object: &Object) -> Result<(), Refused> {
    let mut refusal = None;
    for action in actions {
        match authorize(caller, *action, object) {
            Ok(()) => return Ok(()),
            Err(refused) => _ = refusal.get_or_insert(refused),
        }
    }
    Err(refusal.unwrap_or(Refused::Hidden))
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
    (id, content): (Id<R>, &R),
) -> Result<(), Problem> {
    // What can't be stored is refused for that by the store.
    match content.object(tx, id)? {
        Some(object) if authorize(caller, action, &object).is_err() => {
            Err(not_permitted(tx, caller, action, content, &object)?)
        }
        Some(_) | None => Ok(()),
    }
}

/// Why a caller may not make a record say this. If other content would be permitted, the problem is with the content: it names a record
/// that is not there, or no department.
///
/// # Errors
/// 503 where the database does not answer.
fn not_permitted<R: Resource>(
    tx: &mut ReadTx<'_>,
    caller: &Caller,
    action: Action,
    content: &R,
    object: &Object,
) -> Result<Problem, Problem> {
    let needed = grants(action, object.kind);
    if authorize_role(caller, action, object.kind).is_err() {
        return Ok(Problem::forbidden(needed));
    }
    // Who may do it depends on departments, and on the departments of mutuals.
    let mut references = Input::references(&content.show());
    references.retain(|reference| reference.kind.has_slug());
    let mut faults = store::reference::faults(tx, &references, caller.draft_access())?;
    if let (Some(member), None, true) = (R::DEPARTMENT, object.department, faults.is_empty()) {
        let said =
            "this key is limited to departments: give the id or slug of the department that the record belongs to";
        faults.push(Fault::new(member, FaultCode::Required, said));
    }
    if faults.is_empty() {
        return Ok(Problem::forbidden_there(needed));
    }
    let items = faults
        .into_iter()
        .map(|fault| ErrorItem::pointer(format!("/{}", fault.field), fault.code.as_str(), fault.detail));
    Ok(Problem::invalid(items.collect()))
}

/// The content, or all its faults: those of the body itself and its references that lead nowhere.
///
/// # Errors
/// 422 with all of them.
pub fn accept<'v, V>(tx: &mut ReadTx<'_>, content: &'v Result<V, Refusal>, caller: &Caller) -> Result<&'v V, Problem> {
    match content {
        Ok(value) => Ok(value),
        Err(refusal) => Err(refused(tx, refusal, caller)?),
    }
}

/// The problem of a content that is refused.
///
/// # Errors
/// 503 where the database does not answer.
fn refused(tx: &mut ReadTx<'_>, refusal: &Refusal, caller: &Caller) -> Result<Problem, Problem> {
    let unknown = store::reference::faults(tx, refusal.references(), caller.draft_access())?;
    let faults = refusal.faults(unknown);
    if faults.is_empty() {
        return Ok(Problem::internal("an input was refused without a fault"));
    }
    Ok(Problem::invalid(faults.into_iter().map(ErrorItem::from).collect()))
}

/// A record that is to be entered: its content, or why that is refused.
pub struct Entry<'b, V> {
    pub stamp: Stamp,
    /// The names that it is about to take.
    pub names: Vec<Naming>,
    /// What was sent.
    pub body: &'b [u8],
    pub content: Result<V, Refusal>,
}

/// The checks before an entry: the caller's role, and whether the caller has sent the same request before.
fn begin_entry<R: Resource>(
    tx: &mut ReadTx<'_>,
    caller: &Caller,
    repeat: Option<&Repeat>,
    now: DateTime<Utc>,
) -> Result<Option<Answer>, Problem> {
    authorize_role(caller, Action::Create, R::KIND)?;
    repeat.map_or(Ok(None), |repeat| answer_before::<R>(repeat, tx, caller, now))
}

/// What became of a write that was to enter a record.
enum Entered<R> {
    /// The answer is known: it is that of an earlier request, or is kept for a later one, or nothing was entered.
    Answered(Answer),
    /// It is entered. Its answer is made when the writer's turn is over.
    Stored(Stored<R>),
}

fn answer<T>(status: StatusCode, epoch: EpochId, stored: &Stored<T>) -> Answer {
    Answer {
        fingerprint: None,
        status: status.as_u16().into(),
        resource_id: stored.id.to_string(),
        etag: etag(epoch, stored.version).to_str().ok().map(str::to_owned),
        last_modified: Some(last_modified(stored.updated_at)),
        entry_seq: Some(stored.entry_seq),
        body: stored.document.to_string(),
    }
}

/// The response to a dry run: the record as it would be. It is not stored, and has no `ETag` and no entry.
fn rehearsed<T>(tx: &mut WriteTx<'_>, stored: &Stored<T>) -> Answer {
    tx.discard();
    Answer { etag: None, last_modified: None, entry_seq: None, ..answer(StatusCode::OK, tx.epoch(), stored) }
}

/// The stored response to the first request with the same key, if the caller may see all of the record now.
///
/// # Errors 410 if the record was deleted, 403 if the caller may not see it.
fn answer_before<R: Resource>(
    repeat: &Repeat,
    tx: &mut ReadTx<'_>,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Option<Answer>, Problem> {
    let Some(kept) = repeat.answer(tx, now)? else { return Ok(None) };
    let id = kept.resource_id.parse().map_err(|_| Problem::internal("a kept answer is about no record"))?;
    match R::is_fully_shown(tx, id, caller.draft_access_in(R::KIND)) {
        Ok(true) => Ok(Some(kept)),
        // Who has asked for it knows that it was there; whether it is, they are not told.
        Ok(false) | Err(store::Error::NotFound { .. }) => {
            Err(Problem::forbidden(grants(Action::ReadConfidential, R::KIND)))
        }
        Err(error) => Err(error.into()),
    }
}

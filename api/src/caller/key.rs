//! API keys: how systems prove who they are, made and revoked by administrators. Each is shown once, when it is made.

pub mod command;
pub mod secret;

use actix_web::http::header;
use actix_web::{HttpResponse, delete, get, post};
use document::register::Role;
use document::schema::InputOf;
use document::value::{DepartmentId, Instant, KeyId, Name, Text, Word};
use domain::{Action, Kind, Object, Scope, authorize, authorize_role};
use serde::Serialize;
use store::key::{NewKey, StoredKey};
use store::{IdPage, Listed, Slice, SortKey, Sorted, Total};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::caller::Caller;
use crate::caller::authentication;
use crate::register::resource::{self, Change, ChangeOptions, Erasure};
use crate::request::body::Body;
use crate::request::conditional;
use crate::request::page::{ListPage, ListParameters, ListQuery, NoFilter};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use secret::Secret;

type ApiKeyInput = InputOf<document::register::ApiKey>;

const PATH: &str = "/v1/keys";

/// An API key. Only the response to its creation includes the secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10",
    "label": "Procurement system of Calder Valley",
    "role": "procurement_officer",
    "department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"],
    "created_at": "2025-10-01T09:30:00.000250Z",
    "created_by": "key:0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
    "expires_at": "2025-12-30T09:30:00.000250Z",
    "last_used_at": "2025-10-02T14:00:00.000000Z"
}))]
pub struct ApiKey {
    id: KeyId,
    /// The secret. Only in the response to its creation.
    #[schema(nullable = false, pattern = "^psm_[0-9a-f]{32}_[0-9a-f]{48}$", max_length = 85)]
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What it is for. Absent if it was erased.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Name>,
    role: Role,
    /// The departments that the key is limited to. If absent, it is not limited.
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    department_ids: Option<Vec<DepartmentId>>,
    created_at: Instant,
    /// Who made it: `key:` and the id of a key, `token:` and the pseudonym of the bearer of a token, or `operator`.
    #[schema(max_length = 300)]
    created_by: String,
    /// When it stops working.
    expires_at: Instant,
    /// The beginning of the hour in which it was last used.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Instant>,
    /// When it was revoked.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Instant>,
    /// Who revoked it.
    #[schema(nullable = false, max_length = 300)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
}

impl From<StoredKey> for ApiKey {
    fn from(stored: StoredKey) -> Self {
        Self {
            id: Text(stored.id),
            key: None,
            label: stored.label.map(Text),
            role: Word(stored.role),
            department_ids: match stored.scope {
                Scope::All => None,
                Scope::Departments(own) => Some(own.into_iter().map(Text).collect()),
            },
            created_at: Instant(stored.created_at),
            created_by: stored.created_by,
            expires_at: Instant(stored.expires_at),
            last_used_at: stored.last_used_at.map(Instant),
            revoked_at: stored.revoked_at.map(Instant),
            revoked_by: stored.revoked_by,
        }
    }
}

impl Sorted for ApiKey {
    const NAME: &'static str = "ApiKeySort";
    const KEYS: &'static [SortKey] = &[SortKey::ID];
}

type ApiKeyPage = ListPage<ApiKey>;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_keys).service(create_key).service(get_key).service(delete_key);
}

/// List API keys
///
/// In the order in which they were made, including those that no longer work. The secrets are not shown.
#[utoipa::path(
    tag = "keys",
    params(ListParameters<ApiKey>),
    responses((status = 200, description = "A page of API keys", body = ApiKeyPage))
)]
#[get("/keys")]
async fn list_keys(app: App, caller: Caller, query: ListQuery<NoFilter, ApiKey>) -> Result<HttpResponse, Problem> {
    authorize_role(&caller, Action::Read, Kind::Key)?;
    let page = query.page.clone();
    let slice = app.store.read(move |tx| {
        let (keys, total) = store::key::list(tx, &IdPage::from(&page))?;
        let items = keys.into_iter().map(listed).collect();
        Ok::<_, Problem>(Slice::by_id(items, page.limit, page.count.then_some(Total::Exactly(total))))
    });
    query.answer(slice.await?)
}

/// Get an API key
///
/// By id, which is the first part of a key after `psm_`. The key itself is not shown.
#[utoipa::path(
    tag = "keys",
    params(("key" = inline(KeyId), Path, description = "Id of the key")),
    responses((status = 200, description = "The API key", body = ApiKey))
)]
#[get("/keys/{key}")]
async fn get_key(app: App, caller: Caller, key: PathKey<domain::KeyId>) -> Result<HttpResponse, Problem> {
    authorize_role(&caller, Action::Read, Kind::Key)?;
    let stored = app.store.read_one(move |tx| store::key::find(tx, key.0).map_err(Problem::from)).await?;
    Ok(answer(&mut HttpResponse::Ok(), &stored.into()))
}

/// Create an API key
///
/// Copy the key from the response. It is shown only once, because the register stores only its hash. To replace a key,
/// make another, start using it, then delete the first. The new key cannot be valid for longer than the key or token
/// that you send.
#[utoipa::path(
    tag = "keys",
    params(ChangeOptions),
    request_body = ApiKeyInput,
    responses(
        (status = 201, description = "The key was created", body = ApiKey),
        (status = 200, description = "With `validate_only`: the record of the key as it would be stored, without the secret", body = ApiKey)
    )
)]
#[post("/keys")]
async fn create_key(change: Change, body: Body<document::register::ApiKey>) -> Result<HttpResponse, Problem> {
    let stamp = change.stamp();
    let Change { app, caller, dry_run, .. } = change;
    let content = body.create();
    let id = app.new_id();
    let secret = Secret::make(id).map_err(|error| Problem::internal(error.to_string()))?;
    let hash = secret.hash();
    let stored = app.store.write(stamp, move |tx| {
        authentication::confirm(tx, &caller)?;
        authorize(&caller, Action::Create, &Object::of(Kind::Key, None))?;
        let (key, lifetime) = resource::accept(tx, &content, &caller)?.clone();
        let expires_at = lifetime.ends(tx.stamp().now);
        let makers_expires_at = caller.access.as_ref().and_then(|access| access.expires_at);
        let stored = store::key::insert(tx, &NewKey { id, hash, key, expires_at, makers_expires_at })?;
        if dry_run {
            tx.discard();
        }
        Ok::<_, Problem>(stored)
    });
    let view = ApiKey::from(stored.await?);
    if dry_run {
        return Ok(answer(&mut HttpResponse::Ok(), &view));
    }
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, format!("{PATH}/{id}")));
    Ok(answer(&mut response, &ApiKey { key: Some(secret.reveal().to_owned()), ..view }))
}

/// Delete an API key
///
/// The key stops working permanently within a second, on every instance. Its record stays, with the time. Deleting it
/// again changes nothing.
#[utoipa::path(
    tag = "keys",
    params(("key" = inline(KeyId), Path, description = "Id of the key"), ChangeOptions),
    responses((status = 204, description = "The key has stopped working"))
)]
#[delete("/keys/{key}")]
async fn delete_key(change: Change, key: PathKey<domain::KeyId>) -> Result<HttpResponse, Problem> {
    let stamp = change.stamp();
    let Change { app, caller, dry_run, .. } = change;
    let revoked = app.store.write(stamp, move |tx| {
        authentication::confirm(tx, &caller)?;
        authorize(&caller, Action::Delete, &Object::of(Kind::Key, None))?;
        store::key::revoke(tx, key.0)?;
        if dry_run {
            tx.discard();
        }
        Ok::<_, Problem>(())
    });
    revoked.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The function that erases the label of the key at a path, if the path is that of a key.
pub fn erasure(path: &str) -> Option<Erasure> {
    let id: domain::KeyId = path.strip_prefix(PATH)?.strip_prefix('/')?.parse().ok()?;
    Some(Box::new(move |tx, reason| store::key::erase(tx, id, reason)))
}

fn answer(response: &mut actix_web::HttpResponseBuilder, view: &ApiKey) -> HttpResponse {
    response.insert_header((header::CACHE_CONTROL, "private, no-store"));
    conditional::json(response, serde_json::to_string(view).unwrap_or_default())
}

/// Only the times of a key change, or its label is erased.
fn listed(stored: StoredKey) -> Listed {
    let id = stored.id.to_string();
    let times = [stored.last_used_at, stored.revoked_at].into_iter().flatten().map(|at| at.timestamp_micros());
    let changed = times.sum::<i64>().saturating_add(i64::from(stored.label.is_some()));
    let document = serde_json::to_string(&ApiKey::from(stored)).unwrap_or_default();
    Listed { id, version: changed, entry_seq: None, document, reduced: false }
}

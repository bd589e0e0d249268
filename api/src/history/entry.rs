//! Entries: every accepted change to the register, in order, for whoever follows the register or asks how a record came about.

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, web};
use document::Wire;
use domain::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use store::entry;
use store::entry_log::{self, Logged};
use store::history::{self, Version};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{HttpMethod, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::caller::Caller;
use crate::history::epoch::LogEpoch;
use crate::history::merge_patch::difference;
use crate::http::request_id::RequestId;
use crate::http::wait::Waits;
use crate::openapi::example::example_of;
use crate::register::operations::{Operation, answer_as, has_slug, named, path_parameter};
use crate::register::resource::Root;
use crate::register::words::Words;
use crate::request::conditional::{IfChanged, digest};
use crate::request::page::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::request::query::Query;
use crate::response::problem::Problem;
use document::value::{Bounded, HexHash, Instant, Word};

/// What was done to a record.
pub type EntryAction = Word<entry::Action>;

/// The type of record.
pub type ResourceType = Word<domain::Kind>;

const PATH: &str = "/v1/entries";

/// The longest that a request may wait, in seconds.
const MAX_WAIT: i64 = 20;

const _: () = assert!(MAX_LIMIT == 200 && DEFAULT_LIMIT == 50, "the contract's bounds below are literals");

/// An accepted change to the register.
///
/// Every entry shows its number, its time and its leaf hash. If an entry is about a draft ballot and you do not have
/// draft access, you see only these, `restricted` and `content_hash`. The same applies to an entry about an import of
/// ballots, unless you see all drafts.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(example = json!({
    "seq": 41,
    "at": "2025-10-01T09:30:00.000250Z",
    "leaf_hash": "6f1d0c8be3a1a3b0a1f9fd2c7a58b7a4a3ce1ff1f9b8f5a02c6a1a2d2c3b4d5e",
    "actor": "key:0190b7a4-4000-7a10-8c00-2f6d1b9e4a57",
    "request_id": "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1",
    "action": "update",
    "resource_type": "mutual",
    "resource_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
    "version": 2,
    "after": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "version": 2, "name": "Calder Valley Community Health CIC", "region": "wales"},
    "changes": {"version": 2, "region": "wales"}
}))]
pub struct Entry {
    /// The number of the entry: from 1, without gaps, in the order in which the changes took effect.
    #[schema(minimum = 1)]
    seq: i64,
    /// When the service started to handle the request, or the `at` of the previous entry if that is later. It is never
    /// earlier than the `at` of the previous entry, except in an entry with the action `settle_clock`. It may be later
    /// than the record's `updated_at`.
    at: Instant,
    /// SHA-256 of a zero byte and the entry as canonical JSON (RFC 6962, RFC 8785), without `leaf_hash`,
    /// `content_hash` and `changes`. An absent `after` is `null` there. If the entry has a `content_hash`, it is
    /// SHA-256 of a zero byte and an object of `at`, `content_hash`, `restricted` and `seq` instead.
    leaf_hash: HexHash,
    /// Only if the entry is `restricted`: SHA-256 of the entry as canonical JSON, without `leaf_hash`, `content_hash`
    /// and `changes`. With it, anyone can check that the entry was logged as restricted, without seeing its content. An
    /// older entry may have none.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<HexHash>,
    /// Who made the change: `key:` and the id of a key, `token:` and the pseudonym of the bearer of a token, or a word
    /// such as `operator` for the operator's tools.
    #[schema(nullable = false, max_length = 300)]
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// The id of the request that made the change.
    #[schema(nullable = false, max_length = 128)]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<EntryAction>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<ResourceType>,
    /// The record's id. For the register itself, `00000000-0000-0000-0000-000000000000`.
    #[schema(nullable = false, format = "uuid", max_length = 36)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<String>,
    /// The record's version after the change.
    #[schema(nullable = false, minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// The record after the change. Absent if it was deleted.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<LoggedRecord>,
    /// Why the change was made, if the log has a reason.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// `true` if the entry is about a draft ballot or an import of ballots. Only callers with draft access see its
    /// content.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    restricted: Option<bool>,
    /// 16 random bytes in hexadecimal, in an entry that is `restricted`. They prevent anyone from guessing the content
    /// of the entry from its public `leaf_hash`. An older entry may have none.
    #[schema(nullable = false, pattern = "^[0-9a-f]{32}$", min_length = 32, max_length = 32)]
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    /// In the history of one record: how the record differs from the previous version. Absent if there is no previous
    /// version, if you may not see it, or if the record was deleted.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<RecordChanges>,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "items": [{
        "seq": 42,
        "at": "2025-10-01T09:30:00.000250Z",
        "leaf_hash": "0d4f8f5d0a4b3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a3",
        "actor": "key:0190b7a4-4000-7a10-8c00-2f6d1b9e4a57",
        "request_id": "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2",
        "action": "delete",
        "resource_type": "contract",
        "resource_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10",
        "version": 3
    }],
    "next_after": 42,
    "head": 42,
    "epoch": "9b1f0e6c2d7a4835"
}))]
pub struct EntryPage {
    /// The entries, in order.
    #[schema(max_items = 200)]
    items: Vec<Entry>,
    /// The `after` for the next request.
    next_after: i64,
    /// The number of the newest entry of all.
    head: i64,
    /// The `epoch` for the next request.
    epoch: LogEpoch,
}

/// A page of a record's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [example_of::<Entry>()], "epoch": "9b1f0e6c2d7a4835"}))]
pub struct RecordHistory {
    /// The entries about the record that the caller may see, the oldest first.
    #[schema(max_items = 200)]
    items: Vec<Entry>,
    /// The `after` for the next request. Absent at the end.
    #[schema(nullable = false, minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
    /// The `epoch` for the next request.
    epoch: LogEpoch,
}

/// A record as the log keeps it: as it was hashed, in the form that records of its type had then.
#[derive(Debug, Serialize)]
pub struct LoggedRecord(Box<RawValue>);

/// How a record differs from its previous version, as a merge patch (RFC 7396).
#[derive(Debug, Serialize)]
pub struct RecordChanges(Value);

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EntryFilter {
    /// Return entries after this number: the `next_after` of the previous response, or 0 for the beginning. A number
    /// after that of the newest entry is rejected.
    #[param(value_type = Option<i64>, minimum = 0, default = 0)]
    after: Option<Bounded<0, { i64::MAX }>>,
    /// The `epoch` of the response that `after` is from. Required if `after` is more than 0. If the register was
    /// restored from a copy since then, the response is a 410 that says from where to read again.
    epoch: Option<LogEpoch>,
    /// The maximum number of items in the response.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<Bounded<1, 200>>,
    /// Only entries about records of this type. A page may then have fewer entries than `limit`, or none, even if more
    /// follow. Continue with `next_after`.
    resource_type: Option<ResourceType>,
    /// How many seconds to wait for an entry if there is none after `after` yet. The response may come sooner, without
    /// entries.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 20, default = 0)]
    wait: Option<Bounded<0, MAX_WAIT>>,
}

/// Which entries of a record.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HistoryFilter {
    /// Return entries after this number: the `next_after` of the previous response, or 0 for the beginning. A number
    /// after that of the newest entry is rejected.
    #[param(value_type = Option<i64>, minimum = 0, default = 0)]
    after: Option<Bounded<0, { i64::MAX }>>,
    /// The `epoch` of the response that `after` is from. Required if `after` is more than 0. If the register was
    /// restored from a copy since then, the response is a 410 that says from where to read again.
    epoch: Option<LogEpoch>,
    /// The maximum number of items in the response.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<Bounded<1, 200>>,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_entries);
    histories::<domain::Department>(config);
    histories::<domain::Mutual>(config);
    histories::<domain::StaffBallot>(config);
    histories::<domain::Contract>(config);
}

/// List entries
///
/// All accepted changes in order, without gaps. If you have read up to a number, you have missed nothing before it. To
/// follow the register, repeat the request with the `next_after` and the `epoch` of the previous response. Add `wait`
/// to get new entries as soon as there are any.
#[utoipa::path(
    tag = "entries",
    params(EntryFilter, IfChanged),
    responses((status = 200, description = "The entries", body = EntryPage))
)]
#[get("/entries")]
async fn list_entries(
    request: HttpRequest,
    id: RequestId,
    app: App,
    mut caller: Caller,
    Query(filter): Query<EntryFilter>,
    conditions: IfChanged,
    waits: Data<Waits>,
) -> Result<HttpResponse, Problem> {
    let (place, limit) = (LogEpoch::place(filter.epoch, number(filter.after))?, size(filter.limit));
    let resource_type = filter.resource_type.map(Word::into_inner);
    if let Some(Bounded(wait @ 1..)) = filter.wait {
        app.store.read_one(move |tx| place.check(tx).map(drop)).await?;
        waits.for_entry(&app.store, place.after, Duration::from_secs(wait.unsigned_abs())).await?;
        // Meanwhile a key may have been revoked, or a token have expired.
        caller = waits.gate.caller(&request, &id).await?;
    }
    let wanted = entry_log::Filter { after: place, limit, resource_type };
    let read = move |tx: &mut store::ReadTx<'_>| entry_log::list(tx, &wanted, caller.draft_access());
    let feed = if resource_type.is_some() { app.store.survey(read).await? } else { app.store.read_one(read).await? };
    let mut first = format!("{PATH}?after=0&limit={limit}");
    let mut next = format!("{PATH}?after={}&epoch={}&limit={limit}", feed.next_after, feed.epoch);
    for (name, value) in [
        ("resource_type", resource_type.map(|one| one.as_str().to_owned())),
        ("wait", filter.wait.map(|Bounded(wait)| wait.to_string())),
    ] {
        if let Some(value) = value {
            first.push_str(&format!("&{name}={value}"));
            next.push_str(&format!("&{name}={value}"));
        }
    }
    let items = feed.entries.into_iter().map(Entry::of).collect::<Result<_, _>>()?;
    let page = EntryPage { items, next_after: feed.next_after, head: feed.head, epoch: LogEpoch(feed.epoch) };
    answer(&conditions, &page, Some(&next), &first)
}

fn histories<R: Root<Key: PartialSchema>>(config: &mut ServiceConfig<'_>) {
    let (words, kind) = (Words { tag: "entries", ..R::WORDS }, R::KIND);
    let text = if kind == Kind::StaffBallot {
        "The history of the ballot: every change, with the differences. Without draft access, it starts at the declaration."
    } else {
        "The history of the record: every change, with the differences. A deleted record keeps its history."
    };
    let mut parameters = vec![path_parameter(&(kind, R::Key::schema()), has_slug(&<R::Document as Wire>::OBJECT))];
    parameters.extend(HistoryFilter::into_params(|| Some(ParameterIn::Query)));
    parameters.extend(IfChanged::into_params(|| None));
    let operation = words
        .operation(
            format!("list_{}_entries", kind.as_str()),
            format!("List the entries of {}", words.one),
            text.to_owned(),
        )
        .parameters(Some(parameters))
        .response("200", answer_as("application/json", "The entries", &RecordHistory::name()))
        .build();
    config.service(Operation {
        path: format!("/{}/{{{}}}/entries", kind.segment(), kind.as_str()),
        method: HttpMethod::Get,
        operation,
        schemas: named::<RecordHistory>,
        route: web::to(history_of::<R>),
    });
}

async fn history_of<R: Root>(
    request: HttpRequest,
    app: App,
    caller: Caller,
    Query(filter): Query<HistoryFilter>,
    conditions: IfChanged,
    key: R::Key,
) -> Result<HttpResponse, Problem> {
    let (key, limit) = (key.to_string(), size(filter.limit));
    let place = LogEpoch::place(filter.epoch, number(filter.after))?;
    let history = app
        .store
        .read(move |tx| history::list(tx, R::KIND, &key, (place, limit), caller.draft_access()).map_err(Problem::from));
    let history = history.await?;
    let epoch = history.epoch;
    let next = history.next_after.map(|after| format!("{}?after={after}&epoch={epoch}&limit={limit}", request.path()));
    let items = history.versions.into_iter().map(Entry::of_version).collect::<Result<_, _>>()?;
    let page = RecordHistory { items, next_after: history.next_after, epoch: LogEpoch(epoch) };
    answer(&conditions, &page, next.as_deref(), &format!("{}?after=0&limit={limit}", request.path()))
}

impl Entry {
    /// An entry of the log as it is shown.
    ///
    /// # Errors
    /// A 500 where the log holds a record that is no JSON.
    pub fn of(logged: Logged) -> Result<Self, Problem> {
        let Logged { seq, at, leaf_hash, content_hash, content } = logged;
        let bare = Self {
            seq,
            at: Instant(at),
            leaf_hash: leaf_hash.as_slice().into(),
            restricted: content_hash.is_some().then_some(true),
            content_hash: content_hash.map(|hash| hash.as_slice().into()),
            ..Self::default()
        };
        let Some(content) = content else { return Ok(bare) };
        Ok(Self {
            actor: Some(content.actor),
            request_id: Some(content.request_id),
            action: Some(Word(content.action)),
            resource_type: Some(Word(content.resource_type)),
            resource_id: Some(content.resource_id),
            version: Some(content.version),
            after: content.after.map(RawValue::from_string).transpose().map_err(Problem::internal)?.map(LoggedRecord),
            reason: content.reason,
            restricted: content.restricted.then_some(true),
            nonce: content.nonce,
            ..bare
        })
    }

    fn of_version(version: Version) -> Result<Self, Problem> {
        let mut entry = Self::of(version.entry)?;
        if let (Some(before), Some(LoggedRecord(after))) = (version.before, &entry.after) {
            let parsed = |text: &str| serde_json::from_str::<Value>(text).map_err(Problem::internal);
            entry.changes = Some(RecordChanges(difference(&parsed(&before)?, &parsed(after.get())?)));
        }
        Ok(entry)
    }
}

fn number<const MAX: i64>(after: Option<Bounded<0, MAX>>) -> i64 {
    after.map_or(0, |Bounded(after)| after)
}

fn size(limit: Option<Bounded<1, 200>>) -> usize {
    limit.and_then(|Bounded(limit)| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT)
}

fn answer(
    conditions: &IfChanged,
    page: &impl Serialize,
    next: Option<&str>,
    first: &str,
) -> Result<HttpResponse, Problem> {
    let document = serde_json::to_string(page).map_err(Problem::internal)?;
    let next = next.map(|next| format!("<{next}>; rel=\"next\", ")).unwrap_or_default();
    let link = HeaderValue::try_from(format!("{next}<{first}>; rel=\"first\"")).map_err(Problem::internal)?;
    Ok(conditions.list(digest(&document), link, || document))
}

/// What every record has; its type says what else.
fn open_object(description: &str) -> ObjectBuilder {
    let integer = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1))
        .description(Some("The record's version."));
    ObjectBuilder::new()
        .property("version", integer)
        .property("updated_at", Ref::from_schema_name("Instant"))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .description(Some(description))
}

impl PartialSchema for LoggedRecord {
    fn schema() -> RefOr<Schema> {
        let id = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uuid".to_owned())))
            .max_length(Some(36))
            .description(Some("The record's id."));
        open_object(
            "A record as the log keeps and hashes it, in the format that its record type had then. In place of \
             personal data it has an object with one field, `commitment`: SHA-256 of 32 random bytes and the value, \
             in hexadecimal.",
        )
        .property("id", id)
        .into()
    }
}

impl ToSchema for LoggedRecord {}

impl PartialSchema for RecordChanges {
    fn schema() -> RefOr<Schema> {
        open_object("How a record differs from its previous version, as a merge patch (RFC 7396).").into()
    }
}

impl ToSchema for RecordChanges {}

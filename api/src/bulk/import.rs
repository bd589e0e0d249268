//! Bulk in: a file of records is taken in at once and entered in the background, with what became of each row.

mod arrival;
pub mod command;
mod entry;
mod file;
mod imported;
mod row;
mod worker;

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, HttpResponse, delete, get, post};
use domain::{Action, Kind, Role, authorize_role};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use store::idempotency::Answer;
use store::import::{self, ImportId, NewImport};
use store::{IdPage, Listed, ReadTx, Slice, SortKey, Sorted, Total, WriteTx};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::caller::{Caller, authentication};
use crate::http::request_id::RequestId;
use crate::openapi::example::example_of;
use crate::register::resource::{Change, ChangeOptions};
use crate::request::idempotency_key::IdempotencyKey;
use crate::request::page::{ListPage, ListParameters, ListQuery, NoFilter};
use crate::request::path::PathKey;
use crate::request::query::Query;
use crate::response::problem::{ErrorItem, OtherRecord, Problem};
use crate::response::repeat::{Repeat, respond};
use crate::response::table::{self, Column};
use document::register::object;
use document::value::{Bounded, Instant, Text, Word};

use arrival::Arriving;
use file::FileReader;
pub use worker::{Importer, start};

/// Where imports are.
pub const PATH: &str = "/v1/imports";

/// A file may take so long to arrive.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// The media type of tables.
const TABLE: &[u8] = b"text/csv";

/// What an import's rows are.
pub type ImportResource = Word<domain::Importable>;

/// What happens to an import if a row is rejected.
pub type ImportMode = Word<domain::ImportMode>;

/// What a row of an import does to the record that is there already.
pub type ImportUpdate = Word<domain::ImportUpdate>;

/// The state of an import.
pub type ImportState = Word<domain::ImportState>;

/// An import, and how far it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e30",
    "resource_type": "mutual",
    "mode": "best_effort",
    "update": "merge",
    "validate_only": false,
    "state": "done",
    "rows": 120, "processed": 120, "created": 100, "updated": 12, "unchanged": 7, "failed": 1, "removals": 2,
    "requested_by": "key:0190b7a4-4000-7a10-8c00-2f6d1b9e4a57",
    "created_at": "2025-10-01T09:30:00.000250Z",
    "finished_at": "2025-10-01T09:30:01.250000Z"
}))]
pub struct Import {
    /// Its id.
    #[schema(value_type = String, format = "uuid", max_length = 36)]
    id: Text<ImportId>,
    resource_type: ImportResource,
    mode: ImportMode,
    update: ImportUpdate,
    /// `true` if the import only checks its rows and stores nothing.
    validate_only: bool,
    state: ImportState,
    /// How many rows it has.
    rows: i64,
    /// How many rows were entered or rejected.
    processed: i64,
    /// How many rows created a record, or would create one with `validate_only`.
    created: i64,
    /// How many rows changed a record, or would change one with `validate_only`.
    updated: i64,
    /// How many rows have the same content as their record.
    unchanged: i64,
    /// The number of rows rejected. Only the first 1,000 have a problem.
    failed: i64,
    /// How many of the updated rows removed something from their record, or would with `validate_only`. Read
    /// `/v1/imports/{import_id}/removals` to see what.
    removals: i64,
    /// The caller who requested it. The log names them for the rows that it entered.
    #[schema(max_length = 300)]
    requested_by: String,
    created_at: Instant,
    /// When its last row was entered or rejected, or when it failed or was cancelled.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Instant>,
}

/// Why a row was rejected.
#[derive(ToSchema)]
#[schema(example = json!({
    "line": 17,
    "type": "/problems/invalid-content",
    "title": "The content is invalid",
    "status": 422,
    "detail": "1 error in the request body",
    "errors": [{"pointer": "/name", "code": "required", "detail": "this field is required"}]
}))]
#[expect(dead_code, reason = "describes what is stored as text")]
struct ImportProblem {
    /// The number of the line, from 1. 0 if the problem concerns the whole import.
    line: i64,
    /// The record that the row named by its `id`.
    #[schema(nullable = false, format = "uuid", max_length = 36)]
    record_id: Option<String>,
    /// The problem type. Open this address to read what it means and what to do.
    #[schema(format = "uri-reference", max_length = 100)]
    r#type: String,
    /// The problem type in a few words.
    #[schema(max_length = 200)]
    title: String,
    /// The HTTP status that the change would get in a request of its own.
    #[schema(minimum = 400, maximum = 599)]
    status: i32,
    /// What is wrong.
    #[schema(max_length = 10000)]
    detail: String,
    /// Every error, with a JSON Pointer into the row. Values that may contain personal data are not repeated.
    #[schema(nullable = false, max_items = 1000)]
    errors: Option<Vec<ErrorItem>>,
    /// The records that the row conflicts with.
    #[schema(nullable = false, max_items = 1000)]
    conflicts: Option<Vec<OtherRecord>>,
}

/// The reasons why rows were rejected, in the order of their lines.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [example_of::<ImportProblem>()]}))]
struct ImportProblemPage {
    /// The problems.
    #[schema(value_type = Vec<ImportProblem>, max_items = 200)]
    items: Vec<Box<RawValue>>,
    /// The `after` for the next request. Absent at the end.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

/// What a row removed from its record, or would remove with `validate_only`.
#[derive(ToSchema)]
#[schema(example = json!({
    "line": 17, "record_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "fields": ["/region", "/sources/1"]
}))]
#[expect(dead_code, reason = "describes what is stored as text")]
struct ImportRemoval {
    /// The number of the line, from 1.
    #[schema(minimum = 1)]
    line: i64,
    /// The record.
    #[schema(format = "uuid", max_length = 36)]
    record_id: String,
    /// JSON Pointers to the fields and list elements that the record had before and does not have after.
    #[schema(max_items = 20)]
    fields: Vec<RemovedField>,
    /// How many more fields there are.
    #[schema(nullable = false, minimum = 1)]
    more: Option<i64>,
}

/// JSON Pointer (RFC 6901) to a field or an element of a list.
#[derive(ToSchema)]
#[schema(format = "json-pointer", max_length = 1000, example = "/sources/1")]
#[expect(dead_code, reason = "describes what is stored as text")]
struct RemovedField(String);

/// What rows removed, in the order of their lines.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [example_of::<ImportRemoval>()]}))]
struct ImportRemovalPage {
    /// The rows that removed something.
    #[schema(value_type = Vec<ImportRemoval>, max_items = 200)]
    items: Vec<Box<RawValue>>,
    /// The `after` for the next request. Absent at the end.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

/// Rows, each a JSON object on its own line: a record as in a request to create it, or as exported.
#[derive(ToSchema)]
#[schema(
    format = "ndjson",
    example = "{\"name\":\"Harmonie\",\"sectors\":[\"community_health\"]}\n{\"name\":\"Calder Libraries\",\"sectors\":[\"libraries_archives\"]}\n"
)]
#[expect(dead_code, reason = "describes what is never whole in memory")]
struct ImportRows(String);

/// A table in CSV (RFC 4180, UTF-8), with a header line: columns as in an export, in any order.
#[derive(ToSchema)]
#[schema(format = "csv", example = "name,sectors,region\r\nHarmonie,\"[\"\"community_health\"\"]\",wales\r\n")]
#[expect(dead_code, reason = "describes what is never whole in memory")]
struct ImportTable(String);

/// How a file is imported.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportOptions {
    /// The type of the records.
    #[param(required, value_type = ImportResource)]
    resource_type: Option<ImportResource>,
    /// `best_effort` (the default) enters every valid row. `atomic` enters all rows or none, and takes at most 1,000
    /// rows.
    mode: Option<ImportMode>,
    /// `merge` (the default) changes only what the row names: a field or column that is not there stays, and `null` or
    /// an empty cell removes a field. `replace` removes every field that the row does not have.
    update: Option<ImportUpdate>,
    /// `true` carries out all checks and enters nothing. Up to 1,000 rows are checked together, as if they were entered. In a longer
    /// file, rows that are not checked together do not see each other: a reference to a record that another row would create is reported
    /// as unknown, and a name, slug or identifier that two rows use is not reported.
    #[param(default = false)]
    validate_only: Option<bool>,
}

impl Sorted for Import {
    const NAME: &'static str = "ImportSort";
    const KEYS: &'static [SortKey] = &[SortKey::ID];
}

type ImportPage = ListPage<Import>;

/// Which rows of an import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProblemFilter {
    /// Return what comes after this line: the `next_after` of the previous response. Leave it out for the beginning.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<Bounded<0, { i64::MAX }>>,
    /// The maximum number of items in the response.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<Bounded<1, 200>>,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_imports).service(create_import).service(get_import).service(delete_import);
    config.service(list_import_problems).service(list_import_removals);
}

/// List imports
///
/// In the order in which they were requested. You see your own imports. Administrators and auditors see all. An import
/// is kept for some days after it ends.
#[utoipa::path(
    tag = "imports",
    params(ListParameters<Import>),
    responses((status = 200, description = "A page of imports", body = ImportPage))
)]
#[get("/imports")]
async fn list_imports(app: App, caller: Caller, query: ListQuery<NoFilter, Import>) -> Result<HttpResponse, Problem> {
    authorize_role(&caller, Action::Read, Kind::Import)?;
    let page = query.page.clone();
    let slice = app.store.read(move |tx| {
        let asked_by = (!sees_all(&caller)).then_some(caller.name.as_str());
        let (imports, total) = import::list(tx, asked_by, &IdPage::from(&page))?;
        let items = imports.into_iter().map(listed).collect();
        Ok::<_, Problem>(Slice::by_id(items, page.limit, page.count.then_some(Total::Exactly(total))))
    });
    query.answer(slice.await?)
}

/// Import records
///
/// Send a file of records: one JSON object on each line, or a table in CSV. They are entered in the background. To
/// follow the progress, get the path in `Location`. All types can be imported except stage transitions, which move their
/// mutual and must be entered one by one. A record that belongs to another names it as in an export: a competition by
/// `contract_id`. An id or slug is accepted. It cannot change later. Each row is treated as if it were sent alone: it needs the same
/// permission and has its own log entry. If a row has the `id`, the `slug` or one of the `identifiers` of an existing
/// record, it changes that record, unless nothing differs: what the row does not name stays, unless you ask with
/// `update=replace`. Any other row creates a record. Rows may refer to one another in any
/// order, by the `id` that they set. Only an administrator's rows may set the `id` of a new record. Fields that the
/// register sets are ignored, so you can import an export. An administrator's rows may also give the history of a
/// record: the stage of a mutual with its dates, or the state of a ballot with its corrections. If you repeat the
/// request with the same `Idempotency-Key`, file and parameters, you get the same import. Each key can have 10 open
/// imports, with 1,000,000 rows in total that are not yet entered or rejected, unless the operator has set other
/// limits. If you send more, the status is 429. The imports of different callers take turns; your own are entered in
/// the order of your requests.
#[utoipa::path(
    tag = "imports",
    params(ImportOptions, IdempotencyKey),
    request_body(content((ImportRows = "application/x-ndjson"), (ImportTable = "text/csv"))),
    responses((status = 202, description = "The import, which is waiting to start", body = Import))
)]
#[post("/imports")]
async fn create_import(
    app: App,
    caller: Caller,
    request_id: RequestId,
    Query(options): Query<ImportOptions>,
    idempotency_key: IdempotencyKey,
    File { payload, is_table }: File,
) -> Result<HttpResponse, Problem> {
    let missing = || ErrorItem::parameter("resource_type", "required", "expected a value");
    let Word(resource_type) = options.resource_type.ok_or_else(|| Problem::bad_query(vec![missing()]))?;
    let may = |action| authorize_role(&caller, action, resource_type.kind());
    may(Action::Create)
        .or_else(|refused| may(Action::Update).or_else(|_| may(Action::Describe)).map_err(|_| refused))?;
    let new = NewImport {
        id: row::new_id(),
        resource_type,
        mode: options.mode.map_or(domain::ImportMode::BestEffort, Word::into_inner),
        update: options.update.map_or(domain::ImportUpdate::Merge, Word::into_inner),
        validate_only: options.validate_only.unwrap_or_default(),
    };
    let stamp = app.stamp(&caller, &request_id);
    let mut asked = format!("{resource_type} {} {}", new.mode, new.validate_only);
    if new.update == domain::ImportUpdate::Replace {
        asked.push_str(" replace");
    }
    let mut reader = if is_table { FileReader::of_table(columns(resource_type)) } else { FileReader::of_lines() };
    if is_table {
        asked.push_str(" table");
    }
    let mut arriving = Arriving::begin(app.store.clone(), stamp, new, &caller, Some(app.import_quota)).await?;
    let received =
        match timeout(LONGEST, receive(payload, &mut reader, &mut arriving, (app.import_limit, app.body_time))).await {
            Ok(received) => received,
            Err(_) => Err(Problem::request_timeout(LONGEST)),
        };
    let content = match received {
        Ok(content) => content,
        Err(problem) => return Err(arriving.break_off(problem).await),
    };
    let key = idempotency_key.0;
    let repeat = key.map(|key| Repeat::new(&caller.name, PATH, &key, &[asked.as_bytes(), &content]));
    let answer = match arriving.end(move |tx, id| accepted(tx, id, repeat.as_ref())).await {
        Ok(answer) => answer?,
        Err(problem) => return Err(arriving.break_off(problem).await),
    };
    app.import_call.notify_one();
    let location = format!("{PATH}/{}", answer.resource_id);
    let mut response = respond(answer, app.clock.now());
    response.headers_mut().insert(header::LOCATION, HeaderValue::try_from(location).map_err(Problem::internal)?);
    Ok(response)
}

/// The columns that a table of such records may have.
fn columns(resource_type: domain::Importable) -> Vec<Column> {
    object(resource_type.kind()).map(table::import_columns).unwrap_or_default()
}

/// The file of an import. A request without a `Content-Type` has none; one that is empty has its type.
struct File {
    payload: Payload,
    is_table: bool,
}

impl FromRequest for File {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(match request.headers().get(header::CONTENT_TYPE) {
            Some(media) => {
                // The gate has let no other types through than those of the contract.
                let is_table = media.as_bytes().get(..TABLE.len()).is_some_and(|own| own.eq_ignore_ascii_case(TABLE));
                Ok(Self { payload: payload.take(), is_table })
            }
            None => Err(Problem::malformed(ErrorItem::pointer(
                "",
                "required",
                "the file is missing: expected one JSON object on each line, or a table in CSV",
            ))),
        })
    }
}

/// The answer to an import that has arrived; or the one that the same request had before, and then this import is forgotten.
fn accepted(tx: &mut WriteTx<'_>, id: ImportId, repeat: Option<&Repeat>) -> Result<Result<Answer, Problem>, Problem> {
    let now = tx.stamp().now;
    if let Some(before) = repeat.and_then(|repeat| repeat.answer_to_file(tx, now).transpose()) {
        import::discard(tx, id)?;
        return Ok(before);
    }
    let import = import::complete(tx, id)?;
    let answer = Answer {
        fingerprint: None,
        status: StatusCode::ACCEPTED.as_u16().into(),
        resource_id: id.to_string(),
        etag: None,
        last_modified: None,
        entry_seq: None,
        body: serde_json::to_string(&Import::from(import)).map_err(Problem::internal)?,
    };
    Ok(Ok(match repeat {
        Some(repeat) => repeat.keep(tx, answer)?,
        None => answer,
    }))
}

/// Get an import
///
/// The progress of an import, for the person who started it, administrators and auditors. An import is kept for some
/// days after it ends.
#[utoipa::path(
    tag = "imports",
    params(("import_id" = String, Path, description = "Id of the import", format = "uuid", max_length = 36)),
    responses((status = 200, description = "The import", body = Import))
)]
#[get("/imports/{import_id}")]
async fn get_import(app: App, caller: Caller, id: PathKey<ImportId>) -> Result<HttpResponse, Problem> {
    let import = app.store.read_one(move |tx| find_for(tx, id.0, &caller)).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Import::from(import)))
}

/// Cancel an import
///
/// Stops an import that is arriving, waiting or running. Rows that were entered stay in the register, and the import
/// has their number. The other rows are not entered. You need permission to create such an import. You can cancel your
/// own imports, and administrators can cancel any. You can still read a cancelled import. If the import has already
/// ended, the status is 409.
#[utoipa::path(
    tag = "imports",
    params(("import_id" = String, Path, description = "Id of the import", format = "uuid", max_length = 36), ChangeOptions),
    responses((status = 204, description = "The import is cancelled"))
)]
#[delete("/imports/{import_id}")]
async fn delete_import(change: Change, id: PathKey<ImportId>) -> Result<HttpResponse, Problem> {
    let stamp = change.stamp();
    let Change { app, caller, dry_run, .. } = change;
    let cancelled = app.store.write(stamp, move |tx| {
        authentication::confirm(tx, &caller)?;
        authorize_role(&caller, Action::Delete, Kind::Import)?;
        find_for(tx, id.0, &caller)?;
        import::cancel(tx, id.0)?;
        if dry_run {
            tx.discard();
        }
        Ok::<_, Problem>(())
    });
    cancelled.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List the problems of an import
///
/// The reasons why rows were rejected so far, in the order of their lines, for the first 1,000 rejected rows. If the
/// import failed, line 0 has the reason.
#[utoipa::path(
    tag = "imports",
    params(("import_id" = String, Path, description = "Id of the import", format = "uuid", max_length = 36), ProblemFilter),
    responses((status = 200, description = "The problems", body = ImportProblemPage))
)]
#[get("/imports/{import_id}/problems")]
async fn list_import_problems(
    app: App,
    caller: Caller,
    id: PathKey<ImportId>,
    Query(filter): Query<ProblemFilter>,
) -> Result<HttpResponse, Problem> {
    let (items, next_after) = told(app, caller, id.0, &filter, import::problems).await?;
    let page = ImportProblemPage { items, next_after };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(page))
}

/// List what an import removes
///
/// The fields that rows removed from their records so far, or would remove with `validate_only`, in the order of their
/// lines, for the first 1,000 such rows. Ask for this after a dry run, before you import a file.
#[utoipa::path(
    tag = "imports",
    params(("import_id" = String, Path, description = "Id of the import", format = "uuid", max_length = 36), ProblemFilter),
    responses((status = 200, description = "What rows removed", body = ImportRemovalPage))
)]
#[get("/imports/{import_id}/removals")]
async fn list_import_removals(
    app: App,
    caller: Caller,
    id: PathKey<ImportId>,
    Query(filter): Query<ProblemFilter>,
) -> Result<HttpResponse, Problem> {
    let (items, next_after) = told(app, caller, id.0, &filter, import::removals).await?;
    let page = ImportRemovalPage { items, next_after };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(page))
}

/// Finds what is told of the rows of an import after a line, up to so many.
type Find = fn(&mut ReadTx<'_>, ImportId, i64, usize) -> Result<Vec<(i64, String)>, store::Error>;

/// What is told of the rows of an import, and the line after which there is more.
async fn told(
    app: App,
    caller: Caller,
    id: ImportId,
    filter: &ProblemFilter,
    find: Find,
) -> Result<(Vec<Box<RawValue>>, Option<i64>), Problem> {
    let after = filter.after.map_or(-1, |Bounded(after)| after);
    let limit = filter.limit.and_then(|Bounded(limit)| usize::try_from(limit).ok()).unwrap_or(50);
    let found = app.store.read(move |tx| {
        find_for(tx, id, &caller)?;
        Ok::<_, Problem>(find(tx, id, after, limit.saturating_add(1))?)
    });
    let mut found = found.await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next_after = found.last().filter(|_| has_more).map(|(line, _)| *line);
    let items = found.into_iter().map(|(_, told)| RawValue::from_string(told));
    Ok((items.collect::<Result<_, _>>().map_err(Problem::internal)?, next_after))
}

/// The import, for those who may know of it.
fn find_for(tx: &mut store::ReadTx<'_>, id: ImportId, caller: &Caller) -> Result<import::Import, Problem> {
    authorize_role(caller, Action::Read, Kind::Import)?;
    let import = import::find(tx, id)?;
    if import.caller.name == caller.name || sees_all(caller) {
        return Ok(import);
    }
    let (resource_type, key) = (domain::Kind::Import, id.to_string());
    Err(store::Error::NotFound { resource_type, key }.into())
}

/// Whether a caller may know of imports that others asked for.
fn sees_all(caller: &Caller) -> bool {
    matches!(caller.access.as_ref().map(|access| access.role), Some(Role::Admin | Role::Auditor))
}

/// An import has no version; each of these only grows, and one of them does with every change.
fn listed(import: import::Import) -> Listed {
    let state = domain::ImportState::ALL.iter().position(|state| *state == import.state);
    let state = state.and_then(|state| i64::try_from(state).ok()).unwrap_or_default();
    let version = import.counts.rows.saturating_add(processed(&import)).saturating_add(state);
    let id = import.id.to_string();
    Listed {
        id,
        version,
        entry_seq: None,
        document: serde_json::to_string(&Import::from(import)).unwrap_or_default(),
        reduced: false,
    }
}

impl From<import::Import> for Import {
    fn from(import: import::Import) -> Self {
        let counts = import.counts;
        Self {
            id: Text(import.id),
            resource_type: Word(import.resource_type),
            mode: Word(import.mode),
            update: Word(import.update),
            validate_only: import.validate_only,
            state: Word(import.state),
            rows: counts.rows,
            processed: processed(&import),
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            failed: counts.failed,
            removals: counts.removing,
            requested_by: import.caller.name,
            created_at: Instant(import.created_at),
            finished_at: import.finished_at.map(Instant),
        }
    }
}

/// How many rows of an import were entered or refused.
fn processed(import: &import::Import) -> i64 {
    let counts = import.counts;
    counts.created.saturating_add(counts.updated).saturating_add(counts.unchanged).saturating_add(counts.failed)
}

/// Takes the body in, row by row; gives its digest. Each piece of it must come in time.
async fn receive(
    mut payload: Payload,
    reader: &mut FileReader,
    arriving: &mut Arriving,
    (limit, piece_time): (usize, Duration),
) -> Result<Vec<u8>, Problem> {
    let mut size = 0_usize;
    let mut hash = Sha256::new();
    loop {
        let piece = timeout(piece_time, payload.next()).await.map_err(|_| Problem::request_timeout(piece_time))?;
        let Some(piece) = piece else { break };
        store::answer_anew();
        let piece = piece.map_err(|error| Problem::bad_request(format!("the body ended too early: {error}")))?;
        size = size.saturating_add(piece.len());
        if size > limit {
            return Err(Problem::payload_too_large(limit));
        }
        hash.update(&piece);
        arriving.rows(reader.take(&piece)?).await?;
    }
    arriving.rows(reader.end()?).await?;
    Ok(hash.finalize().to_vec())
}

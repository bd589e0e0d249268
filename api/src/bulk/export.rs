//! Bulk out: all records of a list in one answer, as lines of JSON or as a table.
//!
//! An export is read page by page in one snapshot and sent as it is read, so that its size costs no memory. What breaks off ends the
//! connection, so that it never looks whole.

use std::time::Duration;

use actix_web::http::header::{self, HeaderName};
use actix_web::rt::time::Instant;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get};
use document::Wire;
use domain::{Contract, Department, Mutual, StaffBallot};
use futures_util::{Stream, stream};
use store::{Page, Pieces, ReadTx, Slice};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::caller::Caller;
use crate::register::contract::ContractFilter;
use crate::register::department::DepartmentFilter;
use crate::register::mutual::MutualFilter;
use crate::register::resource::Root;
use crate::register::staff_ballot::StaffBallotFilter;
use crate::request::page::SortKey;
use crate::request::query::Query;
use crate::response::problem::Problem;
use crate::response::table::{self, Column};

/// The header that says which moment an export is of.
pub static REGISTER_SEQ: HeaderName = HeaderName::from_static("register-seq");

/// So many records are read at a time.
const AT_A_TIME: usize = 200;

/// A client has so long to take all of it: its snapshot keeps the database from tidying up.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Records as lines, each of them a JSON object: the record as it is shown alone. Every line ends with a line feed.
#[derive(ToSchema)]
#[schema(
    format = "ndjson",
    example = "{\"id\":\"0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01\",\"version\":1,…}\n{\"id\":\"0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02\",\"version\":3,…}\n"
)]
#[expect(dead_code, reason = "describes what is never whole in memory")]
struct RecordLines(String);

/// Records as a table in CSV (RFC 4180, UTF-8), with a line of names.
#[derive(ToSchema)]
#[schema(format = "csv", example = "id,name,version,…\r\n0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01,Harmonie,1,…\r\n")]
#[expect(dead_code, reason = "describes what is never whole in memory")]
struct RecordTable(String);

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(export_departments_ndjson)
        .service(export_departments_csv)
        .service(export_mutuals_ndjson)
        .service(export_mutuals_csv)
        .service(export_staff_ballots_ndjson)
        .service(export_staff_ballots_csv)
        .service(export_contracts_ndjson)
        .service(export_contracts_csv);
}

/// Export departments as lines of JSON
///
/// Each line is a `Department`, in the order of entry. All lines are from the same moment, which `Register-Seq` names.
/// If the response breaks off, it is incomplete: ask again.
#[utoipa::path(
    tag = "departments",
    params(DepartmentFilter),
    responses((status = 200, description = "All departments that match the filter", body = RecordLines, content_type = "application/x-ndjson"))
)]
#[get("/departments/export.ndjson")]
async fn export_departments_ndjson(
    app: App,
    caller: Caller,
    Query(filter): Query<DepartmentFilter>,
) -> Result<HttpResponse, Problem> {
    export::<Department>(&app, caller, filter, Form::Lines).await
}

/// Export departments as a table
///
/// CSV (RFC 4180, UTF-8): a line of names, then one for each department, in the order of entry. Each member of a
/// `Department` is a column. Text is written as it is, anything else as JSON. Text that a spreadsheet would treat as a
/// formula has an apostrophe in front.
#[utoipa::path(
    tag = "departments",
    params(DepartmentFilter),
    responses((status = 200, description = "All departments that match the filter", body = RecordTable, content_type = "text/csv"))
)]
#[get("/departments/export.csv")]
async fn export_departments_csv(
    app: App,
    caller: Caller,
    Query(filter): Query<DepartmentFilter>,
) -> Result<HttpResponse, Problem> {
    export::<Department>(&app, caller, filter, Form::Table).await
}

/// Export mutuals as lines of JSON
///
/// Each line is a `Mutual`, in the order of entry. All lines are from the same moment, which `Register-Seq` names. If
/// the response breaks off, it is incomplete: ask again.
#[utoipa::path(
    tag = "mutuals",
    params(MutualFilter),
    responses((status = 200, description = "All mutuals that match the filter", body = RecordLines, content_type = "application/x-ndjson"))
)]
#[get("/mutuals/export.ndjson")]
async fn export_mutuals_ndjson(
    app: App,
    caller: Caller,
    Query(filter): Query<MutualFilter>,
) -> Result<HttpResponse, Problem> {
    export::<Mutual>(&app, caller, filter, Form::Lines).await
}

/// Export mutuals as a table
///
/// CSV (RFC 4180, UTF-8): a line of names, then one for each mutual, in the order of entry. Each member of a `Mutual`
/// is a column. Text is written as it is, anything else as JSON. Text that a spreadsheet would treat as a formula has
/// an apostrophe in front.
#[utoipa::path(
    tag = "mutuals",
    params(MutualFilter),
    responses((status = 200, description = "All mutuals that match the filter", body = RecordTable, content_type = "text/csv"))
)]
#[get("/mutuals/export.csv")]
async fn export_mutuals_csv(
    app: App,
    caller: Caller,
    Query(filter): Query<MutualFilter>,
) -> Result<HttpResponse, Problem> {
    export::<Mutual>(&app, caller, filter, Form::Table).await
}

/// Export staff ballots as lines of JSON
///
/// Each line is a `StaffBallot` as the caller may see it, in the order of entry. All lines are from the same moment,
/// which `Register-Seq` names. If the response breaks off, it is incomplete: ask again.
#[utoipa::path(
    tag = "staff ballots",
    params(StaffBallotFilter),
    responses((status = 200, description = "All staff ballots that match the filter", body = RecordLines, content_type = "application/x-ndjson"))
)]
#[get("/staff-ballots/export.ndjson")]
async fn export_staff_ballots_ndjson(
    app: App,
    caller: Caller,
    Query(filter): Query<StaffBallotFilter>,
) -> Result<HttpResponse, Problem> {
    export::<StaffBallot>(&app, caller, filter, Form::Lines).await
}

/// Export staff ballots as a table
///
/// CSV (RFC 4180, UTF-8): a line of names, then one for each staff ballot as the caller may see it, in the order of entry. Each member of
/// a `StaffBallot` is a column. Text is written as it is, anything else as JSON. Text that a spreadsheet would treat as
/// a formula has an apostrophe in front.
#[utoipa::path(
    tag = "staff ballots",
    params(StaffBallotFilter),
    responses((status = 200, description = "All staff ballots that match the filter", body = RecordTable, content_type = "text/csv"))
)]
#[get("/staff-ballots/export.csv")]
async fn export_staff_ballots_csv(
    app: App,
    caller: Caller,
    Query(filter): Query<StaffBallotFilter>,
) -> Result<HttpResponse, Problem> {
    export::<StaffBallot>(&app, caller, filter, Form::Table).await
}

/// Export contracts as lines of JSON
///
/// Each line is a `Contract`, in the order of entry. All lines are from the same moment, which `Register-Seq` names. If
/// the response breaks off, it is incomplete: ask again.
#[utoipa::path(
    tag = "contracts",
    params(ContractFilter),
    responses((status = 200, description = "All contracts that match the filter", body = RecordLines, content_type = "application/x-ndjson"))
)]
#[get("/contracts/export.ndjson")]
async fn export_contracts_ndjson(
    app: App,
    caller: Caller,
    Query(filter): Query<ContractFilter>,
) -> Result<HttpResponse, Problem> {
    export::<Contract>(&app, caller, filter, Form::Lines).await
}

/// Export contracts as a table
///
/// CSV (RFC 4180, UTF-8): a line of names, then one for each contract, in the order of entry. Each member of a
/// `Contract` is a column. Text is written as it is, anything else as JSON. Text that a spreadsheet would treat as a
/// formula has an apostrophe in front.
#[utoipa::path(
    tag = "contracts",
    params(ContractFilter),
    responses((status = 200, description = "All contracts that match the filter", body = RecordTable, content_type = "text/csv"))
)]
#[get("/contracts/export.csv")]
async fn export_contracts_csv(
    app: App,
    caller: Caller,
    Query(filter): Query<ContractFilter>,
) -> Result<HttpResponse, Problem> {
    export::<Contract>(&app, caller, filter, Form::Table).await
}

/// How an export is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A JSON object on each line.
    Lines,
    /// CSV with a line of names.
    Table,
}

impl Form {
    fn media_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Table => "text/csv; charset=utf-8; header=present",
        }
    }
}

async fn export<R: Root>(app: &App, caller: Caller, filter: R::Filter, form: Form) -> Result<HttpResponse, Problem> {
    let (_, sort) = *R::Sort::KEYS.first().ok_or_else(|| Problem::internal("a list has no order"))?;
    let columns = table::columns(&<R::Document as Wire>::OBJECT);
    let mut page = Some(Page { limit: AT_A_TIME, sort, descending: false, after: None, count: false });
    let next = move |tx: &mut ReadTx<'_>| {
        let Some(asked) = page.take() else { return Ok(None) };
        let slice = R::list(tx, &filter, &asked, &caller)?;
        let piece = match form {
            Form::Lines => lines(&slice),
            Form::Table => rows(&columns, asked.after.is_none(), &slice)?,
        };
        page = slice.next.map(|after| Page { after: Some(after), ..asked });
        Ok::<_, Problem>(Some(piece))
    };
    let Pieces { seq, rest } = app.store.read_in_pieces(next).await?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, form.media_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((REGISTER_SEQ.clone(), seq.to_string()));
    Ok(response.streaming(until_too_late(rest)))
}

fn lines(slice: &Slice) -> Vec<u8> {
    let size = slice.items.iter().map(|item| item.document.len().saturating_add(1)).sum();
    let mut piece = Vec::with_capacity(size);
    for item in &slice.items {
        piece.extend_from_slice(item.document.as_bytes());
        piece.push(b'\n');
    }
    piece
}

fn rows(columns: &[Column], is_first: bool, slice: &Slice) -> Result<Vec<u8>, Problem> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if is_first {
        writer.write_record(columns.iter().map(|column| &column.name)).map_err(Problem::internal)?;
    }
    for item in &slice.items {
        let cells = table::cells(columns, &item.document).map_err(Problem::internal)?;
        writer.write_record(cells).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(|error| Problem::internal(error.to_string()))
}

/// The pieces as a body, which breaks off where a piece can't be read or the time is over.
fn until_too_late(
    mut rest: tokio::sync::mpsc::Receiver<Result<Vec<u8>, Problem>>,
) -> impl Stream<Item = Result<Bytes, Problem>> {
    let end = Instant::now() + LONGEST;
    stream::poll_fn(move |context| {
        rest.poll_recv(context).map(|piece| {
            let piece = match piece? {
                Ok(_) if Instant::now() > end => Err(Problem::unavailable(1, "a client took too long over an export")),
                piece => piece.map(Bytes::from),
            };
            Some(piece.inspect_err(|problem| log::warn!("an export was cut short: {problem:?}")))
        })
    })
}

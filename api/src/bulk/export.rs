//! Bulk out: all records of a list in one answer, as lines of JSON or as a table.
//!
//! An export is read page by page in one snapshot into a file, and sent from there. So a large export needs little
//! memory, and a slow client does not keep the snapshot open.

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use document::Wire;
use serde::Deserialize;
use store::{Page, ReadTx, Slice, Spooled};
use utoipa::openapi::path::{HttpMethod, ParameterIn};
use utoipa::{IntoParams as _, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::bulk::delivery::Delivery;
use crate::caller::Caller;
use crate::register::collection::{AllOf, Collection};
use crate::register::operations::{Operation, answer_as, named};
use crate::request::argument::argument;
use crate::request::expansion::{ExpandParameter, Expansion};
use crate::request::query::{FromQuery as _, Parameters, finish};
use crate::response::problem::Problem;
use crate::response::selection::Selection;
use crate::response::table::{self, Column, TableOptions};

/// The header that says which moment an export is of.
pub static REGISTER_SEQ: HeaderName = HeaderName::from_static("register-seq");
pub static REGISTER_EPOCH: HeaderName = HeaderName::from_static("register-epoch");

/// So many records are read at a time.
const AT_A_TIME: usize = 200;

/// One JSON object on each line: the record as in a request for this record alone. Every line ends with a line feed.
#[derive(ToSchema)]
#[schema(
    format = "ndjson",
    example = "{\"id\":\"0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01\",\"version\":1,…}\n{\"id\":\"0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02\",\"version\":3,…}\n"
)]
#[expect(dead_code, reason = "describes what is never whole in memory")]
struct RecordLines(String);

/// Records as a table in CSV (RFC 4180, UTF-8), with a header line. Text is written unchanged, and other values as JSON. Text that a
/// spreadsheet would treat as a formula has an apostrophe in front. Excel reads the file correctly with `bom=true`.
#[derive(ToSchema)]
#[schema(format = "csv", example = "id,slug,name,…\r\n0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01,harmonie,Harmonie,…\r\n")]
#[expect(dead_code, reason = "describes what is never whole in memory")]
struct RecordTable(String);

/// What mounts the exports of each kind.
const EXPORTS: &[fn(&mut ServiceConfig<'_>)] = {
    macro_rules! all {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            &[$(exports::<$Record>,)+ $(exports::<AllOf<$Child>>,)+]
        };
    }
    domain::for_each_record!(all)
};

pub fn routes(config: &mut ServiceConfig<'_>) {
    EXPORTS.iter().for_each(|mount| mount(config));
}

/// What every export answers, so that the contract says it once.
const ANSWER: &str = "All records that match the filter. The whole file shows the register at the same moment, and `Register-Seq` \
                      has the newest log entry at that moment. If the connection breaks, the file is incomplete: repeat the \
                      request. The service closes the connection if you read too slowly, if your key is revoked, or if your \
                      token expires.";

fn exports<C: Collection>(config: &mut ServiceConfig<'_>) {
    let (words, name) = (C::WORDS, C::Document::OBJECT.name);
    let seen = if C::Document::OBJECT.has_personal() { " that you may see" } else { "" };
    let lines = format!("A line for each record, in the order of entry, with the fields of `{name}`{seen}.");
    let table = format!("A line for each record, in the order of entry. The columns are the fields of `{name}`{seen}.");
    for (form, suffix, summary, text, media_type, schema) in [
        (Form::Lines, "ndjson", "lines of JSON", lines, "application/x-ndjson", RecordLines::name()),
        (Form::Table, "csv", "a table", table, "text/csv", RecordTable::name()),
    ] {
        let id = format!("export_{}_{suffix}", C::KIND.table());
        let mut parameters = C::Query::into_params(|| Some(ParameterIn::Query));
        parameters.push(Selection::parameter());
        parameters.extend(ExpandParameter::<C>::into_params(|| Some(ParameterIn::Query)));
        if form == Form::Table {
            parameters.extend(TableOptions::into_params(|| Some(ParameterIn::Query)));
        }
        let operation = words
            .operation(id, format!("Export {} as {summary}", words.many), text)
            .parameters(Some(parameters))
            .response("200", answer_as(media_type, ANSWER, &schema))
            .build();
        let export = move |app: App, caller: Caller, query: ExportQuery<C>| async move {
            export::<C>(&app, caller, query, form).await
        };
        config.service(Operation {
            path: format!("/{}/export.{suffix}", C::KIND.segment()),
            method: HttpMethod::Get,
            operation,
            schemas: match form {
                Form::Lines => named::<RecordLines>,
                Form::Table => named::<RecordTable>,
            },
            route: web::to(export),
        });
    }
}

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
            Self::Table => table::MEDIA_TYPE,
        }
    }
}

/// Which records an export has, and what of them.
struct ExportQuery<C: Collection> {
    filter: C::Query,
    selection: Option<Selection>,
    expansion: Expansion,
    has_mark: bool,
}

argument!(ExportQuery<C>, C: Collection);

impl<C: Collection> ExportQuery<C> {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Named {
            fields: Vec<String>,
        }
        let (parameters, mut faults) = Parameters::of(request);
        let filter = C::Query::from_query(&parameters, &mut faults);
        let options = parameters.read::<TableOptions>(&mut faults);
        let fields = parameters.read::<Named>(&mut faults).unwrap_or_default().fields;
        let selection = Selection::of(&fields, &C::Document::OBJECT, &mut faults);
        let expansion = Expansion::of(&parameters, C::MEMBERS, &mut faults);
        let (filter, options) = finish(filter.zip(options), faults)?;
        Ok(Self { filter, selection, expansion, has_mark: options.has_mark() })
    }
}

async fn export<C: Collection>(
    app: &App,
    caller: Caller,
    query: ExportQuery<C>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let ExportQuery { filter, selection, expansion, has_mark } = query;
    let sort = *C::KEYS.first().ok_or_else(|| Problem::internal("a list has no order"))?;
    let in_table = form == Form::Table;
    let mut columns = match &selection {
        Some(Selection(columns)) => columns.clone(),
        None => table::columns(&C::Document::OBJECT),
    };
    columns.extend(expansion.columns(in_table));
    let selection = selection.map(|selection| selection.and(expansion.columns(in_table)));
    let (sees, mut page) =
        (caller.clone(), Some(Page { limit: AT_A_TIME, sort, descending: false, after: None, count: false }));
    let next = move |tx: &mut ReadTx<'_>| {
        let Some(asked) = page.take() else { return Ok(None) };
        let mut slice = C::page(tx, &filter, &asked, sees.draft_access_in(C::KIND)).map_err(Problem::of_query)?;
        let documents = slice.items.iter_mut().map(|item| &mut item.document);
        if in_table {
            expansion.flatten(tx, documents)?
        } else {
            expansion.expand(tx, documents)?
        }
        let piece = match form {
            Form::Lines => lines(selection.as_ref(), &slice)?,
            Form::Table => rows(&columns, asked.after.is_none().then_some(has_mark), &slice)?,
        };
        page = slice.next.map(|after| Page { after: Some(after), ..asked });
        Ok::<_, Problem>(Some(piece))
    };
    deliver(app, caller, app.store.spool(next).await?, form.media_type())
}

/// The answer that sends what was spooled.
pub fn deliver(app: &App, caller: Caller, spooled: Spooled, media_type: &'static str) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((REGISTER_EPOCH.clone(), spooled.head.epoch.id.to_string()))
        .insert_header((REGISTER_SEQ.clone(), spooled.head.seq.to_string()));
    let delivery = Delivery::begin(app, caller, spooled);
    Ok(response.body(delivery.into_body()))
}

fn lines(selection: Option<&Selection>, slice: &Slice) -> Result<Vec<u8>, Problem> {
    let size = slice.items.iter().map(|item| item.document.len().saturating_add(1)).sum();
    let mut piece = Vec::with_capacity(size);
    for item in &slice.items {
        match selection {
            Some(selection) => piece.extend(selection.document(&item.document).map_err(Problem::internal)?.bytes()),
            None => piece.extend_from_slice(item.document.as_bytes()),
        }
        piece.push(b'\n');
    }
    Ok(piece)
}

/// The lines of records; at the beginning of a table that of the names, and a byte order mark if it is to have one.
fn rows(columns: &[Column], beginning: Option<bool>, slice: &Slice) -> Result<Vec<u8>, Problem> {
    let mark = if beginning == Some(true) { table::BYTE_ORDER_MARK } else { "" };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(mark.as_bytes().to_vec());
    if beginning.is_some() {
        writer.write_record(columns.iter().map(|column| &column.name)).map_err(Problem::internal)?;
    }
    for item in &slice.items {
        let cells = table::cells(columns, &item.document).map_err(Problem::internal)?;
        writer.write_record(cells).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(|error| Problem::internal(error.to_string()))
}

//! Figures and reports as tables, for spreadsheets. What is in a cell is what the JSON of the same figure says.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::statistics::Statistics;
use crate::response::problem::Problem;
use crate::response::table::{self, TableOptions};
use document::figures::Scorecard;

/// A table in CSV (RFC 4180, UTF-8), with a header line. A column with a dot has a field of an object:
/// `operating.count`.
#[derive(ToSchema)]
#[schema(format = "csv", example = "period,operating.count,…\r\n2012,9,…\r\n")]
#[expect(dead_code, reason = "describes what is a text")]
pub struct FigureTable(String);

/// The columns of the statistics: a row for each figure.
const STATISTICS: [&str; 10] =
    ["as_at", "group", "code", "name", "figure", "currency", "value", "records", "lacking", "url"];

/// The figures of all mutuals.
const ALONE: [&str; 10] = [
    "operating",
    "on_the_way",
    "suspended",
    "ended_before_launch",
    "ended_after_launch",
    "unknown",
    "operating_staff",
    "on_the_way_staff",
    "launches_past_gate",
    "contracts_ending",
];

/// The breakdowns: what they are by, their member, and the member of an item that says of what it is.
const BREAKDOWNS: [(&str, &str, &str); 9] = [
    ("sector", "by_sector", "sector"),
    ("region", "by_region", "region"),
    ("department", "by_department", "slug"),
    ("legal_form", "by_legal_form", "legal_form"),
    ("launch_year", "by_launch_year", "year"),
    ("stage", "by_stage", "stage"),
    ("procedure", "contracts_by_procedure", "procedure"),
    ("regime", "contracts_by_regime", "regime"),
    ("winner_kind", "competitions_by_winner_kind", "winner_kind"),
];

/// The figures of an item of a breakdown.
const OF_AN_ITEM: [&str; 9] =
    ["operating", "on_the_way", "staff", "mutuals", "contracts", "won", "lost", "open", "other"];

/// The rows of a table, each with the value of every column. Where the table begins here, the names of the columns come first, after a
/// byte order mark if it is to have one.
///
/// # Errors
/// Where an item can't be written.
pub fn rows<'c>(
    columns: impl Iterator<Item = &'c str> + Clone,
    beginning: Option<TableOptions>,
    items: &[impl Serialize],
) -> Result<Vec<u8>, Problem> {
    let mark = beginning.filter(|options| options.has_mark()).map_or("", |_| table::BYTE_ORDER_MARK);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(mark.as_bytes().to_vec());
    if beginning.is_some() {
        writer.write_record(columns.clone()).map_err(Problem::internal)?;
    }
    for item in items {
        let item = serde_json::to_value(item).map_err(Problem::internal)?;
        let cell = |name: &str| item.pointer(&format!("/{}", name.replace('.', "/"))).map(table::cell);
        writer.write_record(columns.clone().map(|name| cell(name).unwrap_or_default())).map_err(Problem::internal)?;
    }
    writer.into_inner().map_err(|error| Problem::internal(error.to_string()))
}

/// A whole table.
///
/// # Errors
/// As [`rows`].
pub fn whole(columns: &[&str], options: TableOptions, items: &[impl Serialize]) -> Result<Bytes, Problem> {
    rows(columns.iter().copied(), Some(options), items).map(Bytes::from)
}

/// The answer, which is a table.
pub fn answered(mut response: HttpResponse) -> HttpResponse {
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(table::MEDIA_TYPE));
    }
    response
}

/// The statistics: a row for each figure.
///
/// # Errors
/// As [`rows`].
pub fn statistics(statistics: &Statistics, options: TableOptions) -> Result<Bytes, Problem> {
    let statistics = serde_json::to_value(statistics).map_err(Problem::internal)?;
    let mut all = Figures { as_at: at(&statistics, "/as_at").clone(), rows: Vec::new() };
    for name in ALONE {
        all.push(("", &Value::Null, &Value::Null), name, at(&statistics, &format!("/{name}")));
    }
    for (group, list, of) in BREAKDOWNS {
        for item in elements(at(&statistics, &format!("/{list}"))) {
            let place = (group, at(item, &format!("/{of}")), at(item, "/name"));
            for name in OF_AN_ITEM {
                all.push(place, name, at(item, &format!("/{name}")));
            }
            for value in elements(at(item, "/values")) {
                all.push(place, "value", value);
            }
        }
        // Those of which the fact is not known, which no item counts.
        for name in ["operating", "on_the_way"] {
            let count = at(&statistics, &format!("/left_out/{group}/{name}"));
            if !count.is_null() {
                all.push((group, &Value::Null, &json!("not known")), name, &json!({ "count": count }));
            }
        }
    }
    let place = ("ballots", &Value::Null, &Value::Null);
    all.push(place, "declared", at(&statistics, "/ballots/declared"));
    let turnout = at(&statistics, "/ballots/turnout");
    for name in ["returned", "entitled"] {
        let of_turnout = |name: &str| at(turnout, &format!("/{name}"));
        let [total, records, lacking, url] = [name, "records", "lacking", "url"].map(of_turnout);
        let sum = json!({ "total": total, "records": records, "lacking": lacking, "url": url });
        all.push(place, name, &sum);
    }
    for name in ["won", "lost", "open", "other"] {
        let place = ("competitions", &Value::Null, &Value::Null);
        all.push(place, name, at(&statistics, &format!("/competitions/{name}")));
    }
    whole(&STATISTICS, options, &all.rows)
}

/// The columns of a scorecard: a row for each figure.
const SCORECARD: [&str; 7] = ["as_at", "department", "group", "code", "name", "figure", "value"];

/// A scorecard: a row for each figure, and one for each contract that it names.
///
/// # Errors
/// As [`rows`].
pub fn scorecard(scorecard: &Scorecard, options: TableOptions) -> Result<Bytes, Problem> {
    let scorecard = serde_json::to_value(scorecard).map_err(Problem::internal)?;
    let (as_at, department) = (at(&scorecard, "/as_at"), at(&scorecard, "/department/slug"));
    let mut rows = Vec::new();
    let mut push = |group: &str, (code, name): (&Value, &Value), figure: &str, value: &Value| {
        rows.push(json!({
            "as_at": as_at, "department": department, "group": group, "code": code, "name": name, "figure": figure,
            "value": value
        }));
    };
    let none = (&Value::Null, &Value::Null);
    push("", none, "enablers_active", at(&scorecard, "/enablers_active"));
    for group in ["commitments", "support_requests"] {
        for (figure, value) in at(&scorecard, &format!("/{group}")).as_object().into_iter().flatten() {
            push(group, none, figure, value);
        }
    }
    for stage in elements(at(&scorecard, "/stages")) {
        for figure in ["mutuals", "enablers"] {
            push("stage", (at(stage, "/stage"), &Value::Null), figure, at(stage, &format!("/{figure}")));
        }
    }
    let ending = at(&scorecard, "/contracts_ending");
    for figure in ["by", "count"] {
        push("contracts_ending", none, figure, at(ending, &format!("/{figure}")));
    }
    for contract in elements(at(ending, "/next")) {
        push("contract", (at(contract, "/id"), at(contract, "/title")), "ends_on", at(contract, "/ends_on"));
    }
    whole(&SCORECARD, options, &rows)
}

/// What is at this place; `null` where nothing is.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

struct Figures {
    as_at: Value,
    rows: Vec<Map<String, Value>>,
}

impl Figures {
    /// Adds a row, if there is such a figure.
    fn push(&mut self, (group, code, name): (&str, &Value, &Value), figure: &str, of: &Value) {
        let Some(value) = of.get("count").or_else(|| of.get("total")) else { return };
        let cells = [
            ("as_at", self.as_at.clone()),
            ("group", group.into()),
            ("code", code.clone()),
            ("name", name.clone()),
            ("figure", figure.into()),
            ("currency", at(of, "/currency").clone()),
            ("value", value.clone()),
            ("records", at(of, "/records").clone()),
            ("lacking", at(of, "/lacking").clone()),
            ("url", at(of, "/url").clone()),
        ];
        self.rows.push(cells.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    }
}

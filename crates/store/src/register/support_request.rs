//! Mutuals' requests for support in the database.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use domain::support_request::Handling;
use domain::{Child, Kind, Mutual, Record, SupportRequest};

use crate::WriteTx;
use crate::backend::conn::Conn;
use crate::backend::json::{
    checked, day, day_option, instant, parsed, parsed_option, parsed_sources, sources, text_option,
};
use crate::backend::schema::support_requests;
use crate::error::Error;
use crate::query::keyset::SortColumn;
use crate::register::child::{self, AnyChild, ChildId, ChildRecord, Form, StoredChild, table_access};
use crate::register::document_form;
use crate::register::reference::{self, Reference};

impl StoredChild for SupportRequest {
    type Parent = Mutual;
    type Row = Row;

    const TYPE: Kind = Kind::SupportRequest;
    const TABLE: &'static str = "support_requests";
    const ORDER: SortColumn = child::by_id("support_requests.id");
    const FILTER_COLUMN: Option<&'static str> = Some("status");

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::SupportRequest(record)
    }

    /// An enabler of any department may take a request up; a closed one stays closed as it was.
    fn check(
        tx: &mut WriteTx<'_>,
        _: ChildId<Self>,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let enabler = wanted.handling.enabler_id.map(|id| Reference::new("enabler_id", Kind::Enabler, id));
        reference::check(tx, enabler.as_slice())?;
        Error::unless_possible(before.map(|before| before.content.handling.faults_becoming(&wanted.handling)))
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = support_requests, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    mutual_id: String,
    stage: String,
    need: String,
    requested_on: NaiveDate,
    status: String,
    enabler_id: Option<String>,
    closed_on: Option<NaiveDate>,
    decline_reason: Option<String>,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl child::Row<SupportRequest> for Row {
    table_access!(support_requests);

    fn new(record: &ChildRecord<SupportRequest>, form: Form) -> Self {
        let content = &record.content;
        let handling = &content.handling;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            mutual_id: content.parent_id.to_string(),
            stage: content.stage.to_string(),
            need: content.need.to_string(),
            requested_on: handling.requested_on.date(),
            status: handling.status.to_string(),
            enabler_id: text_option(handling.enabler_id.as_ref()),
            closed_on: handling.closed_on.map(|day| day.date()),
            decline_reason: text_option(handling.decline_reason.as_ref()),
            sources: sources(&content.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<SupportRequest>, Error> {
        let handling = Handling {
            requested_on: day("requested_on", self.requested_on)?,
            status: parsed("status", &self.status)?,
            enabler_id: parsed_option("enabler_id", self.enabler_id.as_deref())?,
            closed_on: day_option("closed_on", self.closed_on)?,
            decline_reason: parsed_option("decline_reason", self.decline_reason.as_deref())?,
        };
        let content = SupportRequest {
            stage: parsed("stage", &self.stage)?,
            need: parsed("need", &self.need)?,
            handling: checked("status, enabler_id, closed_on, decline_reason", handling)?,
            sources: parsed_sources(&self.sources)?,
        };
        Ok(Record {
            id: parsed("id", &self.id)?,
            version: self.version,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            content: Child { parent_id: parsed("mutual_id", &self.mutual_id)?, content },
        })
    }
}

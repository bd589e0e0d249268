//! Departments' commitments in the database.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use domain::{Child, Commitment, Department, Kind, Record};

use crate::backend::conn::Conn;
use crate::backend::json::{day, day_option, instant, parsed, parsed_option, parsed_sources, sources, text_option};
use crate::backend::schema::commitments;
use crate::error::Error;
use crate::query::keyset::SortColumn;
use crate::register::child::{self, AnyChild, ChildRecord, Form, StoredChild, table_access};
use crate::register::document_form;

impl StoredChild for Commitment {
    type Parent = Department;
    type Row = Row;

    const TYPE: Kind = Kind::Commitment;
    const TABLE: &'static str = "commitments";
    const ORDER: SortColumn = child::by_id("commitments.id");
    const FILTER_COLUMN: Option<&'static str> = Some("kind");

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::Commitment(record)
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = commitments, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    department_id: String,
    kind: String,
    title: String,
    due_on: NaiveDate,
    published_on: Option<NaiveDate>,
    evidence_url: Option<String>,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl Row {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

impl child::Row<Commitment> for Row {
    table_access!(commitments);

    fn new(record: &ChildRecord<Commitment>, form: Form) -> Self {
        let commitment = &record.content;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            department_id: commitment.parent_id.to_string(),
            kind: commitment.kind.to_string(),
            title: commitment.title.to_string(),
            due_on: commitment.due_on.date(),
            published_on: commitment.published_on.map(|day| day.date()),
            evidence_url: text_option(commitment.evidence_url.as_ref()),
            sources: sources(&commitment.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<Commitment>, Error> {
        let content = Commitment {
            kind: parsed("kind", &self.kind)?,
            title: parsed("title", &self.title)?,
            due_on: day("due_on", self.due_on)?,
            published_on: day_option("published_on", self.published_on)?,
            evidence_url: parsed_option("evidence_url", self.evidence_url.as_deref())?,
            sources: parsed_sources(&self.sources)?,
        };
        Ok(Record {
            id: parsed("id", &self.id)?,
            version: self.version,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            content: Child { parent_id: parsed("department_id", &self.department_id)?, content },
        })
    }
}

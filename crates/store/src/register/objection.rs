//! Objections to mutuals in the database.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use domain::objection::Handling;
use domain::{Child, Kind, Mutual, Objection, Record};

use crate::WriteTx;
use crate::backend::conn::Conn;
use crate::backend::json::{
    checked, day, day_option, instant, parsed, parsed_option, parsed_sources, sources, text_option,
};
use crate::backend::schema::objections;
use crate::error::Error;
use crate::query::keyset::SortColumn;
use crate::register::child::{self, AnyChild, ChildId, ChildRecord, Form, StoredChild, table_access};
use crate::register::document_form;

impl StoredChild for Objection {
    type Parent = Mutual;
    type Row = Row;

    const TYPE: Kind = Kind::Objection;
    const TABLE: &'static str = "objections";
    const ORDER: SortColumn = child::by_id("objections.id");
    const FILTER_COLUMN: Option<&'static str> = Some("outcome");

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::Objection(record)
    }

    /// What has become of an objection decides what may become of it next.
    fn check(
        _: &mut WriteTx<'_>,
        _: ChildId<Self>,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        Error::unless_possible(before.map(|before| before.content.handling.faults_becoming(&wanted.handling)))
    }

    fn erased(&self) -> Option<Self> {
        Some(Self { raised_by: None, ..self.clone() })
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = objections, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    mutual_id: String,
    raised_by: Option<String>,
    kind: String,
    grounds: String,
    raised_on: NaiveDate,
    outcome: String,
    decided_on: Option<NaiveDate>,
    decision_reasons: Option<String>,
    decided_by_arbiter: bool,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl child::Row<Objection> for Row {
    table_access!(objections);

    fn new(record: &ChildRecord<Objection>, form: Form) -> Self {
        let content = &record.content;
        let handling = &content.handling;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            mutual_id: content.parent_id.to_string(),
            raised_by: text_option(content.raised_by.as_ref()),
            kind: content.kind.to_string(),
            grounds: content.grounds.to_string(),
            raised_on: handling.raised_on.date(),
            outcome: handling.outcome.to_string(),
            decided_on: handling.decided_on.map(|day| day.date()),
            decision_reasons: text_option(handling.decision_reasons.as_ref()),
            decided_by_arbiter: handling.decided_by_arbiter,
            sources: sources(&content.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<Objection>, Error> {
        let handling = Handling {
            raised_on: day("raised_on", self.raised_on)?,
            outcome: parsed("outcome", &self.outcome)?,
            decided_on: day_option("decided_on", self.decided_on)?,
            decision_reasons: parsed_option("decision_reasons", self.decision_reasons.as_deref())?,
            decided_by_arbiter: self.decided_by_arbiter,
        };
        let content = Objection {
            raised_by: parsed_option("raised_by", self.raised_by.as_deref())?,
            kind: parsed("kind", &self.kind)?,
            grounds: parsed("grounds", &self.grounds)?,
            handling: checked("outcome, decided_on, decision_reasons, decided_by_arbiter", handling)?,
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

//! Departments' enablers in the database.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use domain::enabler::Active;
use domain::{Child, Department, Enabler, EnablerId, Kind, Record, SupportRequest};

use crate::ReadTx;
use crate::backend::conn::Conn;
use crate::backend::json::{
    checked, day_option, distinct, instant, parsed, parsed_list, parsed_option, parsed_sources, sources, text_option,
    texts,
};
use crate::backend::schema::enablers;
use crate::error::{Conflict, Error};
use crate::query::keyset::SortColumn;
use crate::register::child::{self, AnyChild, ChildRecord, Form, StoredChild, table_access};
use crate::register::document_form;

impl StoredChild for Enabler {
    type Parent = Department;
    type Row = Row;

    const TYPE: Kind = Kind::Enabler;
    const TABLE: &'static str = "enablers";
    const ORDER: SortColumn = child::by_id("enablers.id");
    const FILTER_COLUMN: Option<&'static str> = Some("role");
    const COVERED: &'static [&'static str] = &["stages", "sectors"];

    fn dependents(tx: &mut ReadTx<'_>, id: EnablerId) -> Result<Vec<Conflict>, Error> {
        Ok(Conflict::dependents([child::referring::<SupportRequest>(tx, "enabler_id", &id.to_string())?]))
    }

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::Enabler(record)
    }

    /// What the person covered stays: a gap in the support is no secret.
    fn erased(&self) -> Option<Self> {
        Some(Self { name: None, email: None, ..self.clone() })
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = enablers, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    department_id: String,
    name: Option<String>,
    role: String,
    email: Option<String>,
    sectors: String,
    stages: String,
    active_from: Option<NaiveDate>,
    active_to: Option<NaiveDate>,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl child::Row<Enabler> for Row {
    table_access!(enablers);

    fn new(record: &ChildRecord<Enabler>, form: Form) -> Self {
        let enabler = &record.content;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            department_id: enabler.parent_id.to_string(),
            name: text_option(enabler.name.as_ref()),
            role: enabler.role.to_string(),
            email: text_option(enabler.email.as_ref()),
            sectors: texts(&enabler.sectors),
            stages: texts(&enabler.stages),
            active_from: enabler.active.from.map(|day| day.date()),
            active_to: enabler.active.to.map(|day| day.date()),
            sources: sources(&enabler.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<Enabler>, Error> {
        let active =
            Active { from: day_option("active_from", self.active_from)?, to: day_option("active_to", self.active_to)? };
        let content = Enabler {
            name: parsed_option("name", self.name.as_deref())?,
            role: parsed("role", &self.role)?,
            email: parsed_option("email", self.email.as_deref())?,
            sectors: distinct("sectors", parsed_list("sectors", &self.sectors)?)?,
            stages: distinct("stages", parsed_list("stages", &self.stages)?)?,
            active: checked("active_from, active_to", active)?,
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

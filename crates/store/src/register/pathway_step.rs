//! The steps of departments' pathways in the database, each at a place of its own.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::{
    Child, Department, DepartmentId, Fault, FaultCode, Kind, PathwayProgress, PathwayStep, PathwayStepId, Record,
    StepPosition,
};

use crate::backend::conn::Conn;
use crate::backend::json::{instant, parsed, parsed_option, parsed_sources, sources, text_option, valid};
use crate::backend::schema::pathway_steps;
use crate::error::{Conflict, ConflictKind, Error, OtherRecord};
use crate::query::keyset::{KeyKind, SortColumn, Values};
use crate::register::child::{self, AnyChild, ChildRecord, Form, StoredChild, table_access};
use crate::register::document_form;
use crate::{ReadTx, WriteTx};

impl StoredChild for PathwayStep {
    type Parent = Department;
    type Row = Row;

    const TYPE: Kind = Kind::PathwayStep;
    const TABLE: &'static str = "pathway_steps";
    const ORDER: SortColumn = SortColumn {
        name: "pathway_steps.position",
        id: "pathway_steps.id",
        values: Values::Unique,
        kind: KeyKind::Integer,
        found_first: false,
    };
    const FILTER_COLUMN: Option<&'static str> = Some("stage");

    fn dependents(tx: &mut ReadTx<'_>, id: PathwayStepId) -> Result<Vec<Conflict>, Error> {
        Ok(Conflict::dependents([child::referring::<PathwayProgress>(tx, "step_id", &id.to_string())?]))
    }

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::PathwayStep(record)
    }

    /// A step that names no place keeps the one that it has; a new one comes after the last.
    fn check(
        tx: &mut WriteTx<'_>,
        id: PathwayStepId,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Department, Self>,
    ) -> Result<(), Error> {
        let position = match (wanted.content.position, before.and_then(|before| before.content.position)) {
            (Some(position), _) => free(tx, id, wanted.parent_id, position)?,
            (None, Some(position)) => position,
            (None, None) => next(tx, wanted.parent_id)?,
        };
        wanted.content.position = Some(position);
        Ok(())
    }
}

/// The place, if no other step of the department has it.
fn free(
    tx: &mut ReadTx<'_>,
    id: PathwayStepId,
    department_id: DepartmentId,
    position: StepPosition,
) -> Result<StepPosition, Error> {
    let holder: Option<(String, String)> = pathway_steps::table
        .filter(pathway_steps::department_id.eq(department_id.to_string()))
        .filter(pathway_steps::position.eq(i64::from(position.get())))
        .filter(pathway_steps::id.ne(id.to_string()))
        .select((pathway_steps::id, pathway_steps::title))
        .first(tx.conn())
        .optional()?;
    let Some((id, title)) = holder else { return Ok(position) };
    Err(Error::Conflict(vec![Conflict {
        kind: ConflictKind::PositionTaken,
        field: "position".to_owned(),
        value: position.get().to_string(),
        other: Some(OtherRecord { resource_type: Kind::PathwayStep, id, name: Some(title) }),
    }]))
}

/// The place after the last step of the department.
fn next(tx: &mut ReadTx<'_>, department_id: DepartmentId) -> Result<StepPosition, Error> {
    let last: Option<i64> = pathway_steps::table
        .filter(pathway_steps::department_id.eq(department_id.to_string()))
        .select(diesel::dsl::max(pathway_steps::position))
        .first(tx.conn())?;
    StepPosition::try_from(last.unwrap_or_default().saturating_add(1)).map_err(|_| {
        let said =
            format!("the pathway has a step at {}, the last place: name a place that is free", StepPosition::MAX);
        Error::Rule(vec![Fault::new("position", FaultCode::Required, said)])
    })
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = pathway_steps, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    department_id: String,
    position: i64,
    title: String,
    guidance: Option<String>,
    stage: Option<String>,
    evidence_required: bool,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl child::Row<PathwayStep> for Row {
    table_access!(pathway_steps);

    fn new(record: &ChildRecord<PathwayStep>, form: Form) -> Self {
        let step = &record.content;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            department_id: step.parent_id.to_string(),
            // [`StoredChild::check`] has filled it in.
            position: step.position.map_or(0, |position| position.get().into()),
            title: step.title.to_string(),
            guidance: text_option(step.guidance.as_ref()),
            stage: text_option(step.stage.as_ref()),
            evidence_required: step.evidence_required,
            sources: sources(&step.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<PathwayStep>, Error> {
        let content = PathwayStep {
            position: Some(valid("position", StepPosition::try_from(self.position))?),
            title: parsed("title", &self.title)?,
            guidance: parsed_option("guidance", self.guidance.as_deref())?,
            stage: parsed_option("stage", self.stage.as_deref())?,
            evidence_required: self.evidence_required,
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

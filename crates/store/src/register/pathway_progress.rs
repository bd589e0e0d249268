//! Mutuals' progress on the pathways of their departments in the database.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use domain::{Child, DepartmentId, Fault, FaultCode, Kind, Mutual, MutualId, PathwayProgress, PathwayStep, Record};

use crate::backend::conn::Conn;
use crate::backend::json::{day, instant, parsed, parsed_option, parsed_sources, sources, text_option};
use crate::backend::schema::pathway_progress;
use crate::error::{ConflictKind, Error};
use crate::query::keyset::SortColumn;
use crate::register::child::{self, AnyChild, ChildId, ChildRecord, Form, Parent as _, StoredChild, table_access};
use crate::register::document_form;
use crate::{ReadTx, WriteTx};

/// A mutual's way along the pathway of the department that leads it.
#[derive(Clone, Debug)]
pub struct Pathway {
    /// That department; none where the mutual has none, and so no pathway.
    pub department_id: Option<DepartmentId>,
    /// The steps, in their order.
    pub steps: Vec<Footing>,
}

/// A step of a pathway, and how far a mutual is with it.
#[derive(Clone, Debug)]
pub struct Footing {
    /// The step.
    pub step: ChildRecord<PathwayStep>,
    /// What the mutual has done, if it has.
    pub progress: Option<ChildRecord<PathwayProgress>>,
}

/// The pathway of a mutual.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn pathway(tx: &mut ReadTx<'_>, mutual_id: MutualId) -> Result<Pathway, Error> {
    let Some(department_id) = Mutual::department(tx, mutual_id)? else {
        return Ok(Pathway { department_id: None, steps: Vec::new() });
    };
    let mut progress = child::all::<PathwayProgress>(tx, mutual_id)?;
    let mut steps = child::all::<PathwayStep>(tx, department_id)?;
    steps.sort_by_key(|step| step.content.position);
    let footing = |step: ChildRecord<PathwayStep>| {
        let done = progress.iter().position(|record| record.content.step_id == step.id);
        Footing { step, progress: done.map(|at| progress.swap_remove(at)) }
    };
    let steps = steps.into_iter().map(footing).collect();
    Ok(Pathway { department_id: Some(department_id), steps })
}

impl StoredChild for PathwayProgress {
    type Parent = Mutual;
    type Row = Row;

    const TYPE: Kind = Kind::PathwayProgress;
    const TABLE: &'static str = "pathway_progress";
    const ORDER: SortColumn = child::by_id("pathway_progress.id");

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::PathwayProgress(record)
    }

    /// A mutual takes each step of its department's pathway once, with the evidence that the step asks for. What was done on the
    /// pathway of a department that led it before stays.
    fn check(
        tx: &mut WriteTx<'_>,
        id: ChildId<Self>,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let step_id = wanted.step_id.to_string();
        let step = child::there::<PathwayStep>(tx, wanted.step_id)?;
        let department_id = Mutual::department(tx, wanted.parent_id)?;
        let is_kept = before.is_some_and(|before| before.content.step_id == wanted.step_id);
        let Some(step) = step.filter(|step| is_kept || department_id == Some(step.content.parent_id)) else {
            let said = format!("there is no pathway step with the id {step_id} in the mutual's department");
            return Err(Error::Rule(vec![Fault::new("step_id", FaultCode::UnknownReference, said)]));
        };
        let faults = wanted.faults_for(&step.content);
        if !faults.is_empty() {
            return Err(Error::Rule(faults));
        }
        let other = pathway_progress::table
            .filter(pathway_progress::mutual_id.eq(wanted.parent_id.to_string()))
            .filter(pathway_progress::step_id.eq(&step_id))
            .filter(pathway_progress::id.ne(id.to_string()))
            .select(pathway_progress::id);
        let other = other.first(tx.conn()).optional()?;
        child::untaken::<Self>(ConflictKind::StepTaken, "step_id", step_id, other)
    }
}

/// A row of the table.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = pathway_progress, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    mutual_id: String,
    step_id: String,
    done_on: NaiveDate,
    evidence_url: Option<String>,
    note: Option<String>,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl child::Row<PathwayProgress> for Row {
    table_access!(pathway_progress);

    fn new(record: &ChildRecord<PathwayProgress>, form: Form) -> Self {
        let content = &record.content;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            mutual_id: content.parent_id.to_string(),
            step_id: content.step_id.to_string(),
            done_on: content.done_on.date(),
            evidence_url: text_option(content.evidence_url.as_ref()),
            note: text_option(content.note.as_ref()),
            sources: sources(&content.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<PathwayProgress>, Error> {
        let content = PathwayProgress {
            step_id: parsed("step_id", &self.step_id)?,
            done_on: day("done_on", self.done_on)?,
            evidence_url: parsed_option("evidence_url", self.evidence_url.as_deref())?,
            note: parsed_option("note", self.note.as_deref())?,
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

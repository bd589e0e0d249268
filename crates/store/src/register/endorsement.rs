//! Endorsements of mutuals in the database. The position of staff follows their ballot.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use domain::{
    Child, Constituency, Endorsement, Fault, FaultCode, Kind, Mutual, Position, Record, StaffBallot, Stance,
    derived_position,
};

use crate::WriteTx;
use crate::backend::conn::Conn;
use crate::backend::json::{checked, day, instant, parsed, parsed_option, parsed_sources, sources, text_option};
use crate::backend::schema::endorsements;
use crate::error::Error;
use crate::query::keyset::SortColumn;
use crate::register::child::{self, AnyChild, ChildId, ChildRecord, Form, StoredChild, table_access};
use crate::register::{document_form, staff_ballot};

impl StoredChild for Endorsement {
    type Parent = Mutual;
    type Row = Row;

    const TYPE: Kind = Kind::Endorsement;
    const TABLE: &'static str = "endorsements";
    const ORDER: SortColumn = child::by_id("endorsements.id");
    const FILTER_COLUMN: Option<&'static str> = Some("constituency");

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::Endorsement(record)
    }

    /// Staff speak by a ballot on this mutual. Whoever may write this sees the drafts of such ballots; of others it is not told
    /// whether they are there.
    fn check(
        tx: &mut WriteTx<'_>,
        _: ChildId<Self>,
        _: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let Some(ballot_id) = wanted.stance.staff_ballot_id else {
            wanted.content.by_ballot = None;
            return Ok(());
        };
        let Some(ballot) = staff_ballot::on_mutual(tx, ballot_id, wanted.parent_id)? else {
            let said = format!("there is no staff ballot with the id {ballot_id} on this mutual");
            return Err(Error::Rule(vec![Fault::new("staff_ballot_id", FaultCode::UnknownReference, said)]));
        };
        wanted.content.by_ballot = derived_position(&ballot.content);
        Ok(())
    }

    fn erased(&self) -> Option<Self> {
        Some(Self { given_by: None, ..self.clone() })
    }
}

/// Changes the endorsements that rest on a ballot, where it gives another position than it did.
pub(crate) fn follow_ballot(tx: &mut WriteTx<'_>, ballot: &Record<StaffBallot>) -> Result<(), Error> {
    let position = derived_position(&ballot.content);
    let resting = endorsements::table.filter(endorsements::staff_ballot_id.eq(ballot.id.to_string()));
    let rows: Vec<Row> = resting.order(endorsements::id).select(Row::as_select()).load(tx.conn())?;
    for row in rows {
        let endorsement = child::Row::<Endorsement>::into_record(row)?;
        if endorsement.content.by_ballot != position {
            child::update(tx, &endorsement, endorsement.content.content.clone())?;
        }
    }
    Ok(())
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = endorsements, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    mutual_id: String,
    constituency: String,
    position: Option<String>,
    staff_ballot_id: Option<String>,
    given_on: NaiveDate,
    given_by: Option<String>,
    evidence_url: Option<String>,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl child::Row<Endorsement> for Row {
    table_access!(endorsements);

    fn new(record: &ChildRecord<Endorsement>, form: Form) -> Self {
        let content = &record.content;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            mutual_id: content.parent_id.to_string(),
            constituency: content.stance.constituency.to_string(),
            position: text_option(content.position().as_ref()),
            staff_ballot_id: text_option(content.stance.staff_ballot_id.as_ref()),
            given_on: content.given_on.date(),
            given_by: text_option(content.given_by.as_ref()),
            evidence_url: text_option(content.evidence_url.as_ref()),
            sources: sources(&content.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<Endorsement>, Error> {
        let constituency = parsed("constituency", &self.constituency)?;
        let position: Option<Position> = parsed_option("position", self.position.as_deref())?;
        let (said, by_ballot) = if constituency == Constituency::Staff { (None, position) } else { (position, None) };
        let stance = Stance {
            constituency,
            position: said,
            staff_ballot_id: parsed_option("staff_ballot_id", self.staff_ballot_id.as_deref())?,
        };
        let content = Endorsement {
            stance: checked("constituency, position, staff_ballot_id", stance)?,
            by_ballot,
            given_on: day("given_on", self.given_on)?,
            given_by: parsed_option("given_by", self.given_by.as_deref())?,
            evidence_url: parsed_option("evidence_url", self.evidence_url.as_deref())?,
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

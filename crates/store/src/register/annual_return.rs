//! Mutuals' annual returns in the database, and the count of staff that a mutual has from them.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use domain::{
    AnnualFigures, AnnualReturn, AnnualReturnId, Child, Currency, Fault, FaultCode, Fte, Key, Kind, Money, Mutual,
    MutualId, Record, SignedMoney, Staff,
};

use crate::backend::conn::Conn;
use crate::backend::json::{checked, day, instant, parsed, parsed_option, parsed_sources, sources, text_option, valid};
use crate::backend::schema::annual_returns;
use crate::error::{ConflictKind, Error};
use crate::query::keyset::{KeyKind, SortColumn, Values};
use crate::register::child::{self, AnyChild, ChildId, ChildRecord, Form, StoredChild, table_access};
use crate::register::{document_form, mutual};
use crate::{ReadTx, WriteTx};

impl StoredChild for AnnualReturn {
    type Parent = Mutual;
    type Row = Row;

    const TYPE: Kind = Kind::AnnualReturn;
    const TABLE: &'static str = "annual_returns";
    const ORDER: SortColumn = SortColumn {
        name: "annual_returns.period_ends_on",
        id: "annual_returns.id",
        values: Values::Unique,
        kind: KeyKind::Day,
        found_first: false,
    };

    fn any(record: &ChildRecord<Self>) -> AnyChild<'_> {
        AnyChild::AnnualReturn(record)
    }

    /// A mutual has one return for each of its years.
    fn check(
        tx: &mut WriteTx<'_>,
        id: ChildId<Self>,
        _: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let other = annual_returns::table
            .filter(annual_returns::mutual_id.eq(wanted.parent_id.to_string()))
            .filter(annual_returns::period_ends_on.eq(wanted.period_ends_on.date()))
            .filter(annual_returns::id.ne(id.to_string()))
            .select(annual_returns::id);
        let other = other.first(tx.conn()).optional()?;
        child::untaken::<Self>(ConflictKind::PeriodTaken, "period_ends_on", wanted.period_ends_on, other)
    }

    /// The newest return with a headcount gives the mutual its count of staff, unless the mutual has one of its own that was surely
    /// made later. A count that came from a return goes with it, as long as there is another.
    fn follow(tx: &mut WriteTx<'_>, mutual_id: MutualId, before: Option<&ChildRecord<Self>>) -> Result<(), Error> {
        let Some(newest) = newest_count(tx, mutual_id, None)? else { return Ok(()) };
        let newest_of_others = newest_count(tx, mutual_id, before.map(|before| before.id))?;
        let given_before = before.and_then(|before| before.content.staff());
        let given_before = newest_of_others.into_iter().chain(given_before).max_by_key(|staff| staff.counted_on);
        let mutual = mutual::find(tx, &Key::Id(mutual_id))?;
        let count = &*mutual.content.staff;
        let is_own = given_before.as_ref() != Some(count);
        if *count == newest || (is_own && count.is_later_than(&newest)) {
            return Ok(());
        }
        let staff = checked("headcount", newest)?;
        mutual::update(tx, &mutual, Mutual { staff, ..mutual.content.clone() }).map(drop)
    }
}

/// What a mutual that is to have this count of staff will have, given its returns, and the faults of the count. What is left out is
/// what the returns say.
pub(crate) fn count_beside_returns(
    tx: &mut ReadTx<'_>,
    mutual_id: MutualId,
    mutual: Mutual,
) -> Result<(Mutual, Vec<Fault>), Error> {
    let Some(newest) = newest_count(tx, mutual_id, None)? else { return Ok((mutual, Vec::new())) };
    let wanted = &*mutual.staff;
    if *wanted == Staff::default() {
        return Ok((Mutual { staff: checked("headcount", newest)?, ..mutual }, Vec::new()));
    }
    if wanted.is_later_than(&newest) {
        return Ok((mutual, Vec::new()));
    }
    let told = |field: &str, said: String| {
        let from = "the count of staff comes from the newest annual return with a headcount";
        let instead =
            "leave `staff_count` and `staff_counted_on` out, change the return, or give a count that was made later";
        Fault::new(field, FaultCode::ReadOnly, format!("{from}, which says {said}: {instead}"))
    };
    let mut faults = Vec::new();
    if wanted.count != newest.count {
        faults.push(told("staff_count", text_option(newest.count.as_ref()).unwrap_or_default()));
    }
    if wanted.counted_on != newest.counted_on {
        faults.push(told("staff_counted_on", text_option(newest.counted_on.as_ref()).unwrap_or_default()));
    }
    Ok((mutual, faults))
}

/// The count of staff that the newest return with a headcount gives, one return left aside.
fn newest_count(
    tx: &mut ReadTx<'_>,
    mutual_id: MutualId,
    aside: Option<AnnualReturnId>,
) -> Result<Option<Staff>, Error> {
    let newest = annual_returns::table
        .filter(annual_returns::mutual_id.eq(mutual_id.to_string()))
        .filter(annual_returns::headcount.is_not_null())
        .filter(annual_returns::id.ne(text_option(aside.as_ref()).unwrap_or_default()))
        .order(annual_returns::period_ends_on.desc());
    let newest: Option<Row> = newest.select(Row::as_select()).first(tx.conn()).optional()?;
    let newest = newest.map(child::Row::into_record).transpose()?;
    Ok(newest.and_then(|record: ChildRecord<AnnualReturn>| record.content.staff()))
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = annual_returns, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Row {
    id: String,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    mutual_id: String,
    period_ends_on: NaiveDate,
    turnover_amount_minor: Option<i64>,
    turnover_currency: Option<String>,
    surplus_amount_minor: Option<i64>,
    surplus_currency: Option<String>,
    headcount: Option<i64>,
    fte_hundredths: Option<i64>,
    service_users: Option<i64>,
    staff_directors: Option<i64>,
    board_size: Option<i64>,
    staff_shareholding_percent: Option<String>,
    sources: String,
    document: String,
    full_document: Option<String>,
}

impl child::Row<AnnualReturn> for Row {
    table_access!(annual_returns);

    fn new(record: &ChildRecord<AnnualReturn>, form: Form) -> Self {
        let content = &record.content;
        let figures = &content.figures;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            mutual_id: content.parent_id.to_string(),
            period_ends_on: content.period_ends_on.date(),
            turnover_amount_minor: figures.turnover.map(|money| money.amount_minor()),
            turnover_currency: figures.turnover.map(|money| money.currency().to_string()),
            surplus_amount_minor: figures.surplus.map(|money| money.amount_minor()),
            surplus_currency: figures.surplus.map(|money| money.currency().to_string()),
            headcount: figures.headcount,
            fte_hundredths: figures.fte.map(Fte::hundredths),
            service_users: figures.service_users,
            staff_directors: figures.staff_directors,
            board_size: figures.board_size,
            staff_shareholding_percent: text_option(figures.staff_shareholding_percent.as_ref()),
            sources: sources(&content.sources),
            document: form.document,
            full_document: form.full_document,
        }
    }

    fn into_record(self) -> Result<ChildRecord<AnnualReturn>, Error> {
        let figures = AnnualFigures {
            turnover: self.turnover()?,
            surplus: self.surplus()?,
            headcount: self.headcount,
            fte: self.fte_hundredths.map(|n| valid("fte_hundredths", Fte::from_hundredths(n))).transpose()?,
            service_users: self.service_users,
            staff_directors: self.staff_directors,
            board_size: self.board_size,
            staff_shareholding_percent: parsed_option(
                "staff_shareholding_percent",
                self.staff_shareholding_percent.as_deref(),
            )?,
        };
        let content = AnnualReturn {
            period_ends_on: day("period_ends_on", self.period_ends_on)?,
            figures: checked("the figures", figures)?,
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

impl Row {
    fn turnover(&self) -> Result<Option<Money>, Error> {
        let currency: Option<Currency> = parsed_option("turnover_currency", self.turnover_currency.as_deref())?;
        let Some((amount, currency)) = self.turnover_amount_minor.zip(currency) else { return Ok(None) };
        valid("turnover_amount_minor", Money::new(amount, currency)).map(Some)
    }

    fn surplus(&self) -> Result<Option<SignedMoney>, Error> {
        let currency: Option<Currency> = parsed_option("surplus_currency", self.surplus_currency.as_deref())?;
        let Some((amount, currency)) = self.surplus_amount_minor.zip(currency) else { return Ok(None) };
        valid("surplus_amount_minor", SignedMoney::new(amount, currency)).map(Some)
    }
}

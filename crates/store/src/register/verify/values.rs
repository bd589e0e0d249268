//! Personal values against the commitments that stand for them in the log.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Binary, Nullable};
use domain::Kind;
use serde_json::Value;

use crate::ReadTx;
use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::log::personal;
use crate::register::verify::fault::{AT_A_TIME, Blame, Found, Span, next_after};

/// A value behind a commitment.
#[derive(QueryableByName)]
pub(super) struct Kept {
    #[diesel(sql_type = Binary)]
    owner: Vec<u8>,
    #[diesel(sql_type = Binary)]
    resource_type: Vec<u8>,
    #[diesel(sql_type = Binary)]
    pub(super) commitment: Vec<u8>,
    #[diesel(sql_type = Binary)]
    pub(super) member: Vec<u8>,
    #[diesel(sql_type = Binary)]
    salt: Vec<u8>,
    #[diesel(sql_type = Binary)]
    value: Vec<u8>,
    /// An entry that has the commitment; looked for only where each value is checked.
    #[diesel(sql_type = Nullable<Binary>)]
    after: Option<Vec<u8>>,
}

impl Kept {
    fn select(dialect: Dialect, after: &str) -> Fragment {
        let columns =
            [("resource_id", "owner"), ("resource_type", ""), ("commitment", ""), ("member", ""), ("value", "")];
        let columns = columns.map(|(name, called)| {
            format!("{} AS {}", dialect.bytes(&format!("v.{name}")), if called.is_empty() { name } else { called })
        });
        Fragment::default().sql(format!(
            "SELECT {}, v.salt AS salt, {after} AS after FROM personal_values v WHERE ",
            columns.join(", ")
        ))
    }

    /// The value, if it is the one that the commitment stands for.
    pub(super) fn value(&self) -> Option<String> {
        let value = String::from_utf8(self.value.clone()).ok()?;
        (personal::hash(&self.salt, &value).as_bytes() == self.commitment).then_some(value)
    }

    /// Whether that entry has the commitment where the value belongs.
    fn is_in_entry(&self) -> bool {
        let after = self.after.as_ref().and_then(|after| serde_json::from_slice::<Value>(after).ok());
        let member = str::from_utf8(&self.member).ok();
        let found = after.as_ref().zip(member).and_then(|(after, member)| after.pointer(member));
        found.and_then(personal::commitment_in).is_some_and(|commitment| commitment.as_bytes() == self.commitment)
    }
}

/// The values of the records of a kind.
pub(super) fn values_of(tx: &mut ReadTx<'_>, kind: Kind, span: Span<'_>) -> Result<HashMap<Vec<u8>, Vec<Kept>>, Error> {
    let dialect = tx.conn().dialect();
    let select = Kept::select(dialect, dialect.no_bytes())
        .and(span.of(dialect, "v.resource_id"))
        .sql(format!(" AND v.resource_type = '{}'", kind.as_str()));
    let found: Vec<Kept> = select.statement().load(tx.conn())?;
    let mut by_owner: HashMap<Vec<u8>, Vec<Kept>> = HashMap::new();
    for kept in found {
        by_owner.entry(kept.owner.clone()).or_default().push(kept);
    }
    Ok(by_owner)
}

/// Every value that is kept: it is what its commitment stands for, and the commitment is in an entry about a record that was not deleted.
/// That of a pseudonym is the name of an actor, who may have changed nothing yet.
pub(super) fn personal_values(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    let dialect = tx.conn().dialect();
    let of_record = "FROM entries e WHERE e.resource_id = v.resource_id AND e.resource_type = v.resource_type";
    let entry = format!(
        "CASE WHEN (SELECT e.action {of_record} ORDER BY e.seq DESC LIMIT 1) = 'delete' THEN {} ELSE {} END",
        dialect.no_bytes(),
        dialect.bytes(&format!(
            "(SELECT e.after {of_record} AND {} > 0 ORDER BY e.seq LIMIT 1)",
            dialect.position("v.commitment", "e.after")
        )),
    );
    let select = Kept::select(dialect, &entry)
        .sql("v.commitment > ")
        .bytes(dialect, after)
        .sql(format!(" ORDER BY v.commitment LIMIT {AT_A_TIME}"));
    let rows: Vec<Kept> = select.statement().load(tx.conn())?;
    let mut faults = Vec::new();
    for row in &rows {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut blame =
            Blame { resource_type: text(&row.resource_type), id: text(&row.owner), seq: None, faults: &mut faults };
        let place = format!("personal_values {}", text(&row.member));
        if row.value().is_none() {
            blame.part(place, format!("the stored value does not match the commitment {}", text(&row.commitment)));
        } else if !row.is_in_entry() && row.resource_type != Kind::Pseudonym.as_str().as_bytes() {
            blame.part(place, "the log has no commitment to the stored value");
        }
    }
    let next = next_after(&rows, |row| &row.commitment);
    Ok(Found { faults, next, records: 0 })
}

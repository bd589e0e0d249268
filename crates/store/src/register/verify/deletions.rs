//! Compares the records in the log with the tables and the tombstones: each record is stored, or was deleted.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable};
use document::Documented;
use domain::Kind;
use serde_json::Value;

use crate::ReadTx;
use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::register::verify::fault::{AT_A_TIME, Blame, Found, RegisterFault, newest_of, next_after};
use crate::register::verify::found_by::Owned;

/// A record that the log tells of.
#[derive(QueryableByName)]
struct RawLogged {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Bool)]
    is_deleted: bool,
    #[diesel(sql_type = Bool)]
    is_there: bool,
    #[diesel(sql_type = Bool)]
    has_tombstone: bool,
}

/// The records of a kind that the log says were ever entered: each is there, or has a tombstone.
pub(super) fn logged<T: Documented>(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    logged_of(tx, T::KIND, after)
}

/// The same for a kind whose table has the ids of what its entries are about.
pub(super) fn logged_of(tx: &mut ReadTx<'_>, kind: Kind, after: &[u8]) -> Result<Found, Error> {
    let (dialect, table) = (tx.conn().dialect(), kind.table());
    let select = Fragment::default()
        .sql(format!(
            "SELECT {} AS id, newest.seq AS seq, newest.action = 'delete' AS is_deleted, \
             r.id IS NOT NULL AS is_there, d.id IS NOT NULL AS has_tombstone \
             FROM (SELECT made.resource_id AS id, {} AS newest FROM entries made WHERE made.action = 'create' \
             AND made.resource_type = '{}' AND made.resource_id > ",
            dialect.bytes("wanted.id"),
            newest_of(kind, "made.resource_id"),
            kind.as_str(),
        ))
        .bytes(dialect, after)
        .sql(format!(
            " ORDER BY made.resource_id LIMIT {AT_A_TIME}) AS wanted JOIN entries newest ON newest.seq = wanted.newest \
             LEFT JOIN {table} r ON r.id = wanted.id LEFT JOIN tombstones d ON d.id = wanted.id ORDER BY wanted.id"
        ));
    let rows: Vec<RawLogged> = select.statement().load(tx.conn())?;
    let mut faults = Vec::new();
    for row in &rows {
        let mut blame = Blame::of(kind, &row.id, Some(row.seq), &mut faults);
        let RawLogged { is_deleted, is_there, has_tombstone, .. } = *row;
        if !is_deleted && !is_there {
            blame.record("is missing");
        }
        if is_deleted && !has_tombstone {
            blame.part(TOMBSTONES, "does not have its deletion");
        }
        if !is_deleted && has_tombstone {
            blame.part(TOMBSTONES, "says that it was deleted");
        }
    }
    let next = next_after(&rows, |row| &row.id);
    Ok(Found { faults, next, records: 0 })
}

const TOMBSTONES: &str = "tombstones";

/// A tombstone with what the log says of the record.
#[derive(QueryableByName)]
struct RawTombstone {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    resource_type: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    slug: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    department_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    scrutineer_key_id: Option<Vec<u8>>,
    /// Whether it is restricted as its deletion was.
    #[diesel(sql_type = Bool)]
    is_restricted_alike: bool,
    /// Whether its time is that of the deletion, or before it where the entry before came later.
    #[diesel(sql_type = Bool)]
    is_of_its_time: bool,
    /// The deletion, where the newest entry is one.
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    /// The record before it.
    #[diesel(sql_type = Nullable<Binary>)]
    before: Option<Vec<u8>>,
}

/// What was deleted, as it is kept.
pub(super) fn tombstones(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    let dialect = tx.conn().dialect();
    let columns = ["id", "resource_type", "slug", "department_id", "scrutineer_key_id"];
    let columns = columns.map(|name| format!("{} AS {name}", dialect.bytes(&format!("d.{name}")))).join(", ");
    let select = Fragment::default()
        .sql(format!(
            "SELECT {columns}, COALESCE(d.restricted = e.restricted, 1 = 0) AS is_restricted_alike, \
             COALESCE(d.deleted_at = e.at OR d.deleted_at < e.at \
             AND EXISTS (SELECT 1 FROM entries p WHERE p.seq = e.seq - 1 AND p.at = e.at), 1 = 0) AS is_of_its_time, CASE WHEN e.action = 'delete' THEN e.seq ELSE NULL END AS seq, \
             {} AS before FROM \
             (SELECT t.id AS id, (SELECT one.seq FROM entries one WHERE one.resource_id = t.id AND one.resource_type = t.resource_type \
             ORDER BY one.seq DESC LIMIT 1) AS newest FROM tombstones t WHERE t.id > ",
            dialect.bytes("b.after"),
        ))
        .bytes(dialect, after)
        .sql(format!(
            " ORDER BY t.id LIMIT {AT_A_TIME}) AS wanted JOIN tombstones d ON d.id = wanted.id LEFT JOIN entries e ON e.seq = wanted.newest \
             LEFT JOIN entries b ON b.seq = (SELECT one.seq FROM entries one WHERE one.resource_id = e.resource_id AND one.seq < e.seq \
             ORDER BY one.seq DESC LIMIT 1) ORDER BY d.id"
        ));
    let rows: Vec<RawTombstone> = select.statement().load(tx.conn())?;
    let mut faults = Vec::new();
    for row in &rows {
        let department = row.department_before(tx)?;
        row.compare(department, &mut faults);
    }
    let next = next_after(&rows, |row| &row.id);
    Ok(Found { faults, next, records: 0 })
}

impl RawTombstone {
    fn is_ballot(&self) -> bool {
        self.resource_type == Kind::StaffBallot.as_str().as_bytes()
    }

    /// What a member said before the deletion.
    fn member_before(&self, name: &str) -> Option<String> {
        let before: Value = serde_json::from_slice(self.before.as_ref()?).ok()?;
        before.get(name)?.as_str().map(str::to_owned)
    }

    /// The department that led the mutual of a ballot when the ballot was deleted.
    fn department_before(&self, tx: &mut ReadTx<'_>) -> Result<Option<String>, Error> {
        let mutual = self.member_before("mutual_id").filter(|_| self.is_ballot());
        let Some((mutual, seq)) = mutual.zip(self.seq) else { return Ok(None) };
        let dialect = tx.conn().dialect();
        let newest = Fragment::default()
            .sql(format!(
                "SELECT {} AS word, {} AS owner FROM entries e WHERE e.resource_id = ",
                dialect.bytes("COALESCE(e.after, '')"),
                dialect.bytes("e.resource_id")
            ))
            .parameter(mutual)
            .sql(" AND e.seq < ")
            .number(seq)
            .sql(" ORDER BY e.seq DESC LIMIT 1");
        let found: Option<Owned> = newest.statement().load(tx.conn())?.into_iter().next();
        let after = found.and_then(|found| serde_json::from_slice::<Value>(&found.word).ok());
        Ok(after.and_then(|after| after.get("department_id")?.as_str().map(str::to_owned)))
    }

    fn compare(&self, department: Option<String>, faults: &mut Vec<RegisterFault>) {
        let resource_type = String::from_utf8_lossy(&self.resource_type).into_owned();
        let id = String::from_utf8_lossy(&self.id).into_owned();
        let mut blame = Blame { resource_type, id, seq: self.seq, faults };
        if self.seq.is_none() {
            return blame.part(TOMBSTONES, "says that it was deleted, but no log entry does");
        }
        let scrutineer = self.member_before("scrutineer_key_id").filter(|_| self.is_ballot());
        for (name, expected, there) in [
            ("slug", self.member_before("slug"), &self.slug),
            ("department_id", department, &self.department_id),
            ("scrutineer_key_id", scrutineer, &self.scrutineer_key_id),
        ] {
            if expected.map(String::into_bytes) != *there {
                blame.part(format!("{TOMBSTONES} {name}"), "does not match the log");
            }
        }
        for (name, is_right) in [("restricted", self.is_restricted_alike), ("deleted_at", self.is_of_its_time)] {
            if !is_right {
                blame.part(format!("{TOMBSTONES} {name}"), "does not match the log");
            }
        }
    }
}

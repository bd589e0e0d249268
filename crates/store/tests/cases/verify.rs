//! The register compared with its log: whatever was changed behind its back is named.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use domain::{
    BallotState, Checked, Child, Contract, Department, DraftAccess, Enabler, EnablerRole, Ending, Id, Kind, Mutual,
    MutualId, Scrutineer, Sector, StaffBallot,
};
use store::{RegisterFault, StoredRoot as _, Verified, WriteTx, child, renewal};

use crate::fixture::{
    ballot, checked, contract_of, date, day, department, distinct, identifiers, mutual, mutual_of, parsed,
};
use crate::kit::{Engine, Register, next_id};

/// One of each kind that is kept in more than its own table, with all that is kept of it.
pub struct Full {
    pub office: Id<Department>,
    pub supplier: Id<Mutual>,
    sale: Id<Contract>,
    vote: Id<StaffBallot>,
    helper: Id<Child<Department, Enabler>>,
}

pub fn enabler(name: &str) -> Enabler {
    Enabler {
        name: Some(parsed(name)),
        role: EnablerRole::Enabler,
        email: Some(parsed("jo@example.gov.uk")),
        sectors: distinct(vec![Sector::CommunityHealth]),
        stages: Default::default(),
        active: checked(Default::default()),
        sources: Default::default(),
    }
}

pub fn watched_ballot(mutual_id: MutualId, state: BallotState) -> StaffBallot {
    let scrutineer = Scrutineer {
        name: Some(parsed("Sam Watcher")),
        organisation: Some(parsed("Watchers")),
        appointed_on: day("2012-01-01"),
    };
    let ending = Ending { state, void_reason: None, superseded_by_id: None };
    StaffBallot { scrutineer: Some(Checked::stored(scrutineer)), ending: checked(ending), ..ballot(mutual_id) }
}

impl Full {
    pub async fn enter(register: &Register) -> Self {
        let office = Department {
            identifiers: identifiers(&["GB-COH:08878185"]),
            policy_areas: distinct(vec![Sector::CommunityHealth]),
            ..department("Health Office")
        };
        let office = register.enter(office).await.id;
        let other = register.enter(department("Other Office")).await.id;
        let supplier = Mutual {
            identifiers: identifiers(&["GB-COH:07831436"]),
            description: Some(parsed("Nurses and carers of the valley")),
            ..mutual_of("Calder Health", &[office, other])
        };
        let supplier = register.enter(supplier).await.id;
        let sale = Contract {
            cpv_codes: distinct(vec![parsed("85100000-0")]),
            health_services: Some(true),
            ..contract_of(supplier, office, date("2013-04-01"))
        };
        let sale = register.enter(sale).await.id;
        let vote = register.enter(watched_ballot(supplier, BallotState::Declared)).await.id;
        let helper = next_id();
        let entered = register.write(move |tx| {
            child::insert::<Enabler>(tx, helper, Child { parent_id: office, content: enabler("Jo Helper") }).map(drop)
        });
        entered.await.unwrap();
        Self { office, supplier, sale, vote, helper }
    }
}

pub async fn verified(register: &Register) -> Verified {
    register.store.verify().await.unwrap()
}

/// The parts that differ, of the kinds and records that they are of.
fn parts(found: &Verified) -> Vec<(String, String, String)> {
    let part = |it: &RegisterFault| (it.resource_type.clone(), it.id.clone(), it.part.clone());
    found.differences.iter().map(part).collect()
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// The columns of a table that are no keys of rows, each with its type.
fn columns(register: &Register, table: &str) -> Vec<(String, String)> {
    let found = all_columns(register, table).into_iter();
    found.filter(|(name, _)| !["id", "row_no"].contains(&name.as_str())).collect()
}

fn all_columns(register: &Register, table: &str) -> Vec<(String, String)> {
    let sql = match register.engine() {
        Engine::Sqlite => format!("SELECT name, type AS kind FROM pragma_table_info('{table}')"),
        Engine::Postgres => format!(
            "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns WHERE table_name = '{table}'"
        ),
    };
    let found: Vec<Name> = register.database.raw().load(&sql);
    found.into_iter().map(|it| (it.name, it.kind)).collect()
}

/// Another value of a column, as SQL.
fn altered(name: &str, kind: &str) -> String {
    let is_flag = ["is_first", "health_services", "restricted"].contains(&name);
    match kind {
        "INTEGER" if is_flag => format!("1 - COALESCE({name}, 0)"),
        "INTEGER" | "bigint" => format!("COALESCE({name}, 0) + 1"),
        "boolean" => format!("NOT COALESCE({name}, false)"),
        "date" => format!("COALESCE({name}, '2001-01-01') + 1"),
        "timestamp without time zone" => format!("{name} + interval '1 second'"),
        "BLOB" => "zeroblob(32)".to_owned(),
        "bytea" => "decode(repeat('00', 32), 'hex')".to_owned(),
        _ => format!("COALESCE({name}, '') || 'x'"),
    }
}

/// Lets a connection change what refers to other rows.
fn without_references(register: &Register) -> &'static str {
    match register.engine() {
        Engine::Sqlite => "PRAGMA foreign_keys = OFF",
        Engine::Postgres => "SET session_replication_role = replica",
    }
}

async fn every_column_that_is_changed_is_named(register: &Register) {
    let full = Full::enter(register).await;
    assert_eq!(parts(&verified(register).await), []);
    let mut raw = register.database.raw();
    raw.execute(without_references(register));
    for (kind, table, id) in [
        ("department", "departments", full.office.to_string()),
        ("mutual", "mutuals", full.supplier.to_string()),
        ("contract", "contracts", full.sale.to_string()),
        ("staff_ballot", "staff_ballots", full.vote.to_string()),
        ("enabler", "enablers", full.helper.to_string()),
    ] {
        for (name, of_type) in columns(register, table) {
            raw.execute(&format!("CREATE TABLE kept AS SELECT {name} AS value FROM {table} WHERE id = '{id}'"));
            raw.execute(&format!("UPDATE {table} SET {name} = {} WHERE id = '{id}'", altered(&name, &of_type)));

            let found = verified(register).await;

            let expected = (kind.to_owned(), id.clone(), name.clone());
            assert_eq!(parts(&found), [expected], "{table}.{name}: {found:#?}");
            assert_eq!(found.faults, []);
            raw.execute(&format!("UPDATE {table} SET {name} = (SELECT value FROM kept) WHERE id = '{id}'"));
            raw.execute("DROP TABLE kept");
        }
    }
    assert_eq!(parts(&verified(register).await), []);
}

async fn a_changed_member_of_a_document_is_named(register: &Register) {
    let full = Full::enter(register).await;
    let mut raw = register.database.raw();
    for (table, id, from, to, members) in [
        ("departments", full.office.to_string(), "Health Office", "Wealth Office", &["document /name"][..]),
        ("mutuals", full.supplier.to_string(), "community_health", "education", &["document /sectors/0"]),
        ("contracts", full.sale.to_string(), "\"is_first\":true", "\"is_first\":false", &["document /is_first"]),
        ("staff_ballots", full.vote.to_string(), "Leave as a mutual", "Stay", &["document /options/0/label"]),
        ("staff_ballots", full.vote.to_string(), "Sam Watcher", "Sid Watcher", &["document /scrutineer/name"]),
        ("staff_ballots", full.vote.to_string(), "{\"id\"", "{ \"id\"", &["document"]),
    ] {
        raw.execute(&format!("CREATE TABLE kept AS SELECT document FROM {table} WHERE id = '{id}'"));
        raw.execute(&format!("UPDATE {table} SET document = replace(document, '{from}', '{to}') WHERE id = '{id}'"));

        let found = verified(register).await;

        let named: Vec<&str> = found.differences.iter().map(|it| it.part.as_str()).collect();
        assert_eq!(named, members, "{table}: {found:#?}");
        assert_eq!(found.differences[0].id, id);
        assert!(found.differences[0].seq.is_some());
        raw.execute(&format!("UPDATE {table} SET document = (SELECT document FROM kept) WHERE id = '{id}'"));
        raw.execute("DROP TABLE kept");
    }
}

async fn rows_that_records_are_found_by_are_compared(register: &Register) {
    let full = Full::enter(register).await;
    let (supplier, office) = (full.supplier.to_string(), full.office.to_string());
    let mut raw = register.database.raw();
    raw.execute(without_references(register));
    for (change, undo, part) in [
        (
            "UPDATE mutual_sectors SET sector = 'education'",
            "UPDATE mutual_sectors SET sector = 'community_health'",
            "mutual_sectors",
        ),
        (
            "DELETE FROM mutual_other_departments",
            "INSERT INTO mutual_other_departments (department_id, mutual_id) SELECT o.id, m.id FROM departments o, mutuals m WHERE o.name = 'Other Office'",
            "mutual_other_departments",
        ),
        (
            "UPDATE identifiers SET identifier = identifier || 'x' WHERE mutual_id IS NOT NULL",
            "UPDATE identifiers SET identifier = 'GB-COH:07831436' WHERE mutual_id IS NOT NULL",
            "identifiers",
        ),
        (
            "UPDATE identifiers SET identifier = identifier || 'x' WHERE department_id IS NOT NULL",
            "UPDATE identifiers SET identifier = 'GB-COH:08878185' WHERE department_id IS NOT NULL",
            "identifiers",
        ),
        (
            "INSERT INTO department_policy_areas (sector, department_id) SELECT 'education', id FROM departments WHERE name = 'Health Office'",
            "DELETE FROM department_policy_areas WHERE sector = 'education'",
            "department_policy_areas",
        ),
        (
            "UPDATE contract_cpv_codes SET cpv_code = '85130000-9'",
            "UPDATE contract_cpv_codes SET cpv_code = '85100000-0'",
            "contract_cpv_codes",
        ),
        (
            "INSERT INTO mutual_sectors (sector, mutual_id) VALUES ('education', 'nobody')",
            "DELETE FROM mutual_sectors WHERE mutual_id = 'nobody'",
            "mutual_sectors",
        ),
    ] {
        raw.execute(change);
        let found = verified(register).await;
        let named: Vec<&str> = found.differences.iter().map(|it| it.part.as_str()).collect();
        assert_eq!(named, [part], "{change}: {found:#?}");
        raw.execute(undo);
        assert_eq!(parts(&verified(register).await), [], "{undo}");
    }
    assert!(!supplier.is_empty() && !office.is_empty());
}

async fn words_that_records_are_found_by_are_compared(register: &Register) {
    let full = Full::enter(register).await;
    let id = full.supplier;
    let reindexed = |words: &str| match register.engine() {
        Engine::Sqlite => format!(
            "DELETE FROM mutual_search WHERE rowid = (SELECT row_no FROM mutuals WHERE id = '{id}'); \
             INSERT INTO mutual_search (tokens, rowid) VALUES ('{words}', (SELECT row_no FROM mutuals WHERE id = '{id}'))"
        ),
        Engine::Postgres => {
            format!("UPDATE mutual_search SET tokens = array_to_tsvector(string_to_array('{words}', ' '))")
        }
    };
    let number = if register.engine() == Engine::Sqlite { "rowid" } else { "row_no" };
    let right = "calder health nurses and carers of the valley 7831436 gb coh";
    let mut raw = register.database.raw();
    raw.execute(without_references(register));
    let expected = ("mutual".to_owned(), id.to_string(), "mutual_search".to_owned());
    for wrong in [
        // One word more, one less, another one.
        format!("{right} gold"),
        right.trim_end_matches(" coh").to_owned(),
        right.replace("calder", "colder"),
        String::new(),
    ] {
        raw.execute(&reindexed(&wrong));
        assert_eq!(parts(&verified(register).await), std::slice::from_ref(&expected), "{wrong}");
    }
    raw.execute("DELETE FROM mutual_search");
    let expected = [expected];
    assert_eq!(parts(&verified(register).await), expected);
    // The register itself mends it.
    if register.engine() == Engine::Postgres {
        raw.execute("INSERT INTO mutual_search (row_no, tokens) SELECT row_no, '' FROM mutuals");
    }
    let changed =
        Mutual { description: None, identifiers: Default::default(), ..mutual_of("Calder Health", &[full.office]) };
    register.change(id, changed).await;
    assert_eq!(parts(&verified(register).await), []);

    if register.engine() == Engine::Sqlite {
        // Records that are walked over are found by words beside the index.
        raw.execute("CREATE TABLE kept AS SELECT c0 FROM mutual_search_content");
        raw.execute("UPDATE mutual_search_content SET c0 = c0 || ' gold'");
        assert_eq!(parts(&verified(register).await), expected);
        raw.execute("UPDATE mutual_search_content SET c0 = (SELECT c0 FROM kept)");
        assert_eq!(parts(&verified(register).await), []);
        // The index has lost how many words there are.
        raw.execute("CREATE TABLE sizes AS SELECT * FROM mutual_search_docsize");
        raw.execute("DELETE FROM mutual_search_docsize");
        assert_eq!(parts(&verified(register).await), expected);
        raw.execute("INSERT INTO mutual_search_docsize SELECT * FROM sizes");
        assert_eq!(parts(&verified(register).await), []);
        // The index finds by other words than it keeps.
        raw.execute(
            "DELETE FROM mutual_search; INSERT INTO mutual_search (tokens, rowid) \
             SELECT replace(c0, 'calder', 'colder'), (SELECT row_no FROM mutuals) FROM kept",
        );
        raw.execute("UPDATE mutual_search_content SET c0 = (SELECT c0 FROM kept)");
        assert_eq!(parts(&verified(register).await), expected);
        raw.execute(
            "DELETE FROM mutual_search; INSERT INTO mutual_search (tokens, rowid) \
             SELECT c0, (SELECT row_no FROM mutuals) FROM kept",
        );
        assert_eq!(parts(&verified(register).await), []);
    }

    raw.execute(&format!("INSERT INTO mutual_search ({number}, tokens) VALUES (999, 'gold')"));
    let found = verified(register).await;
    assert_eq!(found.differences.len(), 1, "{found:#?}");
    assert!(found.differences[0].detail.contains("for unknown records"));
}

async fn a_record_that_is_lost_or_smuggled_in_is_named(register: &Register) {
    let full = Full::enter(register).await;
    let gone = register.enter(mutual("Gone")).await.id;
    register.remove(gone).await.unwrap();
    let mut raw = register.database.raw();
    raw.execute(without_references(register));
    raw.execute(&format!("CREATE TABLE kept AS SELECT * FROM enablers WHERE id = '{}'", full.helper));
    raw.execute("DELETE FROM enablers");
    let found = verified(register).await;
    let said = ("enabler".to_owned(), full.helper.to_string(), String::new());
    assert_eq!(parts(&found), [said], "{found:#?}");
    assert_eq!(found.differences[0].detail, "is missing");
    raw.execute("INSERT INTO enablers SELECT * FROM kept");
    assert_eq!(parts(&verified(register).await), []);

    let twin = next_id::<Enabler>().to_string();
    raw.execute(&format!("UPDATE kept SET id = '{twin}'"));
    raw.execute("INSERT INTO enablers SELECT * FROM kept");
    let found = verified(register).await;
    assert_eq!(
        (found.differences[0].id.as_str(), found.differences[0].detail.as_str()),
        (twin.as_str(), "has no log entry")
    );
    assert_eq!(found.differences.len(), 1);
    raw.execute(&format!("DELETE FROM enablers WHERE id = '{twin}'"));

    // What was deleted comes back, or leaves no trace.
    raw.execute("CREATE TABLE stone AS SELECT * FROM tombstones");
    raw.execute("DELETE FROM tombstones");
    let found = verified(register).await;
    assert_eq!(parts(&found), [("mutual".to_owned(), gone.to_string(), "tombstones".to_owned())]);
    for (column, value) in [
        ("slug", "'other'"),
        ("slug", "NULL"),
        ("department_id", "'x'"),
        ("scrutineer_key_id", "'x'"),
        ("resource_type", "'contract'"),
        ("deleted_at", "'2001-01-01 00:00:00'"),
        ("restricted", if register.engine() == Engine::Sqlite { "1" } else { "true" }),
    ] {
        raw.execute("DELETE FROM tombstones");
        raw.execute("INSERT INTO tombstones SELECT * FROM stone");
        raw.execute(&format!("UPDATE tombstones SET {column} = {value}"));
        let found = verified(register).await;
        assert_eq!(found.differences.len(), 1, "{column}: {found:#?}");
        assert_eq!(found.differences[0].id, gone.to_string());
        assert!(found.differences[0].part.starts_with("tombstones"), "{found:#?}");
    }
    raw.execute("DELETE FROM tombstones");
    raw.execute("INSERT INTO tombstones SELECT * FROM stone");
    raw.execute(&format!("UPDATE stone SET id = '{}', slug = NULL, resource_type = 'contract'", full.sale));
    raw.execute("INSERT INTO tombstones SELECT * FROM stone");
    let found = verified(register).await;
    let details: Vec<&str> = found.differences.iter().map(|it| it.detail.as_str()).collect();
    assert_eq!(details, ["says that it was deleted", "says that it was deleted, but no log entry does"]);
}

async fn personal_values_are_compared(register: &Register) {
    let full = Full::enter(register).await;
    let gone = register.enter(watched_ballot(full.supplier, BallotState::Draft)).await.id;
    register.remove(gone).await.unwrap();
    assert_eq!(parts(&verified(register).await), []);
    let mut raw = register.database.raw();
    raw.execute("CREATE TABLE kept AS SELECT * FROM personal_values");
    for (change, part) in [
        ("UPDATE personal_values SET value = 'Somebody' WHERE value = 'Jo Helper'", "document /name"),
        ("DELETE FROM personal_values WHERE value = 'Sam Watcher'", "document /scrutineer/name"),
        ("UPDATE personal_values SET member = '/email' WHERE member = '/name'", "document /name"),
        ("UPDATE personal_values SET resource_id = 'nobody' WHERE member = '/email'", "document /email"),
    ] {
        raw.execute(change);
        let found = verified(register).await;
        assert!(found.differences.iter().any(|it| it.part == part), "{change}: {found:#?}");
        raw.execute("DELETE FROM personal_values");
        raw.execute("INSERT INTO personal_values SELECT * FROM kept");
    }
    // A name that was erased is not kept beside.
    let (office, helper) = (full.office, full.helper);
    let erased = register.write(move |tx| {
        let current = child::find::<Enabler>(tx, office, helper)?;
        child::erase(tx, &current, "Asked for")
    });
    assert_eq!(erased.await.unwrap(), 2);
    assert_eq!(parts(&verified(register).await), []);
    raw.execute(&format!(
        "UPDATE kept SET resource_id = '{gone}', resource_type = 'staff_ballot' WHERE resource_id = '{helper}'"
    ));
    raw.execute(&format!("INSERT INTO personal_values SELECT * FROM kept WHERE resource_id = '{gone}'"));
    let found = verified(register).await;
    assert_eq!(found.differences.len(), 2, "{found:#?}");
    assert!(
        found.differences.iter().all(|it| it.id == gone.to_string() && it.part.starts_with("personal_values")),
        "{found:#?}"
    );
}

/// SQLite keeps whatever bytes it is given as text.
async fn a_byte_that_is_no_text_is_a_fault_and_not_the_end(register: &Register) {
    let full = Full::enter(register).await;
    let mut raw = register.database.raw();
    raw.execute("PRAGMA foreign_keys = OFF");
    for (statement, id, part) in [
        (
            format!("UPDATE mutuals SET document = CAST(x'ff00' AS TEXT) WHERE id = '{}'", full.supplier),
            full.supplier.to_string(),
            "document",
        ),
        (
            format!("UPDATE contracts SET reference_folded = CAST(x'ff' AS TEXT) WHERE id = '{}'", full.sale),
            full.sale.to_string(),
            "reference_folded",
        ),
        (
            "UPDATE contract_cpv_codes SET cpv_code = CAST(x'ff' AS TEXT)".to_owned(),
            full.sale.to_string(),
            "contract_cpv_codes",
        ),
        (
            format!("UPDATE enablers SET public_document = CAST(x'7b7d00' AS TEXT) WHERE id = '{}'", full.helper),
            full.helper.to_string(),
            "public_document",
        ),
        (
            "UPDATE personal_values SET value = CAST(x'ff' AS TEXT) WHERE value = 'Sam Watcher'".to_owned(),
            full.vote.to_string(),
            "document /scrutineer/name",
        ),
    ] {
        raw.execute(&statement);
        let found = verified(register).await;
        assert!(found.differences.iter().any(|it| it.id == id && it.part == part), "{statement}: {found:#?}");
    }
    // The last id of a step may be no text either, and the check goes on behind it.
    let before = verified(register).await.records;
    raw.execute(&format!("UPDATE staff_ballots SET id = CAST(x'ff' AS TEXT) WHERE id = '{}'", full.vote));
    let found = verified(register).await;
    assert_eq!(found.records, before);
    assert!(found.differences.iter().any(|it| it.id == "\u{fffd}" && it.detail == "has no log entry"), "{found:#?}");
}

/// More than one step has room for.
async fn all_records_of_a_long_table_are_compared(register: &Register) {
    let work = |tx: &mut WriteTx<'_>| {
        for n in 0..450 {
            Mutual::enter(tx, next_id(), mutual(&format!("Mutual {n}")), DraftAccess::All)?;
        }
        Ok(())
    };
    register.write(work).await.unwrap();
    let found = verified(register).await;
    assert_eq!((found.records, found.entries, found.differences), (450, 450, vec![]));
    let mut raw = register.database.raw();
    raw.execute(
        "UPDATE mutuals SET stage = 'idea' WHERE name IN ('Mutual 0', 'Mutual 199', 'Mutual 200', 'Mutual 449')",
    );
    raw.execute("DELETE FROM mutual_sectors WHERE mutual_id = (SELECT id FROM mutuals WHERE name = 'Mutual 400')");
    assert_eq!(verified(register).await.differences.len(), 5);
}

/// Tables with nothing that the log could confirm, or with rows that are tried elsewhere.
const NOT_COMPARED: [&str; 15] = [
    // Keys are compared, in a case of their own.
    "api_keys",
    // No entry says all of an import, and none is about the rows that wait for it.
    "imports",
    "import_chunks",
    "import_records",
    "import_problems",
    "import_removals",
    // Answers that are kept for a day, and how far an upgrade has come.
    "idempotency_keys",
    "document_versions",
    // Witnesses sign what they say themselves.
    "cosignatures",
    // What is in a box is no part of the register. Nothing writes the lists of ballots yet.
    "ballot_boxes",
    "ballot_box_roll",
    "ballot_box_votes",
    "ballot_lists",
    // What readiness writes to try whether it can, and what the migrations note.
    "write_probe",
    "__diesel_schema_migrations",
];

/// A value in any column of any table is compared, but in those of [`NOT_COMPARED`]; what only some kinds of record have is tried over
/// HTTP, and words and the tree in cases of their own.
async fn every_table_is_compared_in_every_column(register: &Register) {
    Full::enter(register).await;
    let gone = register.enter(mutual("Gone")).await.id;
    register.remove(gone).await.unwrap();
    // What the first epoch is called stands in no entry.
    register.write(|tx: &mut WriteTx<'_>| renewal::begin(tx, None).map(drop)).await.unwrap();
    assert_is_whole(register).await;
    let of_kinds: Vec<&str> = Kind::RECORDS.iter().map(|kind| kind.table()).collect();
    let mut compared = 0;
    for table in tables(register) {
        if NOT_COMPARED.contains(&table.as_str()) || table.contains("_search") || table == "log_subtrees" {
            continue;
        }
        if register.database.raw().count(&table) > 0 {
            compared += columns_compared(register, &table).await;
        } else {
            assert!(of_kinds.contains(&table.as_str()), "{table} has no rows to try");
        }
    }
    assert!(compared > 100, "{compared}");
    assert_is_whole(register).await;
}

async fn assert_is_whole(register: &Register) {
    let found = verified(register).await;
    assert_eq!((found.faults, found.differences), (vec![], vec![]));
}

fn tables(register: &Register) -> Vec<String> {
    let sql = match register.engine() {
        Engine::Sqlite => {
            "SELECT name, '' AS kind FROM pragma_table_list \
             WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"
        }
        Engine::Postgres => {
            "SELECT table_name::text AS name, '' AS kind FROM information_schema.tables \
             WHERE table_schema = current_schema()"
        }
    };
    let found: Vec<Name> = register.database.raw().load(sql);
    found.into_iter().map(|it| it.name).collect()
}

/// Changes each column of a table in turn, and tells how many there are.
async fn columns_compared(register: &Register, table: &str) -> usize {
    // What the databases themselves let nobody change.
    let (fixed, into): (&[_], _) = match register.engine() {
        Engine::Sqlite => (&[("log_head", "id")], ""),
        Engine::Postgres => (
            &[("log_head", "id"), ("departments", "row_no"), ("mutuals", "row_no"), ("contracts", "row_no")],
            "OVERRIDING SYSTEM VALUE",
        ),
    };
    let mut columns = all_columns(register, table);
    columns.retain(|(column, _)| !fixed.contains(&(table, column.as_str())));
    let mut raw = register.database.raw();
    raw.execute(without_references(register));
    raw.execute(&format!("CREATE TABLE kept AS SELECT * FROM {table}"));
    for (column, of_type) in &columns {
        let another = match (table, column.as_str()) {
            // An identifier has one owner.
            ("identifiers", _) => format!("{column} || 'x'"),
            // An index reads it, and takes nothing but JSON.
            ("entries", "after") => format!("{column} || ' '"),
            _ => altered(column, of_type),
        };
        // Two rows never have one number.
        let of_row = match of_type.as_str() {
            "INTEGER" | "bigint" => {
                format!(" WHERE COALESCE({column}, 0) = (SELECT MAX(COALESCE({column}, 0)) FROM {table})")
            }
            _ => String::new(),
        };
        raw.execute(&format!("UPDATE {table} SET {column} = {another}{of_row}"));
        let found = verified(register).await;
        assert!(!found.faults.is_empty() || !found.differences.is_empty(), "{table}.{column} is not compared");
        raw.execute(&format!("DELETE FROM {table}"));
        raw.execute(&format!("INSERT INTO {table} {into} SELECT * FROM kept"));
    }
    raw.execute("DROP TABLE kept");
    columns.len()
}

on_both!(
    every_column_that_is_changed_is_named,
    a_changed_member_of_a_document_is_named,
    rows_that_records_are_found_by_are_compared,
    words_that_records_are_found_by_are_compared,
    a_record_that_is_lost_or_smuggled_in_is_named,
    personal_values_are_compared,
    all_records_of_a_long_table_are_compared,
    every_table_is_compared_in_every_column,
);

mod bytes {
    use super::a_byte_that_is_no_text_is_a_fault_and_not_the_end;

    #[test]
    fn on_sqlite() {
        crate::kit::run(crate::kit::Engine::Sqlite, a_byte_that_is_no_text_is_a_fault_and_not_the_end);
    }
}

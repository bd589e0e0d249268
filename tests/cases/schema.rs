//! Both databases have the same schema, and what may collide in them is known to the store.
//!
//! What differs by intent: `row_no`, which numbers the rows of a table for its search index, the `*_search` indexes
//! themselves, checks on flags, which PostgreSQL's `boolean` makes needless, and the boxes of open ballots, which are files of their own
//! beside an SQLite register.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use kit::{Database, Engine};
use serde_json::Value;
use store::{CONFLICT_INDEXES, TECHNICAL_INDEXES, is_key_of_ids};

/// A name of a table with a description of a part of it: what is compared.
type Parts = BTreeSet<(String, String)>;

fn both() -> [Database; 2] {
    [Database::fresh(Engine::Sqlite), Database::fresh(Engine::Postgres)]
}

/// The rows of a query as parts.
fn parts(database: &Database, sql: &str) -> Parts {
    let rows = database.rows(sql);
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_else(|| panic!("no {name} in {row}")).to_owned();
    rows.iter().map(|row| (text(row, "own"), text(row, "part"))).filter(|(own, part)| !is_exempt(own, part)).collect()
}

fn is_exempt(table: &str, part: &str) -> bool {
    table.ends_with("_search")
        || table.starts_with("ballot_box")
        || table == "__diesel_schema_migrations"
        || part.split([' ', '(', ')', ',']).any(|word| word == "row_no")
}

#[track_caller]
fn assert_same(sqlite: &Parts, postgres: &Parts) {
    assert!(sqlite.len() > 3, "{sqlite:#?}");
    let only = |own: &Parts, other: &Parts| own.difference(other).cloned().collect::<Vec<_>>();
    let (left, right) = (only(sqlite, postgres), only(postgres, sqlite));
    assert!(left.is_empty() && right.is_empty(), "only on SQLite: {left:#?}\nonly on PostgreSQL: {right:#?}");
}

/// Tables of SQLite but for its own and the search indexes, which an SQLite without their module can't open.
const SQLITE_TABLES: &str = "(SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%search%')";

#[test]
fn both_have_the_same_tables_and_columns() {
    let [sqlite, postgres] = both();
    let of_sqlite = parts(
        &sqlite,
        &format!(
            "SELECT t.name AS own, c.name || ' ' || c.type || CASE WHEN c.\"notnull\" THEN ' NOT NULL' ELSE '' END AS part \
             FROM {SQLITE_TABLES} t, pragma_table_info(t.name) c"
        ),
    );
    let of_postgres = parts(
        &postgres,
        "SELECT table_name AS own, column_name || ' ' || CASE data_type \
             WHEN 'text' THEN 'TEXT' WHEN 'timestamp without time zone' THEN 'TEXT' WHEN 'date' THEN 'TEXT' \
             WHEN 'bigint' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB' ELSE data_type END \
             || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END AS part \
         FROM information_schema.columns WHERE table_schema = 'public'",
    );
    assert_same(&of_sqlite, &of_postgres);
}

#[test]
fn both_have_the_same_primary_keys() {
    let [sqlite, postgres] = both();
    let of_sqlite = parts(
        &sqlite,
        &format!(
            "SELECT own, group_concat(column_name) AS part FROM \
             (SELECT t.name AS own, c.name AS column_name FROM {SQLITE_TABLES} t, pragma_table_info(t.name) c WHERE c.pk > 0 ORDER BY t.name, c.pk) \
             GROUP BY own"
        ),
    );
    assert_same(&of_sqlite, &parts(&postgres, &postgres_keys('p')));
}

/// Constraints of PostgreSQL of one type with their columns in order.
fn postgres_keys(kind: char) -> String {
    format!(
        "SELECT conrelid::regclass::text AS own, \
             (SELECT string_agg(attname, ',' ORDER BY place) FROM unnest(conkey) WITH ORDINALITY AS k(number, place) \
              JOIN pg_attribute ON attrelid = conrelid AND attnum = k.number) AS part \
         FROM pg_constraint WHERE contype = '{kind}' AND connamespace = 'public'::regnamespace"
    )
}

#[test]
fn both_have_the_same_references() {
    let [sqlite, postgres] = both();
    let of_sqlite = parts(
        &sqlite,
        &format!(
            "SELECT t.name AS own, f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' on delete ' || lower(f.on_delete) AS part \
             FROM {SQLITE_TABLES} t, pragma_foreign_key_list(t.name) f"
        ),
    );
    let of_postgres = parts(
        &postgres,
        "SELECT conrelid::regclass::text AS own, a.attname || ' -> ' || confrelid::regclass::text || '.' || b.attname || ' on delete ' || \
             CASE confdeltype WHEN 'a' THEN 'no action' WHEN 'c' THEN 'cascade' ELSE confdeltype::text END AS part \
         FROM pg_constraint JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1] \
         JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = confkey[1] \
         WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
    );
    assert_same(&of_sqlite, &of_postgres);
}

#[test]
fn both_have_the_same_indexes() {
    let [sqlite, postgres] = both();
    let of_sqlite = parts(
        &sqlite,
        &format!(
            "SELECT own, name || CASE WHEN is_unique THEN ' unique' ELSE '' END || CASE WHEN is_partial THEN ' partial' ELSE '' END \
                 || ' (' || group_concat(column_name) || ')' AS part FROM \
             (SELECT t.name AS own, i.name, i.\"unique\" AS is_unique, i.partial AS is_partial, c.name AS column_name \
              FROM {SQLITE_TABLES} t, pragma_index_list(t.name) i, pragma_index_info(i.name) c \
              WHERE i.origin = 'c' ORDER BY t.name, i.name, c.seqno) \
             GROUP BY own, name, is_unique, is_partial"
        ),
    );
    let of_postgres = parts(
        &postgres,
        "SELECT indrelid::regclass::text AS own, indexrelid::regclass::text || CASE WHEN indisunique THEN ' unique' ELSE '' END \
             || CASE WHEN indpred IS NOT NULL THEN ' partial' ELSE '' END || ' (' || \
             (SELECT string_agg(attname, ',' ORDER BY place) FROM unnest(indkey) WITH ORDINALITY AS k(number, place) \
              JOIN pg_attribute ON attrelid = indrelid AND attnum = k.number) || ')' AS part \
         FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
         WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))",
    );
    assert_same(&of_sqlite, &of_postgres);
}

/// Names tell the rule: `ck_<table>__<columns>`, and the words that an expression allows are compared.
#[test]
fn both_have_the_same_named_constraints() {
    let [sqlite, postgres] = both();
    let flags: BTreeSet<String> = postgres
        .rows("SELECT 'ck_' || table_name || '__' || column_name AS name FROM information_schema.columns WHERE data_type = 'boolean'")
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    let is_of_a_flag = |(_, part): &(String, String)| part.split(' ').next().is_some_and(|name| flags.contains(name));
    let of_sqlite = sqlite_constraints(&sqlite).into_iter().filter(|part| !is_of_a_flag(part)).collect();
    let rows = postgres.rows(
        "SELECT conrelid::regclass::text AS own, conname AS name, contype AS kind, pg_get_constraintdef(oid) AS rule \
         FROM pg_constraint WHERE contype IN ('p', 'u', 'f', 'c') AND connamespace = 'public'::regnamespace",
    );
    let described = rows.iter().filter_map(|row| {
        let text = |name: &str| row[name].as_str().unwrap();
        // A key that was not given a name has one all the same on PostgreSQL.
        let is_named = !text("name").ends_with("_pkey") && !is_exempt(text("own"), text("rule"));
        is_named.then(|| (text("own").to_owned(), described(text("name"), text("rule"))))
    });
    assert_same(&of_sqlite, &described.collect());
}

/// The constraints that have a name in the statements that made the tables.
fn sqlite_constraints(database: &Database) -> Parts {
    let mut found = Parts::new();
    for row in database.rows(&format!("SELECT name, sql FROM {SQLITE_TABLES}")) {
        let table = row["name"].as_str().unwrap();
        for constraint in row["sql"].as_str().unwrap().split("CONSTRAINT ").skip(1) {
            let (name, rule) = constraint.split_once(' ').unwrap();
            found.insert((table.to_owned(), described(name, up_to_the_next(rule))));
        }
    }
    found
}

/// A rule without what follows it in the statement.
fn up_to_the_next(rule: &str) -> &str {
    let mut depth = 0;
    let ends = |letter: char| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth < 0 || (letter == ',' && depth == 0)
    };
    rule.find(ends).map_or(rule, |end| &rule[..end])
}

/// A constraint's name, and the words in quotation marks that its rule allows.
fn described(name: &str, rule: &str) -> String {
    let words: BTreeSet<&str> = rule.split('\'').skip(1).step_by(2).collect();
    format!("{name} {words:?}")
}

/// A collision that the store doesn't know would be an error inside the service, where it should be the caller's to mend.
#[test]
fn every_unique_index_is_a_conflict_or_technical() {
    let known: BTreeSet<&str> =
        CONFLICT_INDEXES.iter().map(|(index, _, _)| *index).chain(TECHNICAL_INDEXES.iter().copied()).collect();
    let [sqlite, postgres] = both();
    let on_postgres = parts(
        &postgres,
        "SELECT indrelid::regclass::text AS own, indexrelid::regclass::text AS part FROM pg_index \
         JOIN pg_class ON pg_class.oid = indexrelid WHERE indisunique AND relnamespace = 'public'::regnamespace",
    );
    let on_sqlite = named_sqlite_indexes(&sqlite);
    let mut unknown: Vec<String> = Vec::new();
    for (table, index) in on_postgres.iter().chain(&on_sqlite) {
        // Numbers that the store itself gives, and keys of tables that no request names.
        let is_unnamed_key = *index == format!("{table}_pkey");
        if !is_unnamed_key && !known.contains(index.as_str()) && !is_key_of_ids(index) {
            unknown.push(format!("{table}: {index}"));
        }
    }
    assert!(
        unknown.is_empty(),
        "neither in CONFLICT_INDEXES nor in TECHNICAL_INDEXES of crates/store/src/error.rs: {unknown:?}"
    );
    for name in known {
        for (engine, indexes) in [("SQLite", &on_sqlite), ("PostgreSQL", &on_postgres)] {
            assert!(indexes.iter().any(|(_, index)| index == name), "the store knows {name}, which is not on {engine}");
        }
    }
}

/// SQLite tells the columns that collided, not the index: the store must know them by the same columns.
#[test]
fn every_conflict_names_the_columns_that_sqlite_will_name() {
    let sqlite = Database::fresh(Engine::Sqlite);
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, index, column) in sqlite_unique_columns(&sqlite) {
        columns.entry(index).or_default().push(format!("{table}.{column}"));
    }
    for (index, found) in columns.iter().filter(|(index, _)| is_key_of_ids(index)) {
        assert!(found.iter().all(|column| is_key_of_ids(column)), "{index}: {found:?}");
    }
    for (index, known, _) in CONFLICT_INDEXES {
        assert_eq!(columns.get(*index).map(|found| found.join(" ")), Some(known.join(" ")), "{index}");
    }
}

fn named_sqlite_indexes(database: &Database) -> Parts {
    sqlite_unique_columns(database)
        .into_iter()
        .map(|(table, index, _)| (table, index))
        .filter(|(own, part)| !is_exempt(own, part))
        .collect()
}

/// Table, index and column of every unique index, in order; an index that a constraint made has the constraint's name.
fn sqlite_unique_columns(database: &Database) -> Vec<(String, String, String)> {
    let rows = database.rows(&format!(
        "SELECT t.name AS own, t.sql, i.name, i.origin, c.name AS column_name \
         FROM {SQLITE_TABLES} t, pragma_index_list(t.name) i, pragma_index_info(i.name) c \
         WHERE i.\"unique\" ORDER BY t.name, i.name, c.seqno"
    ));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let columns_of = |index: &str| -> Vec<String> {
        rows.iter().filter(|row| row["name"] == index).map(|row| text(row, "column_name")).collect()
    };
    rows.iter()
        .map(|row| {
            let (table, index) = (text(row, "own"), text(row, "name"));
            let named = if row["origin"] == "c" {
                index
            } else {
                constraint_of(&text(row, "sql"), &columns_of(&index)).unwrap_or_else(|| format!("{table}_pkey"))
            };
            (table, named, text(row, "column_name"))
        })
        .collect()
}

/// The name of the key over these columns in the statement that made the table.
fn constraint_of(sql: &str, columns: &[String]) -> Option<String> {
    let list = format!("({})", columns.join(", "));
    sql.split("CONSTRAINT ").skip(1).find_map(|constraint| {
        let (name, rule) = constraint.split_once(' ')?;
        let keys = ["PRIMARY KEY ", "UNIQUE "];
        keys.iter()
            .any(|key| rule.strip_prefix(key).is_some_and(|rest| rest.starts_with(&list)))
            .then(|| name.to_owned())
    })
}

#[test]
fn migrations_have_the_same_names_on_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let names = |engine: &str| -> BTreeSet<String> {
        fs::read_dir(root.join(engine))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for (engine, name) in
        ["sqlite", "postgres"].iter().flat_map(|engine| names(engine).into_iter().map(move |name| (engine, name)))
    {
        assert!(root.join(engine).join(&name).join("up.sql").is_file(), "{engine}/{name}");
    }
}

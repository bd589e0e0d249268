//! Addresses of databases: how they are read, and that none shows a password.

use std::path::PathBuf;

use proptest::prelude::*;
use store::{DatabaseUrl, OpenError, migrate};

fn read(raw: &str) -> Result<DatabaseUrl, OpenError> {
    raw.parse()
}

#[test]
fn an_sqlite_address_is_a_path() {
    for (raw, path) in [
        ("sqlite:mutuals.db", "mutuals.db"),
        ("sqlite:./a b/é.db", "./a b/é.db"),
        ("sqlite:/var/lib/mutuals.db", "/var/lib/mutuals.db"),
        ("sqlite:///var/lib/mutuals.db", "/var/lib/mutuals.db"),
        ("sqlite://mutuals.db", "mutuals.db"),
    ] {
        let url = read(raw).unwrap();
        assert_eq!(url, DatabaseUrl::Sqlite(PathBuf::from(path)), "{raw}");
        assert_eq!(url.to_string(), format!("sqlite:{path}"));
    }
}

#[test]
fn what_is_neither_database_is_refused_with_what_was_expected() {
    for raw in [
        "",
        "mutuals.db",
        "/mutuals.db",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "SQLITE:a",
        "mysql://h/d",
        "postgres:d",
        "file:a",
    ] {
        let refused = read(raw).unwrap_err();
        assert!(matches!(refused, OpenError::UnknownUrl(_)), "{raw}: {refused:?}");
        assert!(refused.to_string().contains("sqlite:PATH"), "{refused}");
    }
}

#[test]
fn a_postgres_address_is_kept_as_it_is_and_shown_without_its_secrets() {
    for (raw, shown) in [
        ("postgres://host/db", "postgres://host/db"),
        ("postgresql://u@host:5432/db?sslmode=require", "postgresql://u@host:5432/db?sslmode=require"),
        ("postgres://u:hunter2@host/db", "postgres://u@host/db"),
        ("postgres://u:hunter2@a:1,b:2/db?sslmode=require&password=hunter2", "postgres://u@a:1,b:2/db?sslmode=require"),
        ("postgres:///db?user=u&password=hunter2&host=/run/postgresql", "postgres:///db?user=u&host=/run/postgresql"),
        ("postgres://u:hunter2@[::1]:5432/db", "postgres://u@[::1]:5432/db"),
        ("postgres://u:p@ss:hunter2@host/db", "postgres://u@host/db"),
        ("postgres://u:p/hunter2@host/db", "postgres://u@host/db"),
        ("postgres://u:hunter2?@host/db?application_name=a@b", "postgres://u@host/db?application_name=a@b"),
        ("postgres://host/db?sslkey=k&sslpassword=hunter2", "postgres://host/db?sslkey=k"),
    ] {
        let url = read(raw).unwrap();
        assert_eq!(url, DatabaseUrl::Postgres(raw.to_owned()));
        assert_eq!(url.to_string(), shown);
    }
}

#[test]
fn an_address_that_is_refused_shows_no_password_either() {
    for raw in [
        "mysql://root:hunter2@host/db",
        "postgres:u:hunter2@host/db",
        "u:hunter2@host/db",
        "postgres:/u:hunter2@host/db",
        "host=localhost user=u password=hunter2 dbname=d",
        "jdbc:postgresql://host/db?user=u&password=hunter2",
        "sqlserver://host;user=u;password=hunter2",
    ] {
        let refused = read(raw).unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
    }
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    let url = read("postgres://u:hunter2@127.0.0.1:1/db?password=hunter2").unwrap();

    let said = migrate(&url).unwrap_err().to_string();

    assert!(said.contains("postgres://u@127.0.0.1:1/db"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_password_is_shown(
        user in "[a-z0-9%.]{1,8}",
        password in "[!-.0-~]{1,12}Q[!-.0-~]{0,12}",
        host in "[a-z.]{1,8}(:[0-9]{1,4})?",
        parameters in "(\\?[a-z]{1,4}=[a-z@/]{0,4})?",
    ) {
        let url = read(&format!("postgres://{user}:{password}@{host}/db{parameters}")).unwrap();
        prop_assert!(!url.to_string().contains('Q'), "{}", url);
    }
}

#[test]
fn a_password_that_libpq_would_cut_in_two_is_in_no_message() {
    for address in
        ["u:hunter2@x@localhost/db", "u:x/hunter2@localhost/db", "u:x?hunter2@localhost/db", "u:%hunter2@localhost/db"]
    {
        let said = migrate(&read(&format!("postgres://{address}")).unwrap()).unwrap_err().to_string();
        assert!(said.contains("%40 for @"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_database_on_another_machine_needs_a_word_about_its_protection() {
    let refused = migrate(&read("postgres://u:hunter2@db.invalid/db").unwrap()).unwrap_err().to_string();
    assert!(refused.contains("sslmode=verify-full"), "{refused}");
    let unreachable =
        migrate(&read("postgres://u:hunter2@db.invalid/db?sslmode=verify-full").unwrap()).unwrap_err().to_string();
    assert!(!unreachable.contains("add sslmode") && !unreachable.contains("hunter2"), "{unreachable}");
}

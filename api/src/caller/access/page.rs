//! The guide's page of roles, made from the table that decides.

use std::fmt::Write as _;

use actix_web::http::Method;
use domain::{Action, Kind, Reach, Role, grants, is_public};
use utoipa::openapi::OpenApi;

use super::Asked;
use crate::openapi::operation::of_path;

const OPENING: &str = "\
# Roles

<!-- Printed by `mutuals roles`; `make openapi` writes it anew. -->

Everyone can read the register. For anything else, send a key with one of these roles:

";

const SCOPE: &str = "
A key with a departmental role covers some departments or all. A mutual belongs to its lead department
(`department_id`), a ballot to its mutual's department, and a contract to its buyer (`department_id`). A record without
a department needs a key that covers all departments. Moving a record from one department to another needs a key for both.

Without draft access, a draft ballot does not exist (404), also in lists. With draft access, you also see the name of
the ballot's scrutineer. Others see the ballot without it, with a different `ETag`. In the same way, only callers with a
key see the name and email address of an enabler.

## Who may do what

**own**: the records of the key's departments. **all**: every record. **appointed**: the ballots that the key was appointed to.

";

const OPERATIONS: &str = "
## By operation

Everyone can read the register, so those operations are not listed. Nor are the operations about the service itself. What
a role may do can depend on the content. For example, the role that may only describe mutuals uses the same `PATCH` as
others, but any change beyond the description is rejected.

| operation | roles |
| --- | --- |
";

pub fn of(contract: &OpenApi) -> String {
    let mut page = OPENING.to_owned();
    page.push_str("| role | what it may do |\n| --- | --- |\n");
    for role in Role::ALL {
        line(&mut page, &[format!("`{role}`"), role.describe().to_owned()]);
    }
    page.push_str(SCOPE);
    let names: Vec<String> = Role::ALL.iter().map(|role| format!("`{role}`")).collect();
    line(&mut page, &[vec![String::new(), "everybody".to_owned()], names].concat());
    line(&mut page, &vec!["---".to_owned(); Role::ALL.len().saturating_add(2)]);
    for kind in Kind::ALL {
        for action in Action::ALL {
            permissions(&mut page, *kind, *action);
        }
    }
    page.push_str(OPERATIONS);
    for (path, method, asked) in operations(contract) {
        let roles: Vec<String> = asked.roles().iter().map(|role| format!("`{role}`")).collect();
        if !roles.is_empty() {
            line(&mut page, &[format!("`{method} {path}`"), roles.join(", ")]);
        }
    }
    page
}

/// What each role may, where any may.
fn permissions(page: &mut String, kind: Kind, action: Action) {
    let granted = grants(action, kind);
    let public = is_public(action, kind);
    if granted.is_empty() && !public {
        return;
    }
    let what = format!("{}: {}", kind.plural(), action.describe());
    let cell = |role: &Role| {
        let reach = granted.iter().find(|grant| grant.role == *role).map(|grant| grant.reach);
        match reach {
            _ if public => "all",
            Some(Reach::Everywhere) => "all",
            Some(Reach::Departments) if role.is_departmental() => "own",
            Some(Reach::Departments) => "all",
            Some(Reach::Appointed) => "appointed",
            None => "",
        }
    };
    let everybody = if public { "all" } else { "" };
    let cells = [what.as_str(), everybody].into_iter().chain(Role::ALL.iter().map(cell));
    line(page, &cells.map(str::to_owned).collect::<Vec<_>>());
}

fn line(page: &mut String, cells: &[String]) {
    // Writing to a string can't fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn operations(contract: &OpenApi) -> impl Iterator<Item = (&str, Method, Asked)> {
    contract.paths.paths.iter().flat_map(|(path, item)| {
        of_path(item).filter_map(|(method, _)| Asked::of(&method, path).map(|asked| (path.as_str(), method, asked)))
    })
}

//! The guide's page of roles, made from the table that decides.

use std::fmt::Write as _;

use actix_web::http::Method;
use domain::{Action, Kind, Reach, Role, grants, is_public};
use utoipa::openapi::OpenApi;

use super::Asked;

const OPENING: &str = "\
# Roles

<!-- Printed by `mutuals roles`; `make openapi` writes it anew. -->

Everybody may read the register. Whoever wants more sends a key, which has one of these roles:

";

const SCOPE: &str = "
A key with the role of a department is for some departments or for all. A mutual is its lead department's
(`department_id`), a ballot its mutual's, a contract its buyer's (`department_id`). A record without a department is for keys for
all departments. Moving a record from one department to another needs a key for both.

A draft of a ballot is not there (404) for those who may not read it, in lists neither. The name of a ballot's scrutineer is
shown to those who may read the ballot's draft; for all others the ballot is shown without it, under another `ETag`. The name and
e-mail address of an enabler are likewise shown to callers with a key, and not to the public.

## Who may do what

**own**: the records of the key's departments. **all**: every record. **appointed**: the ballots that the key was appointed to.

";

const OPERATIONS: &str = "
## By operation

Reading the register is for everybody and left out here, as are the operations that tell of the service itself. An operation may turn out to be
one of several things: whoever may only describe mutuals changes one by the same `PATCH` as others, and is refused what goes
beyond a description.

| operation | roles |
| --- | --- |
";

/// The page, for the operations of this contract.
pub fn page(contract: &OpenApi) -> String {
    let mut page = OPENING.to_owned();
    page.push_str("| role | what it is for |\n| --- | --- |\n");
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
        let own = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        let documented = own.into_iter().filter(|(_, operation)| operation.is_some());
        documented.filter_map(|(method, _)| Asked::of(&method, path).map(|asked| (path.as_str(), method, asked)))
    })
}

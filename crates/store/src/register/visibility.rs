//! Which staff ballots somebody sees: a draft is seen by those who work on it.

use domain::DraftAccess;

use crate::backend::fragment::Fragment;

/// Whether the reader sees the ballot's draft, with the personal data in the ballot, as a condition on the table.
pub(crate) fn seen(sees: DraftAccess<'_>) -> Fragment {
    let sql = Fragment::default();
    match sees {
        DraftAccess::None | DraftAccess::Departments([]) => sql.sql("1 = 0"),
        DraftAccess::All => sql.sql("1 = 1"),
        DraftAccess::Appointments(key) => {
            let first = sql.sql("(COALESCE(staff_ballots.scrutineer_key_id = ").parameter(key.to_string());
            let second = first.sql(", 1 = 0) OR COALESCE(staff_ballots.issuer_b_key_id = ").parameter(key.to_string());
            second.sql(", 1 = 0))")
        }
        DraftAccess::Departments(own) => sql
            .sql("staff_ballots.mutual_id IN (SELECT mutuals.id FROM mutuals WHERE mutuals.department_id IN (")
            .parameters(own.iter().map(ToString::to_string))
            .sql("))"),
    }
}

/// Whether the reader may know of the ballot, as a condition on the table.
pub(crate) fn visible(sees: DraftAccess<'_>) -> Fragment {
    match sees {
        DraftAccess::All => Fragment::default().sql("1 = 1"),
        DraftAccess::None => Fragment::default().sql("staff_ballots.state <> 'draft'"),
        DraftAccess::Departments(_) | DraftAccess::Appointments(_) => {
            Fragment::default().sql("(staff_ballots.state <> 'draft' OR ").and(seen(sees)).sql(")")
        }
    }
}

//! What became of mutuals in competitions, in figures.

use document::register::{FirstContract, WinnerKind};
use document::value::Sector;
use serde::Serialize;
use store::statistics::{Count, Results};
use utoipa::ToSchema;

use super::figure::Figure;

/// The figures of the competitions that have something in common: a struct with a member of its own, and the same figures as the others.
macro_rules! results {
    ($(
        $(#[doc = $about:literal])+
        $Results:ident { $(#[$says:meta])* $member:ident: $T:ty }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Debug, Serialize, ToSchema)]
        pub struct $Results {
            $(#[$says])*
            $member: $T,
            /// The mutual won.
            won: Figure,
            /// The mutual bid, and another bidder won.
            lost: Figure,
            /// The buyer had not decided.
            open: Figure,
            /// Any other outcome: the mutual withdrew, did not bid or joined another bidder as a subcontractor, the buyer
            /// gave up the competition, or the outcome is unknown.
            other: Figure,
        }

        impl $Results {
            pub fn new($member: $T, [won, lost, open, other]: [Figure; 4]) -> Self {
                Self { $member, won, lost, open, other }
            }
        }
    )+};
}

results! {
    /// The competitions that one kind of organisation won.
    WinnerKindResults { winner_kind: WinnerKind }
    /// The competitions of mutuals in a sector.
    SectorResults { sector: Sector }
    /// The competitions decided in a year.
    YearResults {
        /// The year of the decision.
        #[schema(minimum = 1000, maximum = 9999)]
        year: i32
    }
    /// The competitions for contracts that are the first of their mutual, or not.
    FirstContractResults { first_contract: FirstContract }
}

/// The conditions that list the competitions of [`Results`], in the order of its members.
fn conditions() -> [String; 4] {
    let named =
        [domain::CompetitionOutcome::WonByMutual, domain::CompetitionOutcome::Lost, domain::CompetitionOutcome::Open];
    let others = domain::CompetitionOutcome::ALL.iter().filter(|outcome| !named.contains(outcome));
    let others: Vec<String> = others.map(|outcome| format!("outcome={outcome}")).collect();
    let [won, lost, open] = named.map(|outcome| format!("outcome={outcome}"));
    [won, lost, open, others.join("&")]
}

/// The figures of results: the mutual won, lost, has to wait, and all else.
pub fn figures_of(results: Results, lacking: i64, url: impl Fn(&str) -> String) -> [Figure; 4] {
    let Results { won, lost, open, other } = results;
    let [a, b, c, d] = conditions();
    [(won, a), (lost, b), (open, c), (other, d)]
        .map(|(records, condition)| Figure::new(Count { records, lacking }, url(&condition)))
}

//! The report on commitments: whatever the days, SQL finds for each status those alone that the domain says have it.

use domain::{Child, Commitment, CommitmentKind, CommitmentStatus, Day, DepartmentId, Distinct};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use store::child::ChildRecord;
use store::report::{CommitmentFilter, Reported};
use store::{Error, Page, ReadTx, SortKey};

use crate::fixture::{department, parsed};
use crate::kit::{Register, for_all, next_id, stamp};

/// Days that meet now and then.
fn any_day() -> impl Strategy<Value = Day> {
    let around = (2011_i32..2014, 1_u32..13, select(&[1_u32, 2, 28][..]));
    around.prop_map(|(year, month, day)| parsed(&format!("{year}-{month:02}-{day:02}")))
}

/// Due and published, and whether it is the first department's.
fn any_promise() -> impl Strategy<Value = (Day, Option<Day>, bool)> {
    (any_day(), option::of(any_day()), any::<bool>())
}

#[derive(Clone, Debug)]
struct Look {
    as_at: Day,
    statuses: Vec<CommitmentStatus>,
    departments: Vec<usize>,
    limit: usize,
    descending: bool,
}

fn any_look() -> impl Strategy<Value = Look> {
    let statuses = subsequence(CommitmentStatus::ALL, 0..=CommitmentStatus::ALL.len());
    (any_day(), statuses, subsequence(vec![0_usize, 1], 0..=2), 1_usize..5, any::<bool>()).prop_map(
        |(as_at, statuses, departments, limit, descending)| Look { as_at, statuses, departments, limit, descending },
    )
}

async fn enter(
    register: &Register,
    parent_id: DepartmentId,
    due_on: Day,
    published_on: Option<Day>,
) -> ChildRecord<Commitment> {
    let content = Commitment {
        kind: CommitmentKind::Other,
        title: parsed("Promised"),
        due_on,
        published_on,
        evidence_url: None,
        sources: Distinct::default(),
    };
    let (id, part) = (next_id(), Child { parent_id, content });
    let enter = move |tx: &mut store::WriteTx<'_>| store::child::insert(tx, id, part.clone());
    (*register.store.write(stamp(0), enter).await.unwrap().record).clone()
}

async fn walk(
    register: &Register,
    filter: &CommitmentFilter,
    look: &Look,
) -> (Vec<Reported>, Vec<(CommitmentStatus, i64)>) {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = Page { limit: look.limit, sort: SortKey::ID, descending: look.descending, after, count: false };
        let wanted = filter.clone();
        let read = move |tx: &mut ReadTx<'_>| store::report::commitments(tx, &wanted, &page);
        let report = register.store.read::<_, Error, _>(read).await.unwrap();
        assert!(report.items.len() <= look.limit);
        found.extend(report.items);
        after = report.next;
        if after.is_none() {
            return (found, report.counts.into_iter().collect());
        }
    }
}

async fn the_report_lists_and_counts_as_the_domain_says(register: &Register) {
    let scripts = (vec(any_promise(), 0..16), vec(any_look(), 4..16));
    for_all(register, 24, scripts, async |register, (promises, looks)| {
        let departments = [register.enter(department("One")).await, register.enter(department("Two")).await];
        let mut all = Vec::new();
        for (due_on, published_on, is_first) in promises {
            let whole = departments[usize::from(!is_first)].id;
            all.push(enter(register, whole, due_on, published_on).await);
        }
        for look in looks {
            let filter = CommitmentFilter {
                as_at: look.as_at,
                departments: look.departments.iter().map(|at| departments[*at].id).collect(),
                statuses: look.statuses.clone(),
            };
            let (listed, counted) = walk(register, &filter, &look).await;

            let is_asked = |one: &&ChildRecord<Commitment>| {
                filter.departments.is_empty() || filter.departments.contains(&one.content.parent_id)
            };
            let asked: Vec<&ChildRecord<Commitment>> = all.iter().filter(is_asked).collect();
            let number = |status| asked.iter().filter(|one| one.content.status(look.as_at) == status).count();
            let counts = CommitmentStatus::ALL.iter().map(|status| (*status, i64::try_from(number(*status)).unwrap()));
            assert_eq!(counted, counts.collect::<Vec<_>>(), "{look:?}");
            let is_listed = |one: &&&ChildRecord<Commitment>| {
                look.statuses.is_empty() || look.statuses.contains(&one.content.status(look.as_at))
            };
            let mut expected: Vec<&ChildRecord<Commitment>> = asked.iter().filter(is_listed).copied().collect();
            expected.sort_by_key(|one| (one.content.due_on, one.id));
            if look.descending {
                expected.reverse();
            }
            let found: Vec<&ChildRecord<Commitment>> = listed.iter().map(|reported| &reported.commitment).collect();
            assert_eq!(found, expected, "{look:?}");
            assert!(listed.iter().all(|reported| reported.department.id.0 == reported.commitment.content.parent_id));
        }
    });
}

on_both!(the_report_lists_and_counts_as_the_domain_says);

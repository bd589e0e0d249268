//! Every filter and every order of the four lists: small random registers, entered, changed and deleted in part, are
//! listed by the store and the slow way, and both say the same.

mod contract;
mod department;
mod mutual;
mod staff_ballot;

use std::fmt::Debug;

use chrono::{DateTime, TimeDelta, Utc};
use document::value::{Bounded, Text, Word};
use domain::{
    Checked, Contract, Day, Department, DepartmentId, DepartmentKind, DraftAccess, Id, Identifier, Key, Mutual,
    MutualId, Nation, PartialDate, Record, Rules, SearchQuery, Sector, StaffBallot, tokens,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;
use store::{Error, Page, SortKey, StoredRoot as _, Total};

use crate::fixture::{Resource, declared_ballot, department, distinct, mutual, parsed};
use crate::kit::{Register, for_all, listed, moment, next_id, numbered, stamp_at};

const REGISTERS: u32 = 24;

/// What a kind of record must say about itself to be listed the slow way.
trait Listed: Resource {
    /// A record with values that few other values are drawn from, so that filters find some.
    fn any() -> BoxedStrategy<Self>;
    /// Makes what must be unique so, by the number of the record.
    fn made_unique(self, number: usize) -> Self;
    fn any_filter() -> BoxedStrategy<Self::Filter>;
    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool;
    fn key(record: &Record<Self>, sort: &str) -> Option<Value>;
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Text(String),
    Number(i64),
    Date(PartialDate),
    Instant(DateTime<Utc>),
    Same,
}

/// What becomes of a record: entered at one time, and perhaps replaced or deleted at another.
#[derive(Clone, Debug)]
struct Course<R> {
    entered: (R, TimeDelta),
    then: Option<(Option<R>, TimeDelta)>,
}

/// A way to look at the list.
#[derive(Clone, Debug)]
struct Look<F> {
    filter: F,
    sort: usize,
    descending: bool,
    limit: usize,
    count: bool,
}

type Script<R> = (Vec<Course<R>>, Vec<Look<<R as Resource>::Filter>>);

fn scripts<R: Listed>() -> impl Strategy<Value = Script<R>> {
    let then = option::of((option::weighted(0.7, R::any()), any_time()));
    let course = (R::any(), any_time(), then).prop_map(|(new, at, then)| Course { entered: (new, at), then });
    let look = (R::any_filter(), 0..R::KEYS.len(), any::<bool>(), 1_usize..7, any::<bool>())
        .prop_map(|(filter, sort, descending, limit, count)| Look { filter, sort, descending, limit, count });
    (vec(course, 0..14), vec(look, 5..25))
}

/// Times meet now and then, and differ by less than a second too.
fn any_time() -> impl Strategy<Value = TimeDelta> {
    select(&[0, 1, 1_000, 500_000, 500_001, 999_999, 1_000_000, 61_000_000][..]).prop_map(TimeDelta::microseconds)
}

async fn check<R: Listed>(register: &Register, (courses, looks): Script<R>) {
    enter_backdrop(register).await;
    let ids = play::<R>(register, courses).await;
    let everything = register.all::<R>(R::Filter::default()).await;
    for id in &ids {
        let found = register.find(*id).await.unwrap();
        assert!(everything.contains(&found), "{found:?} is not listed");
    }
    let entries = register.newest_entries();
    for look in looks {
        let sort = R::KEYS[look.sort];
        let mut expected: Vec<&Record<R>> = everything.iter().filter(|record| R::meets(record, &look.filter)).collect();
        expected.sort_by(|a, b| compare(a, b, sort, look.descending));
        let walked = walk::<R>(register, &look, sort, expected.len()).await;
        let keys = || expected.iter().map(|record| (record.id, R::key(record, sort.word()))).collect::<Vec<_>>();
        let ids = walked.iter().map(|item| item.id.clone());
        let differs = || format!("{look:?} by {sort:?}, of which the keys are {:#?}", keys());
        assert_eq!(
            ids.collect::<Vec<_>>(),
            expected.iter().map(|it| it.id.to_string()).collect::<Vec<_>>(),
            "{}",
            differs()
        );
        let expected = expected.into_iter().map(|record| listed(record, entries[&record.id.to_string()]));
        assert_eq!(walked, expected.collect::<Vec<_>>(), "{look:?} by {sort:?}");
    }
}

/// By the key, absent last, then by id, both in the same direction.
fn compare<R: Listed>(a: &Record<R>, b: &Record<R>, sort: SortKey, descending: bool) -> std::cmp::Ordering {
    let (one, other) = (R::key(a, sort.word()), R::key(b, sort.word()));
    one.is_none().cmp(&other.is_none()).then_with(|| {
        let up = one.cmp(&other).then_with(|| a.id.to_string().cmp(&b.id.to_string()));
        if descending { up.reverse() } else { up }
    })
}

async fn walk<R: Listed>(
    register: &Register,
    look: &Look<R::Filter>,
    sort: SortKey,
    most: usize,
) -> Vec<store::Listed> {
    let mut page = Page { limit: look.limit, sort, descending: look.descending, after: None, count: look.count };
    let mut walked = Vec::new();
    loop {
        let (filter, wanted) = (look.filter.clone(), page.clone());
        let slice = register.store.read_one::<_, Error, _>(move |tx| R::list(tx, &filter, &wanted)).await.unwrap();
        assert!(slice.items.len() <= look.limit, "{look:?}");
        assert_eq!(slice.total, look.count.then(|| Total::Exactly(i64::try_from(most).unwrap())), "{look:?}");
        walked.extend(slice.items);
        assert!(walked.len() <= most, "{look:?} by {sort:?} visits too many: {walked:#?}");
        if slice.next.is_none() {
            return walked;
        }
        page.after = slice.next;
    }
}

/// Carries out the courses, each in writes of its own, and gives the ids of what is left.
async fn play<R: Listed>(register: &Register, courses: Vec<Course<R>>) -> Vec<Id<R>> {
    let mut entered = Vec::new();
    for (number, Course { entered: (content, at), then }) in courses.into_iter().enumerate() {
        let (id, content) = (next_id(), content.made_unique(number));
        let given = content.clone();
        let record = register.store.write(stamp_at(moment() + at), move |tx| R::insert(tx, id, content.clone()));
        let record = record.await.unwrap_or_else(|error| panic!("{error:?} on {given:?}"));
        entered.push((number, record, then));
    }
    let mut left = Vec::new();
    for (number, record, then) in entered {
        match then {
            None => left.push(record.id),
            Some((Some(content), at)) => {
                left.push(record.id);
                let content = content.made_unique(number);
                let change = register.store.write::<_, Error, _>(stamp_at(moment() + at), move |tx| {
                    let current = R::find(tx, record.id)?;
                    R::update(tx, &current, content.clone())
                });
                // A ballot that was declared stays as it was entered.
                assert!(matches!(change.await, Ok(_) | Err(Error::State(_))));
            }
            Some((None, _)) => register.remove(record.id).await.unwrap(),
        }
    }
    left
}

/// Records for the others to refer to, under the ids that the strategies know.
async fn enter_backdrop(register: &Register) {
    let enter = register.write(|tx| {
        for n in 0..BACKDROP {
            let name = format!("Backdrop {n}");
            Department::enter(
                tx,
                department_id(n),
                Department { kind: kind_of(n), nation: nation_of(n), ..department(&name) },
                DraftAccess::All,
            )?;
            Mutual::enter(tx, mutual_id(n), mutual(&name), DraftAccess::All)?;
            StaffBallot::enter(tx, numbered(300 + n), declared_ballot(mutual_id(n)), DraftAccess::All)?;
        }
        Ok(())
    });
    enter.await.unwrap();
}

const BACKDROP: u128 = 3;

/// The kind of such a department.
fn kind_of(n: u128) -> DepartmentKind {
    if n == 0 { DepartmentKind::NhsCommissioner } else { DepartmentKind::LocalAuthority }
}

/// The nation of such a department.
fn nation_of(n: u128) -> Option<Nation> {
    [None, Some(Nation::Scotland), Some(Nation::Wales)].into_iter().nth(usize::try_from(n).unwrap()).flatten()
}

fn department_id(n: u128) -> DepartmentId {
    numbered(100 + n)
}

fn mutual_id(n: u128) -> MutualId {
    numbered(200 + n)
}

/// Odd beginnings of names: other scripts, the same letters in both cases, signs that a search may take for its own.
const BEGINNINGS: &[&str] = &[
    "Zoo",
    "zoo",
    "Äpfel",
    "apfel",
    "Éclair AND",
    "東京",
    "𝒜lpha",
    "a-b",
    "A B",
    "10",
    "9",
    "NEAR Ω",
    "it's",
    "St. \"x\"",
];
const QUERIES: &[&str] = &[
    "z",
    "zoo",
    "apf",
    "ÄPFEL",
    "and",
    "near",
    "near o",
    "a",
    "b a",
    "dong jing",
    "1",
    "10",
    "gb",
    "coh",
    "gb-coh:0",
    "it's",
    "back",
    "x",
];
const DATES: &[&str] = &[
    "2010",
    "2010-12",
    "2010-12-31",
    "2011",
    "2011-01-01",
    "2011-06",
    "2011-06-15",
    "2011-12",
    "2011-12-31",
    "2012",
    "2012-02-29",
];
const DAYS: &[&str] = &[
    "2014-03-31",
    "2015-02-25",
    "2015-04-01",
    "2015-04-02",
    "2018-03-31",
    "2020-02-29",
    "2024-01-01",
    "2025-02-24",
    "2025-12-31",
];

fn date_of(pool: &'static [&'static str]) -> impl Strategy<Value = Option<PartialDate>> {
    option::of(select(pool).prop_map(parsed::<PartialDate>))
}

fn any_date() -> impl Strategy<Value = Option<PartialDate>> {
    date_of(DATES)
}

fn any_day() -> impl Strategy<Value = Option<Day>> {
    option::of(select(DAYS).prop_map(parsed::<Day>))
}

/// Sorts the days that there are, so that they follow one another.
fn in_order<T: Ord + Copy, const N: usize>(dates: [Option<T>; N]) -> [Option<T>; N] {
    let mut known: Vec<T> = dates.iter().copied().flatten().collect();
    known.sort();
    let mut known = known.into_iter();
    dates.map(|date| date.and_then(|_| known.next()))
}

/// A condition that is mostly open.
fn any_of<T: Clone + Debug + 'static>(pool: &'static [T]) -> BoxedStrategy<Vec<T>> {
    prop_oneof![9 => Just(Vec::new()), 1 => vec(select(pool), 1..4)].boxed()
}

fn rarely<T: Clone + Debug + 'static>(some: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Option<T>> {
    option::weighted(0.1, some).boxed()
}

/// The two ends of a range, each of which may be open.
type Range<T> = (Option<Text<T>>, Option<Text<T>>);

fn any_span() -> BoxedStrategy<Range<PartialDate>> {
    let span = (any_date(), any_date()).prop_map(|(from, to)| (from.map(Text), to.map(Text)));
    prop_oneof![9 => Just((None, None)), 1 => span].boxed()
}

fn any_days() -> BoxedStrategy<Range<Day>> {
    let days = (any_day(), any_day()).prop_map(|(from, to)| (from.map(Text), to.map(Text)));
    prop_oneof![9 => Just((None, None)), 1 => days].boxed()
}

/// Values as a filter has them.
fn given<T, W: From<T>>(values: Vec<T>) -> Vec<W> {
    values.into_iter().map(W::from).collect()
}

/// Records as a filter names them.
fn named<T>(ids: Vec<Id<T>>) -> Vec<Text<Key<T>>> {
    ids.into_iter().map(|id| Text(Key::Id(id))).collect()
}

fn ids<T>(keys: &[Text<Key<T>>]) -> Vec<Id<T>> {
    let id = |Text(key): &Text<Key<T>>| if let Key::Id(id) = key { Some(*id) } else { None };
    keys.iter().filter_map(id).collect()
}

fn any_query() -> BoxedStrategy<Option<SearchQuery>> {
    rarely(select(QUERIES).prop_map(parsed::<SearchQuery>))
}

/// Those that records may have, by their numbers, and some that none has.
fn any_identifiers() -> BoxedStrategy<Vec<Identifier>> {
    let identifier = (0..14_usize, 0..3_usize).prop_map(|(number, nth)| identifier(number, nth));
    prop_oneof![9 => Just(Vec::new()), 1 => vec(identifier, 1..6)].boxed()
}

fn identifier(number: usize, nth: usize) -> Identifier {
    parsed(&format!("GB-COH:{}", 1 + number * 10 + nth))
}

/// Drafts count their identifiers; the record's number makes them unique.
fn own_identifiers(number: usize, drafted: &[Identifier]) -> domain::Distinct<Identifier, 0, 20> {
    distinct((0..drafted.len()).map(|nth| identifier(number, nth)).collect())
}

fn drafted_identifiers() -> impl Strategy<Value = domain::Distinct<Identifier, 0, 20>> {
    (0..3_usize).prop_map(|count| distinct((0..count).map(|nth| identifier(99, nth)).collect()))
}

fn subset<T: Clone + Debug + 'static>(pool: &'static [T], least: usize) -> impl Strategy<Value = Vec<T>> {
    subsequence(pool, least..=pool.len())
}

/// The first of several drafts that keeps its rules.
fn soundest<T: Rules>(drafts: impl IntoIterator<Item = T>) -> Checked<T> {
    drafts.into_iter().find_map(|draft| Checked::new(draft).ok()).unwrap()
}

fn has<T: Copy + PartialEq>(wanted: &[Word<T>], value: T) -> bool {
    wanted.is_empty() || wanted.contains(&Word(value))
}

fn has_some<T: Copy + PartialEq>(wanted: &[Word<T>], value: Option<T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(&Word(value)))
}

fn share<T: PartialEq>(wanted: &[T], values: &[T]) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| values.contains(one))
}

/// An unknown part of a date may be any.
fn may_lie_in((from, to): Range<PartialDate>, date: Option<PartialDate>) -> bool {
    if from.is_none() && to.is_none() {
        return true;
    }
    date.is_some_and(|date| {
        from.is_none_or(|Text(from)| date.last_day() >= from.first_day())
            && to.is_none_or(|Text(to)| date.first_day() <= to.last_day())
    })
}

fn lies_in((from, to): Range<Day>, day: Option<Day>) -> bool {
    if from.is_none() && to.is_none() {
        return true;
    }
    day.is_some_and(|day| from.is_none_or(|Text(from)| from <= day) && to.is_none_or(|Text(to)| day <= to))
}

fn at_least<const MAX: i64>(bound: Option<Bounded<0, MAX>>, value: Option<i64>) -> bool {
    bound.is_none_or(|Bounded(bound)| value.is_some_and(|value| value >= bound))
}

fn at_most<const MAX: i64>(bound: Option<Bounded<0, MAX>>, value: Option<i64>) -> bool {
    bound.is_none_or(|Bounded(bound)| value.is_some_and(|value| value <= bound))
}

fn found_by(query: Option<&Text<SearchQuery>>, text: &str, identifiers: &[Identifier]) -> bool {
    let numbers: Vec<String> = identifiers.iter().map(Identifier::searched).collect();
    let words = tokens(&format!("{text} {}", numbers.join(" ")));
    query.is_none_or(|Text(query)| {
        query.words().iter().all(|wanted| {
            let starts = |start: &str| words.iter().any(|word| word.starts_with(start));
            wanted.parts().iter().all(|part| starts(part)) || wanted.joined().is_some_and(starts)
        })
    })
}

const AREAS: &[Sector] = &[Sector::CommunityHealth, Sector::Dental, Sector::LibrariesArchives];

async fn departments_are_listed_as_the_slow_way_says(register: &Register) {
    for_all(register, REGISTERS, scripts::<Department>(), check::<Department>);
}

async fn mutuals_are_listed_as_the_slow_way_says(register: &Register) {
    for_all(register, REGISTERS, scripts::<Mutual>(), check::<Mutual>);
}

async fn staff_ballots_are_listed_as_the_slow_way_says(register: &Register) {
    for_all(register, REGISTERS, scripts::<StaffBallot>(), check::<StaffBallot>);
}

async fn contracts_are_listed_as_the_slow_way_says(register: &Register) {
    for_all(register, REGISTERS, scripts::<Contract>(), check::<Contract>);
}

on_both!(
    departments_are_listed_as_the_slow_way_says,
    mutuals_are_listed_as_the_slow_way_says,
    staff_ballots_are_listed_as_the_slow_way_says,
    contracts_are_listed_as_the_slow_way_says,
);

//! Every filter and every order of the four lists: small random registers, entered, changed and deleted in part, are listed by
//! the store and the slow way, and both say the same.

use std::fmt::Debug;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    BallotKind, BallotMode, BallotState, Contract, ContractStatus, Currency, Day, Department, DepartmentId,
    DepartmentKind, Ending, Held, Id, Identifier, LegalForm, MAX_INTEGER, Money, Mutual, MutualId, Organiser,
    OriginRoute, Parents, PartialDate, Procedure, Protection, ProtectionKind, Record, Region, SearchQuery, Sector, Staff,
    StaffBallot, Stage, Timeline, fold_name, tokens,
};
use domain::{Checked, Rules};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;
use store::{Days, Error, Page, Span};

use crate::fixture::{
    Resource, ballot, checked, contract, department, distinct, mutual, parsed,
};
use crate::kit::{Register, for_all, moment, next_id, numbered, stamp_at};

const REGISTERS: u32 = 24;

/// What a kind of record must say about itself to be listed the slow way.
trait Listed: Resource {
    /// A record with values that few other values are drawn from, so that filters find some.
    fn any() -> BoxedStrategy<Self>;
    /// Makes what must be unique so, by the number of the record.
    fn made_unique(self, number: usize) -> Self;
    fn any_filter() -> BoxedStrategy<Self::Filter>;
    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool;
    fn key(record: &Record<Self>, sort: Self::Sort) -> Option<SortKey>;
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
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
    let look = (R::any_filter(), 0..R::SORTS.len(), any::<bool>(), 1_usize..7, any::<bool>())
        .prop_map(|(filter, sort, descending, limit, count)| Look { filter, sort, descending, limit, count });
    (vec(course, 0..14), vec(look, 1..10))
}

/// Times meet now and then, and differ by less than a second too.
fn any_time() -> impl Strategy<Value = TimeDelta> {
    select(&[0, 1, 1_000, 500_000, 500_001, 999_999, 1_000_000, 61_000_000][..]).prop_map(TimeDelta::microseconds)
}

async fn check<R: Listed>(register: &Register, (courses, looks): Script<R>) {
    enter_backdrop(register).await;
    let ids = play::<R>(register, courses).await;
    let mut everything = register.all::<R>(R::Filter::default()).await;
    for id in &ids {
        let found = register.find(*id).await.unwrap();
        assert!(everything.contains(&found), "{found:?} is not listed");
    }
    everything.retain(|record| ids.contains(&record.id) || R::TYPE == "department" || R::TYPE == "mutual" || R::TYPE == "staff_ballot");
    for look in looks {
        let sort = R::SORTS[look.sort];
        let mut expected: Vec<&Record<R>> = everything.iter().filter(|record| R::meets(record, &look.filter)).collect();
        expected.sort_by(|a, b| compare(a, b, sort, look.descending));
        let walked = walk::<R>(register, &look, sort, expected.len()).await;
        let shown = |records: &[&Record<R>]| -> Vec<_> { records.iter().map(|it| (it.id, R::key(it, sort))).collect() };
        let got: Vec<&Record<R>> = walked.iter().collect();
        assert_eq!(shown(&got), shown(&expected), "{look:?} by {sort:?} of {everything:#?}");
        assert_eq!(got, expected, "{look:?} by {sort:?}");
    }
}

/// By the key, absent last, then by id, both in the same direction.
fn compare<R: Listed>(a: &Record<R>, b: &Record<R>, sort: R::Sort, descending: bool) -> std::cmp::Ordering {
    let (one, other) = (R::key(a, sort), R::key(b, sort));
    one.is_none().cmp(&other.is_none()).then_with(|| {
        let up = one.cmp(&other).then_with(|| a.id.to_string().cmp(&b.id.to_string()));
        if descending { up.reverse() } else { up }
    })
}

async fn walk<R: Listed>(register: &Register, look: &Look<R::Filter>, sort: R::Sort, most: usize) -> Vec<Record<R>> {
    let mut page = Page { limit: look.limit, sort, descending: look.descending, after: None, count: look.count };
    let mut walked = Vec::new();
    loop {
        let (filter, wanted) = (look.filter.clone(), page.clone());
        let slice = register.store.look::<_, Error, _>(move |tx| R::list(tx, &filter, &wanted)).await.unwrap();
        assert!(slice.items.len() <= look.limit, "{look:?}");
        assert_eq!(slice.total, look.count.then(|| i64::try_from(most).unwrap()), "{look:?}");
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
                change.await.unwrap();
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
            store::department::insert(tx, department_id(n), department(&name))?;
            store::mutual::insert(tx, mutual_id(n), mutual(&name))?;
            store::staff_ballot::insert(tx, numbered(300 + n), ballot(mutual_id(n)))?;
        }
        Ok(())
    });
    enter.await.unwrap();
}

const BACKDROP: u128 = 3;

fn department_id(n: u128) -> DepartmentId {
    numbered(100 + n)
}

fn mutual_id(n: u128) -> MutualId {
    numbered(200 + n)
}

/// Odd beginnings of names: of other scripts, of the same letters in both cases, with signs that search takes for its own.
const BEGINNINGS: &[&str] =
    &["Zoo", "zoo", "Äpfel", "apfel", "Éclair AND", "東京", "𝒜lpha", "a-b", "A B", "10", "9", "NEAR Ω", "it's", "St. \"x\""];
const QUERIES: &[&str] =
    &["z", "zoo", "apf", "ÄPFEL", "and", "near", "near o", "a", "b a", "dong jing", "1", "10", "gb", "coh", "gb-coh:0", "it's", "back", "x"];
const DATES: &[&str] =
    &["2010", "2010-12", "2010-12-31", "2011", "2011-01-01", "2011-06", "2011-06-15", "2011-12", "2011-12-31", "2012", "2012-02-29"];
const DAYS: &[&str] = &["2014-03-31", "2015-04-01", "2015-04-02", "2018-03-31", "2020-02-29", "2025-12-31"];
const STAFF: &[i64] = &[0, 1, 50, 51, 249, 250, 10_000_000];
const AMOUNTS: &[i64] = &[0, 1, 99, 100, 1_000_000, MAX_INTEGER];
const CODES: &[&str] = &["85000000", "85100000", "85140000", "85141000", "80000000", "92511000", "92500000", "98000000"];
const PREFIXES: &[&str] = &["85", "851", "8514", "8514100", "85141000", "9", "92", "80000000", "99", "00"];

fn date_of(pool: &'static [&'static str]) -> impl Strategy<Value = Option<PartialDate>> {
    option::of(select(pool).prop_map(|raw| parsed::<PartialDate>(raw)))
}

fn any_date() -> impl Strategy<Value = Option<PartialDate>> {
    date_of(DATES)
}

fn any_day() -> impl Strategy<Value = Option<Day>> {
    option::of(select(DAYS).prop_map(|raw| parsed::<Day>(raw)))
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
    prop_oneof![6 => Just(Vec::new()), 1 => vec(select(pool), 1..4)].boxed()
}

fn rarely<T: Clone + Debug + 'static>(some: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Option<T>> {
    option::weighted(0.15, some).boxed()
}

fn any_span() -> BoxedStrategy<Span> {
    let span = (any_date(), any_date()).prop_map(|(from, to)| Span { from, to });
    prop_oneof![6 => Just(Span::default()), 1 => span].boxed()
}

fn any_days() -> BoxedStrategy<Days> {
    let days = (any_day(), any_day()).prop_map(|(from, to)| Days { from, to });
    prop_oneof![6 => Just(Days::default()), 1 => days].boxed()
}

fn any_query() -> BoxedStrategy<Option<SearchQuery>> {
    rarely(select(QUERIES).prop_map(|raw| parsed::<SearchQuery>(raw)))
}

/// Those that records may have, by their numbers, and some that none has.
fn any_identifiers() -> BoxedStrategy<Vec<Identifier>> {
    let identifier = (0..14_usize, 0..3_usize).prop_map(|(number, nth)| identifier(number, nth));
    prop_oneof![6 => Just(Vec::new()), 1 => vec(identifier, 1..6)].boxed()
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

fn has<T: PartialEq>(wanted: &[T], value: &T) -> bool {
    wanted.is_empty() || wanted.contains(value)
}

fn has_some<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}

fn share<T: PartialEq>(wanted: &[T], values: &[T]) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| values.contains(one))
}

/// An unknown part of a date may be any.
fn may_lie_in(span: &Span, date: Option<PartialDate>) -> bool {
    if span.from.is_none() && span.to.is_none() {
        return true;
    }
    date.is_some_and(|date| {
        span.from.is_none_or(|from| date.last_day() >= from.first_day())
            && span.to.is_none_or(|to| date.first_day() <= to.last_day())
    })
}

fn lies_in(days: &Days, day: Option<Day>) -> bool {
    if days.from.is_none() && days.to.is_none() {
        return true;
    }
    day.is_some_and(|day| days.from.is_none_or(|from| from <= day) && days.to.is_none_or(|to| day <= to))
}

fn at_least<T: Ord>(bound: Option<T>, value: Option<T>) -> bool {
    bound.is_none_or(|bound| value.is_some_and(|value| value >= bound))
}

fn at_most<T: Ord>(bound: Option<T>, value: Option<T>) -> bool {
    bound.is_none_or(|bound| value.is_some_and(|value| value <= bound))
}

fn found_by(query: Option<&SearchQuery>, text: &str, identifiers: &[Identifier]) -> bool {
    let numbers: Vec<String> = identifiers.iter().map(ToString::to_string).collect();
    let words = tokens(&format!("{text} {}", numbers.join(" ")));
    query.is_none_or(|query| query.tokens().iter().all(|start| words.iter().any(|word| word.starts_with(start.as_str()))))
}

const AREAS: &[Sector] = &[Sector::CommunityHealth, Sector::Dental, Sector::LibrariesArchives];

impl Listed for Department {
    fn any() -> BoxedStrategy<Self> {
        let parts = (
            select(BEGINNINGS),
            select(&[DepartmentKind::LocalAuthority, DepartmentKind::NhsProvider, DepartmentKind::Other][..]),
            drafted_identifiers(),
            subset(AREAS, 0),
            any_date(),
            any_date(),
            option::of(0..BACKDROP),
        );
        parts
            .prop_map(|(name, kind, identifiers, areas, opened_on, closed_on, successor)| {
                let successor_id = successor.map(department_id);
                let life = soundest([
                    domain::department::Life { opened_on, closed_on, successor_id },
                    domain::department::Life { opened_on: None, closed_on, successor_id },
                    domain::department::Life { opened_on, closed_on: None, successor_id: None },
                ]);
                Self { kind, identifiers, policy_areas: distinct(areas), life, ..department(name) }
            })
            .boxed()
    }

    fn made_unique(self, number: usize) -> Self {
        let identifiers = own_identifiers(number, &self.identifiers);
        let name = parsed(&format!("{} {number}", self.name));
        Self { slug: parsed(&format!("record-{number}")), name, identifiers, ..self }
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let kinds = any_of(&[DepartmentKind::LocalAuthority, DepartmentKind::NhsProvider, DepartmentKind::FireAuthority]);
        (kinds, any_of(AREAS), any_identifiers(), rarely(any::<bool>()), any_query())
            .prop_map(|(kinds, policy_areas, identifiers, open, search)| Self::Filter {
                kinds,
                policy_areas,
                identifiers,
                open,
                search,
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        has(&filter.kinds, &it.kind)
            && share(&filter.policy_areas, &it.policy_areas)
            && share(&filter.identifiers, &it.identifiers)
            && filter.open.is_none_or(|open| open == it.life.closed_on.is_none())
            && found_by(filter.search.as_ref(), it.name.as_str(), &it.identifiers)
    }

    fn key(record: &Record<Self>, sort: Self::Sort) -> Option<SortKey> {
        Some(match sort {
            Self::Sort::Name => SortKey::Text(fold_name(record.content.name.as_str())),
            Self::Sort::UpdatedAt => SortKey::Instant(record.updated_at),
            Self::Sort::Id => SortKey::Same,
        })
    }
}

const STAGES: &[Stage] =
    &[Stage::Idea, Stage::Operating, Stage::Operating, Stage::Suspended, Stage::Blocked, Stage::Merged, Stage::Closed];
const REGIONS: &[Region] = &[Region::London, Region::Wales, Region::NorthEast];
const FORMS: &[LegalForm] = &[LegalForm::Llp, LegalForm::Cio, LegalForm::Other];
const ROUTES: &[OriginRoute] = &[OriginRoute::Pathfinder, OriginRoute::RightToProvide];

impl Listed for Mutual {
    fn any() -> BoxedStrategy<Self> {
        let dates = (any_date(), any_date(), option::of(0..BACKDROP));
        let life = (select(STAGES), dates).prop_map(|(stage, (launched_on, ended_on, successor))| {
            let full = domain::mutual::Life {
                stage,
                stage_since: None,
                launched_on,
                ended_on,
                successor_id: successor.map(mutual_id),
            };
            let unended = domain::mutual::Life { ended_on: None, ..full.clone() };
            let unlaunched = domain::mutual::Life { launched_on: None, ..full.clone() };
            soundest([
                full.clone(),
                domain::mutual::Life { successor_id: None, ..unended.clone() },
                unlaunched.clone(),
                domain::mutual::Life { ended_on: None, successor_id: None, ..unlaunched },
            ])
        });
        let parents = (subsequence(vec![0, 1, 2], 0..=3), any::<bool>()).prop_map(|(departments, backwards)| {
            let mut ids: Vec<DepartmentId> = departments.into_iter().map(department_id).collect();
            if backwards {
                ids.reverse();
            }
            let mut ids = ids.into_iter();
            checked(Parents { department_id: ids.next(), other_department_ids: ids.collect() })
        });
        let what = (select(BEGINNINGS), option::of(select(BEGINNINGS)), drafted_identifiers());
        let words = (option::of(select(REGIONS)), option::of(select(FORMS)), option::of(select(ROUTES)));
        (what, words, subset(AREAS, 1), parents, life, option::of(select(STAFF)))
            .prop_map(|((name, said, identifiers), (region, legal_form, origin_route), sectors, parents, life, count)| Self {
                identifiers,
                legal_form,
                sectors: distinct(sectors),
                region,
                description: said.map(|said| parsed(&format!("It says:\n{said}"))),
                parents,
                origin_route,
                life,
                staff: checked(Staff { count, counted_on: None }),
                ..mutual(name)
            })
            .boxed()
    }

    fn made_unique(self, number: usize) -> Self {
        let identifiers = own_identifiers(number, &self.identifiers);
        let name = parsed(&format!("{} {number}", self.name));
        Self { slug: parsed(&format!("record-{number}")), name, identifiers, ..self }
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let departments = vec((0..4_u128).prop_map(department_id), 1..3);
        let departments = prop_oneof![6 => Just(Vec::new()), 1 => departments];
        let words = (any_of(AREAS), any_of(STAGES), any_of(REGIONS), any_of(FORMS), any_of(ROUTES));
        let spans = (any_span(), any_span());
        let staff = (rarely(select(STAFF)), rarely(select(STAFF)));
        (departments, words, any_identifiers(), spans, staff, any_query())
            .prop_map(|(departments, words, identifiers, (launched, ended), (from, to), search)| {
                let (sectors, stages, regions, legal_forms, origin_routes) = words;
                let (staff_count_from, staff_count_to) = (from, to);
                Self::Filter {
                    departments,
                    sectors,
                    stages,
                    regions,
                    legal_forms,
                    origin_routes,
                    identifiers,
                    launched,
                    ended,
                    staff_count_from,
                    staff_count_to,
                    search,
                }
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        let parents: Vec<_> = it.parents.department_id.iter().chain(&it.parents.other_department_ids).copied().collect();
        let description = it.description.as_ref().map_or("", |said| said.as_str());
        share(&filter.departments, &parents)
            && share(&filter.sectors, &it.sectors)
            && has(&filter.stages, &it.life.stage)
            && has_some(&filter.regions, it.region.as_ref())
            && has_some(&filter.legal_forms, it.legal_form.as_ref())
            && has_some(&filter.origin_routes, it.origin_route.as_ref())
            && share(&filter.identifiers, &it.identifiers)
            && may_lie_in(&filter.launched, it.life.launched_on)
            && may_lie_in(&filter.ended, it.life.ended_on)
            && at_least(filter.staff_count_from, it.staff.count)
            && at_most(filter.staff_count_to, it.staff.count)
            && found_by(filter.search.as_ref(), &format!("{} {description}", it.name), &it.identifiers)
    }

    fn key(record: &Record<Self>, sort: Self::Sort) -> Option<SortKey> {
        match sort {
            Self::Sort::Name => Some(SortKey::Text(fold_name(record.content.name.as_str()))),
            Self::Sort::LaunchedOn => record.content.life.launched_on.map(SortKey::Date),
            Self::Sort::StaffCount => record.content.staff.count.map(SortKey::Number),
            Self::Sort::UpdatedAt => Some(SortKey::Instant(record.updated_at)),
            Self::Sort::Id => Some(SortKey::Same),
        }
    }
}

const BALLOT_KINDS: &[BallotKind] = &[BallotKind::Formal, BallotKind::Indicative, BallotKind::Rerun];
const ORGANISERS: &[Organiser] = &[Organiser::ParentBody, Organiser::TradeUnion];
const STATES: &[BallotState] = &[BallotState::Draft, BallotState::Declared, BallotState::Void, BallotState::Superseded];

impl Listed for StaffBallot {
    fn any() -> BoxedStrategy<Self> {
        let held = [any_date().boxed(), any_date().boxed(), any_date().boxed()].prop_map(|dates| {
            let [opened_on, closed_on, declared_on] = in_order(dates);
            checked(Held { opened_on, closed_on, declared_on })
        });
        (0..BACKDROP, select(BALLOT_KINDS), option::of(select(ORGANISERS)), select(STATES), held)
            .prop_map(|(about, kind, organiser, state, held)| {
                let ending = Ending {
                    state,
                    void_reason: (state == BallotState::Void).then(|| parsed("A court said so")),
                    superseded_by_id: (state == BallotState::Superseded).then(|| numbered(300 + about)),
                };
                Self { kind, organiser, held, ending: checked(ending), ..ballot(mutual_id(about)) }
            })
            .boxed()
    }

    fn made_unique(self, _: usize) -> Self {
        self
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let mutuals = prop_oneof![4 => Just(Vec::new()), 1 => vec((0..4_u128).prop_map(mutual_id), 1..3)];
        let modes = any_of(&[BallotMode::Recorded, BallotMode::Recorded, BallotMode::Hosted]);
        let words = (any_of(BALLOT_KINDS), any_of(ORGANISERS), any_of(STATES), modes);
        (mutuals, words, (any_span(), any_span(), any_span()))
            .prop_map(|(mutuals, (kinds, organisers, states, modes), (opened, closed, declared))| Self::Filter {
                mutuals,
                kinds,
                organisers,
                states,
                modes,
                opened,
                closed,
                declared,
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        has(&filter.mutuals, &it.mutual_id)
            && has(&filter.kinds, &it.kind)
            && has_some(&filter.organisers, it.organiser.as_ref())
            && has(&filter.states, &it.ending.state)
            && has(&filter.modes, &it.mode)
            && may_lie_in(&filter.opened, it.held.opened_on)
            && may_lie_in(&filter.closed, it.held.closed_on)
            && may_lie_in(&filter.declared, it.held.declared_on)
    }

    fn key(record: &Record<Self>, sort: Self::Sort) -> Option<SortKey> {
        match sort {
            Self::Sort::ClosedOn => record.content.held.closed_on.map(SortKey::Date),
            Self::Sort::DeclaredOn => record.content.held.declared_on.map(SortKey::Date),
            Self::Sort::UpdatedAt => Some(SortKey::Instant(record.updated_at)),
            Self::Sort::Id => Some(SortKey::Same),
        }
    }
}

const PROCEDURES: &[Procedure] = &[Procedure::PcrOpen, Procedure::PaS33Reserved, Procedure::Other];
const STATUSES: &[ContractStatus] = &[ContractStatus::Active, ContractStatus::Expired, ContractStatus::Planned];
const PROTECTIONS: &[ProtectionKind] = &[ProtectionKind::None, ProtectionKind::Reserved];
const REFERENCES: &[&str] = &["A-1", "a-1", "A 1"];
const OCIDS: &[&str] = &["ocds-b5fd17-1", "ocds-b5fd17-2"];
const CURRENCIES: &[&str] = &["GBP", "EUR"];

impl Listed for Contract {
    fn any() -> BoxedStrategy<Self> {
        let days = ([(); 4].map(|()| any_day().boxed()), [(); 3].map(|()| any_day().boxed()), option::of(select(PROTECTIONS)));
        let timeline = days.prop_map(|(before, term, protection)| {
            let [procurement_started_on, awarded_on, award_notice_on, entered_on] = in_order(before);
            let [starts_on, ends_on, latest_ends_on] = in_order(term);
            checked(Timeline {
                procurement_started_on,
                awarded_on,
                award_notice_on,
                entered_on,
                starts_on,
                ends_on,
                latest_ends_on,
                protection: protection.map(|kind| Protection { kind, until: None }),
            })
        });
        let value = option::of((select(AMOUNTS), select(CURRENCIES)))
            .prop_map(|value| value.map(|(amount, currency)| Money::new(amount, parsed(currency)).unwrap()));
        let words = (select(PROCEDURES), select(STATUSES), option::of(any::<bool>()));
        let keys = (option::of(select(REFERENCES)), option::of(select(OCIDS)), subsequence(CODES, 0..4));
        (0..BACKDROP, 0..BACKDROP, words, keys, timeline, value)
            .prop_map(|(supplier, buyer, (procedure, status, health_services), (reference, ocid, codes), timeline, value)| Self {
                reference: reference.map(parsed),
                ocid: ocid.map(parsed),
                cpv_codes: distinct(codes.into_iter().map(parsed).collect()),
                health_services,
                procedure,
                timeline,
                value,
                status,
                ..contract(mutual_id(supplier), department_id(buyer))
            })
            .boxed()
    }

    fn made_unique(self, _: usize) -> Self {
        self
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let suppliers = prop_oneof![6 => Just(Vec::new()), 1 => vec((0..4_u128).prop_map(mutual_id), 1..3)];
        let buyers = prop_oneof![6 => Just(Vec::new()), 1 => vec((0..4_u128).prop_map(department_id), 1..3)];
        let words = (any_of(PROCEDURES), any_of(STATUSES), any_of(PROTECTIONS));
        let prefixes = any_of(PREFIXES).prop_map(|all| all.into_iter().filter_map(|raw| raw.parse().ok()).collect());
        let flags = (rarely(any::<bool>()), rarely(any::<bool>()));
        let reference = rarely(select(REFERENCES).prop_map(parsed));
        let ocid = rarely(select(OCIDS).prop_map(parsed));
        let currency = rarely(select(CURRENCIES).prop_map(|raw| parsed::<Currency>(raw)));
        let value = (currency, rarely(select(AMOUNTS)), rarely(select(AMOUNTS)));
        let days = (any_days(), any_days(), any_days(), any_days(), any_days());
        ((suppliers, buyers), words, prefixes, flags, (reference, ocid), value, days)
            .prop_map(|((mutuals, departments), words, cpv_prefixes, flags, (reference, ocid), value, days)| {
                let (procedures, statuses, protections) = words;
                let (health_services, is_first) = flags;
                let (currency, value_from, value_to) = value;
                let (awarded, entered, starts, ends, latest_ends) = days;
                Self::Filter {
                    mutuals,
                    departments,
                    procedures,
                    statuses,
                    cpv_prefixes,
                    protections,
                    health_services,
                    is_first,
                    reference,
                    ocid,
                    currency,
                    value_from,
                    value_to,
                    awarded,
                    entered,
                    starts,
                    ends,
                    latest_ends,
                }
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        let amount = it.value.map(|value| value.amount_minor());
        let in_class = |prefix| it.cpv_codes.iter().any(|code| code.starts_with(prefix));
        has(&filter.mutuals, &it.mutual_id)
            && has(&filter.departments, &it.department_id)
            && has(&filter.procedures, &it.procedure)
            && has(&filter.statuses, &it.status)
            && (filter.cpv_prefixes.is_empty() || filter.cpv_prefixes.iter().any(in_class))
            && has_some(&filter.protections, it.timeline.protection.as_ref().map(|protection| &protection.kind))
            && filter.health_services.is_none_or(|health| it.health_services == Some(health))
            && filter.is_first.is_none_or(|first| it.is_first == first)
            && filter.reference.as_ref().is_none_or(|reference| it.reference.as_ref() == Some(reference))
            && filter.ocid.as_ref().is_none_or(|ocid| it.ocid.as_ref() == Some(ocid))
            && filter.currency.is_none_or(|currency| it.value.is_some_and(|value| value.currency() == currency))
            && at_least(filter.value_from, amount)
            && at_most(filter.value_to, amount)
            && lies_in(&filter.awarded, it.timeline.awarded_on)
            && lies_in(&filter.entered, it.timeline.entered_on)
            && lies_in(&filter.starts, it.timeline.starts_on)
            && lies_in(&filter.ends, it.timeline.ends_on)
            && lies_in(&filter.latest_ends, it.timeline.latest_ends_on)
    }

    fn key(record: &Record<Self>, sort: Self::Sort) -> Option<SortKey> {
        let day = |day: Option<Day>| day.map(|day| SortKey::Date(PartialDate::from(day)));
        match sort {
            Self::Sort::StartsOn => day(record.content.timeline.starts_on),
            Self::Sort::EndsOn => day(record.content.timeline.ends_on),
            Self::Sort::Value => record.content.value.map(|value| SortKey::Number(value.amount_minor())),
            Self::Sort::UpdatedAt => Some(SortKey::Instant(record.updated_at)),
            Self::Sort::Id => Some(SortKey::Same),
        }
    }
}

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

//! The plainest records there are, and one way to treat all four kinds.

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::Arc;

use document::Documented;
use domain::{
    BallotKind, BallotMode, BallotOption, BallotState, Checked, Contract, ContractStatus, Day, Department,
    DepartmentId, DepartmentKind, Distinct, DraftAccess, Effect, Ending, Held, Id, Identifier, Invalid, Key, Mutual,
    MutualId, Name, Parents, PartialDate, Procedure, Record, Rules, Sector, Slug, Sources, Staff, StaffBallot,
    StaffBallotId, Stage, Tally, Tests, Timeline,
};
use store::{
    Error, Listed, Page, ReadTx, RecordFilter, Representation, Slice, SortKey, Sorted, Stored, StoredRecord,
    StoredRoot, WriteTx,
};

use crate::kit::{Register, listed, next_id, shown, stamp};

pub fn parsed<T: FromStr<Err = Invalid>>(raw: &str) -> T {
    raw.parse().unwrap_or_else(|invalid| panic!("{raw}: {invalid:?}"))
}

pub fn checked<T: Rules>(value: T) -> Checked<T> {
    Checked::new(value).unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub fn distinct<T: PartialEq, const MIN: usize, const MAX: usize>(items: Vec<T>) -> Distinct<T, MIN, MAX> {
    Distinct::new(items).unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub fn date(raw: &str) -> Option<PartialDate> {
    Some(parsed(raw))
}

pub fn day(raw: &str) -> Option<Day> {
    Some(parsed(raw))
}

pub fn identifiers(list: &[&str]) -> Distinct<Identifier, 0, 20> {
    distinct(list.iter().map(|raw| parsed(raw)).collect())
}

/// A department with a name and the slug that follows from it.
pub fn department(name: &str) -> Department {
    let name: Name = parsed(name);
    Department {
        slug: Slug::from_name(&name),
        name,
        kind: DepartmentKind::LocalAuthority,
        nation: None,
        identifiers: Distinct::default(),
        policy_areas: Distinct::default(),
        website: None,
        gate_thresholds: domain::GateThresholds::default(),
        life: checked(domain::department::Life::default()),
        sources: Sources::default(),
    }
}

/// A department that another one took over.
pub fn closed_department(name: &str, successor_id: Option<DepartmentId>) -> Department {
    let life = domain::department::Life { closed_on: date("2013"), successor_id, ..Default::default() };
    Department { life: checked(life), ..department(name) }
}

/// A mutual with a name and the slug that follows from it.
pub fn mutual(name: &str) -> Mutual {
    let name: Name = parsed(name);
    Mutual {
        slug: Slug::from_name(&name),
        name,
        identifiers: Distinct::default(),
        legal_form: None,
        sectors: distinct(vec![Sector::CommunityHealth]),
        region: None,
        website: None,
        description: None,
        parents: checked(Parents::default()),
        origin_route: None,
        life: checked(life(Stage::Operating)),
        staff: checked(Staff::default()),
        launch_override_reason: None,
        tests: Tests::default(),
        sources: Sources::default(),
    }
}

pub fn life(stage: Stage) -> domain::mutual::Life {
    domain::mutual::Life { stage, stage_since: None, launched_on: None, ended_on: None, successor_id: None }
}

/// A mutual that another one took over.
pub fn merged_mutual(name: &str, successor_id: Option<MutualId>) -> Mutual {
    Mutual { life: checked(domain::mutual::Life { successor_id, ..life(Stage::Merged) }), ..mutual(name) }
}

/// A mutual that left these departments, the first of which leads.
pub fn mutual_of(name: &str, departments: &[DepartmentId]) -> Mutual {
    let (lead, others) = departments.split_first().unwrap();
    let parents = Parents { department_id: Some(*lead), other_department_ids: others.to_vec() };
    Mutual { parents: checked(parents), ..mutual(name) }
}

pub fn ballot(mutual_id: MutualId) -> StaffBallot {
    let option = BallotOption { key: parsed("mutual"), label: parsed("Leave as a mutual"), effect: Effect::Mutual };
    StaffBallot {
        mutual_id,
        kind: BallotKind::Formal,
        organiser: None,
        question: None,
        mode: BallotMode::Recorded,
        hosting: None,
        held: checked(Held::default()),
        tally: checked(Tally { options: vec![option], ..Tally::default() }),
        scrutineer: None,
        scrutineer_key_id: None,
        duties: domain::Duties::default().entered("tester"),
        ending: checked(Ending { state: BallotState::Draft, void_reason: None, superseded_by_id: None }),
        corrections: Vec::new(),
        sources: Sources::default(),
    }
}

/// A ballot whose result was declared.
pub fn declared_ballot(mutual_id: MutualId) -> StaffBallot {
    let ending = Ending { state: BallotState::Declared, void_reason: None, superseded_by_id: None };
    StaffBallot { ending: checked(ending), ..ballot(mutual_id) }
}

/// A ballot that gave way to another one.
pub fn superseded_ballot(mutual_id: MutualId, rerun: StaffBallotId) -> StaffBallot {
    let ending = Ending { state: BallotState::Superseded, void_reason: None, superseded_by_id: Some(rerun) };
    StaffBallot { ending: checked(ending), ..ballot(mutual_id) }
}

pub fn contract(mutual_id: MutualId, department_id: DepartmentId) -> Contract {
    Contract {
        mutual_id,
        department_id,
        title: parsed("Community services"),
        description: None,
        reference: None,
        ocid: None,
        cpv_codes: Distinct::default(),
        health_services: None,
        procedure: Procedure::PcrOpen,
        framework: None,
        tenders_received: None,
        replaces_contract_id: None,
        timeline: checked(Timeline::default()),
        value: None,
        status: ContractStatus::Active,
        is_first: false,
        first_contract: None,
        sources: Sources::default(),
    }
}

/// A contract entered into on a day, or on none that is known.
pub fn contract_of(mutual_id: MutualId, department_id: DepartmentId, entered_on: Option<PartialDate>) -> Contract {
    let timeline = Timeline { entered_on, ..Timeline::default() };
    Contract { timeline: checked(timeline), ..contract(mutual_id, department_id) }
}

/// What the four kinds of records have in common for the store.
pub trait Resource: Documented + Debug + PartialEq + Send + Sync + Unpin + 'static + Sorted {
    type Filter: Clone + Debug + Default + Send + Sync + 'static;

    fn insert(tx: &mut WriteTx<'_>, id: Id<Self>, content: Self) -> Result<Record<Self>, Error>;
    fn update(tx: &mut WriteTx<'_>, current: &Record<Self>, content: Self) -> Result<Record<Self>, Error>;
    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), Error>;
    fn find(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Record<Self>, Error>;
    fn show(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Representation, Error>;
    fn list(tx: &mut ReadTx<'_>, filter: &Self::Filter, page: &Page) -> Result<Slice, Error>;
}

macro_rules! resource {
    ($Resource:ident, $key:expr) => {
        impl Resource for $Resource {
            type Filter = <Self as StoredRoot>::Filter;

            fn insert(tx: &mut WriteTx<'_>, id: Id<Self>, content: Self) -> Result<Record<Self>, Error> {
                Self::enter(tx, id, content, DraftAccess::All).map(as_shown)
            }

            fn update(tx: &mut WriteTx<'_>, current: &Record<Self>, content: Self) -> Result<Record<Self>, Error> {
                <Self as StoredRecord>::update(tx, current, content, DraftAccess::All).map(as_shown)
            }

            fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), Error> {
                <Self as StoredRecord>::delete(tx, current)
            }

            fn find(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Record<Self>, Error> {
                <Self as StoredRecord>::find(tx, &$key(id), DraftAccess::All)
            }

            fn show(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Representation, Error> {
                <Self as StoredRecord>::represent(tx, &$key(id), DraftAccess::All)
            }

            fn list(tx: &mut ReadTx<'_>, filter: &<Self as Resource>::Filter, page: &Page) -> Result<Slice, Error> {
                <Self as StoredRoot>::list(tx, filter, &RecordFilter::default(), page, DraftAccess::All)
            }
        }
    };
}

resource!(Department, Key::Id);
resource!(Mutual, Key::Id);
resource!(StaffBallot, std::convert::identity);
resource!(Contract, std::convert::identity);

/// What was stored, which is what was to be shown of it.
fn as_shown<T: Documented + Debug>(stored: Stored<T>) -> Record<T> {
    assert_eq!(*stored.document, *document::record::shown(&stored.record));
    Arc::unwrap_or_clone(stored.record)
}

/// The key by which callers order a list so.
pub fn sort<R: Sorted>(word: &str) -> SortKey {
    *R::KEYS.iter().find(|key| key.word() == word).unwrap()
}

impl Register {
    /// Enters a record under an id of its own.
    pub async fn enter<R: Resource>(&self, content: R) -> Record<R> {
        self.try_enter(content).await.unwrap()
    }

    pub async fn try_enter<R: Resource>(&self, content: R) -> Result<Record<R>, Error> {
        self.try_enter_as(next_id(), content).await
    }

    pub async fn try_enter_as<R: Resource>(&self, id: Id<R>, content: R) -> Result<Record<R>, Error> {
        self.store.write(stamp(0), move |tx| R::insert(tx, id, content.clone())).await
    }

    /// Replaces a record as it is now.
    pub async fn change<R: Resource>(&self, id: Id<R>, content: R) -> Record<R> {
        self.try_change(id, content).await.unwrap()
    }

    pub async fn try_change<R: Resource>(&self, id: Id<R>, content: R) -> Result<Record<R>, Error> {
        let work = move |tx: &mut WriteTx<'_>| {
            let current = R::find(tx, id)?;
            R::update(tx, &current, content.clone())
        };
        self.store.write(stamp(1), work).await
    }

    /// Deletes a record as it is now.
    pub async fn remove<R: Resource>(&self, id: Id<R>) -> Result<(), Error> {
        let work = move |tx: &mut WriteTx<'_>| {
            let current = R::find(tx, id)?;
            R::delete(tx, &current)
        };
        self.store.write(stamp(2), work).await
    }

    /// A record, which is looked at in both ways.
    pub async fn find<R: Resource>(&self, id: Id<R>) -> Result<Record<R>, Error> {
        let found = self.store.read_one(move |tx| R::find(tx, id)).await;
        match (&found, self.store.read_one::<_, Error, _>(move |tx| <R as Resource>::show(tx, id)).await) {
            (Ok(record), Ok(seen)) => assert_eq!(seen, shown(record, self.newest_entries()[&record.id.to_string()])),
            (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
            (one, other) => panic!("{one:?}, but it is shown as {other:?}"),
        }
        found
    }

    /// Everything that a filter lets through, by id.
    pub async fn all<R: Resource>(&self, filter: R::Filter) -> Vec<Record<R>> {
        let page = Page { limit: 10_000, sort: SortKey::ID, descending: false, after: None, count: false };
        let work = move |tx: &mut ReadTx<'_>| {
            let items = R::list(tx, &filter, &page)?.items;
            let find = |item: &Listed| R::find(tx, parsed(&item.id));
            let found = items.iter().map(find).collect::<Result<Vec<_>, Error>>()?;
            Ok::<_, Error>((items, found))
        };
        let (items, found) = self.store.read(work).await.unwrap();
        let entries = self.newest_entries();
        let expected = found.iter().map(|record| listed(record, entries[&record.id.to_string()]));
        assert_eq!(items, expected.collect::<Vec<_>>());
        found
    }
}

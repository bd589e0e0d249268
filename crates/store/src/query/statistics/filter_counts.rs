//! How many mutuals a list has with each value of its filters: counted in memory, of those that its other conditions let through.

use document::register::MutualFilter;
use document::value::Word;
use domain::vocabulary::Vocabulary;
use domain::{LegalForm, Mutual, OriginRoute, Region, Sector, Stage};

use super::facts::{Facts, MutualFacts, bit};
use crate::ReadTx;
use crate::backend::json::parsed;
use crate::error::Error;
use crate::query::record_filter::RecordFilter;
use crate::register::named;

/// Ids that are read in one go.
const AT_A_TIME: i64 = 10_000;

/// A filter's values, and how many mutuals the list has with each: those that meet every condition beside this filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueCounts<V> {
    /// Every value, in the order of its vocabulary.
    pub values: Vec<(V, i64)>,
    /// Those of which none is known.
    pub without: i64,
}

/// The same for each filter that has a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterCounts {
    /// The log entry that they are up to date with.
    pub seq: i64,
    /// How many mutuals the list has.
    pub total: i64,
    /// By stage.
    pub stage: ValueCounts<Stage>,
    /// By sector. A mutual in several counts at each.
    pub sector: ValueCounts<Sector>,
    /// By region.
    pub region: ValueCounts<Region>,
    /// By legal form.
    pub legal_form: ValueCounts<LegalForm>,
    /// By the route by which they left the public sector.
    pub origin_route: ValueCounts<OriginRoute>,
}

/// Counts the mutuals of a list by the values of its filters.
///
/// # Errors
/// [`Error::Rule`] naming the departments that are not there, or [`Error::Unavailable`] where the database does not answer.
pub fn of(
    tx: &mut ReadTx<'_>,
    facts: &Facts,
    filter: &MutualFilter,
    records: &RecordFilter,
) -> Result<FilterCounts, Error> {
    let mut counts = FilterCounts::none(facts.seq());
    let others = MutualFilter {
        stage: Vec::new(),
        sector: Vec::new(),
        region: Vec::new(),
        legal_form: Vec::new(),
        origin_route: Vec::new(),
        ..filter.clone()
    };
    if others == MutualFilter::default() && *records == RecordFilter::default() {
        facts.mutuals().for_each(|mutual| counts.add(filter, &mutual));
        return Ok(counts);
    }
    let listing = named::listing::<Mutual>(tx, &others, records)?;
    let mut after = String::new();
    loop {
        let ids = listing.ids_after(tx, &after, AT_A_TIME)?;
        for id in &ids {
            if let Some(mutual) = facts.mutual(&parsed("id", id)?) {
                counts.add(filter, mutual);
            }
        }
        match ids.into_iter().next_back() {
            Some(last) => after = last,
            None => return Ok(counts),
        }
    }
}

impl FilterCounts {
    fn none(seq: i64) -> Self {
        Self {
            seq,
            total: 0,
            stage: ValueCounts::none(),
            sector: ValueCounts::none(),
            region: ValueCounts::none(),
            legal_form: ValueCounts::none(),
            origin_route: ValueCounts::none(),
        }
    }

    /// Counts a mutual at a filter if it meets all the others.
    fn add(&mut self, filter: &MutualFilter, mutual: &MutualFacts) {
        let sectors = || Sector::ALL.iter().copied().filter(|sector| mutual.sectors & bit(*sector) != 0);
        let meets = [
            any(&filter.stage, Some(mutual.now)),
            any(&filter.sector, sectors()),
            any(&filter.region, mutual.region),
            any(&filter.legal_form, mutual.legal_form),
            any(&filter.origin_route, mutual.origin_route),
        ];
        let missed = meets.iter().filter(|meets| !**meets).count();
        let counts = meets.map(|meets| missed == 0 || missed == 1 && !meets);
        self.total = self.total.saturating_add(i64::from(missed == 0));
        let [stage, sector, region, legal_form, origin_route] = counts;
        self.stage.add(stage, Some(mutual.now));
        self.sector.add(sector, sectors());
        self.region.add(region, mutual.region);
        self.legal_form.add(legal_form, mutual.legal_form);
        self.origin_route.add(origin_route, mutual.origin_route);
    }
}

/// Whether one of the values is wanted, or none is asked for.
fn any<V: PartialEq>(wanted: &[Word<V>], has: impl IntoIterator<Item = V>) -> bool {
    wanted.is_empty() || has.into_iter().any(|value| wanted.contains(&Word(value)))
}

impl<V: Vocabulary + PartialEq> ValueCounts<V> {
    fn none() -> Self {
        Self { values: V::ALL.iter().map(|value| (*value, 0)).collect(), without: 0 }
    }

    fn add(&mut self, counts: bool, has: impl IntoIterator<Item = V>) {
        if !counts {
            return;
        }
        let mut has = has.into_iter().peekable();
        if has.peek().is_none() {
            self.without = self.without.saturating_add(1);
        }
        for value in has {
            for (_, count) in self.values.iter_mut().filter(|(one, _)| *one == value) {
                *count = count.saturating_add(1);
            }
        }
    }
}

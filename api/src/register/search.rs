//! One search over all kinds of record: what a caller types in one box.

use std::collections::HashMap;

use actix_web::{HttpResponse, get};
use document::record_name::MutualName;
use document::register::{ContractFilter, DepartmentFilter, MutualFilter, StaffBallotFilter};
use document::value::{Bounded, SearchWords, Text, Word};
use domain::{Contract, Department, DraftAccess, FaultCode, Key, Kind, Mutual, MutualId, SearchQuery, StaffBallot};
use serde::{Deserialize, Serialize};
use store::{Page, ReadTx, RecordFilter, reference};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::caller::Caller;
use crate::history::entry::ResourceType;
use crate::register::resource::Root;
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::query::Query;
use crate::response::problem::{ErrorItem, Problem};

/// The records of each kind that a response has where the caller doesn't say.
const DEFAULT_LIMIT: usize = 5;
/// The ballots and contracts of so many mutuals are found by the name of the mutual.
const MOST_MUTUALS: usize = 50;

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Words to search for, as in the lists of each kind.
    #[param(required, value_type = SearchWords)]
    q: Option<SearchWords>,
    /// The maximum number of records of each kind.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 50, default = 5)]
    limit: Option<Bounded<1, 50>>,
}

/// What a search found, by kind of record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"groups": [
    {"resource_type": "mutual", "has_more": false, "items": [{
        "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02", "slug": "locala", "name": "Locala", "url": "/v1/mutuals/locala"
    }]}
]}))]
struct SearchResults {
    /// The kinds of which there are records: departments, mutuals, staff ballots, contracts.
    #[schema(max_items = 10)]
    groups: Vec<SearchGroup>,
}

/// The records of one kind that a search found.
#[derive(Debug, Serialize, ToSchema)]
struct SearchGroup {
    resource_type: ResourceType,
    /// The records: departments and mutuals by name, the others by age.
    #[schema(max_items = 50)]
    items: Vec<SearchHit>,
    /// Whether there are more than `limit`.
    has_more: bool,
}

/// A record that a search found.
#[derive(Debug, Serialize, ToSchema)]
struct SearchHit {
    /// Its id.
    #[schema(format = "uuid", max_length = 36)]
    id: String,
    /// Absent for ballots and contracts, which have none.
    #[schema(nullable = false, max_length = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    /// The name of a department or mutual, the title of a contract, or the question of a staff ballot, if it is known.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The mutual of a ballot or contract.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    mutual: Option<MutualName>,
    /// The address of the record.
    #[schema(max_length = 2000)]
    url: String,
}

/// What of a record's document is shown.
#[derive(Deserialize)]
struct Shown {
    id: String,
    slug: Option<String>,
    #[serde(alias = "title", alias = "question")]
    name: Option<String>,
    mutual_id: Option<String>,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(search);
}

/// Search all kinds of record
///
/// Finds departments and mutuals by their names, descriptions, slugs and identifiers, and contracts by their titles and
/// references. Staff ballots and contracts are also found by the name of their mutual. To read more than the first
/// records of a kind, use `q` or `mutual` of its list. You see what you see in the lists.
#[utoipa::path(
    tag = "search",
    operation_id = "search_records",
    params(Asked, IfNoneMatch),
    responses((status = 200, description = "What was found", body = SearchResults))
)]
#[get("/search")]
async fn search(
    app: App,
    caller: Caller,
    Query(asked): Query<Asked>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let missing = || ErrorItem::parameter("q", FaultCode::Required.as_str(), "expected the words to search for");
    let Text(words) = asked.q.ok_or_else(|| Problem::bad_query(vec![missing()]))?;
    let limit = asked.limit.map_or(DEFAULT_LIMIT, |Bounded(limit)| usize::try_from(limit).unwrap_or(DEFAULT_LIMIT));
    let linked = app.clone();
    let find = move |tx: &mut ReadTx<'_>| {
        let search = Search { app: &linked, words: &words, limit, sees: caller.draft_access() };
        search.groups(tx)
    };
    Ok(conditions.worked_out(&SearchResults { groups: app.store.survey(find).await? }))
}

struct Search<'s> {
    app: &'s App,
    words: &'s SearchQuery,
    limit: usize,
    sees: DraftAccess<'s>,
}

impl Search<'_> {
    fn groups(&self, tx: &mut ReadTx<'_>) -> Result<Vec<SearchGroup>, Problem> {
        let q = || Some(Text(self.words.clone()));
        let departments =
            self.list::<Department>(tx, &DepartmentFilter { q: q(), ..Default::default() }, self.limit)?;
        let most = MOST_MUTUALS.max(self.limit);
        let mutuals = self.list::<Mutual>(tx, &MutualFilter { q: q(), ..Default::default() }, most)?;
        let of_these: Vec<MutualId> =
            mutuals.iter().take(MOST_MUTUALS).filter_map(|mutual| mutual.id.parse().ok()).collect();
        let mutual: Vec<_> = of_these.into_iter().map(|id| Text(Key::Id(id))).collect();
        let (mut ballots, mut contracts) = (Vec::new(), Vec::new());
        if !mutual.is_empty() {
            let filter = StaffBallotFilter { mutual: mutual.clone(), ..Default::default() };
            ballots = self.list::<StaffBallot>(tx, &filter, self.limit)?;
            contracts = self.list::<Contract>(tx, &ContractFilter { mutual, ..Default::default() }, self.limit)?;
        }
        let titled = self.list::<Contract>(tx, &ContractFilter { q: q(), ..Default::default() }, self.limit)?;
        contracts.extend(titled);
        contracts.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        contracts.dedup_by(|one, other| one.id == other.id);
        let found = [
            (Kind::Department, departments),
            (Kind::Mutual, mutuals),
            (Kind::StaffBallot, ballots),
            (Kind::Contract, contracts),
        ];
        let found = found.into_iter().filter(|(_, shown)| !shown.is_empty());
        found.map(|(kind, shown)| self.group(tx, kind, shown)).collect()
    }

    /// The first records of a list, with one more where there are more.
    fn list<R: Root>(&self, tx: &mut ReadTx<'_>, filter: &R::Filter, limit: usize) -> Result<Vec<Shown>, Problem> {
        let by_name = R::KEYS.iter().find(|key| key.word() == "name").or(R::KEYS.first());
        let sort = *by_name.ok_or_else(|| Problem::internal("a list has no order"))?;
        let page = Page { limit: limit.saturating_add(1), sort, descending: false, after: None, count: false };
        let slice = R::list(tx, filter, &RecordFilter::default(), &page, self.sees)?;
        let read = |item: &store::Listed| serde_json::from_str(&item.document).map_err(Problem::internal);
        slice.items.iter().map(read).collect()
    }

    fn group(&self, tx: &mut ReadTx<'_>, kind: Kind, mut shown: Vec<Shown>) -> Result<SearchGroup, Problem> {
        let has_more = shown.len() > self.limit;
        shown.truncate(self.limit);
        let mutuals: Vec<String> = shown.iter().filter_map(|record| record.mutual_id.clone()).collect();
        let names = reference::names_of(tx, Kind::Mutual, &mutuals)?;
        let items = shown.into_iter().map(|record| self.hit(kind, record, &names)).collect();
        Ok(SearchGroup { resource_type: Word(kind), items, has_more })
    }

    fn hit(&self, kind: Kind, record: Shown, names: &HashMap<String, (String, String)>) -> SearchHit {
        let mutual = record.mutual_id.and_then(|id| {
            let (slug, name) = names.get(&id)?;
            Some(MutualName {
                id: Text(id.parse().ok()?),
                slug: Text(slug.parse().ok()?),
                name: Text(name.parse().ok()?),
            })
        });
        let named = record.slug.as_ref().unwrap_or(&record.id);
        let url = self.app.url(&format!("/v1/{}/{named}", kind.segment()));
        SearchHit { id: record.id, slug: record.slug, name: record.name, mutual, url }
    }
}

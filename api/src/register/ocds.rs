//! Open contracting data: contracts as releases and records of the Open Contracting Data Standard 1.1.

use actix_web::{HttpRequest, HttpResponse, get};
use document::ocds::schema::OcdsPackage;
use document::ocds::{Package, Release};
use document::value::ContractId;
use serde::Deserialize;
use store::ReadTx;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::publishing::Publishing;
use crate::request::conditional::{IfChanged, IfNoneMatch, digest};
use crate::request::moment::{self, Moment};
use crate::request::page::{ChildParameters, ListQuery};
use crate::request::path::PathKey;
use crate::request::query::{Query, parameter};
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// What to send of a contract.
#[derive(Clone, Copy, Debug, Deserialize)]
struct FormatFilter {
    format: Option<OcdsFormat>,
}

/// The type of an open contracting package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum OcdsFormat {
    #[default]
    Release,
    Record,
}

impl IntoParams for FormatFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let format = ObjectBuilder::new()
            .schema_type(Type::String)
            .title(Some("OcdsFormat"))
            .enum_values(Some(["release", "record"]))
            .default(Some("release".into()));
        let description = "`release` sends a release package. `record` sends a record package: the releases, and one \
                           compiled release with what they say together.";
        vec![parameter("format", description, format).build()]
    }
}

impl TryFrom<String> for OcdsFormat {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.as_str() {
            "release" => Ok(Self::Release),
            "record" => Ok(Self::Record),
            _ => Err("expected release or record"),
        }
    }
}

/// Which releases.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct ReleaseFilter {
    updated_from: Option<Moment>,
    updated_to: Option<Moment>,
}

impl IntoParams for ReleaseFilter {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            moment::parameter("updated_from", "Made at this time or later."),
            moment::parameter("updated_to", "Made at this time or earlier."),
        ];
        // A release package has nowhere to tell a number in.
        parameters
            .extend(ChildParameters::into_params(place).into_iter().filter(|parameter| parameter.name != "count"));
        parameters
    }
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_contract_ocds).service(list_ocds_releases);
}

/// Get a contract as open contracting data
///
/// A package of the Open Contracting Data Standard 1.1 with a release for each change: of the contract, of its
/// competitions and notices, and of whether another contract replaces it. Each release says all that the register knew
/// after the change. A deletion of a competition or notice is a change too. Of a contract with more than 1,000 changes,
/// the package has the newest 1,000. Releases tell of competitions of the kind `tender` only. If the contract was
/// deleted, the response is a 410.
#[utoipa::path(
    tag = "contracts",
    params(("contract" = inline(ContractId), Path, description = "Id of the contract"), FormatFilter, IfNoneMatch),
    responses((status = 200, description = "The package", body = OcdsPackage))
)]
#[get("/contracts/{contract}/ocds")]
async fn get_contract_ocds(
    request: HttpRequest,
    app: App,
    contract: PathKey<domain::ContractId>,
    Query(filter): Query<FormatFilter>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let Publishing { prefix, publisher } = Publishing::required(app.publishing.as_ref())?.clone();
    let read = move |tx: &mut ReadTx<'_>| {
        let (releases, process) = store::release::of_contract(tx, &prefix, contract.0)?;
        let published_at = releases.last().map(|release| release.date).unwrap_or_default();
        Ok::<_, Problem>((releases.iter().map(Release::json).collect::<Vec<_>>(), process, published_at))
    };
    let (releases, process, published_at) = app.store.survey(read).await?;
    let package = Package { publisher: &publisher, uri: here(&app, &request), published_at };
    let document = match filter.format.unwrap_or_default() {
        OcdsFormat::Release => package.of_releases(&releases),
        OcdsFormat::Record => package.of_records(&[process.record(&releases)]),
    };
    Ok(conditions.report(digest(&document), document.into()))
}

/// List releases of open contracting data
///
/// The releases of all contracts in the order in which they were made. Each page is a release package of the Open
/// Contracting Data Standard 1.1. Follow the `Link` header with `rel="next"` until there is none.
///
/// To get new releases later, send the `publishedDate` of the last page as `updated_from`: the releases of that moment
/// come again, each with the same `id`. If there are no releases in the time that you ask for, the response is a 404 with
/// the type `/problems/no-releases`: ask again later.
///
/// A deleted contract has no releases, and no release tells of the deletion: follow `/v1/entries`. If the `epoch` of
/// `/v1/log/head` changes, the register was restored from a copy, and a release may have the `id` of another one from
/// before: read all releases again.
#[utoipa::path(
    tag = "contracts",
    params(ReleaseFilter),
    responses((status = 200, description = "A page of releases", body = OcdsPackage))
)]
#[get("/ocds/releases")]
async fn list_ocds_releases(
    request: HttpRequest,
    app: App,
    query: ListQuery<ReleaseFilter, ()>,
) -> Result<HttpResponse, Problem> {
    let Publishing { prefix, publisher } = Publishing::required(app.publishing.as_ref())?.clone();
    let ReleaseFilter { updated_from, updated_to } = query.filter;
    let (span, page) = ((updated_from.map(Moment::ceil), updated_to.map(Moment::floor)), query.page.clone());
    let read = move |tx: &mut ReadTx<'_>| {
        let releases = store::release::list(tx, &prefix, span, (page.after.as_ref(), page.limit))?;
        let published_at = releases.items.iter().map(|release| release.date).max();
        Ok::<_, Problem>((releases.items.iter().map(Release::json).collect::<Vec<_>>(), releases.next, published_at))
    };
    let (releases, next, published_at) = app.store.survey(read).await?;
    let published_at = published_at.ok_or_else(|| {
        let detail = "no release was made in this time: a release package has at least one release";
        Problem::new(ProblemType::NoReleases, detail)
    })?;
    let package = Package { publisher: &publisher, uri: here(&app, &request), published_at };
    let next = next.map(|position| query.cursor(&position));
    query.answer_text(package.of_releases(&releases), next.as_deref())
}

/// The address of what was asked for.
fn here(app: &App, request: &HttpRequest) -> String {
    format!("{}{}", app.address, request.uri())
}

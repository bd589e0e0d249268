//! Which operations there are: what all handlers are mounted by.

use actix_web::web;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::ballot;
use crate::bulk::{export, import};
use crate::caller::key;
use crate::figures::statistics::operations;
use crate::figures::{cliff_edge, competitions, filter_counts, published, report, scorecard};
use crate::history::{entry, log};
use crate::register::{self, compliance, ocds, search};
use crate::service::{about, code_list};

/// Mounts every operation with what describes it: the contract is made from the same list.
pub fn described(config: &mut ServiceConfig<'_>) {
    let v1 = operations().fold(scope::scope("/v1"), |scope, routes| scope.configure(routes));
    config.configure(about::routes).service(v1);
}

/// Mounts the same for a worker. A worker has no use for what describes the operations: it is made for a few of them at a time and let
/// go, so that a worker doesn't keep the room of the whole contract.
pub fn mount(config: &mut web::ServiceConfig) {
    about::routes(&mut ServiceConfig::new(config));
    let v1 = operations()
        .fold(web::scope("/v1"), |scope, routes| scope.configure(|config| routes(&mut ServiceConfig::new(config))));
    config.service(v1);
}

/// What mounts the operations below `/v1`. The paths of the first are more exact than those of records.
fn operations() -> impl Iterator<Item = &'static fn(&mut ServiceConfig<'_>)> {
    const FIRST: &[fn(&mut ServiceConfig<'_>)] =
        &[export::routes, scorecard::routes, compliance::routes, ocds::routes, ballot::routes];
    const LAST: &[fn(&mut ServiceConfig<'_>)] = &[
        search::routes,
        operations::routes,
        filter_counts::routes,
        report::routes,
        published::routes,
        cliff_edge::routes,
        competitions::routes,
        entry::routes,
        log::routes,
        import::routes,
        key::routes,
        code_list::routes,
    ];
    FIRST.iter().chain(register::OPERATIONS).chain(LAST)
}

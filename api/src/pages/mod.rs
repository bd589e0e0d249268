//! Pages for people. They show what the API answers, which they ask inside the process, and work without a script.

mod about;
mod asked;
mod asset;
mod chart;
mod cliff_edge;
mod contract;
mod contract_bars;
mod contracts;
mod departments;
mod feed;
mod field;
mod figures;
mod filter;
mod frame;
mod history;
mod home;
mod hosted_ballot;
mod json;
mod linked_data;
mod list;
mod log;
mod mutual;
mod mutuals;
mod names;
mod parts;
mod place;
pub mod reference;
pub mod refusal;
mod search;
mod sitemap;
mod staff_ballot;
mod staff_ballots;
mod visit;
mod vote;
mod words;

use actix_web::web::ServiceConfig;

use crate::service;

pub use asked::Operations;

/// The paths of the pages, as the gate knows them.
pub const PATHS: &[&str] = &[
    "/",
    "/about",
    "/accessibility",
    "/cliff-edge",
    "/competitions",
    "/contracts",
    "/contracts/feed.atom",
    "/contracts/{contract}",
    "/contracts/{contract}/history",
    "/departments",
    "/departments/feed.atom",
    "/departments/{department}",
    "/departments/{department}/history",
    "/feed.atom",
    "/figures",
    "/figures/mutuals",
    "/figures/published",
    "/figures/{breakdown}",
    "/log",
    "/mutuals",
    "/mutuals/feed.atom",
    "/mutuals/{mutual}",
    "/mutuals/{mutual}/history",
    "/pages/{file}",
    "/robots.txt",
    "/search",
    "/sitemap.xml",
    "/staff-ballots",
    "/staff-ballots/feed.atom",
    "/staff-ballots/{staff_ballot}",
    "/staff-ballots/{staff_ballot}/history",
    "/staff-ballots/{staff_ballot}/vote",
];

/// Mounts the pages.
pub fn mount(config: &mut ServiceConfig) {
    config
        // Before the pages of records, whose paths are as long. No key of a record has a dot.
        .service(contracts::show_contracts_feed)
        .service(departments::show_departments_feed)
        .service(mutuals::show_mutuals_feed)
        .service(staff_ballots::show_staff_ballots_feed)
        .service(about::show_about)
        .service(about::show_accessibility)
        .service(asset::load_asset)
        .service(cliff_edge::show_cliff_edge)
        .service(contract::show_contract)
        .service(contract::show_contract_history)
        .service(contracts::show_contracts)
        .service(departments::show_department)
        .service(departments::show_department_history)
        .service(departments::show_departments)
        .service(feed::show_feed)
        .service(figures::show_competitions)
        .service(figures::show_counted_mutuals)
        .service(figures::show_published_figures)
        .service(figures::show_breakdown)
        .service(figures::show_figures)
        .service(home::show_home)
        .service(log::show_log)
        .service(mutual::show_mutual)
        .service(mutual::show_mutual_history)
        .service(mutuals::show_mutuals)
        .service(search::show_search)
        .service(service::about::docs_front)
        .service(service::about::docs_page)
        .service(sitemap::show_robots)
        .service(sitemap::show_sitemap)
        .service(staff_ballot::show_staff_ballot)
        .service(staff_ballot::show_staff_ballot_history)
        .service(staff_ballots::show_staff_ballots)
        .service(vote::show_vote);
}

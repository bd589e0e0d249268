//! The HTTP service: handlers, problems, the contract and the command line. What is public is for the program and the tests.

mod about;
mod app;
mod ballot;
mod bulk;
mod caller;
mod cli;
mod config;
mod data;
mod figures;
mod history;
mod http;
mod openapi;
mod pages;
mod publishing;
mod register;
mod request;
mod response;
mod routes;
mod server;
mod service;

pub use app::Clock;
pub use caller::key::secret::Secret;
pub use cli::{command, main, settings};
pub use config::{Config, Switch};
pub use history::signing::LogSigner;
pub use history::sweep::Share as SweepShare;
pub use history::witness::{Cosigner, Witnesses};
pub use http::limits::BODY_LIMIT;
pub use openapi::place::for_each_object;
pub use openapi::profile::to_3_0;
pub use openapi::{EVERY_ANSWERS_HEADERS, contract};
pub use pages::PATHS as PAGES;
pub use response::problem_type::ProblemType;
pub use routes::described;
pub use server::{Running, start};

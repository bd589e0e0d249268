//! The HTTP service: handlers, problems, the contract and the command line.

pub mod app;
pub mod bulk;
pub mod caller;
pub mod cli;
pub mod config;
pub mod figures;
pub mod history;
pub mod http;
pub mod openapi;
pub mod pages;
pub mod register;
pub mod request;
pub mod response;
pub mod routes;
pub mod server;

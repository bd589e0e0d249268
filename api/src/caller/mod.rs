//! Who sends a request: found out by the gate, taken by handlers as an argument.

pub mod access;
pub mod authentication;
pub mod jwt;
pub mod key;

use std::ops::Deref;
use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};

use crate::request::argument::argument;
use crate::response::problem::Problem;

/// The caller of a request. One is shared by all requests that come with the same key.
#[derive(Clone, Debug)]
pub struct Caller(Arc<domain::Caller>);

impl From<domain::Caller> for Caller {
    fn from(caller: domain::Caller) -> Self {
        Self(Arc::new(caller))
    }
}

impl Deref for Caller {
    type Target = domain::Caller;

    fn deref(&self) -> &domain::Caller {
        &self.0
    }
}

argument!(Caller);

impl Caller {
    /// The gate put the caller among the request's extensions; a request that went around it comes from the public.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let known = request.extensions().get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| domain::Caller::public().into()))
    }
}

//! Requests that wait for something to happen: what may have changed when they go on.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_server::GracefulShutdownSignal;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Either, select};

use crate::app::App;
use crate::caller::Caller;
use crate::http::gate::Gate;
use crate::http::request_id::RequestId;
use crate::response::problem::Problem;

/// What all waits go by.
#[derive(Debug)]
pub struct Waits {
    /// Whom the caller is known by.
    pub gate: Gate,
    /// The server's stop.
    pub ending: GracefulShutdownSignal,
}

/// A request that may wait. A handler takes it as an argument.
pub struct Wait {
    app: App,
    waits: Data<Waits>,
    request: HttpRequest,
    id: RequestId,
}

impl Wait {
    /// Waits until there is an entry after this number, its time is over or the server stops, and finds out the caller anew: a key may
    /// have been revoked meanwhile, and a token may have expired.
    ///
    /// # Errors
    ///
    /// 401 with the reason, 503 where the database doesn't answer.
    pub async fn for_entry(&self, after: i64, patience: Duration) -> Result<Caller, Problem> {
        let arrival = Box::pin(self.app.store.wait_for_entry(after, patience));
        let ending = Box::pin(self.waits.ending.notified());
        if let Either::Left((arrived, _)) = select(arrival, ending).await {
            arrived?;
        }
        self.waits.gate.caller(&self.request, &self.id).await
    }
}

impl FromRequest for Wait {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Self::read(request, payload))
    }
}

impl Wait {
    fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let internal = |error: actix_web::Error| Problem::internal(error.to_string());
        Ok(Self {
            app: App::from_request(request, payload).into_inner().map_err(internal)?,
            waits: Data::from_request(request, payload).into_inner().map_err(internal)?,
            request: request.clone(),
            id: RequestId::from_request(request, payload).into_inner()?,
        })
    }
}

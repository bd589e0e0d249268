//! A request's body on its way in: its connection reads it once a handler asks for it, so that nobody keeps what nobody reads.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

use crate::http::connection::Line;

/// The request, whose handler tells the connection when it asks for the body.
pub fn announced(line: &Line, mut request: ServiceRequest) -> ServiceRequest {
    let payload: Payload = match request.take_payload() {
        Payload::None => Payload::None,
        payload => Payload::Stream { payload: Box::pin(Arrival { payload, line: line.clone() }) },
    };
    request.set_payload(payload);
    request
}

struct Arrival {
    payload: Payload,
    line: Line,
}

impl Stream for Arrival {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.line.want_body();
        Pin::new(&mut self.payload).poll_next(context)
    }
}

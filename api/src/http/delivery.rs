//! Writes a response in pieces, so that the library copies no more than the client reads, and the connection knows its
//! progress.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use crate::http::connection::Line;

/// In bytes.
const PIECE: usize = 32 * 1024;

/// Reports the response to its connection.
pub fn deliver(line: Line, response: HttpResponse) -> HttpResponse {
    response.map_body(|_, body| {
        let content = match body.size() {
            BodySize::None => Content::Stream(body),
            _ => body.try_into_bytes().map_or_else(Content::Stream, Content::Bytes),
        };
        if let Content::Bytes(bytes) = &content {
            // What others have too takes no memory of its own.
            line.hold(if bytes.is_unique() { bytes.len() } else { 0 });
        }
        BoxBody::new(Delivery { content, line })
    })
}

struct Delivery {
    content: Content,
    line: Line,
}

enum Content {
    /// What is left of a body.
    Bytes(Bytes),
    Stream(BoxBody),
}

impl MessageBody for Delivery {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        match &self.content {
            Content::Bytes(bytes) => bytes.size(),
            Content::Stream(body) => body.size(),
        }
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        match &mut self.get_mut().content {
            Content::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Bytes(bytes) => Poll::Ready(Some(Ok(bytes.split_to(bytes.len().min(PIECE))))),
            Content::Stream(body) => Pin::new(body).poll_next(context),
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.line.made();
    }
}

//! Writes a response in pieces, so that the library copies no more than the client reads, and the connection knows its
//! progress and the memory that it uses.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use crate::http::connection::Line;

/// In bytes.
const PIECE: usize = 32 * 1024;

/// Reports the response to its connection.
pub fn deliver(line: Line, response: HttpResponse) -> HttpResponse {
    response.map_body(|_, body| {
        let size = body.size();
        let (left, rest) = match size {
            BodySize::None => (Bytes::new(), None),
            _ => body.try_into_bytes().map_or_else(|rest| (Bytes::new(), Some(rest)), |bytes| (bytes, None)),
        };
        let delivery = Delivery { size, left, rest, line };
        delivery.hold();
        BoxBody::new(delivery)
    })
}

struct Delivery {
    size: BodySize,
    /// What is left of the bytes at hand.
    left: Bytes,
    /// Where more come from.
    rest: Option<BoxBody>,
    line: Line,
}

impl Delivery {
    /// Tells how much memory is taken: by the bytes at hand, and by the library's copy of the pieces that the client has not taken. What
    /// others have too takes none of its own.
    fn hold(&self) {
        let copied = match self.size {
            BodySize::None => 0,
            BodySize::Sized(length) => usize::try_from(length).unwrap_or(usize::MAX).min(2 * PIECE),
            BodySize::Stream => 2 * PIECE,
        };
        let own = if self.left.is_unique() { self.left.len() } else { 0 };
        self.line.hold(own.saturating_add(copied));
    }
}

impl MessageBody for Delivery {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        while this.left.is_empty() {
            let Some(rest) = &mut this.rest else { return Poll::Ready(None) };
            match ready!(Pin::new(rest).poll_next(context)) {
                Some(Ok(bytes)) => {
                    this.left = bytes;
                    this.hold();
                }
                end => return Poll::Ready(end),
            }
        }
        let piece = this.left.split_to(this.left.len().min(PIECE));
        Poll::Ready(Some(Ok(piece)))
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.line.made();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use actix_web::body::BodyStream;
    use futures_util::stream;

    use super::*;

    async fn next(body: &mut BoxBody) -> usize {
        poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await.map_or(0, |piece| piece.unwrap().len())
    }

    #[actix_web::test]
    async fn what_is_not_taken_is_counted_whoever_else_has_it() {
        let long = 10 * PIECE;
        let shared = Bytes::from(vec![b'a'; long]);
        let blocks = stream::iter((0..3).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 4 * PIECE]))));
        for (body, first, then) in [
            (BoxBody::new(Bytes::from(vec![b'a'; 100])), 200, 200),
            (BoxBody::new(Bytes::from(vec![b'a'; long])), long + 2 * PIECE, long + 2 * PIECE),
            (BoxBody::new(shared.clone()), 2 * PIECE, 2 * PIECE),
            (BoxBody::new(Bytes::from_static(b"abc")), 3, 3),
            (BoxBody::new(BodyStream::new(blocks)), 2 * PIECE, 6 * PIECE),
            (BoxBody::new(()), 0, 0),
        ] {
            let line = Line::default();
            let mut body = deliver(line.clone(), HttpResponse::Ok().finish().set_body(body)).into_body();
            assert_eq!(line.held(), first);
            assert!(next(&mut body).await <= PIECE);
            assert_eq!(line.held(), then);
        }
    }

    #[actix_web::test]
    async fn all_of_an_answer_is_delivered_in_pieces() {
        let blocks = [PIECE + 1, 0, 3].map(|length| Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; length])));
        for (body, pieces) in [
            (BoxBody::new(Bytes::from(vec![b'a'; 2 * PIECE + 1])), vec![PIECE, PIECE, 1]),
            (BoxBody::new(BodyStream::new(stream::iter(blocks))), vec![PIECE, 1, 3]),
        ] {
            let mut body = deliver(Line::default(), HttpResponse::Ok().finish().set_body(body)).into_body();
            for piece in pieces {
                assert_eq!(next(&mut body).await, piece);
            }
            assert_eq!(next(&mut body).await, 0);
        }
    }
}

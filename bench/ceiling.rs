//! The most that the web framework gives on a machine: a server without routes, middleware, log or database. It answers
//! every GET with 200 and every POST, once its body is read, with 201. The body is JSON of the size that the query names,
//! `GET /v1/mutuals/anything?bytes=840`. Its one argument is the address to listen on.

use std::io;

use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Query, to};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

const LARGEST: usize = 4 * 1024 * 1024;

#[actix_web::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    HttpServer::new(|| App::new().default_service(to(answer))).bind(address)?.run().await
}

async fn answer(request: HttpRequest, query: Query<Vec<(String, String)>>, _read: Bytes) -> HttpResponse {
    let size = query.iter().find(|(name, _)| name == "bytes").and_then(|(_, size)| size.parse().ok());
    let mut answer = if request.method() == Method::POST { HttpResponse::Created() } else { HttpResponse::Ok() };
    answer.content_type(ContentType::json()).body(json_of_size(size.unwrap_or(0)))
}

/// A JSON string of so many bytes, its quotes included.
fn json_of_size(size: usize) -> Vec<u8> {
    let mut body = vec![b'"'];
    body.resize(size.clamp(2, LARGEST) - 1, b'x');
    body.push(b'"');
    body
}

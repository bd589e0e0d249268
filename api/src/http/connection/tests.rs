use std::future::poll_fn;
use std::time::Duration;

use actix_web::rt::time::timeout;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const HEAD: &str = "POST /v1/mutuals HTTP/1.1\r\nHost: x\r\n";

/// A connection, and its client, who has sent this.
async fn connected(sent: &[u8]) -> (Connection, TcpStream) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    client.write_all(sent).await.unwrap();
    let connections = Connections::new(10, Duration::from_secs(5), Arc::default());
    (Arc::new(connections).enter().connect(stream), client)
}

/// How many bytes the library reads until none come for a while, or it is told that there are no more.
async fn read_for_now(connection: &mut Connection) -> usize {
    let mut total = 0;
    let mut space = vec![0; 64 * 1024];
    while let Ok(read) = timeout(Duration::from_millis(200), connection.read(&mut space)).await {
        match read.unwrap() {
            0 => break,
            count => total += count,
        }
    }
    total
}

#[actix_web::test]
async fn little_of_a_body_is_read_before_somebody_asks_for_it() {
    const LENGTH: usize = 300_000;
    for chunk in [LENGTH, 1000] {
        let chunks = format!("{chunk:x}\r\n{}\r\n", "a".repeat(chunk)).repeat(LENGTH / chunk);
        for request in [
            format!("{HEAD}Content-Length: {LENGTH}\r\n\r\n{}", "a".repeat(LENGTH)),
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"),
        ] {
            let (mut connection, _client) = connected(request.as_bytes()).await;
            let first = read_for_now(&mut connection).await;
            assert!(first <= HEAD.len() + 3 * AHEAD, "{first} bytes were read that nobody asked for");
            connection.line().want_body();
            assert_eq!(first + read_for_now(&mut connection).await, request.len());
        }
    }
}

#[actix_web::test]
async fn who_waits_for_a_body_is_woken_when_somebody_asks_for_it() {
    let request = format!("{HEAD}Content-Length: 300000\r\n\r\n{}", "a".repeat(300_000));
    let (mut connection, _client) = connected(request.as_bytes()).await;
    let first = read_for_now(&mut connection).await;
    let line = connection.line();
    let mut space = vec![0; 1024];
    let (read, ()) = futures_util::future::join(timeout(Duration::from_secs(5), connection.read(&mut space)), async {
        sleep(Duration::from_millis(50)).await;
        line.want_body();
    })
    .await;
    assert!(first > 0 && read.expect("nobody woke it").unwrap() > 0);
}

#[actix_web::test]
async fn what_is_discarded_comes_little_by_little() {
    let request = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n493e0\r\n{}\r\n0\r\n\r\n", "a".repeat(300_000));
    let (mut connection, _client) = connected(request.as_bytes()).await;
    let mut all = read_for_now(&mut connection).await;
    connection.line().made();
    connection.flush().await.unwrap();
    let mut space = vec![0; 64 * 1024];
    let at_once = poll_fn(|context| {
        let mut total = 0;
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            let read = Pin::new(&mut connection).poll_read(context, &mut buffer);
            match buffer.filled().len() {
                count if count > 0 && read.is_ready() => total += count,
                _ => return Poll::Ready(total),
            }
        }
    });
    let at_once = at_once.await;
    assert!((1..=AHEAD).contains(&at_once), "{at_once}");
    all += at_once + read_for_now(&mut connection).await;
    assert_eq!(all, request.len());
}

/// Its client has the answer, and goes on sending, or says nothing.
#[actix_web::test]
async fn what_is_left_of_an_answered_request_is_not_waited_for() {
    for dribbles in [false, true] {
        let (mut connection, mut client) =
            connected(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await;
        read_for_now(&mut connection).await;
        connection.line().made();
        connection.flush().await.unwrap();
        let began = Instant::now();
        let dribble = actix_web::rt::spawn(async move {
            while !dribbles || client.write_all(b"1\r\na\r\n").await.is_ok() {
                sleep(Duration::from_millis(100)).await;
            }
        });
        let mut space = vec![0; 1024];
        while timeout(Duration::from_secs(5), connection.read(&mut space))
            .await
            .expect("it may go on for ever")
            .unwrap()
            > 0
        {}
        assert!(began.elapsed() < LINGER + Duration::from_secs(2));
        dribble.abort();
    }
}

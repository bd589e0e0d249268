//! SIGTERM under load, over and over: no request that was sent whole may be lost or cut.

use std::io;
use std::time::{Duration, Instant};

use kit::Engine;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::field::{Attack, Field, Report, Size};

/// See the module.
pub const ATTACK: Attack = Attack {
    name: "draining",
    engines: &[Engine::Sqlite, Engine::Postgres],
    run: |engine, size| Box::pin(run(engine, size)),
};

async fn run(engine: Engine, size: Size) -> Report {
    let rounds = size.choose(2, 30);
    let mut report = Report::default();
    let (mut answered, mut lost, mut slowest) = (0, 0, Duration::ZERO);
    for round in 0..rounds {
        let field = Field::start(engine, &["--drain-seconds", "1"]);
        let address = field.address();
        let callers: Vec<JoinHandle<(usize, usize)>> = (0..16)
            .map(|number| {
                tokio::spawn(async move {
                    let (mut answered, mut reset, mut lost) = (0, 0, 0);
                    // Until nobody listens any more.
                    while let Ok(stream) = TcpStream::connect(address).await {
                        match exchange(stream, number % 2 == 0).await {
                            Ok(answers) => answered += answers,
                            Err(Ended::Unserved) => reset += 1,
                            Err(Ended::Within(answers)) => {
                                answered += answers;
                                lost += 1;
                            }
                        }
                    }
                    // The system takes a connection until the service no longer listens (decision 33).
                    (answered, lost + usize::saturating_sub(reset, 1))
                })
            })
            .collect();
        sleep(Duration::from_millis(200 + 37 * round)).await;
        let told = Instant::now();
        field.terminate();
        for caller in callers {
            let (more, fewer) = caller.await.unwrap();
            answered += more;
            lost += fewer;
        }
        let code = tokio::task::spawn_blocking(move || field.end()).await.unwrap();
        slowest = slowest.max(told.elapsed());
        report.must(code == Some(0), format!("round {round} ended with {code:?}"));
    }
    report.done = format!(
        "SIGTERM {rounds} times under 16 callers: {answered} answers, the slowest end {:.1} s",
        slowest.as_secs_f64()
    );
    report.must(lost == 0, format!("{lost} whole requests were lost or cut"));
    report.must(answered > 0, "nothing was answered");
    report.must(slowest < Duration::from_secs(10), "an end took more than 10 s");
    report
}

/// How a connection ended on which an answer was due.
enum Ended {
    /// It was new and was reset before the first byte of an answer.
    Unserved,
    /// After so many answers, or within the first.
    Within(usize),
}

/// Requests on one connection, for as long as the service keeps it; how many were answered.
async fn exchange(mut stream: TcpStream, keeps: bool) -> Result<usize, Ended> {
    let close = if keeps { "" } else { "Connection: close\r\n" };
    let request = format!("GET /v1/mutuals?limit=5 HTTP/1.1\r\nHost: attack.test\r\n{close}\r\n");
    let mut answers = 0;
    loop {
        let mut received = Vec::new();
        if let Err(error) = read_answer(&mut stream, &request, &mut received).await {
            let is_unserved = answers == 0 && received.is_empty() && error.kind() == io::ErrorKind::ConnectionReset;
            return Err(if is_unserved { Ended::Unserved } else { Ended::Within(answers) });
        }
        answers += 1;
        if !keeps || String::from_utf8_lossy(&received).contains("connection: close") {
            return Ok(answers);
        }
    }
}

async fn read_answer(stream: &mut TcpStream, request: &str, received: &mut Vec<u8>) -> io::Result<()> {
    stream.write_all(request.as_bytes()).await?;
    while !received.ends_with(b"}") {
        if stream.read_buf(received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

//! Attacks on the running program, and what a healthy caller sees meanwhile: `make torture`.
//!
//! Each attack is a module with an [`Attack`]; this file runs them one after the other, each against a program of its own, and prints
//! a table. `--short` takes the sizes that fit into every change's checks. Names after the options choose some of the attacks.
//! Everything stays on this machine, and every attack is bounded in number and time.

mod draining;
mod field;
mod healthy;
mod never_reading;
mod outages;
mod overload;
mod searchers;
mod slow_readers;
mod voting;
mod wire;
mod writing;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use field::{Attack, Report, Size};
use kit::Engine;

/// An attack that goes on for so long hangs: its own bounds are far below.
const PATIENCE: Duration = Duration::from_secs(900);

const ATTACKS: &[&Attack] = &[
    &never_reading::PIPELINING,
    &never_reading::LISTS,
    &never_reading::CONTRACT,
    &never_reading::BODIES,
    &overload::ATTACK,
    &draining::ATTACK,
    &searchers::ATTACK,
    &slow_readers::ATTACK,
    &writing::PATCHES,
    &writing::IMPORTS,
    &outages::FAILING_DISK,
    &outages::FULL_DISK,
    &outages::SILENT_SERVER,
    &outages::READ_ONLY_SERVER,
    &voting::CRASHES,
    &voting::RACES,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let size = if arguments.iter().any(|it| it == "--short") { Size::Short } else { Size::Full };
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|it| !it.starts_with("--")).collect();
    let unknown: Vec<_> = names.iter().filter(|name| ATTACKS.iter().all(|attack| attack.name != **name)).collect();
    if !unknown.is_empty() {
        let known: Vec<_> = ATTACKS.iter().map(|attack| attack.name).collect();
        eprintln!("there is no attack called {unknown:?}: expected some of {known:?}");
        return ExitCode::from(2);
    }
    let chosen = ATTACKS.iter().filter(|attack| names.is_empty() || names.contains(&attack.name));
    println!("{}", row(["attack", "database", "what was done", "healthy caller", "memory", "outcome"]));
    println!("{}", row(["---"; 6]));
    let mut failed = 0;
    for attack in chosen {
        for engine in attack.engines {
            let started = Instant::now();
            let report = run(attack, *engine, size);
            failed += usize::from(!report.faults.is_empty());
            println!("{}", line(attack, *engine, &report, started.elapsed()));
        }
    }
    ExitCode::from(u8::from(failed > 0))
}

fn run(attack: &Attack, engine: Engine, size: Size) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let report = runtime.block_on(async { tokio::time::timeout(PATIENCE, (attack.run)(engine, size)).await });
    runtime.shutdown_timeout(Duration::from_secs(1));
    report.unwrap_or_else(|_| Report::failed(format!("was not over after {} s", PATIENCE.as_secs())))
}

fn line(attack: &Attack, engine: Engine, report: &Report, taken: Duration) -> String {
    let outcome = match report.faults.as_slice() {
        [] => format!("held ({:.1} s)", taken.as_secs_f64()),
        faults => format!("FAILED: {}", faults.join("; ")),
    };
    let seen = report.seen.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let memory = report.memory.map_or_else(|| "-".to_owned(), |mebibytes| format!("{mebibytes} MiB"));
    row([attack.name, &format!("{engine:?}"), &report.done, &seen, &memory, &outcome])
}

/// A row of a table in Markdown.
fn row(cells: [&str; 6]) -> String {
    format!("| {} |", cells.join(" | "))
}

//! The lines that the program writes to standard error while it works: for people, or as JSON for programs.

use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};

use chrono::SecondsFormat;
use clap::{Args, ValueEnum};
use env_logger::fmt::Formatter;
use log::Record;
use log::kv::{Error, Key, Value, VisitSource, VisitValue};
use serde::Serialize;
use serde_json::Map;

use crate::app::Clock;
use crate::http::silence::{self, Hushed};

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct LogOptions {
    /// Format of the service log on standard error: `text` for people, `json` for one JSON object on each line
    #[arg(long, global = true, env = "MUTUALS_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl LogOptions {
    /// Logs from here on, as the options and `RUST_LOG` say.
    pub(super) fn begin(self) {
        // What actix-http calls errors is what clients send that isn't HTTP.
        let mut builder =
            env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info,actix_http=off"));
        match self.log_format {
            LogFormat::Text => builder.format(write_text),
            LogFormat::Json => builder.format(write_json),
        };
        let logger = builder.build();
        let most = logger.filter();
        // Only the program's own start sets a log, and it does so once.
        if log::set_boxed_logger(Box::new(Hushed(logger))).is_ok() {
            log::set_max_level(most);
        }
        silence::hush_panics();
    }
}

fn now() -> String {
    Clock::system().now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn write_text(line: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    writeln!(line, "[{} {:<5} {}] {}", now(), record.level(), record.target(), OneLine(record.args()))
}

/// A line as JSON. The members of a request's line are beside its message.
#[derive(Serialize)]
struct JsonLine<'r> {
    time: String,
    level: String,
    target: &'r str,
    message: String,
    #[serde(flatten)]
    members: Members,
}

fn write_json(line: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let mut members = Members::default();
    // Only a visitor can fail, and this one does not.
    drop(record.key_values().visit(&mut members));
    let level = record.level().as_str().to_ascii_lowercase();
    let message = OneLine(record.args()).to_string();
    let json = serde_json::to_string(&JsonLine { time: now(), level, target: record.target(), message, members })?;
    writeln!(line, "{json}")
}

/// What a line says by name. What is absent is left out.
#[derive(Default, Serialize)]
struct Members(Map<String, serde_json::Value>);

impl<'r> VisitSource<'r> for Members {
    fn visit_pair(&mut self, name: Key<'r>, value: Value<'r>) -> Result<(), Error> {
        value.visit(Member { members: &mut self.0, name: name.as_str() })
    }
}

struct Member<'m> {
    members: &'m mut Map<String, serde_json::Value>,
    name: &'m str,
}

impl<'r> VisitValue<'r> for Member<'_> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.members.insert(self.name.to_owned(), OneLine(value).to_string().into());
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
        self.members.insert(self.name.to_owned(), value.into());
        Ok(())
    }
}

/// A log message as one line of at most 2,000 characters: it may contain text of any length from a database or a library.
struct OneLine<T>(T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, line: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 2000;
        write!(Bounded { line, room: MOST + 1 }, "{}", self.0)
    }
}

/// A line with room for so many characters, of which the last is to say that there would be more.
struct Bounded<'l, 'f> {
    line: &'l mut fmt::Formatter<'f>,
    room: usize,
}

impl fmt::Write for Bounded<'_, '_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let is_plain = part.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if is_plain && part.len() < self.room {
            self.room -= part.len();
            return self.line.write_str(part);
        }
        part.chars().try_for_each(|sign| self.write_char(sign))
    }

    fn write_char(&mut self, sign: char) -> fmt::Result {
        let shown = match self.room {
            0 => return Ok(()),
            1 => '…',
            _ if sign.is_control() => ' ',
            _ => sign,
        };
        self.room -= 1;
        self.line.write_char(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_is_one_line_of_bounded_length() {
        let one_line = |said: &str| OneLine(said).to_string();
        assert_eq!(one_line("as it is: ä"), "as it is: ä");
        assert_eq!(one_line("one\nother\u{1b}[31m"), "one other [31m");
        for sign in ["a", "ä", "\n"] {
            assert_eq!(one_line(&sign.repeat(2000)).chars().count(), 2000);
            let long = one_line(&sign.repeat(5000));
            assert_eq!(long.chars().count(), 2001);
            assert!(long.ends_with('…'));
        }
        let in_parts = OneLine(format_args!("{}{}{}", "a".repeat(1999), "b", "c")).to_string();
        assert!(in_parts.ends_with("ab…"));
    }
}

//! `known_at`: the instant at which a caller wants the register as it was.

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use domain::FaultCode;
use serde::Deserialize;
use store::entry_log;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::app::App;
use crate::request::argument::argument;
use crate::request::moment::{self, Moment};
use crate::request::query::{Parameters, Query};
use crate::response::problem::{ErrorItem, Problem};

pub const NAME: &str = "known_at";

/// The instant that a request is about, if it isn't about now. A handler takes it as an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownAt(pub Option<DateTime<Utc>>);

#[derive(Deserialize)]
struct Asked {
    known_at: Option<Moment>,
}

argument!(KnownAt);

impl KnownAt {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Query(Asked { known_at }) = Query::of(request)?;
        Ok(Self(known_at.map(Moment::floor)))
    }

    /// That of a query.
    pub fn read(parameters: &Parameters<'_>, faults: &mut Vec<ErrorItem>) -> Self {
        let asked = parameters.read::<Asked>(faults).and_then(|asked| asked.known_at);
        Self(asked.map(Moment::floor))
    }

    /// The time, which must be in the past, or at most that of the newest entry.
    ///
    /// # Errors
    /// A 400 for one that is still to come.
    pub async fn passed(self, app: &App) -> Result<Option<DateTime<Utc>>, Problem> {
        let Some(at) = self.0.filter(|at| *at > app.clock.now()) else { return Ok(self.0) };
        // A clock that was ahead may have given entries times that are still to come.
        let head = app.store.read_one(entry_log::newest).await?;
        if head.at.is_some_and(|newest| at <= newest) {
            return Ok(Some(at));
        }
        let detail = "expected a time in the past, or at most that of the newest log entry";
        Err(Problem::bad_query(vec![ErrorItem::parameter(NAME, FaultCode::OutOfRange.as_str(), detail)]))
    }

    /// That of a list: with an instant no filter, order or count goes, since only the log knows how the register was.
    pub fn of_list(parameters: &Parameters<'_>, faults: &mut Vec<ErrorItem>) -> Self {
        let asked = parameters.read::<Asked>(faults).and_then(|asked| asked.known_at);
        if asked.is_some() {
            let goes_along = |name: &str| [NAME, "limit", "cursor", "fields"].contains(&name);
            let mut others: Vec<&str> =
                parameters.pairs().iter().map(|(name, _)| &**name).filter(|name| !goes_along(name)).collect();
            others.dedup();
            let detail = "cannot be combined with known_at: only limit, cursor and fields can";
            let code = FaultCode::Inconsistent.as_str();
            faults.extend(others.into_iter().map(|name| ErrorItem::parameter(name, code, detail)));
        }
        Self(asked.map(Moment::floor))
    }
}

impl IntoParams for KnownAt {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Shows the register as it was at this time: after the log entry with the highest `seq` \
                           of those with an `at` up to then. The time must be in the past, or at most the `at` of the \
                           newest log entry. On a list, you can \
                           combine it only with `limit`, `cursor` and `fields`, and the order is by id. For a time before the \
                           `at` of the newest log entry, the response never changes. For a time in the last half \
                           minute, a request that is still being handled may add an entry.";
        vec![moment::parameter(NAME, description)]
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(query: &str) -> Result<Option<String>, Problem> {
        let request = TestRequest::with_uri(&format!("/?{query}")).to_http_request();
        let known_at = KnownAt::of(&request);
        known_at.map(|KnownAt(at)| at.map(|at| at.format("%F %T%.f").to_string()))
    }

    #[test]
    fn an_instant_is_read_in_any_zone_to_the_microsecond() {
        assert_eq!(read("").unwrap(), None);
        for (raw, at) in [
            ("2025-10-01T09:30:00Z", "2025-10-01 09:30:00"),
            ("2025-10-01T09:30:00.1234567Z", "2025-10-01 09:30:00.123456"),
            ("2025-10-01T09:30:00%2B01:00", "2025-10-01 08:30:00"),
        ] {
            assert_eq!(read(&format!("known_at={raw}")).unwrap().as_deref(), Some(at), "{raw}");
        }
        for other in ["2025-10-01", "now", "2025-10-01T09:30:00", "2025-10-01T09:30:00+01:00", ""] {
            assert!(read(&format!("known_at={other}")).is_err(), "{other}");
        }
    }
}

//! Instants as they are signed.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, SubsecRound as _, Utc};

use crate::fault::{FaultCode, Invalid, quoted};

/// An instant in whole seconds, which has one text only: RFC 3339, in UTC, such as `2026-06-08T17:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WholeSecond(DateTime<Utc>);

impl WholeSecond {
    /// The instant itself.
    pub const fn instant(self) -> DateTime<Utc> {
        self.0
    }
}

impl TryFrom<DateTime<Utc>> for WholeSecond {
    type Error = Invalid;

    fn try_from(at: DateTime<Utc>) -> Result<Self, Invalid> {
        // A leap second has no number of its own among POSIX seconds, so that not everybody could read it.
        if at == at.trunc_subsecs(0) && at.timestamp_subsec_nanos() == 0 {
            return Ok(Self(at));
        }
        Err(Invalid::new(FaultCode::InvalidFormat, "expected a time in whole seconds, such as 2026-06-08T17:00:00Z"))
    }
}

impl FromStr for WholeSecond {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let at = DateTime::parse_from_rfc3339(raw).ok().and_then(|at| Self::try_from(at.to_utc()).ok());
        at.filter(|at| at.to_string() == raw).ok_or_else(|| {
            let expected = "expected a time in UTC and in whole seconds, such as 2026-06-08T17:00:00Z";
            Invalid::new(
                FaultCode::InvalidFormat,
                format!("{} is not a time that can be signed: {expected}", quoted(raw)),
            )
        })
    }
}

impl fmt::Display for WholeSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

//! Instants in a query.

use chrono::{DateTime, Datelike as _, SubsecRound as _, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::{self, Deserializer};
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

use crate::request::query;

/// An instant in a query (RFC 3339). The register knows its own to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The last microsecond that is no later.
    pub fn floor(self) -> DateTime<Utc> {
        self.0.trunc_subsecs(6)
    }

    /// The first microsecond that is no earlier.
    pub fn ceil(self) -> DateTime<Utc> {
        let floor = self.floor();
        let next = floor.checked_add_signed(TimeDelta::microseconds(1)).filter(|next| is_known(*next));
        if floor == self.0 { floor } else { next.unwrap_or(floor) }
    }
}

/// PostgreSQL knows no year 0.
fn is_known(at: DateTime<Utc>) -> bool {
    (1..=9999).contains(&at.year())
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        let at = DateTime::parse_from_rfc3339(&raw).map(|at| at.with_timezone(&Utc));
        at.ok()
            .filter(|at| is_known(*at))
            .map(Self)
            .ok_or_else(|| de::Error::custom("expected a time such as 2025-10-01T09:30:00Z; write a plus sign as %2B"))
    }
}

/// The parameter in the contract.
pub fn parameter(name: &str, description: &str) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .max_length(Some(40));
    query::parameter(name, description, schema).example(Some("2025-10-01T09:30:00Z".into())).build()
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[test]
    fn an_instant_between_two_microseconds_has_both() {
        let read = |raw: &str| {
            let deserializer: StrDeserializer<'_, Error> = raw.into_deserializer();
            let moment = Moment::deserialize(deserializer).unwrap();
            [moment.floor(), moment.ceil()].map(|at| at.format("%F %T%.f").to_string())
        };
        assert_eq!(read("2025-10-01T09:30:00Z"), ["2025-10-01 09:30:00"; 2]);
        assert_eq!(read("2025-10-01T09:30:00.123456Z"), ["2025-10-01 09:30:00.123456"; 2]);
        let between = ["2025-10-01 08:30:00.123456", "2025-10-01 08:30:00.123457"];
        assert_eq!(read("2025-10-01T09:30:00.1234561+01:00"), between);
        assert_eq!(read("9999-12-31T23:59:59.9999999Z"), ["9999-12-31 23:59:59.999999"; 2]);
    }
}

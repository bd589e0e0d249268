//! The epoch of the log, as requests and answers name it.

use std::fmt;

use domain::FaultCode;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use store::{EpochId, LogPlace};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::response::problem::{ErrorItem, Problem};

/// What an epoch is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEpoch(pub EpochId);

impl LogEpoch {
    /// The place in the log that a request names. It needs an epoch: otherwise the caller could miss entries without
    /// noticing.
    ///
    /// # Errors
    /// 400 for a number that comes without its epoch.
    pub fn place(epoch: Option<Self>, after: i64) -> Result<LogPlace, Problem> {
        if after > 0 && epoch.is_none() {
            let detail = "expected the epoch that came with the number in `after`, because a restored register gives \
                          numbers a second time; without it, start with after=0";
            return Err(Problem::bad_query(vec![ErrorItem::parameter("epoch", FaultCode::Required.as_str(), detail)]));
        }
        Ok(LogPlace { after, epoch: epoch.map(|Self(id)| id) })
    }
}

impl fmt::Display for LogEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for LogEpoch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogEpoch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        raw.parse().map(Self).map_err(|invalid: domain::Invalid| de::Error::custom(invalid.detail))
    }
}

impl PartialSchema for LogEpoch {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The epoch of the log. It changes when the register is restored from a copy, because the numbers of \
                 entries are then given a second time.",
            ))
            .pattern(Some("^[0-9a-f]{16}$"))
            .min_length(Some(EpochId::CHARS))
            .max_length(Some(EpochId::CHARS))
            .examples(["9b1f0e6c2d7a4835"])
            .into()
    }
}

impl ToSchema for LogEpoch {}

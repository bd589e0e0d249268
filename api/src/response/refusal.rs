//! Turns errors of the store and the domain into problems.

use chrono::SecondsFormat;
use domain::{FaultCode, Refused};
use store::{Conflict, ConflictKind};

use crate::response::problem::{ErrorItem, OtherRecord, Problem};
use crate::response::problem_type::ProblemType;

impl Problem {
    /// Turns errors of the store about values of query parameters into errors in the query.
    pub fn of_query(error: store::Error) -> Self {
        match error {
            store::Error::Rule(faults) => Self::bad_query(
                faults
                    .into_iter()
                    .map(|fault| ErrorItem::parameter(fault.field, fault.code.as_str(), fault.detail))
                    .collect(),
            ),
            other => other.into(),
        }
    }
}

/// A record that the caller may not see looks like one that does not exist. The caller of this function knows which one
/// it was.
impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Hidden => Self::not_found("no such record"),
            Refused::Forbidden { needed } => Self::forbidden(needed),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound { .. } => Self::not_found(error.to_string()),
            store::Error::Gone { deleted_at, .. } => {
                Self::gone(format!("{error} at {}", deleted_at.to_rfc3339_opts(SecondsFormat::Secs, true)))
            }
            store::Error::Conflict(conflicts) => Self::from(conflicts),
            store::Error::InvalidPosition(_) => Self::bad_query(vec![ErrorItem::parameter(
                "cursor",
                "invalid-cursor",
                "this cursor is from another list",
            )]),
            store::Error::EpochEnded { given, current, shared, after } => {
                Self::epoch_ended(given, current, shared, after)
            }
            store::Error::AfterHead { .. } => {
                Self::bad_query(vec![ErrorItem::parameter("after", FaultCode::OutOfRange.as_str(), error.to_string())])
            }
            store::Error::Rule(faults) => Self::from(faults),
            store::Error::NotPermitted(detail) => Self::not_permitted(detail),
            store::Error::NotSigned(detail) => Self::new(ProblemType::ManifestNotSigned, detail),
            store::Error::NotCasting(detail) => Self::new(ProblemType::BallotNotOpen, detail),
            store::Error::State(faults) => Self::state_conflict(faults),
            store::Error::NotReady(conditions) => Self::not_ready(conditions),
            store::Error::ShareUsedUp => Self::share_used_up(),
            store::Error::TooLarge { limit } => Self::too_large(limit),
            store::Error::Unavailable(_) => Self::unavailable(error),
            store::Error::ReadOnly(_) => Self::read_only(error),
            store::Error::Clock(doubt) => Self::clock(&doubt),
            store::Error::StorageFull(_) => Self::storage_full(error),
            store::Error::OutcomeUnknown(_) => Self::outcome_unknown(error),
            store::Error::Internal(_) => Self::internal(error),
        }
    }
}

/// All of them in one problem, of the type of the first.
impl From<Vec<Conflict>> for Problem {
    fn from(conflicts: Vec<Conflict>) -> Self {
        let others = conflicts.iter().filter_map(|conflict| conflict.other.as_ref()).map(OtherRecord::from).collect();
        let first = conflicts.first().map(|conflict| conflict.kind);
        if first == Some(ConflictKind::HasDependents) {
            return Self::has_dependents("other records refer to this one; `dependents` names them", others);
        }
        let Some((kind, _)) = first.and_then(value_taken) else {
            return Self::internal(format!("an impossible conflict: {conflicts:?}"));
        };
        let errors: Vec<ErrorItem> = conflicts.iter().filter_map(taken).collect();
        let detail = errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("; ");
        Self::conflict(kind, if detail.is_empty() { kind.title().to_owned() } else { detail }, others)
            .with_errors(errors)
    }
}

impl From<&store::OtherRecord> for OtherRecord {
    fn from(other: &store::OtherRecord) -> Self {
        Self { resource_type: other.resource_type.as_str(), id: other.id.clone(), name: other.name.clone() }
    }
}

/// The problem of a value that another record has, and what it is a value of.
fn value_taken(kind: ConflictKind) -> Option<(ProblemType, &'static str)> {
    match kind {
        ConflictKind::NameTaken => Some((ProblemType::NameTaken, "name")),
        ConflictKind::SlugTaken => Some((ProblemType::SlugTaken, "slug")),
        ConflictKind::IdentifierTaken => Some((ProblemType::IdentifierTaken, "identifier")),
        ConflictKind::PositionTaken => Some((ProblemType::PositionTaken, "position")),
        ConflictKind::PeriodTaken => Some((ProblemType::PeriodTaken, "year that ends on")),
        ConflictKind::StepTaken => Some((ProblemType::StepTaken, "step")),
        // Ids and the first of a mutual's contracts are of the service's own making.
        ConflictKind::IdTaken | ConflictKind::HasDependents | ConflictKind::FirstContractTaken => None,
    }
}

/// The member whose value another record has.
fn taken(conflict: &Conflict) -> Option<ErrorItem> {
    let (kind, what) = value_taken(conflict.kind)?;
    let holder = conflict.other.as_ref().map_or_else(
        || "another record has or had".to_owned(),
        |other| format!("the {} {} already has", other.resource_type, other.name.as_ref().unwrap_or(&other.id)),
    );
    let pointer = if conflict.field.is_empty() { String::new() } else { format!("/{}", conflict.field) };
    Some(ErrorItem::pointer(pointer, kind.slug(), format!("{holder} the {what} «{}»", conflict.value)))
}

//! What every list of records can be narrowed by: `id`, and `updated_from` and `updated_to`.

use std::marker::PhantomData;

use document::object::named;
use document::value::{DepartmentKey, MutualKey, RecordId, Text, texts};
use domain::{Key, Kind, Recorded};
use serde::Deserialize;
use store::RecordFilter;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::ArrayBuilder;

use crate::request::moment::{self, Moment};
use crate::request::query::{FromQuery, Parameters, parameter};
use crate::response::problem::ErrorItem;

/// Which records of the kind `R` a list has, as a query says it.
#[derive(Debug)]
pub struct RecordQuery<R> {
    pub filter: RecordFilter,
    kind: PhantomData<fn() -> R>,
}

// Derived, this would ask the same of `R`, of which there is nothing in it.
impl<R> Clone for RecordQuery<R> {
    fn clone(&self) -> Self {
        Self { filter: self.filter.clone(), kind: PhantomData }
    }
}

#[derive(Deserialize)]
#[serde(bound = "R: Recorded")]
struct Asked<R> {
    #[serde(default)]
    id: Vec<Text<Key<R>>>,
    updated_from: Option<Moment>,
    updated_to: Option<Moment>,
}

impl<R: Recorded> FromQuery for RecordQuery<R> {
    fn from_query(parameters: &Parameters<'_>, faults: &mut Vec<ErrorItem>) -> Option<Self> {
        Some(Self { filter: parameters.read::<Asked<R>>(faults)?.filter(), kind: PhantomData })
    }
}

impl<R: Recorded> Asked<R> {
    fn filter(self) -> RecordFilter {
        RecordFilter {
            keys: texts(self.id).into_iter().map(Key::of_any_kind).collect(),
            updated_from: self.updated_from.map(Moment::ceil),
            updated_to: self.updated_to.map(Moment::floor),
        }
    }
}

impl<R: Recorded> IntoParams for RecordQuery<R> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let (key, by) = match R::KIND {
            Kind::Department => (named::<DepartmentKey>(), "id or slug"),
            Kind::Mutual => (named::<MutualKey>(), "id or slug"),
            _ => (named::<RecordId>(), "id"),
        };
        let of_these = format!("With this {by}. Those that are not there, or that you may not see, are left out.");
        vec![
            parameter("id", &of_these, ArrayBuilder::new().items(key)).build(),
            moment::parameter("updated_from", "Last changed at this time or later."),
            moment::parameter("updated_to", "Last changed at this time or earlier."),
        ]
    }
}

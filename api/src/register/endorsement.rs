//! Endorsements of mutuals: what those who are affected think of one.

use document::register::Constituency;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::register::child::{ChildFilter, ChildResource};
use crate::register::words::Words;

/// Which endorsements a list has.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EndorsementFilter {
    /// Only endorsements of this constituency.
    constituency: Vec<Constituency>,
}

impl ChildFilter for EndorsementFilter {
    fn words(&self) -> Vec<&'static str> {
        self.constituency.iter().map(|word| word.0.as_str()).collect()
    }
}

impl ChildResource for domain::Endorsement {
    type Filter = EndorsementFilter;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "an endorsement",
        many: "endorsements",
        of: " of a mutual",
        list: "In the order of entry. `given_by` is shown only to callers who work on the mutual.",
        create: "For `staff`, give a ballot on this mutual (`staff_ballot_id`): the register takes their position \
                 from it. For the other constituencies, give `position`. While an endorsement refers to a ballot, \
                 the ballot cannot be deleted. When the ballot changes, so does the position.",
        ..Words::USUAL
    };
}

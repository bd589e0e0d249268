//! How records are named in an import, and what became of some before they were entered here: an administrator's import brings a mutual's
//! course and what was declared of a ballot.

use domain::{Contract, ContractId, Department, DepartmentId, Key, Mutual, MutualId, StaffBallot, StaffBallotId};
use store::{Stored, WriteTx};

use super::row::Imported;
use crate::request::path::PathKey;

impl Imported for Department {
    fn key(id: DepartmentId) -> Self::Key {
        PathKey(Key::Id(id))
    }

    fn key_of_slug(slug: &str) -> Option<Self::Key> {
        slug.parse().ok().map(Key::Slug).map(PathKey)
    }
}

impl Imported for Mutual {
    fn key(id: MutualId) -> Self::Key {
        PathKey(Key::Id(id))
    }

    fn key_of_slug(slug: &str) -> Option<Self::Key> {
        slug.parse().ok().map(Key::Slug).map(PathKey)
    }
}

impl Imported for StaffBallot {
    fn key(id: StaffBallotId) -> Self::Key {
        PathKey(id)
    }

    fn enter_with_past(
        tx: &mut WriteTx<'_>,
        (id, ballot): &Self::Prepared,
        scrutineer_above: i64,
        caller: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        let (draft, past) = ballot.clone().apart_from_past();
        store::staff_ballot::insert_with_past(tx, *id, &draft, &past, scrutineer_above, caller.draft_access())
    }
}

impl Imported for Contract {
    fn key(id: ContractId) -> Self::Key {
        PathKey(id)
    }
}

//! References from one record to another: each must lead to a record, and successors must not lead in a circle.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use document::Reference;
use document::named::BySlug;
use domain::{DraftAccess, Fault, FaultCode, Id, Key, Kind, Recorded};

use crate::ReadTx;
use crate::backend::fragment::Fragment;
use crate::backend::json::parsed;
use crate::error::{Conflict, Error, refuse};
use crate::register::visibility;

/// The references that lead nowhere, as faults of the members that give them. A draft that the caller doesn't see is not there.
pub fn faults(tx: &mut ReadTx<'_>, references: &[Reference], sees: DraftAccess<'_>) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    let mut looked_up = HashSet::new();
    for kind in references.iter().map(|reference| reference.kind) {
        if !looked_up.insert(kind) {
            continue;
        }
        let of_type: Vec<&Reference> = references.iter().filter(|r| r.kind == kind).collect();
        let ids = of_type.iter().map(|reference| reference.id.as_str()).collect();
        let found = existing(tx, kind, ids, sees)?;
        faults.extend(of_type.into_iter().filter(|reference| !found.contains(&reference.id)).map(|reference| {
            let said = format!("there is no {kind} with the id {}", reference.id);
            Fault::new(reference.field.as_str(), FaultCode::UnknownReference, said)
        }));
    }
    Ok(faults)
}

/// Refuses references that lead nowhere, or to a draft.
pub(crate) fn check(tx: &mut ReadTx<'_>, references: &[Reference]) -> Result<(), Error> {
    refuse(Error::Rule, faults(tx, references, DraftAccess::None)?)
}

/// The ids of the records that have these slugs; those that no record has are not in it.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn ids_of(tx: &mut ReadTx<'_>, named: &[BySlug]) -> Result<HashMap<BySlug, String>, Error> {
    let mut ids = HashMap::new();
    for kind in Kind::RECORDS.iter().copied().filter(|kind| kind.has_slug()) {
        let slugs: Vec<&str> = named.iter().filter(|(of, _)| *of == kind).map(|(_, slug)| slug.as_str()).collect();
        if slugs.is_empty() {
            continue;
        }
        let query = Fragment::default().sql(format!("SELECT slug, id FROM {} WHERE slug IN (", kind.table()));
        let found: Vec<(String, String)> = query.parameters(slugs).sql(")").giving::<(Text, Text)>().load(tx.conn())?;
        for (slug, id) in found {
            ids.insert((kind, parsed("slug", &slug)?), id);
        }
    }
    Ok(ids)
}

/// The slug and the name of each of these records; those that are not there are not in it.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn names_of(tx: &mut ReadTx<'_>, kind: Kind, ids: &[String]) -> Result<HashMap<String, (String, String)>, Error> {
    const AT_A_TIME: usize = 500;
    let mut names = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_A_TIME) {
        let query = Fragment::default().sql(format!("SELECT id, slug, name FROM {} WHERE id IN (", kind.table()));
        let query = query.parameters(some.iter().map(String::as_str)).sql(")");
        let found: Vec<(String, String, String)> = query.giving::<(Text, Text, Text)>().load(tx.conn())?;
        names.extend(found.into_iter().map(|(id, slug, name)| (id, (slug, name))));
    }
    Ok(names)
}

/// Turns ids and slugs given in a kind's parameter into ids. An id that leads nowhere simply finds nothing.
///
/// # Errors
/// [`Error::Rule`] naming the slugs that lead nowhere.
pub fn resolve<T: Recorded>(tx: &mut ReadTx<'_>, keys: &[Key<T>]) -> Result<Vec<Id<T>>, Error> {
    let kind = T::KIND;
    let mut ids = Vec::with_capacity(keys.len());
    let mut faults = Vec::new();
    for key in keys {
        match key {
            Key::Id(id) => ids.push(*id),
            Key::Slug(slug) => {
                let query = Fragment::default().sql(format!("SELECT id FROM {} WHERE slug = ", kind.table()));
                let found = query.parameter(slug.as_str()).giving::<Text>();
                match found.get_result::<String>(tx.conn()).optional()? {
                    Some(id) => ids.push(parsed("id", &id)?),
                    None => {
                        let said = format!("there is no {kind} «{slug}»: expected an id or a slug of one");
                        faults.push(Fault::new(kind.as_str(), FaultCode::UnknownReference, said));
                    }
                }
            }
        }
    }
    refuse(Error::Rule, faults).map(|()| ids)
}

fn existing(tx: &mut ReadTx<'_>, kind: Kind, ids: Vec<&str>, sees: DraftAccess<'_>) -> Result<Vec<String>, Error> {
    let table = kind.table();
    let mut query = Fragment::default().sql(format!("SELECT id FROM {table} WHERE id IN (")).parameters(ids).sql(")");
    if kind == Kind::StaffBallot {
        query = query.sql(" AND ").and(visibility::visible(sees));
    }
    Ok(query.giving::<Text>().load(tx.conn())?)
}

/// Records of one kind, each with its id and its name, that refer to another.
pub(crate) type Dependents = (Kind, Vec<(String, String)>);

/// The first of the records of a kind whose column has this id, with what SQL says that they are called and ordered by.
pub(crate) fn dependents(
    tx: &mut ReadTx<'_>,
    kind: Kind,
    (column, id): (&str, &str),
    (name, order): (&str, &str),
) -> Result<Dependents, Error> {
    let query = Fragment::default()
        .sql(format!("SELECT id, {name} FROM {} WHERE {column} = ", kind.table()))
        .parameter(id)
        .sql(format!(" ORDER BY {order} LIMIT {}", Conflict::NAMED_DEPENDENTS));
    Ok((kind, query.giving::<(Text, Text)>().load(tx.conn())?))
}

/// Refuses a member, such as a successor, whose records lead by the same member back to the record `id`.
pub(crate) fn check_no_circle(
    tx: &mut ReadTx<'_>,
    kind: Kind,
    member: &'static str,
    id: &str,
    first: Option<String>,
) -> Result<(), Error> {
    let mut next = first;
    while let Some(current) = next {
        if current == id {
            let said = if kind == Kind::Contract {
                "the contracts that it replaces lead back to the record itself: it must come after them"
            } else {
                "its successors lead back to the record itself: a successor must come after it"
            };
            return Err(Error::Rule(vec![Fault::new(member, FaultCode::Cycle, said)]));
        }
        let query = Fragment::default().sql(format!("SELECT {member} FROM {} WHERE id = ", kind.table()));
        next = query.parameter(current).giving::<Nullable<Text>>().get_result(tx.conn())?;
    }
    Ok(())
}

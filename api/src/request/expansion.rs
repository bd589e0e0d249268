//! Names and slugs beside the ids by which a record names others, for callers who ask: `expand=mutual,department`.
//!
//! They are never shown unasked, so that a mutual that is renamed changes no other document.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use actix_web::HttpRequest;
use document::Member;
use domain::{FaultCode, Kind};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::marker::PhantomData;
use store::{ReadTx, Sorted, reference};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::request::argument::argument;
use crate::request::known_at::{self, KnownAt};
use crate::request::query::{Parameters, finish, parameter};
use crate::response::problem::{ErrorItem, Problem};
use crate::response::table::{Cell, Column, columns_beside};

const NAME: &str = "expand";

/// The members whose records are shown beside them.
#[derive(Clone, Debug, Default)]
pub struct Expansion(Vec<(String, &'static Member)>);

/// How a record is to be read: as it was, or with what its ids name.
#[derive(Debug)]
pub struct Reading<S> {
    pub known_at: KnownAt,
    pub expansion: Expansion,
    orders: PhantomData<fn() -> S>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    expand: Vec<String>,
}

/// The words that may be asked for, each with its member.
fn words(members: &'static [Member]) -> impl Iterator<Item = (String, &'static Member)> {
    members.iter().filter_map(|member| Some((member.expanded()?, member)))
}

impl Expansion {
    /// Those that a query asks for.
    pub fn of(parameters: &Parameters<'_>, members: &'static [Member], faults: &mut Vec<ErrorItem>) -> Self {
        let known: Vec<_> = words(members).collect();
        // An operation without any has no such parameter, and the gate has told so.
        let asked = if known.is_empty() { None } else { parameters.read::<Asked>(faults) };
        let mut expansion = Self::default();
        for word in asked.iter().flat_map(|asked| &asked.expand).flat_map(|words| words.split(',')) {
            match known.iter().find(|(own, _)| own == word.trim()) {
                Some(own) if expansion.0.iter().any(|(asked, _)| *asked == own.0) => {}
                Some(own) => expansion.0.push(own.clone()),
                None => {
                    let words: Vec<&str> = known.iter().map(|(word, _)| word.as_str()).collect();
                    let detail = format!("expected one or more of {}, with commas between", words.join(", "));
                    faults.push(ErrorItem::parameter(NAME, FaultCode::NotInVocabulary.as_str(), detail));
                    break;
                }
            }
        }
        expansion
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members that are shown beside those of a record: in a table, the slug and the name of each in columns of their own.
    pub fn columns(&self, in_table: bool) -> Vec<Column> {
        let columns = self.0.iter().flat_map(|(word, member)| match in_table {
            true => columns_beside(word, member).to_vec(),
            false => vec![Column { name: word.clone(), cell: Cell::Json }],
        });
        columns.collect()
    }

    /// Adds what the ids name to documents.
    ///
    /// # Errors
    /// 503 where the database does not answer.
    pub fn expand<'d>(
        &self,
        tx: &mut ReadTx<'_>,
        documents: impl Iterator<Item = &'d mut String>,
    ) -> Result<(), store::Error> {
        self.add(tx, documents, |word, is_list, named| {
            let objects = named.iter().map(|(id, slug, name)| {
                format!("{{\"id\":{},\"slug\":{},\"name\":{}}}", text(id), text(slug), text(name))
            });
            Some(format!(",\"{word}\":{}", values(is_list, objects)?))
        })
    }

    /// Adds the slugs and the names to documents as members of their own, for a table.
    ///
    /// # Errors
    /// 503 where the database does not answer.
    pub fn flatten<'d>(
        &self,
        tx: &mut ReadTx<'_>,
        documents: impl Iterator<Item = &'d mut String>,
    ) -> Result<(), store::Error> {
        self.add(tx, documents, |word, is_list, named| {
            let slugs = values(is_list, named.iter().map(|(_, slug, _)| text(slug)))?;
            let names = values(is_list, named.iter().map(|(_, _, name)| text(name)))?;
            Some(format!(",\"{word}.slug\":{slugs},\"{word}.name\":{names}"))
        })
    }

    /// Adds members that a function writes, from the id, slug and name of each record that a member names.
    fn add<'d>(
        &self,
        tx: &mut ReadTx<'_>,
        documents: impl Iterator<Item = &'d mut String>,
        write: impl Fn(&str, bool, &[(&str, &str, &str)]) -> Option<String>,
    ) -> Result<(), store::Error> {
        if self.is_empty() {
            return Ok(());
        }
        let mut documents: Vec<_> = documents.map(|document| (self.ids(document), document)).collect();
        let mut names: HashMap<Kind, HashMap<String, (String, String)>> = HashMap::new();
        for (at, (_, member)) in self.0.iter().enumerate() {
            let Some(kind) = member.names else { continue };
            let ids: BTreeSet<String> =
                documents.iter().filter_map(|(ids, _)| ids.get(at)).flatten().cloned().collect();
            let found = reference::names_of(tx, kind, &ids.into_iter().collect::<Vec<_>>())?;
            names.entry(kind).or_default().extend(found);
        }
        for (ids, document) in &mut documents {
            let members = ids.iter().zip(&self.0).filter_map(|(ids, (word, member))| {
                let names = names.get(&member.names?)?;
                let named = ids.iter().filter_map(|id| {
                    let (slug, name) = names.get(id)?;
                    Some((id.as_str(), slug.as_str(), name.as_str()))
                });
                write(word, member.is_list(), &named.collect::<Vec<_>>())
            });
            let members: String = members.collect();
            if document.ends_with('}') {
                document.pop();
                document.push_str(&members);
                document.push('}');
            }
        }
        Ok(())
    }

    /// The ids that a document has, for each member in turn.
    fn ids(&self, document: &str) -> Vec<Vec<String>> {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(document).unwrap_or_default();
        let ids = self.0.iter().map(|(_, member)| {
            let raw = members.get(member.name)?.get();
            let one = || serde_json::from_str(raw).ok().map(|id: String| vec![id]);
            if member.is_list() { serde_json::from_str(raw).ok() } else { one() }
        });
        ids.map(Option::unwrap_or_default).collect()
    }
}

/// A text as JSON.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The values of a list as JSON, or the only one of what is no list, if there is one.
fn values(is_list: bool, mut values: impl Iterator<Item = String>) -> Option<String> {
    if is_list { Some(format!("[{}]", values.collect::<Vec<_>>().join(","))) } else { values.next() }
}

argument!(Reading<S>, S: Sorted);

impl<S: Sorted> Reading<S> {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let (parameters, mut faults) = Parameters::of(request);
        let known_at = KnownAt::read(&parameters, &mut faults);
        let expansion = Expansion::of(&parameters, S::MEMBERS, &mut faults);
        if known_at.0.is_some() && !expansion.is_empty() {
            let detail = format!("cannot be combined with {}: the names are those of now", known_at::NAME);
            faults.push(ErrorItem::parameter(NAME, FaultCode::Inconsistent.as_str(), detail));
        }
        finish(Some(Self { known_at, expansion, orders: PhantomData }), faults)
    }
}

/// The contract's parameter `expand`, for lists and single records of a kind.
pub struct ExpandParameter<S>(PhantomData<fn() -> S>);

impl<S: Sorted> IntoParams for ExpandParameter<S> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let known: Vec<String> = words(S::MEMBERS).map(|(word, _)| word).collect();
        if known.is_empty() {
            return Vec::new();
        }
        let one = known.join("|");
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(format!("^({one})(,({one}))*$")))
            .max_length(Some(200))
            .examples([known.join(",")]);
        let description = format!(
            "Which records to name beside their ids, with commas between: {}. Each adds a field with the id, slug and \
             name; a table gets columns for the slug and the name.",
            known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        );
        vec![parameter(NAME, &description, schema).build()]
    }
}

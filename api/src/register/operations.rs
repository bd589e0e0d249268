//! The operations of every kind of record, with their text in the contract: list, create, get, replace, update and delete.
//!
//! A kind gives a handful of [`Words`]; the paths, handlers, parameters, schemas and descriptions follow from its declarations.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::{Route, guard, web};
use chrono::DateTime;
use document::object::{Object, Schemas};
use document::schema::{InputOf, PatchOf};
use document::value::Text;
use document::{Content, Documented, Wire};
use domain::{Child, Key, Kind, Record, Recorded as _};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation as Documentation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::register::child::{self, ChildResource};
use crate::register::collection::{self, AllOf, Collection};
use crate::register::resource::{self, Change, ChangeOptions, Resource, Root};
use crate::register::words::{Conflicts, Words};
use crate::request::conditional::{IfChanged, IfMatch};
use crate::request::expansion::ExpandParameter;
use crate::request::idempotency_key::IdempotencyKey;
use crate::request::known_at::KnownAt;
use crate::request::page::{ChildParameters, ListParameters, record_page_schema};
use crate::response::selection::Selection;

/// Mounts the operations of a kind whose records belong to no other.
pub fn root<R: Root<Key: PartialSchema>>(config: &mut ServiceConfig<'_>) {
    let place = Place { path: format!("/{}", R::KIND.segment()), parent: None, own: (R::KIND, R::Key::schema()) };
    let mut filters = list_parameters::<R>(ListParameters::<R>::into_params(|| Some(ParameterIn::Query)));
    let mut reading = KnownAt::into_params(|| Some(ParameterIn::Query));
    reading.extend(ExpandParameter::<R>::into_params(|| Some(ParameterIn::Query)));
    filters.extend(reading.clone());
    let kind = Operations::of::<R>(place);
    config
        .service(kind.list(filters, web::to(collection::list::<R>)))
        .service(kind.create(web::to(Change::create::<R>)))
        .service(kind.get(reading, web::to(resource::read::<R>)))
        .service(kind.replace(web::to(Change::replace::<R>)))
        .service(kind.update(web::to(Change::update::<R>)))
        .service(kind.delete(web::to(Change::delete::<R>)));
}

/// Mounts the operations of a kind whose records belong to another.
pub fn children<T: ChildResource>(config: &mut ServiceConfig<'_>)
where
    Key<T::Parent>: document::value::Described,
{
    let parent = T::Parent::KIND;
    let path = format!("/{}/{{{}}}/{}", parent.segment(), parent.as_str(), T::KIND.segment());
    let id = <T::Document as Wire>::OBJECT.envelope.map_or_else(bool::schema, |envelope| (envelope.id)());
    let everywhere = Place { path: format!("/{}", T::KIND.segment()), parent: None, own: (T::KIND, id.clone()) };
    let place = Place { path, parent: Some((parent, Text::<Key<T::Parent>>::schema())), own: (T::KIND, id) };
    let mut filters = T::Filter::into_params(|| Some(ParameterIn::Query));
    filters.extend(ChildParameters::into_params(|| Some(ParameterIn::Query)));
    filters.push(Selection::parameter());
    let mut all = list_parameters::<AllOf<T>>(ChildParameters::into_params(|| Some(ParameterIn::Query)));
    all.extend(ExpandParameter::<AllOf<T>>::into_params(|| Some(ParameterIn::Query)));
    let everywhere = Operations::of::<Child<T::Parent, T>>(everywhere);
    let kind = Operations::of::<Child<T::Parent, T>>(place);
    config
        .service(everywhere.list_all(parent, all, web::to(collection::list::<AllOf<T>>)))
        .service(kind.list(filters, web::to(child::list::<T>)))
        .service(kind.create(web::to(Change::create_child::<T>)))
        .service(kind.get(Vec::new(), web::to(child::read::<T>)));
    if T::IS_CHANGEABLE {
        config
            .service(kind.replace(web::to(Change::replace::<Child<T::Parent, T>>)))
            .service(kind.update(web::to(Change::update::<Child<T::Parent, T>>)))
            .service(kind.delete(web::to(Change::delete::<Child<T::Parent, T>>)));
    }
}

/// The parameters of the list of all records of a kind.
fn list_parameters<C: Collection>(paging: Vec<Parameter>) -> Vec<Parameter> {
    let mut parameters = C::Query::into_params(|| Some(ParameterIn::Query));
    parameters.extend(paging);
    parameters.push(Selection::parameter());
    parameters
}

/// Where the records of a kind are: their path, what they belong to and what one is named by, with the schemas of both names.
struct Place {
    path: String,
    parent: Option<(Kind, RefOr<Schema>)>,
    own: (Kind, RefOr<Schema>),
}

struct Operations {
    place: Place,
    words: Words,
    object: Object,
    schemas: fn() -> Schemas,
}

impl Operations {
    fn of<R: Resource>(place: Place) -> Self {
        Self { place, words: R::WORDS, object: <R::Document as Wire>::OBJECT, schemas: schemas::<R> }
    }

    fn list(&self, parameters: Vec<Parameter>, route: Route) -> Operation {
        let Words { many, of, list, .. } = self.words;
        let page = format!("{}Page", self.object.name);
        let operation = self
            .words
            .operation(format!("list_{}", self.place.own.0.table()), format!("List {many}{of}"), list.to_owned())
            .response("200", answer(&format!("A page of {many}"), &page));
        // Every worker mounts the operations: the schemas of a kind are made once for each, not with every operation.
        Operation { schemas: self.schemas, ..self.operation(HttpMethod::Get, false, parameters, operation, route) }
    }

    /// The list of the children of all records.
    fn list_all(&self, parents: Kind, parameters: Vec<Parameter>, route: Route) -> Operation {
        let (many, table) = (self.words.many, self.place.own.0.table());
        let seen = if self.object.has_personal() { " as you may see them" } else { "" };
        let text = format!("The {many} of all {}{seen}, in the order of entry.", parents.plural());
        let operation = self
            .words
            .operation(format!("list_all_{table}"), format!("List all {many}"), text)
            .response("200", answer(&format!("A page of {many}"), &format!("{}Page", self.object.name)));
        self.operation(HttpMethod::Get, false, parameters, operation, route)
    }

    fn create(&self, route: Route) -> Operation {
        let Words { one, create, .. } = self.words;
        let singular = self.words.singular();
        let checked = format!("With `validate_only`: the {singular} as it would be stored");
        let operation = self
            .words
            .operation(self.id("create"), format!("Create {one}"), create.to_owned())
            .request_body(Some(body("application/json", &document::schema::input_name(&self.object))))
            .response("201", answer(&format!("The {singular} was created"), self.object.name))
            .response("200", answer(&checked, self.object.name));
        let mut parameters = ChangeOptions::into_params(|| Some(ParameterIn::Query));
        parameters.extend(IdempotencyKey::into_params(|| None));
        self.operation(HttpMethod::Post, false, parameters, operation, route)
    }

    fn get(&self, mut parameters: Vec<Parameter>, route: Route) -> Operation {
        let by = if has_slug(&self.object) { "By id or slug." } else { "By id." };
        let operation = self
            .words
            .operation(self.id("get"), format!("Get {}", self.words.one), by.to_owned())
            .response("200", answer(&format!("The {}", self.words.singular()), self.object.name));
        parameters.extend(IfChanged::into_params(|| None));
        self.operation(HttpMethod::Get, true, parameters, operation, route)
    }

    fn replace(&self, route: Route) -> Operation {
        let text = format!(
            "The body is everything that the {} should contain. A field that you leave out is removed. You can send back \
             fields that the register sets, with the values you read. To change some fields, use `PATCH`: a generated \
             client leaves out the fields that it does not know, and `PUT` removes them.",
            self.words.singular()
        );
        let body = body("application/json", &document::schema::input_name(&self.object));
        let operation =
            self.words.operation(self.id("replace"), format!("Replace {}", self.words.one), self.of_change(text));
        self.change(HttpMethod::Put, operation.request_body(Some(body)), route)
    }

    fn update(&self, route: Route) -> Operation {
        let text = "Send a merge patch (RFC 7396): an absent field stays as it is, `null` removes a field, a list replaces the whole list.";
        let body = body("application/merge-patch+json", &document::schema::patch_name(&self.object));
        let text = self.of_change(text.to_owned());
        let operation = self.words.operation(self.id("update"), format!("Update {}", self.words.one), text);
        self.change(HttpMethod::Patch, operation.request_body(Some(body)), route)
    }

    fn change(&self, method: HttpMethod, operation: OperationBuilder, route: Route) -> Operation {
        let said = format!("The {} as it is now", self.words.singular());
        let operation = operation.response("200", answer(&said, self.object.name));
        self.operation(method, true, change_parameters(), operation, route)
    }

    fn delete(&self, route: Route) -> Operation {
        let Words { one, delete, .. } = self.words;
        let operation = self.words.operation(self.id("delete"), format!("Delete {one}"), delete.to_owned());
        self.operation(HttpMethod::Delete, true, change_parameters(), operation, route)
    }

    fn id(&self, verb: &str) -> String {
        format!("{verb}_{}", self.place.own.0.as_str())
    }

    fn of_change(&self, text: String) -> String {
        if self.words.change.is_empty() { text } else { format!("{text}\n\n{}", self.words.change) }
    }

    fn operation(
        &self,
        method: HttpMethod,
        of_one: bool,
        parameters: Vec<Parameter>,
        operation: OperationBuilder,
        route: Route,
    ) -> Operation {
        let parent = self.place.parent.iter().map(|named| path_parameter(named, named.0.has_slug()));
        let own = of_one.then(|| path_parameter(&self.place.own, has_slug(&self.object)));
        let parameters = parent.chain(own).chain(parameters);
        let path = match of_one {
            true => format!("{}/{{{}}}", self.place.path, self.place.own.0.as_str()),
            false => self.place.path.clone(),
        };
        let operation = operation.parameters(Some(parameters.collect::<Vec<_>>())).build();
        Operation { path, method, operation, schemas: Vec::new, route }
    }
}

/// What may stand in the way of the operations on each kind of record.
pub fn conflicts() -> impl Iterator<Item = (Kind, Conflicts)> {
    macro_rules! all {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            [
                $((Kind::$Record, <$Record as Resource>::WORDS.conflicts),)+
                $((Kind::$Child, <$Child as ChildResource>::WORDS.conflicts),)+
            ]
        };
    }
    domain::for_each_record!(all).into_iter()
}

/// The schema of a type, and those that it refers to.
pub fn named<T: ToSchema>() -> Schemas {
    let mut schemas = Vec::new();
    document::object::collect_named::<T>(&mut schemas);
    schemas
}

/// The schemas of a kind: as its records are shown, sent, patched and listed.
fn schemas<R: Resource>() -> Schemas {
    let mut schemas = named::<R::Document>();
    document::object::collect_named::<InputOf<R::Document>>(&mut schemas);
    if R::IS_CHANGEABLE {
        document::object::collect_named::<PatchOf<R::Document>>(&mut schemas);
    }
    let name = <R::Document as Wire>::OBJECT.name;
    schemas.push((format!("{name}Page"), record_page_schema(name).into()));
    schemas
}

pub fn has_slug(object: &Object) -> bool {
    object.members.iter().any(|member| member.name == "slug")
}

fn change_parameters() -> Vec<Parameter> {
    let mut parameters = ChangeOptions::into_params(|| Some(ParameterIn::Query));
    parameters.extend(IfMatch::into_params(|| None));
    parameters
}

pub fn path_parameter((kind, schema): &(Kind, RefOr<Schema>), by_slug: bool) -> Parameter {
    let by = if by_slug { "Id or slug" } else { "Id" };
    ParameterBuilder::new()
        .name(kind.as_str())
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(format!("{by} of the {kind}")))
        .schema(Some(schema.clone()))
        .build()
}

fn answer(says: &str, schema: &str) -> Response {
    answer_as("application/json", says, schema)
}

pub fn answer_as(media_type: &str, says: &str, schema: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    ResponseBuilder::new().description(says).content(media_type, content).build()
}

fn body(media_type: &str, schema: &str) -> utoipa::openapi::request_body::RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build()
}

/// An operation: where it is mounted, and what the contract says of it.
pub struct Operation {
    /// Its path below `/v1`.
    pub path: String,
    pub method: HttpMethod,
    pub operation: Documentation,
    pub schemas: fn() -> Schemas,
    pub route: Route,
}

impl HttpServiceFactory for Operation {
    fn register(self, config: &mut AppService) {
        let method = match self.method {
            HttpMethod::Post => Method::POST,
            HttpMethod::Put => Method::PUT,
            HttpMethod::Patch => Method::PATCH,
            HttpMethod::Delete => Method::DELETE,
            _ => Method::GET,
        };
        web::resource(self.path).guard(guard::Method(method)).route(self.route).register(config);
    }
}

impl OpenApiFactory for Operation {
    fn paths(&self) -> Paths {
        let mut paths = Paths::new();
        paths.add_path_operation(self.path.clone(), vec![self.method.clone()], self.operation.clone());
        paths
    }

    fn schemas(&self, schemas: &mut Schemas) {
        schemas.extend((self.schemas)());
    }
}

/// The contract's examples of answers, with the names of their schemas: what the examples of requests become.
pub fn examples() -> Vec<(String, serde_json::Value)> {
    macro_rules! examples {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            [$(example::<domain::$Record>(),)+ $(example::<Child<domain::$Parent, domain::$Child>>(),)+]
        };
    }
    domain::for_each_record!(examples).into_iter().flatten().collect()
}

const EXAMPLE_ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f";
const DEPARTMENT_ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01";
const MUTUAL_ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02";
const CONTRACT_ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e03";

fn example<R: Documented>() -> Option<(String, serde_json::Value)> {
    let object = <R::Document as Wire>::OBJECT;
    let value = Content::<R::Document>::parse(object.example?().to_string().as_bytes()).ok()?.create().ok()?;
    let parent_id = R::KIND.parent().map(|parent| match parent {
        Kind::Department => DEPARTMENT_ID,
        Kind::Contract => CONTRACT_ID,
        _ => MUTUAL_ID,
    });
    let at = DateTime::from_timestamp(1_759_311_000, 250_000)?;
    let id = EXAMPLE_ID.parse().ok()?;
    let content = R::from_value(value, parent_id).ok()?;
    let record = Record { id, version: 1, created_at: at, updated_at: at, content };
    Some((object.name.to_owned(), serde_json::from_str(&document::record::shown(&record)).ok()?))
}

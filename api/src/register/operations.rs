//! The operations of every kind of record, with their text in the contract: list, create, get, replace, update and delete.
//!
//! A kind gives a handful of [`Words`]; the paths, handlers, parameters, schemas and descriptions follow from its declarations.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::{HttpResponse, Route, guard, web};
use chrono::DateTime;
use document::object::{Envelope, Object, Schemas};
use document::schema::{InputOf, PatchOf};
use document::value::Text;
use document::{Content, Documented, Wire};
use domain::{Child, Key, Kind, Record};
use store::child::Parent;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation as Documentation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr, Required};
use utoipa::{IntoParams, PartialSchema};
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::caller::Caller;
use crate::register::child::{self, ChildKey, ChildResource};
use crate::register::resource::{self, Change, ChangeOptions, Root, Value};
use crate::request::body::Body;
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::known_at::KnownAt;
use crate::request::page::{ChildParameters, ListParameters, ListQuery, page_schema};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// What the contract says of a kind, beside what all kinds have in common.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The group of operations that it is among.
    pub tag: &'static str,
    /// One record, with its article if it has one: `an objection`.
    pub one: &'static str,
    /// Several records: `objections`.
    pub many: &'static str,
    /// Of what a list has them: ` to a mutual`.
    pub of: &'static str,
    /// In which order they are listed, and what else a reader of a list must know.
    pub list: &'static str,
    /// What must be known to create one.
    pub create: &'static str,
    /// What must be known to change one, if there is something.
    pub change: &'static str,
    /// What must be known to delete one.
    pub delete: &'static str,
    /// What may stand in the way of the operations.
    pub conflicts: Conflicts,
}

impl Words {
    /// What most kinds of child say.
    pub const USUAL: Self = Self {
        tag: "",
        one: "",
        many: "",
        of: "",
        list: "In the order of entry.",
        create: "",
        change: "",
        delete: "Its id is never used again. Its log entries remain.",
        conflicts: NO_CONFLICTS,
    };

    /// One record without its article.
    pub fn singular(&self) -> &'static str {
        self.one.strip_prefix("a ").or_else(|| self.one.strip_prefix("an ")).unwrap_or(self.one)
    }

    /// An operation of the kind's group, with its id, its summary and what else is said of it.
    pub fn operation(&self, id: String, summary: String, text: String) -> OperationBuilder {
        OperationBuilder::new().tag(self.tag).operation_id(Some(id)).summary(Some(summary)).description(Some(text))
    }
}

/// What other records, or the record's own state, may put in the way of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Conflicts {
    /// Of creating one.
    pub create: &'static [ProblemType],
    /// Of changing one.
    pub change: &'static [ProblemType],
    /// Of deleting one.
    pub delete: &'static [ProblemType],
}

/// What nothing stands in the way of.
pub const NO_CONFLICTS: Conflicts = Conflicts { create: &[], change: &[], delete: &[] };

/// A kind of record with its words.
pub trait Described: Documented {
    /// The words.
    const WORDS: Words;
    /// Whether records are replaced, updated and deleted; others are there to stay as they are.
    const IS_CHANGEABLE: bool = true;
}

/// A child's words are those of what it says.
pub trait DescribedChild: ChildResource {
    /// See [`Described::WORDS`].
    const WORDS: Words;
    /// See [`Described::IS_CHANGEABLE`].
    const IS_CHANGEABLE: bool = true;
}

impl<T: DescribedChild> Described for Child<T::Parent, T> {
    const WORDS: Words = T::WORDS;
    const IS_CHANGEABLE: bool = T::IS_CHANGEABLE;
}

/// Mounts the operations of a kind whose records belong to no other.
pub fn root<R>(config: &mut ServiceConfig<'_>)
where
    R: Root + Described,
    Value<R>: Clone + Send,
    R::Key: PartialSchema,
{
    let place = Place { path: format!("/{}", R::KIND.segment()), parent: None, own: (R::KIND, R::Key::schema()) };
    let mut filters = R::Filter::into_params(|| Some(ParameterIn::Query));
    filters.extend(ListParameters::<R::Sort>::into_params(|| Some(ParameterIn::Query)));
    filters.extend(KnownAt::into_params(|| Some(ParameterIn::Query)));
    let kind = Operations::of::<R>(place);
    config
        .service(kind.list(filters, web::to(list::<R>)))
        .service(kind.create(web::to(create::<R>)))
        .service(kind.get(KnownAt::into_params(|| Some(ParameterIn::Query)), web::to(get::<R>)))
        .service(kind.replace(web::to(replace::<R>)))
        .service(kind.update(web::to(update::<R>)))
        .service(kind.delete(web::to(delete::<R>)));
}

/// Mounts the operations of a kind whose records belong to another.
pub fn children<T>(config: &mut ServiceConfig<'_>)
where
    T: DescribedChild<Parent: PartialEq>,
    Key<T::Parent>: document::value::Described,
{
    let parent = T::Parent::KIND;
    let path = format!("/{}/{{{}}}/{}", parent.segment(), parent.as_str(), T::KIND.segment());
    let id = envelope(&<T::Document as Wire>::OBJECT).map_or_else(bool::schema, |envelope| (envelope.id)());
    let place = Place { path, parent: Some((parent, Text::<Key<T::Parent>>::schema())), own: (T::KIND, id) };
    let mut filters = T::Filter::into_params(|| Some(ParameterIn::Query));
    filters.extend(ChildParameters::into_params(|| Some(ParameterIn::Query)));
    let kind = Operations::of::<Child<T::Parent, T>>(place);
    config
        .service(kind.list(filters, web::to(list_children::<T>)))
        .service(kind.create(web::to(create_child::<T>)))
        .service(kind.get(Vec::new(), web::to(get_child::<T>)));
    if T::IS_CHANGEABLE {
        config
            .service(kind.replace(web::to(replace_child::<T>)))
            .service(kind.update(web::to(update_child::<T>)))
            .service(kind.delete(web::to(delete_child::<T>)));
    }
}

async fn list<R: Root>(
    app: App,
    caller: Caller,
    query: ListQuery<R::Filter, R::Sort>,
) -> Result<HttpResponse, Problem> {
    resource::list::<R>(&app, caller, query).await
}

async fn create<R: Root>(change: Change, body: Body<R::Document>) -> Result<HttpResponse, Problem>
where
    Value<R>: Clone + Send,
{
    change.create::<R>(body).await
}

async fn get<R: Root>(
    app: App,
    caller: Caller,
    key: R::Key,
    known_at: KnownAt,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    resource::read::<R>(&app, caller, key, known_at, &conditions).await
}

async fn replace<R: Root>(change: Change, key: R::Key, body: Body<R::Document>) -> Result<HttpResponse, Problem>
where
    Value<R>: Clone,
{
    change.replace::<R>(key, body).await
}

async fn update<R: Root>(change: Change, key: R::Key, body: Body<R::Document>) -> Result<HttpResponse, Problem>
where
    Value<R>: Clone,
{
    change.update::<R>(key, body).await
}

async fn delete<R: Root>(change: Change, key: R::Key) -> Result<HttpResponse, Problem> {
    change.delete::<R>(key).await
}

async fn list_children<T: ChildResource>(
    app: App,
    caller: Caller,
    parent: PathKey<Key<T::Parent>>,
    query: ListQuery<T::Filter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<T>(&app, caller, parent.0, query).await
}

async fn create_child<T: ChildResource<Parent: PartialEq>>(
    change: Change,
    parent: PathKey<Key<T::Parent>>,
    body: Body<T::Document>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<T>(parent.0, body).await
}

async fn get_child<T: ChildResource<Parent: PartialEq>>(
    app: App,
    caller: Caller,
    key: ChildKey<T>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

async fn replace_child<T: ChildResource<Parent: PartialEq>>(
    change: Change,
    key: ChildKey<T>,
    body: Body<T::Document>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Child<T::Parent, T>>(key, body).await
}

async fn update_child<T: ChildResource<Parent: PartialEq>>(
    change: Change,
    key: ChildKey<T>,
    body: Body<T::Document>,
) -> Result<HttpResponse, Problem> {
    change.update::<Child<T::Parent, T>>(key, body).await
}

async fn delete_child<T: ChildResource<Parent: PartialEq>>(
    change: Change,
    key: ChildKey<T>,
) -> Result<HttpResponse, Problem> {
    change.delete::<Child<T::Parent, T>>(key).await
}

/// Where the records of a kind are: their path, what they belong to and what one is named by, with the schemas of both names.
struct Place {
    path: String,
    parent: Option<(Kind, RefOr<Schema>)>,
    own: (Kind, RefOr<Schema>),
}

/// The operations of a kind, as the contract describes them.
struct Operations {
    place: Place,
    words: Words,
    object: Object,
    schemas: fn() -> Schemas,
}

impl Operations {
    fn of<R: Described>(place: Place) -> Self {
        Self { place, words: R::WORDS, object: <R::Document as Wire>::OBJECT, schemas: schemas::<R> }
    }

    fn list(&self, parameters: Vec<Parameter>, route: Route) -> Operation {
        let Words { many, of, list, .. } = self.words;
        let page = format!("{}Page", self.object.name);
        let operation = self
            .words
            .operation(format!("list_{}", self.place.own.0.table()), format!("List {many}{of}"), list.to_owned())
            .response("200", answer(&format!("A page of {many}"), &page));
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
             fields that the register sets, with the values you read.",
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
        let parent = self.place.parent.iter().map(|named| path_parameter(named, true));
        let own = of_one.then(|| path_parameter(&self.place.own, has_slug(&self.object)));
        let parameters = parent.chain(own).chain(parameters);
        let path = match of_one {
            true => format!("{}/{{{}}}", self.place.path, self.place.own.0.as_str()),
            false => self.place.path.clone(),
        };
        let operation = operation.parameters(Some(parameters.collect::<Vec<_>>())).build();
        Operation { path, method, operation, schemas: self.schemas, route }
    }
}

/// What may stand in the way of the operations on each kind of record.
pub fn conflicts() -> impl Iterator<Item = (Kind, Conflicts)> {
    macro_rules! all {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            [
                $((Kind::$Record, <$Record as Described>::WORDS.conflicts),)+
                $((Kind::$Child, <$Child as DescribedChild>::WORDS.conflicts),)+
            ]
        };
    }
    domain::for_each_record!(all).into_iter()
}

/// The schemas of a kind: as its records are shown, sent, patched and listed.
fn schemas<R: Described>() -> Schemas {
    let mut schemas = Vec::new();
    document::object::collect_named::<R::Document>(&mut schemas);
    document::object::collect_named::<InputOf<R::Document>>(&mut schemas);
    if R::IS_CHANGEABLE {
        document::object::collect_named::<PatchOf<R::Document>>(&mut schemas);
    }
    let name = <R::Document as Wire>::OBJECT.name;
    schemas.push((format!("{name}Page"), page_schema(name)));
    schemas
}

/// Whether records have a slug.
pub fn has_slug(object: &Object) -> bool {
    object.members.iter().any(|member| member.name == "slug")
}

fn envelope(object: &Object) -> Option<Envelope> {
    object.envelope
}

fn change_parameters() -> Vec<Parameter> {
    let mut parameters = ChangeOptions::into_params(|| Some(ParameterIn::Query));
    parameters.extend(IfMatch::into_params(|| None));
    parameters
}

/// The parameter of a path that names a record.
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

/// An answer of this media type and schema.
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
    /// Its method.
    pub method: HttpMethod,
    /// What the contract says.
    pub operation: Documentation,
    /// The schemas that it refers to.
    pub schemas: fn() -> Schemas,
    /// What answers.
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

fn example<R: Documented>() -> Option<(String, serde_json::Value)> {
    let object = <R::Document as Wire>::OBJECT;
    let value = Content::<R::Document>::parse(object.example?().to_string().as_bytes()).ok()?.create().ok()?;
    let parent_id = R::KIND.parent().map(|parent| if parent == Kind::Department { DEPARTMENT_ID } else { MUTUAL_ID });
    let at = DateTime::from_timestamp(1_759_311_000, 250_000)?;
    let id = EXAMPLE_ID.parse().ok()?;
    let content = R::from_value(value, parent_id).ok()?;
    let record = Record { id, version: 1, created_at: at, updated_at: at, content };
    Some((object.name.to_owned(), serde_json::from_str(&document::record::shown(&record)).ok()?))
}

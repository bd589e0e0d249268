//! Lists page by page: which page a request asks for, and the answer with its links and tag.
//!
//! Knows no resource.

use std::marker::PhantomData;

use actix_web::http::header::{HeaderValue, InvalidHeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use document::{Object, Wire};
use domain::FaultCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{EpochId, Listed, Page, Position, Slice, SortKey, Sorted, Total};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, RefBuilder, Schema, SchemaFormat, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::app::Present;
use crate::request::argument::argument;
use crate::request::conditional::{IfChanged, IfNoneMatch, digest, opaque, quoted};
use crate::request::cursor::{Cursor, CursorRefusal};
use crate::request::expansion::Expansion;
use crate::request::known_at::KnownAt;
use crate::request::query::{FromQuery, Parameters, finish, parameter};
use crate::response::problem::{ErrorItem, Problem};
use crate::response::selection::Selection;

/// The most items that a page may have.
pub const MAX_LIMIT: usize = 200;
/// The items of a page where the caller doesn't say.
pub const DEFAULT_LIMIT: usize = 50;

const MAX_CURSOR_CHARS: usize = 2000;

const CURSOR: &str = "Cursor";

/// No parameter that filters a list.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
pub struct NoFilter {}

/// A page of a list as a request asks for it: an extractor that reads the filter `F` (a struct as for
/// [`Query`](crate::request::query::Query)) and the page together, so that all faults of the query are told at once. The list has the
/// orders of `S`.
#[derive(Debug)]
pub struct ListQuery<F, S, D = NoFields> {
    pub filter: F,
    pub page: Page,
    /// The instant that the list is of.
    pub known_at: KnownAt,
    /// The records that are named beside their ids.
    pub expansion: Expansion,
    target: Target,
    selection: Option<Selection>,
    conditions: IfChanged,
    orders: PhantomData<fn() -> (S, D)>,
}

argument!(ListQuery<F, S, D>, F: FromQuery, S: Sorted, D: Fields);

/// What the items of a list are, where a request may ask for some of their fields.
pub trait Fields: 'static {
    /// Their description; none where all fields are always there.
    fn object() -> Option<&'static Object>;
}

/// Items that always have all of their fields.
#[derive(Debug)]
pub struct NoFields;

impl Fields for NoFields {
    fn object() -> Option<&'static Object> {
        None
    }
}

/// Records with these members.
#[derive(Debug)]
pub struct FieldsOf<D>(PhantomData<fn() -> D>);

impl<D: Wire + 'static> Fields for FieldsOf<D> {
    fn object() -> Option<&'static Object> {
        Some(&D::OBJECT)
    }
}

impl<F: FromQuery, S: Sorted, D: Fields> ListQuery<F, S, D> {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let (parameters, mut faults) = Parameters::of(request);
        let filter = F::from_query(&parameters, &mut faults);
        let target = Target::of(request, &parameters)?;
        let paging = parameters.read::<Paging>(&mut faults);
        let page = paging.as_ref().and_then(|paging| paging.page::<S>(&target, &mut faults));
        let fields = paging.map(|paging| paging.fields).unwrap_or_default();
        let selection = D::object().and_then(|object| Selection::of(&fields, object, &mut faults));
        let known_at = KnownAt::of_list(&parameters, &mut faults);
        let expansion = Expansion::of(&parameters, S::MEMBERS, &mut faults);
        let selection = selection.map(|selection| selection.and(expansion.columns(false)));
        let list = filter.zip(page).map(|(filter, page)| (filter, page, target));
        let (filter, page, target) = finish(list, faults)?;
        let conditions = IfChanged::of(request)?;
        Ok(Self { filter, page, known_at, expansion, target, selection, conditions, orders: PhantomData })
    }
}

impl<F, S, D> ListQuery<F, S, D> {
    /// The answer: the items, the cursor of the next page, tag and links; or 304.
    pub fn answer(&self, mut slice: Slice) -> Result<HttpResponse, Problem> {
        if let Some(selection) = &self.selection {
            for item in &mut slice.items {
                item.document = selection.document(&item.document).map_err(Problem::internal)?;
            }
        }
        let next_cursor = slice.next.as_ref().map(|position| self.target.cursor(position));
        let etag = list_etag(self.target.epoch, &slice, next_cursor.as_deref(), !self.expansion.is_empty());
        let link = self.target.link(next_cursor.as_deref()).map_err(Problem::internal)?;
        Ok(self.conditions.list(etag, link, || page_document(&slice, next_cursor.as_deref())))
    }

    pub fn cursor(&self, position: &Position) -> String {
        self.target.cursor(position)
    }

    /// What is asked for, by which an answer that was computed already is found.
    pub fn name(&self) -> String {
        let Page { limit, after, count, .. } = &self.page;
        format!("{} {:?} {limit} {count} {after:?}", self.target.path, self.target.parameters)
    }

    /// Whether the caller has what this tag is of.
    pub fn is_known(&self, etag: &HeaderValue) -> bool {
        self.conditions.is_known(etag)
    }

    /// The answer of a page that is written already, with its tag and links; or 304.
    pub fn answer_written(
        &self,
        etag: HeaderValue,
        document: Bytes,
        next_cursor: Option<&str>,
    ) -> Result<HttpResponse, Problem> {
        let link = self.target.link(next_cursor).map_err(Problem::internal)?;
        Ok(self.conditions.list(etag, link, || document))
    }

    /// The answer of a page that says more than its items: the page, a tag of all of it and links; or 304.
    pub fn answer_with(&self, page: &impl Serialize, next_cursor: Option<&str>) -> Result<HttpResponse, Problem> {
        self.answer_text(serde_json::to_string(page).unwrap_or_default(), next_cursor)
    }

    /// The same of a page that is written already.
    pub fn answer_text(&self, document: String, next_cursor: Option<&str>) -> Result<HttpResponse, Problem> {
        let link = self.target.link(next_cursor).map_err(Problem::internal)?;
        Ok(self.conditions.list(digest(&document), link, || document))
    }
}

/// `{"items": […], "next_cursor": …, "total": …}`: the items are written already, and a cursor needs no escapes.
fn page_document(slice: &Slice, next_cursor: Option<&str>) -> String {
    let size: usize = slice.items.iter().map(|item| item.document.len().saturating_add(1)).sum();
    let mut document = String::with_capacity(size.saturating_add(MAX_CURSOR_CHARS));
    document.push_str("{\"items\":[");
    for (position, item) in slice.items.iter().enumerate() {
        if position > 0 {
            document.push(',');
        }
        document.push_str(&item.document);
    }
    document.push(']');
    push_entries(&mut document, &slice.items);
    if let Some(cursor) = next_cursor {
        document.push_str(&format!(",\"next_cursor\":\"{cursor}\""));
    }
    match slice.total {
        Some(Total::Exactly(total)) => document.push_str(&format!(",\"total\":{total}")),
        Some(Total::AtLeast(total)) => document.push_str(&format!(",\"total_at_least\":{total}")),
        None => {}
    }
    document.push('}');
    document
}

/// The entries that made the items, in the order of the items. Absent for lists of items without entries.
fn push_entries(document: &mut String, items: &[Listed]) {
    let mut before = ",\"register_entries\":[";
    for seq in items.iter().filter_map(|item| item.entry_seq) {
        document.push_str(before);
        document.push_str(&seq.to_string());
        before = ",";
    }
    if before == "," {
        document.push(']');
    }
}

/// A sort order in the contract: `type MutualSort = SortOrder<Mutual>`.
#[derive(Debug)]
pub struct SortOrder<S>(PhantomData<fn() -> S>);

/// The parameters `limit`, `cursor`, `sort` and `count` and the conditions of a list, for `params(…)` of its operation.
#[derive(Debug)]
pub struct ListParameters<S>(PhantomData<fn() -> S>);

/// The parameters `limit`, `cursor` and `count` and the conditions of a list that has one order only.
#[derive(Debug)]
pub struct ChildParameters;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    fields: Vec<String>,
    limit: Option<String>,
    cursor: Option<String>,
    sort: Option<String>,
    count: Option<String>,
}

impl Paging {
    /// The page, or what of it is wrong.
    fn page<S: Sorted>(&self, target: &Target, faults: &mut Vec<ErrorItem>) -> Option<Page> {
        let told = faults.len();
        let mut refuse =
            |name: &str, code: &'static str, detail: String| faults.push(ErrorItem::parameter(name, code, detail));
        let limit = self.limit.as_deref().map_or(Some(DEFAULT_LIMIT), limit);
        if limit.is_none() {
            refuse("limit", FaultCode::OutOfRange.as_str(), format!("expected a whole number from 1 to {MAX_LIMIT}"));
        }
        // A list of one order has no such parameter, and the gate has told so.
        let sort = self.sort.as_deref().filter(|_| !S::NAME.is_empty());
        let order = sort.map_or_else(|| S::KEYS.first().map(|key| (*key, false)), order::<S>);
        if order.is_none() {
            let keys: Vec<&str> = S::KEYS.iter().map(|key| key.word()).collect();
            let detail =
                format!("expected one of {}, with a minus sign in front to reverse the order", keys.join(", "));
            refuse("sort", FaultCode::NotInVocabulary.as_str(), detail);
        }
        if !matches!(self.count.as_deref(), None | Some("exact")) {
            refuse(
                "count",
                FaultCode::NotInVocabulary.as_str(),
                "expected exact, or leave the parameter out".to_owned(),
            );
        }
        let after = self.cursor.as_deref().map(|cursor| target.position(cursor)).transpose();
        if let Err(refusal) = &after {
            refuse("cursor", "invalid-cursor", refusal.to_string());
        }
        if faults.len() > told {
            return None;
        }
        let ((sort, descending), limit, after) = (order?, limit?, after.ok()?);
        Some(Page { limit, sort, descending, after, count: self.count.is_some() })
    }
}

fn limit(text: &str) -> Option<usize> {
    text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit) && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn order<S: Sorted>(text: &str) -> Option<(SortKey, bool)> {
    let (word, descending) = text.strip_prefix('-').map_or((text, false), |word| (word, true));
    S::KEYS.iter().find(|key| key.word() == word).map(|key| (*key, descending))
}

/// The list that a request is about: everything of it but which page.
#[derive(Clone, Debug)]
struct Target {
    epoch: EpochId,
    path: String,
    /// Name and value of each parameter, decoded, without `cursor`.
    parameters: Vec<(String, String)>,
}

impl Target {
    fn of(request: &HttpRequest, parameters: &Parameters<'_>) -> Result<Self, Problem> {
        let kept = parameters.pairs().iter().filter(|(name, _)| name != "cursor");
        Ok(Self {
            epoch: Present::of(request)?.epoch.id,
            path: request.path().to_owned(),
            parameters: kept.map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        })
    }

    /// What a cursor of the list is known by: another page size, a count or other fields make no other list.
    fn digest(&self) -> [u8; Cursor::DIGEST_BYTES] {
        let of_page = |name: &String| ["limit", "count", "fields", "expand"].contains(&name.as_str());
        let mut pairs: Vec<_> = self.parameters.iter().filter(|(name, _)| !of_page(name)).collect();
        pairs.sort_unstable();
        let mut hash = Sha256::new();
        for text in std::iter::once(&self.path).chain(pairs.iter().flat_map(|(name, value)| [name, value])) {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
        hash.finalize().first_chunk().copied().unwrap_or_default()
    }

    fn cursor(&self, position: &Position) -> String {
        Cursor { epoch: self.epoch, digest: self.digest(), position: position.clone() }.to_string()
    }

    fn position(&self, cursor: &str) -> Result<Position, CursorRefusal> {
        let cursor: Cursor = cursor.parse()?;
        if cursor.epoch != self.epoch {
            return Err(CursorRefusal::AnotherEpoch);
        }
        if cursor.digest == self.digest() { Ok(cursor.position) } else { Err(CursorRefusal::AnotherList) }
    }

    /// RFC 8288: relative references to the next and the first page, with all other parameters kept.
    fn link(&self, next_cursor: Option<&str>) -> Result<HeaderValue, InvalidHeaderValue> {
        const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let mut first = String::with_capacity(200);
        first.push_str(&self.path);
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            first.push(if index == 0 { '?' } else { '&' });
            first.extend(utf8_percent_encode(name, KEPT));
            first.push('=');
            first.extend(utf8_percent_encode(value, KEPT));
        }
        let joint = if self.parameters.is_empty() { '?' } else { '&' };
        let link = match next_cursor {
            Some(cursor) => format!("<{first}{joint}cursor={cursor}>; rel=\"next\", <{first}>; rel=\"first\""),
            None => format!("<{first}>; rel=\"first\""),
        };
        HeaderValue::try_from(link)
    }
}

/// Changes whenever an item of the page does, the next page starts elsewhere or the total is another. What an item is shown with
/// besides may change without it.
fn list_etag(epoch: EpochId, slice: &Slice, next_cursor: Option<&str>, is_expanded: bool) -> HeaderValue {
    let mut hash = Sha256::new_with_prefix(epoch.bytes());
    for item in &slice.items {
        hash.update(&item.id);
        hash.update(item.version.to_be_bytes());
        hash.update([u8::from(item.reduced)]);
        if is_expanded {
            hash.update(&item.document);
        }
    }
    hash.update(next_cursor.unwrap_or_default());
    let (exactly, total) = match slice.total {
        Some(Total::Exactly(total)) => (1, total),
        Some(Total::AtLeast(total)) => (0, total),
        None => (0, -1),
    };
    hash.update([exactly]);
    hash.update(total.to_be_bytes());
    quoted(opaque(hash))
}

/// A page of what is no record, in the contract: `type ImportPage = ListPage<Import>` is documented as an object of that name.
#[derive(Debug)]
pub struct ListPage<V>(PhantomData<fn() -> V>);

impl<V: ToSchema> PartialSchema for ListPage<V> {
    fn schema() -> RefOr<Schema> {
        page_schema(&V::name())
    }
}

impl<V: ToSchema> ToSchema for ListPage<V> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", V::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((V::name().into(), V::schema()));
        V::schemas(schemas);
    }
}

/// A page of records.
pub fn record_page_schema(item: &str) -> Schema {
    let seq = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1));
    let entries = ArrayBuilder::new().items(seq).max_items(Some(MAX_LIMIT)).description(Some(
        "For each item, in the same order: the `seq` of the log entry that made the version shown. Absent if there are \
         no items.",
    ));
    page(item).property("register_entries", entries).into()
}

/// A page of items that are not records.
pub fn page_schema(item: &str) -> RefOr<Schema> {
    Schema::from(page(item)).into()
}

fn page(item: &str) -> ObjectBuilder {
    let items = ArrayBuilder::new()
        .items(RefOr::Ref(Ref::from_schema_name(item)))
        .max_items(Some(MAX_LIMIT))
        .description(Some("The items of the page, in order."));
    let cursor = RefBuilder::new()
        .ref_location_from_schema_name(CURSOR)
        .description(Some("The `cursor` for the next page. Absent on the last page."));
    let number = || {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
        number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
    };
    let total = "The total number of items on all pages. Present if you ask with `count=exact` and the list has at most \
                 10,000 items.";
    let at_least = "The list has this many items or more. Present instead of `total` if the list is longer.";
    ObjectBuilder::new()
        .property("items", items)
        .property("next_cursor", cursor.build())
        .property("total", number().description(Some(total)))
        .property("total_at_least", number().description(Some(at_least)))
        .required("items")
        .description(Some("A page of a list."))
}

impl<S: Sorted> PartialSchema for SortOrder<S> {
    fn schema() -> RefOr<Schema> {
        let words = S::KEYS.iter().flat_map(|key| [key.word().to_owned(), format!("-{}", key.word())]);
        let description = "The sort key. A minus sign reverses the order. Records with equal values are sorted by id. \
                           Records without a value come last.";
        string().title(Some(S::NAME)).description(Some(description)).enum_values(Some(words)).into()
    }
}

impl<S: Sorted> ToSchema for SortOrder<S> {
    fn name() -> std::borrow::Cow<'static, str> {
        S::NAME.into()
    }
}

impl<S: Sorted> IntoParams for ListParameters<S> {
    fn into_params(provider: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = ChildParameters::into_params(provider);
        parameters.insert(2, parameter("sort", "The sort key.", SortOrder::<S>::schema()).build());
        parameters
    }
}

impl IntoParams for ChildParameters {
    fn into_params(provider: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(1))
            .maximum(Some(MAX_LIMIT))
            .default(Some(DEFAULT_LIMIT.into()));
        let cursor = string()
            .title(Some(CURSOR))
            .description(Some("The start of a page. Opaque: do not construct or parse it."))
            .examples(["AZbVgHpO0m0B"])
            .min_length(Some(1))
            .max_length(Some(MAX_CURSOR_CHARS));
        let count = string().title(Some("Count")).enum_values(Some(["exact"]));
        let place = "The `next_cursor` of the previous page. Leave it out for the first page.";
        let counted = "`exact` adds `total` to the response, or `total_at_least` for a list of more than 10,000 items. \
                       The request then takes a little longer.";
        let mut parameters = vec![
            parameter("limit", "The maximum number of items on the page.", limit).build(),
            parameter("cursor", place, cursor).build(),
            parameter("count", counted, count).build(),
        ];
        parameters.extend(IfNoneMatch::into_params(provider));
        parameters
    }
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use chrono::DateTime;
    use store::Epoch;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Filter {
        #[serde(default)]
        stage: Vec<String>,
        size: Option<u32>,
    }

    fn extract(uri: &str) -> Result<ListQuery<Filter, domain::Mutual>, Vec<(String, &'static str)>> {
        extract_in(EpochId::default(), uri)
    }

    fn extract_in(epoch: EpochId, uri: &str) -> Result<ListQuery<Filter, domain::Mutual>, Vec<(String, &'static str)>> {
        let present = Present { epoch: Epoch { id: epoch, since: None }, now: DateTime::UNIX_EPOCH };
        let request = TestRequest::with_uri(uri).app_data(present).to_http_request();
        ListQuery::of(&request).map_err(|problem| {
            problem.errors().iter().map(|fault| (fault.parameter.clone().unwrap_or_default(), fault.code)).collect()
        })
    }

    fn position(key: Option<&str>) -> Position {
        Position { key: key.map(str::to_owned), id: "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1".to_owned() }
    }

    #[test]
    fn a_page_is_read_with_its_filter() {
        let list = extract("/v1/x?stage=a&sort=-launched_on&limit=7&stage=b&count=exact&size=3").unwrap();
        assert_eq!(list.filter.stage, ["a", "b"]);
        assert_eq!(list.filter.size, Some(3));
        assert_eq!((list.page.sort.word(), list.page.descending), ("launched_on", true));
        assert_eq!((list.page.limit, list.page.count), (7, true));
        let plain = extract("/v1/x").unwrap().page;
        assert_eq!((plain.sort, plain.descending), (SortKey::ID, false));
        assert_eq!((plain.limit, plain.count), (DEFAULT_LIMIT, false));
    }

    #[test]
    fn all_faults_of_filter_and_page_are_told_at_once() {
        let faults = extract("/v1/x?limit=201&sort=colour&count=yes&cursor=!&size=x").unwrap_err();
        let places: Vec<&str> = faults.iter().map(|(parameter, _)| parameter.as_str()).collect();
        assert_eq!(places, ["size", "limit", "sort", "count", "cursor"]);
        for limit in ["0", "-1", "+5", "1.5", "", "99999999999999999999"] {
            assert!(extract(&format!("/v1/x?limit={limit}")).is_err(), "{limit}");
        }
        assert!(extract("/v1/x?sort=--name").is_err());
    }

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let list = extract("/v1/x?stage=a&stage=b&sort=name&limit=10").unwrap();
        let cursor = list.target.cursor(&position(Some("x")));
        for same in ["/v1/x?stage=a&stage=b&sort=name", "/v1/x?stage=b&sort=name&stage=a&limit=3&count=exact"] {
            let page = extract(&format!("{same}&cursor={cursor}")).unwrap().page;
            assert_eq!(page.after, Some(position(Some("x"))));
        }
        for other in ["/v1/x?stage=a&sort=name", "/v1/x?stage=a&stage=b&sort=-name", "/v1/y?stage=a&stage=b&sort=name"]
        {
            let faults = extract(&format!("{other}&cursor={cursor}")).unwrap_err();
            assert_eq!(faults, [("cursor".to_owned(), "invalid-cursor")], "{other}");
        }
    }

    #[test]
    fn a_cursor_belongs_to_its_epoch() {
        let (before, after) = (EpochId::of([1; 8]), EpochId::of([2; 8]));
        let cursor = extract_in(before, "/v1/x").unwrap().target.cursor(&position(None));
        assert!(extract_in(before, &format!("/v1/x?cursor={cursor}")).is_ok());
        let faults = extract_in(after, &format!("/v1/x?cursor={cursor}")).unwrap_err();
        assert_eq!(faults, [("cursor".to_owned(), "invalid-cursor")]);
    }

    #[test]
    fn links_keep_all_other_parameters() {
        let list = extract("/v1/x?stage=a%20%22%3E&sort=name&limit=10&cursor=").err();
        assert!(list.is_some());
        let target = extract("/v1/x?stage=a%20%22%3E&sort=name&limit=10").unwrap().target;
        let link = target.link(Some("CUR")).unwrap();
        assert_eq!(
            link,
            "</v1/x?limit=10&sort=name&stage=a%20%22%3E&cursor=CUR>; rel=\"next\", </v1/x?limit=10&sort=name&stage=a%20%22%3E>; rel=\"first\""
        );
        assert_eq!(extract("/v1/x").unwrap().target.link(None).unwrap(), "</v1/x>; rel=\"first\"");
    }
}

//! The query of a request: strict decoding, and an extractor that reads a struct of typed parameters and tells every fault
//! of the query at once.
//!
//! A parameter that takes several values is repeated (`stage=launched&stage=operating`) and is a `Vec` in the struct, which
//! then is `#[serde(default)]`; any other is an `Option` and may be given once. Knows no parameter by name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use actix_web::{HttpMessage, HttpRequest};
use chrono::DateTime;
use domain::{FaultCode, PartialDate};
use percent_encoding::percent_decode_str;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, Required};

use crate::request::argument::argument;
use crate::response::problem::{ErrorItem, Problem};

/// The most values that one parameter takes.
pub const MAX_VALUES: usize = 100;

/// The maximum number of unknown parameters in a response.
const MAX_UNKNOWN: usize = 50;
/// The maximum number of errors about values that cannot be decoded.
const MAX_UNDECODABLE: usize = 100;

const INVALID_ENCODING: &str = "invalid-encoding";

/// Filters that also go by the name of the member that they filter. The contract has the first name alone.
const ALIASES: &[(&str, &str)] = &[
    ("mutual", "mutual_id"),
    ("department", "department_id"),
    ("contract", "contract_id"),
    ("sector", "sectors"),
    ("identifier", "identifiers"),
    ("cpv", "cpv_codes"),
];

/// Parameters that other services or other operations have, and what is to be used here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "as_at",
        "statistics and reports take it, such as /v1/statistics and /v1/reports, for what was true on a day; to read \
         records and lists as the register had them, use `known_at`",
    ),
    (
        "known_at",
        "records and unfiltered lists take it, for what the register said then; for what was true on a day, use \
         `as_at` of /v1/statistics and /v1/reports",
    ),
    ("page", "a list has pages by `limit` and `cursor`: `next_cursor` leads to the next page"),
    ("offset", "a list has pages by `limit` and `cursor`: `next_cursor` leads to the next page"),
    ("per_page", "use `limit`"),
    ("page_size", "use `limit`"),
    ("search", "use `q`"),
    ("updated_since", "use `updated_from`"),
    ("modified_since", "use `updated_from`"),
    ("ids", "use `id`, repeated for several"),
    ("order", "use `sort`"),
    ("order_by", "use `sort`"),
];

/// The name in the contract of a parameter.
fn documented(name: &str) -> &str {
    ALIASES.iter().find(|(_, alias)| *alias == name).map_or(name, |(own, _)| own)
}

/// Query parameters that the operation doesn't have: found by the gate, told by the query's extractor together with all
/// other faults of the query.
#[derive(Debug)]
pub struct UnknownParameters(pub Vec<ErrorItem>);

/// The parameters of the request as a struct that derives `Deserialize`.
#[derive(Debug)]
pub struct Query<T>(pub T);

argument!(Query<T>, T: DeserializeOwned);

impl<T: DeserializeOwned> Query<T> {
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let (parameters, mut faults) = Parameters::of(request);
        let value = parameters.read(&mut faults);
        finish(value, faults).map(Self)
    }
}

/// What the parameters of a request are read as.
pub trait FromQuery: Sized {
    /// It is absent only together with a fault.
    fn from_query(parameters: &Parameters<'_>, faults: &mut Vec<ErrorItem>) -> Option<Self>;
}

impl<T: DeserializeOwned> FromQuery for T {
    fn from_query(parameters: &Parameters<'_>, faults: &mut Vec<ErrorItem>) -> Option<Self> {
        parameters.read(faults)
    }
}

/// The parameters of the request as two structs, whose faults are told together.
#[derive(Clone, Debug)]
pub struct Both<T, U>(pub T, pub U);

argument!(Both<T, U>, T: FromQuery, U: FromQuery);

impl<T: FromQuery, U: FromQuery> Both<T, U> {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let (parameters, mut faults) = Parameters::of(request);
        finish(Self::from_query(&parameters, &mut faults), faults)
    }
}

impl<T: FromQuery, U: FromQuery> FromQuery for Both<T, U> {
    fn from_query(parameters: &Parameters<'_>, faults: &mut Vec<ErrorItem>) -> Option<Self> {
        let (one, other) = (T::from_query(parameters, faults), U::from_query(parameters, faults));
        one.zip(other).map(|(one, other)| Self(one, other))
    }
}

impl<T: IntoParams, U: IntoParams> IntoParams for Both<T, U> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        T::into_params(&place).into_iter().chain(U::into_params(&place)).collect()
    }
}

/// What was read, or the problem that tells the faults.
pub fn finish<T>(value: Option<T>, faults: Vec<ErrorItem>) -> Result<T, Problem> {
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Problem::bad_query(faults)),
    }
}

/// The decoded pairs of a query, ordered by name; pairs of one name in the order they came.
#[derive(Clone, Debug)]
pub struct Parameters<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

impl<'q> Parameters<'q> {
    /// Those of a request, and the faults that are known before any value is read.
    pub fn of(request: &'q HttpRequest) -> (Self, Vec<ErrorItem>) {
        let mut faults =
            request.extensions_mut().remove::<UnknownParameters>().map(|unknown| unknown.0).unwrap_or_default();
        let parameters = Self::parse(request.query_string(), &mut faults);
        parameters.tell_ranges_upside_down(&mut faults);
        (parameters, faults)
    }

    /// Tells each range that ends before it begins, such as `ends_from` after `ends_to`: nothing could ever be in it. A value that is not
    /// what the parameter takes is told where it is read.
    fn tell_ranges_upside_down(&self, faults: &mut Vec<ErrorItem>) {
        let only = |name: &str| {
            let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value);
            values.next().filter(|_| values.next().is_none())
        };
        for (name, to) in &self.0 {
            let Some(range) = name.strip_suffix("_to") else { continue };
            let from_name = format!("{range}_from");
            let Some(from) = only(&from_name).filter(|_| only(name).is_some()) else { continue };
            let numbers = from.parse::<i64>().ok().zip(to.parse::<i64>().ok());
            let dates = from.parse::<PartialDate>().ok().zip(to.parse::<PartialDate>().ok());
            let times = DateTime::parse_from_rfc3339(from).ok().zip(DateTime::parse_from_rfc3339(to).ok());
            let is_upside_down = match (numbers, dates, times) {
                (Some((from, to)), ..) => from > to,
                (_, Some((from, to)), _) => from.first_day() > to.last_day(),
                (.., Some((from, to))) => from > to,
                _ => false,
            };
            if is_upside_down {
                let detail = format!("the range ends before it begins: expected no less than `{from_name}`");
                faults.push(ErrorItem::parameter(name.as_ref(), FaultCode::Inconsistent.as_str(), detail));
            }
        }
    }

    /// Those of a query. A name that can't be decoded is an unknown one, so that the gate has told it already.
    pub fn parse(query: &'q str, faults: &mut Vec<ErrorItem>) -> Self {
        let mut pairs = Vec::new();
        for (raw_name, raw_value) in raw_pairs(query) {
            match (decode_form(raw_name), decode_form(raw_value)) {
                (Some(name), Some(value)) => match documented(&name) {
                    own if own == name => pairs.push((name, value)),
                    own => pairs.push((Cow::Owned(own.to_owned()), value)),
                },
                (Some(name), None) if faults.len() < MAX_UNDECODABLE => faults.push(undecodable(&name)),
                (Some(_), None) => {}
                (None, _) => {}
            }
        }
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self(pairs)
    }

    pub fn pairs(&self) -> &[(Cow<'q, str>, Cow<'q, str>)] {
        &self.0
    }

    /// The struct of those of the parameters that it has. It is absent only together with a fault.
    pub fn read<T: DeserializeOwned>(&self, faults: &mut Vec<ErrorItem>) -> Option<T> {
        let before = faults.len();
        let names = Names { rest: &self.0, current: &[], faults };
        let read = T::deserialize(Object(names));
        read.map_err(|error| {
            if faults.len() == before {
                faults.push(ErrorItem::parameter("", error.code, error.detail));
            }
        })
        .ok()
    }
}

/// A parameter of the contract that may be left out.
pub fn parameter(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
}

/// Percent-decodes strictly: every `%` begins an escape and the result is UTF-8.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let escapes = text.split('%').skip(1);
    let are_whole = escapes
        .map(|escape| escape.as_bytes().iter().take(2))
        .all(|digits| digits.len() == 2 && digits.clone().all(u8::is_ascii_hexdigit));
    are_whole.then(|| percent_decode_str(text).decode_utf8().ok()).flatten()
}

/// The parameters of a query that aren't among the known ones, each with the nearest that is.
pub fn unknown_parameters(query: &str, known: &[Box<str>]) -> Vec<ErrorItem> {
    let mut unknown: Vec<ErrorItem> = Vec::new();
    for (raw, _) in raw_pairs(query) {
        if unknown.len() == MAX_UNKNOWN {
            break;
        }
        match decode_form(raw) {
            Some(name) if known.iter().any(|own| **own == *documented(&name)) => {}
            Some(name) if unknown.iter().any(|told| told.parameter.as_deref() == Some(&*name)) => {}
            Some(name) => unknown.push(unknown_parameter(&name, known)),
            None => unknown.push(undecodable(raw)),
        }
    }
    unknown
}

fn unknown_parameter(name: &str, known: &[Box<str>]) -> ErrorItem {
    const ALIKE: f64 = 0.7;
    let name: String = name.chars().take(100).collect();
    let nearest =
        known.iter().map(|own| (strsim::jaro_winkler(&name, own), own)).max_by(|(a, _), (b, _)| a.total_cmp(b));
    let is_list = known.iter().any(|own| **own == *"cursor");
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == name && (is_list || name.ends_with("_at")));
    if let Some((_, instead)) = elsewhere {
        let detail = format!("there is no such parameter here: {instead}");
        return ErrorItem::parameter(name, FaultCode::UnknownParameter.as_str(), detail);
    }
    let detail = match nearest {
        None => "the operation has no query parameters".to_owned(),
        Some((likeness, nearest)) if likeness >= ALIKE => {
            format!("there is no such parameter; did you mean `{nearest}`?")
        }
        Some(_) => format!("there is no such parameter; the parameters are {}", known.join(", ")),
    };
    ErrorItem::parameter(name, FaultCode::UnknownParameter.as_str(), detail)
}

fn undecodable(name: &str) -> ErrorItem {
    ErrorItem::parameter(name, INVALID_ENCODING, "expected percent-encoded UTF-8; write a percent sign as %25")
}

fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes as forms are encoded: `+` is a space.
fn decode_form(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        decode(&spaced).map(|decoded| Cow::Owned(decoded.into_owned()))
    } else {
        decode(text)
    }
}

#[derive(Debug)]
struct ValueError {
    code: &'static str,
    detail: String,
}

impl ValueError {
    fn new(code: FaultCode, detail: impl Into<String>) -> Self {
        Self { code: code.as_str(), detail: detail.into() }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ValueError {}

/// Above this, every number is whole.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Whether the text is a number in the format of JSON, which has no words such as `inf`.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
}

/// Domain values refuse with their code as the first word (see [`crate::request::decode::refuse`]).
impl de::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        let coded = message
            .split_once(": ")
            .and_then(|(word, detail)| Some(Self::new(FaultCode::from_str(word).ok()?, detail)));
        coded.unwrap_or(Self::new(FaultCode::InvalidFormat, message))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(FaultCode::OutOfRange, format!("expected {expected}, found {found}"))
    }
}

/// The query as a map.
struct Object<'a, 'q>(Names<'a, 'q>);

impl<'de> Deserializer<'de> for Object<'_, '_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_map(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The distinct names, each with the pairs that have it.
struct Names<'a, 'q> {
    rest: &'a [(Cow<'q, str>, Cow<'q, str>)],
    current: &'a [(Cow<'q, str>, Cow<'q, str>)],
    faults: &'a mut Vec<ErrorItem>,
}

impl<'de> MapAccess<'de> for Names<'_, '_> {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueError> {
        let Some((name, _)) = self.rest.first() else { return Ok(None) };
        let same = self.rest.iter().take_while(|(other, _)| other == name).count();
        let (current, rest) = self.rest.split_at_checked(same).unwrap_or((self.rest, &[]));
        (self.current, self.rest) = (current, rest);
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ValueError> {
        seed.deserialize(Values { pairs: self.current, faults: self.faults })
    }

    /// A value that can't be read is recorded and taken for absent. (A seed can be used only once, a type as often as
    /// needed.)
    fn next_value<V: de::Deserialize<'de>>(&mut self) -> Result<V, ValueError> {
        V::deserialize(Values { pairs: self.current, faults: self.faults }).or_else(|error| {
            let name = self.current.first().map_or("", |(name, _)| name);
            self.faults.push(ErrorItem::parameter(name, error.code, error.detail));
            V::deserialize(Values { pairs: &[], faults: self.faults })
        })
    }
}

/// The values of one parameter; none is an absent parameter.
struct Values<'a, 'q> {
    pairs: &'a [(Cow<'q, str>, Cow<'q, str>)],
    faults: &'a mut Vec<ErrorItem>,
}

impl<'a> Values<'a, '_> {
    fn one(&self) -> Result<&'a str, ValueError> {
        match self.pairs {
            [(_, value)] if value.is_empty() => {
                Err(ValueError::new(FaultCode::Empty, "expected a value; if there is none, leave the parameter out"))
            }
            [(_, value)] => Ok(value),
            [] => Err(ValueError::new(FaultCode::Required, "expected a value")),
            _ => Err(ValueError::new(FaultCode::TooMany, "the parameter takes one value, but several were given")),
        }
    }

    /// A whole number, of which `expected` says which one may be.
    fn integer(&self, expected: &dyn de::Expected) -> Result<i64, ValueError> {
        let text = self.one()?;
        text.parse().map_err(|_| {
            // What is too large for any computer's whole number is a number all the same.
            let is_whole = text.parse::<f64>().is_ok_and(|number| number.abs() > MAX_WHOLE) && is_number(text);
            let code = if is_whole { FaultCode::OutOfRange } else { FaultCode::InvalidFormat };
            ValueError::new(code, format!("expected {expected}"))
        })
    }
}

macro_rules! integers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            let number = self.integer(&visitor)?;
            visitor.visit_i64(number)
        })+
    };
}

impl<'de> Deserializer<'de> for Values<'_, '_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.one()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.one()? {
            // Clients in some languages write the truth as a number.
            "true" | "1" => visitor.visit_bool(true),
            "false" | "0" => visitor.visit_bool(false),
            _ => Err(ValueError::new(FaultCode::InvalidFormat, "expected true or false")),
        }
    }

    integers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        if self.pairs.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        if self.pairs.len() > MAX_VALUES {
            return Err(ValueError::new(
                FaultCode::TooMany,
                format!("the parameter takes at most {MAX_VALUES} values"),
            ));
        }
        visitor.visit_seq(self)
    }

    /// A parameter that the struct doesn't have may be another struct's.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct enum identifier
    }
}

/// Several values of one parameter, one after the other.
impl<'de> SeqAccess<'de> for Values<'_, '_> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ValueError> {
        let Some((first, rest)) = self.pairs.split_first() else { return Ok(None) };
        self.pairs = rest;
        seed.deserialize(Values { pairs: std::slice::from_ref(first), faults: self.faults }).map(Some)
    }

    /// A value that can't be read is recorded and left out.
    fn next_element<T: de::Deserialize<'de>>(&mut self) -> Result<Option<T>, ValueError> {
        while let Some((first, rest)) = self.pairs.split_first() {
            self.pairs = rest;
            match T::deserialize(Values { pairs: std::slice::from_ref(first), faults: self.faults }) {
                Ok(element) => return Ok(Some(element)),
                Err(error) => self.faults.push(ErrorItem::parameter(&*first.0, error.code, error.detail)),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    struct Filter {
        name: Option<String>,
        #[serde(default)]
        stage: Vec<String>,
        size: Option<u32>,
        first: Option<bool>,
    }

    fn read(query: &str) -> Result<Filter, Vec<(String, &'static str)>> {
        let mut faults = Vec::new();
        let filter = Parameters::parse(query, &mut faults).read(&mut faults);
        match filter {
            Some(filter) if faults.is_empty() => Ok(filter),
            _ => Err(faults.into_iter().map(|fault| (fault.parameter.unwrap_or_default(), fault.code)).collect()),
        }
    }

    #[test]
    fn a_repeated_parameter_is_a_list() {
        let filter = read("stage=launched&name=a%20b+c&stage=operating&size=7&first=true&other=x").unwrap();
        assert_eq!(filter.name.as_deref(), Some("a b c"));
        assert_eq!(filter.stage, ["launched", "operating"]);
        assert_eq!((filter.size, filter.first), (Some(7), Some(true)));
        assert_eq!(read("").unwrap(), Filter::default());
        assert_eq!(read("stage=one").unwrap().stage, ["one"]);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let faults = read("name=&stage=a&stage=%FF&stage=&size=x&first=yes&name=b").unwrap_err();
        let places: Vec<&str> = faults.iter().map(|(parameter, _)| parameter.as_str()).collect();
        assert_eq!(places, ["stage", "first", "name", "size", "stage"]);
        assert_eq!(read("name=a&name=b").unwrap_err(), [("name".to_owned(), "too-many")]);
        for (size, code) in [
            ("-1", "out-of-range"),
            ("99999999999999999999", "out-of-range"),
            ("-99999999999999999999", "out-of-range"),
            ("1e400", "out-of-range"),
            ("4294967296", "out-of-range"),
            ("1e2", "invalid-format"),
            ("1.5", "invalid-format"),
            ("inf", "invalid-format"),
            ("infinity", "invalid-format"),
            ("x", "invalid-format"),
        ] {
            assert_eq!(read(&format!("size={size}")).unwrap_err(), [("size".to_owned(), code)], "{size}");
        }
    }

    #[test]
    fn decoding_is_strict() {
        assert_eq!(decode("a%20b").as_deref(), Some("a b"));
        assert_eq!(decode("%C3%A9").as_deref(), Some("é"));
        for broken in ["%", "%2", "%zz", "a%", "%FF", "%C3", "%+1", "%%20"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn an_unknown_parameter_names_the_nearest() {
        let known: Vec<Box<str>> = vec!["stage".into(), "sector".into(), "launched_from".into()];
        let unknown = unknown_parameters("stage=x&stagee=y&stagee=z&qqq&%FF=1", &known);
        let told: Vec<_> = unknown.iter().map(|item| (item.parameter.as_deref().unwrap(), item.code)).collect();
        assert_eq!(told, [("stagee", "unknown-parameter"), ("qqq", "unknown-parameter"), ("%FF", "invalid-encoding")]);
        assert!(unknown[0].detail.contains("`stage`"), "{}", unknown[0].detail);
        assert!(unknown[1].detail.contains("stage, sector, launched_from"), "{}", unknown[1].detail);
    }

    #[test]
    fn a_flood_of_parameters_is_refused_without_a_flood_of_faults() {
        let many: String = (0..10_000).map(|n| format!("&x{n}=1")).collect();
        assert_eq!(unknown_parameters(&many, &[]).len(), MAX_UNKNOWN);
        let values = "stage=a&".repeat(MAX_VALUES + 1);
        assert_eq!(read(&values).unwrap_err(), [("stage".to_owned(), "too-many")]);
    }
}

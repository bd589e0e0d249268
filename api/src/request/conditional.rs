//! Versions of a record over HTTP: its `ETag` and `Last-Modified`, reads that a cache may spare (304), and changes that say which
//! version they are for (`If-Match`). Knows no resource.

use std::cell::RefCell;
use std::fmt::{Display, Write as _};
use std::time::{Duration, SystemTime};

use actix_web::body::MessageBody;
use actix_web::http::header::{self, HeaderName, HeaderValue, HttpDate};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{Epoch, EpochId, Representation};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::app::Present;
use crate::http::compression::TAG_SUFFIX;
use crate::openapi::header::header_parameter;
use crate::request::argument::argument;
use crate::response::problem::Problem;

/// The header with the number of the entry that made the version of the record in the response.
pub static REGISTER_ENTRY: HeaderName = HeaderName::from_static("register-entry");

/// Caches may keep an answer, but ask each time whether it still holds.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("no-cache");

/// Entity tags (RFC 9110, section 8.8.3), as the contract's pattern has them.
const TAGS_FORM: &str = r#"^(\*|[ ,]*(W/)?"[!#-~]*"( *,[ ,]*(W/)?"[!#-~]*")*[ ,]*)$"#;

/// What stands in a tag between the version of a record and the digest of what it was shown with.
const EXPANDED: char = '~';

const WEAK: &str = "a weak tag, which begins with W/, never matches in `If-Match` (RFC 9110, section 13.1.1). This \
                    service sends strong tags: if yours was weak when you received it, a gateway between changed it, \
                    often because it compressed the response. Send the tag without W/";

const MALFORMED_TAGS: &str =
    "expected one or more entity tags, as received in ETag, such as \"9b1f0e6c2d7a4835-7\", or *";

/// The `ETag` of a record: the log's epoch and the record's version.
pub fn etag(epoch: EpochId, version: i64) -> HeaderValue {
    quoted(format_args!("{epoch}-{version}"))
}

/// When a record was last changed, as HTTP tells it.
pub fn last_modified(updated_at: DateTime<Utc>) -> String {
    HttpDate::from(whole_seconds(updated_at)).to_string()
}

pub fn quoted(tag: impl Display) -> HeaderValue {
    // Every answer has one: it is written once, into enough room.
    let mut value = String::with_capacity(64);
    let written = write!(value, "\"{tag}\"").map_err(drop);
    let value = written.and_then(|()| HeaderValue::try_from(value).map_err(drop));
    value.unwrap_or_else(|()| HeaderValue::from_static("\"\""))
}

/// The conditions of a read. A handler takes it as an argument and asks it for the answer.
#[derive(Clone, Debug)]
pub struct IfChanged {
    none_match: Option<Tags>,
    modified_since: Option<SystemTime>,
    present: Present,
}

impl IfChanged {
    /// A condition that can't be read doesn't hold (RFC 9110, section 13.1.2 and 13.1.3): the caller gets the whole answer.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let none_match = Tags::of(request, &header::IF_NONE_MATCH).ok().flatten();
        let since = request.headers().get(header::IF_MODIFIED_SINCE);
        let since = since.and_then(|value| value.to_str().ok()?.parse::<HttpDate>().ok());
        Ok(Self { none_match, modified_since: since.map(SystemTime::from), present: Present::of(request)? })
    }

    /// The record with the names of others that it refers to. They may change without it, so that its tag is of all that is shown, and its
    /// time says nothing.
    pub fn expanded(self, shown: Representation) -> HttpResponse {
        let all = opaque(Sha256::new_with_prefix(&shown.document));
        Self { modified_since: None, ..self }.tagged(shown, &format!("{EXPANDED}{all}"))
    }

    /// The record with its tag and its time: 200, or 304 where the caller has it already.
    pub fn item(&self, shown: Representation) -> HttpResponse {
        self.tagged(shown, "")
    }

    fn tagged(&self, shown: Representation, more: &str) -> HttpResponse {
        // What the public sees of a record is another representation, and no version to make a change for.
        let Present { epoch, now } = self.present;
        let etag = if shown.reduced {
            quoted(format_args!("{}-{}-public{more}", epoch.id, shown.version))
        } else {
            quoted(format_args!("{}-{}{more}", epoch.id, shown.version))
        };
        let modified = modified(shown.updated_at, epoch);
        let unchanged = match &self.none_match {
            Some(tags) => tags.contain(&etag),
            None => self.modified_since.is_some_and(|since| modified <= since),
        };
        let mut response = known(unchanged, etag);
        add_times(&mut response, HttpDate::from(modified), now);
        response.insert_header((REGISTER_ENTRY.clone(), shown.entry_seq));
        if unchanged { response.finish() } else { json(&mut response, shown.document) }
    }

    /// A list with its tag and links: 200, or 304 where the caller has it already.
    pub fn list<B: MessageBody + 'static>(
        &self,
        etag: HeaderValue,
        link: HeaderValue,
        document: impl FnOnce() -> B,
    ) -> HttpResponse {
        let unchanged = self.is_known(&etag);
        let mut response = known(unchanged, etag);
        response.insert_header((header::LINK, link));
        if unchanged { response.finish() } else { json(&mut response, document()) }
    }

    /// Whether the caller has what this tag is of.
    pub fn is_known(&self, etag: &HeaderValue) -> bool {
        self.none_match.as_ref().is_some_and(|tags| tags.contain(etag))
    }

    /// What has no version, since it is worked out anew for each request, with a tag of all of it: 200, or 304 where the caller has it
    /// already.
    pub fn worked_out(&self, view: &impl Serialize) -> HttpResponse {
        let document = serde_json::to_string(view).unwrap_or_default();
        self.report(digest(&document), document.into())
    }

    /// A report with its tag: 200 with its JSON, or 304 where the caller has it already.
    pub fn report(&self, etag: HeaderValue, document: Bytes) -> HttpResponse {
        let unchanged = self.is_known(&etag);
        let mut response = known(unchanged, etag);
        if unchanged { response.finish() } else { json(&mut response, document) }
    }
}

/// Sets `Last-Modified` and `Date`. The first is never later than the second (RFC 9110, section 8.8.2.1), even if the
/// clock was wrong.
pub fn add_times(response: &mut HttpResponseBuilder, changed_at: HttpDate, now: DateTime<Utc>) {
    let date = date_of(now);
    let now = HttpDate::from(whole_seconds(now));
    response.insert_header((header::LAST_MODIFIED, changed_at.min(now))).insert_header((header::DATE, date));
}

thread_local! {
    /// The second that was last answered in, and its date: thousands of answers have the same.
    static SECOND: RefCell<(i64, HeaderValue)> = const { RefCell::new((i64::MIN, HeaderValue::from_static(""))) };
}

fn date_of(now: DateTime<Utc>) -> HeaderValue {
    SECOND.with_borrow_mut(|(second, date)| {
        if *second != now.timestamp() {
            let said = HttpDate::from(whole_seconds(now)).to_string();
            *date = HeaderValue::try_from(said).unwrap_or_else(|_| HeaderValue::from_static(""));
            *second = now.timestamp();
        }
        date.clone()
    })
}

/// The beginning of an answer with this tag: 304 where the caller has it already.
fn known(unchanged: bool, etag: HeaderValue) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    response.insert_header((header::ETAG, etag)).insert_header((header::CACHE_CONTROL, CACHE_CONTROL));
    response
}

/// The entity tag of what has none but by its own text.
pub fn digest(document: impl AsRef<[u8]>) -> HeaderValue {
    quoted(opaque(Sha256::new_with_prefix(document)))
}

/// A hash as entity tags have it: as much of it as makes no two alike.
pub fn opaque(hash: Sha256) -> String {
    const CHARS: usize = 22;
    let mut text = BASE64_URL_SAFE_NO_PAD.encode(hash.finalize());
    text.truncate(CHARS);
    text
}

/// The condition of a read of what has a tag and no time, for `params(…)` of its operation.
#[derive(Debug)]
pub struct IfNoneMatch;

/// An answer whose JSON is written already.
pub fn json(response: &mut HttpResponseBuilder, document: impl MessageBody + 'static) -> HttpResponse {
    response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(document)
}

argument!(IfChanged);

/// The version that a change is for. A handler takes it as an argument and checks it once it has found the record,
/// since an absent record is told before an absent condition.
///
/// The other conditions of HTTP hold for a change too, beside this one (RFC 9110, section 13.2.2).
#[derive(Clone, Debug)]
pub struct IfMatch {
    tags: Option<Tags>,
    /// `If-None-Match`: the change is for a record that is at none of these versions.
    none_match: Option<Tags>,
    /// `If-Unmodified-Since`, which counts if there is no `If-Match`, and the epoch that the times are of.
    unmodified_since: Option<(SystemTime, Epoch)>,
    /// Whether the caller may leave it out: an action (`POST`) says itself from which state on it goes.
    optional: bool,
}

argument!(IfMatch);

impl IfMatch {
    /// A malformed condition is a 400: a change must not be made for a version that nobody can tell.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let optional = request.method() == Method::POST;
        let tags = |name: &HeaderName| {
            let tags = Tags::of(request, name);
            tags.map_err(|()| Problem::bad_header(name, "invalid-format", MALFORMED_TAGS))
        };
        Ok(Self {
            tags: tags(&header::IF_MATCH)?,
            none_match: tags(&header::IF_NONE_MATCH)?,
            unmodified_since: unmodified_since(request)?,
            optional,
        })
    }

    /// Whether the change is for this version, which is from that time.
    ///
    /// # Errors
    /// 428 where the caller doesn't say, 412 with the current tag where it is another.
    pub fn check(&self, epoch: EpochId, version: i64, updated_at: DateTime<Utc>) -> Result<(), Problem> {
        let current = etag(epoch, version);
        let is_later = |(since, epoch): &(SystemTime, Epoch)| modified(updated_at, *epoch) > *since;
        match &self.tags {
            Some(tags) if tags.contain_strongly(&current) => {}
            Some(tags) => {
                let why = tags.why_never(&current);
                return Err(Problem::precondition_failed(current, why));
            }
            None if self.unmodified_since.as_ref().is_some_and(is_later) => {
                return Err(Problem::precondition_failed(current, None));
            }
            None if self.optional => {}
            None => return Err(Problem::precondition_required()),
        }
        match &self.none_match {
            Some(tags) if tags.contain(&current) => Err(Problem::precondition_failed(current, Some(NOT_ABSENT))),
            _ => Ok(()),
        }
    }
}

const NOT_ABSENT: &str =
    "`If-None-Match` names this version, or any version with `*`, and the record must then not have it";

/// A date that can't be read is a 400, as with tags.
fn unmodified_since(request: &HttpRequest) -> Result<Option<(SystemTime, Epoch)>, Problem> {
    let Some(value) = request.headers().get(header::IF_UNMODIFIED_SINCE) else { return Ok(None) };
    let since = value.to_str().ok().and_then(|value| value.parse::<HttpDate>().ok());
    let malformed = || {
        let detail = "expected a date, as received in Last-Modified, such as Wed, 01 Oct 2025 09:30:00 GMT";
        Problem::bad_header(&header::IF_UNMODIFIED_SINCE, "invalid-format", detail)
    };
    let since = since.ok_or_else(malformed)?.into();
    Ok(Some((since, Present::of(request)?.epoch)))
}

/// Entity tags of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    Listed(Vec<Tag>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    /// With its quotation marks.
    opaque: String,
}

impl Tags {
    fn of(request: &HttpRequest, name: &HeaderName) -> Result<Option<Self>, ()> {
        let mut listed = Vec::new();
        let mut any = false;
        for value in request.headers().get_all(name) {
            match Self::parse(value.to_str().map_err(|_| ())?).ok_or(())? {
                Self::Any => any = true,
                Self::Listed(tags) => listed.extend(tags),
            }
        }
        match (any, listed.is_empty()) {
            (true, true) => Ok(Some(Self::Any)),
            (true, false) => Err(()),
            (false, true) => Ok(None),
            (false, false) => Ok(Some(Self::Listed(listed))),
        }
    }

    fn parse(value: &str) -> Option<Self> {
        if value.trim_ascii() == "*" {
            return Some(Self::Any);
        }
        // Elements of a list may be empty, as some gateways make them (RFC 9110, section 5.6.1).
        let is_between = |sign: char| matches!(sign, ',' | ' ' | '\t');
        let mut rest = value.trim_start_matches(is_between);
        let mut tags = Vec::new();
        while !rest.is_empty() {
            let (tag, after) = Tag::parse(rest)?;
            tags.push(tag);
            rest = after.trim_start_matches(is_between);
            if !rest.is_empty() && !after.trim_ascii_start().starts_with(',') {
                return None;
            }
        }
        if tags.is_empty() { None } else { Some(Self::Listed(tags)) }
    }

    /// Weak comparison, for reads.
    fn contain(&self, current: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|tag| tag.is(current)),
        }
    }

    /// Why none of them can match, though one names this version.
    fn why_never(&self, current: &HeaderValue) -> Option<&'static str> {
        let Self::Listed(tags) = self else { return None };
        let is_weakened = tags.iter().any(|tag| tag.weak && tag.is_of(current));
        let is_weak = tags.iter().all(|tag| tag.weak);
        (is_weakened || is_weak).then_some(WEAK)
    }

    /// Strong comparison, for changes: a weak tag matches nothing.
    fn contain_strongly(&self, current: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(tags) => tags.iter().any(|tag| !tag.weak && tag.is_of(current)),
        }
    }
}

impl Tag {
    /// Whether it is of this version, which has the same tag but for its end where it came compressed.
    fn is(&self, current: &HeaderValue) -> bool {
        let own = self.opaque.as_bytes();
        let as_compressed = || {
            let own = self.opaque.strip_suffix('"')?.strip_suffix(TAG_SUFFIX)?;
            current.as_bytes().strip_suffix(b"\"").map(|current| own.as_bytes() == current)
        };
        own == current.as_bytes() || as_compressed().unwrap_or_default()
    }

    /// Whether it is of this version, whatever the record was shown with.
    fn is_of(&self, current: &HeaderValue) -> bool {
        let version = self.opaque.split_once(EXPANDED).map(|(version, _)| format!("{version}\""));
        self.is(current) || version.is_some_and(|version| version.as_bytes() == current.as_bytes())
    }

    /// The tag at the start and what comes after it.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (weak, quoted) = text.strip_prefix("W/").map_or((false, text), |rest| (true, rest));
        let inner = quoted.strip_prefix('"')?;
        let (opaque, rest) = inner.split_once('"')?;
        let is_plain = opaque.bytes().all(|byte| byte.is_ascii_graphic() || byte >= 0x80);
        is_plain.then(|| (Self { weak, opaque: format!("\"{opaque}\"") }, rest))
    }
}

/// Since when a record is as it is, for copies of it. One that was taken before the register was restored, be it in the same
/// second, may be of another content, however old this one is.
fn modified(updated_at: DateTime<Utc>, epoch: Epoch) -> SystemTime {
    let restored = epoch.since.map(|since| whole_seconds(since) + Duration::from_secs(1));
    whole_seconds(updated_at).max(restored.unwrap_or(SystemTime::UNIX_EPOCH))
}

/// HTTP's times know no fractions.
fn whole_seconds(instant: DateTime<Utc>) -> SystemTime {
    DateTime::from_timestamp(instant.timestamp(), 0).unwrap_or(instant).into()
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "The entity tags of your copies. If one is current, the response is 304. Malformed tags are ignored.";
        vec![header_parameter("If-None-Match", description, "\"9b1f0e6c2d7a4835-7\"", None).build()]
    }
}

impl IntoParams for IfChanged {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = IfNoneMatch::into_params(parameter_in);
        let description = "The `Last-Modified` of your copy. If nothing has changed since, the response is 304. \
                           Ignored if `If-None-Match` is present, or if it is not a date.";
        parameters
            .push(header_parameter("If-Modified-Since", description, "Wed, 01 Oct 2025 09:30:00 GMT", None).build());
        parameters
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The `ETag` of the version that you want to change. `*` changes any version.";
        let parameter = header_parameter("If-Match", description, "\"9b1f0e6c2d7a4835-7\"", Some(TAGS_FORM));
        vec![parameter.required(Required::True).build()]
    }
}

/// The contract's parameter of an action, which is for whatever version is there unless the caller says which.
pub struct IfMatchOfAction;

impl IntoParams for IfMatchOfAction {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "The `ETag` of the version that the action is for. If absent, the action applies to any version.";
        vec![header_parameter("If-Match", description, "\"9b1f0e6c2d7a4835-7\"", Some(TAGS_FORM)).build()]
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    /// A request in the epoch 1; `at` is the tag of a version in it.
    fn request(headers: &[(&'static str, &str)]) -> HttpRequest {
        request_in(Epoch { id: epoch(), since: None }, headers)
    }

    fn request_in(epoch: Epoch, headers: &[(&'static str, &str)]) -> HttpRequest {
        let now = Utc.with_ymd_and_hms(2025, 10, 2, 0, 0, 0).unwrap();
        let request = TestRequest::default().app_data(Present { epoch, now });
        headers.iter().fold(request, |request, header| request.append_header(*header)).to_http_request()
    }

    fn epoch() -> EpochId {
        EpochId::of([0, 0, 0, 0, 0, 0, 0, 1])
    }

    fn at(tags: &str) -> String {
        tags.replace('#', "0000000000000001-")
    }

    fn if_match(values: &[&str]) -> Result<IfMatch, Problem> {
        let values: Vec<String> = values.iter().map(|value| at(value)).collect();
        let headers: Vec<_> = values.iter().map(|value| ("if-match", &**value)).collect();
        IfMatch::of(&request(&headers))
    }

    fn status(values: &[&str]) -> u16 {
        let checked = if_match(values).and_then(|condition| condition.check(epoch(), 7, DateTime::UNIX_EPOCH));
        checked.map_or_else(|problem| problem.kind().status().as_u16(), |()| 200)
    }

    #[test]
    fn a_change_must_be_for_the_current_version() {
        for current in
            ["\"#7\"", "*", "\"#6\", \"#7\"", "\"a\",\"#7\"", " \"#7\" ", "\"#7\",", ",\"#7\"", "\"a\", ,,\"#7\" ,"]
        {
            assert_eq!(status(&[current]), 200, "{current}");
        }
        for stale in ["\"#6\"", "W/\"#7\"", "\"\"", "\"#6\", W/\"#7\"", "\"#07\"", "\"7\"", "\"0000000000000002-7\""] {
            assert_eq!(status(&[stale]), 412, "{stale}");
        }
        assert_eq!(status(&[]), 428);
        assert_eq!(status(&["\"#6\"", "\"#7\""]), 200);
    }

    #[test]
    fn an_action_is_for_any_version_unless_it_says_which() {
        let status = |headers: &[(&'static str, &str)]| {
            let request = TestRequest::post();
            let request = headers.iter().fold(request, |request, header| request.append_header(*header));
            let checked = IfMatch::of(&request.to_http_request())
                .and_then(|condition| condition.check(epoch(), 7, DateTime::UNIX_EPOCH));
            checked.map_or_else(|problem| problem.kind().status().as_u16(), |()| 200)
        };
        assert_eq!(status(&[]), 200);
        assert_eq!(status(&[("if-match", &at("\"#7\""))]), 200);
        assert_eq!(status(&[("if-match", &at("\"#6\""))]), 412);
        assert_eq!(status(&[("if-match", "7")]), 400);
    }

    #[test]
    fn other_conditions_hold_beside_the_version() {
        let updated_at = Utc.with_ymd_and_hms(2025, 10, 1, 9, 30, 0).unwrap();
        let status = |method: Method, headers: &[(&'static str, &str)]| {
            let present = Present { epoch: Epoch { id: epoch(), since: None }, now: updated_at };
            let request = TestRequest::with_uri("/").method(method).app_data(present);
            let request = headers.iter().fold(request, |request, header| request.append_header(*header));
            let checked = IfMatch::of(&request.to_http_request()).and_then(|it| it.check(epoch(), 7, updated_at));
            checked.map_or_else(|problem| problem.kind().status().as_u16(), |()| 200)
        };
        let (seven, six) = (&*at("\"#7\""), &*at("\"#6\""));
        for (none_match, expected) in [(seven, 412), (&*at("W/\"#7\""), 412), ("*", 412), (six, 200), ("7", 400)] {
            let headers = [("if-match", seven), ("if-none-match", none_match)];
            assert_eq!(status(Method::PUT, &headers), expected, "{none_match}");
            assert_eq!(status(Method::POST, &headers[1..]), expected, "{none_match}");
        }
        assert_eq!(status(Method::PUT, &[("if-none-match", six)]), 428);
        let (now, before) = ("Wed, 01 Oct 2025 09:30:00 GMT", "Wed, 01 Oct 2025 09:29:59 GMT");
        for (since, expected) in [(now, 200), (before, 412), ("yesterday", 400)] {
            assert_eq!(status(Method::POST, &[("if-unmodified-since", since)]), expected, "{since}");
        }
        assert_eq!(status(Method::POST, &[("if-match", seven), ("if-unmodified-since", before)]), 200);
        assert_eq!(status(Method::PUT, &[("if-unmodified-since", now)]), 428);
    }

    #[test]
    fn a_weak_tag_says_why_it_never_matches() {
        let said =
            |tag: &str| if_match(&[tag]).unwrap().check(epoch(), 7, DateTime::UNIX_EPOCH).unwrap_err().to_string();
        for weak in ["W/\"#7\"", "W/\"#6\"", "\"#6\", W/\"#7\"", "W/\"#7-gzip\""] {
            assert!(said(weak).contains("weak"), "{weak}: {}", said(weak));
        }
        assert!(!said("\"#6\"").contains("weak"));
        assert!(!said("\"#6\", W/\"#5\"").contains("weak"));
    }

    #[test]
    fn a_malformed_condition_is_refused() {
        for malformed in
            ["7", "", ",", " , ,", "\"7", "7\"", "\"6\" \"7\"", "w/\"7\"", "*, \"7\"", "*,", "\"7 8\"", "**"]
        {
            assert_eq!(status(&[malformed]), 400, "{malformed}");
        }
        assert_eq!(status(&["*", "\"7\""]), 400);
    }

    fn shown(updated_at: DateTime<Utc>) -> Representation {
        Representation {
            id: String::new(),
            version: 7,
            updated_at,
            entry_seq: 41,
            document: "{}".to_owned(),
            reduced: false,
        }
    }

    fn read_status(headers: &[(&'static str, &str)]) -> u16 {
        let updated_at = Utc.with_ymd_and_hms(2025, 10, 1, 9, 30, 0).unwrap() + chrono::TimeDelta::microseconds(250);
        IfChanged::of(&request(headers)).unwrap().item(shown(updated_at)).status().as_u16()
    }

    /// Every such request has a date, so that a client may ask with it for what it has of before.
    #[test]
    fn a_copy_of_before_a_restore_is_never_current() {
        let since = Utc.with_ymd_and_hms(2025, 10, 1, 12, 0, 0).unwrap();
        let restored = Epoch { id: epoch(), since: Some(since) };
        let updated_at = Utc.with_ymd_and_hms(2025, 10, 1, 9, 30, 0).unwrap();
        let read = |condition: (&'static str, &str)| {
            let answer = IfChanged::of(&request_in(restored, &[condition])).unwrap().item(shown(updated_at));
            let told = answer.headers().get("last-modified").unwrap().to_str().unwrap().to_owned();
            (answer.status().as_u16(), told)
        };
        let began = "Wed, 01 Oct 2025 12:00:01 GMT".to_owned();
        assert_eq!(read(("if-modified-since", "Wed, 01 Oct 2025 11:59:59 GMT")), (200, began.clone()));
        assert_eq!(read(("if-modified-since", "Wed, 01 Oct 2025 12:00:00 GMT")), (200, began.clone()));
        assert_eq!(read(("if-modified-since", &began)), (304, began.clone()));
        assert_eq!(read(("if-none-match", "\"0000000000000002-7\"")), (200, began));
    }

    #[test]
    fn nothing_was_changed_after_it_is_answered() {
        let updated_at = Utc.with_ymd_and_hms(2026, 1, 9, 0, 0, 0).unwrap();
        let now = "Thu, 02 Oct 2025 00:00:00 GMT";
        let answer = IfChanged::of(&request(&[("if-modified-since", now)])).unwrap().item(shown(updated_at));
        assert_eq!(answer.status(), 200, "the copy may be of any version in that future");
        for name in ["last-modified", "date"] {
            assert_eq!(answer.headers().get(name).unwrap(), now, "{name}");
        }
    }

    #[test]
    fn a_read_of_what_the_caller_has_is_spared() {
        let (now, before) = ("Wed, 01 Oct 2025 09:30:00 GMT", "Wed, 01 Oct 2025 09:29:59 GMT");
        for same in ["\"#7\"", "W/\"#7\"", "*", "\"#1\", \"#7\""] {
            assert_eq!(read_status(&[("if-none-match", &at(same))]), 304, "{same}");
        }
        for other in ["\"#8\"", "#7", "", "\"#7", "\"7\""] {
            assert_eq!(read_status(&[("if-none-match", &at(other))]), 200, "{other}");
        }
        assert_eq!(read_status(&[("if-modified-since", now)]), 304);
        assert_eq!(read_status(&[("if-modified-since", before)]), 200);
        assert_eq!(read_status(&[("if-modified-since", "yesterday")]), 200);
        assert_eq!(read_status(&[("if-modified-since", now), ("if-none-match", "\"8\"")]), 200);
    }

    proptest! {
        #[test]
        fn parsing_tags_never_panics(value in ".*") {
            Tags::parse(&value);
        }

        #[test]
        fn tags_are_read_back(versions in proptest::collection::vec(any::<i64>(), 1..5)) {
            let listed: Vec<String> =
                versions.iter().map(|version| etag(epoch(), *version).to_str().unwrap().to_owned()).collect();
            let tags = Tags::parse(&listed.join(", ")).unwrap();
            prop_assert!(versions.iter().all(|version| tags.contain_strongly(&etag(epoch(), *version))));
        }
    }
}

//! Where a page is: its path and query, and how it links to others.

use domain::FaultCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::request::query::{Parameters, finish, unknown_parameters};
use crate::response::problem::{ErrorItem, Problem};

/// What a value of a query may have besides letters and digits.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The place of a page.
pub struct Place {
    /// What the addresses of the service begin with, if it is known by another address.
    base: String,
    path: String,
    query: Vec<(String, String)>,
}

impl Place {
    /// That of a request for this path and query.
    ///
    /// # Errors
    /// 400 where the query cannot be decoded.
    pub fn of(base: String, path: &str, query: &str) -> Result<Self, Problem> {
        let mut faults = Vec::new();
        let parameters = Parameters::parse(query, &mut faults);
        let query = parameters.pairs().iter().map(|(name, value)| (name.to_string(), value.trim().to_owned()));
        let query = finish(Some(query.filter(|(name, _)| !is_of_trackers(name)).collect()), faults)?;
        Ok(Self { base, path: path.to_owned(), query })
    }

    /// That of a refusal of a request for this path, of whose query nothing matters.
    pub fn of_refusal(base: String, path: &str) -> Self {
        Self { base, path: path.to_owned(), query: Vec::new() }
    }

    /// Refuses parameters that the page does not take.
    ///
    /// # Errors
    /// 400 that names them.
    pub fn expect_only(&self, known: &[&str]) -> Result<(), Problem> {
        let known: Vec<Box<str>> = known.iter().map(|name| (*name).into()).collect();
        let mut faults = unknown_parameters(&as_query(self.filled_in()), &known);
        let repeated = self.query.windows(2).filter(|pair| matches!(pair, [(one, _), (other, _)] if one == other));
        faults.extend(repeated.filter_map(|pair| pair.first()).map(|(name, _)| {
            ErrorItem::parameter(
                name.as_str(),
                FaultCode::TooMany.as_str(),
                "the parameter takes one value, but several were given",
            )
        }));
        if faults.is_empty() { Ok(()) } else { Err(Problem::bad_query(faults)) }
    }

    /// Refuses parameters of the API that the page sets by itself.
    ///
    /// # Errors
    /// 400 that names them.
    pub fn expect_none(&self, own: &[&str]) -> Result<(), Problem> {
        let given = self.query.iter().filter(|(name, _)| own.contains(&name.as_str()));
        let faults: Vec<ErrorItem> = given
            .map(|(name, _)| {
                ErrorItem::parameter(
                    name.as_str(),
                    FaultCode::UnknownParameter.as_str(),
                    "the page does not take it; the API does",
                )
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Problem::bad_query(faults)) }
    }

    /// The value of a parameter, if there is one that says something.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters(name).next()
    }

    /// The values of a parameter. A form sends the fields that nobody filled in, too.
    pub fn parameters(&self, name: &str) -> impl Iterator<Item = &str> {
        self.query.iter().filter(move |(own, value)| own == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// All parameters that say something.
    pub fn filled_in(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The query with these parameters in the place of those of their names, from its question mark on.
    pub fn query_with(&self, changed: &[(&str, &str)]) -> String {
        let kept = self.filled_in().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
        let all = kept.chain(changed.iter().copied().filter(|(_, value)| !value.is_empty()));
        question(&as_query(all))
    }

    /// The query without one value of a parameter and without the place in a list, from its question mark on.
    pub fn query_without(&self, name: &str, value: &str) -> String {
        let kept = self.filled_in().filter(|pair| *pair != (name, value) && pair.0 != "cursor");
        question(&as_query(kept))
    }

    /// The instant that is shown, if it is not now.
    pub fn known_at(&self) -> Option<&str> {
        self.parameter("known_at")
    }

    /// The address of another page, at the same instant.
    pub fn to(&self, path: &str) -> String {
        match self.known_at().filter(|_| is_shown_as_it_was(path)) {
            Some(at) => self.url(&format!("{path}?known_at={}", encoded(at))),
            None => self.url(path),
        }
    }

    /// The page that shows what the API has at an address. What belongs to a record is on the page of that record.
    pub fn page_of(&self, address: &str) -> String {
        let path = address.strip_prefix(self.base.as_str()).unwrap_or(address);
        let below = path.strip_prefix("/v1/").unwrap_or(path);
        let (words, query) = below.split_once('?').map_or((below, None), |(words, query)| (words, Some(query)));
        let page = match words.split('/').collect::<Vec<_>>().as_slice() {
            ["statistics", "mutuals"] => "figures/mutuals".to_owned(),
            ["statistics"] => "figures".to_owned(),
            ["reports", report] => (*report).to_owned(),
            [kind, id, _, ..] => format!("{kind}/{id}"),
            _ => words.to_owned(),
        };
        self.to(&query.map_or_else(|| format!("/{page}"), |query| format!("/{page}?{query}")))
    }

    /// Whether the page can show what the register had at another instant.
    pub fn is_shown_as_it_was(&self) -> bool {
        is_shown_as_it_was(&self.path)
    }

    /// The path of the page.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The address of one of the service's own paths.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The address of this page with this query in the place of its own.
    pub fn here(&self, query: &str) -> String {
        self.url(&format!("{}{query}", self.path))
    }
}

/// Whether a page can show what the register had at another instant: records and whole lists can.
fn is_shown_as_it_was(path: &str) -> bool {
    const KINDS: [&str; 4] = ["mutuals", "staff-ballots", "contracts", "departments"];
    let mut words = path.split('/').skip(1);
    words.next().is_some_and(|kind| KINDS.contains(&kind)) && words.count() <= 1 && !path.contains('?')
}

/// Whether a parameter is one that other sites add to a link, to see who follows it.
fn is_of_trackers(name: &str) -> bool {
    name.starts_with("utm_") || ["fbclid", "gclid", "msclkid"].contains(&name)
}

/// A query with its question mark, if there is something in it.
pub fn question(query: &str) -> String {
    if query.is_empty() { String::new() } else { format!("?{query}") }
}

/// Parameters as a query.
pub fn as_query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

/// As a value within a query.
pub fn encoded(value: &str) -> String {
    utf8_percent_encode(value, IN_QUERY).to_string()
}

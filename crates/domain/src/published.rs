//! National figures on public service mutuals that others have published.

use std::str::FromStr;

use crate::checked::{Checked, Distinct};
use crate::data_file::{FileFault, rows};
use crate::fault::Fault;
use crate::register::statistics::StandingGroup;
use crate::value::date::PartialDate;
use crate::value::money::{Currency, MAX_INTEGER, Money};
use crate::value::sector::Sector;
use crate::value::source::{Source, Sources};
use crate::value::text::{Note, Title};

/// The most figures that are taken.
pub const MAX_NATIONAL_FIGURES: usize = 1000;

const COLUMNS: [&str; 11] = [
    "as_on",
    "count",
    "staff",
    "turnover_gbp",
    "scope",
    "definition",
    "standings",
    "sectors",
    "source",
    "source_title",
    "note",
];

/// What one publication said of all mutuals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationalFigure {
    /// What the figure is for; none if the source does not say.
    pub as_on: Option<PartialDate>,
    /// How many mutuals it counts.
    pub count: i64,
    /// Their staff.
    pub staff: Option<i64>,
    /// Their turnover in a year.
    pub turnover: Option<Money>,
    /// The area or the services that it covers, as the source says.
    pub scope: Option<Title>,
    /// What the source counts as a mutual.
    pub definition: Note,
    /// Which mutuals of the register come closest to that.
    pub standings: Vec<StandingGroup>,
    /// The sectors that it is about; all where there is none.
    pub sectors: Vec<Sector>,
    /// Who said so.
    pub sources: Sources,
    /// Its limits.
    pub note: Option<Note>,
}

/// The published figures, the oldest first, and those without a date last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationalFigures(Vec<NationalFigure>);

impl NationalFigures {
    /// Reads a table of published figures, one on each line.
    ///
    /// # Errors
    /// The line that is wrong.
    pub fn parse(text: &str) -> Result<Self, FileFault> {
        let rows = rows(text, COLUMNS)?;
        if let Some((line, _)) = rows.get(MAX_NATIONAL_FIGURES) {
            return Err(FileFault::new(*line, format!("at most {MAX_NATIONAL_FIGURES} figures are allowed")));
        }
        let mut figures = rows.iter().map(|(line, row)| figure(*line, row)).collect::<Result<Vec<_>, _>>()?;
        figures.sort_by_key(|figure| {
            (figure.as_on.is_none(), figure.as_on.map(|date| (date.last_day(), date.first_day())))
        });
        Ok(Self(figures))
    }

    /// The figures.
    pub fn all(&self) -> &[NationalFigure] {
        &self.0
    }
}

fn figure(line: usize, row: &[String; COLUMNS.len()]) -> Result<NationalFigure, FileFault> {
    let [as_on, count, staff, turnover, scope, definition, standings, sectors, urls, titles, note] = row;
    let at = |name: &'static str| move |detail: String| FileFault::new(line, format!("{name}: {detail}"));
    let count = number(count).and_then(|count| count.ok_or("a number is required".to_owned()));
    let standings: Vec<StandingGroup> = words(standings).map_err(at("standings"))?;
    if standings.is_empty() || standings.contains(&StandingGroup::Unknown) {
        return Err(at("standings")("expected one or several groups, such as `operating`".to_owned()));
    }
    Ok(NationalFigure {
        as_on: known(as_on).map_err(at("as_on"))?,
        count: count.map_err(at("count"))?,
        staff: number(staff).map_err(at("staff"))?,
        turnover: pounds(turnover).map_err(at("turnover_gbp"))?,
        scope: known(scope).map_err(at("scope"))?,
        definition: parsed(definition).map_err(at("definition"))?,
        standings,
        sectors: words(sectors).map_err(at("sectors"))?,
        sources: sources(urls, titles).map_err(at("source"))?,
        note: known(note).map_err(at("note"))?,
    })
}

fn parsed<T: FromStr<Err: ToString>>(raw: &str) -> Result<T, String> {
    raw.parse().map_err(|invalid: T::Err| invalid.to_string())
}

/// What is parsed of a text; nothing of an empty one.
fn known<T: FromStr<Err: ToString>>(raw: &str) -> Result<Option<T>, String> {
    if raw.is_empty() { Ok(None) } else { parsed(raw).map(Some) }
}

/// The words of a list, parted by semicolons.
fn words<T: FromStr<Err: ToString>>(raw: &str) -> Result<Vec<T>, String> {
    parts(raw).map(parsed).collect()
}

fn parts(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// A whole number from 0.
fn number(raw: &str) -> Result<Option<i64>, String> {
    let found: Option<i64> = known(raw).map_err(|_| format!("{raw:?} is not a whole number"))?;
    match found {
        Some(number) if !(0..=MAX_INTEGER).contains(&number) => Err(format!("expected 0 to {MAX_INTEGER}")),
        found => Ok(found),
    }
}

fn pounds(raw: &str) -> Result<Option<Money>, String> {
    let pence = number(raw)?.map(|pounds| pounds.checked_mul(100).ok_or_else(|| "it is too much".to_owned()));
    let money = pence.transpose()?.map(|pence| Money::new(pence, Currency::GBP).map_err(|invalid| invalid.to_string()));
    money.transpose()
}

/// A source for each address, with the title in the same place.
fn sources(urls: &str, titles: &str) -> Result<Sources, String> {
    let (urls, titles): (Vec<&str>, Vec<&str>) = (urls.split(" ; ").collect(), titles.split(" ; ").collect());
    if urls.len() != titles.len() {
        return Err(format!("{} addresses and {} titles: expected one title for each", urls.len(), titles.len()));
    }
    let source = |(url, title): (&str, &str)| {
        let source = Source { url: known(url)?, title: known(title)?, ..Source::default() };
        Checked::new(source).map_err(|faults| all(&faults))
    };
    let sources: Vec<Checked<Source>> = urls.into_iter().zip(titles).map(source).collect::<Result<_, _>>()?;
    Distinct::new(sources).map_err(|faults| all(&faults))
}

fn all(faults: &[Fault]) -> String {
    faults.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>().join("; ")
}

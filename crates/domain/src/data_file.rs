//! The data files: which there are, their lines, which are comma-separated values with comments, and what is wrong with one.

/// A data file, which an operator may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataFile {
    /// The bank holidays of the three divisions of the United Kingdom.
    BankHolidays,
    /// Schedule 1 to the Procurement Regulations 2024.
    Schedule1,
    /// The list of reg. 77(2) of the Public Contracts Regulations 2015.
    Reg77List,
    /// The values from which rules apply.
    Thresholds,
    /// The national figures that others have published.
    PublishedFigures,
}

impl DataFile {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::BankHolidays, Self::Schedule1, Self::Reg77List, Self::Thresholds, Self::PublishedFigures];

    /// The name of the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BankHolidays => "bank_holidays_uk.csv",
            Self::Schedule1 => "pr2024_schedule1.csv",
            Self::Reg77List => "reg77_cpv.txt",
            Self::Thresholds => "thresholds.csv",
            Self::PublishedFigures => "published_figures.csv",
        }
    }
}

/// What is wrong with a data file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {detail}")]
pub struct FileFault {
    /// The number of the line, from 1.
    pub line: usize,
    /// What is wrong with it and what was expected.
    pub detail: String,
}

impl FileFault {
    pub(crate) fn new(line: usize, detail: impl Into<String>) -> Self {
        Self { line, detail: detail.into() }
    }
}

/// The lines that are no comments and not empty, each with its number.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index.saturating_add(1), line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The rows of a table whose first line names these columns, each with the number of its line.
///
/// # Errors
/// The line that is not a row of it.
pub(crate) fn rows<const COLUMNS: usize>(
    text: &str,
    columns: [&str; COLUMNS],
) -> Result<Vec<(usize, [String; COLUMNS])>, FileFault> {
    let mut lines = lines(text);
    let expected = columns.join(",");
    match lines.next() {
        Some((_, head)) if head == expected => {}
        Some((line, _)) => return Err(FileFault::new(line, format!("expected the columns {expected}"))),
        None => return Err(FileFault::new(1, format!("the file is empty: expected the columns {expected}"))),
    }
    let row = |(line, text): (usize, &str)| {
        let fields = fields(text).ok_or_else(|| FileFault::new(line, "a quotation mark is not closed"))?;
        let found = fields.len();
        let fields = fields.try_into();
        let fields =
            fields.map_err(|_| FileFault::new(line, format!("{found} columns, expected {COLUMNS}: {expected}")));
        Ok((line, fields?))
    };
    lines.map(row).collect()
}

/// The fields of a line; none if a quotation mark is not closed.
fn fields(line: &str) -> Option<Vec<String>> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    (!is_quoted).then_some(fields)
}

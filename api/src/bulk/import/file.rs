//! The rows of a file, while its bytes arrive: lines of JSON, or the rows of a table (CSV, RFC 4180).
//!
//! Lines are counted as an editor counts them: a carriage return, a line feed or both end one. The reader of the `csv` crate is lenient:
//! it takes the rest of a file for one cell where a quote is not closed, and text behind a closing quote for a part of its cell. Here such
//! a row is refused at its line, and the lines after the quote are read as rows of their own, so that no row vanishes. Knows no record.

use std::collections::VecDeque;

use domain::FaultCode;
use serde_json::{Map, Value};

use crate::response::problem::{ErrorItem, Problem};
use crate::response::table::{self, Column};

/// Of a line that is longer than any record no more is kept.
const LONGEST_LINE: usize = 64 * 1024 + 1;
/// More columns than any record has members.
const MAX_COLUMNS: usize = 200;
/// The maximum number of characters that are repeated of a column's name.
const MAX_NAME_CHARS: usize = 100;
/// The maximum number of cells under unknown columns that are told of a row.
const MAX_UNKNOWN: usize = 20;

/// A row with the number of its line: its JSON, or why it has none.
pub type Row = (i64, RowText);

/// What is known of a row before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowText {
    /// It may be JSON.
    Json(String),
    /// It is longer than any record.
    TooLong,
    /// The file has none there, for this reason.
    Refused(String),
}

impl RowText {
    /// No JSON begins with these characters.
    const TOO_LONG: &str = "\u{2}";
    const REFUSED: char = '\u{1}';

    /// As it is stored, on one line.
    pub fn into_stored(self) -> String {
        match self {
            Self::Json(text) if !text.starts_with(char::is_control) => text,
            Self::Json(_) => "a control character".to_owned(),
            Self::TooLong => Self::TOO_LONG.to_owned(),
            Self::Refused(reason) => format!("{}{reason}", Self::REFUSED),
        }
    }

    pub fn of_stored(text: &str) -> Self {
        match text.strip_prefix(Self::REFUSED) {
            Some(reason) => Self::Refused(reason.to_owned()),
            None if text == Self::TOO_LONG => Self::TooLong,
            None => Self::Json(text.to_owned()),
        }
    }
}

/// Reads a file piece by piece.
pub struct FileReader {
    /// The first bytes, until they tell what the file is.
    start: Option<Vec<u8>>,
    lines: Lines,
    content: Rows,
}

enum Rows {
    Json,
    Table(Table),
}

impl FileReader {
    /// The bytes that tell what a file is.
    const START: usize = 4;

    /// A file with a JSON object on each line.
    pub fn of_lines() -> Self {
        Self { start: Some(Vec::new()), lines: Lines::default(), content: Rows::Json }
    }

    /// A table with some of these columns.
    pub fn of_table(known: Vec<Column>) -> Self {
        let table = Table { known, columns: None, record: Record::default() };
        Self { start: Some(Vec::new()), lines: Lines::default(), content: Rows::Table(table) }
    }

    /// Takes the next bytes, and gives the rows that they complete.
    ///
    /// # Errors
    /// 400 where this is no such file, 422 where a table's header has faults.
    pub fn take(&mut self, piece: &[u8]) -> Result<Vec<Row>, Problem> {
        let Some(start) = &mut self.start else { return self.read(piece) };
        start.extend_from_slice(piece);
        if start.len() < Self::START {
            return Ok(Vec::new());
        }
        self.begin()
    }

    /// Gives the last rows.
    ///
    /// # Errors
    /// As [`FileReader::take`].
    pub fn end(&mut self) -> Result<Vec<Row>, Problem> {
        let mut rows = self.begin()?;
        let (lines, content) = (&mut self.lines, &mut self.content);
        lines.end(&mut |line| content.line(line, &mut rows))?;
        content.end(&mut rows)?;
        Ok(rows)
    }

    fn begin(&mut self) -> Result<Vec<Row>, Problem> {
        let Some(start) = self.start.take() else { return Ok(Vec::new()) };
        match what_it_is(&start) {
            Some(other) => Err(malformed(other)),
            None => self.read(&start),
        }
    }

    fn read(&mut self, piece: &[u8]) -> Result<Vec<Row>, Problem> {
        let mut rows = Vec::new();
        let (lines, content) = (&mut self.lines, &mut self.content);
        lines.take(piece, &mut |line| content.line(line, &mut rows))?;
        Ok(rows)
    }
}

/// What a file is that has no text in UTF-8, by its first bytes, and what to do.
fn what_it_is(start: &[u8]) -> Option<&'static str> {
    const WIDE: &str = "the file is not UTF-8, but looks like UTF-16: save it as UTF-8 (in Excel, as \"CSV UTF-8\")";
    match start {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] | [_, _, 0, _] => Some(WIDE),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            Some("the file is a workbook or a ZIP archive: save the sheet as \"CSV UTF-8\" and send that")
        }
        [0x1F, 0x8B, ..] => Some("the file is compressed with gzip: send it uncompressed"),
        _ => None,
    }
}

fn malformed(reason: impl Into<String>) -> Problem {
    Problem::malformed(ErrorItem::pointer("", FaultCode::InvalidFormat.as_str(), reason.into()))
}

/// A line of the file, with its end.
#[derive(Clone, Debug)]
struct Line {
    number: i64,
    text: String,
    end: &'static str,
    /// Whether it is longer than what is kept of it.
    is_cut: bool,
}

/// Puts pieces together into lines.
#[derive(Default)]
struct Lines {
    number: i64,
    text: Vec<u8>,
    is_cut: bool,
    /// Whether the line ended with a carriage return, to which a line feed may belong.
    is_returned: bool,
}

impl Lines {
    fn take(&mut self, piece: &[u8], each: &mut impl FnMut(Line) -> Result<(), Problem>) -> Result<(), Problem> {
        let mut rest = piece;
        while let Some((first, others)) = rest.split_first() {
            if std::mem::take(&mut self.is_returned) {
                let is_feed = *first == b'\n';
                rest = if is_feed { others } else { rest };
                each(self.line(if is_feed { "\r\n" } else { "\r" })?)?;
                continue;
            }
            let length = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
            let (own, after) = rest.split_at(length);
            let room = LONGEST_LINE.saturating_sub(self.text.len());
            self.is_cut |= own.len() > room;
            self.text.extend(own.iter().take(room));
            match after.split_first() {
                Some((b'\n', after)) => {
                    rest = after;
                    each(self.line("\n")?)?;
                }
                Some((_, after)) => {
                    rest = after;
                    self.is_returned = true;
                }
                None => break,
            }
        }
        Ok(())
    }

    fn end(&mut self, each: &mut impl FnMut(Line) -> Result<(), Problem>) -> Result<(), Problem> {
        if std::mem::take(&mut self.is_returned) {
            each(self.line("\r")?)?;
        }
        if self.text.is_empty() { Ok(()) } else { each(self.line("")?) }
    }

    /// The line that has come to its end.
    fn line(&mut self, end: &'static str) -> Result<Line, Problem> {
        self.number = self.number.saturating_add(1);
        let (number, is_cut) = (self.number, std::mem::take(&mut self.is_cut));
        let bytes = std::mem::take(&mut self.text);
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            // What is kept of a long line may end within a character.
            Err(error) if is_cut && error.utf8_error().error_len().is_none() => String::new(),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let byte = error.as_bytes().get(at).copied().unwrap_or_default();
                let before = error.as_bytes().get(..at).unwrap_or_default();
                let column = String::from_utf8_lossy(before).chars().count().saturating_add(1);
                let said = format!(
                    "the file is not UTF-8: line {number}, column {column} has the byte {byte:02X}. It may be in \
                     Windows-1252 or Latin-1: save it as UTF-8 (in Excel, as \"CSV UTF-8\")"
                );
                return Err(malformed(said));
            }
        };
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Ok(Line { number, text, end, is_cut })
    }
}

impl Rows {
    fn line(&mut self, line: Line, rows: &mut Vec<Row>) -> Result<(), Problem> {
        match self {
            Self::Json => {
                rows.extend(json_line(&line));
                Ok(())
            }
            Self::Table(table) => table.line(line, rows),
        }
    }

    fn end(&mut self, rows: &mut Vec<Row>) -> Result<(), Problem> {
        match self {
            Self::Json => Ok(()),
            Self::Table(table) => table.end(rows),
        }
    }
}

/// An empty line is not a row.
fn json_line(line: &Line) -> Option<Row> {
    if line.is_cut {
        return Some((line.number, RowText::TooLong));
    }
    let text = line.text.trim_ascii();
    // What no JSON can have, no row is: PostgreSQL keeps no text with a zero character.
    let row = match text.contains('\0') {
        true => RowText::Refused("the line is not JSON: it has the character U+0000".to_owned()),
        false => RowText::Json(text.to_owned()),
    };
    (!text.is_empty()).then_some((line.number, row))
}

struct Table {
    known: Vec<Column>,
    /// Those of the file, once the header is read.
    columns: Option<Vec<Named>>,
    record: Record,
}

/// A column of the file.
enum Named {
    Known(Column),
    /// No record has it, so that each row with something in it tells so.
    Unknown(String),
    /// It has no name, so that nothing can be in it.
    Nameless,
}

impl Table {
    fn line(&mut self, line: Line, rows: &mut Vec<Row>) -> Result<(), Problem> {
        let mut waiting = VecDeque::from([line]);
        while let Some(line) = waiting.pop_front() {
            match self.record.take(line) {
                Taken::Part => {}
                Taken::All => {
                    let Record { line, cells, .. } = std::mem::take(&mut self.record);
                    self.row(line, cells, rows)?;
                }
                Taken::Broken(broken) => self.break_off(broken, &mut waiting, rows)?,
            }
        }
        Ok(())
    }

    fn end(&mut self, rows: &mut Vec<Row>) -> Result<(), Problem> {
        let mut waiting = VecDeque::new();
        while self.record.is_open() {
            let broken = Broken::Unclosed(self.record.opened);
            self.break_off(broken, &mut waiting, rows)?;
            while let Some(line) = waiting.pop_front() {
                self.line(line, rows)?;
            }
        }
        Ok(())
    }

    /// Refuses the row that is broken, and gives the lines back that are behind its open quote.
    fn break_off(&mut self, broken: Broken, waiting: &mut VecDeque<Line>, rows: &mut Vec<Row>) -> Result<(), Problem> {
        let Record { line, lines, opened: (opened_in, _), .. } = std::mem::take(&mut self.record);
        let (row, last) = match broken {
            Broken::TooLong => (RowText::TooLong, i64::MAX),
            Broken::Unclosed((line, column)) => {
                let said = format!("the quote that opens at line {line}, column {column} is never closed");
                (RowText::Refused(said), opened_in)
            }
            Broken::Continued((line, column)) => {
                let said = format!(
                    "after the closing quote of the cell that begins at line {line}, column {column} there is more text: \
                     write a quote inside a cell twice, and close the cell before a comma or the end of the line"
                );
                (RowText::Refused(said), opened_in)
            }
        };
        for line in lines.into_iter().rev().filter(|line| line.number > last) {
            waiting.push_front(line);
        }
        match (&self.columns, row) {
            (None, RowText::Refused(said)) => Err(malformed(format!("the header cannot be read: {said}"))),
            (None, _) => Err(malformed("the header cannot be read: it is too long")),
            (Some(_), row) => {
                rows.push((line, row));
                Ok(())
            }
        }
    }

    /// A row without content is passed over.
    fn row(&mut self, line: i64, cells: Vec<String>, rows: &mut Vec<Row>) -> Result<(), Problem> {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        match &self.columns {
            None => self.columns = Some(named(&cells, &self.known)?),
            Some(columns) => rows.push((line, members(columns, &cells))),
        }
        Ok(())
    }
}

/// The columns that a header names.
fn named(cells: &[String], known: &[Column]) -> Result<Vec<Named>, Problem> {
    let of_member = |part: &str| known.iter().any(|column| column.name == part.trim());
    if let [only] = cells
        && let Some(separator) = [';', '\t'].into_iter().find(|separator| only.split(*separator).any(of_member))
        && only.contains(separator)
    {
        let separator = if separator == ';' { "semicolons" } else { "tabs" };
        let said = format!("the columns are separated by {separator}: save the file with commas between them");
        return Err(malformed(said));
    }
    if cells.len() > MAX_COLUMNS {
        let said = format!("{} columns, at most {MAX_COLUMNS} allowed", cells.len());
        return Err(Problem::invalid(vec![ErrorItem::pointer("", FaultCode::TooMany.as_str(), said)]));
    }
    let names: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
    let twice = (1..).zip(&names).filter_map(|(number, name): (usize, _)| {
        let outer = name.split_once('.').map(|(outer, _)| outer).filter(|_| known.iter().any(|own| own.name == *name));
        let others = (1..).zip(&names).take_while(|(other, _): &(usize, _)| *other < number);
        let others = others.filter(|(_, other)| !name.is_empty() && *other == name);
        let earlier = others.map(|(other, _)| other).next();
        let beside =
            || (1..).zip(&names).find(|(_, other): &(usize, _)| outer == Some(**other)).map(|(other, _)| other);
        earlier.or_else(beside).map(|earlier| {
            let said = format!("column {number} repeats column {earlier}: leave one of them out");
            let name: String = name.chars().take(MAX_NAME_CHARS).collect();
            ErrorItem::pointer(pointer(&name), FaultCode::DuplicateMember.as_str(), said)
        })
    });
    let faults: Vec<ErrorItem> = twice.take(MAX_UNKNOWN).collect();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let column = |name: &&str| match known.iter().find(|column| column.name == **name) {
        Some(column) => Named::Known(column.clone()),
        None if name.is_empty() => Named::Nameless,
        None => Named::Unknown(name.chars().take(MAX_NAME_CHARS).collect()),
    };
    Ok(names.iter().map(column).collect())
}

/// Where the member of a column is: `tests.left_public_sector` is a member of `tests`.
fn pointer(name: &str) -> String {
    let escaped = name.replace('~', "~0").replace('/', "~1");
    format!("/{}", escaped.replace('.', "/"))
}

/// What a row says: `null` where the cell of a column is empty.
fn members(columns: &[Named], cells: &[String]) -> RowText {
    let has_content = |cell: &String| !cell.trim().is_empty();
    if cells.len() < columns.len() || cells.iter().skip(columns.len()).any(has_content) {
        let said = format!("the row has {} cells, but the header has {} columns", cells.len(), columns.len());
        return RowText::Refused(said);
    }
    let (mut members, mut unknown) = (Map::new(), 0_usize);
    for (number, (column, cell)) in (1..).zip(columns.iter().zip(cells)) {
        let cell = Some(cell).filter(|cell| has_content(cell));
        match (column, cell) {
            (Named::Known(column), cell) => {
                let value = cell.and_then(|cell| table::value(column, cell)).unwrap_or_default();
                match column.name.split_once('.') {
                    Some((outer, inner)) => {
                        let outer = members.entry(outer).or_insert_with(|| Value::Object(Map::new()));
                        if let Some(inside) = outer.as_object_mut() {
                            inside.insert(inner.to_owned(), value);
                        }
                    }
                    None => drop(members.insert(column.name.clone(), value)),
                }
            }
            (Named::Unknown(name), Some(_)) if unknown < MAX_UNKNOWN => {
                unknown = unknown.saturating_add(1);
                members.insert(name.clone(), Value::Bool(true));
            }
            (Named::Nameless, Some(_)) => {
                let number: usize = number;
                return RowText::Refused(format!("the row has a value in column {number}, which has no name"));
            }
            (Named::Unknown(_) | Named::Nameless, _) => {}
        }
    }
    RowText::Json(Value::Object(members).to_string())
}

/// The cells of a row, from one line or several.
#[derive(Default)]
struct Record {
    /// The number of its first line.
    line: i64,
    lines: Vec<Line>,
    size: usize,
    cells: Vec<String>,
    cell: String,
    state: State,
    /// The line and the column of the last opening quote.
    opened: (i64, usize),
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    #[default]
    Start,
    Plain,
    Quoted,
    /// After a quote inside a quoted cell: the closing one, or the first of two.
    Closed,
}

enum Taken {
    /// The row goes on behind this line.
    Part,
    All,
    Broken(Broken),
}

enum Broken {
    TooLong,
    /// The quote that opens there is never closed.
    Unclosed((i64, usize)),
    /// There is text after the closing quote.
    Continued((i64, usize)),
}

impl Record {
    /// Whether a quote is open at the end of the last line.
    fn is_open(&self) -> bool {
        self.state == State::Quoted
    }

    fn take(&mut self, line: Line) -> Taken {
        if self.lines.is_empty() {
            self.line = line.number;
        }
        self.size = self.size.saturating_add(line.text.len()).saturating_add(line.end.len());
        let is_long = line.is_cut || self.size > LONGEST_LINE;
        if is_long && !self.is_open() {
            return Taken::Broken(Broken::TooLong);
        }
        self.lines.push(line.clone());
        if is_long {
            return Taken::Broken(Broken::Unclosed(self.opened));
        }
        for (column, character) in (1..).zip(line.text.chars()) {
            self.state = match (self.state, character) {
                (State::Start, '"') => {
                    self.opened = (line.number, column);
                    State::Quoted
                }
                (State::Start | State::Plain | State::Closed, ',') => {
                    self.cells.push(std::mem::take(&mut self.cell));
                    State::Start
                }
                (State::Quoted, '"') => State::Closed,
                (State::Closed, '"') => {
                    self.cell.push('"');
                    State::Quoted
                }
                (State::Closed, _) => return Taken::Broken(Broken::Continued(self.opened)),
                (State::Quoted, _) => {
                    self.cell.push(character);
                    State::Quoted
                }
                (State::Start | State::Plain, _) => {
                    self.cell.push(character);
                    State::Plain
                }
            };
        }
        if self.is_open() {
            self.cell.push_str(line.end);
            return Taken::Part;
        }
        self.cells.push(std::mem::take(&mut self.cell));
        Taken::All
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use document::Wire;
    use document::register::Mutual;

    fn read(reader: &mut FileReader, bytes: &[u8], at_a_time: usize) -> Result<Vec<Row>, Problem> {
        let mut rows = Vec::new();
        for piece in bytes.chunks(at_a_time) {
            rows.extend(reader.take(piece)?);
        }
        rows.extend(reader.end()?);
        Ok(rows)
    }

    fn table(text: &[u8], at_a_time: usize) -> Result<Vec<Row>, Problem> {
        read(&mut FileReader::of_table(table::import_columns(&Mutual::OBJECT)), text, at_a_time)
    }

    /// The line of each row with its name, or with what is wrong with the row.
    fn names(text: &str) -> Vec<(i64, String)> {
        let rows = table(text.as_bytes(), 3).unwrap();
        let name = |row: RowText| match row {
            RowText::Json(row) => {
                let row: Value = serde_json::from_str(&row).unwrap();
                row["name"].as_str().unwrap_or_default().to_owned()
            }
            RowText::TooLong => "too long".to_owned(),
            RowText::Refused(reason) => format!("! {reason}"),
        };
        rows.into_iter().map(|(line, row)| (line, name(row))).collect()
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        for end in ["\n", "\r", "\r\n"] {
            let text = ["", "name,region", "A,wales", "", ",,", "\"B", "", "C\",wales", "D,"].join(end);
            let rows: Vec<(i64, String)> = vec![(3, "A".to_owned()), (6, format!("B{end}{end}C")), (9, "D".to_owned())];
            assert_eq!(names(&text), rows, "{end:?}");
            let lines = [r#"{"a":1}"#, "", "x"].join(end);
            let rows = read(&mut FileReader::of_lines(), lines.as_bytes(), 2).unwrap();
            assert_eq!(rows.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 3], "{end:?}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_takes_no_row_with_it() {
        let unclosed = |line, column| format!("! the quote that opens at line {line}, column {column} is never closed");
        assert_eq!(
            names("name,region\nA,\"wales\nB,london\nC,wales\n"),
            [(2, unclosed(2, 3)), (3, "B".to_owned()), (4, "C".to_owned())]
        );
        let rows = names("name,region\nA,\"wales\nB,\"london\"\nC,wales\n");
        assert!(rows[0].1.contains("line 2, column 3"), "{rows:?}");
        assert_eq!(rows[1..], [(3, "B".to_owned()), (4, "C".to_owned())]);
        let rows = names("name,region\n\"A\"x,wales\nB,\"\"\"lon\"\"don\"\n");
        assert!(rows[0].1.contains("more text"), "{rows:?}");
        assert_eq!(rows[1], (3, "B".to_owned()));
        let long = format!("name,region\nA,\"wales\n{}", "B,london\n".repeat(20_000));
        let rows = names(&long);
        assert_eq!((rows.len(), &rows[0], &rows[1]), (20_001, &(2, unclosed(2, 3)), &(3, "B".to_owned())));
    }

    #[test]
    fn a_ragged_row_is_refused_alone() {
        let ragged = |cells| format!("! the row has {cells} cells, but the header has 2 columns");
        assert_eq!(
            names("name,region\nA\nB,wales\nC,wales,,\nD,wales,x\n"),
            [(2, ragged(1)), (3, "B".to_owned()), (4, "C".to_owned()), (5, ragged(3))]
        );
        assert_eq!(names("name,,\nA,,\nB,,x\n")[1].1, "! the row has a value in column 3, which has no name");
        let long = format!("name,region\n{},wales\nB,wales\n", "x".repeat(LONGEST_LINE));
        assert_eq!(names(&long), [(2, "too long".to_owned()), (3, "B".to_owned())]);
    }

    #[test]
    fn a_cell_says_null_where_it_is_empty() {
        let text =
            "name,region,tests.left_public_sector,staff_count,sectors\nA,,met,7,\"[\"\"leisure\"\"]\"\nB, ,,x,\n";
        let rows = table(text.as_bytes(), 1).unwrap();
        let rows: Vec<Value> = rows
            .into_iter()
            .map(|(_, row)| match row {
                RowText::Json(row) => serde_json::from_str(&row).unwrap(),
                other => panic!("{other:?}"),
            })
            .collect();
        let tests = |outcome: Value| json!({ "left_public_sector": outcome });
        assert_eq!(
            rows,
            [
                json!({ "name": "A", "region": null, "tests": tests(json!("met")), "staff_count": 7, "sectors": ["leisure"] }),
                json!({ "name": "B", "region": null, "tests": tests(Value::Null), "staff_count": "x", "sectors": null }),
            ]
        );
    }

    #[test]
    fn a_file_that_is_none_says_what_it_is() {
        let wide: Vec<u8> = "name\nCaf\u{e9}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, said) in [
            (b"\xff\xfen\0a\0".to_vec(), "UTF-16"),
            (b"\xfe\xff\0n\0a".to_vec(), "UTF-16"),
            (wide, "UTF-16"),
            (b"name,region\r\nA,\r\nCaf\xe9,".to_vec(), "line 3, column 4 has the byte E9"),
            (b"PK\x03\x04xx".to_vec(), "workbook"),
            (b"\x1f\x8b\x08xx".to_vec(), "gzip"),
            (b"name;region\nA;\n".to_vec(), "semicolons"),
            (b"name\tregion\nA\t\n".to_vec(), "tabs"),
            (b"\"name,region\nA,\n".to_vec(), "the header cannot be read: the quote that opens at line 1, column 1"),
        ] {
            for at_a_time in [1, 7, 100] {
                let problem = table(&bytes, at_a_time).unwrap_err();
                let detail = &problem.errors()[0].detail;
                assert!(detail.contains(said), "{detail}");
            }
        }
        let faults = |text: &str| {
            let problem = table(text.as_bytes(), 10).unwrap_err();
            let told = problem.errors().iter().map(|item| (item.pointer.clone().unwrap_or_default(), item.code));
            told.collect::<Vec<_>>()
        };
        let twice = |name: &str| (name.to_owned(), "duplicate-member");
        assert_eq!(faults("name,region, name,region\nA,,,\n"), [twice("/name"), twice("/region")]);
        assert_eq!(faults("tests.left_public_sector,tests\n,\n"), [twice("/tests/left_public_sector")]);
    }

    #[test]
    fn a_mark_of_byte_order_is_no_part_of_the_header() {
        assert_eq!(names("\u{feff}name,region\nA,\n"), [(2, "A".to_owned())]);
        assert_eq!(names(""), []);
        assert_eq!(names("name"), []);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a,\"\r\n é]{0,60}", at_a_time in 1_usize..9) {
            let file = format!("name,region\n{text}");
            let told = |at_a_time| table(file.as_bytes(), at_a_time).map_err(|problem| problem.errors().len());
            prop_assert_eq!(told(at_a_time), told(1000));
        }

        #[test]
        fn what_was_written_is_read(cells in prop::collection::vec("[ab,\"\r\n;é=']{0,8}[a]", 2)) {
            let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
            writer.write_record(["name", "description"]).unwrap();
            writer.write_record(&cells).unwrap();
            let rows = table(&writer.into_inner().unwrap(), 5).unwrap();
            let [(2, RowText::Json(row))] = &rows[..] else { panic!("{rows:?}") };
            let row: Value = serde_json::from_str(row).unwrap();
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let column = |name: &str| Column { name: name.to_owned(), cell: table::Cell::Text };
            let expected = ["name", "description"].iter().zip(&cells).map(|(name, cell)| table::value(&column(name), cell));
            prop_assert!([text("name"), text("description")].into_iter().map(|text| Some(json!(text))).eq(expected));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, at_a_time in 1_usize..9) {
            let _ = table(&bytes, at_a_time);
            let _ = read(&mut FileReader::of_lines(), &bytes, at_a_time);
        }
    }
}

//! Tables from strangers: a header that names the columns, rows that fit it, and cells with a place.

use std::collections::HashSet;

use csv::{ErrorKind, Position, Reader, ReaderBuilder, StringRecord, Trim};
use money::{Amount, Asset};

use crate::decimal::{Mark, Reading, read_amount};
use crate::error::{FileError, Place, Problem, shown};
use crate::limits::Limits;

const DELIMITERS: [u8; 3] = [b';', b',', b'\t'];

/// A table that is being read.
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    reader: Reader<&'a [u8]>,
    /// Up to which byte the lines were counted, and how many line ends that were.
    counted: (usize, usize),
    header: Vec<String>,
    row: StringRecord,
    rows_left: usize,
    limits: Limits,
}

impl<'a> Table<'a> {
    /// Reads the header: every column is one of `known`, all of `required` are there, none twice.
    pub(crate) fn open(
        bytes: &'a [u8],
        known: &'static [&'static str],
        required: &'static [&'static str],
        limits: &Limits,
    ) -> Result<Self, FileError> {
        let at_header = |problem| FileError::new(1, "", problem);
        if bytes.len() > limits.bytes {
            return Err(at_header(Problem::TooLong(limits.bytes)));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let first_line = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next();
        let delimiter = delimiter_of(first_line.unwrap_or_default())
            .ok_or_else(|| at_header(Problem::NoDelimiter))?;
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).trim(Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(|_| at_header(Problem::NotUtf8))?;
        let header: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
        let mut seen = HashSet::new();
        for name in &header {
            if !known.contains(&name.as_str()) {
                return Err(at_header(Problem::UnknownColumn(shown(name))));
            }
            if !seen.insert(name) {
                return Err(at_header(Problem::Twice(name.clone())));
            }
        }
        for name in required {
            if !header.iter().any(|column| column == name) {
                return Err(at_header(Problem::Missing(name)));
            }
        }
        let rows_left = limits.items;
        Ok(Self {
            bytes,
            reader,
            counted: (0, 0),
            header,
            row: StringRecord::new(),
            rows_left,
            limits: *limits,
        })
    }

    /// The next row; `None` at the end.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row<'_>>, FileError> {
        let found = match self.reader.read_record(&mut self.row) {
            Ok(found) => found,
            Err(error) => {
                let line = self.line_at(error.position());
                let problem = match error.kind() {
                    ErrorKind::Utf8 { .. } => Problem::NotUtf8,
                    _ => Problem::Row,
                };
                return Err(FileError::new(line, "", problem));
            }
        };
        if !found {
            return Ok(None);
        }
        let line = self.line_at(self.row.position().cloned().as_ref());
        let row = Row { header: &self.header, cells: &self.row, line };
        if self.rows_left == 0 {
            return Err(row.error("", Problem::TooManyItems(self.limits.items)));
        }
        self.rows_left = self.rows_left.saturating_sub(1);
        for (name, cell) in self.header.iter().zip(&self.row) {
            if cell.chars().count() > self.limits.text_chars {
                return Err(row.error(name, Problem::TextTooLong(self.limits.text_chars)));
            }
        }
        Ok(Some(row))
    }

    /// The line of a record. The library's own count is behind by one where lines end in CR LF, and knows no empty lines.
    fn line_at(&mut self, position: Option<&Position>) -> usize {
        let (from, ends) = self.counted;
        let at = position.map_or(from, |p| usize::try_from(p.byte()).unwrap_or(usize::MAX));
        let rest = self.bytes.get(at..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let to = at.saturating_add(blank);
        let between = self.bytes.get(from..to).unwrap_or_default();
        let more = between.split(|byte| *byte == b'\n').skip(1).count();
        self.counted = (to.max(from), ends.saturating_add(more));
        self.counted.1.saturating_add(1)
    }
}

/// The one delimiter that the header has.
fn delimiter_of(header: &[u8]) -> Option<u8> {
    let mut found = DELIMITERS.into_iter().filter(|delimiter| header.contains(delimiter));
    found.next().filter(|_| found.next().is_none())
}

/// One row of a table.
pub(crate) struct Row<'t> {
    header: &'t [String],
    cells: &'t StringRecord,
    line: usize,
}

impl<'t> Row<'t> {
    /// The place of a column in this row, or of the row.
    pub(crate) fn place(&self, column: &str) -> Place {
        Place { line: self.line, path: column.to_owned() }
    }

    pub(crate) fn error(&self, column: &str, problem: Problem) -> FileError {
        FileError { place: self.place(column), problem }
    }

    fn cell(&self, column: &str) -> &'t str {
        let index = self.header.iter().position(|name| name == column);
        index.and_then(|index| self.cells.get(index)).unwrap_or_default()
    }

    /// A cell that must not be empty.
    pub(crate) fn required(&self, column: &str, max: usize) -> Result<&'t str, FileError> {
        let text = self.cell(column);
        if text.is_empty() {
            Err(self.error(column, Problem::Empty))
        } else if text.chars().count() > max {
            Err(self.error(column, Problem::TextTooLong(max)))
        } else {
            Ok(text)
        }
    }

    /// A cell that may be empty or have no column.
    pub(crate) fn optional(&self, column: &str, max: usize) -> Result<Option<String>, FileError> {
        if self.cell(column).is_empty() {
            return Ok(None);
        }
        self.required(column, max).map(|text| Some(text.to_owned()))
    }

    /// A cell that must be read by `read`.
    pub(crate) fn parsed<T>(
        &self,
        column: &str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FileError> {
        const LONGEST_VALUE: usize = 64;
        let text = self.required(column, LONGEST_VALUE)?;
        read(text).ok_or_else(|| self.error(column, Problem::NotA { expected, value: shown(text) }))
    }

    /// A cell with an amount, without a sign.
    pub(crate) fn amount(
        &self,
        column: &str,
        asset: Asset,
        notation: &mut Notation,
    ) -> Result<Amount, FileError> {
        const LONGEST_AMOUNT: usize = 32;
        self.read_amount(column, self.required(column, LONGEST_AMOUNT)?, asset, notation)
    }

    /// A cell with an amount that a minus may precede, in minor units.
    pub(crate) fn signed_amount(
        &self,
        column: &str,
        asset: Asset,
        notation: &mut Notation,
    ) -> Result<i64, FileError> {
        const LONGEST_AMOUNT: usize = 33;
        let text = self.required(column, LONGEST_AMOUNT)?;
        let (text, negative) = match text.strip_prefix('-') {
            Some(rest) => (rest, true),
            None => (text.strip_prefix('+').unwrap_or(text), false),
        };
        let minor = self.read_amount(column, text, asset, notation)?.minor();
        Ok(if negative { minor.saturating_neg() } else { minor })
    }

    fn read_amount(
        &self,
        column: &str,
        text: &str,
        asset: Asset,
        notation: &mut Notation,
    ) -> Result<Amount, FileError> {
        let problem = match read_amount(text, asset) {
            Reading::Clear(amount, mark) => match (notation.0, mark) {
                (Some(before), Some(now)) if before != now => Problem::MixedNotation,
                (before, now) => {
                    notation.0 = before.or(now);
                    return Ok(amount);
                }
            },
            Reading::Ambiguous => Problem::Ambiguous(shown(text)),
            Reading::Malformed => {
                Problem::NotA { expected: "an amount of its currency", value: shown(text) }
            }
        };
        Err(self.error(column, problem))
    }
}

/// How the file writes decimals, once a cell has settled it.
#[derive(Default)]
pub(crate) struct Notation(Option<Mark>);

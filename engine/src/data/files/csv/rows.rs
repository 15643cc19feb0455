//! Lines cut into cells.

use crate::error::Fault;
use csv::{ReaderBuilder, StringRecord};

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Character(u8),
    /// One blank or more.
    Blanks,
}

/// The rows of a text, from its first line on.
pub(super) struct Rows<'a> {
    text: &'a str,
    separator: Separator,
    reader: csv::Reader<&'a [u8]>,
    record: StringRecord,
    /// The line on which the next row begins.
    line: usize,
    /// What a comment begins with, in which quotes are text.
    comment: Option<char>,
}

/// A row that is not blank.
pub(super) struct Row<'a> {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// As it stands in the file.
    pub raw: &'a str,
    record: &'a StringRecord,
    /// Cells may be in quotes that the library took for text, because blanks stand before them.
    after_blank: bool,
}

impl Row<'_> {
    /// Its cells without the blanks around them.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.record.iter().map(|cell| {
            let cell = cell.trim();
            let inside = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            inside.filter(|_| self.after_blank).map_or(cell, str::trim)
        })
    }

    pub fn len(&self) -> usize {
        self.record.len()
    }

    /// True if the line begins with that character, as a comment does.
    pub fn begins_with(&self, comment: char) -> bool {
        self.raw.trim_start().starts_with(comment)
    }
}

impl<'a> Rows<'a> {
    pub fn new(text: &'a str, separator: Separator, comment: Option<char>) -> Self {
        let delimiter = match separator {
            Separator::Character(byte) => byte,
            // No text has it; every line is one cell.
            Separator::Blanks => 0,
        };
        let quoting = separator != Separator::Blanks;
        let mut settings = ReaderBuilder::new();
        settings.has_headers(false).flexible(true).delimiter(delimiter).quoting(quoting);
        let reader = settings.from_reader(text.as_bytes());
        Self { text, separator, reader, record: StringRecord::new(), line: 1, comment }
    }

    /// The next row.
    ///
    /// # Errors
    /// [`Fault::Quote`] for quotes that do not close, or stand where none may.
    pub fn next(&mut self) -> Result<Option<Row<'_>>, Fault> {
        loop {
            let start = self.reader.position().byte() as usize;
            let more = self.reader.read_record(&mut self.record);
            if !more.expect("characters in memory, and rows of any length") {
                return Ok(None);
            }
            let raw = &self.text[start..self.reader.position().byte() as usize];
            // Empty lines before it, which the library leaves out.
            let own = raw.trim_start_matches('\n');
            let line = self.line + (raw.len() - own.len());
            self.line += raw.matches('\n').count();
            if own.trim().is_empty() && self.record.len() == 1 {
                continue;
            }
            let after_blank = match self.separator {
                Separator::Character(byte) => quotes(own, char::from(byte), line, self.comment)?,
                Separator::Blanks => {
                    self.record = between_blanks(own);
                    false
                }
            };
            return Ok(Some(Row { line, raw: own, record: &self.record, after_blank }));
        }
    }
}

/// Cells between blanks; in quotes there may be blanks.
fn between_blanks(row: &str) -> StringRecord {
    let mut cells = StringRecord::new();
    let mut rest = row.trim();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('"').and_then(|rest| {
            let (inside, after) = rest.split_once('"')?;
            (after.is_empty() || after.starts_with(char::is_whitespace)).then_some((inside, after))
        });
        let (cell, after) =
            quoted.unwrap_or_else(|| rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())));
        cells.push_field(cell);
        rest = after.trim_start();
    }
    cells
}

/// Where in a cell a character stands.
enum Place {
    Start,
    Blank,
    Plain,
    Quoted {
        /// Blanks stand before the quote, so that a separator inside is one all the same.
        after_blank: bool,
    },
    Closed,
}

/// Whether blanks stand before a quote. Refused are quotes of which the library would make what it can: it takes the rest of a file
/// for a cell that does not end.
fn quotes(row: &str, separator: char, line: usize, comment: Option<char>) -> Result<bool, Fault> {
    let fault = |line, reason: &str| Err(Fault::Quote { line, reason: reason.into() });
    if let Some(mark) = comment.filter(|mark| row.trim_start().starts_with(*mark)) {
        return match row.trim_end().contains('\n') {
            true => fault(line, &format!("a quote opens in a line that begins with {mark} and does not close there")),
            false => Ok(false),
        };
    }
    if !row.contains('"') {
        return Ok(false);
    }
    let mut blanks = false;
    let (mut place, mut at, mut opened) = (Place::Start, line, line);
    for character in row.chars() {
        let ends = character == separator || character == '\n';
        place = match place {
            Place::Quoted { after_blank } => match character {
                '"' => Place::Closed,
                _ if ends && after_blank => {
                    return fault(
                        at,
                        "a blank before a quote, and a separator or an end of a line within; take out the blank",
                    );
                }
                _ => Place::Quoted { after_blank },
            },
            Place::Closed if character == '"' => Place::Quoted { after_blank: false },
            _ if ends => Place::Start,
            Place::Closed if character.is_whitespace() => Place::Closed,
            Place::Closed => {
                return fault(at, "text after the closing quote of a cell; a quote within a cell is written twice");
            }
            Place::Start | Place::Blank if character == '"' => {
                opened = at;
                blanks = blanks || matches!(place, Place::Blank);
                Place::Quoted { after_blank: matches!(place, Place::Blank) }
            }
            Place::Start | Place::Blank if character.is_whitespace() => Place::Blank,
            Place::Plain if character == '"' => {
                return fault(
                    at,
                    "a quote within a cell that does not begin with one; write the cell in quotes, and the quote twice",
                );
            }
            _ => Place::Plain,
        };
        at += usize::from(character == '\n');
    }
    match place {
        Place::Quoted { .. } => fault(opened, "a quote opens here and does not close before the end of the file"),
        _ => Ok(blanks),
    }
}

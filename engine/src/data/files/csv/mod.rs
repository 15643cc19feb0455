//! Tables as text: CSV and its relatives.

mod numbers;
mod rows;
mod seen;
mod separator;
mod text;

use super::super::columns::{Columns, Values};
use super::{at, bytes};
use crate::error::{Fault, Result};
use ndarray::Array2;
use numbers::{Cell, Convention};
use rows::{Row, Rows, Separator};
use seen::Seen;
use std::path::Path;

/// Characters of a cell that an error shows.
const SHOWN: usize = 24;

/// A reader of tables in text, with settings for what a file does not say by itself.
///
/// Without settings it reads what can be read in one way only, and refuses the rest with the line, the column and the setting that
/// decides:
///
/// | in the file | without settings | setting |
/// |---|---|---|
/// | separator `,` `;` `\|`, tabulator or blanks | the one that a first line `sep=;` names, else that which cuts all rows alike | [`separator`](Csv::separator) |
/// | names of the columns | the first line, where it has words above numbers and no number above others; the comment before numbers, as `numpy.savetxt` writes it; else refused | [`header`](Csv::header), [`no_header`](Csv::no_header), [`names`](Csv::names) |
/// | decimal comma | where a number shows it (`0,5`) and none shows a point | [`decimal_comma`](Csv::decimal_comma) |
/// | `1,234`, `1 234`, `1'234` | refused | [`thousands`](Csv::thousands), [`text`](Csv::text) |
/// | lines that begin with `#` | comments before the first row; refused among rows if they could be rows | [`comment`](Csv::comment), [`no_comments`](Csv::no_comments) |
/// | missing values (nothing, `NA`, `NaN`, `null`, `?`, `-`) | refused | [`skip_incomplete_rows`](Csv::skip_incomplete_rows) |
/// | whole numbers that a float would round (beyond 2^53) | refused | [`text`](Csv::text) |
/// | a column of words | text: [`Columns::classes`] | |
/// | numbers and words in one column | refused | [`text`](Csv::text) |
/// | UTF-8; UTF-16 with its mark | read | |
/// | Latin-1, Windows-1252 | refused | [`windows_1252`](Csv::windows_1252) |
///
/// Cells may stand in quotes, in which separators and ends of lines are text and a quote is written twice (RFC 4180). Blanks around
/// cells are left out, blank lines too. Lines end in `\n`, `\r\n` or `\r`. A separator at the end of every row is no column. The
/// file may be gzipped.
///
/// ```
/// use hadamard::prelude::*;
/// let path = std::env::temp_dir().join("hadamard-example.csv");
/// std::fs::write(&path, "fläche;zimmer;ort\n45,5;2;Ulm\n80,25;3;Bonn\n").unwrap();
/// let table = read_csv(&path)?;
/// assert_eq!(table.names(), ["fläche", "zimmer", "ort"]);
/// let (x, y) = (table.matrix(&["zimmer"])?, table.column("fläche")?);
/// assert_eq!((x, y), (array![[2.0], [3.0]], array![45.5, 80.25]));
/// assert_eq!(table.text("ort")?, ["Ulm", "Bonn"]);
///
/// std::fs::write(&path, "0.5 1\n1.5 -1\n").unwrap();
/// assert!(read_csv(&path).unwrap_err().to_string().contains(".no_header()"));
/// assert_eq!(Csv::new().no_header().read(&path)?.names(), ["column 1", "column 2"]);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Csv {
    separator: Option<char>,
    decimal_comma: bool,
    thousands: Option<char>,
    header: Option<bool>,
    names: Option<Vec<String>>,
    comments: Comments,
    text: Vec<String>,
    skip_incomplete: bool,
    windows: bool,
}

/// Which lines are comments.
#[derive(Clone, Copy, Debug, Default)]
enum Comments {
    /// Those that begin with `#`, where they cannot be rows.
    #[default]
    BeforeRows,
    With(char),
    None,
}

/// The table in a file of text, CSV or a relative: [`Csv`] without settings, whose page says what is read.
///
/// # Errors
/// As for [`Csv::read`].
pub fn read_csv(path: impl AsRef<Path>) -> Result<Columns> {
    Csv::new().read(path)
}

impl Csv {
    /// Without settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cells are separated by that character; `' '` stands for any number of blanks.
    pub fn separator(self, separator: impl Into<char>) -> Self {
        Self { separator: Some(separator.into()), ..self }
    }

    /// Decimals follow a comma: `0,5` is a half. Such cells stand in quotes where commas separate cells.
    pub fn decimal_comma(self) -> Self {
        Self { decimal_comma: true, ..self }
    }

    /// Groups of three digits are separated by that character: `','` for `1,234.5`, `'.'` with [`Csv::decimal_comma`] for `1.234,5`.
    pub fn thousands(self, separator: impl Into<char>) -> Self {
        Self { thousands: Some(separator.into()), ..self }
    }

    /// The first line has the names of the columns, even if they are numbers.
    pub fn header(self) -> Self {
        Self { header: Some(true), ..self }
    }

    /// The first line is a row; the columns are called `column 1`, `column 2`, …, unless [`Csv::names`] names them.
    pub fn no_header(self) -> Self {
        Self { header: Some(false), ..self }
    }

    /// Names of all columns, in place of those of the file.
    pub fn names<T: AsRef<str>>(self, names: impl IntoIterator<Item = T>) -> Self {
        Self { names: Some(names.into_iter().map(|name| name.as_ref().into()).collect()), ..self }
    }

    /// All lines that begin with that character are comments, and no others.
    pub fn comment(self, character: impl Into<char>) -> Self {
        Self { comments: Comments::With(character.into()), ..self }
    }

    /// No line is a comment.
    pub fn no_comments(self) -> Self {
        Self { comments: Comments::None, ..self }
    }

    /// The column of that name holds text, even if there are numbers in it.
    pub fn text(mut self, name: &str) -> Self {
        self.text.push(name.into());
        self
    }

    /// Leaves out rows in which a value is missing; [`Columns::skipped`] says how many.
    pub fn skip_incomplete_rows(self) -> Self {
        Self { skip_incomplete: true, ..self }
    }

    /// The file is in Windows-1252, of which Latin-1 is a part, unless it begins with the mark of another encoding.
    pub fn windows_1252(self) -> Self {
        Self { windows: true, ..self }
    }

    /// The table in a file.
    ///
    /// # Errors
    /// [`Error::Data`](crate::Error::Data) with the [`Fault`], which says the line and what can be done: `Missing`, `Empty`; `Encoding`,
    /// `Separator`, `Quote`, `Header`, `ColumnName`, `Ragged`; `Cell` for text among numbers, for numbers that can be read in two ways
    /// and for those that are not finite; `Absent` for a missing value; `CutOff`, `Damaged`, `TooLarge` and `Trailing` for a gzip
    /// stream. [`Error::File`](crate::Error::File) for a file that cannot be read; [`Error::Memory`](crate::Error::Memory).
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Columns> {
        let path = path.as_ref();
        let text = text::decode(&bytes(path, "check the path")?, self.windows).map_err(at(path))?;
        let (named, text) = separator::named(&text).map_or((None, &text[..]), |(mark, rest)| (Some(mark), rest));
        let settings = Self { separator: self.separator.or(named), ..self.clone() };
        let table = settings.survey(text).map_err(at(path))?;
        crate::error::check_memory("read_csv", &[table.rows, table.names.len()])?;
        table.values(text).map_err(at(path))
    }

    /// Everything about a table but its values.
    fn survey(&self, text: &str) -> Result<Table<'_>, Fault> {
        let separator = self.chosen_separator(text)?;
        let seen = Seen::new(self, text, separator)?;
        let width = seen.width;
        let declared = |column: usize| {
            let first = self.names.as_ref().map_or_else(|| seen.first.get(column), |names| names.get(column));
            self.text.iter().any(|name| Some(name) == first || *name == generated(column))
        };
        let convention = Convention { comma: self.has_decimal_comma(&seen, declared)?, thousands: self.thousands };
        let names_in_file = self.heading(&seen, convention)?;
        let names = match (&self.names, names_in_file) {
            (Some(names), _) if names.len() != width => {
                let (expected, got) = (width as u64, names.len() as u64);
                return Err(Fault::Count { what: "names, one per column", expected, got });
            }
            (Some(names), _) => names.clone(),
            (None, Heading::First) => seen.first.clone(),
            (None, Heading::Comment) => seen.comment.clone().expect("a comment that was found to be names"),
            (None, Heading::Nowhere) => (0..width).map(generated).collect(),
        };
        check_names(&names, seen.line)?;
        if let Some(name) = self.text.iter().find(|name| !names.contains(name)) {
            let reason =
                format!("no column is called \"{}\", as .text(…) says; they are {}", shortened(name), listed(&names));
            return Err(Fault::Header { line: seen.line, reason });
        }
        let first_is_row = names_in_file != Heading::First;
        let mut is_text = Vec::with_capacity(width);
        for (column, name) in names.iter().enumerate() {
            let kind = seen.kind(column, convention, first_is_row);
            let text = declared(column) || kind.is_text();
            if let Some((line, odd, cell)) = kind.odd.filter(|_| !text) {
                let wanted = wanted(cell, kind.numbers, name, self);
                return Err(Fault::Cell { line, column: shortened(name), text: shortened(&odd), wanted });
            }
            is_text.push(text);
        }
        let rows = seen.rows + usize::from(first_is_row);
        Ok(Table { settings: self, separator, convention, names, is_text, first_is_row, width, rows, line: seen.line })
    }

    fn chosen_separator(&self, text: &str) -> Result<Separator, Fault> {
        match self.separator {
            None => separator::detect(self, text),
            Some(' ') => Ok(Separator::Blanks),
            Some(character)
                if character.is_ascii()
                    && !character.is_ascii_alphanumeric()
                    && !"\"\n\r\0.+-#".contains(character) =>
            {
                Ok(Separator::Character(character as u8))
            }
            Some(character) => {
                let reason = format!(
                    "{character:?} separates no cells; it must be a mark such as ',' or ';' or '\\t', or a blank"
                );
                Err(Fault::Separator { reason })
            }
        }
    }

    /// Whether decimals follow a comma.
    fn has_decimal_comma(&self, seen: &Seen, declared: impl Fn(usize) -> bool) -> Result<bool, Fault> {
        if self.decimal_comma || self.thousands == Some(',') {
            return Ok(self.decimal_comma);
        }
        let marks = || seen.columns.iter().enumerate().filter(|&(column, _)| !declared(column)).map(|(_, marks)| marks);
        let comma = marks().filter_map(|column| column.comma.as_ref()).min();
        let point = marks().filter_map(|column| column.point.as_ref()).min();
        match (comma, point) {
            (Some((line, comma)), Some((other, point))) => {
                let reason = format!(
                    "\"{}\" has a decimal comma, and \"{}\" on line {other} a decimal point; write all numbers alike, or say .text(…) of a column that holds none",
                    shortened(comma),
                    shortened(point)
                );
                Err(Fault::DecimalMark { line: *line, reason })
            }
            (comma, None) => Ok(comma.is_some()),
            (None, Some(_)) => Ok(false),
        }
    }

    /// Where the names are.
    fn heading(&self, seen: &Seen, convention: Convention) -> Result<Heading, Fault> {
        match self.header {
            Some(true) => return Ok(Heading::First),
            Some(false) => return Ok(Heading::Nowhere),
            None => {}
        }
        let cells: Vec<Cell> = seen.first.iter().map(|cell| convention.cell(cell)).collect();
        let is_word = |column: usize| matches!(cells[column], Cell::Text | Cell::Missing);
        let over_numbers = |column: usize| seen.kind(column, convention, false).is_numeric();
        let is_number = |column: usize| matches!(cells[column], Cell::Number(_) | Cell::Infinite | Cell::Long);
        let is_name = |column: usize| cells[column] == Cell::Text && !convention.is_marked_number(&seen.first[column]);
        // A name over numbers, unless numbers stand beside it over others: a row with a word for what was not measured.
        let over: Vec<usize> = (0..seen.width).filter(|&column| over_numbers(column)).collect();
        if over.iter().any(|&column| is_name(column)) && !over.iter().any(|&column| is_number(column)) {
            return Ok(Heading::First);
        }
        let comment =
            seen.comment.as_ref().filter(|names| names.iter().all(|name| convention.cell(name) == Cell::Text));
        if comment.is_some() && (0..seen.width).any(|column| !is_word(column)) {
            return Ok(Heading::Comment);
        }
        let first: Vec<_> = seen.first.iter().take(3).map(|cell| format!("\"{}\"", shortened(cell))).collect();
        let more = if seen.first.len() > first.len() { ", …" } else { "" };
        let reason = format!(
            "nothing tells whether {}{more} are names of columns or the first row; say Csv::new().header() or Csv::new().no_header()",
            first.join(", ")
        );
        Err(Fault::Header { line: seen.line, reason })
    }
}

/// Where the names of the columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heading {
    /// In the first line that is no comment.
    First,
    /// In the last comment before it.
    Comment,
    Nowhere,
}

/// A table whose values have not been read.
struct Table<'a> {
    settings: &'a Csv,
    separator: Separator,
    convention: Convention,
    names: Vec<String>,
    is_text: Vec<bool>,
    first_is_row: bool,
    width: usize,
    rows: usize,
    /// The first line that is no comment.
    line: usize,
}

impl Table<'_> {
    fn values(self, text: &str) -> Result<Columns, Fault> {
        let wide = self.is_text.iter().filter(|&&text| !text).count();
        let mut numbers = Vec::with_capacity(self.rows * wide);
        let mut texts: Vec<Vec<String>> = vec![Vec::new(); self.width - wide];
        let (mut kept, mut skipped) = (0, 0);
        let mut rows = Rows::new(text, self.separator, self.settings.comment_mark());
        while let Some(row) = rows.next()? {
            if row.line < self.line
                || row.line == self.line && !self.first_is_row
                || self.settings.is_comment(&row, self.width)?
            {
                continue;
            }
            if let Some((column, cell)) = self.absent(&row) {
                if !self.settings.skip_incomplete {
                    let (line, column) = (row.line, shortened(&self.names[column]));
                    return Err(Fault::Absent { line, column, text: shortened(cell) });
                }
                skipped += 1;
                continue;
            }
            let mut next = 0;
            for (column, cell) in row.cells().take(self.width).enumerate() {
                if self.is_text[column] {
                    texts[next].push(cell.into());
                    next += 1;
                } else if let Cell::Number(value) = self.convention.cell(cell) {
                    numbers.push(value);
                } else {
                    let (line, column, text) = (row.line, shortened(&self.names[column]), shortened(cell));
                    return Err(Fault::Cell { line, column, text, wanted: "a finite number".into() });
                }
            }
            kept += 1;
        }
        let numbers = Array2::from_shape_vec((kept, wide), numbers).expect("a number per row and column of numbers");
        let mut texts = texts.into_iter();
        let mut place = 0..wide;
        let values = self.is_text.iter().map(|&text| match text {
            true => Values::Text(texts.next().expect("a list per column of text")),
            false => Values::Number(place.next().expect("a column of the matrix per column of numbers")),
        });
        Ok(Columns::new(self.names.into_iter().zip(values.collect::<Vec<_>>()).collect(), numbers, skipped))
    }

    /// The first missing value of a row.
    fn absent<'r>(&self, row: &'r Row<'_>) -> Option<(usize, &'r str)> {
        row.cells().take(self.width).enumerate().find(|&(column, cell)| match self.is_text[column] {
            true => cell.is_empty(),
            false => self.convention.cell(cell) == Cell::Missing,
        })
    }
}

/// The name of a column without one.
fn generated(column: usize) -> String {
    format!("column {}", column + 1)
}

/// What a cell that is no number of its column had to be, and the ways out.
fn wanted(cell: Cell, numbers: usize, name: &str, settings: &Csv) -> String {
    let name = shortened(name);
    match cell {
        Cell::Otherwise if settings.decimal_comma => {
            format!(
                "a number with a decimal comma; if a mark separates thousands say .thousands(…), if it is text .text(\"{name}\")"
            )
        }
        Cell::Long => format!(
            "a number that a float holds, to which whole numbers beyond 2^53 are rounded; .text(\"{name}\") reads labels, and a measurement is written with a point or an exponent"
        ),
        Cell::Otherwise => format!(
            "a number that can be read in one way; say .decimal_comma(), or .thousands(…) with the mark between groups of digits, or .text(\"{name}\")"
        ),
        _ => format!("a number as the {numbers} others of the column are; .text(\"{name}\") reads the column as text"),
    }
}

fn check_names(names: &[String], line: usize) -> Result<(), Fault> {
    for (index, name) in names.iter().enumerate() {
        let fault = |reason| Err(Fault::ColumnName { line, column: index + 1, reason });
        if name.is_empty() {
            return fault(
                "it has no name; give all columns names with .names([…]), or leave it out of the file (pandas: to_csv(…, index=False))".into(),
            );
        }
        if names[..index].contains(name) {
            return fault(format!(
                "the name \"{}\" comes twice; give all columns names with .names([…])",
                shortened(name)
            ));
        }
    }
    Ok(())
}

/// Names for a message.
fn listed(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(8).map(|name| shortened(name)).collect();
    format!("{}{}", shown.join(", "), if names.len() > shown.len() { ", …" } else { "" })
}

/// Text for a message, however long and whatever it is.
fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

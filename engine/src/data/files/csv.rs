//! Tables of numbers.

use super::gzip::Contents;
use super::{at, bytes};
use crate::error::{Fault, Result};
use ndarray::{Array2, ArrayView1};
use std::path::Path;

/// The most text that is read from a compressed file.
const LIMIT: u64 = 1 << 30;
/// Characters of a cell that an error shows.
const SHOWN: usize = 24;

/// A table of numbers with a name per column.
#[derive(Clone, PartialEq)]
pub struct Columns {
    names: Vec<String>,
    values: Array2<f64>,
}

impl Columns {
    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// All values, `[rows, columns]`.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// The values of the column of that name, `[rows]`.
    pub fn column(&self, name: &str) -> Option<ArrayView1<'_, f64>> {
        let index = self.names.iter().position(|other| other == name)?;
        Some(self.values.column(index))
    }
}

/// The table in a CSV file of numbers, gzipped or not.
///
/// The first line has the names of the columns, every further one a row of finite numbers; cells are separated by commas, spaces
/// around them are left out, and a name may stand in quotes. Names with commas in them are not read, nor are empty cells; empty
/// lines at the end are.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data) with the [`Fault`]: `Missing`, `Empty`; `ColumnName`, `Ragged` and `Cell` with the line of
/// the file, where `Cell` is for text that is not a number and for one that is not finite; `CutOff`, `Damaged`, `TooLarge` and
/// `Trailing` for a gzip stream. [`Error::File`](crate::Error::File) for a file that cannot be read.
pub fn read_csv(path: impl AsRef<Path>) -> Result<Columns> {
    let path = path.as_ref();
    let bytes = bytes(path, "check the path")?;
    text(&bytes).and_then(|text| parse(&text)).map_err(at(path))
}

fn text(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut contents = Contents::of(bytes);
    if matches!(contents, Contents::Plain { .. }) {
        return Ok(bytes.to_vec());
    }
    let text = contents.take(LIMIT)?;
    if text.len() as u64 == LIMIT {
        return Err(Fault::TooLarge { limit: LIMIT });
    }
    contents.end("text")?;
    Ok(text)
}

fn parse(text: &[u8]) -> Result<Columns, Fault> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_end();
    let mut lines = text.split(|&byte| byte == b'\n').map(String::from_utf8_lossy).enumerate();
    let header = lines.next().map(|(_, line)| line).unwrap_or_default();
    if header.trim().is_empty() {
        return Err(Fault::Empty);
    }
    let names = names(&header)?;
    let mut values = Vec::new();
    let mut rows = 0;
    for (index, row) in lines {
        let line = index + 1;
        let got = row.split(',').count();
        if got != names.len() {
            return Err(Fault::Ragged { line, expected: names.len(), got });
        }
        for (name, cell) in names.iter().zip(row.split(',').map(str::trim)) {
            let fault = |wanted| Fault::Cell { line, column: shortened(name), text: shortened(cell), wanted };
            let value: f64 = cell.parse().map_err(|_| fault("a number"))?;
            if !value.is_finite() {
                return Err(fault("a finite number"));
            }
            values.push(value);
        }
        rows += 1;
    }
    let (expected, got) = (names.len() as u64 * rows, values.len() as u64);
    let values = Array2::from_shape_vec((rows as usize, names.len()), values);
    Ok(Columns { values: values.map_err(|_| Fault::Count { what: "values", expected, got })?, names })
}

fn names(header: &str) -> Result<Vec<String>, Fault> {
    let mut names: Vec<String> = Vec::new();
    for (index, cell) in header.split(',').enumerate() {
        let cell = cell.trim();
        let name = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell).trim();
        let fault = |reason| Fault::ColumnName { column: index + 1, reason };
        if name.is_empty() {
            return Err(fault("it has no name".into()));
        }
        if names.iter().any(|other| other == name) {
            return Err(fault(format!("the name \"{}\" comes twice", shortened(name))));
        }
        names.push(name.into());
    }
    Ok(names)
}

/// Text for a message, however long and whatever it is.
fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

//! Named columns of numbers and of text.

use super::classes::Classes;
use crate::error::{ColumnFault, Error, Result};
use ndarray::{Array1, Array2, Axis};
use std::fmt;

/// A table with a name per column, each of numbers or of text.
#[derive(Clone, PartialEq)]
pub struct Columns {
    columns: Vec<(String, Values)>,
    /// The columns of numbers, in their order.
    numbers: Array2<f64>,
    skipped: usize,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// A column of the matrix of numbers.
    Number(usize),
    Text(Vec<String>),
}

impl Columns {
    pub(super) fn new(columns: Vec<(String, Values)>, numbers: Array2<f64>, skipped: usize) -> Self {
        Self { columns, numbers, skipped }
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.numbers.nrows()
    }

    /// Number of rows that were left out because a value was missing.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The cell in a row and a column as text, both counted from 0; `None` beyond the table.
    pub fn cell(&self, row: usize, column: usize) -> Option<String> {
        if row >= self.rows() {
            return None;
        }
        self.columns.get(column).map(|(_, values)| match values {
            Values::Number(index) => self.numbers[[row, *index]].to_string(),
            Values::Text(cells) => cells[row].clone(),
        })
    }

    /// All values, `[rows, columns]`.
    ///
    /// # Errors
    /// [`ColumnFault::Text`] if a column holds text.
    pub fn values(&self) -> Result<Array2<f64>> {
        self.matrix(&self.names())
    }

    /// The values of a column of numbers, `[rows]`.
    ///
    /// # Errors
    /// [`Error::NoColumn`] with the names that there are; [`ColumnFault::Text`].
    pub fn column(&self, name: &str) -> Result<Array1<f64>> {
        Ok(self.numbers.column(self.number(name)?).to_owned())
    }

    /// The columns of those names, in that order, `[rows, names]`.
    ///
    /// # Errors
    /// As for [`Columns::column`].
    pub fn matrix(&self, names: &[impl AsRef<str>]) -> Result<Array2<f64>> {
        let places = names.iter().map(|name| self.number(name.as_ref())).collect::<Result<Vec<_>>>()?;
        Ok(self.numbers.select(Axis(1), &places))
    }

    /// All columns but those of the given names, `[rows, columns]`: the inputs, where the targets are named.
    ///
    /// # Errors
    /// As for [`Columns::column`].
    pub fn matrix_without(&self, names: &[impl AsRef<str>]) -> Result<Array2<f64>> {
        for name in names {
            self.place(name.as_ref())?;
        }
        let kept: Vec<_> =
            self.names().into_iter().filter(|name| names.iter().all(|other| other.as_ref() != *name)).collect();
        self.matrix(&kept)
    }

    /// The cells of a column of text.
    ///
    /// # Errors
    /// [`Error::NoColumn`] with the names that there are; [`ColumnFault::Number`].
    pub fn text(&self, name: &str) -> Result<&[String]> {
        match self.place(name)? {
            Values::Text(cells) => Ok(cells),
            Values::Number(_) => Err(ColumnFault::Number { name: name.into() }.into()),
        }
    }

    /// The classes that a column names, by text or by numbers.
    ///
    /// # Errors
    /// [`Error::NoColumn`]; [`Error::NoRows`] for a table without rows.
    pub fn classes(&self, name: &str) -> Result<Classes> {
        match self.place(name)? {
            Values::Text(cells) => Classes::of(cells),
            Values::Number(index) => Classes::of_numbers(self.numbers.column(*index)),
        }
    }

    fn place(&self, name: &str) -> Result<&Values> {
        let found = self.columns.iter().find(|(other, _)| other == name).map(|(_, values)| values);
        found.ok_or_else(|| Error::NoColumn {
            name: name.into(),
            names: self.names().into_iter().map(String::from).collect(),
        })
    }

    /// The column of the matrix.
    fn number(&self, name: &str) -> Result<usize> {
        match self.place(name)? {
            Values::Number(index) => Ok(*index),
            Values::Text(cells) => {
                Err(ColumnFault::Text { name: name.into(), text: cells.first().map_or_else(String::new, Clone::clone) }
                    .into())
            }
        }
    }
}

/// Rows that a message shows.
const SHOWN: usize = 5;

impl fmt::Debug for Columns {
    /// The first rows under their names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows × {} columns", self.rows(), self.columns.len())?;
        let shown = &self.columns[..self.columns.len().min(2 * SHOWN)];
        let more = if shown.len() < self.columns.len() { ", …" } else { "" };
        let line = |cells: Vec<String>| format!("{}{more}", cells.join(", "));
        write!(f, "\n{}", line(shown.iter().map(|(name, _)| name.escape_debug().to_string()).collect()))?;
        for row in 0..self.rows().min(SHOWN) {
            let cell = |column| self.cell(row, column).expect("a cell of the table").escape_debug().to_string();
            write!(f, "\n{}", line((0..shown.len()).map(cell).collect()))?;
        }
        if self.rows() > SHOWN { f.write_str("\n…") } else { Ok(()) }
    }
}

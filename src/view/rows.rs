//! A table from rows, column by column.

use crate::error::Result;
use polars::prelude::{Column, DataFrame};

/// A table that is being built: by [`frame`].
pub struct Rows<R> {
    rows: Vec<R>,
    columns: Vec<Column>,
}

impl<R> std::fmt::Debug for Rows<R> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "table of {} rows with {} columns so far; .table() ends it", self.rows.len(), self.columns.len())
    }
}

/// A table from rows in one expression: each column has a name, and a function of the row that gives its value.
///
/// ```
/// use hadamard::prelude::*;
/// let runs = [("MLP", 64, Some(0.5)), ("CCP", 128, None)];
/// let table = frame(&runs).text("network", |r| r.0).count("width", |r| r.1).number("left", |r| r.2).table()?;
/// assert_eq!(table.shape(), (2, 3));
/// assert_eq!(table.column("left")?.null_count(), 1);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Rows::table`] gives [`Error::Table`](crate::Error::Table) for a name that comes twice.
pub fn frame<R: Copy>(rows: impl IntoIterator<Item = R>) -> Rows<R> {
    Rows { rows: rows.into_iter().collect(), columns: Vec::new() }
}

impl<R: Copy> Rows<R> {
    /// Adds a column of texts.
    pub fn text<T: Into<String>>(self, name: impl Into<String>, value: impl Fn(R) -> T) -> Self {
        let values: Vec<String> = self.rows.iter().map(|row| value(*row).into()).collect();
        self.with(Column::new(name.into().into(), values))
    }

    /// Adds a column of numbers, some of which may be missing.
    pub fn number<T: Into<Option<f64>>>(self, name: impl Into<String>, value: impl Fn(R) -> T) -> Self {
        let values: Vec<Option<f64>> = self.rows.iter().map(|row| value(*row).into()).collect();
        self.with(Column::new(name.into().into(), values))
    }

    /// Adds a column of whole numbers, some of which may be missing.
    pub fn count<T: Into<Option<usize>>>(self, name: impl Into<String>, value: impl Fn(R) -> T) -> Self {
        let values: Vec<Option<u64>> = self.rows.iter().map(|row| value(*row).into().map(|v| v as u64)).collect();
        self.with(Column::new(name.into().into(), values))
    }

    /// Adds a column of truth values.
    pub fn flag(self, name: impl Into<String>, value: impl Fn(R) -> bool) -> Self {
        let values: Vec<bool> = self.rows.iter().map(|row| value(*row)).collect();
        self.with(Column::new(name.into().into(), values))
    }

    /// Adds a column of numbers per key: its name, and the value of a row there.
    pub fn numbers<K: Copy, T: Into<Option<f64>>>(
        self,
        keys: impl IntoIterator<Item = K>,
        name: impl Fn(K) -> String,
        value: impl Fn(R, K) -> T,
    ) -> Self {
        keys.into_iter().fold(self, |rows, key| rows.number(name(key), |row| value(row, key)))
    }

    /// The table.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table) for a name that comes twice.
    pub fn table(self) -> Result<DataFrame> {
        Ok(DataFrame::new(self.rows.len(), self.columns)?)
    }

    fn with(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_twice_is_refused_and_no_rows_are_a_table() -> Result<()> {
        assert!(frame([1.0]).number("k", |v| v).number("k", |v| v).table().is_err());
        let empty = frame([0.0; 0]).text("a", |_| "").number("b", |v| v).table()?;
        assert_eq!(empty.shape(), (0, 2));
        let wide = frame(&[[1.0, 2.0]]).numbers([0, 1], |k| format!("k = {k}"), |row, k| row[k]).table()?;
        assert_eq!(wide.column("k = 1")?.f64()?.get(0), Some(2.0));
        Ok(())
    }
}

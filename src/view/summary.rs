//! Means with their spread, by groups of rows.

use crate::error::{Error, Result};
use polars::error::PolarsError;
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IdxCa, IdxSize, NamedFrom, Series, SortMultipleOptions};

/// Mean, standard deviation, number and standard error of a column in each group of rows that agree in the columns `groups`; one group
/// without such columns. Groups are sorted.
///
/// Columns `groups…, mean, std, n, standard_error`, with `std² = Σ (v - mean)² / (n - 1)` and `standard_error = std / √n`; both are empty for
/// a single row.
/// ```
/// # use hadamard::prelude::*;
/// let runs = df!("width" => [64, 16, 64, 16], "seed" => [0, 0, 1, 1], "error" => [0.1, 0.4, 0.3, 0.8])?;
/// let table = summary(&runs, &["width"], "error")?;
/// assert_eq!(table.width(), 5);
/// assert!((table.column("mean")?.f64()?.get(0).unwrap() - 0.6).abs() <= 1e-15);
/// # Ok::<(), hadamard::Error>(())
/// ```
///
/// # Errors
/// [`Error::Table`] for a column that is not there, for one of values other than numbers and truth values, and where a value is missing;
/// [`Error::NoRows`]; [`Error::NotFinite`].
pub fn summary(table: &DataFrame, groups: &[&str], value: &str) -> Result<DataFrame> {
    let place = "summary of a table";
    let of_value = table.column(value)?;
    groups.iter().try_for_each(|name| table.column(name).map(|_| ()))?;
    if !(of_value.dtype().is_primitive_numeric() || of_value.dtype() == &DataType::Boolean) {
        let reason = format!("{place}: the column {value} holds {}, not numbers", of_value.dtype());
        return Err(Error::Table(PolarsError::InvalidOperation(reason.into())));
    }
    if table.height() == 0 {
        return Err(Error::NoRows { place });
    }
    for (row, value) in of_value.cast(&DataType::Float64)?.f64()?.iter().enumerate() {
        match value {
            Some(value) if value.is_finite() => {}
            Some(value) => return Err(Error::NotFinite { place, row, column: 0, value }),
            None => {
                let reason = format!("{place}: the column has no value at row {row}; drop such rows first");
                return Err(Error::Table(PolarsError::InvalidOperation(reason.into())));
            }
        }
    }
    let order = SortMultipleOptions::default().with_maintain_order(true);
    let sorted = if groups.is_empty() { table.clone() } else { table.sort(groups.iter().copied(), order)? };
    let keys = groups.iter().map(|name| sorted.column(name)).collect::<Result<Vec<_>, _>>()?;
    let values = sorted.column(value)?.cast(&DataType::Float64)?;
    let values = values.f64()?;
    let mut starts: Vec<IdxSize> = Vec::new();
    let mut lists: Vec<Vec<f64>> = Vec::new();
    let mut last: Option<Vec<AnyValue<'_>>> = None;
    for row in 0..sorted.height() {
        let key = keys.iter().map(|column| column.get(row)).collect::<Result<Vec<_>, _>>()?;
        if last.as_ref() != Some(&key) {
            starts.push(row as IdxSize);
            lists.push(Vec::new());
            last = Some(key);
        }
        let value = values.get(row).expect("no value is missing");
        lists.last_mut().expect("a list was begun with the first row").push(value);
    }
    let spread: Vec<(f64, Option<f64>)> = lists.iter().map(|list| mean_and_deviation(list)).collect();
    let errors =
        spread.iter().zip(&lists).map(|((_, deviation), list)| deviation.map(|d| d / (list.len() as f64).sqrt()));
    let columns: [Column; 4] = [
        Series::new("mean".into(), spread.iter().map(|(mean, _)| *mean).collect::<Vec<_>>()).into(),
        Series::new("std".into(), spread.iter().map(|(_, deviation)| *deviation).collect::<Vec<_>>()).into(),
        Series::new("n".into(), lists.iter().map(|list| list.len() as u32).collect::<Vec<_>>()).into(),
        Series::new("standard_error".into(), errors.collect::<Vec<Option<f64>>>()).into(),
    ];
    if groups.is_empty() {
        return Ok(DataFrame::new(lists.len(), columns.to_vec())?);
    }
    let firsts = sorted.select(groups.iter().copied())?.take(&IdxCa::from_vec("".into(), starts))?;
    Ok(firsts.hstack(&columns)?)
}

/// The deviation is that of a sample, and there is none of one value.
fn mean_and_deviation(list: &[f64]) -> (f64, Option<f64>) {
    let n = list.len() as f64;
    let mean = list.iter().sum::<f64>() / n;
    let squares: f64 = list.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (list.len() > 1).then(|| (squares / (n - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    /// Groups and their numbers by hand.
    #[test]
    fn groups_are_sorted_and_their_spread_is_that_of_a_sample() -> Result<()> {
        let runs = df!(
            "net" => ["b", "a", "b", "a", "b", "c"],
            "width" => [8i64, 64, 64, 64, 8, 8],
            "error" => [1.0f32, 2.0, 3.0, 4.0, 5.0, 7.0]
        )?;
        let table = summary(&runs, &["net", "width"], "error")?;
        let half = 0.5f64.sqrt();
        let expected = df!(
            "net" => ["a", "b", "b", "c"],
            "width" => [64i64, 8, 64, 8],
            "mean" => [3.0, 3.0, 3.0, 7.0],
            "std" => [Some(2.0 * half), Some(4.0 * half), None, None],
            "n" => [2u32, 2, 1, 1],
            "standard_error" => [Some(1.0), Some(2.0), None, None]
        )?;
        assert_eq!(table.get_column_names(), expected.get_column_names());
        for name in ["net", "width", "n", "mean"] {
            assert_eq!(table.column(name)?, expected.column(name)?);
        }
        for name in ["std", "standard_error"] {
            let (got, expected) = (table.column(name)?.f64()?, expected.column(name)?.f64()?);
            for (got, expected) in got.iter().zip(expected.iter()) {
                assert_eq!(got.is_some(), expected.is_some());
                assert!((got.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() <= 1e-15);
            }
        }
        let all = summary(&runs, &[], "error")?;
        assert_eq!((all.height(), all.column("n")?.u32()?.get(0)), (1, Some(6)));
        let right = summary(&df!("right" => [true, false, true, true])?, &[], "right")?;
        assert_eq!(right.column("mean")?.f64()?.get(0), Some(0.75));
        Ok(())
    }

    #[test]
    fn what_has_no_mean_is_refused() -> Result<()> {
        let table = df!("k" => ["a", "b"], "x" => [Some(1.0), None], "y" => [1.0, f64::NAN])?;
        assert!(matches!(summary(&table, &["k"], "k"), Err(Error::Table(_))));
        assert!(matches!(summary(&table, &["k"], "x"), Err(Error::Table(_))));
        assert!(matches!(summary(&table, &["z"], "y"), Err(Error::Table(_))));
        assert!(matches!(summary(&table, &["k"], "y"), Err(Error::NotFinite { row: 1, .. })));
        assert!(matches!(summary(&table.head(Some(0)), &["k"], "y"), Err(Error::NoRows { .. })));
        Ok(())
    }
}

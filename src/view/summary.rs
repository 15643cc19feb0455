//! Means with their spread, by groups of rows.

use crate::error::{Error, Result};
use polars::error::PolarsError;
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy, PlSmallStr, SortMultipleOptions, col, len};

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
/// [`Error::Table`] for a column that is not there, for one of values other than numbers and truth values, where a value is missing, and for
/// groups by a column that is called as one of the result;
/// [`Error::NoRows`]; [`Error::NotFinite`].
pub fn summary(table: &DataFrame, groups: &[&str], value: &str) -> Result<DataFrame> {
    if let Some(taken) = groups.iter().find(|name| NUMBERS.contains(name)) {
        let reason = format!(
            "summary of a table: a column of the result is called {taken}, so none that groups may be; give it another name with .rename(\"{taken}\", …)"
        );
        return Err(Error::Table(PolarsError::InvalidOperation(reason.into())));
    }
    let found = moments(table, groups, value)?;
    let names = NUMBERS.map(PlSmallStr::from_static);
    Ok(found.lazy().rename(MOMENTS, names, true).collect()?)
}

/// Of the columns of a summary after the groups.
const NUMBERS: [&str; 4] = ["mean", "std", "n", "standard_error"];
/// The same under names that nobody gives a column of theirs.
pub(super) const MOMENTS: [&str; 4] = ["hadamard: mean", "hadamard: std", "hadamard: n", "hadamard: standard error"];

/// As [`summary`], with the columns [`MOMENTS`] after the groups.
pub(super) fn moments(table: &DataFrame, groups: &[&str], value: &str) -> Result<DataFrame> {
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
    let values = col(value).cast(DataType::Float64);
    let numbers = [values.clone().mean().alias(MOMENTS[0]), values.std(1).alias(MOMENTS[1]), len().alias(MOMENTS[2])];
    let rows = table.clone().lazy();
    let found = if groups.is_empty() {
        rows.select(numbers)
    } else {
        let keys: Vec<Expr> = groups.iter().map(|name| col(*name)).collect();
        let order = SortMultipleOptions::default().with_maintain_order(true);
        rows.group_by_stable(keys).agg(numbers).sort(groups.to_vec(), order)
    };
    let error = col(MOMENTS[1]) / col(MOMENTS[2]).cast(DataType::Float64).sqrt();
    Ok(found.with_columns([error.alias(MOMENTS[3])]).collect()?)
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
        let taken = df!("n" => [10, 20], "error" => [0.1, 0.2])?;
        assert!(summary(&taken, &["n"], "error").unwrap_err().to_string().contains("rename"));
        assert_eq!(summary(&df!("n" => [1.0, 2.0])?, &[], "n")?.column("mean")?.f64()?.get(0), Some(1.5));
        assert!(matches!(summary(&table, &["k"], "y"), Err(Error::NotFinite { row: 1, .. })));
        assert!(matches!(summary(&table.head(Some(0)), &["k"], "y"), Err(Error::NoRows { .. })));
        Ok(())
    }
}

//! Means of repeated measurements, from a long table.

use super::LineChart;
use super::summary::{MOMENTS, moments};
use crate::error::{Error, Result};
use polars::error::PolarsError;
use polars::prelude::{AnyValue, Column, DataFrame, DataType};

impl LineChart {
    /// Adds per value of the column `by` the means of `y` over the rows of equal `x`, with a band of one sample standard deviation to either
    /// side: the chart of a long table with a row per network, width and seed. A mean of one row has no band.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let runs = df!("network" => ["mlp", "mlp", "ccp", "ccp"], "width" => [64, 64, 64, 64], "error" => [0.1, 0.3, 0.2, 0.2])?;
    /// let chart = line_chart("error").means(&runs, "width", "error", "network")?.axes(Scale::log("width"), Scale::linear("error"));
    /// assert!(chart.figure().to_string().contains("ccp"));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`summary`](super::summary()), but that columns may have any names; [`Error::Table`](crate::Error::Table) if `x` is no column
    /// of numbers or lacks one.
    pub fn means(self, table: &DataFrame, x: &str, y: &str, by: &str) -> Result<Self> {
        Ok(groups(table, x, y, by)?.into_iter().fold(self, |chart, (name, points)| chart.band(name, points)))
    }
}

/// `(x, mean, deviation)`, `x` rising.
type Means = Vec<(f64, f64, f64)>;

/// Per value of `by`, in the order in which they come, the means of `y` by `x` and their sample standard deviations, NaN of one row.
fn groups(table: &DataFrame, x: &str, y: &str, by: &str) -> Result<Vec<(String, Means)>> {
    let rows = moments(table, &[x, by], y)?;
    let numbers = |name: &str| -> Result<Vec<Option<f64>>> {
        Ok(rows.column(name)?.strict_cast(&DataType::Float64)?.f64()?.iter().collect())
    };
    let (xs, means, deviations) = (numbers(x)?, numbers(MOMENTS[0])?, numbers(MOMENTS[1])?);
    let order: Vec<String> = words(table.column(by)?.unique_stable()?)?;
    let mut found: Vec<(String, Means)> = order.into_iter().map(|name| (name, Vec::new())).collect();
    for (row, name) in words(rows.column(by)?.clone())?.into_iter().enumerate() {
        let Some(at) = xs[row].filter(|v| v.is_finite()) else {
            let reason =
                format!("means of {y}: the column {x} has no number where {by} is {name}; drop such rows first");
            return Err(Error::Table(PolarsError::InvalidOperation(reason.into())));
        };
        let mean = means[row].expect("summary refuses what has no mean");
        let (_, points) = found.iter_mut().find(|(other, _)| *other == name).expect("every group has rows");
        points.push((at, mean, deviations[row].unwrap_or(f64::NAN)));
    }
    Ok(found)
}

/// The values of a column as a reader sees them.
fn words(column: Column) -> Result<Vec<String>> {
    let word = |row: usize| {
        Ok(match column.get(row)? {
            AnyValue::String(name) => name.to_string(),
            AnyValue::StringOwned(name) => name.to_string(),
            other => other.to_string(),
        })
    };
    (0..column.len()).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    #[test]
    fn means_and_deviations_are_those_of_the_groups() -> Result<()> {
        let table = df!(
            "net" => ["b", "a", "b", "b", "a"],
            "width" => [16, 8, 8, 8, 8],
            "error" => [5.0, 1.0, 2.0, 4.0, 3.0],
        )?;
        let found = groups(&table, "width", "error", "net")?;
        // By hand.
        assert_eq!(found[0].0, "b");
        assert_eq!(found[0].1[0], (8.0, 3.0, 2f64.sqrt()));
        assert!(found[0].1[1].0 == 16.0 && found[0].1[1].1 == 5.0 && found[0].1[1].2.is_nan());
        assert_eq!(found[1], ("a".into(), vec![(8.0, 2.0, 2f64.sqrt())]));
        assert!(groups(&table, "net", "error", "net").is_err() && groups(&table, "width", "loss", "net").is_err());
        let points = df!("n" => [8, 8], "mean" => ["a", "a"], "std" => [1.0, 3.0])?;
        assert_eq!(groups(&points, "n", "std", "mean")?, [("a".into(), vec![(8.0, 2.0, 2f64.sqrt())])]);
        let missing =
            df!("net" => ["a", "a"], "width" => [Some(1), None], "error" => [Some(1.0), None], "loss" => [1.0, 2.0])?;
        assert!(groups(&missing, "width", "error", "net").unwrap_err().to_string().contains("row 1"));
        assert!(groups(&missing, "width", "loss", "net").unwrap_err().to_string().contains("width"));
        Ok(())
    }
}

//! Means of repeated measurements, from a long table.

use super::LineChart;
use crate::error::Result;
use polars::prelude::{AnyValue, DataFrame, DataType};

impl LineChart {
    /// Adds per value of the column `by` the means of `y` over the rows of equal `x`, with a band of one sample standard deviation to either
    /// side: the chart of a long table with a row per network, width and seed. A mean of one row has no band. Rows of which a number is
    /// missing are left out.
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
    /// [`Error::Table`](crate::Error::Table) for a column that is not there, or whose values are not numbers.
    pub fn means(self, table: &DataFrame, x: &str, y: &str, by: &str) -> Result<Self> {
        Ok(groups(table, x, y, by)?.into_iter().fold(self, |chart, (name, points)| chart.band(name, points)))
    }
}

/// `(x, mean, deviation)`, `x` rising.
type Means = Vec<(f64, f64, f64)>;

/// The values of `y` at each `x`.
type ValuesAt = Vec<(f64, Vec<f64>)>;

/// Per value of `by`, in the order in which they come, the means of `y` by `x` and their sample standard deviations, NaN of one row.
fn groups(table: &DataFrame, x: &str, y: &str, by: &str) -> Result<Vec<(String, Means)>> {
    let numbers = |name: &str| -> Result<Vec<Option<f64>>> {
        let column = table.column(name)?.strict_cast(&DataType::Float64)?;
        Ok(column.f64()?.iter().collect())
    };
    let (xs, ys, names) = (numbers(x)?, numbers(y)?, table.column(by)?);
    let mut found: Vec<(String, ValuesAt)> = Vec::new();
    for row in 0..table.height() {
        let (Some(x), Some(y)) = (xs[row].filter(|v| v.is_finite()), ys[row].filter(|v| v.is_finite())) else {
            continue;
        };
        let name = match names.get(row)? {
            AnyValue::String(name) => name.to_string(),
            AnyValue::StringOwned(name) => name.to_string(),
            other => other.to_string(),
        };
        let place = found.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            found.push((name, Vec::new()));
            found.len() - 1
        });
        let values = &mut found[place].1;
        match values.iter_mut().find(|(at, _)| *at == x) {
            Some((_, values)) => values.push(y),
            None => values.push((x, vec![y])),
        }
    }
    let summary = |(x, values): (f64, Vec<f64>)| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        (x, mean, if values.len() > 1 { (squares / (n - 1.0)).sqrt() } else { f64::NAN })
    };
    let summed = |(name, mut values): (String, Vec<(f64, Vec<f64>)>)| {
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        (name, values.into_iter().map(summary).collect())
    };
    Ok(found.into_iter().map(summed).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    #[test]
    fn means_and_deviations_are_those_of_the_groups() -> Result<()> {
        let table = df!(
            "net" => ["b", "a", "b", "b", "a", "a"],
            "width" => [16, 8, 8, 8, 8, 8],
            "error" => [Some(5.0), Some(1.0), Some(2.0), Some(4.0), Some(3.0), None],
        )?;
        let found = groups(&table, "width", "error", "net")?;
        // By hand.
        assert_eq!(found[0].0, "b");
        assert_eq!(found[0].1[0], (8.0, 3.0, 2f64.sqrt()));
        assert!(found[0].1[1].0 == 16.0 && found[0].1[1].1 == 5.0 && found[0].1[1].2.is_nan());
        assert_eq!(found[1], ("a".into(), vec![(8.0, 2.0, 2f64.sqrt())]));
        assert!(groups(&table, "net", "error", "net").is_err() && groups(&table, "width", "loss", "net").is_err());
        Ok(())
    }
}

//! The evaluations of a search as a table.

use crate::bayesian::BayesianOptimisation;
use crate::error::Result;
use polars::prelude::{Column, DataFrame};

/// A row for each evaluation in its order: `evaluation` from 1, `round`, the coordinates `x0`, `x1`, …, `value`, and the best `so far`.
///
/// ```
/// use hadamard::prelude::*;
/// let mut search = BayesianOptimisation::new(&[(0.0, 1.0)], RandomSearch, Seed(0)).start(3).quiet();
/// search.run(2, |x| x[0])?;
/// assert_eq!(evaluations_table(&search)?.shape(), (5, 5));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Table`](crate::Error::Table).
pub fn evaluations_table(search: &BayesianOptimisation) -> Result<DataFrame> {
    let found = search.evaluations();
    let count = |name: &str, of: &dyn Fn(usize) -> usize| {
        Column::new(name.into(), (0..found.len()).map(|row| of(row) as u64).collect::<Vec<_>>())
    };
    let number = |name: String, values: Vec<f64>| Column::new(name.into(), values);
    let mut columns = vec![count("evaluation", &|row| row + 1), count("round", &|row| found[row].round)];
    for coordinate in 0..search.bounds().len() {
        columns.push(number(format!("x{coordinate}"), found.iter().map(|e| e.point[coordinate]).collect()));
    }
    columns.push(number("value".into(), found.iter().map(|e| e.value).collect()));
    columns.push(number("so far".into(), search.best_so_far().to_vec()));
    Ok(DataFrame::new(found.len(), columns)?)
}

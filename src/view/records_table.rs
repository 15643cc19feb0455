//! Records of training as a table.

use crate::error::Result;
use crate::train::Records;
use polars::prelude::{Column, DataFrame};

/// A row for each record: `step`, `epoch`, `time`, and every quantity that is a number, by its name. Arrays are left out: they stay in
/// [`Records::array`].
///
/// ```
/// use hadamard::prelude::*;
/// let (x, mut network) = (sphere(20, 3, Seed(0))?, mlp(1).width(8).input(3).init(Seed(1))?);
/// let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?;
/// let observer = Observer::new(When::Every(5)).loss().training_outputs();
/// let run = Trainer::steps(10, Sgd::new(0.1)).observe(observer).train(&mut network, &objective)?;
/// let table = records_table(&run.records[0])?;
/// assert_eq!(table.shape(), (3, 4));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) for two quantities of one name.
pub fn records_table(records: &Records) -> Result<DataFrame> {
    let of = |name: &str, values: Vec<f64>| Column::new(name.into(), values);
    let first = [
        Column::new("step".into(), records.steps.clone()),
        of("epoch", records.epochs.clone()),
        of("time", records.times.clone()),
    ];
    let numbers = records.series.iter().filter(|series| series.values.ndim() == 1);
    let numbers = numbers.map(|series| of(&series.name, series.values.iter().copied().collect()));
    Ok(DataFrame::new(records.steps.len(), first.into_iter().chain(numbers).collect())?)
}

//! How far a training run has come.

use super::History;
use crate::checkpoint::Arrays;
use crate::error::Result;
use crate::net::Network;
use crate::train::Training;
use ndarray::{Array1, Array2, Axis};

/// Everything that the next step depends on besides the parameters, and the records so far.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Steps taken.
    pub step: u64,
    pub first_loss: Option<f64>,
    /// The last record is there.
    pub complete: bool,
    steps: Vec<u64>,
    records: Vec<Array1<f64>>,
}

impl State {
    /// Records the outputs before the next step.
    pub fn record(&mut self, outputs: Array1<f64>) {
        self.steps.push(self.step);
        self.records.push(outputs);
    }

    /// `[records, n]`.
    fn outputs(&self, n: usize) -> Array2<f64> {
        if self.records.is_empty() {
            return Array2::zeros((0, n));
        }
        let views: Vec<_> = self.records.iter().map(|r| r.view()).collect();
        ndarray::stack(Axis(0), &views).expect("every record has one output per point")
    }

    pub fn history(self, n: usize) -> History {
        History { outputs: self.outputs(n), steps: self.steps }
    }

    /// What a checkpoint holds.
    pub fn arrays<F: Training>(&self, network: &Network<F>, n: usize) -> Arrays {
        let steps = self.steps.iter().map(|&step| step as f64).collect::<Array1<f64>>();
        let arrays = Arrays::new()
            .number("step", self.step as f64)
            .number("complete", f64::from(u8::from(self.complete)))
            .number("first_loss", self.first_loss.unwrap_or(f64::NAN))
            .with("steps", steps)
            .with("outputs", self.outputs(n));
        let parameters = network.parameters().iter().enumerate();
        parameters.fold(arrays, |arrays, (index, p)| arrays.in_its_precision(&p.name(index), &p.values))
    }

    /// The state of a checkpoint; the parameters go into the network.
    ///
    /// # Errors
    /// [`Error::Store`](crate::Error::Store) if the arrays are not those of this network after a number of steps.
    pub fn restore<F: Training>(
        mut saved: Arrays,
        network: &mut Network<F>,
        (last, every): (u64, u64),
        n: usize,
    ) -> Result<Self> {
        let step = saved.take_count("step", last)?;
        let complete = saved.take_count("complete", 1)? == 1;
        let first_loss = saved.take_number("first_loss")?;
        // Those before the next step, and where all is done the last one too.
        let before = step.div_ceil(every);
        let outputs = saved.take("outputs", (before as usize + usize::from(complete), n))?;
        let mut steps: Vec<u64> = (0..before).map(|record| record * every).collect();
        if complete {
            steps.push(step);
        }
        for (index, parameter) in network.parameters_mut().iter_mut().enumerate() {
            let values = saved.take(&parameter.name(index), parameter.slot().dim)?;
            parameter.values = values.mapv(F::of);
        }
        let records = outputs.rows().into_iter().map(|row| row.to_owned()).collect();
        Ok(Self { step, first_loss: first_loss.is_finite().then_some(first_loss), complete, steps, records })
    }
}

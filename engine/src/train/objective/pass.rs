//! One pass over a batch: the loss and the gradient of the objective, forward and back once.

use super::{Objective, PLACE};
use crate::error::{Error, Result};
use crate::train::Model;
use crate::train::Training;
use ndarray::{Array2, ArrayView2, Axis, s};
use std::sync::Mutex;

/// What a pass gives.
pub(in crate::train) struct Pass<F> {
    /// The mean loss of the batch, without the penalty.
    pub loss: f64,
    /// The gradient of loss and penalty.
    pub gradients: Vec<Array2<F>>,
    /// The outputs `[b, c]`, if they were to be kept.
    pub outputs: Option<Array2<f64>>,
}

/// What a block of rows leaves besides its loss, by its first row.
type Parts<T> = Mutex<Vec<(usize, T)>>;

fn put<T>(parts: &Parts<T>, row: usize, part: T) {
    parts.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((row, part));
}

/// In the order of the rows, whichever block ended first.
fn sorted<T>(parts: Parts<T>) -> Vec<T> {
    let mut parts = parts.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    parts.sort_by_key(|part| part.0);
    parts.into_iter().map(|part| part.1).collect()
}

impl Objective {
    /// The loss of a batch, inputs `[b, d]` and targets `[b, c]`, and `factor` times the gradient of the objective.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a derivative of the loss that is not finite where the loss is. Loss and gradients themselves may overflow.
    pub(in crate::train) fn pass<F: Training>(
        &self,
        model: &dyn Model<F>,
        (inputs, targets): (ArrayView2<'_, F>, ArrayView2<'_, f64>),
        factor: f64,
        keep: bool,
    ) -> Result<Pass<F>> {
        let samples = inputs.nrows() as f64;
        let scale = 1.0 / samples * factor;
        let (kept, wrong) = (Parts::default(), Parts::default());
        let (loss, mut gradients) = model.loss_gradient(inputs, &|rows, outputs| {
            // The loss and its derivative are formed in f64, whatever the model computes in.
            let outputs = outputs.mapv(F::to_f64);
            let mut cotangent = Array2::zeros(outputs.dim());
            let (mut value, mut f, mut y) = (0.0, Vec::new(), Vec::new());
            let mut slope = vec![0.0; outputs.ncols()];
            let targets = targets.slice(s![rows.clone(), ..]);
            for (index, (row, target)) in outputs.rows().into_iter().zip(targets.rows()).enumerate() {
                f.clear();
                f.extend(row);
                y.clear();
                y.extend(target);
                let loss = self.loss.value(&f, &y);
                self.loss.gradient(&f, &y, &mut slope);
                if let Some(column) = slope.iter().position(|s| loss.is_finite() && !s.is_finite()) {
                    put(&wrong, rows.start + index, (rows.start + index, column, slope[column]));
                }
                value += loss;
                cotangent.row_mut(index).iter_mut().zip(&slope).for_each(|(to, s)| *to = F::of(scale * s));
            }
            if keep {
                put(&kept, rows.start, outputs);
            }
            (value / samples, cotangent)
        });
        if let Some(&(row, column, value)) = sorted(wrong).first() {
            return Err(Error::NotFinite {
                place: "derivative of the loss, a row for each sample",
                row,
                column,
                value,
            });
        }
        if let Some(penalty) = &self.penalty {
            penalty.add_gradient(&model.parameters(), factor, &mut gradients);
        }
        let kept = sorted(kept);
        let views: Vec<_> = kept.iter().map(|part| part.view()).collect();
        let outputs = keep.then(|| ndarray::concatenate(Axis(0), &views).expect("blocks of the same outputs"));
        Ok(Pass { loss, gradients, outputs })
    }

    /// The inputs of a batch as its step takes them.
    ///
    /// # Errors
    /// Those of the user's function; [`Error::Size`] and [`Error::NotFinite`] for what it returns.
    pub(in crate::train) fn perturbed<F: Training>(
        &self,
        model: &dyn Model<F>,
        batch: &super::Batch<'_>,
    ) -> Result<Array2<f64>> {
        let perturbation = self.perturbation.as_ref().expect("asked for where there is one");
        let inputs = perturbation.apply(F::any(model), batch)?;
        for (what, expected, got) in [
            ("rows of a perturbed batch", batch.x.nrows(), inputs.nrows()),
            ("columns of a perturbed batch", batch.x.ncols(), inputs.ncols()),
        ] {
            if expected != got {
                return Err(Error::Size { place: PLACE, what, expected, got });
            }
        }
        crate::error::check_finite("perturbed batch", &inputs)?;
        Ok(inputs)
    }
}

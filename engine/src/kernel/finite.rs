//! Kernels of one network at finite width.

use super::{FiniteKernels, Kernel, Kernels, Outputs, Precision, Route};
use crate::error::{Error, Result, check_memory, check_size};
use crate::linalg::Scalar;
use crate::net::{Network, finite, last_weight};
use crate::op::Parameter;
use crate::sweep::{Directions, Gram, Shares};
use ndarray::Array2;

/// One parameter's share of a tangent kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerKernel {
    /// Number of the parameter in forward order, op and role: `2.dense.weight`.
    pub name: String,
    /// Its share; the shares add up to the tangent kernel.
    pub ntk: Kernel,
}

impl<F: FiniteKernels> Network<F> {
    /// Finite-width NTK of `x: [n, d]` with itself, and the NNGP of the last weight; with `c` outputs the full kernel
    /// `[n · c, n · c]`, row `i · c + o` for sample `i` and output `o`.
    ///
    /// Sums over units are kept in `f64` whatever the network computes in; how well the entries are known is in
    /// [`Kernel::precision`].
    ///
    /// # Errors
    /// As for [`Network::outputs`].
    pub fn kernel(&self, x: &Array2<f64>) -> Result<Kernels> {
        self.kernel_of(Outputs::All, x)
    }

    /// Finite-width NTK between `x1: [n1, d]` and `x2: [n2, d]`, `[n1 · c, n2 · c]`.
    ///
    /// # Errors
    /// As for [`Network::kernel`].
    pub fn kernel_between(&self, x1: &Array2<f64>, x2: &Array2<f64>) -> Result<Kernels> {
        self.kernel_of_between(Outputs::All, x1, x2)
    }

    /// As [`Network::kernel`], for some of the outputs only, which costs less.
    ///
    /// # Errors
    /// As for [`Network::kernel`]; [`Error::Range`] for an output that the network has not.
    pub fn kernel_of(&self, outputs: Outputs, x: &Array2<f64>) -> Result<Kernels> {
        F::kernels(self, outputs, x, None)
    }

    /// As [`Network::kernel_between`], for some of the outputs only.
    ///
    /// # Errors
    /// As for [`Network::kernel_of`].
    pub fn kernel_of_between(&self, outputs: Outputs, x1: &Array2<f64>, x2: &Array2<f64>) -> Result<Kernels> {
        F::kernels(self, outputs, x1, Some(x2))
    }

    /// The share of every parameter in the finite-width NTK of `x: [n, d]` with itself, in forward order.
    ///
    /// # Errors
    /// As for [`Network::kernel`].
    pub fn kernel_by_layer(&self, x: &Array2<f64>) -> Result<Vec<LayerKernel>> {
        F::kernel_by_layer(self, x)
    }

    pub(super) fn kernels_here(&self, outputs: Outputs, x1: &Array2<f64>, x2: Option<&Array2<f64>>) -> Result<Kernels> {
        let results = self.shares_of(outputs, x1, x2, self.total())?;
        let [nngp, ntk] = results.try_into().expect("as many results as the shares say");
        let symmetric = x2.is_none() && !matches!(outputs, Outputs::Pair(a, b) if a != b);
        Ok(Kernels::of_outputs(nngp, ntk, (symmetric, Route::Finite), self.rows_per_sample(outputs))
            .with_precision(Precision::of::<F>()))
    }

    pub(super) fn kernel_by_layer_here(&self, x: &Array2<f64>) -> Result<Vec<LayerKernel>> {
        let weights = self.parameters().iter().map(tangent_weight).enumerate();
        let shares = Shares { of: weights.map(|share| vec![share]).collect(), results: self.parameters().len() };
        let results: Vec<Array2<f64>> = self.shares_of(Outputs::All, x, None, shares)?;
        let outputs = self.rows_per_sample(Outputs::All);
        let named = results.into_iter().zip(self.parameters()).enumerate();
        Ok(named
            .map(|(index, (values, parameter))| LayerKernel {
                name: parameter.name(index),
                ntk: Kernel::of_outputs(values, (true, Route::Finite), outputs).with_precision(Precision::of::<F>()),
            })
            .collect())
    }

    /// The NNGP first: the last weight's share over its learning rate, times its variance; then the sum of all.
    pub(crate) fn total(&self) -> Shares {
        let readout = last_weight(self.parameters());
        let of = self.parameters().iter().enumerate().map(|(index, p)| {
            let slot = p.slot();
            let nngp = (index >= readout).then_some((0, slot.gain * slot.gain * slot.deviation * slot.deviation));
            nngp.into_iter().chain(std::iter::once((1, tangent_weight(p)))).collect()
        });
        Shares { of: of.collect(), results: 2 }
    }

    fn shares_of(
        &self,
        outputs: Outputs,
        x1: &Array2<f64>,
        x2: Option<&Array2<f64>>,
        shares: Shares,
    ) -> Result<Vec<Array2<f64>>> {
        let place = "finite-width NTK";
        self.check(place, x1)?;
        if let Some(x2) = x2 {
            self.check(place, x2)?;
        }
        let directions = self.directions(outputs)?;
        let (rows, columns) = (x1.nrows(), x2.map_or(x1.nrows(), |x| x.nrows()));
        let b = self.rows_per_sample(outputs);
        for size in [rows, columns] {
            check_size(place, "the number of rows of all outputs", size.saturating_mul(b))?;
        }
        check_memory(place, &[shares.results, rows, b, columns, b])?;
        let (x1, x2) = (x1.mapv(F::of), x2.map(|x| x.mapv(F::of)));
        let gram = Gram { x1: x1.view(), x2: x2.as_ref().map(|x| x.view()), directions };
        let mut results = F::tangent_gram(&self.model(), &gram, &shares).results;
        if let Outputs::Averaged = outputs {
            let count = self.outputs_count() as f64;
            results.iter_mut().for_each(|a| *a /= count);
        }
        results.into_iter().map(|a| finite(place, a)).collect()
    }

    /// # Errors
    /// [`Error::Range`] for an output that the network has not.
    pub(crate) fn directions(&self, outputs: Outputs) -> Result<(Directions, Directions)> {
        let count = self.outputs_count();
        let one = |o: usize| {
            if o < count {
                return Ok(Directions::One(o));
            }
            let (place, what) = ("finite-width NTK", "the output asked for (counted from 0)");
            Err(Error::Range { place, what, value: o as f64, legal: "below the number of outputs" })
        };
        Ok(match outputs {
            Outputs::All => (Directions::Each(count), Directions::Each(count)),
            Outputs::Averaged => (Directions::Traced(count), Directions::Traced(count)),
            Outputs::One(o) => (one(o)?, one(o)?),
            Outputs::Pair(a, b) => (one(a)?, one(b)?),
        })
    }

    pub(crate) fn rows_per_sample(&self, outputs: Outputs) -> usize {
        if outputs == Outputs::All { self.outputs_count() } else { 1 }
    }
}

/// What a parameter's `Σ (H H'ᵀ) ∘ (Δ Δ'ᵀ)` is multiplied by in the tangent kernel.
pub(super) fn tangent_weight<F: Scalar>(parameter: &Parameter<F>) -> f64 {
    let slot = parameter.slot();
    slot.gain * slot.gain * slot.rate
}

//! The smallest eigenvalue of a tangent kernel and of its parts.

use crate::names::*;
use crate::saved_fields;
use rayon::prelude::*;

/// Of the kernels of some networks on points of their own.
#[derive(Clone)]
pub(in crate::study) struct Bottom {
    pub samples: usize,
    pub width: usize,
    pub parameters: usize,
    /// `λ_min` by repeat, 0 with fewer parameters than points.
    pub whole: Vec<f64>,
    /// The same of each weight matrix alone, by matrix and repeat.
    pub alone: Vec<Vec<f64>>,
    /// The share that each matrix has of the trace, mean over repeats.
    pub shares: Vec<f64>,
}
saved_fields!(Bottom { samples, width, parameters, whole, alone, shares });

/// Of one network: `λ_min` of the whole kernel and of each part, and the parts' traces.
type One = (f64, Vec<f64>, Vec<f64>);

impl Bottom {
    pub fn measure(net: &Net, (samples, width): (usize, usize), repeats: usize, seed: Seed) -> Result<Self> {
        let parameters = net.parameter_count()?;
        let repeat = |index: usize| {
            let seed = seed.child(index as u64);
            one(&net.init(seed.child(0))?, &gaussian(samples, width, seed.child(1))?)
        };
        let found: Vec<Result<One>> = (0..repeats).into_par_iter().map(repeat).collect();
        let found = found.into_iter().collect::<Result<Vec<_>>>()?;
        let parts = found[0].1.len();
        let share = |part: usize| {
            let shares = found.iter().map(|(_, _, traces)| traces[part] / traces.iter().sum::<f64>());
            shares.sum::<f64>() / repeats as f64
        };
        Ok(Self {
            samples,
            width,
            parameters,
            whole: found.iter().map(|one| one.0).collect(),
            alone: (0..parts).map(|part| found.iter().map(|one| one.1[part]).collect()).collect(),
            shares: (0..parts).map(share).collect(),
        })
    }
}

fn one(network: &Network, x: &Matrix) -> Result<One> {
    let parts = network.kernel_by_layer(x)?;
    let counts: Vec<usize> = network.parameters().iter().map(|parameter| parameter.values.len()).collect();
    let mut sum = Matrix::zeros((x.nrows(), x.nrows()));
    let (mut alone, mut traces) = (Vec::new(), Vec::new());
    for (part, count) in parts.into_iter().zip(&counts) {
        sum += part.ntk.values();
        traces.push(part.ntk.values().diag().sum());
        alone.push(smallest(&part.ntk, *count)?);
    }
    let whole = smallest(&Kernel::of_outputs(sum, (true, Route::Finite), 1), counts.iter().sum())?;
    Ok((whole, alone, traces))
}

/// `λ_min` of `J Jᵀ`, which is singular if it has fewer columns than rows.
fn smallest(kernel: &Kernel, columns: usize) -> Result<f64> {
    if columns < kernel.values().nrows() { Ok(0.0) } else { Ok(kernel.smallest_eigenpairs(1)?.values[0]) }
}

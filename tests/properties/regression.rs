//! Regression with the kernels of random networks, and their spectra.

use crate::ground::{Ground, Outcome, Relation, Verdict, computed, largest, or_silent, require};
use crate::sample::normals;
use hadamard::prelude::*;

pub const RELATIONS: &[Relation] = &[
    Relation { name: "ridge solves its equations", check: ridge },
    Relation { name: "ridge with a kernel in f32", check: single },
    Relation { name: "ridge with a limit kernel", check: limit },
    Relation { name: "flow takes residuals down", check: flow },
    Relation { name: "spectrum adds up to the trace", check: spectrum },
];

/// A share of the mean eigenvalue above any rounding of either precision.
const SHARE: f64 = 1e-2;

/// `(K + λ) a = y`, to the rounding of a solve by eigenpairs: `n ε (‖K‖ + λ) ‖a‖`.
fn solves(ground: &Ground, kernel: &Kernel) -> Outcome {
    let values = kernel.values();
    let (n, trace) = (values.nrows(), values.diag().sum());
    let y = normals((n, 2), ground.sample.seed(9));
    let regression = kernel.regression(&y).map_err(|error| error.to_string())?;
    let share = Regularization::RelativeTrace(SHARE);
    let ridge = match regression.ridge(share) {
        Ok(ridge) => ridge,
        Err(Error::Singular { .. } | Error::Range { .. }) if trace <= 0.0 => return Ok(Verdict::Silent),
        Err(error) => return Err(format!("ridge of a kernel of trace {trace:e}: {error}")),
    };
    let (a, lambda) = (&ridge.coefficients, ridge.condition.lambda);
    let mean = trace / n as f64;
    require((lambda - SHARE * mean).abs() <= 1e-12 * mean, || format!("λ = {lambda:e} of a mean of {mean:e}"))?;
    let norm = |m: &Matrix| m.iter().map(|v| v * v).sum::<f64>().sqrt();
    let slack = 16.0 * n as f64 * f64::EPSILON * ((norm(values) + lambda) * norm(a) + norm(&y));
    ground.near("(K + λ) a", &(values.dot(a) + a * lambda), &y, slack)?;
    Ok(Verdict::Held)
}

fn ridge(ground: &Ground) -> Outcome {
    or_silent!(ground.kernels()?);
    let traced = ground.network.kernel_of(Outputs::Averaged, &ground.x).map_err(|error| error.to_string())?;
    solves(ground, traced.ntk())?;
    solves(ground, traced.nngp())
}

fn single(ground: &Ground) -> Outcome {
    let kernels = ground.network.cast::<f32>().kernel_of(Outputs::Averaged, &ground.x);
    solves(ground, or_silent!(computed("f32", kernels)?).ntk())
}

fn limit(ground: &Ground) -> Outcome {
    let limits = or_silent!(ground.limits().ok());
    solves(ground, limits.ntk())?;
    solves(ground, limits.nngp())
}

fn flow(ground: &Ground) -> Outcome {
    let kernels = match ground.limits() {
        Ok(limits) => limits.clone(),
        Err(_) => {
            let kernels = ground.network.kernel_of(Outputs::Averaged, &ground.x);
            or_silent!(computed("kernel", kernels)?)
        }
    };
    let y = normals((kernels.ntk().values().nrows(), 1), ground.sample.seed(9));
    let regression = kernels.ntk().regression(&y).map_err(|error| error.to_string())?;
    let top = regression.eigen().largest();
    let unit = if top > 0.0 { 1.0 / top } else { 1.0 };
    let residuals =
        regression.gradient_flow().residuals(&[0.0, unit, 100.0 * unit]).map_err(|error| error.to_string())?;
    let sizes: Vec<f64> = residuals.outer_iter().map(|r| r.iter().map(|v| v * v).sum::<f64>().sqrt()).collect();
    // Eigenvectors are orthonormal to n ε.
    let rounding = 1.0 + 16.0 * y.len() as f64 * f64::EPSILON;
    let falls = sizes.windows(2).all(|pair| pair[1] <= pair[0] * rounding);
    require(falls, || format!("sizes {sizes:?}"))?;
    Ok(Verdict::Held)
}

fn spectrum(ground: &Ground) -> Outcome {
    let kernels = or_silent!(ground.kernels()?);
    let values = kernels.ntk().values();
    let spectrum = kernels.ntk().spectrum().map_err(|error| error.to_string())?;
    let (sum, trace) = (spectrum.values().sum(), values.diag().sum());
    let n = values.nrows() as f64;
    ground.near("sum", &array![[sum]], &array![[trace]], 16.0 * n * n * f64::EPSILON * largest(values))?;
    require(spectrum.rank() <= values.nrows(), || format!("rank {}", spectrum.rank()))?;
    // These may be refused, of a kernel of zeros, but not fall over.
    for number in [spectrum.effective_rank(), spectrum.participation_ratio(), spectrum.condition_number()] {
        require(!number.as_ref().is_ok_and(|number| number.is_nan()), || format!("{number:?}"))?;
    }
    Ok(Verdict::Held)
}

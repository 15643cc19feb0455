//! What kernel regression learns of each harmonic from a number of points.

use super::mercer_coefficients;
use crate::error::{Error, Result};
use crate::harmonic::harmonic_counts;
use crate::net::Net;
use ndarray::Array2;

/// What interpolation by a kernel learns of each harmonic of the sphere from `n` random points, on average over the points.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnability {
    /// `κ`: coefficients above it are learned.
    pub threshold: f64,
    /// `μ_k`, by degree.
    pub coefficients: Vec<f64>,
    /// `L_k = μ_k/(μ_k + κ)`, by degree: the share of a harmonic's coefficient that is in the prediction.
    pub shares: Vec<f64>,
}

/// So many harmonics per point are taken one by one; the rest is far below the threshold.
const RESOLVED: f64 = 1000.0;
/// Beyond it the quadrature's noise times the number of harmonics counts.
const LAST: usize = 200;
/// Of a coefficient, as a share of the largest.
const NOISE: f64 = 1e-14;
/// Of a trace, as a share of it.
const ROUNDING: f64 = 1e-12;

/// What a network's limit NTK learns of the harmonics of degree `k` on the unit sphere of `R^d` from `n` points.
///
/// `κ` solves `n = Σ_k N_k μ_k/(μ_k + κ)` with `N_k` harmonics of degree `k` and Mercer coefficients `μ_k` (Bordelon, Canatar and
/// Pehlevan 2020; Simon et al. 2023, "The eigenlearning framework"). What lies beyond the degrees that `n` points could resolve enters
/// as the rest of the trace over `κ`. It is a theory of large `n`; the study `held_out_projections` compares it with regression.
///
/// # Errors
/// [`Error::Range`] for no points, and for at least as many as the kernel has eigenvalues, which leave no threshold; as for
/// [`mercer_coefficients`].
pub fn learnability(net: &Net, d: usize, n: usize) -> Result<Learnability> {
    let refuse = |legal| Error::Range { place: "learnability", what: "the number of points", value: n as f64, legal };
    if n == 0 {
        return Err(refuse("at least 1"));
    }
    let all = harmonic_counts(d, LAST);
    let reached = all.iter().scan(0.0, |sum, count| {
        *sum += count;
        Some(*sum)
    });
    let last = reached.take_while(|&sum| sum < RESOLVED * n as f64).count().clamp(12, LAST);
    let degrees: Vec<usize> = (0..=last).collect();
    let mut mu = mercer_coefficients(net, d, &degrees)?;
    let top = mu.iter().fold(0.0, |m: f64, v| m.max(*v));
    mu.iter_mut().filter(|m| **m < NOISE * top).for_each(|m| *m = 0.0);
    let mut pole = Array2::zeros((1, d));
    pole[[0, 0]] = 1.0;
    let trace = net.limit_kernel(&pole)?.ntk().values()[[0, 0]];
    let counts = &all[..=last];
    let rest = trace - mu.iter().zip(counts).map(|(m, count)| m * count).sum::<f64>();
    let rest = if rest < ROUNDING * trace { 0.0 } else { rest };
    let learned = |kappa: f64| mu.iter().zip(counts).map(|(m, c)| c * m / (m + kappa)).sum::<f64>() + rest / kappa;
    let (mut low, mut high) = (trace * ROUNDING, trace);
    if !(learned(low) > n as f64) {
        return Err(refuse("below the number of eigenvalues of the kernel"));
    }
    while learned(high) > n as f64 {
        high *= 2.0;
    }
    // Bisection of the logarithm, to rounding.
    for _ in 0..100 {
        let middle = (low * high).sqrt();
        if learned(middle) > n as f64 { low = middle } else { high = middle }
    }
    let threshold = (low * high).sqrt();
    Ok(Learnability { threshold, shares: mu.iter().map(|m| m / (m + threshold)).collect(), coefficients: mu })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{mlp, network};
    use crate::op::dense;

    #[test]
    fn a_linear_kernel_learns_a_direction_per_point() -> Result<()> {
        // All weight on the d harmonics of degree 1, so that L_1 = n/d.
        let linear = network("linear", dense(1));
        for n in [1, 3, 7] {
            let found = learnability(&linear, 10, n)?;
            assert!((found.shares[1] - n as f64 / 10.0).abs() <= 1e-9, "{found:?}");
            assert!(found.shares[2].abs() <= 1e-9);
        }
        assert!(matches!(learnability(&linear, 10, 11), Err(Error::Range { .. })));
        assert!(matches!(learnability(&mlp(1), 10, 0), Err(Error::Range { .. })));
        Ok(())
    }

    #[test]
    fn the_threshold_solves_its_equation_with_twice_as_many_degrees() -> Result<()> {
        let (net, d, last) = (mlp(3), 5, 450);
        let mu = mercer_coefficients(&net, d, &(0..=last).collect::<Vec<_>>())?;
        for n in [50, 400] {
            let kappa = learnability(&net, d, n)?.threshold;
            let sum: f64 = mu.iter().zip(harmonic_counts(d, last)).map(|(m, c)| c * m / (m + kappa)).sum();
            // The rest falls as one over the degree.
            assert!((sum / n as f64 - 1.0).abs() <= 0.05, "{n} {sum}");
        }
        Ok(())
    }
}

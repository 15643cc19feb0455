use super::LinearOperator;
use super::hutchinson::{Estimate, unit};
use super::tridiagonal::Tridiagonal;
use crate::error::{Error, Result};
use crate::random::Seed;

/// The eigenvalues of an operator as a distribution, by stochastic Lanczos quadrature: from every random start vector some Lanczos
/// steps, whose Ritz values are the nodes of a Gauss quadrature of the spectrum as that vector sees it (Golub and Meurant 1994; Ubaru,
/// Chen and Saad 2017). With `k` steps a vector's moments up to degree `2k - 1` are exact.
///
/// ```
/// use hadamard::prelude::*;
/// let matrix = Array2::from_diag(&Array1::linspace(0.0, 1.0, 200));
/// let density = SpectralDensity::new(30, 8, Seed(0)).run(&matrix)?;
/// assert!((density.mean(|v| v).value - 0.5).abs() <= 1e-10);              // (1/n) tr A
/// assert!((density.share_below(0.3).value - 0.3).abs() <= 0.05);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SpectralDensity {
    steps: usize,
    vectors: usize,
    seed: Seed,
}

/// A distribution of eigenvalues, from several random vectors.
#[derive(Clone, PartialEq)]
pub struct Density {
    /// Per vector the nodes, rising, with weights that add up to 1.
    vectors: Vec<Vec<(f64, f64)>>,
    dim: usize,
}

const PLACE: &str = "spectral density";

impl std::fmt::Debug for Density {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((low, high), nodes) = (self.range(), self.vectors.iter().map(Vec::len).sum::<usize>());
        write!(f, "density of {} eigenvalues from {low:.4e} to {high:.4e}, by {nodes} nodes", self.dim)
    }
}

impl SpectralDensity {
    /// So many Lanczos steps from each of so many vectors, at least 2.
    pub fn new(steps: usize, vectors: usize, seed: Seed) -> Self {
        Self { steps, vectors, seed }
    }

    /// Runs the quadrature: `steps · vectors` products, in the memory of `steps` vectors.
    ///
    /// # Errors
    /// [`Error::Range`] without steps or for fewer than 2 vectors; [`Error::NoRows`]; the operator's own, and those of a bad product.
    pub fn run(&self, operator: &dyn LinearOperator) -> Result<Density> {
        let dim = operator.dim();
        for (what, value, legal, least) in [
            ("the number of Lanczos steps", self.steps, "at least 1", 1),
            ("the number of random vectors", self.vectors, "at least 2", 2),
        ] {
            if value < least {
                return Err(Error::Range { place: PLACE, what, value: value as f64, legal });
            }
        }
        if dim == 0 {
            return Err(Error::NoRows { place: PLACE });
        }
        let vectors = (0..self.vectors).map(|index| {
            let mut lanczos = Tridiagonal::start(&unit(dim, self.seed, index as u64));
            for _ in 0..self.steps {
                if !lanczos.extend(PLACE, operator)? {
                    break;
                }
            }
            let ritz = lanczos.ritz()?;
            Ok(ritz.values.iter().copied().zip(ritz.weights()).collect())
        });
        Ok(Density { vectors: vectors.collect::<Result<_>>()?, dim })
    }
}

impl Density {
    /// `(1/n) Σ_i f(λ_i)`, with its standard error over the vectors.
    pub fn mean(&self, f: impl Fn(f64) -> f64) -> Estimate {
        let of = |nodes: &Vec<(f64, f64)>| nodes.iter().map(|&(value, weight)| weight * f(value)).sum();
        Estimate::of(&self.vectors.iter().map(of).collect::<Vec<f64>>())
    }

    /// The trace, with its standard error.
    pub fn trace(&self) -> Estimate {
        let Estimate { value, standard_error } = self.mean(|v| v);
        Estimate { value: self.dim as f64 * value, standard_error: self.dim as f64 * standard_error }
    }

    /// The share of eigenvalues up to `value`.
    pub fn share_below(&self, value: f64) -> Estimate {
        self.mean(|v| if v <= value { 1.0 } else { 0.0 })
    }

    /// The density at some values, each node spread as a Gaussian of deviation `width`; its integral is 1.
    ///
    /// # Errors
    /// [`Error::Range`] unless the width is positive and finite.
    pub fn smoothed(&self, values: &[f64], width: f64) -> Result<Vec<f64>> {
        if !(width > 0.0 && width.is_finite()) {
            let (what, legal) = ("the width of the smoothing", "positive and finite");
            return Err(Error::Range { place: PLACE, what, value: width, legal });
        }
        let scale = 1.0 / (width * (2.0 * std::f64::consts::PI).sqrt());
        let at = |x: f64| self.mean(|v| scale * (-0.5 * ((x - v) / width).powi(2)).exp()).value;
        Ok(values.iter().map(|&x| at(x)).collect())
    }

    /// The smallest and the largest node.
    pub fn range(&self) -> (f64, f64) {
        let nodes = self.vectors.iter().flatten().map(|&(value, _)| value);
        nodes.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2};

    #[test]
    fn all_steps_are_the_spectrum_and_moments_of_low_degree_are_exact() {
        let values = [-1.0, 0.5, 2.0, 2.0, 7.0];
        let matrix = Array2::from_diag(&Array1::from(values.to_vec()));
        let density = SpectralDensity::new(9, 3, Seed(1)).run(&matrix).expect("a density");
        for power in 0..6 {
            let expected = values.iter().map(|v: &f64| v.powi(power)).sum::<f64>() / 5.0;
            let found = density.mean(|v| v.powi(power));
            // Signs meet a diagonal matrix exactly.
            assert!((found.value - expected).abs() <= 1e-10 * expected.abs().max(1.0), "{power}: {found:?}");
            assert!(found.standard_error <= 1e-10 * expected.abs().max(1.0));
        }
        assert!((density.trace().value - 10.5).abs() <= 1e-10);
        let (low, high) = density.range();
        assert!((low + 1.0).abs() <= 1e-12 && (high - 7.0).abs() <= 1e-12);
        assert!((density.share_below(1.0).value - 0.4).abs() <= 1e-12);
    }

    #[test]
    fn smoothed_densities_have_area_one() {
        let matrix = Array2::from_diag(&Array1::linspace(-1.0, 1.0, 60));
        let density = SpectralDensity::new(20, 4, Seed(2)).run(&matrix).expect("a density");
        let at: Vec<f64> = (-400..=400).map(|i| f64::from(i) * 0.01).collect();
        let area: f64 = density.smoothed(&at, 0.1).expect("a width").iter().map(|d| d * 0.01).sum();
        assert!((area - 1.0).abs() <= 1e-6, "{area}");
        assert!(density.smoothed(&at, 0.0).is_err());
    }

    #[test]
    fn edges_are_refused_or_right() {
        let one = SpectralDensity::new(1, 2, Seed(0)).run(&Array2::from_elem((1, 1), 3.0)).expect("a density");
        assert!((one.mean(|v| v).value - 3.0).abs() <= 1e-15);
        let zero = SpectralDensity::new(5, 2, Seed(0)).run(&Array2::zeros((4, 4))).expect("a density");
        assert_eq!(zero.range(), (0.0, 0.0));
        for settings in [SpectralDensity::new(0, 2, Seed(0)), SpectralDensity::new(3, 1, Seed(0))] {
            assert!(matches!(settings.run(&Array2::eye(2)), Err(Error::Range { .. })));
        }
    }
}

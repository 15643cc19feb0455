use super::LinearOperator;
use super::operator::product;
use crate::error::{Error, Result};
use crate::random::Seed;
use ndarray::{Array2, Axis};

/// The trace of an operator from its products with random vectors of ±1: `E zᵀ A z = tr A` (Hutchinson 1990), with the standard error of
/// the mean. One vector's variance is `2 Σ_{i≠j} A_ij²`: exact for a diagonal matrix.
///
/// ```
/// use hadamard::prelude::*;
/// let matrix = array![[2.0, 0.5], [0.5, 1.0]];
/// let trace = Hutchinson::new(400, Seed(0)).run(&matrix)?;
/// assert!((trace.value - 3.0).abs() <= 4.0 * trace.standard_error);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Hutchinson {
    vectors: usize,
    seed: Seed,
}

/// A mean over random vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub value: f64,
    /// Its standard error, from the spread over the vectors.
    pub standard_error: f64,
}

impl Hutchinson {
    /// With so many vectors, at least 2.
    pub fn new(vectors: usize, seed: Seed) -> Self {
        Self { vectors, seed }
    }

    /// The trace.
    ///
    /// # Errors
    /// [`Error::Range`] for fewer than 2 vectors; [`Error::NoRows`]; the operator's own, and those of a bad product.
    pub fn run(&self, operator: &dyn LinearOperator) -> Result<Estimate> {
        let (place, dim) = ("Hutchinson's trace", operator.dim());
        if self.vectors < 2 {
            let (what, value) = ("the number of random vectors", self.vectors as f64);
            return Err(Error::Range { place, what, value, legal: "at least 2" });
        }
        if dim == 0 {
            return Err(Error::NoRows { place });
        }
        let values = (0..self.vectors).map(|index| {
            let z = signs(dim, self.seed, index as u64);
            Ok((&z * &product(place, operator, &z)?).sum())
        });
        let values = values.collect::<Result<Vec<f64>>>()?;
        Ok(Estimate::of(&values))
    }
}

impl Estimate {
    /// Of at least two values.
    pub(super) fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let value = values.iter().sum::<f64>() / n;
        let spread = values.iter().map(|v| (v - value).powi(2)).sum::<f64>() / (n - 1.0);
        Self { value, standard_error: (spread / n).sqrt() }
    }
}

/// `[dim, 1]` of ±1.
pub(super) fn signs(dim: usize, seed: Seed, stream: u64) -> Array2<f64> {
    let mut draw = seed.below(stream);
    Array2::from_shape_simple_fn((dim, 1), || if draw(2) == 0 { 1.0 } else { -1.0 })
}

/// As [`signs`], of unit length.
pub(super) fn unit(dim: usize, seed: Seed, stream: u64) -> ndarray::Array1<f64> {
    signs(dim, seed, stream).remove_axis(Axis(1)) / (dim as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;

    #[test]
    fn of_a_diagonal_it_is_exact_and_of_others_within_its_error() {
        let diagonal = Array2::from_diag(&Array1::from_iter((1..=7).map(f64::from)));
        let exact = Hutchinson::new(3, Seed(0)).run(&diagonal).expect("a trace");
        assert!((exact.value - 28.0).abs() <= 1e-12 && exact.standard_error <= 1e-12, "{exact:?}");
        let full = Array2::from_shape_fn((9, 9), |(i, j)| 1.0 / (1.0 + i.abs_diff(j) as f64));
        let mut far = 0;
        for seed in 0..40 {
            let found = Hutchinson::new(50, Seed(seed)).run(&full).expect("a trace");
            far += usize::from(!((found.value - 9.0).abs() <= 2.0 * found.standard_error));
        }
        // Two standard errors are left once in twenty.
        assert!(far <= 6, "{far} of 40");
    }

    #[test]
    fn one_vector_has_no_error_and_is_refused() {
        assert!(matches!(Hutchinson::new(1, Seed(0)).run(&Array2::eye(2)), Err(Error::Range { .. })));
        assert!(matches!(Hutchinson::new(2, Seed(0)).run(&Array2::zeros((0, 0))), Err(Error::NoRows { .. })));
    }
}

//! Symmetric matrices known by their products with vectors only.

use super::multiply;
use crate::error::{Error, Result};
use ndarray::Array2;

/// A symmetric matrix `A` that need not be in memory: all that is asked of it is its product with vectors.
///
/// The same vectors must give the same bits, or the solvers are not reproducible.
pub trait LinearOperator {
    /// Number of rows, which is that of columns.
    fn dim(&self) -> usize;

    /// `A v` for the columns of `v: [dim, k]`, as `[dim, k]`.
    ///
    /// # Errors
    /// Whatever keeps the operator from its product.
    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>>;

    /// The smallest residual to ask for, relative to the product: that of an operator in single precision is larger.
    fn accuracy(&self) -> f64 {
        1e-10
    }

    /// `a A`.
    fn scaled(self, factor: f64) -> CombinedOperator
    where
        Self: Sized + 'static,
    {
        CombinedOperator { terms: vec![(factor, Box::new(self))], shift: 0.0 }
    }

    /// `A + λ I`.
    fn shifted(self, shift: f64) -> CombinedOperator
    where
        Self: Sized + 'static,
    {
        CombinedOperator { terms: vec![(1.0, Box::new(self))], shift }
    }

    /// `A + B`.
    ///
    /// # Errors
    /// [`Error::Size`] for operators of different dimensions.
    fn plus(self, other: impl LinearOperator + 'static) -> Result<CombinedOperator>
    where
        Self: Sized + 'static,
    {
        let (expected, got) = (self.dim(), other.dim());
        if expected != got {
            let place = "sum of operators";
            return Err(Error::Size { place, what: "rows of the second operator", expected, got });
        }
        Ok(CombinedOperator { terms: vec![(1.0, Box::new(self)), (1.0, Box::new(other))], shift: 0.0 })
    }
}

/// `Σ_i a_i A_i + λ I`, from [`LinearOperator::scaled`], [`LinearOperator::shifted`] and [`LinearOperator::plus`].
///
/// ```
/// use hadamard::prelude::*;
/// let (a, b) = (array![[2.0, 1.0], [1.0, 2.0]], array![[0.0, 1.0], [1.0, 0.0]]);
/// let sum = a.scaled(0.5).plus(b)?.shifted(1.0);                          // 0.5 a + b + 1
/// assert_eq!(sum.apply(&array![[1.0], [1.0]])?, array![[3.5], [3.5]]);
/// # Ok::<(), Error>(())
/// ```
pub struct CombinedOperator {
    terms: Vec<(f64, Box<dyn LinearOperator>)>,
    shift: f64,
}

impl LinearOperator for CombinedOperator {
    fn dim(&self) -> usize {
        self.terms.first().map_or(0, |(_, operator)| operator.dim())
    }

    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
        let mut sum = v * self.shift;
        for (factor, operator) in &self.terms {
            sum.scaled_add(*factor, &operator.apply(v)?);
        }
        Ok(sum)
    }

    fn accuracy(&self) -> f64 {
        self.terms.iter().map(|(_, operator)| operator.accuracy()).fold(0.0, f64::max)
    }
}

impl std::fmt::Debug for CombinedOperator {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sum of {} operators of dimension {}, shifted by {}", self.terms.len(), self.dim(), self.shift)
    }
}

impl LinearOperator for Array2<f64> {
    fn dim(&self) -> usize {
        self.nrows()
    }

    /// # Errors
    /// [`Error::Size`] for a matrix that is not square or vectors of another length.
    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
        let place = "product of a matrix with vectors";
        for (what, got) in [("columns", self.ncols()), ("rows of the vectors", v.nrows())] {
            if got != self.nrows() {
                return Err(Error::Size { place, what, expected: self.nrows(), got });
            }
        }
        Ok(multiply(self, v))
    }
}

/// `A v`, checked for its shape and for values that are not finite.
pub(super) fn product(place: &'static str, operator: &dyn LinearOperator, v: &Array2<f64>) -> Result<Array2<f64>> {
    let image = operator.apply(v)?;
    for (what, expected, got) in
        [("rows of the product", v.nrows(), image.nrows()), ("columns of the product", v.ncols(), image.ncols())]
    {
        if expected != got {
            return Err(Error::Size { place, what, expected, got });
        }
    }
    crate::error::check_input(place, &image, None)?;
    Ok(image)
}

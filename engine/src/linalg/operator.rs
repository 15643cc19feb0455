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

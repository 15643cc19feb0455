//! Symmetric matrices known by their products with vectors only.

use crate::error::Result;
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
}

//! The inverse of a positive definite matrix as an operator.

use super::{LinearOperator, single_threaded_blas};
use crate::error::{Error, Result, check_memory};
use ndarray::{Array2, OwnedRepr};
use ndarray_linalg::{CholeskyFactorized, FactorizeCInto, SolveC, UPLO};

/// `A⁻¹` by the Cholesky factor of `A`, which is all that is held.
pub(crate) struct Inverse {
    factor: CholeskyFactorized<OwnedRepr<f64>>,
}

impl Inverse {
    /// Of a symmetric matrix; only its lower triangle is read. None if rounding or the matrix leave it without a factor.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn of(a: &Array2<f64>) -> Result<Option<Self>> {
        check_memory("inverse", &[a.len()])?;
        let _blas = single_threaded_blas();
        Ok(a.as_standard_layout().into_owned().factorizec_into(UPLO::Lower).ok().map(|factor| Self { factor }))
    }

    /// `ln det A`.
    pub fn log_determinant(&self) -> f64 {
        2.0 * self.factor.factor.diag().iter().map(|v| v.ln()).sum::<f64>()
    }

    /// The Cholesky factor `L`, `A = L Lᵀ`.
    pub fn into_lower(self) -> Array2<f64> {
        self.factor.into_lower()
    }
}

impl LinearOperator for Inverse {
    fn dim(&self) -> usize {
        self.factor.factor.nrows()
    }

    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
        let _blas = single_threaded_blas();
        let failed = |_| Error::Lapack { routine: "dpotrs", info: 1, n: self.dim() };
        let mut solved = Array2::zeros(v.dim());
        for (from, mut to) in v.columns().into_iter().zip(solved.columns_mut()) {
            to.assign(&self.factor.solvec(&from).map_err(failed)?);
        }
        Ok(solved)
    }
}

//! Kernels of one network at finite width.

use super::{Kernels, Route};
use crate::error::Result;
use crate::net::{Network, finite};
use crate::sweep::TangentGram;
use ndarray::Array2;

impl Network<f64> {
    /// Finite-width NTK `[n, n]` of `x: [n, d]` with itself, and the NNGP of the last dense layer.
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Size`](crate::Error::Size) for more than one output.
    pub fn kernel(&self, x: &Array2<f64>) -> Result<Kernels> {
        self.kernel_of("finite-width NTK", x, None)
    }

    /// Finite-width NTK `[n1, n2]` between `x1: [n1, d]` and `x2: [n2, d]`.
    ///
    /// # Errors
    /// As for [`Network::kernel`].
    pub fn kernel_between(&self, x1: &Array2<f64>, x2: &Array2<f64>) -> Result<Kernels> {
        self.kernel_of("finite-width NTK", x1, Some(x2))
    }

    fn kernel_of(&self, place: &'static str, x1: &Array2<f64>, x2: Option<&Array2<f64>>) -> Result<Kernels> {
        self.check(place, x1)?;
        if let Some(x2) = x2 {
            self.check(place, x2)?;
        }
        self.require_one_output(place)?;
        let gram = TangentGram::compute(self.net().layer(), self.parameters(), x1.view(), x2.map(|x| x.view()));
        let symmetric = x2.is_none();
        Ok(Kernels::new(finite(place, gram.nngp)?, finite(place, gram.ntk)?, symmetric, Route::Finite))
    }
}

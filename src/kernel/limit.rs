//! Kernels at infinite width.

use super::{Kernels, Route};
use crate::error::{Error, Result, check_input};
use crate::linalg::{mirror_lower, single_threaded_blas};
use crate::net::Net;
use crate::op::{KernelState, Layer, Op};
use ndarray::{Array2, s};
use rayon::prelude::*;

impl Net {
    /// NNGP and NTK at infinite width, of `x: [n, d]` with itself.
    ///
    /// # Errors
    /// Input without rows or with a value that is not finite; [`Error::NoLimitRule`] and [`Error::DependentBranches`] where
    /// the architecture has no closed form.
    pub fn limit_kernel(&self, x: &Array2<f64>) -> Result<Kernels> {
        self.check("limit kernel", x)?;
        limit(self.layer(), x, None)
    }

    /// NNGP and NTK at infinite width, `[n1, n2]` between `x1: [n1, d]` and `x2: [n2, d]`.
    ///
    /// # Errors
    /// As for [`Net::limit_kernel`].
    pub fn limit_kernel_between(&self, x1: &Array2<f64>, x2: &Array2<f64>) -> Result<Kernels> {
        self.check("limit kernel", x1)?;
        check_input("limit kernel", x2, Some(x1.ncols()))?;
        limit(self.layer(), x1, Some(x2))
    }
}

/// Rows per block: a constant, so that results do not depend on the number of threads; small, so that the arrays of the
/// recursion stay in cache.
const ROWS: usize = 64;

/// Runs the recursion of [`KernelState`] over the network in blocks of rows, in parallel; of a kernel of one set with
/// itself only the lower triangle.
fn limit(layer: &Layer, x1: &Array2<f64>, x2: Option<&Array2<f64>>) -> Result<Kernels> {
    let _blas = single_threaded_blas();
    let (n1, n2) = (x1.nrows(), x2.map_or(x1.nrows(), |x| x.nrows()));
    let (mut nngp, mut ntk) = (Array2::zeros((n1, n2)), Array2::zeros((n1, n2)));
    nngp.axis_chunks_iter_mut(ndarray::Axis(0), ROWS)
        .into_par_iter()
        .zip(ntk.axis_chunks_iter_mut(ndarray::Axis(0), ROWS))
        .enumerate()
        .try_for_each(|(block, (mut nngp, mut ntk))| {
            let start = block * ROWS;
            let end = start + nngp.nrows();
            let columns = if x2.is_some() { n2 } else { end };
            let input = KernelState::input(
                x1.slice(s![start..end, ..]),
                x2.unwrap_or(x1).slice(s![..columns, ..]),
                x2.is_none().then_some(start),
            );
            let state = layer.limit(input)?;
            nngp.slice_mut(s![.., ..columns]).assign(&state.nngp);
            ntk.slice_mut(s![.., ..columns]).assign(&state.ntk);
            Ok::<(), Error>(())
        })?;
    if x2.is_none() {
        mirror_lower(&mut nngp);
        mirror_lower(&mut ntk);
    }
    if !ntk.iter().chain(&nngp).all(|v| v.is_finite()) {
        return Err(Error::Overflow { place: "limit kernel" });
    }
    Ok(Kernels::new(nngp, ntk, x2.is_none(), Route::Limit))
}

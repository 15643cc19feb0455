//! Kernels between the parts of complex outputs at infinite width.

use super::limit::ROWS;
use crate::error::{Error, Result, all_finite, check_memory};
use crate::linalg::single_threaded_blas;
use crate::net::Net;
use crate::op::KernelState;
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

/// What complex outputs have beside the kernels of either part: those between real and imaginary parts.
#[derive(Clone, PartialEq)]
pub struct PartsKernels {
    /// `E Re f(x_i) Im f(x_j)`, `[n, n]`.
    pub nngp: Array2<f64>,
    /// `∂ Re f(x_i)·∂ Im f(x_j)` over all parameters, `[n, n]`.
    pub ntk: Array2<f64>,
}

impl std::fmt::Debug for PartsKernels {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kernels between real and imaginary parts of {} points", self.ntk.nrows())
    }
}

const PLACE: &str = "limit kernel between parts";

impl Net {
    /// Kernels between the real part of an output at `x_i` and its imaginary part at `x_j`, at infinite width, for `x: [n, d]`.
    ///
    /// The complex kernel `E f f̄'` of circular outputs is twice `K - i K_ri`, with the kernel `K` of either part
    /// ([`limit_kernel`](Net::limit_kernel)). Between real and imaginary parts there is nothing where all inputs are real.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let net = network("complex", serial([complex_hidden(), relu(), complex_dense(1)])).complex_input(1);
    /// let between = net.limit_kernel_between_parts(&array![[1.0, 0.0], [0.0, 1.0]])?;      // at 1 and i
    /// assert!(between.ntk[[0, 1]] > 0.0 && between.ntk[[1, 0]] == -between.ntk[[0, 1]]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Net::limit_kernel`]; [`Error::Unlike`] for real outputs.
    pub fn limit_kernel_between_parts(&self, x: &Array2<f64>) -> Result<PartsKernels> {
        self.check(PLACE, x)?;
        let _blas = single_threaded_blas();
        let n = x.nrows();
        check_memory(PLACE, &[2, n, n])?;
        let origin = self.origin_of(x.ncols());
        let (mut nngp, mut ntk) = (Array2::zeros((n, n)), Array2::zeros((n, n)));
        let blocks = nngp.axis_chunks_iter_mut(Axis(0), ROWS).into_par_iter();
        blocks.zip(ntk.axis_chunks_iter_mut(Axis(0), ROWS)).enumerate().try_for_each(
            |(block, (mut nngp, mut ntk))| {
                let rows = x.slice(s![block * ROWS..block * ROWS + nngp.nrows(), ..]);
                for start in (0..n).step_by(ROWS) {
                    let columns = s![.., start..(start + ROWS).min(n)];
                    let right = x.slice(s![start..(start + ROWS).min(n), ..]);
                    let state = KernelState::input(rows, right, origin, self.pairs(), None)?;
                    let state = self.output_state(state, origin, None)?;
                    if !state.complex {
                        let reason = "the outputs are real; leave the conversion at the end of the network out";
                        return Err(Error::Unlike { place: PLACE, reason });
                    }
                    // Entries of the one place: rr, ri, ir, ii.
                    nngp.slice_mut(columns).assign(&state.nngp.slice(s![.., 1..;4]));
                    ntk.slice_mut(columns).assign(&state.ntk.slice(s![.., 1..;4]));
                }
                Ok(())
            },
        )?;
        match all_finite(&ntk) && all_finite(&nngp) {
            true => Ok(PartsKernels { nngp, ntk }),
            false => Err(Error::Overflow { place: PLACE }),
        }
    }
}

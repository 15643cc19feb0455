//! The bottom of a spectrum without the rest of it.

use crate::error::{Error, Result, check_input};
use crate::kernel::Kernel;
use crate::linalg::{Inverse, Lanczos, SymmetricEigen, multiply};
use crate::random::Seed;
use ndarray::{Array1, Array2, Axis, s};

const PLACE: &str = "smallest eigenpairs";

/// The largest residual of an eigenpair of the inverse, as a share of its value; the error of a quotient is of second order in it.
const KNOWN: f64 = 1e-7;

/// The smallest eigenvalues of a kernel, with their vectors: see [`Kernel::smallest_eigenpairs`].
#[derive(Clone)]
pub struct SmallestEigenpairs {
    /// `[k]`, rising.
    pub values: Array1<f64>,
    /// `[k, rows]`; row `i` belongs to `values[i]`.
    pub vectors: Array2<f64>,
    /// The magnitude below which an eigenvalue cannot be told from zero: see [`Precision::noise`](crate::kernel::Precision::noise).
    pub noise: f64,
}

impl Kernel {
    /// The `count` smallest eigenvalues and their vectors, of `n` rows, or `n · c` of a full kernel of `c` outputs.
    ///
    /// Lanczos on the inverse, by a Cholesky factor: `n³/3` multiplications instead of the `9 n³` or so of
    /// [`Kernel::spectrum`]. Values are Rayleigh quotients with the kernel itself. A kernel that has no Cholesky factor (more points than
    /// parameters, repeated points) or of whose inverse Lanczos does not find all values well is decomposed
    /// in full.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let x = sphere(60, 8, Seed(0))?;
    /// let ntk = mlp(2).limit_kernel(&x)?.ntk().clone();
    /// let bottom = ntk.smallest_eigenpairs(2)?;
    /// let all = ntk.spectrum()?;
    /// assert!((bottom.values[0] - all.values()[59]).abs() <= 1e-12 * all.values()[0]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets; [`Error::NotFinite`]; [`Error::Range`] for a count outside 1 to the number of rows;
    /// [`Error::Memory`].
    pub fn smallest_eigenpairs(&self, count: usize) -> Result<SmallestEigenpairs> {
        let values = self.of_one_set(PLACE)?;
        check_input(PLACE, values, None)?;
        let n = values.nrows();
        if !(1..=n).contains(&count) {
            let (what, legal) = ("the number of eigenpairs", "from 1 to the number of rows");
            return Err(Error::Range { place: PLACE, what, value: count as f64, legal });
        }
        // The largest sum of a row bounds the largest eigenvalue.
        let sums = values.rows().into_iter().map(|row| row.iter().map(|v| v.abs()).sum::<f64>());
        let noise = self.precision().noise(n, sums.fold(0.0, f64::max));
        let (values, vectors) = match by_inverse(values, count)? {
            Some(found) => found,
            None => {
                let SymmetricEigen { values, vectors } = SymmetricEigen::new(values)?;
                (values.slice(s![..count]).to_owned(), vectors.slice(s![..count, ..]).to_owned())
            }
        };
        Ok(SmallestEigenpairs { values, vectors, noise })
    }
}

/// None where the inverse cannot be had, or where a full decomposition is cheaper.
fn by_inverse(a: &Array2<f64>, count: usize) -> Result<Option<(Array1<f64>, Array2<f64>)>> {
    if 8 * count >= a.nrows() {
        return Ok(None);
    }
    let Some(inverse) = Inverse::of(a)? else { return Ok(None) };
    let vectors = match Lanczos::new(count, Seed(0)).run(&inverse) {
        Ok(found) => {
            // Lanczos asks for a residual that is small against the largest value; the others of the inverse may be far below it.
            let known = found.values.iter().zip(&found.residuals).all(|(value, residual)| *residual <= KNOWN * value);
            if !known {
                return Ok(None);
            }
            found.vectors
        }
        // Rounding in the solves, as large as the condition of the matrix.
        Err(Error::NotConverged { .. } | Error::NotSymmetric { .. } | Error::NotFinite { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let images = multiply(&vectors, a);
    let quotients = (&images * &vectors).sum_axis(Axis(1));
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&i, &j| quotients[i].total_cmp(&quotients[j]));
    Ok(Some((quotients.select(Axis(0), &order), vectors.select(Axis(0), &order))))
}

impl std::fmt::Debug for SmallestEigenpairs {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, rows) = self.vectors.dim();
        let (low, high) = (self.values[0], self.values[count - 1]);
        let zeros = self.values.iter().filter(|value| value.abs() <= self.noise).count();
        write!(f, "{count} smallest of {rows} eigenpairs, values {low:.4e} to {high:.4e}, ")?;
        write!(f, "{zeros} of them within the noise of {:.1e}", self.noise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Route;
    use std::f64::consts::PI;

    fn kernel(values: Array2<f64>) -> Kernel {
        Kernel::of_outputs(values, (true, Route::Finite), 1)
    }

    /// The path graph's Laplacian plus a multiple of the identity: `a + 2 - 2 cos(π k / n)`.
    fn path(n: usize, shift: f64) -> Array2<f64> {
        Array2::from_shape_fn((n, n), |(i, j)| match i.abs_diff(j) {
            0 if n == 1 => shift,
            0 => shift + if i == 0 || i == n - 1 { 1.0 } else { 2.0 },
            1 => -1.0,
            _ => 0.0,
        })
    }

    #[test]
    fn closed_form_at_every_size_and_shift_of_singular_and_indefinite_ones_too() -> Result<()> {
        for n in [1, 2, 3, 9, 40, 150] {
            for shift in [1.0, 1e-9, 0.0, -0.5] {
                for count in [1, 2, 5].into_iter().filter(|&count| count <= n) {
                    let found = kernel(path(n, shift)).smallest_eigenpairs(count)?;
                    for (k, &value) in found.values.iter().enumerate() {
                        let expected = shift + 2.0 - 2.0 * (PI * k as f64 / n as f64).cos();
                        assert!((value - expected).abs() <= 1e-12, "{n} {shift} {count} {k}: {value} {expected}");
                    }
                    let residual =
                        found.vectors.dot(&path(n, shift)) - &found.vectors * &found.values.insert_axis(Axis(1));
                    assert!(residual.iter().all(|r| r.abs() <= 1e-5), "{n} {shift} {count}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_kernel_of_low_rank_has_zeros_within_the_noise() -> Result<()> {
        let mut normal = Seed(3).normals(0);
        let features = Array2::from_shape_simple_fn((120, 20), &mut normal);
        let found = kernel(features.dot(&features.t())).smallest_eigenpairs(3)?;
        assert!(found.values.iter().all(|value| value.abs() <= found.noise), "{found:?}");
        assert!(format!("{found:?}").contains("3 of them within the noise"));
        Ok(())
    }

    #[test]
    fn bad_counts_and_kernels_are_refused() {
        let of = |values, count| kernel(values).smallest_eigenpairs(count).unwrap_err().to_string();
        assert!(of(path(4, 1.0), 0).contains("eigenpairs is 0"));
        assert!(of(path(4, 1.0), 5).contains("eigenpairs is 5"));
        assert!(of(Array2::from_elem((4, 4), f64::NAN), 1).contains("NaN"));
        let between = Kernel::of_outputs(Array2::ones((2, 2)), (false, Route::Finite), 1);
        assert!(between.smallest_eigenpairs(1).is_err());
    }
}

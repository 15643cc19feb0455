//! Whether the kernel of each output is that of its own class.

use crate::error::{Error, Result, check_input};
use crate::kernel::Kernel;
use ndarray::{Array2, Axis};

/// How far the tangent kernels of a network's outputs are each aligned with their own target, `[c, c]`: entry `(k, l)` is the
/// [alignment](Kernel::target_alignment) of the kernel of output `k` with column `l` of the targets `y: [n, c]`, over its mean over `k`.
/// Without any specialisation all are 1; the mean of the diagonal is the score.
///
/// ```
/// use hadamard::prelude::*;
/// let (x, labels) = (sphere(30, 4, Seed(0))?, (0..30).map(|i| i % 2).collect::<Vec<usize>>());
/// let (y, network) = (one_hot(&labels, 2)?, network("two", serial([hidden(), tanh(), dense(2)])).width(32).input(4).init(Seed(1))?);
/// let heads = [0, 1].map(|class| network.kernel_of(Outputs::One(class), &x).map(|kernels| kernels.ntk().clone()));
/// let matrix = class_specialisation(&heads.into_iter().collect::<Result<Vec<_>>>()?, &y)?;
/// assert!((matrix.column(0).sum() - 2.0).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Size`] unless there is a kernel for each column; as for [`Kernel::target_alignment`].
/// ## References
/// Shan and Bordelon 2021.
pub fn class_specialisation(kernels: &[Kernel], y: &Array2<f64>) -> Result<Array2<f64>> {
    let place = "specialisation of kernels";
    check_input(place, y, None)?;
    if kernels.len() != y.ncols() {
        let (what, expected, got) = ("kernels, one for each column of the targets", y.ncols(), kernels.len());
        return Err(Error::Size { place, what, expected, got });
    }
    let mut matrix = Array2::zeros((kernels.len(), kernels.len()));
    for (mut row, kernel) in matrix.rows_mut().into_iter().zip(kernels) {
        for (to, target) in row.iter_mut().zip(y.columns()) {
            *to = kernel.target_alignment(&target.to_owned())?;
        }
    }
    let means = matrix.mean_axis(Axis(0)).expect("one column or more");
    if let Some(column) = means.iter().position(|mean| !(*mean > 0.0)) {
        let (what, legal) = ("the mean alignment with a column of the targets", "above 0");
        return Err(Error::Range { place, what, value: means[column], legal });
    }
    Ok(matrix / means)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernels, Route};
    use ndarray::array;

    fn kernel(values: Array2<f64>) -> Kernel {
        Kernels::new(values.clone(), values, true, Route::Finite).ntk().clone()
    }

    /// Of rank one, along a target each: alignments are squared cosines.
    #[test]
    fn kernels_of_one_direction_are_known() -> Result<()> {
        let y = array![[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
        let along = |v: [f64; 3]| kernel(Array2::from_shape_fn((3, 3), |(i, j)| v[i] * v[j]));
        let matrix = class_specialisation(&[along([1.0, 1.0, 0.0]), along([1.0, 1.0, 1.0])], &y)?;
        // Squared cosines 1, 0 and 2/3, 1/3.
        let expected = array![[1.0 / (5.0 / 6.0), 0.0], [(2.0 / 3.0) / (5.0 / 6.0), 2.0]];
        assert!((&matrix - &expected).iter().all(|e| e.abs() <= 1e-14), "{matrix}");
        let same = class_specialisation(&[along([1.0, 2.0, 3.0]), along([1.0, 2.0, 3.0])], &y)?;
        assert!(same.iter().all(|v| (v - 1.0).abs() <= 1e-14));
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (k, y) = (kernel(Array2::eye(3)), Array2::ones((3, 2)));
        let refused = |kernels: &[Kernel], y: &Array2<f64>| class_specialisation(kernels, y).unwrap_err().to_string();
        assert!(refused(std::slice::from_ref(&k), &y).contains("kernels"));
        assert!(refused(&[k.clone(), kernel(Array2::eye(2))], &y).contains('2'));
        assert!(matches!(class_specialisation(&[k.clone(), k], &Array2::zeros((3, 2))), Err(Error::Range { .. })));
    }
}

//! A kernel's eigenpairs with what they stand for.

use super::{Condition, MeanSquaredError};
use crate::error::{Error, Result, check_input, check_memory};
use crate::kernel::{Kernel, Precision};
use crate::linalg::SymmetricEigen;
use ndarray::{Array2, ArrayView2};

/// The eigenpairs of a kernel of `n` points with `c` rows each.
pub(super) struct Decomposition {
    pub(super) eigen: SymmetricEigen,
    points: usize,
    outputs: usize,
    precision: Precision,
    /// The magnitude below which an eigenvalue cannot be told from zero.
    noise: f64,
}

impl Decomposition {
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets; [`Error::Indefinite`] for an eigenvalue below zero by more than the noise; as
    /// for [`SymmetricEigen::new`].
    pub(super) fn new(place: &'static str, kernel: &Kernel) -> Result<Self> {
        let eigen = SymmetricEigen::new(kernel.of_one_set(place)?)?;
        let (smallest, largest) = (eigen.smallest(), eigen.largest());
        let (precision, (points, _)) = (kernel.precision(), kernel.points());
        let scale = largest.abs().max(smallest.abs());
        let noise = precision.noise(eigen.len(), scale);
        // Rounding may push zero eigenvalues a little below zero, never further.
        if !(smallest >= precision.indefinite_below(eigen.len(), scale)) {
            return Err(Error::Indefinite { place, n: points, smallest, largest, noise });
        }
        Ok(Self { eigen, points, outputs: kernel.outputs(), precision, noise })
    }

    pub(super) fn points(&self) -> usize {
        self.points
    }

    /// Rows of the kernel per point.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Rows of the kernel.
    pub(super) fn rows(&self) -> usize {
        self.eigen.len()
    }

    /// The loss of training on these points.
    pub(super) fn loss(&self) -> MeanSquaredError {
        MeanSquaredError::of(self.points)
    }

    pub(super) fn condition(&self, lambda: f64) -> Condition {
        Condition::new(&self.eigen, self.points, self.noise, lambda)
    }

    /// How far below zero rounding may push an eigenvalue of this kernel and others, as a share of the largest.
    pub(super) fn rounding_share<const N: usize>(&self, others: [&Kernel; N]) -> f64 {
        let precisions = others.map(Kernel::precision).into_iter().chain([self.precision]);
        precisions.map(|precision| -precision.indefinite_below(self.rows(), 1.0)).fold(0.0, f64::max)
    }

    /// The values of a kernel `[m c, n c]` between other points and these.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`].
    pub(super) fn cross<'a>(&self, place: &'static str, cross: &'a Kernel) -> Result<&'a Array2<f64>> {
        if cross.outputs() != self.outputs {
            let what = "outputs of the cross kernel, as the training kernel has";
            return Err(Error::Size { place, what, expected: self.outputs, got: cross.outputs() });
        }
        let (_, points) = cross.points();
        if points != self.points {
            let what = "columns of the cross kernel (training points)";
            return Err(Error::Size { place, what, expected: self.points, got: points });
        }
        check_input(place, cross.values(), None)?;
        Ok(cross.values())
    }

    /// Directions `[K, n]` over the points as rows `[K c, n c]` over the kernel's, each output with its own.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`], [`Error::Memory`].
    pub(super) fn directions(&self, place: &'static str, directions: &ArrayView2<'_, f64>) -> Result<Array2<f64>> {
        if directions.ncols() != self.points {
            let (expected, got) = (self.points, directions.ncols());
            return Err(Error::Size { place, what: "points", expected, got });
        }
        let (k, c) = (directions.nrows(), self.outputs);
        check_memory(place, &[k, c, self.rows()])?;
        let mut rows = Array2::zeros((k * c, self.rows()));
        for ((i, point), &value) in directions.indexed_iter() {
            for o in 0..c {
                rows[[i * c + o, point * c + o]] = value;
            }
        }
        check_input(place, &rows, None)?;
        Ok(rows)
    }
}

//! Targets of any shape as matrices with a row for each of the kernel's, and back.

use crate::error::{Error, Result, check_finite, check_memory};
use ndarray::{Array, Array2, Dimension};

/// The axes of targets: `[n, …]` of a kernel with one row per point, shared by whatever the other axes count (`Θ ⊗ I`);
/// `[n, c, …]` of a full kernel of `c` outputs. The same numbers in the same order are a matrix `[n c, columns]`, whose rows are the
/// kernel's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes<D> {
    shape: D,
    outputs: usize,
}

impl<D: Dimension> Axes<D> {
    /// The axes of targets on `points` points of a kernel with `outputs` rows for each, and the targets as a matrix.
    ///
    /// # Errors
    /// [`Error::Size`] for other axes or none; [`Error::NotFinite`].
    pub(super) fn new(
        place: &'static str,
        y: &Array<f64, D>,
        points: usize,
        outputs: usize,
    ) -> Result<(Self, Array2<f64>)> {
        if outputs > 1 {
            if y.ndim() < 2 {
                let what = "axes of the targets of a full kernel, [points, outputs]";
                return Err(Error::Size { place, what, expected: 2, got: y.ndim() });
            }
            if y.shape()[1] != outputs {
                let what = "outputs of the targets, as the full kernel has (.traced()? is one kernel for all outputs)";
                return Err(Error::Size { place, what, expected: outputs, got: y.shape()[1] });
            }
        }
        let axes = Self { shape: y.raw_dim(), outputs };
        let matrix = axes.matrix(place, y, points)?;
        Ok((axes, matrix))
    }

    /// Numbers on `points` points, alike in all axes but the first, as a matrix `[points · c, columns]`.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`].
    pub(super) fn matrix(&self, place: &'static str, a: &Array<f64, D>, points: usize) -> Result<Array2<f64>> {
        let axes = a.shape().iter().zip(self.shape.slice()).skip(1);
        if let Some((&got, &expected)) = axes.into_iter().find(|(got, expected)| got != expected) {
            return Err(Error::Size { place, what: "outputs along an axis", expected, got });
        }
        let got = a.shape().first().copied().unwrap_or(0);
        if got != points {
            return Err(Error::Size { place, what: "targets", expected: points, got });
        }
        if a.is_empty() {
            return Err(Error::Size { place, what: "outputs, at least", expected: 1, got: 0 });
        }
        let rows = points * self.outputs;
        check_memory(place, &[a.len()])?;
        let mut matrix = Array2::zeros((rows, a.len() / rows));
        matrix.iter_mut().zip(a).for_each(|(to, from)| *to = *from);
        check_finite(place, &matrix)?;
        Ok(matrix)
    }

    /// Columns of the matrix: outputs that share the kernel.
    pub(super) fn columns(&self) -> usize {
        self.shape.slice().iter().skip(1).product::<usize>() / self.outputs
    }

    /// All outputs of a point.
    pub(super) fn per_point(&self) -> usize {
        self.columns() * self.outputs
    }

    /// `[m, …]` from `[m · c, columns]`.
    pub(super) fn array(&self, matrix: &Array2<f64>) -> Array<f64, D> {
        let mut shape = self.shape.clone();
        shape[0] = matrix.nrows() / self.outputs;
        let mut array = Array::zeros(shape);
        array.iter_mut().zip(matrix).for_each(|(to, from)| *to = *from);
        array
    }

    /// `[times, m, …]` from `[times · columns, m · c]`.
    pub(super) fn stacked(&self, matrix: &Array2<f64>) -> Array<f64, D::Larger> {
        let columns = self.columns();
        let (times, rows) = (matrix.nrows() / columns, matrix.ncols());
        let mut shape = D::Larger::zeros(self.shape.ndim() + 1);
        (shape[0], shape[1]) = (times, rows / self.outputs);
        for axis in 1..self.shape.ndim() {
            shape[axis + 1] = self.shape[axis];
        }
        let mut array = Array::zeros(shape);
        for (i, to) in array.iter_mut().enumerate() {
            let (time, row, column) = (i / columns / rows, i / columns % rows, i % columns);
            *to = matrix[[time * columns + column, row]];
        }
        array
    }
}

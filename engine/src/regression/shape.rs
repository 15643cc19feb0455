//! Targets of any shape `[n, …]` as matrices `[n, outputs]`, and back: the kernel is shared by all outputs (`Θ ⊗ I`).

use crate::error::{Error, Result, check_finite};
use ndarray::{Array, Array2, Dimension};

/// `[n, outputs]`, checked.
///
/// # Errors
/// [`Error::Size`] unless the first axis has `n` entries and there is at least one output; [`Error::NotFinite`].
pub(super) fn columns<D: Dimension>(place: &'static str, a: &Array<f64, D>, n: usize) -> Result<Array2<f64>> {
    let got = a.shape().first().copied().unwrap_or(0);
    if got != n {
        return Err(Error::Size { place, what: "targets", expected: n, got });
    }
    if a.is_empty() {
        return Err(Error::Size { place, what: "outputs, at least", expected: 1, got: 0 });
    }
    let outputs = a.len() / n;
    let mut matrix = Array2::zeros((n, outputs));
    matrix.iter_mut().zip(a).for_each(|(to, from)| *to = *from);
    check_finite(place, &matrix)?;
    Ok(matrix)
}

/// As [`columns`], for outputs that must look like the targets in all axes but the first.
pub(super) fn columns_like<D: Dimension>(
    place: &'static str,
    a: &Array<f64, D>,
    n: usize,
    targets: &D,
) -> Result<Array2<f64>> {
    let axes = a.shape().iter().zip(targets.slice()).skip(1);
    if let Some((&got, &expected)) = axes.into_iter().find(|(got, expected)| got != expected) {
        return Err(Error::Size { place, what: "outputs along an axis", expected, got });
    }
    columns(place, a, n)
}

/// `[rows, …]` from `[rows, outputs]`, with the other axes of the targets.
pub(super) fn shaped<D: Dimension>(matrix: &Array2<f64>, targets: &D) -> Array<f64, D> {
    let mut shape = targets.clone();
    shape[0] = matrix.nrows();
    let mut array = Array::zeros(shape);
    array.iter_mut().zip(matrix).for_each(|(to, from)| *to = *from);
    array
}

/// `[times, rows, …]` from `[times · outputs, rows]`, with the other axes of the targets.
pub(super) fn stacked<D: Dimension>(matrix: &Array2<f64>, targets: &D) -> Array<f64, D::Larger> {
    let outputs = targets.size() / targets[0];
    let (times, rows) = (matrix.nrows() / outputs, matrix.ncols());
    let mut shape = D::Larger::zeros(targets.ndim() + 1);
    (shape[0], shape[1]) = (times, rows);
    for axis in 1..targets.ndim() {
        shape[axis + 1] = targets[axis];
    }
    let mut array = Array::zeros(shape);
    for (i, to) in array.iter_mut().enumerate() {
        let (time, row, output) = (i / outputs / rows, i / outputs % rows, i % outputs);
        *to = matrix[[time * outputs + output, row]];
    }
    array
}

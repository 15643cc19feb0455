//! How good predictions are.

use super::classes::check_labels;
use crate::error::{Error, Result, check_memory};
use ndarray::{Array, Array2, ArrayViewD, Axis, Dimension};

/// The mean squared error `(1/N) Σ (f - y)²` over all `N` values.
///
/// `[n]` and `[n, 1]` are one shape: outputs of a network are compared with a vector of targets.
///
/// # Errors
/// [`Error::NoRows`]; [`Error::Size`] for other shapes; [`Error::NotFinite`].
pub fn mse<D: Dimension, E: Dimension>(predictions: &Array<f64, D>, targets: &Array<f64, E>) -> Result<f64> {
    mean("mean squared error", predictions.view().into_dyn(), targets.view().into_dyn(), |difference| {
        difference * difference
    })
}

/// The mean absolute error `(1/N) Σ |f - y|` over all `N` values; shapes as for [`mse`].
///
/// # Errors
/// As for [`mse`].
pub fn mae<D: Dimension, E: Dimension>(predictions: &Array<f64, D>, targets: &Array<f64, E>) -> Result<f64> {
    mean("mean absolute error", predictions.view().into_dyn(), targets.view().into_dyn(), f64::abs)
}

/// The share of the targets' variance that the predictions explain, `1 - Σ (f - y)² / Σ (y - ȳ)²`, with the mean `ȳ` of each output:
/// 1 at best, 0 for the mean, less for worse. Shapes as for [`mse`].
///
/// # Errors
/// As for [`mse`]; [`Error::Range`] for targets without variance.
pub fn r_squared<D: Dimension, E: Dimension>(predictions: &Array<f64, D>, targets: &Array<f64, E>) -> Result<f64> {
    let place = "R²";
    let targets = targets.view().into_dyn();
    let error = mean(place, predictions.view().into_dyn(), targets.clone(), |difference| difference * difference)?;
    let mut total = 0.0;
    let rows = targets.len_of(Axis(0)) as f64;
    for output in targets.lanes(Axis(0)) {
        let average = output.sum() / rows;
        let squares = output.iter().map(|y| (y - average).powi(2)).sum::<f64>();
        // Of equal targets the mean may be off by rounding.
        let rounding = output.iter().fold(0.0, |most: f64, y| most.max(y.abs())) * rows.sqrt() * f64::EPSILON;
        total += if squares > rows * rounding.powi(2) { squares } else { 0.0 };
    }
    if total > 0.0 {
        return Ok(1.0 - error * targets.len() as f64 / total);
    }
    let legal = "above 0; equal targets leave nothing to explain";
    Err(Error::Range { place, what: "the variance of the targets", value: total, legal })
}

fn mean(place: &'static str, f: ArrayViewD<'_, f64>, y: ArrayViewD<'_, f64>, of: impl Fn(f64) -> f64) -> Result<f64> {
    if f.is_empty() || y.is_empty() {
        return Err(Error::NoRows { place });
    }
    // A last axis of one is none.
    let slim = |shape: &[usize]| shape.strip_suffix(&[1]).filter(|rest| !rest.is_empty()).unwrap_or(shape).to_vec();
    let (expected, got) = (slim(y.shape()), slim(f.shape()));
    if expected != got {
        let (rows, others) = ((expected[0], got[0]), (y.len() / expected[0], f.len() / got[0]));
        return Err(match rows.0 == rows.1 {
            true => Error::Size { place, what: "predictions per row", expected: others.0, got: others.1 },
            false => Error::Size { place, what: "rows of predictions", expected: rows.0, got: rows.1 },
        });
    }
    for values in [&f, &y] {
        if let Some((index, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            let width = values.len() / values.len_of(Axis(0));
            return Err(Error::NotFinite { place, row: index / width, column: index % width, value });
        }
    }
    Ok(f.iter().zip(y.iter()).map(|(f, y)| of(f - y)).sum::<f64>() / f.len() as f64)
}

/// The share of samples whose predicted class is the right one; [`argmax`](super::argmax) gives the classes of outputs.
///
/// # Errors
/// [`Error::NoRows`] without samples; [`Error::Size`] for lists of other lengths.
pub fn accuracy<A: Copy + Into<usize>, B: Copy + Into<usize>>(predicted: &[A], labels: &[B]) -> Result<f64> {
    let pairs = pairs("accuracy", predicted, labels)?;
    Ok(pairs.iter().filter(|(predicted, label)| predicted == label).count() as f64 / pairs.len() as f64)
}

/// Numbers of samples by the right class (row) and the predicted one (column), `[classes, classes]`.
///
/// ```
/// use hadamard::prelude::*;
/// let outputs = array![[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]];
/// let (predicted, labels) = (argmax(&outputs)?, [0_u8, 0, 1]);
/// assert_eq!(confusion(&predicted, &labels, 2)?, array![[1, 1], [0, 1]]);
/// assert!((accuracy(&predicted, &labels)? - 2.0 / 3.0).abs() <= 1e-15);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// As for [`accuracy`]; [`Error::Range`] for a label that is no class; [`Error::Memory`].
pub fn confusion<A: Copy + Into<usize>, B: Copy + Into<usize>>(
    predicted: &[A],
    labels: &[B],
    classes: usize,
) -> Result<Array2<usize>> {
    let place = "confusion matrix";
    let pairs = pairs(place, predicted, labels)?;
    check_labels(place, &pairs.iter().flat_map(|&(a, b)| [a, b]).collect::<Vec<_>>(), classes)?;
    check_memory(place, &[classes, classes])?;
    let mut counts = Array2::zeros((classes, classes));
    pairs.into_iter().for_each(|(predicted, label)| counts[[label, predicted]] += 1);
    Ok(counts)
}

fn pairs<A: Copy + Into<usize>, B: Copy + Into<usize>>(
    place: &'static str,
    predicted: &[A],
    labels: &[B],
) -> Result<Vec<(usize, usize)>> {
    if labels.is_empty() {
        return Err(Error::NoRows { place });
    }
    if predicted.len() != labels.len() {
        let (expected, got) = (labels.len(), predicted.len());
        return Err(Error::Size { place, what: "predictions, one per label", expected, got });
    }
    Ok(predicted.iter().zip(labels).map(|(&predicted, &label)| (predicted.into(), label.into())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// scikit-learn's definitions, in fractions by hand.
    #[test]
    fn errors_of_vectors_and_matrices() -> Result<()> {
        let (f, y) = (array![2.5, 0.0, 2.0, 8.0], array![3.0, -0.5, 2.0, 7.0]);
        assert_eq!((mse(&f, &y)?, mae(&f, &y)?), (0.375, 0.5));
        // Σ (y - 2.875)² = 29.1875.
        assert!((r_squared(&f, &y)? - (1.0 - 1.5 / 29.1875)).abs() <= 1e-15);
        let column = f.clone().insert_axis(Axis(1));
        assert_eq!(mse(&column, &y)?, 0.375);
        assert_eq!(r_squared(&y, &y)?, 1.0);
        let (f, y) = (array![[0.0, 2.0], [-1.0, 2.0], [8.0, -5.0]], array![[0.5, 1.0], [-1.0, 1.0], [7.0, -6.0]]);
        assert!((mse(&f, &y)? - 4.25 / 6.0).abs() <= 1e-15);
        // Of both outputs 36.1666… and 32.6666… about their means.
        assert!((r_squared(&f, &y)? - (1.0 - 4.25 / (217.0 / 6.0 + 98.0 / 3.0))).abs() <= 1e-14);
        Ok(())
    }

    #[test]
    fn other_shapes_and_bad_values_are_refused() {
        let y = array![1.0, 2.0];
        assert!(matches!(mse(&array![1.0], &y), Err(Error::Size { expected: 2, got: 1, .. })));
        assert!(matches!(mse(&array![[1.0, 2.0]], &y), Err(Error::Size { .. })));
        assert!(matches!(mse(&array![[1.0, 2.0], [3.0, 4.0]], &y), Err(Error::Size { expected: 1, got: 2, .. })));
        assert!(matches!(mae(&array![1.0, f64::NAN], &y), Err(Error::NotFinite { row: 1, .. })));
        // Equal targets, whose mean may be rounded.
        for equal in [3.0, 0.1, 1e300, -1e-300] {
            let (f, y) = (array![0.1, 0.11, 0.1], array![equal, equal, equal]);
            assert!(matches!(r_squared(&f, &y), Err(Error::Range { .. })), "{equal:e}");
        }
        let none = ndarray::Array1::<f64>::zeros(0);
        assert!(matches!(mse(&none, &none), Err(Error::NoRows { .. })));
        assert!(matches!(accuracy(&[] as &[usize], &[] as &[usize]), Err(Error::NoRows { .. })));
        assert!(matches!(accuracy(&[1usize], &[1u8, 2]), Err(Error::Size { expected: 2, got: 1, .. })));
        assert!(matches!(confusion(&[1usize], &[2usize], 2), Err(Error::Range { value: 2.0, .. })));
    }
}

//! Kernels that know the labels of the training points: label-aware tangent kernels of Chen, He and Su (2020), *Label-Aware Neural
//! Tangent Kernel: Toward Better Generalization and Local Elasticity*.
//!
//! A tangent kernel at initialisation does not know what is learned. Its label-aware versions add an estimate of whether two points have the
//! same label, made from the training points and their labels alone: no label of another point enters, because none is asked for.
//!
//! | kernel | call |
//! |---|---|
//! | `K + λ Z`, `Z(x, x')` the mean of `y_i y_j` over pairs of training points at which `K` is alike | [`HigherOrder::new`] |
//! | the same with `y_i y_j` replaced by `(K⁻¹ y yᵀ K⁻¹)_ij` | [`HigherOrder::by_inverse`] |
//! | `K + λ Z`, `Z` a linear regression of `y_i y_j` on features of pairs | [`PairRegression::new`] |
//! | the expected kernel of a two-layer ReLU network after training, to first order in `1/width` | [`Hierarchy::new`] |
//!
//! `y_i y_j` is `+1` for two points of one class and `-1` for two of different ones, so that any number of classes will do.

mod elasticity;
mod hierarchy;
mod higher_order;
mod pair_regression;

pub use elasticity::{Elasticity, local_elasticity};
pub use hierarchy::{Hierarchy, HierarchyKernel};
pub use higher_order::HigherOrder;
pub use pair_regression::PairRegression;

use super::{Kernel, Route};
use crate::error::{Error, Result};
use crate::linalg::multiply;
use ndarray::{Array1, Array2, Axis};

/// The classes of training points, counted from 0 in the order in which they come.
///
/// # Errors
/// [`Error::Size`] for another number of labels than of points; [`Error::Range`] for fewer than two classes.
fn classes<T: Copy + Into<usize>>(place: &'static str, labels: &[T], points: usize) -> Result<Vec<usize>> {
    if labels.len() != points {
        let what = "labels, one for each training point and none for others";
        return Err(Error::Size { place, what, expected: points, got: labels.len() });
    }
    let mut seen: Vec<usize> = Vec::new();
    let mut class = |label: usize| {
        seen.iter().position(|&other| other == label).unwrap_or_else(|| {
            seen.push(label);
            seen.len() - 1
        })
    };
    let classes: Vec<usize> = labels.iter().map(|&label| class(label.into())).collect();
    if seen.len() < 2 {
        let (what, legal) = ("the number of classes among the labels", "at least 2");
        return Err(Error::Range { place, what, value: seen.len() as f64, legal });
    }
    Ok(classes)
}

/// `+1` for two points of one class, else `-1`.
fn alike(a: usize, b: usize) -> f64 {
    if a == b { 1.0 } else { -1.0 }
}

/// The values of a kernel of one output between a set and itself.
///
/// # Errors
/// [`Error::Size`]; [`Error::NotFinite`].
fn of_one_set<'a>(place: &'static str, kernel: &'a Kernel) -> Result<&'a Array2<f64>> {
    let values = kernel.of_one_set(place)?;
    if kernel.outputs() != 1 {
        let what = "outputs of the kernel: take `.output(o)` or `.traced()` of a full one";
        return Err(Error::Size { place, what, expected: 1, got: kernel.outputs() });
    }
    crate::error::check_input(place, values, None)?;
    Ok(values)
}

/// The values of a kernel between other points and the training points.
///
/// # Errors
/// [`Error::Size`]; [`Error::NotFinite`].
fn between<'a>(place: &'static str, cross: &'a Kernel, points: usize) -> Result<&'a Array2<f64>> {
    let values = cross.values();
    for (what, expected, got) in [
        ("outputs of the kernel", 1, cross.outputs()),
        ("columns, one for each training point", points, values.ncols()),
    ] {
        if expected != got {
            return Err(Error::Size { place, what, expected, got });
        }
    }
    crate::error::check_input(place, values, None)?;
    Ok(values)
}

/// `λ` by which `λ Z` is so large a share of `K`, in means of sizes.
///
/// # Errors
/// [`Error::Range`] for a share that is negative or not finite, or a `Z` of zeros.
fn weight(place: &'static str, ratio: f64, kernel: &Array2<f64>, similarity: &Array2<f64>) -> Result<f64> {
    let range = |what, value, legal| Err(Error::Range { place, what, value, legal });
    if !(ratio >= 0.0 && ratio.is_finite()) {
        return range("the share of the label-aware part", ratio, "finite and at least 0");
    }
    let size = |a: &Array2<f64>| a.iter().map(|v| v.abs()).sum::<f64>() / a.len() as f64;
    let of_labels = size(similarity);
    if !(of_labels > 0.0) {
        return range("the mean size of the label-aware part", of_labels, "above 0");
    }
    Ok(ratio * size(kernel) / of_labels)
}

/// `K + λ Z`, as well known as `K`.
fn sum(place: &'static str, base: &Kernel, weight: f64, similarity: &Array2<f64>) -> Result<Kernel> {
    let values = crate::net::finite(place, base.values() + &(similarity * weight))?;
    Ok(Kernel::of_outputs(values, (base.is_symmetric(), base.route()), 1).with_precision(base.precision()))
}

/// A kernel of the limit.
fn of_limit(values: Array2<f64>, symmetric: bool) -> Kernel {
    Kernel::of_outputs(values, (symmetric, Route::Limit), 1)
}

/// A matrix times a vector, with the same bits wherever both lie in memory and on any number of threads.
fn times(a: &Array2<f64>, v: &Array1<f64>) -> Array1<f64> {
    multiply(a, &v.view().insert_axis(Axis(1))).index_axis_move(Axis(1), 0)
}

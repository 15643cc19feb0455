//! `a b` by the fastest route there is for its shape and its zeros.

use super::{Scalar, sparse, thin};
use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

/// `factor · a b` for `a: [m, k]`, `b: [k, n]`.
///
/// # Panics
/// If the shapes do not fit: a bug in the caller.
pub(crate) fn dot<F: Scalar>(factor: F, a: &ArrayView2<'_, F>, b: &ArrayView2<'_, F>) -> Array2<F> {
    if b.ncols() == 1 {
        return (a.dot(&b.column(0)) * factor).insert_axis(Axis(1));
    }
    thin::dot(factor, a, b).or_else(|| sparse::dot(factor, a, b)).unwrap_or_else(|| {
        let mut product = a.dot(b);
        if factor != F::one() {
            product *= factor;
        }
        product
    })
}

/// `sum ← sum + factor · a b` for `a: [m, k]`, `b: [k, n]`.
///
/// # Panics
/// If the shapes do not fit: a bug in the caller.
pub(crate) fn add_dot<F: Scalar>(
    factor: F,
    a: &ArrayView2<'_, F>,
    b: &ArrayView2<'_, F>,
    sum: &mut ArrayViewMut2<'_, F>,
) {
    if b.ncols() == 1 {
        return general_mat_vec_mul(factor, a, &b.column(0), F::one(), &mut sum.column_mut(0));
    }
    match thin::dot(factor, a, b).or_else(|| sparse::dot(factor, a, b)) {
        Some(product) => *sum += &product,
        None => general_mat_mul(factor, a, b, F::one(), sum),
    }
}

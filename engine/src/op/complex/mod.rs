//! Ops of complex numbers. Every part is a real number: a complex sample has two rows at every place, `Re x` and below it `Im x`, so that
//! real activations act on both parts, sums and pools on whole numbers, and every parameter is a real array. [`Domain`](super::Domain)
//! says which op reads what.

mod activation;
mod cardioid;
mod complex_conv;
mod complex_dense;
mod modulus;
mod parts;
mod polar;
mod radial;
mod radii;
mod rice;
mod to_complex;
mod weighted;
mod z_relu;

pub(in crate::op) use activation::ComplexActivation;
pub use cardioid::{Cardioid, cardioid};
pub use complex_conv::{ComplexConv, complex_conv};
pub use complex_dense::{ComplexDense, complex_dense, complex_hidden};
pub use modulus::{Modulus, modulus};
pub use parts::{Parts, imaginary_part, real_part, stack_parts};
pub use radial::{Radial, mod_relu, radial};
pub use to_complex::{ToComplex, halves_to_complex, to_complex};
pub(crate) use weighted::IMAGINARY_WEIGHT;
pub use z_relu::{ZRelu, zrelu};

use crate::linalg::Element;
use ndarray::{Array2, ArrayView2};

/// From rows by place and part, `[n · places · 2, c]`, to rows by part and place.
pub(in crate::op) fn parts_first<F: Element>(rows: ArrayView2<'_, F>, places: usize) -> Array2<F> {
    swapped(rows, [places, 2])
}

/// From rows by part and place, `[n · 2 · places, c]`, to rows by place and part.
pub(in crate::op) fn parts_last<F: Element>(rows: ArrayView2<'_, F>, places: usize) -> Array2<F> {
    swapped(rows, [2, places])
}

/// Rows by `a` and `b` as rows by `b` and `a`.
fn swapped<F: Element>(rows: ArrayView2<'_, F>, [a, b]: [usize; 2]) -> Array2<F> {
    let mut out = Array2::zeros(rows.dim());
    for (index, row) in rows.rows().into_iter().enumerate() {
        let (sample, within) = (index / (a * b), index % (a * b));
        out.row_mut(sample * a * b + within % b * a + within / b).assign(&row);
    }
    out
}

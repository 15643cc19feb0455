//! Matrices of the numbers that networks are computed in, and their products with parameters.

use super::{Replay, Scalar, add_dot, dot};
use crate::number::{Dual, Number};
use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2, s};

/// A parameter as a pass reads it: its values, and in duals their derivatives where they have any.
#[derive(Clone, Copy, Debug)]
pub struct Weight<'a, R> {
    /// `[rows, columns]`.
    pub values: ArrayView2<'a, R>,
    /// Derivatives of the values, of the same shape; `None` is zero.
    pub along: Option<ArrayView2<'a, R>>,
    /// The products of values with it in this pass, where passes share them.
    pub(crate) replay: Option<&'a Replay<R>>,
}

/// A matrix that may be somebody else's.
pub type Matrix<'a, R> = CowArray<'a, R, Ix2>;

/// A number that a network's values may be: `f64`, `f32`, or a [`Dual`] of either, whose parameters and input come as two arrays.
///
/// In duals a pass carries with every value its derivative along the direction in which parameters and input move, and what is asked
/// of it is the derivative: of outputs along the direction, of the gradient the Hessian's product with it.
pub trait Element: Number {
    /// The number type of parameters and input.
    type Real: Scalar;

    /// Values with derivatives, `[n, k]` each; `None` is zero.
    fn joined(values: ArrayView2<'_, Self::Real>, along: Option<ArrayView2<'_, Self::Real>>) -> Array2<Self>;

    /// What is asked of a result: of a real number itself, of a dual its derivative.
    fn asked(self) -> Self::Real;

    /// `factor · a W` for `a: [n, k]`, `W: [k, m]`.
    fn times(factor: Self::Real, a: &ArrayView2<'_, Self>, weight: &Weight<'_, Self::Real>) -> Array2<Self>;

    /// `factor · a Wᵀ` for `a: [n, m]`, `W: [k, m]`.
    fn times_transposed(factor: Self::Real, a: &ArrayView2<'_, Self>, weight: &Weight<'_, Self::Real>) -> Array2<Self> {
        let (values, along) = (weight.values.reversed_axes(), weight.along.map(|d| d.reversed_axes()));
        Self::times(factor, a, &Weight { values, along, replay: weight.replay })
    }

    /// `A` and `B` of which `Aᵀ B` is what is [asked](Element::asked) of `aᵀ b`, for `a: [n, k]`, `b: [n, m]`.
    fn asked_factors<'a>(a: ArrayView2<'a, Self>, b: ArrayView2<'a, Self>) -> [Matrix<'a, Self::Real>; 2];

    /// A parameter of one row.
    fn row(weight: &Weight<'_, Self::Real>) -> Array1<Self> {
        let rows = weight.along.map(|d| d.slice_move(s![..1, ..]));
        Self::joined(weight.values.slice(s![..1, ..]), rows).remove_axis(Axis(0))
    }
}

macro_rules! real {
    ($($float:ty),*) => {$(
        impl Element for $float {
            type Real = $float;

            fn joined(values: ArrayView2<'_, Self>, _along: Option<ArrayView2<'_, Self>>) -> Array2<Self> {
                values.as_standard_layout().into_owned()
            }
            #[inline(always)]
            fn asked(self) -> Self {
                self
            }
            fn times(factor: Self, a: &ArrayView2<'_, Self>, weight: &Weight<'_, Self>) -> Array2<Self> {
                dot(factor, a, &weight.values)
            }
            fn asked_factors<'a>(a: ArrayView2<'a, Self>, b: ArrayView2<'a, Self>) -> [Matrix<'a, Self>; 2] {
                [a.into(), b.into()]
            }
        }
    )*};
}

real!(f32, f64);

/// Values above their derivatives, `[2 n, k]`, or values alone where all derivatives are zero, `[n, k]`.
struct Stacked<F> {
    rows: Array2<F>,
    moves: bool,
}

impl<F: Scalar> Stacked<F> {
    fn of(a: &ArrayView2<'_, Dual<F>>) -> Self {
        let ((n, k), a) = (a.dim(), a.as_standard_layout());
        let duals = a.as_slice().expect(ORDER);
        let moves = duals.iter().any(|d| d.tangent != F::zero());
        let height = if moves { 2 * n } else { n };
        let mut values = Vec::with_capacity(height * k);
        values.extend(duals.iter().map(|d| d.value));
        if moves {
            values.extend(duals.iter().map(|d| d.tangent));
        }
        Self { rows: Array2::from_shape_vec((height, k), values).expect(SIZE), moves }
    }

    /// Derivatives above values, `[2 n, k]`, or derivatives alone, `[n, k]`.
    fn turned(a: &ArrayView2<'_, Dual<F>>, both: bool) -> Array2<F> {
        let ((n, k), a) = (a.dim(), a.as_standard_layout());
        let duals = a.as_slice().expect(ORDER);
        let height = if both { 2 * n } else { n };
        let mut values = Vec::with_capacity(height * k);
        values.extend(duals.iter().map(|d| d.tangent));
        if both {
            values.extend(duals.iter().map(|d| d.value));
        }
        Array2::from_shape_vec((height, k), values).expect(SIZE)
    }
}

const ORDER: &str = "brought into standard layout";
const SIZE: &str = "as many values as rows times columns";

impl<F: Scalar> Element for Dual<F> {
    type Real = F;

    fn joined(values: ArrayView2<'_, F>, along: Option<ArrayView2<'_, F>>) -> Array2<Self> {
        let (dim, values) = (values.dim(), values.as_standard_layout());
        let values = values.as_slice().expect(ORDER).iter();
        let joined = match along {
            Some(along) => {
                let along = along.as_standard_layout();
                let pairs = values.zip(along.as_slice().expect(ORDER));
                pairs.map(|(&value, &tangent)| Self { value, tangent }).collect()
            }
            None => values.map(|&value| Self { value, tangent: F::zero() }).collect(),
        };
        Array2::from_shape_vec(dim, joined).expect(SIZE)
    }
    #[inline(always)]
    fn asked(self) -> F {
        self.tangent
    }
    fn times(factor: F, a: &ArrayView2<'_, Self>, weight: &Weight<'_, F>) -> Array2<Self> {
        let (n, a) = (a.nrows(), Stacked::of(a));
        let (own, tangents) = a.rows.view().split_at(Axis(0), n);
        if let Some(replay) = weight.replay {
            let values = replay.next(|| dot(factor, &own, &weight.values));
            let moved = match (a.moves, &weight.along) {
                (true, Some(along)) => {
                    let mut moved = dot(factor, &tangents, &weight.values);
                    add_dot(factor, &own, along, &mut moved.view_mut());
                    Some(moved)
                }
                (true, None) => Some(dot(factor, &tangents, &weight.values)),
                (false, along) => along.map(|along| dot(factor, &own, &along)),
            };
            return Self::joined(values.view(), moved.as_ref().map(|d| d.view()));
        }
        let mut product = dot(factor, &a.rows.view(), &weight.values);
        match (a.moves, &weight.along) {
            (true, along) => {
                if let Some(along) = along {
                    add_dot(factor, &own, along, &mut product.slice_mut(s![n.., ..]));
                }
                let (values, moved) = product.view().split_at(Axis(0), n);
                Self::joined(values, Some(moved))
            }
            (false, along) => {
                let moved = along.map(|along| dot(factor, &own, &along));
                Self::joined(product.view(), moved.as_ref().map(|d| d.view()))
            }
        }
    }
    fn asked_factors<'a>(a: ArrayView2<'a, Self>, b: ArrayView2<'a, Self>) -> [Matrix<'a, F>; 2] {
        // The derivative of a sum of products: (a; ȧ)ᵀ (ḃ; b).
        let a = Stacked::of(&a);
        [a.rows.into(), Stacked::turned(&b, a.moves).into()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn pattern(n: usize, k: usize, shift: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, k), |(i, j)| ((i * 31 + j * 17 + i * j + shift) % 23) as f64 * 0.125 - 1.3)
    }

    /// Products element by element, in the arithmetic of duals.
    fn plain(factor: f64, a: &Array2<Dual<f64>>, b: &Array2<Dual<f64>>) -> Array2<Dual<f64>> {
        Array2::from_shape_fn((a.nrows(), b.ncols()), |(i, j)| {
            Dual::of(factor) * (0..a.ncols()).fold(Dual::of(0.0), |sum, t| sum + a[[i, t]] * b[[t, j]])
        })
    }

    fn close(a: &Array2<Dual<f64>>, b: &Array2<Dual<f64>>) {
        assert_eq!(a.dim(), b.dim());
        for (a, b) in a.iter().zip(b) {
            let errors = [a.value - b.value, a.tangent - b.tangent];
            assert!(errors.iter().all(|e| e.abs() <= 1e-12), "{a:?} {b:?}");
        }
    }

    #[test]
    fn products_of_duals_are_those_element_by_element() {
        for (n, k, m) in [(1, 1, 1), (2, 1, 3), (3, 5, 2), (40, 7, 65), (4, 70, 33)] {
            let (values, along) = (pattern(n, k, 1), pattern(n, k, 2));
            let (weight, moved) = (pattern(k, m, 3), pattern(k, m, 4));
            for along in [None, Some(along.view())] {
                for moved in [None, Some(moved.view())] {
                    let a = Dual::joined(values.view(), along);
                    let own = Weight { values: weight.view(), along: moved, replay: None };
                    let full = Dual::joined(weight.view(), moved);
                    close(&Dual::times(0.5, &a.view(), &own), &plain(0.5, &a, &full));
                    let turned = Weight { values: weight.t(), along: moved.map(|d| d.reversed_axes()), replay: None };
                    close(&Dual::times_transposed(0.5, &a.view(), &turned), &plain(0.5, &a, &full));
                    let b = Dual::joined(
                        pattern(n, m, 5).view(),
                        moved.map(|_| pattern(n, m, 6)).as_ref().map(|d| d.view()),
                    );
                    let [left, right] = Dual::asked_factors(a.view(), b.view());
                    let asked = left.t().dot(&right);
                    let expected = plain(1.0, &a.t().to_owned(), &b);
                    assert!(asked.iter().zip(&expected).all(|(a, b)| (a - b.tangent).abs() <= 1e-12));
                    assert_eq!(asked.dim(), (k, m));
                }
            }
        }
    }
}

//! These layers, compiled once per number type, as the [sweeps](crate::sweep::Sweeps) are.

use super::{ContextNorm, Lstm, Normalised, Unrolled};
use ndarray::Array2;

/// The layers over sequences of a number type.
pub trait Sequences: crate::linalg::Scalar {
    /// See [`ContextNorm::forward`].
    fn normalise(layer: &ContextNorm<'_, Self>, x: Array2<Self>) -> (Array2<Self>, Normalised<Self>);
    /// See [`ContextNorm::reverse`].
    fn normalise_reverse(
        layer: &ContextNorm<'_, Self>,
        saved: Normalised<Self>,
        cotangent: Array2<Self>,
    ) -> [Array2<Self>; 3];
    /// See [`Lstm::forward`].
    fn unroll(layer: &Lstm<'_, Self>, inputs: Array2<Self>) -> Unrolled<Self>;
    /// See [`Lstm::reverse`].
    fn unroll_reverse(layer: &Lstm<'_, Self>, saved: Unrolled<Self>, cotangent: Array2<Self>) -> [Array2<Self>; 4];
}

macro_rules! compiled {
    ($($float:ty),*) => {$(
        impl Sequences for $float {
            fn normalise(layer: &ContextNorm<'_, Self>, x: Array2<Self>) -> (Array2<Self>, Normalised<Self>) {
                layer.run(x)
            }
            fn normalise_reverse(
                layer: &ContextNorm<'_, Self>,
                saved: Normalised<Self>,
                cotangent: Array2<Self>,
            ) -> [Array2<Self>; 3] {
                layer.run_reverse(saved, cotangent)
            }
            fn unroll(layer: &Lstm<'_, Self>, inputs: Array2<Self>) -> Unrolled<Self> {
                layer.run(inputs)
            }
            fn unroll_reverse(
                layer: &Lstm<'_, Self>,
                saved: Unrolled<Self>,
                cotangent: Array2<Self>,
            ) -> [Array2<Self>; 4] {
                layer.run_reverse(saved, cotangent)
            }
        }
    )*};
}

compiled!(f32, f64);

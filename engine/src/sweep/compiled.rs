//! The sweeps, compiled once per number type.
//!
//! Generic code is compiled where it is used, which for a network in a notebook is the cell: 4 s for each that asks for a kernel.
//! What the public methods of a network call goes through this trait, whose functions are compiled here.

use super::{Features, Gram, Model, Shares, TangentGram};
use super::{features, gradient, gram, jacobian, tangent};
use crate::progress::Task;
use ndarray::{Array2, ArrayView2};

/// The sweeps of a number type.
pub trait Sweeps: Sized {
    /// See [`gradient::outputs`].
    fn outputs(model: &Model<'_, Self>, x: ArrayView2<'_, Self>) -> Array2<Self>;
    /// See [`gradient::gradient`].
    fn gradient(model: &Model<'_, Self>, x: ArrayView2<'_, Self>, cotangent: ArrayView2<'_, Self>)
    -> Vec<Array2<Self>>;
    /// See [`gradient::loss_gradient`].
    fn loss_gradient(
        model: &Model<'_, Self>,
        x: ArrayView2<'_, Self>,
        group: usize,
        loss: &gradient::SampleLoss<'_, Self>,
    ) -> (f64, Vec<Array2<Self>>);
    /// See [`jacobian::jacobian`].
    fn jacobian(model: &Model<'_, Self>, x: ArrayView2<'_, Self>) -> Array2<Self>;
    /// See [`tangent::tangent`].
    fn tangent(
        model: &Model<'_, Self>,
        along: &[Array2<Self>],
        x: ArrayView2<'_, Self>,
    ) -> (Array2<Self>, Array2<Self>);
    /// See [`gram::compute`].
    fn tangent_gram(model: &Model<'_, Self>, gram: &Gram<'_, Self>, shares: &Shares) -> TangentGram;
    /// See [`features::of`].
    fn features(model: &Model<'_, Self>, request: &features::Request<'_>, x: ArrayView2<'_, Self>) -> Features<Self>;
    /// See [`gram::panel`].
    fn panel(
        left: &Features<Self>,
        right: Option<&Features<Self>>,
        b: usize,
        shares: &Shares,
        counted: (&Task, u64),
    ) -> Vec<Array2<f64>>;
}

macro_rules! compiled {
    ($($float:ty),*) => {$(
        impl Sweeps for $float {
            fn outputs(model: &Model<'_, Self>, x: ArrayView2<'_, Self>) -> Array2<Self> {
                gradient::outputs(model, x)
            }
            fn gradient(
                model: &Model<'_, Self>,
                x: ArrayView2<'_, Self>,
                cotangent: ArrayView2<'_, Self>,
            ) -> Vec<Array2<Self>> {
                gradient::gradient(model, x, cotangent)
            }
            fn loss_gradient(
                model: &Model<'_, Self>,
                x: ArrayView2<'_, Self>,
                group: usize,
                loss: &gradient::SampleLoss<'_, Self>,
            ) -> (f64, Vec<Array2<Self>>) {
                gradient::loss_gradient(model, x, group, loss)
            }
            fn jacobian(model: &Model<'_, Self>, x: ArrayView2<'_, Self>) -> Array2<Self> {
                jacobian::jacobian(model, x)
            }
            fn tangent(
                model: &Model<'_, Self>,
                along: &[Array2<Self>],
                x: ArrayView2<'_, Self>,
            ) -> (Array2<Self>, Array2<Self>) {
                tangent::tangent(model, along, x)
            }
            fn tangent_gram(model: &Model<'_, Self>, gram: &Gram<'_, Self>, shares: &Shares) -> TangentGram {
                gram::compute(model, gram, shares)
            }
            fn features(
                model: &Model<'_, Self>,
                request: &features::Request<'_>,
                x: ArrayView2<'_, Self>,
            ) -> Features<Self> {
                features::of(model, request, x)
            }
            fn panel(
                left: &Features<Self>,
                right: Option<&Features<Self>>,
                b: usize,
                shares: &Shares,
                counted: (&Task, u64),
            ) -> Vec<Array2<f64>> {
                gram::panel(left, right, b, shares, counted)
            }
        }
    )*};
}

compiled!(f32, f64);

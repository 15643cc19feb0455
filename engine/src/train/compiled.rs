//! Training, compiled once per number type, as the [sweeps](crate::sweep::Sweeps) are: generic code is compiled where it is used,
//! without optimisation if that is the cell of a notebook.

use super::{FullBatch, History, LossHistory, Minibatch, Optimiser};
use crate::error::Result;
use crate::net::Network;
use ndarray::{Array1, Array2};

/// Training in a number type.
pub trait Training: crate::net::Networks {
    /// See [`FullBatch::train`].
    fn full_batch(how: &FullBatch, network: &mut Network<Self>, x: &Array2<f64>, y: &Array1<f64>) -> Result<History>;
    /// See [`Minibatch::train`].
    fn minibatch(how: &Minibatch, network: &mut Network<Self>, x: &Array2<f64>, y: &Array2<f64>)
    -> Result<LossHistory>;
    /// The `t`-th step of a parameter along its gradient, with what multiplies its learning rate and what the rule remembers.
    fn step(
        optimiser: &Optimiser,
        t: u64,
        parameter: (&mut Array2<Self>, f64),
        gradient: &Array2<Self>,
        memory: &mut [Array2<Self>],
    );
}

macro_rules! compiled {
    ($($float:ty),*) => {$(
        impl Training for $float {
            fn full_batch(
                how: &FullBatch,
                network: &mut Network<Self>,
                x: &Array2<f64>,
                y: &Array1<f64>,
            ) -> Result<History> {
                how.run(network, x, y)
            }
            fn minibatch(
                how: &Minibatch,
                network: &mut Network<Self>,
                x: &Array2<f64>,
                y: &Array2<f64>,
            ) -> Result<LossHistory> {
                how.run(network, x, y)
            }
            fn step(
                optimiser: &Optimiser,
                t: u64,
                (values, rate): (&mut Array2<Self>, f64),
                gradient: &Array2<Self>,
                memory: &mut [Array2<Self>],
            ) {
                match optimiser {
                    Optimiser::Sgd(sgd) => sgd.step(rate, values, gradient, memory),
                    Optimiser::Adam(adam) => adam.step(t, values, gradient, memory),
                }
            }
        }
    )*};
}

compiled!(f32, f64);

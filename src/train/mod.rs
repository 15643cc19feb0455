//! Training of finite networks.

mod full_batch;
mod minibatch;
mod optimiser;
mod state;

pub use full_batch::{FullBatch, History};
pub use minibatch::{LossHistory, Minibatch};
pub use optimiser::{Adam, Optimiser, Sgd};
/// For the training of a network together with what reads its outputs.
#[cfg(all(feature = "frames", feature = "plots"))]
pub(crate) use optimiser::{Memory, own_rates};

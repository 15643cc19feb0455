//! Training of finite networks.

mod compiled;
mod full_batch;
mod minibatch;
pub(crate) mod optimiser;
mod shown;
mod state;

pub(crate) use compiled::Training;
pub use full_batch::{FullBatch, History};
pub use minibatch::{LossHistory, Minibatch};
pub use optimiser::{Adam, Memory, Optimiser, Sgd, own_rates};

//! Training of finite networks and their linearisations.
//!
//! | part | what it says |
//! |---|---|
//! | [`Model`] | what is trained: a network, its [linearisation](Linearised), also centred, or a model of one's own |
//! | [`Objective`] | what is minimised: the mean of a loss of [`regression`](crate::regression) on data, a [`Penalty`], changes of batches |
//! | [`Trainer`] | how: an [`Optimiser`], batches, a [`Schedule`] of the learning rate, [metrics](Trainer::metric), rules to stop, checkpoints |
//! | [`Observer`] | what is recorded, and [when](When): loss, accuracy, outputs, kernels, whatever can be computed of the [`State`] |
//!
//! ```
//! use hadamard::prelude::*;
//!
//! let (x, seed) = (sphere(40, 5, Seed(0))?, Seed(1));
//! let y = x.column(0).mapv(|v| v * v);
//! let mut network = mlp(2).width(128).input(5).init(seed)?;
//! let run = Trainer::steps(200, Sgd::new(0.05))
//!     .observe(Observer::new(When::Every(50)).loss())
//!     .train(&mut network, &Objective::new(&x, &y, SquaredError)?)?;
//! assert_eq!(run.records[0].steps, [0, 50, 100, 150, 200]);
//! # Ok::<(), Error>(())
//! ```
//!
//! [`FullBatch`] and [`Minibatch`] are two trainers in short.

mod full_batch;
mod instances;
mod minibatch;
mod model;
mod network_ensemble;
mod objective;
mod observer;
pub(crate) mod optimiser;
mod schedule;
mod shown;
mod trainer;

pub use full_batch::{FullBatch, History};
pub use instances::Training;
pub use minibatch::{LossHistory, Minibatch};
pub use model::{AnyModel, Linearised, Model, RowLoss};
pub use network_ensemble::NetworkEnsemble;
pub(crate) use objective::rows as targets_of;
pub use objective::{Batch, Objective, Penalty};
pub(crate) use observer::accuracy_of;
pub use observer::{Observer, Records, Series, State, When};
pub use optimiser::{Adadelta, Adam, Memory, Optimiser, Sgd};
pub use schedule::Schedule;
pub use trainer::{BatchPass, Trainer, TrainingRun};

//! Functions drawn from posteriors of wide networks, and the search for the maximum of an expensive function by them.
//!
//! | part | what it is |
//! |---|---|
//! | [`LinearSampler`], [`TrainedSampler`] | functions drawn from the posterior of a tangent kernel: sample, then optimise |
//! | [`BayesianOptimisation`] | the search: rounds of batches, any function, resumable |
//! | [`SearchStrategy`] | how its next point is chosen: the samplers, [`GaussianProcess`], [`NeuralThompson`], [`RandomSearch`], one of one's own |
//! | [`Acquisition`] | a function that a strategy maximises |
//!
//! Thompson sampling takes the point where a function drawn from the posterior is largest; a batch is as many independent draws. Dai, Shu, Low
//! and Jaillet 2022 draw it by training a network, so that the posterior's covariance is never formed.

mod acquisition;
mod climb;
mod sample;
mod search;
mod strategy;

pub use acquisition::Acquisition;
pub use sample::{LinearSample, LinearSampler, TrainedSample, TrainedSampler};
pub use search::{BayesianOptimisation, Evaluation, Outcome};
pub use strategy::{GaussianProcess, NeuralThompson, RandomSearch, Round, SearchStrategy};

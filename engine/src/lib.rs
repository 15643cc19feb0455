//! What `hadamard` computes: networks, sweeps, kernels, spectra, training, data. The crate `hadamard` has every module of this one,
//! adds studies and views, and is what a user names; its first page is the map of both.

#![warn(missing_docs)]

// Links OpenBLAS and LAPACK, which the crate calls through their C interfaces.
use ndarray_linalg as _;

pub mod atomic_file;
pub mod attack;
pub mod bayesian;
pub mod checkpoint;
mod compute;
pub mod curvature;
pub mod data;
pub mod error;
pub mod harmonic;
mod instances;
pub mod kernel;
pub mod linalg;
pub mod net;
pub mod number;
pub mod op;
pub mod progress;
pub mod random;
pub mod regression;
pub mod spectrum;
mod stop;
pub mod sweep;
mod tensors;
pub mod train;

pub use compute::Compute;
pub use error::{ColumnFault, Error, Fault, Result, SearchFault, TensorFault};

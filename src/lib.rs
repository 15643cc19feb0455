//! docs below
use ndarray_linalg as _;

pub mod data;
pub mod error;
pub mod kernel;
pub mod linalg;
pub mod net;
pub mod op;
pub mod prelude;
pub mod regression;
pub mod spectrum;
pub mod sweep;
pub mod train;

pub use error::{Error, Result};
#[cfg(all(feature = "frames", feature = "plots"))]
pub mod study;
#[cfg(all(feature = "frames", feature = "plots"))]
pub mod view;

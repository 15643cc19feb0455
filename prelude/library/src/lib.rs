//! What `hadamard-prelude` re-exports, as one dynamic library: built once, loaded by every cell.

pub use hadamard;
pub use hadamard::prelude::*;
pub use hadamard::{data, error, kernel, linalg, net, op, regression, spectrum, study, sweep, train, view};
pub use ndarray_linalg;
pub use rayon;

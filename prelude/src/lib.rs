//! The crate that a Rust notebook loads:
//!
//! ```text
//! :dep hadamard-prelude = { path = "../prelude" }
//! use hadamard_prelude::*;
//! ```
//!
//! It is a dynamic library: cells link it in under a second and share its statics. The crates whose types surface in a
//! notebook are re-exported, at the versions that hadamard uses.

pub use hadamard;
pub use hadamard::prelude::*;
pub use ndarray_linalg;
pub use rayon;

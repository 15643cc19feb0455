//! The crate that a Rust notebook loads:
//!
//! ```text
//! :dep hadamard-prelude = { path = "../prelude" }
//! use hadamard_prelude::*;
//! ```
//!
//! Everything is in the dynamic library `hadamard_library`, which cargo builds in any Rust kernel. The notebooks' own kernel
//! (`tools/kernel`) has built it before and sets `hadamard_prebuilt`: rustc is handed the library, and rust-analyzer, which names
//! the type of every `let`, reads the sources of hadamard (`hadamard` is a link to `../../src`, `engine` to `../../engine/src`) with signatures in place of polars
//! and plotly. That takes the first cells from 40 s to a few.

#![cfg_attr(rust_analyzer, allow(missing_docs))]

#[cfg(not(all(hadamard_prebuilt, rust_analyzer)))]
pub use hadamard_library::*;

// A new library at the same place is a reason to compile this crate again.
#[cfg(hadamard_prebuilt)]
const _: Option<&str> = option_env!("HADAMARD_LIBRARY");

// As in `../../engine/src/lib.rs` and `../../src/lib.rs`; a test compares.
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/atomic_file.rs"]
pub mod atomic_file;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/attack/mod.rs"]
pub mod attack;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/bayesian/mod.rs"]
pub mod bayesian;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/checkpoint/mod.rs"]
pub mod checkpoint;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/compute.rs"]
mod compute;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/curvature/mod.rs"]
pub mod curvature;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/data/mod.rs"]
pub mod data;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/error/mod.rs"]
pub mod error;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/harmonic/mod.rs"]
pub mod harmonic;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/instances.rs"]
mod instances;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/kernel/mod.rs"]
pub mod kernel;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/linalg/mod.rs"]
pub mod linalg;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "hadamard/names.rs"]
mod names;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/net/mod.rs"]
pub mod net;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/number/mod.rs"]
pub mod number;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/op/mod.rs"]
pub mod op;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "hadamard/prelude.rs"]
pub mod prelude;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/progress.rs"]
pub mod progress;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/random.rs"]
pub mod random;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/regression/mod.rs"]
pub mod regression;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/spectrum/mod.rs"]
pub mod spectrum;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/stop.rs"]
mod stop;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "hadamard/study/mod.rs"]
pub mod study;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/sweep/mod.rs"]
pub mod sweep;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/tensors/mod.rs"]
mod tensors;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "engine/train/mod.rs"]
pub mod train;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
#[path = "hadamard/view/mod.rs"]
pub mod view;
#[cfg(all(hadamard_prebuilt, rust_analyzer))]
pub use {
    compute::Compute,
    error::{Error, Result},
    prelude::*,
};

//! Ops that hold layers: one after the other, side by side, again and again.

mod branches;
mod concat;
mod hadamard;
mod into_layers;
mod serial;
mod sum;
mod tied;

pub(in crate::op) use branches::add_to;
pub use concat::{Concat, concat};
pub use hadamard::{Hadamard, hadamard, hadamard_skip};
pub use into_layers::{IntoLayers, Listed, Mixed};
pub use serial::{Serial, repeat, serial};
pub use sum::{Sum, residual, sum};
pub use tied::{Tied, tied};

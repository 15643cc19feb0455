//! Kernels that do not fit in memory: computed tile by tile into a folder, resumable after a kill, and usable from there.
//!
//! # The format
//! A folder holds one symmetric kernel of `n` points with `outputs` rows per point:
//! - `manifest.json`: `format` (`"hadamard-gram"`), `version` (2), `kernel` (`"ntk"` or `"nngp"`), `route` (`"finite"` or `"limit"`),
//!   `points`, `outputs`, `tile` (points per tile), `network` (the printed tree, for people) and `settings`: everything that the values
//!   depend on, and the version of the crate, as of a [checkpoint](crate::checkpoint); points, parameters and layers by their SHA-256.
//!   A run with other settings is refused, and told what differs;
//! - `tiles/IIIII-JJJJJ.npy` for `J ≤ I`: rows of points `I · tile ..`, columns of points `J · tile ..`, as a NumPy array in `f64`; of a tile
//!   on the diagonal both triangles. A tile is written under a temporary name and renamed, so one that is there is whole;
//! - `lock`, by which a second process is refused. A file called `stop`, made by hand, ends a run after the tile that it is at.
//!
//! The route of a network in `f32` is `"finite in f32"`, that of a limit by a tolerance `"limit within 1e-3"`: once in memory, the kernel
//! knows its precision.
//!
//! In NumPy: `numpy.load("folder/tiles/00003-00001.npy")`.

mod plan;
mod run;
mod source;
mod store;

pub use plan::{Budget, Plan};
pub use run::{TiledPart, TiledRun, TiledStatus};
pub use store::TiledKernel;

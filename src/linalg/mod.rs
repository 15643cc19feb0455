//! Linear algebra: the only place that talks to BLAS and LAPACK.
//!
//! Work is split into tiles whose sizes depend on the problem alone; each tile is one single-threaded BLAS call and
//! rayon runs the tiles. So the same input gives the same bits on any number of threads, and BLAS threads never compete
//! with rayon's.

mod eigen;
mod operator;
mod product;
mod scalar;
mod threads;

pub use eigen::SymmetricEigen;
pub use operator::LinearOperator;
pub(crate) use product::{Target, add_cross_gram, add_gram, add_tile, mirror_lower, tiles, written_zeros};
pub use scalar::Scalar;
pub(crate) use threads::single_threaded_blas;

//! Linear algebra: the only place that talks to BLAS and LAPACK.
//!
//! Work is split into tiles whose sizes depend on the problem alone; each tile is one single-threaded BLAS call and
//! rayon runs the tiles. So the same input gives the same bits on any number of threads, and BLAS threads never compete
//! with rayon's.
//!
//! | problem | with the matrix in memory | by its products with vectors ([`LinearOperator`]) |
//! |---|---|---|
//! | eigenpairs | [`SymmetricEigen`]: all | [`Lanczos`]: the largest |
//! | `(A + λ I) X = B` | Cholesky, or the eigenpairs | [`ConjugateGradient`] |

mod conjugate_gradient;
mod dot;
mod eigen;
mod krylov;
mod lanczos;
mod memory;
mod operator;
mod product;
mod registers;
mod scalar;
mod sparse;
mod thin;
pub(crate) mod threads;

pub use conjugate_gradient::{ConjugateGradient, Solution};
pub(crate) use dot::dot;
pub use eigen::SymmetricEigen;
pub use lanczos::{Lanczos, LargestEigenpairs};
pub use memory::keep_freed_memory;
pub(crate) use memory::unwritten;
pub use operator::LinearOperator;
pub(crate) use product::{
    GramSum, Target, add_grams, add_tile, gram, in_parts, mirror_lower, multiply, tiles, written_zeros,
};
pub(crate) use registers::has_fused;
pub use scalar::Scalar;
pub use threads::{SingleThreadedBlas, single_threaded_blas};

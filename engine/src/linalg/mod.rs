//! Linear algebra: the only place that talks to BLAS and LAPACK.
//!
//! Work is split into tiles whose sizes depend on the problem alone; each tile is one single-threaded BLAS call and
//! rayon runs the tiles. So the same input gives the same bits on any number of threads, and BLAS threads never compete
//! with rayon's.
//!
//! | problem | with the matrix in memory | by its products with vectors ([`LinearOperator`]) |
//! |---|---|---|
//! | eigenpairs | [`SymmetricEigen`]: all | [`Lanczos`]: the largest; [`TopEigenvalue`] of an operator that changes slowly |
//! | trace, density of eigenvalues | | [`Hutchinson`], [`SpectralDensity`] |
//! | `(A + λ I) X = B` | Cholesky, or the eigenpairs | [`ConjugateGradient`] |

mod avx2;
mod conjugate_gradient;
mod dot;
mod each;
mod eigen;
mod element;
mod few_terms;
mod hutchinson;
mod inverse;
mod krylov;
mod lanczos;
mod memory;
mod operator;
mod product;
mod projection;
mod scalar;
mod sparse;
mod spectral_density;
pub(crate) mod threads;
mod top_eigenvalue;
mod tridiagonal;
mod value_tape;
mod wide;

pub(crate) use avx2::has_fused;
pub use conjugate_gradient::{ConjugateGradient, Solution};
pub(crate) use dot::{add_dot, dot};
pub(crate) use each::{FEW, each};
pub use eigen::SymmetricEigen;
pub use element::{Element, Matrix, Weight};
pub use hutchinson::{Estimate, Hutchinson};
pub(crate) use inverse::Inverse;
pub use lanczos::{Lanczos, LargestEigenpairs};
pub use memory::keep_freed_memory;
pub(crate) use memory::unwritten;
pub use operator::{CombinedOperator, LinearOperator};
pub(crate) use product::{
    GramSum, Target, add_grams, add_tile, gram, in_parts, mirror_lower, multiply, tiles, written_zeros,
};
pub use scalar::Scalar;
pub use spectral_density::{Density, SpectralDensity};
pub use threads::{SingleThreadedBlas, single_threaded_blas};
pub use top_eigenvalue::TopEigenvalue;
pub(crate) use value_tape::{Replay, ValueTape};
pub(crate) use wide::wide;

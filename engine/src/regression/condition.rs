//! How far a kernel can be inverted.

use crate::error::{Error, Result};
use crate::linalg::SymmetricEigen;

/// The eigenvalues that decide how far a kernel of `n` points can be inverted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Number of points.
    pub n: usize,
    /// Number of eigenvalues: that of points, times the outputs of a full kernel.
    pub rows: usize,
    /// Smallest eigenvalue of the kernel itself, before `λ` is added.
    pub smallest: f64,
    /// Largest eigenvalue.
    pub largest: f64,
    /// Mean of the eigenvalues, which is that of the kernel's diagonal, `tr(Θ) / rows`.
    pub mean: f64,
    /// The magnitude below which an eigenvalue cannot be told from zero: that of the kernel's
    /// [precision](crate::kernel::Precision::noise).
    pub noise: f64,
    /// The `λ` that was added to the diagonal; 0 if none was.
    pub lambda: f64,
    /// Number of eigenvalues of `Θ + λ I` above the noise.
    pub rank: usize,
}

impl Condition {
    pub(super) fn new(eigen: &SymmetricEigen, n: usize, noise: f64, lambda: f64) -> Self {
        Self {
            n,
            rows: eigen.len(),
            smallest: eigen.smallest(),
            largest: eigen.largest(),
            mean: eigen.values.sum() / eigen.len() as f64,
            noise,
            lambda,
            rank: eigen.values.iter().filter(|&&value| value + lambda > noise).count(),
        }
    }

    /// `(λ_max + λ) / (λ_min + λ)`; infinite if the smallest eigenvalue cannot be told from zero.
    pub fn condition_number(&self) -> f64 {
        if self.rank < self.rows {
            return f64::INFINITY;
        }
        (self.largest + self.lambda) / (self.smallest + self.lambda)
    }

    /// # Errors
    /// [`Error::Singular`] unless all eigenvalues of `Θ + λ I` are above the noise.
    pub(super) fn invertible(&self, place: &'static str) -> Result<()> {
        if self.rank < self.rows {
            let (smallest, largest) = (self.smallest + self.lambda, self.largest + self.lambda);
            return Err(Error::Singular { place, n: self.n, smallest, largest, noise: self.noise });
        }
        Ok(())
    }
}

impl std::fmt::Display for Condition {
    /// One line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { n, rows, smallest, largest, noise, lambda, rank, .. } = self;
        write!(
            f,
            "{n} points, eigenvalues {smallest:.3e} to {largest:.3e} (noise {noise:.1e}), λ = {lambda:.3e}: \
             condition number {:.3e}, rank {rank} of {rows}",
            self.condition_number()
        )
    }
}

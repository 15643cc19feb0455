//! The spectrum of a kernel matrix and its summaries.

use super::alignment::{Targets, targets};
use super::decay::Decay;
use crate::error::{Error, Result};
use crate::kernel::{Kernel, Precision};
use crate::linalg::{SymmetricEigen, multiply};
use ndarray::{Array, Array1, Array2, Axis, Dimension, Zip, s};
use std::ops::RangeInclusive;

/// Eigenpairs of a symmetric matrix, eigenvalues falling: `λ_1 ≥ λ_2 ≥ … ≥ λ_n`.
#[derive(Clone)]
pub struct Spectrum {
    values: Array1<f64>,
    vectors: Array2<f64>,
    noise: f64,
    /// Below it the matrix is indefinite.
    lowest: f64,
    /// Rows per point.
    outputs: usize,
}

impl Kernel {
    /// Eigenpairs of a kernel of one set of points with itself, `n`, or `n · c` of a full kernel of `c` outputs.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets; as for [`Spectrum::new`].
    pub fn spectrum(&self) -> Result<Spectrum> {
        Spectrum::of(self.of_one_set("spectrum")?, self.precision(), self.outputs())
    }
}

impl Spectrum {
    /// Eigenpairs of a symmetric `[n, n]` matrix.
    ///
    /// # Errors
    /// [`Error::NotSymmetric`] if two mirrored entries differ by more than `1e-10` of the largest entry; as for
    /// [`SymmetricEigen::new`].
    pub fn new(matrix: &Array2<f64>) -> Result<Self> {
        Self::of(matrix, Precision::Double, 1)
    }

    fn of(matrix: &Array2<f64>, precision: Precision, outputs: usize) -> Result<Self> {
        let place = "spectrum";
        crate::error::check_input(place, matrix, None)?;
        if matrix.ncols() != matrix.nrows() {
            return Err(Error::Size { place, what: "columns", expected: matrix.nrows(), got: matrix.ncols() });
        }
        let largest = matrix.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let off = |&((row, column), &value): &((usize, usize), &f64)| (value - matrix[[column, row]]).abs();
        if let Some(worst) = matrix.indexed_iter().max_by(|a, b| off(a).total_cmp(&off(b)))
            && !(off(&worst) <= 1e-10 * largest)
        {
            let ((row, column), &value) = worst;
            let mirror = matrix[[column, row]];
            return Err(Error::NotSymmetric { place, row, column, value, mirror });
        }
        let SymmetricEigen { mut values, mut vectors } = SymmetricEigen::new(matrix)?;
        let n = values.len();
        // Falling, without a copy of the vectors.
        for (i, j) in (0..n / 2).map(|i| (i, n - 1 - i)) {
            values.swap(i, j);
            let (mut first, mut last) = vectors.multi_slice_mut((s![i, ..], s![j, ..]));
            Zip::from(&mut first).and(&mut last).for_each(std::mem::swap);
        }
        let largest = values[0].abs().max(values[n - 1].abs());
        let (noise, lowest) = (precision.noise(n, largest), precision.indefinite_below(n, largest));
        Ok(Self { values, vectors, noise, lowest, outputs })
    }

    /// `[n]`, falling.
    pub fn values(&self) -> &Array1<f64> {
        &self.values
    }

    /// `[n, n]`; row `i` is the eigenvector of `values()[i]`.
    pub fn vectors(&self) -> &Array2<f64> {
        &self.vectors
    }

    /// The magnitude below which an eigenvalue cannot be told from zero, by the kernel's [precision](Precision::noise).
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// Number of eigenvalues above the noise.
    pub fn rank(&self) -> usize {
        self.values.iter().filter(|&&v| v > self.noise).count()
    }

    /// Fits `λ_k ∝ k^{-p}` and `λ_k ∝ e^{-p k}` to the eigenvalues of the ranks `k` given, counted from 1, ends included.
    ///
    /// # Errors
    /// [`Error::Range`] for ranks outside 1 to `n` or fewer than 3 of them; [`Error::TooSmall`] for an eigenvalue at or
    /// below the rounding noise.
    pub fn decay(&self, ranks: RangeInclusive<usize>) -> Result<Decay> {
        let (place, first, last) = ("eigenvalue decay", *ranks.start(), *ranks.end());
        if first == 0 {
            return Err(Error::Range { place, what: "the first rank", value: 0.0, legal: "at least 1" });
        }
        if last > self.values.len() {
            let (value, legal) = (last as f64, "at most the number of eigenvalues");
            return Err(Error::Range { place, what: "the last rank", value, legal });
        }
        let indices: Vec<usize> = ranks.collect();
        let values: Vec<f64> = indices.iter().map(|&k| self.values[k - 1]).collect();
        Decay::fit(place, "eigenvalue", indices, &values, self.noise)
    }

    /// Effective rank `exp(-Σ_i p_i ln p_i)`, `p_i = λ_i / Σ_j λ_j` (Roy and Vetterli 2007): from 1 to `n`.
    ///
    /// # Errors
    /// [`Error::Indefinite`] for an eigenvalue below rounding error; [`Error::Range`] if all are zero.
    pub fn effective_rank(&self) -> Result<f64> {
        let shares = self.shares("effective rank")?;
        Ok((-shares.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()).exp())
    }

    /// Participation ratio `(Σ_i λ_i)² / Σ_i λ_i²`: from 1 to `n`, at most the effective rank.
    ///
    /// # Errors
    /// As for [`Spectrum::effective_rank`].
    pub fn participation_ratio(&self) -> Result<f64> {
        Ok(self.shares("participation ratio")?.iter().map(|p| p * p).sum::<f64>().recip())
    }

    /// `[n]`; entry `k - 1` is `Σ_{i ≤ k} λ_i / Σ_j λ_j`, the share of the trace in the `k` largest eigenvalues.
    ///
    /// # Errors
    /// As for [`Spectrum::effective_rank`].
    pub fn cumulative_share(&self) -> Result<Array1<f64>> {
        Ok(running_sum(self.shares("cumulative share")?))
    }

    /// `[n]`; entry `k - 1` is `Σ_{i ≤ k} λ_i² / Σ_j λ_j²`, the share of the squared Frobenius norm in the `k` largest eigenvalues.
    ///
    /// # Errors
    /// As for [`Spectrum::effective_rank`].
    pub fn cumulative_square_share(&self) -> Result<Array1<f64>> {
        let squares = self.shares("cumulative share of squares")?.mapv(|share| share * share);
        let all = squares.sum();
        Ok(running_sum(squares / all))
    }

    /// `λ_1 / λ_n`.
    ///
    /// # Errors
    /// [`Error::Indefinite`] for an eigenvalue below rounding error; [`Error::Singular`] for one that cannot be told from zero.
    pub fn condition_number(&self) -> Result<f64> {
        let place = "condition number";
        self.check_semidefinite(place)?;
        let (n, largest, smallest) = self.ends();
        if smallest > self.noise {
            Ok(largest / smallest)
        } else {
            Err(Error::Singular { place, n: n / self.outputs, smallest, largest, noise: self.noise })
        }
    }

    /// Cumulative power `[n]` (Canatar et al. 2021): entry `k - 1` is `Σ_{i ≤ k} ‖v_iᵀ Y‖² / ‖Y‖²`, the share of the target
    /// `y: [n]` or `[n, c]` in the span of the `k` leading eigenvectors. For a full kernel of `c` outputs the target is `[n, c]` and one
    /// vector, and there are `n · c` entries.
    ///
    /// The basis inside the eigenspace of a repeated eigenvalue is arbitrary, and so are the entries but its last.
    ///
    /// # Errors
    /// [`Error::Size`] or [`Error::NotFinite`] for the target; [`Error::Range`] for a target of zeros.
    pub fn cumulative_power<D: Dimension>(&self, y: &Array<f64, D>) -> Result<Array1<f64>> {
        let n = self.values.len() / self.outputs;
        let y = targets("cumulative power", y, Targets { n, outputs: self.outputs }, false)?;
        let power = multiply(&self.vectors, &y).map_axis(Axis(1), |row| row.iter().map(|c| c * c).sum::<f64>());
        let total = y.iter().map(|v| v * v).sum::<f64>();
        Ok(running_sum(power / total))
    }

    /// `n`, `λ_1`, `λ_n`.
    fn ends(&self) -> (usize, f64, f64) {
        let n = self.values.len();
        (n, self.values[0], self.values[n - 1])
    }

    fn check_semidefinite(&self, place: &'static str) -> Result<()> {
        let (n, largest, smallest) = self.ends();
        // Rounding may push zero eigenvalues a little below zero, never further.
        if smallest >= self.lowest {
            return Ok(());
        }
        Err(Error::Indefinite { place, n: n / self.outputs, smallest, largest, noise: self.noise })
    }

    /// `λ_i / Σ_j λ_j`, with what rounding has pushed below zero set to zero.
    fn shares(&self, place: &'static str) -> Result<Array1<f64>> {
        self.check_semidefinite(place)?;
        let largest = self.values[0];
        if !(largest > 0.0) {
            return Err(Error::Range { place, what: "the largest eigenvalue", value: largest, legal: "positive" });
        }
        // Shares of the largest first, so that the sum cannot overflow.
        let relative = self.values.mapv(|v| v.max(0.0) / largest);
        let total = relative.sum();
        Ok(relative / total)
    }
}

impl std::fmt::Debug for Spectrum {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((n, largest, smallest), noise, rank) = (self.ends(), self.noise, self.rank());
        write!(f, "{n} eigenvalues, {largest:.4e} to {smallest:.4e}, {rank} above the noise of {noise:.1e}")
    }
}

fn running_sum(mut values: Array1<f64>) -> Array1<f64> {
    values.accumulate_axis_inplace(Axis(0), |before, here| *here += before);
    values
}

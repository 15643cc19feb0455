//! Label similarity by kernel regression on pairs.

use super::super::Kernel;
use super::{alike, between, classes, of_one_set, sum, weight};
use crate::error::{Error, Result};
use crate::linalg::{SymmetricEigen, multiply};
use ndarray::{Array2, Axis};

const PLACE: &str = "label-aware kernel";

/// `K + λ Z` with `Z(x, x')` a kernel regression of `y_i y_j` over all pairs of training points, weighted by how near `K(x_i, x_j)` is to
/// `K(x, x')`:
///
/// `Z = Σ_ij y_i y_j (s² - (c - c_ij)²) / Σ_ij (s² - (c - c_ij)²)`, `c = K(x, x')`, `c_ij = K(x_i, x_j)`, `s = max c_ij - min c_ij`
///
/// (Chen, He and Su 2020; the weight is that of their program). Sums of powers of `c_ij` are all that is needed of the pairs: `n²` operations
/// in all and a few for each entry.
///
/// ```
/// use hadamard::prelude::*;
/// let x = gaussian(40, 5, Seed(0))?;
/// let labels: Vec<usize> = x.column(0).iter().map(|&v| usize::from(v > 0.0)).collect();
/// let ntk = mlp(2).limit_kernel(&x)?.ntk().clone();
/// let aware = HigherOrder::new(&ntk, &labels)?;
/// let others = gaussian(10, 5, Seed(1))?;
/// let cross = mlp(2).limit_kernel_between(&others, &x)?.ntk().clone();
/// let (train, test) = (aware.kernel(0.1)?, aware.kernel_between(0.1, &cross)?);
/// assert_eq!(test.values().dim(), (10, 40));
/// assert!(local_elasticity(&train, &labels)?.ratio > local_elasticity(&ntk, &labels)?.ratio);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct HigherOrder {
    kernel: Kernel,
    /// What is subtracted from entries, so that sums of their powers keep their digits.
    centre: f64,
    /// `s²`.
    square: f64,
    /// `Σ_ij t_ij c_ij^k` and `Σ_ij c_ij^k`, `k` from 0 to 2, over the number of pairs.
    targets: [f64; 3],
    counts: [f64; 3],
    /// On the training points.
    similarity: Array2<f64>,
}

impl HigherOrder {
    /// Of a kernel `[n, n]` of the training points and their labels.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets or of several outputs, and for another number of labels than of points, as with labels of other
    /// points; [`Error::Range`] for one class only, or a kernel whose entries are all equal; [`Error::NotFinite`].
    pub fn new<T: Copy + Into<usize>>(kernel: &Kernel, labels: &[T]) -> Result<Self> {
        let values = of_one_set(PLACE, kernel)?;
        let classes = classes(PLACE, labels, values.nrows())?;
        Self::of(kernel, &Array2::from_shape_fn(values.dim(), |(i, j)| alike(classes[i], classes[j])))
    }

    /// The same with `y yᵀ` replaced by `K⁻¹ y yᵀ K⁻¹`.
    ///
    /// # Errors
    /// As for [`HigherOrder::new`]; [`Error::Singular`] for a kernel that cannot be inverted.
    pub fn by_inverse<T: Copy + Into<usize>>(kernel: &Kernel, labels: &[T]) -> Result<Self> {
        let values = of_one_set(PLACE, kernel)?;
        let n = values.nrows();
        let classes = classes(PLACE, labels, n)?;
        let eigen = SymmetricEigen::new(values)?;
        let (smallest, largest) = (eigen.smallest(), eigen.largest());
        let noise = kernel.precision().noise(n, largest.abs().max(smallest.abs()));
        if !(smallest > noise) {
            return Err(Error::Singular { place: PLACE, n, smallest, largest, noise });
        }
        // y yᵀ = 2 Y Yᵀ - 1 1ᵀ with Y the classes one-hot.
        let count = classes.iter().max().map_or(0, |most| most + 1);
        let mut right = Array2::ones((n, count + 1));
        for (mut row, &class) in right.rows_mut().into_iter().zip(&classes) {
            for column in 0..count {
                row[column] = if column == class { std::f64::consts::SQRT_2 } else { 0.0 };
            }
        }
        let modes = multiply(&eigen.vectors, &right) / eigen.values.view().insert_axis(Axis(1));
        let solved = multiply(&eigen.vectors.t(), &modes);
        let mut signed = solved.clone();
        signed.column_mut(count).mapv_inplace(|v| -v);
        Self::of(kernel, &multiply(&signed, &solved.t()))
    }

    /// By targets of all pairs.
    fn of(kernel: &Kernel, pairs: &Array2<f64>) -> Result<Self> {
        let values = kernel.values();
        let count = values.len() as f64;
        let centre = values.sum() / count;
        let ends = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let square = (ends.1 - ends.0).powi(2);
        if !(square > 0.0) {
            let (what, legal) = ("the spread of the kernel's entries", "above 0");
            return Err(Error::Range { place: PLACE, what, value: square, legal });
        }
        let (mut targets, mut counts) = ([0.0; 3], [0.0; 3]);
        for (value, target) in values.iter().zip(pairs) {
            let c = value - centre;
            for (k, power) in [1.0, c, c * c].into_iter().enumerate() {
                targets[k] += target * power;
                counts[k] += power;
            }
        }
        let share = |sums: [f64; 3]| sums.map(|sum| sum / count);
        let (targets, counts) = (share(targets), share(counts));
        let mut made =
            Self { kernel: kernel.clone(), centre, square, targets, counts, similarity: Array2::zeros((0, 0)) };
        made.similarity = made.similarity_at(values);
        Ok(made)
    }

    fn similarity_at(&self, values: &Array2<f64>) -> Array2<f64> {
        values.mapv(|value| {
            let c = value - self.centre;
            let weighed = |sums: &[f64; 3]| (self.square - c * c) * sums[0] + 2.0 * c * sums[1] - sums[2];
            weighed(&self.targets) / weighed(&self.counts)
        })
    }

    /// `Z` on the training points, `[n, n]`.
    pub fn similarity(&self) -> &Array2<f64> {
        &self.similarity
    }

    /// `K + λ Z` on the training points, with `λ` such that the mean size of `λ Z` is `ratio` times that of `K` (0.1 for two-layer networks and 5e-4 for deep
    /// convolutional ones in the paper's program). It need not be positive semidefinite: regression says if it is not.
    ///
    /// # Errors
    /// [`Error::Range`] for a ratio that is negative or not finite; [`Error::Overflow`].
    pub fn kernel(&self, ratio: f64) -> Result<Kernel> {
        sum(PLACE, &self.kernel, self.weight(ratio)?, &self.similarity)
    }

    /// `K + λ Z` between other points and the training points, from `K` between them, `[m, n]`, with the same `λ`.
    ///
    /// # Errors
    /// As for [`HigherOrder::kernel`]; [`Error::Size`], [`Error::NotFinite`].
    pub fn kernel_between(&self, ratio: f64, cross: &Kernel) -> Result<Kernel> {
        let values = between(PLACE, cross, self.kernel.values().nrows())?;
        sum(PLACE, cross, self.weight(ratio)?, &self.similarity_at(values))
    }

    fn weight(&self, ratio: f64) -> Result<f64> {
        weight(PLACE, ratio, self.kernel.values(), &self.similarity)
    }
}

impl std::fmt::Debug for HigherOrder {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "label-aware kernel of {} training points by a kernel regression of pairs",
            self.kernel.values().nrows()
        )
    }
}

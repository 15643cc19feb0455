//! The kernel after training, by the neural tangent hierarchy.

use super::super::Kernel;
use super::{of_limit, times};
use crate::error::{Error, Result, check_input, check_memory};
use crate::linalg::{SymmetricEigen, gram, multiply};
use crate::net::{Net, network};
use crate::op::{Dense, dense, relu, serial};
use crate::progress::Progress;
use crate::random::Seed;
use ndarray::{Array1, Array2, Axis, Zip};

const PLACE: &str = "neural tangent hierarchy";

/// The expected tangent kernel of a two-layer ReLU network `f = (1/√m) Σ_r a_r relu(w_r · x)`, `w ~ N(0, I)`, `a = ±1`, after training by gradient flow, to
/// first order in `1/m`:
///
/// `K_NTH(x, x') = K(x, x') + Σ_kl M_kl K_4(x, x', x_k, x_l)`, `M = P V Pᵀ`, `V_ij = ỹ_i ỹ_j / (λ_i (λ_i + λ_j))`, `ỹ = Pᵀ y`,
///
/// with `K = P diag(λ) Pᵀ` on the training points. It follows from `K̇ = -Σ K_3 r`, `K̇_3 = -Σ K_4 r` and a fixed `K_4`, `E K_3 = 0` at the start
/// (Chen, He and Su 2020, LANTK-NTH, whose two terms are these in one), and
///
/// `m K_4(1,2,3,4) = E { [2⟨1,2⟩⟨3,4⟩ + ⟨1,3⟩⟨2,4⟩ + ⟨2,3⟩⟨1,4⟩] 1_{1234} + 2⟨1,2⟩ σ_3 σ_4 1_{12} + ⟨1,3⟩ σ_2 σ_4 1_{13} + ⟨2,3⟩ σ_1 σ_4 1_{23} }`,
///
/// the mean over `w` of the derivative of the kernel where no unit is at its kink: kinks themselves are left out, so that this *defines* a kernel and is not
/// all of the change of a ReLU network's. The mean is taken over random `w`, with standard errors.
#[derive(Clone)]
pub struct Hierarchy {
    x: Array2<f64>,
    net: Net,
    width: f64,
    samples: usize,
    seed: Seed,
    /// `M`.
    weights: Array2<f64>,
    /// `⟨x_k, x_l⟩`.
    products: Array2<f64>,
}

/// A kernel of a [`Hierarchy`] with what it is made of.
#[derive(Clone)]
pub struct HierarchyKernel {
    /// `K_NTH`.
    pub kernel: Kernel,
    /// What the labels add to `K`.
    pub label_aware: Array2<f64>,
    /// The standard errors of `label_aware`.
    pub standard_error: Array2<f64>,
}

impl Hierarchy {
    /// Of training points `[n, d]` with labels `+1` and `-1`, a width `m`, and so many random `w`.
    ///
    /// # Errors
    /// [`Error::Size`] for another number of labels than of points; [`Error::Range`] for a label that is neither `+1` nor `-1`, labels all alike, a
    /// width of 0 or fewer than two samples; [`Error::Singular`] for points whose kernel cannot be inverted; [`Error::NotFinite`]; [`Error::Memory`].
    pub fn new(x: &Array2<f64>, y: &Array1<f64>, (width, samples): (usize, usize), seed: Seed) -> Result<Self> {
        check_input(PLACE, x, None)?;
        let (n, range) = (x.nrows(), |what, value, legal| Err(Error::Range { place: PLACE, what, value, legal }));
        if y.len() != n {
            return Err(Error::Size { place: PLACE, what: "labels", expected: n, got: y.len() });
        }
        if let Some(&label) = y.iter().find(|label| label.abs() != 1.0) {
            return range("a label", label, "+1 or -1");
        }
        if y.iter().all(|label| *label == y[0]) {
            return range("the number of classes among the labels", 1.0, "2");
        }
        if width == 0 {
            return range("the width", 0.0, "at least 1");
        }
        if samples < 2 {
            return range("the number of samples", samples as f64, "at least 2");
        }
        check_memory(PLACE, &[6 * n * n])?;
        // The constant gain of the first layer: its weights are N(0, I) whatever the number of inputs.
        let net =
            network("two layers of ReLU", serial((Dense::hidden().plain_gain(1.0), relu(), dense(1)))).input(x.ncols());
        let kernel = net.limit_kernel(x)?;
        let eigen = SymmetricEigen::new(kernel.ntk().values())?;
        let (smallest, largest, noise) = (eigen.smallest(), eigen.largest(), eigen.noise());
        if !(smallest > noise) {
            return Err(Error::Singular { place: PLACE, n, smallest, largest, noise });
        }
        let modes = times(&eigen.vectors, y);
        let lambda = &eigen.values;
        let inner = Array2::from_shape_fn((n, n), |(i, j)| modes[i] * modes[j] / (lambda[i] * (lambda[i] + lambda[j])));
        let weights = multiply(&multiply(&eigen.vectors.t(), &inner), &eigen.vectors);
        Ok(Self { x: x.clone(), net, width: width as f64, samples, seed, weights, products: gram(x) })
    }

    /// On the training points.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn kernel(&self) -> Result<HierarchyKernel> {
        let [_, base] = self.net.limit_kernel(&self.x)?.into_values();
        self.sampled(&self.x, base, true)
    }

    /// Between other points `[m, d]` and the training points, with the same `w`.
    ///
    /// # Errors
    /// [`Error::Size`] for another number of features; [`Error::NotFinite`], [`Error::Overflow`].
    pub fn kernel_between(&self, x: &Array2<f64>) -> Result<HierarchyKernel> {
        check_input(PLACE, x, Some(self.x.ncols()))?;
        let [_, base] = self.net.limit_kernel_between(x, &self.x)?.into_values();
        self.sampled(x, base, false)
    }

    fn sampled(&self, x: &Array2<f64>, base: Array2<f64>, symmetric: bool) -> Result<HierarchyKernel> {
        let cross = multiply(x, &self.x.t());
        let (mut mean, mut squares) = (Array2::zeros(base.dim()), Array2::<f64>::zeros(base.dim()));
        let task = Progress::current().task(PLACE, "samples", self.samples as u64);
        let mut normal = self.seed.normals(0);
        for sample in 0..self.samples {
            let w = Array1::from_shape_simple_fn(x.ncols(), &mut normal);
            let value = self.one(x, &cross, &w);
            let count = (sample + 1) as f64;
            // Welford's sums.
            Zip::from(&mut mean).and(&mut squares).and(&value).for_each(|mean, squares, &v| {
                let before = v - *mean;
                *mean += before / count;
                *squares += before * (v - *mean);
            });
            task.advance(1);
        }
        let count = self.samples as f64;
        let standard_error = squares.mapv(|s| (s / (count * (count - 1.0))).sqrt());
        let values = crate::net::finite(PLACE, base + &mean)?;
        Ok(HierarchyKernel { kernel: of_limit(values, symmetric), label_aware: mean, standard_error })
    }

    /// `Σ_kl M_kl K_4(x, x', x_k, x_l)` for one `w` in place of the mean: `[m, n]`.
    fn one(&self, x: &Array2<f64>, cross: &Array2<f64>, w: &Array1<f64>) -> Array2<f64> {
        let units = |x: &Array2<f64>| {
            let u = times(x, w);
            (u.mapv(|u| u.max(0.0)), u.mapv(|u| f64::from(u8::from(u > 0.0))))
        };
        let ((left, left_on), (right, right_on)) = (units(x), units(&self.x));
        let moved = times(&self.weights, &right);
        // M_kl 1_k 1_l, and sums over k and l of it with ⟨k, l⟩ and of M_kl σ_k σ_l.
        let on = &self.weights * &right_on * right_on.view().insert_axis(Axis(1));
        let both = 2.0 * ((&on * &self.products).sum() + right.dot(&moved));
        let there = multiply(cross, &(&on + &on.t()));
        let pairs = multiply(&there, &self.products);
        // Σ_k 1_k x_k (M σ)_k, by its products with points.
        let along = &right_on * &moved;
        let (along_left, along_right) = (times(cross, &along), times(&self.products, &along));
        Array2::from_shape_fn(cross.dim(), |(i, j)| {
            let active = left_on[i] * right_on[j];
            let first = active * (both * cross[[i, j]] + pairs[[i, j]]);
            let second = left_on[i] * along_left[i] * right[j] + right_on[j] * along_right[j] * left[i];
            (first + second) / self.width
        })
    }
}

impl std::fmt::Debug for Hierarchy {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, m, samples) = (self.x.nrows(), self.width, self.samples);
        write!(f, "tangent hierarchy of two ReLU layers of width {m} on {n} points, {samples} samples")
    }
}

impl std::fmt::Debug for HierarchyKernel {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let largest = |a: &Array2<f64>| a.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let ((rows, columns), part, error) =
            (self.label_aware.dim(), largest(&self.label_aware), largest(&self.standard_error));
        write!(
            f,
            "label-aware kernel [{rows}, {columns}], of labels up to {part:.3e}, standard errors up to {error:.1e}"
        )
    }
}

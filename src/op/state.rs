//! What flows through a network at infinite width.

use crate::error::{Error, Result};
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip};

/// What is known of the distribution of a layer's units over the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// The network's input: not random.
    Input {
        /// Number of features.
        features: usize,
    },
    /// A Gaussian process with mean zero, over the units.
    Gaussian,
    /// Independent, identically distributed units that are not Gaussian, after the op named.
    Other(&'static str),
}

/// Per-point moments of a unit `z`, one value per point: what a pair of points needs beside its cross moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Marginals {
    /// `E z²`.
    pub second: Array1<f64>,
    /// `E z`.
    pub mean: Array1<f64>,
}

/// The kernels between `n1` and `n2` points after some layer. All moments are per unit.
#[derive(Clone, Debug)]
pub struct KernelState {
    /// NNGP kernel `K = E z z'`, `[n1, n2]`.
    pub nngp: Array2<f64>,
    /// Tangent kernel `Θ` of the layers so far, `[n1, n2]`.
    pub ntk: Array2<f64>,
    /// Moments of the `n1` points.
    pub rows: Marginals,
    /// Moments of the `n2` points.
    pub columns: Marginals,
    /// Distribution of the units.
    pub law: Law,
    /// `Some(k)` if row `i` is the same point as column `i + k`: there the correlation is exactly one.
    pub diagonal: Option<usize>,
}

/// Second moments of a Gaussian pair `u, u'`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    /// `E u²`.
    pub q1: f64,
    /// `E u'²`.
    pub q2: f64,
    /// `√(q1 q2)`.
    pub scale: f64,
    /// `E u u' / scale`, within `[-1, 1]`.
    pub r: f64,
}

/// Correlations this close to ±1 are ±1: rounding of the inner products cannot be told from it.
const SNAP: f64 = 8.0 * f64::EPSILON;

impl KernelState {
    /// The state of the raw input: `K = x·x'/d`, `Θ = 0`; `x1: [n1, d]`, `x2: [n2, d]`.
    pub fn input(x1: ArrayView2<'_, f64>, x2: ArrayView2<'_, f64>, diagonal: Option<usize>) -> Self {
        let d = x1.ncols() as f64;
        let marginals = |x: &ArrayView2<'_, f64>| Marginals {
            second: x.rows().into_iter().map(|r| r.dot(&r) / d).collect(),
            mean: x.rows().into_iter().map(|r| r.sum() / d).collect(),
        };
        Self {
            nngp: x1.dot(&x2.t()) / d,
            ntk: Array2::zeros((x1.nrows(), x2.nrows())),
            rows: marginals(&x1),
            columns: marginals(&x2),
            law: Law::Input { features: x1.ncols() },
            diagonal,
        }
    }

    /// # Errors
    /// [`Error::NoLimitRule`] unless the units are Gaussian.
    pub fn require_gaussian(&self, op: &'static str) -> Result<()> {
        match self.law {
            Law::Gaussian => Ok(()),
            Law::Input { .. } => Err(Error::NoLimitRule { op, before: "the raw input" }),
            Law::Other(before) => Err(Error::NoLimitRule { op, before }),
        }
    }

    /// A dense layer of weight variance `variance_w` (per fan-in) and bias variance `variance_b`.
    pub(crate) fn dense(mut self, variance_w: f64, variance_b: f64) -> Self {
        self.nngp.mapv_inplace(|k| variance_w * k + variance_b);
        Zip::from(&mut self.ntk).and(&self.nngp).for_each(|t, &k| *t = k + variance_w * *t);
        for side in [&mut self.rows, &mut self.columns] {
            side.second.mapv_inplace(|q| variance_w * q + variance_b);
            side.mean.fill(0.0);
        }
        self.law = Law::Gaussian;
        self
    }

    /// An activation of Gaussian units: `marginal(q) -> (E φ², E φ)`, `pair(moments, Θ) -> (E φφ', Θ E φ̇φ̇')`. A point with
    /// itself has correlation one exactly, and correlations are kept within `[-1, 1]`.
    pub(crate) fn map_gaussian(
        mut self,
        op: &'static str,
        marginal: impl Fn(f64) -> (f64, f64),
        pair: impl Fn(Moments, f64) -> (f64, f64),
    ) -> Self {
        if let Some(offset) = self.diagonal {
            for i in 0..self.nngp.nrows() {
                self.nngp[[i, i + offset]] = self.rows.second[i];
            }
        }
        let second = &self.columns.second;
        for (i, (mut k_row, mut t_row)) in self.nngp.rows_mut().into_iter().zip(self.ntk.rows_mut()).enumerate() {
            let q1 = self.rows.second[i];
            Zip::from(&mut k_row).and(&mut t_row).and(second).for_each(|k, t, &q2| {
                let scale = q1.sqrt() * q2.sqrt();
                // A zero vector is uncorrelated with everything; its moments are zero whatever r is.
                let r = if scale > 0.0 { *k / scale } else { 0.0 };
                let r = if r.abs() >= 1.0 - SNAP { r.signum() } else { r };
                (*k, *t) = pair(Moments { q1, q2, scale, r }, *t);
            });
        }
        for side in [&mut self.rows, &mut self.columns] {
            Zip::from(&mut side.second).and(&mut side.mean).for_each(|q, m| (*q, *m) = marginal(*q));
        }
        self.law = Law::Other(op);
        self
    }

    /// The product `z ∘ h + s h` of this state's `h` and an independent `z`.
    pub(crate) fn times(mut self, z: &Self, s: f64) -> Self {
        for (i, (mut k_row, mut t_row)) in self.nngp.rows_mut().into_iter().zip(self.ntk.rows_mut()).enumerate() {
            let mean = z.rows.mean[i];
            Zip::from(&mut k_row)
                .and(&mut t_row)
                .and(z.nngp.index_axis(Axis(0), i))
                .and(z.ntk.index_axis(Axis(0), i))
                .and(&z.columns.mean)
                .for_each(|k, t, &kz, &tz, &mean2| {
                    let shifted = s * s + s * (mean + mean2) + kz;
                    *t = shifted * *t + tz * *k;
                    *k *= shifted;
                });
        }
        for (side, other) in [(&mut self.rows, &z.rows), (&mut self.columns, &z.columns)] {
            Zip::from(&mut side.second)
                .and(&other.second)
                .and(&other.mean)
                .for_each(|q, &qz, &m| *q *= s * s + 2.0 * s * m + qz);
            side.mean.zip_mut_with(&other.mean, |m, &mz| *m *= s + mz);
        }
        self.law = Law::Other("a Hadamard product");
        self
    }

    /// The sum with an independent state.
    pub(crate) fn plus(mut self, other: &Self) -> Self {
        let own_means = &self.columns.mean;
        for (i, mut k_row) in self.nngp.rows_mut().into_iter().enumerate() {
            let (mean, mean_other) = (self.rows.mean[i], other.rows.mean[i]);
            Zip::from(&mut k_row)
                .and(other.nngp.index_axis(Axis(0), i))
                .and(own_means)
                .and(&other.columns.mean)
                .for_each(|k, &ko, &m2, &mo2| *k += ko + mean * mo2 + mean_other * m2);
        }
        self.ntk += &other.ntk;
        for (side, side_other) in [(&mut self.rows, &other.rows), (&mut self.columns, &other.columns)] {
            Zip::from(&mut side.second)
                .and(&side.mean)
                .and(&side_other.second)
                .and(&side_other.mean)
                .for_each(|q, &m, &qo, &mo| *q += qo + 2.0 * m * mo);
            side.mean += &side_other.mean;
        }
        self.law = match (self.law, other.law) {
            (Law::Gaussian, Law::Gaussian) => Law::Gaussian,
            _ => Law::Other("a sum"),
        };
        self
    }
}

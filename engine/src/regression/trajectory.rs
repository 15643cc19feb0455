//! Residuals along gradient descent or gradient flow, at any times, from one eigendecomposition.

use super::decay::Decay;
use super::shape::{columns_like, stacked};
use super::{KernelRegression, cross_values};
use crate::error::{Error, Result, check_input};
use crate::kernel::Kernel;
use crate::linalg::SymmetricEigen;
use ndarray::{Array, Array2, ArrayView1, Axis, Dimension, Ix1};
use std::sync::Arc;

/// A learning rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LearningRate {
    /// `η` itself.
    Fixed(f64),
    /// `η` such that `η (2/n) λ_max(Θ)` is this share: 1 removes the top mode in one step, 2 diverges.
    MatchTop(f64),
}

/// Gradient descent or gradient flow in function space, from one eigendecomposition.
///
/// Times are steps for descent and `η · steps` for flow. Arrays that come back have the times in front and then the axes of
/// the targets: `[times, n]`, or `[times, n, outputs]`.
#[derive(Clone, Debug)]
pub struct Trajectory<D: Dimension = Ix1> {
    eigen: Arc<SymmetricEigen>,
    /// Residual at time 0 in the eigenbasis, `[n, outputs]`.
    coefficients: Array2<f64>,
    /// `[n, outputs]`.
    target: Array2<f64>,
    /// The targets' shape as given.
    shape: D,
    decay: Decay,
}

impl<D: Dimension> Trajectory<D> {
    pub(super) fn descent(regression: &KernelRegression<D>, rate: LearningRate) -> Result<Self> {
        let (lambda_max, limit) = (regression.hessian_max(), regression.max_learning_rate());
        let rate = match rate {
            LearningRate::Fixed(rate) => rate,
            LearningRate::MatchTop(share) => share / lambda_max,
        };
        if !(rate > 0.0 && rate.is_finite()) {
            return Err(Error::Range {
                place: "gradient descent",
                what: "the learning rate",
                value: rate,
                legal: "positive and finite",
            });
        }
        if !(rate < limit) {
            return Err(Error::Diverges { rate, limit, lambda_max });
        }
        Ok(Self::new(regression, Decay::Descent { rate }))
    }

    pub(super) fn flow(regression: &KernelRegression<D>) -> Self {
        Self::new(regression, Decay::Flow)
    }

    fn new(regression: &KernelRegression<D>, decay: Decay) -> Self {
        Self {
            eigen: regression.eigen.clone(),
            coefficients: regression.residual_modes(),
            target: regression.target.clone(),
            shape: regression.shape.clone(),
            decay,
        }
    }

    /// The learning rate of gradient descent; `None` for flow.
    pub fn rate(&self) -> Option<f64> {
        match self.decay {
            Decay::Descent { rate } => Some(rate),
            Decay::Flow => None,
        }
    }

    /// `2/n`: turns an eigenvalue of the kernel into one of the Hessian.
    fn per_lambda(&self) -> f64 {
        2.0 / self.eigen.len() as f64
    }

    /// # Errors
    /// [`Error::Range`] for a time that is negative or not finite or, for descent, not whole.
    fn check(&self, times: &[f64]) -> Result<()> {
        let (legal, whole) = match self.decay {
            Decay::Descent { .. } => ("a whole number of steps, at least 0", true),
            Decay::Flow => ("finite and at least 0", false),
        };
        match times.iter().find(|&&t| !(t >= 0.0 && t.is_finite() && (!whole || t.fract() == 0.0))) {
            Some(&value) => Err(Error::Range { place: "trajectory", what: "a time", value, legal }),
            None => Ok(()),
        }
    }

    /// `[times · outputs, n]` of `weight(λ_i, t) c_i`.
    fn weighted(&self, times: &[f64], weight: impl Fn(f64, f64) -> f64) -> Array2<f64> {
        let outputs = self.coefficients.ncols();
        // What rounding has pushed below zero is zero, or its mode would grow.
        Array2::from_shape_fn((times.len() * outputs, self.eigen.len()), |(row, i)| {
            weight(self.eigen.values[i].max(0.0), times[row / outputs]) * self.coefficients[[i, row % outputs]]
        })
    }

    /// `[times · outputs, n]`: the residual in the eigenbasis.
    fn modes(&self, times: &[f64]) -> Array2<f64> {
        let scale = self.per_lambda();
        self.weighted(times, |lambda, t| self.decay.factor(scale * lambda, t))
    }

    /// Residuals `y - f` on the training points, `[times, n, …]`.
    ///
    /// # Errors
    /// [`Error::Range`] for a time that is negative or not finite or, for descent, not whole.
    pub fn residuals(&self, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        self.check(times)?;
        Ok(stacked(&self.modes(times).dot(&self.eigen.vectors), &self.shape))
    }

    /// Outputs `f` on the training points, `[times, n, …]`.
    ///
    /// # Errors
    /// As for [`Trajectory::residuals`].
    pub fn predict(&self, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        self.check(times)?;
        let residuals = self.modes(times).dot(&self.eigen.vectors);
        Ok(stacked(&(self.repeated(&self.target, times) - residuals), &self.shape))
    }

    /// Outputs `f` on other points, `[times, m, …]`, from the cross kernel `Θ(X*, X): [m, n]` and the outputs
    /// `f0: [m, …]` there at time 0; zeros for a regression that starts from zero.
    ///
    /// # Errors
    /// [`Error::Size`] for a cross kernel with another number of columns or outputs of another shape;
    /// [`Error::NotFinite`]; times as for [`Trajectory::residuals`].
    pub fn predict_on(&self, cross: &Kernel, f0: &Array<f64, D>, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        let place = "prediction";
        let values = cross_values(place, cross, self.eigen.len())?;
        let start = columns_like(place, f0, values.nrows(), &self.shape)?;
        Ok(stacked(&(self.repeated(&start, times) + self.moved(values, times)?), &self.shape))
    }

    /// `⟨v_k, y - f⟩` on the training points for `directions: [K, n]`, as `[times, K, …]`.
    ///
    /// # Errors
    /// [`Error::Size`] if a direction has another length; times as for [`Trajectory::residuals`].
    pub fn project(&self, directions: &Array2<f64>, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        self.check(times)?;
        Ok(stacked(&self.modes(times).dot(&self.in_eigenbasis(directions)?), &self.shape))
    }

    /// `⟨v_k, f(X*)⟩ - ⟨v_k, f_0(X*)⟩` on other points, as `[times, K, …]`, for `weights: [K, n] = v Θ(X*, X)`.
    ///
    /// Projecting the cross kernel first keeps the cost at `K n` per time, whatever the number of points.
    ///
    /// # Errors
    /// [`Error::Size`] if a row of `weights` has another length; times as for [`Trajectory::residuals`].
    pub fn project_prediction(&self, weights: &Array2<f64>, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        Ok(stacked(&self.moved(weights, times)?, &self.shape))
    }

    /// The first time, from `grid` (rising, refined between two of its values to a whole step or, for flow, to
    /// rounding error), at which
    /// `|⟨v, y - f⟩|` has fallen to `share` of its value at time 0; `None` if it has not by the end of the grid. Of
    /// several outputs it is the Euclidean norm.
    ///
    /// # Errors
    /// [`Error::Size`] if the direction has another length; [`Error::Range`] for a grid that falls or has illegal times and for
    /// a share that is negative or not finite.
    pub fn time_to(&self, direction: ArrayView1<'_, f64>, share: f64, grid: &[f64]) -> Result<Option<f64>> {
        self.check(grid)?;
        if !(share >= 0.0 && share.is_finite()) {
            let (place, what, legal) = ("time_to", "the share", "finite and at least 0");
            return Err(Error::Range { place, what, value: share, legal });
        }
        if let Some(pair) = grid.windows(2).find(|pair| pair[0] > pair[1]) {
            return Err(Error::Range {
                place: "time_to",
                what: "a time of the grid",
                value: pair[1],
                legal: "no earlier than the one before",
            });
        }
        let basis = self.in_eigenbasis(&direction.insert_axis(Axis(0)).to_owned())?;
        let size = |t: f64| match self.modes(&[t]).dot(&basis).column(0) {
            one if one.len() == 1 => one[0].abs(),
            several => several.dot(&several).sqrt(),
        };
        let goal = share * size(0.0);
        let Some(index) = grid.iter().position(|&t| size(t) <= goal) else { return Ok(None) };
        let (mut low, mut high) = (if index == 0 { 0.0 } else { grid[index - 1] }, grid[index]);
        // To the last digit for flow, to a whole step for descent; a bisection ends after at most 1100 halvings.
        loop {
            let middle = match self.decay {
                Decay::Descent { .. } => ((low + high) / 2.0).floor(),
                Decay::Flow => (low + high) / 2.0,
            };
            if !(low < middle && middle < high) {
                break;
            }
            if size(middle) <= goal { high = middle } else { low = middle }
        }
        Ok(Some(high))
    }

    /// `[times · outputs, K]` of `weights · (a_t - a_0)`, `weights: [K, n]`.
    fn moved(&self, weights: &Array2<f64>, times: &[f64]) -> Result<Array2<f64>> {
        self.check(times)?;
        let basis = self.in_eigenbasis(weights)?;
        let scale = self.per_lambda();
        Ok(self.weighted(times, |lambda, t| self.decay.filter(lambda, scale, t)).dot(&basis))
    }

    /// `[times · outputs, rows]`: the same `values: [rows, outputs]` at every time.
    fn repeated(&self, values: &Array2<f64>, times: &[f64]) -> Array2<f64> {
        let (rows, outputs) = values.dim();
        Array2::from_shape_fn((times.len() * outputs, rows), |(i, row)| values[[row, i % outputs]])
    }

    /// `[n, K]`: directions as columns in the eigenbasis.
    fn in_eigenbasis(&self, directions: &Array2<f64>) -> Result<Array2<f64>> {
        if directions.ncols() != self.eigen.len() {
            return Err(Error::Size {
                place: "projection",
                what: "points",
                expected: self.eigen.len(),
                got: directions.ncols(),
            });
        }
        check_input("projection", directions, None)?;
        Ok(self.eigen.vectors.dot(&directions.t()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernels, Route};
    use ndarray::{Array1, array};

    fn setup() -> Result<(Array2<f64>, Array1<f64>, super::super::KernelRegression)> {
        let theta = array![[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 0.5]];
        let y = array![1.0, -1.0, 0.5];
        let kernels = Kernels::new(theta.clone(), theta.clone(), true, Route::Limit);
        let regression = kernels.ntk().regression(&y)?;
        Ok((theta, y, regression))
    }

    #[test]
    fn descent_equals_the_iteration_step_by_step() -> Result<()> {
        let (theta, y, regression) = setup()?;
        // One rate below and one above 1/λ_max, where the top mode alternates in sign.
        for share in [0.4, 1.7] {
            let trajectory = regression.gradient_descent(LearningRate::MatchTop(share))?;
            let rate = trajectory.rate().unwrap_or(f64::NAN);
            let mut residual = y.clone();
            for step in 0..60 {
                let exact = trajectory.residuals(&[step as f64])?;
                let error = (&exact.row(0) - &residual).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
                assert!(error <= 1e-13, "share {share}, step {step}: {error}");
                residual = &residual - &(theta.dot(&residual) * (rate * 2.0 / 3.0));
            }
        }
        Ok(())
    }

    #[test]
    fn predictions_elsewhere_agree_with_the_training_points() -> Result<()> {
        // With Θ(X*, X) = Θ the prediction "elsewhere" is the one on the training points.
        let (theta, y, regression) = setup()?;
        let times = [0.0, 1.0, 7.0, 200.0];
        for trajectory in [regression.gradient_descent(LearningRate::MatchTop(0.5))?, regression.gradient_flow()] {
            let elsewhere = trajectory.project_prediction(&theta, &times)?;
            let here = &y - &trajectory.residuals(&times)?;
            let error = (&elsewhere - &here).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error <= 1e-13, "{error}");
        }
        Ok(())
    }

    #[test]
    fn flow_is_the_limit_of_small_steps() -> Result<()> {
        let (_, _, regression) = setup()?;
        let flow = regression.gradient_flow().residuals(&[1.5])?;
        let mut before = f64::INFINITY;
        for steps in [100.0, 1000.0, 10_000.0] {
            let descent = regression.gradient_descent(LearningRate::Fixed(1.5 / steps))?.residuals(&[steps])?;
            let error = (&descent - &flow).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error <= before / 8.0, "first order in the step: {error} after {before}");
            before = error;
        }
        Ok(())
    }

    #[test]
    fn a_rate_at_the_limit_is_refused_with_both_numbers() -> Result<()> {
        let (_, _, regression) = setup()?;
        let lambda_max = 2.0 / 3.0 * regression.eigen().largest();
        match regression.gradient_descent(LearningRate::Fixed(2.0 / lambda_max)) {
            Err(Error::Diverges { rate, limit, .. }) => assert!(rate >= limit && limit > 0.0),
            other => panic!("{other:?}"),
        }
        assert!(regression.gradient_descent(LearningRate::Fixed(1.999 / lambda_max)).is_ok());
        assert!(matches!(regression.gradient_descent(LearningRate::Fixed(f64::NAN)), Err(Error::Range { .. })));
        Ok(())
    }

    #[test]
    fn half_life_is_the_first_step_below_one_half() -> Result<()> {
        let (_, _, regression) = setup()?;
        let trajectory = regression.gradient_descent(LearningRate::MatchTop(0.01))?;
        let direction = array![0.2, 0.3, 1.0];
        let grid: Vec<f64> = (0..40).map(|i| 2f64.powi(i)).collect();
        let half = trajectory.time_to(direction.view(), 0.5, &grid)?.unwrap_or(f64::NAN);
        let residuals = trajectory.residuals(&[0.0, half - 1.0, half])?;
        let size = |t: usize| residuals.row(t).dot(&direction).abs();
        assert!(size(2) <= 0.5 * size(0) && size(1) > 0.5 * size(0), "{half}");
        let flow = regression.gradient_flow();
        let half = flow.time_to(direction.view(), 0.5, &[0.0, 50.0])?.unwrap_or(f64::NAN);
        let left = flow.residuals(&[0.0, half])?.dot(&direction);
        assert!((left[1] / left[0]).abs() <= 0.5 && (left[1] / left[0]).abs() >= 0.5 - 1e-9, "{left}");
        assert!(matches!(trajectory.project(&array![[f64::NAN, 0.0, 0.0]], &[1.0]), Err(Error::NotFinite { .. })));
        assert!(matches!(trajectory.residuals(&[1.5]), Err(Error::Range { .. })));
        assert!(matches!(trajectory.predict(&[-1.0]), Err(Error::Range { .. })));
        assert!(matches!(trajectory.time_to(direction.view(), 0.5, &[3.0, 2.0]), Err(Error::Range { .. })));
        Ok(())
    }

    /// `f_{t+1} = f_t - η (2/n) Θ(·, X) (f_t(X) - y)` on training and other points together.
    #[test]
    fn several_outputs_and_other_points_equal_the_iteration_from_initial_outputs() -> Result<()> {
        let theta = array![[2.0, 0.3, 0.1, 0.4], [0.3, 1.0, -0.2, 0.2], [0.1, -0.2, 0.5, -0.3], [0.4, 0.2, -0.3, 1.5]];
        let kernel = |rows: std::ops::Range<usize>, symmetric| {
            let values = theta.slice(ndarray::s![rows, ..3]).to_owned();
            Kernels::new(values.clone(), values, symmetric, Route::Limit).ntk().clone()
        };
        let y = array![[1.0, 0.0], [-1.0, 2.0], [0.5, -0.3]];
        let f0 = array![[0.2, -0.4], [0.0, 0.6], [-0.7, 0.1], [0.3, 0.9]];
        let (here, on) = (f0.slice(ndarray::s![..3, ..]).to_owned(), f0.slice(ndarray::s![3.., ..]).to_owned());
        let trajectory =
            kernel(0..3, true).regression(&y)?.from_outputs(&here)?.gradient_descent(LearningRate::MatchTop(0.7))?;
        let rate = trajectory.rate().unwrap_or(f64::NAN);
        let times: Vec<f64> = (0..40).map(f64::from).collect();
        let (predicted, elsewhere) =
            (trajectory.predict(&times)?, trajectory.predict_on(&kernel(3..4, false), &on, &times)?);
        let projected = trajectory.project(&array![[0.5, -1.0, 2.0]], &times)?;
        let mut f = f0;
        for step in 0..40 {
            let residual = &y - &f.slice(ndarray::s![..3, ..]);
            let error = |a: &Array2<f64>, b: &Array2<f64>| (a - b).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            let here = predicted.index_axis(Axis(0), step).to_owned();
            assert!(error(&here, &f.slice(ndarray::s![..3, ..]).to_owned()) <= 1e-13, "step {step}");
            let on = elsewhere.index_axis(Axis(0), step).to_owned();
            assert!(error(&on, &f.slice(ndarray::s![3.., ..]).to_owned()) <= 1e-13, "step {step}");
            let along = array![[0.5, -1.0, 2.0]].dot(&residual);
            assert!(error(&projected.index_axis(Axis(0), step).to_owned(), &along) <= 1e-13, "step {step}");
            f = f + theta.slice(ndarray::s![.., ..3]).dot(&residual) * (rate * 2.0 / 3.0);
        }
        Ok(())
    }

    #[test]
    fn targets_of_any_shape_are_their_columns_side_by_side() -> Result<()> {
        let (theta, y, _) = setup()?;
        let kernel = Kernels::new(theta.clone(), theta, true, Route::Limit).ntk().clone();
        let blocks = ndarray::Array3::from_shape_fn((3, 2, 2), |(i, j, k)| y[i] * (1.0 + j as f64) + k as f64);
        let (times, direction) = ([0.0, 0.4, 9.0], array![0.2, 0.3, 1.0]);
        let run = kernel.regression(&blocks)?.gradient_flow();
        let residuals = run.residuals(&times)?;
        assert_eq!(residuals.dim(), (3, 3, 2, 2));
        let mut squares = 0.0;
        for (j, k) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let column = blocks.slice(ndarray::s![.., j, k]).to_owned();
            let alone = kernel.regression(&column)?.gradient_flow().residuals(&times)?;
            let error =
                (&residuals.slice(ndarray::s![.., .., j, k]) - &alone).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error <= 1e-14, "{j} {k}: {error}");
            squares += alone.row(1).dot(&direction).powi(2);
        }
        // The time at which the norm over all four outputs is what it is at 0.4.
        let start = (0..4_usize)
            .map(|i: usize| blocks.slice(ndarray::s![.., i / 2, i % 2]).dot(&direction).powi(2))
            .sum::<f64>();
        let time = run.time_to(direction.view(), (squares / start).sqrt(), &[0.0, 1.0])?.unwrap_or(f64::NAN);
        assert!((time - 0.4).abs() <= 1e-12, "{time}");
        let other = ndarray::Array3::zeros((3, 2, 1));
        assert!(matches!(
            kernel.regression(&blocks)?.from_outputs(&other),
            Err(Error::Size { expected: 2, got: 1, .. })
        ));
        assert!(matches!(kernel.regression(&Array2::zeros((3, 0))), Err(Error::Size { expected: 1, got: 0, .. })));
        assert!(matches!(kernel.regression(&ndarray::arr0(1.0)), Err(Error::Size { expected: 3, got: 0, .. })));
        Ok(())
    }

    #[test]
    fn the_largest_learning_rate_parts_what_shrinks_from_what_grows() -> Result<()> {
        let (theta, y, regression) = setup()?;
        let limit = regression.max_learning_rate();
        for (share, grows) in [(0.999, false), (1.001, true)] {
            let mut f = Array1::<f64>::zeros(3);
            // The gradient of (1/n) Σ (f - y)² in function space, step by step.
            (0..20_000).for_each(|_| f = &f - &(theta.dot(&(&f - &y)) * (share * limit * 2.0 / 3.0)));
            let residual = (&f - &y).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(if grows { residual > 1e3 } else { residual <= 1e-6 }, "{share}: {residual}");
            assert_eq!(regression.gradient_descent(LearningRate::Fixed(share * limit)).is_err(), grows);
        }
        let zero = Array2::zeros((2, 2));
        let still = Kernels::new(zero.clone(), zero, true, Route::Limit).ntk().regression(&array![1.0, 2.0])?;
        assert!(still.max_learning_rate() == f64::INFINITY);
        Ok(())
    }
}

//! Residuals along gradient descent or gradient flow, at any times, from one eigendecomposition.

use super::KernelRegression;
use super::axes::Axes;
use super::decay::Decay;
use super::decomposition::Decomposition;
use crate::error::{Error, Result, check_input, check_memory};
use crate::kernel::Kernel;
use crate::linalg::multiply;
use crate::net::finite;
use ndarray::{Array, Array2, Dimension, Ix1};
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
#[derive(Clone)]
pub struct Trajectory<D: Dimension = Ix1> {
    pub(super) kernel: Arc<Decomposition>,
    /// Residual at time 0 in the eigenbasis, `[n c, columns]`.
    pub(super) coefficients: Array2<f64>,
    /// `[n c, columns]`.
    target: Array2<f64>,
    axes: Axes<D>,
    pub(super) decay: Decay,
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
            kernel: regression.kernel.clone(),
            coefficients: regression.residual_modes(),
            target: regression.target.clone(),
            axes: regression.axes.clone(),
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
    pub(super) fn per_lambda(&self) -> f64 {
        self.kernel.loss().curvature()
    }

    /// # Errors
    /// [`Error::Range`] for a time that is negative or not finite or, for descent, not whole; [`Error::Memory`] without room for
    /// arrays of `rows` numbers at each.
    pub(super) fn check(&self, times: &[f64], rows: usize) -> Result<()> {
        let place = "trajectory";
        let (legal, whole) = match self.decay {
            Decay::Descent { .. } => ("a whole number of steps, at least 0", true),
            Decay::Flow => ("finite and at least 0", false),
        };
        if let Some(&value) = times.iter().find(|&&t| !(t >= 0.0 && t.is_finite() && (!whole || t.fract() == 0.0))) {
            return Err(Error::Range { place, what: "a time", value, legal });
        }
        check_memory(place, &[times.len(), self.coefficients.ncols(), self.kernel.rows() + 3 * rows])
    }

    /// `[times · columns, n c]` of `weight(λ_i, t) c_i`.
    fn weighted(&self, times: &[f64], weight: impl Fn(f64, f64) -> f64) -> Array2<f64> {
        let columns = self.coefficients.ncols();
        // What rounding has pushed below zero is zero, or its mode would grow.
        Array2::from_shape_fn((times.len() * columns, self.kernel.rows()), |(row, i)| {
            weight(self.kernel.eigen.values[i].max(0.0), times[row / columns]) * self.coefficients[[i, row % columns]]
        })
    }

    /// `[times · columns, n c]`: the residual in the eigenbasis.
    fn modes(&self, times: &[f64]) -> Array2<f64> {
        let scale = self.per_lambda();
        self.weighted(times, |lambda, t| self.decay.factor(scale * lambda, t))
    }

    /// Residuals `y - f` on the training points, `[times, n, …]`.
    ///
    /// # Errors
    /// [`Error::Range`] for a time that is negative or not finite or, for descent, not whole; [`Error::Memory`].
    pub fn residuals(&self, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        self.check(times, self.kernel.rows())?;
        Ok(self.axes.stacked(&finite("trajectory", multiply(&self.modes(times), &self.kernel.eigen.vectors))?))
    }

    /// Outputs `f` on the training points, `[times, n, …]`.
    ///
    /// # Errors
    /// As for [`Trajectory::residuals`].
    pub fn predict(&self, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        self.check(times, self.kernel.rows())?;
        let mut outputs = multiply(&self.modes(times), &self.kernel.eigen.vectors);
        outputs.mapv_inplace(|residual| -residual);
        add_to_each(&mut outputs, &self.target);
        Ok(self.axes.stacked(&finite("trajectory", outputs)?))
    }

    /// Coefficients `α` with which the kernel predicts what training has added to the initial outputs, `f - f_0 = Θ(·, X) α`, as
    /// `[times, n, …]`: `(I - e^{-(2/n) Θ t}) Θ⁻¹ (y - f_0)` for flow; [`KernelRegression::solve`] at the end.
    ///
    /// # Errors
    /// As for [`Trajectory::residuals`].
    pub fn coefficients(&self, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        self.check(times, self.kernel.rows())?;
        let scale = self.per_lambda();
        let modes = self.weighted(times, |lambda, t| self.decay.filter(lambda, scale, t));
        Ok(self.axes.stacked(&finite("trajectory", multiply(&modes, &self.kernel.eigen.vectors))?))
    }

    /// Outputs `f` on other points, `[times, m, …]`, from the cross kernel `Θ(X*, X): [m, n]`, full if the kernel is, and the outputs
    /// `f0: [m, …]` there at time 0; zeros for a regression that starts from zero.
    ///
    /// # Errors
    /// [`Error::Size`] for a cross kernel of other training points or outputs, or outputs of another shape;
    /// [`Error::NotFinite`]; [`Error::Memory`]; times as for [`Trajectory::residuals`].
    pub fn predict_on(&self, cross: &Kernel, f0: &Array<f64, D>, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        let place = "prediction";
        let values = self.kernel.cross(place, cross)?;
        let (points, _) = cross.points();
        let start = self.axes.matrix(place, f0, points)?;
        let mut outputs = self.moved(values, times)?;
        add_to_each(&mut outputs, &start);
        Ok(self.axes.stacked(&finite("trajectory", outputs)?))
    }

    /// `⟨v_k, y - f⟩` on the training points for `directions: [K, n]`, as `[times, K, …]`.
    ///
    /// # Errors
    /// [`Error::Size`] if a direction has another length than there are points; [`Error::NotFinite`]; times as for
    /// [`Trajectory::residuals`].
    pub fn project(&self, directions: &Array2<f64>, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        let place = "projection";
        let directions = self.kernel.directions(place, &directions.view())?;
        self.check(times, directions.nrows())?;
        check_memory(place, &[directions.nrows(), self.kernel.rows()])?;
        let basis = multiply(&self.kernel.eigen.vectors, &directions.t());
        Ok(self.axes.stacked(&finite("trajectory", multiply(&self.modes(times), &basis))?))
    }

    /// `⟨v_k, f(X*)⟩ - ⟨v_k, f_0(X*)⟩` on other points, as `[times, K, …]`, for `weights: [K, n] = v Θ(X*, X)`; of a full kernel
    /// `[K · c, n · c]`.
    ///
    /// Projecting the cross kernel first keeps the cost at `K n` per time, whatever the number of points.
    ///
    /// # Errors
    /// [`Error::Size`] if a row of `weights` has another length or the rows are not those of all outputs; [`Error::NotFinite`]; times as
    /// for [`Trajectory::residuals`].
    pub fn project_prediction(&self, weights: &Array2<f64>, times: &[f64]) -> Result<Array<f64, D::Larger>> {
        let (place, c) = ("projection", self.kernel.outputs());
        for (what, expected, got) in [
            ("points (times outputs, of a full kernel)", self.kernel.rows(), weights.ncols()),
            ("rows, as many for every output", weights.nrows().next_multiple_of(c), weights.nrows()),
        ] {
            if expected != got {
                return Err(Error::Size { place, what, expected, got });
            }
        }
        check_input(place, weights, None)?;
        Ok(self.axes.stacked(&finite("trajectory", self.moved(weights, times)?)?))
    }

    /// `[times · columns, rows]` of `weights · (a_t - a_0)`, `weights: [rows, n c]`.
    fn moved(&self, weights: &Array2<f64>, times: &[f64]) -> Result<Array2<f64>> {
        self.check(times, weights.nrows())?;
        check_memory("trajectory", &[weights.len()])?;
        let basis = multiply(&self.kernel.eigen.vectors, &weights.t());
        let scale = self.per_lambda();
        Ok(multiply(&self.weighted(times, |lambda, t| self.decay.filter(lambda, scale, t)), &basis))
    }
}

/// Adds `values: [rows, columns]` to those of every time, `[times · columns, rows]`.
fn add_to_each(stacked: &mut Array2<f64>, values: &Array2<f64>) {
    let columns = values.ncols();
    for (i, mut row) in stacked.rows_mut().into_iter().enumerate() {
        row += &values.column(i % columns);
    }
}

impl<D: Dimension> std::fmt::Debug for Trajectory<D> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.rate() {
            Some(rate) => write!(f, "gradient descent, learning rate {rate:.4e}: ")?,
            None => write!(f, "gradient flow: ")?,
        }
        write!(f, "{} outputs each, {}", self.axes.per_point(), self.kernel.condition(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernels, Route};
    use ndarray::{Array1, Axis, array};

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
        // At the time found it is one half but for rounding.
        assert!(((left[1] / left[0]).abs() - 0.5).abs() <= 1e-9, "{left}");
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

//! Gradient flow of any loss in function space.

use super::axes::Axes;
use super::decomposition::Decomposition;
use super::ode::{Flow, Integrator, Settings};
use super::{Condition, KernelRegression, Loss};
use crate::error::{Error, Result, check_memory};
use crate::kernel::Kernel;
use crate::linalg::{multiply, single_threaded_blas};
use crate::net::finite;
use ndarray::{Array, Array1, Array2, Dimension, Ix1};
use std::sync::Arc;

/// Settings of gradient flow on a loss: `df/dt = -Θ ∂L/∂f` with `L = (1/n) Σ_i ℓ(f_i, y_i)`, from the regression's initial
/// outputs, with its targets. The outputs of a point are coupled by its loss, and by `Θ` if it is a full kernel.
///
/// It is solved numerically; for the squared error, [`KernelRegression::gradient_flow`] is exact and faster.
///
/// ```
/// use hadamard::prelude::*;
/// use hadamard::regression::{LossFlow, SoftmaxCrossEntropy};
///
/// let x = sphere(30, 5, Seed(0))?;
/// let labels = Array2::from_shape_fn((30, 2), |(i, j)| if (x[[i, 0]] > 0.0) == (j == 0) { 1.0 } else { 0.0 });
/// let regression = mlp(2).limit_kernel(&x)?.ntk().regression(&labels)?;
/// let run = LossFlow::new(SoftmaxCrossEntropy).run(&regression, &[0.0, 10.0, 1e4])?;
/// assert_eq!(run.predict().dim(), (3, 30, 2));
/// assert!(run.losses()[2] < run.losses()[1] && run.losses()[1] < run.losses()[0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LossFlow<L> {
    loss: L,
    settings: Settings,
}

impl<L: Loss> LossFlow<L> {
    /// A tolerance of 1e-8 and at most 100,000 steps: 2000 of [`Integrator::Explicit`], then [`Integrator::Implicit`] if
    /// there are at most 1000 unknowns (points × outputs).
    pub fn new(loss: L) -> Self {
        Self { loss, settings: Settings { tolerance: 1e-8, max_steps: 100_000, integrator: None } }
    }

    /// Error allowed in a step, relative to a mode's own size or to that of the targets; between 1e-13 and 1e-2.
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { settings: Settings { tolerance, ..self.settings }, ..self }
    }

    /// Number of steps after which the integration is given up.
    pub fn max_steps(self, max_steps: usize) -> Self {
        Self { settings: Settings { max_steps, ..self.settings }, ..self }
    }

    /// This integrator from the first step to the last.
    pub fn integrator(self, integrator: Integrator) -> Self {
        Self { settings: Settings { integrator: Some(integrator), ..self.settings }, ..self }
    }

    /// Runs the flow to every one of the times, which may stand in any order.
    ///
    /// # Errors
    /// [`Error::Range`] for a time, tolerance or number of steps that is not legal; whatever the loss says of the targets;
    /// [`Error::NotFinite`] for a gradient or value of the loss that is not finite; [`Error::Unfinished`] with the time reached if
    /// the steps run out.
    pub fn run<D: Dimension>(&self, regression: &KernelRegression<D>, times: &[f64]) -> Result<LossTrajectory<D>> {
        let place = "loss flow";
        let range = |what, value, legal| Err(Error::Range { place, what, value, legal });
        if let Some(&time) = times.iter().find(|t| !(t.is_finite() && **t >= 0.0)) {
            return range("a time", time, "finite and at least 0");
        }
        if !(1e-13..=1e-2).contains(&self.settings.tolerance) {
            return range("the tolerance", self.settings.tolerance, "between 1e-13 and 1e-2");
        }
        if self.settings.max_steps == 0 {
            return range("the number of steps", 0.0, "at least 1");
        }
        let targets = regression.target.iter().copied().collect();
        let dim = (regression.kernel.points(), regression.axes.per_point());
        self.loss.check(&Array2::from_shape_vec(dim, targets).expect("as many numbers as targets"))?;
        // One thread: the steps taken depend on the last bits.
        let _blas = single_threaded_blas();
        let flow = Flow::new(&self.loss, regression);
        let (states, steps, integrator) = flow.run(&self.settings, times)?;
        let outputs: Vec<Array2<f64>> = states.iter().map(|state| flow.outputs(state)).collect();
        let losses: Array1<f64> = outputs.iter().map(|f| flow.loss(f)).collect();
        if let Some((row, &value)) = losses.iter().enumerate().find(|(_, loss)| !loss.is_finite()) {
            return Err(Error::NotFinite { place: "value of the loss, a row for each time", row, column: 0, value });
        }
        Ok(LossTrajectory {
            kernel: regression.kernel.clone(),
            moved: states.iter().map(|state| finite(place, flow.coefficients(state))).collect::<Result<_>>()?,
            outputs,
            losses,
            steps,
            integrator,
            axes: regression.axes.clone(),
        })
    }
}

/// Gradient flow of a loss at the times asked for: built by [`LossFlow::run`].
#[derive(Clone)]
pub struct LossTrajectory<D: Dimension = Ix1> {
    kernel: Arc<Decomposition>,
    /// `a_t: [n c, columns]` at each time, with `f_t = f_0 + Θ a_t`.
    moved: Vec<Array2<f64>>,
    /// `f_t: [n c, columns]` at each time.
    outputs: Vec<Array2<f64>>,
    losses: Array1<f64>,
    steps: usize,
    integrator: Integrator,
    axes: Axes<D>,
}

impl<D: Dimension> LossTrajectory<D> {
    /// Outputs `f` on the training points, `[times, n, …]`.
    pub fn predict(&self) -> Array<f64, D::Larger> {
        self.axes.stacked(&rows(&self.outputs, self.kernel.rows()))
    }

    /// Outputs `f` on other points, `[times, m, …]`, from the cross kernel `Θ(X*, X): [m, n]`, full if the kernel is, and the outputs
    /// `f0: [m, …]` there at time 0; zeros for a regression that starts from zero.
    ///
    /// # Errors
    /// [`Error::Size`] for a cross kernel of other training points or outputs, or outputs of another shape;
    /// [`Error::NotFinite`]; [`Error::Memory`].
    pub fn predict_on(&self, cross: &Kernel, f0: &Array<f64, D>) -> Result<Array<f64, D::Larger>> {
        let place = "prediction";
        let values = self.kernel.cross(place, cross)?;
        let (points, _) = cross.points();
        let start = self.axes.matrix(place, f0, points)?;
        check_memory(place, &[3, self.moved.len() + 1, start.len()])?;
        let outputs: Vec<Array2<f64>> =
            self.moved.iter().map(|a| finite(place, &start + &multiply(values, a))).collect::<Result<_>>()?;
        Ok(self.axes.stacked(&rows(&outputs, values.nrows())))
    }

    /// The training loss `L`, `[times]`.
    pub fn losses(&self) -> &Array1<f64> {
        &self.losses
    }

    /// Number of steps the integrator took, rejected ones included.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The integrator of the last step.
    pub fn integrator(&self) -> Integrator {
        self.integrator
    }

    /// The kernel's condition: what moves in modes below its noise is not known.
    pub fn condition(&self) -> Condition {
        self.kernel.condition(0.0)
    }
}

impl<D: Dimension> std::fmt::Debug for LossTrajectory<D> {
    /// Two lines.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { losses, steps, integrator, .. } = self;
        let (low, high) = losses.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let times = losses.len();
        writeln!(f, "flow of a loss at {times} times, {steps} steps ({integrator:?}): losses {low:.4e} to {high:.4e}")?;
        write!(f, "{} outputs each, {}", self.axes.per_point(), self.condition())
    }
}

/// `[times · outputs, rows]` from `[rows, outputs]` at each time.
fn rows(values: &[Array2<f64>], rows: usize) -> Array2<f64> {
    let outputs = values.first().map_or(1, |first| first.ncols());
    Array2::from_shape_fn((values.len() * outputs, rows), |(i, row)| values[i / outputs][[row, i % outputs]])
}

#[cfg(test)]
mod tests {
    use super::super::tests::{kernel, largest};
    use super::super::{Logistic, SoftmaxCrossEntropy, SquaredError};
    use super::*;
    use crate::random::Seed;
    use ndarray::{Axis, array, s};

    /// A Gram matrix of random features with eigenvalues over `decades`, between `rows` points.
    fn gram(rows: usize, decades: f64) -> Array2<f64> {
        let features = Array2::from_shape_simple_fn((rows, rows), Seed(7).normals(0));
        let scales = Array1::from_shape_fn(rows, |k| 10f64.powf(-decades * k as f64 / (rows - 1) as f64));
        (&features * &scales).dot(&features.t())
    }

    #[test]
    fn squared_error_equals_the_closed_form_at_every_time_scale() -> Result<()> {
        let all = gram(14, 7.0);
        let cross = kernel(all.slice(s![10.., ..10]).to_owned(), false);
        let y = Array2::from_shape_simple_fn((10, 2), Seed(1).normals(0));
        let start = Array2::from_shape_simple_fn((14, 2), Seed(2).normals(0));
        let (f0, f0_on) = (start.slice(s![..10, ..]).to_owned(), start.slice(s![10.., ..]).to_owned());
        let regression = kernel(all.slice(s![..10, ..10]).to_owned(), true).regression(&y)?.from_outputs(&f0)?;
        let exact = regression.gradient_flow();
        // In no order, and twice the same.
        let times = [3.0, 0.0, 1e-3, 1e8, 30.0, 1e4, 30.0, 1e6];
        let run = LossFlow::new(SquaredError).run(&regression, &times)?;
        assert!(run.integrator() == Integrator::Implicit && run.steps() > 2000 && run.condition().rank == 10);
        let here = largest(&(run.predict() - exact.predict(&times)?));
        let on = largest(&(run.predict_on(&cross, &f0_on)? - exact.predict_on(&cross, &f0_on, &times)?));
        assert!(here <= 2e-6 && on <= 2e-6, "{here} {on}");
        let short = [0.0, 0.5, 20.0, 300.0];
        for integrator in [Integrator::Implicit, Integrator::Explicit] {
            for tolerance in [1e-6, 1e-10] {
                let flow = LossFlow::new(SquaredError).integrator(integrator).tolerance(tolerance);
                let error = largest(&(flow.run(&regression, &short)?.predict() - exact.predict(&short)?));
                assert!(error <= 100.0 * tolerance, "{integrator:?} {tolerance}: {error}");
            }
        }
        for (loss, residual) in run.losses().iter().zip(exact.residuals(&times)?.axis_iter(Axis(0))) {
            let expected = residual.iter().map(|r| r * r).sum::<f64>() / 10.0;
            assert!((loss - expected).abs() <= 1e-6 * (1.0 + expected), "{loss} {expected}");
        }
        Ok(())
    }

    /// A point alone obeys `f' = (θ/n) y / (1 + e^{yf})`, so that `z + e^z = θ t / n + 1` for `z = y f` from zero.
    #[test]
    fn logistic_loss_equals_its_implicit_solution_over_twelve_decades() -> Result<()> {
        let theta = Array1::from_vec(vec![4e6, 4e3, 4.0, 4e-3, 4e-6, 4e-6]);
        let y = array![1.0, -1.0, 1.0, 1.0, -1.0, 1.0];
        let regression = kernel(Array2::from_diag(&theta), true).regression(&y)?;
        let times = [1e-6, 1.0, 1e3, 1e6, 1e9];
        let run = LossFlow::new(Logistic).run(&regression, &times)?;
        for (t, f) in times.iter().zip(run.predict().rows()) {
            for ((theta, y), f) in theta.iter().zip(&y).zip(f) {
                let mut z: f64 = (theta * t / 6.0).ln_1p();
                for _ in 0..100 {
                    z -= (z + z.exp_m1() - theta * t / 6.0) / (1.0 + z.exp());
                }
                assert!((y * f - z).abs() <= 1e-5 * z.max(1e-2), "t = {t}, θ = {theta}: {f} {z}");
            }
        }
        Ok(())
    }

    /// Outputs on training and other points by Runge-Kutta steps of order 4 of the definition, all of one length.
    fn by_runge_kutta(theta: &Array2<f64>, f0: &Array2<f64>, y: &Array2<f64>, end: f64, steps: usize) -> Array2<f64> {
        let n = y.nrows();
        let slope = |f: &Array2<f64>| {
            let mut gradient = f.slice(s![..n, ..]).mapv(f64::exp);
            for (mut row, y) in gradient.rows_mut().into_iter().zip(y.rows()) {
                row /= row.sum();
                row -= &y;
            }
            theta.slice(s![.., ..n]).dot(&gradient) * (-1.0 / n as f64)
        };
        let (mut f, h) = (f0.clone(), end / steps as f64);
        for _ in 0..steps {
            let k1 = slope(&f);
            let k2 = slope(&(&f + &(&k1 * (h / 2.0))));
            let k3 = slope(&(&f + &(&k2 * (h / 2.0))));
            let k4 = slope(&(&f + &(&k3 * h)));
            f += &((k1 + k2 * 2.0 + k3 * 2.0 + k4) * (h / 6.0));
        }
        f
    }

    #[test]
    fn softmax_cross_entropy_equals_small_runge_kutta_steps_on_training_and_other_points() -> Result<()> {
        let theta = gram(9, 1.0);
        let y = array![
            [1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0],
            [0.0, 0.0, 1.0],
            [0.0, 1.0, 0.0],
            [0.2, 0.3, 0.5],
            [1.0, 0.0, 0.0]
        ];
        let f0 = Array2::from_shape_simple_fn((9, 3), Seed(3).normals(0));
        let (here, on) = (f0.slice(s![..6, ..]).to_owned(), f0.slice(s![6.., ..]).to_owned());
        let regression = kernel(theta.slice(s![..6, ..6]).to_owned(), true).regression(&y)?.from_outputs(&here)?;
        let cross = kernel(theta.slice(s![6.., ..6]).to_owned(), false);
        let times = [0.3, 5.0, 60.0];
        for integrator in [Integrator::Implicit, Integrator::Explicit] {
            let run = LossFlow::new(SoftmaxCrossEntropy).integrator(integrator).run(&regression, &times)?;
            let (f, f_on) = (run.predict(), run.predict_on(&cross, &on)?);
            for (t, &time) in times.iter().enumerate() {
                let expected = by_runge_kutta(&theta, &f0, &y, time, 20_000);
                let error = largest(&(&f.index_axis(Axis(0), t) - &expected.slice(s![..6, ..])));
                let error_on = largest(&(&f_on.index_axis(Axis(0), t) - &expected.slice(s![6.., ..])));
                assert!(error <= 1e-6 && error_on <= 1e-6, "{integrator:?}, t = {time}: {error} {error_on}");
            }
            assert!(run.losses()[2] < run.losses()[1] && run.losses()[1] < run.losses()[0]);
        }
        Ok(())
    }

    #[test]
    fn modes_without_eigenvalue_do_not_move() -> Result<()> {
        // The kernel of rank 1 moves both outputs alike: f = (z, z) with z' = -θ (1/2)(2 (z - 1) + 2 (z + 3)).
        let regression = kernel(Array2::from_elem((2, 2), 0.5), true).regression(&array![1.0, -3.0])?;
        let run = LossFlow::new(SquaredError).run(&regression, &[0.7, 50.0])?;
        let expected = [-1.0 + (-0.7f64).exp(), -1.0];
        for (f, expected) in run.predict().rows().into_iter().zip(expected) {
            assert!((f[0] - expected).abs() <= 1e-7 && (f[1] - f[0]).abs() <= 1e-14, "{f} {expected}");
        }
        assert!(run.condition().rank == 1);
        let still = kernel(Array2::zeros((2, 2)), true).regression(&array![1.0, -3.0])?;
        assert!(largest(&LossFlow::new(SquaredError).run(&still, &[1.0])?.predict()) == 0.0);
        Ok(())
    }

    /// `ℓ = Σ ln cosh(f - y)`: a point alone obeys `f' = -(θ/n) tanh(f - y)`, so that `sinh(f - y)` shrinks by `e^{-θt/n}`.
    struct LogCosh;

    impl Loss for LogCosh {
        fn value(&self, f: &[f64], y: &[f64]) -> f64 {
            f.iter().zip(y).map(|(f, y)| (f - y).cosh().ln()).sum()
        }

        fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]) {
            gradient.iter_mut().zip(f.iter().zip(y)).for_each(|(g, (f, y))| *g = (f - y).tanh());
        }
    }

    #[test]
    fn a_loss_of_the_users_own_equals_its_closed_form() -> Result<()> {
        let (theta, y) = (array![3.0, 1e-4], array![[1.0, -3.0], [0.5, 8.0]]);
        let regression = kernel(Array2::from_diag(&theta), true).regression(&y)?;
        let times = [0.1, 2.0, 50.0, 1e4, 1e6];
        let run = LossFlow::new(LogCosh).run(&regression, &times)?;
        let exact = ndarray::Array3::from_shape_fn((5, 2, 2), |(t, i, j)| {
            y[[i, j]] + ((-y[[i, j]]).sinh() * (-theta[i] * times[t] / 2.0).exp()).asinh()
        });
        assert!(largest(&(run.predict() - &exact)) <= 1e-6, "{}", largest(&(run.predict() - &exact)));
        for (loss, f) in run.losses().iter().zip(exact.axis_iter(Axis(0))) {
            let expected = (&f - &y).mapv(|e| e.cosh().ln()).sum() / 2.0;
            assert!((loss - expected).abs() <= 1e-6, "{loss} {expected}");
        }
        Ok(())
    }

    /// A loss whose gradient is not finite for outputs above 0.5.
    struct Broken;

    impl Loss for Broken {
        fn value(&self, f: &[f64], _y: &[f64]) -> f64 {
            f[0]
        }

        fn gradient(&self, f: &[f64], _y: &[f64], gradient: &mut [f64]) {
            gradient[0] = if f[0] > 0.5 { f64::NAN } else { -1.0 };
        }
    }

    #[test]
    fn what_cannot_be_integrated_is_refused_with_its_numbers() -> Result<()> {
        let y = array![1.0, -1.0, 1.0];
        let regression = kernel(Array2::from_diag(&array![1.0, 1e-3, 1e-9]), true).regression(&y)?;
        match LossFlow::new(SquaredError).max_steps(20).run(&regression, &[1e3, 1e9]) {
            Err(error @ Error::Unfinished { steps, time, end: 1e9, .. }) => {
                assert!((20..=21).contains(&steps) && time > 0.0 && time < 1e3, "{error}");
                assert!(error.to_string().contains("1.000000e9") && error.to_string().contains("the steps ran out"));
            }
            other => panic!("{other:?}"),
        }
        for integrator in [Integrator::Implicit, Integrator::Explicit] {
            let broken = LossFlow::new(Broken).integrator(integrator).run(&regression, &[1e3]);
            assert!(matches!(broken, Err(Error::NotFinite { row: 0, column: 0, .. })), "{broken:?}");
        }
        let above = regression.clone().from_outputs(&array![0.0, 0.0, 0.7])?;
        assert!(matches!(LossFlow::new(Broken).run(&above, &[0.0]), Err(Error::NotFinite { row: 2, .. })));
        for time in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(LossFlow::new(SquaredError).run(&regression, &[time]), Err(Error::Range { .. })));
        }
        for tolerance in [0.0, 0.5, f64::NAN] {
            let run = LossFlow::new(SquaredError).tolerance(tolerance).run(&regression, &[1.0]);
            assert!(matches!(run, Err(Error::Range { .. })));
        }
        let none = LossFlow::new(SquaredError).max_steps(0).run(&regression, &[1.0]);
        assert!(matches!(none, Err(Error::Range { value: 0.0, .. })));
        let labels = regression.from_outputs(&Array1::zeros(3))?;
        assert!(matches!(LossFlow::new(SoftmaxCrossEntropy).run(&labels, &[1.0]), Err(Error::Size { got: 1, .. })));
        assert!(LossFlow::new(SquaredError).run(&labels, &[])?.predict().is_empty());
        Ok(())
    }
}

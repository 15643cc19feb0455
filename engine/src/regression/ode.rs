//! The flow of a loss as an ordinary differential equation, solved by the crate `ivp`.
//!
//! With `Θ = Vᵀ Λ V` the state is `g` in `f = f_0 + Vᵀ Λ^{1/2} g`, the displacement of a linearised network's parameters:
//! `dg/dt = -(1/n) Λ^{1/2} V ∂ℓ/∂f`. Its Jacobian is symmetric, each mode has a tolerance of its own size, and a kernel with
//! zero eigenvalues is no special case. Time is counted in `n/λ_max`, so that the scale of the kernel does not matter.

use super::decomposition::Decomposition;
use super::{KernelRegression, Loss};
use crate::error::{Error, Result, check_memory};
use ivp::dense::StepInterpolant;
use ivp::ivp::FirstOrderSystem;
use ivp::matrix::Matrix;
use ivp::methods::{BDF, DOPRI5, IntegrationResult, Tolerance};
use ivp::solout::{ControlFlag, SolOut};
use ivp::status::Status;
use ndarray::{Array1, Array2, ArrayView2, Axis, Dimension, s};
use std::cell::Cell;

const PLACE: &str = "loss flow";

/// Explicit steps before the choice by size turns to implicit ones, if there are at most so many unknowns.
const EXPLICIT_STEPS: usize = 2000;
const IMPLICIT_UNKNOWNS: usize = 1000;

/// How the flow of a loss is integrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrator {
    /// Backward differentiation of order 1 to 5: steps of any length, however far apart the kernel's eigenvalues are. Each
    /// change of the step costs `unknowns³` operations.
    Implicit,
    /// Dormand-Prince 5(4): a step costs no more than a few products with the eigenvectors, but is no longer than about
    /// `3 n / (λ_max ℓ'')`. Losses whose second derivative goes to zero on samples that are fitted soon allow long steps.
    Explicit,
}

/// Settings of an integration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    pub(super) tolerance: f64,
    pub(super) max_steps: usize,
    /// `None` for explicit steps first and then, if there are not too many unknowns, implicit ones.
    pub(super) integrator: Option<Integrator>,
}

/// The differential equation.
pub(super) struct Flow<'a, L> {
    loss: &'a L,
    kernel: &'a Decomposition,
    /// All outputs of all points, point by point.
    target: Vec<f64>,
    /// `[n c, columns]`.
    initial: &'a Array2<f64>,
    /// Outputs of a point, which the loss takes together.
    per_point: usize,
    /// `Λ^{1/2}` of the modes above the rounding of the eigendecomposition, `[modes]`.
    roots: Array1<f64>,
    /// `V` of these modes, `[modes, n c]`.
    vectors: ArrayView2<'a, f64>,
    /// The first gradient that was not finite: row, column, value.
    not_finite: Cell<Option<(usize, usize, f64)>>,
}

impl<'a, L: Loss> Flow<'a, L> {
    pub(super) fn new<D: Dimension>(loss: &'a L, regression: &'a KernelRegression<D>) -> Self {
        let eigen = regression.eigen();
        // Not above the noise of the entries: as gradient flow by the squared error, which has a closed form, it moves in every mode.
        let first = eigen.values.iter().position(|&value| value > eigen.noise()).unwrap_or(eigen.len());
        Self {
            loss,
            kernel: &regression.kernel,
            target: regression.target.iter().copied().collect(),
            initial: &regression.initial,
            per_point: regression.axes.per_point(),
            roots: eigen.values.slice(s![first..]).mapv(f64::sqrt),
            vectors: eigen.vectors.slice(s![first.., ..]),
            not_finite: Cell::new(None),
        }
    }

    fn columns(&self) -> usize {
        self.initial.ncols()
    }

    pub(super) fn unknowns(&self) -> usize {
        self.roots.len() * self.columns()
    }

    fn largest(&self) -> f64 {
        self.kernel.eigen.largest()
    }

    /// The unit of the integrator's time.
    fn unit(&self) -> f64 {
        self.kernel.points() as f64 / self.largest()
    }

    /// A state times powers of `Λ`, `[modes, columns]`.
    fn matrix(&self, state: &[f64], weights: &Array1<f64>) -> Array2<f64> {
        let columns = self.columns();
        Array2::from_shape_fn((self.roots.len(), columns), |(mode, j)| weights[mode] * state[mode * columns + j])
    }

    /// `f: [n c, columns]`.
    pub(super) fn outputs(&self, state: &[f64]) -> Array2<f64> {
        self.initial + &self.vectors.t().dot(&self.matrix(state, &self.roots))
    }

    /// `a: [n c, columns]` with `f = f_0 + Θ a`.
    pub(super) fn coefficients(&self, state: &[f64]) -> Array2<f64> {
        self.vectors.t().dot(&self.matrix(state, &self.roots.recip()))
    }

    /// `L` at outputs `[n c, columns]`.
    pub(super) fn loss(&self, outputs: &Array2<f64>) -> f64 {
        let (f, c): (Vec<f64>, usize) = (outputs.iter().copied().collect(), self.per_point);
        let samples = f.chunks_exact(c).zip(self.target.chunks_exact(c));
        samples.map(|(f, y)| self.loss.value(f, y)).sum::<f64>() / self.kernel.points() as f64
    }

    /// `∂ℓ/∂f` of every point, `[n c, columns]`.
    fn gradient(&self, outputs: &Array2<f64>) -> Array2<f64> {
        let (f, c): (Vec<f64>, usize) = (outputs.iter().copied().collect(), self.per_point);
        let mut gradient = vec![f64::NAN; f.len()];
        let samples = f.chunks_exact(c).zip(self.target.chunks_exact(c));
        for ((f, y), gradient) in samples.zip(gradient.chunks_exact_mut(c)) {
            self.loss.gradient(f, y, gradient);
        }
        if let Some(i) = gradient.iter().position(|g| !g.is_finite()) {
            self.not_finite.set(self.not_finite.get().or(Some((i / c, i % c, gradient[i]))));
        }
        Array2::from_shape_vec(outputs.dim(), gradient).expect("as many numbers as outputs")
    }

    /// States at `times`, in their order; the number of steps; the last integrator used.
    pub(super) fn run(&self, settings: &Settings, times: &[f64]) -> Result<(Vec<Vec<f64>>, usize, Integrator)> {
        self.check_memory(settings, times.len())?;
        self.gradient(self.initial);
        self.refuse_what_is_not_finite()?;
        let unit = self.unit();
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by(|&i, &j| times[i].total_cmp(&times[j]));
        let end = order.last().map_or(0.0, |&i| times[i]);
        let mut samples = Samples {
            times: order.iter().map(|&i| times[i] / unit).collect(),
            end: end / unit,
            states: Vec::new(),
            reached: 0.0,
            state: vec![0.0; self.unknowns()],
        };
        let (mut steps, mut last) = (0, settings.integrator.unwrap_or(Integrator::Explicit));
        if !samples.end.is_finite() {
            return Err(Error::Overflow { place: PLACE });
        }
        if samples.end == 0.0 || samples.state.is_empty() {
            return Ok((vec![samples.state; times.len()], steps, last));
        }
        let then = self.later();
        let phases = match settings.integrator {
            Some(only) => vec![(only, settings.max_steps)],
            None => vec![(Integrator::Explicit, EXPLICIT_STEPS.min(settings.max_steps)), (then, settings.max_steps)],
        };
        let mut status = Status::NeedLargerNMax;
        for (integrator, limit) in phases {
            if status == Status::NeedLargerNMax && steps < limit {
                let result = self.integrate(integrator, settings.tolerance, limit - steps, &mut samples)?;
                (status, last) = (result.status, integrator);
                steps += result.steps.total.min(limit - steps);
            }
        }
        if samples.states.len() < times.len() {
            let reason = match status {
                Status::NeedLargerNMax => "the steps ran out",
                _ => {
                    self.refuse_what_is_not_finite()?;
                    "the step became too small"
                }
            };
            return Err(Error::Unfinished { place: PLACE, reason, time: samples.reached * unit, end, steps });
        }
        let mut states = vec![Vec::new(); times.len()];
        for (i, state) in order.into_iter().zip(samples.states) {
            states[i] = state;
        }
        Ok((states, steps, last))
    }

    /// The integrator after the first explicit steps.
    fn later(&self) -> Integrator {
        if self.unknowns() <= IMPLICIT_UNKNOWNS { Integrator::Implicit } else { Integrator::Explicit }
    }

    /// # Errors
    /// [`Error::Memory`] without room for the states, outputs and coefficients at so many times and the integrator's arrays.
    fn check_memory(&self, settings: &Settings, times: usize) -> Result<()> {
        let (state, outputs) = (self.unknowns(), self.target.len());
        let implicit = settings.integrator.unwrap_or(self.later()) == Integrator::Implicit;
        // The Jacobian and its factors, and the blocks that it is made of.
        let matrices = if implicit { state.saturating_mul(3 * state + 2 * self.vectors.ncols()) } else { 0 };
        let at_times = times.saturating_mul(state + 4 * outputs);
        let at_once = (20 + self.per_point).saturating_mul(state + outputs);
        check_memory(PLACE, &[matrices.saturating_add(at_times).saturating_add(at_once)])
    }

    /// From the state the samples have reached to their end, or to the limit of steps.
    fn integrate(
        &self,
        integrator: Integrator,
        tolerance: f64,
        max_steps: usize,
        samples: &mut Samples,
    ) -> Result<IntegrationResult> {
        let largest_output = self.target.iter().chain(self.initial).fold(0.0, |m: f64, v| m.max(v.abs()));
        let scale = if largest_output > 0.0 { largest_output } else { 1.0 };
        let relative = Tolerance::Scalar(tolerance);
        let absolute = Tolerance::Scalar(tolerance * scale / self.largest().sqrt());
        let (from, to, state) = (samples.reached, samples.end, samples.state.clone());
        let result = match integrator {
            Integrator::Implicit => {
                let method = BDF::builder().max_steps(max_steps).build();
                method.solve(self, from, &state, to, relative, absolute, Some(samples))
            }
            // Stiffness shows in the number of steps, which has its own limit.
            Integrator::Explicit => {
                let method = DOPRI5::builder().max_steps(max_steps).stiff_test(usize::MAX).build();
                method.solve(self, from, &state, to, relative, absolute, Some(samples))
            }
        };
        let (time, end) = (from * self.unit(), to * self.unit());
        result.map_err(|_| Error::Unfinished {
            place: PLACE,
            reason: "the integrator did not start",
            time,
            end,
            steps: 0,
        })
    }

    fn refuse_what_is_not_finite(&self) -> Result<()> {
        match self.not_finite.get() {
            Some((row, column, value)) => Err(Error::NotFinite { place: "gradient of the loss", row, column, value }),
            None => Ok(()),
        }
    }
}

impl<L: Loss> FirstOrderSystem for Flow<'_, L> {
    fn derivative(&self, _time: f64, state: &[f64], derivative: &mut [f64]) {
        let mut descent = self.vectors.dot(&self.gradient(&self.outputs(state)));
        descent *= &self.roots.view().insert_axis(Axis(1));
        derivative.iter_mut().zip(&descent).for_each(|(to, from)| *to = -from / self.largest());
    }

    /// `-(1/λ_max) Λ^{1/2} V ℓ'' Vᵀ Λ^{1/2}`, with the second derivatives of the loss by central differences: they only
    /// steer Newton's iteration. `ℓ''` holds a block for each point.
    fn jac(&self, _time: f64, state: &[f64], jacobian: &mut Matrix) {
        let (outputs, columns, per_point) = (self.outputs(state), self.columns(), self.per_point);
        // Rows of the kernel per point.
        let c = per_point / columns;
        // The second derivatives by each output of a point in turn, `[n c, columns]` each.
        let curvatures: Vec<Array2<f64>> = (0..per_point)
            .map(|output| {
                let (o, column) = (output / columns, output % columns);
                let of_one = s![o..;c, column];
                let step = outputs.slice(of_one).mapv(|f| 1e-5 * f.abs().max(1.0));
                let shifted = |sign: f64| {
                    let mut outputs = outputs.clone();
                    outputs.slice_mut(of_one).scaled_add(sign, &step);
                    self.gradient(&outputs)
                };
                let mut curvature = shifted(1.0) - shifted(-1.0);
                for (mut row, point) in curvature.rows_mut().into_iter().zip((0..).map(|row| row / c)) {
                    row /= 2.0 * step[point];
                }
                curvature
            })
            .collect();
        for column in 0..columns {
            for row in 0..columns {
                // V ℓ'' of the outputs of these columns, [modes, n c].
                let mut bent = Array2::zeros(self.vectors.dim());
                for o in 0..c {
                    let curvature = &curvatures[o * columns + column];
                    let mut target = bent.slice_mut(s![.., o..;c]);
                    for by in 0..c {
                        let curvature = curvature.slice(s![by..;c, row]);
                        target += &(&self.vectors.slice(s![.., by..;c]) * &curvature);
                    }
                }
                let block = bent.dot(&self.vectors.t());
                for ((i, j), value) in block.indexed_iter() {
                    jacobian[(i * columns + row, j * columns + column)] =
                        -self.roots[i] * value * self.roots[j] / self.largest();
                }
            }
        }
    }
}

/// Collects the states at given times from the integrator's steps.
struct Samples {
    /// Rising.
    times: Vec<f64>,
    end: f64,
    states: Vec<Vec<f64>>,
    /// The end of the last step, and the state there.
    reached: f64,
    state: Vec<f64>,
}

impl SolOut for Samples {
    fn solout(
        &mut self,
        _before: f64,
        now: &mut f64,
        state: &mut [f64],
        step: Option<&StepInterpolant<'_>>,
    ) -> ControlFlag {
        self.reached = *now;
        self.state.copy_from_slice(state);
        // The last step may end a rounding error before the end.
        let last = *now >= self.end * (1.0 - 1e-14);
        while let Some(&time) = self.times.get(self.states.len()).filter(|time| last || **time <= *now) {
            let mut sample = state.to_vec();
            if let Some(step) = step.filter(|_| time < *now) {
                step.interpolate(time, &mut sample);
            }
            self.states.push(sample);
        }
        if last { ControlFlag::Interrupt } else { ControlFlag::Continue }
    }
}

//! The flow of a loss as an ordinary differential equation, solved by the crate `ivp`.
//!
//! With `Θ = Vᵀ Λ V` the state is `g` in `f = f_0 + Vᵀ Λ^{1/2} g`, the displacement of a linearised network's parameters:
//! `dg/dt = -(1/n) Λ^{1/2} V ∂ℓ/∂f`. Its Jacobian is symmetric, each mode has a tolerance of its own size, and a kernel with
//! zero eigenvalues is no special case. Time is counted in `n/λ_max`, so that the scale of the kernel does not matter.

use super::Loss;
use crate::error::{Error, Result};
use crate::linalg::SymmetricEigen;
use ivp::dense::StepInterpolant;
use ivp::ivp::FirstOrderSystem;
use ivp::matrix::Matrix;
use ivp::methods::{BDF, DOPRI5, IntegrationResult, Tolerance};
use ivp::solout::{ControlFlag, SolOut};
use ivp::status::Status;
use ndarray::{Array1, Array2, Axis, s};
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
    target: Vec<f64>,
    initial: &'a Array2<f64>,
    /// `Λ^{1/2} V` of the modes above the noise, `[modes, n]`.
    scaled: Array2<f64>,
    /// `Λ^{-1/2}` of these modes.
    inverse_roots: Array1<f64>,
    /// `V` of these modes, `[modes, n]`.
    vectors: Array2<f64>,
    largest: f64,
    /// The first gradient that was not finite: row, column, value.
    not_finite: Cell<Option<(usize, usize, f64)>>,
}

impl<'a, L: Loss> Flow<'a, L> {
    pub(super) fn new(loss: &'a L, eigen: &SymmetricEigen, target: &Array2<f64>, initial: &'a Array2<f64>) -> Self {
        let first = eigen.values.iter().position(|&value| value > eigen.noise()).unwrap_or(eigen.len());
        let roots = eigen.values.slice(s![first..]).mapv(f64::sqrt);
        let vectors = eigen.vectors.slice(s![first.., ..]).to_owned();
        Self {
            loss,
            target: target.iter().copied().collect(),
            initial,
            scaled: &vectors * &roots.view().insert_axis(Axis(1)),
            inverse_roots: roots.recip(),
            vectors,
            largest: eigen.largest(),
            not_finite: Cell::new(None),
        }
    }

    fn n_outputs(&self) -> usize {
        self.initial.ncols()
    }

    pub(super) fn unknowns(&self) -> usize {
        self.scaled.nrows() * self.n_outputs()
    }

    /// The unit of the integrator's time.
    fn unit(&self) -> f64 {
        self.initial.nrows() as f64 / self.largest
    }

    fn matrix(&self, state: &[f64]) -> Array2<f64> {
        let outputs = self.n_outputs();
        Array2::from_shape_fn((self.scaled.nrows(), outputs), |(mode, j)| state[mode * outputs + j])
    }

    /// `f: [n, outputs]`.
    pub(super) fn outputs(&self, state: &[f64]) -> Array2<f64> {
        self.initial + &self.scaled.t().dot(&self.matrix(state))
    }

    /// `a: [n, outputs]` with `f = f_0 + Θ a`.
    pub(super) fn coefficients(&self, state: &[f64]) -> Array2<f64> {
        self.vectors.t().dot(&(self.matrix(state) * self.inverse_roots.view().insert_axis(Axis(1))))
    }

    /// `L` at outputs `[n, outputs]`.
    pub(super) fn loss(&self, outputs: &Array2<f64>) -> f64 {
        let (f, c): (Vec<f64>, usize) = (outputs.iter().copied().collect(), self.n_outputs());
        let samples = f.chunks_exact(c).zip(self.target.chunks_exact(c));
        samples.map(|(f, y)| self.loss.value(f, y)).sum::<f64>() / outputs.nrows() as f64
    }

    /// `∂ℓ/∂f` of every sample, `[n, outputs]`.
    fn gradient(&self, outputs: &Array2<f64>) -> Array2<f64> {
        let (f, c): (Vec<f64>, usize) = (outputs.iter().copied().collect(), self.n_outputs());
        let mut gradient = vec![f64::NAN; f.len()];
        let samples = f.chunks_exact(c).zip(self.target.chunks_exact(c));
        for ((f, y), gradient) in samples.zip(gradient.chunks_exact_mut(c)) {
            self.loss.gradient(f, y, gradient);
        }
        if let Some(i) = gradient.iter().position(|g| !g.is_finite()) {
            self.not_finite.set(self.not_finite.get().or(Some((i / c, i % c, gradient[i]))));
        }
        Array2::from_shape_fn(outputs.dim(), |(i, j)| gradient[i * c + j])
    }

    /// States at `times`, in their order; the number of steps; the last integrator used.
    pub(super) fn run(&self, settings: &Settings, times: &[f64]) -> Result<(Vec<Vec<f64>>, usize, Integrator)> {
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
        let then = if self.unknowns() <= IMPLICIT_UNKNOWNS { Integrator::Implicit } else { Integrator::Explicit };
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
        let absolute = Tolerance::Scalar(tolerance * scale / self.largest.sqrt());
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
        let descent = self.scaled.dot(&self.gradient(&self.outputs(state)));
        derivative.iter_mut().zip(&descent).for_each(|(to, from)| *to = -from / self.largest);
    }

    /// `-(1/λ_max) Λ^{1/2} V ℓ'' Vᵀ Λ^{1/2}`, with the second derivatives of the loss by central differences: they only
    /// steer Newton's iteration.
    fn jac(&self, _time: f64, state: &[f64], jacobian: &mut Matrix) {
        let (outputs, c) = (self.outputs(state), self.n_outputs());
        for column in 0..c {
            let step = outputs.column(column).mapv(|f| 1e-5 * f.abs().max(1.0));
            let shifted = |sign: f64| {
                let mut outputs = outputs.clone();
                outputs.column_mut(column).scaled_add(sign, &step);
                self.gradient(&outputs)
            };
            let curvature = (shifted(1.0) - shifted(-1.0)) / (2.0 * &step).insert_axis(Axis(1));
            for row in 0..c {
                let block = (&self.scaled * &curvature.column(row)).dot(&self.scaled.t());
                for ((i, j), value) in block.indexed_iter() {
                    jacobian[(i * c + row, j * c + column)] = -value / self.largest;
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

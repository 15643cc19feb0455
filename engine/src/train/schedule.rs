//! Schedules of the learning rate.

use super::objective::PLACE;
use crate::error::{Error, Result};
use std::f64::consts::PI;
use std::sync::Arc;

/// What multiplies the learning rate of step `t`, counted from 0, of `T` steps.
///
/// ```
/// use hadamard::prelude::*;
/// let schedule = Schedule::cosine(0.1).warm_up(10);
/// assert!(schedule.factor(0, 100) < 0.11 && schedule.factor(99, 100) < 0.11);
/// assert!(schedule.factor(10, 100) > 0.9);
/// ```
#[derive(Clone)]
pub struct Schedule {
    shape: Shape,
    warm_up: u64,
}

type Function = dyn Fn(u64, u64) -> f64 + Send + Sync;

#[derive(Clone)]
enum Shape {
    Constant,
    StepDecay { every: u64, factor: f64 },
    Milestones { steps: Vec<u64>, factor: f64 },
    Cosine { floor: f64 },
    Function { name: String, of: Arc<Function> },
}

impl Schedule {
    fn of_shape(shape: Shape) -> Self {
        Self { shape, warm_up: 0 }
    }

    /// 1.
    pub fn constant() -> Self {
        Self::of_shape(Shape::Constant)
    }

    /// `factor^⌊t / every⌋`.
    pub fn step_decay(every: u64, factor: f64) -> Self {
        Self::of_shape(Shape::StepDecay { every, factor })
    }

    /// `factor` to the power of how many of the steps are at most `t`.
    pub fn milestones(steps: &[u64], factor: f64) -> Self {
        Self::of_shape(Shape::Milestones { steps: steps.to_vec(), factor })
    }

    /// Half a period of a cosine from 1 down to `floor`: `floor + (1 - floor) (1 + cos(π t/T)) / 2` (Loshchilov and Hutter 2017).
    pub fn cosine(floor: f64) -> Self {
        Self::of_shape(Shape::Cosine { floor })
    }

    /// Any function of `t` and `T`. The name stands for it in a checkpoint, with its values.
    pub fn function(name: &str, of: impl Fn(u64, u64) -> f64 + Send + Sync + 'static) -> Self {
        Self::of_shape(Shape::Function { name: name.into(), of: Arc::new(of) })
    }

    /// Multiplies the first so many steps by `(t + 1) / steps`.
    pub fn warm_up(self, steps: u64) -> Self {
        Self { warm_up: steps, ..self }
    }

    /// What multiplies the rate of step `t` of `total`.
    pub fn factor(&self, t: u64, total: u64) -> f64 {
        let power = |base: f64, exponent: u64| base.powi(i32::try_from(exponent).unwrap_or(i32::MAX));
        let factor = match &self.shape {
            Shape::Constant => 1.0,
            Shape::StepDecay { every, factor } => power(*factor, t / (*every).max(1)),
            Shape::Milestones { steps, factor } => {
                power(*factor, steps.iter().filter(|step| **step <= t).count() as u64)
            }
            Shape::Cosine { floor } => {
                floor + (1.0 - floor) * 0.5 * (1.0 + (PI * t as f64 / total.max(1) as f64).cos())
            }
            Shape::Function { of, .. } => of(t, total),
        };
        if t < self.warm_up { factor * (t + 1) as f64 / self.warm_up as f64 } else { factor }
    }

    /// As [`Schedule::factor`].
    ///
    /// # Errors
    /// [`Error::Range`] for a factor that is negative or not finite.
    pub(super) fn checked_factor(&self, t: u64, total: u64) -> Result<f64> {
        let value = self.factor(t, total);
        match value.is_finite() && value >= 0.0 {
            true => Ok(value),
            false => {
                let what = "what multiplies the learning rate";
                Err(Error::Range { place: PLACE, what, value, legal: "at least 0 and finite" })
            }
        }
    }

    /// # Errors
    /// [`Error::Range`] for a number that is not legal.
    pub(super) fn check(&self) -> Result<()> {
        let (what, value) = match self.shape {
            Shape::Constant | Shape::Function { .. } => return Ok(()),
            Shape::StepDecay { every: 0, .. } => {
                let (what, legal) = ("the number of steps between decays", "at least 1");
                return Err(Error::Range { place: PLACE, what, value: 0.0, legal });
            }
            Shape::StepDecay { factor, .. } | Shape::Milestones { factor, .. } => ("the factor of a decay", factor),
            Shape::Cosine { floor } => ("the floor of a cosine", floor),
        };
        match value.is_finite() && value >= 0.0 {
            true => Ok(()),
            false => Err(Error::Range { place: PLACE, what, value, legal: "at least 0 and finite" }),
        }
    }

    pub(super) fn is_constant(&self) -> bool {
        matches!(self.shape, Shape::Constant) && self.warm_up == 0
    }

    /// Words and numbers by which a checkpoint knows it.
    pub(super) fn identity(&self, total: u64) -> (String, Vec<f64>) {
        const SAMPLES: u64 = 1024;
        let samples = match self.shape {
            Shape::Function { .. } => {
                let step = total.div_ceil(SAMPLES).max(1);
                (0..SAMPLES).map(|k| k * step).take_while(|t| *t < total).map(|t| self.factor(t, total)).collect()
            }
            _ => Vec::new(),
        };
        (format!("{self:?}"), samples)
    }
}

impl std::fmt::Debug for Schedule {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.shape {
            Shape::Constant => write!(f, "constant"),
            Shape::StepDecay { every, factor } => write!(f, "times {factor:?} every {every} steps"),
            Shape::Milestones { steps, factor } => write!(f, "times {factor:?} at steps {steps:?}"),
            Shape::Cosine { floor } => write!(f, "cosine to {floor:?}"),
            Shape::Function { name, .. } => write!(f, "{name}"),
        }?;
        if self.warm_up > 0 { write!(f, ", warm-up of {} steps", self.warm_up) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(schedule: &Schedule, total: u64) -> Vec<f64> {
        (0..total).map(|t| schedule.factor(t, total)).collect()
    }

    #[test]
    fn factors_are_those_of_the_formulas() {
        assert_eq!(factors(&Schedule::constant().warm_up(4), 6), [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(factors(&Schedule::step_decay(2, 0.5), 6), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
        assert_eq!(factors(&Schedule::milestones(&[1, 4], 0.1), 6)[..5], [1.0, 0.1, 0.1, 0.1, 0.1f64.powi(2)]);
        assert_eq!(factors(&Schedule::function("half", |t, total| (2 * t < total).into()), 4), [1.0, 1.0, 0.0, 0.0]);
        for (t, factor) in factors(&Schedule::cosine(0.2), 8).into_iter().enumerate() {
            // The recursion of PyTorch's CosineAnnealingLR, in closed form by the double angle.
            let expected = 0.2 + 0.8 * (PI * t as f64 / 16.0).cos().powi(2);
            assert!((factor - expected).abs() <= 1e-15, "{t}: {factor} {expected}");
        }
        assert_eq!(Schedule::constant().factor(0, 0), 1.0);
        assert!(Schedule::cosine(0.0).factor(0, 0) == 1.0);
    }

    #[test]
    fn factors_that_no_rate_can_have_are_refused() {
        for schedule in [
            Schedule::step_decay(0, 0.5),
            Schedule::step_decay(3, -0.5),
            Schedule::milestones(&[3], f64::NAN),
            Schedule::cosine(-0.1),
        ] {
            assert!(matches!(schedule.check(), Err(Error::Range { .. })), "{schedule:?}");
        }
        assert!(Schedule::function("negative", |_, _| -1.0).checked_factor(0, 1).is_err());
        assert!(Schedule::function("not a number", |_, _| f64::NAN).checked_factor(0, 1).is_err());
    }
}

//! Adversarial examples: inputs near given ones at which a loss is large, and training on them.
//!
//! ```
//! use hadamard::prelude::*;
//!
//! let x = sphere(60, 5, Seed(0))?;
//! let y = x.column(0).mapv(f64::signum);
//! let mut network = mlp(2).width(64).input(5).init(Seed(1))?;
//! let attack = Attack::projected_gradient(0.3, 10);
//! let objective = Objective::new(&x, &y, Logistic)?;
//! Trainer::steps(200, Sgd::new(0.5)).train(&mut network, &objective)?;
//! let standard = attack.accuracy(&network, &Logistic, &x, &y)?;
//!
//! // The same steps, each on the attack of its network.
//! let mut hardened = mlp(2).width(64).input(5).init(Seed(1))?;
//! Trainer::steps(200, Sgd::new(0.5)).train(&mut hardened, &attack.during(objective)?)?;
//! assert!(attack.accuracy(&hardened, &Logistic, &x, &y)? >= standard);
//!
//! // What the limit kernel alone knows: no network was trained.
//! let net = mlp(2);
//! let coefficients = net.limit_kernel(&x)?.ntk().regression(&y)?.ridge(1e-3)?.coefficients.insert_axis(Axis(1));
//! let predictor = net.limit_predictor(&coefficients, &x)?;
//! let transferred = attack.examples(&predictor, &SquaredError, &x, &y)?;
//! assert!(network.outputs(&transferred)?.iter().zip(&y).filter(|(f, y)| **f * **y <= 0.0).count() > 0);
//! # Ok::<(), Error>(())
//! ```

mod attackable;
mod norm;
mod training;

pub use attackable::Attackable;
pub use norm::AttackNorm;

use crate::error::{Error, Result, check_finite, check_input};
use crate::random::Seed;
use crate::regression::Loss;
use crate::train::{accuracy_of, targets_of};
use ndarray::{Array, Array2, Dimension, Zip};

const PLACE: &str = "adversarial attack";
/// Steps of so many radii in all, unless set (Madry et al. 2018).
const WAY: f64 = 2.5;

/// How adversarial examples are made: by steps up the loss's gradient in the input, kept within a radius of the points, in the [largest
/// coordinate](AttackNorm::Infinity) unless [`Attack::norm`] is set.
///
/// ## References
/// Goodfellow, Shlens and Szegedy 2015 (one step); Madry et al. 2018 (many).
#[derive(Clone, Debug, PartialEq)]
pub struct Attack {
    radius: f64,
    steps: u64,
    step: f64,
    norm: AttackNorm,
    clip: Option<(f64, f64)>,
    starts: Option<(usize, Seed)>,
}

impl Attack {
    /// The fast gradient sign method: one step of the whole radius, `x + ε sign ∂ℓ/∂x`.
    pub fn fast_gradient(radius: f64) -> Self {
        Self { radius, steps: 1, step: radius, norm: AttackNorm::Infinity, clip: None, starts: None }
    }

    /// Projected gradient: so many steps, from the point itself, each of `2.5` radii over their number unless [`Attack::step`] is set, and
    /// each followed by a projection.
    pub fn projected_gradient(radius: f64, steps: u64) -> Self {
        Self { steps, step: WAY * radius / steps as f64, ..Self::fast_gradient(radius) }
    }

    /// Sets the length of a step, positive.
    pub fn step(self, step: f64) -> Self {
        Self { step, ..self }
    }

    /// Sets how distances are measured.
    pub fn norm(self, norm: AttackNorm) -> Self {
        Self { norm, ..self }
    }

    /// Keeps every feature between two values, as pixels are.
    pub fn clip(self, low: f64, high: f64) -> Self {
        Self { clip: Some((low, high)), ..self }
    }

    /// Starts so many times, 1 or more, from random points within the radius instead of the point itself; of every point that example is
    /// kept which has the largest loss.
    pub fn starts(self, count: usize, seed: Seed) -> Self {
        Self { starts: Some((count, seed)), ..self }
    }

    /// The largest distance.
    pub fn radius(&self) -> f64 {
        self.radius
    }

    /// Adversarial examples `[n, d]` near `x: [n, d]`, of a model and a loss with targets `[n]` or `[n, c]`.
    ///
    /// Costs a gradient of all points in the input for every step and start, and with several starts outputs for each.
    ///
    /// # Errors
    /// [`Error::Range`] for a radius that is negative or not finite, or larger than the range of the clip, a step that is not positive, no
    /// steps or starts, and points outside of the clip; [`Error::Size`] for targets that are not those of the points or of the model's
    /// outputs; [`Error::NotFinite`]; what the loss says of the targets, and the model of the points.
    pub fn examples<D: Dimension>(
        &self,
        model: &(impl Attackable + ?Sized),
        loss: &(impl Loss + ?Sized),
        x: &Array2<f64>,
        y: &Array<f64, D>,
    ) -> Result<Array2<f64>> {
        self.check(x)?;
        let y = targets_of(y)?;
        if y.nrows() != x.nrows() {
            return Err(Error::Size { place: PLACE, what: "targets", expected: x.nrows(), got: y.nrows() });
        }
        check_finite(PLACE, &y)?;
        loss.check(&y)?;
        let Some((count, seed)) = self.starts else { return self.climbed(model, loss, (x, &y), x.clone()) };
        let mut best: Option<(Array2<f64>, Vec<f64>)> = None;
        let start = |number: usize| {
            let away = self.norm.random(x.dim(), self.radius, seed.child(number as u64));
            self.confined(x, x + &away)
        };
        if count == 1 {
            return self.climbed(model, loss, (x, &y), start(0));
        }
        for number in 0..count {
            let found = self.climbed(model, loss, (x, &y), start(number))?;
            let losses = losses(loss, &outputs(model, &found, &y)?, &y);
            best = Some(match best {
                None => (found, losses),
                Some((mut kept, mut highest)) => {
                    for (row, &value) in losses.iter().enumerate() {
                        if value > highest[row] {
                            kept.row_mut(row).assign(&found.row(row));
                            highest[row] = value;
                        }
                    }
                    (kept, highest)
                }
            });
        }
        Ok(best.expect("one start or more").0)
    }

    /// The share of points that are classified right at their adversarial examples: by the largest output, of a single output by its sign.
    ///
    /// # Errors
    /// As for [`Attack::examples`].
    pub fn accuracy<D: Dimension>(
        &self,
        model: &(impl Attackable + ?Sized),
        loss: &(impl Loss + ?Sized),
        x: &Array2<f64>,
        y: &Array<f64, D>,
    ) -> Result<f64> {
        accuracy_of(&model.outputs(&self.examples(model, loss, x, y)?)?, &targets_of(y)?)
    }

    /// Up the gradient from a start.
    fn climbed(
        &self,
        model: &(impl Attackable + ?Sized),
        loss: &(impl Loss + ?Sized),
        (x, y): (&Array2<f64>, &Array2<f64>),
        mut moved: Array2<f64>,
    ) -> Result<Array2<f64>> {
        for _ in 0..self.steps {
            let mut slope = outputs(model, &moved, y)?;
            let mut of = vec![0.0; y.ncols()];
            for (mut f, y) in slope.rows_mut().into_iter().zip(y.rows()) {
                loss.gradient(&f.to_vec(), &y.to_vec(), &mut of);
                // Steps go by direction alone; slopes of confident outputs would vanish in single precision.
                let largest = of.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
                let scale = if largest > 0.0 { largest } else { 1.0 };
                f.iter_mut().zip(&of).for_each(|(f, of)| *f = of / scale);
            }
            let gradient = model.input_gradient(&slope, &moved)?;
            if gradient.dim() != moved.dim() {
                let (expected, got) = (moved.len(), gradient.len());
                return Err(Error::Size {
                    place: PLACE,
                    what: "numbers in the gradient, those of the points",
                    expected,
                    got,
                });
            }
            check_finite(PLACE, &gradient)?;
            moved = self.confined(x, moved + &self.norm.direction(gradient, self.step));
        }
        Ok(moved)
    }

    /// Within the radius, and then within the clip, which holds the points: that brings each closer to its point.
    fn confined(&self, x: &Array2<f64>, moved: Array2<f64>) -> Array2<f64> {
        let mut moved = self.norm.projected(x, moved, self.radius);
        if let Some((low, high)) = self.clip {
            moved.mapv_inplace(|v| v.clamp(low, high));
        }
        moved
    }

    /// # Errors
    /// [`Error::Range`], and bad points.
    fn check(&self, x: &Array2<f64>) -> Result<()> {
        let range = |what, value, legal| Err(Error::Range { place: PLACE, what, value, legal });
        check_input(PLACE, x, None)?;
        let Self { radius, steps, step, clip, starts, .. } = *self;
        if !(radius >= 0.0 && radius.is_finite()) {
            return range("the radius", radius, "at least 0 and finite");
        }
        if steps == 0 {
            return range("the number of steps", 0.0, "at least 1");
        }
        if !(step.is_finite() && (step > 0.0 || radius == 0.0)) {
            return range("the length of a step", step, "positive and finite");
        }
        if starts.is_some_and(|(count, _)| count == 0) {
            return range("the number of starts", 0.0, "at least 1");
        }
        let Some((low, high)) = clip else { return Ok(()) };
        if !(low < high && low.is_finite() && high.is_finite()) {
            return range("the upper end of the clip", high, "above the lower end, and both finite");
        }
        if radius > high - low {
            return range("the radius", radius, "at most the range of the clip");
        }
        match x.iter().find(|v| !(low..=high).contains(*v)) {
            Some(&value) => range("a feature", value, "within the clip, which the points must be in"),
            None => Ok(()),
        }
    }
}

/// # Errors
/// [`Error::Size`] for targets of other than the model's outputs, and the model's own.
fn outputs(model: &(impl Attackable + ?Sized), x: &Array2<f64>, y: &Array2<f64>) -> Result<Array2<f64>> {
    let outputs = model.outputs(x)?;
    match outputs.dim() == y.dim() {
        true => Ok(outputs),
        false => {
            let (expected, got) = (outputs.ncols(), y.ncols());
            Err(Error::Size { place: PLACE, what: "columns of targets", expected, got })
        }
    }
}

/// Of every point.
fn losses(loss: &(impl Loss + ?Sized), outputs: &Array2<f64>, y: &Array2<f64>) -> Vec<f64> {
    let mut losses = Vec::with_capacity(y.nrows());
    Zip::from(outputs.rows()).and(y.rows()).for_each(|f, y| losses.push(loss.value(&f.to_vec(), &y.to_vec())));
    losses
}

#[cfg(test)]
mod tests;

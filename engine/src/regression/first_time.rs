//! When a projection of the residual has first fallen to a share of what it was.

use super::Trajectory;
use super::decay::Decay;
use crate::error::{Error, Result, check_memory};
use crate::linalg::multiply;
use ndarray::{Array1, Array2, ArrayView1, Axis, Dimension};

impl<D: Dimension> Trajectory<D> {
    /// The first time, of all up to the last of `grid` (which rises), at which `|⟨v, y - f⟩|` has fallen to `share` of its value at
    /// time 0: a step of descent, for flow a time to rounding error (at the share 0, where it is zero to the last bit). `None` if it has not by then. Of several outputs it is the Euclidean
    /// norm.
    ///
    /// It may rise again later, and above `η h = 1` for a mode of the Hessian it may alternate from step to step. So no step is passed
    /// over by bisection: from each time `t` the search goes on to where `|s_t| + s'_t τ - ½ max |s''| τ²`, which is below it, meets the
    /// goal.
    ///
    /// # Errors
    /// [`Error::Size`] if the direction has another length than there are points; [`Error::Range`] for a grid that falls or has illegal
    /// times and for a share that is negative or not finite; [`Error::Memory`].
    pub fn time_to(&self, direction: ArrayView1<'_, f64>, share: f64, grid: &[f64]) -> Result<Option<f64>> {
        let place = "time_to";
        self.check(grid, 0)?;
        if !(share >= 0.0 && share.is_finite()) {
            return Err(Error::Range { place, what: "the share", value: share, legal: "finite and at least 0" });
        }
        if let Some(pair) = grid.windows(2).find(|pair| pair[0] > pair[1]) {
            let (what, legal) = ("a time of the grid", "no earlier than the one before");
            return Err(Error::Range { place, what, value: pair[1], legal });
        }
        let directions = self.kernel.directions("projection", &direction.insert_axis(Axis(0)))?;
        let (c, columns) = (directions.nrows(), self.coefficients.ncols());
        check_memory(place, &[self.kernel.rows(), c, 1 + columns])?;
        let basis = multiply(&self.kernel.eigen.vectors, &directions.t());
        let weights = Array2::from_shape_fn((self.kernel.rows(), c * columns), |(mode, i)| {
            basis[[mode, i / columns]] * self.coefficients[[mode, i % columns]]
        });
        let projection = Projection::new(self.decay, self.per_lambda(), &self.kernel.eigen.values, weights);
        let Some(&end) = grid.last() else { return Ok(None) };
        Ok(match self.decay {
            Decay::Descent { .. } => projection.first_step(share, end),
            Decay::Flow => projection.first_instant(share, end),
        })
    }
}

/// `s_t = Σ_i w_i (±1)^t e^{-r_i t}`, a vector over the outputs.
struct Projection {
    /// `r_i`, `[modes]`; infinite for a mode that one step removes.
    rates: Array1<f64>,
    /// Which modes change their sign from step to step.
    alternates: Vec<bool>,
    /// `w`, `[modes, outputs]`.
    weights: Array2<f64>,
    /// The unit of the derivatives' time, so that they do not overflow.
    unit: f64,
}

/// `|s|` at a time, its slope, and a bound of the second derivative of `s` from there on, times in [units](Projection::unit).
struct Motion {
    size: f64,
    slope: f64,
    bend: f64,
}

impl Projection {
    fn new(decay: Decay, per_lambda: f64, values: &Array1<f64>, weights: Array2<f64>) -> Self {
        let hessian = values.mapv(|lambda| per_lambda * lambda.max(0.0));
        let rates = hessian.mapv(|h| decay.rate(h));
        // Shares are asked for, so weights may have any unit; with this one their squares neither overflow nor vanish.
        let largest = weights.iter().fold(0.0, |most: f64, w| most.max(w.abs()));
        let fastest = rates.iter().filter(|rate| rate.is_finite()).fold(0.0, |m: f64, r| m.max(*r));
        Self {
            alternates: hessian.iter().map(|&h| decay.alternates(h)).collect(),
            rates,
            weights: weights / if largest > 0.0 { largest } else { 1.0 },
            unit: if fastest > 0.0 { 1.0 / fastest } else { 1.0 },
        }
    }

    /// At time `t`, with the signs of even or odd steps.
    fn motion(&self, t: f64, odd: bool) -> Motion {
        let outputs = self.weights.ncols();
        let (mut value, mut slope, mut bend) = (vec![0.0; outputs], vec![0.0; outputs], vec![0.0; outputs]);
        for ((row, &rate), &alternates) in self.weights.rows().into_iter().zip(&self.rates).zip(&self.alternates) {
            let left = if t == 0.0 { 1.0 } else { (-rate * t).exp() };
            let (left, rate) = (if odd && alternates { -left } else { left }, rate * self.unit);
            for (o, weight) in row.iter().enumerate() {
                let part = weight * left;
                value[o] += part;
                // An infinite rate has left nothing.
                if part != 0.0 {
                    slope[o] -= rate * part;
                    bend[o] += rate * rate * part.abs();
                }
            }
        }
        let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let size = norm(&value);
        let along: f64 = value.iter().zip(&slope).map(|(v, s)| v * s).sum();
        Motion { size, slope: if size > 0.0 { along / size } else { 0.0 }, bend: norm(&bend) }
    }

    fn size(&self, t: f64) -> f64 {
        self.motion(t, t % 2.0 == 1.0).size
    }

    /// How long `|s|` stays above the goal, at least.
    fn stays(&self, motion: &Motion, goal: f64) -> f64 {
        let Motion { size, slope, bend } = motion;
        let above = size - goal;
        if !(above > 0.0) {
            return 0.0;
        }
        self.unit * 2.0 * above / ((slope * slope + 2.0 * bend * above).sqrt() - slope)
    }

    /// The first whole step up to `end`.
    fn first_step(&self, share: f64, end: f64) -> Option<f64> {
        let goal = share * self.size(0.0);
        let mut t = 0.0;
        while t <= end {
            if self.size(t) <= goal {
                return Some(t);
            }
            let after = (t + 1.0).max(f64::next_up(t));
            // What one step removes is gone after the first.
            t = if t == 0.0 {
                after
            } else if self.alternates.contains(&true) {
                // Even and odd steps are on a smooth line each.
                let next = |odd: bool| {
                    let step = after.max((t + self.stays(&self.motion(t, odd), goal)).ceil());
                    if (step % 2.0 == 1.0) == odd { step } else { step + 1.0 }
                };
                next(false).min(next(true)).max(after)
            } else {
                after.max((t + self.stays(&self.motion(t, false), goal)).ceil())
            };
        }
        None
    }

    /// The first time up to `end`.
    fn first_instant(&self, share: f64, end: f64) -> Option<f64> {
        let goal = share * self.size(0.0);
        let at = |t: f64| self.motion(t, false);
        let mut t = 0.0;
        while t <= end {
            let motion = at(t);
            if motion.size <= goal {
                return Some(t);
            }
            let step = self.stays(&motion, goal);
            let (low, high) = (t + step, (t + step * (1.0 + 1e-9)).max(f64::next_up(t)).min(end));
            if low <= end && high > t && at(high).size <= goal {
                return Some(bisected(t, high, |t| at(t).size <= goal));
            }
            t = low.max(f64::next_up(t));
        }
        None
    }
}

/// Where `reached` becomes true between `low`, where it is false, and `high`, to the last digit.
fn bisected(mut low: f64, mut high: f64, reached: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if !(low < middle && middle < high) {
            return high;
        }
        if reached(middle) { high = middle } else { low = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LearningRate;
    use super::super::tests::kernel;
    use super::*;
    use crate::random::Seed;
    use ndarray::array;

    /// The step found against a walk through all of them, for rates below and above `1/λ_max` and directions whose projections change
    /// their sign.
    #[test]
    fn no_earlier_step_has_reached_the_share() -> Result<()> {
        let (mut found, mut passed) = (0, 0);
        for seed in 0..40 {
            let n = 2 + (seed as usize) % 6;
            let features = Array2::from_shape_simple_fn((n, n), Seed(seed).normals(0));
            let scales = Array1::from_shape_fn(n, |k| 4f64.powi(-(k as i32)));
            let theta = (&features * &scales).dot(&features.t());
            let y = Array2::from_shape_simple_fn((n, 1 + (seed as usize) % 2), Seed(seed).normals(1));
            let direction = Array1::from_shape_simple_fn(n, Seed(seed).normals(2));
            let regression = kernel(theta, true).regression(&y)?;
            for share in [0.3, 1.0, 1.6, 1.95, 1.999] {
                let run = regression.gradient_descent(LearningRate::MatchTop(share))?;
                let steps: Vec<f64> = (0..600).map(f64::from).collect();
                let projected = run.project(&direction.view().insert_axis(Axis(0)).to_owned(), &steps)?;
                let sizes: Vec<f64> =
                    projected.outer_iter().map(|s| s.iter().map(|v| v * v).sum::<f64>().sqrt()).collect();
                for part in [0.9, 0.5, 0.05] {
                    let goal = part * sizes[0];
                    // What is at the goal up to rounding may count or not.
                    if sizes.iter().any(|s| (s - goal).abs() <= 1e-12 * sizes[0]) {
                        continue;
                    }
                    let first = sizes.iter().position(|&s| s <= goal).map(|i| i as f64);
                    assert_eq!(run.time_to(direction.view(), part, &[0.0, 599.0])?, first, "{seed} {share} {part}");
                    found += usize::from(first.is_some());
                    let rises = first.is_some_and(|t| sizes[t as usize..].iter().any(|&s| s > goal));
                    passed += usize::from(rises);
                }
            }
        }
        assert!(found >= 200 && passed >= 20, "{found} found, of which {passed} rise again");
        Ok(())
    }

    /// `e^{-t} - 2 e^{-2t} + …`: the first of several zeros and minima, by the roots of a polynomial in `e^{-t}`.
    #[test]
    fn flow_finds_the_first_of_several_crossings() -> Result<()> {
        // Modes at 1, 2, 3 (times 2/n): s = z (z - a)(z - b) with z = e^{-t} is zero at t = -ln a and -ln b.
        let (a, b): (f64, f64) = (0.8, 0.1);
        let weights = array![a * b, -(a + b), 1.0];
        let run = kernel(Array2::from_diag(&array![1.5, 3.0, 4.5]), true).regression(&weights)?.gradient_flow();
        let ones = array![1.0, 1.0, 1.0];
        let zero = run.time_to(ones.view(), 1e-6, &[0.0, 1e3])?.expect("it crosses zero twice");
        assert!((zero + a.ln()).abs() <= 1e-6, "{zero}");
        // Below a third of the start for the first time between 0 and the first zero, by bisection there.
        let s = |t: f64| ((-t).exp() * ((-t).exp() - a) * ((-t).exp() - b)).abs();
        let expected = bisected(0.0, -a.ln(), |t| s(t) <= s(0.0) / 3.0);
        let third = run.time_to(ones.view(), 1.0 / 3.0, &[1e3])?.expect("it falls below");
        assert!((third - expected).abs() <= 1e-12, "{third} {expected}");
        assert_eq!(run.time_to(ones.view(), 1.0 / 3.0, &[expected * 0.99])?, None);
        assert_eq!(run.time_to(ones.view(), 0.5, &[])?, None);
        assert_eq!(run.time_to(ones.view(), 1.0, &[7.0])?, Some(0.0));
        Ok(())
    }
}

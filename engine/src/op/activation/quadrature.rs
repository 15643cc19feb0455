//! Dual activations of any function and variance by quadrature, where the Hermite series does not converge.
//!
//! `E φ(u)φ(u') = E_u [φ(u) E[φ(β u + τ z)]]` with `β = E u u'/E u²`, `z ~ N(0, 1)`. Both integrals are trapezoidal sums: over
//! `u = c sinh t`, whose nodes resolve a function from the scale `c` near 0 up to any variance, and over `z` itself where `τ` is below the
//! distance of those nodes. A cell in which a function jumps is cut there. The rule is as fine as it must be for a finer one to give the
//! same within the tolerance.

use crate::number::Real;
use crate::op::limit::Moments;
use std::f64::consts::TAU;

/// Steps in `t` to try in turn, each with every scale; the check of one is the next.
const STEPS: [f64; 4] = [0.25, 0.125, 0.0625, 0.03125];
/// Scales `c` to try in turn, in units of 1, or of the smallest deviation below it.
const SCALES: [f64; 3] = [1.0, 0.03, 0.001];
/// Deviations beyond which a Gaussian is nothing, and the step in `z`.
const REACH: f64 = 9.0;
const INNER: f64 = 0.55;

/// Tolerances below this no kink has.
pub(in crate::op) const SMOOTH: f64 = 1e-9;
/// Gaps at which rules are compared.
const GAPS: [f64; 10] = [0.0, 0.003, 0.03, 0.1, 0.3, 0.7, -0.7, -0.3, -0.1, -0.02];

/// A function and its derivatives.
pub(in crate::op) struct Functions<'a> {
    pub value: &'a dyn Fn(f64) -> f64,
    pub slope: &'a dyn Fn(f64) -> f64,
    /// Called for derivatives of the integrals alone.
    pub curvature: &'a dyn Fn(f64) -> f64,
}

impl Functions<'_> {
    /// Value and slope.
    fn at<E: Real>(&self, u: E) -> [E; 2] {
        [u.apply(self.value, self.slope), u.apply(self.slope, self.curvature)]
    }

    /// Where one of both jumps, within `reach` of 0, rising; of several jumps nearer to one another than a 64th of their distance
    /// from 0, or of the scale near it, one.
    fn jumps(&self, reach: f64, scale: f64) -> Vec<f64> {
        const STEP: f64 = 1.0 / 64.0;
        let scale = 1e-3 * scale;
        let half = ((reach / scale).asinh() / STEP).ceil() as i64;
        let point = |j: i64| scale * (j as f64 * STEP).sinh();
        let jump = |function: &dyn Fn(f64) -> f64, j: i64| jump_within(function, [point(j), point(j + 1)]);
        (-half..half).filter_map(|j| jump(self.value, j).or_else(|| jump(self.slope, j))).collect()
    }
}

/// The place between two numbers at which a function jumps, if it does: what is smooth changes by half as much over half of an interval.
fn jump_within(function: &dyn Fn(f64) -> f64, [mut low, mut high]: [f64; 2]) -> Option<f64> {
    let (mut at_low, mut at_high) = (function(low), function(high));
    let change = (at_high - at_low).abs();
    // To the last digit.
    for _ in 0..60 {
        let now = (at_high - at_low).abs();
        if now == 0.0 || !(now > 0.7 * change) {
            return None;
        }
        let middle = low + (high - low) / 2.0;
        let value = function(middle);
        if (value - at_low).abs() > (at_high - value).abs() {
            (high, at_high) = (middle, value);
        } else {
            (low, at_low) = (middle, value);
        }
    }
    Some(high)
}

struct Node {
    u: f64,
    /// `du`.
    step: f64,
    value: f64,
    slope: f64,
}

/// Nodes for one function, of which those are used that a variance reaches.
pub(in crate::op) struct Rule<'a> {
    functions: &'a Functions<'a>,
    scale: f64,
    step: f64,
    nodes: Vec<Node>,
    /// `z` and its weight.
    inner: Vec<(f64, f64)>,
}

fn density<E: Real>(z: E) -> E {
    (-z * z / 2.0).exp() / TAU.sqrt()
}

impl<'a> Rule<'a> {
    fn new(functions: &'a Functions<'a>, largest: f64, scale: f64, step: f64, jumps: &[f64]) -> Self {
        let half = ((REACH * largest / scale).asinh() / step).ceil() as i64;
        // Not at 0, where a jump would count for one side alone.
        let node = |u: f64, step: f64| Node { u, step, value: (functions.value)(u), slope: (functions.slope)(u) };
        let nodes = (-half..half).flat_map(|j| {
            let [low, high] = [j, j + 1].map(|j| scale * (j as f64 * step).sinh());
            // A cell with a jump in it is two.
            if let Some(&jump) = jumps.iter().find(|jump| (low..high).contains(jump)) {
                return [Some(node((low + jump) / 2.0, jump - low)), Some(node((jump + high) / 2.0, high - jump))];
            }
            let t = (j as f64 + 0.5) * step;
            [Some(node(scale * t.sinh(), step * scale * t.cosh())), None]
        });
        let count = (REACH / INNER) as i64;
        let inner = (-count..count).map(|j| (j as f64 + 0.5) * INNER).map(|z| (z, INNER * density(z)));
        Self { functions, scale, step, nodes: nodes.flatten().collect(), inner: inner.collect() }
    }

    /// The coarsest rule that agrees with a finer one to `tolerance`, and with the one before it too where kinks may be: relative to the
    /// second moments, in these at all `deviations`, rising, and in correlations of all kinds at the smallest and the largest; or the
    /// disagreement of the finest.
    pub fn within(functions: &'a Functions<'a>, deviations: &[f64], tolerance: f64) -> std::result::Result<Self, f64> {
        let mut least = f64::INFINITY;
        let (Some(&smallest), Some(&largest)) = (deviations.first(), deviations.last()) else {
            // Of zeros alone no integral is taken.
            return Ok(Self::new(functions, 0.0, 1.0, STEPS[0], &[]));
        };
        if !largest.is_finite() {
            return Err(least);
        }
        // Functions that are asked for to all digits have none.
        let jumps = if tolerance < SMOOTH { Vec::new() } else { functions.jumps(REACH * largest, smallest.min(1.0)) };
        for scale in SCALES.map(|scale| scale * smallest.min(1.0)) {
            let mut rules = STEPS.iter().map(|&step| Self::new(functions, largest, scale, step, &jumps));
            let (mut rule, mut agreed) = (rules.next().expect("there are steps"), 0);
            // Beside a kink two rules may agree by chance.
            let enough = if tolerance < SMOOTH { 1 } else { 2 };
            for finer in rules {
                let error = rule.distance(&finer, deviations);
                agreed = if error <= tolerance { agreed + 1 } else { 0 };
                if agreed == enough {
                    return if rule.reaches(largest, tolerance) { Ok(rule) } else { Err(f64::INFINITY) };
                }
                least = least.min(error);
                rule = finer;
            }
        }
        Err(least)
    }

    /// Whether beyond the nodes of a deviation there is nothing: of a function that grows as fast as the Gaussian falls there is.
    fn reaches(&self, deviation: f64, tolerance: f64) -> bool {
        let own = self.own(deviation);
        [REACH, -REACH].iter().all(|&g| {
            let part = |function: &dyn Fn(f64) -> f64| function(deviation * g).powi(2) * density(g);
            part(self.functions.value) <= 0.1 * tolerance * own.0
                && part(self.functions.slope) <= 0.1 * tolerance * own.1
        })
    }

    /// The largest difference in a pair's moments, relative to their largest sizes.
    fn distance(&self, other: &Self, deviations: &[f64]) -> f64 {
        let (smallest, largest) = (deviations[0], deviations[deviations.len() - 1]);
        let mut distance = 0.0;
        let ends = [[largest, largest], [largest, smallest], [smallest, smallest]];
        let ends = ends.into_iter().take(if largest > smallest { 3 } else { 1 }).map(|pair| (pair, &GAPS[..]));
        // A kink that one deviation does not reach, and of which another sees nothing, is all of a third one.
        let middles = deviations[1..].iter().map(|&d| ([d, d], &GAPS[..1]));
        let relative = |difference: f64, size: f64| if difference == 0.0 { 0.0 } else { difference / size };
        for ([d1, d2], gaps) in ends.chain(middles) {
            let sizes = [d1, d2].map(|d| other.own(d));
            for &gap in gaps {
                let moments = Moments::of([d1 * d1, d2 * d2], gap);
                let (one, two) = (self.pair(moments), other.pair(moments));
                let errors = [
                    relative((one.0 - two.0).abs(), (sizes[0].0 * sizes[1].0).sqrt()),
                    relative((one.1 - two.1).abs(), (sizes[0].1 * sizes[1].1).sqrt()),
                ];
                for error in errors {
                    // A NaN stays one.
                    distance = if error > distance || error.is_nan() { error } else { distance };
                }
            }
        }
        distance
    }

    /// The nodes between two numbers.
    fn between(&self, low: f64, high: f64) -> &[Node] {
        let start = self.nodes.partition_point(|node| node.u < low);
        let end = self.nodes.partition_point(|node| node.u <= high);
        &self.nodes[start..end]
    }

    /// `E φ` and `E φ̇` of `N(mean, deviation²)`.
    fn means<E: Real>(&self, mean: E, deviation: E) -> (E, E) {
        let (at, spread, zero) = (mean.to_f64(), deviation.to_f64(), (E::zero(), E::zero()));
        if spread <= 2.0 * self.step * at.hypot(self.scale) {
            return self.inner.iter().fold(zero, |sums, &(z, weight)| {
                let [value, slope] = self.functions.at(mean + deviation * z);
                (sums.0 + value * weight, sums.1 + slope * weight)
            });
        }
        let reach = REACH * spread;
        self.between(at - reach, at + reach).iter().fold(zero, |sums, node| {
            let weight = E::of(node.step) / deviation * density((-mean + node.u) / deviation);
            (sums.0 + weight * node.value, sums.1 + weight * node.slope)
        })
    }

    /// `E φ` of a deviation.
    pub fn mean<E: Real>(&self, deviation: E) -> E {
        if deviation > E::zero() { self.means(E::zero(), deviation).0 } else { E::of((self.functions.value)(0.0)) }
    }

    /// `E φ²` and `E φ̇²` of a deviation.
    pub fn own<E: Real>(&self, deviation: E) -> (E, E) {
        self.pair(Moments::own(deviation * deviation))
    }

    /// `E φφ'` and `E φ̇φ̇'`.
    pub fn pair<E: Real>(&self, moments: Moments<E>) -> (E, E) {
        let (d1, d2) = (moments.q1.sqrt(), moments.q2.sqrt());
        // The larger first: then the inner mean is not rougher than the function.
        let [large, small] = if d1 >= d2 { [d1, d2] } else { [d2, d1] };
        let zero = E::zero();
        if small == zero {
            let [value, slope] = [(self.functions.value)(0.0), (self.functions.slope)(0.0)].map(E::of);
            let (mean, mean_slope) = if large > zero { self.means(zero, large) } else { (value, slope) };
            return (value * mean, slope * mean_slope);
        }
        let (along, across) = (moments.r * small / large, small * moments.square_gap().sqrt());
        let reach = REACH * large.to_f64();
        self.between(-reach, reach).iter().fold((zero, zero), |sums, node| {
            let weight = E::of(node.step) / large * density(E::of(node.u) / large);
            let (value, slope) = if across > zero {
                self.means(along * node.u, across)
            } else {
                self.functions.at(along * node.u).into()
            };
            (sums.0 + weight * node.value * value, sums.1 + weight * node.slope * slope)
        })
    }
}

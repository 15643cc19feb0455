//! `S_m[g, h] = E g(√q r) h(√q' r') e^{im(θ - θ' - α)}` of circular complex Gaussian numbers `√q r e^{iθ}`, `√q' r' e^{iθ'}` of correlation
//! `c e^{iα}`.
//!
//! By series `Σ_k g_k h_k c^{m+2k}` in the functions `√(k!/(k+m)!) r^m L_k^{(m)}(r²)`, orthonormal in the density `2 r e^{-r²}` of `r` (the
//! formula of Hardy and Hille). Where that leaves something, which is behind kinks and for `c` near 1, by the integral over `r` and, of
//! the Rice density given `r`, over `r'`; both cut at kinks.

use super::rice;
use crate::error::{Error, Result};
use crate::op::orthonormal::{Node, Nodes, Recurrence};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A function of the radius.
pub struct Radius {
    function: Arc<dyn Fn(f64) -> f64 + Send + Sync>,
    kinks: Vec<f64>,
}

/// Terms of a series.
const TERMS: usize = 400;
/// Share of the second moments that terms left out may hold.
const TAIL: f64 = 1e-14;
/// The power of a correlation at which a series ends, and the terms that it has at least.
const SMALLEST: f64 = 1e-20;
const FIRST: usize = 16;
/// The radius beyond which the density is nothing: its root is 1e-20.
pub(super) const REACH: f64 = 9.5;
/// Width of a panel: the fastest function of a series turns by 10 over it.
const PANEL: f64 = 0.2;
/// A change by finer panels above this share is that of a kink which nobody named.
const ROUGH: f64 = 1e-10;
/// Below this radius nothing changes but rounding.
const LEAST: f64 = 1e-150;

impl Radius {
    pub fn new(function: impl Fn(f64) -> f64 + Send + Sync + 'static, kinks: &[f64]) -> Self {
        Self { function: Arc::new(function), kinks: kinks.to_vec() }
    }

    /// At `√q r`.
    pub(super) fn at(&self, deviation: f64, r: f64) -> f64 {
        (self.function)((deviation * r).max(LEAST))
    }

    /// Its kinks in units of the deviation.
    pub(super) fn kinks(&self, deviation: f64) -> impl Iterator<Item = f64> + '_ {
        self.kinks.iter().map(move |kink| kink / deviation).filter(|&kink| kink < REACH)
    }

    fn id(&self) -> usize {
        Arc::as_ptr(&self.function).cast::<()>() as usize
    }
}

/// Of a function at a variance.
struct Series {
    coefficients: Vec<f64>,
    /// What the terms leave out of `E g²`.
    left: f64,
}

/// Functions at the variances of a state.
pub struct Radii {
    series: HashMap<(usize, u64), Series>,
}

impl Radii {
    /// Of functions with the orders `m` of their phases.
    ///
    /// # Errors
    /// [`Error::Range`] for kinks that are not named, and functions that are not finite.
    pub fn new(op: &'static str, functions: &[(u32, &Radius)], variances: &[f64]) -> Result<Self> {
        let all: Vec<_> = variances.iter().flat_map(|&q| functions.iter().map(move |&of| (q, of))).collect();
        let one = |(q, (order, radius)): (f64, (u32, &Radius))| {
            ((radius.id(), q.to_bits()), Series::new(op, order, radius, q.sqrt()))
        };
        let all: Vec<_> = all.into_par_iter().map(one).collect();
        // The first error, whichever thread is first.
        let series = all.into_iter().map(|(key, series)| Ok((key, series?))).collect::<Result<_>>()?;
        Ok(Self { series })
    }

    /// `S_m[g, h]` at the variances and the size of the correlation.
    pub fn moment(&self, order: u32, [g, h]: [&Radius; 2], variances: [f64; 2], size: f64) -> f64 {
        let series = |radius: &Radius, variance: f64| {
            self.series.get(&(radius.id(), variance.to_bits())).expect("functions and variances of the state")
        };
        let (a, b) = (series(g, variances[0]), series(h, variances[1]));
        let power = size.powi(order as i32 + 2 * TERMS as i32);
        if power * (a.left * b.left).sqrt() <= TAIL {
            let square = size * size;
            // What follows is nothing in double precision.
            let terms = if square < 1.0 { (SMALLEST.ln() / square.ln()).ceil() as usize } else { TERMS };
            let terms = terms.clamp(FIRST, TERMS);
            let terms = a.coefficients[..terms].iter().zip(&b.coefficients[..terms]).rev();
            return terms.fold(0.0, |sum, (a, b)| sum * square + a * b) * size.powi(order as i32);
        }
        let deviations = variances.map(f64::sqrt);
        if size >= 1.0 - 4.0 * f64::EPSILON {
            let cuts: Vec<f64> = g.kinks(deviations[0]).chain(h.kinks(deviations[1])).collect();
            return integral(&breaks(PANEL, &cuts), |r| density(r) * g.at(deviations[0], r) * h.at(deviations[1], r));
        }
        rice::moment(order, [g, h], deviations, size)
    }

    /// `E g(√q r)`.
    pub fn mean(&self, g: &Radius, variance: f64) -> f64 {
        let deviation = variance.sqrt();
        let cuts: Vec<f64> = g.kinks(deviation).collect();
        integral(&breaks(PANEL, &cuts), |r| density(r) * g.at(deviation, r))
    }
}

/// The coefficients of `g` itself in the functions of order `m`.
///
/// # Errors
/// See [`Radii::new`].
pub fn coefficients(op: &'static str, order: u32, radius: &Radius) -> Result<Vec<f64>> {
    Ok(Series::new(op, order, radius, 1.0)?.coefficients)
}

impl Series {
    fn new(op: &'static str, order: u32, radius: &Radius, deviation: f64) -> Result<Self> {
        let mut cuts: Vec<f64> = radius.kinks(deviation).collect();
        cuts.sort_by(f64::total_cmp);
        let laguerre = Laguerre::of(order);
        let (mut coefficients, mut second) = (vec![0.0; TERMS], 0.0);
        for panel in 0..laguerre.nodes.places().len() / POINTS {
            let ends = [panel, panel + 1].map(|end| end as f64 * PANEL);
            let inside = cuts.iter().copied().filter(|&cut| ends[0] < cut && cut < ends[1]);
            let parts: Vec<f64> = std::iter::once(ends[0]).chain(inside).chain([ends[1]]).collect();
            for (index, (r, weight)) in nodes(&parts).enumerate() {
                let value = radius.at(deviation, r);
                second += weight * density(r) * value * value;
                if parts.len() == 2 {
                    laguerre.nodes.add(panel * POINTS + index, value, &mut coefficients);
                    continue;
                }
                let node = node(order, r, weight);
                let functions = laguerre.recurrence.at(node.t, node.first);
                coefficients.iter_mut().zip(functions).for_each(|(sum, f)| *sum += value * node.weight * f);
            }
        }
        let finer = integral(&breaks(PANEL / 2.0, &cuts), |r| density(r) * radius.at(deviation, r).powi(2));
        if !(second.is_finite() && (second - finer).abs() <= ROUGH * finer) {
            let what = "the change of a second moment by finer steps of its integral";
            let legal = "at most 1e-10 of it; name the radii at which the slope jumps with Radial::new(…).kinks(…), scale the layer before it \
                         down (sigma_w) where the input is large, or use .monte_carlo_kernel(…)";
            return Err(Error::Range { place: op, what, value: (second - finer).abs() / finer, legal });
        }
        let held: f64 = coefficients.iter().map(|c| c * c).sum();
        // Rounding is not a tail.
        let left = if second > 0.0 { (1.0 - held / second).max(0.0) } else { 0.0 };
        Ok(Self { coefficients, left: if left <= ROUNDING { 0.0 } else { left * second } })
    }
}

/// The functions `√(k!/(k+m)!) r^m L_k^{(m)}(r²) e^{-r²/2}` of an order, and what they are at the nodes of panels without cuts.
struct Laguerre {
    recurrence: Recurrence,
    nodes: Nodes,
}

impl Laguerre {
    fn of(order: u32) -> Arc<Self> {
        // Those of activations with modes up to 2.
        static ALL: [OnceLock<Arc<Laguerre>>; 4] = [const { OnceLock::new() }; 4];
        match ALL.get(order as usize) {
            Some(known) => known.get_or_init(|| Arc::new(Self::new(order))).clone(),
            None => Arc::new(Self::new(order)),
        }
    }

    fn new(order: u32) -> Self {
        let m = f64::from(order);
        let recurrence = Recurrence::new(TERMS, |k| {
            let after = ((k + 1.0) * (k + 1.0 + m)).sqrt();
            [(2.0 * k + 1.0 + m) / after, -1.0 / after, (k * (k + m)).sqrt() / after]
        });
        let ends = breaks(PANEL, &[]);
        let nodes = Nodes::new(&recurrence, nodes(&ends).map(|(r, weight)| node(order, r, weight)));
        Self { recurrence, nodes }
    }
}

/// Of an integral over `r`.
fn node(order: u32, r: f64, weight: f64) -> Node {
    let (root, factorial) = ((-r * r / 2.0).exp(), (1..=order).map(f64::from).product::<f64>());
    Node { place: r, t: r * r, first: root * r.powi(order as i32) / factorial.sqrt(), weight: weight * 2.0 * r * root }
}

/// Of the sum of the squares of all terms.
const ROUNDING: f64 = 1e-13;

/// `2 r e^{-r²}`.
fn density(r: f64) -> f64 {
    2.0 * r * (-r * r).exp()
}

/// Ends of panels of at most `width`, cut also at `cuts`.
fn breaks(width: f64, cuts: &[f64]) -> Vec<f64> {
    let mut ends: Vec<f64> = (0..=(REACH / width).ceil() as usize).map(|end| end as f64 * width).collect();
    ends.extend(cuts);
    ends.sort_by(f64::total_cmp);
    ends
}

/// Gauss–Legendre nodes and weights in panels.
pub(super) fn nodes(breaks: &[f64]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let panels = breaks.windows(2).filter(|ends| ends[1] > ends[0]);
    panels.flat_map(|ends| {
        let (middle, half) = ((ends[0] + ends[1]) / 2.0, (ends[1] - ends[0]) / 2.0);
        rule().iter().map(move |&(x, w)| (middle + half * x, half * w))
    })
}

pub(super) fn integral(breaks: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    nodes(breaks).map(|(x, w)| w * f(x)).sum()
}

/// Nodes of a panel.
const POINTS: usize = 12;

/// The Gauss–Legendre rule on `[-1, 1]`, by Newton's method.
fn rule() -> &'static [(f64, f64)] {
    static RULE: OnceLock<Vec<(f64, f64)>> = OnceLock::new();
    RULE.get_or_init(|| {
        let n = POINTS as f64;
        let legendre = |x: f64| {
            let (mut before, mut current) = (1.0, x);
            for k in 2..=POINTS {
                let k = k as f64;
                (before, current) = (current, ((2.0 * k - 1.0) * x * current - (k - 1.0) * before) / k);
            }
            (current, n * (x * current - before) / (x * x - 1.0))
        };
        let node = |i: usize| {
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            for _ in 0..10 {
                let (value, slope) = legendre(x);
                x -= value / slope;
            }
            (x, 2.0 / ((1.0 - x * x) * legendre(x).1.powi(2)))
        };
        (0..POINTS).map(node).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of smooth functions, where both hold; behind kinks, what the integral is at the same place from either side of one variance.
    #[test]
    fn series_and_integrals_agree() {
        let tail = || Radius::new(|r| r * r / (1.0 + r * r), &[]);
        let wave = || Radius::new(|r| (1.3 * r).sin(), &[]);
        let kinked = || Radius::new(|r| (r - 0.3).max(0.0), &[0.3]);
        let (g, h, k) = (tail(), wave(), kinked());
        for order in 0..4 {
            let radii =
                Radii::new("test", &[(order, &g), (order, &h), (order, &k)], &[0.7, 1.6]).expect("smooth functions");
            for size in [0.3, 0.9, 0.965] {
                for pair in [[&g, &g], [&g, &h], [&k, &h], [&k, &k]] {
                    let series = radii.moment(order, pair, [0.7, 1.6], size);
                    let integral = rice::moment(order, pair, [0.7f64.sqrt(), 1.6f64.sqrt()], size);
                    assert!((series - integral).abs() <= 1e-11, "{order} {size}: {series} {integral}");
                }
            }
            // Towards equal directions the integral becomes that over one radius.
            let [one, near] = [1.0, 1.0 - 1e-9].map(|size| radii.moment(order, [&k, &k], [0.7, 1.6], size));
            assert!((one - near).abs() <= 1e-7 && one != near, "{order}: {one} {near}");
        }
    }
}

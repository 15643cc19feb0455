//! The dual of the hyperbolic tangent at any variance, as a mixture of error functions.
//!
//! `tanh u = E erf(u / (√2 κ))` for `κ` with Kolmogorov's distribution: the logistic density is a mixture of Gaussians of deviations
//! `2κ` (Andrews and Mallows 1974, section 3). A pair's moments are then means over independent `κ, κ'` of closed forms (Williams
//! 1997), all of one sign, at any variance. The density is analytic in `ln κ` and falls doubly exponentially, so that the
//! trapezoidal rule has the digits of double precision with a score of nodes.

use crate::number::Real;
use crate::op::KernelState;
use crate::op::limit::{After, Moments};
use std::f64::consts::{FRAC_2_PI, PI};
use std::sync::LazyLock;

/// Nodes in `ln κ`.
const FIRST: f64 = -1.75;
const STEP: f64 = 0.14;
const NODES: usize = 24;

/// `1/κ` and the weight of every node.
static RULE: LazyLock<[(f64, f64); NODES]> = LazyLock::new(|| {
    let nodes: [f64; NODES] = std::array::from_fn(|j| (FIRST + STEP * j as f64).exp());
    let total: f64 = nodes.iter().map(|&kappa| kappa * density(kappa)).sum();
    nodes.map(|kappa| (1.0 / kappa, kappa * density(kappa) / total))
});

/// Kolmogorov's density: of its two series the one that falls faster.
fn density(kappa: f64) -> f64 {
    let square = kappa * kappa;
    let terms = (1..=8).map(f64::from);
    if square > 0.5 {
        let alternating = |n: f64| if n % 2.0 == 1.0 { n * n } else { -n * n };
        8.0 * kappa * terms.map(|n| alternating(n) * (-2.0 * n * n * square).exp()).sum::<f64>()
    } else {
        let decay = |n: f64| (2.0 * n - 1.0) * PI * (2.0 * n - 1.0) * PI / (8.0 * square);
        (2.0 * PI).sqrt() / square * terms.map(|n| (2.0 * decay(n) - 1.0) * (-decay(n)).exp()).sum::<f64>()
    }
}

/// The state after `mean + height tanh(rate u)`; its units are Gaussian.
pub(in crate::op) fn dual<E: Real>(
    state: KernelState<E>,
    op: &'static str,
    [mean, height, rate]: [f64; 3],
) -> KernelState<E> {
    let pair = |moments: Moments<E>| {
        let (value, slope) = tanh(moments.scaled(rate));
        (value * (height * height) + mean * mean, slope * ((height * rate) * (height * rate)))
    };
    let own = |q: E| pair(Moments::own(q)).0;
    // The second moments of every pair again would double the time.
    state.map_places(
        op,
        own,
        |&second, _| (second, E::of(mean)),
        |&a, &b, moments, ntk| {
            let (value, slope) = pair(moments);
            let gap = moments.gap_by_slopes(value, || (a * b).sqrt(), |m| pair(m).1);
            After { value, ntk: ntk * slope, gap }
        },
    )
}

/// `E tanh u tanh u'` and `E tanh' u tanh' u'`.
fn tanh<E: Real>(moments: Moments<E>) -> (E, E) {
    // In units of the larger deviation: products of large moments overflow.
    let unit = moments.q1.larger(moments.q2).larger(E::one());
    let (one, q1, q2) = (E::one() / unit, moments.q1 / unit, moments.q2 / unit);
    let (scale, r) = (moments.scale / unit.sqrt(), moments.r);
    let sine = moments.square_gap().sqrt();
    let (mut value, mut slope) = (E::zero(), E::zero());
    for &(s, weight) in RULE.iter() {
        for &(t, other) in RULE.iter() {
            let both = scale * s * t;
            let root = (one + q1 * s * s + q2 * t * t).sqrt().hypot(both * sine);
            value += (both * r).atan2(root) * (weight * other);
            slope += E::of(weight * other * s * t) / root;
        }
    }
    (value * FRAC_2_PI, slope * FRAC_2_PI / unit.sqrt())
}

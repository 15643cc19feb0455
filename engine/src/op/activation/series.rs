//! Dual activations without a closed form, by Hermite series.
//!
//! With normalised Hermite polynomials `h_j` and `a_j(q) = E φ(√q g) h_j(g)`, Mehler's formula gives
//! `E φ(u)φ(u') = Σ_j a_j(q) a_j(q') r^j` for correlation `r`. The coefficients belong to single points, so a kernel of
//! `n²` pairs needs `n` one-dimensional integrals and `n²` short sums.

use crate::error::{Error, Result};
use crate::number::Real;
use crate::op::KernelState;
use crate::op::limit::{After, Bits, Moments, NEAR, bits};
use crate::op::orthonormal::{Node, Nodes, Recurrence};
use ndarray::Array1;
use std::collections::{BTreeMap, HashMap};
use std::f64::consts::TAU;
use std::sync::{Arc, OnceLock};

/// Numbers of terms to try in turn.
const TERMS: [usize; 3] = [64, 160, 512];
/// Share of the second moment that the terms left out may hold.
pub(in crate::op) const TAIL: f64 = 1e-12;
/// The trapezoidal rule with this step integrates analytic functions against the Gaussian to rounding error, and
/// resolves the fastest oscillation of the highest Hermite polynomial.
const STEP: f64 = 1.0 / 32.0;

/// A state after an activation, or as it was with the reason.
type Attempt<E> = std::result::Result<KernelState<E>, (KernelState<E>, Error)>;

/// Coefficients `a_j` of one point.
type Series<E> = Arc<Array1<E>>;

/// `a_j(q)` for `j < terms`, and `E φ²`.
fn coefficients(phi: &impl Fn(f64) -> f64, variance: f64, terms: usize) -> (Array1<f64>, f64) {
    let mut a = Array1::zeros(terms);
    let sums = a.as_slice_mut().expect("a new vector is contiguous");
    let (mut second, deviation, hermite) = (0.0, variance.sqrt(), Hermite::of(terms));
    for (node, &g) in hermite.nodes.places().iter().enumerate() {
        let value = phi(deviation * g);
        second += STEP * (value * root_density(g)).powi(2);
        hermite.nodes.add(node, value, sums);
    }
    (a, second)
}

/// The Hermite functions `h_j(g) √density`, and what they are at the nodes.
struct Hermite {
    recurrence: Recurrence,
    nodes: Nodes,
}

impl Hermite {
    /// One of [`TERMS`].
    fn of(terms: usize) -> &'static Self {
        static ALL: [OnceLock<Hermite>; TERMS.len()] = [const { OnceLock::new() }; TERMS.len()];
        let index = TERMS.iter().position(|&of| of == terms).expect("a number of terms that is tried");
        ALL[index].get_or_init(|| {
            let recurrence = Recurrence::new(terms, |j| {
                let after = (j + 1.0).sqrt();
                [0.0, 1.0 / after, j.sqrt() / after]
            });
            // h_j oscillates inside 2√j and falls like a Gaussian beyond.
            let half = (reach(terms) / STEP) as i64;
            // Not at 0, where a function's jump would count for one side alone.
            let places = (-half..half).map(|node| (node as f64 + 0.5) * STEP);
            let of_place = |g: f64| Node { place: g, t: g, first: root_density(g), weight: STEP * root_density(g) };
            let nodes = Nodes::new(&recurrence, places.map(of_place));
            Self { recurrence, nodes }
        })
    }

    fn at(&self, g: f64) -> impl Iterator<Item = f64> + '_ {
        self.recurrence.at(g, root_density(g))
    }
}

/// The last node, in deviations.
fn reach(terms: usize) -> f64 {
    2.0 * (terms as f64).sqrt() + 7.0
}

fn root_density(g: f64) -> f64 {
    (-g * g / 4.0).exp() / TAU.powf(0.25)
}

/// Share of the second moment that the coefficients leave out, NaN of one that is not finite. Moments that have lost digits to underflow
/// leave none.
fn left_out(a: &Array1<f64>, second: f64) -> f64 {
    match second {
        _ if !second.is_finite() => f64::NAN,
        _ if second > UNDERFLOW => 1.0 - a.dot(a) / second,
        _ => 0.0,
    }
}

/// How far coefficients and `E φ²` are from what other nodes say, as a share of it, at a function times the root of the density: what
/// lies between the nodes, and oscillations for which they are too far apart, are the same for moments and coefficients, and so in no tail.
fn missed(weighted: impl Fn(f64) -> f64, deviation: f64, (a, second): (&Array1<f64>, f64), tolerance: f64) -> f64 {
    let (spread, hermite) = (reach(a.len()), Hermite::of(a.len()));
    // What has lost digits to underflow differs by nothing.
    let share = |other: f64| match other.max(second) {
        largest if largest <= UNDERFLOW => 0.0,
        largest => (other - second).abs() / largest,
    };
    // A function that grows faster than the Gaussian falls is most of all beyond the nodes.
    let beyond = 10.0 * (weighted(spread).powi(2) + weighted(-spread).powi(2)) / second.max(UNDERFLOW);
    // What the series is at points between; a few of them do not know the tail better than to its order.
    let points = every(SPARSE, spread, 0.382).map(|g| {
        let sum: f64 = a.iter().zip(hermite.at(g)).map(|(a, h)| a * h).sum();
        SPARSE * (weighted(g) - sum).powi(2)
    });
    let left = points.sum::<f64>() / second.max(UNDERFLOW) / 30.0;
    // Evenly spaced in the logarithm, for features of a scale far below the deviation: a rough rule, of fast functions it has few nodes.
    let least = 1e-3 * (1.0 / deviation).min(1.0);
    let logarithmic = every(SCALE_STEP, (spread / least).asinh(), 0.5)
        .map(|t| SCALE_STEP * least * t.cosh() * weighted(least * t.sinh()).powi(2));
    let scales = share(logarithmic.sum());
    let rough = if tolerance < 1e-9 { 0.5 } else { (2.0 * tolerance).max(0.02) };
    // A share of a step at which no multiple of an oscillation's phase comes back.
    let between = share(every(STEP, spread, 0.118).map(|g| STEP * weighted(g).powi(2)).sum());
    let worst = worse(worse(beyond, left), between);
    if scales <= rough { worst } else { worse(worst, scales) }
}

/// Points a step apart from `-end` to `end`, the first a share of the step after it.
fn every(step: f64, end: f64, share: f64) -> impl Iterator<Item = f64> {
    let half = (end / step).ceil() as i64;
    (-half..half).map(move |node| (node as f64 + share) * step)
}

/// Second moments below which squares have lost digits.
const UNDERFLOW: f64 = f64::MIN_POSITIVE / f64::EPSILON;
/// Distance of the points at which the series is compared.
const SPARSE: f64 = 0.37;
/// The step in the logarithm.
const SCALE_STEP: f64 = 1.0 / 64.0;

/// The larger, NaN if one is.
fn worse(a: f64, b: f64) -> f64 {
    if a > b || a.is_nan() { a } else { b }
}

/// Share of the second moment at a variance that a series does not have, as far as it can be told: NaN if something is not finite.
fn error(phi: &impl Fn(f64) -> f64, variance: f64, (a, second): (&Array1<f64>, f64), tolerance: f64) -> f64 {
    let (deviation, tail) = (variance.sqrt(), left_out(a, second).abs());
    // What is refused is not looked at closer.
    if !(tail <= tolerance && deviation.is_finite()) {
        return if deviation.is_finite() { tail } else { f64::NAN };
    }
    worse(tail, missed(|g| phi(deviation * g) * root_density(g), deviation, (a, second), tolerance))
}

/// Coefficients for all `variances`, all with the number of terms that the largest needs: a pair's series must not be cut at
/// the shorter one's.
fn table<E: Real>(
    op: &'static str,
    phi: &impl Fn(f64) -> f64,
    variances: &BTreeMap<Bits, E>,
    tolerance: f64,
) -> Result<HashMap<Bits, Series<E>>> {
    let values = || variances.values().map(|q| q.to_f64());
    let largest = values().fold(0.0, |m: f64, q| if q > m || q.is_nan() { q } else { m });
    let (mut variance, mut tail) = (largest, f64::NAN);
    for terms in TERMS {
        let (a, second) = coefficients(phi, largest, terms);
        (variance, tail) = (largest, error(phi, largest, (&a, second), tolerance));
        if tail <= tolerance {
            let mut series = |q: f64| {
                let (a, second) = coefficients(phi, q, terms);
                // A function that is not smooth may need more terms at a smaller variance.
                let own = error(phi, q, (&a, second), tolerance);
                if own > tail || own.is_nan() {
                    (variance, tail) = (q, own);
                }
                a
            };
            let mut by_value: HashMap<u64, Array1<f64>> = HashMap::new();
            for q in values() {
                by_value.entry(q.to_bits()).or_insert_with(|| series(q));
            }
            if tail <= tolerance {
                let lifted = |(&bits, &q): (&Bits, &E)| (bits, Arc::new(at(&by_value[&q.to_f64().to_bits()], q)));
                return Ok(variances.iter().map(lifted).collect());
            }
        }
    }
    Err(Error::SeriesTail { op, variance, tail, terms: TERMS[TERMS.len() - 1], tolerance })
}

/// The coefficients `a_j(q)` with their derivatives `da_j/dq = (j a_j + √((j+1)(j+2)) a_{j+2}) / 2q`: by parts, as `He_{j+1}' = (j+1) He_j`.
fn at<E: Real>(a: &Array1<f64>, variance: E) -> Array1<E> {
    let slope = |j: usize, q: f64| {
        let above = a.get(j + 2).map_or(0.0, |above| (((j + 1) * (j + 2)) as f64).sqrt() * above);
        // A variance of 0 is its least.
        if q > 0.0 { (j as f64 * a[j] + above) / (2.0 * q) } else { 0.0 }
    };
    Array1::from_shape_fn(a.len(), |j| variance.apply(|_| a[j], |q| slope(j, q)))
}

/// What a pair's series needs of a point.
struct Coefficients<E> {
    values: Series<E>,
    slopes: Series<E>,
    /// `Σ a_j²` of the values, and its root.
    second: E,
    length: E,
}

/// `Σ_j a_j b_j r^j`, by Horner's rule.
fn sum<E: Real>(a: &Array1<E>, b: &Array1<E>, r: E) -> E {
    (0..a.len()).rev().fold(E::zero(), |sum, t| sum * r + a[t] * b[t])
}

/// The gap of `Σ_j a_j b_j r^j`, of the sign given: `Σ_j (â_j - b̂_j)² / 2 + â_j b̂_j (1 - r^j)` over the coefficients of length one, without
/// cancellation; of negative correlations and of sums near -1 with signs turned.
fn gap_of_sum<E: Real>(a: &Coefficients<E>, b: &Coefficients<E>, moments: Moments<E>, sign: E) -> E {
    let (size, turn) = (moments.gap.abs(), moments.gap.signum());
    // 1 - |r|^j and |r|^j.
    let (mut missing, mut power, mut turned) = (E::zero(), E::one(), sign);
    let mut total = E::zero();
    for (a, b) in a.values.iter().map(|&v| v / a.length).zip(b.values.iter().map(|&v| v / b.length)) {
        let b = b * turned;
        total += (a - b) * (a - b) / 2.0 + a * b * missing;
        missing += power * size;
        power *= -size + 1.0;
        turned *= turn;
    }
    total.larger(E::zero()).copysign(sign)
}

/// The state after an activation `phi` with derivative `slope`, by series that leave at most `tolerance` of the second moments.
///
/// # Errors
/// [`Error::NoLimitRule`] if the state is not Gaussian; [`Error::SeriesTail`] where the input variance is too large for the series:
/// there the state comes back as it was.
pub(in crate::op) fn dual<E: Real>(
    state: KernelState<E>,
    op: &'static str,
    phi: &impl Fn(f64) -> f64,
    slope: &impl Fn(f64) -> f64,
    tolerance: f64,
) -> Result<Attempt<E>> {
    state.require_gaussian(op)?;
    let variances = state.variances();
    let tables = table(op, phi, &variances, tolerance).and_then(|v| Ok((v, table(op, slope, &variances, tolerance)?)));
    let (values, slopes) = match tables {
        Ok(tables) => tables,
        Err(error) => return Ok(Err((state, error))),
    };
    let known = |q: E| {
        let of = |table: &HashMap<Bits, Series<E>>| table[&bits(q)].clone();
        let (values, slopes) = (of(&values), of(&slopes));
        let second = values.dot(values.as_ref());
        Coefficients { length: second.sqrt(), second, values, slopes }
    };
    Ok(Ok(state.map_places(
        op,
        known,
        |of, _| (of.second, of.values[0]),
        |a, b, moments, ntk| {
            let value = sum(&a.values, &b.values, moments.r);
            let quotient = value / (a.length * b.length);
            let near = quotient.abs() > E::of(1.0 - NEAR);
            let gap = near.then(|| gap_of_sum(a, b, moments, quotient.signum()));
            After { value, ntk: ntk * sum(&a.slopes, &b.slopes, moments.r), gap }
        },
    )))
}

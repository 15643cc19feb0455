use super::quadrature::{Functions, Rule, SMOOTH};
use super::series;
use crate::error::{Error, Result};
use crate::number::{Number, Real};
use crate::op::limit::After;
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Any scalar function.
///
/// `y = φ(u)`, with `φ` and `φ'` given as functions or closures of double precision, which must give the same value for the same
/// argument; at a kink `φ'` is what the function given says. A network in single precision rounds their results.
///
/// Two of them are the same if name, tolerance and the values of both functions are, bit by bit, on a fixed grid of 9001 points: of
/// both signs, 29 to a decade from 1e-30 to 1e30 and 0.0219 apart up to 60. So checkpoints and folders of tiles tell functions
/// apart that have one name.
///
/// ## Limit rule
/// `E φφ' = Σ_j a_j(q) a_j(q') r^j` with `a_j(q) = E φ(√q g) h_j(g)` for normalised Hermite polynomials `h_j` and `g ~ N(0, 1)`
/// (Mehler's formula), and likewise `E φ̇φ̇'`; cut where at most a share `t` of `E φ²` and of `E φ'²` is left at every point's
/// variance, `t` = 1e-12 unless [`Elementwise::tolerance`] says otherwise. By Cauchy–Schwarz the terms left out of `E φφ'`
/// hold at most `t √(E φ² E φ(u')²)`, and likewise those of `E φ̇φ̇'`. Both are compared with what other nodes say, so that little
/// falls between. Where 512 terms leave more, at a large variance or at a kink (of ReLU they leave 7e-6 and of its slope 1.1e-2), both are
/// done by quadrature, with nodes that resolve a function from the scale 1e-3 near 0 up to any variance; the step is halved until it
/// changes both by less than `t` of their largest sizes, at the deviations of all points. The kernel knows `t` as its
/// [precision](crate::kernel::Precision). So functions that are analytic near the real line, and features of a scale of 0.03 `|u|` or more,
/// have 1e-12 at any variance that a float holds; kinks away from 0 need a tolerance, with which jumps of the value and of the slope are
/// looked for, and the integrals cut there.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::WrongSlope`] if the slope differs from central differences of the value (or the [curvature](Elementwise::curvature) from
/// those of the slope) at both of two neighbouring points, for some of a dozen pairs between -6 and 6; [`Error::Range`] for a tolerance outside (0, 1); [`Error::NoLimitRule`] on a
/// state that is not Gaussian; [`Error::NoSecondDerivative`] for the input gradient of its kernel at a tolerance of 1e-9 or more, which is for kinks; [`Error::SeriesTail`] when neither way has the tolerance, or the function is not finite within nine deviations.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the tangent
/// kernel. Limit: two sums of `T` = 64, 160 or 512 terms per pair, and two integrals over `64 (2√T + 7)` nodes per variance;
/// by quadrature some 3000 evaluations of both functions per pair.
/// ## References
/// Mehler 1866; Daniely, Frostig and Singer 2016 (dual activations); accuracy and tolerance are checked by `tests/elementwise.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let x = sphere(5, 3, Seed(0))?;
/// let net = |activation| network("one hidden layer", serial([hidden(), activation, dense(1)]));
/// let square = net(elementwise("square", |u| u * u, |u| 2.0 * u)).limit_kernel(&x)?;
/// assert!(square.ntk().relative_distance(net(monomial(2)).limit_kernel(&x)?.ntk())? <= 1e-12);
/// let rectified = Elementwise::new("rectified", |u| u.max(0.0), |u| if u > 0.0 { 1.0 } else { 0.0 });
/// let rectified = net(rectified.tolerance(0.05).into()).limit_kernel(&x)?;
/// assert!(rectified.ntk().relative_distance(net(relu()).limit_kernel(&x)?.ntk())? <= 0.05);
/// # Ok::<(), Error>(())
/// ```
/// With numbers of one's own, captured by `move`:
/// ```
/// use hadamard::prelude::*;
/// let steep = |a: f64| elementwise(format!("tanh {a} u"), move |u| (a * u).tanh(), move |u| a / (a * u).cosh().powi(2));
/// let x = sphere(3, 2, Seed(0))?;
/// let net = |layer| network("net", serial([hidden(), layer, dense(1)])).limit_kernel(&x);
/// assert!(net(steep(1.0))?.ntk().relative_distance(net(tanh())?.ntk())? <= 1e-11);
/// assert!(net(steep(20.0))?.ntk().relative_distance(net(tanh())?.ntk())? > 0.5);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Elementwise {
    name: &'static str,
    value: Function,
    slope: Function,
    curvature: Option<Function>,
    tolerance: f64,
}

/// A function of a user's, with what it has captured.
type Function = Arc<dyn Fn(f64) -> f64 + Send + Sync>;

impl std::fmt::Debug for Elementwise {
    /// The functions by a value each: their addresses change from run to run.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Elementwise")
            .field("name", &self.name)
            .field("value(0.7)", &(self.value)(0.7))
            .field("slope(0.7)", &(self.slope)(0.7))
            .field("tolerance", &self.tolerance)
            .finish()
    }
}

/// The function `value` with derivative `slope` as an activation called `name` in trees and errors; closures may capture numbers,
/// by `move`. [`Elementwise::new`] sets the tolerance of the limit rule.
pub fn elementwise(
    name: impl Into<String>,
    value: impl Fn(f64) -> f64 + Send + Sync + 'static,
    slope: impl Fn(f64) -> f64 + Send + Sync + 'static,
) -> Layer {
    Elementwise::new(name, value, slope).into()
}

/// The text for as long as the program runs, one copy of each: errors and states are cheap to copy because names are.
fn kept(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    // A set of texts is whole whatever a thread that held it did.
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&known) = names.get(name.as_str()) {
        return known;
    }
    let name = Box::leak(name.into_boxed_str());
    names.insert(name);
    name
}

/// Where functions are compared. Not at round numbers, on which functions of different periods agree.
fn grid() -> impl Iterator<Item = f64> {
    let decades = (0..GEOMETRIC).map(|j| 10f64.powf(30.0 * (2.0 * j as f64 / GEOMETRIC as f64 - 1.0)));
    let even = (0..EVEN).map(|j| 0.0219 * (j as f64 + 0.391));
    std::iter::once(0.0).chain(decades.chain(even).flat_map(|u| [u, -u]))
}

/// Points of the grid of each sign: at a constant ratio, and at a constant distance.
const GEOMETRIC: usize = 1760;
const EVEN: usize = 2740;

/// Where the slope is checked. At none of them does a function in use have a kink.
const POINTS: [f64; 12] = [-5.3, -2.9, -1.7, -0.83, -0.37, -0.11, 0.13, 0.41, 0.79, 1.3, 2.3, 4.7];
/// From each point to its neighbour.
const NEIGHBOUR: f64 = 0.013;
/// Step of the central differences.
const STEP: f64 = 1e-4;

impl Elementwise {
    /// The function `value` with derivative `slope`, to a tolerance of 1e-12.
    pub fn new(
        name: impl Into<String>,
        value: impl Fn(f64) -> f64 + Send + Sync + 'static,
        slope: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: kept(name.into()),
            value: Arc::new(value),
            slope: Arc::new(slope),
            curvature: None,
            tolerance: series::TAIL,
        }
    }

    /// Sets the share of `E φ²` and of `E φ'²` that the series may leave out, in (0, 1).
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// Sets `φ''`, which second derivatives of a network need: Hessians, derivatives of kernels.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let sinh = Elementwise::new("sinh", f64::sinh, f64::cosh).curvature(f64::sinh);
    /// let net = network("sinh", serial([hidden(), sinh.into(), dense(1)])).width(8).input(2);
    /// let (x, y) = (sphere(5, 2, Seed(0))?, Array2::ones((5, 1)));
    /// assert!(net.init(Seed(1))?.hessian_operator(&SquaredError, &x, &y).is_ok());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn curvature(self, curvature: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Self {
        Self { curvature: Some(Arc::new(curvature)), ..self }
    }

    /// `φ''`, NaN where it is not known: see [`Activation::check_curvature`].
    fn curvature_at(&self, u: f64) -> f64 {
        self.curvature.as_ref().map_or(f64::NAN, |curvature| curvature(u))
    }

    /// A derivative and the central difference at `u`, if they differ.
    fn wrong(value: &Function, slope: &Function, u: f64) -> Option<(f64, f64)> {
        let of_slope = slope(u);
        let [wide, narrow] = [STEP, STEP / 2.0].map(|step| (value(u + step) - value(u - step)) / (2.0 * step));
        // Constants typed with a few digits; the truncation of the difference; rounding inside the function.
        let tolerance = 1e-4 * of_slope.abs().max(narrow.abs())
            + 2.0 * (wide - narrow).abs()
            + 64.0 * f64::EPSILON * (1.0 + u.abs() + value(u).abs()) / STEP;
        let agree = (of_slope - narrow).abs() <= tolerance;
        (!agree).then_some((of_slope, narrow))
    }
}

/// By name, tolerance and the functions' values on the grid.
impl PartialEq for Elementwise {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &Function, b: &Function| {
            Arc::ptr_eq(a, b) || grid().all(|u| a(u).to_bits() == b(u).to_bits() || a(u).is_nan() && b(u).is_nan())
        };
        let curvatures = match (&self.curvature, &other.curvature) {
            (Some(a), Some(b)) => same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        self.name == other.name
            && self.tolerance == other.tolerance
            && curvatures
            && same(&self.value, &other.value)
            && same(&self.slope, &other.slope)
    }
}

impl Activation for Elementwise {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        self.name
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { name, value, slope, curvature, tolerance } = self;
        to.text(name);
        to.number(*tolerance);
        for u in grid() {
            to.number(value(u));
            to.number(slope(u));
        }
        if let Some(curvature) = curvature {
            grid().for_each(|u| to.number(curvature(u)));
        }
    }

    fn check(&self) -> Result<()> {
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(Error::Range {
                place: self.name,
                what: "the tolerance of the series",
                value: self.tolerance,
                legal: "above 0 and below 1",
            });
        }
        let curvature = self.curvature.as_ref().map(|curvature| ("curvature", curvature, "slope", &self.slope));
        for (what, slope, of, value) in std::iter::once(("slope", &self.slope, "value", &self.value)).chain(curvature) {
            for at in POINTS {
                // A kink spoils the difference at one of two neighbours, not at both.
                let wrong = |u: f64| Self::wrong(value, slope, u);
                if let (Some((slope, difference)), Some(_)) = (wrong(at), wrong(at + NEIGHBOUR)) {
                    return Err(Error::WrongSlope { op: self.name, what, of, at, slope, difference });
                }
            }
        }
        Ok(())
    }

    fn check_curvature(&self) -> Result<()> {
        self.curvature
            .as_ref()
            .map(|_| ())
            .ok_or(Error::NoSecondDerivative { op: self.name, give: "Elementwise::new(…).curvature(…)" })
    }

    fn tolerance(&self) -> f64 {
        self.tolerance
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        u.apply(|u| (self.value)(u), |u| (self.slope)(u))
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        input.apply(|u| (self.slope)(u), |u| self.curvature_at(u))
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        // Of a function with kinks no series has a derivative's digits.
        if E::DERIVATIVE && self.tolerance >= SMOOTH {
            return Err(Error::NoSecondDerivative {
                op: self.name,
                give: "Elementwise::new(…).curvature(…) and a tolerance below 1e-9",
            });
        }
        let (value, slope) = (&*self.value, &*self.slope);
        let (state, error) = match series::dual(state, self.name, &value, &slope, self.tolerance)? {
            Ok(state) => return Ok(state),
            Err(refused) => refused,
        };
        // Bits of positive numbers rise with them, and those of NaN are above all.
        let deviations = state.variances().into_values().map(|variance| variance.to_f64().sqrt());
        let deviations: Vec<f64> = deviations.filter(|&d| !(d <= 0.0)).collect();
        let curvature = |u: f64| self.curvature_at(u);
        let functions = Functions { value: &value, slope: &slope, curvature: &curvature };
        let Ok(rule) = Rule::within(&functions, &deviations, self.tolerance) else { return Err(error) };
        Ok(state.map_places(
            self.name,
            |q| (rule.own(q.sqrt()).0, rule.mean(q.sqrt())),
            |&known, _| known,
            |a, b, moments, ntk| {
                let (value, slope) = rule.pair(moments);
                let gap = moments.gap_by_slopes(value, || (a.0 * b.0).sqrt(), |m| rule.pair(m).1);
                After { value, ntk: ntk * slope, gap }
            },
        ))
    }
}

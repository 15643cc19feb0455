//! What holds exactly of product nets beyond their data, and how little it says about the values.

use super::Extrapolation;
use super::run::{columns, rounding};
use crate::names::*;
use crate::study::frame::*;

/// The highest degree checked.
const HIGHEST: usize = 4;

#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub homogeneity: Vec<Deviation>,
    pub polynomial: Vec<Deviation>,
    pub slopes: Vec<Slope>,
    pub recovery: Vec<Recovery>,
    /// Largest relative error of a net of width 1 on the published cubic, far out, and its number of parameters.
    pub cubic: (f64, usize),
}

/// Largest relative deviation from what is exact.
#[derive(Clone, Debug)]
pub(super) struct Deviation {
    pub network: String,
    pub what: &'static str,
    pub value: f64,
}

/// Far-out behaviour on the line, learned from 41 points of `[-1, 1]`.
#[derive(Clone, Debug)]
pub(super) struct Slope {
    pub network: String,
    pub target: String,
    pub degree: usize,
    /// `log₂ |f(2·10⁴)/f(10⁴)|`.
    pub slope: f64,
    pub value: f64,
    pub truth: f64,
}

/// A quadratic form learned on the unit sphere of `R^3` without biases, read at radius 5.
#[derive(Clone, Debug)]
pub(super) struct Recovery {
    pub network: String,
    pub points: usize,
    pub error: f64,
}

impl Facts {
    pub fn new(study: &Extrapolation, seed: Seed) -> Result<Self> {
        let seed = seed.child(2000);
        Ok(Self {
            homogeneity: homogeneity(seed)?,
            polynomial: polynomial(seed)?,
            slopes: slopes(study)?,
            recovery: recovery(seed)?,
            cubic: cubic()?,
        })
    }
}

/// A function of `[n, d]`.
type Function = Box<dyn Fn(&Matrix) -> Result<Vector>>;

/// Kernel regression with the limit NTK of `net`, with a ridge of [`rounding`].
fn regression(net: &Net, x: Matrix, y: &Vector) -> Result<Function> {
    let ridge = Regularization::RelativeTrace(rounding(x.nrows()));
    let ridge = net.limit_kernel(&x)?.ntk().regression(y)?.ridge(ridge)?;
    let net = net.clone();
    Ok(Box::new(move |at| ridge.predict(net.limit_kernel_between(at, &x)?.ntk())))
}

/// A kernel regression and a random finite network without biases, in three dimensions.
fn functions(net: &Net, seed: Seed) -> Result<[(&'static str, Function); 2]> {
    let x = sphere(40, 3, seed.child(0))?;
    let y = RegressionTarget::Cubic.values(&x)?.column(0).to_owned();
    let finite: Network = net.clone().width(64).input(3).init(seed.child(1))?;
    let outputs: Function = Box::new(move |at| Ok(finite.outputs(at)?.column(0).to_owned()));
    Ok([("kernel regression", regression(net, x, &y)?), ("a random network of width 64", outputs)])
}

fn norm(values: &Vector) -> f64 {
    values.dot(values).sqrt()
}

/// `f(s v) = s^N f(v)` for product nets without biases.
fn homogeneity(seed: Seed) -> Result<Vec<Deviation>> {
    let directions = sphere(50, 3, seed.child(2))?;
    let mut found = Vec::new();
    for degree in 1..=HIGHEST {
        let net = pnn(degree);
        for (what, f) in functions(&net, seed)? {
            let near = f(&directions)?;
            let deviation = |s: f64| {
                let expected = &near * s.powi(degree as i32);
                Ok(norm(&(f(&(&directions * s))? - &expected)) / norm(&expected))
            };
            let deviations = [0.01, 3.0, 1000.0].into_iter().map(deviation).collect::<Result<Vec<_>>>()?;
            found.push(Deviation { network: net.name().into(), what, value: largest(deviations) });
        }
    }
    Ok(found)
}

/// `f(s v)` at `s = 64` from the polynomial of degree `N` through zero and `s = 1, …, N`, for CCP nets without biases.
fn polynomial(seed: Seed) -> Result<Vec<Deviation>> {
    let directions = sphere(50, 3, seed.child(2))?;
    let far = 64.0;
    let mut found = Vec::new();
    for degree in 1..=HIGHEST {
        let net = ccp(degree);
        for (what, f) in functions(&net, seed)? {
            let mut predicted = Vector::zeros(directions.nrows());
            for node in 1..=degree {
                // Lagrange's polynomial of the node; zero is a node too, where f is 0.
                let others = (0..=degree).filter(|other| *other != node);
                let weight: f64 = others.map(|o| (far - o as f64) / (node as f64 - o as f64)).product();
                predicted.scaled_add(weight, &f(&(&directions * node as f64))?);
            }
            let truth = f(&(&directions * far))?;
            found.push(Deviation {
                network: net.name().into(),
                what,
                value: norm(&(predicted - &truth)) / norm(&truth),
            });
        }
    }
    Ok(found)
}

/// On the line, with inputs `[x, 1]`.
fn slopes(study: &Extrapolation) -> Result<Vec<Slope>> {
    use RegressionTarget as T;
    let with_one = |x: &[f64]| Array2::from_shape_fn((x.len(), 2), |(i, j)| if j == 0 { x[i] } else { 1.0 });
    let points = Array1::linspace(-1.0, 1.0, 41);
    let mut found = Vec::new();
    for (net, degree) in &study.networks {
        for target in [T::SumOfSquares, T::Cosine(std::f64::consts::PI), T::Cubic] {
            let column = points.clone().insert_axis(ndarray::Axis(1));
            let y = target.values(&column)?.column(0).to_owned();
            let f = regression(net, with_one(&points.to_vec()), &y)?;
            let values = f(&with_one(&[10.0, 1e4, 2e4]))?;
            found.push(Slope {
                network: net.name().into(),
                target: target.name(),
                degree: *degree,
                slope: (values[2] / values[1]).abs().log2(),
                value: values[0],
                truth: target.values(&array![[10.0]])?[[0, 0]],
            });
        }
    }
    Ok(found)
}

fn recovery(seed: Seed) -> Result<Vec<Recovery>> {
    let form = [RegressionTarget::QuadraticForm(seed.child(3))];
    let far = sphere(200, 3, seed.child(4))? * 5.0;
    let truth = columns(&form, &far)?.column(0).to_owned();
    let mut found = Vec::new();
    for net in [mlp(1), pnn(2), pnn(3), ccp(2)] {
        for points in [25, 100, 400] {
            let x = sphere(points, 3, seed.child(5))?;
            let y = columns(&form, &x)?.column(0).to_owned();
            let error = norm(&(regression(&net, x, &y)?(&far)? - &truth)) / norm(&truth);
            found.push(Recovery { network: net.name().into(), points, error });
        }
    }
    Ok(found)
}

/// The published nets for the cubic have width 1, no activation and biases: `h_1 = z_1`, `h_n = z_n h_{n-1} + h_{n-1}`,
/// `z_n = w_n x + b_n`. They hold every cubic with three real roots `r_n`, by `h_3 = (x - r_1)(x - r_2)(x - r_3)`.
fn cubic() -> Result<(f64, usize)> {
    let factor = || -> Layer { Dense::hidden().bias(1.0).into() };
    let layers = [hadamard_skip([factor(), factor(), factor()]), Dense::new(1).bias(1.0).into()];
    let mut net = network("width 1, no activation, N = 3", serial(layers)).width(1).input(1).init(Seed(0))?;
    let roots = roots(|x| ((x + 1.0) * x - 10.0) * x + 5.0, [-4.0, -1.0, 1.0, 3.0])?;
    // z_1 = x - r_1, 1 + z_n = x - r_n, and the output is h_3 itself.
    let values = [1.0, -roots[0], 1.0, -roots[1] - 1.0, 1.0, -roots[2] - 1.0, 1.0, 0.0];
    let parameters = net.parameters_mut();
    if parameters.len() != values.len() {
        let (what, expected) = ("parameters of the cubic", values.len());
        return Err(Error::Size { place: "extrapolation", what, expected, got: parameters.len() });
    }
    for (parameter, value) in parameters.iter_mut().zip(values) {
        parameter.values.fill(value);
    }
    let x = Array2::from_shape_fn((201, 1), |(i, _)| -100.0 + i as f64);
    let (f, y) = (net.outputs(&x)?, RegressionTarget::Cubic.values(&x)?);
    Ok((largest(f.iter().zip(&y).map(|(f, y)| (f - y).abs() / y.abs())), values.len()))
}

/// The roots between neighbouring brackets, by bisection.
fn roots(f: impl Fn(f64) -> f64, brackets: [f64; 4]) -> Result<[f64; 3]> {
    let mut found = [0.0; 3];
    for (root, ends) in found.iter_mut().zip(brackets.windows(2)) {
        let (mut low, mut high) = (ends[0], ends[1]);
        if f(low).signum() == f(high).signum() {
            return Err(Error::Range { place: "extrapolation", what: "a bracket", value: low, legal: "around a root" });
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            *(if f(middle).signum() == f(low).signum() { &mut low } else { &mut high }) = middle;
        }
        *root = 0.5 * (low + high);
    }
    Ok(found)
}

//! Activations: values and slopes against central differences, dual activations against quadrature written from the
//! definition.

use gauss_quad::GaussLegendre;
use hadamard::op::{Activation, KernelState, Law, LimitScope, Marginals, Op, Pairs, Site, Units, gap};
use hadamard::prelude::*;
use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

type Function = fn(f64) -> f64;

/// An activation, its function and derivative written down here, whether it has a kink at 0, and whether its limit rule is a
/// closed form.
struct Case {
    layer: Layer,
    value: Function,
    slope: Function,
    kink: bool,
    closed: bool,
}

fn density(u: f64) -> f64 {
    (-u * u / 2.0).exp() / TAU.sqrt()
}

fn distribution(u: f64) -> f64 {
    (1.0 + libm::erf(u * FRAC_1_SQRT_2)) / 2.0
}

fn logistic(u: f64) -> f64 {
    (1.0 + (u / 2.0).tanh()) / 2.0
}

fn softplus(u: f64) -> f64 {
    u.exp().ln_1p()
}

fn swish_slope(u: f64) -> f64 {
    logistic(u) * (1.0 + u * logistic(-u))
}

fn cases() -> Vec<Case> {
    let closed = |layer, value, slope| Case { layer, value, slope, kink: false, closed: true };
    let bent = |layer, value, slope| Case { layer, value, slope, kink: true, closed: true };
    let series = |layer, value, slope| Case { layer, value, slope, kink: false, closed: false };
    vec![
        bent(leaky_relu(0.2), |u| if u > 0.0 { u } else { 0.2 * u }, |u| if u > 0.0 { 1.0 } else { 0.2 }),
        bent(leaky_relu(-1.5), |u| if u > 0.0 { u } else { -1.5 * u }, |u| if u > 0.0 { 1.0 } else { -1.5 }),
        bent(abs(), f64::abs, f64::signum),
        bent(rectified_power(2), |u| u.max(0.0).powi(2), |u| 2.0 * u.max(0.0)),
        bent(rectified_power(3), |u| u.max(0.0).powi(3), |u| 3.0 * u.max(0.0).powi(2)),
        closed(gelu(), |u| u * distribution(u), |u| distribution(u) + u * density(u)),
        closed(sin(), f64::sin, f64::cos),
        closed(cos(), f64::cos, |u| -u.sin()),
        closed(Sine::new(-1.7, 0.4).into(), |u| (0.4 - 1.7 * u).sin(), |u| -1.7 * (0.4 - 1.7 * u).cos()),
        closed(monomial(0), |_| 1.0, |_| 0.0),
        closed(monomial(1), |u| u, |_| 1.0),
        closed(monomial(2), |u| u * u, |u| 2.0 * u),
        closed(monomial(5), |u| u * u * u * u * u, |u| 5.0 * u * u * u * u),
        closed(hermite(0), |_| 1.0, |_| 0.0),
        closed(hermite(1), |u| u, |_| 1.0),
        closed(hermite(2), |u| (u * u - 1.0) / 2f64.sqrt(), |u| 2.0 * u / 2f64.sqrt()),
        closed(hermite(3), |u| (u * u - 3.0) * u / 6f64.sqrt(), |u| 3.0 * (u * u - 1.0) / 6f64.sqrt()),
        closed(
            hermite(6),
            |u| (((u * u - 15.0) * u * u + 45.0) * u * u - 15.0) / 720f64.sqrt(),
            |u| ((u * u - 10.0) * u * u + 15.0) * u * 6.0 / 720f64.sqrt(),
        ),
        series(sigmoid(), logistic, |u| 0.25 / (u / 2.0).cosh().powi(2)),
        series(elementwise("softplus", softplus, logistic), softplus, logistic),
        series(elementwise("swish", |u| u * logistic(u), swish_slope), |u| u * logistic(u), swish_slope),
    ]
}

/// Calls `$f` with the activation inside a layer.
macro_rules! with_activation {
    ($layer:expr, $f:expr) => {
        match $layer {
            Layer::LeakyRelu(a) => $f(a),
            Layer::Abs(a) => $f(a),
            Layer::Gelu(a) => $f(a),
            Layer::Sine(a) => $f(a),
            Layer::Monomial(a) => $f(a),
            Layer::Hermite(a) => $f(a),
            Layer::RectifiedPower(a) => $f(a),
            Layer::Sigmoid(a) => $f(a),
            Layer::Elementwise(a) => $f(a),
            other => panic!("{other:?} is no activation of this file"),
        }
    };
}

/// Value and slope at `u` in double and in single precision.
fn at<A: Activation>(activation: &A, u: f64) -> [f64; 4] {
    let (value, single) = (activation.value(u), activation.value(u as f32));
    let kept = if A::SLOPE_OF_OUTPUT { (value, single) } else { (u, u as f32) };
    [value, activation.slope(kept.0), f64::from(single), f64::from(activation.slope(kept.1))]
}

#[test]
fn values_and_slopes_are_those_of_the_functions_and_of_central_differences() {
    for case in cases() {
        for j in -80..80 {
            // No kink lies within the differences.
            let u = f64::from(j) / 16.0 + 0.03125;
            let [value, slope, single, single_slope] = with_activation!(&case.layer, |a| at(a, u));
            let label = case.layer.label();
            let (exact, exact_slope) = ((case.value)(u), (case.slope)(u));
            let size = exact.abs().max(exact_slope.abs()).max(1.0);
            assert!((value - exact).abs() <= 4e-15 * size, "{label} at {u}: {value} {exact}");
            assert!((slope - exact_slope).abs() <= 1e-14 * size, "{label} at {u}: slope {slope} {exact_slope}");
            // Five points: an error of the fourth order.
            let d = |step: f64| ((case.value)(u + step) - (case.value)(u - step)) / (2.0 * step);
            let difference = (4.0 * d(1e-3) - d(2e-3)) / 3.0;
            assert!((slope - difference).abs() <= 1e-10 * size, "{label} at {u}: slope {slope} {difference}");
            assert!((single - exact).abs() <= 2e-6 * size, "{label} at {u} in f32: {single} {exact}");
            assert!((single_slope - exact_slope).abs() <= 4e-6 * size, "{label} at {u} in f32: {single_slope}");
        }
    }
}

#[test]
fn slopes_at_kinks_are_those_documented() {
    for u in [0.0, -0.0] {
        assert_eq!(with_activation!(&leaky_relu(0.2), |a| at(a, u))[1], 0.2);
        assert_eq!(with_activation!(&abs(), |a| at(a, u))[1], 0.0);
    }
    for case in cases().into_iter().filter(|c| !c.layer.label().contains("degree 0")) {
        let value = with_activation!(&case.layer, |a| at(a, f64::NAN))[0];
        assert!(value.is_nan(), "{}: a NaN stays one", case.layer.label());
    }
}

#[test]
fn tails_keep_their_digits() {
    // Φ(-10) and Φ(-20) as in Abramowitz and Stegun, table 26.2 (-log₁₀ Φ(-u) = 23.11805 and 88.56010).
    for (u, digits) in [(-10.0, 23.11805), (-20.0, 88.56010)] {
        let value = with_activation!(&gelu(), |a| at(a, u))[0];
        assert!(((value / u).log10() + digits).abs() <= 5e-6, "{u}: {value}");
    }
    for u in [-700.0f64, -40.0] {
        let [value, slope, ..] = with_activation!(&sigmoid(), |a| at(a, u));
        assert!((value / u.exp() - 1.0).abs() <= 1e-15 && (slope / u.exp() - 1.0).abs() <= 1e-15, "{u}");
    }
    let [value, slope, single, single_slope] = with_activation!(&sigmoid(), |a| at(a, 1e4));
    assert_eq!([value, slope, single, single_slope], [1.0, 0.0, 1.0, 0.0]);
}

const VARIANCES: [f64; 4] = [0.01, 0.3, 1.0, 4.0];
const CORRELATIONS: [f64; 11] = [-1.0, -0.9999, -0.95, -0.5, -0.1, 0.0, 0.3, 0.7, 0.99, 0.999999, 1.0];

/// Gaussian units with the second moments given, `Θ = 1`.
fn gaussian(rows: Vec<f64>, columns: Vec<f64>, correlation: impl Fn(usize, usize) -> f64) -> KernelState {
    let shape = (rows.len(), columns.len());
    let marginals = |second: &[f64]| Marginals {
        second: Array1::from(second.to_vec()).insert_axis(Axis(1)),
        mean: Array2::zeros((second.len(), 1)),
        gaps: Array2::zeros((second.len(), 1)),
    };
    KernelState {
        nngp: Array2::from_shape_fn(shape, |(i, j)| correlation(i, j) * rows[i].sqrt() * columns[j].sqrt()),
        ntk: Array2::ones(shape),
        gaps: Array2::from_shape_fn(shape, |(i, j)| gap(correlation(i, j))),
        rows: marginals(&rows),
        columns: marginals(&columns),
        space: (1, 1),
        complex: false,
        pairs: Pairs::Same,
        channels: None,
        law: Law::Gaussian,
        units: Units::Alike,
        diagonal: None,
    }
}

/// The op's limit rule where neither width nor the network's input matters.
fn limit(layer: &Layer, state: KernelState) -> Result<KernelState> {
    let site = Site { hidden: None, parametrisation: Parametrisation::Ntk, origin: Shape::vector(1) };
    layer.limit(LimitScope::new(&site, &state.clone(), None), state)
}

/// `E φφ'` and `E φ̇φ̇'` of one pair.
fn dual(layer: &Layer, q1: f64, q2: f64, r: f64) -> Result<(f64, f64)> {
    let state = limit(layer, gaussian(vec![q1], vec![q2], |_, _| r))?;
    Ok((state.nngp[[0, 0]], state.ntk[[0, 0]]))
}

/// `E f(u, v)` over independent standard Gaussians, spectrally accurate for functions that are analytic.
fn trapezoidal(f: impl Fn(f64, f64) -> [f64; 2]) -> [f64; 2] {
    let step = 0.125;
    let mut sums = [0.0; 2];
    for i in -96..=96 {
        // Sums per row first: less rounding than in one long sum.
        let a = f64::from(i) * step;
        let mut row = [0.0; 2];
        for j in -96..=96 {
            let b = f64::from(j) * step;
            let values = f(a, b);
            row = [row[0] + step * density(b) * values[0], row[1] + step * density(b) * values[1]];
        }
        sums = [sums[0] + step * density(a) * row[0], sums[1] + step * density(a) * row[1]];
    }
    sums
}

/// The same in polar coordinates, for functions with kinks on the rays at angles `θ ± π/2` and `±π/2`.
fn polar(theta: f64, f: impl Fn(f64, f64) -> [f64; 2]) -> [f64; 2] {
    let rule = |nodes: usize| GaussLegendre::new(nodes.try_into().unwrap());
    let (radial, angular) = (rule(60), rule(24));
    let mut cuts = [0.0, PI / 2.0, 1.5 * PI, theta + PI / 2.0, (theta + 1.5 * PI) % TAU, TAU];
    cuts.sort_by(f64::total_cmp);
    let mut sums = [0.0; 2];
    for sector in cuts.windows(2) {
        let half = (sector[1] - sector[0]) / 2.0;
        for (node, weight_angle) in angular.iter() {
            let angle = sector[0] + half * (node + 1.0);
            for (node, weight_radius) in radial.iter() {
                let radius = 5.5 * (node + 1.0);
                let weight = half * weight_angle * 5.5 * weight_radius * radius * (-radius * radius / 2.0).exp() / TAU;
                let values = f(radius * angle.cos(), radius * angle.sin());
                sums = [sums[0] + weight * values[0], sums[1] + weight * values[1]];
            }
        }
    }
    sums
}

/// `E f₁(u) g₁(u')` and `E f₂(u) g₂(u')`.
fn expectations(kink: bool, f: [Function; 2], g: [Function; 2], q1: f64, q2: f64, r: f64) -> [f64; 2] {
    let root = ((1.0 - r) * (1.0 + r)).sqrt();
    let (s1, s2) = (q1.sqrt(), q2.sqrt());
    let integrand = |a: f64, b: f64| {
        let (u, v) = (s1 * a, s2 * (r * a + root * b));
        [f[0](u) * g[0](v), f[1](u) * g[1](v)]
    };
    if kink { polar(r.acos(), integrand) } else { trapezoidal(integrand) }
}

#[test]
fn duals_and_moments_equal_quadrature_from_the_definition() -> Result<()> {
    let columns: Vec<f64> = VARIANCES.iter().flat_map(|&q| CORRELATIONS.map(|_| q)).collect();
    for Case { layer, value, slope, kink, closed } in cases() {
        let label = layer.label();
        let state =
            limit(&layer, gaussian(VARIANCES.to_vec(), columns.clone(), |_, j| CORRELATIONS[j % CORRELATIONS.len()]))?;
        assert!(matches!(state.law, Law::Other(_)), "{label}");
        let tolerance = if closed { 2e-14 } else { 2e-12 };
        let own: Vec<[f64; 2]> =
            VARIANCES.iter().map(|&q| expectations(kink, [value, slope], [value, slope], q, q, 1.0)).collect();
        for (i, &q) in VARIANCES.iter().enumerate() {
            let mean = expectations(kink, [value, value], [|_| 1.0, |_| 1.0], q, q, 0.0)[0];
            let size = own[i][0].sqrt();
            for (side, at) in [(&state.rows, i), (&state.columns, i * CORRELATIONS.len())] {
                let (second, got) = (side.second[[at, 0]], side.mean[[at, 0]]);
                assert!((second - own[i][0]).abs() <= tolerance * size * size, "{label}, {q}: {second} {}", own[i][0]);
                assert!((got - mean).abs() <= tolerance * size, "{label}, {q}: mean {got} {mean}");
            }
        }
        for ((i, j), &got) in state.nngp.indexed_iter() {
            let (q1, q2, r) = (VARIANCES[i], columns[j], CORRELATIONS[j % CORRELATIONS.len()]);
            let expected = expectations(kink, [value, slope], [value, slope], q1, q2, r);
            let other = own[j / CORRELATIONS.len()];
            for (what, got, m) in [("E φφ'", got, 0), ("E φ̇φ̇'", state.ntk[[i, j]], 1)] {
                let scale = (own[i][m] * other[m]).sqrt();
                let error = (got - expected[m]).abs();
                // At a kink the angle counts, of which a correlation rounded near ±1 has lost digits.
                let angle = if kink && r.abs() < 1.0 { 1e-15 / ((1.0 - r) * (1.0 + r)).sqrt() } else { 0.0 };
                assert!(
                    error <= (tolerance + angle) * scale,
                    "{label}, {what} at {q1}, {q2}, {r}: {got} {}",
                    expected[m]
                );
            }
        }
    }
    Ok(())
}

#[test]
fn a_kernel_with_itself_has_the_moments_on_its_diagonal() -> Result<()> {
    for case in cases() {
        for q in [0.0, 1e-12, 0.37, 5.1] {
            let state = limit(&case.layer, gaussian(vec![q], vec![q], |_, _| 1.0))?;
            let (own, second) = (state.nngp[[0, 0]], state.rows.second[[0, 0]]);
            assert!((own - second).abs() <= 4e-15 * second, "{}, {q}: {own} {second}", case.layer.label());
        }
    }
    Ok(())
}

#[test]
fn zero_vectors_have_the_moments_of_a_constant() -> Result<()> {
    for Case { layer, value, slope, kink, .. } in cases() {
        let label = layer.label();
        let both = dual(&layer, 0.0, 0.0, 0.0)?;
        assert!((both.0 - value(0.0) * value(0.0)).abs() <= 1e-15 && both.1.is_finite(), "{label}: {both:?}");
        let [mean, mean_slope] = expectations(kink, [value, slope], [|_| 1.0, |_| 1.0], 2.0, 2.0, 0.0);
        for one in [dual(&layer, 0.0, 2.0, 0.0)?, dual(&layer, 2.0, 0.0, 0.0)?] {
            assert!((one.0 - value(0.0) * mean).abs() <= 1e-12 && one.1.is_finite(), "{label}: {one:?} {mean}");
            if !kink {
                assert!((one.1 - slope(0.0) * mean_slope).abs() <= 1e-12, "{label}: {one:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn small_moments_keep_their_digits() -> Result<()> {
    // Expansions for small arguments; what they leave out is below 1e-18 of the result.
    for q2 in [1e-10, 3e-10] {
        for r in [-1.0, -0.6, 0.0, 0.2, 1.0] {
            let q1 = 1e-10f64;
            let k = r * (q1 * q2).sqrt();
            let (value, slope) = dual(&sin(), q1, q2, r)?;
            assert!((value - k * (1.0 - (q1 + q2) / 2.0)).abs() <= 1e-15 * k.abs(), "sin: {value} {k}");
            assert!((slope - 1.0 + (q1 + q2) / 2.0).abs() <= 1e-15, "sin: {slope}");
            // φ = u/2 + u²/√2π + …
            let (value, slope) = dual(&gelu(), q1, q2, r)?;
            let expected = k / 4.0 + (q1 * q2 * (1.0 - (q1 + q2) / 2.0) + 2.0 * k * k) / TAU;
            assert!((value - expected).abs() <= 4e-15 * expected.abs(), "GELU: {value} {expected}");
            assert!((slope - 0.25 - 4.0 * k / TAU).abs() <= 1e-15, "GELU: {slope}");
        }
    }
    Ok(())
}

#[test]
fn large_moments_keep_their_digits() -> Result<()> {
    for q1 in [1e6, 1e12, 1e100, 1e200] {
        for (q2, r) in [-1.0, -0.5, 0.0, 0.3, 1.0].into_iter().flat_map(|r| [(q1, r), (4.0 * q1, r)]) {
            let scale = f64::sqrt(q1) * f64::sqrt(q2);
            for layer in [leaky_relu(0.2), abs(), gelu(), Sine::new(3.0, 0.4).into()] {
                let (value, slope) = dual(&layer, q1, q2, r)?;
                assert!(
                    value.abs() <= scale * (1.0 + 1e-15) && slope.abs() <= 9.0,
                    "{}, {q1}, {q2}, {r}: {value}",
                    layer.label()
                );
            }
            // The GELU of a large unit is its ReLU, to the order of 1/√q.
            let (value, slope) = dual(&gelu(), q1, q2, r)?;
            let (limit, limit_slope) = dual(&relu(), q1, q2, r)?;
            let allowed = 0.5 / q1.sqrt() + 1e-15;
            assert!((value - limit).abs() <= allowed * scale, "{q1}, {q2}, {r}: {value} {limit}");
            assert!((slope - limit_slope).abs() <= allowed, "{q1}, {q2}, {r}: {slope} {limit_slope}");
            // Waves of independent, uniform phases, unless the units are equal or opposite.
            let (value, slope) = dual(&Sine::new(3.0, 0.4).into(), q1, q2, r)?;
            let expected = match (q1 == q2, r) {
                (true, 1.0) => [0.5, 4.5],
                (true, -1.0) => [-0.5 * 0.8f64.cos(), 4.5 * 0.8f64.cos()],
                _ => [0.0, 0.0],
            };
            assert!((value - expected[0]).abs() <= 1e-15 && (slope - expected[1]).abs() <= 1e-14, "{value} {slope}");
        }
    }
    // Opposite units: E φφ' = -E u² Φ(u) Φ(-u) → -∫ u² Φ(u) Φ(-u) du / √(2πq).
    let (nodes, step) = (-4000..4000, 0.01);
    let integral: f64 =
        nodes.map(|i| (f64::from(i) + 0.5) * step).map(|u| step * u * u * distribution(u) * distribution(-u)).sum();
    let (value, _) = dual(&gelu(), 1e6, 1e6, -1.0)?;
    assert!((value / (-integral / (TAU * 1e6).sqrt()) - 1.0).abs() <= 1e-5, "{value} {integral}");
    Ok(())
}

#[test]
fn hermite_polynomials_of_unit_variance_are_orthonormal_at_any_degree() -> Result<()> {
    for k in [0, 1, 2, 7, 40, 1000] {
        for r in [-1.0, -0.9, 0.0, 0.4, 0.999, 1.0] {
            let (value, slope) = dual(&hermite(k), 1.0, 1.0, r)?;
            let expected = f64::powi(r, k as i32);
            assert!((value - expected).abs() <= 1e-12 * expected.abs(), "{k}, {r}: {value} {expected}");
            let expected = if k == 0 { 0.0 } else { k as f64 * f64::powi(r, k as i32 - 1) };
            assert!((slope - expected).abs() <= 1e-12 * expected.abs(), "{k}, {r}: {slope} {expected}");
        }
    }
    // (2k-1)!! by the gamma function.
    for k in [1, 10, 60, 150] {
        let (second, _) = dual(&monomial(k), 1.0, 1.0, 1.0)?;
        let expected = libm::lgamma(k as f64 + 0.5) + k as f64 * 2f64.ln() - PI.ln() / 2.0;
        assert!((second.ln() - expected).abs() <= 1e-12 * expected.max(1.0), "{k}: {second} {expected}");
    }
    Ok(())
}

#[test]
fn states_and_numbers_without_a_rule_are_refused() -> Result<()> {
    let x = array![[0.3, -1.0], [0.7, 0.2]];
    for case in cases() {
        let Err(Error::NoLimitRule { op, before }) = limit(
            &case.layer,
            KernelState::input(x.view(), x.view(), Shape::vector(x.ncols()), Pairs::Same, None).unwrap(),
        ) else {
            panic!("{} took the raw input", case.layer.label());
        };
        assert!(case.layer.label().starts_with(op) && before == "the raw input", "{op} {before}");
        let after = limit(&case.layer, gaussian(vec![1.0], vec![1.0], |_, _| 0.5))?;
        assert!(matches!(limit(&case.layer, after), Err(Error::NoLimitRule { before, .. }) if before == op), "{op}");
    }
    let net = |layer: Layer| network("n", serial([dense(2), layer, dense(1)]));
    for bad in [f64::NAN, f64::INFINITY] {
        for layer in [leaky_relu(bad), Sine::new(bad, 0.0).into(), Sine::new(1.0, bad).into()] {
            assert!(matches!(net(layer).limit_kernel(&x), Err(Error::Range { legal: "finite", .. })));
        }
    }
    for (layer, degree) in [(monomial(151), 151.0), (hermite(1001), 1001.0)] {
        assert!(matches!(net(layer).limit_kernel(&x), Err(Error::Range { value, .. }) if value == degree));
    }
    for bad in [0.0, 1.0, -1e-3, f64::NAN] {
        let layer = Elementwise::new("softplus", softplus, logistic).tolerance(bad).into();
        assert!(matches!(net(layer).input(2).init(Seed(0)), Err(Error::Range { place: "softplus", .. })), "{bad}");
    }
    for layer in [leaky_relu(0.2), abs(), gelu(), sin(), monomial(3), hermite(3), sigmoid()] {
        let label = layer.label();
        let overflow = net(layer).limit_kernel(&array![[1e200, 0.0], [0.0, 0.0]]);
        assert!(matches!(overflow, Err(Error::Overflow { .. } | Error::SeriesTail { .. })), "{label}: {overflow:?}");
    }
    Ok(())
}

//! Functions of one's own as activations: the check of the slope, the tolerance of the series, equality.

use hadamard::prelude::*;
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

type Function = fn(f64) -> f64;

fn density(u: f64) -> f64 {
    (-u * u / 2.0).exp() / TAU.sqrt()
}

fn distribution(u: f64) -> f64 {
    (1.0 + libm::erf(u * FRAC_1_SQRT_2)) / 2.0
}

fn softplus(u: f64) -> f64 {
    u.exp().ln_1p()
}

fn logistic(u: f64) -> f64 {
    1.0 / (1.0 + (-u).exp())
}

/// `E φφ'` and `E u u' E φ̇φ̇'` of Gaussian units with variances `q1`, `q2` and correlation `r`.
fn kernels(layer: Layer, q1: f64, q2: f64, r: f64) -> Result<(f64, f64)> {
    let x = array![[q1.sqrt(), 0.0], [q2.sqrt() * r, q2.sqrt() * ((1.0 - r) * (1.0 + r)).sqrt()]];
    let net = network("n", serial([Dense::hidden().plain_gain(1.0).into(), layer, dense(1)]));
    let kernels = net.limit_kernel(&x)?;
    let value = kernels.nngp().values()[[0, 1]];
    Ok((value, kernels.ntk().values()[[0, 1]] - value))
}

fn relu_slope(u: f64) -> f64 {
    if u > 0.0 { 1.0 } else { 0.0 }
}

#[test]
fn the_tolerance_bounds_the_error_of_functions_that_are_not_smooth() -> Result<()> {
    let ramp = |tolerance| Elementwise::new("ramp", |u| u.max(0.0), relu_slope).tolerance(tolerance);
    let tolerance = 0.02;
    for (q1, q2) in [(1.0, 1.0), (0.3, 4.0)] {
        for r in [-1.0, -0.95, -0.5, 0.0, 0.3, 0.99, 1.0] {
            let (value, slope) = kernels(ramp(tolerance).into(), q1, q2, r)?;
            let (exact, exact_slope) = kernels(relu(), q1, q2, r)?;
            // E φ² = q / 2 and E φ̇² = 1 / 2.
            let scale = f64::sqrt(q1) * f64::sqrt(q2) / 2.0;
            assert!((value - exact).abs() <= tolerance * scale, "{r}: {value} {exact}");
            assert!((slope - exact_slope).abs() <= tolerance * scale * r.abs() + 1e-15, "{r}: {slope} {exact_slope}");
        }
    }
    match kernels(ramp(1e-3).into(), 1.0, 0.3, 0.5) {
        Err(Error::SeriesTail { op: "ramp", tail, terms: 512, .. }) => assert!(tail > 1e-3 && tail < 0.02, "{tail}"),
        other => panic!("{other:?}"),
    }
    // Far below its threshold a function is rough although it is not at the largest variance.
    let shrink = Elementwise::new(
        "soft threshold",
        |u: f64| (u.abs() - 1.0).max(0.0).copysign(u),
        |u: f64| if u.abs() > 1.0 { 1.0 } else { 0.0 },
    );
    let shrink: Layer = shrink.tolerance(0.05).into();
    assert!(kernels(shrink.clone(), 4.0, 3.0, 0.5).is_ok());
    match kernels(shrink, 4.0, 0.02, 0.5) {
        Err(Error::SeriesTail { variance, .. }) => assert!((variance - 0.02).abs() <= 1e-15, "{variance}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// The error of the slope's check, if there is one: where, the slope given, the difference found.
fn checked(value: Function, slope: Function) -> Option<(f64, f64, f64)> {
    let net = network("n", serial([dense(2), elementwise("mine", value, slope), dense(1)]));
    match net.limit_kernel(&array![[0.5]]) {
        Err(Error::WrongSlope { op: "mine", at, slope, difference }) => Some((at, slope, difference)),
        Err(Error::SeriesTail { .. }) | Ok(_) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn slopes_that_are_not_the_derivative_are_refused_and_kinks_are_not() {
    let wrong: [(Function, Function); 7] = [
        (f64::sin, f64::sin),
        (f64::tanh, |u| 1.0 - u.tanh()),
        (|u| u * u, |u| u),
        (|u| u.exp(), |u| -u.exp()),
        // Wrong on one side alone, and by little.
        (|u| if u > 0.0 { u } else { 0.01 * u }, |u| if u > 0.0 { 1.0 } else { 0.02 }),
        // A mistake found in the wild: the bell of the GELU's slope is too large by √2.
        (|u| u * distribution(u), |u| distribution(u) + u * density(u) * 2f64.sqrt()),
        (f64::sqrt, |u| 0.5 / u.sqrt()),
    ];
    for (i, (value, slope)) in wrong.into_iter().enumerate() {
        let (at, given, difference) = checked(value, slope).unwrap_or_else(|| panic!("function {i} was accepted"));
        assert!(given == slope(at) || given.is_nan(), "{i}");
        let exact = (value(at + 1e-5) - value(at - 1e-5)) / 2e-5;
        assert!((difference - exact).abs() <= 1e-6 * exact.abs() || exact.is_nan(), "{i}: {difference} {exact}");
    }
    let right: [(Function, Function); 10] = [
        (|u| u.max(0.0), relu_slope),
        (f64::abs, f64::signum),
        (|u| u.clamp(-1.0, 1.0), |u| if u.abs() < 1.0 { 1.0 } else { 0.0 }),
        (f64::signum, |_| 0.0),
        (|u| (10.0 * u).round() / 10.0, |_| 0.0),
        (|u| (1e3 * u).sin(), |u| 1e3 * (1e3 * u).cos()),
        (|u| (50.0 * u).tanh(), |u| 50.0 / (50.0 * u).cosh().powi(2)),
        (|u| u.powi(9), |u| 9.0 * u.powi(8)),
        (|u| u * distribution(u), |u| distribution(u) + u * density(u)),
        // Kinks at a point of the check and next to one.
        (|u| (u - 1.3).abs() + (u - 0.41003).abs(), |u| (u - 1.3).signum() + (u - 0.41003).signum()),
    ];
    for (i, (value, slope)) in right.into_iter().enumerate() {
        assert_eq!(checked(value, slope), None, "function {i}");
    }
    let message = network("n", serial([dense(2), elementwise("mine", |u| u * u, |u| u)])).input(1).init(Seed(0));
    let message = message.unwrap_err().to_string();
    assert!(message.contains("mine") && message.contains("-5.3") && message.contains("-1.06"), "{message}");
}

#[test]
fn functions_of_ones_own_are_equal_by_name_function_and_tolerance() {
    let base = || Elementwise::new("softplus", softplus, logistic);
    assert_eq!(base(), base());
    assert_ne!(base(), Elementwise::new("other", softplus, logistic));
    assert_ne!(base(), Elementwise::new("softplus", f64::sin, logistic));
    assert_ne!(base(), Elementwise::new("softplus", softplus, f64::cos));
    assert_ne!(base(), base().tolerance(1e-6));
}

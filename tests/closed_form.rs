//! Limit kernels against closed forms and quadrature written down independently of the crate.

use hadamard::prelude::*;
use std::f64::consts::PI;

/// Two unit vectors with the cosine given.
fn pair(cosine: f64) -> Matrix {
    array![[1.0, 0.0, 0.0], [cosine, (1.0 - cosine * cosine).max(0.0).sqrt(), 0.0]]
}

fn ntk_at(net: &Net, cosine: f64) -> Result<f64> {
    Ok(net.limit_kernel(&pair(cosine))?.ntk().values()[[0, 1]])
}

/// The formulas of Wu et al. for unit vectors, with the mean terms of the skip form.
fn formula(form: &str, degree: i32, r: f64) -> f64 {
    let theta = r.clamp(-1.0, 1.0).acos();
    let s = (theta.sin() + (PI - theta) * r) / (2.0 * PI);
    let d = (PI - theta) / (2.0 * PI);
    let n = f64::from(degree);
    if form == "product" {
        return 2.0 * s.powi(degree) + 2.0 * n * r * d * s.powi(degree - 1);
    }
    let t = 1.0 + (2.0 / PI).sqrt() + s;
    if degree == 1 { 2.0 * (s + r * d) } else { 2.0 * t.powi(degree - 2) * (s * t + r * d * (t + (n - 1.0) * s)) }
}

#[test]
fn tabulated_kernel_values_of_the_anchor_paper_agree_to_all_printed_digits() -> Result<()> {
    let table = include_str!("../data/anchor/kernel_values.csv");
    let mut rows = 0;
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (degree, cosine): (usize, f64) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
        let expected: f64 = cells[3].parse().unwrap();
        let net = if cells[0] == "product" { pnn(degree) } else { ccp(degree) };
        let got = ntk_at(&net, cosine)?;
        assert!((got - expected).abs() <= 0.5e-9, "{line}: {got}");
        rows += 1;
    }
    assert_eq!(rows, 40);
    Ok(())
}

#[test]
fn kernels_between_product_and_skip_equal_their_formula() -> Result<()> {
    for skip in [0.0, 0.3, 1.0, 2.5] {
        for degree in [1usize, 2, 3, 6] {
            for r in [-0.7, 0.0, 0.6, 1.0f64] {
                let theta = r.acos();
                let (s, d) = ((theta.sin() + (PI - theta) * r) / (2.0 * PI), (PI - theta) / (2.0 * PI));
                // E (s + z)(s + z') of a factor, with 1/√(2π) its mean.
                let t = skip * skip + 2.0 * skip / (2.0 * PI).sqrt() + s;
                let further = (degree - 1) as f64;
                let rest = if degree == 1 { 0.0 } else { further * s * r * d * t.powf(further - 1.0) };
                let expected = 2.0 * ((s + r * d) * t.powf(further) + rest);
                let got = ntk_at(&pnn_with_skip(degree, skip), r)?;
                assert!(
                    (got - expected).abs() <= 1e-12 * expected.abs().max(1.0),
                    "{skip} {degree} {r}: {got} {expected}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn product_and_skip_kernels_equal_their_formulas_at_any_angle_and_norm() -> Result<()> {
    for degree in 1..=9 {
        for r in [-0.99, -0.7, -0.3, 0.0, 0.2, 0.6, 0.95] {
            for (form, net) in [("product", pnn(degree)), ("CCP", ccp(degree))] {
                let expected = formula(form, degree as i32, r);
                let got = ntk_at(&net, r)?;
                assert!(
                    (got - expected).abs() <= 1e-13 * expected.abs().max(1.0),
                    "{form} {degree} {r}: {got} {expected}"
                );
            }
            // The product form is homogeneous of degree N in each argument.
            let scaled = pnn(degree).limit_kernel(&(pair(r) * 2.0))?.ntk().values()[[0, 1]];
            let expected = 4f64.powi(degree as i32) * ntk_at(&pnn(degree), r)?;
            assert!((scaled - expected).abs() <= 1e-12 * expected.abs().max(1e-3));
        }
    }
    Ok(())
}

#[test]
fn deep_relu_kernel_equals_the_arc_cosine_recursion() -> Result<()> {
    for r in [-0.8, -0.1, 0.4, 0.9] {
        let (mut sigma, mut theta) = (r, r);
        for _ in 0..3 {
            let angle = f64::acos(sigma);
            let (k0, k1) = ((PI - angle) / PI, (sigma * (PI - angle) + angle.sin()) / PI);
            theta = k1 + theta * k0;
            sigma = k1;
        }
        let got = ntk_at(&mlp(3), r)?;
        assert!((got - theta).abs() <= 1e-14, "{r}: {got} {theta}");
    }
    Ok(())
}

/// `E φ(u)φ(v)` and `E φ'(u)φ'(v)` by a tensor trapezoidal rule over the bivariate Gaussian.
fn quadrature(phi: fn(f64) -> f64, slope: fn(f64) -> f64, q: f64, q2: f64, r: f64) -> (f64, f64) {
    let step = 0.05;
    let (mut second, mut slopes) = (0.0, 0.0);
    for i in -180..=180 {
        for j in -180..=180 {
            let (a, b) = (f64::from(i) * step, f64::from(j) * step);
            let weight = step * step * (-(a * a + b * b) / 2.0).exp() / (2.0 * PI);
            let (u, v) = (q.sqrt() * a, q2.sqrt() * (r * a + (1.0 - r * r).sqrt() * b));
            second += weight * phi(u) * phi(v);
            slopes += weight * slope(u) * slope(v);
        }
    }
    (second, slopes)
}

#[test]
fn tanh_and_erf_duals_equal_quadrature() -> Result<()> {
    let slope_erf = |u: f64| 2.0 / PI.sqrt() * (-u * u).exp();
    type Scalar = fn(f64) -> f64;
    let cases: [(Layer, Scalar, Scalar); 2] =
        [(tanh(), f64::tanh, |u| 1.0 - u.tanh().powi(2)), (erf(), libm::erf, slope_erf)];
    // Unequal variances need the terms of the larger one. Norms 0.5 and 1.5 against unit dimension-free gain: variances 0.25 and 2.25.
    let x = array![[0.5, 0.0], [0.9, 1.2]];
    let (q, q2, k) = (0.25, 2.25, 0.45);
    for (activation, phi, slope) in cases {
        let net = network("one hidden", serial([Dense::hidden().plain_gain(1.0).into(), activation, dense(1)]));
        let kernels = net.limit_kernel(&x)?;
        let (second, slopes) = quadrature(phi, slope, q, q2, k / (q * q2).sqrt());
        let (nngp, ntk) = (kernels.nngp().values()[[0, 1]], kernels.ntk().values()[[0, 1]]);
        assert!((nngp - second).abs() <= 1e-11, "{nngp} {second}");
        assert!((ntk - (second + k * slopes)).abs() <= 1e-11, "{ntk}");
    }
    Ok(())
}

#[test]
fn erf_keeps_its_digits_at_large_variances() -> Result<()> {
    // On the diagonal E erf'² = (4/π) / √(1 + 4q), so Θ = E erf² + q (4/π) / √(1 + 4q).
    let net = network("one hidden", serial([Dense::hidden().plain_gain(1.0).into(), erf(), dense(1)]));
    for q in [1.0, 1e8, 1e15, 1e20] {
        let kernels = net.limit_kernel(&array![[f64::sqrt(q)]])?;
        let second = 2.0 / PI * (2.0 * q / (1.0 + 2.0 * q)).asin();
        let expected = second + q * 4.0 / (PI * (1.0 + 4.0 * q).sqrt());
        assert!((kernels.ntk().values()[[0, 0]] / expected - 1.0).abs() <= 1e-7, "{q}");
    }
    Ok(())
}

#[test]
fn biases_enter_as_an_input_feature() -> Result<()> {
    // A trained bias with σ_b = 1 on a gain-1 layer is the input extended by a constant 1.
    let x = array![[0.3, -0.4], [1.0, 0.2], [-0.7, 0.9]];
    let extended = array![[0.3, -0.4, 1.0], [1.0, 0.2, 1.0], [-0.7, 0.9, 1.0]];
    let branch = |dense: Dense| serial([dense.into(), relu()]);
    let net =
        |dense: fn() -> Dense| network("two factors", serial([hadamard([branch(dense()), branch(dense())]), hidden()]));
    let with_bias = net(|| Dense::hidden().plain_gain(1.0).bias(1.0)).limit_kernel(&x)?;
    let with_feature = net(|| Dense::hidden().plain_gain(1.0)).limit_kernel(&extended)?;
    assert!(with_bias.ntk().relative_distance(with_feature.ntk())? <= 1e-15);
    Ok(())
}

/// Two significant digits, as printed in the table.
fn two_digits(value: f64) -> String {
    if value.abs() <= 1e-12 { "0".into() } else { format!("{value:.1e}") }
}

#[test]
fn mercer_coefficients_equal_the_table_made_by_gauss_gegenbauer_quadrature() -> Result<()> {
    let table = include_str!("../data/anchor/mercer.csv");
    let mut rows = 0;
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (family, size) = cells[0].split_once(' ').unwrap();
        let size: usize = size.parse().unwrap();
        let net = match family {
            "mlp" => mlp(size),
            "pnn" => pnn(size),
            _ => ccp(size),
        };
        let all = mercer_coefficients(&net, 10, &(0..=12).collect::<Vec<_>>())?;
        let largest = all.iter().copied().fold(0.0, f64::max);
        let k: usize = cells[1].parse().unwrap();
        assert_eq!(two_digits(all[k] / largest), cells[2], "{line}: {}", all[k] / largest);
        rows += 1;
    }
    assert_eq!(rows, 56);
    Ok(())
}

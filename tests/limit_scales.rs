//! Limit kernels where functions and variances are of different scales: features far below a deviation or beyond it, oscillations faster
//! than the nodes of a rule, jumps, variances near the ends of what a float holds.

use hadamard::prelude::*;

fn kernel(layer: Layer, x: &Matrix) -> Result<Kernels> {
    network("n", serial([hidden(), layer, dense(1)])).limit_kernel(x)
}

fn clip(tolerance: f64) -> Layer {
    let slope = |u: f64| if u.abs() < 1.0 { 1.0 } else { 0.0 };
    Elementwise::new("clip", |u: f64| u.clamp(-1.0, 1.0), slope).tolerance(tolerance).into()
}

/// `P(|g| < 1/σ)`, and `E clamp(σ g)²` by parts.
fn of_clip(deviation: f64) -> (f64, f64) {
    let end = 1.0 / deviation;
    let inside = libm::erf(end / 2f64.sqrt());
    let density = (-end * end / 2.0).exp() / std::f64::consts::TAU.sqrt();
    (deviation * deviation * (inside - 2.0 * end * density) + 1.0 - inside, inside)
}

#[test]
fn a_slope_that_lies_between_the_nodes_is_seen() -> Result<()> {
    for (tolerance, deviations) in
        [(0.05, [100.0, 200.0, 150.0]), (1e-2, [0.01, 1.0, 1000.0]), (1e-3, [0.5, 30.0, 1e5]), (5e-2, [1e3, 1e4, 1e6])]
    {
        let x = Matrix::from_shape_vec((3, 1), deviations.to_vec()).unwrap();
        let kernels = match kernel(clip(tolerance), &x) {
            // The finest rule is too coarse, and says so.
            Err(Error::SeriesTail { .. }) if tolerance < 1e-2 => continue,
            kernels => kernels?,
        };
        for (i, deviation) in deviations.into_iter().enumerate() {
            let value = kernels.nngp().values()[[i, i]];
            let slope = (kernels.ntk().values()[[i, i]] - value) / (deviation * deviation);
            let (right, inside) = of_clip(deviation);
            assert!((value - right).abs() <= tolerance * right, "{tolerance} {deviation}: {value} {right}");
            // A difference of two numbers, of which the larger one rounds.
            let bound = tolerance * inside + 1e-15 * right / (deviation * deviation);
            assert!((slope - inside).abs() <= bound, "{tolerance} {deviation}: {slope} {inside}");
        }
    }
    Ok(())
}

#[test]
fn oscillations_faster_than_the_nodes_are_refused_not_aliased() -> Result<()> {
    let x = array![[1.0, 0.0], [0.5, 0.75f64.sqrt()]];
    for frequency in [50.0, 100.0, 150.0, 199.0, 200.0, 201.06, 210.0, 402.0, 1000.0] {
        let wave =
            elementwise("wave", move |u: f64| (frequency * u).sin(), move |u: f64| frequency * (frequency * u).cos());
        let first: Layer = Dense::hidden().plain_gain(1.0).into();
        match network("n", serial([first, wave, dense(1)])).limit_kernel(&x) {
            // E sin² = (1 - e^{-2ω²})/2, E sin sin' = sinh(ω² r) e^{-ω²}.
            Ok(kernels) => {
                let k = kernels.nngp().values();
                assert!((k[[0, 0]] - 0.5).abs() <= 1e-11 && k[[0, 1]].abs() <= 1e-11, "{frequency}: {k}");
            }
            Err(error) => assert!(matches!(error, Error::SeriesTail { .. }), "{frequency}: {error}"),
        }
    }
    // Slow ones have all digits.
    let wave = elementwise("wave", |u: f64| (6.0 * u).sin(), |u: f64| 6.0 * (6.0 * u).cos());
    let k = kernel(wave, &(array![[1.0, 0.0], [0.5, 0.75f64.sqrt()]] * 2f64.sqrt()))?;
    let exact = (36.0f64 * 0.5 - 36.0).exp() / 2.0;
    assert!((k.nngp().values()[[0, 1]] - exact).abs() <= 1e-12);
    Ok(())
}

#[test]
fn jumps_and_plateaus_have_their_kernel() -> Result<()> {
    let sign = Elementwise::new("sign", f64::signum, |_| 0.0).tolerance(1e-2);
    let kernels = kernel(sign.into(), &array![[1.0, 0.0], [0.6, 0.8]])?;
    // (2/π) asin r.
    let right = 2.0 / std::f64::consts::PI * 0.6f64.asin();
    assert!((kernels.nngp().values()[[0, 1]] - right).abs() <= 1e-2, "{:?}", kernels.nngp().values());
    assert_eq!(kernels.nngp().values(), kernels.ntk().values());
    Ok(())
}

#[test]
fn a_function_that_is_nan_where_no_gaussian_is_has_its_kernel() -> Result<()> {
    // NaN above 709.
    let ratio = |u: f64| u.exp() / (1.0 + u.exp());
    let slope = |u: f64| u.exp() / ((1.0 + u.exp()) * (1.0 + u.exp()));
    let x = array![[18.0], [9.0]];
    let (own, named) = (kernel(elementwise("ratio", ratio, slope), &x)?, kernel(sigmoid(), &x)?);
    assert!(own.nngp().relative_distance(named.nngp())? <= 1e-9 && own.ntk().relative_distance(named.ntk())? <= 1e-9);
    Ok(())
}

#[test]
fn the_largest_variances_saturate() -> Result<()> {
    for size in [1e100, 1e150, 7e153, 7.07e153, 1e154, 1.3e154] {
        let x = array![[size], [-size]];
        let largest = |layer| -> Result<(f64, f64)> {
            let k = kernel(layer, &x)?;
            Ok((k.nngp().values()[[0, 0]], k.ntk().values()[[0, 0]] - k.nngp().values()[[0, 0]]))
        };
        // q E φ̇² = q ∫ φ̇² / √(2πq).
        let slope = |integral: f64| size * integral / std::f64::consts::TAU.sqrt();
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() <= 1e-9, "{size:e}: {a:e} {b:e}");
        // ∫ (4/π) e^{-2u²} du, ∫ sech⁴ du.
        for (layer, integral) in
            [(erf(), 4.0 / std::f64::consts::PI * (std::f64::consts::PI / 2.0).sqrt()), (tanh(), 4.0 / 3.0)]
        {
            let (value, rest) = largest(layer)?;
            close(value, 1.0);
            close(rest, slope(integral));
        }
        let (value, _) = largest(gelu())?;
        close(value, size * size / 2.0);
        close(largest(sigmoid())?.0, 0.5);
    }
    Ok(())
}

#[test]
fn a_kernel_within_a_tolerance_is_regressed_with_that_noise() -> Result<()> {
    let first: Layer = Dense::hidden().bias(1.0).into();
    let x = Matrix::from_shape_fn((24, 1), |(i, _)| -3.0 + 6.0 * i as f64 / 23.0);
    let kernels = network("n", serial([first, clip(1e-2), dense(1)])).limit_kernel(&x)?;
    assert_eq!(kernels.nngp().precision(), Precision::Tolerance(1e-2));
    let fit = kernels.nngp().regression(&x.column(0).to_owned())?.ridge(0.1)?;
    assert!(fit.coefficients.iter().all(|a| a.is_finite()));
    // However it is computed.
    let first: Layer = Dense::hidden().bias(1.0).into();
    let net = network("n", serial([first, clip(1e-2), dense(1)]));
    assert!(net.limit_kernel_by_layer(&x)?.iter().all(|layer| layer.ntk.precision() == Precision::Tolerance(1e-2)));
    let folder = std::env::temp_dir().join(format!("hadamard-tolerance-{}", std::process::id()));
    let tiled = net.tiled_limit_kernel(&x, &folder).quiet().run()?.load(Budget::gib(1.0))?;
    assert_eq!((tiled.precision(), tiled.route()), (Precision::Tolerance(1e-2), Route::Limit));
    std::fs::remove_dir_all(folder).unwrap();
    Ok(())
}

#[test]
fn sampled_kernels_have_errors_at_any_scale() -> Result<()> {
    // ReLU and its kernels know no scale.
    let net = mlp(1).width(8);
    let scores = |size: f64| -> Result<(Matrix, Precision)> {
        let x = sphere(3, 4, Seed(0))? * size;
        let sampled = net.monte_carlo_kernel(&x, 8, Seed(1))?;
        let ntk = sampled.z_scores(&net.limit_kernel(&x)?)?;
        Ok((ntk, sampled.mean().ntk().precision()))
    };
    let (ones, precision) = scores(1.0)?;
    let Precision::Sampled { standard_error } = precision else { panic!("{precision:?}") };
    for power in [-505, -300, -266, 250] {
        let (z, precision) = scores(2f64.powi(power))?;
        assert!(ones.iter().zip(&z).all(|(a, b)| (a - b).abs() <= 1e-9 * a.abs().max(1.0)), "{power}: {z} {ones}");
        let Precision::Sampled { standard_error: own } = precision else { panic!("{precision:?}") };
        assert!((own / standard_error - 1.0).abs() <= 1e-9, "{power}: {own}");
    }
    Ok(())
}

#[test]
fn the_time_to_a_share_knows_no_unit() -> Result<()> {
    let k = mlp(1).limit_kernel(&sphere(5, 3, Seed(0))?)?;
    let (y, v) = (array![1.0, -2.0, 0.5, 1.0, 3.0], array![1.0, 0.0, 0.0, 0.0, 0.0]);
    for share in [0.5, 0.9] {
        let time = |unit: f64| k.ntk().regression(&(&y * unit))?.gradient_flow().time_to(v.view(), share, &[0.0, 1e3]);
        let one = time(1.0)?;
        for unit in [2f64.powi(-560), 2f64.powi(-600), 2f64.powi(530)] {
            assert_eq!(time(unit)?, one, "{unit:e}");
        }
    }
    Ok(())
}

#[test]
fn operators_in_single_precision_are_solved_to_theirs() -> Result<()> {
    let x = sphere(40, 4, Seed(0))?;
    let network = mlp(2).width(64).input(4).init(Seed(1))?;
    let (double, single) = (network.tangent_operator(&x)?, network.cast::<f32>());
    let single = single.tangent_operator(&x)?;
    let top = |operator: &dyn LinearOperator| Ok::<_, Error>(Lanczos::new(3, Seed(0)).run(operator)?.values);
    let (a, b) = (top(&double)?, top(&single)?);
    assert!(a.iter().zip(&b).all(|(a, b)| (a / b - 1.0).abs() <= 1e-5), "{a} {b}");
    let solve = |operator: &dyn LinearOperator| ConjugateGradient::new(0.1).solve(operator, &Matrix::ones((40, 1)));
    let (a, b) = (solve(&double)?.x, solve(&single)?.x);
    let apart = (&a - &b).iter().map(|v| v * v).sum::<f64>().sqrt() / a.iter().map(|v| v * v).sum::<f64>().sqrt();
    assert!(apart <= 1e-3, "{apart:e}");
    Ok(())
}

#[test]
fn what_does_not_belong_together_says_so() -> Result<()> {
    let net = mlp(1).width(8).input(3);
    let other = net.clone().parametrisation(Parametrisation::Standard).init(Seed(0))?;
    let error = net.init(Seed(0))?.linearised_outputs(&other, &sphere(2, 3, Seed(1))?).unwrap_err();
    assert!(matches!(error, Error::Unlike { .. }), "{error}");
    let x = sphere(5, 3, Seed(0))?;
    let error = net.limit_kernel_between(&x, &x)?.ntk().regression(&x.column(0).to_owned()).unwrap_err();
    assert!(error.to_string().contains("limit_kernel(&x)"), "{error}");
    assert!(matches!(gegenbauer::root_mean_square(501, 0.5, 3), Err(Error::Range { .. })));
    Ok(())
}

#[test]
fn functions_that_grow_as_fast_as_the_gaussian_falls_are_right_or_refused() -> Result<()> {
    // E e^u e^u' = e^((q + q')/2 + r √(qq')), most of it at 2 √q deviations.
    for q in [1.0, 20.0, 60.0, 100.0, 325.0] {
        for tolerance in [1e-12, 0.05] {
            let layer: Layer = Elementwise::new("exp", f64::exp, f64::exp).tolerance(tolerance).into();
            let (a, r) = (f64::sqrt(q), -0.9);
            let first: Layer = Dense::hidden().plain_gain(1.0).into();
            let x = array![[a, 0.0], [a * r, a * f64::sqrt(1.0 - r * r)]];
            match network("n", serial([first, layer, dense(1)])).limit_kernel(&x) {
                Err(error) => assert!(
                    q > 50.0 && matches!(error, Error::SeriesTail { .. } | Error::Overflow { .. }),
                    "{q}: {error}"
                ),
                Ok(kernels) => {
                    let k = kernels.nngp().values();
                    let (own, both) = (f64::exp(2.0 * q), f64::exp(q + r * q));
                    assert!((k[[0, 0]] / own - 1.0).abs() <= tolerance.max(1e-9), "{q}: {:e} {own:e}", k[[0, 0]]);
                    assert!((k[[0, 1]] - both).abs() <= tolerance.max(1e-9) * own, "{q}: {:e} {both:e}", k[[0, 1]]);
                }
            }
        }
    }
    Ok(())
}

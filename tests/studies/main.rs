//! The studies in their quick profiles, and what they write.
#![cfg(all(feature = "frames", feature = "plots"))]

mod adversarial;
mod complex;
mod every;
mod images;
mod kernels;
mod resumed;
mod super_consistency;
mod thompson_sampling;

use hadamard::prelude::*;
use std::path::PathBuf;

/// A folder of this test's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hadamard-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Folder {
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn spectral_bias_in_function_space_equals_an_iterated_run() -> Result<()> {
    // The same settings, with the iteration written out step by step from the kernels alone.
    let (points, dimension, steps, rate) = (60, 10, 40, 0.0016);
    let study = spectral_bias().networks([mlp(1), ccp(3)]).points(points).held_out(50).steps(steps).record_every(1);
    let frame = study.run()?.residuals()?;
    let x = sphere(points, dimension, Seed(0).child(0))?;
    let held_out = sphere(50, dimension, Seed(0).child(1))?;
    let target = HarmonicTarget::new(
        &[1, 3, 4, 5, 8, 12],
        dimension,
        GegenbauerIndex::Harmonic,
        Amplitude::Unit,
        Seed(0).child(2),
    )?;
    let (theta, cross) = (ccp(3).limit_kernel(&x)?, ccp(3).limit_kernel_between(&held_out, &x)?);
    let (mut f, mut f_held_out) = (Array1::<f64>::zeros(points), Array1::<f64>::zeros(50));
    let (y, y_held_out) = (target.values(&x)?, target.values(&held_out)?);
    let (train, held): (Vec<f64>, Vec<f64>) = (column(&frame, "train"), column(&frame, "held out"));
    // Rows: networks, then rates, then steps, then frequencies; CCP at the fixed rate is the third run.
    let start = 2 * (steps as usize + 1) * 6;
    for step in 0..=steps as usize {
        let residual = &y - &f;
        let projected = target.harmonics(&x)?.dot(&residual) / (points as f64).sqrt();
        let projected_held_out = target.harmonics(&held_out)?.dot(&(&y_held_out - &f_held_out)) / 50f64.sqrt();
        for k in 0..6 {
            let row = start + step * 6 + k;
            assert!((train[row] - projected[k].abs()).abs() <= 1e-11, "step {step}, frequency {k}");
            assert!((held[row] - projected_held_out[k].abs()).abs() <= 1e-11, "step {step}, frequency {k}");
        }
        f_held_out += &(cross.ntk().values().dot(&residual) * (rate * 2.0 / points as f64));
        f += &(theta.ntk().values().dot(&residual) * (rate * 2.0 / points as f64));
    }
    Ok(())
}

fn column(frame: &DataFrame, name: &str) -> Vec<f64> {
    frame.column(name).unwrap().f64().unwrap().into_no_null_iter().collect()
}

#[test]
fn spectral_bias_has_tables_charts_and_verdicts_at_any_width() -> Result<()> {
    for study in [spectral_bias().quick(), spectral_bias().quick().networks([mlp(1), pnn(2)]).width(256)] {
        let report = study.run()?;
        let networks = report.scale()?.height();
        assert_eq!(report.table()?.height(), networks * 2 * 6);
        assert_eq!(report.half_lives()?.shape(), (networks * 2, 8));
        assert_eq!(report.mercer()?.height(), networks * 13);
        assert!(report.figures().iter().all(|figure| figure.to_json()["data"].as_array().is_some_and(|d| d.len() > 1)));
        assert_eq!(report.verdicts().rows().len(), networks - 1);
    }
    Ok(())
}

#[test]
fn the_published_index_leaks_into_lower_degrees_and_the_harmonic_one_does_not() -> Result<()> {
    let x = sphere(20_000, 10, Seed(3))?;
    let overlap = |index| -> Result<f64> {
        // The same direction for both: one frequency each from the same seed.
        let harmonic = |k: usize, index| HarmonicTarget::new(&[k], 10, index, Amplitude::Unit, Seed(4))?.values(&x);
        Ok(harmonic(5, index)?.dot(&harmonic(3, GegenbauerIndex::Harmonic)?) / 20_000.0)
    };
    let (clean, leaking) = (overlap(GegenbauerIndex::Harmonic)?, overlap(GegenbauerIndex::AsPublished)?);
    // Gegenbauer's connection formula: C_5^(9/2) = Σ_j c_j C_{5-2j}^(4), c_j = (9-2j)/4 (9/2)_{5-j} (1/2)_j / (j! (5)_{5-j}).
    let rising = |a: f64, n: i32| (0..n).map(|i| a + f64::from(i)).product::<f64>();
    let part = |j: i32| {
        let c =
            f64::from(9 - 2 * j) / 4.0 * rising(4.5, 5 - j) * rising(0.5, j) / (rising(1.0, j) * rising(5.0, 5 - j));
        // The root mean square of C_k^(4) on the sphere of R^10 is √(C_k(1) 4/(k+4)), C_k(1) = (8)_k / k!.
        let k = 5 - 2 * j;
        c * (rising(8.0, k) / rising(1.0, k) * 4.0 / f64::from(k + 4)).sqrt()
    };
    let expected = part(1) / (part(0).powi(2) + part(1).powi(2) + part(2).powi(2)).sqrt();
    assert!(clean.abs() <= 0.03, "{clean}");
    assert!((leaking - expected).abs() <= 0.03 && expected > 0.15, "{leaking} {expected}");
    Ok(())
}

#[test]
fn kernel_limits_hold_in_the_quick_profile() -> Result<()> {
    let report = kernel_limits().quick().run()?;
    assert_eq!(report.table()?.height(), 12);
    let verdicts = report.verdicts();
    assert_eq!(verdicts.rows().len(), 1 + 8 + 24);
    // The sampling error of the quick profile exceeds the bounds on distances; the other checks do not depend on it.
    assert!(verdicts.rows().iter().filter(|v| !v.claim.contains("relative distance")).all(Verdict::holds));
    Ok(())
}

#[test]
fn a_trained_network_follows_its_kernel_and_closer_when_wider() -> Result<()> {
    let deviation = |width| Ok::<f64, Error>(trained_network().quick().width(width).run()?.largest_deviation());
    let (narrow, wide) = (deviation(128)?, deviation(2048)?);
    // The gap falls like 1/√width; four times would be exact.
    assert!(wide <= narrow / 2.0, "{narrow} {wide}");
    Ok(())
}

#[test]
fn rates_that_diverge_and_empty_settings_are_refused_before_any_training() {
    let diverges = trained_network().quick().learning_rate(10.0).run();
    assert!(matches!(diverges, Err(Error::Diverges { .. })), "{diverges:?}");
    let diverges = spectral_bias().quick().learning_rate(10.0).run();
    assert!(matches!(diverges, Err(Error::Diverges { .. })));
    let twice = spectral_bias().quick().networks([mlp(1), ccp(3), ccp(3).width(9)]).run();
    assert!(matches!(twice, Err(Error::SameName { .. })));
    assert!(matches!(spectral_bias().points(0).run(), Err(Error::NoRows { .. })));
    assert!(matches!(spectral_bias().frequencies([]).run(), Err(Error::Range { .. })));
    assert!(matches!(spectral_bias().quick().networks([ccp(0)]).run(), Err(Error::NoBranches { .. })));
    assert!(matches!(trained_network().quick().width(0).run(), Err(Error::Range { .. })));
}

#[test]
fn verdicts_are_written_whole_or_not_at_all() -> Result<()> {
    let folder = Folder::new("verdicts");
    let mut verdicts = Verdicts::new("a_study");
    verdicts.claim("a claim, with a comma and a \"quote\"").at_most(1.0, 2.0);
    verdicts.check("one that fails").above(f64::NAN, 0.0);
    verdicts.control("told").all_at_most([1.0, 3.0], 3.0);
    let path = verdicts.write(&folder.0)?;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("study,kind,claim,measured,relation,bound,holds\n"), "{text}");
    assert!(text.contains("\"a claim, with a comma and a \"\"quote\"\"\",1.0,<=,2.0,true"), "{text}");
    assert!(
        text.contains("a_study,check,one that fails,NaN,>,0.0,false\na_study,control,told,3.0,<=,3.0,true"),
        "{text}"
    );
    assert!(!verdicts.all_hold() && !Verdicts::new("empty").all_hold());
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a_study.csv"]);

    // A file where the folder should be; root may write to folders whatever their mode.
    let blocked = folder.0.join("blocked");
    std::fs::write(&blocked, "").unwrap();
    match verdicts.write(&blocked) {
        Err(error @ Error::File { .. }) => assert!(error.to_string().contains("blocked"), "{error}"),
        other => panic!("{other:?}"),
    }
    // A folder in the way of the file: nothing half-written stays.
    let taken = folder.0.join("taken");
    std::fs::create_dir_all(taken.join("verdicts").join("a_study.csv").join("x")).unwrap();
    assert!(matches!(verdicts.write(&taken), Err(Error::File { .. })));
    let left: Vec<_> = std::fs::read_dir(taken.join("verdicts")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a_study.csv"]);
    Ok(())
}

#[test]
fn wider_networks_are_closer_to_their_limits_and_to_kernel_regression() {
    let study = kernel_equivalence().quick().widths([64, 256, 1024]).deep_widths([32, 64, 128]);
    let report = study.degrees([3]).trained_widths([64, 1024]).steps(60).quiet().run().unwrap();
    let ccp = |width| report.gap("CCP, N = 3", width).unwrap();
    assert!(ccp(1024) <= 0.5 * ccp(64), "{} {}", ccp(1024), ccp(64));
    let slope = report.slope("MLP, 1 hidden").unwrap();
    assert!((slope + 0.5).abs() <= 0.1, "{slope}");
    assert_eq!(report.regime().unwrap().shape(), (3, 3));
    for (widths, message) in [
        (&[64, 64, 128][..], "widths is 64; it must be above the one before"),
        (&[64][..], "widths is 1; it must be enough for a comparison"),
    ] {
        let error = kernel_equivalence().widths(widths.iter().copied()).quiet().run().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_comparison_gives_the_reason_where_there_is_no_limit_and_fails_where_another_error_is() -> Result<()> {
    let refused = network("twice", serial([hidden(), relu(), relu(), dense(1)]));
    let standard = mlp(1).named("standard").parametrisation(Parametrisation::Standard);
    let study = |networks: [Net; 3]| compare(networks).width(32).points(20).quiet();
    let report = study([mlp(1), refused.clone(), standard]).run()?.report()?.to_string();
    let reasons: Vec<&str> = report.lines().filter(|line| line.contains("no closed form at infinite width")).collect();
    let reason = refused.limit_kernel(&sphere(2, 10, Seed(0))?).unwrap_err();
    assert_eq!(reasons, [format!("twice has no closed form at infinite width: {reason}")]);
    let power = network("power", serial((Dense::new(16).sigma_w(4.0), monomial(150), dense(1))));
    assert!(matches!(study([mlp(1), mlp(2), power]).run(), Err(Error::Overflow { place: "limit kernel" })));
    Ok(())
}

#[test]
fn gram_spectra_of_products_decay_more_slowly_and_far_frequencies_alike() {
    let report = eigenvalue_decay().quick().dimensions([3]).points(100).quiet().run().unwrap();
    for data in ["sphere of R^10", "digits"] {
        let p = |network| report.gram_exponent(network, data).unwrap();
        assert!(p("product, N = 3") < p("MLP, 1 hidden") && p("CCP, N = 3") < p("MLP, 1 hidden"));
    }
    for network in ["MLP, 1 hidden", "product, N = 3", "CCP, N = 9"] {
        let far = report.far_exponent(network, 3).unwrap();
        assert!((far - 3.0).abs() <= 0.1, "{network}: {far}");
    }
    assert!(report.far_exponent("gated, 2 layers", 3).is_none());
    let error = eigenvalue_decay().points(99).quiet().run().unwrap_err().to_string();
    assert!(error.contains("99") && error.contains("at least 100"), "{error}");
}
#[test]
fn far_out_kernel_regressions_are_those_computed_elsewhere() -> Result<()> {
    // Learned from 41 points of [-1, 1] with inputs [x, 1], read at 10: values for x² from a NumPy program, four digits.
    let tiny = ExtrapolationTask::new(1, Body::Cube, (1.0, 2.0), [RegressionTarget::SumOfSquares]);
    let networks = [(pnn(1), 1), (pnn(2), 2), (pnn(3), 3), (ccp(2), 2), (ccp(3), 3)];
    let study = extrapolation().networks(networks).trained_networks([]).tasks([tiny]).points(20).test_points(20);
    let report = study.quiet().run()?;
    let slopes = report.slopes()?;
    let (values, slopes) = (column(&slopes, "f(10)"), column(&slopes, "slope"));
    for (row, (expected, degree)) in
        [(9.062, 1.0), (43.169, 2.0), (194.7, 3.0), (34.769, 2.0), (121.6, 3.0)].into_iter().enumerate()
    {
        // Three targets per network, x² first.
        let (value, slope): (f64, f64) = (values[3 * row], slopes[3 * row]);
        assert!((value / expected - 1.0).abs() <= 5e-4, "{value} {expected}");
        assert!((slope - degree).abs() <= 1e-3, "{slope} {degree}");
    }
    assert!(report.verdicts().all_hold(), "{}", report.verdicts().frame()?);
    Ok(())
}

#[test]
fn extrapolation_has_tables_charts_and_claims_for_any_task() -> Result<()> {
    use RegressionTarget as T;
    let cubic = ExtrapolationTask::new(1, Body::Cube, (2.0, 4.0), [T::Cubic, T::Helix]).training([T::Cubic]);
    let plane = ExtrapolationTask::new(2, Body::Ball, (1.0, 2.0), [T::SumOfSquares]).withholding(Sector::Quadrant);
    let bare = ExtrapolationTask::new(3, Body::Sphere, (1.0, 3.0), [T::QuadraticForm(Seed(3))]).without_biases();
    let study = extrapolation()
        .networks([(mlp(1), 1), (pnn(2), 2)])
        .trained_networks([pnn(2)])
        .tasks([cubic, plane, bare.clone()])
        .points(40)
        .test_points(30)
        .directions(5)
        .degrees(3)
        .width(32)
        .steps(20)
        .quiet();
    let report = study.run()?;
    assert_eq!(report.table()?.shape(), (3, 6));
    // Kernel regression: 2 networks, 2 + 1 + 1 targets on 3, 4 and 3 sets of points; training: one on one task.
    assert_eq!(report.errors()?.height(), 2 * (2 * 3 + 4 + 3) + 3);
    // Five outputs of two networks and one trained one, three degrees.
    assert_eq!(report.ray_fits()?.height(), (2 * 5 + 1) * 3);
    assert_eq!(report.outside()?.shape(), (4, 4));
    assert_eq!(report.withheld()?.shape(), (3, 5));
    assert_eq!(report.curves(T::Cubic).to_json()["data"].as_array().map(Vec::len), Some(5 + 4));
    assert!(report.curves(T::Quartic).to_json()["data"].as_array().is_none_or(Vec::is_empty));
    assert!(report.figure().to_svg().contains("product, N = 2"));
    assert_eq!(report.claims().rows().len(), 1 + 2);
    let [mean, of_kernel] =
        [report.trained_mean_r_squared("product, N = 2", 2), report.mean_r_squared("product, N = 2", 2)]
            .map(Option::unwrap);
    assert!(mean <= 1.0 && mean != of_kernel && report.trained_mean_r_squared("MLP, 1 hidden", 1).is_none());
    assert!(report.report()?.to_string().contains("no bias") && report.mean_r_squared("product, N = 2", 9).is_none());

    // Without biases the product net is exactly quadratic, whatever it learned, and the MLP linear.
    let alone = study.clone().tasks([bare]).trained_networks([]).run()?.unexplained()?;
    assert!(column(&alone, "degree 1")[0] <= 1e-20 && column(&alone, "degree 2")[1] <= 1e-20, "{alone}");
    assert!(column(&alone, "degree 1")[1] > 0.01);
    // The same seed, the same bits.
    assert!(report.errors()?.equals_missing(&study.run()?.errors()?));
    Ok(())
}

#[test]
fn extrapolation_refuses_what_it_cannot_do() {
    let task = |radii| ExtrapolationTask::new(1, Body::Cube, radii, [RegressionTarget::Cubic]);
    let on = |radii| extrapolation().quick().quiet().tasks([task(radii)]).run();
    for (radii, named) in [
        ((0.0, 1.0), "training radius"),
        ((-1.0, 1.0), "training radius"),
        ((f64::NAN, 1.0), "training radius"),
        ((1.0, 1.0), "test radius"),
        ((1.0, 0.5), "test radius"),
        ((1.0, f64::INFINITY), "test radius"),
    ] {
        match on(radii) {
            Err(Error::Range { what, .. }) => assert!(what.contains(named), "{radii:?}: {what}"),
            other => panic!("{radii:?}: {other:?}"),
        }
    }
    let study = || extrapolation().quick().quiet().tasks([task((1.0, 2.0))]);
    assert!(matches!(study().points(0).run(), Err(Error::NoRows { .. })));
    assert!(matches!(study().test_points(0).run(), Err(Error::NoRows { .. })));
    assert!(matches!(study().directions(0).run(), Err(Error::NoRows { .. })));
    assert!(matches!(study().tasks([]).run(), Err(Error::NoRows { .. })));
    assert!(matches!(study().networks([]).run(), Err(Error::NoRows { .. })));
    let empty = ExtrapolationTask::new(1, Body::Cube, (1.0, 2.0), []);
    assert!(matches!(study().tasks([empty]).run(), Err(Error::NoRows { .. })));
    assert!(matches!(study().networks([(mlp(1), 1), (mlp(1), 1)]).run(), Err(Error::SameName { .. })));
    // A degree that no fit reaches, and one that the points on a ray do not determine.
    assert!(matches!(study().networks([(pnn(5), 5)]).run(), Err(Error::Range { value: 5.0, .. })));
    assert!(matches!(study().degrees(100).run(), Err(Error::Range { value: 100.0, .. })));
    assert!(matches!(study().rate(1.0).run(), Err(Error::Range { value: 1.0, .. })));
    let quadrant = task((1.0, 2.0)).withholding(Sector::Quadrant);
    assert!(matches!(study().tasks([quadrant]).run(), Err(Error::Range { value: 1.0, .. })));
    // Rays that would end before they begin: 1.1 √d is above 10.
    let corner = ExtrapolationTask::new(400, Body::Cube, (1.0, 2.0), [RegressionTarget::SumOfSquares]);
    assert!(matches!(study().tasks([corner]).run(), Err(Error::Range { .. })));
}

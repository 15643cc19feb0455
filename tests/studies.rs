//! The studies in their quick profiles, and what they write.
#![cfg(all(feature = "frames", feature = "plots"))]

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
fn addition_of_digits_compares_both_networks_on_seen_and_unseen_pairs() -> Result<()> {
    let study = mnist_addition().folds(&[4, 8]).per_pair(2).tested_per_pair(3).epochs(2).width(16).quiet();
    let report = study.run()?;
    let (table, folds) = (report.table()?, report.by_fold()?);
    assert_eq!((table.shape(), folds.shape()), ((6, 6), (4, 6)));
    assert!(column(&folds, "seconds").iter().all(|seconds| *seconds > 0.0));
    for name in ["seen, mean", "unseen, mean"] {
        let shares = column(&table, name);
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
        // By definition the other two metrics take all that Round takes.
        assert!(shares.chunks(3).all(|by| by[0] <= by[1] && by[0] <= by[2]), "{shares:?}");
    }
    let by_fold = column(&folds, "unseen, Round");
    let mean = report.accuracy("deep PNN, N = 4", "Round", true).unwrap();
    assert!((mean - (by_fold[0] + by_fold[2]) / 2.0).abs() <= 1e-15);
    let deviation = column(&table, "unseen, std")[0];
    assert!((deviation - (by_fold[0] - by_fold[2]).abs() / 2f64.sqrt()).abs() <= 1e-15);
    assert!(
        report.accuracy("deep PNN, N = 4", "round", true).is_none() && report.accuracy("?", "Round", true).is_none()
    );
    assert_eq!(report.training().to_json()["data"].as_array().map(Vec::len), Some(4));
    let verdicts = report.verdicts();
    assert_eq!(verdicts.rows().len(), 2);
    for (row, unseen) in verdicts.rows().iter().zip([true, false]) {
        let accuracy = |network| report.accuracy(network, "Round", unseen).unwrap();
        assert_eq!((row.measured, row.bound), (accuracy("deep PNN, N = 4"), accuracy("MLP, 5 hidden")));
        assert_eq!(row.holds(), row.measured > row.bound);
    }
    assert_eq!(study.run()?.training().to_json(), report.training().to_json());
    assert!(study.clone().seed(Seed(1)).run()?.training().to_json() != report.training().to_json());
    let single = study.folds(&[4]).run()?.table()?;
    assert_eq!(single.column("seen, std")?.null_count(), 6);
    Ok(())
}

#[test]
fn settings_of_the_addition_that_make_no_sense_are_refused() {
    let study = || mnist_addition().per_pair(1).tested_per_pair(1).epochs(1).width(4).quiet();
    assert!(matches!(study().folds(&[]).run(), Err(Error::NoRows { .. })));
    for refused in [
        study().folds(&[0]),
        study().folds(&[11]),
        study().folds(&[3, 3]),
        study().per_pair(0),
        study().tested_per_pair(0),
        study().epochs(0),
        study().width(0),
        study().learning_rate(-1.0),
    ] {
        assert!(matches!(refused.run(), Err(Error::Range { .. })), "{refused:?}");
    }
    let diverges = study().per_pair(10).learning_rate(1e6).run();
    assert!(matches!(diverges, Err(Error::TrainingDiverged { .. })), "{diverges:?}");
}

#[test]
fn visual_analogies_are_scored_by_both_encoders_in_every_region_of_both_regimes() -> Result<()> {
    let study = visual_analogies().side(16).channels(2).units(4).batch(5).steps(12).tested(30).runs(2).quiet();
    let report = study.run()?;
    let (table, regions, runs) = (report.table()?, report.by_region()?, report.by_run()?);
    assert_eq!((table.shape(), regions.shape(), runs.shape()), ((4, 10), (2 * 2 * 2 * 6, 5), (4, 9)));
    let shares = column(&regions, "accuracy");
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
    for (run, by_regime) in shares.chunks(12).enumerate() {
        // Region 0 is one and the same in both regimes.
        assert!(by_regime[0] == by_regime[6] && by_regime[0] == column(&runs, "trained")[run]);
    }
    for (row, network) in ["standard encoder", "Hadamard encoder"].into_iter().enumerate() {
        let of = |run: usize, place: usize| shares[24 * run + 12 * row + place];
        for (regime, first) in [(Regime::Translation, 0), (Regime::Scale, 6)] {
            for region in 0..=5 {
                let mean = (of(0, first + region) + of(1, first + region)) / 2.0;
                assert!((report.accuracy(network, regime, region).unwrap() - mean).abs() <= 1e-15);
            }
        }
        let [a, b] = [of(0, 8), of(1, 8)];
        let text = format!("{:.1} ± {:.1}", 50.0 * (a + b), 100.0 * (a - b).abs() / 2f64.sqrt());
        assert_eq!(table.column("region 2")?.str()?.get(2 + row), Some(text.as_str()));
        let sizes = study.encoders()[row].parameters()?;
        // γ and β, an LSTM over four places and the latent numbers, a readout.
        let scorer = 2 * 4 + 16 * (4 + 4 + 4 + 1) + 4 + 1;
        assert_eq!(table.column("parameters")?.u64()?.get(row), Some((sizes + scorer) as u64));
    }
    assert!(report.accuracy("?", Regime::Scale, 0).is_none());
    assert!(report.accuracy("standard encoder", Regime::Scale, 6).is_none());
    let verdicts = report.verdicts();
    let beyond =
        |network, regime| (1..=5).map(|region| report.accuracy(network, regime, region).unwrap()).sum::<f64>() / 5.0;
    for (row, regime) in verdicts.rows().iter().zip([Regime::Translation, Regime::Scale]) {
        assert_eq!((row.measured, row.bound), (beyond("Hadamard encoder", regime), beyond("standard encoder", regime)));
    }
    assert_eq!(verdicts.rows().len(), 2);
    assert_eq!(study.run()?.training().to_json(), report.training().to_json());
    assert!(study.clone().seed(Seed(1)).run()?.training().to_json() != report.training().to_json());
    let html = study.example(Regime::Scale, 5, 0)?.to_html();
    assert_eq!(html.matches("<img").count(), 2);
    Ok(())
}

/// Two hundred steps of small networks on little: what they have learned is beyond chance by far.
#[test]
fn both_encoders_learn_the_analogies_of_their_training() -> Result<()> {
    let study = visual_analogies().side(16).channels(8).units(32).runs(1).steps(300).learning_rate(3e-3).tested(500);
    let report = study.quiet().run()?;
    for network in ["standard encoder", "Hadamard encoder"] {
        let accuracy = report.accuracy(network, Regime::Scale, 0).unwrap();
        assert!(accuracy >= 0.4, "{network}: {accuracy}");
    }
    Ok(())
}

#[test]
fn settings_of_visual_analogies_that_make_no_sense_are_refused() {
    let study = || visual_analogies().side(16).channels(2).units(2).batch(2).runs(1).steps(1).tested(1).quiet();
    for refused in [
        study().runs(0),
        study().steps(0),
        study().batch(0),
        study().batch(19_041),
        study().tested(0),
        study().tested(19_041),
        study().side(0),
        study().side(30),
        study().channels(0),
        study().units(0),
        study().learning_rate(0.0),
    ] {
        assert!(matches!(refused.run(), Err(Error::Range { .. })), "{refused:?}");
    }
    let diverges = study().steps(50).learning_rate(1e30).run();
    assert!(matches!(diverges, Err(Error::TrainingDiverged { .. })), "{diverges:?}");
    assert!(matches!(study().example(Regime::Scale, 6, 0), Err(Error::Range { .. })));
    assert!(matches!(study().example(Regime::Scale, 0, 19_040), Err(Error::Range { .. })));
}

#[test]
fn an_image_is_learned_from_its_coordinates_as_the_kernels_say() -> Result<()> {
    let study = image_regression().networks([(pnn(2), 1), (deep_pnn(3), 2)]).side(16).width(64).steps(25).quiet();
    let report = study.run()?;
    let names = ["MLP, 1 hidden", "MLP, 2 hidden", "product, N = 2", "deep PNN, N = 3"];
    assert_eq!(
        (report.table()?.height(), report.half_lives()?.shape(), report.residuals()?.shape()),
        (4, (4, 5), (4, 5))
    );
    let table = report.table()?;
    let kernels: Vec<&str> = table.column("NTK")?.str()?.iter().flatten().collect();
    assert_eq!(kernels, ["infinite width", "infinite width", "infinite width", "its own"]);

    // The closed form again: kernel regression of the trained pixels, the mean taken off, after 10^4 steps at the same rate.
    let image = camera()?.averaged(16)?;
    let chosen = |held_out: bool| -> Vec<usize> {
        (0..256).filter(|pixel| ((pixel / 16 + pixel % 16) % 2 == 1) == held_out).collect()
    };
    let (greys, points) = (image.values(), image.coordinates());
    let inputs =
        |pixels: &[usize]| Array2::from_shape_fn((128, 3), |(i, j)| if j < 2 { points[[pixels[i], j]] } else { 1.0 });
    let (seen, unseen) = (chosen(false), chosen(true));
    let y = greys.select(Axis(0), &seen);
    let mean = y.mean().unwrap();
    let ntk = pnn(2).limit_kernel(&inputs(&seen))?;
    let run = ntk.ntk().regression(&(&y - mean))?.gradient_descent(LearningRate::MatchTop(0.5))?;
    let cross = pnn(2).limit_kernel_between(&inputs(&unseen), &inputs(&seen))?;
    let outputs = run.predict_on(cross.ntk(), &Array1::zeros(128), &[1e4])?;
    let residual = greys.select(Axis(0), &unseen) - mean - outputs.row(0);
    let expected = -10.0 * (residual.dot(&residual) / 128.0).log10();
    let got = report.kernel_psnr(names[2], true).unwrap();
    assert!((got - expected).abs() <= 1e-6, "{got} {expected}");
    assert!(report.best_held_out_psnr(names[2]).unwrap() >= got);

    // A trained network is the same as one trained without a stop at each record, but for the precision.
    let net = pnn(2).width(64).input(3);
    let mut network = net.init(Seed(0).child(2))?;
    let (first, x) = (network.outputs(&inputs(&seen))?.column(0).to_owned(), inputs(&seen));
    let rate = network.kernel(&x)?.ntk().regression(&y)?.max_learning_rate() / 4.0;
    FullBatch::new(rate, 25).train(&mut network, &x, &(&y - mean + &first))?;
    let residual = &y - mean - network.outputs(&x)?.column(0) + &first;
    let expected = -10.0 * (residual.dot(&residual) / 128.0).log10();
    let got = report.trained_psnr(names[2], false).unwrap();
    assert!((got - expected).abs() <= 1e-3, "{got} {expected}");

    for name in names {
        assert!((0..4).all(|band| report.left(name, band).unwrap() > 0.0) && report.left(name, 4).is_none());
        assert!(report.half_life(name, 0) <= report.half_life(name, 2));
    }
    assert!(report.trained_psnr("?", false).is_none() && report.half_life("?", 0).is_none());
    for (figure, panels) in [(report.training(), 2), (report.kernels(), 2), (report.bands(), 4)] {
        assert_eq!(figure.to_json()["data"].as_array().map(Vec::len), Some(4 * panels));
    }
    let text = report.report()?.to_string();
    assert!(text.contains("[pictures: the image; MLP, 1 hidden; MLP, 2 hidden; product, N = 2;"), "{text}");
    assert_eq!(report.reconstructions().to_html().matches("<figcaption>").count(), 2 * 5);
    let verdicts = report.verdicts();
    assert_eq!(verdicts.rows().len(), 4);
    let speed = report.half_life(names[0], 3).unwrap() as f64 / report.half_life(names[2], 3).unwrap() as f64;
    assert_eq!((verdicts.rows()[0].measured, verdicts.rows()[0].bound), (speed, 1.0));
    assert!(study.clone().seed(Seed(1)).run()?.training().to_json() != report.training().to_json());
    Ok(())
}

#[test]
fn settings_of_the_image_that_make_no_sense_are_refused() {
    let study = || image_regression().networks([(pnn(2), 1)]).side(16).width(4).steps(1).quiet();
    let of = |value: f64| GreyImage { pixels: Array2::from_elem((16, 16), value) };
    for refused in [
        study().side(15),
        study().side(8),
        study().side(48),
        study().steps(0),
        study().width(0),
        study().matched_rate(0.0),
        study().image(of(1.5)),
        study().image(of(f64::NAN)),
    ] {
        assert!(matches!(refused.run(), Err(Error::Range { .. })), "{refused:?}");
    }
    assert!(matches!(study().networks([]).run(), Err(Error::NoRows { .. })));
    assert!(matches!(study().networks([(mlp(1), 1)]).run(), Err(Error::SameName { .. })));
    assert!(matches!(study().matched_rate(2.0).run(), Err(Error::Diverges { .. })));
    // A constant image has nothing to learn in any band.
    assert!(matches!(study().image(of(0.5)).run(), Err(Error::TooSmall { .. })));
}

#[test]
fn verdicts_are_written_whole_or_not_at_all() -> Result<()> {
    let folder = Folder::new("verdicts");
    let mut verdicts = Verdicts::new("a_study");
    verdicts.at_most("a claim, with a comma and a \"quote\"", 1.0, 2.0);
    verdicts.above("one that fails", f64::NAN, 0.0);
    let path = verdicts.write(&folder.0)?;
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("study,claim,measured,relation,bound,holds\n"), "{text}");
    assert!(text.contains("\"a claim, with a comma and a \"\"quote\"\"\",1.0,<=,2.0,true"), "{text}");
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
    let study = kernel_equivalence().quick().widths(&[64, 256, 1024]).deep_widths(&[32, 64, 128]);
    let report = study.degrees(&[3]).trained_widths(&[64, 1024]).steps(60).quiet().run().unwrap();
    let ccp = |width| report.gap("CCP, N = 3", width).unwrap();
    assert!(ccp(1024) <= 0.5 * ccp(64), "{} {}", ccp(1024), ccp(64));
    let slope = report.slope("MLP, 1 hidden").unwrap();
    assert!((slope + 0.5).abs() <= 0.1, "{slope}");
    assert_eq!(report.regime().unwrap().shape(), (3, 3));
    for (widths, message) in [
        (&[64, 64, 128][..], "widths is 64; it must be rising"),
        (&[64][..], "widths is 1; it must be enough for a comparison"),
    ] {
        let error = kernel_equivalence().widths(widths).quiet().run().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn gram_spectra_of_products_decay_more_slowly_and_far_frequencies_alike() {
    let report = eigenvalue_decay().quick().dimensions(&[3]).points(100).quiet().run().unwrap();
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

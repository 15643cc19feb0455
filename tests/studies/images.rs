//! Studies on images: digits added, analogies between squares, a photograph.

use super::column;
use hadamard::prelude::*;

#[test]
fn addition_of_digits_compares_both_networks_on_seen_and_unseen_pairs() -> Result<()> {
    let study = mnist_addition().folds([4, 8]).per_pair(2).tested_per_pair(3).epochs(2).width(16).quiet();
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
    assert_eq!(report.figure().to_json()["data"].as_array().map(Vec::len), Some(4));
    let verdicts = report.verdicts();
    assert_eq!(verdicts.rows().len(), 2);
    for (row, unseen) in verdicts.rows().iter().zip([true, false]) {
        let accuracy = |network| report.accuracy(network, "Round", unseen).unwrap();
        assert_eq!((row.measured, row.bound), (accuracy("deep PNN, N = 4"), accuracy("MLP, 5 hidden")));
        assert_eq!(row.holds(), row.measured > row.bound);
    }
    assert_eq!(study.run()?.figure().to_json(), report.figure().to_json());
    assert!(study.clone().seed(Seed(1)).run()?.figure().to_json() != report.figure().to_json());
    let single = study.folds([4]).run()?.table()?;
    assert_eq!(single.column("seen, std")?.null_count(), 6);
    Ok(())
}

#[test]
fn settings_of_the_addition_that_make_no_sense_are_refused() {
    let study = || mnist_addition().per_pair(1).tested_per_pair(1).epochs(1).width(4).quiet();
    assert!(matches!(study().folds([]).run(), Err(Error::NoRows { .. })));
    for refused in [
        study().folds([0]),
        study().folds([11]),
        study().folds([3, 3]),
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
        let sizes = study.encoders()[row].parameter_count()?;
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
    let objective = Objective::new(&x, &(&y - mean + &first), SquaredError)?;
    Trainer::steps(25, Sgd::new(rate)).train(&mut network, &objective)?;
    let residual = &y - mean - network.outputs(&x)?.column(0) + &first;
    let expected = -10.0 * (residual.dot(&residual) / 128.0).log10();
    let got = report.trained_psnr(names[2], false).unwrap();
    assert!((got - expected).abs() <= 1e-3, "{got} {expected}");

    for name in names {
        assert!((0..4).all(|band| report.left(name, band).unwrap() > 0.0) && report.left(name, 4).is_none());
        assert!(report.half_life(name, 0) <= report.half_life(name, 2));
    }
    assert!(report.trained_psnr("?", false).is_none() && report.half_life("?", 0).is_none());
    for (figure, panels) in [(report.figure(), 2), (report.kernels(), 2), (report.bands(), 4)] {
        assert_eq!(figure.to_json()["data"].as_array().map(Vec::len), Some(4 * panels));
    }
    let text = report.report()?.to_string();
    assert!(text.contains("[pictures: the image; MLP, 1 hidden; MLP, 2 hidden; product, N = 2;"), "{text}");
    assert_eq!(report.reconstructions().to_html().matches("<figcaption>").count(), 2 * 5);
    let verdicts = report.verdicts();
    assert_eq!(verdicts.rows().len(), 4);
    let speed = report.half_life(names[0], 3).unwrap() as f64 / report.half_life(names[2], 3).unwrap() as f64;
    assert_eq!((verdicts.rows()[0].measured, verdicts.rows()[0].bound), (speed, 1.0));
    assert!(study.clone().seed(Seed(1)).run()?.figure().to_json() != report.figure().to_json());
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
    // That a limit overflows does not mean that there is none.
    let power = network("power", serial((Dense::new(16).sigma_w(1.5), monomial(150), dense(1))));
    assert!(matches!(study().networks([(power, 1)]).run(), Err(Error::Overflow { .. })));
    // A constant image has nothing to learn in any band.
    assert!(matches!(study().image(of(0.5)).run(), Err(Error::TooSmall { .. })));
}

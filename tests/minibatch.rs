//! Training in minibatches: optimisers against trajectories computed elsewhere, the closed form, and bits.

use hadamard::prelude::*;

/// Five samples of two features.
fn samples() -> (Matrix, Matrix) {
    let x = array![[1.0, 0.5], [-0.3, 2.0], [0.7, -1.1], [0.2, 0.4], [-1.5, 0.1]];
    (x, array![[1.0], [-0.5], [2.0], [0.3], [0.8]])
}

/// `f = w·x` with `w = (0.4, -0.2)`.
fn linear() -> Result<Network> {
    let mut net = network("linear", Dense::new(1).plain_gain(1.0).into()).input(2).init(Seed(0))?;
    net.parameters_mut()[0].values.assign(&array![[0.4], [-0.2]]);
    Ok(net)
}

#[test]
fn optimisers_follow_the_formulas_of_pytorch() -> Result<()> {
    // Three epochs in batches of 2, 2 and 1, by a script in plain Python from the pages of `torch.optim.SGD` and `torch.optim.Adam`,
    // with PyTorch's first momentum buffer, which is the gradient itself.
    let sgd = Sgd::new(0.05).momentum(0.9).weight_decay(0.01);
    let expected: [(Optimiser, [f64; 2], [f64; 3]); 4] = [
        (
            Sgd::new(0.05).into(),
            [0.07553537082889256, -0.3124244968699045],
            [1.0497739933396393, 1.027415875806411, 1.0277351781222546],
        ),
        (
            sgd.into(),
            [-0.32872908388468114, -0.5230211287928852],
            [1.077894179446558, 0.8791009957080782, 0.9733570197405099],
        ),
        (
            sgd.nesterov().into(),
            [-0.3807818077195885, -0.5565190022739431],
            [1.1555558072368126, 0.9796194782205088, 1.1602231197639652],
        ),
        (
            Adam::new(0.1).weight_decay(0.01).into(),
            [0.37045081448007894, -0.3348702665946464],
            [1.1710446426850445, 0.9801119077770798, 0.9224009305372519],
        ),
    ];
    let (x, y) = samples();
    for (optimiser, weights, losses) in expected {
        let mut network = linear()?;
        let history = Minibatch::new(optimiser, 3).batch(2).train(&mut network, &x, &y)?;
        let found = network.parameters()[0].values.iter().chain(&history.losses);
        for (got, expected) in found.zip(weights.iter().chain(&losses)) {
            assert!((got - expected).abs() <= 1e-14, "{optimiser:?}: {got} {expected}");
        }
    }
    Ok(())
}

#[test]
fn least_squares_converges_to_its_closed_form() -> Result<()> {
    let x = sphere(60, 4, Seed(0))?;
    let y = array![[1.0, -2.0], [0.5, 0.0], [0.0, 1.0], [2.0, 0.3]];
    let y = x.dot(&y) + sphere(60, 2, Seed(1))? * 0.1;
    // (XᵀX)⁻¹ Xᵀ Y by many steps of Richardson's iteration, which is not what is tested.
    let (gram, mut exact) = (x.t().dot(&x), Array2::<f64>::zeros((4, 2)));
    for _ in 0..4000 {
        exact = &exact + &((x.t().dot(&y) - gram.dot(&exact)) / 30.0);
    }
    let gap = |optimiser: Optimiser, batch, epochs| -> Result<f64> {
        let mut network = network("linear", Dense::new(2).plain_gain(1.0).into()).input(4).init(Seed(2))?;
        Minibatch::new(optimiser, epochs).batch(batch).shuffle(Seed(3)).train(&mut network, &x, &y)?;
        Ok((&network.parameters()[0].values - &exact).iter().fold(0.0, |m: f64, d| m.max(d.abs())))
    };
    let whole = [Sgd::new(0.5).into(), Sgd::new(0.2).momentum(0.8).nesterov().into(), Adam::new(0.01).into()];
    for optimiser in whole {
        let gap = gap(optimiser, 60, 3000)?;
        assert!(gap <= 1e-8, "{optimiser:?}: {gap:e}");
    }
    // In batches the steps jitter about the solution, the less the smaller the rate.
    let (coarse, fine) = (gap(Sgd::new(0.1).into(), 10, 2000)?, gap(Sgd::new(0.01).into(), 10, 2000)?);
    assert!(fine < coarse / 2.0 && fine <= 5e-3, "{coarse:e} {fine:e}");
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() -> Result<()> {
    let (x, y) = (sphere(300, 6, Seed(0))?, sphere(300, 2, Seed(1))?);
    let net = network("two outputs", serial([hidden(), relu(), hidden(), relu(), dense(2)])).width(70).input(6);
    let start = net.init(Seed(2))?;
    let run = |threads: usize, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut single = start.cast::<f32>();
            let sgd = Sgd::new(0.05).momentum(0.9).nesterov();
            let history = Minibatch::new(sgd, 3).batch(128).shuffle(seed).train(&mut single, &x, &y)?;
            let mut double = start.clone();
            let adam = Minibatch::new(Adam::new(1e-3), 3).batch(128).shuffle(seed).train(&mut double, &x, &y)?;
            Ok::<_, Error>((history, single, adam, double))
        })
    };
    let one = run(1, Seed(3))?;
    assert_eq!(one, run(2, Seed(3))?);
    assert!(one.0 != run(1, Seed(4))?.0);
    assert!(one.0.losses.len() == 3 && one.0.losses[2] < one.0.losses[0]);
    Ok(())
}

#[test]
fn settings_and_data_that_cannot_be_trained_with_are_refused() -> Result<()> {
    let (x, y) = samples();
    let train = |training: Minibatch, y: &Matrix| training.train(&mut linear()?, &x, y);
    let sgd = Sgd::new(0.1);
    for optimiser in [
        Optimiser::from(Sgd::new(0.0)),
        Sgd::new(f64::NAN).into(),
        sgd.momentum(1.0).into(),
        sgd.nesterov().into(),
        sgd.weight_decay(-1.0).into(),
        Adam::new(-1.0).into(),
        Adam::new(0.1).decays(0.9, 1.0).into(),
    ] {
        assert!(matches!(train(Minibatch::new(optimiser, 1), &y), Err(Error::Range { .. })), "{optimiser:?}");
    }
    assert!(matches!(train(Minibatch::new(sgd, 1).batch(0), &y), Err(Error::Range { .. })));
    let two = Array2::zeros((5, 2));
    assert!(matches!(train(Minibatch::new(sgd, 1), &two), Err(Error::Size { expected: 1, got: 2, .. })));
    let four = Array2::zeros((4, 1));
    assert!(matches!(train(Minibatch::new(sgd, 1), &four), Err(Error::Size { expected: 5, got: 4, .. })));
    let mut hole = y.clone();
    hole[[3, 0]] = f64::NAN;
    assert!(matches!(train(Minibatch::new(sgd, 1), &hole), Err(Error::NotFinite { row: 3, .. })));
    match train(Minibatch::new(Sgd::new(100.0), 50).batch(2), &y) {
        Err(Error::TrainingDiverged { step, rate, .. }) => assert!(step < 10 && rate == 100.0),
        other => panic!("{other:?}"),
    }
    let mup = mlp(1).width(8).input(2).parametrisation(Parametrisation::MuP);
    let adam = Minibatch::new(Adam::new(0.1), 1).train(&mut mup.init(Seed(0))?, &x, &y);
    assert!(matches!(adam, Err(Error::Range { .. })));
    assert!(Minibatch::new(sgd, 0).train(&mut linear()?, &x, &y)?.losses.is_empty());
    Ok(())
}

#[test]
fn training_says_how_far_it_is_unless_told_to_be_quiet() {
    use std::sync::{Arc, Mutex};
    let x = sphere(7, 3, Seed(0)).unwrap();
    let y = x.column(0).to_owned().insert_axis(Axis(1));
    let lines_of = |work: &dyn Fn()| {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let progress = Progress::to(move |line| sink.lock().unwrap().push(line.to_string()));
        progress.every(std::time::Duration::ZERO).during(work);

        lines.lock().unwrap().clone()
    };
    let network = || network("small", dense(1)).input(3).init(Seed(1)).unwrap();
    let training = || Minibatch::new(Sgd::new(0.01), 2).batch(3);
    let lines = lines_of(&|| drop(training().train(&mut network(), &x, &y).unwrap()));
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert!(lines[0].starts_with("training small: 1 of 6 steps, "), "{lines:?}");
    let whole = FullBatch::new(0.01, 4);
    let y1 = y.column(0).to_owned();
    let lines = lines_of(&|| drop(whole.train(&mut network(), &x, &y1).unwrap()));
    assert_eq!(lines.len(), 4, "{lines:?}");
    let sampling = MonteCarlo::new(3, Seed(0));
    let net = network().net().clone();
    let lines = lines_of(&|| drop(sampling.run(&net, &x).unwrap()));
    assert!(lines.iter().any(|line| line.starts_with("Monte-Carlo kernel of small: 3 of 3 networks, ")), "{lines:?}");
    let quiet = lines_of(&|| {
        training().quiet().train(&mut network(), &x, &y).unwrap();
        whole.clone().quiet().train(&mut network(), &x, &y1).unwrap();
        sampling.clone().quiet().run(&net, &x).unwrap();
    });
    assert!(quiet.is_empty(), "{quiet:?}");
}

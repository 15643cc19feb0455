//! Settings, data and functions that cannot be trained with are refused with their numbers, and progress is told.

use super::normals;
use hadamard::prelude::*;

/// Five samples of two features.
fn samples() -> (Matrix, Matrix) {
    let x = array![[1.0, 0.5], [-0.3, 2.0], [0.7, -1.1], [0.2, 0.4], [-1.5, 0.1]];
    (x, array![[1.0], [-0.5], [2.0], [0.3], [0.8]])
}

fn linear() -> Network {
    network("linear", Dense::new(1).plain_gain(1.0).into()).input(2).init(Seed(0)).unwrap()
}

fn train(trainer: Trainer, objective: &Objective) -> Result<TrainingRun> {
    trainer.quiet().train(&mut linear(), objective)
}

#[test]
fn numbers_that_are_not_legal() -> Result<()> {
    let (x, y) = samples();
    let (objective, sgd) = (Objective::new(&x, &y, SquaredError)?, Sgd::new(0.1));
    for optimiser in [
        Optimiser::from(Sgd::new(0.0)),
        Sgd::new(f64::NAN).into(),
        Sgd::new(f64::INFINITY).into(),
        sgd.momentum(1.0).into(),
        sgd.nesterov().into(),
        sgd.weight_decay(-1.0).into(),
        Adam::new(-1.0).into(),
        Adam::new(0.1).decays(0.9, 1.0).into(),
        Adadelta::new(0.0).into(),
        Adadelta::new(1.0).decay(1.0).into(),
        Adadelta::new(1.0).epsilon(0.0).into(),
        Adadelta::new(1.0).weight_decay(f64::NAN).into(),
    ] {
        assert!(matches!(train(Trainer::steps(1, optimiser), &objective), Err(Error::Range { .. })), "{optimiser:?}");
    }
    let steps = || Trainer::steps(3, sgd);
    for trainer in [
        steps().batch(0),
        steps().repeat(0),
        steps().schedule(Schedule::step_decay(0, 0.5)),
        steps().schedule(Schedule::cosine(f64::NAN)),
        steps().schedule(Schedule::function("falls below zero", |t, _| 1.0 - t as f64)),
        steps().observe(Observer::new(When::Every(0)).loss()),
        steps().observe(Observer::new(When::Steps(vec![4])).loss()),
        steps().observe(Observer::new(When::Times(vec![0.31])).loss()),
    ] {
        assert!(matches!(train(trainer.clone(), &objective), Err(Error::Range { .. })), "{trainer:?}");
    }
    for penalty in [Penalty::to_zero(-1.0), Penalty::to_zero(f64::NAN), Penalty::to_zero(1.0).weights(&[-0.5])] {
        let objective = objective.clone().penalty(penalty.clone());
        assert!(matches!(train(steps(), &objective), Err(Error::Range { .. })), "{penalty:?}");
        assert!(matches!(objective.value(&linear()), Err(Error::Range { .. })), "{penalty:?}");
    }
    let fixed = network("fixed scale", serial((dense(1), trained_scale(1.0)))).input(2).init(Seed(0))?;
    let prior = objective.clone().penalty(Penalty::to_zero(1.0).prior_precision());
    assert!(matches!(prior.value(&fixed), Err(Error::Range { value: 0.0, .. })));
    Ok(())
}

#[test]
fn data_that_do_not_fit() -> Result<()> {
    let (x, y) = samples();
    let hole = |a: &Matrix| {
        let mut a = a.clone();
        a[[3, 0]] = f64::NAN;
        a
    };
    assert!(matches!(
        Objective::new(&x, &Array2::zeros((4, 1)), SquaredError),
        Err(Error::Size { expected: 5, got: 4, .. })
    ));
    assert!(matches!(
        Objective::new(&x, &ndarray::Array3::zeros((5, 1, 1)), SquaredError),
        Err(Error::Size { got: 3, .. })
    ));
    assert!(matches!(Objective::new(&x, &hole(&y), SquaredError), Err(Error::NotFinite { row: 3, .. })));
    assert!(matches!(Objective::new(&hole(&x), &y, SquaredError), Err(Error::NotFinite { row: 3, column: 0, .. })));
    assert!(matches!(
        Objective::new(&Array2::zeros((0, 2)), &Array2::zeros((0, 1)), SquaredError),
        Err(Error::NoRows { .. })
    ));
    assert!(matches!(Objective::new(&x, &y, Logistic), Err(Error::Range { value: -0.5, .. })));
    assert!(matches!(Objective::new(&x, &y, SoftmaxCrossEntropy), Err(Error::Size { expected: 2, got: 1, .. })));
    let objective = |x: &Matrix, y: &Matrix| Objective::new(x, y, SquaredError).unwrap();
    let steps = || Trainer::steps(1, Sgd::new(0.1));
    let two = objective(&x, &Array2::zeros((5, 2)));
    assert!(matches!(train(steps(), &two), Err(Error::Size { expected: 1, got: 2, .. })));
    let three = objective(&Array2::ones((5, 3)), &y);
    assert!(matches!(train(steps(), &three), Err(Error::Size { expected: 2, got: 3, .. })));
    let other = mlp(1).width(3).input(2).init(Seed(0))?;
    let start = objective(&x, &y).penalty(Penalty::to_start(1.0, &other));
    assert!(matches!(train(steps(), &start), Err(Error::Size { expected: 1, got: 2, .. })));
    let weights = objective(&x, &y).penalty(Penalty::to_zero(1.0).weights(&[1.0, 1.0]));
    assert!(matches!(train(steps(), &weights), Err(Error::Size { expected: 1, got: 2, .. })));
    let observer = Observer::new(When::Every(1));
    assert!(matches!(
        observer.clone().accuracy_on("a", &x, &Array2::zeros((4, 1))),
        Err(Error::Size { expected: 5, got: 4, .. })
    ));
    let wide = observer.clone().loss_on("loss", &x, &Array2::zeros((5, 2)), SquaredError)?;
    assert!(matches!(train(steps().observe(wide), &objective(&x, &y)), Err(Error::Size { expected: 1, got: 2, .. })));
    let elsewhere = observer.outputs("f", &Array2::ones((1, 3)));
    assert!(matches!(
        train(steps().observe(elsewhere), &objective(&x, &y)),
        Err(Error::Size { expected: 2, got: 3, .. })
    ));
    let mut broken = linear();
    broken.parameters_mut()[0].values[[1, 0]] = f64::INFINITY;
    let trained = steps().train(&mut broken, &objective(&x, &y));
    assert!(matches!(trained, Err(Error::NotFinite { row: 1, .. })));
    Ok(())
}

#[test]
fn functions_of_the_user_that_go_wrong() -> Result<()> {
    let (x, y) = samples();
    let objective = Objective::new(&x, &y, SquaredError)?;
    let steps = || Trainer::steps(3, Sgd::new(0.1));
    let own = || Error::Unlike { place: "a function of one's own", reason: "on purpose" };
    let perturbed = |how: fn(Matrix) -> Result<Matrix>| {
        train(steps(), &objective.clone().perturb("wrong", move |_, batch| how(batch.x.clone())))
    };
    assert!(matches!(perturbed(|x| Ok(x * f64::NAN)), Err(Error::NotFinite { .. })));
    assert!(matches!(perturbed(|x| Ok(x.t().to_owned())), Err(Error::Size { expected: 5, got: 2, .. })));
    assert!(matches!(perturbed(|_| Err(Error::Overflow { place: "mine" })), Err(Error::Overflow { place: "mine" })));
    let observer = Observer::new(When::Every(1)).value("wrong", move |_| Err(own()));
    assert!(matches!(train(steps().observe(observer), &objective), Err(Error::Unlike { .. })));
    let grows =
        Observer::new(When::Every(1)).array("grows", |state| Ok(ndarray::ArrayD::zeros(vec![state.step as usize])));
    assert!(matches!(train(steps().observe(grows), &objective), Err(Error::Size { expected: 0, got: 1, .. })));
    assert!(matches!(train(steps().stop_when("wrong", move |_| Err(own())), &objective), Err(Error::Unlike { .. })));

    /// A loss whose derivative is not a number where its value is one.
    struct Broken;
    impl Loss for Broken {
        fn value(&self, _: &[f64], y: &[f64]) -> f64 {
            y[0]
        }
        fn gradient(&self, _: &[f64], y: &[f64], gradient: &mut [f64]) {
            gradient[0] = if y[0] > 1.5 { f64::NAN } else { 0.0 };
        }
    }
    let broken = Objective::new(&x, &y, Broken)?;
    assert!(matches!(train(steps(), &broken), Err(Error::NotFinite { row: 2, column: 0, .. })));
    assert!(matches!(broken.gradient(&linear()), Err(Error::NotFinite { row: 2, column: 0, .. })));
    Ok(())
}

#[test]
fn training_that_diverges_ends_with_the_step_and_the_rate() -> Result<()> {
    let (x, y) = samples();
    let objective = Objective::new(&x, &y, SquaredError)?;
    for trainer in [Trainer::steps(50, Sgd::new(100.0)), Trainer::epochs(50, Sgd::new(100.0)).batch(2)] {
        match train(trainer, &objective) {
            Err(Error::TrainingDiverged { step, rate, .. }) => assert!(step < 10 && rate == 100.0),
            other => panic!("{other:?}"),
        }
    }
    // In a single step: of the parameters, or of the loss after it.
    let trained = train(Trainer::steps(1, Sgd::new(1e300)), &objective);
    assert!(matches!(trained, Err(Error::TrainingDiverged { step: 1, .. })), "{trained:?}");
    let far = Objective::new(&x, &(y * 1e5), SquaredError)?;
    for sgd in [Sgd::new(1e307), Sgd::new(1e307).momentum(0.5)] {
        for batch in [2, 5] {
            let trained = train(Trainer::steps(1, sgd).batch(batch), &far);
            assert!(matches!(trained, Err(Error::TrainingDiverged { step: 1, .. })), "{trained:?}");
        }
    }
    Ok(())
}

#[test]
fn rates_of_gradient_descent_are_not_for_adam() -> Result<()> {
    let (x, y) = samples();
    let objective = Objective::new(&x, &y, SquaredError)?;
    let mup = mlp(1).width(8).input(2).parametrisation(Parametrisation::MuP);
    for optimiser in [Optimiser::from(Adam::new(0.1)), Adadelta::new(1.0).into()] {
        let train = |net: &Net| Trainer::steps(1, optimiser).quiet().train(&mut net.init(Seed(0))?, &objective);
        assert!(matches!(train(&mup), Err(Error::Range { value: 8.0, .. })));
        assert!(train(&mup.clone().learning_rates(&[1.0, 0.5])).is_ok());
    }
    Ok(())
}

#[test]
fn training_says_how_far_it_is_unless_told_to_be_quiet() {
    use std::sync::{Arc, Mutex};
    let x = normals((7, 3), 0);
    let y = x.column(0).to_owned();
    let lines_of = |work: &dyn Fn()| {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let progress = Progress::to(move |line| sink.lock().unwrap().push(line.to_string()));
        progress.every(std::time::Duration::ZERO).during(work);

        lines.lock().unwrap().clone()
    };
    let network = || network("small", dense(1)).input(3).init(Seed(1)).unwrap();
    let objective = Objective::new(&x, &y, SquaredError).unwrap();
    let training = || Trainer::epochs(2, Sgd::new(0.01)).batch(3);
    let lines = lines_of(&|| drop(training().train(&mut network(), &objective).unwrap()));
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert!(lines[0].starts_with("training small: 1 of 6 steps, "), "{lines:?}");
    let whole = Trainer::steps(4, Sgd::new(0.01));
    let lines = lines_of(&|| drop(whole.train(&mut network(), &objective).unwrap()));
    assert_eq!(lines.len(), 4, "{lines:?}");
    let sampling = MonteCarlo::new(3, Seed(0));
    let net = network().net().clone();
    let lines = lines_of(&|| drop(sampling.run(&net, &x).unwrap()));
    assert!(lines.iter().any(|line| line.starts_with("Monte-Carlo kernel of small: 3 of 3 networks, ")), "{lines:?}");
    let quiet = lines_of(&|| {
        training().quiet().train(&mut network(), &objective).unwrap();
        whole.clone().quiet().train(&mut network(), &objective).unwrap();
        sampling.clone().quiet().run(&net, &x).unwrap();
    });
    assert!(quiet.is_empty(), "{quiet:?}");
}

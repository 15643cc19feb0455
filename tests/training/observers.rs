//! Records against what is computed apart, at the steps asked for; rules to stop.

use super::{classes, normals};
use hadamard::prelude::*;

fn net() -> Net {
    network("smooth", serial((Dense::hidden().bias(0.2), tanh(), dense(3)))).input(4).width(9)
}

/// Every quantity of the library.
fn watching(when: When, x: &Matrix, y: &Matrix) -> Result<Observer> {
    Observer::new(when)
        .loss()
        .accuracy()
        .training_outputs()
        .outputs("f", x)
        .kernel("traced", Outputs::Averaged, x)
        .kernel("full", Outputs::All, x)
        .value("norm", |state| Ok(state.model.parameters()[0].iter().map(|v| v * v).sum()))
        .array("bias", |state| Ok(state.model.parameters()[1].clone().into_dyn()))
        .loss_on("test loss", x, y, SquaredError)?
        .accuracy_on("test accuracy", x, y)
}

#[test]
fn records_are_what_is_computed_of_the_network_then() -> Result<()> {
    let (x, y) = (normals((40, 4), 1), classes(40, 3));
    let (others, labels) = (normals((6, 4), 2), classes(6, 3));
    for minibatches in [false, true] {
        let trainer = |steps| {
            let trainer = Trainer::steps(steps, Sgd::new(0.1).momentum(0.5)).quiet();
            if minibatches { trainer.batch(16).shuffle(Seed(1)) } else { trainer }
        };
        let objective = Objective::new(&x, &y, SoftmaxCrossEntropy)?;
        let (start, steps) = (net().init(Seed(3))?, vec![0, 1, 4, 9]);
        let observer = watching(When::Steps(steps.clone()), &others, &labels)?;
        let run = trainer(9).observe(observer).train(&mut start.clone(), &objective)?;
        let records = &run.records[0];
        assert_eq!(records.steps, steps);
        let per_epoch = if minibatches { 3.0 } else { 1.0 };
        for (index, &step) in steps.iter().enumerate() {
            let mut network = start.clone();
            trainer(step).train(&mut network, &objective)?;
            let at = |name: &str| records.array(name).unwrap().index_axis(Axis(0), index).to_owned();
            let close = |name: &str, expected: ndarray::ArrayD<f64>| {
                let got = at(name);
                assert_eq!(got.shape(), expected.shape(), "{name}");
                let error =
                    (&got - &expected).iter().fold(0.0, |m: f64, d| if d.is_nan() { *d } else { m.max(d.abs()) });
                assert!(error <= 1e-13, "{name} at step {step}: {error}");
            };
            let number = |value: f64| ndarray::arr0(value).into_dyn();
            let (f, g) = (network.outputs(&x)?, network.outputs(&others)?);
            close("loss", number(objective.value(&network)?));
            close("accuracy", number(accuracy(&argmax(&f)?, &argmax(&y)?)?));
            close("outputs", f.into_dyn());
            close("traced", network.kernel_of(Outputs::Averaged, &others)?.ntk().values().clone().into_dyn());
            close("full", network.kernel(&others)?.ntk().values().clone().into_dyn());
            close("norm", number(network.parameters()[0].values.iter().map(|v| v * v).sum()));
            close("bias", network.parameters()[1].values.clone().into_dyn());
            close("test loss", number((&g - &labels).iter().map(|r| r * r).sum::<f64>() / 6.0));
            close("test accuracy", number(accuracy(&argmax(&g)?, &argmax(&labels)?)?));
            close("f", g.into_dyn());
            assert!((records.epochs[index] - step as f64 / per_epoch).abs() <= 1e-15);
            assert!((records.times[index] - 0.1 * step as f64).abs() <= 1e-15);
        }
        assert_eq!(records.series.len(), 10);
        assert!(matches!(records.array("?"), Err(Error::NoColumn { .. })));
        assert!(matches!(records.values("f"), Err(Error::Size { expected: 1, got: 18, .. })));
    }
    Ok(())
}

#[test]
fn records_come_at_epochs_times_and_steps_and_at_the_end() -> Result<()> {
    let (x, y) = (normals((10, 4), 1), normals((10, 3), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    // Three steps an epoch; rates 0.1 and, from step 6 on, 0.05.
    let trainer = [
        When::Every(5),
        When::Steps(vec![3, 1]),
        When::Epochs(vec![0.5, 1.0, 3.0]),
        When::Times(vec![0.25, 0.6, 0.61]),
        When::Equidistant(1),
        When::PerDecade(2),
    ]
    .into_iter()
    .fold(Trainer::epochs(4, Sgd::new(0.1)).batch(4), |trainer, when| trainer.observe(Observer::new(when).loss()));
    let run = trainer.schedule(Schedule::milestones(&[6], 0.5)).train(&mut net().init(Seed(3))?, &objective)?;
    let steps: Vec<Vec<u64>> = run.records.iter().map(|records| records.steps.clone()).collect();
    assert_eq!(steps[0], [0, 5, 10, 12]);
    assert_eq!(steps[1], [1, 3, 12]);
    assert_eq!(steps[2], [2, 3, 9, 12]);
    assert_eq!(steps[3], [3, 6, 7, 12]);
    assert_eq!(steps[4], [0, 6, 12]);
    assert_eq!(steps[5], [0, 1, 3, 10, 12]);
    for (time, expected) in run.records[3].times.iter().zip([0.3, 0.6, 0.65, 0.9]) {
        assert!((time - expected).abs() <= 1e-14, "{time}");
    }
    // Records of the same step agree.
    assert_eq!(run.records[0].values("loss")?[3], run.records[4].values("loss")?[2]);
    Ok(())
}

#[test]
fn runs_without_steps_have_one_record_and_change_nothing() -> Result<()> {
    let (x, y) = (normals((10, 4), 1), normals((10, 3), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let start = net().init(Seed(3))?;
    for trainer in [Trainer::steps(0, Adam::new(0.1)), Trainer::epochs(0, Sgd::new(0.1)).batch(3)] {
        let (mut network, trainer) = (start.clone(), trainer.schedule(Schedule::cosine(0.0)));
        let observers = [When::Every(3), When::Equidistant(4), When::PerDecade(3), When::Steps(vec![])];
        let trainer = observers.into_iter().fold(trainer, |trainer, when| trainer.observe(Observer::new(when).loss()));
        let run = trainer.train(&mut network, &objective)?;
        assert!(network == start && run.steps == 0 && run.losses.is_empty());
        assert!(run.records.iter().all(|records| records.steps == [0]));
        assert_eq!(run.records[0].values("loss")?, [objective.value(&start)?]);
    }
    Ok(())
}

#[test]
fn rules_stop_before_the_step() -> Result<()> {
    let (x, start) = (normals((12, 4), 1), net().init(Seed(3))?);
    let y = start.outputs(&x)? + normals((12, 3), 2) * 0.1;
    let objective = Objective::new(&x, &y, SquaredError)?;
    let observed = |trainer: Trainer| trainer.observe(Observer::new(When::Every(100)).loss()).quiet();
    let all = observed(Trainer::steps(200, Sgd::new(0.05))).train(&mut start.clone(), &objective)?;
    let bound = (all.losses[80] + all.losses[81]) / 2.0;
    let mut network = start.clone();
    let run = observed(Trainer::steps(200, Sgd::new(0.05)).stop_below(bound)).train(&mut network, &objective)?;
    assert_eq!((run.steps, run.losses.len()), (81, 81));
    assert_eq!(run.losses, all.losses[..81]);
    assert_eq!(run.stopped.as_deref(), Some(format!("loss below {bound:?}").as_str()));
    assert_eq!(run.records[0].steps, [0, 81]);
    assert!((objective.value(&network)? - all.losses[81]).abs() <= 1e-14);

    // In minibatches the mean of the epoch before, and functions are asked between epochs.
    let minibatches = || observed(Trainer::epochs(50, Sgd::new(0.05)).batch(5));
    let all = minibatches().train(&mut start.clone(), &objective)?;
    let bound = (all.losses[20] + all.losses[21]) / 2.0;
    let run = minibatches().stop_below(bound).train(&mut start.clone(), &objective)?;
    assert_eq!((run.steps, run.losses.len()), (22 * 3, 22));
    let run =
        minibatches().stop_when("ten steps", |state| Ok(state.step >= 10)).train(&mut start.clone(), &objective)?;
    assert_eq!((run.steps, run.stopped.as_deref()), (12, Some("ten steps")));
    let run = minibatches().stop_when("time", |state| Ok(state.time >= 1e9)).train(&mut start.clone(), &objective)?;
    assert_eq!((run.steps, run.stopped), (150, None));
    let run = minibatches().stop_below(f64::INFINITY).train(&mut start.clone(), &objective)?;
    assert_eq!(run.steps, 3);
    Ok(())
}

#[test]
fn functions_see_the_state_of_the_run() -> Result<()> {
    let (x, y) = (normals((10, 4), 1), normals((10, 3), 2).mapv(f64::signum));
    let objective = Objective::new(&x, &y, Logistic)?;
    let observer = Observer::new(When::Every(1))
        .value("step", |state| Ok(state.step as f64))
        .value("epoch", |state| Ok(state.epoch))
        .value("time", |state| Ok(state.time))
        .value("rate", |state| Ok(state.rate))
        .value("points", |state| Ok(state.objective.points().nrows() as f64))
        .value("kernel", |state| {
            Ok(state.model.kernel_of(Outputs::Averaged, state.objective.points())?.ntk().values()[[0, 0]])
        });
    let trainer = Trainer::steps(4, Sgd::new(0.2)).batch(5).schedule(Schedule::step_decay(1, 0.5)).observe(observer);
    let mut single = net().init(Seed(3))?.cast::<f32>();
    let records = trainer.train(&mut single, &objective)?.records.remove(0);
    assert_eq!(records.values("step")?, [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(records.values("epoch")?, [0.0, 0.5, 1.0, 1.5, 2.0]);
    assert_eq!(records.values("rate")?, [0.2, 0.1, 0.05, 0.025, 0.025]);
    assert_eq!(records.values("time")?, records.times);
    assert!((records.times[4] - 0.375).abs() <= 1e-15);
    assert_eq!(records.values("points")?, [10.0; 5]);
    assert_eq!(records.values("kernel")?[4], single.kernel_of(Outputs::Averaged, &x)?.ntk().values()[[0, 0]]);
    Ok(())
}

#[test]
fn the_sharpness_is_the_largest_eigenvalue_of_the_hessian_in_training() -> Result<()> {
    let (x, y) = (normals((30, 3), 1), normals((30, 2), 2));
    let nets = [
        network("tanh", serial([dense(12), tanh(), dense(2)])),
        network("MuP", serial([dense(12), relu(), dense(12), tanh(), dense(2)])).parametrisation(Parametrisation::MuP),
        network("product", serial([hadamard([dense(9), dense(9)]), dense(2)])),
    ];
    for net in nets {
        let objective = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_zero(0.3));
        let watch = Observer::new(When::Every(5)).sharpness().array("θ", |state| {
            let values: Vec<f64> = state.model.parameters().iter().flatten().copied().collect();
            Ok(ndarray::Array1::from(values).into_dyn())
        });
        let start = net.input(3).init(Seed(3))?;
        let mut trained = start.clone();
        let run = Trainer::steps(40, Sgd::new(0.01)).observe(watch).train(&mut trained, &objective)?;
        let parameters = run.records[0].array("θ")?;
        for (record, sharpness) in run.records[0].values("sharpness")?.into_iter().enumerate() {
            let mut there = start.clone();
            let mut values = parameters.index_axis(Axis(0), record).iter().copied().collect::<Vec<f64>>().into_iter();
            for parameter in there.parameters_mut() {
                parameter.values.mapv_inplace(|_| values.next().expect("as many"));
            }
            let operator = there.hessian_operator(&SquaredError, &x, &y)?.with_rates();
            let hessian = operator.apply(&Matrix::eye(operator.dim()))?;
            let hessian = (&hessian + &hessian.t()) / 2.0;
            let expected = SymmetricEigen::new(&hessian)?.largest();
            // Never above, and no further below than the residual that it is taken to.
            let share = sharpness / expected;
            assert!((0.98..=1.0 + 1e-12).contains(&share), "record {record}: {sharpness} {expected}");
        }
        let other = Trainer::steps(1, Sgd::new(0.01)).observe(Observer::new(When::Every(1)).sharpness());
        assert!(matches!(other.train(&mut start.linearised(), &objective), Err(Error::Unlike { .. })));
    }
    Ok(())
}

/// A network of a record is that of a training that ends there, in both precisions, and can be trained on.
#[test]
fn recorded_parameters_are_networks() -> Result<()> {
    let (x, y) = (normals((20, 4), 1), classes(20, 3));
    let objective = Objective::new(&x, &y, SoftmaxCrossEntropy)?;
    let start = net().init(Seed(3))?;
    let trainer = |steps| Trainer::steps(steps, Sgd::new(0.1)).batch(7).shuffle(Seed(1)).quiet();
    let observer = || Observer::new(When::Steps(vec![0, 3, 8])).parameters();
    let records = trainer(8).observe(observer()).train(&mut start.clone(), &objective)?.records.remove(0);
    let single = trainer(8).observe(observer()).train(&mut start.cast::<f32>(), &objective)?.records.remove(0);
    for (record, steps) in [(0, 0), (1, 3), (2, 8)] {
        let (mut ended, mut ended_single) = (start.clone(), start.cast::<f32>());
        trainer(steps).train(&mut ended, &objective)?;
        trainer(steps).train(&mut ended_single, &objective)?;
        assert_eq!(records.network(&start, record)?.outputs(&x)?, ended.outputs(&x)?);
        assert_eq!(single.network(&start.cast::<f32>(), record)?.outputs(&x)?, ended_single.outputs(&x)?);
    }
    let said = |found: Result<Network>| found.unwrap_err().to_string();
    assert!(said(records.network(&start, 3)).contains("the record, counted from 0, is 3"));
    let other = mlp(2).width(9).input(4).init(Seed(0))?;
    assert!(said(records.network(&other, 1)).contains("parameters"));
    let none = trainer(2).observe(Observer::new(When::Every(1)).loss()).train(&mut start.clone(), &objective)?;
    assert!(matches!(none.records[0].network(&start, 0), Err(Error::NoColumn { .. })));
    Ok(())
}

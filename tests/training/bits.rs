//! The same bits: on any number of threads, in any batches that are one, from any order in memory, stopped anywhere, and by the short forms.

use super::{nets, normals};
use hadamard::prelude::*;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Trainers of every optimiser, in full batches and in minibatches.
fn trainers() -> Vec<Trainer> {
    let optimisers = [
        Optimiser::from(Sgd::new(0.01)),
        Sgd::new(0.01).momentum(0.9).nesterov().weight_decay(0.01).into(),
        Adam::new(1e-3).into(),
        Adadelta::new(1.0).into(),
    ];
    let mut list = Vec::new();
    for optimiser in optimisers {
        list.push(Trainer::steps(7, optimiser));
        list.push(Trainer::epochs(3, optimiser).batch(128).shuffle(Seed(3)).schedule(Schedule::cosine(0.1).warm_up(2)));
    }
    list.into_iter()
        .map(|trainer| trainer.observe(Observer::new(When::Every(2)).loss().training_outputs()).quiet())
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() -> Result<()> {
    // Several blocks for every thread; and a network that is streamed.
    let deep = network("two outputs", serial((hidden(), relu(), hidden(), relu(), dense(2)))).width(70).input(6);
    let wide = network("streamed", serial([hadamard([dense(1100), dense(1100)]), dense(2)])).input(6);
    for (net, n) in [(deep, 1300), (wide, 200)] {
        on_any_number_of_threads(&net.init(Seed(2))?, n)?;
    }
    Ok(())
}

fn on_any_number_of_threads(start: &Network, n: usize) -> Result<()> {
    let (x, labels) = (normals((n, 6), 1), super::classes(n, 2));
    let objective = Objective::new(&x, &labels, SoftmaxCrossEntropy)?.penalty(Penalty::to_start(0.01, start));
    for trainer in trainers() {
        let run = |threads| {
            on(threads, || {
                let (mut single, mut double, mut linear) = (start.cast::<f32>(), start.clone(), start.linearised());
                let runs = [
                    trainer.train(&mut single, &objective).unwrap(),
                    trainer.train(&mut double, &objective).unwrap(),
                    trainer.train(&mut linear, &objective).unwrap(),
                ];
                (runs, single, double, linear)
            })
        };
        let one = run(1);
        assert!(one == run(2) && one == run(5), "{trainer:?}");
        assert!(one.0.iter().all(|run| run.losses.last() < run.losses.first()), "{trainer:?}");
    }
    Ok(())
}

#[test]
fn a_batch_of_all_samples_is_the_full_batch() -> Result<()> {
    for c in [1, 2] {
        for net in nets(3, c) {
            for n in [1, 2, 65] {
                let (x, y) = (normals((n, 3), 1), normals((n, c), 2));
                let (objective, start) = (Objective::new(&x, &y, SquaredError)?, net.init(Seed(1))?);
                for optimiser in [Optimiser::from(Sgd::new(0.01)), Sgd::new(0.01).momentum(0.5).into()] {
                    let (mut whole, mut batches) = (start.clone(), start.clone());
                    let observed = |trainer: Trainer| trainer.observe(Observer::new(When::Every(2)).loss()).quiet();
                    let one = observed(Trainer::steps(5, optimiser)).train(&mut whole, &objective)?;
                    let trainer = observed(Trainer::epochs(5, optimiser).batch(n + 7 * usize::from(c == 2)));
                    assert_eq!(trainer.train(&mut batches, &objective)?, one, "{}, n = {n}", net.name());
                    assert!(whole == batches, "{}, n = {n}", net.name());
                }
            }
        }
    }
    Ok(())
}

#[test]
fn another_order_of_the_samples_is_another_run() -> Result<()> {
    let (x, y) = (normals((20, 3), 1), normals((20, 1), 2));
    let (objective, start) = (Objective::new(&x, &y, SquaredError)?, mlp(1).width(8).input(3).init(Seed(1))?);
    let run = |trainer: Trainer| trainer.quiet().train(&mut start.clone(), &objective).map(|run| run.losses);
    let trainer = Trainer::epochs(3, Sgd::new(0.05)).batch(5);
    let (plain, one) = (run(trainer.clone())?, run(trainer.clone().shuffle(Seed(1)))?);
    assert!(plain != one && one != run(trainer.clone().shuffle(Seed(2)))?);
    assert_eq!(one, run(trainer.shuffle(Seed(1)))?);
    Ok(())
}

#[test]
fn arrays_in_any_order_in_memory_train_to_the_same_bits() -> Result<()> {
    let turned = |a: &Matrix| a.t().as_standard_layout().into_owned().reversed_axes();
    let (x, y) = (normals((40, 3), 1), normals((40, 2), 2));
    for net in nets(3, 2).into_iter().filter(|net| net.name() != "maximal update") {
        for trainer in trainers() {
            let (mut one, mut other) = (net.init(Seed(1))?, net.init(Seed(1))?);
            for parameter in other.parameters_mut() {
                parameter.values = turned(&parameter.values);
            }
            let expected = trainer.train(&mut one, &Objective::new(&x, &y, SquaredError)?)?;
            let run = trainer.train(&mut other, &Objective::new(&turned(&x), &turned(&y), SquaredError)?)?;
            assert!(run == expected && one == other, "{} {trainer:?}", net.name());
        }
    }
    Ok(())
}

#[test]
fn observers_change_no_bit() -> Result<()> {
    let (x, y, others) = (normals((40, 3), 1), normals((40, 2), 2), normals((5, 3), 3));
    for net in nets(3, 2).into_iter().filter(|net| net.name() != "maximal update") {
        for trainer in trainers() {
            let (mut one, mut other) = (net.init(Seed(1))?, net.init(Seed(1))?);
            let objective = Objective::new(&x, &y, SquaredError)?;
            let expected = trainer.train(&mut one, &objective)?;
            let observer = Observer::new(When::Every(1)).kernel("K", Outputs::All, &others).outputs("f", &others);
            let watched = trainer.observe(observer).stop_when("never", |state| Ok(state.loss()? < 0.0));
            assert_eq!(watched.train(&mut other, &objective)?.losses, expected.losses);
            assert!(one == other, "{}", net.name());
        }
    }
    Ok(())
}

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("training-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Stopped after every step and run again until it is through.
fn stop_and_go<F: Compute>(
    trainer: &Trainer,
    start: &Network<F>,
    objective: &Objective,
) -> (TrainingRun, Network<F>, usize) {
    let folder = Folder::new();
    let trainer = trainer.clone().checkpoint(&folder.0);
    let mut stops = 0;
    loop {
        std::fs::create_dir_all(&folder.0).unwrap();
        std::fs::write(folder.0.join("stop"), "").unwrap();
        let mut network = start.clone();
        match trainer.train(&mut network, objective) {
            Ok(run) => {
                // Complete, it is read.
                let mut again = start.clone();
                assert!(trainer.train(&mut again, objective).unwrap() == run && again == network);
                return (run, network, stops);
            }
            Err(Error::Stopped { done, .. }) => {
                stops += 1;
                assert_eq!(done, stops as u64);
                assert!(network == *start, "a run that was stopped leaves the network as it was");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn runs_stopped_after_every_step_end_in_the_same_bits() -> Result<()> {
    let (x, y) = (normals((300, 3), 1), normals((300, 2), 2));
    let net = nets(3, 2).swap_remove(3);
    let (start, plain) = (net.init(Seed(1))?, Objective::new(&x, &y, SquaredError)?);
    let perturbed = plain.clone().perturb("half", |model, batch| {
        Ok(batch.x + &(model.outputs(batch.x)?.column(0).to_owned().insert_axis(Axis(1)) * 0.01))
    });
    let penalised = perturbed.penalty(Penalty::to_start(0.1, &start));
    for trainer in trainers() {
        let by_rule = trainer.clone().repeat(2).stop_when("third step", |state| Ok(state.step >= 3));
        for (trainer, objective) in [(&trainer, &plain), (&by_rule, &penalised)] {
            let mut expected = start.clone();
            let run = trainer.train(&mut expected, objective)?;
            let (resumed, network, stops) = stop_and_go(trainer, &start, objective);
            assert!(resumed == run && network == expected, "{trainer:?}");
            assert_eq!(stops as u64, run.steps - u64::from(run.stopped.is_none()), "{trainer:?}");
            let single = start.cast::<f32>();
            let mut expected = single.clone();
            let run = trainer.train(&mut expected, objective)?;
            let (resumed, network, _) = stop_and_go(trainer, &single, objective);
            assert!(resumed == run && network == expected, "{trainer:?} in f32");
        }
    }
    Ok(())
}

#[test]
fn what_an_observer_remembers_is_resumed_too() -> Result<()> {
    let (x, y) = (normals((20, 3), 1), normals((20, 2), 2));
    let start = network("tanh", serial([dense(10), tanh(), dense(2)])).input(3).init(Seed(1))?;
    let objective = Objective::new(&x, &y, SquaredError)?;
    let trainer = Trainer::steps(7, Sgd::new(0.05)).observe(Observer::new(When::Every(1)).sharpness().loss()).quiet();
    let mut expected = start.clone();
    let run = trainer.train(&mut expected, &objective)?;
    let (resumed, network, _) = stop_and_go(&trainer, &start, &objective);
    assert!(resumed == run && network == expected);
    Ok(())
}

#[test]
fn the_short_forms_are_trainers() -> Result<()> {
    let (x, y) = (normals((30, 3), 1), normals((30, 1), 2));
    let start = mlp(2).width(10).input(3).init(Seed(1))?;
    let objective = Objective::new(&x, &y, SquaredError)?;
    let (mut short, mut long) = (start.clone(), start.clone());
    let history = FullBatch::new(0.02, 12).record_every(5).train(&mut short, &x, &y.column(0).to_owned())?;
    let observer = Observer::new(When::Every(5)).training_outputs();
    let records = Trainer::steps(12, Sgd::new(0.02)).observe(observer).train(&mut long, &objective)?.records.remove(0);
    assert!(short == long && history.steps == records.steps && history.steps == [0, 5, 10, 12]);
    assert_eq!(history.outputs.insert_axis(Axis(2)).into_dyn(), *records.array("outputs")?);
    let (mut short, mut long) = (start.clone(), start);
    let sgd = Sgd::new(0.02).momentum(0.9);
    let losses = Minibatch::new(sgd, 4).batch(7).shuffle(Seed(5)).train(&mut short, &x, &y)?.losses;
    let run = Trainer::epochs(4, sgd).batch(7).shuffle(Seed(5)).train(&mut long, &objective)?;
    assert!(short == long && losses == run.losses);
    Ok(())
}

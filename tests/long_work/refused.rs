//! Folders of other runs are refused, and say what differs.

use super::{Folder, Problem, descent, reason, recorded};
use hadamard::prelude::*;
use std::fs;

/// A loss with a number, which two of a type may differ in.
#[derive(Clone, Copy)]
struct Scaled(f64);

impl Loss for Scaled {
    fn value(&self, f: &[f64], y: &[f64]) -> f64 {
        self.0 * SquaredError.value(f, y)
    }

    fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]) {
        SquaredError.gradient(f, y, gradient);
        gradient.iter_mut().for_each(|g| *g *= self.0);
    }
}

#[test]
fn training_with_other_settings_is_refused_and_touches_nothing() {
    let (problem, folder) = (Problem::new(9, 12), Folder::new("settings"));
    let training = descent(0.02, 8).checkpoint(&folder.0);
    folder.stop();
    assert!(matches!(problem.train(&training), Err(Error::Stopped { .. })));
    let before = folder.files();
    let (network, x, y) = (&problem.network, &problem.x, &problem.y);
    let run = |training: Trainer, network: &Network, x: &Matrix, y: &Vector| {
        let objective = Objective::new(x, y, SquaredError)?;
        training.checkpoint(&folder.0).train(&mut network.clone(), &objective).map(|_| ())
    };
    let minimise = |objective: Objective| {
        descent(0.02, 8).checkpoint(&folder.0).train(&mut network.clone(), &objective).map(|_| ())
    };
    let same = descent(0.02, 8);
    let mut moved = network.clone();
    moved.parameters_mut()[3].values[[0, 0]] += 1e-15;
    let mut scaled = network.net().clone();
    scaled = scaled.parametrisation(Parametrisation::Standard);
    let scaled = {
        let mut other = scaled.init(Seed(2)).unwrap();
        for (there, here) in other.parameters_mut().iter_mut().zip(network.parameters()) {
            there.values = here.values.clone();
        }
        other
    };
    for (refused, what) in [
        (run(descent(0.03, 8), network, x, y), "the learning rate is 0.02 there and 0.03 here"),
        (run(descent(0.02, 9), network, x, y), "the number of steps is 8 there and 9 here"),
        (
            run(recorded(0.02, 8, 2), network, x, y),
            "the plan of records is outputs at Every(10) there and outputs at Every(2) here",
        ),
        (run(same.clone(), network, &(x * 1.5), y), "the points differ"),
        (run(same.clone(), network, x, &(y * 1.5)), "the targets differ"),
        (run(same.clone(), &moved, x, y), "the initial parameters differ"),
        (run(same.clone(), &scaled, x, y), "the parametrisation is NTK there and standard here"),
        (
            same.clone().checkpoint(&folder.0).train(&mut network.cast::<f32>(), &problem.objective()).map(|_| ()),
            "the number of bits of a parameter is 64 there and 32 here",
        ),
        (
            same.clone().checkpoint(&folder.0).train(&mut network.linearised(), &problem.objective()).map(|_| ()),
            "the model is network there and linearisation here",
        ),
        (minimise(Objective::new(x, y, Scaled(2.0)).unwrap()), "the values of the loss differ"),
        (
            minimise(problem.objective().penalty(Penalty::to_zero(0.5))),
            "the penalty is not set there and 0.5, weights 1 here",
        ),
        (
            minimise(problem.objective().perturb("noise", |_, batch| Ok(batch.x.clone()))),
            "the perturbation is not set there and noise here",
        ),
        (run(Trainer::steps(8, Sgd::new(0.02).momentum(0.5)), network, x, y), "momentum: 0.5"),
        (run(same.clone().batch(5), network, x, y), "the number of samples in a batch is 12 there and 5 here"),
        (run(same.clone().shuffle(Seed(4)), network, x, y), "the seed of the order is not set there and 4 here"),
        (run(same.clone().repeat(2), network, x, y), "the number of steps on a batch is 1 there and 2 here"),
        (
            run(same.clone().schedule(Schedule::step_decay(3, 0.5)), network, x, y),
            "the schedule is constant there and times 0.5 every 3 steps here",
        ),
        (
            run(same.clone().stop_below(1e-3), network, x, y),
            "the rule to stop is not set there and loss below 0.001 here",
        ),
    ] {
        let reason = reason(refused, &folder.0);
        assert!(reason.contains(what) && reason.ends_with("; choose another folder or delete this one"), "{reason}");
    }
    let sampled = MonteCarlo::new(3, Seed(0)).checkpoint(&folder.0).run(&ccp(2).width(4), x);
    let words = reason(sampled, &folder.0);
    assert!(words.contains("a checkpoint of training, not of Monte-Carlo kernel"), "{words}");
    assert!(folder.files() == before);
    assert!(problem.train(&training).is_ok());
}

#[test]
fn the_name_of_a_network_and_the_rhythm_of_saving_do_not_matter() {
    let (mut problem, folder) = (Problem::new(9, 12), Folder::new("names"));
    folder.stop();
    assert!(problem.train(&descent(0.02, 8).checkpoint(&folder.0)).is_err());
    let renamed = problem.network.net().clone().named("another name").init(Seed(2)).unwrap();
    problem.network = renamed;
    let often = Checkpoint::new(&folder.0).every(std::time::Duration::ZERO);
    assert!(problem.train(&descent(0.02, 8).checkpoint(often)).is_ok());
}

#[test]
fn sampling_with_other_settings_is_refused() {
    let (net, x, folder) = (ccp(2).width(5), sphere(4, 3, Seed(0)).unwrap(), Folder::new("other-sampling"));
    MonteCarlo::new(3, Seed(0)).checkpoint(&folder.0).run(&net, &x).unwrap();
    let run = |nets, seed, net: &Net, x: &Matrix| MonteCarlo::new(nets, seed).checkpoint(&folder.0).run(net, x);
    for (refused, what) in [
        (run(4, Seed(0), &net, &x), "the number of networks is 3 there and 4 here"),
        (run(3, Seed(1), &net, &x), "the seed is 0 there and 1 here"),
        (run(3, Seed(0), &net.clone().width(6), &x), "the width is 5 there and 6 here"),
        (run(3, Seed(0), &network("other layers", serial([hidden(), dense(1)])).width(5), &x), "the layers differ"),
        (run(3, Seed(0), &net, &-&x), "the points differ"),
    ] {
        let words = reason(refused, &folder.0);
        assert!(words.contains(what), "{words}");
    }
}

#[test]
fn bad_input_makes_no_folder() {
    let (problem, folder) = (Problem::new(9, 12), Folder::new("bad-input"));
    assert!(problem.train(&descent(-1.0, 8).checkpoint(&folder.0)).is_err());
    let x = &problem.x;
    assert!(MonteCarlo::new(1, Seed(0)).checkpoint(&folder.0).run(&ccp(2).width(5), x).is_err());
    assert!(MonteCarlo::new(3, Seed(0)).checkpoint(&folder.0).run(&ccp(2), x).is_err());
    assert!(!folder.0.exists());
}

#[test]
fn a_folder_that_another_run_writes_to_is_refused() {
    let (problem, folder) = (Problem::new(9, 12), Folder::new("locked"));
    fs::create_dir_all(&folder.0).unwrap();
    let lock = fs::File::create(folder.file("lock")).unwrap();
    lock.lock().unwrap();
    let training = descent(0.02, 3).checkpoint(&folder.0);
    let words = reason(problem.train(&training), &folder.0);
    assert!(words.contains("another process"), "{words}");
    assert_eq!(folder.names(), ["lock"]);
    drop(lock);
    assert!(problem.train(&training).is_ok());
}

#[test]
fn functions_of_one_name_are_told_apart_by_their_values() {
    let x = sphere(6, 3, Seed(0)).unwrap();
    let y = x.column(0).to_owned();
    let net = |function: Layer| network("own", serial([dense(4), function, dense(1)])).input(3);
    let ramp = || elementwise("u", |u| u, |_| 1.0);
    let cut = || elementwise("u", |u: f64| u.min(5.0), |u| if u < 5.0 { 1.0 } else { 0.0 });
    let folder = Folder::new("functions");
    let objective = Objective::new(&x, &y, SquaredError).unwrap();
    let run = |function: Layer| {
        descent(0.01, 3).checkpoint(&folder.0).train(&mut net(function).init(Seed(1)).unwrap(), &objective)
    };
    let history = run(ramp()).unwrap();
    let words = reason(run(cut()), &folder.0);
    assert!(words.contains("the layers differ"), "{words}");
    // The same function, written again as a process that runs later would.
    assert_eq!(run(elementwise("u", |v| v, |_| 1.0)).unwrap(), history);
}

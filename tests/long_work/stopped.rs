//! A file called `stop` ends a run, and the next one goes on.

use super::{Folder, Problem, bits, descent, recorded};
use hadamard::prelude::*;
use ndarray_npy::NpzReader;
use std::fs::{self, File};
use std::time::Duration;

/// Runs again and again, stopped each time, until it is through; returns the result and the units done at each stop.
fn stop_and_go<T>(folder: &Folder, units: &str, mut run: impl FnMut() -> Result<T>) -> (T, Vec<u64>) {
    let mut stops = Vec::new();
    loop {
        folder.stop();
        match run() {
            Ok(result) => {
                assert!(!folder.file("stop").exists(), "a stop that came too late must not hit the next run");
                return (result, stops);
            }
            Err(error @ Error::Stopped { .. }) => {
                let message = error.to_string();
                let Error::Stopped { done, file, .. } = error else { unreachable!() };
                assert_eq!(file, folder.file("stop"));
                assert!(!file.exists(), "the file has taken effect");
                assert!(message.contains(&format!("stopped after {done} of ")) && message.contains(units), "{message}");
                assert!(message.ends_with("run it again with the same folder to go on"), "{message}");
                stops.push(done);
            }
            Err(other) => panic!("{other}"),
        }
        assert!(stops.len() < 1000);
    }
}

#[test]
fn training_stopped_after_every_step_ends_in_the_same_bits() {
    let problem = Problem::new(9, 12);
    for every in [1, 4, 7, 100] {
        let training = recorded(0.02, 21, every);
        let (expected, expected_history) = problem.train(&training).unwrap();
        let folder = Folder::new("stopped");
        let saved = training.clone().checkpoint(&folder.0);
        let mut network = problem.network.clone();
        let (history, stops) = stop_and_go(&folder, "steps", || {
            let result = saved.train(&mut network, &problem.objective());
            // The variable of a notebook is ready for the same call again.
            assert!(result.is_ok() || network == problem.network);
            result
        });
        assert_eq!(stops, (1..21).collect::<Vec<u64>>());
        assert!(bits(&network, &history) == bits(&expected, &expected_history), "records every {every}");
        assert_eq!(folder.names(), ["lock", "manifest.json", "state.npz"]);

        // Once more: nothing is computed and nothing written.
        let before = folder.files();
        let (network, history) = problem.train(&saved).unwrap();
        assert!(bits(&network, &history) == bits(&expected, &expected_history));
        assert!(folder.files() == before);
    }
}

#[test]
fn training_in_single_precision_too_and_its_file_is_numpys() {
    let problem = Problem::new(9, 12);
    let start = problem.network.cast::<f32>();
    let trained = |steps, folder: Option<&Folder>| {
        let (mut network, mut training) = (start.clone(), descent(0.02, steps));
        if let Some(folder) = folder {
            training = training.checkpoint(&folder.0);
        }
        training.train(&mut network, &problem.objective()).map(|history| (network, history))
    };
    let folder = Folder::new("single");
    folder.stop();
    assert!(matches!(trained(30, Some(&folder)), Err(Error::Stopped { done: 1, total: 30, .. })));
    // Another reader finds the parameters after one step, in their precision.
    let mut file = NpzReader::new(File::open(folder.file("state.npz")).unwrap()).unwrap();
    let (after_one, history) = trained(1, None).unwrap();
    for (index, parameter) in after_one.parameters().iter().enumerate() {
        let values: Array2<f32> = file.by_name(&parameter.name(index)).unwrap();
        assert_eq!(values, parameter.values);
    }
    let outputs: Matrix = file.by_name("observer.0.0.values").unwrap();
    let recorded = history.records[0].array("outputs").unwrap().clone();
    assert_eq!(outputs, recorded.into_shape_with_order((2, 12)).unwrap().slice(s![..1, ..]));
    let steps: Vector = file.by_name("step").unwrap();
    assert_eq!(steps, array![1.0]);

    let ((network, history), stops) = stop_and_go(&folder, "steps", || trained(30, Some(&folder)));
    assert_eq!(stops.len(), 28);
    let (expected, expected_history) = trained(30, None).unwrap();
    let bits = |network: &Network<f32>| -> Vec<u32> {
        network.parameters().iter().flat_map(|p| p.values.iter().map(|v| v.to_bits())).collect()
    };
    assert!(bits(&network) == bits(&expected) && history == expected_history);
}

#[test]
fn parameters_in_any_order_in_memory_train_to_the_same_bits() {
    let problem = Problem::new(9, 12);
    let mut turned = problem.network.clone();
    for parameter in turned.parameters_mut() {
        parameter.values = parameter.values.t().as_standard_layout().into_owned().reversed_axes();
    }
    let training = descent(0.02, 9);
    let (expected, expected_history) = problem.train(&training).unwrap();
    let folder = Folder::new("turned");
    let saved = training.checkpoint(&folder.0);
    let history = stop_and_go(&folder, "steps", || saved.train(&mut turned, &problem.objective())).0;
    assert!(bits(&turned, &history) == bits(&expected, &expected_history));
}

#[test]
fn a_run_saves_while_it_runs() {
    let (problem, folder) = (Problem::new(9, 12), Folder::new("saves"));
    let often = Checkpoint::new(&folder.0).every(Duration::ZERO);
    let diverging = descent(1e4, 1000).checkpoint(often);
    // It ends with an error of its own; what was saved before stays and leads to the same error.
    for _ in 0..2 {
        let Err(Error::TrainingDiverged { step, .. }) = problem.train(&diverging) else { panic!("it must diverge") };
        assert!(step > 0);
        assert_eq!(folder.names(), ["lock", "manifest.json", "state.npz"]);
    }
}

#[test]
fn sampling_stopped_after_every_network_ends_in_the_same_bits() {
    let (net, x) = (ccp(2).width(20), sphere(7, 5, Seed(3)).unwrap());
    let expected = net.monte_carlo_kernel(&x, 9, Seed(4)).unwrap();
    let folder = Folder::new("sampling");
    let sampling = MonteCarlo::new(9, Seed(4)).checkpoint(&folder.0);
    let (sampled, stops) = stop_and_go(&folder, "networks", || sampling.run(&net, &x));
    assert_eq!(stops, (1..9).collect::<Vec<u64>>());
    assert_eq!(sampled, expected);
    assert_eq!(sampling.run(&net, &x).unwrap(), expected);
}

#[test]
fn tiled_kernels_are_stopped_by_the_same_file() {
    let (net, x) = (mlp(2).width(20).input(5).init(Seed(0)).unwrap(), sphere(230, 5, Seed(1)).unwrap());
    let whole = net.kernel(&x).unwrap();
    let folder = Folder::new("tiles");
    let memory = net.tiled_kernel(&x, &folder.0).plan().unwrap().memory_bytes;
    let run = || net.tiled_kernel(&x, &folder.0).budget(Budget(memory / 2)).quiet().run();
    let (kernel, stops) = stop_and_go(&folder, "tiles", run);
    assert!(stops.len() > 1 && stops.windows(2).all(|pair| pair[1] == pair[0] + 1), "{stops:?}");
    let error = kernel.load(Budget::gib(1.0)).unwrap().relative_distance(whole.ntk()).unwrap();
    assert!(error <= 1e-13, "{error:e}");
}

#[test]
fn the_first_line_says_how_to_stop() {
    use std::sync::{Arc, Mutex};
    let (problem, folder) = (Problem::new(9, 12), Folder::new("hint"));
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let progress = Progress::to(move |line| sink.lock().unwrap().push(line.to_string())).every(Duration::ZERO);
    progress.during(|| problem.train(&descent(0.02, 5).checkpoint(&folder.0))).unwrap();
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 5);
    assert!(lines[0].starts_with("training a small net: 1 of 5 steps, "), "{}", lines[0]);
    assert!(lines[0].ends_with(&format!("left (a file {} stops it)", folder.file("stop").display())), "{}", lines[0]);
    assert!(!lines[1].contains("stop"), "{}", lines[1]);
    assert!(fs::read_to_string(folder.file("manifest.json")).unwrap().contains("\"learning rate\": \"0.02\""));
}

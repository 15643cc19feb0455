//! The studies stopped wherever they can be and run again: the same results, bit by bit, as without a stop.
#![cfg(all(feature = "frames", feature = "plots"))]

use hadamard::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of its own for a test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("study-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs again and again, stopped each time, until it is through; returns the result and what each stop said.
fn stop_and_go<T>(folder: &Folder, run: impl Fn() -> Result<T>) -> (T, Vec<String>) {
    let mut stops = Vec::new();
    let stop = folder.0.join("stop");
    loop {
        fs::create_dir_all(&folder.0).unwrap();
        fs::write(&stop, "").unwrap();
        match run() {
            Ok(result) => {
                assert!(!stop.exists());
                return (result, stops);
            }
            Err(error @ Error::Stopped { .. }) => stops.push(error.to_string()),
            Err(other) => panic!("{other}"),
        }
        assert!(!stop.exists() && stops.len() < 1000, "{stops:?}");
    }
}

/// True if all values are the same, missing ones too.
fn same(a: Result<DataFrame>, b: Result<DataFrame>) -> bool {
    a.unwrap().equals_missing(&b.unwrap())
}

#[test]
fn spectral_bias_is_resumed_network_by_network() {
    let limit = spectral_bias().networks([mlp(1), ccp(3)]).points(40).held_out(50).steps(40).quiet();
    for (study, name) in [(limit.clone(), "limit"), (limit.width(64), "finite")] {
        let folder = Folder::new(name);
        let expected = study.run().unwrap();
        let saved = study.clone().checkpoint(&folder.0);
        let (report, stops) = stop_and_go(&folder, || saved.run());
        let done: Vec<_> = stops.iter().map(|s| s.split(" because").next().unwrap()).collect();
        assert_eq!(done, [0, 1, 1].map(|k| format!("spectral bias: stopped after {k} of 2 networks")));
        for report in [report, saved.run().unwrap()] {
            assert!(same(report.residuals(), expected.residuals()));
            assert!(same(report.table(), expected.table()));
            assert!(same(report.mercer(), expected.mercer()));
            assert!(same(report.scale(), expected.scale()));
            assert_eq!(report.verdicts(), expected.verdicts());
        }
        assert_eq!(folder.names(), ["lock", "manifest.json", "network-00.npz", "network-01.npz"]);
        // Another study, or this one with other settings, is refused and told why.
        let refused = [
            (study.clone().seed(Seed(1)).checkpoint(&folder.0).run().map(|_| ()), "the seed is 0 there and 1 here"),
            (study.networks([mlp(1)]).checkpoint(&folder.0).run().map(|_| ()), "the networks differ"),
            (
                trained_network().quick().checkpoint(&folder.0).run().map(|_| ()),
                "spectral_bias, not of trained_network",
            ),
        ];
        for (refused, what) in refused {
            let message = refused.unwrap_err().to_string();
            assert!(message.contains(what) && message.contains("choose another folder or delete"), "{message}");
        }
    }
}

#[test]
fn kernel_limits_are_resumed_within_a_network() {
    let study = kernel_limits().nets(3).width(16).quiet();
    let (folder, expected) = (Folder::new("limits"), study.run().unwrap());
    let saved = study.checkpoint(&folder.0);
    let (report, stops) = stop_and_go(&folder, || saved.run());
    // Of three networks two can be stopped after, and of twelve comparisons eleven.
    assert_eq!(stops.len(), 12 * 2 + 11);
    assert!(
        stops[0].starts_with("Monte-Carlo kernel of ") && stops[2].starts_with("kernel limits: stopped after 1 of 12")
    );
    for report in [report, saved.run().unwrap()] {
        assert!(same(report.table(), expected.table()));
        assert_eq!(report.verdicts(), expected.verdicts());
    }
}

#[test]
fn a_trained_network_is_resumed_within_its_training() {
    let study = trained_network().width(32).points(30).steps(25).quiet();
    let (folder, expected) = (Folder::new("trained"), study.run().unwrap());
    let saved = study.checkpoint(&folder.0);
    let (report, stops) = stop_and_go(&folder, || saved.run());
    assert_eq!(stops.len(), 1 + 24);
    assert!(stops[0].starts_with("trained network: stopped after 1 of 2 parts"), "{}", stops[0]);
    assert!(stops[1].starts_with("training CCP, N = 3: stopped after 1 of 25 steps"), "{}", stops[1]);
    for report in [report, saved.run().unwrap()] {
        assert!(same(report.table(), expected.table()));
        assert_eq!(report.largest_deviation().to_bits(), expected.largest_deviation().to_bits());
        assert_eq!(report.figure().to_json(), expected.figure().to_json());
    }
}

#[test]
fn the_addition_of_digits_is_resumed_network_by_network() {
    let study = mnist_addition().folds(&[1, 3]).per_pair(1).tested_per_pair(1).epochs(2).width(8).quiet();
    let (folder, expected) = (Folder::new("addition"), study.run().unwrap());
    let saved = study.checkpoint(&folder.0);
    let (report, stops) = stop_and_go(&folder, || saved.run());
    assert!(stops.iter().all(|s| s.starts_with("MNIST addition: stopped after ") && s.contains(" of 4 networks")));
    assert!(stops.len() >= 3, "{stops:?}");
    for report in [report, saved.run().unwrap()] {
        assert!(same(report.table(), expected.table()));
        // But for the seconds that the training took.
        let by_fold = |report: &MnistAdditionReport| Ok(report.by_fold()?.drop("seconds")?);
        assert!(same(by_fold(&report), by_fold(&expected)));
        assert_eq!(report.training().to_json(), expected.training().to_json());
    }
    let refused = saved.clone().epochs(3).run().unwrap_err().to_string();
    assert!(refused.contains("the number of epochs is 2 there and 3 here"), "{refused}");
}

#[test]
fn kernel_equivalence_is_resumed_network_by_network() {
    let study = kernel_equivalence().quick().widths(&[8, 16, 32]).deep_widths(&[8, 16, 32]).nets(1).degrees(&[3]);
    let study = study.trained_widths(&[8, 16]).trained_nets(1).training_points(12).steps(5).circle_widths(&[8]).quiet();
    let (folder, expected) = (Folder::new("equivalence"), study.run().unwrap());
    let saved = study.checkpoint(&folder.0);
    let (report, stops) = stop_and_go(&folder, || saved.run());
    // 7 random, 3 architectures trained at 2 widths, and a circle.
    assert_eq!(stops.len(), 7 + 6 + 1 - 1, "{stops:?}");
    for report in [report, saved.run().unwrap()] {
        assert!(same(report.convergence(), expected.convergence()));
        assert!(same(report.training(), expected.training()));
        assert_eq!(report.curves_figure().to_json(), expected.curves_figure().to_json());
        assert_eq!(report.circle_figure().to_json(), expected.circle_figure().to_json());
    }
}

#[test]
fn extrapolation_is_resumed_within_the_training_of_its_networks() {
    let study = extrapolation().quick().networks([(mlp(1), 1), (pnn(2), 2)]).trained_networks([pnn(2)]);
    let study = study.points(20).test_points(10).directions(5).width(16).steps(4).quiet();
    let (folder, expected) = (Folder::new("extrapolation"), study.run().unwrap());
    let saved = study.checkpoint(&folder.0);
    let report = saved.run().unwrap();
    let trained = folder.names().into_iter().filter(|name| name.starts_with("task-")).count();
    assert!(trained >= 3, "{:?}", folder.names());
    for report in [report, saved.run().unwrap()] {
        assert!(same(report.errors(), expected.errors()));
        assert!(same(report.ray_fits(), expected.ray_fits()));
    }
    let refused = saved.steps(5).run().unwrap_err().to_string();
    assert!(refused.contains("the number of steps is 4 there and 5 here"), "{refused}");
}

/// The name of the test below, for a process of its own.
const CHILD: &str = "a_study_without_a_folder_takes_that_of_every_study";

#[test]
fn a_study_without_a_folder_takes_that_of_every_study() {
    let study = trained_network().width(16).points(20).steps(3).quiet();
    if std::env::var_os("HADAMARD_CHECKPOINTS").is_some() {
        study.run().unwrap();
        return;
    }
    let folder = Folder::new("every");
    let child = || {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", CHILD]).env("HADAMARD_CHECKPOINTS", &folder.0).output().unwrap()
    };
    assert!(child().status.success());
    let [name] = folder.names().try_into().unwrap();
    assert!(name.starts_with("trained_network-"), "{name}");
    let state = folder.0.join(name).join("training/state.npz");
    let written = fs::metadata(&state).unwrap().modified().unwrap();
    assert!(child().status.success() && folder.names().len() == 1);
    assert_eq!(fs::metadata(&state).unwrap().modified().unwrap(), written);
}

#[test]
fn visual_analogies_are_resumed_step_by_step() {
    let study = visual_analogies().side(16).channels(2).units(3).batch(2).runs(1).steps(4).tested(5).quiet();
    let (folder, expected) = (Folder::new("analogies"), study.run().unwrap());
    let saved = study.checkpoint(&folder.0);
    let (report, stops) = stop_and_go(&folder, || saved.run());
    assert!(stops.iter().any(|s| s.contains("training standard encoder: stopped after ")), "{stops:?}");
    assert!(stops.iter().any(|s| s.contains("training Hadamard encoder: stopped after ")), "{stops:?}");
    for report in [report, saved.run().unwrap()] {
        assert!(same(report.table(), expected.table()));
        assert!(same(report.by_region(), expected.by_region()));
        assert_eq!(report.training().to_json(), expected.training().to_json());
    }
    let refused = saved.clone().steps(5).run().unwrap_err().to_string();
    assert!(refused.contains("the number of steps is 4 there and 5 here"), "{refused}");
}

#[test]
fn image_regression_is_resumed_network_by_network() {
    let study = image_regression().networks([(pnn(2), 1), (gated(1), 1)]).side(16).width(8).steps(30).quiet();
    let (folder, expected) = (Folder::new("image"), study.run().unwrap());
    let saved = study.checkpoint(&folder.0);
    let (report, stops) = stop_and_go(&folder, || saved.run());
    let done: Vec<_> = stops.iter().map(|s| s.split(" because").next().unwrap()).collect();
    assert_eq!(done, [1, 2].map(|k| format!("image regression: stopped after {k} of 3 networks")));
    for report in [report, saved.run().unwrap()] {
        assert!(same(report.table(), expected.table()));
        assert!(same(report.half_lives(), expected.half_lives()));
        assert!(same(report.residuals(), expected.residuals()));
        for (a, b) in [(report.training(), expected.training()), (report.kernels(), expected.kernels())] {
            assert_eq!(a.to_json(), b.to_json());
        }
        assert_eq!(report.reconstructions().to_html(), expected.reconstructions().to_html());
        assert_eq!(report.verdicts(), expected.verdicts());
    }
    let refused = saved.clone().steps(31).run().unwrap_err().to_string();
    assert!(refused.contains("the number of steps is 30 there and 31 here"), "{refused}");
    let refused = saved.side(32).run().unwrap_err().to_string();
    assert!(refused.contains("the grey values differ"), "{refused}");
}

#[test]
fn studies_print_lines_unless_quiet_and_the_first_says_how_to_stop() {
    use std::sync::{Arc, Mutex};
    let folder = Folder::new("lines");
    let study = trained_network().width(32).points(30).steps(5).checkpoint(&folder.0);
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let progress =
        Progress::to(move |line| sink.lock().unwrap().push(line.to_string())).every(std::time::Duration::ZERO);
    progress.during(|| study.run()).unwrap();
    let heard = std::mem::take(&mut *lines.lock().unwrap());
    let hint = format!("left (a file {} stops it)", folder.0.join("stop").display());
    assert!(heard[0].ends_with(&hint) && !heard[1..].iter().any(|line| line.contains("stop")), "{heard:?}");
    assert!(heard.iter().any(|line| line.starts_with("training CCP, N = 3: 3 of 5 steps, ")), "{heard:?}");
    assert!(heard.iter().any(|line| line.starts_with("tangent kernel: 900 of 900 pairs of points, ")), "{heard:?}");
    progress.during(|| study.quiet().run()).unwrap();
    assert!(lines.lock().unwrap().is_empty());
}

//! What studies say when they are stopped, and where they go on.

use super::Folder;
use super::every::stop_and_go;
use hadamard::prelude::*;
use std::fs;

/// What each stop was after.
fn done(stops: &[String]) -> Vec<&str> {
    stops.iter().map(|stop| stop.split(" because").next().unwrap()).collect()
}

#[test]
fn spectral_bias_is_resumed_network_by_network_and_forgets_its_kernels() {
    let limit = spectral_bias().networks([mlp(1), ccp(3)]).points(40).held_out(50).steps(40).quiet();
    for (study, name) in [(limit.clone(), "limit"), (limit.width(64), "finite")] {
        let folder = Folder::new(name);
        let expected = study.run().unwrap();
        let saved = study.clone().checkpoint(&folder.0);
        let (report, stops) = stop_and_go(&folder.0, || saved.run());
        assert_eq!(done(&stops), [0, 1, 1].map(|k| format!("spectral bias: stopped after {k} of 2 networks")));
        assert!(report.residuals().unwrap().equals_missing(&expected.residuals().unwrap()));
        assert!(report.mercer().unwrap().equals_missing(&expected.mercer().unwrap()));
        assert_eq!(folder.names(), ["lock", "manifest.json", "network-00.npz", "network-01.npz"]);
        // Another study, or this one with other settings, is refused and told why.
        let refused = [
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
fn sampling_and_training_are_resumed_within_a_network() {
    let folder = Folder::new("limits");
    let study = kernel_limits().nets(3).width(16).quiet().checkpoint(&folder.0);
    let (_, stops) = stop_and_go(&folder.0, || study.run());
    // Of three networks two can be stopped after, and of twelve comparisons eleven.
    assert_eq!(stops.len(), 12 * 2 + 11);
    assert!(
        stops[0].starts_with("Monte-Carlo kernel of ") && stops[2].starts_with("kernel limits: stopped after 1 of 12")
    );

    let folder = Folder::new("trained");
    let study = trained_network().width(32).points(30).steps(25).quiet().checkpoint(&folder.0);
    let (_, stops) = stop_and_go(&folder.0, || study.run());
    assert_eq!(stops.len(), 1 + 24);
    assert_eq!(done(&stops)[0], "trained network: stopped after 1 of 2 parts");
    assert_eq!(done(&stops)[1], "training CCP, N = 3: stopped after 1 of 25 steps");

    let folder = Folder::new("analogies");
    let study = visual_analogies().side(16).channels(2).units(3).batch(2).runs(1).steps(4).tested(5).quiet();
    let study = study.checkpoint(&folder.0);
    let (_, stops) = stop_and_go(&folder.0, || study.run());
    for encoder in ["standard", "Hadamard"] {
        assert!(stops.iter().any(|s| s.contains(&format!("training {encoder} encoder: stopped after "))), "{stops:?}");
    }
    let refused = study.steps(5).run().unwrap_err().to_string();
    assert!(refused.contains("the number of steps is 4 there and 5 here"), "{refused}");
}

#[test]
fn a_part_of_other_sizes_is_refused_with_its_file() {
    let folder = Folder::new("sizes");
    let study = kernel_equivalence().with_options(RunOptions {
        profile: Profile::Trial,
        quiet: true,
        checkpoint: Some((&folder.0).into()),
        ..RunOptions::default()
    });
    study.run().unwrap();
    // As a build might have written it whose kernels had other sizes.
    fs::copy(folder.0.join("trained-00.npz"), folder.0.join("random-00.npz")).unwrap();
    let message = study.run().unwrap_err().to_string();
    assert!(message.contains("random-00.npz") && message.contains("delete the file"), "{message}");
}

/// The name of the test below, for a process of its own.
const CHILD: &str = "resumed::a_study_without_a_folder_takes_that_of_every_study";

#[test]
fn a_study_without_a_folder_takes_that_of_every_study() {
    let study = trained_network().width(16).points(20).steps(3).quiet();
    if std::env::var_os("HADAMARD_CHECKPOINTS").is_some() {
        study.run().unwrap();
        return;
    }
    let folder = Folder::new("without");
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

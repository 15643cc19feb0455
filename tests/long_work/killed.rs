//! A training run in a process of its own that is killed and started again.

use super::{Folder, Problem, bits};
use hadamard::prelude::*;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const KILLS: usize = 10;
const STEPS: u64 = 2000;
/// Set for the process that trains.
const FOLDER: &str = "HADAMARD_KILLED_FOLDER";

fn problem() -> Problem {
    Problem::new(256, 64)
}

/// In minibatches, with an optimiser that remembers and a rate that changes: all of it must be resumed.
fn training() -> Trainer {
    Trainer::steps(STEPS, Adam::new(0.001))
        .batch(32)
        .shuffle(Seed(3))
        .schedule(Schedule::cosine(0.1).warm_up(100))
        .observe(Observer::new(When::Every(10)).training_outputs().loss())
}

/// What the process runs that is killed.
fn train_in(folder: &Path) {
    // As often as saving does not take more than its share.
    let checkpoint = Checkpoint::new(folder).every(Duration::ZERO);
    let every_step = Progress::lines().every(Duration::ZERO);
    every_step.during(|| problem().train(&training().checkpoint(checkpoint))).unwrap();
}

/// One process: the steps that it said it took, and when each was heard of.
struct Life {
    first: u64,
    last: u64,
    heard: HashMap<u64, Instant>,
}

impl Life {
    /// Runs until it has taken `steps` steps and something is saved, and then some microseconds, or to its end.
    fn live(folder: &Folder, death: Option<(u64, u64)>) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::ten_kills_change_no_bit_and_each_run_goes_on_from_the_last_save",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(FOLDER, &folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let saved = || std::fs::metadata(folder.file("state.npz")).and_then(|file| file.modified()).ok();
        let before = saved();
        let mut life = Self { first: 0, last: 0, heard: HashMap::new() };
        let mut alive = true;
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(|line| line.ok()) {
            let Some(step) = step_of(&line) else { continue };
            if life.first == 0 {
                life.first = step;
            }
            life.last = step;
            life.heard.insert(step, Instant::now());
            if let Some((steps, then)) = death
                && alive
                && step >= life.first + steps
                && saved() != before
            {
                std::thread::sleep(Duration::from_micros(then));
                alive = false;
                kill(&mut child);
            }
        }
        let status = child.wait().unwrap();
        assert_eq!(status.success(), death.is_none(), "{status}, last step {}", life.last);
        assert!(life.first > 0, "it said nothing");
        life
    }
}

/// SIGKILL, from which no process can clean up.
fn kill(child: &mut Child) {
    child.kill().unwrap();
}

/// `training a small net: 17 of 2000 steps, …`; a line cut short by the kill counts only if the number is whole.
fn step_of(line: &str) -> Option<u64> {
    line.split_once("training a small net: ")?.1.split_once(" of 2000 steps, ")?.0.parse().ok()
}

#[test]
fn ten_kills_change_no_bit_and_each_run_goes_on_from_the_last_save() {
    // This test starts itself.
    if let Some(folder) = std::env::var_os(FOLDER) {
        return train_in(Path::new(&folder));
    }
    let (folder, problem) = (Folder::new("killed"), problem());
    let (expected, expected_history) = problem.train(&training()).unwrap();

    // Any numbers: a linear congruential generator (Knuth's MMIX).
    let mut state = 1u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    // How long a step or a save takes is the machine's; it is told, not tested.
    let (mut repeated, mut seconds, mut worst) = (0, 0.0, 0.0f64);
    let mut before: Option<Life> = None;
    for death in (0..KILLS)
        .map(|_| Some((random(STEPS / KILLS as u64 * 3 / 4), random(3000))))
        .collect::<Vec<_>>()
        .into_iter()
        .chain([None])
    {
        let life = Life::live(&folder, death);
        let (goes_on, reached) = (life.first - 1, before.as_ref().map_or(0, |life| life.last));
        assert!(goes_on <= reached, "it skipped from {reached} to {goes_on}");
        if let Some(before) = before {
            // Each life has saved something, of itself.
            assert!(goes_on >= before.first, "the life that began at {} left nothing", before.first);
            let lost = (before.heard[&reached] - before.heard[&goes_on]).as_secs_f64();
            repeated += reached - goes_on;
            seconds += lost;
            worst = worst.max(lost);
        }
        before = Some(life);
    }
    println!(
        "{KILLS} kills in {STEPS} steps: {repeated} steps repeated, {seconds:.3} s in all, {worst:.3} s at most after one"
    );

    // The last process has completed the run: it is read, not computed.
    let (network, history) = problem.train(&training().checkpoint(&folder.0)).unwrap();
    assert!(bits(&network, &history) == bits(&expected, &expected_history));
    assert_eq!(folder.names(), ["lock", "manifest.json", "state.npz"]);
}

//! Draws networks, holds relations against them, and says how many of both there were.

use crate::ground::{Ground, Relation, Verdict};
use crate::sample::{Sample, samples};
use crate::tree::{Kind, Purpose, kinds_in};
use crate::{derivatives, finite, limit, refusals, regression, sampled, second_order, training};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::any::Any;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Networks of a run that nobody asked to be longer, and its seed.
const NETWORKS: u64 = 32;
/// Networks among which every op must come.
const WITH_EVERY_OP: u64 = 240;
const SEED: u64 = 14;
/// One network in so many is sampled at infinite width, which takes as long as all others.
const SAMPLED: u64 = 12;
/// Attempts to find a smaller network that fails.
const SHRINKS: u32 = 400;

const FAILED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/properties.txt");

/// When a run ends.
#[derive(Clone, Copy)]
enum Length {
    Networks(u64),
    Seconds(u64),
}

impl Length {
    /// From `500` or `1800s`.
    fn parse(text: &str) -> Self {
        let number =
            |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("HADAMARD_PROPERTIES={text}: 500 or 1800s"));
        match text.trim().strip_suffix('s') {
            Some(seconds) => Length::Seconds(number(seconds)),
            None => Length::Networks(number(text)),
        }
    }
}

/// What a run has seen.
#[derive(Default)]
struct Seen {
    networks: usize,
    /// Relations that said something, by name: how often, and the largest error over its tolerance.
    relations: BTreeMap<&'static str, (usize, f64)>,
    kinds: BTreeSet<Kind>,
    failures: Vec<String>,
}

impl Seen {
    fn checked(&self) -> usize {
        self.relations.values().map(|(count, _)| count).sum()
    }

    fn summary(&self, start: Instant) -> String {
        let (failures, seconds) = (self.failures.len(), start.elapsed().as_secs_f64());
        format!("{} networks, {} relations, {failures} failures, {seconds:.0} seconds", self.networks, self.checked())
    }
}

const RELATIONS: [&[Relation]; 7] = [
    finite::RELATIONS,
    derivatives::RELATIONS,
    second_order::RELATIONS,
    limit::RELATIONS,
    regression::RELATIONS,
    refusals::RELATIONS,
    training::RELATIONS,
];

/// Relations of a sample that said something, with their error over its tolerance.
type Held = Vec<(&'static str, f64)>;

fn purposes(number: u64) -> impl Strategy<Value = Purpose> {
    if number.is_multiple_of(SAMPLED) {
        return select(vec![Purpose::Sampled]);
    }
    select(vec![
        Purpose::Any,
        Purpose::Any,
        Purpose::Any,
        Purpose::Limit,
        Purpose::Limit,
        Purpose::Limit,
        Purpose::AsDrawn,
    ])
}

/// A relation that failed, and how.
type Failed = (&'static str, String);

const AS_DRAWN: &str = "a tree as drawn is computed or refused";

/// Holds relations against a sample: all, or the one of a name.
fn hold(sample: &Sample, sampled_networks: usize, only: Option<&'static str>) -> Result<Held, Failed> {
    let mut held = Vec::new();
    match sample.purpose {
        Purpose::AsDrawn => {
            refusals::as_drawn(sample).map_err(|message| (AS_DRAWN, message))?;
            held.push((AS_DRAWN, 0.0));
        }
        Purpose::Sampled => {
            if let Verdict::Held =
                sampled::check(sample, sampled_networks).map_err(|message| (sampled::NAME, message))?
            {
                held.push((sampled::NAME, 0.0));
            }
        }
        Purpose::Any | Purpose::Limit => {
            let ground = match Ground::new(sample.clone()) {
                Ok(ground) => ground,
                // In the maximal-update parametrisation a network needs a readout and layers before it.
                Err(hadamard::Error::NoReadout { .. }) => return Ok(held),
                Err(error) => return Err(("parameters", error.to_string())),
            };
            for relation in RELATIONS.iter().copied().flatten().filter(|r| only.is_none_or(|only| only == r.name)) {
                ground.worst.set(0.0);
                let caught = catch_unwind(AssertUnwindSafe(|| (relation.check)(&ground)));
                let outcome = caught.unwrap_or_else(|panic| Err(format!("a panic: {}", words(panic.as_ref()))));
                if let Verdict::Held = outcome.map_err(|message| (relation.name, message))? {
                    held.push((relation.name, ground.worst.get()));
                }
            }
        }
    }
    Ok(held)
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".into())
}

thread_local! {
    /// Panics of the relation at work are part of what is reported of it.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// A sample by its number, and what its relations say.
fn one(number: u64, sampled_networks: usize, seen: &Mutex<Seen>) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    let config = Config { failure_persistence: None, max_shrink_iters: SHRINKS, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let tree = samples(purposes(number)).new_tree(&mut runner).expect("every sample is accepted");
    let mut kinds = BTreeSet::new();
    let sample = tree.current();
    if sample.purpose != Purpose::AsDrawn {
        kinds_in(sample.net().layer(), &mut kinds);
    }
    let held = Mutex::new(Vec::new());
    // What is made smaller must fail in the same way.
    let failed = Cell::new(None);
    QUIET.set(true);
    let result = runner.run_one(tree, |sample| {
        let found = hold(&sample, sampled_networks, failed.get()).map_err(|(name, message)| {
            failed.set(Some(name));
            TestCaseError::fail(format!("{name}: {message}"))
        })?;
        *held.lock().expect("one thread") = found;
        Ok(())
    });
    QUIET.set(false);
    let mut seen = seen.lock().expect("no thread fails with it");
    seen.networks += 1;
    seen.kinds.append(&mut kinds);
    match result {
        Ok(_) => {
            for (name, error) in held.into_inner().expect("one thread") {
                let entry = seen.relations.entry(name).or_default();
                *entry = (entry.0 + 1, entry.1.max(error));
            }
        }
        Err(TestError::Fail(why, sample)) => {
            let message = format!("seed {number}: {why}\n{sample:?}");
            say(&message);
            remember(number, &format!("{why}"));
            seen.failures.push(message);
        }
        Err(TestError::Abort(why)) => panic!("seed {number}: {why}"),
    }
}

/// Prints a line also where the output of tests that pass is not shown.
fn say(line: &str) {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}").expect("output is read");
}

/// Appends a seed to the file of those that failed.
fn remember(number: u64, why: &str) {
    use std::io::Write;
    if failed_before().contains(&number) {
        return;
    }
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).open(FAILED).expect("a file in this repository");
    writeln!(file, "{number} # {}", why.replace('\n', " ")).expect("a file in this repository");
}

/// Seeds that failed in some run.
fn failed_before() -> Vec<u64> {
    // Each line is a seed with what failed.
    let text = std::fs::read_to_string(FAILED).expect("a file of this repository");
    let seeds = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    seeds.map(|line| line.split('#').next().unwrap_or(line).trim().parse().expect("a seed")).collect()
}

#[test]
fn every_relation_holds_of_random_networks() {
    let start = Instant::now();
    let asked = std::env::var("HADAMARD_PROPERTIES").ok().map(|text| Length::parse(&text));
    let fresh =
        || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
    let given = std::env::var("HADAMARD_PROPERTIES_SEED")
        .ok()
        .map(|text| text.parse().expect("HADAMARD_PROPERTIES_SEED is a number"));
    let seed: u64 = given.unwrap_or_else(|| if asked.is_some() { fresh() >> 12 << 12 } else { SEED << 12 });
    let length = asked.unwrap_or(Length::Networks(NETWORKS));
    say(&format!("HADAMARD_PROPERTIES_SEED={seed}"));
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !QUIET.get() {
            default(info)
        }
    }));

    let seen = Mutex::new(Seen::default());
    // Of a run by time, so many networks as two cores get through.
    let sampled_networks = match length {
        Length::Networks(count) => count.div_ceil(SAMPLED),
        Length::Seconds(seconds) => seconds * 4,
    } as usize;
    for number in failed_before() {
        one(number, sampled_networks, &seen);
    }
    let replayed = seen.lock().expect("no thread fails with it").networks;
    let (next, said) = (AtomicU64::new(0), Mutex::new(Instant::now()));
    let work = || loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let ends = match length {
            Length::Networks(count) => index >= count,
            Length::Seconds(seconds) => start.elapsed() >= Duration::from_secs(seconds),
        };
        if ends {
            break;
        }
        one(seed.wrapping_add(index), sampled_networks, &seen);
        let mut said = said.lock().expect("no thread fails with it");
        if said.elapsed() >= Duration::from_secs(20) {
            *said = Instant::now();
            let seen = seen.lock().expect("no thread fails with it");
            say(&seen.summary(start));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| worker.join().expect("a worker ends"));
    });
    drop(std::panic::take_hook());

    let seen = seen.into_inner().expect("no thread fails with it");
    for (name, (count, worst)) in &seen.relations {
        say(&format!("{count:6} × {name}, largest error {worst:.2} of what is allowed"));
    }
    let failures = seen.failures.len();
    say(&format!("{} ({replayed} of them had failed before)", seen.summary(start)));
    assert!(failures == 0, "{failures} networks failed, the first: {}", seen.failures[0]);
    if seen.networks as u64 >= WITH_EVERY_OP {
        let missing: Vec<_> = Kind::ALL.iter().filter(|kind| !seen.kinds.contains(kind)).collect();
        assert!(missing.is_empty(), "ops of no network: {missing:?}");
    }
}

#[test]
fn every_op_is_among_the_random_trees() {
    let source = include_str!("../../engine/src/op/mod.rs");
    let (_, list) = source.split_once("\nlayers!(").expect("the list of ops");
    let (list, _) = list.split_once(");").expect("the end of the list");
    let mut ops: Vec<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let mut kinds: Vec<String> = Kind::ALL.iter().map(|kind| format!("{kind:?}")).collect();
    ops.sort_unstable();
    kinds.sort_unstable();
    assert_eq!(ops, kinds);
}

//! Searches by Bayesian optimisation: what they find, and that nothing is lost whatever happens to the function.

use hadamard::bayesian::Round;
use hadamard::checkpoint::Settings;
use hadamard::prelude::*;
use std::cell::Cell;
use std::path::PathBuf;

fn net() -> Net {
    network("ReLU", serial((Dense::hidden().bias(1.0), relu(), dense(1)))).width(24)
}

fn hill(x: &[f64]) -> f64 {
    -(x[0] - 2.0).powi(2) - (x[1] + 0.5).powi(2)
}

const BOX: [(f64, f64); 2] = [(-5.0, 5.0), (-1.0, 1.0)];

fn strategies() -> Vec<std::sync::Arc<dyn SearchStrategy>> {
    vec![
        std::sync::Arc::new(LinearSampler::new(&net(), 1e-4)),
        std::sync::Arc::new(TrainedSampler::new(&net(), 1e-3).steps(200)),
        std::sync::Arc::new(TrainedSampler::deep_ensemble(&net()).steps(200)),
        std::sync::Arc::new(GaussianProcess::squared_exponential(1e-4)),
        std::sync::Arc::new(GaussianProcess::squared_exponential(1e-4).upper_bound(2.0)),
        std::sync::Arc::new(GaussianProcess::ntk(&net(), 1e-4)),
        std::sync::Arc::new(GaussianProcess::nngp(&net(), 1e-4).upper_bound(1.0)),
        std::sync::Arc::new(NeuralThompson::new(&net()).steps(200)),
        std::sync::Arc::new(NeuralThompson::new(&net()).steps(200).upper_bound()),
        std::sync::Arc::new(RandomSearch),
    ]
}

fn search(strategy: impl SearchStrategy + 'static) -> BayesianOptimisation {
    BayesianOptimisation::new(&BOX, strategy, Seed(7)).start(5).batch(2).candidates(60, 2).quiet()
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hadamard-bayesian-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn every_strategy_stays_in_the_box_comes_back_the_same_and_beats_its_start() {
    for strategy in strategies() {
        let name = strategy.name();
        let run = || {
            let mut search = search(strategy.clone());
            search.run(6, hill).unwrap();
            search
        };
        let (one, other) = (run(), run());
        assert_eq!(one.evaluations(), other.evaluations(), "{name}");
        assert_eq!(one.evaluations().len(), 5 + 6 * 2, "{name}");
        for (index, evaluation) in one.evaluations().iter().enumerate() {
            let inside = evaluation.point.iter().zip(BOX).all(|(x, (lower, upper))| (lower..=upper).contains(x));
            assert!(inside && evaluation.value == hill(evaluation.point.as_slice().unwrap()), "{name}: {evaluation:?}");
            assert_eq!(evaluation.round, if index < 5 { 0 } else { (index - 5) / 2 + 1 });
        }
        let so_far = one.best_so_far();
        assert!(so_far.windows(2).into_iter().all(|pair| pair[1] >= pair[0]), "{name}");
        assert_eq!(one.best().unwrap().1, so_far[so_far.len() - 1]);
        // All but random search come close in 12 points; a draw of 17 points at random lies within 1.0 once in two.
        assert!(name == "random" || one.best().unwrap().1 > -1.0, "{name}: {one:?}");
    }
}

#[test]
fn the_minimum_of_the_opposite_is_found_at_the_same_points() {
    let (mut up, mut down) =
        (search(LinearSampler::new(&net(), 1e-4)), search(LinearSampler::new(&net(), 1e-4)).minimise());
    up.run(3, hill).unwrap();
    down.run(3, |x| -hill(x)).unwrap();
    let points =
        |search: &BayesianOptimisation| search.evaluations().iter().map(|e| e.point.clone()).collect::<Vec<_>>();
    assert_eq!(points(&up), points(&down));
    assert_eq!(up.best().unwrap().0, down.best().unwrap().0);
}

/// Scales and shifts of the function's values do not count.
#[test]
fn values_count_by_their_order_of_size_only() {
    let points = |of: &dyn Fn(f64) -> f64| {
        let mut search = search(LinearSampler::new(&net(), 1e-4));
        search.run(3, |x| of(hill(x))).unwrap();
        search.evaluations().iter().flat_map(|e| e.point.to_vec()).collect::<Vec<_>>()
    };
    let plain = points(&|v| v);
    for scaled in [points(&|v| 1e-3 * v - 5.0), points(&|v| 1e150 * v), points(&|v| v * 1e306)] {
        assert!(plain.iter().zip(&scaled).all(|(a, b)| (a - b).abs() <= 1e-3), "{plain:?} {scaled:?}");
    }
    // Equal values say nothing, and are no reason to stop.
    let mut flat = search(LinearSampler::new(&net(), 1e-4));
    flat.run(3, |_| 4.0).unwrap();
    assert_eq!(flat.best().unwrap().1, 4.0);
}

#[test]
fn what_the_function_does_wrong_is_told_and_nothing_is_lost() {
    let strategy = || LinearSampler::new(&net(), 1e-4);
    let mut whole = search(strategy());
    whole.run(4, hill).unwrap();
    for (what, words) in [(0, "NaN"), (1, "panicked: the oven is off"), (2, "no current"), (3, "inf"), (4, "panicked")]
    {
        for at in [1, 4, 6, 7, 13] {
            let (mut search, count) = (search(strategy()), Cell::new(0));
            let broken = |x: &[f64]| {
                count.set(count.get() + 1);
                match (count.get() == at, what) {
                    (false, _) => Ok(hill(x)),
                    (true, 0) => Ok(f64::NAN),
                    (true, 1) => panic!("the oven is {}", "off"),
                    (true, 2) => Err("no current"),
                    (true, 3) => Ok(f64::INFINITY),
                    (true, _) => std::panic::panic_any(3),
                }
            };
            let error = search.run(4, broken).unwrap_err();
            let message = error.to_string();
            assert!(
                matches!(error, Error::Search(SearchFault::Objective { evaluation, .. }) if evaluation == at),
                "{message}"
            );
            assert!(message.contains(words) && message.contains(&format!("evaluation {at}, at [")), "{message}");
            assert!(message.contains(&format!("the {} before it are kept", at - 1)), "{message}");
            assert_eq!(search.evaluations().len(), at - 1);
            search.run(4, hill).unwrap();
            assert_eq!(search.evaluations(), whole.evaluations(), "{what} at {at}");
        }
    }
}

#[test]
fn a_folder_goes_on_in_another_process_after_every_evaluation() {
    let strategy = || LinearSampler::new(&net(), 1e-4);
    let mut whole = search(strategy());
    whole.run(4, hill).unwrap();
    let folder = Folder::new("resumed");
    // As many processes as evaluations: each ends in the middle of the next one.
    for at in 0..=13 {
        let mut search = search(strategy()).checkpoint(&folder.0);
        let done = Cell::new(0);
        let result = search.run(4, |x| {
            done.set(done.get() + 1);
            if done.get() == 2 { f64::NAN } else { hill(x) }
        });
        assert_eq!(result.is_ok(), at >= 12, "{at}: {result:?}");
        assert_eq!(search.evaluations(), &whole.evaluations()[..(at + 1).min(13)]);
    }
    // Nothing is left to do; more rounds go on.
    let mut search = search(strategy()).checkpoint(&folder.0);
    search.run(4, |_| -> f64 { panic!("not again") }).unwrap();
    assert_eq!(search.evaluations(), whole.evaluations());
    search.run(5, hill).unwrap();
    whole.run(5, hill).unwrap();
    assert_eq!(search.evaluations(), whole.evaluations());
    let names: std::collections::BTreeSet<_> =
        std::fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["evaluations.npz", "lock", "manifest.json"]);
}

#[test]
fn a_folder_of_another_search_is_refused_and_says_why() {
    let folder = Folder::new("other");
    let first = |strategy: LinearSampler| {
        BayesianOptimisation::new(&BOX, strategy, Seed(1)).start(2).quiet().checkpoint(&folder.0)
    };
    first(LinearSampler::new(&net(), 1e-4)).run(1, hill).unwrap();
    let refused = |mut search: BayesianOptimisation| search.run(1, hill).unwrap_err().to_string();
    let noise = refused(first(LinearSampler::new(&net(), 1e-3)));
    assert!(
        noise.contains("the noise is 1e-4 there and 0.001 here") || noise.contains("noise is 0.0001 there"),
        "{noise}"
    );
    assert!(refused(first(LinearSampler::new(&net().width(8), 1e-4))).contains("the networks differ"));
    assert!(refused(first(LinearSampler::new(&net(), 1e-4)).batch(2)).contains("the batch is 1 there and 2 here"));
    let kind = BayesianOptimisation::new(&BOX, RandomSearch, Seed(1)).start(2).quiet().checkpoint(&folder.0);
    assert!(refused(kind).contains("the strategy is linear posterior samples there and random here"));
}

#[test]
fn a_stop_file_ends_a_search_with_everything_saved() {
    let (folder, strategy) = (Folder::new("stopped"), || LinearSampler::new(&net(), 1e-4));
    std::fs::create_dir_all(&folder.0).unwrap();
    let mut search = search(strategy()).checkpoint(&folder.0);
    let stopped = search.run(4, |x| {
        std::fs::write(folder.0.join("stop"), "").unwrap();
        hill(x)
    });
    assert!(matches!(&stopped, Err(Error::Stopped { done: 1, total: 13, .. })), "{stopped:?}");
    search.run(4, hill).unwrap();
    assert_eq!(search.evaluations().len(), 13);
}

#[test]
fn experiments_are_asked_and_told() {
    let strategy = || LinearSampler::new(&net(), 1e-4);
    let (mut asked, mut run) = (search(strategy()), search(strategy()));
    run.run(3, hill).unwrap();
    while asked.evaluations().len() < 11 {
        let points = asked.ask().unwrap();
        assert_eq!(points, asked.ask().unwrap(), "asking changes nothing");
        assert_eq!(points.nrows(), if asked.evaluations().is_empty() { 5 } else { 2 });
        for point in points.rows() {
            assert!(matches!(asked.tell(f64::NAN), Err(Error::Search(SearchFault::Objective { .. }))));
            asked.tell(hill(&point.to_vec())).unwrap();
        }
    }
    assert_eq!(asked.evaluations(), run.evaluations());
}

#[test]
fn a_value_belongs_to_the_point_that_was_asked_for() {
    let not_asked = |result: Result<()>| matches!(result, Err(Error::Search(SearchFault::NotAsked)));
    let mut search = search(RandomSearch);
    assert!(not_asked(search.tell(1.0)));
    search.run(1, hill).unwrap();
    assert!(not_asked(search.tell(1.0)));
    search.ask().unwrap();
    search.tell(1.0).unwrap();
    search.tell(1.0).unwrap();
    assert!(not_asked(search.tell(1.0)), "the batch of two is told");
    // Two searches on one folder: the point that one has told is not told again.
    let folder = Folder::new("two");
    let of = || self::search(RandomSearch).checkpoint(&folder.0);
    let (mut first, mut second) = (of(), of());
    assert_eq!(first.ask().unwrap(), second.ask().unwrap());
    second.tell(2.0).unwrap();
    assert!(not_asked(first.tell(3.0)));
    assert_eq!(first.evaluations(), second.evaluations());
    // Another batch is another round.
    let mut wider = self::search(RandomSearch).start(1);
    wider.run(0, hill).unwrap();
    assert_eq!(wider.ask().unwrap().nrows(), 2);
    assert_eq!(wider.batch(3).ask().unwrap().nrows(), 3);
}

#[test]
fn what_was_found_before_a_folder_is_set_is_saved_in_it_and_never_replaced() {
    let folder = Folder::new("late");
    let mut late = search(RandomSearch);
    late.run(2, hill).unwrap();
    let mut late = late.checkpoint(&folder.0);
    late.run(2, |_| -> f64 { panic!("nothing is left to do") }).unwrap();
    let mut read = search(RandomSearch).checkpoint(&folder.0);
    read.run(2, |_| -> f64 { panic!("all is there") }).unwrap();
    assert_eq!(read.evaluations(), late.evaluations());
    let mut other = search(RandomSearch);
    other.run(1, |x| 2.0 * hill(x)).unwrap();
    let before = other.evaluations().to_vec();
    let mut other = other.checkpoint(&folder.0);
    assert!(other.run(3, hill).unwrap_err().to_string().contains("holds other evaluations"));
    assert_eq!(other.evaluations(), before);
}

/// What a strategy of a user's does wrong.
struct Broken(Vector);

impl SearchStrategy for Broken {
    fn name(&self) -> String {
        "broken".into()
    }

    fn settings(&self, settings: Settings) -> Settings {
        settings
    }

    fn propose(&self, _: &Round<'_>) -> Result<Vector> {
        Ok(self.0.clone())
    }
}

#[test]
fn bad_input_is_refused_with_its_numbers() {
    let of = |bounds: &[(f64, f64)]| BayesianOptimisation::new(bounds, RandomSearch, Seed(0)).start(2).quiet();
    let refused = |mut search: BayesianOptimisation| search.run(1, hill).unwrap_err().to_string();
    let upside_down = refused(of(&[(-1.0, 1.0), (3.0, -2.0)]));
    assert!(
        upside_down.contains("coordinate 1") && upside_down.contains('3') && upside_down.contains("-2"),
        "{upside_down}"
    );
    for bounds in [(1.0, 1.0), (f64::NAN, 1.0), (0.0, f64::INFINITY), (f64::MIN, f64::MAX)] {
        assert!(refused(of(&[(0.0, 1.0), bounds])).contains("coordinate 1"), "{bounds:?}");
    }
    assert!(refused(of(&[])).contains("the number of coordinates is 0"));
    assert!(refused(of(&BOX).batch(0)).contains("the number of points in a batch is 0"));
    assert!(refused(of(&BOX).start(0)).contains("the number of points at random is 0"));
    assert!(refused(of(&BOX).candidates(0, 2)).contains("the number of candidates is 0"));
    let by = |strategy: std::sync::Arc<dyn SearchStrategy>| {
        refused(BayesianOptimisation::new(&BOX, strategy, Seed(0)).start(2).quiet())
    };
    for noise in [0.0, -1.0, f64::NAN] {
        assert!(
            by(std::sync::Arc::new(LinearSampler::new(&net(), noise))).contains("variance of the noise"),
            "{noise}"
        );
        assert!(by(std::sync::Arc::new(TrainedSampler::new(&net(), noise))).contains("variance of the noise"));
        assert!(by(std::sync::Arc::new(GaussianProcess::squared_exponential(noise))).contains("variance of the noise"));
    }
    let still = network("still", serial((Dense::hidden().sigma_w(0.0), relu(), Dense::new(1).sigma_w(0.0)))).width(4);
    let message = by(std::sync::Arc::new(LinearSampler::new(&still, 0.1)));
    assert!(message.contains("prior variance") && message.contains("is 0"), "{message}");
    let two = network("two", serial([hidden(), relu(), dense(2)])).width(4);
    assert!(by(std::sync::Arc::new(LinearSampler::new(&two, 0.1))).contains("expected 1 network output, got 2"));
    assert!(by(std::sync::Arc::new(GaussianProcess::ntk(&net(), 0.1).upper_bound(-1.0))).contains("is -1"));
    // A network that says what it reads is not given another shape.
    let three = std::sync::Arc::new(LinearSampler::new(&net().input(3), 0.1));
    assert!(by(three).contains("expected 3 input features, got 2"));
    let image = network("image", serial((conv(4, 1), relu(), flatten(), dense(1)))).image(1, 2, 1);
    let mut on_images =
        BayesianOptimisation::new(&BOX, LinearSampler::new(&image, 0.1), Seed(0)).start(2).candidates(5, 1).quiet();
    on_images.run(1, hill).unwrap();
    // Learning rates of the maximal-update parametrisation do not make training diverge.
    let rates = net().width(256).parametrisation(Parametrisation::MuP);
    let mut bandit = BayesianOptimisation::new(&BOX, NeuralThompson::new(&rates).ridge(0.1).steps(50), Seed(0))
        .start(10)
        .candidates(5, 0)
        .quiet();
    bandit.run(1, hill).unwrap();
    assert!(refused(of(&BOX).start(usize::MAX)).contains("memory"));
    assert!(of(&BOX).run(usize::MAX, |_| f64::NAN).is_err());
    assert!(by(std::sync::Arc::new(Broken(array![0.0]))).contains("expected 2 coordinates"));
    assert!(by(std::sync::Arc::new(Broken(array![0.0, f64::NAN]))).contains("NaN"));
    let mut outside = BayesianOptimisation::new(&BOX, Broken(array![7.0, -9.0]), Seed(0)).start(1).quiet();
    outside.run(1, hill).unwrap();
    assert_eq!(outside.evaluations()[1].point, array![5.0, -1.0]);
}

/// An acquisition of a user's that returns too little.
struct Short(usize);

impl Acquisition for Short {
    fn values(&self, x: &Matrix) -> Result<Vector> {
        Ok(Vector::ones(x.nrows().saturating_sub(self.0)))
    }
}

struct Maximises(usize);

impl SearchStrategy for Maximises {
    fn name(&self) -> String {
        "short".into()
    }

    fn settings(&self, settings: Settings) -> Settings {
        settings
    }

    fn propose(&self, round: &Round<'_>) -> Result<Vector> {
        assert!(matches!(round.best_candidate(&Matrix::ones((2, 2)), &Vector::ones(3)), Err(Error::Size { .. })));
        assert!(matches!(round.best_candidate(&Matrix::ones((0, 2)), &Vector::ones(0)), Err(Error::NoRows { .. })));
        round.maximise(&Short(self.0))
    }
}

#[test]
fn acquisitions_of_another_length_are_refused() {
    let of =
        |short: usize| BayesianOptimisation::new(&BOX, Maximises(short), Seed(0)).start(2).candidates(4, 1).quiet();
    assert!(of(1).run(1, hill).unwrap_err().to_string().contains("expected 4 values, got 3"));
    of(0).run(1, hill).unwrap();
}

#[test]
fn samples_in_bulk_are_single_ones() {
    let (x, at) = (gaussian(6, 3, Seed(0)).unwrap(), gaussian(4, 3, Seed(1)).unwrap());
    let (y, sampler) = (x.column(0).to_owned(), LinearSampler::new(&net(), 0.01));
    let many = sampler.samples(3, (&x, &y), &at, Seed(2)).unwrap();
    for (k, row) in many.rows().into_iter().enumerate() {
        let one = sampler.sample((&x, &y), Seed(2).child(k as u64)).unwrap();
        assert_eq!(one.values(&at).unwrap(), row);
    }
    assert!(sampler.samples(0, (&x, &y), &at, Seed(2)).is_err());
    assert!(
        sampler
            .sample((&x, &y.slice(s![..3]).to_owned()), Seed(2))
            .unwrap_err()
            .to_string()
            .contains("expected 6 targets, got 3")
    );
    assert!(sampler.sample((&x, &(&y * f64::NAN)), Seed(2)).is_err());
}

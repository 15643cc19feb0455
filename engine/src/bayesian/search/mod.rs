//! The search for the maximum of an expensive function.

mod outcome;
mod saved;
mod shown;

pub use outcome::Outcome;

use super::acquisition::uniform;
use super::strategy::{Round, SearchStrategy};
use crate::checkpoint::{Checkpoint, Work};
use crate::error::{Error, Result, SearchFault};
use crate::progress::Progress;
use crate::random::Seed;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use outcome::{evaluate, finite};
use std::sync::Arc;

const PLACE: &str = "Bayesian optimisation";

/// A search for the maximum of a function on a box, each value of which costs much: first at random points, then in rounds of points that a
/// [`SearchStrategy`] chooses by all values so far. Whatever happens to the function, no evaluation is lost: the search holds them, and
/// [running](Self::run) it again goes on.
///
/// Strategies see the box as the cube from -1 to 1, and values less their mean and over their standard deviation.
///
/// ```
/// use hadamard::prelude::*;
/// let net = network("ReLU", serial((Dense::hidden().bias(1.0), relu(), dense(1)))).width(64);
/// let valley = |x: &[f64]| (x[0] - 2.0).powi(2) + (x[1] + 0.5).powi(2);
/// let mut search = BayesianOptimisation::new(&[(-5.0, 5.0), (-1.0, 1.0)], LinearSampler::new(&net, 1e-4), Seed(0))
///     .start(6)
///     .batch(2)
///     .minimise()
///     .quiet();
/// search.run(5, valley)?;                                     // 6 points and 5 rounds of 2
/// assert_eq!(search.evaluations().len(), 16);
/// search.run(10, valley)?;                                    // 5 rounds more
/// let (point, value) = search.best().expect("evaluations");
/// assert!(value < 0.5 && (point[0] - 2.0).abs() < 1.0);
/// # Ok::<(), Error>(())
/// ```
/// An experiment that is no function is told: [`ask`](Self::ask) gives the points of a round, [`tell`](Self::tell) takes a value.
#[derive(Clone)]
pub struct BayesianOptimisation {
    bounds: Vec<(f64, f64)>,
    strategy: Arc<dyn SearchStrategy>,
    seed: Seed,
    start: usize,
    batch: usize,
    candidates: usize,
    refined: usize,
    minimise: bool,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
    evaluations: Vec<Evaluation>,
    /// Of the round, to be evaluated, in their order.
    pending: Vec<Array1<f64>>,
}

/// A value that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The round, 0 of the points at random.
    pub round: usize,
    /// The point, `[d]`.
    pub point: Array1<f64>,
    /// The function's value.
    pub value: f64,
}

impl BayesianOptimisation {
    /// On the box of these lower and upper bounds, one pair per coordinate. 10 points at random, batches of 1, 1000 candidates of which
    /// the 3 best are refined, and the maximum is looked for, unless set.
    pub fn new(bounds: &[(f64, f64)], strategy: impl SearchStrategy + 'static, seed: Seed) -> Self {
        Self {
            bounds: bounds.to_vec(),
            strategy: Arc::new(strategy),
            seed,
            start: 10,
            batch: 1,
            candidates: 1000,
            refined: 3,
            minimise: false,
            checkpoint: None,
            quiet: false,
            evaluations: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Sets the number of points at random, at least 1.
    pub fn start(self, points: usize) -> Self {
        Self { start: points, pending: Vec::new(), ..self }
    }

    /// Sets the number of points that are chosen in a round before any of them is evaluated, at least 1.
    pub fn batch(self, points: usize) -> Self {
        Self { batch: points, pending: Vec::new(), ..self }
    }

    /// Sets the number of random candidates of a choice, at least 1, and how many of the best are refined by L-BFGS-B.
    pub fn candidates(self, candidates: usize, refined: usize) -> Self {
        Self { candidates, refined, pending: Vec::new(), ..self }
    }

    /// Looks for the minimum.
    pub fn minimise(self) -> Self {
        Self { minimise: true, pending: Vec::new(), ..self }
    }

    /// Saves every value in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint). The function is not known to it.
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Goes on until so many rounds are complete, not counting the points at random. The function takes a point, `d` numbers, and returns a
    /// number or a result with one.
    ///
    /// # Errors
    /// [`SearchFault::Objective`] if the function fails, panics or returns what is no number: the same call goes on with that point.
    /// [`SearchFault::Bounds`] for bounds upside down; [`Error::Range`] for none of what must be at least one; those of the strategy. With a
    /// checkpoint [`Error::Stopped`] if a file asked for it, [`Error::Store`], [`Error::File`].
    pub fn run<T: Outcome>(&mut self, rounds: usize, mut objective: impl FnMut(&[f64]) -> T) -> Result<()> {
        self.run_here(rounds, &mut |point| objective(point).value())
    }

    fn run_here(&mut self, rounds: usize, objective: &mut dyn FnMut(&[f64]) -> Result<f64, String>) -> Result<()> {
        self.check()?;
        Progress::unless(self.quiet).during(|| {
            let store = self.open()?;
            let total = self.start.saturating_add(rounds.saturating_mul(self.batch));
            let done = self.evaluations.len().min(total) as u64;
            let what = format!("{PLACE} by {}", self.strategy.name());
            let mut work = Work::new(store.as_ref(), what, "evaluations", total as u64, done);
            while self.evaluations.len() < total {
                self.choose()?;
                let point = self.pending[0].to_vec();
                let value = evaluate(objective, &point).map_err(|reason| self.failed(&point, reason))?;
                self.count(value);
                self.save(store.as_ref())?;
                work.computed();
                work.advance_saved()?;
            }
            work.finish_saved()
        })
    }

    /// The points of the round that are not evaluated yet, `[k, d]`.
    ///
    /// # Errors
    /// As for [`BayesianOptimisation::run`].
    pub fn ask(&mut self) -> Result<Array2<f64>> {
        self.check()?;
        let store = self.open()?;
        self.choose()?;
        self.save(store.as_ref())?;
        Ok(rows(self.bounds.len(), self.pending.iter().map(|point| point.view())))
    }

    /// The value of the first of the points asked for.
    ///
    /// # Errors
    /// [`SearchFault::Objective`] for a value that is no number, [`SearchFault::NotAsked`] if no point waits for one, or another process has
    /// told it; as for [`BayesianOptimisation::run`].
    pub fn tell(&mut self, value: f64) -> Result<()> {
        self.check()?;
        let asked = self.pending.first().cloned().ok_or(SearchFault::NotAsked)?;
        let store = self.open()?;
        if self.pending.first() != Some(&asked) {
            return Err(SearchFault::NotAsked.into());
        }
        let value = finite(value).map_err(|reason| self.failed(&asked.to_vec(), reason))?;
        self.count(value);
        self.save(store.as_ref())
    }

    /// All values that were found, in their order.
    pub fn evaluations(&self) -> &[Evaluation] {
        &self.evaluations
    }

    /// The best point and its value, the first of equal ones; `None` before there are any.
    pub fn best(&self) -> Option<(&Array1<f64>, f64)> {
        let first = self.evaluations.first()?;
        let rest = self.evaluations.iter();
        let best = rest.fold(first, |best, next| if self.better(next.value, best.value) { next } else { best });
        Some((&best.point, best.value))
    }

    /// The best value so far, one per evaluation.
    pub fn best_so_far(&self) -> Array1<f64> {
        let mut best = None;
        let so_far = self.evaluations.iter().map(|evaluation| {
            let next = evaluation.value;
            let value = best.filter(|&best| !self.better(next, best)).unwrap_or(next);
            best = Some(value);
            value
        });
        so_far.collect()
    }

    /// The lower and the upper bound of every coordinate.
    pub fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    fn better(&self, value: f64, than: f64) -> bool {
        if self.minimise { value < than } else { value > than }
    }

    fn check(&self) -> Result<()> {
        let at_least_one = |what: &'static str, count: usize| match count {
            0 => Err(Error::Range { place: PLACE, what, value: 0.0, legal: "at least 1" }),
            _ => Ok(()),
        };
        at_least_one("the number of coordinates", self.bounds.len())?;
        at_least_one("the number of points at random", self.start)?;
        at_least_one("the number of points in a batch", self.batch)?;
        at_least_one("the number of candidates", self.candidates)?;
        for (coordinate, &(lower, upper)) in self.bounds.iter().enumerate() {
            if !(lower < upper && (upper - lower).is_finite()) {
                return Err(SearchFault::Bounds { coordinate, lower, upper }.into());
            }
        }
        Ok(())
    }

    fn failed(&self, point: &[f64], reason: String) -> Error {
        SearchFault::Objective { evaluation: self.evaluations.len() + 1, point: point.to_vec(), reason }.into()
    }

    /// Takes the value of the first pending point.
    fn count(&mut self, value: f64) {
        let round = self.round();
        let point = self.pending.remove(0);
        self.evaluations.push(Evaluation { round, point, value });
    }

    /// That of the next evaluation.
    fn round(&self) -> usize {
        match self.evaluations.len().checked_sub(self.start) {
            None => 0,
            Some(after) => after / self.batch + 1,
        }
    }

    /// The evaluations before the next round.
    fn before(&self) -> usize {
        match self.round() {
            0 => 0,
            round => self.start + (round - 1) * self.batch,
        }
    }

    /// Chooses the points of the round, those that are not there yet.
    fn choose(&mut self) -> Result<()> {
        if !self.pending.is_empty() {
            return Ok(());
        }
        let (round, before) = (self.round(), self.before());
        let chosen = match round {
            0 => uniform(self.start, self.bounds.len(), self.seed.child(0))?,
            _ => self.batch_of(round, before)?,
        };
        let done = self.evaluations.len() - before;
        self.pending = chosen.rows().into_iter().skip(done).map(|row| self.outside(row)).collect();
        Ok(())
    }

    /// The points of a round in the cube, by the evaluations before it.
    fn batch_of(&self, round: usize, before: usize) -> Result<Array2<f64>> {
        let d = self.bounds.len();
        let inside: Vec<Array1<f64>> = self.evaluations[..before].iter().map(|e| self.inside(&e.point)).collect();
        let points = rows(d, inside.iter().map(|point| point.view()));
        let values = self.standardised(before);
        let mut chosen: Vec<Array1<f64>> = Vec::new();
        for slot in 0..self.batch {
            let pending = rows(d, chosen.iter().map(|point| point.view()));
            let seed = self.seed.child(1).child(round as u64).child(slot as u64);
            let (candidates, starts) = (self.candidates, self.refined);
            let round = Round { points: &points, values: &values, pending: &pending, seed, candidates, starts, slot };
            let point = self.strategy.propose(&round)?;
            if point.len() != d {
                return Err(Error::Size {
                    place: PLACE,
                    what: "coordinates of a point chosen",
                    expected: d,
                    got: point.len(),
                });
            }
            if let Some((column, &value)) = point.iter().enumerate().find(|(_, value)| !value.is_finite()) {
                return Err(Error::NotFinite { place: "point chosen by a strategy", row: slot, column, value });
            }
            chosen.push(point.mapv(|v| v.clamp(-1.0, 1.0)));
        }
        Ok(rows(d, chosen.iter().map(|point| point.view())))
    }

    /// The first values, larger better, of mean 0 and variance 1 unless all are equal.
    fn standardised(&self, count: usize) -> Array1<f64> {
        let sign = if self.minimise { -1.0 } else { 1.0 };
        // Halved, or the difference of the largest floats is infinite.
        let values: Array1<f64> = self.evaluations[..count].iter().map(|e| 0.5 * sign * e.value).collect();
        let scale = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        if scale == 0.0 {
            return values;
        }
        let values = values / scale;
        let centred = &values - values.sum() / count as f64;
        let deviation = (centred.dot(&centred) / count as f64).sqrt();
        if deviation > f64::EPSILON { centred / deviation } else { Array1::zeros(count) }
    }

    /// From the box to the cube.
    fn inside(&self, point: &Array1<f64>) -> Array1<f64> {
        let pairs = point.iter().zip(&self.bounds);
        pairs.map(|(x, (lower, upper))| (2.0 * ((x - lower) / (upper - lower)) - 1.0).clamp(-1.0, 1.0)).collect()
    }

    /// From the cube to the box.
    fn outside(&self, point: ArrayView1<'_, f64>) -> Array1<f64> {
        let pairs = point.into_iter().zip(&self.bounds);
        pairs.map(|(x, (lower, upper))| (lower + 0.5 * (x + 1.0) * (upper - lower)).clamp(*lower, *upper)).collect()
    }
}

/// Points as a matrix, `[k, d]`, `k` from 0 on.
fn rows<'a>(d: usize, points: impl ExactSizeIterator<Item = ArrayView1<'a, f64>>) -> Array2<f64> {
    let mut matrix = Array2::zeros((points.len(), d));
    points.zip(matrix.axis_iter_mut(Axis(0))).for_each(|(point, mut row)| row.assign(&point));
    matrix
}

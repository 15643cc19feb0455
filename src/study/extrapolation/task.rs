//! What is learned and where it is read.

use crate::checkpoint::Identity;
use crate::data::{Body, Region, RegressionTarget, Sector, Seed};
use crate::error::Result;
use crate::study::Requires;
use ndarray::{Array2, Axis, concatenate};
use std::f64::consts::PI;

/// Targets learned in one region and read beyond it.
///
/// ```
/// use hadamard::prelude::*;
/// let task = ExtrapolationTask::new(2, Body::Ball, (1.0, 2.0), [RegressionTarget::SumOfSquares]).withholding(Sector::Quadrant);
/// assert_eq!(task.name(), "d = 2, ball 1 → 2, quadrant withheld");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ExtrapolationTask {
    pub(super) dimension: usize,
    pub(super) body: Body,
    pub(super) train_radius: f64,
    pub(super) test_radius: f64,
    pub(super) targets: Vec<RegressionTarget>,
    /// Those that finite networks are trained on too.
    pub(super) trained: Vec<RegressionTarget>,
    pub(super) withheld: Option<Sector>,
    pub(super) biases: bool,
}

impl Identity for ExtrapolationTask {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        let Self { dimension, body, train_radius, test_radius, targets, trained, withheld, biases } = self;
        dimension.identify(write);
        body.name().identify(write);
        (train_radius, test_radius).identify(write);
        (targets, trained).identify(write);
        (withheld.map(Sector::name), biases).identify(write);
    }
}

impl ExtrapolationTask {
    /// Targets on `R^d`, learned in a body of the first radius and read in that of the second. Networks read `[x, 1]`, so that every
    /// dense layer on the input has a trained bias.
    pub fn new(
        dimension: usize,
        body: Body,
        (train_radius, test_radius): (f64, f64),
        targets: impl IntoIterator<Item = RegressionTarget>,
    ) -> Self {
        let (targets, trained) = (targets.into_iter().collect(), Vec::new());
        Self { dimension, body, train_radius, test_radius, targets, trained, withheld: None, biases: true }
    }

    /// Trains finite networks too, on these targets.
    pub fn training(self, targets: impl IntoIterator<Item = RegressionTarget>) -> Self {
        Self { trained: targets.into_iter().collect(), ..self }
    }

    /// Trains without the directions of a sector, and tests there too.
    pub fn withholding(self, sector: Sector) -> Self {
        Self { withheld: Some(sector), ..self }
    }

    /// Networks read `x` itself, so that product nets are homogeneous. On the line that leaves them two functions, `x_+^N` and `x_-^N`.
    pub fn without_biases(self) -> Self {
        Self { biases: false, ..self }
    }

    /// Dimension, body, radii, and what is withheld.
    pub fn name(&self) -> String {
        let (d, body) = (self.dimension, self.body.name());
        let short = |radius: f64| format!("{:.2}", radius).trim_end_matches('0').trim_end_matches('.').to_string();
        let sector = self.withheld.map_or(String::new(), |sector| format!(", {} withheld", sector.name()));
        let biases = if self.biases { "" } else { ", no bias" };
        format!("d = {d}, {body} {} → {}{sector}{biases}", short(self.train_radius), short(self.test_radius))
    }

    /// # Errors
    /// [`NoRows`](crate::Error::NoRows) without targets; [`Range`](crate::Error::Range) for radii that are not `0 < train < test`, finite.
    pub(super) fn check(&self) -> Result<()> {
        Requires::of("targets of an extrapolation task").some(&self.targets)?;
        let (train, test) = (self.train_radius, self.test_radius);
        let (positive, above) = (train > 0.0 && train.is_finite(), test > train && test.is_finite());
        Requires::of("extrapolation").that(positive, "the training radius", train, "positive and finite")?.that(
            above,
            "the test radius",
            test,
            "finite and above the training radius",
        )?;
        Ok(())
    }

    /// Where the training points are.
    fn inside(&self) -> Region {
        let region = Region::new(self.body, self.train_radius);
        self.withheld.map_or(region, |sector| region.without(sector))
    }

    /// The training points.
    pub(super) fn sample(&self, n: usize, seed: Seed) -> Result<Array2<f64>> {
        self.inside().sample(n, self.dimension, seed)
    }

    /// Names of the test sets and their points: fresh ones where training was, ones beyond the training radius, and within it in the
    /// withheld sector.
    pub(super) fn tests(&self, n: usize, seed: Seed) -> Result<Vec<(Place, Array2<f64>)>> {
        let outside = Region::new(self.body, self.test_radius).hollow(self.train_radius);
        let outside = self.withheld.map_or(outside, |sector| outside.without(sector));
        let mut sets = vec![(Place::Inside, self.inside()), (Place::Outside, outside)];
        if let Some(sector) = self.withheld {
            sets.push((Place::Withheld, Region::new(self.body, self.train_radius).only(sector)));
        }
        let sample = |(index, (place, region)): (usize, (Place, Region))| {
            Ok((place, region.sample(n, self.dimension, seed.child(index as u64))?))
        };
        sets.into_iter().enumerate().map(sample).collect()
    }

    /// What a network reads of points `[n, d]`: `[x, 1]` or `x`.
    pub(super) fn inputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        if !self.biases {
            return Ok(x.clone());
        }
        let ones = Array2::ones((x.nrows(), 1));
        Ok(concatenate(Axis(1), &[x.view(), ones.view()]).expect("as many ones as rows"))
    }
}

/// Where a network is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On the training points.
    Train,
    /// On fresh points of the training region.
    Inside,
    /// Between the training and the test radius.
    Outside,
    /// Within the training radius in the withheld sector.
    Withheld,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::Train => "train",
            Place::Inside => "inside",
            Place::Outside => "outside",
            Place::Withheld => "withheld",
        }
    }
}

/// The tasks of the study: every published target, body and dimension, and the directions withheld in the plane.
pub(super) fn published() -> Vec<ExtrapolationTask> {
    use RegressionTarget as T;
    let (linear, form) = (T::Linear(Seed(1)), T::QuadraticForm(Seed(1)));
    let task = |d, body, radii, targets: &[T]| ExtrapolationTask::new(d, body, radii, targets.iter().copied());
    let (whole, half) = (1.5 * PI, 0.75 * PI);
    let line = [linear, T::SumOfSquares, T::SquareRoot, T::AbsoluteSum, T::Cosine(PI), T::Helix, T::Quartic];
    vec![
        task(1, Body::Cube, (1.0, 2.0), &line).training([T::SumOfSquares]),
        task(1, Body::Cube, (2.5, 5.0), &[T::Cubic]).training([T::Cubic]),
        task(1, Body::Cube, (half, whole), &[T::Cosine(1.0), T::Cosine(2.0)]).training([T::Cosine(2.0)]),
        task(2, Body::Cube, (1.0, 2.0), &[linear, form, T::SumOfSquares, T::AbsoluteSum, T::Cosine(PI)])
            .training([form]),
        task(2, Body::Ball, (1.0, 2.0), &[linear, form]).withholding(Sector::HalfSpace),
        task(2, Body::Ball, (1.0, 2.0), &[linear, form]).withholding(Sector::Quadrant),
        task(8, Body::Ball, (1.0, 2.0), &[linear, form, T::SumOfSquares, T::AbsoluteSum]),
        task(8, Body::Sphere, (1.0, 5.0), &[linear, form, T::AbsoluteSum]),
        task(8, Body::Sphere, (1.0, 5.0), &[linear, form, T::AbsoluteSum]).without_biases(),
        task(16, Body::Ball, (1.0, 2.0), &[linear]),
        task(32, Body::Ball, (1.0, 2.0), &[linear]),
    ]
}

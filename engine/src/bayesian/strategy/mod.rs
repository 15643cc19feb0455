//! How the next point is chosen: one strategy a file.

mod gaussian_process;
mod neural;
mod random;
mod sampled;
mod squared_exponential;

pub use gaussian_process::GaussianProcess;
pub use neural::NeuralThompson;
pub use random::RandomSearch;

use super::acquisition::{largest, maximise, uniform};
use super::{Acquisition, sample::Data};
use crate::checkpoint::Settings;
use crate::error::{Error, Result};
use crate::random::Seed;
use ndarray::{Array1, Array2};

/// How the next point is chosen. One of one's own is used as those that are there:
/// ```
/// use hadamard::prelude::*;
/// use hadamard::bayesian::Round;
/// use hadamard::checkpoint::Settings;
///
/// /// The middle of the best point and a random one.
/// struct HalfWay;
/// impl SearchStrategy for HalfWay {
///     fn name(&self) -> String {
///         "half way".into()
///     }
///     fn settings(&self, settings: Settings) -> Settings {
///         settings.with("strategy", "half way")
///     }
///     fn propose(&self, round: &Round<'_>) -> Result<Vector> {
///         let best = argmax(&round.values().clone().insert_axis(Axis(1)).reversed_axes())?[0];
///         Ok((&round.points().row(best) + &round.candidates()?.row(0)) / 2.0)
///     }
/// }
/// let mut search = BayesianOptimisation::new(&[(0.0, 1.0)], HalfWay, Seed(0)).quiet();
/// search.run(20, |x| -(x[0] - 0.3).powi(2))?;
/// assert!((search.best().expect("evaluations").0[0] - 0.3).abs() < 0.1);
/// # Ok::<(), Error>(())
/// ```
pub trait SearchStrategy: Send + Sync {
    /// What it is called in tables.
    fn name(&self) -> String;

    /// Adds all that its choices depend on, by which a checkpoint knows it.
    fn settings(&self, settings: Settings) -> Settings;

    /// A point of the cube from -1 to 1, `[d]`; coordinates beyond it are brought to its border.
    ///
    /// # Errors
    /// Whatever goes wrong; the search stays as it was.
    fn propose(&self, round: &Round<'_>) -> Result<Array1<f64>>;
}

impl<S: SearchStrategy + ?Sized> SearchStrategy for std::sync::Arc<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn settings(&self, settings: Settings) -> Settings {
        (**self).settings(settings)
    }

    fn propose(&self, round: &Round<'_>) -> Result<Array1<f64>> {
        (**self).propose(round)
    }
}

/// What a strategy knows when it chooses a point: the box is the cube from -1 to 1, and larger values are better.
pub struct Round<'a> {
    pub(super) points: &'a Array2<f64>,
    pub(super) values: &'a Array1<f64>,
    pub(super) pending: &'a Array2<f64>,
    pub(super) seed: Seed,
    pub(super) candidates: usize,
    pub(super) starts: usize,
    pub(super) slot: usize,
}

impl Round<'_> {
    /// The points evaluated before this round, `[n, d]`.
    pub fn points(&self) -> &Array2<f64> {
        self.points
    }

    /// Their values, `[n]`, less their mean and over their standard deviation.
    pub fn values(&self) -> &Array1<f64> {
        self.values
    }

    /// Points chosen in this round and not evaluated yet, `[slot, d]`.
    pub fn pending(&self) -> &Array2<f64> {
        self.pending
    }

    /// The number of the point in its batch.
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// Another one for every round and slot.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Random points of the cube, `[m, d]`.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn candidates(&self) -> Result<Array2<f64>> {
        uniform(self.candidates, self.points.ncols(), self.seed.child(u64::MAX))
    }

    /// Where a function is largest: the best of the candidates, and of where L-BFGS-B ends from the best of them.
    ///
    /// # Errors
    /// Those of the function; [`Error::NotFinite`] for values that are not, [`Error::Size`] for other numbers of them; [`Error::Memory`].
    pub fn maximise(&self, acquisition: &dyn Acquisition) -> Result<Array1<f64>> {
        maximise(acquisition, &self.candidates()?, self.starts)
    }

    /// The candidate with the largest of these values, `[m]`.
    ///
    /// # Errors
    /// [`Error::NotFinite`]; [`Error::Size`] for another number of values, [`Error::NoRows`] for no candidates.
    pub fn best_candidate(&self, candidates: &Array2<f64>, values: &Array1<f64>) -> Result<Array1<f64>> {
        let (place, expected, got) = ("best candidate", candidates.nrows(), values.len());
        if expected != got {
            return Err(Error::Size { place, what: "values of candidates", expected, got });
        }
        if got == 0 {
            return Err(Error::NoRows { place });
        }
        Ok(candidates.row(largest(place, values)?).to_owned())
    }

    /// Points and values.
    fn data(&self) -> Data<'_> {
        (self.points, self.values)
    }
}

impl std::fmt::Debug for Round<'_> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "point {} of a round after {} evaluations", self.slot, self.values.len())
    }
}

mod claims;
mod errors;
mod facts;
mod figures;
mod ray_fit;
mod report;
mod run;
mod task;

pub use ray_fit::{RayFit, Rays};
pub use report::ExtrapolationReport;
pub use task::ExtrapolationTask;

use crate::checkpoint::Checkpoint;
use crate::data::Seed;
use crate::error::{Error, Result};
use crate::internal::{Settings, Work};
use crate::net::{Net, ccp, mlp, pnn};
use crate::progress::Progress;
use run::Data;

/// Extrapolation.
///
/// What does a network say where it has not been trained? (Wu et al. 2022, section on extrapolation; protocol of the authors' code.)
///
/// Every architecture learns every target of every [task](ExtrapolationTask) twice over: by kernel regression with its NTK at infinite
/// width, and, for some targets, as a finite network trained by full-batch gradient descent. Recorded are
///
/// - errors on the training points, on fresh points of the training region, beyond it, and in withheld directions: mean squared error,
///   median absolute percentage error, `R²`;
/// - the *directional fit*: outputs along random rays, from 1.1 times the largest norm of a training point to ten times the largest
///   coordinate, fitted by polynomials of degree 1, 2, … of the distance, with `R²` ray by ray ([`Rays`]);
/// - what holds exactly: homogeneity, degree along rays, the slope far out, and how little all that says about the values.
///
/// A ReLU network is linear along rays far from the data (Xu et al. 2021); a polynomial net of degree `N` is asymptotically a polynomial
/// of degree `N`, exactly so without biases.
///
/// Built by [`extrapolation`].
#[derive(Clone)]
pub struct Extrapolation {
    networks: Vec<(Net, usize)>,
    trained: Vec<Net>,
    tasks: Vec<ExtrapolationTask>,
    points: usize,
    test_points: usize,
    directions: usize,
    ray_points: usize,
    degrees: usize,
    width: usize,
    rate: f64,
    steps: u64,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// The study with all published targets, on 300 training points, 300 test points of each kind and 200 rays; finite networks of width 512
/// trained for 1000 steps at half the largest stable rate.
pub fn extrapolation() -> Extrapolation {
    Extrapolation {
        networks: vec![(mlp(1), 1), (mlp(3), 1), (pnn(2), 2), (pnn(3), 3), (ccp(2), 2), (ccp(3), 3)],
        trained: vec![mlp(1), pnn(2), pnn(3), ccp(3)],
        tasks: task::published(),
        points: 300,
        test_points: 300,
        directions: 200,
        ray_points: 100,
        degrees: 4,
        width: 512,
        rate: 0.5,
        steps: 1000,
        seed: Seed(0),
        checkpoint: None,
        quiet: false,
    }
}

impl Extrapolation {
    /// A run of seconds: 150 points, 100 test points of each kind, 50 rays, width 512, 300 steps.
    pub fn quick(self) -> Self {
        Self { points: 150, test_points: 100, directions: 50, width: 512, steps: 300, ..self }
    }

    /// The paper's sizes: 2000 training and test points, 5000 rays of 100 points; width 4096, 10,000 steps of gradient descent (theirs is
    /// Adam in mini-batches).
    pub fn paper(self) -> Self {
        Self { points: 2000, test_points: 2000, directions: 5000, ray_points: 100, width: 4096, steps: 10_000, ..self }
    }

    /// The architectures of kernel regression, each with the degree that theory gives it along rays.
    pub fn networks(self, networks: impl IntoIterator<Item = (Net, usize)>) -> Self {
        Self { networks: networks.into_iter().collect(), ..self }
    }

    /// The architectures that are trained at finite width; they are among those of [`Extrapolation::networks`] by name.
    pub fn trained_networks(self, networks: impl IntoIterator<Item = Net>) -> Self {
        Self { trained: networks.into_iter().collect(), ..self }
    }

    /// What is learned, and where it is read.
    pub fn tasks(self, tasks: impl IntoIterator<Item = ExtrapolationTask>) -> Self {
        Self { tasks: tasks.into_iter().collect(), ..self }
    }

    /// The number of training points. Default 300.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The number of test points of each kind. Default 300.
    pub fn test_points(self, n: usize) -> Self {
        Self { test_points: n, ..self }
    }

    /// The number of rays. Default 200.
    pub fn directions(self, rays: usize) -> Self {
        Self { directions: rays, ..self }
    }

    /// The highest degree fitted along rays. Default 4.
    pub fn degrees(self, highest: usize) -> Self {
        Self { degrees: highest, ..self }
    }

    /// The width of trained networks. Default 512.
    pub fn width(self, units: usize) -> Self {
        Self { width: units, ..self }
    }

    /// The number of training steps. Default 1000.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// The learning rate as a share of the largest one that is stable for the initial NTK. Default 0.5.
    pub fn rate(self, share: f64) -> Self {
        Self { rate: share, ..self }
    }

    /// The seed of points, rays and networks. Default 0.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Saves the training of every network in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint). Kernel
    /// regressions, which take seconds, are done again.
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Runs the study, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::NoRows`] without networks, tasks, targets, points or rays; [`Error::SameName`]; [`Error::Range`] for radii that are not
    /// `0 < train < test`, for degrees that cannot be fitted or that theory gives but the fits do not reach, and for dimensions so high
    /// that rays would end before they begin; [`Error::TrainingDiverged`]; networks without a limit. With a checkpoint
    /// [`Error::Stopped`], [`Error::Store`], [`Error::File`].
    pub fn run(&self) -> Result<ExtrapolationReport> {
        Progress::unless(self.quiet).during(|| self.run_all())
    }

    fn check(&self) -> Result<()> {
        let place = "extrapolation";
        if self.networks.is_empty() || self.tasks.is_empty() {
            return Err(Error::NoRows { place });
        }
        let known: Vec<&str> = self.networks.iter().map(|(net, _)| net.name()).collect();
        let trained: Vec<&str> = self.trained.iter().map(Net::name).collect();
        for names in [&known, &trained] {
            if let Some(i) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
                return Err(Error::SameName { place, name: names[i].into() });
            }
        }
        for (_, degree) in &self.networks {
            if !(1..=self.degrees).contains(degree) {
                let (what, value) = ("the degree of a network along rays", *degree as f64);
                return Err(Error::Range {
                    place,
                    what,
                    value,
                    legal: "at least 1 and at most the highest degree fitted",
                });
            }
        }
        if !(self.rate > 0.0 && self.rate < 1.0) {
            let (what, legal) = ("the learning rate as a share of the largest stable one", "above 0 and below 1");
            return Err(Error::Range { place, what, value: self.rate, legal });
        }
        self.tasks.iter().try_for_each(ExtrapolationTask::check)
    }

    /// Everything that the result depends on.
    fn settings(&self) -> Settings {
        let Self { networks, trained, tasks, points, test_points, directions, ray_points, degrees, .. } = self;
        let Self { width, rate, steps, seed, checkpoint: _, quiet: _, .. } = self;
        Settings::new()
            .text("networks", (networks, trained))
            .text("tasks", tasks)
            .with("number of points", points)
            .with("number of test points", test_points)
            .with("number of rays", directions)
            .with("number of points of a ray", ray_points)
            .with("highest degree", degrees)
            .with("width", width)
            .with("share of the stable learning rate", rate)
            .with("number of steps", steps)
            .with("seed", seed.0)
    }

    fn run_all(&self) -> Result<ExtrapolationReport> {
        self.check()?;
        let trained = self.tasks.iter().filter(|task| !task.trained.is_empty()).count() * self.trained.len();
        let count = self.tasks.len() * self.networks.len() + trained;
        let store = Checkpoint::of_study(self.checkpoint.as_ref(), "extrapolation", self.settings())?;
        let mut work = Work::new(store.as_ref(), "extrapolation".into(), "fits", count as u64, 0);
        let (mut outcomes, mut ends) = (Vec::new(), Vec::new());
        for (index, task) in self.tasks.iter().enumerate() {
            let data = Data::new(self, index, task)?;
            for network in 0..self.networks.len() {
                outcomes.extend(data.kernel(self, network)?);
                work.computed();
                work.advance_saved()?;
            }
            for network in 0..self.trained.len() {
                let found = data.trained(self, network, store.as_ref())?;
                if !found.is_empty() {
                    outcomes.extend(found);
                    work.advance_saved()?;
                }
            }
            ends.push(data.rays);
        }
        work.finish_saved()?;
        let facts = facts::Facts::new(self)?;
        Ok(ExtrapolationReport { settings: self.clone(), outcomes, rays: ends, facts })
    }
}

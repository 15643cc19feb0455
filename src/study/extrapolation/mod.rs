//! Beyond the data.

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

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use run::Data;

define_study! {
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
    pub struct Extrapolation => ExtrapolationReport, "extrapolation", "extrapolation";
    /// The study with all published targets, on 300 training points, 300 test points of each kind and 200 rays; finite networks of width 512
    /// trained for 1000 steps at half the largest stable rate.
    pub fn extrapolation;
    settings {
        /// The architectures of kernel regression, each with the degree that theory gives it along rays.
        list networks: (Net, usize) = [(mlp(1), 1), (mlp(3), 1), (pnn(2), 2), (pnn(3), 3), (ccp(2), 2), (ccp(3), 3)], digest "networks";
        /// The architectures that are trained at finite width; they are among those of [`Extrapolation::networks`] by name.
        list trained_networks: Net = [mlp(1), pnn(2), pnn(3), ccp(3)], digest "trained networks";
        /// What is learned, and where it is read.
        list tasks: ExtrapolationTask = task::published(), digest "tasks";
        /// The number of training points. Default 300.
        value points: usize = 300, with "number of points";
        /// The number of test points of each kind. Default 300.
        value test_points: usize = 300, with "number of test points";
        /// The number of rays. Default 200.
        value directions: usize = 200, with "number of rays";
        /// The number of points of a ray, at least 2. Default 100.
        value ray_points: usize = 100, with "number of points of a ray";
        /// The highest degree fitted along rays. Default 4.
        value degrees: usize = 4, with "highest degree";
        /// The width of trained networks. Default 512.
        value width: usize = 512, with "width";
        /// The learning rate as a share of the largest one that is stable for the initial NTK. Default 0.5.
        value rate: f64 = 0.5, with "share of the stable learning rate";
        /// The number of training steps. Default 1000.
        value steps: u64 = 1000, with "number of steps";
    }
    trial {
        networks: vec![(mlp(1), 1), (pnn(2), 2)], trained_networks: vec![pnn(2)], tasks: task::published().split_off(2)[..2].to_vec(),
        points: 20, test_points: 10, directions: 5, width: 16, steps: 4
    }
    quick {
        /// A run of seconds: 150 points, 100 test points of each kind, 50 rays, width 512, 300 steps.
        points: 150, test_points: 100, directions: 50, width: 512, steps: 300
    }
    paper {
        /// The paper's sizes: 2000 training and test points, 5000 rays of 100 points; width 4096, 10,000 steps of gradient descent (theirs
        /// is Adam in mini-batches).
        points: 2000, test_points: 2000, directions: 5000, ray_points: 100, width: 4096, steps: 10_000
    }
}

impl Study for Extrapolation {
    type Report = ExtrapolationReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires().some(&self.networks)?.some(&self.tasks)?;
        requires
            .distinct(self.networks.iter().map(|(net, _)| net.name()))?
            .distinct(self.trained_networks.iter().map(Net::name))?
            .that(self.ray_points >= 2, "the number of points on a ray", self.ray_points as f64, "at least 2")?;
        let (what, legal) = ("the degree of a network along rays", "at least 1 and at most the highest degree fitted");
        for (_, degree) in &self.networks {
            requires.that((1..=self.degrees).contains(degree), what, *degree as f64, legal)?;
        }
        let (what, legal) = ("the learning rate as a share of the largest stable one", "above 0 and below 1");
        requires.that(self.rate > 0.0 && self.rate < 1.0, what, self.rate, legal)?;
        self.tasks.iter().try_for_each(ExtrapolationTask::check)
    }

    fn units(&self) -> (&'static str, usize) {
        let trained = self.tasks.iter().filter(|task| !task.trained.is_empty()).count() * self.trained_networks.len();
        ("fits", self.tasks.len() * self.networks.len() + trained)
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<ExtrapolationReport> {
        let seed = run.seed();
        let (mut outcomes, mut rays) = (Vec::new(), Vec::new());
        for (index, task) in self.tasks.iter().enumerate() {
            let data = Data::new(self, index, task, seed)?;
            for network in 0..self.networks.len() {
                outcomes.extend(data.kernel(self, network, run)?);
            }
            for network in 0..self.trained_networks.len() {
                outcomes.extend(data.trained(self, network, run)?);
            }
            rays.push(data.rays);
        }
        let facts = facts::Facts::new(self, seed)?;
        Ok(ExtrapolationReport { settings: self.clone(), outcomes, rays, facts })
    }
}

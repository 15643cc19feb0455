//! How many parameters a network needs to fit its data: the smallest eigenvalue of its kernel.

mod bottom;
mod frontier;
mod report;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
pub(super) use bottom::Bottom;
pub(super) use frontier::Trained;
use rayon::prelude::*;

define_study! {
    /// How many parameters a network needs to fit its data: the smallest eigenvalue of its tangent kernel, and where training stops to fit.
    ///
    /// Bombari, Amani and Mondelli (2022) bound the smallest eigenvalue `λ_min` of `K = J Jᵀ` from below by the product of the widths of the
    /// last two hidden layers, for smooth activations and `N` points of length `√d`, so that as many parameters as points are enough.
    /// Measured are
    ///
    /// - `λ_min` of a network of three layers and widths `d = n_1 = n_2` over `d²`, of the whole kernel and of each weight matrix alone (their
    ///   figure 1). With more points than parameters the kernel is singular by counting, and `λ_min` is 0;
    /// - the loss at which training ends of a network of four layers on targets of noise, over the number of points and `d²` (their figure 2).
    ///   Its ReLU is outside the theorem, which asks for a smooth activation.
    ///
    /// Weights are those of the paper: `W_l ~ N(0, 1/n_{l-1})`, those of the readout `N(0, 1)`, no biases, and the kernel is that of gradients
    /// in the weights themselves. Points are standard normal.
    ///
    /// Built by [`memorization`].
    pub struct Memorization => MemorizationReport, "memorization", "memorization";
    /// The study with 1000 points and widths up to 977; training up to 600 points.
    pub fn memorization;
    settings {
        /// The network whose kernel is measured; its width and the number of its inputs are the widths.
        value network: Net = three_layers(), digest "networks";
        /// The numbers of points of the kernel.
        list samples: usize = [1000], with "list of numbers of points";
        /// The widths of that network, rising.
        list widths: usize = [200, 300, 500, 700, 840, 977], with "list of widths";
        /// How many times points and weights are drawn.
        value repeats: usize = 5, with "number of repeats";
        /// The network that is trained.
        value trained: Net = four_layers(), digest "trained network";
        /// The numbers of points that it is trained on, rising.
        list trained_samples: usize = [100, 200, 400, 600], with "list of numbers of trained points";
        /// Its widths, rising.
        list trained_widths: usize = [6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28], with "list of trained widths";
        /// How many times it is drawn and trained.
        value trials: usize = 3, with "number of trials";
        /// The most steps.
        value steps: u64 = 10_000, with "number of steps";
    }
    trial { samples: vec![20], widths: vec![3, 12, 20], repeats: 2, trained_samples: vec![6, 10], trained_widths: vec![2, 5], trials: 1, steps: 20 }
    quick {
        /// A run of half a minute: training up to 400 points with at most 3000 steps.
        widths: vec![300, 500, 700, 840, 977], trained_samples: vec![100, 200, 300, 400],
        trained_widths: vec![8, 10, 12, 14, 16, 18, 20, 22, 24, 26], trials: 3, steps: 3000
    }
    paper {
        /// The sizes of figure 1, and those of figure 2 up to 1500 points.
        samples: vec![1000, 2000, 3000], widths: (0..20).map(|i| (1000.0 * (5.0 + 50.0 * i as f64)).sqrt() as usize).collect(),
        repeats: 10, trained_samples: vec![400, 800, 1200, 1500],
        trained_widths: (1..=12).map(|i| (250.0 * i as f64).sqrt() as usize).collect(), trials: 3, steps: 10_000
    }
}

/// Three layers of sigmoids, no biases, `W_l ~ N(0, 1/n_{l-1})`, a readout of `N(0, 1)`.
fn three_layers() -> Net {
    let readout = Dense::new(1).plain_gain(1.0);
    network("sigmoid, 3 layers", serial((hidden(), sigmoid(), hidden(), sigmoid(), readout)))
        .parametrisation(Parametrisation::Standard)
}

/// Four layers of ReLU, drawn in the same way.
fn four_layers() -> Net {
    let readout = Dense::new(1).plain_gain(1.0);
    network("ReLU, 4 layers", serial((hidden(), relu(), hidden(), relu(), hidden(), relu(), readout)))
        .parametrisation(Parametrisation::Standard)
}

impl Study for Memorization {
    type Report = MemorizationReport;

    fn check(&self) -> Result<()> {
        Self::requires()
            .some(&self.samples)?
            .some(&self.widths)?
            .some(&self.trained_samples)?
            .some(&self.trained_widths)?
            .rising("a number of points", &self.samples)?
            .rising("a width", &self.widths)?
            .rising("a number of trained points", &self.trained_samples)?
            .rising("a trained width", &self.trained_widths)?
            .at_least_one("the number of repeats", self.repeats)?
            .at_least_one("the number of trials", self.trials)?
            .at_least_one("the number of points", self.samples[0].min(self.trained_samples[0]))?
            .at_least_one("the number of steps", self.steps as usize)?;
        for (net, widths) in [(&self.network, &self.widths), (&self.trained, &self.trained_widths)] {
            widths.iter().try_for_each(|&width| sized(net, width).parameter_count().map(|_| ()))?;
        }
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        let kernels = self.samples.len() * self.widths.len();
        ("sizes", kernels + self.trained_samples.len() * self.trained_widths.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<MemorizationReport> {
        let seed = run.seed();
        let of_kernels = pairs(&self.samples, &self.widths);
        let bottoms = run.each("kernel", of_kernels, |(samples, width)| {
            let seed = seed.child(0).child(samples as u64).child(width as u64);
            Bottom::measure(&sized(&self.network, width), (samples, width), self.repeats, seed)
        })?;
        let of_training = pairs(&self.trained_samples, &self.trained_widths);
        let trained = run.each("training", of_training, |(samples, width)| {
            let seed = seed.child(1).child(samples as u64).child(width as u64);
            let net = sized(&self.trained, width);
            let one = |trial: usize| Trained::measure(&net, (samples, width), self.steps, seed.child(trial as u64));
            (0..self.trials).into_par_iter().map(one).collect::<Vec<_>>().into_iter().collect::<Result<Vec<_>>>()
        })?;
        Ok(MemorizationReport { settings: self.clone(), bottoms, trained })
    }
}

fn sized(net: &Net, width: usize) -> Net {
    net.clone().width(width).input(width)
}

/// Every number of points with every width.
fn pairs(samples: &[usize], widths: &[usize]) -> Vec<(usize, usize)> {
    samples.iter().flat_map(|&samples| widths.iter().map(move |&width| (samples, width))).collect()
}

/// What the study found.
#[derive(Clone)]
pub struct MemorizationReport {
    settings: Memorization,
    /// By number of points and width.
    bottoms: Vec<Bottom>,
    /// The same, and by trial.
    trained: Vec<Vec<Trained>>,
}

//! How tangent kernels evolve in benign and in adversarial training, and what they are worth when held fixed.

mod figures;
mod phases;
mod report;

use super::digit_sample::{DigitSample, OF_EACH};
use super::hardening::{Schooling, TrainedOn};
use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use phases::Phase;

define_study! {
    /// How the tangent kernel of a network changes in benign and in adversarial training, and how robust it makes models that keep it fixed,
    /// after Loo, Hasani, Amini and Rus (2022), on digits of MNIST.
    ///
    /// - **The first phase** trains networks of ten classes on images, or on every batch as it is and then attacked. Along it: the distance of
    ///   the two kernels, their velocity, effective rank, alignment with the classes, and how far the kernel of each output is that of its class.
    /// - **The second phase** begins at some of its epochs: the linearisation of the network there, with its outputs or centred (without
    ///   them), is trained in turn, on images or, if centred, on attacks too. Its kernel is constant, that of the epoch.
    /// - **Pictures** of what the kernel's eigenvectors are: inputs whose tangent features lie along them.
    ///
    /// The paper's networks are residual ones on CIFAR-10, attacked by 4/255; what a small network on digits shows is shown here.
    ///
    /// Built by [`kernel_evolution`].
    pub struct KernelEvolution => KernelEvolutionReport, "kernel_evolution", "evolution of tangent kernels";
    /// The study of 2000 images and networks of width 256: minutes.
    pub fn kernel_evolution;
    settings {
        /// Width of the networks, of two hidden layers of ReLU.
        value width: usize = 256, with "width";
        /// Images for training and for testing.
        value images: (usize, usize) = (2000, 500), digest "numbers of images";
        /// Images of the kernels.
        value points: usize = 200, with "number of points";
        /// How far an attack changes a pixel.
        value radius: f64 = 0.1, with "radius";
        /// Steps of an attack in training.
        value attack_steps: u64 = 7, with "number of steps of attacks";
        /// Passes over the images in the first phase.
        value epochs: u64 = 32, with "number of epochs";
        /// Its learning rate, with a momentum of 0.9.
        value rate: f64 = 0.05, with "learning rate";
        /// Epochs at which second phases begin, rising.
        list spawns: f64 = [0.0, 1.0, 4.0, 32.0], with "list of spawns";
        /// Passes over the images in the second phase.
        value second_epochs: u64 = 16, with "number of epochs of the second phase";
        /// Its learning rate, with the same momentum.
        value second_rate: f64 = 0.02, with "learning rate of the second phase";
        /// Starts of the networks.
        value starts: usize = 3, with "number of networks";
    }
    trial {
        width: 8, images: (20, 10), points: 10, attack_steps: 2, epochs: 1, spawns: vec![0.0, 1.0], second_epochs: 1, starts: 1
    }
    quick {
        /// A run of a minute: 600 images, width 128, 12 epochs and two starts.
        width: 128, images: (600, 300), points: 100, epochs: 12, spawns: vec![0.0, 1.0, 12.0], second_epochs: 6, starts: 2,
        attack_steps: 5
    }
    paper {
        /// 8000 images and 100 epochs of both phases.
        images: (8000, 600), epochs: 100, spawns: vec![0.0, 1.0, 5.0, 20.0, 100.0], second_epochs: 100
    }
}

/// A linearisation of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Without the network's outputs.
    Centred,
    /// With them.
    Linearised,
}

/// What networks of the first phase are trained on.
const FIRST: [TrainedOn; 2] = [TrainedOn::Standard, TrainedOn::Alternating];
/// Models of the second: whether they keep the network's outputs, and what they are trained on.
const SECOND: [(Kind, TrainedOn); 3] = [
    (Kind::Centred, TrainedOn::Standard),
    (Kind::Centred, TrainedOn::Alternating),
    (Kind::Linearised, TrainedOn::Standard),
];
/// Epochs that are recorded besides the spawns, up to the last and just before it.
const RECORDED: [f64; 11] = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
/// From the first record to the second, and from the one before the last to the last.
const INTERVAL: f64 = 0.25;

impl Study for KernelEvolution {
    type Report = KernelEvolutionReport;

    fn check(&self) -> Result<()> {
        let (train, test) = self.images;
        let requires = Self::requires();
        requires
            .that(train >= 20, "the number of images", train as f64, "at least two for each digit")?
            .that(test >= 10, "the number of images for testing", test as f64, "at least one for each digit")?
            .that(
                train.saturating_add(test) <= 10 * OF_EACH,
                "the number of images",
                train.saturating_add(test) as f64,
                "with those for testing at most 863 of each digit",
            )?
            .that(
                self.radius >= 0.0 && self.radius <= 1.0,
                "the radius",
                self.radius,
                "from 0 to 1, the range of a pixel",
            )?
            .some(&self.spawns)?
            .rising("the epoch of a spawn", &self.spawns)?;
        for (what, rate) in
            [("the learning rate", self.rate), ("the learning rate of the second phase", self.second_rate)]
        {
            requires.that(rate > 0.0 && rate.is_finite(), what, rate, "positive and finite")?;
        }
        for &spawn in &self.spawns {
            requires.that(
                spawn >= 0.0 && spawn <= self.epochs as f64,
                "the epoch of a spawn",
                spawn,
                "within the first phase: there is no network of a later one",
            )?;
        }
        for (what, count) in [
            ("the width", self.width),
            ("the number of points", self.points),
            ("the number of networks", self.starts),
            ("the number of steps of attacks", usize::try_from(self.attack_steps).unwrap_or(usize::MAX)),
            ("the number of epochs", usize::try_from(self.epochs).unwrap_or(usize::MAX)),
            ("the number of epochs of the second phase", usize::try_from(self.second_epochs).unwrap_or(usize::MAX)),
        ] {
            requires.at_least_one(what, count)?;
        }
        let legal = "at most that of images for testing";
        requires.that(self.points <= test, "the number of points", self.points as f64, legal)?;
        requires.that(self.points >= 10, "the number of points", self.points as f64, "at least one for each digit")?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", FIRST.len() * self.starts)
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<KernelEvolutionReport> {
        let seed = run.seed();
        let all: Vec<usize> = (0..10).collect();
        let samples = DigitSample::two(&all, self.images, seed.child(0))?;
        let of = FIRST.iter().flat_map(|&on| (0..self.starts).map(move |start| (on, start as u64)));
        let phases = run.each("phase", of, |(on, start)| {
            // Kernels of a hundred points need no lines of their own.
            Progress::silent().during(|| Phase::measure(self, on, &samples, seed.child(1).child(start)))
        })?;
        Ok(KernelEvolutionReport { settings: self.clone(), phases })
    }
}

impl KernelEvolution {
    fn schooling(&self) -> Schooling {
        let Self { rate, radius, attack_steps, .. } = *self;
        Schooling { batch: 50, rate, momentum: 0.9, radius, steps: attack_steps }
    }

    /// Epochs of the records, rising.
    fn recorded(&self) -> Vec<f64> {
        let last = self.epochs as f64;
        let mut at: Vec<f64> = RECORDED.iter().chain(&self.spawns).copied().filter(|epoch| *epoch <= last).collect();
        at.extend([last - INTERVAL, last]);
        at.sort_by(f64::total_cmp);
        at.dedup();
        at
    }
}

/// What the study found.
#[derive(Clone)]
pub struct KernelEvolutionReport {
    settings: KernelEvolution,
    /// By lesson of the first phase and start.
    phases: Vec<Phase>,
}

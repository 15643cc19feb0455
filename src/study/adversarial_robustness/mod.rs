//! Adversarial examples through the kernel: features, transfer to networks, rotation in training.

mod features;
mod figures;
mod report;
mod rotation;
mod transfer;

use super::digit_sample::{DigitSample, OF_EACH};
use super::hardening::TrainedOn;
use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use features::Features;
use rotation::Rotation;
use std::f64::consts::SQRT_2;
use transfer::{KernelAttacks, Transfer};

define_study! {
    /// What the neural tangent kernel tells of adversarial examples, after Tsilivis and Kempe (2022), on digits of MNIST.
    ///
    /// - **Features**: kernel regression is a sum of parts along the eigenvectors of the limit kernel. How often the sign of each is right on
    ///   unseen images (its usefulness), and how often it still is when the image is attacked for that part (its robustness); and how much
    ///   the first parts alone have right.
    /// - **Transfer**: what training on the same images adds to networks, attacked by its own gradient and by that of the limit kernel's prediction at the
    ///   same time of training, for which no network is needed; by width and time.
    /// - **Rotation**: how far the tangent kernel of a network of ten classes turns in standard and in adversarial training, and how much of
    ///   it is in its largest eigenvalues.
    ///
    /// Attacks change every pixel by up to a radius, and leave it between 0 and 1. The paper's images are of CIFAR-10 and its networks of
    /// rotation convolutional: what a small network on digits shows is shown here.
    ///
    /// Built by [`adversarial_robustness`].
    pub struct AdversarialRobustness => AdversarialRobustnessReport, "adversarial_robustness", "adversarial robustness";
    /// The study of 1000 images of 3 and 8 and networks of widths up to 2048: minutes.
    pub fn adversarial_robustness;
    settings {
        /// The architecture of features and transfer. The paper's: one hidden layer of ReLU, `σ_w = √2`, biases of 0.1.
        value network: Net = one_hidden(), digest "networks";
        /// The two digits.
        list digits: usize = [3, 8], with "list of digits";
        /// Images for training and for testing.
        value images: (usize, usize) = (1000, 600), digest "numbers of images";
        /// How far an attack of two digits changes a pixel.
        value radius: f64 = 0.15, with "radius";
        /// And one of ten.
        value rotation_radius: f64 = 0.1, with "radius of rotation";
        /// Steps of an attack of many.
        value attack_steps: u64 = 10, with "number of steps of attacks";
        /// About how many parts of the kernel are attacked.
        value features: usize = 100, with "number of features";
        /// Widths of the networks that are attacked, rising, two or more.
        list widths: usize = [128, 512, 2048], with "list of widths";
        /// Networks of each.
        value networks: usize = 3, with "number of networks";
        /// Steps of their training.
        value transfer_steps: u64 = 256, with "number of steps of transfer";
        /// Images of ten classes on which networks are trained whose kernel turns, and others for testing.
        value rotation_images: (usize, usize) = (2000, 500), digest "numbers of images of rotation";
        /// Width of these networks, of two hidden layers.
        value rotation_width: usize = 256, with "width of rotation";
        /// Passes over the images.
        value rotation_epochs: u64 = 40, with "number of epochs of rotation";
        /// Images of the kernels.
        value rotation_points: usize = 100, with "number of points of rotation";
        /// Starts of these networks.
        value rotations: usize = 3, with "number of networks of rotation";
    }
    trial {
        images: (20, 10), attack_steps: 2, features: 4, widths: vec![8, 16], networks: 2, transfer_steps: 4, rotation_images: (20, 30),
        rotation_width: 8, rotation_epochs: 1, rotation_points: 25, rotations: 1
    }
    quick {
        /// A run of a minute: 500 images of two digits and 1000 to test on, 1500 of ten, 12 epochs.
        images: (500, 1000), features: 80, widths: vec![64, 256, 1024], networks: 2, transfer_steps: 64, rotation_images: (1500, 500),
        rotation_width: 128, rotation_epochs: 12, attack_steps: 7
    }
    paper {
        /// Nearly all images of two digits that there are, and 200 epochs of rotation, as in the paper.
        images: (1200, 500), rotation_images: (8000, 600), rotation_epochs: 200, attack_steps: 20
    }
}

/// A part whose sign is right more often than this is useful.
const USEFUL: f64 = 0.55;
/// A part whose sign is right less often than this under attack is not robust.
const NOT_ROBUST: f64 = 0.1;
/// Times of transfer, each half of the next.
const TIMES: u32 = 5;
/// What the networks are trained on whose kernel turns.
const LESSONS: [TrainedOn; 3] = [TrainedOn::Standard, TrainedOn::FastGradient, TrainedOn::Projected];

/// The paper's.
fn one_hidden() -> Net {
    let dense = |layer: Dense| layer.sigma_w(SQRT_2).bias(0.1);
    network("ReLU, 1 hidden", serial((dense(Dense::hidden()), relu(), dense(Dense::new(1)))))
}

impl Study for AdversarialRobustness {
    type Report = AdversarialRobustnessReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires();
        requires
            .that(self.digits.len() == 2, "the number of digits", self.digits.len() as f64, "2")?
            .distinct(self.digits.iter().map(usize::to_string))?
            .that(self.widths.len() >= 2, "widths", self.widths.len() as f64, "enough for a comparison")?
            .rising("a width", &self.widths)?;
        for (what, radius) in [("the radius", self.radius), ("the radius of rotation", self.rotation_radius)] {
            requires.that((0.0..=1.0).contains(&radius), what, radius, "from 0 to 1, the range of a pixel")?;
        }
        if let Some(&digit) = self.digits.iter().find(|digit| **digit > 9) {
            requires.that(false, "a digit", digit as f64, "from 0 to 9")?;
        }
        for (what, (train, test), of_each) in
            [("the number of images", self.images, 2), ("the number of images of rotation", self.rotation_images, 10)]
        {
            let all = train.saturating_add(test);
            requires.that(train >= 2 * of_each, what, train as f64, "at least two for each digit")?;
            requires.that(test >= of_each, what, test as f64, "for testing too, at least one for each digit")?;
            requires.that(
                all <= of_each * OF_EACH,
                what,
                all as f64,
                "with those for testing at most 863 of each digit",
            )?;
        }
        let (features, count) = (self.features as f64, self.images.0);
        let legal = "at most that of images for training: the kernel has no more";
        requires.that(self.features <= count, "the number of features", features, legal)?;
        let (points, tested) = (self.rotation_points, self.rotation_images.1);
        let legal = "more than 20, whose eigenvalues are told apart, and at most that of images for testing";
        requires.that(points > 20 && points <= tested, "the number of points of rotation", points as f64, legal)?;
        for (what, count) in [
            ("the number of features", self.features),
            ("the number of networks", self.networks),
            ("the smallest width", self.widths[0]),
            ("the width of rotation", self.rotation_width),
            ("the number of networks of rotation", self.rotations),
            ("the number of steps of attacks", usize::try_from(self.attack_steps).unwrap_or(usize::MAX)),
            ("the number of steps of transfer", usize::try_from(self.transfer_steps).unwrap_or(usize::MAX)),
            ("the number of epochs of rotation", usize::try_from(self.rotation_epochs).unwrap_or(usize::MAX)),
        ] {
            requires.at_least_one(what, count)?;
        }
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("parts", 2 + self.widths.len() + LESSONS.len() * self.rotations)
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<AdversarialRobustnessReport> {
        let seed = run.seed();
        let pair = DigitSample::two(&self.digits, self.images, seed.child(0))?;
        // Kernels of so few images need no lines of their own.
        let silent = Progress::silent();
        let features = run.part("features", || silent.during(|| Features::measure(self, &pair)))?;
        let attacks = run.part("attacks", || silent.during(|| KernelAttacks::new(self, &pair)))?;
        let transfers = run.each("transfer", &self.widths, |&width| {
            Transfer::measure(self, &pair, &attacks, width, seed.child(1).child(width as u64))
        })?;
        let all: Vec<usize> = (0..10).collect();
        let ten = DigitSample::two(&all, self.rotation_images, seed.child(2))?;
        let of = LESSONS.iter().flat_map(|&on| (0..self.rotations).map(move |start| (on, start as u64)));
        let rotations = run.each("rotation", of, |(on, start)| {
            silent.during(|| Rotation::measure(self, on, &ten, seed.child(3).child(start)))
        })?;
        Ok(AdversarialRobustnessReport { settings: self.clone(), features, transfers, rotations })
    }
}

impl AdversarialRobustness {
    fn sized(&self, width: Option<usize>, sample: &DigitSample) -> Net {
        let net = self.network.clone().input(sample.x.ncols());
        width.map_or(net.clone(), |width| net.width(width))
    }
}

/// What the study found.
#[derive(Clone)]
pub struct AdversarialRobustnessReport {
    settings: AdversarialRobustness,
    features: Features,
    /// By width.
    transfers: Vec<Transfer>,
    /// By lesson and start.
    rotations: Vec<Rotation>,
}

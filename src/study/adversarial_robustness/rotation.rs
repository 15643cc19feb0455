//! How the tangent kernel turns in standard and in adversarial training.

use super::AdversarialRobustness;
use crate::names::*;
use crate::saved_fields;
use crate::study::digit_sample::DigitSample;
use crate::study::hardening::{Schooling, TrainedOn, accuracies, ten_classes};

/// Eigenvalues whose share of the kernel's squared norm is followed.
const TOP: usize = 20;
/// Epochs between 0 and 1 that are recorded, and how many of the later ones.
const EARLY: [f64; 3] = [0.0, 0.25, 0.5];
const LATER: u64 = 8;

/// One network in training.
#[derive(Clone)]
pub(super) struct Rotation {
    /// Passes over the images before each record.
    pub epochs: Vec<f64>,
    /// The share of the squared norm in the largest eigenvalues.
    pub top: Vec<f64>,
    /// The kernel distance to the first kernel and to the last.
    pub from_start: Vec<f64>,
    pub to_end: Vec<f64>,
    /// Shares of unseen images right after training: as they are, attacked by many steps.
    pub clean: f64,
    pub robust: f64,
}
saved_fields!(Rotation { epochs, top, from_start, to_end, clean, robust });

/// Epochs of the records.
fn recorded(epochs: u64) -> Vec<f64> {
    let later = (1..=LATER).map(|k| (k * epochs) as f64 / LATER as f64);
    let mut all: Vec<f64> = EARLY.into_iter().chain(later).collect();
    all.sort_by(f64::total_cmp);
    all
}

impl Rotation {
    pub fn measure(
        study: &AdversarialRobustness,
        on: TrainedOn,
        [train, test]: &[DigitSample; 2],
        seed: Seed,
    ) -> Result<Self> {
        let schooling = Schooling {
            batch: 50,
            rate: 0.05,
            momentum: 0.9,
            radius: study.rotation_radius,
            steps: study.attack_steps,
        };
        let start = ten_classes(study.rotation_width, train.x.ncols()).init(seed.child(0))?.cast::<f32>();
        let epochs = study.rotation_epochs;
        let networks = schooling.networks(&start, on, train, epochs, &recorded(epochs), seed.child(1))?;
        let points = test.first(study.rotation_points);
        let kernels = networks
            .iter()
            .map(|(_, network)| Ok(network.cast::<f64>().kernel_of(Outputs::Averaged, &points)?.ntk().clone()));
        let kernels: Vec<Kernel> = kernels.collect::<Result<_>>()?;
        let top = kernels.iter().map(|kernel| {
            let shares = kernel.spectrum()?.cumulative_square_share()?;
            Ok(shares[TOP.min(shares.len()) - 1])
        });
        let to = |other: &Kernel| kernels.iter().map(|kernel| kernel.distance(other)).collect::<Result<Vec<_>>>();
        let (first, last) = (&kernels[0], &kernels[kernels.len() - 1]);
        let trained = &networks.last().expect("a record or more").1;
        let (clean, robust) = accuracies(trained, test, study.rotation_radius)?;
        Ok(Self {
            epochs: networks.iter().map(|(epoch, _)| *epoch).collect(),
            top: top.collect::<Result<_>>()?,
            from_start: to(first)?,
            to_end: to(last)?,
            clean,
            robust,
        })
    }

    /// The first epoch after which the kernel stays within this share of its whole way of the last one.
    pub fn settled(&self, share: f64) -> f64 {
        let outside = self.to_end.iter().rposition(|distance| *distance > share * self.to_end[0]);
        self.epochs[outside.map_or(0, |record| record + 1)]
    }
}

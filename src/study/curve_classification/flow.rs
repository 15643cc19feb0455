//! The flow of the kernel on two circles, and a network that learns them.

use super::angles::weighted;
use super::certificate::Sample;
use super::{circles, relu_network};
use crate::names::*;
use crate::saved_fields;

/// Height of the circles.
const HEIGHT: f64 = 0.1;
/// Times that are shown.
const TIMES: i32 = 60;
/// Points of each curve that the network is trained on, and how many steps between two of them, the points of which it is tested on.
const TRAINING: usize = 100;
const BETWEEN: usize = 4;
const DEPTH: usize = 5;

/// `‖ζ_t‖` along the flow `ζ' = -Θ ζ` from the labels.
#[derive(Clone)]
pub(super) struct Flow {
    pub depth: usize,
    /// `‖g‖` on these points.
    pub norm: f64,
    /// `(t, ‖ζ_t‖)`.
    pub curve: Vec<(f64, f64)>,
}
saved_fields!(Flow { depth, norm, curve });

impl Flow {
    pub fn measure(depth: usize, points: usize) -> Result<Self> {
        let [a, b] = circles(HEIGHT)?;
        let sample = Sample::new([&a, &b], points)?;
        let eigen = SymmetricEigen::new(&weighted(&relu_network(depth), &sample.x, &sample.mass)?)?;
        // In modes; the labels have norm 1.
        let labels = &sample.labels * &sample.mass.mapv(f64::sqrt);
        let modes: Vec<f64> = eigen.vectors.rows().into_iter().map(|row| row.dot(&labels)).collect();
        let noise = eigen.noise();
        let certificate = modes.iter().zip(&eigen.values).filter(|(_, value)| **value > noise);
        let norm = certificate.map(|(mode, value)| (mode / value).powi(2)).sum::<f64>().sqrt();
        let left = |t: f64| {
            let terms =
                modes.iter().zip(&eigen.values).map(|(mode, value)| (mode * (-value.max(0.0) * t).exp()).powi(2));
            terms.sum::<f64>().sqrt()
        };
        let times = (0..=TIMES).map(|i| norm * 10f64.powf(-3.0 + 5.0 * f64::from(i) / f64::from(TIMES)));
        Ok(Self { depth, norm, curve: times.map(|t| (t, left(t))).collect() })
    }
}

/// A network of finite width on the same circles.
#[derive(Clone)]
pub(super) struct Trained {
    pub steps: Vec<f64>,
    pub loss: Vec<f64>,
    /// Shares of the points between the training points that are classified right.
    pub accuracy: Vec<f64>,
}
saved_fields!(Trained { steps, loss, accuracy });

impl Trained {
    /// By gradient descent at half of the largest rate that is stable for its own kernel.
    pub fn measure((width, steps): (usize, u64), seed: Seed) -> Result<Self> {
        let [a, b] = circles(HEIGHT)?;
        let (train, fine) = (Sample::new([&a, &b], TRAINING)?, Sample::new([&a, &b], BETWEEN * TRAINING)?);
        let unseen: Vec<usize> = (0..fine.x.nrows()).filter(|i| i % BETWEEN != 0).collect();
        let (x, labels) = (fine.x.select(Axis(0), &unseen), fine.labels.select(Axis(0), &unseen));
        let mut network = relu_network(DEPTH).width(width).input(3).init(seed)?.cast::<f32>();
        let top = Lanczos::new(1, Seed(0)).run(network.kernel(&train.x)?.ntk().values())?.values[0];
        // The mean squared error of `n` points has curvature `2 λ / n`.
        let rate = 0.5 * train.x.nrows() as f64 / top;
        let observer = Observer::new(When::Every((steps / 20).max(1))).loss().accuracy_on("held out", &x, &labels)?;
        let objective = Objective::new(&train.x, &train.labels, SquaredError)?;
        let trainer = Trainer::steps(steps, Sgd::new(rate)).observe(observer).quiet();
        let run = trainer.train(&mut network, &objective)?;
        let records = &run.records[0];
        Ok(Self {
            steps: records.steps.iter().map(|&step| step as f64).collect(),
            loss: records.values("loss")?,
            accuracy: records.values("held out")?,
        })
    }
}

//! The paper's small convolutional network on digits, in minibatches.

use super::task::unless_diverged;
use crate::names::*;
use crate::saved_fields;

/// Images on which sharpness is measured, and on which the loss is.
const SHARPNESS: usize = 32;
const LOSS: usize = 512;
/// Pixels a side, with the margin.
const SIDE: usize = 32;
const MARGIN: usize = 2;
/// Records along training.
const RECORDS: u64 = 16;
pub(super) const BATCH: usize = 128;

/// Two convolutions, each with ReLU and max pooling, and a readout of ten classes: 32 × 32 pixels become one position.
pub(super) fn simple_convnet() -> Net {
    let layers = [
        Conv::hidden(3).stride(2, 2).into(),
        relu(),
        max_pool(2),
        Conv::hidden(3).stride(4, 4).into(),
        relu(),
        max_pool(2),
        flatten(),
        dense(10),
    ];
    network("two convolutions", serial(layers)).image(SIDE, SIDE, 1)
}

/// Digits of MNIST with a margin, pixels from -1 to 1, and their classes one-hot.
pub(super) struct Images {
    x: Matrix,
    y: Matrix,
}

impl Images {
    pub fn new(count: usize, seed: Seed) -> Result<Self> {
        let digits = digits()?;
        let rows = random_rows(digits.images.nrows(), count, seed)?;
        let side = SIDE - 2 * MARGIN;
        let pixel = |row: usize, index: usize| {
            let (down, right) = (index / SIDE, index % SIDE);
            let inside = (MARGIN..MARGIN + side).contains(&down) && (MARGIN..MARGIN + side).contains(&right);
            let value = if inside { digits.images[[rows[row], (down - MARGIN) * side + right - MARGIN]] } else { 0.0 };
            2.0 * value - 1.0
        };
        let labels: Vec<u8> = rows.iter().map(|&row| digits.labels[row]).collect();
        let x = Matrix::from_shape_fn((count, SIDE * SIDE), |(row, index)| pixel(row, index));
        Ok(Self { x, y: one_hot(&labels, 10)? })
    }

    /// So many images, spread over all: digits come sorted by class.
    fn some(&self, count: usize) -> (Matrix, Matrix) {
        let rows: Vec<usize> = (0..count).map(|k| k * self.x.nrows() / count).collect();
        (self.x.select(Axis(0), &rows), self.y.select(Axis(0), &rows))
    }
}

/// One network in training.
#[derive(Clone)]
pub(super) struct OnImages {
    /// Steps before each record; none if it diverged.
    pub steps: Vec<f64>,
    pub losses: Vec<f64>,
    /// `γ² λ_max` of the Hessian on some images.
    pub sharpness: Vec<f64>,
}
saved_fields!(OnImages { steps, losses, sharpness });

impl OnImages {
    pub fn measure(net: &Net, images: &Images, steps: u64, rate: f64, seed: Seed) -> Result<Self> {
        let (x, y) = images.some(SHARPNESS.min(images.x.nrows()));
        let fixed = Objective::new(&x, &y, SoftmaxCrossEntropy)?;
        let (x, y) = images.some(LOSS.min(images.x.nrows()));
        let sharpness = move |state: &State<'_>| TopEigenvalue::new(Seed(0)).of(&*state.model.hessian(&fixed)?);
        let observer = Observer::new(When::Every((steps / RECORDS).max(1)))
            .loss_on("loss", &x, &y, SoftmaxCrossEntropy)?
            .value("sharpness", sharpness);
        let batch = BATCH.min(images.x.nrows());
        let trainer = Trainer::steps(steps, Sgd::new(rate)).batch(batch).shuffle(seed.child(0)).observe(observer);
        let objective = Objective::new(&images.x, &images.y, SoftmaxCrossEntropy)?;
        let mut network = net.init(seed.child(1))?.cast::<f32>();
        let Some(run) = unless_diverged(trainer.quiet().train(&mut network, &objective))? else {
            return Ok(Self { steps: Vec::new(), losses: Vec::new(), sharpness: Vec::new() });
        };
        let records = &run.records[0];
        Ok(Self {
            steps: records.steps.iter().map(|&step| step as f64).collect(),
            losses: records.values("loss")?,
            sharpness: records.values("sharpness")?,
        })
    }
}

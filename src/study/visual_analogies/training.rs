//! Training and testing of one network: an encoder with its scorer.

use super::VisualAnalogies;
use super::scorer::{Scorer, cross_entropy, places};
use crate::Compute;
use crate::checkpoint::{Arrays, Checkpoint, Work};
use crate::data::{Analogy, CANDIDATES, Regime, Seed, SquareImages, analogies};
use crate::error::{Error, Result};
use crate::linalg::single_threaded_blas;
use crate::net::{Net, Network};
use crate::study::StudySettings;
use crate::train::{Adam, Memory, Optimiser, own_rates};
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;
use std::sync::Mutex;
use std::time::Instant;

/// Analogies scored at once when a network is tested, and images encoded at once.
const SCORED: usize = 64;
const ENCODED: usize = 256;

/// A network in training.
pub(super) struct Training<F> {
    encoder: Network<F>,
    scorer: Scorer<F>,
    optimiser: Optimiser,
    memory: Memory<F>,
    /// Per step: the loss, and the share of the batch that was right, both before the step.
    pub losses: Vec<f64>,
    pub right: Vec<f64>,
    /// Spent in training.
    pub seconds: f64,
}

/// By the first row of a block of analogies: how many were right, and the gradients of the scorer.
type Parts<F> = Mutex<Vec<(usize, usize, [Array2<F>; 7])>>;

impl<F: Compute> Training<F> {
    pub fn new(study: &VisualAnalogies, encoder: &Net, seed: Seed) -> Result<Self> {
        let encoder = encoder.init(seed.child(0))?.cast();
        let scorer = Scorer::new(study.units, study.units, seed.child(1))?;
        let optimiser: Optimiser = Adam::new(study.learning_rate).into();
        optimiser.check(&encoder)?;
        let memory = optimiser.memory(encoder.parameters().iter().map(|p| &p.values).chain(&scorer.parameters));
        Ok(Self { encoder, scorer, optimiser, memory, losses: Vec::new(), right: Vec::new(), seconds: 0.0 })
    }

    /// Number of parameters of encoder and scorer.
    pub fn parameters(&self) -> usize {
        let encoder = self.encoder.parameters().iter().map(|p| p.values.len()).sum::<usize>();
        encoder + self.scorer.parameters.iter().map(Array2::len).sum::<usize>()
    }

    /// The mean loss over a batch, the share of it that is right, and the gradients in the order of the parameters.
    fn gradient(&self, images: &Array2<F>, batch: &[Analogy]) -> (f64, f64, Vec<Array2<F>>) {
        let parts: Parts<F> = Mutex::default();
        let size = batch.len() as f64;
        let (loss, mut gradients) =
            F::loss_gradient(&self.encoder.model(), images.view(), CANDIDATES, &|rows, latents| {
                let part = &batch[rows.start / CANDIDATES..rows.end / CANDIDATES];
                let read = places(part, |index, level| index * CANDIDATES + level);
                let (scores, tape) = self.scorer.forward(latents.view(), &read);
                let (value, cotangent, right) = cross_entropy(&scores, part);
                let cotangent = cotangent.mapv(|c| F::of(c / size));
                let (passed, gradients) = self.scorer.reverse(tape, &cotangent, &read, rows.len());
                let mut parts = parts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                parts.push((rows.start, right, gradients));
                (value, passed)
            });
        let mut parts = parts.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        parts.sort_by_key(|part| part.0);
        let right: usize = parts.iter().map(|part| part.1).sum();
        let sum = parts.into_iter().map(|part| part.2).reduce(|mut sum, part| {
            sum.iter_mut().zip(&part).for_each(|(sum, part)| *sum += part);
            sum
        });
        gradients.extend(sum.into_iter().flatten());
        (loss / size, right as f64 / size, gradients)
    }

    /// Trains up to the study's number of steps, on the analogies of region 0.
    ///
    /// # Errors
    /// [`Error::TrainingDiverged`]; with a checkpoint as for [`Study::run`](crate::study::Study::run).
    pub fn train(&mut self, study: &VisualAnalogies, seed: Seed, checkpoint: Option<&Checkpoint>) -> Result<()> {
        let name = self.encoder.net().name().to_string();
        let settings = || study.settings().with("network", name.as_str()).with("seed of the run", seed.0);
        let store = checkpoint.map(|c| c.open("training on visual analogies", settings())).transpose()?;
        if let Some(saved) = Work::saved(store.as_ref())? {
            self.restore(saved, study.steps)?;
        }
        let images = study.images(Regime::Translation, 0)?;
        let all = analogies(seed.child(0));
        let (mut order, mut epoch) = (Vec::new(), None);
        let per_epoch = all.len() / study.batch;
        let done = self.losses.len() as u64;
        let mut work = Work::new(store.as_ref(), format!("training {name}"), "steps", study.steps as u64, done);
        while self.losses.len() < study.steps {
            let (start, step) = (Instant::now(), self.losses.len());
            if epoch != Some(step / per_epoch) {
                epoch = Some(step / per_epoch);
                order = seed.child(1).permutation((step / per_epoch) as u64, all.len());
            }
            let drawn = &order[step % per_epoch * study.batch..][..study.batch];
            let batch: Vec<Analogy> = drawn.iter().map(|&index| all[index]).collect();
            let rows: Vec<usize> = batch.iter().flat_map(Analogy::candidates).collect();
            let (loss, right, gradients) = self.gradient(&images.rows(&rows), &batch);
            if !(loss.is_finite() && loss <= 1e3 * (CANDIDATES as f64).ln()) {
                return Err(Error::TrainingDiverged { step: step as u64, loss, rate: study.learning_rate });
            }
            let own = self.scorer.parameters.iter_mut().map(|values| (values, 1.0));
            self.optimiser.step(own_rates(&mut self.encoder).chain(own), &gradients, &mut self.memory);
            self.losses.push(loss);
            self.right.push(right);
            self.seconds += start.elapsed().as_secs_f64();
            work.advance(|| self.arrays())?;
        }
        work.finish(|| self.arrays())
    }

    /// The share of analogies that is right, of a region. Each image is encoded once.
    ///
    /// # Errors
    /// [`Error::Overflow`] for scores that are not finite.
    pub fn accuracy(&self, images: &SquareImages, tested: &[Analogy]) -> Result<f64> {
        let _blas = single_threaded_blas();
        let place = "scores of candidates";
        let mut shown: Vec<usize> = tested.iter().flat_map(Analogy::candidates).collect();
        shown.sort_unstable();
        shown.dedup();
        let latents: Vec<_> =
            shown.chunks(ENCODED).map(|rows| F::outputs(&self.encoder.model(), images.rows(rows).view())).collect();
        let views: Vec<_> = latents.iter().map(|part| part.view()).collect();
        let latents =
            ndarray::concatenate(Axis(0), &views).expect("some analogies are tested, and all latents are of one size");
        let row_of = |image| shown.binary_search(&image).expect("every candidate is among the images");
        let counts = tested.par_chunks(SCORED).map(|part| {
            let rows: Vec<_> = part.iter().map(|analogy| analogy.candidates().map(row_of)).collect();
            let (scores, _) = self.scorer.forward(latents.view(), &places(part, |index, level| rows[index][level]));
            match scores.iter().all(|score| score.is_finite()) {
                true => Ok(cross_entropy(&scores, part).2),
                false => Err(Error::Overflow { place }),
            }
        });
        Ok(counts.sum::<Result<usize>>()? as f64 / tested.len() as f64)
    }

    /// What a checkpoint holds.
    fn arrays(&self) -> Arrays {
        let numbers = |values: &[f64]| Array1::from(values.to_vec());
        let arrays = Arrays::new()
            .number("step", self.losses.len() as f64)
            .number("seconds", self.seconds)
            .with("losses", numbers(&self.losses))
            .with("right", numbers(&self.right));
        let parameters = self.encoder.parameters().iter().map(|p| &p.values).chain(&self.scorer.parameters);
        parameters.zip(&self.memory.arrays).enumerate().fold(arrays, |arrays, (index, (values, memory))| {
            let arrays = arrays.in_its_precision(&format!("{index}.parameter"), values);
            memory.iter().enumerate().fold(arrays, |arrays, (which, values)| {
                arrays.in_its_precision(&format!("{index}.memory.{which}"), values)
            })
        })
    }

    /// # Errors
    /// [`Error::Store`] for arrays that are not those of this network.
    fn restore(&mut self, mut saved: Arrays, steps: usize) -> Result<()> {
        let step = saved.take_count("step", steps as u64)? as usize;
        self.seconds = saved.take_number("seconds")?;
        self.losses = saved.take("losses", step)?.to_vec();
        self.right = saved.take("right", step)?.to_vec();
        self.memory.steps = step as u64;
        let own = self.scorer.parameters.iter_mut().map(|values| (values, 1.0));
        let parameters = own_rates(&mut self.encoder).chain(own);
        for (index, ((values, _), memory)) in parameters.zip(&mut self.memory.arrays).enumerate() {
            let dim = values.dim();
            let mut take = |name: String| Ok::<_, Error>(saved.take(&name, dim)?.mapv(F::of));
            *values = take(format!("{index}.parameter"))?;
            for (which, values) in memory.iter_mut().enumerate() {
                *values = take(format!("{index}.memory.{which}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::visual_analogies;

    /// Encoder and scorer as one, in blocks of whole analogies: eleven of them are 77 images, in two blocks.
    #[test]
    fn gradients_of_the_whole_are_those_of_central_differences() -> Result<()> {
        let study = visual_analogies().side(16).channels(2).units(3);
        let all = analogies(Seed(1));
        let batch: Vec<Analogy> = (0..11).map(|index| all[index * 1730]).collect();
        let rows: Vec<usize> = batch.iter().flat_map(Analogy::candidates).collect();
        let images = study.images(Regime::Scale, 5)?.rows::<f64>(&rows);
        for encoder in study.encoders() {
            let mut training = Training::<f64>::new(&study, &encoder, Seed(5))?;
            let (_, _, gradients) = training.gradient(&images, &batch);
            let count = training.encoder.parameters().len();
            assert_eq!(gradients.len(), count + training.scorer.parameters.len());
            for (which, gradient) in gradients.iter().enumerate() {
                let largest = gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                for (row, column) in [(0, 0), (gradient.nrows() - 1, gradient.ncols() - 1)] {
                    let moved = |training: &mut Training<f64>, by: f64| match which.checked_sub(count) {
                        None => training.encoder.parameters_mut()[which].values[[row, column]] += by,
                        Some(own) => training.scorer.parameters[own][[row, column]] += by,
                    };
                    let step = 1e-6;
                    let [above, below] = [step, -step].map(|by| {
                        moved(&mut training, by);
                        let loss = training.gradient(&images, &batch).0;
                        moved(&mut training, -by);
                        loss
                    });
                    let error = ((above - below) / (2.0 * step) - gradient[[row, column]]).abs();
                    assert!(error <= 1e-6 * largest.max(1.0), "{which}, {row}, {column}: {error} of {largest}");
                }
            }
        }
        Ok(())
    }
}

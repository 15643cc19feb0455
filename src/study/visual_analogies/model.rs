//! An encoder with its scorer: what is trained and tested.

use super::VisualAnalogies;
use super::scorer::{Scorer, places};
use crate::Compute;
use crate::data::{Analogy, CANDIDATES, Regime, Seed, SquareImages};
use crate::error::{Error, Result};
use crate::linalg::{Scalar, single_threaded_blas};
use crate::net::{Net, Network};
use crate::op::Parameter;
use crate::train::{Model, RowLoss};
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;
use std::sync::Mutex;

/// Analogies scored at once, and images encoded at once.
const SCORED: usize = 64;
const ENCODED: usize = 256;

/// `A`, `B` and `C`.
const SHOWN: usize = 3;

/// The scores `[n, 7]` of the candidates of analogies, which are rows `[n, 10]` of whole numbers: which candidates `A`, `B` and `C` are,
/// then which images of a region the candidates are. The images of all analogies would not fit into memory; those of a batch are drawn
/// for its pass.
#[derive(Clone)]
pub(super) struct AnalogyModel<F> {
    pub encoder: Network<F>,
    pub scorer: Scorer<F>,
    images: SquareImages,
}

/// Analogies as rows `[n, 10]`.
pub(super) fn inputs(analogies: &[Analogy]) -> Array2<f64> {
    let rows = analogies.iter().map(|analogy| (analogy.terms(), analogy.candidates()));
    let numbers: Vec<f64> = rows
        .flat_map(|(terms, candidates)| terms.into_iter().take(SHOWN).chain(candidates))
        .map(|v| v as f64)
        .collect();
    Array2::from_shape_vec((analogies.len(), SHOWN + CANDIDATES), numbers).expect("ten numbers an analogy")
}

/// `D` as one of seven candidates, `[n, 7]`.
pub(super) fn targets(analogies: &[Analogy]) -> Array2<f64> {
    Array2::from_shape_fn((analogies.len(), CANDIDATES), |(row, level)| {
        f64::from(u8::from(analogies[row].terms()[SHOWN] == level))
    })
}

/// The share of rows of scores where that of `D` is above all others.
pub(super) fn share_right(scores: &Array2<f64>, targets: &Array2<f64>) -> f64 {
    let is_right = |(scores, targets): (ndarray::ArrayView1<'_, f64>, ndarray::ArrayView1<'_, f64>)| {
        let d = targets.iter().position(|target| *target == 1.0).expect("D is one of the candidates");
        scores.iter().filter(|&&score| !(score < scores[d])).count() == 1
    };
    let right = scores.rows().into_iter().zip(targets.rows()).filter(|&rows| is_right(rows)).count();
    right as f64 / scores.nrows() as f64
}

/// Which candidates are shown, and the images of all candidates, of [`inputs`].
type Rows = (Vec<[usize; SHOWN]>, Vec<[usize; CANDIDATES]>);

fn rows<F: Scalar>(x: ArrayView2<'_, F>) -> Rows {
    let of = |row: ndarray::ArrayView1<'_, F>| {
        let number = |column: usize| row[column].to_f64() as usize;
        (std::array::from_fn(number), std::array::from_fn(|level| number(SHOWN + level)))
    };
    x.rows().into_iter().map(of).unzip()
}

/// By the first row of a block of analogies: the gradients of the scorer.
type Parts<F> = Mutex<Vec<(usize, [Array2<F>; 7])>>;

impl<F: Compute> AnalogyModel<F> {
    /// Of the region that the study trains on.
    pub fn new(study: &VisualAnalogies, encoder: &Net, seed: Seed) -> Result<Self> {
        let encoder = encoder.init(seed.child(0))?.cast();
        let scorer = Scorer::new(study.units, study.units, seed.child(1))?;
        Ok(Self { encoder, scorer, images: study.images(Regime::Translation, 0)? })
    }

    /// Number of parameters of encoder and scorer.
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(|p| p.values.len()).sum()
    }

    /// The share of analogies that is right, of a region.
    ///
    /// # Errors
    /// [`Error::Overflow`] for scores that are not finite.
    pub fn accuracy(&self, images: &SquareImages, tested: &[Analogy]) -> Result<f64> {
        Ok(share_right(&self.scores(images, &inputs(tested))?, &targets(tested)))
    }

    /// Scores `[n, 7]` of analogies `[n, 10]`, each image encoded once.
    fn scores(&self, images: &SquareImages, x: &Array2<f64>) -> Result<Array2<f64>> {
        let _blas = single_threaded_blas();
        let (terms, candidates) = rows(x.view());
        let mut shown: Vec<usize> = candidates.iter().flatten().copied().collect();
        shown.sort_unstable();
        shown.dedup();
        let latents: Vec<_> =
            shown.chunks(ENCODED).map(|rows| F::outputs(&self.encoder.model(), images.rows(rows).view())).collect();
        let latents = joined(&latents);
        let row_of = |image| shown.binary_search(&image).expect("every candidate is among the images");
        let blocks = terms.par_chunks(SCORED).zip(candidates.par_chunks(SCORED)).map(|(terms, candidates)| {
            let rows: Vec<_> = candidates.iter().map(|images| images.map(row_of)).collect();
            let read = places(terms, |index, level| rows[index][level]);
            self.scorer.forward(latents.view(), &read).0.mapv(F::to_f64)
        });
        let scores = joined(&blocks.collect::<Vec<_>>());
        match scores.iter().all(|score| score.is_finite()) {
            true => Ok(scores),
            false => Err(Error::Overflow { place: "scores of candidates" }),
        }
    }
}

/// Blocks of rows, one below the other.
fn joined<F: Scalar>(blocks: &[Array2<F>]) -> Array2<F> {
    let views: Vec<_> = blocks.iter().map(|block| block.view()).collect();
    ndarray::concatenate(Axis(0), &views).expect("there are analogies, and blocks have the same number of columns")
}

impl<F: Compute> Model<F> for AnalogyModel<F> {
    fn network(&self) -> &Network<F> {
        &self.encoder
    }

    fn parameters(&self) -> Vec<&Parameter<F>> {
        self.encoder.parameters().iter().chain(&self.scorer.parameters).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>> {
        self.encoder.parameters_mut().iter_mut().chain(&mut self.scorer.parameters).collect()
    }

    fn kind(&self) -> &'static str {
        "encoder and scorer of analogies"
    }

    fn outputs_count(&self) -> usize {
        CANDIDATES
    }

    /// All rows come from [`inputs`].
    fn check_input(&self, _place: &'static str, _x: &Array2<f64>) -> Result<()> {
        Ok(())
    }

    fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        self.scores(&self.images, x)
    }

    fn loss_gradient(&self, x: ArrayView2<'_, F>, loss: &RowLoss<'_, F>) -> (f64, Vec<Array2<F>>) {
        let (terms, candidates) = rows(x);
        let images = self.images.rows(candidates.as_flattened());
        let parts: Parts<F> = Mutex::default();
        let (value, mut gradients) =
            F::loss_gradient(&self.encoder.model(), images.view(), CANDIDATES, &|rows, latents| {
                let block = rows.start / CANDIDATES..rows.end / CANDIDATES;
                let read = places(&terms[block.clone()], |index, level| index * CANDIDATES + level);
                let (scores, tape) = self.scorer.forward(latents.view(), &read);
                let (value, cotangent) = loss(&block, scores);
                let (passed, gradients) = self.scorer.reverse(tape, &cotangent, &read, rows.len());
                let mut parts = parts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                parts.push((rows.start, gradients));
                (value, passed)
            });
        let mut parts = parts.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        // In their order, whichever block ended first.
        parts.sort_by_key(|part| part.0);
        let sum = parts.into_iter().map(|part| part.1).reduce(|mut sum, part| {
            sum.iter_mut().zip(&part).for_each(|(sum, part)| *sum += part);
            sum
        });
        gradients.extend(sum.into_iter().flatten());
        (value, gradients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::analogies;
    use crate::regression::SoftmaxCrossEntropy;
    use crate::study::visual_analogies;
    use crate::train::Objective;

    /// Encoder and scorer as one, in blocks of whole analogies: eleven of them are 77 images, in two blocks.
    #[test]
    fn gradients_of_the_whole_are_those_of_central_differences() -> Result<()> {
        let study = visual_analogies().side(16).channels(2).units(3);
        let all = analogies(Seed(1));
        let batch: Vec<Analogy> = (0..11).map(|index| all[index * 1730]).collect();
        let objective = Objective::new(&inputs(&batch), &targets(&batch), SoftmaxCrossEntropy)?;
        for encoder in study.encoders() {
            let mut model = AnalogyModel::<f64>::new(&study, &encoder, Seed(5))?;
            model.images = study.images(Regime::Scale, 5)?;
            let (_, gradients) = objective.gradient(&model)?;
            assert_eq!(gradients.len(), model.parameters().len());
            for (which, gradient) in gradients.iter().enumerate() {
                let largest = gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                for (row, column) in [(0, 0), (gradient.nrows() - 1, gradient.ncols() - 1)] {
                    let step = 1e-6;
                    let [above, below] = [step, -step].map(|by| {
                        let mut moved = model.clone();
                        moved.parameters_mut()[which].values[[row, column]] += by;
                        objective.value(&moved)
                    });
                    let error = ((above? - below?) / (2.0 * step) - gradient[[row, column]]).abs();
                    assert!(error <= 1e-6 * largest.max(1.0), "{which}, {row}, {column}: {error} of {largest}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn an_answer_is_right_if_no_other_score_reaches_that_of_d() {
        let all = analogies(Seed(1));
        let d = all[0].terms()[3];
        let of = |of_d: f64, other: f64| {
            let mut scores = Array2::from_elem((1, CANDIDATES), other);
            scores[[0, d]] = of_d;
            share_right(&scores, &targets(&all[..1]))
        };
        assert_eq!([of(1.0, 0.0), of(0.0, 0.0), of(0.0, 1.0), of(f64::NAN, 0.0)], [1.0, 0.0, 0.0, 0.0]);
    }
}

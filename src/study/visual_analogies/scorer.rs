//! What scores a candidate: context normalisation, an LSTM over `A, B, C, candidate`, and a linear readout.

use super::networks::deviation;
use super::sequence::{ContextNorm, Lstm, Normalised, Unrolled};
use crate::Compute;
use crate::data::{CANDIDATES, Seed};
use crate::error::{Result, check_memory};
use crate::op::Parameter;
use ndarray::{Array2, ArrayView2, Axis, s};

/// Images of a sequence: `A`, `B`, `C` and a candidate.
const STEPS: usize = 4;

/// The score `s = w·h_4 + b` of every candidate, with `h_4` the last output of an LSTM over `[e_t; N(z)_t]`, `t = 1, …, 4`: latent
/// vectors `z` of `A`, `B`, `C` and the candidate, normalised over these four by `N`, each behind the unit vector `e_t` of its place.
#[derive(Clone, Debug)]
pub(super) struct Scorer<F> {
    /// `γ` and `β` of the normalisation `[1, k]`, `W [4 + k, 4h]`, `U [h, 4h]` and `b [1, 4h]` of the LSTM, readout `[h, 1]` and its
    /// bias `[1, 1]`.
    pub parameters: [Parameter<F>; 7],
}

/// What the reverse pass needs.
pub(super) struct Tape<F> {
    normalised: Normalised<F>,
    unrolled: Unrolled<F>,
}

/// For every step and sequence, which row of the latent vectors is read; seven sequences an analogy, step by step. Of every analogy is
/// said which candidates `A`, `B` and `C` are.
pub(super) fn places(shown: &[[usize; STEPS - 1]], row: impl Fn(usize, usize) -> usize) -> Vec<usize> {
    let mut places = Vec::with_capacity(STEPS * CANDIDATES * shown.len());
    for step in 0..STEPS {
        for (index, terms) in shown.iter().enumerate() {
            let level = |candidate| terms.get(step).copied().unwrap_or(candidate);
            places.extend((0..CANDIDATES).map(|candidate| row(index, level(candidate))));
        }
    }
    places
}

impl<F: Compute> Scorer<F> {
    /// For latent vectors of `latent` numbers, with an LSTM of `units`. Its weights and biases are `N(0, 1/(3h))`, the variance of
    /// PyTorch's default; `γ = 1` and `β = 0`.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory).
    pub fn new(latent: usize, units: usize, seed: Seed) -> Result<Self> {
        let gates = units.saturating_mul(4);
        check_memory("LSTM", &[latent.saturating_add(units), gates])?;
        let draw = |stream, dim| {
            let mut normal = seed.normals(stream);
            Array2::from_shape_simple_fn(dim, || F::of(deviation(units) * normal()))
        };
        let (gain, shift) = (Array2::ones((1, latent)), Array2::zeros((1, latent)));
        let (input, recurrent) = (draw(0, (STEPS + latent, gates)), draw(1, (units, gates)));
        let [bias, readout, offset] = [(2, (1, gates)), (3, (units, 1)), (4, (1, 1))].map(|(s, dim)| draw(s, dim));
        let (norm, lstm, score) = ("context_norm", "lstm", "score");
        let named = [(norm, "gain"), (norm, "shift"), (lstm, "input"), (lstm, "recurrent"), (lstm, "bias")];
        let values = [gain, shift, input, recurrent, bias, readout, offset];
        let mut names = named.into_iter().chain([(score, "weight"), (score, "bias")]);
        let parameters = values.map(|values| {
            let (op, name) = names.next().expect("a name for every parameter");
            Parameter::new(op, name, values)
        });
        Ok(Self { parameters })
    }

    fn norm(&self) -> ContextNorm<'_, F> {
        let [gain, shift, ..] = self.parameters.each_ref().map(|p| &p.values);
        ContextNorm { gain, shift, steps: STEPS }
    }

    fn lstm(&self) -> Lstm<'_, F> {
        let [_, _, input, recurrent, bias, ..] = self.parameters.each_ref().map(|p| &p.values);
        Lstm { input, recurrent, bias, steps: STEPS }
    }

    /// Scores `[analogies, 7]`, for latent vectors `[rows, k]` and the rows that [`places`] names.
    pub fn forward(&self, latents: ArrayView2<'_, F>, places: &[usize]) -> (Array2<F>, Tape<F>) {
        let (normal, normalised) = self.norm().forward(latents.select(Axis(0), places));
        let n = places.len() / STEPS;
        let mut inputs = Array2::zeros((normal.nrows(), STEPS + normal.ncols()));
        inputs.slice_mut(s![.., STEPS..]).assign(&normal);
        for step in 0..STEPS {
            inputs.slice_mut(s![step * n..(step + 1) * n, step]).fill(F::one());
        }
        let unrolled = self.lstm().forward(inputs);
        let [.., readout, offset] = self.parameters.each_ref().map(|p| &p.values);
        let column = unrolled.last(STEPS).dot(readout) + offset;
        let scores = Array2::from_shape_fn((n / CANDIDATES, CANDIDATES), |(i, j)| column[[i * CANDIDATES + j, 0]]);
        (scores, Tape { normalised, unrolled })
    }

    /// The cotangent of the latent vectors `[rows, k]` and the gradients, for that of the scores `[analogies, 7]`.
    pub fn reverse(
        &self,
        tape: Tape<F>,
        cotangent: &Array2<F>,
        places: &[usize],
        rows: usize,
    ) -> (Array2<F>, [Array2<F>; 7]) {
        let readout = &self.parameters[5].values;
        let column = Array2::from_shape_fn((cotangent.len(), 1), |(i, _)| cotangent[[i / CANDIDATES, i % CANDIDATES]]);
        let towards_readout = tape.unrolled.last(STEPS).t().dot(&column);
        let towards_offset = Array2::from_elem((1, 1), column.sum());
        let [inputs, input, recurrent, bias] = self.lstm().reverse(tape.unrolled, column.dot(&readout.t()));
        let normal = inputs.slice_move(s![.., STEPS..]);
        let [sequences, gain, shift] = self.norm().reverse(tape.normalised, normal);
        let mut latents = Array2::zeros((rows, sequences.ncols()));
        for (sequence, &row) in sequences.rows().into_iter().zip(places) {
            let mut latent = latents.row_mut(row);
            latent += &sequence;
        }
        (latents, [gain, shift, input, recurrent, bias, towards_readout, towards_offset])
    }
}

#[cfg(test)]
mod tests {
    use super::super::sequence::differences::assert_derivative;
    use super::*;

    #[test]
    fn derivatives_are_those_of_central_differences() -> Result<()> {
        let (latent, units) = (3, 2);
        let scorer = Scorer::<f64>::new(latent, units, Seed(0))?;
        let shown = [[0, 1, 2], [3, 1, 5], [6, 0, 3]];
        let rows = shown.len() * CANDIDATES;
        let read = places(&shown, |index, level| index * CANDIDATES + level);
        let latents = Array2::from_shape_simple_fn((rows, latent), Seed(2).normals(0));
        let weights = Array2::from_shape_simple_fn((shown.len(), CANDIDATES), Seed(3).normals(0));
        let value = |inputs: &[Array2<f64>]| {
            let mut moved = scorer.clone();
            moved.parameters.iter_mut().zip(&inputs[1..]).for_each(|(p, values)| p.values.assign(values));
            (moved.forward(inputs[0].view(), &read).0 * &weights).sum()
        };
        let (_, tape) = scorer.forward(latents.view(), &read);
        let (passed, gradients) = scorer.reverse(tape, &weights, &read, rows);
        let values = scorer.parameters.iter().map(|p| p.values.clone());
        let inputs: Vec<_> = [latents].into_iter().chain(values).collect();
        let found: Vec<_> = [passed].into_iter().chain(gradients).collect();
        assert_derivative(&inputs, value, &found);
        Ok(())
    }
}

use super::{Batch, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split};
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use ndarray::Array2;
use std::sync::Arc;

/// Layer norm.
///
/// `y = (x - mean x) / √(var x + ε)`, mean and (biased) variance over the channels of each position; without trained scale and
/// bias, which [`Scale`](super::Scale) and [`Bias`](super::Bias) add. Of equal channels and `ε = 0` the result is zero.
///
/// ## Limit rule
/// With `v = K(x, x) - μ² + ε`: `K' = (K - μμ')/√(v v')`, `Θ' = Θ/√(v v')`, `μ' = 0`. The mean and the variance over many
/// units are not random; their derivatives are sums over units, whose share of `Θ` falls with the width. Gaussian units stay
/// Gaussian. `v` is a difference: of raw inputs whose mean is `10^k` times their spread, `2k` of the 16 digits are lost.
/// ## Shapes
/// `x: [n, c] -> [n, c]`, or images of any size.
/// ## Errors
/// [`Error::Range`] for an `ε` that is negative or not finite.
/// ## Cost
/// `5 n c` operations forward per position, `7 n c` in reverse; it keeps its output and one number per row. No parameters, so no
/// share of the tangent kernel. Limit: 6 operations per pair.
/// ## References
/// Ba, Kiros and Hinton 2016; the limit is derived in this crate, checked by `tests/conformance/limits.rs` and, against
/// neural-tangents, by `tests/oracle.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerNorm {
    epsilon: f64,
}

/// Layer norm with `ε = 1e-12`.
pub fn layer_norm() -> Layer {
    LayerNorm { epsilon: 1e-12 }.into()
}

impl LayerNorm {
    /// With an `ε` of one's own, at least 0.
    pub fn new(epsilon: f64) -> Self {
        Self { epsilon }
    }

    /// The normalised values and one over the deviation of every row.
    fn normalise<F: Element>(&self, x: &Batch<F>) -> (Array2<F>, Vec<F>) {
        let count = F::of(x.shape.channels as f64);
        let mut y = x.values.to_owned();
        let inverse = y
            .rows_mut()
            .into_iter()
            .map(|mut row| {
                let mean = row.sum() / count;
                row.mapv_inplace(|v| v - mean);
                let variance = row.dot(&row) / count + F::of(self.epsilon);
                // A row of equal values has nothing to normalise: it is zero.
                let inverse = if variance > F::zero() { F::one() / variance.sqrt() } else { F::zero() };
                row *= inverse;
                inverse
            })
            .collect();
        (y, inverse)
    }

    /// The derivative's transpose, which is the derivative: `(d - mean d - y mean(y d)) / deviation`, row by row.
    fn project<F: Element>(y: &Batch<F>, inverse: &[F], mut d: Array2<F>) -> Array2<F> {
        let count = F::of(y.shape.channels as f64);
        for ((mut d, y), &inverse) in d.rows_mut().into_iter().zip(y.values.rows()).zip(inverse) {
            let (mean, along) = (d.sum() / count, d.dot(&y) / count);
            d.zip_mut_with(&y, |d, &y| *d = (*d - mean - y * along) * inverse);
        }
        d
    }
}

impl Op for LayerNorm {
    fn label(&self) -> String {
        format!("layer norm(ε = {:.0e})", self.epsilon)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { epsilon } = self;
        to.number(*epsilon);
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        if !(self.epsilon >= 0.0 && self.epsilon.is_finite()) {
            let (place, value) = ("layer norm", self.epsilon);
            return Err(Error::Range { place, what: "ε", value, legal: "finite and at least 0" });
        }
        Ok(input)
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn forward<F: Element>(&self, _scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (values, inverse) = self.normalise(&x);
        let y = Batch::new(values, x.shape);
        let saved = if tape {
            Saved::Normalised { output: y.clone(), inverse_deviation: Arc::new(inverse) }
        } else {
            Saved::Nothing
        };
        (y, saved)
    }

    fn reverse<F: Element>(
        &self,
        _scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Normalised { output, inverse_deviation } = saved else {
            unreachable!("layer norm saves its output")
        };
        wanted.then(|| Self::project(&output, &inverse_deviation, cotangent))
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        Ok(state.normalised(self.epsilon))
    }
}

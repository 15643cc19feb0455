use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, Law, Layer, LimitScope, Op, Role, Saved, Scope, Shape, Sink, Site, Slot,
    Split, VectorVisit, sum_positions,
};
use ndarray::{Array2, ArrayView2};

/// Multiplication by a number.
///
/// `y = a x` with a fixed number `a`, or `y = γ ∘ x` with one trained `γ` per channel that starts at `a` ([`trained_scale`]).
///
/// ## Limit rule
/// `K' = a² K`, `Θ' = a² Θ`, and `Θ' = a² Θ + K` for a trained `γ`: every unit's own `γ` contributes `x x'`, whose average over
/// units is `K`. So a dense layer must stand between a trained scale and an activation.
/// ## Shapes
/// `x: [n, c] -> [n, c]`, or images of any size.
/// ## Errors
/// [`Error::Range`] unless `a` is finite; [`Error::NoLimitRule`] for a trained scale of the raw input, whose units are not many,
/// and for an activation of a trained scale.
/// ## Cost
/// `n c` operations forward per position; trained, it keeps its input. Its share of the tangent kernel: `n² c` if trained, else
/// none. Limit: 6 operations per pair.
/// ## References
/// Derived in this crate; checked against Monte Carlo by `tests/conformance/limits.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    factor: f64,
    trained: bool,
}

/// `y = factor · x`, not trained.
pub fn scale(factor: f64) -> Layer {
    Scale { factor, trained: false }.into()
}

/// `y = γ ∘ x`, one trained `γ` per channel that starts at `start`.
pub fn trained_scale(start: f64) -> Layer {
    Scale { factor: start, trained: true }.into()
}

impl Scale {
    /// `γ ∘ x` or `a x`.
    fn apply<F: Element>(&self, scope: &Scope<'_, F>, x: ArrayView2<'_, F>) -> Array2<F> {
        match scope.get(0) {
            Some(gamma) => &x * &F::row(&gamma.weight),
            None => &x * F::of(self.factor),
        }
    }
}

impl Op for Scale {
    fn label(&self) -> String {
        format!("scale({:.4}{})", self.factor, if self.trained { ", trained" } else { "" })
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { factor, trained } = self;
        to.number(*factor);
        to.count(usize::from(*trained));
    }

    fn domain(&self) -> Domain {
        Domain::Both
    }

    fn shape(&self, _site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        if !self.factor.is_finite() {
            return Err(Error::Range { place: "scale", what: "the factor", value: self.factor, legal: "finite" });
        }
        if self.trained {
            slots.push(Slot {
                op: "scale",
                name: "scale",
                role: Role::Vector,
                dim: (1, input.channels),
                positions: input.positions(),
                mean: self.factor,
                deviation: 0.0,
                gain: 1.0,
                rate: 1.0,
            });
        }
        Ok(input)
    }

    fn slot_count(&self) -> usize {
        usize::from(self.trained)
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        found.extend(self.trained.then_some(input));
        Some(input)
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let y = Batch::new(self.apply(&scope, x.values.view()), x.shape);
        (y, if tape && self.trained { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        if let (Saved::Array(x), Some(gamma)) = (saved, scope.get(0)) {
            let products = &cotangent * &x.values;
            let gradient = sum_positions(products.view(), x.shape.positions());
            sink.vector(VectorVisit { parameter: gamma.number, gradient: gradient.view(), gain: gamma.gain });
        }
        wanted.then(|| self.apply(&scope, cotangent.view()))
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        if !self.trained {
            return Ok(state.scaled(self.factor, 0.0));
        }
        if let Law::Input { .. } = state.law {
            return Err(Error::NoLimitRule { op: "trained scale", before: "the raw input" });
        }
        // x x' differs from unit to unit: an activation's slopes would have to be averaged together with it.
        Ok(KernelState { law: Law::Other("a trained scale"), ..state.scaled(self.factor, scope.trained(0, 1.0)) })
    }
}

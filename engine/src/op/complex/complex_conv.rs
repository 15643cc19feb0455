use super::{parts_first, parts_last, weighted};
use crate::error::Result;
use crate::linalg::Element;
use crate::number::Real;
use crate::op::affine::Conv;
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::{Array2, ArrayView2};

/// Complex 2-d convolution.
///
/// `y_p = g · Σ_o x_{s p + o} W_o + σ_b b` as of a [convolution](crate::op::Conv), with complex `x`, `W = A + i B` and `b` as in a
/// [complex dense layer](crate::op::ComplexDense); `g = σ_w / √(2 · height · width · in)`.
///
/// ## Limit rule
/// `K'[p, p'] = M(mean_o K[s p + o, s p' + o])` by parts, the mean of a convolution under the map `M` of a complex dense layer, and likewise `Θ`.
/// ## Shapes
/// `x: [n, h, w, in] complex -> [n, h', w', out] complex`, padding and strides as of the real convolution that it is [like](ComplexConv::like).
/// ## Errors
/// As for [`Conv`](crate::op::Conv); [`Error::Unlike`](crate::Error::Unlike) after a real layer.
/// ## Cost
/// `8 n h' w' height width in out` operations forward, as many in reverse; it keeps its input and gathers patches anew. Its share of the
/// tangent kernel is that of two real weights at twice the positions. Limit: all pairs of places, also where a network flattens.
/// ## References
/// Derived in this crate; checked by `tests/conformance`.
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexConv {
    /// Whose window, width and numbers they are.
    of_reals: Conv,
}

/// A complex convolution with a square window of `size`, stride 1, zero padding that keeps the size, `σ_w = 1` and no bias.
pub fn complex_conv(channels: usize, size: usize) -> Layer {
    ComplexConv::new(channels, size).into()
}

const OP: &str = "complex_convolution";

impl ComplexConv {
    /// `channels` complex outputs at each place; see [`complex_conv`].
    pub fn new(channels: usize, size: usize) -> Self {
        Self::like(Conv::new(channels, size))
    }

    /// With the window, strides, padding, width, `σ_w` and `σ_b` of a real convolution.
    pub fn like(conv: Conv) -> Self {
        Self { of_reals: conv }
    }

    /// Whose window, width and numbers it has.
    pub(crate) fn of_reals(&self) -> &Conv {
        &self.of_reals
    }

    /// The patches under the window, `[n · places of the output · 2, places of the window · in]`.
    fn patches<F: Element>(&self, x: ArrayView2<'_, F>, shape: Shape) -> Array2<F> {
        let by_part = parts_first(x, shape.places());
        let patches = self.of_reals.patches(by_part.view(), shape.of_reals());
        let places = patches.nrows() / (by_part.nrows() / shape.places());
        parts_last(patches.view(), places)
    }
}

impl Op for ComplexConv {
    fn label(&self) -> String {
        format!("complex {}", self.of_reals.label())
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { of_reals } = self;
        of_reals.settings(to);
    }

    fn domain(&self) -> Domain {
        Domain::Complex
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        let mut real = Vec::new();
        let output = self.of_reals.shape(site, input.of_reals(), &mut real)?.of_complex();
        slots.extend(weighted::slots(
            OP,
            site.parametrisation,
            self.of_reals.deviations(),
            real[0].dim,
            output.positions(),
        ));
        Ok(output)
    }

    fn slot_count(&self) -> usize {
        weighted::count(self.of_reals.deviations().1)
    }

    fn compares_positions(&self) -> bool {
        true
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let patches = self.patches(x.values.view(), x.shape);
        let y = self.of_reals.output(weighted::apply(&scope, patches.view()), x.shape);
        (y, if tape { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Array(x) = saved else { unreachable!("a complex convolution saves its input") };
        // Patches are many times the input: they are gathered again rather than kept.
        let patches = self.patches(x.values.view(), x.shape);
        let positions = cotangent.nrows() / x.samples();
        let passed = weighted::reverse(&scope, patches.view(), cotangent.view(), positions, sink, wanted)?;
        let scattered = self.of_reals.scatter(&parts_first(passed.view(), positions / 2), x.shape.of_reals());
        Some(parts_last(scattered.view(), x.shape.places()))
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        let rows = state.patches("complex convolution", self.of_reals.area())?;
        weighted::limit(scope, self.of_reals.deviations(), rows, self.of_reals.places(), self.of_reals.channels())
    }
}

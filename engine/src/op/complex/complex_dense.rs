use super::weighted::{self, Numbers};
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::affine::{Gain, weighted as real};
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, Width,
};
use ndarray::Array2;

/// Complex dense layer.
///
/// `y = g · x W + σ_b b` with complex `x`, `W = A + i B: [in, out]` and `b: [out]`; `A`, `B` and both parts of `b` are real arrays of
/// independent `N(0, 1)` at initialisation, each a parameter, and are trained as such (real-valued backpropagation). The gain is
/// `g = σ_w / √(2 in)`, so that `E|y|² = σ_w² mean |x|² + 2 σ_b²`.
///
/// Real and imaginary parts are two rows of the sample: `y_re = x_re A - x_im B`, `y_im = x_im A + x_re B`.
///
/// ## Limit rule
/// The output is circular complex Gaussian: of the kernel between parts, `K'_rr = K'_ii = σ_w² (K_rr + K_ii)/2 + σ_b²` and
/// `K'_ri = -K'_ir = σ_w² (K_ri - K_ir)/2`, which is the complex kernel `E y ȳ'`; the pseudo-kernel `E y y'` is zero. `Θ'` is the same map
/// of `Θ`, and `K'`. Under [`Parametrisation::Standard`](crate::op::Parametrisation::Standard) the share of the weights is
/// `in (K_rr + K_ii)`, as for [`Dense`](crate::op::Dense).
/// ## Shapes
/// `x: [n, in] complex -> [n, out] complex`; on images it acts on the channels of every place.
/// ## Errors
/// [`Error::Range`] for a width or an input of no channels and for numbers that are not finite; [`Error::Unlike`] after a real layer;
/// [`Error::Unset`] for the limit under `Standard` while the number of inputs is open.
/// ## Cost
/// `8 n in out` operations forward, as many in reverse; it keeps its input. Its share of the tangent kernel is that of two real weights
/// at two positions. Limit: 16 operations per pair.
/// ## References
/// Derived in this crate for Tan et al. 2022 (networks under real-valued backpropagation), of which no more than the abstract could be
/// read; checked by `tests/conformance` and `tests/complex.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let net = network("complex", serial([complex_dense(1), real_part()])).complex_input(2);
/// let x = array![[1.0, 2.0, 0.5, 0.0]];                        // 1 + i/2 and 2
/// let theta = net.limit_kernel(&x)?.ntk().values()[[0, 0]];
/// assert!((theta - (1.25 + 4.0) / 4.0).abs() <= 1e-12);        // |x|² / (2 · 2)
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ComplexDense {
    width: Width,
    sigma_w: f64,
    sigma_b: Option<f64>,
}

/// A complex dense layer of `width` complex outputs with `σ_w = 1` and no bias.
pub fn complex_dense(width: usize) -> Layer {
    ComplexDense::new(width).into()
}

/// A complex dense layer of the network's width with `σ_w = 1` and no bias.
pub fn complex_hidden() -> Layer {
    ComplexDense::hidden().into()
}

const OP: &str = "complex_dense";

impl ComplexDense {
    /// `width` complex outputs, `σ_w = 1`, no bias.
    pub fn new(width: usize) -> Self {
        Self { width: Width::Fixed(width), sigma_w: 1.0, sigma_b: None }
    }

    /// As many complex outputs as the network is wide, `σ_w = 1`, no bias.
    pub fn hidden() -> Self {
        Self { width: Width::Hidden, ..Self::new(1) }
    }

    /// Sets `σ_w`; any finite number.
    pub fn sigma_w(self, sigma_w: f64) -> Self {
        Self { sigma_w, ..self }
    }

    /// Adds a trained complex bias, both parts with standard deviation `σ_b` at initialisation.
    pub fn bias(self, sigma_b: f64) -> Self {
        Self { sigma_b: Some(sigma_b), ..self }
    }

    fn numbers(&self) -> Numbers {
        (self.sigma_w, self.sigma_b)
    }
}

impl Op for ComplexDense {
    fn label(&self) -> String {
        format!("complex dense({}; {})", self.width, weighted::numbers(self.numbers()))
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { width, sigma_w, sigma_b } = self;
        to.width(*width);
        to.number(*sigma_w);
        to.optional(*sigma_b);
    }

    fn domain(&self) -> Domain {
        Domain::Complex
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        let width = self.width.resolve(OP, site.hidden)?;
        if input.channels == 0 {
            return Err(Error::Range { place: OP, what: "the number of inputs", value: 0.0, legal: "at least 1" });
        }
        real::check(OP, Gain::FanIn(self.sigma_w), self.sigma_b)?;
        let dim = (input.channels, width);
        slots.extend(weighted::slots(OP, site.parametrisation, self.numbers(), dim, input.positions()));
        Ok(input.with_channels(width))
    }

    fn slot_count(&self) -> usize {
        weighted::count(self.sigma_b)
    }

    fn compares_positions(&self) -> bool {
        true
    }

    /// Slices are of networks with one position.
    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let values = weighted::apply(&scope, x.values.view());
        let y = Batch { shape: x.shape.with_channels(values.ncols()), values: values.into_shared() };
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
        let Saved::Array(x) = saved else { unreachable!("a complex dense layer saves its input") };
        weighted::reverse(&scope, x.values.view(), cotangent.view(), x.shape.positions(), sink, wanted)
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        weighted::limit(scope, self.numbers(), state, 1, self.width)
    }
}

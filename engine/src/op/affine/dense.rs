use super::weighted;
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, Width,
};
use ndarray::Array2;

/// What multiplies `x W`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gain {
    /// `σ_w / √in`: the NTK parametrisation.
    FanIn(f64),
    /// A number that does not depend on the width.
    Plain(f64),
}

/// Dense layer.
///
/// `y = g · x W + σ_b b`, with `W: [in, out]`, `b: [out]`, all entries `N(0, 1)` at initialisation; on an image it acts on the
/// channels of every position.
///
/// The gain is `g = σ_w / √in` (NTK parametrisation) or a plain number ([`Dense::plain_gain`]); the anchor paper's first layers
/// have gain 1. Under [`Parametrisation::Standard`](crate::op::Parametrisation::Standard) the scales are the standard deviations of `W` and `b` instead.
///
/// ## Limit rule
/// `K' = σ_w² K + σ_b²`, `Θ' = K' + σ_w² Θ`: the new weights contribute the Gram of their inputs, which is `K'`, and the
/// layers below pass through `W Wᵀ/in → 1`. The output is Gaussian with mean zero. A plain gain `g` acts as
/// `σ_w² = g² in` and so has a limit only on the network's input. Under `Standard`, `Θ' = in K + 1 + σ_w² Θ` (`in K` unless
/// `σ_w = 0`, the 1 with a bias unless `σ_b = 0`), which grows with the width.
/// ## Shapes
/// `x: [n, in] -> [n, out]`; on images `[n, h, w, in] -> [n, h, w, out]`.
/// ## Errors
/// [`Error::Range`] for a width or an input of no channels and for numbers that are not finite; [`Error::NoLimitRule`] for a
/// plain gain after a wide layer; [`Error::Unset`] for the limit under `Standard` while the number of inputs is open.
/// ## Cost
/// `2 n in out` operations forward, as many reverse; it keeps its input. Its share of the tangent kernel: `n² (in + out)`
/// operations on `n (in + out)` numbers; at many positions as for a [convolution](crate::op::Conv) of 1 × 1. Limit: 6 operations per
/// pair.
/// ## References
/// Neal 1996 and Lee et al. 2018 (`K`); Jacot, Gabriel and Hongler 2018 (`Θ`, parametrisation); Wu et al. 2022 (gain 1).
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let net = network("linear", serial([hidden(), Dense::new(1).sigma_w(2.0).bias(0.5).into()]));
/// let kernels = net.limit_kernel(&array![[3.0, 4.0]])?;
/// let (k, theta) = (25.0 / 2.0, 25.0 / 2.0);                  // after the first layer
/// let k = 4.0 * k + 0.25;
/// assert!((kernels.ntk().values()[[0, 0]] - (k + 4.0 * theta)).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    width: Width,
    gain: Gain,
    sigma_b: Option<f64>,
}

/// A dense layer of `width` outputs with `σ_w = 1` and no bias.
pub fn dense(width: usize) -> Layer {
    Dense::new(width).into()
}

/// A dense layer of the network's width with `σ_w = 1` and no bias.
pub fn hidden() -> Layer {
    Dense::hidden().into()
}

impl Dense {
    /// `width` outputs, `σ_w = 1`, no bias.
    pub fn new(width: usize) -> Self {
        Self { width: Width::Fixed(width), gain: Gain::FanIn(1.0), sigma_b: None }
    }

    /// As many outputs as the network is wide, `σ_w = 1`, no bias.
    pub fn hidden() -> Self {
        Self { width: Width::Hidden, ..Self::new(1) }
    }

    /// Sets `σ_w` of the NTK parametrisation; any finite number.
    pub fn sigma_w(self, sigma_w: f64) -> Self {
        Self { gain: Gain::FanIn(sigma_w), ..self }
    }

    /// Sets a gain that is not divided by `√in`; any finite number.
    pub fn plain_gain(self, gain: f64) -> Self {
        Self { gain: Gain::Plain(gain), ..self }
    }

    /// Adds a trained bias with standard deviation `σ_b` at initialisation.
    pub fn bias(self, sigma_b: f64) -> Self {
        Self { sigma_b: Some(sigma_b), ..self }
    }
}

impl Op for Dense {
    fn label(&self) -> String {
        format!("dense({}; {})", self.width, weighted::numbers(self.gain, self.sigma_b))
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { width, gain, sigma_b } = self;
        to.width(*width);
        to.gain(*gain);
        to.optional(*sigma_b);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        let width = self.width.resolve("dense", site.hidden)?;
        if input.channels == 0 {
            return Err(Error::Range { place: "dense", what: "the number of inputs", value: 0.0, legal: "at least 1" });
        }
        weighted::check("dense", self.gain, self.sigma_b)?;
        let (numbers, dim) = ((self.gain, self.sigma_b), (input.channels, width));
        slots.extend(weighted::slots("dense", site.parametrisation, numbers, dim, input.positions()));
        Ok(input.with_channels(width))
    }

    fn slot_count(&self) -> usize {
        1 + usize::from(self.sigma_b.is_some())
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        if input != Split::Whole {
            return None;
        }
        found.extend(std::iter::repeat_n(Split::Outputs, self.slot_count()));
        Some(Split::Outputs)
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
        let Saved::Array(x) = saved else { unreachable!("a dense layer saves its input") };
        weighted::reverse(&scope, x.values.view(), cotangent.view(), x.shape.positions(), sink, wanted)
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        weighted::limit(scope, (self.gain, self.sigma_b), state, 1, self.width)
    }
}

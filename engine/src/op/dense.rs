use super::{
    Batch, Fingerprint, KernelState, Law, Layer, LimitScope, Op, Parametrisation, Role, Saved, Scope, Shape, Sink,
    Site, Slot, Split, VectorVisit, WeightVisit, Width, sum_positions,
};
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Number;
use ndarray::{Array2, ArrayView2};

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
/// have gain 1. Under [`Parametrisation::Standard`] the scales are the standard deviations of `W` and `b` instead.
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
/// operations on `n (in + out)` numbers; at many positions as for a [convolution](super::Conv) of 1 × 1. Limit: 6 operations per
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

/// What [`Dense`] and [`Conv`](super::Conv) share: a weight that acts on rows, and a bias.
pub(super) mod affine {
    use super::*;

    /// # Errors
    /// [`Error::Range`] for a number that is not finite.
    pub fn check(op: &'static str, gain: Gain, sigma_b: Option<f64>) -> Result<()> {
        let numbers = match gain {
            Gain::FanIn(value) => ("σ_w", value),
            Gain::Plain(value) => ("the gain", value),
        };
        for (what, value) in [Some(numbers), sigma_b.map(|b| ("σ_b", b))].into_iter().flatten() {
            if !value.is_finite() {
                return Err(Error::Range { place: op, what, value, legal: "finite" });
            }
        }
        Ok(())
    }

    /// The weight and the bias, with scales as the parametrisation has them.
    pub fn slots(
        op: &'static str,
        parametrisation: Parametrisation,
        (gain, sigma_b): (Gain, Option<f64>),
        dim: (usize, usize),
        positions: usize,
    ) -> Vec<Slot> {
        let gain = match gain {
            Gain::FanIn(sigma_w) => sigma_w / (dim.0 as f64).sqrt(),
            Gain::Plain(gain) => gain,
        };
        let slot = |name, role, dim, scale: f64| {
            // A scale of zero has no place in the initial weights only: it switches the weight off.
            let (deviation, gain) = match parametrisation {
                Parametrisation::Standard if scale != 0.0 => (scale.abs(), scale.signum()),
                _ => (1.0, scale),
            };
            Slot { op, name, role, dim, positions, mean: 0.0, deviation, gain, rate: 1.0 }
        };
        let weight = slot("weight", Role::Weight, dim, gain);
        let bias = sigma_b.map(|sigma_b| slot("bias", Role::Vector, (1, dim.1), sigma_b));
        std::iter::once(weight).chain(bias).collect()
    }

    /// Why there is a weight.
    const WEIGHT: &str = "an affine op has a weight in every slice";

    /// `gain rows W + σ_b b`.
    pub fn apply<F: Element>(scope: &Scope<'_, F>, rows: ArrayView2<'_, F>) -> Array2<F> {
        let weight = scope.get(0).expect(WEIGHT);
        let mut y = F::times(Number::of(weight.gain), &rows, &weight.weight);
        add_row(scope, 1, &mut y);
        y
    }

    /// Adds the gain times a vector parameter to every row.
    pub fn add_row<F: Element>(scope: &Scope<'_, F>, index: usize, y: &mut Array2<F>) {
        if let Some(bias) = scope.get(index) {
            let (row, gain) = (F::row(&bias.weight), F::of(bias.gain));
            for mut y in y.rows_mut() {
                y.zip_mut_with(&row, |y, &b| *y += gain * b);
            }
        }
    }

    /// Visits bias and weight; returns the cotangent of the rows if it is wanted.
    pub fn reverse<F: Element>(
        scope: &Scope<'_, F>,
        rows: ArrayView2<'_, F>,
        cotangent: ArrayView2<'_, F>,
        positions: usize,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        if let Some(bias) = scope.get(1) {
            let gradient = sum_positions(cotangent.view(), positions);
            sink.vector(VectorVisit { parameter: bias.number, gradient: gradient.view(), gain: bias.gain });
        }
        let weight = scope.get(0).expect(WEIGHT);
        sink.weight(WeightVisit {
            parameter: weight.number,
            input: rows,
            cotangent: cotangent.view(),
            positions,
            gain: weight.gain,
        });
        wanted.then(|| F::times_transposed(Number::of(weight.gain), &cotangent, &weight.weight))
    }

    /// The limit of the affine map, given the state of its rows.
    ///
    /// # Errors
    /// See [`Dense`].
    pub fn limit(
        scope: LimitScope<'_>,
        (gain, sigma_b): (Gain, Option<f64>),
        rows: KernelState,
        places: usize,
        width: Width,
    ) -> Result<KernelState> {
        let variance_w = match (gain, rows.law) {
            (Gain::FanIn(sigma_w), _) => sigma_w * sigma_w,
            (Gain::Plain(gain), Law::Input { features }) => gain * gain * (places * features) as f64,
            (Gain::Plain(_), _) => {
                return Err(Error::NoLimitRule { op: "dense with a plain gain", before: "a layer of infinite width" });
            }
        };
        let variance_b = sigma_b.map_or(0.0, |b| b * b);
        let tangent = match scope.site.parametrisation {
            Parametrisation::Ntk | Parametrisation::MuP => [variance_w, variance_b],
            Parametrisation::Standard => {
                let channels = rows.channels.ok_or(Error::Unset { network: "network".into(), what: "width" })?;
                let on = |scale: f64| if scale == 0.0 { 0.0 } else { 1.0 };
                [(places * channels) as f64 * on(variance_w), on(variance_b)]
            }
        };
        let weight = scope.trained(0, tangent[0]);
        let bias = if sigma_b.is_some() { scope.trained(1, tangent[1]) } else { 0.0 };
        let tangent = [weight, bias];
        Ok(rows.weights([variance_w, variance_b], tangent, width.number(scope.site.hidden)))
    }

    /// The gain and the bias in words.
    pub fn numbers(gain: Gain, sigma_b: Option<f64>) -> String {
        let gain = match gain {
            Gain::FanIn(sigma_w) => format!("σ_w = {sigma_w:.4}"),
            Gain::Plain(gain) => format!("gain {gain:.4}"),
        };
        gain + &sigma_b.map_or(String::new(), |b| format!(", σ_b = {b:.4}"))
    }
}

impl Op for Dense {
    fn label(&self) -> String {
        format!("dense({}; {})", self.width, affine::numbers(self.gain, self.sigma_b))
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
        affine::check("dense", self.gain, self.sigma_b)?;
        let (numbers, dim) = ((self.gain, self.sigma_b), (input.channels, width));
        slots.extend(affine::slots("dense", site.parametrisation, numbers, dim, input.positions()));
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
        let values = affine::apply(&scope, x.values.view());
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
        affine::reverse(&scope, x.values.view(), cotangent.view(), x.shape.positions(), sink, wanted)
    }

    fn limit(&self, scope: LimitScope<'_>, state: KernelState) -> Result<KernelState> {
        affine::limit(scope, (self.gain, self.sigma_b), state, 1, self.width)
    }
}

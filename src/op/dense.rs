use super::{Batch, DenseVisit, KernelState, Law, Layer, Op, Saved, Sink, Split};
use crate::error::{Error, Result};
use crate::linalg::Scalar;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use std::ops::Range;

/// The number of outputs of a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A number.
    Fixed(usize),
    /// The network's width, set by [`Net::width`](crate::net::Net::width).
    Hidden,
}

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
/// `y = g · x W + σ_b b`, with `W: [in, out]`, `b: [out]`, all entries `N(0, 1)` at initialisation.
///
/// The gain is `g = σ_w / √in` (NTK parametrisation, Jacot et al. 2018) or a plain number; the anchor paper's first layers
/// have gain 1.
///
/// ## Limit rule
/// `K' = σ_w² K + σ_b²`, `Θ' = K' + σ_w² Θ`: the new weights contribute the Gram of their inputs, which is `K'`, and the
/// layers below pass through `W Wᵀ/in → 1`. The output is Gaussian with mean zero. A plain gain `g` acts as
/// `σ_w² = g² in` and so has a limit only on the network's input.
/// ## Errors
/// [`Error::Range`] for width 0; [`Error::NoLimitRule`] for a plain gain after a wide layer.
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

    /// The width, where it is a number.
    pub(crate) fn fixed_width(&self) -> Option<usize> {
        match self.width {
            Width::Fixed(width) => Some(width),
            Width::Hidden => None,
        }
    }

    /// True if the layer has a bias.
    pub fn has_bias(&self) -> bool {
        self.sigma_b.is_some()
    }

    fn gain_for(&self, input: usize) -> f64 {
        match self.gain {
            Gain::FanIn(sigma_w) => sigma_w / (input as f64).sqrt(),
            Gain::Plain(gain) => gain,
        }
    }

    /// Parameters for `input` inputs and `output` outputs, drawn in order from `normal`.
    pub(crate) fn initialise(
        &self,
        input: usize,
        output: usize,
        mut normal: impl FnMut() -> f64,
    ) -> DenseParameters<f64> {
        DenseParameters {
            weight: Array2::from_shape_simple_fn((input, output), &mut normal),
            bias: self.sigma_b.map(|_| Array1::from_shape_simple_fn(output, &mut normal)),
            gain: self.gain_for(input),
            bias_gain: self.sigma_b.unwrap_or(0.0),
        }
    }
}

/// The parameters of one dense layer.
#[derive(Clone, Debug, PartialEq)]
pub struct DenseParameters<F> {
    /// `[in, out]`.
    pub weight: Array2<F>,
    /// `[out]`.
    pub bias: Option<Array1<F>>,
    /// What multiplies `x W`.
    pub gain: f64,
    /// `σ_b`.
    pub bias_gain: f64,
}

impl<F: Scalar> DenseParameters<F> {
    /// Number of scalars.
    pub fn len(&self) -> usize {
        self.weight.len() + self.bias.as_ref().map_or(0, Array1::len)
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part that a slice of units uses. The bias of a layer that sums over slices belongs to the first slice.
    pub(crate) fn view(&self, split: Split, units: &Range<usize>) -> DenseView<'_, F> {
        let range = ndarray::Slice::from(units.clone());
        let (weight, bias) = match split {
            Split::Whole => (self.weight.view(), self.bias.as_ref().map(|b| b.view())),
            Split::Outputs => {
                (self.weight.slice_axis(Axis(1), range), self.bias.as_ref().map(|b| b.slice_axis(Axis(0), range)))
            }
            Split::Inputs => (
                self.weight.slice_axis(Axis(0), range),
                self.bias.as_ref().map(|b| b.view()).filter(|_| units.start == 0),
            ),
        };
        DenseView { weight, bias, gain: self.gain, bias_gain: self.bias_gain }
    }

    /// In another precision.
    pub(crate) fn cast<G: Scalar>(&self) -> DenseParameters<G> {
        let convert = |v: &F| G::of(v.to_f64());
        DenseParameters {
            weight: self.weight.map(convert),
            bias: self.bias.as_ref().map(|b| b.map(convert)),
            gain: self.gain,
            bias_gain: self.bias_gain,
        }
    }
}

/// A dense layer's parameters, whole or for a slice of units.
#[derive(Clone, Debug)]
pub struct DenseView<'a, F> {
    pub(crate) weight: ArrayView2<'a, F>,
    pub(crate) bias: Option<ArrayView1<'a, F>>,
    pub(crate) gain: f64,
    pub(crate) bias_gain: f64,
}

fn scale<F: Scalar>(mut y: Array2<F>, gain: f64) -> Array2<F> {
    if gain != 1.0 {
        y *= F::of(gain);
    }
    y
}

impl Op for Dense {
    fn label(&self) -> String {
        let width = match self.width {
            Width::Fixed(width) => width.to_string(),
            Width::Hidden => "width".into(),
        };
        let gain = match self.gain {
            Gain::FanIn(sigma_w) => format!("σ_w = {sigma_w:.4}"),
            Gain::Plain(gain) => format!("gain {gain:.4}"),
        };
        let bias = self.sigma_b.map_or(String::new(), |b| format!(", σ_b = {b:.4}"));
        format!("dense({width}; {gain}{bias})")
    }

    fn output_width(&self, input: usize, hidden: Option<usize>) -> Result<usize> {
        let width = match self.width {
            Width::Fixed(width) => width,
            Width::Hidden => hidden.ok_or(Error::Unset { network: "network".into(), what: "width" })?,
        };
        let range =
            |what, value: usize| Error::Range { place: "dense", what, value: value as f64, legal: "at least 1" };
        if width == 0 {
            return Err(range("the width", width));
        }
        if input == 0 {
            return Err(range("the number of inputs", input));
        }
        let numbers = match self.gain {
            Gain::FanIn(value) => ("σ_w", value),
            Gain::Plain(value) => ("the gain", value),
        };
        for (what, value) in [Some(numbers), self.sigma_b.map(|b| ("σ_b", b))].into_iter().flatten() {
            if !value.is_finite() {
                return Err(Error::Range { place: "dense", what, value, legal: "finite" });
            }
        }
        Ok(width)
    }

    fn dense_layers<'a>(&'a self, found: &mut Vec<&'a Dense>) {
        found.push(self);
    }

    fn input_widths(&self, input: usize, hidden: Option<usize>, found: &mut Vec<usize>) -> Result<usize> {
        found.push(input);
        self.output_width(input, hidden)
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        if input != Split::Whole {
            return None;
        }
        found.push(Split::Outputs);
        Some(Split::Outputs)
    }

    fn passes_input(&self) -> bool {
        false
    }

    fn forward<F: Scalar>(&self, dense: &[DenseView<'_, F>], x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let own = &dense[0];
        let mut y = scale(x.dot(&own.weight), own.gain);
        if let Some(bias) = &own.bias {
            let gain = F::of(own.bias_gain);
            for mut row in y.rows_mut() {
                row.zip_mut_with(bias, |y, &b| *y += gain * b);
            }
        }
        (y.into_shared(), if tape { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Scalar>(
        &self,
        dense: &[DenseView<'_, F>],
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let own = &dense[0];
        let Saved::Array(input) = saved else { unreachable!("a dense layer saves its input") };
        sink.dense(DenseVisit {
            input: input.view(),
            cotangent: cotangent.view(),
            gain: own.gain,
            bias_gain: own.bias.as_ref().map(|_| own.bias_gain),
        });
        wanted.then(|| scale(cotangent.dot(&own.weight.t()), own.gain))
    }

    fn limit(&self, state: KernelState) -> Result<KernelState> {
        let variance_w = match (self.gain, state.law) {
            (Gain::FanIn(sigma_w), _) => sigma_w * sigma_w,
            (Gain::Plain(gain), Law::Input { features }) => gain * gain * features as f64,
            (Gain::Plain(_), _) => {
                return Err(Error::NoLimitRule { op: "dense with a plain gain", before: "a layer of infinite width" });
            }
        };
        let variance_b = self.sigma_b.map_or(0.0, |b| b * b);
        Ok(state.dense(variance_w, variance_b))
    }
}

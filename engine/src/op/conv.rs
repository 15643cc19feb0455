use super::dense::affine;
use super::state::Window;
use super::{
    Batch, Dual, Fingerprint, Gain, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
    Tangent, Width,
};
use crate::error::{Error, Result};
use crate::linalg::Scalar;
use ndarray::{Array2, ArrayView2};

/// 2-d convolution.
///
/// `y_p = g · Σ_o x_{s p + o} W_o + σ_b b` over the offsets `o` of a window with stride `s`, with `W: [height · width · in, out]`
/// (row, column, channel of the window) and the gain `g = σ_w / √(height · width · in)`; `x` is zero on the padding.
///
/// ## Limit rule
/// `K'[p, p'] = σ_w² mean_o K[s p + o, s p' + o] + σ_b²`, zero on the padding, and `Θ' = K' + σ_w² mean_o Θ`: the weights of
/// every offset are independent, so only equal offsets meet. Where a network flattens, `p = p'` is enough; a pooling layer
/// needs all pairs of positions. Under [`Parametrisation::Standard`](super::Parametrisation::Standard) as for
/// [`Dense`](super::Dense), with `height width in` inputs.
/// ## Shapes
/// `x: [n, h, w, in] -> [n, h', w', out]`; padding as in [`Conv::same`].
/// ## Errors
/// [`Error::Range`] for a window, a stride, a width or an input of zero and for numbers that are not finite; [`Error::Size`]
/// for a window larger than an image without padding; [`Error::Unset`] for the limit under `Standard` while the number of
/// channels is open.
/// ## Cost
/// `2 n h' w' height width in out` operations forward, as many reverse; it keeps its input and gathers patches anew. Its share
/// of the tangent kernel takes the cheaper of per-sample gradients, `n²` operations on `n` times `height width in out` numbers,
/// and Grams of positions, `n² (h' w')² (height width in + out)`. Limit: `2 height width` operations per pair and position, or
/// pair of positions.
/// ## References
/// Novak et al. 2019; Garriga-Alonso, Rasmussen and Aitchison 2019 (`K`); Arora et al. 2019 (`Θ`).
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let net = network("CNN", serial([conv(8, 3), flatten(), dense(1)])).image(2, 2, 1);
/// let kernels = net.limit_kernel(&array![[1.0, 1.0, 1.0, 1.0]])?;
/// // Of the 9 places of each window 4 lie on the image; both layers contribute.
/// assert!((kernels.ntk().values()[[0, 0]] - 2.0 * 4.0 / 9.0).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    width: Width,
    window: Window,
    sigma_w: f64,
    sigma_b: Option<f64>,
}

/// A convolution with a square window of `size`, stride 1, zero padding that keeps the size, `σ_w = 1` and no bias.
pub fn conv(channels: usize, size: usize) -> Layer {
    Conv::new(channels, size).into()
}

/// Why arrays have a slice.
const CONTIGUOUS: &str = "an array in standard layout is contiguous";

impl Conv {
    /// `channels` outputs at each position; see [`conv`].
    pub fn new(channels: usize, size: usize) -> Self {
        let window = Window { size: (size, size), stride: (1, 1), same: true };
        Self { width: Width::Fixed(channels), window, sigma_w: 1.0, sigma_b: None }
    }

    /// As many channels as the network is wide.
    pub fn hidden(size: usize) -> Self {
        Self { width: Width::Hidden, ..Self::new(1, size) }
    }

    /// Height and width of the window.
    pub fn window(self, height: usize, width: usize) -> Self {
        Self { window: Window { size: (height, width), ..self.window }, ..self }
    }

    /// Steps down and to the right.
    pub fn stride(self, down: usize, right: usize) -> Self {
        Self { window: Window { stride: (down, right), ..self.window }, ..self }
    }

    /// Zero padding: with `total = max((⌈in/stride⌉ - 1) stride + size - in, 0)` zeros along an axis, half of them (rounded
    /// down) before. The default.
    pub fn same(self) -> Self {
        Self { window: Window { same: true, ..self.window }, ..self }
    }

    /// No padding: whole windows only.
    pub fn valid(self) -> Self {
        Self { window: Window { same: false, ..self.window }, ..self }
    }

    /// Sets `σ_w`; any finite number.
    pub fn sigma_w(self, sigma_w: f64) -> Self {
        Self { sigma_w, ..self }
    }

    /// Adds a trained bias with standard deviation `σ_b` at initialisation.
    pub fn bias(self, sigma_b: f64) -> Self {
        Self { sigma_b: Some(sigma_b), ..self }
    }

    fn numbers(&self) -> (Gain, Option<f64>) {
        (Gain::FanIn(self.sigma_w), self.sigma_b)
    }

    /// Height and width of the window.
    pub(crate) fn window_size(&self) -> (usize, usize) {
        self.window.size
    }

    fn places(&self) -> usize {
        self.window.size.0 * self.window.size.1
    }

    /// For every output position the runs of places whose inputs are neighbours: first place, input position under it, length.
    fn runs(&self, shape: Shape) -> Vec<Vec<[usize; 3]>> {
        let under = self.window.positions(shape.height, shape.width);
        let runs = under.iter().map(|list| {
            let mut runs: Vec<[usize; 3]> = Vec::new();
            for (place, source) in list.iter().enumerate() {
                match (source, runs.last_mut()) {
                    (&Some(p), Some([first, start, length])) if *first + *length == place && *start + *length == p => {
                        *length += 1;
                    }
                    (&Some(p), _) => runs.push([place, p, 1]),
                    (None, _) => {}
                }
            }
            runs
        });
        runs.collect()
    }

    /// The patches under the window, `[n · positions of the output, places · in]`.
    fn patches<F: Scalar>(&self, x: ArrayView2<'_, F>, shape: Shape) -> Array2<F> {
        let runs = self.runs(shape);
        let (size, channels, x) = (shape.len(), shape.channels, x.as_standard_layout());
        let mut patches = Array2::zeros((x.len() / size * runs.len(), self.places() * channels));
        let rows = patches.as_slice_mut().expect(CONTIGUOUS).chunks_exact_mut(self.places() * channels);
        let samples = x.as_slice().expect(CONTIGUOUS).chunks_exact(size);
        for (row, (sample, runs)) in rows.zip(samples.flat_map(|sample| runs.iter().map(move |runs| (sample, runs)))) {
            for run in runs {
                let [place, position, length] = run.map(|count| count * channels);
                row[place..place + length].copy_from_slice(&sample[position..position + length]);
            }
        }
        patches
    }

    /// The transpose of [`Conv::patches`]: adds every place back to where it was read.
    fn scatter<F: Scalar>(&self, patches: &Array2<F>, shape: Shape) -> Array2<F> {
        let runs = self.runs(shape);
        let (size, channels, patches) = (shape.len(), shape.channels, patches.as_standard_layout());
        let mut x = Array2::zeros((patches.nrows() / runs.len() * shape.positions(), channels));
        let samples = x.as_slice_mut().expect(CONTIGUOUS).chunks_exact_mut(size);
        let blocks = patches.as_slice().expect(CONTIGUOUS).chunks_exact(runs.len() * self.places() * channels);
        for (sample, block) in samples.zip(blocks) {
            for (row, runs) in block.chunks_exact(self.places() * channels).zip(&runs) {
                for run in runs {
                    let [place, position, length] = run.map(|count| count * channels);
                    let target = &mut sample[position..position + length];
                    target.iter_mut().zip(&row[place..place + length]).for_each(|(x, &p)| *x += p);
                }
            }
        }
        x
    }

    fn output<F: Scalar>(&self, values: Array2<F>, input: Shape) -> Batch<F> {
        let space = self.window.output("convolution", input.height, input.width);
        let (height, width) = space.expect("checked with the shapes");
        let shape = Shape { height, width, channels: values.ncols() };
        Batch::new(values, shape)
    }
}

impl Op for Conv {
    fn label(&self) -> String {
        let Window { size, stride, same } = self.window;
        let padding = if same { "same" } else { "valid" };
        let stride = if stride == (1, 1) { String::new() } else { format!(", stride {} × {}", stride.0, stride.1) };
        let (gain, sigma_b) = self.numbers();
        let numbers = affine::numbers(gain, sigma_b);
        format!("convolution({}; {} × {}{stride}, {padding}, {numbers})", self.width, size.0, size.1)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { width, window, sigma_w, sigma_b } = self;
        to.width(*width);
        to.window(*window);
        to.number(*sigma_w);
        to.optional(*sigma_b);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        let op = "convolution";
        let channels = self.width.resolve(op, site.hidden)?;
        if input.channels == 0 {
            return Err(Error::Range { place: op, what: "the number of channels", value: 0.0, legal: "at least 1" });
        }
        let (gain, sigma_b) = self.numbers();
        affine::check(op, gain, sigma_b)?;
        let (height, width) = self.window.output(op, input.height, input.width)?;
        let dim = (self.places().saturating_mul(input.channels), channels);
        slots.extend(affine::slots(op, site.parametrisation, self.numbers(), dim, height * width));
        Ok(Shape { height, width, channels })
    }

    fn slot_count(&self) -> usize {
        1 + usize::from(self.sigma_b.is_some())
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Scalar>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let patches = self.patches(x.values.view(), x.shape);
        let y = self.output(affine::apply(&scope, patches.view()), x.shape);
        (y, if tape { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Scalar>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Array(x) = saved else { unreachable!("a convolution saves its input") };
        // Patches are many times the input: they are gathered again rather than kept.
        let patches = self.patches(x.values.view(), x.shape);
        let positions = cotangent.nrows() / x.samples();
        let passed = affine::reverse(&scope, patches.view(), cotangent.view(), positions, sink, wanted)?;
        Some(self.scatter(&passed, x.shape))
    }

    fn tangent<F: Scalar>(&self, scope: Scope<'_, F>, along: Scope<'_, F>, x: Batch<F>, dx: Tangent<F>) -> Dual<F> {
        let patches = self.patches(x.values.view(), x.shape);
        let moved = dx.map(|dx| self.patches(dx.view(), x.shape));
        let dy = affine::tangent(&scope, &along, patches.view(), moved.as_ref().map(|d| d.view()));
        (self.output(affine::apply(&scope, patches.view()), x.shape), Some(dy))
    }

    fn limit(&self, scope: &LimitScope, state: KernelState) -> Result<KernelState> {
        let rows = state.patches("convolution", &self.window)?;
        affine::limit(scope, self.numbers(), rows, self.places(), self.width)
    }
}

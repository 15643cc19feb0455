use super::weighted;
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::limit::{Padding, Window};
use crate::op::{
    Batch, Fingerprint, Gain, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, Width,
};
use ndarray::{Array2, ArrayView2};

/// 2-d convolution.
///
/// `y_p = g · Σ_o x_{s p + o} W_o + σ_b b` over the offsets `o` of a window with stride `s`, with `W: [height · width · in, out]`
/// (row, column, channel of the window) and the gain `g = σ_w / √(height · width · in)`; `x` is zero on the padding.
///
/// ## Limit rule
/// `K'[p, p'] = σ_w² mean_o K[s p + o, s p' + o] + σ_b²`, zero on the padding, and `Θ' = K' + σ_w² mean_o Θ`: the weights of
/// every offset are independent, so only equal offsets meet. Where a network flattens, `p = p'` is enough; a pooling layer
/// needs all pairs of positions. Under [`Parametrisation::Standard`](crate::op::Parametrisation::Standard) as for
/// [`Dense`](crate::op::Dense), with `height width in` inputs.
/// ## Shapes
/// `x: [n, h, w, in] -> [n, h', w', out]`; padding as in [`Conv::same`], unless [`Conv::valid`] or [`Conv::padding`] says otherwise.
/// ## Errors
/// [`Error::Range`] for a window, a stride, a width or an input of zero and for numbers that are not finite; [`Error::Size`]
/// for a window larger than the image with its padding; [`Error::Unset`] for the limit under `Standard` while the number of
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

/// A padding with more zeros on one side than on the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Uneven {
    pub stride: (usize, usize),
    /// Height and width.
    pub input: (usize, usize),
    /// Before and after the rows and the columns.
    pub padding: [[usize; 2]; 2],
}

/// A convolution with a square window of `size`, stride 1, zero padding that keeps the size, `σ_w = 1` and no bias.
pub fn conv(channels: usize, size: usize) -> Layer {
    Conv::new(channels, size).into()
}

/// Of arrays that were just made, or brought into that order.
const STANDARD: &str = "standard layout";

impl Conv {
    /// `channels` outputs at each position; see [`conv`].
    pub fn new(channels: usize, size: usize) -> Self {
        let window = Window { size: (size, size), stride: (1, 1), padding: Padding::Same };
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
    /// down) before. The default, and that of JAX and Keras; PyTorch's is [`Conv::padding`].
    pub fn same(self) -> Self {
        self.padded(Padding::Same)
    }

    /// No padding: whole windows only.
    pub fn valid(self) -> Self {
        self.padded(Padding::NONE)
    }

    /// So many zeros above and below, and so many left and right, as PyTorch's `Conv2d(…, padding=(vertical, horizontal))`; with
    /// `⌊(in + 2 padding - size)/stride⌋ + 1` outputs along an axis.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let first = |layer: Conv| -> Result<f64> {
    ///     let net = network("strided", layer.into()).image(4, 4, 1);
    ///     let mut network = net.parametrisation(Parametrisation::Standard).init(Seed(0))?;
    ///     network.parameters_mut()[0].values.fill(1.0);
    ///     Ok(network.outputs(&Matrix::from_shape_fn((1, 16), |(_, pixel)| pixel as f64))?[[0, 0]])
    /// };
    /// // Of 4 × 4 pixels, the first window of 3 with stride 2 has 9 with `same` padding, and 4 beside a rim of zeros.
    /// assert_eq!(first(Conv::new(1, 3).stride(2, 2))?, 45.0);
    /// assert_eq!(first(Conv::new(1, 3).stride(2, 2).padding(1, 1))?, 10.0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn padding(self, vertical: usize, horizontal: usize) -> Self {
        self.padding_sides([vertical; 2], [horizontal; 2])
    }

    /// So many zeros before and after the rows, `[top, bottom]`, and the columns, `[left, right]`.
    pub fn padding_sides(self, rows: [usize; 2], columns: [usize; 2]) -> Self {
        self.padded(Padding::Zeros([rows, columns]))
    }

    fn padded(self, padding: Padding) -> Self {
        Self { window: Window { padding, ..self.window }, ..self }
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

    /// The padding, if it follows from the strides and is not the same on both sides.
    pub(crate) fn uneven(&self, input: Shape) -> Option<Uneven> {
        let padding = self.window.zeros(input.height, input.width);
        let differs = padding.iter().zip([self.window.stride.0, self.window.stride.1]).any(|(zeros, stride)| {
            // With stride 1 PyTorch has `padding="same"`, which is this one.
            stride > 1 && zeros[0] != zeros[1]
        });
        let uneven = Uneven { stride: self.window.stride, input: (input.height, input.width), padding };
        (self.window.padding == Padding::Same && differs).then_some(uneven)
    }

    /// `σ_w`, and `σ_b` with a bias.
    pub(in crate::op) fn deviations(&self) -> (f64, Option<f64>) {
        (self.sigma_w, self.sigma_b)
    }

    pub(in crate::op) fn area(&self) -> &Window {
        &self.window
    }

    pub(in crate::op) fn channels(&self) -> Width {
        self.width
    }

    pub(in crate::op) fn places(&self) -> usize {
        self.window.size.0 * self.window.size.1
    }

    /// The patches under the window, `[n · positions of the output, places · in]`.
    pub(in crate::op) fn patches<F: Element>(&self, x: ArrayView2<'_, F>, shape: Shape) -> Array2<F> {
        let runs = self.window.runs(shape.height, shape.width);
        let (size, channels, x) = (shape.len(), shape.channels, x.as_standard_layout());
        let mut patches = Array2::zeros((x.len() / size * runs.len(), self.places() * channels));
        let rows = patches.as_slice_mut().expect(STANDARD).chunks_exact_mut(self.places() * channels);
        let samples = x.as_slice().expect(STANDARD).chunks_exact(size);
        for (row, (sample, runs)) in rows.zip(samples.flat_map(|sample| runs.iter().map(move |runs| (sample, runs)))) {
            for run in runs {
                let [place, position, length] = [run.place, run.position, run.length].map(|count| count * channels);
                row[place..place + length].copy_from_slice(&sample[position..position + length]);
            }
        }
        patches
    }

    /// The transpose of [`Conv::patches`]: adds every place back to where it was read.
    pub(in crate::op) fn scatter<F: Element>(&self, patches: &Array2<F>, shape: Shape) -> Array2<F> {
        let runs = self.window.runs(shape.height, shape.width);
        let (size, channels, patches) = (shape.len(), shape.channels, patches.as_standard_layout());
        let mut x = Array2::zeros((patches.nrows() / runs.len() * shape.positions(), channels));
        let samples = x.as_slice_mut().expect(STANDARD).chunks_exact_mut(size);
        let blocks = patches.as_slice().expect(STANDARD).chunks_exact(runs.len() * self.places() * channels);
        for (sample, block) in samples.zip(blocks) {
            for (row, runs) in block.chunks_exact(self.places() * channels).zip(&runs) {
                for run in runs {
                    let [place, position, length] = [run.place, run.position, run.length].map(|count| count * channels);
                    let target = &mut sample[position..position + length];
                    target.iter_mut().zip(&row[place..place + length]).for_each(|(x, &p)| *x += p);
                }
            }
        }
        x
    }

    pub(in crate::op) fn output<F: Element>(&self, values: Array2<F>, input: Shape) -> Batch<F> {
        let space = self.window.output("convolution", input.height, input.width);
        let (height, width) = space.expect("checked with the shapes");
        let shape = Shape { height, width, channels: values.ncols(), ..input };
        Batch::new(values, shape)
    }
}

impl Op for Conv {
    fn label(&self) -> String {
        let Window { size, stride, padding } = self.window;
        let stride = if stride == (1, 1) { String::new() } else { format!(", stride {} × {}", stride.0, stride.1) };
        let (gain, sigma_b) = self.numbers();
        let numbers = weighted::numbers(gain, sigma_b);
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
        weighted::check(op, gain, sigma_b)?;
        let (height, width) = self.window.output(op, input.height, input.width)?;
        let dim = (self.places().saturating_mul(input.channels), channels);
        slots.extend(weighted::slots(op, site.parametrisation, self.numbers(), dim, height * width));
        Ok(Shape { height, width, channels, ..input })
    }

    fn slot_count(&self) -> usize {
        1 + usize::from(self.sigma_b.is_some())
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let patches = self.patches(x.values.view(), x.shape);
        let y = self.output(weighted::apply(&scope, patches.view()), x.shape);
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
        let Saved::Array(x) = saved else { unreachable!("a convolution saves its input") };
        // Patches are many times the input: they are gathered again rather than kept.
        let patches = self.patches(x.values.view(), x.shape);
        let positions = cotangent.nrows() / x.samples();
        let passed = weighted::reverse(&scope, patches.view(), cotangent.view(), positions, sink, wanted)?;
        Some(self.scatter(&passed, x.shape))
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        let rows = state.patches("convolution", &self.window)?;
        weighted::limit(scope, self.numbers(), rows, self.places(), self.width)
    }
}

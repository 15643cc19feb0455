use crate::error::Result;
use crate::linalg::Element;
use crate::number::Real;
use crate::op::complex::{parts_first, parts_last};
use crate::op::limit::{Padding, Window};
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::{Array2, ArrayView2};

/// Average pooling.
///
/// `y_p = mean_o x_{s p + o}` over the places `o` of a window with stride `s`, channel by channel; or over all positions
/// ([`global_average_pool`]). Only whole windows count: a rim that none covers is left out. Places on the padding are not counted
/// (PyTorch's `count_include_pad=False`).
///
/// ## Limit rule
/// `K'[p, p'] = mean_{o, o'} K[s p + o, s p' + o']`, and likewise `Θ` and the mean, since an average is linear: so all pairs of
/// positions are needed from the input on. Gaussian units stay Gaussian.
/// ## Shapes
/// `x: [n, h, w, c] -> [n, h', w', c]`; `h' = w' = 1` for the global pool.
/// ## Errors
/// [`Error::Range`](crate::Error::Range) for a window or stride of zero and for a padding as large as the window,
/// [`Error::Size`](crate::Error::Size) for a window larger than the image with its padding.
/// ## Cost
/// `2 n h' w' c` operations per place of the window forward, as many reverse; it keeps a shape. No parameters, so no share of the
/// tangent kernel. Limit: per pair `(h' w')²` times the square of the places, and `(h w)²` numbers in every layer before it.
/// ## References
/// Novak et al. 2019 (`K`); Arora et al. 2019 (`Θ`).
#[derive(Clone, Debug, PartialEq)]
pub struct AveragePool {
    /// `None` is the whole image.
    window: Option<Window>,
}

/// Average pooling over square windows of `size` that do not overlap.
pub fn average_pool(size: usize) -> Layer {
    AveragePool::new(size).into()
}

/// The mean over all positions.
pub fn global_average_pool() -> Layer {
    AveragePool { window: None }.into()
}

impl AveragePool {
    /// Square windows of `size` that do not overlap.
    pub fn new(size: usize) -> Self {
        Self { window: Some(Window { size: (size, size), stride: (size, size), padding: Padding::NONE }) }
    }

    /// Steps down and to the right.
    pub fn stride(self, down: usize, right: usize) -> Self {
        Self { window: self.window.map(|w| Window { stride: (down, right), ..w }) }
    }

    /// So many places beside the image above and below, and left and right, less than the window has; they do not count. The global
    /// pool has none.
    pub fn padding(self, vertical: usize, horizontal: usize) -> Self {
        let padding = Padding::Zeros([[vertical; 2], [horizontal; 2]]);
        Self { window: self.window.map(|w| Window { padding, ..w }) }
    }

    fn window_for(&self, height: usize, width: usize) -> Window {
        self.window.unwrap_or(Window { size: (height, width), stride: (1, 1), padding: Padding::NONE })
    }

    fn pooled(&self, input: Shape) -> Result<Shape> {
        let window = self.window_for(input.height, input.width);
        let (height, width) = window.pooled("average pool", input.height, input.width)?;
        Ok(Shape { height, width, ..input })
    }

    /// As [`AveragePool::walk`], of complex numbers for either part.
    fn by_part<F: Element>(&self, x: ArrayView2<'_, F>, input: Shape, back: bool) -> Array2<F> {
        if !input.complex {
            return self.walk(x, input, back);
        }
        let after = self.pooled(input).expect("checked with the shapes");
        let (from, to) = if back { (after, input) } else { (input, after) };
        parts_last(self.walk(parts_first(x, from.places()).view(), input, back).view(), to.places())
    }

    /// Sums `x` over the window of each output position, or with `back` spreads `x` over it; divided by the places.
    fn walk<F: Element>(&self, x: ArrayView2<'_, F>, input: Shape, back: bool) -> Array2<F> {
        let under = self.window_for(input.height, input.width).positions(input.height, input.width);
        let (from, to) = if back { (under.len(), input.places()) } else { (input.places(), under.len()) };
        let samples = x.nrows() / from;
        let mut y = Array2::zeros((samples * to, x.ncols()));
        for sample in 0..samples {
            for (output, list) in under.iter().enumerate() {
                let share = F::of(1.0 / list.iter().flatten().count() as f64);
                for &place in list.iter().flatten() {
                    let (read, written) = if back { (output, place) } else { (place, output) };
                    y.row_mut(sample * to + written).scaled_add(share, &x.row(sample * from + read));
                }
            }
        }
        y
    }
}

impl Op for AveragePool {
    fn label(&self) -> String {
        match self.window {
            None => "global average pool".into(),
            Some(window) => format!("average pool({window})"),
        }
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { window } = self;
        to.count(usize::from(window.is_some()));
        window.iter().for_each(|window| to.window(*window));
    }

    fn domain(&self) -> Domain {
        Domain::Both
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        self.pooled(input)
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn compares_positions(&self) -> bool {
        true
    }

    fn forward<F: Element>(&self, _scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let shape = self.pooled(x.shape).expect("checked with the shapes");
        let y = Batch::new(self.by_part(x.values.view(), x.shape, false), shape);
        (y, if tape { Saved::Shape(x.shape) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        _scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Shape(input) = saved else { unreachable!("a pool saves its input's shape") };
        wanted.then(|| self.by_part(cotangent.view(), input, true))
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        let (height, width) = state.space;
        state.pooled("average pool", &self.window_for(height, width))
    }
}

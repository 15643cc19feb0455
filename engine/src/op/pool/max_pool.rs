use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::limit::{Padding, Window};
use crate::op::{Batch, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split};
use ndarray::Array2;
use std::sync::Arc;

/// Max pooling.
///
/// `y_p = max_o x_{s p + o}` over the places `o` of a window with stride `s`, channel by channel; of equal values the first
/// counts. Only whole windows count; places on the padding are never the maximum.
///
/// ## Limit rule
/// None: the mean of a product of two maxima of correlated Gaussians has no closed form.
/// ## Shapes
/// `x: [n, h, w, c] -> [n, h', w', c]`.
/// ## Errors
/// [`Error::Range`] for a window or stride of zero and for a padding as large as the window, [`Error::Size`] for a window larger than
/// the image with its padding; in the limit [`Error::NoClosedForm`].
/// ## Cost
/// `n h' w' c` comparisons per place of the window forward, `n h' w' c` additions in reverse; it keeps as many row numbers. No
/// parameters, so no share of the tangent kernel. Limit: none.
/// ## References
/// Definition only; checked by `tests/conformance/definitions.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxPool {
    window: Window,
}

/// Max pooling over square windows of `size` that do not overlap.
pub fn max_pool(size: usize) -> Layer {
    MaxPool::new(size).into()
}

const OP: &str = "max pool";

impl MaxPool {
    /// Square windows of `size` that do not overlap.
    pub fn new(size: usize) -> Self {
        Self { window: Window { size: (size, size), stride: (size, size), padding: Padding::NONE } }
    }

    /// Steps down and to the right.
    pub fn stride(self, down: usize, right: usize) -> Self {
        Self { window: Window { stride: (down, right), ..self.window } }
    }

    /// So many places beside the image above and below, and left and right, less than the window has.
    pub fn padding(self, vertical: usize, horizontal: usize) -> Self {
        Self { window: Window { padding: Padding::Zeros([[vertical; 2], [horizontal; 2]]), ..self.window } }
    }

    /// The maxima and the rows that they were taken from.
    fn pool<F: Element>(&self, x: &Batch<F>) -> (Batch<F>, Vec<usize>) {
        let under = self.window.positions(x.shape.height, x.shape.width);
        let (height, width) = self.window.output(OP, x.shape.height, x.shape.width).expect("checked with the shapes");
        let (positions, channels) = (x.shape.positions(), x.shape.channels);
        let values = x.values.as_standard_layout();
        let row_of = |row: usize| &values.as_slice().expect("standard layout")[row * channels..(row + 1) * channels];
        let mut y = Vec::with_capacity(x.samples() * under.len() * channels);
        let mut rows = Vec::with_capacity(y.capacity());
        for (sample, list) in (0..x.samples()).flat_map(|sample| under.iter().map(move |list| (sample, list))) {
            let mut candidates = list.iter().flatten().map(|p| sample * positions + p);
            let (first, start) = (candidates.next().expect("every window lies on the image"), y.len());
            y.extend_from_slice(row_of(first));
            rows.resize(y.len(), first);
            for candidate in candidates {
                for ((y, row), &value) in y[start..].iter_mut().zip(&mut rows[start..]).zip(row_of(candidate)) {
                    // NaN wins, so that it is not passed over in silence.
                    if !(*y >= value || y.to_f64().is_nan()) {
                        (*y, *row) = (value, candidate);
                    }
                }
            }
        }
        let y = Array2::from_shape_vec((x.samples() * under.len(), channels), y).expect("a row for every window");
        (Batch::new(y, Shape { height, width, ..x.shape }), rows)
    }
}

impl Op for MaxPool {
    fn label(&self) -> String {
        format!("max pool({})", self.window)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { window } = self;
        to.window(*window);
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        let (height, width) = self.window.pooled(OP, input.height, input.width)?;
        Ok(Shape { height, width, ..input })
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn forward<F: Element>(&self, _scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (y, rows) = self.pool(&x);
        let saved = if tape { Saved::Choice { input: x.shape, rows: Arc::new(rows) } } else { Saved::Nothing };
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
        let Saved::Choice { input, rows } = saved else { unreachable!("max pool saves its choices") };
        wanted.then(|| {
            let (height, width) = self.window.output(OP, input.height, input.width).expect("checked with the shapes");
            let samples = cotangent.nrows() / (height * width);
            let mut x = Array2::zeros((samples * input.positions(), input.channels));
            for (((_, channel), &c), &row) in cotangent.indexed_iter().zip(rows.iter()) {
                x[[row, channel]] += c;
            }
            x
        })
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, _state: KernelState<E>) -> Result<KernelState<E>> {
        Err(Error::NoClosedForm { op: OP })
    }
}

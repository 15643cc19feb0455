use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, check_count,
};
use ndarray::Array2;

/// A layer applied several times with the same parameters: a recurrence.
///
/// `f(x) = g(g(… g(x)))`, `g` taken `T` times. What [`repeat`](crate::op::repeat) has `T` sets of parameters for has one here; each is
/// visited `T` times in a sweep, and its derivative is the sum. With an [`injection`](crate::op::injection) inside, every time reads the
/// network's input again.
///
/// ## Limit rule
/// None: units of different times share their weights, so that what adds or multiplies times (a residual inside `g`) needs
/// covariances across them, which the state does not hold.
/// ## Shapes
/// `x: [n, d] -> [n, d]`, or images; the output of `g` has the shape of its input.
/// ## Errors
/// [`Error::Range`] for no times, [`Error::Size`] for a layer whose output has another shape than its input; in the limit
/// [`Error::NoClosedForm`].
/// ## Cost
/// `T` times that of the layer. In the tangent kernel a weight that acts at `p` positions counts as one of `T p`. Limit: none.
/// ## References
/// Definition only; checked by `tests/conformance/definitions.rs` against networks with copied parameters.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let step = serial([sum([hidden(), serial([injection(), hidden()])]), tanh()]);
/// let net = network("recurrent", serial([hidden(), tied(4, step), dense(1)])).width(16).input(3);
/// assert_eq!(net.parameter_count()?, 3 * 16 + (16 * 16 + 3 * 16) + 16);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Tied {
    times: usize,
    /// One.
    layer: Vec<Layer>,
}

/// The layer `times` times one after the other, with one set of parameters.
pub fn tied(times: usize, layer: impl Into<Layer>) -> Layer {
    Tied { times, layer: vec![layer.into()] }.into()
}

const OP: &str = "tied layers";

impl Tied {
    /// How often the layer is applied.
    pub(crate) fn times(&self) -> usize {
        self.times
    }

    fn layer(&self) -> &Layer {
        &self.layer[0]
    }
}

impl Op for Tied {
    fn label(&self) -> String {
        format!("{} times with the same parameters", self.times)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { times, layer } = self;
        to.count(*times);
        to.layers(layer);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        check_count(OP, "the number of times", self.times)?;
        let before = slots.len();
        let output = self.layer().shape(site, input, slots)?;
        if self.times > 1 && output != input {
            for (what, expected, got) in [
                ("channels of the output as of the input", input.channels, output.channels),
                ("rows of the output as of the input", input.height, output.height),
                ("columns of the output as of the input", input.width, output.width),
            ] {
                if expected != got {
                    return Err(Error::Size { place: OP, what, expected, got });
                }
            }
        }
        for slot in &mut slots[before..] {
            slot.positions = slot.positions.saturating_mul(self.times);
        }
        Ok(output)
    }

    fn children(&self) -> &[Layer] {
        &self.layer
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, mut x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let mut times = Vec::with_capacity(self.times);
        for _ in 0..self.times {
            let (y, saved) = self.layer().forward(scope, x, tape);
            x = y;
            times.push(saved);
        }
        (x, if tape { Saved::Children(times) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        mut cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Children(times) = saved else { unreachable!("tied layers save every time") };
        for (time, saved) in times.into_iter().enumerate().rev() {
            // The time before needs it.
            cotangent = self.layer().reverse(scope, saved, cotangent, sink, wanted || time > 0)?;
        }
        Some(cotangent)
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, _state: KernelState<E>) -> Result<KernelState<E>> {
        Err(Error::NoClosedForm { op: OP })
    }
}

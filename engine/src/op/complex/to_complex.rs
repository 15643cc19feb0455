use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::{Array2, s};

/// From real to complex numbers.
///
/// `y = x + 0 i` ([`to_complex`]), or `y = x_1 + i x_2` of the first and the second half of the channels ([`halves_to_complex`]). Data that
/// are complex are read by [`Net::complex_input`](crate::net::Net::complex_input).
///
/// ## Limit rule
/// Of `x + 0 i`: `K_rr = K`, the other parts are zero, and likewise `Θ`. Of halves of units that are alike: `K_rr = K_ii = K`, which is
/// circular where `K` is Gaussian.
/// ## Shapes
/// `x: [n, c] -> [n, c] complex`, or `[n, 2 c] -> [n, c] complex`; images of any size.
/// ## Errors
/// [`Error::Size`] for halves of an odd number of channels; [`Error::Unlike`] after a complex layer; in the limit [`Error::NoLimitRule`]
/// for halves of the raw input and of units that are not alike, as the two halves are not known apart.
/// ## Cost
/// A copy. No parameters, so no share of the tangent kernel. Limit: a copy of four entries per pair.
/// ## References
/// Definition only; checked by `tests/conformance`.
#[derive(Clone, Debug, PartialEq)]
pub struct ToComplex {
    halves: bool,
}

/// `x + 0 i`.
pub fn to_complex() -> Layer {
    ToComplex { halves: false }.into()
}

/// `x_1 + i x_2` of the two halves of the channels.
pub fn halves_to_complex() -> Layer {
    ToComplex { halves: true }.into()
}

const OP: &str = "halves to complex";

impl Op for ToComplex {
    fn label(&self) -> String {
        if self.halves { OP.into() } else { "to complex".into() }
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { halves } = self;
        to.count(usize::from(*halves));
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        if !self.halves {
            return Ok(input.of_complex());
        }
        let channels = input.channels;
        if !channels.is_multiple_of(2) {
            let what = "channels, an even number (real parts, then imaginary parts)";
            return Err(Error::Size { place: OP, what, expected: channels + 1, got: channels });
        }
        Ok(input.with_channels(channels / 2).of_complex())
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn compares_positions(&self) -> bool {
        true
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, _scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (rows, channels) = x.values.dim();
        let saved = if tape { Saved::Shape(x.shape) } else { Saved::Nothing };
        if self.halves {
            let shape = x.shape.with_channels(channels / 2).of_complex();
            let values = x.values.as_standard_layout().into_owned();
            let values = values.into_shape_with_order((2 * rows, channels / 2)).expect("an even number of channels");
            return (Batch::new(values, shape), saved);
        }
        let mut values = Array2::zeros((2 * rows, channels));
        values.slice_mut(s![0..;2, ..]).assign(&x.values);
        (Batch::new(values, x.shape.of_complex()), saved)
    }

    fn reverse<F: Element>(
        &self,
        _scope: Scope<'_, F>,
        _saved: Saved<F>,
        cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        wanted.then(|| {
            if !self.halves {
                return cotangent.slice(s![0..;2, ..]).to_owned();
            }
            let (rows, channels) = cotangent.dim();
            let cotangent = cotangent.as_standard_layout().into_owned();
            cotangent.into_shape_with_order((rows / 2, 2 * channels)).expect("two rows of every number")
        })
    }

    fn domain(&self) -> Domain {
        Domain::Real
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        if self.halves { state.halves_to_complex(OP) } else { Ok(state.made_complex()) }
    }
}

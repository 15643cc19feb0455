use crate::error::Result;
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::{Array2, s};

/// From complex to real numbers, by parts.
///
/// `y = Re x` ([`real_part`]), `y = Im x` ([`imaginary_part`]), or both, real parts and then imaginary parts as channels
/// ([`stack_parts`]).
///
/// ## Limit rule
/// `K' = K_rr`, or `K_ii`, and likewise `Θ`; Gaussian parts stay Gaussian. Of both `K' = (K_rr + K_ii)/2`, the average over units, which
/// differ in distribution: a dense layer must come before an activation.
/// ## Shapes
/// `x: [n, c] complex -> [n, c]`, or `[n, 2 c]` of both; images of any size.
/// ## Errors
/// [`Error::Unlike`](crate::Error::Unlike) after a real layer.
/// ## Cost
/// A copy. No parameters, so no share of the tangent kernel. Limit: a copy, or a sum of two, per pair.
/// ## References
/// Definition only; checked by `tests/conformance`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    kept: Kept,
}

/// Which parts are kept; as a number, the row of a single one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kept {
    Real = 0,
    Imaginary = 1,
    Both = 2,
}

/// `Re x`.
pub fn real_part() -> Layer {
    Parts { kept: Kept::Real }.into()
}

/// `Im x`.
pub fn imaginary_part() -> Layer {
    Parts { kept: Kept::Imaginary }.into()
}

/// Real parts and then imaginary parts, as channels.
pub fn stack_parts() -> Layer {
    Parts { kept: Kept::Both }.into()
}

impl Op for Parts {
    fn label(&self) -> String {
        match self.kept {
            Kept::Real => "real part".into(),
            Kept::Imaginary => "imaginary part".into(),
            Kept::Both => "stacked parts".into(),
        }
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { kept } = self;
        to.count(*kept as usize);
    }

    fn domain(&self) -> Domain {
        Domain::Complex
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        let channels = if self.kept == Kept::Both { input.channels.saturating_mul(2) } else { input.channels };
        Ok(input.with_channels(channels).of_reals())
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
        let ((rows, channels), shape) = (x.values.dim(), x.shape.of_reals());
        let saved = if tape { Saved::Shape(x.shape) } else { Saved::Nothing };
        if self.kept == Kept::Both {
            let values = x.values.as_standard_layout().into_owned();
            let values = values.into_shape_with_order((rows / 2, 2 * channels)).expect("two rows of every number");
            return (Batch::new(values, shape.with_channels(2 * channels)), saved);
        }
        (Batch::new(x.values.slice(s![self.kept as usize..;2, ..]).to_owned(), shape), saved)
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
            let (rows, channels) = cotangent.dim();
            if self.kept == Kept::Both {
                let cotangent = cotangent.as_standard_layout().into_owned();
                return cotangent.into_shape_with_order((2 * rows, channels / 2)).expect("both parts as channels");
            }
            let mut passed = Array2::zeros((2 * rows, channels));
            passed.slice_mut(s![self.kept as usize..;2, ..]).assign(&cotangent);
            passed
        })
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        Ok(match self.kept {
            Kept::Both => state.stacked_parts(),
            part => state.part(part as usize),
        })
    }
}

use super::complex::{parts_first, parts_last};
use super::layer::batch::reshaped;
use super::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use crate::error::Result;
use crate::linalg::Element;
use crate::number::Real;
use ndarray::Array2;

/// Flattening.
///
/// `y = [x_1; x_2; …; x_{h w}]`: all values of an image as one vector, by row, column, channel.
///
/// ## Limit rule
/// `K' = mean_p K[p, p]`, and likewise `Θ` and the mean: the next layer averages over units, of which every position has as
/// many. The units differ in distribution from position to position: a dense layer must come before an activation. A vector
/// stays as it is.
/// ## Shapes
/// `x: [n, h, w, c] -> [n, h · w · c]`.
/// ## Errors
/// None.
/// ## Cost
/// No operations; it keeps a shape. No parameters, so no share of the tangent kernel. Limit: `h w` operations per pair.
/// ## References
/// Novak et al. 2019 and Garriga-Alonso, Rasmussen and Aitchison 2019 (networks that flatten need equal positions only).
#[derive(Clone, Debug, PartialEq)]
pub struct Flatten;

/// All values of an image as one vector.
pub fn flatten() -> Layer {
    Flatten.into()
}

/// The shape after flattening: of complex numbers one vector of either part.
fn flat(input: Shape) -> Shape {
    Shape { height: 1, width: 1, channels: input.places().saturating_mul(input.channels), ..input }
}

impl Op for Flatten {
    fn label(&self) -> String {
        "flatten".into()
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    fn domain(&self) -> Domain {
        Domain::Both
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        Ok(flat(input))
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn forward<F: Element>(&self, _scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let shape = x.shape;
        let x = if shape.complex { Batch::new(parts_first(x.values.view(), shape.places()), shape) } else { x };
        (x.reshaped(flat(shape)), if tape { Saved::Shape(shape) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        _scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Shape(input) = saved else { unreachable!("flattening saves its input's shape") };
        wanted.then(|| {
            let values = reshaped(cotangent.into_shared(), flat(input), input).into_owned();
            if input.complex { parts_last(values.view(), input.places()) } else { values }
        })
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        Ok(state.flattened())
    }
}

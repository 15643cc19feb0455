use super::{Batch, Dual, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, Tangent};
use crate::error::Result;
use crate::linalg::Scalar;
use ndarray::Array2;

/// Input injection.
///
/// The network's input, whatever the op's own input is: as the first layer of a branch it brings the input into the depth of a
/// network.
///
/// ## Limit rule
/// The state of the network's input.
/// ## Shapes
/// `x: anything -> the network's input`.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection;

/// The network's input.
pub fn injection() -> Layer {
    Injection.into()
}

impl Op for Injection {
    fn label(&self) -> String {
        "input injection".into()
    }

    fn shape(&self, site: &Site, _input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        Ok(site.origin)
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn passes_input(&self) -> bool {
        false
    }

    fn forward<F: Scalar>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        (scope.origin.clone(), if tape { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Scalar>(
        &self,
        _scope: Scope<'_, F>,
        saved: Saved<F>,
        _cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Array(x) = saved else { unreachable!("an injection saves its input") };
        wanted.then(|| Array2::zeros(x.values.dim()))
    }

    fn tangent<F: Scalar>(&self, scope: Scope<'_, F>, _along: Scope<'_, F>, _x: Batch<F>, _dx: Tangent<F>) -> Dual<F> {
        // The network's input does not depend on parameters.
        (scope.origin.clone(), None)
    }

    fn limit(&self, scope: &LimitScope, _state: KernelState) -> Result<KernelState> {
        Ok(scope.origin.clone())
    }
}

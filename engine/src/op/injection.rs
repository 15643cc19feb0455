use super::{
    Batch, Dual, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, Tangent,
};
use crate::error::Result;
use crate::linalg::Scalar;
use ndarray::Array2;

/// Input injection.
///
/// `f(x) = x_0`: the network's input `x_0`, whatever the op's own input is. As the first layer of a branch it brings the input
/// into the depth of a network.
///
/// ## Limit rule
/// `K' = x_0·x_0'/d`, `Θ' = 0`: the state of the network's input, which depends on no parameter.
/// ## Shapes
/// `x: anything -> the network's input`.
/// ## Errors
/// None of its own; a product or a sum refuses the raw input in the limit, so that a dense layer or an
/// [adaptive pool](super::AdaptivePool) must follow.
/// ## Cost
/// No operations forward, zeros of its own input's shape in reverse. No parameters, so no share of the tangent kernel. Limit: a
/// copy of the input's state.
/// ## References
/// Chrysos et al. 2020 (polynomial nets that read their input at every degree); Wu et al. 2022 (deep form).
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let branch = serial([injection(), hidden()]);               // reads the input, not the hidden layer
/// let net = network("injected", serial([hidden(), relu(), hadamard([identity(), branch]), dense(1)]));
/// let kernels = net.limit_kernel(&array![[3.0, 4.0]])?;
/// let q = 25.0 / 2.0;
/// assert!((kernels.nngp().values()[[0, 0]] - q / 2.0 * q).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
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

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
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

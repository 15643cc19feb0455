use crate::error::Result;
use crate::number::{Number, Real};
use crate::op::{Activation, Fingerprint, KernelState, Layer};

/// Identity.
///
/// `φ(u) = u`: the activation of polynomial nets without one, and the branch that passes its input on.
///
/// ## Limit rule
/// `K' = K`, `Θ' = Θ`: nothing is done to the units, so the state is unchanged, whatever its law.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// None.
/// ## Cost
/// A copy of `n m` numbers forward, `n m` operations in reverse; it keeps its output. No parameters, so no share of the tangent
/// kernel. Limit: none.
/// ## References
/// Wu et al. 2022 (polynomial nets with and without an activation).
#[derive(Clone, Debug, PartialEq)]
pub struct Identity;

/// Passes its input on.
pub fn identity() -> Layer {
    Identity.into()
}

impl Activation for Identity {
    const SLOPE_OF_OUTPUT: bool = true;

    fn name(&self) -> &'static str {
        "identity"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        u
    }

    #[inline(always)]
    fn slope<F: Number>(&self, _output: F) -> F {
        F::one()
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        Ok(state)
    }
}

use super::{Activation, KernelState, Layer};
use crate::error::Result;
use crate::linalg::Scalar;

/// Identity.
///
/// `φ(u) = u`: the activation of polynomial nets without one, and the branch that passes its input on.
///
/// ## Limit rule
/// The state is unchanged, whatever its law.
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

    #[inline(always)]
    fn value<F: Scalar>(&self, u: F) -> F {
        u
    }

    #[inline(always)]
    fn slope<F: Scalar>(&self, _output: F) -> F {
        F::one()
    }

    fn dual(&self, state: KernelState) -> Result<KernelState> {
        Ok(state)
    }
}

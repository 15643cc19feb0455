use super::activation::{ComplexActivation, complex_activation};
use super::polar::Mode;
use crate::error::{Error, Result};
use crate::number::Number;
use crate::op::{Fingerprint, Layer};

/// zReLU.
///
/// `φ(z) = z` where both parts are positive, and 0 elsewhere. It jumps at the edges of the quadrant.
///
/// ## Limit rule
/// None: the gradient at almost every point misses what the jumps contribute, so that the kernel of wide networks is not the one of any
/// real network whose activation has a derivative; Monte Carlo samples it.
/// ## Shapes
/// `x: [n, m] complex -> [n, m] complex`, or images of any size.
/// ## Errors
/// [`Error::Unlike`] after a real layer, [`Error::NoLimit`] for the limit.
/// ## Cost
/// `2 n m` comparisons forward, as many in reverse; it keeps its input. No parameters, so no share of the tangent kernel. Limit: none.
/// ## References
/// Guberman 2016 (the activation); checked by `tests/conformance`.
#[derive(Clone, Debug, PartialEq)]
pub struct ZRelu;

/// `z` where both parts are positive, else 0.
pub fn zrelu() -> Layer {
    ZRelu.into()
}

complex_activation!(ZRelu);

impl ComplexActivation for ZRelu {
    fn name(&self) -> &'static str {
        "zReLU"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    fn value<F: Number>(&self, [x, y]: [F; 2]) -> [F; 2] {
        if x > F::zero() && y > F::zero() { [x, y] } else { [F::zero(); 2] }
    }

    fn slope<F: Number>(&self, [x, y]: [F; 2]) -> [[F; 2]; 2] {
        let on = if x > F::zero() && y > F::zero() { F::one() } else { F::zero() };
        [[on, F::zero()], [F::zero(), on]]
    }

    fn modes(&self) -> Result<Vec<Mode>> {
        let reason = "it jumps at the edges of its quadrant, and the gradient at almost every point misses what jumps contribute, so \
                      that no rule has its limit kernel";
        Err(Error::NoLimit { op: "zReLU", reason })
    }
}

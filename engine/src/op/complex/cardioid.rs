use super::activation::{ComplexActivation, complex_activation};
use super::polar::Mode;
use crate::error::Result;
use crate::number::Number;
use crate::op::{Fingerprint, Layer};

/// Cardioid.
///
/// `φ(z) = ½ (1 + cos arg z) z`: on the reals ReLU.
///
/// ## Limit rule
/// As of [`Radial`](crate::op::Radial), by its three angular modes, `φ = r/4 + r/2 e^{iθ} + r/4 e^{2iθ}`. The output is not circular: it has
/// a mean, and a pseudo-kernel, which the state holds.
/// ## Shapes
/// `x: [n, m] complex -> [n, m] complex`, or images of any size.
/// ## Errors
/// [`Error::Unlike`](crate::Error::Unlike) after a real layer; [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not
/// Gaussian.
/// ## Cost
/// Some 10 operations a number forward, 20 in reverse; it keeps its input. No parameters, so no share of the tangent kernel. Limit: as of
/// [`Radial`](crate::op::Radial), for each mode.
/// ## References
/// Virtue, Yu and Lustig 2017 (the activation); the rule is derived in this crate and checked by `tests/complex.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cardioid;

/// `½ (1 + cos arg z) z`.
pub fn cardioid() -> Layer {
    Cardioid.into()
}

complex_activation!(Cardioid);

impl ComplexActivation for Cardioid {
    fn name(&self) -> &'static str {
        "cardioid"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    fn value<F: Number>(&self, [x, y]: [F; 2]) -> [F; 2] {
        let r = (x * x + y * y).sqrt();
        let share = if r > F::zero() { (F::one() + x / r) * F::of(0.5) } else { F::of(0.5) };
        [share * x, share * y]
    }

    fn slope<F: Number>(&self, [x, y]: [F; 2]) -> [[F; 2]; 2] {
        let (r, half) = ((x * x + y * y).sqrt(), F::of(0.5));
        if !(r > F::zero()) {
            return [[half, F::zero()], [F::zero(), half]];
        }
        let (cos, sin) = (x / r, y / r);
        let share = (F::one() + cos) * half;
        // r times the gradient of the share.
        let (along_x, along_y) = (sin * sin * half, F::zero() - cos * sin * half);
        [[share + cos * along_x, cos * along_y], [sin * along_x, share + sin * along_y]]
    }

    fn modes(&self) -> Result<Vec<Mode>> {
        let mode = |order, share: f64| Mode::new(order, move |r| [share * r, share], &[]);
        Ok(vec![mode(0, 0.25), mode(1, 0.5), mode(2, 0.25)])
    }
}

//! Points of the unit circle.

use crate::names::*;

/// `(cos γ, sin γ)` for every angle, `[angles, 2]`.
pub(super) fn unit_circle(angles: &[f64]) -> Matrix {
    Matrix::from_shape_fn((angles.len(), 2), |(i, j)| if j == 0 { angles[i].cos() } else { angles[i].sin() })
}

//! How far an adversarial example is from its point.

use crate::random::Seed;
use ndarray::{Array2, Zip};

/// How the distance of an adversarial example from its point is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttackNorm {
    /// The largest coordinate, `ℓ_∞`: a step is its length times the signs of the gradient.
    Infinity,
    /// The Euclidean length, `ℓ_2`: a step goes along the gradient.
    Two,
}

impl AttackNorm {
    /// A step up a gradient, `[n, d]`; none where the gradient is zero.
    pub(super) fn direction(self, mut gradient: Array2<f64>, step: f64) -> Array2<f64> {
        match self {
            Self::Infinity => gradient.mapv_into(|g| if g == 0.0 { 0.0 } else { step * g.signum() }),
            Self::Two => {
                for mut row in gradient.rows_mut() {
                    // By the largest entry first: squares of small gradients vanish.
                    let largest = row.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
                    if largest > 0.0 {
                        row.mapv_inplace(|g| g / largest);
                        let length = row.dot(&row).sqrt();
                        row *= step / length;
                    }
                }
                gradient
            }
        }
    }

    /// The nearest points within the radius of `x`.
    pub(super) fn projected(self, x: &Array2<f64>, mut moved: Array2<f64>, radius: f64) -> Array2<f64> {
        match self {
            Self::Infinity => Zip::from(&mut moved).and(x).for_each(|m, x| *m = m.clamp(x - radius, x + radius)),
            Self::Two => Zip::from(moved.rows_mut()).and(x.rows()).for_each(|mut moved, x| {
                let away = &moved - &x;
                let length = away.dot(&away).sqrt();
                if length > radius {
                    moved.assign(&(&x + &(away * (radius / length))));
                }
            }),
        }
        moved
    }

    /// Uniform in the ball of a radius, row by row.
    pub(super) fn random(self, (n, d): (usize, usize), radius: f64, seed: Seed) -> Array2<f64> {
        let mut uniform = seed.child(0).uniforms(0);
        match self {
            Self::Infinity => Array2::from_shape_simple_fn((n, d), || radius * (2.0 * uniform() - 1.0)),
            Self::Two => {
                let mut normal = seed.child(1).normals(0);
                let mut away = Array2::from_shape_simple_fn((n, d), &mut normal);
                for mut row in away.rows_mut() {
                    let length = row.dot(&row).sqrt();
                    row *= radius * uniform().powf(1.0 / d as f64) / length.max(f64::MIN_POSITIVE);
                }
                away
            }
        }
    }
}

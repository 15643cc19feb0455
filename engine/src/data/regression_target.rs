//! Targets of the extrapolation study.

use super::{Seed, sphere};
use crate::error::{Error, Result, check_input};
use ndarray::{Array1, Array2, Axis};
use std::f64::consts::PI;

/// A regression target on `R^d`.
///
/// What is a function `g` of one number is summed over the coordinates, `y(x) = Σ_j g(x_j)`, which on the line is `g` itself.
///
/// The targets are those of Wu et al. 2022 (their code); the sum over coordinates is ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RegressionTarget {
    /// `⟨β, x⟩` with a random unit vector `β`.
    Linear(Seed),
    /// `xᵀ B x / d` with independent `N(0, 1)` entries of `B`.
    QuadraticForm(Seed),
    /// `Σ x_j²`.
    SumOfSquares,
    /// `Σ cos(ω x_j)`: `Cosine(PI)`, `Cosine(1.0)` and `Cosine(2.0)` are the published ones.
    Cosine(f64),
    /// `Σ √|x_j|`.
    SquareRoot,
    /// `Σ |x_j|`.
    AbsoluteSum,
    /// `(Σ cos 2πx_j, Σ sin 2πx_j)`: two outputs.
    Helix,
    /// `Σ x_j³ + x_j² - 10 x_j + 5`.
    Cubic,
    /// `Σ x_j⁴ + x_j² + 1`.
    Quartic,
}

impl RegressionTarget {
    /// Its formula, for tables.
    pub fn name(&self) -> String {
        match self {
            Self::Linear(_) => "linear".into(),
            Self::QuadraticForm(_) => "quadratic form".into(),
            Self::SumOfSquares => "Σ x²".into(),
            Self::Cosine(w) if *w == PI => "cos πx".into(),
            Self::Cosine(w) if *w == 1.0 => "cos x".into(),
            Self::Cosine(w) => format!("cos {w}x"),
            Self::SquareRoot => "√|x|".into(),
            Self::AbsoluteSum => "Σ |x|".into(),
            Self::Helix => "helix".into(),
            Self::Cubic => "x³+x²-10x+5".into(),
            Self::Quartic => "x⁴+x²+1".into(),
        }
    }

    /// Number of outputs: 2 for the helix, else 1.
    pub fn outputs(&self) -> usize {
        if matches!(self, Self::Helix) { 2 } else { 1 }
    }

    /// `y(x_i)` for `x: [n, d]`, `[n, outputs]`.
    ///
    /// # Errors
    /// Input without rows or columns, or not finite; [`Error::Overflow`].
    pub fn values(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        let place = "regression target";
        check_input(place, x, None)?;
        let d = x.ncols();
        if d == 0 {
            return Err(Error::Range { place, what: "the dimension", value: 0.0, legal: "at least 1" });
        }
        let summed = |g: &dyn Fn(f64) -> f64| x.mapv(g).sum_axis(Axis(1));
        let column = |y: Array1<f64>| y.insert_axis(Axis(1));
        let y = match *self {
            Self::Linear(seed) => x.dot(&sphere(1, d, seed)?.t()),
            Self::QuadraticForm(seed) => {
                let b = Array2::from_shape_simple_fn((d, d), seed.normals(0));
                column((x.dot(&b) * x).sum_axis(Axis(1)) / d as f64)
            }
            Self::SumOfSquares => column(summed(&|v| v * v)),
            Self::Cosine(w) => column(summed(&|v| (w * v).cos())),
            Self::SquareRoot => column(summed(&|v| v.abs().sqrt())),
            Self::AbsoluteSum => column(summed(&f64::abs)),
            Self::Helix => {
                let (cos, sin) = (summed(&|v| (2.0 * PI * v).cos()), summed(&|v| (2.0 * PI * v).sin()));
                Array2::from_shape_fn((x.nrows(), 2), |(i, j)| if j == 0 { cos[i] } else { sin[i] })
            }
            Self::Cubic => column(summed(&|v| ((v + 1.0) * v - 10.0) * v + 5.0)),
            Self::Quartic => column(summed(&|v| (v * v + 1.0) * v * v + 1.0)),
        };
        if y.iter().all(|v| v.is_finite()) { Ok(y) } else { Err(Error::Overflow { place }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn values_are_those_of_the_formulas() -> Result<()> {
        use RegressionTarget as T;
        let x = array![[2.0], [-0.5]];
        let expected = [
            (T::SumOfSquares, [4.0, 0.25]),
            (T::Cosine(PI), [1.0, 0.0]),
            (T::Cosine(2.0), [4f64.cos(), 1f64.cos()]),
            (T::SquareRoot, [2f64.sqrt(), 0.5f64.sqrt()]),
            (T::AbsoluteSum, [2.0, 0.5]),
            (T::Cubic, [-3.0, 10.125]),
            (T::Quartic, [21.0, 1.3125]),
        ];
        for (target, values) in expected {
            let y = target.values(&x)?;
            assert_eq!(y.dim(), (2, 1));
            assert!(y.iter().zip(values).all(|(a, b)| (a - b).abs() <= 1e-14), "{}: {y}", target.name());
        }
        let helix = T::Helix.values(&array![[0.25], [0.5]])?;
        assert!((helix - array![[0.0, 1.0], [-1.0, 0.0]]).iter().all(|v| v.abs() <= 1e-14));
        // Sums over the coordinates.
        assert!((T::Cubic.values(&array![[2.0, -0.5]])?[[0, 0]] - 7.125).abs() <= 1e-14);
        Ok(())
    }

    #[test]
    fn random_forms_are_of_their_degree_and_repeat() -> Result<()> {
        let x = sphere(5, 3, Seed(1))?;
        for (target, degree) in [(RegressionTarget::Linear(Seed(2)), 1), (RegressionTarget::QuadraticForm(Seed(2)), 2)]
        {
            let (once, far) = (target.values(&x)?, target.values(&(&x * -3.0))?);
            assert!((far - &once * (-3f64).powi(degree)).iter().all(|v| v.abs() <= 1e-13));
            assert_eq!(once, target.values(&x)?);
        }
        Ok(())
    }

    #[test]
    fn bad_inputs_are_refused() {
        let values = |x| RegressionTarget::Cubic.values(&x);
        assert!(matches!(values(Array2::zeros((0, 1))), Err(Error::NoRows { .. })));
        assert!(matches!(values(Array2::zeros((2, 0))), Err(Error::Range { .. })));
        assert!(matches!(values(array![[0.0], [f64::NAN]]), Err(Error::NotFinite { row: 1, .. })));
        assert!(matches!(values(array![[1e200]]), Err(Error::Overflow { .. })));
    }
}

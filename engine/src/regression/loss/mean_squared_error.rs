//! The mean squared error: the one place where its factors are written.

/// `L = (1/n) Σ_i |f(x_i) - y_i|²` over `n` points, summed over a point's outputs: the loss of kernel regression, and of an
/// [`Objective`](crate::train::Objective) of [`SquaredError`](super::SquaredError).
///
/// ```
/// use hadamard::regression::MeanSquaredError;
///
/// let loss = MeanSquaredError::of(4);
/// assert!(loss.value(&[1.0, -2.0, 0.0, 0.5]) == 5.25 / 4.0);
/// assert!(loss.slope(-2.0) == -1.0 && loss.curvature() == 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanSquaredError {
    points: f64,
}

impl MeanSquaredError {
    /// Over so many points: not points times outputs.
    pub fn of(points: usize) -> Self {
        Self { points: points as f64 }
    }

    /// `L` from the residuals `f - y`, or `y - f`, of all points and outputs.
    pub fn value<'a>(self, residuals: impl IntoIterator<Item = &'a f64>) -> f64 {
        residuals.into_iter().map(|r| r * r).sum::<f64>() / self.points
    }

    /// `∂L/∂f` of an output with this residual `f - y`.
    pub fn slope(self, residual: f64) -> f64 {
        self.curvature() * residual
    }

    /// `∂²L/∂f² = 2/n`: turns an eigenvalue of `Θ` into one of the loss's Hessian in function space.
    pub fn curvature(self) -> f64 {
        2.0 / self.points
    }
}

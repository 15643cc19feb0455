//! Kernels, by three routes to the same object: at finite width ([`Network::kernel`](crate::net::Network::kernel)), at
//! infinite width ([`Net::limit_kernel`](crate::net::Net::limit_kernel)) and by Monte Carlo over random networks
//! ([`Net::monte_carlo_kernel`](crate::net::Net::monte_carlo_kernel)).

mod finite;
mod limit;
mod monte_carlo;

pub use monte_carlo::MonteCarloKernels;

use crate::error::{Error, Result};
use ndarray::Array2;

/// How a kernel was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// From one network's parameters.
    Finite,
    /// The closed form at infinite width.
    Limit,
    /// The mean over random networks.
    MonteCarlo {
        /// How many.
        nets: usize,
    },
}

/// A kernel matrix between two sets of points, or of one set with itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    values: Array2<f64>,
    symmetric: bool,
    route: Route,
}

/// The NNGP and the NTK of a network on the same points.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernels {
    nngp: Kernel,
    ntk: Kernel,
}

impl Kernels {
    pub(crate) fn new(nngp: Array2<f64>, ntk: Array2<f64>, symmetric: bool, route: Route) -> Self {
        let kernel = |values| Kernel { values, symmetric, route };
        Self { nngp: kernel(nngp), ntk: kernel(ntk) }
    }

    /// `K = E f f'`, over all weights in the limit; at finite width the last dense layer's part of `Θ`, which is `E f f'` over
    /// its weights where the network ends in it.
    pub fn nngp(&self) -> &Kernel {
        &self.nngp
    }

    /// The neural tangent kernel `Θ = Σ_p ∂f/∂p ∂f'/∂p`.
    pub fn ntk(&self) -> &Kernel {
        &self.ntk
    }
}

impl Kernel {
    /// `[n1, n2]`.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// How it was computed.
    pub fn route(&self) -> Route {
        self.route
    }

    /// True if it is of one set of points with itself.
    pub fn is_symmetric(&self) -> bool {
        self.symmetric
    }

    /// The matrix, if it is of one set of points with itself.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets.
    pub(crate) fn of_one_set(&self, place: &'static str) -> Result<&Array2<f64>> {
        let (rows, columns) = self.values.dim();
        if rows == columns && self.symmetric {
            return Ok(&self.values);
        }
        let what = "columns (a kernel of one set with itself)";
        Err(Error::Size { place, what, expected: rows, got: columns })
    }

    /// `‖a - b‖ / ‖b‖` in Frobenius norm, `b` being `reference`.
    ///
    /// # Errors
    /// [`Error::Size`] if the shapes differ.
    pub fn relative_distance(&self, reference: &Kernel) -> Result<f64> {
        let place = "relative distance";
        let ((r1, c1), (r2, c2)) = (self.values.dim(), reference.values.dim());
        for (what, expected, got) in [("rows", r2, r1), ("columns", c2, c1)] {
            if expected != got {
                return Err(Error::Size { place, what, expected, got });
            }
        }
        let norm = |a: &Array2<f64>| a.iter().map(|v| v * v).sum::<f64>().sqrt();
        let distance = norm(&(&self.values - &reference.values));
        // Two zero kernels are at distance zero.
        Ok(if distance == 0.0 { 0.0 } else { distance / norm(&reference.values) })
    }
}

impl std::fmt::Display for Kernel {
    /// One line: shape, route and range of values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rows, columns) = self.values.dim();
        let route = match self.route {
            Route::Finite => "finite width".to_string(),
            Route::Limit => "infinite width".to_string(),
            Route::MonteCarlo { nets } => format!("mean of {nets} networks"),
        };
        let (low, high) =
            self.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        write!(f, "{rows} × {columns} kernel, {route}, values {low:.4e} to {high:.4e}")
    }
}

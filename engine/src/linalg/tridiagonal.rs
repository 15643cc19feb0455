//! Lanczos' projection of an operator on the Krylov space of one vector.

use super::operator::product;
use super::{LinearOperator, SymmetricEigen, single_threaded_blas};
use crate::error::Result;
use ndarray::{Array1, Array2, Axis, s};

/// `Qᵀ A Q = T`, tridiagonal, for an orthonormal basis `Q` of `start, A start, A² start, …`, orthogonalised twice against all of it.
pub(super) struct Tridiagonal {
    /// `[steps, dim]`, orthonormal rows.
    basis: Vec<Array1<f64>>,
    diagonal: Vec<f64>,
    /// Norms of what was left of each product; the last one is not in `T`.
    left: Vec<f64>,
    /// The next vector of the basis; `None` where the space is invariant.
    next: Option<Array1<f64>>,
}

/// Eigenpairs of `T`, rising.
pub(super) struct Ritz {
    pub values: Array1<f64>,
    /// `[steps, steps]`; row `i` belongs to `values[i]`, on the basis.
    coefficients: Array2<f64>,
    /// `‖A v - θ v‖` of every pair.
    pub residuals: Array1<f64>,
}

impl Tridiagonal {
    /// From a vector other than zero.
    pub fn start(start: &Array1<f64>) -> Self {
        let norm = start.dot(start).sqrt();
        Self { basis: Vec::new(), diagonal: Vec::new(), left: Vec::new(), next: Some(start / norm) }
    }

    /// One product more; false where the space is invariant, so that there is none.
    ///
    /// # Errors
    /// Those of the product.
    pub fn extend(&mut self, place: &'static str, operator: &dyn LinearOperator) -> Result<bool> {
        let Some(vector) = self.next.take() else { return Ok(false) };
        let column = vector.clone().insert_axis(Axis(1));
        let mut image = product(place, operator, &column)?.remove_axis(Axis(1));
        let _blas = single_threaded_blas();
        let length = image.dot(&image).sqrt();
        self.diagonal.push(vector.dot(&image));
        self.basis.push(vector);
        for _ in 0..2 {
            for own in &self.basis {
                let overlap = own.dot(&image);
                image.scaled_add(-overlap, own);
            }
        }
        let norm = image.dot(&image).sqrt();
        self.left.push(norm);
        // What is left of a vector inside the span is rounding.
        if norm > 10.0 * f64::EPSILON * length && self.basis.len() < image.len() {
            self.next = Some(image / norm);
        }
        Ok(true)
    }

    /// # Errors
    /// Those of the decomposition.
    pub fn ritz(&self) -> Result<Ritz> {
        let steps = self.basis.len();
        let mut t = Array2::from_diag(&Array1::from(self.diagonal.clone()));
        for (i, &off) in self.left.iter().enumerate().take(steps - 1) {
            t[[i, i + 1]] = off;
            t[[i + 1, i]] = off;
        }
        let SymmetricEigen { values, vectors } = SymmetricEigen::new(&t)?;
        let last = self.left.last().expect("a step was taken");
        let residuals = vectors.slice(s![.., steps - 1]).mapv(|c| (c * last).abs());
        Ok(Ritz { values, coefficients: vectors, residuals })
    }

    /// The vector of a Ritz pair.
    pub fn vector(&self, ritz: &Ritz, index: usize) -> Array1<f64> {
        let mut sum = Array1::zeros(self.basis[0].len());
        for (c, own) in ritz.coefficients.row(index).iter().zip(&self.basis) {
            sum.scaled_add(*c, own);
        }
        sum
    }
}

impl Ritz {
    /// The share of the start vector in every eigenvector, squared: the weights of Gauss' quadrature.
    pub fn weights(&self) -> Array1<f64> {
        self.coefficients.column(0).mapv(|c| c * c)
    }
}

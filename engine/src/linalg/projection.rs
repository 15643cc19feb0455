//! The projection of an operator on the span of vectors that come one by one.

use super::operator::product;
use super::tridiagonal::orthogonalise;
use super::{LinearOperator, SymmetricEigen, single_threaded_blas};
use crate::error::Result;
use ndarray::{Array1, Array2, Axis};

/// `Qᵀ A Q` for orthonormal vectors `Q`, with the images `A Q`, so that the residual of every Ritz pair is known (Rayleigh–Ritz).
#[derive(Default)]
pub(super) struct Projection {
    basis: Vec<Array1<f64>>,
    images: Vec<Array1<f64>>,
    /// Row `i` of the lower triangle of `Qᵀ A Q`.
    projected: Vec<Vec<f64>>,
}

/// A Ritz pair and what is left of it.
pub(super) struct Pair {
    pub value: f64,
    /// Of length 1.
    pub vector: Array1<f64>,
    /// `A v - θ v`.
    pub residual: Array1<f64>,
}

impl Projection {
    /// Number of vectors, and of products.
    pub fn len(&self) -> usize {
        self.basis.len()
    }

    /// One vector more, with its product; false where it lies in the span.
    ///
    /// # Errors
    /// Those of the product.
    pub fn add(&mut self, place: &'static str, operator: &dyn LinearOperator, vector: &Array1<f64>) -> Result<bool> {
        let blas = single_threaded_blas();
        let (length, mut own) = (vector.dot(vector).sqrt(), vector.clone());
        for _ in 0..2 {
            orthogonalise(&mut own, &self.basis);
        }
        drop(blas);
        let norm = own.dot(&own).sqrt();
        // What is left of a vector inside the span is rounding.
        if !(norm > 10.0 * f64::EPSILON * length) || self.basis.len() == own.len() {
            return Ok(false);
        }
        let column = (own / norm).insert_axis(Axis(1));
        let image = product(place, operator, &column)?;
        let _blas = single_threaded_blas();
        self.basis.push(column.remove_axis(Axis(1)));
        self.images.push(image.remove_axis(Axis(1)));
        self.projected.push(self.images.iter().map(|image| self.basis[self.len() - 1].dot(image)).collect());
        Ok(true)
    }

    /// All Ritz values, rising, and the pairs of the largest `count` of them, the largest first.
    ///
    /// # Errors
    /// Those of the decomposition.
    pub fn top(&self, count: usize) -> Result<(Array1<f64>, Vec<Pair>)> {
        let _blas = single_threaded_blas();
        let projected = Array2::from_shape_fn((self.len(), self.len()), |(i, j)| self.projected[i.max(j)][i.min(j)]);
        let SymmetricEigen { values, vectors } = SymmetricEigen::new(&projected)?;
        let combined = |index: usize, of: &[Array1<f64>]| {
            let mut sum = Array1::zeros(of[0].len());
            vectors.row(index).iter().zip(of).for_each(|(&c, own)| sum.scaled_add(c, own));
            sum
        };
        let pair = |index: usize| {
            let (value, vector) = (values[index], combined(index, &self.basis));
            let mut residual = combined(index, &self.images);
            residual.scaled_add(-value, &vector);
            Pair { value, vector, residual }
        };
        let pairs = (0..self.len()).rev().take(count).map(pair).collect();
        Ok((values, pairs))
    }
}

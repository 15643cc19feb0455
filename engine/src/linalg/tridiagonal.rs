//! Lanczos' projection of an operator on the Krylov space of one vector.

use super::each::FEW;
use super::operator::product;
use super::{LinearOperator, SymmetricEigen, single_threaded_blas};
use crate::error::Result;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;

/// `Qᵀ A Q = T`, tridiagonal, for an orthonormal basis `Q` of `start, A start, A² start, …`, orthogonalised against all of it, and again
/// where that took off much.
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
        let own = vector.dot(&image);
        self.diagonal.push(own);
        // In exact arithmetic there is nothing else.
        image.scaled_add(-own, &vector);
        if let (Some(before), Some(&left)) = (self.basis.last(), self.left.last()) {
            image.scaled_add(-left, before);
        }
        self.basis.push(vector);
        let mut norm = image.dot(&image).sqrt();
        for _ in 0..2 {
            let before = norm;
            orthogonalise(&mut image, &self.basis);
            norm = image.dot(&image).sqrt();
            // What has lost little of its length has lost its overlaps (Kahan's criterion of "twice is enough").
            if norm > 0.7 * before {
                break;
            }
        }
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
        Ok(Ritz { values, coefficients: vectors })
    }
}

/// Numbers of a chunk: one of every vector of the basis in turn, while that of the image stays in the first cache.
const CHUNK: usize = 1 << 11;

/// Takes the components along orthonormal vectors off: of all at once, in chunks, so that the vectors are read from memory twice.
pub(super) fn orthogonalise(image: &mut Array1<f64>, basis: &[Array1<f64>]) {
    let image = image.as_slice_mut().expect(LAYOUT);
    let basis: Vec<&[f64]> = basis.iter().map(|own| own.as_slice().expect(LAYOUT)).collect();
    fn part<'a>(chunk: usize, length: usize) -> impl Fn(&&'a [f64]) -> &'a [f64] {
        move |own| &own[chunk * CHUNK..][..length]
    }
    let of_chunk = |(chunk, image): (usize, &[f64])| -> Vec<f64> {
        basis.iter().map(part(chunk, image.len())).map(|own| dot(own, image)).collect()
    };
    let chunks: Vec<Vec<f64>> = if image.len() < FEW {
        image.chunks(CHUNK).enumerate().map(of_chunk).collect()
    } else {
        image.par_chunks(CHUNK).enumerate().map(of_chunk).collect()
    };
    // In order, so that the sum does not depend on the threads.
    let overlap = |index: usize| chunks.iter().map(|chunk| chunk[index]).sum::<f64>();
    let overlaps: Vec<f64> = (0..basis.len()).map(overlap).collect();
    let remove = |(chunk, image): (usize, &mut [f64])| {
        for (own, overlap) in basis.iter().map(part(chunk, image.len())).zip(&overlaps) {
            image.iter_mut().zip(own).for_each(|(image, own)| *image -= overlap * own);
        }
    };
    if image.len() < FEW {
        image.chunks_mut(CHUNK).enumerate().for_each(remove);
    } else {
        image.par_chunks_mut(CHUNK).enumerate().for_each(remove);
    }
}

const LAYOUT: &str = "a vector of its own, one number after the other";

fn dot(a: &[f64], b: &[f64]) -> f64 {
    ndarray::aview1(a).dot(&ndarray::aview1(b))
}

impl Ritz {
    /// The share of the start vector in every eigenvector, squared: the weights of Gauss' quadrature.
    pub fn weights(&self) -> Array1<f64> {
        self.coefficients.column(0).mapv(|c| c * c)
    }
}

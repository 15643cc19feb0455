//! The basis of a block Lanczos iteration and the Ritz pairs in it.

use super::lanczos::LargestEigenpairs;
use super::operator::product;
use super::{LinearOperator, SymmetricEigen, single_threaded_blas};
use crate::error::{Error, Result};
use crate::random::Seed;
use ndarray::{Array1, Array2, ArrayView1, Axis, s};

pub(super) const PLACE: &str = "Lanczos";

/// An orthonormal basis and the operator's projection on it.
pub(super) struct Krylov {
    /// `[capacity, dim]`; rows up to `len` are orthonormal.
    vectors: Array2<f64>,
    /// `[capacity, capacity]`; column `c < done` holds the coefficients of `A v_c` on the basis.
    projected: Array2<f64>,
    done: usize,
    len: usize,
    count: usize,
    /// The largest `‖A v‖` so far.
    scale: f64,
}

impl Krylov {
    pub(super) fn start(dim: usize, count: usize, capacity: usize, seed: Seed) -> Self {
        let mut krylov = Self {
            vectors: Array2::zeros((capacity, dim)),
            projected: Array2::zeros((capacity, capacity)),
            done: 0,
            len: 0,
            count,
            scale: 0.0,
        };
        let mut normal = seed.normals(0);
        let _blas = single_threaded_blas();
        // A random vector lies in the span of those before it with probability zero.
        while krylov.len < count {
            krylov.orthonormalise(Array1::from_shape_simple_fn(dim, &mut normal));
        }
        krylov
    }

    pub(super) fn pending(&self) -> usize {
        self.len - self.done
    }

    pub(super) fn is_full(&self) -> bool {
        let (capacity, dim) = self.vectors.dim();
        // A basis of the whole space cannot overflow.
        capacity < dim && self.len + self.pending() > capacity
    }

    /// Orthogonalises `w` against the basis, twice, and adds what is left to it; gives the coefficients on the basis as it
    /// is then, `[len]`.
    fn orthonormalise(&mut self, mut w: Array1<f64>) -> Array1<f64> {
        let basis = self.vectors.slice(s![..self.len, ..]);
        let mut coefficients = Array1::zeros(self.len);
        for _ in 0..2 {
            let overlap = basis.dot(&w);
            w -= &basis.t().dot(&overlap);
            coefficients += &overlap;
        }
        let norm = length(w.view());
        // What is left of a vector inside the span is rounding.
        let rounding = self.scale * f64::EPSILON * (self.len as f64).sqrt();
        if norm <= rounding || self.len == w.len() {
            return coefficients;
        }
        self.vectors.row_mut(self.len).assign(&(w / norm));
        self.len += 1;
        coefficients.into_iter().chain([norm]).collect()
    }

    /// Applies the operator to the pending block and adds the next one; gives the number of products.
    pub(super) fn extend(&mut self, operator: &dyn LinearOperator) -> Result<usize> {
        let block = self.done..self.len;
        let images = product(PLACE, operator, &columns(&self.vectors.slice(s![block.clone(), ..]).to_owned()))?;
        let _blas = single_threaded_blas();
        for (image, c) in images.axis_iter(Axis(1)).zip(block.clone()) {
            self.scale = self.scale.max(length(image));
            let coefficients = self.orthonormalise(image.to_owned());
            self.projected.slice_mut(s![..coefficients.len(), c]).assign(&coefficients);
        }
        self.done = block.end;
        self.check_symmetry()?;
        Ok(block.len())
    }

    /// # Errors
    /// [`Error::NotSymmetric`] for the worst pair of entries, if it differs by more than single-precision products do.
    fn check_symmetry(&self) -> Result<()> {
        let difference = |(i, j): (usize, usize)| (self.projected[[i, j]] - self.projected[[j, i]]).abs();
        let pairs = (0..self.done).flat_map(|i| (0..i).map(move |j| (i, j)));
        let Some((row, column)) = pairs.max_by(|&a, &b| difference(a).total_cmp(&difference(b))) else { return Ok(()) };
        if difference((row, column)) <= 1e-5 * self.scale {
            return Ok(());
        }
        let (value, mirror) = (self.projected[[row, column]], self.projected[[column, row]]);
        Err(Error::NotSymmetric { place: PLACE, row, column, value, mirror })
    }

    /// Keeps the best Ritz vectors and the pending block.
    pub(super) fn restart(&mut self, ritz: &Ritz) {
        let _blas = single_threaded_blas();
        let (done, pending) = (self.done, self.pending());
        // Room for half of what is free beside the pairs wanted, the pending block and the next one.
        let free = self.vectors.nrows().saturating_sub(self.count + 2 * pending);
        let keep = (self.count + free / 2).min(done);
        let rotation = ritz.coefficients.slice(s![..keep, ..]);
        let vectors = rotation.dot(&self.vectors.slice(s![..done, ..]));
        let coupling = self.projected.slice(s![done..self.len, ..done]).dot(&rotation.t());
        let block = self.vectors.slice(s![done..self.len, ..]).to_owned();
        self.vectors.slice_mut(s![..keep, ..]).assign(&vectors);
        self.vectors.slice_mut(s![keep..keep + pending, ..]).assign(&block);
        self.projected.fill(0.0);
        self.projected.diag_mut().slice_mut(s![..keep]).assign(&ritz.values.slice(s![..keep]));
        self.projected.slice_mut(s![keep..keep + pending, ..keep]).assign(&coupling);
        (self.done, self.len) = (keep, keep + pending);
    }
}

/// Eigenpairs of the projection.
pub(super) struct Ritz {
    /// `[done]`, falling.
    values: Array1<f64>,
    /// `[done, done]`; row `i` holds the coefficients of the `i`-th Ritz vector on the basis.
    coefficients: Array2<f64>,
}

impl Ritz {
    pub(super) fn of(krylov: &Krylov) -> Result<Self> {
        let projected = krylov.projected.slice(s![..krylov.done, ..krylov.done]);
        let eigen = SymmetricEigen::new(&((&projected + &projected.t()) / 2.0))?;
        Ok(Self {
            values: eigen.values.slice(s![..;-1]).to_owned(),
            coefficients: eigen.vectors.slice(s![..;-1, ..]).to_owned(),
        })
    }

    pub(super) fn scale(&self) -> f64 {
        self.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
    }

    /// The largest of the first `count` residuals, from what `A v` has outside the basis.
    pub(super) fn worst_residual(&self, krylov: &Krylov, count: usize) -> f64 {
        let outside = krylov.projected.slice(s![krylov.done..krylov.len, ..krylov.done]);
        let residuals = self.coefficients.slice(s![..count, ..]).dot(&outside.t());
        residuals.outer_iter().map(length).fold(0.0, f64::max)
    }

    pub(super) fn pairs(
        &self,
        krylov: &Krylov,
        operator: &dyn LinearOperator,
        count: usize,
        products: usize,
    ) -> Result<LargestEigenpairs> {
        let values = self.values.slice(s![..count]).to_owned();
        let vectors = {
            let _blas = single_threaded_blas();
            self.coefficients.slice(s![..count, ..]).dot(&krylov.vectors.slice(s![..krylov.done, ..]))
        };
        let mut residuals = product(PLACE, operator, &columns(&vectors))?.reversed_axes();
        residuals -= &(&vectors * &values.view().insert_axis(Axis(1)));
        let residuals = residuals.outer_iter().map(length).collect();
        Ok(LargestEigenpairs { values, vectors, residuals, products: products + count })
    }
}

/// Rows as columns, in standard layout.
fn columns(rows: &Array2<f64>) -> Array2<f64> {
    rows.t().as_standard_layout().into_owned()
}

pub(super) fn length(v: ArrayView1<'_, f64>) -> f64 {
    // Squares of the shares of the largest value neither overflow nor vanish.
    let largest = v.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if largest == 0.0 { 0.0 } else { largest * v.iter().map(|x| (x / largest).powi(2)).sum::<f64>().sqrt() }
}

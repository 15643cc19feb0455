//! Gram matrices, accumulated in tiles.

use super::scalar::Rows;
use super::{Scalar, sparse};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayBase, ArrayView2, ArrayViewMut2, Axis, Data, Ix2, s};
use rayon::prelude::*;
use std::ffi::c_int;
use std::mem::MaybeUninit;

/// Rows of a tile: large enough that copying the factors into BLAS's order does not count.
const TILE: usize = 512;
/// Fewer rows are not worth a second tile.
const FEWEST: usize = 64;

/// A pointer that tiles may write through, each to its own rows and columns.
pub(crate) struct Target<F>(*mut F);
// SAFETY: every tile writes values, which may be sent, to a rectangle of its own.
unsafe impl<F: Send> Send for Target<F> {}
// SAFETY: as above; nothing is read that another thread writes.
unsafe impl<F: Send> Sync for Target<F> {}

impl<F> Target<F> {
    /// To the values of an array in standard layout.
    pub(crate) fn new(array: &mut Array2<F>) -> Self {
        Self(array.as_mut_ptr())
    }

    /// To the first value of a view that may hold none yet.
    pub(crate) fn of_unwritten(view: &mut ArrayViewMut2<'_, MaybeUninit<F>>) -> Self {
        Self(view.as_mut_ptr().cast())
    }

    /// A pointer `offset` values further on.
    ///
    /// # Safety
    /// The offset must be inside the array, or at its end.
    pub(crate) unsafe fn at(&self, offset: usize) -> *mut F {
        // SAFETY: upheld by the caller.
        unsafe { self.0.add(offset) }
    }
}

/// Bounds of tiles of `n` rows: equal, so that no core is left with a sliver, and two at least, so that a second core has work.
pub(crate) fn tiles(n: usize) -> Vec<(usize, usize)> {
    let count = n.div_ceil(TILE).max(n.div_ceil(FEWEST).min(2)).max(1);
    (0..count).map(|t| (t * n / count, (t + 1) * n / count)).collect()
}

/// A size as BLAS counts it.
///
/// # Panics
/// From 2^31 on: sizes of kernels and networks are checked to be below where they come in.
fn int(n: usize) -> c_int {
    c_int::try_from(n).expect("sizes are checked to be below 2^31 where they come in")
}

/// A view with unit column stride, copied only when it has none.
fn row_major<'a, F: Scalar>(a: &'a ArrayView2<'_, F>) -> ndarray::CowArray<'a, F, ndarray::Ix2> {
    let unit = a.ncols() <= 1 || a.strides()[1] == 1;
    let forward = a.nrows() <= 1 || a.strides()[0] >= a.ncols() as isize;
    if unit && forward { a.view().into() } else { a.as_standard_layout().into_owned().into() }
}

fn row_stride<F>(a: &ArrayView2<'_, F>) -> c_int {
    int((a.strides()[0].unsigned_abs()).max(a.ncols()).max(1))
}

/// Zeros that are written, not promised, by all cores: a product that reads lazily mapped memory before it writes faults twice
/// a page, with all cores interrupted each time.
pub(crate) fn written_zeros(shape: (usize, usize)) -> Array2<f64> {
    let mut zeros = super::unwritten(shape);
    let values = zeros.as_slice_mut().into_par_iter();
    values.flat_map(|v| v.par_chunks_mut(1 << 14)).for_each(|part| part.fill(MaybeUninit::new(0.0)));
    // SAFETY: all values were written.
    unsafe { zeros.assume_init() }
}

/// A matrix and the products that are added to it.
pub(crate) struct GramSum<'a, F> {
    /// `(a, b)` of a product `a bᵀ`, `a: [n1, k]`, `b: [n2, k]`; without `b` of `a aᵀ`, of which the lower triangle counts. All terms
    /// of a sum have a `b`, or none has.
    pub terms: Vec<(ArrayView2<'a, F>, Option<ArrayView2<'a, F>>)>,
    /// `[n1, n2]` in standard layout.
    pub sum: &'a mut Array2<f64>,
}

/// Adds to every sum its products. All tiles of all sums are one queue, the dearest first, so that no core waits at the end of
/// each product.
///
/// # Panics
/// If shapes do not fit: a bug in the caller.
pub(crate) fn add_grams<F: Scalar>(sums: &mut [GramSum<'_, F>]) {
    let (mut dense, mut jobs) = (Vec::new(), Vec::new());
    for (index, GramSum { terms, sum }) in sums.iter_mut().enumerate() {
        let (n1, n2) = sum.dim();
        assert!(sum.is_standard_layout());
        let target = Target::new(sum);
        let lower = terms.iter().any(|(_, b)| b.is_none());
        // Of a mixture the upper triangle would lack some terms.
        assert!(terms.iter().all(|(_, b)| b.is_none() == lower));
        let mut kept = Vec::new();
        for (a, b) in terms.iter() {
            let a = row_major(a);
            let b = b.as_ref().map(row_major);
            assert!(a.nrows() == n1 && b.as_ref().map_or(n1, |b| b.nrows()) == n2);
            assert!(b.as_ref().is_none_or(|b| b.ncols() == a.ncols()));
            if sparse::is_sparse(&a.view()) {
                let right = b.as_ref().unwrap_or(&a).view();
                // SAFETY: the sum is n1 × n2.
                unsafe { sparse::add(&a.view(), &right, b.is_none(), &target, n2) };
            } else {
                kept.push((a, b));
            }
        }
        let columns: usize = kept.iter().map(|(a, _)| a.ncols()).sum();
        let (rows, across) = (tiles(n1), tiles(n2));
        for (i, &(r0, r1)) in rows.iter().enumerate() {
            for &(c0, c1) in &across[..if lower { i + 1 } else { across.len() }] {
                let diagonal = lower && r0 == c0;
                let cost = (r1 - r0) * (c1 - c0) * columns / if diagonal { 2 } else { 1 };
                jobs.push((cost, index, [r0, r1, c0, c1], diagonal));
            }
        }
        dense.push((kept, target, n2));
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.0));
    jobs.into_iter().par_bridge().for_each(|(_, index, [r0, r1, c0, c1], diagonal)| {
        let (terms, target, n2) = &dense[index];
        for (a, b) in terms {
            let (rows, columns) = (a.slice(s![r0..r1, ..]), b.as_ref().unwrap_or(a).slice(s![c0..c1, ..]));
            // SAFETY: the tile [r0..r1, c0..c1] is inside the sum; tiles are disjoint.
            unsafe { add_tile(&rows, &columns, diagonal, target.at(r0 * n2 + c0), *n2) };
        }
    });
}

/// Adds `a bᵀ` to the tile of a matrix that starts at `c`; with `lower`, where `a` is `b`, only to its lower triangle.
///
/// # Safety
/// `c` must point at a tile of `a`'s times `b`'s number of rows, with rows `stride` apart, that nobody else writes to.
pub(crate) unsafe fn add_tile<F: Scalar>(
    a: &ArrayView2<'_, F>,
    b: &ArrayView2<'_, F>,
    lower: bool,
    c: *mut f64,
    stride: usize,
) {
    let ((m, k), n) = (a.dim(), b.nrows());
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    let (a, b) = (row_major(a), row_major(b));
    let (a, b) = (a.view(), b.view());
    let rows = |v: &ArrayView2<'_, F>| Rows { start: v.as_ptr(), stride: row_stride(v) };
    // SAFETY: both views are row-major with `k` columns; the rest is upheld by the caller.
    unsafe { F::add_product(lower, [int(m), int(n), int(k)], rows(&a), rows(&b), c, int(stride)) };
}

/// `a bᵀ` as `[a's rows, b's rows]` in `out`, in parts of columns short enough to be summed in `F`: calls `add` with `out` after
/// each. With `lower`, where `a` is `b`, only the lower triangle is written.
pub(crate) fn in_parts<F: Scalar>(
    a: &ArrayView2<'_, F>,
    b: &ArrayView2<'_, F>,
    lower: bool,
    out: &mut Vec<F>,
    mut add: impl FnMut(&[F]),
) {
    let ((m, k), n) = (a.dim(), b.nrows());
    if m == 0 || n == 0 {
        return;
    }
    out.resize(m * n, F::zero());
    let (a, b) = (row_major(a), row_major(b));
    for start in (0..k).step_by(F::COLUMNS) {
        let columns = s![.., start..start.saturating_add(F::COLUMNS).min(k)];
        let (a, b) = (a.slice(columns), b.slice(columns));
        let rows = |v: &ArrayView2<'_, F>| Rows { start: v.as_ptr(), stride: row_stride(v) };
        // SAFETY: both views have unit column stride and as many columns; `out` has m × n values.
        unsafe {
            F::product(
                lower,
                [int(m), int(n), int(a.ncols())],
                rows(&a),
                rows(&b),
                F::zero(),
                out.as_mut_ptr(),
                int(n),
            );
        }
        add(out);
    }
}

/// `a v` for `a: [n, m]` and columns `v: [m, k]`, as `[n, k]`, in tiles of rows.
///
/// # Panics
/// If the shapes do not fit: a bug in the caller.
pub(crate) fn multiply<A, V>(a: &ArrayBase<A, Ix2>, v: &ArrayBase<V, Ix2>) -> Array2<f64>
where
    A: Data<Elem = f64>,
    V: Data<Elem = f64>,
{
    let _blas = super::single_threaded_blas();
    let mut product = Array2::zeros((a.nrows(), v.ncols()));
    // Depends on the size alone.
    let rows = a.nrows().div_ceil(tiles(a.nrows()).len()).max(1);
    let (a, v) = (a.view(), v.view());
    let parts = product.axis_chunks_iter_mut(Axis(0), rows).into_par_iter().zip(a.axis_chunks_iter(Axis(0), rows));
    parts.for_each(|(mut part, a)| general_mat_mul(1.0, &a, &v, 0.0, &mut part));
    product
}

/// `a aᵀ`, symmetric to the last bit.
pub(crate) fn gram(a: &Array2<f64>) -> Array2<f64> {
    let _blas = super::single_threaded_blas();
    let mut product = Array2::zeros((a.nrows(), a.nrows()));
    add_grams(&mut [GramSum { terms: vec![(a.view(), None)], sum: &mut product }]);
    mirror_lower(&mut product);
    product
}

/// Copies the lower triangle to the upper one.
///
/// # Panics
/// If `c` is not square in standard layout: a bug in the caller.
pub(crate) fn mirror_lower<F: Copy + Send>(c: &mut Array2<F>) {
    let n = c.nrows();
    assert!(c.ncols() == n && c.is_standard_layout());
    let target = Target::new(c);
    // Square blocks keep both the read and the write side in cache.
    const BLOCK: usize = 32;
    (0..n.div_ceil(BLOCK)).into_par_iter().for_each(|block| {
        let rows = block * BLOCK..((block + 1) * BLOCK).min(n);
        for c0 in (0..=rows.start).step_by(BLOCK) {
            for i in rows.clone() {
                for j in c0..(c0 + BLOCK).min(i) {
                    // SAFETY: (i, j) is below the diagonal and only read; (j, i) above it is written by this block alone.
                    // Both are inside the square.
                    unsafe { *target.at(j * n + i) = *target.at(i * n + j) };
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(n: usize, k: usize, shift: f64) -> Array2<f64> {
        Array2::from_shape_fn((n, k), |(i, j)| ((i * 31 + j * 17) % 23) as f64 * 0.1 - shift)
    }

    fn naive(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| (0..a.ncols()).map(|k| a[[i, k]] * b[[j, k]]).sum())
    }

    #[test]
    fn gram_equals_double_loop_across_tile_borders() {
        for n in [1, 3, 255, 256, 257, 600] {
            let wide = pattern(n, 12, 1.0);
            // A slice of columns: rows are further apart than they are long.
            let a = wide.slice(ndarray::s![.., 2..9]);
            let mut c = Array2::zeros((n, n));
            add_grams(&mut [GramSum { terms: vec![(a, None)], sum: &mut c }]);
            mirror_lower(&mut c);
            let expected = naive(&a.to_owned(), &a.to_owned());
            let error = (&c - &expected).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error <= 1e-12, "n = {n}: {error}");
        }
    }

    #[test]
    fn cross_gram_equals_double_loop_for_transposed_views() {
        let (a, bt) = (pattern(300, 5, 0.3), pattern(5, 270, 0.7));
        let b = bt.t();
        let mut c = Array2::zeros((300, 270));
        add_grams(&mut [GramSum { terms: vec![(a.view(), Some(b))], sum: &mut c }]);
        let expected = naive(&a, &b.to_owned());
        let error = (&c - &expected).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
        assert!(error <= 1e-12, "{error}");
    }

    #[test]
    #[should_panic(expected = "is_none() == lower")]
    fn sums_of_both_kinds_of_products_are_refused() {
        let (a, mut c) = (pattern(4, 3, 0.1), Array2::zeros((4, 4)));
        add_grams(&mut [GramSum { terms: vec![(a.view(), None), (a.view(), Some(a.view()))], sum: &mut c }]);
    }

    #[test]
    fn product_equals_double_loop_for_any_order_in_memory() {
        let close = |product: Array2<f64>, expected: &Array2<f64>| {
            let error = (&product - expected).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error <= 1e-12, "{error}");
        };
        for (n, m, k) in [(300, 7, 3), (1, 1, 1), (65, 1, 2), (2, 300, 1), (1200, 40, 33), (0, 3, 2)] {
            let (a, v) = (pattern(n, m, 0.3), pattern(m, k, 0.7));
            let expected = naive(&a, &v.t().to_owned());
            close(multiply(&a, &v), &expected);
            let (at, vt) = (a.t().as_standard_layout().into_owned(), v.t().as_standard_layout().into_owned());
            close(multiply(&at.t(), &vt.t()), &expected);
        }
    }
}

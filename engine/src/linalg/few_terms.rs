//! Products with few terms, as those of a first layer and of the gradient of a block of samples. They write every result once,
//! where BLAS clears it, copies both factors into its order, and adds.

use super::Scalar;
use super::avx2::{TILE_BYTES as BYTES, TILE_ROWS as ROWS, has_fused};
use ndarray::{Array2, ArrayView2};

/// Terms up to which this is faster than BLAS.
const TERMS: usize = 32;
/// Columns below which it is not.
const FEWEST: usize = 32;
/// Panels as wide as a tile that are packed at a time: 1 KiB of every row.
const PANELS: usize = 16;

/// `factor · a b` for `a: [m, k]`, `b: [k, n]` with few terms; `None` where BLAS is faster.
pub(super) fn dot<F: Scalar>(factor: F, a: &ArrayView2<'_, F>, b: &ArrayView2<'_, F>) -> Option<Array2<F>> {
    let (k, n) = b.dim();
    if !has_fused() || !(1..=TERMS).contains(&k) || n < FEWEST || a.ncols() != k {
        return None;
    }
    let rows: Option<Vec<&[F]>> = b.rows().into_iter().map(|row| row.to_slice()).collect();
    Some(few_terms(factor, a, &rows?))
}

/// [`dot`] with the rows of `b`.
fn few_terms<F: Scalar>(factor: F, a: &ArrayView2<'_, F>, b: &[&[F]]) -> Array2<F> {
    let ((m, k), n, width) = (a.dim(), b[0].len(), BYTES / size_of::<F>());
    // Groups of rows, term by term; the last is filled up with zeros.
    let mut groups = vec![F::zero(); m.div_ceil(ROWS) * k * ROWS];
    for (i, row) in a.rows().into_iter().enumerate() {
        let group = &mut groups[i / ROWS * k * ROWS..];
        group[i % ROWS..].iter_mut().step_by(ROWS).zip(row).for_each(|(value, &v)| *value = factor * v);
    }
    let mut panels = vec![F::zero(); PANELS * k * width];
    let mut edge = [F::zero(); ROWS * BYTES];
    let mut product = Vec::with_capacity(m * n);
    let target: *mut F = product.as_mut_ptr();
    for start in (0..n).step_by(PANELS * width) {
        let end = (start + PANELS * width).min(n);
        for (term, row) in b.iter().enumerate() {
            for (panel, part) in row[start..end].chunks(width).enumerate() {
                let line = &mut panels[(panel * k + term) * width..][..width];
                // In pieces of a known length: a call to copy them would take longer than the copy.
                let (pieces, rest) = part.as_chunks::<8>();
                for (to, from) in line.as_chunks_mut::<8>().0.iter_mut().zip(pieces) {
                    *to = *from;
                }
                line[8 * pieces.len()..part.len()].iter_mut().zip(rest).for_each(|(to, &from)| *to = from);
            }
        }
        let whole = (end - start) / width;
        for (index, group) in groups.chunks_exact(k * ROWS).enumerate() {
            let (first, rows) = (index * ROWS, ROWS.min(m - index * ROWS));
            let inside = if rows == ROWS { whole } else { 0 };
            // SAFETY: `few_terms` is called where the processor supports it. These tiles lie inside the product.
            unsafe { F::tiles(k, &panels[..inside * k * width], group, target.add(first * n + start), n) };
            for (panel, values) in panels.chunks_exact(k * width).enumerate().skip(inside) {
                let from = start + panel * width;
                if from >= end {
                    break;
                }
                // SAFETY: as above; one tile lies inside `edge`.
                unsafe { F::tiles(k, values, group, edge.as_mut_ptr(), width) };
                for (row, values) in edge.chunks_exact(width).take(rows).enumerate() {
                    for (column, &value) in (from..end.min(from + width)).zip(values) {
                        // SAFETY: the row and the column are inside the product.
                        unsafe { target.add((first + row) * n + column).write(value) };
                    }
                }
            }
        }
    }
    // SAFETY: every column of every row was written.
    unsafe { product.set_len(m * n) };
    Array2::from_shape_vec((m, n), product).expect("as many values as rows times columns")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::dot;
    use ndarray::Axis;

    fn pattern<F: Scalar>(n: usize, k: usize, shift: f64) -> Array2<F> {
        Array2::from_shape_fn((n, k), |(i, j)| F::of(((i * 31 + j * 17 + i * j) % 23) as f64 * 0.125 - shift))
    }

    fn check<F: Scalar>(tolerance: f64) {
        for (m, k, n) in
            [(1, 1, 32), (4, 10, 64), (5, 7, 33), (3, 32, 300), (9, 33, 40), (6, 3, 31), (7, 4, 1), (0, 3, 40)]
        {
            let (a, b) = (pattern::<F>(m, k, 1.0), pattern::<F>(k, n, 0.5));
            let expected = Array2::from_shape_fn((m, n), |(i, j)| {
                (0..k).map(|t| 0.5 * a[[i, t]].to_f64() * b[[t, j]].to_f64()).sum::<f64>()
            });
            // As a whole, transposed, and as columns of something wider.
            let wide = ndarray::concatenate![Axis(1), b, b];
            let turned = b.t().as_standard_layout().into_owned();
            for b in [b.view(), turned.t(), wide.slice(ndarray::s![.., n..])] {
                let product = dot(F::of(0.5), &a.view(), &b);
                assert!(product.dim() == (m, n) && product.is_standard_layout());
                for (at, value) in product.indexed_iter() {
                    let error = (value.to_f64() - expected[at]).abs();
                    assert!(error <= tolerance, "{m} × {k} × {n} at {at:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn products_equal_double_loops_across_borders() {
        check::<f64>(1e-13);
        check::<f32>(1e-4);
    }

    #[test]
    fn what_is_not_finite_is_kept() {
        let (mut a, b) = (pattern::<f64>(5, 6, 1.0), pattern(6, 40, 0.5));
        a[[4, 2]] = f64::NAN;
        let product = dot(1.0, &a.view(), &b.view());
        assert!(product.row(4).iter().all(|v| v.is_nan()) && product.row(3).iter().all(|v| v.is_finite()));
    }

    #[test]
    #[should_panic(expected = "not compatible")]
    fn shapes_that_do_not_fit_are_refused() {
        let _ = dot(1.0, &pattern(5, 6, 1.0).view(), &pattern(7, 40, 0.5).view());
    }
}

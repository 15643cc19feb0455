//! Products that skip zeros: of ReLU's outputs and slopes one value in two is not zero, of a product of `N` of them one in `2^N`.
//!
//! Every row of the left factor keeps its values that are not zero and their columns; the right factor is packed in panels of
//! 256 bytes a column, so that one value meets as many others as eight registers hold, in consecutive memory. That takes as many
//! operations as there are values that are not zero, at two thirds of the speed of a dense product. What a zero is multiplied with
//! is not read, so a value that is not finite there does not show in that sum.

use super::Scalar;
use super::avx2::{Aligned, LINE_BYTES, has_fused};
use super::product::Target;
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Columns of the left factor that are taken at a time where few are kept: a panel of them stays in the second cache.
const MANY: usize = 512;
/// The same where half are kept: a panel stays in the first cache.
const SOME: usize = 96;
/// Share of values that are not zero below which a Gram is faster than a dense one, which computes half of it.
const SPARSE: f64 = 0.2;
/// The same of a product.
const HALF: f64 = 0.55;
/// Rows below which packing takes longer than what a product saves.
const ROWS: usize = 128;
/// Rows and columns below which packing is not worth it.
const FEWEST: usize = 64;
/// Rows that are looked at for an estimate of the share.
const SAMPLED: usize = 16;

/// True if most values of the matrix are zero, by a few of its rows.
pub(super) fn is_sparse<F: Scalar>(a: &ArrayView2<'_, F>) -> bool {
    has_fewer(a, SPARSE)
}

fn has_fewer<F: Scalar>(a: &ArrayView2<'_, F>, share: f64) -> bool {
    let (rows, columns) = a.dim();
    if rows < FEWEST || columns < FEWEST {
        return false;
    }
    let present: usize =
        (0..SAMPLED).map(|i| a.row(i * rows / SAMPLED).iter().filter(|v| **v != F::zero()).count()).sum();
    (present as f64) < share * (SAMPLED * columns) as f64
}

/// Of some columns of a matrix the values that are not zero, row by row.
struct Part<F> {
    columns: Vec<u32>,
    values: Vec<F>,
    /// Where the rows end.
    ends: Vec<usize>,
}

impl<F: Scalar> Part<F> {
    fn of(a: &ArrayView2<'_, F>) -> Self {
        let (mut columns, mut values) = (Vec::with_capacity(a.len()), Vec::with_capacity(a.len()));
        let (mut count, mut ends) = (0, Vec::with_capacity(a.nrows()));
        let (column_at, value_at) = (columns.spare_capacity_mut(), values.spare_capacity_mut());
        for row in a.rows() {
            // Always written, not always kept: which values are zero cannot be predicted.
            for (column, &value) in row.iter().enumerate() {
                column_at[count].write(column as u32);
                value_at[count].write(value);
                count += usize::from(value != F::zero());
            }
            ends.push(count);
        }
        // SAFETY: so many were written, of both.
        unsafe {
            columns.set_len(count);
            values.set_len(count);
        }
        Self { columns, values, ends }
    }

    /// Columns and values of the rows from `first` on.
    fn rows(&self, first: usize) -> impl Iterator<Item = (&[u32], &[F])> {
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        let starts = std::iter::once(start).chain(self.ends[first..].iter().copied());
        starts.zip(&self.ends[first..]).map(|(start, &end)| (&self.columns[start..end], &self.values[start..end]))
    }
}

/// All columns, so many at a time.
fn parts<F: Scalar>(a: &ArrayView2<'_, F>, columns: usize) -> Vec<Part<F>> {
    a.axis_chunks_iter(Axis(1), columns).into_par_iter().map(|part| Part::of(&part)).collect()
}

/// Adds `a bᵀ` to `c`, whose rows are `stride` apart; `a: [n1, k]`, `b: [n2, k]`, row-major. With `lower`, where `b` is `a`, only
/// to panels that reach the lower triangle. Sums over [`MANY`] columns are kept in `F`.
///
/// # Safety
/// `c` must point at `n1` rows and `n2` columns that nobody else writes to.
pub(super) unsafe fn add<F: Scalar>(
    a: &ArrayView2<'_, F>,
    b: &ArrayView2<'_, F>,
    lower: bool,
    c: &Target<f64>,
    stride: usize,
) {
    // SAFETY: upheld by the caller.
    unsafe {
        if size_of::<F>() == 4 {
            add_panels::<F, 64>(a, b, lower, c, stride)
        } else {
            add_panels::<F, 32>(a, b, lower, c, stride)
        }
    }
}

/// [`add`] with panels of `P` rows of `b`.
///
/// # Safety
/// See [`add`].
unsafe fn add_panels<F: Scalar, const P: usize>(
    a: &ArrayView2<'_, F>,
    b: &ArrayView2<'_, F>,
    lower: bool,
    c: &Target<f64>,
    stride: usize,
) {
    let parts = parts(a, MANY);
    (0..b.nrows().div_ceil(P)).into_par_iter().for_each_init(Vec::new, |packed, panel| {
        let lanes = panel * P..((panel + 1) * P).min(b.nrows());
        let first = if lower { lanes.start } else { 0 };
        let mut sums = [F::zero(); P];
        for (part, columns) in parts.iter().zip(b.axis_chunks_iter(Axis(1), MANY)) {
            pack::<F, P>(&columns.slice(s![lanes.clone(), ..]), packed);
            for (row, terms) in part.rows(first).enumerate() {
                // SAFETY: the part is as wide as what is packed.
                unsafe { sum_row(packed, terms, &mut sums, false) };
                // SAFETY: these columns are inside the matrix, by the caller, and belong to this panel alone.
                let target =
                    unsafe { std::slice::from_raw_parts_mut(c.at((first + row) * stride + lanes.start), lanes.len()) };
                if let Ok(target) = <&mut [f64; P]>::try_from(&mut *target) {
                    target.iter_mut().zip(sums).for_each(|(t, s)| *t += s.to_f64());
                } else {
                    target.iter_mut().zip(sums).for_each(|(t, s)| *t += s.to_f64());
                }
            }
        }
    });
}

/// `factor · a b` for `a: [m, k]`, `b: [k, n]`, where half of `a` is zero or more; `None` where a dense product is faster.
pub(super) fn dot<F: Scalar>(factor: F, a: &ArrayView2<'_, F>, b: &ArrayView2<'_, F>) -> Option<Array2<F>> {
    let enough = a.nrows() >= ROWS && b.ncols() >= FEWEST;
    if !has_fused() || !enough || b.nrows() != a.ncols() || !has_fewer(a, HALF) {
        return None;
    }
    Some(if size_of::<F>() == 4 { dot_panels::<F, 64>(factor, a, b) } else { dot_panels::<F, 32>(factor, a, b) })
}

/// [`dot`] with panels of `P` columns of `b`.
fn dot_panels<F: Scalar, const P: usize>(factor: F, a: &ArrayView2<'_, F>, b: &ArrayView2<'_, F>) -> Array2<F> {
    let n = b.ncols();
    let mut product = Array2::zeros((a.nrows(), n));
    let mut parts = parts(a, SOME);
    parts.iter_mut().flat_map(|part| &mut part.values).for_each(|value| *value *= factor);
    let (mut packed, mut sums) = (Vec::new(), [F::zero(); P]);
    let values = product.as_slice_mut().expect("a new array is contiguous");
    for (panel, columns) in b.axis_chunks_iter(Axis(1), P).enumerate() {
        for (part, lines) in parts.iter().zip(columns.axis_chunks_iter(Axis(0), SOME)) {
            pack::<F, P>(&lines.t(), &mut packed);
            for (row, terms) in values.chunks_exact_mut(n).zip(part.rows(0)) {
                let row = &mut row[panel * P..];
                if let Some(row) = row.first_chunk_mut::<P>() {
                    // SAFETY: the part is as wide as what is packed.
                    unsafe { sum_row(&packed, terms, row, true) };
                } else {
                    // SAFETY: as above.
                    unsafe { sum_row(&packed, terms, &mut sums, false) };
                    row.iter_mut().zip(sums).for_each(|(value, sum)| *value += sum);
                }
            }
        }
    }
    product
}

/// Writes up to `P` rows column by column.
fn pack<F: Scalar, const P: usize>(rows: &ArrayView2<'_, F>, packed: &mut Vec<Aligned<F, P>>) {
    packed.resize(rows.ncols(), Aligned([F::zero(); P]));
    if rows.strides()[0] == 1 {
        for (line, column) in packed.iter_mut().zip(rows.columns()) {
            match column.to_slice().and_then(|column| column.as_array::<P>()) {
                Some(column) => line.0 = *column,
                None => line.0.iter_mut().zip(column).for_each(|(to, &from)| *to = from),
            }
        }
        return;
    }
    // A cache line of every row at a time.
    for (lines, columns) in packed.chunks_mut(8).zip(rows.axis_chunks_iter(Axis(1), 8)) {
        for (lane, row) in columns.rows().into_iter().enumerate() {
            for (line, &value) in lines.iter_mut().zip(row) {
                line.0[lane] = value;
            }
        }
    }
}

/// `target ← Σ value · packed[column]`, or that is added.
///
/// # Safety
/// The columns must be those of a [`Part`] as wide as what is packed.
unsafe fn sum_row<F: Scalar, const P: usize>(
    packed: &[Aligned<F, P>],
    (columns, values): (&[u32], &[F]),
    target: &mut [F; P],
    add: bool,
) {
    if has_fused() && size_of_val(target) == LINE_BYTES {
        // SAFETY: the processor supports it; the lines that are named are there, by the caller; they and the target are as long as they
        // should be.
        return unsafe { F::sum_lines((columns, values), packed.as_ptr().cast(), target.as_mut_ptr(), add) };
    }
    if !add {
        target.fill(F::zero());
    }
    for (&column, &value) in columns.iter().zip(values) {
        target.iter_mut().zip(&packed[column as usize].0).for_each(|(sum, &v)| *sum += value * v);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{GramSum, add_grams};
    use ndarray::Array2;

    /// One value in eight is not zero.
    fn mostly_zeros(n: usize, k: usize, shift: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, k), |(i, j)| {
            let v = (i * 31 + j * 17 + i * j + shift) % 104;
            if v < 13 { v as f64 * 0.1 - 0.55 } else { 0.0 }
        })
    }

    fn naive(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| (0..a.ncols()).map(|k| a[[i, k]] * b[[j, k]]).sum())
    }

    #[test]
    fn sparse_grams_equal_double_loops_across_borders() {
        for (n, m, k) in [(64, 70, 64), (97, 64, 511), (130, 31, 513), (70, 5, 1100)] {
            let (a, b) = (mostly_zeros(n, k, 0), mostly_zeros(m, k, 5));
            assert!(is_sparse(&a.view()), "{n} × {k}");
            let mut c = Array2::from_elem((n, n), 1.0);
            add_grams(&mut [GramSum { terms: vec![(a.view(), None)], sum: &mut c }]);
            let expected = naive(&a, &a) + 1.0;
            let lower = c.indexed_iter().filter(|((i, j), _)| j <= i);
            let error = lower.fold(0.0, |m: f64, (at, v)| m.max((v - expected[at]).abs()));
            assert!(error <= 1e-12, "{n} × {k}: {error}");
            let mut c = Array2::from_elem((n, m), 1.0);
            add_grams(&mut [GramSum { terms: vec![(a.view(), Some(b.view()))], sum: &mut c }]);
            let error = (&c - &naive(&a, &b) - 1.0).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
            assert!(error <= 1e-12, "{n}, {m} × {k}: {error}");
        }
    }

    #[test]
    fn single_precision_keeps_what_is_not_finite() {
        let mut a = mostly_zeros(80, 70, 0).mapv(|v| v as f32);
        a[[79, 3]] = f32::NAN;
        let mut c = Array2::zeros((80, 80));
        add_grams(&mut [GramSum { terms: vec![(a.view(), None)], sum: &mut c }]);
        assert!(c[[79, 79]].is_nan() && is_sparse(&a.view()));
    }

    fn check_products<F: Scalar>(tolerance: f64) {
        for (m, k, n) in [(128, 64, 64), (130, 97, 65), (200, 200, 131), (129, 96, 300)] {
            let value = |i: usize, j: usize| ((i * 29 + j * 13 + i * j) % 41) as f64 * 0.05 - 1.0;
            let a = Array2::from_shape_fn((m, k), |(i, j)| F::of(value(i, j).max(0.0)));
            let b = Array2::from_shape_fn((k, n), |(i, j)| F::of(value(j, i)));
            let turned = b.t().as_standard_layout().into_owned();
            for b in [b.view(), turned.t()] {
                let product = dot(F::of(0.5), &a.view(), &b).expect("half of the values are zero");
                for ((i, j), value) in product.indexed_iter() {
                    let expected: f64 = (0..k).map(|t| 0.5 * a[[i, t]].to_f64() * b[[t, j]].to_f64()).sum();
                    let error = (value.to_f64() - expected).abs();
                    assert!(error <= tolerance, "{m} × {k} × {n} at {i}, {j}: {error}");
                }
            }
        }
    }

    #[test]
    fn products_of_rectified_values_equal_double_loops_across_borders() {
        if has_fused() {
            check_products::<f64>(1e-13);
            check_products::<f32>(1e-4);
        }
        let (small, dense) = (Array2::<f64>::zeros((127, 64)), Array2::<f64>::ones((128, 64)));
        let b = Array2::ones((64, 64));
        assert!(dot(1.0, &small.view(), &b.view()).is_none() && dot(1.0, &dense.view(), &b.view()).is_none());
    }

    #[test]
    fn rows_without_these_instructions_are_summed_all_the_same() {
        let packed: Vec<_> = (0..5).map(|c| Aligned([c as f64, 1.0, -2.0])).collect();
        let mut target = [1.0; 3];
        // SAFETY: five columns are packed.
        unsafe { sum_row(&packed, (&[4, 1], &[0.5, 3.0]), &mut target, true) };
        assert_eq!(target, [6.0, 4.5, -6.0]);
        // SAFETY: none is named.
        unsafe { sum_row(&packed, (&[], &[]), &mut target, false) };
        assert_eq!(target, [0.0; 3]);
    }

    #[test]
    fn dense_and_small_matrices_are_not_sparse() {
        assert!(!is_sparse(&Array2::<f64>::ones((100, 100)).view()));
        assert!(!is_sparse(&Array2::<f64>::zeros((63, 100)).view()));
        assert!(is_sparse(&Array2::<f64>::zeros((64, 64)).view()));
    }
}

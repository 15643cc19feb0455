//! Gram matrices of rows that are mostly zeros, as the features of products of ReLUs are: of `N` factors one value in `2^N`
//! is not zero.
//!
//! Each row keeps its values that are not zero and their columns; the rows that it is multiplied with are packed in panels of
//! [`PANEL`] rows, column by column, so that one value meets [`PANEL`] others in consecutive memory. That takes as many
//! operations as there are values that are not zero, at half the speed of a dense product.

use super::Scalar;
use super::product::Target;
use super::scalar::fused;
use ndarray::{ArrayView1, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Rows of a panel: a multiple of every vector register's length.
const PANEL: usize = 32;
/// Columns of a panel: 128 KiB in `f64`, which stay in the second cache.
const COLUMNS: usize = 512;
/// Share of values that are not zero below which a sparse product is faster than a dense one.
const SPARSE: f64 = 0.2;
/// Rows and columns below which packing is not worth it.
const FEWEST: usize = 64;
/// Rows that are looked at for an estimate of the share.
const SAMPLED: usize = 16;

/// True if most values of the matrix are zero, by a few of its rows.
pub(super) fn is_sparse<F: Scalar>(a: &ArrayView2<'_, F>) -> bool {
    let (rows, columns) = a.dim();
    if rows < FEWEST || columns < FEWEST {
        return false;
    }
    let present: usize =
        (0..SAMPLED).map(|i| a.row(i * rows / SAMPLED).iter().filter(|v| **v != F::zero()).count()).sum();
    (present as f64) < SPARSE * (SAMPLED * columns) as f64
}

/// Values of a row that are not zero, with their columns, in parts of [`COLUMNS`] columns.
struct Row<F> {
    values: Vec<(u32, F)>,
    /// Where the parts end.
    ends: Vec<usize>,
}

impl<F: Scalar> Row<F> {
    /// `scratch` is as long as the row.
    fn of(row: ArrayView1<'_, F>, scratch: &mut [(u32, F)]) -> Self {
        let (mut count, mut ends) = (0, Vec::with_capacity(row.len().div_ceil(COLUMNS)));
        for part in row.axis_chunks_iter(Axis(0), COLUMNS) {
            // Always written, not always kept: which values are zero cannot be predicted.
            for (column, &value) in part.iter().enumerate() {
                scratch[count] = (column as u32, value);
                count += usize::from(value != F::zero());
            }
            ends.push(count);
        }
        Self { values: scratch[..count].to_vec(), ends }
    }

    fn part(&self, part: usize) -> &[(u32, F)] {
        let start = if part == 0 { 0 } else { self.ends[part - 1] };
        &self.values[start..self.ends[part]]
    }
}

/// Adds `a bᵀ` to `c`, whose rows are `stride` apart; `a: [n1, k]`, `b: [n2, k]`, row-major. With `lower`, where `b` is `a`, only
/// to panels that reach the lower triangle. Sums over [`COLUMNS`] columns are kept in `F`.
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
    let rows: Vec<Row<F>> = (0..a.nrows())
        .into_par_iter()
        .map_init(|| vec![(0, F::zero()); a.ncols()], |scratch, i| Row::of(a.row(i), scratch))
        .collect();
    (0..b.nrows().div_ceil(PANEL)).into_par_iter().for_each_init(Vec::new, |packed, panel| {
        let lanes = panel * PANEL..((panel + 1) * PANEL).min(b.nrows());
        let first = if lower { lanes.start } else { 0 };
        for part in 0..b.ncols().div_ceil(COLUMNS) {
            let columns = part * COLUMNS..((part + 1) * COLUMNS).min(b.ncols());
            pack(&b.slice(s![lanes.clone(), columns]), packed);
            let rows = rows.iter().enumerate().skip(first).map(|(i, row)| {
                // SAFETY: these columns belong to this panel alone.
                let target = unsafe { std::slice::from_raw_parts_mut(c.at(i * stride + lanes.start), lanes.len()) };
                (row.part(part), target)
            });
            widest(packed, rows);
        }
    });
}

/// Writes up to [`PANEL`] rows column by column.
fn pack<F: Scalar>(rows: &ArrayView2<'_, F>, packed: &mut Vec<[F; PANEL]>) {
    packed.resize(COLUMNS, [F::zero(); PANEL]);
    for (lane, row) in rows.rows().into_iter().enumerate() {
        for (line, &value) in packed.iter_mut().zip(row) {
            line[lane] = value;
        }
    }
}

/// Adds `Σ value · packed[column]` over the values of each row to its target.
#[inline(always)]
fn multiply<'a, F: Scalar, const FUSED: bool>(
    packed: &[[F; PANEL]],
    rows: impl Iterator<Item = (&'a [(u32, F)], &'a mut [f64])>,
) {
    for (values, target) in rows {
        let mut sums = [F::zero(); PANEL];
        for &(column, value) in values {
            let Some(line) = packed.get(column as usize) else { continue };
            for (s, &p) in sums.iter_mut().zip(line) {
                *s = fused::<F, FUSED>(value, p, *s);
            }
        }
        if let Ok(target) = <&mut [f64; PANEL]>::try_from(&mut *target) {
            for (t, s) in target.iter_mut().zip(sums) {
                *t += s.to_f64();
            }
        } else {
            for (t, s) in target.iter_mut().zip(sums) {
                *t += s.to_f64();
            }
        }
    }
}

/// [`multiply`] with the widest registers of this machine.
fn widest<'a, F: Scalar>(packed: &[[F; PANEL]], rows: impl Iterator<Item = (&'a [(u32, F)], &'a mut [f64])>) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn wide<'a, F: Scalar>(packed: &[[F; PANEL]], rows: impl Iterator<Item = (&'a [(u32, F)], &'a mut [f64])>) {
            multiply::<F, true>(packed, rows);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the features were detected.
            return unsafe { wide(packed, rows) };
        }
    }
    multiply::<F, false>(packed, rows);
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

    #[test]
    fn dense_and_small_matrices_are_not_sparse() {
        assert!(!is_sparse(&Array2::<f64>::ones((100, 100)).view()));
        assert!(!is_sparse(&Array2::<f64>::zeros((63, 100)).view()));
        assert!(is_sparse(&Array2::<f64>::zeros((64, 64)).view()));
    }
}

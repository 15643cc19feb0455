//! The two number types of BLAS.

use super::{Element, avx2};
use crate::number::Number;
use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE, CBLAS_UPLO};
use std::ffi::c_int;
use std::mem::MaybeUninit;

/// `f32` or `f64`: the numbers that BLAS computes in.
pub trait Scalar: Number + Element<Real = Self> {
    /// Writes tiles of a product `a b` next to each other, each of 4 rows and 64 bytes of columns: `panels` holds the columns of `b` tile
    /// by tile, each as `[k, columns]`, and `group` the rows of `a` as `[k, 4]`.
    ///
    /// # Safety
    /// The processor must support AVX2 and FMA; the rows that start at `target`, `stride` apart, must hold the tiles.
    unsafe fn tiles(k: usize, panels: &[Self], group: &[Self], target: *mut Self, stride: usize);

    /// `target ← Σ value · line` over the `lines` of 256 bytes with the numbers `columns`; with `add` that is added to it.
    ///
    /// # Safety
    /// The processor must support AVX2 and FMA; `lines` must hold all lines that are named; `target` must be as long as one, and
    /// written before if it is added to.
    unsafe fn sum_lines(terms: (&[u32], &[Self]), lines: *const Self, target: *mut Self, add: bool);

    /// Columns whose products may be summed in this type; longer sums are taken in parts that are added in double precision.
    const COLUMNS: usize;

    /// `c ← a bᵀ + β c` for row-major `a [m, k]`, `b [n, k]`, `c [m, n]`; with `lower`, where `a` is `b`, only the lower triangle.
    ///
    /// # Safety
    /// The pointers must be valid for the row strides and sizes given, and `c` must not alias `a` or `b`.
    unsafe fn product(
        lower: bool,
        size: [c_int; 3],
        a: Rows<Self>,
        b: Rows<Self>,
        beta: Self,
        c: *mut Self,
        stride: c_int,
    );

    /// Adds `a bᵀ` to `c` in double precision, as [`Scalar::product`] has them.
    ///
    /// # Safety
    /// As for [`Scalar::product`].
    unsafe fn add_product(lower: bool, size: [c_int; 3], a: Rows<Self>, b: Rows<Self>, c: *mut f64, stride: c_int);
}

/// Rows of a matrix in memory.
#[derive(Clone, Copy)]
pub struct Rows<F> {
    /// First row.
    pub start: *const F,
    /// Distance between rows.
    pub stride: c_int,
}

macro_rules! scalar {
    ($float:ty, $columns:expr, ($syrk:ident, $gemm:ident), $add:ident, $registers:ident) => {
        impl Scalar for $float {
            unsafe fn tiles(k: usize, panels: &[Self], group: &[Self], target: *mut Self, stride: usize) {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: upheld by the caller.
                return unsafe { avx2::$registers::tiles(k, panels, group, target, stride) };
                #[cfg(not(target_arch = "x86_64"))]
                unreachable!("no processor but of this architecture is said to support it")
            }
            unsafe fn sum_lines(terms: (&[u32], &[Self]), lines: *const Self, target: *mut Self, add: bool) {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: upheld by the caller.
                return unsafe { avx2::$registers::sum_lines(terms, lines, target, add) };
                #[cfg(not(target_arch = "x86_64"))]
                unreachable!("no processor but of this architecture is said to support it")
            }
            const COLUMNS: usize = $columns;
            unsafe fn product(
                lower: bool,
                [m, n, k]: [c_int; 3],
                a: Rows<Self>,
                b: Rows<Self>,
                beta: Self,
                c: *mut Self,
                stride: c_int,
            ) {
                let (layout, plain, transposed) =
                    (CBLAS_LAYOUT::CblasRowMajor, CBLAS_TRANSPOSE::CblasNoTrans, CBLAS_TRANSPOSE::CblasTrans);
                // SAFETY: upheld by the caller.
                unsafe {
                    if lower {
                        let triangle = CBLAS_UPLO::CblasLower;
                        cblas_sys::$syrk(layout, triangle, plain, n, k, 1.0, a.start, a.stride, beta, c, stride);
                    } else {
                        cblas_sys::$gemm(
                            layout, plain, transposed, m, n, k, 1.0, a.start, a.stride, b.start, b.stride, beta, c,
                            stride,
                        );
                    }
                }
            }
            unsafe fn add_product(
                lower: bool,
                size: [c_int; 3],
                a: Rows<Self>,
                b: Rows<Self>,
                c: *mut f64,
                stride: c_int,
            ) {
                // SAFETY: upheld by the caller.
                unsafe { $add(lower, size, a, b, c, stride) }
            }
        }
    };
}

scalar!(f32, 1024, (cblas_ssyrk, cblas_sgemm), add_single, single);
scalar!(f64, usize::MAX, (cblas_dsyrk, cblas_dgemm), add_double, double);

/// # Safety
/// See [`Scalar::add_product`].
unsafe fn add_double(lower: bool, size: [c_int; 3], a: Rows<f64>, b: Rows<f64>, c: *mut f64, stride: c_int) {
    // SAFETY: upheld by the caller.
    unsafe { f64::product(lower, size, a, b, 1.0, c, stride) }
}

/// # Safety
/// See [`Scalar::add_product`].
unsafe fn add_single(lower: bool, [m, n, k]: [c_int; 3], a: Rows<f32>, b: Rows<f32>, c: *mut f64, stride: c_int) {
    let (rows, columns) = (m as usize, n as usize);
    // Not zeroed, which would take a hundredth of the time of the whole: a product with β = 0 only writes.
    let mut part: Vec<MaybeUninit<f32>> = Vec::with_capacity(rows * columns);
    // SAFETY: unwritten values need no initialisation.
    unsafe { part.set_len(rows * columns) };
    for start in (0..k as usize).step_by(f32::COLUMNS) {
        let width = f32::COLUMNS.min(k as usize - start) as c_int;
        // SAFETY: the columns start..start + width are inside the rows; `part` has m × n values; the rest is upheld by the
        // caller.
        unsafe {
            let from = |rows: Rows<f32>| Rows { start: rows.start.add(start), ..rows };
            f32::product(lower, [m, n, width], from(a), from(b), 0.0, part.as_mut_ptr().cast(), n);
            for (row, values) in part.chunks_exact(columns).enumerate() {
                let count = if lower { row + 1 } else { columns };
                let sums = std::slice::from_raw_parts_mut(c.add(row * stride as usize), count);
                for (sum, value) in sums.iter_mut().zip(values) {
                    // The product wrote what is counted here.
                    *sum += f64::from(value.assume_init());
                }
            }
        }
    }
}

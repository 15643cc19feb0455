//! The two number types of the sweep.

use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE, CBLAS_UPLO};
use ndarray::{LinalgScalar, ScalarOperand};
use std::ffi::c_int;

/// `f32` or `f64`: what a sweep may compute in.
pub trait Scalar:
    LinalgScalar + ScalarOperand + PartialOrd + Send + Sync + std::fmt::Debug + std::ops::AddAssign + std::ops::MulAssign
{
    /// Rounds from double precision.
    fn of(value: f64) -> Self;
    /// Widens to double precision.
    fn to_f64(self) -> f64;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Error function.
    fn erf(self) -> Self;
    /// Complementary error function `1 - erf`, which keeps its digits in the tail.
    fn erfc(self) -> Self;
    /// Exponential.
    fn exp(self) -> Self;
    /// Sine.
    fn sin(self) -> Self;
    /// Cosine.
    fn cos(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Power with an integer exponent.
    fn powi(self, exponent: i32) -> Self;
    /// True unless NaN or infinite.
    fn is_finite(self) -> bool;

    /// `c ← alpha a bᵀ + beta c` for row-major `a [m, k]`, `b [n, k]`, `c [m, n]`.
    ///
    /// # Safety
    /// The pointers must be valid for the row strides and sizes given, and `c` must not alias `a` or `b`.
    #[allow(clippy::too_many_arguments)]
    unsafe fn gemm_nt(
        m: c_int,
        n: c_int,
        k: c_int,
        a: *const Self,
        row_stride_a: c_int,
        b: *const Self,
        row_stride_b: c_int,
        c: *mut Self,
        row_stride_c: c_int,
    );

    /// `c ← a aᵀ + c`, lower triangle only, for row-major `a [n, k]`, `c [n, n]`.
    ///
    /// # Safety
    /// As for [`Scalar::gemm_nt`].
    unsafe fn syrk(n: c_int, k: c_int, a: *const Self, row_stride_a: c_int, c: *mut Self, row_stride_c: c_int);
}

macro_rules! scalar {
    ($float:ty, $gemm:ident, $syrk:ident, $tanh:path, $erf:path, $erfc:path, $exp:path, $sin:path, $cos:path) => {
        impl Scalar for $float {
            #[inline(always)]
            fn of(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                $tanh(self)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                $erf(self)
            }
            #[inline(always)]
            fn erfc(self) -> Self {
                $erfc(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                $exp(self)
            }
            #[inline(always)]
            fn sin(self) -> Self {
                $sin(self)
            }
            #[inline(always)]
            fn cos(self) -> Self {
                $cos(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                <$float>::abs(self)
            }
            #[inline(always)]
            fn powi(self, exponent: i32) -> Self {
                <$float>::powi(self, exponent)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$float>::is_finite(self)
            }
            unsafe fn gemm_nt(
                m: c_int,
                n: c_int,
                k: c_int,
                a: *const Self,
                row_stride_a: c_int,
                b: *const Self,
                row_stride_b: c_int,
                c: *mut Self,
                row_stride_c: c_int,
            ) {
                // SAFETY: upheld by the caller.
                unsafe {
                    cblas_sys::$gemm(
                        CBLAS_LAYOUT::CblasRowMajor,
                        CBLAS_TRANSPOSE::CblasNoTrans,
                        CBLAS_TRANSPOSE::CblasTrans,
                        m,
                        n,
                        k,
                        1.0,
                        a,
                        row_stride_a,
                        b,
                        row_stride_b,
                        1.0,
                        c,
                        row_stride_c,
                    );
                }
            }
            unsafe fn syrk(n: c_int, k: c_int, a: *const Self, row_stride_a: c_int, c: *mut Self, row_stride_c: c_int) {
                // SAFETY: upheld by the caller.
                unsafe {
                    cblas_sys::$syrk(
                        CBLAS_LAYOUT::CblasRowMajor,
                        CBLAS_UPLO::CblasLower,
                        CBLAS_TRANSPOSE::CblasNoTrans,
                        n,
                        k,
                        1.0,
                        a,
                        row_stride_a,
                        1.0,
                        c,
                        row_stride_c,
                    );
                }
            }
        }
    };
}

scalar!(f32, cblas_sgemm, cblas_ssyrk, libm::tanhf, libm::erff, libm::erfcf, libm::expf, libm::sinf, libm::cosf);
scalar!(f64, cblas_dgemm, cblas_dsyrk, libm::tanh, libm::erf, libm::erfc, libm::exp, libm::sin, libm::cos);

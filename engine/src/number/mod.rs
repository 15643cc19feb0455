//! The numbers that networks are computed in.

mod dual;
mod elementary;

pub use dual::Dual;

use ndarray::{LinalgScalar, ScalarOperand};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What an op may do with a value: `f64`, `f32`, or either with a derivative along one direction ([`Dual`]).
pub trait Number:
    LinalgScalar + ScalarOperand + PartialOrd + Send + Sync + std::fmt::Debug + std::ops::AddAssign + std::ops::MulAssign
{
    /// A constant, rounded from double precision.
    fn of(value: f64) -> Self;
    /// The value in double precision.
    fn to_f64(self) -> f64;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Error function.
    fn erf(self) -> Self;
    /// Complementary error function `1 - erf`, which keeps its digits in the tail.
    fn erfc(self) -> Self;
    /// Exponential.
    fn exp(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Sine.
    fn sin(self) -> Self;
    /// Cosine.
    fn cos(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Power with an integer exponent.
    fn powi(self, exponent: i32) -> Self;
    /// A function known in double precision with its derivative.
    fn apply(self, value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Self;
    /// True unless NaN or infinite.
    fn is_finite(self) -> bool;
}

/// Double precision, or that with a derivative along one direction: what moments at infinite width are computed in.
pub trait Real:
    Number
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// Whether it has a derivative.
    const DERIVATIVE: bool;
    /// Neither value nor derivative: not a number.
    const UNKNOWN: Self;
    /// The derivative; 0 of a number without.
    fn tangent(self) -> f64;
    /// Also true of 0, and false of -0.
    fn is_sign_positive(self) -> bool;
    /// `√(self² + other²)`.
    fn hypot(self, other: Self) -> Self;
    /// The angle of the point `(other, self)`.
    fn atan2(self, other: Self) -> Self;
    /// `e^self - 1`.
    fn exp_m1(self) -> Self;

    /// With the sign of another one.
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        if self.is_sign_positive() == sign.is_sign_positive() { self } else { -self }
    }
    /// 1 or -1 by the sign.
    #[inline(always)]
    fn signum(self) -> Self {
        Self::one().copysign(self)
    }
    /// The larger one.
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        if self < other { other } else { self }
    }
    /// The smaller one.
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        if self > other { other } else { self }
    }
}

impl Real for f64 {
    const DERIVATIVE: bool = false;
    const UNKNOWN: Self = f64::NAN;
    #[inline(always)]
    fn tangent(self) -> f64 {
        0.0
    }
    #[inline(always)]
    fn is_sign_positive(self) -> bool {
        f64::is_sign_positive(self)
    }
    #[inline(always)]
    fn hypot(self, other: Self) -> Self {
        f64::hypot(self, other)
    }
    #[inline(always)]
    fn atan2(self, other: Self) -> Self {
        f64::atan2(self, other)
    }
    #[inline(always)]
    fn exp_m1(self) -> Self {
        f64::exp_m1(self)
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        f64::copysign(self, sign)
    }
}

macro_rules! number {
    ($float:ty, $elementary:ident, $sin:path, $cos:path) => {
        impl Number for $float {
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
                elementary::$elementary::tanh(self)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                elementary::$elementary::erf(self)
            }
            #[inline(always)]
            fn erfc(self) -> Self {
                elementary::$elementary::erfc(self)
            }
            #[inline(always)]
            fn exp(self) -> Self {
                elementary::$elementary::exp(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                <$float>::sqrt(self)
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
            fn apply(self, value: impl Fn(f64) -> f64, _slope: impl Fn(f64) -> f64) -> Self {
                value(f64::from(self)) as $float
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                <$float>::is_finite(self)
            }
        }
    };
}

number!(f32, single, libm::sinf, libm::cosf);
number!(f64, double, libm::sin, libm::cos);

//! Numbers with a derivative along one direction.

use super::{Number, Real};
use ndarray::ScalarOperand;
use num_traits::{One, Zero};
use std::cmp::Ordering;
use std::f64::consts::FRAC_2_SQRT_PI;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub};

/// `a + ε b` with `ε² = 0`: a value with its derivative along a direction. Arithmetic on it gives, exactly and by the chain rule, the
/// derivative of whatever is computed from it (forward mode; Clifford 1873).
///
/// Comparisons look at values only, so that a function with kinks has its derivative almost everywhere, and at a kink that of the
/// side which the comparison takes. The derivative of `|u|` at 0 is 0, and so is that of `√` of what is nowhere below 0.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Dual<F> {
    /// `a`.
    pub value: F,
    /// `b`.
    pub tangent: F,
}

impl<F: Number> Dual<F> {
    /// `f(a) + ε b f'(a)`.
    #[inline(always)]
    fn chain(self, value: F, slope: F) -> Self {
        Self { value, tangent: self.tangent * slope }
    }
}

impl<F: PartialEq> PartialEq for Dual<F> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<F: PartialOrd> PartialOrd for Dual<F> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<F: Number> Add for Dual<F> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, tangent: self.tangent + other.tangent }
    }
}

impl<F: Number> Sub for Dual<F> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self { value: self.value - other.value, tangent: self.tangent - other.tangent }
    }
}

impl<F: Number> Mul for Dual<F> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self { value: self.value * other.value, tangent: self.tangent * other.value + self.value * other.tangent }
    }
}

impl<F: Number> Div for Dual<F> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self { value, tangent: (self.tangent - value * other.tangent) / other.value }
    }
}

impl<F: Number + Neg<Output = F>> Neg for Dual<F> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self { value: -self.value, tangent: -self.tangent }
    }
}

impl Add<f64> for Dual<f64> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: f64) -> Self {
        Self { value: self.value + other, ..self }
    }
}

impl Sub<f64> for Dual<f64> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: f64) -> Self {
        Self { value: self.value - other, ..self }
    }
}

impl Mul<f64> for Dual<f64> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: f64) -> Self {
        Self { value: self.value * other, tangent: self.tangent * other }
    }
}

impl Div<f64> for Dual<f64> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: f64) -> Self {
        Self { value: self.value / other, tangent: self.tangent / other }
    }
}

impl<F: Number> AddAssign for Dual<F> {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<F: Number> MulAssign for Dual<F> {
    #[inline(always)]
    fn mul_assign(&mut self, other: Self) {
        *self = *self * other;
    }
}

impl<F: Number> Zero for Dual<F> {
    fn zero() -> Self {
        Self { value: F::zero(), tangent: F::zero() }
    }
    /// Of value and derivative.
    fn is_zero(&self) -> bool {
        self.value.is_zero() && self.tangent.is_zero()
    }
}

impl<F: Number> One for Dual<F> {
    fn one() -> Self {
        Self { value: F::one(), tangent: F::zero() }
    }
}

impl<F: Number> ScalarOperand for Dual<F> {}

impl<F: Number> Number for Dual<F> {
    #[inline(always)]
    fn of(value: f64) -> Self {
        Self { value: F::of(value), tangent: F::zero() }
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.value.to_f64()
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        let value = self.value.tanh();
        self.chain(value, F::one() - value * value)
    }
    #[inline(always)]
    fn erf(self) -> Self {
        self.chain(self.value.erf(), F::of(FRAC_2_SQRT_PI) * (F::zero() - self.value * self.value).exp())
    }
    #[inline(always)]
    fn erfc(self) -> Self {
        self.chain(self.value.erfc(), F::of(-FRAC_2_SQRT_PI) * (F::zero() - self.value * self.value).exp())
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let value = self.value.exp();
        self.chain(value, value)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        self.chain(value, if value == F::zero() { F::zero() } else { F::of(0.5) / value })
    }
    #[inline(always)]
    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }
    #[inline(always)]
    fn cos(self) -> Self {
        self.chain(self.value.cos(), F::zero() - self.value.sin())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        let (zero, one) = (F::zero(), F::one());
        let slope = if self.value > zero {
            one
        } else if self.value < zero {
            zero - one
        } else {
            zero
        };
        self.chain(self.value.abs(), slope)
    }
    #[inline(always)]
    fn powi(self, exponent: i32) -> Self {
        let slope = if exponent == 0 { F::zero() } else { F::of(f64::from(exponent)) * self.value.powi(exponent - 1) };
        self.chain(self.value.powi(exponent), slope)
    }
    #[inline(always)]
    fn apply(self, value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64) -> Self {
        let at = self.value.to_f64();
        self.chain(F::of(value(at)), F::of(slope(at)))
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        self.value.is_finite() && self.tangent.is_finite()
    }
}

impl Real for Dual<f64> {
    const DERIVATIVE: bool = true;
    const UNKNOWN: Self = Self { value: f64::NAN, tangent: f64::NAN };
    #[inline(always)]
    fn tangent(self) -> f64 {
        self.tangent
    }
    #[inline(always)]
    fn is_sign_positive(self) -> bool {
        self.value.is_sign_positive()
    }
    #[inline(always)]
    fn hypot(self, other: Self) -> Self {
        let value = self.value.hypot(other.value);
        // Shares, which do not overflow.
        let share = |part: f64| if value == 0.0 { 0.0 } else { part / value };
        let tangent = share(self.value) * self.tangent + share(other.value) * other.tangent;
        Self { value, tangent }
    }
    #[inline(always)]
    fn atan2(self, other: Self) -> Self {
        let length = self.value.hypot(other.value);
        let share = |part: f64| if length == 0.0 { 0.0 } else { part / length };
        let tangent = share(other.value) * (self.tangent / length) - share(self.value) * (other.tangent / length);
        Self { value: self.value.atan2(other.value), tangent: if length == 0.0 { 0.0 } else { tangent } }
    }
    #[inline(always)]
    fn exp_m1(self) -> Self {
        self.chain(self.value.exp_m1(), self.value.exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That `f` in duals is `f` and its derivative by central differences.
    fn check(name: &str, at: f64, f: impl Fn(Dual<f64>) -> Dual<f64>) {
        let real = |value: f64| f(Dual { value, tangent: 0.0 }).value;
        let got = f(Dual { value: at, tangent: -1.5 });
        let step = 1e-5;
        let difference = -1.5 * (real(at + step) - real(at - step)) / (2.0 * step);
        assert!(got.value == real(at), "{name} at {at}");
        let error = (got.tangent - difference).abs();
        assert!(error <= 1e-9 * (1.0 + difference.abs()), "{name} at {at}: {} {difference}", got.tangent);
    }

    #[test]
    fn every_function_has_its_derivative() {
        for at in [-2.3, -0.7, -0.01, 0.4, 1.1, 3.2] {
            let c = Dual { value: 0.8, tangent: 0.0 };
            check("+", at, |u| u + c);
            check("-", at, |u| c - u);
            check("×", at, |u| u * c * u);
            check("÷", at, |u| (u + c) / (c + u * u));
            check("+=", at, |mut u| {
                u += c;
                u *= u;
                u
            });
            check("tanh", at, |u| u.tanh());
            check("erf", at, |u| u.erf());
            check("erfc", at, |u| u.erfc());
            check("exp", at, |u| u.exp());
            check("√", at, |u| (u * u).sqrt());
            check("sin", at, |u| u.sin());
            check("cos", at, |u| u.cos());
            check("abs", at, |u| u.abs());
            for exponent in [0, 1, 2, 5] {
                check("power", at, |u| u.powi(exponent));
            }
            check("negative power", at.abs() + 1.0, |u| u.powi(-2));
            check("apply", at, |u| u.apply(|v| v.sinh(), |v| v.cosh()));
            check("negative", at, |u| -u);
            check("constants", at, |u| (u * 3.0 - 0.5 + 0.1) / 0.7);
            check("hypot", at, |u| u.hypot(c * u * u));
            check("atan2", at, |u| u.atan2(c - u));
            check("exp m1", at, |u| u.exp_m1());
            for sign in [1.0, -1.0] {
                let sign = Dual { value: sign, tangent: 0.0 };
                check("sign", at, |u| (u * u).copysign(sign) + u.copysign(sign) + u.signum());
                check("larger", at, |u| u.larger(sign * 0.5) * u.smaller(sign * 0.3));
            }
        }
    }

    #[test]
    fn comparisons_look_at_values() {
        let [a, b] = [1.0, 2.0].map(|tangent| Dual { value: 3.0, tangent });
        assert!(a == b && !(a < b) && Dual { value: 4.0, tangent: -9.0 } > b);
        assert!(Dual { value: f64::NAN, tangent: 0.0 } != Dual { value: f64::NAN, tangent: 0.0 });
        assert!(!Dual { value: 0.0, tangent: 1.0 }.is_zero() && Dual::<f64>::zero().is_zero());
        assert!(!Dual { value: 0.0, tangent: f64::NAN }.is_finite() && Dual { value: 0.0, tangent: 1.0 }.is_finite());
    }
}

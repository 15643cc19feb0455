//! Second moments of polynomials of Gaussian units, which [`Hermite`](crate::op::Hermite) and [`Monomial`](crate::op::Monomial) share.

use crate::number::Real;

/// The cross moment of normalised Hermite polynomials of a fixed variance `α`, at Gaussian units of any variance.
///
/// With `h_k(u) = α^{k/2} He_k(u/√α) / √k!` and `x = E u u'`, `y = (E u² - α)(E u'² - α)`:
/// `E h_k(u) h_k(u') = Σ_m x^{k-2m} y^m k! / ((k-2m)! m!² 4^m)`. At `α = 0` this is `E u^k u'^k / k!`.
pub(in crate::op) struct CrossMoment {
    /// `k! / ((k-2m)! m!² 4^m)` for `m = 0, 1, …, ⌊k/2⌋`.
    factors: Vec<f64>,
    odd: bool,
}

impl CrossMoment {
    pub fn new(degree: usize) -> Self {
        let mut factors = vec![1.0];
        let mut factor = 1.0;
        for m in 1..=degree / 2 {
            let left = (degree - 2 * m) as f64;
            factor *= (left + 2.0) * (left + 1.0) / (2 * m * 2 * m) as f64;
            factors.push(factor);
        }
        Self { factors, odd: degree % 2 == 1 }
    }

    /// The moment at `x` and `y`.
    pub fn at<E: Real>(&self, x: E, y: E) -> E {
        // Horner's rule in x², homogeneous in x² and y.
        let mut power = E::one();
        let mut sum = E::zero();
        for &factor in &self.factors {
            sum = sum * x * x + power * factor;
            power *= y;
        }
        if self.odd { sum * x } else { sum }
    }

    /// The gap of the moments of powers, whose quotient `Σ_m f_m r^{k-2m} / Σ_m f_m` holds nothing but the correlation.
    pub fn gap<E: Real>(&self, gap: E) -> E {
        // 1 - |r|^j, all of one sign: an odd power keeps the sign of r, an even one has none.
        let size = gap.abs();
        let (mut missing, mut whole) = (E::zero(), 0.0);
        for (j, factor) in self.factors.iter().rev().enumerate() {
            let power = 2 * j + usize::from(self.odd);
            if power > 0 {
                let lacks = |gap: f64| -(power as f64 * (-gap).ln_1p()).exp_m1();
                missing += size.apply(lacks, |gap| power as f64 * (1.0 - gap).powi(power as i32 - 1)) * *factor;
            }
            whole += factor;
        }
        let missing = missing / whole;
        if self.odd { missing.copysign(gap) } else { missing }
    }

    /// The mean at `excess = E u² - α`.
    pub fn mean<E: Real>(&self, excess: E) -> E {
        let m = self.factors.len() - 1;
        if self.odd { E::zero() } else { excess.powi(m as i32) * self.factors[m].sqrt() }
    }
}

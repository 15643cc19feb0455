//! Second moments of pairs of Gaussian units, and their angles.

use super::gap;

/// Second moments of a Gaussian pair `u, u'`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    /// `E u²`.
    pub q1: f64,
    /// `E u'²`.
    pub q2: f64,
    /// `√(q1 q2)`.
    pub scale: f64,
    /// `E u u' / scale`, within `[-1, 1]`; 0 where a unit is zero.
    pub r: f64,
    /// What `r` lacks to ±1: see [`gap`].
    pub gap: f64,
}

impl Moments {
    #[inline(always)]
    pub(super) fn new([q1, q2]: [f64; 2], [d1, d2]: [f64; 2], k: f64, gap: f64) -> Self {
        let scale = d1 * d2;
        if scale == 0.0 {
            // A zero vector is uncorrelated with everything; its moments are zero whatever r is.
            return Self { q1, q2, scale, r: 0.0, gap: 1.0 };
        }
        // The smaller of r and the gap has the digits.
        let r = if gap.abs() < 0.5 { (1.0 - gap.abs()).copysign(gap) } else { (k / scale).clamp(-1.0, 1.0) };
        Self { q1, q2, scale, r, gap }
    }

    /// Of a unit with itself.
    pub fn own(q: f64) -> Self {
        Self { q1: q, q2: q, scale: q, r: 1.0, gap: 0.0 }
    }

    /// Of units with these variances and this gap.
    pub fn of([q1, q2]: [f64; 2], gap: f64) -> Self {
        Self::new([q1, q2], [q1.sqrt(), q2.sqrt()], f64::NAN, gap).at_gap(gap.abs())
    }

    /// With another gap, towards the same end.
    fn at_gap(self, size: f64) -> Self {
        Self { r: (1.0 - size).copysign(self.gap), gap: size.copysign(self.gap), ..self }
    }

    /// Of the units times a factor above 0.
    pub fn scaled(self, factor: f64) -> Self {
        let square = factor * factor;
        Self { q1: square * self.q1, q2: square * self.q2, scale: square * self.scale, ..self }
    }

    /// `1 - r²`, without cancellation.
    pub fn square_gap(&self) -> f64 {
        let size = self.gap.abs();
        size * (2.0 - size)
    }

    /// Branch-free, so that loops over pairs are vectors.
    #[inline(always)]
    pub fn angle(&self) -> Angle {
        let z = self.gap.abs() / 2.0;
        let root = z.sqrt();
        let horner = |factors: &[f64]| factors.iter().rev().fold(0.0, |sum, factor| sum * z + factor);
        Angle { near: root * horner(&ANGLE), excess: root * z * horner(&EXCESS), acute: self.gap.is_sign_positive() }
    }

    /// The gap after a smooth activation from the slopes, `E φφ'(r = ±1) - E φφ' = √(qq') ∫ E φ̇φ̇' dr`, where the two units have the
    /// same variance and `r` is near ±1. `value` is `E φφ'` and `scale` gives its largest size.
    pub fn gap_by_slopes(
        &self,
        value: f64,
        scale: impl FnOnce() -> f64,
        slopes: impl Fn(Moments) -> f64,
    ) -> Option<f64> {
        let (size, apart) = (self.gap.abs(), (self.q1 - self.q2).abs());
        // Of unequal variances no correlation is one after the activation.
        let equal = apart <= 1e-8 * (self.q1 + self.q2);
        if !(equal && size * (1.0 + self.q1.max(self.q2)) <= 0.05) {
            return None;
        }
        let scale = scale();
        if !(scale > 0.0) {
            return None;
        }
        let quotient = gap::gap(value / scale);
        // Gauss-Legendre.
        let (near, far) = (0.861_136_311_594_052_6, 0.339_981_043_584_856_3);
        let (outer, inner) = (0.347_854_845_137_453_85, 0.652_145_154_862_546_1);
        let rule = [(-near, outer), (-far, inner), (far, inner), (near, outer)];
        let mean: f64 = rule.iter().map(|&(x, w)| w / 2.0 * slopes(self.at_gap(size * (1.0 + x) / 2.0))).sum();
        let change = self.scale * size * mean / scale;
        let change = if quotient.is_sign_positive() == self.gap.is_sign_positive() { change } else { -change };
        // Where the activation is neither odd nor even, opposite units are not opposite after it.
        ((change - quotient.abs()).abs() <= 1e-13).then(|| change.max(0.0).copysign(quotient))
    }
}

/// The angle of a pair of units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Angle {
    /// The angle to the nearer of parallel and opposite, in `[0, π/2]`.
    pub near: f64,
    /// `sin φ - φ cos φ` of that angle.
    pub excess: f64,
    /// That it is parallel.
    pub acute: bool,
}

/// What an activation makes of a pair of units.
pub(crate) struct After {
    /// `E φφ'`.
    pub value: f64,
    /// `Θ E φ̇φ̇'`.
    pub ntk: f64,
    /// The gap of `E φφ'`; `None` where nothing better is known than its quotient by `√(E φ² E φ'²)`.
    pub gap: Option<f64>,
}

/// `2 asin(√z) / √z` by powers of `z` up to 1/2: interpolation at Chebyshev points, within 2e-17 of it; made and compared in
/// 60 digits by `tests/exact/angle.py`.
#[rustfmt::skip]
const ANGLE: [f64; 19] = [
    2.0, 0.33333333333329973, 0.15000000000803632, 0.08928571352523,
    0.060763926793503654, 0.04474316955864071, 0.03472856287820705, 0.02760689179178396,
    0.026382005143507806, -0.005203075696599376, 0.15743222714004254, -0.5937410861379648,
    2.0164033301068374, -4.981761625245223, 9.284137819977687, -12.45859975079597,
    11.515881662629397, -6.557866313479624, 1.7785808735277375,
];

/// `(sin φ - φ cos φ) / z^{3/2}` with `φ = 2 asin(√z)`, in the same way, within 1e-17.
#[rustfmt::skip]
const EXCESS: [f64; 18] = [
    2.6666666666666665, 0.26666666666668143, 0.0857142857111221, 0.03968253995077448,
    0.022095947639427637, 0.013767805682029654, 0.009249048024860408, 0.006643093513241805,
    0.004226242976164667, 0.007915306613725855, -0.017704735518716593, 0.07840039475553413,
    -0.20794244601856987, 0.42909747522187885, -0.6245889328726089, 0.6269979801368656,
    -0.38489219072557274, 0.11366132592446036,
];

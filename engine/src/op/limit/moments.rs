//! Second moments of pairs of Gaussian units, and their angles.

use super::gap;
use crate::number::Real;

/// Second moments of a Gaussian pair `u, u'`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments<E> {
    /// `E u²`.
    pub q1: E,
    /// `E u'²`.
    pub q2: E,
    /// `√(q1 q2)`.
    pub scale: E,
    /// `E u u' / scale`, within `[-1, 1]`; 0 where a unit is zero.
    pub r: E,
    /// What `r` lacks to ±1: see [`gap`].
    pub gap: E,
}

impl<E: Real> Moments<E> {
    #[inline(always)]
    pub(super) fn new([q1, q2]: [E; 2], [d1, d2]: [E; 2], k: E, gap: E) -> Self {
        let scale = d1 * d2;
        if scale == E::zero() {
            // A zero vector is uncorrelated with everything; its moments are zero whatever r is. One that becomes another has a kink.
            let kink = if k.tangent() == 0.0 { E::zero() } else { E::UNKNOWN };
            return Self { q1, q2, scale, r: kink, gap: kink + 1.0 };
        }
        // The smaller of r and the gap has the digits.
        let r = if gap.abs() < E::of(0.5) {
            (E::one() - gap.abs()).copysign(gap)
        } else {
            (k / scale).larger(-E::one()).smaller(E::one())
        };
        Self { q1, q2, scale, r, gap }
    }

    /// Of a unit with itself.
    pub fn own(q: E) -> Self {
        Self { q1: q, q2: q, scale: q, r: E::one(), gap: E::zero() }
    }

    /// Of units with these variances and this gap.
    pub fn of([q1, q2]: [E; 2], gap: E) -> Self {
        Self::new([q1, q2], [q1.sqrt(), q2.sqrt()], E::of(f64::NAN), gap).at_gap(gap.abs())
    }

    /// With another gap, towards the same end.
    fn at_gap(self, size: E) -> Self {
        Self { r: (E::one() - size).copysign(self.gap), gap: size.copysign(self.gap), ..self }
    }

    /// Of the units times a factor above 0.
    pub fn scaled(self, factor: f64) -> Self {
        let square = factor * factor;
        Self { q1: self.q1 * square, q2: self.q2 * square, scale: self.scale * square, ..self }
    }

    /// `1 - r²`, without cancellation.
    pub fn square_gap(&self) -> E {
        let size = self.gap.abs();
        size * (-size + 2.0)
    }

    /// Branch-free, so that loops over pairs are vectors.
    #[inline(always)]
    pub fn angle(&self) -> Angle<E> {
        let z = self.gap.abs() / 2.0;
        let root = z.sqrt();
        let horner = |factors: &[f64]| factors.iter().rev().fold(E::zero(), |sum, &factor| sum * z + factor);
        Angle { near: root * horner(&ANGLE), excess: root * z * horner(&EXCESS), acute: self.gap.is_sign_positive() }
    }

    /// The gap after a smooth activation from the slopes, `E φφ'(r = ±1) - E φφ' = √(qq') ∫ E φ̇φ̇' dr`, where the two units have the
    /// same variance and `r` is near ±1. `value` is `E φφ'` and `scale` gives its largest size.
    pub fn gap_by_slopes(&self, value: E, scale: impl FnOnce() -> E, slopes: impl Fn(Moments<E>) -> E) -> Option<E> {
        let (size, apart) = (self.gap.abs(), (self.q1 - self.q2).abs());
        // Of unequal variances no correlation is one after the activation.
        let equal = apart <= (self.q1 + self.q2) * 1e-8;
        if !(equal && size * (self.q1.larger(self.q2) + 1.0) <= E::of(0.05)) {
            return None;
        }
        let scale = scale();
        if !(scale > E::zero()) {
            return None;
        }
        let quotient = gap::gap(value / scale);
        // Gauss-Legendre.
        let (near, far) = (0.861_136_311_594_052_6, 0.339_981_043_584_856_3);
        let (outer, inner) = (0.347_854_845_137_453_85, 0.652_145_154_862_546_1);
        let rule = [(-near, outer), (-far, inner), (far, inner), (near, outer)];
        let part = |(x, w): (f64, f64)| slopes(self.at_gap(size * ((1.0 + x) / 2.0))) * (w / 2.0);
        let mean = rule.into_iter().map(part).fold(E::zero(), |sum, part| sum + part);
        let change = self.scale * size * mean / scale;
        let change = if quotient.is_sign_positive() == self.gap.is_sign_positive() { change } else { -change };
        // Where the activation is neither odd nor even, opposite units are not opposite after it.
        ((change - quotient.abs()).abs() <= E::of(1e-13)).then(|| change.larger(E::zero()).copysign(quotient))
    }
}

/// The angle of a pair of units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Angle<E> {
    /// The angle to the nearer of parallel and opposite, in `[0, π/2]`.
    pub near: E,
    /// `sin φ - φ cos φ` of that angle.
    pub excess: E,
    /// That it is parallel.
    pub acute: bool,
}

/// What an activation makes of a pair of units.
pub(crate) struct After<E> {
    /// `E φφ'`.
    pub value: E,
    /// `Θ E φ̇φ̇'`.
    pub ntk: E,
    /// The gap of `E φφ'`; `None` where nothing better is known than its quotient by `√(E φ² E φ'²)`.
    pub gap: Option<E>,
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

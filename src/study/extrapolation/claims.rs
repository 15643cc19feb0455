//! Claims, and what is checked.

use super::ExtrapolationReport;
use super::facts::Facts;
use super::run::Learning;
use crate::study::frame::*;

impl ExtrapolationReport {
    /// The published claim in the words of this study, architecture by architecture, by kernel regression: the mean `R²` along rays is
    /// above 0.99 at the degree that theory gives, and not above it one degree lower.
    ///
    /// Not all of them hold. On rays that span a decade a parabola fits `s³` with `R² > 0.99` ([`Self::powers`]), so that 0.99 cannot tell
    /// degree 3 from degree 2. What does hold is in [`StudyReport::verdicts`], and there is the median of trained networks: their means change
    /// their side of 0.99 with the seed.
    pub fn claims(&self) -> Verdicts {
        let mut claims = Verdicts::new("extrapolation_claims");
        for name in self.names(Learning::Kernel) {
            let degree = self.theory(name).expect("every network comes with a degree");
            let mean = |d: usize| 1.0 - self.mean_unexplained(Learning::Kernel, name, d);
            let claim = |d: usize| format!("{name}, kernel: mean R² along rays of fits of degree {d}");
            claims.claim(claim(degree)).above(mean(degree), 0.99);
            if degree > 1 {
                claims.control(claim(degree - 1)).at_most(mean(degree - 1), 0.99);
            }
        }
        claims
    }

    /// See the report's [`verdicts`](StudyReport::verdicts).
    pub(super) fn judged(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("extrapolation");
        for name in self.names(Learning::Kernel) {
            let degree = self.theory(name).expect("every network comes with a degree");
            let left = |d: usize| self.mean_unexplained(Learning::Kernel, name, d);
            let claim = |d: usize| format!("{name}, kernel: mean R² along rays of fits of degree {d}");
            verdicts.claim(claim(degree)).above(1.0 - left(degree), 0.99);
            if degree == 1 {
                continue;
            }
            let lower = degree - 1;
            if self.power_left(degree).is_some_and(|left| left > 0.01) {
                verdicts.control(claim(lower)).at_most(1.0 - left(lower), 0.99);
            }
            let claim =
                format!("{name}, kernel: variance left by fits of degree {lower}, over that of degree {degree}");
            verdicts.claim(claim).above(left(lower) / left(degree), 10.0);
        }
        for name in self.names(Learning::Trained).filter(|name| self.has(Learning::Trained, name)) {
            let degree = self.theory(name).expect("every network comes with a degree");
            let median = 1.0 - self.median_unexplained(Learning::Trained, name, degree);
            verdicts
                .claim(format!("{name}, trained: median R² along rays of fits of degree {degree}"))
                .above(median, 0.99);
        }
        self.facts.verdicts(&mut verdicts);
        verdicts
    }
}

impl Facts {
    /// The exact facts as checks.
    pub fn verdicts(&self, verdicts: &mut Verdicts) {
        for d in &self.homogeneity {
            let claim = format!("{} without biases, {}: f(sv) = s^N f(v), relative deviation", d.network, d.what);
            verdicts.check(claim).at_most(d.value, 1e-10);
        }
        for d in &self.polynomial {
            let claim =
                format!("{} without biases, {}: f(64 v) from f(v), …, f(N v), relative deviation", d.network, d.what);
            verdicts.check(claim).at_most(d.value, 1e-10);
        }
        for s in &self.slopes {
            let claim = format!("{}, {}: |slope from 10⁴ to 2·10⁴ - {}|", s.network, s.target, s.degree);
            verdicts.check(claim).at_most((s.slope - s.degree as f64).abs(), 0.02);
        }
        let (error, parameters) = self.cubic;
        let claim = format!(
            "width 1, no activation, N = 3: {parameters} parameters hold the cubic, relative error on [-100, 100]"
        );
        verdicts.check(claim).at_most(error, 1e-10);
    }
}

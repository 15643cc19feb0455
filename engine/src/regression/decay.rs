//! How the modes of a kernel shrink in training by the squared error.

/// How a mode of the Hessian with eigenvalue `h = (2/n) λ` shrinks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decay {
    /// `(1 - η h)^t`.
    Descent { rate: f64 },
    /// `exp(-h t)`.
    Flow,
}

impl Decay {
    /// `r` with `|factor| = e^{-rt}`; infinite for a mode that one step removes.
    pub(super) fn rate(self, h: f64) -> f64 {
        match self {
            Decay::Flow => h,
            // ln(1 - x) keeps the digits of a slow mode that 1 - x would lose.
            Decay::Descent { rate } if rate * h <= 1.0 => -(-rate * h).ln_1p(),
            Decay::Descent { rate } => -(rate * h - 1.0).ln(),
        }
    }

    /// Whether the mode changes its sign from step to step.
    pub(super) fn alternates(self, h: f64) -> bool {
        matches!(self, Decay::Descent { rate } if rate * h > 1.0)
    }

    /// Factor of the residual after time `t ≥ 0`, which is whole for descent.
    pub(super) fn factor(self, h: f64, t: f64) -> f64 {
        // 0 · ∞ where one step removes all.
        let size = if t == 0.0 { 1.0 } else { (-self.rate(h) * t).exp() };
        if self.alternates(h) && t % 2.0 != 0.0 { -size } else { size }
    }

    /// `(1 - factor) / λ`: what a prediction takes from a mode of the kernel.
    pub(super) fn filter(self, lambda: f64, per_lambda: f64, t: f64) -> f64 {
        let h = per_lambda * lambda;
        let exponent = match self {
            Decay::Descent { rate } if rate * h >= 1.0 => return (1.0 - self.factor(h, t)) / lambda,
            Decay::Flow | Decay::Descent { .. } => -self.rate(h) * t,
        };
        if lambda == 0.0 {
            return match self {
                Decay::Flow => per_lambda * t,
                Decay::Descent { rate } => rate * per_lambda * t,
            };
        }
        -exponent.exp_m1() / lambda
    }
}

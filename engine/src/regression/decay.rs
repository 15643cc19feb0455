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
    /// Factor of the residual after time `t ≥ 0`, which is whole for descent.
    pub(super) fn factor(self, h: f64, t: f64) -> f64 {
        match self {
            Decay::Flow => (-h * t).exp(),
            Decay::Descent { rate } => {
                let step = rate * h;
                if step <= 1.0 {
                    // ln(1 - x) keeps the digits of a slow mode that 1 - x would lose.
                    if t == 0.0 { 1.0 } else { (t * (-step).ln_1p()).exp() }
                } else {
                    let sign = if t % 2.0 == 0.0 { 1.0 } else { -1.0 };
                    sign * (t * (step - 1.0).ln()).exp()
                }
            }
        }
    }

    /// `(1 - factor) / λ`: what a prediction takes from a mode of the kernel.
    pub(super) fn filter(self, lambda: f64, per_lambda: f64, t: f64) -> f64 {
        let h = per_lambda * lambda;
        let exponent = match self {
            Decay::Flow => -h * t,
            Decay::Descent { rate } if rate * h < 1.0 => t * (-rate * h).ln_1p(),
            Decay::Descent { .. } => return (1.0 - self.factor(h, t)) / lambda,
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

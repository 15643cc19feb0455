use super::{Optimiser, at_least, share};
use crate::error::{Error, Result};
use crate::linalg::each;
use crate::train::Training;
use ndarray::{Array2, Zip};

/// Stochastic gradient descent, with momentum and weight decay.
///
/// With the gradient `∇` of a batch, the rate `γ`, the momentum `μ` and the weight decay `λ`: `g = ∇ + λ θ`, `b ← μ b + g` with `b
/// = 0` at first, `θ ← θ - γ b`, with Nesterov's momentum `θ ← θ - γ (g + μ b)`. The relative rate of a parameter multiplies `γ`.
///
/// ## References
/// The formulas are those on the page of PyTorch's `torch.optim.SGD` (no dampening); Sutskever, Martens, Dahl and Hinton 2013.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    pub(super) rate: f64,
    pub(super) momentum: f64,
    nesterov: bool,
    weight_decay: f64,
}

impl From<Sgd> for Optimiser {
    fn from(sgd: Sgd) -> Self {
        Self::Sgd(sgd)
    }
}

impl Sgd {
    /// Descent at that learning rate, without momentum and weight decay.
    pub fn new(rate: f64) -> Self {
        Self { rate, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }

    /// Sets the momentum `μ`, at least 0 and below 1.
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Takes Nesterov's form of the momentum, which must not be 0 then.
    pub fn nesterov(self) -> Self {
        Self { nesterov: true, ..self }
    }

    /// Sets the weight decay `λ`, at least 0.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.momentum == 0.0 && self.weight_decay == 0.0
    }

    pub(super) fn check(&self) -> Result<()> {
        let place = "SGD";
        at_least(place, "the learning rate", self.rate, true)?;
        share(place, "the momentum", self.momentum)?;
        if self.nesterov && self.momentum == 0.0 {
            let (what, legal) = ("the momentum", "above 0 for Nesterov's form");
            return Err(Error::Range { place, what, value: self.momentum, legal });
        }
        at_least(place, "the weight decay", self.weight_decay, false)
    }

    /// One step of a parameter; `memory` holds `b` if there is a momentum.
    pub(in crate::train) fn step<F: Training>(
        &self,
        relative: f64,
        values: &mut Array2<F>,
        gradient: &Array2<F>,
        memory: &mut [Array2<F>],
    ) {
        let [rate, momentum, decay] = [self.rate * relative, self.momentum, self.weight_decay].map(F::of);
        match memory {
            [velocity] => each!(Zip::from(values).and(gradient).and(velocity), |value, &gradient, velocity| {
                let g = gradient + decay * *value;
                *velocity = momentum * *velocity + g;
                let along = if self.nesterov { g + momentum * *velocity } else { *velocity };
                *value = *value - rate * along;
            }),
            _ => each!(Zip::from(values).and(gradient), |value, &gradient| {
                *value = *value - rate * (gradient + decay * *value);
            }),
        }
    }
}

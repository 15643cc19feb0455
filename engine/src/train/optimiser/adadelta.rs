use super::{Optimiser, at_least, no_rates_of_descent, share};
use crate::error::Result;
use crate::linalg::each;
use crate::net::Network;
use crate::train::Training;
use ndarray::{Array2, Zip};

/// Adadelta, with weight decay in the gradient.
///
/// With the gradient `∇` of a batch, the rate `γ`, the decay `ρ = 0.9`, the weight decay `λ` and `ε = 1e-6`: `g = ∇ + λ θ`,
/// `v ← ρ v + (1 - ρ) g²`, `Δ = g √(u + ε) / √(v + ε)`, `u ← ρ u + (1 - ρ) Δ²`, `v` and `u` both 0 at first, `θ ← θ - γ Δ`. The relative
/// rate of a parameter multiplies `γ`; which networks are refused is as for [`Adam`](super::Adam).
///
/// ## References
/// Zeiler 2012, where `γ = 1`; the formulas are those on the page of PyTorch's `torch.optim.Adadelta`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adadelta {
    pub(super) rate: f64,
    decay: f64,
    epsilon: f64,
    weight_decay: f64,
}

impl From<Adadelta> for Optimiser {
    fn from(adadelta: Adadelta) -> Self {
        Self::Adadelta(adadelta)
    }
}

impl Adadelta {
    /// Adadelta at that learning rate, without weight decay.
    pub fn new(rate: f64) -> Self {
        Self { rate, decay: 0.9, epsilon: 1e-6, weight_decay: 0.0 }
    }

    /// Sets `ρ`, at least 0 and below 1.
    pub fn decay(self, decay: f64) -> Self {
        Self { decay, ..self }
    }

    /// Sets `ε`, above 0.
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets the weight decay `λ`, at least 0.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    pub(super) fn check<F: Training>(&self, network: &Network<F>) -> Result<()> {
        let place = "Adadelta";
        at_least(place, "the learning rate", self.rate, true)?;
        share(place, "ρ", self.decay)?;
        at_least(place, "ε", self.epsilon, true)?;
        at_least(place, "the weight decay", self.weight_decay, false)?;
        no_rates_of_descent(place, network)
    }

    /// One step of a parameter; `memory` holds `v` and `u`.
    pub(in crate::train) fn step<F: Training>(
        &self,
        relative: f64,
        values: &mut Array2<F>,
        gradient: &Array2<F>,
        memory: &mut [Array2<F>],
    ) {
        let [square, moved] = memory else { unreachable!("Adadelta remembers two arrays per parameter") };
        let [rho, rest] = [self.decay, 1.0 - self.decay].map(F::of);
        let [rate, decay, epsilon] = [self.rate * relative, self.weight_decay, self.epsilon].map(F::of);
        each!(Zip::from(values).and(gradient).and(square).and(moved), |value, &gradient, v, u| {
            let g = gradient + decay * *value;
            *v = rho * *v + rest * g * g;
            let step = g * (*u + epsilon).sqrt() / (*v + epsilon).sqrt();
            *u = rho * *u + rest * step * step;
            *value = *value - rate * step;
        });
    }
}

use super::{Optimiser, at_least, no_rates_of_descent, share};
use crate::error::Result;
use crate::linalg::each;
use crate::net::Network;
use crate::train::Training;
use ndarray::{Array2, Zip};

/// Adam, with weight decay in the gradient.
///
/// With the gradient `∇` of a batch, the rate `γ`, the decays `β_1 = 0.9` and `β_2 = 0.999`, the weight decay `λ` and `ε = 1e-8`:
/// `g = ∇ + λ θ`, `m ← β_1 m + (1 - β_1) g`, `v ← β_2 v + (1 - β_2) g²`, both 0 at first, and in step `t`, counted from 1,
/// `θ ← θ - γ (m / (1 - β_1^t)) / (√(v / (1 - β_2^t)) + ε)`.
///
/// The relative rate of a parameter multiplies `γ`. Those of the [maximal-update parametrisation](crate::op::Parametrisation::MuP) and of
/// [`Net::richness`](crate::net::Net::richness) are for gradient descent, and a network that has them is refused;
/// [`Net::learning_rates`](crate::net::Net::learning_rates) sets others.
///
/// ## References
/// Kingma and Ba 2015; the formulas are those on the page of PyTorch's `torch.optim.Adam` (`weight_decay` is added to the gradient
/// there too, other than in AdamW).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    pub(super) rate: f64,
    decays: [f64; 2],
    weight_decay: f64,
}

const EPSILON: f64 = 1e-8;

impl From<Adam> for Optimiser {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

impl Adam {
    /// Adam at that learning rate, without weight decay.
    pub fn new(rate: f64) -> Self {
        Self { rate, decays: [0.9, 0.999], weight_decay: 0.0 }
    }

    /// Sets `β_1` and `β_2`, both at least 0 and below 1.
    pub fn decays(self, first: f64, second: f64) -> Self {
        Self { decays: [first, second], ..self }
    }

    /// Sets the weight decay `λ`, at least 0.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    pub(super) fn check<F: Training>(&self, network: &Network<F>) -> Result<()> {
        let place = "Adam";
        at_least(place, "the learning rate", self.rate, true)?;
        share(place, "β_1", self.decays[0])?;
        share(place, "β_2", self.decays[1])?;
        at_least(place, "the weight decay", self.weight_decay, false)?;
        no_rates_of_descent(place, network)
    }

    /// The `t`-th step of a parameter; `memory` holds `m` and `v`.
    pub(in crate::train) fn step<F: Training>(
        &self,
        t: u64,
        relative: f64,
        values: &mut Array2<F>,
        gradient: &Array2<F>,
        memory: &mut [Array2<F>],
    ) {
        let [mean, square] = memory else { unreachable!("Adam remembers two arrays per parameter") };
        let exponent = i32::try_from(t).unwrap_or(i32::MAX);
        let [b1, b2] = self.decays;
        let [c1, c2] = self.decays.map(|b| F::of(1.0 - b.powi(exponent)));
        let [f1, f2] = self.decays.map(|b| F::of(1.0 - b));
        let [b1, b2, rate, decay, epsilon] = [b1, b2, self.rate * relative, self.weight_decay, EPSILON].map(F::of);
        each!(Zip::from(values).and(gradient).and(mean).and(square), |value, &gradient, m, v| {
            let g = gradient + decay * *value;
            *m = b1 * *m + f1 * g;
            *v = b2 * *v + f2 * g * g;
            *value = *value - rate * (*m / c1) / ((*v / c2).sqrt() + epsilon);
        });
    }
}

//! Penalties on the parameters.

use super::PLACE;
use crate::error::{Error, Result};
use crate::linalg::each;
use crate::net::Network;
use crate::op::Parameter;
use crate::train::Training;
use ndarray::{Array2, Zip};

/// A quadratic penalty `R(θ) = (λ/2) Σ_p w_p |θ_p - c_p|²` over the parameters `p` of a network, arrays of numbers: to zero, or to the
/// parameters at the start, with weights `w_p` of 1 unless set.
///
/// A penalty to zero with equal weights is the optimisers' weight decay `λ`, but is part of the [objective](super::Objective). Training a
/// [linearisation](crate::train::Linearised) by the squared error with a penalty to the start ends in kernel regression with the ridge `n λ/2`;
/// from a start that is drawn and with targets that are perturbed it draws from a Gaussian process's posterior (Matthews et al. 2017).
#[derive(Clone, PartialEq)]
pub struct Penalty {
    strength: f64,
    centre: Option<Vec<Array2<f64>>>,
    weights: Weights,
}

#[derive(Clone, PartialEq)]
enum Weights {
    Equal,
    Prior,
    Each(Vec<f64>),
}

impl Penalty {
    /// `(λ/2) Σ_p w_p |θ_p|²`, with `λ` at least 0.
    pub fn to_zero(strength: f64) -> Self {
        Self { strength, centre: None, weights: Weights::Equal }
    }

    /// `(λ/2) Σ_p w_p |θ_p - θ_p(0)|²`, where `θ(0)` are the parameters of a network as they are now.
    pub fn to_start<F: Training>(strength: f64, network: &Network<F>) -> Self {
        Self { centre: Some(F::any(network).parameters()), ..Self::to_zero(strength) }
    }

    /// Sets a weight for each parameter, in forward order, at least 0.
    pub fn weights(self, weights: &[f64]) -> Self {
        Self { weights: Weights::Each(weights.to_vec()), ..self }
    }

    /// Sets the weights to the precisions `1/σ_p²` of the parameters at initialisation: 1 in the NTK parametrisation, `in/σ_w²` and
    /// `1/σ_b²` in the standard one, so that the penalty is the same in both.
    pub fn prior_precision(self) -> Self {
        Self { weights: Weights::Prior, ..self }
    }

    fn weight<F>(&self, index: usize, parameter: &Parameter<F>) -> f64 {
        match &self.weights {
            Weights::Equal => 1.0,
            Weights::Prior => parameter.slot.deviation.powi(-2),
            Weights::Each(weights) => weights[index],
        }
    }

    pub(super) fn check<F: Training>(&self, parameters: &[&Parameter<F>]) -> Result<()> {
        let range = |what, value, legal| Err(Error::Range { place: PLACE, what, value, legal });
        let legal = |value: f64| value.is_finite() && value >= 0.0;
        if !legal(self.strength) {
            return range("the strength of the penalty", self.strength, "at least 0 and finite");
        }
        let size = |what, got| Err(Error::Size { place: PLACE, what, expected: parameters.len(), got });
        if let Weights::Each(weights) = &self.weights
            && weights.len() != parameters.len()
        {
            return size("weights of the penalty", weights.len());
        }
        for (index, parameter) in parameters.iter().enumerate() {
            let weight = self.weight(index, parameter);
            match self.weights {
                _ if legal(weight) => {}
                Weights::Prior => {
                    let (what, legal) = ("the deviation of a parameter at initialisation", "above 0; give weights");
                    return range(what, parameter.slot.deviation, legal);
                }
                _ => return range("a weight of the penalty", weight, "at least 0 and finite"),
            }
        }
        let Some(centre) = &self.centre else { return Ok(()) };
        if centre.len() != parameters.len() {
            return size("parameters of the start", centre.len());
        }
        for (centre, parameter) in centre.iter().zip(parameters) {
            let (expected, got) = (parameter.values.dim(), centre.dim());
            if expected != got {
                let what = "numbers in a parameter of the start, of the same shape";
                return Err(Error::Size { place: PLACE, what, expected: parameter.values.len(), got: centre.len() });
            }
            crate::error::check_finite("parameters of the start", centre)?;
        }
        Ok(())
    }

    /// `R`.
    pub(super) fn value<F: Training>(&self, parameters: &[&Parameter<F>]) -> f64 {
        let squares = parameters.iter().enumerate().map(|(index, parameter)| {
            let square = |sum: f64, value: f64| sum + value * value;
            let values = parameter.values.iter().map(|v| v.to_f64());
            let sum = match self.centre(index) {
                None => values.fold(0.0, square),
                Some(centre) => values.zip(centre).map(|(v, c)| v - c).fold(0.0, square),
            };
            self.weight(index, parameter) * sum
        });
        0.5 * self.strength * squares.sum::<f64>()
    }

    /// Adds `factor ∂R/∂θ`.
    pub(super) fn add_gradient<F: Training>(
        &self,
        parameters: &[&Parameter<F>],
        factor: f64,
        gradients: &mut [Array2<F>],
    ) {
        for (index, (parameter, gradient)) in parameters.iter().zip(gradients).enumerate() {
            let scale = F::of(factor * self.strength * self.weight(index, parameter));
            let sum = Zip::from(gradient).and(&parameter.values);
            match self.centre(index) {
                None => each!(sum, |g, &v| *g += scale * v),
                Some(centre) => each!(sum.and(centre), |g, &v, &c| *g += scale * (v - F::of(c))),
            }
        }
    }

    fn centre(&self, index: usize) -> Option<&Array2<f64>> {
        self.centre.as_ref().map(|centre| &centre[index])
    }

    /// Everything that it is, as words and arrays.
    pub(in crate::train) fn identity(&self) -> (String, &[Array2<f64>]) {
        let weights = match &self.weights {
            Weights::Equal => "1".into(),
            Weights::Prior => "prior precision".into(),
            Weights::Each(weights) => format!("{weights:?}"),
        };
        (format!("{:?}, weights {weights}", self.strength), self.centre.as_deref().unwrap_or_default())
    }
}

impl std::fmt::Debug for Penalty {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "penalty {:e} to {}", self.strength, if self.centre.is_some() { "the start" } else { "zero" })
    }
}

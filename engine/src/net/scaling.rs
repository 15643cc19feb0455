//! Scales that a user sets beside the parametrisation: of the output, of learning rates, of residual branches.

use super::Net;
use crate::checkpoint::Identity;
use crate::error::{Error, Result};
use crate::op::{Layer, Op, Parametrisation, Slot, scale, serial, sum};

/// What results depend on besides the tree and the parametrisation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scaling {
    /// `γ_0`.
    richness: f64,
    /// Per parameter, instead of those of the parametrisation.
    rates: Option<Vec<f64>>,
}

impl Default for Scaling {
    fn default() -> Self {
        Self { richness: 1.0, rates: None }
    }
}

impl Identity for Scaling {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        let Self { richness, rates } = self;
        richness.identify(write);
        rates.identify(write);
    }
}

impl Net {
    /// Sets the richness `γ_0` of training, positive: the output is divided by it and all learning rates are multiplied by `γ_0²`, so that
    /// the tangent kernel stays and features move `γ_0` times as far. The output is `w·h / γ`, the learning rates `η γ²`, with
    ///
    /// | parametrisation | `γ` | in training |
    /// |---|---|---|
    /// | [`Ntk`](Parametrisation::Ntk) | `γ_0` | features move by `γ_0/√m`: lazy at large width |
    /// | [`MuP`](Parametrisation::MuP) | `γ_0 √m` | features move by `γ_0` at any width |
    ///
    /// where `m` is the fan-in of the readout. `γ_0 = 1/√m_0` makes `MuP` that of a base width `m_0`: at `m = m_0` it is `Ntk`. The sharpness
    /// to be compared between widths is `γ²` times the largest eigenvalue of the loss's Hessian, its stability threshold `2/η`.
    ///
    /// The network must end in a dense layer.
    /// ## References
    /// Chizat, Oyallon and Bach 2019 (the scale of the output); Bordelon and Pehlevan 2022 (`γ_0`); Noci et al. 2024 (`γ` in both).
    pub fn richness(self, gamma: f64) -> Self {
        Self { scaling: Scaling { richness: gamma, ..self.scaling }, ..self }
    }

    /// Sets what multiplies the learning rate of each parameter, in forward order, at least 0, instead of what the parametrisation has. The
    /// tangent kernel at finite width carries them.
    ///
    /// Those of the maximal-update parametrisation without multipliers (initial variances `1/d`, `1/m`, `1/m²` of the first, hidden and last
    /// weights) and of the NTK parametrisation without multipliers (`1/d`, `1/m`, `1/m`), for `m` units and `d` inputs:
    ///
    /// | | first weight | hidden weights | last weight |
    /// |---|---|---|---|
    /// | maximal update, gradient descent | `m/d` | `1` | `1/m` |
    /// | maximal update, Adam | `1` | `1/m` | `1/m` |
    /// | NTK, gradient descent | `1/d` | `1/m` | `1/m` |
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let (d, m) = (5, 64);
    /// // The last σ_w makes the last variance 1/m².
    /// let layers = serial([hidden(), tanh(), hidden(), tanh(), Dense::new(1).sigma_w(1.0 / (m as f64).sqrt()).into()]);
    /// let net = network("maximal update", layers).width(m).input(d).parametrisation(Parametrisation::Standard);
    /// let net = net.learning_rates(&[m as f64 / d as f64, 1.0, 1.0 / m as f64]);
    /// assert_eq!(net.init(Seed(0))?.parameters()[1].slot().rate, 1.0);
    /// # Ok::<(), Error>(())
    /// ```
    /// ## References
    /// Yang and Hu 2021, Yang et al. 2022 (Table 3).
    pub fn learning_rates(self, rates: &[f64]) -> Self {
        Self { scaling: Scaling { rates: Some(rates.to_vec()), ..self.scaling }, ..self }
    }

    /// Multiplies the branches of residual blocks by `L^{-α}`, where `L` is how many blocks stand in a row: `h_{l+1} = h_l + L^{-α} z(h_l)`.
    /// A residual block is a [sum](crate::op::Sum) of branches with parameters and branches without; blocks inside of blocks, products and
    /// concatenations are left as they are. `α = 1/2` keeps outputs and kernels bounded at any depth, and with
    /// [`MuP`](Parametrisation::MuP) their motion in training too if a block has one layer; for blocks of more, `α = 1` has been proposed.
    /// [`residual_mlp`](super::residual_mlp) has the factor `1/√L` already.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let block = || residual(serial([tanh(), hidden()]));
    /// let net = network("residual", serial([hidden(), repeat(16, block()), tanh(), dense(1)])).depth_scaled(0.5)?;
    /// # assert!(net.width(8).input(3).to_string().contains("scale(0.2500)"));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] unless `α` is finite; [`Error::Unlike`] for a network without residual blocks in a row.
    /// ## References
    /// Hayou et al. 2021, Yang et al. 2023, Bordelon et al. 2023 (`1/2`); Dey et al. 2025 (`1`).
    pub fn depth_scaled(self, alpha: f64) -> Result<Self> {
        let place = "depth scaling";
        if !alpha.is_finite() {
            return Err(Error::Range { place, what: "the exponent", value: alpha, legal: "finite" });
        }
        match blocks(&self.layer) {
            0 => {
                let reason = "the network has no residual blocks in a row; build them with residual(…)";
                Err(Error::Unlike { place, reason })
            }
            depth => Ok(Self { layer: scaled(&self.layer, (depth as f64).powf(-alpha)), ..self }),
        }
    }

    /// True if learning rates of parameters are those that the user set.
    pub(crate) fn has_own_rates(&self) -> bool {
        self.scaling.rates.is_some()
    }

    /// `γ_0`.
    pub(crate) fn richness_of(&self) -> f64 {
        self.scaling.richness
    }

    /// Puts the scales into the parameters.
    ///
    /// # Errors
    /// [`Error::NoReadout`], [`Error::Range`], [`Error::Size`].
    pub(super) fn scale_slots(&self, slots: &mut [Slot]) -> Result<()> {
        let Scaling { richness, rates } = &self.scaling;
        if !(richness.is_finite() && *richness > 0.0) {
            let (place, what, legal) = ("network", "the richness", "positive and finite");
            return Err(Error::Range { place, what, value: *richness, legal });
        }
        let wide = self.parametrisation == Parametrisation::MuP;
        if wide || *richness != 1.0 {
            let readout = if wide { self.wide_readout() } else { self.readout() };
            let readout = readout.ok_or_else(|| Error::NoReadout { network: self.name.clone() })?;
            let first = slots.len() - readout.slot_count();
            let width = if wide { slots[first].dim.0 as f64 } else { 1.0 };
            slots[first..].iter_mut().for_each(|slot| slot.gain /= richness * width.sqrt());
            slots.iter_mut().for_each(|slot| slot.rate = richness * richness * width);
        }
        let Some(rates) = rates else { return Ok(()) };
        let place = "learning rates of parameters";
        if rates.len() != slots.len() {
            return Err(Error::Size { place, what: "rates, one for each", expected: slots.len(), got: rates.len() });
        }
        for (slot, &value) in slots.iter_mut().zip(rates) {
            if !(value.is_finite() && value >= 0.0) {
                return Err(Error::Range { place, what: "a rate", value, legal: "at least 0 and finite" });
            }
            slot.rate = value;
        }
        Ok(())
    }
}

/// A sum of branches with parameters and branches without.
fn is_residual(layer: &Layer) -> bool {
    let with = |wanted: bool| layer.children().iter().any(|branch| (branch.slot_count() > 0) == wanted);
    matches!(layer, Layer::Sum(_)) && with(true) && with(false)
}

/// Residual blocks in a row.
fn blocks(layer: &Layer) -> usize {
    match layer {
        Layer::Serial(_) => layer.children().iter().map(blocks).sum(),
        _ => usize::from(is_residual(layer)),
    }
}

/// The tree with a factor behind the branches of its residual blocks in a row.
fn scaled(layer: &Layer, factor: f64) -> Layer {
    match layer {
        Layer::Serial(_) => serial(layer.children().iter().map(|layer| scaled(layer, factor)).collect::<Vec<_>>()),
        _ if is_residual(layer) => {
            let branch = |branch: &Layer| match branch.slot_count() {
                0 => branch.clone(),
                _ => serial([branch.clone(), scale(factor)]),
            };
            sum(layer.children().iter().map(branch).collect::<Vec<_>>())
        }
        other => other.clone(),
    }
}

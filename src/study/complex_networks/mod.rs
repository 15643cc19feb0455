//! Which complex networks are real ones in disguise.

mod report;
mod trained;
mod width_law;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use trained::Trained;
use width_law::{BetweenParts, Distances, Jumping};

define_study! {
    /// Complex networks under real-valued backpropagation, and the real networks that they tend to, after Tan, Xie, Jiang and Zhou (2022).
    ///
    /// Their theorem, of which no more than the abstract could be read here: with real and imaginary parts trained as real parameters,
    /// wide complex networks of most activations are ordinary real networks. Derived and measured are
    ///
    /// - **kernels by width**: of complex networks against the limit of their real counterparts. Activations of both parts (split) have the
    ///   real network of the same activation on `[Re x; Im x]`, at complex inputs too; amplitude-phase activations have, on real inputs, the
    ///   real activation whose Hermite coefficients are the Laguerre coefficients of the radius function;
    /// - **zReLU**, which jumps: its kernel is not that of the real network that has the same covariances;
    /// - **the block between real and imaginary parts of the outputs**, zero on real inputs and not on complex ones: what is left of the
    ///   complex numbers, which no loss of real outputs sees;
    /// - **training**: the outputs of trained networks against gradient descent in the real limit.
    ///
    /// Points are uniform on the sphere of radius `√columns`, so that units have variance 1.
    ///
    /// Built by [`complex_networks`].
    pub struct ComplexNetworks => ComplexNetworksReport, "complex_networks", "complex networks";
    /// The study of split ReLU, split tanh and modReLU, at widths up to 2048.
    pub fn complex_networks;
    settings {
        /// The complex networks, with their inputs set.
        list networks: Net = [split("split ReLU", relu()), split("split tanh", tanh()), amplitude_phase(mod_relu(THRESHOLD))],
            digest "complex networks";
        /// Their real counterparts, in the same order; they read the same columns.
        list counterparts: Net = [real("ReLU", relu(), 2 * FEATURES), real("tanh", tanh(), 2 * FEATURES), real_mod_relu()],
            digest "real networks";
        /// Widths, rising, three or more.
        list widths: usize = [64, 128, 256, 512, 1024, 2048], with "list of widths";
        /// Networks of each width, two or more.
        value draws: usize = 10, with "number of networks";
        /// Points of the kernels.
        value points: usize = 20, with "number of points";
        /// Depths of the networks whose parts are compared.
        list depths: usize = [1, 2], with "list of depths";
        /// Widths of the networks that are trained, rising.
        list trained_widths: usize = [64, 256, 1024], with "list of trained widths";
        /// Networks of each of these widths.
        value trained_draws: usize = 5, with "number of trained networks";
        /// Steps of full batches.
        value steps: u64 = 300, with "number of steps";
    }
    trial { widths: vec![8, 16, 32], draws: 2, points: 4, depths: vec![1], trained_widths: vec![8, 16], trained_draws: 2, steps: 5 }
    quick {
        /// A run of half a minute: five trained networks of widths up to 512.
        trained_widths: vec![64, 128, 256, 512], steps: 200
    }
    paper {
        /// Ten trained networks of widths up to 2048, 1000 steps.
        draws: 20, trained_widths: vec![64, 128, 256, 512, 1024, 2048], trained_draws: 10, steps: 1000
    }
}

/// Complex features of the inputs.
const FEATURES: usize = 3;
/// The threshold of modReLU.
const THRESHOLD: f64 = -0.3;
/// Degree of its real counterpart, the highest there is. A kink's slope has more: 3e-3 of the tangent kernel, nearly all of it on the diagonal.
const DEGREE: usize = 63;

/// Two hidden layers with an activation on both parts, of complex inputs.
fn split(name: &str, activation: Layer) -> Net {
    let layers = [complex_hidden(), activation.clone(), complex_hidden(), activation, complex_dense(1), real_part()];
    network(name, serial(layers)).complex_input(FEATURES)
}

/// One hidden layer of real inputs.
fn amplitude_phase(activation: Layer) -> Net {
    let name = "modReLU";
    network(name, serial([to_complex(), complex_hidden(), activation, complex_dense(1), real_part()])).input(FEATURES)
}

/// Two real hidden layers.
fn real(name: &str, activation: Layer, inputs: usize) -> Net {
    network(name, serial([hidden(), activation.clone(), hidden(), activation, dense(1)])).input(inputs)
}

/// One hidden layer of the activation with modReLU's coefficients. The readout has half the variance: `E (Re φ)² = E|φ|²/2`.
fn real_mod_relu() -> Net {
    let activation = Radial::mod_relu(THRESHOLD).counterpart(DEGREE).expect("a threshold below 0, its kink named");
    let readout = Dense::new(1).sigma_w(0.5f64.sqrt());
    network("its real counterpart", serial((hidden(), activation, readout))).input(FEATURES)
}

impl Study for ComplexNetworks {
    type Report = ComplexNetworksReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires()
            .some(&self.networks)?
            .some(&self.depths)?
            .some(&self.trained_widths)?
            .distinct(self.networks.iter().map(Net::name))?
            .rising("a width", &self.widths)?
            .rising("a trained width", &self.trained_widths)?
            .at_least_one("a depth", self.depths.iter().copied().min().unwrap_or(0))?
            .at_least_one("the number of points, less 1,", self.points.saturating_sub(1))?
            .at_least_one("the number of steps", self.steps as usize)?
            .at_least_one("the number of widths, less 2,", self.widths.len().saturating_sub(2))?
            .at_least_one("the number of networks, less 1,", self.draws.saturating_sub(1))?
            .at_least_one("the number of trained networks, less 1,", self.trained_draws.saturating_sub(1))?;
        let (complex, real) = (self.networks.len(), self.counterparts.len());
        requires.that(complex == real, "the number of real networks", real as f64, "that of the complex ones")?;
        for (net, other) in self.networks.iter().zip(&self.counterparts) {
            let width = self.widths[0];
            for net in [net, other] {
                net.clone().width(width).parameter_count()?;
            }
        }
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        let kernels = self.networks.len() * self.widths.len();
        let trained = self.networks.len() * self.trained_widths.len();
        ("measurements", kernels + trained + self.depths.len() + self.widths.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<ComplexNetworksReport> {
        let seed = run.seed();
        let each = |count: usize, widths: &[usize]| -> Vec<(usize, usize)> {
            (0..count).flat_map(|net| widths.iter().map(move |&width| (net, width))).collect()
        };
        let distances = run.each("kernel", each(self.networks.len(), &self.widths), |(net, width)| {
            let nets = [&self.networks[net], &self.counterparts[net]];
            Distances::measure(nets, (width, self.draws, self.points), seed.child(net as u64))
        })?;
        let jumping = run.each("zReLU", self.widths.clone(), |width| {
            Jumping::measure((width, self.draws, self.points), FEATURES, seed.child(100))
        })?;
        let between = run.each("parts", self.depths.clone(), |depth| {
            BetweenParts::measure(depth, (self.widths[self.widths.len() - 1], self.draws, self.points), seed.child(200))
        })?;
        let trained = run.each("training", each(self.networks.len(), &self.trained_widths), |(net, width)| {
            let nets = [&self.networks[net], &self.counterparts[net]];
            Trained::measure(nets, (width, self.trained_draws, self.steps), seed.child(300 + net as u64))
        })?;
        Ok(ComplexNetworksReport { settings: self.clone(), distances, jumping, between, trained })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct ComplexNetworksReport {
    settings: ComplexNetworks,
    /// By network and width.
    distances: Vec<Distances>,
    /// By width.
    jumping: Vec<Jumping>,
    /// By depth.
    between: Vec<BetweenParts>,
    /// By network and width.
    trained: Vec<Trained>,
}

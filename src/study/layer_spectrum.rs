//! Which layers carry the high frequencies.

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;

/// Rounding noise of a Mercer coefficient as a share of the largest: of less, shares would be noise.
const NOISE: f64 = 1e-14;

define_study! {
    /// Which layers carry the high frequencies: Mercer coefficients of every parameter's share of the limit NTK.
    ///
    /// The NTK is a sum over parameters; the share of one of them is the kernel of a network of which it alone is trained
    /// ([`Net::limit_kernel_by_layer`]). So the share of `μ_k` that a layer has is how much of the speed at frequency `k` is due to it.
    /// Nothing is drawn: the seed does not count.
    ///
    /// Built by [`layer_spectrum`].
    pub struct LayerSpectrum => LayerSpectrumReport, "layer_spectrum", "layer spectrum";
    /// The study in 10 dimensions with frequencies 1, 2, 4, 6, 8, 10, 12: even ones, because a ReLU network with one hidden layer has no odd
    /// ones above 1.
    pub fn layer_spectrum;
    settings {
        /// The networks.
        list networks: Net = [mlp(1), mlp(3), residual_mlp(3), pnn(3), pnn(9), ccp(3), ccp(9)], digest "networks";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// The frequencies.
        list frequencies: usize = [1, 2, 4, 6, 8, 10, 12], with "list of frequencies";
    }
    trial { networks: vec![mlp(1), pnn(3)], frequencies: vec![1, 2, 4] }
}

impl Study for LayerSpectrum {
    type Report = LayerSpectrumReport;
    const SEEDED: bool = false;

    fn check(&self) -> Result<()> {
        let names = self.networks.iter().map(Net::name);
        Self::requires().some(&self.networks)?.some(&self.frequencies)?.distinct(names)?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.networks.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<LayerSpectrumReport> {
        let count = self.frequencies.len();
        let found = run.each("network", &self.networks, |net| {
            let layers = mercer_coefficients_by_layer(net, self.dimension, &self.frequencies)?;
            let sums: Vec<f64> = (0..count).map(|k| layers.iter().map(|(_, mu)| mu[k]).sum()).collect();
            let floor = NOISE * sums.iter().fold(0.0, |m: f64, v| m.max(*v));
            if let Some((k, &value)) = self.frequencies.iter().zip(&sums).find(|(_, sum)| !(**sum > floor)) {
                let what = "the Mercer coefficient";
                return Err(Error::TooSmall { place: Self::TITLE, what, index: *k, value, floor });
            }
            let share = |mu: Vec<f64>| mu.iter().zip(&sums).map(|(m, sum)| m / sum).collect();
            Ok(layers.into_iter().map(|(name, mu)| (name, share(mu))).collect::<Shares>())
        })?;
        let names = self.networks.iter().map(|net| net.name().to_string());
        Ok(LayerSpectrumReport { frequencies: self.frequencies.clone(), networks: names.zip(found).collect() })
    }
}

/// Shares of one network's Mercer coefficients: name of the parameter, share by frequency.
type Shares = Vec<(String, Vec<f64>)>;

/// What the study found.
#[derive(Clone)]
pub struct LayerSpectrumReport {
    frequencies: Vec<usize>,
    networks: Vec<(String, Shares)>,
}

impl LayerSpectrumReport {
    /// The share that a network's parameter, by its number in forward order, has of the Mercer coefficient at a frequency.
    pub fn share(&self, network: &str, parameter: usize, frequency: usize) -> Option<f64> {
        let k = self.frequencies.iter().position(|&f| f == frequency)?;
        Some(self.networks.iter().find(|(name, _)| name == network)?.1.get(parameter)?.1[k])
    }

    /// The same of the last parameter, the readout of the named architectures.
    pub fn readout(&self, network: &str, frequency: usize) -> Option<f64> {
        let count = self.networks.iter().find(|(name, _)| name == network)?.1.len();
        self.share(network, count.checked_sub(1)?, frequency)
    }
}

impl StudyReport for LayerSpectrumReport {
    /// Per network and parameter the share of `μ_k`, a column per frequency.
    fn table(&self) -> Result<DataFrame> {
        frame(
            self.networks.iter().flat_map(|(net, shares)| shares.iter().map(move |(name, shares)| (net, name, shares))),
        )
        .text("network", |r| r.0)
        .text("parameter", |r| r.1)
        .numbers(0..self.frequencies.len(), |k| format!("k = {}", self.frequencies[k]), |r, k| r.2[k])
        .table()
    }

    /// Share of `μ_k` against `k`, a panel per network (at most eight), a line per parameter.
    fn figure(&self) -> Figure {
        let panel = |(net, shares): &(String, Shares)| {
            let last = shares.len().saturating_sub(1);
            shares.iter().enumerate().fold(line_chart(net), |chart, (index, (_, shares))| {
                let points = self.frequencies.iter().zip(shares).map(|(&k, &s)| (k as f64, s));
                // The readout has the same colour everywhere.
                match index == last {
                    true => chart.dashed("readout", points).colour(0),
                    false => chart.markers(format!("W_{}", index + 1), points).colour(index + 1),
                }
            })
        };
        let title = "Which layers carry a frequency: shares of the Mercer coefficient";
        let (x, y) = (Scale::linear("frequency k"), Scale::linear("share of μ<sub>k</sub>"));
        panels(title, self.networks.iter().map(panel), 3, x, y)
    }

    /// That the readout has a smaller share of the highest frequency than of the lowest, network by network.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("layer_spectrum");
        let lowest = self.frequencies.iter().copied().min().expect("a list without frequencies is refused");
        let highest = self.frequencies.iter().copied().max().expect("a list without frequencies is refused");
        for (net, _) in &self.networks {
            let share = |k| self.readout(net, k).unwrap_or(f64::NAN);
            let claim = format!("{net}: readout's share of μ at k = {highest} is at most that at k = {lowest}");
            verdicts.claim(claim).at_most(share(highest), share(lowest));
        }
        verdicts
    }
}

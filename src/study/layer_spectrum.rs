//! Which layers carry the high frequencies.

use super::Verdicts;
use crate::error::{Error, Result};
use crate::net::{Net, ccp, mlp, pnn, residual_mlp};
use crate::progress::Progress;
use crate::spectrum::mercer_coefficients_by_layer;
use crate::view::{Figure, Line, Panel, Report, Scale, panels};
use polars::prelude::{DataFrame, df};

/// Rounding noise of a Mercer coefficient as a share of the largest: of less, shares would be noise.
const NOISE: f64 = 1e-14;

/// Which layers carry the high frequencies: Mercer coefficients of every parameter's share of the limit NTK.
///
/// The NTK is a sum over parameters; the share of one of them is the kernel of a network of which it alone is trained
/// ([`Net::limit_kernel_by_layer`]). So the share of `μ_k` that a layer has is how much of the speed at frequency `k` is due to it.
///
/// Built by [`layer_spectrum`].
#[derive(Clone)]
pub struct LayerSpectrum {
    networks: Vec<Net>,
    dimension: usize,
    frequencies: Vec<usize>,
    quiet: bool,
}

/// The study in 10 dimensions with frequencies 1, 2, 4, 6, 8, 10, 12: even ones, because a ReLU network with one hidden layer has no odd
/// ones above 1.
pub fn layer_spectrum() -> LayerSpectrum {
    LayerSpectrum {
        networks: vec![mlp(1), mlp(3), residual_mlp(3), pnn(3), pnn(9), ccp(3), ccp(9)],
        dimension: 10,
        frequencies: vec![1, 2, 4, 6, 8, 10, 12],
        quiet: false,
    }
}

impl LayerSpectrum {
    /// The networks.
    pub fn networks(self, networks: impl IntoIterator<Item = Net>) -> Self {
        Self { networks: networks.into_iter().collect(), ..self }
    }

    /// The dimension `d` of the inputs, at least 3. Default 10.
    pub fn dimension(self, d: usize) -> Self {
        Self { dimension: d, ..self }
    }

    /// The frequencies.
    pub fn frequencies(self, frequencies: impl IntoIterator<Item = usize>) -> Self {
        Self { frequencies: frequencies.into_iter().collect(), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Measures every network, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::NoRows`] without networks or frequencies; [`Error::TooSmall`] for a coefficient that vanishes to rounding, as at odd
    /// frequencies above 1 of a ReLU network with one hidden layer; as for [`mercer_coefficients_by_layer`].
    pub fn run(&self) -> Result<LayerSpectrumReport> {
        if self.networks.is_empty() || self.frequencies.is_empty() {
            return Err(Error::NoRows { place: "layer spectrum" });
        }
        Progress::unless(self.quiet).during(|| self.measure())
    }

    fn measure(&self) -> Result<LayerSpectrumReport> {
        let task = Progress::current().task("layer spectrum", "networks", self.networks.len() as u64);
        let mut networks = Vec::new();
        for net in &self.networks {
            let layers = mercer_coefficients_by_layer(net, self.dimension, &self.frequencies)?;
            let sums: Vec<f64> =
                (0..self.frequencies.len()).map(|k| layers.iter().map(|(_, mu)| mu[k]).sum()).collect();
            let floor = NOISE * sums.iter().fold(0.0, |m: f64, v| m.max(*v));
            if let Some((k, &value)) = self.frequencies.iter().zip(&sums).find(|(_, sum)| !(**sum > floor)) {
                let (place, what) = ("layer spectrum", "the Mercer coefficient");
                return Err(Error::TooSmall { place, what, index: *k, value, floor });
            }
            let shares = layers
                .into_iter()
                .map(|(name, mu)| (name, mu.iter().zip(&sums).map(|(m, sum)| m / sum).collect()))
                .collect();
            networks.push((net.name().to_string(), shares));
            task.advance(1);
        }
        Ok(LayerSpectrumReport { frequencies: self.frequencies.clone(), networks })
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

    /// Per network and parameter the share of `μ_k`, a column per frequency.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let rows = || self.networks.iter().flat_map(|(net, shares)| shares.iter().map(move |s| (net, s)));
        let mut frame = df!(
            "network" => rows().map(|(net, _)| net.as_str()).collect::<Vec<_>>(),
            "parameter" => rows().map(|(_, share)| share.0.as_str()).collect::<Vec<_>>(),
        )?;
        for (index, k) in self.frequencies.iter().enumerate() {
            let values: Vec<f64> = rows().map(|(_, share)| share.1[index]).collect();
            frame.with_column(polars::prelude::Column::new(format!("k = {k}").as_str().into(), values))?;
        }
        Ok(frame)
    }

    /// Share of `μ_k` against `k`, a panel per network (at most eight), a line per parameter.
    pub fn figure(&self) -> Figure {
        let panel = |(net, shares): &(String, Shares)| {
            let last = shares.len().saturating_sub(1);
            let lines = shares.iter().enumerate().map(|(index, (_, shares))| Line {
                name: if index == last { "readout".into() } else { format!("W_{}", index + 1) },
                // The readout has the same colour everywhere.
                colour: if index == last { 0 } else { index + 1 },
                dashed: index == last,
                markers: true,
                points: self.frequencies.iter().zip(shares).map(|(&k, &s)| (k as f64, s)).collect(),
            });
            Panel { title: net.clone(), lines: lines.collect() }
        };
        let shown: Vec<Panel> = self.networks.iter().map(panel).collect();
        let title = "Which layers carry a frequency: shares of the Mercer coefficient";
        panels(title, &shown, 3, Scale::linear("frequency k"), Scale::linear("share of μ<sub>k</sub>"))
    }

    /// That the readout has a smaller share of the highest frequency than of the lowest, network by network.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("layer_spectrum");
        let (lowest, highest) = (self.frequencies.iter().min(), self.frequencies.iter().max());
        let (lowest, highest) = (lowest.copied().unwrap_or(0), highest.copied().unwrap_or(0));
        for (net, _) in &self.networks {
            let share = |k| self.readout(net, k).unwrap_or(f64::NAN);
            let claim = format!("{net}: readout's share of μ at k = {highest} is at most that at k = {lowest}");
            verdicts.at_most(claim, share(highest), share(lowest));
        }
        verdicts
    }

    /// Table, chart and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        Ok(Report::new().figure(self.figure()).table(self.table()?).table(self.verdicts().frame()?))
    }
}

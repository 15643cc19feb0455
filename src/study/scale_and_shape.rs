//! Speed of learning, taken apart.

use super::half_life::half_lives;
use super::random_harmonics::{DIRECTIONS, random_harmonics};
use super::{Verdicts, verdict::largest};
use crate::data::{GegenbauerIndex, Seed, sphere};
use crate::error::{Error, Result};
use crate::net::{Net, ccp, mlp, pnn};
use crate::progress::Progress;
use crate::spectrum::learnability;
use crate::view::{Figure, Line, Panel, Report, Scale, panels};
use polars::prelude::{DataFrame, df};

/// Why one network learns a frequency faster than another: the scale of its kernel, its shape, and the points.
///
/// Gradient flow with a constant kernel halves the residual along a harmonic of degree `k` in a time that is measured here on `n` points
/// of the sphere, one harmonic at a time. How much faster than the baseline that is, is taken apart:
///
/// - **scale**: the ratio of the largest eigenvalues, which a larger learning rate would give as well;
/// - **shape**: what is left of the gain at the same share of the largest stable learning rate.
///
/// The Mercer coefficients `μ_k` say what the shape is for infinitely many points. On `n` points a harmonic that they do not resolve
/// is learned at the speed of what they all share, `κ` of [`learnability`], so that the prediction is `(μ_k + κ)` in place of `μ_k`.
///
/// Built by [`scale_and_shape`].
#[derive(Clone)]
pub struct ScaleAndShape {
    networks: Vec<Net>,
    dimension: usize,
    points: usize,
    frequencies: Vec<usize>,
    seed: Seed,
    quiet: bool,
}

/// The study of the anchor paper's networks on 1000 points in 10 dimensions, frequencies 1 to 5, 8 and 12.
pub fn scale_and_shape() -> ScaleAndShape {
    ScaleAndShape {
        networks: vec![mlp(1), ccp(3), ccp(6), ccp(9), pnn(3), pnn(6), pnn(9)],
        dimension: 10,
        points: 1000,
        frequencies: vec![1, 2, 3, 4, 5, 8, 12],
        seed: Seed(0),
        quiet: false,
    }
}

impl ScaleAndShape {
    /// Four networks of the seven.
    pub fn quick(self) -> Self {
        Self { networks: vec![mlp(1), ccp(3), ccp(9), pnn(3), pnn(9)], ..self }
    }

    /// The networks; the first is the baseline.
    pub fn networks(self, networks: impl IntoIterator<Item = Net>) -> Self {
        Self { networks: networks.into_iter().collect(), ..self }
    }

    /// The dimension `d` of the inputs, at least 3. Default 10.
    pub fn dimension(self, d: usize) -> Self {
        Self { dimension: d, ..self }
    }

    /// The number of points. Default 1000.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The frequencies. Default 1 to 5, 8 and 12.
    pub fn frequencies(self, frequencies: impl IntoIterator<Item = usize>) -> Self {
        Self { frequencies: frequencies.into_iter().collect(), ..self }
    }

    /// The seed of points and harmonics.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Measures every network, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::NoRows`] for fewer than two networks; whatever is wrong with the frequencies, the dimension, or a network without a
    /// limit kernel.
    pub fn run(&self) -> Result<ScaleAndShapeReport> {
        if self.networks.len() < 2 {
            return Err(Error::NoRows { place: "scale and shape" });
        }
        Progress::unless(self.quiet).during(|| self.measure())
    }

    fn measure(&self) -> Result<ScaleAndShapeReport> {
        let x = sphere(self.points, self.dimension, self.seed.child(0))?;
        let index = GegenbauerIndex::Harmonic;
        let directions = random_harmonics(&self.frequencies, index, &x, self.seed.child(1))?;
        let task = Progress::current().task("scale and shape", "networks", self.networks.len() as u64);
        let mut speeds = Vec::new();
        for net in &self.networks {
            let found = half_lives(net.limit_kernel(&x)?.ntk(), &directions)?;
            let theory = learnability(net, self.dimension, self.points)?;
            let count = self.frequencies.len();
            let speed = |k: usize| {
                let logs = (0..DIRECTIONS).map(|direction| found.times[direction * count + k].ln());
                2f64.ln() / (logs.sum::<f64>() / DIRECTIONS as f64).exp()
            };
            let coefficient = |&k: &usize| theory.coefficients.get(k).copied().unwrap_or(0.0);
            speeds.push(Speeds {
                network: net.name().into(),
                top: found.top,
                measured: (0..count).map(speed).collect(),
                mercer: self.frequencies.iter().map(|k| 2.0 * coefficient(k)).collect(),
                resolved: self.frequencies.iter().map(|k| 2.0 * (coefficient(k) + theory.threshold)).collect(),
            });
            task.advance(1);
        }
        Ok(ScaleAndShapeReport { frequencies: self.frequencies.clone(), speeds })
    }
}

/// Rates of decay of one network, per unit of steps times learning rate, by frequency.
#[derive(Clone, Debug)]
struct Speeds {
    network: String,
    /// The largest.
    top: f64,
    /// `ln 2` over the half-life, geometric mean over directions.
    measured: Vec<f64>,
    /// `2 μ_k`.
    mercer: Vec<f64>,
    /// `2 (μ_k + κ)`.
    resolved: Vec<f64>,
}

/// What the study found.
#[derive(Clone)]
pub struct ScaleAndShapeReport {
    frequencies: Vec<usize>,
    /// The baseline first.
    speeds: Vec<Speeds>,
}

/// How much faster than the baseline a network learns a frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeedGain {
    /// At the same learning rate, measured.
    pub total: f64,
    /// Ratio of the largest eigenvalues.
    pub scale: f64,
    /// At the same share of the largest stable rate, measured: `total / scale`.
    pub shape: f64,
    /// The same as the Mercer coefficients have it; infinite where the baseline's coefficient is zero.
    pub mercer: f64,
    /// The same with `κ` of the points added to both coefficients.
    pub predicted: f64,
}

impl ScaleAndShapeReport {
    /// The gain of a network over the baseline at a frequency; `None` if either is not in the study.
    pub fn gain(&self, network: &str, frequency: usize) -> Option<SpeedGain> {
        let k = self.frequencies.iter().position(|&f| f == frequency)?;
        let (base, own) = (&self.speeds[0], self.speeds.iter().find(|s| s.network == network)?);
        let scale = own.top / base.top;
        let total = own.measured[k] / base.measured[k];
        let over = |values: fn(&Speeds) -> &Vec<f64>| values(own)[k] / values(base)[k] / scale;
        Some(SpeedGain {
            total,
            scale,
            shape: total / scale,
            mercer: over(|s| &s.mercer),
            predicted: over(|s| &s.resolved),
        })
    }

    /// Networks but the baseline, with every frequency.
    fn gains(&self) -> Vec<(&str, usize, SpeedGain)> {
        let networks = self.speeds[1..].iter().map(|s| s.network.as_str());
        networks
            .flat_map(|network| self.frequencies.iter().map(move |&k| (network, k)))
            .filter_map(|(network, k)| Some((network, k, self.gain(network, k)?)))
            .collect()
    }

    /// Per network and frequency the gain over the baseline: measured at one learning rate, the scale in it, the shape in it, and the
    /// shape by `μ_k` and by `μ_k + κ`; null where the baseline's coefficient is zero.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let gains = self.gains();
        let column = |value: fn(&SpeedGain) -> f64| gains.iter().map(|(_, _, g)| value(g)).collect::<Vec<f64>>();
        Ok(df!(
            "network" => gains.iter().map(|g| g.0).collect::<Vec<_>>(),
            "k" => gains.iter().map(|g| g.1 as u32).collect::<Vec<_>>(),
            "gain" => column(|g| g.total),
            "scale" => column(|g| g.scale),
            "shape" => column(|g| g.shape),
            "shape by μ" => gains.iter().map(|g| Some(g.2.mercer).filter(|m| *m < 1e9)).collect::<Vec<_>>(),
            "shape by μ + κ" => column(|g| g.predicted),
        )?)
    }

    /// Shape against frequency: measured (solid, markers), by `μ + κ` (dashed).
    pub fn figure(&self) -> Figure {
        let line = |(colour, speeds): (usize, &Speeds), dashed: bool| {
            let value = |&k: &usize| {
                let gain = self.gain(&speeds.network, k)?;
                Some((k as f64, if dashed { gain.predicted } else { gain.shape }))
            };
            Line {
                name: if dashed { format!("{}, by μ + κ", speeds.network) } else { speeds.network.clone() },
                colour,
                dashed,
                markers: !dashed,
                points: self.frequencies.iter().filter_map(value).collect(),
            }
        };
        let networks = || self.speeds[1..].iter().enumerate();
        let lines = networks().map(|n| line(n, false)).chain(networks().map(|n| line(n, true))).collect();
        let title = format!("Gain in speed over {}, at the same share of the stable rate", self.speeds[0].network);
        let panel = Panel { title: String::new(), lines };
        panels(&title, &[panel], 1, Scale::linear("frequency k"), Scale::log("times as fast"))
    }

    /// The paper's claim that polynomial nets learn the highest frequency faster, at the same share of the stable rate; and that
    /// `μ + κ` tells the gain within a factor of 1.5.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("scale_and_shape");
        let last = self.frequencies.iter().copied().max().unwrap_or(0);
        for speeds in &self.speeds[1..] {
            let name = &speeds.network;
            let shape = self.gain(name, last).map_or(f64::NAN, |g| g.shape);
            verdicts.above(format!("{name}: gain by shape at k = {last} over {}", self.speeds[0].network), shape, 1.0);
            let of_this = self.gains().into_iter().filter(|g| g.0 == name);
            let apart = largest(of_this.map(|(_, _, g)| (g.predicted / g.shape).ln().abs())).exp();
            verdicts.at_most(
                format!("{name}: μ + κ predicts the gain by shape at every k, up to a factor"),
                apart,
                1.5,
            );
        }
        verdicts
    }

    /// Table, chart and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        Ok(Report::new().table(self.table()?).figure(self.figure()).table(self.verdicts().frame()?))
    }
}

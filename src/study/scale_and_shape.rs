//! Speed of learning, taken apart.

use super::half_life::half_lives;
use super::random_harmonics::{DIRECTIONS, random_harmonics};
use crate::names::*;
use crate::study::frame::*;
use crate::{define_study, saved_fields};

define_study! {
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
    pub struct ScaleAndShape => ScaleAndShapeReport, "scale_and_shape", "scale and shape";
    /// The study of the anchor paper's networks on 1000 points in 10 dimensions, frequencies 1 to 5, 8 and 12.
    pub fn scale_and_shape;
    settings {
        /// The networks, at least two; the first is the baseline.
        list networks: Net = [mlp(1), ccp(3), ccp(6), ccp(9), pnn(3), pnn(6), pnn(9)], digest "networks";
        /// The dimension `d` of the inputs, at least 3. Default 10.
        value dimension: usize = 10, with "dimension";
        /// The number of points. Default 1000.
        value points: usize = 1000, with "number of points";
        /// The frequencies. Default 1 to 5, 8 and 12.
        list frequencies: usize = [1, 2, 3, 4, 5, 8, 12], with "list of frequencies";
    }
    trial { networks: vec![mlp(1), pnn(3)], points: 40 }
    quick {
        /// Five networks of the seven.
        networks: vec![mlp(1), ccp(3), ccp(9), pnn(3), pnn(9)]
    }
}

impl Study for ScaleAndShape {
    type Report = ScaleAndShapeReport;

    fn check(&self) -> Result<()> {
        // One network has nothing to be compared with.
        Self::requires()
            .some(self.networks.get(1..).unwrap_or_default())?
            .distinct(self.networks.iter().map(Net::name))?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.networks.len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<ScaleAndShapeReport> {
        let (seed, count) = (run.seed(), self.frequencies.len());
        let x = sphere(self.points, self.dimension, seed.child(0))?;
        let directions = random_harmonics(&self.frequencies, GegenbauerIndex::Harmonic, &x, seed.child(1))?;
        let speeds = run.each("network", &self.networks, |net| {
            let found = half_lives(net.limit_kernel(&x)?.ntk(), &directions)?;
            let theory = learnability(net, self.dimension, self.points)?;
            let speed = |k: usize| {
                let logs = (0..DIRECTIONS).map(|direction| found.times[direction * count + k].ln());
                2f64.ln() / (logs.sum::<f64>() / DIRECTIONS as f64).exp()
            };
            let coefficient = |&k: &usize| theory.coefficients.get(k).copied().unwrap_or(0.0);
            Ok(Speeds {
                top: found.top,
                measured: (0..count).map(speed).collect(),
                mercer: self.frequencies.iter().map(|k| 2.0 * coefficient(k)).collect(),
                resolved: self.frequencies.iter().map(|k| 2.0 * (coefficient(k) + theory.threshold)).collect(),
            })
        })?;
        let names = self.networks.iter().map(|net| net.name().to_string());
        Ok(ScaleAndShapeReport { frequencies: self.frequencies.clone(), speeds: names.zip(speeds).collect() })
    }
}

/// Rates of decay of one network, per unit of steps times learning rate, by frequency.
#[derive(Clone)]
struct Speeds {
    /// The largest.
    top: f64,
    /// `ln 2` over the half-life, geometric mean over directions.
    measured: Vec<f64>,
    /// `2 μ_k`.
    mercer: Vec<f64>,
    /// `2 (μ_k + κ)`.
    resolved: Vec<f64>,
}
saved_fields!(Speeds { top, measured, mercer, resolved });

/// What the study found.
#[derive(Clone)]
pub struct ScaleAndShapeReport {
    frequencies: Vec<usize>,
    /// By network, the baseline first.
    speeds: Vec<(String, Speeds)>,
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
        let (base, own) = (&self.speeds[0].1, &self.speeds.iter().find(|s| s.0 == network)?.1);
        let scale = own.top / base.top;
        let total = own.measured[k] / base.measured[k];
        let over = |values: fn(&Speeds) -> &Vec<f64>| values(own)[k] / values(base)[k] / scale;
        let (mercer, predicted) = (over(|s| &s.mercer), over(|s| &s.resolved));
        Some(SpeedGain { total, scale, shape: total / scale, mercer, predicted })
    }

    /// Names of the networks but the baseline.
    fn others(&self) -> impl Iterator<Item = &str> {
        self.speeds[1..].iter().map(|s| s.0.as_str())
    }

    /// The gains of a network by frequency.
    fn gains<'a>(&'a self, network: &'a str) -> impl Iterator<Item = (&'a str, usize, SpeedGain)> {
        let gain = move |&k| (network, k, self.gain(network, k).expect("a network and a frequency of the study"));
        self.frequencies.iter().map(gain)
    }
}

impl StudyReport for ScaleAndShapeReport {
    /// Per network and frequency the gain over the baseline: measured at one learning rate, the scale in it, the shape in it, and the
    /// shape by `μ_k` and by `μ_k + κ`; null where the baseline's coefficient is zero.
    fn table(&self) -> Result<DataFrame> {
        frame(self.others().flat_map(|network| self.gains(network)))
            .text("network", |g| g.0)
            .count("k", |g| g.1)
            .number("gain", |g| g.2.total)
            .number("scale", |g| g.2.scale)
            .number("shape", |g| g.2.shape)
            .number("shape by μ", |g| Some(g.2.mercer).filter(|m| *m < 1e9))
            .number("shape by μ + κ", |g| g.2.predicted)
            .table()
    }

    /// Shape against frequency: measured (solid, markers), by `μ + κ` (dashed).
    fn figure(&self) -> Figure {
        let title = format!("Gain in speed over {}, at the same share of the stable rate", self.speeds[0].0);
        let gains = self.others().flat_map(|network| self.gains(network));
        let chart = line_chart(title).by(gains, |(network, k, gain)| (network, (k as f64, gain.shape)));
        let chart = self.others().enumerate().fold(chart, |chart, (colour, network)| {
            let points = self.gains(network).map(|(_, k, gain)| (k as f64, gain.predicted));
            chart.dashed(format!("{network}, by μ + κ"), points).colour(colour)
        });
        chart.axes(Scale::linear("frequency k"), Scale::log("times as fast")).figure()
    }

    /// The paper's claim that polynomial nets learn the highest frequency faster, at the same share of the stable rate; and that
    /// `μ + κ` tells the gain within a factor of 1.5.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("scale_and_shape");
        let last = self.frequencies.iter().copied().max().expect("harmonics without frequencies are refused");
        for name in self.others() {
            let shape = self.gain(name, last).expect("a network and a frequency of the study").shape;
            verdicts.claim(format!("{name}: gain by shape at k = {last} over {}", self.speeds[0].0)).above(shape, 1.0);
            let claim = format!("{name}: μ + κ predicts the gain by shape at every k, up to a factor");
            verdicts.claim(claim).within_factor(self.gains(name).map(|(_, _, g)| (g.predicted, g.shape)), 1.5);
        }
        verdicts
    }
}

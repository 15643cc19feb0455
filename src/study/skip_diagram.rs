//! Degree against skip: what the product buys and what it costs.

use super::Verdicts;
use crate::data::{Seed, sphere};
use crate::error::{Error, Result};
use crate::net::{mlp, pnn_with_skip};
use crate::progress::Progress;
use crate::spectrum::learnability;
use crate::view::{Figure, Line, Panel, Report, Scale, heatmap, panels};
use ndarray::Array2;
use polars::prelude::{DataFrame, df};

/// A diagram over the degree `N` and the skip `s` of `h_n = φ(W_n x) ∘ h_{n-1} + s h_{n-1}`, between the product form (`s = 0`), CCP (`s = 1`)
/// and, for large `s`, a network of one hidden layer.
///
/// Two quantities per cell:
/// - the **gain**: how much faster than the ReLU network with one hidden layer gradient flow halves frequency `k` on `n` points, at the
///   same share of the largest stable rate: `(μ_k + κ)/μ_max` over that of the baseline ([`learnability`]);
/// - the **distance** of the kernel of one random network of width `m` from the limit, in Frobenius norm, mean over networks: how far the
///   regime is in which the limit means anything.
///
/// Built by [`skip_diagram`].
#[derive(Clone)]
pub struct SkipDiagram {
    degrees: Vec<usize>,
    skips: Vec<f64>,
    dimension: usize,
    points: usize,
    frequency: usize,
    width: usize,
    seed: Seed,
    quiet: bool,
}

/// Points on which kernels are compared.
const COMPARED: usize = 32;
/// Random networks of a cell.
const NETWORKS: u64 = 4;

/// The diagram over degrees 1 to 10 and skips 0 to 4 at frequency 8, 1000 points, 10 dimensions, width 4096, 4 networks a cell.
pub fn skip_diagram() -> SkipDiagram {
    SkipDiagram {
        degrees: (1..=10).collect(),
        skips: vec![0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0],
        dimension: 10,
        points: 1000,
        frequency: 8,
        width: 4096,
        seed: Seed(0),
        quiet: false,
    }
}

impl SkipDiagram {
    /// A run of seconds: degrees 1, 2, 3, 4, 6, 9 and width 1024.
    pub fn quick(self) -> Self {
        Self { degrees: vec![1, 2, 3, 4, 6, 9], width: 1024, ..self }
    }

    /// The degrees, rising.
    pub fn degrees(self, degrees: impl IntoIterator<Item = usize>) -> Self {
        Self { degrees: degrees.into_iter().collect(), ..self }
    }

    /// The strengths of the skip, each at least 0, rising.
    pub fn skips(self, skips: impl IntoIterator<Item = f64>) -> Self {
        Self { skips: skips.into_iter().collect(), ..self }
    }

    /// The frequency of the gain.
    pub fn frequency(self, k: usize) -> Self {
        Self { frequency: k, ..self }
    }

    /// The number of points of the gain.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The width of the networks whose kernels are compared with the limit.
    pub fn width(self, units: usize) -> Self {
        Self { width: units, ..self }
    }

    /// The seed of points and networks.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Fills the diagram, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::NoRows`] without degrees or skips; [`Error::Range`] for a skip that is negative or not finite, a degree of 0, lists that
    /// do not rise, or no points; whatever is wrong with the width.
    pub fn run(&self) -> Result<SkipDiagramReport> {
        let place = "skip diagram";
        if self.degrees.is_empty() || self.skips.is_empty() {
            return Err(Error::NoRows { place });
        }
        if let Some(&value) = self.skips.iter().find(|s| !(**s >= 0.0 && s.is_finite())) {
            return Err(Error::Range { place, what: "a skip", value, legal: "at least 0 and finite" });
        }
        if let Some(pair) = self.skips.windows(2).find(|pair| !(pair[0] < pair[1])) {
            return Err(Error::Range { place, what: "a skip", value: pair[1], legal: "above the one before" });
        }
        if let Some(pair) = self.degrees.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(Error::Range { place, what: "a degree", value: pair[1] as f64, legal: "above the one before" });
        }
        if self.degrees.contains(&0) {
            return Err(Error::Range { place, what: "a degree", value: 0.0, legal: "at least 1" });
        }
        Progress::unless(self.quiet).during(|| self.measure())
    }

    fn measure(&self) -> Result<SkipDiagramReport> {
        let x = sphere(COMPARED, self.dimension, self.seed.child(0))?;
        let speed = |net: &crate::net::Net| {
            let theory = learnability(net, self.dimension, self.points)?;
            let top = theory.coefficients.iter().fold(0.0, |m: f64, v| m.max(*v));
            let mu = theory.coefficients.get(self.frequency).copied().unwrap_or(0.0);
            Ok::<_, Error>((mu + theory.threshold) / (top + theory.threshold))
        };
        let base = speed(&mlp(1))?;
        let shape = (self.skips.len(), self.degrees.len());
        let (mut gains, mut distances) = (Array2::zeros(shape), Array2::zeros(shape));
        let task = Progress::current().task("skip diagram", "cells", (shape.0 * shape.1) as u64);
        for (row, &skip) in self.skips.iter().enumerate() {
            for (column, &degree) in self.degrees.iter().enumerate() {
                let net = pnn_with_skip(degree, skip);
                gains[[row, column]] = speed(&net)? / base;
                let limit = net.limit_kernel(&x)?;
                let net = net.width(self.width).input(self.dimension);
                let mut sum = 0.0;
                for draw in 0..NETWORKS {
                    let network = net.init(self.seed.child(1 + draw))?;
                    sum += network.kernel(&x)?.ntk().relative_distance(limit.ntk())?;
                }
                distances[[row, column]] = sum / NETWORKS as f64;
                task.advance(1);
            }
        }
        Ok(SkipDiagramReport { settings: self.clone(), gains, distances })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct SkipDiagramReport {
    settings: SkipDiagram,
    /// `[skips, degrees]`.
    gains: Array2<f64>,
    distances: Array2<f64>,
}

impl SkipDiagramReport {
    fn cell(&self, degree: usize, skip: f64) -> Option<[usize; 2]> {
        let row = self.settings.skips.iter().position(|&s| s == skip)?;
        Some([row, self.settings.degrees.iter().position(|&d| d == degree)?])
    }

    /// The gain over the baseline at a degree and a skip.
    pub fn gain(&self, degree: usize, skip: f64) -> Option<f64> {
        Some(self.gains[self.cell(degree, skip)?])
    }

    /// The relative distance of a finite network's kernel from the limit.
    pub fn distance(&self, degree: usize, skip: f64) -> Option<f64> {
        Some(self.distances[self.cell(degree, skip)?])
    }

    /// A row per cell.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn table(&self) -> Result<DataFrame> {
        let SkipDiagram { degrees, skips, .. } = &self.settings;
        Ok(df!(
            "skip" => skips.iter().flat_map(|&s| vec![s; degrees.len()]).collect::<Vec<f64>>(),
            "degree" => skips.iter().flat_map(|_| degrees.iter().map(|&d| d as u32)).collect::<Vec<_>>(),
            "gain" => self.gains.iter().copied().collect::<Vec<_>>(),
            "distance" => self.distances.iter().copied().collect::<Vec<_>>(),
        )?)
    }

    fn map(&self, title: &str, values: &Array2<f64>, unit: &str) -> Figure {
        let SkipDiagram { degrees, skips, .. } = &self.settings;
        let degrees = degrees.iter().map(ToString::to_string).collect();
        let skips = skips.iter().map(ToString::to_string).collect();
        heatmap(title, ("degree N", degrees), ("skip s", skips), &values.mapv(f64::log10), unit)
    }

    /// The gain over degree and skip.
    pub fn gain_figure(&self) -> Figure {
        let title = format!("Gain in speed at k = {} over one hidden layer", self.settings.frequency);
        self.map(&title, &self.gains, "log10 gain")
    }

    /// The distance from the limit over degree and skip.
    pub fn distance_figure(&self) -> Figure {
        let title = format!("Distance of the kernel from its limit at width {}", self.settings.width);
        self.map(&title, &self.distances, "log10 distance")
    }

    /// Gain against distance, a line per skip along the degrees: what is bought at which price.
    pub fn price_figure(&self) -> Figure {
        let lines = self.settings.skips.iter().enumerate().map(|(row, skip)| Line {
            name: format!("s = {skip}"),
            colour: row,
            dashed: false,
            markers: true,
            points: self.distances.row(row).iter().copied().zip(self.gains.row(row).iter().copied()).collect(),
        });
        let panel = Panel { title: String::new(), lines: lines.collect() };
        let title = format!("Gain at k = {} against the distance from the limit", self.settings.frequency);
        panels(&title, &[panel], 1, Scale::log("relative distance from the limit"), Scale::log("gain"))
    }

    /// That the gain rises with the degree along every skip and falls with the skip at every degree above 1; and that it has its price:
    /// along every skip the kernel of the highest degree is farther from its limit than that of the lowest, and at the highest degree
    /// the kernel with the smallest skip is farther than that with the largest.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("skip_diagram");
        let SkipDiagram { degrees, skips, frequency: k, .. } = &self.settings;
        for (row, skip) in skips.iter().enumerate() {
            let step = smallest_step(self.gains.row(row).iter().copied());
            verdicts.above(format!("gain at k = {k} rises with the degree at skip {skip}: smallest ratio"), step, 1.0);
        }
        for (column, degree) in degrees.iter().enumerate().filter(|(_, degree)| **degree > 1) {
            let step = smallest_step(self.gains.column(column).iter().rev().copied());
            verdicts.above(
                format!("gain at k = {k} falls with the skip at degree {degree}: smallest ratio"),
                step,
                1.0,
            );
        }
        let (low, high) = (0, degrees.len() - 1);
        for (row, skip) in skips.iter().enumerate() {
            let ratio = self.distances[[row, high]] / self.distances[[row, low]];
            let claim = format!("distance at degree {} over that at {}, skip {skip}", degrees[high], degrees[low]);
            verdicts.above(claim, ratio, 1.0);
        }
        let (small, large) = (0, skips.len() - 1);
        let ratio = self.distances[[small, high]] / self.distances[[large, high]];
        let claim =
            format!("distance at skip {} over that at {}, degree {}", skips[small], skips[large], degrees[high]);
        verdicts.above(claim, ratio, 1.0);
        verdicts
    }

    /// Charts and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        let report = Report::new().figure(self.gain_figure()).figure(self.distance_figure());
        Ok(report.figure(self.price_figure()).table(self.verdicts().frame()?))
    }
}

/// The smallest ratio of a value to the one before; a NaN is not lost in it.
fn smallest_step(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let steps = values.windows(2).map(|pair| pair[1] / pair[0]);
    steps.fold(f64::INFINITY, |m, v| if v < m || v.is_nan() { v } else { m })
}

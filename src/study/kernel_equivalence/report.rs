//! What the kernel-equivalence study found: tables, charts and verdicts.

use super::convergence::Convergence;
use super::regime::Found;
use super::{KernelEquivalenceReport, Verdicts};
use crate::error::Result;
use crate::view::{Figure, Line, Panel, Report, Scale, line_chart, panels};
use polars::prelude::{Column, DataFrame, df};

/// The largest gap that is called equivalence.
const REGIME: f64 = 0.2;

impl KernelEquivalenceReport {
    /// Random networks against the limit: per network the mean distances at the smallest and the largest width, and the slope of
    /// `ln distance` over `ln m` with its 95 % interval.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn convergence(&self) -> Result<DataFrame> {
        let rows = || self.convergence.iter();
        let end = |values: &[f64]| values.last().copied();
        Ok(df!(
            "network" => rows().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "widths" => rows().map(|r| span(&r.widths)).collect::<Vec<_>>(),
            "distance, narrowest" => rows().map(|r| r.distances.first().copied()).collect::<Vec<_>>(),
            "distance, widest" => rows().map(|r| end(&r.distances)).collect::<Vec<_>>(),
            "slope" => rows().map(|r| -r.law.rate).collect::<Vec<_>>(),
            "from" => rows().map(|r| -r.law.interval.1).collect::<Vec<_>>(),
            "to" => rows().map(|r| -r.law.interval.0).collect::<Vec<_>>(),
        )?)
    }

    /// Trained networks: per network and width the drift of the kernel, the largest gap to kernel regression along training and
    /// the gap on held-out points at the last step, as shares; null where the loss diverged.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn training(&self) -> Result<DataFrame> {
        let rows = || self.runs.iter();
        Ok(df!(
            "network" => rows().map(|r| r.network.as_str()).collect::<Vec<_>>(),
            "width" => rows().map(|r| r.width as u32).collect::<Vec<_>>(),
            "kernel drift" => rows().map(|r| r.found.as_ref().map(|f| f.drift)).collect::<Vec<_>>(),
            "gap, training" => rows().map(|r| r.found.as_ref().map(|f| f.gap)).collect::<Vec<_>>(),
            "gap, held out" => rows().map(|r| r.found.as_ref().map(|f| f.held_out_gap)).collect::<Vec<_>>(),
        )?)
    }

    /// The map of the regime: the largest gap along training, a row per network, a column per width.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn regime(&self) -> Result<DataFrame> {
        let networks = self.networks();
        let mut frame = df!("network" => networks.clone())?;
        for width in self.widths() {
            let gaps: Vec<Option<f64>> = networks.iter().map(|n| self.gap(n, width)).collect();
            frame.with_column(Column::new(format!("m = {width}").into(), gaps))?;
        }
        Ok(frame)
    }

    /// On the circle: per width the spread of the kernels of random networks around the limit, and their movement in training,
    /// as shares of the limit's root mean square.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn circle_table(&self) -> Result<DataFrame> {
        let shares = self.circle.curves.iter().map(|c| c.spread_and_movement(&self.circle.limit));
        let (spread, movement): (Vec<f64>, Vec<f64>) = shares.unzip();
        Ok(df!(
            "width" => self.circle.curves.iter().map(|c| c.width as u32).collect::<Vec<_>>(),
            "spread at initialisation" => spread,
            "movement in training" => movement,
        )?)
    }

    fn networks(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for run in &self.runs {
            if !names.contains(&run.network.as_str()) {
                names.push(&run.network);
            }
        }
        names
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.runs.iter().map(|r| r.width).collect();
        widths.sort_unstable();
        widths.dedup();
        widths
    }

    fn found(&self, network: &str, width: usize) -> Option<&Found> {
        self.runs.iter().find(|r| r.network == network && r.width == width).and_then(|r| r.found.as_ref())
    }

    /// Slope of the distance from the limit over the width, on logarithmic axes.
    pub fn slope(&self, network: &str) -> Option<f64> {
        self.convergence.iter().find(|r| r.network == network).map(|r| -r.law.rate)
    }

    /// The largest gap between trained network and kernel regression on the training points.
    pub fn gap(&self, network: &str, width: usize) -> Option<f64> {
        self.found(network, width).map(|f| f.gap)
    }

    /// The relative drift of the kernel in training.
    pub fn drift(&self, network: &str, width: usize) -> Option<f64> {
        self.found(network, width).map(|f| f.drift)
    }

    /// Distance from the limit against the width.
    pub fn convergence_figure(&self) -> Figure {
        let points = |r: &Convergence| -> Vec<(f64, f64)> {
            r.widths.iter().zip(&r.distances).map(|(&m, &d)| (m as f64, d)).collect()
        };
        let chart = self
            .convergence
            .iter()
            .fold(line_chart("Random networks against the limit"), |chart, r| chart.markers(&r.network, points(r)));
        chart.axes(Scale::log("width m"), Scale::log("‖Θ<sub>m</sub> - Θ‖ / ‖Θ‖")).figure()
    }

    /// Drift of the kernel and gap to kernel regression against the width.
    pub fn training_figure(&self) -> Figure {
        let panel = |title: &str, value: fn(&Found) -> f64| {
            let lines = self.networks().into_iter().enumerate().map(|(colour, network)| Line {
                name: network.into(),
                colour,
                dashed: false,
                markers: true,
                points: self
                    .runs
                    .iter()
                    .filter(|r| r.network == network)
                    .filter_map(|r| Some((r.width as f64, value(r.found.as_ref()?))))
                    .collect(),
            });
            Panel { title: title.into(), lines: lines.collect() }
        };
        let both = [panel("drift of the kernel", |f| f.drift), panel("gap to kernel regression", |f| f.gap)];
        panels("Training at growing width", &both, 2, Scale::log("width m"), Scale::log("share"))
    }

    /// Share of the squared residual left against steps at the largest width: kernel regression solid, trained dotted.
    pub fn curves_figure(&self) -> Figure {
        let widest = self.widths().last().copied().unwrap_or(0);
        let mut lines = Vec::new();
        for (colour, run) in self.runs.iter().filter(|r| r.width == widest).enumerate() {
            let Some(found) = &run.found else { continue };
            for dashed in [false, true] {
                let points = found.curve.iter().map(|&(t, trained, kernel)| (t, if dashed { trained } else { kernel }));
                let what = if dashed { "trained" } else { "kernel" };
                let name = format!("{}, {what}", run.network);
                lines.push(Line { name, colour, dashed, markers: false, points: points.collect() });
            }
        }
        let panel = Panel { title: "kernel solid, trained dotted".into(), lines };
        let title = format!("Training at width {widest}");
        panels(&title, &[panel], 1, Scale::linear("steps"), Scale::log("share of the squared residual"))
    }

    /// The kernel on the circle: the limit solid, random networks dotted; before training on the left, after it on the right.
    pub fn circle_figure(&self) -> Figure {
        let circle = &self.circle;
        let points =
            |values: ndarray::ArrayView1<'_, f64>| circle.angles.iter().copied().zip(values.to_vec()).collect();
        let panel = |title: &str, trained: bool| {
            let mut lines = Vec::new();
            for (colour, curves) in circle.curves.iter().enumerate() {
                let values = if trained { &curves.trained } else { &curves.initial };
                for row in values.rows() {
                    let name = format!("width {}", curves.width);
                    lines.push(Line { name, colour, dashed: true, markers: false, points: points(row) });
                }
            }
            let colour = circle.curves.len();
            let limit = points(circle.limit.view());
            lines.push(Line { name: "limit".into(), colour, dashed: false, markers: false, points: limit });
            Panel { title: title.into(), lines }
        };
        let both = [panel("before training", false), panel("after training", true)];
        let y = Scale::linear("Θ(x<sub>0</sub>, x(γ))");
        panels("The kernel on the unit circle", &both, 2, Scale::linear("angle γ (rad)"), y)
    }

    /// Everything in order.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn report(&self) -> Result<Report> {
        let start = Report::new().table(self.convergence()?).figure(self.convergence_figure());
        let trained = start.table(self.regime()?).figure(self.training_figure()).figure(self.curves_figure());
        Ok(trained.table(self.circle_table()?).figure(self.circle_figure()).table(self.verdicts().frame()?))
    }

    /// The rate -1/2 of every network within 0.1; a gap to kernel regression of at most 0.2 at the largest width, and for networks
    /// that have it, drift and gaps that fall from the smallest to the largest width; spread and movement on the circle that
    /// fall.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("kernel_equivalence");
        for r in &self.convergence {
            let claim = format!("{}: distance from the limit over width {}, slope + 1/2", r.network, span(&r.widths));
            verdicts.at_most(claim, (0.5 - r.law.rate).abs(), 0.1);
        }
        let widths = self.widths();
        let (Some(&narrow), Some(&wide)) = (widths.first(), widths.last()) else { return verdicts };
        let over = format!("width {wide} over width {narrow}");
        for network in self.networks() {
            let (a, b) = (self.found(network, narrow), self.found(network, wide));
            // A run that diverged is as far from kernel regression as can be.
            let gap = b.map_or(f64::INFINITY, |f| f.gap);
            verdicts.at_most(format!("{network}: gap to kernel regression in training, width {wide}"), gap, REGIME);
            if let (Some(a), Some(b)) = (a, b)
                && gap <= REGIME
            {
                let mut falls = |what: &str, ratio| verdicts.at_most(format!("{network}: {what}, {over}"), ratio, 0.8);
                falls("drift of the kernel in training", b.drift / a.drift);
                falls("gap to kernel regression in training", b.gap / a.gap);
                falls("gap to kernel regression on held-out points", b.held_out_gap / a.held_out_gap);
            }
        }
        for pair in self.convergence_on_circle().windows(2) {
            let claim = |what: &str| format!("on the circle: {what}, width {} over width {}", pair[1].0, pair[0].0);
            verdicts.at_most(claim("spread around the limit"), pair[1].1 / pair[0].1, 0.8);
            verdicts.at_most(claim("movement in training"), pair[1].2 / pair[0].2, 0.8);
        }
        verdicts
    }

    fn convergence_on_circle(&self) -> Vec<(usize, f64, f64)> {
        let shares = |c: &super::circle::Curves| c.spread_and_movement(&self.circle.limit);
        self.circle.curves.iter().map(|c| (c.width, shares(c).0, shares(c).1)).collect()
    }
}

fn span(widths: &[usize]) -> String {
    format!("{} to {}", widths.first().unwrap_or(&0), widths.last().unwrap_or(&0))
}

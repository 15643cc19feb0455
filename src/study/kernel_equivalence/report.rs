//! What the kernel-equivalence study found: tables, charts and verdicts.

use super::regime::Found;
use super::{Convergence, KernelEquivalenceReport};
use crate::names::*;
use crate::study::frame::*;

/// The largest gap that is called equivalence.
const REGIME: f64 = 0.2;

impl KernelEquivalenceReport {
    /// Trained networks: per network and width the drift of the kernel, the largest gap to kernel regression along training and
    /// the gap on held-out points at the last step, as shares; null where the loss diverged.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn training(&self) -> Result<DataFrame> {
        frame(&self.runs)
            .text("network", |r| r.network.as_str())
            .count("width", |r| r.width)
            .number("kernel drift", |r| r.found.as_ref().map(|f| f.drift))
            .number("gap, training", |r| r.found.as_ref().map(|f| f.gap))
            .number("gap, held out", |r| r.found.as_ref().map(|f| f.held_out_gap))
            .table()
    }

    /// The map of the regime: the largest gap along training, a row per network, a column per width.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn regime(&self) -> Result<DataFrame> {
        frame(self.networks())
            .text("network", |n| n)
            .numbers(self.widths(), |width| format!("m = {width}"), |n, width| self.gap(n, width))
            .table()
    }

    /// On the circle: per width the spread of the kernels of random networks around the limit, and their movement in training,
    /// as shares of the limit's root mean square.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn circle_table(&self) -> Result<DataFrame> {
        frame(&self.circle.spread_and_movement())
            .count("width", |c| c.0)
            .number("spread at initialisation", |c| c.1)
            .number("movement in training", |c| c.2)
            .table()
    }

    fn networks(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.runs.iter().map(|run| run.network.as_str()).collect();
        names.dedup();
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

    /// Drift of the kernel and gap to kernel regression against the width.
    pub fn training_figure(&self) -> Figure {
        let panel = |title: &str, value: fn(&Found) -> f64| {
            self.networks().into_iter().fold(line_chart(title), |chart, network| {
                let runs = self.runs.iter().filter(|r| r.network == network);
                chart.markers(network, runs.filter_map(|r| Some((r.width as f64, value(r.found.as_ref()?)))))
            })
        };
        let both = [panel("drift of the kernel", |f| f.drift), panel("gap to kernel regression", |f| f.gap)];
        panels("Training at growing width", both, 2, Scale::log("width m"), Scale::log("share"))
    }

    /// Share of the squared residual left against steps at the largest width: kernel regression solid, trained dotted.
    pub fn curves_figure(&self) -> Figure {
        let widest = self.widths().last().copied().expect("networks are trained at two widths or more");
        let runs = self.runs.iter().filter(|r| r.width == widest).enumerate();
        let shown = runs.filter_map(|(colour, run)| Some((colour, &run.network, &run.found.as_ref()?.curve)));
        let chart = shown.fold(line_chart("kernel solid, trained dotted"), |chart, (colour, network, curve)| {
            let (trained, kernel) = (curve.iter().map(|c| (c.0, c.1)), curve.iter().map(|c| (c.0, c.2)));
            let chart = chart.line(format!("{network}, kernel"), kernel).colour(colour);
            chart.dashed(format!("{network}, trained"), trained).colour(colour)
        });
        let (x, y) = (Scale::linear("steps"), Scale::log("share of the squared residual"));
        panels(&format!("Training at width {widest}"), [chart], 1, x, y)
    }

    /// The kernel on the circle: the limit solid, random networks dotted; before training on the left, after it on the right.
    pub fn circle_figure(&self) -> Figure {
        let circle = &self.circle;
        let points = |values: ndarray::ArrayView1<'_, f64>| circle.angles.iter().copied().zip(values.to_vec());
        let panel = |title: &str, trained: bool| {
            let curves = circle.curves.iter().enumerate();
            let chart = curves.fold(line_chart(title), |chart, (colour, (width, curves))| {
                let values = if trained { &curves.trained } else { &curves.initial };
                let line = |chart: LineChart, row| chart.dashed(format!("width {width}"), points(row)).colour(colour);
                values.rows().into_iter().fold(chart, line)
            });
            chart.line("limit", points(circle.limit.view())).colour(circle.curves.len())
        };
        let both = [panel("before training", false), panel("after training", true)];
        let y = Scale::linear("Θ(x<sub>0</sub>, x(γ))");
        panels("The kernel on the unit circle", both, 2, Scale::linear("angle γ (rad)"), y)
    }
}

impl StudyReport for KernelEquivalenceReport {
    /// Random networks against the limit: per network the mean distances at the smallest and the largest width, and the slope of
    /// `ln distance` over `ln m` with its 95 % interval.
    fn table(&self) -> Result<DataFrame> {
        frame(&self.convergence)
            .text("network", |r| r.network.as_str())
            .text("widths", |r| span(&r.widths))
            .number("distance, narrowest", |r| r.distances.first().copied())
            .number("distance, widest", |r| r.distances.last().copied())
            .number("slope", |r| -r.law.rate)
            .number("from", |r| -r.law.interval.1)
            .number("to", |r| -r.law.interval.0)
            .table()
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("convergence", self.table()?), ("regime", self.regime()?), ("training", self.training()?)])
    }

    /// Distance from the limit against the width.
    fn figure(&self) -> Figure {
        let points = |r: &Convergence| r.widths.iter().map(|&m| m as f64).zip(r.distances.clone()).collect::<Vec<_>>();
        let title = "Random networks against the limit";
        let rows = self.convergence.iter();
        let chart = rows.fold(line_chart(title), |chart, r| chart.markers(&r.network, points(r)));
        chart.axes(Scale::log("width m"), Scale::log("‖Θ<sub>m</sub> - Θ‖ / ‖Θ‖")).figure()
    }

    fn report(&self) -> Result<Report> {
        let start = Report::new().table(self.table()?).figure(self.figure());
        let trained = start.table(self.regime()?).figure(self.training_figure()).figure(self.curves_figure());
        trained.table(self.circle_table()?).figure(self.circle_figure()).verdicts(&self.verdicts())
    }

    /// The rate -1/2 of every network within 0.1; a gap to kernel regression of at most 0.2 at the largest width, and for networks
    /// that have it, drift and gaps that fall from the smallest to the largest width; spread and movement on the circle that
    /// fall.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("kernel_equivalence");
        for r in &self.convergence {
            let claim = format!("{}: distance from the limit over width {}, slope + 1/2", r.network, span(&r.widths));
            verdicts.claim(claim).at_most((0.5 - r.law.rate).abs(), 0.1);
        }
        let widths = self.widths();
        let (narrow, wide) = (widths[0], widths[widths.len() - 1]);
        let over = format!("width {wide} over width {narrow}");
        for network in self.networks() {
            let (a, b) = (self.found(network, narrow), self.found(network, wide));
            // A run that diverged is as far from kernel regression as can be.
            let gap = b.map_or(f64::INFINITY, |f| f.gap);
            verdicts
                .claim(format!("{network}: gap to kernel regression in training, width {wide}"))
                .at_most(gap, REGIME);
            if let (Some(a), Some(b)) = (a, b)
                && gap <= REGIME
            {
                let mut falls =
                    |what: &str, ratio| verdicts.claim(format!("{network}: {what}, {over}")).at_most(ratio, 0.8);
                falls("drift of the kernel in training", b.drift / a.drift);
                falls("gap to kernel regression in training", b.gap / a.gap);
                falls("gap to kernel regression on held-out points", b.held_out_gap / a.held_out_gap);
            }
        }
        for pair in self.circle.spread_and_movement().windows(2) {
            let claim = |what: &str| format!("on the circle: {what}, width {} over width {}", pair[1].0, pair[0].0);
            verdicts.claim(claim("spread around the limit")).at_most(pair[1].1 / pair[0].1, 0.8);
            verdicts.claim(claim("movement in training")).at_most(pair[1].2 / pair[0].2, 0.8);
        }
        verdicts
    }
}

fn span(widths: &[usize]) -> String {
    format!("{} to {}", widths.first().unwrap_or(&0), widths.last().unwrap_or(&0))
}

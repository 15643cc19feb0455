//! What the study found, in charts.

use super::ExtrapolationReport;
use super::report::LEARNINGS;
use super::run::Learning;
use crate::names::*;

/// Colour of what is not a network.
const GREY: usize = 6;

impl ExtrapolationReport {
    /// What kernel regression (left) and trained networks (right, where they were trained) make of a target on the line, in and beyond
    /// the training region, whose edges are dotted. Empty for a target that no task on the line has.
    pub fn curves(&self, target: RegressionTarget) -> Figure {
        let shown = |l: Learning| {
            self.outcomes.iter().filter(move |o| o.learning == l && o.target == target && !o.read.curve.is_empty())
        };
        let task = shown(Learning::Kernel).next().map(|o| &self.settings.tasks[o.task]);
        let mut truth: Vec<(f64, f64)> = Vec::new();
        let mut radius = f64::NAN;
        if let (Some(task), Some(outcome)) = (task, shown(Learning::Kernel).next()) {
            radius = task.train_radius;
            let x = ndarray::Array2::from_shape_fn((outcome.read.curve.len(), 1), |(i, _)| outcome.read.curve[i].0);
            let y = target.values(&x).expect("the points are finite numbers on the line").column(0).to_vec();
            truth = x.iter().copied().zip(y).collect();
        }
        let ends = truth.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (_, y)| (l.min(*y), h.max(*y)));
        // A polynomial leaves the picture quickly.
        let margin = 0.5 * (ends.1 - ends.0).max(f64::MIN_POSITIVE);
        let (low, high) = (ends.0 - margin, ends.1 + margin);
        let panel = |learning: Learning| {
            let title = if learning == Learning::Kernel { "kernel regression" } else { "trained networks" };
            let chart = line_chart(title).line(target.name(), truth.clone()).colour(GREY);
            let chart = shown(learning).fold(chart, |chart, outcome| {
                let name = self.network(outcome);
                let colour = self.names(Learning::Kernel).position(|n| n == name).unwrap_or(outcome.network);
                chart.line(name, outcome.read.curve.clone()).colour(if colour >= GREY { colour + 1 } else { colour })
            });
            [-radius, radius].into_iter().fold(chart, |chart, edge| {
                chart.dashed("edge of the training region", [(edge, low), (edge, high)]).colour(GREY)
            })
        };
        let routes = LEARNINGS.into_iter().filter(|l| shown(*l).next().is_some()).map(panel);
        let y = Scale::linear("f(x)").shown(low, high);
        let title = format!("{}, learned on [-{radius:.2}, {radius:.2}]", target.name());
        panels(&title, routes, 2, Scale::linear("x"), if truth.is_empty() { Scale::linear("f(x)") } else { y })
    }

    /// The report's [`figure`](StudyReport::figure); a fit at rounding error is drawn at `10⁻¹⁶`.
    pub(super) fn by_degree(&self) -> Figure {
        let title = "Fits along rays: share of the variance left by polynomials";
        let chart = self.names(Learning::Kernel).fold(line_chart(title), |chart, name| {
            let left = |d: usize| (d as f64, self.mean_unexplained(Learning::Kernel, name, d).max(1e-16));
            chart.markers(name, (1..=self.settings.degrees).map(left))
        });
        let power = |d: usize| Some((d as f64, self.power_left(d + 1)?));
        let chart = chart.dashed("a power one higher", (1..=self.settings.degrees).filter_map(power)).colour(GREY);
        chart.axes(Scale::linear("degree of the fit"), Scale::log("mean 1 - R²")).figure()
    }
}

//! What the study found, in charts.

use super::ExtrapolationReport;
use super::report::LEARNINGS;
use super::run::Learning;
use crate::data::RegressionTarget;
use crate::view::{Figure, Line, Panel, Scale, panels};

/// Colour of what is not a network.
const GREY: usize = 6;

impl ExtrapolationReport {
    /// What kernel regression (left) and trained networks (right, where they were trained) make of a target on the line, in and beyond
    /// the training region, whose edges are dotted. Empty for a target that no task on the line has.
    pub fn curves(&self, target: RegressionTarget) -> Figure {
        let shown = |l: Learning| {
            self.outcomes.iter().filter(move |o| o.learning == l && o.target == target && !o.curve.is_empty())
        };
        let task = shown(Learning::Kernel).next().map(|o| &self.settings.tasks[o.task]);
        let mut truth: Vec<(f64, f64)> = Vec::new();
        let mut radius = f64::NAN;
        if let (Some(task), Some(outcome)) = (task, shown(Learning::Kernel).next()) {
            radius = task.train_radius;
            let x = ndarray::Array2::from_shape_fn((outcome.curve.len(), 1), |(i, _)| outcome.curve[i].0);
            let y = target.values(&x).expect("the points are finite numbers on the line").column(0).to_vec();
            truth = x.iter().copied().zip(y).collect();
        }
        let ends = truth.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (_, y)| (l.min(*y), h.max(*y)));
        // A polynomial leaves the picture quickly.
        let margin = 0.5 * (ends.1 - ends.0).max(f64::MIN_POSITIVE);
        let (low, high) = (ends.0 - margin, ends.1 + margin);
        let line =
            |name: &str, colour, dashed, points| Line { name: name.into(), colour, dashed, markers: false, points };
        let panel = |learning: Learning| {
            let mut lines = vec![line(&target.name(), GREY, false, truth.clone())];
            for outcome in shown(learning) {
                let name = self.network(outcome);
                let colour = self.names(Learning::Kernel).position(|n| n == name).unwrap_or(outcome.network);
                lines.push(line(name, if colour >= GREY { colour + 1 } else { colour }, false, outcome.curve.clone()));
            }
            for edge in [-radius, radius] {
                lines.push(line("edge of the training region", GREY, true, vec![(edge, low), (edge, high)]));
            }
            let title = if learning == Learning::Kernel { "kernel regression" } else { "trained networks" };
            Panel { title: title.into(), lines }
        };
        let routes: Vec<Panel> = LEARNINGS.into_iter().filter(|l| shown(*l).next().is_some()).map(panel).collect();
        let y = Scale::linear("f(x)").shown(low, high);
        let title = format!("{}, learned on [-{radius:.2}, {radius:.2}]", target.name());
        panels(&title, &routes, 2, Scale::linear("x"), if truth.is_empty() { Scale::linear("f(x)") } else { y })
    }

    /// Mean of `1 - R²` of the directional fits against their degree, per network of kernel regression; what `s^N` leaves to degree
    /// `N - 1` on the rays of the first task is dotted.
    ///
    /// A fit at rounding error is drawn at `10⁻¹⁶`.
    pub fn figure(&self) -> Figure {
        let mut lines = Vec::new();
        for (index, name) in self.names(Learning::Kernel).enumerate() {
            let left = |d: usize| (d as f64, self.mean_unexplained(Learning::Kernel, name, d).max(1e-16));
            let points = (1..=self.settings.degrees).map(left).collect();
            lines.push(Line { name: name.into(), colour: index, dashed: false, markers: true, points });
        }
        let power = |d: usize| Some((d as f64, self.power_left(d + 1)?));
        let points = (1..=self.settings.degrees).filter_map(power).collect();
        lines.push(Line { name: "a power one higher".into(), colour: GREY, dashed: true, markers: false, points });
        let panel = Panel { title: String::new(), lines };
        let title = "Fits along rays: share of the variance left by polynomials";
        panels(title, &[panel], 1, Scale::linear("degree of the fit"), Scale::log("mean 1 - R²"))
    }
}

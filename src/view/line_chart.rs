//! A chart of lines, built line by line.

use super::{Figure, Line, Panel, Scale, panels};

/// A chart of lines in one panel: built by [`line_chart`].
///
/// ```
/// use hadamard::prelude::*;
/// let x: Vec<f64> = (1..=10).map(f64::from).collect();
/// let chart = line_chart("powers")
///     .line("x²", x.iter().map(|x| (*x, x * x)))
///     .dashed("x³", x.iter().map(|x| (*x, x.powi(3))))
///     .axes(Scale::linear("x"), Scale::log("value"));
/// assert!(chart.figure().to_svg().contains("powers"));
/// ```
#[derive(Clone, Debug)]
pub struct LineChart {
    title: String,
    lines: Vec<Line>,
    x: Scale,
    y: Scale,
}

/// An empty chart with linear axes.
pub fn line_chart(title: impl Into<String>) -> LineChart {
    LineChart { title: title.into(), lines: Vec::new(), x: Scale::linear("x"), y: Scale::linear("y") }
}

impl LineChart {
    /// Adds a line through points `(x, y)`.
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points.into_iter().collect(), false, false)
    }

    /// Adds a dashed line.
    pub fn dashed(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points.into_iter().collect(), true, false)
    }

    /// Adds a line with a marker at each point.
    pub fn markers(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points.into_iter().collect(), false, true)
    }

    /// Sets both axes.
    pub fn axes(self, x: Scale, y: Scale) -> Self {
        Self { x, y, ..self }
    }

    fn with(mut self, name: String, points: Vec<(f64, f64)>, dashed: bool, markers: bool) -> Self {
        let colour = self.lines.len();
        self.lines.push(Line { name, colour, dashed, markers, points });
        self
    }

    /// The chart as a figure.
    pub fn figure(&self) -> Figure {
        panels(&self.title, &[Panel { title: String::new(), lines: self.lines.clone() }], 1, self.x, self.y)
    }
}

//! Charts of bars, and histograms.

use super::{COLOURS, Figure, Scale};
use plotly::common::{ErrorData, ErrorType, Marker, Orientation, Title};
use plotly::layout::{Axis, AxisType, BarMode, Layout, Legend};
use plotly::{Bar, Plot};

/// Height of the figure in pixels.
const HEIGHT: usize = 450;

/// A chart of bars over names: built by [`bar_chart`].
///
/// ```
/// use hadamard::prelude::*;
/// let chart = bar_chart("accuracy")
///     .bars("train", [("mlp", 0.99), ("ccp", 0.98)])
///     .errors("test", [("mlp", 0.91, 0.02), ("ccp", 0.94, 0.01)])
///     .axes("network", Scale::linear("accuracy").shown(0.0, 1.0));
/// assert!(chart.figure().to_svg().contains("ccp"));
/// ```
#[derive(Clone)]
pub struct BarChart {
    title: String,
    x: String,
    y: Scale,
    stacked: bool,
    series: Vec<Bars>,
}

#[derive(Clone)]
struct Bars {
    name: String,
    labels: Vec<String>,
    heights: Vec<f64>,
    errors: Option<Vec<f64>>,
}

/// An empty chart of bars.
pub fn bar_chart(title: impl Into<String>) -> BarChart {
    BarChart { title: title.into(), x: String::new(), y: Scale::linear(""), stacked: false, series: Vec::new() }
}

impl BarChart {
    /// Adds a bar per pair of label and height, beside those of the same label.
    pub fn bars<L: Into<String>>(self, name: impl Into<String>, bars: impl IntoIterator<Item = (L, f64)>) -> Self {
        let (labels, heights) = bars.into_iter().map(|(label, height)| (label.into(), height)).unzip();
        self.with(Bars { name: name.into(), labels, heights, errors: None })
    }

    /// Adds bars `(label, height, e)` with error bars from `height - e` to `height + e`.
    pub fn errors<L: Into<String>>(
        self,
        name: impl Into<String>,
        bars: impl IntoIterator<Item = (L, f64, f64)>,
    ) -> Self {
        let mut all = Bars { name: name.into(), labels: Vec::new(), heights: Vec::new(), errors: None };
        let mut errors = Vec::new();
        for (label, height, error) in bars {
            all.labels.push(label.into());
            all.heights.push(height);
            errors.push(if error.is_finite() { error } else { 0.0 });
        }
        self.with(Bars { errors: Some(errors), ..all })
    }

    /// Puts the bars of a label on one another instead of side by side.
    pub fn stacked(self) -> Self {
        Self { stacked: true, ..self }
    }

    /// Sets the title of the axis of labels, and the axis of heights.
    pub fn axes(self, x: impl Into<String>, y: Scale) -> Self {
        Self { x: x.into(), y, ..self }
    }

    fn with(mut self, bars: Bars) -> Self {
        self.series.push(bars);
        self
    }

    /// The chart as a figure.
    pub fn figure(&self) -> Figure {
        let mut plot = Plot::new();
        for (index, bars) in self.series.iter().enumerate() {
            let hex = COLOURS[index % COLOURS.len()];
            let heights: Vec<Option<f64>> = bars.heights.iter().map(|h| h.is_finite().then_some(*h)).collect();
            let mut trace = Bar::new(bars.labels.clone(), heights).name(&bars.name).marker(Marker::new().color(hex));
            if let Some(errors) = &bars.errors {
                trace = trace.error_y(ErrorData::new(ErrorType::Data).array(errors.clone()).thickness(1.5));
            }
            plot.add_trace(trace);
        }
        let x = Axis::new().title(Title::with_text(&self.x)).type_(AxisType::Category);
        let mut y = Axis::new().title(Title::with_text(&self.y.title));
        let end = |v: f64| if self.y.log { v.log10() } else { v };
        if self.y.log {
            y = y.type_(AxisType::Log);
        }
        if let Some((low, high)) = self.y.range {
            y = y.range(vec![end(low), end(high)]);
        }
        let mode = if self.stacked { BarMode::Stack } else { BarMode::Group };
        plot.set_layout(framed(&self.title, self.series.len() > 1).bar_mode(mode).x_axis(x).y_axis(y));
        Figure::from(plot)
    }
}

impl std::fmt::Debug for BarChart {
    /// As its figure: a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.figure())
    }
}

fn framed(title: &str, legend: bool) -> Layout {
    let legend_below = Legend::new().orientation(Orientation::Horizontal).y(-0.2);
    Layout::new().title(Title::with_text(title)).height(HEIGHT).legend(legend_below).show_legend(legend)
}

/// How many of the values lie in each of `bins` intervals of equal width, from the smallest to the largest; values that are not finite
/// are left out. The last interval holds its upper end too.
///
/// ```
/// use hadamard::prelude::*;
/// let weights = mlp(1).width(64).input(8).init(Seed(0))?.parameters()[0].values.clone();
/// assert!(histogram("weights", "weight", weights, 20).to_svg().contains("weights"));
/// # Ok::<(), Error>(())
/// ```
pub fn histogram(
    title: impl Into<String>,
    x: impl Into<String>,
    values: impl IntoIterator<Item = f64>,
    bins: usize,
) -> Figure {
    counts(&title.into(), &x.into(), values.into_iter().filter(|v| v.is_finite()).collect(), bins.clamp(1, 1000))
}

fn counts(title: &str, x: &str, values: Vec<f64>, bins: usize) -> Figure {
    let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let (low, high) = match (low < high, values.is_empty()) {
        (true, _) => (low, high),
        (false, false) => (low - 0.5, high + 0.5),
        (false, true) => (0.0, 1.0),
    };
    // Parts, so that the width of a range near the ends of the floats is finite.
    let width = (high / bins as f64) - (low / bins as f64);
    let mut counts = vec![0u64; bins];
    for v in &values {
        // Exact for whole numbers, where it does not overflow.
        let bin = (v - low) * bins as f64 / (high - low);
        let bin = if bin.is_finite() { bin } else { v / width - low / width };
        counts[(bin as usize).min(bins - 1)] += 1;
    }
    let centres: Vec<f64> = (0..bins).map(|bin| low + (bin as f64 + 0.5) * width).collect();
    let mut plot = Plot::new();
    plot.add_trace(Bar::new(centres, counts).name(x).marker(Marker::new().color(COLOURS[0])));
    let axis = |title: &str| Axis::new().title(Title::with_text(title));
    plot.set_layout(framed(title, false).bar_gap(0.02).x_axis(axis(x)).y_axis(axis("count")));
    Figure::from(plot)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole numbers lie on borders of bins: each belongs to the bin above, the last one to the last.
    #[test]
    fn whole_numbers_are_counted_where_they_are() {
        let counted = |low: u32, high: u32, bins: usize| -> Vec<u64> {
            let figure = histogram("h", "x", (low..=high).map(f64::from), bins).to_json();
            figure["data"][0]["y"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap() as u64).collect()
        };
        assert_eq!(counted(6, 11, 5), [1, 1, 1, 1, 2]);
        for (low, high, bins) in [(1, 16, 5), (2, 12, 2), (8, 14, 6), (0, 100, 10), (7, 49, 3)] {
            let width = u64::from(high - low) / bins as u64;
            let mut right = vec![width; bins];
            right[bins - 1] += 1;
            assert_eq!(counted(low, high, bins), right, "{low} to {high}");
        }
        let ends = histogram("h", "x", [-1.7e308, 1e300, 1.7e308], 4).to_json();
        assert_eq!(ends["data"][0]["y"].to_string(), "[1,0,1,1]");
    }
}

//! Charts of lines, points, bands and error bars in a grid of panels.

use super::{COLOURS, Figure, LineChart};
use plotly::color::Rgba;
use plotly::common::{
    Anchor, DashType, ErrorData, ErrorType, ExponentFormat, Fill, Font, HoverInfo, Line as Stroke, Marker, Mode,
    Orientation,
};
use plotly::layout::{Annotation, Axis, AxisType, Layout, Legend};
use plotly::{Plot, Scatter};

/// Height of one row of several, of a single one, and of the space around them, in pixels.
const ROW: usize = 230;
const SINGLE_ROW: usize = 400;
const FRAME: usize = 130;
/// Share of a panel's slot that stays free for titles and tick labels.
const GAP: f64 = 0.3;
const SINGLE_GAP: f64 = 0.08;
/// Powers of ten on a logarithmic axis that each get a label.
const DECADES: f64 = 8.0;

/// What is drawn in one colour under one name.
#[derive(Clone)]
pub(super) struct Series {
    pub name: String,
    /// Index of the colour in [`COLOURS`].
    pub colour: usize,
    pub form: Form,
    /// Abscissae and ordinates.
    pub points: Vec<(f64, f64)>,
}

/// How points are drawn.
#[derive(Clone)]
pub(super) enum Form {
    Line {
        dashed: bool,
        markers: bool,
    },
    Points,
    /// Points with bars, and a line within a band: by how much each lies to either side of the ordinate.
    Errors(Vec<f64>),
    Band(Vec<f64>),
}

/// An axis: its title, whether it is logarithmic, and the range shown, all data by default.
#[derive(Clone, Debug)]
pub struct Scale {
    /// Title with units.
    pub title: String,
    /// Logarithmic.
    pub log: bool,
    /// Range shown.
    pub range: Option<(f64, f64)>,
}

impl Scale {
    /// A linear axis.
    pub fn linear(title: impl Into<String>) -> Self {
        Self { title: title.into(), log: false, range: None }
    }

    /// A logarithmic axis.
    pub fn log(title: impl Into<String>) -> Self {
        Self { title: title.into(), log: true, range: None }
    }

    /// Shows only values from `low` to `high`; from the larger to the smaller turns the axis round.
    pub fn shown(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// True of a value that has a place on the axis.
    fn shows(&self, v: f64) -> bool {
        v.is_finite() && (!self.log || v > 0.0)
    }

    /// The axis of a panel with these values.
    fn axis(&self, domain: &[f64], anchor: &str, values: impl Iterator<Item = f64>) -> Axis {
        let mut axis = Axis::new().domain(domain).anchor(anchor).zero_line(false);
        let end = |v: f64| if self.log { v.log10() } else { v };
        if self.log {
            let logarithms = values.filter(|v| self.shows(*v)).map(f64::log10);
            let ends = logarithms.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
            let (low, high) = self.range.map_or(ends, |(low, high)| (end(low.min(high)), end(low.max(high))));
            axis = axis.type_(AxisType::Log).exponent_format(ExponentFormat::Power);
            // A label per power of ten, as long as there is room for it; on fewer than three of them plotly knows better.
            if high - low >= 3.0 {
                axis = axis.dtick(((high - low) / DECADES).ceil());
            }
        }
        if let Some((low, high)) = self.range {
            axis = axis.range(vec![end(low), end(high)]);
        }
        axis
    }
}

/// Up to eight charts (plotly.rs names no more axes) with common axes, filled row by row in `columns` columns, each under its own title. Lines
/// of one name share an entry of the legend. Points that a logarithmic axis cannot show are left out. Charts beyond the eighth are not
/// drawn.
///
/// ```
/// use hadamard::prelude::*;
/// let chart = |k: i32| line_chart(format!("k = {k}")).line("power", (1..5).map(|x| (f64::from(x), f64::from(x).powi(k))));
/// let figure = panels("powers", [1, 2].map(chart), 2, Scale::linear("x"), Scale::linear("y"));
/// assert_eq!(figure.to_json()["data"].as_array().map(Vec::len), Some(2));
/// ```
pub fn panels(title: &str, charts: impl IntoIterator<Item = LineChart>, columns: usize, x: Scale, y: Scale) -> Figure {
    let panels: Vec<(String, Vec<Series>)> = charts.into_iter().map(LineChart::into_parts).collect();
    grid(title, &panels, columns, &x, &y)
}

/// [`panels`] of titles with series.
pub(super) fn grid(title: &str, panels: &[(String, Vec<Series>)], columns: usize, x: &Scale, y: &Scale) -> Figure {
    let panels = &panels[..panels.len().min(8)];
    let columns = columns.clamp(1, 8);
    let rows = panels.len().div_ceil(columns).max(1);
    let gap = if panels.len() == 1 { SINGLE_GAP } else { GAP };
    let mut plot = Plot::new();
    let mut named = std::collections::HashSet::new();
    let mut annotations = Vec::new();
    let mut layout = Layout::new();
    for (index, (panel_title, series)) in panels.iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let (width, height) = (1.0 / columns as f64, 1.0 / rows as f64);
        let left = column as f64 * width;
        let top = 1.0 - row as f64 * height;
        let across = [left + gap * width / 2.0, left + width * (1.0 - gap / 2.0)];
        let up = [top - height * (1.0 - gap / 2.0), top - gap * height / 2.0];
        let id = |letter: &str| if index == 0 { letter.to_string() } else { format!("{letter}{}", index + 1) };
        let axes = (id("x"), id("y"));
        for one in series {
            let in_legend = named.insert(one.name.clone());
            add(&mut plot, one, in_legend, &axes, (x, y));
        }
        let points = || series.iter().flat_map(|one| &one.points);
        let mut horizontal = x.axis(&across, &axes.1, points().map(|p| p.0));
        let mut vertical = y.axis(&up, &axes.0, points().map(|p| p.1));
        if index + columns >= panels.len() {
            horizontal = horizontal.title(x.title.as_str());
        }
        if column == 0 {
            vertical = vertical.title(y.title.as_str());
        }
        layout = place(layout, index, horizontal, vertical);
        annotations.push(
            Annotation::new()
                .text(format!("<b>{}</b>", super::text::escape(panel_title)))
                .x_ref("paper")
                .y_ref("paper")
                .x((across[0] + across[1]) / 2.0)
                .y(up[1])
                .x_anchor(Anchor::Center)
                .y_anchor(Anchor::Bottom)
                .font(Font::new().size(12))
                .show_arrow(false),
        );
    }
    // Room below the panels for the axis title and the legend.
    let inner = if rows == 1 { SINGLE_ROW } else { rows * ROW };
    plot.set_layout(
        layout
            .title(title)
            .height(inner + FRAME)
            .annotations(annotations)
            .legend(Legend::new().orientation(Orientation::Horizontal).y(-70.0 / inner as f64)),
    );
    Figure::from(plot)
}

/// Adds the traces of a series.
fn add(
    plot: &mut Plot,
    series: &Series,
    in_legend: bool,
    (x_axis, y_axis): &(String, String),
    (x, y): (&Scale, &Scale),
) {
    let hex = COLOURS[series.colour % COLOURS.len()];
    let shown: Vec<usize> =
        (0..series.points.len()).filter(|&i| x.shows(series.points[i].0) && y.shows(series.points[i].1)).collect();
    // A line has a gap where there is no value; one that a logarithmic axis cannot show is left out.
    let is_line = matches!(series.form, Form::Line { .. });
    let drawn = series.points.iter().filter(|p| x.shows(p.0) && (y.shows(p.1) || is_line && !p.1.is_finite()));
    let (xs, ys): (Vec<f64>, Vec<f64>) = drawn.map(|&(x, y)| (x, if y.is_finite() { y } else { f64::NAN })).unzip();
    let (dashed, mode) = match &series.form {
        Form::Line { dashed, markers: true } => (*dashed, Mode::LinesMarkers),
        Form::Line { dashed, markers: false } => (*dashed, Mode::Lines),
        Form::Points | Form::Errors(_) => (false, Mode::Markers),
        Form::Band(_) => (false, Mode::Lines),
    };
    if let Form::Band(sides) = &series.form {
        let side = |sign: f64| shown.iter().map(move |&i| series.points[i].1 + sign * sides[i]);
        // On a logarithmic axis a band that goes to zero or below ends at the foot of what is shown.
        let floor = match y.log {
            true => ys.iter().copied().fold(f64::INFINITY, f64::min) * 1e-3,
            false => f64::NEG_INFINITY,
        };
        let edge = |v: f64| if v.is_finite() { v.max(floor) } else { f64::NAN };
        let whole = |v: (f64, f64)| v.1.is_finite();
        let upper = xs.iter().copied().zip(side(1.0).map(edge)).filter(|v| whole(*v));
        let lower = xs.iter().copied().zip(side(-1.0).map(edge)).filter(|v| whole(*v));
        let (band_x, band_y): (Vec<f64>, Vec<f64>) = upper.chain(lower.collect::<Vec<_>>().into_iter().rev()).unzip();
        let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("COLOURS are #rrggbb");
        plot.add_trace(
            Scatter::new(band_x, band_y)
                .mode(Mode::Lines)
                .name(&series.name)
                .legend_group(&series.name)
                .show_legend(false)
                .hover_info(HoverInfo::Skip)
                .fill(Fill::ToSelf)
                .fill_color(Rgba::new(channel(1), channel(3), channel(5), 0.2))
                .line(Stroke::new().color(hex).width(0.0))
                .x_axis(x_axis)
                .y_axis(y_axis),
        );
    }
    let mut trace = Scatter::new(xs, ys)
        .mode(mode)
        .name(&series.name)
        .legend_group(&series.name)
        .show_legend(in_legend)
        .line(Stroke::new().color(hex).dash(if dashed { DashType::Dot } else { DashType::Solid }))
        .marker(Marker::new().color(hex))
        .x_axis(x_axis)
        .y_axis(y_axis);
    if let Form::Errors(sides) = &series.form {
        let sides = shown.iter().map(|&i| if sides[i].is_finite() { sides[i] } else { 0.0 }).collect();
        trace = trace.error_y(ErrorData::new(ErrorType::Data).array(sides).color(hex).thickness(1.5));
    }
    plot.add_trace(trace);
}

fn place(layout: Layout, index: usize, x: Axis, y: Axis) -> Layout {
    match index {
        0 => layout.x_axis(x).y_axis(y),
        1 => layout.x_axis2(x).y_axis2(y),
        2 => layout.x_axis3(x).y_axis3(y),
        3 => layout.x_axis4(x).y_axis4(y),
        4 => layout.x_axis5(x).y_axis5(y),
        5 => layout.x_axis6(x).y_axis6(y),
        6 => layout.x_axis7(x).y_axis7(y),
        _ => layout.x_axis8(x).y_axis8(y),
    }
}

#[cfg(test)]
mod tests {
    use crate::view::{Scale, line_chart};

    #[test]
    fn a_line_has_a_gap_where_there_is_no_value() {
        let points = [(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0), (3.0, 0.0), (4.0, 5.0)];
        let drawn = |y: Scale| {
            let figure = line_chart("loss").line("a", points).axes(Scale::linear("x"), y).figure().to_json();
            figure["data"][0]["y"].to_string()
        };
        assert_eq!(drawn(Scale::linear("y")), "[1.0,null,3.0,0.0,5.0]");
        // What a logarithmic axis cannot show is left out.
        assert_eq!(drawn(Scale::log("y")), "[1.0,null,3.0,5.0]");
    }
}

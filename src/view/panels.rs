//! Line charts in a grid of panels.

use super::{COLOURS, Figure};
use plotly::common::{Anchor, DashType, ExponentFormat, Font, Line as Stroke, Mode, Orientation};
use plotly::layout::{Annotation, Axis, AxisType, Layout, Legend};
use plotly::{Plot, Scatter};

/// One line of a panel.
#[derive(Clone, Debug)]
pub struct Line {
    /// Name in the legend; lines of one name share a colour and a legend entry across panels.
    pub name: String,
    /// Index of the colour in [`COLOURS`].
    pub colour: usize,
    /// Drawn dashed.
    pub dashed: bool,
    /// Drawn with a marker at each point.
    pub markers: bool,
    /// Abscissae and ordinates.
    pub points: Vec<(f64, f64)>,
}

/// A titled panel of lines.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Title above the panel.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// Height of one row of several, of a single one, and of the space around them, in pixels.
const ROW: usize = 230;
const SINGLE_ROW: usize = 400;
const FRAME: usize = 130;
/// Share of a panel's slot that stays free for titles and tick labels.
const GAP: f64 = 0.3;
const SINGLE_GAP: f64 = 0.08;
/// Powers of ten on a logarithmic axis that each get a label.
const DECADES: f64 = 8.0;

/// An axis: its title, whether it is logarithmic, and the range shown, all data by default.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Title with units.
    pub title: &'static str,
    /// Logarithmic.
    pub log: bool,
    /// Range shown.
    pub range: Option<(f64, f64)>,
}

impl Scale {
    /// A linear axis.
    pub fn linear(title: &'static str) -> Self {
        Self { title, log: false, range: None }
    }

    /// A logarithmic axis.
    pub fn log(title: &'static str) -> Self {
        Self { title, log: true, range: None }
    }

    /// Shows only values from `low` to `high`.
    pub fn shown(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// The axis of a panel with these values.
    fn axis(self, domain: &[f64], anchor: &str, values: impl Iterator<Item = f64>) -> Axis {
        let mut axis = Axis::new().domain(domain).anchor(anchor).zero_line(false);
        if self.log {
            let logarithms = values.filter(|v| *v > 0.0 && v.is_finite()).map(f64::log10);
            let (low, high) = logarithms.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
            // A label per power of ten, as long as there is room for it.
            let step = ((high - low) / DECADES).ceil().max(1.0);
            axis = axis.type_(AxisType::Log).exponent_format(ExponentFormat::Power).dtick(step);
        }
        if let Some((low, high)) = self.range {
            let end = |v: f64| if self.log { v.log10() } else { v };
            axis = axis.range(vec![end(low), end(high)]);
        }
        axis
    }
}

/// Up to eight panels (plotly.rs names no more axes), filled row by row in `columns` columns. Points that a logarithmic axis cannot show are left out. Panels beyond the eighth are not drawn.
pub fn panels(title: &str, panels: &[Panel], columns: usize, x: Scale, y: Scale) -> Figure {
    let panels = &panels[..panels.len().min(8)];
    let columns = columns.clamp(1, 8);
    let rows = panels.len().div_ceil(columns).max(1);
    let gap = if panels.len() == 1 { SINGLE_GAP } else { GAP };
    let mut plot = Plot::new();
    let mut named = std::collections::HashSet::new();
    let mut annotations = Vec::new();
    let mut layout = Layout::new();
    for (index, panel) in panels.iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let (width, height) = (1.0 / columns as f64, 1.0 / rows as f64);
        let left = column as f64 * width;
        let top = 1.0 - row as f64 * height;
        let across = [left + gap * width / 2.0, left + width * (1.0 - gap / 2.0)];
        let up = [top - height * (1.0 - gap / 2.0), top - gap * height / 2.0];
        let id = |letter: &str| if index == 0 { letter.to_string() } else { format!("{letter}{}", index + 1) };
        for line in &panel.lines {
            let (xs, ys): (Vec<f64>, Vec<f64>) =
                line.points.iter().filter(|(a, b)| (!x.log || *a > 0.0) && (!y.log || *b > 0.0)).copied().unzip();
            let stroke = Stroke::new().color(COLOURS[line.colour % COLOURS.len()]).dash(if line.dashed {
                DashType::Dot
            } else {
                DashType::Solid
            });
            plot.add_trace(
                Scatter::new(xs, ys)
                    .mode(if line.markers { Mode::LinesMarkers } else { Mode::Lines })
                    .name(&line.name)
                    .legend_group(&line.name)
                    .show_legend(named.insert(line.name.clone()))
                    .line(stroke)
                    .x_axis(id("x"))
                    .y_axis(id("y")),
            );
        }
        let points = || panel.lines.iter().flat_map(|line| &line.points);
        let mut horizontal = x.axis(&across, &id("y"), points().map(|p| p.0));
        let mut vertical = y.axis(&up, &id("x"), points().map(|p| p.1));
        if index + columns >= panels.len() {
            horizontal = horizontal.title(x.title);
        }
        if column == 0 {
            vertical = vertical.title(y.title);
        }
        layout = place(layout, index, horizontal, vertical);
        annotations.push(
            Annotation::new()
                .text(format!("<b>{}</b>", super::text::escape(&panel.title)))
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

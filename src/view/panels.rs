//! Line charts in a grid of panels.

use super::COLOURS;
use plotly::common::{DashType, Font, Line as Stroke, Mode, Orientation};
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

/// Height of one row of panels and the space around them, in pixels.
const ROW: usize = 230;
const FRAME: usize = 130;
/// Share of a panel's slot that stays free for titles and tick labels.
const GAP: f64 = 0.16;

/// Up to eight panels (plotly.rs names no more axes), filled row by row in `columns` columns, with logarithmic axes where
/// asked for. Points that a logarithmic axis cannot show are left out. Panels beyond the eighth are not drawn.
pub fn panels(title: &str, panels: &[Panel], columns: usize, x: (&str, bool), y: (&str, bool)) -> Plot {
    let panels = &panels[..panels.len().min(8)];
    let columns = columns.clamp(1, 8);
    let rows = panels.len().div_ceil(columns).max(1);
    let mut plot = Plot::new();
    let mut named = std::collections::HashSet::new();
    let mut annotations = Vec::new();
    let mut layout = Layout::new();
    for (index, panel) in panels.iter().enumerate() {
        let (row, column) = (index / columns, index % columns);
        let (width, height) = (1.0 / columns as f64, 1.0 / rows as f64);
        let left = column as f64 * width;
        let top = 1.0 - row as f64 * height;
        let across = [left + GAP * width / 2.0, left + width * (1.0 - GAP / 2.0)];
        let up = [top - height * (1.0 - GAP), top - GAP * height / 2.0];
        let id = |letter: &str| if index == 0 { letter.to_string() } else { format!("{letter}{}", index + 1) };
        for line in &panel.lines {
            let (xs, ys): (Vec<f64>, Vec<f64>) =
                line.points.iter().filter(|(a, b)| (!x.1 || *a > 0.0) && (!y.1 || *b > 0.0)).copied().unzip();
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
        let axis = |log: bool, domain: &[f64], anchor: String| {
            let axis = Axis::new().domain(domain).anchor(&anchor).zero_line(false);
            if log { axis.type_(AxisType::Log).exponent_format(plotly::common::ExponentFormat::Power) } else { axis }
        };
        let (mut horizontal, mut vertical) = (axis(x.1, &across, id("y")), axis(y.1, &up, id("x")));
        if index + columns >= panels.len() {
            horizontal = horizontal.title(x.0);
        }
        if column == 0 {
            vertical = vertical.title(y.0);
        }
        layout = place(layout, index, horizontal, vertical);
        annotations.push(
            Annotation::new()
                .text(format!("<b>{}</b>", super::table::escape(&panel.title)))
                .x_ref("paper")
                .y_ref("paper")
                .x((across[0] + across[1]) / 2.0)
                .y(up[1] + GAP * height / 2.0)
                .font(Font::new().size(12))
                .show_arrow(false),
        );
    }
    // Room below the panels for the axis title and the legend.
    let height = rows * ROW + FRAME;
    plot.set_layout(
        layout
            .title(title)
            .height(height)
            .annotations(annotations)
            .legend(Legend::new().orientation(Orientation::Horizontal).y(-70.0 / (rows * ROW) as f64)),
    );
    plot
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

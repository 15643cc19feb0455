//! A still image of a chart.

use super::chart::{Axes, Axis, Chart, Shape, Trace};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use serde_json::Value;

/// Text and axes: readable on white and on black.
pub(super) const GREY: &str = "#7f7f7f";
/// The grid.
pub(super) const GRID: &str = "rgba(127,127,127,0.25)";

const INK: RGBColor = RGBColor(127, 127, 127);
/// Width of the image, and of what stands around the panels, in pixels.
const WIDTH: u32 = 960;
const TOP: u32 = 40;
const LEGEND_ROW: u32 = 18;
/// Width of a character of the legend, by which its entries are spaced.
const CHARACTER: usize = 7;
/// Cells along the side of a heatmap; more are thinned out.
const CELLS: usize = 128;

type Drawing<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// A line that says what the chart is.
pub(super) fn summary(figure: &Value) -> String {
    let chart = Chart::of(figure);
    let mut names: Vec<&str> = Vec::new();
    for trace in chart.panels.iter().flat_map(|p| &p.traces).filter(|t| !t.name.is_empty()) {
        if !names.contains(&trace.name.as_str()) {
            names.push(&trace.name);
        }
    }
    let title = if chart.title.is_empty() { "chart" } else { &chart.title };
    let panels = match chart.panels.len() {
        0 | 1 => String::new(),
        n => format!(" ({n} panels)"),
    };
    let of = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    format!("{title}{panels}{of}")
}

/// The image as SVG text.
pub(super) fn draw(figure: &Value) -> String {
    let chart = Chart::of(figure);
    let legend = entries(&chart);
    let height = chart.height + LEGEND_ROW * legend.len() as u32;
    let mut image = String::new();
    {
        let root = SVGBackend::with_string(&mut image, (WIDTH, height)).into_drawing_area();
        // Drawing to a string cannot fail; a chart that plotters refuses is an image with less on it.
        let _ = draw_all(&root, &chart, &legend, height);
        let _ = root.present();
    }
    image
}

/// Rows of the legend: name, colour, dashed.
fn entries(chart: &Chart) -> Vec<Vec<(&str, RGBColor, bool)>> {
    let mut rows: Vec<Vec<(&str, RGBColor, bool)>> = Vec::new();
    let mut used = 0;
    let named = chart.panels.iter().flat_map(|p| &p.traces).filter(|t| t.in_legend && !t.name.is_empty());
    for trace in named {
        let entry = (trace.name.as_str(), ink(trace), trace.dashed);
        if rows.iter().flatten().any(|e| e.0 == entry.0) {
            continue;
        }
        let width = 50 + CHARACTER * entry.0.chars().count();
        match rows.last_mut().filter(|_| used + width < WIDTH as usize - 60) {
            Some(row) => row.push(entry),
            None => {
                rows.push(vec![entry]);
                used = 0;
            }
        }
        used += width;
    }
    rows
}

fn ink(trace: &Trace) -> RGBColor {
    RGBColor(trace.colour.0, trace.colour.1, trace.colour.2)
}

fn text(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

fn draw_all(root: &Drawing<'_>, chart: &Chart, legend: &[Vec<(&str, RGBColor, bool)>], height: u32) -> Drawn {
    let centred = |size| text(size).pos(Pos::new(HPos::Center, VPos::Bottom));
    root.draw(&Text::new(chart.title.clone(), (WIDTH as i32 / 2, TOP as i32 - 12), centred(17)))?;
    // The lowest axis title stands between the panels and the legend.
    let below = LEGEND_ROW * legend.len() as u32 + 40;
    let inside = f64::from(height - TOP.min(height) - below.min(height - TOP.min(height)));
    for axes in &chart.panels {
        let x = [axes.across[0] * f64::from(WIDTH), axes.across[1] * f64::from(WIDTH)];
        let y = [f64::from(TOP) + (1.0 - axes.up[1]) * inside, f64::from(TOP) + (1.0 - axes.up[0]) * inside];
        // Tick labels and axis titles stand outside plotly's domain.
        let single = axes.across == [0.0, 1.0];
        let (left, bottom) = (if single { 70.0 } else { 58.0 }, 44.0);
        let x0 = if single { 0.0 } else { (x[0] - left).max(0.0) };
        let area = root.clone().shrink(
            (x0 as i32, y[0] as i32),
            ((x[1] - x0) as u32, (y[1] - y[0] + if single { 0.0 } else { bottom }) as u32),
        );
        panel(&area, axes, (left as u32, bottom as u32))?;
    }
    for (note, [x, y]) in &chart.notes {
        let at = ((x * f64::from(WIDTH)) as i32, (f64::from(TOP) + (1.0 - y) * inside) as i32 - 2);
        root.draw(&Text::new(note.clone(), at, centred(13)))?;
    }
    for (row, entries) in legend.iter().enumerate() {
        let y = (height - LEGEND_ROW * (legend.len() - row) as u32) as i32;
        let mut x = 60;
        for (name, colour, dashed) in entries {
            let line = vec![(x, y), (x + 26, y)];
            if *dashed {
                root.draw(&DashedPathElement::new(line, 3, 3, colour.stroke_width(2)))?;
            } else {
                root.draw(&PathElement::new(line, colour.stroke_width(2)))?;
            }
            let beside = text(12).pos(Pos::new(HPos::Left, VPos::Center));
            root.draw(&Text::new(name.to_string(), (x + 32, y), beside))?;
            x += (50 + CHARACTER * name.chars().count()) as i32;
        }
    }
    if !chart.not_drawn.is_empty() {
        let note = format!("in the interactive chart only: {}", chart.not_drawn.join(", "));
        root.draw(&Text::new(note, (WIDTH as i32 / 2, height as i32 / 2), centred(14)))?;
    }
    Ok(())
}

/// A tick's label.
fn label(axis: &Axis, value: f64) -> String {
    if !axis.names.is_empty() {
        let place = value.round();
        let near = (value - place).abs() <= 1e-6 && place >= 0.0;
        return axis.names.get(place as usize).filter(|_| near).cloned().unwrap_or_default();
    }
    match axis.log {
        // Ticks between the powers of ten have no label.
        true if (value - value.round()).abs() > 1e-6 => String::new(),
        true if value.abs() <= 3.5 => {
            let decimals = (-value.round()).max(0.0) as usize;
            format!("{:.decimals$}", 10f64.powf(value.round()))
        }
        true => format!("1e{}", value.round()),
        false => super::number(value),
    }
}

fn panel(area: &Drawing<'_>, axes: &Axes, (left, bottom): (u32, u32)) -> Drawn {
    let ([x0, x1], [y0, y1]) = (axes.x.range, axes.y.range);
    let mut chart = ChartBuilder::on(area)
        .margin(4)
        .x_label_area_size(bottom)
        .y_label_area_size(left)
        .build_cartesian_2d(x0..x1, y0..y1)?;
    // On a logarithmic axis one tick per power of ten.
    let ticks = |axis: &Axis| {
        let span = axis.range[1] - axis.range[0];
        if axis.log { (span.floor() as usize + 1).clamp(2, 10) } else { 5 }
    };
    chart
        .configure_mesh()
        .x_desc(axes.x.title.clone())
        .y_desc(axes.y.title.clone())
        .x_labels(ticks(&axes.x))
        .y_labels(ticks(&axes.y))
        .x_label_formatter(&|v| label(&axes.x, *v))
        .y_label_formatter(&|v| label(&axes.y, *v))
        .label_style(text(11))
        .axis_desc_style(text(13))
        .axis_style(INK)
        .bold_line_style(INK.mix(0.25))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for trace in &axes.traces {
        let ink = ink(trace);
        match &trace.shape {
            Shape::Points { parts, lines, markers } => {
                for part in parts.iter().flat_map(|part| inside(part, axes.x.range, axes.y.range)) {
                    let points = part.iter().copied();
                    if *lines && trace.dashed {
                        chart.draw_series(DashedLineSeries::new(points.clone(), 3, 3, ink.stroke_width(2)))?;
                    } else if *lines {
                        chart.draw_series(LineSeries::new(points.clone(), ink.stroke_width(2)))?;
                    }
                    if *markers {
                        chart.draw_series(points.map(|at| Circle::new(at, 3, ink.filled())))?;
                    }
                }
            }
            Shape::Bars(bars) => {
                let bar = |&(x, y): &(f64, f64)| Rectangle::new([(x - 0.4, 0.0), (x + 0.4, y)], ink.filled());
                chart.draw_series(bars.iter().map(bar))?;
            }
            Shape::Cells { rows, x, y, values } => {
                let thin = |n: usize| (0..n).step_by(n.div_ceil(CELLS).max(1));
                let step = |v: &[f64]| v.len().div_ceil(CELLS).max(1) as f64 * v.get(1).map_or(1.0, |b| b - v[0]);
                let (width, height) = (step(x), step(y));
                let cells = thin(rows.len()).flat_map(|i| thin(rows[i].len()).map(move |j| (i, j)));
                chart.draw_series(cells.map(|(i, j)| {
                    let (x, y) = (x[j] - width / 2.0, y[i] - height / 2.0);
                    Rectangle::new([(x, y), (x + width, y + height)], shade(rows[i][j], *values).filled())
                }))?;
            }
        }
    }
    Ok(())
}

/// The parts of a line that are inside the ranges, cut at their borders: plotters would draw what is outside along them.
fn inside(line: &[(f64, f64)], x: [f64; 2], y: [f64; 2]) -> Vec<Vec<(f64, f64)>> {
    let within = |p: &(f64, f64)| (x[0]..=x[1]).contains(&p.0) && (y[0]..=y[1]).contains(&p.1);
    let mut parts = vec![Vec::new()];
    if let [only] = line {
        return if within(only) { vec![vec![*only]] } else { Vec::new() };
    }
    for pair in line.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        // The share of the way from `a` to `b` at which the segment enters and leaves (Liang and Barsky).
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for (start, change, range) in [(a.0, b.0 - a.0, x), (a.1, b.1 - a.1, y)] {
            if change == 0.0 {
                if !(range[0]..=range[1]).contains(&start) {
                    to = -1.0;
                }
                continue;
            }
            let ends = [(range[0] - start) / change, (range[1] - start) / change];
            from = from.max(ends[0].min(ends[1]));
            to = to.min(ends[0].max(ends[1]));
        }
        let at = |t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
        if from <= to {
            match parts.last_mut() {
                Some(part) if from == 0.0 && !part.is_empty() => part.push(at(to)),
                Some(part) if part.is_empty() => part.extend([at(from), at(to)]),
                _ => parts.push(vec![at(from), at(to)]),
            }
        }
        if to < 1.0 && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(Vec::new());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// From white over blue to nearly black; what is not a number is grey.
pub(super) fn shade(value: f64, [low, high]: [f64; 2]) -> RGBColor {
    if !value.is_finite() {
        return INK;
    }
    let t = if high > low { (value - low) / (high - low) } else { 0.5 };
    let mix = |a: f64, b: f64, c: f64| {
        let v = if t < 0.5 { a + (b - a) * 2.0 * t } else { b + (c - b) * (2.0 * t - 1.0) };
        v.round() as u8
    };
    RGBColor(mix(247.0, 66.0, 8.0), mix(251.0, 146.0, 29.0), mix(255.0, 198.0, 88.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_are_cut_at_the_borders() {
        let line = [(0.0, 0.5), (1.0, 1.5), (2.0, 1.5), (3.0, 0.5), (4.0, 0.5)];
        let parts = inside(&line, [0.0, 4.0], [0.0, 1.0]);
        assert_eq!(parts, [vec![(0.0, 0.5), (0.5, 1.0)], vec![(2.5, 1.0), (3.0, 0.5), (4.0, 0.5)]]);
        assert!(inside(&[(5.0, 0.0)], [0.0, 4.0], [0.0, 1.0]).is_empty());
    }

    #[test]
    fn hostile_text_is_inert_and_what_cannot_be_drawn_is_named() {
        let hostile = "</text><script>alert(1)</script>";
        let figure = json!({
            "data": [
                {"type": "scatter", "x": [1, 2, null], "y": [1, 10, 3], "name": hostile, "mode": "lines+markers"},
                {"type": "bar", "x": ["a", "b"], "y": [1, 2], "name": "bars"},
                {"type": "heatmap", "z": [[1, 2], [3, null]]},
                {"type": "pie", "values": [1]},
            ],
            "layout": {"title": {"text": hostile}, "yaxis": {"type": "log", "title": hostile}, "annotations": [{"text": hostile, "x": 0, "y": 1}]},
        });
        let image = draw(&figure);
        assert!(image.starts_with("<svg") && !image.contains("<script"), "{image}");
        assert!(image.contains("interactive chart only: pie"));
        assert!(summary(&figure).starts_with("alert(1)"), "{}", summary(&figure));
    }

    #[test]
    fn figures_without_anything_to_draw_are_images_too() {
        let empty = [json!(null), json!({"data": [{"x": [], "y": []}]}), json!({"data": [{"x": [1], "y": [1e300]}]})];
        for figure in empty {
            assert!(draw(&figure).starts_with("<svg"), "{figure}");
        }
    }
}

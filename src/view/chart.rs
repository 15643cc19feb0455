//! What a plotly figure draws, read from its JSON: the part of plotly that a still image needs.

use super::COLOURS;
use super::text::plain;
use serde_json::Value;

/// A figure.
pub(super) struct Chart {
    pub title: String,
    pub height: u32,
    pub panels: Vec<Axes>,
    /// Text placed in the figure as a whole, from 0 to 1 across and up.
    pub notes: Vec<(String, [f64; 2])>,
    /// Traces of kinds that are not drawn here.
    pub not_drawn: Vec<String>,
}

/// A pair of axes and what is drawn between them.
pub(super) struct Axes {
    /// Extent across the figure, from 0 to 1.
    pub across: [f64; 2],
    /// Extent up the figure.
    pub up: [f64; 2],
    pub x: Axis,
    pub y: Axis,
    pub traces: Vec<Trace>,
}

/// An axis; on a logarithmic one everything is in powers of ten.
pub(super) struct Axis {
    pub title: String,
    pub log: bool,
    pub range: [f64; 2],
    /// Names of the values 0, 1, 2, … where the data are names.
    pub names: Vec<String>,
}

/// One trace.
pub(super) struct Trace {
    pub name: String,
    pub in_legend: bool,
    pub colour: (u8, u8, u8),
    pub dashed: bool,
    pub shape: Shape,
}

/// What a trace draws.
pub(super) enum Shape {
    /// Lines, markers or both through the points; a gap between parts.
    Points { parts: Vec<Vec<(f64, f64)>>, lines: bool, markers: bool },
    /// Bars from zero.
    Bars(Vec<(f64, f64)>),
    /// Cells of equal size, row by row from below, with the smallest and the largest value.
    Cells { rows: Vec<Vec<f64>>, x: Vec<f64>, y: Vec<f64>, values: [f64; 2] },
}

/// A title is a text or an object with one.
fn title(value: &Value) -> String {
    plain(value.as_str().or_else(|| value["text"].as_str()).unwrap_or_default())
}

/// The number of the axis in `x`, `x2`, …
fn number(axis: &Value) -> usize {
    axis.as_str().and_then(|name| name.get(1..)?.parse().ok()).unwrap_or(1)
}

/// Numbers of an array; names count as 0, 1, 2, … and are added to `names`; what is neither is NaN.
fn numbers(values: &Value, log: bool, names: &mut Vec<String>) -> Vec<f64> {
    let number = |v: &Value| match v.as_str() {
        Some(name) => {
            let place = names.iter().position(|n| n == name).unwrap_or(names.len());
            if place == names.len() {
                names.push(name.to_string());
            }
            place as f64
        }
        None => v.as_f64().map_or(f64::NAN, |v| if log { v.log10() } else { v }),
    };
    values.as_array().map(|a| a.iter().map(number).collect()).unwrap_or_default()
}

/// `#rrggbb` of a trace's line or marker, else the palette's next colour.
fn colour(trace: &Value, index: usize) -> (u8, u8, u8) {
    let named = ["line", "marker"].iter().find_map(|part| trace[part]["color"].as_str());
    let hex = named.filter(|c| c.starts_with('#') && c.len() == 7).unwrap_or(COLOURS[index % COLOURS.len()]);
    let part = |at: usize| hex.get(at..at + 2).and_then(|h| u8::from_str_radix(h, 16).ok()).unwrap_or(128);
    (part(1), part(3), part(5))
}

impl Chart {
    /// Reads plotly's JSON; what it does not say has plotly's default.
    pub fn of(figure: &Value) -> Self {
        let layout = &figure["layout"];
        let height = layout["height"].as_f64().filter(|h| (100.0..10_000.0).contains(h)).unwrap_or(450.0) as u32;
        let mut panels: Vec<(usize, Axes)> = Vec::new();
        let mut not_drawn = Vec::new();
        let empty = Vec::new();
        for (index, trace) in figure["data"].as_array().unwrap_or(&empty).iter().enumerate() {
            let at = number(&trace["xaxis"]);
            let place = panels.iter().position(|(n, _)| *n == at).unwrap_or_else(|| {
                panels.push((at, Axes::of(layout, at, number(&trace["yaxis"]))));
                panels.len() - 1
            });
            let axes = &mut panels[place].1;
            let (x_log, y_log) = (axes.x.log, axes.y.log);
            let (x, y) =
                (numbers(&trace["x"], x_log, &mut axes.x.names), numbers(&trace["y"], y_log, &mut axes.y.names));
            let kind = trace["type"].as_str().unwrap_or("scatter");
            let shape = match kind {
                "scatter" | "scattergl" => Self::points(trace, x, y),
                "bar" => Shape::Bars(pairs(x, y)),
                "heatmap" => Self::cells(trace, x, y),
                other => {
                    not_drawn.push(plain(other));
                    continue;
                }
            };
            axes.traces.push(Trace {
                name: plain(trace["name"].as_str().unwrap_or_default()),
                in_legend: trace["showlegend"].as_bool().unwrap_or(true) && !matches!(shape, Shape::Cells { .. }),
                colour: colour(trace, index),
                dashed: trace["line"]["dash"].as_str().is_some_and(|d| d != "solid"),
                shape,
            });
        }
        let mut panels: Vec<Axes> = panels.into_iter().map(|(_, axes)| axes).collect();
        panels.iter_mut().for_each(Axes::fit);
        let notes = layout["annotations"]
            .as_array()
            .unwrap_or(&empty)
            .iter()
            .filter_map(|note| Some((plain(note["text"].as_str()?), [note["x"].as_f64()?, note["y"].as_f64()?])));
        Self { title: title(&layout["title"]), height, panels, notes: notes.collect(), not_drawn }
    }

    fn points(trace: &Value, x: Vec<f64>, y: Vec<f64>) -> Shape {
        let mode = trace["mode"].as_str().unwrap_or("lines");
        let mut parts: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        let x = if x.is_empty() { (0..y.len()).map(|i| i as f64).collect() } else { x };
        for (x, y) in x.into_iter().zip(y) {
            match (parts.last_mut(), x.is_finite() && y.is_finite()) {
                (Some(part), true) => part.push((x, y)),
                (Some(part), false) if !part.is_empty() => parts.push(Vec::new()),
                _ => {}
            }
        }
        Shape::Points { parts, lines: mode.contains("lines"), markers: mode.contains("markers") }
    }

    fn cells(trace: &Value, x: Vec<f64>, y: Vec<f64>) -> Shape {
        let rows: Vec<Vec<f64>> = trace["z"]
            .as_array()
            .map(|rows| rows.iter().map(|row| numbers(row, false, &mut Vec::new())).collect())
            .unwrap_or_default();
        let values = extent(rows.iter().flatten().copied()).unwrap_or([0.0, 1.0]);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let centres = |given: Vec<f64>, count: usize| {
            if given.len() == count { given } else { (0..count).map(|i| i as f64).collect() }
        };
        let (x, y) = (centres(x, columns), centres(y, rows.len()));
        Shape::Cells { rows, x, y, values }
    }
}

fn pairs(x: Vec<f64>, y: Vec<f64>) -> Vec<(f64, f64)> {
    x.into_iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
}

/// The smallest and the largest finite value.
fn extent(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some([v, v]),
        Some([low, high]) => Some([low.min(v), high.max(v)]),
    })
}

impl Axes {
    fn of(layout: &Value, x: usize, y: usize) -> Self {
        let name = |letter: &str, n: usize| if n == 1 { format!("{letter}axis") } else { format!("{letter}axis{n}") };
        let axis = |letter: &str, n: usize| {
            let axis = &layout[name(letter, n)];
            let pair = |value: &Value| Some([value[0].as_f64()?, value[1].as_f64()?]);
            let domain = pair(&axis["domain"]).filter(|d| d[0] < d[1] && d[0] >= 0.0 && d[1] <= 1.0);
            let log = axis["type"].as_str() == Some("log");
            let range = pair(&axis["range"]).unwrap_or([f64::NAN; 2]);
            (domain.unwrap_or([0.0, 1.0]), Axis { title: title(&axis["title"]), log, range, names: Vec::new() })
        };
        let ((across, x), (up, y)) = (axis("x", x), axis("y", y));
        Self { across, up, x, y, traces: Vec::new() }
    }

    /// Ranges that were not given are those of the data, with a margin.
    fn fit(&mut self) {
        let corners = self.traces.iter().flat_map(|trace| match &trace.shape {
            Shape::Points { parts, .. } => parts.iter().flatten().copied().collect::<Vec<_>>(),
            Shape::Bars(bars) => bars.iter().flat_map(|&(x, y)| [(x - 0.5, 0.0), (x + 0.5, y)]).collect(),
            Shape::Cells { x, y, .. } => {
                let ends = |v: &[f64]| [v.first().map_or(0.0, |v| v - 0.5), v.last().map_or(1.0, |v| v + 0.5)];
                let (x, y) = (ends(x), ends(y));
                vec![(x[0], y[0]), (x[1], y[1])]
            }
        });
        let corners: Vec<(f64, f64)> = corners.collect();
        let tight = self.traces.iter().all(|t| matches!(t.shape, Shape::Cells { .. }));
        let fit = |axis: &mut Axis, values: Vec<f64>| {
            if axis.range.iter().all(|v| v.is_finite()) && axis.range[0] < axis.range[1] {
                return;
            }
            let [low, high] = extent(values.into_iter()).unwrap_or([0.0, 1.0]);
            let margin = if tight { 0.0 } else { 0.05 * (high - low) };
            // A constant still needs an axis around it.
            let margin = if high > low { margin } else { low.abs().max(1.0) / 2.0 };
            axis.range = [low - margin, high + margin];
        };
        fit(&mut self.x, corners.iter().map(|c| c.0).collect());
        fit(&mut self.y, corners.iter().map(|c| c.1).collect());
    }
}

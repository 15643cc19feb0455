//! What the traces of a chart draw, in the units of their axes.

mod bars;
mod cells;
mod points;

pub(super) use bars::{Bar, Bars, arrange};
pub(super) use cells::Cells;
pub(super) use points::{Errors, Fill, Points, Steps};

use super::Unnamed;
use super::axis::Axis;
use super::canvas::Stroke;
use super::paint::{ColourBar, ColourScale, Paint};
use serde_json::Value;

/// One trace.
pub(super) struct Trace {
    pub name: String,
    /// Its place among the figure's traces.
    pub number: usize,
    pub in_legend: bool,
    pub paint: Paint,
    /// The axes, as indices into those of the chart.
    pub x: usize,
    pub y: usize,
    pub shape: Shape,
}

/// What a trace draws.
pub(super) enum Shape {
    Points(Points),
    Bars(Bars),
    Cells(Cells),
}

/// One value for all points, or one for each.
#[derive(Clone, Debug)]
pub(super) enum Each<T> {
    All(T),
    Of(Vec<T>),
}

impl<T: Clone> Each<T> {
    /// That of a point; those that a list is too short for have its last one's.
    pub fn at(&self, index: usize) -> T {
        match self {
            Each::All(value) => value.clone(),
            Each::Of(values) => values[index.min(values.len() - 1)].clone(),
        }
    }

    /// One value, or a list of at least one.
    fn read(value: &Value, one: impl Fn(&Value) -> Option<T>) -> Option<Self> {
        match value.as_array() {
            Some(list) => list.iter().map(one).collect::<Option<Vec<T>>>().filter(|l| !l.is_empty()).map(Each::Of),
            None => one(value).map(Each::All),
        }
    }
}

/// The colours of a trace's markers or bars: one, one each, or by number.
fn paints(marker: &Value, layout: &Value, fallback: Paint) -> (Each<Paint>, Option<ColourBar>) {
    let colours = &marker["color"];
    let by_number: Option<Vec<f64>> =
        colours.as_array().map(|list| list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect());
    let numeric = by_number.filter(|numbers| numbers.iter().any(|v| v.is_finite()));
    if let Some(numbers) = numeric {
        let shared = marker["coloraxis"].as_str().map(|axis| &layout[axis]);
        let object = shared.unwrap_or(marker);
        let scale = ColourScale::of(object, "c", numbers.iter().copied(), true);
        let bar = object["showscale"].as_bool().unwrap_or(shared.is_some() || object["colorbar"].is_object());
        let paints = numbers.iter().map(|v| scale.at(*v).unwrap_or(fallback)).collect();
        return (Each::Of(paints), bar.then(|| ColourBar { scale, settings: object["colorbar"].clone() }));
    }
    (Each::read(colours, Paint::of).unwrap_or(Each::All(fallback)), None)
}

/// The texts of a trace's points, if it has any.
fn point_texts(trace: &Value) -> Option<Each<String>> {
    let words = |v: &Value| {
        Some(v.as_str().map_or_else(|| if v.is_null() { String::new() } else { v.to_string() }, super::plain))
    };
    Each::read(&trace["text"], words).filter(|_| !trace["text"].is_null())
}

/// A line with the settings of a `line` object.
fn stroke(line: &Value, fallback: Paint, width: f64) -> Stroke {
    let width = line["width"].as_f64().filter(|w| (0.0..=100.0).contains(w)).unwrap_or(width);
    // Plotly's lengths (`src/components/drawing`, `dashStyle`), in widths of at least 3 pixels.
    let unit = width.max(3.0);
    let in_units = |lengths: &[f64]| lengths.iter().map(|l| l * unit).collect();
    let dashes = match line["dash"].as_str().unwrap_or("solid") {
        "solid" => Vec::new(),
        "dot" => in_units(&[1.0, 1.0]),
        "dash" => in_units(&[3.0, 3.0]),
        "longdash" => in_units(&[5.0, 5.0]),
        "dashdot" => in_units(&[3.0, 1.0, 1.0, 1.0]),
        "longdashdot" => in_units(&[5.0, 2.0, 1.0, 2.0]),
        own => {
            let lengths =
                own.split([',', ' ']).filter(|l| !l.is_empty()).map(|l| l.trim_end_matches("px").parse::<f64>());
            let lengths: Result<Vec<f64>, _> = lengths.collect();
            lengths.ok().filter(|l| l.iter().all(|v| (0.0..1e4).contains(v)) && l.len() < 20).unwrap_or_default()
        }
    };
    Stroke { paint: Paint::of(&line["color"]).unwrap_or(fallback), width, dashes }
}

/// The settings of a layout's line: of a shape or an annotation's arrow.
pub(super) fn layout_stroke(line: &Value, width: f64) -> Stroke {
    stroke(line, super::paint::INK, width)
}

/// The places of a trace's points along an axis: its array, or `x0 + dx i`.
fn places(trace: &Value, letter: &str, axis: &Axis, count: usize) -> Vec<f64> {
    let given = axis.values(&trace[letter]);
    if !given.is_empty() {
        return given;
    }
    let number = |key: String, fallback: f64| trace[key].as_f64().unwrap_or(fallback);
    let (first, step) = (number(format!("{letter}0"), 0.0), number(format!("d{letter}"), 1.0));
    (0..count).map(|i| axis.value(&Value::from(first + step * i as f64))).collect()
}

impl Trace {
    /// Reads a trace of a kind that is drawn here; what of it is not drawn goes into `unnamed`.
    pub fn of(
        (trace, index): (&Value, usize),
        figure: &Value,
        axes: (&Axis, &Axis),
        default: Paint,
        unnamed: &mut Unnamed,
    ) -> Option<(Paint, Shape)> {
        let kind = trace["type"].as_str().unwrap_or("scatter");
        let found = match kind {
            "scatter" | "scattergl" => points::read(trace, figure, axes, default, unnamed),
            "bar" | "histogram" => bars::read((trace, index), figure, axes, default, unnamed),
            "heatmap" | "heatmapgl" | "image" => {
                cells::read(trace, figure, axes, unnamed).map(|cells| (default, Shape::Cells(cells)))
            }
            other => {
                unnamed.add(super::plain(other));
                None
            }
        };
        if found.is_some() {
            super::known::check_trace(kind, trace, unnamed);
        }
        found
    }
}

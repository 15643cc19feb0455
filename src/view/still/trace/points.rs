//! Lines, markers, texts, bands and error bars through points.

use super::{Each, Shape, paints, places, point_texts, stroke};
use crate::view::still::Unnamed;
use crate::view::still::axis::{Axis, Kind};
use crate::view::still::canvas::Stroke;
use crate::view::still::paint::{ColourBar, INK, Paint};
use crate::view::still::plain;
use serde_json::Value;

/// Points, and what is drawn through and around them.
pub(in crate::view::still) struct Points {
    /// NaN where there is a gap.
    pub at: Vec<(f64, f64)>,
    pub line: Option<Stroke>,
    pub steps: Steps,
    /// Lines go on over gaps.
    pub connected: bool,
    pub markers: Option<Markers>,
    pub texts: Option<Texts>,
    pub fill: Option<(Fill, Paint)>,
    /// Of the abscissae and of the ordinates.
    pub errors: [Option<Errors>; 2],
    pub bar: Option<ColourBar>,
}

/// How a line goes from point to point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::view::still) enum Steps {
    Straight,
    HorizontalFirst,
    VerticalFirst,
    HorizontalHalves,
    VerticalHalves,
}

/// What lies between a line and another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::view::still) enum Fill {
    /// Down to zero, or to the left.
    Zero { upright: bool },
    /// To the trace before it.
    Next,
    /// Inside the line.
    Inside,
}

#[derive(Clone, Debug)]
pub(in crate::view::still) struct Markers {
    pub symbols: Each<String>,
    /// Diameters in pixels.
    pub sizes: Each<f64>,
    pub paints: Each<Paint>,
    pub outline: Option<Stroke>,
}

pub(in crate::view::still) struct Texts {
    pub texts: Each<String>,
    /// `top center` and so on.
    pub position: String,
    pub size: f64,
    pub paint: Paint,
}

/// The ends of error bars, in the axis' units; NaN where there is none.
pub(in crate::view::still) struct Errors {
    pub low: Vec<f64>,
    pub high: Vec<f64>,
    pub stroke: Stroke,
    /// Of the lines across the ends, in pixels to either side.
    pub cap: f64,
}

/// More points than this have no markers unless asked for (plotly's rule for `scatter`).
const WITH_MARKERS: usize = 20;

pub(super) fn read(
    trace: &Value,
    figure: &Value,
    (x_axis, y_axis): (&Axis, &Axis),
    default: Paint,
    unnamed: &mut Unnamed,
) -> Option<(Paint, Shape)> {
    let count = ["x", "y"].iter().map(|key| trace[*key].as_array().map_or(0, Vec::len)).max().unwrap_or(0);
    let (x, y) = (places(trace, "x", x_axis, count), places(trace, "y", y_axis, count));
    let at: Vec<(f64, f64)> = x.into_iter().zip(y).collect();
    let mode = match trace["mode"].as_str() {
        Some(mode) => mode,
        None if at.len() < WITH_MARKERS => "lines+markers",
        None => "lines",
    };
    // A marker's colour stands for the trace where there is no line.
    let own = Paint::of(&trace["line"]["color"]).or_else(|| Paint::of(&trace["marker"]["color"])).unwrap_or(default);
    let opacity = trace["opacity"].as_f64().map_or(1.0, |o| o.clamp(0.0, 1.0));
    let mut line = mode.contains("lines").then(|| stroke(&trace["line"], own, 2.0));
    let steps = match trace["line"]["shape"].as_str().unwrap_or("linear") {
        "hv" => Steps::HorizontalFirst,
        "vh" => Steps::VerticalFirst,
        "hvh" => Steps::HorizontalHalves,
        "vhv" => Steps::VerticalHalves,
        "linear" => Steps::Straight,
        other => {
            unnamed.add(format!("{} lines as curves", plain(other)));
            Steps::Straight
        }
    };
    let (mut markers, bar) = match mode.contains("markers") {
        true => {
            let (markers, bar) = markers(&trace["marker"], &figure["layout"], own, unnamed);
            (Some(markers), bar)
        }
        false => (None, None),
    };
    if let Some(line) = &mut line {
        line.paint = line.paint.faded(opacity);
    }
    if let Some(markers) = &mut markers {
        let share = trace["marker"]["opacity"].as_f64().map_or(opacity, |o| opacity * o.clamp(0.0, 1.0));
        markers.paints = match &markers.paints {
            Each::All(paint) => Each::All(paint.faded(share)),
            Each::Of(paints) => Each::Of(paints.iter().map(|p| p.faded(share)).collect()),
        };
    }
    let texts = mode.contains("text").then(|| texts(trace)).flatten();
    let fill = match trace["fill"].as_str().unwrap_or("none") {
        "tozeroy" => Some(Fill::Zero { upright: true }),
        "tozerox" => Some(Fill::Zero { upright: false }),
        "tonexty" | "tonextx" | "tonext" => Some(Fill::Next),
        "toself" => Some(Fill::Inside),
        _ => None,
    };
    let fill = fill.map(|fill| (fill, Paint::of(&trace["fillcolor"]).unwrap_or(own.faded(0.5)).faded(opacity)));
    let errors = [
        errors(&trace["error_x"], &trace["error_y"], x_axis, &at.iter().map(|p| p.0).collect::<Vec<_>>(), own),
        errors(&trace["error_y"], &Value::Null, y_axis, &at.iter().map(|p| p.1).collect::<Vec<_>>(), own),
    ];
    let connected = trace["connectgaps"].as_bool() == Some(true);
    Some((own, Shape::Points(Points { at, line, steps, connected, markers, texts, fill, errors, bar })))
}

fn markers(marker: &Value, layout: &Value, own: Paint, unnamed: &mut Unnamed) -> (Markers, Option<ColourBar>) {
    let symbol = |v: &Value| v.as_str().map(String::from).or_else(|| v.as_u64().map(|n| n.to_string()));
    let symbols = Each::read(&marker["symbol"], symbol).unwrap_or(Each::All("circle".into()));
    let named: Vec<&String> = match &symbols {
        Each::All(symbol) => vec![symbol],
        Each::Of(symbols) => symbols.iter().collect(),
    };
    for symbol in named.into_iter().filter(|symbol| !crate::view::still::markers::is_drawn(symbol)) {
        unnamed.add(format!("markers of the form {}", plain(symbol)));
    }
    let (paints, bar) = paints(marker, layout, own);
    let reference = marker["sizeref"].as_f64().filter(|r| *r > 0.0).unwrap_or(1.0);
    let (area, least) = (marker["sizemode"].as_str() == Some("area"), 2.0 * marker["sizemin"].as_f64().unwrap_or(0.0));
    // Sizes of a list are scaled (plotly's `makeBubbleSizeFn`), a single one is in pixels.
    let size = |v: &Value| v.as_f64().filter(|s| s.is_finite() && *s >= 0.0);
    let sizes = match Each::read(&marker["size"], size) {
        Some(Each::Of(sizes)) => {
            let scaled = |s: f64| if area { 2.0 * (s / reference).sqrt() / 2f64.sqrt() } else { s / reference };
            Each::Of(sizes.into_iter().map(|s| scaled(s).max(least)).collect())
        }
        Some(one) => one,
        None => Each::All(6.0),
    };
    let edge = &marker["line"];
    let outline = edge["width"].as_f64().is_some_and(|w| w > 0.0).then(|| stroke(edge, INK, 1.0));
    (Markers { symbols, sizes, paints, outline }, bar)
}

fn texts(trace: &Value) -> Option<Texts> {
    let texts = point_texts(trace)?;
    let font = &trace["textfont"];
    Some(Texts {
        texts,
        position: trace["textposition"].as_str().unwrap_or("middle center").into(),
        size: font["size"].as_f64().filter(|s| (1.0..200.0).contains(s)).unwrap_or(12.0),
        paint: Paint::of(&font["color"]).unwrap_or(INK),
    })
}

/// Error bars around values that are in the axis' units; sizes are in those of the data.
pub(super) fn errors(settings: &Value, other: &Value, axis: &Axis, values: &[f64], own: Paint) -> Option<Errors> {
    let kind = match settings["type"].as_str() {
        Some(kind) => kind,
        None if settings["array"].is_array() => "data",
        None => "percent",
    };
    let described = ["array", "value", "type"].iter().any(|key| !settings[*key].is_null());
    if !settings.is_object() || !settings["visible"].as_bool().unwrap_or(described) {
        return None;
    }
    let minus = |key: &str| !settings[key].is_null();
    let symmetric = settings["symmetric"].as_bool().unwrap_or(!(minus("arrayminus") || minus("valueminus")));
    let size = |index: usize, value: f64, (array, number): (&str, &str)| -> f64 {
        let number = || settings[number].as_f64();
        let size = match kind {
            "percent" => value.abs() * number().unwrap_or(10.0) / 100.0,
            "constant" => number().unwrap_or(10.0),
            "sqrt" => value.abs().sqrt(),
            _ => {
                let size = &settings[array][index];
                size.as_f64().or_else(|| size.as_str().and_then(|s| s.trim().parse().ok())).unwrap_or(f64::NAN)
            }
        };
        size.abs()
    };
    let (plus, minus) = (("array", "value"), ("arrayminus", "valueminus"));
    let (mut low, mut high) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
    for (index, &at) in values.iter().enumerate() {
        let value = if axis.kind == Kind::Log { 10f64.powf(at) } else { at };
        let (up, down) = (size(index, value, plus), size(index, value, if symmetric { plus } else { minus }));
        let place = |v: f64| match axis.kind {
            // What goes to zero or below ends beyond the foot of a logarithmic axis.
            Kind::Log if v <= 0.0 => -400.0,
            Kind::Log => v.log10(),
            _ => v,
        };
        low.push(if down.is_finite() { place(value - down) } else { f64::NAN });
        high.push(if up.is_finite() { place(value + up) } else { f64::NAN });
    }
    let style = if settings["copy_ystyle"].as_bool() == Some(true) { other } else { settings };
    let width = style["thickness"].as_f64().filter(|w| (0.0..100.0).contains(w)).unwrap_or(2.0);
    let stroke = Stroke::solid(Paint::of(&style["color"]).unwrap_or(own), width);
    let cap = style["width"].as_f64().filter(|w| (0.0..100.0).contains(w)).unwrap_or(4.0);
    Some(Errors { low, high, stroke, cap })
}

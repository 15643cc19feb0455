//! What a layout puts on a figure besides its traces: texts with or without an arrow, lines, rectangles and ellipses.

use super::canvas::{Align, Stroke};
use super::chart::Chart;
use super::paint::{INK, Paint};
use super::trace::layout_stroke;
use super::{Unnamed, plain};
use serde_json::Value;

/// A place along one direction of the figure.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// From 0 to 1 between the margins.
    Paper(f64),
    /// A value on an axis.
    Value(usize, f64),
    /// From 0 to 1 along an axis.
    Along(usize, f64),
}

/// A text.
pub(super) struct Note {
    pub lines: Vec<String>,
    pub at: [Place; 2],
    pub size: f64,
    pub paint: Paint,
    pub bold: bool,
    pub across: Align,
    /// 0: it stands on its point; 1: it hangs from it.
    pub down: f64,
    pub turned: f64,
    pub shift: [f64; 2],
    /// Where the text is from the point of the arrow, in pixels.
    pub arrow: Option<([f64; 2], Stroke)>,
    pub ground: Option<Paint>,
}

/// A line, a rectangle or an ellipse between two corners.
pub(super) struct Mark {
    pub form: MarkForm,
    pub x: [Place; 2],
    pub y: [Place; 2],
    pub stroke: Option<Stroke>,
    pub fill: Option<Paint>,
    pub below: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkForm {
    Line,
    Rectangle,
    Ellipse,
}

/// A place by its reference: `paper`, an axis, or `x domain`.
fn place(chart: &Chart, object: &Value, letter: &str, key: &str, exponent: bool) -> Option<Place> {
    let reference = object[format!("{letter}ref")].as_str().unwrap_or(letter);
    let value = &object[key];
    if reference == "paper" || (reference == letter && chart.find(letter).is_none()) {
        return value.as_f64().map(Place::Paper);
    }
    if let Some(id) = reference.strip_suffix(" domain") {
        return Some(Place::Along(chart.find(id)?, value.as_f64()?));
    }
    let axis = chart.find(reference)?;
    let at = chart.axes[axis].place(value, exponent);
    at.is_finite().then_some(Place::Value(axis, at))
}

/// The texts of a layout.
pub(super) fn notes(layout: &Value, chart: &Chart, unnamed: &mut Unnamed) -> Vec<Note> {
    let mut found = Vec::new();
    for note in layout["annotations"].as_array().into_iter().flatten() {
        let Some(text) = note["text"].as_str().filter(|_| note["visible"].as_bool() != Some(false)) else { continue };
        let [Some(x), Some(y)] = ["x", "y"].map(|letter| place(chart, note, letter, letter, true)) else {
            unnamed.add(format!("the text \"{}\"", plain(text)));
            continue;
        };
        let has_arrow = note["showarrow"].as_bool().unwrap_or(true);
        let number = |key: &str, fallback: f64| note[key].as_f64().filter(|v| v.abs() < 1e4).unwrap_or(fallback);
        let third = |at: &Place| match at {
            Place::Paper(v) | Place::Along(_, v) if !has_arrow && *v < 1.0 / 3.0 => -1,
            Place::Paper(v) | Place::Along(_, v) if !has_arrow && *v > 2.0 / 3.0 => 1,
            _ => 0,
        };
        let across = match (note["xanchor"].as_str().unwrap_or("auto"), third(&x)) {
            ("left", _) | ("auto", -1) => Align::Start,
            ("right", _) | ("auto", 1) => Align::End,
            _ => Align::Middle,
        };
        let down = match (note["yanchor"].as_str().unwrap_or("auto"), third(&y)) {
            ("bottom", _) | ("auto", -1) => 0.0,
            ("top", _) | ("auto", 1) => 1.0,
            _ => 0.5,
        };
        let paint = Paint::of(&note["font"]["color"]).unwrap_or(chart.ink);
        let stroke = Stroke::solid(Paint::of(&note["arrowcolor"]).unwrap_or(paint), number("arrowwidth", 1.0));
        found.push(Note {
            lines: text
                .split("<br")
                .map(|line| {
                    plain(
                        line.split_once('>')
                            .filter(|(tag, _)| tag.trim_matches([' ', '/']).is_empty())
                            .map_or(line, |(_, rest)| rest),
                    )
                })
                .collect(),
            at: [x, y],
            size: note["font"]["size"].as_f64().filter(|s| (1.0..200.0).contains(s)).unwrap_or(12.0),
            paint,
            bold: text.trim_start().starts_with("<b>"),
            across,
            down,
            turned: number("textangle", 0.0),
            shift: [number("xshift", 0.0), -number("yshift", 0.0)],
            arrow: has_arrow.then(|| ([number("ax", -10.0), number("ay", -30.0)], stroke)),
            ground: Paint::of(&note["bgcolor"]),
        });
        if ["axref", "ayref"].iter().any(|key| note[*key].as_str().is_some_and(|r| r != "pixel")) {
            unnamed.add("where arrows start".into());
        }
    }
    found
}

/// The lines, rectangles and ellipses of a layout.
pub(super) fn marks(layout: &Value, chart: &Chart, unnamed: &mut Unnamed) -> Vec<Mark> {
    let mut found = Vec::new();
    for shape in layout["shapes"].as_array().into_iter().flatten() {
        if shape["visible"].as_bool() == Some(false) {
            continue;
        }
        let form = match shape["type"].as_str().unwrap_or("rect") {
            "line" => MarkForm::Line,
            "rect" => MarkForm::Rectangle,
            "circle" => MarkForm::Ellipse,
            other => {
                unnamed.add(format!("shapes of the form {}", plain(other)));
                continue;
            }
        };
        let ends = |letter: &str, first: &str, second: &str| {
            Some([place(chart, shape, letter, first, false)?, place(chart, shape, letter, second, false)?])
        };
        let (Some(x), Some(y)) = (ends("x", "x0", "x1"), ends("y", "y0", "y1")) else {
            unnamed.add("a shape without a place".into());
            continue;
        };
        let opacity = shape["opacity"].as_f64().map_or(1.0, |o| o.clamp(0.0, 1.0));
        let mut stroke = layout_stroke(&shape["line"], 2.0);
        stroke.paint = stroke.paint.faded(opacity);
        if ["xsizemode", "ysizemode"].iter().any(|key| shape[*key].as_str() == Some("pixel")) {
            unnamed.add("shapes in pixels".into());
        }
        if !shape["label"]["text"].is_null() {
            unnamed.add("texts of shapes".into());
        }
        found.push(Mark {
            form,
            x,
            y,
            stroke: (stroke.width > 0.0).then_some(stroke),
            fill: Paint::of(&shape["fillcolor"]).map(|paint| paint.faded(opacity)),
            below: shape["layer"].as_str() == Some("below"),
        });
    }
    found
}

/// How a note's text stands.
impl Note {
    pub fn lettering(&self) -> super::canvas::Lettering {
        super::canvas::Lettering {
            size: self.size,
            paint: if self.paint.alpha > 0.0 { self.paint } else { INK },
            across: self.across,
            down: self.down,
            turned: self.turned,
            bold: self.bold,
        }
    }
}

//! The forms of markers (plotly's `src/components/drawing/symbol_defs.js`).

use super::canvas::{Canvas, Stroke, length, path};
use super::paint::Paint;
use std::f64::consts::PI;

/// What a marker's form is made of, in radii around its middle.
enum Form {
    Circle,
    Polygon(Vec<(f64, f64)>),
    /// Lines without an inside.
    Lines(&'static [[(f64, f64); 2]]),
}

const TILT: f64 = std::f64::consts::FRAC_1_SQRT_2;
const ALONG: [(f64, f64); 2] = [(-1.4, 0.0), (1.4, 0.0)];
const UP: [(f64, f64); 2] = [(0.0, -1.4), (0.0, 1.4)];
const RISING: [(f64, f64); 2] = [(-1.0, 1.0), (1.0, -1.0)];
const FALLING: [(f64, f64); 2] = [(-1.0, -1.0), (1.0, 1.0)];

/// The name of a form that plotly also numbers.
const NUMBERS: [(u32, &str); 18] = [
    (0, "circle"),
    (1, "square"),
    (2, "diamond"),
    (3, "cross"),
    (4, "x"),
    (5, "triangle-up"),
    (6, "triangle-down"),
    (7, "triangle-left"),
    (8, "triangle-right"),
    (13, "pentagon"),
    (14, "hexagon"),
    (16, "octagon"),
    (17, "star"),
    (33, "cross-thin"),
    (34, "x-thin"),
    (35, "asterisk"),
    (41, "line-ew"),
    (42, "line-ns"),
];

fn regular(corners: usize, first: f64) -> Vec<(f64, f64)> {
    let angle = |k: usize| first + 2.0 * PI * k as f64 / corners as f64;
    (0..corners).map(|k| (angle(k).sin(), -angle(k).cos())).collect()
}

fn form(name: &str) -> Option<Form> {
    let plus = |a: f64, b: f64| {
        vec![(a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a), (-a, -b)]
    };
    Some(match name {
        "circle" => Form::Circle,
        "square" => Form::Polygon(vec![(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
        "diamond" => Form::Polygon(regular(4, 0.0).into_iter().map(|(x, y)| (1.3 * x, 1.3 * y)).collect()),
        "cross" => Form::Polygon(plus(0.4, 1.2)),
        "x" => Form::Polygon(plus(0.4, 1.2).into_iter().map(|(x, y)| (TILT * (x - y), TILT * (x + y))).collect()),
        "triangle-up" => Form::Polygon(vec![(-1.155, 0.5), (1.155, 0.5), (0.0, -1.0)]),
        "triangle-down" => Form::Polygon(vec![(-1.155, -0.5), (1.155, -0.5), (0.0, 1.0)]),
        "triangle-left" => Form::Polygon(vec![(0.5, -1.155), (0.5, 1.155), (-1.0, 0.0)]),
        "triangle-right" => Form::Polygon(vec![(-0.5, -1.155), (-0.5, 1.155), (1.0, 0.0)]),
        "pentagon" => Form::Polygon(regular(5, 0.0)),
        "hexagon" => Form::Polygon(regular(6, 0.0)),
        "octagon" => Form::Polygon(regular(8, PI / 8.0)),
        "star" => {
            let (outer, inner) = (regular(5, 0.0), regular(5, PI / 5.0));
            let corners =
                outer.iter().zip(&inner).flat_map(|(o, i)| [(1.4 * o.0, 1.4 * o.1), (0.535 * i.0, 0.535 * i.1)]);
            Form::Polygon(corners.collect())
        }
        "cross-thin" => Form::Lines(&[ALONG, UP]),
        "x-thin" => Form::Lines(&[RISING, FALLING]),
        "asterisk" => Form::Lines(&[ALONG, UP, RISING, FALLING]),
        "line-ew" => Form::Lines(&[ALONG]),
        "line-ns" => Form::Lines(&[UP]),
        _ => return None,
    })
}

/// The form of a symbol, whether it is hollow, and whether it has a dot in its middle.
fn read(symbol: &str) -> (Option<Form>, bool, bool) {
    let mut name = symbol;
    let mut has = [false; 2];
    if let Ok(number) = symbol.parse::<u32>() {
        has = [number % 200 >= 100, number / 200 == 1];
        name = NUMBERS.iter().find(|(n, _)| *n == number % 100).map_or("", |(_, name)| name);
    }
    for (suffix, flag) in [("-dot", 1), ("-open", 0)] {
        if let Some(rest) = name.strip_suffix(suffix) {
            (name, has[flag]) = (rest, true);
        }
    }
    (form(name), has[0], has[1])
}

pub(super) fn is_drawn(symbol: &str) -> bool {
    read(symbol).0.is_some()
}

/// Draws a marker of a diameter in pixels; of a form that is not drawn here, a circle.
pub(super) fn draw(
    canvas: &mut Canvas,
    symbol: &str,
    (x, y): (f64, f64),
    size: f64,
    paint: Paint,
    outline: Option<&Stroke>,
) {
    let radius = size / 2.0;
    let (form, hollow, dotted) = read(symbol);
    let circle = |r: f64| {
        let (left, top, d, r) = (length(x - r), length(y), length(2.0 * r), length(r));
        format!("M{left},{top}a{r},{r} 0 1 0 {d},0a{r},{r} 0 1 0 -{d},0Z")
    };
    let scaled = |(a, b): &(f64, f64)| (x + radius * a, y + radius * b);
    let form = form.unwrap_or(Form::Circle);
    let d = match &form {
        Form::Circle => circle(radius),
        Form::Polygon(corners) => path(&corners.iter().map(scaled).collect::<Vec<_>>(), true),
        Form::Lines(lines) => {
            lines.iter().map(|line| path(&line.iter().map(scaled).collect::<Vec<_>>(), false)).collect()
        }
    };
    let thin = Stroke::solid(paint, outline.map_or(1.0, |o| o.width.max(1.0)));
    if matches!(form, Form::Lines(_)) || hollow {
        canvas.stroke(&d, outline.filter(|_| !hollow).unwrap_or(&thin));
    } else {
        canvas.fill(&d, paint);
        if let Some(outline) = outline {
            canvas.stroke(&d, outline);
        }
    }
    if dotted {
        let dot = if hollow { paint } else { super::paint::INK };
        canvas.fill(&circle(radius.min(1.5)), dot);
    }
}

//! Coloured cells: heatmaps, and images.

use super::places;
use crate::view::still::Unnamed;
use crate::view::still::axis::{Axis, Kind};
use crate::view::still::paint::{ColourBar, ColourScale, Paint};
use serde_json::Value;

/// Rows of cells.
pub(in crate::view::still) struct Cells {
    /// From the one with the smallest index; `None` is blank.
    pub rows: Vec<Vec<Option<Paint>>>,
    /// Borders between columns and between rows, in the axes' units: one more than there are.
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub bar: Option<ColourBar>,
    /// Its first row is on top, and its cells are square.
    pub is_image: bool,
}

pub(super) fn read(
    trace: &Value,
    figure: &Value,
    (x_axis, y_axis): (&Axis, &Axis),
    unnamed: &mut Unnamed,
) -> Option<Cells> {
    let is_image = trace["type"].as_str() == Some("image");
    let Some(rows) = trace["z"].as_array() else {
        unnamed.add(if is_image { "images by address".into() } else { "heatmaps without rows".into() });
        return None;
    };
    let opacity = trace["opacity"].as_f64().map_or(1.0, |o| o.clamp(0.0, 1.0));
    let (mut rows, bar): (Vec<Vec<Option<Paint>>>, _) = if is_image {
        let model = trace["colormodel"].as_str().unwrap_or("rgb");
        if !matches!(model, "rgb" | "rgba" | "rgba256") {
            unnamed.add(format!("images in the colours of {}", super::super::plain(model)));
            return None;
        }
        let pixel = |v: &Value| {
            let channel = |index: usize| v[index].as_f64().map(|c| c.clamp(0.0, 255.0).round() as u8);
            let alpha = match model {
                "rgb" => 1.0,
                "rgba" => v[3].as_f64()?,
                _ => v[3].as_f64()? / 255.0,
            };
            Some(Paint { rgb: [channel(0)?, channel(1)?, channel(2)?], alpha: alpha.clamp(0.0, 1.0) }.faded(opacity))
        };
        (rows.iter().map(|row| row.as_array().into_iter().flatten().map(pixel).collect()).collect(), None)
    } else {
        let number =
            |v: &Value| v.as_f64().or_else(|| v.as_str().and_then(|s| s.trim().parse().ok())).unwrap_or(f64::NAN);
        let values: Vec<Vec<f64>> =
            rows.iter().map(|row| row.as_array().into_iter().flatten().map(number).collect()).collect();
        let values = if trace["transpose"].as_bool() == Some(true) { transposed(&values) } else { values };
        let shared = trace["coloraxis"].as_str().map(|axis| &figure["layout"][axis]);
        let (object, letter) = shared.map_or((trace, "z"), |shared| (shared, "c"));
        let scale = ColourScale::of(object, letter, values.iter().flatten().copied(), shared.is_some());
        let rows =
            values.iter().map(|row| row.iter().map(|v| scale.at(*v).map(|p| p.faded(opacity))).collect()).collect();
        let bar = object["showscale"].as_bool().unwrap_or(true);
        (rows, bar.then(|| ColourBar { scale, settings: object["colorbar"].clone() }))
    };
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let ((x, across), (y, up)) = (borders(trace, "x", x_axis, columns), borders(trace, "y", y_axis, rows.len()));
    if let Some(order) = across {
        rows.iter_mut().for_each(|row| *row = order.iter().map(|&column| row.get(column).copied().flatten()).collect());
    }
    if let Some(order) = up {
        rows = order.iter().map(|&row| rows[row].clone()).collect();
    }
    // Plotly puts what has one name into one place.
    if [&x, &y].iter().any(|borders| borders.windows(2).any(|pair| pair[0] == pair[1])) {
        unnamed.add("cells of which two have one name".into());
    }
    Some(Cells { rows, x, y, bar, is_image })
}

fn transposed(values: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let columns = values.iter().map(Vec::len).max().unwrap_or(0);
    (0..columns).map(|j| values.iter().map(|row| row.get(j).copied().unwrap_or(f64::NAN)).collect()).collect()
}

/// The borders of cells whose centres (or borders) the trace gives, and the order of the cells where names are not in that of the trace.
fn borders(trace: &Value, letter: &str, axis: &Axis, count: usize) -> (Vec<f64>, Option<Vec<usize>>) {
    let mut given = places(trace, letter, axis, count);
    if given.len() == count + 1 && axis.kind != Kind::Names {
        return (given, None);
    }
    if given.len() < count || given.iter().any(|v| !v.is_finite()) {
        given = (0..count).map(|i| i as f64).collect();
    }
    given.truncate(count);
    let mut order: Vec<usize> = (0..count).collect();
    if axis.kind == Kind::Names {
        order.sort_by(|&a, &b| given[a].total_cmp(&given[b]));
        given = order.iter().map(|&index| given[index]).collect();
    }
    let moved = order.windows(2).any(|pair| pair[0] > pair[1]);
    let borders = match given.as_slice() {
        [] => vec![0.0],
        [only] => {
            let step = trace[format!("d{letter}")].as_f64().unwrap_or(1.0);
            vec![only - step / 2.0, only + step / 2.0]
        }
        [first, second, ..] => {
            let start = first - (second - first) / 2.0;
            let last = given[count - 1] + (given[count - 1] - given[count - 2]) / 2.0;
            let between = given.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
            std::iter::once(start).chain(between).chain([last]).collect()
        }
    };
    (borders, moved.then_some(order))
}

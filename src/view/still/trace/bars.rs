//! Bars: beside one another, stacked, or over one another; and histograms.

use super::points::{Errors, errors};
use super::{Each, Shape, Trace, paints, places, point_texts, stroke};
use crate::view::still::Unnamed;
use crate::view::still::axis::{Axis, Kind};
use crate::view::still::canvas::Stroke;
use crate::view::still::paint::{ColourBar, INK, Paint, extent};
use serde_json::Value;

/// The bars of a trace.
pub(in crate::view::still) struct Bars {
    pub horizontal: bool,
    pub paints: Each<Paint>,
    pub outline: Option<Stroke>,
    pub texts: Option<Each<String>>,
    pub bar: Option<ColourBar>,
    /// Where the bars are, once they are [arranged](arrange); `None` for one without a length.
    pub placed: Vec<Option<Bar>>,
    pub errors: Option<Errors>,
    /// In the position axis' units.
    positions: Vec<f64>,
    /// In the data's units.
    lengths: Vec<f64>,
    bases: Option<Each<f64>>,
    widths: Option<Each<f64>>,
    offsets: Option<Each<f64>>,
    error_settings: Value,
    own: Paint,
}

/// A bar, in the units of its axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::view::still) struct Bar {
    /// Its sides, on the axis of positions.
    pub sides: [f64; 2],
    /// Its foot and its end, on the axis of values.
    pub ends: [f64; 2],
}

pub(super) fn read(
    (trace, index): (&Value, usize),
    figure: &Value,
    (x_axis, y_axis): (&Axis, &Axis),
    default: Paint,
    unnamed: &mut Unnamed,
) -> Option<(Paint, Shape)> {
    let layout = &figure["layout"];
    let horizontal = match trace["orientation"].as_str() {
        Some(orientation) => orientation == "h",
        // Of a histogram, where only ordinates are given.
        None => trace["type"].as_str() == Some("histogram") && trace["x"].is_null() && trace["y"].is_array(),
    };
    let (along, value, position_axis) = if horizontal { ("y", "x", y_axis) } else { ("x", "y", x_axis) };
    let numbers = |list: &Value| -> Vec<f64> {
        let number =
            |v: &Value| v.as_f64().or_else(|| v.as_str().and_then(|s| s.trim().parse().ok())).unwrap_or(f64::NAN);
        list.as_array().map(|list| list.iter().map(number).collect()).unwrap_or_default()
    };
    let one = |v: &Value| v.as_f64().filter(|v| v.is_finite());
    let (positions, lengths, widths) = if trace["type"].as_str() == Some("histogram") {
        let counted = super::super::histogram::count((trace, index), figure, along, position_axis, unnamed)?;
        (counted.centres, counted.heights, Some(Each::All(counted.width)))
    } else {
        let lengths = numbers(&trace[value]);
        (places(trace, along, position_axis, lengths.len()), lengths, Each::read(&trace["width"], one))
    };
    let marker = &trace["marker"];
    let (paints, bar) = paints(marker, layout, default);
    let own = paints.at(0);
    let opacity =
        [&trace["opacity"], &marker["opacity"]].iter().filter_map(|o| o.as_f64()).product::<f64>().clamp(0.0, 1.0);
    let paints = match paints {
        Each::All(paint) => Each::All(paint.faded(opacity)),
        Each::Of(paints) => Each::Of(paints.into_iter().map(|p| p.faded(opacity)).collect()),
    };
    let texts = point_texts(trace);
    let bars = Bars {
        horizontal,
        paints,
        outline: marker["line"]["width"].as_f64().is_some_and(|w| w > 0.0).then(|| stroke(&marker["line"], INK, 1.0)),
        texts: texts.filter(|_| trace["textposition"].as_str() != Some("none")),
        bar,
        placed: Vec::new(),
        errors: None,
        positions,
        lengths,
        bases: Each::read(&trace["base"], one),
        widths,
        offsets: Each::read(&trace["offset"], one),
        error_settings: trace[format!("error_{value}")].clone(),
        own: INK,
    };
    Some((own, Shape::Bars(bars)))
}

/// Places the bars of all traces, and tells the axes what room they need.
pub(in crate::view::still) fn arrange(traces: &mut [Trace], axes: &mut [Axis], layout: &Value) {
    let mut done: Vec<(usize, usize, bool)> = Vec::new();
    for first in 0..traces.len() {
        let Shape::Bars(bars) = &traces[first].shape else { continue };
        let key = (traces[first].x, traces[first].y, bars.horizontal);
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let mut group: Vec<&mut Bars> = Vec::new();
        for trace in traces.iter_mut().skip(first).filter(|trace| (trace.x, trace.y) == (key.0, key.1)) {
            if let Shape::Bars(bars) = &mut trace.shape
                && bars.horizontal == key.2
            {
                group.push(bars);
            }
        }
        let (position, value) = if key.2 { (key.1, key.0) } else { (key.0, key.1) };
        place(&mut group, axes, (position, value), layout);
    }
}

fn place(group: &mut [&mut Bars], axes: &mut [Axis], (position, value): (usize, usize), layout: &Value) {
    let mode = layout["barmode"].as_str().unwrap_or("group");
    let share = |key: &str, fallback: f64| layout[key].as_f64().filter(|g| (0.0..1.0).contains(g)).unwrap_or(fallback);
    let mut all: Vec<f64> =
        group.iter().flat_map(|bars| bars.positions.iter().copied()).filter(|p| p.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    let apart = all.windows(2).map(|pair| pair[1] - pair[0]).filter(|d| *d > 1e-12).fold(f64::INFINITY, f64::min);
    let apart = if apart.is_finite() {
        apart
    } else {
        group.iter().find_map(|bars| bars.widths.as_ref().map(|w| w.at(0))).unwrap_or(1.0)
    };
    let histogram = group.iter().any(|bars| bars.widths.is_some());
    let room = apart * (1.0 - share("bargap", if histogram && group.len() == 1 { 0.0 } else { 0.2 }));
    let slots = if mode == "group" { group.len() as f64 } else { 1.0 };
    let width = room / slots * (1.0 - share("bargroupgap", 0.0));
    // Sums so far above and below the axis, by position.
    let mut stacks: Vec<(f64, [f64; 2])> = Vec::new();
    for (slot, bars) in group.iter_mut().enumerate() {
        let middle = if mode == "group" { (slot as f64 + 0.5) * room / slots - room / 2.0 } else { 0.0 };
        let mut tops = Vec::new();
        for (index, (&at, &length)) in bars.positions.iter().zip(&bars.lengths).enumerate() {
            if !(at.is_finite() && length.is_finite()) {
                bars.placed.push(None);
                tops.push(f64::NAN);
                continue;
            }
            let width = bars
                .widths
                .as_ref()
                .map_or(width, |widths| if mode == "group" { widths.at(index) / slots } else { widths.at(index) });
            let left = match &bars.offsets {
                Some(offsets) => at + offsets.at(index),
                None => at + middle - width / 2.0,
            };
            let stacked = bars.bases.is_none() && matches!(mode, "stack" | "relative");
            let base = if stacked {
                let sign = usize::from(length < 0.0 && mode == "relative");
                let place = stacks.iter().position(|(p, _)| *p == at).unwrap_or_else(|| {
                    stacks.push((at, [0.0; 2]));
                    stacks.len() - 1
                });
                let sum = &mut stacks[place].1[sign];
                *sum += length;
                *sum - length
            } else {
                bars.bases.as_ref().map_or(0.0, |bases| bases.at(index))
            };
            let axis = &axes[value];
            let end = axis.value(&Value::from(base + length));
            let foot = if base == 0.0 { axis.zero_or_floor() } else { axis.value(&Value::from(base)) };
            tops.push(end);
            let bar = Bar { sides: [left, left + width], ends: [foot, end] };
            bars.placed.push(end.is_finite().then_some(bar));
        }
        let settings = std::mem::take(&mut bars.error_settings);
        bars.errors = errors(&settings, &Value::Null, &axes[value], &tops, bars.own);
        let placed = || bars.placed.iter().flatten();
        if let Some(sides) = extent(placed().flat_map(|bar| bar.sides)) {
            axes[position].bounds.add(sides, [if axes[position].kind == Kind::Names { 0.0 } else { 0.01 }; 2]);
        }
        if let Some([low, high]) = extent(placed().flat_map(|bar| bar.ends)) {
            // Bars stand on the border.
            let margin = |end: f64| if end == 0.0 && bars.bases.is_none() { 0.0 } else { 0.05 };
            axes[value].bounds.add([low, high], [margin(low), margin(high)]);
        }
        if let Some(bars) = &bars.errors {
            let ends = bars.low.iter().chain(&bars.high).copied().filter(|v| *v > -400.0);
            axes[value].bounds.add_all(ends, 0.05);
        }
    }
}

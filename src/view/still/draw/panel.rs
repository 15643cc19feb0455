//! The panels of a figure: grids, traces, axes.

use super::{BELOW, CHARACTER, Frame, LABEL, TITLE, room, series};
use crate::view::still::axis::{Anchor, Axis, Kind};
use crate::view::still::canvas::{Align, Canvas, Lettering, Stroke, path};
use crate::view::still::trace::Shape;

/// All panels.
pub(super) fn draw(canvas: &mut Canvas, frame: &Frame<'_>) {
    let chart = frame.chart;
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for trace in &chart.traces {
        if !pairs.contains(&(trace.x, trace.y)) {
            pairs.push((trace.x, trace.y));
        }
    }
    if let (true, Some(x), Some(y)) = (chart.traces.is_empty(), chart.find("x"), chart.find("y")) {
        pairs.push((x, y));
    }
    // Those upon others come last.
    pairs.sort_by_key(|&(x, y)| chart.axes[x].overlaying.is_some() || chart.axes[y].overlaying.is_some());
    for &(x, y) in &pairs {
        let (x_axis, y_axis) = (&chart.axes[x], &chart.axes[y]);
        let panel = frame.panel(x_axis, y_axis);
        canvas.open("grid");
        if let Some(ground) = chart.grounds[1].filter(|_| x_axis.overlaying.is_none() && y_axis.overlaying.is_none()) {
            canvas.rectangle(panel, ground);
        }
        for (index, axis) in [(x, x_axis), (y, y_axis)] {
            grid(canvas, frame, (index, axis), panel);
        }
        canvas.close();
    }
    for &(x, y) in &pairs {
        let of = |rank: usize| {
            chart.traces.iter().filter(move |t| {
                (t.x, t.y) == (x, y)
                    && rank
                        == match t.shape {
                            Shape::Cells(_) => 0,
                            Shape::Bars(_) => 1,
                            Shape::Points(_) => 2,
                        }
            })
        };
        let panel = frame.panel(&chart.axes[x], &chart.axes[y]);
        for trace in of(0) {
            series::cells(canvas, frame, trace, panel);
        }
        for trace in of(1) {
            series::bars(canvas, frame, trace, panel);
        }
        let points: Vec<_> = of(2).collect();
        for (index, trace) in points.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| points[before]);
            series::points(canvas, frame, trace, before, panel);
        }
    }
    for (index, axis) in chart.axes.iter().enumerate().filter(|(_, axis)| axis.visible) {
        draw_axis(canvas, frame, (index, axis));
    }
}

fn grid(canvas: &mut Canvas, frame: &Frame<'_>, (index, axis): (usize, &Axis), [x0, y0, x1, y1]: [f64; 4]) {
    let across = |at: f64| {
        if axis.id.starts_with('x') { path(&[(at, y0), (at, y1)], false) } else { path(&[(x0, at), (x1, at)], false) }
    };
    if let Some(paint) =
        axis.grid.filter(|_| axis.kind != Kind::Names || axis.settings["showgrid"].as_bool() == Some(true))
    {
        for tick in &frame.ticks[index] {
            canvas.stroke(&across(frame.pixel(axis, tick.at)), &Stroke::solid(paint, 1.0));
        }
    }
    let [low, high] = axis.ends();
    if let Some(paint) = axis.zero.filter(|_| (low..=high).contains(&0.0)) {
        canvas.stroke(&across(frame.pixel(axis, 0.0)), &Stroke::solid(paint, 2.0));
    }
}

fn draw_axis(canvas: &mut Canvas, frame: &Frame<'_>, (index, axis): (usize, &Axis)) {
    let is_x = axis.id.starts_with('x');
    let end = f64::from(u8::from(axis.opposite));
    // Where it stands, in the other direction.
    let at = match &axis.anchor {
        Anchor::Free(place) => frame.paper(!is_x, *place),
        Anchor::Axis(id) => match frame.chart.find(id) {
            Some(other) => frame.along(&frame.chart.axes[other], end),
            None => frame.paper(!is_x, end),
        },
    };
    let (start, stop) = (frame.along(axis, 0.0), frame.along(axis, 1.0));
    // Away from the panel is down of an x axis and to the left of a y axis, on the opposite side up and to the right.
    let away = if is_x == axis.opposite { -1.0 } else { 1.0 };
    let point = |along: f64, off: f64| if is_x { (along, at + away * off) } else { (at + away * off, along) };
    canvas.open(&format!("axis {}", axis.id));
    if let Some(paint) = axis.line {
        canvas.stroke(&path(&[point(start, 0.0), point(stop, 0.0)], false), &Stroke::solid(paint, 1.0));
    }
    let ticks = &frame.ticks[index];
    if axis.labels {
        let longest = ticks.iter().map(|tick| tick.label.chars().count()).max().unwrap_or(0) as f64 * CHARACTER;
        let apart = frame.length(axis) / ticks.len().max(1) as f64;
        // Labels that would run into one another are turned.
        let turned = match axis.settings["tickangle"].as_f64() {
            Some(angle) => angle,
            None if is_x && longest > apart => 30.0,
            None => 0.0,
        };
        let (across, down) = match (is_x, axis.opposite) {
            (true, _) if turned != 0.0 => (if turned > 0.0 { Align::Start } else { Align::End }, 0.5),
            (true, false) => (Align::Middle, 1.0),
            (true, true) => (Align::Middle, 0.0),
            (false, false) => (Align::End, 0.5),
            (false, true) => (Align::Start, 0.5),
        };
        let lettering = Lettering { size: LABEL, paint: axis.ink, across, down, turned, bold: false };
        for tick in ticks {
            let place = frame.pixel(axis, tick.at);
            canvas.stroke(&path(&[point(place, 0.0), point(place, 4.0)], false), &Stroke::solid(axis.ink, 1.0));
            canvas.text(&tick.label, point(place, 7.0), lettering);
        }
    }
    if !axis.title.is_empty() {
        let off = if is_x { BELOW - 16.0 } else { room(axis, ticks) - 8.0 };
        let turned = if is_x { 0.0 } else { -90.0 };
        let size = if axis.title.chars().count() as f64 * 7.5 > frame.length(axis) { LABEL - 1.0 } else { TITLE };
        let lettering = Lettering { size, paint: axis.ink, across: Align::Middle, down: 0.5, turned, bold: false };
        canvas.text(&axis.title, point((start + stop) / 2.0, off), lettering);
    }
    canvas.close();
}

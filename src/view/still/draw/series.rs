//! What each kind of trace draws in its panel.

use super::{Frame, around};
use crate::view::picture::encoded;
use crate::view::still::canvas::{Align, Canvas, Lettering, path};
use crate::view::still::clip;
use crate::view::still::markers;
use crate::view::still::paint::{INK, Paint};
use crate::view::still::trace::{Errors, Fill, Points, Shape, Steps, Trace};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Cells up to which each is a rectangle; more are one image.
const RECTANGLES: usize = 2500;
/// Points of a line above which only those are kept that show at the image's width.
const POINTS: usize = 4000;
/// Markers above which those upon another are left out.
const MARKERS: usize = 5000;

/// The values of a trace's axes as pixels.
struct Map<'a> {
    frame: &'a Frame<'a>,
    x: usize,
    y: usize,
}

impl Map<'_> {
    fn x(&self, value: f64) -> f64 {
        self.frame.pixel(&self.frame.chart.axes[self.x], value)
    }

    fn y(&self, value: f64) -> f64 {
        self.frame.pixel(&self.frame.chart.axes[self.y], value)
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x(x), self.y(y))
    }

    /// The same of a point that may lie anywhere.
    fn far(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let axes = &self.frame.chart.axes;
        (self.frame.far_pixel(&axes[self.x], x), self.frame.far_pixel(&axes[self.y], y))
    }
}

fn begin<'a>(
    canvas: &mut Canvas,
    frame: &'a Frame<'a>,
    trace: &Trace,
    class: &str,
    panel: [f64; 4],
    margin: f64,
) -> Map<'a> {
    let [x0, y0, x1, y1] = panel;
    canvas.open_clipped(class, [x0 - margin, y0 - margin, x1 + margin, y1 + margin]);
    if !trace.name.is_empty() {
        canvas.title(&trace.name);
    }
    Map { frame, x: trace.x, y: trace.y }
}

pub(super) fn points(canvas: &mut Canvas, frame: &Frame<'_>, trace: &Trace, before: Option<&Trace>, panel: [f64; 4]) {
    let Shape::Points(points) = &trace.shape else { unreachable!("a trace of points") };
    let map = begin(canvas, frame, trace, "trace scatter", panel, 0.0);
    let parts = parts(points, &map);
    if let Some((fill, paint)) = points.fill {
        let axes = (&frame.chart.axes[trace.x], &frame.chart.axes[trace.y]);
        let last = |part: &[(f64, f64)]| part.first().copied().zip(part.last().copied());
        for (index, part) in parts.iter().enumerate() {
            let Some((first, end)) = last(part) else { continue };
            let mut outline = part.clone();
            match fill {
                Fill::Inside => {}
                Fill::Zero { upright: true } => {
                    let foot = map.y(axes.1.zero_or_floor());
                    outline.extend([(end.0, foot), (first.0, foot)]);
                }
                Fill::Zero { upright: false } => {
                    let foot = map.x(axes.0.zero_or_floor());
                    outline.extend([(foot, end.1), (foot, first.1)]);
                }
                Fill::Next => match before.map(|before| (before, &before.shape)) {
                    Some((before, Shape::Points(other))) => {
                        let below = self::parts(other, &Map { frame, x: before.x, y: before.y });
                        outline.extend(below.get(index).into_iter().flatten().rev().copied());
                    }
                    // Plotly's rule where there is no trace before.
                    _ => {
                        let foot = map.y(axes.1.zero_or_floor());
                        outline.extend([(end.0, foot), (first.0, foot)]);
                    }
                },
            }
            canvas.fill(&path(&clip::area(&outline, around(panel)), true), paint);
        }
    }
    if let Some(line) = &points.line {
        for part in &parts {
            for seen in clip::line(&thinned(part), around(panel)) {
                canvas.stroke(&path(&seen, false), line);
            }
        }
    }
    let at: Vec<(f64, f64)> = points.at.iter().map(|p| map.at(*p)).collect();
    for (errors, upright) in points.errors.iter().zip([false, true]) {
        if let Some(errors) = errors {
            draw_errors(canvas, errors, &at, &map, upright);
        }
    }
    canvas.close();
    if points.markers.is_none() && points.texts.is_none() {
        return;
    }
    // Markers at the border are whole.
    begin(canvas, frame, trace, "markers", panel, 10.0);
    let [x0, y0, x1, y1] = panel;
    let seen = |(x, y): (f64, f64)| (x0 - 1.0..=x1 + 1.0).contains(&x) && (y0 - 1.0..=y1 + 1.0).contains(&y);
    let mut taken = std::collections::HashSet::new();
    for (index, &place) in at.iter().enumerate().filter(|(_, place)| seen(**place)) {
        let pixel = (place.0.round() as i64, place.1.round() as i64);
        if let Some(m) = &points.markers
            && (at.len() <= MARKERS || taken.insert(pixel))
        {
            markers::draw(
                canvas,
                &m.symbols.at(index),
                place,
                m.sizes.at(index),
                m.paints.at(index),
                m.outline.as_ref(),
            );
        }
        if let Some(texts) = &points.texts {
            let off = points.markers.as_ref().map_or(0.0, |m| m.sizes.at(index) / 2.0 + 2.0);
            let position = texts.position.as_str();
            let (across, dx) = match position {
                p if p.ends_with("left") => (Align::End, -off),
                p if p.ends_with("right") => (Align::Start, off),
                _ => (Align::Middle, 0.0),
            };
            let (down, dy) = match position {
                p if p.starts_with("top") => (0.0, -off.max(3.0)),
                p if p.starts_with("bottom") => (1.0, off.max(3.0)),
                _ => (0.5, 0.0),
            };
            let lettering = Lettering { size: texts.size, paint: texts.paint, across, down, turned: 0.0, bold: false };
            canvas.text(&texts.texts.at(index), (place.0 + dx, place.1 + dy), lettering);
        }
    }
    canvas.close();
}

/// The lines between gaps, in pixels.
fn parts(points: &Points, map: &Map<'_>) -> Vec<Vec<(f64, f64)>> {
    let mut parts: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for &(x, y) in &points.at {
        let part = parts.last_mut().expect("a part was begun");
        if x.is_finite() && y.is_finite() {
            let at = map.far((x, y));
            if let Some(&(x0, y0)) = part.last() {
                let (mid_x, mid_y) = ((x0 + at.0) / 2.0, (y0 + at.1) / 2.0);
                match points.steps {
                    Steps::Straight => {}
                    Steps::HorizontalFirst => part.push((at.0, y0)),
                    Steps::VerticalFirst => part.push((x0, at.1)),
                    Steps::HorizontalHalves => part.extend([(mid_x, y0), (mid_x, at.1)]),
                    Steps::VerticalHalves => part.extend([(x0, mid_y), (at.0, mid_y)]),
                }
            }
            part.push(at);
        } else if !points.connected && !part.is_empty() {
            parts.push(Vec::new());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Of a long line, in each column of pixels the first, the lowest, the highest and the last point.
fn thinned(part: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if part.len() <= POINTS {
        return part.to_vec();
    }
    let mut kept = Vec::new();
    for column in part.chunk_by(|a, b| a.0.round() == b.0.round()) {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let ends = [column.first(), column.iter().min_by(by_height), column.iter().max_by(by_height), column.last()];
        kept.extend(ends.into_iter().flatten().copied());
    }
    kept.dedup();
    kept
}

fn draw_errors(canvas: &mut Canvas, errors: &Errors, at: &[(f64, f64)], map: &Map<'_>, upright: bool) {
    let mut d = String::new();
    for (index, &(x, y)) in at.iter().enumerate() {
        let ends = [errors.low.get(index), errors.high.get(index)];
        for end in ends.into_iter().flatten().filter(|end| end.is_finite() && x.is_finite() && y.is_finite()) {
            let cap = errors.cap;
            let line = if upright {
                let end = map.y(*end);
                [[(x, y), (x, end)], [(x - cap, end), (x + cap, end)]]
            } else {
                let end = map.x(*end);
                [[(x, y), (end, y)], [(end, y - cap), (end, y + cap)]]
            };
            line.iter().for_each(|line| d.push_str(&path(line, false)));
        }
    }
    canvas.stroke(&d, &errors.stroke);
}

pub(super) fn bars(canvas: &mut Canvas, frame: &Frame<'_>, trace: &Trace, panel: [f64; 4]) {
    let Shape::Bars(bars) = &trace.shape else { unreachable!("a trace of bars") };
    let map = begin(canvas, frame, trace, "trace bars", panel, 0.0);
    let corners = |sides: [f64; 2], ends: [f64; 2]| match bars.horizontal {
        false => [map.x(sides[0]), map.y(ends[0]), map.x(sides[1]), map.y(ends[1])],
        true => [map.x(ends[0]), map.y(sides[0]), map.x(ends[1]), map.y(sides[1])],
    };
    for (index, bar) in bars.placed.iter().enumerate() {
        let Some(bar) = bar else { continue };
        let corners = corners(bar.sides, bar.ends);
        canvas.rectangle(corners, bars.paints.at(index));
        if let Some(outline) = &bars.outline {
            canvas.frame(corners, outline);
        }
    }
    if let Some(errors) = &bars.errors {
        let nowhere = (f64::NAN, f64::NAN);
        let tip = |bar: &crate::view::still::trace::Bar| {
            let middle = (bar.sides[0] + bar.sides[1]) / 2.0;
            map.at(if bars.horizontal { (bar.ends[1], middle) } else { (middle, bar.ends[1]) })
        };
        let tips: Vec<_> = bars.placed.iter().map(|bar| bar.as_ref().map_or(nowhere, tip)).collect();
        draw_errors(canvas, errors, &tips, &map, !bars.horizontal);
    }
    if let Some(texts) = &bars.texts {
        for (index, bar) in bars.placed.iter().enumerate() {
            let Some(bar) = bar else { continue };
            let [x0, y0, x1, y1] = corners(bar.sides, bar.ends);
            let (at, across, down) = match bars.horizontal {
                false => (((x0 + x1) / 2.0, y1 - 3.0), Align::Middle, 0.0),
                true => ((x1 + 3.0, (y0 + y1) / 2.0), Align::Start, 0.5),
            };
            canvas.text(
                &texts.at(index),
                at,
                Lettering { size: 11.0, paint: INK, across, down, turned: 0.0, bold: false },
            );
        }
    }
    canvas.close();
}

pub(super) fn cells(canvas: &mut Canvas, frame: &Frame<'_>, trace: &Trace, panel: [f64; 4]) {
    let Shape::Cells(cells) = &trace.shape else { unreachable!("a trace of cells") };
    let map = begin(canvas, frame, trace, "trace cells", panel, 0.0);
    let x: Vec<f64> = cells.x.iter().map(|v| map.x(*v)).collect();
    let y: Vec<f64> = cells.y.iter().map(|v| map.y(*v)).collect();
    let count: usize = cells.rows.iter().map(Vec::len).sum();
    if count <= RECTANGLES {
        for (row, sides) in cells.rows.iter().zip(y.windows(2)) {
            for (paint, ends) in row.iter().zip(x.windows(2)) {
                if let Some(paint) = paint {
                    canvas.rectangle([ends[0], sides[0], ends[1], sides[1]], *paint);
                }
            }
        }
    } else {
        raster(canvas, &cells.rows, (&x, &y), panel);
    }
    canvas.close();
}

/// Cells as one image that has the panel's pixels.
fn raster(canvas: &mut Canvas, rows: &[Vec<Option<Paint>>], (x, y): (&[f64], &[f64]), [x0, y0, x1, y1]: [f64; 4]) {
    let (width, height) = ((x1 - x0).round().clamp(1.0, 4000.0), (y1 - y0).round().clamp(1.0, 4000.0));
    // The cell in which the middle of each pixel lies.
    let cell_of = |borders: &[f64], start: f64, step: f64, count: usize| -> Vec<Option<usize>> {
        let rising = borders.first() <= borders.last();
        let middle = |k: usize| start + step * (k as f64 + 0.5);
        let find = |at: f64| borders.partition_point(|b| if rising { *b <= at } else { *b >= at }).checked_sub(1);
        (0..count).map(|k| find(middle(k)).filter(|cell| *cell + 1 < borders.len())).collect()
    };
    let columns = cell_of(x, x0, (x1 - x0) / width, width as usize);
    let lines = cell_of(y, y0, (y1 - y0) / height, height as usize);
    let mut pixels = Vec::with_capacity(4 * columns.len() * lines.len());
    for line in &lines {
        for column in &columns {
            let paint = line.zip(*column).and_then(|(i, j)| rows[i].get(j).copied().flatten());
            let Paint { rgb: [red, green, blue], alpha } = paint.unwrap_or(Paint { rgb: [0; 3], alpha: 0.0 });
            pixels.extend([red, green, blue, (255.0 * alpha).round() as u8]);
        }
    }
    let image = STANDARD.encode(encoded(&pixels, (width as usize, height as usize), png::ColorType::Rgba));
    canvas.image(&image, [x0, y0, x1, y1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_keep_their_outline() {
        let wave = |i: usize| (i as f64 / 100.0, (i as f64 * 0.7).sin());
        let line: Vec<(f64, f64)> = (0..100_000).map(wave).collect();
        let kept = thinned(&line);
        assert!(kept.len() <= 4 * 1002 && kept.first() == line.first() && kept.last() == line.last(), "{}", kept.len());
        let height = |points: &[(f64, f64)]| points.iter().map(|p| p.1).fold(f64::MIN, f64::max);
        assert_eq!(height(&kept), height(&line));
        assert_eq!(thinned(&line[..100]), &line[..100]);
    }
}

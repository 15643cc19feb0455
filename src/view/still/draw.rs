//! Lays a chart out and draws it.

mod panel;
mod series;

use super::axis::{Anchor, Axis};
use super::canvas::{Align, Canvas, Lettering, Stroke, path};
use super::chart::Chart;
use super::clip;
use super::legend::{Legend, ROW};
use super::marks::{Mark, MarkForm, Note, Place};
use super::paint::{ColourBar, Paint};
use super::text_of;
use super::ticks::{Tick, ticks};
use serde_json::{Value, json};

/// Room for tick labels and titles, in pixels; for a figure's title; for a colour bar.
const BELOW: f64 = 46.0;
const ABOVE: f64 = 40.0;
const EDGE: f64 = 16.0;
const SCALE: f64 = 86.0;
/// Size of tick labels and of axis titles, and the width of a character of a label.
const LABEL: f64 = 11.0;
const TITLE: f64 = 13.0;
const CHARACTER: f64 = 6.4;

/// The pixels that the figure's panels share, and what lies where in them.
pub(super) struct Frame<'a> {
    chart: &'a Chart,
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    /// Of each axis.
    ticks: Vec<Vec<Tick>>,
}

impl Frame<'_> {
    /// The pixels of a value on an axis, from the left or from above.
    fn pixel(&self, axis: &Axis, value: f64) -> f64 {
        self.along(axis, axis.share(value))
    }

    /// The same of a value that may lie anywhere.
    fn far_pixel(&self, axis: &Axis, value: f64) -> f64 {
        self.along(axis, axis.far_share(value))
    }

    /// The pixels of a share of the way along an axis.
    fn along(&self, axis: &Axis, share: f64) -> f64 {
        let [start, end] = axis.domain;
        self.paper(axis.id.starts_with('x'), start + share * (end - start))
    }

    fn paper(&self, across: bool, share: f64) -> f64 {
        if across { self.left + share * self.width } else { self.top + (1.0 - share) * self.height }
    }

    fn place(&self, across: bool, place: Place) -> f64 {
        match place {
            Place::Paper(share) => self.paper(across, share),
            Place::Value(axis, value) => self.far_pixel(&self.chart.axes[axis], value),
            Place::Along(axis, share) => self.along(&self.chart.axes[axis], share),
        }
    }

    /// The rectangle between two axes: left, top, right, bottom.
    fn panel(&self, x: &Axis, y: &Axis) -> [f64; 4] {
        [self.along(x, 0.0), self.along(y, 1.0), self.along(x, 1.0), self.along(y, 0.0)]
    }

    fn length(&self, axis: &Axis) -> f64 {
        let [start, end] = axis.domain;
        (end - start) * if axis.id.starts_with('x') { self.width } else { self.height }
    }
}

/// The room that an axis takes beside its panel.
fn room(axis: &Axis, ticks: &[Tick]) -> f64 {
    if !axis.visible {
        return 0.0;
    }
    let characters = ticks.iter().map(|tick| tick.label.chars().count()).max().unwrap_or(0) as f64;
    let labels = if axis.labels { 8.0 + CHARACTER * characters } else { 4.0 };
    labels + if axis.title.is_empty() { 4.0 } else { 20.0 }
}

/// The chart as an SVG image; its number tells its names from those of other images.
pub(super) fn image(chart: &Chart, number: u64) -> String {
    let legend = Legend::of(chart);
    let note_height = if chart.left_out.is_some() { ROW } else { 0.0 };
    let (width, height) = (chart.width, chart.height + legend.height() + note_height);
    let mut frame =
        Frame { chart, left: 70.0, top: ABOVE, width: width - 100.0, height: chart.height - 100.0, ticks: Vec::new() };
    // The ticks depend on the lengths of the axes, which depend on how long the labels are: twice is enough.
    for _ in 0..2 {
        frame.ticks = chart.axes.iter().map(|axis| ticks(axis, frame.length(axis))).collect();
        let side = |opposite: bool| {
            let at_border = |axis: &&Axis| match &axis.anchor {
                Anchor::Free(at) => {
                    if opposite {
                        *at >= 1.0
                    } else {
                        *at <= 0.0
                    }
                }
                Anchor::Axis(id) => chart
                    .find(id)
                    .is_none_or(|x| chart.axes[x].domain[usize::from(opposite)] == if opposite { 1.0 } else { 0.0 }),
            };
            let upright = chart
                .axes
                .iter()
                .zip(&frame.ticks)
                .filter(|(axis, _)| axis.id.starts_with('y') && axis.opposite == opposite);
            upright.filter(|(axis, _)| at_border(axis)).map(|(axis, ticks)| room(axis, ticks)).fold(0.0, f64::max)
        };
        let scales = SCALE * chart.colour_bars().len() as f64;
        frame.left = side(false).max(30.0);
        frame.top = if chart.title.is_empty() { EDGE + 4.0 } else { ABOVE };
        frame.top += if chart.notes.iter().any(above) || chart.axes.iter().any(|a| a.id.starts_with('x') && a.opposite)
        {
            20.0
        } else {
            0.0
        };
        frame.width = (width - frame.left - side(true).max(EDGE) - scales).max(50.0);
        frame.height = (chart.height - frame.top - BELOW).max(30.0);
    }
    let mut canvas = Canvas::new(number);
    if let Some(paper) = chart.grounds[0] {
        canvas.rectangle([0.0, 0.0, width, height], paper);
    }
    let size = if chart.title.chars().count() as f64 * 9.0 > width { 12.0 } else { 17.0 };
    let centred = Lettering { size, paint: chart.ink, across: Align::Middle, down: 0.5, turned: 0.0, bold: false };
    canvas.text(&chart.title, (width / 2.0, ABOVE / 2.0), centred);
    for mark in chart.marks.iter().filter(|mark| mark.below) {
        draw_mark(&mut canvas, &frame, mark);
    }
    panel::draw(&mut canvas, &frame);
    for mark in chart.marks.iter().filter(|mark| !mark.below) {
        draw_mark(&mut canvas, &frame, mark);
    }
    for note in &chart.notes {
        draw_note(&mut canvas, &frame, note);
    }
    let opposite = chart.axes.iter().zip(&frame.ticks).filter(|(a, _)| a.id.starts_with('y') && a.opposite);
    let beside = opposite.map(|(axis, ticks)| room(axis, ticks)).fold(EDGE, f64::max);
    for (index, bar) in chart.colour_bars().into_iter().enumerate() {
        let x = frame.left + frame.width + beside + SCALE * index as f64;
        draw_colour_bar(&mut canvas, bar, [x, frame.top, x + 16.0, frame.top + frame.height], chart.ink);
    }
    legend.draw(&mut canvas, chart.height, chart.ink);
    if let Some(words) = &chart.left_out {
        // Where nothing is drawn at all it stands in the middle.
        let y = if chart.traces.is_empty() { height / 2.0 } else { height - ROW / 2.0 };
        let size = if words.chars().count() as f64 * 7.0 > width { 9.0 } else { 13.0 };
        canvas.text(words, (width / 2.0, y), Lettering { size, ..centred });
    }
    canvas.finish(width, height)
}

/// True of a text above the panels.
fn above(note: &Note) -> bool {
    matches!(note.at[1], Place::Paper(at) if at >= 1.0 && note.down < 0.5)
        && !note.lines.iter().all(|line| line.is_empty())
}

/// Pixels beyond which nothing is drawn.
const FAR: f64 = 1e6;

/// A rectangle with so much around it that no end of a line shows.
fn around([x0, y0, x1, y1]: [f64; 4]) -> [f64; 4] {
    let (x, y) = (x1 - x0 + 100.0, y1 - y0 + 100.0);
    [x0 - x, y0 - y, x1 + x, y1 + y]
}

fn draw_mark(canvas: &mut Canvas, frame: &Frame<'_>, mark: &Mark) {
    // Of a line the slope hangs on its ends, wherever they are.
    let furthest = if mark.form == MarkForm::Line { f64::INFINITY } else { FAR };
    let place = |across: bool, place: Place| frame.place(across, place).clamp(-furthest, furthest);
    let ([x0, x1], [y0, y1]) = (mark.x.map(|p| place(true, p)), mark.y.map(|p| place(false, p)));
    // What is on an axis ends where its panel does.
    let clip = |places: [Place; 2], across: bool| match places[0] {
        Place::Value(axis, _) => {
            let axis = &frame.chart.axes[axis];
            let ends = [frame.along(axis, 0.0), frame.along(axis, 1.0)];
            [ends[0].min(ends[1]), ends[0].max(ends[1])]
        }
        _ if across => [0.0, frame.chart.width],
        _ => [0.0, frame.chart.height],
    };
    let ([left, right], [top, bottom]) = (clip(mark.x, true), clip(mark.y, false));
    canvas.open_clipped("shape", [left, top, right, bottom]);
    let d = match mark.form {
        MarkForm::Line => clip::line(&[(x0, y0), (x1, y1)], around([left, top, right, bottom]))
            .iter()
            .map(|part| path(part, false))
            .collect(),
        MarkForm::Rectangle => path(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1)], true),
        MarkForm::Ellipse => {
            let (cx, cy, rx, ry) = ((x0 + x1) / 2.0, (y0 + y1) / 2.0, (x1 - x0).abs() / 2.0, (y1 - y0).abs() / 2.0);
            let corner = |k: u32| f64::from(k) * std::f64::consts::PI / 36.0;
            path(&(0..72).map(|k| (cx + rx * corner(k).cos(), cy + ry * corner(k).sin())).collect::<Vec<_>>(), true)
        }
    };
    if let Some(fill) = mark.fill.filter(|_| mark.form != MarkForm::Line) {
        canvas.fill(&d, fill);
    }
    if let Some(stroke) = &mark.stroke {
        canvas.stroke(&d, stroke);
    }
    canvas.close();
}

fn draw_note(canvas: &mut Canvas, frame: &Frame<'_>, note: &Note) {
    let (x, y) = (frame.place(true, note.at[0]) + note.shift[0], frame.place(false, note.at[1]) + note.shift[1]);
    let (x, y) = (x.clamp(-FAR, FAR), y.clamp(-FAR, FAR));
    let (mut at, mut lettering) = ((x, y), note.lettering());
    if let Some(([dx, dy], stroke)) = &note.arrow {
        at = (x + dx, y + dy);
        canvas.stroke(&path(&[at, (x, y)], false), stroke);
        let length = dx.hypot(*dy).max(1e-9);
        let (ux, uy) = (dx / length, dy / length);
        let side = |s: f64| (x + 7.0 * ux - s * 3.0 * uy, y + 7.0 * uy + s * 3.0 * ux);
        canvas.fill(&path(&[(x, y), side(1.0), side(-1.0)], true), stroke.paint);
        // The text stands at the arrow's other end, away from its point.
        lettering.down = if dy.abs() < 8.0 {
            0.5
        } else if *dy < 0.0 {
            -0.2
        } else {
            1.2
        };
    }
    let step = 1.3 * note.size;
    if let Some(ground) = note.ground {
        let width =
            note.lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) as f64 * 0.58 * note.size + 4.0;
        let tall = step * note.lines.len() as f64;
        let left = at.0
            - width
                * match note.across {
                    Align::Start => 0.0,
                    Align::Middle => 0.5,
                    Align::End => 1.0,
                };
        let top = at.1 - tall * (1.0 - lettering.down);
        canvas.rectangle([left, top, left + width, top + tall], ground);
    }
    let first = at.1 - step * (note.lines.len() as f64 - 1.0) * (1.0 - lettering.down);
    let lift = if lettering.down == 0.0 { -3.0 } else { 0.0 };
    for (index, line) in note.lines.iter().enumerate() {
        canvas.text(line, (at.0, first + step * index as f64 + lift), lettering);
    }
}

fn draw_colour_bar(canvas: &mut Canvas, ColourBar { scale, settings }: &ColourBar, corners: [f64; 4], ink: Paint) {
    const STEPS: usize = 64;
    let [x0, y0, x1, y1] = corners;
    canvas.open("scale");
    let [low, high] = scale.range;
    for step in 0..STEPS {
        let share = |k: usize| k as f64 / STEPS as f64;
        let value = low + (high - low) * (share(step) + share(step + 1)) / 2.0;
        if let Some(paint) = scale.at(value) {
            // In whole pixels, so that no line shows between two.
            let [bottom, top] = [share(step), share(step + 1)].map(|share| (y1 - (y1 - y0) * share).round());
            canvas.rectangle([x0, top, x1, bottom], paint);
        }
    }
    // Its ticks are set as those of an axis.
    let mut axis = Axis::of(&json!({ "yaxis": settings }), "y", &[]);
    axis.settings["range"] = Value::from(vec![low, high]);
    axis.fit();
    let beside = Lettering { size: LABEL, paint: ink, across: Align::Start, down: 0.5, turned: 0.0, bold: false };
    for tick in ticks(&axis, y1 - y0) {
        let y = y1 - (y1 - y0) * axis.share(tick.at);
        canvas.stroke(&path(&[(x1, y), (x1 + 4.0, y)], false), &Stroke::solid(ink, 1.0));
        canvas.text(&tick.label, (x1 + 7.0, y), beside);
    }
    canvas.text(
        &text_of(&settings["title"]),
        ((x0 + x1) / 2.0, y0 - 8.0),
        Lettering { across: Align::Middle, down: 0.0, size: 12.0, ..beside },
    );
    canvas.close();
}

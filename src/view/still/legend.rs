//! What each trace's colour, line and marker stand for, in rows below the chart.

use super::canvas::{Align, Canvas, Lettering, Stroke, path};
use super::chart::Chart;
use super::markers;
use super::paint::Paint;
use super::trace::{Shape, Trace};

/// Height of a row, in pixels.
pub(super) const ROW: f64 = 18.0;
/// Width of the sample, and of a character, by which entries are spaced.
const SAMPLE: f64 = 30.0;
const CHARACTER: f64 = 6.6;
const LEFT: f64 = 60.0;
/// Characters of a name.
const SHOWN: usize = 100;
/// Rows at most.
const ROWS: usize = 20;

/// Traces in rows, and how many have none.
pub(super) struct Legend<'a> {
    pub rows: Vec<Vec<(String, f64, &'a Trace)>>,
    more: usize,
}

impl<'a> Legend<'a> {
    pub fn of(chart: &'a Chart) -> Self {
        let mut legend = Self { rows: Vec::new(), more: 0 };
        if !chart.with_legend {
            return legend;
        }
        let mut used = 0.0;
        for trace in chart.traces.iter().filter(|trace| trace.in_legend) {
            let name = if trace.name.is_empty() { format!("trace {}", trace.number) } else { trace.name.clone() };
            let name = match name.char_indices().nth(SHOWN) {
                None => name,
                Some((end, _)) => format!("{}…", &name[..end]),
            };
            let width = SAMPLE + 24.0 + CHARACTER * name.chars().count() as f64;
            if legend.rows.is_empty() || used + width > chart.width - LEFT {
                if legend.rows.len() == ROWS {
                    legend.more += 1;
                    continue;
                }
                legend.rows.push(Vec::new());
                used = 0.0;
            }
            legend.rows.last_mut().expect("a row was begun").push((name, width, trace));
            used += width;
        }
        legend
    }

    pub fn height(&self) -> f64 {
        ROW * (self.rows.len() + usize::from(self.more > 0)) as f64
    }

    pub fn draw(&self, canvas: &mut Canvas, top: f64, ink: Paint) {
        canvas.open("legend");
        let beside = Lettering { size: 12.0, paint: ink, across: Align::Start, down: 0.5, turned: 0.0, bold: false };
        for (row, entries) in self.rows.iter().enumerate() {
            let (y, mut x) = (top + ROW * (row as f64 + 0.5), LEFT);
            for (name, width, trace) in entries {
                sample(canvas, trace, (x, y));
                canvas.text(name, (x + SAMPLE + 6.0, y), beside);
                x += width;
            }
        }
        if self.more > 0 {
            let y = top + ROW * (self.rows.len() as f64 + 0.5);
            canvas.text(&format!("… and {} more", self.more), (LEFT, y), beside);
        }
        canvas.close();
    }
}

fn sample(canvas: &mut Canvas, trace: &Trace, (x, y): (f64, f64)) {
    let box_of = |half: f64| [x, y - half, x + SAMPLE, y + half];
    match &trace.shape {
        Shape::Points(points) => {
            if let Some((_, paint)) = points.fill {
                canvas.rectangle(box_of(5.0), paint);
            }
            if let Some(line) = &points.line {
                canvas.stroke(&path(&[(x, y), (x + SAMPLE, y)], false), line);
            }
            let middle = (x + SAMPLE / 2.0, y);
            if let Some(errors) = points.errors.iter().flatten().next() {
                canvas.stroke(&path(&[(middle.0, y - 6.0), (middle.0, y + 6.0)], false), &errors.stroke);
            }
            if let Some(m) = &points.markers {
                let size = m.sizes.at(0).clamp(4.0, 14.0);
                markers::draw(canvas, &m.symbols.at(0), middle, size, m.paints.at(0), m.outline.as_ref());
            }
        }
        Shape::Bars(bars) => {
            canvas.rectangle(box_of(5.0), bars.paints.at(0));
            if let Some(outline) = &bars.outline {
                canvas.frame(box_of(5.0), outline);
            }
        }
        Shape::Cells(_) => canvas.stroke(&path(&[(x, y), (x + SAMPLE, y)], false), &Stroke::solid(trace.paint, 4.0)),
    }
}

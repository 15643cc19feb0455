//! The SVG elements that a chart is made of.

use super::paint::Paint;
use crate::view::text::escape;
use std::fmt::Write;

/// An SVG image in the making.
pub(super) struct Canvas {
    body: String,
    number: u64,
    clips: usize,
}

/// Which end of a text its point is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

/// How a text stands: its size in pixels, its colour, which end its point is across and, as a share of its height below its top, up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lettering {
    pub size: f64,
    pub paint: Paint,
    pub across: Align,
    /// 0: the point is the text's foot; 0.5: its middle; 1: its top.
    pub down: f64,
    /// Degrees, clockwise.
    pub turned: f64,
    pub bold: bool,
}

/// A line's paint, width in pixels and dashes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stroke {
    pub paint: Paint,
    pub width: f64,
    /// Lengths of dashes and gaps, in pixels; none for a solid line.
    pub dashes: Vec<f64>,
}

impl Stroke {
    pub fn solid(paint: Paint, width: f64) -> Self {
        Self { paint, width, dashes: Vec::new() }
    }
}

/// A length to a hundredth of a pixel.
pub(super) fn length(v: f64) -> String {
    let text = format!("{v:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

/// The path through points.
pub(super) fn path(points: &[(f64, f64)], closed: bool) -> String {
    let mut d = String::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        let _ = write!(d, "{letter}{},{}", length(x), length(y));
    }
    if closed {
        d.push('Z');
    }
    d
}

impl Canvas {
    pub fn new(number: u64) -> Self {
        Self { body: String::new(), number, clips: 0 }
    }

    /// The whole image.
    pub fn finish(self, width: f64, height: f64) -> String {
        let (width, height) = (length(width), length(height));
        format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\" \
             font-family=\"sans-serif\">\n{}</svg>\n",
            self.body
        )
    }

    /// Opens a group, whose class says to a reader of the file what it holds.
    pub fn open(&mut self, class: &str) {
        self.line(&format!("<g class=\"{}\">", escape(class)));
    }

    /// Opens a group that is drawn inside a rectangle only.
    pub fn open_clipped(&mut self, class: &str, [x0, y0, x1, y1]: [f64; 4]) {
        let id = format!("clip{:x}-{}", self.number, self.clips);
        self.clips += 1;
        let rect = rectangle([x0, y0, x1, y1]);
        self.line(&format!("<clipPath id=\"{id}\"><rect {rect}/></clipPath>"));
        self.line(&format!("<g class=\"{}\" clip-path=\"url(#{id})\">", escape(class)));
    }

    pub fn close(&mut self) {
        self.line("</g>");
    }

    /// What a group is, for who cannot see it.
    pub fn title(&mut self, text: &str) {
        self.line(&format!("<title>{}</title>", escape(text)));
    }

    pub fn stroke(&mut self, d: &str, stroke: &Stroke) {
        if d.is_empty() || stroke.width <= 0.0 || stroke.paint.alpha <= 0.0 {
            return;
        }
        let dashes = match stroke.dashes.as_slice() {
            [] => String::new(),
            lengths => {
                let lengths: Vec<String> = lengths.iter().map(|l| length(*l)).collect();
                format!(" stroke-dasharray=\"{}\"", lengths.join(","))
            }
        };
        let (paint, width, opacity) = (stroke.paint, length(stroke.width), opacity("stroke", stroke.paint));
        self.line(&format!(
            "<path d=\"{d}\" fill=\"none\" stroke=\"{paint}\" stroke-width=\"{width}\"{opacity}{dashes}/>"
        ));
    }

    pub fn fill(&mut self, d: &str, paint: Paint) {
        if !d.is_empty() && paint.alpha > 0.0 {
            self.line(&format!("<path d=\"{d}\" fill=\"{paint}\"{}/>", opacity("fill", paint)));
        }
    }

    pub fn rectangle(&mut self, corners: [f64; 4], paint: Paint) {
        if paint.alpha > 0.0 {
            self.line(&format!("<rect {} fill=\"{paint}\"{}/>", rectangle(corners), opacity("fill", paint)));
        }
    }

    pub fn frame(&mut self, corners: [f64; 4], stroke: &Stroke) {
        let [x0, y0, x1, y1] = corners;
        self.stroke(&path(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1)], true), stroke);
    }

    /// A PNG image, in base 64.
    pub fn image(&mut self, png: &str, corners: [f64; 4]) {
        let rect = rectangle(corners);
        self.line(&format!("<image {rect} preserveAspectRatio=\"none\" href=\"data:image/png;base64,{png}\"/>"));
    }

    /// A text in one line; longer than it is wide, it is not cut.
    pub fn text(&mut self, text: &str, (x, y): (f64, f64), lettering: Lettering) {
        if text.is_empty() {
            return;
        }
        let Lettering { size, paint, across, down, turned, bold } = lettering;
        let anchor = match across {
            Align::Start => "",
            Align::Middle => " text-anchor=\"middle\"",
            Align::End => " text-anchor=\"end\"",
        };
        // The height of a capital is 0.72 of the size; not every viewer knows `dominant-baseline`.
        let (x, baseline) = (length(x), length(0.72 * size * down));
        let turn = if turned == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {})\"", length(turned), length(y))
        };
        let bold = if bold { " font-weight=\"bold\"" } else { "" };
        let (y, size, opacity) = (length(y), length(size), opacity("fill", paint));
        let words = escape(text);
        self.line(&format!(
            "<text x=\"{x}\" y=\"{y}\" dy=\"{baseline}\" font-size=\"{size}\" fill=\"{paint}\"{opacity}{anchor}{bold}{turn}>{words}</text>"
        ));
    }

    fn line(&mut self, line: &str) {
        self.body.push_str(line);
        self.body.push('\n');
    }
}

fn rectangle([x0, y0, x1, y1]: [f64; 4]) -> String {
    let (width, height) = ((x1 - x0).abs(), (y1 - y0).abs());
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        length(x0.min(x1)),
        length(y0.min(y1)),
        length(width),
        length(height)
    )
}

fn opacity(of: &str, paint: Paint) -> String {
    if paint.alpha >= 1.0 { String::new() } else { format!(" {of}-opacity=\"{}\"", length(paint.alpha)) }
}

//! Tables, figures, pictures and text in order.

use super::picture::{encoded, image, picture_html};
use super::text::{escape, shortened_to};
use super::{Figure, html_table, plain_table};
use ndarray::{Array2, Array3};
use polars::prelude::DataFrame;

/// A report: text, tables, figures and pictures, shown one below the other.
///
/// A notebook shows one value per cell; several go into a report. Its figures are still images; a figure by itself is interactive.
#[derive(Clone, Default)]
pub struct Report(Vec<Part>);

#[derive(Clone)]
enum Part {
    Heading(String),
    Text(String),
    Table(DataFrame),
    Figure(Figure),
    /// In words, and as a PNG image.
    Picture(String, Vec<u8>),
    Pictures(Vec<(String, Array2<f64>)>),
}

impl Report {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a heading.
    pub fn heading(self, text: impl Into<String>) -> Self {
        self.with(Part::Heading(text.into()))
    }

    /// Adds a paragraph.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.with(Part::Text(text.into()))
    }

    /// Adds a table.
    pub fn table(self, frame: DataFrame) -> Self {
        self.with(Part::Table(frame))
    }

    /// Adds a figure.
    pub fn figure(self, figure: Figure) -> Self {
        self.with(Part::Figure(figure))
    }

    /// Adds a picture, `[height, width, 3]` with red, green and blue, and what it shows in words.
    pub fn picture(self, words: impl Into<String>, pixels: Array3<u8>) -> Self {
        let (height, width, _) = pixels.dim();
        let image = encoded(&pixels.iter().copied().collect::<Vec<_>>(), (width, height), png::ColorType::Rgb);
        self.with(Part::Picture(words.into(), image))
    }

    /// Adds grey pictures side by side, each with a name: values from 0 (black) to 1 (white), `[height, width]`.
    pub fn pictures(self, pictures: impl IntoIterator<Item = (String, Array2<f64>)>) -> Self {
        self.with(Part::Pictures(pictures.into_iter().collect()))
    }

    /// Adds all of another report.
    pub fn append(mut self, other: Report) -> Self {
        self.0.extend(other.0);
        self
    }

    fn with(mut self, part: Part) -> Self {
        self.0.push(part);
        self
    }

    /// As HTML, text escaped.
    pub fn to_html(&self) -> String {
        let part = |part: &Part| match part {
            Part::Heading(text) => format!("<h4>{}</h4>", escape(text)),
            Part::Text(text) => format!("<p>{}</p>", escape(text)),
            Part::Table(frame) => html_table(frame),
            Part::Picture(words, bytes) => format!("<p>{}</p>", image("png", bytes, words)),
            Part::Figure(figure) => image("svg+xml", figure.to_svg().as_bytes(), &figure.to_string()),
            Part::Pictures(pictures) => {
                let html: String = pictures.iter().map(|(name, values)| picture_html(name, values)).collect();
                format!("<div>{html}</div>")
            }
        };
        self.0.iter().map(part).collect()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.0 {
            match part {
                Part::Heading(text) => writeln!(f, "{text}\n")?,
                Part::Text(text) => writeln!(f, "{text}\n")?,
                Part::Table(frame) => writeln!(f, "{}\n", plain_table(frame))?,
                Part::Figure(figure) => writeln!(f, "[{figure}]\n")?,
                Part::Picture(words, _) => writeln!(f, "[{words}]\n")?,
                Part::Pictures(pictures) => {
                    let names: Vec<&str> = pictures.iter().map(|(name, _)| name.as_str()).collect();
                    writeln!(f, "[pictures: {}]\n", names.join("; "))?;
                }
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Report {
    /// What is in it, a line a part.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        /// Parts, and characters of one.
        const SHOWN: (usize, usize) = (16, 80);
        let line = |part: &Part| match part {
            Part::Heading(text) | Part::Text(text) => text.clone(),
            Part::Table(frame) => format!("[table of {} rows × {} columns]", frame.height(), frame.width()),
            Part::Figure(figure) => format!("[{figure}]"),
            Part::Picture(words, _) => format!("[{words}]"),
            Part::Pictures(pictures) => format!("[{} pictures]", pictures.len()),
        };
        for part in self.0.iter().take(SHOWN.0) {
            writeln!(f, "{}", shortened_to(&line(part), SHOWN.1))?;
        }
        match self.0.len().saturating_sub(SHOWN.0) {
            0 => Ok(()),
            more => writeln!(f, "… and {more} more"),
        }
    }
}

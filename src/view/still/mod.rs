//! A still image of a chart, for viewers that run no scripts: what plotly would draw of its JSON, and in words what is left out.

mod axis;
mod canvas;
mod chart;
mod clip;
mod colour_names;
mod colour_scales;
mod draw;
mod histogram;
mod known;
mod legend;
mod markers;
mod marks;
mod paint;
mod ticks;
mod trace;

pub(super) use paint::{grid_colour, ink_colour, shade};

use super::text::plain;
use chart::Chart;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What an image leaves out, each once.
#[derive(Default)]
struct Unnamed(Vec<String>);

impl Unnamed {
    fn add(&mut self, what: String) {
        if !self.0.contains(&what) {
            self.0.push(what);
        }
    }

    /// In a line, however many there are.
    fn words(&self) -> Option<String> {
        const SHOWN: usize = 8;
        let more = self.0.len().saturating_sub(SHOWN);
        let shown = self.0[..self.0.len().min(SHOWN)].join(", ");
        match (self.0.len(), more) {
            (0, _) => None,
            (_, 0) => Some(format!("in the interactive chart only: {shown}")),
            _ => Some(format!("in the interactive chart only: {shown} and {more} more")),
        }
    }
}

/// A title is a text or an object with one.
fn text_of(value: &Value) -> String {
    plain(value.as_str().or_else(|| value["text"].as_str()).unwrap_or_default())
}

/// A line that says what the chart is.
pub(super) fn summary(figure: &Value) -> String {
    /// Characters of all names together.
    const SHOWN: usize = 300;
    let chart = Chart::of(figure);
    let mut names: Vec<&str> = Vec::new();
    let (mut length, mut more) = (0, 0);
    for trace in chart.traces.iter().filter(|t| !t.name.is_empty()) {
        if names.contains(&trace.name.as_str()) {
            continue;
        }
        length += trace.name.chars().count();
        if length > SHOWN {
            more += 1;
        } else {
            names.push(&trace.name);
        }
    }
    let title = if chart.title.is_empty() { "chart".into() } else { super::text::shortened(&chart.title) };
    let panels = match chart.panels() {
        0 | 1 => String::new(),
        n => format!(" ({n} panels)"),
    };
    let of = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{title}{panels}{of}{more}")
}

/// The image as SVG text.
pub(super) fn draw(figure: &Value) -> String {
    // Names in an image differ from those of another one on the same page.
    let mut hasher = DefaultHasher::new();
    figure.to_string().hash(&mut hasher);
    draw::image(&Chart::of(figure), hasher.finish())
}

#[cfg(test)]
mod tests;

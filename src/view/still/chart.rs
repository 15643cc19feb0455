//! What a figure of plotly's JSON draws: axes, traces, texts and shapes.

use super::axis::Axis;
use super::known::check_layout;
use super::marks::{Mark, Note, marks, notes};
use super::paint::{ColourBar, Paint, colourway};
use super::trace::{Fill, Shape, Trace, arrange};
use super::{Unnamed, plain, text_of};
use serde_json::Value;

/// A figure.
pub(super) struct Chart {
    pub title: String,
    pub width: f64,
    pub height: f64,
    pub grounds: [Option<Paint>; 2],
    pub ink: Paint,
    pub axes: Vec<Axis>,
    /// In the order in which they are drawn, but for cells, which are below bars, which are below points.
    pub traces: Vec<Trace>,
    pub notes: Vec<Note>,
    pub marks: Vec<Mark>,
    pub with_legend: bool,
    /// In words.
    pub left_out: Option<String>,
}

/// Width where the layout has none, in pixels.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 450.0;

/// The axis that a trace is on.
fn axis_id<'a>(trace: &'a Value, letter: &'a str) -> &'a str {
    let id = trace[format!("{letter}axis")].as_str().unwrap_or(letter);
    let numbered = id.strip_prefix(letter).is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()) && n.len() < 4);
    if numbered { id } else { letter }
}

impl Chart {
    /// Reads plotly's JSON; what it does not say has plotly's default.
    pub fn of(figure: &Value) -> Self {
        let layout = &figure["layout"];
        let size = |key: &str, fallback: f64| {
            layout[key].as_f64().filter(|v| (100.0..10_000.0).contains(v)).unwrap_or(fallback)
        };
        let mut unnamed = Unnamed::default();
        let mut chart = Self {
            title: text_of(&layout["title"]),
            width: size("width", WIDTH),
            height: size("height", HEIGHT),
            grounds: ["paper_bgcolor", "plot_bgcolor"].map(|key| Paint::of(&layout[key])),
            ink: Paint::of(&layout["font"]["color"]).unwrap_or(super::paint::INK),
            axes: Vec::new(),
            traces: Vec::new(),
            notes: Vec::new(),
            marks: Vec::new(),
            with_legend: false,
            left_out: None,
        };
        let empty = Vec::new();
        let data = figure["data"].as_array().unwrap_or(&empty);
        let seen = |trace: &&Value| {
            !matches!(&trace["visible"], Value::Bool(false)) && trace["visible"].as_str() != Some("legendonly")
        };
        for trace in data.iter().filter(seen).filter(|trace| is_plane(trace)) {
            for letter in ["x", "y"] {
                let index = chart.axis(figure, axis_id(trace, letter));
                chart.axes[index].name(&trace[letter]);
            }
        }
        if chart.axes.is_empty() && data.is_empty() {
            chart.axis(figure, "x");
            chart.axis(figure, "y");
        }
        chart.axes.iter_mut().for_each(Axis::order_names);
        let colours = colourway(layout);
        // Plotly gives no colour to what is not there at all.
        let there = data.iter().enumerate().filter(|(_, trace)| trace["visible"].as_bool() != Some(false));
        for (coloured, (index, trace)) in there.enumerate() {
            if seen(&trace) {
                chart.add((trace, index), figure, colours[coloured % colours.len()], &mut unnamed);
            } else {
                unnamed.add(format!("{}, hidden at first", plain(trace["name"].as_str().unwrap_or("a trace"))));
            }
        }
        arrange(&mut chart.traces, &mut chart.axes, layout);
        chart.axes.iter_mut().for_each(Axis::fit);
        chart.match_ranges();
        if chart.axes.iter().any(|axis| axis.dates) {
            unnamed.add("dates to scale".into());
        }
        check_layout(layout, &mut unnamed);
        chart.notes = notes(layout, &chart, &mut unnamed);
        chart.marks = marks(layout, &chart, &mut unnamed);
        let entries = chart.traces.iter().filter(|trace| trace.in_legend).count();
        let asked = data.iter().any(|trace| trace["showlegend"].as_bool() == Some(true));
        chart.with_legend = layout["showlegend"].as_bool().unwrap_or(entries > 1 || asked);
        chart.left_out = unnamed.words();
        chart
    }

    /// The index of an axis, which is made where there is none yet, and that upon which it lies before it.
    fn axis(&mut self, figure: &Value, id: &str) -> usize {
        if let Some(index) = self.find(id) {
            return index;
        }
        let letter = &id[..1];
        let on_it = |trace: &&Value| axis_id(trace, letter) == id;
        let values: Vec<&Value> =
            figure["data"].as_array().into_iter().flatten().filter(on_it).map(|t| &t[letter]).collect();
        let mut axis = Axis::of(&figure["layout"], id, &values);
        axis.overlaying = axis.overlaying.filter(|over| over.starts_with(letter) && over != id);
        let over = axis.overlaying.clone();
        self.axes.push(axis);
        let index = self.axes.len() - 1;
        if let Some(over) = over {
            let below = self.axis(figure, &over);
            self.axes[index].domain = self.axes[below].domain;
        }
        index
    }

    /// The index of an axis.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.id == id)
    }

    fn add(&mut self, (trace, index): (&Value, usize), figure: &Value, default: Paint, unnamed: &mut Unnamed) {
        let [x, y] = ["x", "y"].map(|letter| self.find(axis_id(trace, letter)));
        // Of a kind that has no axes.
        let (Some(x), Some(y)) = (x, y) else {
            unnamed.add(plain(trace["type"].as_str().unwrap_or("a trace without axes")));
            return;
        };
        if ["x", "y"].iter().any(|letter| trace[*letter][0].is_array()) {
            unnamed.add("names in two levels".into());
            return;
        }
        let Some((paint, shape)) = Trace::of((trace, index), figure, (&self.axes[x], &self.axes[y]), default, unnamed)
        else {
            return;
        };
        self.bound(&shape, (x, y));
        let name = match trace["name"].as_str() {
            Some(name) => plain(name),
            None => String::new(),
        };
        let in_legend = trace["showlegend"].as_bool().unwrap_or(true) && !matches!(shape, Shape::Cells(_));
        self.traces.push(Trace { name, number: index, in_legend, paint, x, y, shape });
    }

    /// Tells the axes what room points and cells need; bars need to be arranged first.
    fn bound(&mut self, shape: &Shape, (x, y): (usize, usize)) {
        match shape {
            Shape::Points(points) => {
                let wide = points.markers.is_some() || points.texts.is_some() || points.errors[0].is_some();
                self.axes[x]
                    .bounds
                    .add_all(points.at.iter().filter(|p| p.1.is_finite()).map(|p| p.0), if wide { 0.05 } else { 0.0 });
                self.axes[y].bounds.add_all(points.at.iter().filter(|p| p.0.is_finite()).map(|p| p.1), 0.05);
                if let Some((Fill::Zero { upright }, _)) = points.fill {
                    let axis = &mut self.axes[if upright { y } else { x }];
                    axis.bounds.add([axis.zero_or_floor(); 2], [0.0; 2]);
                }
                for (errors, axis) in points.errors.iter().zip([x, y]) {
                    // The ends that lie beyond a logarithmic axis' foot do not widen it.
                    let ends = errors.iter().flat_map(|e| e.low.iter().chain(&e.high)).copied().filter(|v| *v > -400.0);
                    self.axes[axis].bounds.add_all(ends, 0.05);
                }
            }
            Shape::Cells(cells) => {
                for (borders, axis) in [(&cells.x, x), (&cells.y, y)] {
                    self.axes[axis].bounds.add_all(borders.iter().copied(), 0.0);
                }
                if cells.is_image
                    && self.axes[y].settings["autorange"].is_null()
                    && self.axes[y].settings["range"].is_null()
                {
                    self.axes[y].turn();
                }
            }
            Shape::Bars(_) => {}
        }
    }

    /// Axes that are to match have one range: that which the layout gives one of them, else the one that holds those of all.
    fn match_ranges(&mut self) {
        let mut groups: Vec<usize> = (0..self.axes.len()).collect();
        for index in 0..self.axes.len() {
            if let Some(other) = self.axes[index].settings["matches"].as_str().and_then(|id| self.find(id)) {
                let (from, to) = (groups[index], groups[other]);
                groups.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
            }
        }
        for group in 0..self.axes.len() {
            let members: Vec<usize> = (0..self.axes.len()).filter(|index| groups[*index] == group).collect();
            if members.len() < 2 {
                continue;
            }
            let given = members.iter().find(|index| self.axes[**index].settings["range"].is_array());
            let range = given.map_or_else(
                || {
                    let ends = members.iter().map(|index| self.axes[*index].ends());
                    let [low, high] = ends.reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]).expect("two axes");
                    let turned = self.axes[group].range[0] > self.axes[group].range[1];
                    if turned { [high, low] } else { [low, high] }
                },
                |index| self.axes[*index].range,
            );
            members.iter().for_each(|index| self.axes[*index].range = range);
        }
    }

    /// Number of panels: pairs of axes that are on no other's.
    pub fn panels(&self) -> usize {
        let mut found: Vec<[[u64; 2]; 2]> = Vec::new();
        for trace in &self.traces {
            let place = [self.axes[trace.x].domain, self.axes[trace.y].domain].map(|domain| domain.map(f64::to_bits));
            if !found.contains(&place) {
                found.push(place);
            }
        }
        found.len()
    }

    /// The colour scales that get a bar.
    pub fn colour_bars(&self) -> Vec<&ColourBar> {
        let mut found: Vec<&ColourBar> = Vec::new();
        for trace in &self.traces {
            let bar = match &trace.shape {
                Shape::Points(points) => points.bar.as_ref(),
                Shape::Bars(bars) => bars.bar.as_ref(),
                Shape::Cells(cells) => cells.bar.as_ref(),
            };
            if let Some(bar) = bar.filter(|bar| !found.contains(bar)) {
                found.push(bar);
            }
        }
        found
    }
}

/// True of a kind of trace that has an x axis and a y axis.
fn is_plane(trace: &Value) -> bool {
    matches!(
        trace["type"].as_str().unwrap_or("scatter"),
        "scatter" | "scattergl" | "bar" | "histogram" | "heatmap" | "heatmapgl" | "image"
    )
}

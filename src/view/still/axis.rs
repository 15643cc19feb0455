//! An axis of a chart: what plotly's JSON says of it, its range, and where its values lie.

use super::paint::{GRID, INK, Paint, extent};
use super::text_of;
use serde_json::Value;

/// What the values of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Linear,
    /// Values are powers of ten.
    Log,
    /// Values are numbers of names.
    Names,
}

/// An axis; on a logarithmic one everything is in powers of ten.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// `x`, `y2`, …
    pub id: String,
    pub kind: Kind,
    pub title: String,
    /// From the left or the foot to the right or the top; falling for a reversed axis.
    pub range: [f64; 2],
    /// Extent across or up the figure, from 0 to 1.
    pub domain: [f64; 2],
    /// Names of the values 0, 1, 2, … where they are names.
    pub names: Vec<String>,
    /// Drawn on the axes of that one.
    pub overlaying: Option<String>,
    /// The axis at whose end it stands, or a place in the figure.
    pub anchor: Anchor,
    /// On the right or on the top.
    pub opposite: bool,
    /// Names that are dates, which plotly puts to scale.
    pub dates: bool,
    pub visible: bool,
    pub labels: bool,
    pub grid: Option<Paint>,
    pub zero: Option<Paint>,
    pub line: Option<Paint>,
    pub ink: Paint,
    pub bounds: Bounds,
    /// What says where the ticks are and how they read.
    pub settings: Value,
}

/// Where an axis stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Anchor {
    Axis(String),
    /// From 0 to 1, across the figure or up.
    Free(f64),
}

/// What the data say of a range.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    values: Option<[f64; 2]>,
    /// Shares of the range that stay free below and above the values.
    margin: [f64; 2],
}

impl Bounds {
    /// Takes in values from `low` to `high`, with a share of the range free below and above.
    pub fn add(&mut self, [low, high]: [f64; 2], margin: [f64; 2]) {
        if !(low.is_finite() && high.is_finite()) {
            return;
        }
        let Some([least, most]) = self.values else {
            (self.values, self.margin) = (Some([low, high]), margin);
            return;
        };
        // The margin belongs to the value at the end.
        if low < least || (low == least && margin[0] > self.margin[0]) {
            self.margin[0] = margin[0];
        }
        if high > most || (high == most && margin[1] > self.margin[1]) {
            self.margin[1] = margin[1];
        }
        self.values = Some([least.min(low), most.max(high)]);
    }

    /// Takes in values with plotly's margin for points.
    pub fn add_all(&mut self, values: impl Iterator<Item = f64>, margin: f64) {
        if let Some(ends) = extent(values) {
            self.add(ends, [margin; 2]);
        }
    }
}

impl Axis {
    /// The axis `x`, `y2`, … of a layout; `values` are those that traces have on it, and tell its kind where the layout does not.
    pub fn of(layout: &Value, id: &str, values: &[&Value]) -> Self {
        let (letter, number) = id.split_at(1);
        let settings = &layout[format!("{letter}axis{number}")];
        let pair = |value: &Value| Some([value[0].as_f64()?, value[1].as_f64()?]);
        let domain = pair(&settings["domain"]).filter(|d| d[0] < d[1] && d[0] >= 0.0 && d[1] <= 1.0);
        let names = |value: &&Value| {
            value
                .as_array()
                .is_some_and(|list| list.iter().any(|v| v.as_str().is_some_and(|s| s.trim().parse::<f64>().is_err())))
        };
        let is_date = |v: &Value| v.as_str().is_some_and(|s| s.get(4..5) == Some("-") && s[..4].parse::<u16>().is_ok());
        let all_dates =
            |value: &&Value| value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_date));
        let untyped = settings["type"].as_str().is_none_or(|kind| kind == "-");
        let dates = settings["type"].as_str() == Some("date") || (untyped && values.iter().any(all_dates));
        let kind = match settings["type"].as_str() {
            Some("log") => Kind::Log,
            Some("date") => Kind::Names,
            Some("category" | "multicategory") => Kind::Names,
            Some("linear") => Kind::Linear,
            _ if values.iter().any(names) => Kind::Names,
            _ => Kind::Linear,
        };
        let shown = |key: &str, fallback: bool| settings[key].as_bool().unwrap_or(fallback);
        let paint = |key: &str, fallback: Paint| Paint::of(&settings[key]).unwrap_or(fallback);
        let overlaying = settings["overlaying"].as_str().filter(|over| *over != "free").map(String::from);
        let other = if letter == "x" { "y" } else { "x" };
        let anchor = match settings["anchor"].as_str() {
            Some("free") => Anchor::Free(settings["position"].as_f64().unwrap_or(0.0)),
            Some(axis) => Anchor::Axis(axis.into()),
            None if overlaying.is_some() => Anchor::Axis(other.into()),
            None => Anchor::Axis(format!("{other}{number}")),
        };
        let visible = shown("visible", true);
        let mut axis = Self {
            id: id.into(),
            kind,
            title: text_of(&settings["title"]),
            range: [f64::NAN; 2],
            domain: domain.or_else(|| grid_domain(&layout["grid"], letter, number)).unwrap_or([0.0, 1.0]),
            names: Vec::new(),
            // The grid of an axis upon another would be told from that one's by nothing.
            grid: (visible && shown("showgrid", overlaying.is_none())).then(|| paint("gridcolor", GRID)),
            zero: (visible && kind == Kind::Linear && shown("zeroline", overlaying.is_none()))
                .then(|| paint("zerolinecolor", GRID)),
            line: (visible && shown("showline", true)).then(|| paint("linecolor", INK)),
            overlaying,
            anchor,
            opposite: matches!(settings["side"].as_str(), Some("right" | "top")),
            dates,
            visible,
            labels: visible && shown("showticklabels", true),
            ink: Paint::of(&settings["tickfont"]["color"]).or(Paint::of(&settings["color"])).unwrap_or(INK),
            bounds: Bounds::default(),
            settings: if settings.is_object() { settings.clone() } else { Value::Object(Default::default()) },
        };
        axis.name(&settings["categoryarray"]);
        axis
    }

    /// Gives names their places, in the order in which they come.
    pub fn name(&mut self, values: &Value) {
        if self.kind != Kind::Names {
            return;
        }
        for value in values.as_array().into_iter().flatten() {
            if let Some(name) = name_of(value)
                && !self.names.contains(&name)
            {
                self.names.push(name);
            }
        }
    }

    /// Puts the names in the order that is asked for.
    pub fn order_names(&mut self) {
        match self.settings["categoryorder"].as_str() {
            Some("category ascending") => self.names.sort(),
            Some("category descending") => {
                self.names.sort();
                self.names.reverse();
            }
            _ => {}
        }
    }

    /// A value of a trace in the axis' units; NaN for what has no place on it.
    pub fn value(&self, value: &Value) -> f64 {
        let number = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
        match self.kind {
            Kind::Linear => number.unwrap_or(f64::NAN),
            Kind::Log => number.filter(|v| *v > 0.0).map_or(f64::NAN, f64::log10),
            Kind::Names => {
                let place = name_of(value).and_then(|name| self.names.iter().position(|other| *other == name));
                place.map_or(f64::NAN, |place| place as f64)
            }
        }
    }

    /// Numbers of an array, in the axis' units.
    pub fn values(&self, values: &Value) -> Vec<f64> {
        values.as_array().map(|list| list.iter().map(|v| self.value(v)).collect()).unwrap_or_default()
    }

    /// A number that is a place: of an annotation or a shape, on a logarithmic axis too.
    pub fn place(&self, value: &Value, exponent: bool) -> f64 {
        match (self.kind, value.as_f64()) {
            (Kind::Log, Some(v)) if exponent => v,
            (Kind::Names, Some(v)) => v,
            _ => self.value(value),
        }
    }

    /// The base value of bars and fills.
    pub fn zero_or_floor(&self) -> f64 {
        match self.kind {
            // Bars on a logarithmic axis stand on its foot, wherever that is.
            Kind::Log => f64::NEG_INFINITY,
            _ => 0.0,
        }
    }

    /// Turns it round where the layout says nothing of its range.
    pub fn turn(&mut self) {
        self.settings["autorange"] = Value::from("reversed");
    }

    /// Sets the range: what the layout says, else that of the data.
    pub fn fit(&mut self) {
        let [low, high] = self.bounds.values.unwrap_or(match self.kind {
            Kind::Names => [-0.5, 0.5],
            _ => [0.0, 1.0],
        });
        let mut auto = if high > low {
            let span = (high - low) / (1.0 - self.bounds.margin[0] - self.bounds.margin[1]).max(0.1);
            [low - self.bounds.margin[0] * span, high + self.bounds.margin[1] * span]
        } else {
            // A constant still needs an axis around it.
            let room = if self.kind == Kind::Log { 0.5 } else { low.abs().max(1.0) / 2.0 };
            [low - room, high + room]
        };
        match self.settings["rangemode"].as_str() {
            Some("tozero") if self.kind == Kind::Linear => auto = [auto[0].min(0.0), auto[1].max(0.0)],
            Some("nonnegative") if self.kind == Kind::Linear => auto[0] = auto[0].max(0.0),
            _ => {}
        }
        let turned = matches!(self.settings["autorange"].as_str(), Some("reversed" | "min reversed" | "max reversed"));
        if turned {
            auto.reverse();
        }
        let given = &self.settings["range"];
        let end = |index: usize| given[index].as_f64().filter(|v| v.is_finite()).unwrap_or(auto[index]);
        let range = if self.settings["autorange"].as_bool() == Some(true) || turned { auto } else { [end(0), end(1)] };
        // Values near the ends of what a float holds have no length between them.
        self.range = if range[0] != range[1] && (range[1] - range[0]).is_finite() { range } else { auto };
        if !(self.range[1] - self.range[0]).is_finite() || self.range[0] == self.range[1] {
            self.range = [0.0, 1.0];
        }
    }

    /// The share of the way along the axis at which a value lies.
    pub fn share(&self, value: f64) -> f64 {
        // What is far outside is cut off at the border; no image holds more.
        self.far_share(value).clamp(-1e3, 1e3)
    }

    /// The same of a value that may lie anywhere: of a line, whose slope hangs on it.
    pub fn far_share(&self, value: f64) -> f64 {
        ((value - self.range[0]) / (self.range[1] - self.range[0])).clamp(-1e290, 1e290)
    }

    /// The ends of the range, falling or rising, in rising order.
    pub fn ends(&self) -> [f64; 2] {
        let [a, b] = self.range;
        [a.min(b), a.max(b)]
    }
}

/// A name on an axis of names.
fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(name) => Some(super::plain(name)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The share of the figure that a grid of panels leaves to an axis (plotly's `layout.grid`).
fn grid_domain(grid: &Value, letter: &str, number: &str) -> Option<[f64; 2]> {
    let count = |key: &str| grid[key].as_u64().filter(|n| (1..100).contains(n)).unwrap_or(1) as usize;
    let (rows, columns) = (count("rows"), count("columns"));
    let index = number.parse::<usize>().unwrap_or(1) - 1;
    if !grid.is_object() || rows * columns < 2 {
        return None;
    }
    let independent = grid["pattern"].as_str() == Some("independent");
    let (place, of, key) = match (letter, independent) {
        ("x", true) => (index % columns, columns, "xgap"),
        ("x", false) => (index, columns, "xgap"),
        (_, true) => (index / columns, rows, "ygap"),
        (_, false) => (index, rows, "ygap"),
    };
    if place >= of {
        return None;
    }
    let gap = grid[key].as_f64().unwrap_or(match (letter, independent) {
        (_, false) => 0.1,
        ("x", true) => 0.2,
        (_, true) => 0.3,
    });
    let cell = 1.0 / (of as f64 - gap);
    let start = place as f64 * cell;
    let domain = [start, start + cell * (1.0 - gap)];
    let from_top = letter == "y" && grid["roworder"].as_str() != Some("bottom to top");
    Some(if from_top { [1.0 - domain[1], 1.0 - domain[0]] } else { domain })
}

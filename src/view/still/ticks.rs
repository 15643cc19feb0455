//! Where the ticks of an axis are and how they read: plotly's rules (`src/plots/cartesian/axes.js`, `autoTicks` and `numFormat`).

use super::axis::{Axis, Kind};
use super::plain;
use serde_json::Value;

/// A tick: its place in the axis' units, and its label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub at: f64,
    pub label: String,
}

/// Ticks of an axis at most.
const MOST: usize = 200;

/// The ticks of an axis of so many pixels.
pub(super) fn ticks(axis: &Axis, pixels: f64) -> Vec<Tick> {
    let settings = &axis.settings;
    let [low, high] = axis.ends();
    let mut found = match (&settings["tickvals"], axis.kind) {
        (Value::Array(values), _) => {
            let texts = settings["ticktext"].as_array();
            let label = |index: usize, at: f64| match texts.and_then(|texts| texts.get(index)).and_then(Value::as_str) {
                Some(text) => plain(text),
                None if axis.kind == Kind::Names => {
                    // A place beyond the names has none, and no label in plotly.
                    axis.names.get(at.round().max(0.0) as usize).map_or(String::new(), |name| shortened(name))
                }
                // Of no step: with the digits that a hundredth of one would need.
                None => {
                    let step = match axis.kind {
                        Kind::Log => 10f64.powf(at.floor()),
                        _ => rounded_up((high - low) / (100.0 * count(axis, pixels))),
                    };
                    formatted(axis, number(axis.kind, at), step)
                }
            };
            let ticks = values.iter().enumerate().map(|(index, v)| {
                // On an axis of names a number that is no name is a place.
                let at = Some(axis.value(v)).filter(|at| at.is_finite()).unwrap_or_else(|| axis.place(v, false));
                Tick { at, label: label(index, at) }
            });
            ticks.collect()
        }
        (_, Kind::Names) => names(axis, pixels),
        (_, Kind::Linear) => linear(axis, pixels),
        (_, Kind::Log) => logarithmic(axis, pixels),
    };
    let margin = 1e-9 * (high - low);
    found.retain(|tick| (low - margin..=high + margin).contains(&tick.at));
    let around = |key: &str| settings[key].as_str().map(plain).unwrap_or_default();
    let (before, after) = (around("tickprefix"), around("ticksuffix"));
    for tick in &mut found {
        tick.label = format!("{before}{}{after}", tick.label);
    }
    found
}

/// The number that a place on an axis stands for.
fn number(kind: Kind, at: f64) -> f64 {
    if kind == Kind::Log { 10f64.powf(at) } else { at }
}

/// How many ticks fit on an axis.
fn count(axis: &Axis, pixels: f64) -> f64 {
    match axis.settings["nticks"].as_f64().filter(|n| *n >= 1.0) {
        Some(count) => count,
        None => (pixels / if axis.id.starts_with('y') { 40.0 } else { 80.0 }).clamp(4.0, 9.0) + 1.0,
    }
}

/// The smallest of 2, 5 and 10 times a power of ten that is not below `rough`, which is above the power.
pub(super) fn rounded_up(rough: f64) -> f64 {
    let base = 10f64.powf(rough.log10().floor());
    [2.0, 5.0].iter().map(|m| m * base).find(|step| *step >= rough).unwrap_or(10.0 * base)
}

/// Multiples of a step, offset by `first`, between two values.
fn multiples([low, high]: [f64; 2], step: f64, first: f64) -> Vec<f64> {
    let count = ((high - low) / step).floor();
    if !(step > 0.0 && count < MOST as f64) {
        return Vec::new();
    }
    let start = ((low - first) / step - 1e-9).ceil();
    let at = (0..=count as usize + 1).map(|k| first + (start + k as f64) * step);
    // Zero but for rounding is zero.
    let exact = at.map(|v| if v.abs() < 1e-9 * step { 0.0 } else { v });
    exact.filter(|v| *v <= high + 1e-9 * step).collect()
}

fn names(axis: &Axis, pixels: f64) -> Vec<Tick> {
    let room = (axis.names.len() as f64 / count(axis, pixels).max(pixels / 28.0)).ceil().max(1.0);
    let step = axis.settings["dtick"].as_f64().filter(|d| *d >= 1.0).unwrap_or(room);
    let shown = axis.names.iter().enumerate().step_by(step as usize);
    shown.map(|(place, name)| Tick { at: place as f64, label: shortened(name) }).collect()
}

/// A name that leaves room for others.
fn shortened(name: &str) -> String {
    const SHOWN: usize = 28;
    match name.char_indices().nth(SHOWN) {
        None => name.into(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

fn linear(axis: &Axis, pixels: f64) -> Vec<Tick> {
    let ends = axis.ends();
    let set = axis.settings["dtick"].as_f64().filter(|d| *d > 0.0);
    let first = axis.settings["tick0"].as_f64().filter(|_| set.is_some()).unwrap_or(0.0);
    let step = set.unwrap_or_else(|| rounded_up((ends[1] - ends[0]) / count(axis, pixels)));
    let at = multiples(ends, step, first);
    at.into_iter().map(|at| Tick { at, label: formatted(axis, at, step) }).collect()
}

fn logarithmic(axis: &Axis, pixels: f64) -> Vec<Tick> {
    let ends = axis.ends();
    let span = ends[1] - ends[0];
    let rough = span / count(axis, pixels);
    let powers = |step: f64| -> Vec<Tick> {
        let at = multiples(ends, step, axis.settings["tick0"].as_f64().unwrap_or(0.0)).into_iter();
        at.map(|at| Tick { at, label: power(axis, at) }).collect()
    };
    let between = |digits: &[f64]| -> Vec<Tick> {
        let decades = ends[0].floor() as i64..=ends[1].ceil() as i64;
        let at = decades.flat_map(|p| digits.iter().map(move |d| p as f64 + d.log10()));
        at.map(|at| Tick {
            at,
            label: if at == at.round() {
                power(axis, at)
            } else {
                formatted(axis, number(Kind::Log, at), 10f64.powf(at.floor()))
            },
        })
        .collect()
    };
    let values = |step: f64| -> Vec<Tick> {
        let at = multiples([10f64.powf(ends[0]), 10f64.powf(ends[1])], step, 0.0).into_iter().filter(|v| *v > 0.0);
        at.map(|v| Tick { at: v.log10(), label: formatted(axis, v, step) }).collect()
    };
    let (ones, digits) = ([1.0, 2.0, 5.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    match &axis.settings["dtick"] {
        Value::Number(step) => {
            let step = step.as_f64().filter(|step| *step > 0.0).unwrap_or(1.0);
            let ticks = powers(step);
            // Plotly shows one tick or none then.
            if ticks.len() >= 2 { ticks } else { between(&ones) }
        }
        Value::String(rule) if rule == "D1" => between(&digits),
        Value::String(rule) if rule == "D2" => between(&ones),
        Value::String(rule) if rule.starts_with('L') => values(rule[1..].parse().unwrap_or(f64::NAN)),
        _ if rough > 0.7 => powers(rough.ceil()),
        _ if span < 1.0 => {
            let count = 1.5 * span / rough;
            values(rounded_up((10f64.powf(ends[1]) - 10f64.powf(ends[0])) / count))
        }
        _ if rough > 0.3 || span > 1.3 => between(&ones),
        _ => between(&digits),
    }
}

/// The label of a power of ten.
fn power(axis: &Axis, at: f64) -> String {
    let exponent = at.round();
    let in_powers = axis.settings["exponentformat"].as_str() == Some("power") || !(-15.0..=14.0).contains(&exponent);
    if at != exponent || !in_powers {
        return formatted(axis, 10f64.powf(at), 10f64.powf(at));
    }
    match exponent as i64 {
        0 => "1".into(),
        1 => "10".into(),
        exponent => format!("10{}", raised(exponent)),
    }
}

/// A number in raised digits.
fn raised(number: i64) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        // U+2070 and what follows, but for 1 to 3.
        c => char::from_u32(0x2070 + c.to_digit(10).expect("a number has digits")).expect("a raised digit"),
    };
    number.to_string().chars().map(digit).collect()
}

/// A number in a row of numbers that are `step` apart.
fn formatted(axis: &Axis, value: f64, step: f64) -> String {
    let settings = &axis.settings;
    if let Some(text) = settings["tickformat"].as_str().and_then(|format| in_format(format, value)) {
        return text;
    }
    if value == 0.0 {
        return "0".into();
    }
    let [low, high] = axis.ends();
    let largest = match axis.kind {
        Kind::Log => value.abs(),
        _ => low.abs().max(high.abs()),
    };
    let size = (largest.log10() + 0.01).floor() as i32;
    let format = settings["exponentformat"].as_str().unwrap_or("B");
    let least = settings["minexponent"].as_f64().unwrap_or(3.0);
    let plain = f64::from(size.abs()) <= least || format == "none";
    let exponent = match format {
        _ if plain => 0,
        "B" | "SI" if (-15..=14).contains(&size) => 3 * (f64::from(size - 1) / 3.0).round() as i32,
        _ => size,
    };
    let scale = 10f64.powi(exponent);
    let mantissa = decimal(value / scale, step / scale);
    let thousands = settings["separatethousands"].as_bool() == Some(true);
    let mantissa = if thousands { separated(&mantissa) } else { mantissa };
    if exponent == 0 {
        return mantissa;
    }
    match format {
        "B" | "SI" if exponent % 3 == 0 && (-15..=14).contains(&exponent) => {
            let prefix = ["f", "p", "n", "µ", "m", "", "k", "M", if format == "B" { "B" } else { "G" }, "T"];
            format!("{mantissa}{}", prefix[(exponent / 3 + 5) as usize])
        }
        "e" | "E" => format!("{mantissa}{format}{exponent:+}"),
        _ => format!("{mantissa}×10{}", raised(exponent.into())),
    }
}

/// As many decimals as steps need, without zeros at the end.
fn decimal(value: f64, step: f64) -> String {
    let decimals = (2.0 - (step.abs().log10() + 0.01).floor()).clamp(0.0, 12.0);
    let text = format!("{value:.*}", if decimals.is_finite() { decimals as usize } else { 3 });
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // A typographic minus, as plotly's.
    let text = if text == "-0" { "0" } else { text };
    text.replacen('-', "−", 1)
}

/// The digits before the point in groups of three.
fn separated(text: &str) -> String {
    let (whole, rest) = text.find('.').map_or((text, ""), |at| text.split_at(at));
    let digits = whole.chars().count();
    let mut grouped = String::new();
    for (index, c) in whole.chars().enumerate() {
        if index > 0 && (digits - index).is_multiple_of(3) && !grouped.ends_with('−') {
            grouped.push(',');
        }
        grouped.push(c);
    }
    grouped + rest
}

/// The formats of d3 that are common: `.2f`, `.1%`, `.3e`, `d`, `,.0f`. `None` for another one.
pub(super) fn in_format(format: &str, value: f64) -> Option<String> {
    let (thousands, rest) = format.strip_prefix(',').map_or((false, format), |rest| (true, rest));
    let kind = rest.chars().last()?;
    let digits = rest[..rest.len() - kind.len_utf8()].strip_prefix('.');
    let decimals = match digits {
        Some(digits) => digits.parse::<usize>().ok().filter(|n| *n <= 20)?,
        None if rest.len() == kind.len_utf8() => 6,
        None => return None,
    };
    let text = match kind {
        'f' => format!("{value:.decimals$}"),
        '%' => format!("{:.decimals$}%", 100.0 * value),
        'e' => {
            let text = format!("{value:.decimals$e}");
            text.replacen('e', if text.contains("e-") { "e" } else { "e+" }, 1)
        }
        'd' if digits.is_none() => format!("{value:.0}"),
        _ => return None,
    };
    let text = text.replacen('-', "−", usize::from(value < 0.0));
    Some(if thousands { separated(&text) } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labels(settings: Value, pixels: f64) -> Vec<String> {
        let mut axis = Axis::of(&json!({"yaxis": settings}), "y", &[]);
        axis.fit();
        ticks(&axis, pixels).into_iter().map(|tick| tick.label).collect()
    }

    /// What plotly.js 3.0.1 writes at the same axes, but for the names of numbers between powers of ten (a bare "2" there).
    #[test]
    fn labels_are_plotlys() {
        let linear = |low: f64, high: f64| labels(json!({"range": [low, high]}), 300.0);
        assert_eq!(linear(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(linear(1.5, -0.5), ["−0.5", "0", "0.5", "1", "1.5"]);
        assert_eq!(linear(0.0, 50_000.0), ["0", "10k", "20k", "30k", "40k", "50k"]);
        assert_eq!(linear(0.0, 2e-5), ["0", "5µ", "10µ", "15µ", "20µ"]);
        assert_eq!(linear(0.0, 8000.0), ["0", "1000", "2000", "3000", "4000", "5000", "6000", "7000", "8000"]);
        let log = |low: f64, high: f64| labels(json!({"type": "log", "range": [low, high]}), 300.0);
        assert_eq!(log(-3.0, 3.0), ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]);
        assert_eq!(log(-1.0, 0.5), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(log(0.0, 0.3)[..4], ["1", "1.1", "1.2", "1.3"]);
        let power = json!({"type": "log", "range": [-5, 4], "exponentformat": "power", "dtick": 3});
        assert_eq!(labels(power, 300.0), ["10⁻³", "1", "10³"]);
        // A step that leaves one label gives way.
        assert_eq!(labels(json!({"type": "log", "range": [0.2, 1.2], "dtick": 1}), 300.0), ["2", "5", "10"]);
    }

    #[test]
    fn ticks_are_where_they_are_asked_for() {
        let own = json!({"range": [0, 10], "tickvals": [0, 5, 20], "ticktext": ["low", "<b>mid</b>", "out"], "ticksuffix": "!"});
        assert_eq!(labels(own, 300.0), ["low!", "mid!"]);
        assert_eq!(labels(json!({"range": [0, 10], "dtick": 4, "tick0": 1}), 300.0), ["1", "5", "9"]);
        // All digits, whatever the step.
        assert_eq!(labels(json!({"range": [0, 1], "tickvals": [0.25, 0.75]}), 300.0), ["0.25", "0.75"]);
        assert_eq!(labels(json!({"range": [0, 40], "dtick": 12.5}), 300.0), ["0", "12.5", "25", "37.5"]);
        assert_eq!(labels(json!({"range": [0, 0.4], "dtick": 0.125}), 300.0), ["0", "0.125", "0.25", "0.375"]);
        let decades = json!({"type": "log", "range": [-3, 1], "tickvals": [0.001, 0.03, 0.125, 10]});
        assert_eq!(labels(decades, 300.0), ["0.001", "0.03", "0.125", "10"]);
        let names =
            json!({"type": "category", "categoryarray": ["a", "b", "c"], "range": [-0.5, 2.5], "tickvals": [0, 2]});
        assert_eq!(labels(names, 300.0), ["a", "c"]);
        assert_eq!(labels(json!({"range": [0, 1], "dtick": 0.5, "tickformat": ".0%"}), 300.0), ["0%", "50%", "100%"]);
        assert_eq!(labels(json!({"range": [0, 1e9], "dtick": 1e-9}), 300.0), [""; 0]);
        assert_eq!(in_format(",.1f", -12345.678), Some("−12,345.7".into()));
        assert_eq!(in_format("s", 1.0), None);
    }
}

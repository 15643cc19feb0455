//! Colours and colour scales, as plotly's JSON writes them.

use super::colour_names::NAMES;
use super::colour_scales::{self, Stops};
use serde_json::Value;
use std::fmt;

/// A colour with its opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::view) struct Paint {
    pub rgb: [u8; 3],
    pub alpha: f64,
}

/// Text and axes: readable on white and on black.
pub(super) const INK: Paint = Paint { rgb: [127, 127, 127], alpha: 1.0 };
/// The grid.
pub(super) const GRID: Paint = Paint { rgb: [127, 127, 127], alpha: 0.25 };

/// [`INK`] as CSS.
pub(in crate::view) fn ink_colour() -> String {
    INK.to_string()
}

/// [`GRID`] as CSS.
pub(in crate::view) fn grid_colour() -> String {
    let [red, green, blue] = GRID.rgb;
    format!("rgba({red},{green},{blue},{})", GRID.alpha)
}

/// Plotly's colours where none is asked for (`src/components/color/attributes.js`).
const COLOURWAY: [&str; 10] =
    ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"];

impl Paint {
    /// Reads `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(…)`, `rgba(…)`, `hsl(…)` or a name of CSS.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "transparent" {
            return Some(Self { rgb: [0; 3], alpha: 0.0 });
        }
        if let Some(hex) = text.strip_prefix('#') {
            return Self::hex(hex);
        }
        if let Ok(place) = NAMES.binary_search_by(|(name, _)| (*name).cmp(&text)) {
            let [_, rgb @ ..] = NAMES[place].1.to_be_bytes();
            return Some(Self { rgb, alpha: 1.0 });
        }
        let (function, arguments) = text.strip_suffix(')')?.split_once('(')?;
        let split = |c: char| c == ',' || c == '/' || c.is_whitespace();
        let parts: Vec<&str> = arguments.split(split).filter(|part| !part.is_empty()).collect();
        let number = |part: &str, of: f64| {
            let value: f64 = match part.strip_suffix('%') {
                Some(share) => share.parse::<f64>().ok()? / 100.0 * of,
                None => part.trim_end_matches("deg").parse().ok()?,
            };
            value.is_finite().then_some(value)
        };
        let alpha = match parts.get(3) {
            Some(part) => number(part, 1.0)?.clamp(0.0, 1.0),
            None => 1.0,
        };
        let [a, b, c] = [*parts.first()?, *parts.get(1)?, *parts.get(2)?];
        let rgb = match function {
            "rgb" | "rgba" => [number(a, 255.0)?, number(b, 255.0)?, number(c, 255.0)?].map(|v| v.round() as u8),
            "hsl" | "hsla" => of_hue(number(a, 360.0)?, number(b, 1.0)?, number(c, 1.0)?),
            _ => return None,
        };
        Some(Self { rgb, alpha })
    }

    fn hex(hex: &str) -> Option<Self> {
        let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
        let channels: Vec<u8> = match digits.len() {
            3 | 4 => digits.iter().map(|d| 17 * d).collect(),
            6 | 8 => digits.chunks(2).map(|pair| 16 * pair[0] + pair[1]).collect(),
            _ => return None,
        };
        let alpha = channels.get(3).map_or(1.0, |&a| f64::from(a) / 255.0);
        Some(Self { rgb: [channels[0], channels[1], channels[2]], alpha })
    }

    /// A JSON text that is a colour.
    pub fn of(value: &Value) -> Option<Self> {
        value.as_str().and_then(Self::parse)
    }

    /// With its opacity times `share`.
    pub fn faded(self, share: f64) -> Self {
        Self { alpha: self.alpha * share, ..self }
    }
}

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.rgb;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Hue in degrees, saturation and lightness from 0 to 1 (CSS Color Module Level 4, section 7.1).
fn of_hue(hue: f64, saturation: f64, lightness: f64) -> [u8; 3] {
    let (saturation, lightness) = (saturation.clamp(0.0, 1.0), lightness.clamp(0.0, 1.0));
    [0.0, 8.0, 4.0].map(|n| {
        let k = (n + hue.rem_euclid(360.0) / 30.0) % 12.0;
        let value = lightness - saturation * lightness.min(1.0 - lightness) * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (255.0 * value).round() as u8
    })
}

/// The colours that traces get in turn.
pub(super) fn colourway(layout: &Value) -> Vec<Paint> {
    let given = |value: &Value| -> Option<Vec<Paint>> {
        let colours: Vec<Paint> = value.as_array()?.iter().filter_map(Paint::of).collect();
        (!colours.is_empty()).then_some(colours)
    };
    given(&layout["colorway"])
        .or_else(|| given(&layout["template"]["layout"]["colorway"]))
        .unwrap_or_else(|| COLOURWAY.iter().filter_map(|hex| Paint::parse(hex)).collect())
}

/// A colour scale beside a chart, with its title and what says where its ticks are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColourBar {
    pub scale: ColourScale,
    pub settings: Value,
}

/// Colours by number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColourScale {
    stops: Vec<(f64, Paint)>,
    /// The numbers at its ends.
    pub range: [f64; 2],
}

impl ColourScale {
    /// The scale that an object of plotly's describes: `colorscale`, `reversescale`, and with `letter` "z" or "c" `zmin`, `zmax`, `zmid`.
    /// Of values, of which the ends are those where none are set; `by_sign` is plotly's choice for markers.
    pub fn of(object: &Value, letter: &str, values: impl Iterator<Item = f64>, by_sign: bool) -> Self {
        let [low, high] = extent(values).unwrap_or([0.0, 1.0]);
        let set = |end: &str| object[format!("{letter}{end}")].as_f64();
        // One end alone counts only where plotly is told not to choose.
        let both = matches!((set("min"), set("max")), (Some(min), Some(max)) if min < max);
        let [mut from, mut to] = match object[format!("{letter}auto")].as_bool().unwrap_or(!both) {
            true => [low, high],
            false => [set("min").unwrap_or(low), set("max").unwrap_or(high)],
        };
        if let (Some(middle), [true, true]) = (set("mid"), [from == low, to == high]) {
            let reach = (high - middle).max(middle - low);
            (from, to) = (middle - reach, middle + reach);
        }
        // One number has a place in the middle of a scale.
        if from == to {
            (from, to) = (from - 0.5, to + 0.5);
        }
        let fallback = match by_sign {
            true if low >= 0.0 => colour_scales::named("Reds"),
            true if high <= 0.0 => colour_scales::named("Blues"),
            _ => None,
        };
        let mut stops = Self::stops(&object["colorscale"], fallback.unwrap_or(colour_scales::DEFAULT));
        if object["reversescale"].as_bool() == Some(true) {
            stops = stops.into_iter().rev().map(|(at, paint)| (1.0 - at, paint)).collect();
        }
        Self { stops, range: [from, to] }
    }

    fn stops(value: &Value, fallback: &'static Stops) -> Vec<(f64, Paint)> {
        let opaque = |stops: &Stops| stops.iter().map(|&(at, rgb)| (at, Paint { rgb, alpha: 1.0 })).collect();
        if let Some(name) = value.as_str() {
            return opaque(colour_scales::named(name).unwrap_or(fallback));
        }
        let stop = |pair: &Value| Some((pair[0].as_f64()?, Paint::of(&pair[1])?));
        let stops: Option<Vec<_>> = value.as_array().and_then(|pairs| pairs.iter().map(stop).collect());
        stops.filter(|stops| stops.len() >= 2).unwrap_or_else(|| opaque(fallback))
    }

    /// The colour of a value; beyond the ends that of the end. `None` for what is not finite, which plotly leaves blank.
    pub fn at(&self, value: f64) -> Option<Paint> {
        if !value.is_finite() {
            return None;
        }
        let [low, high] = self.range;
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        let above = self.stops.iter().position(|(at, _)| *at >= share).unwrap_or(self.stops.len() - 1);
        let ((from, a), (to, b)) = (self.stops[above.saturating_sub(1)], self.stops[above]);
        let part = if to > from { (share - from) / (to - from) } else { 1.0 };
        let mix = |a: f64, b: f64| a + (b - a) * part;
        let rgb = std::array::from_fn(|i| mix(f64::from(a.rgb[i]), f64::from(b.rgb[i])).round() as u8);
        Some(Paint { rgb, alpha: mix(a.alpha, b.alpha) })
    }
}

/// From white over blue to nearly black; what is not a number is grey.
pub(in crate::view) fn shade(value: f64, [low, high]: [f64; 2]) -> [u8; 3] {
    if !value.is_finite() {
        return INK.rgb;
    }
    let t = if high > low { (value - low) / (high - low) } else { 0.5 };
    let mix = |a: f64, b: f64, c: f64| {
        let v = if t < 0.5 { a + (b - a) * 2.0 * t } else { b + (c - b) * (2.0 * t - 1.0) };
        v.round() as u8
    };
    [mix(247.0, 66.0, 8.0), mix(251.0, 146.0, 29.0), mix(255.0, 198.0, 88.0)]
}

/// The smallest and the largest finite value.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    values.filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some([v, v]),
        Some([low, high]) => Some([low.min(v), high.max(v)]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn colours_are_read_in_every_way_that_css_writes_them() {
        let opaque = |rgb| Some(Paint { rgb, alpha: 1.0 });
        assert_eq!(Paint::parse("#1F77b4"), opaque([0x1f, 0x77, 0xb4]));
        assert_eq!(Paint::parse("#f80"), opaque([255, 136, 0]));
        assert_eq!(Paint::parse(" RoyalBlue "), opaque([65, 105, 225]));
        assert_eq!(Paint::parse("rgb(80, 90, 100)"), opaque([80, 90, 100]));
        assert_eq!(Paint::parse("rgba(80,90,100,0.2)"), Some(Paint { rgb: [80, 90, 100], alpha: 0.2 }));
        assert_eq!(Paint::parse("hsl(120, 100%, 25%)"), opaque([0, 128, 0]));
        for bad in ["", "#12", "rgb(1,2)", "url(#x)", "any_arbitrary_string", "rgb(1,2,NaN)", "#äöü"] {
            assert_eq!(Paint::parse(bad), None, "{bad}");
        }
        assert!(NAMES.is_sorted(), "a search by halves needs order");
    }

    #[test]
    fn scales_go_through_their_stops() {
        let scale = |object: Value| ColourScale::of(&object, "z", [-1.0, 3.0, f64::NAN].into_iter(), false);
        let viridis = scale(json!({"colorscale": "Viridis"}));
        assert_eq!(viridis.range, [-1.0, 3.0]);
        assert_eq!(viridis.at(-1.0).map(|p| p.to_string()), Some("#440154".into()));
        assert_eq!(viridis.at(99.0).map(|p| p.to_string()), Some("#fde725".into()));
        assert_eq!(viridis.at(f64::NAN), None);
        let own = json!({"colorscale": [[0, "black"], [1, "#ffffff"]], "reversescale": true, "zmin": 0, "zmax": 10});
        assert_eq!(scale(own).at(4.0).map(|p| p.rgb), Some([153; 3]));
        assert_eq!(scale(json!({"zmid": 0})).range, [-3.0, 3.0]);
    }
}

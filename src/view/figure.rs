//! A chart as it goes into a notebook: interactive, as an image and as a line of text.

use super::still;
use plotly::Plot;
use serde_json::Value;
use std::io::Write;
use std::sync::Arc;

/// A chart.
///
/// Of more than 200,000 points of lines and scatter charts so many are kept, which a line in the chart says: of lines the first, the
/// lowest, the highest and the last of each stretch. Shown in a notebook it is one bundle: the plotly figure for JupyterLab, an SVG image for viewers that run no scripts (GitHub, a
/// printed page), and a line of text. Every figure of a study is one; one's own plotly chart becomes one by `Figure::from(plot)`.
///
/// Text and grid are grey on a transparent ground, so that the chart reads on light and on dark pages.
#[derive(Clone)]
pub struct Figure {
    // The JSON, not the `Plot`, whose destructor every cell of a notebook would compile again.
    json: Arc<str>,
}

impl From<Plot> for Figure {
    fn from(plot: Plot) -> Self {
        let mut figure: Value = serde_json::from_str(&plot.to_json()).expect("plotly writes JSON");
        themed(&mut figure);
        thinned(&mut figure);
        Self { json: figure.to_string().into() }
    }
}

impl Figure {
    /// The plotly figure as JSON, in the colours of the theme.
    pub fn to_json(&self) -> Value {
        serde_json::from_str(&self.json).expect("a figure holds JSON")
    }

    /// The same as text.
    pub(super) fn json(&self) -> &str {
        &self.json
    }

    /// The chart as an SVG image. Lines, markers, error bars, bands, bars, histograms, heatmaps and images are drawn on all kinds of
    /// axes but dates, with texts and shapes, in the chart's ranges and colours; what is in the interactive chart only, the image says in
    /// words.
    pub fn to_svg(&self) -> String {
        still::draw(&self.to_json())
    }

    /// Writes the SVG image to a file.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File); nothing partial is left.
    pub fn write_svg(&self, path: impl AsRef<std::path::Path>) -> crate::Result<()> {
        let path = path.as_ref();
        let written = crate::whole::write_whole(path, |file| file.write_all(self.to_svg().as_bytes()));
        written.map_err(|source| crate::Error::File { path: path.into(), source })
    }
}

impl std::fmt::Display for Figure {
    /// A line: title, number of charts and of lines, names of the lines.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", still::summary(&self.to_json()))
    }
}

impl std::fmt::Debug for Figure {
    /// As [`Display`](std::fmt::Display): what a notebook shows of a figure that it cannot show otherwise.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// `xaxis`, `yaxis2` and so on.
fn is_axis(name: &str) -> bool {
    ["xaxis", "yaxis"].iter().any(|axis| name.strip_prefix(axis).is_some_and(|n| n.chars().all(|c| c.is_ascii_digit())))
}

/// Grey text and lines, no background.
fn themed(figure: &mut Value) {
    let Some(layout) = figure.get_mut("layout").and_then(Value::as_object_mut) else { return };
    let clear = Value::from("rgba(0,0,0,0)");
    for ground in ["paper_bgcolor", "plot_bgcolor"] {
        layout.entry(ground).or_insert_with(|| clear.clone());
    }
    let font = layout.entry("font").or_insert_with(|| Value::Object(Default::default()));
    if let Some(font) = font.as_object_mut() {
        font.entry("color").or_insert_with(|| Value::from(still::ink_colour()));
    }
    for (_, axis) in layout.iter_mut().filter(|(name, _)| is_axis(name)) {
        if let Some(axis) = axis.as_object_mut() {
            for (line, colour) in [
                ("gridcolor", still::grid_colour()),
                ("linecolor", still::ink_colour()),
                ("zerolinecolor", still::grid_colour()),
            ] {
                axis.entry(line).or_insert_with(|| Value::from(colour));
            }
        }
    }
}

/// Points of all lines and scatter charts of a figure that are kept.
const POINTS: usize = 200_000;

/// Leaves out points of which no reader would see so many, and says so in the chart.
fn thinned(figure: &mut Value) {
    let is_scatter = |trace: &Value| matches!(trace["type"].as_str().unwrap_or("scatter"), "scatter" | "scattergl");
    let count =
        |trace: &Value| ["x", "y"].iter().map(|key| trace[*key].as_array().map_or(0, Vec::len)).max().unwrap_or(0);
    let traces = figure["data"].as_array().into_iter().flatten();
    let all: usize = traces.filter(|trace| is_scatter(trace)).map(count).sum();
    if all <= POINTS {
        return;
    }
    let mut kept = 0;
    for trace in figure["data"].as_array_mut().into_iter().flatten().filter(|trace| is_scatter(trace)) {
        let n = count(trace);
        let budget = (POINTS as u128 * n as u128 / all as u128).max(2) as usize;
        let indices = if n <= budget { (0..n).collect() } else { outline(trace, n, budget) };
        kept += indices.len();
        pick(trace, n, &indices);
    }
    let (all, kept) = (super::text::thousands(all), super::text::thousands(kept));
    let note = serde_json::json!({
        "text": format!("{kept} of {all} points"), "showarrow": false, "xref": "paper", "yref": "paper", "x": 1, "y": 0,
        "xanchor": "right", "yanchor": "bottom", "font": {"size": 11},
    });
    let layout =
        figure.as_object_mut().expect("a figure has traces").entry("layout").or_insert_with(|| serde_json::json!({}));
    match layout["annotations"].as_array_mut() {
        Some(notes) => notes.push(note),
        None => layout["annotations"] = Value::Array(vec![note]),
    }
}

/// Which points are kept: of markers every so-manieth, of lines those at the ends and the extremes of each stretch.
fn outline(trace: &Value, n: usize, budget: usize) -> Vec<usize> {
    let ordinate = |index: usize| trace["y"][index].as_f64().unwrap_or(f64::NAN);
    if trace["mode"].as_str() == Some("markers") {
        return (0..n).step_by(n.div_ceil(budget)).collect();
    }
    let stretch = (4 * n).div_ceil(budget).max(4);
    let mut kept = Vec::new();
    for start in (0..n).step_by(stretch) {
        let end = (start + stretch).min(n);
        let mut four = [start, start, start, end - 1];
        for index in start..end {
            // A point without an ordinate is a gap; it compares with nothing.
            if !(ordinate(four[1]) <= ordinate(index)) {
                four[1] = index;
            }
            if !(ordinate(four[2]) >= ordinate(index)) {
                four[2] = index;
            }
        }
        four.sort_unstable();
        kept.extend(four);
    }
    kept.dedup();
    kept
}

/// Keeps those items of every list that has one per point.
fn pick(value: &mut Value, n: usize, indices: &[usize]) {
    match value {
        Value::Array(list) if list.len() == n => {
            *list = indices.iter().map(|index| list[*index].take()).collect();
        }
        Value::Object(map) => map.values_mut().for_each(|value| pick(value, n, indices)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotly::Scatter;
    use plotly::common::{Marker, Mode};

    #[test]
    fn charts_of_very_many_points_are_thinned_and_say_so() {
        let n = 500_000;
        let x: Vec<f64> = (0..n).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| if *x == 123_456.0 { 9.0 } else { (x * 1e-4).sin() }).collect();
        let mut plot = Plot::new();
        plot.add_trace(Scatter::new(x.clone(), y.clone()).mode(Mode::Lines));
        let sizes = Marker::new().size_array(vec![3; n as usize]);
        plot.add_trace(Scatter::new(x, y).mode(Mode::Markers).marker(sizes));
        let figure = Figure::from(plot);
        let json = figure.to_json();
        let kept: Vec<usize> = (0..2).map(|trace| json["data"][trace]["x"].as_array().unwrap().len()).collect();
        assert!(kept.iter().all(|kept| (40_000..=100_000).contains(kept)), "{kept:?}");
        assert_eq!(json["data"][1]["marker"]["size"].as_array().unwrap().len(), kept[1]);
        // The one high value is on the line still.
        assert!(json["data"][0]["y"].as_array().unwrap().iter().any(|y| y.as_f64() == Some(9.0)));
        let note = json["layout"]["annotations"][0]["text"].as_str().unwrap();
        assert!(note.ends_with("of 1,000,000 points") && figure.to_svg().contains(note), "{note}");
        assert!(figure.json().len() < 10_000_000 && figure.to_svg().len() < 2_000_000, "{}", figure.to_svg().len());
    }
}

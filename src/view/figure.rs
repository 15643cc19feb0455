//! A chart as it goes into a notebook: interactive, as an image and as a line of text.

use super::still;
use plotly::Plot;
use serde_json::Value;
use std::io::Write;
use std::sync::Arc;

/// A chart.
///
/// Shown in a notebook it is one bundle: the plotly figure for JupyterLab, an SVG image for viewers that run no scripts (GitHub, a
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
        let mut figure: Value = serde_json::from_str(&plot.to_json()).unwrap_or_default();
        themed(&mut figure);
        Self { json: figure.to_string().into() }
    }
}

impl Figure {
    /// The plotly figure as JSON, in the colours of the theme.
    pub fn to_json(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    /// The same as text.
    pub(super) fn json(&self) -> &str {
        &self.json
    }

    /// The chart as an SVG image. Lines, markers, bars and heatmaps are drawn; of another kind of trace the image says that it is
    /// in the interactive chart only.
    pub fn to_svg(&self) -> String {
        still::draw(&self.to_json())
    }

    /// Writes the SVG image to a file.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File); nothing partial is left.
    pub fn write_svg(&self, path: impl AsRef<std::path::Path>) -> crate::Result<()> {
        let path = path.as_ref();
        let written = crate::internal::write_whole(path, |file| file.write_all(self.to_svg().as_bytes()));
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
            for (line, colour) in [("gridcolor", still::grid_colour()), ("linecolor", still::ink_colour()), ("zerolinecolor", still::grid_colour())] {
                axis.entry(line).or_insert_with(|| Value::from(colour));
            }
        }
    }
}

//! A chart of lines, points, bands and error bars, built one by one.

use super::panels::{Form, Series, grid};
use super::{Figure, Scale};
use crate::data::r_squared;
use ndarray::Array1;

/// A chart in one panel: built by [`line_chart`].
///
/// ```
/// use hadamard::prelude::*;
/// let x: Vec<f64> = (1..=10).map(f64::from).collect();
/// let chart = line_chart("powers")
///     .line("x²", x.iter().map(|x| (*x, x * x)))
///     .dashed("x³", x.iter().map(|x| (*x, x.powi(3))))
///     .points("measured", [(2.0, 4.1), (3.0, 8.8)])
///     .errors("repeated", [(4.0, 16.3, 0.5), (5.0, 24.0, 1.5)])
///     .band("x² ± x", x.iter().map(|x| (*x, x * x, *x)))
///     .axes(Scale::linear("x"), Scale::log("value"));
/// assert!(chart.figure().to_svg().contains("powers"));
/// ```
#[derive(Clone)]
pub struct LineChart {
    title: String,
    series: Vec<Series>,
    x: Scale,
    y: Scale,
}

/// An empty chart with linear axes.
pub fn line_chart(title: impl Into<String>) -> LineChart {
    LineChart { title: title.into(), series: Vec::new(), x: Scale::linear("x"), y: Scale::linear("y") }
}

impl LineChart {
    /// Adds a line through points `(x, y)`.
    pub fn line(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points.into_iter().collect(), Form::Line { dashed: false, markers: false })
    }

    /// Adds a dashed line.
    pub fn dashed(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points.into_iter().collect(), Form::Line { dashed: true, markers: false })
    }

    /// Adds a line with a marker at each point.
    pub fn markers(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points.into_iter().collect(), Form::Line { dashed: false, markers: true })
    }

    /// Adds points without a line: a scatter chart.
    pub fn points(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.with(name.into(), points.into_iter().collect(), Form::Points)
    }

    /// Adds points `(x, y, e)` with error bars from `y - e` to `y + e`; none where `e` is not finite.
    pub fn errors(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        let (points, sides) = points.into_iter().map(|(x, y, e)| ((x, y), e)).unzip();
        self.with(name.into(), points, Form::Errors(sides))
    }

    /// Adds a line through points `(x, y, e)` in a band from `y - e` to `y + e`, as a mean with its standard deviation.
    pub fn band(self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        let (points, sides) = points.into_iter().map(|(x, y, e)| ((x, y), e)).unzip();
        self.with(name.into(), points, Form::Band(sides))
    }

    /// Adds a line with markers per name, in the order in which they come: `point` gives the name and the point of each row.
    /// ```
    /// use hadamard::prelude::*;
    /// let runs = [("MLP", 64.0, 0.5), ("CCP", 64.0, 0.4), ("MLP", 128.0, 0.2)];
    /// let figure = line_chart("error").by(&runs, |r| (r.0, (r.1, r.2))).figure();
    /// assert_eq!(figure.to_json()["data"].as_array().map(Vec::len), Some(2));
    /// ```
    pub fn by<R, N: Into<String>>(
        self,
        rows: impl IntoIterator<Item = R>,
        point: impl Fn(R) -> (N, (f64, f64)),
    ) -> Self {
        let mut groups: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
        for (name, point) in rows.into_iter().map(point) {
            let name = name.into();
            match groups.iter_mut().find(|group| group.0 == name) {
                Some(group) => group.1.push(point),
                None => groups.push((name, vec![point])),
            }
        }
        groups.into_iter().fold(self, |chart, (name, points)| chart.markers(name, points))
    }

    /// Gives what was added last the colour of another number, counted from 0 as things are added.
    pub fn colour(mut self, number: usize) -> Self {
        if let Some(last) = self.series.last_mut() {
            last.colour = number;
        }
        self
    }

    /// Sets both axes.
    pub fn axes(self, x: Scale, y: Scale) -> Self {
        Self { x, y, ..self }
    }

    fn with(mut self, name: String, points: Vec<(f64, f64)>, form: Form) -> Self {
        let colour = self.series.len();
        self.series.push(Series { name, colour, form, points });
        self
    }

    /// The title, and what is drawn.
    pub(super) fn into_parts(self) -> (String, Vec<Series>) {
        (self.title, self.series)
    }

    /// The chart as a figure.
    pub fn figure(&self) -> Figure {
        grid(&self.title, &[(String::new(), self.series.clone())], 1, &self.x, &self.y)
    }
}

impl std::fmt::Debug for LineChart {
    /// As its figure: a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.figure())
    }
}

/// Points of predicted values against true ones, with the line on which they would be equal; `R²`, the share of the variance explained,
/// is in the legend. Pairs of which one is not finite are left out.
///
/// ```
/// use hadamard::prelude::*;
/// let chart = predicted_against_true("test set", [1.0, 2.0, 3.0], [1.1, 1.9, 3.2]);
/// assert!(chart.to_string().contains("R² = 0.970"));
/// ```
pub fn predicted_against_true(
    title: impl Into<String>,
    truth: impl IntoIterator<Item = f64>,
    predicted: impl IntoIterator<Item = f64>,
) -> Figure {
    let pairs = truth.into_iter().zip(predicted).filter(|(t, p)| t.is_finite() && p.is_finite()).collect();
    against_true(title.into(), pairs)
}

fn against_true(title: String, pairs: Vec<(f64, f64)>) -> Figure {
    let (truth, predicted): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    // Of no points and of equal targets there is none.
    let name = match r_squared(&Array1::from(predicted), &Array1::from(truth)) {
        Ok(explained) => format!("R² = {explained:.3}"),
        Err(_) => "predictions".into(),
    };
    let ends = pairs
        .iter()
        .flat_map(|(t, p)| [*t, *p])
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let equal = if pairs.is_empty() { Vec::new() } else { vec![(ends.0, ends.0), (ends.1, ends.1)] };
    line_chart(title)
        .points(name, pairs)
        .dashed("equal", equal)
        .axes(Scale::linear("true"), Scale::linear("predicted"))
        .figure()
}

//! A matrix as coloured cells.

use super::Figure;
use ndarray::Array2;
use plotly::common::{ColorBar, ColorScale, ColorScalePalette, Title};
use plotly::layout::{Axis, AxisType, Layout};
use plotly::{HeatMap, Plot};

/// A heatmap: `values: [rows, columns]`, the first row at the bottom, with a label per row and per column. Values that are not finite
/// are left blank; the palette (Viridis) is told apart with any colour vision.
///
/// ```
/// use hadamard::prelude::*;
/// let labels = |count: usize| (0..count).map(|i| i.to_string()).collect::<Vec<_>>();
/// let chart = heatmap("Products", ("a", labels(3)), ("b", labels(2)), &array![[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]], "a b");
/// assert!(chart.to_string().contains("Products"));
/// ```
pub fn heatmap(
    title: &str,
    (x_title, columns): (&str, Vec<String>),
    (y_title, rows): (&str, Vec<String>),
    values: &Array2<f64>,
    unit: &str,
) -> Figure {
    let cells: Vec<Vec<Option<f64>>> =
        values.rows().into_iter().map(|row| row.iter().map(|&v| v.is_finite().then_some(v)).collect()).collect();
    let mut plot = Plot::new();
    plot.add_trace(
        HeatMap::new(columns, rows, cells)
            .color_scale(ColorScale::Palette(ColorScalePalette::Viridis))
            .color_bar(ColorBar::new().title(Title::with_text(unit))),
    );
    let axis = |title: &str| Axis::new().title(Title::with_text(title)).type_(AxisType::Category);
    let layout = Layout::new().title(Title::with_text(title)).x_axis(axis(x_title)).y_axis(axis(y_title)).height(420);
    plot.set_layout(layout);
    Figure::from(plot)
}

/// A matrix as a picture: the first row on top. Values that are not finite are left blank.
///
/// ```
/// use hadamard::prelude::*;
/// let kernel = mlp(1).limit_kernel(&sphere(20, 3, Seed(0))?)?;
/// assert!(image("the NTK", kernel.ntk().values()).to_svg().contains("the NTK"));
/// # Ok::<(), Error>(())
/// ```
pub fn image(title: impl Into<String>, values: &Array2<f64>) -> Figure {
    let cells: Vec<Vec<Option<f64>>> =
        values.rows().into_iter().map(|row| row.iter().map(|&v| v.is_finite().then_some(v)).collect()).collect();
    let (rows, columns) = values.dim();
    let mut plot = Plot::new();
    plot.add_trace(
        HeatMap::new((0..columns).collect(), (0..rows).collect(), cells)
            .color_scale(ColorScale::Palette(ColorScalePalette::Viridis)),
    );
    let y = Axis::new().title(Title::with_text("row")).range(vec![rows as f64 - 0.5, -0.5]);
    let layout = Layout::new().title(Title::with_text(title.into())).height(480);
    plot.set_layout(layout.x_axis(Axis::new().title(Title::with_text("column"))).y_axis(y));
    Figure::from(plot)
}

//! A matrix as coloured cells.

use super::Figure;
use ndarray::{Array2, s};
use plotly::common::{ColorBar, ColorScale, ColorScalePalette, Title};
use plotly::layout::{Axis, AxisType, Layout};
use plotly::{HeatMap, Plot};
use std::collections::BTreeSet;

/// Cells along a side; of more, means over blocks are shown.
const CELLS: usize = 400;

/// The values that are finite, or their means over blocks, and how many rows and columns a block has.
fn blocks(values: &Array2<f64>) -> (Vec<Vec<Option<f64>>>, [usize; 2]) {
    let steps = [values.nrows(), values.ncols()].map(|n| n.div_ceil(CELLS).max(1));
    let mean = |i: usize, j: usize| {
        let block = values.slice(s![i..(i + steps[0]).min(values.nrows()), j..(j + steps[1]).min(values.ncols())]);
        block.mean().filter(|mean| mean.is_finite())
    };
    let columns = || (0..values.ncols()).step_by(steps[1]);
    let cells = (0..values.nrows()).step_by(steps[0]).map(|i| columns().map(|j| mean(i, j)).collect()).collect();
    (cells, steps)
}

/// The title of a chart of means over blocks.
fn said(title: &str, steps: [usize; 2]) -> String {
    if steps == [1, 1] { title.into() } else { format!("{title} (means over {} × {} cells)", steps[0], steps[1]) }
}

/// The names of cells along an axis. Of equal ones, which would be one place, the places are numbers that the axis calls by name.
fn places(names: Vec<String>, axis: Axis) -> (Vec<String>, Axis) {
    let different: BTreeSet<&String> = names.iter().collect();
    if different.len() == names.len() {
        return (names, axis);
    }
    let numbers: Vec<String> = (0..names.len()).map(|index| index.to_string()).collect();
    let at = (0..names.len()).map(|index| index as f64).collect();
    (numbers, axis.tick_values(at).tick_text(names))
}

/// A heatmap: `values: [rows, columns]`, the first row at the bottom, with a label per row and per column. Values that are not finite
/// are left blank, of more than 400 rows or columns means over blocks are shown; the palette (Viridis) is told apart with any colour vision.
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
    let (cells, steps) = blocks(values);
    let [rows, columns] = [(rows, steps[0]), (columns, steps[1])]
        .map(|(names, step)| names.into_iter().step_by(step).collect::<Vec<_>>());
    let title = said(title, steps);
    let mut plot = Plot::new();
    let axis = |title: &str| Axis::new().title(Title::with_text(title)).type_(AxisType::Category);
    let ((columns, x), (rows, y)) = (places(columns, axis(x_title)), places(rows, axis(y_title)));
    plot.add_trace(
        HeatMap::new(columns, rows, cells)
            .color_scale(ColorScale::Palette(ColorScalePalette::Viridis))
            .color_bar(ColorBar::new().title(Title::with_text(unit))),
    );
    let layout = Layout::new().title(Title::with_text(title)).x_axis(x).y_axis(y).height(420);
    plot.set_layout(layout);
    Figure::from(plot)
}

/// A matrix as a picture: the first row on top. Values that are not finite are left blank; of more than 400 rows or columns means over
/// blocks are shown.
///
/// ```
/// use hadamard::prelude::*;
/// let kernel = mlp(1).limit_kernel(&sphere(20, 3, Seed(0))?)?;
/// assert!(image("the NTK", kernel.ntk().values()).to_svg().contains("the NTK"));
/// # Ok::<(), Error>(())
/// ```
pub fn image(title: impl Into<String>, values: &Array2<f64>) -> Figure {
    let (cells, steps) = blocks(values);
    let title = said(&title.into(), steps);
    let (rows, columns) = values.dim();
    let middles = |count: usize, step: usize| -> Vec<f64> {
        (0..count).step_by(step).map(|start| start as f64 + (step as f64 - 1.0) / 2.0).collect()
    };
    let mut plot = Plot::new();
    plot.add_trace(
        HeatMap::new(middles(columns, steps[1]), middles(rows, steps[0]), cells)
            .color_scale(ColorScale::Palette(ColorScalePalette::Viridis)),
    );
    let y = Axis::new().title(Title::with_text("row")).range(vec![rows as f64 - 0.5, -0.5]);
    let layout = Layout::new().title(Title::with_text(title)).height(480);
    plot.set_layout(layout.x_axis(Axis::new().title(Title::with_text("column"))).y_axis(y));
    Figure::from(plot)
}

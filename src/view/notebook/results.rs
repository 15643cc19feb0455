//! Networks, data, and what is computed with them.

use super::{Bundle, NotebookDisplay};
use crate::Compute;
use crate::data::{Columns, Digits, GreyImage};
use crate::linalg::{LargestEigenpairs, Scalar};
use crate::net::{Net, Network};
use crate::op::{AdaptivePool, Attention, AveragePool, Conv, Dense, Elementwise, Layer, LayerNorm, MaxPool, Op, Sine};
use crate::regression::Posterior;
use crate::spectrum::Spectrum;
use crate::train::{History, Linearised, LossHistory, Records, TrainingRun};
use crate::view::bar_chart::BarChart;
use crate::view::line_chart::{LineChart, line_chart};
use crate::view::matrix::table_html;
use crate::view::panels::Scale;
use crate::view::picture::picture_html;
use crate::view::text::{escape, number, thousands};
use ndarray::Ix1;

impl NotebookDisplay for Net {
    fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}

impl<F: Scalar> NotebookDisplay for Network<F> {
    fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}

impl NotebookDisplay for Layer {
    fn bundle(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}

/// Ops that are built with settings show what they are as a layer.
macro_rules! ops {
    ($($op:ty),*) => {$(
        impl NotebookDisplay for $op {
            fn bundle(&self) -> Bundle {
                Bundle::text(self.label())
            }
        }
    )*};
}

ops!(AdaptivePool, Attention, AveragePool, Conv, Dense, Elementwise, LayerNorm, MaxPool, Sine);

impl NotebookDisplay for GreyImage {
    fn bundle(&self) -> Bundle {
        let text = format!("{self:?}");
        Bundle::html(picture_html(&text, &self.pixels), text)
    }
}

impl NotebookDisplay for Digits {
    /// The first of each digit.
    fn bundle(&self) -> Bundle {
        let first = |digit: u8| {
            self.labels
                .iter()
                .position(|label| *label == digit)
                .filter(|row| *row < self.images.nrows())
                .map(|row| (digit, row))
        };
        let side = (self.images.ncols() as f64).sqrt() as usize;
        let picture = |(digit, row): (u8, usize)| {
            let pixels = self.images.row(row).to_owned().into_shape_with_order((side, side));
            picture_html(&digit.to_string(), &pixels.expect("side² pixels"))
        };
        let pictures: String = match side * side == self.images.ncols() {
            true => (0..10).filter_map(first).map(picture).collect(),
            false => String::new(),
        };
        let text = format!("{self:?}");
        Bundle::html(format!("<div>{pictures}</div><small>{}</small>", escape(&text)), text)
    }
}

impl NotebookDisplay for Columns {
    fn bundle(&self) -> Bundle {
        let names = self.names();
        let (rows, columns) = (self.rows(), names.len());
        let size = format!("{} rows × {} columns", thousands(rows), thousands(columns));
        let cell = |i, j| self.cell(i, j).expect("a cell of the table");
        let (html, text) = table_html((rows, columns), &|j| names[j].to_string(), &cell);
        Bundle::html(format!("{html}<small>{size}</small>"), format!("{text}{size}"))
    }
}

impl NotebookDisplay for Spectrum {
    /// Eigenvalues by rank, those above the rounding noise.
    fn bundle(&self) -> Bundle {
        let points = self.values().iter().take(self.rank()).enumerate().map(|(i, v)| (i as f64 + 1.0, *v));
        let title = format!("{} eigenvalues, {} above rounding noise", self.values().len(), self.rank());
        line_chart(title).markers("λ", points).axes(Scale::log("rank"), Scale::log("λ")).bundle()
    }
}

impl NotebookDisplay for LargestEigenpairs {
    fn bundle(&self) -> Bundle {
        let cell =
            |i: usize, j: usize| if j == 0 { number(self.values[i]) } else { format!("{:.1e}", self.residuals[i]) };
        let (html, text) = table_html((self.values.len(), 2), &|j| ["eigenvalue", "residual"][j].into(), &cell);
        let line = format!("{self:?}");
        Bundle::html(format!("{html}<small>{}</small>", escape(&line)), format!("{text}{line}"))
    }
}

/// Lines at most of a chart that a value shows itself by.
const LINES: usize = 8;

impl NotebookDisplay for History {
    /// Outputs by step, of some points.
    fn bundle(&self) -> Bundle {
        let n = self.outputs.ncols();
        let shown: Vec<usize> = (0..n).step_by(n.div_ceil(LINES).max(1)).collect();
        let title = format!("outputs on {} of {n} points in training", shown.len());
        let chart = shown.into_iter().fold(line_chart(title), |chart, point| {
            let outputs = self.steps.iter().zip(self.outputs.column(point)).map(|(step, f)| (*step as f64, *f));
            chart.line(format!("point {point}"), outputs)
        });
        chart.axes(Scale::linear("step"), Scale::linear("f(x)")).bundle()
    }
}

/// Losses by epoch, counted from 1.
fn losses(losses: &[f64], name: &str) -> Bundle {
    let losses = losses.iter().enumerate().map(|(epoch, loss)| (epoch as f64 + 1.0, *loss));
    line_chart("loss in training").line("loss", losses).axes(Scale::linear("epoch"), Scale::log(name)).bundle()
}

impl NotebookDisplay for LossHistory {
    fn bundle(&self) -> Bundle {
        losses(&self.losses, "mean |f(x) - y|²")
    }
}

impl NotebookDisplay for TrainingRun {
    /// Losses by epoch.
    fn bundle(&self) -> Bundle {
        losses(&self.losses, "mean loss")
    }
}

impl NotebookDisplay for Records {
    /// Numbers by step.
    fn bundle(&self) -> Bundle {
        let numbers = self.series.iter().filter(|series| series.values.len() == self.steps.len());
        let chart = numbers.take(LINES).fold(line_chart("records of training"), |chart, series| {
            chart.line(&series.name, self.steps.iter().zip(&series.values).map(|(step, value)| (*step as f64, *value)))
        });
        chart.axes(Scale::linear("step"), Scale::linear("value")).bundle()
    }
}

impl<F: Compute> NotebookDisplay for Linearised<F> {
    fn bundle(&self) -> Bundle {
        Bundle::text(format!("{self:?}"))
    }
}

impl NotebookDisplay for Posterior<Ix1> {
    /// Means with two standard deviations, by point.
    fn bundle(&self) -> Bundle {
        let deviations = self.variance().mapv(|v| 2.0 * v.max(0.0).sqrt());
        let points =
            self.mean.iter().zip(deviations).enumerate().map(|(point, (mean, two))| (point as f64, *mean, two));
        let title = format!("posterior on {} points", self.mean.len());
        line_chart(title)
            .band("mean ± 2 standard deviations", points)
            .axes(Scale::linear("point"), Scale::linear("f"))
            .bundle()
    }
}

impl NotebookDisplay for LineChart {
    fn bundle(&self) -> Bundle {
        Bundle::figure(&self.figure())
    }
}

impl NotebookDisplay for BarChart {
    fn bundle(&self) -> Bundle {
        Bundle::figure(&self.figure())
    }
}

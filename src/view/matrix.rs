//! Arrays and kernels: a few numbers and a picture.

use super::picture::encoded;
use super::report::image;
use super::text::escape;
use super::{number, svg};
use crate::kernel::Kernel;
use ndarray::{Array1, Array2, ArrayView2};

/// Rows and columns shown of a larger array, half of them from each end.
const SHOWN: usize = 10;
/// Points of a kernel up to which its eigenvalues are computed to show its condition.
const EIGENVALUES: usize = 400;
/// Cells along the side of a thumbnail.
const CELLS: usize = 48;
/// Pixels along the side of a cell.
const CELL: usize = 3;

/// The indices shown of `n`; `None` stands for those left out.
fn shown(n: usize) -> Vec<Option<usize>> {
    if n <= SHOWN {
        return (0..n).map(Some).collect();
    }
    (0..SHOWN / 2).map(Some).chain([None]).chain((n - SHOWN / 2..n).map(Some)).collect()
}

fn table(a: ArrayView2<'_, f64>) -> String {
    let mut html = String::from("<table class=\"dataframe\"><tbody>");
    for row in shown(a.nrows()) {
        html.push_str("<tr>");
        for column in shown(a.ncols()) {
            let text = row.zip(column).map_or("…".into(), |(i, j)| number(a[[i, j]]));
            html.push_str(&format!("<td style=\"text-align:right\">{text}</td>"));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    html
}

/// The corners of a matrix.
pub(super) fn matrix_html(a: &Array2<f64>) -> String {
    format!("{}<small>{} × {} numbers</small>", table(a.view()), a.nrows(), a.ncols())
}

/// The ends of a vector, in a row.
pub(super) fn vector_html(a: &Array1<f64>) -> String {
    format!("{}<small>{} numbers</small>", table(a.view().insert_axis(ndarray::Axis(0))), a.len())
}

/// A thumbnail with size, route, range and, of a small kernel, the condition number.
pub(super) fn kernel_html(kernel: &Kernel) -> String {
    let (n1, n2) = kernel.points();
    let condition = match n1 <= EIGENVALUES && kernel.is_symmetric() {
        true => match kernel.spectrum() {
            Ok(spectrum) => {
                let (top, bottom) = (spectrum.values()[0], spectrum.values()[spectrum.values().len() - 1]);
                if bottom > spectrum.noise() {
                    format!(", condition number {}", number(top / bottom))
                } else {
                    ", singular to rounding".into()
                }
            }
            Err(_) => String::new(),
        },
        false if kernel.is_symmetric() => format!(", condition number not computed beyond {EIGENVALUES} points"),
        false => String::new(),
    };
    let caption = format!("{kernel}{condition}");
    format!(
        "<div>{}<br><small>{}</small></div>",
        image("png", &thumbnail(kernel.values()), &format!("heatmap of a {n1} × {n2} kernel")),
        escape(&caption)
    )
}

/// A heatmap of means over blocks, as a PNG image.
fn thumbnail(a: &Array2<f64>) -> Vec<u8> {
    let cut = |n: usize| -> Vec<(usize, usize)> {
        let count = n.min(CELLS);
        (0..count).map(|i| (i * n / count, (i + 1) * n / count)).collect()
    };
    let (rows, columns) = (cut(a.nrows()), cut(a.ncols()));
    let mean = |(r0, r1): (usize, usize), (c0, c1): (usize, usize)| {
        a.slice(ndarray::s![r0..r1, c0..c1]).mean().unwrap_or(f64::NAN)
    };
    let cells: Vec<Vec<f64>> = rows.iter().map(|&r| columns.iter().map(|&c| mean(r, c)).collect()).collect();
    let finite = cells.iter().flatten().copied().filter(|v| v.is_finite());
    let values = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
    let mut pixels = Vec::new();
    for row in &cells {
        let line: Vec<u8> = row
            .iter()
            .flat_map(|&v| {
                let colour = svg::shade(v, values);
                [colour.0, colour.1, colour.2].repeat(CELL)
            })
            .collect();
        pixels.extend(line.repeat(CELL));
    }
    encoded(&pixels, (columns.len() * CELL, rows.len() * CELL), png::ColorType::Rgb)
}

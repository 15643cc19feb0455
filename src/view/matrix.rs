//! Arrays and kernels: a few numbers and a picture.

use super::picture::{encoded, image};
use super::still;
use super::text::{escape, number, shortened_to, thousands};
use crate::kernel::Kernel;
use ndarray::Array2;

/// Rows and columns shown of a larger array, half of them from each end.
const SHOWN: usize = 10;
/// Characters of a cell or of a column's name.
const CHARACTERS: usize = 40;
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

/// A table of cells, as HTML and as text: the corners of a large one, with a name per column where there are names.
fn corners(
    (rows, columns): (usize, usize),
    name: Option<&dyn Fn(usize) -> String>,
    cell: &dyn Fn(usize, usize) -> String,
) -> (String, String) {
    let (shown_rows, shown_columns) = (shown(rows), shown(columns));
    let mut lines: Vec<Vec<String>> = Vec::new();
    if let Some(name) = name {
        lines
            .push(shown_columns.iter().map(|j| j.map_or("…".into(), |j| shortened_to(&name(j), CHARACTERS))).collect());
    }
    for row in &shown_rows {
        lines.push(
            shown_columns
                .iter()
                .map(|column| row.zip(*column).map_or("…".into(), |(i, j)| shortened_to(&cell(i, j), CHARACTERS)))
                .collect(),
        );
    }
    let mut html = String::from("<table class=\"dataframe\"><tbody>");
    for (index, line) in lines.iter().enumerate() {
        let tag = if name.is_some() && index == 0 { "th" } else { "td" };
        let cells = line.iter().map(|text| format!("<{tag} style=\"text-align:right\">{}</{tag}>", escape(text)));
        html.push_str(&format!("<tr>{}</tr>", cells.collect::<String>()));
    }
    html.push_str("</tbody></table>");
    let widths: Vec<usize> =
        (0..shown_columns.len()).map(|j| lines.iter().map(|line| line[j].chars().count()).max().unwrap_or(0)).collect();
    let aligned = |line: &Vec<String>| {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
        cells.join("  ") + "\n"
    };
    (html, lines.iter().map(aligned).collect())
}

/// A table with names of columns, as HTML and as text.
pub(super) fn table_html(
    dim: (usize, usize),
    name: &dyn Fn(usize) -> String,
    cell: &dyn Fn(usize, usize) -> String,
) -> (String, String) {
    corners(dim, Some(name), cell)
}

/// The corners of a matrix, as HTML and as text.
pub(super) fn matrix_html((rows, columns): (usize, usize), cell: &dyn Fn(usize, usize) -> String) -> (String, String) {
    let (html, text) = corners((rows, columns), None, cell);
    let size = format!("{} × {} numbers", thousands(rows), thousands(columns));
    (format!("{html}<small>{size}</small>"), format!("{text}{size}"))
}

/// The ends of a vector, in a row, as HTML and as text.
pub(super) fn vector_html(count: usize, entry: &dyn Fn(usize) -> String) -> (String, String) {
    let (html, text) = corners((1, count), None, &|_, j| entry(j));
    let size = format!("{} numbers", thousands(count));
    (format!("{html}<small>{size}</small>"), format!("{text}{size}"))
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
        let line: Vec<u8> = row.iter().flat_map(|&v| still::shade(v, values).repeat(CELL)).collect();
        pixels.extend(line.repeat(CELL));
    }
    encoded(&pixels, (columns.len() * CELL, rows.len() * CELL), png::ColorType::Rgb)
}

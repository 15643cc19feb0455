//! A polars frame as an HTML table.

use super::text::{escape, shortened};
use polars::prelude::{AnyValue, Column, DataFrame};

/// Rows shown of a longer frame: so many from the head and from the tail.
const SHOWN: usize = 20;

/// Four significant digits; plain where that is readable, else scientific.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        value.to_string()
    } else if value == value.trunc() && size < 1e7 {
        format!("{value}")
    } else if (1e-3..1e5).contains(&size) {
        let decimals = (3 - size.log10().floor() as i32).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.3e}")
    }
}

fn plain_cell(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => "null".into(),
        AnyValue::Float64(v) => number(*v),
        AnyValue::Float32(v) => number(f64::from(*v)),
        AnyValue::String(text) => shortened(text),
        AnyValue::StringOwned(text) => shortened(text),
        other => shortened(&other.to_string()),
    }
}

/// Which rows are shown of a frame of `rows`; `None` stands for those left out.
fn shown(rows: usize) -> Vec<Option<usize>> {
    if rows <= 2 * SHOWN {
        (0..rows).map(Some).collect()
    } else {
        (0..SHOWN).map(Some).chain([None]).chain((rows - SHOWN..rows).map(Some)).collect()
    }
}

/// The frame's shape, column names with types, and its rows (head and tail of a long one), escaped.
pub fn html_table(frame: &DataFrame) -> String {
    let rows = frame.height();
    let mut html = String::from("<table class=\"dataframe\"><thead><tr>");
    for column in frame.columns() {
        let name = escape(&shortened(column.name().as_str()));
        let align = if column.dtype().is_primitive_numeric() { "right" } else { "left" };
        let dtype = escape(&column.dtype().to_string());
        html.push_str(&format!("<th style=\"text-align:{align}\">{name}<br><small>{dtype}</small></th>"));
    }
    html.push_str("</tr></thead><tbody>");
    for row in shown(rows) {
        html.push_str("<tr>");
        for column in frame.columns() {
            let (text, numeric) = match row {
                Some(row) => column.get(row).map_or_else(
                    |e| (escape(&e.to_string()), false),
                    |v| (escape(&plain_cell(&v)), v.is_primitive_numeric()),
                ),
                None => ("…".into(), column.dtype().is_primitive_numeric()),
            };
            let align = if numeric { "right" } else { "left" };
            let wrap = if numeric { "" } else { ";max-width:30em;overflow-wrap:anywhere" };
            html.push_str(&format!("<td style=\"text-align:{align}{wrap}\">{text}</td>"));
        }
        html.push_str("</tr>");
    }
    html.push_str(&format!("</tbody></table><small>{rows} rows × {} columns</small>", frame.width()));
    html
}

/// The frame as text, with as many rows and as much of long texts as [`html_table`].
pub fn plain_table(frame: &DataFrame) -> String {
    let rows = frame.height();
    let head = frame.columns().iter().map(|c| shortened(c.name().as_str())).collect::<Vec<_>>();
    let mut lines = vec![head];
    for row in shown(rows) {
        let text = |column: &Column| match row.map(|row| column.get(row)) {
            None => "…".into(),
            Some(Err(error)) => error.to_string(),
            Some(Ok(value)) => plain_cell(&value),
        };
        lines.push(frame.columns().iter().map(text).collect());
    }
    // Line breaks and control characters would tear the columns apart.
    let tidy = |text: &String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let lines: Vec<Vec<String>> = lines.iter().map(|line| line.iter().map(tidy).collect()).collect();
    let widths: Vec<usize> =
        (0..frame.width()).map(|j| lines.iter().map(|line| line[j].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    format!("{text}{rows} rows × {} columns", frame.width())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::df;

    #[test]
    fn hostile_names_and_cells_are_inert_and_long_frames_are_cut() {
        let frame = df!("<script>alert(1)</script>" => vec!["<b>\"x\"</b>"; 100], "n" => (0..100).map(f64::from).collect::<Vec<_>>())
            .unwrap();
        let html = html_table(&frame);
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;script&gt;") && html.contains("100 rows × 2 columns"));
        assert_eq!(html.matches("<tr>").count(), 1 + 2 * SHOWN + 1);
    }

    #[test]
    fn numbers_keep_four_digits() {
        for (value, text) in [
            (0.0, "0"),
            (3.0, "3"),
            (1.23456, "1.235"),
            (123.456, "123.5"),
            (0.00123456, "0.001235"),
            (1.5e-9, "1.500e-9"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}

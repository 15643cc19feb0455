//! A polars frame as an HTML table.

use polars::prelude::{AnyValue, DataFrame};

/// Rows shown of a longer frame: so many from the head and from the tail.
const SHOWN: usize = 20;

/// Text that is safe inside HTML elements and attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

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

fn cell(value: &AnyValue<'_>) -> (String, bool) {
    match value {
        AnyValue::Null => ("null".into(), false),
        AnyValue::Float64(v) => (number(*v), true),
        AnyValue::Float32(v) => (number(f64::from(*v)), true),
        AnyValue::String(text) => (escape(text), false),
        AnyValue::StringOwned(text) => (escape(text), false),
        other => (escape(&other.to_string()), other.is_primitive_numeric()),
    }
}

/// The frame's shape, column names with types, and its rows (head and tail of a long one), escaped.
pub fn html_table(frame: &DataFrame) -> String {
    let rows = frame.height();
    let mut html = String::from("<table class=\"dataframe\"><thead><tr>");
    for column in frame.columns() {
        let name = escape(column.name().as_str());
        let align = if column.dtype().is_primitive_numeric() { "right" } else { "left" };
        let dtype = escape(&column.dtype().to_string());
        html.push_str(&format!("<th style=\"text-align:{align}\">{name}<br><small>{dtype}</small></th>"));
    }
    html.push_str("</tr></thead><tbody>");
    let shown: Vec<Option<usize>> = if rows <= 2 * SHOWN {
        (0..rows).map(Some).collect()
    } else {
        (0..SHOWN).map(Some).chain([None]).chain((rows - SHOWN..rows).map(Some)).collect()
    };
    for row in shown {
        html.push_str("<tr>");
        for column in frame.columns() {
            let (text, numeric) = match row {
                Some(row) => column.get(row).map_or_else(|e| (escape(&e.to_string()), false), |v| cell(&v)),
                None => ("…".into(), false),
            };
            let align = if numeric { "right" } else { "left" };
            html.push_str(&format!("<td style=\"text-align:{align}\">{text}</td>"));
        }
        html.push_str("</tr>");
    }
    html.push_str(&format!("</tbody></table><small>{rows} rows × {} columns</small>", frame.width()));
    html
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

//! A polars frame as an HTML table.

use super::text::{escape, number, shortened_to, thousands};
use polars::prelude::{AnyValue, Column, DataFrame};

/// Rows shown of a longer frame: so many from the head and from the tail.
const ROWS: usize = 20;
/// Columns shown of a wider one, likewise.
const COLUMNS: usize = 30;
/// Characters of a row, which its cells share.
const WIDTH: usize = 3000;

fn plain_cell(value: &AnyValue<'_>, characters: usize) -> String {
    match value {
        AnyValue::Null => "null".into(),
        AnyValue::Float64(v) => number(*v),
        AnyValue::Float32(v) => number(f64::from(*v)),
        AnyValue::String(text) => shortened_to(text, characters),
        AnyValue::StringOwned(text) => shortened_to(text, characters),
        other => shortened_to(&other.to_string(), characters),
    }
}

/// Which of `count` are shown, `ends` from either end; `None` stands for those left out.
fn shown(count: usize, ends: usize) -> Vec<Option<usize>> {
    if count <= 2 * ends {
        (0..count).map(Some).collect()
    } else {
        (0..ends).map(Some).chain([None]).chain((count - ends..count).map(Some)).collect()
    }
}

/// A frame as it is shown: of each column its name, its type, whether it is right-aligned, and its cells.
struct Shown {
    columns: Vec<(String, String, bool, Vec<String>)>,
    size: String,
}

impl Shown {
    fn of(frame: &DataFrame) -> Self {
        let (height, width) = frame.shape();
        let places = shown(width, COLUMNS);
        let characters = (WIDTH / places.len().max(1)).clamp(24, 200);
        let rows = shown(height, ROWS);
        let cell = |column: &Column, row: usize| match column.get(row) {
            Ok(value) => plain_cell(&value, characters),
            Err(error) => shortened_to(&error.to_string(), characters),
        };
        let column = |place: &Option<usize>| match place {
            None => {
                let left_out = format!("… {} more columns", thousands(width - 2 * COLUMNS));
                (left_out, String::new(), false, vec!["…".to_string(); rows.len()])
            }
            Some(place) => {
                let column = &frame.columns()[*place];
                let cells = rows.iter().map(|row| row.map_or("…".into(), |row| cell(column, row))).collect();
                let name = shortened_to(column.name().as_str(), characters);
                let dtype = shortened_to(&column.dtype().to_string(), characters);
                (name, dtype, column.dtype().is_primitive_numeric(), cells)
            }
        };
        let size = format!("{} rows × {} columns", thousands(height), thousands(width));
        Self { columns: places.iter().map(column).collect(), size }
    }

    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.3.len())
    }
}

/// The frame's shape, column names with types, and its cells, escaped. Of a long frame head and tail, of a wide one the columns at both
/// ends, of long texts the start.
pub fn html_table(frame: &DataFrame) -> String {
    let shown = Shown::of(frame);
    let mut html = String::from("<table class=\"dataframe\"><thead><tr>");
    let align = |right: bool| if right { "right" } else { "left" };
    for (name, dtype, right, _) in &shown.columns {
        let (name, dtype) = (escape(name), escape(dtype));
        html.push_str(&format!("<th style=\"text-align:{}\">{name}<br><small>{dtype}</small></th>", align(*right)));
    }
    html.push_str("</tr></thead><tbody>");
    for row in 0..shown.rows() {
        html.push_str("<tr>");
        for (_, _, right, cells) in &shown.columns {
            let wrap = if *right { "" } else { ";max-width:30em;overflow-wrap:anywhere" };
            html.push_str(&format!("<td style=\"text-align:{}{wrap}\">{}</td>", align(*right), escape(&cells[row])));
        }
        html.push_str("</tr>");
    }
    html.push_str(&format!("</tbody></table><small>{}</small>", shown.size));
    html
}

/// The frame as text, with as much of it as [`html_table`].
pub fn plain_table(frame: &DataFrame) -> String {
    let shown = Shown::of(frame);
    // Line breaks and control characters would tear the columns apart.
    let tidy = |text: &String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let columns: Vec<Vec<String>> = shown
        .columns
        .iter()
        .map(|(name, _, _, cells)| std::iter::once(name).chain(cells).map(tidy).collect())
        .collect();
    let widths: Vec<usize> =
        columns.iter().map(|column| column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for line in 0..=shown.rows() {
        let cells: Vec<String> = columns
            .iter()
            .zip(&widths)
            .map(|(c, &width)| format!("{:>width$}", c.get(line).map_or("", |s| s)))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text + &shown.size
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{Column, df};

    #[test]
    fn hostile_names_and_cells_are_inert_and_long_frames_are_cut() {
        let frame = df!("<script>alert(1)</script>" => vec!["<b>\"x\"</b>"; 100], "n" => (0..100).map(f64::from).collect::<Vec<_>>())
            .unwrap();
        let html = html_table(&frame);
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;script&gt;") && html.contains("100 rows × 2 columns"));
        assert_eq!(html.matches("<tr>").count(), 1 + 2 * ROWS + 1);
    }

    #[test]
    fn wide_frames_and_long_texts_are_cut() {
        let wide = |columns: usize, text: &str| {
            let names = (0..columns).map(|j| format!("column {j}"));
            let columns = names.map(|name| Column::new(name.into(), vec![text; 60])).collect();
            DataFrame::new(60, columns).unwrap()
        };
        let frame = wide(3000, "short");
        for text in [html_table(&frame), plain_table(&frame)] {
            assert!(text.contains("… 2,940 more columns") && text.contains("60 rows × 3,000 columns"), "{text}");
            assert!(text.contains("column 29") && !text.contains("column 30") && text.contains("column 2999"));
            assert!(text.len() < 400_000, "{}", text.len());
        }
        let frame = wide(300, &"long ".repeat(50_000));
        assert!(
            html_table(&frame).len() < 600_000 && plain_table(&frame).len() < 400_000,
            "{}",
            html_table(&frame).len()
        );
        let frame = df!("text" => ["x".repeat(10_000_000)]).unwrap();
        assert!(html_table(&frame).contains("(9,999,800 more characters)"));
        assert_eq!(html_table(&wide(60, "a")).matches("<th ").count(), 60);
        assert!(plain_table(&DataFrame::default()).contains("0 rows × 0 columns"));
    }

    #[test]
    fn what_is_no_number_says_which() {
        let frame =
            df!("x" => [Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None, Some(1.0)]).unwrap();
        let text = plain_table(&frame);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines[1..6], ["NaN", "inf", "-inf", "null", "1"]);
    }
}

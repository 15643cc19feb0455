//! How results look: frames as HTML tables, charts as plotly figures, and the notebook's display protocol.

mod chart;
mod figure;
mod heatmap;
mod line_chart;
mod matrix;
mod notebook;
mod panels;
mod picture;
mod report;
mod summary;
mod svg;
mod table;
mod table_file;
mod text;
mod verbs;

pub use figure::Figure;
pub use heatmap::heatmap;
pub use line_chart::{LineChart, line_chart};
use matrix::{kernel_html, matrix_html, vector_html};
pub use notebook::NotebookDisplay;
pub use panels::{Line, Panel, Scale, panels};
pub use report::Report;
pub use summary::summary;
pub use table::{html_table, number, plain_table};
pub use table_file::{read_table, write_table};
pub use verbs::TableVerbs;

pub use plotly::Plot;

/// Okabe and Ito's palette: told apart with any colour vision; its black is grey here, to be seen on dark pages.
pub const COLOURS: [&str; 8] = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7F7F7F", "#B8A800"];

//! How results look: frames as HTML tables, charts as plotly figures, and the notebook's display protocol.

mod bar_chart;
#[cfg(feature = "frames")]
mod evaluations_table;
mod figure;
mod heatmap;
mod line_chart;
mod matrix;
#[cfg(feature = "frames")]
mod means;
mod notebook;
mod panels;
mod picture;
#[cfg(feature = "frames")]
mod records_table;
#[cfg(feature = "frames")]
mod report;
#[cfg(feature = "frames")]
mod rows;
mod still;
#[cfg(feature = "frames")]
mod summary;
#[cfg(feature = "frames")]
mod table;
#[cfg(feature = "frames")]
mod table_file;
mod text;
#[cfg(feature = "frames")]
mod verbs;

pub use bar_chart::{BarChart, bar_chart, histogram};
#[cfg(feature = "frames")]
pub use evaluations_table::evaluations_table;
pub use figure::Figure;
pub use heatmap::{heatmap, image};
pub use line_chart::{LineChart, line_chart, predicted_against_true};
pub use notebook::{Bundle, NotebookDisplay};
pub use panels::{Scale, panels};
#[cfg(feature = "frames")]
pub use records_table::records_table;
#[cfg(feature = "frames")]
pub use report::Report;
#[cfg(feature = "frames")]
pub use rows::{Rows, frame};
#[cfg(feature = "frames")]
pub use summary::summary;
#[cfg(feature = "frames")]
pub use table::{html_table, plain_table};
#[cfg(feature = "frames")]
pub use table_file::{read_table, write_table};
pub use text::number;
#[cfg(feature = "frames")]
pub use verbs::TableVerbs;

pub use plotly::Plot;

/// Okabe and Ito's palette: told apart with any colour vision; its black is grey here, to be seen on dark pages.
pub const COLOURS: [&str; 8] = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7F7F7F", "#B8A800"];

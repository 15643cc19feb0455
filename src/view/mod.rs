//! How results look: frames as HTML tables, charts as plotly figures, and the notebook's display protocol.

mod notebook;
mod panels;
mod table;

pub use notebook::NotebookDisplay;
pub use panels::{Line, Panel, Scale, panels};
pub use table::{html_table, number};

pub use plotly::Plot;

/// Okabe and Ito's palette: told apart with any colour vision.
pub const COLOURS: [&str; 8] = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000", "#B8A800"];

//! Tables and reports.

use super::{Bundle, NotebookDisplay};
use crate::view::{Report, html_table, plain_table};
use polars::error::PolarsError;
use polars::prelude::{Column, DataFrame, IntoColumn, Series};

impl NotebookDisplay for DataFrame {
    fn bundle(&self) -> Bundle {
        Bundle::html(html_table(self), plain_table(self))
    }
}

impl NotebookDisplay for Column {
    fn bundle(&self) -> Bundle {
        match DataFrame::new(self.len(), vec![self.clone()]) {
            Ok(frame) => frame.bundle(),
            Err(error) => error.bundle(),
        }
    }
}

impl NotebookDisplay for Series {
    fn bundle(&self) -> Bundle {
        self.clone().into_column().bundle()
    }
}

impl NotebookDisplay for Report {
    fn bundle(&self) -> Bundle {
        Bundle::html(self.to_html(), self.to_string())
    }
}

impl NotebookDisplay for PolarsError {
    fn bundle(&self) -> Bundle {
        Bundle::error(self)
    }
}

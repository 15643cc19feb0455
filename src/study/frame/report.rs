//! What a study found.

use super::Verdicts;
use crate::error::Result;
use crate::view::{Bundle, Figure, NotebookDisplay, Report};
use polars::prelude::DataFrame;

/// What a study found: it shows itself as a cell's last value, because every report does.
///
/// All tables fail as [`frame`](crate::view::frame) does.
pub trait StudyReport: std::fmt::Debug {
    /// The table that answers the question.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    fn table(&self) -> Result<DataFrame>;

    /// The chart that shows the answer.
    fn figure(&self) -> Figure;

    /// The claims, judged; none unless the study makes some.
    fn verdicts(&self) -> Verdicts;

    /// Tables by name, as a long run keeps them.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![("table", self.table()?)])
    }

    /// The verdicts, and those of claims that are judged apart from them.
    fn all_verdicts(&self) -> Vec<Verdicts> {
        vec![self.verdicts()]
    }

    /// Everything in order: the table, the chart and the verdicts, unless there is more.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    fn report(&self) -> Result<Report> {
        Report::new().table(self.table()?).figure(self.figure()).verdicts(&self.verdicts())
    }
}

impl<R: StudyReport> NotebookDisplay for R {
    fn bundle(&self) -> Bundle {
        self.report().bundle()
    }
}

impl Report {
    /// Adds a table of verdicts, if there are any.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn verdicts(self, verdicts: &Verdicts) -> Result<Self> {
        Ok(if verdicts.rows().is_empty() { self } else { self.table(verdicts.frame()?) })
    }
}

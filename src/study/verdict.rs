//! Claims, what was measured, and whether they hold.

use crate::error::Result;
use crate::view::{Bundle, NotebookDisplay, write_table};
use polars::prelude::{DataFrame, df};
use std::path::{Path, PathBuf};

/// The folder that results are written to: `HADAMARD_REPORT` where it is set (as `make reproduce` does), else `report`
/// beside the folder `notebooks`.
pub fn report_folder() -> PathBuf {
    std::env::var_os("HADAMARD_REPORT").map_or_else(|| PathBuf::from("../report"), PathBuf::from)
}

/// The largest of some magnitudes, 0 of none; a NaN is not lost in it.
pub(super) fn largest(magnitudes: impl IntoIterator<Item = f64>) -> f64 {
    magnitudes.into_iter().fold(0.0, |m, v| if v > m || v.is_nan() { v } else { m })
}

/// How a measured value must relate to its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `measured <= bound`.
    AtMost,
    /// `measured > bound`.
    Above,
}

/// One claim with its measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The claim in words.
    pub claim: String,
    /// What was measured.
    pub measured: f64,
    /// The relation that the claim asserts.
    pub relation: Relation,
    /// The bound.
    pub bound: f64,
}

impl Verdict {
    /// True if the claim holds; never for a NaN.
    pub fn holds(&self) -> bool {
        match self.relation {
            Relation::AtMost => self.measured <= self.bound,
            Relation::Above => self.measured > self.bound,
        }
    }
}

/// The verdicts of one study.
#[derive(Clone, PartialEq)]
pub struct Verdicts {
    study: String,
    rows: Vec<Verdict>,
}

impl Verdicts {
    /// No verdicts yet, of the study named.
    pub fn new(study: &str) -> Self {
        Self { study: study.into(), rows: Vec::new() }
    }

    /// Adds the claim `measured <= bound`.
    pub fn at_most(&mut self, claim: impl Into<String>, measured: f64, bound: f64) {
        self.rows.push(Verdict { claim: claim.into(), measured, relation: Relation::AtMost, bound });
    }

    /// Adds the claim `measured > bound`.
    pub fn above(&mut self, claim: impl Into<String>, measured: f64, bound: f64) {
        self.rows.push(Verdict { claim: claim.into(), measured, relation: Relation::Above, bound });
    }

    /// The verdicts one by one.
    pub fn rows(&self) -> &[Verdict] {
        &self.rows
    }

    /// True if every claim holds and there is at least one.
    pub fn all_hold(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(Verdict::holds)
    }

    /// Columns `study, claim, measured, relation, bound, holds`.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn frame(&self) -> Result<DataFrame> {
        let symbol = |r: &Verdict| if r.relation == Relation::AtMost { "<=" } else { ">" };
        Ok(df!(
            "study" => vec![self.study.as_str(); self.rows.len()],
            "claim" => self.rows.iter().map(|r| r.claim.as_str()).collect::<Vec<_>>(),
            "measured" => self.rows.iter().map(|r| r.measured).collect::<Vec<_>>(),
            "relation" => self.rows.iter().map(symbol).collect::<Vec<_>>(),
            "bound" => self.rows.iter().map(|r| r.bound).collect::<Vec<_>>(),
            "holds" => self.rows.iter().map(Verdict::holds).collect::<Vec<_>>(),
        )?)
    }

    /// Writes the frame to `folder/verdicts/<study>.csv`, which appears whole or not at all; returns its path.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) naming the path that could not be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<PathBuf> {
        let path = folder.as_ref().join("verdicts").join(format!("{}.csv", self.study));
        write_table(&self.frame()?, &path)?;
        Ok(path)
    }
}

impl std::fmt::Debug for Verdicts {
    /// How many hold.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let holding = self.rows.iter().filter(|row| row.holds()).count();
        write!(f, "{}: {holding} of {} claims hold", self.study, self.rows.len())
    }
}

impl NotebookDisplay for Verdicts {
    fn bundle(&self) -> Bundle {
        self.frame().bundle()
    }
}

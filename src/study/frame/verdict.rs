//! Claims, what was measured, and whether they hold.

use crate::error::Result;
use crate::view::{Bundle, NotebookDisplay, frame, write_table};
use polars::prelude::DataFrame;
use std::path::{Path, PathBuf};

/// The folder that results are written to: `HADAMARD_REPORT` where it is set (as `make reproduce` does), else `report`
/// beside the folder `notebooks`.
pub fn report_folder() -> PathBuf {
    std::env::var_os("HADAMARD_REPORT").map_or_else(|| PathBuf::from("../report"), PathBuf::from)
}

/// The largest of some values of any sign; NaN of none and of any with a NaN, so that a claim about it does not hold.
pub fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().reduce(|m, v| if v > m || v.is_nan() { v } else { m }).unwrap_or(f64::NAN)
}

/// The smallest of some values, as [`largest`].
pub fn smallest(values: impl IntoIterator<Item = f64>) -> f64 {
    -largest(values.into_iter().map(|v| -v))
}

/// By what factor two positive numbers differ, at least 1; NaN unless both are positive: a ratio of negative ones says nothing.
pub fn factor(measured: f64, expected: f64) -> f64 {
    if measured > 0.0 && expected > 0.0 { (measured / expected).ln().abs().exp() } else { f64::NAN }
}

/// How a measured value must relate to its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `measured <= bound`.
    AtMost,
    /// `measured > bound`.
    Above,
}

/// What a verdict is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    /// Something that a paper says, or that the study asks.
    Claim,
    /// That this software computes what it says, against a value known otherwise.
    Check,
    /// That the measurement could have come out otherwise: what must fail where the claim holds.
    Control,
}

impl VerdictKind {
    /// `claim`, `check` or `control`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Check => "check",
            Self::Control => "control",
        }
    }
}

/// One claim with its measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it is about.
    pub kind: VerdictKind,
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

/// The verdicts of one study: `verdicts.claim("it falls").at_most(last, first)`.
#[derive(Clone, PartialEq)]
pub struct Verdicts {
    study: String,
    rows: Vec<Verdict>,
}

/// A claim that waits for its measurement.
#[must_use = "a claim is judged by `at_most` or `above`"]
pub struct Judged<'a> {
    rows: &'a mut Vec<Verdict>,
    kind: VerdictKind,
    claim: String,
}

impl Judged<'_> {
    fn judge(self, measured: f64, relation: Relation, bound: f64) {
        let Self { rows, kind, claim } = self;
        rows.push(Verdict { kind, claim, measured, relation, bound });
    }

    /// It holds if `measured <= bound`.
    pub fn at_most(self, measured: f64, bound: f64) {
        self.judge(measured, Relation::AtMost, bound);
    }

    /// It holds if `measured > bound`.
    pub fn above(self, measured: f64, bound: f64) {
        self.judge(measured, Relation::Above, bound);
    }

    /// It holds if all values are above the bound; the smallest of them is shown. Of no values it does not hold.
    pub fn all_above(self, values: impl IntoIterator<Item = f64>, bound: f64) {
        self.above(smallest(values), bound);
    }

    /// It holds if all values are at most the bound; the largest of them is shown. Of no values it does not hold.
    pub fn all_at_most(self, values: impl IntoIterator<Item = f64>, bound: f64) {
        self.at_most(largest(values), bound);
    }

    /// It holds if each pair of a measured and an expected value agrees within a factor; the largest factor is shown. It does not
    /// hold where one of them is not positive.
    pub fn within_factor(self, pairs: impl IntoIterator<Item = (f64, f64)>, bound: f64) {
        self.all_at_most(pairs.into_iter().map(|(measured, expected)| factor(measured, expected)), bound);
    }
}

impl Verdicts {
    /// No verdicts yet, of the study named.
    pub fn new(study: &str) -> Self {
        Self { study: study.into(), rows: Vec::new() }
    }

    /// A claim of a paper, or the answer to the study's question.
    pub fn claim(&mut self, claim: impl Into<String>) -> Judged<'_> {
        Judged { rows: &mut self.rows, kind: VerdictKind::Claim, claim: claim.into() }
    }

    /// A check of what is computed, against a value known otherwise.
    pub fn check(&mut self, claim: impl Into<String>) -> Judged<'_> {
        Judged { rows: &mut self.rows, kind: VerdictKind::Check, claim: claim.into() }
    }

    /// A control: that the measurement can come out otherwise.
    pub fn control(&mut self, claim: impl Into<String>) -> Judged<'_> {
        Judged { rows: &mut self.rows, kind: VerdictKind::Control, claim: claim.into() }
    }

    /// The study.
    pub fn study(&self) -> &str {
        &self.study
    }

    /// The verdicts one by one.
    pub fn rows(&self) -> &[Verdict] {
        &self.rows
    }

    /// True if every claim holds and there is at least one.
    pub fn all_hold(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(Verdict::holds)
    }

    /// Columns `study, kind, claim, measured, relation, bound, holds`.
    ///
    /// # Errors
    /// [`Error::Table`](crate::Error::Table).
    pub fn frame(&self) -> Result<DataFrame> {
        frame(&self.rows)
            .text("study", |_| self.study.as_str())
            .text("kind", |r| r.kind.name())
            .text("claim", |r| r.claim.as_str())
            .number("measured", |r| r.measured)
            .text("relation", |r| if r.relation == Relation::AtMost { "<=" } else { ">" })
            .number("bound", |r| r.bound)
            .flag("holds", Verdict::holds)
            .table()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_claim_holds_of_nothing_of_nan_or_of_a_ratio_of_negative_values() {
        let holds = |add: &dyn Fn(&mut Verdicts)| {
            let mut verdicts = Verdicts::new("test");
            add(&mut verdicts);
            verdicts.all_hold()
        };
        assert!(
            holds(&|v| v.claim("all").all_above([0.5, 0.2], 0.1))
                && !holds(&|v| v.claim("one is not").all_above([0.5, 0.1], 0.1))
        );
        assert!(
            !holds(&|v| v.claim("of none").all_above([], 0.1)) && !holds(&|v| v.claim("of none").all_at_most([], 0.1))
        );
        assert!(!holds(&|v| v.claim("NaN").all_at_most([0.0, f64::NAN, 0.0], 0.1)));
        assert!(
            holds(&|v| v.claim("up").within_factor([(3.0, 2.0)], 1.5001))
                && holds(&|v| v.claim("down").within_factor([(2.0, 3.0)], 1.5001))
        );
        assert!(!holds(&|v| v.claim("far").within_factor([(1.0, 1.0), (4.0, 2.0)], 1.5)));
        for pair in [(-2.0, -2.0), (0.0, 0.0), (2.0, f64::NAN), (f64::INFINITY, 1.0)] {
            assert!(!holds(&|v| v.claim("no ratio").within_factor([pair], 1.5)), "{pair:?}");
        }
        assert_eq!((largest([-3.0, -2.0]), smallest([3.0, -2.0])), (-2.0, -2.0));
    }
}

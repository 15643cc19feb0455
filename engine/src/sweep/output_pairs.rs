//! Between which outputs of a network a tangent kernel is.

use std::ops::Range;

/// Between which outputs a tangent kernel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directions {
    /// All with all: every sample has as many rows as outputs.
    Each(usize),
    /// One.
    One(usize),
    /// The sum over outputs of each with itself.
    Traced(usize),
}

impl Directions {
    /// Rows of the kernel per sample.
    pub fn per_sample(self) -> usize {
        match self {
            Directions::Each(count) => count,
            Directions::One(_) | Directions::Traced(_) => 1,
        }
    }

    /// Cotangents side by side in a row.
    pub fn side_by_side(self) -> usize {
        match self {
            Directions::Traced(count) => count,
            Directions::Each(_) | Directions::One(_) => 1,
        }
    }

    /// The outputs.
    pub fn outputs(self) -> Range<usize> {
        match self {
            Directions::Each(count) | Directions::Traced(count) => 0..count,
            Directions::One(o) => o..o + 1,
        }
    }

    /// The row within a sample and the block within the row of the `index`-th output.
    pub fn place(self, index: usize) -> (usize, usize) {
        match self {
            Directions::Each(_) => (index, 0),
            Directions::One(_) => (0, 0),
            Directions::Traced(_) => (0, index),
        }
    }
}

//! What flows through a network: a batch of samples, and what a forward pass keeps of it.

use crate::linalg::Element;
use crate::op::Shape;
use ndarray::{ArcArray2, Array2};
use std::sync::Arc;

/// A batch of samples, shared between the branches that read it.
#[derive(Clone, Debug)]
pub struct Batch<F> {
    /// `[n · positions, channels]`, position by position within a sample.
    pub values: ArcArray2<F>,
    /// Shape of one sample.
    pub shape: Shape,
}

impl<F: Element> Batch<F> {
    /// From a matrix with one sample a row.
    pub(crate) fn from_rows(rows: Array2<F>, shape: Shape) -> Self {
        Self { values: rows.into_shared(), shape: Shape::vector(shape.len()) }.reshaped(shape)
    }

    pub(crate) fn new(values: Array2<F>, shape: Shape) -> Self {
        Self { values: values.into_shared(), shape }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.values.nrows() / self.shape.positions().max(1)
    }

    /// The same values in the same order as samples of another shape with as many values.
    pub(crate) fn reshaped(self, shape: Shape) -> Self {
        let values = reshaped(self.values, self.shape, shape);
        Self { values, shape }
    }

    /// One sample a row, `[n, positions · channels]`.
    pub(crate) fn into_rows(self) -> ArcArray2<F> {
        let vector = Shape::vector(self.shape.len());
        self.reshaped(vector).values
    }
}

/// Values of samples of one shape as those of another with as many values.
pub(crate) fn reshaped<F: Element>(values: ArcArray2<F>, from: Shape, to: Shape) -> ArcArray2<F> {
    assert_eq!(from.len(), to.len());
    let rows = values.nrows() / from.positions().max(1) * to.positions();
    if values.dim() == (rows, to.channels) {
        return values;
    }
    let flat =
        if values.is_standard_layout() { values } else { values.as_standard_layout().into_owned().into_shared() };
    flat.into_shape_with_order((rows, to.channels)).expect("both shapes have as many values")
}

/// What a forward pass keeps for the reverse pass, in the shape of the layer tree. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Saved<F> {
    /// Nothing is needed, or the pass was run without a tape.
    Nothing,
    /// The shape of the input.
    Shape(Shape),
    /// The input or the output of a leaf.
    Array(Batch<F>),
    /// What the children of a combinator kept.
    Children(Vec<Saved<F>>),
    /// A combinator whose branches may have fewer positions than its output: its children and the shapes of their outputs.
    Branches {
        /// What the branches kept.
        children: Vec<Saved<F>>,
        /// Shapes of their outputs.
        shapes: Vec<Shape>,
    },
    /// A Hadamard product: its children, their outputs, and the products of the first 1, 2, … of them.
    Product {
        /// What the branches kept.
        children: Vec<Saved<F>>,
        /// Outputs of the branches.
        factors: Vec<Batch<F>>,
        /// `h_1, h_2, …` of the recursion, without the last.
        partial: Vec<Batch<F>>,
    },
    /// Max pooling: for every value of the output, the row of the input that it was taken from.
    Choice {
        /// Shape of the input.
        input: Shape,
        /// `[n · positions · channels]` of the output.
        rows: Arc<Vec<usize>>,
    },
    /// Layer norm: the normalised values and one over the deviation per row.
    Normalised {
        /// The output.
        output: Batch<F>,
        /// One per row.
        inverse_deviation: Arc<Vec<F>>,
    },
    /// Attention: input, queries, keys, values and the attention weights.
    Attention {
        /// The input.
        input: Batch<F>,
        /// Queries, keys and values, each `[n · positions, …]`.
        projected: [ArcArray2<F>; 3],
        /// Attention weights `[n · positions, positions]`.
        weights: ArcArray2<F>,
    },
}

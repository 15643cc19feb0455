//! Ops: the layers that networks are made of, one per file.
//!
//! Each op knows its shapes, its forward and reverse pass, and its limit rule, the map of a [`KernelState`] at infinite
//! width. [`Layer`] is the closed set of ops; combinators ([`Serial`], [`Hadamard`], [`Sum`]) hold layers, so networks nest
//! freely. To add an op: write its file after the model of [`relu`](Relu) or [`hadamard`](Hadamard), add a line to the
//! `layers!` list below, and a case to `tests/conformance.rs`.

mod abs;
mod activation;
mod cross_moment;
mod dense;
mod elementwise;
mod erf;
mod gelu;
mod hadamard;
mod hermite;
mod identity;
mod leaky_relu;
mod monomial;
mod relu;
mod serial;
mod series;
mod sigmoid;
mod sine;
mod sink;
mod state;
mod sum;
mod tanh;

pub use abs::{Abs, abs};
pub use activation::Activation;
pub use dense::{Dense, DenseParameters, DenseView, Gain, Width, dense, hidden};
pub use elementwise::{Elementwise, elementwise};
pub use erf::{Erf, erf};
pub use gelu::{Gelu, gelu};
pub use hadamard::{Hadamard, hadamard, hadamard_skip};
pub use hermite::{Hermite, hermite};
pub use identity::{Identity, identity};
pub use leaky_relu::{LeakyRelu, leaky_relu};
pub use monomial::{Monomial, monomial};
pub use relu::{Relu, relu};
pub use serial::{Serial, serial};
pub use sigmoid::{Sigmoid, sigmoid};
pub use sine::{Sine, cos, sin};
pub use sink::{DenseVisit, Sink};
pub use state::{KernelState, Law, Marginals};
pub use sum::{Sum, sum};
pub use tanh::{Tanh, tanh};

use crate::error::Result;
use crate::linalg::Scalar;
use ndarray::{ArcArray2, Array2};

/// A batch of activations `[n, width]`, shared between the branches that read it.
pub type Batch<F> = ArcArray2<F>;

/// What a forward pass keeps for the reverse pass, in the shape of the layer tree.
#[derive(Clone, Debug)]
pub enum Saved<F> {
    /// Nothing is needed, or the pass was run without a tape.
    Nothing,
    /// The input or the output of a leaf.
    Array(Batch<F>),
    /// What the children of a combinator kept.
    Children(Vec<Saved<F>>),
    /// A Hadamard product: its children, their outputs, and the products of the first 1, 2, … of them.
    Product {
        /// What the branches kept.
        children: Vec<Saved<F>>,
        /// Outputs of the branches.
        factors: Vec<Batch<F>>,
        /// `h_1, h_2, …` of the recursion, without the last.
        partial: Vec<Batch<F>>,
    },
}

/// How a value or a dense layer is cut when a network is streamed over its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Not cut.
    Whole,
    /// A dense layer whose outputs are cut; as a value: units are cut.
    Outputs,
    /// A dense layer whose inputs are cut; its output is a sum over slices.
    Inputs,
}

/// One layer of a network.
pub trait Op {
    /// The field's name of the op with its numbers, for trees.
    fn label(&self) -> String;

    /// Output width for an input width; `hidden` is what [`Width::Hidden`] stands for.
    ///
    /// # Errors
    /// A width that is zero, unknown, or differs between branches.
    fn output_width(&self, input: usize, hidden: Option<usize>) -> Result<usize>;

    /// The dense layers below, in forward order.
    fn dense_layers<'a>(&'a self, found: &mut Vec<&'a Dense>);

    /// Number of dense layers below.
    fn dense_count(&self) -> usize {
        let mut found = Vec::new();
        self.dense_layers(&mut found);
        found.len()
    }

    /// True if a unit of the output depends on the same unit of the input other than through a dense layer, so that two
    /// such branches are not independent.
    fn passes_input(&self) -> bool;

    /// The children of a combinator.
    fn children(&self) -> &[Layer] {
        &[]
    }

    /// Pairs each dense layer with its input width, in forward order; returns the output width.
    ///
    /// # Errors
    /// As for [`Op::output_width`].
    fn input_widths(&self, input: usize, hidden: Option<usize>, found: &mut Vec<usize>) -> Result<usize>;

    /// How each dense layer is cut when units are streamed; `None` when the op cannot be.
    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split>;

    /// Forward pass. `dense` holds the parameters of exactly the dense layers below, `x: [n, in] -> [n, out]`.
    fn forward<F: Scalar>(&self, dense: &[DenseView<'_, F>], x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>);

    /// Reverse pass: hands every dense layer's input and output cotangent to `sink` and returns the cotangent of the
    /// input `[n, in]` if it is `wanted`.
    fn reverse<F: Scalar>(
        &self,
        dense: &[DenseView<'_, F>],
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>>;

    /// The op's map of a kernel state at infinite width.
    ///
    /// # Errors
    /// Where no rule holds: see each op.
    fn limit(&self, state: KernelState) -> Result<KernelState>;
}

macro_rules! layers {
    ($($variant:ident),*) => {
        /// Any op. Built by the functions of this module and by `From`.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Layer { $(#[doc = concat!("See [`", stringify!($variant), "`].")] $variant($variant)),* }

        $(impl From<$variant> for Layer {
            fn from(op: $variant) -> Self {
                Layer::$variant(op)
            }
        })*

        impl Op for Layer {
            fn label(&self) -> String {
                match self { $(Layer::$variant(op) => op.label()),* }
            }
            fn output_width(&self, input: usize, hidden: Option<usize>) -> Result<usize> {
                match self { $(Layer::$variant(op) => op.output_width(input, hidden)),* }
            }
            fn dense_layers<'a>(&'a self, found: &mut Vec<&'a Dense>) {
                match self { $(Layer::$variant(op) => op.dense_layers(found)),* }
            }
            fn passes_input(&self) -> bool {
                match self { $(Layer::$variant(op) => op.passes_input()),* }
            }
            fn children(&self) -> &[Layer] {
                match self { $(Layer::$variant(op) => op.children()),* }
            }
            fn input_widths(&self, input: usize, hidden: Option<usize>, found: &mut Vec<usize>) -> Result<usize> {
                match self { $(Layer::$variant(op) => op.input_widths(input, hidden, found)),* }
            }
            fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
                match self { $(Layer::$variant(op) => op.splits(input, found)),* }
            }
            fn forward<F: Scalar>(&self, dense: &[DenseView<'_, F>], x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
                match self { $(Layer::$variant(op) => op.forward(dense, x, tape)),* }
            }
            fn reverse<F: Scalar>(
                &self,
                dense: &[DenseView<'_, F>],
                saved: Saved<F>,
                cotangent: Array2<F>,
                sink: &mut dyn Sink<F>,
                wanted: bool,
            ) -> Option<Array2<F>> {
                match self { $(Layer::$variant(op) => op.reverse(dense, saved, cotangent, sink, wanted)),* }
            }
            fn limit(&self, state: KernelState) -> Result<KernelState> {
                match self { $(Layer::$variant(op) => op.limit(state)),* }
            }
        }
    };
}

layers!(
    Dense,
    Relu,
    LeakyRelu,
    Abs,
    Gelu,
    Identity,
    Tanh,
    Sigmoid,
    Erf,
    Sine,
    Monomial,
    Hermite,
    Elementwise,
    Serial,
    Hadamard,
    Sum
);

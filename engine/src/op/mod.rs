//! Ops: the layers that networks are made of, one per file.
//!
//! Each op knows its shapes, its forward and reverse pass, and its limit rule, the map of a [`KernelState`] at infinite
//! width. [`Layer`] is the closed set of ops; combinators ([`Serial`], [`Hadamard`], [`Sum`], [`Concat`]) hold layers, so
//! networks nest freely.
//!
//! # To read an op's page
//! Notation is that of the [crate](crate#notation). `K`, `Θ` and the mean `μ` are those of one unit of the op's input, primes on
//! `K'`, `Θ'` those of its output; on all else primes stand for the second point. `u, u'` are a Gaussian pair, `φ̇` is `φ'`. Costs
//! count a multiplication or an addition as one operation. Of the tangent kernel they say the share of the op's own
//! parameters, for `n` points with themselves and one output; of the limit, a pair of points, at one position unless said.
//!
//! # Digits near equal points
//! Limit rules carry beside every correlation what it lacks to ±1, by forms that do not cancel, so that the angle `θ` of two points
//! has its digits at any depth; the entries of `K` and `Θ` then differ from 60-digit arithmetic by at most 9e-16 of the
//! diagonal, at `θ` from 1 to 1e-12, parallel and opposite (`tests/exact/near_parallel.py`, with MLPs of depth 1 to 4, biases,
//! leaky ReLU, absolute value, squared ReLU, cubes, products, skips, sums, residuals and erf). By the correlation alone they would
//! err by `ε/θ`. What a matrix of doubles cannot hold is lost all the same: a quantity that is a difference of entries of size 1, as
//! the smallest eigenvalue of two points, `θ/π` of `mlp(1)`, has
//!
//! | `θ` | 1e-2 | 1e-4 | 1e-6 | 1e-8 | 1e-10 | 1e-12 |
//! |---|---|---|---|---|---|---|
//! | digits of `λ_min`, from entries in double precision | 13 | 11 | 9 | 7 | 5 | 3 |
//! | by correlations alone | 12 | 8 | 4 | 0 | 0 | 0 |
//!
//! The gap is a mere difference, with an error of `ε` in `1 - |r|`, behind averages over positions (pools) and behind smooth activations
//! of points of different variances other than the series and powers, and behind products and activations that mix the parts of complex
//! numbers; that matters where a kink follows.
//!
//! # To add an op
//! 1. Write its file, with a constructor, the function that returns a [`Layer`], and a page with the headings of the others.
//!    - An activation, after the model of [`Relu`]: implement [`Activation`], five functions and a constant. `name`, `settings`,
//!      `value`, `slope` and `dual`, the limit rule; [`Activation::SLOPE_OF_OUTPUT`] says what `slope` is a function of. Where numbers
//!      belong to it, `numbers` prints and `check` checks them, after the model of [`LeakyRelu`]. [`Op`] follows.
//!    - Any other, after the model of [`Bias`] (a leaf with a parameter) or [`Hadamard`] (a combinator): implement [`Op`].
//!      - `domain` says whether it reads real numbers, complex ones or both; a leaf reads reals unless it says so.
//!      - `label` prints it; `settings` writes its numbers to a [`Fingerprint`].
//!      - `shape` checks sizes and numbers, and declares its parameters; `slot_count` says how many.
//!      - `children` are a combinator's layers; `passes_input` is true of a leaf that acts unit by unit, `compares_positions` of
//!        one whose limit rule reads `K[p, p']` for `p ≠ p'`. All four have defaults, which are right for a leaf without parameters
//!        that does neither.
//!      - `splits` says how its parameters are cut where a wide network is streamed; `None` if its units cannot be cut.
//!      - `forward` keeps what `reverse` needs, where a tape is asked for: one of [`Saved`].
//!      - `reverse` visits the parameters, each by its number, and passes the cotangent on. Forward and reverse pass are generic in
//!        the number: with [duals](crate::number::Dual) the same code gives the derivatives of both.
//!      - `limit` is the limit rule, or [`Error::NoClosedForm`] of an op that has none; it maps the [`gap`]s of a state too,
//!        and is generic in the number as the passes are.
//! 2. Declare the module in its room (`activation`, `affine`, `combinator`, `pool`), export its type and its constructor there and
//!    below, add the type to the `layers!` list, and the constructor to `src/names.rs`.
//! 3. Add cases to `tests/conformance/cases`; for a leaf its definition to `tests/conformance/definitions.rs`, for an activation a
//!    line to the list of `tests/activations.rs`. `CONTRIBUTING.md` says what the tests do with them.

mod activation;
mod affine;
mod combinator;
mod complex;
mod flatten;
mod injection;
mod layer;
mod layer_norm;
mod limit;
mod orthonormal;
mod pool;

pub use activation::{
    Abs, Activation, Elementwise, Erf, Gelu, Hermite, Identity, LeakyRelu, Monomial, RectifiedPower, Relu, Sigmoid,
    Sine, Tanh, abs, cos, elementwise, erf, gelu, hermite, identity, leaky_relu, monomial, rectified_power, relu,
    sigmoid, sin, tanh,
};
pub(crate) use affine::Uneven;
pub use affine::{
    Attention, Bias, Conv, Dense, Gain, Scale, attention, bias, conv, dense, hidden, scale, trained_scale,
};
pub use combinator::{
    Concat, Hadamard, IntoLayers, Listed, Mixed, Serial, Sum, Tied, concat, hadamard, hadamard_skip, repeat, residual,
    serial, sum, tied,
};
pub(crate) use complex::IMAGINARY_WEIGHT;
pub use complex::{
    Cardioid, ComplexConv, ComplexDense, Modulus, Parts, Radial, ToComplex, ZRelu, cardioid, complex_conv,
    complex_dense, complex_hidden, halves_to_complex, imaginary_part, mod_relu, modulus, radial, real_part,
    stack_parts, to_complex, zrelu,
};
pub use flatten::{Flatten, flatten};
pub use injection::{Injection, injection};
pub use layer::{
    Batch, Fingerprint, Parameter, ParameterView, Parametrisation, Role, Saved, Scope, Shape, Sink, Site, Slot,
    VectorVisit, WeightVisit, Width,
};
pub(crate) use layer::{check_count, sum_positions};
pub use layer_norm::{LayerNorm, layer_norm};
pub(crate) use limit::{Coordinate, Moving};
pub use limit::{KernelState, Law, LimitScope, Marginals, Padding, Pairs, Units, Window, gap};
pub use pool::{AdaptivePool, AveragePool, MaxPool, adaptive_pool, average_pool, global_average_pool, max_pool};

use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use ndarray::Array2;

/// How a value or a parameter is cut when a network is streamed over its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Not cut.
    Whole,
    /// A parameter whose columns are cut; as a value: units are cut.
    Outputs,
    /// A weight whose rows are cut; its output is a sum over slices.
    Inputs,
    /// A parameter that belongs to the first slice alone: the bias of a sum over slices.
    First,
}

/// Which numbers an op reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Real ones alone.
    Real,
    /// Complex ones alone.
    Complex,
    /// Both: what acts on parts as on reals.
    Both,
}

impl Domain {
    /// # Errors
    /// [`Error::Unlike`] if they are not those of the input.
    fn check(self, place: &'static str, input: Shape) -> Result<()> {
        let reason = match (self, input.complex) {
            (Domain::Real, true) => {
                "it reads real numbers, but the layer before it gives complex ones; put real_part(), stack_parts() or modulus() before it, \
                 or take the complex op"
            }
            (Domain::Complex, false) => {
                "it reads complex numbers, but the layer before it gives real ones; put to_complex() or halves_to_complex() before it, or \
                 give the network a complex input by .complex_input(…)"
            }
            _ => return Ok(()),
        };
        Err(Error::Unlike { place, reason })
    }
}

/// One layer of a network.
pub trait Op {
    /// The field's name of the op with its numbers, for trees.
    fn label(&self) -> String;

    /// Hands all its numbers to `to`, and its children: what its results depend on beside its type. By a pattern that names
    /// every field, so that none can be forgotten.
    fn settings(&self, to: &mut Fingerprint<'_>);

    /// Which numbers it reads: those of a leaf are real ones unless it says otherwise, and a combinator's layers say it themselves.
    fn domain(&self) -> Domain {
        if self.children().is_empty() { Domain::Real } else { Domain::Both }
    }

    /// Shape of the output for the shape of the input; the op's parameters are pushed on `slots`, in forward order.
    ///
    /// # Errors
    /// A width that is zero or unknown; shapes that do not fit the op or differ between branches; illegal numbers.
    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape>;

    /// Number of parameters of the op and below.
    fn slot_count(&self) -> usize {
        self.children().iter().map(Layer::slot_count).sum()
    }

    /// The children of a combinator.
    fn children(&self) -> &[Layer] {
        &[]
    }

    /// True if a unit of the output depends on the same unit of the input other than through fresh weights, so that two such
    /// branches are not independent.
    fn passes_input(&self) -> bool {
        self.children().iter().any(Layer::passes_input)
    }

    /// True if the limit rule compares different positions of an image.
    fn compares_positions(&self) -> bool {
        self.children().iter().any(Layer::compares_positions)
    }

    /// The share of the second moments to which the limit rule knows them; 0 where it has all digits.
    fn limit_tolerance(&self) -> f64 {
        self.children().iter().map(Layer::limit_tolerance).fold(0.0, f64::max)
    }

    /// Whether the derivative of what `reverse` computes is known, which second derivatives of a network are made of.
    ///
    /// # Errors
    /// [`Error::NoSecondDerivative`] for a function of a user's that came without.
    fn check_second_derivative(&self) -> Result<()> {
        self.children().iter().try_for_each(Layer::check_second_derivative)
    }

    /// How each parameter is cut when units are streamed; `None` when the op cannot be.
    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split>;

    /// Forward pass. `scope` holds the parameters of exactly this op and those below.
    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>);

    /// Reverse pass: hands every parameter's share to `sink`, and returns the cotangent of the input
    /// `[n · positions, channels]` if it is `wanted`.
    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>>;

    /// The op's map of a kernel state at infinite width.
    ///
    /// # Errors
    /// Where no rule holds: see each op.
    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>>;
}

macro_rules! layers {
    ($($variant:ident),*) => {
        /// Any op. Built by the functions of this module and by `From`.
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Layer { $(#[doc = concat!("See [`", stringify!($variant), "`].")] $variant($variant)),* }

        $(impl From<$variant> for Layer {
            fn from(op: $variant) -> Self {
                Layer::$variant(op)
            }
        })*

        impl Layer {
            /// The name of the type of its op, as in this module: `"Dense"`.
            pub fn op_type(&self) -> &'static str {
                match self { $(Layer::$variant(_) => stringify!($variant)),* }
            }

            /// The op without what is below it, every digit of its numbers.
            fn own_debug(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Layer::$variant(op) if op.children().is_empty() => write!(f, "{op:?}"),)*
                    combinator => write!(f, "{}", combinator.label()),
                }
            }
        }

        impl Op for Layer {
            fn label(&self) -> String {
                match self { $(Layer::$variant(op) => op.label()),* }
            }
            fn settings(&self, to: &mut Fingerprint<'_>) {
                match self { $(Layer::$variant(op) => Op::settings(op, to)),* }
            }
            fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
                match self {
                    $(Layer::$variant(op) => {
                        op.domain().check(stringify!($variant), input)?;
                        op.shape(site, input, slots)?.checked(stringify!($variant))
                    }),*
                }
            }
            fn domain(&self) -> Domain {
                match self { $(Layer::$variant(op) => op.domain()),* }
            }
            fn slot_count(&self) -> usize {
                match self { $(Layer::$variant(op) => op.slot_count()),* }
            }
            fn children(&self) -> &[Layer] {
                match self { $(Layer::$variant(op) => op.children()),* }
            }
            fn passes_input(&self) -> bool {
                match self { $(Layer::$variant(op) => op.passes_input()),* }
            }
            fn compares_positions(&self) -> bool {
                match self { $(Layer::$variant(op) => op.compares_positions()),* }
            }
            fn limit_tolerance(&self) -> f64 {
                match self { $(Layer::$variant(op) => op.limit_tolerance()),* }
            }
            fn check_second_derivative(&self) -> Result<()> {
                match self { $(Layer::$variant(op) => op.check_second_derivative()),* }
            }
            fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
                match self { $(Layer::$variant(op) => op.splits(input, found)),* }
            }
            fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
                match self { $(Layer::$variant(op) => op.forward(scope, x, tape)),* }
            }
            fn reverse<F: Element>(
                &self,
                scope: Scope<'_, F>,
                saved: Saved<F>,
                cotangent: Array2<F>,
                sink: &mut dyn Sink<F>,
                wanted: bool,
            ) -> Option<Array2<F>> {
                match self { $(Layer::$variant(op) => op.reverse(scope, saved, cotangent, sink, wanted)),* }
            }
            fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
                match self { $(Layer::$variant(op) => op.limit(scope, state)),* }
            }
        }
    };
}

layers!(
    Dense,
    Conv,
    Attention,
    Bias,
    Scale,
    Relu,
    Identity,
    Tanh,
    Erf,
    LayerNorm,
    AveragePool,
    MaxPool,
    AdaptivePool,
    Flatten,
    Injection,
    Serial,
    Hadamard,
    Sum,
    Concat,
    Tied,
    LeakyRelu,
    Abs,
    Gelu,
    Sigmoid,
    Sine,
    Monomial,
    Hermite,
    RectifiedPower,
    Elementwise,
    ComplexDense,
    ComplexConv,
    ToComplex,
    Parts,
    Modulus,
    Radial,
    Cardioid,
    ZRelu
);

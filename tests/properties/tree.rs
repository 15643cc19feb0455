//! Random trees of ops, as a strategy draws them.
//!
//! A node is an op and a few small numbers, each of which chooses from a list whose first entry is the simplest: a tree that shrinks
//! stays a network.

use hadamard::op::Op;
use hadamard::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;

macro_rules! kinds {
    ($($kind:ident),*) => {
        /// The ops, by the names of the variants of [`Layer`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($kind),* }

        impl Kind {
            pub const ALL: &[Kind] = &[$(Kind::$kind),*];

            pub fn of(layer: &Layer) -> Self {
                match layer {
                    $(Layer::$kind(_) => Kind::$kind,)*
                    _ => panic!("{} has no place among the random trees: add it here", layer.label()),
                }
            }
        }
    };
}

kinds!(
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

impl Kind {
    fn is_combinator(self) -> bool {
        matches!(self, Kind::Serial | Kind::Hadamard | Kind::Sum | Kind::Concat | Kind::Tied)
    }
}

/// An op with the choices that make its numbers, and the layers below a combinator.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: Kind,
    pub choices: [u8; 4],
    pub branches: Vec<Node>,
}

/// A chain of random nodes.
pub fn chains() -> impl Strategy<Value = Vec<Node>> {
    prop::collection::vec(nodes(), 0..=4)
}

fn nodes() -> impl Strategy<Value = Node> {
    let of = |combinator: bool| {
        let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|k| k.is_combinator() == combinator).collect();
        select(kinds)
    };
    let leaf = (of(false), any::<[u8; 4]>()).prop_map(|(kind, choices)| Node { kind, choices, branches: Vec::new() });
    leaf.prop_recursive(3, 10, 3, move |inner| {
        let branches = prop::collection::vec(inner, 1..=3);
        (of(true), any::<[u8; 4]>(), branches).prop_map(|(kind, choices, branches)| Node { kind, choices, branches })
    })
}

/// The entry of a list that a choice stands for.
pub fn pick<T: Copy>(list: &[T], choice: u8) -> T {
    list[usize::from(choice) % list.len()]
}

/// What trees are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Any network that computes.
    Any,
    /// Networks that mostly have a limit: what has none is led up to by a dense layer, or replaced.
    Limit,
    /// Networks whose limit can be sampled: all layers are as wide as the network, and tails are light.
    Sampled,
    /// Trees as they are drawn, right or wrong.
    AsDrawn,
}

/// The kinds in a tree.
pub fn kinds_in(layer: &Layer, found: &mut std::collections::BTreeSet<Kind>) {
    found.insert(Kind::of(layer));
    layer.children().iter().for_each(|child| kinds_in(child, found));
}

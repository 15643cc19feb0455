//! What flows through a network at infinite width.

mod circular;
mod combine;
mod complex;
mod gap;
mod gaussian;
mod moments;
mod moved;
mod pairs;
mod positions;

pub(in crate::op) use circular::{Block, CircularMap, Mapped};
pub use gap::gap;
pub(in crate::op) use gap::{NEAR, nearer};
pub(crate) use gaussian::MapPair;
pub(in crate::op) use gaussian::{Bits, bits};
pub(crate) use moments::{After, Moments};
pub(crate) use moved::{Coordinate, Moving};
pub use positions::{Padding, Window};

use super::{Layer, Op, Shape, Site};
use crate::error::{Error, Result};
use crate::number::Real;
use ndarray::{Array2, ArrayView2};

/// What is known of the distribution of a layer's units over the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// The network's input: not random.
    Input {
        /// Number of channels.
        features: usize,
    },
    /// A Gaussian process with mean zero, over the units.
    Gaussian,
    /// Units that are independent, but not Gaussian or with tangent kernels of their own, after the op named.
    Other(&'static str),
}

/// Whether all units of a layer have the same distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// They have: the average over units of a product of independent branches is the product of the averages.
    Alike,
    /// They have not: only averages over units are known, so that two such branches cannot be multiplied or added.
    Differ,
}

/// Which positions of two images are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// A position with the same position: enough for a network that flattens.
    Same,
    /// All with all: a pooling layer averages over them.
    All,
}

/// Per-point moments of a unit `z`: what a pair of points needs beside its cross moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Marginals<E = f64> {
    /// `E z_p z_p'` of a point with itself, `[n, pairs of positions]`.
    pub second: Array2<E>,
    /// `E z_p`, `[n, positions]`.
    pub mean: Array2<E>,
    /// The [`gap`] of every correlation of `z_p` and `z_p'`, `[n, pairs of positions]`.
    pub gaps: Array2<E>,
}

/// The kernels between `n1` and `n2` points after some layer. All moments are per unit.
#[derive(Clone, Debug)]
pub struct KernelState<E = f64> {
    /// NNGP kernel `K = E z z'`, `[n1, n2 · pairs of positions]`.
    pub nngp: Array2<E>,
    /// Tangent kernel `Θ` of the layers so far, of the same shape.
    pub ntk: Array2<E>,
    /// The [`gap`] of every correlation `K/√(q q')`, of the same shape: what it lacks to ±1, to more digits than `K` has.
    pub gaps: Array2<E>,
    /// Moments of the `n1` points.
    pub rows: Marginals<E>,
    /// Moments of the `n2` points.
    pub columns: Marginals<E>,
    /// Height and width of the places.
    pub space: (usize, usize),
    /// Whether units are complex: every place is two positions then, of real and of imaginary parts.
    pub complex: bool,
    /// Which positions are compared.
    pub pairs: Pairs,
    /// Number of channels, where it is known.
    pub channels: Option<usize>,
    /// Distribution of the units.
    pub law: Law,
    /// Whether all units have it.
    pub units: Units,
    /// `Some(k)` if row `i` is the same point as column `i + k`: there the correlation is exactly one.
    pub diagonal: Option<usize>,
}

/// What a limit rule reads besides the state of the op's input.
#[derive(Clone, Copy, Debug)]
pub struct LimitScope<'a, E = f64> {
    /// Width and parametrisation.
    pub site: &'a Site,
    /// The state of the network's input.
    pub origin: &'a KernelState<E>,
    /// Number of the parameter whose share of `Θ` is asked for; the whole of it if `None`.
    share: Option<usize>,
    /// The number of the op's first parameter among the network's.
    first: usize,
}

impl<'a, E: Real> LimitScope<'a, E> {
    /// Of a network at its input, for the share of one parameter or, if `None`, of all.
    pub fn new(site: &'a Site, origin: &'a KernelState<E>, share: Option<usize>) -> Self {
        Self { site, origin, share, first: 0 }
    }

    /// The layers of a combinator, each with its own scope.
    pub(super) fn split(self, layers: &[Layer]) -> impl Iterator<Item = (&Layer, Self)> {
        layers.iter().scan(self.first, move |first, layer| {
            let own = Self { first: *first, ..self };
            *first += layer.slot_count();
            Some((layer, own))
        })
    }

    /// What the op's `index`-th parameter adds to `Θ`: `tangent`, or nothing if the share of another one is asked for.
    pub(super) fn trained(&self, index: usize, tangent: f64) -> f64 {
        match self.share {
            Some(share) if share != self.first + index => 0.0,
            _ => tangent,
        }
    }

    /// True if branches of the same make have the same state.
    pub(super) fn branches_alike(&self) -> bool {
        self.share.is_none()
    }
}

impl KernelState {
    /// The state of the raw input: `K = x_p·x'_p'/channels`, `Θ = 0`; `x1: [n1, shape]`, `x2: [n2, shape]`.
    ///
    /// # Errors
    /// [`Error::Size`] for points of another number of values than the shape has.
    pub fn input(
        x1: ArrayView2<'_, f64>,
        x2: ArrayView2<'_, f64>,
        shape: Shape,
        pairs: Pairs,
        diagonal: Option<usize>,
    ) -> Result<Self> {
        for x in [&x1, &x2] {
            if x.ncols() != shape.len() || shape.is_empty() {
                let (place, what) = ("state of the input", "columns of the points");
                return Err(Error::Size { place, what, expected: shape.len(), got: x.ncols() });
            }
        }
        let (scale, positions) = (1.0 / shape.channels as f64, shape.positions());
        let (n1, n2) = (x1.nrows(), x2.nrows());
        let by_position = |x: ArrayView2<'_, f64>| {
            let dim = (x.nrows() * positions, shape.channels);
            x.as_standard_layout().into_owned().into_shape_with_order(dim).expect("standard layout of that length")
        };
        let (a, b) = (by_position(x1), by_position(x2));
        let table = positions_of(positions, pairs);
        let nngp = if positions == 1 {
            // `dot` returns columns of operands that are both one column.
            (a.dot(&b.t()) * scale).as_standard_layout().into_owned()
        } else {
            Array2::from_shape_fn((n1, n2 * table.len()), |(i, column)| {
                let (j, (p, q)) = (column / table.len(), table[column % table.len()]);
                scale * a.row(i * positions + p).dot(&b.row(j * positions + q))
            })
        };
        let marginals = |x: &Array2<f64>, n: usize| Marginals {
            second: Array2::from_shape_fn((n, table.len()), |(i, entry)| {
                let (p, q) = table[entry];
                scale * x.row(i * positions + p).dot(&x.row(i * positions + q))
            }),
            mean: Array2::from_shape_fn((n, positions), |(i, p)| scale * x.row(i * positions + p).sum()),
            gaps: Array2::zeros((n, table.len())),
        };
        let zeros = Array2::zeros(nngp.dim());
        let state = Self {
            ntk: zeros.clone(),
            gaps: zeros,
            nngp,
            rows: marginals(&a, n1),
            columns: marginals(&b, n2),
            space: (shape.height, shape.width),
            complex: shape.complex,
            pairs,
            channels: Some(shape.channels),
            law: Law::Input { features: shape.channels },
            units: Units::Differ,
            diagonal,
        };
        Ok(state.with_gaps_of_points([&a, &b]))
    }
}

impl<E: Real> KernelState<E> {
    /// Number of places of an image.
    pub fn places_of_image(&self) -> usize {
        self.space.0 * self.space.1
    }

    /// Positions of a place: 2 of complex units, 1 of reals.
    pub fn parts(&self) -> usize {
        if self.complex { 2 } else { 1 }
    }

    /// Number of positions.
    pub fn positions(&self) -> usize {
        self.places_of_image() * self.parts()
    }

    /// Number of pairs of positions held per pair of points.
    pub fn entries(&self) -> usize {
        match self.pairs {
            Pairs::Same => self.positions(),
            Pairs::All => self.positions() * self.positions(),
        }
    }

    /// The two positions of every entry.
    pub(super) fn positions_of_entries(&self) -> Vec<(usize, usize)> {
        positions_of(self.positions(), self.pairs)
    }

    /// The entry of a position with itself.
    pub(super) fn own_entry(&self, position: usize) -> usize {
        match self.pairs {
            Pairs::Same => position,
            Pairs::All => position * (self.positions() + 1),
        }
    }

    /// # Errors
    /// [`Error::NoLimitRule`] unless the units are Gaussian.
    pub fn require_gaussian(&self, op: &'static str) -> Result<()> {
        match self.law {
            Law::Gaussian => Ok(()),
            Law::Input { .. } => Err(Error::NoLimitRule { op, before: "the raw input" }),
            Law::Other(before) => Err(Error::NoLimitRule { op, before }),
        }
    }

    /// Fresh weights: `K' = variance_w K + variance_b`, `Θ' = variance_w Θ + tangent_w K + tangent_b`, after which the units
    /// are Gaussian with mean zero.
    pub(super) fn weights(mut self, variance: [f64; 2], tangent: [f64; 2], channels: Option<usize>) -> Self {
        self.gaps_with_bias(variance);
        ndarray::Zip::from(&mut self.ntk).and(&mut self.nngp).for_each(|t, k| {
            *t = *t * variance[0] + *k * tangent[0] + tangent[1];
            *k = *k * variance[0] + variance[1];
        });
        for side in [&mut self.rows, &mut self.columns] {
            side.second.mapv_inplace(|q| q * variance[0] + variance[1]);
            side.mean.fill(E::zero());
        }
        Self { law: Law::Gaussian, units: Units::Alike, channels, ..self }
    }

    /// Multiplies every unit by `factor`; `tangent` is added to `Θ` as that multiple of `K` before.
    pub(super) fn scaled(mut self, factor: f64, tangent: f64) -> Self {
        ndarray::Zip::from(&mut self.ntk).and(&mut self.nngp).for_each(|t, k| {
            *t = *t * (factor * factor) + *k * tangent;
            *k = *k * (factor * factor);
        });
        for side in [&mut self.rows, &mut self.columns] {
            side.second.mapv_inplace(|q| q * (factor * factor));
            side.mean.mapv_inplace(|mean| mean * factor);
        }
        self
    }
}

/// The two positions of every entry, for a number of positions.
fn positions_of(positions: usize, pairs: Pairs) -> Vec<(usize, usize)> {
    match pairs {
        Pairs::Same => (0..positions).map(|p| (p, p)).collect(),
        Pairs::All => (0..positions).flat_map(|p| (0..positions).map(move |q| (p, q))).collect(),
    }
}

//! States of complex units: two positions at every place, of real and of imaginary parts, and all pairs of them.
//!
//! A pair of places has the block `[[E x x', E x y'], [E y x', E y y']]` of `z = x + i y`: the complex kernel `E z z̄'` is
//! `(rr + ii) + i (ir - ri)`, the pseudo-kernel `E z z'` is `(rr - ii) + i (ri + ir)`.

use super::gap::of_quotient;
use super::pairs::Run;
use super::positions::Gather;
use super::{KernelState, Law, Pairs, Units, positions_of};
use crate::error::{Error, Result};
use crate::number::Real;
use ndarray::Array2;

/// Why there is an entry for every two parts.
pub(super) const ALL: &str = "an op of complex numbers compares positions";

/// A position before: a place and a part of it.
type Source = (usize, usize);

impl<E: Real> KernelState<E> {
    /// The state whose positions `(place, part)` are positions of this one, or zero.
    fn picked(self, complex: bool, source: impl Fn(usize, usize) -> Option<usize>) -> Self {
        assert!(self.pairs == Pairs::All, "{ALL}");
        let (places, before) = (self.places_of_image(), self.positions());
        let parts = if complex { 2 } else { 1 };
        let sources: Vec<Option<usize>> = (0..places)
            .flat_map(|place| (0..parts).map(move |part| (place, part)))
            .map(|(p, a)| source(p, a))
            .collect();
        let pairs = positions_of(sources.len(), Pairs::All).into_iter();
        let second = Gather::new(pairs.map(|(p, q)| {
            let entry = sources[p].zip(sources[q]).map(|(p, q)| (p * before + q) as u32);
            (entry.into_iter().collect(), 1.0)
        }));
        let mean = Gather::new(sources.iter().map(|source| (source.iter().map(|&p| p as u32).collect(), 1.0)));
        let space = self.space;
        self.pooled_by(&second, &mean, space, complex)
    }

    /// Real units as complex ones without imaginary parts.
    pub(in crate::op) fn made_complex(self) -> Self {
        let law = match self.law {
            Law::Input { features } => Law::Input { features },
            _ => Law::Other("a conversion to complex numbers"),
        };
        Self { law, ..self.picked(true, |place, part| (part == 0).then_some(place)) }
    }

    /// Halves of real units that are alike, as real and imaginary parts.
    ///
    /// # Errors
    /// [`Error::NoLimitRule`] of the raw input and of units that differ.
    pub(in crate::op) fn halves_to_complex(self, op: &'static str) -> Result<Self> {
        match (self.law, self.units) {
            (Law::Input { .. }, _) => return Err(Error::NoLimitRule { op, before: "the raw input" }),
            (Law::Other(before), _) => return Err(Error::NoLimitRule { op, before }),
            (Law::Gaussian, Units::Differ) => return Err(Error::NoLimitRule { op, before: "units that differ" }),
            (Law::Gaussian, Units::Alike) => {}
        }
        let (law, channels) = (self.law, self.channels.map(|channels| channels / 2));
        let mut state = self.picked(true, |place, _| Some(place));
        // Different units are independent: nothing is between the parts.
        let positions = state.positions();
        let between = |entry: usize| (entry / positions + entry % positions) % 2 == 1;
        let entries = state.entries();
        for matrix in [&mut state.nngp, &mut state.ntk, &mut state.rows.second, &mut state.columns.second] {
            for ((_, column), value) in matrix.indexed_iter_mut() {
                if between(column % entries) {
                    *value = E::zero();
                }
            }
        }
        for gaps in [&mut state.gaps, &mut state.rows.gaps, &mut state.columns.gaps] {
            for ((_, column), gap) in gaps.indexed_iter_mut() {
                if between(column % entries) {
                    *gap = E::one();
                }
            }
        }
        Ok(Self { law, channels, ..state })
    }

    /// One of the parts, 0 or 1.
    pub(in crate::op) fn part(self, part: usize) -> Self {
        self.picked(false, |place, _| Some(2 * place + part))
    }

    /// Both parts as channels.
    pub(crate) fn stacked_parts(self) -> Self {
        assert!(self.pairs == Pairs::All, "{ALL}");
        let (places, before) = (self.places_of_image(), self.positions());
        let pairs = positions_of(places, Pairs::All).into_iter();
        let both = |p: usize, q: usize| [0, 1].map(|part| ((2 * p + part) * before + 2 * q + part) as u32).to_vec();
        let second = Gather::new(pairs.map(|(p, q)| (both(p, q), 2.0)));
        let mean = Gather::new((0..places).map(|p| (vec![2 * p as u32, 2 * p as u32 + 1], 2.0)));
        let (channels, law, space) = (self.channels.map(|c| 2 * c), self.law, self.space);
        let law = match law {
            Law::Input { features } => Law::Input { features: 2 * features },
            _ => Law::Other("stacked parts"),
        };
        Self { channels, law, units: Units::Differ, ..self.side_by_side(&second, &mean, space, false) }
    }

    /// One place repeated at every place of `space`.
    pub(super) fn broadcast_complex(self, space: (usize, usize)) -> Self {
        let positions = 2 * space.0 * space.1;
        let pairs = positions_of(positions, Pairs::All).into_iter();
        let second = Gather::new(pairs.map(|(p, q)| (vec![(p % 2 * 2 + q % 2) as u32], 1.0)));
        let mean = Gather::new((0..positions).map(|p| (vec![(p % 2) as u32], 1.0)));
        self.pooled_by(&second, &mean, space, true)
    }

    /// Fresh complex weights of variance `variance_w/2` in both parts and biases of `variance_b`, after which the units are circular
    /// Gaussian. `weights` and `biases` are what the real and the imaginary part of either add to `Θ`: a multiple of the kernel of
    /// their inputs, and a number.
    pub(in crate::op) fn complex_weights(
        self,
        [variance_w, variance_b]: [f64; 2],
        weights: [f64; 2],
        biases: [f64; 2],
        channels: Option<usize>,
    ) -> Self {
        assert!(self.pairs == Pairs::All && self.complex, "{ALL}");
        let (places, positions, entries) = (self.places_of_image(), self.positions(), self.entries());
        let entry = |p: Source, q: Source| (2 * p.0 + p.1) * positions + 2 * q.0 + q.1;
        // Of every entry the parts, and those whose mean or half difference it becomes.
        let sources = |p: usize, q: usize, a: usize, b: usize| {
            let [first, second] = if a == b { [(0, 0), (1, 1)] } else { [(a, b), (b, a)] };
            let of = |(a, b): (usize, usize)| entry((p, a), (q, b)) as u32;
            [(of(first), false), (of(second), a != b)]
        };
        let table: Vec<[usize; 4]> =
            positions_of(positions, Pairs::All).into_iter().map(|(p, q)| [p / 2, q / 2, p % 2, q % 2]).collect();
        let second = Gather::signed(table.iter().map(|&[p, q, a, b]| (sources(p, q, a, b).to_vec(), 2.0)));
        let mean = Gather::new((0..2 * places).map(|_| (Vec::new(), 1.0)));
        let (inputs, space) = (self.nngp.clone(), self.space);
        let mut state = self.side_by_side(&second, &mean, space, true);
        for (mut theta, (mut k, inputs)) in
            state.ntk.rows_mut().into_iter().zip(state.nngp.rows_mut().into_iter().zip(inputs.rows()))
        {
            for (column, (theta, k)) in theta.iter_mut().zip(&mut k).enumerate() {
                let (point, [p, q, a, b]) = (column / entries * entries, table[column % entries]);
                // `h_a h_b'` of the real part of the weights, `(J h)_a (J h')_b` of the imaginary one.
                let turned = inputs[point + entry((p, 1 - a), (q, 1 - b))] * if a == b { 1.0 } else { -1.0 };
                let own = inputs[column] * weights[0] + turned * weights[1];
                let bias = if a == b { biases[a] } else { 0.0 };
                *theta = *theta * variance_w + own + bias;
                *k *= E::of(variance_w);
            }
        }
        for side in [&mut state.rows, &mut state.columns] {
            side.second.mapv_inplace(|q| q * variance_w);
            side.mean.fill(E::zero());
        }
        if variance_b != 0.0 {
            state.add_to_both_parts(variance_b);
        }
        Self { law: Law::Gaussian, units: Units::Alike, channels, ..state }
    }

    /// `K' = K + b` of equal parts.
    fn add_to_both_parts(&mut self, b: f64) {
        self.gaps_with_bias([1.0, b]);
        let (positions, entries) = (self.positions(), self.entries());
        let equal = |column: usize| {
            let entry = column % entries;
            (entry / positions + entry % positions).is_multiple_of(2)
        };
        let add = |matrix: &mut Array2<E>| {
            for (_, value) in matrix.indexed_iter_mut().filter(|((_, column), _)| equal(*column)) {
                *value = *value + b;
            }
        };
        add(&mut self.nngp);
        add(&mut self.rows.second);
        add(&mut self.columns.second);
        // Between different parts nothing is added: their correlation falls.
        let lengths = self.places(|q, _| q.sqrt());
        self.for_pairs(&lengths, |a, b, entry| {
            if !equal(entry.at.column) {
                *entry.gap = of_quotient(*entry.k, *a * *b);
            }
        });
    }

    /// Gaps by the quotients of moments: what is left where a map has no form of its own.
    pub(super) fn gaps_by_quotients(&mut self) {
        let lengths = self.places(|q, _| q.sqrt());
        self.for_runs(&lengths, |Run { rows, columns, k, gaps, .. }| {
            for (((a, b), k), gap) in rows.iter().cycle().zip(columns).zip(&*k).zip(gaps) {
                *gap = of_quotient(*k, *a * *b);
            }
        });
    }
}

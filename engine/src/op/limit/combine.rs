//! Products, sums and concatenations of independent states.

use super::gap::{self, Direction};
use super::pairs::Places;
use super::{KernelState, Law, Marginals, Units};
use crate::error::{Error, Result};
use crate::number::Real;
use ndarray::Array2;

impl<E: Real> KernelState<E> {
    /// Repeats a state of one position at every position of `space`.
    pub(in crate::op) fn broadcast(self, space: (usize, usize)) -> Self {
        if self.space == space {
            return self;
        }
        if self.complex {
            return self.broadcast_complex(space);
        }
        let target = Self { space, ..self.clone() };
        let (positions, entries) = (target.positions(), target.entries());
        let repeat = |a: &Array2<E>, times: usize| {
            Array2::from_shape_fn((a.nrows(), a.ncols() * times), |(i, j)| a[[i, j / times]])
        };
        let side = |m: &Marginals<E>| Marginals {
            second: repeat(&m.second, entries),
            mean: repeat(&m.mean, positions),
            gaps: repeat(&m.gaps, entries),
        };
        Self {
            nngp: repeat(&self.nngp, entries),
            ntk: repeat(&self.ntk, entries),
            gaps: repeat(&self.gaps, entries),
            rows: side(&self.rows),
            columns: side(&self.columns),
            ..target
        }
    }

    /// The product `z ∘ h + s h` of this state's `h` and an independent `z`.
    pub(in crate::op) fn times(mut self, z: &Self, s: f64) -> Self {
        if self.complex {
            return self.times_complex(z, s);
        }
        struct Factor<E> {
            direction: Direction<E>,
            mean: E,
            /// `√(E (s + z)²)`.
            length: E,
        }
        let places = z.places(|q, mean| {
            let second = mean * (2.0 * s) + s * s + q;
            Factor { direction: Direction::new(q, mean), mean, length: second.larger(E::zero()).sqrt() }
        });
        self.for_pairs_with(z, &places, |a, b, entry, other| {
            let mut factor = other.gap;
            let shifted = (a.mean + b.mean) * s + s * s + other.k;
            if s != 0.0 {
                let parts =
                    [(a.direction, b.direction, factor), (Direction::constant(s), Direction::constant(s), E::zero())];
                factor = gap::of_sum(parts, shifted, [a.length, b.length]);
            }
            if let Some(ntk) = entry.ntk {
                *ntk = shifted * *ntk + other.ntk * *entry.k;
            }
            *entry.k *= shifted;
            *entry.gap = gap::product(*entry.gap, factor);
        });
        let own = self.own_entries();
        for (side, other) in [(&mut self.rows, &z.rows), (&mut self.columns, &z.columns)] {
            for ((i, p), mean) in other.mean.indexed_iter() {
                side.second[[i, own[p]]] *= *mean * (2.0 * s) + s * s + other.second[[i, own[p]]];
            }
            side.mean.zip_mut_with(&other.mean, |m, &mz| *m *= mz + s);
        }
        self.law = Law::Other("a Hadamard product");
        self.units = either(self.units, z.units);
        self
    }

    /// The sum with an independent state.
    pub(in crate::op) fn plus(mut self, other: &Self) -> Self {
        let places =
            self.sums_of_places(other, |[one, more]| [Direction::new(one.0, one.1), Direction::new(more.0, more.1)]);
        self.for_pairs_with(other, &places, |a, b, entry, more| {
            *entry.k += more.k + a.means[0] * b.means[1] + a.means[1] * b.means[0];
            *entry.gap = a.gap(b, *entry.k, [*entry.gap, more.gap]);
            if let Some(ntk) = entry.ntk {
                *ntk += more.ntk;
            }
        });
        let own = self.own_entries();
        for (side, more) in [(&mut self.rows, &other.rows), (&mut self.columns, &other.columns)] {
            for ((i, p), mean) in more.mean.indexed_iter() {
                side.second[[i, own[p]]] += more.second[[i, own[p]]] + side.mean[[i, p]] * 2.0 * *mean;
            }
            side.mean += &more.mean;
        }
        self.law = match (self.law, other.law) {
            (Law::Gaussian, Law::Gaussian) => Law::Gaussian,
            _ => Law::Other("a sum"),
        };
        self.units = either(self.units, other.units);
        self
    }

    /// Adds the moments of other units to averages over units, both weighted by their shares already.
    fn beside(&mut self, other: &mut Self) {
        // Vectors of all units: no part of one meets the other.
        let whole = |length: E| Direction { length, centred: E::one(), mean: E::zero() };
        let places = self.sums_of_places(other, |[one, more]| [whole(one.0.sqrt()), whole(more.0.sqrt())]);
        let places = Places { rows: apart(places.rows), columns: apart(places.columns) };
        self.for_pairs_with(other, &places, |a, b, entry, more| {
            *entry.gap = a.gap(b, *entry.k + more.k, [*entry.gap, more.gap]);
        });
        for (array, more) in self.arrays().into_iter().zip(other.arrays()) {
            *array += &*more;
        }
    }

    /// The two terms of a sum at every place.
    fn sums_of_places(&self, other: &Self, of: impl Fn([(E, E); 2]) -> [Direction<E>; 2]) -> Places<Terms<E>> {
        let moments = [self, other].map(|state| state.places(|q, mean| (q, mean)));
        let [one, more] = moments;
        let side = |one: Vec<(E, E)>, more: Vec<(E, E)>| -> Vec<Terms<E>> {
            let terms = |(one, more): ((E, E), (E, E))| {
                let second = one.0 + more.0 + one.1 * 2.0 * more.1;
                Terms { of: of([one, more]), means: [one.1, more.1], length: second.larger(E::zero()).sqrt() }
            };
            one.into_iter().zip(more).map(terms).collect()
        };
        Places { rows: side(one.rows, more.rows), columns: side(one.columns, more.columns) }
    }

    /// The channels of several states side by side: averages weighted by their numbers of channels.
    ///
    /// # Errors
    /// [`Error::Unset`] if shares of the width are not known while it is open.
    pub(in crate::op) fn concatenated(states: Vec<Self>) -> Result<Self> {
        let op = "concatenation";
        let known = states.iter().filter(|s| s.channels.is_some()).count();
        // Branches of the network's width are equally wide, whatever it is; one whose units differ may hold it several times.
        let even = states.len() == 1 || states.iter().all(|s| s.units == Units::Alike);
        if known != states.len() && (known != 0 || !even) {
            return Err(Error::Unset { network: op.into(), what: "width" });
        }
        let total: usize = states.iter().map(|s| s.channels.unwrap_or(1)).sum();
        let channels = (known > 0).then_some(total);
        let share = |s: &Self| E::of(s.channels.unwrap_or(1) as f64 / total as f64);
        let features = |s: &Self| if let Law::Input { features } = s.law { Some(features) } else { None };
        let features = states.iter().map(features).sum::<Option<usize>>();
        let mut states = states.into_iter();
        let mut sum = states.next().ok_or(Error::NoBranches { op })?;
        let (first, mut alone) = (share(&sum), true);
        for array in sum.arrays() {
            *array *= first;
        }
        for mut state in states {
            alone = false;
            let share = share(&state);
            for array in state.arrays() {
                *array *= share;
            }
            sum.beside(&mut state);
        }
        if !alone {
            // Copies of the input are as many numbers, none of them random.
            let law = features.map_or(Law::Other(op), |features| Law::Input { features });
            (sum.law, sum.units) = (law, Units::Differ);
        }
        Ok(Self { channels, ..sum })
    }

    fn arrays(&mut self) -> [&mut Array2<E>; 6] {
        let (rows, columns) = (&mut self.rows, &mut self.columns);
        [&mut self.nngp, &mut self.ntk, &mut rows.second, &mut rows.mean, &mut columns.second, &mut columns.mean]
    }
}

/// The terms of a sum at one place.
struct Terms<E> {
    of: [Direction<E>; 2],
    means: [E; 2],
    /// `√(E z²)` of the sum.
    length: E,
}

impl<E: Real> Terms<E> {
    /// The gap of the sum, whose cross moment with the other place is `k`, from those of its terms.
    fn gap(&self, other: &Self, k: E, gaps: [E; 2]) -> E {
        let parts = [0, 1].map(|term| (self.of[term], other.of[term], gaps[term]));
        gap::of_sum(parts, k, [self.length, other.length])
    }
}

/// With lengths as of terms that do not meet.
fn apart<E: Real>(places: Vec<Terms<E>>) -> Vec<Terms<E>> {
    places.into_iter().map(|terms| Terms { length: terms.of[0].length.hypot(terms.of[1].length), ..terms }).collect()
}

pub(super) fn either(a: Units, b: Units) -> Units {
    if a == Units::Differ || b == Units::Differ { Units::Differ } else { Units::Alike }
}

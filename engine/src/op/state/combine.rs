//! Products, sums and concatenations of independent states.

use super::{KernelState, Law, Marginals, Units};
use crate::error::{Error, Result};
use ndarray::Array2;

impl KernelState {
    /// Repeats a state of one position at every position of `space`.
    pub(in crate::op) fn broadcast(self, space: (usize, usize)) -> Self {
        if self.space == space {
            return self;
        }
        let target = Self { space, ..self.clone() };
        let (positions, entries) = (target.positions(), target.entries());
        let repeat = |a: &Array2<f64>, times: usize| {
            Array2::from_shape_fn((a.nrows(), a.ncols() * times), |(i, j)| a[[i, j / times]])
        };
        let side = |m: &Marginals| Marginals { second: repeat(&m.second, entries), mean: repeat(&m.mean, positions) };
        Self {
            nngp: repeat(&self.nngp, entries),
            ntk: repeat(&self.ntk, entries),
            rows: side(&self.rows),
            columns: side(&self.columns),
            ..target
        }
    }

    /// Calls `entry(k, t, i, j, e)` with an entry of `K` and of `Θ`, for point `i` of the rows and `j` of the columns.
    fn for_entries(&mut self, mut entry: impl FnMut(&mut f64, &mut f64, usize, usize, usize)) {
        let entries = self.entries();
        for (i, (mut k_row, mut t_row)) in self.nngp.rows_mut().into_iter().zip(self.ntk.rows_mut()).enumerate() {
            let (mut j, mut e) = (0, 0);
            for (k, t) in k_row.iter_mut().zip(t_row.iter_mut()) {
                entry(k, t, i, j, e);
                e += 1;
                if e == entries {
                    (j, e) = (j + 1, 0);
                }
            }
        }
    }

    /// The product `z ∘ h + s h` of this state's `h` and an independent `z`.
    pub(in crate::op) fn times(mut self, z: &Self, s: f64) -> Self {
        let (table, entries) = (self.positions_of_entries(), self.entries());
        self.for_entries(|k, t, i, j, e| {
            let (p, q) = table[e];
            let (kz, tz) = (z.nngp[[i, j * entries + e]], z.ntk[[i, j * entries + e]]);
            let shifted = s * s + s * (z.rows.mean[[i, p]] + z.columns.mean[[j, q]]) + kz;
            *t = shifted * *t + tz * *k;
            *k *= shifted;
        });
        for (side, other) in [(&mut self.rows, &z.rows), (&mut self.columns, &z.columns)] {
            for ((i, e), value) in side.second.indexed_iter_mut() {
                let (p, q) = table[e];
                *value *= s * s + s * (other.mean[[i, p]] + other.mean[[i, q]]) + other.second[[i, e]];
            }
            side.mean.zip_mut_with(&other.mean, |m, &mz| *m *= s + mz);
        }
        self.law = Law::Other("a Hadamard product");
        self.units = either(self.units, z.units);
        self
    }

    /// The sum with an independent state.
    pub(in crate::op) fn plus(mut self, other: &Self) -> Self {
        let (table, entries) = (self.positions_of_entries(), self.entries());
        let (rows, columns) = (self.rows.mean.clone(), self.columns.mean.clone());
        self.for_entries(|k, t, i, j, e| {
            let (p, q) = table[e];
            let cross = rows[[i, p]] * other.columns.mean[[j, q]] + other.rows.mean[[i, p]] * columns[[j, q]];
            *k += other.nngp[[i, j * entries + e]] + cross;
            *t += other.ntk[[i, j * entries + e]];
        });
        for (side, more) in [(&mut self.rows, &other.rows), (&mut self.columns, &other.columns)] {
            for ((i, e), value) in side.second.indexed_iter_mut() {
                let (p, q) = table[e];
                let cross = side.mean[[i, p]] * more.mean[[i, q]] + more.mean[[i, p]] * side.mean[[i, q]];
                *value += more.second[[i, e]] + cross;
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
        let share = |s: &Self| s.channels.unwrap_or(1) as f64 / total as f64;
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
            for (array, more) in sum.arrays().into_iter().zip(state.arrays()) {
                array.scaled_add(share, more);
            }
        }
        if !alone {
            // Copies of the input are as many numbers, none of them random.
            let law = features.map_or(Law::Other(op), |features| Law::Input { features });
            (sum.law, sum.units) = (law, Units::Differ);
        }
        Ok(Self { channels, ..sum })
    }

    fn arrays(&mut self) -> [&mut Array2<f64>; 6] {
        let (rows, columns) = (&mut self.rows, &mut self.columns);
        [&mut self.nngp, &mut self.ntk, &mut rows.second, &mut rows.mean, &mut columns.second, &mut columns.mean]
    }
}

fn either(a: Units, b: Units) -> Units {
    if a == Units::Differ || b == Units::Differ { Units::Differ } else { Units::Alike }
}

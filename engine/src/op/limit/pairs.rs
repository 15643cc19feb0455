//! Walks over all pairs of places that a state holds, a place being a point at a position.

use super::{KernelState, Marginals, Pairs};
use crate::number::Real;
use ndarray::Array2;
use std::ops::Range;

/// Something of every place of the rows and of the columns, position by position.
pub(super) struct Places<T> {
    pub rows: Vec<T>,
    pub columns: Vec<T>,
}

/// The cross moments of two different places.
pub(super) struct Entry<'a, E> {
    pub k: &'a mut E,
    /// `None` where both are of one point: a tangent kernel is held of rows with columns only.
    pub ntk: Option<&'a mut E>,
    pub gap: &'a mut E,
    pub at: At,
}

/// Where cross moments are held.
#[derive(Clone, Copy)]
pub(super) struct At {
    block: Block,
    row: usize,
    pub column: usize,
}

impl At {
    /// In another column of the same block and row.
    pub fn with_column(self, column: usize) -> Self {
        Self { column, ..self }
    }
}

#[derive(Clone, Copy)]
enum Block {
    Cross,
    Rows,
    Columns,
}

/// Neighbouring entries in one row of a block.
pub(super) struct Run<'a, T, E> {
    /// The places of the rows: one for all, or one for each.
    pub rows: &'a [T],
    pub columns: &'a [T],
    pub k: &'a mut [E],
    /// As in [`Entry`].
    pub ntk: Option<&'a mut [E]>,
    pub gaps: &'a mut [E],
    at: At,
}

/// The cross moments of another state at one place.
#[derive(Clone, Copy)]
pub(super) struct Other<E> {
    pub k: E,
    /// 0 of one point.
    pub ntk: E,
    pub gap: E,
}

impl<E: Real> KernelState<E> {
    /// The entries of positions with themselves.
    pub(in crate::op) fn own_entries(&self) -> Vec<usize> {
        (0..self.positions()).map(|p| self.own_entry(p)).collect()
    }

    /// `of(E z², E z)` of every place.
    pub(super) fn places<T>(&self, mut of: impl FnMut(E, E) -> T) -> Places<T> {
        let own = self.own_entries();
        let mut side = |m: &Marginals<E>| {
            let places = (0..m.second.nrows()).flat_map(|i| own.iter().enumerate().map(move |(p, &e)| (i, p, e)));
            places.map(|(i, p, e)| of(m.second[[i, e]], m.mean[[i, p]])).collect()
        };
        Places { rows: side(&self.rows), columns: side(&self.columns) }
    }

    /// Calls `change` with runs of the cross moments of every two places: rows with columns, and different positions of one point.
    #[inline(always)]
    pub(super) fn for_runs<T>(&mut self, places: &Places<T>, mut change: impl FnMut(Run<'_, T, E>)) {
        let (positions, entries, pairs) = (self.positions(), self.entries(), self.pairs);
        let columns = places.columns.len() / positions;
        // Of no columns there are no runs, and no chunks.
        if columns == 0 {
            return;
        }
        let [k, ntk, gaps] = [&mut self.nngp, &mut self.ntk, &mut self.gaps].map(whole_mut);
        let rows = k.chunks_exact_mut(columns * entries).zip(ntk.chunks_exact_mut(columns * entries));
        let rows = rows.zip(gaps.chunks_exact_mut(columns * entries)).zip(places.rows.chunks_exact(positions));
        for (row, (((k, ntk), gaps), of_row)) in rows.enumerate() {
            let mut run = |rows, columns, entries: Range<usize>| {
                let at = At { block: Block::Cross, row, column: entries.start };
                let (k, ntk, gaps) = (&mut k[entries.clone()], &mut ntk[entries.clone()], &mut gaps[entries]);
                change(Run { rows, columns, k, ntk: Some(ntk), gaps, at });
            };
            if positions == 1 {
                run(of_row, &places.columns, 0..columns);
                continue;
            }
            for (column, of_column) in places.columns.chunks_exact(positions).enumerate() {
                let start = column * entries;
                match pairs {
                    Pairs::Same => run(of_row, of_column, start..start + positions),
                    Pairs::All => {
                        for (p, of_row) in of_row.iter().enumerate() {
                            let start = start + p * positions;
                            run(std::slice::from_ref(of_row), of_column, start..start + positions);
                        }
                    }
                }
            }
        }
        if pairs == Pairs::Same {
            return;
        }
        let sides = [(&mut self.rows, &places.rows, Block::Rows), (&mut self.columns, &places.columns, Block::Columns)];
        for (side, places, block) in sides {
            let points = whole_mut(&mut side.second).chunks_exact_mut(entries);
            let points = points.zip(whole_mut(&mut side.gaps).chunks_exact_mut(entries));
            for (row, ((k, gaps), of_point)) in points.zip(places.chunks_exact(positions)).enumerate() {
                for (p, place) in of_point.iter().enumerate() {
                    // Not the position with itself.
                    for others in [0..p, p + 1..positions] {
                        let entries = p * positions + others.start..p * positions + others.end;
                        let at = At { block, row, column: entries.start };
                        let (k, gaps) = (&mut k[entries.clone()], &mut gaps[entries]);
                        let (rows, columns) = (std::slice::from_ref(place), &of_point[others]);
                        change(Run { rows, columns, k, ntk: None, gaps, at });
                    }
                }
            }
        }
    }

    /// Calls `change` with the cross moments of every two places, as [`KernelState::for_runs`].
    #[inline(always)]
    pub(super) fn for_pairs<T>(&mut self, places: &Places<T>, mut change: impl FnMut(&T, &T, Entry<'_, E>)) {
        self.for_runs(places, |run| {
            let at = run.at;
            run.for_each(|a, b, index, (k, ntk, gap)| {
                change(a, b, Entry { k, ntk, gap, at: at.with_column(at.column + index) });
            });
        });
    }

    /// As [`KernelState::for_pairs`], with the moments of another state of the same places.
    #[inline(always)]
    pub(super) fn for_pairs_with<T>(
        &mut self,
        other: &Self,
        places: &Places<T>,
        mut change: impl FnMut(&T, &T, Entry<'_, E>, Other<E>),
    ) {
        self.for_runs(places, |run| {
            let (at, count) = (run.at, run.k.len());
            let of_row = |matrix| &whole(matrix)[at.row * matrix.ncols() + at.column..][..count];
            let (k, gaps) = other.block(at.block);
            let (k, gaps) = (of_row(k), of_row(gaps));
            let ntk = run.ntk.is_some().then(|| of_row(&other.ntk));
            run.for_each(|a, b, index, (own, own_ntk, gap)| {
                let other = Other { k: k[index], ntk: ntk.map_or(E::zero(), |ntk| ntk[index]), gap: gaps[index] };
                let at = at.with_column(at.column + index);
                change(a, b, Entry { k: own, ntk: own_ntk, gap, at }, other);
            });
        });
    }

    /// The second moment and the gap held at the place of another state's.
    pub(super) fn at(&self, At { block, row, column }: At) -> (E, E) {
        let (k, gaps) = self.block(block);
        (k[[row, column]], gaps[[row, column]])
    }

    fn block(&self, block: Block) -> (&Array2<E>, &Array2<E>) {
        match block {
            Block::Cross => (&self.nngp, &self.gaps),
            Block::Rows => (&self.rows.second, &self.rows.gaps),
            Block::Columns => (&self.columns.second, &self.columns.gaps),
        }
    }
}

impl<T, E> Run<'_, T, E> {
    /// Calls `change` with the two places, the index and the moments of every entry.
    #[inline(always)]
    fn for_each(self, mut change: impl FnMut(&T, &T, usize, (&mut E, Option<&mut E>, &mut E))) {
        let Run { rows, columns, k, mut ntk, gaps, at: _ } = self;
        for (index, ((b, k), gap)) in columns.iter().zip(k).zip(gaps).enumerate() {
            let a = if rows.len() == 1 { &rows[0] } else { &rows[index] };
            change(a, b, index, (k, ntk.as_mut().map(|ntk| &mut ntk[index]), gap));
        }
    }
}

const LAYOUT: &str = "the matrices of a state are in standard layout";

fn whole<E>(matrix: &Array2<E>) -> &[E] {
    matrix.as_slice().expect(LAYOUT)
}

fn whole_mut<E>(matrix: &mut Array2<E>) -> &mut [E] {
    matrix.as_slice_mut().expect(LAYOUT)
}

//! Walks over all pairs of places that a state holds, a place being a point at a position.

use super::{KernelState, Marginals};

/// Something of every place of the rows and of the columns, position by position.
pub(super) struct Places<T> {
    pub rows: Vec<T>,
    pub columns: Vec<T>,
}

/// The cross moments of two different places.
pub(super) struct Entry<'a> {
    pub k: &'a mut f64,
    /// `None` where both are of one point: a tangent kernel is held of rows with columns only.
    pub ntk: Option<&'a mut f64>,
    pub gap: &'a mut f64,
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

impl KernelState {
    /// The entries of positions with themselves.
    pub(in crate::op) fn own_entries(&self) -> Vec<usize> {
        (0..self.positions()).map(|p| self.own_entry(p)).collect()
    }

    /// `of(E z², E z)` of every place.
    pub(super) fn places<T>(&self, mut of: impl FnMut(f64, f64) -> T) -> Places<T> {
        let own = self.own_entries();
        let mut side = |m: &Marginals| {
            let places = (0..m.second.nrows()).flat_map(|i| own.iter().enumerate().map(move |(p, &e)| (i, p, e)));
            places.map(|(i, p, e)| of(m.second[[i, e]], m.mean[[i, p]])).collect()
        };
        Places { rows: side(&self.rows), columns: side(&self.columns) }
    }

    /// Calls `change` with the cross moments of every two places: rows with columns, and different positions of one point.
    pub(super) fn for_pairs<T>(&mut self, places: &Places<T>, mut change: impl FnMut(&T, &T, Entry<'_>)) {
        let (table, positions) = (self.positions_of_entries(), self.positions());
        let rows = self.nngp.rows_mut().into_iter().zip(self.ntk.rows_mut()).zip(self.gaps.rows_mut());
        for (row, ((mut k_row, mut t_row), mut g_row)) in rows.enumerate() {
            let of_row = &places.rows[row * positions..(row + 1) * positions];
            let (mut column, mut values) = (0, k_row.iter_mut().zip(&mut t_row).zip(&mut g_row));
            for of_column in places.columns.chunks_exact(positions) {
                for (&(p, q), ((k, t), gap)) in table.iter().zip(&mut values) {
                    let at = At { block: Block::Cross, row, column };
                    change(&of_row[p], &of_column[q], Entry { k, ntk: Some(t), gap, at });
                    column += 1;
                }
            }
        }
        let sides = [(&mut self.rows, &places.rows, Block::Rows), (&mut self.columns, &places.columns, Block::Columns)];
        for (side, places, block) in sides {
            for (row, of_point) in places.chunks_exact(positions).enumerate() {
                for (column, &(p, q)) in table.iter().enumerate().filter(|(_, (p, q))| p != q) {
                    let (k, gap) = (&mut side.second[[row, column]], &mut side.gaps[[row, column]]);
                    change(&of_point[p], &of_point[q], Entry { k, ntk: None, gap, at: At { block, row, column } });
                }
            }
        }
    }

    /// The second moment and the gap held at the place of another state's.
    pub(super) fn at(&self, At { block, row, column }: At) -> (f64, f64) {
        let (k, gaps) = match block {
            Block::Cross => (&self.nngp, &self.gaps),
            Block::Rows => (&self.rows.second, &self.rows.gaps),
            Block::Columns => (&self.columns.second, &self.columns.gaps),
        };
        (k[[row, column]], gaps[[row, column]])
    }

    /// The tangent kernel there, 0 of one point.
    pub(super) fn ntk_at(&self, At { block, row, column }: At) -> f64 {
        match block {
            Block::Cross => self.ntk[[row, column]],
            Block::Rows | Block::Columns => 0.0,
        }
    }
}

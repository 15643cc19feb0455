//! What a tiled kernel will cost, before it is computed.

use crate::error::{Error, Result};
use crate::progress::duration;
use std::fmt;

/// A limit on memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget(pub u64);

impl Budget {
    /// So many GiB.
    pub fn gib(gib: f64) -> Self {
        // Casting saturates; NaN becomes 0, which nothing fits in.
        Self((gib * (1u64 << 30) as f64) as u64)
    }
}

/// Points per tile, unless the budget asks for fewer: a tile of 32 MB.
const TILE: usize = 2048;
/// Fewer points per tile are not worth starting.
const SMALLEST: usize = 32;

/// What a sample said about the cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    /// Bytes that are held throughout: parameters and points.
    pub held: u64,
    /// Bytes of features per point.
    pub per_point: u64,
    /// Matrices of the size of a tile that a tile needs.
    pub matrices: usize,
    /// Seconds per point of a sweep.
    pub sweep: f64,
    /// Seconds per pair of points.
    pub per_pair: f64,
}

/// The predicted size and time of a tiled kernel; `Display` prints it in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Number of points.
    pub points: usize,
    /// Rows per point.
    pub outputs: usize,
    /// Points per tile.
    pub tile: usize,
    /// Number of tiles: those on and below the diagonal.
    pub tiles: usize,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Bytes of memory at the peak.
    pub memory_bytes: u64,
    /// Predicted seconds, from a timed sample, without writing.
    pub seconds: f64,
    /// Whether all points' features stay in memory.
    pub keeps_features: bool,
}

impl Plan {
    /// The largest tiles that fit the budget, or `tile` points if that is given.
    pub(super) fn new(points: usize, outputs: usize, work: &Work, budget: Budget, tile: Option<usize>) -> Result<Self> {
        let side = |tile: usize| (tile * outputs) as u64;
        let tile_bytes = |tile: usize| work.matrices as u64 * 8 * side(tile) * side(tile);
        let memory = |tile: usize, keep: bool| {
            let held = if keep { points } else { 2 * tile.min(points) };
            work.held + held as u64 * work.per_point + tile_bytes(tile)
        };
        let largest = (TILE / outputs).max(SMALLEST).min(points);
        let smallest = SMALLEST.min(points);
        let candidates = std::iter::successors(Some(largest), |&t| (t > smallest).then_some((t / 2).max(smallest)));
        let found = match tile {
            Some(tile) => Some(tile).filter(|&t| memory(t, false) <= budget.0),
            None => candidates.into_iter().find(|&t| memory(t, false) <= budget.0),
        };
        let Some(tile) = found else {
            let needed = memory(tile.unwrap_or(smallest), false);
            return Err(Error::Budget { place: "tiled kernel", needed, budget: budget.0 });
        };
        let keeps_features = memory(tile, true) <= budget.0;
        let count = points.div_ceil(tile);
        let pairs = points as f64 * (points + tile) as f64 / 2.0;
        // Without room for all features, those of the columns are swept again for every row of tiles.
        let sweeps = if keeps_features { points as f64 } else { points as f64 * (1.0 + count as f64 / 2.0) };
        Ok(Self {
            points,
            outputs,
            tile,
            tiles: count * (count + 1) / 2,
            disk_bytes: (pairs * 8.0 * (outputs * outputs) as f64) as u64,
            memory_bytes: memory(tile, keeps_features),
            seconds: sweeps * work.sweep + pairs * work.per_pair,
            keeps_features,
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
        let rows = self.points * self.outputs;
        write!(
            f,
            "{rows} × {rows} kernel in {} tiles of {} points: {:.2} GiB on disk, {:.2} GiB of memory, about {}",
            self.tiles,
            self.tile,
            gib(self.disk_bytes),
            gib(self.memory_bytes),
            duration(self.seconds)
        )
    }
}

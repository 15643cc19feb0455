//! The finite-width tangent kernel from the features of a sweep, without a Jacobian.

use super::features::{Feature, Form, per_sample};
use super::{Directions, Features, Model, Slices, Sweep, panels, streamed};
use crate::linalg::{Scalar, Target, add_tile, in_parts, mirror_lower, single_threaded_blas, tiles, unwritten};
use crate::progress::{Progress, Task};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
use rayon::prelude::*;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Memory that the features of two sets of samples may take before the samples are cut into panels.
const FEATURE_BYTES: usize = 2 << 30;
/// Numbers in the scratch of a Gram of positions.
const SCRATCH: usize = 1 << 18;

/// What each parameter's share is added to: pairs of a result's index and a factor.
pub struct Shares {
    /// One entry per parameter.
    pub of: Vec<Vec<(usize, f64)>>,
    /// Number of results.
    pub results: usize,
}

/// Result of [`compute`], one matrix per result of the shares, `[n1 · b, n2 · b]` with `b` rows per sample.
pub struct TangentGram {
    pub results: Vec<Array2<f64>>,
}

/// Which samples and outputs a Gram is between.
pub struct Gram<'a, F> {
    pub x1: ArrayView2<'a, F>,
    /// `None` is `x1` itself.
    pub x2: Option<ArrayView2<'a, F>>,
    /// Outputs of the first and of the second set; they must have as many rows per sample.
    pub directions: (Directions, Directions),
}

impl<F> Gram<'_, F> {
    /// True if the result is symmetric, so that half of it is enough.
    pub fn is_symmetric(&self) -> bool {
        self.x2.is_none() && self.directions.0 == self.directions.1
    }
}

/// The shares of the parameters of `model`, summed as `shares` says.
pub(super) fn compute<F: Scalar>(model: &Model<'_, F>, gram: &Gram<'_, F>, shares: &Shares) -> TangentGram {
    let _blas = single_threaded_blas();
    let slices = Slices::of(model);
    let results = if slices.is_cut() {
        streamed::compute(model, &slices, gram, shares)
    } else {
        in_panels(model, gram, shares, FEATURE_BYTES)
    };
    TangentGram { results }
}

/// Cuts the samples into panels, so that the features of two of them take at most `bytes`, and adds up tile by tile.
fn in_panels<F: Scalar>(model: &Model<'_, F>, gram: &Gram<'_, F>, shares: &Shares, bytes: usize) -> Vec<Array2<f64>> {
    let symmetric = gram.is_symmetric();
    let x2 = gram.x2.unwrap_or(gram.x1);
    let b = gram.directions.0.per_sample();
    // Not zeroed: with several outputs that alone would take a tenth of the time.
    let dim = (gram.x1.nrows() * b, x2.nrows() * b);
    let mut results: Vec<Array2<MaybeUninit<f64>>> = (0..shares.results).map(|_| unwritten(dim)).collect();
    let per_sample = per_sample(model, gram.directions.0) * size_of::<F>();
    let rows = (bytes / 2 / per_sample.max(1)).max(1);
    let (mut left, mut right) = (Features::new(), Features::new());
    let sides = vec![(true, true); model.parameters.len()];
    let sweep = |features: &mut Features<F>, x: &ArrayView2<'_, F>, rows: &Range<usize>, directions: Directions| {
        let sweep = Sweep::new(model, x.slice(s![rows.clone(), ..]));
        features.sweep(&sweep, &sweep.whole(), (directions, &sides), model.block());
    };
    let pairs = (gram.x1.nrows() * x2.nrows()) as u64;
    let task = Progress::current().task("tangent kernel", "pairs of points", pairs);
    for rows1 in panels(gram.x1.nrows(), rows) {
        sweep(&mut left, &gram.x1, &rows1, gram.directions.0);
        for rows2 in panels(x2.nrows(), rows) {
            if symmetric && rows2.start > rows1.start {
                break;
            }
            let own = symmetric && rows2 == rows1;
            if !own {
                sweep(&mut right, &x2, &rows2, gram.directions.1);
            }
            let counted = (&task, if symmetric && !own { 2 } else { 1 });
            let (r, c) = (rows1.start * b..rows1.end * b, rows2.start * b..rows2.end * b);
            let targets = results.iter_mut().map(|a| a.slice_mut(s![r.clone(), c.clone()])).collect();
            write_panel(&left, if own { None } else { Some(&right) }, b, shares, targets, counted);
        }
    }
    // SAFETY: the panels cover the matrices, or their lower triangles.
    unsafe { finished(results, symmetric) }
}

/// The shares of a panel's samples with another's, or with its own: whole matrices, one per result.
pub(super) fn panel<F: Scalar>(
    left: &Features<F>,
    right: Option<&Features<F>>,
    b: usize,
    shares: &Shares,
    counted: (&Task, u64),
) -> Vec<Array2<f64>> {
    let _blas = single_threaded_blas();
    let dim = (left.samples * b, right.unwrap_or(left).samples * b);
    let mut results: Vec<Array2<MaybeUninit<f64>>> = (0..shares.results).map(|_| unwritten(dim)).collect();
    write_panel(left, right, b, shares, results.iter_mut().map(|a| a.view_mut()).collect(), counted);
    // SAFETY: the panel covers the matrices, or their lower triangles.
    unsafe { finished(results, right.is_none()) }
}

/// # Safety
/// All values must have been written; of symmetric matrices those of the lower triangle.
unsafe fn finished(results: Vec<Array2<MaybeUninit<f64>>>, symmetric: bool) -> Vec<Array2<f64>> {
    let finished = |mut result: Array2<MaybeUninit<f64>>| {
        if symmetric {
            mirror_lower(&mut result);
        }
        // SAFETY: upheld by the caller.
        unsafe { result.assume_init() }
    };
    results.into_iter().map(finished).collect()
}

/// Writes the shares of a panel's samples with another's, or with its own (the lower triangle), to all of `targets`, which have
/// contiguous rows; every pair of samples counts as so many.
fn write_panel<F: Scalar>(
    left: &Features<F>,
    right: Option<&Features<F>>,
    b: usize,
    shares: &Shares,
    mut targets: Vec<ArrayViewMut2<'_, MaybeUninit<f64>>>,
    (task, each): (&Task, u64),
) {
    let stride = targets.first().map_or(0, |t| t.strides()[0].unsigned_abs());
    let starts: Vec<Target<f64>> = targets.iter_mut().map(Target::of_unwritten).collect();
    let (columns, own) = (right.unwrap_or(left), right.is_none());
    // Tiles are counted in samples; with several outputs a sample has several rows.
    let cut = |samples: usize| -> Vec<Range<usize>> {
        let count = tiles(samples * b).len().min(samples);
        (0..count).map(|t| t * samples / count..(t + 1) * samples / count).collect()
    };
    let (row_tiles, column_tiles) = (cut(left.samples), cut(columns.samples));
    let jobs: Vec<_> = (0..row_tiles.len())
        .flat_map(|i| (0..if own { i + 1 } else { column_tiles.len() }).map(move |j| (i, j)))
        .collect();
    jobs.into_par_iter().for_each_init(Scratch::new, |scratch, (i, j)| {
        let (r, c) = (&row_tiles[i], &column_tiles[j]);
        let mut tile = Tile {
            // SAFETY: the tile begins inside every result.
            sums: starts.iter().map(|start| unsafe { start.at(r.start * b * stride + c.start * b) }).collect(),
            stride,
            dim: (r.len() * b, c.len() * b),
            lower: own && i == j,
            written: vec![false; shares.results],
        };
        for ((a, z), share) in left.entries.iter().zip(&columns.entries).zip(&shares.of) {
            scratch.add([a, z], (r, c), b, &mut tile, share);
        }
        tile.finish();
        let mirrored = if own && i != j { 2 } else { 1 };
        task.advance(each * mirrored * (r.len() * c.len()) as u64);
    });
}

/// A tile of every result; of one on the diagonal the lower triangle. Tiles are disjoint rectangles inside the results.
struct Tile {
    /// First value in each result.
    sums: Vec<*mut f64>,
    stride: usize,
    dim: (usize, usize),
    lower: bool,
    /// Which results have a first share; before it their memory holds nothing.
    written: Vec<bool>,
}

impl Tile {
    /// Columns of a row that count.
    fn columns(&self, row: usize) -> usize {
        if self.lower { row + 1 } else { self.dim.1 }
    }

    /// Adds `factor · values` to a row, or writes them if `first`; there must be at least as many as columns that count.
    fn add(&mut self, result: usize, row: usize, first: bool, factor: f64, values: impl Iterator<Item = f64>) {
        let (start, columns) = (row * self.stride, self.columns(row));
        if first {
            // SAFETY: the row lies inside the tile; unwritten memory is taken as such.
            let sums = unsafe {
                std::slice::from_raw_parts_mut(self.sums[result].add(start).cast::<MaybeUninit<f64>>(), columns)
            };
            let mut written = 0;
            for (sum, value) in sums.iter_mut().zip(values) {
                sum.write(factor * value);
                written += 1;
            }
            // What is not written here is taken for written later.
            assert!(written == columns);
        } else {
            // SAFETY: the row lies inside the tile and was written by the first share.
            let sums = unsafe { std::slice::from_raw_parts_mut(self.sums[result].add(start), columns) };
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += factor * value;
            }
        }
    }

    /// A result without shares is zero.
    fn finish(&mut self) {
        for result in 0..self.sums.len() {
            for row in 0..if self.written[result] { 0 } else { self.dim.0 } {
                self.add(result, row, true, 0.0, std::iter::repeat(0.0));
            }
        }
    }
}

/// Buffers of a tile, used again for the next.
struct Scratch<F> {
    /// `Δ Δ'ᵀ`.
    cotangents: Vec<F>,
    /// `H H'ᵀ`, one number per pair of samples.
    inputs: Vec<f64>,
    /// A row of `H H'ᵀ`, repeated per output, or a whole Gram of positions.
    repeated: Vec<f64>,
}

impl<F: Scalar> Scratch<F> {
    fn new() -> Self {
        Self { cotangents: Vec::new(), inputs: Vec::new(), repeated: Vec::new() }
    }

    /// Adds one parameter's share of a tile of samples `r` times `c`.
    fn add(
        &mut self,
        [a, z]: [&Feature<F>; 2],
        (r, c): (&Range<usize>, &Range<usize>),
        b: usize,
        tile: &mut Tile,
        share: &[(usize, f64)],
    ) {
        // A parameter without numbers has no cotangents, and one without a share need not.
        let (false, Some(delta1), Some(delta2)) = (share.is_empty(), &a.cotangent, &z.cotangent) else { return };
        let Self { cotangents, inputs, repeated } = self;
        let (lower, (height, width)) = (tile.lower, tile.dim);
        if let (Form::Positions(p), Some(h1), Some(h2)) = (a.form, &a.input, &z.input) {
            repeated.resize(height * width, 0.0);
            positions([(h1, delta1), (h2, delta2)], (r, c), (b, p), repeated, inputs);
            for &(result, factor) in share {
                let first = !std::mem::replace(&mut tile.written[result], true);
                for (row, values) in repeated.chunks_exact(width).enumerate() {
                    tile.add(result, row, first, factor, values.iter().copied());
                }
            }
            return;
        }
        let weighted = if let (Some(h1), Some(h2)) = (&a.input, &z.input) {
            inputs.clear();
            inputs.resize(r.len() * c.len(), 0.0);
            let (h1, h2) = (h1.slice(s![r.clone(), ..]), h2.slice(s![c.clone(), ..]));
            // SAFETY: `inputs` holds as many rows and columns as the two slices have rows.
            unsafe { add_tile(&h1, &h2, lower, inputs.as_mut_ptr(), c.len()) };
            true
        } else {
            false
        };
        let (rows, columns) = (s![r.start * b..r.end * b, ..], s![c.start * b..c.end * b, ..]);
        in_parts(&delta1.slice(rows), &delta2.slice(columns), lower, cotangents, |values| {
            let first: Vec<bool> = share.iter().map(|&(result, _)| !tile.written[result]).collect();
            for (row, values) in values.chunks_exact(width).enumerate() {
                let values = &values[..tile.columns(row)];
                let h = match weighted {
                    false => None,
                    true if b == 1 => Some(&inputs[row * width..]),
                    true => {
                        if row % b == 0 {
                            repeated.clear();
                            let h = &inputs[row / b * c.len()..][..c.len()];
                            repeated.extend(h.iter().flat_map(|&h| std::iter::repeat_n(h, b)));
                        }
                        Some(&repeated[..])
                    }
                };
                for (&(result, factor), &first) in share.iter().zip(&first) {
                    match h {
                        Some(h) => {
                            let products = values.iter().zip(h).map(|(v, &h)| v.to_f64() * h);
                            tile.add(result, row, first, factor, products);
                        }
                        None => tile.add(result, row, first, factor, values.iter().map(|v| v.to_f64())),
                    }
                }
            }
            share.iter().for_each(|&(result, _)| tile.written[result] = true);
        });
    }
}

/// `Σ_{p, q} (h_p·h'_q)(δ_p·δ'_q)` for every pair of samples and outputs, in blocks that fit the scratch.
fn positions<F: Scalar>(
    [(h1, delta1), (h2, delta2)]: [(&Array2<F>, &Array2<F>); 2],
    (r, c): (&Range<usize>, &Range<usize>),
    (b, p): (usize, usize),
    out: &mut [f64],
    inner: &mut Vec<f64>,
) {
    // Samples per side, so that p² numbers per pair of samples and outputs fit.
    let side = ((SCRATCH as f64).sqrt() as usize / (p * b)).max(1);
    let by_position = |a: &Array2<F>, rows: Range<usize>| {
        let part = a.slice(s![rows, ..]).to_owned();
        let dim = (part.nrows() * p, part.ncols() / p);
        part.into_shape_with_order(dim).expect("rows hold p positions")
    };
    let width = c.len() * b;
    for r0 in r.clone().step_by(side) {
        let rows = r0..(r0 + side).min(r.end);
        let (h1, delta1) = (by_position(h1, rows.clone()), by_position(delta1, rows.start * b..rows.end * b));
        for c0 in c.clone().step_by(side) {
            let columns = c0..(c0 + side).min(c.end);
            let (h2, delta2) =
                (by_position(h2, columns.clone()), by_position(delta2, columns.start * b..columns.end * b));
            let (inputs, cotangents) = (h1.nrows() * h2.nrows(), delta1.nrows() * delta2.nrows());
            inner.clear();
            inner.resize(inputs + cotangents, 0.0);
            let (gram_h, gram_d) = inner.split_at_mut(inputs);
            // SAFETY: both parts have as many numbers as the products.
            unsafe {
                add_tile(&h1.view(), &h2.view(), false, gram_h.as_mut_ptr(), h2.nrows());
                add_tile(&delta1.view(), &delta2.view(), false, gram_d.as_mut_ptr(), delta2.nrows());
            }
            for (i, j) in (0..rows.len() * b).flat_map(|i| (0..columns.len() * b).map(move |j| (i, j))) {
                let mut sum = 0.0;
                for q in 0..p {
                    let d = &gram_d[(i * p + q) * delta2.nrows() + j * p..][..p];
                    let h = &gram_h[(i / b * p + q) * h2.nrows() + j / b * p..][..p];
                    sum += d.iter().zip(h).map(|(d, h)| d * h).sum::<f64>();
                }
                out[((rows.start - r.start) * b + i) * width + (columns.start - c.start) * b + j] = sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::sphere;
    use crate::kernel::Outputs;
    use crate::net::network;
    use crate::op::{Conv, Dense, flatten, relu, serial};
    use crate::random::Seed;

    #[test]
    fn panels_of_any_size_give_the_same_kernel() {
        let layers = [Conv::new(3, 2).bias(0.3).into(), relu(), flatten(), Dense::new(2).bias(0.2).into()];
        let network = network("small", serial(layers)).image(2, 3, 1).init(Seed(1)).unwrap();
        let (x1, x2) = (sphere(11, 6, Seed(2)).unwrap(), sphere(5, 6, Seed(3)).unwrap());
        let (model, shares) = (network.model(), network.total());
        for outputs in [Outputs::All, Outputs::Traced, Outputs::Pair(0, 1)] {
            for x2 in [None, Some(x2.view())] {
                let gram = Gram { x1: x1.view(), x2, directions: network.directions(outputs).unwrap() };
                let whole = in_panels(&model, &gram, &shares, FEATURE_BYTES);
                let sample = 8 * per_sample(&model, gram.directions.0);
                for samples in [1, 3, 5] {
                    let cut = in_panels(&model, &gram, &shares, 2 * samples * sample);
                    for (cut, whole) in cut.iter().zip(&whole) {
                        for (place, value) in cut.indexed_iter() {
                            let error = (value - whole[place]).abs();
                            assert!(error <= 1e-14, "{outputs:?}, {samples} samples, {place:?}: {error}");
                        }
                    }
                }
            }
        }
    }
}

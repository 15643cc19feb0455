//! Kernels at infinite width.

use super::{Kernels, LayerKernel, Precision, Route};
use crate::error::{Error, Result, all_finite, check_input, check_memory};
use crate::linalg::{mirror_lower, single_threaded_blas};
use crate::net::Net;
use crate::number::Real;
use crate::op::{KernelState, LimitScope, Op, Pairs, Parametrisation, Shape, Slot};
use crate::progress::Progress;
use ndarray::{Array2, s};
use rayon::prelude::*;

impl Net {
    /// NNGP and NTK at infinite width, of `x: [n, d]` with itself, per output: outputs are independent and alike.
    ///
    /// # Errors
    /// Input without rows or with a value that is not finite; [`Error::NoLimitRule`], [`Error::NoClosedForm`] and
    /// [`Error::DependentBranches`] where the architecture has no closed form; [`Error::NoReadout`]; [`Error::OwnRates`];
    /// [`Error::SeriesTail`] ([`Error::says_no_limit`] is true of these); [`Error::Memory`], [`Error::Overflow`].
    pub fn limit_kernel(&self, x: &Array2<f64>) -> Result<Kernels> {
        self.check("limit kernel", x)?;
        limit(self, x, None, None)
    }

    /// The share of every parameter in the NTK at infinite width of `x: [n, d]` with itself, per output, in forward order: what
    /// the kernel would be if that parameter alone were trained. The shares add up to the NTK.
    ///
    /// # Errors
    /// As for [`Net::limit_kernel`]; [`Error::Size`] where the sizes of layers do not fit together.
    pub fn limit_kernel_by_layer(&self, x: &Array2<f64>) -> Result<Vec<LayerKernel>> {
        self.check("limit kernel", x)?;
        self.by_layer(x, None)
    }

    /// Shares of the NTK of `x1` with `x2`, or with itself, both checked.
    pub(crate) fn by_layer(&self, x1: &Array2<f64>, x2: Option<&Array2<f64>>) -> Result<Vec<LayerKernel>> {
        let slots = self.slots_of_any_width(self.origin_of(x1.ncols()))?;
        let share = |(index, slot): (usize, &Slot)| {
            Ok(LayerKernel { name: slot.full_name(index), ntk: limit(self, x1, x2, Some(index))?.ntk })
        };
        if slots.is_empty() {
            // Without a share nothing would ask whether there is a limit.
            limit(self, x1, x2, None)?;
        }
        slots.iter().enumerate().map(share).collect()
    }

    /// NNGP and NTK at infinite width, `[n1, n2]` between `x1: [n1, d]` and `x2: [n2, d]`.
    ///
    /// # Errors
    /// As for [`Net::limit_kernel`].
    pub fn limit_kernel_between(&self, x1: &Array2<f64>, x2: &Array2<f64>) -> Result<Kernels> {
        self.check("limit kernel", x1)?;
        check_input("limit kernel", x2, Some(x1.ncols()))?;
        limit(self, x1, Some(x2), None)
    }

    /// Which positions the recursion has to compare.
    pub(crate) fn pairs(&self) -> Pairs {
        if self.layer().compares_positions() { Pairs::All } else { Pairs::Same }
    }

    /// NNGP and NTK between two blocks of points; `diagonal` as in [`KernelState`]; of the NTK only a parameter's share if `part`
    /// is its number.
    pub(crate) fn limit_block(
        &self,
        x1: ndarray::ArrayView2<'_, f64>,
        x2: ndarray::ArrayView2<'_, f64>,
        diagonal: Option<usize>,
        part: Option<usize>,
    ) -> Result<[Array2<f64>; 2]> {
        let origin = self.origin_of(x1.ncols());
        let input = KernelState::input(x1, x2, origin, self.pairs(), diagonal)?;
        self.limit_of(input, origin, part)
    }

    /// The same of a state of the input.
    pub(super) fn limit_of<E: Real>(
        &self,
        input: KernelState<E>,
        origin: Shape,
        part: Option<usize>,
    ) -> Result<[Array2<E>; 2]> {
        let state = self.output_state(input, origin, part)?;
        // The outputs of a complex unit are its two parts.
        let state = if state.complex { state.stacked_parts() } else { state };
        Ok([state.nngp, state.ntk])
    }

    /// The state of the outputs, of complex ones by parts.
    pub(super) fn output_state<E: Real>(
        &self,
        input: KernelState<E>,
        origin: Shape,
        part: Option<usize>,
    ) -> Result<KernelState<E>> {
        let site = self.site(origin);
        if site.parametrisation == Parametrisation::MuP && self.wide_readout().is_none() {
            return Err(Error::NoReadout { network: self.name().into() });
        }
        let mut state = self.layer().limit(LimitScope::new(&site, &input, part), input.clone())?;
        if state.places_of_image() != 1 {
            let (place, what) = ("limit kernel", "position at the output (flatten or pool before it)");
            return Err(Error::Size { place, what, expected: 1, got: state.places_of_image() });
        }
        if site.parametrisation == Parametrisation::MuP {
            // The readout's further 1/√m takes the output at initialisation to zero; the learning rates make up for it in Θ.
            state.nngp.fill(E::zero());
        }
        if self.richness_of() != 1.0 {
            state.nngp.mapv_inplace(|k| k / self.richness_of().powi(2));
        }
        Ok(state)
    }
}

/// Rows per block: a constant, so that results do not depend on the number of threads; small, so that the arrays of the
/// recursion stay in cache.
pub(super) const ROWS: usize = 64;
/// Matrices of a block at a time: two kernels and the moments of both sides, of the input and of the layer at work.
const ARRAYS: usize = 8;
/// Numbers of one matrix of a block's state.
const ENTRIES: usize = 1 << 21;

/// Runs the recursion of [`KernelState`] over the network in blocks, in parallel; of a kernel of one set with itself only
/// the lower triangle.
fn limit(net: &Net, x1: &Array2<f64>, x2: Option<&Array2<f64>>, part: Option<usize>) -> Result<Kernels> {
    let _blas = single_threaded_blas();
    let (n1, n2) = (x1.nrows(), x2.map_or(x1.nrows(), |x| x.nrows()));
    check_memory("limit kernel", &[2, n1, n2])?;
    let (mut nngp, mut ntk) = (Array2::zeros((n1, n2)), Array2::zeros((n1, n2)));
    let positions = net.origin_of(x1.ncols()).positions();
    let entries = if net.pairs() == Pairs::All { positions.saturating_mul(positions) } else { positions };
    // Maps of positions count entries in 32 bits.
    if entries > u32::MAX as usize {
        return Err(Error::Memory {
            place: "limit kernel",
            needed: (entries as u64).saturating_mul(8 * ARRAYS as u64),
        });
    }
    let rows = ROWS.min((ENTRIES as f64 / entries as f64).sqrt() as usize).max(1);
    let columns = (ENTRIES / (entries * rows)).max(1);
    check_memory("limit kernel", &[ARRAYS, entries, rows, columns])?;
    let task = Progress::current().task(format!("limit kernel of {}", net.name()), "rows", n1 as u64);
    nngp.axis_chunks_iter_mut(ndarray::Axis(0), rows)
        .into_par_iter()
        .zip(ntk.axis_chunks_iter_mut(ndarray::Axis(0), rows))
        .enumerate()
        .try_for_each(|(block, (mut nngp, mut ntk))| {
            let start = block * rows;
            let end = start + nngp.nrows();
            let last = if x2.is_some() { n2 } else { end };
            // Where the columns do not fit in one block, the square on the diagonal is one of its own.
            let split = if x2.is_none() && last > columns { start } else { last };
            let blocks = (0..split).step_by(columns).map(|c0| c0..(c0 + columns).min(split));
            for columns in blocks.chain((split < last).then_some(split..last)) {
                let (c0, c1) = (columns.start, columns.end);
                let diagonal = (x2.is_none() && c1 == end).then(|| start - c0);
                let right = x2.unwrap_or(x1).slice(s![c0..c1, ..]);
                let [k, t] = net.limit_block(x1.slice(s![start..end, ..]), right, diagonal, part)?;
                nngp.slice_mut(s![.., c0..c1]).assign(&k);
                ntk.slice_mut(s![.., c0..c1]).assign(&t);
            }
            task.advance((end - start) as u64);
            Ok::<(), Error>(())
        })?;
    if x2.is_none() {
        mirror_lower(&mut nngp);
        mirror_lower(&mut ntk);
    }
    if !(all_finite(&ntk) && all_finite(&nngp)) {
        return Err(Error::Overflow { place: "limit kernel" });
    }
    let kernels = Kernels::new(nngp, ntk, x2.is_none(), Route::Limit);
    Ok(kernels.with_precision(Precision::of_limit(net)))
}

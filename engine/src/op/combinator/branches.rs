//! What the combinators of branches that read the same input share.

use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::complex::parts_first;
use crate::op::{Batch, KernelState, Law, Layer, LimitScope, Op, Shape, Site, Slot, Split, Units, sum_positions};
use ndarray::Array2;

/// Why branches of two domains do not go together.
pub(super) const MIXED: &str =
    "one branch gives complex numbers and another one real ones; bring the real one to complex numbers by to_complex()";

/// The common shape of the branches: equal channels, and equal positions or one, which is repeated at every position.
pub(in crate::op) fn common_shape(
    op: &'static str,
    branches: &[Layer],
    site: &Site,
    input: Shape,
    slots: &mut Vec<Slot>,
) -> Result<Shape> {
    let mut common: Option<Shape> = None;
    for branch in branches {
        let shape = branch.shape(site, input, slots)?;
        let so_far = common.get_or_insert(shape);
        if so_far.channels != shape.channels {
            let (expected, got) = (so_far.channels, shape.channels);
            return Err(Error::Size { place: op, what: "units in every branch", expected, got });
        }
        if so_far.complex != shape.complex {
            return Err(Error::Unlike { place: op, reason: MIXED });
        }
        if so_far.places() == 1 {
            *so_far = shape;
        } else if shape.places() != 1 && (shape.height, shape.width) != (so_far.height, so_far.width) {
            let (expected, got) = (so_far.places(), shape.places());
            return Err(Error::Size { place: op, what: "positions (or one) in every branch", expected, got });
        }
    }
    common.ok_or(Error::NoBranches { op })
}

/// The branches' limit states, at the same positions.
pub(in crate::op) fn limits<E: Real>(
    op: &'static str,
    branches: &[Layer],
    scope: LimitScope<'_, E>,
    state: &KernelState<E>,
) -> Result<Vec<KernelState<E>>> {
    let states = states(op, branches, scope, state)?;
    let mut uneven = None;
    for (index, state) in states.iter().enumerate() {
        if let Law::Input { .. } = state.law {
            return Err(Error::NoLimitRule { op, before: "the raw input" });
        }
        // Averages over units multiply only if at most one branch has units that differ.
        if state.units == Units::Differ
            && let Some(first) = uneven.replace(index)
        {
            return Err(Error::DependentBranches { op, first, second: index });
        }
    }
    let space = states.iter().map(|s| s.space).max_by_key(|s| s.0 * s.1).expect("there are branches");
    Ok(states.into_iter().map(|s| s.broadcast(space)).collect())
}

/// The branches' limit states as they are.
pub(in crate::op) fn states<E: Real>(
    op: &'static str,
    branches: &[Layer],
    scope: LimitScope<'_, E>,
    state: &KernelState<E>,
) -> Result<Vec<KernelState<E>>> {
    if branches.is_empty() {
        return Err(Error::NoBranches { op });
    }
    let mut passing = branches.iter().enumerate().filter(|(_, b)| b.passes_input()).map(|(i, _)| i);
    if let (Some(first), Some(second)) = (passing.next(), passing.next()) {
        return Err(Error::DependentBranches { op, first, second });
    }
    let mut states: Vec<KernelState<E>> = Vec::with_capacity(branches.len());
    for (i, (branch, own)) in scope.split(branches).enumerate() {
        // Branches of the same make have the same kernel: compute it once.
        let known = branches[..i].iter().position(|b| b == branch && scope.branches_alike());
        states.push(match known {
            Some(j) => states[j].clone(),
            None => branch.limit(own, state.clone())?,
        });
    }
    Ok(states)
}

/// How the branches are cut; all must be cut alike.
pub(in crate::op) fn splits(branches: &[Layer], input: Split, found: &mut Vec<Split>) -> Option<Split> {
    let mut common = None;
    for branch in branches {
        let split = branch.splits(input, found)?;
        if *common.get_or_insert(split) != split {
            return None;
        }
    }
    common
}

/// Repeats samples of one position at every position of `shape`.
pub(in crate::op) fn broadcast<F: Element>(batch: Batch<F>, shape: Shape) -> Batch<F> {
    if batch.shape.places() == shape.places() {
        return batch;
    }
    let values = repeat(&batch.values.view(), shape.places(), shape.parts());
    Batch::new(values, shape.with_channels(batch.shape.channels))
}

/// Repeats every `parts` rows.
fn repeat<F: Element>(values: &ndarray::ArrayView2<'_, F>, times: usize, parts: usize) -> Array2<F> {
    let mut repeated = Array2::zeros((values.nrows() * times, values.ncols()));
    for (index, mut row) in repeated.rows_mut().into_iter().enumerate() {
        row.assign(&values.row(index / (times * parts) * parts + index % parts));
    }
    repeated
}

/// The cotangent of a branch of `shape` from that of its output repeated at every position.
pub(in crate::op) fn unbroadcast<F: Element>(cotangent: Array2<F>, from: Shape, shape: Shape) -> Array2<F> {
    if from.places() == shape.places() {
        return cotangent;
    }
    let places = from.places();
    match from.complex {
        false => sum_positions(cotangent.view(), places).into_owned(),
        true => sum_positions(parts_first(cotangent.view(), places).view(), places).into_owned(),
    }
}

/// Adds a branch's input cotangent, or a tangent, to the sum over branches.
pub(in crate::op) fn add_to<F: Element>(sum: &mut Option<Array2<F>>, term: Option<Array2<F>>) {
    match (sum.as_mut(), term) {
        (Some(sum), Some(term)) => *sum += &term,
        (None, Some(term)) => *sum = Some(term),
        (_, None) => {}
    }
}

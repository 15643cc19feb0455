use super::branches::{self, add_to};
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, IntoLayers, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::{Array2, Axis, s};

/// Concatenation of branches.
///
/// `f(x) = [z_1; …; z_N]`: the channels of branches that read the same input, side by side.
///
/// ## Limit rule
/// Averages over units weighted by the shares of the widths, `K = Σ_i (m_i/m) K_i`, and likewise `Θ` and `μ`: the next layer
/// sees nothing else of its input. The units differ in distribution: a dense layer must come before an activation, and of the
/// branches of a product or sum only one may hold it.
/// ## Shapes
/// `x: [n, d] -> [n, m_1 + … + m_N]`; on images every branch has the same positions.
/// ## Errors
/// [`Error::NoBranches`], [`Error::Size`] for unequal positions; in the limit [`Error::DependentBranches`], and
/// [`Error::Unset`] while the width is open and branches may hold different shares of it.
/// ## Cost
/// That of the branches and a copy of `n m` numbers forward and in reverse. No parameters of its own, so no share of the tangent
/// kernel. Limit: 4 operations per pair and branch.
/// ## References
/// Derived in this crate; checked by `tests/conformance/limits.rs` and, against neural-tangents, by `tests/oracle.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let both = concat([hidden(), serial([hidden(), relu()])]);
/// let kernels = network("both", serial([both, dense(1)])).limit_kernel(&array![[3.0, 4.0]])?;
/// let q = 25.0 / 2.0;                                         // half of the units have q, the others q/2
/// assert!((kernels.nngp().values()[[0, 0]] - 0.75 * q).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Concat {
    branches: Vec<Layer>,
}

/// `[z_1; z_2; …; z_N]`.
pub fn concat<Form>(branches: impl IntoLayers<Form>) -> Layer {
    Concat { branches: branches.into_layers() }.into()
}

const OP: &str = "concatenation";

impl Op for Concat {
    fn label(&self) -> String {
        OP.into()
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { branches } = self;
        to.layers(branches);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        let mut common: Option<Shape> = None;
        for branch in &self.branches {
            let shape = branch.shape(site, input, slots)?;
            common = Some(match common {
                None => shape,
                Some(common) if common.complex != shape.complex => {
                    return Err(Error::Unlike { place: OP, reason: branches::MIXED });
                }
                Some(common) if (common.height, common.width) == (shape.height, shape.width) => {
                    common.with_channels(common.channels + shape.channels)
                }
                Some(common) => {
                    let (expected, got) = (common.positions(), shape.positions());
                    return Err(Error::Size { place: OP, what: "positions in every branch", expected, got });
                }
            });
        }
        common.ok_or(Error::NoBranches { op: OP })
    }

    fn children(&self) -> &[Layer] {
        &self.branches
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (mut children, mut outputs) = (Vec::new(), Vec::new());
        for (branch, own) in scope.split(&self.branches) {
            let (z, saved) = branch.forward(own, x.clone(), tape);
            outputs.push(z);
            children.push(saved);
        }
        let shapes: Vec<Shape> = outputs.iter().map(|z| z.shape).collect();
        let saved = if tape { Saved::Branches { children, shapes: shapes.clone() } } else { Saved::Nothing };
        let views: Vec<_> = outputs.iter().map(|z| z.values.view()).collect();
        (joined(&views, &shapes), saved)
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Branches { mut children, mut shapes } = saved else {
            unreachable!("a concatenation saves its children")
        };
        let mut input_cotangent = None;
        let mut end = cotangent.ncols();
        for (branch, own) in scope.split(&self.branches).rev() {
            let child = children.pop().expect("a child for every branch");
            let start = end - shapes.pop().expect("a shape for every branch").channels;
            let part = cotangent.slice(s![.., start..end]).to_owned();
            end = start;
            add_to(&mut input_cotangent, branch.reverse(own, child, part, sink, wanted));
        }
        input_cotangent
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        KernelState::concatenated(branches::states(OP, &self.branches, scope, &state)?)
    }
}

/// Channels side by side, of at least one branch.
fn joined<F: Element>(values: &[ndarray::ArrayView2<'_, F>], shapes: &[Shape]) -> Batch<F> {
    let channels = shapes.iter().map(|s| s.channels).sum();
    let joined =
        ndarray::concatenate(Axis(1), values).expect("branches have as many positions, checked with the shapes");
    Batch::new(joined, shapes[0].with_channels(channels))
}

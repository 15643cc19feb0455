use super::branches::{self, add_to};
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, IntoLayers, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
    identity,
};
use ndarray::Array2;

/// Sum of branches.
///
/// `f(x) = z_1 + … + z_N` for branches that read the same input; with an [`identity`] branch, a residual.
///
/// ## Limit rule
/// For independent branches `K = Σ_i K_i + Σ_{i≠j} μ_i μ_j'`, `Θ = Σ_i Θ_i`, `μ = Σ_i μ_i`: the cross moments of independent
/// units are products of means. A sum of Gaussian branches is Gaussian.
/// ## Shapes
/// `x: [n, d] -> [n, m]`; every branch has the same width `m`. A branch of one position is repeated at every position of the
/// others.
/// ## Assumptions
/// As for the [Hadamard product](crate::op::Hadamard).
/// ## Errors
/// [`Error::NoBranches`], [`Error::Size`] for unequal widths or positions; in the limit [`Error::DependentBranches`] and
/// [`Error::NoLimitRule`] for a branch that passes the raw input on.
/// ## Cost
/// That of the branches and `(N - 1) n m` operations. No parameters of its own, so no share of the tangent kernel. Limit: 6
/// operations per pair and further branch; equal branches are computed once.
/// ## References
/// He et al. 2016 (residuals); the rule with means is derived in this crate, checked by `tests/conformance/limits.rs` and,
/// against neural-tangents, by `tests/oracle.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let net = network("residual", serial([hidden(), residual(hidden()), dense(1)]));
/// let kernels = net.limit_kernel(&array![[3.0, 4.0]])?;
/// let q = 25.0 / 2.0;                                         // K and Θ of the first layer; the block has K = q, Θ = 2 q
/// assert!((kernels.nngp().values()[[0, 0]] - 2.0 * q).abs() <= 1e-12);
/// assert!((kernels.ntk().values()[[0, 0]] - (2.0 + 3.0) * q).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    branches: Vec<Layer>,
}

/// `z_1 + z_2 + … + z_N`.
pub fn sum<Form>(branches: impl IntoLayers<Form>) -> Layer {
    Sum { branches: branches.into_layers() }.into()
}

/// `x + z(x)`.
pub fn residual(branch: impl Into<Layer>) -> Layer {
    sum([identity(), branch.into()])
}

const OP: &str = "sum";

impl Op for Sum {
    fn label(&self) -> String {
        OP.into()
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { branches } = self;
        to.layers(branches);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        branches::common_shape(OP, &self.branches, site, input, slots)
    }

    fn children(&self) -> &[Layer] {
        &self.branches
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        branches::splits(&self.branches, input, found)
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (mut children, mut shapes) = (Vec::new(), Vec::new());
        let mut total: Option<Batch<F>> = None;
        for (branch, own) in scope.split(&self.branches) {
            let (z, saved) = branch.forward(own, x.clone(), tape);
            shapes.push(z.shape);
            total = Some(match total {
                None => z,
                Some(total) => {
                    let shape = if z.shape.positions() > total.shape.positions() { z.shape } else { total.shape };
                    let mut values = branches::broadcast(total, shape).values.into_owned();
                    values += &branches::broadcast(z, shape).values;
                    Batch::new(values, shape)
                }
            });
            children.push(saved);
        }
        let saved = if tape { Saved::Branches { children, shapes } } else { Saved::Nothing };
        (total.expect("branches, checked with the shapes"), saved)
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Branches { mut children, mut shapes } = saved else { unreachable!("a sum saves its children") };
        let most = shapes.iter().copied().max_by_key(Shape::positions).expect("branches, checked with the shapes");
        let mut input_cotangent = None;
        for (branch, own) in scope.split(&self.branches).rev() {
            let child = children.pop().expect("a child for every branch");
            let shape = shapes.pop().expect("a shape for every branch");
            let passed =
                branch.reverse(own, child, branches::unbroadcast(cotangent.clone(), most, shape), sink, wanted);
            add_to(&mut input_cotangent, passed);
        }
        input_cotangent
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        let mut states = branches::limits(OP, &self.branches, scope, &state)?.into_iter();
        let first = states.next().ok_or(Error::NoBranches { op: OP })?;
        Ok(states.fold(first, |total, term| total.plus(&term)))
    }
}

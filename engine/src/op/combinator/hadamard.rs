use super::branches::{self, add_to};
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, IntoLayers, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::{Array2, ArrayView2, Zip, s};

/// Hadamard product.
///
/// Of branches `z_1, …, z_N` that read the same input:
/// `h_1 = z_1`, `h_n = z_n ∘ h_{n-1} + s h_{n-1}`, output `h_N`, with `s = 0` ([`hadamard`], the product form) or `s = 1`
/// ([`hadamard_skip`], the CCP form with skip), so that `h_N = z_1 ∘ Π_{n ≥ 2} (s + z_n)`.
///
/// Of complex branches the products are those of complex numbers; all branches are complex, or none is.
///
/// ## Limit rule
/// For independent branches with second moments `K_n`, tangent kernels `Θ_n` and means `μ_n`:
/// `T_n = E (s + z)(s + z') = s² + s (μ_n + μ_n') + K_n`, `Θ ← T_n Θ + Θ_n K`, `K ← T_n K`, `μ ← (s + μ_n) μ`.
/// Independence factorises each expectation; the tangent kernel is the product rule on the Jacobian, whose cross terms
/// vanish. Of complex branches the moments are those of both parts, `E p_a p_b' = Σ ε^a_cd ε^b_ef E z_c z_e' E h_d h_f'` with
/// `(z h)_a = Σ ε^a_cd z_c h_d`. Without the means the skip form is wrong: on the unit sphere `T(1) = 3/2 + √(2/π)` for ReLU, not `3/2`.
/// ## Shapes
/// `x: [n, d] -> [n, m]`; every branch has the same width `m`. A branch of one position (a gate) is repeated at every
/// position of the others.
/// ## Assumptions
/// No weights are shared (branches are owned); at most one branch passes its input on unit by unit,
/// without fresh weights in between, and at most one has units that differ in distribution. The output is not
/// Gaussian: a dense layer must come before an activation.
/// ## Errors
/// [`Error::NoBranches`], [`Error::Size`] for unequal widths or positions; in the limit [`Error::DependentBranches`] and
/// [`Error::NoLimitRule`] for a branch that passes the raw input on.
/// ## Cost
/// That of the branches, and `N - 1` element-wise products of `n m` numbers (two operations each with skips), twice that in
/// reverse; it keeps `(2N - 2) n m` numbers. No parameters of its own, so no share of the tangent kernel. Limit: 9 operations
/// per pair and further branch; equal branches are computed once.
/// ## References
/// Wu et al. 2022 (product form and CCP); the mean rule is derived in this crate and checked by Monte Carlo in
/// `tests/conformance/limits.rs` and by formulas in `tests/closed_form.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let net = network("quadratic", serial([hadamard([hidden(), hidden()]), dense(1)]));
/// let kernels = net.limit_kernel(&array![[3.0, 4.0]])?;
/// let q = 25.0 / 2.0;                                         // of each factor
/// assert!((kernels.nngp().values()[[0, 0]] - q * q).abs() <= 1e-12);
/// assert!((kernels.ntk().values()[[0, 0]] - 3.0 * q * q).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hadamard {
    branches: Vec<Layer>,
    skip: bool,
}

/// `z_1 ∘ z_2 ∘ … ∘ z_N`.
pub fn hadamard<Form>(branches: impl IntoLayers<Form>) -> Layer {
    Hadamard { branches: branches.into_layers(), skip: false }.into()
}

/// `h_1 = z_1`, `h_n = z_n ∘ h_{n-1} + h_{n-1}`.
pub fn hadamard_skip<Form>(branches: impl IntoLayers<Form>) -> Layer {
    Hadamard { branches: branches.into_layers(), skip: true }.into()
}

const OP: &str = "Hadamard product";

/// `(z + s) h` of complex numbers, rows by place and part, with `s = 1` if `skip`.
fn complex_product<F: Element>(z: ArrayView2<'_, F>, h: ArrayView2<'_, F>, skip: bool) -> Array2<F> {
    complex(z, h, skip, |[x, y], [u, v]| [x * u - y * v, x * v + y * u])
}

/// `(z + s)‾ h`: what the reverse pass of a product with `z + s` makes of the cotangent `h`.
fn conjugate_product<F: Element>(z: ArrayView2<'_, F>, h: ArrayView2<'_, F>, skip: bool) -> Array2<F> {
    complex(z, h, skip, |[x, y], [u, v]| [x * u + y * v, x * v - y * u])
}

fn complex<F: Element>(
    z: ArrayView2<'_, F>,
    h: ArrayView2<'_, F>,
    skip: bool,
    product: impl Fn([F; 2], [F; 2]) -> [F; 2],
) -> Array2<F> {
    let s = if skip { F::one() } else { F::zero() };
    let mut out = h.to_owned();
    let (mut real, mut imaginary) = out.multi_slice_mut((s![0..;2, ..], s![1..;2, ..]));
    let parts = Zip::from(&mut real).and(&mut imaginary).and(z.slice(s![0..;2, ..])).and(z.slice(s![1..;2, ..]));
    parts.for_each(|u, v, &x, &y| [*u, *v] = product([x + s, y], [*u, *v]));
    out
}

impl Hadamard {
    /// `z ∘ h + s h`, at the positions of whichever has more.
    fn multiply<F: Element>(&self, z: &Batch<F>, h: Batch<F>) -> Batch<F> {
        let shape = if z.shape.positions() > h.shape.positions() { z.shape } else { h.shape };
        let (z, h) = (branches::broadcast(z.clone(), shape), branches::broadcast(h, shape));
        if shape.complex {
            return Batch::new(complex_product(z.values.view(), h.values.view(), self.skip), shape);
        }
        // In place if nobody else reads `h`.
        let product = match h.values.try_into_owned_nocopy() {
            Ok(mut h) if self.skip => {
                h.zip_mut_with(&z.values, |h, &z| *h = z * *h + *h);
                h
            }
            Ok(mut h) => {
                h.zip_mut_with(&z.values, |h, &z| *h *= z);
                h
            }
            Err(h) if self.skip => Zip::from(&z.values).and(&h).map_collect(|&z, &h| z * h + h),
            Err(h) => Zip::from(&z.values).and(&h).map_collect(|&z, &h| z * h),
        };
        Batch::new(product, shape)
    }
}

impl Op for Hadamard {
    fn label(&self) -> String {
        if self.skip { "Hadamard product with skips".into() } else { OP.into() }
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { branches, skip } = self;
        to.layers(branches);
        to.count(usize::from(*skip));
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
        let (mut children, mut factors, mut partial) = (Vec::new(), Vec::new(), Vec::new());
        let mut product: Option<Batch<F>> = None;
        for (branch, own) in scope.split(&self.branches) {
            let (z, saved) = branch.forward(own, x.clone(), tape);
            let next = match product.take() {
                None => z.clone(),
                Some(h) => {
                    if tape {
                        partial.push(h.clone());
                    }
                    self.multiply(&z, h)
                }
            };
            if tape {
                children.push(saved);
                factors.push(z);
            }
            product = Some(next);
        }
        let saved = if tape { Saved::Product { children, factors, partial } } else { Saved::Nothing };
        (product.expect("branches, checked with the shapes"), saved)
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        mut cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Product { mut children, mut factors, mut partial } = saved else {
            unreachable!("a product saves its factors")
        };
        let mut input_cotangent: Option<Array2<F>> = None;
        for (branch, own) in scope.split(&self.branches).rev() {
            let child = children.pop().expect("a child for every branch");
            let z = factors.pop().expect("a factor for every branch");
            // h = z ∘ h_before + s h_before: the branch sees Δ ∘ h_before, the rest of the product Δ ∘ (z + s).
            let branch_cotangent = match partial.pop() {
                Some(before) => {
                    let shape = if z.shape.positions() > before.shape.positions() { z.shape } else { before.shape };
                    let (z_shape, before_shape) = (z.shape, before.shape);
                    let (z, before) = (branches::broadcast(z, shape), branches::broadcast(before, shape));
                    let towards_branch = if shape.complex {
                        let towards_branch = conjugate_product(before.values.view(), cotangent.view(), false);
                        cotangent = conjugate_product(z.values.view(), cotangent.view(), self.skip);
                        towards_branch
                    } else {
                        let mut towards_branch = before.values.into_owned();
                        let values = Zip::from(&mut towards_branch).and(&mut cotangent).and(&z.values);
                        if self.skip {
                            values.for_each(|h, c, &z| (*h, *c) = (*c * *h, *c * (z + F::one())));
                        } else {
                            values.for_each(|h, c, &z| (*h, *c) = (*c * *h, *c * z));
                        }
                        towards_branch
                    };
                    cotangent = branches::unbroadcast(cotangent, shape, before_shape);
                    branches::unbroadcast(towards_branch, shape, z_shape)
                }
                // The first branch.
                None => std::mem::replace(&mut cotangent, Array2::zeros((0, 0))),
            };
            let passed = branch.reverse(own, child, branch_cotangent, sink, wanted);
            add_to(&mut input_cotangent, passed);
        }
        input_cotangent
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        let mut states = branches::limits(OP, &self.branches, scope, &state)?.into_iter();
        let first = states.next().ok_or(Error::NoBranches { op: OP })?;
        let s = if self.skip { 1.0 } else { 0.0 };
        Ok(states.fold(first, |product, factor| product.times(&factor, s)))
    }
}

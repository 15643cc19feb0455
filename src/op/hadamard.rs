use super::{Batch, Dense, DenseView, KernelState, Layer, Op, Saved, Sink, Split};
use crate::error::{Error, Result};
use crate::linalg::Scalar;
use ndarray::{Array2, Zip};

/// Hadamard product.
///
/// Of branches `z_1, …, z_N` that read the same input:
/// `h_1 = z_1`, `h_n = z_n ∘ h_{n-1} + s h_{n-1}`, output `h_N`, with `s = 0` ([`hadamard`], the product form) or `s = 1`
/// ([`hadamard_skip`], the CCP form with skip), so that `h_N = z_1 ∘ Π_{n ≥ 2} (s + z_n)`.
///
/// ## Limit rule
/// For independent branches with second moments `K_n`, tangent kernels `Θ_n` and means `μ_n`:
/// `T_n = E (s + z)(s + z') = s² + s (μ_n + μ_n') + K_n`, `K ← T_n K`, `Θ ← T_n Θ + Θ_n K`, `μ ← (s + μ_n) μ`.
/// Independence factorises each expectation; the tangent kernel is the product rule on the Jacobian, whose cross terms
/// vanish. Without the means the skip form is wrong: on the unit sphere `T(1) = 3/2 + √(2/π)` for ReLU, not `3/2`.
/// ## Shapes
/// `x: [n, d] -> [n, m]`; every branch has the same width `m`.
/// ## Assumptions
/// No weights are shared (branches are owned); at most one branch passes its input on unit by unit,
/// without a dense layer in between. The output is not
/// Gaussian: the next op must be a dense layer, a product or a sum.
/// ## Errors
/// [`Error::NoBranches`], [`Error::Size`] for unequal widths; in the limit [`Error::DependentBranches`] and
/// [`Error::NoLimitRule`] for a branch that passes the raw input on.
/// ## References
/// Wu et al., NeurIPS 2022 (product form and CCP); the mean rule is derived in this crate and checked by Monte Carlo.
#[derive(Clone, Debug, PartialEq)]
pub struct Hadamard {
    branches: Vec<Layer>,
    skip: bool,
}

/// `z_1 ∘ z_2 ∘ … ∘ z_N`.
pub fn hadamard(branches: impl IntoIterator<Item = Layer>) -> Layer {
    Hadamard { branches: branches.into_iter().collect(), skip: false }.into()
}

/// `h_1 = z_1`, `h_n = z_n ∘ h_{n-1} + h_{n-1}`.
pub fn hadamard_skip(branches: impl IntoIterator<Item = Layer>) -> Layer {
    Hadamard { branches: branches.into_iter().collect(), skip: true }.into()
}

/// Widths, parameters and slices of branches that read the same input: what [`Hadamard`] and [`Sum`](super::Sum) share.
pub(super) mod branches {
    use super::*;

    /// The common width of the branches; `each` gives the width of one.
    pub fn common_width(
        op: &'static str,
        branches: &[Layer],
        mut each: impl FnMut(&Layer) -> Result<usize>,
    ) -> Result<usize> {
        let mut common = None;
        for branch in branches {
            let got = each(branch)?;
            let expected = *common.get_or_insert(got);
            if got != expected {
                return Err(Error::Size { place: op, what: "units in every branch", expected, got });
            }
        }
        common.ok_or(Error::NoBranches { op })
    }

    /// The branches' limit states.
    pub fn limits(op: &'static str, branches: &[Layer], state: &KernelState) -> Result<Vec<KernelState>> {
        let mut passing = branches.iter().enumerate().filter(|(_, b)| b.passes_input()).map(|(i, _)| i);
        if let (Some(first), Some(second)) = (passing.next(), passing.next()) {
            return Err(Error::DependentBranches { op, first, second });
        }
        if branches.is_empty() {
            return Err(Error::NoBranches { op });
        }
        let mut states: Vec<KernelState> = Vec::with_capacity(branches.len());
        for (i, branch) in branches.iter().enumerate() {
            // Branches of the same make have the same kernel: compute it once.
            let known = branches[..i].iter().position(|b| b == branch);
            let next = match known {
                Some(j) => states[j].clone(),
                None => branch.limit(state.clone())?,
            };
            if let super::super::Law::Input { .. } = next.law {
                return Err(Error::NoLimitRule { op, before: "the raw input" });
            }
            states.push(next);
        }
        Ok(states)
    }

    /// How the branches are cut; all must be cut alike.
    pub fn splits(branches: &[Layer], input: Split, found: &mut Vec<Split>) -> Option<Split> {
        let mut common = None;
        for branch in branches {
            let split = branch.splits(input, found)?;
            if *common.get_or_insert(split) != split {
                return None;
            }
        }
        common
    }
}

impl Op for Hadamard {
    fn label(&self) -> String {
        if self.skip { "Hadamard product with skips".into() } else { "Hadamard product".into() }
    }

    fn output_width(&self, input: usize, hidden: Option<usize>) -> Result<usize> {
        branches::common_width("Hadamard product", &self.branches, |b| b.output_width(input, hidden))
    }

    fn dense_layers<'a>(&'a self, found: &mut Vec<&'a Dense>) {
        self.branches.iter().for_each(|branch| branch.dense_layers(found));
    }

    fn passes_input(&self) -> bool {
        self.branches.iter().any(Layer::passes_input)
    }

    fn children(&self) -> &[Layer] {
        &self.branches
    }

    fn input_widths(&self, input: usize, hidden: Option<usize>, found: &mut Vec<usize>) -> Result<usize> {
        branches::common_width("Hadamard product", &self.branches, |b| b.input_widths(input, hidden, found))
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        branches::splits(&self.branches, input, found)
    }

    fn forward<F: Scalar>(&self, mut dense: &[DenseView<'_, F>], x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (mut children, mut factors, mut partial) = (Vec::new(), Vec::new(), Vec::new());
        let mut product: Option<Batch<F>> = None;
        for branch in &self.branches {
            let (own, rest) = dense.split_at(branch.dense_count());
            dense = rest;
            let (z, saved) = branch.forward(own, x.clone(), tape);
            let next = match product.take() {
                None => z.clone(),
                Some(h) => {
                    let next = if self.skip {
                        Zip::from(&z).and(&h).map_collect(|&z, &h| z * h + h)
                    } else {
                        Zip::from(&z).and(&h).map_collect(|&z, &h| z * h)
                    };
                    if tape {
                        partial.push(h);
                    }
                    next.into_shared()
                }
            };
            if tape {
                children.push(saved);
                factors.push(z);
            }
            product = Some(next);
        }
        let saved = if tape { Saved::Product { children, factors, partial } } else { Saved::Nothing };
        (product.unwrap_or(x), saved)
    }

    fn reverse<F: Scalar>(
        &self,
        mut dense: &[DenseView<'_, F>],
        saved: Saved<F>,
        mut cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Product { mut children, mut factors, mut partial } = saved else {
            unreachable!("a product saves its factors")
        };
        let mut input_cotangent: Option<Array2<F>> = None;
        for branch in self.branches.iter().rev() {
            let (rest, own) = dense.split_at(dense.len() - branch.dense_count());
            dense = rest;
            let child = children.pop().unwrap_or(Saved::Nothing);
            let z = factors.pop();
            // h = z ∘ h_before + s h_before: the branch sees Δ ∘ h_before, the rest of the product Δ ∘ (z + s).
            let branch_cotangent = match (partial.pop(), z) {
                (Some(before), Some(z)) => {
                    let towards_branch = Zip::from(&cotangent).and(&before).map_collect(|&c, &h| c * h);
                    if self.skip {
                        cotangent.zip_mut_with(&z, |c, &z| *c *= z + F::one());
                    } else {
                        cotangent.zip_mut_with(&z, |c, &z| *c *= z);
                    }
                    towards_branch
                }
                _ => std::mem::replace(&mut cotangent, Array2::zeros((0, 0))),
            };
            let passed = branch.reverse(own, child, branch_cotangent, sink, wanted);
            add_to(&mut input_cotangent, passed);
        }
        input_cotangent
    }

    fn limit(&self, state: KernelState) -> Result<KernelState> {
        let mut states = branches::limits("Hadamard product", &self.branches, &state)?.into_iter();
        let first = states.next().ok_or(Error::NoBranches { op: "Hadamard product" })?;
        let s = if self.skip { 1.0 } else { 0.0 };
        Ok(states.fold(first, |product, factor| product.times(&factor, s)))
    }
}

/// Adds a branch's input cotangent to the sum over branches.
pub(super) fn add_to<F: Scalar>(sum: &mut Option<Array2<F>>, term: Option<Array2<F>>) {
    match (sum.as_mut(), term) {
        (Some(sum), Some(term)) => *sum += &term,
        (None, Some(term)) => *sum = Some(term),
        (_, None) => {}
    }
}

use super::hadamard::{add_to, branches};
use super::{Batch, Dense, DenseView, KernelState, Layer, Op, Saved, Sink, Split};
use crate::error::{Error, Result};
use crate::linalg::Scalar;
use ndarray::Array2;

/// Sum of branches.
///
/// `f(x) = z_1 + … + z_N` for branches that read the same input; with an [`identity`](super::identity) branch, a residual.
///
/// ## Limit rule
/// For independent branches `K = Σ_i K_i + Σ_{i≠j} μ_i μ_j'`, `Θ = Σ_i Θ_i`, `μ = Σ_i μ_i`. A sum of Gaussian branches is
/// Gaussian.
/// ## Errors
/// As for the [Hadamard product](super::Hadamard).
#[derive(Clone, Debug, PartialEq)]
pub struct Sum {
    branches: Vec<Layer>,
}

/// `z_1 + z_2 + … + z_N`.
pub fn sum(branches: impl IntoIterator<Item = Layer>) -> Layer {
    Sum { branches: branches.into_iter().collect() }.into()
}

impl Op for Sum {
    fn label(&self) -> String {
        "sum".into()
    }

    fn output_width(&self, input: usize, hidden: Option<usize>) -> Result<usize> {
        branches::common_width("sum", &self.branches, |b| b.output_width(input, hidden))
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
        branches::common_width("sum", &self.branches, |b| b.input_widths(input, hidden, found))
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        branches::splits(&self.branches, input, found)
    }

    fn forward<F: Scalar>(&self, mut dense: &[DenseView<'_, F>], x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let mut children = Vec::new();
        let mut total: Option<Array2<F>> = None;
        for branch in &self.branches {
            let (own, rest) = dense.split_at(branch.dense_count());
            dense = rest;
            let (z, saved) = branch.forward(own, x.clone(), tape);
            match total.as_mut() {
                Some(total) => *total += &z,
                None => total = Some(z.into_owned()),
            }
            children.push(saved);
        }
        let saved = if tape { Saved::Children(children) } else { Saved::Nothing };
        (total.map_or(x, Array2::into_shared), saved)
    }

    fn reverse<F: Scalar>(
        &self,
        mut dense: &[DenseView<'_, F>],
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Children(mut children) = saved else { unreachable!("a sum saves its children") };
        let mut input_cotangent = None;
        for branch in self.branches.iter().rev() {
            let (rest, own) = dense.split_at(dense.len() - branch.dense_count());
            dense = rest;
            let child = children.pop().unwrap_or(Saved::Nothing);
            let passed = branch.reverse(own, child, cotangent.clone(), sink, wanted);
            add_to(&mut input_cotangent, passed);
        }
        input_cotangent
    }

    fn limit(&self, state: KernelState) -> Result<KernelState> {
        let mut states = branches::limits("sum", &self.branches, &state)?.into_iter();
        let first = states.next().ok_or(Error::NoBranches { op: "sum" })?;
        Ok(states.fold(first, |total, term| total.plus(&term)))
    }
}

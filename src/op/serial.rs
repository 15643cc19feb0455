use super::{Batch, Dense, DenseView, KernelState, Layer, Op, Saved, Sink, Split};
use crate::error::{Error, Result};
use crate::linalg::Scalar;
use ndarray::Array2;

/// Serial composition.
///
/// `f(x) = f_L(… f_2(f_1(x)))`. The limit rule is the composition of the layers' rules.
/// ## Errors
/// [`Error::NoBranches`] without layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Serial {
    layers: Vec<Layer>,
}

/// Layers one after the other.
pub fn serial(layers: impl IntoIterator<Item = Layer>) -> Layer {
    Serial { layers: layers.into_iter().collect() }.into()
}

impl Op for Serial {
    fn label(&self) -> String {
        "serial".into()
    }

    fn output_width(&self, input: usize, hidden: Option<usize>) -> Result<usize> {
        if self.layers.is_empty() {
            return Err(Error::NoBranches { op: "serial" });
        }
        self.layers.iter().try_fold(input, |width, layer| layer.output_width(width, hidden))
    }

    fn dense_layers<'a>(&'a self, found: &mut Vec<&'a Dense>) {
        self.layers.iter().for_each(|layer| layer.dense_layers(found));
    }

    fn passes_input(&self) -> bool {
        self.layers.iter().all(Layer::passes_input)
    }

    fn children(&self) -> &[Layer] {
        &self.layers
    }

    fn input_widths(&self, input: usize, hidden: Option<usize>, found: &mut Vec<usize>) -> Result<usize> {
        self.layers.iter().try_fold(input, |width, layer| layer.input_widths(width, hidden, found))
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        self.layers.iter().try_fold(input, |split, layer| layer.splits(split, found))
    }

    fn forward<F: Scalar>(&self, mut dense: &[DenseView<'_, F>], mut x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let mut children = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (own, rest) = dense.split_at(layer.dense_count());
            dense = rest;
            let (y, saved) = layer.forward(own, x, tape);
            x = y;
            children.push(saved);
        }
        (x, if tape { Saved::Children(children) } else { Saved::Nothing })
    }

    fn reverse<F: Scalar>(
        &self,
        mut dense: &[DenseView<'_, F>],
        saved: Saved<F>,
        mut cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Children(mut children) = saved else { unreachable!("serial saves its children") };
        for layer in self.layers.iter().rev() {
            let (rest, own) = dense.split_at(dense.len() - layer.dense_count());
            dense = rest;
            // Below the first dense layer nothing has parameters, so nothing needs the cotangent.
            let wanted = wanted || !dense.is_empty();
            let child = children.pop().unwrap_or(Saved::Nothing);
            if !wanted && own.is_empty() {
                return None;
            }
            cotangent = layer.reverse(own, child, cotangent, sink, wanted)?;
        }
        Some(cotangent)
    }

    fn limit(&self, state: KernelState) -> Result<KernelState> {
        self.layers.iter().try_fold(state, |state, layer| layer.limit(state))
    }
}

use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, IntoLayers, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::Array2;

/// Serial composition.
///
/// `f(x) = f_L(… f_2(f_1(x)))`.
///
/// ## Limit rule
/// The composition of the layers' rules, `(K, Θ) ← rule_l(K, Θ)` for `l = 1, …, L`: each rule is a map of the state before it.
/// ## Shapes
/// `x: [n, d] -> the last layer's output`, or from images of any size.
/// ## Errors
/// [`Error::NoBranches`] without layers; those of the layers.
/// ## Cost
/// That of the layers; in reverse it stops below the first parameter. Limit: the sum of theirs.
/// ## References
/// Jacot, Gabriel and Hongler 2018 (the recursion over layers).
#[derive(Clone, Debug, PartialEq)]
pub struct Serial {
    layers: Vec<Layer>,
}

/// Layers one after the other: a list of them, or a [tuple](IntoLayers) that mixes ops and layers.
pub fn serial<Form>(layers: impl IntoLayers<Form>) -> Layer {
    Serial { layers: layers.into_layers() }.into()
}

/// The layer `times` times one after the other, each with parameters of its own.
pub fn repeat(times: usize, layer: impl Into<Layer>) -> Layer {
    Serial { layers: vec![layer.into(); times] }.into()
}

impl Op for Serial {
    fn label(&self) -> String {
        "serial".into()
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { layers } = self;
        to.layers(layers);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        if self.layers.is_empty() {
            return Err(Error::NoBranches { op: "serial" });
        }
        self.layers.iter().try_fold(input, |shape, layer| layer.shape(site, shape, slots))
    }

    fn children(&self) -> &[Layer] {
        &self.layers
    }

    fn passes_input(&self) -> bool {
        self.layers.iter().all(Layer::passes_input)
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        self.layers.iter().try_fold(input, |split, layer| layer.splits(split, found))
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, mut x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let mut children = Vec::with_capacity(self.layers.len());
        for (layer, own) in scope.split(&self.layers) {
            let (y, saved) = layer.forward(own, x, tape);
            x = y;
            children.push(saved);
        }
        (x, if tape { Saved::Children(children) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        mut cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Children(mut children) = saved else { unreachable!("serial saves its children") };
        for (layer, own) in scope.split(&self.layers).rev() {
            // Below the first parameter nothing needs the cotangent.
            let wanted = wanted || scope.begins_before(&own);
            let child = children.pop().expect("a child for every layer");
            if !wanted && own.is_empty() {
                return None;
            }
            cotangent = layer.reverse(own, child, cotangent, sink, wanted)?;
        }
        Some(cotangent)
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        if self.layers.is_empty() {
            return Err(Error::NoBranches { op: "serial" });
        }
        scope.split(&self.layers).try_fold(state, |state, (layer, own)| layer.limit(own, state))
    }
}

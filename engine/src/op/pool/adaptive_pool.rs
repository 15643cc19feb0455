use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, KernelState, Law, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, Width,
};
use ndarray::{Array2, ArrayView2, Axis, s};
use std::ops::Range;

/// Adaptive average pooling.
///
/// Of a vector of `d` features to `m`: `y_u = mean x[⌊u d/m⌋ .. ⌈(u+1) d/m⌉]`. For `m` a multiple of `d` it repeats every
/// feature `m/d` times; the anchor paper's deep form brings the input to the width with it.
///
/// ## Limit rule
/// On the network's input `K' = K = x·x'/d`, `Θ' = 0` as the width grows, since each feature fills the same share of units. The
/// units differ.
/// ## Shapes
/// `x: [n, d] -> [n, m]`, images flattened.
/// ## Errors
/// [`Error::Range`] for width 0; in the limit [`Error::NoClosedForm`] elsewhere than on the input, and to a fixed width that is
/// not a multiple of `d`.
/// ## Cost
/// At most `n (d + 3m)` operations forward and twice that in reverse; it keeps a shape. No parameters, so no share of the
/// tangent kernel. Limit: none beyond the input's.
/// ## References
/// Wu et al. 2022 (deep form); the limit is derived in this crate, checked by `tests/conformance/limits.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let product = hadamard([serial([hidden(), relu()]), adaptive_pool()]);
/// let kernels = network("gated by the input", serial([product, dense(1)])).limit_kernel(&array![[3.0, 4.0]])?;
/// let q = 25.0 / 2.0;                                         // of the hidden layer and of the input
/// assert!((kernels.nngp().values()[[0, 0]] - q / 2.0 * q).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AdaptivePool {
    width: Width,
}

/// Adaptive average pooling to the network's width.
pub fn adaptive_pool() -> Layer {
    AdaptivePool { width: Width::Hidden }.into()
}

const OP: &str = "adaptive pool";

impl AdaptivePool {
    /// To a fixed width.
    pub fn to(width: usize) -> Self {
        Self { width: Width::Fixed(width) }
    }

    fn units<F: Element>(&self, scope: &Scope<'_, F>) -> usize {
        self.width.number(scope.hidden).expect("checked with the shapes")
    }

    /// The features that unit `unit` of `units` averages.
    fn window(unit: usize, units: usize, features: usize) -> Range<usize> {
        unit * features / units..((unit + 1) * features).div_ceil(units)
    }

    fn pool<F: Element>(x: ArrayView2<'_, F>, units: usize) -> Array2<F> {
        let mut y = Array2::zeros((x.nrows(), units));
        for (unit, mut column) in y.columns_mut().into_iter().enumerate() {
            let window = Self::window(unit, units, x.ncols());
            let share = F::of(1.0 / window.len() as f64);
            column.assign(&(x.slice(s![.., window]).sum_axis(Axis(1)) * share));
        }
        y
    }
}

impl Op for AdaptivePool {
    fn label(&self) -> String {
        format!("adaptive pool({})", self.width)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { width } = self;
        to.width(*width);
    }

    fn shape(&self, site: &Site, _input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        Ok(Shape::vector(self.width.resolve(OP, site.hidden)?))
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (shape, units) = (x.shape, self.units(&scope));
        let y = Self::pool(x.into_rows().view(), units);
        (Batch::new(y, Shape::vector(units)), if tape { Saved::Shape(shape) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        _scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Shape(input) = saved else { unreachable!("a pool saves its input's shape") };
        wanted.then(|| {
            let units = cotangent.ncols();
            let mut x = Array2::zeros((cotangent.nrows(), input.len()));
            for (unit, column) in cotangent.columns().into_iter().enumerate() {
                let window = Self::window(unit, units, input.len());
                let share = F::of(1.0 / window.len() as f64);
                for feature in window {
                    x.column_mut(feature).scaled_add(share, &column);
                }
            }
            crate::op::layer::batch::reshaped(x.into_shared(), Shape::vector(input.len()), input).into_owned()
        })
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        let state = state.flattened();
        let Law::Input { features } = state.law else { return Err(Error::NoClosedForm { op: OP }) };
        if let Width::Fixed(width) = self.width
            && width % features != 0
        {
            return Err(Error::NoClosedForm { op: OP });
        }
        Ok(KernelState { law: Law::Other(OP), channels: self.width.number(scope.site.hidden), ..state })
    }
}

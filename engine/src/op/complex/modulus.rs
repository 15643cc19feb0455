use super::polar::{self, Mode};
use crate::error::Result;
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::{Array2, Zip, s};

/// Modulus.
///
/// `y = |z| = √(x² + y²)`: from complex to real numbers, with slope 0 at 0.
///
/// ## Limit rule
/// As of [`Radial`](crate::op::Radial), by its one angular mode `|z| = r e^{0 iθ}`. The output has a mean.
/// ## Shapes
/// `z: [n, m] complex -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::Unlike`](crate::Error::Unlike) after a real layer; [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not
/// Gaussian.
/// ## Cost
/// 4 operations a number forward, 6 in reverse; it keeps its input. No parameters, so no share of the tangent kernel. Limit: as of
/// [`Radial`](crate::op::Radial).
/// ## References
/// Definition only; the rule is derived in this crate and checked by `tests/complex.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Modulus;

/// `|z|`.
pub fn modulus() -> Layer {
    Modulus.into()
}

impl Op for Modulus {
    fn label(&self) -> String {
        "modulus".into()
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    fn domain(&self) -> Domain {
        Domain::Complex
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        Ok(input.of_reals())
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn compares_positions(&self) -> bool {
        true
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, _scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let (real, imaginary) = (x.values.slice(s![0..;2, ..]), x.values.slice(s![1..;2, ..]));
        let values = Zip::from(real).and(imaginary).map_collect(|&x, &y| {
            let square = x * x + y * y;
            // Where it is 0 its derivative is taken to be.
            if square > F::zero() { square.sqrt() } else { F::zero() }
        });
        let shape = x.shape.of_reals();
        (Batch::new(values, shape), if tape { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        _scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Array(x) = saved else { unreachable!("a modulus saves its input") };
        wanted.then(|| {
            let mut passed = x.values.into_owned();
            let (mut real, mut imaginary) = passed.multi_slice_mut((s![0..;2, ..], s![1..;2, ..]));
            Zip::from(&mut real).and(&mut imaginary).and(&cotangent).for_each(|x, y, &c| {
                let r = (*x * *x + *y * *y).sqrt();
                let share = if r > F::zero() { c / r } else { F::zero() };
                [*x, *y] = [share * *x, share * *y];
            });
            passed
        })
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        let modes = vec![Mode::new(0, |r| [r, 1.0], &[])];
        Ok(polar::limit("modulus", modes, state)?.part(0))
    }
}

//! Activations that mix the parts of a complex number, and what they share: each acts on every number by itself.

use super::polar::Mode;
use crate::error::Result;
use crate::linalg::Element;
use crate::number::Number;
use crate::op::{Batch, Fingerprint};
use ndarray::{Array2, Zip, s};

/// A function of complex numbers, applied to every one: `(x, y) -> (φ_re, φ_im)`. An activation's file gives these and calls
/// `complex_activation!`, from which [`Op`](crate::op::Op) follows.
pub trait ComplexActivation {
    /// The field's name, for errors.
    fn name(&self) -> &'static str;
    /// See [`Op::settings`](crate::op::Op::settings).
    fn settings(&self, to: &mut Fingerprint<'_>);
    /// Checks the numbers and functions that belong to it.
    ///
    /// # Errors
    /// For what is illegal.
    fn check(&self) -> Result<()> {
        Ok(())
    }
    /// See [`Op::check_second_derivative`](crate::op::Op::check_second_derivative).
    ///
    /// # Errors
    /// [`Error::NoSecondDerivative`](crate::Error::NoSecondDerivative) where it is not known.
    fn check_curvature(&self) -> Result<()> {
        Ok(())
    }
    /// `φ(x + i y)`, by parts.
    fn value<F: Number>(&self, z: [F; 2]) -> [F; 2];
    /// `[[∂φ_re/∂x, ∂φ_re/∂y], [∂φ_im/∂x, ∂φ_im/∂y]]`.
    fn slope<F: Number>(&self, z: [F; 2]) -> [[F; 2]; 2];
    /// `φ(r e^{iθ}) = Σ_m f_m(r) e^{imθ}`, of which the limit rule is made.
    ///
    /// # Errors
    /// Of one without a limit, with the reason.
    fn modes(&self) -> Result<Vec<Mode>>;
}

/// `φ` of rows by place and part.
pub(super) fn forward<F: Element>(activation: &impl ComplexActivation, x: Batch<F>) -> Batch<F> {
    let shape = x.shape;
    let mut values = x.values.into_owned();
    let (mut real, mut imaginary) = values.multi_slice_mut((s![0..;2, ..], s![1..;2, ..]));
    Zip::from(&mut real).and(&mut imaginary).for_each(|x, y| [*x, *y] = activation.value([*x, *y]));
    Batch::new(values, shape)
}

/// The cotangent of the input.
pub(super) fn reverse<F: Element>(
    activation: &impl ComplexActivation,
    x: &Batch<F>,
    mut cotangent: Array2<F>,
) -> Array2<F> {
    let (mut real, mut imaginary) = cotangent.multi_slice_mut((s![0..;2, ..], s![1..;2, ..]));
    let (x, y) = (x.values.slice(s![0..;2, ..]), x.values.slice(s![1..;2, ..]));
    Zip::from(&mut real).and(&mut imaginary).and(x).and(y).for_each(|a, b, &x, &y| {
        let [[xx, xy], [yx, yy]] = activation.slope([x, y]);
        [*a, *b] = [*a * xx + *b * yx, *a * xy + *b * yy];
    });
    cotangent
}

/// The op of a [`ComplexActivation`].
macro_rules! complex_activation {
    ($name:ty) => {
        impl $crate::op::Op for $name {
            fn label(&self) -> String {
                $crate::op::complex::ComplexActivation::name(self).into()
            }

            fn settings(&self, to: &mut $crate::op::Fingerprint<'_>) {
                $crate::op::complex::ComplexActivation::settings(self, to);
            }

            fn domain(&self) -> $crate::op::Domain {
                $crate::op::Domain::Complex
            }

            fn shape(
                &self,
                _site: &$crate::op::Site,
                input: $crate::op::Shape,
                _slots: &mut Vec<$crate::op::Slot>,
            ) -> $crate::error::Result<$crate::op::Shape> {
                $crate::op::complex::ComplexActivation::check(self)?;
                Ok(input)
            }

            fn splits(
                &self,
                _input: $crate::op::Split,
                _found: &mut Vec<$crate::op::Split>,
            ) -> Option<$crate::op::Split> {
                None
            }

            fn passes_input(&self) -> bool {
                true
            }

            fn compares_positions(&self) -> bool {
                true
            }

            fn check_second_derivative(&self) -> $crate::error::Result<()> {
                self.check_curvature()
            }

            fn forward<F: $crate::linalg::Element>(
                &self,
                _scope: $crate::op::Scope<'_, F>,
                x: $crate::op::Batch<F>,
                tape: bool,
            ) -> ($crate::op::Batch<F>, $crate::op::Saved<F>) {
                let saved = if tape { $crate::op::Saved::Array(x.clone()) } else { $crate::op::Saved::Nothing };
                ($crate::op::complex::activation::forward(self, x), saved)
            }

            fn reverse<F: $crate::linalg::Element>(
                &self,
                _scope: $crate::op::Scope<'_, F>,
                saved: $crate::op::Saved<F>,
                cotangent: ndarray::Array2<F>,
                _sink: &mut dyn $crate::op::Sink<F>,
                wanted: bool,
            ) -> Option<ndarray::Array2<F>> {
                let $crate::op::Saved::Array(x) = saved else { unreachable!("an activation saves its input") };
                wanted.then(|| $crate::op::complex::activation::reverse(self, &x, cotangent))
            }

            fn limit<E: $crate::number::Real>(
                &self,
                _scope: $crate::op::LimitScope<'_, E>,
                state: $crate::op::KernelState<E>,
            ) -> $crate::error::Result<$crate::op::KernelState<E>> {
                $crate::op::complex::polar::limit(
                    $crate::op::complex::ComplexActivation::name(self),
                    self.modes()?,
                    state,
                )
            }
        }
    };
}
pub(super) use complex_activation;

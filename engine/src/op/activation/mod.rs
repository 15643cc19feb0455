//! Scalar activations, one per file, and what they share: each acts on every unit by itself and has no parameters.

mod abs;
mod cross_moment;
mod elementwise;
mod erf;
mod gelu;
mod hermite;
mod identity;
mod leaky_relu;
mod monomial;
mod quadrature;
mod rectified_power;
mod relu;
mod scale_mixture;
mod series;
mod sigmoid;
mod sine;
mod tanh;

pub use abs::{Abs, abs};
pub use elementwise::{Elementwise, elementwise};
pub use erf::{Erf, erf};
pub use gelu::{Gelu, gelu};
pub use hermite::{Hermite, hermite};
pub use identity::{Identity, identity};
pub use leaky_relu::{LeakyRelu, leaky_relu};
pub use monomial::{Monomial, monomial};
pub use rectified_power::{RectifiedPower, rectified_power};
pub use relu::{Relu, relu};
pub use sigmoid::{Sigmoid, sigmoid};
pub use sine::{Sine, cos, sin};
pub use tanh::{Tanh, tanh};

use crate::error::Result;
use crate::linalg::{Element, wide};
use crate::number::{Number, Real};
use crate::op::{
    Batch, Domain, Fingerprint, KernelState, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use ndarray::Array2;

/// A scalar function applied to every unit. An activation's file gives these, [`Op`] follows.
pub trait Activation {
    /// True if [`Activation::slope`] is a function of the output, so that the input need not be kept.
    const SLOPE_OF_OUTPUT: bool;
    /// The field's name, for errors.
    fn name(&self) -> &'static str;
    /// The numbers that belong to it, for trees; empty without any.
    fn numbers(&self) -> String {
        String::new()
    }
    /// Hands the numbers that belong to it to `to`: see [`Op::settings`].
    fn settings(&self, to: &mut Fingerprint<'_>);
    /// Checks the numbers that belong to it.
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) for an illegal number.
    fn check(&self) -> Result<()> {
        Ok(())
    }
    /// The share of the second moments to which [`Activation::dual`] knows them; 0 where it has all digits.
    fn tolerance(&self) -> f64 {
        0.0
    }
    /// See [`Op::check_second_derivative`].
    ///
    /// # Errors
    /// [`Error::NoSecondDerivative`](crate::Error::NoSecondDerivative) where `φ''` is not known.
    fn check_curvature(&self) -> Result<()> {
        Ok(())
    }
    /// `φ(u)`.
    fn value<F: Number>(&self, u: F) -> F;
    /// `φ'`, as a function of the output or of the input: see [`Activation::SLOPE_OF_OUTPUT`].
    fn slope<F: Number>(&self, kept: F) -> F;
    /// The dual activation: `E φ(u)φ(v)` and `E φ'(u)φ'(v)` for Gaussian `u, v`.
    ///
    /// # Errors
    /// [`Error::NoLimitRule`](crate::Error::NoLimitRule) if the state is not Gaussian.
    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>>;
}

wide! {
    /// `φ` of every number of a line.
    fn replace_by_values[A: Activation, F: Element](activation: &A, line: &mut [F]) {
        for u in line {
            *u = activation.value(*u);
        }
    }
}

wide! {
    /// `φ'` of what was kept times every number of a line.
    fn multiply_by_slopes[A: Activation, F: Element](activation: &A, line: &mut [F], kept: &[F]) {
        for (c, &k) in line.iter_mut().zip(kept) {
            *c *= activation.slope(k);
        }
    }
}

impl<A: Activation> Op for A {
    fn label(&self) -> String {
        self.name().to_string() + &self.numbers()
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        Activation::settings(self, to);
    }

    fn shape(&self, _site: &Site, input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        self.check()?;
        Ok(input)
    }

    /// Of complex numbers on both parts.
    fn domain(&self) -> Domain {
        Domain::Both
    }

    fn splits(&self, input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        Some(input)
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn limit_tolerance(&self) -> f64 {
        Activation::tolerance(self)
    }

    fn check_second_derivative(&self) -> Result<()> {
        self.check_curvature()
    }

    fn forward<F: Element>(&self, _scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let input = (tape && !A::SLOPE_OF_OUTPUT).then(|| x.clone());
        let mut values = x.values.into_owned();
        let line = values.as_slice_memory_order_mut().expect("an owned array has no gaps");
        replace_by_values(self, line);
        let y = Batch::new(values, x.shape);
        let saved = match (tape, input) {
            (false, _) => Saved::Nothing,
            (true, Some(input)) => Saved::Array(input),
            (true, None) => Saved::Array(y.clone()),
        };
        (y, saved)
    }

    fn reverse<F: Element>(
        &self,
        _scope: Scope<'_, F>,
        saved: Saved<F>,
        mut cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Array(kept) = saved else { unreachable!("an activation saves an array") };
        wanted.then(|| {
            match (cotangent.as_slice_mut(), kept.values.as_slice()) {
                (Some(cotangents), Some(kept)) => multiply_by_slopes(self, cotangents, kept),
                _ => cotangent.zip_mut_with(&kept.values, |c, &k| *c *= self.slope(k)),
            }
            cotangent
        })
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, state: KernelState<E>) -> Result<KernelState<E>> {
        self.dual(state)
    }
}

//! What every scalar activation shares: it acts on each unit by itself and has no parameters.

use super::{Batch, Dense, DenseView, KernelState, Op, Saved, Sink, Split};
use crate::error::Result;
use crate::linalg::Scalar;
use ndarray::Array2;

/// A scalar function applied to every unit. An activation's file gives these four, [`Op`] follows.
pub trait Activation: Sized {
    /// The field's name.
    const NAME: &'static str;
    /// True if [`Activation::slope`] is a function of the output, so that the input need not be kept.
    const SLOPE_OF_OUTPUT: bool;
    /// `φ(u)`.
    fn value<F: Scalar>(u: F) -> F;
    /// `φ'`, as a function of the output or of the input: see [`Activation::SLOPE_OF_OUTPUT`].
    fn slope<F: Scalar>(kept: F) -> F;
    /// The dual activation: `E φ(u)φ(v)` and `E φ'(u)φ'(v)` for Gaussian `u, v`.
    ///
    /// # Errors
    /// [`Error::NoLimitRule`](crate::Error::NoLimitRule) if the state is not Gaussian.
    fn dual(state: KernelState) -> Result<KernelState>;
}

impl<A: Activation> Op for A {
    fn name(&self) -> String {
        A::NAME.into()
    }

    fn output_width(&self, input: usize, _hidden: Option<usize>) -> Result<usize> {
        Ok(input)
    }

    fn dense_layers<'a>(&'a self, _found: &mut Vec<&'a Dense>) {}

    fn input_widths(&self, input: usize, _hidden: Option<usize>, _found: &mut Vec<usize>) -> Result<usize> {
        Ok(input)
    }

    fn splits(&self, input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        Some(input)
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn forward<F: Scalar>(&self, _dense: &[DenseView<'_, F>], x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let input = (tape && !A::SLOPE_OF_OUTPUT).then(|| x.clone());
        let mut y = x.into_owned();
        y.mapv_inplace(A::value);
        let y = y.into_shared();
        let saved = match (tape, input) {
            (false, _) => Saved::Nothing,
            (true, Some(input)) => Saved::Array(input),
            (true, None) => Saved::Array(y.clone()),
        };
        (y, saved)
    }

    fn reverse<F: Scalar>(
        &self,
        _dense: &[DenseView<'_, F>],
        saved: Saved<F>,
        mut cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Array(kept) = saved else { unreachable!("an activation saves an array") };
        wanted.then(|| {
            cotangent.zip_mut_with(&kept, |c, &k| *c *= A::slope(k));
            cotangent
        })
    }

    fn limit(&self, state: KernelState) -> Result<KernelState> {
        A::dual(state)
    }
}

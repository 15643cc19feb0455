use super::weighted::add_row;
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, KernelState, Layer, LimitScope, Op, Parametrisation, Role, Saved, Scope, Shape, Sink, Site,
    Slot, Split, VectorVisit, sum_positions,
};
use ndarray::Array2;

/// Trained bias.
///
/// `y = x + σ_b b`, one `b ~ N(0, 1)` per channel, the same at every position.
///
/// ## Limit rule
/// `K' = K + σ_b²`, `Θ' = Θ + σ_b²` (`Θ + 1` under [`Parametrisation::Standard`], unless `σ_b = 0`): an independent Gaussian of
/// mean zero is added to every unit, which stays Gaussian if it was.
/// ## Shapes
/// `x: [n, c] -> [n, c]`, or images of any size.
/// ## Errors
/// [`Error::Range`] unless `σ_b` is finite; [`Error::NoLimitRule`] on the raw input, whose units are not many.
/// ## Cost
/// `2 n c` operations forward per position; it keeps nothing. Its share of the tangent kernel: `n² c`. Limit: 2 operations per
/// pair.
/// ## References
/// Jacot, Gabriel and Hongler 2018 (as part of a dense layer).
#[derive(Clone, Debug, PartialEq)]
pub struct Bias {
    sigma_b: f64,
}

/// A trained bias with standard deviation `sigma_b` at initialisation.
pub fn bias(sigma_b: f64) -> Layer {
    Bias { sigma_b }.into()
}

impl Op for Bias {
    fn label(&self) -> String {
        format!("bias(σ_b = {:.4})", self.sigma_b)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { sigma_b } = self;
        to.number(*sigma_b);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        if !self.sigma_b.is_finite() {
            return Err(Error::Range { place: "bias", what: "σ_b", value: self.sigma_b, legal: "finite" });
        }
        let (deviation, gain) = match site.parametrisation {
            Parametrisation::Standard if self.sigma_b != 0.0 => (self.sigma_b.abs(), self.sigma_b.signum()),
            _ => (1.0, self.sigma_b),
        };
        slots.push(Slot {
            op: "bias",
            name: "bias",
            role: Role::Vector,
            dim: (1, input.channels),
            positions: input.positions(),
            mean: 0.0,
            deviation,
            gain,
            rate: 1.0,
        });
        Ok(input)
    }

    fn slot_count(&self) -> usize {
        1
    }

    fn passes_input(&self) -> bool {
        true
    }

    fn splits(&self, input: Split, found: &mut Vec<Split>) -> Option<Split> {
        found.push(input);
        Some(input)
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let mut values = x.values.into_owned();
        add_row(&scope, 0, &mut values);
        (Batch::new(values, x.shape), if tape { Saved::Shape(x.shape) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Shape(shape) = saved else { unreachable!("a bias saves its shape") };
        // A bias of a sum over slices is there in the first alone.
        if let Some(bias) = scope.get(0) {
            let gradient = sum_positions(cotangent.view(), shape.positions());
            sink.vector(VectorVisit { parameter: bias.number, gradient: gradient.view(), gain: bias.gain });
        }
        wanted.then_some(cotangent)
    }

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, mut state: KernelState<E>) -> Result<KernelState<E>> {
        if let crate::op::Law::Input { .. } = state.law {
            return Err(Error::NoLimitRule { op: "bias", before: "the raw input" });
        }
        let variance = self.sigma_b * self.sigma_b;
        let tangent = match scope.site.parametrisation {
            Parametrisation::Standard if variance != 0.0 => 1.0,
            _ => variance,
        };
        state.gaps_with_bias([1.0, variance]);
        state.nngp += E::of(variance);
        state.ntk += E::of(scope.trained(0, tangent));
        state.rows.second += E::of(variance);
        state.columns.second += E::of(variance);
        Ok(state)
    }
}

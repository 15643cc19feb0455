//! What ops with a weight share: a weight that acts on rows, and a bias.

use super::Gain;
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Number;
use crate::number::Real;
use crate::op::{
    KernelState, Law, LimitScope, Parametrisation, Role, Scope, Sink, Slot, VectorVisit, WeightVisit, Width,
    sum_positions,
};
use ndarray::{Array2, ArrayView2};

/// # Errors
/// [`Error::Range`] for a number that is not finite.
pub fn check(op: &'static str, gain: Gain, sigma_b: Option<f64>) -> Result<()> {
    let numbers = match gain {
        Gain::FanIn(value) => ("σ_w", value),
        Gain::Plain(value) => ("the gain", value),
    };
    for (what, value) in [Some(numbers), sigma_b.map(|b| ("σ_b", b))].into_iter().flatten() {
        if !value.is_finite() {
            return Err(Error::Range { place: op, what, value, legal: "finite" });
        }
    }
    Ok(())
}

/// The weight and the bias, with scales as the parametrisation has them.
pub fn slots(
    op: &'static str,
    parametrisation: Parametrisation,
    (gain, sigma_b): (Gain, Option<f64>),
    dim: (usize, usize),
    positions: usize,
) -> Vec<Slot> {
    let gain = match gain {
        Gain::FanIn(sigma_w) => sigma_w / (dim.0 as f64).sqrt(),
        Gain::Plain(gain) => gain,
    };
    let slot = |name, role, dim, scale: f64| {
        // A scale of zero has no place in the initial weights only: it switches the weight off.
        let (deviation, gain) = match parametrisation {
            Parametrisation::Standard if scale != 0.0 => (scale.abs(), scale.signum()),
            _ => (1.0, scale),
        };
        Slot { op, name, role, dim, positions, mean: 0.0, deviation, gain, rate: 1.0 }
    };
    let weight = slot("weight", Role::Weight, dim, gain);
    let bias = sigma_b.map(|sigma_b| slot("bias", Role::Vector, (1, dim.1), sigma_b));
    std::iter::once(weight).chain(bias).collect()
}

/// Why there is a weight.
const WEIGHT: &str = "an affine op has a weight in every slice";

/// `gain rows W + σ_b b`.
pub fn apply<F: Element>(scope: &Scope<'_, F>, rows: ArrayView2<'_, F>) -> Array2<F> {
    let weight = scope.get(0).expect(WEIGHT);
    let mut y = F::times(Number::of(weight.gain), &rows, &weight.weight);
    add_row(scope, 1, &mut y);
    y
}

/// Adds the gain times a vector parameter to every row.
pub fn add_row<F: Element>(scope: &Scope<'_, F>, index: usize, y: &mut Array2<F>) {
    if let Some(bias) = scope.get(index) {
        let (row, gain) = (F::row(&bias.weight), F::of(bias.gain));
        for mut y in y.rows_mut() {
            y.zip_mut_with(&row, |y, &b| *y += gain * b);
        }
    }
}

/// Visits bias and weight; returns the cotangent of the rows if it is wanted.
pub fn reverse<F: Element>(
    scope: &Scope<'_, F>,
    rows: ArrayView2<'_, F>,
    cotangent: ArrayView2<'_, F>,
    positions: usize,
    sink: &mut dyn Sink<F>,
    wanted: bool,
) -> Option<Array2<F>> {
    if let Some(bias) = scope.get(1) {
        let gradient = sum_positions(cotangent.view(), positions);
        sink.vector(VectorVisit { parameter: bias.number, gradient: gradient.view(), gain: bias.gain });
    }
    let weight = scope.get(0).expect(WEIGHT);
    sink.weight(WeightVisit {
        parameter: weight.number,
        input: rows,
        cotangent: cotangent.view(),
        positions,
        gain: weight.gain,
    });
    wanted.then(|| F::times_transposed(Number::of(weight.gain), &cotangent, &weight.weight))
}

/// The limit of the affine map, given the state of its rows.
///
/// # Errors
/// See [`Dense`].
pub fn limit<E: Real>(
    scope: LimitScope<'_, E>,
    (gain, sigma_b): (Gain, Option<f64>),
    rows: KernelState<E>,
    places: usize,
    width: Width,
) -> Result<KernelState<E>> {
    let variance_w = match (gain, rows.law) {
        (Gain::FanIn(sigma_w), _) => sigma_w * sigma_w,
        (Gain::Plain(gain), Law::Input { features }) => gain * gain * (places * features) as f64,
        (Gain::Plain(_), _) => {
            return Err(Error::NoLimitRule { op: "dense with a plain gain", before: "a layer of infinite width" });
        }
    };
    let variance_b = sigma_b.map_or(0.0, |b| b * b);
    let tangent = match scope.site.parametrisation {
        Parametrisation::Ntk | Parametrisation::MuP => [variance_w, variance_b],
        Parametrisation::Standard => {
            let channels = rows.channels.ok_or(Error::Unset { network: "network".into(), what: "width" })?;
            let on = |scale: f64| if scale == 0.0 { 0.0 } else { 1.0 };
            [(places * channels) as f64 * on(variance_w), on(variance_b)]
        }
    };
    let weight = scope.trained(0, tangent[0]);
    let bias = if sigma_b.is_some() { scope.trained(1, tangent[1]) } else { 0.0 };
    let tangent = [weight, bias];
    Ok(rows.weights([variance_w, variance_b], tangent, width.number(scope.site.hidden)))
}

/// The gain and the bias in words.
pub fn numbers(gain: Gain, sigma_b: Option<f64>) -> String {
    let gain = match gain {
        Gain::FanIn(sigma_w) => format!("σ_w = {sigma_w:.4}"),
        Gain::Plain(gain) => format!("gain {gain:.4}"),
    };
    gain + &sigma_b.map_or(String::new(), |b| format!(", σ_b = {b:.4}"))
}

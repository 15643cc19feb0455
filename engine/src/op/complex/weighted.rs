//! What ops with complex weights share: a complex matrix that acts on rows, and a complex bias, both as pairs of real arrays.
//!
//! A complex row is two real ones, `h_re` and below it `h_im`. With `J h = (-h_im; h_re)`, which is `i h`, the product with
//! `W = A + i B` is `h A + (J h) B`: two real weights that act on two rows each, visited as weights at two positions.

use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::{Number, Real};
use crate::op::affine::weighted;
use crate::op::{
    Gain, KernelState, LimitScope, Parametrisation, Role, Scope, Sink, Slot, VectorVisit, WeightVisit, Width,
};
use ndarray::{Array2, ArrayView2, Axis, s};

/// Numbers of an affine op: `σ_w`, and `σ_b` of one with a bias.
pub type Numbers = (f64, Option<f64>);

/// The parameter after the real part of a weight.
pub const IMAGINARY_WEIGHT: &str = "imaginary_weight";

/// Parameters of an op without and with a bias.
pub fn count(sigma_b: Option<f64>) -> usize {
    if sigma_b.is_some() { 4 } else { 2 }
}

/// `A`, `B`, and the two parts of the bias, with scales as the parametrisation has them: entries of `W` have `E|w|² = σ_w²/in`, of
/// which either part has half, and those of the bias `E|b|² = 2 σ_b²`.
pub fn slots(
    op: &'static str,
    parametrisation: Parametrisation,
    (sigma_w, sigma_b): Numbers,
    dim: (usize, usize),
    positions: usize,
) -> Vec<Slot> {
    let real = weighted::slots(op, parametrisation, (Gain::FanIn(sigma_w / 2f64.sqrt()), sigma_b), dim, positions);
    let part = |slot: &Slot, name| Slot { name, ..slot.clone() };
    let both = |slot: &Slot| match slot.role {
        Role::Weight => [part(slot, "real_weight"), part(slot, IMAGINARY_WEIGHT)],
        Role::Vector => [part(slot, "real_bias"), part(slot, "imaginary_bias")],
    };
    real.iter().flat_map(both).collect()
}

/// `i h`: `(-h_im; h_re)` for rows `[n · positions · 2, channels]`.
pub fn turned<F: Element>(rows: ArrayView2<'_, F>) -> Array2<F> {
    swapped(rows, F::of(-1.0), F::one())
}

/// The transpose of [`turned`]: `(h_im; -h_re)`.
fn turned_back<F: Element>(rows: ArrayView2<'_, F>) -> Array2<F> {
    swapped(rows, F::one(), F::of(-1.0))
}

/// `(a h_im; b h_re)`.
fn swapped<F: Element>(rows: ArrayView2<'_, F>, a: F, b: F) -> Array2<F> {
    let mut out = Array2::zeros(rows.dim());
    out.slice_mut(s![0..;2, ..]).zip_mut_with(&rows.slice(s![1..;2, ..]), |y, &x| *y = a * x);
    out.slice_mut(s![1..;2, ..]).zip_mut_with(&rows.slice(s![0..;2, ..]), |y, &x| *y = b * x);
    out
}

/// Why there is a weight.
const WEIGHT: &str = "an affine op has both weights in every slice";

/// `gain (rows A + (J rows) B) + σ_b b`.
pub fn apply<F: Element>(scope: &Scope<'_, F>, rows: ArrayView2<'_, F>) -> Array2<F> {
    let (a, b) = (scope.get(0).expect(WEIGHT), scope.get(1).expect(WEIGHT));
    let mut y = F::times(Number::of(a.gain), &rows, &a.weight);
    y += &F::times(Number::of(b.gain), &turned(rows).view(), &b.weight);
    for part in 0..2 {
        if let Some(bias) = scope.get(2 + part) {
            let (row, gain) = (F::row(&bias.weight), F::of(bias.gain));
            for mut y in y.slice_mut(s![part..;2, ..]).rows_mut() {
                y.zip_mut_with(&row, |y, &b| *y += gain * b);
            }
        }
    }
    y
}

/// Visits biases and weights; returns the cotangent of the rows if it is wanted. `positions` counts parts.
pub fn reverse<F: Element>(
    scope: &Scope<'_, F>,
    rows: ArrayView2<'_, F>,
    cotangent: ArrayView2<'_, F>,
    positions: usize,
    sink: &mut dyn Sink<F>,
    wanted: bool,
) -> Option<Array2<F>> {
    for part in 0..2 {
        if let Some(bias) = scope.get(2 + part) {
            let own = cotangent.slice(s![part..;2, ..]);
            let mut gradient = Array2::zeros((own.nrows() / (positions / 2), own.ncols()));
            for (block, mut sum) in own.axis_chunks_iter(Axis(0), positions / 2).zip(gradient.rows_mut()) {
                block.rows().into_iter().for_each(|row| sum += &row);
            }
            sink.vector(VectorVisit { parameter: bias.number, gradient: gradient.view(), gain: bias.gain });
        }
    }
    let (a, b) = (scope.get(0).expect(WEIGHT), scope.get(1).expect(WEIGHT));
    let turned = turned(rows);
    for (weight, input) in [(&a, rows), (&b, turned.view())] {
        let (parameter, gain) = (weight.number, weight.gain);
        sink.weight(WeightVisit { parameter, input, cotangent, positions, gain });
    }
    wanted.then(|| {
        let mut passed = F::times_transposed(Number::of(a.gain), &cotangent, &a.weight);
        passed += &turned_back(F::times_transposed(Number::of(b.gain), &cotangent, &b.weight).view());
        passed
    })
}

/// The limit of the complex affine map, given the state of its rows: see [`ComplexDense`](crate::op::ComplexDense).
pub fn limit<E: Real>(
    scope: LimitScope<'_, E>,
    (sigma_w, sigma_b): Numbers,
    rows: KernelState<E>,
    places: usize,
    width: Width,
) -> Result<KernelState<E>> {
    let (variance_w, variance_b) = (sigma_w * sigma_w, sigma_b.map_or(0.0, |b| b * b));
    let [weight, bias] = match scope.site.parametrisation {
        Parametrisation::Ntk | Parametrisation::MuP => [variance_w / 2.0, variance_b],
        Parametrisation::Standard => {
            let unset = || Error::Unset { network: "network".into(), what: "width" };
            let channels = rows.channels.ok_or_else(unset)?;
            let on = |scale: f64| if scale == 0.0 { 0.0 } else { 1.0 };
            [(places * channels) as f64 * on(variance_w), on(variance_b)]
        }
    };
    let weights = [0, 1].map(|index| scope.trained(index, weight));
    let biases = [2, 3].map(|index| if sigma_b.is_some() { scope.trained(index, bias) } else { 0.0 });
    Ok(rows.complex_weights([variance_w, variance_b], weights, biases, width.number(scope.site.hidden)))
}

/// The numbers in words.
pub fn numbers((sigma_w, sigma_b): Numbers) -> String {
    weighted::numbers(Gain::FanIn(sigma_w), sigma_b)
}

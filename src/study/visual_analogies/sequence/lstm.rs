use crate::linalg::Scalar;
use ndarray::{Array2, ArrayView2, Axis, s};

/// Long short-term memory: one layer, started from zeros.
///
/// With `a_t = x_t W + h_{t-1} U + b`, cut into four parts of `h` units `a^i, a^f, a^g, a^o`, and the logistic sigmoid `σ`:
/// `i = σ(a^i)`, `f = σ(a^f)`, `g = tanh(a^g)`, `o = σ(a^o)`, `c_t = f ∘ c_{t-1} + i ∘ g`, `h_t = o ∘ tanh(c_t)`, `h_0 = c_0 = 0`.
///
/// Reverse, from the last step to the first, with `Δ` of `h_t` and `D` of `c_t`: `D += Δ ∘ o ∘ (1 - tanh² c_t)`, the cotangents of the
/// four parts are `D ∘ g ∘ i (1 - i)`, `D ∘ c_{t-1} ∘ f (1 - f)`, `D ∘ i ∘ (1 - g²)` and `Δ ∘ tanh(c_t) ∘ o (1 - o)`; then `D ← D ∘ f`
/// and `Δ ← ∂a_t Uᵀ`.
///
/// Shapes: `x: [T n, k] -> h_T: [n, h]`; `W: [k, 4h]`, `U: [h, 4h]`, `b: [1, 4h]`. Source: Hochreiter and Schmidhuber 1997; Gers et al.
/// 2000 (the gate `f`).
pub struct Lstm<'a, F> {
    /// `W`.
    pub input: &'a Array2<F>,
    /// `U`.
    pub recurrent: &'a Array2<F>,
    /// `b`.
    pub bias: &'a Array2<F>,
    /// `T`.
    pub steps: usize,
}

/// What the reverse pass needs.
pub struct Unrolled<F> {
    /// `x`.
    inputs: Array2<F>,
    /// `i, f, g, o` side by side, `[T n, 4h]`.
    gates: Array2<F>,
    /// `c_t`, `[T n, h]`.
    cells: Array2<F>,
    /// `tanh(c_t)`, `[T n, h]`.
    squashed: Array2<F>,
    /// `h_t`, `[T n, h]`.
    outputs: Array2<F>,
}

impl<F: Scalar> Unrolled<F> {
    /// `h_T`, `[n, h]`.
    pub fn last(&self, steps: usize) -> ArrayView2<'_, F> {
        let n = self.outputs.nrows() / steps.max(1);
        self.outputs.slice(s![self.outputs.nrows() - n.., ..])
    }
}

#[inline]
fn sigmoid<F: Scalar>(a: F) -> F {
    F::one() / (F::one() + F::exp(F::zero() - a))
}

impl<F: Scalar> Lstm<'_, F> {
    /// Runs over sequences `x: [T n, k]`.
    pub fn forward(&self, inputs: Array2<F>) -> Unrolled<F> {
        let (rows, h) = (inputs.nrows(), self.recurrent.nrows());
        let n = rows / self.steps.max(1);
        let mut gates = inputs.dot(self.input);
        values_mut(&mut gates).chunks_exact_mut(4 * h).for_each(|row| add(row, values(self.bias)));
        let [mut cells, mut squashed, mut outputs] = [(); 3].map(|()| Array2::zeros((rows, h)));
        for t in 0..self.steps {
            if t > 0 {
                let before = outputs.slice(s![(t - 1) * n..t * n, ..]).dot(self.recurrent);
                add(&mut values_mut(&mut gates)[t * n * 4 * h..(t + 1) * n * 4 * h], values(&before));
            }
            let (before, cells) = values_mut(&mut cells).split_at_mut(t * n * h);
            let of_step =
                [cells, &mut values_mut(&mut squashed)[t * n * h..], &mut values_mut(&mut outputs)[t * n * h..]];
            let [cells, squashed, outputs] = of_step.map(|all| &mut all[..n * h]);
            let before = &before[before.len().saturating_sub(n * h)..];
            step(
                h,
                &mut values_mut(&mut gates)[t * n * 4 * h..(t + 1) * n * 4 * h],
                before,
                (cells, squashed, outputs),
            );
        }
        Unrolled { inputs, gates, cells, squashed, outputs }
    }

    /// `∂x`, `∂W`, `∂U` and `∂b` for the cotangent of `h_T`, `[n, h]`.
    pub fn reverse(&self, saved: Unrolled<F>, cotangent: Array2<F>) -> [Array2<F>; 4] {
        let Unrolled { inputs, mut gates, cells, squashed, outputs } = saved;
        let (n, h) = cotangent.dim();
        let (mut output, mut cell) = (row_by_row(cotangent), Array2::<F>::zeros((n, h)));
        let zeros = vec![F::zero(); n * h];
        for t in (0..self.steps).rev() {
            let now = t * n * h..(t + 1) * n * h;
            let before = if t == 0 { &zeros[..] } else { &values(&cells)[(t - 1) * n * h..t * n * h] };
            let saved = (&values(&squashed)[now], before);
            let of_step = &mut values_mut(&mut gates)[t * n * 4 * h..(t + 1) * n * 4 * h];
            step_back(h, of_step, saved, (values(&output), values_mut(&mut cell)));
            if t > 0 {
                output = row_by_row(gates.slice(s![t * n..(t + 1) * n, ..]).dot(&self.recurrent.t()));
            }
        }
        let earlier = n.min(gates.nrows());
        let recurrent = outputs.slice(s![..outputs.nrows() - earlier, ..]).t().dot(&gates.slice(s![earlier.., ..]));
        let bias = gates.sum_axis(Axis(0)).insert_axis(Axis(0));
        [gates.dot(&self.input.t()), inputs.t().dot(&gates), recurrent, bias]
    }
}

/// The values row by row: loops over slices, as `ndarray`'s own are compiled apart from what they call here (`tools/rustc`).
pub(super) fn values<F>(a: &Array2<F>) -> &[F] {
    a.as_slice().expect("arrays of a sequence are row by row")
}

/// The same, to change them.
pub(super) fn values_mut<F>(a: &mut Array2<F>) -> &mut [F] {
    a.as_slice_mut().expect("arrays of a sequence are row by row")
}

/// `sum ← sum + values`.
pub(super) fn add<F: Scalar>(sum: &mut [F], values: &[F]) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += *value);
}

/// The same values, row by row.
pub(super) fn row_by_row<F: Scalar>(a: Array2<F>) -> Array2<F> {
    if a.is_standard_layout() { a } else { a.as_standard_layout().into_owned() }
}

/// One step: from the sums `a_t` to the gates, cells and outputs of its rows, with the cells of the step before, if there is one.
fn step<F: Scalar>(
    h: usize,
    gates: &mut [F],
    before: &[F],
    (cells, squashed, outputs): (&mut [F], &mut [F], &mut [F]),
) {
    let rows = cells.chunks_exact_mut(h).zip(squashed.chunks_exact_mut(h)).zip(outputs.chunks_exact_mut(h));
    for (row, (gates, ((cells, squashed), outputs))) in gates.chunks_exact_mut(4 * h).zip(rows).enumerate() {
        let [i, f, g, o] = parts(gates, h);
        i.iter_mut().for_each(|a| *a = sigmoid(*a));
        f.iter_mut().for_each(|a| *a = sigmoid(*a));
        g.iter_mut().for_each(|a| *a = F::tanh(*a));
        o.iter_mut().for_each(|a| *a = sigmoid(*a));
        for ((cell, i), g) in cells.iter_mut().zip(&*i).zip(&*g) {
            *cell = *i * *g;
        }
        if let Some(before) = before.get(row * h..(row + 1) * h) {
            for ((cell, f), before) in cells.iter_mut().zip(&*f).zip(before) {
                *cell = *f * *before + *cell;
            }
        }
        squashed.iter_mut().zip(&*cells).for_each(|(tanh, cell)| *tanh = F::tanh(*cell));
        for ((output, o), tanh) in outputs.iter_mut().zip(&*o).zip(&*squashed) {
            *output = *o * *tanh;
        }
    }
}

/// One step back: the gates of these rows give way to the cotangents of what they are functions of.
fn step_back<F: Scalar>(h: usize, gates: &mut [F], (squashed, before): (&[F], &[F]), (output, cell): (&[F], &mut [F])) {
    let one = F::one();
    let rows = squashed.chunks_exact(h).zip(before.chunks_exact(h)).zip(output.chunks_exact(h));
    for (gates, (((tanh, before), output), cell)) in
        gates.chunks_exact_mut(4 * h).zip(rows.zip(cell.chunks_exact_mut(h)))
    {
        let [i, f, g, o] = parts(gates, h);
        for (((cell, o), output), tanh) in cell.iter_mut().zip(o).zip(output).zip(tanh) {
            *cell += *output * *o * (one - *tanh * *tanh);
            *o = *output * *tanh * *o * (one - *o);
        }
        for ((((cell, before), i), f), g) in cell.iter_mut().zip(before).zip(i).zip(f).zip(g) {
            let [towards_i, towards_f] = [*g * *cell, *before * *cell];
            *g = *cell * *i * (one - *g * *g);
            *i = towards_i * *i * (one - *i);
            *cell *= *f;
            *f = towards_f * *f * (one - *f);
        }
    }
}

/// The four parts of a row of gates, `h` numbers each.
fn parts<F>(gates: &mut [F], h: usize) -> [&mut [F]; 4] {
    let (i, rest) = gates.split_at_mut(h);
    let (f, rest) = rest.split_at_mut(h);
    let (g, o) = rest.split_at_mut(h);
    [i, f, g, o]
}

#[cfg(test)]
mod tests {
    use super::super::differences::assert_derivative;
    use super::*;
    use crate::random::Seed;

    const STEPS: usize = 4;

    /// `x`, `W`, `U`, `b` and the weights of a sum of outputs, for 3 sequences, 5 features and 2 units.
    fn drawn() -> ([Array2<f64>; 4], Array2<f64>) {
        let draw = |dim, stream| Array2::from_shape_simple_fn(dim, Seed(2).normals(stream));
        ([draw((STEPS * 3, 5), 0), draw((5, 8), 1), draw((2, 8), 2), draw((1, 8), 3)], draw((3, 2), 4))
    }

    #[test]
    fn it_is_its_definition_unit_by_unit() {
        let ([x, w, u, b], _) = drawn();
        let found = Lstm { input: &w, recurrent: &u, bias: &b, steps: STEPS }.forward(x.clone());
        let sigma = |a: f64| 1.0 / (1.0 + (-a).exp());
        for sequence in 0..3 {
            let (mut h, mut c) = ([0.0; 2], [0.0; 2]);
            for t in 0..STEPS {
                let before = h;
                for unit in 0..2 {
                    let gate = |part: usize| {
                        let column = 2 * part + unit;
                        let inputs: f64 = (0..5).map(|k| x[[t * 3 + sequence, k]] * w[[k, column]]).sum();
                        inputs + before[0] * u[[0, column]] + before[1] * u[[1, column]] + b[[0, column]]
                    };
                    c[unit] = sigma(gate(1)) * c[unit] + sigma(gate(0)) * gate(2).tanh();
                    h[unit] = sigma(gate(3)) * c[unit].tanh();
                }
            }
            for (unit, expected) in h.into_iter().enumerate() {
                let error = (found.last(STEPS)[[sequence, unit]] - expected).abs();
                assert!(error <= 1e-14, "{error}");
            }
        }
    }

    #[test]
    fn derivatives_are_those_of_central_differences() {
        let (inputs, weights) = drawn();
        let value = |inputs: &[Array2<f64>]| {
            let [x, w, u, b] = inputs else { unreachable!("four inputs") };
            let end = Lstm { input: w, recurrent: u, bias: b, steps: STEPS }.forward(x.clone());
            (&end.last(STEPS) * &weights).sum()
        };
        let [x, w, u, b] = &inputs;
        let lstm = Lstm { input: w, recurrent: u, bias: b, steps: STEPS };
        let found = lstm.reverse(lstm.forward(x.clone()), weights.clone());
        assert_derivative(&inputs, value, &found);
    }
}

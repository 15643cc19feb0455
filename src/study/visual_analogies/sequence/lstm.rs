use crate::linalg::Scalar;
use ndarray::{Array2, ArrayView2, Axis, Zip, s};

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

fn sigmoid<F: Scalar>(a: F) -> F {
    F::one() / (F::one() + F::exp(F::zero() - a))
}

impl<F: Scalar> Lstm<'_, F> {
    /// Runs over sequences `x: [T n, k]`.
    pub fn forward(&self, inputs: Array2<F>) -> Unrolled<F> {
        let (rows, h) = (inputs.nrows(), self.recurrent.nrows());
        let n = rows / self.steps.max(1);
        let mut gates = inputs.dot(self.input) + self.bias;
        let [mut cells, mut squashed, mut outputs] = [(); 3].map(|()| Array2::zeros((rows, h)));
        for t in 0..self.steps {
            let (before, now) = (t.saturating_sub(1) * n..t * n, t * n..(t + 1) * n);
            let mut gates = gates.slice_mut(s![now.clone(), ..]);
            if t > 0 {
                gates += &outputs.slice(s![before.clone(), ..]).dot(self.recurrent);
            }
            gates.slice_mut(s![.., ..2 * h]).mapv_inplace(sigmoid);
            gates.slice_mut(s![.., 2 * h..3 * h]).mapv_inplace(F::tanh);
            gates.slice_mut(s![.., 3 * h..]).mapv_inplace(sigmoid);
            let [i, f, g, o] = parts(gates.view());
            let written = &i * &g;
            let cell = if t == 0 { written } else { &f * &cells.slice(s![before, ..]) + &written };
            let tanh = cell.mapv(F::tanh);
            outputs.slice_mut(s![now.clone(), ..]).assign(&(&o * &tanh));
            squashed.slice_mut(s![now.clone(), ..]).assign(&tanh);
            cells.slice_mut(s![now, ..]).assign(&cell);
        }
        Unrolled { inputs, gates, cells, squashed, outputs }
    }

    /// `∂x`, `∂W`, `∂U` and `∂b` for the cotangent of `h_T`, `[n, h]`.
    pub fn reverse(&self, saved: Unrolled<F>, cotangent: Array2<F>) -> [Array2<F>; 4] {
        let Unrolled { inputs, mut gates, cells, squashed, outputs } = saved;
        let (n, h) = cotangent.dim();
        let (mut output, mut cell) = (cotangent, Array2::<F>::zeros((n, h)));
        let one = F::one();
        for t in (0..self.steps).rev() {
            let now = t * n..(t + 1) * n;
            // The gates give way to the cotangents of what they are functions of.
            let mut gates = gates.slice_mut(s![now.clone(), ..]);
            let tanh = squashed.slice(s![now, ..]);
            let zero = Array2::zeros((if t == 0 { n } else { 0 }, h));
            let before = if t == 0 { zero.view() } else { cells.slice(s![(t - 1) * n..t * n, ..]) };
            let (mut i, rest) = gates.view_mut().split_at(Axis(1), h);
            let (mut f, rest) = rest.split_at(Axis(1), h);
            let (mut g, mut o) = rest.split_at(Axis(1), h);
            Zip::from(&mut cell).and(&output).and(&mut o).and(&tanh).for_each(|cell, &output, o, &tanh| {
                *cell += output * *o * (one - tanh * tanh);
                *o = output * tanh * *o * (one - *o);
            });
            Zip::from(&mut cell).and(&before).and(&mut i).and(&mut f).and(&mut g).for_each(|cell, &before, i, f, g| {
                let [towards_i, towards_f] = [*g, before].map(|other| *cell * other);
                *g = *cell * *i * (one - *g * *g);
                *i = towards_i * *i * (one - *i);
                *cell *= *f;
                *f = towards_f * *f * (one - *f);
            });
            if t > 0 {
                output = gates.dot(&self.recurrent.t());
            }
        }
        let earlier = n.min(gates.nrows());
        let recurrent = outputs.slice(s![..outputs.nrows() - earlier, ..]).t().dot(&gates.slice(s![earlier.., ..]));
        let bias = gates.sum_axis(Axis(0)).insert_axis(Axis(0));
        [gates.dot(&self.input.t()), inputs.t().dot(&gates), recurrent, bias]
    }
}

/// The four parts of `[n, 4h]`.
fn parts<F>(gates: ArrayView2<'_, F>) -> [ArrayView2<'_, F>; 4] {
    let h = gates.ncols() / 4;
    let (i, rest) = gates.split_at(Axis(1), h);
    let (f, rest) = rest.split_at(Axis(1), h);
    let (g, o) = rest.split_at(Axis(1), h);
    [i, f, g, o]
}

#[cfg(test)]
mod tests {
    use super::super::differences::assert_derivative;
    use super::*;
    use crate::data::Seed;

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

use super::weighted;
use crate::error::{Error, Result};
use crate::linalg::Element;
use crate::number::Real;
use crate::op::{
    Batch, Fingerprint, Gain, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
    check_count,
};
use ndarray::{ArcArray2, Array2, ArrayView2, Axis};

/// Softmax self-attention, one head.
///
/// `y = A V` with attention weights `A = softmax(Q Kᵀ/√k)` along the keys.
///
/// Over the positions of an image (or the tokens of a sequence, as one row of positions): queries `Q = g x W_Q`, keys
/// `K = g x W_K` of `k` channels and values `V = g x W_V` with `g = σ_w/√in`, all weights `N(0, 1)` at initialisation. Several
/// heads are a [`Concat`](crate::op::Concat) of them.
///
/// ## Limit rule
/// None: at the scale `1/√k` the scores stay random at any number of keys, so that one head is not Gaussian at infinite width
/// and its second moments hold means of products of softmaxes (Hron et al. 2020).
/// ## Shapes
/// `x: [n, h, w, in] -> [n, h, w, values]`; `W_Q, W_K: [in, keys]`, `W_V: [in, values]`.
/// ## Errors
/// [`Error::Range`] for a width of zero and a `σ_w` that is not finite; in the limit [`Error::NoClosedForm`].
/// ## Cost
/// For `p` positions `2 n p in (2 keys + values) + 2 n p² (keys + values)` operations forward, twice the second term in reverse;
/// it keeps `n p (p + in + 2 keys + values)` numbers. The three weights' shares of the tangent kernel are those of a
/// [convolution](crate::op::Conv) of 1 × 1. Limit: none.
/// ## References
/// Vaswani et al. 2017; Hron et al. 2020 (the limit). The definition is checked by `tests/conformance/definitions.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let layers = [attention(4, 3), flatten(), dense(1)];        // 4 keys, 3 values, 5 tokens of 2 features
/// let net = network("attention", serial(layers)).image(1, 5, 2);
/// let x = sphere(6, 10, Seed(0))?;
/// let kernel = net.init(Seed(1))?.kernel(&x)?;                // of this network
/// assert_eq!(kernel.ntk().points(), (6, 6));
/// assert!(matches!(net.limit_kernel(&x), Err(Error::NoClosedForm { .. })));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    keys: usize,
    values: usize,
    sigma_w: f64,
}

/// Self-attention with `keys` channels in queries and keys and `values` channels in values, `σ_w = 1`.
pub fn attention(keys: usize, values: usize) -> Layer {
    Attention::new(keys, values).into()
}

const OP: &str = "attention";

/// Per-sample scores, weights and their derivatives: `[n · p, p]`.
struct Heads<'a, F> {
    positions: usize,
    queries: ArrayView2<'a, F>,
    keys: ArrayView2<'a, F>,
}

impl<F: Element> Heads<'_, F> {
    fn scale(&self) -> F {
        F::of(1.0 / (self.keys.ncols() as f64).sqrt())
    }

    /// `softmax(Q Kᵀ/√k)`.
    fn weights(&self) -> Array2<F> {
        let mut scores = by_sample(self.queries, self.keys, self.positions, |q, k| q.dot(&k.t()));
        scores *= self.scale();
        for mut row in scores.rows_mut() {
            let largest = row.iter().copied().reduce(|a, b| if b > a { b } else { a }).expect("there are positions");
            row.mapv_inplace(|v| (v - largest).exp());
            let sum = row.sum();
            row.mapv_inplace(|v| v / sum);
        }
        scores
    }
}

/// The derivative of softmax, its own transpose: `A ∘ (d - Σ A ∘ d)` row by row.
fn through_softmax<F: Element>(weights: ArrayView2<'_, F>, mut d: Array2<F>) -> Array2<F> {
    for (mut d, a) in d.rows_mut().into_iter().zip(weights.rows()) {
        let along = d.dot(&a);
        d.zip_mut_with(&a, |d, &a| *d = a * (*d - along));
    }
    d
}

/// `product(a_i, b_i)` for every sample's block of rows, one below the other.
fn by_sample<F: Element>(
    a: ArrayView2<'_, F>,
    b: ArrayView2<'_, F>,
    positions: usize,
    product: impl Fn(ArrayView2<'_, F>, ArrayView2<'_, F>) -> Array2<F>,
) -> Array2<F> {
    let blocks = a.axis_chunks_iter(Axis(0), positions).zip(b.axis_chunks_iter(Axis(0), positions));
    let products: Vec<Array2<F>> = blocks.map(|(a, b)| product(a, b)).collect();
    let views: Vec<_> = products.iter().map(|p| p.view()).collect();
    ndarray::concatenate(Axis(0), &views).expect("every sample has as many positions")
}

impl Attention {
    /// See [`attention`].
    pub fn new(keys: usize, values: usize) -> Self {
        Self { keys, values, sigma_w: 1.0 }
    }

    /// Sets `σ_w`; any finite number.
    pub fn sigma_w(self, sigma_w: f64) -> Self {
        Self { sigma_w, ..self }
    }

    /// Queries, keys and values.
    fn project<F: Element>(scope: Scope<'_, F>, x: ArrayView2<'_, F>) -> [ArcArray2<F>; 3] {
        std::array::from_fn(|i| weighted::apply(&scope.one(i), x).into_shared())
    }
}

impl Op for Attention {
    fn label(&self) -> String {
        format!("attention(keys {}, values {}; σ_w = {:.4})", self.keys, self.values, self.sigma_w)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { keys, values, sigma_w } = self;
        to.count(*keys);
        to.count(*values);
        to.number(*sigma_w);
    }

    fn shape(&self, site: &Site, input: Shape, slots: &mut Vec<Slot>) -> Result<Shape> {
        for (what, count) in [
            ("the number of keys", self.keys),
            ("the number of values", self.values),
            ("the number of channels", input.channels),
        ] {
            check_count(OP, what, count)?;
        }
        let gain = Gain::FanIn(self.sigma_w);
        weighted::check(OP, gain, None)?;
        for (name, width) in [("queries", self.keys), ("keys", self.keys), ("values", self.values)] {
            let dim = (input.channels, width);
            let weight = weighted::slots(OP, site.parametrisation, (gain, None), dim, input.positions());
            slots.extend(weight.into_iter().map(|slot| Slot { name, ..slot }));
        }
        Ok(input.with_channels(self.values))
    }

    fn slot_count(&self) -> usize {
        3
    }

    fn passes_input(&self) -> bool {
        false
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        let positions = x.shape.positions();
        let projected = Self::project(scope, x.values.view());
        let weights = Heads { positions, queries: projected[0].view(), keys: projected[1].view() }.weights();
        let y = by_sample(weights.view(), projected[2].view(), positions, |a, v| a.dot(&v));
        let y = Batch::new(y, x.shape.with_channels(self.values));
        let saved = if tape {
            Saved::Attention { input: x, projected, weights: weights.into_shared() }
        } else {
            Saved::Nothing
        };
        (y, saved)
    }

    fn reverse<F: Element>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Attention { input, projected: [q, k, v], weights } = saved else {
            unreachable!("attention saves its weights")
        };
        let positions = input.shape.positions();
        let heads = Heads { positions, queries: q.view(), keys: k.view() };
        let towards_values = by_sample(weights.view(), cotangent.view(), positions, |a, d| a.t().dot(&d));
        let towards_weights = by_sample(cotangent.view(), v.view(), positions, |d, v| d.dot(&v.t()));
        let mut towards_scores = through_softmax(weights.view(), towards_weights);
        towards_scores *= heads.scale();
        let towards_queries = by_sample(towards_scores.view(), k.view(), positions, |s, k| s.dot(&k));
        let towards_keys = by_sample(towards_scores.view(), q.view(), positions, |s, q| s.t().dot(&q));
        let mut passed = None;
        for (index, d) in [(2, towards_values), (1, towards_keys), (0, towards_queries)] {
            let own = scope.one(index);
            let part = weighted::reverse(&own, input.values.view(), d.view(), positions, sink, wanted);
            crate::op::combinator::add_to(&mut passed, part);
        }
        passed
    }

    fn limit<E: Real>(&self, _scope: LimitScope<'_, E>, _state: KernelState<E>) -> Result<KernelState<E>> {
        Err(Error::NoClosedForm { op: OP })
    }
}

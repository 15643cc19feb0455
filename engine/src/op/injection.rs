use super::{
    Batch, Dual, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split, Tangent,
};
use crate::error::Result;
use crate::linalg::Scalar;
use ndarray::Array2;

/// Input injection.
///
/// `f(x) = x_0`: the network's input `x_0`, whatever the op's own input is. As the first layer of a branch it brings the input
/// into the depth of a network.
///
/// ## Limit rule
/// `K' = x_0·x_0'/d`, `Θ' = 0`: the state of the network's input, which depends on no parameter.
/// ## Shapes
/// `x: anything -> the network's input`.
/// ## Errors
/// None of its own; a product or a sum refuses the raw input in the limit, so that a dense layer or an
/// [adaptive pool](super::AdaptivePool) must follow.
/// ## Cost
/// No operations forward, zeros of its own input's shape in reverse. No parameters, so no share of the tangent kernel. Limit: a
/// copy of the input's state.
/// ## References
/// Chrysos et al. 2020 (polynomial nets that read their input at every degree); Wu et al. 2022 (deep form).
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let branch = serial([injection(), hidden()]);               // reads the input, not the hidden layer
/// let net = network("injected", serial([hidden(), relu(), hadamard([identity(), branch]), dense(1)]));
/// let kernels = net.limit_kernel(&array![[3.0, 4.0]])?;
/// let q = 25.0 / 2.0;
/// assert!((kernels.nngp().values()[[0, 0]] - q / 2.0 * q).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Injection;

/// The network's input.
pub fn injection() -> Layer {
    Injection.into()
}

impl Op for Injection {
    fn label(&self) -> String {
        "input injection".into()
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    fn shape(&self, site: &Site, _input: Shape, _slots: &mut Vec<Slot>) -> Result<Shape> {
        Ok(site.origin)
    }

    fn splits(&self, _input: Split, _found: &mut Vec<Split>) -> Option<Split> {
        None
    }

    fn passes_input(&self) -> bool {
        false
    }

    fn forward<F: Scalar>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        (scope.origin.clone(), if tape { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Scalar>(
        &self,
        scope: Scope<'_, F>,
        saved: Saved<F>,
        cotangent: Array2<F>,
        _sink: &mut dyn Sink<F>,
        wanted: bool,
    ) -> Option<Array2<F>> {
        let Saved::Array(x) = saved else { unreachable!("an injection saves its input") };
        if let Some(sum) = scope.origin_cotangent {
            *sum.borrow_mut() += &cotangent;
        }
        wanted.then(|| Array2::zeros(x.values.dim()))
    }

    fn tangent<F: Scalar>(&self, scope: Scope<'_, F>, along: Scope<'_, F>, _x: Batch<F>, _dx: Tangent<F>) -> Dual<F> {
        (scope.origin.clone(), along.origin_tangent.cloned())
    }

    fn limit(&self, scope: &LimitScope, _state: KernelState) -> Result<KernelState> {
        Ok(scope.origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Seed;
    use crate::net::{Net, network};
    use crate::op::*;
    use crate::sweep::Model;
    use ndarray::Array2;
    use std::cell::RefCell;

    /// Networks that read their input in several places, and on several ways at once.
    fn nets() -> Vec<Net> {
        let branch = |layers: Vec<Layer>| serial(std::iter::once(injection()).chain(layers));
        let vectors = [
            serial([injection(), dense(2)]),
            serial([dense(4), injection(), tanh(), dense(1)]),
            serial([dense(4), tanh(), hadamard([identity(), branch(vec![dense(4), erf()])]), dense(2)]),
            serial([dense(3), gelu(), concat([tanh(), branch(vec![]), branch(vec![sin()])]), layer_norm(), dense(1)]),
            serial([
                dense(4),
                repeat(2, hadamard_skip([dense(4), sum([branch(vec![dense(4)]), branch(vec![dense(4), tanh()])])])),
                dense(1),
            ]),
        ];
        let images = [
            serial([conv(2, 2), tanh(), injection(), conv(2, 3), average_pool(2), flatten(), dense(2)]),
            serial([
                conv(3, 2),
                tanh(),
                hadamard([identity(), branch(vec![adaptive_pool(), dense(3)])]),
                flatten(),
                dense(1),
            ]),
        ];
        let vectors = vectors.into_iter().map(|layer| network("vectors", layer).input(3));
        vectors.chain(images.into_iter().map(|layer| network("images", layer).image(2, 2, 2).width(2))).collect()
    }

    fn outputs(model: &Model<'_, f64>, x: &Array2<f64>) -> Array2<f64> {
        let (views, batch) = (model.whole(), model.batch(&x.view(), 0..x.nrows()));
        model.layer.forward(model.scope(&views, &batch), batch.clone(), false).0.into_rows().into_owned()
    }

    /// Takes no parameter's share.
    struct Nobody;

    impl Sink<f64> for Nobody {
        fn weight(&mut self, _: WeightVisit<'_, f64>) {}
        fn vector(&mut self, _: VectorVisit<'_, f64>) {}
    }

    #[test]
    fn derivatives_in_the_input_are_central_differences_of_the_outputs() {
        for (index, net) in nets().into_iter().enumerate() {
            for n in [1, 2, 5] {
                let seed = Seed(index as u64).child(n);
                let network = net.init(seed).expect("a network");
                let (model, n) = (network.model(), n as usize);
                let features = model.input.len();
                let x = Array2::from_shape_simple_fn((n, features), seed.normals(1000));
                let direction = Array2::from_shape_simple_fn((n, features), seed.normals(1001));
                let u = Array2::from_shape_simple_fn((n, model.output.len()), seed.normals(1002));
                let step = 1e-5;
                let difference = (outputs(&model, &(&x + &direction * step))
                    - outputs(&model, &(&x - &direction * step)))
                    / (2.0 * step);

                let (views, batch) = (model.whole(), model.batch(&x.view(), 0..n));
                let along = model.batch(&direction.view(), 0..n).values.into_owned();
                let zeros: Vec<_> = model.parameters.iter().map(|p| Array2::zeros(p.values.dim())).collect();
                let directions: Vec<_> = zeros.iter().map(|zero| ParameterView::whole(zero, 1.0)).collect();
                let along_scope = Scope { origin_tangent: Some(&along), ..model.scope(&directions, &batch) };
                let scope = model.scope(&views, &batch);
                let (y, dy) = model.layer.tangent(scope, along_scope, batch.clone(), Some(along.clone()));
                let dy = Batch::new(dy.expect("the input moves"), y.shape).into_rows();
                let error =
                    (&dy - &difference).iter().fold(0.0, |m: f64, e| if e.is_nan() { *e } else { m.max(e.abs()) });
                assert!(error <= 1e-8, "net {index}, {n} samples, tangent: {error:e}");

                let sum = RefCell::new(Array2::zeros(batch.values.dim()));
                let scope = Scope { origin_cotangent: Some(&sum), ..scope };
                let (_, saved) = model.layer.forward(scope, batch.clone(), true);
                let cotangent = Batch::from_rows(u.view(), model.output).values.into_owned();
                let own = model.layer.reverse(scope, saved, cotangent, &mut Nobody, true).expect("it is wanted");
                let gradient = Batch::new(own + sum.into_inner(), model.input).into_rows();
                let (got, expected) = ((&gradient * &direction).sum(), (&u * &difference).sum());
                assert!(
                    (got - expected).abs() <= 1e-8 * (1.0 + u.len() as f64),
                    "net {index}, {n} samples, reverse: {got} {expected}"
                );
            }
        }
    }
}

use super::{
    Batch, Domain, Fingerprint, KernelState, Layer, LimitScope, Op, Saved, Scope, Shape, Sink, Site, Slot, Split,
};
use crate::error::Result;
use crate::linalg::Element;
use crate::number::Real;
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

    fn domain(&self) -> Domain {
        Domain::Both
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

    fn forward<F: Element>(&self, scope: Scope<'_, F>, x: Batch<F>, tape: bool) -> (Batch<F>, Saved<F>) {
        (scope.origin.clone(), if tape { Saved::Array(x) } else { Saved::Nothing })
    }

    fn reverse<F: Element>(
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

    fn limit<E: Real>(&self, scope: LimitScope<'_, E>, _state: KernelState<E>) -> Result<KernelState<E>> {
        Ok(scope.origin.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Net, network};
    use crate::op::*;
    use crate::random::Seed;
    use ndarray::Array2;

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

    #[test]
    fn derivatives_in_the_input_are_central_differences_of_the_outputs() {
        for (index, net) in nets().into_iter().enumerate() {
            for n in [1, 2, 5] {
                let seed = Seed(index as u64).child(n);
                let network = net.init(seed).expect("a network");
                let n = n as usize;
                let features = network.net().origin_of(0).len();
                let x = Array2::from_shape_simple_fn((n, features), seed.normals(1000));
                let direction = Array2::from_shape_simple_fn((n, features), seed.normals(1001));
                let u = Array2::from_shape_simple_fn((n, network.outputs_count()), seed.normals(1002));
                let step = 1e-5;
                let at = |step: f64| network.outputs(&(&x + &direction * step)).expect("outputs");
                let difference = (at(step) - at(-step)) / (2.0 * step);

                let along = network.input_jacobian_vector(&direction, &x).expect("a derivative");
                let error =
                    (&along - &difference).iter().fold(0.0, |m: f64, e| if e.is_nan() { *e } else { m.max(e.abs()) });
                assert!(error <= 1e-8, "net {index}, {n} samples, forward: {error:e}");

                let gradient = network.input_gradient(&u, &x).expect("a gradient");
                let (got, expected) = ((&gradient * &direction).sum(), (&u * &difference).sum());
                assert!(
                    (got - expected).abs() <= 1e-8 * (1.0 + u.len() as f64),
                    "net {index}, {n} samples, reverse: {got} {expected}"
                );
            }
        }
    }
}

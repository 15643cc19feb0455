//! Networks wider than a slice of units, on more samples than a block.

use crate::case::{Case, flat, for_each, largest, noise, relative_error};
use hadamard::prelude::*;

/// Networks whose units are swept in slices, and two that look like them but cannot be.
fn wide() -> Vec<Case> {
    let act = |activation: Layer| serial([Dense::hidden().bias(0.4).into(), activation]);
    let trained: Layer = trained_scale(0.9);
    let readout = |outputs: usize| -> Layer { Dense::new(outputs).sigma_w(1.2).bias(0.5).into() };
    let branches = || [act(relu()), serial([act(tanh()), trained.clone(), bias(0.3)]), act(erf())];
    let cases = vec![
        Case::of(mlp(1)),
        Case::of(pnn(3)),
        Case::of(ccp(3)),
        Case::new("bias, scale, several outputs", [act(relu()), scale(1.3), trained.clone(), bias(0.2), readout(3)]),
        Case::new("product, several outputs", [hadamard_skip(branches()), readout(2)]),
        Case::new("sum of products", [sum([hadamard(branches()), act(tanh())]), readout(1)]),
        Case::new("bias of the input", [bias(0.4), act(relu()), readout(2)]),
        Case::new("trained scale of the input", [trained.clone(), act(tanh()), readout(1)]),
        Case::new("two wide layers", [act(relu()), Dense::new(7).into(), tanh(), readout(2)]),
    ];
    let cases = cases.into_iter().map(|case| case.width(1100));
    let mup = |case: Case| [case.clone(), case.parametrisation(Parametrisation::MuP)];
    cases.flat_map(mup).collect()
}

/// The kernels of the network in some precision against the Jacobian of the one in double precision.
fn check<F: Compute>(case: &Case, network: &Network<F>, reference: &Network, tolerance: f64) {
    let (x, other) = (case.points(131, 3), case.points(33, 4));
    let (mut j, mut j_other) = (reference.jacobian(&x).unwrap(), reference.jacobian(&other).unwrap());
    let rates: Vector =
        reference.parameters().iter().flat_map(|p| vec![p.slot().rate.sqrt(); p.values.len()]).collect();
    (j, j_other) = (j * &rates, j_other * &rates);
    let (own, between, count) = (j.dot(&j.t()), j.dot(&j_other.t()), reference.outputs_count());
    let close = |what: &str, got: &Matrix, expected: &Matrix| {
        let error = relative_error(got, expected);
        assert!(error <= tolerance, "{}: {what}: {error}", case.name());
    };
    close("outputs", &network.outputs(&x).unwrap(), &reference.outputs(&x).unwrap());
    close("own", network.kernel(&x).unwrap().ntk().values(), &own);
    close("between", network.kernel_between(&x, &other).unwrap().ntk().values(), &between);
    let layers = network.kernel_by_layer(&x).unwrap();
    let sum = layers.iter().fold(Matrix::zeros(own.dim()), |sum, layer| sum + layer.ntk.values());
    close("by layer", &sum, &own);
    let block = |a: &Matrix, o: usize, p: usize| a.slice(s![o..;count, p..;count]).to_owned();
    let last = count - 1;
    close("one", network.kernel_of(Outputs::One(last), &x).unwrap().ntk().values(), &block(&own, last, last));
    let traced = (0..count).fold(Matrix::zeros((131, 33)), |sum, o| sum + block(&between, o, o)) / count as f64;
    close("traced", network.kernel_of_between(Outputs::Averaged, &x, &other).unwrap().ntk().values(), &traced);
    let pair = network.kernel_of(Outputs::Pair(0, last), &x).unwrap();
    let error = largest(&(pair.ntk().values() - &block(&own, 0, last)));
    assert!(error <= tolerance * largest(&own), "{}: pair: {error}", case.name());
    let u = noise((131, count), 5);
    let gradient = network.vector_jacobian(&u, &x).unwrap();
    let got: Vec<Matrix> = gradient.iter().map(|g| g.mapv(F::to_f64)).collect();
    let expected = reference.jacobian(&x).unwrap().t().dot(&flat([&u]));
    let error = largest(&(flat(&got) - &expected)) / largest(&expected);
    assert!(error <= tolerance, "{}: gradient: {error}", case.name());
}

#[test]
fn wide_networks_are_streamed_without_changing_the_kernel() {
    let cases = wide();
    assert!(cases.len() >= 18, "{} cases", cases.len());
    for_each("streamed", &cases, |case| {
        let network = case.network();
        check(case, &network, &network, 1e-12);
        check(case, &network.cast::<f32>(), &network, 1e-4);
    });
}

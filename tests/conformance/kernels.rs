//! Kernels at finite width against the Jacobian.

use crate::case::{Case, for_each, largest, noise, relative_error};
use crate::cases::cases;
use hadamard::linalg::LinearOperator;
use hadamard::op::{Op, Role};
use hadamard::prelude::*;

/// The Jacobian's columns of each parameter.
fn blocks(network: &Network, x: &Matrix) -> Vec<Matrix> {
    let jacobian = network.jacobian(x).unwrap();
    let mut start = 0;
    let cut = |p: &hadamard::op::Parameter| {
        start += p.values.len();
        jacobian.slice(s![.., start - p.values.len()..start]).to_owned()
    };
    network.parameters().iter().map(cut).collect()
}

/// `rate J J'ᵀ` of each parameter.
fn shares(network: &Network, x1: &Matrix, x2: &Matrix) -> Vec<Matrix> {
    let (left, right) = (blocks(network, x1), blocks(network, x2));
    let rates = network.parameters().iter().map(|p| p.slot().rate);
    left.iter().zip(&right).zip(rates).map(|((a, b), rate)| a.dot(&b.t()) * rate).collect()
}

fn total(shares: &[Matrix]) -> Matrix {
    shares[1..].iter().fold(shares[0].clone(), |sum, share| sum + share)
}

/// `Σ (σ²/rate) share` over the last weight and what stands after it.
fn nngp(network: &Network, shares: &[Matrix]) -> Matrix {
    let parameters = network.parameters();
    let last = parameters.iter().rposition(|p| p.slot().role == Role::Weight).unwrap();
    // A complex weight is two parameters.
    let readout = if parameters[last].slot().name == "imaginary_weight" { last - 1 } else { last };
    let weigh = |index: usize| {
        let slot = parameters[index].slot();
        &shares[index] * (slot.deviation * slot.deviation / slot.rate)
    };
    (readout..parameters.len()).map(weigh).reduce(|a, b| a + b).unwrap()
}

fn check(case: &Case, what: &str, got: &Matrix, expected: &Matrix, tolerance: f64) {
    let error = relative_error(got, expected);
    assert!(error <= tolerance, "{}: {what}: {error}", case.name());
}

#[test]
fn tangent_gram_equals_the_jacobian_contraction() {
    for_each("kernel", &cases(), |case| {
        // More samples than a block holds, and with several outputs more rows than a tile.
        let (network, x, other) = (case.network(), case.points(70, 1), case.points(6, 2));
        let (own, between) = (shares(&network, &x, &x), shares(&network, &x, &other));
        let kernels = network.kernel(&x).unwrap();
        check(case, "own", kernels.ntk().values(), &total(&own), 1e-12);
        check(case, "own NNGP", kernels.nngp().values(), &nngp(&network, &own), 1e-12);
        let kernels = network.kernel_between(&x, &other).unwrap();
        check(case, "between", kernels.ntk().values(), &total(&between), 1e-12);
        check(case, "NNGP between", kernels.nngp().values(), &nngp(&network, &between), 1e-12);
        let kernels = network.kernel_between(&other, &x).unwrap();
        check(case, "the other way", kernels.ntk().values(), &total(&between).t().to_owned(), 1e-12);

        let by_layer = network.kernel_by_layer(&x).unwrap();
        assert_eq!(by_layer.len(), own.len());
        for ((layer, share), (index, parameter)) in
            by_layer.iter().zip(&own).zip(network.parameters().iter().enumerate())
        {
            assert_eq!(layer.name, parameter.name(index));
            check(case, &layer.name, layer.ntk.values(), share, 1e-12);
        }
    });
}

#[test]
fn some_outputs_are_blocks_of_all() {
    for_each("outputs", &cases(), |case| {
        let (network, x, other) = (case.network(), case.points(9, 1), case.points(5, 2));
        let count = network.outputs_count();
        let full = [network.kernel(&x).unwrap(), network.kernel_between(&x, &other).unwrap()];
        let of = |outputs: Outputs| {
            [network.kernel_of(outputs, &x).unwrap(), network.kernel_of_between(outputs, &x, &other).unwrap()]
        };
        let block = |a: &Kernel, o: usize, p: usize| a.values().slice(s![o..;count, p..;count]).to_owned();
        let parts = [(Kernels::ntk as fn(&Kernels) -> &Kernel, "NTK"), (Kernels::nngp, "NNGP")];
        for (full, traced) in full.iter().zip(of(Outputs::Averaged)) {
            for (part, name) in parts {
                let blocks = (0..count).map(|o| block(part(full), o, o)).reduce(|a, b| a + b).unwrap();
                check(case, name, part(&traced).values(), &(blocks / count as f64), 1e-13);
                check(case, name, part(full).traced().unwrap().values(), part(&traced).values(), 1e-13);
            }
        }
        for (o, p) in (0..count).flat_map(|o| [(o, o), (o, (o + 1) % count), ((o + 1) % count, o)]) {
            for (full, pair) in full.iter().zip(of(Outputs::Pair(o, p))) {
                for (part, name) in parts {
                    // A block beside the diagonal may be small by cancellation: it is measured against the whole.
                    let error = &block(part(full), o, p) - part(&pair).values();
                    let scale = largest(part(full).values());
                    assert!(largest(&error) <= 1e-13 * scale, "{}: {name} of {o}, {p}", case.name());
                }
            }
        }
        for o in 0..count {
            for (full, one) in full.iter().zip(of(Outputs::One(o))) {
                check(case, "one output", one.ntk().values(), &block(full.ntk(), o, o), 1e-13);
                check(case, "one output", one.ntk().values(), full.ntk().output(o).unwrap().values(), 1e-13);
            }
        }
    });
}

#[test]
fn tangent_operator_multiplies_by_the_kernel() {
    for_each("operator", &cases(), |case| {
        let (network, x) = (case.network(), case.points(70, 1));
        let operator = network.tangent_operator(&x).unwrap();
        let v = noise((operator.dim(), 2), 7);
        let expected = network.kernel(&x).unwrap().ntk().values().dot(&v);
        check(case, "product", &operator.apply(&v).unwrap(), &expected, 1e-12);
    });
}

#[test]
fn kernels_are_symmetric_semidefinite_and_made_of_their_blocks() {
    for_each("symmetry", &cases(), |case| {
        let (network, x) = (case.network(), case.points(12, 1));
        let (kernels, part) = (network.kernel(&x).unwrap(), x.slice(s![..5, ..]).to_owned());
        let between = network.kernel_between(&part, &x).unwrap();
        for (kernel, rows) in [(kernels.ntk(), between.ntk()), (kernels.nngp(), between.nngp())] {
            assert!(kernel.is_symmetric() && kernel.values() == kernel.values().t(), "{}", case.name());
            let eigen = SymmetricEigen::new(kernel.values()).unwrap();
            assert!(eigen.smallest() >= -10.0 * eigen.noise(), "{}: {}", case.name(), eigen.smallest());
            let block = kernel.values().slice(s![..5 * network.outputs_count(), ..]).to_owned();
            check(case, "rows", rows.values(), &block, 1e-13);
        }
    });
}

#[test]
fn networks_without_parameters_have_the_zero_kernel() {
    let network = network("no parameters", serial([relu(), identity()])).input(3).init(Seed(0)).unwrap();
    let x = noise((4, 3), 1);
    assert_eq!(network.net().layer().slot_count(), 0);
    assert_eq!(network.jacobian(&x).unwrap().dim(), (12, 0));
    assert!(network.kernel(&x).unwrap().ntk().values() == Matrix::zeros((12, 12)));
    assert!(network.kernel_of(Outputs::Averaged, &x).unwrap().nngp().values() == Matrix::zeros((4, 4)));
    assert!(network.vector_jacobian(&x, &x).unwrap().is_empty());
    assert!(network.jacobian_vector(&[], &x).unwrap() == Matrix::zeros((4, 3)));
}

//! The same bits on any number of threads, and the same numbers in single precision.

use crate::case::{Limit, for_each, largest, noise, relative_error};
use crate::cases::cases;
use hadamard::prelude::*;

#[test]
fn same_seed_same_bits_on_one_thread_and_on_two() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let results = cases().into_iter().map(|case| {
            let (network, x) = (case.network(), case.points(70, 6));
            let u = noise((70, network.outputs_count()), 3);
            let gradient = network.vector_jacobian(&u, &x).unwrap();
            let product = network.jacobian_vector(&gradient, &x).unwrap();
            let finite = network.kernel(&x).unwrap();
            let limit = match case.limit {
                Limit::Refused(_) => None,
                // Images have more numbers a point: fewer points fill a block.
                _ if case.input[..2] == [1, 1] => Some(case.small().limit_kernel(&x).unwrap()),
                _ => Some(case.small().limit_kernel(&case.points(20, 6)).unwrap()),
            };
            (network, gradient, product, finite, limit)
        });
        pool.install(|| results.collect::<Vec<_>>())
    };
    let (one, two) = (run(1), run(2));
    for (case, (one, two)) in cases().iter().zip(one.iter().zip(&two)) {
        assert!(one == two, "{}", case.name());
    }
    println!("threads: {} cases", one.len());
    assert!(ccp(2).input(3).width(8).init(Seed(1)).unwrap() != ccp(2).input(3).width(8).init(Seed(2)).unwrap());
}

#[test]
fn wide_networks_have_the_same_bits_on_one_thread_and_on_two() {
    let x = noise((300, 3), 6);
    let y = Array1::from_shape_fn(300, |i| x[[i, 0]]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let net = ccp(3).input(3).width(1100);
            let mut network = net.init(Seed(9)).unwrap();
            let finite = network.kernel(&x).unwrap();
            let limit = net.limit_kernel(&x).unwrap();
            let history = Trainer::steps(3, Sgd::new(1e-3))
                .train(&mut network, &Objective::new(&x, &y, SquaredError).unwrap())
                .unwrap();
            let eigen = SymmetricEigen::new(limit.ntk().values()).unwrap();
            (finite, limit, history, network, eigen.values, eigen.vectors)
        })
    };
    assert!(run(1) == run(2));
}

#[test]
fn single_precision_agrees_with_double() {
    for_each("f32", &cases(), |case| {
        let (network, x, other) = (case.network(), case.points(70, 1), case.points(6, 2));
        let single = network.cast::<f32>();
        let check = |what: &str, got: &Matrix, expected: &Matrix| {
            let error = relative_error(got, expected);
            assert!(error <= 1e-4, "{}: {what}: {error}", case.name());
        };
        check("outputs", &single.outputs(&x).unwrap(), &network.outputs(&x).unwrap());
        let (got, expected) = (single.kernel(&x).unwrap(), network.kernel(&x).unwrap());
        check("NTK", got.ntk().values(), expected.ntk().values());
        check("NNGP", got.nngp().values(), expected.nngp().values());
        assert!(got != expected, "{}: not in single precision", case.name());
        let (got, expected) = (single.kernel_between(&x, &other).unwrap(), network.kernel_between(&x, &other).unwrap());
        check("between", got.ntk().values(), expected.ntk().values());
        let u = noise((70, network.outputs_count()), 3);
        let (got, expected) = (single.vector_jacobian(&u, &x).unwrap(), network.vector_jacobian(&u, &x).unwrap());
        let scale = expected.iter().map(largest).fold(0.0, f64::max);
        for (got, expected) in got.iter().zip(&expected) {
            assert!(largest(&(got.mapv(f64::from) - expected)) <= 1e-4 * scale, "{}: gradient", case.name());
        }
        let direction: Vec<_> = got.iter().map(|g| g.mapv(|v| v / scale as f32)).collect();
        let wide: Vec<_> = direction.iter().map(|d| d.mapv(f64::from)).collect();
        check(
            "tangent",
            &single.jacobian_vector(&direction, &x).unwrap(),
            &network.jacobian_vector(&wide, &x).unwrap(),
        );
    });
}

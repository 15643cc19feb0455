//! z-scores of sampled kernels: of what varies, and of what is the same in all networks.

use hadamard::prelude::*;

fn worst(scores: &Matrix) -> f64 {
    scores.iter().fold(0.0, |m: f64, z| if z.is_nan() { f64::INFINITY } else { m.max(z.abs()) })
}

fn linear(outputs: usize) -> Net {
    network("linear", dense(outputs))
}

/// Points with cancellation, repeated rows and rows of zeros.
fn points(n: usize, d: usize) -> Vec<Matrix> {
    let x = sphere(n, d, Seed(n as u64)).unwrap() * (d as f64).sqrt();
    let mut repeated = x.clone();
    repeated.row_mut(n - 1).assign(&x.row(0));
    let mut zero = x.clone();
    zero.row_mut(0).fill(0.0);
    // Neighbours at a right angle to rounding.
    let alternating = Array2::from_shape_fn((n, d), |(i, j)| if (i * j) % 2 == 0 { 0.1 } else { -0.1 });
    vec![&x * 1e3, &x * 1e-60, x, repeated, zero, alternating]
}

#[test]
fn what_does_not_vary_is_exact_to_rounding_and_scores_nothing() {
    let sampled = linear(1).monte_carlo_kernel(&sphere(4, 3, Seed(0)).unwrap(), 8, Seed(1)).unwrap();
    let exact = linear(1).limit_kernel(&sphere(4, 3, Seed(0)).unwrap()).unwrap();
    assert_eq!(sampled.z_scores(&exact).unwrap(), Array2::<f64>::zeros((4, 4)));
    for (n, d) in [(1, 1), (2, 1), (1, 2), (3, 2), (2, 3), (4, 3), (5, 33), (3, 784)] {
        for x in points(n, d) {
            for nets in [2, 50] {
                for parametrisation in [Parametrisation::Ntk, Parametrisation::Standard] {
                    for net in [linear(1), linear(3), network("with a bias", Dense::new(1).bias(0.3).into())] {
                        let net = net.parametrisation(parametrisation);
                        let sampled = net.monte_carlo_kernel(&x, nets, Seed(1)).unwrap();
                        let scores = sampled.z_scores(&net.limit_kernel(&x).unwrap()).unwrap();
                        assert!(worst(&scores) == 0.0, "{}, {n} × {d}, {nets} networks: {scores}", net.name());
                    }
                }
            }
        }
    }
}

#[test]
fn a_wrong_value_of_what_does_not_vary_scores_without_bound() {
    let x = sphere(4, 3, Seed(0)).unwrap();
    let sampled = linear(1).monte_carlo_kernel(&x, 8, Seed(1)).unwrap();
    for wrong in [1.0 + 1e-12, 1.001, 0.0] {
        let exact = network("scaled", serial([scale(wrong), dense(1)])).limit_kernel(&x).unwrap();
        let scores = sampled.z_scores(&exact).unwrap();
        assert!(scores.diag().iter().all(|z| !(z.abs() <= 100.0)), "{wrong}: {scores}");
    }
}

#[test]
fn what_varies_scores_by_its_standard_error() {
    let (net, x) = (network("relu", serial([hidden(), relu(), dense(1)])).width(40), sphere(5, 3, Seed(0)).unwrap());
    let sampled = net.monte_carlo_kernel(&x, 50, Seed(1)).unwrap();
    let exact = net.limit_kernel(&x).unwrap();
    let scores = sampled.z_scores(&exact).unwrap();
    let difference = sampled.mean().ntk().values() - exact.ntk().values();
    assert_eq!(scores, &difference / sampled.standard_error().ntk().values());
    assert!(worst(&scores) > 0.1 && worst(&scores) < 5.0, "{scores}");
}

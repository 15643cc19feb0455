//! The velocity of the tangent kernel, against difference quotients over one small step of training each way.

use super::{largest, nets, normals, signs};
use hadamard::prelude::*;

/// The quotient over the network after a step of plain descent at a small rate and the one as far back.
fn quotient(objective: &Objective, network: &Network, probe: &Matrix, rate: f64) -> Matrix {
    let mut after = network.clone();
    Trainer::steps(1, Sgd::new(rate)).quiet().train(&mut after, objective).unwrap();
    let mut before = network.clone();
    for ((before, after), now) in before.parameters_mut().iter_mut().zip(after.parameters()).zip(network.parameters()) {
        before.values = &now.values * 2.0 - &after.values;
    }
    let kernel = |network: &Network| network.kernel(probe).unwrap().ntk().values().clone();
    (kernel(&after) - kernel(&before)) / (2.0 * rate)
}

#[test]
fn the_velocity_is_that_of_small_steps_of_training() {
    for c in [1, 2, 3] {
        for net in nets(3, c) {
            let rated: Vec<f64> = (0..net.init(Seed(1)).unwrap().parameters().len()).map(|p| 0.5 + p as f64).collect();
            for net in [net.clone(), net.clone().learning_rates(&rated), net.richness(2.0)] {
                let (network, start) = (net.init(Seed(1)).unwrap(), net.init(Seed(2)).unwrap());
                let (x, probe) = (normals((7, 3), 1), normals((4, 3), 2));
                let squared = Objective::new(&x, &normals((7, c), 3), SquaredError).unwrap();
                let logistic = Objective::new(&x, &signs((7, c)), Logistic).unwrap();
                let objectives = [
                    ("squared error", squared.clone()),
                    ("to zero", squared.clone().penalty(Penalty::to_zero(0.7))),
                    ("to a start", squared.penalty(Penalty::to_start(0.7, &start).prior_precision())),
                    ("logistic", logistic),
                ];
                for (what, objective) in objectives {
                    for probe in [&probe, &x] {
                        let velocity = objective.kernel_velocity(&network, probe).unwrap();
                        let (expected, kernel) =
                            (quotient(&objective, &network, probe, 1e-6), network.kernel(probe).unwrap());
                        let error = largest(&(&velocity - &expected));
                        let scale = largest(&expected).max(1e-3 * largest(kernel.ntk().values()));
                        assert!(error <= 1e-6 * scale, "{}, {what}, {c}: {error:e} of {scale:e}", net.name());
                        assert!(velocity == velocity.t(), "{}, {what}", net.name());
                    }
                }
            }
        }
    }
}

/// Of `f = a b x`, one hidden unit of one feature.
#[test]
fn the_velocity_of_a_product_of_two_weights_is_that_by_hand() -> Result<()> {
    let net = network("two weights", serial((dense(1), dense(1)))).input(1);
    let mut network = net.init(Seed(0))?;
    let (a, b, x, y) = (0.7, -1.3, 2.0, 0.5);
    network.parameters_mut()[0].values[[0, 0]] = a;
    network.parameters_mut()[1].values[[0, 0]] = b;
    let objective = Objective::new(&array![[x]], &array![y], SquaredError)?.penalty(Penalty::to_zero(0.3));
    // Θ = (a² + b²) x², da/dt = -2 (f - y) b x - 0.3 a, db/dt = -2 (f - y) a x - 0.3 b.
    let residual = a * b * x - y;
    let (da, db) = (-2.0 * residual * b * x - 0.3 * a, -2.0 * residual * a * x - 0.3 * b);
    let expected = 2.0 * (a * da + b * db) * x * x;
    let found = objective.kernel_velocity(&network, &array![[x]])?[[0, 0]];
    assert!((found - expected).abs() <= 1e-13 * expected.abs(), "{found} {expected}");
    Ok(())
}

#[test]
fn the_maximal_update_parametrisation_has_the_velocity_of_its_own_rates() -> Result<()> {
    // Of rates of m and a readout of 1/√m less, against the same network in the NTK parametrisation with γ = √m.
    let (x, y, m) = (normals((6, 3), 1), normals((6, 2), 2), 8);
    let net = network("smooth", serial((hidden(), tanh(), dense(2)))).input(3).width(m);
    let objective = Objective::new(&x, &y, SquaredError)?;
    let maximal = net.clone().parametrisation(Parametrisation::MuP).init(Seed(1))?;
    let rich = net.richness((m as f64).sqrt()).init(Seed(1))?;
    let [found, expected] = [&maximal, &rich].map(|network| objective.kernel_velocity(network, &x).unwrap());
    let error = largest(&(&found - &expected));
    assert!(error <= 1e-12 * largest(&expected), "{error:e}");
    Ok(())
}

#[test]
fn single_precision_differs_by_its_rounding() -> Result<()> {
    let (x, y) = (normals((6, 3), 1), normals((6, 2), 2));
    for net in nets(3, 2) {
        let network = net.init(Seed(1))?;
        let objective = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_zero(0.1));
        let exact = objective.kernel_velocity(&network, &x)?;
        let single = objective.kernel_velocity(&network.cast::<f32>(), &x)?;
        let error = largest(&(&single - &exact));
        assert!(error <= 1e-4 * (largest(&exact) + largest(network.kernel(&x)?.ntk().values())), "{}", net.name());
    }
    Ok(())
}

#[test]
fn bad_probes_and_functions_without_a_second_derivative_are_refused() -> Result<()> {
    let (x, y) = (normals((5, 3), 1), normals((5, 1), 2));
    let rectified = mlp(1).width(4).input(3).init(Seed(0))?;
    let objective = Objective::new(&x, &y, SquaredError)?;
    let mut broken = x.clone();
    broken[[3, 1]] = f64::NAN;
    let refused = |probe: &Matrix| objective.kernel_velocity(&rectified, probe).unwrap_err();
    assert!(
        matches!(refused(&broken), Error::NotFinite { row: 3, column: 1, place, .. } if place.contains("velocity"))
    );
    assert!(
        matches!(refused(&normals((5, 4), 1)), Error::Size { expected: 3, got: 4, place, .. } if place.contains("velocity"))
    );
    assert!(matches!(refused(&Matrix::zeros((0, 3))), Error::NoRows { place } if place.contains("velocity")));
    let two = Objective::new(&x, &normals((5, 2), 2), SquaredError)?;
    assert!(matches!(two.kernel_velocity(&rectified, &x), Err(Error::Size { expected: 1, got: 2, .. })));
    let wrong = objective.clone().penalty(Penalty::to_zero(-1.0));
    assert!(matches!(wrong.kernel_velocity(&rectified, &x), Err(Error::Range { value: -1.0, .. })));
    let bare = network("own", serial([dense(4), elementwise("sine", f64::sin, f64::cos), dense(1)]));
    let bare = bare.input(3).init(Seed(0))?;
    assert!(matches!(objective.kernel_velocity(&bare, &x), Err(Error::NoSecondDerivative { op: "sine", .. })));
    Ok(())
}

//! Objectives: values by definition, gradients against central differences, batches that are changed.

use super::{classes, largest, nets, normals, signs};
use hadamard::prelude::*;
use hadamard::train::Model;
use std::sync::{Arc, Mutex};

/// Losses with targets that they take, `[n, c]`.
fn objectives(x: &Matrix, c: usize) -> Vec<(&'static str, Objective)> {
    let n = x.nrows();
    let mut list = vec![
        ("squared error", Objective::new(x, &normals((n, c), 7), SquaredError).unwrap()),
        ("logistic", Objective::new(x, &signs((n, c)), Logistic).unwrap()),
    ];
    if c > 1 {
        list.push(("cross-entropy", Objective::new(x, &classes(n, c), SoftmaxCrossEntropy).unwrap()));
    }
    list
}

/// The derivative of the value by one number of a parameter, by central differences.
fn difference<M: Model<f64>>(objective: &Objective, model: &mut M, at: (usize, usize, usize), step: f64) -> f64 {
    let mut value = |by: f64| {
        model.parameters_mut()[at.0].values[[at.1, at.2]] += by;
        objective.value(model).unwrap()
    };
    let (above, below) = (value(step), value(-2.0 * step));
    value(step);
    (above - below) / (2.0 * step)
}

fn follows_differences<M: Model<f64>>(name: &str, objective: &Objective, mut model: M) {
    let (value, gradient) = objective.gradient(&model).unwrap();
    let found = objective.value(&model).unwrap();
    assert!((value - found).abs() <= 1e-13 * (1.0 + value.abs()), "{name}: {value} {found}");
    for (index, gradient) in gradient.iter().enumerate() {
        let (rows, columns) = gradient.dim();
        for (row, column) in [(0, 0), (rows - 1, columns - 1), (rows / 2, columns / 2)] {
            let expected = difference(objective, &mut model, (index, row, column), 1e-5);
            let error = (gradient[[row, column]] - expected).abs();
            assert!(
                error <= 1e-7 * (1.0 + largest(gradient)),
                "{name}, {index}: {} {expected}",
                gradient[[row, column]]
            );
        }
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    for c in [1, 2, 3] {
        for net in nets(3, c) {
            let network = net.init(Seed(1)).unwrap();
            let elsewhere = net.init(Seed(2)).unwrap();
            let weights: Vec<f64> = (0..network.parameters().len()).map(|index| 0.5 * index as f64).collect();
            for n in [1, 2, 5] {
                for (loss, objective) in objectives(&normals((n, 3), 5), c) {
                    for (what, objective) in [
                        ("no penalty", objective.clone()),
                        ("to zero", objective.clone().penalty(Penalty::to_zero(0.3).weights(&weights))),
                        ("to the start", objective.clone().penalty(Penalty::to_start(0.3, &elsewhere))),
                        ("prior", objective.clone().penalty(Penalty::to_start(0.3, &elsewhere).prior_precision())),
                    ] {
                        let name = format!("{} {loss}, {what}, n = {n}, c = {c}", net.name());
                        follows_differences(&name, &objective, network.clone());
                        let linear = elsewhere.linearised().at(&network).unwrap();
                        follows_differences(&name, &objective, linear.clone());
                        follows_differences(&name, &objective, linear.centred());
                    }
                }
            }
        }
    }
}

#[test]
fn values_are_means_of_the_loss_and_the_penalty() -> Result<()> {
    let x = normals((7, 3), 5);
    for net in nets(3, 2) {
        let (network, start) = (net.init(Seed(1))?, net.init(Seed(2))?);
        let weights: Vec<f64> = (0..network.parameters().len()).map(|index| 1.0 + index as f64).collect();
        for (loss, objective) in objectives(&x, 2) {
            let outputs = network.outputs(&x)?;
            let mean = (0..7)
                .map(|i| {
                    let (f, y) = (outputs.row(i).to_vec(), objective.targets().row(i).to_vec());
                    match loss {
                        "squared error" => SquaredError.value(&f, &y),
                        "logistic" => Logistic.value(&f, &y),
                        _ => SoftmaxCrossEntropy.value(&f, &y),
                    }
                })
                .sum::<f64>()
                / 7.0;
            let squares = |centre: Option<&Network>, weight: &dyn Fn(usize) -> f64| -> f64 {
                let parameters = network.parameters().iter().enumerate();
                let one = |(index, p): (usize, &hadamard::op::Parameter)| {
                    let moved = centre.map_or(p.values.clone(), |c| &p.values - &c.parameters()[index].values);
                    weight(index) * moved.iter().map(|v| v * v).sum::<f64>()
                };
                parameters.map(one).sum()
            };
            let prior = |index: usize| network.parameters()[index].slot().deviation.powi(-2);
            for (penalty, expected) in [
                (Penalty::to_zero(0.4), 0.2 * squares(None, &|_| 1.0)),
                (Penalty::to_start(0.4, &start), 0.2 * squares(Some(&start), &|_| 1.0)),
                (Penalty::to_start(0.4, &start).weights(&weights), 0.2 * squares(Some(&start), &|i| weights[i])),
                (Penalty::to_zero(0.4).prior_precision(), 0.2 * squares(None, &prior)),
                (Penalty::to_zero(0.0), 0.0),
            ] {
                let value = objective.clone().penalty(penalty.clone()).value(&network)?;
                let error = (value - mean - expected).abs();
                assert!(error <= 1e-12 * (1.0 + expected), "{} {loss} {penalty:?}: {error}", net.name());
            }
        }
    }
    Ok(())
}

/// Weights of the standard parametrisation are `σ` times those of the NTK one.
#[test]
fn the_prior_precision_makes_penalties_of_both_parametrisations_equal() -> Result<()> {
    let layers = serial((Dense::hidden().sigma_w(1.5).bias(0.3), tanh(), Dense::new(2).sigma_w(0.7).bias(0.2)));
    let net = network("smooth", layers).input(3).width(8);
    let x = normals((6, 3), 1);
    let ntk = net.init(Seed(1))?;
    let mut standard = net.parametrisation(Parametrisation::Standard).init(Seed(2))?;
    for (there, here) in standard.parameters_mut().iter_mut().zip(ntk.parameters()) {
        there.values = &here.values * there.slot().deviation;
    }
    let objective = Objective::new(&x, &normals((6, 2), 2), SquaredError)?;
    let value = |network: &Network| objective.clone().penalty(Penalty::to_zero(0.8).prior_precision()).value(network);
    let (one, other) = (value(&ntk)?, value(&standard)?);
    assert!((one - other).abs() <= 1e-12 * one, "{one} {other}");
    Ok(())
}

/// The fast gradient sign method on a linear model, against its closed form: `max_{|δ|∞ ≤ ε} (w·(x + δ) - y)² = (|w·x - y| + ε |w|_1)²`.
#[test]
fn adversarial_training_of_a_linear_model_minimises_its_closed_form() -> Result<()> {
    let (x, epsilon) = (normals((30, 4), 1), 0.1);
    let y = x.dot(&array![[1.0], [-0.5], [0.2], [0.0]]) + normals((30, 1), 2) * 0.3;
    let batches = Arc::new(Mutex::new(Vec::new()));
    let seen = batches.clone();
    let objective = Objective::new(&x, &y, SquaredError)?.perturb("sign of the gradient", move |model, batch| {
        seen.lock().unwrap().push((batch.step, batch.repeat, batch.samples.to_vec()));
        let residual = model.outputs(batch.x)? - batch.y;
        // A clean step first.
        let size = if batch.repeat == 0 { 0.0 } else { epsilon };
        Ok(batch.x + &residual.dot(&model.parameters()[0].t()).mapv(|slope| size * slope.signum()))
    });
    let mut network = network("linear", Dense::new(1).plain_gain(1.0).into()).input(4).init(Seed(3))?;
    let rate = 0.02;
    // One epoch by hand.
    let mut w = network.parameters()[0].values.clone();
    for (size, batch) in [(0.0, 0), (epsilon, 0), (0.0, 1), (epsilon, 1)] {
        let rows = 15 * batch..15 * (batch + 1);
        let (x, y) = (x.slice(s![rows.clone(), ..]), y.slice(s![rows, ..]));
        let residual = x.dot(&w) - y;
        let x = &x + &residual.dot(&w.t()).mapv(|slope| size * slope.signum());
        let residual = x.dot(&w) - y;
        if size > 0.0 {
            // The loss of the perturbed batch is the largest within the ball.
            let worst =
                |r: &f64, before: f64| (before.abs() + size * w.iter().map(|w| w.abs()).sum::<f64>() - r.abs()).abs();
            let before = &x - &residual.dot(&w.t()).mapv(|slope| size * slope.signum());
            let before = before.dot(&w) - y;
            assert!(residual.iter().zip(&before).all(|(r, before)| worst(r, *before) <= 1e-12));
        }
        w = &w - &(x.t().dot(&residual) * (2.0 / 15.0 * rate));
    }
    Trainer::epochs(1, Sgd::new(rate)).batch(15).repeat(2).quiet().train(&mut network, &objective)?;
    assert!(largest(&(&network.parameters()[0].values - &w)) <= 1e-14);
    let taken: Vec<(u64, u64, usize)> =
        batches.lock().unwrap().iter().map(|(s, r, samples)| (*s, *r, samples[0])).collect();
    assert_eq!(taken, [(0, 0, 0), (1, 1, 0), (2, 0, 15), (3, 1, 15)]);
    Ok(())
}

#[test]
fn a_perturbation_that_changes_nothing_changes_no_bit() -> Result<()> {
    let (x, y) = (normals((23, 3), 1), normals((23, 2), 2));
    let plain = Objective::new(&x, &y, SquaredError)?;
    let perturbed = plain.clone().perturb("none", |_, batch| Ok(batch.x.clone()));
    for net in nets(3, 2) {
        for trainer in [Trainer::steps(7, Sgd::new(0.01)), Trainer::epochs(3, Sgd::new(0.01)).batch(5).shuffle(Seed(1))]
        {
            let (mut one, mut other) = (net.init(Seed(1))?, net.init(Seed(1))?);
            let trainer = trainer.quiet().observe(Observer::new(When::Every(3)).loss().training_outputs());
            let expected = trainer.train(&mut one, &plain)?;
            assert_eq!(trainer.train(&mut other, &perturbed)?.losses, expected.losses);
            assert!(one == other, "{}", net.name());
        }
    }
    Ok(())
}

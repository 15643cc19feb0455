//! Training of linearised networks is what the theory of kernels says, which shares no code with it.

use super::{largest, nets, normals};
use hadamard::prelude::*;

/// Networks whose learning rates of parameters are equal and whose kernel is one of all outputs.
fn kernel_of(network: &Network, x: &Matrix) -> Kernel {
    network.kernel(x).unwrap().ntk().clone()
}

#[test]
fn descent_is_that_of_kernel_regression_step_by_step() -> Result<()> {
    for c in [1, 2] {
        for net in nets(3, c) {
            for n in [1, 2, 9] {
                let (x, y, others) = (normals((n, 3), 1), normals((n, c), 2), normals((4, 3), 3));
                let network = net.init(Seed(4))?;
                let regression = kernel_of(&network, &x).regression(&y)?.from_outputs(&network.outputs(&x)?)?;
                let rate = 0.7 * regression.max_learning_rate();
                let run = regression.gradient_descent(LearningRate::Fixed(rate))?;
                let mut linear = network.linearised();
                let observer = Observer::new(When::Steps(vec![0, 1, 2, 5, 30])).training_outputs().loss();
                let trainer = Trainer::steps(30, Sgd::new(rate)).observe(observer.outputs("others", &others)).quiet();
                let records = trainer.train(&mut linear, &Objective::new(&x, &y, SquaredError)?)?.records.remove(0);
                let times = [0.0, 1.0, 2.0, 5.0, 30.0];
                let expected = run.predict(&times)?;
                let scale = 1.0 + expected.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
                let error = largest_of(&(records.array("outputs")? - &expected.clone().into_dyn()));
                assert!(error <= 1e-10 * scale, "{}, n = {n}: {error}", net.name());
                let cross = network.kernel_between(&others, &x)?;
                let expected = run.predict_on(cross.ntk(), &network.outputs(&others)?, &times)?;
                let error = largest_of(&(records.array("others")? - &expected.into_dyn()));
                assert!(error <= 1e-10 * scale, "{}, n = {n}: {error} on other points", net.name());
            }
        }
    }
    Ok(())
}

fn largest_of(values: &ndarray::ArrayD<f64>) -> f64 {
    values.iter().fold(0.0, |most: f64, v| if v.is_nan() { f64::NAN } else { most.max(v.abs()) })
}

/// Outputs after time `t` in steps of size `t/steps`.
fn after(network: &Network, objective: &Objective, time: f64, steps: u64) -> Result<Matrix> {
    let mut linear = network.linearised();
    Trainer::steps(steps, Sgd::new(time / steps as f64)).quiet().train(&mut linear, objective)?;
    linear.outputs(objective.points())
}

/// Euler steps are off by `O(η)`: half the rate, half the gap; extrapolated, `O(η²)`.
#[test]
fn small_steps_follow_gradient_flow_of_every_loss() -> Result<()> {
    let (n, c) = (8, 2);
    let x = normals((n, 3), 1);
    for net in nets(3, c) {
        let network = net.init(Seed(4))?;
        let (kernel, f0) = (kernel_of(&network, &x), network.outputs(&x)?);
        let targets = [normals((n, c), 2), super::signs((n, c)), super::classes(n, c)];
        for (which, y) in targets.iter().enumerate() {
            let regression = kernel.regression(y)?.from_outputs(&f0)?;
            let time = 4.0 * regression.max_learning_rate();
            let (objective, flow) = match which {
                0 => (
                    Objective::new(&x, y, SquaredError)?,
                    LossFlow::new(SquaredError).run(&regression, &[time])?.predict(),
                ),
                1 => (Objective::new(&x, y, Logistic)?, LossFlow::new(Logistic).run(&regression, &[time])?.predict()),
                _ => {
                    let flow = LossFlow::new(SoftmaxCrossEntropy).run(&regression, &[time])?.predict();
                    (Objective::new(&x, y, SoftmaxCrossEntropy)?, flow)
                }
            };
            let expected = flow.index_axis(Axis(0), 0).to_owned();
            let (coarse, fine) = (after(&network, &objective, time, 400)?, after(&network, &objective, time, 800)?);
            let moved = largest(&(&expected - &f0));
            let gap = |f: &Matrix| largest(&(f - &expected)) / moved;
            let ratio = gap(&coarse) / gap(&fine);
            assert!((1.8..=2.2).contains(&ratio), "{} {which}: {ratio}", net.name());
            let extrapolated = gap(&(&fine * 2.0 - &coarse));
            assert!(extrapolated <= 2e-4, "{} {which}: {extrapolated:e}, {:e}", net.name(), gap(&fine));
        }
    }
    Ok(())
}

/// With a penalty `(λ/2) |θ - θ_0|²` training ends at `f_0 + Θ (Θ + nλ/2)⁻¹ (y - f_0)`.
#[test]
fn a_penalty_to_the_start_ends_in_ridge_regression() -> Result<()> {
    let (n, c, strength) = (7, 2, 0.2);
    let (x, y, others) = (normals((n, 3), 1), normals((n, c), 2), normals((4, 3), 3));
    for net in nets(3, c).into_iter().filter(|net| net.name() != "maximal update") {
        let network = net.init(Seed(4))?;
        let f0 = network.outputs(&x)?;
        let (kernel, cross) = (kernel_of(&network, &x), network.kernel_between(&others, &x)?);
        let regression = kernel.regression(&(&y - &f0))?;
        let ridge = regression.ridge(Regularization::Absolute(n as f64 * strength / 2.0))?;
        let expected = ridge.predict(cross.ntk())? + network.outputs(&others)?;
        let mut linear = network.linearised();
        let rate =
            1.0 / (2.0 / n as f64 * regression.eigen().values.iter().fold(0.0, |m: f64, v| m.max(*v)) + strength);
        let objective = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_start(strength, &network));
        Trainer::steps(4000, Sgd::new(rate)).quiet().train(&mut linear, &objective)?;
        let error = largest(&(linear.outputs(&others)? - &expected));
        assert!(error <= 1e-9 * (1.0 + largest(&expected)), "{}: {error}", net.name());
        // The gradient of the whole objective is zero there.
        let (_, gradient) = objective.gradient(&linear)?;
        assert!(gradient.iter().all(|g| largest(g) <= 1e-10), "{}", net.name());
    }
    Ok(())
}

/// Sample-then-optimise with features at one draw and a start at another (Dai et al. 2022): `⟨∇f(x; θ̃), θ⟩` from `θ_0` with the penalty
/// `½ (σ²/n) |θ - θ_0|²` and the loss `½ mean (f - y)²` ends at `θ_0 + Jᵀ (J Jᵀ + σ²)⁻¹ (y - J θ_0)`.
#[test]
fn features_at_one_draw_are_trained_from_another() -> Result<()> {
    let (n, sigma) = (6, 0.3f64);
    let (x, y) = (normals((n, 3), 1), normals((n, 1), 2));
    let net = network("smooth", serial((Dense::hidden().bias(0.2), tanh(), dense(1)))).input(3).width(20);
    let (features, start) = (net.init(Seed(1))?, net.init(Seed(2))?);
    // J θ is the centred model at θ̃ + θ.
    let shifted = |network: &Network| {
        let mut shifted = features.clone();
        for (sum, p) in shifted.parameters_mut().iter_mut().zip(network.parameters()) {
            sum.values += &p.values;
        }
        shifted
    };
    let from = shifted(&start);
    let mut model = features.linearised().centred().at(&from)?;
    let jacobian = features.jacobian(&x)?;
    let first: Vector = start.parameters().iter().flat_map(|p| p.values.iter().copied()).collect();
    let before = jacobian.dot(&first);
    assert!(model.outputs(&x)?.iter().zip(&before).all(|(a, b)| (a - b).abs() <= 1e-12));
    // Their loss has a half, and so has our penalty: twice their loss is ours.
    let objective =
        Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_start(2.0 * sigma * sigma / n as f64, &from));
    let gram = jacobian.dot(&jacobian.t());
    let largest_eigenvalue = SymmetricEigen::new(&gram)?.values.iter().fold(0.0, |m: f64, v| m.max(*v));
    let rate = 0.9 * n as f64 / (largest_eigenvalue + sigma * sigma);
    Trainer::steps(20_000, Sgd::new(rate)).quiet().train(&mut model, &objective)?;
    // (J Jᵀ + σ²)⁻¹ by its eigenvectors, written out.
    let eigen = SymmetricEigen::new(&gram)?;
    let residual = y.column(0).to_owned() - &before;
    let coefficients = eigen.vectors.dot(&residual) / (&eigen.values + sigma * sigma);
    let expected = &before + &gram.dot(&eigen.vectors.t().dot(&coefficients));
    let error = (model.outputs(&x)?.column(0).to_owned() - &expected).iter().fold(0.0, |m: f64, d| m.max(d.abs()));
    assert!(error <= 1e-9, "{error}");
    Ok(())
}

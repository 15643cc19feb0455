//! Kernel regression from end to end, on the kernels of networks.

use hadamard::prelude::*;

fn largest<D: ndarray::Dimension>(a: &ndarray::Array<f64, D>) -> f64 {
    a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
}

#[test]
fn results_have_names_and_may_cross_threads() {
    fn sent<T: Send + Sync + Clone + std::fmt::Debug>() {}
    sent::<Ridge>();
    sent::<Posterior<ndarray::Ix2>>();
    sent::<LossTrajectory>();
    sent::<KernelRegression>();
}

/// The end of gradient descent is the ridge with `λ → 0`, the mean of the Gaussian process, and `predict_on` at late times.
#[test]
fn every_route_to_the_end_of_training_gives_the_same_predictions() -> Result<()> {
    let (x, others) = (sphere(25, 4, Seed(0))?, sphere(7, 4, Seed(1))?);
    let y = Array2::from_shape_fn((25, 3), |(i, j)| (2.0 * x[[i, j]]).sin());
    for net in [ccp(2), mlp(2)] {
        let (train, cross, test) =
            (net.limit_kernel(&x)?, net.limit_kernel_between(&others, &x)?, net.limit_kernel(&others)?);
        let regression = train.ntk().regression(&y)?;
        let none = Regularization::Absolute(0.0);
        let ridge = regression.ridge(none)?.predict(cross.ntk())?;
        let process = regression.posterior(none, cross.ntk(), test.ntk())?;
        let flow = regression.gradient_flow().predict_on(cross.ntk(), &Array2::zeros((7, 3)), &[1e9])?;
        let ensemble = train.ensemble(&y)?.at(f64::INFINITY, none, &cross, &test)?;
        let scale = regression.condition().condition_number() * 1e-14;
        for (route, prediction) in [
            ("process", &process.mean),
            ("flow", &flow.index_axis(Axis(0), 0).to_owned()),
            ("ensemble", &ensemble.mean),
        ] {
            let error = largest(&(prediction - &ridge));
            assert!(error <= scale, "{} {route}: {error} {scale}", net.name());
        }
        assert!(ensemble.variance().iter().all(|v| *v > 0.0) && process.variance().iter().all(|v| *v > 0.0));
    }
    Ok(())
}

/// Lee et al. 2019: outputs of wide networks, each trained from its own draw, against the ensemble's mean and variance.
#[test]
fn wide_trained_networks_follow_the_ensemble() -> Result<()> {
    const NETS: u64 = 120;
    let (x, others) = (sphere(8, 3, Seed(2))?, sphere(3, 3, Seed(3))?);
    let y = Array1::from_shape_fn(8, |i| x[[i, 0]] - x[[i, 1]]);
    let net = mlp(1).input(3);
    let (train, cross, test) =
        (net.limit_kernel(&x)?, net.limit_kernel_between(&others, &x)?, net.limit_kernel(&others)?);
    let (rate, steps) = (0.05, 200);
    let predicted = train.ensemble(&y)?.at(rate * steps as f64, Regularization::Absolute(0.0), &cross, &test)?;
    let outputs = (0..NETS)
        .map(|seed| {
            let mut network = net.clone().width(512).init(Seed(100 + seed))?;
            Trainer::steps(steps, Sgd::new(rate)).train(&mut network, &Objective::new(&x, &y, SquaredError)?)?;
            Ok(network.outputs(&others)?.column(0).to_owned())
        })
        .collect::<Result<Vec<Vector>>>()?;
    let count = NETS as f64;
    for (i, (mean, variance)) in predicted.mean.iter().zip(predicted.variance()).enumerate() {
        let sampled = outputs.iter().map(|f| f[i]).sum::<f64>() / count;
        let z = (sampled - mean) / (variance / count).sqrt();
        assert!(z.abs() <= 4.5, "mean {i}: {sampled} {mean}, z = {z}");
        let spread = outputs.iter().map(|f| (f[i] - mean).powi(2)).sum::<f64>() / count;
        let z = (spread / variance - 1.0) / (2.0 / count).sqrt();
        assert!(z.abs() <= 4.5, "variance {i}: {spread} {variance}, z = {z}");
    }
    Ok(())
}

#[test]
fn losses_on_a_networks_kernel_fit_the_labels() -> Result<()> {
    let x = sphere(40, 3, Seed(4))?;
    let kernel = mlp(2).limit_kernel(&x)?;
    let signs = x.column(0).mapv(f64::signum);
    let run = LossFlow::new(Logistic).run(&kernel.ntk().regression(&signs)?, &[0.0, 1e5])?;
    assert!((run.losses()[0] - 2f64.ln()).abs() <= 1e-15 && run.losses()[1] <= 0.02, "{}", run.losses());
    assert!(run.predict().row(1).iter().zip(&signs).all(|(f, y)| f * y > 0.0));
    let classes = Array2::from_shape_fn((40, 2), |(i, j)| if (signs[i] > 0.0) == (j == 0) { 1.0 } else { 0.0 });
    let two = LossFlow::new(SoftmaxCrossEntropy).run(&kernel.ntk().regression(&classes)?, &[0.0, 0.5e5])?;
    // Two outputs part by twice the logistic slope: f_1 - f_2 at time t is the logistic output at time 2 t.
    let margin = &two.predict().slice(s![1, .., 0]) - &two.predict().slice(s![1, .., 1]);
    let error = largest(&(margin - run.predict().row(1)));
    assert!(error <= 1e-5, "{error}");
    Ok(())
}

#[test]
fn the_same_flow_on_one_and_on_four_threads_gives_the_same_bits() -> Result<()> {
    let x = sphere(30, 4, Seed(5))?;
    let y = x.slice(s![.., ..2]).to_owned();
    let regression = ccp(2).limit_kernel(&x)?.ntk().regression(&y)?;
    let run = |threads| {
        let flow = || LossFlow::new(SquaredError).integrator(Integrator::Implicit).run(&regression, &[0.1, 1e3]);
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(flow)
    };
    assert_eq!(run(1)?.predict(), run(4)?.predict());
    Ok(())
}

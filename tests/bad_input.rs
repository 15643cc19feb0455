//! Every bad input is an error that names the place and carries the numbers.

#[path = "bad_input/table.rs"]
mod table;

use hadamard::prelude::*;
use hadamard::regression::{Logistic, LossFlow, Regularization, SoftmaxCrossEntropy, SquaredError};

fn ready() -> Network {
    ccp(2).input(3).width(4).init(Seed(0)).unwrap()
}

fn train(rate: f64, steps: u64, mut network: Network, x: &Matrix, y: &Vector) -> Result<TrainingRun> {
    Trainer::steps(steps, Sgd::new(rate)).train(&mut network, &Objective::new(x, y, SquaredError)?)
}

#[test]
fn inputs_without_rows() {
    let none = Array2::<f64>::zeros((0, 3));
    assert!(matches!(ready().kernel(&none), Err(Error::NoRows { .. })));
    assert!(matches!(ready().outputs(&none), Err(Error::NoRows { .. })));
    assert!(matches!(ccp(2).limit_kernel(&none), Err(Error::NoRows { .. })));
    assert!(matches!(sphere(0, 3, Seed(0)), Err(Error::NoRows { .. })));
}

#[test]
fn inputs_that_are_not_finite() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut x = Array2::<f64>::ones((4, 3));
        x[[2, 1]] = bad;
        assert!(matches!(ready().kernel(&x), Err(Error::NotFinite { row: 2, column: 1, .. })));
        assert!(matches!(ccp(2).limit_kernel(&x), Err(Error::NotFinite { row: 2, column: 1, .. })));
        let y = Array1::ones(4);
        assert!(matches!(train(0.1, 1, ready(), &x, &y), Err(Error::NotFinite { row: 2, .. })));
    }
}

#[test]
fn features_and_targets_that_do_not_match() {
    let x = Array2::<f64>::ones((4, 2));
    assert!(matches!(ready().kernel(&x), Err(Error::Size { expected: 3, got: 2, .. })));
    assert!(matches!(ready().kernel_between(&Array2::ones((4, 3)), &x), Err(Error::Size { expected: 3, got: 2, .. })));
    assert!(matches!(
        ccp(2).limit_kernel_between(&Array2::ones((4, 3)), &x),
        Err(Error::Size { expected: 3, got: 2, .. })
    ));
    let trained = train(0.1, 1, ready(), &x, &Array1::ones(4));
    assert!(matches!(trained, Err(Error::Size { expected: 3, got: 2, .. })));
    let short = Array1::ones(3);
    let kernel = ccp(2).limit_kernel(&x).unwrap();
    assert!(matches!(kernel.ntk().regression(&short), Err(Error::Size { expected: 4, got: 3, .. })));
    let trained = train(0.1, 1, ready(), &Array2::ones((4, 3)), &short);
    assert!(matches!(trained, Err(Error::Size { expected: 4, got: 3, .. })));
}

#[test]
fn widths_and_degrees_of_zero_and_sizes_left_open() {
    assert!(matches!(ccp(2).input(3).width(0).init(Seed(0)), Err(Error::Range { .. })));
    assert!(matches!(dense_net(0).init(Seed(0)), Err(Error::Range { .. })));
    for net in [ccp(0), pnn(0), mlp(0)] {
        assert!(matches!(net.clone().input(3).width(4).init(Seed(0)), Err(Error::NoBranches { .. })), "{}", net.name());
        assert!(matches!(net.limit_kernel(&Array2::ones((2, 3))), Err(Error::NoBranches { .. })), "{}", net.name());
    }
    assert!(matches!(ccp(2).input(3).init(Seed(0)), Err(Error::Unset { what: "width", .. })));
    assert!(matches!(ccp(2).width(3).init(Seed(0)), Err(Error::Unset { what: "input", .. })));
    let message = ccp(2).input(3).init(Seed(0)).unwrap_err().to_string();
    assert!(message.contains("CCP, N = 2") && message.contains(".width("), "{message}");
}

fn dense_net(width: usize) -> Net {
    network("dense", serial([dense(width), dense(1)])).input(3)
}

#[test]
fn learning_rates_that_diverge() {
    let x = sphere(20, 3, Seed(1)).unwrap();
    let y = Array1::from_shape_fn(20, |i| x[[i, 0]]);
    let regression = ccp(2).limit_kernel(&x).unwrap().ntk().regression(&y).unwrap();
    match regression.gradient_descent(LearningRate::Fixed(1e6)) {
        Err(error @ Error::Diverges { .. }) => assert!(error.to_string().contains("1.000000e6"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(regression.gradient_descent(LearningRate::MatchTop(2.0)), Err(Error::Diverges { .. })));
    let trained = train(50.0, 200, ready(), &x, &y);
    assert!(matches!(trained, Err(Error::TrainingDiverged { .. })), "{trained:?}");
    assert!(matches!(train(-1.0, 2, ready(), &x, &y), Err(Error::Range { .. })));
}

#[test]
fn singular_kernels_asked_for_an_exact_solve() {
    let x = Array2::from_shape_fn((4, 3), |(i, j)| if i == 3 { j as f64 } else { (i * j + j) as f64 });
    let repeated = ndarray::concatenate(Axis(0), &[x.view(), x.view()]).unwrap();
    let regression = ccp(2).limit_kernel(&repeated).unwrap().ntk().regression(&Array1::ones(8)).unwrap();
    assert!(matches!(regression.solve(), Err(Error::Singular { n: 8, .. })));
}

#[test]
fn regressions_with_settings_or_kernels_that_do_not_fit() {
    let (x, others) = (sphere(6, 3, Seed(1)).unwrap(), sphere(2, 3, Seed(2)).unwrap());
    let net = ccp(2);
    let (train, test) = (net.limit_kernel(&x).unwrap(), net.limit_kernel(&others).unwrap());
    let cross = net.limit_kernel_between(&others, &x).unwrap();
    let regression = train.ntk().regression(&Array1::ones(6)).unwrap();
    match regression.ridge(Regularization::Absolute(-1e-3)) {
        Err(error @ Error::Range { .. }) => assert!(error.to_string().contains("-0.001"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(regression.ridge(Regularization::RelativeTrace(f64::NAN)), Err(Error::Range { .. })));
    let noise = Regularization::Absolute(0.1);
    let transposed = net.limit_kernel_between(&x, &others).unwrap();
    let ridge = regression.ridge(noise).unwrap();
    assert!(matches!(ridge.predict(transposed.ntk()), Err(Error::Size { expected: 6, got: 2, .. })));
    let posterior = regression.posterior(noise, cross.ntk(), train.ntk());
    assert!(matches!(posterior, Err(Error::Size { expected: 2, got: 6, .. })));
    let ensemble = train.ensemble(&Array1::ones(6)).unwrap();
    assert!(matches!(ensemble.at(-2.0, noise, &cross, &test), Err(Error::Range { value: -2.0, .. })));
    assert!(matches!(cross.ensemble(&Array1::ones(2)), Err(Error::Size { expected: 2, got: 6, .. })));
    let on = regression.gradient_flow().predict_on(cross.ntk(), &Array1::zeros(3), &[1.0]);
    assert!(matches!(on, Err(Error::Size { expected: 2, got: 3, .. })));
    let start = regression.clone().from_outputs(&array![0.0, 0.0, f64::NAN, 0.0, 0.0, 0.0]);
    assert!(matches!(start, Err(Error::NotFinite { row: 2, column: 0, .. })));
    let wide = train.ntk().regression(&Array2::ones((5, 2)));
    assert!(matches!(wide, Err(Error::Size { expected: 6, got: 5, .. })));
    let classes = train.ntk().regression(&Array2::ones((6, 2))).unwrap();
    let run = LossFlow::new(SoftmaxCrossEntropy).run(&classes, &[1.0]);
    assert!(matches!(run, Err(Error::Range { value: 2.0, .. })), "{run:?}");
    let labels = train.ntk().regression(&Array1::from_elem(6, 3.0)).unwrap();
    assert!(matches!(LossFlow::new(Logistic).run(&labels, &[1.0]), Err(Error::Range { value: 3.0, .. })));
    match LossFlow::new(SquaredError).max_steps(3).run(&regression, &[1e6]) {
        Err(error @ Error::Unfinished { steps: 3, .. }) => assert!(error.to_string().contains("1.000000e6"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(LossFlow::new(SquaredError).run(&regression, &[-1.0]), Err(Error::Range { value: -1.0, .. })));
}

#[test]
fn architectures_without_a_limit_are_refused_not_computed() {
    let x = Array2::<f64>::ones((2, 3));
    let limit = |layer: Layer| network("n", layer).limit_kernel(&x);
    let branch = || serial([hidden(), relu()]);
    let after_product = serial([hadamard([branch(), branch()]), relu(), dense(1)]);
    match limit(after_product) {
        Err(error @ Error::NoLimitRule { .. }) => assert!(error.to_string().contains("Hadamard"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(limit(serial([relu(), dense(1)])), Err(Error::NoLimitRule { .. })));
    let same = serial([hidden(), hadamard([relu(), identity()]), dense(1)]);
    assert!(matches!(limit(same), Err(Error::DependentBranches { first: 0, second: 1, .. })));
    // A branch may hold a dense layer and pass its input on beside it.
    let residual = || sum([identity(), hidden()]);
    let beside = serial([hidden(), hadamard([identity(), residual()]), dense(1)]);
    assert!(matches!(limit(beside), Err(Error::DependentBranches { first: 0, second: 1, .. })));
    let both = serial([hidden(), sum([residual(), residual()]), dense(1)]);
    assert!(matches!(limit(both), Err(Error::DependentBranches { first: 0, second: 1, .. })));
    assert!(limit(serial([hadamard([dense(512), hidden()]), dense(1)])).is_ok());
    assert!(matches!(limit(serial([hadamard([identity(), dense(3)]), dense(1)])), Err(Error::NoLimitRule { .. })));
    let plain = serial([hidden(), relu(), Dense::new(4).plain_gain(1.0).into(), dense(1)]);
    assert!(matches!(limit(plain), Err(Error::NoLimitRule { .. })));
    let jump = elementwise("jump", |u| if u > 0.3 { 1.0 } else { 0.0 }, |_| 0.0);
    assert!(matches!(limit(serial([hidden(), jump, dense(1)])), Err(Error::SeriesTail { .. })));
}

#[test]
fn branches_of_unequal_width_and_networks_with_several_outputs() {
    let uneven = network("uneven", serial([hadamard([dense(4), dense(5)]), dense(1)])).input(3);
    assert!(matches!(uneven.init(Seed(0)), Err(Error::Size { expected: 4, got: 5, .. })));
    let many = network("three outputs", dense(3)).input(3).init(Seed(0)).unwrap();
    let trained = train(0.1, 1, many.clone(), &Array2::ones((2, 3)), &Array1::ones(2));
    assert!(matches!(trained, Err(Error::Size { expected: 3, got: 1, .. })));
    let beyond = many.kernel_of(Outputs::One(3), &Array2::ones((2, 3)));
    assert!(matches!(beyond, Err(Error::Range { value: 3.0, .. })));
    assert!(matches!(ccp(1).width(4).monte_carlo_kernel(&Array2::ones((2, 3)), 1, Seed(0)), Err(Error::Range { .. })));
}

#[test]
fn parameters_set_to_other_shapes_or_to_nan() {
    let x = Array2::<f64>::ones((2, 3));
    let mut reshaped = ready();
    reshaped.parameters_mut()[1].values = Array2::zeros((3, 5));
    assert!(matches!(reshaped.kernel(&x), Err(Error::Size { expected: 4, got: 5, .. })));
    let mut broken = ready();
    broken.parameters_mut()[0].values[[1, 2]] = f64::NAN;
    assert!(matches!(broken.outputs(&x), Err(Error::NotFinite { row: 1, column: 2, .. })));
}

#[test]
fn overflow_is_reported() {
    let x = Array2::from_elem((2, 3), 1e200);
    assert!(matches!(ready().outputs(&x), Err(Error::Overflow { .. })));
    assert!(matches!(ready().kernel(&x), Err(Error::Overflow { .. })));
    assert!(matches!(ccp(2).limit_kernel(&x), Err(Error::Overflow { .. })));
    let erf = network("erf", serial([dense(4), erf(), dense(1)]));
    assert!(matches!(erf.limit_kernel(&array![[1e200, 0.0], [0.0, 0.0]]), Err(Error::Overflow { .. })));
}

#[test]
fn targets_need_frequencies_and_three_dimensions() {
    let target = |frequencies: &[usize], d| {
        HarmonicTarget::new(frequencies, d, GegenbauerIndex::Harmonic, Amplitude::Unit, Seed(0))
    };
    assert!(matches!(target(&[], 10), Err(Error::Range { .. })));
    assert!(matches!(target(&[1], 2), Err(Error::Range { .. })));
    assert!(matches!(target(&[1, 4, 1], 10), Err(Error::Range { value: 1.0, .. })));
    assert!(matches!(mercer_coefficients(&mlp(1), 2, &[1]), Err(Error::Range { .. })));
    assert!(matches!(zonal_coefficients(|_| 1.0, 3, &[5000]), Err(Error::Range { .. })));
    assert!(matches!(gegenbauer::root_mean_square(3, f64::NAN, 10), Err(Error::Range { .. })));
    assert!(matches!(target(&[150], 1000), Err(Error::Overflow { .. })));
}

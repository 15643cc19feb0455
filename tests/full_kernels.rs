//! Regression with full kernels, which couple the outputs of a network: against training, against the shared kernel, and against the
//! formulas in plain loops.

use hadamard::prelude::*;
use hadamard::regression::RidgeChoice;
use ndarray::{Array, Dimension};

fn largest<D: Dimension>(a: &Array<f64, D>) -> f64 {
    a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
}

fn normals(shape: (usize, usize), stream: u64) -> Matrix {
    Matrix::from_shape_simple_fn(shape, Seed(77).normals(stream))
}

/// A full kernel of `c` outputs from its values.
fn full(values: Matrix, symmetric: bool, c: usize) -> Kernel {
    Kernel::of_outputs(values, (symmetric, Route::Finite), c)
}

/// The Gram matrix of random features of `points` points with `c` rows each, and its blocks for the first `n` of them.
fn blocks(points: usize, n: usize, c: usize) -> [Kernel; 3] {
    let features = normals((points * c, points * c + 1), points as u64);
    let gram = features.dot(&features.t());
    let part = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
        gram.slice(s![rows.start * c..rows.end * c, columns.start * c..columns.end * c]).to_owned()
    };
    [full(part(0..n, 0..n), true, c), full(part(n..points, 0..n), false, c), full(part(n..points, n..points), true, c)]
}

/// `a⁻¹` by Gauss and Jordan.
fn inverse(a: &Matrix) -> Matrix {
    let n = a.nrows();
    let mut pair = ndarray::concatenate![Axis(1), a.view(), Matrix::eye(n)];
    for i in 0..n {
        let pivot = pair[[i, i]];
        pair.row_mut(i).mapv_inplace(|v| v / pivot);
        let row = pair.row(i).to_owned();
        for k in (0..n).filter(|&k| k != i) {
            let factor = pair[[k, i]];
            pair.row_mut(k).scaled_add(-factor, &row);
        }
    }
    pair.slice(s![.., n..]).to_owned()
}

/// As `[points · c, 1]`, and back.
fn flat(a: &Matrix) -> Matrix {
    a.as_standard_layout().into_owned().into_shape_with_order((a.len(), 1)).unwrap()
}

fn unflat(a: &Matrix, c: usize) -> Matrix {
    a.as_standard_layout().into_owned().into_shape_with_order((a.len() / c, c)).unwrap()
}

/// Networks that are linear in their parameters, so that their kernels are constant: one whose outputs have weights of their own, and one
/// whose outputs, places of a convolution, share them.
fn linear_networks() -> [Net; 2] {
    [
        network("own weights", dense(3)).input(6),
        network("shared weights", serial([conv(1, 1), flatten()])).image(1, 3, 2),
    ]
}

#[test]
fn training_of_linear_networks_is_what_the_full_kernel_says_to_the_last_step() -> Result<()> {
    let (n, x, y) = (30, normals((30, 6), 1), normals((30, 3), 2));
    for net in linear_networks() {
        let start = net.init(Seed(5))?;
        let kernel = start.kernel(&x)?.ntk().clone();
        assert_eq!((kernel.points(), kernel.outputs()), ((n, n), 3));
        let (f0, others) = (start.outputs(&x)?, normals((7, 6), 3));
        let regression = kernel.regression(&y)?.from_outputs(&f0)?;
        let cross = start.kernel_between(&others, &x)?;
        for share in [0.3, 0.9, 1.6] {
            let run = regression.gradient_descent(LearningRate::MatchTop(share))?;
            let rate = run.rate().unwrap();
            assert!((rate / regression.max_learning_rate() - share / 2.0).abs() <= 1e-12);
            for steps in [1, 7, 60] {
                let mut trained = start.clone();
                Trainer::steps(steps, Sgd::new(rate)).train(&mut trained, &Objective::new(&x, &y, SquaredError)?)?;
                let error = largest(&(&run.predict(&[steps as f64])?.index_axis(Axis(0), 0) - &trained.outputs(&x)?));
                assert!(error <= 1e-11, "{} {share} {steps}: {error}", net.name());
                let on = run.predict_on(cross.ntk(), &start.outputs(&others)?, &[steps as f64])?;
                let error = largest(&(&on.index_axis(Axis(0), 0) - &trained.outputs(&others)?));
                assert!(error <= 1e-11, "{} {share} {steps}: {error} on other points", net.name());
            }
        }
    }
    Ok(())
}

#[test]
fn training_parts_at_the_largest_rate() -> Result<()> {
    let (x, y) = (normals((30, 6), 1), normals((30, 3), 2));
    for net in linear_networks() {
        let start = net.init(Seed(5))?;
        let regression = start.kernel(&x)?.ntk().regression(&y)?.from_outputs(&start.outputs(&x)?)?;
        let limit = regression.max_learning_rate();
        let train = |share: f64, steps| {
            let mut trained = start.clone();
            Trainer::steps(steps, Sgd::new(share * limit)).train(&mut trained, &Objective::new(&x, &y, SquaredError)?)
        };
        let losses = train(0.9, 4000)?.losses;
        let end = regression.gradient_descent(LearningRate::Fixed(0.9 * limit))?.residuals(&[3999.0])?;
        let expected = end.iter().map(|r| r * r).sum::<f64>() / 30.0;
        assert!((losses[3999] / expected - 1.0).abs() <= 1e-8, "{}: {} {expected}", net.name(), losses[3999]);
        assert!(matches!(train(1.1, 4000), Err(Error::TrainingDiverged { .. })), "{}", net.name());
        assert!(regression.gradient_descent(LearningRate::Fixed(1.1 * limit)).is_err());
    }
    Ok(())
}

#[test]
fn a_shared_kernel_and_its_full_form_are_one() -> Result<()> {
    let (x, others) = (sphere(12, 4, Seed(0))?, sphere(5, 4, Seed(1))?);
    let (c, y, f0) = (3, normals((12, 3), 4), normals((12, 3), 5));
    let (target, on) = (normals((5, 3), 6), normals((5, 3), 7));
    let net = mlp(2);
    let (train, cross, test) =
        (net.limit_kernel(&x)?, net.limit_kernel_between(&others, &x)?, net.limit_kernel(&others)?);
    let [k, k_cross, k_test] = [train.ntk(), cross.ntk(), test.ntk()];
    let [wide, wide_cross, wide_test] = [k.full(c)?, k_cross.full(c)?, k_test.full(c)?];
    let shared = k.regression(&y)?.from_outputs(&f0)?;
    let full = wide.regression(&y)?.from_outputs(&f0)?;
    let same = |what: &str, a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * (1.0 + b.abs()), "{what}: {a} {b}");

    same("rate", full.max_learning_rate(), shared.max_learning_rate());
    let (a, b) = (full.condition(), shared.condition());
    assert_eq!((a.n, a.rows, a.rank), (12, 36, 3 * b.rank));
    same("mean", a.mean, b.mean);
    assert!(largest(&(full.solve()? - shared.solve()?)) <= 1e-9);
    for ridge in [Regularization::Absolute(0.1), Regularization::RelativeTrace(0.02)] {
        let (a, b) = (full.ridge(ridge)?, shared.ridge(ridge)?);
        assert!(largest(&(&a.coefficients - &b.coefficients)) <= 1e-12);
        assert!(largest(&(a.predict(&wide_cross)? - b.predict(k_cross)?)) <= 1e-12);
        assert!(largest(&(full.leave_one_out(ridge)? - shared.leave_one_out(ridge)?)) <= 1e-12);
        same("evidence", full.log_marginal_likelihood(ridge)?, shared.log_marginal_likelihood(ridge)?);
        let (a, b) = (full.posterior(ridge, &wide_cross, &wide_test)?, shared.posterior(ridge, k_cross, k_test)?);
        assert!(largest(&(&a.mean - &b.mean)) <= 1e-12);
        for ((i, j), value) in a.covariance.indexed_iter() {
            let expected = if i % c == j % c { b.covariance[[i / c, j / c]] } else { 0.0 };
            assert!((value - expected).abs() <= 1e-12, "{i} {j}");
        }
    }
    let grid = [1e-4, 1e-2, 1.0];
    for (a, b) in [
        (RidgeChoice::LeaveOneOut, RidgeChoice::LeaveOneOut),
        (RidgeChoice::GeneralisedCrossValidation, RidgeChoice::GeneralisedCrossValidation),
        (
            RidgeChoice::Validation { cross: &wide_cross, targets: &target },
            RidgeChoice::Validation { cross: k_cross, targets: &target },
        ),
    ] {
        let (a, b) = (full.ridge_by(a, &grid)?, shared.ridge_by(b, &grid)?);
        for i in 0..3 {
            same("error", a.errors[i], b.errors[i]);
            same("training", a.training[i], b.training[i]);
            same("degrees", a.degrees_of_freedom[i], 3.0 * b.degrees_of_freedom[i]);
        }
    }
    let (directions, grid) = (normals((2, 12), 8), [0.0, 1e6]);
    let times = [0.0, 3.0, 40.0];
    let runs = [
        (full.gradient_flow(), shared.gradient_flow()),
        (full.gradient_descent(LearningRate::MatchTop(1.3))?, shared.gradient_descent(LearningRate::MatchTop(1.3))?),
    ];
    for (a, b) in runs {
        assert!(largest(&(a.residuals(&times)? - b.residuals(&times)?)) <= 1e-12);
        assert!(largest(&(a.predict(&times)? - b.predict(&times)?)) <= 1e-12);
        let elsewhere = a.predict_on(&wide_cross, &on, &times)? - b.predict_on(k_cross, &on, &times)?;
        assert!(largest(&elsewhere) <= 1e-12);
        assert!(largest(&(a.project(&directions, &times)? - b.project(&directions, &times)?)) <= 1e-12);
        let (t, expected) = (a.time_to(directions.row(0), 0.4, &grid)?, b.time_to(directions.row(0), 0.4, &grid)?);
        same("time", t.unwrap(), expected.unwrap());
        let weights = normals((2, 5), 9).dot(k_cross.values());
        let wide_weights = Kernel::of_outputs(weights.clone(), (false, Route::Limit), 1).full(c)?;
        let error = a.project_prediction(wide_weights.values(), &times)? - b.project_prediction(&weights, &times)?;
        assert!(largest(&error) <= 1e-12);
    }
    let softmax = Matrix::from_shape_fn((12, 3), |(i, j)| f64::from(u8::from(i % 3 == j)));
    for integrator in [Integrator::Explicit, Integrator::Implicit] {
        let flow = LossFlow::new(SoftmaxCrossEntropy).integrator(integrator);
        let (a, b) =
            (flow.run(&wide.regression(&softmax)?, &[0.5, 20.0])?, flow.run(&k.regression(&softmax)?, &[0.5, 20.0])?);
        assert!(largest(&(a.predict() - b.predict())) <= 1e-6);
        assert!(largest(&(a.predict_on(&wide_cross, &on)? - b.predict_on(k_cross, &on)?)) <= 1e-6);
        assert!(largest(&(a.losses() - b.losses())) <= 1e-7);
    }
    Ok(())
}

#[test]
fn ridge_posterior_evidence_and_paths_equal_plain_formulas() -> Result<()> {
    for (points, n, c) in [(5, 3, 2), (4, 1, 3), (9, 6, 2), (3, 2, 5)] {
        let [train, cross, test] = blocks(points, n, c);
        let (y, target) = (normals((n, c), 10), normals((points - n, c), 11));
        let regression = train.regression(&y)?;
        let lambda = 0.7;
        let g = inverse(&(train.values() + &(Matrix::eye(n * c) * lambda)));
        let alpha = g.dot(&flat(&y));
        let ridge = regression.ridge(lambda)?;
        assert!(largest(&(&ridge.coefficients - &unflat(&alpha, c))) <= 1e-11);
        let prediction = unflat(&cross.values().dot(&alpha), c);
        assert!(largest(&(ridge.predict(&cross)? - &prediction)) <= 1e-11);
        let posterior = regression.posterior(lambda, &cross, &test)?;
        assert!(largest(&(&posterior.mean - &prediction)) <= 1e-11);
        let covariance = test.values() - &cross.values().dot(&g).dot(&cross.values().t());
        assert!(largest(&(&posterior.covariance - &covariance)) <= 1e-11);
        // Every point left out, and the rest fitted anew.
        let left_out = regression.leave_one_out(lambda)?;
        for point in 0..n {
            let rest: Vec<usize> = (0..n * c).filter(|row| row / c != point).collect();
            let rows: Vec<usize> = (point * c..(point + 1) * c).collect();
            let k = train.values().select(Axis(0), &rest).select(Axis(1), &rest) + Matrix::eye(rest.len()) * lambda;
            let of_point = train.values().select(Axis(0), &rows).select(Axis(1), &rest);
            let f = of_point.dot(&inverse(&k)).dot(&flat(&y).select(Axis(0), &rest));
            for o in 0..c {
                let expected = y[[point, o]] - f[[o, 0]];
                assert!((left_out[[point, o]] - expected).abs() <= 1e-10, "{} {expected}", left_out[[point, o]]);
            }
        }
        let choice = RidgeChoice::Validation { cross: &cross, targets: &target };
        let path = regression.ridge_by(choice, &[lambda])?;
        let expected = (&prediction - &target).iter().map(|r| r * r).sum::<f64>() / (points - n) as f64;
        assert!((path.errors[0] - expected).abs() <= 1e-10 * (1.0 + expected));
    }
    Ok(())
}

/// `df/dt = -(1/n) Θ ∂ℓ/∂f` with the softmax over a point's outputs, by Runge-Kutta steps of order 4.
#[test]
fn softmax_couples_the_outputs_of_a_full_kernel() -> Result<()> {
    let (n, c) = (5, 3);
    let [train, cross, _] = blocks(7, n, c);
    let y = Matrix::from_shape_fn((n, c), |(i, j)| f64::from(u8::from(i % c == j)));
    let (f0, on) = (normals((n, c), 12), normals((2, c), 13));
    let regression = train.regression(&y)?.from_outputs(&f0)?;
    let slope = |f: &Matrix| {
        let mut gradient = f.mapv(f64::exp);
        for (mut row, y) in gradient.rows_mut().into_iter().zip(y.rows()) {
            row /= row.sum();
            row -= &y;
        }
        flat(&gradient) * (-1.0 / n as f64)
    };
    let times = [0.02, 0.3];
    for integrator in [Integrator::Explicit, Integrator::Implicit] {
        let run = LossFlow::new(SoftmaxCrossEntropy).integrator(integrator).run(&regression, &times)?;
        let (here, elsewhere) = (run.predict(), run.predict_on(&cross, &on)?);
        for (index, time) in times.iter().enumerate() {
            let (steps, mut f, mut a) = (3000, f0.clone(), Matrix::zeros((n * c, 1)));
            let h = time / f64::from(steps);
            for _ in 0..steps {
                let at = |a: &Matrix| unflat(&(flat(&f0) + train.values().dot(a)), c);
                let k1 = slope(&at(&a));
                let k2 = slope(&at(&(&a + &(&k1 * (h / 2.0)))));
                let k3 = slope(&at(&(&a + &(&k2 * (h / 2.0)))));
                let k4 = slope(&at(&(&a + &(&k3 * h))));
                a += &((k1 + k2 * 2.0 + k3 * 2.0 + k4) * (h / 6.0));
                f = at(&a);
            }
            let error = largest(&(&here.index_axis(Axis(0), index) - &f));
            let f_on = &on + &unflat(&cross.values().dot(&a), c);
            let error_on = largest(&(&elsewhere.index_axis(Axis(0), index) - &f_on));
            assert!(error <= 1e-6 && error_on <= 1e-6, "{integrator:?} {time}: {error} {error_on}");
        }
    }
    Ok(())
}

#[test]
fn targets_that_could_be_meant_otherwise_are_refused() -> Result<()> {
    let [train, cross, test] = blocks(6, 4, 3);
    let message = |error: Error| error.to_string();
    let flat = train.regression(&Vector::ones(12)).map(|_| ()).map_err(message).unwrap_err();
    assert!(flat.contains("expected 2") && flat.contains("[points, outputs]") && flat.contains("got 1"), "{flat}");
    let two = train.regression(&Matrix::ones((4, 2))).map(|_| ()).map_err(message).unwrap_err();
    assert!(two.contains("expected 3") && two.contains("got 2"), "{two}");
    assert!(matches!(train.regression(&Matrix::ones((12, 1))), Err(Error::Size { .. })));
    assert!(matches!(train.regression(&Matrix::ones((5, 3))), Err(Error::Size { expected: 4, got: 5, .. })));
    let regression = train.regression(&Matrix::ones((4, 3)))?;
    let one = cross.traced()?;
    assert!(matches!(regression.ridge(0.1)?.predict(&one), Err(Error::Size { expected: 3, got: 1, .. })));
    assert!(matches!(regression.posterior(0.1, &cross, &test.traced()?), Err(Error::Size { expected: 3, got: 1, .. })));
    let shared = train.traced()?.regression(&Matrix::ones((4, 3)))?;
    assert!(matches!(shared.ridge(0.1)?.predict(&cross), Err(Error::Size { expected: 1, got: 3, .. })));
    assert!(matches!(train.target_alignment(&Vector::ones(4)), Err(Error::Size { expected: 3, got: 1, .. })));
    Ok(())
}

#[test]
fn spectra_and_alignments_take_the_targets_as_one_vector() -> Result<()> {
    let (n, c, y) = (6, 2, normals((6, 2), 14));
    let [train, ..] = blocks(7, n, c);
    let (k, column) = (train.values(), flat(&y));
    let dot = |a: &Matrix, b: &Matrix| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let ideal = column.dot(&column.t());
    let expected = dot(k, &ideal) / (dot(k, k) * dot(&ideal, &ideal)).sqrt();
    assert!((train.target_alignment(&y)? - expected).abs() <= 1e-13);
    // H acts on the points of every output.
    let h = Matrix::from_shape_fn((n * c, n * c), |(i, j)| {
        f64::from(u8::from(i == j)) - if i % c == j % c { 1.0 / n as f64 } else { 0.0 }
    });
    let (centred, ideal) = (h.dot(k).dot(&h), h.dot(&ideal).dot(&h));
    let expected = dot(&centred, &ideal) / (dot(&centred, &centred) * dot(&ideal, &ideal)).sqrt();
    assert!((train.centred_target_alignment(&y)? - expected).abs() <= 1e-13);
    assert!((train.centred_alignment(&full(ideal.clone(), true, c))? - expected).abs() <= 1e-13);
    let spectrum = train.spectrum()?;
    let power = spectrum.cumulative_power(&y)?;
    let along: Vec<f64> = spectrum.vectors().dot(&column).iter().map(|p| p * p).collect();
    let total = along.iter().sum::<f64>();
    for (k, share) in power.iter().enumerate() {
        assert!((share - along[..=k].iter().sum::<f64>() / total).abs() <= 1e-13);
    }
    assert_eq!(power.len(), n * c);
    Ok(())
}

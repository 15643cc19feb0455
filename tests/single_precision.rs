//! Kernels that know what they are: precision, points and outputs, and what is done with them.

use hadamard::prelude::*;

fn largest<D: ndarray::Dimension>(a: &ndarray::Array<f64, D>) -> f64 {
    a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
}

fn line(n: usize) -> Matrix {
    Matrix::from_shape_fn((n, 1), |(i, _)| -1.0 + 2.0 * i as f64 / (n - 1) as f64)
}

/// A tanh network of two hidden layers of 512 with biases throughout.
fn tanh_net() -> Net {
    let hidden = || Dense::hidden().bias(0.5);
    network("tanh", serial([hidden().into(), tanh(), hidden().into(), tanh(), Dense::new(1).bias(0.5).into()]))
        .width(512)
}

#[test]
fn a_kernel_in_single_precision_is_regressed_as_in_double() -> Result<()> {
    let x = line(200);
    let y = x.column(0).mapv(|x| (3.0 * x).sin());
    let network = tanh_net().input(1).init(Seed(0))?;
    let (double, single) = (network.kernel(&x)?, network.cast::<f32>().kernel(&x)?);
    assert_eq!((double.ntk().precision(), single.ntk().precision()), (Precision::Double, Precision::Single));
    let kernels = [double.ntk().clone(), single.ntk().clone()];
    let [double, single] = [kernels[0].regression(&y)?, kernels[1].regression(&y)?];
    let times = [1.0, 100.0, 1e4];
    let (exact, found) = (double.gradient_flow().residuals(&times)?, single.gradient_flow().residuals(&times)?);
    for (row, bound) in [1e-7, 1e-6, 2e-5].into_iter().enumerate() {
        let error = largest(&(&found.row(row) - &exact.row(row)));
        println!("t = {}: {error:.1e}", times[row]);
        assert!(error <= bound, "t = {}: {error}", times[row]);
    }
    println!("{}\n{}", double.condition(), single.condition());
    assert!(single.condition().rank <= double.condition().rank);
    // The flow by integration is the one in closed form.
    let run = LossFlow::new(SquaredError).run(&single, &times)?;
    assert!(largest(&(run.predict() - single.gradient_flow().predict(&times)?)) <= 1e-5);
    // Not invertible as it is, and with a ridge above the noise as in double precision.
    assert!(matches!(single.solve(), Err(Error::Singular { n: 200, noise, .. }) if noise > 1e-6));
    let ridge = Regularization::RelativeTrace(1e-3);
    let error = largest(&(single.ridge(ridge)?.predict(&kernels[1])? - double.ridge(ridge)?.predict(&kernels[0])?));
    assert!(error <= 1e-4, "{error}");
    Ok(())
}

/// Networks that computed in `f32` against themselves in `f64`: everything that a kernel is used for.
#[test]
fn ridges_posteriors_and_ensembles_of_single_precision_agree_with_double() -> Result<()> {
    for (net, d) in
        [(tanh_net(), 1), (tanh_net(), 3), (mlp(2).width(256), 3), (ncp(3).width(256), 3), (ccp(2).width(300), 2)]
    {
        let (x, others) =
            if d == 1 { (line(120), line(31)) } else { (sphere(120, d, Seed(1))?, sphere(31, d, Seed(2))?) };
        let y = x.column(0).mapv(|x| (3.0 * x).sin());
        let network = net.input(d).init(Seed(3))?;
        let single = network.cast::<f32>();
        let [a, b] = [network.kernel(&x)?, single.kernel(&x)?];
        let [a_cross, b_cross] = [network.kernel_between(&others, &x)?, single.kernel_between(&others, &x)?];
        let [a_test, b_test] = [network.kernel(&others)?, single.kernel(&others)?];
        let name = network.net().name();
        for ridge in [1e-1, 1e-3, 1e-4].map(Regularization::RelativeTrace) {
            let of = |train: &Kernels, cross: &Kernels, test: &Kernels| {
                train.ntk().regression(&y)?.posterior(ridge, cross.ntk(), test.ntk())
            };
            let (exact, found) = (of(&a, &a_cross, &a_test)?, of(&b, &b_cross, &b_test)?);
            let error = largest(&(&exact.mean - &found.mean)) / largest(&exact.mean);
            assert!(error <= 1e-3, "{name} {d} {ridge:?}: mean {error}");
            let scale = largest(a_test.ntk().values());
            let error = largest(&(&exact.standard_deviation() - &found.standard_deviation())) / scale.sqrt();
            assert!(error <= 3e-3, "{name} {d} {ridge:?}: deviation {error}");
            for time in [1.0, 1e3, f64::INFINITY] {
                let exact = a.ensemble(&y)?.at(time, ridge, &a_cross, &a_test)?;
                let found = b.ensemble(&y)?.at(time, ridge, &b_cross, &b_test)?;
                let error = largest(&(&exact.mean - &found.mean)) / largest(&exact.mean);
                assert!(error <= 1e-3, "{name} {d} {ridge:?} {time}: ensemble {error}");
            }
        }
        let [exact, found] = [a.ntk().spectrum()?, b.ntk().spectrum()?];
        let shift = largest(&(exact.values() - found.values()));
        assert!(shift <= found.noise(), "{name} {d}: {shift} {}", found.noise());
        assert!(found.rank() <= exact.rank() && found.effective_rank().is_ok(), "{name} {d}");
    }
    Ok(())
}

#[test]
fn precision_points_and_outputs_stay_with_the_parts_of_a_kernel() -> Result<()> {
    let x = sphere(5, 4, Seed(0))?;
    let network =
        network("three", serial([hidden(), relu(), dense(3)])).width(16).input(4).init(Seed(1))?.cast::<f32>();
    let kernel = network.kernel(&x)?.ntk().clone();
    assert_eq!((kernel.precision(), kernel.points(), kernel.outputs()), (Precision::Single, (5, 5), 3));
    for part in [kernel.output(2)?, kernel.traced()?] {
        assert_eq!((part.precision(), part.points(), part.outputs()), (Precision::Single, (5, 5), 1));
        assert_eq!(part.full(2)?.precision(), Precision::Single);
    }
    let between = network.kernel_between(&sphere(2, 4, Seed(2))?, &x)?;
    assert_eq!((between.ntk().precision(), between.ntk().points()), (Precision::Single, (2, 5)));
    assert!(network.kernel_by_layer(&x)?.iter().all(|layer| layer.ntk.precision() == Precision::Single));
    assert!(kernel.to_string().contains("f32") && format!("{kernel:?}") == kernel.to_string());
    let sampled = mlp(1).width(32).input(4).monte_carlo_kernel(&x, 50, Seed(3))?;
    let (mean, error) = (sampled.mean().ntk(), sampled.standard_error().ntk());
    let norm = |k: &Kernel| k.values().mapv(|v| v * v).sum().sqrt();
    match mean.precision() {
        Precision::Sampled { standard_error } => assert!((standard_error - norm(error) / norm(mean)).abs() <= 1e-15),
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[test]
fn a_kernel_read_from_tiles_knows_its_precision() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("hadamard-single-tiles-{}", std::process::id()));
    let x = line(60);
    let double = tanh_net().input(1).init(Seed(0))?;
    let single = double.cast::<f32>();
    let tiled = |which: &str| folder.join(which);
    let loaded = double.tiled_kernel(&x, tiled("double")).quiet().run()?.load(Budget::gib(1.0))?;
    assert_eq!(loaded.precision(), Precision::Double);
    let loaded = single.tiled_kernel(&x, tiled("single")).quiet().run()?.load(Budget::gib(1.0))?;
    assert_eq!(loaded.precision(), Precision::Single);
    assert!(loaded.regression(&x.column(0).to_owned())?.ridge(1e-2).is_ok());
    std::fs::remove_dir_all(folder).unwrap();
    Ok(())
}

#[test]
fn an_indefinite_matrix_is_refused_whatever_its_precision() -> Result<()> {
    let x = sphere(40, 3, Seed(4))?;
    let single = mlp(2).width(128).input(3).init(Seed(5))?.cast::<f32>();
    // A share of the largest eigenvalue of 1e-5 below zero is no rounding: the difference of two kernels.
    let k = single.kernel_of(Outputs::All, &x)?;
    let (ntk, nngp) = (k.ntk(), k.nngp());
    let spectrum = ntk.spectrum()?;
    let share = spectrum.noise() / spectrum.values()[0];
    assert!(share <= 1e-6, "{share}");
    let wrong = Kernel::of_outputs(ntk.values() - &(nngp.values() * 3.0), (true, Route::Finite), 1);
    assert!(matches!(wrong.regression(&Vector::ones(40)), Err(Error::Indefinite { n: 40, .. })));
    Ok(())
}

#[test]
fn a_posterior_in_a_plot_has_no_nan() -> Result<()> {
    let x = line(30);
    let kernel =
        network("erf", serial([Dense::hidden().bias(0.5).into(), erf(), dense(1)])).limit_kernel(&x)?.nngp().clone();
    let posterior = kernel.regression(&x.column(0).to_owned())?.posterior(1e-8, &kernel, &kernel)?;
    let deviation = posterior.standard_deviation();
    assert!(deviation.iter().all(|s| *s >= 0.0 && *s <= 1e-3), "{deviation}");
    Ok(())
}

#[test]
fn what_a_user_holds_says_what_it_is_in_a_few_lines() -> Result<()> {
    let x = sphere(200, 3, Seed(0))?;
    let y = x.column(0).to_owned();
    let kernels = mlp(1).limit_kernel(&x)?;
    let regression = kernels.ntk().regression(&y)?;
    let texts = [
        format!("{kernels:?}"),
        format!("{:?}", kernels.ntk()),
        format!("{:?}", kernels.ntk().spectrum()?),
        format!("{regression:?}"),
        format!("{:?}", regression.eigen()),
        format!("{:?}", regression.ridge(0.1)?),
        format!("{:?}", regression.posterior(0.1, kernels.ntk(), kernels.ntk())?),
        format!("{:?}", regression.gradient_flow()),
        format!("{:?}", kernels.ensemble(&y)?),
        format!("{:?}", LossFlow::new(SquaredError).run(&regression, &[0.0, 1.0])?),
        format!("{:?}", Lanczos::new(3, Seed(1)).run(kernels.ntk().values())?),
    ];
    for text in texts {
        assert!(text.lines().count() <= 5 && text.len() <= 400 && text.contains("200"), "{text}");
        println!("{text}");
    }
    Ok(())
}

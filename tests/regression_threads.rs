//! The bits of regressions on any number of threads of rayon and of BLAS. Alone in its process: how many threads BLAS has is the whole
//! process's.

use hadamard::prelude::*;

unsafe extern "C" {
    fn openblas_set_num_threads(threads: std::ffi::c_int);
    fn openblas_get_num_threads() -> std::ffi::c_int;
}

/// Everything that is computed from a kernel, as bits.
fn everything(points: usize) -> Result<Vec<u64>> {
    let (x, others) = (sphere(points, 4, Seed(5))?, sphere(points / 2, 4, Seed(6))?);
    let y = Array2::from_shape_fn((points, 2), |(i, j)| (2.0 * x[[i, j]]).sin());
    let net = ccp(2);
    let (train, cross, test) =
        (net.limit_kernel(&x)?, net.limit_kernel_between(&others, &x)?, net.limit_kernel(&others)?);
    let regression = train.ntk().regression(&y)?;
    let ridge = regression.ridge(0.1)?;
    let posterior = regression.posterior(0.1, cross.ntk(), test.ntk())?;
    let ensemble = train.ensemble(&y)?.at(50.0, 0.0, &cross, &test)?;
    let (flow, descent) = (regression.gradient_flow(), regression.gradient_descent(LearningRate::MatchTop(0.5))?);
    let times = [0.0, 1.0, 1e3];
    let path = regression.ridge_by(RidgeChoice::LeaveOneOut, &[0.01, 0.1])?;
    let spectrum = train.ntk().spectrum()?;
    let mut numbers: Vec<f64> = Vec::new();
    numbers.extend(&ridge.coefficients);
    numbers.extend(&ridge.predict(cross.ntk())?);
    numbers.extend(&posterior.mean);
    numbers.extend(&posterior.covariance);
    numbers.extend(&ensemble.mean);
    numbers.extend(&ensemble.covariance);
    numbers.extend(&flow.residuals(&times)?);
    numbers.extend(&descent.predict(&times)?);
    numbers.extend(&flow.predict_on(cross.ntk(), &Array2::zeros((points / 2, 2)), &times)?);
    numbers.extend(&flow.project(&x.t().to_owned(), &times)?);
    numbers.extend(&path.errors);
    numbers.push(regression.log_marginal_likelihood(0.1)?);
    numbers.extend(&spectrum.cumulative_power(&y)?);
    numbers.push(train.ntk().centred_target_alignment(&y)?);
    Ok(numbers.into_iter().map(f64::to_bits).collect())
}

#[test]
fn regressions_have_the_same_bits_on_any_number_of_threads() -> Result<()> {
    let run = |rayon: usize, blas: i32| {
        // SAFETY: OpenBLAS's own setter.
        unsafe { openblas_set_num_threads(blas) };
        rayon::ThreadPoolBuilder::new().num_threads(rayon).build().unwrap().install(|| everything(300))
    };
    // SAFETY: OpenBLAS's own getter.
    let before = unsafe { openblas_get_num_threads() };
    let one = run(1, 1)?;
    let same = [(2, 1), (1, 2), (2, 2), (4, 1)].map(|(rayon, blas)| run(rayon, blas).map(|bits| bits == one));
    // SAFETY: as above.
    unsafe { openblas_set_num_threads(before) };
    for same in same {
        assert!(same?);
    }
    Ok(())
}

//! Time of the finite-width NTK over the time of the matrix products that it cannot avoid, in one run.
//!
//! `cargo bench --bench ntk [-- DEGREE WIDTH]`; with arguments only that case runs, for `/usr/bin/time -v`.
//!
//! Unavoidable are, for a CCP net of degree `N` on `n` points: `N` products `X Wᵀ` of `n × d × m`, the symmetric Gram of the
//! last hidden layer and one symmetric Gram of cotangents per first layer, `N + 1` in all, each `n × m × n`. They are timed
//! as whole multi-threaded BLAS calls; pairs of runs alternate, and the median of the ratios is printed.

use hadamard::prelude::*;
use std::time::Instant;

const PAIRS: usize = 7;

fn bare(x: &Matrix, w: &Matrix, big: &Matrix, degree: usize) -> f64 {
    let n = x.nrows();
    let mut gram = Array2::<f64>::zeros((n, n));
    let start = Instant::now();
    let mut sum = 0.0;
    for _ in 0..degree {
        sum += x.dot(w)[[0, 0]];
    }
    for _ in 0..=degree {
        // SAFETY: `gram` is n × n and `big` is n × m, both row-major.
        unsafe {
            cblas_sys::cblas_dsyrk(
                cblas_sys::CBLAS_LAYOUT::CblasRowMajor,
                cblas_sys::CBLAS_UPLO::CblasLower,
                cblas_sys::CBLAS_TRANSPOSE::CblasNoTrans,
                n as i32,
                big.ncols() as i32,
                1.0,
                big.as_ptr(),
                big.ncols() as i32,
                1.0,
                gram.as_mut_ptr(),
                n as i32,
            );
        }
    }
    std::hint::black_box((sum, gram));
    start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn case(degree: usize, width: usize) -> Result<()> {
    let x = sphere(1000, 10, Seed(0))?;
    let network = ccp(degree).input(10).width(width).init(Seed(1))?;
    let (w, big) = (Array2::from_elem((10, width), 0.5), Array2::from_elem((1000, width), 0.5));
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let start = Instant::now();
        let kernels = network.kernel(&x)?;
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(kernels.ntk().values().dim(), (1000, 1000));
        let reference = bare(&x, &w, &big, degree);
        // The first pair warms up.
        if pair > 0 {
            ours.push(seconds);
            theirs.push(reference);
            ratios.push(seconds / reference);
        }
    }
    println!(
        "finite NTK, n = 1000, d = 10, N = {degree}, width {width}: {:.3} s, bare products {:.3} s, ratio {:.2}",
        median(ours),
        median(theirs),
        median(ratios)
    );
    Ok(())
}

fn limit_runs() -> Result<()> {
    let start = Instant::now();
    let report = spectral_bias_of_limits()?;
    println!(
        "three CCP runs of 30,000 steps from limit kernels, n = 1000: {:.2} s ({report} projections)",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Kernel, eigendecomposition and all recorded steps for CCP 3, 6 and 9.
fn spectral_bias_of_limits() -> Result<usize> {
    let x = sphere(1000, 10, Seed(0))?;
    let target = HarmonicTarget::new(&[1, 3, 4, 5, 8, 12], 10, GegenbauerIndex::Harmonic, Amplitude::Unit, Seed(1))?;
    let (y, v) = (target.values(&x)?, target.harmonics(&x)?);
    let times: Vec<f64> = (0..=3000).map(|t| 10.0 * f64::from(t)).collect();
    let mut count = 0;
    for degree in [3, 6, 9] {
        let regression = ccp(degree).limit_kernel(&x)?.ntk().regression(&y)?;
        count += regression.gradient_descent(LearningRate::Fixed(0.0016))?.project(&v, &times)?.len();
    }
    Ok(count)
}

fn main() -> Result<()> {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    if let [degree, width] = numbers[..] {
        return case(degree, width);
    }
    limit_runs()?;
    case(3, 4096)?;
    case(9, 32_768)
}

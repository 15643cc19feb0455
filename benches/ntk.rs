//! Time of finite-width NTKs over the time of the matrix products that they cannot avoid, in one run.
//!
//! `cargo bench --bench ntk [-- DEGREE WIDTH [f32]]`; with arguments only the CCP net of that size runs, for `/usr/bin/time -v`.
//!
//! Unavoidable are one product per weight forward, one per weight that is not on the input backward (for every output), and
//! per weight the symmetric Grams of its inputs (of equal inputs only one) and of its cotangents. They are timed as whole
//! multi-threaded BLAS calls; pairs of runs alternate, and the median of the ratios is printed.

use hadamard::prelude::*;
use std::time::Instant;

const PAIRS: usize = 7;

/// A number type with the symmetric product that BLAS has for it.
trait Bare: Compute {
    const NAME: &'static str;
    /// `c ← a aᵀ`, lower triangle.
    fn syrk(a: &Array2<Self>, c: &mut Array2<Self>);
}

macro_rules! bare {
    ($float:ident, $syrk:ident) => {
        impl Bare for $float {
            const NAME: &'static str = stringify!($float);
            fn syrk(a: &Array2<Self>, c: &mut Array2<Self>) {
                let (layout, lower) = (cblas_sys::CBLAS_LAYOUT::CblasRowMajor, cblas_sys::CBLAS_UPLO::CblasLower);
                let (n, k) = (a.nrows() as i32, a.ncols() as i32);
                let plain = cblas_sys::CBLAS_TRANSPOSE::CblasNoTrans;
                assert!(c.dim() == (a.nrows(), a.nrows()) && a.is_standard_layout() && c.is_standard_layout());
                // SAFETY: `a` is n × k and `c` is n × n, both row-major.
                unsafe { cblas_sys::$syrk(layout, lower, plain, n, k, 1.0, a.as_ptr(), k, 0.0, c.as_mut_ptr(), n) };
            }
        }
    };
}

bare!(f32, cblas_ssyrk);
bare!(f64, cblas_dsyrk);

/// The products that a kernel cannot avoid.
struct Products {
    /// `[rows, inner, columns]`.
    plain: Vec<[usize; 3]>,
    /// `[rows, inner]` of a symmetric Gram.
    grams: Vec<[usize; 2]>,
}

impl Products {
    fn seconds<F: Bare>(&self) -> f64 {
        let filled = |rows, columns| Array2::<F>::from_elem((rows, columns), F::of(0.5));
        let plain: Vec<_> = self.plain.iter().map(|&[n, k, m]| (filled(n, k), filled(k, m))).collect();
        let mut grams: Vec<_> = self.grams.iter().map(|&[n, k]| (filled(n, k), filled(n, n))).collect();
        let start = Instant::now();
        for (a, b) in &plain {
            std::hint::black_box(a.dot(b));
        }
        for (a, c) in &mut grams {
            F::syrk(a, c);
        }
        start.elapsed().as_secs_f64()
    }
}

/// A net of `N` branches on the input, `n` points of `d` features.
fn branches(degree: usize, width: usize, [n, d]: [usize; 2]) -> Products {
    Products { plain: vec![[n, d, width]; degree], grams: vec![[n, width]; degree + 1] }
}

/// `depth` hidden layers of `width`, `outputs` outputs.
fn layers(depth: usize, width: usize, outputs: usize, [n, d]: [usize; 2]) -> Products {
    let deep = depth - 1;
    let mut plain = vec![[n, d, width]];
    plain.extend(vec![[n, width, width]; deep]);
    plain.extend(vec![[n * outputs, width, width]; deep]);
    let mut grams = vec![[n, d]];
    grams.extend(vec![[n, width]; depth]);
    grams.extend(vec![[n * outputs, width]; depth]);
    Products { plain, grams }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn case<F: Bare>(net: &Net, [n, d]: [usize; 2], products: &Products) -> Result<()> {
    let x = sphere(n, d, Seed(0))? * (d as f64).sqrt();
    let network = net.clone().input(d).init(Seed(1))?.cast::<F>();
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..=PAIRS {
        let start = Instant::now();
        let kernels = network.kernel(&x)?;
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(kernels.ntk().points(), (n, n));
        let reference = products.seconds::<F>();
        // The first pair warms up.
        if pair > 0 {
            ours.push(seconds);
            theirs.push(reference);
            ratios.push(seconds / reference);
        }
    }
    println!(
        "finite NTK, {}, {}, n = {n}, d = {d}: {:.3} s, bare products {:.3} s, ratio {:.2}",
        net.name(),
        F::NAME,
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
    hadamard::linalg::keep_freed_memory();
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let wide = |net: Net, width: usize| {
        let name = format!("{}, width {width}", net.name());
        net.named(&name).width(width)
    };
    let small = [1000, 10];
    if let [degree, width] = numbers[..] {
        let (net, products) = (wide(ccp(degree), width), branches(degree, width, small));
        let single = std::env::args().any(|a| a == "f32");
        return if single { case::<f32>(&net, small, &products) } else { case::<f64>(&net, small, &products) };
    }
    limit_runs()?;
    let deep = [1000, 64];
    case::<f64>(&wide(ccp(3), 4096), small, &branches(3, 4096, small))?;
    case::<f32>(&wide(ccp(3), 4096), small, &branches(3, 4096, small))?;
    case::<f64>(&wide(pnn(3), 4096), small, &branches(3, 4096, small))?;
    case::<f64>(&wide(mlp(3), 4096), deep, &layers(3, 4096, 1, deep))?;
    case::<f32>(&wide(mlp(3), 4096), deep, &layers(3, 4096, 1, deep))?;
    let ten = serial([hidden(), relu(), hidden(), relu(), dense(10)]);
    let few = [200, 64];
    case::<f64>(&wide(network("MLP, 2 hidden, 10 outputs", ten), 4096), few, &layers(2, 4096, 10, few))?;
    case::<f64>(&wide(ccp(9), 32_768), small, &branches(9, 32_768, small))
}

//! One list of bad inputs: each gives an error of its kind, whose message names the op or function and holds the numbers.

use hadamard::net::Layout;
use hadamard::op::{Activation, AdaptivePool};
use hadamard::prelude::*;
use hadamard::regression::{LossFlow, Regularization, SquaredError};
use std::fs;
use std::path::PathBuf;

/// What is done, the error if there was one, its kind, and what the message must hold.
type Bad = (&'static str, Option<Error>, fn(&Error) -> bool, Vec<String>);

macro_rules! bad {
    ($list:ident, $what:literal, $result:expr, $kind:ident, $($holds:expr),+) => {
        $list.push(($what, $result.err(), |e| matches!(e, Error::$kind { .. }), vec![$($holds.to_string()),+]))
    };
}

fn points() -> Matrix {
    sphere(4, 3, Seed(1)).unwrap()
}

/// What initialisation and the limit say of a layer before a readout; they must agree.
fn vector(layer: Layer) -> Result<()> {
    both(network("vector", serial([layer, dense(1)])).input(3), &points())
}

/// As [`vector`], on images of 2 × 2 with one channel.
fn image(layer: Layer) -> Result<()> {
    let net = network("image", serial([layer, flatten(), dense(1)])).image(2, 2, 1);
    both(net, &Matrix::ones((2, 4)))
}

fn both(net: Net, x: &Matrix) -> Result<()> {
    let (init, limit) = (net.init(Seed(0)).map(|_| ()), net.limit_kernel(x).map(|_| ()));
    assert_eq!(format!("{init:?}"), format!("{limit:?}"), "{net}");
    init
}

fn ops() -> Vec<Bad> {
    let mut list: Vec<Bad> = Vec::new();
    let max = usize::MAX as f64;
    bad!(list, "no width", vector(dense(0)), Range, "dense", "width is 0");
    bad!(list, "a width beyond count", vector(dense(usize::MAX)), Range, "dense", max);
    bad!(list, "σ_w", vector(Dense::new(2).sigma_w(f64::NAN).into()), Range, "dense", "σ_w is NaN");
    bad!(list, "a gain", vector(Dense::new(2).plain_gain(f64::INFINITY).into()), Range, "dense", "gain is inf");
    bad!(list, "σ_b", vector(Dense::new(2).bias(-f64::INFINITY).into()), Range, "dense", "σ_b is -inf");
    bad!(list, "no channels", image(conv(0, 2)), Range, "convolution", "width is 0");
    bad!(list, "no window", image(conv(1, 0)), Range, "convolution", "height of the window is 0");
    bad!(list, "no step", image(Conv::new(1, 2).stride(1, 0).into()), Range, "convolution", "stride is 0");
    bad!(list, "a window beyond count", image(conv(1, usize::MAX)), Range, "convolution", max, "2^32");
    bad!(list, "a wide window", image(Conv::new(1, 1).window(2, 3).valid().into()), Size, "convolution", "3", "got 2");
    bad!(list, "σ_w of a convolution", image(Conv::new(1, 1).sigma_w(f64::NAN).into()), Range, "convolution", "NaN");
    bad!(
        list,
        "a window wider than rim and image",
        image(Conv::new(1, 5).padding(1, 1).into()),
        Size,
        "convolution",
        "5",
        "got 4"
    );
    bad!(
        list,
        "a rim beyond count",
        image(Conv::new(1, 1).padding(usize::MAX, 0).into()),
        Range,
        "convolution",
        "2^32"
    );
    bad!(
        list,
        "a rim as wide as the pool",
        image(AveragePool::new(2).padding(0, 2).into()),
        Range,
        "average pool",
        "is 2;"
    );
    bad!(list, "a rim wider than the pool", image(MaxPool::new(2).padding(3, 0).into()), Range, "max pool", "is 3;");
    bad!(list, "pool over nothing", image(average_pool(0)), Range, "average pool", "height of the window is 0");
    bad!(list, "pool over more", image(average_pool(3)), Size, "average pool", "3", "got 2");
    bad!(list, "pool without steps", image(AveragePool::new(1).stride(0, 1).into()), Range, "average pool", "is 0");
    bad!(list, "maximum of nothing", image(MaxPool::new(0).into()), Range, "max pool", "window is 0");
    bad!(list, "pool to nothing", vector(AdaptivePool::to(0).into()), Range, "adaptive pool", "width is 0");
    bad!(list, "pool to everything", vector(AdaptivePool::to(usize::MAX).into()), Range, "adaptive pool", max);
    bad!(list, "no keys", image(attention(0, 2)), Range, "attention", "keys is 0");
    bad!(list, "no values", image(attention(2, 0)), Range, "attention", "values is 0");
    bad!(list, "σ_w of attention", image(Attention::new(1, 1).sigma_w(f64::NAN).into()), Range, "attention", "NaN");
    bad!(list, "ε below zero", vector(LayerNorm::new(-0.5).into()), Range, "layer norm", "ε is -0.5");
    bad!(list, "ε", vector(LayerNorm::new(f64::NAN).into()), Range, "layer norm", "ε is NaN");
    bad!(list, "a scale", vector(scale(f64::NAN)), Range, "scale", "NaN");
    bad!(list, "a bias", vector(bias(f64::INFINITY)), Range, "bias", "inf");
    bad!(list, "a monomial", vector(monomial(151)), Range, "monomial", "151", "150");
    bad!(list, "a rectified power", vector(rectified_power(51)), Range, "rectified power", "51", "50");
    bad!(list, "a rectified power of 0", vector(rectified_power(0)), Range, "rectified power", "0", "1 to 50");
    bad!(list, "a Hermite polynomial", vector(hermite(1001)), Range, "Hermite polynomial", "1001", "1000");
    bad!(list, "a frequency", vector(Sine::new(f64::NAN, 0.0).into()), Range, "sine", "frequency is NaN");
    bad!(list, "a slope", vector(leaky_relu(f64::INFINITY)), Range, "leaky ReLU", "inf");
    bad!(list, "a wrong slope", vector(elementwise("twice", |u| 2.0 * u, |_| 3.0)), WrongSlope, "twice", "3.0", "2.0");
    let twice = |tolerance| Elementwise::new("twice", |u| 2.0 * u, |_| 2.0).tolerance(tolerance);
    assert_eq!(twice(0.5).name(), "twice");
    bad!(list, "a tolerance", vector(twice(1.0).into()), Range, "twice", "is 1;");
    bad!(list, "an empty product", vector(hadamard([])), NoBranches, "Hadamard product");
    bad!(list, "an empty sum", vector(sum([])), NoBranches, "sum");
    bad!(list, "an empty concatenation", vector(concat([])), NoBranches, "concatenation");
    bad!(list, "no repetition", vector(repeat(0, relu())), NoBranches, "serial");
    bad!(list, "uneven factors", vector(hadamard([dense(4), dense(5)])), Size, "Hadamard product", "expected 4", "5");
    bad!(list, "uneven terms", vector(sum([dense(4), dense(6)])), Size, "sum", "expected 4", "got 6");
    let uneven = [conv(1, 1), serial([conv(1, 1), global_average_pool()])];
    bad!(list, "uneven positions", image(concat(uneven)), Size, "concatenation", "expected 4", "got 1");
    list
}

fn nets() -> Vec<Bad> {
    let mut list: Vec<Bad> = Vec::new();
    let readout = |layer: Layer| network("the net", serial([layer, flatten(), dense(1)]));
    bad!(list, "no width set", ccp(2).input(3).init(Seed(0)), Unset, "CCP, N = 2", ".width(");
    bad!(list, "no input set", ccp(2).width(3).parameter_count(), Unset, "CCP, N = 2", ".input(");
    let none = Matrix::zeros((2, 0));
    bad!(list, "no features", both(ccp(2).input(0).width(3), &none), Range, "input", "is 0");
    bad!(list, "no features for no layers", both(network("n", bias(1.0)).input(0), &none), Range, "input", "is 0");
    bad!(list, "no rows of pixels", both(readout(relu()).image(0, 2, 3), &none), Range, "input", "is 0");
    let huge = readout(relu()).image(1 << 32, 1 << 32, 3);
    assert!(huge.to_string().contains("4294967296 × 4294967296 × 3"));
    bad!(list, "an image beyond count", huge.parameter_count(), Range, "input", "2^40");
    let wide = readout(dense(1 << 30)).input(1 << 20);
    bad!(list, "a weight beyond count", wide.parameter_count(), Range, "dense", (1u64 << 50) as f64);
    let deep = network("deep", repeat(40, dense(1 << 20))).input(1 << 20);
    bad!(list, "more weights than memory", deep.init(Seed(0)), Memory, "parameters", 40 * (8 << 10));
    let mup = network("no readout", serial([hidden(), bias(0.3)])).input(3).width(2);
    let mup = mup.parametrisation(Parametrisation::MuP);
    bad!(list, "maximal update", both(mup, &points()), NoReadout, "no readout");
    let single = network("single", dense(1)).input(3).width(2).parametrisation(Parametrisation::MuP);
    bad!(list, "maximal update of a single layer", both(single, &points()), NoReadout, "single");
    list
}

fn kernels() -> Vec<Bad> {
    let mut list: Vec<Bad> = Vec::new();
    let (net, x) = (ccp(2).input(3).width(4), points());
    let ready = net.init(Seed(0)).unwrap();
    let (none, narrow) = (Matrix::zeros((0, 3)), Matrix::ones((4, 2)));
    let mut nan = x.clone();
    nan[[2, 1]] = f64::NAN;
    bad!(list, "no rows", ready.kernel(&none), NoRows, "finite-width NTK");
    bad!(list, "no rows in the limit", net.limit_kernel(&none), NoRows, "limit kernel");
    bad!(list, "NaN", ready.kernel(&nan), NotFinite, "finite-width NTK", "row 2, column 1", "NaN");
    bad!(list, "NaN among others", ready.kernel_between(&x, &nan), NotFinite, "finite-width NTK", "row 2, column 1");
    bad!(list, "NaN by layer", ready.kernel_by_layer(&nan), NotFinite, "finite-width NTK", "row 2, column 1");
    bad!(list, "NaN in the limit", net.limit_kernel_between(&x, &nan), NotFinite, "limit kernel", "row 2, column 1");
    bad!(list, "features", ready.kernel(&narrow), Size, "finite-width NTK", "expected 3", "got 2");
    bad!(list, "features in the limit", net.limit_kernel_between(&x, &narrow), Size, "limit kernel", "3", "got 2");
    bad!(list, "an output", ready.kernel_of(Outputs::One(1), &x), Range, "finite-width NTK", "is 1;");
    bad!(list, "a pair", ready.kernel_of(Outputs::Pair(0, 7), &x), Range, "finite-width NTK", "is 7;");
    bad!(list, "one network", net.monte_carlo_kernel(&x, 1, Seed(0)), Range, "Monte-Carlo kernel", "is 1;");
    bad!(list, "overflow", ready.kernel(&(&x * 1e200)), Overflow, "finite-width NTK");
    bad!(list, "overflow in f32", ready.cast::<f32>().kernel(&(&x * 1e60)), Overflow, "finite-width NTK");
    bad!(list, "overflow in the limit", net.limit_kernel(&(&x * 1e200)), Overflow, "limit kernel");
    bad!(list, "no directions", ready.jacobian_vector(&[], &x), Size, "Jacobian-vector product", "expected 3", "got 0");
    bad!(list, "u", ready.vector_jacobian(&Matrix::ones((3, 1)), &x), Size, "vector-Jacobian product", "4", "got 3");
    let far = ready.vector_jacobian(&Matrix::ones((4, 1)), &(&x * 1e200));
    bad!(list, "overflow of a gradient", far, Overflow, "vector-Jacobian product");
    let other = ccp(3).input(3).width(4).init(Seed(0)).unwrap();
    bad!(list, "another's tangent", ready.linearised_outputs(&other, &x), Size, "linearised network", "3", "got 4");
    let kernel = net.limit_kernel(&x).unwrap().ntk().clone();
    bad!(list, "no outputs", kernel.full(0), Range, "full kernel", "is 0;");
    bad!(list, "outputs beyond memory", kernel.full(usize::MAX), Memory, "full kernel", "GiB");
    let full = kernel.full(2).unwrap();
    bad!(list, "outputs of a full kernel", full.full(3), Size, "full kernel", "expected 2", "got 3");
    bad!(list, "an output of a full kernel", full.output(2), Range, "kernel", "is 2;");
    bad!(list, "kernels of two sizes", full.relative_distance(&kernel), Size, "relative distance", "4", "got 8");
    let open = |layer: Layer| network("n", serial([layer, dense(1)]));
    let product = serial([hadamard([hidden(), hidden()]), relu()]);
    bad!(list, "after a product", open(product).limit_kernel(&x), NoLimitRule, "ReLU", "Hadamard product");
    let same = serial([hidden(), sum([relu(), identity()])]);
    bad!(list, "what depends", open(same).limit_kernel(&x), DependentBranches, "sum", "0 and 1");
    let jump = elementwise("jump", |u| if u > 0.3 { 1.0 } else { 0.0 }, |_| 0.0);
    bad!(list, "a jump", open(serial([hidden(), jump])).limit_kernel(&x), SeriesTail, "jump", "1.0e-12", ".tolerance");
    let pooled = open(serial([conv(2, 2), max_pool(2), flatten()])).image(2, 2, 1);
    bad!(list, "a maximum", pooled.limit_kernel(&Matrix::ones((2, 4))), NoClosedForm, "max pool");
    let positions = open(conv(2, 2)).image(2, 2, 1);
    bad!(list, "positions", positions.limit_kernel(&Matrix::ones((2, 4))), Size, "limit kernel", "1 position", "got 4");
    let large = open(serial([conv(1, 1), global_average_pool()])).image(1 << 10, 1 << 10, 1);
    let picture = Matrix::ones((1, 1 << 20));
    bad!(list, "pairs of positions", large.limit_kernel(&picture), Memory, "limit kernel", 64 << 10);
    list
}

/// A path of its own below the folder for such; nothing is there.
fn path(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bad-{name}-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    let _ = fs::remove_dir_all(&path);
    path
}

fn files() -> Vec<Bad> {
    let mut list: Vec<Bad> = Vec::new();
    let (net, x) = (mlp(1).input(3).width(4), points());
    let ready = net.init(Seed(0)).unwrap();
    let (file, folder, looped) = (path("file"), path("folder"), path("looped"));
    let run = |folder: &PathBuf| ready.tiled_kernel(&x, folder).quiet().run();
    fs::write(&file, "text").unwrap();
    bad!(list, "tiles in a file", run(&file), File, file.display());
    bad!(list, "tiles below a file", run(&file.join("below")), File, file.display());
    std::os::unix::fs::symlink(&looped, &looped).unwrap();
    bad!(list, "tiles in a loop of links", run(&looped), File, looped.display());
    let system = PathBuf::from("/proc/hadamard");
    bad!(list, "tiles where nobody writes", run(&system), Disk, "/proc/hadamard");
    bad!(list, "no kernel", TiledKernel::open(&folder), Store, folder.display(), "manifest.json");
    let limit = net.tiled_limit_kernel(&x, &folder).quiet();
    bad!(list, "no budget", limit.budget(Budget(0)).run(), Budget, "tiled kernel", "0.000 GiB");
    let limit = net.tiled_limit_kernel(&x, &folder).quiet();
    bad!(list, "no number of GiB", limit.budget(Budget::gib(f64::NAN)).plan(), Budget, "tiled kernel", "0.000 GiB");
    net.tiled_limit_kernel(&x, &folder).quiet().at_most(0).run().unwrap();
    // A link to a folder is a folder.
    let link = path("link");
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    let kernel = net.tiled_limit_kernel(&x, &link).quiet().run().unwrap();
    bad!(list, "a tile", kernel.tile(0, 3), Range, "tiled kernel", "is 3;");
    bad!(list, "vectors", kernel.apply(&Matrix::ones((5, 1))), Size, "tiled kernel", "expected 4", "got 5");
    bad!(list, "a kernel in memory", kernel.load(Budget(100)), Budget, "tiled kernel in memory", "GiB");
    bad!(list, "another kernel's folder", run(&folder), Store, folder.display(), "another");
    let held = fs::File::open(folder.join("lock")).unwrap();
    held.lock().unwrap();
    let second = net.tiled_limit_kernel(&x, &link).quiet().run();
    bad!(list, "two at once", second, Store, link.display(), "another process is writing");
    drop(held);
    bad!(list, "no ending", ready.write(path("net")), File, ".npz or .safetensors");
    bad!(list, "no file", net.read(path("none.npz")), File, "none.npz");
    let written = path("written").with_extension("npz");
    ready.write(&written).unwrap();
    let named = net.read_named(&written, &["one"], Layout::RowsIn);
    bad!(list, "too few names", named, Size, "reading parameters", "expected 2", "got 1");
    let repeated = net.read_named(&written, &["0.dense.weight", "0.dense.weight"], Layout::RowsIn);
    bad!(list, "a name twice", repeated, Tensor, written.display(), "0.dense.weight", "tied");
    bad!(list, "another's file", ccp(2).input(3).width(4).read(&written), Tensor, written.display(), "2.dense.weight");
    let wider = mlp(1).input(3).width(5).read(&written);
    bad!(list, "a wider net's file", wider, Tensor, written.display(), "[3, 4]", "[3, 5]");
    for path in [file, looped, link, written] {
        fs::remove_file(path).unwrap();
    }
    fs::remove_dir_all(folder).unwrap();
    list
}

fn regression() -> Vec<Bad> {
    let mut list: Vec<Bad> = Vec::new();
    let (net, x) = (ccp(2), points());
    let y = Vector::ones(4);
    let kernel = net.limit_kernel(&x).unwrap().ntk().clone();
    let fit = kernel.regression(&y).unwrap();
    let descent = |rate| fit.gradient_descent(rate);
    bad!(list, "no rate", descent(LearningRate::Fixed(0.0)), Range, "gradient descent", "is 0;");
    bad!(list, "a rate", descent(LearningRate::Fixed(f64::NAN)), Range, "gradient descent", "NaN");
    bad!(list, "a share below zero", descent(LearningRate::MatchTop(-1.0)), Range, "gradient descent", "is -");
    bad!(list, "a rate too large", descent(LearningRate::Fixed(1e6)), Diverges, "gradient descent", "1.000000e6");
    let (flow, steps) = (fit.gradient_flow(), descent(LearningRate::MatchTop(0.5)).unwrap());
    bad!(list, "a time", flow.predict(&[1.0, -2.0]), Range, "trajectory", "is -2;");
    bad!(list, "half a step", steps.residuals(&[0.5]), Range, "trajectory", "is 0.5;", "whole");
    bad!(list, "a falling grid", flow.time_to(y.view(), 0.5, &[2.0, 1.0]), Range, "time_to", "is 1;");
    bad!(list, "a share", flow.time_to(y.view(), f64::NAN, &[1.0]), Range, "time_to", "NaN");
    bad!(list, "targets", kernel.regression(&Vector::ones(3)), Size, "kernel regression", "expected 4", "got 3");
    bad!(list, "NaN targets", kernel.regression(&(&y * f64::NAN)), NotFinite, "kernel regression", "NaN");
    let cross = net.limit_kernel_between(&x.slice(s![..2, ..]).to_owned(), &x).unwrap().ntk().clone();
    bad!(list, "two sets", cross.regression(&y), Size, "kernel regression", "expected 2", "got 4");
    bad!(list, "a ridge", fit.ridge(Regularization::Absolute(-1e-3)), Range, "ridge", "-0.001");
    let start = flow.predict_on(&cross, &Vector::zeros(3), &[1.0]);
    bad!(list, "outputs at the start", start, Size, "prediction", "expected 2", "got 3");
    let twice = ndarray::concatenate![Axis(0), x, x];
    let singular = net.limit_kernel(&twice).unwrap().ntk().regression(&Vector::ones(8)).unwrap();
    bad!(list, "repeated points", singular.solve(), Singular, "8 points");
    let loss = LossFlow::new(SquaredError);
    bad!(list, "an integrator's time", loss.run(&fit, &[f64::NAN]), Range, "NaN");
    let unfinished = LossFlow::new(SquaredError).max_steps(2).run(&fit, &[1e6]);
    bad!(list, "an integrator's steps", unfinished, Unfinished, "1.000000e6", "after 2 steps");
    let train = |rate, y: &Vector| {
        let objective = Objective::new(&x, y, SquaredError)?;
        Trainer::steps(2, Sgd::new(rate)).train(&mut net.clone().input(3).width(4).init(Seed(0))?, &objective)
    };
    bad!(list, "a rate of training", train(-1.0, &y), Range, "SGD", "is -1;");
    let forever = Observer::new(When::Times(vec![f64::INFINITY])).loss();
    let objective = Objective::new(&x, &y, SquaredError).unwrap();
    let observed = Trainer::steps(2, Sgd::new(0.1))
        .observe(forever)
        .train(&mut net.clone().input(3).width(4).init(Seed(0)).unwrap(), &objective);
    bad!(list, "a time of a record", observed, Range, "observer", "inf");
    let own = net.clone().input(3).width(4).learning_rates(&[1.0]);
    bad!(list, "rates of parameters", own.init(Seed(0)), Size, "learning rates", "expected 3", "got 1");
    bad!(list, "a richness", net.clone().input(3).width(4).richness(-2.0).init(Seed(0)), Range, "richness", "is -2;");
    bad!(list, "a depth exponent", net.clone().depth_scaled(f64::NAN), Range, "depth scaling", "NaN");
    bad!(list, "targets of training", train(0.1, &Vector::ones(5)), Size, "training", "expected 4", "got 5");
    list
}

fn spectra() -> Vec<Bad> {
    let mut list: Vec<Bad> = Vec::new();
    let kernel = ccp(2).limit_kernel(&points()).unwrap().ntk().clone();
    let spectrum = kernel.spectrum().unwrap();
    bad!(list, "a matrix", Spectrum::new(&array![[1.0, 2.0], [3.0, 4.0]]), NotSymmetric, "spectrum", "2e0", "3e0");
    bad!(list, "rank 0", spectrum.decay(0..=3), Range, "eigenvalue decay", "is 0;");
    bad!(list, "a rank", spectrum.decay(1..=9), Range, "eigenvalue decay", "is 9;");
    bad!(list, "one kernel", kernel_velocity(std::slice::from_ref(&kernel), &[0.0]), Range, "kernel velocity", "is 1;");
    let still = kernel_velocity(&[kernel.clone(), kernel.clone()], &[1.0, 1.0]);
    bad!(list, "times that stand", still, Range, "kernel velocity", "is 1;");
    bad!(list, "a target of zeros", kernel.target_alignment(&Vector::zeros(4)), Range, "alignment", "0");
    bad!(list, "a circle", zonal_coefficients(|t| t, 2, &[1]), Range, "Mercer coefficients", "is 2;");
    bad!(list, "a degree", zonal_coefficients(|t| t, 3, &[501]), Range, "Mercer coefficients", "501");
    bad!(list, "a zonal kernel", zonal_coefficients(|_| f64::NAN, 3, &[1]), NotFinite, "zonal kernel", "NaN");
    bad!(list, "an index", gegenbauer::root_mean_square(1, -1.0, 4), Range, "Gegenbauer polynomial", "is -1;");
    bad!(list, "no dimension", sphere(2, 0, Seed(0)), Range, "sphere", "is 0;");
    bad!(list, "no points", sphere(0, 2, Seed(0)), NoRows, "sphere");
    bad!(list, "points beyond memory", sphere(usize::MAX, 2, Seed(0)), Memory, "sphere", "GiB");
    let target = |amplitude| HarmonicTarget::new(&[9], 4, GegenbauerIndex::Harmonic, amplitude, Seed(0));
    let far = target(Amplitude::AsPublished).and_then(|target| target.values(&Matrix::from_elem((1, 4), 1e80)));
    bad!(list, "a target far away", far, Overflow, "harmonic target");
    list
}

fn solvers() -> Vec<Bad> {
    let mut list: Vec<Bad> = Vec::new();
    let a = array![[2.0, 1.0], [1.0, 3.0]];
    let b = array![[1.0], [0.5]];
    let cg = |solver: ConjugateGradient, a: &Matrix, b: &Matrix| solver.solve(a, b);
    let new = ConjugateGradient::new;
    bad!(list, "λ", cg(new(-1.0), &a, &b), Range, "conjugate gradients", "λ is -1;");
    bad!(list, "no tolerance", cg(new(0.0).tolerance(0.0), &a, &b), Range, "conjugate gradients", "tolerance is 0;");
    bad!(list, "no columns", cg(new(0.0), &a, &Matrix::zeros((2, 0))), Range, "conjugate gradients", "is 0;");
    bad!(list, "rows", cg(new(0.0), &a, &Matrix::ones((3, 1))), Size, "conjugate gradients", "expected 2", "got 3");
    bad!(list, "NaN on the right", cg(new(0.0), &a, &(&b * f64::NAN)), NotFinite, "conjugate gradients", "NaN");
    bad!(list, "negative curvature", cg(new(0.0), &(-&a), &b), NegativeCurvature, "conjugate gradients", "iteration 1");
    let short = cg(new(0.0).max_iterations(1), &a, &b);
    bad!(list, "iterations", short, NotConverged, "conjugate gradients", "1 iterations");
    bad!(list, "no eigenpairs", Lanczos::new(0, Seed(0)).run(&a), Range, "Lanczos", "is 0;");
    bad!(list, "eigenpairs", Lanczos::new(3, Seed(0)).run(&a), Range, "Lanczos", "is 3;");
    bad!(list, "a tolerance", Lanczos::new(1, Seed(0)).tolerance(f64::NAN).run(&a), Range, "Lanczos", "NaN");
    bad!(list, "a basis", Lanczos::new(1, Seed(0)).basis(1).run(&a), Range, "Lanczos", "basis is 1;");
    bad!(list, "an oblong", Lanczos::new(1, Seed(0)).run(&Matrix::ones((2, 3))), Size, "expected 2", "got 3");
    bad!(list, "NaN in a matrix", SymmetricEigen::new(&(&a * f64::NAN)), NotFinite, "row 0, column 0", "NaN");
    list
}

#[test]
fn every_bad_input_is_an_error_with_its_place_and_its_numbers() {
    let themes = [ops(), nets(), kernels(), files(), regression(), spectra(), solvers()];
    let list: Vec<Bad> = themes.into_iter().flatten().collect();
    let mut wrong = Vec::new();
    for (what, error, kind, holds) in &list {
        let message = error.as_ref().map_or("no error".into(), Error::to_string);
        let named = holds.iter().all(|part| message.contains(part.as_str()));
        if !(named && error.as_ref().is_some_and(kind)) {
            wrong.push(format!("{what}: {message:?} must hold {holds:?}; {error:?}"));
        }
    }
    println!("{} bad inputs", list.len());
    assert!(list.len() >= 120 && wrong.is_empty(), "{} of {}:\n{}", wrong.len(), list.len(), wrong.join("\n"));
}

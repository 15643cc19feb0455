//! What a user can hold prints itself shortly: a notebook falls back on `Debug` where it cannot show a value otherwise.

use super::*;
use crate::Result;
use std::collections::BTreeSet;

/// Characters of a value's `Debug`, whatever its size.
const LONGEST: usize = 2000;

/// Traits, type parameters' markers and types of other crates.
const NO_VALUES: [&str; 13] = [
    "Acquisition",
    "Attackable",
    "SearchStrategy",
    "Compute",
    "LinearOperator",
    "Loss",
    "NotebookDisplay",
    "TableVerbs",
    "IntoLayers",
    "Axis",
    "DataFrame",
    "Plot",
    "Result",
];
/// Of which a value needs a folder or a run; studies' types have a list of their own.
const ELSEWHERE: [&str; 8] =
    ["AnyModel", "Plan", "TiledKernel", "TiledRun", "TiledPart", "TiledStatus", "NpzFile", "State"];

/// The types that the prelude names, without those of studies.
fn named() -> BTreeSet<String> {
    let source = include_str!("names.rs");
    let exports = source.split("pub use ").skip(1).map(|part| part.split(';').next().expect("a part"));
    let of_the_crate = exports.filter(|part| part.starts_with("crate::") && !part.starts_with("crate::study"));
    let words = of_the_crate.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words.filter(|word| word.starts_with(char::is_uppercase)).map(String::from).collect()
}

macro_rules! samples {
    ($($name:ident: $value:expr),* $(,)?) => { vec![$((stringify!($name), format!("{:?}", $value))),*] };
}

/// A sizeable value of each type, printed.
fn samples() -> Result<Vec<(&'static str, String)>> {
    let (n, d) = (300, 40);
    let x = sphere(n, d, Seed(0))?;
    let y = x.column(0).to_owned();
    let net = ccp(9).width(64).input(d);
    let mut network = mlp(3).width(128).input(d).init(Seed(1))?;
    let kernels = net.limit_kernel(&x)?;
    let ntk = kernels.ntk();
    let regression = ntk.regression(&y)?;
    let spectrum = ntk.spectrum()?;
    let history = FullBatch::new(1e-4, 200).record_every(1).train(&mut network, &x, &y)?;
    let objective = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_zero(0.1));
    let observer = (0..30).fold(Observer::new(When::Every(1)).loss(), |o, i| o.outputs(&format!("outputs {i}"), &x));
    let trainer = Trainer::steps(20, Sgd::new(1e-4)).observe(observer.clone()).observe(observer.clone());
    let run = trainer.train(&mut network, &objective)?;
    let lanczos = Lanczos::new(20, Seed(0));
    let sampled = mlp(1).width(8).monte_carlo_kernel(&x, 2, Seed(0))?;
    let by_layer = network.kernel_by_layer(&x)?;
    let flow = LossFlow::new(SquaredError);
    let target =
        HarmonicTarget::new(&(1..100).collect::<Vec<_>>(), d, GegenbauerIndex::Harmonic, Amplitude::Unit, Seed(0))?;
    // A tree is as long as its network.
    let many = serial((0..24).map(|i| Dense::new(i + 1).bias(0.1).into()));
    let error = net.clone().input(3).limit_kernel(&x).unwrap_err();
    let noise = Regularization::Absolute(0.1);
    let words: Vec<String> = (0..5000).map(|i| format!("class {}", i % 100)).collect();
    let choice: RidgeChoice<'_, ndarray::Ix1> = RidgeChoice::LeaveOneOut;
    let cars = read_csv(concat!(env!("CARGO_MANIFEST_DIR"), "/data/cars/cars.csv"))?;
    let times: Vec<f64> = (0..400).map(f64::from).collect();
    let decay = mercer_decay(&net, d, 1..=9, Parity::Every)?;
    let (abscissae, powers): (Vec<f64>, Vec<f64>) = (1..500).map(|i| (f64::from(i), f64::from(i * i))).unzip();
    let column = y.clone().insert_axis(Axis(1));
    let mut top = TopEigenvalue::new(Seed(0));
    top.of(ntk.values())?;
    let slope = mlp(1).limit_input_gradient(&column, &x, &column, &x)?;
    let (curve, labels) = (Curve::circle(0.3)?, (0..x.nrows()).map(|i| i % 2).collect::<Vec<usize>>());
    let signs = labels.iter().map(|&label| 2.0 * label as f64 - 1.0).collect();
    let hierarchy = Hierarchy::new(&x, &signs, (10, 3), Seed(0))?;
    let fault = crate::TensorFault::Names { missing: words[..9].to_vec(), surplus: words[..9].to_vec() };
    let (sampler, process) = (LinearSampler::new(&mlp(2).width(8), 0.1), GaussianProcess::squared_exponential(0.1));
    let mut search = BayesianOptimisation::new(&[(0.0, 1.0); 50], RandomSearch, Seed(0)).start(5000).quiet();
    search.run(0, |x| x[0])?;
    let trained = TrainedSampler::new(&mlp(2).width(8), 0.1).steps(2);
    let mut all = samples! {
        ColumnFault: crate::ColumnFault::Number { name: "x".into() },
        PartsKernels: crate::prelude::network("parts", complex_dense(1)).complex_input(1).limit_kernel_between_parts(&Matrix::ones((300, 2)))?,
        SearchFault: crate::SearchFault::Objective { evaluation: 1, point: vec![0.5; 9], reason: "no".into() }, BayesianOptimisation: search, Evaluation: search.evaluations()[0], RandomSearch: RandomSearch, GaussianProcess: process,
        LinearSample: sampler.sample((&x, &y), Seed(0))?, LinearSampler: sampler, NeuralThompson: NeuralThompson::new(&mlp(2)),
        TrainedSample: trained.sample((&x, &y), Seed(0))?, TrainedSampler: trained,
        Classes: Classes::of(&words)?, Csv: Csv::new(), MeanSquaredError: MeanSquaredError::of(5), Precision: Precision::Double,
        PowerLawFit: power_law_fit(&abscissae, &powers)?, RidgeChoice: choice, Split: train_test_split(5000, 0.2, Seed(0))?,
        RidgePath: regression.ridge_by(choice, &[0.1, 1.0])?, Standardiser: Standardiser::fit(&x)?,
        Columns: cars, SquareImages: SquareImages::new(Regime::Scale, 0, 32, false)?, DecayFit: decay.power, Decay: decay,
        Learnability: learnability(&mlp(1), 10, 100)?, LossTrajectory: flow.run(&regression, &times)?,
        Checkpoint: Checkpoint::from("folder"), Amplitude: Amplitude::Unit, Analogy: analogies(Seed(0))[0], Body: Body::Ball,
        Digits: Digits { images: Array2::zeros((5000, 784)), labels: vec![3; 5000] }, GegenbauerIndex: GegenbauerIndex::Harmonic,
        GreyImage: GreyImage { pixels: Array2::zeros((512, 512)) }, HarmonicTarget: target, Regime: Regime::Scale,
        Region: Region::ball(1.0).without(Sector::Quadrant), RegressionTarget: RegressionTarget::SumOfSquares,
        Sector: Sector::Quadrant, Seed: Seed(3), Fault: Fault::Empty, Budget: Budget::gib(4.0),
        MonteCarlo: MonteCarlo::new(10, Seed(0)), Outputs: Outputs::All, Route: Route::Limit,
        HessianOperator: network.hessian_operator(&SquaredError, &x, &column)?,
        GaussNewtonOperator: network.gauss_newton_operator(&SquaredError, &x, &column)?, Hutchinson: Hutchinson::new(5, Seed(0)),
        Density: SpectralDensity::new(20, 30, Seed(0)).run(ntk.values())?, SpectralDensity: SpectralDensity::new(20, 3, Seed(0)),
        Estimate: Hutchinson::new(5, Seed(0)).run(ntk.values())?, TopEigenvalue: top, TensorFault: fault,
        CombinedOperator: network.tangent_operator(&x)?.scaled(2.0), ConjugateGradient: ConjugateGradient::new(0.1), Lanczos: lanczos, LargestEigenpairs: lanczos.run(&network.tangent_operator(&x)?)?,
        Layout: Layout::PyTorch, Net: net, TangentOperator: network.tangent_operator(&x)?, Network: network,
        AdaptivePool: adaptive_pool(), Attention: attention(8, 8), AveragePool: average_pool(2), Conv: Conv::new(8, 3),
        ComplexConv: ComplexConv::new(8, 3), ComplexDense: ComplexDense::new(3), Radial: Radial::mod_relu(-0.3),
        Dense: Dense::new(10).bias(0.1), Elementwise: elementwise("square", |u| u * u, |u| 2.0 * u), Gain: Gain::FanIn(1.0),
        Layer: many, LayerNorm: layer_norm(), MaxPool: max_pool(2), Parametrisation: Parametrisation::Ntk,
        Shape: Shape::vector(3), Sine: sin(), Width: Width::Hidden, Progress: Progress::current(),
        Integrator: Integrator::Implicit, LearningRate: LearningRate::MatchTop(0.5), Logistic: Logistic, LossFlow: flow,
        Regularization: noise, SoftmaxCrossEntropy: SoftmaxCrossEntropy, SquaredError: SquaredError,
        DecayLaw: DecayLaw::Power, Parity: Parity::Even, Adam: Adam::new(1e-3), FullBatch: FullBatch::new(0.1, 100),
        History: history, LossHistory: LossHistory { losses: vec![0.1; 5000] }, Minibatch: Minibatch::new(Sgd::new(0.1), 10),
        Optimiser: Optimiser::from(Sgd::new(0.1)), Sgd: Sgd::new(0.1), Adadelta: Adadelta::new(1.0), Linearised: network.linearised(),
        Penalty: Penalty::to_start(1.0, &network).weights(&[1.0; 5000]), Schedule: Schedule::cosine(0.1), When: When::Every(10),
        Objective: objective, Observer: observer, Trainer: trainer, Records: run.records[0], TrainingRun: run, Error: error,
        SymmetricEigen: SymmetricEigen::new(ntk.values())?, KernelRegression: regression, Ridge: regression.ridge(noise)?,
        Trajectory: regression.gradient_flow(), Posterior: regression.posterior(noise, ntk, ntk)?,
        Condition: regression.posterior(noise, ntk, ntk)?.condition, Ensemble: kernels.ensemble(&y)?, Kernels: kernels,
        Curve: curve, CurvePoints: curve.points(5000)?, SampleMean: sample_mean(&times)?, SmallestEigenpairs: ntk.smallest_eigenpairs(2)?,
        Attack: Attack::projected_gradient(0.1, 10).clip(0.0, 1.0).starts(3, Seed(0)), AttackNorm: AttackNorm::Two,
        LimitPredictor: mlp(1).limit_predictor(&column, &x)?,
        HigherOrder: HigherOrder::new(ntk, &labels)?, PairRegression: PairRegression::new(ntk, &x, &labels)?,
        Elasticity: local_elasticity(ntk, &labels)?, NetworkEnsemble: mlp(1).width(8).input(d).network_ensemble(3, Seed(0))?,
        HierarchyKernel: hierarchy.kernel()?, Hierarchy: hierarchy,
        Kernel: ntk, LayerKernel: by_layer[0], LimitInputGradient: slope, MonteCarloKernels: sampled, Spectrum: spectrum,
    };
    let points: Vec<(f64, f64)> = (0..5000).map(|i| (f64::from(i), 1.0)).collect();
    let chart = (0..50).fold(line_chart("chart"), |chart, i| chart.line(format!("line {i}"), points.clone()));
    all.extend(samples! {
        BarChart: bar_chart("bars").bars("one", (0..1000).map(|i| (i.to_string(), 1.0))), Bundle: chart.bundle(), Figure: chart.figure(),
        Rows: frame(&points).number("x", |p| p.0), LineChart: chart.clone(), Report: (0..50).fold(Report::new(), |report, _| report.figure(chart.figure())), Scale: Scale::log("x"),
    });
    Ok(all)
}

#[test]
fn whatever_a_user_holds_prints_shortly() -> Result<()> {
    let samples = samples()?;
    for (name, printed) in &samples {
        assert!(printed.chars().count() <= LONGEST, "{name}: {} characters: {printed:.300}", printed.chars().count());
    }
    let covered: BTreeSet<String> =
        samples.iter().map(|(name, _)| *name).chain(NO_VALUES).chain(ELSEWHERE).map(String::from).collect();
    let missing: Vec<_> = named().difference(&covered).cloned().collect();
    assert!(missing.is_empty(), "no value is printed of {missing:?}");
    Ok(())
}

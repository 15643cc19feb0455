//! One split of the images of a task.

use super::{LabelAwareness, METHODS, two_layers};
use crate::names::*;
use crate::saved_fields;
use crate::study::digit_sample::digit_rows;

/// The share of the training images by which the share of the label-aware part is chosen.
const VALIDATION: f64 = 0.2;
/// Adam's rate, on weights of size 1.
const RATE: f64 = 0.02;
/// Batches of the hierarchy's samples, by which its means are known.
const BATCHES: usize = 10;
/// The most images on which kernels of the trained network are measured.
const MEASURED: usize = 200;

/// What one split found.
#[derive(Clone)]
pub(super) struct Split {
    /// Share of test images classified right: by the plain kernel, then by [`METHODS`].
    pub right: Vec<f64>,
    /// The same with every share of the label-aware part, by method and share, `[methods, shares]`; NaN where the kernel is not positive.
    pub by_share: Matrix,
    /// The shares chosen, by method.
    pub ratios: Vec<f64>,
    /// Local elasticity on the training images: of the plain kernel, then by method at the largest share that leaves the kernel positive.
    pub elasticity: Vec<f64>,
    /// By a kernel that is told the labels of the test images.
    pub oracle: f64,
    /// Of the network: share classified right, local elasticity of its kernel before and after training.
    pub network: Vec<f64>,
}
saved_fields!(Split { right, by_share, ratios, elasticity, oracle, network });

/// Images with their classes, counted in the order of the task.
struct Sample {
    x: Matrix,
    classes: Vec<usize>,
}

impl Sample {
    /// Pixels from -1 to 1, a constant of 1 appended, over the root of the number of both.
    fn of(digits: &Digits, rows: &[usize], task: &[usize]) -> Self {
        let pixels = digits.images.select(Axis(0), rows).mapv(|v| 2.0 * v - 1.0);
        let x = ndarray::concatenate(Axis(1), &[pixels.view(), Matrix::ones((rows.len(), 1)).view()])
            .expect("as many rows");
        let class = |&row: &usize| {
            let digit = usize::from(digits.labels[row]);
            task.iter().position(|&d| d == digit).expect("an image of the task")
        };
        // To points of length 1: kernels of such a network are homogeneous, and its outputs start near 1.
        let x = &x / (x.ncols() as f64).sqrt();
        Self { x, classes: rows.iter().map(class).collect() }
    }

    /// `+1` in the column of the class, else `-1`.
    fn targets(&self, count: usize) -> Matrix {
        Matrix::from_shape_fn((self.classes.len(), count), |(i, c)| if self.classes[i] == c { 1.0 } else { -1.0 })
    }

    fn some(&self, rows: &[usize]) -> Self {
        Self { x: self.x.select(Axis(0), rows), classes: rows.iter().map(|&row| self.classes[row]).collect() }
    }
}

/// A label-aware kernel by its method.
enum Aware {
    Kernel(Box<HigherOrder>),
    Pairs(Box<PairRegression>),
}

impl Aware {
    fn new(method: &str, kernel: &Kernel, sample: &Sample) -> Result<Self> {
        Ok(match method {
            "by kernel" => Aware::Kernel(Box::new(HigherOrder::new(kernel, &sample.classes)?)),
            "by inverse" => Aware::Kernel(Box::new(HigherOrder::by_inverse(kernel, &sample.classes)?)),
            _ => Aware::Pairs(Box::new(PairRegression::new(kernel, &sample.x, &sample.classes)?)),
        })
    }

    fn kernel(&self, ratio: f64) -> Result<Kernel> {
        match self {
            Aware::Kernel(aware) => aware.kernel(ratio),
            Aware::Pairs(aware) => aware.kernel(ratio),
        }
    }

    fn kernel_between(&self, ratio: f64, cross: &Kernel, x: &Matrix) -> Result<Kernel> {
        match self {
            Aware::Kernel(aware) => aware.kernel_between(ratio, cross),
            Aware::Pairs(aware) => aware.kernel_between(ratio, cross, x),
        }
    }
}

/// The share that regression with a kernel classifies right; none for a kernel that is not positive definite.
fn right(kernel: &Kernel, cross: &Kernel, (train, test): (&Sample, &Sample), count: usize) -> Result<Option<f64>> {
    let fit = match kernel.regression(&train.targets(count)).and_then(|regression| regression.ridge(0.0)) {
        Err(Error::Indefinite { .. } | Error::Singular { .. }) => return Ok(None),
        fit => fit?,
    };
    accuracy(&argmax(&fit.predict(cross)?)?, &test.classes).map(Some)
}

impl Split {
    pub fn measure(study: &LabelAwareness, digits: &Digits, task: &[usize], seed: Seed) -> Result<Self> {
        let count = task.len();
        let [train, test] = digit_rows(digits, task, (study.images, study.tested), seed.child(0))
            .map(|rows| Sample::of(digits, &rows, task));
        let net = study.network.clone().input(train.x.ncols());
        let base = net.limit_kernel(&train.x)?.ntk().clone();
        let cross = net.limit_kernel_between(&test.x, &train.x)?.ntk().clone();
        // The first images are as mixed as all of them.
        let kept = train.classes.len() - ((train.classes.len() as f64 * VALIDATION) as usize).max(count);
        let (fitted, checked): (Vec<usize>, Vec<usize>) = ((0..kept).collect(), (kept..train.classes.len()).collect());
        let (inner, validation) = (train.some(&fitted), train.some(&checked));
        let part = |rows: &[usize], symmetric| {
            let values = base.values().select(Axis(0), rows).select(Axis(1), &fitted);
            Kernel::of_outputs(values, (symmetric, base.route()), 1)
        };
        let (inner_base, inner_cross) = (part(&fitted, true), part(&checked, false));
        let plain = right(&base, &cross, (&train, &test), count)?.unwrap_or(f64::NAN);
        let (mut shares, mut ratios, mut by_share) = (vec![plain], Vec::new(), Vec::new());
        let mut elasticity = vec![local_elasticity(&base, &train.classes)?.ratio];
        for method in METHODS {
            let aware = Aware::new(method, &inner_base, &inner)?;
            let mut best: Option<(f64, f64)> = None;
            for &ratio in &study.ratios {
                let (kernel, between) =
                    (aware.kernel(ratio)?, aware.kernel_between(ratio, &inner_cross, &validation.x)?);
                let found = right(&kernel, &between, (&inner, &validation), count)?;
                // Of equal ones the first.
                if let Some(share) = found.filter(|share| best.is_none_or(|best| *share > best.0)) {
                    best = Some((share, ratio));
                }
            }
            let aware = Aware::new(method, &base, &train)?;
            let mut row = Vec::new();
            for &ratio in &study.ratios {
                let between = aware.kernel_between(ratio, &cross, &test.x)?;
                row.push(right(&aware.kernel(ratio)?, &between, (&train, &test), count)?.unwrap_or(f64::NAN));
            }
            // A kernel that is positive on four fifths of the images need not be on all of them: then it is the plain one.
            let chosen = best.and_then(|best| study.ratios.iter().position(|&ratio| ratio == best.1));
            let chosen = chosen.filter(|&place| row[place].is_finite());
            shares.push(chosen.map_or(plain, |place| row[place]));
            ratios.push(chosen.map_or(0.0, |place| study.ratios[place]));
            by_share.extend(row);
            let most = study.ratios.iter().copied().fold(0.0, f64::max);
            elasticity.push(local_elasticity(&aware.kernel(most)?, &train.classes)?.ratio);
        }
        Ok(Self {
            right: shares,
            by_share: Matrix::from_shape_vec((METHODS.len(), study.ratios.len()), by_share).expect("a row per method"),
            ratios,
            elasticity,
            oracle: oracle((&base, &cross), (&train, &test), count)?,
            network: trained(study, (&train, &test), count, seed.child(1))?,
        })
    }
}

/// With `Z` the truth, 1 for two images of one digit and 0 for others, on the training images and between them and the test images: as large as the kernel.
fn oracle((base, cross): (&Kernel, &Kernel), (train, test): (&Sample, &Sample), count: usize) -> Result<f64> {
    let alike = |rows: &Sample, kernel: &Kernel, weight: f64| {
        let same = |(i, j): (usize, usize)| if rows.classes[i] == train.classes[j] { weight } else { 0.0 };
        let values = Matrix::from_shape_fn(kernel.values().dim(), |at| kernel.values()[at] + same(at));
        Kernel::of_outputs(values, (kernel.is_symmetric(), kernel.route()), 1)
    };
    let weight = base.values().iter().map(|v| v.abs()).sum::<f64>() / base.values().len() as f64;
    let found = right(&alike(train, base, weight), &alike(test, cross, weight), (train, test), count)?;
    Ok(found.unwrap_or(f64::NAN))
}

/// A network of finite width, by Adam in full batches.
fn trained(study: &LabelAwareness, (train, test): (&Sample, &Sample), count: usize, seed: Seed) -> Result<Vec<f64>> {
    let mut network = two_layers(count).width(study.width).input(train.x.ncols()).init(seed)?.cast::<f32>();
    let measured = train.some(&(0..train.classes.len().min(MEASURED)).collect::<Vec<_>>());
    let elasticity = |network: &Network<f32>| -> Result<f64> {
        let kernels = network.kernel_of(Outputs::Averaged, &measured.x)?;
        // At an image at which all units are off the kernel is 0, and nothing can be said of it.
        match local_elasticity(kernels.ntk(), &measured.classes) {
            Err(Error::Range { .. }) => Ok(f64::NAN),
            found => Ok(found?.ratio),
        }
    };
    let before = elasticity(&network)?;
    let objective = Objective::new(&train.x, &train.targets(count), SquaredError)?;
    Trainer::steps(study.steps, Adam::new(RATE)).quiet().train(&mut network, &objective)?;
    let share = accuracy(&argmax(&network.outputs(&test.x)?)?, &test.classes)?;
    Ok(vec![share, before, elasticity(&network)?])
}

/// What labels add to the kernel of a two-layer network, times its width.
#[derive(Clone)]
pub(super) struct Hierarchical {
    /// Means over pairs of different images, of the same class and of different ones.
    pub same: f64,
    pub different: f64,
    /// The standard error of the difference of both means, from ten batches of samples.
    pub error: f64,
}
saved_fields!(Hierarchical { same, different, error });

impl Hierarchical {
    /// Of the first two digits of a task.
    pub fn measure((images, samples): (usize, usize), digits: &Digits, task: &[usize], seed: Seed) -> Result<Self> {
        let task = &task[..2];
        let [rows, _] = digit_rows(digits, task, (images, 0), seed.child(0));
        let sample = Sample::of(digits, &rows, task);
        let y = sample.targets(2).column(0).to_owned();
        let means = |seed: Seed| -> Result<[f64; 2]> {
            let found = Hierarchy::new(&sample.x, &y, (1, (samples / BATCHES).max(2)), seed)?.kernel()?.label_aware;
            let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
            for ((i, j), value) in found.indexed_iter().filter(|((i, j), _)| i != j) {
                let which = usize::from(y[i] != y[j]);
                sums[which] += value;
                counts[which] += 1.0;
            }
            Ok([sums[0] / counts[0], sums[1] / counts[1]])
        };
        let batches = (0..BATCHES).map(|batch| means(seed.child(1 + batch as u64))).collect::<Result<Vec<_>>>()?;
        let mean = |which: usize| batches.iter().map(|means| means[which]).sum::<f64>() / BATCHES as f64;
        let gaps = sample_mean(&batches.iter().map(|[same, different]| same - different).collect::<Vec<_>>())?;
        Ok(Self { same: mean(0), different: mean(1), error: gaps.deviation / (BATCHES as f64).sqrt() })
    }
}

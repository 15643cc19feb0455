//! Kernels at infinite width.

use crate::ground::{
    Folder, Ground, Outcome, Relation, Verdict, block, largest, on_threads, or_silent, require, shuffled,
};
use crate::tree::{Kind, kinds_in};
use hadamard::op::Op;
use hadamard::prelude::*;
use std::collections::BTreeSet;

pub const RELATIONS: &[Relation] = &[
    Relation { name: "limit of n points is that of its pairs", check: pairs },
    Relation { name: "limit between x and x is that of x", check: between },
    Relation { name: "limit of points in another order", check: permuted },
    Relation { name: "limit of repeated points repeats", check: repeated },
    Relation { name: "a feature of zeros changes no limit", check: zero_feature },
    Relation { name: "limit is the sum of its layers", check: layers },
    Relation { name: "limit is symmetric and semidefinite", check: semidefinite },
    Relation { name: "limit on one thread is that on two", check: threads },
    Relation { name: "limit in tiles is the limit", check: tiled },
    Relation { name: "limit of strided points", check: memory_order },
    Relation { name: "limit of twice the input of a homogeneous network", check: homogeneous },
];

/// Roundings of a layer's map of a pair.
const ROUNDINGS: f64 = 32.0;

/// How far two computations of an entry may differ. Correlations carry an error of one rounding per layer and per term of the
/// products of the input, so angles of `θ` one of `ε/θ`, and none of less than `√ε` can be told from zero. Where a pool takes the mean
/// over positions, covariances between them cancel and leave their roundings: there the largest point stands for its terms.
fn slack(ground: &Ground, kernel: &Kernel) -> Matrix {
    let (values, x) = (kernel.values(), &ground.x);
    let epsilon = ground.limit_roundings() * f64::EPSILON + ground.left_by_series();
    let norms: Vec<f64> = x.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect();
    let largest = values.diag().iter().copied().fold(0.0, f64::max);
    let pooled = ground.has_mean_over_positions();
    let own = |i: usize| if pooled { largest } else { values[[i, i]] };
    Matrix::from_shape_fn(values.dim(), |(i, j)| {
        let unit = |i: usize| x.row(i).mapv(|v| if norms[i] > 0.0 { v / norms[i] } else { 0.0 });
        let apart = |sign: f64| (unit(i) - unit(j) * sign).iter().map(|v| v * v).sum::<f64>().sqrt();
        let angle = if i == j { 1.0 } else { apart(1.0).min(apart(-1.0)) };
        epsilon * (own(i) * own(j)).sqrt() / angle.max(epsilon.sqrt())
    })
}

impl Ground {
    /// Roundings in an entry of a limit.
    fn limit_roundings(&self) -> f64 {
        fn count(layer: &Layer) -> usize {
            1 + layer.children().iter().map(count).sum::<usize>()
        }
        ROUNDINGS * (count(self.net.layer()) as f64 + (self.x.ncols() as f64).sqrt())
    }

    fn has_mean_over_positions(&self) -> bool {
        let mut kinds = BTreeSet::new();
        kinds_in(self.net.layer(), &mut kinds);
        let [height, width, _] = self.sample.input();
        height * width > 1 && [Kind::AveragePool, Kind::AdaptivePool].iter().any(|kind| kinds.contains(kind))
    }

    /// What the series of activations without a closed form leave of a kernel, by their pages: 1e-12 of the second moment each. How many
    /// terms are summed depends on all points of a call.
    fn left_by_series(&self) -> f64 {
        fn count(layer: &Layer) -> usize {
            use Layer::{Cardioid, Elementwise, Radial, Sigmoid, Tanh};
            let own = matches!(layer, Tanh(_) | Sigmoid(_) | Elementwise(_) | Radial(_) | Cardioid(_));
            usize::from(own) + layer.children().iter().map(count).sum::<usize>()
        }
        1e-12 * count(self.net.layer()) as f64
    }

    /// Compares blocks of the NNGP and the NTK.
    fn near_limits(&self, got: &Kernels, rows: &[usize], columns: &[usize]) -> std::result::Result<(), String> {
        let limits = self.limits().map_err(|error| error.to_string())?;
        for (what, got, all) in [("NTK", got.ntk(), limits.ntk()), ("NNGP", got.nngp(), limits.nngp())] {
            let slack = slack(self, all);
            let expected = block(all.values(), rows, columns, 1);
            self.near_each(what, got.values(), &expected, |(i, j)| slack[[rows[i], columns[j]]])?;
        }
        Ok(())
    }
}

fn pairs(ground: &Ground) -> Outcome {
    or_silent!(ground.limits().ok());
    let few = ground.few();
    for (&i, &j) in few.iter().zip(few.iter().rev()) {
        let pair = ground.net.limit_kernel(&ground.rows(&[i, j])).map_err(|error| error.to_string())?;
        ground.near_limits(&pair, &[i, j], &[i, j])?;
        // Alone, as another order of memory has it.
        let (left, right) = (ground.rows(&[i]), ground.rows(&[j]));
        let alone = ground.net.limit_kernel(&left).map_err(|error| error.to_string())?;
        ground.near_limits(&alone, &[i], &[i])?;
        let two = ground.net.limit_kernel_between(&left, &right).map_err(|error| error.to_string())?;
        ground.near_limits(&two, &[i], &[j])?;
    }
    Ok(Verdict::Held)
}

fn between(ground: &Ground) -> Outcome {
    or_silent!(ground.limits().ok());
    let (few, all) = (ground.few(), (0..ground.x.nrows()).collect::<Vec<_>>());
    for columns in [&all, &few] {
        let other = ground.rows(columns);
        let between = ground.net.limit_kernel_between(&ground.x, &other).map_err(|error| error.to_string())?;
        ground.near_limits(&between, &all, columns)?;
    }
    Ok(Verdict::Held)
}

fn permuted(ground: &Ground) -> Outcome {
    or_silent!(ground.limits().ok());
    let order = shuffled(ground.x.nrows());
    let other = ground.net.limit_kernel(&ground.rows(&order)).map_err(|error| error.to_string())?;
    ground.near_limits(&other, &order, &order)?;
    Ok(Verdict::Held)
}

fn repeated(ground: &Ground) -> Outcome {
    let limits = or_silent!(ground.limits().ok());
    let twice: Vec<usize> = (0..ground.x.nrows()).flat_map(|i| [i, i]).take(66).collect();
    let other = ground.net.limit_kernel(&ground.rows(&twice)).map_err(|error| error.to_string())?;
    ground.near_limits(&other, &twice, &twice)?;
    // A point with its repetition is a point with itself.
    for (own, all) in [(other.ntk(), limits.ntk()), (other.nngp(), limits.nngp())] {
        let slack = ground.limit_roundings() * f64::EPSILON;
        for (row, &i) in twice.iter().enumerate().step_by(2).filter(|(row, _)| row + 1 < twice.len()) {
            let (got, expected) = (own.values()[[row, row + 1]], all.values()[[i, i]]);
            let error = (got - expected).abs();
            require(error <= slack.sqrt() * expected.abs(), || format!("point {i}: {got:e} against {expected:e}"))?;
        }
    }
    Ok(Verdict::Held)
}

fn zero_feature(ground: &Ground) -> Outcome {
    let limits = or_silent!(ground.limits().ok());
    let (mut kinds, layer) = (BTreeSet::new(), ground.net.layer());
    kinds_in(layer, &mut kinds);
    // What reads the number of features, or their mean.
    let counts = [Kind::LayerNorm, Kind::AdaptivePool, Kind::Concat].iter().any(|kind| kinds.contains(kind));
    let standard = ground.sample.parametrisation() == Parametrisation::Standard;
    if counts || standard || has_plain_gain(layer) {
        return Ok(Verdict::Silent);
    }
    let ([height, width, channels], n) = (ground.sample.input(), ground.x.nrows());
    let mut x = Matrix::zeros((n, height * width * (channels + 1)));
    for position in 0..height * width {
        let from = ground.x.slice(s![.., position * channels..(position + 1) * channels]);
        let start = position * (channels + 1);
        x.slice_mut(s![.., start..start + channels]).assign(&from);
    }
    x *= ((channels + 1) as f64 / channels as f64).sqrt();
    let net = ground.net.clone().image(height, width, channels + 1);
    let other = match net.limit_kernel(&x) {
        // A branch beside a layer of as many units as the input had channels.
        Err(Error::Size { .. }) => return Ok(Verdict::Silent),
        other => other.map_err(|error| error.to_string())?,
    };
    let all: Vec<usize> = (0..n).collect();
    let slack = (slack(ground, limits.ntk()), slack(ground, limits.nngp()));
    ground.near_each("NTK", other.ntk().values(), limits.ntk().values(), |at| slack.0[at])?;
    ground.near_each("NNGP", other.nngp().values(), limits.nngp().values(), |at| slack.1[at])?;
    ground.near_limits(&other, &all, &all)?;
    Ok(Verdict::Held)
}

fn has_plain_gain(layer: &Layer) -> bool {
    matches!(layer, Layer::Dense(_)) && layer.label().contains("gain") || layer.children().iter().any(has_plain_gain)
}

fn layers(ground: &Ground) -> Outcome {
    let limits = or_silent!(ground.limits().ok());
    if ground.x.nrows() > 65 {
        return Ok(Verdict::Silent);
    }
    let layers = ground.net.limit_kernel_by_layer(&ground.x).map_err(|error| error.to_string())?;
    let total = layers.iter().fold(Matrix::zeros(limits.ntk().values().dim()), |sum, layer| sum + layer.ntk.values());
    let tolerance = ground.limit_roundings() * f64::EPSILON * largest(limits.ntk().values());
    ground.near("sum", &total, limits.ntk().values(), tolerance)?;
    Ok(Verdict::Held)
}

fn semidefinite(ground: &Ground) -> Outcome {
    let limits = or_silent!(ground.limits().ok());
    for (what, kernel) in [("NTK", limits.ntk()), ("NNGP", limits.nngp())] {
        let values = kernel.values();
        require(kernel.is_symmetric() && values == values.t(), || format!("the {what} is not symmetric"))?;
        let eigen = SymmetricEigen::new(values).map_err(|error| error.to_string())?;
        // By Weyl, no further below zero than the norm of the error.
        let norm = slack(ground, kernel).iter().map(|v| v * v).sum::<f64>().sqrt();
        let floor = -(10.0 * eigen.noise() + norm);
        require(eigen.smallest() >= floor, || format!("the {what} has eigenvalue {} below {floor}", eigen.smallest()))?;
    }
    Ok(Verdict::Held)
}

fn threads(ground: &Ground) -> Outcome {
    let limits = or_silent!(ground.limits().ok());
    let (net, x) = (&ground.net, &ground.x);
    let run = |threads| on_threads(threads, || net.limit_kernel(x).map_err(|error| error.to_string()));
    require(&run(1)? == limits && &run(2)? == limits, || "kernels differ".into())?;
    Ok(Verdict::Held)
}

fn tiled(ground: &Ground) -> Outcome {
    let limits = or_silent!(ground.limits().ok());
    if ground.sample.choice % 4 != 1 && ground.x.nrows() < 63 {
        return Ok(Verdict::Silent);
    }
    let folder = Folder::new("limit");
    let run = || ground.net.tiled_limit_kernel(&ground.x, &folder.0).quiet();
    let plan = run().plan().map_err(|error| error.to_string())?;
    let small = run().budget(Budget(plan.memory_bytes * 2 / 3));
    let run = if small.plan().is_ok() { small } else { run() };
    let nngp = ground.sample.choice % 8 >= 4;
    let tiles = if nngp { run.nngp().run() } else { run.run() }.map_err(|error| error.to_string())?;
    let loaded = tiles.load(Budget::gib(1.0)).map_err(|error| error.to_string())?;
    let expected = if nngp { limits.nngp() } else { limits.ntk() };
    let slack = slack(ground, expected);
    ground.near_each("tiles", loaded.values(), expected.values(), |at| slack[at])?;
    Ok(Verdict::Held)
}

fn memory_order(ground: &Ground) -> Outcome {
    or_silent!(ground.limits().ok());
    let (x, all) = (&ground.x, (0..ground.x.nrows()).collect::<Vec<_>>());
    let mut wide = Matrix::zeros((x.nrows(), 2 * x.ncols()));
    wide.slice_mut(s![..;-1, ..;2]).assign(x);
    let strided = wide.slice_move(s![..;-1, ..;2]);
    for other in [x.as_standard_layout().to_owned(), strided] {
        let kernels = ground.net.limit_kernel(&other).map_err(|error| error.to_string())?;
        ground.near_limits(&kernels, &all, &all)?;
        let between = ground.net.limit_kernel_between(&other, x).map_err(|error| error.to_string())?;
        ground.near_limits(&between, &all, &all)?;
    }
    Ok(Verdict::Held)
}

/// The degree in its input of a network that is homogeneous, by its make.
pub fn degree(layer: &Layer) -> Option<i32> {
    fn along(layer: &Layer, degree: i32) -> Option<i32> {
        let label = layer.label();
        let branches = || layer.children().iter().map(|child| along(child, degree)).collect::<Option<Vec<_>>>();
        let alike = |degrees: Vec<i32>| degrees.iter().all(|d| *d == degrees[0]).then(|| degrees[0]);
        match Kind::of(layer) {
            Kind::Dense | Kind::Conv | Kind::ComplexDense | Kind::ComplexConv => {
                (!label.contains("σ_b")).then_some(degree)
            }
            Kind::Scale | Kind::Relu | Kind::Identity | Kind::LeakyRelu | Kind::Abs => Some(degree),
            Kind::AveragePool | Kind::MaxPool | Kind::AdaptivePool | Kind::Flatten => Some(degree),
            Kind::Injection => Some(1),
            Kind::Serial => layer.children().iter().try_fold(degree, |degree, child| along(child, degree)),
            Kind::Sum | Kind::Concat => alike(branches()?),
            Kind::Hadamard if label.contains("skips") && layer.children().len() > 1 => None,
            Kind::Hadamard => Some(branches()?.iter().sum()),
            Kind::Attention | Kind::Bias | Kind::LayerNorm | Kind::Tied => None,
            Kind::Tanh | Kind::Erf | Kind::Gelu | Kind::Sigmoid | Kind::Sine => None,
            Kind::Monomial | Kind::Hermite | Kind::RectifiedPower | Kind::Elementwise => None,
            Kind::ToComplex | Kind::Parts | Kind::Modulus | Kind::Cardioid | Kind::ZRelu => Some(degree),
            Kind::Radial => None,
        }
    }
    // Powers of four of the scale must stay far from the ends of floats.
    along(layer, 1).filter(|degree| *degree <= 64)
}

fn homogeneous(ground: &Ground) -> Outcome {
    let (limits, degree) = (or_silent!(ground.limits().ok()), or_silent!(degree(ground.net.layer())));
    let twice = ground.net.limit_kernel(&(&ground.x * 2.0)).map_err(|error| error.to_string())?;
    for (what, twice, once) in [("NTK", twice.ntk(), limits.ntk()), ("NNGP", twice.nngp(), limits.nngp())] {
        // A power of two rounds nothing.
        let expected = once.values() * 4f64.powi(degree);
        require(twice.values() == expected, || {
            let error = largest(&(twice.values() - &expected)) / largest(&expected);
            format!("{what}, degree {degree}: off by {error:.2e}")
        })?;
    }
    Ok(Verdict::Held)
}

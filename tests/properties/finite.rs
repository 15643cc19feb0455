//! Kernels and outputs of one network.

use crate::ground::{
    Folder, Ground, Outcome, Relation, Verdict, block, computed, largest, on_threads, or_silent, require, shuffled,
};
use hadamard::prelude::*;

pub const RELATIONS: &[Relation] = &[
    Relation { name: "outputs of rows alone are those of all", check: rows_alone },
    Relation { name: "kernel of n points is that of its pairs", check: pairs },
    Relation { name: "kernel between x and x is that of x", check: between },
    Relation { name: "kernel of points in another order", check: permuted },
    Relation { name: "kernel is J Jᵀ", check: jacobian },
    Relation { name: "kernel of one output, of a pair, traced", check: outputs },
    Relation { name: "kernel is the sum of its layers", check: layers },
    Relation { name: "kernel is symmetric and semidefinite", check: semidefinite },
    Relation { name: "kernel in f32 is that in f64", check: single },
    Relation { name: "kernel on one thread is that on two", check: threads },
    Relation { name: "kernel in tiles is the kernel", check: tiled },
    Relation { name: "memory order changes nothing", check: memory_order },
    Relation { name: "twice the input of a homogeneous network", check: homogeneous },
];

fn rows_alone(ground: &Ground) -> Outcome {
    let all = or_silent!(computed("outputs", ground.network.outputs(&ground.x))?);
    let single = or_silent!(computed("f32", ground.network.cast::<f32>().outputs(&ground.x))?);
    let size = largest(&all);
    let ratio = f64::EPSILON / f64::from(f32::EPSILON);
    let slack = 16.0 * ratio * largest(&(&single - &all)) + ground.roundings() * f64::EPSILON * size;
    for i in ground.few() {
        let alone = ground.network.outputs(&ground.rows(&[i])).map_err(|error| error.to_string())?;
        ground.near("outputs", &alone, &all.select(Axis(0), &[i]), slack)?;
    }
    Ok(Verdict::Held)
}

fn pairs(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let few = ground.few();
    for (&i, &j) in few.iter().zip(few.iter().rev()) {
        let pair = ground.network.kernel(&ground.rows(&[i, j])).map_err(|error| error.to_string())?;
        for (what, own, all) in [("NTK", pair.ntk(), kernels.ntk()), ("NNGP", pair.nngp(), kernels.nngp())] {
            ground.near(what, own.values(), &block(all.values(), &[i, j], &[i, j], own.outputs()), slack)?;
        }
        let (left, right) = (ground.rows(&[i]), ground.rows(&[j]));
        let two = ground.network.kernel_between(&left, &right).map_err(|error| error.to_string())?;
        let expected = block(kernels.ntk().values(), &[i], &[j], two.ntk().outputs());
        ground.near("NTK between two", two.ntk().values(), &expected, slack)?;
    }
    Ok(Verdict::Held)
}

fn between(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let few = ground.few();
    let all: Vec<usize> = (0..ground.x.nrows()).collect();
    for columns in [&all, &few] {
        let other = ground.rows(columns);
        let between = ground.network.kernel_between(&ground.x, &other).map_err(|error| error.to_string())?;
        for (what, own, of) in [("NTK", between.ntk(), kernels.ntk()), ("NNGP", between.nngp(), kernels.nngp())] {
            ground.near(what, own.values(), &block(of.values(), &all, columns, own.outputs()), slack)?;
        }
    }
    Ok(Verdict::Held)
}

fn permuted(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let order = shuffled(ground.x.nrows());
    let other = ground.network.kernel(&ground.rows(&order)).map_err(|error| error.to_string())?;
    let expected = block(kernels.ntk().values(), &order, &order, kernels.ntk().outputs());
    ground.near("NTK", other.ntk().values(), &expected, slack)?;
    Ok(Verdict::Held)
}

/// Numbers of a Jacobian that is worth forming.
const JACOBIAN: usize = 1 << 20;

fn jacobian(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let (c, numbers) =
        (ground.network.outputs_count(), ground.net.parameter_count().map_err(|error| error.to_string())?);
    let n = (JACOBIAN / (c * numbers.max(1))).min(ground.x.nrows());
    if n == 0 {
        return Ok(Verdict::Silent);
    }
    let points: Vec<usize> = (0..n).collect();
    let mut jacobian = or_silent!(computed("Jacobian", ground.network.jacobian(&ground.rows(&points)))?);
    let mut start = 0;
    for parameter in ground.network.parameters() {
        let end = start + parameter.values.len();
        jacobian.slice_mut(s![.., start..end]).mapv_inplace(|v| v * parameter.slot().rate.sqrt());
        start = end;
    }
    let expected = jacobian.dot(&jacobian.t());
    ground.near("NTK", &block(kernels.ntk().values(), &points, &points, c), &expected, slack)?;
    Ok(Verdict::Held)
}

fn outputs(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let (full, c) = (kernels.ntk(), ground.network.outputs_count());
    let of = |outputs| ground.network.kernel_of(outputs, &ground.x).map_err(|error| error.to_string());
    ground.near(
        "traced",
        of(Outputs::Averaged)?.ntk().values(),
        full.traced().map_err(|e| e.to_string())?.values(),
        slack,
    )?;
    let (first, second) = (usize::from(ground.sample.choice) % c, usize::from(ground.sample.seed) % c);
    let part = full.values().slice(s![first..;c, second..;c]).to_owned();
    ground.near("a pair", of(Outputs::Pair(first, second))?.ntk().values(), &part, slack)?;
    let part = full.output(first).map_err(|error| error.to_string())?;
    ground.near("one", of(Outputs::One(first))?.ntk().values(), part.values(), slack)?;
    Ok(Verdict::Held)
}

fn layers(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let layers = ground.network.kernel_by_layer(&ground.x).map_err(|error| error.to_string())?;
    let zeros = Matrix::zeros(kernels.ntk().values().dim());
    let total = layers.iter().fold(zeros, |total, layer| total + layer.ntk.values());
    ground.near("sum", &total, kernels.ntk().values(), slack)?;
    Ok(Verdict::Held)
}

fn semidefinite(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    for (what, kernel) in [("NTK", kernels.ntk()), ("NNGP", kernels.nngp())] {
        let values = kernel.values();
        require(kernel.is_symmetric() && values == values.t(), || format!("the {what} is not symmetric"))?;
        let eigen = SymmetricEigen::new(values).map_err(|error| error.to_string())?;
        // By Weyl, no further below zero than the norm of the error.
        let floor = -(10.0 * eigen.noise() + slack * values.nrows() as f64);
        require(eigen.smallest() >= floor, || format!("the {what} has eigenvalue {} below {floor}", eigen.smallest()))?;
    }
    Ok(Verdict::Held)
}

/// The kernel in single precision, and how far it may be off: by what rounding the parameters and the points changes, and by the
/// roundings on the way.
fn single_of(ground: &Ground, network: &Network) -> std::result::Result<Option<(Matrix, Matrix, f64)>, String> {
    let rounded = network.cast::<f32>();
    let x = ground.x.mapv(|v| f64::from(v as f32));
    let (Some(exact), Some(moved), Some(single)) = (
        computed("f64", network.kernel(&ground.x))?,
        computed("rounded", rounded.cast::<f64>().kernel(&x))?,
        computed("f32", rounded.kernel(&ground.x))?,
    ) else {
        return Ok(None);
    };
    let outputs = network.outputs(&ground.x).map_err(|error| error.to_string())?;
    let size = largest(exact.ntk().values()) + largest(&outputs).powi(2);
    let change = largest(&(moved.ntk().values() - exact.ntk().values()));
    let slack = 64.0 * change + ground.roundings() * f64::from(f32::EPSILON) * size;
    Ok(Some((single.ntk().values().clone(), exact.ntk().values().clone(), slack)))
}

fn single(ground: &Ground) -> Outcome {
    let (single, exact, slack) = or_silent!(single_of(ground, &ground.network)?);
    let Err(first) = ground.near("f32", &single, &exact, slack) else { return Ok(Verdict::Held) };
    // At a kink the precisions may fall on two sides: then they agree at parameters beside it.
    let mut network = ground.network.clone();
    for parameter in network.parameters_mut() {
        parameter.values *= 1.01;
    }
    let (single, exact, slack) = or_silent!(single_of(ground, &network)?);
    ground.near("f32", &single, &exact, slack).map_err(|second| format!("{first}; and beside it {second}"))?;
    Ok(Verdict::Silent)
}

fn threads(ground: &Ground) -> Outcome {
    let (network, x) = (&ground.network, &ground.x);
    let u = &Matrix::ones((x.nrows(), network.outputs_count()));
    let run = |threads| {
        on_threads(threads, || (network.outputs(x).ok(), network.kernel(x).ok(), network.vector_jacobian(u, x).ok()))
    };
    let (one, two) = (run(1), run(2));
    require(one.0 == two.0, || "outputs differ".into())?;
    require(one.1 == two.1, || "kernels differ".into())?;
    require(one.2 == two.2, || "gradients differ".into())?;
    Ok(if one.1.is_some() { Verdict::Held } else { Verdict::Silent })
}

fn tiled(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    // Files are slow, and of few points there is one tile.
    if !ground.sample.choice.is_multiple_of(4) && ground.x.nrows() < 63 {
        return Ok(Verdict::Silent);
    }
    let folder = Folder::new("finite");
    let run = || ground.network.tiled_kernel(&ground.x, &folder.0).quiet();
    let plan = run().plan().map_err(|error| error.to_string())?;
    // As little memory as it takes.
    let small = run().budget(Budget(plan.memory_bytes * 2 / 3));
    let run = if small.plan().is_ok() { small } else { run() };
    let nngp = ground.sample.choice % 8 >= 4;
    let tiles = if nngp { run.nngp().run() } else { run.run() }.map_err(|error| error.to_string())?;
    let loaded = tiles.load(Budget::gib(1.0)).map_err(|error| error.to_string())?;
    let expected = if nngp { kernels.nngp() } else { kernels.ntk() };
    ground.near("tiles", loaded.values(), expected.values(), slack)?;
    Ok(Verdict::Held)
}

fn memory_order(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let x = ground.x.as_standard_layout().to_owned();
    let mut network = ground.network.clone();
    for parameter in network.parameters_mut() {
        parameter.values = parameter.values.as_standard_layout().to_owned();
    }
    let standard = network.kernel(&x).map_err(|error| error.to_string())?;
    ground.near("NTK", standard.ntk().values(), kernels.ntk().values(), slack)?;
    // Every second column of a wider array, and rows in reverse.
    let mut wide = Matrix::zeros((x.nrows(), 2 * x.ncols()));
    wide.slice_mut(s![..;-1, ..;2]).assign(&x);
    let strided = wide.slice_move(s![..;-1, ..;2]);
    let other = ground.network.kernel(&strided).map_err(|error| error.to_string())?;
    ground.near("NTK of strided points", other.ntk().values(), kernels.ntk().values(), slack)?;
    Ok(Verdict::Held)
}

fn homogeneous(ground: &Ground) -> Outcome {
    let degree = or_silent!(crate::limit::degree(ground.net.layer()));
    let kernels = or_silent!(ground.kernels()?);
    let twice = or_silent!(computed("twice", ground.network.kernel(&(&ground.x * 2.0)))?);
    // A power of two rounds nothing.
    let expected = kernels.ntk().values() * 4f64.powi(degree);
    require(twice.ntk().values() == expected, || {
        let error = largest(&(twice.ntk().values() - &expected)) / largest(&expected);
        format!("degree {degree}: off by {error:.2e}")
    })?;
    Ok(Verdict::Held)
}

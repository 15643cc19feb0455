//! Second derivatives: of losses in the parameters, of the tangent kernel, and of what the input moves.

use crate::build::WITHOUT_CURVATURE;
use crate::derivatives::norm;
use crate::ground::{Ground, Outcome, Relation, Verdict, computed, largest, or_silent, require};
use crate::sample::normals;
use crate::tree::{Kind, kinds_in};
use hadamard::linalg::LinearOperator;
use hadamard::op::{Op, Parameter};
use hadamard::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

pub const RELATIONS: &[Relation] = &[
    Relation { name: "the Hessian is symmetric", check: symmetric },
    Relation { name: "the Hessian is the gradient's difference quotient", check: hessian_quotient },
    Relation { name: "the Gauss-Newton matrix is semidefinite", check: semidefinite },
    Relation { name: "u · J d is Jᵀ u · d in the input", check: input_adjoint },
    Relation { name: "a kernel's derivative is linear in the direction", check: linear },
    Relation { name: "a kernel's derivative is its difference quotient", check: kernel_quotient },
    Relation { name: "the slope of a kernel prediction is its difference quotient", check: prediction_quotient },
    Relation { name: "second derivatives that are not known are refused", check: refused },
];

type AnyLoss = Arc<dyn Loss + Send + Sync>;

/// An array and how far it may be off.
struct Known {
    values: Matrix,
    slack: f64,
}

impl Known {
    /// Of the same in both precisions, computed from values of a size.
    fn of(ground: &Ground, exact: Matrix, single: Option<Matrix>, size: f64) -> Self {
        let size = size + largest(&exact);
        Self { slack: ground.slack_of(&exact, single.as_ref(), size), values: exact }
    }
}

/// A function without a second derivative stands in the tree.
fn has_unknown(layer: &Layer) -> bool {
    layer.label().ends_with(WITHOUT_CURVATURE) || layer.children().iter().any(has_unknown)
}

/// Nothing in the tree has a kink.
fn is_smooth(ground: &Ground) -> bool {
    let mut kinds = BTreeSet::new();
    kinds_in(ground.net.layer(), &mut kinds);
    [Kind::Relu, Kind::LeakyRelu, Kind::Abs, Kind::RectifiedPower, Kind::MaxPool]
        .iter()
        .all(|kink| !kinds.contains(kink))
}

/// A direction in the parameters.
fn direction(ground: &Ground, stream: u64) -> Vec<Matrix> {
    let draw = |(p, stream): (&Parameter, u64)| normals(p.values.dim(), ground.sample.seed(stream));
    ground.network.parameters().iter().zip(stream..).map(draw).collect()
}

fn rounded(arrays: &[Matrix]) -> Vec<Array2<f32>> {
    arrays.iter().map(|a| a.mapv(|v| v as f32)).collect()
}

/// All numbers in a row.
fn flat<'a, F: Copy + Into<f64> + 'a>(arrays: impl IntoIterator<Item = &'a Array2<F>>) -> Matrix {
    let numbers: Vec<f64> = arrays.into_iter().flatten().map(|&v| v.into()).collect();
    Matrix::from_shape_vec((1, numbers.len()), numbers).expect("as many columns as numbers")
}

/// The network with its parameters moved.
fn moved(network: &Network, along: &[Matrix], step: f64) -> Network {
    let mut moved = network.clone();
    moved.parameters_mut().iter_mut().zip(along).for_each(|(p, d)| p.values.scaled_add(step, d));
    moved
}

/// A few points, targets there, and a loss that takes them.
fn problem(ground: &Ground) -> (Matrix, Matrix, AnyLoss) {
    let x = ground.rows(&ground.few());
    let dim = (x.nrows(), ground.network.outputs_count());
    let noise = normals(dim, ground.sample.seed(9));
    match ground.sample.choice % 3 {
        0 => (x, noise.mapv(f64::signum), Arc::new(Logistic)),
        1 if dim.1 > 1 => {
            let classes = Matrix::from_shape_fn(dim, |(i, c)| if c == i % dim.1 { 1.0 } else { 0.0 });
            (x, classes, Arc::new(SoftmaxCrossEntropy))
        }
        _ => (x, noise, Arc::new(SquaredError)),
    }
}

/// `H v`, in a row.
fn hessian_vector(ground: &Ground, v: &[Matrix]) -> std::result::Result<Option<Known>, String> {
    let (x, y, loss) = problem(ground);
    let (network, single) = (&ground.network, ground.network.cast::<f32>());
    let exact = computed("H v", network.hessian_vector(&loss, v, &x, &y))?;
    let single = computed("H v in f32", single.hessian_vector(&loss, &rounded(v), &x, &y))?;
    let size = ground.size()?.map(|size| size * norm(v.iter().flatten()));
    Ok(exact.zip(size).map(|(exact, size)| Known::of(ground, flat(&exact), single.map(|s| flat(&s)), size)))
}

fn symmetric(ground: &Ground) -> Outcome {
    if has_unknown(ground.net.layer()) || ground.network.parameters().is_empty() {
        return Ok(Verdict::Silent);
    }
    let (u, v) = (direction(ground, 300), direction(ground, 400));
    let (hu, hv) = (or_silent!(hessian_vector(ground, &u)?), or_silent!(hessian_vector(ground, &v)?));
    let (u, v) = (flat(&u), flat(&v));
    let tolerance = (norm(&u) * hv.slack + norm(&v) * hu.slack) * (u.len() as f64).sqrt();
    ground.near("uᵀ H v", &array![[(&u * &hv.values).sum()]], &array![[(&v * &hu.values).sum()]], tolerance)?;
    Ok(Verdict::Held)
}

/// A derivative against central differences of `at`, whose values are off by `rounding`; how far these are off the mark two steps say.
/// Silent where that is more than a thousandth of what is there.
fn quotient(
    ground: &Ground,
    what: &str,
    derivative: &Known,
    (size, rounding): (f64, f64),
    at: impl Fn(f64) -> Result<Matrix>,
) -> Outcome {
    const STEP: f64 = 1e-5;
    let difference = |step: f64| -> std::result::Result<Option<Matrix>, String> {
        let [above, below] = [computed(what, at(step))?, computed(what, at(-step))?];
        Ok(above.zip(below).map(|(above, below)| (above - below) / (2.0 * step)))
    };
    let (wide, narrow) = (or_silent!(difference(STEP)?), or_silent!(difference(STEP / 2.0)?));
    let tolerance = derivative.slack + 4.0 * largest(&(&wide - &narrow)) + 4.0 * rounding / STEP;
    if !(tolerance <= 1e-3 * largest(&narrow).max(1e-3 * size)) {
        return Ok(Verdict::Silent);
    }
    ground.near(what, &derivative.values, &narrow, tolerance)?;
    Ok(Verdict::Held)
}

fn hessian_quotient(ground: &Ground) -> Outcome {
    if has_unknown(ground.net.layer()) || !is_smooth(ground) || ground.network.parameters().is_empty() {
        return Ok(Verdict::Silent);
    }
    let v = direction(ground, 400);
    let (product, (x, y, loss)) = (or_silent!(hessian_vector(ground, &v)?), problem(ground));
    let objective = Objective::new(&x, &y, loss).map_err(|error| error.to_string())?;
    let gradient = or_silent!(computed("gradient", objective.gradient(&ground.network))?).1;
    let single = computed("gradient in f32", objective.gradient(&ground.network.cast::<f32>()))?;
    let size = or_silent!(ground.size()?);
    let gradient = Known::of(ground, flat(&gradient), single.map(|(_, g)| flat(&g)), size);
    let at = |step| Ok(flat(&objective.gradient(&moved(&ground.network, &v, step))?.1));
    quotient(ground, "gradient", &product, (size, gradient.slack), at)
}

fn semidefinite(ground: &Ground) -> Outcome {
    if ground.network.parameters().is_empty() {
        return Ok(Verdict::Silent);
    }
    let (x, y, loss) = problem(ground);
    let v = flat(&direction(ground, 400));
    let column = v.t().to_owned();
    let product = |operator: Result<Matrix>| computed("Gauss-Newton", operator);
    let exact = ground.network.gauss_newton_operator(&loss, &x, &y).and_then(|g| g.apply(&column));
    let single = ground.network.cast::<f32>().gauss_newton_operator(&loss, &x, &y).and_then(|g| g.apply(&column));
    let (exact, single, size) = (or_silent!(product(exact)?), product(single)?, or_silent!(ground.size()?));
    let exact = Known::of(ground, exact, single, size * norm(&v));
    let form = (&column * &exact.values).sum();
    let tolerance = exact.slack * norm(&v) * (v.len() as f64).sqrt();
    require(form >= -tolerance, || format!("vᵀ G v is {form:e}, allowed -{tolerance:.2e}"))?;
    // Of the squared error it is (2/n) |J v|².
    if ground.sample.choice % 3 == 2 {
        let along = or_silent!(computed("J v", ground.network.jacobian_vector(&direction(ground, 400), &x))?);
        let expected = along.iter().map(|f| f * f).sum::<f64>() * 2.0 / x.nrows() as f64;
        ground.near("vᵀ G v", &array![[form]], &array![[expected]], 2.0 * tolerance)?;
    }
    Ok(Verdict::Held)
}

fn input_adjoint(ground: &Ground) -> Outcome {
    let (network, single, x) = (&ground.network, ground.network.cast::<f32>(), &ground.x);
    let outputs = or_silent!(computed("outputs", network.outputs(x))?);
    let (u, d) = (normals(outputs.dim(), ground.sample.seed(7)), normals(x.dim(), ground.sample.seed(6)));
    let forward = or_silent!(computed("J d", network.input_jacobian_vector(&d, x))?);
    let forward =
        Known::of(ground, forward, computed("J d in f32", single.input_jacobian_vector(&d, x))?, largest(&outputs));
    let reverse = or_silent!(computed("Jᵀ u", network.input_gradient(&u, x))?);
    let reverse = Known::of(ground, reverse, computed("Jᵀ u in f32", single.input_gradient(&u, x))?, largest(&outputs));
    // Row by row: a point moves its own outputs alone.
    let row_sums = |a: Matrix| a.sum_axis(Axis(1)).insert_axis(Axis(1));
    let sizes =
        |a: &Matrix| a.rows().into_iter().map(|row| row.iter().map(|v| v.abs()).sum::<f64>()).collect::<Vec<_>>();
    let (of_u, of_d) = (sizes(&u), sizes(&d));
    let tolerance = |(row, _): (usize, usize)| forward.slack * of_u[row] + reverse.slack * of_d[row];
    ground.near_each("products", &row_sums(&u * &forward.values), &row_sums(&d * &reverse.values), tolerance)?;
    Ok(Verdict::Held)
}

/// `dΘ/dv` of a few points.
fn kernel_derivative(ground: &Ground, v: &[Matrix]) -> std::result::Result<Option<Known>, String> {
    let x = ground.rows(&ground.few());
    let exact = computed("derivative", ground.network.kernel_derivative(v, &x))?;
    let single = computed("derivative in f32", ground.network.cast::<f32>().kernel_derivative(&rounded(v), &x))?;
    let size = ground.size()?.map(|size| size * (1.0 + norm(v.iter().flatten())));
    Ok(exact.zip(size).map(|(exact, size)| Known::of(ground, exact, single, size)))
}

fn linear(ground: &Ground) -> Outcome {
    if has_unknown(ground.net.layer()) {
        return Ok(Verdict::Silent);
    }
    let (u, v, a) = (direction(ground, 300), direction(ground, 400), -1.7);
    let sum: Vec<Matrix> = u.iter().zip(&v).map(|(u, v)| u + &(v * a)).collect();
    let known = |direction| kernel_derivative(ground, direction);
    let (of_u, of_v, of_sum) = (or_silent!(known(&u)?), or_silent!(known(&v)?), or_silent!(known(&sum)?));
    let tolerance = of_u.slack + a.abs() * of_v.slack + of_sum.slack;
    ground.near("derivative", &of_sum.values, &(&of_u.values + &(&of_v.values * a)), tolerance)?;
    require(of_sum.values == of_sum.values.t(), || "the derivative is not symmetric".into())?;
    Ok(Verdict::Held)
}

fn kernel_quotient(ground: &Ground) -> Outcome {
    if has_unknown(ground.net.layer()) || !is_smooth(ground) {
        return Ok(Verdict::Silent);
    }
    let (v, x) = (direction(ground, 400), ground.rows(&ground.few()));
    let derivative = or_silent!(kernel_derivative(ground, &v)?);
    let at = |step| Ok(moved(&ground.network, &v, step).kernel(&x)?.ntk().values().clone());
    let (size, slack) = (or_silent!(ground.size()?), or_silent!(ground.slack()?));
    quotient(ground, "kernel", &derivative, (size, slack), at)
}

fn prediction_quotient(ground: &Ground) -> Outcome {
    if has_unknown(ground.net.layer()) || !is_smooth(ground) {
        return Ok(Verdict::Silent);
    }
    let (x, z, c) = (ground.rows(&ground.few()), ground.rows(&[0]), ground.network.outputs_count());
    let (u, d) = (normals((x.nrows(), c), ground.sample.seed(7)), normals(x.dim(), ground.sample.seed(6)));
    let coefficients = normals((1, c), ground.sample.seed(5));
    let (network, single) = (&ground.network, ground.network.cast::<f32>());
    let slope = or_silent!(computed("slope", network.kernel_input_gradient(&u, &x, &coefficients, &z))?);
    let single = computed("slope in f32", single.kernel_input_gradient(&u, &x, &coefficients, &z))?;
    let (size, slack) = (or_silent!(ground.size()?), or_silent!(ground.slack()?));
    let weight = [&u, &coefficients].map(|a| a.iter().map(|v| v.abs()).sum::<f64>()).iter().product::<f64>();
    let slope = Known::of(ground, slope, single, size * weight);
    let along = Known {
        values: array![[(&slope.values * &d).sum()]],
        slack: slope.slack * d.iter().map(|v| v.abs()).sum::<f64>(),
    };
    let alpha = coefficients.t().to_owned();
    let at = |step: f64| {
        let kernel = network.kernel_between(&(&x + &(&d * step)), &z)?;
        let predicted = kernel.ntk().values().dot(&alpha);
        Ok(array![[predicted.iter().zip(&u).map(|(p, u)| p * u).sum::<f64>()]])
    };
    quotient(ground, "prediction", &along, (size * weight, slack * weight), at)
}

fn refused(ground: &Ground) -> Outcome {
    if !has_unknown(ground.net.layer()) {
        return Ok(Verdict::Silent);
    }
    let (network, (x, y, loss), v) = (&ground.network, problem(ground), direction(ground, 400));
    let objective = Objective::new(&x, &y, loss.clone()).map_err(|error| error.to_string())?;
    let answers = [
        ("Hessian", network.hessian_operator(&loss, &x, &y).err()),
        ("product", network.hessian_vector(&loss, &v, &x, &y).err()),
        ("derivative of the kernel", network.kernel_derivative(&v, &x).err()),
        ("velocity of the kernel", objective.kernel_velocity(network, &x).err()),
        ("slope of the linear model", network.linearised_input_gradient(&v, &y, &x).err()),
    ];
    for (what, error) in answers {
        let named = |op: &str| op.ends_with(WITHOUT_CURVATURE);
        let right = matches!(&error, Some(Error::NoSecondDerivative { op, .. }) if named(op));
        require(right, || format!("{what}: {error:?}"))?;
    }
    Ok(Verdict::Held)
}

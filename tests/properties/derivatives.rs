//! Products with the Jacobian and its transpose.

use crate::ground::{Ground, Outcome, Relation, Verdict, computed, largest, or_silent, require};
use crate::sample::normals;
use hadamard::linalg::LinearOperator;
use hadamard::op::Parameter;
use hadamard::prelude::*;

pub const RELATIONS: &[Relation] = &[
    Relation { name: "u · J v is Jᵀ u · v", check: adjoint },
    Relation { name: "the gradient is Jᵀ u", check: gradient },
    Relation { name: "the gradient in f32 is that in f64", check: single },
    Relation { name: "the operator multiplies by the kernel", check: operator },
];

/// How far an entry of the Jacobian may be off: from `Θ = J Jᵀ`, an error of `Θ` over twice the size of `J`.
pub fn slack(ground: &Ground) -> std::result::Result<Option<f64>, String> {
    let (Some(slack), Some(size)) = (ground.slack()?, ground.size()?) else { return Ok(None) };
    let rate = ground.network.parameters().iter().map(|p| p.slot().rate).fold(1.0, f64::max);
    Ok(Some(if size > 0.0 { slack / (size * rate).sqrt() } else { 0.0 }))
}

pub fn norm<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn adjoint(ground: &Ground) -> Outcome {
    let slack = or_silent!(slack(ground)?);
    let u = normals((ground.x.nrows(), ground.network.outputs_count()), ground.sample.seed(7));
    let direction = |(index, p): (usize, &Parameter)| normals(p.values.dim(), ground.sample.seed(200 + index as u64));
    let v: Vec<Matrix> = ground.network.parameters().iter().enumerate().map(direction).collect();
    let forward = or_silent!(computed("J v", ground.network.jacobian_vector(&v, &ground.x))?);
    let reverse = or_silent!(computed("Jᵀ u", ground.network.vector_jacobian(&u, &ground.x))?);
    let left = (&u * &forward).sum();
    let right = reverse.iter().zip(&v).map(|(g, v)| (g * v).sum()).sum::<f64>();
    // Every entry of J is in both, and may be off.
    let tolerance = slack * norm(&u) * norm(v.iter().flatten()) * ((u.len() * (1 + v.len())) as f64).sqrt();
    ground.near("products", &array![[left]], &array![[right]], tolerance)?;
    Ok(Verdict::Held)
}

fn gradient(ground: &Ground) -> Outcome {
    let (slack, few) = (or_silent!(slack(ground)?), ground.few());
    let c = ground.network.outputs_count();
    let numbers = ground.net.parameter_count().map_err(|error| error.to_string())?;
    if numbers == 0 || few.len() * c * numbers > 1 << 20 {
        return Ok(Verdict::Silent);
    }
    let x = ground.rows(&few);
    let u = normals((few.len(), c), ground.sample.seed(7));
    let jacobian = or_silent!(computed("Jacobian", ground.network.jacobian(&x))?);
    let flat = u.as_standard_layout().to_owned().into_shape_with_order((1, u.len())).expect("as many values");
    let expected = flat.dot(&jacobian);
    let reverse = or_silent!(computed("Jᵀ u", ground.network.vector_jacobian(&u, &x))?);
    let got: Vec<f64> = reverse.iter().flatten().copied().collect();
    let got = Matrix::from_shape_vec((1, numbers), got).map_err(|error| error.to_string())?;
    ground.near("gradient", &got, &expected, slack * norm(&u) * (u.len() as f64).sqrt())?;
    Ok(Verdict::Held)
}

fn single(ground: &Ground) -> Outcome {
    let x = ground.rows(&ground.few());
    let u = normals((x.nrows(), ground.network.outputs_count()), ground.sample.seed(7));
    let gradients = |network: &Network| -> std::result::Result<Option<[Vec<Matrix>; 3]>, String> {
        let rounded = network.cast::<f32>();
        let exact = computed("f64", network.vector_jacobian(&u, &x))?;
        let near = computed("rounded", rounded.cast::<f64>().vector_jacobian(&u, &x.mapv(|v| f64::from(v as f32))))?;
        let single = computed("f32", rounded.vector_jacobian(&u, &x))?;
        let single = single.map(|all| all.iter().map(|g| g.mapv(f64::from)).collect());
        Ok(exact.zip(near).zip(single).map(|((exact, near), single)| [exact, near, single]))
    };
    let agree = |network: &Network| -> Outcome {
        let [exact, near, single] = or_silent!(gradients(network)?);
        let outputs = or_silent!(computed("outputs", network.outputs(&x))?);
        let size = largest(exact.iter().flatten()).max(largest(&outputs) * largest(&u));
        let change = exact.iter().zip(&near).map(|(a, b)| largest(&(a - b))).fold(0.0, f64::max);
        let slack = 64.0 * change + ground.roundings() * f64::from(f32::EPSILON) * size;
        exact.iter().zip(&single).try_for_each(|(exact, single)| ground.near("gradient", single, exact, slack))?;
        Ok(Verdict::Held)
    };
    let Err(first) = agree(&ground.network) else { return Ok(Verdict::Held) };
    // Beside a kink, as for the kernel.
    let mut network = ground.network.clone();
    network.parameters_mut().iter_mut().for_each(|p| p.values *= 1.01);
    agree(&network).map_err(|second| format!("{first}; and beside it {second}"))?;
    Ok(Verdict::Silent)
}

fn operator(ground: &Ground) -> Outcome {
    let (kernels, slack) = (or_silent!(ground.kernels()?), or_silent!(ground.slack()?));
    let operator = ground.network.tangent_operator(&ground.x).map_err(|error| error.to_string())?;
    require(operator.dim() == kernels.ntk().values().nrows(), || format!("{} rows", operator.dim()))?;
    let v = normals((operator.dim(), 1), ground.sample.seed(8));
    let product = operator.apply(&v).map_err(|error| error.to_string())?;
    let expected = kernels.ntk().values().dot(&v);
    ground.near("product", &product, &expected, slack * v.iter().map(|v| v.abs()).sum::<f64>())?;
    Ok(Verdict::Held)
}

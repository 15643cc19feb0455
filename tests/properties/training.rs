//! Linearised models and steps of training.

use crate::derivatives::{norm, slack};
use crate::ground::{Ground, Outcome, Relation, Verdict, computed, or_silent, require};
use crate::sample::normals;
use hadamard::prelude::*;

pub const RELATIONS: &[Relation] = &[
    Relation { name: "a linearisation starts as its network, centred at zero", check: starts },
    Relation { name: "the gradient of an objective is Jᵀ ∂L/∂f", check: gradient },
    Relation { name: "a batch of all samples is the full batch", check: batches },
    Relation { name: "a step of training is against the gradient", check: step },
];

fn objective(ground: &Ground) -> std::result::Result<Objective, String> {
    let y = normals((ground.x.nrows(), ground.network.outputs_count()), ground.sample.seed(9));
    Objective::new(&ground.x, &y, SquaredError).map_err(|error| error.to_string())
}

fn starts(ground: &Ground) -> Outcome {
    let linear = ground.network.linearised();
    let outputs = or_silent!(computed("outputs", ground.network.outputs(&ground.x))?);
    let scale = ground.roundings() * f64::EPSILON * outputs.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let found = or_silent!(computed("linearisation", linear.outputs(&ground.x))?);
    ground.near("outputs", &found, &outputs, scale)?;
    let centred = or_silent!(computed("centred linearisation", linear.centred().outputs(&ground.x))?);
    require(centred.iter().all(|f| *f == 0.0), || format!("centred outputs {centred}"))?;
    Ok(Verdict::Held)
}

fn gradient(ground: &Ground) -> Outcome {
    let (slack, objective) = (or_silent!(slack(ground)?), objective(ground)?);
    let outputs = or_silent!(computed("outputs", ground.network.outputs(&ground.x))?);
    let u = (outputs - objective.targets()) * (2.0 / ground.x.nrows() as f64);
    let expected = or_silent!(computed("Jᵀ u", ground.network.vector_jacobian(&u, &ground.x))?);
    let models = [
        ("network", computed("gradient", objective.gradient(&ground.network))?),
        ("linearisation", computed("gradient", objective.gradient(&ground.network.linearised()))?),
    ];
    for (what, found) in models {
        let (_, found) = or_silent!(found);
        for (got, expected) in found.iter().zip(&expected) {
            ground.near(what, got, expected, slack * norm(&u) * (u.len() as f64).sqrt())?;
        }
    }
    Ok(Verdict::Held)
}

/// The value, or nothing to say where numbers grew: a random product may be of any size.
fn trained<T>(result: Result<T>) -> std::result::Result<Option<T>, String> {
    match result {
        Err(Error::TrainingDiverged { .. }) => Ok(None),
        other => computed("training", other),
    }
}

fn batches(ground: &Ground) -> Outcome {
    let objective = objective(ground)?;
    let mut networks = [ground.network.clone(), ground.network.clone()];
    let sgd = Sgd::new(1e-9).momentum(0.5);
    let whole = Trainer::steps(2, sgd).quiet().train(&mut networks[0], &objective);
    let batches = Trainer::epochs(2, sgd).batch(ground.x.nrows()).quiet().train(&mut networks[1], &objective);
    let (whole, batches) = (or_silent!(trained(whole)?), or_silent!(trained(batches)?));
    require(whole == batches, || format!("{whole:?} against {batches:?}"))?;
    require(networks[0] == networks[1], || "other parameters".into())?;
    Ok(Verdict::Held)
}

fn step(ground: &Ground) -> Outcome {
    let (slack, objective, rate) = (or_silent!(slack(ground)?), objective(ground)?, 1e-9);
    let outputs = or_silent!(computed("outputs", ground.network.outputs(&ground.x))?);
    let size = norm(&outputs) + norm(objective.targets());
    let (_, gradient) = or_silent!(computed("gradient", objective.gradient(&ground.network))?);
    let mut after = ground.network.clone();
    or_silent!(trained(Trainer::steps(1, Sgd::new(rate)).quiet().train(&mut after, &objective))?);
    for ((before, after), gradient) in ground.network.parameters().iter().zip(after.parameters()).zip(&gradient) {
        let rate = rate * before.slot().rate;
        let largest = before.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let moved = gradient.iter().fold(0.0, |m: f64, v| m.max(v.abs())) * rate;
        // The gradient's own roundings times the rate, and those of the parameters.
        let tolerance = rate * 2.0 * slack * size + 4.0 * f64::EPSILON * (largest + moved);
        ground.near("parameters", &after.values, &(&before.values - &(gradient * rate)), tolerance)?;
    }
    Ok(Verdict::Held)
}

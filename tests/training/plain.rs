//! Optimisers, schedules, batches and penalties in plain loops, over a linear model written out: the oracle of the trainer.

use super::{distance, normals};
use hadamard::prelude::*;
use std::sync::Arc;

/// A rule with its numbers, written apart from the library's.
#[derive(Clone, Copy, Debug)]
enum Rule {
    Sgd { momentum: f64, nesterov: bool },
    Adam { b1: f64, b2: f64 },
    Adadelta { rho: f64, epsilon: f64 },
}

#[derive(Clone, Debug)]
struct Settings {
    rule: Rule,
    rate: f64,
    decay: f64,
    batch: usize,
    epochs: usize,
    repeat: usize,
    cosine: bool,
    warm_up: usize,
    penalty: f64,
    to_start: bool,
}

impl Settings {
    fn optimiser(&self) -> Optimiser {
        match self.rule {
            Rule::Sgd { momentum, nesterov } => {
                let sgd = Sgd::new(self.rate).momentum(momentum).weight_decay(self.decay);
                if nesterov { sgd.nesterov().into() } else { sgd.into() }
            }
            Rule::Adam { b1, b2 } => Adam::new(self.rate).decays(b1, b2).weight_decay(self.decay).into(),
            Rule::Adadelta { rho, epsilon } => {
                Adadelta::new(self.rate).decay(rho).epsilon(epsilon).weight_decay(self.decay).into()
            }
        }
    }

    fn trainer(&self) -> Trainer {
        let schedule = if self.cosine { Schedule::cosine(0.1) } else { Schedule::constant() };
        Trainer::epochs(self.epochs as u64, self.optimiser())
            .batch(self.batch)
            .repeat(self.repeat as u64)
            .schedule(schedule.warm_up(self.warm_up as u64))
            .quiet()
    }
}

type SlopeOf = dyn Fn(&[f64], &[f64]) -> (f64, Vec<f64>) + Send + Sync;

/// Value and derivative of a loss of one sample, by definition.
fn losses() -> Vec<(&'static str, Arc<SlopeOf>)> {
    let squared = |f: &[f64], y: &[f64]| {
        let r: Vec<f64> = f.iter().zip(y).map(|(f, y)| f - y).collect();
        (r.iter().map(|r| r * r).sum(), r.iter().map(|r| 2.0 * r).collect())
    };
    let logistic = |f: &[f64], y: &[f64]| {
        let value = f.iter().zip(y).map(|(f, y)| (1.0 + (-y * f).exp()).ln()).sum();
        (value, f.iter().zip(y).map(|(f, y)| -y / (1.0 + (y * f).exp())).collect())
    };
    let entropy = |f: &[f64], y: &[f64]| {
        let sum: f64 = f.iter().map(|f| f.exp()).sum();
        let value = f.iter().zip(y).map(|(f, y)| y * (sum.ln() - f)).sum();
        (value, f.iter().zip(y).map(|(f, y)| f.exp() / sum - y).collect())
    };
    vec![("squared error", Arc::new(squared)), ("logistic", Arc::new(logistic)), ("cross-entropy", Arc::new(entropy))]
}

/// `f = x W`; everything else as `how` says. Returns the weight and the mean losses of the epochs.
fn trained(how: &Settings, weight: &Matrix, x: &Matrix, y: &Matrix, loss: &SlopeOf) -> (Matrix, Vec<f64>) {
    let (n, (d, c)) = (x.nrows(), weight.dim());
    let steps = how.epochs * n.div_ceil(how.batch) * how.repeat;
    let (mut w, start) = (weight.clone(), weight.clone());
    let (mut first, mut second) = (vec![0.0; d * c], vec![0.0; d * c]);
    let (mut t, mut means) = (0, Vec::new());
    for _ in 0..how.epochs {
        let mut total = 0.0;
        for begin in (0..n).step_by(how.batch) {
            let batch: Vec<usize> = (begin..(begin + how.batch).min(n)).collect();
            for _ in 0..how.repeat {
                let mut gradient = vec![0.0; d * c];
                for &i in &batch {
                    let f: Vec<f64> = (0..c).map(|o| (0..d).map(|j| x[[i, j]] * w[[j, o]]).sum()).collect();
                    let (value, slope) = loss(&f, &y.row(i).to_vec());
                    total += value / how.repeat as f64;
                    for (j, o) in (0..d).flat_map(|j| (0..c).map(move |o| (j, o))) {
                        gradient[j * c + o] += x[[i, j]] * slope[o] / batch.len() as f64;
                    }
                }
                let mut rate = how.rate;
                if how.cosine {
                    rate *= 0.1 + 0.9 * (1.0 + (std::f64::consts::PI * t as f64 / steps as f64).cos()) / 2.0;
                }
                if t < how.warm_up {
                    rate *= (t + 1) as f64 / how.warm_up as f64;
                }
                t += 1;
                for (j, o) in (0..d).flat_map(|j| (0..c).map(move |o| (j, o))) {
                    let (k, centre) = (j * c + o, if how.to_start { start[[j, o]] } else { 0.0 });
                    let g = gradient[k] + how.decay * w[[j, o]] + how.penalty * 0.7 * (w[[j, o]] - centre);
                    match how.rule {
                        Rule::Sgd { momentum, nesterov } => {
                            first[k] = momentum * first[k] + g;
                            w[[j, o]] -= rate * if nesterov { g + momentum * first[k] } else { first[k] };
                        }
                        Rule::Adam { b1, b2 } => {
                            first[k] = b1 * first[k] + (1.0 - b1) * g;
                            second[k] = b2 * second[k] + (1.0 - b2) * g * g;
                            let m = first[k] / (1.0 - b1.powi(t as i32));
                            let v = second[k] / (1.0 - b2.powi(t as i32));
                            w[[j, o]] -= rate * m / (v.sqrt() + 1e-8);
                        }
                        Rule::Adadelta { rho, epsilon } => {
                            first[k] = rho * first[k] + (1.0 - rho) * g * g;
                            let step = (second[k] + epsilon).sqrt() / (first[k] + epsilon).sqrt() * g;
                            second[k] = rho * second[k] + (1.0 - rho) * step * step;
                            w[[j, o]] -= rate * step;
                        }
                    }
                }
            }
        }
        means.push(total / n as f64);
    }
    (w, means)
}

/// Settings drawn at random, sizes from 1 on.
fn drawn(case: u64) -> (Settings, (usize, usize, usize)) {
    let mut below = Seed(7).below(case);
    let rule = match below(5) {
        0 => Rule::Sgd { momentum: 0.0, nesterov: false },
        1 => Rule::Sgd { momentum: 0.8, nesterov: false },
        2 => Rule::Sgd { momentum: 0.6, nesterov: true },
        3 => Rule::Adam { b1: [0.9, 0.0][below(2)], b2: 0.97 },
        _ => Rule::Adadelta { rho: 0.8, epsilon: [1e-6, 1e-3][below(2)] },
    };
    let rate = match rule {
        Rule::Adadelta { .. } => [1.0, 10.0][below(2)],
        _ => [0.01, 0.05][below(2)],
    };
    let n = [1, 2, 3, 7, 12][below(5)];
    let settings = Settings {
        rule,
        rate,
        decay: [0.0, 0.03][below(2)],
        batch: [1, 2, 5, n, 100][below(5)],
        epochs: 1 + below(4),
        repeat: 1 + below(2),
        cosine: below(2) == 0,
        warm_up: [0, 3][below(2)],
        penalty: [0.0, 0.2][below(2)],
        to_start: below(2) == 0,
    };
    (settings, (n, 1 + below(4), [1, 2, 3][below(3)]))
}

#[test]
fn random_settings_follow_plain_loops() -> Result<()> {
    let mut worst: f64 = 0.0;
    for case in 0..300 {
        let (how, (n, d, c)) = drawn(case);
        for (name, loss) in losses() {
            if name == "cross-entropy" && c == 1 {
                continue;
            }
            let (x, dim) = (normals((n, d), case), (n, c));
            let y = match name {
                "squared error" => normals(dim, case + 1000),
                "logistic" => super::signs(dim),
                _ => super::classes(n, c),
            };
            let mut network = network("linear", Dense::new(c).plain_gain(1.0).into()).input(d).init(Seed(case))?;
            let expected = trained(&how, &network.parameters()[0].values, &x, &y, loss.as_ref());
            let objective = match name {
                "squared error" => Objective::new(&x, &y, SquaredError),
                "logistic" => Objective::new(&x, &y, Logistic),
                _ => Objective::new(&x, &y, SoftmaxCrossEntropy),
            }?;
            let penalty =
                if how.to_start { Penalty::to_start(how.penalty, &network) } else { Penalty::to_zero(how.penalty) };
            let run = how.trainer().train(&mut network, &objective.penalty(penalty.weights(&[0.7])))?;
            let weight = &network.parameters()[0].values;
            let gap = weight.iter().zip(&expected.0).chain(run.losses.iter().zip(&expected.1));
            for (got, expected) in gap {
                let error = (got - expected).abs() / (1.0 + expected.abs());
                assert!(error <= 1e-11, "case {case}, {name}, n = {n}, d = {d}, c = {c}: {got} {expected}; {how:?}");
                worst = worst.max(error);
            }
            assert_eq!(run.losses.len(), how.epochs);
        }
    }
    println!("largest relative error of 300 settings: {worst:e}");
    Ok(())
}

#[test]
fn weight_decay_is_a_penalty_to_zero() -> Result<()> {
    let (x, y) = (normals((9, 3), 1), normals((9, 2), 2));
    for net in super::nets(3, 2) {
        let (mut decayed, mut penalised) = (net.init(Seed(1))?, net.init(Seed(1))?);
        let objective = Objective::new(&x, &y, SquaredError)?;
        let trainer = |sgd: Sgd| Trainer::epochs(5, sgd.momentum(0.5)).batch(4).quiet();
        trainer(Sgd::new(0.02).weight_decay(0.3)).train(&mut decayed, &objective)?;
        let objective = objective.penalty(Penalty::to_zero(0.3));
        trainer(Sgd::new(0.02)).train(&mut penalised, &objective)?;
        let error = distance(&decayed, &penalised);
        assert!(error <= 1e-13, "{}: {error}", net.name());
    }
    Ok(())
}

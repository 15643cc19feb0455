//! Attacks made with the limit kernel, on networks.

use super::AdversarialRobustness;
use crate::names::*;
use crate::saved_fields;
use crate::study::digit_sample::DigitSample;
use crate::study::hardening::{share_right, within_pixels};

/// What training has added to a network's outputs. Its random function at the start is as large and no kernel's.
struct Moved<'a> {
    now: AnyModel<'a>,
    start: &'a Network<f32>,
}

impl Attackable for Moved<'_> {
    fn outputs(&self, x: &Matrix) -> Result<Matrix> {
        Ok(self.now.outputs(x)? - self.start.outputs(x)?)
    }

    fn input_gradient(&self, u: &Matrix, x: &Matrix) -> Result<Matrix> {
        Ok(self.now.input_gradient(u, x)? - self.start.input_gradient(u, x)?)
    }
}

/// Networks of one width in training, `[networks, times]`: shares of unseen images classified right.
#[derive(Clone)]
pub(super) struct Transfer {
    /// `η` times steps.
    pub times: Vec<f64>,
    pub clean: Matrix,
    /// Attacked by the network's own gradient.
    pub own: Matrix,
    /// Attacked by the gradient of kernel regression at the same time.
    pub kernel: Matrix,
}
saved_fields!(Transfer { times, clean, own, kernel });

/// One-step attacks by the limit kernel along its gradient flow.
#[derive(Clone)]
pub(super) struct KernelAttacks {
    /// Steps of training at which they are made, rising.
    steps: Vec<u64>,
    rate: f64,
    /// By step.
    examples: Vec<Matrix>,
}
saved_fields!(KernelAttacks { steps, rate, examples });

impl KernelAttacks {
    /// At `0.5` of the largest stable rate; the last of the steps, and by halves before it.
    pub fn new(study: &AdversarialRobustness, [train, test]: &[DigitSample; 2]) -> Result<Self> {
        let net = study.sized(None, train);
        let regression = net.limit_kernel(&train.x)?.ntk().regression(&train.signs())?;
        let rate = 0.5 * regression.max_learning_rate();
        let last = study.transfer_steps;
        let mut steps: Vec<u64> = (0..super::TIMES).map(|k| last >> k).filter(|step| *step > 0).collect();
        steps.reverse();
        let times: Vec<f64> = steps.iter().map(|&step| rate * step as f64).collect();
        let coefficients = regression.gradient_flow().coefficients(&times)?;
        let attack = within_pixels(Attack::fast_gradient(study.radius));
        let examples = coefficients.rows().into_iter().map(|row| {
            let predictor = net.limit_predictor(&row.to_owned().insert_axis(Axis(1)), &train.x)?;
            attack.examples(&predictor, &Logistic, &test.x, &test.signs())
        });
        Ok(Self { examples: examples.collect::<Result<_>>()?, steps, rate })
    }
}

impl Transfer {
    pub fn measure(
        study: &AdversarialRobustness,
        [train, test]: &[DigitSample; 2],
        attacks: &KernelAttacks,
        width: usize,
        seed: Seed,
    ) -> Result<Self> {
        let networks = study.sized(Some(width), train).network_ensemble(study.networks, seed)?.cast::<f32>();
        let attack = within_pixels(Attack::fast_gradient(study.radius));
        let last = *attacks.steps.last().expect("a step or more");
        let runs = networks.map(|start| {
            let (x, y, start) = (test.x.clone(), test.signs(), start.clone());
            let targets = train.signs() + start.outputs(&train.x)?.column(0);
            let (attack, attacks, mut network) = (attack.clone(), attacks.clone(), start.clone());
            let rate = attacks.rate;
            let observer = Observer::new(When::Steps(attacks.steps.clone())).array("shares", move |state| {
                let moved = Moved { now: state.model, start: &start };
                let right = |x: &Matrix| Ok::<f64, Error>(share_right(&moved.outputs(x)?, &y));
                let record = attacks
                    .steps
                    .iter()
                    .position(|&step| step == state.step)
                    .expect("a record at a step of the attacks");
                let own = attack.examples(&moved, &Logistic, &x, &y)?;
                Ok(ndarray::arr1(&[right(&x)?, right(&own)?, right(&attacks.examples[record])?]).into_dyn())
            });
            let trainer = Trainer::steps(last, Sgd::new(rate)).observe(observer).quiet();
            let run = trainer.train(&mut network, &Objective::new(&train.x, &targets, SquaredError)?)?;
            Ok((run.records[0].times.clone(), run.records[0].array("shares")?.clone()))
        })?;
        let table = |index: usize| {
            Matrix::from_shape_fn((runs.len(), attacks.steps.len()), |(network, record)| {
                runs[network].1[[record, index]]
            })
        };
        Ok(Self { times: runs[0].0.clone(), clean: table(0), own: table(1), kernel: table(2) })
    }
}

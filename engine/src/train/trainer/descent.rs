//! The loop.

use super::batches::Batches;
use super::metric::{BatchPass, Metric};
use super::stop::StopRule;
use super::{Trainer, TrainingRun};
use crate::checkpoint::{Store, Work};
use crate::error::{Error, Result, all_finite};
use crate::progress::Progress;
use crate::train::Training;
use crate::train::objective::{Batch, PLACE, Pass, mean_loss};
use crate::train::observer::{Clock, Due, Recorder};
use crate::train::optimiser::{Memory, with_rates};
use crate::train::{Model, Objective, State};
use ndarray::{Array2, Axis, Zip};

/// A loss that many times larger than at the start ends a run.
const GROWTH: f64 = 1e3;

/// Settings that fit a model and an objective, and all that follows from them.
pub(super) struct Plan<'a> {
    pub how: &'a Trainer,
    pub objective: &'a Objective,
    pub batches: Batches,
    /// In all.
    pub steps: u64,
    /// Per observer.
    due: Vec<Due>,
    /// The loss of outputs of zero.
    loss_of_zero: f64,
}

/// How far a run has come, besides the parameters: everything that the next step depends on.
pub(super) struct Standing<F> {
    pub step: u64,
    /// The sum of all steps' factors of the learning rate.
    pub factors: f64,
    pub first_loss: Option<f64>,
    /// Of the epoch so far, times samples.
    pub loss_sum: f64,
    pub losses: Vec<f64>,
    /// Per metric and step.
    pub metrics: Vec<Vec<f64>>,
    pub memory: Memory<F>,
    pub recorders: Vec<Recorder>,
    pub complete: bool,
    /// The number of the rule by which it ended.
    pub stopped: Option<usize>,
}

impl Trainer {
    pub(in crate::train) fn train_here<F: Training>(
        &self,
        model: &mut dyn Model<F>,
        objective: &Objective,
    ) -> Result<TrainingRun> {
        let plan = self.plan(model, objective)?;
        // How sums round may depend on the order in memory, which no file keeps.
        for parameter in model.parameters_mut() {
            if !parameter.values.is_standard_layout() {
                parameter.values = parameter.values.as_standard_layout().into_owned();
            }
        }
        let progress = Progress::unless(self.quiet);
        let Some(checkpoint) = &self.checkpoint else {
            return progress.during(|| plan.descend(model, None));
        };
        let store = checkpoint.open(PLACE, plan.settings(model))?;
        let start: Vec<Array2<F>> = model.parameters().iter().map(|p| p.values.clone()).collect();
        let run = progress.during(|| plan.descend(model, Some(&store)));
        if run.is_err() {
            model.parameters_mut().into_iter().zip(start).for_each(|(parameter, values)| parameter.values = values);
        }
        run
    }

    /// # Errors
    /// See [`Trainer::train`].
    fn plan<'a, F: Training>(&'a self, model: &dyn Model<F>, objective: &'a Objective) -> Result<Plan<'a>> {
        objective.check(model)?;
        self.optimiser.check(model.network())?;
        self.schedule.check()?;
        self.stops.iter().try_for_each(StopRule::check)?;
        let (n, c) = objective.targets().dim();
        let batches = Batches::new(n, self.batch, self.shuffle, self.repeat)?;
        let (steps, per_epoch) = (batches.steps(self.length), batches.per_epoch());
        let clock = Clock { steps, per_epoch, rate: self.optimiser.rate(), schedule: &self.schedule };
        let due = self.observers.iter().map(|observer| observer.when.due(&clock)).collect::<Result<_>>()?;
        let loss_of_zero = mean_loss(objective.loss.as_ref(), &Array2::zeros((n, c)), objective.targets());
        Ok(Plan { how: self, objective, batches, steps, due, loss_of_zero })
    }
}

impl Plan<'_> {
    fn start<F: Training>(&self, model: &dyn Model<F>) -> Standing<F> {
        Standing {
            step: 0,
            factors: 0.0,
            first_loss: None,
            loss_sum: 0.0,
            losses: Vec::new(),
            metrics: vec![Vec::new(); self.how.metrics.len()],
            memory: self.how.optimiser.memory(model.parameters().into_iter().map(|p| &p.values)),
            recorders: vec![Recorder::default(); self.due.len()],
            complete: false,
            stopped: None,
        }
    }

    fn descend<F: Training>(&self, model: &mut dyn Model<F>, store: Option<&Store>) -> Result<TrainingRun> {
        let mut standing = self.start(model);
        if let Some(saved) = Work::saved(store)? {
            self.restore(saved, model, &mut standing)?;
        }
        if standing.complete {
            return Ok(self.run(standing));
        }
        let what = format!("training {}", model.network().net().name());
        let mut work = Work::new(store, what, "steps", self.steps, standing.step);
        // Of whole batches the samples are brought into the model's precision once.
        let whole = self.batches.whole().then(|| self.objective.points().mapv(F::of));
        let mut order = (None, Vec::new());
        while standing.step < self.steps && standing.stopped.is_none() {
            let (epoch, in_epoch) = self.batches.place(standing.step);
            // Unless shuffled, every epoch has the order of the first.
            let drawn = if self.how.shuffle.is_some() { epoch } else { 0 };
            if order.0 != Some(drawn) {
                order = (Some(drawn), self.batches.order(drawn));
            }
            let samples = self.batches.of(standing.step, &order.1);
            let (factor, rate) = self.rate(standing.step)?;
            let due = self.due.iter().any(|due| due.at(standing.step));
            // The rate of a plain step is folded into the cotangent: a number per output instead of one per parameter.
            let plain = self.how.optimiser.is_plain();
            let fold = if plain { rate } else { 1.0 };
            let (pass, metrics) = self.pass(model, &standing, (samples, whole.as_ref()), (fold, due))?;
            self.check(&mut standing, pass.loss, rate)?;
            // An observer's are those on all points as they are.
            let mut outputs = pass.outputs.filter(|_| whole.is_some() && !self.objective.is_perturbed());
            if in_epoch == 0 && !self.how.stops.is_empty() {
                let state = self.state(&standing, rate, model, outputs.take());
                let loss = if self.batches.whole() { Some(pass.loss) } else { standing.losses.last().copied() };
                let held = self
                    .how
                    .stops
                    .iter()
                    .map(|rule| rule.holds(&state, loss, &standing.losses))
                    .collect::<Result<Vec<_>>>()?;
                standing.stopped = held.into_iter().position(|holds| holds);
                outputs = state.into_outputs();
                if standing.stopped.is_some() {
                    break;
                }
            }
            if due {
                self.record(&mut standing, rate, model, outputs, false)?;
            }
            let optimiser = self.how.optimiser.at_rate(if plain { 1.0 } else { rate });
            optimiser.step(with_rates(model.parameters_mut()), &pass.gradients, &mut standing.memory);
            standing.metrics.iter_mut().zip(metrics).for_each(|(values, value)| values.push(value));
            standing.loss_sum += pass.loss * samples.len() as f64;
            standing.factors += factor;
            standing.step += 1;
            if self.batches.place(standing.step).1 == 0 {
                let taken = self.objective.points().nrows() as f64 * self.how.repeat as f64;
                standing.losses.push(std::mem::take(&mut standing.loss_sum) / taken);
            }
            work.advance(|| self.arrays(model, &standing))?;
        }
        self.end(model, &mut standing)?;
        work.finish(|| self.arrays(model, &standing))?;
        Ok(self.run(standing))
    }

    /// The factor and the learning rate of a step; after the last one its own.
    fn rate(&self, step: u64) -> Result<(f64, f64)> {
        let factor = self.how.schedule.checked_factor(step.min(self.steps.saturating_sub(1)), self.steps)?;
        Ok((factor, factor * self.how.optimiser.rate()))
    }

    /// The pass of a step, with `fold` times the gradient, and its metrics; outputs are kept if they are due or one of these asks for them.
    fn pass<F: Training>(
        &self,
        model: &dyn Model<F>,
        standing: &Standing<F>,
        (samples, whole): (&[usize], Option<&Array2<F>>),
        (fold, due): (f64, bool),
    ) -> Result<(Pass<F>, Vec<f64>)> {
        let (objective, measured) = (self.objective, !self.how.metrics.is_empty());
        if let (Some(inputs), false) = (whole, objective.is_perturbed()) {
            let (targets, keep) = (objective.targets(), due || measured || !self.how.stops.is_empty());
            let pass = objective.pass(model, (inputs.view(), targets.view()), fold, keep)?;
            let metrics = self.metrics(&pass, targets);
            return Ok((pass, metrics));
        }
        let y = objective.targets().select(Axis(0), samples);
        let inputs = match objective.is_perturbed() {
            false => gathered::<F>(objective.points(), samples),
            true => {
                let x = objective.points().select(Axis(0), samples);
                let (step, repeat) = (standing.step, self.batches.repeats(standing.step));
                objective
                    .perturbed(model, &Batch { x: &x, y: &y, samples, step, repeat, repeats: self.how.repeat })?
                    .mapv(F::of)
            }
        };
        let pass = objective.pass(model, (inputs.view(), y.view()), fold, measured)?;
        let metrics = self.metrics(&pass, &y);
        Ok((pass, metrics))
    }

    fn metrics<F>(&self, pass: &Pass<F>, targets: &Array2<f64>) -> Vec<f64> {
        let of = |metric: &Metric| {
            let outputs = pass.outputs.as_ref().expect("outputs are kept where there are metrics");
            (metric.of)(&BatchPass { loss: pass.loss, outputs, targets })
        };
        self.how.metrics.iter().map(of).collect()
    }

    /// # Errors
    /// [`Error::TrainingDiverged`].
    fn check<F>(&self, standing: &mut Standing<F>, loss: f64, rate: f64) -> Result<()> {
        let first = *standing.first_loss.get_or_insert(loss);
        // `max` passes a NaN by: a loss need not be finite at zero.
        match loss.is_finite() && loss <= GROWTH * first.max(self.loss_of_zero) {
            true => Ok(()),
            false => Err(Error::TrainingDiverged { step: standing.step, loss, rate }),
        }
    }

    fn state<'b, F: Training>(
        &'b self,
        standing: &Standing<F>,
        rate: f64,
        model: &'b dyn Model<F>,
        outputs: Option<Array2<f64>>,
    ) -> State<'b> {
        let epoch = standing.step as f64 / self.batches.per_epoch() as f64;
        let time = standing.factors * self.how.optimiser.rate();
        State::new((standing.step, epoch), (time, rate), (F::any(model), self.objective), outputs)
    }

    fn record<F: Training>(
        &self,
        standing: &mut Standing<F>,
        rate: f64,
        model: &dyn Model<F>,
        outputs: Option<Array2<f64>>,
        end: bool,
    ) -> Result<()> {
        let state = self.state(standing, rate, model, outputs);
        for ((recorder, observer), due) in standing.recorders.iter_mut().zip(&self.how.observers).zip(&self.due) {
            if end || due.at(standing.step) {
                recorder.record(&observer.quantities, &state)?;
            }
        }
        Ok(())
    }

    /// The last records, of parameters that must be finite.
    fn end<F: Training>(&self, model: &dyn Model<F>, standing: &mut Standing<F>) -> Result<()> {
        let (_, rate) = self.rate(standing.step)?;
        if !model.parameters().iter().all(|p| all_finite(&p.values)) {
            let loss = standing.losses.last().copied().unwrap_or(f64::NAN);
            return Err(Error::TrainingDiverged { step: standing.step, loss, rate });
        }
        let mut outputs = None;
        if self.batches.whole() && !self.objective.is_perturbed() {
            let last = match model.outputs(self.objective.points()) {
                Err(Error::Overflow { .. }) => {
                    Err(Error::TrainingDiverged { step: standing.step, loss: f64::NAN, rate })
                }
                outputs => outputs,
            }?;
            self.check(standing, self.objective.mean_loss(&last), rate)?;
            outputs = Some(last);
        }
        self.record(standing, rate, model, outputs, true)?;
        standing.complete = true;
        Ok(())
    }

    fn run<F>(&self, standing: Standing<F>) -> TrainingRun {
        let observers = standing.recorders.into_iter().zip(&self.how.observers);
        TrainingRun {
            steps: standing.step,
            losses: standing.losses,
            metrics: standing.metrics,
            records: observers.map(|(recorder, observer)| recorder.finish(&observer.quantities)).collect(),
            stopped: standing.stopped.map(|rule| format!("{:?}", self.how.stops[rule])),
        }
    }
}

/// Some rows in the precision of a model.
fn gathered<F: Training>(x: &Array2<f64>, samples: &[usize]) -> Array2<F> {
    let mut rows = Array2::zeros((samples.len(), x.ncols()));
    for (row, &sample) in rows.rows_mut().into_iter().zip(samples) {
        Zip::from(row).and(x.row(sample)).for_each(|to, &from| *to = F::of(from));
    }
    rows
}

//! What a checkpoint of a training run holds, and how it is identified.

use super::descent::{Plan, Standing};
use super::stop::StopRule;
use crate::checkpoint::{Arrays, Settings};
use crate::error::{Error, Result};
use crate::op::Parameter;
use crate::train::Model;
use crate::train::Training;
use crate::train::observer::Recorder;
use ndarray::Array1;

impl Plan<'_> {
    /// Everything that the result depends on.
    pub fn settings<F: Training>(&self, model: &dyn Model<F>) -> Settings {
        let (how, objective, network) = (self.how, self.objective, model.network());
        let start: Vec<_> = model.parameters().iter().map(|p| p.values.clone()).collect();
        let fixed: Vec<_> = model.fixed().iter().map(|p| p.values.clone()).collect();
        let rates: Vec<f64> = model.parameters().iter().map(|p| p.slot().rate).collect();
        let (schedule, samples) = how.schedule.identity(self.steps);
        let stops: Vec<String> = how.stops.iter().map(|rule: &StopRule| format!("{rule:?}")).collect();
        let records: Vec<String> = how.observers.iter().map(|observer| format!("{observer:?}")).collect();
        let points: Vec<&String> =
            how.observers.iter().flat_map(|observer| observer.quantities.iter().map(|q| &q.identity)).collect();
        let (penalty, centre) = objective.penalty.as_ref().map(|penalty| penalty.identity()).unzip();
        let perturbation = objective.perturbation.as_ref().map(|perturbation| perturbation.name());
        let words = |list: Vec<String>| (!list.is_empty()).then(|| list.join("; "));
        Settings::new()
            .with("model", model.kind())
            .with("number of bits of a parameter", 8 * size_of::<F>())
            .net(network.net(), network.net().origin_of(objective.points().ncols()), true)
            .digest("initial parameters", &start)
            .digest("fixed parameters", &fixed)
            .digest("learning rates of parameters", &rates)
            .digest("points", objective.points())
            .digest("targets", objective.targets())
            .digest("values of the loss", &objective.loss_samples())
            .with("penalty", penalty.as_deref())
            .digest("parameters of the penalty", centre.unwrap_or_default())
            .with("perturbation", perturbation)
            .with("learning rate", how.optimiser.rate())
            .with("optimiser", format!("{:?}", how.optimiser).as_str())
            .with("number of steps", self.steps)
            .with("number of samples in a batch", self.batches.size())
            .with("number of steps on a batch", how.repeat)
            .with("seed of the order", how.shuffle.map(|seed| seed.0))
            .with("schedule", schedule.as_str())
            .digest("values of the schedule", &samples)
            .with("rule to stop", words(stops).as_deref())
            .with("list of metrics", words(how.metrics.iter().map(|metric| metric.name.clone()).collect()).as_deref())
            .with("plan of records", words(records).as_deref())
            .digest("points of records", &points)
    }

    pub fn arrays<F: Training>(&self, model: &dyn Model<F>, standing: &Standing<F>) -> Arrays {
        let flag = |value: bool| f64::from(u8::from(value));
        let arrays = Arrays::new()
            .number("step", standing.step as f64)
            .number("complete", flag(standing.complete))
            .number("stopped", standing.stopped.map_or(0.0, |rule| (rule + 1) as f64))
            .number("factors", standing.factors)
            .number("first_loss", standing.first_loss.unwrap_or(f64::NAN))
            .number("loss_sum", standing.loss_sum)
            .with("losses", Array1::from(standing.losses.clone()));
        let metrics = standing.metrics.iter().enumerate();
        let arrays = metrics
            .fold(arrays, |arrays, (number, values)| arrays.with(&metric_name(number), Array1::from(values.clone())));
        let recorders = standing.recorders.iter().enumerate();
        let arrays = recorders.fold(arrays, |arrays, (number, recorder)| recorder.save(arrays, number));
        let parameters = model.parameters().into_iter().zip(&standing.memory.arrays).enumerate();
        parameters.fold(arrays, |arrays, (index, (parameter, memory))| {
            let arrays = arrays.in_its_precision(&parameter.name(index), &parameter.values);
            memory.iter().enumerate().fold(arrays, |arrays, (which, values)| {
                arrays.in_its_precision(&memory_name(parameter, index, which), values)
            })
        })
    }

    /// # Errors
    /// [`Error::Store`] for arrays that are not those of this run after a number of steps.
    pub fn restore<F: Training>(
        &self,
        mut saved: Arrays,
        model: &mut dyn Model<F>,
        standing: &mut Standing<F>,
    ) -> Result<()> {
        standing.step = saved.take_count("step", self.steps)?;
        standing.complete = saved.take_count("complete", 1)? == 1;
        standing.stopped = (saved.take_count("stopped", self.how.stops.len() as u64)? as usize).checked_sub(1);
        standing.factors = saved.take_number("factors")?;
        let first_loss = saved.take_number("first_loss")?;
        standing.first_loss = first_loss.is_finite().then_some(first_loss);
        standing.loss_sum = saved.take_number("loss_sum")?;
        standing.losses = saved.take("losses", self.batches.place(standing.step).0 as usize)?.to_vec();
        for (number, values) in standing.metrics.iter_mut().enumerate() {
            *values = saved.take(&metric_name(number), standing.step as usize)?.to_vec();
        }
        standing.memory.steps = standing.step;
        for (number, recorder) in standing.recorders.iter_mut().enumerate() {
            let quantities = self.how.observers[number].quantities.len();
            *recorder = Recorder::restore(&mut saved, number, quantities, self.steps)?;
        }
        let parameters = model.parameters_mut().into_iter().zip(&mut standing.memory.arrays).enumerate();
        for (index, (parameter, memory)) in parameters {
            let dim = parameter.slot().dim;
            let mut take = |name: String| Ok::<_, Error>(saved.take(&name, dim)?.mapv(F::of));
            parameter.values = take(parameter.name(index))?;
            for (which, values) in memory.iter_mut().enumerate() {
                *values = take(memory_name(parameter, index, which))?;
            }
        }
        Ok(())
    }
}

fn metric_name(number: usize) -> String {
    format!("metric.{number}")
}

/// Of an array that the optimiser remembers.
fn memory_name<F: Training>(parameter: &Parameter<F>, index: usize, which: usize) -> String {
    format!("{}.memory.{which}", parameter.name(index))
}

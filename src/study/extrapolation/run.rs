//! One architecture on one task, by either route.

use super::errors::Errors;
use super::task::Place;
use super::{Extrapolation, ExtrapolationTask, RayFit, Rays};
use crate::checkpoint::Checkpoint;
use crate::data::{RegressionTarget, Seed};
use crate::error::{Error, Result};
use crate::internal::Store;
use crate::net::{Net, Network};
use crate::regression::Regularization;
use crate::train::FullBatch;
use ndarray::{Array1, Array2, Axis, s};

/// Points at once along rays: kernels with the training points and the units of wide networks are formed for so many.
const BLOCK: usize = 4096;
/// Points of a curve.
const FINE: usize = 161;

/// How a function was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learning {
    /// Kernel regression with the NTK at infinite width.
    Kernel,
    /// Full-batch gradient descent on a finite network.
    Trained,
}

impl Learning {
    pub fn name(self) -> &'static str {
        match self {
            Learning::Kernel => "kernel",
            Learning::Trained => "trained",
        }
    }
}

/// One architecture, learned by one route, on one target.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub network: usize,
    pub learning: Learning,
    pub task: usize,
    pub target: RegressionTarget,
    pub errors: Vec<(Place, Errors)>,
    /// Per output, by degree from 1.
    pub fits: Vec<Vec<RayFit>>,
    /// Abscissae and the first output, on the line.
    pub curve: Vec<(f64, f64)>,
}

/// The points of a task.
pub(super) struct Data<'a> {
    task: &'a ExtrapolationTask,
    index: usize,
    sets: Vec<(Place, Array2<f64>)>,
    pub rays: Rays,
    line: Option<Array2<f64>>,
}

impl<'a> Data<'a> {
    pub fn new(study: &Extrapolation, index: usize, task: &'a ExtrapolationTask) -> Result<Self> {
        let seed = study.seed.child(index as u64);
        let x = task.sample(study.points, seed.child(0))?;
        let norm = x.rows().into_iter().map(|row| row.dot(&row).sqrt()).fold(0.0, f64::max);
        let coordinate = x.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let ends = (1.1 * norm, 10.0 * coordinate);
        let rays = Rays::random(study.directions, task.dimension, ends, study.ray_points, seed.child(1))?;
        let mut sets = vec![(Place::Train, x)];
        sets.extend(task.tests(study.test_points, seed.child(2))?);
        let line = |radius: f64| Array1::linspace(-radius, radius, FINE).insert_axis(Axis(1));
        let line = (task.dimension == 1).then(|| line(task.test_radius));
        Ok(Self { task, index, sets, rays, line })
    }

    fn train(&self) -> &Array2<f64> {
        &self.sets[0].1
    }

    /// Ridge regression with the limit NTK on all targets at once.
    ///
    /// The ridge is [`rounding`] of the kernel's mean diagonal, at least `10⁻¹⁰`.
    pub fn kernel(&self, study: &Extrapolation, network: usize) -> Result<Vec<Outcome>> {
        let net = &study.networks[network].0;
        let inputs = self.task.inputs(self.train())?;
        let ridge = Regularization::RelativeTrace(rounding(inputs.nrows()).max(1e-10));
        let regression = net.limit_kernel(&inputs)?.ntk().regression(&columns(&self.task.targets, self.train())?)?;
        let ridge = regression.ridge(ridge)?;
        let predict = |x: &Array2<f64>| ridge.predict(net.limit_kernel_between(&self.task.inputs(x)?, &inputs)?.ntk());
        self.outcomes(study, (network, Learning::Kernel), &self.task.targets, predict)
    }

    /// One network per output, trained from its own initialisation at a share of the largest rate that is stable for its NTK there.
    pub fn trained(&self, study: &Extrapolation, network: usize, store: Option<&Store>) -> Result<Vec<Outcome>> {
        let targets = &self.task.trained;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let net = &study.trained[network];
        let inputs = self.task.inputs(self.train())?;
        let truth = columns(targets, self.train())?;
        let networks = truth
            .columns()
            .into_iter()
            .enumerate()
            .map(|(output, y)| {
                let seed = study.seed.child(1000 + self.index as u64).child(output as u64);
                let name = format!("task-{:02}-network-{network:02}-output-{output}", self.index);
                train(study, net, (&inputs, &y.to_owned()), seed, store.map(|store| store.checkpoint().part(&name)))
            })
            .collect::<Result<Vec<Network>>>()?;
        let predict = |x: &Array2<f64>| {
            let inputs = self.task.inputs(x)?;
            let mut outputs = Array2::zeros((x.nrows(), networks.len()));
            for (mut column, network) in outputs.columns_mut().into_iter().zip(&networks) {
                column.assign(&network.outputs(&inputs)?.column(0));
            }
            Ok(outputs)
        };
        self.outcomes(study, (network, Learning::Trained), targets, predict)
    }

    /// Reads a function of `[n, d]` with the outputs of all targets side by side.
    fn outcomes(
        &self,
        study: &Extrapolation,
        (network, learning): (usize, Learning),
        targets: &[RegressionTarget],
        predict: impl Fn(&Array2<f64>) -> Result<Array2<f64>>,
    ) -> Result<Vec<Outcome>> {
        let predicted = self.sets.iter().map(|(_, x)| predict(x)).collect::<Result<Vec<_>>>()?;
        let fits = self.fits(study, &predict)?;
        let curve = self.line.as_ref().map(|x| Ok::<_, Error>((x, predict(x)?))).transpose()?;
        let mut first = 0;
        let mut found = Vec::new();
        for target in targets {
            let outputs = first..first + target.outputs();
            let errors = self.sets.iter().zip(&predicted).map(|((place, x), values)| {
                Ok((*place, Errors::new(&values.slice(s![.., outputs.clone()]).to_owned(), &target.values(x)?)))
            });
            let curve = curve.iter().flat_map(|(x, y)| x.column(0).into_iter().copied().zip(y.column(first).to_vec()));
            found.push(Outcome {
                network,
                learning,
                task: self.index,
                target: *target,
                errors: errors.collect::<Result<_>>()?,
                fits: fits[outputs.clone()].to_vec(),
                curve: curve.collect(),
            });
            first = outputs.end;
        }
        Ok(found)
    }

    /// The directional fits of every output, by degree.
    fn fits(
        &self,
        study: &Extrapolation,
        predict: &impl Fn(&Array2<f64>) -> Result<Array2<f64>>,
    ) -> Result<Vec<Vec<RayFit>>> {
        let mut fits: Vec<Vec<RayFit>> = Vec::new();
        for part in self.rays.parts(BLOCK / study.ray_points) {
            let outputs = predict(&part.points()?)?;
            for (output, values) in outputs.columns().into_iter().enumerate() {
                let found = part.fits(&values.to_owned(), study.degrees)?;
                match fits.get_mut(output) {
                    None => fits.push(found),
                    Some(fits) => fits.iter_mut().zip(found).for_each(|(all, more)| all.append(more)),
                }
            }
        }
        Ok(fits)
    }
}

/// `2 n² ε`: twice what rounding may do to the smallest eigenvalue of a kernel of `n` points, as a share of its mean diagonal.
pub(super) fn rounding(n: usize) -> f64 {
    2.0 * (n as f64).powi(2) * f64::EPSILON
}

/// The outputs of targets side by side, `[n, outputs]`.
pub(super) fn columns(targets: &[RegressionTarget], x: &Array2<f64>) -> Result<Array2<f64>> {
    let mut all = Array2::zeros((x.nrows(), targets.iter().map(RegressionTarget::outputs).sum()));
    let mut first = 0;
    for target in targets {
        let end = first + target.outputs();
        all.slice_mut(s![.., first..end]).assign(&target.values(x)?);
        first = end;
    }
    Ok(all)
}

fn train(
    study: &Extrapolation,
    net: &Net,
    (inputs, y): (&Array2<f64>, &Array1<f64>),
    seed: Seed,
    checkpoint: Option<Checkpoint>,
) -> Result<Network> {
    let mut network = net.clone().width(study.width).input(inputs.ncols()).init(seed)?;
    network.require_one_output("extrapolation")?;
    let limit = network.kernel(inputs)?.ntk().regression(y)?.max_learning_rate();
    let training = FullBatch::new(study.rate * limit, study.steps).record_every(study.steps.max(1));
    checkpoint.into_iter().fold(training, FullBatch::checkpoint).train(&mut network, inputs, y)?;
    Ok(network)
}

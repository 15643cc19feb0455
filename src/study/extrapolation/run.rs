//! One architecture on one task, by either route.

use super::errors::Errors;
use super::task::Place;
use super::{Extrapolation, ExtrapolationTask};
use crate::names::*;
use crate::saved_fields;
use crate::study::frame::*;
use crate::study::{RayFit, Rays};

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
    pub places: Vec<Place>,
    pub read: Read,
}

/// What was read of a function.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// By place.
    pub errors: Vec<Errors>,
    /// Per output, by degree from 1.
    pub fits: Vec<Vec<RayFit>>,
    /// Abscissae and the first output, on the line.
    pub curve: Vec<(f64, f64)>,
}
saved_fields!(Read { errors, fits, curve });

/// The points of a task.
pub(super) struct Data<'a> {
    task: &'a ExtrapolationTask,
    index: usize,
    seed: Seed,
    sets: Vec<(Place, Matrix)>,
    pub rays: Rays,
    line: Option<Matrix>,
}

impl<'a> Data<'a> {
    pub fn new(study: &Extrapolation, index: usize, task: &'a ExtrapolationTask, all: Seed) -> Result<Self> {
        let seed = all.child(index as u64);
        let x = task.sample(study.points, seed.child(0))?;
        let norm = x.rows().into_iter().map(|row| row.dot(&row).sqrt()).fold(0.0, f64::max);
        let coordinate = x.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let ends = (1.1 * norm, 10.0 * coordinate);
        let rays = Rays::random(study.directions, task.dimension, ends, study.ray_points, seed.child(1))?;
        let mut sets = vec![(Place::Train, x)];
        sets.extend(task.tests(study.test_points, seed.child(2))?);
        let line = |radius: f64| Array1::linspace(-radius, radius, FINE).insert_axis(Axis(1));
        let line = (task.dimension == 1).then(|| line(task.test_radius));
        Ok(Self { task, index, seed: all.child(1000 + index as u64), sets, rays, line })
    }

    fn train(&self) -> &Matrix {
        &self.sets[0].1
    }

    /// Ridge regression with the limit NTK on all targets at once.
    ///
    /// The ridge is [`rounding`] of the kernel's mean diagonal, at least `10⁻¹⁰`.
    pub fn kernel(&self, study: &Extrapolation, network: usize, run: &mut Run<'_>) -> Result<Vec<Outcome>> {
        let name = format!("kernel-{:02}-{network:02}", self.index);
        let targets = &self.task.targets;
        let found = run.part_that(&name, self.fits_into(study, targets), || self.by_kernel(study, network))?;
        Ok(self.outcomes((network, Learning::Kernel), targets, found))
    }

    fn by_kernel(&self, study: &Extrapolation, network: usize) -> Result<Vec<Read>> {
        let net = &study.networks[network].0;
        let inputs = self.task.inputs(self.train())?;
        let ridge = Regularization::RelativeTrace(rounding(inputs.nrows()).max(1e-10));
        let regression = net.limit_kernel(&inputs)?.ntk().regression(&columns(&self.task.targets, self.train())?)?;
        let ridge = regression.ridge(ridge)?;
        let predict = |x: &Matrix| ridge.predict(net.limit_kernel_between(&self.task.inputs(x)?, &inputs)?.ntk());
        self.read(study, &self.task.targets, predict)
    }

    /// One network per output, trained from its own initialisation at a share of the largest rate that is stable for its NTK there.
    pub fn trained(&self, study: &Extrapolation, network: usize, run: &mut Run<'_>) -> Result<Vec<Outcome>> {
        let targets = &self.task.trained;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        let name = format!("trained-{:02}-{network:02}", self.index);
        let folder = run.folder(&name);
        let compute = || self.by_training(study, network, folder.as_ref());
        let found = run.part_that(&name, self.fits_into(study, targets), compute)?;
        Ok(self.outcomes((network, Learning::Trained), targets, found))
    }

    fn by_training(&self, study: &Extrapolation, network: usize, folder: Option<&Checkpoint>) -> Result<Vec<Read>> {
        let (targets, net) = (&self.task.trained, &study.trained_networks[network]);
        let inputs = self.task.inputs(self.train())?;
        let truth = columns(targets, self.train())?;
        let networks = truth
            .columns()
            .into_iter()
            .enumerate()
            .map(|(output, y)| {
                let folder = folder.map(|folder| folder.part(&format!("output-{output}")));
                train(study, net, (&inputs, &y.to_owned()), self.seed.child(output as u64), folder)
            })
            .collect::<Result<Vec<Network>>>()?;
        let predict = |x: &Matrix| {
            let inputs = self.task.inputs(x)?;
            let mut outputs = Array2::zeros((x.nrows(), networks.len()));
            for (mut column, network) in outputs.columns_mut().into_iter().zip(&networks) {
                column.assign(&network.outputs(&inputs)?.column(0));
            }
            Ok(outputs)
        };
        self.read(study, targets, predict)
    }

    /// Whether what was saved is of these targets.
    fn fits_into<'s>(&'s self, study: &Extrapolation, targets: &'s [RegressionTarget]) -> impl Fn(&Vec<Read>) -> bool {
        let (sets, degrees) = (self.sets.len(), study.degrees);
        let outputs: Vec<usize> = targets.iter().map(RegressionTarget::outputs).collect();
        move |found| {
            let fits = |read: &Read, outputs: &usize| {
                read.errors.len() == sets && read.fits.len() == *outputs && read.fits.iter().all(|f| f.len() == degrees)
            };
            found.len() == outputs.len() && found.iter().zip(&outputs).all(|(read, outputs)| fits(read, outputs))
        }
    }

    fn outcomes(
        &self,
        (network, learning): (usize, Learning),
        targets: &[RegressionTarget],
        found: Vec<Read>,
    ) -> Vec<Outcome> {
        let places: Vec<Place> = self.sets.iter().map(|(place, _)| *place).collect();
        let outcome =
            |(read, &target)| Outcome { network, learning, task: self.index, target, places: places.clone(), read };
        found.into_iter().zip(targets).map(outcome).collect()
    }

    /// Reads a function of `[n, d]` with the outputs of all targets side by side.
    fn read(
        &self,
        study: &Extrapolation,
        targets: &[RegressionTarget],
        predict: impl Fn(&Matrix) -> Result<Matrix>,
    ) -> Result<Vec<Read>> {
        let predicted = self.sets.iter().map(|(_, x)| predict(x)).collect::<Result<Vec<_>>>()?;
        let fits = self.fits(study, &predict)?;
        let curve = self.line.as_ref().map(|x| Ok::<_, Error>((x, predict(x)?))).transpose()?;
        let mut first = 0;
        let mut found = Vec::new();
        for target in targets {
            let outputs = first..first + target.outputs();
            let errors = self.sets.iter().zip(&predicted).map(|((_, x), values)| {
                Ok(Errors::new(&values.slice(s![.., outputs.clone()]).to_owned(), &target.values(x)?))
            });
            let curve = curve.iter().flat_map(|(x, y)| x.column(0).into_iter().copied().zip(y.column(first).to_vec()));
            found.push(Read {
                errors: errors.collect::<Result<_>>()?,
                fits: fits[outputs.clone()].to_vec(),
                curve: curve.collect(),
            });
            first = outputs.end;
        }
        Ok(found)
    }

    /// The directional fits of every output, by degree.
    fn fits(&self, study: &Extrapolation, predict: &impl Fn(&Matrix) -> Result<Matrix>) -> Result<Vec<Vec<RayFit>>> {
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
pub(super) fn columns(targets: &[RegressionTarget], x: &Matrix) -> Result<Matrix> {
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
    (inputs, y): (&Matrix, &Vector),
    seed: Seed,
    checkpoint: Option<Checkpoint>,
) -> Result<Network> {
    let mut network = net.clone().width(study.width).input(inputs.ncols()).init(seed)?;
    network.require_one_output(Extrapolation::TITLE)?;
    let limit = network.kernel(inputs)?.ntk().regression(y)?.max_learning_rate();
    let training = FullBatch::new(study.rate * limit, study.steps).record_every(study.steps.max(1));
    checkpoint.into_iter().fold(training, FullBatch::checkpoint).train(&mut network, inputs, y)?;
    Ok(network)
}

//! What is learned, and networks in training on it.

use crate::names::*;
use crate::saved_fields;

/// Points and targets.
pub(super) struct Task {
    pub x: Matrix,
    pub y: Vector,
}

impl Task {
    /// Gaussian points of three features or more, and signs that no linear function has: `sign(x_1 x_2 + x_3 / 2)`.
    pub fn signs(points: usize, inputs: usize, seed: Seed) -> Result<Self> {
        let x = gaussian(points, inputs, seed)?;
        let sign = |row: ndarray::ArrayView1<'_, f64>| if row[0] * row[1] + 0.5 * row[2] > 0.0 { 1.0 } else { -1.0 };
        let y = x.rows().into_iter().map(sign).collect();
        Ok(Self { x, y })
    }

    /// Gaussian points, and the values there of a linear function with Gaussian coefficients of variance `1/d`.
    pub fn linear(points: usize, inputs: usize, seed: Seed) -> Result<Self> {
        let x = gaussian(points, inputs, seed.child(0))?;
        let teacher = gaussian(inputs, 1, seed.child(1))?.column(0).to_owned() / (inputs as f64).sqrt();
        let y = x.dot(&teacher);
        Ok(Self { x, y })
    }

    /// Half of the mean squared error is what the paper minimises; ours is the whole, so that rates and sharpness are of the half.
    pub fn objective(&self) -> Result<Objective> {
        Objective::new(&self.x, &self.y, SquaredError)
    }
}

/// Full-batch descent on half of the mean squared error at this rate.
pub(super) fn descent(steps: u64, rate: f64) -> Trainer {
    Trainer::steps(steps, Sgd::new(rate / 2.0)).quiet()
}

/// What training ends with; `None` if it diverges.
///
/// # Errors
/// All others.
pub(super) fn unless_diverged<T>(run: Result<T>) -> Result<Option<T>> {
    match run {
        Ok(run) => Ok(Some(run)),
        Err(Error::TrainingDiverged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Networks of one width in training, `[networks, records]`; a network that diverges is left out.
#[derive(Clone)]
pub(super) struct Course {
    /// Steps before each record.
    pub steps: Vec<f64>,
    /// Half of the mean squared error.
    pub losses: Matrix,
    /// `γ² λ_max` of its Hessian.
    pub sharpness: Matrix,
    /// `γ² λ_max(Θ) / n`, the largest eigenvalue of the Gauss–Newton part.
    pub kernel: Matrix,
    /// How many diverged.
    pub diverged: usize,
}
saved_fields!(Course { steps, losses, sharpness, kernel, diverged });

impl Course {
    /// `nets` draws of a network, `steps` at a rate, records at some of them.
    pub fn measure(
        net: &Net,
        task: &Task,
        (nets, steps, at): (usize, u64, Vec<u64>),
        rate: f64,
        seed: Seed,
    ) -> Result<Self> {
        let x = task.x.clone();
        let points = x.nrows() as f64;
        let top = move |state: &State<'_>| {
            let ntk = state.model.kernel_of(Outputs::All, &x)?;
            Ok(Lanczos::new(1, Seed(0)).run(ntk.ntk().values())?.values[0] / points)
        };
        let observer = Observer::new(When::Steps(at)).loss().sharpness().value("kernel", top);
        let (trainer, objective) = (descent(steps, rate).observe(observer), task.objective()?);
        let runs = net.network_ensemble(nets, seed)?.map(|network| {
            let run = trainer.train(&mut network.cast::<f32>(), &objective);
            Ok(unless_diverged(run)?.map(|mut run| run.records.remove(0)))
        })?;
        let records: Vec<Records> = runs.into_iter().flatten().collect();
        let diverged = nets - records.len();
        let times = records.first().map_or(0, |records| records.steps.len());
        let table = |name: &str, factor: f64| {
            let rows = records.iter().map(|records| records.values(name)).collect::<Result<Vec<_>>>()?;
            Ok::<Matrix, Error>(Matrix::from_shape_fn((rows.len(), times), |(i, j)| rows[i][j] * factor))
        };
        Ok(Self {
            steps: records.first().map_or(Vec::new(), |first| first.steps.iter().map(|&step| step as f64).collect()),
            losses: table("loss", 0.5)?,
            sharpness: table("sharpness", 0.5)?,
            kernel: table("kernel", 1.0)?,
            diverged,
        })
    }
}

/// Losses after training at many rates.
#[derive(Clone)]
pub(super) struct Sweep {
    /// `[networks, rates]`; infinite where training diverged.
    pub losses: Matrix,
}
saved_fields!(Sweep { losses });

impl Sweep {
    /// `nets` draws of a network after so many steps at each rate, each from the same start.
    pub fn measure(net: &Net, task: &Task, (nets, steps): (usize, u64), rates: &[f64], seed: Seed) -> Result<Self> {
        let objective = task.objective()?;
        let starts = net.network_ensemble(nets, seed)?;
        // Rates of a network one after the other, networks side by side.
        let rows = starts.map(|start| {
            let one = |&rate: &f64| {
                let mut network = start.cast::<f32>();
                let run = unless_diverged(descent(steps, rate).train(&mut network, &objective))?;
                run.map_or(Ok(f64::INFINITY), |_| Ok(objective.value(&network)? / 2.0))
            };
            rates.iter().map(one).collect::<Result<Vec<_>>>()
        })?;
        Ok(Self { losses: Matrix::from_shape_fn((nets, rates.len()), |(i, j)| rows[i][j]) })
    }
}

/// Networks before training.
#[derive(Clone)]
pub(super) struct Start {
    /// `γ² λ_max` of the Hessian of half of the mean squared error, `[networks]`.
    pub sharpness: Vec<f64>,
}
saved_fields!(Start { sharpness });

impl Start {
    /// The draws of [`Sweep::measure`].
    pub fn measure(net: &Net, task: &Task, nets: usize, seed: Seed) -> Result<Self> {
        let y = task.y.clone().insert_axis(Axis(1));
        let sharpness = net.network_ensemble(nets, seed)?.map(|network| {
            let hessian = network.hessian_operator(&SquaredError, &task.x, &y)?.with_rates();
            Ok(TopEigenvalue::new(Seed(0)).of(&hessian)? / 2.0)
        })?;
        Ok(Self { sharpness })
    }
}

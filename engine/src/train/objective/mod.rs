//! What is minimised: a loss on data, with a penalty.

mod kernel_velocity;
mod pass;
mod penalty;
mod perturbation;

pub(super) use pass::Pass;
pub use penalty::Penalty;
pub use perturbation::Batch;

use super::{AnyModel, Model};
use crate::error::{Error, Result, check_finite, check_input};
use crate::random::Seed;
use crate::regression::Loss;
use crate::train::Training;
use ndarray::{Array, Array2, Axis, Dimension};
use perturbation::Perturbation;
use std::sync::Arc;

/// Where errors say they happened.
pub(super) const PLACE: &str = "training";

/// What training minimises: `L(θ) + R(θ)`, the mean loss `L = (1/n) Σ_i ℓ(f(x_i; θ), y_i)` on `n` samples and, where one is set, a
/// [penalty](Penalty) `R`. The losses are those of [`regression`](crate::regression), so that theory and training minimise the same.
///
/// ```
/// use hadamard::prelude::*;
///
/// let x = sphere(30, 5, Seed(0))?;
/// let classes = Array2::from_shape_fn((30, 2), |(i, j)| if (x[[i, 0]] > 0.0) == (j == 0) { 1.0 } else { 0.0 });
/// let net = network("two classes", serial([hidden(), tanh(), dense(2)])).width(64).input(5);
/// let mut network = net.init(Seed(1))?;
/// let objective = Objective::new(&x, &classes, SoftmaxCrossEntropy)?.penalty(Penalty::to_start(1e-3, &network));
/// let (before, gradient) = objective.gradient(&network)?;
/// assert_eq!(gradient.len(), network.parameters().len());
/// Trainer::steps(50, Sgd::new(1.0)).train(&mut network, &objective)?;
/// assert!(objective.value(&network)? < before);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Objective {
    pub(super) x: Arc<Array2<f64>>,
    /// `[n, c]`.
    pub(super) y: Arc<Array2<f64>>,
    pub(super) loss: Arc<dyn Loss + Send + Sync>,
    pub(super) penalty: Option<Penalty>,
    pub(super) perturbation: Option<Perturbation>,
}

impl Objective {
    /// The mean of a loss on points `x: [n, d]` and targets `y: [n]` or `[n, c]`.
    ///
    /// # Errors
    /// [`Error::NoRows`]; [`Error::Size`] for another number of targets than of points; [`Error::NotFinite`]; whatever the loss says of the
    /// targets.
    pub fn new<D: Dimension>(
        x: &Array2<f64>,
        y: &Array<f64, D>,
        loss: impl Loss + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::of(x, rows(y)?, Arc::new(loss))
    }

    fn of(x: &Array2<f64>, y: Array2<f64>, loss: Arc<dyn Loss + Send + Sync>) -> Result<Self> {
        check_input(PLACE, x, None)?;
        if x.nrows() != y.nrows() {
            return Err(Error::Size { place: PLACE, what: "targets", expected: x.nrows(), got: y.nrows() });
        }
        check_finite(PLACE, &y)?;
        loss.check(&y)?;
        Ok(Self { x: Arc::new(x.clone()), y: Arc::new(y), loss, penalty: None, perturbation: None })
    }

    /// Adds a penalty; a second one replaces the first.
    pub fn penalty(self, penalty: Penalty) -> Self {
        Self { penalty: Some(penalty), ..self }
    }

    /// Changes the inputs of every batch before its step, as adversarial training does: of the model as it is then and the batch, the
    /// inputs `[b, d]` to be used instead. The function must give the same for the same model and batch, or training can neither be
    /// repeated nor resumed; a checkpoint knows it by its name only.
    ///
    /// ```
    /// use hadamard::prelude::*;
    ///
    /// let x = sphere(40, 3, Seed(0))?;
    /// let mut network = mlp(2).width(32).input(3).init(Seed(1))?;
    /// // The fast gradient sign method (Goodfellow et al. 2015).
    /// let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?.perturb("sign, 0.05", |model, batch| {
    ///     let residual = model.outputs(batch.x)? - batch.y;
    ///     Ok(batch.x + &model.input_gradient(&residual, batch.x)?.mapv(|slope| 0.05 * slope.signum()))
    /// });
    /// Trainer::epochs(20, Sgd::new(0.1)).batch(10).train(&mut network, &objective)?;
    /// assert!(objective.value(&network)? < 0.1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn perturb(
        self,
        name: &str,
        how: impl Fn(AnyModel<'_>, &Batch<'_>) -> Result<Array2<f64>> + Send + Sync + 'static,
    ) -> Self {
        Self { perturbation: Some(Perturbation::new(name, Arc::new(how))), ..self }
    }

    pub(super) fn is_perturbed(&self) -> bool {
        self.perturbation.is_some()
    }

    /// The points `[n, d]`.
    pub fn points(&self) -> &Array2<f64> {
        &self.x
    }

    /// The targets `[n, c]`.
    pub fn targets(&self) -> &Array2<f64> {
        &self.y
    }

    /// The loss.
    pub fn loss(&self) -> Arc<dyn Loss + Send + Sync> {
        self.loss.clone()
    }

    /// `L + R` on the points as they are.
    ///
    /// # Errors
    /// As for [`Network::outputs`](crate::net::Network::outputs); [`Error::Size`] for targets of another number than the model's outputs;
    /// [`Error::Range`] for a penalty that is not legal; [`Error::Overflow`].
    pub fn value<F: Training>(&self, model: &impl Model<F>) -> Result<f64> {
        F::objective_value(self, model)
    }

    pub(super) fn value_here<F: Training>(&self, model: &dyn Model<F>) -> Result<f64> {
        self.check(model)?;
        let loss = self.mean_loss(&model.outputs(&self.x)?);
        let penalty = self.penalty.as_ref().map_or(0.0, |penalty| penalty.value(&model.parameters()));
        match (loss + penalty).is_finite() {
            true => Ok(loss + penalty),
            false => Err(Error::Overflow { place: PLACE }),
        }
    }

    /// `L + R` and its gradient, one array per parameter, on the points as they are, in one pass.
    ///
    /// # Errors
    /// As for [`Objective::value`].
    pub fn gradient<F: Training>(&self, model: &impl Model<F>) -> Result<(f64, Vec<Array2<F>>)> {
        F::objective_gradient(self, model)
    }

    pub(super) fn gradient_here<F: Training>(&self, model: &dyn Model<F>) -> Result<(f64, Vec<Array2<F>>)> {
        self.check(model)?;
        let pass = self.pass(model, (self.x.mapv(F::of).view(), self.y.view()), 1.0, false)?;
        let penalty = self.penalty.as_ref().map_or(0.0, |penalty| penalty.value(&model.parameters()));
        let finite = pass.gradients.iter().all(crate::error::all_finite);
        match (pass.loss + penalty).is_finite() && finite {
            true => Ok((pass.loss + penalty, pass.gradients)),
            false => Err(Error::Overflow { place: PLACE }),
        }
    }

    /// The mean of the loss over rows of outputs and targets, `[n, c]`, each of all points.
    pub(super) fn mean_loss(&self, outputs: &Array2<f64>) -> f64 {
        mean_loss(self.loss.as_ref(), outputs, &self.y)
    }

    /// # Errors
    /// Bad input for the model, and targets of another number than its outputs; a penalty that is not legal.
    pub(super) fn check<F: Training>(&self, model: &dyn Model<F>) -> Result<()> {
        model.check_input(PLACE, &self.x)?;
        model.check()?;
        let (expected, got) = (model.outputs_count(), self.y.ncols());
        if expected != got {
            return Err(Error::Size { place: PLACE, what: "columns of targets", expected, got });
        }
        self.penalty.as_ref().map_or(Ok(()), |penalty| penalty.check(&model.parameters()))
    }

    /// Numbers that tell the loss from others: values and gradients at outputs near the first targets.
    pub(super) fn loss_samples(&self) -> Vec<f64> {
        const ROWS: usize = 16;
        let mut normal = Seed(0).normals(0);
        let mut samples = Vec::new();
        for y in self.y.rows().into_iter().take(ROWS) {
            let y = y.to_vec();
            let f: Vec<f64> = y.iter().map(|y| y + normal()).collect();
            let mut gradient = vec![0.0; f.len()];
            self.loss.gradient(&f, &y, &mut gradient);
            samples.push(self.loss.value(&f, &y));
            samples.extend(gradient);
        }
        samples
    }
}

impl std::fmt::Debug for Objective {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, c) = self.y.dim();
        write!(f, "mean loss of {n} samples with {c} targets each")?;
        self.penalty.iter().try_for_each(|penalty| write!(f, ", {penalty:?}"))?;
        self.perturbation.iter().try_for_each(|perturbation| write!(f, ", perturbed: {}", perturbation.name()))
    }
}

/// Targets `[n]` or `[n, c]` as `[n, c]`, row by row in memory.
///
/// # Errors
/// [`Error::Size`] for another number of axes.
pub(crate) fn rows<D: Dimension>(y: &Array<f64, D>) -> Result<Array2<f64>> {
    let dim = match *y.shape() {
        [n] => (n, 1),
        [n, c] => (n, c),
        _ => return Err(Error::Size { place: PLACE, what: "axes of targets, at most", expected: 2, got: y.ndim() }),
    };
    Ok(Array2::from_shape_vec(dim, y.iter().copied().collect()).expect("as many values"))
}

/// `(1/n) Σ_i ℓ(f_i, y_i)`.
pub(super) fn mean_loss(loss: &(dyn Loss + Send + Sync), outputs: &Array2<f64>, targets: &Array2<f64>) -> f64 {
    let pairs = outputs.axis_iter(Axis(0)).zip(targets.axis_iter(Axis(0)));
    pairs.map(|(f, y)| loss.value(&f.to_vec(), &y.to_vec())).sum::<f64>() / outputs.nrows() as f64
}

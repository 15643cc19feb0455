//! What is recorded of a training run, and when.

mod records;
mod state;
mod when;

pub(super) use records::Recorder;
pub use records::{Records, Series};
pub use state::State;
pub use when::When;
pub(super) use when::{Clock, Due};

use super::objective::{mean_loss, rows};
use crate::checkpoint::identity::digest;
use crate::data::accuracy;
use crate::error::{Error, Result};
use crate::kernel::Outputs;
use crate::linalg::TopEigenvalue;
use crate::random::Seed;
use crate::regression::Loss;
use ndarray::{Array, Array2, ArrayD, Axis, Dimension, arr0};
use std::sync::Arc;

/// What is recorded of a training run, and at which steps: [given to a trainer](super::Trainer::observe), it comes back as [`Records`].
/// A record is taken before its step, and the last one after the last.
///
/// Whatever can be computed of the [state](State) of a run can be recorded, by [`Observer::value`] or [`Observer::array`]:
/// ```
/// use hadamard::prelude::*;
///
/// let (x, x_test) = (sphere(30, 4, Seed(0))?, sphere(10, 4, Seed(1))?);
/// let mut network = mlp(2).width(32).input(4).init(Seed(2))?;
/// let observer = Observer::new(When::Steps(vec![0, 1, 10, 100]))
///     .loss()
///     .outputs("f on test points", &x_test)
///     .kernel("NTK", Outputs::All, &x_test)
///     .value("weight norm", |state| Ok(state.model.parameters().iter().map(|p| p.iter().map(|v| v * v).sum::<f64>()).sum()));
/// let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?;
/// let run = Trainer::steps(100, Sgd::new(0.05)).observe(observer).train(&mut network, &objective)?;
/// let records = &run.records[0];
/// assert_eq!(records.steps, [0, 1, 10, 100]);
/// assert!(records.values("loss")?[3] < records.values("loss")?[0]);
/// assert_eq!(records.array("NTK")?.shape(), [4, 10, 10]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Observer {
    pub(super) when: When,
    pub(super) quantities: Vec<Quantity>,
}

/// What parameters are recorded as.
const PARAMETERS: &str = "parameters";

type Measure = dyn Fn(&State<'_>, &mut Memory) -> Result<ArrayD<f64>> + Send + Sync;

/// What a quantity keeps from record to record, in a checkpoint too.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// Records before this one.
    pub records: u64,
    /// Rows.
    pub vectors: Option<Array2<f64>>,
}

/// A named function of the state.
#[derive(Clone)]
pub(super) struct Quantity {
    pub name: String,
    /// What it depends on besides the state, by which a checkpoint knows it.
    pub identity: String,
    pub measure: Arc<Measure>,
}

impl Observer {
    /// Nothing yet, at these steps.
    pub fn new(when: When) -> Self {
        Self { when, quantities: Vec::new() }
    }

    /// The mean loss on all training points as they are, without the penalty, as `loss`. Free in a full batch, one forward pass in
    /// minibatches or of batches that are perturbed.
    pub fn loss(self) -> Self {
        self.value("loss", |state| state.loss())
    }

    /// The share of training points that are classified right, as `accuracy`: by the largest output, of a single output by its sign. Costs
    /// as the loss.
    pub fn accuracy(self) -> Self {
        self.value("accuracy", |state| state.accuracy())
    }

    /// Outputs on the training points, `[n, c]`, as `outputs`. Costs as the loss.
    pub fn training_outputs(self) -> Self {
        self.array("outputs", |state| Ok(state.outputs()?.clone().into_dyn()))
    }

    /// Outputs on other points, `[m, c]`.
    pub fn outputs(self, name: &str, x: &Array2<f64>) -> Self {
        let (identity, x) = (digest(x), x.clone());
        self.with(name, identity, move |state| Ok(state.model.outputs(&x)?.into_dyn()))
    }

    /// The mean of a loss on other points with targets `[m]` or `[m, c]`.
    ///
    /// # Errors
    /// [`Error::Size`] for another number of targets than of points; whatever the loss says of the targets.
    pub fn loss_on<D: Dimension>(
        self,
        name: &str,
        x: &Array2<f64>,
        y: &Array<f64, D>,
        loss: impl Loss + Send + Sync + 'static,
    ) -> Result<Self> {
        let y = targets(x, y)?;
        loss.check(&y)?;
        let (identity, x) = (digest(&(x, &y)), x.clone());
        Ok(self.with(name, identity, move |state| Ok(arr0(mean_loss(&loss, &of_size(state, &x, &y)?, &y)).into_dyn())))
    }

    /// The share of other points that are classified right, with targets `[m]` or `[m, c]`, as [`Observer::accuracy`].
    ///
    /// # Errors
    /// [`Error::Size`] for another number of targets than of points.
    pub fn accuracy_on<D: Dimension>(self, name: &str, x: &Array2<f64>, y: &Array<f64, D>) -> Result<Self> {
        let y = targets(x, y)?;
        let (identity, x) = (digest(&(x, &y)), x.clone());
        Ok(self.with(name, identity, move |state| Ok(arr0(accuracy_of(&of_size(state, &x, &y)?, &y)?).into_dyn())))
    }

    /// The tangent kernel of some points with themselves, `[m, m]`, or `[m c, m c]` of all outputs.
    pub fn kernel(self, name: &str, outputs: Outputs, x: &Array2<f64>) -> Self {
        let (identity, x) = (format!("{outputs:?} {}", digest(x)), x.clone());
        self.with(name, identity, move |state| {
            Ok(state.model.kernel_of(outputs, &x)?.ntk().values().clone().into_dyn())
        })
    }

    /// The sharpness of a network, as `sharpness`: the largest eigenvalue of the Hessian of the mean loss on all training points, without the
    /// penalty, with the parameters' own learning rates (`R^½ H R^½`); descent at a rate `η` is unstable above `2/η`. To 2 % in the residual
    /// of the eigenvector, and so to a small part of that in the value ([`TopEigenvalue`]); each record goes on from the two top
    /// vectors of the one before, and every sixteenth begins anew.
    ///
    /// In a run it fails with [`Error::Unlike`] for a model other than a network, [`Error::NoSecondDerivative`] and
    /// [`Error::NotConverged`].
    pub fn sharpness(self) -> Self {
        self.remembering("sharpness", String::new(), |state, memory| {
            let operator = state.model.hessian(state.objective)?;
            // Gradients lie mostly along the top of the Hessian (Gur-Ari, Roberts and Dyer 2018).
            let start = match memory.vectors.take() {
                None => state.gradient_direction()?.map(|gradient| gradient.insert_axis(Axis(0))),
                known => known,
            };
            let mut top = TopEigenvalue::new(Seed(0)).resume(memory.records, start);
            let value = top.of(&*operator)?;
            memory.vectors = top.memory().cloned();
            Ok(arr0(value).into_dyn())
        })
    }

    /// The parameters, one after the other in a vector, as `parameters`: [`Records::network`] makes networks of them.
    pub fn parameters(self) -> Self {
        self.array(PARAMETERS, |state| {
            let all = state.model.parameters().into_iter().flatten();
            Ok(all.collect::<ndarray::Array1<f64>>().into_dyn())
        })
    }

    /// A number of one's own.
    pub fn value(self, name: &str, of: impl Fn(&State<'_>) -> Result<f64> + Send + Sync + 'static) -> Self {
        self.with(name, String::new(), move |state| Ok(arr0(of(state)?).into_dyn()))
    }

    /// An array of one's own, of the same shape in every record.
    pub fn array(self, name: &str, of: impl Fn(&State<'_>) -> Result<ArrayD<f64>> + Send + Sync + 'static) -> Self {
        self.with(name, String::new(), of)
    }

    fn with(
        self,
        name: &str,
        identity: String,
        measure: impl Fn(&State<'_>) -> Result<ArrayD<f64>> + Send + Sync + 'static,
    ) -> Self {
        self.remembering(name, identity, move |state, _| measure(state))
    }

    fn remembering(
        mut self,
        name: &str,
        identity: String,
        measure: impl Fn(&State<'_>, &mut Memory) -> Result<ArrayD<f64>> + Send + Sync + 'static,
    ) -> Self {
        self.quantities.push(Quantity { name: name.into(), identity, measure: Arc::new(measure) });
        self
    }
}

impl std::fmt::Debug for Observer {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.quantities.iter().map(|quantity| quantity.name.as_str()).collect();
        write!(f, "{} at {:?}", names.join(", "), self.when)
    }
}

/// # Errors
/// [`Error::Size`].
fn targets<D: Dimension>(x: &Array2<f64>, y: &Array<f64, D>) -> Result<Array2<f64>> {
    let y = rows(y)?;
    match y.nrows() == x.nrows() {
        true => Ok(y),
        false => Err(Error::Size { place: "observer", what: "targets", expected: x.nrows(), got: y.nrows() }),
    }
}

/// The outputs on some points, which must be as many as there are targets.
fn of_size(state: &State<'_>, x: &Array2<f64>, y: &Array2<f64>) -> Result<Array2<f64>> {
    let outputs = state.model.outputs(x)?;
    match outputs.ncols() == y.ncols() {
        true => Ok(outputs),
        false => {
            let (what, expected) = ("columns of targets", outputs.ncols());
            Err(Error::Size { place: "observer", what, expected, got: y.ncols() })
        }
    }
}

/// The share of rows whose largest output is at the largest target; of one column, whose signs agree.
pub(crate) fn accuracy_of(outputs: &Array2<f64>, targets: &Array2<f64>) -> Result<f64> {
    let classes = |values: &Array2<f64>| -> Vec<usize> {
        let largest = |row: ndarray::ArrayView1<'_, f64>| match row.len() {
            1 => usize::from(row[0] > 0.0),
            _ => (0..row.len()).max_by(|&i, &j| row[i].total_cmp(&row[j]).then(j.cmp(&i))).expect("some outputs"),
        };
        values.rows().into_iter().map(largest).collect()
    };
    accuracy(&classes(outputs), &classes(targets))
}

//! Training, compiled once per number type, as the [sweeps](crate::sweep::Sweeps) are: generic code is compiled where it is used,
//! without optimisation if that is the cell of a notebook.

use super::{AnyModel, Linearised, Model, Objective, Optimiser, RowLoss, Trainer, TrainingRun};
use crate::error::Result;
use ndarray::{Array2, ArrayView2};

/// Training in a number type.
pub trait Training: Sized {
    /// See [`Trainer::train`].
    fn train(how: &Trainer, model: &mut dyn Model<Self>, objective: &Objective) -> Result<TrainingRun>;
    /// See [`Objective::value`].
    fn objective_value(objective: &Objective, model: &dyn Model<Self>) -> Result<f64>;
    /// See [`Objective::gradient`].
    fn objective_gradient(objective: &Objective, model: &dyn Model<Self>) -> Result<(f64, Vec<Array2<Self>>)>;
    /// See [`Model::loss_gradient`].
    fn linearised_loss_gradient(
        model: &Linearised<Self>,
        x: ArrayView2<'_, Self>,
        loss: &RowLoss<'_, Self>,
    ) -> (f64, Vec<Array2<Self>>);
    /// A model with its number type named.
    fn any(model: &dyn Model<Self>) -> AnyModel<'_>;
    /// The `t`-th step of a parameter along its gradient, with what multiplies its learning rate and what the rule remembers.
    fn step(
        optimiser: &Optimiser,
        t: u64,
        parameter: (&mut Array2<Self>, f64),
        gradient: &Array2<Self>,
        memory: &mut [Array2<Self>],
    );
}

macro_rules! compiled {
    ($($float:ty: $any:ident),*) => {$(
        impl Training for $float {
            fn train(how: &Trainer, model: &mut dyn Model<Self>, objective: &Objective) -> Result<TrainingRun> {
                how.train_here(model, objective)
            }
            fn objective_value(objective: &Objective, model: &dyn Model<Self>) -> Result<f64> {
                objective.value_here(model)
            }
            fn objective_gradient(objective: &Objective, model: &dyn Model<Self>) -> Result<(f64, Vec<Array2<Self>>)> {
                objective.gradient_here(model)
            }
            fn linearised_loss_gradient(
                model: &Linearised<Self>,
                x: ArrayView2<'_, Self>,
                loss: &RowLoss<'_, Self>,
            ) -> (f64, Vec<Array2<Self>>) {
                model.loss_gradient_here(x, loss)
            }
            fn any(model: &dyn Model<Self>) -> AnyModel<'_> {
                AnyModel::$any(model)
            }
            fn step(
                optimiser: &Optimiser,
                t: u64,
                (values, rate): (&mut Array2<Self>, f64),
                gradient: &Array2<Self>,
                memory: &mut [Array2<Self>],
            ) {
                match optimiser {
                    Optimiser::Sgd(sgd) => sgd.step(rate, values, gradient, memory),
                    Optimiser::Adam(adam) => adam.step(t, rate, values, gradient, memory),
                    Optimiser::Adadelta(adadelta) => adadelta.step(rate, values, gradient, memory),
                }
            }
        }
    )*};
}

compiled!(f32: Single, f64: Double);

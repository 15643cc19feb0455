//! Training, compiled once per number type.

use super::model::NumberType;
use super::{Linearised, Model, Objective, Optimiser, RowLoss, Trainer, TrainingRun};
use crate::error::Result;
use crate::instances::instances;
use crate::net::Network;
use ndarray::{Array2, ArrayView2};

instances! {
    /// Training in a number type.
    pub trait Training: NumberType {
        /// See [`Trainer::train`].
        fn train(how: &Trainer, model: &mut dyn Model<Self>, objective: &Objective) -> Result<TrainingRun> =
            Trainer::train_here;
        /// See [`Objective::value`].
        fn objective_value(objective: &Objective, model: &dyn Model<Self>) -> Result<f64> = Objective::value_here;
        /// See [`Objective::gradient`].
        fn objective_gradient(objective: &Objective, model: &dyn Model<Self>) -> Result<(f64, Vec<Array2<Self>>)> =
            Objective::gradient_here;
        /// See [`Objective::kernel_velocity`].
        fn kernel_velocity(
            objective: &Objective, network: &Network<Self>, x: &Array2<f64>,
        ) -> Result<Array2<f64>> = Objective::kernel_velocity_here;
        /// See [`Model::loss_gradient`].
        fn linearised_loss_gradient(
            model: &Linearised<Self>, x: ArrayView2<'_, Self>, loss: &RowLoss<'_, Self>,
        ) -> (f64, Vec<Array2<Self>>) = Linearised::loss_gradient_here;
        /// The `t`-th step of a parameter along its gradient, with what multiplies its learning rate and what the rule remembers.
        fn step(
            optimiser: &Optimiser, t: u64, parameter: (&mut Array2<Self>, f64), gradient: &Array2<Self>,
            memory: &mut [Array2<Self>],
        ) = Optimiser::step_one;
    }
}

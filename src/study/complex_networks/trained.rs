//! Trained complex networks against gradient descent in the limit of the real ones.

use super::width_law::points;
use crate::names::*;
use crate::saved_fields;

/// Training points, and points that are not.
const TRAINING: usize = 40;
const OTHERS: usize = 40;
/// The learning rate, as a share of the one that takes the top mode in a step.
const RATE: f64 = 0.5;

/// Complex networks of one width.
#[derive(Clone)]
pub(in crate::study) struct Trained {
    pub width: usize,
    /// Root mean square of the outputs on other points less those of the real limit from the same start, over what training moves there:
    /// a number per network.
    pub gaps: Vec<f64>,
}
saved_fields!(Trained { width, gaps });

impl Trained {
    pub fn measure([complex, real]: [&Net; 2], (width, draws, steps): (usize, usize, u64), seed: Seed) -> Result<Self> {
        let (x, others) = (points(complex, TRAINING, seed.child(0))?, points(complex, OTHERS, seed.child(1))?);
        // Of fewer than three columns the first again.
        let at = |row: usize, column: usize| x[[row, column % x.ncols()]];
        let y = Array2::from_shape_fn((TRAINING, 1), |(i, _)| at(i, 0) * at(i, 1) + 0.5 * at(i, 2));
        let limit = real.limit_kernel(&x)?.ntk().regression(&y.column(0).to_owned())?;
        let cross = real.limit_kernel_between(&others, &x)?;
        // The loss is the mean square: its rate is that of the regression.
        let rate = RATE * limit.max_learning_rate() / 2.0;
        let objective = Objective::new(&x, &y, SquaredError)?;
        let trainer = Trainer::steps(steps, Sgd::new(rate)).quiet();
        let nets = complex.clone().width(width).network_ensemble(draws, seed.child(2).child(width as u64))?;
        let gaps = nets.map(|net| {
            let [start, start_on_others] = [&x, &others].map(|x| net.outputs(x));
            let (start, start_on_others) = (start?.column(0).to_owned(), start_on_others?.column(0).to_owned());
            let mut net = net.clone();
            trainer.train(&mut net, &objective)?;
            let outputs = net.outputs(&others)?.column(0).to_owned();
            let descent = limit.clone().from_outputs(&start)?.gradient_descent(LearningRate::Fixed(rate))?;
            let predicted = descent.predict_on(cross.ntk(), &start_on_others, &[steps as f64])?.row(0).to_owned();
            let size = |v: Vector| v.iter().map(|v| v * v).sum::<f64>().sqrt();
            Ok(size(&outputs - &predicted) / size(&predicted - &start_on_others))
        })?;
        Ok(Self { width, gaps })
    }
}

//! Where training stops to fit.

use crate::names::*;
use crate::saved_fields;

/// Steps of a mean of the loss: training ends when it rises.
const WINDOW: usize = 100;

/// One network trained on noise.
#[derive(Clone)]
pub(in crate::study) struct Trained {
    pub samples: usize,
    pub width: usize,
    pub steps: usize,
    /// The mean squared error over the last window.
    pub loss: f64,
}
saved_fields!(Trained { samples, width, steps, loss });

impl Trained {
    /// By Adam in full batches at the paper's rate, `1 / (10 √N)`, in single precision as there.
    pub fn measure(net: &Net, (samples, width): (usize, usize), steps: u64, seed: Seed) -> Result<Self> {
        let x = gaussian(samples, width, seed.child(0))?;
        let y = gaussian(samples, 1, seed.child(1))?;
        let mut network = net.init(seed.child(2))?.cast::<f32>();
        let rate = 1.0 / (10.0 * (samples as f64).sqrt());
        let trainer = Trainer::steps(steps, Adam::new(rate)).stop_rising(WINDOW).quiet();
        let run = trainer.train(&mut network, &Objective::new(&x, &y, SquaredError)?)?;
        // The window that rose is not the result: the one before it is.
        let end = run.losses.len() - if run.stopped.is_some() { WINDOW } else { 0 };
        let last = &run.losses[end.saturating_sub(WINDOW)..end];
        Ok(Self { samples, width, steps: run.steps as usize, loss: last.iter().sum::<f64>() / last.len() as f64 })
    }
}

/// Where a falling curve through points of rising `x` goes below a level, by a straight line between the two beside it; none if it
/// does not, or starts below.
pub(super) fn crossing(points: &[(f64, f64)], level: f64) -> Option<f64> {
    let pair = points.windows(2).find(|pair| pair[0].1 > level && pair[1].1 <= level)?;
    let share = (pair[0].1 - level) / (pair[0].1 - pair[1].1);
    Some(pair[0].0 + share * (pair[1].0 - pair[0].0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_crossed_between_its_points() {
        let points = [(1.0, 0.0), (2.0, -1.0), (4.0, -9.0)];
        assert_eq!(crossing(&points, -5.0), Some(3.0));
        assert_eq!(
            (crossing(&points, 1.0), crossing(&points, -10.0), crossing(&points, -1.0)),
            (None, None, Some(2.0))
        );
    }
}

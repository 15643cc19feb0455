//! The nearest maximum of a smooth function in a box, by L-BFGS-B.

use crate::error::{Error, Result};
use basin::{
    BoxBounds, ConstraintDescription, ConstraintSet, ConstraintSolveError, Constraints, CostFunction, Executor,
    FirstOrderState, Gradient, Lbfgs,
};
use std::cell::RefCell;

/// A value and its gradient.
type Slope = (f64, Vec<f64>);

/// A climb ends with a step that gains less than this share of the value.
const GAIN: f64 = 1e-9;

/// Climbs from a point between `lower` and `upper` until so many evaluations are used up, those of the last line search included. Returns
/// what was highest on the way, which is the start where no step from it goes up.
///
/// ## References
/// Byrd, Lu, Nocedal and Zhu 1995.
pub(super) fn climb(
    function: &dyn Fn(&[f64]) -> Result<Slope>,
    (lower, upper): (&[f64], &[f64]),
    start: &[f64],
    evaluations: u64,
) -> Result<(f64, Vec<f64>)> {
    let highest = RefCell::new((f64::NEG_INFINITY, start.to_vec()));
    let descent = Descent { function, lower: lower.to_vec(), upper: upper.to_vec(), highest: &highest };
    let solver = Lbfgs::new().with_relative_cost_reduction_tolerance(GAIN);
    let run = Executor::new(descent, solver, FirstOrderState::new(start.to_vec())).max_cost_evals(evaluations);
    match run.run() {
        // A line search may have tried a point above the one that it ended at.
        Ok(_) => Ok(highest.into_inner()),
        Err(ConstraintSolveError::Evaluation(error)) => Err(error),
        Err(other) => unreachable!("a start between bounds of its size: {other}"),
    }
}

/// The function downhill.
struct Descent<'a> {
    function: &'a dyn Fn(&[f64]) -> Result<Slope>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    highest: &'a RefCell<(f64, Vec<f64>)>,
}

impl Descent<'_> {
    fn at(&self, x: &[f64]) -> Result<Slope> {
        let found = (self.function)(x)?;
        let mut highest = self.highest.borrow_mut();
        if found.0 > highest.0 {
            *highest = (found.0, x.to_vec());
        }
        Ok(found)
    }
}

impl Constraints for Descent<'_> {
    type Set = ConstraintSet<BoxBounds<Vec<f64>>>;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        ConstraintSet::new().with_bounds(BoxBounds::new(Some(&self.lower), Some(&self.upper)))
    }
}

impl CostFunction for Descent<'_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Error;

    fn cost(&self, x: &Vec<f64>) -> Result<f64> {
        Ok(-self.at(x)?.0)
    }
}

impl Gradient for Descent<'_> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>> {
        Ok(self.cost_and_gradient(x)?.1)
    }

    fn cost_and_gradient(&self, x: &Vec<f64>) -> Result<Slope> {
        let (value, slope) = self.at(x)?;
        Ok((-value, slope.into_iter().map(|v| -v).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's function upside down, whose maximum within the box is at a bound where the box leaves (1, 1) out.
    fn valley(x: &[f64]) -> Result<Slope> {
        let (a, b) = (x[0], x[1]);
        let slope = vec![2.0 * (1.0 - a) + 400.0 * a * (b - a * a), -200.0 * (b - a * a)];
        Ok((-(1.0 - a).powi(2) - 100.0 * (b - a * a).powi(2), slope))
    }

    #[test]
    fn the_top_is_found_within_the_box_and_at_its_border() -> Result<()> {
        for (upper, top) in [(2.0, [1.0, 1.0]), (0.5, [0.5, 0.25])] {
            let (value, point) = climb(&valley, (&[-2.0; 2], &[upper; 2]), &[-1.2, 0.4], 200)?;
            assert!(point.iter().zip(top).all(|(found, top)| (found - top).abs() <= 1e-6), "{point:?}");
            assert!((value - valley(&top)?.0).abs() <= 1e-9);
        }
        Ok(())
    }

    #[test]
    fn a_flat_function_and_one_without_numbers_leave_the_start_and_an_error_comes_back() -> Result<()> {
        let box_of = (&[-1.0][..], &[1.0][..]);
        assert_eq!(climb(&|_| Ok((3.0, vec![0.0])), box_of, &[0.2], 50)?, (3.0, vec![0.2]));
        assert_eq!(climb(&|_| Ok((f64::NAN, vec![f64::NAN])), box_of, &[0.2], 50)?.1, [0.2]);
        let refused = climb(&|_| Err(Error::Overflow { place: "test" }), box_of, &[0.2], 50);
        assert!(matches!(refused, Err(Error::Overflow { place: "test" })));
        Ok(())
    }
}

//! Functions that a strategy maximises, and where they are largest.

use super::climb::climb;
use crate::error::{Error, Result, check_memory};
use crate::random::Seed;
use ndarray::{Array1, Array2, ArrayView1, Axis};

const PLACE: &str = "maximum of an acquisition";

/// Half the step of a central difference; the cube of a [round](super::Round) is 2 wide.
const STEP: f64 = 1e-5;
/// Evaluations of L-BFGS-B from one start: functions drawn by ReLU have kinks, at which a line search never ends well.
const EVALUATIONS: u64 = 40;

/// A function of points: one that was drawn from a posterior, or what stands for how promising a point is.
pub trait Acquisition {
    /// Its values `[m]` on points `[m, d]`.
    ///
    /// # Errors
    /// Bad input; those of the function.
    fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>>;

    /// Its gradients, `[m, d]`: central differences where they are not known.
    ///
    /// # Errors
    /// As for [`Acquisition::values`].
    fn gradients(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        let (m, d) = x.dim();
        let moved = |step: f64| {
            let mut all = Array2::zeros((m * d, d));
            for (k, mut row) in all.axis_iter_mut(Axis(0)).enumerate() {
                row.assign(&x.row(k / d));
                row[k % d] += step;
            }
            self.values(&all)
        };
        let slopes = (moved(STEP)? - moved(-STEP)?) / (2.0 * STEP);
        let (expected, got) = (m * d, slopes.len());
        let wrong = |_| Error::Size { place: PLACE, what: "values", expected, got };
        slopes.into_shape_with_order((m, d)).map_err(wrong)
    }
}

/// Points uniform in the cube from -1 to 1, `[count, d]`.
///
/// # Errors
/// [`Error::Memory`].
pub(super) fn uniform(count: usize, d: usize, seed: Seed) -> Result<Array2<f64>> {
    check_memory("random points", &[count, d])?;
    let mut draw = seed.uniforms(0);
    Ok(Array2::from_shape_simple_fn((count, d), || 2.0 * draw() - 1.0))
}

/// Values and gradients of an acquisition, which a user may have written.
struct Checked<'a>(&'a dyn Acquisition);

impl Checked<'_> {
    fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
        let values = self.0.values(x)?;
        match values.len() == x.nrows() {
            true => Ok(values),
            false => Err(Error::Size { place: PLACE, what: "values", expected: x.nrows(), got: values.len() }),
        }
    }

    fn gradients(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        let gradients = self.0.gradients(x)?;
        for (what, expected, got) in [
            ("rows of gradients", x.nrows(), gradients.nrows()),
            ("coordinates of a gradient", x.ncols(), gradients.ncols()),
        ] {
            if expected != got {
                return Err(Error::Size { place: PLACE, what, expected, got });
            }
        }
        Ok(gradients)
    }
}

/// The index of the largest value, the first of equal ones.
///
/// # Errors
/// [`Error::NotFinite`].
pub(super) fn largest(place: &'static str, values: &Array1<f64>) -> Result<usize> {
    if let Some((row, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(Error::NotFinite { place, row, column: 0, value });
    }
    let higher = |best: usize, (index, value): (usize, &f64)| if *value > values[best] { index } else { best };
    Ok(values.iter().enumerate().fold(0, higher))
}

/// The point of the cube from -1 to 1 with the largest value that was found: the best of `candidates`, `[m, d]`, and of where L-BFGS-B ends
/// from each of the `starts` best of them.
pub(super) fn maximise(acquisition: &dyn Acquisition, candidates: &Array2<f64>, starts: usize) -> Result<Array1<f64>> {
    let acquisition = Checked(acquisition);
    let values = acquisition.values(candidates)?;
    let top = largest(PLACE, &values)?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let mut best = (values[top], candidates.row(top).to_owned());
    let (lower, upper) = (vec![-1.0; candidates.ncols()], vec![1.0; candidates.ncols()]);
    let slope = |x: &[f64]| {
        let x = ArrayView1::from(x).insert_axis(Axis(0)).to_owned();
        Ok((acquisition.values(&x)?[0], acquisition.gradients(&x)?.row(0).to_vec()))
    };
    for &start in order.iter().take(starts) {
        let from = candidates.row(start).to_vec();
        let (value, point) = climb(&slope, (&lower, &upper), &from, EVALUATIONS)?;
        if value > best.0 {
            best = (value, Array1::from(point));
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// `-|x - c|²`, whose gradient is left to differences.
    struct Hill(Array1<f64>);

    impl Acquisition for Hill {
        fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
            Ok((x - &self.0).map_axis(Axis(1), |row| -row.dot(&row)))
        }
    }

    #[test]
    fn differences_equal_the_gradient_and_the_top_is_found_in_the_cube() -> Result<()> {
        let hill = Hill(array![0.3, -0.7, 2.0]);
        let x = uniform(4, 3, Seed(0))?;
        let expected = (&x - &hill.0) * -2.0;
        assert!((hill.gradients(&x)? - &expected).iter().all(|e| e.abs() <= 1e-9));
        let top = maximise(&hill, &uniform(20, 3, Seed(1))?, 2)?;
        assert!((top - array![0.3, -0.7, 1.0]).iter().all(|e| e.abs() <= 1e-6));
        let alone = uniform(20, 3, Seed(1))?;
        let best = maximise(&hill, &alone, 0)?;
        assert!(alone.rows().into_iter().any(|row| row == best));
        Ok(())
    }

    #[test]
    fn values_that_are_no_numbers_are_refused_with_the_row() {
        let refused = largest("test", &array![1.0, f64::NAN, 2.0]);
        assert!(matches!(refused, Err(Error::NotFinite { row: 1, .. })));
        assert!(matches!(largest("test", &array![1.0, 3.0, 3.0]), Ok(1)));
    }
}

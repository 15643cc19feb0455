//! Ridges chosen by an error that the eigendecomposition gives for many of them at once.

use super::{KernelRegression, MeanSquaredError, Regularization, Ridge};
use crate::error::{Error, Result, check_memory};
use crate::kernel::Kernel;
use crate::linalg::{multiply, single_threaded_blas};
use crate::net::finite;
use ndarray::{Array, Array2, Array3, Axis, Dimension, Ix1, s};
use ndarray_linalg::{FactorizeCInto, SolveC, UPLO};

/// The error by which a ridge is chosen: see [`KernelRegression::ridge_by`].
#[derive(Clone, Copy, Debug)]
pub enum RidgeChoice<'a, D: Dimension = Ix1> {
    /// The mean over the points of `|y_i - f_{-i}(x_i)|²`, `f_{-i}` being the ridge regression without point `i`, all its outputs left out
    /// together: what [`KernelRegression::leave_one_out`] has, in the mean.
    LeaveOneOut,
    /// Generalised cross-validation, `(1/n) |(I - S) y|² / (tr(I - S)/n)²` with `S = Θ (Θ + λ I)⁻¹`, which fits `S y` to the targets (Golub,
    /// Heath and Wahba 1979).
    GeneralisedCrossValidation,
    /// The mean squared error on other points.
    Validation {
        /// `Θ(X*, X): [m, n]`, full if the kernel is.
        cross: &'a Kernel,
        /// `[m, …]`, with the other axes of the training targets; less `f0(X*)` if the regression starts from outputs.
        targets: &'a Array<f64, D>,
    },
}

/// Ridges of several sizes, an entry of each vector for each: built by [`KernelRegression::ridge_by`].
#[derive(Clone)]
pub struct RidgePath<D: Dimension = Ix1> {
    /// The ridge of the smallest error.
    pub best: Ridge<D>,
    /// `λ`, in the order given.
    pub lambdas: Vec<f64>,
    /// The error chosen by; infinite where `Θ + λ I` cannot be inverted.
    pub errors: Vec<f64>,
    /// The mean squared error on the training points; that of the end of training where `Θ + λ I` cannot be inverted.
    pub training: Vec<f64>,
    /// `tr S`, the effective number of parameters; of a full kernel up to points times outputs.
    pub degrees_of_freedom: Vec<f64>,
}

impl<D: Dimension> std::fmt::Debug for RidgePath<D> {
    /// Two lines.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends =
            |values: &[f64]| values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let ((low, high), (best, worst), count) = (ends(&self.lambdas), ends(&self.errors), self.lambdas.len());
        writeln!(f, "{count} ridges from {low:.3e} to {high:.3e}, errors {best:.4e} to {worst:.4e}; the best:")?;
        write!(f, "{:?}", self.best)
    }
}

impl<D: Dimension> KernelRegression<D> {
    /// The ridge of the smallest error from several, as `.ridge_by(RidgeChoice::LeaveOneOut, &[1e-6, 1e-4, 1e-2])?`, with the errors of
    /// all. None is fitted anew.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// use hadamard::regression::RidgeChoice;
    ///
    /// let x = sphere(60, 4, Seed(0))?;
    /// let noise = sphere(60, 2, Seed(1))?;
    /// let y = Array1::from_shape_fn(60, |i| x[[i, 0]] * x[[i, 1]] + 0.1 * noise[[i, 0]]);
    /// let regression = mlp(2).limit_kernel(&x)?.ntk().regression(&y)?;
    /// let path = regression.ridge_by(RidgeChoice::LeaveOneOut, &[1e-4, 1e-2, 1.0, 100.0])?;
    /// let best = path.lambdas.iter().position(|&lambda| lambda == path.best.condition.lambda).unwrap();
    /// assert!(path.errors.iter().all(|&error| error >= path.errors[best]));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] for no ridge at all and one that is negative or not finite; [`Error::Singular`] if none makes `Θ + λ I` invertible;
    /// [`Error::Size`] or [`Error::NotFinite`] for points of validation that do not fit; [`Error::Memory`].
    pub fn ridge_by<R: Copy + Into<Regularization>>(
        &self,
        choice: RidgeChoice<'_, D>,
        ridges: &[R],
    ) -> Result<RidgePath<D>> {
        let place = "ridge path";
        if ridges.is_empty() {
            return Err(Error::Range { place, what: "the number of ridges", value: 0.0, legal: "at least 1" });
        }
        let modes = self.residual_modes();
        // What validation needs of its points for every ridge.
        let validation = match choice {
            RidgeChoice::Validation { cross, targets } => {
                let values = self.kernel.cross(place, cross)?;
                let (points, _) = cross.points();
                let targets = self.axes.matrix(place, targets, points)?;
                check_memory(place, &[2, values.len()])?;
                let rotated = multiply(values, &self.eigen().vectors.t());
                Some((rotated, targets, MeanSquaredError::of(points)))
            }
            RidgeChoice::LeaveOneOut | RidgeChoice::GeneralisedCrossValidation => None,
        };
        let (mut best, mut refused) = (None, None);
        let (mut lambdas, mut errors) = (Vec::new(), Vec::new());
        let (mut training, mut degrees_of_freedom) = (Vec::new(), Vec::new());
        for ridge in ridges {
            let condition = self.regularized(place, (*ridge).into())?;
            let lambda = condition.lambda;
            let shifted = (&self.eigen().values + lambda).insert_axis(Axis(1));
            // Where nothing is added to an eigenvalue that is zero by rounding, what it would fit is not fitted.
            let left = &modes * &shifted.mapv(|value| if value > condition.noise { lambda / value } else { 1.0 });
            lambdas.push(lambda);
            training.push(self.loss().value(&left));
            let fitted = shifted.iter().filter(|value| **value > condition.noise);
            degrees_of_freedom.push(fitted.map(|value| (value - lambda).max(0.0) / value).sum());
            if let Err(error) = condition.invertible(place) {
                refused.get_or_insert(error);
                errors.push(f64::INFINITY);
                continue;
            }
            let error = match (&choice, &validation) {
                (RidgeChoice::Validation { .. }, Some((rotated, targets, loss))) => {
                    loss.value(&(targets - multiply(rotated, &(&modes / &shifted))))
                }
                (RidgeChoice::GeneralisedCrossValidation, _) => {
                    // λ (Θ + λ I)⁻¹ for I - S above and below; λ cancels.
                    let trace = shifted.iter().map(|value| value.recip()).sum::<f64>() / self.kernel.rows() as f64;
                    self.loss().value(&(&modes / &shifted)) / trace.powi(2)
                }
                _ => self.loss().value(&self.left_out(place, &modes, lambda)?),
            };
            if !error.is_finite() {
                return Err(Error::Overflow { place });
            }
            if best.is_none_or(|(_, smallest)| error < smallest) {
                best = Some((lambda, error));
            }
            errors.push(error);
        }
        match (best, refused) {
            (Some((lambda, _)), _) => {
                Ok(RidgePath { best: self.ridge(lambda)?, lambdas, errors, training, degrees_of_freedom })
            }
            (None, refused) => Err(refused.expect("a ridge that has no error was refused")),
        }
    }

    /// `y_i - f_{-i}(x_i)`, in the shape of the targets: what each point is off from the ridge regression without it, all its outputs left
    /// out together. With `G = (Θ + λ I)⁻¹` it is `G_ii⁻¹ (G y)_i` (Rasmussen and Williams 2006, equation 5.12), a block `G_ii` for each
    /// point of a full kernel.
    ///
    /// # Errors
    /// As for [`KernelRegression::ridge`].
    pub fn leave_one_out(&self, regularization: impl Into<Regularization>) -> Result<Array<f64, D>> {
        let place = "leave-one-out residuals";
        let condition = self.regularized(place, regularization.into())?;
        condition.invertible(place)?;
        Ok(self.axes.array(&self.left_out(place, &self.residual_modes(), condition.lambda)?))
    }

    /// `[n c, columns]`.
    fn left_out(&self, place: &'static str, modes: &Array2<f64>, lambda: f64) -> Result<Array2<f64>> {
        let (points, c, eigen) = (self.kernel.points(), self.kernel.outputs(), self.eigen());
        check_memory(place, &[points * c * (c + 4 * modes.ncols())])?;
        let shifted = (&eigen.values + lambda).insert_axis(Axis(1));
        let mut left_out = multiply(&eigen.vectors.t(), &(modes / &shifted));
        let mut blocks = Array3::zeros((points, c, c));
        for (vector, value) in eigen.vectors.rows().into_iter().zip(&shifted) {
            for (point, mut block) in blocks.outer_iter_mut().enumerate() {
                for ((o, by), entry) in block.indexed_iter_mut() {
                    *entry += vector[point * c + o] * vector[point * c + by] / value;
                }
            }
        }
        let _blas = single_threaded_blas();
        for (point, block) in blocks.outer_iter().enumerate() {
            let mut rows = left_out.slice_mut(s![point * c..(point + 1) * c, ..]);
            if c == 1 {
                rows /= block[[0, 0]];
                continue;
            }
            let failed = |_| Error::Lapack { routine: "dpotrf", info: 1, n: c };
            let factor = block.to_owned().factorizec_into(UPLO::Lower).map_err(failed)?;
            for mut column in rows.columns_mut() {
                factor.solvec_inplace(&mut column).map_err(failed)?;
            }
        }
        finite(place, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::gaussian_process::tests::{blocks, inverse};
    use super::super::tests::{kernel, largest};
    use super::*;
    use crate::random::Seed;
    use ndarray::{Array1, array};

    /// `[n, n]` without some rows and columns.
    fn without(a: &Array2<f64>, point: usize) -> (Vec<usize>, Array2<f64>) {
        let rest: Vec<usize> = (0..a.nrows()).filter(|&i| i != point).collect();
        let values = a.select(Axis(0), &rest).select(Axis(1), &rest);
        (rest, values)
    }

    #[test]
    fn leave_one_out_equals_as_many_fits() -> Result<()> {
        for n in [1, 2, 7] {
            let [theta, ..] = blocks(n, n, Seed(n as u64));
            let y = Array2::from_shape_simple_fn((n, 2), Seed(20).normals(0));
            let regression = kernel(theta.clone(), true).regression(&y)?;
            for lambda in [0.0, 0.3, 20.0] {
                let mut expected = y.clone();
                for point in (0..n).filter(|_| n > 1) {
                    let (rest, values) = without(&theta, point);
                    let fit = inverse(&(values + Array2::<f64>::eye(n - 1) * lambda)).dot(&y.select(Axis(0), &rest));
                    let mut row = expected.row_mut(point);
                    row -= &theta.row(point).select(Axis(0), &rest).dot(&fit);
                }
                let found = regression.leave_one_out(lambda)?;
                assert!(largest(&(&found - &expected)) <= 1e-9 * (1.0 + largest(&expected)), "{n} {lambda}");
                let path = regression.ridge_by(RidgeChoice::LeaveOneOut, &[lambda])?;
                let error = expected.iter().map(|e| e * e).sum::<f64>() / n as f64;
                assert!((path.errors[0] / error - 1.0).abs() <= 1e-8, "{n} {lambda}");
            }
        }
        Ok(())
    }

    #[test]
    fn the_columns_of_a_path_equal_their_definitions_and_the_best_is_the_smallest() -> Result<()> {
        let (n, m) = (8, 5);
        let [theta, cross, _] = blocks(n + m, n, Seed(31));
        let (y, f0) = (
            Array1::from_shape_simple_fn(n, Seed(32).normals(0)),
            Array1::from_shape_simple_fn(n, Seed(32).normals(1)),
        );
        let target = Array1::from_shape_simple_fn(m, Seed(32).normals(2));
        let regression = kernel(theta.clone(), true).regression(&y)?.from_outputs(&f0)?;
        let (r, cross) = (&y - &f0, kernel(cross, false));
        let grid = [0.05, 1.0, 30.0];
        let validation = RidgeChoice::Validation { cross: &cross, targets: &target };
        for choice in [RidgeChoice::LeaveOneOut, RidgeChoice::GeneralisedCrossValidation, validation] {
            let path = regression.ridge_by(choice, &grid)?;
            assert_eq!(path.lambdas, grid);
            for (i, lambda) in grid.into_iter().enumerate() {
                let g = inverse(&(&theta + &(Array2::<f64>::eye(n) * lambda)));
                let smoother = theta.dot(&g);
                let residual = &r - &smoother.dot(&r);
                let mean = residual.dot(&residual) / n as f64;
                assert!((path.training[i] / mean - 1.0).abs() <= 1e-10);
                let trace = smoother.diag().sum();
                assert!((path.degrees_of_freedom[i] / trace - 1.0).abs() <= 1e-10);
                let expected = match choice {
                    RidgeChoice::GeneralisedCrossValidation => mean / (1.0 - trace / n as f64).powi(2),
                    RidgeChoice::LeaveOneOut => {
                        let left_out = regression.leave_one_out(lambda)?;
                        left_out.dot(&left_out) / n as f64
                    }
                    RidgeChoice::Validation { .. } => {
                        let off = &target - &cross.values().dot(&g.dot(&r));
                        off.dot(&off) / m as f64
                    }
                };
                assert!((path.errors[i] / expected - 1.0).abs() <= 1e-9, "{choice:?} {lambda}");
            }
            let smallest = path.errors.iter().copied().fold(f64::INFINITY, f64::min);
            let best = path.errors.iter().position(|&e| e == smallest).unwrap();
            assert!(path.best.condition.lambda == grid[best]);
            assert!(path.best.coefficients == regression.ridge(grid[best])?.coefficients);
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_inverted_is_not_chosen() -> Result<()> {
        let regression = kernel(Array2::ones((3, 3)), true).regression(&array![1.0, 2.0, 4.0])?;
        let path = regression.ridge_by(RidgeChoice::LeaveOneOut, &[0.0, 0.5])?;
        assert!(path.errors[0] == f64::INFINITY && path.best.condition.lambda == 0.5);
        // The mean is fitted, the rest is not.
        assert!((path.training[0] - 14.0 / 9.0).abs() <= 1e-12 && (path.degrees_of_freedom[0] - 1.0).abs() <= 1e-12);
        let none = regression.ridge_by(RidgeChoice::GeneralisedCrossValidation, &[0.0]);
        assert!(matches!(none, Err(Error::Singular { n: 3, .. })), "{none:?}");
        assert!(matches!(
            regression.ridge_by::<f64>(RidgeChoice::LeaveOneOut, &[]),
            Err(Error::Range { value: 0.0, .. })
        ));
        assert!(matches!(
            regression.ridge_by(RidgeChoice::LeaveOneOut, &[-1.0]),
            Err(Error::Range { value: -1.0, .. })
        ));
        let grid = [Regularization::RelativeTrace(0.1), Regularization::Absolute(0.1)];
        let path = regression.ridge_by(RidgeChoice::LeaveOneOut, &grid)?;
        assert!((path.lambdas[0] - 0.1).abs() <= 1e-15 && path.lambdas[1] == 0.1);
        Ok(())
    }
}

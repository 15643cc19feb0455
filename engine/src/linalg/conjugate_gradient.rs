//! Solves with a positive definite operator by conjugate gradients.

use super::LinearOperator;
use super::operator::product;
use crate::error::{Error, Result, check_input};
use ndarray::{Array1, Array2, Axis};

const PLACE: &str = "conjugate gradients";

/// Solves `(A + λ I) X = B` for a symmetric operator `A` by conjugate gradients (Hestenes and Stiefel 1952).
///
/// The columns of `B` are solved side by side: one product per iteration for all that have not converged. When the recursion
/// says that they have, the residual is computed anew from `X`, and columns that fall short go on from it.
#[derive(Clone, Copy, Debug)]
pub struct ConjugateGradient {
    ridge: f64,
    tolerance: Option<f64>,
    max_iterations: Option<usize>,
}

/// What [`ConjugateGradient::solve`] has found.
#[derive(Clone, Debug)]
pub struct Solution {
    /// `X: [dim, columns]`.
    pub x: Array2<f64>,
    /// `[columns]`, `‖B - (A + λ I) X‖ / ‖B‖` of each column, computed from `X`; 0 for a column of zeros.
    pub residuals: Array1<f64>,
    /// `[columns]`, iterations of each column.
    pub iterations: Array1<usize>,
}

impl ConjugateGradient {
    /// A solve with `λ = ridge`; tolerance that of the operator's [accuracy](LinearOperator::accuracy), `1e-10` in double precision, at most
    /// `10 dim` iterations.
    pub fn new(ridge: f64) -> Self {
        Self { ridge, tolerance: None, max_iterations: None }
    }

    /// The largest relative residual `‖b - (A + λ I) x‖ / ‖b‖` accepted.
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance: Some(tolerance), ..self }
    }

    /// The most iterations, each of one product with a vector per column.
    pub fn max_iterations(self, max_iterations: usize) -> Self {
        Self { max_iterations: Some(max_iterations), ..self }
    }

    /// Solves for the columns of `b: [dim, columns]`.
    ///
    /// # Errors
    /// [`Error::Range`] for a ridge that is negative, a tolerance that is not positive or `b` without columns;
    /// [`Error::Size`] or [`Error::NotFinite`] for `b` or a bad product; [`Error::NegativeCurvature`] where `A + λ I` is
    /// found not to be positive definite; [`Error::NotConverged`]; the operator's own.
    pub fn solve(&self, operator: &dyn LinearOperator, b: &Array2<f64>) -> Result<Solution> {
        let dim = operator.dim();
        check_input(PLACE, b, None)?;
        if b.nrows() != dim {
            return Err(Error::Size {
                place: PLACE,
                what: "rows of the right-hand sides",
                expected: dim,
                got: b.nrows(),
            });
        }
        let range = |what, value: f64, legal| Err(Error::Range { place: PLACE, what, value, legal });
        if b.ncols() == 0 {
            return range("the number of right-hand sides", 0.0, "at least 1");
        }
        if !(self.ridge >= 0.0 && self.ridge.is_finite()) {
            return range("λ", self.ridge, "finite and at least 0");
        }
        let tolerance = self.tolerance.unwrap_or_else(|| operator.accuracy());
        if !(tolerance > 0.0 && tolerance.is_finite()) {
            return range("the tolerance", tolerance, "positive and finite");
        }
        let most = self.max_iterations.unwrap_or(dim.saturating_mul(10));
        // To columns whose largest value is 1, so that squares neither overflow nor vanish.
        let scales = b.fold_axis(Axis(0), 0.0, |m: &f64, v| m.max(v.abs()));
        let b = &(b / &scales.mapv(|s| if s == 0.0 { 1.0 } else { s }));
        let norms = squares(b).mapv(f64::sqrt);
        let mut iterations = Array1::zeros(b.ncols());
        let mut x = Array2::zeros(b.dim());
        let mut residual = b.clone();
        let mut active: Vec<usize> = (0..b.ncols()).filter(|&c| norms[c] > 0.0).collect();
        let mut done = 0;
        let mut largest = 0.0;
        while !active.is_empty() && done < most {
            let start = residual.select(Axis(1), &active);
            let mut run = Run { columns: active.clone(), direction: start.clone(), residual: start };
            while !run.columns.is_empty() && done < most {
                done += 1;
                self.step(operator, &mut run, &mut x, (done, &mut largest))?;
                run.columns.iter().for_each(|&c| iterations[c] = done);
                run.drop_converged(&norms, tolerance);
            }
            residual = b - &self.product(operator, &x)?;
            let left = squares(&residual).mapv(f64::sqrt);
            active.retain(|&c| !(left[c] <= tolerance * norms[c]));
        }
        let relative = |(r, n): (f64, &f64)| if *n == 0.0 { 0.0 } else { r.sqrt() / n };
        let residuals: Array1<f64> = squares(&residual).into_iter().zip(&norms).map(relative).collect();
        if active.is_empty() {
            x *= &scales;
            check_input(PLACE, &x, None)?;
            return Ok(Solution { x, residuals, iterations });
        }
        let worst = residuals.iter().fold(0.0, |m: f64, r| m.max(*r));
        Err(Error::NotConverged { place: PLACE, what: "iterations", count: done, residual: worst, tolerance })
    }

    /// `(A + λ I) v`.
    fn product(&self, operator: &dyn LinearOperator, v: &Array2<f64>) -> Result<Array2<f64>> {
        let mut image = product(PLACE, operator, v)?;
        image.scaled_add(self.ridge, v);
        Ok(image)
    }

    /// One iteration of every column of the run.
    fn step(
        &self,
        operator: &dyn LinearOperator,
        run: &mut Run,
        x: &mut Array2<f64>,
        (iteration, largest): (usize, &mut f64),
    ) -> Result<()> {
        let image = self.product(operator, &run.direction)?;
        let before = squares(&run.residual);
        let curvature = (&run.direction * &image).sum_axis(Axis(0));
        for (i, (&c, size)) in run.columns.iter().zip(squares(&run.direction)).enumerate() {
            let quotient = curvature[i] / size;
            if !(quotient > 0.0) {
                let largest = *largest;
                return Err(Error::NegativeCurvature {
                    place: PLACE,
                    iteration,
                    column: c,
                    curvature: quotient,
                    largest,
                });
            }
            *largest = largest.max(quotient);
            let step = before[i] / curvature[i];
            x.column_mut(c).scaled_add(step, &run.direction.column(i));
            run.residual.column_mut(i).scaled_add(-step, &image.column(i));
        }
        let ratio = squares(&run.residual) / before;
        run.direction *= &ratio;
        run.direction += &run.residual;
        Ok(())
    }
}

/// The columns under way, with their residuals and search directions `[dim, columns]`.
struct Run {
    columns: Vec<usize>,
    residual: Array2<f64>,
    direction: Array2<f64>,
}

impl Run {
    fn drop_converged(&mut self, norms: &Array1<f64>, tolerance: f64) {
        let left = squares(&self.residual);
        let keep: Vec<usize> =
            (0..left.len()).filter(|&i| !(left[i].sqrt() <= tolerance * norms[self.columns[i]])).collect();
        if keep.len() < self.columns.len() {
            self.columns = keep.iter().map(|&i| self.columns[i]).collect();
            self.residual = self.residual.select(Axis(1), &keep);
            self.direction = self.direction.select(Axis(1), &keep);
        }
    }
}

/// Squared norms of the columns.
fn squares(a: &Array2<f64>) -> Array1<f64> {
    (a * a).sum_axis(Axis(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::SymmetricEigen;
    use crate::random::Seed;
    use ndarray::array;

    fn gaussian(rows: usize, columns: usize, stream: u64) -> Array2<f64> {
        Array2::from_shape_simple_fn((rows, columns), Seed(4).normals(stream))
    }

    fn worst(a: &Array2<f64>) -> f64 {
        a.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
    }

    #[test]
    fn eigenpairs_give_the_same_solution() -> Result<()> {
        let wide = gaussian(80, 30, 0);
        let a = wide.dot(&wide.t());
        let mut b = gaussian(80, 4, 1);
        b.column_mut(2).fill(0.0);
        // Columns that need different numbers of iterations.
        let eigen = SymmetricEigen::new(&a)?;
        b.column_mut(3).assign(&eigen.vectors.row(79));
        for ridge in [0.1, 3.0] {
            let found = ConjugateGradient::new(ridge).solve(&a, &b)?;
            let coefficients = eigen.vectors.dot(&b) / (&eigen.values + ridge).insert_axis(Axis(1));
            let error = worst(&(&found.x - &eigen.vectors.t().dot(&coefficients)));
            // ‖x - x*‖ ≤ ‖r‖ / λ_min, with ‖b‖ at most 12.
            assert!(error <= 12.0 * 1e-10 / ridge, "{error}");
            let residual = &b - &(a.dot(&found.x) + &found.x * ridge);
            for (c, &relative) in found.residuals.iter().enumerate() {
                let norm = b.column(c).dot(&b.column(c)).sqrt();
                let exact = if c == 2 { 0.0 } else { residual.column(c).dot(&residual.column(c)).sqrt() / norm };
                assert!(relative <= 1e-10 && (relative - exact).abs() <= 1e-13, "{relative} {exact}");
            }
            assert_eq!((found.iterations[2], found.iterations[3]), (0, 1));
            assert!(found.iterations[0] > 10);
        }
        Ok(())
    }

    #[test]
    fn as_many_iterations_as_distinct_eigenvalues() -> Result<()> {
        let reflection = gaussian(50, 1, 2);
        let reflection = Array2::eye(50) - reflection.dot(&reflection.t()) * (2.0 / reflection.mapv(|v| v * v).sum());
        let values = Array1::from_shape_fn(50, |i| [1.0, 4.0, 9.0][i % 3]);
        let a = reflection.dot(&(&values.insert_axis(Axis(1)) * &reflection));
        let x = gaussian(50, 2, 3);
        let found = ConjugateGradient::new(0.5).solve(&a, &(a.dot(&x) + &x * 0.5))?;
        assert!(found.iterations.iter().all(|&i| i == 3), "{}", found.iterations);
        assert!(worst(&(&found.x - &x)) <= 1e-11);
        Ok(())
    }

    #[test]
    fn indefinite_and_singular_matrices_are_refused_with_the_curvature() -> Result<()> {
        let (a, b) = (array![[1.0, 2.0], [2.0, 1.0]], array![[1.0, 1.0], [1.0, -1.0]]);
        match ConjugateGradient::new(0.0).solve(&a, &b) {
            Err(Error::NegativeCurvature { iteration: 1, column: 1, curvature, largest, .. }) => {
                assert_eq!((curvature, largest), (-1.0, 3.0));
            }
            other => panic!("{other:?}"),
        }
        let found = ConjugateGradient::new(2.0).solve(&a, &b)?;
        assert!(worst(&(&found.x - &array![[0.2, 1.0], [0.2, -1.0]])) <= 1e-14, "{}", found.x);
        let zero = ConjugateGradient::new(0.0).solve(&Array2::zeros((3, 3)), &Array2::ones((3, 1)));
        assert!(matches!(zero, Err(Error::NegativeCurvature { curvature: 0.0, .. })), "{zero:?}");
        Ok(())
    }

    #[test]
    fn too_few_iterations_and_tolerances_below_rounding_do_not_pass() {
        let wide = gaussian(60, 60, 0);
        let (a, b) = (wide.dot(&wide.t()), gaussian(60, 2, 1));
        match ConjugateGradient::new(0.0).max_iterations(5).solve(&a, &b) {
            Err(Error::NotConverged { count: 5, residual, tolerance: 1e-10, .. }) => {
                assert!(residual > 1e-10 && residual < 10.0, "{residual}");
            }
            other => panic!("{other:?}"),
        }
        match ConjugateGradient::new(1.0).tolerance(1e-18).solve(&a, &b) {
            Err(Error::NotConverged { count: 600, residual, .. }) => assert!(residual <= 1e-13, "{residual}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn extreme_scales() -> Result<()> {
        let wide = gaussian(20, 20, 0);
        let (a, b) = (wide.dot(&wide.t()), gaussian(20, 2, 1));
        let plain = ConjugateGradient::new(1.0).solve(&a, &b)?.x;
        for scale in [1e-200, 1e200] {
            let scaled = ConjugateGradient::new(1.0).solve(&a, &(&b * scale))?.x / scale;
            assert!(worst(&(&scaled - &plain)) <= 1e-9 * worst(&plain));
        }
        Ok(())
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() -> Result<()> {
        let wide = gaussian(600, 30, 0);
        let (a, b) = (wide.dot(&wide.t()), gaussian(600, 3, 1));
        let on = |threads| -> Result<Solution> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| ConjugateGradient::new(1.0).solve(&a, &b))
        };
        let (one, three) = (on(1)?, on(3)?);
        assert_eq!((one.x, one.residuals, one.iterations), (three.x, three.residuals, three.iterations));
        Ok(())
    }

    #[test]
    fn bad_input_is_refused() {
        let (a, b) = (Array2::eye(3), Array2::ones((3, 2)));
        let solver = ConjugateGradient::new(0.0);
        assert!(matches!(solver.solve(&a, &Array2::ones((2, 2))), Err(Error::Size { expected: 3, got: 2, .. })));
        assert!(matches!(solver.solve(&a, &Array2::ones((3, 0))), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(solver.solve(&a, &(&b * f64::NAN)), Err(Error::NotFinite { row: 0, column: 0, .. })));
        assert!(matches!(solver.solve(&(&a * f64::NAN), &b), Err(Error::NotFinite { .. })));
        assert!(matches!(solver.solve(&Array2::ones((3, 2)), &b), Err(Error::Size { expected: 3, got: 2, .. })));
        assert!(matches!(solver.solve(&Array2::ones((0, 0)), &Array2::ones((0, 1))), Err(Error::NoRows { .. })));
        for (solver, bad) in [(ConjugateGradient::new(-1.0), -1.0), (solver.tolerance(0.0), 0.0)] {
            match solver.solve(&a, &b) {
                Err(Error::Range { value, .. }) => assert_eq!(value, bad),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(ConjugateGradient::new(f64::NAN).solve(&a, &b), Err(Error::Range { .. })));
    }
}

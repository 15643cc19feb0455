//! The largest eigenpairs of an operator by block Lanczos.

use super::LinearOperator;
use super::krylov::{Krylov, PLACE, Ritz};
use crate::error::{Error, Result};
use crate::random::Seed;
use ndarray::{Array1, Array2};

/// The `k` largest (not: largest in size) eigenpairs of a symmetric operator, by block Lanczos with thick restarts.
///
/// Each step applies the operator to a block of `k` vectors and orthogonalises the result twice against the whole basis, so
/// that no eigenvalue is found more often than it occurs. A block of `k` finds eigenvalues of any multiplicity, which a
/// single vector does not: the limit NTK of all `c` outputs, `Θ ⊗ I_c`, has every one of them `c` times. A full basis is
/// restarted from its best Ritz vectors (Wu and Simon 2000, thick-restart Lanczos; Golub and Underwood 1977, block Lanczos).
/// The start is random, so an eigenvector could be missed only by a start orthogonal to it up to rounding.
///
/// `ndarray_linalg::lobpcg` is no substitute: its products cannot fail, it calls running out of iterations and a NaN in the
/// first product success, and on NTKs of 1500 points it needs 0.8 to 2.5 times as many products.
#[derive(Clone, Copy, Debug)]
pub struct Lanczos {
    count: usize,
    seed: Seed,
    tolerance: Option<f64>,
    basis: Option<usize>,
    max_products: usize,
}

/// The largest eigenpairs of an operator and how well they are known.
#[derive(Clone)]
pub struct LargestEigenpairs {
    /// `[k]`, falling.
    pub values: Array1<f64>,
    /// `[k, dim]`; row `i` belongs to `values[i]`.
    pub vectors: Array2<f64>,
    /// `[k]`, `‖A v_i - λ_i v_i‖` from a product with the vectors returned: an eigenvalue of `A` lies within `residuals[i]`
    /// of `values[i]`.
    pub residuals: Array1<f64>,
    /// How many vectors the operator was applied to.
    pub products: usize,
}

impl std::fmt::Debug for LargestEigenpairs {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (count, dim) = self.vectors.dim();
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let range = |values: &Array1<f64>| values.iter().fold(ends, |(l, h), &v| (l.min(v), h.max(v)));
        let ((low, high), (_, worst), products) = (range(&self.values), range(&self.residuals), self.products);
        write!(
            f,
            "{count} largest of {dim} eigenpairs, values {low:.4e} to {high:.4e}, residuals up to {worst:.1e} ({products} products)"
        )
    }
}

impl Lanczos {
    /// `count` eigenpairs; tolerance that of the operator's [accuracy](LinearOperator::accuracy), `1e-10` in double precision, at most
    /// `1000 + 100 count` products, a basis of `max(40, 8 count)` vectors.
    pub fn new(count: usize, seed: Seed) -> Self {
        Self { count, seed, tolerance: None, basis: None, max_products: count.saturating_mul(100).saturating_add(1000) }
    }

    /// The largest residual `‖A v - λ v‖` accepted, as a share of the largest eigenvalue in size.
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance: Some(tolerance), ..self }
    }

    /// The most vectors held at a time, each of the operator's dimension; at least `4 count`. More vectors, fewer products.
    pub fn basis(self, vectors: usize) -> Self {
        Self { basis: Some(vectors), ..self }
    }

    /// The most vectors that the operator is applied to.
    pub fn max_products(self, max_products: usize) -> Self {
        Self { max_products, ..self }
    }

    /// Runs the iteration.
    ///
    /// # Errors
    /// [`Error::Range`] for a count outside 1 to the dimension, a tolerance that is not positive or a basis too small;
    /// [`Error::NotConverged`]; [`Error::NotSymmetric`], with places in the basis, for an operator whose projection is not
    /// symmetric; [`Error::NotFinite`] or [`Error::Size`] for a bad product; the operator's own.
    pub fn run(&self, operator: &dyn LinearOperator) -> Result<LargestEigenpairs> {
        let dim = operator.dim();
        if dim == 0 {
            return Err(Error::NoRows { place: PLACE });
        }
        let range = |what, value: f64, legal| Err(Error::Range { place: PLACE, what, value, legal });
        if !(1..=dim).contains(&self.count) {
            return range("the number of eigenpairs", self.count as f64, "from 1 to the dimension of the operator");
        }
        let tolerance = self.tolerance.unwrap_or_else(|| operator.accuracy());
        if !(tolerance > 0.0 && tolerance.is_finite()) {
            return range("the tolerance", tolerance, "positive and finite");
        }
        let basis = self.basis.unwrap_or(self.count.saturating_mul(8).max(40));
        if basis < self.count.saturating_mul(4).min(dim) {
            return range("the size of the basis", basis as f64, "at least 4 times the number of eigenpairs");
        }
        let mut krylov = Krylov::start(dim, self.count, basis.min(dim), self.seed);
        let mut products = 0;
        loop {
            products += krylov.extend(operator)?;
            let ritz = Ritz::of(&krylov)?;
            let (worst, scale) = (ritz.worst_residual(&krylov, self.count), ritz.scale());
            // Half of what is allowed, so that rounding in the true residuals does not fail what the bound has passed.
            if worst <= tolerance / 2.0 * scale {
                let found = ritz.pairs(&krylov, operator, self.count, products)?;
                let worst = found.residuals.iter().fold(0.0, |m: f64, r| m.max(*r));
                return if worst <= tolerance * scale {
                    Ok(found)
                } else {
                    Err(not_converged(found.products, worst / scale, tolerance))
                };
            }
            if products + krylov.pending() > self.max_products {
                return Err(not_converged(products, worst / scale, tolerance));
            }
            if krylov.is_full() {
                krylov.restart(&ritz);
            }
        }
    }
}

fn not_converged(count: usize, residual: f64, tolerance: f64) -> Error {
    Error::NotConverged { place: PLACE, what: "products with a vector", count, residual, tolerance }
}

#[cfg(test)]
mod tests {
    use super::super::SymmetricEigen;
    use super::super::krylov::length;
    use super::*;
    use ndarray::{Axis, s};
    use std::f64::consts::PI;

    fn path(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, n), |(i, j)| match i.abs_diff(j) {
            0 if i == 0 || i == n - 1 => 1.0,
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        })
    }

    /// Eigenvalues of the path's Laplacian, falling.
    fn path_values(n: usize) -> Vec<f64> {
        (0..n).rev().map(|k| 2.0 - 2.0 * (PI * k as f64 / n as f64).cos()).collect()
    }

    fn gaussian(rows: usize, columns: usize) -> Array2<f64> {
        Array2::from_shape_simple_fn((rows, columns), Seed(3).normals(1))
    }

    /// The values are the largest of those `expected`, the residuals bound their errors, the vectors are orthonormal.
    fn check(found: &LargestEigenpairs, a: &Array2<f64>, expected: &[f64], scale: f64) {
        let rounding = 1e-13 * scale;
        for (i, &exact) in expected.iter().take(found.values.len()).enumerate() {
            let error = (found.values[i] - exact).abs();
            assert!(error <= found.residuals[i] + rounding, "{i}: {} {exact}", found.values[i]);
            assert!(found.residuals[i] <= 1e-10 * scale);
        }
        let image = found.vectors.dot(a) - &found.vectors * &found.values.view().insert_axis(Axis(1));
        for (row, residual) in image.outer_iter().zip(&found.residuals) {
            assert!((length(row) - residual).abs() <= rounding, "{} {residual}", length(row));
        }
        let gram = found.vectors.dot(&found.vectors.t()) - Array2::<f64>::eye(found.values.len());
        assert!(gram.iter().all(|g| g.abs() <= 1e-12), "{gram}");
    }

    #[test]
    fn path_has_its_closed_form_spectrum() -> Result<()> {
        let (n, a) = (60, path(60));
        for count in [1, 4, 20, 60] {
            check(&Lanczos::new(count, Seed(0)).run(&a)?, &a, &path_values(n), 4.0);
        }
        // The smallest are the largest of 4 I - A.
        let shifted = Array2::eye(n) * 4.0 - &a;
        let expected: Vec<f64> = path_values(n).iter().rev().map(|v| 4.0 - v).collect();
        check(&Lanczos::new(3, Seed(0)).run(&shifted)?, &shifted, &expected, 4.0);
        Ok(())
    }

    #[test]
    fn full_decomposition_agrees_on_indefinite_and_low_rank_matrices() -> Result<()> {
        let (wide, square) = (gaussian(200, 12), gaussian(200, 200));
        for a in [wide.dot(&wide.t()), &square + &square.t(), -wide.dot(&wide.t())] {
            let mut expected = SymmetricEigen::new(&a)?.values.to_vec();
            expected.reverse();
            let scale = expected[0].max(-expected[199]);
            for count in [1, 7, 15] {
                check(&Lanczos::new(count, Seed(1)).run(&a)?, &a, &expected, scale);
            }
        }
        Ok(())
    }

    #[test]
    fn repeated_eigenvalues_are_found_as_often_as_they_occur() -> Result<()> {
        // I_3 ⊗ path: every eigenvalue three times.
        let (n, one) = (90, path(30));
        let a = Array2::from_shape_fn((n, n), |(i, j)| if i % 3 == j % 3 { one[[i / 3, j / 3]] } else { 0.0 });
        let expected: Vec<f64> = path_values(30).into_iter().flat_map(|v| [v; 3]).collect();
        for count in [2, 3, 7] {
            check(&Lanczos::new(count, Seed(0)).run(&a)?, &a, &expected, 4.0);
        }
        let identity = Array2::eye(40);
        check(&Lanczos::new(5, Seed(0)).run(&identity)?, &identity, &[1.0; 5], 1.0);
        Ok(())
    }

    #[test]
    fn restarts_find_the_same_with_less_memory() -> Result<()> {
        let a = path(120);
        let at_once = Lanczos::new(4, Seed(0)).basis(120).run(&a)?;
        let restarted = Lanczos::new(4, Seed(0)).basis(24).max_products(20_000).run(&a)?;
        check(&restarted, &a, &path_values(120), 4.0);
        assert!(restarted.products > at_once.products);
        Ok(())
    }

    #[test]
    fn extreme_scales_and_the_zero_matrix() -> Result<()> {
        for scale in [1e-200, 1e200] {
            let a = path(50) * scale;
            let found = Lanczos::new(3, Seed(0)).run(&a)?;
            for (value, exact) in found.values.iter().zip(path_values(50)) {
                assert!((value / scale - exact).abs() <= 1e-10, "{value} {exact}");
            }
        }
        let none = Lanczos::new(2, Seed(0)).run(&Array2::zeros((6, 6)))?;
        assert!(none.values.iter().chain(&none.residuals).all(|&v| v == 0.0));
        Ok(())
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() -> Result<()> {
        let wide = gaussian(600, 30);
        let a = wide.dot(&wide.t());
        let on = |threads| -> Result<LargestEigenpairs> {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| Lanczos::new(6, Seed(0)).run(&a))
        };
        let (one, three) = (on(1)?, on(3)?);
        assert_eq!((one.values, one.vectors, one.residuals), (three.values, three.vectors, three.residuals));
        Ok(())
    }

    /// A matrix seen through `f`.
    struct Through<F>(Array2<f64>, F);

    impl<F: Fn(Array2<f64>) -> Result<Array2<f64>>> LinearOperator for Through<F> {
        fn dim(&self) -> usize {
            self.0.nrows()
        }
        fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
            self.1(self.0.dot(v))
        }
    }

    #[test]
    fn bad_operators_are_reported() {
        let lanczos = Lanczos::new(2, Seed(0));
        let nan = Through(path(30), |image: Array2<f64>| Ok(image * f64::NAN));
        assert!(matches!(lanczos.run(&nan), Err(Error::NotFinite { .. })));
        let cut = Through(path(30), |image: Array2<f64>| Ok(image.slice(s![..20, ..]).to_owned()));
        assert!(matches!(lanczos.run(&cut), Err(Error::Size { expected: 30, got: 20, .. })));
        let fails = Through(path(30), |_| Err(Error::Overflow { place: "test" }));
        assert!(matches!(lanczos.run(&fails), Err(Error::Overflow { place: "test" })));
        for count in [1, 2] {
            let found = Lanczos::new(count, Seed(0)).run(&gaussian(30, 30));
            assert!(matches!(found, Err(Error::NotSymmetric { .. })), "{found:?}");
        }
        assert!(matches!(lanczos.run(&Array2::zeros((0, 0))), Err(Error::NoRows { .. })));
        assert!(matches!(lanczos.run(&Array2::zeros((4, 3))), Err(Error::Size { expected: 4, got: 3, .. })));
    }

    #[test]
    fn products_in_single_precision_reach_their_precision_and_no_further() -> Result<()> {
        let rounded = Through(path(60), |image: Array2<f64>| Ok(image.mapv(|v| f64::from(v as f32))));
        let found = Lanczos::new(3, Seed(0)).tolerance(1e-6).run(&rounded)?;
        for ((value, exact), residual) in found.values.iter().zip(path_values(60)).zip(&found.residuals) {
            assert!((value - exact).abs() <= residual + 1e-6, "{value} {exact}");
        }
        match Lanczos::new(3, Seed(0)).tolerance(1e-13).run(&rounded) {
            Err(Error::NotConverged { residual, .. }) => assert!((1e-10..1e-6).contains(&residual), "{residual}"),
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    #[test]
    fn bad_settings_and_too_few_products_are_refused_with_the_numbers() {
        let a = path(200);
        for (lanczos, bad) in [
            (Lanczos::new(0, Seed(0)), 0.0),
            (Lanczos::new(201, Seed(0)), 201.0),
            (Lanczos::new(2, Seed(0)).tolerance(0.0), 0.0),
            (Lanczos::new(2, Seed(0)).basis(7), 7.0),
        ] {
            match lanczos.run(&a) {
                Err(Error::Range { value, .. }) => assert_eq!(value, bad),
                other => panic!("{other:?}"),
            }
        }
        let nan = Lanczos::new(2, Seed(0)).tolerance(f64::NAN).run(&a);
        assert!(matches!(nan, Err(Error::Range { .. })), "{nan:?}");
        match Lanczos::new(2, Seed(0)).max_products(30).run(&a) {
            Err(Error::NotConverged { count, residual, tolerance, .. }) => {
                assert!(count <= 30 && residual > tolerance && residual < 1.0, "{count} {residual}");
            }
            other => panic!("{other:?}"),
        }
    }
}

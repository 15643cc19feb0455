use super::LinearOperator;
use super::projection::{Pair, Projection};
use super::tridiagonal::Tridiagonal;
use crate::error::{Error, Result};
use crate::random::Seed;
use ndarray::{Array1, Array2, Axis};

/// The largest (not: largest in size) eigenvalue of an operator that changes little from call to call, as the Hessian in training, whose
/// largest eigenvalue is the sharpness. The first call is Lanczos'; later ones project the operator on the two top vectors of the call
/// before, so that two eigenvalues that cross are both known (two products), and on the residual of the larger while that is more than a
/// small share of the value (one product each). The eigenvalue's error is at most the square of that share over the gap below it.
///
/// ```
/// use hadamard::prelude::*;
/// let mut top = TopEigenvalue::new(Seed(0));
/// assert!((top.of(&array![[2.0, 1.0], [1.0, 2.0]])? - 3.0).abs() <= 1e-12);
/// assert!((top.of(&array![[2.1, 1.0], [1.0, 2.1]])? - 3.1).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct TopEigenvalue {
    tolerance: f64,
    max_products: usize,
    seed: Seed,
    calls: u64,
    /// Where the next call begins, one or two rows.
    vectors: Option<Array2<f64>>,
    products: usize,
}

impl std::fmt::Debug for TopEigenvalue {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { tolerance, max_products, seed, calls, vectors: _, products } = self;
        write!(
            f,
            "largest eigenvalue to a residual of {tolerance:e}, at most {max_products} products a call, {seed:?}; "
        )?;
        write!(f, "{products} products in {calls} calls so far")
    }
}

/// Share of a random vector in the last vector of a start, so that another eigenvalue may come up.
const RANDOM: f64 = 0.01;
/// Steps of the first call at least: a start that happens to be near an eigenvector says nothing of the others.
const FEWEST: usize = 3;

const PLACE: &str = "largest eigenvalue";

impl TopEigenvalue {
    /// To a residual of 2 % of the eigenvalue, with at most 300 products a call.
    pub fn new(seed: Seed) -> Self {
        Self { tolerance: 0.02, max_products: 300, seed, calls: 0, vectors: None, products: 0 }
    }

    /// The largest residual `‖A v - λ v‖` accepted, as a share of the largest size of an eigenvalue found.
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// The most products of a call. The first call holds as many vectors, later ones twice as many.
    pub fn max_products(self, max_products: usize) -> Self {
        Self { max_products, ..self }
    }

    /// Goes on from what [`TopEigenvalue::memory`] gave after so many calls, as if it had never been another; or begins at a vector, the
    /// row of `[1, dim]`.
    pub fn resume(self, calls: u64, memory: Option<Array2<f64>>) -> Self {
        Self { calls, vectors: memory, ..self }
    }

    /// Where the next call begins: two rows, one if no more are known; none before the first.
    pub fn memory(&self) -> Option<&Array2<f64>> {
        self.vectors.as_ref()
    }

    /// Products with the operators so far.
    pub fn products(&self) -> usize {
        self.products
    }

    /// The largest eigenvalue of this operator.
    ///
    /// # Errors
    /// [`Error::Range`] for a tolerance that is not positive; [`Error::NoRows`]; [`Error::NotConverged`]; the operator's own, and those of
    /// a bad product.
    pub fn of(&mut self, operator: &dyn LinearOperator) -> Result<f64> {
        let dim = operator.dim();
        if dim == 0 {
            return Err(Error::NoRows { place: PLACE });
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            let (what, legal) = ("the tolerance", "positive and finite");
            return Err(Error::Range { place: PLACE, what, value: self.tolerance, legal });
        }
        let random = random(dim, self.seed, self.calls);
        self.calls += 1;
        let starts = self.vectors.take().filter(|vectors| {
            let lengths = vectors.rows().into_iter().map(|row| row.dot(&row));
            vectors.ncols() == dim && lengths.into_iter().all(|length| length > 0.0 && length.is_finite())
        });
        match starts.as_ref().map(|vectors| vectors.axis_iter(Axis(0)).collect::<Vec<_>>()).as_deref() {
            Some([first, second]) => self.followed(operator, [first.to_owned(), second + &(random * RANDOM)]),
            Some([start]) => self.found(operator, start + &(random * RANDOM)),
            _ => self.found(operator, random),
        }
    }

    /// By Lanczos.
    fn found(&mut self, operator: &dyn LinearOperator, start: Array1<f64>) -> Result<f64> {
        let mut lanczos = Tridiagonal::start(&start);
        for step in 1.. {
            let more = lanczos.extend(PLACE, operator)?;
            self.products += usize::from(more);
            if more && step < FEWEST {
                continue;
            }
            let ritz = lanczos.ritz()?;
            let top = ritz.values.len() - 1;
            let scale = ritz.values[top].abs().max(ritz.values[0].abs());
            if !more || ritz.residuals[top] <= self.tolerance * scale {
                let vectors: Vec<_> = (0..=top).rev().take(2).map(|index| lanczos.vector(&ritz, index)).collect();
                self.remember(&vectors);
                return Ok(ritz.values[top]);
            }
            self.check(step, ritz.residuals[top] / scale)?;
        }
        unreachable!("the loop ends by its limit")
    }

    /// From the two top vectors of another operator.
    fn followed(&mut self, operator: &dyn LinearOperator, starts: [Array1<f64>; 2]) -> Result<f64> {
        let mut projection = Projection::default();
        for start in &starts {
            projection.add(PLACE, operator, start)?;
        }
        let mut inside = false;
        self.products += projection.len();
        loop {
            let (values, pairs) = projection.top(2)?;
            let (top, scale) = (&pairs[0], values[0].abs().max(values[values.len() - 1].abs()));
            let residual = top.residual.dot(&top.residual).sqrt();
            if inside || residual <= self.tolerance * scale {
                // The step of a power method, to which the images are known.
                let next = |pair: &Pair| {
                    if scale > 0.0 { &pair.vector + &(&pair.residual / scale) } else { pair.vector.clone() }
                };
                self.remember(&pairs.iter().map(next).collect::<Vec<_>>());
                return Ok(top.value);
            }
            self.check(projection.len(), residual / scale)?;
            inside = !projection.add(PLACE, operator, &top.residual)?;
            self.products += usize::from(!inside);
        }
    }

    fn remember(&mut self, vectors: &[Array1<f64>]) {
        let rows: Vec<_> = vectors.iter().map(|vector| vector.view()).collect();
        self.vectors = Some(ndarray::stack(Axis(0), &rows).expect("vectors of one length"));
    }

    /// # Errors
    /// [`Error::NotConverged`] after the last product.
    fn check(&self, count: usize, residual: f64) -> Result<()> {
        if count < self.max_products {
            return Ok(());
        }
        let what = "products with a vector";
        Err(Error::NotConverged { place: PLACE, what, count, residual, tolerance: self.tolerance })
    }
}

/// A random vector of length 1. Beyond some thousand numbers they repeat: to draw as many as a network has parameters takes as long as a
/// part of a product.
fn random(dim: usize, seed: Seed, stream: u64) -> Array1<f64> {
    const PERIOD: usize = 4099;
    let own = Array1::from_shape_simple_fn(dim.min(PERIOD), seed.normals(stream));
    let all = Array1::from_shape_fn(dim, |i| own[i % PERIOD]);
    let norm = all.dot(&all).sqrt();
    all / norm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::SymmetricEigen;

    /// Symmetric, with eigenvalues of both signs that change with `t`.
    fn matrix(n: usize, t: f64) -> Array2<f64> {
        let half = Array2::from_shape_fn((n, n), |(i, j)| ((i * 7 + j * 13) as f64 + t * (i + j) as f64).sin());
        &half + &half.t()
    }

    #[test]
    fn it_follows_the_largest_eigenvalue() {
        for n in [1, 2, 3, 40] {
            let mut top = TopEigenvalue::new(Seed(n as u64)).tolerance(1e-6);
            for step in 0..20 {
                let matrix = matrix(n, 0.02 * f64::from(step));
                let expected = SymmetricEigen::new(&matrix).expect("eigenvalues").largest();
                let found = top.of(&matrix).expect("an eigenvalue");
                let scale = matrix.iter().fold(0.0, |m: f64, v| m.max(v.abs())) * n as f64;
                assert!((found - expected).abs() <= 1e-9 * scale, "{n}, {step}: {found} {expected}");
            }
        }
    }

    #[test]
    fn two_that_change_places_are_both_found() {
        let mut top = TopEigenvalue::new(Seed(3));
        for step in 0..=10 {
            let t = f64::from(step) / 10.0;
            let values: Vec<f64> =
                [1.0 + t, 2.0 - t].into_iter().chain((0..50).map(|k| -0.01 * f64::from(k))).collect();
            let found = top.of(&Array2::from_diag(&Array1::from(values))).expect("an eigenvalue");
            let expected = (1.0 + t).max(2.0 - t);
            assert!((found / expected - 1.0).abs() <= 2e-3, "{t}: {found} {expected}");
        }
    }

    #[test]
    fn what_does_not_converge_says_so() {
        let result = TopEigenvalue::new(Seed(0)).tolerance(1e-14).max_products(4).of(&matrix(40, 0.0));
        assert!(matches!(result, Err(Error::NotConverged { count: 4, .. })), "{result:?}");
        assert!(TopEigenvalue::new(Seed(0)).tolerance(f64::NAN).of(&matrix(2, 0.0)).is_err());
        assert!((TopEigenvalue::new(Seed(0)).of(&Array2::zeros((3, 3))).expect("zero")).abs() <= 1e-300);
    }
}

use super::LinearOperator;
use super::projection::{Pair, Projection};
use crate::error::{Error, Result};
use crate::random::Seed;
use ndarray::{Array1, Array2, Axis};

/// The largest (not: largest in size) eigenvalue of an operator that changes little from call to call, as the Hessian in training, whose
/// largest eigenvalue is the sharpness (Rayleigh–Ritz). The first call begins with two vectors at random, so that of two eigenvalues close
/// to each other neither is taken for the other, and goes on along the residuals of the two top pairs; later ones begin with these (two
/// products), and go on along a residual while it is more than a small share of the value. The error from the nearest eigenvalue is at
/// most the square of that share over the gap beside it. That it is the largest is not sure from what was known before: every
/// sixteenth call, and one in which the operator has left the vectors, begins anew.
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
/// Products of a call that begins anew at least: few say nothing of what has a small share in the starts.
const FEWEST: usize = 8;
/// Every so many calls one begins anew.
const ANEW: u64 = 16;
/// A residual that is a larger share: the operator has left the vector, or the second vector is not known yet.
const FAR: f64 = 0.1;

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

    /// The most products of a call, but for one; it holds twice as many vectors.
    pub fn max_products(self, max_products: usize) -> Self {
        Self { max_products, ..self }
    }

    /// Goes on from what [`TopEigenvalue::memory`] gave after so many calls, as if it had never been another; or begins at a vector, the
    /// row of `[1, dim]`, and one at random.
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
        let known = self.vectors.take().filter(|vectors| {
            let lengths = vectors.rows().into_iter().map(|row| row.dot(&row));
            vectors.ncols() == dim && lengths.into_iter().all(|length| length > 0.0 && length.is_finite())
        });
        let known: Vec<Array1<f64>> = known.iter().flat_map(|rows| rows.rows()).map(|row| row.to_owned()).collect();
        let (call, seed) = (self.calls, self.seed);
        self.calls += 1;
        let random = |index: u64| random(dim, seed.child(index), call);
        let starts = match known.as_slice() {
            [start] => [start.clone(), random(1)],
            [top, below] if !call.is_multiple_of(ANEW) => {
                let below = below + &(random(1) * RANDOM);
                if let Some(value) = self.projected(operator, [top.clone(), below], true)? {
                    return Ok(value);
                }
                [random(0), random(1)]
            }
            _ => [random(0), random(1)],
        };
        Ok(self.projected(operator, starts, false)?.expect("only starts that were known can be left"))
    }

    /// On the span of two starts and the residuals of the two top pairs; none where the operator has left starts that were known.
    fn projected(
        &mut self,
        operator: &dyn LinearOperator,
        starts: [Array1<f64>; 2],
        known: bool,
    ) -> Result<Option<f64>> {
        let mut projection = Projection::default();
        let mut more = false;
        for start in &starts {
            more |= projection.add(PLACE, operator, start)?;
        }
        self.products += projection.len();
        loop {
            let (values, pairs) = projection.top(2)?;
            let count = projection.len();
            let scale = values[0].abs().max(values[values.len() - 1].abs());
            let residual = |pair: &Pair| pair.residual.dot(&pair.residual).sqrt();
            let left: Vec<bool> =
                pairs.iter().zip([self.tolerance, FAR]).map(|(pair, share)| residual(pair) > share * scale).collect();
            // Of starts that were known the second may wait for the next call.
            let second = !left.contains(&true);
            let enough = if known { second || count > starts.len() } else { second && count >= FEWEST };
            if !more || (!left[0] && (enough || count >= self.max_products)) {
                // The step of a power method, to which the images are known.
                let next = |pair: &Pair| {
                    if scale > 0.0 { &pair.vector + &(&pair.residual / scale) } else { pair.vector.clone() }
                };
                self.remember(&pairs.iter().map(next).collect::<Vec<_>>());
                return Ok(Some(pairs[0].value));
            }
            if known && count <= starts.len() && residual(&pairs[0]) > FAR * scale {
                return Ok(None);
            }
            self.check(count, residual(&pairs[0]) / scale)?;
            more = false;
            for (pair, left) in pairs.iter().zip(left) {
                if left || !known {
                    more |= projection.add(PLACE, operator, &pair.residual)?;
                }
            }
            self.products += projection.len() - count;
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

    /// A third eigenvalue that becomes the largest between two calls, of which neither vector knows anything.
    #[test]
    fn one_that_was_not_known_comes_up() {
        let mut top = TopEigenvalue::new(Seed(5));
        let mut values = Array1::from_shape_fn(2000, |k| 0.9 - 0.9 * k as f64 / 2000.0);
        (values[0], values[1]) = (2.0, 1.98);
        for call in 0..40 {
            values[700] = if call < 3 { 0.5 } else { 2.08 };
            let found = top.of(&Diagonal(values.clone())).expect("an eigenvalue");
            // It may go unseen until the next call that begins anew, the 17th.
            if !(3..16).contains(&call) {
                assert!((found / values[700].max(2.0) - 1.0).abs() <= 5e-3, "{call}: {found}");
            }
        }
        assert!(top.products() < 200, "{top:?}");
    }

    struct Diagonal(Array1<f64>);

    impl LinearOperator for Diagonal {
        fn dim(&self) -> usize {
            self.0.len()
        }

        fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
            Ok(v * &self.0.view().insert_axis(Axis(1)))
        }
    }

    #[test]
    fn what_does_not_converge_says_so() {
        // Fewer products than a call that begins anew takes are enough where they converge.
        let (mut few, wide) = (
            TopEigenvalue::new(Seed(0)).max_products(4),
            Diagonal(Array1::from_iter([5.0; 6].into_iter().chain([0.0; 6]))),
        );
        assert!((few.of(&wide).expect("two eigenvalues") - 5.0).abs() <= 1e-12, "{few:?}");
        let (mut two, near) = (TopEigenvalue::new(Seed(1)).max_products(2), Diagonal(Array1::linspace(5.0, 5.1, 50)));
        assert!((two.of(&near).expect("within the tolerance") / 5.05 - 1.0).abs() <= 0.02, "{two:?}");
        let result = TopEigenvalue::new(Seed(0)).tolerance(1e-14).max_products(4).of(&matrix(40, 0.0));
        assert!(matches!(result, Err(Error::NotConverged { count: 4, .. })), "{result:?}");
        assert!(TopEigenvalue::new(Seed(0)).tolerance(f64::NAN).of(&matrix(2, 0.0)).is_err());
        assert!((TopEigenvalue::new(Seed(0)).of(&Array2::zeros((3, 3))).expect("zero")).abs() <= 1e-300);
    }
}

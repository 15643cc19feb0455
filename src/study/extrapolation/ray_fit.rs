//! The directional fit: how well outputs along rays are polynomials.

use crate::data::{Seed, sphere};
use crate::error::{Error, Result, check_finite, check_memory};
use crate::saved_fields;
use crate::study::Requires;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use rayon::prelude::*;

const PLACE: &str = "rays";

/// Points on rays from the origin, at the same distances along each.
///
/// A network's outputs there are fitted by polynomials of the distance, ray by ray:
/// ```
/// use hadamard::prelude::*;
/// let rays = Rays::random(20, 3, (1.1, 10.0), 100, Seed(0))?;
/// // A random product net of degree 2 without biases is `s² f(v)` along the ray of `v`.
/// let network = pnn(2).width(64).input(3).init(Seed(1))?;
/// let outputs = network.outputs(&rays.points()?)?.column(0).to_owned();
/// let fits = rays.fits(&outputs, 2)?;                         // of degree 1 and 2
/// assert!(fits[1].mean_r_squared() > 1.0 - 1e-12);
/// // To a line it leaves what s² leaves.
/// assert!((fits[0].mean_unexplained() - rays.unexplained_power(2, 1)?).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Rays {
    /// Unit vectors, `[rays, d]`.
    directions: Array2<f64>,
    /// `[points]`, evenly spaced.
    distances: Array1<f64>,
}

impl std::fmt::Debug for Rays {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rays, d) = self.directions.dim();
        write!(f, "{rays} rays of R^{d} with {} points each", self.distances.len())
    }
}

impl Rays {
    /// `rays` random directions of `R^d` with `points` distances evenly spaced from `from` to `to`, both included. On the line there
    /// are two directions, and both are taken, whatever their number.
    ///
    /// # Errors
    /// [`Error::NoRows`] without rays; [`Error::Range`] for fewer than 2 points, `d = 0`, or distances that are not
    /// `0 ≤ from < to`, finite; [`Error::Memory`].
    pub fn random(rays: usize, d: usize, (from, to): (f64, f64), points: usize, seed: Seed) -> Result<Self> {
        if rays == 0 {
            return Err(Error::NoRows { place: PLACE });
        }
        let (starts, ends) = (from >= 0.0 && from.is_finite(), to > from && to.is_finite());
        Requires::of(PLACE)
            .that(points >= 2, "the number of points on a ray", points as f64, "at least 2")?
            .that(starts, "the distance at which a ray begins", from, "at least 0 and finite")?
            .that(ends, "the distance at which a ray ends", to, "finite and above that at which it begins")?;
        let directions = if d == 1 { ndarray::array![[-1.0], [1.0]] } else { sphere(rays, d, seed)? };
        Ok(Self { directions, distances: Array1::linspace(from, to, points) })
    }

    /// Number of rays.
    pub fn count(&self) -> usize {
        self.directions.nrows()
    }

    /// The distances, `[points]`.
    pub fn distances(&self) -> &Array1<f64> {
        &self.distances
    }

    /// The points ray by ray, `[rays · points, d]`.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn points(&self) -> Result<Array2<f64>> {
        check_memory(PLACE, &[self.count(), self.distances.len(), self.directions.ncols()])?;
        let points = self.distances.len();
        Ok(Array2::from_shape_fn((self.count() * points, self.directions.ncols()), |(i, j)| {
            self.distances[i % points] * self.directions[[i / points, j]]
        }))
    }

    /// These rays in parts of at most `rays` each.
    pub(super) fn parts(&self, rays: usize) -> impl Iterator<Item = Rays> + '_ {
        let parts = self.directions.axis_chunks_iter(Axis(0), rays.max(1));
        parts.map(|directions| Rays { directions: directions.to_owned(), distances: self.distances.clone() })
    }

    /// Least-squares fits of degree 1 to `highest` by polynomials of the distance, of `outputs: [rays · points]` in the order of
    /// [`Rays::points`].
    ///
    /// The basis is orthonormal on the distances (built by Arnoldi's recursion on their image in `[-1, 1]`, orthogonalised twice), so
    /// that a fit loses no digits, whatever its degree; higher degrees go on from the residual of lower ones.
    ///
    /// # Errors
    /// [`Error::Size`] for another number of outputs, [`Error::NotFinite`], with the ray as the row and the point as the column;
    /// [`Error::Range`] for a degree of 0, or of as many as the points on a ray.
    pub fn fits(&self, outputs: &Array1<f64>, highest: usize) -> Result<Vec<RayFit>> {
        let (rays, points) = (self.count(), self.distances.len());
        if outputs.len() != rays * points {
            return Err(Error::Size { place: PLACE, what: "outputs", expected: rays * points, got: outputs.len() });
        }
        let (what, legal) = ("the degree of a fit", "at least 1 and below the points on a ray");
        Requires::of(PLACE).that((1..points).contains(&highest), what, highest as f64, legal)?;
        let outputs = Array2::from_shape_fn((rays, points), |(ray, point)| outputs[ray * points + point]);
        check_finite(PLACE, &outputs)?;
        let basis = orthonormal(&self.distances, highest);
        let found: Vec<(bool, Vec<f64>)> =
            outputs.axis_iter(Axis(0)).into_par_iter().map(|ray| unexplained(ray, &basis)).collect();
        let constant = found.iter().filter(|(constant, _)| *constant).count();
        let of = |degree: usize| found.iter().map(|(_, shares)| shares[degree - 1]).collect();
        Ok((1..=highest).map(|degree| RayFit { degree, constant, unexplained: of(degree) }).collect())
    }

    /// The share of the variance of `s^power` at these distances that the best polynomial of degree `degree` leaves: the yardstick of a
    /// fit of too low a degree.
    ///
    /// # Errors
    /// As for [`Rays::fits`].
    pub fn unexplained_power(&self, power: usize, degree: usize) -> Result<f64> {
        let top = self.distances[self.distances.len() - 1];
        let one = Rays { directions: Array2::ones((1, 1)), distances: self.distances.clone() };
        let fits = one.fits(&self.distances.mapv(|s| (s / top).powi(power as i32)), degree)?;
        Ok(fits.last().map_or(f64::NAN, RayFit::mean_unexplained))
    }
}

/// Polynomials of degree 0 to `highest`, orthonormal on the points, `[degree + 1, points]`.
fn orthonormal(distances: &Array1<f64>, highest: usize) -> Array2<f64> {
    let n = distances.len();
    let (low, high) = (distances[0], distances[n - 1]);
    let t = distances.mapv(|s| (2.0 * s - low - high) / (high - low));
    let mut basis = Array2::zeros((highest + 1, n));
    basis.row_mut(0).fill(1.0 / (n as f64).sqrt());
    for degree in 1..=highest {
        let mut next = &t * &basis.row(degree - 1);
        for _ in 0..2 {
            for lower in 0..degree {
                let share = basis.row(lower).dot(&next);
                next.scaled_add(-share, &basis.row(lower));
            }
        }
        let norm = next.dot(&next).sqrt();
        basis.row_mut(degree).assign(&(next / norm));
    }
    basis
}

/// Whether a ray is constant, and the shares of its variance that polynomials of degree 1, 2, … leave.
fn unexplained(ray: ArrayView1<'_, f64>, basis: &Array2<f64>) -> (bool, Vec<f64>) {
    let highest = basis.nrows() - 1;
    // In units of the largest value, whose square may overflow.
    let size = ray.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if size == 0.0 {
        return (true, vec![0.0; highest]);
    }
    let mut left = &ray / size;
    let mut remove = |degree: usize| {
        let polynomial = basis.row(degree);
        let share = polynomial.dot(&left);
        left.scaled_add(-share, &polynomial);
        left.dot(&left)
    };
    let spread = remove(0);
    if spread.sqrt() <= 4.0 * ray.len() as f64 * f64::EPSILON {
        return (true, vec![0.0; highest]);
    }
    (false, (1..=highest).map(|degree| (remove(degree) / spread).min(1.0)).collect())
}

/// Fits of one degree along many rays: built by [`Rays::fits`].
///
/// On each ray `R² = 1 - u`, where the unexplained share is `u = Σ (f - p)² / Σ (f - f̄)²` over the ray's points. A ray on which `f`
/// is constant to rounding, `|f - f̄| ≤ 4 n ε max |f|`, has no variance; a polynomial of any degree is exact there, so it counts as
/// `R² = 1`, and [`RayFit::constant_rays`] says how many there are.
#[derive(Clone, PartialEq)]
pub struct RayFit {
    degree: usize,
    constant: usize,
    unexplained: Vec<f64>,
}
saved_fields!(RayFit { degree, constant, unexplained });

impl std::fmt::Debug for RayFit {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rays, mean) = (self.unexplained.len(), self.mean_r_squared());
        write!(f, "fit of degree {} to {rays} rays, mean R² {mean:.6}", self.degree)
    }
}

impl RayFit {
    /// The degree.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// `1 - R²` of each ray, which keeps its digits where `R²` is near 1.
    pub fn unexplained(&self) -> &[f64] {
        &self.unexplained
    }

    /// Mean of `1 - R²` over the rays.
    pub fn mean_unexplained(&self) -> f64 {
        self.unexplained.iter().sum::<f64>() / self.unexplained.len() as f64
    }

    /// Mean `R²` over the rays.
    pub fn mean_r_squared(&self) -> f64 {
        1.0 - self.mean_unexplained()
    }

    /// Median `R²` over the rays.
    pub fn median_r_squared(&self) -> f64 {
        1.0 - super::errors::median(self.unexplained.clone())
    }

    /// Share of the rays with `R²` below `bound`.
    pub fn share_below(&self, bound: f64) -> f64 {
        self.unexplained.iter().filter(|u| 1.0 - **u < bound).count() as f64 / self.unexplained.len() as f64
    }

    /// Number of rays on which the output is constant.
    pub fn constant_rays(&self) -> usize {
        self.constant
    }

    /// Adds the rays of another fit of the same degree.
    pub(super) fn append(&mut self, other: RayFit) {
        self.constant += other.constant;
        self.unexplained.extend(other.unexplained);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(rays: &Rays, f: impl Fn(f64, usize) -> f64) -> Array1<f64> {
        let points = rays.distances.len();
        (0..rays.count() * points).map(|i| f(rays.distances[i % points], i / points)).collect()
    }

    #[test]
    fn a_polynomial_is_fitted_from_its_degree_on() -> Result<()> {
        let rays = Rays::random(7, 3, (1.1, 10.0), 100, Seed(1))?;
        let outputs = along(&rays, |s, ray| (ray as f64 + 1.0) * ((s - 2.0) * s * s * s - 7.0 * s + 1.0));
        let fits = rays.fits(&outputs, 6)?;
        for fit in &fits {
            let exact = fit.degree() >= 4;
            assert!(fit.unexplained().iter().all(|u| (*u <= 1e-25) == exact), "{fit:?}");
            assert_eq!((fit.constant_rays(), fit.unexplained().len()), (0, 7));
        }
        assert!(fits[0].mean_r_squared() < fits[1].mean_r_squared());
        Ok(())
    }

    #[test]
    fn powers_leave_what_legendre_polynomials_say() -> Result<()> {
        // On [0, 1] the shifted Legendre expansion gives: s² by degree 1 leaves 1/180 of a variance of 4/45, s³ by degree 2
        // 1/2800 of 9/112, s⁴ by degree 3 1/44100 of 16/225. Many points stand for the interval.
        let rays = Rays::random(1, 2, (0.0, 5.0), 20_001, Seed(1))?;
        for (power, expected) in [(2, 1.0 / 16.0), (3, 1.0 / 225.0), (4, 225.0 / (16.0 * 44_100.0))] {
            let got = rays.unexplained_power(power, power - 1)?;
            assert!((got / expected - 1.0).abs() <= 1e-3, "s^{power}: {got} {expected}");
        }
        Ok(())
    }

    #[test]
    fn a_line_fit_is_the_squared_correlation() -> Result<()> {
        let rays = Rays::random(3, 2, (1.0, 3.0), 50, Seed(1))?;
        let outputs = along(&rays, |s, ray| (s * (ray as f64 + 1.0)).sin());
        let fit = &rays.fits(&outputs, 1)?[0];
        for ray in 0..3 {
            let (s, y) = (&rays.distances, outputs.slice(ndarray::s![ray * 50..(ray + 1) * 50]).to_owned());
            let centred = |a: &Array1<f64>| a - a.sum() / 50.0;
            let (s, y) = (centred(s), centred(&y));
            let expected = s.dot(&y).powi(2) / (s.dot(&s) * y.dot(&y));
            assert!((1.0 - fit.unexplained()[ray] - expected).abs() <= 1e-13);
        }
        let below = fit.unexplained().iter().filter(|u| **u > 0.1).count() as f64 / 3.0;
        assert!((fit.share_below(0.9) - below).abs() <= 1e-15 && below > 0.0);
        Ok(())
    }

    #[test]
    fn constant_rays_count_as_fitted_and_are_counted() -> Result<()> {
        let rays = Rays::random(3, 2, (1.0, 3.0), 20, Seed(1))?;
        let outputs = along(&rays, |s, ray| [0.0, 0.1, 1e200 * s * s][ray]);
        let fits = rays.fits(&outputs, 2)?;
        assert!(fits.iter().all(|f| f.constant_rays() == 2 && f.unexplained()[..2] == [0.0, 0.0]));
        assert!(fits[0].unexplained()[2] > 1e-3 && fits[1].unexplained()[2] <= 1e-25);
        assert!((fits[1].mean_r_squared() - 1.0).abs() <= 1e-15 && (fits[1].median_r_squared() - 1.0).abs() <= 1e-15);
        // On the line there are two rays.
        let line = Rays::random(100, 1, (1.0, 3.0), 20, Seed(1))?;
        assert_eq!((line.count(), line.points()?[[0, 0]], line.points()?[[39, 0]]), (2, -1.0, 3.0));
        Ok(())
    }

    #[test]
    fn bad_rays_and_outputs_are_refused() -> Result<()> {
        let refused = |range, points| match Rays::random(4, 2, range, points, Seed(0)) {
            Err(Error::Range { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        assert!(refused((-1.0, 2.0), 9).contains("begins"));
        assert!(refused((2.0, 2.0), 9).contains("ends") && refused((1.0, f64::NAN), 9).contains("ends"));
        assert!(refused((1.0, 2.0), 1).contains("points"));
        assert!(matches!(Rays::random(0, 2, (1.0, 2.0), 9, Seed(0)), Err(Error::NoRows { .. })));
        assert!(matches!(Rays::random(2, 0, (1.0, 2.0), 9, Seed(0)), Err(Error::Range { .. })));
        let rays = Rays::random(2, 2, (1.0, 2.0), 5, Seed(0))?;
        assert!(matches!(rays.fits(&Array1::ones(9), 1), Err(Error::Size { expected: 10, got: 9, .. })));
        for degree in [0, 5] {
            assert!(matches!(rays.fits(&Array1::ones(10), degree), Err(Error::Range { .. })));
        }
        let mut outputs = Array1::ones(10);
        outputs[7] = f64::NAN;
        assert!(matches!(rays.fits(&outputs, 1), Err(Error::NotFinite { row: 1, column: 2, .. })));
        Ok(())
    }
}

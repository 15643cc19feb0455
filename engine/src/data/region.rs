//! Uniform points in cubes, balls and spheres, with directions withheld.

use super::Seed;
use crate::error::{Error, Result, check_memory};
use ndarray::{Array2, ArrayViewMut1};

const PLACE: &str = "region";

/// The body whose copies of two sizes bound a [`Region`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `|x|_∞ ≤ 1`.
    Cube,
    /// `|x|_2 ≤ 1`.
    Ball,
    /// `|x|_2 = 1`.
    Sphere,
}

impl Body {
    /// `cube`, `ball` or `sphere`.
    pub fn name(self) -> &'static str {
        match self {
            Body::Cube => "cube",
            Body::Ball => "ball",
            Body::Sphere => "sphere",
        }
    }
}

/// Directions that can be withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sector {
    /// `x_1 > 0`.
    HalfSpace,
    /// `x_1 > 0` and `x_2 > 0`.
    Quadrant,
}

impl Sector {
    /// `half-space` or `quadrant`.
    pub fn name(self) -> &'static str {
        match self {
            Sector::HalfSpace => "half-space",
            Sector::Quadrant => "quadrant",
        }
    }

    /// The first coordinates that are positive in it.
    fn positive(self) -> usize {
        match self {
            Sector::HalfSpace => 1,
            Sector::Quadrant => 2,
        }
    }
}

/// Where points are drawn: a cube or ball, perhaps hollow, or a sphere, around the origin; perhaps without the directions of a
/// sector, or only with them.
///
/// ```
/// use hadamard::prelude::*;
/// let train = Region::ball(1.0).without(Sector::Quadrant).sample(50, 2, Seed(0))?;       // [n, d]
/// assert!(train.rows().into_iter().all(|x| x.dot(&x) <= 1.0 && !(x[0] > 0.0 && x[1] > 0.0)));
/// let beyond = Region::ball(2.0).hollow(1.0).sample(50, 2, Seed(1))?;
/// assert!(beyond.rows().into_iter().all(|x| x.dot(&x) >= 1.0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    body: Body,
    inner: f64,
    outer: f64,
    sector: Option<(Sector, bool)>,
}

impl Region {
    /// A body of some radius: half the side of a cube, the radius of a ball or sphere.
    pub fn new(body: Body, radius: f64) -> Self {
        let inner = if body == Body::Sphere { radius } else { 0.0 };
        Self { body, inner, outer: radius, sector: None }
    }

    /// `[-radius, radius]^d`.
    pub fn cube(radius: f64) -> Self {
        Self::new(Body::Cube, radius)
    }

    /// The ball around the origin.
    pub fn ball(radius: f64) -> Self {
        Self::new(Body::Ball, radius)
    }

    /// The sphere around the origin.
    pub fn sphere(radius: f64) -> Self {
        Self::new(Body::Sphere, radius)
    }

    /// Leaves out the body of this smaller radius; of a sphere, which is hollow, it changes nothing.
    pub fn hollow(self, radius: f64) -> Self {
        if self.body == Body::Sphere { self } else { Self { inner: radius, ..self } }
    }

    /// Leaves out a sector.
    pub fn without(self, sector: Sector) -> Self {
        Self { sector: Some((sector, false)), ..self }
    }

    /// Only a sector.
    pub fn only(self, sector: Sector) -> Self {
        Self { sector: Some((sector, true)), ..self }
    }

    /// `n` points uniform in the region, `[n, d]`.
    ///
    /// A hollow cube or ball of radii `r < R`: the size `ρ` has the density `∝ ρ^{d-1}` on `[r, R]`, so `ρ^d` is uniform, and the
    /// point on the surface of the body of size `ρ` is independent of it. Points of the wrong sector are drawn again.
    ///
    /// # Errors
    /// [`Error::NoRows`] for `n = 0`; [`Error::Range`] for a radius that is not positive and finite, an inner radius that is negative
    /// or not below the outer one, or fewer dimensions than the sector names; [`Error::Memory`].
    pub fn sample(&self, n: usize, d: usize, seed: Seed) -> Result<Array2<f64>> {
        self.check(n, d)?;
        check_memory(PLACE, &[n, d])?;
        let (mut uniform, mut normal) = (seed.uniforms(0), seed.normals(1));
        let mut x = Array2::zeros((n, d));
        for mut row in x.rows_mut() {
            loop {
                self.draw(&mut row, &mut uniform, &mut normal);
                let within = |sector: Sector| row.iter().take(sector.positive()).all(|v| *v > 0.0);
                if self.sector.is_none_or(|(sector, wanted)| within(sector) == wanted) {
                    break;
                }
            }
        }
        Ok(x)
    }

    fn check(&self, n: usize, d: usize) -> Result<()> {
        if n == 0 {
            return Err(Error::NoRows { place: PLACE });
        }
        if !(self.outer > 0.0 && self.outer.is_finite()) {
            let (value, legal) = (self.outer, "positive and finite");
            return Err(Error::Range { place: PLACE, what: "the radius", value, legal });
        }
        if self.body != Body::Sphere && !(self.inner >= 0.0 && self.inner < self.outer) {
            let (value, legal) = (self.inner, "at least 0 and below the outer radius");
            return Err(Error::Range { place: PLACE, what: "the inner radius", value, legal });
        }
        let (least, legal) = match self.sector {
            Some((Sector::Quadrant, _)) => (2, "at least 2, for a quadrant"),
            _ => (1, "at least 1"),
        };
        if d < least {
            return Err(Error::Range { place: PLACE, what: "the dimension", value: d as f64, legal });
        }
        Ok(())
    }

    /// One point of any sector.
    fn draw(&self, row: &mut ArrayViewMut1<f64>, uniform: &mut impl FnMut() -> f64, normal: &mut impl FnMut() -> f64) {
        let d = row.len() as i32;
        // In units of the outer radius, whose power may overflow.
        let hole = (self.inner / self.outer).powi(d);
        let size = match self.body {
            Body::Sphere => self.outer,
            _ => self.outer * (hole + (1.0 - hole) * uniform()).powf(1.0 / f64::from(d)).max(self.inner / self.outer),
        };
        let norm = match self.body {
            Body::Cube => {
                row.iter_mut().for_each(|v| *v = 2.0 * uniform() - 1.0);
                // On a face: every face is as likely as any other.
                let face = ((uniform() * f64::from(d)) as usize).min(row.len() - 1);
                row[face] = if row[face] < 0.0 { -1.0 } else { 1.0 };
                1.0
            }
            Body::Ball | Body::Sphere => {
                row.iter_mut().for_each(|v| *v = normal());
                row.dot(row).sqrt()
            }
        };
        *row *= size / norm;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means of `|x|_∞^k` or `|x|_2^k` against `∫ ρ^k d ρ^{d-1} dρ / (R^d - r^d)`, and second moments of the coordinates.
    #[test]
    fn hollow_bodies_are_filled_uniformly() -> Result<()> {
        let (n, inner, outer) = (40_000, 0.6f64, 1.5f64);
        for (body, d) in [(Body::Cube, 1), (Body::Cube, 3), (Body::Ball, 2), (Body::Ball, 5)] {
            let x = Region::new(body, outer).hollow(inner).sample(n, d, Seed(1))?;
            let size = |row: ndarray::ArrayView1<f64>| match body {
                Body::Cube => row.iter().fold(0.0, |m: f64, v| m.max(v.abs())),
                _ => row.dot(&row).sqrt(),
            };
            let sizes: Vec<f64> = x.rows().into_iter().map(size).collect();
            assert!(sizes.iter().all(|s| *s >= inner * (1.0 - 1e-12) && *s <= outer * (1.0 + 1e-12)));
            let moment = |k: i32| {
                let (d, top) = (d as f64, d as i32 + k);
                d / f64::from(top) * (outer.powi(top) - inner.powi(top)) / (outer.powf(d) - inner.powf(d))
            };
            let mean = sizes.iter().sum::<f64>() / n as f64;
            let deviation = (moment(2) - moment(1).powi(2)).sqrt() / (n as f64).sqrt();
            assert!((mean - moment(1)).abs() <= 5.0 * deviation, "{body:?} {d}: {mean} {}", moment(1));
            // Every coordinate has mean zero and the same second moment, E|x|²/d.
            let second = x.iter().map(|v| v * v).sum::<f64>() / (n * d) as f64;
            for column in x.columns() {
                let (mean, square) = (column.sum() / n as f64, column.dot(&column) / n as f64);
                assert!(mean.abs() <= 5.0 * (second / n as f64).sqrt(), "{body:?} {d}");
                assert!((square - second).abs() <= 0.03 * second, "{body:?} {d}: {square} {second}");
            }
        }
        // A whole cube: E x² = R²/3.
        let x = Region::cube(2.0).sample(n, 3, Seed(2))?;
        assert!((x.iter().map(|v| v * v).sum::<f64>() / (3 * n) as f64 - 4.0 / 3.0).abs() <= 0.02);
        let x = Region::sphere(3.0).sample(10, 4, Seed(3))?;
        assert!(x.rows().into_iter().all(|r| (r.dot(&r) - 9.0).abs() <= 1e-12));
        Ok(())
    }

    #[test]
    fn sectors_are_left_out_or_alone_and_seeds_repeat() -> Result<()> {
        for region in [Region::cube(1.0), Region::ball(1.0), Region::sphere(1.0)] {
            for sector in [Sector::HalfSpace, Sector::Quadrant] {
                let inside = |row: ndarray::ArrayView1<f64>| row.iter().take(sector.positive()).all(|v| *v > 0.0);
                let (left, only) = (region.without(sector), region.only(sector));
                assert!(!left.sample(200, 2, Seed(4))?.rows().into_iter().any(inside));
                assert!(only.sample(200, 2, Seed(4))?.rows().into_iter().all(inside));
                assert_eq!(left.sample(20, 2, Seed(4))?, left.sample(20, 2, Seed(4))?);
            }
        }
        Ok(())
    }

    #[test]
    fn impossible_regions_are_refused() {
        let refused = |region: Region, d| match region.sample(3, d, Seed(0)) {
            Err(Error::Range { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(refused(Region::ball(radius), 2), "the radius");
        }
        for inner in [-0.1, 1.0, 2.0, f64::NAN] {
            assert_eq!(refused(Region::cube(1.0).hollow(inner), 2), "the inner radius");
        }
        assert_eq!(refused(Region::cube(1.0), 0), "the dimension");
        assert_eq!(refused(Region::cube(1.0).without(Sector::Quadrant), 1), "the dimension");
        assert!(matches!(Region::cube(1.0).sample(0, 2, Seed(0)), Err(Error::NoRows { .. })));
    }
}

//! Closed curves on spheres.

use super::Seed;
use crate::error::{Error, Result, check_memory};
use ndarray::{Array1, Array2, ArrayView1};
use std::f64::consts::TAU;
use std::sync::Arc;

const PLACE: &str = "curve";
/// How far a point may be from the unit sphere, and the ends of a curve from each other.
const TOLERANCE: f64 = 1e-9;
/// Places at which a curve of a user's is looked at.
const LOOKS: usize = 256;
/// Steps of the differences in the parameter, of the first and of the second derivative: sixth order, so that on a curve of 12 waves
/// truncation and rounding are both below 1e-10.
const STEPS: [f64; 2] = [1e-4, 1e-3];

type Function = dyn Fn(f64) -> Vec<f64> + Send + Sync;

/// A closed smooth curve on the unit sphere of `R^d`, over a parameter from 0 to 1.
///
/// ```
/// use hadamard::prelude::*;
/// let circle = Curve::circle(0.6)?;                       // around an axis of R^3, at height 0.6
/// let other = Curve::new("equator", |t| vec![(6.283185307179586 * t).cos(), (6.283185307179586 * t).sin(), 0.0])?;
/// assert!((circle.length()? - 6.283185307179586 * 0.8).abs() <= 1e-9);
/// assert!((circle.separation(&other)? - 0.6f64.asin()).abs() <= 1e-6);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Curve {
    name: String,
    dimension: usize,
    at: Arc<Function>,
}

/// Points of a curve at equal steps of its parameter.
#[derive(Clone, PartialEq)]
pub struct CurvePoints {
    /// `[n, d]`.
    pub x: Array2<f64>,
    /// `[n]`: arc length per point, which sums to the length. On a smooth closed curve the rule is as exact as the points resolve it.
    pub weights: Array1<f64>,
}

impl Curve {
    /// A curve of one's own: points of length 1 by a parameter from 0 to 1, the last the same as the first.
    ///
    /// # Errors
    /// [`Error::Range`] with the parameter and what is wrong there: a point that is not of length 1, ends that differ, a
    /// curve of no length; [`Error::Size`] for points of several dimensions.
    pub fn new(name: &str, at: impl Fn(f64) -> Vec<f64> + Send + Sync + 'static) -> Result<Self> {
        let curve = Self { name: name.into(), dimension: at(0.0).len(), at: Arc::new(at) };
        curve.check()?;
        Ok(curve)
    }

    /// A circle around the third axis of `R^3` at a height: `(r cos 2πt, r sin 2πt, height)` with `r² = 1 - height²`.
    ///
    /// # Errors
    /// [`Error::Range`] unless the height is above -1 and below 1.
    pub fn circle(height: f64) -> Result<Self> {
        Self::wavy(height, 0.0, 0)
    }

    /// A circle whose height waves: `height + amplitude sin(2π waves t)`.
    ///
    /// # Errors
    /// [`Error::Range`] if it leaves the sphere.
    pub fn wavy(height: f64, amplitude: f64, waves: usize) -> Result<Self> {
        let top = height.abs() + amplitude.abs();
        if !(top < 1.0) {
            let (what, legal) = ("height with amplitude", "below 1, or the curve leaves the sphere");
            return Err(Error::Range { place: PLACE, what, value: top, legal });
        }
        let name = match waves {
            0 => format!("circle at {height}"),
            _ => format!("{waves} waves of {amplitude} at {height}"),
        };
        Self::new(&name, move |t| {
            let h = height + amplitude * (waves as f64 * TAU * t).sin();
            let r = (1.0 - h * h).sqrt();
            vec![r * (TAU * t).cos(), r * (TAU * t).sin(), h]
        })
    }

    /// A random curve in any dimension: every coordinate a Fourier series `shift + Σ_k a_k cos 2πkt + b_k sin 2πkt`, `k` from 1 to the degree,
    /// with `a_k` and `b_k` standard normal, brought to length 1.
    ///
    /// # Errors
    /// [`Error::Range`] for a degree or a dimension below 1, or a curve that comes too near to the origin to have a direction.
    pub fn fourier(degree: usize, dimension: usize, shift: f64, seed: Seed) -> Result<Self> {
        for (what, value, least) in [("the degree", degree, 1), ("the dimension", dimension, 2)] {
            if value < least {
                let legal = if least == 1 { "at least 1" } else { "at least 2" };
                return Err(Error::Range { place: PLACE, what, value: value as f64, legal });
            }
        }
        let coefficients = Array2::from_shape_simple_fn((dimension, 2 * degree), seed.normals(0));
        Self::new(&format!("Fourier series of degree {degree} in {dimension} dimensions"), move |t| {
            let waves: Vec<f64> =
                (1..=degree).flat_map(|k| [(k as f64 * TAU * t).cos(), (k as f64 * TAU * t).sin()]).collect();
            let coordinate = |row: ArrayView1<'_, f64>| shift + row.iter().zip(&waves).map(|(a, w)| a * w).sum::<f64>();
            let point: Vec<f64> = coefficients.rows().into_iter().map(coordinate).collect();
            let length = point.iter().map(|v| v * v).sum::<f64>().sqrt();
            point.iter().map(|v| v / length).collect()
        })
    }

    /// Gives it another name.
    pub fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `d`.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The point at a parameter; any number, of which whole ones count as 0.
    pub fn at(&self, t: f64) -> Vec<f64> {
        (self.at)(t - t.floor())
    }

    fn check(&self) -> Result<()> {
        let range = |what, value: f64, legal| Err(Error::Range { place: PLACE, what, value, legal });
        if self.dimension < 2 {
            return range("the dimension", self.dimension as f64, "at least 2");
        }
        for look in 0..LOOKS {
            let point = (self.at)(look as f64 / LOOKS as f64);
            if point.len() != self.dimension {
                let (what, expected, got) = ("coordinates of a point", self.dimension, point.len());
                return Err(Error::Size { place: PLACE, what, expected, got });
            }
            let length = point.iter().map(|v| v * v).sum::<f64>().sqrt();
            if !((length - 1.0).abs() <= TOLERANCE) {
                return range("the length of a point", length, "1: the curve leaves the sphere");
            }
        }
        let gap = distance(&(self.at)(0.0), &(self.at)(1.0));
        if !(gap <= TOLERANCE) {
            return range("the gap between both ends", gap, "0: the curve is not closed");
        }
        let length = self.length()?;
        if !(length > TOLERANCE) {
            return range("the length", length, "above 0");
        }
        Ok(())
    }

    /// `|γ'|` at a parameter.
    fn speed(&self, t: f64) -> f64 {
        let h = STEPS[0];
        let pairs = [(1.0, 45.0), (2.0, -9.0), (3.0, 1.0)].map(|(k, c)| (self.at(t + k * h), self.at(t - k * h), c));
        let along = |i: usize| pairs.iter().map(|(a, b, c)| c * (a[i] - b[i])).sum::<f64>() / (60.0 * h);
        (0..self.dimension).map(|i| along(i).powi(2)).sum::<f64>().sqrt()
    }

    /// `n` points at parameters `0, 1/n, …` with their arc lengths.
    ///
    /// # Errors
    /// [`Error::NoRows`] for none; [`Error::Memory`]; [`Error::NotFinite`].
    pub fn points(&self, n: usize) -> Result<CurvePoints> {
        if n == 0 {
            return Err(Error::NoRows { place: PLACE });
        }
        check_memory(PLACE, &[n, self.dimension])?;
        let times = || (0..n).map(|i| i as f64 / n as f64);
        let flat: Vec<f64> = times().flat_map(|t| self.at(t)).collect();
        let x = Array2::from_shape_vec((n, self.dimension), flat).expect("points of one dimension");
        crate::error::check_finite(PLACE, &x)?;
        Ok(CurvePoints { x, weights: times().map(|t| self.speed(t) / n as f64).collect() })
    }

    /// The arc length: by twice as many points until it stands to ten digits.
    ///
    /// # Errors
    /// [`Error::NotConverged`] for a curve that 2¹⁶ points do not resolve, as one with corners.
    pub fn length(&self) -> Result<f64> {
        let sum = |n: usize| (0..n).map(|i| self.speed(i as f64 / n as f64)).sum::<f64>() / n as f64;
        let mut n = 64;
        let mut before = sum(n);
        loop {
            n *= 2;
            let length = sum(n);
            let (tolerance, residual) = (1e-10, (length - before).abs() / length.abs().max(f64::MIN_POSITIVE));
            // A curve of no length has none to be compared with.
            if residual <= tolerance || length <= TOLERANCE {
                return Ok(length);
            }
            if n >= 1 << 16 {
                return Err(Error::NotConverged { place: PLACE, what: "points", count: n, residual, tolerance });
            }
            before = length;
        }
    }

    /// The largest curvature in `R^d` over 1024 points: 1 over the radius of the circle that fits best; at least 1 on the unit sphere.
    pub fn curvature(&self) -> f64 {
        let h = STEPS[1];
        let of = |t: f64| {
            let around: Vec<Vec<f64>> = (-3..=3).map(|k| self.at(t + f64::from(k) * h)).collect();
            let weighed = |weights: [f64; 7], scale: f64, i: usize| {
                around.iter().zip(weights).map(|(point, weight)| weight * point[i]).sum::<f64>() / scale
            };
            let first = |i| weighed([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0], 60.0 * h, i);
            let second = |i| weighed([2.0, -27.0, 270.0, -490.0, 270.0, -27.0, 2.0], 180.0 * h * h, i);
            let sum = |of: &dyn Fn(usize) -> f64| (0..self.dimension).map(of).sum::<f64>();
            let (speed, across) = (sum(&|i| first(i).powi(2)), sum(&|i| first(i) * second(i)));
            let left = sum(&|i| second(i).powi(2)) - across * across / speed;
            left.max(0.0).sqrt() / speed
        };
        (0..1024).map(|i| of(f64::from(i) / 1024.0)).fold(0.0, f64::max)
    }

    /// The smallest angle between points of both curves, in radians, over 1024 points of each: 0 where they touch.
    ///
    /// # Errors
    /// [`Error::Size`] for curves of different dimensions.
    pub fn separation(&self, other: &Self) -> Result<f64> {
        if other.dimension != self.dimension {
            let (what, expected, got) = ("dimensions of the other curve", self.dimension, other.dimension);
            return Err(Error::Size { place: PLACE, what, expected, got });
        }
        let (a, b) = (self.points(1024)?.x, other.points(1024)?.x);
        // By the chord: the angle by its cosine would lose half of the digits.
        let chords = a.rows().into_iter().map(|a| {
            b.rows().into_iter().map(|b| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).fold(4.0, f64::min)
        });
        Ok(2.0 * (chords.fold(4.0, f64::min).sqrt() / 2.0).min(1.0).asin())
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

impl std::fmt::Debug for Curve {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, a closed curve on the unit sphere of R^{}", self.name, self.dimension)
    }
}

impl std::fmt::Debug for CurvePoints {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((n, d), length) = (self.x.dim(), self.weights.sum());
        write!(f, "{n} points of a curve of length {length:.4} in R^{d}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_has_its_length_and_curvature() -> Result<()> {
        for height in [-0.9, 0.0, 0.02, 0.5] {
            let (circle, r) = (Curve::circle(height)?, (1.0f64 - height * height).sqrt());
            let points = circle.points(37)?;
            assert!((circle.length()? - TAU * r).abs() <= 1e-9 && (points.weights.sum() - TAU * r).abs() <= 1e-9);
            assert!((circle.curvature() * r - 1.0).abs() <= 1e-6, "{height}: {}", circle.curvature());
            let apart = circle.separation(&Curve::circle(-height)?)?;
            assert!((apart - 2.0 * height.abs().asin()).abs() <= 1e-12, "{height}: {apart}");
        }
        Ok(())
    }

    /// Against a sum of chords.
    #[test]
    fn lengths_of_wavy_and_random_curves_are_those_of_their_chords() -> Result<()> {
        for curve in
            [Curve::wavy(0.1, 0.2, 12)?, Curve::fourier(5, 10, 0.1, Seed(0))?, Curve::fourier(1, 2, 0.0, Seed(3))?]
        {
            let points = curve.points(200_000)?.x;
            let chords = (0..points.nrows()).map(|i| {
                let next = points.row((i + 1) % points.nrows());
                distance(&points.row(i).to_vec(), &next.to_vec())
            });
            let (length, sum) = (curve.length()?, chords.sum::<f64>());
            assert!((length / sum - 1.0).abs() <= 1e-6, "{curve:?}: {length} {sum}");
            assert!(curve.curvature() >= 1.0 - 1e-6, "{curve:?}: {}", curve.curvature());
        }
        Ok(())
    }

    #[test]
    fn what_is_no_closed_curve_on_a_sphere_is_refused() {
        let of = |at: fn(f64) -> Vec<f64>| Curve::new("own", at).unwrap_err().to_string();
        assert!(of(|t| vec![2.0 * (TAU * t).cos(), (TAU * t).sin()]).contains("leaves the sphere"));
        assert!(of(|t| vec![t.cos(), t.sin()]).contains("not closed"));
        assert!(of(|_| vec![1.0, 0.0]).contains("the length is 0"));
        assert!(of(|t| vec![f64::NAN * t, 0.0]).contains("NaN"));
        assert!(of(|_| vec![1.0]).contains("dimension is 1"));
        assert!(of(|_| vec![]).contains("dimension is 0"));
        assert!(of(|t| if t < 0.5 { vec![1.0, 0.0] } else { vec![1.0] }).contains("coordinates"));
        assert!(Curve::wavy(0.9, 0.2, 3).unwrap_err().to_string().contains("leaves the sphere"));
        assert!(Curve::circle(1.0).is_err() && Curve::circle(f64::NAN).is_err());
        assert!(Curve::fourier(0, 3, 0.0, Seed(0)).is_err() && Curve::fourier(2, 1, 0.0, Seed(0)).is_err());
        let circle = Curve::circle(0.1).expect("a circle");
        assert!(circle.separation(&Curve::fourier(1, 4, 0.0, Seed(0)).expect("a curve")).is_err());
        assert!(circle.points(0).is_err());
    }
}

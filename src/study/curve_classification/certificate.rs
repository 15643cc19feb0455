//! Certificates by quadrature.

use super::angles::weighted;
use crate::names::*;

/// The change of the norm from one refinement to the next at which it stands.
const STANDS: f64 = 0.01;

/// A function `g` on two curves with `Θ g = ζ`, `ζ` the labels +1 on the first and -1 on the second: see [`certificate`].
#[derive(Clone)]
pub struct Certificate {
    /// `‖g‖` in `L²`, each curve with half of the mass.
    pub norm: f64,
    /// Whether the last refinement changed the norm by less than 1 %.
    pub stands: bool,
    /// Points of each curve, and the norm.
    pub refinements: Vec<(usize, f64)>,
    /// `g` on the points of both curves, `[2 n]`.
    pub values: Vector,
}

/// Two curves as one sample: points `[2 n, d]`, the mass of each, labels.
pub(super) struct Sample {
    pub x: Matrix,
    pub mass: Vector,
    pub labels: Vector,
}

impl Sample {
    pub fn new(curves: [&Curve; 2], n: usize) -> Result<Self> {
        let [a, b] = [curves[0].points(n)?, curves[1].points(n)?];
        let half = |weights: &Vector| weights / (2.0 * weights.sum());
        let x = ndarray::concatenate(Axis(0), &[a.x.view(), b.x.view()]).expect("curves of one dimension");
        let mass = half(&a.weights).into_iter().chain(half(&b.weights)).collect();
        let labels = (0..2 * n).map(|i| if i < n { 1.0 } else { -1.0 }).collect();
        Ok(Self { x, mass, labels })
    }
}

/// The certificate of two curves under the kernel of a network's hidden layers (its limit NTK less its NNGP, which is the share of a readout without
/// biases): `g` with `∫ Θ(x, x') g(x') dμ(x') = ζ(x)`, by quadrature in arc length on `first` points of each curve, and on twice as many until the
/// norm changes by less than 1 % or `most` are reached.
///
/// The smallest `‖g‖` bounds the error of gradient flow by `‖g‖ / (e t)`, whatever the points.
///
/// ```
/// use hadamard::prelude::*;
/// let curves = [Curve::circle(0.5)?, Curve::circle(-0.5)?];
/// let found = certificate(&mlp(3), [&curves[0], &curves[1]], (16, 64))?;
/// assert!(found.norm > 0.0 && found.refinements.len() >= 2);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Size`] for curves of different dimensions; [`Error::Range`] for curves that touch, or numbers of points of which the second is not
/// twice the first or more; [`Error::NegativeCurvature`] and [`Error::NotConverged`] for a kernel that is singular on the points; those of
/// the limit kernel.
pub fn certificate(net: &Net, curves: [&Curve; 2], (first, most): (usize, usize)) -> Result<Certificate> {
    let place = "certificate";
    let separation = curves[0].separation(curves[1])?;
    if !(separation > 1e-9) {
        let (what, legal) = ("the angle between the curves", "above 0: curves that touch have points of both classes");
        return Err(Error::Range { place, what, value: separation, legal });
    }
    if first < 2 || most < 2 * first {
        let (what, legal) = ("the largest number of points", "twice that at first or more, which is at least 2");
        return Err(Error::Range { place, what, value: most as f64, legal });
    }
    let mut refinements: Vec<(usize, f64)> = Vec::new();
    let mut n = first;
    loop {
        let sample = Sample::new(curves, n)?;
        let roots = sample.mass.mapv(f64::sqrt);
        let kernel = weighted(net, &sample.x, &sample.mass)?;
        let right = (&sample.labels * &roots).insert_axis(Axis(1));
        let scaled = ConjugateGradient::new(0.0).tolerance(1e-8).solve(&kernel, &right)?.x.column(0).to_owned();
        let norm = scaled.dot(&scaled).sqrt();
        let before = refinements.last().map(|last| last.1);
        refinements.push((n, norm));
        let stands = before.is_some_and(|before| (norm / before - 1.0).abs() <= STANDS);
        if stands || 2 * n > most {
            return Ok(Certificate { norm, stands, refinements, values: scaled / roots });
        }
        n *= 2;
    }
}

impl std::fmt::Debug for Certificate {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (points, _) = self.refinements.last().expect("a refinement or more");
        let word = if self.stands { "stands" } else { "does not stand yet" };
        write!(f, "certificate of norm {:.4e}, which {word} at {points} points of each curve", self.norm)
    }
}

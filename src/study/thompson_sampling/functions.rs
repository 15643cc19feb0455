//! Functions whose minimum is looked for.

use crate::checkpoint::Setting;
use crate::names::*;
use std::f64::consts::{E, PI, TAU};

/// A function that searches are tried on, to be minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestFunction {
    /// A draw from a Gaussian process with a squared exponential kernel of length 0.1 on `[0, 1]`, by 200 random Fourier features of a seed.
    Wave(u64),
    /// Branin's on `[-5, 10] × [0, 15]`: three minima of 0.397887.
    Branin,
    /// Hartmann's in six dimensions on `[0, 1]⁶`: -3.322368.
    Hartmann6,
    /// Ackley's in so many dimensions on `[-5, 10]^d`, where its minimum, 0 at the origin, is not in the middle.
    Ackley(u16),
}

/// Of Hartmann's function: weights, scales and centres (times 10⁴).
const WEIGHTS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
const SCALES: [[f64; 6]; 4] = [
    [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
    [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
    [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
    [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
];
const CENTRES: [[f64; 6]; 4] = [
    [1312.0, 1696.0, 5569.0, 124.0, 8283.0, 5886.0],
    [2329.0, 4135.0, 8307.0, 3736.0, 1004.0, 9991.0],
    [2348.0, 1451.0, 3522.0, 2883.0, 3047.0, 6650.0],
    [4047.0, 8828.0, 8732.0, 5743.0, 1091.0, 381.0],
];

const FEATURES: usize = 200;
const LENGTH: f64 = 0.1;
/// Points among which the minimum of a draw is looked for, before the gap beside the lowest is halved.
const GRID: usize = 2001;
const HALVINGS: usize = 40;

impl TestFunction {
    /// Its name.
    pub fn name(&self) -> String {
        match self {
            Self::Wave(seed) => format!("GP draw {seed}"),
            Self::Branin => "Branin".into(),
            Self::Hartmann6 => "Hartmann-6".into(),
            Self::Ackley(d) => format!("Ackley-{d}"),
        }
    }

    /// The lower and upper bound of every coordinate.
    pub fn bounds(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Wave(_) => vec![(0.0, 1.0)],
            Self::Branin => vec![(-5.0, 10.0), (0.0, 15.0)],
            Self::Hartmann6 => vec![(0.0, 1.0); 6],
            Self::Ackley(d) => vec![(-5.0, 10.0); usize::from(*d)],
        }
    }

    /// Its value at a point, `[d]`.
    ///
    /// # Errors
    /// [`Error::Size`] for a point of other dimensions.
    pub fn value(&self, x: &[f64]) -> Result<f64> {
        let (expected, got) = (self.bounds().len(), x.len());
        match expected == got {
            true => Ok(self.at(x)),
            false => Err(Error::Size { place: "test function", what: "coordinates", expected, got }),
        }
    }

    fn at(&self, x: &[f64]) -> f64 {
        match self {
            Self::Wave(seed) => Draw::new(*seed).at(x[0]),
            Self::Branin => {
                let bent = x[1] - 5.1 / (4.0 * PI * PI) * x[0] * x[0] + 5.0 / PI * x[0] - 6.0;
                bent * bent + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x[0].cos() + 10.0
            }
            Self::Hartmann6 => {
                let hill = |k: usize| {
                    let square = |j: usize| SCALES[k][j] * (x[j] - 1e-4 * CENTRES[k][j]).powi(2);
                    WEIGHTS[k] * (-(0..6).map(square).sum::<f64>()).exp()
                };
                -(0..4).map(hill).sum::<f64>()
            }
            Self::Ackley(d) => {
                let mean = |of: &dyn Fn(f64) -> f64| x.iter().map(|&x| of(x)).sum::<f64>() / f64::from(*d);
                let (length, waves) = (mean(&|x| x * x).sqrt(), mean(&|x| (TAU * x).cos()));
                -20.0 * (-0.2 * length).exp() - waves.exp() + 20.0 + E
            }
        }
    }

    /// Its smallest value in the box.
    pub fn minimum(&self) -> f64 {
        match self {
            Self::Wave(seed) => Draw::new(*seed).minimum(),
            Self::Branin => 10.0 / (8.0 * PI),
            Self::Hartmann6 => -3.322_368_011_415_515,
            Self::Ackley(_) => 0.0,
        }
    }
}

impl Setting for TestFunction {
    fn text(&self) -> String {
        self.name()
    }
}

/// `√(2/M) Σ_k w_k cos(ω_k x + b_k)`.
struct Draw {
    terms: Vec<[f64; 3]>,
}

impl Draw {
    fn new(seed: u64) -> Self {
        let (mut normal, mut phase) = (Seed(seed).normals(0), Seed(seed).below(1));
        let scale = (2.0 / FEATURES as f64).sqrt();
        let phases = 1 << 30;
        let term = |_| [scale * normal(), normal() / LENGTH, TAU * phase(phases) as f64 / phases as f64];
        Self { terms: (0..FEATURES).map(term).collect() }
    }

    fn at(&self, x: f64) -> f64 {
        self.terms.iter().map(|[weight, frequency, phase]| weight * (frequency * x + phase).cos()).sum()
    }

    fn minimum(&self) -> f64 {
        let step = 1.0 / (GRID - 1) as f64;
        let lower = |best: (f64, f64), next: (f64, f64)| if next.1 < best.1 { next } else { best };
        let at = |x: f64| (x, self.at(x));
        let mut best = (0..GRID).map(|k| at(k as f64 * step)).fold((0.0, f64::INFINITY), lower);
        for gap in (1..=HALVINGS).map(|k| step * 0.5f64.powi(k as i32)) {
            best = [best.0 - gap, best.0 + gap].map(|x| at(x.clamp(0.0, 1.0))).into_iter().fold(best, lower);
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At the published minima the functions have their values, and no step of 0.01 goes below.
    #[test]
    fn minima_are_those_that_are_published() -> Result<()> {
        let ackley = [0.0; 5];
        let hartmann = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573];
        let cases: [(TestFunction, &[f64], f64); 5] = [
            (TestFunction::Branin, &[PI, 2.275], 1e-9),
            (TestFunction::Branin, &[-PI, 12.275], 1e-9),
            (TestFunction::Branin, &[3.0 * PI, 2.475], 1e-9),
            (TestFunction::Hartmann6, &hartmann, 1e-6),
            (TestFunction::Ackley(5), &ackley, 1e-12),
        ];
        for (function, at, tolerance) in cases {
            let (value, minimum) = (function.value(at)?, function.minimum());
            assert!((value - minimum).abs() <= tolerance, "{}: {value} {minimum}", function.name());
            for k in 0..at.len() {
                for step in [-0.01, 0.01] {
                    let mut moved = at.to_vec();
                    moved[k] += step;
                    assert!(function.value(&moved)? > minimum, "{} along {k}", function.name());
                }
            }
        }
        assert!((TestFunction::Branin.minimum() - 0.397887).abs() <= 1e-6);
        let (draw, minimum) = (Draw::new(3), TestFunction::Wave(3).minimum());
        assert!((0..=49_999).all(|k| draw.at(k as f64 / 49_999.0) >= minimum - 1e-12));
        assert_eq!(TestFunction::Wave(3).value(&[0.25])?, draw.at(0.25));
        assert!(matches!(TestFunction::Branin.value(&[1.0]), Err(Error::Size { expected: 2, got: 1, .. })));
        Ok(())
    }
}

mod report;

use crate::data::{Seed, digits, sphere};
use crate::error::{Error, Result};
use crate::internal::harmonic_counts;
use crate::net::{Net, ccp, gated, mlp, modulated, pnn};
use crate::progress::Progress;
use crate::spectrum::{DecayFit, Parity, mercer_coefficients, mercer_decay};
use ndarray::{Array2, Axis};
use std::ops::RangeInclusive;

/// How fast the eigenvalues of tangent kernels decay, for networks with and without Hadamard products.
///
/// Two statements are told apart. The anchor paper says that the kernel of a polynomial net decays *more slowly*. The theory of
/// dot-product kernels (Bietti and Bach 2021) says that the *asymptotic* exponent is that of the mildest singularity at
/// `cos θ = ±1`, which all ReLU networks share: `μ_k ~ k^{-d}`. Both can hold, over different ranges of the frequency `k`, so a power
/// law is fitted over a middle and over a far range, to the Mercer coefficients of the limit NTK on `S^{d-1}`.
///
/// Beside it the spectra of Gram matrices of limit kernels, on points of the sphere and on images of digits scaled to norm 1.
///
/// Built by [`eigenvalue_decay`].
#[derive(Clone)]
pub struct EigenvalueDecay {
    dimensions: Vec<usize>,
    middle: RangeInclusive<usize>,
    far: RangeInclusive<usize>,
    points: usize,
    seed: Seed,
    quiet: bool,
}

/// The study in 3, 5 and 10 dimensions, middle range 2 to 10, far range 20 to 40, Gram matrices of 1000 points.
pub fn eigenvalue_decay() -> EigenvalueDecay {
    EigenvalueDecay {
        dimensions: vec![3, 5, 10],
        middle: 2..=10,
        far: 20..=40,
        points: 1000,
        seed: Seed(0),
        quiet: false,
    }
}

/// One network in one dimension.
#[derive(Clone, Debug)]
pub(super) struct Zonal {
    pub network: String,
    pub dimension: usize,
    /// `μ_k / Σ_k μ_k N_k`, `k` from 0: shares of the trace per harmonic.
    pub shares: Vec<f64>,
    /// Power laws over even degrees; `None` where a coefficient is below the noise of the quadrature.
    pub middle: Option<DecayFit>,
    pub far: Option<DecayFit>,
    /// `μ_3 / μ_1`: zero for a ReLU network with one hidden layer and no bias.
    pub odd: f64,
}

/// One network on one set of points.
#[derive(Clone, Debug)]
pub(super) struct Empirical {
    pub network: String,
    pub data: &'static str,
    /// Eigenvalues over the largest.
    pub values: Vec<f64>,
    pub effective_rank: f64,
    /// Power law over ranks 10 to a fifth of the points.
    pub law: DecayFit,
}

/// Networks with the same kernel family on the sphere, by the paper's comparison; the first is the standard to beat.
fn networks() -> Vec<Net> {
    let mut nets = vec![mlp(1), mlp(3)];
    nets.extend([3, 6, 9].map(pnn));
    nets.extend([3, 6, 9].map(ccp));
    nets.extend([gated(2), modulated(1)]);
    nets
}

impl EigenvalueDecay {
    /// A few seconds: 3 and 10 dimensions, Gram matrices of 400 points.
    pub fn quick(self) -> Self {
        Self { dimensions: vec![3, 10], points: 400, ..self }
    }

    /// Dimensions of the space around the spheres, each at least 3.
    pub fn dimensions(self, dimensions: &[usize]) -> Self {
        Self { dimensions: dimensions.to_vec(), ..self }
    }

    /// The frequencies of the middle fit; even ones are fitted.
    pub fn middle(self, degrees: RangeInclusive<usize>) -> Self {
        Self { middle: degrees, ..self }
    }

    /// The frequencies of the far fit; even ones are fitted.
    pub fn far(self, degrees: RangeInclusive<usize>) -> Self {
        Self { far: degrees, ..self }
    }

    /// Points of the Gram matrices, at least 100.
    pub fn points(self, n: usize) -> Self {
        Self { points: n, ..self }
    }

    /// The seed of the points.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Runs the study, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::Range`] for fewer than 100 points or no dimensions, and as for [`mercer_decay`]; [`Error::Data`](crate::Error::Data)
    /// without the digits.
    pub fn run(&self) -> Result<EigenvalueDecayReport> {
        let place = "eigenvalue decay";
        let counts = [
            ("the number of points", self.points, 100, "at least 100"),
            ("the number of dimensions", self.dimensions.len(), 1, "at least 1"),
            ("the end of the far range", *self.far.end(), 8, "at least 8"),
        ];
        for (what, got, least, legal) in counts {
            if got < least {
                return Err(Error::Range { place, what, value: got as f64, legal });
            }
        }
        Progress::unless(self.quiet).during(|| self.measure())
    }

    fn measure(&self) -> Result<EigenvalueDecayReport> {
        let nets = networks();
        let total = nets.len() * (self.dimensions.len() + 2);
        let task = Progress::current().task("spectra", "networks", total as u64);
        let mut zonal = Vec::new();
        for &dimension in &self.dimensions {
            for net in &nets {
                zonal.push(self.zonal(net, dimension)?);
                task.advance(1);
            }
        }
        let ball = sphere(self.points, 10, self.seed.child(0))?;
        let images = self.images()?;
        let mut empirical = Vec::new();
        for (data, x) in [("sphere of R^10", &ball), ("digits", &images)] {
            for net in &nets {
                empirical.push(Progress::silent().during(|| self.empirical(net, data, x))?);
                task.advance(1);
            }
        }
        Ok(EigenvalueDecayReport { settings: self.clone(), zonal, empirical })
    }

    fn zonal(&self, net: &Net, dimension: usize) -> Result<Zonal> {
        let last = *self.far.end();
        let degrees: Vec<usize> = (0..=last).collect();
        let mu = mercer_coefficients(net, dimension, &degrees)?;
        let trace: f64 = mu.iter().zip(harmonic_counts(dimension, last)).map(|(m, count)| m * count).sum();
        let fit = |range: &RangeInclusive<usize>| -> Result<Option<DecayFit>> {
            match mercer_decay(net, dimension, range.clone(), Parity::Even) {
                Err(Error::TooSmall { .. }) => Ok(None),
                decay => Ok(Some(decay?.power)),
            }
        };
        Ok(Zonal {
            network: net.name().into(),
            dimension,
            middle: fit(&self.middle)?,
            far: fit(&self.far)?,
            odd: mu[3] / mu[1],
            shares: mu.iter().map(|m| m / trace).collect(),
        })
    }

    /// As many digits of each class, norm 1.
    fn images(&self) -> Result<Array2<f64>> {
        let digits = digits()?;
        let classes: Vec<Vec<usize>> = (0..10).map(|digit| digits.indices(digit)).collect();
        let pick = |i: usize| classes[i % 10][(i / 10) % classes[i % 10].len()];
        let rows: Vec<usize> = (0..self.points).map(pick).collect();
        let mut images = digits.images.select(Axis(0), &rows);
        for mut image in images.rows_mut() {
            let norm = image.dot(&image).sqrt();
            image /= norm;
        }
        Ok(images)
    }

    fn empirical(&self, net: &Net, data: &'static str, x: &Array2<f64>) -> Result<Empirical> {
        let spectrum = net.limit_kernel(x)?.ntk().spectrum()?;
        let top = spectrum.values()[0];
        Ok(Empirical {
            network: net.name().into(),
            data,
            values: spectrum.values().iter().take(spectrum.rank()).map(|v| v / top).collect(),
            effective_rank: spectrum.effective_rank()?,
            law: spectrum.decay(10..=self.points / 5)?.power,
        })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct EigenvalueDecayReport {
    settings: EigenvalueDecay,
    zonal: Vec<Zonal>,
    empirical: Vec<Empirical>,
}

//! How fast the eigenvalues of tangent kernels decay.

mod report;

use crate::names::*;
use crate::spectrum::harmonic_counts;
use crate::study::frame::*;
use crate::{define_study, saved_fields};
use std::ops::RangeInclusive;

define_study! {
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
    pub struct EigenvalueDecay => EigenvalueDecayReport, "eigenvalue_decay", "eigenvalue decay";
    /// The study in 3, 5 and 10 dimensions, middle range 2 to 10, far range 20 to 40, Gram matrices of 1000 points.
    pub fn eigenvalue_decay;
    settings {
        /// Dimensions of the space around the spheres, each at least 3.
        list dimensions: usize = [3, 5, 10], with "list of dimensions";
        /// The frequencies of the middle fit; even ones are fitted.
        value middle: RangeInclusive<usize> = 2..=10, with "middle range";
        /// The frequencies of the far fit; even ones are fitted.
        value far: RangeInclusive<usize> = 20..=40, with "far range";
        /// Points of the Gram matrices, at least 100.
        value points: usize = 1000, with "number of points";
    }
    trial { dimensions: vec![3], points: 100 }
    quick {
        /// A few seconds: 3 and 10 dimensions, Gram matrices of 400 points.
        dimensions: vec![3, 10], points: 400
    }
}

/// A power law with its 95 % interval.
#[derive(Clone, Copy)]
struct Fit {
    rate: f64,
    low: f64,
    high: f64,
}
saved_fields!(Fit { rate, low, high });

impl From<DecayFit> for Fit {
    fn from(fit: DecayFit) -> Self {
        Self { rate: fit.rate, low: fit.interval.0, high: fit.interval.1 }
    }
}

/// The kernel of one network on the sphere in one dimension.
#[derive(Clone)]
struct Zonal {
    /// `μ_k / Σ_k μ_k N_k`, `k` from 0: shares of the trace per harmonic.
    shares: Vec<f64>,
    /// Power laws over even degrees; `None` where a coefficient is below the noise of the quadrature.
    middle: Option<Fit>,
    far: Option<Fit>,
    /// `μ_3 / μ_1`: zero for a ReLU network with one hidden layer and no bias.
    odd: f64,
}
saved_fields!(Zonal { shares, middle, far, odd });

/// The kernel of one network on one set of points.
#[derive(Clone)]
struct Empirical {
    /// Eigenvalues over the largest.
    values: Vec<f64>,
    effective_rank: f64,
    /// Power law over ranks 10 to a fifth of the points.
    law: Fit,
}
saved_fields!(Empirical { values, effective_rank, law });

/// Names of the sets of points.
const DATA: [&str; 2] = ["sphere of R^10", "digits"];
/// A frequency well inside the middle range.
const EIGHTH: usize = 8;

/// Networks with the same kernel family on the sphere, by the paper's comparison; the first is the standard to beat.
fn networks() -> Vec<Net> {
    let products = [3, 6, 9].map(pnn).into_iter().chain([3, 6, 9].map(ccp));
    [mlp(1), mlp(3)].into_iter().chain(products).chain([gated(2), modulated(1)]).collect()
}

impl Study for EigenvalueDecay {
    type Report = EigenvalueDecayReport;

    fn check(&self) -> Result<()> {
        let (points, far) = (self.points, *self.far.end());
        Self::requires()
            .that(points >= 100, "the number of points", points as f64, "at least 100")?
            .at_least_one("the number of dimensions", self.dimensions.len())?
            .that(far >= EIGHTH, "the end of the far range", far as f64, "at least 8")?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", networks().len() * (self.dimensions.len() + DATA.len()))
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<EigenvalueDecayReport> {
        let nets = networks();
        let named = |net: &Net| net.name().to_string();
        let (mut zonal, mut empirical) = (Vec::new(), Vec::new());
        for &d in &self.dimensions {
            let found = run.each(&format!("zonal-{d}"), &nets, |net| self.zonal(net, d))?;
            zonal.extend(nets.iter().zip(found).map(|(net, found)| (named(net), d, found)));
        }
        for (data, x) in DATA.into_iter().zip([sphere(self.points, 10, run.seed().child(0))?, self.images()?]) {
            let name = format!("gram-{}", if data == DATA[0] { "sphere" } else { data });
            let found = run.each(&name, &nets, |net| Progress::silent().during(|| self.empirical(net, &x)))?;
            empirical.extend(nets.iter().zip(found).map(|(net, found)| (named(net), data, found)));
        }
        Ok(EigenvalueDecayReport { settings: self.clone(), zonal, empirical })
    }
}

impl EigenvalueDecay {
    fn zonal(&self, net: &Net, dimension: usize) -> Result<Zonal> {
        let last = *self.far.end();
        let degrees: Vec<usize> = (0..=last).collect();
        let mu = mercer_coefficients(net, dimension, &degrees)?;
        let trace: f64 = mu.iter().zip(harmonic_counts(dimension, last)).map(|(m, count)| m * count).sum();
        let fit = |range: &RangeInclusive<usize>| -> Result<Option<Fit>> {
            match mercer_decay(net, dimension, range.clone(), Parity::Even) {
                Err(Error::TooSmall { .. }) => Ok(None),
                decay => Ok(Some(decay?.power.into())),
            }
        };
        let (middle, far) = (fit(&self.middle)?, fit(&self.far)?);
        Ok(Zonal { middle, far, odd: mu[3] / mu[1], shares: mu.iter().map(|m| m / trace).collect() })
    }

    /// As many digits of each class, norm 1.
    fn images(&self) -> Result<Matrix> {
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

    fn empirical(&self, net: &Net, x: &Matrix) -> Result<Empirical> {
        let spectrum = net.limit_kernel(x)?.ntk().spectrum()?;
        let top = spectrum.values()[0];
        Ok(Empirical {
            values: spectrum.values().iter().take(spectrum.rank()).map(|v| v / top).collect(),
            effective_rank: spectrum.effective_rank()?,
            law: spectrum.decay(10..=self.points / 5)?.power.into(),
        })
    }
}

/// What the study found.
#[derive(Clone)]
pub struct EigenvalueDecayReport {
    settings: EigenvalueDecay,
    /// By network and dimension.
    zonal: Vec<(String, usize, Zonal)>,
    /// By network and set of points.
    empirical: Vec<(String, &'static str, Empirical)>,
}

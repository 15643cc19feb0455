//! The target of the spectral-bias study: a sum of zonal harmonics.

use super::{Seed, sphere};
use crate::error::{Error, Result, check_input};
use crate::harmonic::gegenbauer;
use ndarray::{Array1, Array2, Axis};

/// Index of the Gegenbauer polynomials `C_k^(α)` of the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GegenbauerIndex {
    /// `α = (d-2)/2`: `C_k` is a harmonic of degree `k` on the sphere of `R^d`.
    Harmonic,
    /// `α = (d-1)/2`, as in the authors' code: degree `k` leaks into `k-2, k-4, …`.
    AsPublished,
}

/// Scale of each harmonic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amplitude {
    /// Each harmonic has root mean square 1 on the sphere, so that no degree drowns the others.
    Unit,
    /// `0.1 · C_k^(α)`, as in the authors' code: on the sphere of `R^10` degree 12 is 85 times larger than degree 1
    /// with their index, 45 times with the harmonic one.
    AsPublished,
}

/// `y(x) = Σ_k c_k C_k^(α)(⟨x, ζ_k⟩)` with one random unit vector `ζ_k` per frequency (Wu et al. 2022).
#[derive(Clone, PartialEq)]
pub struct HarmonicTarget {
    frequencies: Vec<usize>,
    alpha: f64,
    /// Factor of `C_k` in the harmonic and in the target.
    scales: Vec<(f64, f64)>,
    directions: Array2<f64>,
}

impl std::fmt::Debug for HarmonicTarget {
    /// A line: the first frequencies and the sphere.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 32;
        let shown: Vec<String> = self.frequencies.iter().take(SHOWN).map(usize::to_string).collect();
        let more = if self.frequencies.len() > SHOWN { ", …" } else { "" };
        write!(f, "target of the frequencies {}{more} on the sphere of R^{}", shown.join(", "), self.directions.ncols())
    }
}

impl HarmonicTarget {
    /// A target on the sphere of `R^dimension`.
    ///
    /// # Errors
    /// [`Error::Range`] for fewer than 3 dimensions, no frequencies, or one given twice.
    pub fn new(
        frequencies: &[usize],
        dimension: usize,
        index: GegenbauerIndex,
        amplitude: Amplitude,
        seed: Seed,
    ) -> Result<Self> {
        let place = "harmonic target";
        if dimension < 3 {
            return Err(Error::Range { place, what: "the dimension", value: dimension as f64, legal: "at least 3" });
        }
        if frequencies.is_empty() {
            return Err(Error::Range { place, what: "the number of frequencies", value: 0.0, legal: "at least 1" });
        }
        if let Some(k) = (1..frequencies.len()).find(|&i| frequencies[..i].contains(&frequencies[i])) {
            let value = frequencies[k] as f64;
            return Err(Error::Range { place, what: "a repeated frequency", value, legal: "given once" });
        }
        let alpha = match index {
            GegenbauerIndex::Harmonic => (dimension as f64 - 2.0) / 2.0,
            GegenbauerIndex::AsPublished => (dimension as f64 - 1.0) / 2.0,
        };
        let scales = frequencies
            .iter()
            .map(|&k| match amplitude {
                Amplitude::Unit => {
                    let unit = 1.0 / gegenbauer::root_mean_square(k, alpha, dimension)?;
                    Ok((unit, unit))
                }
                Amplitude::AsPublished => Ok((1.0, 0.1)),
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            frequencies: frequencies.to_vec(),
            alpha,
            scales,
            directions: sphere(frequencies.len(), dimension, seed)?,
        })
    }

    /// The frequencies `k`.
    pub fn frequencies(&self) -> &[usize] {
        &self.frequencies
    }

    /// `v_k(x_i)` as `[frequencies, n]`: the harmonics that residuals are projected on.
    ///
    /// # Errors
    /// Input without rows, of another dimension, or not finite; [`Error::Overflow`].
    pub fn harmonics(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        check_input("harmonic target", x, Some(self.directions.ncols()))?;
        let mut v = self.directions.dot(&x.t());
        for ((mut row, &k), &(scale, _)) in v.rows_mut().into_iter().zip(&self.frequencies).zip(&self.scales) {
            row.mapv_inplace(|t| scale * gegenbauer::value(k, self.alpha, t));
        }
        if !v.iter().all(|v| v.is_finite()) {
            return Err(Error::Overflow { place: "harmonic target" });
        }
        Ok(v)
    }

    /// `y(x_i)`, `[n]`.
    ///
    /// # Errors
    /// As for [`HarmonicTarget::harmonics`].
    pub fn values(&self, x: &Array2<f64>) -> Result<Array1<f64>> {
        let mut v = self.harmonics(x)?;
        for (mut row, &(harmonic, target)) in v.rows_mut().into_iter().zip(&self.scales) {
            row *= target / harmonic;
        }
        Ok(v.sum_axis(Axis(0)))
    }
}

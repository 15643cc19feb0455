//! How fast a sequence decays: least-squares fits of a power law and of an exponential.

use super::line::Line;
use crate::error::{Error, Result};

/// A law of decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecayLaw {
    /// `λ_k = C k^{-p}`, a line of slope `-p` in `ln λ` against `ln k`.
    Power,
    /// `λ_k = C e^{-p k}`, a line of slope `-p` in `ln λ` against `k`.
    Exponential,
}

/// A law fitted by ordinary least squares to `ln λ_k`.
///
/// The 95 % interval is `p ± t_{0.975, n-2} · se(p)`, as if the residuals were independent. Those of ordered eigenvalues are
/// not: neighbours lie on the same side of the line. So it is the interval of the fit, for comparing fits and ranges; it does not cover
/// an asymptotic exponent 95 times in 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecayFit {
    /// The law.
    pub law: DecayLaw,
    /// `p`: the exponent of the power law, the rate per index of the exponential.
    pub rate: f64,
    /// Lower and upper end of the 95 % interval of `p`.
    pub interval: (f64, f64),
    /// Standard error of `p`.
    pub standard_error: f64,
    /// `C`.
    pub prefactor: f64,
    /// Share of the variance of `ln λ_k` that the law explains; 0 where all values are equal and there is none.
    pub r_squared: f64,
}

impl DecayFit {
    /// The law's value at index `k`.
    pub fn at(&self, k: f64) -> f64 {
        match self.law {
            DecayLaw::Power => self.prefactor * k.powf(-self.rate),
            DecayLaw::Exponential => self.prefactor * (-self.rate * k).exp(),
        }
    }

    fn new(law: DecayLaw, indices: &[usize], logarithms: &[f64]) -> Self {
        let x: Vec<f64> = indices
            .iter()
            .map(|&k| match law {
                DecayLaw::Power => (k as f64).ln(),
                DecayLaw::Exponential => k as f64,
            })
            .collect();
        let line = Line::fit(&x, logarithms);
        Self {
            law,
            rate: -line.slope,
            interval: (-line.slope - line.half_interval, -line.slope + line.half_interval),
            standard_error: line.standard_error,
            prefactor: line.intercept.exp(),
            r_squared: line.r_squared,
        }
    }
}

/// Both laws fitted to the same values. They have as many parameters and the same `ln λ_k` to explain, so that the one with
/// the larger `r_squared` fits better.
#[derive(Clone, Debug, PartialEq)]
pub struct Decay {
    /// The power law.
    pub power: DecayFit,
    /// The exponential.
    pub exponential: DecayFit,
    /// The indices `k` of the values fitted, rising.
    pub indices: Vec<usize>,
}

impl Decay {
    /// Fits both laws to `values` at rising `indices` of 1 and above, of which each value must exceed `floor`; `place` and `what` name them
    /// in errors.
    ///
    /// # Errors
    /// [`Error::Range`] for fewer than three, [`Error::TooSmall`] for a value that is not above the floor.
    pub fn fit(
        place: &'static str,
        what: &'static str,
        indices: Vec<usize>,
        values: &[f64],
        floor: f64,
    ) -> Result<Self> {
        if indices.len() < 3 {
            return Err(Error::Range {
                place,
                what: "the number of values in the range",
                value: indices.len() as f64,
                legal: "at least 3",
            });
        }
        if let Some((&index, &value)) = indices.iter().zip(values).find(|&(_, &value)| !(value > floor)) {
            return Err(Error::TooSmall { place, what, index, value, floor });
        }
        let logarithms: Vec<f64> = values.iter().map(|v| v.ln()).collect();
        Ok(Self {
            power: DecayFit::new(DecayLaw::Power, &indices, &logarithms),
            exponential: DecayFit::new(DecayLaw::Exponential, &indices, &logarithms),
            indices,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seed;

    fn close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance * expected.abs(), "{got} {expected}");
    }

    /// `scipy.stats.linregress(x, numpy.log(y))` with `x = log(k)` and `x = k`, and `scipy.stats.t.ppf(0.975, 6)`; scipy
    /// 1.17.1, numpy 2.4.6.
    #[test]
    fn fits_equal_scipy() -> Result<()> {
        let values = [3.0, 1.1, 0.7, 0.33, 0.25, 0.17, 0.14, 0.09];
        let decay = Decay::fit("test", "value", (2..10).collect(), &values, 0.0)?;
        let scipy = [
            [2.274375205969323, 14.354367918667934, 0.9947066671614956, 0.06773350881036655, 2.108637280541604],
            [0.4687678320559925, 4.966709161730944, 0.9528840036068685, 0.042554583896463244, 0.3646405163991933],
        ];
        for (fit, [rate, prefactor, r_squared, standard_error, low]) in
            [decay.power, decay.exponential].iter().zip(scipy)
        {
            close(fit.rate, rate, 1e-13);
            close(fit.prefactor, prefactor, 1e-13);
            close(fit.r_squared, r_squared, 1e-13);
            close(fit.standard_error, standard_error, 1e-12);
            close(fit.interval.0, low, 1e-12);
            close(fit.interval.1, 2.0 * rate - low, 1e-12);
        }
        Ok(())
    }

    /// `scipy.stats.t.ppf(0.975, degrees)`, scipy 1.17.1.
    #[test]
    fn student_quantiles_equal_scipy() -> Result<()> {
        for (degrees, quantile) in
            [(1, 12.706204736174694), (2, 4.302652729749462), (10, 2.228138851986274), (498, 1.9647389829672888)]
        {
            // Noise that is not on any line, so that the interval has a width.
            let values: Vec<f64> = (0..degrees + 2).map(|i| 1.0 + (i * i % 7) as f64).collect();
            let fit = Decay::fit("test", "value", (1..degrees + 3).collect(), &values, 0.0)?.power;
            close((fit.interval.1 - fit.rate) / fit.standard_error, quantile, 1e-11);
        }
        Ok(())
    }

    #[test]
    fn exact_laws_are_found_and_told_apart() -> Result<()> {
        let indices: Vec<usize> = (3..80).collect();
        let power: Vec<f64> = indices.iter().map(|&k| 5.0 * (k as f64).powf(-1.7)).collect();
        let decay = Decay::fit("test", "value", indices.clone(), &power, 0.0)?;
        close(decay.power.rate, 1.7, 1e-13);
        close(decay.power.at(9.0), 5.0 * 9f64.powf(-1.7), 1e-13);
        assert!(decay.power.r_squared >= 1.0 - 1e-14 && decay.exponential.r_squared <= 0.95, "{decay:?}");
        let exponential: Vec<f64> = indices.iter().map(|&k| 5.0 * (-0.3 * k as f64).exp()).collect();
        let decay = Decay::fit("test", "value", indices, &exponential, 0.0)?;
        close(decay.exponential.rate, 0.3, 1e-13);
        close(decay.exponential.at(9.0), 5.0 * (-2.7f64).exp(), 1e-12);
        assert!(decay.exponential.r_squared >= 1.0 - 1e-14 && decay.power.r_squared <= 0.95, "{decay:?}");
        Ok(())
    }

    /// With independent Gaussian residuals the interval covers the exponent in 95 % of fits.
    #[test]
    fn interval_covers_in_95_percent_of_fits() -> Result<()> {
        let mut normal = Seed(5).normals(0);
        let (fits, exponent) = (4000, 2.2);
        for points in [5, 40] {
            let mut covered = 0;
            for _ in 0..fits {
                let indices: Vec<usize> = (4..4 + points).collect();
                let values: Vec<f64> =
                    indices.iter().map(|&k| (k as f64).powf(-exponent) * (0.3 * normal()).exp()).collect();
                let (low, high) = Decay::fit("test", "value", indices, &values, 0.0)?.power.interval;
                covered += usize::from(low <= exponent && exponent <= high);
            }
            let share = covered as f64 / fits as f64;
            let z = (share - 0.95) / (0.95 * 0.05 / fits as f64).sqrt();
            assert!(z.abs() <= 4.0, "{points} points: {share}, z = {z}");
        }
        Ok(())
    }

    #[test]
    fn equal_values_do_not_decay() -> Result<()> {
        let fit = Decay::fit("test", "value", vec![1, 2, 3, 4], &[2.0; 4], 0.0)?.power;
        assert_eq!((fit.rate, fit.standard_error, fit.r_squared), (0.0, 0.0, 0.0));
        close(fit.at(10.0), 2.0, 1e-15);
        Ok(())
    }
}

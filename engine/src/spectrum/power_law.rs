//! Power laws through points: the slope of one logarithm against another.

use super::line::Line;
use crate::error::{Error, Result, check_finite};
use ndarray::Array2;

/// `y = C x^p`, fitted by ordinary least squares of `ln y` against `ln x`.
///
/// The 95 % interval is `p ± t_{0.975, n-2} · se(p)`: right for independent residuals of equal spread in `ln y`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLawFit {
    /// `p`, the slope.
    pub exponent: f64,
    /// Lower and upper end of the 95 % interval of `p`.
    pub interval: (f64, f64),
    /// Standard error of `p`.
    pub standard_error: f64,
    /// `C`.
    pub prefactor: f64,
    /// Share of the variance of `ln y` that the law explains; 0 where all values are equal and there is none.
    pub r_squared: f64,
}

/// Fits a power law to positive points, such as errors against widths or times against sizes.
///
/// ```
/// use hadamard::prelude::*;
/// let fit = power_law_fit(&[64.0, 256.0, 1024.0], &[0.8, 0.4, 0.2])?;
/// assert!((fit.exponent + 0.5).abs() <= 1e-12 && (fit.at(1.0) - 6.4).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Size`] for fewer than three points or lists of other lengths; [`Error::NotFinite`]; [`Error::TooSmall`] for a value that is not
/// above zero; [`Error::Range`] where all `x` are equal.
pub fn power_law_fit(x: &[f64], y: &[f64]) -> Result<PowerLawFit> {
    let place = "power law";
    if x.len() < 3 {
        return Err(Error::Size { place, what: "points or more", expected: 3, got: x.len() });
    }
    if x.len() != y.len() {
        return Err(Error::Size { place, what: "values of y, one per x", expected: x.len(), got: y.len() });
    }
    for (what, values) in [("x", x), ("y", y)] {
        check_finite(place, &Array2::from_shape_fn((values.len(), 1), |(row, _)| values[row]))?;
        if let Some((index, &value)) = values.iter().enumerate().find(|(_, value)| !(**value > 0.0)) {
            return Err(Error::TooSmall { place, what, index, value, floor: 0.0 });
        }
    }
    let logarithms = |values: &[f64]| values.iter().map(|v| v.ln()).collect::<Vec<_>>();
    let (x, y) = (logarithms(x), logarithms(y));
    if x.iter().all(|&other| other == x[0]) {
        let (what, legal) = ("the spread of ln x", "above 0; a slope needs two different x");
        return Err(Error::Range { place, what, value: 0.0, legal });
    }
    let line = Line::fit(&x, &y);
    Ok(PowerLawFit {
        exponent: line.slope,
        interval: (line.slope - line.half_interval, line.slope + line.half_interval),
        standard_error: line.standard_error,
        prefactor: line.intercept.exp(),
        r_squared: line.r_squared,
    })
}

impl PowerLawFit {
    /// The law's value at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.prefactor * x.powf(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.linregress(numpy.log(k), numpy.log(y))` and `scipy.stats.t.ppf(0.975, 6)` of the fit in `decay.rs`, scipy 1.17.1.
    #[test]
    fn the_fit_equals_scipy() -> Result<()> {
        let x: Vec<f64> = (2..10).map(f64::from).collect();
        let fit = power_law_fit(&x, &[3.0, 1.1, 0.7, 0.33, 0.25, 0.17, 0.14, 0.09])?;
        for (got, expected) in [
            (fit.exponent, -2.274375205969323),
            (fit.prefactor, 14.354367918667934),
            (fit.r_squared, 0.9947066671614956),
            (fit.standard_error, 0.06773350881036655),
            (fit.interval.1, -2.108637280541604),
        ] {
            assert!((got - expected).abs() <= 1e-12 * expected.abs(), "{got} {expected}");
        }
        Ok(())
    }

    #[test]
    fn what_has_no_slope_is_refused() {
        assert!(matches!(power_law_fit(&[1.0, 2.0], &[1.0, 2.0]), Err(Error::Size { got: 2, .. })));
        assert!(matches!(power_law_fit(&[1.0, 2.0, 3.0], &[1.0, 2.0]), Err(Error::Size { expected: 3, got: 2, .. })));
        assert!(matches!(
            power_law_fit(&[1.0, 2.0, 3.0], &[1.0, 0.0, 2.0]),
            Err(Error::TooSmall { what: "y", index: 1, .. })
        ));
        assert!(matches!(power_law_fit(&[1.0, -2.0, 3.0], &[1.0; 3]), Err(Error::TooSmall { what: "x", .. })));
        assert!(matches!(power_law_fit(&[1.0, f64::NAN, 3.0], &[1.0; 3]), Err(Error::NotFinite { row: 1, .. })));
        assert!(matches!(power_law_fit(&[2.0; 3], &[1.0; 3]), Err(Error::Range { .. })));
    }
}

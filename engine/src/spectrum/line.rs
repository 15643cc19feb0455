//! Ordinary least squares of a line.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// `y = intercept + slope x` by least squares.
pub(super) struct Line {
    pub slope: f64,
    pub intercept: f64,
    pub standard_error: f64,
    /// Half of the 95 % interval of the slope, `t_{0.975, n-2} · se`.
    pub half_interval: f64,
    /// Share of the variance of `y` that the line explains; 0 where there is none.
    pub r_squared: f64,
}

impl Line {
    /// Of three points or more, not all at one `x`.
    pub fn fit(x: &[f64], y: &[f64]) -> Self {
        let n = x.len() as f64;
        let mean = |v: &[f64]| v.iter().sum::<f64>() / n;
        let (x_mean, y_mean) = (mean(x), mean(y));
        let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
        for (x, y) in x.iter().zip(y) {
            let (dx, dy) = (x - x_mean, y - y_mean);
            (sxx, sxy, syy) = (sxx + dx * dx, sxy + dx * dy, syy + dy * dy);
        }
        let slope = sxy / sxx;
        // From the residuals themselves: syy - slope sxy cancels where the fit is good.
        let unexplained: f64 = x.iter().zip(y).map(|(x, y)| (y - y_mean - slope * (x - x_mean)).powi(2)).sum();
        let standard_error = (unexplained / (n - 2.0) / sxx).sqrt();
        let student = StudentsT::new(0.0, 1.0, n - 2.0).expect("three points or more leave a degree of freedom");
        Self {
            slope,
            intercept: y_mean - slope * x_mean,
            standard_error,
            half_interval: student.inverse_cdf(0.975) * standard_error,
            r_squared: if syy == 0.0 { 0.0 } else { 1.0 - unexplained / syy },
        }
    }
}

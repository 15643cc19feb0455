//! Columns brought to mean 0 and standard deviation 1.

use crate::error::{Error, Result, check_finite};
use ndarray::{Array, Array1, ArrayView2, ArrayViewD, Axis, Dimension, Ix2};

/// Means and standard deviations of columns, by which other data are shifted and scaled alike: fitted to the training data, applied to
/// all.
///
/// `z = (x - μ) / s` per column, with `μ` the mean and `s² = (1/n) Σ (x - μ)²`. A vector is one column.
///
/// ```
/// use hadamard::prelude::*;
/// let x = array![[1.0, 4.0], [3.0, 12.0]];
/// let scaler = Standardiser::fit(&x)?;
/// assert_eq!(scaler.apply(&x)?, array![[-1.0, -1.0], [1.0, 1.0]]);
/// assert_eq!(scaler.invert(&array![[0.0, 2.0]])?, array![[2.0, 16.0]]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Standardiser {
    mean: Array1<f64>,
    deviation: Array1<f64>,
}

const PLACE: &str = "standardiser";

impl Standardiser {
    /// The means and deviations of the columns of `x`, `[n, d]` or `[n]`.
    ///
    /// # Errors
    /// [`Error::NoRows`], [`Error::NotFinite`]; [`Error::ConstantColumn`] for a column whose values are equal up to rounding.
    pub fn fit<D: Dimension>(x: &Array<f64, D>) -> Result<Self> {
        Self::fitted(columns(x.view().into_dyn())?, false)
    }

    /// As [`Standardiser::fit`], where a column of equal values is shifted to 0 and not scaled.
    ///
    /// # Errors
    /// [`Error::NoRows`], [`Error::NotFinite`].
    pub fn fit_leaving_constants<D: Dimension>(x: &Array<f64, D>) -> Result<Self> {
        Self::fitted(columns(x.view().into_dyn())?, true)
    }

    fn fitted(x: ArrayView2<'_, f64>, leave: bool) -> Result<Self> {
        if x.nrows() == 0 {
            return Err(Error::NoRows { place: PLACE });
        }
        check_finite(PLACE, &x.to_owned())?;
        let n = x.nrows() as f64;
        let (mut means, mut deviations) = (Vec::with_capacity(x.ncols()), Vec::with_capacity(x.ncols()));
        for (index, column) in x.columns().into_iter().enumerate() {
            // Taken out, so that no square overflows or vanishes.
            let size = column.iter().fold(0.0, |size: f64, v| size.max(v.abs()));
            let unit = if size > 0.0 { size } else { 1.0 };
            let rough = column.iter().map(|v| v / unit).sum::<f64>() / n;
            let mean = rough + column.iter().map(|v| v / unit - rough).sum::<f64>() / n;
            let deviation = (column.iter().map(|v| (v / unit - mean).powi(2)).sum::<f64>() / n).sqrt();
            let constant = deviation <= 4.0 * f64::EPSILON;
            if constant && !leave {
                return Err(Error::ConstantColumn { place: PLACE, column: index, value: column[0] });
            }
            means.push(mean * unit);
            deviations.push(if constant { 1.0 } else { deviation * unit });
        }
        Ok(Self { mean: means.into(), deviation: deviations.into() })
    }

    /// The means `μ` of the columns.
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// The standard deviations `s` of the columns, 1 for those left as they are.
    pub fn deviation(&self) -> &Array1<f64> {
        &self.deviation
    }

    /// `(x - μ) / s`.
    ///
    /// # Errors
    /// [`Error::Size`] for other columns than were fitted; [`Error::NotFinite`].
    pub fn apply<D: Dimension>(&self, x: &Array<f64, D>) -> Result<Array<f64, D>> {
        self.mapped(x, |v, mean, deviation| (v - mean) / deviation)
    }

    /// `μ + s z`, the way back.
    ///
    /// # Errors
    /// As for [`Standardiser::apply`].
    pub fn invert<D: Dimension>(&self, z: &Array<f64, D>) -> Result<Array<f64, D>> {
        self.mapped(z, |v, mean, deviation| mean + deviation * v)
    }

    fn mapped<D: Dimension>(&self, x: &Array<f64, D>, map: impl Fn(f64, f64, f64) -> f64) -> Result<Array<f64, D>> {
        let mut values = columns(x.view().into_dyn())?.as_standard_layout().into_owned();
        if values.ncols() != self.mean.len() {
            return Err(Error::Size { place: PLACE, what: "columns", expected: self.mean.len(), got: values.ncols() });
        }
        check_finite(PLACE, &values)?;
        for ((_, column), value) in values.indexed_iter_mut() {
            *value = map(*value, self.mean[column], self.deviation[column]);
        }
        let values = values.into_shape_with_order(x.raw_dim()).expect("as many values as before, row by row");
        Ok(values)
    }
}

/// `[n, d]`; a vector is one column.
fn columns(x: ArrayViewD<'_, f64>) -> Result<ArrayView2<'_, f64>> {
    let got = x.ndim();
    let x = if got == 1 { x.insert_axis(Axis(1)) } else { x };
    x.into_dimensionality::<Ix2>().map_err(|_| Error::Size {
        place: PLACE,
        what: "axes: rows and columns",
        expected: 2,
        got,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, ShapeBuilder, array};

    /// `sklearn.preprocessing.StandardScaler().fit([[1, 2e8], [2, 2e8 + 1], [4, 2e8 + 5], [8, 2e8 - 3]])`: `mean_` and
    /// `scale_` by their definition in exact fractions.
    #[test]
    fn means_and_deviations_keep_their_digits() -> Result<()> {
        let x = array![[1.0, 2e8], [2.0, 2e8 + 1.0], [4.0, 2e8 + 5.0], [8.0, 2e8 - 3.0]];
        for x in [x.clone(), {
            let mut f = Array2::zeros(x.raw_dim().f());
            f.assign(&x);
            f
        }] {
            let scaler = Standardiser::fit(&x)?;
            assert_eq!(scaler.mean(), array![3.75, 200_000_000.75]);
            let expected = array![7.1875f64.sqrt(), 8.1875f64.sqrt()];
            assert!((scaler.deviation() - &expected).iter().all(|error| error.abs() <= 1e-7), "{scaler:?}");
            let back = scaler.invert(&scaler.apply(&x)?)?;
            assert!((&back - &x).iter().all(|error| error.abs() <= 1e-7));
        }
        Ok(())
    }

    #[test]
    fn vectors_extreme_sizes_and_constants() -> Result<()> {
        let y = array![1e200, -1e200];
        assert!((Standardiser::fit(&y)?.apply(&y)? - array![1.0, -1.0]).iter().all(|error| error.abs() <= 1e-15));
        let tiny = array![[1e-300], [3e-300]];
        assert!(
            (Standardiser::fit(&tiny)?.apply(&tiny)? - array![[-1.0], [1.0]]).iter().all(|error| error.abs() <= 1e-14)
        );
        let constant = array![[1.0, 0.1], [2.0, 0.1], [3.0, 0.1]];
        assert!(matches!(Standardiser::fit(&constant), Err(Error::ConstantColumn { column: 1, value: 0.1, .. })));
        let left = Standardiser::fit_leaving_constants(&constant)?.apply(&constant)?;
        assert!(left.column(1).iter().all(|v| v.abs() <= 1e-16) && left[[2, 0]] > 1.0);
        assert!(matches!(Standardiser::fit(&array![5.0]), Err(Error::ConstantColumn { column: 0, .. })));
        assert!(matches!(Standardiser::fit(&array![0.0, f64::NAN]), Err(Error::NotFinite { row: 1, .. })));
        assert!(matches!(Standardiser::fit(&Array2::zeros((0, 2))), Err(Error::NoRows { .. })));
        assert!(matches!(Standardiser::fit(&y)?.apply(&constant), Err(Error::Size { expected: 1, got: 2, .. })));
        Ok(())
    }
}

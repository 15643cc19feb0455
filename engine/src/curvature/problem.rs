//! A network, points and a loss: what both operators are of.

use super::Curvatures;
use crate::error::{Error, Result, check_finite};
use crate::linalg::Scalar;
use crate::net::Network;
use crate::regression::Loss;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use std::borrow::Cow;
use std::sync::Arc;

/// `L(θ) = (1/n) Σ_i ℓ(f(x_i; θ), y_i)` around the parameters of a network.
#[derive(Clone)]
pub struct Problem<'a, F: Scalar> {
    pub network: Cow<'a, Network<F>>,
    pub x: Array2<F>,
    pub y: Array2<f64>,
    pub loss: Arc<dyn Loss + Send + Sync>,
    /// What multiplies the rows and columns that belong to each parameter.
    pub scales: Vec<f64>,
}

/// Why there is a second derivative of the loss.
pub(super) const KNOWN: &str = "asked when the operator was made";

impl<'a, F: Curvatures> Problem<'a, F> {
    /// # Errors
    /// See [`Network::hessian_operator`].
    pub fn new(
        place: &'static str,
        network: Cow<'a, Network<F>>,
        loss: impl Loss + Send + Sync + 'static,
        x: &Array2<f64>,
        y: &Array2<f64>,
    ) -> Result<Self> {
        network.check(place, x)?;
        for (what, expected, got) in
            [("rows of targets", x.nrows(), y.nrows()), ("columns of targets", network.outputs_count(), y.ncols())]
        {
            if expected != got {
                return Err(Error::Size { place, what, expected, got });
            }
        }
        check_finite(place, y)?;
        loss.check(y)?;
        // Whether a loss has a second derivative does not depend on where it is asked.
        let zeros = vec![0.0; y.ncols()];
        let first = y.row(0).to_vec();
        loss.curvature(&zeros, &first, &zeros, &mut zeros.clone())?;
        let scales = vec![1.0; network.parameters().len()];
        Ok(Self { network, x: x.mapv(F::of), y: y.clone(), loss: Arc::new(loss), scales })
    }

    /// With rows and columns multiplied by the roots of the parameters' learning rates.
    pub fn with_rates(self) -> Self {
        let scales = self.network.parameters().iter().map(|p| p.slot().rate.sqrt()).collect();
        Self { scales, ..self }
    }

    pub fn dim(&self) -> usize {
        self.network.parameters().iter().map(|p| p.values.len()).sum()
    }

    /// `product` for every column of `v: [dim, k]`, between the scales.
    pub fn apply(
        &self,
        place: &'static str,
        v: &Array2<f64>,
        product: impl Fn(&Self, &[Array2<F>]) -> Vec<Array2<F>>,
    ) -> Result<Array2<f64>> {
        if v.nrows() != self.dim() {
            return Err(Error::Size { place, what: "rows of the vectors", expected: self.dim(), got: v.nrows() });
        }
        check_finite(place, v)?;
        let mut products = Array2::zeros(v.dim());
        for (column, mut target) in v.axis_iter(Axis(1)).zip(products.axis_iter_mut(Axis(1))) {
            let direction = self.scaled(self.network.unflat(column));
            target.assign(&flat(&self.scaled(product(self, &direction))));
        }
        match products.iter().all(|v| v.is_finite()) {
            true => Ok(products),
            false => Err(Error::Overflow { place }),
        }
    }

    fn scaled(&self, mut arrays: Vec<Array2<F>>) -> Vec<Array2<F>> {
        for (array, &scale) in arrays.iter_mut().zip(&self.scales) {
            if scale != 1.0 {
                *array *= F::of(scale);
            }
        }
        arrays
    }
}

impl<F: Curvatures> Network<F> {
    /// All parameters in one vector: in forward order, each row by row.
    pub fn flat(&self) -> Array1<f64> {
        flat(self.parameters().iter().map(|p| &p.values))
    }

    /// A vector of that order as one array per parameter, of its shape.
    ///
    /// # Panics
    /// If there are not as many numbers as the parameters have.
    pub(crate) fn unflat(&self, vector: ArrayView1<'_, f64>) -> Vec<Array2<F>> {
        let vector = vector.to_vec();
        let mut rest = vector.as_slice();
        let arrays = self.parameters().iter().map(|p| {
            let (own, others) = rest.split_at(p.values.len());
            rest = others;
            let values = own.iter().map(|&v| F::of(v)).collect();
            Array2::from_shape_vec(p.values.dim(), values).expect("as many as the parameter has")
        });
        arrays.collect()
    }
}

fn flat<'a, F: Curvatures>(arrays: impl IntoIterator<Item = &'a Array2<F>>) -> Array1<f64> {
    let mut flat = Vec::new();
    for array in arrays {
        let array = array.as_standard_layout();
        flat.extend(array.as_slice().expect("brought into standard layout").iter().map(|v| v.to_f64()));
    }
    flat.into()
}

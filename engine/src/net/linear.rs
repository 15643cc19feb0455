//! The first-order view of a network: derivatives along directions in its parameters, and the linear model around them.

use super::{Network, Networks, finite};
use crate::error::{Error, Result, all_finite, check_finite, check_input};
use crate::linalg::LinearOperator;
use ndarray::{Array2, Axis};

impl<F: Networks> Network<F> {
    /// The derivative of the outputs along a direction in the parameters, `J v: [n, out]`, by forward mode; `direction` holds
    /// one array per parameter, of its shape.
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Size`] and [`Error::NotFinite`] for the direction.
    pub fn jacobian_vector(&self, direction: &[Array2<F>], x: &Array2<f64>) -> Result<Array2<f64>> {
        F::jacobian_vector(self, direction, x)
    }

    /// `Jᵀ u`, one array per parameter and of its shape, for `u: [n, out]`.
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Size`] and [`Error::NotFinite`] for `u`; [`Error::Overflow`].
    pub fn vector_jacobian(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<F>>> {
        F::vector_jacobian(self, u, x)
    }

    pub(super) fn vector_jacobian_here(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<F>>> {
        let place = "vector-Jacobian product";
        self.check(place, x)?;
        self.check_cotangent(place, u, x.nrows())?;
        let gradients = F::gradient(&self.model(), x.mapv(F::of).view(), u.mapv(F::of).view());
        if gradients.iter().all(all_finite) { Ok(gradients) } else { Err(Error::Overflow { place }) }
    }

    /// The linear model `f(x; θ_0) + J (θ - θ_0)` at another network's parameters `θ`: the first-order Taylor prediction.
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Size`] for a network with other parameters, [`Error::Unlike`] for one of another
    /// parametrisation.
    pub fn linearised_outputs(&self, at: &Network<F>, x: &Array2<f64>) -> Result<Array2<f64>> {
        F::linearised_outputs(self, at, x)
    }

    pub(super) fn linearised_outputs_here(&self, at: &Network<F>, x: &Array2<f64>) -> Result<Array2<f64>> {
        let place = "linearised network";
        at.check_parameters()?;
        let (expected, got) = (self.parameters().len(), at.parameters().len());
        if expected != got {
            return Err(Error::Size { place, what: "parameters", expected, got });
        }
        for (own, other) in self.parameters().iter().zip(at.parameters()) {
            if own.values.dim() != other.values.dim() {
                let (expected, got) = (own.values.len(), other.values.len());
                return Err(Error::Size { place, what: "numbers in a parameter of the same shape", expected, got });
            }
            if own.slot.gain != other.slot.gain {
                let reason = "the two networks scale their parameters differently, so that differences of these say nothing; build both from one network";
                return Err(Error::Unlike { place, reason });
            }
        }
        let moved = self.parameters().iter().zip(at.parameters()).map(|(a, b)| &b.values - &a.values);
        let direction: Vec<_> = moved.collect();
        let (y, dy) = self.with_tangent(place, &direction, x)?;
        Ok(y + dy)
    }

    pub(super) fn jacobian_vector_here(&self, direction: &[Array2<F>], x: &Array2<f64>) -> Result<Array2<f64>> {
        Ok(self.with_tangent("Jacobian-vector product", direction, x)?.1)
    }

    fn with_tangent(
        &self,
        place: &'static str,
        direction: &[Array2<F>],
        x: &Array2<f64>,
    ) -> Result<(Array2<f64>, Array2<f64>)> {
        self.check(place, x)?;
        self.check_direction(place, direction)?;
        let [y, dy] = F::outputs_along(&self.model(), direction, x.mapv(F::of).view());
        Ok((finite(place, y.mapv(F::to_f64))?, finite(place, dy.mapv(F::to_f64))?))
    }

    /// # Errors
    /// [`Error::Size`] and [`Error::NotFinite`] unless there is one array per parameter, of its shape.
    pub(crate) fn check_direction(&self, place: &'static str, direction: &[Array2<F>]) -> Result<()> {
        if direction.len() != self.parameters().len() {
            let (expected, got) = (self.parameters().len(), direction.len());
            return Err(Error::Size { place, what: "arrays in the direction", expected, got });
        }
        for (parameter, d) in self.parameters().iter().zip(direction) {
            let (expected, got) = (parameter.values.dim(), d.dim());
            for (what, expected, got) in
                [("rows of a direction", expected.0, got.0), ("columns of a direction", expected.1, got.1)]
            {
                if expected != got {
                    return Err(Error::Size { place, what, expected, got });
                }
            }
            check_finite(place, d)?;
        }
        Ok(())
    }

    /// # Errors
    /// [`Error::Size`] and [`Error::NotFinite`] unless `u` has a row per point and a column per output.
    pub(crate) fn check_cotangent(&self, place: &'static str, u: &Array2<f64>, points: usize) -> Result<()> {
        if u.nrows() != points {
            return Err(Error::Size { place, what: "rows of u", expected: points, got: u.nrows() });
        }
        check_input(place, u, Some(self.outputs_count()))
    }

    /// The tangent kernel of `x: [n, d]` with itself as an operator: products with vectors without the kernel, for
    /// [Lanczos](crate::linalg::Lanczos) and [conjugate gradients](crate::linalg::ConjugateGradient) on kernels too large to
    /// hold.
    ///
    /// # Errors
    /// As for [`Network::outputs`].
    pub fn tangent_operator(&self, x: &Array2<f64>) -> Result<TangentOperator<F>> {
        self.check("tangent operator", x)?;
        Ok(TangentOperator { network: self.clone(), x: x.clone() })
    }
}

/// `Θ = J Jᵀ` of a network on some points, `[n · out, n · out]`, never formed: each product is one reverse and one forward
/// sweep.
///
/// Memory is that of a few copies of the parameters and of blocks of samples for each thread, however many samples there are; a
/// product costs about five forward passes.
#[derive(Clone)]
pub struct TangentOperator<F = f64> {
    network: Network<F>,
    x: Array2<f64>,
}

impl<F: Networks> std::fmt::Debug for TangentOperator<F> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tangent kernel of {} on {} points, not formed", self.network.net().name(), self.x.nrows())
    }
}

impl<F: Networks> LinearOperator for TangentOperator<F> {
    fn dim(&self) -> usize {
        self.x.nrows() * self.network.outputs_count()
    }

    /// Both sweeps round each product in `F`.
    fn accuracy(&self) -> f64 {
        if size_of::<F>() == size_of::<f32>() { 1e-5 } else { 1e-10 }
    }

    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
        let place = "NTK-vector product";
        if v.nrows() != self.dim() {
            return Err(Error::Size { place, what: "rows of the vectors", expected: self.dim(), got: v.nrows() });
        }
        let shape = (self.x.nrows(), self.network.outputs_count());
        let mut products = Array2::zeros(v.dim());
        for (column, mut product) in v.axis_iter(Axis(1)).zip(products.axis_iter_mut(Axis(1))) {
            let u = column.to_owned().into_shape_with_order(shape).expect("as many rows as points times outputs");
            let mut direction = self.network.vector_jacobian(&u, &self.x)?;
            for (d, parameter) in direction.iter_mut().zip(self.network.parameters()) {
                *d *= F::of(parameter.slot().rate);
            }
            let y = self.network.jacobian_vector(&direction, &self.x)?;
            product.assign(&y.flatten());
        }
        Ok(products)
    }
}

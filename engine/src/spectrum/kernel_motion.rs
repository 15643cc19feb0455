//! How a kernel moves along training.

use super::alignment::cosine_distance;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use ndarray::Array1;

impl Kernel {
    /// Kernel distance `S = 1 - ⟨K, K'⟩ / (‖K‖ ‖K'‖)` (Fort et al. 2020): 0 for kernels equal up to scale.
    ///
    /// # Errors
    /// [`Error::Size`] if the shapes differ; [`Error::Range`] for a kernel of zeros.
    pub fn distance(&self, other: &Kernel) -> Result<f64> {
        cosine_distance("kernel distance", self.values(), other.values())
    }
}

/// Kernel velocity `[T - 1]` (Fort et al. 2020): `S(K_i, K_{i+1}) / (t_{i+1} - t_i)` between `T` kernels at `times`.
///
/// `S` is of second order in a small change, so that the velocity falls with the spacing of the times; compare equal spacings.
///
/// # Errors
/// [`Error::Size`] if there are not as many times as kernels; [`Error::Range`] for fewer than 2 kernels or times that do not
/// rise; as for [`Kernel::distance`].
pub fn kernel_velocity(kernels: &[Kernel], times: &[f64]) -> Result<Array1<f64>> {
    let place = "kernel velocity";
    check_count(place, kernels)?;
    if times.len() != kernels.len() {
        return Err(Error::Size { place, what: "times", expected: kernels.len(), got: times.len() });
    }
    if let Some(&value) = times.iter().find(|t| !t.is_finite()) {
        return Err(Error::Range { place, what: "a time", value, legal: "finite" });
    }
    if let Some(pair) = times.windows(2).find(|pair| !(pair[0] < pair[1])) {
        return Err(Error::Range { place, what: "a time", value: pair[1], legal: "later than the one before" });
    }
    let pairs = kernels.windows(2).zip(times.windows(2));
    pairs.map(|(k, t)| Ok(cosine_distance(place, k[0].values(), k[1].values())? / (t[1] - t[0]))).collect()
}

/// Relative drift `[T]` of `T` kernels along training: `‖K_i - K_0‖ / ‖K_0‖` in Frobenius norm.
///
/// # Errors
/// [`Error::Range`] for fewer than 2 kernels or a first one of zeros; [`Error::Size`] if the shapes differ.
pub fn kernel_drift(kernels: &[Kernel]) -> Result<Array1<f64>> {
    let place = "kernel drift";
    check_count(place, kernels)?;
    if kernels[0].values().iter().all(|&v| v == 0.0) {
        return Err(Error::Range {
            place,
            what: "the largest entry of the first kernel",
            value: 0.0,
            legal: "not zero",
        });
    }
    kernels.iter().map(|kernel| kernel.relative_distance(&kernels[0])).collect()
}

fn check_count(place: &'static str, kernels: &[Kernel]) -> Result<()> {
    if kernels.len() >= 2 {
        return Ok(());
    }
    Err(Error::Range { place, what: "the number of kernels", value: kernels.len() as f64, legal: "at least 2" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernels, Route};
    use ndarray::{Array2, array};

    fn kernel(values: Array2<f64>) -> Kernel {
        Kernels::new(values.clone(), values, true, Route::Finite).ntk().clone()
    }

    /// Of Frobenius norm 1, at an angle `a` to `turned(0)`.
    fn turned(a: f64) -> Kernel {
        kernel(array![[a.cos(), 0.0], [0.0, a.sin()]])
    }

    /// `1 - cos a`, without cancellation.
    fn versine(a: f64) -> f64 {
        2.0 * (a / 2.0).sin().powi(2)
    }

    #[test]
    fn distance_is_one_less_the_cosine_down_to_small_angles() -> Result<()> {
        for a in [1.5, 0.3, 1e-3, 1e-6, 1e-9] {
            let distance = turned(0.4 + a).distance(&turned(0.4))?;
            // The angle itself is only known to rounding.
            assert!((distance / versine(a) - 1.0).abs() <= 1e-15 / a + 1e-13, "{a}: {distance}");
        }
        assert_eq!(turned(0.4).distance(&turned(0.4))?, 0.0);
        let scaled = kernel(turned(0.4).values() * 7.0);
        assert!(scaled.distance(&turned(0.4))? <= 1e-30);
        assert!((1.0 - turned(0.9).alignment(&turned(0.4))? - versine(0.5)).abs() <= 1e-15);
        Ok(())
    }

    #[test]
    fn velocity_and_drift_of_a_turning_kernel() -> Result<()> {
        let (angles, times) = ([0.1, 0.3, 0.6, 0.6], [0.0, 1.0, 4.0, 5.0]);
        let kernels: Vec<Kernel> = angles.iter().map(|&a| turned(a)).collect();
        let expected = array![versine(0.2), versine(0.3) / 3.0, 0.0];
        let error = &kernel_velocity(&kernels, &times)? - &expected;
        assert!(error.iter().all(|e| e.abs() <= 1e-15), "{error}");
        // The chord of an arc.
        let expected = array![0.0, 2.0 * 0.1f64.sin(), 2.0 * 0.25f64.sin(), 2.0 * 0.25f64.sin()];
        let error = &kernel_drift(&kernels)? - &expected;
        assert!(error.iter().all(|e| e.abs() <= 1e-15), "{error}");
        let grown: Vec<Kernel> = [2.0, 5.0].iter().map(|&g| kernel(turned(0.3).values() * g)).collect();
        assert!((kernel_drift(&grown)?[1] - 1.5).abs() <= 1e-15);
        Ok(())
    }

    #[test]
    fn bad_input_is_refused() {
        let (k, none) = (turned(0.3), kernel(Array2::zeros((2, 2))));
        let two = [k.clone(), k.clone()];
        assert!(matches!(kernel_velocity(&two[..1], &[0.0]), Err(Error::Range { value: 1.0, .. })));
        assert!(matches!(kernel_drift(&[]), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(kernel_velocity(&two, &[0.0]), Err(Error::Size { expected: 2, got: 1, .. })));
        for times in [[1.0, 1.0], [2.0, 1.0], [0.0, f64::NAN], [0.0, f64::INFINITY]] {
            assert!(matches!(kernel_velocity(&two, &times), Err(Error::Range { .. })), "{times:?}");
        }
        assert!(matches!(k.distance(&kernel(Array2::eye(3))), Err(Error::Size { expected: 2, got: 3, .. })));
        assert!(matches!(k.distance(&none), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(kernel_drift(&[none, k.clone()]), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(kernel_drift(&[k, kernel(Array2::eye(3))]), Err(Error::Size { .. })));
    }
}

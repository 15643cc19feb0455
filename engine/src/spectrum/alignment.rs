//! Alignment of kernels with targets and with each other.

use crate::error::{Error, Result, check_input, check_memory};
use crate::kernel::Kernel;
use crate::linalg::multiply;
use ndarray::{Array, Array2, Axis, Dimension, Ix1, Ix2, s};

impl Kernel {
    /// Kernel–target alignment `⟨K, Y Yᵀ⟩ / (‖K‖ ‖Y Yᵀ‖)` in Frobenius norm (Cristianini et al. 2001), for `y: [n]`, where it
    /// is `yᵀ K y / (‖K‖ ‖y‖²)`, or `[n, c]`. From 0 to 1 for a positive semidefinite kernel. For a full kernel of `c` outputs the target is
    /// `[n, c]` and one vector `y` of `n · c` numbers.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets or a target of another length; [`Error::NotFinite`]; [`Error::Range`]
    /// for a kernel or target of zeros.
    pub fn target_alignment<D: Dimension>(&self, y: &Array<f64, D>) -> Result<f64> {
        let place = "kernel-target alignment";
        let values = self.of_one_set(place)?;
        target_cosine(place, values, &targets(place, y, self.targets(), false)?)
    }

    /// Centred kernel–target alignment (Cortes et al. 2012): that of `H K H` and `H Y`, `H = I - 1 1ᵀ / n`, for `y: [n]` or
    /// `[n, c]`. A constant added to the kernel or to the target does not change it; of a full kernel, one for each output or pair of them.
    ///
    /// # Errors
    /// As for [`Kernel::target_alignment`]; [`Error::Range`] for a kernel or target without anything but its mean.
    pub fn centred_target_alignment<D: Dimension>(&self, y: &Array<f64, D>) -> Result<f64> {
        let place = "centred kernel-target alignment";
        self.of_one_set(place)?;
        let centred = targets(place, y, self.targets(), true)?;
        target_cosine(place, &self.centred(place)?, &centred)
    }

    fn targets(&self) -> Targets {
        Targets { n: self.points().0, outputs: self.outputs() }
    }

    /// Alignment `⟨K, K'⟩ / (‖K‖ ‖K'‖)` of two kernels of the same shape (Cristianini et al. 2001).
    ///
    /// # Errors
    /// [`Error::Size`] if the shapes differ; [`Error::Range`] for a kernel of zeros.
    pub fn alignment(&self, other: &Kernel) -> Result<f64> {
        cosine("kernel alignment", self.values(), other.values())
    }

    /// Centred alignment of two kernels on the same points, `⟨H K H, H K' H⟩ / (‖H K H‖ ‖H K' H‖)` (Cortes et al. 2012); for
    /// linear kernels of two networks' features, their CKA (Kornblith et al. 2019).
    ///
    /// # Errors
    /// As for [`Kernel::alignment`]; [`Error::Size`] for a kernel between two sets; [`Error::Range`] for a kernel without
    /// anything but its means.
    pub fn centred_alignment(&self, other: &Kernel) -> Result<f64> {
        let place = "centred kernel alignment";
        cosine(place, &self.centred(place)?, &other.centred(place)?)
    }

    /// `H K H`, for every pair of outputs.
    fn centred(&self, place: &'static str) -> Result<Array2<f64>> {
        let values = self.of_one_set(place)?;
        let (n, c) = (self.points().0 as f64, self.outputs());
        check_memory(place, &[values.len()])?;
        let mut centred = values.clone();
        for (o, by) in (0..c).flat_map(|o| (0..c).map(move |by| (o, by))) {
            let mut part = centred.slice_mut(s![o..;c, by..;c]);
            let (columns, rows) = (part.sum_axis(Axis(0)) / n, part.sum_axis(Axis(1)) / n);
            part -= &columns;
            part -= &rows.insert_axis(Axis(1));
            part += columns.sum() / n;
        }
        let size = relative_size(&centred, values);
        if size > n * f64::EPSILON {
            return Ok(centred);
        }
        Err(constant(place, "the kernel's deviation from its means, as a share of it,", size))
    }
}

/// The targets that a kernel of `n` points and so many rows for each takes.
#[derive(Clone, Copy)]
pub(super) struct Targets {
    pub n: usize,
    pub outputs: usize,
}

/// The target as `[n, c]`, or `[n c, 1]` for a full kernel, scaled to a largest value of 1, so that squares neither overflow nor vanish;
/// `centred` without the mean of every output.
///
/// # Errors
/// [`Error::Size`], [`Error::NotFinite`], [`Error::Range`] for a target of zeros, or without anything but its means.
pub(super) fn targets<D: Dimension>(
    place: &'static str,
    y: &Array<f64, D>,
    Targets { n, outputs }: Targets,
    centred: bool,
) -> Result<Array2<f64>> {
    let column = y.view().into_dimensionality::<Ix1>().map(|y| y.insert_axis(Axis(1)));
    let Ok(y) = column.or_else(|_| y.view().into_dimensionality::<Ix2>()) else {
        return Err(Error::Size { place, what: "axes of the target, or 1", expected: 2, got: y.ndim() });
    };
    if y.nrows() != n {
        return Err(Error::Size { place, what: "targets", expected: n, got: y.nrows() });
    }
    if outputs > 1 && y.ncols() != outputs {
        let what = "outputs of the target, as the full kernel has";
        return Err(Error::Size { place, what, expected: outputs, got: y.ncols() });
    }
    let y = y.as_standard_layout().into_owned();
    check_input(place, &y, None)?;
    let scale = largest(&y);
    if scale == 0.0 {
        return Err(Error::Range { place, what: "the largest value of the target", value: 0.0, legal: "not zero" });
    }
    let mut y = y / scale;
    if centred {
        let means = y.sum_axis(Axis(0)) / n as f64;
        y -= &means;
        let size = largest(&y);
        if !(size > n as f64 * f64::EPSILON) {
            return Err(constant(place, "the target's deviation from its mean, as a share of it,", size));
        }
    }
    if outputs == 1 {
        return Ok(y);
    }
    Ok(y.into_shape_with_order((n * outputs, 1)).expect("rows of as many numbers as outputs"))
}

fn largest(a: &Array2<f64>) -> f64 {
    a.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}

fn relative_size(part: &Array2<f64>, whole: &Array2<f64>) -> f64 {
    let (part, whole) = (largest(part), largest(whole));
    if whole == 0.0 { 0.0 } else { part / whole }
}

fn constant(place: &'static str, what: &'static str, value: f64) -> Error {
    Error::Range { place, what, value, legal: "above rounding error" }
}

/// `‖a‖`, as its largest entry times the norm of what is left.
///
/// # Errors
/// [`Error::Range`] for a matrix of zeros.
fn norm(place: &'static str, a: &Array2<f64>) -> Result<(f64, f64)> {
    let scale = largest(a);
    if scale == 0.0 {
        return Err(Error::Range { place, what: "the largest entry of the kernel", value: 0.0, legal: "not zero" });
    }
    Ok((scale, a.iter().map(|v| (v / scale).powi(2)).sum::<f64>().sqrt()))
}

/// `⟨K, Y Yᵀ⟩ / (‖K‖ ‖Y Yᵀ‖)`.
fn target_cosine(place: &'static str, kernel: &Array2<f64>, y: &Array2<f64>) -> Result<f64> {
    let (scale, length) = norm(place, kernel)?;
    let inner = (multiply(kernel, y) / scale * y).sum();
    // ‖Y Yᵀ‖ = ‖Yᵀ Y‖, which is [c, c].
    let gram = multiply(&y.t().to_owned(), y);
    let gram = gram.iter().map(|v| v * v).sum::<f64>().sqrt();
    finite(place, inner / length / gram)
}

/// Pairs of entries of `a/‖a‖` and `b/‖b‖`.
fn normalised<'a>(
    place: &'static str,
    a: &'a Array2<f64>,
    b: &'a Array2<f64>,
) -> Result<impl Iterator<Item = (f64, f64)> + 'a> {
    for (what, expected, got) in [("rows", a.nrows(), b.nrows()), ("columns", a.ncols(), b.ncols())] {
        if expected != got {
            return Err(Error::Size { place, what, expected, got });
        }
    }
    let ((scale_a, length_a), (scale_b, length_b)) = (norm(place, a)?, norm(place, b)?);
    Ok(a.iter().zip(b).map(move |(x, y)| (x / scale_a / length_a, y / scale_b / length_b)))
}

fn cosine(place: &'static str, a: &Array2<f64>, b: &Array2<f64>) -> Result<f64> {
    let sum = normalised(place, a, b)?.map(|(x, y)| x * y).sum();
    finite(place, sum)
}

/// `1 - cosine`, as `‖a/‖a‖ - b/‖b‖‖² / 2`, which keeps its digits where the two are close.
pub(super) fn cosine_distance(place: &'static str, a: &Array2<f64>, b: &Array2<f64>) -> Result<f64> {
    let sum: f64 = normalised(place, a, b)?.map(|(x, y)| (x - y).powi(2)).sum();
    finite(place, sum / 2.0)
}

fn finite(place: &'static str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::Overflow { place }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernels, Route};
    use crate::random::Seed;
    use ndarray::{Array1, Array3, array};

    fn kernel(values: Array2<f64>) -> Kernel {
        Kernels::new(values.clone(), values, true, Route::Limit).ntk().clone()
    }

    fn gaussian(rows: usize, columns: usize, stream: u64) -> Array2<f64> {
        Array2::from_shape_simple_fn((rows, columns), Seed(6).normals(stream))
    }

    fn frobenius(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }

    fn cosine_of(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
        frobenius(a, b) / (frobenius(a, a) * frobenius(b, b)).sqrt()
    }

    fn centring(n: usize) -> Array2<f64> {
        Array2::eye(n) - Array2::<f64>::ones((n, n)) / n as f64
    }

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() <= 1e-14, "{got} {expected}");
    }

    #[test]
    fn two_points_by_hand() -> Result<()> {
        // ⟨K, y yᵀ⟩ = 2 + 2 · 0.5 · 2 + 4 = 8, ‖K‖² = 4 + 2 · 0.25 + 1, ‖y‖² = 5.
        let k = kernel(array![[2.0, 0.5], [0.5, 1.0]]);
        close(k.target_alignment(&array![1.0, 2.0])?, 8.0 / (5.5f64.sqrt() * 5.0));
        // H K H of two points is a multiple of (1, -1)(1, -1)ᵀ, and so is every centred target.
        close(k.centred_target_alignment(&array![1.0, 2.0])?, 1.0);
        close(k.alignment(&kernel(Array2::eye(2)))?, 3.0 / (5.5f64 * 2.0).sqrt());
        Ok(())
    }

    #[test]
    fn target_alignment_is_that_of_the_matrices() -> Result<()> {
        let (n, features) = (30, gaussian(30, 12, 0));
        let values = features.dot(&features.t());
        let (k, h) = (kernel(values.clone()), centring(n));
        for c in [1, 4] {
            let y = gaussian(n, c, 1) + 0.7;
            let ideal = y.dot(&y.t());
            close(k.target_alignment(&y)?, cosine_of(&values, &ideal));
            let centred = (h.dot(&values).dot(&h), h.dot(&ideal).dot(&h));
            close(k.centred_target_alignment(&y)?, cosine_of(&centred.0, &centred.1));
            close(kernel(ideal).target_alignment(&(&y * -3.0))?, 1.0);
        }
        let y = gaussian(n, 1, 1);
        close(k.target_alignment(&y.column(0).to_owned())?, k.target_alignment(&y)?);
        Ok(())
    }

    #[test]
    fn constants_do_not_change_centred_alignment() -> Result<()> {
        let (n, features) = (20, gaussian(20, 6, 0));
        let (k, shifted) = (kernel(features.dot(&features.t())), kernel(features.dot(&features.t()) + 5.0));
        let (y, other) = (gaussian(n, 2, 1), kernel(gaussian(n, 3, 2).dot(&gaussian(n, 3, 2).t())));
        let error = k.centred_target_alignment(&y)? - shifted.centred_target_alignment(&(&y - 40.0))?;
        assert!(error.abs() <= 1e-13, "{error}");
        assert!((k.target_alignment(&y)? - shifted.target_alignment(&y)?).abs() >= 0.01);
        let error = k.centred_alignment(&other)? - shifted.centred_alignment(&other)?;
        assert!(error.abs() <= 1e-13, "{error}");
        Ok(())
    }

    /// `‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖)` of centred features (Kornblith et al. 2019).
    #[test]
    fn centred_alignment_of_linear_kernels_is_the_cka_of_their_features() -> Result<()> {
        let h = centring(40);
        let (x, y) = (h.dot(&(gaussian(40, 7, 0) + 2.0)), h.dot(&(gaussian(40, 5, 1) - 1.0)));
        let (cross, xx, yy) = (y.t().dot(&x), x.t().dot(&x), y.t().dot(&y));
        let cka = frobenius(&cross, &cross) / (frobenius(&xx, &xx) * frobenius(&yy, &yy)).sqrt();
        close(kernel(x.dot(&x.t())).centred_alignment(&kernel(y.dot(&y.t())))?, cka);
        Ok(())
    }

    #[test]
    fn extreme_scales_do_not_matter() -> Result<()> {
        let (features, y) = (gaussian(10, 4, 0), gaussian(10, 2, 1));
        let values = features.dot(&features.t());
        let k = kernel(values.clone());
        for scale in [1e-200, 1e200] {
            let scaled = kernel(&values * scale);
            close(scaled.target_alignment(&(&y * scale))?, k.target_alignment(&y)?);
            close(scaled.centred_target_alignment(&(&y * scale))?, k.centred_target_alignment(&y)?);
            close(scaled.alignment(&k)?, 1.0);
            close(scaled.centred_alignment(&k)?, 1.0);
        }
        Ok(())
    }

    #[test]
    fn bad_input_is_refused() {
        let k = kernel(Array2::eye(3));
        assert!(matches!(k.target_alignment(&Array1::ones(2)), Err(Error::Size { expected: 3, got: 2, .. })));
        assert!(matches!(k.target_alignment(&Array3::ones((3, 1, 1))), Err(Error::Size { expected: 2, got: 3, .. })));
        assert!(matches!(k.target_alignment(&Array1::zeros(3)), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(k.target_alignment(&Array2::zeros((3, 0))), Err(Error::Range { value: 0.0, .. })));
        let nan = array![1.0, f64::NAN, 0.0];
        assert!(matches!(k.centred_target_alignment(&nan), Err(Error::NotFinite { row: 1, column: 0, .. })));
        let constant = Array1::from_elem(3, 0.1);
        assert!(matches!(k.centred_target_alignment(&constant), Err(Error::Range { .. })));
        let (none, ones) = (kernel(Array2::zeros((3, 3))), kernel(Array2::from_elem((3, 3), 0.3)));
        assert!(matches!(none.target_alignment(&constant), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(none.alignment(&k), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(k.centred_alignment(&none), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(k.centred_alignment(&ones), Err(Error::Range { .. })));
        let small = kernel(Array2::eye(2));
        assert!(matches!(k.alignment(&small), Err(Error::Size { expected: 3, got: 2, .. })));
        let between = Kernels::new(Array2::ones((2, 3)), Array2::ones((2, 3)), false, Route::Limit);
        assert!(matches!(between.ntk().target_alignment(&Array1::ones(2)), Err(Error::Size { .. })));
        assert!(matches!(between.ntk().centred_alignment(between.nngp()), Err(Error::Size { .. })));
        assert!(between.ntk().alignment(between.nngp()).is_ok());
    }
}

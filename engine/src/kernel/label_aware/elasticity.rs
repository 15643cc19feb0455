//! Local elasticity.

use super::super::Kernel;
use crate::error::{Error, Result};

/// How much more a kernel couples points of one class than those of different classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elasticity {
    /// Mean of `K(x, x') / √(K(x, x) K(x', x'))` over pairs of different points of one class.
    pub same: f64,
    /// The same over pairs of different classes.
    pub different: f64,
    /// `same / (same + different)`: `½` for a kernel that does not see the classes.
    pub ratio: f64,
}

/// The relative ratio of a kernel of points of known classes with themselves, by which Chen, He and Su (2020) measure local elasticity.
///
/// ```
/// use hadamard::prelude::*;
/// let kernel = Kernel::of_outputs(array![[1.0, 0.8, 0.2], [0.8, 1.0, 0.2], [0.2, 0.2, 1.0]], (true, Route::Finite), 1);
/// let found = local_elasticity(&kernel, &[0usize, 0, 1])?;
/// assert!((found.ratio - 0.8).abs() <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Size`] for another number of labels than of points or a kernel between two sets; [`Error::Range`] for one class, for no class of
/// two points, or a diagonal entry that is not positive; [`Error::NotFinite`].
pub fn local_elasticity<T: Copy + Into<usize>>(kernel: &Kernel, labels: &[T]) -> Result<Elasticity> {
    let place = "local elasticity";
    let values = super::of_one_set(place, kernel)?;
    let classes = super::classes(place, labels, values.nrows())?;
    if let Some(&value) = values.diag().iter().find(|value| !(**value > 0.0)) {
        let (what, legal) = ("an entry of the kernel's diagonal", "above 0");
        return Err(Error::Range { place, what, value, legal });
    }
    let roots = values.diag().mapv(f64::sqrt);
    let (mut sums, mut counts) = ([0.0; 2], [0usize; 2]);
    for ((i, j), value) in values.indexed_iter().filter(|((i, j), _)| i != j) {
        let different = usize::from(classes[i] != classes[j]);
        sums[different] += value / (roots[i] * roots[j]);
        counts[different] += 1;
    }
    if counts[0] == 0 {
        let (what, legal) = ("the number of pairs of one class", "at least 1");
        return Err(Error::Range { place, what, value: 0.0, legal });
    }
    let [same, different] = [0, 1].map(|which| sums[which] / counts[which] as f64);
    Ok(Elasticity { same, different, ratio: same / (same + different) })
}

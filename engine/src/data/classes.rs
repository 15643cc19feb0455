//! Classes of samples: labels as numbers, as rows of zeros and ones, and back.

use crate::error::{Error, Result, check_finite, check_memory};
use ndarray::{Array2, ArrayView1};

/// The classes that a list of labels names, sorted, and the class of every sample.
#[derive(Clone, PartialEq)]
pub struct Classes {
    names: Vec<String>,
    indices: Vec<usize>,
}

impl Classes {
    /// The classes of labels in words, in the order of the alphabet.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let classes = Classes::of(&["setosa", "virginica", "setosa"])?;
    /// assert_eq!((classes.names(), classes.indices()), (&["setosa".into(), "virginica".into()][..], &[0, 1, 0][..]));
    /// assert_eq!(classes.one_hot()?, array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRows`] without labels.
    pub fn of(labels: &[impl AsRef<str>]) -> Result<Self> {
        Self::sorted(
            &labels.iter().map(|label| label.as_ref()).collect::<Vec<_>>(),
            |a, b| a.cmp(b),
            |name| name.to_string(),
        )
    }

    /// The classes of labels in numbers, rising.
    pub(super) fn of_numbers(labels: ArrayView1<'_, f64>) -> Result<Self> {
        // Zero of either sign is one class.
        Self::sorted(&labels.iter().map(|label| label + 0.0).collect::<Vec<_>>(), f64::total_cmp, f64::to_string)
    }

    fn sorted<T: Copy>(
        labels: &[T],
        order: impl Fn(&T, &T) -> std::cmp::Ordering,
        name: impl Fn(&T) -> String,
    ) -> Result<Self> {
        if labels.is_empty() {
            return Err(Error::NoRows { place: "classes" });
        }
        let mut distinct = labels.to_vec();
        distinct.sort_by(&order);
        distinct.dedup_by(|a, b| order(a, b).is_eq());
        let index = |label: &T| {
            distinct.binary_search_by(|other| order(other, label)).expect("every label is among the distinct ones")
        };
        Ok(Self { names: distinct.iter().map(name).collect(), indices: labels.iter().map(index).collect() })
    }

    /// The names of the classes.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The class of every sample, as an index among the names.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// One column per class, see [`one_hot`], `[n, classes]`.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn one_hot(&self) -> Result<Array2<f64>> {
        one_hot(&self.indices, self.names.len())
    }
}

/// Labels `0..classes` as rows with a one in the label's column and zeros elsewhere, `[n, classes]`; [`argmax`] is the way back.
///
/// ```
/// use hadamard::prelude::*;
/// let y = one_hot(&[2_u8, 0], 3)?;
/// assert_eq!(y, array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// assert_eq!(argmax(&y)?, [2, 0]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::NoRows`] without labels; [`Error::Range`] for a label that is no class; [`Error::Memory`].
pub fn one_hot<T: Copy + Into<usize>>(labels: &[T], classes: usize) -> Result<Array2<f64>> {
    let place = "one-hot labels";
    if labels.is_empty() {
        return Err(Error::NoRows { place });
    }
    let labels: Vec<usize> = labels.iter().map(|&label| label.into()).collect();
    check_labels(place, &labels, classes)?;
    check_memory(place, &[labels.len(), classes])?;
    let mut rows = Array2::zeros((labels.len(), classes));
    for (mut row, &label) in rows.rows_mut().into_iter().zip(&labels) {
        row[label] = 1.0;
    }
    Ok(rows)
}

/// Checks that every label is one of so many classes.
pub(super) fn check_labels(place: &'static str, labels: &[usize], classes: usize) -> Result<()> {
    match labels.iter().find(|&&label| label >= classes) {
        Some(&label) => {
            let (what, legal) = ("a label", "below the number of classes, which are counted from 0");
            Err(Error::Range { place, what, value: label as f64, legal })
        }
        None => Ok(()),
    }
}

/// The column of the largest value of every row, the first of equal ones: the class that a network's outputs name.
///
/// # Errors
/// [`Error::NoRows`]; [`Error::Size`] without columns; [`Error::NotFinite`].
pub fn argmax(outputs: &Array2<f64>) -> Result<Vec<usize>> {
    let place = "the largest output";
    if outputs.nrows() == 0 {
        return Err(Error::NoRows { place });
    }
    if outputs.ncols() == 0 {
        return Err(Error::Size { place, what: "outputs or more", expected: 1, got: 0 });
    }
    check_finite(place, outputs)?;
    let largest = |row: ArrayView1<'_, f64>| {
        (1..row.len()).fold(0, |best, column| if row[column] > row[best] { column } else { best })
    };
    Ok(outputs.rows().into_iter().map(largest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn numbers_are_sorted_as_numbers() -> Result<()> {
        let classes = Classes::of_numbers(array![10.0, 9.0, -0.0, 0.0, 10.0].view())?;
        assert_eq!(
            (classes.names(), classes.indices()),
            (&["0", "9", "10"].map(String::from)[..], &[2, 1, 0, 0, 2][..])
        );
        assert!(matches!(Classes::of(&[] as &[&str]), Err(Error::NoRows { .. })));
        Ok(())
    }

    #[test]
    fn what_is_no_class_is_refused() {
        assert!(matches!(one_hot(&[0usize, 3], 3), Err(Error::Range { value: 3.0, .. })));
        assert!(matches!(one_hot(&[] as &[u8], 3), Err(Error::NoRows { .. })));
        assert!(matches!(one_hot(&[0u8], usize::MAX), Err(Error::Memory { .. })));
        assert!(matches!(argmax(&array![[1.0, f64::NAN]]), Err(Error::NotFinite { column: 1, .. })));
        assert!(matches!(argmax(&Array2::zeros((2, 0))), Err(Error::Size { .. })));
        assert!(matches!(argmax(&Array2::zeros((0, 2))), Err(Error::NoRows { .. })));
        assert_eq!(argmax(&array![[1.0], [-1.0]]).unwrap(), [0, 0]);
        assert_eq!(argmax(&array![[1.0, 3.0, 3.0], [-1.0, -3.0, -2.0]].reversed_axes()).unwrap(), [0, 0, 0]);
    }
}

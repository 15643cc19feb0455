//! Samples divided at random: for training and for tests, in folds, and subsets.

use super::Seed;
use crate::error::{Error, Result};
use ndarray::{Array, Axis, RemoveAxis};

/// Rows to train on and rows kept back; both rise.
#[derive(Clone, PartialEq)]
pub struct Split {
    /// Rows to train on.
    pub train: Vec<usize>,
    /// The others.
    pub test: Vec<usize>,
    /// Rows of the data that are divided.
    rows: usize,
}

const PLACE: &str = "split of the data";

impl Split {
    /// The rows of `x` to train on and those kept back, along its first axis.
    ///
    /// # Errors
    /// [`Error::Size`] for data of other rows than were divided.
    pub fn of<A: Clone, D: RemoveAxis>(&self, x: &Array<A, D>) -> Result<(Array<A, D>, Array<A, D>)> {
        self.check(x.len_of(Axis(0)))?;
        Ok((x.select(Axis(0), &self.train), x.select(Axis(0), &self.test)))
    }

    /// As [`Split::of`], for a list such as labels.
    ///
    /// # Errors
    /// As for [`Split::of`].
    pub fn of_list<A: Clone>(&self, list: &[A]) -> Result<(Vec<A>, Vec<A>)> {
        self.check(list.len())?;
        let select = |rows: &[usize]| rows.iter().map(|&row| list[row].clone()).collect();
        Ok((select(&self.train), select(&self.test)))
    }

    /// Of the rows to train on a share kept back for validation, as a split of the same data whose `test` are the validation rows.
    ///
    /// # Errors
    /// As for [`train_test_split`].
    pub fn validation(&self, share: f64, seed: Seed) -> Result<Self> {
        let inner = train_test_split(self.train.len(), share, seed)?;
        let rows = |places: Vec<usize>| places.into_iter().map(|place| self.train[place]).collect();
        Ok(Self { train: rows(inner.train), test: rows(inner.test), rows: self.rows })
    }

    fn check(&self, got: usize) -> Result<()> {
        if got == self.rows {
            Ok(())
        } else {
            Err(Error::Size { place: PLACE, what: "rows", expected: self.rows, got })
        }
    }

    /// The rows of `test`, in any order, and all others.
    fn new(rows: usize, mut test: Vec<usize>) -> Self {
        test.sort_unstable();
        let train = (0..rows).filter(|row| test.binary_search(row).is_err()).collect();
        Self { train, test, rows }
    }
}

/// Divides `n` samples at random: the share for tests, rounded to a number of samples, at least one on either side.
///
/// ```
/// use hadamard::prelude::*;
/// let (x, y) = (sphere(10, 3, Seed(0))?, Vector::ones(10));
/// let split = train_test_split(10, 0.2, Seed(1))?;
/// let ((x_train, x_test), (y_train, _)) = (split.of(&x)?, split.of(&y)?);
/// assert_eq!((x_train.nrows(), x_test.nrows(), y_train.len()), (8, 2, 8));
/// let validation = split.validation(0.25, Seed(2))?;          // 6 to train on, 2 to choose by, 2 for the test
/// assert_eq!((validation.train.len(), validation.test.len()), (6, 2));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Range`] unless the share is between 0 and 1; [`Error::Size`] for fewer than two samples.
pub fn train_test_split(n: usize, share: f64, seed: Seed) -> Result<Split> {
    check(n, share)?;
    let count = ((share * n as f64).round() as usize).clamp(1, n - 1);
    Ok(Split::new(n, seed.permutation(0, n).split_off(n - count)))
}

/// As [`train_test_split`], with the same share of every class, as nearly as whole samples allow: the classes with the largest
/// remainders have one more.
///
/// # Errors
/// As for [`train_test_split`].
pub fn stratified_split<T: Copy + Into<usize>>(labels: &[T], share: f64, seed: Seed) -> Result<Split> {
    let n = labels.len();
    check(n, share)?;
    let labels: Vec<usize> = labels.iter().map(|&label| label.into()).collect();
    let mut classes: Vec<usize> = labels.clone();
    classes.sort_unstable();
    classes.dedup();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes.len()];
    for row in seed.permutation(0, n) {
        members[classes.binary_search(&labels[row]).expect("every label is among the classes")].push(row);
    }
    let quota = |class: &Vec<usize>| share * class.len() as f64;
    let mut counts: Vec<usize> = members.iter().map(|class| quota(class).floor() as usize).collect();
    let count = ((share * n as f64).round() as usize).clamp(1, n - 1);
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by(|&a, &b| quota(&members[b]).fract().total_cmp(&quota(&members[a]).fract()));
    let more = count.saturating_sub(counts.iter().sum());
    order.iter().take(more).for_each(|&class| counts[class] += 1);
    let test = members.iter().zip(counts).flat_map(|(class, count)| class[..count.min(class.len())].to_vec());
    Ok(Split::new(n, test.collect()))
}

/// Divides `n` samples into `k` folds at random, whose sizes differ by one at most; each split keeps one of them back.
///
/// ```
/// use hadamard::prelude::*;
/// let folds = k_fold(7, 3, Seed(0))?;
/// assert_eq!(folds.iter().map(|fold| fold.test.len()).collect::<Vec<_>>(), [3, 2, 2]);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Range`] unless `k` is from 2 to `n`.
pub fn k_fold(n: usize, k: usize, seed: Seed) -> Result<Vec<Split>> {
    if k < 2 || k > n {
        let (what, legal) = ("the number of folds", "from 2 to the number of samples");
        return Err(Error::Range { place: "folds of the data", what, value: k as f64, legal });
    }
    let order = seed.permutation(0, n);
    Ok((0..k).map(|fold| Split::new(n, order.iter().skip(fold).step_by(k).copied().collect())).collect())
}

/// `count` of the rows `0..n` at random, rising.
///
/// # Errors
/// [`Error::Range`] unless the count is from 1 to `n`.
pub fn random_rows(n: usize, count: usize, seed: Seed) -> Result<Vec<usize>> {
    if count == 0 || count > n {
        let (what, legal) = ("the number of rows", "from 1 to the number of samples");
        return Err(Error::Range { place: "random rows", what, value: count as f64, legal });
    }
    let mut rows = seed.permutation(0, n);
    rows.truncate(count);
    rows.sort_unstable();
    Ok(rows)
}

fn check(n: usize, share: f64) -> Result<()> {
    if !(share > 0.0 && share < 1.0) {
        let (what, legal) = ("the share kept back", "between 0 and 1");
        return Err(Error::Range { place: PLACE, what, value: share, legal });
    }
    if n < 2 {
        return Err(Error::Size { place: PLACE, what: "samples or more", expected: 2, got: n });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row is on one side, once.
    fn complete(split: &Split, n: usize) {
        let mut all = [&split.train[..], &split.test].concat();
        assert!(split.train.is_sorted() && split.test.is_sorted() && !split.train.is_empty() && !split.test.is_empty());
        all.sort_unstable();
        assert!(all.into_iter().eq(0..n));
    }

    #[test]
    fn splits_are_complete_at_all_sizes() -> Result<()> {
        for n in [2, 3, 10, 101] {
            for share in [1e-9, 0.2, 0.5, 0.999_999] {
                let split = train_test_split(n, share, Seed(7))?;
                complete(&split, n);
                assert_eq!(split, train_test_split(n, share, Seed(7))?);
                let labels: Vec<u8> = (0..n).map(|row| (row * row % 3) as u8).collect();
                let stratified = stratified_split(&labels, share, Seed(7))?;
                complete(&stratified, n);
                assert_eq!(stratified.test.len(), split.test.len());
                if split.train.len() > 1 {
                    let inner = split.validation(0.5, Seed(8))?;
                    let mut rows = [&inner.train[..], &inner.test].concat();
                    rows.sort_unstable();
                    assert_eq!(rows, split.train);
                }
            }
            let folds = k_fold(n, 2.max(n / 3), Seed(1))?;
            folds.iter().for_each(|fold| complete(fold, n));
            let mut tested: Vec<_> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            assert!(tested.into_iter().eq(0..n));
        }
        assert!(train_test_split(100, 0.3, Seed(0))? != train_test_split(100, 0.3, Seed(1))?);
        Ok(())
    }

    #[test]
    fn strata_have_their_shares() -> Result<()> {
        let labels: Vec<usize> = [vec![5; 60], vec![0; 30], vec![9; 10]].concat();
        let split = stratified_split(&labels, 0.25, Seed(0))?;
        let of = |class| split.test.iter().filter(|&&row| labels[row] == class).count();
        // 15, 7.5 and 2.5 of 25.
        assert_eq!(of(5), 15);
        assert_eq!(of(0) + of(9), 10);
        assert!((7..=8).contains(&of(0)) && (2..=3).contains(&of(9)));
        Ok(())
    }

    /// Each row is kept back in a share of all seeds; z-score of its count.
    #[test]
    fn rows_are_kept_back_alike() -> Result<()> {
        let (n, seeds, mut counts) = (10, 4000, vec![0; 10]);
        for seed in 0..seeds {
            train_test_split(n, 0.3, Seed(seed))?.test.iter().for_each(|&row| counts[row] += 1);
        }
        for (row, count) in counts.into_iter().enumerate() {
            let z = (f64::from(count) - 0.3 * seeds as f64) / (seeds as f64 * 0.3 * 0.7).sqrt();
            assert!(z.abs() <= 4.0, "row {row}: {z}");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_divided_is_refused() -> Result<()> {
        for share in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(matches!(train_test_split(5, share, Seed(0)), Err(Error::Range { .. })));
        }
        assert!(matches!(train_test_split(1, 0.5, Seed(0)), Err(Error::Size { got: 1, .. })));
        assert!(matches!(k_fold(5, 6, Seed(0)), Err(Error::Range { .. })));
        assert!(matches!(k_fold(5, 1, Seed(0)), Err(Error::Range { .. })));
        assert!(matches!(random_rows(5, 6, Seed(0)), Err(Error::Range { .. })));
        assert_eq!(random_rows(5, 5, Seed(0))?, [0, 1, 2, 3, 4]);
        let split = train_test_split(5, 0.5, Seed(0))?;
        assert!(matches!(split.of(&ndarray::Array1::<f64>::zeros(4)), Err(Error::Size { expected: 5, got: 4, .. })));
        assert!(matches!(split.of_list(&["a"; 6]), Err(Error::Size { expected: 5, got: 6, .. })));
        Ok(())
    }
}

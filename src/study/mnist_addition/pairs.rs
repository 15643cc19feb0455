//! Images of two digits side by side, and which pairs of digits are held out.

use crate::error::check_memory;
use crate::names::*;

/// Side of a digit's image.
const SIDE: usize = 28;
/// Values of an image of two digits, 28 × 56.
pub(super) const FEATURES: usize = 2 * SIDE * SIDE;
/// The share of each digit's images from which pairs to train on are made.
const TRAINED_SHARE: f64 = 0.8;

/// The pairs held out in each fold, as `10 · left + right`: scikit-learn's `KFold(n_splits=10, shuffle=True, random_state=376483)`
/// over the 100 pairs, as in the notebook of Bloice et al.
const FOLDS: [[u8; 10]; 10] = [
    [6, 32, 50, 71, 75, 77, 82, 85, 86, 99],
    [3, 29, 33, 35, 39, 48, 55, 65, 83, 96],
    [2, 7, 11, 17, 58, 63, 79, 87, 92, 93],
    [4, 8, 12, 13, 14, 21, 24, 56, 61, 97],
    [16, 25, 26, 27, 51, 59, 67, 73, 90, 98],
    [9, 10, 20, 37, 41, 52, 68, 80, 81, 95],
    [22, 28, 40, 46, 49, 62, 66, 84, 89, 94],
    [0, 15, 30, 42, 47, 53, 64, 70, 74, 76],
    [5, 19, 23, 31, 57, 60, 69, 72, 78, 88],
    [1, 18, 34, 36, 38, 43, 44, 45, 54, 91],
];

/// Number of folds.
pub(super) const FOLD_COUNT: usize = FOLDS.len();

/// The pairs seen and held out in a fold, counted from 1; none of a fold that there is not.
pub(super) fn pairs(fold: usize) -> (Vec<u8>, Vec<u8>) {
    let held_out = fold.checked_sub(1).and_then(|index| FOLDS.get(index)).map_or(Vec::new(), |fold| fold.to_vec());
    ((0..100).filter(|pair| !held_out.contains(pair)).collect(), held_out)
}

/// Images of pairs with their sums.
pub(super) struct Samples {
    /// `[n, 1568]`, 28 rows of 56 pixels, the first digit on the left.
    pub x: Matrix,
    /// `[n, 1]`.
    pub sums: Matrix,
}

/// The digits, those to train on apart from those to test with.
pub(super) struct Pool {
    digits: Digits,
    split: [(Vec<usize>, Vec<usize>); 10],
}

impl Pool {
    pub fn new(digits: Digits) -> Result<Self> {
        let split = digits.split(TRAINED_SHARE)?;
        Ok(Self { digits, split })
    }

    /// `count` images of each pair, each of two images drawn with replacement.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn draw(&self, pairs: &[u8], count: usize, trained: bool, seed: Seed) -> Result<Samples> {
        let n = pairs.len().saturating_mul(count);
        check_memory("digit pairs", &[n, FEATURES])?;
        let mut below = seed.below(0);
        let (mut x, mut sums) = (Array2::zeros((n, FEATURES)), Array2::zeros((n, 1)));
        for (row, mut sample) in x.rows_mut().into_iter().enumerate() {
            let pair = pairs[row / count];
            let digits = [usize::from(pair / 10), usize::from(pair % 10)];
            sums[[row, 0]] = digits.iter().sum::<usize>() as f64;
            for (side, &digit) in digits.iter().enumerate() {
                let (train, test) = &self.split[digit];
                let images = if trained { train } else { test };
                let image = self.digits.images.row(images[below(images.len())]);
                for line in 0..SIDE {
                    let start = (2 * line + side) * SIDE;
                    sample.slice_mut(s![start..start + SIDE]).assign(&image.slice(s![line * SIDE..(line + 1) * SIDE]));
                }
            }
        }
        Ok(Samples { x, sums })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_held_out_in_one_fold() {
        let mut all: Vec<u8> = FOLDS.concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<u8>>());
        let (seen, held_out) = pairs(2);
        assert_eq!((seen.len(), held_out[0]), (90, 3));
        assert_eq!(pairs(11).0.len(), 100);
    }

    #[test]
    fn a_sample_shows_both_digits_with_their_sum_from_its_own_pool() -> Result<()> {
        let pool = Pool::new(crate::data::digits()?)?;
        for trained in [true, false] {
            let samples = pool.draw(&[38, 70], 3, trained, Seed(0))?;
            assert_eq!(samples.sums.column(0).to_vec(), [11.0, 11.0, 11.0, 7.0, 7.0, 7.0]);
            let image = samples.x.row(4).to_owned().into_shape_with_order((SIDE, 2 * SIDE)).expect("28 rows of 56");
            for (side, digit) in [(0, 7), (1, 0)] {
                let half = image.slice(s![.., side * SIDE..(side + 1) * SIDE]).flatten().to_owned();
                let same = |index: &&usize| pool.digits.images.row(**index) == half;
                let (train, test) = &pool.split[digit];
                assert_eq!([train.iter().find(same), test.iter().find(same)].map(|i| i.is_some()), [trained, !trained]);
            }
        }
        Ok(())
    }
}

//! Digits of MNIST of some classes, in equal numbers.

use crate::names::*;

/// The most images that there are of every digit.
pub(super) const OF_EACH: usize = 863;

/// Rows of as many images of each digit, in turn, so that the first are as mixed as all: `count` and then `more`, fewer where there are no
/// more of a digit.
pub(super) fn digit_rows(
    digits: &Digits,
    task: &[usize],
    (count, more): (usize, usize),
    seed: Seed,
) -> [Vec<usize>; 2] {
    let pools: Vec<Vec<usize>> = task
        .iter()
        .enumerate()
        .map(|(stream, &digit)| {
            let rows = digits.indices(digit as u8);
            seed.permutation(stream as u64, rows.len()).into_iter().map(|place| rows[place]).collect()
        })
        .collect();
    let row = |place: usize| pools[place % task.len()].get(place / task.len()).copied();
    [(0..count).filter_map(row).collect(), (count..count + more).filter_map(row).collect()]
}

/// Images with their classes, counted in the order of a task.
pub(super) struct DigitSample {
    /// Pixels from 0 to 1, `[n, 784]`.
    pub x: Matrix,
    pub classes: Vec<usize>,
    count: usize,
}

impl DigitSample {
    /// So many images, and others.
    pub fn two(task: &[usize], sizes: (usize, usize), seed: Seed) -> Result<[Self; 2]> {
        let digits = digits()?;
        let class = |&row: &usize| {
            let digit = usize::from(digits.labels[row]);
            task.iter().position(|&d| d == digit).expect("an image of the task")
        };
        Ok(digit_rows(&digits, task, sizes, seed).map(|rows| Self {
            x: digits.images.select(Axis(0), &rows),
            classes: rows.iter().map(class).collect(),
            count: task.len(),
        }))
    }

    /// `-1` of the first of two classes, `+1` of the second, `[n]`.
    pub fn signs(&self) -> Vector {
        self.classes.iter().map(|&class| if class == 0 { -1.0 } else { 1.0 }).collect()
    }

    /// A one in the column of the class, `[n, classes]`.
    pub fn one_hot(&self) -> Result<Matrix> {
        one_hot(&self.classes, self.count)
    }

    /// The first of them.
    pub fn first(&self, count: usize) -> Matrix {
        self.x.slice(s![..count.min(self.x.nrows()), ..]).to_owned()
    }
}

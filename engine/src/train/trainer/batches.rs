//! Which samples a step is taken on.

use crate::error::{Error, Result};
use crate::random::Seed;
use crate::train::objective::PLACE;

/// How long a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Length {
    Steps(u64),
    Epochs(u64),
}

/// The samples of every step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batches {
    samples: usize,
    size: usize,
    shuffle: Option<Seed>,
    repeat: u64,
}

impl Batches {
    /// All of `samples` at once if `size` is not set.
    ///
    /// # Errors
    /// [`Error::Range`] for batches of 0 samples or steps.
    pub fn new(samples: usize, size: Option<usize>, shuffle: Option<Seed>, repeat: u64) -> Result<Self> {
        let size = size.unwrap_or(samples);
        for (what, value) in [("the size of a batch", size as u64), ("the number of steps on a batch", repeat)] {
            if value == 0 {
                return Err(Error::Range { place: PLACE, what, value: 0.0, legal: "at least 1" });
            }
        }
        Ok(Self { samples, size: size.min(samples), shuffle, repeat })
    }

    /// Samples in a batch but the last of an epoch.
    pub fn size(&self) -> usize {
        self.size
    }

    pub fn per_epoch(&self) -> u64 {
        (self.samples.div_ceil(self.size) as u64).saturating_mul(self.repeat)
    }

    pub fn steps(&self, length: Length) -> u64 {
        match length {
            Length::Steps(steps) => steps,
            Length::Epochs(epochs) => epochs.saturating_mul(self.per_epoch()),
        }
    }

    /// True if every step is on all samples in their order.
    pub fn whole(&self) -> bool {
        self.size == self.samples && self.shuffle.is_none()
    }

    /// The epoch of a step, and the step's number in it.
    pub fn place(&self, step: u64) -> (u64, u64) {
        (step / self.per_epoch(), step % self.per_epoch())
    }

    /// How many steps were taken on the batch of a step before it.
    pub fn repeats(&self, step: u64) -> u64 {
        self.place(step).1 % self.repeat
    }

    /// The order of the samples in an epoch.
    pub fn order(&self, epoch: u64) -> Vec<usize> {
        match self.shuffle {
            Some(seed) => seed.permutation(epoch, self.samples),
            None => (0..self.samples).collect(),
        }
    }

    /// The samples of a step, given the order of its epoch.
    pub fn of<'a>(&self, step: u64, order: &'a [usize]) -> &'a [usize] {
        let first = (self.place(step).1 / self.repeat) as usize * self.size;
        &order[first..(first + self.size).min(self.samples)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_takes_every_sample_as_often_as_batches_are_repeated() {
        for samples in 1..8 {
            for size in [None, Some(1), Some(2), Some(3), Some(100)] {
                for (shuffle, repeat) in [(None, 1), (Some(Seed(1)), 1), (Some(Seed(2)), 3)] {
                    let batches = Batches::new(samples, size, shuffle, repeat).unwrap();
                    for epoch in 0..3 {
                        let order = batches.order(epoch);
                        let first = epoch * batches.per_epoch();
                        let mut taken = vec![0; samples];
                        for step in first..first + batches.per_epoch() {
                            assert_eq!(batches.place(step), (epoch, step - first));
                            assert_eq!(batches.repeats(step), (step - first) % repeat);
                            batches.of(step, &order).iter().for_each(|&sample| taken[sample] += 1);
                        }
                        assert!(taken.iter().all(|count| *count == repeat), "{samples} {size:?} {repeat}: {taken:?}");
                    }
                }
            }
        }
        assert!(Batches::new(5, Some(0), None, 1).is_err() && Batches::new(5, None, None, 0).is_err());
    }
}

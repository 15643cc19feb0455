//! At which steps a record is taken.

use super::super::schedule::Schedule;
use crate::error::{Error, Result};

/// At which steps a record is taken; one after the last step is taken in any case.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// 0 and every so many steps, at least 1.
    Every(u64),
    /// These steps, in any order.
    Steps(Vec<u64>),
    /// The first step at or after each of these numbers of passes over the samples; `0.5` is half of one.
    Epochs(Vec<f64>),
    /// The first step at or after each of these times `η t`, the sum of the learning rates of all steps before.
    Times(Vec<f64>),
    /// 0 and the last step with so many in between, as far apart from each other as can be.
    Equidistant(u64),
    /// 0, and so many steps for each power of ten.
    PerDecade(u32),
}

/// What turns epochs and times into steps.
pub(in crate::train) struct Clock<'a> {
    pub steps: u64,
    pub per_epoch: u64,
    pub rate: f64,
    pub schedule: &'a Schedule,
}

/// The steps of records.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::train) enum Due {
    Every(u64),
    /// Rising, none twice.
    Steps(Vec<u64>),
}

impl Due {
    pub fn at(&self, step: u64) -> bool {
        match self {
            Due::Every(every) => step.is_multiple_of(*every),
            Due::Steps(steps) => steps.binary_search(&step).is_ok(),
        }
    }
}

/// Sums of rates are off by rounding: a time that is that close has come.
const ROUNDING: f64 = 1e-12;

impl When {
    /// The steps, none beyond the last.
    ///
    /// # Errors
    /// [`Error::Range`] for a step, epoch or time that is negative, not finite or beyond the end of the run, and for `Every(0)` and
    /// `PerDecade(0)`.
    pub(in crate::train) fn due(&self, clock: &Clock<'_>) -> Result<Due> {
        let range = |what, value, legal| Err(Error::Range { place: "observer", what, value, legal });
        let mut steps = match self {
            When::Every(0) => return range("the number of steps between records", 0.0, "at least 1"),
            When::PerDecade(0) => return range("the number of records for each power of ten", 0.0, "at least 1"),
            When::Every(every) => return Ok(Due::Every(*every)),
            When::Steps(steps) => steps.clone(),
            When::Epochs(epochs) => {
                let legal = "from 0 to the last epoch";
                let last = clock.steps as f64 / clock.per_epoch as f64;
                if let Some(&epoch) = epochs.iter().find(|epoch| !(0.0..=last * (1.0 + ROUNDING)).contains(*epoch)) {
                    return range("the epoch of a record", epoch, legal);
                }
                let step = |epoch: &f64| (epoch * clock.per_epoch as f64 * (1.0 - ROUNDING)).ceil() as u64;
                epochs.iter().map(step).collect()
            }
            When::Times(times) => clock.steps_of(times)?,
            When::Equidistant(between) => {
                let parts = between.saturating_add(1).min(clock.steps.max(1));
                (0..=parts)
                    .map(|part| (u128::from(part) * u128::from(clock.steps) / u128::from(parts)) as u64)
                    .collect()
            }
            When::PerDecade(count) => {
                let grid = (0..).map(|i| 10f64.powf(f64::from(i) / f64::from(*count)).round() as u64);
                std::iter::once(0).chain(grid.take_while(|&step| step < clock.steps)).collect()
            }
        };
        steps.sort_unstable();
        steps.dedup();
        match steps.last() {
            Some(&last) if last > clock.steps => range("the step of a record", last as f64, "at most the last step"),
            _ => Ok(Due::Steps(steps)),
        }
    }
}

impl Clock<'_> {
    /// The first step at or after each time.
    fn steps_of(&self, times: &[f64]) -> Result<Vec<u64>> {
        let range = |value, legal| Err(Error::Range { place: "observer", what: "the time of a record", value, legal });
        let mut sorted = times.to_vec();
        sorted.sort_by(f64::total_cmp);
        if let Some(&time) = sorted.iter().find(|time| !(time.is_finite() && **time >= 0.0)) {
            return range(time, "finite and at least 0");
        }
        let (mut step, mut factors, mut steps) = (0, 0.0, Vec::new());
        for time in sorted {
            let wanted = time / self.rate * (1.0 - ROUNDING);
            if self.schedule.is_constant() {
                // Not step by step: there may be many.
                step = wanted.ceil() as u64;
            }
            while !self.schedule.is_constant() && factors < wanted && step < self.steps {
                factors += self.schedule.checked_factor(step, self.steps)?;
                step += 1;
            }
            if step > self.steps || !self.schedule.is_constant() && factors < wanted {
                return range(time, "at most the sum of all learning rates");
            }
            steps.push(step);
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(when: When, steps: u64) -> Result<Due> {
        let schedule = Schedule::constant();
        when.due(&Clock { steps, per_epoch: 4, rate: 0.1, schedule: &schedule })
    }

    #[test]
    fn lists_of_any_kind_become_steps() {
        let list = |when| match steps(when, 30).unwrap() {
            Due::Steps(steps) => steps,
            every => panic!("{every:?}"),
        };
        assert_eq!(list(When::Steps(vec![7, 0, 7, 30])), [0, 7, 30]);
        assert_eq!(list(When::Epochs(vec![0.0, 0.25, 0.3, 1.0, 7.5])), [0, 1, 2, 4, 30]);
        assert_eq!(list(When::Times(vec![3.0, 0.0, 0.1, 0.3, 0.31])), [0, 1, 3, 4, 30]);
        assert_eq!(list(When::Equidistant(2)), [0, 10, 20, 30]);
        assert_eq!(list(When::Equidistant(1000)), (0..=30).collect::<Vec<_>>());
        assert_eq!(list(When::PerDecade(2)), [0, 1, 3, 10]);
        assert_eq!(list(When::Steps(Vec::new())), [0; 0]);
        let every = steps(When::Every(3), 30).unwrap();
        assert!(every.at(0) && every.at(6) && !every.at(7));
        assert_eq!(steps(When::Equidistant(3), 0).unwrap(), Due::Steps(vec![0]));
    }

    #[test]
    fn times_of_a_schedule_are_sums_of_its_rates() {
        let schedule = Schedule::function("halves", |t, _| 0.5f64.powi(t as i32));
        let clock = Clock { steps: 10, per_epoch: 1, rate: 2.0, schedule: &schedule };
        assert_eq!(When::Times(vec![0.0, 2.0, 2.1, 3.0, 3.5]).due(&clock).unwrap(), Due::Steps(vec![0, 1, 2, 3]));
        // The sum of all rates is just below 4.
        assert!(matches!(When::Times(vec![4.0]).due(&clock), Err(Error::Range { value: 4.0, .. })));
    }

    #[test]
    fn records_that_never_come_are_refused() {
        for (when, wrong) in [
            (When::Every(0), 0.0),
            (When::PerDecade(0), 0.0),
            (When::Steps(vec![31]), 31.0),
            (When::Epochs(vec![7.6]), 7.6),
            (When::Epochs(vec![-0.5]), -0.5),
            (When::Times(vec![3.2]), 3.2),
            (When::Times(vec![-1.0]), -1.0),
            (When::Times(vec![f64::INFINITY]), f64::INFINITY),
        ] {
            match steps(when.clone(), 30) {
                Err(Error::Range { value, .. }) => assert_eq!(value, wrong),
                other => panic!("{when:?}: {other:?}"),
            }
        }
        assert!(steps(When::Epochs(vec![f64::NAN]), 30).is_err() && steps(When::Times(vec![f64::NAN]), 30).is_err());
    }
}
